"""Exercises of notebook 6, gradients that vanish or explode."""

import numpy as np

from ... import dynamics
from ...training import clip_by_norm
from .feedback import NOT_ATTEMPTED, Feedback, checker, run
from .slopes import of_tanh
from .trials import held, point


@checker(6, 1, "Send it back", stars=2, minutes=15)
def check_sent_back(answer):
    """Notebook 6, exercise 1: (w_h, hs (T+1,)) -> dh_T/dh_t for t = 0 .. T of a tanh unit, (T+1,)."""

    def back(w_h, hs, factor=None, weight=lambda w: w, slope=lambda h: 1 - h**2, of=lambda hs: hs[1:],
             turn=1):
        factor = factor or (lambda w, h: weight(w) * slope(h))
        factors = np.broadcast_to(factor(w_h, of(hs)), len(hs) - 1)
        return np.append(np.cumprod(factors[::-1])[::-1], 1.0)[::turn]

    def factors(w_h, hs):
        return w_h * (1 - hs[1:] ** 2)

    slips = {
        "step t+1 has the slope of its own state: 1 - h_(t+1)^2, not 1 - h_t^2.": dict(of=lambda hs: hs[:-1]),
        "hs are already tanh(z): the slope is 1 - h^2, not 1 - tanh(h)^2.": dict(
            slope=lambda h: 1 - np.tanh(h) ** 2),
        "the slope of the tanh is missing: each factor is w_h (1 - h^2).": dict(slope=lambda h: 1.0),
        "the slope is 1 - h^2, not h (1 - h), which is that of a σ.": dict(
            slope=lambda h: h * (1 - h)),
        "the slope is 1 - h^2, not 1 - h.": dict(slope=lambda h: 1 - h),
        **of_tanh("h", but=("missing", "through", "σ")),
        "the slope is 1 - h^2, and h_(t+1) stands in hs: it is no tanh of w_h times a state.": [
            dict(factor=lambda w, h: w * (1 - np.tanh(w * h) ** 2)),
            dict(factor=lambda w, h: w * (1 - np.tanh(w * h) ** 2), of=lambda hs: hs[:-1])],
        "w_h is missing: each factor is w_h (1 - h^2).": dict(weight=lambda w: 1.0),
        "w_h multiplies once for each step: yours divides by it.": dict(weight=lambda w: 1 / w),
        "w_h is squared: a step multiplies by it once.": dict(weight=np.square),
        "keep the sign: every second product of a negative w_h is negative.": dict(
            weight=np.abs),
        "one w_h is missing: each step multiplies by it, the last one, from h_(T-1) to h_T, too.":
            lambda w, hs: np.append(back(w, hs)[:-1] / w, 1.0),
        "w_h is in it once, not once for each step.": lambda w, hs: np.append(w * back(1.0, hs)[:-1], 1.0),
        "this goes forward from h_0: dh_t/dh_0. Wanted is dh_T/dh_t, with 1 at the end.":
            lambda w, hs: np.append(1.0, np.cumprod(factors(w, hs))),
        "the order is reversed: entry t belongs to h_t, so the last entry is 1.": dict(turn=-1),
        "a factor too many: dh_T/dh_T is 1, so the product starts with step t+1.":
            lambda w, hs: np.cumprod((w * (1 - hs**2))[::-1])[::-1],
        "one entry is missing: dh_T/dh_T = 1 belongs to the result too.": lambda w, hs: back(w, hs)[:-1],
        "one entry is missing: h_0 has one too.": lambda w, hs: back(w, hs)[1:],
        "these are the factors alone: multiply those of the steps t+1 to T.": [
            factors, *(lambda w, hs, end=end: np.append(factors(w, hs), end) for end in (1.0, 0.0))],
        "the loop runs from t = 0 on, where nothing is known yet: begin at T, with 1.":
            lambda w, hs: np.append(factors(w, hs) * (np.arange(1, len(hs)) == len(hs) - 1), 1.0),
        "the factors multiply: this is their sum.": [
            lambda w, hs, at=at: at + np.append(np.cumsum(factors(w, hs)[::-1])[::-1], 0.0) for at in (1, 0)],
        "this is dh_T/dh_0 alone: return one number for each t.": lambda w, hs: factors(w, hs).prod(),
        "the last entry is dh_T/dh_T = 1; yours is 0.": lambda w, hs: np.append(back(w, hs)[:-1], 0.0),
    }
    rng, points = np.random.default_rng(71), []
    for w_h, T, told in ((-1.3, 6, "for w_h=-1.3, T=6"), (0.7, 9, "for w_h=0.7, T=9"),
                         (40.0, 3, "for w_h=40, T=3"), (2.2, 1, "for a single step, T=1")):
        points.append(point(w_h, rng.uniform(-0.9, 0.9, T + 1), told=told, T=T))
    return held(answer, points, back, slips, {"dh_T/dh_t": "S"})


