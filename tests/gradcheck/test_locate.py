"""locate names the cause of a wrong backward pass, or says only what it knows."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.mutation import trials
from rnnlib import bptt, gradcheck, gru, gru_original, losses, lstm, rnn
from rnnlib.course import wrong
from rnnlib.course.wrong.gated import BIASES, HAND_ON, ROADS
from rnnlib.gradcheck import changes, editable, guard
from rnnlib.gradcheck import locating as module
from rnnlib.gradcheck.locating import locate, numerical_deltas

CELLS = [rnn, lstm, gru]
NAMED = [*CELLS, gru_original]


def designed(cell, seed=0, **sizes):
    return gradcheck.designed_point(cell, np.random.default_rng(seed), **sizes)


def generic(cell, seed=7):
    """A point like any other: T=4, three sequences, five units, small numbers."""
    rng = np.random.default_rng(seed)
    p = cell.init(rng, 3, 5)
    p = p._make(w + 0.1 * rng.normal(size=w.shape) for w in p)
    state = tuple(0.5 * rng.normal(size=(3, 5)) for _ in cell.STATES)
    return p, rng.normal(size=(4, 3, 3)), tuple(np.tanh(s) for s in state), rng.normal(size=(4, 3, 5))


def given(numbers):
    """A backward pass that returns these numbers, whatever it is called with."""
    return lambda *_: numbers


def deltas(cell, p, trace, dhs):
    return bptt.deltas(cell, p, trace, dhs)[0]


def at(cell, p, xs, state, dhs, mask=None):
    """Return the point of locate, with its numerical numbers."""
    trace = bptt.forward(cell, p, xs, state, mask)
    return editable.Point(cell, trace.p, trace, dhs, module.numerical_of(cell, trace.p, trace, dhs).numbers)


def from_the_zoo(name, change=None):
    """Return the arguments of locate for a mistake of the zoo, or for another change of its right pass.

    Of a whole network the cell's part is taken, with the dhs of its read-out.
    """
    m = wrong.mistake(name)
    m = m if change is None else replace(m, change=change)
    point = wrong.point(m)
    if m.in_cell:
        return m.cell, *point, m.backward
    i, y = point
    hs = bptt.forward(rnn, i["p"], i["xs"], i["h0"]).hs[1:]
    dhs = (losses.softmax(hs @ i["q"].W_y.T + i["q"].b_y) - y) @ i["q"].W_y
    g = m.last_call(point)[1]
    return rnn, i["p"], i["xs"], i["h0"], dhs, given(bptt.Gradient(g["p"], g["xs"], (g["h0"],)))


# Right passes

@pytest.mark.parametrize("cell", NAMED)
def test_numerical_deltas_are_those_of_bptt(cell):
    p, xs, state, dhs = designed(cell)
    mask = np.random.default_rng(1).random((5, 4)) < 0.7
    trace = bptt.forward(cell, p, xs, state, mask)

    numeric = numerical_deltas(cell, p, trace, dhs)

    np.testing.assert_allclose(numeric, deltas(cell, p, trace, dhs), rtol=1e-12, atol=1e-14)
    by_differences = numerical_deltas(cell, p, trace, dhs, method="central")
    np.testing.assert_allclose(by_differences, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("cell", NAMED)
def test_a_right_pass_is_called_right_in_every_form_it_may_return(cell):
    p, xs, state, dhs = designed(cell)
    forms = [
        bptt.backward, bptt.deltas, deltas, lambda *a: list(deltas(*a)),
        lambda *a: (bptt.deltas(*a)[0], *bptt.deltas(*a)[1]), lambda *a: bptt.backward(*a).params,
        lambda *a: tuple(bptt.backward(*a).params), lambda *a: {"dW_h": bptt.backward(*a).params.W_h},
    ]
    for form in forms:
        found = locate(cell, p, xs, state, dhs, form)

        assert found.sentence.startswith("Right: "), found
        takes_dlast = cell is not lstm or form in (bptt.backward, bptt.deltas)
        blind = () if takes_dlast else ("The loss does not see c_T: a pass that ignores what arrives there "
                                        "would not show.",)
        assert found.ok and found.cause is None and found.blind == blind and not found.unseen


@pytest.mark.parametrize("seed", range(50))
def test_none_of_fifty_right_passes_gets_a_cause(seed):
    rng = np.random.default_rng(seed)
    cell = NAMED[seed % 4]
    T, B, D, H = rng.integers(1, 6, 4)
    p, xs, state, dhs = designed(cell, seed, T=T, B=B, D=D, H=H)
    p = p._make(rng.uniform(0.01, 3) * w for w in p)
    mask = None if seed % 3 else rng.random((T, B)) < 0.8

    found = locate(cell, p, xs, state, dhs, (bptt.backward, deltas)[seed % 2], mask=mask)

    assert found.cause is None and not found.candidates, found
    assert not found.report.names("wrong"), found


# Mistakes made anew, in code of its own, and the cause named

IN_LSTM = {          # further changes of the right pass of an LSTM, the zoo's own are in test_wrong
    "the transpose": ({ROADS: "dh_prev = dz_i @ W_i.T + dz_f @ W_f.T + dz_g @ W_g.T + dz_o @ W_o.T"},
                      "where its transpose belongs"),
    "dh_next": ({HAND_ON: "dc_next = dc_prev"}, "dh_next is dropped"),
    "i": ({ROADS: ROADS.replace("dz_i @ W_i + ", "")}, "gate i is left out of W_h^T delta"),
    "g": ({ROADS: ROADS.replace("dz_g @ W_g + ", "")}, "gate g is left out of W_h^T delta"),
    "o": ({ROADS: ROADS.replace(" + dz_o @ W_o", "")}, "gate o is left out of W_h^T delta"),
}


@pytest.mark.parametrize("name", IN_LSTM)
def test_what_is_left_out_on_the_way_back_is_named(name):
    change, cause = IN_LSTM[name]

    found = locate(*from_the_zoo("dc-dropped", change))

    assert "right at step 6, wrong from step 5 back" in found.sentence and cause in found.cause


def test_a_bias_that_is_not_summed_over_the_batch_is_named():
    found = locate(*from_the_zoo("bias-of-one-gate", {BIASES: "db = db + dz"}))

    assert "the sum over the batch is missing, in db" in found.cause
    assert "db has shape (4, 12); expected (12,)" in found.sentence


OF_NETWORKS = {
    "no-state-before-its-own-step": (None, "dW_h is wrong"),
    "input-of-the-loss": (None, "dW_x is wrong"),
    "frozen-previous-state": (None, "dW_h is wrong"),
    "window-one-short": ("window=2", "wrong from step 4 back"),
}


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_the_double_loops_of_source_004_are_located(name):
    cause, where = OF_NETWORKS[name]

    found = locate(*from_the_zoo(name))

    assert where in found.sentence and not found.ok
    assert (found.cause is None) if cause is None else cause in found.cause


def source_001(cell, p, trace, dhs):
    """The pass of source 001, h_t = tanh(x_t W1 + h_(t-1) W2): it goes back with W2, not W2.T."""
    W2, back = p.W_h.T, 0
    delta = np.zeros_like(trace.zs)
    for t in reversed(range(len(dhs))):
        dtanh = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + back)
        delta[t] = dtanh
        back = dtanh @ W2
    return delta


def test_source_001_misses_a_transpose_and_the_step_is_named():
    found = locate(rnn, *designed(rnn), source_001)

    assert found.sentence.startswith("The deltas are right at step 5, wrong from step 4 back. One change")
    assert "W_h stands in the carry where its transpose belongs" in found.cause
    assert found.errors.shape == (5, 1) and found.errors[4, 0] < 1e-12 < 1e-3 < found.errors[3, 0]


def gru_pass(p, trace, dhs, *, leak=lambda dh, r, z: z * dh, third=lambda dn, r: r * dn,
             n_slope=lambda n: 1 - n * n, from_n=lambda z: 1 - z, back=lambda d, W: d @ W):
    """A GRU's deltas, written gate by gate; each option replaces one quantity."""
    H = dhs.shape[-1]
    W_r, W_z, W_n = p.W_h[:H], p.W_h[H:2 * H], p.W_h[2 * H:]
    out, dh_next = [], 0
    for t in reversed(range(len(dhs))):
        r, z, n = np.split(trace.kept.gates[t], 3, axis=-1)
        dh, h = dhs[t] + dh_next, trace.hs[t]
        dn = n_slope(n) * from_n(z) * dh
        dz = z * (1 - z) * (h - n) * dh
        dr = r * (1 - r) * (h @ W_n.T + p.b_n) * dn
        out.insert(0, np.concatenate([dr, dz, dn], axis=-1))
        dh_next = leak(dh, r, z) + back(dr, W_r) + back(dz, W_z) + back(third(dn, r), W_n)
    return out


