"""The pictures and live figures of notebook 8 show the gates, at every position of every slider."""

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import Rectangle

from rnnlib import bptt, lstm
from rnnlib.course import figures, plots, widgets
from rnnlib.course.predictions.questions import questions

NAMES = ["first", "second", "third"]


@pytest.fixture(scope="module")
def trace():
    """Return a generic pass: five steps, three units, both signs of everything that may have one."""
    rng = np.random.default_rng(9)
    p = lstm.Params(*(rng.normal(size=s) for s in lstm.shapes(2, 3)))
    state = rng.normal(size=3) / 2, 2 * rng.normal(size=3)
    trace = bptt.forward(lstm, p, rng.normal(size=(5, 2)), state)
    assert (trace.states[1] < 0).any() and (trace.states[1] > 0).any()
    return trace


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def texts(live):
    return [text.get_text().replace("−", "-") for text in live.figure.axes[0].texts]


def number(value, digits=2):
    return f"{np.round(value, digits) + 0.0:.{digits}f}"


def levels(live):
    """Return the height of the fill of each gate's tube, in the order of its place on the picture."""
    patches = [p for p in live.figure.axes[0].patches if isinstance(p, Rectangle)]
    tubes = [p for p in patches if not p.get_fill()]
    middle = lambda p: round(p.get_x() + p.get_width() / 2, 3)
    fills = [p for p in patches if p.get_fill() and middle(p) in map(middle, tubes)
             and abs(p.get_width() - tubes[0].get_width()) < 0.1]
    return {middle(p): p.get_height() / tubes[0].get_height() for p in fills}


@pytest.mark.parametrize("unit", [0, 1, 2])
@pytest.mark.parametrize("t", [1, 3, 5])
def test_every_step_shows_the_numbers_of_its_unit(trace, t, unit):
    live = widgets.lstm_steps(trace, "abcde", NAMES)

    live.controls["t"].value, live.controls["unit"].value = t, unit

    i, f, g, o = (part[t - 1, unit] for part in lstm.split(trace.kept.gates))
    before, c = trace.states[1][[t - 1, t], unit]
    shown = texts(live)
    for value in (i, f, g, o, before, f * before, c):
        assert number(value) in shown
    assert number(np.tanh(c), 3) in shown
    assert number(i * g) == shown[shown.index("$i_t\\,g_t$ =") + 1]
    assert f"= {number(o * np.tanh(c), 3)}" in shown
    for gate, z in zip("ifgo", lstm.split(trace.zs)):
        assert f"{z[t - 1, unit] + 0.0:.1f}" == shown[shown.index(f"$z^{gate}$ =") + 1]
    said = live.sentence.replace("−", "-")
    assert f"letter {'abcde'[t - 1]}, unit {unit + 1}: f = {f:.2f} keeps {number(f * before)}" in said
    assert f"c_{t} = {number(c)}. o = {o:.2f} shows h_{t} = {number(o * np.tanh(c), 3)}" in said
    assert f"[a[{t - 1}, {unit}] for a in" in live.source
    states = ", ".join(number(h, 3) for h in trace.hs[t - 1])
    assert any(f"h{'₀₁₂₃₄'[t - 1]} = ({states})" in text for text in shown)


def test_the_letter_of_the_step_is_marked(trace):
    live = widgets.lstm_steps(trace, "abcde", NAMES)

    live.controls["t"].value = 3

    marked = [p for p in live.figure.axes[0].patches if isinstance(p, Rectangle) and p.get_fill()
              and p.get_facecolor() == matplotlib.colors.to_rgba(figures.FILLS["highlight"])]
    letter = next(text for text in live.figure.axes[0].texts if text.get_text() == "c")
    assert len(marked) == 1
    assert marked[0].get_x() + marked[0].get_width() / 2 == pytest.approx(letter.get_position()[0])


@pytest.mark.parametrize("gate, z", [("i", 6.0), ("i", -6.0), ("f", 6.0), ("f", 0.5), ("g", -6.0), ("g", 1.0),
                                     ("o", -6.0), ("o", 2.5)])
def test_a_gate_acts_where_its_equation_says(gate, z):
    live = widgets.lstm_gates(0.8)

    live.controls[gate].value = z

    zs = {name: z if name == gate else 0.0 for name in "ifgo"}
    i, f, o = (sigmoid(zs[name]) for name in "ifo")
    c = f * 0.8 + i * np.tanh(zs["g"])
    shown = texts(live)
    for value in (i, f, np.tanh(zs["g"]), o, f * 0.8, c):
        assert number(value) in shown
    assert number(np.tanh(c), 3) in shown
    said = live.sentence.replace("−", "-")
    assert f"= {number(c)}. h_t = o·tanh(c_t) = {number(o * np.tanh(c), 3)}" in said
    value = {"i": i, "f": f, "g": abs(np.tanh(zs["g"])) / 2, "o": o}[gate]
    assert min(abs(level - value) for level in levels(live).values()) < 1e-9


