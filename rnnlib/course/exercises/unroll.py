"""Exercises of notebook 1, unroll by hand."""

import numpy as np

from ... import losses
from .feedback import checker
from .trials import held, point


@checker(1, 1, "One step", stars=1, minutes=10)
def check_step(answer):
    """Notebook 1, exercise 1: (W_x, W_h, b, x, h) -> the new state, of a vector or of a batch."""

    def step(W_x, W_h, b, x, h, past=lambda W: W.T, now=1, bias=1, squash=np.tanh, outside=0):
        return squash(now * x @ W_x.T + h @ past(W_h) + bias * b) + outside * b

    slips = {
        "the bias b is missing.": dict(bias=0),
        "the tanh is missing: this is z_t, and h_t = tanh(z_t).": dict(squash=lambda z: z),
        "close: W_h h in rows is `h @ W_h.T`; a square W_h cannot warn by its shape.": dict(past=lambda W: W),
        "the past is missing: add `h @ W_h.T`.": dict(past=lambda W: 0 * W),
        "the input is missing: add `x @ W_x.T`.": dict(now=0),
        "the tanh comes last, around the whole sum: b belongs inside.": dict(bias=0, outside=1),
        "this squashes with the logistic sigmoid; this cell uses np.tanh.": dict(
            squash=lambda z: 1 / (1 + np.exp(-z))),
        "the bias is subtracted: z_t adds it.": dict(bias=-1),
        "this is tanh(z / 2), as 2 σ(z) - 1 is: the tanh is 2 σ(2z) - 1.": dict(
            squash=lambda z: np.tanh(z / 2)),
        "the tanh is there twice.": dict(squash=lambda z: np.tanh(np.tanh(z))),
        "this is a rectifier, max(0, z); this cell uses np.tanh.": dict(squash=lambda z: np.maximum(z, 0)),
        "the input and the past are squashed one by one: the tanh is around their sum.":
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T) + np.tanh(h @ W_h.T) + b,
        "[h, x] meets [W_x, W_h]: set x beside W_x and h beside W_h, in one order.":
            lambda W_x, W_h, b, x, h: np.tanh(
                np.concatenate([h, x], axis=-1) @ np.concatenate([W_x, W_h], axis=1).T + b),
        "the old state is added once more: h_t is tanh(z_t), and that is all.":
            lambda W_x, W_h, b, x, h: h + step(W_x, W_h, b, x, h),
    }
    rng = np.random.default_rng(11)
    takes_rows = "Where the formula has W_x x, use `x @ W_x.T`, which takes rows."
    points = []
    for batch, D, H, told in (((), 2, 3, "for one vector"), ((4,), 2, 3, "for a batch (B, D)"),
                              ((1,), 4, 2, "for a batch of one")):
        W_x, W_h, b = (rng.normal(size=s) for s in ((H, D), (H, H), (H,)))
        x, h = 2 * rng.normal(size=(*batch, D)), rng.uniform(-0.9, 0.9, (*batch, H))
        points.append(point(W_x, W_h, b, x, h, told=told, hint=takes_rows))
    return held(answer, points, step, slips, {"h_t": "B H"}, "right, for one vector and for a batch alike.")


@checker(1, 2, "The whole forward pass", stars=2, minutes=15)
def check_forward(answer):
    """Notebook 1, exercise 2: (W_x, W_h, b, W_y, b_y, xs, h_0) -> hs and outputs, h_0 in row 0."""

    def forward(W_x, W_h, b, W_y, b_y, xs, h_0, start=1, first=1, past=lambda W: W.T, bias=1, squash=np.tanh,
                moving=True, order=lambda xs: xs, read=lambda hs: hs[1:], b_out=1, show=lambda o: o, rows=0):
        hs = [start * h_0]
        for t, x in enumerate(order(xs)):
            before = (hs[-1] if moving else h_0) * (first if t == 0 else 1)
            hs.append(squash(x @ W_x.T + before @ past(W_h) + bias * b))
        hs = np.array(hs)
        return hs[rows:], show(read(hs) @ W_y.T + b_out * b_y)

    slips = {
        "the states begin at zeros: begin at the given h_0.": dict(start=0),
        "step 1 starts from zeros: it must use the given h_0.": dict(first=0),
        "row 0 of hs is missing: h_0 belongs there, so hs has T + 1 rows.": dict(rows=1),
        "the state never moves on: h_t needs h_(t-1), yours uses h_0 at every step.": dict(moving=False),
        "close: W_h h in rows is `h @ W_h.T`; a square W_h cannot warn by its shape.": dict(past=lambda W: W),
        "the bias b is missing.": dict(bias=0),
        "the tanh is missing: h_t = tanh(z_t).": dict(squash=lambda z: z),
        "this squashes with the logistic sigmoid; this cell uses np.tanh.": dict(
            squash=lambda z: 1 / (1 + np.exp(-z))),
        "the past is missing: add `h @ W_h.T`.": dict(past=lambda W: 0 * W),
        "step t reads the wrong input: row t - 1 of xs is x_t, so x_1 is xs[0].": dict(
            order=lambda xs: np.roll(xs, 1, axis=0)),
        "every step reads x_1, the first row of xs: step t reads x_t.": dict(
            order=lambda xs: np.repeat(xs[:1], len(xs), axis=0)),
        "the loop runs backward: x_1 = xs[0] comes first.": dict(order=lambda xs: xs[::-1]),
        "step t reads out h_(t-1): o_t = W_y h_t + b_y, the new state.": dict(read=lambda hs: hs[:-1]),
        "the bias b_y is missing.": dict(b_out=0),
        "these are probabilities: return o_t, before the softmax.": dict(show=losses.softmax),
        "the outputs are squashed: o_t = W_y h_t + b_y, without a tanh.": dict(show=np.tanh),
        "h_0 has no output: o_1 belongs to h_1, so outputs has T rows.": dict(read=lambda hs: hs),
        "only the last step is read out: every step has an output.": dict(read=lambda hs: hs[-1:]),
        "hs has no tanh, and the outputs are read from what has: h_t = tanh(z_t) is what stands in hs.":
            lambda W_x, W_h, b, W_y, b_y, xs, h_0: _unsquashed(forward, W_x, W_h, b, W_y, b_y, xs, h_0),
    }
    rng = np.random.default_rng(12)
    points = []
    for T, B, D, H, K in ((5, 4, 2, 3, 6), (2, 1, 3, 5, 4), (1, 3, 4, 2, 5)):
        p = (rng.normal(size=s) for s in ((H, D), (H, H), (H,), (K, H), (K,)))
        xs, h_0 = rng.normal(size=(T, B, D)), rng.uniform(-0.9, 0.9, (B, H))
        points.append(point(*p, xs, h_0, T=T, B=B, D=D, H=H, K=K))
    return held(answer, points, forward, slips, {"hs": "S B H", "outputs": "T B K"},
                "right: states and outputs, T + 1 and T rows.")


def _unsquashed(forward, W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs that hold z_t in place of h_t, and outputs that are right."""
    hs, outputs = forward(W_x, W_h, b, W_y, b_y, xs, h_0)
    return np.concatenate([hs[:1], xs @ W_x.T + hs[:-1] @ W_h.T + b]), outputs
