"""The pictures and live figures of notebook 6 show the analysis' arrays, at the ends and in the middle."""

import numpy as np
import pytest
from helpers import error
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from rnnlib import activations, analysis, bptt, dynamics, gradcheck, rnn
from rnnlib.course import figures, plots, widgets
from rnnlib.course.predictions.questions import questions

W_H, W_X = np.linspace(3, 6, 31), np.linspace(-3.4, -1.4, 21)


@pytest.fixture(scope="module")
def cliff():
    return widgets.cliff(W_H, W_X)


@pytest.fixture(scope="module")
def fan():
    return widgets.singular_fan()


def said(live):
    return live.sentence.replace("−", "-")


def curve(line):
    return np.array(line.get_data(), dtype=float)


def by_hand(w_h, w_x, T):
    """Return h_0 .. h_T and dh_T/dh_t, by another way than the widget: a loop, and complex steps."""
    def run(h, steps):
        for _ in range(steps):
            h = 1 / (1 + np.exp(-(w_h * h + w_x)))
        return h

    hs = [run(1 / (1 + np.exp(-0.5)), t) for t in range(T + 1)]
    return np.array(hs), np.array([run(h + 1e-200j, T - t).imag / 1e-200 for t, h in enumerate(hs)])


@pytest.mark.parametrize("T", [5, 20, 50])
@pytest.mark.parametrize("w_h", [3.0, 5.0, 6.0])
@pytest.mark.parametrize("w_x", [-3.4, -2.5, -1.4])
def test_the_cliff_shows_states_gradient_and_map_of_its_point(cliff, w_h, w_x, T):
    cliff.reset()
    for name, value in (("w", w_h), ("x", w_x), ("T", T)):
        cliff.controls[name].value = value

    assert cliff.error is None
    hs, back = by_hand(w_h, w_x, T)
    left, above, below = (ax for ax in cliff.figure.axes if ax.get_label() != "<colorbar>")
    states, gradient = above.lines[0], below.lines[-1]
    assert error(curve(states), np.array([np.arange(T + 1), hs])) < 1e-12
    assert np.array_equal(gradient.get_xdata(), np.arange(T + 1))
    assert np.abs(gradient.get_ydata() / back - 1).max() < 1e-7
    assert error(curve(left.lines[-1])[:, 0], [w_h, w_x]) == 0
    grid = dynamics.cliff(*np.meshgrid(W_H, W_X), 0.5, T, 0.7).loss
    image = next(a for a in left.get_children() if isinstance(a, AxesImage))
    assert error(np.asarray(image.get_array()), grid) == 0
    here = dynamics.cliff(w_h, w_x, 0.5, T, 0.7)
    factors = w_h * hs[1:] * (1 - hs[1:])
    assert f"T = {T}: h_{T} = {hs[-1]:.3f}, loss {here.loss:.3f}. " in said(cliff)
    assert f"{(factors > 1).sum()} of {T} factors exceed 1" in said(cliff)
    assert f"arrives at h_0 as {back[0]:.3g}" in said(cliff)
    assert f"respect to the two weights: {np.hypot(here.dw, here.db):.2g}" in said(cliff)


@pytest.mark.parametrize("w_h", [3.0, 4.0, 4.5, 6.0])
def test_the_band_is_where_a_factor_exceeds_one(cliff, w_h):
    cliff.reset()
    cliff.controls["w"].value = w_h

    above = cliff.figure.axes[1]
    shade = next(p for p in above.patches if isinstance(p, Rectangle))
    low, high = shade.get_y(), shade.get_y() + shade.get_height()
    if w_h <= 4:
        assert low == high and not above.texts[0].get_visible()
    else:
        h = np.linspace(0, 1, 10_001)
        inside = h[w_h * h * (1 - h) > 1]
        assert abs(low - inside[0]) < 2e-4 and abs(high - inside[-1]) < 2e-4


def test_the_line_of_code_gives_the_numbers_of_the_cliff(cliff):
    cliff.reset()
    cliff.controls["x"].value = -2.61

    found = eval(cliff.source, {"dynamics": dynamics})
    assert f"loss {found.loss:.3f}" in said(cliff)


