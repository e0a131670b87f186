"""Exercises of notebook 14, long memory."""

import numpy as np

from .feedback import checker
from .matching import matched
from .trials import held, point


def _at(*inputs):
    """Return a Point of plain numbers."""
    return point(*inputs, told=f"at ({', '.join(f'{value:g}' for value in inputs)})")


@checker(14, 1, "A baseline of your own", stars=2, minutes=10)
def check_sum_baseline(answer):
    """Notebook 14, exercise 1: (n, low, high) -> error of the best constant answer to a sum of n numbers."""

    def error(n, low, high, count=lambda n: n, width=lambda low, high: (high - low) ** 2, by=12,
              constant=None, last=lambda e: e):
        best = n * (low + high) / 2
        miss = 0 if constant is None else best - constant(n, low, high)
        return last(count(n) * width(low, high) / by + miss**2)

    slips = {
        "these are whole numbers: a value may be any number between low and high, and its variance is "
        "(high - low)**2 / 12, with no 1 in it.": [
            dict(width=lambda low, high, k=k: (high - low + k) ** 2 - 1) for k in (0, 1)],
        "this is the variance of one number: the variances of n independent numbers add up.": dict(
            count=lambda n: 1),
        "n times the same number has n**2 times the variance; n independent numbers have n times.": dict(
            count=lambda n: n**2),
        "this belongs to the mean of n numbers; the target is their sum.": dict(count=lambda n: 1 / n),
        "n numbers are independent, so each has its own variance: n times, not n - 1.": dict(
            count=lambda n: n - 1),
        "this is the adding task of two numbers: here there are n.": dict(count=lambda n: 2),
        "the range is missing: the variance grows with (high - low)**2.": dict(width=lambda low, high: 1.0),
        "the range is squared in a variance: (high - low)**2.": dict(width=lambda low, high: high - low),
        "the range is high - low: low is subtracted.": dict(width=lambda low, high: (high + low) ** 2),
        "the range is high - low: low need not be 0.": dict(width=lambda low, high: high**2),
        "the variance of an even draw is (high - low)**2 / 12.": [
            dict(by=n) for n in (1, 2, 3, 4, 6)],
        "this is the error of the answer 0: the best constant is the mean.": dict(constant=lambda *a: 0),
        "this is the error of the answer 1: the best constant is the mean, here another one.": dict(
            constant=lambda *a: 1),
        "the best constant is the mean of the sum, n times the mean of one number.": dict(
            constant=lambda n, low, high: (low + high) / 2),
        "this is the standard deviation: the error is its square.": dict(last=np.sqrt),
        "half of it: squared_error has a factor 1/2, a mean squared error has none.": dict(by=24),
        "this is the best answer: asked for is its mean squared error.": lambda n, low, high: (
            n * (low + high) / 2),
        "this is the mean of a sum of squares: subtract the square of the mean.": lambda n, low, high: (
            n * (low**2 + low * high + high**2) / 3),
    }
    points = [_at(3, -0.5, 2.0), _at(2, 0.0, 1.0), _at(7, -4.0, -1.0), _at(1, -3.0, 2.5)]
    return held(answer, points, error, slips, "the baseline")


