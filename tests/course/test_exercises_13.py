"""The checkers of notebook 13: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, rnn
from rnnlib.course import exercises


def embedding_gradient(ids, dxs, V, wrong=None):
    dE, uses = np.zeros((V, dxs.shape[1])), np.bincount(ids, minlength=V)
    if wrong == "fancy":
        dE[ids] += dxs
    elif wrong == "assigned":
        dE[ids] = dxs
    elif wrong == "steps":
        return dxs.copy()
    else:
        for t, i in enumerate(ids):
            first = not (wrong == "first" and i in ids[:t])
            dE[ids[(t + 1) % len(ids)] if wrong == "ahead" else i] += first * dxs[t] * (
                t + 1 < len(ids) or wrong != "ahead")
    share = {"mean": np.maximum(uses, 1)[:, None], "mean T": len(ids), "sign": -1}.get(wrong, 1)
    dE = dE / share
    return dE[uses > 0] if wrong == "seen" else dE.T if wrong == "transposed" else dE


def look_back(W_h, xs, hs, dhs, K, wrong=None):
    T, zeros = len(xs), np.zeros(len(W_h))
    dW_x, dW_h = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h)
    K = {"K + 1": K + 1, "K - 1": K - 1, "full": T, "own": 1}.get(wrong, K)
    for t in range(T):
        carry = dhs[t]
        for i in range(t, max(-1, t - K), -1):
            if wrong == "again" and i < t:
                carry = carry + dhs[i]
            h = hs[i if wrong == "slope of h_(i-1)" else i + 1]
            delta = carry if wrong == "no slope" else (1 - h**2) * carry
            before = hs[i]
            if (wrong in ("zeros", "page") and i == t) or (wrong in ("h_0", "page") and i == 0):
                before = zeros
            elif wrong in ("frozen", "page"):
                before = hs[t]
            elif wrong == "own result":
                before = hs[i + 1]
            dW_x += np.outer(delta, xs[t if wrong in ("x_t", "page") else i])
            dW_h += np.outer(delta, before)
            carry = W_h @ delta if wrong == "W_h" else delta @ W_h
    share = T if wrong == "mean" else 1
    dW_x, dW_h = dW_x / share, dW_h / share
    if wrong in ("dW_x.T", "dW_h.T"):
        return (dW_x.T, dW_h) if wrong == "dW_x.T" else (dW_x, dW_h.T)
    return (dW_x, dW_h, W_h) if wrong == "three" else (dW_x, dW_h)


def named(wrong=None):
    right = {"A": 2, "B": 6, "C": 4, "D": 1, "E": 5, "F": 3}
    return right | {"A used up": {"A": 4}, "D and E": {"D": 5, "E": 1}, "seven": {"F": 7},
                    "text": {"B": "6"}}.get(wrong, {})


def levels(p, words, wrong=None):
    H = -(p * (np.log2(p) if wrong == "bits" else np.log(p))).sum()
    H = {"equal": np.log(len(p)), "unweighed": -np.log(p).mean(), "sum": -np.log(p).sum(),
         "likeliest": -np.log(p.max()), "sign": -H}.get(wrong, H)
    per = {"sentence": 1, "one less": words - 1}.get(wrong, words)
    few, many = {"exchanged": (2, 1), "one": (1, 1), "two": (2, 2), "all": (1, words), "free": (0, 1)}.get(
        wrong, (1, 2))
    return few * H / per, many * H / per


def tied(ids, hs, dxs, dos, wrong=None):
    dE = np.zeros((dos.shape[1], hs.shape[1]))
    for t, i in enumerate(ids):
        if wrong == "last":
            dE[i] = dxs[t]
        elif wrong != "read-out only":
            dE[i] += dxs[t]
    if wrong == "row of the word":
        for t, i in enumerate(ids):
            dE[i] += dos[t, i] * hs[t]
        return dE
    before = np.concatenate([np.zeros_like(hs[:1]), hs[:-1]])
    out = sum(np.outer(do, h) for do, h in zip(dos, before if wrong == "before" else hs, strict=True))
    dE = dE + {"input only": 0, "subtracted": -1}.get(wrong, 1) * out
    if wrong == "rows read":
        dE[~np.isin(np.arange(len(dE)), ids)] = 0
    dE = dE / {"half": 2, "mean": len(ids)}.get(wrong, 1)
    return dE.T if wrong == "transposed" else dE


CHECKS = {
    exercises.check_named: (named, {
        "A used up": "5 of 6 are right. A is not 4: who subtracts the 1",
        "D and E": "4 of 6 are right. D is not 5",
        "seven": "a number from 1 to 6", "text": "B must be a number",
    }),
    exercises.check_levels: (levels, {
        "bits": "in bits", "equal": "equally likely", "unweighed": "weighed", "sum": "sum of -ln p",
        "likeliest": "likeliest sentence", "sign": "the sign", "sentence": "divide by its words",
        "one less": "the sure words count", "exchanged": "are exchanged", "one": "two words in each",
        "two": "one guess in each", "all": "two words are guessed", "free": "that is not free",
    }),
    exercises.check_tied: (tied, {
        "input only": "the read-out part", "read-out only": "the words that were read is missing",
        "half": "do not take their mean", "subtracted": "is subtracted", "last": "only its last use counts",
        "before": "state of the step before", "mean": "mean over the steps", "rows read": "moves all rows",
        "row of the word": "goes to every word", "transposed": "transposed",
    }),
    exercises.check_embedding_gradient: (embedding_gradient, {
        "fancy": "only its last use counts", "assigned": "only its last use counts",
        "first": "only its first use", "mean": "mean over the uses", "mean T": "mean over the steps",
        "transposed": "transposed", "seen": "the others have zeros", "steps": "one row for each step",
        "ahead": "row ids[t]", "sign": "the sign",
    }),
    exercises.check_look_back: (look_back, {
        "page": "three slips of the page", "K + 1": "one step too many", "K - 1": "one step too few",
        "full": "not truncated", "own": "only the own step", "W_h": "delta @ W_h", "x_t": "xs[i]",
        "zeros": "paired with zeros", "frozen": "frozen at hs[t]", "own result": "its own result",
        "h_0": "h_0 = hs[0]", "again": "injected once", "slope of h_(i-1)": "the slope uses h_(i-1)",
        "no slope": "slope of the tanh is missing", "mean": "mean over the steps",
        "dW_x.T": "dW_x is transposed", "dW_h.T": "dW_h is transposed", "three": "return two arrays",
    }),
}


@pytest.mark.parametrize("K", [1, 3, 6])
def test_the_mended_loop_is_the_window_of_bptt(K):
    rng = np.random.default_rng(0)
    p, xs, h0 = rnn.init(rng, 2, 4), rng.normal(size=(6, 2)), rng.uniform(-0.9, 0.9, 4)
    trace, dhs = bptt.forward(rnn, p, xs, h0), rng.normal(size=(6, 4))
    right = bptt.backward(rnn, p, trace, dhs, window=K).params

    mended = look_back(p.W_h, xs, trace.hs, dhs, K)

    assert error(mended, (right.W_x, right.W_h)) < 1e-12


def test_the_slips_of_the_loop_all_differ():
    rng = np.random.default_rng(1)
    W_h, xs, dhs = rng.normal(size=(4, 4)), rng.normal(size=(6, 2)), rng.normal(size=(6, 4))
    hs = rng.uniform(-0.9, 0.9, (7, 4))
    slips = [slip for slip in (None, *CHECKS[exercises.check_look_back][1]) if slip != "three"]

    results = [[a.round(9).tobytes() for a in look_back(W_h, xs, hs, dhs, 3, wrong=slip)] for slip in slips]

    assert len({tuple(pair) for pair in results}) == len(slips)