def test_what_the_notebook_says_of_the_cliff_holds():
    hs, back = widgets.cliff_run(4.9, -2.55)
    factors = 4.9 * hs[1:] * (1 - hs[1:])

    assert (factors > 1).all() and f"{back[0]:.0f}" == "571"
    below, above = (widgets.cliff_run(4.9, w_x)[1][0] for w_x in (-2.56, -2.54))
    assert f"{below:.0e}" == "5e-07" and f"{above:.3f}" == "0.008"
    edge = 0.5 - 5 * hs[0]
    losses = dynamics.cliff(5.0, edge + 1e-4 * np.array([-1, 1, -1e4, -3e3])).loss
    assert losses[0] > 0.3 and losses[1] < 0.02                     # the edge is 0.0001 wide
    size = np.hypot(*dynamics.cliff(*np.meshgrid(W_H, W_X), steps=5)[1:])
    assert size.max() < 3
    h_0 = hs[0]
    by_w_x = sum((6 * h_0 * (1 - h_0)) ** k for k in range(50))      # on the edge at w_h = 6
    assert abs(2 * (h_0 - 0.7) * h_0 * (1 - h_0)) * by_w_x > 1e6
    assert f"{1 / (h_0 * (1 - h_0)):.2f}" == "4.26"                  # from there on h_0 can be unstable


def test_fold_curves_meet_where_the_critical_weight_is():
    weights, curves = widgets.fold_curves(np.array([3.0, 5.0]))

    assert weights[0] == 4 and weights[-1] == 5 and np.abs(curves[:, 0] + 2).max() < 1e-9
    assert error(curves[:, -1], dynamics.folds(5, "sigmoid")) < 1e-9


def test_the_run_of_the_cliff_is_differentiated_right():
    p = rnn.Params(np.full((1, 1), -2.3), np.full((1, 1), 4.6), np.zeros(1))
    cell, h_0 = activations.cell("sigmoid"), 1 / (1 + np.exp(-np.array([0.5])))

    numerical = gradcheck.numerical_gradient(
        lambda h: bptt.forward(cell, p, np.ones((50, 1)), h).hs[-1].sum(), h_0)

    assert error(widgets.cliff_run(4.6, -2.3)[1][:1], numerical) < 1e-6


@pytest.mark.parametrize("values", [
    dict(rho=0.5), dict(rho=0.9), dict(rho=2.0), dict(nu=1.0), dict(nu=2.0), dict(T=10), dict(T=100),
    dict(phi="tanh"), dict(phi="relu"), dict(phi="sigmoid"), dict(rho=2.0, nu=2.0, T=100, phi="sigmoid"),
    dict(rho=0.5, nu=2.0, T=10, phi="tanh"), dict(rho=1.2, nu=0.7, T=60, phi="tanh"),
], ids=str)
def test_the_fan_shows_every_singular_value_and_both_rates(fan, values):
    fan.reset()
    for name, value in values.items():
        fan.controls[name].value = value

    assert fan.error is None
    v = fan.values
    rng = np.random.default_rng(3)
    W_h, cell = dynamics.recurrent(rng, 16, v["rho"], v["nu"]), activations.cell(v["phi"])
    p, xs = rnn.Params(np.eye(16), W_h, np.zeros(16)), 0.5 * rng.normal(size=(100, 16))[:v["T"]]
    trace = bptt.forward(cell, p, xs)
    product, values = np.eye(16), [np.ones(16)]
    for J in analysis.jacobians(cell, p, trace)[::-1]:
        product = product @ J
        values.append(np.linalg.svd(product, compute_uv=False))
    values, norm, k = np.array(values), cell.slope * np.linalg.norm(W_h, 2), np.arange(v["T"] + 1)

    right = fan.figure.axes[1]
    bound, promise, largest = right.lines[:3]
    assert np.abs(curve(largest)[1] / values[:, 0] - 1).max() < 1e-9
    assert np.array_equal(largest.get_xdata(), k)
    assert np.abs(curve(bound)[1] / norm ** k - 1).max() < 1e-9
    assert np.abs(curve(promise)[1] / (cell.slope * v["rho"]) ** k - 1).max() < 1e-9
    thin = next(c for c in right.collections if isinstance(c, LineCollection)).get_segments()
    drawn = sum(len(segment) for segment in thin)
    assert len(thin) == 15 and drawn > 0
    for n in (1, 8):
        seen = np.array(thin[n - 1])
        steps = seen[:, 0].astype(int)
        safe = values[steps, n] > 1e-11 * values[steps, 0]
        assert np.abs(seen[safe, 1] / values[steps, n][safe] - 1).max() < 1e-3
    left = fan.figure.axes[0]
    ring = [c for c in left.patches if isinstance(c, Circle)]
    assert ring[0].get_radius() == 1 and abs(ring[1].get_radius() / norm - 1) < 1e-12
    dots = curve(left.lines[-1])
    assert np.abs(np.hypot(*dots) / (cell.slope * v["rho"]) - 1).max() < 1e-4    # ill-conditioned
    top = values[:, 0].argmax()
    assert f"γ‖W_h‖ = {norm:.2f}" in said(fan) and left.texts[1].get_text() == f"{norm:.2f}"
    assert ("must vanish" in said(fan)) == (norm < 1)
    if v["nu"] or v["phi"] != "linear":
        ends = f"{values[top, 0]:.3g} at k = {top}, its maximum; {values[-1, 0]:.3g} at k = {v['T']}"
        assert ends in said(fan)


