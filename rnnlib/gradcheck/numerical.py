"""What can a numerical slope tell here? Measured, before anything is called wrong.

    profile   differences at steps from 1e-3 to 1e-13: where they settle is the slope; and whether the
              slopes of the two sides differ at every step, which is a kink
    chosen    the complex step where it agrees with what differences settle at, else differences
"""

from typing import NamedTuple

import numpy as np

from .. import trees
from ..doors import checks
from .lines import CENTRAL_EPS, COMPLEX_EPS, ROUNDING, Line, checked_eps, leaves_of, noise, put_back, value_of

STEPS = 10.0 ** -np.arange(3, 14)
FLAT = 1e4           # times the rounding of f: what moves f by no more is not seen to move it
SMALLER = (1e-30, 1e-100, 1e-200)              # complex steps: the larger the gradient, the smaller
NEIGHBOURS = 4       # slopes in a row that must agree where differences settle
PLATEAU = 4          # steps in a row at which a kink shows
TINY = np.finfo(float).tiny
UNRESOLVED = 0.01    # of the slope
HIDES = 100          # times the rounding of f, where it is coarse and that was measured
NOTHING = 1e-6       # of a slope: no slope, where rounding alone may be seen


def numerical_gradient(f, inputs, method="auto", eps=None, stacked=False):
    """Return the numerical gradient of the scalar f, structured as inputs.

    method: "complex", "central", or "auto", which is complex where f turns out to be analytic, as in
    check. Without eps it is chosen by how f answers to several. stacked as in check.
    """
    where = "gradcheck.numerical_gradient"
    leaves = leaves_of(where, inputs)
    checks.one_of(where, "method", method, ("auto", "complex", "central"))
    checks.flag(where, "stacked", stacked)
    value = value_of(where, f, inputs, stacked)
    line = Line(where, f, inputs, leaves, stacked)
    method, eps, _ = chosen(line, method, eps, value)
    slopes = line.slopes(np.eye(line.x.size), method, eps)[None]
    if method == "central" or not slopes.any():
        line.refuse_stairs()
    put_back(where, f, inputs, stacked)
    return trees.fill(inputs, (part[0] for part in trees.split(slopes, leaves).values()))


class Profile(NamedTuple):
    """Differences along m directions at K steps: their settled value, and the jump between the sides."""

    slopes: np.ndarray    # (m, K-1): extrapolated from two steps each
    apart: np.ndarray     # (m, K-4): how far NEIGHBOURS of them lie apart, the second of each; inf where f
                          # moves by no more than rounding, if it moves at other steps, or is coarse
    slope: np.ndarray     # (m,): where they lie closest
    error: np.ndarray     # (m,): how close that is
    resolved: np.ndarray  # (m,): whether that is a slope at all, and no scatter
    flat: np.ndarray      # (m,): whether f moves by no more than rounding at any step
    jump: np.ndarray      # (m,): between the slopes of the two sides, if it is the same at several steps
    step: np.ndarray      # (m,): at which they settle

    def fits(self, slope, tolerance):
        """True where slopes (m,) are met to tolerance at some step at which differences settle."""
        near = np.abs(self.slopes[:, 1:-2] - slope[:, None]) <= tolerance
        return (near & (self.apart <= 1e3 * tolerance)).any(axis=1)

    def vanishes(self, size):
        """True where, beside size (m,), there is no slope at the widest steps, and no kink."""
        wide = np.abs(self.slopes[:, :3]).max(axis=1) <= NOTHING * size
        return wide & (self.apart[:, 0] <= 1e3 * NOTHING * size) & (self.jump == 0)


def profile(line, directions, x=None):
    """Return the Profile at x along each row of directions (m, n)."""
    x, m, K = line.x if x is None else x, len(directions), len(STEPS)
    steps = STEPS * (_reach(x, directions) / np.linalg.norm(directions, axis=1))[:, None]
    moves = (steps[:, :, None] * directions[:, None, :]).reshape(m * K, -1)
    values = [np.real(or_nan(line, x + sign * moves)).reshape(m, K) for sign in (1, -1)]
    here = np.real(line.at(x[None]))
    with np.errstate(all="ignore"):
        up, down = (values[0] - here) / steps, (here - values[1]) / steps
        d = (up + down) / 2
        slopes = (100 * d[:, 1:] - d[:, :-1]) / 99
        between = np.abs(np.diff(slopes, axis=1))
        near = np.lib.stride_tricks.sliding_window_view(between, NEIGHBOURS - 1, axis=1)
        apart = np.nan_to_num(near.max(axis=2), nan=np.inf)
        apart = np.maximum(apart, 100 * ROUNDING * np.abs(here) / steps[:, 2:-2])
        moved = np.abs(values[0] - values[1])[:, 2:-2]
        rounding = moved <= np.maximum(FLAT * ROUNDING * np.abs(here), HIDES * line.coarse)
        seen = ~rounding | (rounding.all(axis=1, keepdims=True) & (line.coarse == 0))
        open_ = np.where(seen, apart, np.inf)
        share = np.nan_to_num(open_ / np.abs(slopes[:, 1:-2]), nan=np.inf)
        settled, every = share.min(axis=1) <= UNRESOLVED, np.arange(m)
        best = np.where(settled, share.argmin(axis=1), open_.argmin(axis=1))
        slope, error = np.nan_to_num(slopes[every, best + 1]), open_[every, best]
        resolved = np.isfinite(error) & (settled | rounding.all(axis=1))
        return Profile(slopes, open_, slope, error, resolved, rounding.all(axis=1), _jump(up - down),
                       steps[every, best + 1])


