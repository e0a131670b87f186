"""Training that is watched: the Run, the curve, the texts; and what a stored notebook keeps of them."""

import re
import signal

import numpy as np
import pytest
from watching import displayed, steps

from rnnlib import lstm, readout, tasks, training
from rnnlib.course import data, figures, plots, widgets
from rnnlib.course.predictions.questions import questions
from rnnlib.course.widgets.stopping import StopButton
from rnnlib.course.widgets.training import Watch
from rnnlib.course.widgets.typeset import plain

SIZES, GUESS, GOAL = [100, 100, 16], 4.0, 0.5


@pytest.fixture
def watches(monkeypatch):
    return displayed(monkeypatch, widgets.training)


def test_training_ends_with_the_first_pass_below_the_goal(watches):
    losses = [4.0, 3.0, 2.0, 0.2, 0.4, 6.0, 9.0]

    run = widgets.train(steps(losses), SIZES, 50, GUESS, 0.9)

    assert run.losses.tolist() == losses[:6] and run.step.number == 6
    assert run.norms.tolist() == [2.0 * n for n in range(1, 7)]
    np.testing.assert_allclose(run.means, [732 / 216, 156 / 216])


def test_a_mean_over_two_passes_does_not_end_it(watches):
    run = widgets.train(steps([4.0, 4.0, 0.1, 0.1, 0.1, 4.0]), [1, 1, 1], 5, GUESS, GOAL)

    assert len(run.losses) == 5 and "all steps are done" in watches[0][0].now


@pytest.mark.parametrize("fail, words", [
    (KeyboardInterrupt(), "you interrupted it"),
    (FloatingPointError("training.fit: loss is inf at step 3: <W_h>."), "is inf at step 3: &lt;W_h&gt;."),
])
def test_an_interrupt_or_a_divergence_loses_nothing(watches, fail, words):
    run = widgets.train(steps([3.0, 2.0], fail), SIZES, 50, GUESS, GOAL)

    assert run.step.params == ("params", 2) and run.losses.tolist() == [3.0, 2.0]
    assert run.means.size == 0 and words in watches[0][0].now


def test_an_interrupt_before_the_first_step_leaves_an_empty_run(watches):
    run = widgets.train(steps([], KeyboardInterrupt()), SIZES, 50, GUESS, GOAL, report=lambda step: "?")

    assert run.step is None and run.losses.size == 0
    assert "0 updates. It ended because you interrupted it." in watches[0][0].now


