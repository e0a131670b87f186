"""The board says of each check what that check says, and ours misses nothing at a designed point."""

from pathlib import Path

import numpy as np
import pytest

from rnnlib import bptt, gradcheck, rnn
from rnnlib.course import board, wrong

CHEAP = [m for m in wrong.ZOO if m.in_cell and m.cell is rnn]
RIGHT = ("each entry within 1e-2", "one direction, 1e-5", "ratio of norms, 2e-7", "ours")


def rejected(rule, a, n):
    return board.RULES[rule](np.array(a), np.array(n))


@pytest.fixture(scope="module")
def small_board():
    return board.measure(tuple(CHEAP), right=2)


@pytest.mark.parametrize("m", wrong.ZOO, ids=lambda m: m.name)
def test_ours_rejects_every_mistake_at_the_designed_point_and_no_right_pass(m):
    said = dict(zip(board.CHECKS[1:], board.said(m, "designed"), strict=True))
    right = dict(zip(board.CHECKS[1:], board.said(m, "designed", right=True), strict=True))

    assert said["ours"] == board.CAUGHT
    assert all(right[name] == board.LET for name in RIGHT)


@pytest.mark.parametrize(("name", "point"), [
    ("missing-transpose", "zero state, symmetric"), ("forgotten-h0", "zero state, symmetric"),
    ("nothing-carried", "one step"), ("label-hits-every-sequence", "one sequence"),
    ("missing-transpose", "all weights 0.5")])
def test_what_is_exactly_right_somewhere_is_let_through_and_admitted(name, point):
    said = dict(zip(board.CHECKS[1:], board.said(wrong.mistake(name), point), strict=True))

    assert said["ours"] == board.ADMITTED
    assert all(said[name] == board.LET for name in RIGHT[:-1])


@pytest.mark.parametrize("name", ["written-into-dhs", "never-cleared"])
def test_only_the_checks_that_call_twice_find_what_a_second_call_shows(name):
    said = dict(zip(board.CHECKS[1:], board.said(wrong.mistake(name), "designed"), strict=True))

    assert {check for check, found in said.items() if found == board.CAUGHT} >= {"ours", board.CALLS_TWICE}
    assert all(said[check] == board.LET for check in RIGHT[:-1])


def test_an_absolute_tolerance_does_not_see_small_gradients():
    m = wrong.mistake("forgotten-h0")
    torch, ours = list(board.RULES).index(board.CALLS_TWICE), -1

    near, far = board.said(m, "designed"), board.said(m, "gradients near 1e-6")

    assert (near[torch], far[torch]) == (board.CAUGHT, board.LET)
    assert (near[ours], far[ours]) == (board.CAUGHT, board.CAUGHT)


def test_clipping_hides_where_nothing_reaches_the_limit():
    assert board.said(wrong.mistake("clipped-carry"), "weights near 0.01")[-1] == board.LET


def test_what_stops_is_caught():
    assert set(board.said(wrong.mistake("one-row-only"), "one sequence")) == {board.CAUGHT}


def test_the_rules_are_what_their_names_say():
    one = [1.0, 1e-12]
    assert rejected("each entry within 1e-7", one, [1.0, 1.1e-12])
    assert not rejected("ratio of norms, 2e-7", one, [1.0, 1.1e-12])
    assert rejected("each entry within 1e-2", [1.0], [1.02])
    assert not rejected("each entry within 1e-2", [1.0], [1.009])
    assert not rejected(board.CALLS_TWICE, [3e-6], [9e-6]) and rejected(board.CALLS_TWICE, [1.0], [1.0012])
    assert not rejected(board.CALLS_TWICE, [1.0], [1.0009])
    assert rejected("ratio of norms, 2e-7", [1.0], [1.000001])
    assert not rejected("ratio of norms, 2e-7", [1.0], [1.0000003])
    assert rejected("one direction, 1e-5", [1.0, 2.0], [1.0, 2.001])
    assert not rejected("each entry within 1e-7", [0.0], [0.0])