def test_what_the_notebook_says_of_the_fan_holds():
    largest = widgets.fan_of(0.9, 2.0, 100, "linear")[2][:, 0]

    assert largest.argmax() == 10 and f"{largest.max():.0f}" == "15"
    assert 40 < np.flatnonzero(largest < 1)[0] < 50
    _, rate, values, bound, _ = widgets.fan_of(2.0, 2.0, 50, "sigmoid")
    assert rate > 1 and bound[-1] > 1e6 and values[-1, 0] < 1e-12
    _, rate, values, bound, _ = widgets.fan_of(1.2, 0.0, 100, "tanh")
    assert f"{rate:.1f}" == "1.2" and values[-1, 0] < 1e-5


def test_at_a_norm_of_one_rounding_does_not_decide(fan):
    fan.reset()
    fan.controls["rho"].value = 1.0

    assert "γ‖W_h‖ = 1.00, so the gradient cannot explode" in said(fan)


@pytest.mark.parametrize("rho, nu, expected", [
    (0.9, 0.1, "γ‖W_h‖ = 1.004, so the gradient may explode"),
    (0.55, 0.6, "γ‖W_h‖ = 0.995, so the gradient must vanish")])
def test_a_norm_that_would_round_to_one_shows_on_which_side_it_is(fan, rho, nu, expected):
    fan.reset()
    fan.controls["rho"].value, fan.controls["nu"].value = rho, nu

    assert expected in said(fan)


def test_no_singular_value_below_rounding_is_drawn():
    figure = figures.new_figure((6, 4))
    ax, = figures.canvas_of(figure, (1, 1))

    plots.fan(ax, 3, 1, legend=False)(np.array([[1.0, 1.0], [10.0, 1e-10], [1e3, 1e-12]]))

    segment, = ax.collections[0].get_segments()
    assert np.array_equal(segment, [[0, 1.0], [1, 1e-10]])


@pytest.mark.parametrize("w_h, w_x, fate", [
    (4.9, -2.55, "it explodes"), (4.45, -2.27, "it has grown"), (4.0, -2.02, "much of it is left"),
    (4.9, -2.7, "it vanishes")])
def test_what_the_opening_map_says_of_a_gradient_of_one_fits_the_number_beside_it(w_h, w_x, fate):
    live = widgets.cliff(lengths=[50])
    live.controls["w"].value, live.controls["x"].value = w_h, w_x
    number = by_hand(w_h, w_x, 50)[1][0]

    assert f"as {number:.3g}: {fate}." in said(live)