def _reach(x, directions):
    """Return how large the numbers are that each direction moves, at least 1."""
    return np.maximum(1, np.where(directions != 0, np.abs(x), 0).max(axis=1))


def or_nan(line, points):
    """Return f at points; NaN where it stops: a step may leave the domain of f."""
    try:
        return line.at(points)
    except (ValueError, ArithmeticError):
        if len(points) == 1:
            return np.array([np.nan])
        return np.concatenate([or_nan(line, point[None]) for point in points])


def _jump(jumps):
    """Return |jump| where it stays the same at PLATEAU steps in a row, else 0; jumps (m, K).

    Curvature alone falls with the step, and rounding grows as the step falls: neither stays.
    """
    windows = np.lib.stride_tricks.sliding_window_view(jumps, PLATEAU, axis=1)
    low, high = windows.min(axis=2), windows.max(axis=2)
    size = np.maximum(np.abs(low), np.abs(high))
    stays = (low * high > 0) & (high - low <= 0.2 * size) & np.isfinite(size)     # inf: outside of f
    return np.where(stays, size, 0).max(axis=1)


def slope_noise(line, directions, method, eps):
    """Return how far rounding moves the numerical slope along each row of directions."""
    m = len(directions)
    rows = np.tile(directions, (8, 1))
    return noise(line.x, lambda points: line.slopes(
        rows, method, eps, np.repeat(points, m, axis=0)).reshape(8, m))


def chosen(line, method, eps, value):
    """Return (method, eps, notes) for a method that may be "auto" and an eps that may be None."""
    notes = ()
    if method == "auto":
        method, reason = _choice(line)
        notes = (f"{reason}: central differences instead of the complex step.",) if reason else ()
    if eps is not None:
        return method, checked_eps(line.where, method, eps, value), notes
    v = _directions(line, 1)
    if method == "complex":
        try:
            return method, _small_enough(line, v), notes
        except np.exceptions.ComplexWarning:
            got = "one that makes complex numbers real"
            checks.fail(line.where, "f", "analytic", got, 'Use method="central".', TypeError)
    found, eps = profile(line, v), CENTRAL_EPS
    plain = line.slopes(v, "central", eps)
    wide = np.abs(found.slopes[0, :3] - found.slope[0])
    settled = found.step[0] > 1e-7 and (wide <= 1e-6 * abs(found.slope[0]) + 10 * found.error[0]).all()
    if not settled and line.rounding():
        return method, eps, notes                     # a part of f may be too coarse for smaller steps
    if found.resolved[0] and abs(plain - found.slope)[0] > 1e-6 * abs(found.slope[0]) + 10 * found.error[0]:
        eps = float(np.clip(found.step[0], 1e-8, eps))
    return method, eps, notes


def _directions(line, m):
    v = np.random.default_rng(0).normal(size=(m, line.x.size))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _small_enough(line, v, x=None):
    """Return a complex step with which a far smaller one agrees: eps times the gradient must be small."""
    for eps in SMALLER:
        a, b = (line.slopes(v, "complex", e, x) for e in (eps, 1e-20 * eps))
        if (np.abs(a - b) <= 1e-9 * np.abs(b)).all():
            return eps
    return SMALLER[0]


def _choice(line):
    """Return "complex" if it agrees with what differences settle at, else "central", and why not complex.

    Asked at x and beside it, where a kink that lies exactly at x is out of the way.
    """
    v, size = _directions(line, 2), np.maximum(np.abs(line.x), 0.1 * np.abs(line.x).max())
    line.confirmed = False
    for x, row in ((line.x, v[:1]), (line.x + 1e-3 * size * np.sign(v[0]), v[1:])):
        try:
            slope = line.slopes(row, "complex", _small_enough(line, row, x), x)
        except np.exceptions.ComplexWarning:
            return "central", "f makes complex numbers real, by astype or in a real array"
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:80]}".rstrip(" .:")
            return "central", f"f does not take complex numbers ({said})"
        found = profile(line, row, x)
        line.kinked |= x is line.x and bool(found.jump.any())
        apart = np.abs(slope - found.slope)
        limit = np.maximum(1e-4 * np.abs(found.slope), 10 * found.error)
        seen, wide = found.slope[0], found.slopes[0, :2]    # where f is large, wide steps alone show a slope
        if slope[0] == 0 and found.jump[0] == 0 and np.ptp(wide) <= 0.1 * abs(wide[0]) and (
                STEPS[0] * abs(wide[0]) > HIDES * ROUNDING * abs(line.value(x))):
            seen = wide[0]
        elif not (found.resolved & (apart > limit) & (found.jump == 0)).any():
            line.confirmed |= bool((found.resolved & ~found.flat & (apart <= limit)).all())
            continue
        if seen == 0 and found.flat[0]:
            return "central", (f"along one direction the complex step gives {slope[0]:.1g}, where f does not "
                               "move by more than its rounding")
        if seen != 0 and np.abs(seen) * COMPLEX_EPS < TINY:
            return "central", "a complex step of f is below the smallest float64"
        return "central", ("f is not analytic: along one direction the complex step gives "
                           f"{slope[0]:.4g}, differences {seen:.4g}")
    return "complex", ""