def test_a_run_goes_on_where_it_was(watches):
    losses = [4.0, 3.0, 2.0, 0.2, 0.4, 0.2]
    whole = widgets.train(steps(losses), SIZES, 6, GUESS, 0.1)
    part = widgets.train(steps(losses[:4]), SIZES, 4, GUESS, 0.1)
    rest = (step for step in steps(losses) if step.number > 4)

    on = widgets.train(rest, SIZES, 6, GUESS, 0.1, after=part)

    assert on.step == whole.step
    for ours, theirs in zip(on[:3], whole[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_that_cannot_go_on_is_the_one_before(watches):
    part = widgets.train(steps([4.0, 3.0]), SIZES, 2, GUESS, 0.1)

    on = widgets.train(steps([], KeyboardInterrupt()), SIZES, 6, GUESS, 0.1, after=part)

    assert on.step is part.step and on.losses.tolist() == [4.0, 3.0]


def test_reports_come_every_so_often_and_at_the_end(watches):
    widgets.train(steps([4.0, 3.0, 2.0, 1.0, 1.0]), [1, 1], 50, GUESS, 0.1, lambda step: "<b>", every=2)

    said = watches[0][0].below

    assert re.findall(r"update (\d)", said) == ["2", "4", "5"]
    assert "mean loss of the last 2 windows 3.5000\n    &lt;b&gt;" in said


def test_a_report_weighs_each_window_by_its_predictions(watches):
    widgets.train(steps([4.0, 3.0, 2.0, 1.0, 5.0]), SIZES, 5, GUESS, GOAL, lambda step: "a sample", every=1)

    shown = watches[0][0].below
    said = re.findall(r"update (\d), mean loss of the last (\d) windows ([\d.]+)", shown)

    assert said[-2] == ("4", "3", f"{(100 * 3 + 16 * 2 + 100 * 1) / 216:.4f}")     # windows 2, 3 and 1 again
    assert said[-1] == ("5", "3", f"{(16 * 2 + 100 * 1 + 100 * 5) / 216:.4f}")


def test_many_reports_show_the_first_and_the_last():
    watch = Watch(1, 10, GUESS, GOAL)
    for n in range(9):
        watch.note(f"report {n}")

    assert re.findall(r"report \d|…", watch.below) == ["report 0", "…", *(
        f"report {n}" for n in (5, 6, 7, 8))]


def test_bar_and_hint_go_at_the_end_and_nothing_stored_depends_on_the_run(watches):
    stored = []
    for noise in (0.0, 0.01):
        widgets.train(steps(np.array([3.0, 2.0, 1.0, 0.3, 0.3, 0.3]) + noise), SIZES, 50, GUESS, GOAL,
                      lambda step: "a sample")
        stored.append(watches[1][-1])
        watch = watches[0][-1]
        assert "<progress" not in watch.now and watch.now.endswith(watch.below) and watch.said in watch.now

    said = [(bundle["text/html"], bundle["text/plain"]) for bundle in stored]

    assert said[0] == said[1]
    assert "a sample" not in said[0][0] and "towards 0.5" in said[0][0] and "<img" not in said[0][0]


@pytest.mark.parametrize("method, n, why", [
    ("__init__", 0, "you interrupted it"), ("show", 1, "you interrupted it"),
    ("finish", 4, "all steps are done"),
])
def test_an_interrupt_while_the_curve_is_made_or_drawn_loses_nothing(watches, monkeypatch, method, n, why):
    whole, losses = getattr(Watch, method), [3.0, 2.0, 2.0, 1.0]
    monkeypatch.setattr(
        Watch, method, lambda *arguments: signal.raise_signal(signal.SIGINT) or whole(*arguments))

    run = widgets.train(steps(losses), SIZES, 50, GUESS, GOAL)

    assert run.losses.tolist() == losses[:n] and len(run.norms) == n and run.stopped == why
    with pytest.raises(KeyboardInterrupt):                 # and afterwards it is what it was
        signal.raise_signal(signal.SIGINT)


def test_a_second_press_after_a_while_ends_what_hangs(watches, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("rnnlib.course.widgets.stopping.time.monotonic", lambda: now[0])

    def hangs(seconds):
        with StopButton() as button:
            signal.raise_signal(signal.SIGINT)
            now[0] += seconds
            signal.raise_signal(signal.SIGINT)
        return button.pressed

    assert hangs(0.5)
    with pytest.raises(KeyboardInterrupt):
        hangs(5)


def test_in_a_browser_a_training_ends_when_its_seconds_are_over(watches, monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("rnnlib.course.widgets.stopping.time.monotonic", lambda: now[0])
    monkeypatch.setattr("rnnlib.course.widgets.stopping.SECONDS", 18)
    monkeypatch.setattr(widgets.training, "IN_A_BROWSER", True)

    def slow(losses):
        for step in steps(losses):
            now[0] += 7
            yield step

    run = widgets.train(slow([3.0] * 9), SIZES, 50, GUESS, GOAL)

    assert len(run.losses) == 3 and run.stopped == widgets.stopping.TIME_IS_UP
    assert "cannot be interrupted here" in watches[0][0].hint
    assert not widgets.finished(run) and "run its cell again" not in capsys.readouterr().out
    raced = widgets.race({"A": slow([3.0] * 9), "B": slow([3.0] * 9)}, 50, 0.1, quiet=True)
    assert [len(run.losses) for run in raced.values()] == [2, 1]
    assert all(run.stopped == widgets.stopping.TIME_IS_UP for run in raced.values())


def test_in_a_browser_tab_less_is_trained_and_the_reader_is_told(monkeypatch, capsys):
    text = tasks.japan()
    assert widgets.training.in_time(text, 128, 0.01) == (text, 128, 0.01)
    assert capsys.readouterr().out == ""

    monkeypatch.setattr(widgets.training, "IN_A_BROWSER", True)

    assert widgets.training.in_time(text, 128, 0.01) == (text[:664], 64, 0.02)
    assert "64 units learn the first half of the text, 664 characters" in capsys.readouterr().out


def test_the_smaller_net_reaches_both_goals_in_the_updates_that_a_browser_has_time_for(monkeypatch):
    monkeypatch.setattr(widgets.training, "IN_A_BROWSER", True)
    letters = tasks.vocabulary(tasks.japan())
    text, H, rate = widgets.training.in_time(tasks.japan(), 128, 0.01)
    V, B, draw = len(letters), 4, np.random.default_rng(0)
    one_hot = np.eye(V, dtype=np.float32)
    batches = [(one_hot[x], y) for x, y in tasks.windows(tasks.streams(letters.ids(text), B), 25)]
    model = training.Model(lstm.init(draw, V, H, 1.0, np.float32), readout.init(draw, H, V, np.float32))

    def loss(model, batch, state):
        return training.sequence_loss(lstm, model, *batch, state)

    steps = training.fit(loss, model, batches, training.adam(rate), steps=560, clip=5.0,
                         state=training.zero_state(lstm, model, B))
    P, sizes = len(batches), [y.size for _, y in batches]
    losses = np.array([step.loss for step in steps]).reshape(-1, P)
    means = np.average(losses, axis=1, weights=sizes)

    assert P == 7 and P * (1 + np.argmax(means < 0.1233)) < 400
    assert means.min() < 0.03


def test_who_has_not_finished_says_so_and_claims_nothing(watches, capsys):
    short, whole = (widgets.train(steps(losses), [1], 9, GUESS, GOAL) for losses in ([3.0, 2.0], [3.0, 0.4]))
    nothing = lambda params, batch, state: None
    begun = widgets.untrained(training.fit(nothing, np.ones(2), [0], training.sgd(0.1)))

    assert widgets.finished(whole) and widgets.finished(whole, whole) and not capsys.readouterr().out
    assert widgets.claim("It falls.", whole) == "It falls."
    assert widgets.claim("It falls.", whole, short) == "In a finished training: It falls."
    assert not widgets.finished(whole, short)
    assert capsys.readouterr().out == (
        "The training stands at update 2 (all steps are done): for what is said here, run its cell again, "
        "to the end, and then this one.\n")
    assert not widgets.finished(begun) and "update 0 (it has not begun)" in capsys.readouterr().out
    assert begun.step.number == 0 and begun.step.params.tolist() == [1, 1] and begun.means.size == 0


def test_a_goal_that_was_missed_is_not_claimed(watches):
    widgets.train(steps([3.0, 2.0, 1.0]), SIZES, 3, GUESS, GOAL)

    assert "its mean over a pass is not yet below 0.5" in watches[0][0].now
    widgets.train(steps([1.0, 0.3, 0.3]), SIZES, 3, GUESS, 0.8)
    assert "its mean over a pass ends below 0.8" in watches[0][1].now


def test_the_live_frame_shows_what_the_final_axes_would():
    watch = Watch(3, 6, GUESS, GOAL)
    watch.show([4.0, 3.0, 2.0], [3.0])
    first = watch.now
    watch.show([4.0, 3.0, 2.0, 1.0], [3.0])              # too soon
    assert watch.now == first and 'value="3"' in first

    watch.painted = -np.inf
    watch.show([4.0, 3.0, 2.0, 1.0], [3.0])

    windows, passes, _ = (*watch.moving, None)
    np.testing.assert_array_equal(windows.get_xydata(), [[1, 4], [2, 3], [3, 2], [4, 1]])
    np.testing.assert_array_equal(passes.get_xydata(), [[3, 3.0]])
    assert watch.picture not in first and 'value="4"' in watch.now


def test_what_differs_between_machines_is_shown_but_not_stored():
    box = widgets.unstored("<0.123 s>", instead="Run this & see.")
    shown = figures.picture(lambda ax: ax.plot([0, 1]), "A line from 0 to 1, here only.")
    drawn = widgets.unstored(shown, instead="Run this.")

    assert "&lt;0.123 s&gt;" in box.now and "0.123" not in box.html
    assert drawn.now == shown.html and "<img" not in drawn.html
    assert "Run this &amp; see." in box.html and box.text == "Run this & see."


def test_the_bars_under_the_text_are_the_values_of_the_cell():
    rng = np.random.default_rng(3)
    text, cells = "a bc def\nghij klm nop", rng.uniform(-1, 1, (21, 5))
    live = widgets.cells_over_text(text, cells, 2, [f"meaning {k}." for k in range(5)], "Run this cell.")

    for k in (1, 3, 5):
        live.controls["cell"].value = k
        bars, = live.figure.axes[0].collections
        heights = [segment[1, 1] - segment[0, 1] - 0.02 for segment in bars.get_segments()]
        np.testing.assert_allclose(heights, 0.55 * cells[:, k - 1], atol=1e-12)
        assert f"Cell {k}:" in live.sentence and f"meaning {k - 1}." in live.sentence
        lowest = text[cells[:, k - 1].argmin()].replace(" ", "space").replace("\n", "¶")
        assert f"at “{lowest}”, highest" in live.sentence
    assert live.text == "Run this cell." and "Cell" not in live.html


@pytest.mark.parametrize("columns", [7, 10, 55])
def test_lines_break_between_words_and_lose_nothing(columns):
    text = "Japan is a land of islands at the western edge"

    rows = plots.training._rows(text, columns)

    assert "".join(line for _, line in rows) == text
    assert all(text[start:start + len(line)] == line and len(line) <= columns for start, line in rows)
    assert columns < 10 or all(line.endswith(" ") for _, line in rows[:-1])


def test_streams_show_their_windows():
    axes = []
    texts = ["abcdefgh", "ijklmnop"]
    figures.picture(lambda ax: axes.append(ax) or plots.text_streams(ax, texts, 3), "Two streams of letters.")

    written = [t.get_text() for t in axes[0].texts]

    assert all(piece in written for piece in ("abc", "def", "ijk", "lmn", "stream 2", "window 2"))
    assert len([t for t in written if t == ""]) == 4     # arrows between the windows


@pytest.mark.parametrize("k", [0, 3, 11])
def test_the_recorded_run_reads_what_was_written_where_it_is_touched(k):
    live, run = widgets.recorded_run(), data.recorded("training")

    live.controls["k"].value = k

    (ax,) = live.figure.axes
    curve = next(line for line in ax.lines if len(line.get_xdata()) == len(run.updates))
    assert live.error is None and list(curve.get_ydata()) == list(run.losses)
    assert list(ax.lines[-1].get_xydata()[0]) == [run.updates[k], run.losses[k]]
    assert f"“{plain(run.texts[k])}”" in live.sentence
    assert ("Before the first update" if k == 0 else f"After {run.updates[k]} updates") in live.sentence
    at = live.shown["touch"][0]["x"]["at"]
    assert len(at) == 12 and at == sorted(at)


def test_the_recorded_run_begins_with_a_guess_and_ends_below_the_goal():
    run = data.recorded("training")

    assert abs(run.losses[0] - np.log(55)) < 0.01 and run.losses[-1] < 0.1233 < run.losses[-2]
    assert all(len(text) == 90 and set(text) <= {*tasks.japan(), "¶"} for text in run.texts)


def test_a_touched_letter_chooses_the_cell_that_stands_out_there():
    text, rng = "a land of islands at the edge", np.random.default_rng(2)
    cells = rng.normal(size=(len(text), 5)) * [0.1, 1, 3, 0.5, 2] + [0, 1, 0, -1, 0]
    live = widgets.cells_over_text(text, cells, 2, ["meaning."] * 5, "Run this cell.")

    score = np.abs((cells - cells.mean(axis=0)) / cells.std(axis=0))
    spots = live.shown["touch"]

    assert [spot["sets"][0][1] for spot in spots] == score.argmax(axis=1).tolist()
    left, _, right, _ = spots[text.index("f")]["box"]
    f = next(t for t in live.figure.axes[0].texts if t.get_text() == "f")
    x = live.figure.transFigure.inverted().transform(f.axes.transData.transform(f.get_position()))[0]
    assert left < x < right


def test_the_answers_hold():
    first, adam, smoothed, ten, _ = questions(12)
    assert np.allclose([first.answer, ten.answer], [np.log(20), np.exp(-1.233)], rtol=1e-3)
    assert f"{np.exp(-12.33):.0e}" == "4e-06" and round(0.999**600, 2) == 0.55
    assert 0.999**600 * np.log(55) > 2 and smoothed.answer == "above 2"
    rule, w, g = training.adam(0.01), np.zeros(3), np.array([3.0, -0.002, 0.0001])
    one, many = (rule.step(w, scale * g, rule.start(w))[0] for scale in (1, 25))
    assert np.allclose(one, many, rtol=1e-3) and np.allclose(np.abs(one), 0.01, rtol=1e-3)
    assert adam.answer == "not at all"


def test_the_recipe_of_002_begins_as_the_notebook_says():
    """Its start, one stream, windows of 25, Adam at 0.001: of 100 windows the mean is 3.23 to 3.32."""
    letters, H = tasks.vocabulary(tasks.japan()), 128
    V = len(letters)
    batches = [(np.eye(V, dtype=np.float32)[x], y)
               for x, y in tasks.windows(tasks.streams(letters.ids(tasks.japan()), 1), 25)]
    loss = lambda model, batch, state: training.sequence_loss(lstm, model, *batch, state)

    for seed in range(3):
        rng = np.random.default_rng(seed)
        W = np.sqrt(2 / (H + V)) * rng.normal(size=(4 * H, H + V))
        W_y = np.sqrt(2 / V) * rng.normal(size=(V, H))
        model = training.Model(lstm.Params(W[:, H:], W[:, :H], np.zeros(4 * H)),
                               readout.Params(W_y, np.zeros(V)))
        model = training.Model(*(type(part)(*(w.astype(np.float32) for w in part)) for part in model))
        run = training.fit(loss, model, batches, training.adam(0.001), steps=100,
                           state=training.zero_state(lstm, model, 1))
        mean = np.mean([step.loss for step in run])

        assert abs(mean - 3.27) < 0.06
        kept = 0.999**100                       # the printed loss, if it is smoothed from ln V on
        assert 70 < np.exp((4.2125 - (1 - kept) * mean) / kept) < 80
