"""Exercises of notebook 12, train a character LSTM."""

import numpy as np

from .feedback import Feedback, checker, compare, run


@checker(12, 1, "Adam")
def check_adam_step(answer):
    """Notebook 12, exercise 1: (p, g, m, v, n, rate, beta1, beta2, eps) -> the next (p, m, v)."""
    rng = np.random.default_rng(12)
    p, g, m = rng.normal(size=(3, 4, 3))
    v, settings = rng.uniform(0.5, 2, (4, 3)), (3, 0.3, 0.8, 0.9, 0.2)

    def adam(n=3, rate=0.3, beta1=0.8, beta2=0.9, eps=0.2, square=g**2, root=np.sqrt, corrected="mv",
             eps_inside=False, keep=False, new=True, m=m, v=v):
        m_1 = beta1 * m + (1 - beta1) * g
        v_1 = beta2 * v + (1 - beta2) * square
        m_used, v_used = (m_1, v_1) if new else (m, v)
        m_hat = m_used / (1 - beta1**n) if "m" in corrected else m_used
        v_hat = v_used / (1 - beta2**n) if "v" in corrected else v_used
        below = root(v_hat + eps) if eps_inside else root(v_hat) + eps
        return p - rate * m_hat / below, *((m_hat, v_hat) if keep else (m_1, v_1))

    slips = {
        "the corrections are missing: divide m by 1 - beta1**n and v by 1 - beta2**n.": adam(corrected=""),
        "v is not corrected: divide it by 1 - beta2**n.": adam(corrected="m"),
        "m is not corrected: divide it by 1 - beta1**n.": adam(corrected="v"),
        "you return the corrected means: keep m and v as they are, or they are corrected again.": adam(
            keep=True),
        "v is a mean of g**2, not of g.": adam(square=g),
        "v is a mean of g**2, not of abs(g).": adam(square=np.abs(g)),
        "the root of v is missing: a step has the unit of p, not of p / g.": adam(root=lambda a: a),
        "eps stands beside the root, not in it.": adam(eps_inside=True),
        "eps is missing: without it a gradient that is always zero gives 0 / 0.": adam(eps=0),
        "the sign: the step goes against m, p - rate * ...": adam(rate=-0.3),
        "n counts from 1 here: it is already the number of this update.": adam(n=4),
        "the first update has n = 1, and n is this update's number: do not take 1 off.": adam(n=2),
        "beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to v.": adam(beta1=0.9, beta2=0.8),
        "beta keeps the old mean, 1 - beta lets the new gradient in: yours are exchanged.": adam(
            beta1=0.2, beta2=0.1),
        "the step uses the old m and v: bring them up to date first.": adam(new=False),
        "this is gradient descent: the step is m_hat / (sqrt(v_hat) + eps).": (p - 0.3 * g, *adam()[1:]),
        "m and v start from zero each time: they must remember, so use the ones you are given.": adam(
            m=0 * m, v=0 * v),
    }
    return compare(run(answer, p, g, m, v, *settings), adam(), slips, "the triple (p, m, v)")


