"""Checkers for the exercises: they never raise, and say what is wrong.

A checker runs the answer on inputs of its own, copied so that nothing can be damaged, and compares
the result with the right one and with the results of the classical slips.
"""

import contextlib
import copy
import io
from dataclasses import dataclass

import numpy as np

from . import bptt, losses, rnn

NOT_ATTEMPTED = "not attempted yet."
TOLERANCE = 1e-8  # relative to the largest entry


@dataclass(frozen=True)
class Feedback:
    """What a checker says: verdict is 'open', 'right' or 'wrong'."""

    verdict: str
    text: str

    def __repr__(self):
        return {"open": "·", "right": "✓", "wrong": "✗"}[self.verdict] + " " + self.text


def run(answer, *inputs):
    """Call the answer on copies of inputs; return its result, or the Feedback that says why not."""
    if not callable(answer):
        return Feedback("wrong", f"expected a function; got {type(answer).__name__}.")
    copies = copy.deepcopy(inputs)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            result = answer(*copies)
    except Exception as error:
        return Feedback("wrong", f"your code stops with {_one_line(error)}.")
    if result is None or result is Ellipsis:
        return Feedback("open", NOT_ATTEMPTED)
    if not all(_same(a, b) for a, b in zip(copies, inputs, strict=True)):
        return Feedback("wrong", "your function changes its inputs in place: work on new arrays.")
    return result


def compare(result, right, slips, name="the result", praise="right."):
    """Compare result with the right array, then with {what is wrong: the array it gives}."""
    if isinstance(result, Feedback):
        return result
    if result is None or result is Ellipsis:
        return Feedback("open", NOT_ATTEMPTED)
    if isinstance(result, (tuple, list)) and any(r is Ellipsis for r in result):
        return Feedback("open", NOT_ATTEMPTED)
    right = np.asarray(right)
    try:
        result = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        return Feedback("wrong", f"{name} should be numbers; got {type(result).__name__}.")
    if result.shape == right.shape and close(result, right):
        return Feedback("right", praise)
    for text, slip in slips.items():
        if np.shape(slip) == result.shape and close(result, np.asarray(slip)):
            return Feedback("wrong", text)
    if result.shape != right.shape:
        return Feedback("wrong", f"{name} has shape {result.shape}; expected {right.shape}.")
    if not np.isfinite(result).all():
        return Feedback("wrong", f"{name} contains nan or inf.")
    worst = np.unravel_index(np.abs(result - right).argmax(), right.shape)
    where = f" at {[int(i) for i in worst]}" if right.ndim else ""
    text = f"not yet: {name}{where} is {result[worst]:.6g}, expected {right[worst]:.6g}."
    return Feedback("wrong", text)


def close(a, b):
    """True if a and b agree relative to their largest entry."""
    if not np.isfinite(a).all():
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= TOLERANCE * scale)


def _one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")


def _same(a, b):
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else True


def check_three_deltas(answer):
    """Notebook 3, exercise 1: (h, e, w_h) -> (delta_1, delta_2, delta_3), plain numbers."""
    h, e, w_h = (0.3, -0.6, 0.7), (0.9, 0.4, -1.1), 0.8

    def deltas(slope=lambda h, t: 1 - h[t] ** 2, own=1.0, carry=lambda d, dh: w_h * d):
        d_3 = slope(h, 2) * e[2]
        dh_2 = own * e[1] + carry(d_3, e[2])
        d_2 = slope(h, 1) * dh_2
        d_1 = slope(h, 0) * (own * e[0] + carry(d_2, dh_2))
        return d_1, d_2, d_3

    slips = {
        "step t hears from its own loss only: add what step t+1 sends back.": deltas(
            carry=lambda d, dh: 0.0),
        "the own loss is missing: steps 1 and 2 have a loss too, e[t].": deltas(own=0.0),
        "the carry lacks w_h: h_t enters z_(t+1) multiplied by w_h.": deltas(carry=lambda d, dh: d),
        "the carry is w_h times delta, not w_h times dL/dh: z_(t+1) lies before the tanh.": deltas(
            carry=lambda d, dh: w_h * dh),
        "the slope at delta_1 and delta_2 must use their own h_t, not that of step t+1.": deltas(
            slope=lambda h, t: 1 - h[min(t + 1, 2)] ** 2),
        "delta_1 and delta_2 lack the slope of the tanh, 1 - h_t^2.": deltas(
            slope=lambda h, t: 1 - h[2] ** 2 if t == 2 else 1.0),
    }
    return compare(run(answer, h, e, w_h), deltas(), slips, "the triple of deltas")


