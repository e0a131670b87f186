"""The figures and puzzles of notebook 5 show what the zoo and the board say."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnlib.course import board, plots, widgets, wrong
from rnnlib.course.widgets import wrong_gradient

EACH = pytest.mark.parametrize("m", wrong.ZOO, ids=lambda m: m.name)


def text_of(html):
    return re.sub(r"<[^>]+>", " ", html)


# Figures

def test_the_case_shows_both_curves_and_the_error_of_each_step():
    left, right = Figure().subplots(1, 2)
    errors = np.array([[0.6], [0.05], [0.0]])

    plots.case(left, right, {"wrong": [2.0, 1.0], "right": [2.0, 0.5]}, errors)

    assert [list(line.get_ydata()) for line in left.lines] == [[2.0, 1.0], [2.0, 0.5]]
    assert [bar.get_height() for bar in right.patches] == pytest.approx([60, 5, 0])
    assert [t.get_text() for t in right.texts] == ["60 %", "5 %", "✓ right"]


def test_a_table_of_errors_marks_what_is_right_and_what_is_off_by_less_than_a_per_cent():
    ax = Figure().subplots()

    plots.error_table(ax, np.array([[0.0, 0.004], [1e-12, 1.57]]), "if")

    said = {t.get_position(): t.get_text() for t in ax.texts}
    assert said == {(0, 0): "✓", (0, 1): "<1", (1, 0): "✓", (1, 1): "157"}
    faces = [patch.get_facecolor()[:3] for patch in ax.patches]
    assert faces[0] == faces[2] == (1, 1, 1) and faces[1] != (1, 1, 1)


def test_small_multiples_have_a_panel_for_each_pass():
    axes = list(Figure().subplots(2, 3).flat)
    tables = {letter: board.delta_errors(wrong.mistake("dc-dropped")) for letter in "ABCDEF"}

    plots.patterns(*axes, errors=tables, gates="ifgo")

    assert [ax.get_title(loc="left") for ax in axes] == list("ABCDEF")
    assert all(len(ax.texts) == 24 for ax in axes)


def test_the_board_shows_what_is_let_through_silently_and_what_is_admitted():
    ax = Figure().subplots()

    plots.board_counts(ax, np.array([[0, 3], [5, 4]]), np.array([[0, 3], [2, 0]]), np.array([0.0, 0.25]),
                       ["a", "b"], ["here", "there"])

    said = [t.get_text() for t in ax.texts]
    assert said == ["✓", "3 ?", "none", "3 + 2 ?", "4", "25%"]


# The live board

@pytest.fixture(scope="module")
def found():
    names = "no-slope", "nothing-carried", "wrapped-index", "forgotten-h0"
    return board.measure(tuple(map(wrong.mistake, names)), right=1)


def test_the_live_board_shows_every_point_and_names_what_is_let_through(found):
    live = widgets.board_at(found, "Run this cell to see the board at each point.")
    let, caught, admitted = (live.figure.axes[0].lines[k] for k in (0, 1, 2))

    for k, point in enumerate(board.POINTS):
        live.controls["point"].value = point
        assert live.error is None
        for artist, said in ((let, 0), (caught, 1), (admitted, 2)):
            rows, columns = np.nonzero(found.caught[:, k] == said)
            assert np.array_equal(artist.get_xdata(), columns + 1)
            assert np.array_equal(artist.get_ydata(), rows)
    live.controls["point"].value = "zero state, symmetric"
    assert "lets through 1 of 4 (puzzles 4). It says of 1 of them that it cannot tell." in live.line.value
    for row in (1, 4, len(board.CHECKS)):
        live.controls["check"].value = row
        assert live.figure.axes[0].patches[-1].get_y() == row - 1.5
        assert board.CHECKS[row - 1].split("'")[0] in live.line.value


def test_the_stored_board_has_no_number_that_rounding_decides(found):
    live = widgets.board_at(found, "Run this cell to see the board at each point.")

    assert not re.search(r"\d", live.text) and "img" not in live.html


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
    return widgets.puzzles(NUMBER, np.random.default_rng(0))


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


def test_a_number_that_is_no_puzzle_is_answered():
    with pytest.raises(ValueError, match=r"widgets\.puzzles: number must be"):
        widgets.puzzles(0)
