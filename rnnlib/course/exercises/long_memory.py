"""Exercises of notebook 14, long memory."""

import numpy as np

from .feedback import Feedback, checker, compare, run


@checker(14, 1, "A baseline of your own")
def check_sum_baseline(answer):
    """Notebook 14, exercise 1: (n, low, high) -> error of the best constant answer to a sum of n numbers."""
    n, low, high = 3, -0.5, 2.0
    width, mean = high - low, (high + low) / 2
    right = n * width**2 / 12
    slips = {
        "this is the variance of one number: the variances of n independent numbers add up.": width**2 / 12,
        "n times the same number has n**2 times the variance; n independent numbers have n times.": (
            n**2 * width**2 / 12),
        "the range is missing: the variance grows with (high - low)**2.": n / 12,
        "the range is squared in a variance: (high - low)**2.": n * width / 12,
        "this is the error of the answer 0: the best constant is the mean.": right + (n * mean) ** 2,
        "this is the error of the answer 1: the best constant is the mean, here another one.": (
            right + (n * mean - 1) ** 2),
        "this is the standard deviation: the error is its square.": np.sqrt(right),
        "half of it: squared_error has a factor 1/2, a mean squared error has none.": right / 2,
        "this is the best answer: asked for is its mean squared error.": n * mean,
        "this belongs to the mean of n numbers; the target is their sum.": width**2 / 12 / n,
    }
    return _twice(answer, (n, low, high), right, slips, (2, 0.0, 1.0), 1 / 6)


@checker(14, 2, "Copy without memory")
def check_copy_baseline(answer):
    """Notebook 14, exercise 2: (T, symbols, length) -> cross-entropy per step, in nats, without memory."""
    T, symbols, length = 7, 5, 3
    steps = T + 2 * length
    right = length * np.log(symbols) / steps
    slips = {
        "in bits: nats take the natural logarithm.": length * np.log2(symbols) / steps,
        "the sequence has T + 2 length steps: the symbols are read, then written.": (
            length * np.log(symbols) / (T + length)),
        "the sequence has T + 2 length steps, not T.": length * np.log(symbols) / T,
        "all `length` symbols are guessed, not one.": np.log(symbols) / steps,
        "this is the loss of the steps that are guessed: the sure ones count in the mean, with 0.": (
            np.log(symbols)),
        "this is the sum over the sequence: divide by its steps.": length * np.log(symbols),
        "blank and signal are no candidates: whoever knows the time guesses among the symbols.": (
            length * np.log(symbols + 2) / steps),
        "the blank is no candidate: whoever knows the time guesses among the symbols.": (
            length * np.log(symbols + 1) / steps),
        "the sign: a cross-entropy is not negative.": -right,
        "this is a probability: the loss is -ln of it.": length / symbols / steps,
    }
    return _twice(answer, (T, symbols, length), right, slips, (300, 8, 10), 10 * np.log(8) / 320)


@checker(14, 3, "What the mark gets")
def check_mark_column(answer):
    """Notebook 14, exercise 3: (delta, xs, K) -> what dW_x's column of the mark gets from window K, (G,)."""
    rng, (T, B, G, K) = np.random.default_rng(143), (9, 4, 5, 3)
    delta, xs = rng.normal(size=(T, B, G)), rng.uniform(0.2, 1, (T, B, 2))
    column = lambda steps, c=1: np.einsum("tbg,tb->g", delta[steps], xs[steps][:, :, c])
    begin = T - K
    last = slice(begin, None)
    right = column(last)
    slips = {
        "one step too many: K steps, the loss's own included.": column(slice(begin - 1, None)),
        "one step too few: K steps, the loss's own included.": column(slice(begin + 1, None)),
        "these are the first K steps: the loss is at the end, so the window is there too.": column(slice(K)),
        "these are the steps that the window does not reach.": column(slice(begin)),
        "not truncated: only the last K steps count.": column(slice(None)),
        "this is only the step K before the end: all steps of the window add up.": column([begin]),
        "this is the column of the number, xs[..., 0]: the mark is xs[..., 1].": column(last, c=0),
        "the mark is missing: each delta is multiplied by the mark of its step.": (
            delta[last].sum(axis=(0, 1))),
        "each delta stands beside the mark of the step before.": np.einsum(
            "tbg,tb->g", delta[last], xs[begin - 1:-1, :, 1]),
        "a mean over the batch: delta has the mean in it already, so add up.": right / B,
        "a mean over the steps: a gradient is the sum over all uses of a weight.": right / K,
        "a mean over steps and sequences: a gradient is the sum over all uses of a weight.": right / (K * B),
        "the sum over the batch is missing.": np.einsum("tbg,tb->bg", delta[last], xs[last, :, 1]),
        "the sum over the steps is missing.": np.einsum("tbg,tb->tg", delta[last], xs[last, :, 1]),
        "these are both columns: asked for is the one of the mark, (G,).": np.einsum(
            "tbg,tbd->gd", delta[last], xs[last]),
        "the sign: this points downhill.": -right,
    }
    full = delta, xs, T
    return _twice(answer, (delta, xs, K), right, slips, full, column(slice(None)), "the column")


def _twice(answer, inputs, right, slips, others, other, name="the baseline"):
    """Compare at one point with the slips, then at another."""
    feedback = compare(run(answer, *inputs), right, slips, name)
    if feedback.verdict != "right":
        return feedback
    shown = ", ".join(f"{value:g}" for value in others if np.ndim(value) == 0)
    again = compare(run(answer, *others), other, {}, f"{name} at ({shown})")
    return again if again.verdict == "wrong" else Feedback("right", feedback.text)
