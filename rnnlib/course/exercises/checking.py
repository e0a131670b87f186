"""Exercises of notebook 4, is the gradient right?"""

import warnings

import numpy as np

from ... import bptt
from ...cells import rnn
from .feedback import A_VIEW, IN_PLACE, NOT_ATTEMPTED, Feedback, checker, close, run
from .matching import matched, whole
from .trials import held, point

SMALL = [10.0**-n for n in range(3, 17)] + [np.finfo(float).eps, 1e-20]


@checker(4, 1, "Central differences", stars=2, minutes=20)
def check_central_difference(answer):
    """Notebook 4, exercise 1: (f, x, eps) -> central differences of the scalar f, like x."""

    def moved(f, x, by):
        """Return f(x + by * unit) for each entry, shaped like x."""
        units = np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([f(x + by * unit) for unit in units]).reshape(x.shape)

    def central(f, x, eps, plus=1.0, minus=-1.0, by=lambda eps: 2 * eps):
        return (moved(f, x, plus * eps) - moved(f, x, minus * eps)) / by(eps)

    def at_once(f, x, eps):
        return (f(x + eps) - f(x - eps)) / (2 * eps)

    def drifting(f, x, eps):
        y, slopes = x.copy(), np.zeros_like(x)
        for i in np.ndindex(*x.shape):
            y[i] += eps
            slopes[i] = f(y)
            y[i] -= 2 * eps
            slopes[i] = (slopes[i] - f(y)) / (2 * eps)
        return slopes

    def along(f, x, eps):
        """Return slopes for which whole rows, the last axis, move together."""
        rows = np.array([at_once(lambda r, i=i: f(np.where(np.arange(len(x)) == i, r.T, x.T).T), x, eps)
                         for i in range(len(x))])
        return np.broadcast_to(rows.reshape(-1, *[1] * (x.ndim - 1)), x.shape)

    one_sided = "one-sided: its error is of order eps, not eps**2. Step to x {} eps as well."
    together = "all entries move at once{}: move one of them, then the next."
    slips = {
        one_sided.format("-"): dict(minus=0.0, by=lambda eps: eps),
        one_sided.format("+"): dict(plus=0.0, by=lambda eps: eps),
        "the second value is f(x), not f at x - eps: after x + eps go back by twice eps, or begin again from "
        "x.copy(). (x[:] is no copy.)": dict(minus=0.0),
        "twice too large: x + eps and x - eps lie 2 * eps apart.": dict(by=lambda eps: eps),
        "not divided by 2 * eps.": dict(by=lambda eps: 1),
        "not divided by eps.": dict(by=lambda eps: 2),
        "/ 2 * eps multiplies by eps: write / (2 * eps).": dict(by=lambda eps: 2 / eps),
        "divided by eps squared: x + eps and x - eps lie 2 * eps apart.": [
            dict(by=lambda eps, n=n: n * eps**2) for n in (1, 2)],
        "the sign: f(x + eps) - f(x - eps), in this order.": dict(by=lambda eps: -2 * eps),
        "a slope may be negative: leave out the abs.": lambda f, x, eps: np.abs(central(f, x, eps)),
        "the step back goes too far, to x - 2 * eps.": [
            dict(minus=-2.0), dict(minus=-2.0, by=lambda eps: 3 * eps)],
        "this is the second derivative: leave out -2 * f(x), and divide by 2 * eps.": lambda f, x, eps: (
            moved(f, x, eps) - 2 * f(x) + moved(f, x, -eps)) / eps**2,
        "the two values are added: subtract the second.": [
            lambda f, x, eps, n=n: (moved(f, x, eps) + moved(f, x, -eps)) / (n * eps) for n in (1, 2)],
        "a rule of higher order, with four values: asked for are two, x + eps and x - eps.":
            lambda f, x, eps: (4 * central(f, x, eps) - central(f, x, 2 * eps)) / 3,
        "the steps are twice too long: step by eps.": dict(plus=2.0, minus=-2.0, by=lambda eps: 4 * eps),
        "half a step to each side: step by eps.": [
            dict(plus=0.5, minus=-0.5, by=lambda eps: eps), dict(plus=0.5, minus=-0.5)],
        "entries stay moved: put the old value back before the next entry.": [
            drifting, lambda f, x, eps: _left_behind(f, x, eps)],
        "the steps stay: an entry that had its turn moves again with the next one. Begin each time from "
        "zeros.": lambda f, x, eps: _piling_up(f, x, eps),
        "f(x + eps) - f(x - eps) needs parentheses: all of it is divided by 2 * eps.": [
            lambda f, x, eps, by=by: moved(f, x, eps) - moved(f, x, -eps) * by(eps)
            for by in (lambda eps: eps / 2, lambda eps: 0.5 / eps)],
        together.format(""): at_once,
        together.format(", so yours are all the same"): lambda f, x, eps: np.full(
            x.shape, at_once(f, x, eps)),
        "the entries of a row move together: move one entry at a time.": along,
        "the step has another length than eps, and you divide by 2 * eps: step by eps.": [
            lambda f, x, eps, h=h: central(f, x, h, by=lambda h: 2 * eps)
            for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)],
        "eps is not used: you step by another length, or take the exact derivative.": [
            lambda f, x, eps, h=h, to=to: central(f, x, h, minus=to, by=lambda h: (1 - to) * h)
            for h in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7) for to in (-1.0, 0.0)],
        "the step grows with the entry, eps * x: step by eps itself.": [
            lambda f, x, eps, size=size, own=own: _grown(f, x, eps, size(x), own)
            for size in (lambda x: x, np.abs, lambda x: np.maximum(1, np.abs(x)), lambda x: 1 + np.abs(x))
            for own in (True, False)],
        "right, but flat: the gradient has the shape of x.": lambda f, x, eps: central(f, x, eps).ravel(),
        "this is the sum of all slopes: return one for each entry.": lambda f, x, eps: central(
            f, x, eps).sum(),
    }
    rng, points = np.random.default_rng(40), []
    for shape, eps, told in (((2, 3), 0.1, "for an x with two axes"), ((6,), 0.3, "for a vector x"),
                             ((2, 1, 4), 0.2, "for an x with three axes")):

        def f(x):
            y = np.asarray(x).ravel()
            odd = np.exp(0.5 * y[0]) * np.sin(y + 0.3).sum() - 2 * (y**3)[::2].sum()
            return odd + y[-1] * y[y.size // 2] ** 2

        points.append(point(f, 1.5 * rng.uniform(-1, 1, shape), eps, told=told))   # some entries beyond 1
    feedback = held(answer, points, central, slips, "the gradient")
    if IN_PLACE in feedback.text:
        text = "x comes back changed: step on a copy, or put the old value back."
        return Feedback("wrong", text + A_VIEW)
    return feedback


def _grown(f, x, eps, size, own):
    """Return slopes for steps of eps times a size of each entry, divided by the steps or by 2 * eps."""
    steps = eps * size
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([(f(x + steps * u) - f(x - steps * u)) / (2 * ((steps * u).sum() if own else eps))
                     for u in units]).reshape(x.shape)


def _left_behind(f, x, eps):
    """Return slopes for which every entry that had its turn stays at x - eps, or at x + eps."""
    y, slopes = x.copy(), np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        up, down = y.copy(), y.copy()
        up[i] += eps
        down[i] -= eps
        slopes[i] = (f(up) - f(down)) / (2 * eps)
        y[i] += eps
    return slopes


def _piling_up(f, x, eps):
    """Return slopes for which the step of each entry holds those of all entries before it."""
    step, slopes = np.zeros_like(x), np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        step[i] = eps
        slopes[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return slopes


@checker(4, 2, "The error of a tensor", stars=2, minutes=15)
def check_relative_error(answer):
    """Notebook 4, exercise 2: (a, n) -> the largest difference over the largest entry, a number."""

    def error(a, n, top=np.maximum, gap=lambda a, n: np.abs(a - n), size=np.abs, over=np.max, eps=0.0,
              zero=0.0):
        scale = top(size(a).max(), size(n).max()) + eps
        return over(gap(a, n)) / scale if scale != 0 else zero

    def own(below, over=np.max):
        """Return the error for which each entry has its own denominator."""
        def each(a, n):
            ratio = np.abs(a - n) / below(np.abs(a), np.abs(n))
            return 0.0 if not (a.any() or n.any()) else over(ratio)
        return [each, lambda a, n: over(np.abs(a - n) / below(np.abs(a), np.abs(n))),
                *(lambda a, n, e=e: over(np.abs(a - n) / np.maximum(below(np.abs(a), np.abs(n)), e))
                  for e in SMALL), *(lambda a, n, e=e: over(np.abs(a - n) / (below(np.abs(a), np.abs(n)) + e))
                                     for e in SMALL)]

    def lengths(below, power=1):
        """Return the error that compares lengths."""
        def ratio(a, n):
            a, n, d = (np.linalg.norm(part.ravel()) ** power for part in (a, n, a - n))
            return d / below(a, n)
        return [ratio, lambda a, n: ratio(a, n) if a.any() or n.any() else 0.0,
                *(lambda a, n, e=e: np.linalg.norm(a - n) / (
                    below(np.linalg.norm(a), np.linalg.norm(n)) + e) for e in SMALL)]

    each = "each entry has its own denominator{}: a tiny entry, off by rounding, raises the alarm."
    norms = "this compares lengths{}, where one wrong entry drowns: asked for is the largest."
    plus, first, second = (lambda a, n: a + n), (lambda a, n: a), (lambda a, n: n)
    alone = "the scale is that of {} alone: take the larger of the two."
    slips = {
        "absolute: divide by the largest entry, or every vanished gradient passes.":
            lambda a, n: np.abs(a - n).max(),
        "a mean: one wrong entry drowns in it. Take the largest difference.": dict(over=np.mean),
        "a root of a mean of squares: one wrong entry drowns in it. Take the largest difference.": dict(
            over=lambda d: np.sqrt((d**2).mean())),
        "a median: one wrong entry does not show in it. Take the largest difference.": dict(over=np.median),
        "a sum: it grows with the number of entries. Take the largest difference.": dict(over=np.sum),
        "without abs: a difference with a minus sign is one too.": dict(gap=lambda a, n: a - n),
        "the largest entry may be negative: its size is np.abs(...).max().": dict(size=lambda a: a),
        "divided by the sum of both largest entries: take the larger one.": dict(top=plus),
        "divided by the mean of both largest entries: take the larger one.": dict(
            top=lambda a, n: (a + n) / 2),
        "divided by the smaller of both largest entries: take the larger one.": dict(top=np.minimum),
        "divided by the product of both largest entries: take the larger one.": dict(top=np.multiply),
        alone.format("n"): [dict(top=second), lambda a, n: np.abs(a - n).max() / np.abs(n).max()],
        alone.format("a"): [dict(top=first), lambda a, n: np.abs(a - n).max() / np.abs(a).max()],
        "one error for each entry: asked for is one for the tensor, the largest.": [
            dict(over=lambda d: d), lambda a, n: np.abs(a - n) / max(np.abs(a).max(), np.abs(n).max())],
        "this is a cosine, or made of one: it sees the direction alone, and one wrong entry drowns in it.": [
            lambda a, n: _cosine(a, n), lambda a, n: 1 - _cosine(a, n), lambda a, n: np.arccos(_cosine(a, n)),
            lambda a, n: 1 - _cosine(a, n) if a.any() or n.any() else 0.0,
            lambda a, n: 1 - _cosine(a, n) if a.any() or n.any() else 1.0],
        "lengths are compared, and directions may differ: take the largest of the differences.": [
            lambda a, n, of=of: np.nan_to_num(np.abs(of(a, n))) for of in (
                lambda a, n: 1 - np.linalg.norm(a) / np.linalg.norm(n),
                lambda a, n: 1 - np.linalg.norm(n) / np.linalg.norm(a),
                lambda a, n: np.linalg.norm(a) - np.linalg.norm(n),
                lambda a, n: (np.linalg.norm(a) - np.linalg.norm(n)) / max(
                    np.linalg.norm(a), np.linalg.norm(n)))],
        "only the largest entries are compared: take the largest of the differences.": [
            lambda a, n: np.nan_to_num(np.abs(1 - np.abs(a).max() / np.abs(n).max())),
            lambda a, n: np.nan_to_num(np.abs(1 - np.abs(n).max() / np.abs(a).max()))],
        "the difference is squared: take its size, abs.": dict(gap=lambda a, n: (a - n) ** 2),
        "only the sizes are compared: a wrong sign passes. Take abs of the difference.": dict(
            gap=lambda a, n: np.abs(np.abs(a) - np.abs(n))),
        "this is the difference of the largest entries: take the largest of the differences.":
            lambda a, n: np.nan_to_num(np.abs(np.abs(a).max() - np.abs(n).max())
                                       / max(np.abs(a).max(), np.abs(n).max())),
        "this compares sums, or means: one wrong entry drowns in them. Asked for is the largest.":
            lambda a, n: np.nan_to_num(np.abs(a - n).sum() / max(np.abs(a).sum(), np.abs(n).sum())),
        "divided by the largest difference of entries, max - min: take the largest entry in size.":
            lambda a, n: np.abs(a - n).max() / max(np.ptp(a), np.ptp(n)),
        each.format(""): own(np.maximum),
        each.format(", |a| + |n|"): own(plus),
        each.format(", |a|"): own(first),
        each.format(", |n|"): own(second),
        each.format(", and you take a mean"): own(np.maximum, np.mean),
        norms.format(", |a - n| / (|a| + |n|)"): lengths(plus),
        norms.format(", |a - n| / |a|"): lengths(first),
        norms.format(", |a - n| / |n|"): lengths(second),
        norms.format(", |a - n| / max(|a|, |n|)"): lengths(np.maximum),
        "there is a constant in your denominator: it calls gradients of 1e-20 all equal.": [
            *(dict(eps=e) for e in SMALL), *(dict(top=lambda a, n, e=e: max(a, n, e)) for e in SMALL[:-1])],
        "a scale below a limit is taken for 0, so gradients of 1e-20 are all equal: ask whether it is 0.": [
            dict(top=lambda a, n, e=e: max(a, n) if max(a, n) > e else np.inf) for e in SMALL[:-1]],
        "divided by the largest of all a + n: take the larger of the largest entries of a and of n.":
            lambda a, n: np.nan_to_num(np.abs(a - n).max() / np.abs(a + n).max()),
        "divided by the largest of all |a| + |n|: take the larger of the largest entries of a and of n.": [
            lambda a, n, e=e: np.nan_to_num(np.abs(a - n).max() / max((np.abs(a) + np.abs(n)).max(), e))
            for e in (0, *SMALL)],
        "the scale is the larger of two means: take the largest entry, not the mean.":
            lambda a, n: np.nan_to_num(np.abs(a - n).max() / max(np.abs(a).mean(), np.abs(n).mean())),
        "the scale is the entry that is most wrong: take the largest entry of both tensors.": [
            lambda a, n, top=top: _at_worst(a, n, top) for top in (
                lambda a, n: max(abs(a), abs(n)), lambda a, n: abs(a), lambda a, n: abs(n))],
        "two tensors of zeros do not differ: return 0.0 for them, not 0/0.": [
            dict(zero=np.nan), lambda a, n: np.abs(a - n).max() / max(np.abs(a).max(), np.abs(n).max())],
        "two tensors of zeros do not differ: return 0.0 for them.": [dict(zero=v) for v in (1.0, np.inf)],
    }
    a = np.array([[0.5, -4.0, 1.0], [2.0, 1e-6, -0.5]])
    n = np.array([[0.6, -3.5, 1.7], [2.0, 3e-6, -0.8]])
    b, m = np.array([7.0, -0.3, 0.25, 1e-3]), np.array([2.0, -0.1, 9.0, 5e-3])
    points = [
        point(a, n, told="for the first two tensors"), point(n, a, told="for the two exchanged"),
        point(b, m, told="for two vectors"),
        point(np.array([[[-0.2], [0.1]], [[0.4], [-3.0]]]), np.array([[[-0.2], [0.1]], [[0.4], [3.5]]]),
              told="for tensors with three axes, of which one sign is wrong"),
        point(1e-20 * a, 1e-20 * n, told="for gradients of 1e-20", hint=(
            "Is there a constant in your denominator?")),
        point(0 * a, 0 * n, told="for two tensors of zeros", hint="Return 0.0 for them, not 0/0."),
        point(a, a.copy(), told="for two that are equal"),
    ]
    feedback = held(answer, points, error, slips, {"the error": ""})
    if feedback.verdict != "right":
        return feedback
    one = "0 is for two tensors of zeros: where one of them is all zero and the other is not, they differ."
    zeros = point(0 * a, n, told="where a is all zero"), point(b, 0 * m, told="where n is all zero")
    return held(answer, (points[0], *zeros), error, {one: [
        lambda a, n, f=f: error(a, n) if f(a.any(), n.any()) else 0.0
        for f in (lambda a, n: a and n, lambda a, n: a, lambda a, n: n)]}, {"the error": ""})


def _at_worst(a, n, scale):
    """Return the largest difference relative to the entry at which it stands."""
    k = np.unravel_index(np.abs(a - n).argmax(), a.shape)
    return abs(a[k] - n[k]) / scale(a[k], n[k]) if scale(a[k], n[k]) else 0.0


def _cosine(a, n):
    """Return the cosine of the angle between two tensors; 0 for zeros."""
    both = np.linalg.norm(a) * np.linalg.norm(n)
    return (a * n).sum() / both if both else 0.0


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
    "losses that reach back three steps only":
        "A loss must lie three steps away or more: its own step is one of the three.",
}


@checker(4, 3, "Choose a point", stars=2, minutes=15)
def check_point(answer):
    """Notebook 4, exercise 3: () -> settings of a point at which every mistake in UNSEEN shows."""
    settings = run(answer)
    if isinstance(settings, Feedback):
        return settings
    if not isinstance(settings, dict) or set(settings) != set(POINT_CHOICES):
        return Feedback("wrong", f"return a dict with the keys {', '.join(POINT_CHOICES)}.")
    settings = dict(settings)
    if gaps := [name for name, value in settings.items() if value is None or value is Ellipsis]:
        left = f"not finished yet: {', '.join(gaps)} {'is' if len(gaps) == 1 else 'are'} still open."
        return Feedback("open", NOT_ATTEMPTED if {*"TBH"} <= {*gaps} else left)
    for name, choices in POINT_CHOICES.items():
        given, sizes = settings[name], isinstance(choices, range)
        value = settings[name] = whole(given) if sizes else given       # 4.0 is a whole number, too
        if type(value) is not (int if sizes else str) or value not in choices:
            expected = "a whole number from 1 to 20" if sizes else " or ".join(map(repr, choices))
            return Feedback("wrong", f"{name} must be {expected}; got {repr(given)[:40]}.")
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


@checker(4, 4, "The complex step", stars=1, minutes=10)
def check_complex_step(answer):
    """Notebook 4, exercise 4: (f, x) -> the gradient of f at x, like x, to 12 digits."""

    kinds, moved = set(), []

    def f(x):
        y = np.asarray(x).ravel()
        kinds.add(y.dtype.kind)
        moved.append(np.abs(y.imag).max())
        odd = np.exp(0.5 * y[0]) * np.sin(3 * y + 0.3).sum() - 2 * (y**3)[::2].sum()
        return 2.7e9 + odd + y[-1] * y[y.size // 2] ** 2        # so large that a difference loses its digits

    def staying(f, x):
        z, slopes = x.astype(complex), np.zeros(x.shape)
        for i in np.ndindex(*x.shape):
            z[i] += 1e-30j
            slopes[i] = f(z).imag / 1e-30
        return slopes

    def slopes(f, x, of=np.imag, by=lambda eps: eps, eps=1e-30, real=0.0):
        units = np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([of(f(x + (real + 1j * eps) * u)) / by(eps) for u in units]).reshape(x.shape)

    rough = [10.0**-n for n in range(1, 13)]
    any_step = [*rough, 1e-14, 1e-15, 1e-16, 1e-20, 1e-25, 1e-30, 1e-40, 1e-50, 1e-100]
    slips = {
        "the derivative is in the imaginary part: take .imag.": [
            dict(of=of, eps=eps) for of in (np.real, np.abs) for eps in any_step],
        "the difference of two values has the derivative in its imaginary part: take .imag.": [
            lambda f, x: 0 * x, *(lambda f, x, eps=eps: slopes(f, x, of=lambda z: (z - f(x)).real, eps=eps)
                                  for eps in rough)],
        "np.angle is the imaginary part over the real one: take .imag.": [
            dict(of=np.angle, eps=eps) for eps in any_step],
        "divided by 1j * eps, which turns the imaginary part into the real one: divide by eps.": [
            dict(of=lambda z: -np.real(z), eps=eps) for eps in any_step],
        "the entry moves along the real axis, too: step by 1j * eps alone.": [
            *(dict(real=eps, eps=e) for eps in rough[:6] for e in (eps, 1e-30))],
        "not divided by eps, or by another one than that of the step.": [
            dict(by=lambda eps: 1.0, eps=eps) for eps in any_step],
        "divided by 2 * eps: there is one step here, not two.": [
            dict(by=lambda eps: 2 * eps, eps=eps) for eps in any_step],
        "your step is too large: its error is of order eps**2. Nothing forbids 1e-30.": [
            dict(eps=eps) for eps in (10.0, 1.0, 0.5, *rough[:4])],
        "all entries move at once: move one of them, then the next.": [
            lambda f, x: np.full(x.shape, f(x + 1e-30j).imag / 1e-30),
            lambda f, x: f(x + 1e-30j).imag / 1e-30],
        "the entries of a row move together: move one entry at a time.": lambda f, x: np.broadcast_to(
            np.array([f(x + 1e-30j * (np.arange(len(x)) == i).reshape(-1, *[1] * (x.ndim - 1))).imag / 1e-30
                      for i in range(len(x))]).reshape(-1, *[1] * (x.ndim - 1)), x.shape),
        "entries stay moved: begin each time with x as it was.": staying,
        "1j * eps is added to the entry: it does not multiply it, nor replace it.": [
            lambda f, x: _entry(f, x, lambda v: v * 1e-20j, 1e-20),
            lambda f, x: _entry(f, x, lambda v: 1e-20j, 1e-20)],
        "a slope may be negative: take the imaginary part, .imag, without abs.": [
            lambda f, x: np.abs(slopes(f, x)), lambda f, x: np.abs(slopes(f, x, eps=1e-20))],
        "the sign: f(x + 1j * eps).imag / eps, with a plus.": lambda f, x: -slopes(f, x),
    }
    rng = np.random.default_rng(46)
    points = [point(f, rng.uniform(-1, 1, shape), told=told) for shape, told in (
        ((2, 3), "for an x with two axes"), ((5,), "for a vector x"),
        ((2, 1, 4), "for an x with three axes"))]
    with warnings.catch_warnings(action="ignore"):        # as where a complex number enters a real array
        run(answer, f, points[0].inputs[1])
    asked, real = bool(kinds), "c" not in kinds                # by the answer: the check itself asks f, too
    still = bool(moved) and not any(moved)
    feedback = held(answer, points, slopes, slips, "the gradient")
    if feedback.verdict != "wrong" or not asked or feedback.text.startswith(IN_PLACE):
        return feedback
    if real:
        return Feedback("wrong", "f never sees a complex number: a real array, or a copy of one, cannot "
                                 "hold 1j * eps, and a difference of two values of f, which are above 1e9 "
                                 "here, costs its digits. Step by 1j * eps in x.astype(complex).")
    if still:
        return Feedback("wrong", "f sees complex arrays, but every imaginary part is 0: step by 1j * eps, "
                                 "with an eps that is not 0 (1e-400 is).")
    return feedback


def _entry(f, x, change, eps):
    """Return f.imag / eps where each entry in turn is changed."""
    slopes = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        z = x.astype(complex)
        z[i] = change(z[i])
        slopes[i] = f(z).imag / eps
    return slopes


MISTAKES = {
    "A": (2, "dW_y and db_y are right, and all that is made of delta_t is wrong"),
    "B": (1, "dW_x and db are right, so delta_t is right; only what stands beside it in dW_h is not"),
    "C": (4, "db_y is right, so p - y is right; only what stands beside it in dW_y is not"),
    "D": (3, "nothing is right, so the mistake is near the loss: all gradients share p - y"),
}


@checker(4, 5, "Read four reports", stars=2, minutes=10)
def check_mistakes(answer):
    """Notebook 4, exercise 5: () -> {report: number of its mistake}."""
    return matched(answer, MISTAKES, "right: what passes clears its part, and what fails shares the mistake.",
                   told="In report {name}, {why}: mistake {number} would not do that.")


@checker(4, 6, "The way back of a filter", stars=3, minutes=15)
def check_filter_back(answer):
    """Notebook 4, exercise 6: (w, u) -> the transposed filter, (T,)."""

    def matrix(w, T, wrap=False):
        J = np.zeros((T, T))
        for t in range(T):
            for k, weight in enumerate(w):
                if wrap or t >= k:
                    J[t, (t - k) % T] += weight
        return J

    def ahead(w, u, at, sign=1):
        return np.array([sum(weight * u[at(s + sign * k, len(u))] for k, weight in enumerate(w)
                             if s + sign * k >= -len(u)) for s in range(len(u))])

    def back(w, u, taps=lambda w: w, way=np.transpose, heard=lambda u: u, end=lambda d: d, wrap=False):
        return end(way(matrix(taps(w), len(u), wrap)) @ heard(u))

    slips = {
        "this is the filter itself, J u: the way back looks ahead, from s to s + k.": [
            dict(way=lambda J: J), np.convolve],
        "np.convolve turns w round and centres the result: here no entry is cut off before step 1.":
            lambda w, u: np.convolve(w, u, mode="same"),
        "mode='same' centres the result: beside w_0 stands u_s, of the same step.": [
            lambda w, u: np.convolve(w[::-1], u, mode="same"), lambda w, u: np.correlate(u, w, mode="same"),
            lambda w, u: np.correlate(u, w, mode="same")[:len(u)],
            lambda w, u: np.correlate(u, w, mode="same") if len(u) >= len(w) else np.correlate(
                w, u, mode="same")[:len(u)]],
        "this is u beside u, one number for each w_k: asked for is J^T u, one for each step.":
            lambda w, u: np.array([u[k:] @ u[:max(len(u) - k, 0)] for k in range(len(w))]),
        "this is the result where all of w fits: at the end u counts as 0 beyond step T, so there are T "
        "entries.": [
            lambda w, u: np.correlate(u, w), lambda w, u: np.convolve(u, w[::-1], mode="valid")],
        "this is longer than T: of the full product only the T entries of x_1 to x_T are wanted.":
            lambda w, u: (
            np.convolve(w[::-1], u)),
        "every w_k stands beside u_s: beside it belongs u_(s+k).": lambda w, u: w.sum() * u,
        "what lies after step T counts as 0; yours repeats u_T.":
            lambda w, u: ahead(w, u, lambda n, T: min(n, T - 1)),
        "an index below 0 reads from the end: what lies before step 1 counts as 0, and the way back looks "
        "ahead.":
            lambda w, u: ahead(w, u, lambda n, T: n, -1),
        "beside u_(s+k) stands w_k: yours is one step off.": [
            dict(taps=lambda w: np.append(0.0, w)),
            lambda w, u: _earlier(matrix(w, len(u) + 1).T @ np.append(u, 0))],
        "only the last term is left: add up the terms of all k.": lambda w, u: _term(w, u, -1),
        "the terms are products, w_k times u_(s+k): not sums.": lambda w, u: np.array([
            sum(w[k] + u[s + k] for k in range(min(len(w), len(u) - s))) for s in range(len(u))]),
        "w_k and u_(s+k) count once each: a factor is squared, or too many.": [
            dict(taps=np.square), dict(heard=np.square),
            lambda w, u: u * (matrix(w, len(u)).T @ u)],
        "u_T is left out, or reached too soon: s + k goes up to T.":
            dict(heard=lambda u: np.append(u[:-1], 0.0)),
        "the last w is missing.": dict(taps=lambda w: w[:-1]),
        "w is divided by its length or its sum: take it as it is.": [
            dict(taps=lambda w: w / len(w)), dict(taps=lambda w: w / w.sum())],
        "the results are added up: each x has its own.": [
            lambda w, u: np.cumsum(matrix(w, len(u)).T @ u), lambda w, u: (matrix(w, len(u)).T @ u).sum()],
        "w is reversed: beside u_(s+k) stands w_k.": dict(taps=lambda w: w[::-1]),
        "the filter is run on the reversed w: beside u_(s+k) stands w_k, and s + k lies ahead.":
            lambda w, u: matrix(w[::-1], len(u)) @ u,
        "it wraps round: what lies after step T counts as 0.":
            dict(wrap=True),
        "the result is reversed in time: turn it round once more.":
            dict(end=lambda d: d[::-1]),
        "only w_0 is used: x_s also enters y_(s+1), y_(s+2), ...": dict(taps=lambda w: w[:1]),
        "only w_0 and w_1 are used: w has K entries, and K may be larger.":
            dict(taps=lambda w: w[:2]),
        "this undoes the filter, J^-1 u, or its way back: the way back is J^T u, a product.": [
            lambda w, u: np.linalg.solve(matrix(w, len(u)), u),
            lambda w, u: np.linalg.solve(matrix(w, len(u)).T, u)],
        "w_0 is missing: x_s enters y_s, too.": dict(taps=lambda w: np.append(0.0, w[1:])),
        "u is reversed: the last step comes last.": dict(heard=lambda u: u[::-1]),
    }
    rng = np.random.default_rng(47)
    points = [point(rng.normal(size=K), rng.normal(size=T), told=f"at K={K}, T={T}", T=T)
              for K, T in ((3, 7), (2, 5), (4, 3), (5, 2))]
    return held(answer, points, back, slips, {"the result": "T"})


def _term(w, u, which):
    """Return the one term of J^T u that is written last, or first."""
    T = len(u)
    return np.array([[w[k] * u[s + k] for k in range(min(len(w), T - s))][which] for s in range(T)])


def _earlier(a):
    """Return an array whose entries stand one place earlier; 0 comes first."""
    return np.concatenate([[0.0], a[:-2]])
