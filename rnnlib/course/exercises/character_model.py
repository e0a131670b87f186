"""Exercises of notebook 12, train a character LSTM."""

import numpy as np

from .feedback import Feedback, checker
from .trials import held, point


@checker(12, 1, "Adam", stars=2, minutes=15)
def check_adam_step(answer):
    """Notebook 12, exercise 1: (p, g, m, v, n, rate, beta1, beta2, eps) -> the next (p, m, v)."""

    def adam(p, g, m, v, n, rate, beta1, beta2, eps, late=0, sign=1, mix=lambda beta: (beta, 1 - beta),
             swap=False, square=np.square, root=np.sqrt, power=lambda beta, n: beta**n, of_m=1, of_v=1,
             inside=0, beside=1, by=np.divide, keep=False, new=True, start=1, direction=lambda m_hat: m_hat):
        beta1, beta2 = (beta2, beta1) if swap else (beta1, beta2)
        (a, b), (c, d) = mix(beta1), mix(beta2)
        m, v = start * m, start * v
        m_1, v_1 = a * m + b * g, c * v + d * square(g)
        m_used, v_used = (m_1, v_1) if new else (m, v)
        m_hat = m_used / (1 - of_m * power(beta1, n + late))
        v_hat = v_used / (1 - of_v * power(beta2, n + late))
        below = root(v_hat + inside * eps) + beside * eps
        return p - sign * rate * by(direction(m_hat), below), *((m_hat, v_hat) if keep else (m_1, v_1))

    slips = {
        "the corrections are missing: divide m by 1 - beta1**n and v by 1 - beta2**n.": dict(of_m=0, of_v=0),
        "v is not corrected: divide it by 1 - beta2**n.": dict(of_v=0),
        "m is not corrected: divide it by 1 - beta1**n.": dict(of_m=0),
        "the corrections forget n: 1 - beta**n, not 1 - beta.": dict(power=lambda beta, n: beta),
        "the corrections take beta * n: it is beta**n.": dict(power=lambda beta, n: beta * n),
        "you return the corrected means: keep m and v as they are, or they are corrected again.": dict(
            keep=True),
        "v is a mean of g**2, not of g.": dict(square=lambda g: g),
        "v is a mean of g**2, not of abs(g).": dict(square=np.abs),
        "v is a mean of g**2, entry by entry, not of the sum of all squares.": dict(
            square=lambda g: (g**2).sum() + 0 * g),
        "the root of v is missing: a step has the unit of p, not of p / g.": dict(root=lambda a: a),
        "sqrt(v_hat) + eps stands below: the step is divided by it, not multiplied.": dict(
            by=lambda m_hat, below: m_hat * below),
        "eps stands beside the root, not in it.": dict(inside=1, beside=0),
        "eps is missing: without it a gradient that is always zero gives 0 / 0.": dict(beside=0),
        "the sign: the step goes against m, p - rate * ...": dict(sign=-1),
        "n counts from 1 here: it is already the number of this update.": dict(late=1),
        "the first update has n = 1, and n is this update's number: do not take 1 off.": dict(late=-1),
        "beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to v.": dict(swap=True),
        "beta keeps the old mean, 1 - beta lets the new gradient in: yours are exchanged.": dict(
            mix=lambda beta: (1 - beta, beta), power=lambda beta, n: (1 - beta) ** n),
        "beta keeps the old mean, 1 - beta lets the new gradient in: in the means yours are exchanged.": dict(
            mix=lambda beta: (1 - beta, beta)),
        "the new gradient enters with 1 - beta: yours comes in full.": dict(mix=lambda beta: (beta, 1)),
        "the step uses the old m and v: bring them up to date first.": dict(new=False),
        "this is gradient descent: the step is m_hat / (sqrt(v_hat) + eps).":
            lambda p, g, m, v, n, rate, *rest: (p - rate * g, *adam(p, g, m, v, n, rate, *rest)[1:]),
        "the step takes g itself: m_hat, the mean of the gradients, is its numerator.":
            lambda p, g, *rest: (adam(p, g, *rest, direction=lambda m_hat: g)[0], *adam(p, g, *rest)[1:]),
        "m and v start from zero each time: they must remember, so use the ones you are given.": dict(
            start=0),
        "the rate is missing.": lambda p, g, m, v, n, rate, *rest: adam(p, g, m, v, n, 1.0, *rest),
        "p is missing: the step is subtracted from it.": lambda p, *rest: adam(0 * p, *rest),
    }
    rng, points = np.random.default_rng(12), []
    for shape, n, settings, scale, told in (((4, 3), 3, (0.3, 0.8, 0.9, 0.2), 1, "for the third update"),
                                            ((5,), 1, (0.1, 0.9, 0.99, 0.05), 10, "for the first update")):
        p, g, m = rng.normal(size=(3, *shape))
        v = rng.uniform(0.5, 2, shape)
        known = (m, v) if n > 1 else (0 * m, 0 * v)
        points.append(point(p, scale * g, *known, n, *settings, told=told))
    points.append(point(p, g, m, 100 * v, 12, 0.3, 0.7, 0.6, 1e-3, told="for update 12"))
    return held(answer, points, adam, slips, {"p": "", "m": "", "v": ""})


