"""The figures of notebook 14 show the arrays they are handed; a race ends when and how it should."""

import itertools
import re
import signal
from itertools import product

import numpy as np
import pytest
from matplotlib.figure import Figure
from watching import displayed, steps

from rnnlib import bptt, lstm, readout, rnn, tasks, training
from rnnlib.course import plots, widgets
from rnnlib.course.predictions import questions
from rnnlib.course.widgets import long_memory
from rnnlib.course.widgets.long_memory import Race, Track
from rnnlib.training import Step

RECORDED = {"A": {50: 0.2, 60: 0.004}, "B": {50: 0.2, 200: 0.17}}


def falling(n, start=0.3):
    return np.linspace(start, 0.0, n).tolist()


@pytest.fixture
def later(monkeypatch):
    return displayed(monkeypatch, long_memory)


# The race


@pytest.mark.parametrize("quiet", [False, True])
def test_a_network_stops_at_the_goal_and_the_others_run_on(later, quiet):
    runs = widgets.race({"A": steps(falling(150)), "B": steps([0.2] * 300), "C": steps([0.1] * 70)}, 180, 0.1,
                        RECORDED, quiet=quiet)

    a, b, c = runs.values()
    smooth = [np.mean(falling(150)[i - 50:i]) for i in range(50, 151)]
    first = 50 + int(np.argmax(np.array(smooth) < 0.1))
    assert a.step.number == len(a.losses) == first and a.means[-1] < 0.1 <= a.means[-2]
    np.testing.assert_allclose(a.means, smooth[:first - 49], rtol=1e-12)
    assert b.step.number == 180 and c.step.number == 70
    assert b.norms.tolist() == [2.0 * n for n in range(1, 181)]
    assert len(later[0]) == (0 if quiet else 1)


def test_networks_take_their_steps_in_turns():
    order = []
    run = lambda name: (order.append(name) or step for step in steps([1.0] * 3))

    widgets.race({"A": run("A"), "B": run("B")}, 3, 0.1, quiet=True)

    assert order == ["A", "B"] * 3


@pytest.mark.parametrize("fail, words", [
    (KeyboardInterrupt(), "you interrupted it"),
    (FloatingPointError("training.fit: loss is inf at step 61: <W_h>."), "is inf at step 61: &lt;W_h&gt;."),
])
def test_an_interrupt_or_a_divergence_loses_nothing(later, fail, words):
    runs = widgets.race({"A": steps([0.2] * 60), "B": steps([0.2] * 60, fail)}, 100, 0.1, RECORDED)

    assert [run.step.number for run in runs.values()] == [60, 60]
    assert words in later[0][0].now


def test_an_interrupt_cuts_short_the_step_that_is_made_and_no_other(later, monkeypatch):
    def pressed(losses, at):
        for step in steps(losses):
            if step.number == at:
                signal.raise_signal(signal.SIGINT)
            yield step

    runs = widgets.race({"A": pressed([0.2] * 60, 55), "B": pressed([0.2] * 60, 70)}, 60, 0.1, RECORDED)
    assert [(len(run.losses), len(run.norms), run.step.number) for run in runs.values()] == [(54,) * 3] * 2
    assert all(run.stopped == "you interrupted it" for run in runs.values())

    draw = Race.show
    monkeypatch.setattr(Race, "show", lambda *some: signal.raise_signal(signal.SIGINT) or draw(*some))
    runs = widgets.race({"A": steps([0.2] * 60), "B": steps([0.01] * 60)}, 60, 0.1, RECORDED)
    assert [run.step.number for run in runs.values()] == [1, 1]


def test_an_interrupt_before_the_first_step_leaves_empty_runs():
    runs = widgets.race({"A": steps([], KeyboardInterrupt())}, 100, 0.1, quiet=True)

    assert runs["A"].step is None and runs["A"].losses.size == runs["A"].means.size == 0
    assert "A: no mean." in widgets.raced(runs, 0.1, RECORDED).now