@checker(14, 2, "Copy without memory", stars=2, minutes=10)
def check_copy_baseline(answer):
    """Notebook 14, exercise 2: (T, symbols, length) -> cross-entropy per step, in nats, without memory."""

    def loss(T, symbols, length, log=np.log, steps=lambda T, length: T + 2 * length, many=lambda s: s,
             guessed=lambda length: length, sign=1):
        return sign * guessed(length) * log(many(symbols)) / steps(T, length)

    slips = {
        "in bits: nats take the natural logarithm.": dict(log=np.log2),
        "log10: nats take the natural logarithm.": dict(log=np.log10),
        "the sequence has T + 2 length steps: the symbols are read, then written.": dict(
            steps=lambda T, length: T + length),
        "the sequence has T + 2 length steps, not T.": dict(steps=lambda T, length: T),
        "the sequence has T + 2 length steps, not 2 length.": dict(steps=lambda T, length: 2 * length),
        "the logarithm is missing: a guess among n kinds costs ln n.": dict(log=lambda s: s),
        "all `length` symbols are guessed, not one.": dict(guessed=lambda length: 1),
        "the symbols are read and then written: only the writing is guessed.": dict(
            guessed=lambda length: 2 * length),
        "only the written symbols are guessed: blanks are sure, for who knows the time.":
            lambda T, symbols, length: loss(T, symbols, length, guessed=lambda length: T + length),
        "nothing is sure for this one: who knows the time is sure of the blanks.":
            lambda T, symbols, length: np.log(symbols + 1),
        "this is the loss of the steps that are guessed: the sure ones count in the mean, with 0.": dict(
            guessed=lambda length: 1, steps=lambda T, length: 1),
        "this is the sum over the sequence: divide by its steps.": dict(steps=lambda T, length: 1),
        "blank and signal are no candidates: whoever knows the time guesses among the symbols.": dict(
            many=lambda s: s + 2),
        "the blank is no candidate: whoever knows the time guesses among the symbols.": dict(
            many=lambda s: s + 1),
        "one symbol too few: all kinds of symbols may come.": dict(many=lambda s: s - 1),
        "the sign: a cross-entropy is not negative.": dict(sign=-1),
        "this is a probability: the loss is -ln of it.": [dict(log=lambda s: 1 / s), dict(
            log=lambda s: 1 - 1 / s)],
        "the sequence has T + 2 length steps, no more and no fewer.": [
            dict(steps=lambda T, length, k=k: T + 2 * length + k) for k in (1, -1)] + [
            dict(steps=lambda T, length: T + 2), dict(steps=lambda T, length: 2 * (T + length)),
            dict(steps=lambda T, length: (T + 2) * length)],
        "each of the `length` symbols costs ln(symbols): the factor stands before the logarithm.":
            lambda T, symbols, length: np.log(symbols * length) / (T + 2 * length),
        "symbols may come again: each of the `length` is drawn among all kinds.": lambda T, symbols, length: (
            np.log(np.maximum(symbols - np.arange(length), 1)).sum() / (T + 2 * length)),
        "the clock is not used: who knows the time is sure of the blanks, and guesses `length` times.":
            lambda T, symbols, length: (lambda p: -p * np.log(p / symbols) - (1 - p) * np.log(1 - p))(
                length / (T + 2 * length)),
        "brackets: a / b + c divides by b alone; the steps, T + 2 length, stand together below.": [
            lambda T, symbols, length, k=k: length * np.log(symbols) / T + k * length for k in (1, 2)],
        "length and symbols are exchanged above: `length` symbols are guessed, each among `symbols` kinds.":
            lambda T, symbols, length: symbols * np.log(length) / (T + 2 * length),
        "`length` and `symbols` are exchanged.": lambda T, symbols, length: loss(T, length, symbols),
    }
    points = [_at(7, 5, 3), _at(300, 8, 10), _at(4, 2, 9), _at(11, 6, 1)]
    return held(answer, points, loss, slips, "the baseline")