def _first_below(W, limit):
    """Return from which k on the norm of W^k is at most the limit; inf if of the first 300 none is."""
    power = W
    for k in range(1, 300):
        if np.linalg.norm(power, 2) <= limit:
            return float(k)
        power = power @ W
    return np.inf


@checker(6, 2, "Use the theorem", stars=2, minutes=15)
def check_safe_steps(answer):
    """Notebook 6, exercise 2: (W_h, slope, limit) -> from which k on the bound is below the limit."""

    def norm(W):
        return np.linalg.norm(W, 2)

    def steps(W_h, slope, limit, size=norm, by=1, ends=np.ceil, never=np.inf, equal=None):
        rate = size(W_h) * (slope if by else 1)
        if equal is not None and rate == 1:
            return equal
        return never if rate >= 1 else float(ends(np.log(limit) / np.log(rate)))

    slips = {
        "eigenvalues promise nothing for a finite k: the theorem needs the norm of W_h, its largest singular "
        "value.": [dict(size=lambda W, f=f: np.abs(f(W)).max()) for f in (
            np.linalg.eigvals, np.linalg.eigvalsh)],
        "this is the Frobenius norm: the theorem needs the largest singular value, np.linalg.norm(W_h, 2).":
            dict(size=np.linalg.norm),
        "this is the norm of the largest row sum or column sum: take the largest singular value.": [
            dict(size=lambda W, n=n: np.linalg.norm(W, n)) for n in (1, np.inf)],
        "this is what one step multiplies by at most, slope * norm: in how many is it below the limit?":
            lambda W, slope, limit: slope * norm(W),
        "this is the largest entry: take the largest singular value.": dict(size=lambda W: np.abs(W).max()),
        "this is the smallest singular value: the bound needs the largest.": dict(
            size=lambda W: np.linalg.norm(W, -2)),
        "the slope is missing: a step multiplies by at most slope * norm.": dict(by=0),
        "divided by the slope: a step multiplies by at most slope * norm.": lambda W, slope, limit: (
            np.inf if norm(W) / slope >= 1 else float(np.ceil(np.log(limit) / np.log(norm(W) / slope)))),
        "these are the powers of W_h itself: the theorem bounds each by a power of slope * norm.":
            lambda W, slope, limit: _first_below(slope * W, limit),
        "the slope is in it once, not once for each step.": lambda W, slope, limit: (
            np.inf if slope * norm(W) >= 1 else float(np.ceil(np.log(limit / slope) / np.log(norm(W))))),
        "round up: after that many whole steps the bound is still above the limit.": [
            dict(ends=np.floor), dict(ends=np.round)],
        "one step too many: the bound is below the limit a step earlier.": [
            dict(ends=end) for end in (lambda k: np.floor(k) + 1, lambda k: np.floor(k) + 2,
                                       lambda k: np.ceil(k) + 1)],
        "return a whole number of steps: round up.": dict(ends=lambda k: k),
        "the sign: log(limit) and log(rate) are both negative, so k is positive.": dict(
            ends=lambda k: -np.ceil(k)),
        "the norm is squared: a step multiplies by slope * norm, once.": dict(size=lambda W: norm(W) ** 2),
        "the logarithms are missing: rate^k is at most the limit for k = log(limit) / log(rate).": (
            lambda W, slope, limit: np.inf if slope * norm(W) >= 1 else np.ceil(limit / (slope * norm(W)))),
        "k is log(limit) divided by log(rate): yours is their difference, or their sum.": [
            lambda W, slope, limit, s=s: np.inf if slope * norm(W) >= 1 else float(
                np.ceil(np.log(limit) + s * np.log(slope * norm(W)))) for s in (-1, 1)],
        "np.inf is for a rate of 1 or more: below 1 the bound falls below every limit, in so many steps.":
            lambda W, slope, limit: np.inf if slope * norm(W) >= limit else steps(W, slope, limit),
        "two logarithms of different bases: any base will do, but the same for both.": [
            dict(ends=lambda k, c=c: np.ceil(c * k))
            for base in (2, 10) for c in (np.log(base), 1 / np.log(base))],
        "upside down: k is log(limit) / log(rate).": dict(ends=lambda k: np.ceil(1 / k)),
        "at slope * norm = 1 the theorem promises nothing either: `>=` 1 gives np.inf.": [
            dict(equal=-np.inf), dict(equal=np.nan)],
        "where slope * norm is 1 or more, the theorem promises nothing: return np.inf.": [
            lambda W, slope, limit: float(np.ceil(np.log(limit) / np.log(slope * norm(W)))),
            *(dict(never=value) for value in (0, -1, 1, np.nan, -np.inf, 10**6, 10**9))],
        "the norm alone is compared with 1: it is slope * norm that must be below 1.":
            lambda W, slope, limit: np.inf if norm(W) >= 1 else steps(W, slope, limit),
    }
    rng = np.random.default_rng(72)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    upper = np.triu(rng.normal(size=(4, 4)), 1) + np.diag([0.3, -0.5, 0.2, 0.4])
    upper *= 2.9 / np.linalg.norm(upper, 2)                 # norm 2.9, not symmetric, radius far below
    W_h, small = turn @ upper @ turn.T, rng.normal(size=(2, 2))
    small *= 0.97 / np.linalg.norm(small, 2)
    never = "Where it is 1 or more, the theorem promises nothing: return np.inf."
    points = [
        point(W_h / 4, 0.25, 1e-20, told="where slope * norm < 1"),
        point(W_h / 6, 1.0, 1e-3, told="for a slope of 1"),
        point(small, 1.0, 0.01, told="for a norm of 0.97"),
        point(W_h / 6, 1.0, 0.9, told="for a limit above the rate"),
        point(np.array([[-2.5]]), 0.3, 0.2, told="for a single unit"),
        point(np.array([[-0.5]]), 1.0, 0.25, told="where the bound meets the limit exactly",
              hint="There it is no longer than the limit, as wanted."),
        point(W_h, 1.0, 1e-6, told="where slope * norm is above 1", hint=never),
        point(np.eye(3), 1.0, 0.1, told="where slope * norm is exactly 1", hint=never),
        point(2 * np.eye(2), 0.5, 0.5, told="where slope * norm is exactly 1, slope 0.5", hint=never),
    ]
    return held(answer, points, steps, slips, "k")


