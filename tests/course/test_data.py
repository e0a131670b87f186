import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, losses, readout, rnn
from rnnlib.course import data


def test_lists_become_arrays_and_groups_become_attributes():
    g = data._attributes({"a": [[1.0, 2.0]], "b": {"c": 3}, "name": "x"})

    assert isinstance(g.a, np.ndarray) and g.a.shape == (1, 2)
    assert (g.b.c, g.name) == (3, "x")


@pytest.mark.parametrize("name", ["000", "002", "003", "gru", "frameworks", "forward", "layers"])
def test_every_record_can_be_read(name):
    assert vars(data.recorded(name))


def test_a_record_that_is_not_there_is_asked_about():
    names = "000, 002, 003, forward, frameworks, gru, layers, scan, training"
    with pytest.raises(ValueError, match=rf"one of {names}; got '001'\."):
        data.recorded("001")


def test_all_136_printed_figures_of_source_003_are_reproduced_to_six_decimals():
    g = data.recorded("003")
    w = g.weights
    p = rnn.Params(w.weight_ih, w.weight_hh, w.bias_ih + w.bias_hh)

    trace = bptt.forward(rnn, p, g.X, g.h0)
    delta, dinitial = bptt.deltas(rnn, p, trace, g.dh)
    gradient = bptt.gradient(rnn, p, trace, delta, dinitial)

    ours = {"hidden": trace.hs[1:], "dx": gradient.xs, "dw_ih": gradient.params.W_x,
            "dw_hh": gradient.params.W_h, "db_ih": gradient.params.b, "db_hh": gradient.params.b}
    printed = {name: vars(g.printed)[name].reshape(-1) for name in ours}
    assert sum(map(len, printed.values())) == 136
    for name, figures in printed.items():
        assert np.array_equal(ours[name].reshape(-1).round(6), figures), name
    assert error(delta, g.delta_z) < 1e-14
    assert error(gradient.state[0], g.torch.dh0) < 1e-14


def test_every_printed_figure_of_source_000_is_reproduced_within_a_unit_of_float32():
    g = data.recorded("000")
    x, h0, printed = g.surrogate.X, g.surrogate.h0, g.printed
    p, q = rnn.Params(g.inputs.U.T, g.inputs.W.T, g.inputs.b), readout.Params(g.inputs.V.T, g.inputs.c)

    trace = bptt.forward(rnn, p, x, h0)
    logits = readout.forward(q, trace.hs[1:])
    loss, dos = losses.softmax_cross_entropy(logits, g.inputs.y_true)
    dq, dhs = readout.backward(q, trace.hs[1:], dos)
    delta, dinitial = bptt.deltas(rnn, p, trace, dhs)
    dp = bptt.gradient(rnn, p, trace, delta, dinitial).params

    ours = {"h_seq": trace.hs[1:], "output_seq": losses.softmax(logits), "dL_dV_tf": dq.W_y.T,
            "dL_dV_manual": dq.W_y.T, "dL_dc_tf": dq.b_y, "dL_dc_manual": dq.b_y,
            "delta_1": delta[0] / (1 - trace.hs[1] ** 2), "dL_dW": dp.W_h.T, "dL_db": dp.b,
            "dL_dU_tf": dp.W_x.T, "dL_dU_manual": dp.W_x.T}
    assert set(ours) == set(vars(printed))
    for name, array in ours.items():
        assert abs(array - vars(printed)[name]).max() < 1e-7, name
    assert abs(loss - g.float64.loss) < 1e-6
