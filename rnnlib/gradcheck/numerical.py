"""The derivative of any function, by central differences and by a complex step.

    central difference   (f(x + eps) - f(x - eps)) / 2 eps      error eps^2, and rounding 1e-16 / eps
    complex step         Im f(x + i eps) / eps                  error eps^2, no subtraction, no rounding

Complex step: Squire & Trapp 1998. inputs are float64 arrays, nested in dicts, tuples and NamedTuples.
"""

import warnings

import numpy as np

from .. import trees
from ..doors import checks
from ..doors.checks import allow_complex

COMPLEX_EPS, CENTRAL_EPS = 1e-30, 1e-5
ROUNDING = np.finfo(float).eps
DIRECTIONS = 8       # for each tensor
CHUNK = 2_000_000    # numbers in one batch of perturbed tensors


def numerical_gradient(f, inputs, method="complex", eps=None, stacked=False):
    """Return the numerical gradient of the scalar f, structured as inputs: complex or central."""
    where = "gradcheck.numerical_gradient"
    leaves = leaves_of(where, inputs)
    checks.one_of(where, "method", method, ("complex", "central"))
    eps = checked_eps(where, method, eps, value_of(where, f, inputs, stacked))
    everything = np.eye(sum(leaf.size for leaf in leaves.values()))
    slopes = slopes_along(where, f, inputs, leaves, everything, method, eps, stacked)
    return trees.rebuild(inputs, {name: part[0] for name, part in trees.split(slopes[None], leaves).items()})


def leaves_of(where, inputs):
    found = list(trees.walk(inputs))
    leaves = dict(found)
    if not leaves:
        checks.fail(where, "inputs", "at least one array", checks.short(inputs))
    if len(leaves) != len(found):
        checks.fail(where, "inputs", "named without repetition", str([n for n, _ in found]))
    for name, leaf in leaves.items():
        if type(leaf) is not np.ndarray:
            checks.fail(where, f"inputs {name}", "an array", checks.short(leaf), error=TypeError)
        if leaf.dtype != np.float64:
            hint = "Differences need 16 digits: in float32 every right gradient would look wrong."
            checks.fail(where, f"inputs {name}", "float64", str(leaf.dtype), hint, TypeError)
        checks.finite(where, f"inputs {name}", leaf)
        if leaf.size == 0:
            checks.fail(where, f"inputs {name}", "at least one number", checks.short(leaf))
    return leaves


def value_of(where, f, inputs, stacked):
    function(where, "f", f)
    result = f(_stack(inputs) if stacked else inputs)
    if stacked:
        result = _losses(where, result, 1)[0]
    if np.ndim(result) != 0 or not isinstance(result, (int, float, np.generic, np.ndarray)):
        checks.fail(where, "f", "a function that returns a scalar", checks.short(result), error=TypeError)
    if not np.isfinite(result):
        checks.fail(where, "f", "finite at inputs", str(result))
    return float(np.real(result))


def function(where, name, f):
    if not callable(f):
        checks.fail(where, name, "a function of inputs", checks.short(f), error=TypeError)


def _losses(where, result, n):
    if np.shape(result) != (n,):
        expected = f"a function that returns {n} losses (stacked=True)"
        checks.fail(where, "f", expected, checks.short(result), error=TypeError)
    return result


def _stack(inputs):
    return trees.rebuild(inputs, {name: leaf[None] for name, leaf in trees.walk(inputs)})


def checked_eps(where, method, eps, value):
    if eps is None:
        return COMPLEX_EPS if method == "complex" else CENTRAL_EPS
    eps = checks.positive(where, "eps", eps)
    if method == "central" and not 1e-8 <= eps <= 1e-3:
        what = f"expected round-off error about {ROUNDING * max(abs(value), 1) / eps:.0e}"
        what = what if eps < 1e-8 else f"expected truncation error about {eps**2:.0e}"
        checks.fail(where, "eps", "in [1e-8, 1e-3]", f"{eps:g}, {what}", "Use 1e-5.")
    if method == "complex" and not 1e-100 <= eps <= 1e-8:
        checks.fail(where, "eps", "in [1e-100, 1e-8]", f"{eps:g}", "Use 1e-30.")
    return eps


def unit(leaves, rng):
    v = {name: rng.normal(size=leaf.shape) for name, leaf in leaves.items()}
    norm = np.sqrt(sum((a * a).sum() for a in v.values()))
    return {name: a / norm for name, a in v.items()}


def random_directions(leaves, rng):
    """Return DIRECTIONS random rows for each tensor, zero at the entries of all others: (m, n)."""
    rows = np.zeros((DIRECTIONS * len(leaves), sum(leaf.size for leaf in leaves.values())))
    for i, part in enumerate(trees.split(rows, leaves).values()):
        part[i * DIRECTIONS : (i + 1) * DIRECTIONS] = rng.normal(size=(DIRECTIONS, *part.shape[1:]))
    return rows


def slopes_along(where, f, inputs, leaves, directions, method, eps, stacked):
    """Return the slope of f along each row of directions (m, n), all tensors side by side."""
    x, slopes = trees.flat(leaves.values()), np.empty(len(directions))
    steps = (1j * eps,) if method == "complex" else (eps, -eps)
    size = max(1, CHUNK // x.size) if stacked else 1

    def value(moved):
        parts = trees.split(moved, leaves)
        if stacked:
            return np.asarray(_losses(where, f(trees.rebuild(inputs, parts)), len(moved)))
        return np.asarray(f(trees.rebuild(inputs, {name: part[0] for name, part in parts.items()})))

    with allow_complex(), warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for first in range(0, len(directions), size):
            rows = slice(first, first + size)
            values = [value(x + step * directions[rows]) for step in steps]
            if method == "complex":
                slopes[rows] = values[0].imag / eps
            else:
                slopes[rows] = (values[0].real - values[1].real) / (2 * eps)
    return slopes