def test_what_is_stored_of_a_race_is_the_recorded_one(later):
    stored = []
    for noise in (0.0, 0.01):
        runs = widgets.race({"A": steps(np.array(falling(90)) + noise)}, 180, 0.12, RECORDED)
        over = widgets.raced(runs, 0.12, RECORDED)
        stored.append((later[1][-1]["text/html"], later[1][-1]["text/plain"], over.html, over.text))
        assert f"after {len(runs['A'].losses)} updates" in later[0][-1].said
        assert "<progress" not in later[0][-1].now

    assert stored[0] == stored[1]
    assert "A: 0.0040 after 60 updates. B: 0.1700 after 200 updates." in stored[0][1]
    assert stored[0][3] == stored[0][1] and stored[0][2].startswith("<img")


def test_the_live_frame_shows_the_means_and_a_star_for_who_has_arrived():
    watch, tracks = Race(["A", "B"], 200, 0.1, RECORDED), {"A": Track(), "B": Track()}
    for a, b in zip(falling(120), [0.2] * 120):
        if not tracks["A"].arrived:
            tracks["A"].add(Step(1, a, (), 1.0, None, None), 0.1)
        tracks["B"].add(Step(1, b, (), 1.0, None, None), 0.1)

    watch.show(120, tracks)

    a, b, stars = watch.moving
    np.testing.assert_array_equal(a.get_xydata()[:, 1], tracks["A"].means)
    np.testing.assert_array_equal(b.get_xdata(), np.arange(50, 121))
    np.testing.assert_array_equal(stars.get_xydata(), [[len(tracks["A"].losses), tracks["A"].means[-1]]])
    assert 'value="120"' in watch.now and "B: 0.2000 after 120 updates" in watch.now
    before = watch.now
    watch.show(121, tracks)                                # too soon
    assert watch.now == before


# What knowing costs


def test_the_best_guess_is_the_mean_over_all_that_may_still_come():
    rng = np.random.default_rng(0)
    data = tasks.adding(rng, 6, 1)
    xs, values = data.xs[:, 0], np.linspace(0.05, 0.95, 10)           # ten equally likely values

    for t in range(1, 7):
        coming = int(2 - xs[:t, 1].sum())
        known = (xs[:t, 0] * xs[:t, 1]).sum()
        mean = np.mean([known + sum(more) for more in product(values, repeat=coming)])
        assert widgets.best_guess(xs)[t - 1] == pytest.approx(mean, rel=1e-12)


# Ask your nets


@pytest.fixture(scope="module")
def models():
    rng, single = np.random.default_rng(1), np.float32
    return {name: (cell, training.Model(cell.init(rng, 2, 5, dtype=single), readout.init(rng, 5, 1, single)))
            for name, cell in (("LSTM", lstm), ("RNN", rnn))}


@pytest.mark.parametrize("moved", [
    {}, {"first": 1}, {"first": 13}, {"first": 25}, {"second": 26}, {"second": 38}, {"second": 50},
    {"one": 0.0}, {"one": 0.5}, {"one": 1.0}, {"two": 0.0}, {"two": 0.5}, {"two": 1.0},
    {"first": 25, "second": 26, "one": 1.0, "two": 1.0}, {"first": 1, "second": 50, "one": 0.0, "two": 0.0},
])
def test_the_answers_drawn_are_those_of_the_nets_on_the_readers_sequence(models, moved):
    live = widgets.ask(models, 50, "Run this cell.")
    for name, value in moved.items():
        live.controls[name].value = value
    values = {"first": 10, "one": 0.9, "second": 40, "two": 0.85} | moved
    xs = np.zeros((50, 2))
    xs[:, 0] = np.random.default_rng(5).uniform(size=50)
    xs[values["first"] - 1] = values["one"], 1
    xs[values["second"] - 1] = values["two"], 1

    top, bottom = live.figure.axes
    answers = {line.get_label(): line.get_ydata() for line in top.lines}
    for name, (cell, model) in models.items():
        hs = bptt.forward(cell, model.cell, xs.astype(np.float32)).hs[1:]
        expected = hs @ model.readout.W_y[0] + model.readout.b_y
        np.testing.assert_allclose(answers[name], expected, rtol=1e-4, atol=1e-6)
        assert f"{name} {answers[name][-1]:.2f}".replace("-", "−") in live.sentence
    guess = answers["best guess so far"]
    assert guess[-1] == pytest.approx(values["one"] + values["two"], abs=1e-12)
    assert guess[values["second"] - 2] == pytest.approx(values["one"] + 0.5)
    assert values["first"] == 1 or guess[values["first"] - 2] == 1
    numbers, rims, marked = bottom.collections
    assert [segment[1].tolist() for segment in marked.get_segments()] == [
        [values["first"], values["one"]], [values["second"], values["two"]]]
    np.testing.assert_array_equal([segment[1, 1] for segment in numbers.get_segments()], xs[:, 0])
    assert f"the sum is {values['one'] + values['two']:.2f}" in live.sentence and live.error is None


