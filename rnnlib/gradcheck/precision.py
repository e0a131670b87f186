"""Was something computed in float32, or written with few digits? No check can tell more of it than it has.

Every float32 number is a float64 number too, but of those only one in 2^29 is a float32; and next to none
has as few decimals as a program prints.
"""

from dataclasses import replace

import numpy as np

from .lines import ROUNDING
from .numerical import or_nan

DIGITS = 6                   # that must agree, where no more are to be had
RIGHT, NEAR = 1e-6, 1e-3     # relative errors that float32 may leave: for certain, and if it adds up
SHORT = 18                   # binary digits, of the 24 of float32
STEPS = 1e-2, 1e-3           # of differences that float32 leaves a few digits
SEEN = 1e-5                  # of f, or of 1: what moves f by so much is seen, in float32 too
COARSE_BY, MANY = 30, 12     # times the rounding of f: so much is seen; and powers of ten to look at
FAR = 100                    # times the rounding of f: so much is far from one number to the next
LARGE = 1e-2                 # an error that float32 does not leave
WRITTEN, LEAST = 12, 0.05    # digits: so many may be written; and of two the last is so much at most
SPREAD = np.sqrt(3)          # times the units: so far rounding may move a sum of many numbers
ERRATIC = 0.05               # of f: where it is rounded so coarsely, it oscillates too fast for float64
PLAIN = 0.1                  # of what is off: nearer must the slopes of all steps and sides lie together


