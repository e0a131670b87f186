"""The figures of notebook 11 show what the zoo and the board say."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnlib.course import board, plots, widgets, wrong


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
    assert "lets through 1 of 4 (puzzles 4). It says of 1 of them that it cannot tell." in live.sentence
    for row in (1, 4, len(board.CHECKS)):
        live.controls["check"].value = row
        assert live.figure.axes[0].patches[-1].get_y() == row - 1.5
        assert board.CHECKS[row - 1].split("'")[0] in live.sentence


def test_the_stored_board_has_no_number_that_rounding_decides(found):
    live = widgets.board_at(found, "Run this cell to see the board at each point.")

    assert not re.search(r"\d", live.text) and "img" not in live.html
