"""What notebook 15 draws and trains: the three roads, the bells, and the bar that leaves no trace."""

import numpy as np
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from rnnlib import bptt, gradcheck, gru
from rnnlib.course import data, figures, plots, widgets
from rnnlib.course.figures import new_figure
from rnnlib.course.predictions import questions

ONE = gru.Params(np.array([[0.7], [0.4], [0.9]]), np.array([[0.9], [0.8], [1.1]]),
                 np.array([0.2, 0.5, -0.1]), np.array([0.6]))


def slope(x, h, update, reset):
    """Return dh_t/dh_{t-1} of the one unit, by a complex step."""
    p = ONE._replace(b=ONE.b + np.array([reset, update, 0.0]))

    def step(h):
        (after,), _ = gru.step(p, p.W_x @ np.array([x]) + p.b, (h,))
        return after[0]

    return gradcheck.numerical_gradient(step, np.array([h]))[0]


@pytest.mark.parametrize("update", [-6.0, -1.5, 0.0, 6.0])
@pytest.mark.parametrize("reset", [-6.0, 0.0, 2.5])
def test_the_three_roads_together_are_the_derivative(update, reset):
    shares, r, z = widgets.gru_shares(ONE, 0.5, -0.4, update, reset)

    assert sum(shares.values()) == pytest.approx(slope(0.5, -0.4, update, reset), rel=1e-12)
    assert shares["leak"] == z and 0 < r < 1


def test_at_an_open_update_gate_only_the_leak_is_left():
    shares, _, z = widgets.gru_shares(ONE, 0.5, -0.4, update=30.0)

    assert z == pytest.approx(1, abs=1e-12) and shares["leak"] == pytest.approx(1, abs=1e-12)
    assert max(abs(shares["candidate"]), abs(shares["gates"])) < 1e-12


@pytest.mark.parametrize("update, reset", [(-6.0, -6.0), (0.0, 0.0), (6.0, 6.0), (3.5, -2.0)])
def test_the_sliders_move_numbers_arrows_and_text(update, reset):
    live = widgets.gru_roads(ONE, 0.5, -0.4)
    live.controls["update"].value, live.controls["reset"].value = update, reset
    shares, r, z = widgets.gru_shares(ONE, 0.5, -0.4, update, reset)

    assert live.error is None
    texts = [text.get_text().replace("−", "-") for text in live.figure.axes[0].texts]
    for value in (*shares.values(), sum(shares.values())):
        assert (f"{value:+.2f}" if abs(value) >= 0.005 else "0.00") in [t.split("\n")[-1] for t in texts]
    assert f"$r$ = {r:.2f}\n$z$ = {z:.2f}" in texts
    said = live.sentence.replace("−", "-")
    assert f"z = {z:.3f}, r = {r:.3f}" in said
    assert all(f"({round(value, 3) + 0.0:.3f}) {road}" in said for road, value in shares.items())
    assert eval(live.painter.code(**live.values), {"widgets": widgets, "one": ONE})[0] == shares


def test_a_wider_arrow_carries_more_and_a_road_without_gradient_has_none():
    ax = new_figure((10, 4.5)).subplots()
    update = plots.gru_roads(ax, {"leak": 0.9, "candidate": 0.2, "gates": -0.4}, 0.5, 0.9)
    arrows = [artist for artist in update({"leak": 0.9, "candidate": 0.2, "gates": 0.0}, 0.5, 0.9)
              if isinstance(artist, Line2D)]

    shafts, heads = arrows[::2], arrows[1::2]
    widths = [shaft.get_linewidth() for shaft in shafts]
    assert len(shafts) == len(heads) == 6 and widths[0] == widths[1] > widths[2] == widths[3] > 0
    assert [artist.get_visible() for artist in arrows] == [True] * 8 + [False] * 4


def test_every_position_of_the_sliders_is_drawn():
    live = widgets.gru_roads(ONE, 0.5, -0.4)
    for control in live.controls.values():
        for value in (control.values[0], control.values[-1], 0.0):
            control.value = value
            assert live.error is None
    live.reset()
    assert live.values == live.initial


def test_a_gate_is_filled_as_it_is_open_and_a_touch_opens_it_as_far():
    live = widgets.gru_roads(ONE, 0.5, -0.4)
    (ax,) = live.figure.axes
    left, right = ax.transData.transform([(4.84, 0), (6.56, 0)])[:, 0] / live.figure.bbox.width

    for by in (-6.0, -1.5, 0.0, 4.0):
        live.controls["update"].value = live.controls["reset"].value = by
        r, z = widgets.gru_shares(ONE, 0.5, -0.4, by, by)[1:]
        reset, update = (a["x"] for a in live.shown["touch"][:2])
        k = live.state[0]
        assert (reset["control"], update["control"]) == (1, 0)
        assert reset["at"][k] == pytest.approx(left + r * (right - left), abs=2e-4)
        assert update["at"][k] == pytest.approx(left + z * (right - left), abs=2e-4)
        filled = [patch.get_width() / 1.72 for patch in ax.patches if patch.get_zorder() == 4.5]
        assert filled == pytest.approx([r, z], rel=1e-12)


