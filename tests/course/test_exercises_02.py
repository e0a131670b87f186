"""The checkers of notebook 2: solutions pass, stubs are recognised, every slip is named."""

import numpy as np

from rnnlib import losses
from rnnlib.course import exercises


def total_loss(logits, ids, wrong=None):
    if wrong == "wrong axis":
        p = losses.softmax(logits.swapaxes(1, 2)).swapaxes(1, 2)
    else:
        p = logits if wrong == "no softmax" else losses.softmax(logits)
    p = np.take_along_axis(p, ids[..., None], axis=-1)[..., 0]
    if wrong in ("no log", "no softmax"):
        return p.sum() if wrong == "no log" else -p.sum()
    if wrong in ("batch sum", "time sum", "all"):
        return -np.log(p.sum(axis={"batch sum": 1, "time sum": 0, "all": None}[wrong])).sum()
    if wrong is None:
        return losses.cross_entropy(logits, ids).sum()
    if wrong == "overflow":
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        p = np.take_along_axis(p, ids[..., None], axis=-1)[..., 0]
    each = -np.log(p)
    if wrong.startswith("each"):
        return each.sum(axis={"each": (), "each step": 1, "each sequence": 0}[wrong])
    T, B = ids.shape
    scale = {"mean": T * B, "mean B": B, "mean T": T, "bits": np.log(2), "sign": -1}
    return each.sum() / scale.get(wrong, 1)


def output_error(p, ids, wrong=None):
    error = p if wrong == "in place" else p.copy()
    pairs = np.arange(len(ids)), ids
    if wrong == "nothing":
        return error
    error[{"rows": ids, "columns": (slice(None), ids), "argmax": (pairs[0], p.argmax(axis=-1))}.get(
        wrong, pairs)] -= 1
    if wrong == "entries":
        return error[pairs]
    return error * {"sign": -1, "mean": 1 / len(ids)}.get(wrong, 1)


def readout_gradient(dos, hs, wrong=None):
    if wrong == "previous state":
        dos, hs, b_y = dos[1:], hs[:-1], dos.sum(axis=(0, 1))
        return np.einsum("tbk,tbh->kh", dos, hs), b_y
    products, (T, B) = np.einsum("tbk,tbh->tbkh", dos, hs), dos.shape[:2]
    axes = {"no batch sum": 0, "no time sum": 1, "no sum": (), "bias, no batch sum": 0}
    axis = axes.get(wrong, (0, 1))
    scale = {"mean B": B, "mean T": T, "mean": T * B}.get(wrong, 1)
    if wrong == "last step":
        products, dos = products[-1:], dos[-1:]
    dW_y = products.sum(axis=(0, 1) if wrong == "bias, no batch sum" else axis) / scale
    return dW_y.T if wrong == "transposed" else dW_y, dos.sum(axis=axis) / scale


def symptoms(wrong=None):
    right = {"A": 4, "B": 3, "C": 1, "D": 2, "E": 5}
    return right | {"exchanged": {"D": 5, "E": 2}, "last": {"E": 4}, "six": {"C": 6},
                    "word": {"C": "one"}}.get(wrong, {})


def tempered_gradient(o, y, tau, wrong=None):
    u = {"of o": o, "of o tau": o * tau}.get(wrong, o / tau)
    error = np.exp(u) / np.exp(u).sum() - y
    do = {"no slope": error, "times tau": error * tau, "sign": -error / tau}.get(wrong, error / tau)
    scale = {"no square": tau, "no tau": 1.0, "cube": tau**3, "dtau sign": -tau**2}.get(wrong, tau**2)
    return do, -(error * o).sum() / scale


CHECKS = {
    exercises.check_symptoms: (symptoms, {
        "exchanged": "3 of 5 are right. D is not 5", "last": "E is not 4: the sum runs over the steps",
        "six": "C must be a number from 1 to 5; got 6", "word": "got 'one'",
    }),
    exercises.check_tempered_gradient: (tempered_gradient, {
        "of o": "not of o.", "of o tau": "not of o tau", "no slope": "the inner slope is missing",
        "times tau": "1 / tau, not tau", "sign": "it is p - y", "no square": "the square is missing",
        "no tau": "tau is missing", "cube": "there twice", "dtau sign": "dtau: the sign",
    }),
    exercises.check_total_loss: (total_loss, {
        "batch sum": "log of a sum over the batch", "time sum": "log of a sum over time",
        "all": "sum of all probabilities", "mean": "mean over steps and sequences",
        "mean B": "mean over the batch", "mean T": "mean over time", "bits": "bits",
        "sign": "the sign", "no log": "logarithm is missing", "no softmax": "softmax is missing",
        "wrong axis": "wrong axis",
        "each": "each step and sequence", "each step": "for each step:",
        "each sequence": "for each sequence:", "overflow": "exp overflows",
        "log of p": "p itself is then 0",
    }),
    exercises.check_output_error: (output_error, {
        "rows": "whole rows", "columns": "whole columns", "in place": "in place",
        "sign": "the sign",
        "mean": "mean over the batch", "nothing": "not subtracted", "entries": "every class",
        "argmax": "not argmax",
    }),
    exercises.check_readout_gradient: (readout_gradient, {
        "transposed": "transposed", "previous state": "beside h_t",
        "mean B": "mean over the batch",
        "mean T": "mean over time", "mean": "steps and sequences", "no batch sum": "over the batch",
        "no time sum": "not summed over time", "no sum": "neither",
        "last step": "only the last step",
        "bias, no batch sum": "db_y: not summed over the batch",
    }),
}


def test_a_pair_of_gaps_is_not_attempted():
    assert exercises.check_readout_gradient(lambda dos, hs: (..., ...)).verdict == "open"
