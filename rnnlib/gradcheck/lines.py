"""A scalar function of arrays, as a function of one row of numbers: its values and its slopes.

    central difference   (f(x + eps) - f(x - eps)) / 2 eps      error eps^2, and rounding 1e-16 / eps
    complex step         Im f(x + i eps) / eps                  error eps^2, no subtraction, no rounding
    noise                how far rounding moves a number, from differences of high order

Complex step: Squire & Trapp 1998. Noise: Hamming; More & Wild 2011. inputs are float64 arrays, nested in
dicts, tuples and NamedTuples.
"""

import contextlib
import inspect
import warnings
from math import comb

import numpy as np

from .. import trees
from ..doors import checks
from ..doors.checks import allow_complex
from . import guard

COMPLEX_EPS, CENTRAL_EPS = 1e-30, 1e-5
ROUNDING = np.finfo(float).eps
SPACINGS = (2.0**-50, *10.0 ** np.arange(-13, -1))     # relative to x
NEAR = SPACINGS[:9]  # up to 1e-6: wide enough for float32, and for few kinks
DIRECTIONS = 8       # for each tensor
COARSE = 1e4         # times the rounding of float64: f is rounded to fewer digits
CHUNK = 2_000_000    # numbers in one batch of perturbed tensors
REACHES = 0.1, 1.0, 10.0     # how far from x is far
STAIRS = 3.0 ** np.arange(-13, 1)     # how far from x steps are looked for, relative to x
FINE = 1e-10, 1e-6   # smaller steps, or smaller beside f, are those of float64 and float32
INDICES = "Indices and masks have no gradient: leave them out of inputs. Else use astype(float)."
HINTS = {             # by the kind of dtype that inputs have
    "f": "Differences need 16 digits: in float32 every right gradient would look wrong.",
    "i": INDICES, "u": INDICES, "b": INDICES,
    "c": "Give the real and the imaginary part as two arrays.",
    "O": "Use astype(float).", "V": "Give its fields in a dict.",
}


