"""Notebook 18: its programs, counts, questions and figures, held against the package and closed forms."""

import re

import matplotlib
import numpy as np
import pytest

import build
from rnnlib import bptt, checkpoints, lstm, rnn
from rnnlib.course import counting, data, figures, plots, widgets
from rnnlib.course.predictions import questions

(SOURCE,) = build.SOURCES.glob("18-*.md")
TEXT = SOURCE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page():
    """Return what the page defines in the cells that begin with def."""
    names = {"np": np}
    for cell in build.draft(SOURCE).cells:
        if cell.cell_type == "code":
            for start in ("def reverse_mode(", "def forward_mode(", "def diagonal(", "def rank_one("):
                if f"\n{start}" in f"\n{cell.source}":
                    definition = re.search(rf"^{re.escape(start)}.*?(?=^\S|\Z)", cell.source, re.M | re.S)
                    exec(definition[0], names)
    return names


def gradient(page, name, T, H):
    W, u, e = counting.problem(T, H)
    W = W.diagonal().copy() if name == "diagonal" else W
    return W, u, e, page[name](W, u, e)


@pytest.mark.parametrize("T, H", [(1, 3), (7, 4), (30, 2)])
@pytest.mark.parametrize("name", ["reverse_mode", "forward_mode", "diagonal"])
def test_each_program_of_the_page_gives_the_gradient_of_the_package(page, name, T, H):
    W, u, e, ours = gradient(page, name, T, H)
    W = np.diag(W) if W.ndim == 1 else W
    p = rnn.Params(np.eye(H), W, np.zeros(H))

    theirs = bptt.backward(rnn, p, bptt.forward(rnn, p, u), e).params.W_h

    wanted = theirs.diagonal() if ours.ndim == 1 else theirs
    assert np.abs(ours - wanted).max() <= 1e-12 * np.abs(wanted).max()


def test_multiplications_are_counted_where_they_are_made():
    A, v = np.ones((3, 4)), np.ones(4)

    assert counting.multiplications(lambda A, v: A @ v, A, v) == 12
    assert counting.multiplications(lambda A, v: A @ A.T + v.sum(), A, v) == 36
    assert counting.multiplications(lambda A, v: (A * v) ** 2 - np.tanh(A), A, v) == 24
    assert counting.multiplications(lambda A, v: v @ v, A, v) == 4
    assert counting.multiplications(lambda A, v: A + v, A, v) == 0

    def into(A, v):
        B = np.zeros((3, 4))
        B[[0, 1]] += v
        np.multiply(A, v, out=A)
        assert (A == 1).all() and B.sum() == 8

    assert counting.multiplications(into, A, v) == 12


@pytest.mark.parametrize("T, H", [(1, 2), (6, 3), (9, 8), (4, 16)])
def test_the_bills_are_what_is_counted(page, T, H):
    W, u, e = counting.problem(T, H)
    bills = counting.bills(T, H)

    count = lambda name, W: counting.multiplications(page[name], W, u, e)
    assert bills["reverse"].multiplications == count("reverse_mode", W)
    assert bills["forward"].multiplications == count("forward_mode", W)
    assert bills["forward, W diagonal"].multiplications == count("diagonal", W.diagonal())
    assert bills["reverse"].numbers == (T + 1) * H and bills["forward"].numbers == H**3 + H


def test_forward_mode_keeps_less_once_T_is_beyond_H_squared():
    for H in (2, 5, 12):
        less = [counting.bills(T, H)["forward"].numbers < counting.bills(T, H)["reverse"].numbers
                for T in (H * H, H * H + 1)]
        assert less == [False, True]


def test_the_complex_step_is_one_column_of_the_influence(page):
    W, u, _ = counting.problem(20, 5)
    moved, h, last = W + 0j, np.zeros(5), np.zeros((20, 5))
    moved[2, 4] += 1e-30j
    for u_t in u:
        h = np.tanh(moved @ h + u_t)
    column = []
    for unit in np.eye(5):
        last[-1] = unit
        column.append(page["forward_mode"](W, u, last)[2, 4])

    np.testing.assert_allclose(h.imag / 1e-30, column, rtol=1e-12)


