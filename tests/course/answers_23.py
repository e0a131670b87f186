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

# 18, 2: what is tried; and an argument that does not matter at one point


def least(ks, cost=lambda T, k, a, b: -(-T // k) * a + k * b):
    return lambda T, state, step: min(ks(T), key=lambda k: cost(T, k, state, step))


EVERY = {exercises.check_best_every: [
    (W, "larger than √T", least(lambda T: range(1, int(T**0.5) + 1))),
    (W, "larger than √T", least(lambda T: range(1, min(int(T**0.5) + 2, T + 1)))),
    (W, "k is not right yet: it is 8, expected 10.", least(lambda T: range(1, T // 6 + 1))),
    (W, "k need not divide T", least(lambda T: [k for k in range(1, T + 1) if T % k == 0])),
    (W, "k is a whole number of steps", lambda T, state, step: (T * state / step) ** 0.5),
    (R, "right.", least(lambda T: list(range(1, T + 1)))),
]}

ANSWERS = {}
for some in (KEPT_ROWS, EVERY):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)
