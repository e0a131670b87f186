"""What to do with a gradient: descent, momentum, Adam; a rate that decays; clipping.

An optimizer is two functions,

    start(params) -> memory        step(params, gradient, memory) -> params, memory

for parameters in any nesting of NamedTuples, tuples, lists and dicts. Nothing is changed in place.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .. import trees
from ..doors import checks


class Optimizer(NamedTuple):
    """Two functions: one makes the memory, the other takes it and returns the next."""

    start: Callable  # params -> memory
    step: Callable   # params, gradient, memory -> params, memory


def sgd(rate):
    """Gradient descent: p - rate * g. rate is a number, or a function of the update n = 0, 1, ..."""
    where = "training.sgd"
    rate = _rate(where, rate)

    def step(params, gradient, memory):
        check_alike(where, params, gradient)
        n = _memory(where, params, (memory,), 0)[0]
        r = rate(n)
        return trees.map(lambda p, g: p - r * g, params, gradient), n + 1

    return Optimizer(_start(where, 0), step)


def momentum(rate, beta=0.9):
    """Polyak's heavy ball as Sutskever et al. (2013) write it: v = beta * v - rate * g, then p + v.

    The rate is inside the velocity. (PyTorch has it outside: the same as long as it is constant.)
    """
    where = "training.momentum"
    rate, beta = _rate(where, rate), _fraction(where, "beta", beta)

    def step(params, gradient, memory):
        check_alike(where, params, gradient)
        n, v = _memory(where, params, memory, 1)
        r = rate(n)
        v = trees.map(lambda v, g: beta * v - r * g, v, gradient)
        return trees.map(lambda p, v: p + v, params, v), (n + 1, v)

    return Optimizer(_start(where, 1), step)


def adam(rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam (Kingma & Ba 2015): running means of g and g * g, corrected for their start at zero."""
    where = "training.adam"
    rate, eps = _rate(where, rate), checks.positive(where, "eps", eps)
    beta1, beta2 = _fraction(where, "beta1", beta1), _fraction(where, "beta2", beta2)

    def step(params, gradient, memory):
        check_alike(where, params, gradient)
        n, m, v = _memory(where, params, memory, 2)
        m = trees.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
        v = trees.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradient)
        r = rate(n) / (1 - beta1 ** (n + 1))          # rate * m_hat = r * m
        root = math.sqrt(1 - beta2 ** (n + 1))        # sqrt(v_hat) = sqrt(v) / root
        params = trees.map(lambda p, m, v: p - r * m / (np.sqrt(v) / root + eps), params, m, v)
        return params, (n + 1, m, v)

    return Optimizer(_start(where, 2), step)