@pytest.mark.parametrize("options, cause, where", [
    ({"leak": lambda dh, r, z: 0}, "the leak z * dh is dropped", "wrong from"),
    ({"leak": lambda dh, r, z: (1 - z) * dh}, "the leak carries 1 - z", "wrong from"),
    ({"third": lambda dn, r: dn}, "lacks r", "wrong from"),
    ({"n_slope": lambda n: 1 - np.tanh(n) ** 2}, "the slope of gate n is taken at the activation", "every"),
    ({"from_n": lambda z: 1}, "delta^n lacks the factor 1 - z", "wrong at every step, in"),
    ({"back": lambda d, W: d @ W.T}, "where its transpose belongs", "wrong from"),
    ({"leak": lambda dh, r, z: r * dh}, None, "z and n are off as if dL/dh_t were wrong; with a loss at"),
    ({"n_slope": lambda n: 1 - n ** 3}, None, "look at the step itself: the formulas of n."),
])
@pytest.mark.parametrize("point", [designed, generic])
def test_mistakes_in_a_gru_are_named(point, options, cause, where):
    found = locate(gru, *point(gru), lambda cell, p, trace, dhs: gru_pass(p, trace, dhs, **options))

    assert where in found.sentence
    assert (found.cause is None and not found.candidates) if cause is None else cause in found.cause


LSTM = """
def backward(cell, p, trace, dhs, dlast):
    H, (dh_next, dc_next) = dhs.shape[-1], dlast
    delta, dxs, dW_x, dW_h, db = [], np.empty_like(trace.xs), 0, 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = np.split(trace.kept.gates[t], 4, axis=-1)
        x, h, c, tanh_c = trace.xs[t], trace.hs[t], trace.cs[t], np.tanh(trace.cs[t + 1])
        dh = dhs[t] + dh_next
        from_h = dh * o * (1 - tanh_c ** 2)
        dc = dc_next + from_h
        dz_i = (dc_next * g + from_h * g) * i * (1 - i)
        dz_f = (dc_next * c + from_h * c) * f * (1 - f)
        dz_g = (dc_next * i + from_h * i) * (1 - g ** 2)
        dz_o = dh * tanh_c * o * (1 - o)
        dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)
        delta.insert(0, dz)
        dW_x, dW_h, db = dW_x + dz.T @ x, dW_h + dz.T @ h, db + dz.sum(axis=0)
        dxs[t] = dz @ p.W_x
        dh_next, dc_next = dz @ p.W_h, dc * f
    return {"delta": np.array(delta), "W_x": dW_x, "W_h": dW_h, "b": db, "xs": dxs,
            "h0": dh_next, "c0": dc_next}
"""
RNN = """
def backward(cell, p, trace, dhs):
    h, back, delta, db = trace.hs, 0, np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + back
        delta[t] = (1 - h[t + 1] ** 2) * dh
        db = db + delta[t].sum(axis=0)
        back = delta[t] @ p.W_h
    return {"delta": delta, "b": db, "h0": back}
"""
GRU = """
def backward(cell, p, trace, dhs):
    H, dh_next, delta = dhs.shape[-1], 0, []
    W_r, W_z, W_n = np.split(p.W_h, 3)
    dW_n = db_n = 0
    for t in reversed(range(len(dhs))):
        r, z, n = np.split(trace.kept.gates[t], 3, axis=-1)
        dh, h = dhs[t] + dh_next, trace.hs[t]
        hn = h @ W_n.T + p.b_n
        dn = (1 - n ** 2) * (1 - z) * dh
        dz = z * (1 - z) * (h - n) * dh
        dr = r * (1 - r) * hn * dn
        dhn = r * dn
        delta.insert(0, np.concatenate([dr, dz, dn], axis=-1))
        dh_next = z * dh + dr @ W_r + dz @ W_z + dhn @ W_n
        dW_n, db_n = dW_n + dhn.T @ h, db_n + dhn.sum(axis=0)
    delta = np.array(delta)
    W_h = np.concatenate([np.einsum("tbk,tbh->kh", delta[..., :2 * H], trace.hs[:-1]), dW_n])
    return {"delta": delta, "W_h": W_h, "b_n": db_n, "h0": dh_next}
"""


