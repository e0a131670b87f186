"""The figures of notebook 9 show the gradients, at every position of every slider."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from watching import panels

from rnnlib import bptt, gradcheck, lstm
from rnnlib.course import plots, widgets
from rnnlib.course.figures import COLORS, FILLS
from rnnlib.course.predictions.questions import questions

T, BOXES = 3, ("c_before", "c", "h_before", "h", "f", "i", "g", "o")


@pytest.fixture(scope="module")
def one_unit():
    """Return p, trace, what the losses inject, the deltas and the total dL/dc_t (complex step)."""
    p, xs, (h0, c0), own = gradcheck.designed_point(lstm, np.random.default_rng(0), T, 1, 2, 1)
    xs, own = xs[:, 0], own[:, 0]
    trace = bptt.forward(lstm, p, xs, (h0[0], c0[0]))
    gates, cs = trace.kept.gates, trace.states[1]
    dc = []
    for t in range(1, T + 1):
        def loss(c, t=t):
            h = gates[t - 1, 3] * np.tanh(c)
            later = bptt.forward(lstm, p, xs[t:], (h, c)).hs[1:] if t < T else np.zeros((0, 1))
            return (own[t - 1] * h).sum() + (own[t:] * later).sum()
        dc.append(gradcheck.numerical_gradient(loss, cs[t])[0])
    return p, trace, own, bptt.deltas(lstm, p, trace, own), np.array(dc)


@pytest.fixture(scope="module")
def walk(one_unit):
    p, trace, own, _, _ = one_unit
    return widgets.lstm_walk_back(p, trace, own)


def shown(live):
    """Return {box: (value, gradient or None)} as drawn."""
    texts = [t.get_text().strip("$") for t in live.figure.axes[0].texts[:16]]
    number = lambda text: float(text.split()[-1]) if text else None
    return {name: (number(texts[2 * n]), number(texts[2 * n + 1])) for n, name in enumerate(BOXES)}


@pytest.mark.parametrize("move", range(1, 5 * T + 1))
def test_the_walk_back_shows_the_gradients_of_its_step(one_unit, walk, move):
    p, trace, own, (delta, (dh0, dc0)), dc = one_unit
    t, stage = T - (move - 1) // 5, 1 + (move - 1) % 5
    sent_h = np.append((delta @ p.W_h)[:, 0], 0)
    sent_c = np.append(trace.kept.gates[:, 1] * dc, 0)
    assert np.allclose((sent_h[0], sent_c[0]), (dh0[0], dc0[0]), rtol=1e-12, atol=0)
    h, c = trace.hs[:, 0], trace.states[1][:, 0]
    i, f, g, o = range(4)
    expected = {
        "h": (h[t], own[t - 1, 0] + sent_h[t], 1), "c": (c[t], dc[t - 1], 3),
        "h_before": (h[t - 1], sent_h[t - 1], 5), "c_before": (c[t - 1], sent_c[t - 1], 5),
        **{name: (trace.kept.gates[t - 1, n], delta[t - 1, n], 2 if name == "o" else 4)
           for name, n in zip("ifgo", (i, f, g, o), strict=True)},
    }

    walk.controls["move"].value = move

    assert walk.error is None
    for name, (value, gradient) in shown(walk).items():
        forward, backward, since = expected[name]
        assert value == pytest.approx(forward, abs=0.0005 + 1e-9), name
        assert (gradient is None) == (stage < since), name
        if stage >= since:
            assert gradient == pytest.approx(backward, abs=0.0005 + 1e-9), name


@pytest.mark.parametrize("move, numbers", [
    (1, lambda own, dh, *_: (own, dh)), (2, lambda own, dh, dc, delta: delta[3:]),
    (3, lambda own, dh, dc, delta: (dc,)), (4, lambda own, dh, dc, delta: delta[:3]),
])
def test_the_line_says_the_numbers_of_each_move(one_unit, walk, move, numbers):
    p, _, own, (delta, _), dc = one_unit
    for t in range(1, T + 1):
        dh = own[t - 1, 0] + (delta[t] @ p.W_h[:, 0] if t < T else 0)

        walk.controls["move"].value = 5 * (T - t) + move

        for number in numbers(own[t - 1, 0], dh, dc[t - 1], delta[t - 1]):
            assert f"{number:.3f}".replace("-", "−") in walk.sentence
    first, later = (walk.painter.describe(move=move) for move in (1, 6))
    assert "no later step" in first and "no later step" not in later


def test_more_dashed_arrows_appear_with_each_move(walk):
    counts = []
    for move in range(1, 6):
        walk.controls["move"].value = move
        counts.append(sum(a.get_visible() for a in walk.figure.axes[0].patches
                          if isinstance(a, FancyArrowPatch) and a.get_linestyle() != "-"))

    assert counts == sorted(set(counts)) and counts[0] == 2


@pytest.mark.parametrize("stage, now", [
    (1, {"h"}), (2, {"o"}), (3, {"c"}), (4, {"f", "i", "g"}), (5, {"c_before", "h_before"})])
def test_the_boxes_of_a_move_are_marked_by_colour_and_by_line(walk, stage, now):
    walk.controls["move"].value = 5 + stage

    boxes = [patch for patch in walk.figure.axes[0].patches if isinstance(patch, FancyBboxPatch)][:8]
    named = dict(zip(BOXES, boxes, strict=True))
    assert {n for n, box in named.items() if box.get_facecolor() == to_rgba(FILLS["highlight"])} == now
    assert {n for n, box in named.items() if box.get_linewidth() == 4} == now


@pytest.mark.parametrize("move, box, then", [
    (1, "h", 1), (1, "c", 3), (4, "h", 1), (4, "c_before", 5), (5, "c_before", 6), (7, "g", 9), (8, "o", 7),
    (11, "f", 14), (15, "h_before", 15)])
def test_a_touched_box_leads_to_its_move_in_the_present_step(walk, move, box, then):
    walk.controls["move"].value = move

    spot = walk.shown["touch"][BOXES.index(box)]

    assert spot["sets"] == [[0, then - 1]]
    patch = [p for p in walk.figure.axes[0].patches if isinstance(p, FancyBboxPatch)][BOXES.index(box)]
    drawn = patch.get_window_extent().transformed(walk.figure.transFigure.inverted())
    left, top, right, bottom = spot["box"]
    placed = [left, right, 1 - bottom, 1 - top]
    assert np.allclose(placed, [drawn.x0, drawn.x1, drawn.y0, drawn.y1], rtol=0, atol=0.02)


def test_the_roads_in_symbols_appear_move_by_move():
    roads, seen = widgets.lstm_roads(), []
    assert "Move 5 of 5: two roads" in roads.sentence
    for move in range(1, 6):
        roads.controls["move"].value = move
        assert roads.error is None and f"Move {move} of 5" in roads.sentence
        shown = [t for t in roads.figure.axes[0].texts[1:16:2] if t.get_visible()]
        seen.append(len(shown))
    assert seen == [1, 2, 3, 6, 8]
    assert sorted(spot["sets"][0][1] for spot in roads.shown["touch"]) == [0, 1, 2, 3, 3, 3, 4, 4]


def test_the_gates_stand_in_the_order_of_the_rows():
    ax = Figure((10.5, 4.7)).subplots()
    plots.lstm_back(ax)

    places = plots.back_boxes()

    middles = [sum(places[gate][1][:2]) for gate in "ifgo"]
    assert middles == sorted(middles)


@pytest.fixture(scope="module")
def parts():
    """Return {roads: (T, T, 4)} of one unit, as the notebook makes them, T = 5."""
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(10), 5, 4, 2, 3)
    trace = bptt.forward(lstm, p, xs, state)

    without_h = cell_with(WRONG["no dh_next"])
    return {name: bptt.by_loss(bptt.lagged_deltas(cell, p, trace, dhs, 5))[:, :, 2, ::3]
            for name, cell in {"both": lstm, "c only": without_h}.items()}


@pytest.mark.parametrize("roads", ["both", "c only"])
@pytest.mark.parametrize("gate, n", [("input i", 0), ("forget f", 1), ("candidate g", 2),
                                     ("output o", 3)])
def test_the_table_shows_one_gate_and_its_sums(parts, roads, gate, n):
    live = widgets.gate_delta_table(parts)
    seen = np.tri(5, dtype=bool)

    live.controls["roads"].value, live.controls["gate"].value, live.controls["s"].value = roads, gate, 4

    texts = [t.get_text().replace("−", "-") for t in live.figure.axes[0].texts]
    drawn = np.array([float(text or "nan") for text in texts]).reshape(6, 5)
    assert np.isnan(drawn[:5][~seen]).all() and "-0.00" not in texts
    assert np.abs(drawn[:5] - parts[roads][..., n])[seen].max() <= 0.005 + 1e-9
    assert np.abs(drawn[5] - parts[roads][..., n].sum(axis=0)).max() <= 0.005 + 1e-9
    for number in parts[roads][3, :4, n]:
        assert f"{number.round(3) + 0.0:.3f}".replace("-", "−") in live.sentence
    assert live.figure.axes[0].lines[0] in live.painter.artists          # the image would cover it
    assert f"parts['{roads}'][3, :4, {n}]" in live.source


@pytest.mark.parametrize("s, where", [(1, "at step 1 alone:"), (2, "from step 2 back to 1:")])
def test_the_sentence_of_the_table_says_which_steps_a_loss_reaches(parts, s, where):
    live = widgets.gate_delta_table(parts)

    live.controls["s"].value = s

    assert f"Loss {s} sends to δ^f, {where}" in live.sentence


def test_with_the_road_of_h_shut_the_output_gate_hears_its_own_loss_alone(parts):
    only_c = parts["c only"]

    assert not (only_c[..., 3] - np.diag(np.diag(only_c[..., 3]))).any()
    assert np.abs(only_c[4, :4, 1]).min() > 0


def cell_with(step_backward):
    return SimpleNamespace(**{**vars(lstm), "step_backward": step_backward})


def reading(dsigmoid, dtanh):
    """Return the backward step of [002] under one reading of its two helpers."""
    def step_backward(p, dstate, at):
        (dh, dc), (i, f, g, o) = dstate, lstm.split(at.kept.gates)
        dc = dc + dh * o * dtanh(at.after[1])
        parts = (dc * g * dsigmoid(i), dc * at.before[1] * dsigmoid(f), dc * i * dtanh(g),
                 dh * at.kept.tanh_cs * dsigmoid(o))
        delta = np.concatenate(parts, axis=-1)
        return delta, (delta @ p.W_h, dc * f)
    return step_backward


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def sending(change):
    def step_backward(p, dstate, at):
        delta, (dh, dc) = lstm.step_backward(p, dstate, at)
        return delta, change(p, delta, dh, dc)
    return step_backward


H = 3
WRONG = {
    "002-2 a": reading(lambda s: s * (1 - s), lambda a: 1 - a**2),
    "002-2 b": reading(lambda z: sigmoid(z) * (1 - sigmoid(z)), lambda z: 1 - np.tanh(z) ** 2),
    "no dh_next": sending(lambda p, delta, dh, dc: (0 * dh, dc)),
    "no dc_next": sending(lambda p, delta, dh, dc: (dh, 0 * dc)),
    **{f"dX without {gate}": sending(lambda p, delta, dh, dc, n=n: (
        dh - delta[..., n * H:(n + 1) * H] @ p.W_h[n * H:(n + 1) * H], dc)) for n, gate in enumerate("ifgo")},
}


def rejected(backward, T=5):
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(10), 5, 4, 2, H)
    return gradcheck.check_cell(lstm, p, xs[:T], state, dhs[:T], backward).names("wrong")


@pytest.mark.parametrize("name", WRONG)
def test_the_checker_rejects_every_slip_of_the_notebook(name):
    wrong = rejected(lambda _, *point: bptt.backward(cell_with(WRONG[name]), *point))

    assert {"dW_x", "dW_h", "db"} <= set(wrong)


@pytest.mark.parametrize(("name", "wrong"), [
    ("no dh_next", ["dh0"]), ("no dc_next", ["dc0"]), ("dX without f", ["dh0"])])
def test_with_one_step_what_is_forgotten_shows_in_the_initial_states_alone(name, wrong):
    assert rejected(lambda _, *point: bptt.backward(cell_with(WRONG[name]), *point), T=1) == wrong


def test_the_checker_rejects_a_truncated_window_and_a_loss_scaled_alone():
    halves = rejected(lambda *point: bptt.backward(*point, chunks=(3, 3)))

    def scaled(*point):                                     # 002-3, the other way round
        grad = bptt.backward(*point)
        return grad._replace(params=grad.params._make(5 * w for w in grad.params))

    assert {"dW_x", "dW_h", "db"} <= set(halves)
    assert rejected(scaled) == ["dW_x", "dW_h", "db"]


def test_a_bias_gradient_without_its_sum_over_the_batch_is_refused_by_its_shape():
    def unsummed(cell, p, trace, dhs):
        grad = bptt.backward(cell, p, trace, dhs)
        rows = bptt.deltas(cell, p, trace, dhs)[0].sum(axis=0)
        return grad._replace(params=grad.params._replace(b=rows))

    with pytest.raises(ValueError, match="sum over the batch"):
        rejected(unsummed)


def test_the_slip_tables_show_every_error():
    errors = {name: np.random.default_rng(n).uniform(0, 2, (4, 5)) for n, name in enumerate("ab")}

    both = panels(2)
    plots.slip_tables(*both, errors=errors)

    for ax, (name, error) in zip(both, errors.items(), strict=True):
        assert ax.get_title() == name
        assert [t.get_text() for t in ax.texts] == [f"{e:.0%}" for e in error.ravel()]


def test_the_reading_errors_are_drawn_as_they_are():
    (ax,), sizes = panels(1), np.array([1e-2, 1.0, 20.0])

    plots.reading_errors(ax, sizes, {"(a)": sizes**4, "(b)": sizes}, (8, 25))

    drawn = [line.get_ydata() for line in ax.lines[:2]]
    assert np.array_equal(drawn, [sizes**4, sizes])
    assert ax.lines[0].get_color() == COLORS["gradient"]
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_the_dashes_of_what_runs_back_have_gaps_that_show():
    ax = Figure((10.5, 5.3)).subplots()
    plots.lstm_back(ax)

    back = [a for a in ax.patches if isinstance(a, FancyArrowPatch) and a.get_linestyle() != "-"]

    assert len(back) > 5
    for arrow in back:                              # a round or projecting end would fill the gap
        _, (on, off) = arrow.get_linestyle()
        assert arrow.get_capstyle() == "butt" and off > 0.5 * on


def test_the_answers_hold():
    shut, late, k, reading = questions(9)
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(10), 5, 4, 2, H)
    trace = bptt.forward(lstm, p, xs, state)
    right = bptt.deltas(lstm, p, trace, dhs)[0]
    wrong = bptt.deltas(cell_with(WRONG["no dc_next"]), p, trace, dhs)[0]
    apart = np.abs(wrong - right).reshape(5, 4, 4, H).max(axis=(1, 3)) > 1e-12        # (T, gate)
    last = {gate: int(np.flatnonzero(apart[:, n]).max()) + 1 for n, gate in enumerate("ifgo")}
    assert last == {"i": 4, "f": 4, "g": 4, "o": 3} and late.answer == "t = 3"
    c = 1e-2
    assert np.isclose((c**2 - np.tanh(c) ** 2) / c**4, k.answer, rtol=1e-3)

    scale = 10**-2.25
    small = p._make(w.copy() for w in p)
    for w in small:
        w[2 * H:3 * H] *= scale
    point = small, xs, (state[0], scale * state[1]), dhs
    trace = bptt.forward(lstm, *point[:3])
    cell = cell_with(WRONG["002-2 a"])
    right, found = (bptt.backward(one, small, trace, dhs).params for one in (lstm, cell))
    off = max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(found, right, strict=True))
    assert off < 1e-8 and f"{off:.0e}" == f"{reading.facts['off']:.0e}"
    assert f"{np.abs(trace.cs).max():.2g}" == f"{reading.facts['size']:.2g}"
    backward = lambda _, *at: bptt.backward(cell, *at)
    assert gradcheck.check_cell(lstm, *point, backward, method="central").ok
    assert not gradcheck.check_cell(lstm, *point, backward, method="complex").ok
    assert shut.answer.startswith("something")


@pytest.mark.parametrize(("largest", "method", "passes"), [
    (0.01, "central", True), (0.01, "complex", False), (0.001, "complex", True)])
def test_a_small_memory_hides_reading_a_from_differences_and_a_smaller_one_from_a_complex_step(
        largest, method, passes):
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(10), 5, 4, 2, H)
    scale = 0.6 * largest
    small = p._make(w.copy() for w in p)
    for w in small:
        w[2 * H:3 * H] *= scale
    point = small, xs, (state[0], scale * state[1])
    cell = cell_with(WRONG["002-2 a"])

    report = gradcheck.check_cell(lstm, *point, dhs, lambda _, *at: bptt.backward(cell, *at), method=method)

    assert np.isclose(np.abs(bptt.forward(lstm, *point).cs).max(), largest, rtol=0.05)
    assert report.ok is passes


def test_the_pictures_say_their_numbers():
    errors = {"a": np.array([[0, 0.5, 0], [0, 0.5, 0], [0, 0, 0], [0.5, 0, 0]])}
    assert "first wrong at the steps: a: 2, 2, 0, 1." in widgets.lstm_backward.slips(errors).alt
    sizes = np.array([1e-2, 20])
    assert "from |c| = 0.01 to |c| = 20. (a): 1e-08 to 5e+03." in widgets.lstm_backward.readings(
        sizes, {"(a)": np.array([1e-8, 5e3])}).alt
