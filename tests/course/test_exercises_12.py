"""The checkers of notebook 12: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import tasks, training
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


def window(ids, B, T, k, wrong=None):
    N = len(ids) // B
    text = ids[len(ids) - N * B:] if wrong == "start dropped" else ids[:N * B]
    stream = text.reshape(N, B) if wrong == "interleaved" else text.reshape(B, N).T
    if wrong == "dealt":
        rows = [ids[(k * B + b) * T:(k * B + b) * T + T + 1] for b in range(B)]
        return np.transpose(rows)[:-1], np.transpose(rows)[1:]
    at = {"overlap": k, "from 1": k * T + T, "skip": k * (T + 1)}.get(wrong, k * T)
    x, ahead = stream[at:at + T], {"unshifted": 0, "behind": -1, "two": 2}.get(wrong, 1)
    y = np.roll(stream, -ahead, axis=0)[at:at + T]
    if wrong == "own first":
        y = np.concatenate([x[1:], x[:1]])
    if wrong == "neighbour":
        y = np.concatenate([x[:, 1:], x[:, :1]], axis=1)
    if wrong == "exchanged":
        x, y = y, x
    return (x.T, y.T) if wrong == "batch first" else (x, y)


def one_pass(step, batches, state, wrong=None):
    given, total, losses, count = state, 0.0, [], 0
    for x, y in batches:
        loss, new = step(x, y, state)
        losses, total, count = [*losses, loss], total + loss * y.size, count + y.size
        state = {"reset": np.zeros_like(new), "first": given, "added": state + new}.get(wrong, new)
    mean = {"alike": np.mean(losses), "sum": sum(losses), "total": total, "last": losses[-1],
            "only first": losses[0]}.get(wrong, total / count)
    return mean, {"given back": given, "zero back": 0 * new}.get(wrong, new)


def unsmooth(s, V, keep, wrong=None):
    start = {"0": 0.0, "V": V, "log2": np.log2(V)}.get(wrong, np.log(V))
    L, before = [], start
    for now in s:
        share = {"undivided": 1, "multiplied": 1 / (1 - keep), "by keep": keep, "shares": keep}
        old = {"full": 1, "plus": -keep, "shares": 1 - keep}.get(wrong, keep)
        L.append((now - old * before) / share.get(wrong, 1 - keep))
        before = now
    if wrong == "itself":
        L[0] = s[0]
    if wrong == "smoothed":
        L, before = [], start
        for now in s:
            before = keep * before + (1 - keep) * now
            L.append(before)
    return np.array(L)


def nucleus(p, mass, wrong=None):
    kept, total = np.zeros_like(p), 0.0
    for k in sorted(range(len(p)), key=lambda k: p[k] if wrong == "least" else -p[k]):
        if total >= mass and wrong != "all":
            break
        if wrong == "too few" and total + p[k] >= mass and total:
            break
        kept[k], total = p[k], total + p[k]
        if wrong == "likeliest":
            break
    if wrong == "one more" and (kept == 0).any():
        k = np.where(kept == 0, p, -1).argmax()
        kept[k] = p[k]
    if wrong == "limit":
        kept = np.where(p >= 1 - mass, p, 0)
    if wrong == "unsorted":
        kept = np.where(np.cumsum(p) - p < mass, p, 0)
    if wrong == "equal":
        kept = (kept > 0).astype(float)
    kept = kept if wrong == "no shares" else kept / kept.sum()
    return np.sort(kept)[::-1] if wrong == "sorted" else kept


CHECKS = {
    exercises.check_nucleus: (nucleus, {
        "no shares": "not in shares", "too few": "one symbol too few", "one more": "one symbol too many",
        "least": "the least likely", "likeliest": "only the likeliest", "all": "nothing is cut off",
        "sorted": "at its own symbol again", "limit": "likelier than a limit", "unsorted": "sort them first",
        "equal": "equally likely",
    }),
    exercises.check_window: (window, {
        "unshifted": "the targets are the inputs", "behind": "one step behind", "two": "two steps ahead",
        "own first": "its own first character", "neighbour": "neighbour in the batch",
        "exchanged": "in another order: return inputs, targets", "interleaved": "interleaved",
        "dealt": "the carried state is wrong", "overlap": "overlap", "from 1": "k counts from 0",
        "skip": "yours skip one", "batch first": "batch first", "start dropped": "dropped at its end",
    }),
    exercises.check_one_pass: (one_pass, {
        "reset": "starts from zero", "first": "starts from the first state", "added": "are added",
        "alike": "weigh each loss", "sum": "losses added up", "total": "total over all predictions",
        "last": "last window alone", "only first": "first window alone", "given back": "you were given",
        "zero back": "comes back is zero",
    }),
    exercises.check_unsmooth: (unsmooth, {
        "0": "not 0", "V": "not V", "log2": "in nats", "itself": "yours is s_1 itself",
        "undivided": "not divided", "multiplied": "to undo a product", "by keep": "divided by keep",
        "shares": "exchanged", "full": "comes in full", "plus": "with a plus", "smoothed": "once more",
    }),
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
    (lambda gradients, limit: [g.ravel() for g in gradients],
     "1. array 0: it is flat: give it the shape that is asked for. 2. a gradient longer "
     "than the limit comes back as it was."),
])
def test_a_gradient_keeps_its_parts(answer, words):
    assert words in exercises.check_clip_by_norm(answer).text


def test_the_windows_asked_for_are_those_of_the_course():
    ids = np.random.default_rng(6).permutation(47)

    cut = tasks.windows(tasks.streams(ids, 3), 4)

    for k in range(3):
        np.testing.assert_array_equal(window(ids, 3, 4, k), cut[k])


def test_smoothing_is_undone():
    L, s, smoothed = np.array([3.9, 3.0, 2.5, 0.7]), np.log(55), []
    for loss in L:
        smoothed.append(s := 0.999 * s + 0.001 * loss)

    np.testing.assert_allclose(unsmooth(np.array(smoothed), 55, 0.999), L, rtol=1e-11)


def test_a_list_with_gaps_is_not_attempted():
    assert exercises.check_clip_by_norm(lambda gradients, limit: [..., ..., ...]).verdict == "open"
