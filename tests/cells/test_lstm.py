import numpy as np
import pytest
from helpers import arrays, error

from rnnlib import bptt, gradcheck, losses, lstm, readout
from rnnlib.course import data


def ours(g):
    """Return the weights of source 002's layout, (in, out) on [h, x] and gate by gate, as ours."""
    w, H = g.params, len(g.h0)
    gates = [(vars(w)[f"W{k}"].T, vars(w)[f"b{k}"]) for k in "ifco"]
    p = lstm.Params(*(np.concatenate(rows) for rows in (
        [W[:, H:] for W, _ in gates], [W[:, :H] for W, _ in gates], [b for _, b in gates])))
    return p, readout.Params(w.Wy.T, w.by)


def run(g):
    p, q = ours(g)
    xs, K = losses.one_hot(g.inputs, 5), 5
    trace = bptt.forward(lstm, p, xs, (g.h0, g.c0))
    logits = readout.forward(q, trace.hs[1:])
    loss, dos = losses.softmax_cross_entropy(logits, g.targets)
    assert logits.shape == (6, K)
    return p, q, trace, logits, loss, dos


def test_every_intermediate_of_the_recorded_lstm_is_reproduced():
    g = data.recorded("002")
    _, _, trace, logits, loss, _ = run(g)

    i, f, candidate, o = lstm.split(trace.kept.gates)

    found = (i, f, candidate, o, trace.states[1][1:], trace.hs[1:], losses.softmax(logits))
    want = (vars(g.forward)[k] for k in ("i", "f", "g", "o", "c", "h", "prob"))
    assert error(found, tuple(want)) < 1e-12
    assert error(loss, g.loss) < 1e-12


def test_all_ten_gradients_of_the_recorded_lstm_are_reproduced():
    g = data.recorded("002")
    p, q, trace, _, _, dos = run(g)

    dq, dhs = readout.backward(q, trace.hs[1:], dos)
    grad = bptt.backward(lstm, p, trace, dhs)

    for k, W_x, W_h, b in zip("ifco", *(np.split(a, 4) for a in grad.params)):
        assert error(np.concatenate([W_h, W_x], axis=1).T, vars(g.grads)[f"W{k}"]) < 1e-12, k
        assert error(b, vars(g.grads)[f"b{k}"]) < 1e-12, k
    assert error((dq.W_y.T, dq.b_y), (g.grads.Wy, g.grads.by)) < 1e-12
    assert error(grad.state, (g.dL_dh0, g.dL_dc0)) < 1e-12


def test_the_recorded_layouts_of_pytorch_and_keras_are_ours_up_to_a_transpose():
    g = data.recorded("002")
    p, _ = ours(g)

    assert error(tuple(p), (g.torch.weight_ih, g.torch.weight_hh, g.torch.bias_ih)) == 0
    assert error(tuple(p), (g.keras.kernel.T, g.keras.recurrent_kernel.T, g.keras.bias)) == 0


def test_the_gates_are_blocks_in_the_order_i_f_g_o():
    rng = np.random.default_rng(0)
    D, H = 2, 3
    p = lstm.Params(*(rng.normal(size=s) for s in lstm.shapes(D, H)))
    x, h, c = rng.normal(size=D), rng.uniform(-1, 1, H), rng.normal(size=H)
    sigma = lambda z: 1 / (1 + np.exp(-z))
    z = [W_x @ x + W_h @ h + b for W_x, W_h, b in zip(*(np.split(w, 4) for w in p))]

    trace = bptt.forward(lstm, p, x[None], (h, c))

    i, f, g, o = sigma(z[0]), sigma(z[1]), np.tanh(z[2]), sigma(z[3])
    new = f * c + i * g
    assert error([s[1] for s in trace.states], [o * np.tanh(new), new]) < 1e-14
    assert error(lstm.split(trace.kept.gates[0]), (i, f, g, o)) < 1e-14


def test_init_opens_the_forget_gate_and_nothing_else():
    p = lstm.init(np.random.default_rng(0), 7, 5)
    q = lstm.init(np.random.default_rng(0), 7, 5, forget_bias=-2.5, dtype=np.float32)

    assert [w.shape for w in p] == [(20, 7), (20, 5), (20,)] == list(lstm.shapes(7, 5))
    assert [a.tolist() for a in lstm.split(p.b)] == [[0] * 5, [1] * 5, [0] * 5, [0] * 5]
    assert lstm.split(q.b)[1].tolist() == [-2.5] * 5
    assert {w.dtype for w in q} == {np.dtype(np.float32)}
    for w, fan_in in ((p.W_x, 7), (p.W_h, 5)):
        assert 0.8 / np.sqrt(fan_in) < np.abs(w).max() <= 1 / np.sqrt(fan_in)


@pytest.mark.parametrize(("arguments", "kind", "words"), [
    ((0, 3, 2), TypeError, "lstm.init: rng must be a numpy.random.Generator; got 0."),
    ((np.random.default_rng(0), 0, 2), ValueError, "lstm.init: D must be an int in [1, 1000000]; got 0."),
    ((np.random.default_rng(0), 3, 2.0), TypeError, "lstm.init: H must be an int"),
    ((np.random.default_rng(0), 3, 2, "1"), TypeError, "forget_bias must be a finite number; got '1'."),
    ((np.random.default_rng(0), 3, 2, np.nan), ValueError, "forget_bias must be a finite number; got nan."),
])
def test_init_refuses_with_a_sentence(arguments, kind, words):
    with pytest.raises(kind) as caught:
        lstm.init(*arguments)
    assert words in str(caught.value)


def test_a_huge_pre_activation_saturates_and_does_not_overflow():
    p = lstm.init(np.random.default_rng(0), 2, 3)
    big = p._replace(W_x=1e5 * p.W_x)

    trace = bptt.forward(lstm, big, np.ones((4, 2)))
    grad = bptt.backward(lstm, big, trace, np.ones((4, 3)))

    assert all(np.isfinite(a).all() for a in (*trace.states, *arrays(grad)))


def test_states_that_look_swapped_are_warned_of():
    p, xs, (h0, c0), _ = gradcheck.designed_point(lstm, np.random.default_rng(0))

    with pytest.warns(UserWarning, match=r"h0 has the entry -?3\.\d+; .* Swapped with c0\?"):
        bptt.forward(lstm, p, xs, (4 * c0, h0))