@checker(14, 3, "What the mark gets", stars=2, minutes=15)
def check_mark_column(answer):
    """Notebook 14, exercise 3: (delta, xs, K) -> what dW_x's column of the mark gets from window K, (G,)."""

    def column(delta, xs, K, first=lambda T, K: T - K, end=lambda T, K: T, c=1, add="tbg,tb->g", back=0,
               mark=True, share=lambda B, K: 1):
        T, B = xs.shape[:2]
        x = np.roll(xs[:, :, c], back, axis=0) if mark else np.ones((T, B))
        steps = slice(first(T, K), end(T, K))
        return np.einsum(add, delta[steps], x[steps]) / share(B, K)

    slips = {
        "one step too many: K steps, the loss's own included.": [
            dict(first=lambda T, K: T - K - 1), dict(first=lambda T, K: max(T - K - 1, 0))],
        "one step too few: K steps, the loss's own included.": [
            dict(first=lambda T, K: T - K + 1)],
        "the window ends a step too early: the last step, the one with the loss, belongs to it.": [
            dict(end=lambda T, K: T - 1), dict(first=lambda T, K: T - K - 1, end=lambda T, K: T - 1)],
        "the window lies a step too early: the loss's own step, the last, is in it.": dict(
            first=lambda T, K: max(T - K - 1, 0), end=lambda T, K: T - 1),
        "these are the first K steps: the loss is at the end, so the window is there too.": dict(
            first=lambda T, K: 0, end=lambda T, K: K),
        "xs[K:] leaves out the first K steps: the window holds the last K, xs[T - K:].": dict(
            first=lambda T, K: K),
        "these are the steps that the window does not reach.": dict(
            first=lambda T, K: 0, end=lambda T, K: T - K),
        "not truncated: only the last K steps count.": dict(first=lambda T, K: 0),
        "this is only the step K before the end: all steps of the window add up.": dict(
            end=lambda T, K: T - K + 1),
        "this is only the last step: all steps of the window add up.": dict(first=lambda T, K: T - 1),
        "this is the column of the number, xs[..., 0]: the mark is xs[..., 1].": dict(c=0),
        "the mark is missing: each delta is multiplied by the mark of its step.": dict(mark=False),
        "each delta stands beside the mark of the step before.": [
            dict(back=1), lambda delta, xs, K: column(delta, np.concatenate([0 * xs[:1], xs[:-1]]), K)],
        "each delta stands beside the mark of its own step: yours is of the step after.": dict(back=-1),
        "a mean over the batch: delta has the mean in it already, so add up.": dict(share=lambda B, K: B),
        "a mean over the steps: a gradient is the sum over all uses of a weight.": dict(share=lambda B, K: K),
        "a mean over steps and sequences: a gradient is the sum over all uses of a weight.": dict(
            share=lambda B, K: B * K),
        "the sum over the batch is missing.": dict(add="tbg,tb->bg"),
        "the sum over the steps is missing.": dict(add="tbg,tb->tg"),
        "neither steps nor sequences are added up yet.": dict(add="tbg,tb->tbg"),
        "only the first sequence counts: all of them use the weight.": lambda delta, xs, K: column(
            delta[:, :1], xs[:, :1], K),
        "K counts steps, the first axis: yours cuts the sequences.": lambda delta, xs, K: np.einsum(
            "tbg,tb->g", delta[:, -K:], xs[:, -K:, 1]),
        "delta and xs are cut alike, to their last K rows: yours stand beside other steps.": [
            lambda delta, xs, K: np.einsum("tbg,tb->g", delta[:K], xs[-K:, :, 1]),
            lambda delta, xs, K: np.einsum("tbg,tb->g", delta[-K:], xs[:K, :, 1])],
        "the marks are weights, not counts: nothing is divided by their sum.": lambda delta, xs, K: column(
            delta, xs, K) / xs[-K:, :, 1].sum(),
        "these are both columns: asked for is the one of the mark, (4H,).": [
            lambda delta, xs, K, out=out: np.einsum(f"tbg,tbd->{out}", delta[-K:], xs[-K:])
            for out in ("gd", "dg")],
        "beside delta stands the mark alone; yours has the number in it, too.": [
            lambda delta, xs, K, f=f: np.einsum("tbg,tb->g", delta[-K:], f(xs[-K:], axis=-1))
            for f in (np.sum, np.prod, np.mean, np.max)],
        "the sums are taken before the product: each delta stands beside its own mark.":
            lambda delta, xs, K: delta[-K:].sum(axis=(0, 1)) * xs[-K:, :, 1].sum(),
        "the sign: this points downhill.": dict(share=lambda B, K: -1),
    }
    rng, marked, points = np.random.default_rng(143), np.random.default_rng(278), []
    for T, B, G, K, scale in ((9, 4, 5, 3, 1), (6, 1, 8, 4, 1000), (5, 3, 4, 1, 1), (4, 2, 4, 4, 1)):
        delta, xs = scale * rng.normal(size=(T, B, G)), rng.uniform(0.2, 1, (T, B, 2))
        xs[..., 1] = marked.random((T, B)) < 0.6            # so that no two windows hold the same marks
        points.append(point(delta, xs, K, told=f"at T={T}, B={B}, 4H={G}, K={K}", T=T, B=B, K=K))
    return held(answer, points, column, slips, {"the column": "G"})


LOSSES = {
    "A": (2, "1/12 is the variance of the one number that is missing"),
    "B": (1, "1/6 = 0.1667 is the baseline, whatever was printed elsewhere, and this is above it"),
    "C": (1, "with the target ½ + ¼(a_1 + a_2) of numbers from [-1, 1] the baseline is 1/24 = 0.0417"),
    "D": (2, "1/48 is what one unknown number from [-1, 1] costs, if it counts a quarter"),
    "E": (1, "10 ln 8 / 1020 = 0.0204 is the copy baseline of T = 1000: all ten symbols are guessed"),
    "F": (3, "an error far below 1/12 needs both numbers"),
}


@checker(14, 4, "Read six losses", stars=1, minutes=10)
def check_read_losses(answer):
    """Notebook 14, exercise 4: () -> {net: number of what it knows}."""
    return matched(answer, LOSSES, "right: six losses, and what they mean.", range(1, 4))


