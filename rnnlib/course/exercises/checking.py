"""Exercises of notebook 4, is the gradient right?"""

import numpy as np

from ... import bptt
from ...cells import rnn
from .feedback import NOT_ATTEMPTED, Feedback, checker, close, compare, run


@checker(4, 1, "Central differences")
def check_central_difference(answer):
    """Notebook 4, exercise 1: (f, x, eps) -> central differences of the scalar f, like x."""
    x, eps = np.random.default_rng(40).uniform(-1, 1, (2, 3)), 1e-2

    def f(x):
        return np.exp(0.5 * x[0, 0]) * np.sin(x + 0.3).sum() + x[0, 1] * x[1, 2] ** 2

    def moved(*factors, eps=eps):
        """Return f for each entry and each factor, with that entry moved by factor * eps."""
        units = np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([[f(x + factor * eps * unit) for unit in units] for factor in factors])

    plus, minus = moved(1, -1).reshape(2, *x.shape)
    tiny = np.diff(moved(-1, 1, eps=1e-5), axis=0).reshape(x.shape) / 2e-5
    right, half = (plus - minus) / (2 * eps), (plus - f(x)) / (2 * eps)
    everything = (f(x + eps) - f(x - eps)) / (2 * eps)
    y, drifted = x.copy(), np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        y[i] += eps
        drifted[i] = f(y)
        y[i] -= 2 * eps
        drifted[i] = (drifted[i] - f(y)) / (2 * eps)
    one_sided = "one-sided: its error is of order eps, not eps**2. Step to x {} eps as well."
    at_once = "all entries move at once{}: move one of them, then the next."
    slips = {
        one_sided.format("-"): 2 * half,
        one_sided.format("+"): (f(x) - minus) / eps,
        "the second value is f(x), not f at x - eps: after x + eps go back by twice eps.": half,
        "twice too large: x + eps and x - eps lie 2 * eps apart.": 2 * right,
        "not divided by 2 * eps.": plus - minus,
        "not divided by eps.": (plus - minus) / 2,
        "/ 2 * eps multiplies by eps: write / (2 * eps).": right * eps**2,
        "the sign: f(x + eps) - f(x - eps), in this order.": -right,
        "entries stay moved: put the old value back before the next entry.": drifted,
        at_once.format(""): everything,
        at_once.format(", so yours are all the same"): np.full(x.shape, everything),
        "eps is not used: you step by another length.": tiny,
        "right, but flat: the gradient has the shape of x.": right.ravel(),
    }
    result = run(answer, f, x, eps)
    if isinstance(result, Feedback) and "in place" in result.text:
        text = "x comes back changed: step on a copy, or put the old value back."
        return Feedback("wrong", text)
    return compare(result, right, slips, "the gradient")


@checker(4, 2, "The error of a tensor")
def check_relative_error(answer):
    """Notebook 4, exercise 2: (a, n) -> the largest difference over the largest entry, a number."""
    a = np.array([[0.5, -4.0, 1.0], [2.0, 1e-6, -0.5]])
    n = np.array([[0.6, -3.5, 1.7], [2.0, 3e-6, -0.8]])
    d, sizes, tops = np.abs(a - n), (np.abs(a), np.abs(n)), (4.0, 3.5)
    right = d.max() / max(tops)
    own = "each entry has its own denominator{}: a tiny entry, off by rounding, raises the alarm."
    norms = "this compares lengths{}, where one wrong entry drowns: asked for is the largest."
    lengths = [np.linalg.norm(part) for part in (a - n, a, n)]
    slips = {
        "absolute: divide by the largest entry, or every vanished gradient passes.": d.max(),
        "a mean: one wrong entry drowns in it. Take the largest difference.": d.mean() / max(tops),
        "without abs: a difference with a minus sign is one too.": (a - n).max() / max(tops),
        "the largest entry may be negative: its size is np.abs(...).max().": (
            d.max() / max(a.max(), n.max())),
        "divided by the sum of both largest entries: take the larger one.": d.max() / sum(tops),
        "the scale is that of n alone: take the larger of the two.": d.max() / tops[1],
        "one error for each entry: asked for is one for the tensor, the largest.": d / max(tops),
        own.format(""): (d / np.maximum(*sizes)).max(),
        own.format(", |a| + |n|"): (d / sum(sizes)).max(),
        own.format(", |a|"): (d / sizes[0]).max(),
        own.format(", |n|"): (d / sizes[1]).max(),
        own.format(", and you take a mean"): (d / np.maximum(*sizes)).mean(),
        norms.format(", |a - n| / (|a| + |n|)"): lengths[0] / sum(lengths[1:]),
        norms.format(", |a - n| / |a|"): lengths[0] / lengths[1],
        norms.format(", |a - n| / |n|"): lengths[0] / lengths[2],
    }
    feedback = compare(run(answer, a, n), right, slips, "the error")
    if feedback.verdict == "right":
        swapped = {"the scale is that of a alone: take the larger of the two.": d.max() / tops[1]}
        feedback = compare(run(answer, n, a), right, swapped, "the error of (n, a)")
    if feedback.verdict != "right":
        return feedback
    if compare(run(answer, 1e-20 * a, 1e-20 * n), right, {}).verdict != "right":
        text = "there is a constant in your denominator: it calls gradients of 1e-20 all equal."
        return Feedback("wrong", text)
    if not _is_zero(run(answer, 0 * a, 0 * n)):
        text = "two tensors of zeros do not differ: return 0.0 for them, not 0/0."
        return Feedback("wrong", text)
    return feedback


