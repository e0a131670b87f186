"""Exercises of notebook 2, the loss at every step."""

import numpy as np

from ... import losses
from .feedback import Feedback, checker, compare, run


def _classes():
    """Return logits (T, B, K) and class ids (T, B): T=5, B=4, K=3."""
    rng = np.random.default_rng(21)
    return rng.normal(size=(5, 4, 3)), rng.integers(3, size=(5, 4))


@checker(2, 1, "The loss of a batch")
def check_total_loss(answer):
    """Notebook 2, exercise 1: (logits, ids) -> the summed cross-entropy, a number, in nats."""
    logits, ids = _classes()
    hot = losses.one_hot(ids, 3)
    chosen = (losses.softmax(logits) * hot).sum(axis=-1)           # (T, B): p of the right class
    right = -np.log(chosen).sum()
    swapped = losses.softmax(logits.swapaxes(1, 2)).swapaxes(1, 2)
    slips = {
        "the log of a sum over the batch: take the log of each probability, then add.": (
            -np.log(chosen.sum(axis=1)).sum()),
        "the log of a sum over time: take the log of each probability, then add.": (
            -np.log(chosen.sum(axis=0)).sum()),
        "the log of the sum of all probabilities: take the log of each one, then add.": (
            -np.log(chosen.sum())),
        "a mean over steps and sequences: asked for is the sum.": right / 20,
        "a mean over the batch: asked for is the sum.": right / 4,
        "a mean over time: asked for is the sum.": right / 5,
        "these are bits: use the natural logarithm.": right / np.log(2),
        "the sign: a loss is minus the log of a probability.": -right,
        "the logarithm is missing.": chosen.sum(),
        "the logits are not probabilities: the softmax is missing.": -(logits * hot).sum(),
        "the softmax runs over the wrong axis: classes are last.": (
            -np.log((swapped * hot).sum(axis=-1)).sum()),
        "one loss for each step and sequence: now add them.": -np.log(chosen),
        "one loss for each step: now add them.": -np.log(chosen).sum(axis=1),
        "one loss for each sequence: now add them.": -np.log(chosen).sum(axis=0),
    }
    feedback = compare(run(answer, logits, ids), right, slips, "the loss")
    if feedback.verdict != "right":
        return feedback
    far = 1000.0 * losses.one_hot(ids, 3)                          # elsewhere p is e^-1000
    if compare(run(answer, far, (ids + 1) % 3), 20_000.0, {}).verdict == "right":
        return feedback
    return Feedback("wrong", "right for small logits, but not for logits of 1000, where exp "
                    "overflows: subtract the largest logit first and stay with log p.")


@checker(2, 2, "p − y by indexing")
def check_output_error(answer):
    """Notebook 2, exercise 2: (p, ids) -> p - y for class ids, (B, K)."""
    p, ids = losses.softmax(_classes()[0][0]), np.array([2, 0, 2, 1])
    y, rows, columns = losses.one_hot(ids, 3), p.copy(), p.copy()
    rows[ids] -= 1
    columns[:, ids] -= 1
    slips = {
        "p[ids] -= 1 changes whole rows, those numbered ids: one entry in each row must change, "
        "p[np.arange(B), ids].": rows,
        "p[:, ids] -= 1 changes whole columns, for every sequence: one entry in each row must "
        "change, p[np.arange(B), ids].": columns,
        "the sign: this is y - p, which points downhill.": y - p,
        "a mean over the batch: the loss is a sum, so the gradient is one too.": (p - y) / 4,
        "this is p: the label is not subtracted.": p,
        "these are the entries of the right classes only: p - y has a value for every class.": (
            p[np.arange(4), ids] - 1),
        "the label of the likeliest class: subtract the label y, not argmax(p).": (
            p - losses.one_hot(p.argmax(axis=-1), 3)),
    }
    return compare(run(answer, p, ids), p - y, slips, "p - y")


@checker(2, 3, "The read-out's gradient")
def check_readout_gradient(answer):
    """Notebook 2, exercise 3: (dos, hs) -> (dW_y, db_y), summed over time and batch."""
    rng = np.random.default_rng(22)
    T, B, H, K = 5, 4, 2, 3
    hs, dos = rng.uniform(-0.9, 0.9, (T, B, H)), rng.normal(size=(T, B, K))
    result = run(answer, dos, hs)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: dW_y, db_y.")
    products = np.einsum("tbk,tbh->tbkh", dos, hs)
    every, uses = "the loss is a sum, so the gradient is one too.", "a weight is used at every one."
    for name, found, terms in zip(("dW_y", "db_y"), result, (products, dos), strict=True):
        right = terms.sum(axis=(0, 1))
        slips = {
            f"{name}: a mean over the batch: {every}": right / B,
            f"{name}: a mean over time: {every}": right / T,
            f"{name}: a mean over steps and sequences: {every}": right / (T * B),
            f"{name}: not summed over the batch: {uses}": terms.sum(axis=0),
            f"{name}: not summed over time: {uses}": terms.sum(axis=1),
            f"{name}: neither summed over time nor over the batch: {uses}": terms,
            f"{name}: only the last step: {uses}": terms[-1].sum(axis=0),
        }
        if name == "dW_y":
            slips["dW_y is transposed: W_y is (K, H), one row for each class, so p - y comes "
                  "first."] = right.T
            slips["dW_y: o_t stands beside h_t, not beside the state before it."] = (
                np.einsum("tbk,tbh->kh", dos[1:], hs[:-1]))
        feedback = compare(found, right, slips, name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", "right.")