def decay(rate, factor, every):
    """Return a rate, as a function of n, that is multiplied by factor after each `every` updates."""
    where = "training.decay"
    rate, factor = checks.positive(where, "rate", rate), checks.positive(where, "factor", factor)
    every = checks.whole(where, "every", every, 1, 10**9)
    return lambda n: rate * factor ** (n // every)


def clip_by_norm(gradient, limit):
    """Return the gradient, scaled down to the norm limit if it is longer, and its norm before.

    One norm over all arrays together, so that the direction stays (Pascanu et al. 2013).
    """
    limit = checks.positive("training.clip_by_norm", "limit", limit)
    check_arrays("training.clip_by_norm", "gradient", gradient)
    norm = norm_of(gradient)
    return scaled(gradient, norm, limit), norm


def clip_by_value(gradient, limit):
    """Return the finished gradient with every entry cut to [-limit, limit]; its direction changes.

    Never cut inside a backward pass: a delta cut on its way is no longer the derivative of anything,
    and what the losses send back no longer adds up to the whole.
    """
    limit = checks.positive("training.clip_by_value", "limit", limit)
    check_arrays("training.clip_by_value", "gradient", gradient)
    return trees.map(lambda g: np.clip(g, -limit, limit), gradient)


def norm_of(tree):
    """Return the length of all arrays as one vector, in float64."""
    rows = [np.ravel(leaf).astype(float) for _, leaf in trees.walk(tree)]
    with np.errstate(over="ignore", under="ignore"):
        norm = math.hypot(*(np.linalg.norm(row) for row in rows))
    if 1e-150 < norm < math.inf:
        return norm
    largest = max((float(np.abs(row).max(initial=0)) for row in rows), default=0.0)
    if not 0 < largest < math.inf:                    # zero, infinite or nan
        return norm
    return largest * math.hypot(*(np.linalg.norm(row / largest) for row in rows))


def scaled(gradient, norm, limit):
    """Return the gradient, whose norm is known, scaled down to the norm limit if it is longer."""
    if norm <= limit or not math.isfinite(norm):
        return gradient
    return trees.map(lambda g: g * (limit / norm), gradient)


def check_alike(where, params, gradient):
    """Check that the gradient has the structure, shapes and dtypes of the parameters."""
    if _alike(params, gradient):
        return
    ours, theirs = (sorted(trees.walk(tree), key=lambda item: item[0]) for tree in (params, gradient))
    names, given = ([name for name, _ in items] for items in (ours, theirs))
    if names != given:
        nested = isinstance(gradient, (dict, tuple, list)) and given
        got = ", ".join(given) if nested else checks.short(gradient)
        checks.fail(where, "gradient", f"like params ({', '.join(names)})", got, error=TypeError)
    for (name, p), (_, g) in zip(ours, theirs):
        p, g = np.asarray(p), np.asarray(g)
        if g.shape != p.shape or g.dtype != p.dtype:
            expected = f"{checks.short(p)}, like the parameter"
            checks.fail(where, f"gradient d{name}", expected, checks.short(g))
    expected = f"like params, {type(params).__name__} and all within"
    checks.fail(where, "gradient", expected, f"{type(gradient).__name__}, or others within", error=TypeError)


def _alike(tree, other):
    """Return whether two trees have the same containers, and arrays of the same shapes and dtypes."""
    if isinstance(tree, (dict, tuple, list)) or isinstance(other, (dict, tuple, list)):
        if type(tree) is not type(other):
            return False
    if isinstance(tree, dict):
        return tree.keys() == other.keys() and all(_alike(branch, other[k]) for k, branch in tree.items())
    if isinstance(tree, (tuple, list)):
        return len(tree) == len(other) and all(map(_alike, tree, other))
    if type(tree) is np.ndarray is type(other):
        return tree.shape == other.shape and tree.dtype == other.dtype
    tree, other = np.asarray(tree), np.asarray(other)
    return tree.shape == other.shape and tree.dtype == other.dtype


def check_arrays(where, name, tree):
    """Check that a tree has arrays, all of them of float32 or float64."""
    leaves = list(trees.walk(tree))
    if not leaves:
        checks.fail(where, name, "at least one array", checks.short(tree))
    for at, leaf in leaves:
        at = name if leaf is tree else f"{name} {at}"
        if not isinstance(leaf, (np.ndarray, np.floating, float)) or np.asarray(leaf).dtype.char not in "fd":
            checks.fail(where, at, "a float32 or float64 array", checks.short(leaf), error=TypeError)


def _start(where, moments):
    """Return the function that makes the memory: the number of updates, and so many trees of zeros."""
    def start(params):
        check_arrays(where, "params", params)
        return (0, *(trees.map(np.zeros_like, params) for _ in range(moments))) if moments else 0

    return start


def _memory(where, params, memory, moments):
    """Return memory if `start`, or a step, made it for such params."""
    like = type(memory) is tuple and len(memory) == 1 + moments and type(memory[0]) is int
    if not like or not all(_alike(params, tree) for tree in memory[1:]):
        expected = "what start, or the step before, returned for these params"
        checks.fail(where, "memory", expected, checks.short(memory), error=TypeError)
    return memory


def _fraction(where, name, value):
    return checks.real(where, name, value, "a number in [0, 1)", lambda v: 0 <= v < 1)


def _rate(where, rate):
    """Return the rate as a function of the number of updates made before."""
    if not callable(rate):
        value = checks.positive(where, "rate", rate, "a number > 0, or a function of the update's number")
        return lambda n: value
    checks.function(where, "rate", rate, "n")
    return lambda n: checks.real(where, f"rate({n})", rate(n), "a number >= 0", lambda v: v >= 0)