def test_the_answers_of_the_questions_are_what_is_measured(page):
    mode, work, diagonal, memory, slots, noise = questions(18)

    counts = [counting.multiplications(page["forward_mode"], *counting.problem(2, H)) for H in (64, 128)]
    assert abs(counts[1] / counts[0] - work.answer) <= work.tolerance
    back = [counting.bills(2, H)["reverse"].multiplications for H in (64, 128)]
    assert round(back[1] / back[0]) == 4 and "times 4" in work.because
    peaks = [checkpoints.cost(checkpoints.schedule(100, every=k)).peak for k in range(1, 101)]
    assert min(peaks) == peaks[9] == memory.answer and peaks[-1] == 101
    over = np.zeros(1000, int)
    for kind, begin, end in checkpoints.schedule(1000, slots=10):
        over[begin:end] += kind == "advance"
    assert over.max() == slots.answer
    for question in (mode, diagonal, noise):
        assert set(question.instead) == set(question.choices) - {question.answer}


def test_ten_slots_need_fewer_runs_than_halving_and_the_binomials_are_as_told():
    slots = questions(18)[4]

    assert "286" in slots.because and "1,001" in slots.because
    assert checkpoints.fewest_again(286, 10) < 3 * 286 and checkpoints.fewest_again(1024, 10) < 5 * 1024


def test_two_published_claims_hold_for_our_counts():
    """Chen et al. 2016: √n, one extra forward pass. Gruslys et al. 2016: 95 % saved, a third more time."""
    for n in (100, 400, 2500, 10_000):
        k = round(n**0.5)
        cost = checkpoints.cost(checkpoints.schedule(n, every=k))
        assert cost.peak == 2 * k and n - k == cost.again < n

    costs = [checkpoints.cost(checkpoints.schedule(1000, every=k), 2, 11) for k in range(1, 101)]
    best = min(costs, key=lambda cost: cost.peak)
    assert best.peak < 0.05 * 1000 * 11 and 0.3 < best.again / 3000 < 1 / 3


def test_a_step_of_the_lstm_keeps_eleven_numbers_a_unit_and_a_state_two():
    p, H, T = lstm.init(np.random.default_rng(0), 2, 5), 5, 7
    trace = bptt.forward(lstm, p, np.zeros((T, 2)))

    kept = sum(k[0].size for k in trace.kept) + sum(s[0].size for s in trace.states)
    assert kept == 11 * H and sum(s[0].size for s in trace.states) == 2 * H


def test_the_page_cites_what_was_recorded():
    recorded = data.recorded("forward")

    assert list(recorded.modes.H) == [2, 4, 8, 16, 32, 64]
    told = f"took only {recorded.checkpoints.every_40} times as long with `every=40`"
    assert told in TEXT and f"Ten slots took {recorded.checkpoints.slots_10} times as long" in TEXT
    assert recorded.checkpoints.T == 1600 and "1,600 steps" in TEXT
    grows = recorded.modes.ratio[-1] / recorded.modes.ratio[-2]
    counted = [counting.bills(100, H) for H in (32, 64)]
    ratios = [b["forward"].multiplications / b["reverse"].multiplications for b in counted]
    assert 0.5 < grows / (ratios[1] / ratios[0]) < 2


@pytest.mark.parametrize("T, H", [(1, 3), (2, 3), (3, 2), (4, 2)])
def test_the_mean_over_all_draws_is_the_influence(page, T, H):
    rng = np.random.default_rng(T)
    J, N, M = rng.normal(size=(T, H, H)), rng.normal(size=(T, H, 5)), 0
    for J_t, N_t in zip(J, N):
        M = N_t + (J_t @ M if np.ndim(M) else 0)
    bits = (np.arange(2 ** (T * H))[:, None] >> np.arange(T * H)) % 2
    s, theta = page["rank_one"](J, N, (2.0 * bits - 1).reshape(-1, T, H).swapaxes(0, 1))

    np.testing.assert_allclose(s.T @ theta / len(bits), M, rtol=1e-11)
    assert np.abs(s[0][:, None] * theta[0] - M).max() > 0.1 * np.abs(M).max()     # one draw is not


