"""The figures of notebook 5, and the puzzles of 5 and 11, show what the zoo says."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

import build
from rnnlib import rnn
from rnnlib.course import board, plots, widgets, wrong
from rnnlib.course.widgets import wrong_gradient

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
    return widgets.puzzles(NUMBER, rng=np.random.default_rng(0))


def press(widget, text):
    (button,) = [b for row in widget.children if hasattr(row, "children") for b in row.children
                 if getattr(b, "description", "") == text]
    button.click()


def test_a_puzzle_shows_its_code_and_hides_its_answer(puzzles):
    m = puzzles.mistake

    assert m.name == "nothing-carried"
    shown = text_of(puzzles.code.value)
    assert all(line.strip() in shown for line in ("dh_next = np.zeros_like(h0)", "dh = dhs[t]"))
    assert m.title not in repr(puzzles._repr_mimebundle_()) and puzzles.answer.value == ""
    assert f"wrong.ZOO[{NUMBER - 1}]" in puzzles.replay.value


@pytest.mark.parametrize(("typed", "says"), [
    ("", "Type the number of a line, 1 to 15."), ("x", "Type the number"), ("0", "Type the number"),
    ("16", "Type the number"), ("-8", "Type the number"), ("9" * 50, "Type the number"),
    ("8.0", "Type the number"),
    ("²", "Type the number"), ("<b>", "Type the number"), ("9", "Not line 9"), (" 8 ", "Yes, line 8")])
def test_every_typed_line_gets_its_verdict(puzzles, typed, says):
    puzzles.line.value = typed

    press(puzzles, "Say so")

    assert says in puzzles.verdict.value
    assert (puzzles.found == {NUMBER}) == says.startswith("Yes")


def test_lines_are_marked_after_the_answer_and_not_before(puzzles):
    lines = lambda: [k for k, line in enumerate(re.findall(r"<li.*?</li>", puzzles.code.value), 1)
                     if "this line" in line and "background: rgb" in line]
    count = len(puzzles.mistake.code.splitlines())
    assert (lines(), puzzles.code.value.count("<li")) == ([], count)

    puzzles.line.value = "9"
    assert lines() == []
    puzzles.line.value = "8"
    assert lines() == [8]
    press(puzzles, "Show the answer")
    assert lines() == sorted(wrong_gradient.guilty_lines(puzzles.mistake))
    press(puzzles, "Another, at random")
    assert lines() == []


def test_enter_will_do_in_place_of_the_button(puzzles):
    puzzles.line.value = "8"

    assert "Yes, line 8" in puzzles.verdict.value and puzzles.found == {NUMBER}


def test_another_puzzle_is_at_random_and_one_not_yet_solved(puzzles):
    puzzles.found = set(range(1, len(wrong.ZOO) + 1)) - {NUMBER, OTHER}

    press(puzzles, "Another, at random")

    assert puzzles.number.value == OTHER and puzzles.mistake.name == "three-at-once"
    assert puzzles.line.value == "" and puzzles.verdict.value == ""


def test_all_solved_still_gives_another(puzzles):
    puzzles.found = set(range(1, len(wrong.ZOO) + 1))

    press(puzzles, "Another, at random")

    assert puzzles.number.value != NUMBER


def test_the_check_and_the_answer_come_when_asked_for(puzzles):
    m = puzzles.mistake
    press(puzzles, "Run the check")
    assert "Wrong: dW_x" in puzzles.evidence.value

    press(puzzles, "Show the answer")

    shown = text_of(puzzles.answer.value)
    parts = m.title, "- dh = dhs[t]", "+ dh = dhs[t] + dh_next", m.source
    assert all(part.split("'")[0] in shown for part in parts)


@EACH
def test_every_answer_can_be_shown(m, puzzles):
    puzzles.number.value = wrong.ZOO.index(m) + 1

    press(puzzles, "Show the answer")

    assert "<dt><b>Hides</b>" in puzzles.answer.value and "- " in puzzles.answer.value


def test_two_panels_on_a_page_do_not_disturb_each_other():
    one, two = widgets.puzzles(1), widgets.puzzles(5)

    one.number.value = 7

    assert (one.mistake, two.mistake) == (wrong.ZOO[6], wrong.ZOO[4])


VANILLA = tuple(m for m in wrong.ZOO if m.cell is rnn)


def test_of_some_mistakes_each_keeps_its_number_and_no_other_is_shown():
    shown = widgets.puzzles(among=VANILLA, rng=np.random.default_rng(1))
    numbers = [n for _, n in shown.number.options]

    assert [wrong.ZOO[n - 1] for n in numbers] == list(VANILLA) and len(numbers) == 20
    assert shown.number.value == numbers[0] == 1
    for _ in range(60):
        before = shown.mistake
        press(shown, "Another, at random")
        assert shown.mistake in VANILLA and shown.mistake is not before


def test_the_two_pages_share_out_the_zoo():
    shown = []
    for name in ("05-find-the-wrong-gradient", "11-find-the-wrong-gate"):
        text = (build.SOURCES / f"{name}.md").read_text(encoding="utf-8")
        (call,) = re.findall(r"^widgets\.puzzles\(.*\)$", text, re.MULTILINE)
        shown.append(eval(call, {"widgets": widgets, "wrong": wrong, "rnn": rnn}).numbers)

    assert [len(numbers) for numbers in shown] == [19, 19]
    assert sorted(shown[0] + shown[1]) == list(range(1, 39))
    assert all(wrong.ZOO[n - 1].cell is rnn and wrong.ZOO[n - 1].name != "window-one-short" for n in shown[0])


def test_the_count_of_those_found_is_of_those_shown():
    shown = widgets.puzzles(NUMBER, VANILLA[:3])
    shown.line.value = "8"

    assert "Found so far: 1 of 3." in shown.verdict.value


def test_no_name_in_the_list_of_puzzles_gives_the_answer(puzzles):
    named = dict((n, text) for text, n in puzzles.number.options)

    assert named[NUMBER] == f"{NUMBER} · Each step for itself (RNN)" and len(named) == len(wrong.ZOO)
    assert not any(wrong.ZOO[n - 1].title in text for n, text in named.items())


@pytest.mark.parametrize(("arguments", "complaint"), [
    ((0,), "number must be one of 1, 2, 3"), ((True,), "number must be one of"),
    ((OTHER, VANILLA), f"number must be one of 1, 2, 4.*; got {OTHER}"),
    ((1, ()), "among must be some mistakes"), ((1, ("no-slope",)), "among must be mistakes of wrong.ZOO")])
def test_what_is_no_puzzle_is_answered(arguments, complaint):
    with pytest.raises(ValueError, match=rf"^widgets\.puzzles: {complaint}"):
        widgets.puzzles(*arguments)