@pytest.mark.parametrize("moved", [{}, {"first": 25, "one": 0.0}, {"second": 26, "two": 1.0}])
def test_the_first_figure_draws_the_best_guess_and_no_net(moved):
    live = widgets.two_marks(50)
    for name, value in moved.items():
        live.controls[name].value = value
    v = {"first": 10, "one": 0.9, "second": 40, "two": 0.85} | moved

    (guess,) = (line for line in live.figure.axes[0].lines if line.get_label() == "best guess so far")
    best = [1.0] * (v["first"] - 1) + [v["one"] + 0.5] * (v["second"] - v["first"])
    best += [v["one"] + v["two"]] * (51 - v["second"])
    np.testing.assert_allclose(guess.get_ydata(), best, rtol=1e-12)
    for number in (v["one"] + 0.5, v["one"] + v["two"]):
        assert f"{number:.2f} from step" in live.sentence
    assert "<img" in live.html and live.error is None


@pytest.mark.parametrize("number", [0.0, 0.85, 1.0])
def test_what_is_written_upon_the_best_guess_is_seen_whole(number):
    live = widgets.two_marks(50)
    live.controls["one"].value = live.controls["two"].value = number
    paper = live.figure.bbox
    written = [text for text in live.figure.axes[0].texts if text.get_text() and text.get_visible()]

    assert len(written) == 5
    for text in written:
        box = text.get_window_extent(live.figure.canvas.get_renderer())
        assert paper.x0 <= box.x0 and box.x1 <= paper.x1 and paper.y0 <= box.y0 and box.y1 <= paper.y1


@pytest.mark.parametrize("moved", [
    {}, {"one": 0.0}, {"two": 0.0}, {"one": 0.0, "two": 0.0}, {"first": 25, "second": 26},
    {"first": 25, "second": 33, "one": 0.0}, {"first": 1, "second": 50, "one": 0.0, "two": 0.0}])
def test_no_word_of_the_first_figure_lies_on_another_or_on_the_best_guess(moved):
    live = widgets.two_marks(50)
    for name, value in moved.items():
        live.controls[name].value = value
    ax, renderer = live.figure.axes[0], live.figure.canvas.get_renderer()
    (guess,) = (line for line in ax.lines if line.get_label() == "best guess so far")
    boxes = [text.get_window_extent(renderer) for text in ax.texts if text.get_text() and text.get_visible()]

    assert len(boxes) >= 3 and not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    places = ax.transData.transform(np.column_stack([np.linspace(1, 50, 981), np.interp(
        np.linspace(1, 50, 981).round(), guess.get_xdata(), guess.get_ydata())]))
    assert not any(box.contains(*place) for box in boxes for place in places)


def test_the_questions_have_the_baselines_of_the_tasks_for_answers():
    neither, one, *_ = questions(14)

    assert neither.answer == tasks.adding_baseline() == 1 / 6 and one.answer == 1 / 12
    assert tasks.copy_baseline(500) == pytest.approx(0.04, abs=1e-4)


def test_nothing_stored_of_the_nets_depends_on_their_training(models):
    live = widgets.ask(models, 50, "Run this cell & ask.")

    assert live.text == "Run this cell & ask." and "&amp;" in live.html and "<img" not in live.html


# How far back the mark is seen


@pytest.mark.parametrize("bias, wait", [(0.0, 0), (3.0, 10), (6.0, 20)])
def test_the_column_of_the_mark_is_that_of_every_window(bias, wait):
    sent, seen = widgets.reach_of(bias, wait)
    p, trace, dhs = long_memory.untrained(bias, wait)

    for K in (1, wait + 1, wait + 10, wait + 20):
        for cut in ({"window": K}, {"chunks": (K, K)}):
            column = bptt.backward(lstm, p, trace, dhs, **cut).params.W_x[:, 1]
            assert seen[K - 1] == pytest.approx(np.linalg.norm(column), rel=1e-12)
    assert len(sent) == len(seen) == 20 + wait and (seen[:wait] == 0).all() and (seen[wait + 9:] > 0).all()