@checker(12, 2, "Clip", stars=1, minutes=10)
def check_clip_by_norm(answer):
    """Notebook 12, exercise 2: (gradients, limit) -> the list, scaled to the norm limit if it is longer."""

    def flat(arrays):
        return np.concatenate([np.ravel(a) for a in arrays])

    def clipped(gradients, limit, size=np.linalg.norm, scale=lambda limit, norm: limit / norm, stretch=False,
                eps=0.0, own=False):
        whole = size(flat(gradients))
        norms = [size(np.ravel(a)) if own else whole for a in gradients]
        return tuple(a * (1.0 if norm <= limit and not stretch else scale(limit, norm + eps))
                     for a, norm in zip(gradients, norms, strict=True))

    slips = {
        "each array has its own scale: take one norm over all arrays, so that the direction stays.": dict(
            own=True),
        "this cuts entry by entry, which turns the gradient: scale all of it by one number.":
            lambda gradients, limit: tuple(np.clip(a, -limit, limit) for a in gradients),
        "the limit is subtracted: scale the gradient by limit / norm.":
            lambda gradients, limit: tuple(a - limit for a in gradients),
        "the norm lacks its square root.": dict(size=lambda a: (a**2).sum()),
        "divided by the norm, but not multiplied by the limit.": dict(scale=lambda limit, norm: 1 / norm),
        "multiplied by the limit, but not divided by the norm.": dict(scale=lambda limit, norm: limit),
        "this is the largest entry, not the norm: square, add up, take the root.": dict(
            size=lambda a: np.abs(a).max()),
        "norms of the arrays do not add up: the squares do.": lambda gradients, limit: tuple(
            a * min(1.0, limit / sum(map(np.linalg.norm, gradients))) for a in gradients),
        "this is the largest of the arrays' norms: the norm of all is the root of the sum of all squares.":
            lambda gradients, limit: tuple(a * min(1.0, limit / max(map(np.linalg.norm, gradients)))
                                           for a in gradients),
        "this is the norm of the first array alone: take one over all arrays.":
            lambda gradients, limit: tuple(a * min(1.0, limit / np.linalg.norm(gradients[0]))
                                           for a in gradients),
        "this is the sum of absolute values, not the norm.": dict(size=lambda a: np.abs(a).sum()),
        "this is the mean square, not the sum: the norm does not know how many entries there are.": dict(
            size=lambda a: np.sqrt((a**2).mean())),
        "a gradient longer than the limit comes back as it was.": dict(scale=lambda limit, norm: 1.0),
        "the scale is upside down: limit / norm, which is below 1.": dict(
            scale=lambda limit, norm: norm / limit),
        "a gradient shorter than the limit must stay as it is; yours is stretched.": dict(stretch=True),
        "a small number is added to the norm, so the clipped gradient is shorter than the limit.": [
            dict(eps=10.0**-n) for n in range(2, 8)],
        "a gradient that is longer is thrown away: scale it, so that its direction stays.": dict(
            scale=lambda limit, norm: 0.0),
        "the comparison is the wrong way round: scale where the norm is above the limit.":
            lambda gradients, limit: tuple(a * max(1.0, limit / np.linalg.norm(flat(gradients)))
                                           for a in gradients),
    }

    def read(result):
        if not isinstance(result, (list, tuple)) or len(result) != 3:
            got = f"{len(result)}" if isinstance(result, (list, tuple)) else type(result).__name__
            return Feedback("wrong", f"return a list of 3 arrays, one for each you got; got {got}.")
        return result

    rng = np.random.default_rng(13)
    long = [rng.normal(size=shape) for shape in ((3, 2), (4,), (2, 1, 2))]
    other = [5 * rng.normal(size=shape) for shape in ((2,), (2, 3), (1,))]
    points = [point(long, 0.7, told="for a long gradient"), point(other, 3.0, told="for another one"),
              point([0.01 * a for a in long], 0.7, told="for a short gradient"),
              point([0.1 * a for a in other], 400.0, told="for one far below the limit")]
    return held(answer, points, clipped, slips, {"array 0": "", "array 1": "", "array 2": ""}, read=read)