def _is_zero(result):
    return not isinstance(result, Feedback) and np.ndim(result) == 0 and result == 0

POINT_CHOICES = {
    "T": range(1, 21), "B": range(1, 21), "H": range(1, 21),
    "h0": ("zero", "random"), "W_h": ("symmetric", "random"), "losses": ("last step", "every step"),
}

UNSEEN = {
    "the missing transpose": "It needs T >= 2, H >= 2 and a W_h that is not symmetric.",
    "the dropped carry": "Something must travel through time: T >= 2.",
    "h0 taken for zero": "h0 must not be zero.",
    "a bias gradient of the first sequence only": "There must be a second sequence.",
    "only the last loss counted": "An earlier step needs a loss, too.",
    "losses that reach back three steps only": "Some loss must lie more than three steps away.",
}


@checker(4, 3, "Choose a point")
def check_point(answer):
    """Notebook 4, exercise 3: () -> settings of a point at which every mistake in UNSEEN shows."""
    settings = run(answer)
    if isinstance(settings, Feedback):
        return settings
    if not isinstance(settings, dict) or set(settings) != set(POINT_CHOICES):
        return Feedback("wrong", f"return a dict with the keys {', '.join(POINT_CHOICES)}.")
    if any(value is None or value is Ellipsis for value in settings.values()):
        return Feedback("open", NOT_ATTEMPTED)
    for name, choices in POINT_CHOICES.items():
        value, whole = settings[name], isinstance(choices, range)
        if type(value) is not (int if whole else str) or value not in choices:
            expected = "a whole number from 1 to 20" if whole else " or ".join(map(repr, choices))
            return Feedback("wrong", f"{name} must be {expected}; got {repr(value)[:40]}.")
    right, *wrong = (_backward_at(settings, mistake) for mistake in (None, *UNSEEN))
    same = [all(close(a, b) for a, b in zip(grad, right, strict=True)) for grad in wrong]
    hidden = [name for name, unseen in zip(UNSEEN, same, strict=True) if unseen]
    if hidden:
        seen = f"this point sees {len(UNSEEN) - len(hidden)} of {len(UNSEEN)} mistakes"
        return Feedback("wrong", f"{seen}, but not {hidden[0]}. {UNSEEN[hidden[0]]}")
    size = settings["T"] * settings["B"] * settings["H"]
    praise = ", and no smaller point does." if size == 16 else "."
    return Feedback("right", f"right: it sees all {len(UNSEEN)} mistakes{praise}")


def _backward_at(settings, mistake):
    """Return the gradient of p, with a mistake of UNSEEN or none, at such a point."""
    rng, (T, B, H) = np.random.default_rng(44), (settings[name] for name in "TBH")
    p = rnn.Params(rng.normal(size=(H, 2)), rng.normal(size=(H, H)), rng.normal(size=H))
    p = p if settings["W_h"] == "random" else p._replace(W_h=(p.W_h + p.W_h.T) / 2)
    h0 = rng.uniform(-0.9, 0.9, (B, H)) * (settings["h0"] == "random")
    dhs = rng.normal(size=(T, B, H))
    dhs[:-1] *= settings["losses"] == "every step"
    trace = bptt.forward(rnn, p, rng.normal(size=(T, B, 2)), h0)
    injected = dhs.copy()
    injected[:-1] *= mistake != "only the last loss counted"
    back = {"the missing transpose": p.W_h.T, "the dropped carry": 0 * p.W_h}.get(mistake, p.W_h)
    window = 3 if mistake == "losses that reach back three steps only" else T
    delta, _ = bptt.deltas(rnn, p._replace(W_h=back), trace, injected, window=min(window, T))
    grad = rnn.gradient(trace, delta)
    if mistake == "h0 taken for zero":
        return grad._replace(W_h=grad.W_h - delta[0].T @ h0)
    if mistake == "a bias gradient of the first sequence only":
        return grad._replace(b=delta[:, 0].sum(axis=0))
    return grad
