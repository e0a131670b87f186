"""Exercises of notebook 13, a word model."""

import numpy as np

from .feedback import Feedback, checker, compare, run


@checker(13, 1, "The gradient of a table")
def check_embedding_gradient(answer):
    """Notebook 13, exercise 1: (ids, dxs, V) -> dL/dE, (V, D), summed over the uses of each row."""
    rng, V = np.random.default_rng(131), 6
    ids, dxs = np.array([3, 1, 3, 5, 1, 3, 0]), rng.normal(size=(7, 4))
    right, last, first = (np.zeros((V, 4)) for _ in range(3))
    np.add.at(right, ids, dxs)
    last[ids], first[ids[::-1]] = dxs, dxs[::-1]
    uses = np.maximum(np.bincount(ids, minlength=V), 1)[:, None]
    ahead, seen = np.zeros((V, 4)), np.unique(ids)
    np.add.at(ahead, ids[1:], dxs[:-1])
    slips = {
        "where a word repeats, only its last use counts. dE[ids] += dxs reads, adds and writes once: add "
        "them one by one, or with np.add.at.": last,
        "where a word repeats, only its first use counts: all its uses add up.": first,
        "a mean over the uses of a word: the loss feels every use, so they add up.": right / uses,
        "a mean over the steps: asked for is the sum.": right / len(ids),
        "transposed: E has one row for each word, (V, D).": right.T,
        "only the words that occur have a row: the others have zeros, so that dE has the shape of E.": (
            right[seen]),
        "one row for each step, and not for each word: dxs[t] belongs to row ids[t].": dxs,
        "row ids[t] goes with dxs[t], not with the step before.": ahead,
        "the sign: this points downhill.": -right,
    }
    return compare(run(answer, ids, dxs, V), right, slips, "dE")


@checker(13, 2, "Mend the loop")
def check_look_back(answer):
    """Notebook 13, exercise 2: (W_h, xs, hs, dhs, K) -> (dW_x, dW_h), truncated to windows of K steps."""
    rng, (T, D, H, K) = np.random.default_rng(132), (6, 2, 4, 3)
    W_h, xs = 0.8 * rng.normal(size=(H, H)), rng.normal(size=(T, D))
    hs, dhs = rng.uniform(-0.9, 0.9, (T + 1, H)), rng.normal(size=(T, H))
    result = run(answer, W_h, xs, hs, dhs, K)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: dW_x, dW_h.")

    def loop(K=K, back=W_h, slope=1 - hs[1:] ** 2, x=lambda t, i: xs[i], before=lambda t, i: hs[i],
             again=False):
        dW_x, dW_h = np.zeros((H, D)), np.zeros((H, H))
        for t in range(T):
            carry = dhs[t]
            for i in range(t, max(-1, t - K), -1):
                carry = carry + (dhs[i] if again and i < t else 0)
                delta = slope[i] * carry
                dW_x += np.outer(delta, x(t, i))
                dW_h += np.outer(delta, before(t, i))
                carry = delta @ back
        return dW_x, dW_h

    zeros = np.zeros(H)
    page = dict(x=lambda t, i: xs[t], before=lambda t, i: zeros if i in (t, 0) else hs[t])
    mistakes = {
        "the three slips of the page are still there: x_t for x_i, zeros for h_(t-1), h_(t-1) for "
        "h_(i-1).": loop(**page),
        "one step too many: the loss's own step counts among the K.": loop(K=K + 1),
        "one step too few: K steps are visited, the loss's own one included.": loop(K=K - 1),
        "not truncated: a loss may reach K steps only.": loop(K=T),
        "only the own step: nothing is sent back.": loop(K=1),
        "the carry needs W_h^T delta, in rows `delta @ W_h`.": loop(back=W_h.T),
        "inside the look-back stands the input of step i, xs[i], not that of step t.": loop(
            x=lambda t, i: xs[t]),
        "the own step is paired with zeros: before state hs[t + 1] comes hs[t].": loop(
            before=lambda t, i: zeros if i == t else hs[i]),
        "the previous state is frozen at hs[t]: step i follows hs[i].": loop(before=lambda t, i: hs[t]),
        "step i follows hs[i]: yours is hs[i + 1], its own result.": loop(before=lambda t, i: hs[i + 1]),
        "the first step follows h_0 = hs[0], which is not zero here.": loop(
            before=lambda t, i: zeros if i == 0 else hs[i]),
        "each loss is injected once, at its own step: the loop over t already brings the others.": loop(
            again=True),
        "the slope uses h_(i-1): step i has the state hs[i + 1].": loop(slope=1 - hs[:-1] ** 2),
        "the slope of the tanh is missing: multiply by 1 - hs[i + 1]**2.": loop(slope=np.ones((T, H))),
    }
    rights = loop()
    for text, wrong in mistakes.items():
        if all(compare(found, w, {}).verdict == "right" for found, w in zip(result, wrong)):
            return Feedback("wrong", text)
    for name, found, right in zip(("dW_x", "dW_h"), result, rights):
        slips = {
            f"{name} is transposed: delta comes first in the outer product.": right.T,
            f"{name}: a mean over the steps: the loss is a sum, so the gradient is one too.": right / T,
        }
        feedback = compare(found, right, slips, name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", "right: the page's loop, mended.")
