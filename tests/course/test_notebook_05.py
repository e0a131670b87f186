"""The figures of notebook 5, and the puzzles of 5 and 11, show what the zoo says."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

import build
from rnnlib import rnn
from rnnlib.course import board, plots, widgets, wrong
from rnnlib.course.widgets import wrong_gradient
from rnnlib.course.widgets.typeset import typeset

EACH = pytest.mark.parametrize("m", wrong.ZOO, ids=lambda m: m.name)


def text_of(html):
    return re.sub(r"<[^>]+>", " ", html)


# Figures

def test_the_case_shows_both_curves_and_the_error_of_each_step():
    left, right = Figure().subplots(1, 2)
    errors = np.array([[0.6], [0.05], [0.0]])

    update = plots.case(left, right, {"wrong": [2.0, 1.0], "right": [2.0, 0.5]}, errors)
    _, *dots = update(1)

    curves = {line.get_label(): list(line.get_ydata()) for line in left.lines}
    assert (curves["wrong"], curves["right"]) == ([2.0, 1.0], [2.0, 0.5])
    assert [dot.get_xydata().tolist() for dot in dots] == [[[1, 1.0]], [[1, 0.5]]]
    assert [bar.get_height() for bar in right.patches] == pytest.approx([60, 5, 0])
    assert [t.get_text() for t in right.texts] == ["60 %", "5 %", "✓ right"]


@pytest.mark.parametrize("step", [0, 150, 300])
def test_the_case_learns_with_either_gradient_and_says_where_the_wrong_one_is_right(step):
    m = wrong.mistake("missing-transpose")
    curves, errors = (wrong.train(m), wrong.train(m, right=True)), board.delta_errors(m)
    live = widgets.case(m)

    live.controls["step"].value = step

    losses = [curve[min(step, 299)] for curve in curves]
    assert f"is {losses[0]:.2f} with the wrong gradient, {losses[1]:.2f} with the right one" in live.sentence
    assert live.error is None and live.sentence.endswith("The wrong one's deltas are right at step 6 only.")
    assert errors[-1, 0] == 0 and errors[:-1].min() > 0.4
    assert all(curve[0] > 2.6 and curve[-1] < 0.1 for curve in curves)


def test_a_table_of_errors_marks_what_is_right_and_what_is_off_by_less_than_a_per_cent():
    ax = Figure().subplots()

    plots.error_table(ax, np.array([[0.0, 0.004], [1e-12, 1.57]]), "if")

    said = {t.get_position(): t.get_text() for t in ax.texts}
    assert said == {(0, 0): "✓", (0, 1): "<1", (1, 0): "✓", (1, 1): "157"}
    faces = [patch.get_facecolor()[:3] for patch in ax.patches]
    assert faces[0] == faces[2] == (1, 1, 1) and faces[1] != (1, 1, 1)


# Puzzles

NUMBER = 1 + wrong.ZOO.index(wrong.mistake("nothing-carried"))
OTHER = 1 + wrong.ZOO.index(wrong.mistake("three-at-once"))


@EACH
def test_the_guilty_lines_are_those_that_were_changed(m):
    lines, right = m.code.splitlines(), m.right_code.splitlines()
    guilty = wrong_gradient.guilty_lines(m)

    for _, bad in m.diff:
        for line in bad.splitlines():
            if line.strip() not in {r.strip() for r in right}:
                assert {k for k, text in enumerate(lines, 1) if text.strip() == line.strip()} & guilty, line
    assert guilty and guilty <= set(range(1, len(lines) + 1))
    assert len(guilty) <= 4


def test_of_a_line_that_is_left_out_both_neighbours_count():
    m = wrong.mistake("carries-never-updated")
    lines = m.code.splitlines()

    assert {lines[k - 1].split()[0] for k in wrong_gradient.guilty_lines(m)} == {"dc_prev", "return"}


@EACH
def test_the_evidence_tells_where_and_never_why(m):
    said, table = wrong_gradient.evidence(m)
    once = "the first call" in m.hidden_at

    assert once == said.startswith("The first call is right.")
    assert all(f"d{name}" in said for name in m.fails.split())
    assert m.title not in said + table and (table != "") == (m.in_cell and not once)
    if table:
        errors = board.delta_errors(m)
        assert table.count("✓") == (errors == 0).sum() and table.count("✗") == (errors > 0).sum()


@pytest.fixture
def puzzles():
    return widgets.puzzles(NUMBER)


def of(shown, number):
    """Return what the front end is told of a puzzle."""
    (puzzle,) = [puzzle for puzzle in shown.puzzles if puzzle["number"] == number]
    return puzzle


def test_a_stored_puzzle_shows_its_code_and_hides_its_answer(puzzles):
    m = puzzles.mistake

    assert m.name == "nothing-carried"
    shown = text_of(puzzles.html)
    assert all(line.strip() in shown for line in ("dh_next = np.zeros_like(h0)", "dh = dhs[t]"))
    stored = puzzles._repr_mimebundle_()
    assert m.title not in stored["text/html"] + stored["text/plain"] and "\n 8  " in stored["text/plain"]


@pytest.mark.parametrize("line", [1, 7, 9, 15])
def test_a_line_that_is_right_is_said_to_be_so(puzzles, line):
    assert puzzles.say(line) == f"Not line {line}: it is as it should be. Look again, or run the check."
    assert puzzles.found == []


def test_the_line_that_is_wrong_is_found_once(puzzles):
    assert puzzles.say(8) == puzzles.say(8) == "Yes, line 8. What should it say?"
    assert puzzles.found == [NUMBER]


@EACH
def test_the_front_end_knows_the_code_the_lines_and_the_story_of_each(m, puzzles):
    puzzle = of(puzzles, wrong.ZOO.index(m) + 1)

    assert puzzle["lines"] == m.code.splitlines() and set(puzzle["guilty"]) == wrong_gradient.guilty_lines(m)
    assert "<b>Hides:</b>" in puzzle["answer"] and "- " in text_of(puzzle["answer"])
    assert typeset(m.title) in puzzle["answer"]
    assert m.title not in puzzle["name"] + puzzle["yes"] + puzzle["no"]
    assert puzzle["code"] == f"m = wrong.ZOO[{wrong.ZOO.index(m)}]    # puzzle {wrong.ZOO.index(m) + 1}"


def test_the_answer_has_both_lines_and_the_source(puzzles):
    shown = text_of(of(puzzles, NUMBER)["answer"])

    parts = puzzles.mistake.title, "- dh = dhs[t]", "+ dh = dhs[t] + dh_next", puzzles.mistake.source
    assert all(part in shown for part in parts)


def test_the_check_answers_the_front_end_about_the_puzzle_it_asks_for(puzzles, monkeypatch):
    sent = []
    monkeypatch.setattr(puzzles, "send", lambda message, buffers=None: sent.append(message))

    puzzles._hear(puzzles, {"kind": "check", "number": OTHER}, [])

    assert sent == [{"kind": "evidence", "number": OTHER, "html": puzzles.evidence(OTHER)}]
    assert "Wrong: dW<sub>x</sub>" in puzzles.evidence(NUMBER) and "<table>" in puzzles.evidence(NUMBER)


def test_two_panels_on_a_page_do_not_disturb_each_other():
    one, two = widgets.puzzles(1), widgets.puzzles(5)

    one.number = 7

    assert (one.mistake, two.mistake) == (wrong.ZOO[6], wrong.ZOO[4])


VANILLA = tuple(m for m in wrong.ZOO if m.cell is rnn)


def test_of_some_mistakes_each_keeps_its_number_and_no_other_is_shown():
    shown = widgets.puzzles(among=VANILLA)

    assert [wrong.ZOO[puzzle["number"] - 1] for puzzle in shown.puzzles] == list(VANILLA)
    assert len(shown.puzzles) == 20 and shown.number == shown.puzzles[0]["number"] == 1


def test_the_two_pages_share_out_the_zoo():
    shown = []
    for name in ("05-find-the-wrong-gradient", "11-find-the-wrong-gate"):
        text = (build.SOURCES / f"{name}.md").read_text(encoding="utf-8")
        (call,) = re.findall(r"^widgets\.puzzles\(.*\)$", text, re.MULTILINE)
        shown.append(eval(call, {"widgets": widgets, "wrong": wrong, "rnn": rnn}).numbers)

    assert [len(numbers) for numbers in shown] == [19, 19]
    assert sorted(shown[0] + shown[1]) == list(range(1, 39))
    assert all(wrong.ZOO[n - 1].cell is rnn and wrong.ZOO[n - 1].name != "window-one-short" for n in shown[0])


def test_no_name_in_the_list_of_puzzles_gives_the_answer(puzzles):
    named = {puzzle["number"]: puzzle["name"] for puzzle in puzzles.puzzles}

    assert named[NUMBER] == f"{NUMBER} · Each step for itself (RNN)" and len(named) == len(wrong.ZOO)
    assert not any(wrong.ZOO[n - 1].title in text for n, text in named.items())


@pytest.mark.parametrize(("arguments", "complaint"), [
    ((0,), "number must be one of 1, 2, 3"), ((True,), "number must be one of"),
    ((OTHER, VANILLA), f"number must be one of 1, 2, 4.*; got {OTHER}"),
    ((1, ()), "among must be some mistakes"), ((1, ("no-slope",)), "among must be mistakes of wrong.ZOO")])
def test_what_is_no_puzzle_is_answered(arguments, complaint):
    with pytest.raises(ValueError, match=rf"^widgets\.puzzles: {complaint}"):
        widgets.puzzles(*arguments)