# Figures


def drawn(draw, panels=(1, 1)):
    with matplotlib.rc_context(figures.STYLE):
        figure = figures.new_figure((10, 4))
        return figure, draw(*figures.canvas_of(figure, panels))


def test_what_is_kept_over_time_is_drawn_as_it_is():
    curves = {"reverse": np.array([1, 2, 3, 2, 1]), "forward": np.full(3, 9), "checkpoints": np.arange(7)}

    figure, _ = drawn(lambda ax: plots.kept_over_time(ax, curves))

    for line, numbers in zip(figure.axes[0].lines, curves.values(), strict=True):
        assert np.array_equal(line.get_ydata(), numbers)
        assert np.array_equal(line.get_xdata(), np.arange(1, len(numbers) + 1))


def test_the_first_figure_tells_what_each_way_keeps():
    T, H, k = 50, 3, 5
    kept = counting.kept_over_time(T, H, k)
    live = widgets.kept_by_now(T, H, k, every=10)

    assert set(kept["forward"]) == {H + H**3} and len(kept["forward"]) == T
    assert len(kept["reverse"]) == 2 * T and kept["reverse"].argmax() == T - 1
    for way, every in (("reverse", T), ("checkpoints", k)):
        cost = checkpoints.cost(checkpoints.schedule(T, every=every))
        assert kept[way].max() == H * cost.peak and len(kept[way]) == 2 * T + cost.again
    for steps in (10, 50, 80):
        live.controls["steps"].value = steps
        here, marks = live.figure.axes[0].lines[-2:]
        assert list(here.get_xdata()) == [steps] * 2
        assert list(marks.get_ydata()) == [n[steps - 1] for n in kept.values() if steps <= len(n)]
        assert f"reverse keeps {kept['reverse'][steps - 1]} numbers" in live.sentence
        assert f"checkpoints keeps {kept['checkpoints'][steps - 1]} numbers" in live.sentence
        assert ("forward is done" in live.sentence) == (steps > T)
    assert live.error is None


def test_noise_is_drawn_as_it_is():
    counts, errors = np.array([1, 4, 16]), {"H = 4": np.array([3.0, 1.5, 0.7])}

    figure, _ = drawn(lambda ax: plots.noise(ax, counts, errors, {"window": 0.25}))

    line, level = figure.axes[0].lines[:2]
    assert np.array_equal(line.get_ydata(), errors["H = 4"]) and set(level.get_ydata()) == {0.25}


@pytest.mark.parametrize("way", [{"every": 3}, {"every": 10}, {"slots": 1}, {"slots": 3}], ids=str)
def test_the_lines_are_the_work_of_the_schedule(way):
    T, actions = 10, checkpoints.schedule(10, **way)
    cost = checkpoints.cost(actions)

    lines, total = plots.schedule_lines(actions, T)

    assert total == 2 * T + cost.again == len(checkpoints.held(actions))
    wide = {kind: sum(b[0] - a[0] for a, b in segments) * total for kind, segments in lines.items()}
    tall = {kind: sum(b[1] - a[1] for a, b in segments) * T for kind, segments in lines.items()}
    assert np.allclose([wide["run"], wide["again"], wide["back"]], [cost.again, T, T])
    assert np.allclose([tall["run"], tall["again"], tall["back"], tall["kept"]], [cost.again, T, -T, 0])
    middle = (np.arange(total) + 0.5) / total                     # states kept during each step of the work
    there = [sum(a[0] <= x <= b[0] for a, b in lines["kept"]) for x in middle]
    assert there == [states for states, _ in checkpoints.held(actions)]


@pytest.fixture(scope="module")
def few():
    return widgets.few_checkpoints()


