"""What to do with a gradient: descent, momentum, Adam; a rate that decays; clipping.

An optimizer is two functions,

    start(params) -> memory        step(params, gradient, memory) -> params, memory

for parameters in any nesting of NamedTuples, tuples, lists and dicts. Nothing is changed in place.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import checks, trees


class Optimizer(NamedTuple):
    """Two functions: one makes the memory, the other takes it and returns the next."""

    start: Callable  # params -> memory
    step: Callable   # params, gradient, memory -> params, memory


def sgd(rate):
    """Gradient descent: p - rate * g. rate is a number, or a function of the update n = 0, 1, ..."""
    where = "optimizers.sgd"
    rate = _rate(where, rate)

    def step(params, gradient, n):
        check_alike(where, params, gradient)
        r = rate(n)
        return trees.map(lambda p, g: p - r * g, params, gradient), n + 1

    return Optimizer(lambda params: 0, step)


def momentum(rate, beta=0.9):
    """Polyak's heavy ball as Sutskever et al. (2013) write it: v = beta * v - rate * g, then p + v.

    The rate is inside the velocity. (PyTorch has it outside: the same as long as it is constant.)
    """
    where = "optimizers.momentum"
    rate, beta = _rate(where, rate), _fraction(where, "beta", beta)

    def step(params, gradient, memory):
        check_alike(where, params, gradient)
        n, v = memory
        r = rate(n)
        v = trees.map(lambda v, g: beta * v - r * g, v, gradient)
        return trees.map(lambda p, v: p + v, params, v), (n + 1, v)

    return Optimizer(lambda params: (0, trees.map(np.zeros_like, params)), step)


def adam(rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam (Kingma & Ba 2015): running means of g and g * g, corrected for their start at zero."""
    where = "optimizers.adam"
    rate, eps = _rate(where, rate), positive(where, "eps", eps)
    beta1, beta2 = _fraction(where, "beta1", beta1), _fraction(where, "beta2", beta2)

    def step(params, gradient, memory):
        check_alike(where, params, gradient)
        n, m, v = memory
        m = trees.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
        v = trees.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradient)
        r = rate(n) / (1 - beta1 ** (n + 1))          # rate * m_hat = r * m
        root = math.sqrt(1 - beta2 ** (n + 1))        # sqrt(v_hat) = sqrt(v) / root
        params = trees.map(lambda p, m, v: p - r * m / (np.sqrt(v) / root + eps), params, m, v)
        return params, (n + 1, m, v)

    return Optimizer(lambda params: (0, *(trees.map(np.zeros_like, params) for _ in "mv")), step)


def decay(rate, factor, every):
    """Return a rate, as a function of n, that is multiplied by factor after each `every` updates."""
    where = "optimizers.decay"
    rate, factor = positive(where, "rate", rate), positive(where, "factor", factor)
    every = checks.whole(where, "every", every, 1, 10**9)
    return lambda n: rate * factor ** (n // every)


def clip_by_norm(gradient, limit):
    """Return the gradient, scaled down to the norm limit if it is longer, and its norm before.

    One norm over all arrays together, so that the direction stays (Pascanu et al. 2013).
    """
    limit = positive("optimizers.clip_by_norm", "limit", limit)
    norm = norm_of(gradient)
    return scaled(gradient, norm, limit), norm


def clip_by_value(gradient, limit):
    """Return the finished gradient with every entry cut to [-limit, limit]; its direction changes.

    Never cut inside a backward pass: a delta cut on its way is no longer the derivative of anything,
    and what the losses send back no longer adds up to the whole.
    """
    limit = positive("optimizers.clip_by_value", "limit", limit)
    return trees.map(lambda g: np.clip(g, -limit, limit), gradient)


def norm_of(tree):
    """Return the length of all arrays as one vector, in float64."""
    rows = [np.ravel(leaf).astype(float) for _, leaf in trees.walk(tree)]
    with np.errstate(over="ignore", under="ignore"):
        norm = math.hypot(*(np.linalg.norm(row) for row in rows))
    if 1e-150 < norm < math.inf:
        return norm
    largest = max(float(np.abs(row).max(initial=0)) for row in rows)
    if not 0 < largest < math.inf:                    # zero, infinite or nan
        return norm
    return largest * math.hypot(*(np.linalg.norm(row / largest) for row in rows))


def scaled(gradient, norm, limit):
    if norm <= limit or not math.isfinite(norm):
        return gradient
    return trees.map(lambda g: g * (limit / norm), gradient)


def check_alike(where, params, gradient):
    """Check that the gradient has the structure, shapes and dtypes of the parameters."""
    ours, theirs = (sorted(trees.walk(tree), key=lambda item: item[0]) for tree in (params, gradient))
    names, given = ([name for name, _ in items] for items in (ours, theirs))
    if names != given:
        checks.fail(where, "gradient", f"like params ({', '.join(names)})", ", ".join(given), error=TypeError)
    for (name, p), (_, g) in zip(ours, theirs):
        p, g = np.asarray(p), np.asarray(g)
        if g.shape != p.shape or g.dtype != p.dtype:
            expected = f"{checks.short(p)}, like the parameter"
            checks.fail(where, f"gradient d{name}", expected, checks.short(g))


def number(where, name, value, expected, holds):
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not holds(value):
        error = ValueError if is_number else TypeError
        checks.fail(where, name, expected, checks.short(value), error=error)
    return float(value)


def positive(where, name, value, expected="a number > 0"):
    return number(where, name, value, expected, lambda v: v > 0)


def _fraction(where, name, value):
    return number(where, name, value, "a number in [0, 1)", lambda v: 0 <= v < 1)


def _rate(where, rate):
    """Return the rate as a function of the number of updates made before."""
    if not callable(rate):
        value = positive(where, "rate", rate, "a number > 0, or a function of the update's number")
        return lambda n: value
    return lambda n: number(where, f"rate({n})", rate(n), "a number >= 0", lambda v: v >= 0)
