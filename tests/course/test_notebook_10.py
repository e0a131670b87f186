"""The figures of notebook 10 show the memories and the gradients, at every position of every slider."""

import numpy as np
import pytest
from watching import panels

import build
from rnnlib import analysis, bptt, dynamics, gradcheck, lstm
from rnnlib.course import plots, widgets
from rnnlib.course.predictions.questions import questions


def sigma(z):
    return 1 / (1 + np.exp(-np.float64(z)))


def near(a, b, rtol=1e-12):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=rtol, atol=0)


def shown(text):
    """Return a text line as it is typed: with plain minus signs."""
    return text.replace("−", "-")


# A memory to hold


@pytest.fixture(scope="module")
def hold():
    return widgets.hold_a_value()


SETTINGS = [(f, i, o, T) for f, i, o, T in (
    (-2.0, -10.0, -6.0, 20), (3.0, -2.0, 0.0, 100), (10.0, 4.0, 6.0, 100), (7.0, -6.0, 4.0, 100),
    (3.0, -10.0, 6.0, 100), (10.0, -2.0, -6.0, 60), (-2.0, 4.0, 0.0, 100), (5.0, -6.0, 4.0, 80))]


@pytest.mark.parametrize("f, i, o, T", SETTINGS)
def test_what_is_held_is_the_closed_form(f, i, o, T):
    """c_t = f^t c_0 + the sum of f^(t-s) i g_s, and dh_T/dc_t = o tanh'(c_T) f^(T-t)."""
    run, g = widgets.held(f, i, o, T), np.tanh(np.random.default_rng(11).normal(size=(200, 1))[:T, 0])
    F, I, O = sigma(f), sigma(i), sigma(o)
    cs = np.array([F**t * 0.8 + sum(F ** (t - s - 1) * I * g[s] for s in range(t)) for t in range(T + 1)])

    assert np.allclose(run.cs, cs, rtol=1e-10, atol=1e-12)
    assert near(run.hs[1:], O * np.tanh(run.cs[1:])) and run.hs[0] == 0
    assert near(run.share, 0.8 * F ** np.arange(T + 1), 1e-10)
    law = O * np.cosh(run.cs[-1]) ** -2.0 * F ** np.arange(T, 0, -1)
    assert near(run.back, law, 1e-9)
    assert run.half_life == pytest.approx(np.log(2) / -np.log(F), rel=1e-9)


@pytest.mark.parametrize("f, i, o, T", SETTINGS)
def test_the_picture_of_a_held_value_shows_it(hold, f, i, o, T):
    run = widgets.held(f, i, o, T)

    for name, value in zip("fioT", (f, i, o, T), strict=True):
        hold.controls[name].value = value

    assert hold.error is None
    left, right = hold.figure.axes
    curves = {len(line.get_ydata()): line for line in (*left.lines, *right.lines)}
    drawn = [line.get_ydata() for line in left.lines if len(line.get_ydata()) == T + 1]
    assert [any(near(line, curve) for line in drawn) for curve in (run.cs, run.hs, run.share)] == [True] * 3
    assert near(curves[T].get_ydata(), run.back) and list(curves[T].get_xdata()) == list(range(T))
    moving = [line for line in left.lines if len(line.get_ydata()) == T + 1]
    assert set(hold.painter.artists) >= {*moving, curves[T]}
    words = [text for ax in (left, right) for text in ax.texts if "half-life" in text.get_text()]
    marks = [line.get_xdata()[0] for ax in (left, right) for line in ax.lines
             if len(line.get_xdata()) == 2 and line.get_linestyle() == "--" and line.get_visible()]
    if run.half_life < T:
        assert marks == pytest.approx([run.half_life, T - run.half_life])
        assert [word.get_text() for word in words] == [f"half-life {run.half_life:.3g}"] * 2
        assert all(word.get_visible() for word in words)
    else:
        assert marks == [] and not any(word.get_visible() for word in words)


@pytest.mark.parametrize("f, i, o, T", SETTINGS)
def test_the_line_under_it_says_the_same(hold, f, i, o, T):
    run = widgets.held(f, i, o, T)

    said = shown(hold.painter.describe(f=f, i=i, o=o, T=T))

    assert f"f = {sigma(f):.4f}" in said and f"i = {sigma(i):.4f}" in said and f"o = {sigma(o):.3f}" in said
    where = "in" if abs(run.cs[-1] - 0.8) <= 0.08 else "not in"
    assert f"c = {run.cs[-1] + 0.0:.3f} is {where} the band: " in said
    assert f"{run.share[-1]:.2g} is left of the 0.8" in said
    assert f"half-life {run.half_life:.3g} step" in said and f"dh_{T}/dc_0 = {run.back[0]:.2g}." in said
    assert eval(hold.painter.code(f=f, i=i, o=o, T=T), {"widgets": widgets}) == run.cs[-1]