def _recurrent_point():
    """Return W_h, hs (T+1, B, H) and dhs (T, B, H), generic: T=5, B=4, H=3."""
    rng = np.random.default_rng(31)
    hs = rng.uniform(-0.9, 0.9, (6, 4, 3))
    return rng.normal(size=(3, 3)), hs, rng.normal(size=(5, 4, 3))


def check_deltas(answer):
    """Notebook 3, exercise 2: (W_h, hs, dhs) -> all delta_t, (T, B, H)."""
    W_h, hs, dhs = _recurrent_point()

    def deltas(slope=1 - hs[1:] ** 2, back=W_h, inject=dhs, through=True):
        delta, carry = np.zeros_like(dhs), 0.0
        for t in reversed(range(len(dhs))):
            total = inject[t] + carry
            delta[t] = slope[t] * total
            carry = (delta[t] if through else total) @ back
        return delta

    last_only = np.concatenate([0 * dhs[:-1], dhs[-1:]])
    slips = {
        "close: the last step is right, the carry needs W_h^T delta, in rows `delta @ W_h`.": deltas(
            back=W_h.T),
        "the carry is missing: each step must add what the step after it sends back.": deltas(
            back=0 * W_h),
        "the slope of the tanh is missing: multiply by 1 - h_t^2.": deltas(slope=np.ones_like(dhs)),
        "the slope uses h_(t-1): row t of delta belongs to hs[t + 1].": deltas(slope=1 - hs[:-1] ** 2),
        "hs are already tanh(z): the slope is 1 - hs**2, not 1 - tanh(hs)**2.": deltas(
            slope=1 - np.tanh(hs[1:]) ** 2),
        "only the last loss speaks: inject dhs[t] at every step.": deltas(inject=last_only),
        "the carry takes dL/dh: it must take delta, which lies before the tanh.": deltas(through=False),
        "this is the total dL/dh_t: multiply by the slope to get delta_t.": deltas() / (1 - hs[1:] ** 2),
    }
    return compare(run(answer, W_h, hs, dhs), deltas(), slips, "delta")


def check_recurrent_gradient(answer):
    """Notebook 3, exercise 3: (delta, hs) -> dL/dW_h, (H, H)."""
    _, hs, delta = _recurrent_point()

    def outer(delta, h):
        return np.einsum("tbi,tbj->ij", delta, h)

    right = outer(delta, hs[:-1])
    slips = {
        "transposed: W_h[i, j] sits in row i of z, so delta comes first in the product.": right.T,
        "beside delta_t stands h_(t-1): use hs[:-1].": outer(delta, hs[1:]),
        "the previous state of step 1 is h_0 = hs[0]; yours wraps round to the last state.": outer(
            delta, np.roll(hs[1:], 1, axis=0)),
        "the previous state of step 1 is h_0 = hs[0]; yours is zero.": outer(delta[1:], hs[1:-1]),
        "a mean over the batch: the loss is a sum, so the gradient is one too.": right / 4,
        "a mean over time: the loss is a sum, so the gradient is one too.": right / 5,
        "a mean over steps and sequences: the loss is a sum, so the gradient is one too.": right / 20,
        "the sum over the batch is missing.": np.einsum("tbi,tbj->bij", delta, hs[:-1]),
        "the sum over time is missing.": np.einsum("tbi,tbj->tij", delta, hs[:-1]),
    }
    return compare(run(answer, delta, hs), right, slips, "dW_h")