@checker(6, 3, "Cheat the eigenvalues", stars=3, minutes=15)
def check_long_memory(answer):
    """Notebook 6, exercise 3: () -> W_h with spectral radius at most 0.9 and ||W_h^20|| at least 10."""
    W_h = run(answer)
    if isinstance(W_h, Feedback):
        return W_h
    try:
        W_h = np.asarray(W_h, dtype=float)
    except (TypeError, ValueError):
        return Feedback("wrong", f"W_h should be a matrix of numbers; got {type(W_h).__name__}.")
    if W_h.ndim != 2 or len(W_h) != W_h.shape[-1] or not 1 <= len(W_h) <= 200:
        return Feedback("wrong", f"W_h should be square, with 1 to 200 rows; got shape {W_h.shape}.")
    if not np.isfinite(W_h).all():
        return Feedback("wrong", "W_h contains nan or inf.")
    radius, unsure = radius_of(W_h)
    if radius - unsure > 0.9 or abs(np.trace(W_h)) > 0.9 * len(W_h) + 1e-9:
        return Feedback("wrong", f"the largest eigenvalue has modulus {radius:.4g}; at most 0.9 is allowed.")
    length = _reach(W_h)
    if length >= 10:
        return Feedback("right", f"right: all eigenvalues lie within {min(radius, 0.9):.2g}, and 20 steps "
                                 f"lengthen a gradient up to {length:.3g} times.")
    if np.allclose(W_h @ W_h.T, W_h.T @ W_h, rtol=0, atol=1e-9):
        return Feedback("wrong", "this matrix is normal, like every symmetric or orthogonal one: its norm is "
                                 "its spectral radius, to every power. Let one unit feed the next, and not "
                                 "back.")
    if length == 0:
        return Feedback("wrong", "after 20 steps nothing is left: with zeros on the diagonal a gradient "
                                 "walks out of the chain. Put up to 0.9 there.")
    said = f"the eigenvalues are allowed, but the norm of W_h^20 is {length:.3g}, below 10"
    across = W_h - np.diag(np.diag(W_h))
    if _reach(W_h + 9 * across) > 2 * length and radius_of(W_h + 9 * across)[0] <= 0.9 + unsure:
        return Feedback("wrong", f"{said}: enlarge what stands off the diagonal.")
    if _reach(0.9 / max(radius, 1e-3) * W_h) >= 10:
        return Feedback("wrong", f"{said}, because they are only {radius:.2g}: up to 0.9 is allowed.")
    if len(set(np.sign(np.diag(W_h)))) > 1 and not np.tril(W_h, -1).any() * np.triu(W_h, 1).any():
        return Feedback("wrong", f"{said}, and a larger number off the diagonal does not help: the two ways "
                                 "through it cancel, where one unit changes its sign at every step and the "
                                 "other does not. Give the diagonal one sign.")
    return Feedback("wrong", f"{said}: let one unit feed the next, strongly, and not back; then the "
                             "eigenvalues stay what stands on the diagonal.")