@checker(12, 3, "Temperature", stars=1, minutes=10)
def check_temperature(answer):
    """Notebook 12, exercise 3: (logits (K,), temperature) -> probabilities (K,)."""

    def naive(o):
        return np.exp(o) / np.exp(o).sum()

    def softmax(o):
        return naive(o - o.max())

    def probabilities(logits, temperature, scale=lambda o, temperature: o / temperature, p=softmax):
        return p(scale(logits, temperature))

    overflow = "exp overflows at logits of 900: subtract the largest logit first."
    slips = {
        "multiplied, as p ** temperature is: a low temperature must make the likely likelier.": dict(
            scale=lambda o, temperature: o * temperature),
        "the temperature is not used, or cancels: divide the logits by it.": dict(
            scale=lambda o, temperature: o),
        "divide the logits, before the softmax: your probabilities do not add up to 1.": [
            lambda o, t: softmax(o) / t, lambda o, t: softmax(o) ** (1 / t)],
        "the softmax comes last, and once: divide the logits.": lambda o, t: softmax(softmax(o) / t),
        "not normalised: divide by the sum.": [
            lambda o, t: np.exp(o / t), lambda o, t: np.exp((o - o.max()) / t)],
        "the shift must be the same in numerator and denominator.": lambda o, t: np.exp(o / t) / np.exp(
            (o - o.max()) / t).sum(),
        "the numerator has the temperature and the denominator has not, or the other way round.": [
            lambda o, t: np.exp((o - o.max()) / t) / np.exp(o - o.max()).sum(),
            lambda o, t: np.exp(o - o.max()) / np.exp((o - o.max()) / t).sum()],
        "this takes the likeliest only: that is temperature 0.": lambda o, t: np.eye(len(o))[o.argmax()],
        "these are logarithms: take exp.": [lambda o, t: np.log(softmax(o / t)), lambda o, t: (
            (o - o.max()) / t - np.log(np.exp((o - o.max()) / t).sum()))],
        "the sign: a larger logit is likelier.": dict(scale=lambda o, temperature: -o / temperature),
        "divided by the root or the square of the temperature: divide by it as it is.": [
            dict(scale=lambda o, temperature: o / temperature**0.5), dict(scale=lambda o, t: o / t**2)],
        overflow: dict(p=naive),
        "what exp gets is still far from 0: subtract the largest of what it gets, so that its largest "
        "exponent is 0.": [dict(p=lambda o: naive(o - o.min())), dict(p=lambda o: naive(o - o.mean())),
                           lambda o, t: naive(o / t - o.max())],
    }
    first = np.array([1.2, -0.7, 0.4, 2.1, -1.5])
    points = [point(first, 0.6, told="for small logits"),
              point(np.array([-0.3, 2.0, 1.1]), 2.5, told="for a temperature above 1"),
              point(np.array([900.0, 899.5, -900.0, 899.0]), 0.5, told="for logits of 900", hint=overflow),
              point(np.array([-901.0, -900.0, -902.5]), 0.8, told="for logits of -900", hint=(
                  "There every exp underflows to 0: subtract the largest logit first."))]
    return held(answer, points, probabilities, slips, {"p": "K"})