def is_single(a):
    """True if all numbers of a are those of float32, and not all short, like 0, 0.5 or 1100000."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool((a == np.asarray(a).astype(np.float32)).all()) and not _short(a)


def _short(a):
    """True if all numbers of a have few binary digits."""
    scaled = np.frexp(a)[0] * 2.0**SHORT
    return bool((scaled == np.round(scaled)).all())


def works_in_single(line):
    """True if f gives float32 numbers around x, or sees no more of its inputs than float32 keeps."""
    points = line.x * (1 + 1e-3 * np.random.default_rng(3).normal(size=(4, line.x.size)))
    with np.errstate(over="ignore"):
        rounded = points.astype(np.float32).astype(float)
    values, of_rounded, of_moved = (np.real(or_nan(line, x)) for x in (points, rounded, points * (1 + 3e-7)))
    moves = np.abs(values - of_moved) > FAR * ROUNDING * np.maximum(np.abs(values), 1)   # else f rounds
    seen = bool(np.ptp(values)) and is_single(values)
    return seen or bool((values == of_rounded).all() and moves.all())


def of_single_f(verdict, line, directions, exact):
    """Return the Verdict of a tensor that float32 keeps from being judged, by steps that suit float32.

    It is wrong where it is far from the slopes at both steps, and of both sides at the smaller one, and these
    lie close together.
    """
    here, slopes = line.value(), []
    for eps in STEPS:
        up, down = (np.real(or_nan(line, line.x + step * directions)) for step in (eps, -eps))
        slopes.append((up - down) / (2 * eps))
    together = np.array([*slopes, (up - here) / eps, (here - down) / eps])
    numeric = min(slopes, key=lambda s: np.nan_to_num(np.abs(s - exact), nan=np.inf).max())
    if not np.isfinite(numeric).all():                # both steps leave the domain of f
        return _open(verdict, "f computes in float32")
    k, scale = int(np.abs(numeric - exact).argmax()), max(np.abs(exact).max(), np.abs(numeric).max())
    where = None if verdict.where is None else tuple(map(int, np.unravel_index(k, verdict.shape)))
    error = float(abs(numeric[k] - exact[k]) / scale) if scale else 0.0
    verdict = replace(verdict, error=error, where=where, analytic=float(exact[k]), numeric=float(numeric[k]))
    if error > LARGE and np.ptp(together[:, k]) < PLAIN * abs(numeric[k] - exact[k]) and _plainly_off(
            line, directions[k], exact[k], numeric[k], max(1, abs(here))):
        return replace(verdict, verdict="wrong", note="")
    return _open(verdict, "f computes in float32")


def _plainly_off(line, v, a, n, size):
    """True if slope n stays where it is at every smaller step, as long as what a is off would move f by more
    than f is rounded: a steep function that bends in between does not."""
    off, rounding = abs(a - n), max(line.rounding(), ROUNDING * size)
    if off * STEPS[-1] < SEEN * size or rounding > SEEN * size:       # too little; or f is erratic
        return False
    steps = STEPS[-1] * 10.0 ** -np.arange(MANY)
    seen = steps[off * steps >= COARSE_BY * rounding]
    values = np.array([(line.value(line.x + h * v), line.value(line.x - h * v)) for h in seen]).reshape(-1, 2)
    if line.rounding() > max(ERRATIC * np.abs(values).max(initial=0), FAR * ROUNDING * size):
        return False
    moves = values[:, 0] - values[:, 1]
    return bool((np.abs(moves / (2 * seen) - n) <= PLAIN * off).all())


def of_single_gradient(verdict, gradient, exact, numeric):
    """Return the Verdict; if the gradient is off by no more than float32 may leave, one that says so."""
    if verdict.verdict != "wrong" or not is_single(gradient):
        return verdict
    error = float(np.abs(exact - numeric).max() / np.abs(exact).max())
    if not error <= NEAR:
        return verdict
    verdict = replace(verdict, error=error)
    if verdict.error > RIGHT:
        return _open(verdict, "the gradient has no more digits than float32 keeps")
    note = f"right to {digits(verdict.error)} digits: the gradient was computed in float32."
    return replace(verdict, verdict="right", note=note)


def of_written_gradient(verdict, gradients, directions, exact, numeric, tolerance):
    """Return the Verdict; if few digits are written, and a wrong gradient agrees in them, one that says so.

    gradients: that of the tensor (n,), and others at points beside if it is a function that rounds.
    """
    if verdict.verdict != "wrong" or not verdict.error <= LEAST or _short(gradients[0]):
        return verdict
    largest = np.abs(gradients[0]).max()
    for written in (_decimals, _digits):
        found = [written(g) for g in gradients]
        if not all(found) or found[0][0].max() / 2 > LEAST * largest:
            continue
        units, what = found[0]
        N = digits(units.max() / 2 / largest)
        if N >= DIGITS and verdict.error <= RIGHT:    # float32, printed, has as many digits
            note = f"right to {min(N, digits(verdict.error))} digits: it is given with {what}."
            return replace(verdict, verdict="right", note=note)
        may = np.minimum(np.abs(directions) @ units / 2, SPREAD * np.sqrt(directions**2 @ units**2))
        if (np.abs(exact - numeric) <= 1.001 * may + tolerance * largest).all():
            note = f"not certified: it is given with {what}, and all agree. More would tell more."
            return replace(verdict, verdict="rounded", note=note)
    return verdict


def _decimals(a):
    """Return (the unit of the last decimal of each number, how many there are), or None if they are many."""
    k = next((k for k in range(1, WRITTEN + 1) if (np.round(a, k) == a).all()), None)
    return k and (np.full(a.shape, 10.0**-k), f"{k} decimal{'s' * (k > 1)}")


def _digits(a):
    """Return (the unit of the last digit of each number, how many there are), or None if they are many."""
    k = next((k for k in range(1, WRITTEN) if all(float(f"{x:.{k}e}") == x for x in a)), None)
    with np.errstate(divide="ignore"):
        return k and (10.0 ** (np.floor(np.log10(np.abs(a))) - k), f"{k + 1} digits")


def _open(verdict, what):
    N = digits(verdict.error)
    agree = f"agree to {N} digit{'s' * (N > 1)}" if N else "agree in no digit"
    note = f"not certified: {what}, and the two {agree}. Use float64 for a check."
    return replace(verdict, verdict="float32", note=note)


def digits(error):
    """Return how many decimal digits an error, relative, leaves: 16 at most."""
    return max(0, int(-np.log10(max(error, 1e-16))))
