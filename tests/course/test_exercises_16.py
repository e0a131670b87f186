"""The checkers of notebook 16: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, lstm
from rnnlib.course import exercises


def sort(a, order, have, axis=-1):
    blocks = dict(zip(have, np.split(a, 4, axis=axis)))
    return np.concatenate([blocks[gate] for gate in order], axis=axis)


def keras_from_pytorch(W_x, W_h, first, second, wrong=None):
    arrays = {"kernel": W_x.T, "recurrent": W_h.T, "bias": first + second}
    kind, _, name = (wrong or "").partition(" ")
    if kind in ("ifog", "iofg"):
        arrays[name] = sort(arrays[name], kind, "ifgo")
    if kind == "upright":
        arrays[name] = arrays[name].T
    if kind == "reshape":
        arrays[name] = {"kernel": W_x, "recurrent": W_h}[name].reshape(arrays[name].shape)
    arrays["bias"] = {
        "first": first, "second": second, "mean": (first + second) / 2, "rows": np.stack([first, second]),
        "long": np.concatenate([first, second]),
    }.get(wrong, arrays["bias"])
    return tuple(arrays.values())[:2 if wrong == "two" else 3]


def onnx_from_keras(kernel, recurrent, bias, wrong=None):
    order, _, name = (wrong or "").partition(" ")
    in_order = lambda a, which: sort(a, order if len(order) == 4 and which == name else "iofc", "ifco")
    W, R = in_order(kernel, "W").T[None], in_order(recurrent, "R").T[None]
    b = in_order(bias, "B")
    B = {"short B": b[None], "twice": np.concatenate([b, b])[None], "no axis B": np.concatenate([b, 0 * b]),
         "rows": np.stack([b, 0 * b]), "second half": np.concatenate([0 * b, b])[None],
         "halves": np.concatenate([0.25 * b, 0.75 * b])[None]}.get(
             wrong, np.concatenate([b, 0 * b])[None])
    W = {"lying W": W.swapaxes(1, 2), "no axis W": W[0]}.get(wrong, W)
    R = {"lying R": R.swapaxes(1, 2), "no axis R": R[0]}.get(wrong, R)
    return (W, R, B)[:2 if wrong == "two" else 3]


def reset_after(W_x, W_h, b, xs, h0, hs, wrong=None):
    after = bptt.forward(gru, gru.Params(W_x, W_h, b, np.zeros(W_h.shape[1])), xs, h0).hs[1:]
    before = bptt.forward(gru_original, gru_original.Params(W_x, W_h, b), xs, h0).hs[1:]
    if wrong == "exact":
        return np.allclose(after, hs, rtol=1e-12, atol=0)
    if wrong == "not the other":
        return not np.allclose(before, hs, rtol=1e-12, atol=0)
    if wrong == "first step":
        after, before, hs = after[:1], before[:1], hs[:1]
    nearer = np.abs(after - hs).max() < np.abs(before - hs).max()
    if wrong == "first step <=":
        nearer = np.abs(after[0] - hs[0]).max() <= np.abs(before[0] - hs[0]).max()
    if wrong == "number":
        return int(nearer)
    if wrong == "mostly":
        return bool(nearer) == (h0 == 0).all()
    return not nearer if wrong == "inverted" else nearer


def like_two(rate, decay, wrong=None):
    return {
        "the same": (rate, decay), "rate": (2 * rate, decay), "decay": (rate, decay / 2),
        "half": (rate / 2, decay), "twice": (2 * rate, 2 * decay), "quarter": (2 * rate, decay / 4),
        "four": (4 * rate, decay / 2), "none": (2 * rate, 0.0), "exchanged": (decay / 2, 2 * rate),
        "product": (2 * rate, rate * decay)}.get(wrong, (2 * rate, decay / 2))


def test_one_bias_follows_the_sum_of_two_in_every_update():
    rng, rate, decay = np.random.default_rng(0), 0.1, 0.3
    g, (first, second) = rng.normal(size=20), (0.9, -0.4)
    own_rate, own_decay = like_two(rate, decay)
    one = first + second

    for slope in g:
        first, second = (b * (1 - rate * decay) - rate * slope for b in (first, second))
        one = one * (1 - own_rate * own_decay) - own_rate * slope
        assert one == pytest.approx(first + second, rel=1e-12)


def keras_gru(W_x, W_h, first, second, wrong=None):
    kind, _, name = (wrong or "").partition(" ")
    order = lambda part: {"rzn": (0, 1, 2), "znr": (1, 2, 0)}.get(kind if name == part else "", (1, 0, 2))
    sort = lambda a, part: np.concatenate([np.split(a, 3)[k] for k in order(part)])
    turn = lambda a, part: {"upright": a, "reshape": a.reshape(a.shape[::-1])}.get(
        kind if name == part else "", a.T)
    rows = np.stack([sort(first, "bias"), sort(second, "bias")])
    rows = {"added": rows.sum(axis=0), "twice": np.stack([rows.sum(axis=0)] * 2), "swapped": rows[::-1],
            "first": np.stack([rows.sum(axis=0), 0 * rows[0]]), "long": rows.ravel(), "turned": rows.T}.get(
                kind if name == "bias" else "", rows)
    kernel = W_x if wrong == "as it was kernel" else turn(sort(W_x, "kernel"), "kernel")
    return kernel, turn(sort(W_h, "recurrent"), "recurrent"), rows


def test_the_solution_for_a_gru_is_what_interop_does():
    p, *_ = gradcheck.designed_point(gru, np.random.default_rng(3), D=2, H=3)
    theirs = interop.to_pytorch(gru, p)

    assert error(keras_gru(*theirs.values()), interop.to_keras(gru, p)) < 1e-12


def pytorch_gradient(kernel, recurrent, bias, wrong=None):
    turned = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": bias, "bias_hh": bias}
    kind, _, name = (wrong or "").partition(" ")
    if name:
        a = turned[name]
        turned[name] = {
            "upright": lambda: a.T, "reshape": lambda: a.T.reshape(a.shape), "zero": lambda: 0 * a,
            "half": lambda: a / 2, "twice": lambda: 2 * a, "iofg": lambda: sort(a, "iofg", "ifgo", 0),
            "ifog": lambda: sort(a, "ifog", "ifgo", 0),
            "blocks": lambda: np.concatenate([w.T for w in np.split(a.T, 4, axis=1)], axis=1)}[kind]()
    return tuple(turned.values())[:3 if wrong == "three" else 4]


def test_the_gradient_that_travels_is_what_interop_and_pytorch_itself_say(torch):
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(4), T=5, B=3, D=2, H=4)
    dp = bptt.backward(lstm, p, bptt.forward(lstm, p, xs, state), dhs).params
    theirs = torch.nn.LSTM(2, 4).double()
    with torch.no_grad():
        for name, value in interop.to_pytorch(lstm, p).items():
            getattr(theirs, name).copy_(torch.tensor(value))
    h0, c0 = (torch.tensor(s[None]) for s in state)
    hs, _ = theirs(torch.tensor(xs), (h0, c0))
    hs.backward(torch.tensor(dhs))

    travelled = pytorch_gradient(*interop.to_keras(lstm, dp, gradient=True))
    assert error(travelled, tuple(interop.to_pytorch(lstm, dp, gradient=True).values())) == 0
    for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), travelled, strict=True):
        assert error(value, getattr(theirs, f"{name}_l0").grad.numpy()) < 1e-12


CHECKS = {
    exercises.check_pytorch_gradient: (pytorch_gradient, {
        "upright weight_ih": "weight_ih.grad: Keras stores (in", "upright weight_hh": "weight_hh.grad: Keras",
        "reshape weight_ih": "weight_ih.grad: reshape keeps", "blocks weight_hh": "block by block",
        "zero bias_hh": "bias_hh.grad: weights are shared out", "zero bias_ih": "bias_ih.grad: weights",
        "half bias_ih": "bias_ih.grad: the gradient is not halved", "twice bias_hh": "the doing of two steps",
        "iofg weight_ih": "weight_ih.grad: this is ONNX's", "ifog bias_hh": "bias_hh.grad: the gates need no",
        "three": "return 4 arrays",
    }),
    exercises.check_like_two: (like_two, {
        "the same": "twice the rate", "rate": "half the decay", "decay": "twice the rate", "half": "not half",
        "twice": "half, not twice", "quarter": "not a quarter", "four": "not four times",
        "none": "the sum decays, too", "exchanged": "decay comes second", "product": "product of rate and",
    }),
    exercises.check_keras_gru: (keras_gru, {
        "rzn kernel": "kernel: the gates are still", "znr recurrent": "recurrent_kernel: z comes first",
        "rzn bias": "bias: the gates are still",
        "upright kernel": "kernel: PyTorch stores (out, in)",
        "reshape recurrent": "recurrent_kernel: reshape keeps", "as it was kernel": "and sort its blocks",
        "added bias": "a row of its own", "twice bias": "in both rows",
        "first bias": "the sum is in the first", "swapped bias": "rows are exchanged",
        "long bias": "not one after the other", "turned bias": "is turned",
    }),
    exercises.check_keras_from_pytorch: (keras_from_pytorch, {
        "upright kernel": "kernel: PyTorch stores (out", "upright recurrent": "recurrent_kernel: PyTorch",
        "ifog kernel": "kernel: the gates need no new", "ifog bias": "bias: the gates need no new",
        "iofg recurrent": "recurrent_kernel: this is ONNX's", "iofg bias": "bias: this is ONNX's",
        "reshape kernel": "kernel: reshape keeps", "reshape recurrent": "recurrent_kernel: reshape keeps",
        "first": "second bias is missing", "second": "first bias is missing", "mean": "not take their mean",
        "rows": "two rows belong to its GRU", "long": "not set end to end", "two": "return 3 arrays",
    }),
    exercises.check_onnx_from_keras: (onnx_from_keras, {
        "ifco W": "W keeps the order", "ifco R": "R keeps the order", "ifco B": "B keeps the order",
        "icof W": "W has the gates i, c, o, f: you read the new order backwards", "icof B": "B has the gates",
        "iocf R": "f and c are exchanged", "ifoc W": "only the last two blocks",
        "lying W": "W: Keras stores (in, out)", "lying R": "R: Keras stores", "no axis W": "W: its first",
        "no axis R": "R: its first axis", "short B": "Keras' one come 4H zeros", "twice": "counts twice",
        "no axis B": "B: its first axis", "rows": "not two rows of 4H", "two": "return 3 arrays",
    }),
    exercises.check_reset_after: (reset_after, {
        "exact": "always False", "not the other": "always True", "inverted": "the other way round",
        "first step": "From h_0 = 0 both forms take the same first step",
        "first step <=": "From h_0 = 0 both forms take the same first step", "number": "return True or False",
        "mostly": "6 of 12 recordings",
    }),
}


@pytest.mark.parametrize("share", ["second half", "halves"])
def test_however_onnx_shares_out_the_bias_the_answer_is_right(share):
    answer = lambda *inputs: onnx_from_keras(*inputs, wrong=share)

    assert exercises.check_onnx_from_keras(answer).verdict == "right"


def test_the_solutions_do_what_interop_does():
    p, *_ = gradcheck.designed_point(lstm, np.random.default_rng(0))
    theirs, keras, onnx = interop.to_pytorch(lstm, p), interop.to_keras(lstm, p), interop.to_onnx(lstm, p)

    assert error(tuple(keras_from_pytorch(*theirs.values())), tuple(keras)) == 0
    assert error(onnx_from_keras(*keras), tuple(onnx.values())) == 0