OLD = """
def backward(cell, p, trace, dhs):
    dh_next, delta = 0, []
    W_r, W_z, W_n = np.split(p.W_h, 3)
    for t in reversed(range(len(dhs))):
        r, z, n = np.split(trace.kept.gates[t], 3, axis=-1)
        dh, h = dhs[t] + dh_next, trace.hs[t]
        dn = (1 - n ** 2) * (1 - z) * dh
        dz = z * (1 - z) * (h - n) * dh
        dr = (dn @ W_n) * h * r * (1 - r)
        delta.insert(0, np.concatenate([dr, dz, dn], axis=-1))
        dh_next = z * dh + dr @ W_r + dz @ W_z + r * (dn @ W_n)
    return {"delta": np.array(delta), "h0": dh_next}
"""


def written(text, *changes):
    """Return the function of a text in which some lines read otherwise."""
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    names = {"np": np}
    exec(text, names)
    return names["backward"]


OTHER_LEAK = ("dh_next = z * dh", "dh_next = (1 - z) * dh")
OTHER_N = ("(1 - n ** 2) * (1 - z)", "(1 - n ** 2) * z")


@pytest.mark.parametrize("cell, text, changes, cause", [
    (lstm, LSTM, [], None),
    (gru, GRU, [], None),
    (rnn, RNN, [], None),
    (rnn, RNN, [("(1 - h[t + 1] ** 2) * dh", "(1 - h[t + 1] ** 2) * dhs[t] + back")],
     "the slope multiplies the dhs of the step, and not what is carried back"),
    (rnn, RNN, [("(1 - h[t + 1] ** 2)", "(1 + h[t + 1] ** 2)")], "the slope is 1 + h^2 (it is 1 - h^2)"),
    (rnn, RNN, [("(1 - h[t + 1] ** 2)", "(1 - h[t + 1]) ** 2")], "the slope is (1 - h)^2 (it is 1 - h^2)"),
    (rnn, RNN, [("(1 - h[t + 1] ** 2)", "(1 - h[t + 1] ** 2) ** 2")],
     "the slope of the tanh is there twice (it is 1 - h^2)"),
    (rnn, RNN, [("(1 - h[t + 1] ** 2)", "(h[t + 1] > 0)")], "the slope is that of a ReLU, 1 where h > 0"),
    (lstm, LSTM, [("from_h = dh * o * (1 - tanh_c ** 2)", "from_h = dh * o * (1 - tanh_c)")],
     "the slope of tanh(c_t), 1 - tanh(c_t)^2, lacks its square"),
    (lstm, LSTM, [("from_h = dh * o * (1 - tanh_c ** 2)", "from_h = dh * o * (1 - tanh_c ** 2) ** 2")],
     "the slope of tanh(c_t), 1 - tanh(c_t)^2, is there twice"),
    (lstm, LSTM, [("from_h = dh * o * (1 - tanh_c ** 2)",
                   "dc_next, from_h = 2 * dc_next, 2 * dh * o * (1 - tanh_c ** 2)")],
     "dc is doubled, as by dc += dc"),
    (lstm, LSTM, [("from_h = dh * o", "from_h = (dh + dh_next) * o")], "dc counts dh_next twice"),
    (lstm, LSTM, [("dz @ p.W_h, dc * f", "dz @ p.W_h + dz_g @ p.W_h[2 * H:3 * H], dc * f")],
     "gate g is twice in W_h^T delta"),
    (gru, GRU, [("dh_next = z * dh", "dh_next = z * dhs[t]")], "dh_next does not reach the leak"),
    (gru, GRU, [("hn * dn", "h * (dn @ W_n)")], "delta^r is that of the original form"),
    (gru, GRU, [("+ dhn @ W_n", "+ r * (dn @ W_n)")], "r multiplies what W_h^n sends back, and should"),
    (gru_original, OLD, [], None),
    (gru_original, OLD, [("(dn @ W_n) * h *", "(dn @ W_n) * trace.hs[t + 1] *")],
     "delta^r takes h_t, not h_(t-1)"),
    (gru_original, OLD, [("(h - n)", "(trace.hs[t + 1] - n)")], "delta^z takes h_t, not h_(t-1)"),
    (gru_original, OLD, [("(dn @ W_n) * h *", "dn * (h @ W_n.T) *")], "delta^r is that of PyTorch's form"),
    (gru_original, OLD, [("r * (dn @ W_n)", "(r * dn) @ W_n")], "r multiplies delta^n before W_h^n takes it"),
    (gru_original, OLD, [("(dn @ W_n) * h *", "dn * (h @ W_n.T) *"), ("r * (dn @ W_n)", "(r * dn) @ W_n")],
     "the backward pass of PyTorch's form"),
    (rnn, RNN, [("db = db + delta[t]", "db = db + dh")], "the slope is missing, in db alone"),
    (rnn, RNN, [("@ p.W_h", "@ p.W_h + dh")], "dh itself is handed on, besides what the formulas give"),
    (lstm, LSTM, [("dz @ p.W_h, dc * f", "dz @ p.W_h + dh, dc * f")], "dh itself is handed on, besides"),
    *((lstm, LSTM, [(f"(dc_next * {x} + from_h * {x})", f"dc_next * {x} + from_h * {x}")],
       f"the slope of gate {k} multiplies what h_t sends to c_t, and not dc_next")
      for k, x in (("i", "g"), ("f", "c"), ("g", "i"))),
    (lstm, LSTM, [(f"(dc_next * {x} + from_h * {x})", f"dc_next * {x} + from_h * {x}") for x in "gci"],
     "the slopes of i, f and g multiply what h_t sends to c_t, and not dc_next"),
    (lstm, LSTM, [("dz @ p.W_h, dc * f", "dz @ p.W_h, dc_next * f")], "dc_prev takes dc_next as it came"),
    (lstm, LSTM, [("from_h = dh * o", "from_h = dhs[t] * o")], "dh_next does not reach c_t"),
    (lstm, LSTM, [("dz_o = dh *", "dz_o = dhs[t] *")], "dh_next does not reach delta^o"),
    (lstm, LSTM, [("from_h = dh", "dc_next = 2 * dc_next\n        from_h = dh")], "dc counts dc_next twice"),
    (lstm, LSTM, [("trace.cs[t + 1]", "trace.cs[t]")], "tanh(c_(t-1)) stands for tanh(c_t)"),
    (lstm, LSTM, [("tanh_c * o * (1 - o)", "tanh_c * (1 - o)")], "the slope of gate o lacks its factor o"),
    (lstm, LSTM, [("dxs[t] = dz @", "dxs[t] = (dz * (np.arange(4 * H) // H != 1)) @")],
     "gate f is left out of W_x^T delta, in dxs"),
    (lstm, LSTM, [("    return {", "    D, both = x.shape[1], np.hstack([dW_h, dW_x])\n"
                   "    dW_x, dW_h = both[:, :D], both[:, D:]\n    return {")],
     "[dW_h, dW_x] is one matrix, and is cut apart as if dW_x came first"),
    (gru, GRU, [OTHER_LEAK, OTHER_N], "z stands for 1 - z in delta^n, and 1 - z for z in the leak"),
    (gru, GRU, [OTHER_LEAK, OTHER_N, ("(h - n)", "(n - h)")], "of the other convention"),
    (gru, GRU, [("W_n.T + p.b_n", "W_n.T")], "delta^r takes W_h^n h_(t-1) without b_n"),
    (gru, GRU, [("dhn = r * dn", "dhn = dn")], "W_h^n takes r * delta^n back, in dW_h and db_n too"),
])
@pytest.mark.parametrize("point", [designed, generic])
def test_mistakes_of_published_passes_are_named(point, cell, text, changes, cause):
    here = point(cell)
    last = (tuple(np.random.default_rng(4).normal(size=s.shape) for s in here[2]) if cell is lstm else None)

    found = locate(cell, *here, written(text, *changes), dlast=last)

    assert found.ok if cause is None else cause in (found.cause or ""), found


