"""The checkers of notebook 12: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import training
from rnnlib.course import exercises


def adam_step(p, g, m, v, n, rate, beta1, beta2, eps, wrong=None):
    if wrong == "betas exchanged":
        beta1, beta2 = beta2, beta1
    if wrong == "weights exchanged":
        beta1, beta2 = 1 - beta1, 1 - beta2
    n = n + {"n + 1": 1, "n - 1": -1}.get(wrong, 0)
    if wrong == "forgets":
        m, v = 0 * m, 0 * v
    square = {"g": g, "abs": np.abs(g)}.get(wrong, g * g)
    new = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * square
    used = (m, v) if wrong == "old means" else new
    m_hat = used[0] / (1 if wrong in ("no correction", "v only") else 1 - beta1**n)
    v_hat = used[1] / (1 if wrong in ("no correction", "m only") else 1 - beta2**n)
    if wrong == "no root":
        below = v_hat + eps
    elif wrong == "eps inside":
        below = np.sqrt(v_hat + eps)
    else:
        below = np.sqrt(v_hat) + (0 if wrong == "no eps" else eps)
    step = rate * g if wrong == "descent" else rate * m_hat / below
    p = p + step if wrong == "sign" else p - step
    return (p, m_hat, v_hat) if wrong == "corrected kept" else (p, *new)


def clip_by_norm(gradients, limit, wrong=None):
    flat = np.concatenate([g.ravel() for g in gradients])
    if wrong == "by value":
        return [np.clip(g, -limit, limit) for g in gradients]
    if wrong == "each":
        return [g * min(1, limit / np.linalg.norm(g)) for g in gradients]
    norm = {
        "no root": (flat**2).sum(), "largest": np.abs(flat).max(), "abs": np.abs(flat).sum(),
        "sum of norms": sum(np.linalg.norm(g) for g in gradients), "mean": np.sqrt((flat**2).mean()),
    }.get(wrong, np.linalg.norm(flat))
    scale = {"no limit": 1 / norm, "no norm": limit, "upside down": norm / limit}.get(wrong, limit / norm)
    if wrong == "nothing" or (norm <= limit and wrong != "stretched"):
        return [g.copy() for g in gradients]
    return [g * scale for g in gradients]


def probabilities(logits, temperature, wrong=None):
    softmax = lambda o: np.exp(o - o.max()) / np.exp(o - o.max()).sum()
    p = softmax(logits)
    if wrong is None:
        return softmax(logits / temperature)
    return {
        "multiplied": lambda: softmax(logits * temperature),
        "unused": lambda: p,
        "p / temperature": lambda: p / temperature,
        "softmax of p": lambda: softmax(p / temperature),
        "power": lambda: p**temperature / (p**temperature).sum(),
        "not normalised": lambda: np.exp(logits / temperature),
        "shifted, not normalised": lambda: np.exp((logits - logits.max()) / temperature),
        "two shifts": lambda: np.exp(logits / temperature)
        / np.exp((logits - logits.max()) / temperature).sum(),
        "likeliest": lambda: np.eye(len(logits))[logits.argmax()],
        "logarithm": lambda: np.log(softmax(logits / temperature)),
        "overflow": lambda: np.exp(logits / temperature) / np.exp(logits / temperature).sum(),
    }[wrong]()


CHECKS = {
    exercises.check_adam_step: (adam_step, {
        "no correction": "the corrections are missing", "m only": "v is not corrected",
        "v only": "m is not corrected", "corrected kept": "corrected again", "g": "not of g.",
        "abs": "not of abs(g)", "no root": "the root of v is missing", "eps inside": "not in it",
        "no eps": "eps is missing", "sign": "the sign", "n + 1": "counts from 1",
        "n - 1": "do not take 1 off", "betas exchanged": "beta1 and beta2 are exchanged",
        "weights exchanged": "lets the new gradient in", "old means": "bring them up to date",
        "descent": "this is gradient descent", "forgets": "they must remember",
    }),
    exercises.check_clip_by_norm: (clip_by_norm, {
        "by value": "entry by entry", "each": "its own scale", "no root": "square root",
        "no limit": "not multiplied by the limit", "no norm": "not divided by the norm",
        "largest": "largest entry", "sum of norms": "do not add up", "abs": "absolute values",
        "mean": "mean square", "nothing": "comes back as it was", "upside down": "upside down",
        "stretched": "yours is stretched",
    }),
    exercises.check_temperature: (probabilities, {
        "multiplied": "multiplied", "unused": "not used", "p / temperature": "before the softmax",
        "softmax of p": "divide the logits", "power": "p ** temperature",
        "not normalised": "divide by the sum", "shifted, not normalised": "divide by the sum",
        "likeliest": "temperature 0", "logarithm": "logarithms", "overflow": "overflows",
        "two shifts": "the same in numerator",
    }),
}


def test_the_steps_asked_for_are_those_of_the_package():
    rng = np.random.default_rng(5)
    p, first, second = rng.normal(size=(3, 4))
    optimizer, ours = training.adam(0.1), (p, 0 * p, 0 * p)
    theirs, memory = p, optimizer.start(p)
    for n, g in enumerate((first, second), 1):
        ours = adam_step(ours[0], g, *ours[1:], n, 0.1, 0.9, 0.999, 1e-8)
        theirs, memory = optimizer.step(theirs, g, memory)

    clipped, _ = training.clip_by_norm([first, second], 0.5)

    np.testing.assert_allclose(ours[0], theirs, rtol=1e-12)
    np.testing.assert_allclose(clip_by_norm([first, second], 0.5), clipped, rtol=1e-12)


@pytest.mark.parametrize("answer, words", [
    (lambda gradients, limit: np.concatenate([g.ravel() for g in gradients]), "a list of 3 arrays"),
    (lambda gradients, limit: gradients[:2], "got 2"),
    (lambda gradients, limit: [g.ravel() for g in gradients], "array 0 has shape (6,)"),
])
def test_a_gradient_keeps_its_parts(answer, words):
    assert words in exercises.check_clip_by_norm(answer).text


def test_a_list_with_gaps_is_not_attempted():
    assert exercises.check_clip_by_norm(lambda gradients, limit: [..., ..., ...]).verdict == "open"