def test_a_board_counts_what_it_holds(small_board):
    C, P, M = len(board.CHECKS), len(board.POINTS), len(CHEAP)
    assert small_board.caught.shape == (C, P, M) and small_board.alarms.shape == (C, P)
    assert (small_board.count()[-1, 0], small_board.count()[0, 0]) == (M, 0)      # all learn, ours finds all
    assert small_board.let_through("ours", "designed") == ()
    assert set(small_board.let_through("the loss falls", "one step")) == set(CHEAP)
    assert wrong.mistake("nothing-carried") in small_board.let_through("ours", "one step")
    assert not small_board.alarms[-1].any() and not small_board.alarms[0].any()


def test_every_mistake_is_watched_once():
    seen = []

    board.measure((CHEAP[0],), right=1, watch=lambda zoo: (seen.append(m) or m for m in zoo))

    assert seen == [CHEAP[0]]


def test_a_training_that_does_not_fall_is_caught():
    assert not board.learns(wrong.mistake("one-row-only")) and board.learns(wrong.mistake("no-slope"))


def test_35_of_the_38_mistakes_learn_as_the_first_notebook_and_the_readme_say():
    """No loss ends near the limit: with the last that falls it is 0.66 of its start, with the next 1.02."""
    learn = sum(board.learns(m) for m in wrong.ZOO)

    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert (learn, len(wrong.ZOO)) == (35, 38)
    assert "38 mistakes" in readme and "35 of them still learn" in readme


def test_the_stacked_loss_of_a_network_is_the_loss_of_its_pass():
    for name in ("assigned-not-added", "one-row-only"):
        m = wrong.mistake(name)
        here = wrong.point(m)
        loss, moved, stacked = board._problem(m, here, right=False)
        f, inputs, _ = m.problem(here)
        assert stacked
        (own,) = loss({k: type(v)(*(w[None] for w in v)) for k, v in moved.items()})
        assert own == pytest.approx(f(inputs), rel=1e-12)
    other = wrong.mistake("log-of-a-sum")
    assert not board._problem(other, wrong.point(other), right=False)[2]


@pytest.mark.parametrize("m", [m for m in wrong.ZOO if m.in_cell and "the first call" not in m.hidden_at],
                         ids=lambda m: m.name)
def test_the_errors_of_the_deltas_begin_where_dxs_begins_to_be_wrong(m):
    H = 3
    G = m.cell.shapes(1, H)[1][0] // H
    p, xs, state, dhs = wrong.point(m, D=G * H)
    right = bptt.backward(m.cell, p, bptt.forward(m.cell, p, xs, state), dhs).xs
    found = m.backward(m.cell, p, bptt.forward(m.cell, p, xs, state), dhs.copy()).xs
    wrong_at = [not np.allclose(a, b, rtol=1e-9, atol=0) for a, b in zip(found, right, strict=True)]

    errors = board.delta_errors(m)

    assert errors.shape == (len(dhs), G)
    assert list((errors > 0).any(axis=1)) == wrong_at


def test_the_error_of_one_delta_is_that_of_the_table_of_locate():
    m = wrong.mistake("missing-transpose")
    p, xs, state, dhs = wrong.point(m, D=3)
    trace = bptt.forward(rnn, p, xs, state)
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ p.W_h.T

    found = gradcheck.locate(rnn, p, xs, state, dhs, lambda *_: delta)

    assert np.allclose(found.errors[:-1], board.delta_errors(m)[:-1], rtol=1e-8, atol=0)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: board.point_of(CHEAP[0], "sunny"), "board.point_of: point must be one of"),
    (lambda: board.measure(CHEAP, right=0), "board.measure: right must be"),
    (lambda: board.measure(CHEAP, seed=-1), "board.measure: seed must be"),
    (lambda: board.measure(()), "board.measure: mistakes must be mistakes of wrong.ZOO; got a tuple of 0"),
    (lambda: board.delta_errors("no-slope"), "board.delta_errors: mistake must be a Mistake; got 'no-slope'"),
    (lambda: board.delta_errors(wrong.mistake("bits-and-nats")), "board.delta_errors: mistake must be"),
])
def test_bad_input_is_answered_in_one_sentence(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