@pytest.mark.parametrize("scheme", ["every", "slots"])
@pytest.mark.parametrize("T", [10, 60, 100])
@pytest.mark.parametrize("k", [1, 2, 8, 30])
def test_the_live_schedule_shows_its_cost_at_every_position(few, scheme, T, k):
    for name, value in {"scheme": scheme, "T": T, "k": k}.items():
        few.controls[name].value = value

    assert few.error is None
    actions = checkpoints.schedule(T, **{scheme: min(k, T)})
    cost = checkpoints.cost(actions)
    left, right = few.figure.axes[:2]
    lines, _ = plots.schedule_lines(actions, T)
    for group, segments in zip(left.collections, (lines["kept"], lines["run"], lines["again"], lines["back"]),
                               strict=True):
        assert np.array_equal(group.get_segments(), segments)
    assert [text.get_text() for text in left.texts] == ["0", f"{T}"]
    (x,), (y,) = right.lines[-1].get_data()
    assert (x, y) == (cost.peak, 1 + cost.again / T)
    than = f"not {T + 1}" if cost.peak <= T else "as many as without checkpoints"
    assert f"at most {cost.peak} states and steps are kept, {than}. {cost.again:,} steps" in few.sentence
    assert "every 1st" not in few.sentence
    curve = right.lines[0 if scheme == "every" else 1]
    assert (x, y) in set(zip(*curve.get_data())) and curve.get_alpha() == 1
    assert f"schedule({T}, {scheme}={min(k, T)})" in few.source


def places(live, axis, points):
    """Return where points lie in the picture, from its upper left corner."""
    ax = live.figure.axes[0]
    shares = ax.transData.transform(points) / ax.figure.bbox.size
    return (shares if axis == "x" else 1 - shares)[:, "xy".index(axis)]


@pytest.mark.parametrize("scheme, T", [("every", 60), ("slots", 60), ("slots", 10), ("every", 100)])
def test_a_touch_keeps_the_first_state_where_it_falls(few, scheme, T):
    few.controls["scheme"].value, few.controls["T"].value = scheme, T
    firsts = [checkpoints.schedule(T, **{scheme: min(k, T)})[1].end / T for k in few.controls["k"].values]

    (touch,) = few.shown["touch"]

    expected = places(few, "y", [(0, first) for first in firsts])
    assert touch["y"]["control"] == 2 and np.allclose(touch["y"]["at"], expected, atol=1e-4)


@pytest.fixture(scope="module")
def two():
    return widgets.two_bills()


@pytest.mark.parametrize("T", [10, 300, 10_000])
@pytest.mark.parametrize("H", [2, 16, 128])
def test_the_live_bills_are_the_counts_at_every_position(two, T, H):
    two.controls["T"].value, two.controls["H"].value = T, H

    assert two.error is None
    bills, (ax, *_) = counting.bills(T, H), two.figure.axes
    for way, (_, _, name) in plots.forward.WAYS.items():
        (mark,) = [line for line in ax.lines if line.get_label() == name]
        assert tuple(np.ravel(mark.get_data())) == bills[way]
        low, high = ax.get_xlim(), ax.get_ylim()
        assert low[0] < bills[way].numbers < low[1] and high[0] < bills[way].multiplications < high[1]
    ratio = bills["forward"].multiplications / bills["reverse"].multiplications
    said = {2: "2.4", 16: "92", 128: "5,518"}[H]
    assert f"multiplies {said} times as much" in two.sentence
    assert float(said.replace(",", "")) == pytest.approx(ratio, rel=0.02)


def test_a_touch_moves_the_square_of_forward_mode(two):
    (touch,) = two.shown["touch"]

    numbers = [counting.bills(1, H)["forward"].numbers for H in two.controls["H"].values]
    expected = places(two, "x", [(n, 1e3) for n in numbers])
    assert touch["x"]["control"] == 1 and np.allclose(touch["x"]["at"], expected, atol=1e-4)


def test_from_32_to_64_units_the_clock_grows_even_more_than_the_count(page):
    clock = data.recorded("forward").modes
    count = [counting.multiplications(page["forward_mode"], *counting.problem(10, H))
             / counting.multiplications(page["reverse_mode"], *counting.problem(10, H)) for H in (32, 64)]

    assert list(clock.H[-2:]) == [32, 64]
    assert 3.5 < count[1] / count[0] < 4 < clock.ratio[-1] / clock.ratio[-2]