def test_a_touched_road_is_given_the_update_gate():
    live = widgets.gru_roads(ONE, 0.5, -0.4)

    for spot, road in zip(live.shown["touch"][2:], ("leak", "candidate"), strict=True):
        ((control, index),) = spot["sets"]
        assert control == 0
        shares = widgets.gru_shares(ONE, 0.5, -0.4, update=live.controls["update"].values[index])[0]
        assert max(shares, key=shares.get) == road


def test_the_gate_over_the_letters_is_the_gate():
    gate = np.random.default_rng(0).uniform(size=(6, 4))
    top, bottom = new_figure((10, 5)).subplots(2, 1)

    plots.gate_over_text(top, bottom, gate, "abcabc", [True, False, False, True, False, False])

    np.testing.assert_allclose(top.lines[0].get_xydata(), np.transpose([np.arange(1, 7), gate.mean(axis=1)]))
    np.testing.assert_allclose(top.lines[1].get_xdata(), [1, 4])
    np.testing.assert_array_equal(bottom.images[0].get_array(), gate.T)
    assert to_hex(bottom.images[0].cmap(1.0)) == figures.COLORS["state"].lower()      # open, as for the LSTM
    assert to_hex(bottom.images[0].cmap(0.0)) == "#ffffff"
    boxed = [text.get_text() for text in top.texts if text.get_bbox_patch()]
    assert boxed == ["a", "a"] and len(top.texts) == 6


def test_losses_are_drawn_in_the_middle_of_the_updates_they_average():
    ax = new_figure((9, 4.5)).subplots()

    plots.memory_losses(ax, {"RNN": np.array([1.0, 0.9]), "GRU": np.array([1.0, 0.1])}, np.log(3), every=20)

    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[10, 1.0], [30, 0.1]])


def test_the_questions_are_answered_by_the_cells_themselves():
    count, only, left, _, _ = questions(15)

    assert count.answer == sum(np.prod(shape) for shape in gru.shapes(2, 3))
    shares, _, _ = widgets.gru_shares(ONE, 0.5, -0.4, update=40.0)
    assert max(shares, key=shares.get) == only.answer.split()[-1]
    assert left.answer == pytest.approx(np.prod(np.full(50, 0.9)), rel=1e-12)


def test_the_pictures_say_in_words_what_was_measured():
    errors = np.array([[0.3, 0.2, 1e-15], [0.5, 0.1, 0.0]])
    said = plots.gate_errors(errors, "rz").alt
    assert said.endswith("all right at step 3; 10% to 50% at the steps before.")
    curves = {"RNN": np.array([1.0, 0.4]), "your GRU": np.array([1.0, 0.01])}
    assert "RNN above 0.3, your GRU below 0.05" in plots.three_memories(curves, np.log(3), every=20).alt


def test_the_recorded_gru_of_pytorch_is_reproduced():
    rec = data.recorded("gru")
    w, H = rec.weights, rec.h0.shape[-1]
    second = np.where(np.arange(3 * H) < 2 * H, w.bias_hh, 0)
    p = gru.Params(w.weight_ih, w.weight_hh, w.bias_ih + second, w.bias_hh[2 * H:])

    trace = bptt.forward(gru, p, rec.X, rec.h0)
    dp, dx, (dh0,) = bptt.backward(gru, p, trace, rec.dh)

    ours = {"hidden": trace.hs[1:], "dx": dx, "dh0": dh0, "dw_ih": dp.W_x, "dw_hh": dp.W_h, "db_ih": dp.b,
            "db_hh": np.concatenate([dp.b[:2 * H], dp.b_n])}
    assert list(ours) == list(vars(rec.torch))      # the notebook takes them in this order
    for name, array in ours.items():
        np.testing.assert_allclose(array, vars(rec.torch)[name], rtol=0, atol=1e-12 * np.abs(array).max())


def test_the_progress_bar_hands_on_every_step_and_clears_its_output():
    shell = InteractiveShell.instance()
    shell.display_pub, before = CapturingDisplayPublisher(), shell.display_pub
    try:
        assert list(widgets.counted(iter("abc"), 3, "letters")) == ["a", "b", "c"]
        shown = shell.display_pub.outputs
    finally:
        shell.display_pub = before
        InteractiveShell.clear_instance()

    assert shown == []                              # clear_output empties what the bar had put there
