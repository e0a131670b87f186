"""Exercises of notebook 16, the same network in PyTorch and Keras."""

import numpy as np

from ... import bptt
from ...cells import gru, gru_original
from .feedback import Feedback, checker, close, first_wrong, run

D, H = 2, 3


def _several(result, names):
    """Return the arrays of a result that should be several, or the Feedback that says so."""
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        return Feedback("wrong", f"return {len(names)} arrays: {', '.join(names)}.")
    return result


def _first_wrong(result, right, slips, praise):
    """Compare array by array: right is {name: array}, slips {name: {what is wrong: array}}."""
    result = _several(result, list(right))
    if isinstance(result, Feedback):
        return result
    blocks = zip(right, result, right.values(), (slips[name] for name in right), strict=True)
    return first_wrong(blocks, praise)


def _order(a, order, have, axis):
    """Return a with its blocks, which stand as in `have`, in another order."""
    blocks = dict(zip(have, np.split(a, 4, axis=axis), strict=True))
    return np.concatenate([blocks[gate] for gate in order], axis=axis)


@checker(16, 1, "From PyTorch to Keras")
def check_keras_from_pytorch(answer):
    """Notebook 16, exercise 1: an LSTM's four arrays of PyTorch -> kernel, recurrent_kernel, bias."""
    rng = np.random.default_rng(61)
    W_x, W_h, first, second = (rng.normal(size=s) for s in ((4 * H, D), (4 * H, H), (4 * H,), (4 * H,)))
    right = {"kernel": W_x.T, "recurrent_kernel": W_h.T, "bias": first + second}
    slips = {name: {
        f"{name}: PyTorch stores (out, in) and Keras (in, out): transpose it.": array.T,
        f"{name}: the gates need no new order: i, f, g, o and i, f, c, o are the same, c is g.":
            _order(array, "ifog", "ifgo", 1),
        f"{name}: this is ONNX's order of gates; Keras' is that of PyTorch, with c for g.":
            _order(array, "iofg", "ifgo", 1),
        f"{name}: reshape keeps the numbers in a row; what you need is the transpose.":
            array.T.reshape(array.shape),
    } for name, array in right.items() if name != "bias"}
    slips["bias"] = {
        "bias: the second bias is missing; both act, so add them.": first,
        "bias: the first bias is missing; both act, so add them.": second,
        "bias: both biases act in full: add them, do not take their mean.": (first + second) / 2,
        "bias: an LSTM of Keras has one bias, their sum; two rows belong to its GRU.":
            np.stack([first, second]),
        "bias: they are added entry by entry, not set end to end.": np.concatenate([first, second]),
        "bias: the gates need no new order: i, f, g, o and i, f, c, o are the same, c is g.":
            _order(first + second, "ifog", "ifgo", 0),
        "bias: this is ONNX's order of gates; Keras' is that of PyTorch, with c for g.":
            _order(first + second, "iofg", "ifgo", 0),
    }
    return _first_wrong(run(answer, W_x, W_h, first, second), right, slips,
                        "right: two transposes and one sum.")


