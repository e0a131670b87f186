"""Exercises of notebook 1, unroll by hand."""

import numpy as np

from ... import bptt, losses
from ...cells import rnn
from .feedback import NOT_ATTEMPTED, Feedback, checker, numbers, run
from .matching import matched
from .slopes import no_tanh
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
        "b is added twice: z_t has one bias.": dict(bias=2),
        "this is tanh(z / 2), as 2 σ(z) - 1 is: the tanh is 2 σ(2z) - 1.": dict(
            squash=lambda z: np.tanh(z / 2)),
        "the tanh is there twice.": dict(squash=lambda z: np.tanh(np.tanh(z))),
        "this is a rectifier, max(0, z); this cell uses np.tanh.": dict(squash=lambda z: np.maximum(z, 0)),
        **no_tanh(but=("the logistic σ", "a rectifier, max(0, z)", "a tanh of a tanh", "tanh(z / 2)")),
        "the input and the past are squashed, and multiplied: the tanh is around their sum, with b.": [
            lambda W_x, W_h, b, x, h, m=m, n=n: np.tanh(x @ W_x.T + m * b) * np.tanh(h @ W_h.T + n * b)
            for m in (0, 1) for n in (0, 1)],
        "the input and the past are multiplied: z_t adds them.": [
            lambda W_x, W_h, b, x, h, k=k: np.tanh((x @ W_x.T) * (h @ W_h.T) + k * b) for k in (1, 0)],
        "the input and the past are squashed one by one: the tanh is around their sum.":
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T) + np.tanh(h @ W_h.T) + b,
        "each term is squashed by itself: the tanh is around the sum of all three.":
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T) + np.tanh(h @ W_h.T) + np.tanh(b),
        "one term stands outside the tanh: it is around the sum of all three.": [
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + b) + h @ W_h.T,
            lambda W_x, W_h, b, x, h: np.tanh(h @ W_h.T + b) + x @ W_x.T,
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + b) + np.tanh(h @ W_h.T),
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T) + np.tanh(h @ W_h.T + b)],
        **{f"{vectors} meets {matrices}: set x beside W_x and h beside W_h, in one order.": (
            lambda W_x, W_h, b, x, h, k=k: np.tanh(np.concatenate([h, x][::k], axis=-1) @ np.concatenate(
                [W_x, W_h][::k], axis=1).T + b))
           for k, vectors, matrices in ((1, "[h, x]", "[W_x, W_h]"), (-1, "[x, h]", "[W_h, W_x]"))},
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
        "the past is missing: z_t adds `h @ W_h.T`, and there h is h_(t-1), not zeros.": dict(
            past=lambda W: 0 * W),
        "step t reads the wrong input: row t - 1 of xs is x_t, so x_1 is xs[0].": dict(
            order=lambda xs: np.roll(xs, 1, axis=0)),
        "every step reads x_1, the first row of xs: step t reads x_t.": dict(
            order=lambda xs: np.repeat(xs[:1], len(xs), axis=0)),
        "the loop runs backward: x_1 = xs[0] comes first.": dict(order=lambda xs: xs[::-1]),
        "step t hears h_(t-2), the state before the last: it must use h_(t-1).": lambda *a: _late(*a),
        "step t reads out h_(t-1): o_t = W_y h_t + b_y, the new state.": dict(read=lambda hs: hs[:-1]),
        "the bias b_y is missing.": dict(b_out=0),
        "hs: the old state is added once more: h_t is tanh(z_t), and that is all.":
            lambda W_x, W_h, b, W_y, b_y, xs, h_0: _residual(W_x, W_h, b, W_y, b_y, xs, h_0),
        "these are probabilities: return o_t, before the softmax.": [
            dict(show=losses.softmax), dict(show=lambda o: losses.softmax(o.ravel()).reshape(o.shape))],
        "these are shares along another axis than that of the classes: return o_t, before the softmax.": [
            dict(show=lambda o, k=k: np.exp(o) / np.exp(o).sum(axis=k, keepdims=True)) for k in (0, 1)],
        "these are logarithms of probabilities: return o_t, before the softmax.": dict(
            show=lambda o: o - np.log(np.exp(o).sum(axis=-1, keepdims=True))),
        **no_tanh(but=("the logistic σ", "a softmax")),
        "the outputs are squashed: o_t = W_y h_t + b_y, without a tanh.": dict(show=np.tanh),
        "h_0 has no output: o_1 belongs to h_1, so outputs has T rows.": dict(read=lambda hs: hs),
        "only the last step is read out: every step has an output.": dict(read=lambda hs: hs[-1:]),
        "h_t is computed from z_(t-1): what a step hands on is h_(t-1), after its tanh.":
            lambda W_x, W_h, b, W_y, b_y, xs, h_0: _handed_on(W_x, W_h, b, W_y, b_y, xs, h_0),
        "the outputs are read from z_t: o_t = W_y h_t + b_y, from what has been through the tanh.":
            lambda W_x, W_h, b, W_y, b_y, xs, h_0: _of_zs(forward, W_x, W_h, b, W_y, b_y, xs, h_0),
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