class Line:
    """A scalar function of structured inputs, as one of a single row of numbers: values and slopes."""

    def __init__(self, where, f, inputs, leaves, stacked):
        self.where, self.f, self.inputs, self.leaves, self.stacked = where, f, inputs, leaves, stacked
        self.x, self._rounding = trees.flat(leaves.values()), {}
        self.confirmed = True       # whether the complex step may be trusted where nothing else shows a slope
        self.kinked = False         # whether, along a direction from x, the slopes of the two sides differ

    def at(self, points):
        """Return f at each row of points (m, n), real or complex."""
        size = max(1, CHUNK // self.x.size) if self.stacked else 1
        with restored(self.leaves), allow_complex(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return np.concatenate([self._few(points[k : k + size]) for k in range(0, len(points), size)])

    def value(self, x=None):
        """Return f at x as given, or at another row, a number; NaN where it stops there."""
        if x is None:
            return float(np.real(self.at(self.x[None])[0]))
        try:
            return float(np.real(self.at(x[None])[0]))
        except (ValueError, ArithmeticError):
            return float("nan")

    @property
    def coarse(self):
        """How far rounding moves f, if it was measured and is more than that of float64, else 0."""
        return self._rounding.get(NEAR, 0.0)

    def rounding(self, spacings=NEAR):
        """Return how far rounding moves f at x, measured once; zero if by no more than that of float64.

        At wider spacings than NEAR more is seen of it, and kinks may be taken for it.
        """
        if spacings not in self._rounding:
            found = float(noise(self.x, lambda points: np.real(self.at(points))[:, None], spacings)[0])
            self._rounding[spacings] = found if found > COARSE * ROUNDING * abs(self.value()) else 0.0
        return self._rounding[spacings]

    def _few(self, points):
        parts = trees.split(points, self.leaves).values()
        if self.stacked:
            return np.asarray(_losses(self.where, self.f(trees.fill(self.inputs, parts)), len(points)))
        return np.reshape(self.f(trees.fill(self.inputs, (part[0] for part in parts))), 1)

    def ignores(self, rows=slice(None)):
        """True if f keeps its value where these entries alone are moved far, or are NaN: it does not look."""
        far, rng = np.zeros((2 * len(REACHES) + 1, self.x.size)), np.random.default_rng(5)
        far[1:, rows] = np.repeat(REACHES, 2)[:, None] * rng.normal(size=far[1:, rows].shape)
        far[0, rows] = np.nan
        try:
            return all(self.value(self.x + move) == self.value() for move in far)
        except Exception:                             # it stops there, so it does look
            return False

    def stairs(self):
        """Return how high the steps of f are, if it moves by equal steps and else keeps its value; or 0."""
        move = np.maximum(np.abs(self.x), 0.1) * np.random.default_rng(6).choice((-1.0, 1.0), self.x.size)
        for reach in STAIRS:
            points = self.x + reach * np.linspace(-1, 1, 33)[:, None] * move
            try:
                moves = np.abs(np.diff([self.value(point) for point in points]))
            except Exception:                         # it stops there
                return 0.0
            moved = np.flatnonzero(moves)
            if len(moved) < 3:
                continue                              # it keeps its value so far
            between, step = moves[moved[0] : moved[-1] + 1], float(moves[moved].min())
            equal = (np.abs(between / step - np.round(between / step)) < 1e-3).all()
            rests = (between == 0).mean() >= 0.3
            coarse = step > max(FINE[0], FINE[1] * abs(self.value()))
            return step if equal and rests and coarse else 0.0
        return 0.0

    def refuse_stairs(self):
        """Refuse a function that moves by steps alone: it has no slope that anyone could want."""
        if step := self.stairs():
            hint = "Is it rounded, or a count? Return the loss as it was computed."
            checks.fail(self.where, "f", "smooth", f"one that moves in steps of {step:.2g}", hint)

    def slopes(self, directions, method, eps, x=None):
        """Return the slope at x along each row of directions (m, n), all tensors side by side.

        x: a row (n,) or one for each direction (m, n); as given if None.
        """
        x, found = self.x if x is None else x, np.empty(len(directions))
        size = max(1, CHUNK // self.x.size) if self.stacked else 1
        for first in range(0, len(directions), size):
            rows = slice(first, first + size)
            here = x if x.ndim == 1 else x[rows]
            if method == "complex":
                found[rows] = np.imag(self.at(here + 1j * eps * directions[rows])) / eps
            else:
                up, down = (np.real(self.at(here + step * directions[rows])) for step in (eps, -eps))
                found[rows] = (up - down) / (2 * eps)
        return found


def noise(x, sampled, spacings=SPACINGS):
    """Return how far rounding moves each of m numbers, a standard deviation (m,).

    sampled(points (8, n)) -> (8, m) gives them at 8 points in a row, closely spaced. A smooth function
    leaves nothing in their differences of order 6; where the spacing is so wide that it does, those of
    order 4 are far larger. Some functions round so coarsely that only the wider spacings show it.
    """
    move, found, open_ = np.abs(x) * np.random.default_rng(1).choice((-1.0, 1.0), x.size), 0.0, True
    for spacing in spacings:
        try:
            values = sampled(x + np.arange(8.0)[:, None] * spacing * move)
        except (ValueError, ArithmeticError):         # as far as the function is known
            break
        with np.errstate(all="ignore"):
            of_4, of_6 = (np.sqrt((np.diff(values, k, axis=0) ** 2).mean(axis=0) / comb(2 * k, k))
                          for k in (4, 6))
            far = of_4 > 10 * found
            open_ = open_ & ~((of_4 > 10 * of_6) & far)
            rough = open_ & ~((of_4 > 3 * of_6) & far & (found > 0))        # else it is smooth, perhaps
        found = np.where(rough, np.maximum(found, np.nan_to_num(of_6, nan=np.inf, posinf=np.inf)), found)
        if not open_.any():
            break
    return found


def leaves_of(where, inputs):
    """Return the arrays of inputs by name, if all are finite, of float64, and none is empty."""
    found = list(trees.walk(inputs))
    leaves = dict(found)
    if isinstance(inputs, (list, tuple)) and inputs and all(map(_is_number, inputs)):
        hint = "Use np.array(inputs, float)."
        checks.fail(where, "inputs", "arrays", checks.short(inputs), hint, TypeError)
    if not leaves:
        checks.fail(where, "inputs", "at least one array", checks.short(inputs))
    if len(leaves) != len(found):
        checks.fail(where, "inputs", "named without repetition", str([n for n, _ in found]))
    for name, leaf in leaves.items():
        if type(leaf) is not np.ndarray:
            hint = _how_to_give(name, leaf, leaf is inputs)
            checks.fail(where, f"inputs {name}", "an array", checks.short(leaf), hint, TypeError)
        checks.native_bytes(where, f"inputs {name}", leaf)
        if leaf.dtype != np.float64:
            hint = "Use astype(float)." if leaf.dtype.itemsize > 8 else HINTS.get(leaf.dtype.kind, "")
            hint = HINTS[leaf.dtype.kind] if leaf.dtype.kind in "cV" else hint
            checks.fail(where, f"inputs {name}", "float64", str(leaf.dtype), hint, TypeError)
        checks.finite(where, f"inputs {name}", leaf)
        if leaf.size == 0:
            checks.fail(where, f"inputs {name}", "at least one number", checks.short(leaf))
    return leaves


def _is_number(value):
    return isinstance(value, (int, float, np.floating))


def _how_to_give(name, leaf, alone):
    """Return what to do about a leaf that is no array, and may be all of inputs."""
    if hint := checks.how_to_convert(name, leaf):
        return hint
    if alone:
        if hasattr(leaf, "named_parameters"):
            return f"Use {{n: w.detach().numpy() for n, w in {name}.named_parameters()}}, and let f take it."
        if callable(leaf):
            return "Is it in the place of another? f comes first, then inputs."
        if _is_number(leaf):
            return "Use np.array of it, of float64."
        if hasattr(leaf, "__iter__"):
            return "Give a list, a tuple or a dict of arrays."
        return "Give a dict of its arrays, as vars makes one, and let f take it." * hasattr(leaf, "__dict__")
    array = "Else use np.array of it, of float64." * _is_number(leaf)
    return f"Has it no gradient? Leave it out of inputs. {array}".strip()


def value_of(where, f, inputs, stacked):
    """Return f(inputs), if f is a function that leaves them as they are and returns a finite scalar."""
    function(where, "f", f)
    with unchanged(where, "f", inputs), np.errstate(all="ignore"):     # what is not finite is refused below
        result = f(_stack(inputs) if stacked else inputs)
    if stacked:
        result = _losses(where, result, 1)[0]
    if not isinstance(result, (int, float, np.generic, np.ndarray)) or np.ndim(result) != 0:
        hint = "Does it end with return?" * (result is None or inspect.isgenerator(result))
        for name, use in (("__float__", "float of it"), ("item", ".item()")):
            hint = f"Use {use}." if hasattr(result, name) else hint
        several = isinstance(result, (list, tuple)) and result and all(map(_is_number, result))
        if several or (isinstance(result, np.ndarray) and result.size > 1):
            hint = "Add them up: a gradient is that of one number."
        elif isinstance(result, (tuple, list, dict)):
            hint = "Return the loss alone."
        expected = "a function that returns a scalar"
        checks.fail(where, "f", expected, checks.short(result), hint, TypeError)
    if not np.isfinite(result):
        checks.fail(where, "f", "finite at inputs", str(result), "" if stacked else guard.bursts(f, inputs))
    return float(np.real(result))


def put_back(where, f, inputs, stacked):
    """Call f at inputs once more: what it keeps of its last call, as in attributes, is that of inputs."""
    with contextlib.suppress(Exception):
        value_of(where, f, inputs, stacked)


@contextlib.contextmanager
def restored(leaves):
    """Give arrays their numbers back at the end: f may write what it is given into them."""
    before = [leaf.copy() for leaf in leaves.values()]
    try:
        yield
    finally:
        for leaf, was in zip(leaves.values(), before, strict=True):
            if leaf.tobytes() != was.tobytes():
                leaf[...] = was


@contextlib.contextmanager
def unchanged(where, what, inputs):
    """Refuse a function that writes into its inputs, which are looked at before and after."""
    before = {name: leaf.tobytes() for name, leaf in trees.walk(inputs)}
    yield
    names = [name for name, _ in trees.walk(inputs)]
    if names != list(before):
        checks.fail(where, what, "without side effects", f"{names} left of {list(before)}")
    for name, leaf in trees.walk(inputs):
        if leaf.tobytes() != before[name]:
            checks.fail(where, what, "without side effects", f"{name} changed in place")


def function(where, name, f):
    """Check that f is a function of inputs, and of nothing else."""
    checks.function(where, name, f, "inputs", lambda taken: (
        f"Several inputs? Give a tuple, and lambda inputs: {name}(*inputs). All else that it takes goes into "
        "the lambda.") * (len(taken) > 1))


def _losses(where, result, n):
    if np.shape(result) != (n,):
        expected = f"a function that returns {n} losses (stacked=True)"
        hint = "Sum over all axes but the first; or leave stacked out." if n == 1 else ""
        checks.fail(where, "f", expected, checks.short(result), hint, TypeError)
    return result


def _stack(inputs):
    return trees.map(lambda leaf: leaf[None], inputs)


def checked_eps(where, method, eps, value):
    """Return eps, or the one of the method if it is None; refuse one that leaves a check few digits."""
    if eps is None:
        return COMPLEX_EPS if method == "complex" else CENTRAL_EPS
    eps = checks.positive(where, "eps", eps)
    if method == "central" and not 1e-8 <= eps <= 1e-3:
        what = f"expected round-off error about {ROUNDING * max(abs(value), 1) / eps:.0e}"
        what = what if eps < 1e-8 else f"expected truncation error about {eps**2:.0e}"
        checks.fail(where, "eps", "in [1e-8, 1e-3]", f"{eps:g}, {what}", "Use 1e-5.")
    if method == "complex" and not 1e-100 <= eps <= 1e-8:
        hint = 'Use 1e-30. For differences, give method="central" too.'
        checks.fail(where, "eps", "in [1e-100, 1e-8]", f"{eps:g}", hint)
    return eps


def unit(leaves, rng):
    """Return a random direction of length 1: an array for each leaf, by name."""
    v = {name: rng.normal(size=leaf.shape) for name, leaf in leaves.items()}
    norm = np.sqrt(sum((a * a).sum() for a in v.values()))
    return {name: a / norm for name, a in v.items()}


def random_directions(leaves, rng):
    """Return DIRECTIONS random rows for each tensor, zero at the entries of all others: (m, n)."""
    rows = np.zeros((DIRECTIONS * len(leaves), sum(leaf.size for leaf in leaves.values())))
    for i, part in enumerate(trees.split(rows, leaves).values()):
        part[i * DIRECTIONS : (i + 1) * DIRECTIONS] = rng.normal(size=(DIRECTIONS, *part.shape[1:]))
    return rows
