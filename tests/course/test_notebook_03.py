"""The live figures of notebook 3 show the deltas, at every position of every slider."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from rnnlib import bptt, gradcheck, losses, readout, rnn
from rnnlib.course import data, widgets


@pytest.fixture(scope="module")
def network():
    """Return p, trace, the injected gradients and the deltas of one sequence of five steps."""
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, np.random.default_rng(41), 5, 4, 2, 3)
    trace = bptt.forward(rnn, p, xs[:, 0], h0[0])
    delta, _ = bptt.deltas(rnn, p, trace, dhs[:, 0])
    return p, trace, dhs[:, 0], delta


def texts(live):
    return [text.get_text() for text in live.figure.axes[0].texts]


def test_the_table_shows_what_each_loss_sent_and_its_sums(network):
    p, trace, dhs, delta = network
    parts = bptt.by_loss(bptt.lagged_deltas(rnn, p, trace, dhs, 5))[..., 0]
    live = widgets.delta_table(parts)

    drawn = np.array([float(t.replace("−", "-") or "nan") for t in texts(live)]).reshape(6, 5)

    seen = np.tri(5, dtype=bool)
    assert np.isnan(drawn[:5][~seen]).all()
    assert np.abs(drawn[:5] - parts)[seen].max() <= 0.005 + 1e-12
    assert np.abs(drawn[5] - delta[:, 0]).max() <= 0.005 + 1e-12


@pytest.mark.parametrize("s", [1, 3, 5])
@pytest.mark.parametrize("t", [1, 2, 5])
def test_the_sliders_outline_one_cell_and_say_its_number(network, s, t):
    p, trace, dhs, delta = network
    parts = bptt.by_loss(bptt.lagged_deltas(rnn, p, trace, dhs, 5))[..., 0]
    live = widgets.delta_table(parts)

    live.controls["s"].value, live.controls["t"].value = s, t

    boxes = [artist for artist in live.painter.artists if isinstance(artist, Rectangle)]
    assert (t - 1.5, s - 1.5) in {b.get_xy() for b in boxes if (b.get_width(), b.get_height()) == (1, 1)}
    if s < t:
        assert f"L_{s} sends nothing to δ_{t}" in live.sentence
    else:
        assert f"L_{s} sends {parts[s - 1, t - 1]:.3f} to δ_{t}".replace("-", "−") in live.sentence
        assert f"δ_{t} = {delta[t - 1, 0]:.3f}".replace("-", "−") in live.sentence
    assert f"parts[{s - 1}, {t - 1}]" in live.source


@pytest.mark.parametrize("step", [1, 3, 5])
def test_each_step_back_uncovers_one_more_delta(network, step):
    p, trace, dhs, delta = network
    ps = losses.softmax(np.random.default_rng(0).normal(size=(5, 4)))
    live = widgets.walk_back(trace.xs, trace.hs, ps, delta, dhs, p.W_h)

    live.controls["step"].value = step

    shown = [t for t in texts(live) if t.startswith(r"$\delta")]
    assert [t.endswith("?") for t in shown] == [True] * (5 - step) + [False] * step
    for text, values in zip(shown[5 - step:], delta[5 - step:], strict=True):
        numbers = text.split("= ")[1].replace("−", "-").replace("\n", " ").strip("()")
        assert [float(n) for n in numbers.split(",")] == pytest.approx(values, abs=0.005 + 1e-12)
    t = 6 - step
    numbers = ", ".join(f"{v:.3f}" for v in delta[t - 1])
    assert f"δ_{t} = ({numbers})".replace("-", "−") in live.sentence
    sent = "nothing comes later" if t == 5 else f"step {t + 1} sends W_h^T δ_{t + 1}"
    assert sent in live.sentence


def source_000(inputs):
    """Return what [000] prints, from its inputs (14,): first all x_t, then h_0."""
    g = data.recorded("000").inputs
    p, q = rnn.Params(g.U.T, g.W.T, g.b), readout.Params(g.V.T, g.c)
    trace = bptt.forward(rnn, p, inputs[:12].reshape(3, 4), inputs[12:])
    _, dos = losses.softmax_cross_entropy(readout.forward(q, trace.hs[1:]), g.y_true)
    dq, dhs = readout.backward(q, trace.hs[1:], dos)
    delta, _ = bptt.deltas(rnn, p, trace, dhs)
    dp = rnn.gradient(trace, delta)
    total = delta / (1 - trace.hs[1:] ** 2)
    fitted = (trace.hs[1:], dp.W_h, dp.W_x)
    return tuple(np.concatenate([a.ravel() for a in parts]) for parts in (
        fitted, (dq.W_y, dq.b_y, total[0], dp.b), (trace.hs[1:],)))


def test_18_fitted_figures_fix_12_numbers_and_the_other_13_follow_from_the_states():
    tf = data.recorded("000")
    at = np.concatenate([tf.surrogate.X.ravel(), tf.surrogate.h0])
    step = 1e-5 * np.eye(len(at))

    fitted, others, states = (np.array([(a - b) / 2e-5 for a, b in pairs]) for pairs in zip(*(
        list(zip(source_000(at + e), source_000(at - e), strict=True)) for e in step), strict=True))

    rank = lambda rows: np.linalg.matrix_rank(rows, rtol=1e-6)
    assert (fitted.shape[1], rank(fitted)) == (18, 12)
    assert others.shape[1] == 13
    assert rank(np.hstack([states, others])) == rank(states) == 6        # no other number enters
