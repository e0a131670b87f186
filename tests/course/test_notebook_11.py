"""The figures of notebook 11 show what the zoo and the board say."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnlib.course import board, plots, widgets, wrong
from rnnlib.course.predictions.questions import questions


def test_small_multiples_have_a_panel_for_each_pass():
    axes = list(Figure().subplots(2, 3).flat)
    tables = {letter: board.delta_errors(wrong.mistake("dc-dropped")) for letter in "ABCDEF"}

    plots.patterns(*axes, errors=tables, gates="ifgo")

    assert [ax.get_title(loc="left") for ax in axes] == list("ABCDEF")
    assert all(len(ax.texts) == 24 for ax in axes)


@pytest.fixture(scope="module")
def six():
    return widgets.wrong_gate.patterns()


@pytest.mark.parametrize("table, t, wrong_ones, right", [
    ("A", 6, "i, f, g", "o"), ("B", 4, "", "i, f, g, o"), ("B", 3, "i, f, g, o", ""),
    ("C", 5, "i, f, g, o", ""), ("D", 1, "", "i, f, g, o"), ("E", 5, "i, f, g", "o"),
    ("F", 6, "f", "i, g, o")])
def test_a_touched_column_is_outlined_and_read(six, table, t, wrong_ones, right):
    six.controls["table"].value, six.controls["t"].value = table, t

    assert six.error is None
    outlines = {name: ax.patches[-1] for name, ax in zip("ABCDEF", six.figure.axes, strict=True)}
    assert [name for name, outline in outlines.items() if outline.get_visible()] == [table]
    assert outlines[table].get_x() == t - 1.5
    assert (f"wrong: {wrong_ones}" in six.sentence) == bool(wrong_ones)
    assert (f"right: {right}" in six.sentence) == bool(right)
    place = six.shown["touch"]["ABCDEF".index(table)]
    assert place["sets"] == [[0, "ABCDEF".index(table)]] and len(place["x"]["at"]) == 6


def test_the_tables_answer_the_first_two_questions():
    drops, sums, rejects = questions(11)
    tables = widgets.wrong_gate.TABLES
    errors = {name: board.delta_errors(wrong.mistake(m)) > 1e-10 for name, m in tables.items()}
    waits = [name for name, bad in errors.items()
             if not bad[5].any() and bad[4, :3].all() and not bad[4, 3] and bad[3].all()]
    assert waits == [drops.answer] and tables["E"] == "dc-dropped"
    assert [name for name, bad in errors.items() if not bad.any()] == ["D"] and "sum" in sums.answer
    assert errors["A"][5].any() and errors["F"][5].any() and errors["C"][4].all()
    limits = {"each entry within 1e-2": "each entry, to the looser limit",
              "each entry within 1e-7": "each entry, to the stricter limit"}
    assert not errors["B"][3:].any() and rejects.choices == [limits.get(name, name) for name in board.CHECKS]
    assert rejects.answer == limits["each entry within 1e-7"]


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
    numbers = np.array([wrong.ZOO.index(m) + 1 for m in found.mistakes])

    for k, point in enumerate(board.POINTS):
        live.controls["point"].value = point
        assert live.error is None
        for artist, said in ((let, 0), (caught, 1), (admitted, 2)):
            rows, columns = np.nonzero(found.caught[:, k] == said)
            assert np.array_equal(artist.get_xdata(), numbers[columns])
            assert np.array_equal(artist.get_ydata(), rows)
    live.controls["point"].value = "zero state, symmetric"
    assert f"lets through 1 of 4 (puzzle {numbers[3]})." in live.sentence
    assert "It says of 1 of them that it cannot tell." in live.sentence
    for row in (1, 4, len(board.CHECKS)):
        live.controls["check"].value = row
        assert live.figure.axes[0].patches[-1].get_y() == row - 1.5
        assert board.CHECKS[row - 1].split("'")[0] in live.sentence


def test_in_a_browser_the_board_leaves_out_what_takes_long_and_says_so(monkeypatch, capsys):
    measured = []
    monkeypatch.setattr(widgets.wrong_gate, "IN_A_BROWSER", True)
    monkeypatch.setattr(board, "measure", lambda mistakes, right, watch: measured.append(mistakes))

    widgets.measured_board()

    left_out = {m.name for m in wrong.ZOO if m not in measured[0]}
    assert left_out == {"output-of-the-state-before", "log-of-a-sum", "bits-and-nats", "mean-and-sum",
                        "bias-of-o-everywhere", "tanh-carried", "window-one-short"}
    assert "In a browser 31 of the 38 mistakes are measured" in capsys.readouterr().out


def test_the_stored_board_has_no_number_that_rounding_decides(found):
    live = widgets.board_at(found, "Run this cell to see the board at each point.")

    assert not re.search(r"\d", live.text) and "img" not in live.html