@checker(16, 2, "From Keras to ONNX")
def check_onnx_from_keras(answer):
    """Notebook 16, exercise 2: an LSTM's three arrays of Keras -> W (1, 4H, D), R (1, 4H, H), B (1, 8H)."""
    rng = np.random.default_rng(62)
    kernel, recurrent, bias = (rng.normal(size=s) for s in ((D, 4 * H), (H, 4 * H), (4 * H,)))
    turn = lambda a, order="iofc": _order(a, order, "ifco", -1)
    both = lambda b, second=None: np.concatenate([b, np.zeros(4 * H) if second is None else second])[None]
    right = {"W": turn(kernel).T[None], "R": turn(recurrent).T[None], "B": both(turn(bias))}
    orders = {
        "{} keeps the order i, f, c, o: ONNX wants i, o, f, c.": "ifco",
        "{} has the gates i, c, o, f: you read the new order backwards. The second block of the result is o, "
        "the last of Keras'.": "icof",
        "{} has o in its place, but f and c are exchanged: the order is i, o, f, c.": "iocf",
        "{} has only the last two blocks exchanged: o moves up to the second place, before f.": "ifoc",
    }
    slips = {"W": {}, "R": {}, "B": {}}
    for text, order in orders.items():
        slips["W"][text.format("W")] = turn(kernel, order).T[None]
        slips["R"][text.format("R")] = turn(recurrent, order).T[None]
        slips["B"][text.format("B")] = both(turn(bias, order))
    for name, array in (("W", turn(kernel)), ("R", turn(recurrent))):
        slips[name] |= {
            f"{name}: its first axis is the direction, of length 1: add it with [None].": array.T,
            f"{name}: Keras stores (in, out) and ONNX (out, in): transpose it.": array[None],
        }
    slips["B"] |= {
        "B: both biases stand in it, end to end: after Keras' one come 4H zeros.": turn(bias)[None],
        "B: its two halves are added, so this bias counts twice: the second half is zero.":
            both(turn(bias), turn(bias)),
        "B: its first axis is the direction, of length 1: add it with [None].": both(turn(bias))[0],
        "B: end to end means one row of 8H numbers, not two rows of 4H.":
            np.stack([turn(bias), np.zeros(4 * H)]),
    }
    result = _several(run(answer, kernel, recurrent, bias), list(right))
    if not isinstance(result, Feedback) and np.shape(result[2]) == (1, 8 * H):
        first, second = np.split(np.asarray(result[2])[0], 2)
        if first.dtype.kind == "f" and close(first + second, turn(bias)):      # however it is shared out
            result = [*result[:2], right["B"]]
    return _first_wrong(result, right, slips, "right: the blocks are moved, and turned, and nothing is lost.")


@checker(16, 3, "Which form is it?")
def check_reset_after(answer):
    """Notebook 16, exercise 3: (W_x, W_h, b, xs, h0, hs) -> True if hs (T, B, H) is of the form of `gru`."""
    rng = np.random.default_rng(63)
    T, B = 4, 5
    verdicts = []
    cases = [("after", 1), ("before", 1), ("before", 0), ("after", 0)]
    for form, start in cases:
        W_x, W_h, b = (rng.normal(size=s) for s in ((3 * H, D), (3 * H, H), (3 * H,)))
        xs, h0 = rng.normal(size=(T, B, D)), start * rng.uniform(-0.9, 0.9, (B, H))
        cell, p = (gru, gru.Params(W_x, W_h, b, np.zeros(H))) if form == "after" else (
            gru_original, gru_original.Params(W_x, W_h, b))
        hs = bptt.forward(cell, p, xs, h0).hs[1:].astype(np.float32).astype(float)
        verdict = run(answer, W_x, W_h, b, xs, h0, hs)
        if isinstance(verdict, Feedback):
            return verdict
        if not isinstance(verdict, (bool, np.bool_)):
            return Feedback("wrong", f"return True or False; got {type(verdict).__name__}.")
        verdicts.append(bool(verdict))
    right = [form == "after" for form, _ in cases]
    if verdicts == right:
        return Feedback("right", "right, for states from zero too, and for states rounded to float32.")
    slips = {
        "the other way round: True means that the reset gate acts after the product, as in gru.":
            [not verdict for verdict in right],
        "always False: the states are rounded to float32, so none agrees to the last digit. Ask which form "
        "is nearer.": [False] * 4,
        "always True: the two forms must be compared, and the nearer one be named.": [True] * 4,
    }
    for text, pattern in slips.items():
        if verdicts == pattern:
            return Feedback("wrong", text)
    if verdicts[:2] == right[:2]:
        return Feedback("wrong", "right where h_0 is not zero. From h_0 = 0 both forms take the same first "
                                 "step: look at all steps.")
    wrong = sum(a != b for a, b in zip(verdicts, right, strict=True))
    return Feedback("wrong", f"{wrong} of 4 recordings are named wrongly: compute the states in both forms, "
                             "and ask which are nearer.")