def radius_of(W):
    """Return the spectral radius, and by how much rounding may have moved it."""
    if not np.tril(W, -1).any() or not np.triu(W, 1).any():
        return np.abs(np.diag(W)).max(), 1e-9
    values, V = np.linalg.eig(W)
    largest, n, eps, norm = np.abs(values).argmax(), len(W), np.finfo(float).eps, np.linalg.norm(W, 2)
    left = np.linalg.pinv(V, rcond=1e-300)[largest]            # how badly that eigenvalue is conditioned
    moved = n * eps * norm * np.linalg.norm(left) * np.linalg.norm(V[:, largest])
    return np.abs(values[largest]), max(min(10 * moved, 4 * norm * (n * eps) ** (1 / n)), 1e-9)


def _reach(W):
    """Return the norm of W to the power of 20."""
    with np.errstate(all="ignore"):
        power = np.linalg.matrix_power(W, 20)
    return np.linalg.norm(power, 2) if np.isfinite(power).all() else np.inf


EDGE, UPDATES, GOAL = (5, -2.6124), 100, 0.003             # of exercise 4


def descend(rate, c):
    """Make 100 clipped steps of descent from the edge of the cliff; return the places and losses."""
    places, losses = [np.array(EDGE, float)], []
    for _ in range(UPDATES):
        here = dynamics.cliff(*places[-1])
        g = np.array([here.dw, here.db])
        losses.append(float(here.loss))
        places.append(places[-1] - rate * np.array(clip_by_norm(tuple(g), c)[0]))
    return np.array(places), np.array([*losses, float(dynamics.cliff(*places[-1]).loss)])


@checker(6, 4, "Get off the cliff", stars=2, minutes=15)
def check_off_the_cliff(answer):
    """Notebook 6, exercise 4: () -> (rate, c) with which 100 clipped steps end below a loss of 0.003."""
    result = run(answer)
    if isinstance(result, Feedback):
        return result
    if isinstance(result, (tuple, list)) and any(part is None or part is Ellipsis for part in result):
        return Feedback("open", NOT_ATTEMPTED)
    try:
        rate, c = (float(part) for part in result)
        if isinstance(result, (dict, set, str)):
            raise TypeError
        if any(isinstance(part, str) for part in result):
            return Feedback("wrong", "both are numbers: leave out the quotes.")
    except (TypeError, ValueError):
        got = f"{type(result).__name__}" + (f" of {len(result)}" if isinstance(result, (tuple, list)) else "")
        return Feedback("wrong", f"return two numbers: the learning rate and the limit c; got {got}.")
    told = " An infinite limit clips nothing: choose a finite one." if c == np.inf else ""
    if not (np.isfinite([rate, c]).all() and rate > 0 and c > 0):
        return Feedback("wrong", f"both numbers are positive; got {rate:g} and {c:g}.{told}")
    (places, losses), (_, turned) = descend(rate, c), descend(c, rate)
    first, end = np.linalg.norm(places[1] - places[0]), losses[-1]
    said = f"after {UPDATES} steps the loss is {end:.2g}"
    if end < GOAL:
        return Feedback("right", f"right: {said}. The first step is {first:.2g} long, not {rate * 828:.3g}.")
    if turned[-1] < GOAL and c > rate:
        return Feedback("wrong", f"{said}. With the two exchanged it is {turned[-1]:.2g}: the rate comes "
                                 "first.")
    if losses[1:].min() > 0.05 and end > 0.08 and losses[-1] < 0.1:
        return Feedback("wrong", f"{said}: the first step is {first:.3g} long, crosses the valley and lands "
                                 "on the plateau, where almost no gradient is left. Its length is rate * c.")
    if np.linalg.norm(places - places[0], axis=1).max() < 0.3:
        return Feedback("wrong", f"{said}: the steps are at most {rate * c:.2g} long, so they stay at the "
                                 "edge. Take longer ones.")
    late = losses[-12:]
    if (np.diff(late) > 0).any() and (np.diff(late) < 0).any():
        return Feedback("wrong", f"{said}, {GOAL} is allowed. It does not come to rest: in the last 12 "
                                 f"steps the loss goes up and down between {late.min():.1g} and "
                                 f"{late.max():.2g}, because the steps, at most {rate * c:.2g} long, cross "
                                 "the valley again and again. rate * c bounds their length; in the valley, "
                                 "where nothing is clipped, rate alone decides: the two can be set apart.")
    if losses[1:].min() > 0.05 and end > 0.05:
        return Feedback("wrong", f"{said}, {GOAL} is allowed: the first step is {first:.3g} long and leaves "
                                 "the valley. Its length is rate * c.")
    return Feedback("wrong", f"{said}, {GOAL} is allowed. At the edge a step is rate * c long; in the "
                             "valley, where nothing is clipped, rate times the gradient: the two can be set "
                             "apart.")