def check_from_keras(answer):
    """Notebook 0, exercise 1: (kernel, recurrent_kernel, bias) -> (W_x, W_h, b)."""
    rng = np.random.default_rng(7)
    kernel, recurrent, bias = (rng.normal(size=s) for s in ((2, 3), (3, 3), (3,)))
    result = run(answer, kernel, recurrent, bias)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return Feedback("wrong", "return three arrays: W_x, W_h, b.")
    transposed = "{} is stored (in, out) in Keras; ours is (out, in): transpose it."
    for name, found, right in zip(("W_x", "W_h", "b"), result, (kernel.T, recurrent.T, bias), strict=True):
        slips = {transposed.format(name): right.T} if name != "b" else {}
        feedback = compare(found, right, slips, name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", "right.")


def check_parameters(answer):
    """Notebook 0, exercise 2: (D, H, K) -> the number of parameters."""
    D, H, K = 4, 7, 3
    cell, out = H * D + H * H, K * H
    slips = {
        "the biases are missing: b has H entries and b_y has K.": cell + out,
        "the bias b_y of the read-out is missing.": cell + H + out,
        "the bias b of the cell is missing.": cell + out + K,
        "the read-out is missing: W_y and b_y.": cell + H,
        "the recurrent matrix W_h is missing.": H * D + H + out + K,
        "two biases, as in PyTorch: here there is one, since only their sum acts.": cell + 2 * H + out + K,
    }
    return compare(run(answer, D, H, K), cell + H + out + K, slips, "the number")


def _classes():
    """Return logits (T, B, K) and class ids (T, B): T=5, B=4, K=3."""
    rng = np.random.default_rng(21)
    return rng.normal(size=(5, 4, 3)), rng.integers(3, size=(5, 4))


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


def check_central_difference(answer):
    """Notebook 4, exercise 1: (f, x, eps) -> central differences of the scalar f, like x."""
    x, eps = np.random.default_rng(40).uniform(-1, 1, (2, 3)), 1e-2

    def f(x):
        return np.exp(0.5 * x[0, 0]) * np.sin(x + 0.3).sum() + x[0, 1] * x[1, 2] ** 2

    def moved(*factors, eps=eps):
        """Return f for each entry and each factor, with that entry moved by factor * eps."""
        units = np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([[f(x + factor * eps * unit) for unit in units] for factor in factors])

    plus, minus = moved(1, -1).reshape(2, *x.shape)
    tiny = np.diff(moved(-1, 1, eps=1e-5), axis=0).reshape(x.shape) / 2e-5
    right, half = (plus - minus) / (2 * eps), (plus - f(x)) / (2 * eps)
    everything = (f(x + eps) - f(x - eps)) / (2 * eps)
    y, drifted = x.copy(), np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        y[i] += eps
        drifted[i] = f(y)
        y[i] -= 2 * eps
        drifted[i] = (drifted[i] - f(y)) / (2 * eps)
    one_sided = "one-sided: its error is of order eps, not eps**2. Step to x {} eps as well."
    at_once = "all entries move at once{}: move one of them, then the next."
    slips = {
        one_sided.format("-"): 2 * half,
        one_sided.format("+"): (f(x) - minus) / eps,
        "the second value is f(x), not f at x - eps: after x + eps go back by twice eps.": half,
        "twice too large: x + eps and x - eps lie 2 * eps apart.": 2 * right,
        "not divided by 2 * eps.": plus - minus,
        "not divided by eps.": (plus - minus) / 2,
        "/ 2 * eps multiplies by eps: write / (2 * eps).": right * eps**2,
        "the sign: f(x + eps) - f(x - eps), in this order.": -right,
        "entries stay moved: put the old value back before the next entry.": drifted,
        at_once.format(""): everything,
        at_once.format(", so yours are all the same"): np.full(x.shape, everything),
        "eps is not used: you step by another length.": tiny,
        "right, but flat: the gradient has the shape of x.": right.ravel(),
    }
    result = run(answer, f, x, eps)
    if isinstance(result, Feedback) and "in place" in result.text:
        text = "x comes back changed: step on a copy, or put the old value back."
        return Feedback("wrong", text)
    return compare(result, right, slips, "the gradient")


def check_relative_error(answer):
    """Notebook 4, exercise 2: (a, n) -> the largest difference over the largest entry, a number."""
    a = np.array([[0.5, -4.0, 1.0], [2.0, 1e-6, -0.5]])
    n = np.array([[0.6, -3.5, 1.7], [2.0, 3e-6, -0.8]])
    d, sizes, tops = np.abs(a - n), (np.abs(a), np.abs(n)), (4.0, 3.5)
    right = d.max() / max(tops)
    own = "each entry has its own denominator{}: a tiny entry, off by rounding, raises the alarm."
    norms = "this compares lengths{}, where one wrong entry drowns: asked for is the largest."
    lengths = [np.linalg.norm(part) for part in (a - n, a, n)]
    slips = {
        "absolute: divide by the largest entry, or every vanished gradient passes.": d.max(),
        "a mean: one wrong entry drowns in it. Take the largest difference.": d.mean() / max(tops),
        "without abs: a difference with a minus sign is one too.": (a - n).max() / max(tops),
        "the largest entry may be negative: its size is np.abs(...).max().": (
            d.max() / max(a.max(), n.max())),
        "divided by the sum of both largest entries: take the larger one.": d.max() / sum(tops),
        "the scale is that of n alone: take the larger of the two.": d.max() / tops[1],
        "one error for each entry: asked for is one for the tensor, the largest.": d / max(tops),
        own.format(""): (d / np.maximum(*sizes)).max(),
        own.format(", |a| + |n|"): (d / sum(sizes)).max(),
        own.format(", |a|"): (d / sizes[0]).max(),
        own.format(", |n|"): (d / sizes[1]).max(),
        own.format(", and you take a mean"): (d / np.maximum(*sizes)).mean(),
        norms.format(", |a - n| / (|a| + |n|)"): lengths[0] / sum(lengths[1:]),
        norms.format(", |a - n| / |a|"): lengths[0] / lengths[1],
        norms.format(", |a - n| / |n|"): lengths[0] / lengths[2],
    }
    feedback = compare(run(answer, a, n), right, slips, "the error")
    if feedback.verdict == "right":
        swapped = {"the scale is that of a alone: take the larger of the two.": d.max() / tops[1]}
        feedback = compare(run(answer, n, a), right, swapped, "the error of (n, a)")
    if feedback.verdict != "right":
        return feedback
    if compare(run(answer, 1e-20 * a, 1e-20 * n), right, {}).verdict != "right":
        text = "there is a constant in your denominator: it calls gradients of 1e-20 all equal."
        return Feedback("wrong", text)
    if not _is_zero(run(answer, 0 * a, 0 * n)):
        text = "two tensors of zeros do not differ: return 0.0 for them, not 0/0."
        return Feedback("wrong", text)
    return feedback


def _is_zero(result):
    return not isinstance(result, Feedback) and np.ndim(result) == 0 and result == 0


POINT_CHOICES = {
    "T": range(1, 21), "B": range(1, 21), "H": range(1, 21),
    "h0": ("zero", "random"), "W_h": ("symmetric", "random"), "losses": ("last step", "every step"),
}
UNSEEN = {
    "the missing transpose": "It needs T >= 2, H >= 2 and a W_h that is not symmetric.",
    "the dropped carry": "Something must travel through time: T >= 2.",
    "h0 taken for zero": "h0 must not be zero.",
    "a bias gradient of the first sequence only": "There must be a second sequence.",
    "only the last loss counted": "An earlier step needs a loss, too.",
    "losses that reach back three steps only": "Some loss must lie more than three steps away.",
}


def check_point(answer):
    """Notebook 4, exercise 3: () -> settings of a point at which every mistake in UNSEEN shows."""
    settings = run(answer)
    if isinstance(settings, Feedback):
        return settings
    if not isinstance(settings, dict) or set(settings) != set(POINT_CHOICES):
        return Feedback("wrong", f"return a dict with the keys {', '.join(POINT_CHOICES)}.")
    if any(value is None or value is Ellipsis for value in settings.values()):
        return Feedback("open", NOT_ATTEMPTED)
    for name, choices in POINT_CHOICES.items():
        value, whole = settings[name], isinstance(choices, range)
        if type(value) is not (int if whole else str) or value not in choices:
            expected = "a whole number from 1 to 20" if whole else " or ".join(map(repr, choices))
            return Feedback("wrong", f"{name} must be {expected}; got {repr(value)[:40]}.")
    right, *wrong = (_backward_at(settings, mistake) for mistake in (None, *UNSEEN))
    same = [all(close(a, b) for a, b in zip(grad, right, strict=True)) for grad in wrong]
    hidden = [name for name, unseen in zip(UNSEEN, same, strict=True) if unseen]
    if hidden:
        seen = f"this point sees {len(UNSEEN) - len(hidden)} of {len(UNSEEN)} mistakes"
        return Feedback("wrong", f"{seen}, but not {hidden[0]}. {UNSEEN[hidden[0]]}")
    size = settings["T"] * settings["B"] * settings["H"]
    praise = ", and no smaller point does." if size == 16 else "."
    return Feedback("right", f"right: it sees all {len(UNSEEN)} mistakes{praise}")


def _backward_at(settings, mistake):
    """Return the gradient of p, with a mistake of UNSEEN or none, at such a point."""
    rng, (T, B, H) = np.random.default_rng(44), (settings[name] for name in "TBH")
    p = rnn.Params(rng.normal(size=(H, 2)), rng.normal(size=(H, H)), rng.normal(size=H))
    p = p if settings["W_h"] == "random" else p._replace(W_h=(p.W_h + p.W_h.T) / 2)
    h0 = rng.uniform(-0.9, 0.9, (B, H)) * (settings["h0"] == "random")
    dhs = rng.normal(size=(T, B, H))
    dhs[:-1] *= settings["losses"] == "every step"
    trace = bptt.forward(rnn, p, rng.normal(size=(T, B, 2)), h0)
    injected = dhs.copy()
    injected[:-1] *= mistake != "only the last loss counted"
    back = {"the missing transpose": p.W_h.T, "the dropped carry": 0 * p.W_h}.get(mistake, p.W_h)
    window = 3 if mistake == "losses that reach back three steps only" else T
    delta, _ = bptt.deltas(rnn, p._replace(W_h=back), trace, injected, window=min(window, T))
    grad = rnn.gradient(trace, delta)
    if mistake == "h0 taken for zero":
        return grad._replace(W_h=grad.W_h - delta[0].T @ h0)
    if mistake == "a bias gradient of the first sequence only":
        return grad._replace(b=delta[:, 0].sum(axis=0))
    return grad
