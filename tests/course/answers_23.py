"""Answers with slips that are no single ones: what they keep, where they read, which form they take; and beside
each sentence that names a cause some that it must not name: (verdict, words of the message, answer)."""

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


# what is kept between calls: an array that is handed out again


def rows_kept():
    kept = {}

    def gradient(ids, dxs, V):
        dE = kept.setdefault((V, dxs.shape[1]), np.zeros((V, dxs.shape[1])))
        np.add.at(dE, ids, dxs)
        return dE

    return gradient


def rows_doubled(ids, dxs, V):
    dE = np.zeros((V, dxs.shape[1]))
    np.add.at(dE, ids, 2 * dxs)
    return dE


KEPT_ROWS = {exercises.check_embedding_gradient: [
    (W, "something is kept between calls", rows_kept()),
    (W, "twice what it should be", rows_doubled),
]}

ANSWERS = {}
for some in (KEPT_ROWS,):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)