def test_the_three_settings_the_notebook_asks_for_exist():
    good, shut, leaky, noisy = (widgets.held(*z, 100) for z in (
        (7, -6, 4), (7, -6, -6), (5, -6, 4), (7, -2, 4)))

    assert abs(good.cs[-1] - 0.8) < 0.08 and good.back[0] > 0.5
    assert abs(shut.cs[-1] - 0.8) < 0.08 and shut.back[0] < 0.01
    assert abs(leaky.cs[-1] - 0.8) > 0.08 and abs(noisy.cs[-1] - 0.8) > 0.08
    assert sigma(5) ** 100 < 0.9 < sigma(7) ** 100 and sigma(6.5) ** 100 < 0.9


# Three cells


@pytest.fixture(scope="module")
def live():
    return widgets.gradient_flow()


def brute_force(b, rho, T):
    """Return the largest singular value of ds_T/ds_{T-k} by complex steps, for each cell and three k."""
    cells, xs = widgets.three_cells(b, rho)
    found = {}
    for name, (cell, p) in cells.items():
        trace, n, H = bptt.forward(cell, p, xs[:T]), len(cell.STATES), 8
        for k in (1, T // 2, T):
            at = [np.tile(s[T - k], (n * H, 1)) for s in trace.states]
            units = np.split(1e-30j * np.eye(n * H), n, axis=1)
            start = tuple(s + unit for s, unit in zip(at, units, strict=True))
            run = bptt.unroll(cell, p, np.repeat(trace.xs[T - k:, None], n * H, axis=1), start)
            D = np.concatenate([s[-1].imag / 1e-30 for s in run.states], axis=1)
            found[name, k] = np.linalg.svd(D, compute_uv=False)[0]
    return found


@pytest.mark.parametrize("b, rho, T", [(0.0, 1.0, 100), (3.0, 0.5, 50), (6.0, 2.0, 30), (0.0, 0.0, 10)])
def test_the_flow_is_what_the_cells_do(b, rho, T):
    flow = widgets.flow(b, rho, T)

    for (name, k), size in brute_force(b, rho, T).items():
        assert flow.norms[name][k] == pytest.approx(size, rel=1e-8, abs=0), (name, k)
    assert all(len(norm) == T + 1 and norm[0] == pytest.approx(1) for norm in flow.norms.values())
    (cell, p), xs = widgets.three_cells(b, rho)[0]["LSTM"], widgets.three_cells(b, rho)[1]
    f = lstm.split(bptt.forward(cell, p, xs[:T]).kept.gates)[1]
    for k in (1, T // 2, T):
        assert flow.through_c[k] == pytest.approx(f[T - k:].prod(axis=0).max(), rel=1e-12)
    assert flow.half_life == pytest.approx(np.log(2) / np.log1p(np.exp(-b)), rel=1e-12)


def test_the_three_cells_are_of_one_kind():
    cells, xs = widgets.three_cells(2.0, 1.5)
    (_, r), (_, g), (_, m) = cells["RNN"], cells["GRU"], cells["LSTM"]

    assert xs.shape == (100, 4) and r.W_h.shape == (8, 8)
    for block in (*np.split(g.W_h, 3), *np.split(m.W_h, 4), r.W_h):
        assert near(np.linalg.svd(block, compute_uv=False), np.full(8, 1.5), 1e-10)
    assert (g.W_h[16:] == r.W_h).all() and (m.W_h[16:24] == r.W_h).all() and (m.W_x[16:24] == r.W_x).all()
    assert (g.b[8:16] == 2).all() and (m.b[8:16] == 2).all()
    assert g.b.sum() == m.b.sum() == 16 and not r.b.any() and not g.b_n.any()


MOVES = [(0.0, 0.0, 10), (0.0, 1.0, 100), (3.0, 1.0, 50), (6.0, 2.0, 100), (1.0, 0.0, 100), (5.0, 1.0, 100)]


@pytest.mark.parametrize("b, rho, T", MOVES)
def test_the_picture_of_the_three_cells_shows_their_gradients(live, b, rho, T):
    flow = widgets.flow(b, rho, T)

    for name, value in zip(("b", "rho", "T"), (b, rho, T), strict=True):
        live.controls[name].value = value

    assert live.error is None
    (ax,) = live.figure.axes
    lines = [line for line in ax.lines if len(line.get_ydata()) == T + 1 and T > 1]
    assert [near(line.get_ydata(), curve) for line, curve in zip(
        lines, (*flow.norms.values(), flow.through_c), strict=True)] == [True] * 4
    assert len({(line.get_color(), str(line.get_linestyle())) for line in lines}) == 4
    assert set(live.painter.artists) >= set(lines)
    labels = [text.get_text() for text in live.figure.legends[0].get_texts()]
    assert labels == ["RNN", "GRU", "LSTM", "LSTM, through $c$ alone"]
    handles = [line.get_color() for line in live.figure.legends[0].get_lines()]
    assert handles == [line.get_color() for line in lines]
    word = ax.texts[0]
    assert word.get_visible() == (flow.half_life < T)
    if flow.half_life < T:
        assert word.get_text() == f"half-life of the forget gate: {flow.half_life:.3g}"
    said = shown(live.sentence)
    for name, norm in flow.norms.items():
        assert f"{name} {norm[-1]:.2g}" in said
    assert f"through c alone {flow.through_c[-1]:.2g}." in said
    assert f"half-life {flow.half_life:.3g} step{'s' * (b != 0)}; " in said
    again = eval(live.painter.code(b=b, rho=rho, T=T), {"widgets": widgets})
    assert again["LSTM"][-1] == flow.norms["LSTM"][-1]


def test_what_the_notebook_says_of_the_three_cells():
    closed, some, open_, law = (widgets.flow(b, rho, 100) for b, rho in ((0, 1), (1, 1), (5, 1), (1, 0)))

    assert max(norm[-1] for norm in closed.norms.values()) < 1e-15
    assert some.norms["LSTM"][-1] > 1e4 * some.through_c[-1]
    assert open_.norms["RNN"][-1] < 1e-15 and open_.norms["LSTM"][-1] > 1 and open_.norms["GRU"][-1] > 0.5
    assert max(flow.through_c.max() for flow in (closed, some, open_, law)) <= 1
    ratio = law.norms["LSTM"] / law.through_c
    assert ratio.min() > 0.999 and ratio.max() < 1.5 and law.norms["RNN"][1] == 0


@pytest.mark.parametrize("seed", range(5))
def test_with_other_weights_all_three_still_vanish_without_a_bias(seed, monkeypatch):
    """The notebook says so; which of them is largest is chance."""
    rng = np.random.default_rng(seed)
    blocks = ([dynamics.orthogonal(rng, 8) for _ in range(4)], rng.normal(size=(4, 8, 4)) / 2,
              rng.normal(size=(100, 4)))
    monkeypatch.setattr("rnnlib.course.exercises.three_cells._blocks", lambda: blocks)

    assert max(norm[-1] for norm in widgets.flow(0, 1, 100).norms.values()) < 1e-12
    assert widgets.flow(5, 1, 100).norms["LSTM"][-1] > 0.5


def test_both_widgets_leave_a_picture_and_its_words_without_a_kernel(live, hold):
    for widget in (live, hold):
        widget.reset()
        assert "<img alt=" in widget.html
        assert widget.values == widget.initial
        assert widget.text == widget.painter.describe(**widget.initial)


def test_every_control_says_its_symbol_and_its_word(live, hold):
    for control in (*live.controls.values(), *hold.controls.values()):
        assert len(control.description.split(" ", 1)) == 2


# The page


def test_the_memory_that_fills_up_is_drawn_as_it_is():
    always, leaky = dynamics.carousel(200, 0.1), dynamics.carousel(200, 0.1, forget=0.9)
    left, right = panels(2)

    plots.filling(left, right, {"f = 1": always.s, "f = 0.9": leaky.s}, (always.slopes, leaky.slopes))

    assert near(left.lines[0].get_ydata(), always.s) and near(left.lines[1].get_ydata(), leaky.s)
    falling = right.lines[0].get_ydata()
    assert np.isnan(falling[190:]).all() and near(falling[:190], always.slopes[:190])
    assert near(right.lines[2].get_ydata(), leaky.slopes)
    assert right.texts[0].get_text() == "exactly 0\nfrom step 190"
    assert always.slopes[189] > 0 == always.slopes[190]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["f = 1", "f = 0.9"]


@pytest.mark.parametrize("w, total", [(-1.0, 0.0069), (0.0, 1.0), (1.0, 1.5344)])
def test_the_whole_derivative_of_a_unit_with_an_open_forget_gate(w, total):
    p = lstm.Params(np.zeros((4, 1)), np.array([[0], [0], [w], [0]]), np.array([0.0, 40, 0, 0]))
    start = lambda c: (np.zeros(1), c)
    trace = bptt.forward(lstm, p, np.zeros((20, 1)), start(np.array([0.8])))

    whole = analysis.products(analysis.jacobians(lstm, p, trace))[0, 1, 1]

    asked = gradcheck.numerical_gradient(
        lambda c: bptt.unroll(lstm, p, trace.xs, start(c)).cs[-1].sum(), np.array([0.8]))[0]
    assert (lstm.split(trace.kept.gates)[1] == 1).all()
    assert whole == pytest.approx(asked, rel=1e-12) and whole == pytest.approx(total, rel=1e-2)


def test_a_held_memory_fills_its_plot_at_first(hold):
    hold.reset()

    assert all(ax.get_xlim() == (0, hold.controls["T"].value) for ax in hold.figure.axes)


@pytest.mark.parametrize("k", [0, 1, 40, 100])
def test_the_first_figure_reads_its_curves_where_it_is_touched(k):
    live, norms = widgets.how_far_back(), widgets.flow(5, 1, 100).norms

    live.controls["k"].value = k

    (ax,) = live.figure.axes
    assert live.error is None
    assert [near(line.get_ydata(), norm) for line, norm in zip(ax.lines, norms.values())] == [True] * 3
    low, high = ax.get_ylim()
    for mark, norm in zip(ax.lines[-1].get_ydata(), norms.values(), strict=True):
        assert near(mark, norm[k]) if low <= norm[k] <= high else np.isnan(mark)
    for name, norm in norms.items():
        assert f"{name} {norm[k]:.2g}" in shown(live.sentence)
    assert live.shown["touch"][0]["x"]["control"] == 0


def test_the_answers_hold():
    total, dead, bias, smallest, closed = questions(10)
    p = lstm.Params(np.zeros((4, 1)), np.array([[0], [0], [-1.0], [0]]), np.array([0.0, 40, 0, 0]))
    trace = bptt.forward(lstm, p, np.zeros((20, 1)), (np.zeros(1), np.array([0.8])))
    found = analysis.products(analysis.jacobians(lstm, p, trace))[0, 1, 1]
    assert f"{found:.4f}" == f"{total.facts['total']:.4f}" and found < 0.01
    assert 1 - np.tanh(20.0) ** 2 == 0 and np.cosh(20.0) ** -2 == pytest.approx(1.7e-17, rel=0.01)
    assert dead.answer.startswith("nothing")
    assert sigma(bias.answer) ** 100 == pytest.approx(0.5, rel=1e-3)
    assert [z for z in (1, 3, 5, 7) if sigma(z) ** 100 >= 0.9] == [int(smallest.answer)]
    assert f"{sigma(1)**100:.0e}" == "2e-14" and sigma(3) ** 100 < 0.01 and round(sigma(5) ** 100, 2) == 0.51
    assert (round(sigma(7), 5), round(0.9**0.01, 5)) == (0.99909, 0.99895)
    norms = {name: norm[-1] for name, norm in widgets.flow(0, 1, 100).norms.items()}
    assert f"{norms['LSTM']:.1e}" == f"{closed.facts['size']:.1e}" and max(norms.values()) < 1e-15
    assert 0.5**20 == pytest.approx(1e-6, rel=0.1)


def test_the_memory_that_fills_says_where_its_output_is_dead():
    assert "falls to exactly 0 from step 190 on" in widgets.carousel.filling().alt


def test_at_the_half_life_the_road_through_c_has_fallen_to_between_0_5_and_0_7():
    page = next(path for path in build.SOURCES.iterdir() if path.name.startswith("10"))
    assert "**Move** $b$ from 0 to 4.5" in page.read_text(encoding="utf-8")

    for b in np.arange(0, 5, 0.5):
        flow = widgets.flow(b, 1.0, 100)
        left = np.exp(np.interp(flow.half_life, range(101), np.log(flow.through_c)))
        assert 0.5 < left < 0.7, (b, left)
