"""Exercises of notebook 1, unroll by hand."""

import numpy as np

from ... import losses
from .feedback import Feedback, checker, compare, run


@checker(1, 1, "One step")
def check_step(answer):
    """Notebook 1, exercise 1: (W_x, W_h, b, x, h) -> the new state, of a vector or of a batch."""
    rng = np.random.default_rng(11)
    W_x, W_h, b = (rng.normal(size=s) for s in ((3, 2), (3, 3), (3,)))
    x, h = rng.normal(size=(4, 2)), rng.uniform(-0.9, 0.9, (4, 3))

    def step(x, h, past=W_h.T, bias=b, squash=np.tanh):
        return squash(x @ W_x.T + h @ past + bias)

    def slips(x, h):
        return {
            "the bias b is missing.": step(x, h, bias=0),
            "the tanh is missing: this is z_t, and h_t = tanh(z_t).": step(
                x, h, squash=lambda z: z),
            "close: W_h h in rows is `h @ W_h.T`; a square W_h cannot warn by its shape.": step(
                x, h, past=W_h),
            "the past is missing: add `h @ W_h.T`.": step(x, h, past=0 * W_h),
            "the input is missing: add `x @ W_x.T`.": step(0 * x, h),
            "the tanh comes last, around the whole sum: b belongs inside.": step(x, h, bias=0) + b,
            "this squashes with the logistic sigmoid; this cell uses np.tanh.": step(
                x, h, squash=lambda z: 1 / (1 + np.exp(-z))),
        }

    one = compare(run(answer, W_x, W_h, b, x[0], h[0]), step(x[0], h[0]), slips(x[0], h[0]), "h_t")
    if one.verdict != "right":
        return one
    many = compare(run(answer, W_x, W_h, b, x, h), step(x, h), slips(x, h), "h_t")
    if many.verdict != "right":
        return Feedback("wrong", "right for one vector, but not for a batch (B, D): where the "
                                 "formula has W_x x, use `x @ W_x.T`, which takes rows.")
    return Feedback("right", "right, for one vector and for a batch alike.")


@checker(1, 2, "The whole forward pass")
def check_forward(answer):
    """Notebook 1, exercise 2: (W_x, W_h, b, W_y, b_y, xs, h_0) -> hs and outputs, h_0 in row 0."""
    rng = np.random.default_rng(12)
    T, B, D, H, K = 5, 4, 2, 3, 6
    W_x, W_h, b, W_y, b_y = p = tuple(
        rng.normal(size=s) for s in ((H, D), (H, H), (H,), (K, H), (K,)))
    xs, h_0 = rng.normal(size=(T, B, D)), rng.uniform(-0.9, 0.9, (B, H))

    def states(xs=xs, h_0=h_0, past=W_h.T, bias=b, squash=np.tanh, moving=True):
        hs = [h_0]
        for x in xs:
            hs.append(squash(x @ W_x.T + (hs[-1] if moving else h_0) @ past + bias))
        return np.array(hs)

    hs, zero = states(), states(h_0=0 * h_0)
    outputs = hs[1:] @ W_y.T + b_y
    slips = {
        "the states begin at zeros: begin at the given h_0.": zero,
        "step 1 starts from zeros: it must use the given h_0.": np.concatenate([[h_0], zero[1:]]),
        "row 0 of hs is missing: h_0 belongs there, so hs has T + 1 rows.": hs[1:],
        "the state never moves on: h_t needs h_(t-1), yours uses h_0 at every step.": states(
            moving=False),
        "close: W_h h in rows is `h @ W_h.T`; a square W_h cannot warn by its shape.": states(
            past=W_h),
        "the bias b is missing.": states(bias=0),
        "the tanh is missing: h_t = tanh(z_t).": states(squash=lambda z: z),
        "the past is missing: add `h @ W_h.T`.": states(past=0 * W_h),
        "step t reads the wrong input: row t - 1 of xs is x_t, so x_1 is xs[0].": states(
            np.roll(xs, 1, axis=0)),
        "the loop runs backward: x_1 = xs[0] comes first.": states(xs[::-1]),
    }
    output_slips = {
        "step t reads out h_(t-1): o_t = W_y h_t + b_y, the new state.": hs[:-1] @ W_y.T + b_y,
        "the bias b_y is missing.": hs[1:] @ W_y.T,
        "these are probabilities: return o_t, before the softmax.": losses.softmax(outputs),
        "h_0 has no output: o_1 belongs to h_1, so outputs has T rows.": hs @ W_y.T + b_y,
    }
    result = run(answer, *p, xs, h_0)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: hs (T+1, B, H) and outputs (T, B, K).")
    first = compare(result[0], hs, slips, "hs")
    if first.verdict != "right":
        return first
    return compare(result[1], outputs, output_slips, "outputs",
                   praise="right: states and outputs, T + 1 and T rows.")