def _residual(W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs in which each state is added to the next, and the outputs that are read from them."""
    hs = [h_0]
    for x in xs:
        hs.append(hs[-1] + np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
    return np.array(hs), np.array(hs[1:]) @ W_y.T + b_y


def _late(W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs in which each step, but the first two, hears the state before the last, and the outputs."""
    hs = [h_0]
    for x in xs:
        hs.append(np.tanh(x @ W_x.T + hs[max(len(hs) - 2, 0)] @ W_h.T + b))
    return np.array(hs), np.array(hs[1:]) @ W_y.T + b_y


def _handed_on(W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs in which each z_t is computed from the z of the step before, and the outputs."""
    zs = [h_0]
    for x in xs:
        zs.append(x @ W_x.T + zs[-1] @ W_h.T + b)
    hs = np.array([h_0, *np.tanh(zs[1:])])
    return hs, hs[1:] @ W_y.T + b_y


def _of_zs(forward, W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs, and outputs that are read from z_t."""
    hs, _ = forward(W_x, W_h, b, W_y, b_y, xs, h_0)
    return hs, (xs @ W_x.T + hs[:-1] @ W_h.T + b) @ W_y.T + b_y


def _unsquashed(forward, W_x, W_h, b, W_y, b_y, xs, h_0):
    """Return hs that hold z_t in place of h_t, and outputs that are right."""
    hs, outputs = forward(W_x, W_h, b, W_y, b_y, xs, h_0)
    return np.concatenate([hs[:1], xs @ W_x.T + hs[:-1] @ W_h.T + b]), outputs


ROWS = {
    "x_4": (3, "x_1 is in row 0"), "z_1": (0, "there is no z_0, so z_1 is in row 0"),
    "h_0": (0, "h_0 comes first"), "h_3": (3, "row 0 of hs is h_0, so h_t is in row t"),
    "h_6": (6, "hs has T + 1 rows, since h_0 is one of them"),
    "o_6": (5, "o_1 is in row 0: h_0 has no output"),
}


@checker(1, 3, "Find the row", stars=1, minutes=5)
def check_rows(answer):
    """Notebook 1, exercise 3: () -> {symbol: row of its array}, T = 6."""
    return matched(answer, ROWS, "right: h_t is in row t, all others in row t - 1.", range(7),
                   "{name} is not in row {number}: {why}.")


@checker(1, 4, "Send a nudge", stars=2, minutes=15)
def check_choose_W_h(answer):
    """Notebook 1, exercise 4: () -> W_h, (2, 2), that sends a nudge from unit 1 to unit 2 and back."""
    given = run(answer)
    gaps = sum(w is ... for w in given.flat) if isinstance(given, np.ndarray) else 0
    if gaps:
        left = f"not finished yet: {gaps} of {given.size} numbers {'is' if gaps == 1 else 'are'} still open."
        return Feedback("open", NOT_ATTEMPTED if gaps == given.size else left)
    W_h = numbers(given, np.zeros((2, 2)), "W_h")
    if isinstance(W_h, Feedback):
        return W_h
    if W_h.shape != (2, 2):
        return Feedback("wrong", f"W_h must be four numbers, two rows of two, (2, 2); got shape {W_h.shape}.")
    if not np.isfinite(W_h).all():
        return Feedback("wrong", "W_h contains nan or inf.")
    p = rnn.Params(W_x=np.eye(2), W_h=W_h, b=np.array([0.1, -0.2]))
    xs, h_0 = np.array([[0.3, -0.1], [-0.2, 0.4], [0.1, 0.2]]), np.array([0.2, -0.3])
    nudged = xs.copy()
    nudged[0, 0] += 0.1
    moved = bptt.forward(rnn, p, nudged, h_0).hs - bptt.forward(rnn, p, xs, h_0).hs
    size = abs(moved[1, 0])
    if size < 1e-3:
        return Feedback("wrong", f"unit 1 of h_1 itself moves by {size:.3g} only: numbers as large as yours "
                                 "press it to ±1, where a tanh is flat.")
    for t, unit in ((2, 2), (3, 1)):
        wanted, other = abs(moved[t, unit - 1]), abs(moved[t, 2 - unit])
        if other > 0:
            return Feedback("wrong", f"unit {3 - unit} of h_{t} moves, too, by {other:.3g}: "
                                     "it listens to itself.")
        if wanted < 0.1 * size and abs(W_h[unit - 1, 2 - unit]) > 3:
            return Feedback("wrong", f"unit {unit} of h_{t} moves by {wanted:.3g}, less than "
                                     f"{0.1 * size:.3g}: it listens to unit {3 - unit} so loudly that its "
                                     "tanh is flat there. Take smaller numbers.")
        if wanted < 0.1 * size:
            listens = "hardly listens" if wanted else "does not listen"
            return Feedback("wrong", f"unit {unit} of h_{t} moves by {wanted:.3g}, less than "
                                     f"{0.1 * size:.3g}: it {listens} to unit {3 - unit}.")
    return Feedback("right", "right: the nudge changes units at every step.")


@checker(1, 5, "Jordan's network", stars=3, minutes=15)
def check_jordan(answer):
    """Notebook 1, exercise 5: (W_x, W_o, b, W_y, b_y, xs, o_0) -> the outputs (T, B, K)."""

    def jordan(W_x, W_o, b, W_y, b_y, xs, o_0, bias=1, out=1, squash=np.tanh, hear=lambda o: o,
               moving=True, start=1, first=True, order=lambda xs: xs, end=lambda o: o, back=-1,
               show=lambda o, h: o, now=1, told=0):
        outputs, shown = [start * o_0], [start * o_0]
        for x in order(xs):
            o = outputs[max(len(outputs) + back, 0)] if moving else o_0
            h = squash(now * x @ W_x.T + hear(o) @ W_o.T + bias * b)
            outputs.append(h @ W_y.T + out * b_y)
            shown.append(show(outputs[-1] + told * b_y, h))
        return end(np.array(shown[1:] if first else shown[:-1]))

    slips = {
        "the outputs begin at zeros: begin at the given o_0.": dict(start=0),
        "every step hears o_0: step t hears o_(t-1).": dict(moving=False),
        "a step hears logits o, not probabilities.": dict(hear=losses.softmax),
        "a step hears o itself, without a tanh.": dict(hear=np.tanh),
        "nothing is heard of the step before: z_t adds `o @ W_o.T`, and there o is the output before it, "
        "not zeros.": dict(hear=np.zeros_like),
        "the bias b is missing.": dict(bias=0),
        "the bias b_y is missing.": dict(out=0),
        "a step hears o without its bias b_y: what is heard is o_t itself, W_y h_t + b_y.": dict(
            out=0, told=1),
        "the tanh is missing: h_t = tanh(z_t).": dict(squash=lambda z: z),
        "o_0 is given, not asked for: o_1 comes first, and o_T last.": dict(first=False),
        **no_tanh(),
        "the bias b is subtracted: z_t adds it.": dict(bias=-1),
        "the input is missing: add `x @ W_x.T`.": dict(now=0),
        "the loop runs backward: x_1 = xs[0] comes first, and a step hears the one before it.": [
            dict(order=lambda xs: xs[::-1]), dict(order=lambda xs: xs[::-1], end=lambda o: o[::-1])],
        "every step reads x_1, the first row of xs: step t reads x_t.": dict(
            order=lambda xs: np.repeat(xs[:1], len(xs), axis=0)),
        "step t reads the wrong input: row t - 1 of xs is x_t, so x_1 is xs[0].": [
            dict(order=lambda xs, n=n: np.roll(xs, n, axis=0)) for n in (1, -1)],
        "a step hears o_(t-2), the output before the last.": dict(back=-2),
        "the output before is added once more: o_t = W_y h_t + b_y.": lambda W_x, W_o, b, W_y, b_y, xs, o_0: (
            _loop(xs, o_0, lambda x, o: o + np.tanh(x @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y)),
        "a step hears probabilities, and returns them: o_t = W_y h_t + b_y, as it is.":
            lambda W_x, W_o, b, W_y, b_y, xs, o_0: _loop(xs, o_0, lambda x, o: losses.softmax(
                np.tanh(x @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y)),
        "a step hears, and returns, a tanh of the output: o_t = W_y h_t + b_y, as it is.":
            lambda W_x, W_o, b, W_y, b_y, xs, o_0: _loop(xs, o_0, lambda x, o: np.tanh(
                np.tanh(x @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y)),
        "the tanh is around the whole sum, W_x x + W_o o + b.": [
            lambda W_x, W_o, b, W_y, b_y, xs, o_0, f=f: _loop(
                xs, o_0, lambda x, o: f(x @ W_x.T, o @ W_o.T, b) @ W_y.T + b_y) for f in (
                lambda x, o, b: np.tanh(x) + np.tanh(o) + b, lambda x, o, b: np.tanh(x + b) + o,
                lambda x, o, b: x + np.tanh(o + b), lambda x, o, b: np.tanh(x + o) + b,
                lambda x, o, b: np.tanh(x) + np.tanh(o), lambda x, o, b: np.tanh(x) + np.tanh(o + b))],
        "the loop begins a step too late: step 1 reads xs[0] and hears o_0.":
            lambda W_x, W_o, b, W_y, b_y, xs, o_0: np.concatenate(
                [0 * o_0[None], jordan(W_x, W_o, b, W_y, b_y, xs[1:], o_0).reshape(-1, *o_0.shape)]),
        "these are the states h_t: return the outputs, o_t = W_y h_t + b_y.": dict(show=lambda o, h: h),
        "these are probabilities: return o_t, before the softmax.": dict(show=lambda o, h: losses.softmax(o)),
        "the outputs are squashed: o_t = W_y h_t + b_y, without a tanh.": dict(show=lambda o, h: np.tanh(o)),
    }
    rng, points = np.random.default_rng(13), []
    for T, B, D, H, K in ((5, 4, 2, 3, 6), (3, 1, 3, 5, 2)):
        p = (rng.normal(size=s) for s in ((H, D), (H, K), (H,), (K, H), (K,)))
        xs, o_0 = rng.normal(size=(T, B, D)), rng.normal(size=(B, K))
        points.append(point(*p, xs, o_0, T=T, B=B, D=D, H=H, K=K))
    return held(answer, points, jordan, slips, {"outputs": "T B K"})


def _loop(xs, o, step):
    """Return the outputs of o = step(x, o)."""
    outputs = []
    for x in xs:
        o = step(x, o)
        outputs.append(o)
    return np.array(outputs)