def test_the_opening_map_has_no_choice_of_steps_and_marks_its_places():
    live = widgets.cliff(W_H, W_X, [50], places={"A": (4.0, -3.0), "B": (4.5, -2.2)})

    assert list(live.values) == ["w", "x"]
    left = live.figure.axes[0]
    at = {text.get_text(): text.xy for text in left.texts if text.get_text() in "AB"}
    assert at == {"A": (4.0, -3.0), "B": (4.5, -2.2)}
    spots = [found for found in live.shown["touch"] if "sets" in found]
    reached = [{name: live.controls[name].values[k] for name, k in zip("wx", (k for _, k in spot["sets"]))}
               for spot in spots]
    assert reached == [{"w": 4.0, "x": -3.0}, {"w": 4.5, "x": -2.2}]
    for name, said_of_it in (("A", "it vanishes"), ("B", "it vanishes")):
        live.controls["w"].value, live.controls["x"].value = at[name]
        assert f"arrives at step 0 as {by_hand(*at[name], 50)[1][0]:.3g}: {said_of_it}." in said(live)


def test_what_the_first_figure_of_the_notebook_says_holds():
    a, b, c = (widgets.cliff_run(4.9, w_x)[1][0] for w_x in (-2.7, -2.55, -2.4))

    assert a < 1e-6 and f"{b:.0f}" == "571" and c < 1e-2


def test_the_two_steps_go_in_one_direction_to_their_ends():
    figure = figures.new_figure((9, 4))
    left, right = figures.canvas_of(figure, (1, 2))
    surface = (W_H, W_X, np.zeros((21, 31)), widgets.fold_curves(W_H))
    ends = {"clipped": ((5.3, -2.1), 0.2), "not clipped": ((8, 1.5), 0.3)}
    distance = np.array([0.01, 0.1, 10])

    plots.clipped_step(left, right, surface, (5, -2.5), ends, distance, np.array([0.4, 0.1, 0.2]))

    arrow = next(p for p in left.patches if isinstance(p, FancyArrowPatch))
    assert error(arrow._posA_posB, [(5, -2.5), (5.3, -2.1)]) == 0
    marks = [curve(line)[:, 0] for line in right.lines if len(line.get_xdata()) == 1]
    assert error(np.array(marks), np.array([[0.01, 0.4], [0.5, 0.2], [5.0, 0.3]])) < 1e-12


def test_the_map_is_scaled_once_and_again_when_its_numbers_change(cliff, monkeypatch):
    cliff.reset()
    calls, make = [], AxesImage.make_image
    monkeypatch.setattr(AxesImage, "make_image", lambda *a, **k: calls.append(1) or make(*a, **k))

    before = cliff.png
    cliff.controls["x"].value = -2.0
    assert not calls and cliff.png != before
    cliff.controls["T"].value = 5
    assert len(calls) == 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_fan_of_a_gaussian_product_is_wider_than_rounding_shows(seed):
    """The product of the inverses, scaled at every step: its largest singular value is the smallest here."""
    rng, decades = np.random.default_rng(seed), 0.0
    forth = back = np.eye(100)
    for _ in range(50):
        J = rng.normal(size=(100, 100)) / 10
        forth, back = J @ forth, back @ np.linalg.inv(J)
        a, b = np.linalg.norm(forth, 2), np.linalg.norm(back, 2)
        forth, back, decades = forth / a, back / b, decades + np.log10(a) + np.log10(b)

    assert decades > 50


# The answers

def test_the_answers_hold():
    facts = [q.facts for q in questions(6)]
    assert f"{0.9**100:.1e}" == f"{facts[0]['left']:.1e}" and round(0.9**22, 1) == 0.1
    assert f"{0.9**55:.3f}" == "0.003"
    slope = dynamics.fixed_points(1.25).slopes[2]
    assert error([slope, slope**20], [facts[1]["slope"], facts[1]["left"]]) < 1e-3 and slope**20 < 1e-4
    at = dynamics.cliff(5, -2.6124)
    end = np.array([5, -2.6124]) - 0.1 * np.array([at.dw, at.db])
    after = dynamics.cliff(*end)
    assert after.dw == after.db == 0
    assert error(end, [facts[3]["w_h"], facts[3]["w_x"]]) < 1e-3
    assert abs(0.1 * np.hypot(at.dw, at.db) - facts[3]["length"]) < 0.1
    chain, _ = dynamics.balancing()
    assert error(np.linalg.norm(np.linalg.matrix_power(chain, 40), 2), facts[4]["left"]) < 1e-3
    for seed in range(3):
        product = np.linalg.multi_dot(np.random.default_rng(seed).normal(size=(50, 100, 100)) / 10)
        assert np.median(np.linalg.svd(product, compute_uv=False)) < 1e-6