@checker(12, 2, "Clip")
def check_clip_by_norm(answer):
    """Notebook 12, exercise 2: (gradients, limit) -> the list, scaled to the norm limit if it is longer."""
    rng = np.random.default_rng(13)
    long = [rng.normal(size=shape) for shape in ((3, 2), (4,), (2, 1, 2))]
    short = [0.01 * a for a in long]
    norm = lambda a: np.sqrt((a**2).sum())
    flat = lambda arrays: np.concatenate([np.ravel(a) for a in arrays])
    total, limit = norm(flat(long)), 0.7

    def clipped(scale):
        return flat([scale(a) * a for a in long])

    slips = {
        "each array has its own scale: take one norm over all arrays, so that the direction stays.": clipped(
            lambda a: min(1, limit / norm(a))),
        "this cuts entry by entry, which turns the gradient: scale all of it by one number.": np.clip(
            flat(long), -limit, limit),
        "the norm lacks its square root.": clipped(lambda a: limit / total**2),
        "divided by the norm, but not multiplied by the limit.": clipped(lambda a: 1 / total),
        "multiplied by the limit, but not divided by the norm.": clipped(lambda a: limit),
        "this is the largest entry, not the norm: square, add up, take the root.": clipped(
            lambda a: limit / np.abs(flat(long)).max()),
        "norms of the arrays do not add up: the squares do.": clipped(lambda a: limit / sum(map(norm, long))),
        "this is the sum of absolute values, not the norm.": clipped(
            lambda a: limit / np.abs(flat(long)).sum()),
        "this is the mean square, not the sum: the norm does not know how many entries there are.": clipped(
            lambda a: limit / np.sqrt((flat(long) ** 2).mean())),
        "a gradient longer than the limit comes back as it was.": flat(long),
        "the scale is upside down: limit / norm, which is below 1.": clipped(lambda a: total / limit),
    }
    feedback = compare(_flat(run(answer, long, limit), long), clipped(lambda a: limit / total), slips,
                       "the clipped gradient")
    if feedback.verdict != "right":
        return feedback
    stretched = {"a gradient shorter than the limit must stay as it is; yours is stretched.": flat(short)
                 * limit / norm(flat(short))}
    return compare(_flat(run(answer, short, limit), short), flat(short), stretched, "the short gradient")


def _flat(result, like):
    """Return a list of arrays like `like` as one row, or the Feedback that says what else it is."""
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (list, tuple)) or len(result) != len(like):
        got = f"{len(result)}" if isinstance(result, (list, tuple)) else type(result).__name__
        return Feedback("wrong", f"return a list of {len(like)} arrays, one for each you got; got {got}.")
    if any(a is Ellipsis or a is None for a in result):
        return Feedback("open", "not attempted yet.")
    for n, (a, b) in enumerate(zip(result, like, strict=True)):
        if np.shape(a) != b.shape:
            return Feedback("wrong", f"array {n} has shape {np.shape(a)}; expected {b.shape}.")
    return np.concatenate([np.ravel(a) for a in result])


@checker(12, 3, "Temperature")
def check_temperature(answer):
    """Notebook 12, exercise 3: (logits (K,), temperature) -> probabilities (K,)."""
    logits, temperature = np.array([1.2, -0.7, 0.4, 2.1, -1.5]), 0.6
    softmax = lambda o: np.exp(o - o.max()) / np.exp(o - o.max()).sum()
    right, p = softmax(logits / temperature), softmax(logits)
    slips = {
        "multiplied, as p ** temperature is: a low temperature must make the likely likelier.": softmax(
            logits * temperature),
        "the temperature is not used.": p,
        "divide the logits, before the softmax: your probabilities do not add up to 1.": p / temperature,
        "dividing probabilities changes nothing once they are normalised: divide the logits.": softmax(
            p / temperature),
        "not normalised: divide by the sum.": np.exp(logits / temperature),
        "not normalised: divide by the sum. ": np.exp((logits - logits.max()) / temperature),
        "the shift must be the same in numerator and denominator.": np.exp(logits / temperature)
        / np.exp((logits - logits.max()) / temperature).sum(),
        "this takes the likeliest only: that is temperature 0.": np.eye(5)[logits.argmax()],
        "these are logarithms: take exp.": np.log(right),
    }
    feedback = compare(run(answer, logits, temperature), right, slips, "p")
    if feedback.verdict != "right":
        return feedback
    large = np.array([900.0, 899.5, -900.0])
    feedback = compare(run(answer, large, 0.5), softmax(large / 0.5), {}, "p for large logits")
    if "nan or inf" in feedback.text:
        return Feedback("wrong", "exp overflows at logits of 900: subtract the largest logit first.")
    return feedback