@checker(14, 5, "A product in place of the sum", stars=3, minutes=15)
def check_product(answer):
    """Notebook 14, exercise 5: (low, high) -> errors for a product of two, if neither or one is known."""

    def errors(low, high, by=12, middle=lambda low, high: (low + high) / 2,
               spread=lambda low, high: (high - low) ** 2):
        mean, variance = middle(low, high), spread(low, high) / by
        square = variance + mean**2                                # E[a^2]
        return square**2 - mean**4, square * variance

    slips = {
        "the variance of an even draw is (high - low)**2 / 12.": [
            *(dict(by=n) for n in (1, 2, 3, 4, 6)), dict(spread=lambda low, high: 1.0),
            dict(spread=lambda low, high: high**2), dict(spread=lambda low, high: high**2 - low**2)],
        "the variance of an even draw is (high - low)**2 / 12: the square is missing.": dict(
            spread=lambda low, high: high - low),
        "the variance of an even draw is (high - low)**2 / 12: the difference, not the sum.": dict(
            spread=lambda low, high: (high + low) ** 2),
        "the mean of an even draw is (low + high) / 2: the half is missing.": dict(
            middle=lambda low, high: low + high),
        "the mean of an even draw is (low + high) / 2: the sum, not the difference.": dict(
            middle=lambda low, high: (high - low) / 2),
        "the mean of an even draw is (low + high) / 2, and not always 1/2 or 0.": [
            dict(middle=lambda low, high: 0.5), dict(middle=lambda low, high: 0.0)],
        "knows neither": {
            "knows neither: these are the variances of a sum; a product is asked for.":
                lambda low, high: (high - low) ** 2 / 6,
            "knows neither: the variance of a product is not the product of the variances: it is "
            "E[a^2]^2 - (E[a])^4.": lambda low, high: ((high - low) ** 2 / 12) ** 2,
            "knows neither: subtract the square of the mean, (E[a] E[a])^2.":
                lambda low, high: errors(low, high)[0] + ((low + high) / 2) ** 4,
            "knows neither: the mean of the product is E[a]^2, so its square is E[a]^4.":
                lambda low, high: errors(low, high)[0] + ((low + high) / 2) ** 4 - ((low + high) / 2) ** 2,
            "knows neither: what is subtracted is the square of the product's mean, E[a]^4; yours is E[a].":
                lambda low, high: errors(low, high)[0] + ((low + high) / 2) ** 4 - (low + high) / 2,
            "knows neither: this is the variance of one number; a product of two is asked for.":
                lambda low, high: (high - low) ** 2 / 12,
            "knows neither: the mean of (a_1 a_2)^2 is E[a^2]^2: its square is missing.":
                lambda low, high: (low**2 + low * high + high**2) / 3 - ((low + high) / 2) ** 4,
            "knows neither: both numbers vary at once: the product of the two variances is missing.":
                lambda low, high: (low + high) ** 2 / 2 * (high - low) ** 2 / 12,
            "knows neither: this is the variance of a_1**2; the two numbers are independent.":
                lambda low, high: (high**5 - low**5) / 5 / (high - low) - (
                    (low**2 + low * high + high**2) / 3) ** 2,
            "knows neither: twice what one unknown number costs holds for a sum; a product does not add up.":
                lambda low, high: 2 * errors(low, high)[1],
        },
        "knows one": {
            "knows one: a_1 is known but not fixed: take the mean of a_1^2, not the square of its mean.":
                lambda low, high: ((low + high) / 2) ** 2 * (high - low) ** 2 / 12,
            "knows one: the unknown number is multiplied by a_1: its variance, times the mean of a_1^2.":
                lambda low, high: (high - low) ** 2 / 12,
            "knows one: the best answer is a_1 times the mean of a_2; yours costs more than the variance.": [
                lambda low, high, c=c: (low**2 + low * high + high**2) / 3 * (
                    (high - low) ** 2 / 12 + ((low + high) / 2 - c) ** 2) for c in (1, 0.5)],
            "knows one: half of what neither costs holds for a sum; a product does not add up.":
                lambda low, high: errors(low, high)[0] / 2,
            "knows one: what a_1 explains is not subtracted: a_1^2 times the variance of a_2, not E[a_2^2].":
                lambda low, high: ((low**2 + low * high + high**2) / 3) ** 2,
            "knows one: the variance of a_2 is multiplied by the mean of a_1^2, not by another variance.":
                lambda low, high: ((high - low) ** 2 / 12) ** 2,
            "knows one: a variance stands beside the mean of a_1^2, not its root.":
                lambda low, high: (low**2 + low * high + high**2) / 3 * (high - low) / np.sqrt(12),
            "knows one: the mean of a_1^2, not of a_1, stands beside the variance.":
                lambda low, high: (low + high) / 2 * (high - low) ** 2 / 12,
        },
        "the two are exchanged: who knows neither comes first.": lambda low, high: errors(low, high)[::-1],
        "these are standard deviations: an error is their square.": lambda low, high: tuple(
            np.sqrt(errors(low, high))),
    }
    points = [_at(0.0, 1.0), _at(-0.5, 2.0), _at(-3.0, -1.0), _at(1.0, 4.0)]
    return held(answer, points, errors, slips, {"knows neither": "", "knows one": ""})