def test_the_settings_that_the_notebook_names_do_what_it_says():
    live = widgets.lstm_gates(0.8)

    def said(**z):
        for gate in "ifgo":
            live.controls[gate].value = z.get(gate, 0.0)
        return live.sentence.replace("−", "-")

    hidden = said(f=6.0, i=-6.0, o=-6.0)
    assert "= 0.80. h_t = o·tanh(c_t) = 0.002" in hidden
    assert "+ (0.00) = 0.00." in said(f=-6.0, i=-6.0)
    assert "= -1.00." in said(f=-6.0, i=6.0, g=-6.0)


def test_the_belt_is_as_thick_as_the_memory_is_large_and_hatched_below_zero():
    live = widgets.lstm_gates(0.8)

    def belt(**z):
        live.reset()
        for gate, value in z.items():
            live.controls[gate].value = value
        return [p for p in live.figure.axes[0].patches if isinstance(p, Rectangle)][:3]

    before, kept, after = (p.get_height() for p in belt(f=6.0, i=6.0, g=6.0))
    assert kept < before < after
    assert [bool(p.get_hatch()) for p in belt(f=-6.0, i=6.0, g=-6.0)] == [False, False, True]


def test_the_table_shows_every_number_under_its_letter(trace):
    rows = np.stack([*lstm.split(trace.kept.gates), trace.states[1][1:], trace.hs[1:]]).transpose(2, 0, 1)
    figure = figures.new_figure((8, 9))
    axes = figures.canvas_of(figure, (3, 1))

    plots.gate_tables(axes, "abcde", rows, NAMES)

    for ax, table in zip(axes, rows):
        drawn = {text.get_position(): float(text.get_text().replace("−", "-")) for text in ax.texts}
        assert len(drawn) == 30
        for (row, column), value in np.ndenumerate(table):
            assert drawn[(column, row)] == pytest.approx(value, abs=5e-4 + 1e-12)
    assert [label.get_text() for label in axes[0].get_xticklabels()] == list("abcde")


def test_the_letter_that_is_touched_is_outlined_and_told():
    live, trace = widgets.gates_over("a(cow)sat(up)"), widgets.lstm_forward.read("a(cow)sat(up)")

    for t in range(1, 14):
        live.controls["t"].value = t
        assert live.error is None
        for ax in live.figure.axes:
            (outline,) = ax.patches
            assert (outline.get_x(), outline.get_width()) == (t - 1.5, 1) and outline in live.painter.artists
    assert np.allclose(trace.cs[[6, 9, 13], 1], [3, 3, 2], atol=1e-3)
    assert np.allclose(trace.cs[[2, 6], 0], [1, 0], atol=1e-3)
    live.controls["t"].value = 2
    assert live.sentence == "Step 2 reads “(”: unit 1 writes 1, shows 0.762; unit 2 keeps 0, shows 0."
    live.controls["t"].value = 6
    assert live.sentence == "Step 6 reads “)”: unit 1 erases 1, shows 0; unit 2 keeps 3, shows 0.995."
    live.controls["t"].value = 10
    assert live.sentence == "Step 10 reads “(”: unit 1 writes 1, shows 0.762; unit 2 erases 3, shows 0."
    above, below = live.shown["touch"]
    assert above["box"][3] < below["box"][1] and len(above["x"]["at"]) == 13


def test_the_answers_hold():
    kept, added, by_hand, count, nested = questions(8)
    step = lambda i, f, g, o, c: (f * c + i * g, o * np.tanh(f * c + i * g))
    assert step(0, 1, 0.3, 0.5, 0.8)[0] == 0.8 and kept.answer == "c_(t-1), unchanged"
    c = 0.0
    for _ in range(5):
        c, h = step(1, 1, 1, 1, c)
    assert c == 5 and 0.999 < h < 1
    c = 0.0
    for gates in ((1, 1, 0.8), (0, 0.5, 0.9), (0, 0.5, -0.3)):
        c, _ = step(*gates, 1, c)
    assert np.isclose(c, by_hand.answer, rtol=1e-12)
    assert sum(w.size for w in widgets.lstm_forward.bracket_reader()) == count.answer
    assert np.allclose(widgets.lstm_forward.read("p(at(c)s)").cs[-1], [0, 1], atol=1e-3)
    assert nested.answer[0] == "1"


def test_every_position_of_every_slider_is_drawn(trace):
    for live in (widgets.lstm_steps(trace, "abcde", NAMES), widgets.lstm_gates(-1.5)):
        for control in live.controls.values():
            start = control.value
            for place in control.values:
                control.value = place
                assert live.error is None
            control.value = start


def test_the_picture_has_its_gates_in_the_order_of_the_sliders():
    live = widgets.lstm_gates(0.8)

    at = {text.get_text(): text.get_position()[0] for text in live.figure.axes[0].texts}

    places = [at[f"${gate}_t$"] for gate in live.controls]
    assert list(live.controls) == list("ifgo") and places == sorted(places)