def test_gradients_of_one_shape_may_be_exchanged():
    def backward(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs).params
        return found._replace(W_x=found.W_h, W_h=found.W_x)

    assert locate(lstm, *designed(lstm, D=3), backward).cause == "dW_x and dW_h are exchanged"


def test_what_the_loss_sends_to_one_of_two_last_states_may_be_ignored():
    here = designed(lstm)
    last = tuple(np.random.default_rng(5).normal(size=s.shape) for s in here[2])
    for k, name in enumerate("hc"):
        def backward(cell, p, trace, dhs, dlast, k=k):
            some = tuple(d * (j != k) for j, d in enumerate(dlast))
            return bptt.backward(cell, p, trace, dhs, dlast=some)

        assert locate(lstm, *here, backward, dlast=last).cause == (
            f"what the loss sends to the last {name} (dlast) is ignored")


@pytest.mark.parametrize("handed, cause", [
    ("d_W + (1 - m) * dh", "a masked step goes back by its formulas, besides handing on what it received"),
    ("m * d_W + (1 - m) * dhs[t]", "a masked step hands on the loss of its step alone"),
])
def test_mistakes_at_masked_steps_are_named(handed, cause):
    text = f"""
def backward(cell, p, trace, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        m, dh = trace.mask[t][:, None], dhs[t] + carry
        delta[t] = dh * (1 - np.tanh(trace.zs[t]) ** 2) * {'m' if 'm *' in handed[:3] else '1'}
        d_W = delta[t] @ p.W_h
        carry = {handed}
    return delta
"""
    mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]], dtype=bool)

    assert cause in locate(rnn, *designed(rnn), written(text), mask=mask).cause


@pytest.mark.parametrize("cell, point", [(rnn, designed), (rnn, generic), (lstm, designed), (gru, generic)])
@pytest.mark.parametrize("wrong, cause", [
    (lambda *a: bptt.backward(*a, window=1), "nothing is carried back"),
    (lambda *a: bptt.backward(*a, window=3), "window=3"),
    (lambda c, p, t, d: bptt.deltas(c, p, t, d * (np.arange(len(d)) == len(d) - 1)[:, None, None]),
     "only the loss of the last step"),
    (lambda *a: deltas(*a) / a[3].shape[0], "steps stands for the sum"),
    (lambda *a: deltas(*a) / a[3].shape[1], "sequences stands for the sum"),
    (lambda *a: bptt.backward(*a).params._replace(b=deltas(*a).mean((0, 1))), "steps and sequences"),
    (lambda *a: {"b": deltas(*a).sum(0)}, "the sum over the batch is missing"),
    (lambda *a: {"b": deltas(*a)[:, 0].sum(0)}, "only sequence 1 of the batch is used"),
    (lambda *a: deltas(*a)[::-1].copy(), "reverse order of time"),
    (lambda *a: deltas(*a).swapaxes(0, 1), "time and batch are exchanged"),
    (lambda *a: -deltas(*a), "the sign is wrong"),
])
def test_mistakes_that_every_cell_may_share_are_named(cell, point, wrong, cause):
    found = locate(cell, *point(cell), wrong)

    assert cause in found.cause, found


def judged(here, numbers, parts):
    """Return the parts of numbers, and the Location of a pass that returns them."""
    chosen = {name: np.array(numbers[name]) for name in parts}
    return chosen, module.judged(here, chosen, [], chosen)


def same_change(text, cause):
    """True if both name one change, whatever the places named; "and the same for c" includes it."""
    a, b = (t.replace(changes.BOTH, "").removesuffix(", everywhere").removesuffix(", in delta")
            .removesuffix(", in dW_h") for t in (text, cause))
    return a.startswith(b) or (changes.BOTH in text and a.replace("h", "c") == b.replace("h", "c"))


def masked(cell):
    return *designed(cell, 3), np.random.default_rng(5).random((5, 4)) < 0.6


@pytest.mark.parametrize("cell", NAMED)
@pytest.mark.parametrize("point", [designed, generic, masked])
def test_every_change_of_the_list_is_named_and_no_other(cell, point):
    """Whether a pass returns deltas, all numbers or parameters, the cause is the change that was made."""
    here = at(cell, *point(cell))
    forms = tuple(here.right), ("delta",), cell.Params._fields
    for k, (text, numbers, shows) in enumerate(changes.listed(here)[:: 1 if point is designed else 2]):
        chosen, found = judged(here, numbers, forms[0 if point is designed else k % 3])

        if editable.agree(chosen, here.right, here.G):
            assert found.cause is None and not found.candidates
        else:
            assert shows and found.candidates == (found.cause,), (text, found)
            assert same_change(text, found.cause), (text, found)