@checker(6, 5, "A leaky unit", stars=3, minutes=20)
def check_leaky(answer):
    """Notebook 6, exercise 5: (w_h, a, hs (T+1,)) -> dh_T/dh_t of a leaky unit, (T+1,).

    h_t = (1 - a) h_(t-1) + a tanh(w_h h_(t-1))
    """

    def squashed(a, hs):
        return (hs[1:] - (1 - a) * hs[:-1]) / a

    def back(w_h, a, hs, of=squashed, slope=lambda s: 1 - s**2, keep=lambda a: 1 - a, through=lambda a: a,
             weight=lambda w: w, see=None, last=1.0, join=np.cumprod):
        factors = keep(a) + through(a) * weight(w_h) * slope(see(w_h, hs) if see else of(a, hs))
        return np.append(last * join(factors[::-1])[::-1], last)

    def factors(w_h, a, hs):
        return (1 - a) + a * w_h * (1 - squashed(a, hs) ** 2)

    slips = {
        "the slope is not 1 - h_t^2: h_t is a mean of h_(t-1) and the tanh. Find the tanh first.": dict(
            of=lambda a, hs: hs[1:]),
        "the slope is not 1 - h_(t-1)^2: find the tanh in h_t first.": dict(of=lambda a, hs: hs[:-1]),
        "the leak is missing: h_(t-1) also reaches h_t directly, with 1 - a.": dict(keep=lambda a: 0.0),
        "the tanh has the share a: a factor a is missing.": dict(through=lambda a: 1.0),
        "the way through the tanh is missing.": dict(through=lambda a: 0.0),
        "a and 1 - a are exchanged: the state keeps 1 - a of itself.": dict(
            keep=lambda a: a, through=lambda a: 1 - a),
        "w_h is missing in the way through the tanh.": dict(weight=lambda w: 1.0),
        "the slope of the tanh is missing: 1 - tanh².": dict(slope=lambda s: 1 + 0 * s),
        "you have found the tanh already: its slope is 1 - s², not 1 - tanh(s)².": dict(
            slope=lambda s: 1 - np.tanh(s) ** 2),
        **of_tanh("s", but=("missing:", "through", "sign")),
        "step t+1 reads h_t: its tanh is tanh(w_h h_t), not that of h_(t+1).": dict(
            see=lambda w, hs: np.tanh(w * hs[1:])),
        "w_h is missing inside the tanh: tanh(w_h h_t).": dict(see=lambda w, hs: np.tanh(hs[:-1])),
        "the slope needs the tanh, 1 - tanh(w_h h_t)²; yours has w_h h_t in its place.": dict(
            see=lambda w, hs: w * hs[:-1]),
        "w_h is there twice: it is the inner slope, once.": dict(weight=np.square),
        "to find the tanh, take off (1 - a) h_(t-1), and divide by a.": [
            dict(of=lambda a, hs: (hs[1:] - hs[:-1]) / a),
            dict(of=lambda a, hs: hs[1:] - (1 - a) * hs[:-1] / a),
            dict(of=lambda a, hs: (hs[1:] - a * hs[:-1]) / (1 - a)),
            dict(of=lambda a, hs: (hs[1:] - a * hs[:-1]) / a),
            dict(of=lambda a, hs: (hs[1:] + (1 - a) * hs[:-1]) / a)],
        "the state keeps 1 - a of itself, not all.": dict(keep=lambda a: 1.0),
        "the state keeps 1 - a of itself, not a.": dict(keep=lambda a: a),
        "the way through the tanh is subtracted: the two ways add.": dict(through=lambda a: -a),
        "a multiplies the way through the tanh alone: it is no factor of the whole.": [
            lambda w, a, hs: np.append(
                np.cumprod((a * (1 - a + w * (1 - squashed(a, hs) ** 2)))[::-1])[::-1], 1.0),
            lambda w, a, hs: np.append(np.cumprod((a * factors(w, a, hs))[::-1])[::-1], 1.0)],
        "1 - s^2 needs its parentheses: a w_h multiplies all of it.": lambda w, a, hs: np.append(
            np.cumprod((1 - a + a * w - squashed(a, hs) ** 2)[::-1])[::-1], 1.0),
        "the slope of the tanh multiplies the way through the tanh alone: the leak, 1 - a, passes none.":
            lambda w, a, hs: np.append(
                np.cumprod(((1 - a + a * w) * (1 - squashed(a, hs) ** 2))[::-1])[::-1], 1.0),
        "h_t enters with 1 - a: the derivative of (1 - a) h is 1 - a, without the h.":
            lambda w, a, hs: np.append(
            np.cumprod(((1 - a) * hs[:-1] + a * w * (1 - squashed(a, hs) ** 2))[::-1])[::-1], 1.0),
        "keep the sign: a factor may be negative.": lambda w, a, hs: np.abs(back(w, a, hs)),
        "the factors multiply: this is their sum.": [dict(join=np.cumsum), lambda w, a, hs: 1 + np.append(
            np.cumsum(factors(w, a, hs)[::-1])[::-1], 0.0)],
        "dh_T/dh_T is 1: your product begins with 0.": dict(last=0.0),
        "the factors of one step are taken to a power: each step has its own slope.":
            lambda w, a, hs: (factors(w, a, hs)[-1]) ** np.arange(len(hs) - 1, -1, -1),
        "this is dh_T/dh_0 alone: return one number for each t.": lambda w, a, hs: back(w, a, hs)[0],
        "one entry is missing: h_0 has one too.": lambda w, a, hs: back(w, a, hs)[1:],
        "to find the tanh, divide by a: h_t - (1 - a) h_(t-1) = a tanh(z_t).": dict(
            of=lambda a, hs: hs[1:] - (1 - a) * hs[:-1]),
        "each way is multiplied with itself alone, and the two are added at the end: a path may take the one "
        "way at one step and the other at the next, so add the two in every factor.": [
            lambda w, a, hs, last=last: np.append((1 - a) ** np.arange(len(hs) - 1, 0, -1) + np.cumprod(
                (a * w * (1 - squashed(a, hs) ** 2))[::-1])[::-1], last) for last in (1.0, 2.0)],
        "the leak multiplies the way through the tanh: the two ways add.":
            lambda w, a, hs: np.append(
                np.cumprod((a * (1 - a) * w * (1 - squashed(a, hs) ** 2))[::-1])[::-1], 1.0),
        "the order is reversed: entry t belongs to h_t, so the last entry is 1.":
            lambda w, a, hs: back(w, a, hs)[::-1],
        "this goes forward from h_0: dh_t/dh_0. Wanted is dh_T/dh_t.":
            lambda w, a, hs: np.append(1.0, np.cumprod(factors(w, a, hs))),
        "these are the factors alone: multiply those of the steps t+1 to T.": [
            factors, lambda w, a, hs: np.append(factors(w, a, hs), 1.0)],
        "one entry is missing: dh_T/dh_T = 1 belongs to the result too.":
            lambda w, a, hs: back(w, a, hs)[:-1],
    }
    points = []
    for w_h, a, h, T in ((1.7, 0.3, 0.9, 7), (-2.4, 0.6, 0.4, 5), (0.8, 0.05, -0.7, 9), (3.0, 0.9, 0.1, 1)):
        hs = [h]
        for _ in range(T):
            hs.append((1 - a) * hs[-1] + a * np.tanh(w_h * hs[-1]))
        points.append(point(w_h, a, np.array(hs), told=f"for w_h={w_h}, a={a}, T={T}", T=T))
    return held(answer, points, back, slips, {"dh_T/dh_t": "S"})