def test_what_is_sent_back_is_the_derivative_of_the_mean_squared_error():
    sent, seen = widgets.reach_of(2.0, 5)
    p, trace, dhs = long_memory.untrained(2.0, 5)
    rng = np.random.default_rng(0)
    lstm.init(rng, 2, 32)
    q, targets = readout.init(rng, 32, 1), tasks.adding(rng, 20, 32).targets
    delta, _ = bptt.deltas(lstm, p, trace, dhs)
    column = np.zeros_like(p.W_x)
    column[:, 1] = bptt.backward(lstm, p, trace, dhs).params.W_x[:, 1]

    def error(size):
        moved = p._replace(W_x=p.W_x + size * column / np.linalg.norm(column))
        return ((readout.forward(q, bptt.forward(lstm, moved, trace.xs).hs[-1])[:, 0] - targets) ** 2).mean()

    assert seen[-1] == pytest.approx((error(1e-5) - error(-1e-5)) / 2e-5, rel=1e-6)
    assert sent == pytest.approx([np.sqrt((d**2).sum()) for d in delta[::-1]], rel=1e-12)


@pytest.mark.parametrize("moved", [
    {}, {"K": 1}, {"K": 11}, {"K": 20}, {"K": 40}, {"bias": 0.0}, {"bias": 6.0}, {"wait": 0}, {"wait": 20},
    {"K": 40, "bias": 0.0, "wait": 20}, {"K": 40, "bias": 6.0, "wait": 0},
])
def test_the_curves_and_the_window_follow_the_sliders(moved):
    live = widgets.mark_reach()
    for name, value in moved.items():
        live.controls[name].value = value
    K, bias, wait = ({"K": 10, "bias": 3.0, "wait": 10} | moved).values()
    sent, seen = widgets.reach_of(bias, wait)
    last = min(K, len(sent))

    top, bottom = live.figure.axes
    for ax, values in ((top, sent), (bottom, seen)):
        end, curve = ax.lines[:2]
        drawn = curve.get_ydata()
        np.testing.assert_array_equal(drawn[:len(values)], np.where(values > 0, values, np.nan))
        assert np.isnan(drawn[len(values):]).all()
        assert end.get_xdata()[0] == K + 0.5 and ax.patches[0].get_width() == K
    assert [band.get_x() for band in top.patches[1:]] == [wait + 0.5, wait + 10.5]
    dot = bottom.lines[2].get_xydata()
    np.testing.assert_array_equal(dot, [[last, seen[last - 1] or np.nan]])
    zero = "gets exactly 0" in live.sentence
    assert zero == (seen[last - 1] == 0) == (wait >= K)
    assert f"seen[:{K}][-1]" in live.source and live.error is None


def test_the_text_counts_the_places_of_the_marks_that_a_window_sees():
    live = widgets.mark_reach(K=24, wait=10)

    assert "the second mark at 10 and the first at 4 of their 10 places" in live.sentence


# Still figures


def test_the_picture_of_the_task_labels_what_is_known():
    figure = Figure((10, 4.4), layout="constrained")
    values, best = np.full(30, 0.25), np.array([1.0] * 9 + [0.75] * 10 + [0.5] * 11)

    plots.marked_sum(figure, 30)(values, (10, 20), best, {})
    figure.draw_without_rendering()

    texts = [text for text in figure.axes[0].texts if text.get_visible()]
    assert [text.get_text() for text in texts] == [
        "$a_1$ = 0.25", "$a_2$ = 0.25", "1", "$a_1$ + ½", "$a_1 + a_2$"]
    assert [round(text.get_position()[1], 2) for text in texts[2:]] == [1.07, 0.82, 0.57]


def test_levels_of_a_race_are_drawn_and_named():
    figure = Figure((9, 4), layout="constrained")
    ax = figure.subplots()

    plots.race(ax, ["A"], 100, long_memory.LEVELS)({"A": ([50, 100], [0.2, 0.1])}, ["A"])

    assert [line.get_ydata()[0] for line in ax.lines[:2]] == [1 / 6, 1 / 12]
    assert re.search("1/6", ax.texts[0].get_text()) and re.search("1/12", ax.texts[1].get_text())
    assert ax.lines[3].get_xydata().tolist() == [[100, 0.1]]