# Points that cannot see

DEGENERATE = {
    "T=1": lambda p, xs, state, dhs: (p, xs[:1], state, dhs[:1]),
    "T=2": lambda p, xs, state, dhs: (p, xs[:2], state, dhs[:2]),
    "T=B": lambda p, xs, state, dhs: (p, xs[:4], state, dhs[:4]),
    "one sequence": lambda p, xs, state, dhs: (p, xs[:, :1], tuple(s[:1] for s in state), dhs[:, :1]),
    "no batch": lambda p, xs, state, dhs: (p, xs[:, 0], tuple(s[0] for s in state), dhs[:, 0]),
    "h0=0": lambda p, xs, state, dhs: (p, xs, None, dhs),
    "T=1, h0=0": lambda p, xs, state, dhs: (p, xs[:1], None, dhs[:1]),
    "last loss": lambda p, xs, state, dhs: (p, xs, state, dhs * (np.arange(5) == 4)[:, None, None]),
    "no W_h": lambda p, xs, state, dhs: (p._replace(W_h=0 * p.W_h), xs, state, dhs),
    "symmetric W_h": lambda p, xs, state, dhs: (
        p._replace(W_h=np.concatenate([w + w.T for w in np.split(p.W_h, len(p.W_h) // 3)])), xs, state, dhs),
    "equal gates": lambda p, xs, state, dhs: (
        p._make(np.concatenate([w[:3]] * (len(w) // 3)) for w in p), xs, state, dhs),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("where", DEGENERATE)
def test_a_point_that_cannot_see_never_names_a_wrong_cause(cell, where):
    """Whatever was changed: it is among the candidates, and named as the cause only if it is the only one."""
    here = at(cell, *DEGENERATE[where](*designed(cell)))
    for k, (text, numbers, _) in enumerate(changes.listed(here)[len(where) % 5::5]):
        chosen, found = judged(here, numbers, (tuple(here.right), ("delta",))[k % 2])

        if editable.agree(chosen, here.right, here.G):
            assert found.cause is None and not found.candidates
        else:
            assert any(same_change(text, cause) for cause in found.candidates), (text, found)
            assert (found.cause is None) == (len(found.candidates) > 1)


@pytest.mark.parametrize("where", ["T=1", "T=2", "no W_h", "equal gates", "T=B"])
def test_some_changes_give_the_same_numbers_there(where):
    here = at(lstm, *DEGENERATE[where](*designed(lstm)))

    found = (judged(here, numbers, tuple(here.right))[1] for _, numbers, _ in changes.listed(here))

    assert any(f.cause is None and "changes give the same numbers" in f.sentence for f in found)


@pytest.mark.parametrize("where, sentence", [
    ("T=1", "T=1: nothing travels"), ("symmetric W_h", "W_h is symmetric"), ("h0=0", "initial state is zero"),
])
def test_what_hides_a_mistake_is_said(where, sentence):
    def forgets_h0(cell, p, trace, dhs):
        grad = bptt.backward(cell, p, trace, dhs).params
        past = np.concatenate([0 * trace.hs[:1], trace.hs[1:-1]])
        return grad._replace(W_h=np.einsum("tbi,tbj->ij", deltas(cell, p, trace, dhs), past))

    wrong = forgets_h0 if where == "h0=0" else source_001
    assert not locate(rnn, *designed(rnn), wrong).ok

    found = locate(rnn, *DEGENERATE[where](*designed(rnn)), wrong)

    assert found.cause is None and found.sentence.startswith("Right as far as this point can see")
    assert sentence in repr(found)


def test_two_causes_that_one_point_cannot_tell_apart_are_both_named():
    wrong = lambda *a: deltas(*a) / 4

    found = locate(rnn, *DEGENERATE["T=B"](*designed(rnn)), wrong)

    assert found.cause is None and len(found.candidates) == 2
    assert "0.25 times" in found.sentence and "2 changes give the same numbers" in found.sentence
    assert "4 steps" in found.sentence and "4 sequences" in found.sentence


# What is not in the list: no cause, the right place

@pytest.mark.parametrize("cell", CELLS)
def test_a_mistake_outside_the_list_gets_its_place_and_no_cause(cell):
    H, last = 3, len(editable.GATES[cell]) - 1

    def odd_carry(cell, p, trace, dhs):
        return deltas(cell, p._replace(W_h=1.01 * p.W_h), trace, dhs)

    def odd_gate(cell, p, trace, dhs):
        delta = deltas(cell, p, trace, dhs)
        delta[..., last * H:] *= 1.5
        return delta

    def odd_step(cell, p, trace, dhs):
        delta = deltas(cell, p, trace, dhs)
        delta[2] *= 1.1
        return delta

    def odd_sum(cell, p, trace, dhs):
        delta, _ = bptt.deltas(cell, p, trace, dhs)
        grad = bptt.backward(cell, p, trace, dhs).params
        return {"delta": delta, **grad._replace(W_x=1.3 * grad.W_x)._asdict()}

    carry, gate, step, total = (
        locate(cell, *designed(cell), f) for f in (odd_carry, odd_gate, odd_step, odd_sum))

    assert "right at step 5, wrong from step 4 back" in carry.sentence
    assert "look at what step 5 sends back" in carry.sentence
    if cell is rnn:
        assert "Every delta is 1.5 times" in gate.sentence
    else:
        assert f"wrong at every step, in gate {editable.GATES[cell][last]}." in gate.sentence
    assert "wrong at step 3" in step.sentence and "right elsewhere" in step.sentence
    assert total.sentence.startswith("The deltas are right, but dW_x is wrong.")
    assert not any(found.cause or found.candidates for found in (carry, gate, step, total))


def test_a_factor_of_one_is_not_said_to_explain_anything():
    found = locate(rnn, *designed(rnn), lambda *a: deltas(*a) * (1 + 5e-10 * np.arange(3)))

    assert found.sentence.startswith("The deltas are wrong at every step.") and "times" not in found.sentence


def test_a_cell_of_ones_own_is_held_against_ours():
    class Mine:
        Params, STATES, shapes, step, gradient = rnn.Params, rnn.STATES, rnn.shapes, rnn.step, rnn.gradient

        @staticmethod
        def step_backward(p, dstate, at):
            delta = dstate[0] * (1 - at.after[0] ** 2)
            return delta, (delta @ p.W_h.T,)

    found = locate(Mine, *designed(rnn))

    assert "transpose" in found.cause and found.sentence.startswith("The deltas are right at step 5, wrong")
    by_gradient = locate(Mine, *designed(rnn), bptt.backward)
    assert "transpose" in by_gradient.cause
    assert "by dxs, the deltas are right at step 5" in by_gradient.sentence


def test_a_cell_that_is_none_of_ours_may_lack_a_right_pass():
    class Leaky:
        Params, STATES, shapes, Kept = rnn.Params, rnn.STATES, rnn.shapes, rnn.Kept

        @staticmethod
        def step(p, u, state):
            z = u + state[0] @ p.W_h.mT
            return (0.5 * state[0] + 0.5 * np.tanh(z),), rnn.Kept(z)

    forgets_the_leak = lambda cell, p, trace, dhs: deltas(rnn, p, trace, dhs)

    found = locate(Leaky, *designed(rnn), forgets_the_leak)

    assert found.cause is None and "look at the step itself" in found.sentence


@pytest.mark.parametrize("cell", NAMED)
def test_masks_and_more_batch_axes(cell):
    p, xs, state, dhs = designed(cell, T=4, B=6)
    mask = np.random.default_rng(5).random((4, 6)) < 0.8
    wide = [a.reshape(*a.shape[:-2], 2, 3, a.shape[-1]) for a in (xs, *state, dhs)]
    wide = p, wide[0], tuple(wide[1:-1]), wide[-1]

    for point, options in (((p, xs, state, dhs), {"mask": mask}), (wide, {})):
        assert locate(cell, *point, **options).sentence.startswith("Right")
        assert "window=2" in locate(cell, *point, lambda *a: bptt.backward(*a, window=2), **options).cause


# Aliasing

def test_a_pass_that_writes_into_dhs_is_found_out():
    def wrong(cell, p, trace, dhs):
        delta, back = np.zeros_like(trace.zs), 0
        for t in reversed(range(len(dhs))):
            dhs[t] += back
            delta[t] = dhs[t] * (1 - trace.hs[t + 1] ** 2)
            back = delta[t] @ p.W_h
        return delta

    p, xs, state, dhs = designed(rnn)
    before = dhs.copy()
    found = locate(rnn, p, xs, state, dhs, wrong)

    assert "changes dhs in place" in found.cause and not found.ok
    np.testing.assert_array_equal(dhs, before)


def test_a_second_call_that_differs_is_found_out():
    kept = []

    def accumulates(cell, p, trace, dhs):
        kept.append(bptt.backward(cell, p, trace, dhs).params)
        return p._make(sum(g) for g in zip(*kept))

    def remembers(cell, p, trace, dhs):
        kept.append(1)
        return deltas(cell, p, trace, dhs) * len(kept)

    point = designed(lstm)
    assert "never reset" in locate(lstm, *point, accumulates).cause
    kept.clear()
    assert "something is kept between calls" in locate(lstm, *point, remembers).cause


# Bad input: one sentence

@pytest.mark.parametrize("backward, sentence", [
    (3.0, "A backward pass is a function; got 3.0."),
    (3, "A backward pass is a function; got 3."),
    (lambda *a: None, "returns nothing; expected deltas"),
    (lambda *a: ..., "returns nothing"),
    (lambda: 0, "is called with (cell, p, trace, dhs); it takes ()."),
    (lambda *a: 1 / 0, "stops with ZeroDivisionError: division by zero."),
    (lambda *a: "delta", "delta must be a float64 array"),
    (lambda *a: (), "returns 0 things"),
    (lambda *a: {}, "The dict is empty."),
    (lambda *a: {"W": 1}, "Unknown name 'W'"),
    (lambda *a: {"dW_h": None}, "dW_h must be a float64 array; got None."),
    (lambda *a: deltas(*a).astype(np.float32), "float32: compute in float64, as ten digits are compared."),
    (lambda *a: deltas(*a)[0], "delta has shape (4, 3); expected (5, 4, 3)."),
    (lambda *a: deltas(*a) * np.nan, "delta is not finite, first at step 1."),
    (lambda *a: np.float64(np.nan), "delta has shape (); expected (5, 4, 3)."),
    (lambda *a: deltas(*a).swapaxes(0, 1) * np.nan, "delta has shape (4, 5, 3); expected (5, 4, 3)."),
    (lambda *a: bptt.Gradient(None, None, None), "A Gradient holds Params(W_x, W_h, b)"),
    (lambda *a: [[1, 2], [3]], "returns 2 things"),
    (lambda c, p, t, d: t.p.W_h.fill(1) or deltas(c, p, t, d), "changes p.W_h in place"),
])
def test_bad_input_gets_one_sentence(backward, sentence):
    found = locate(rnn, *designed(rnn), backward)

    assert sentence in found.sentence and "\n" not in found.sentence
    assert not found.ok
    repr(found), found._repr_html_()


def test_bad_points_are_refused():
    p, xs, state, dhs = designed(rnn)
    with pytest.raises(TypeError, match="float64; got float32"):
        locate(rnn, p._make(w.astype(np.float32) for w in p), xs.astype(np.float32))
    with pytest.raises(ValueError, match="dhs must be of shape"):
        locate(rnn, p, xs, state, dhs[1:])
    with pytest.raises(ValueError, match="a small point"):
        locate(rnn, p, np.zeros((2000, 4, 2)))


def test_the_table_shows_gates_and_steps():
    p, xs, state, dhs = designed(lstm)
    found = locate(lstm, p, xs, state, dhs, lambda *a, dlast: bptt.deltas(*a, window=1, dlast=dlast))

    table = found._repr_html_()

    assert table.count("<tr>") == 5 and table.count('scope="col"') == 6
    assert "δ<sup>f</sup>" in table and "✓" in table and "✗" in table
    assert found.errors.shape == (5, 4)
    assert repr(found) == found.sentence


def test_a_pass_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.2)

    def loops(cell, p, trace, dhs):
        while True:
            pass

    found = locate(rnn, *designed(rnn), loops)

    assert found.sentence == "The backward pass is not done after 0.2 seconds: some loop does not end."


def test_what_a_pass_prints_is_shown_once(capsys):
    def tells(cell, p, trace, dhs):
        print("here")
        return bptt.deltas(cell, p, trace, dhs)

    assert locate(rnn, *designed(rnn), tells).ok
    assert capsys.readouterr().out == "here\n"


def test_the_checker_itself_says_where():
    assert gradcheck.locate is locate and gradcheck.locate(lstm, *designed(lstm)).ok


@pytest.mark.parametrize("name", ["W_x", "W_h", "b"])
def test_a_parameter_whose_gate_was_pasted_is_told_which(name):
    p, xs, state, dhs = designed(lstm)

    def pasted(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs).params
        i, f, g, o = np.split(getattr(found, name), 4)
        return found._replace(**{name: np.concatenate([i, i, g, o])})

    found = locate(lstm, p, xs, state, dhs, pasted)

    assert found.cause == f"gate f of d{name} is a copy of gate i"


@pytest.mark.parametrize("cell", [rnn, lstm, gru])
def test_a_carry_with_the_wrong_sign_is_not_taken_for_a_delta_with_it(cell):
    def flipped(cell, p, trace, dhs):
        delta, carry = np.empty_like(trace.zs), [0 * s[0] for s in trace.states]
        for t, at in reversed(list(enumerate(trace.steps()))):
            delta[t], back = cell.step_backward(p, (dhs[t] + carry[0], *carry[1:]), at)
            carry = [-c for c in back]
        return delta, tuple(carry)

    point = designed(cell)

    assert locate(cell, *point, flipped).cause == "what is carried back has the wrong sign"
    alone = locate(cell, *point, lambda *a: {"h0": flipped(*a)[1][0]})
    assert alone.cause in (None, "what is carried back has the wrong sign")
    assert "what is carried back has the wrong sign" in alone.candidates


# Where the complex step cannot decide

@pytest.mark.parametrize("name", trials.OWN)
def test_a_cell_that_is_not_analytic_is_located_all_the_same(name):
    cell = trials.OWN[name]
    transposed = lambda c, p, *rest: deltas(c, p._replace(W_h=p.W_h.T), *rest)

    assert locate(cell, *designed(cell)).sentence.startswith("Right: delta, dW_x, dW_h, db, dxs, dh0")
    assert "transpose" in locate(cell, *designed(cell), transposed).cause


def test_at_a_kink_locate_says_kink():
    cell = trials.OWN["relu, 1 at 0"]
    p, xs, (h0,), dhs = designed(cell)
    p, xs, h0 = p._replace(b=0 * p.b), xs.copy(), h0.copy()
    xs[0, 1], h0[1] = 0, 0

    found = locate(cell, p, xs, h0, dhs)

    assert not found.ok and "cannot be judged here: kink" in found.sentence
    assert found.report.names("kink") == ["delta", "db", "dxs", "dh0"] and not found.report.names("wrong")


def test_an_exploding_network_is_located():
    p, xs, state, dhs = designed(rnn, 1, T=30, H=8)
    p = p._replace(W_h=10 * p.W_h / np.sqrt(8))

    assert locate(rnn, p, xs, state, dhs).ok
    assert "transpose" in locate(rnn, p, xs, state, dhs, source_001).cause


def test_what_arrives_in_the_last_cell_state_is_located():
    def ignores(cell, p, trace, dhs, dlast):
        return bptt.deltas(cell, p, trace, dhs)

    found = locate(lstm, *designed(lstm), ignores)

    assert found.cause == "what the loss sends to the last state (dlast) is ignored"
    assert locate(lstm, *designed(lstm), lambda *a, dlast: bptt.deltas(*a, dlast=dlast)).ok


# Published mistakes, written anew

def looped(cell, p, trace, dhs, *, edit=lambda t, delta: delta, rows=None, carry=lambda t, new: new):
    """A backward pass as a reader writes it, step by step, around the formulas of the cell."""
    delta, back = np.zeros_like(trace.zs), tuple(0 * s[0] for s in trace.states)
    for t in reversed(range(len(dhs))) if rows is None else rows(len(dhs)):
        part, new = cell.step_backward(p, (dhs[t] + back[0], *back[1:]), trace.at(t))
        delta[t] = edit(t, part)
        back = carry(t, new)
    return delta, back


PUBLISHED = {
    "all zero": (lambda c, p, t, d: 0 * t.zs, "all deltas are left zero"),
    "first loss": (lambda c, p, t, d: looped(c, p, t, d * (np.arange(len(d)) == 0)[:, None, None]),
                   "only the loss of the first step is injected"),
    "forward": (lambda *a: looped(*a, rows=range), "the loop runs forward in time"),
    "one carry": (lambda *a: looped(*a, carry=lambda t, new: tuple(0 * n if t == 1 else n for n in new)),
                  "nothing is carried from step 2 to step 1"),
}


@pytest.mark.parametrize("cell", NAMED)
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_mistake_is_named(cell, name):
    wrong, cause = PUBLISHED[name]

    assert cause in locate(cell, *designed(cell), wrong).cause


@pytest.mark.parametrize("cell", NAMED)
def test_clipping_inside_the_pass_is_named(cell):
    def clips(c, p, trace, dhs):
        """The formulas give delta; what is carried back is W_h^T of the clipped one."""
        here = at(c, p, trace.xs, tuple(s[0] for s in trace.states), dhs)
        return here.passed(delta=lambda v, d: np.clip(d, -1, 1))

    assert locate(cell, *designed(cell), clips).cause == "delta is clipped to ±1 inside the pass"


def lstm_helper(trace, p, dhs, everywhere):
    """One helper, 1 - tanh(x)^2, called with what is squashed already."""
    sigma = lambda z: 1 / (1 + np.exp(-z))
    d_tanh, d_sigma = lambda y: 1 - np.tanh(y) ** 2, lambda y: sigma(y) * (1 - sigma(y))
    d_sigma = d_sigma if everywhere else lambda y: y * (1 - y)
    dh_next, dc_next, out = 0, 0, []
    for t in reversed(range(len(dhs))):
        (i, f, g, o), tanh_c = np.split(trace.kept.gates[t], 4, axis=-1), np.tanh(trace.cs[t + 1])
        dh = dhs[t] + dh_next
        dc = dc_next + dh * o * d_tanh(tanh_c)
        out.insert(0, np.concatenate([dc * g * d_sigma(i), dc * trace.cs[t] * d_sigma(f),
                                      dc * i * d_tanh(g), dh * tanh_c * d_sigma(o)], axis=-1))
        dh_next, dc_next = out[0] @ p.W_h, dc * f
    return np.array(out)


@pytest.mark.parametrize("everywhere", [False, True])
def test_one_helper_for_all_slopes_is_named(everywhere):
    found = locate(lstm, *designed(lstm), lambda c, p, t, d: lstm_helper(t, p, d, everywhere))

    assert found.cause.startswith("one helper takes the slope of what is squashed already")
    assert ("of all four gates" in found.cause) == everywhere


def test_dh_overwritten_in_a_gru_is_named():
    def overwrites(cell, p, trace, dhs):
        dh_next, out = 0, []
        for t in reversed(range(len(dhs))):
            (r, z, n), h = np.split(trace.kept.gates[t], 3, axis=-1), trace.hs[t]
            dh = dhs[t] + dh_next
            dh = dh * (1 - z) * (1 - n * n)
            dz = dh * (h - n) * z * (1 - z)
            dr = dh * trace.kept.hns[t] * r * (1 - r)
            out.insert(0, np.concatenate([dr, dz, dh], axis=-1))
            dh_next = dh * z + np.concatenate([dr, dz, dh * r], axis=-1) @ p.W_h
        return np.array(out)

    cause = locate(gru, *designed(gru), overwrites).cause
    assert cause == "dh is overwritten by delta^n, which z and the leak then take for dh"


def test_the_other_form_of_the_gru_is_named():
    def original(cell, p, trace, dhs):
        own = gru_original.Params(*p[:3])
        kept = gru_original.Kept(trace.kept.zs, trace.kept.gates)
        return bptt.deltas(gru_original, own, replace(trace, kept=kept, p=None, p_bytes=None), dhs)

    assert "the backward pass of the original form" in locate(gru, *designed(gru), original).cause

    def pytorch(cell, p, trace, dhs):
        H = dhs.shape[-1]
        hns = trace.hs[:-1] @ p.W_h[2 * H:].T
        kept, own = gru.Kept(trace.kept.zs, trace.kept.gates, hns), gru.Params(*p, np.zeros(H))
        return bptt.deltas(gru, own, replace(trace, kept=kept, p=None, p_bytes=None), dhs)

    assert "pass of PyTorch's form" in locate(gru_original, *designed(gru_original), pytorch).cause


def masked_pass(hand_on, see=lambda m, d: tuple(m * x for x in d)):
    """A backward pass under a mask, as a reader writes it; see(m, dstate) goes into the formulas."""
    def wrong(cell, p, trace, dhs):
        delta, back = np.zeros_like(trace.zs), tuple(0 * s[0] for s in trace.states)
        for t in reversed(range(len(dhs))):
            m, old = trace.mask[t][:, None] * 1.0, (dhs[t] + back[0], *back[1:])
            delta[t], new = cell.step_backward(p, see(m, old), trace.at(t))
            back = hand_on(m, new, old)
        return delta

    return wrong


def chosen(m, new, old):
    return tuple(m * n + (1 - m) * o for n, o in zip(new, old))


@pytest.mark.parametrize("cell", NAMED)
@pytest.mark.parametrize("wrong, cause", [
    (masked_pass(chosen), None),
    (masked_pass(lambda m, new, old: new), "a masked step hands on nothing"),
    (masked_pass(lambda m, new, old: chosen(1 - m, new, old), lambda m, d: tuple((1 - m) * x for x in d)),
     "the mask is inverted"),
    (masked_pass(chosen, lambda m, d: d), "the delta of a masked step is not zero"),
    (masked_pass(lambda m, new, old: new, lambda m, d: d), "the mask is ignored on the way back"),
    (lambda c, p, t, d: deltas(c, p, t, d * t.mask[..., None]), "the loss of masked steps is dropped"),
])
def test_a_mistake_with_the_mask_is_named(cell, wrong, cause):
    *point, mask = masked(cell)

    found = locate(cell, *point, wrong, mask=mask)

    assert found.ok and found.cause is None if cause is None else found.cause.startswith(cause), found


def test_a_mask_that_acts_on_one_state_of_an_lstm_is_named():
    *point, mask = masked(lstm)
    only_h = masked_pass(lambda m, new, old: (m * new[0] + (1 - m) * old[0], new[1]))

    assert locate(lstm, *point, only_h, mask=mask).cause == (
        "a masked step hands on its dh as it came, and nothing of its dc")


def test_a_pass_of_zeros_is_said_to_be_left_zero_where_all_is_hidden():
    found = locate(rnn, *designed(rnn, T=1), lambda cell, p, trace, dhs: 0 * dhs)

    assert "give the same numbers: all deltas are left zero; or" in found.sentence


def test_what_agrees_to_the_digits_of_float32_is_not_called_wrong():
    def backward(cell, p, trace, dhs):
        slopes, carry, delta = (1 - trace.hs[1:] ** 2).astype(np.float32), 0, np.zeros_like(dhs)
        for t in reversed(range(len(dhs))):
            delta[t] = slopes[t] * (dhs[t] + carry)
            carry = delta[t] @ p.W_h
        return delta

    found = locate(rnn, *designed(rnn), backward)

    assert not found.ok and found.report.names("float32") == ["delta"]
    assert found.sentence.startswith("delta cannot be judged: not certified: the two agree to 7 digits")
    nearly = locate(rnn, *designed(rnn), lambda *a: (deltas(*a) + 1e7) - 1e7)       # float64, and cancelled
    assert nearly.ok and "delta is right to " in nearly.sentence and "float32" not in nearly.sentence
    near = locate(rnn, *designed(rnn), lambda *a: deltas(*a) * (1 + 5e-10 * np.arange(3)))
    assert near.report.names("wrong") == ["delta"] and "rounded" not in near.sentence
    plain = locate(rnn, *designed(rnn), lambda *a: deltas(*a) * (1 + 5e-6 * np.arange(3)))
    assert plain.report.names("wrong") == ["delta"] and "float32" not in plain.sentence


def test_lists_of_changes_are_kept_of_a_few_small_points_alone(monkeypatch):
    monkeypatch.setattr(changes, "_known", {})
    point = lambda seed, T=4: at(rnn, *gradcheck.designed_point(rnn, np.random.default_rng(seed), T, 5, 2, 3))

    first = changes.listed(point(0))
    assert changes.listed(point(0)) is first and changes.listed(point(1)) is not first
    for seed in range(2, 2 + changes.MOST):
        changes.listed(point(seed))
    assert len(changes._known) == changes.MOST and changes.listed(point(0)) is not first

    known = dict(changes._known)
    changes.listed(point(0, T=changes.SMALL // 15 + 1))
    assert changes._known == known
