"""The checkers of notebook 14: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import bptt, lstm, tasks
from rnnlib.course import exercises


def sum_baseline(n, low, high, wrong=None):
    width, mean = high - low, (high + low) / 2
    count = {"one": 1, "n squared": n**2, "mean": 1 / n}.get(wrong, n)
    spread = {"no range": 1.0, "range once": width}.get(wrong, width**2)
    error = count * spread / 12
    error += {"zero": (n * mean) ** 2, "one point": (n * mean - 1) ** 2}.get(wrong, 0)
    return {"root": np.sqrt(error), "half": error / 2, "best": n * mean}.get(wrong, error)


def copy_baseline(T, symbols, length, wrong=None):
    steps = {"length once": T + length, "T": T, "guessed": length, "sum": 1}.get(wrong, T + 2 * length)
    many = symbols + {"both": 2, "blank": 1}.get(wrong, 0)
    loss = (np.log2 if wrong == "bits" else np.log)(many) * (1 if wrong == "one" else length) / steps
    return {"sign": -loss, "probability": length / symbols / steps}.get(wrong, loss)


def mark_column(delta, xs, K, wrong=None):
    T, B = xs.shape[:2]
    begin = T - K + {"more": -1, "fewer": 1}.get(wrong, 0)
    steps = {"first": slice(K), "rest": slice(T - K), "full": slice(None),
             "one": slice(begin, begin + 1)}.get(wrong, slice(begin, None))
    x = {"number": xs[:, :, 0], "no mark": np.ones((T, B)), "before": np.roll(xs[:, :, 1], 1, axis=0)}.get(
        wrong, xs[:, :, 1])
    out = {"no batch": "bg", "no time": "tg", "both": "gd"}.get(wrong, "g")
    if wrong == "both":
        return np.einsum("tbg,tbd->gd", delta[steps], xs[steps])
    share = {"mean B": B, "mean T": K, "mean TB": K * B, "sign": -1}.get(wrong, 1)
    return np.einsum(f"tbg,tb->{out}", delta[steps], x[steps]) / share


def known(wrong=None):
    right = {"A": 2, "B": 1, "C": 1, "D": 2, "E": 1, "F": 3}
    return right | {"C": {"C": 2}, "B and E": {"B": 3, "E": 3}, "four": {"A": 4}}.get(wrong, {})


def product_errors(low, high, wrong=None):
    nodes, weights = np.polynomial.legendre.leggauss(4)               # by quadrature: exact for such powers
    values, weights = low + (high - low) * (nodes + 1) / 2, weights / 2
    mean, square = (weights * values).sum(), (weights * values**2).sum()
    variance = square - mean**2
    neither = {"sum": 2 * variance, "variances": variance**2, "no mean": square**2,
               "power": square**2 - mean**2}.get(wrong, square**2 - mean**4)
    one = {"fixed": mean**2 * variance, "alone": variance, "half": neither / 2,
           "mean": mean * variance}.get(wrong, square * variance)
    if wrong == "exchanged":
        return one, neither
    return (neither**0.5, one**0.5) if wrong == "root" else (neither, one)


CHECKS = {
    exercises.check_read_losses: (known, {
        "C": "5 of 6 are right. C is not 2", "B and E": "4 of 6 are right. B is not 3",
        "four": "a number from 1 to 3",
    }),
    exercises.check_product: (product_errors, {
        "sum": "variances of a sum", "variances": "not the product of the variances",
        "no mean": "subtract the square of the mean", "power": "its square is E[a]^4",
        "fixed": "known but not fixed",
        "alone": "is multiplied by a_1", "half": "does not add up", "mean": "the mean of a_1^2, not of a_1",
        "exchanged": "are exchanged", "root": "standard deviations",
    }),
    exercises.check_sum_baseline: (sum_baseline, {
        "one": "of one number", "n squared": "n times the same", "no range": "range is missing",
        "range once": "range is squared", "zero": "the answer 0", "one point": "the answer 1",
        "root": "standard deviation", "half": "half of it", "best": "this is the best answer",
        "mean": "the mean of n numbers",
    }),
    exercises.check_copy_baseline: (copy_baseline, {
        "bits": "in bits", "length once": "read, then written", "T": "not T", "one": "not one",
        "guessed": "steps that are guessed", "sum": "the sum over the sequence", "both": "blank and signal",
        "blank": "the blank is no candidate", "sign": "the sign", "probability": "a probability",
    }),
    exercises.check_mark_column: (mark_column, {
        "more": "too many", "fewer": "too few", "first": "first K steps", "rest": "does not reach",
        "full": "not truncated", "one": "only the step K", "number": "column of the number",
        "no mark": "mark is missing", "before": "of the step before", "mean B": "over the batch: delta",
        "mean T": "mean over the steps", "mean TB": "steps and sequences", "no batch": "sum over the batch",
        "no time": "sum over the steps is", "both": "both columns", "sign": "the sign",
    }),
}


def test_the_answers_are_the_baselines_of_tasks():
    assert sum_baseline(2, 0.0, 1.0) == pytest.approx(tasks.adding_baseline(), rel=1e-14)
    assert sum_baseline(2, -0.25, 0.25) == pytest.approx(tasks.adding_baseline(signed=True), rel=1e-14)
    assert copy_baseline(30, 6, 4) == pytest.approx(tasks.copy_baseline(30, 6, 4), rel=1e-14)


@pytest.mark.parametrize("K", [1, 4, 7])
def test_the_column_is_that_of_a_window_if_only_the_last_step_has_a_loss(K):
    rng = np.random.default_rng(0)
    p, xs = lstm.init(rng, 2, 3), rng.normal(size=(7, 4, 2))
    trace, dhs = bptt.forward(lstm, p, xs), np.zeros((7, 4, 3))
    dhs[-1] = rng.normal(size=(4, 3))
    delta, _ = bptt.deltas(lstm, p, trace, dhs)

    cut = bptt.backward(lstm, p, trace, dhs, window=K).params.W_x[:, 1]

    np.testing.assert_allclose(mark_column(delta, xs, K), cut, rtol=1e-12)


def test_a_formula_that_fits_one_point_only_is_not_enough():
    feedback = exercises.check_sum_baseline(lambda n, low, high: n * (high - low) ** 2 / 12 + n - 3)

    assert feedback.verdict == "wrong" and "at (2, 0, 1)" in feedback.text
