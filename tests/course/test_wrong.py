"""Every mistake of the zoo is what it says: where it shows, where it hides, how its loss falls."""

import re
import traceback

import numpy as np
import pytest
from helpers import error

from pages import paths, read
from rnnlib import bptt, gradcheck, losses, lstm, readout, rnn
from rnnlib.course import wrong
from rnnlib.course.wrong import passes

IN_CELL = [m for m in wrong.ZOO if m.in_cell]
EACH = pytest.mark.parametrize("m", wrong.ZOO, ids=lambda m: m.name)
EACH_IN_CELL = pytest.mark.parametrize("m", IN_CELL, ids=lambda m: m.name)


def failing(report):
    return {name[1:] for name in report.names("wrong")}


def tensors(m, point, **options):
    _, found = m.last_call(point, **options)
    return [a for b in found.values() for a in (b if isinstance(b, tuple) else (b,))]


# Where it shows

@EACH
def test_a_mistake_is_rejected_at_its_point_in_the_tensors_it_spoils(m):
    point = wrong.point(m)

    report = m.check(point)

    assert failing(report) == set(m.fails.split()), report
    assert not report.ok and not report.names("unseen")


@pytest.mark.parametrize("seed", [1, 2])
@EACH
def test_it_is_rejected_at_other_points_too(m, seed):
    assert failing(m.check(wrong.point(m, seed))) == set(m.fails.split())


@EACH
def test_its_right_pass_is_right(m):
    assert m.check(wrong.point(m), right=True).ok


@pytest.mark.parametrize("m", [m for m in wrong.ZOO if m.in_cell and "W_h" in m.fails], ids=lambda m: m.name)
def test_the_backward_pass_can_be_handed_to_the_checks_as_it_is(m):
    p, xs, state, dhs = wrong.point(m)
    if "the first call" in m.hidden_at:
        with pytest.raises(ValueError, match="the same at every call"):
            gradcheck.check_cell(m.cell, p, xs, state, dhs, m.backward)
    else:
        assert failing(gradcheck.check_cell(m.cell, p, xs, state, dhs, m.backward)) == set(m.fails.split())


@pytest.mark.parametrize("name", ["missing-transpose", "tanh-slope-of-c", "reset-missing", "label-by-argmax"])
def test_differences_reject_what_the_complex_step_rejects(name):
    m = wrong.mistake(name)
    f, inputs, gradient = m.problem(wrong.point(m))

    assert failing(gradcheck.check(f, inputs, gradient, method="central")) == set(m.fails.split())
    assert gradcheck.check(*m.problem(wrong.point(m), right=True), method="central").ok


# Where it hides

@EACH
def test_it_hides_in_the_settings_it_names_and_in_no_other(m):
    hidden = set()
    for setting in wrong.settings(m):
        try:
            errors = wrong.errors(m, at=setting)
        except (ValueError, IndexError):              # its shapes no longer fit: that does not hide it
            assert m.name in ("batch-for-time", "one-row-only")
            continue
        if max(errors.values()) < 1e-10:
            hidden.add(setting)

    assert hidden == {s for s in m.hidden_at if " and " not in s}


HIDDEN = [(m, setting) for m in wrong.ZOO for setting in m.hidden_at]


@pytest.mark.parametrize(("m", "setting"), HIDDEN, ids=lambda x: getattr(x, "name", x))
def test_the_check_finds_nothing_there_and_all_of_it_elsewhere(m, setting):
    calls = 1 if setting == "the first call" else 2

    for seed in (0, 1):
        assert max(wrong.errors(m, seed, setting).values()) < 1e-10
        assert not failing(m.check(wrong.point(m, seed, setting), calls))
    for part in setting.split(" and ") if " and " in setting else ():
        assert max(wrong.errors(m, at=part).values()) > 1e-3


def test_both_degeneracies_together_hide_it_and_neither_alone():
    assert [(m.name, s) for m, s in HIDDEN if " and " in s] == [
        ("log-of-a-sum", "one sequence and one-hot labels"),
        ("no-state-before-its-own-step", "one step and a zero initial state")]


PARTLY = {
    ("missing-transpose", "one step"): {"h0"},
    ("reset-missing", "one step"): {"h0"},
    ("leak-dropped", "one step"): {"h0"},
    ("gate-left-out", "one step"): {"h0"},
    ("dc-overwritten", "one step"): {"c0"},
    ("missing-transpose", "two steps and a zero initial state"): {"W_x", "b", "xs", "h0"},
}


@pytest.mark.parametrize(("name", "setting"), PARTLY, ids=" at ".join)
def test_some_tensors_are_right_by_accident(name, setting):
    m = wrong.mistake(name)

    assert failing(m.check(wrong.point(m, at=setting))) == PARTLY[name, setting]


def test_one_minus_c_squared_is_off_by_the_fourth_power_of_the_cell():
    m, off = wrong.mistake("tanh-slope-of-c"), []
    for scale in (0.1, 0.01):
        p, xs, (h0, c0), dhs = wrong.point(m)
        point = p._make(scale * w for w in p), xs, (h0, scale * c0), dhs
        found, right = (m.last_call(point, right=r)[1]["p"] for r in (False, True))
        off.append(error(tuple(found), tuple(right)))

    assert 3.5 < np.log10(off[0] / off[1]) < 4.5      # tanh(c)^2 = c^2 - 2/3 c^4 + ...


@pytest.mark.parametrize(("name", "factor"), [("mean-and-sum", 6), ("bits-and-nats", np.log(2))])
def test_a_loss_on_another_scale_shows_as_one_common_factor(name, factor):
    m = wrong.mistake(name)
    f, inputs, gradient = m.problem(wrong.point(m))

    numeric = gradcheck.numerical_gradient(f, inputs)

    for part in ("p", "q"):
        for analytic, exact in zip(gradient[part], numeric[part], strict=True):
            assert error(analytic, factor * exact) < 1e-10


def test_the_error_of_a_label_that_hits_every_sequence_does_not_sum_to_zero():
    m = wrong.mistake("label-hits-every-sequence")
    point = wrong.point(m, at="one step", B=2)

    assert abs(m.last_call(point)[1]["q"].b_y.sum()) > 1.9
    assert abs(m.last_call(point, right=True)[1]["q"].b_y.sum()) < 1e-14


# How its loss falls

RIGHT_CURVES = {}
EXPLODING = {"label-hits-every-sequence", "output-of-the-state-before", "one-row-only"}
AS_RIGHT = {"written-into-dhs", "label-by-argmax"}


def curve_of(m):
    """The curve of the right pass, which many mistakes share."""
    key = m.right, tuple(m.options)
    if key not in RIGHT_CURVES:
        RIGHT_CURVES[key] = wrong.train(m, right=True)
    return RIGHT_CURVES[key]


@EACH
def test_the_loss_falls_by_half_with_nearly_every_mistake(m):
    curve, right = wrong.train(m), curve_of(m)

    assert right[-1] < 0.1 * right[0] and np.isfinite(curve).all()
    if m.name in EXPLODING:
        assert curve.min() > 0.9 * curve[0] and curve[-1] > curve[0]
    elif m.name == "log-of-a-sum":
        assert curve[0] > 0 > curve[-1]
    elif m.name == "no-slope":
        assert curve.min() < 0.7 * curve[0]
    elif m.name == "other-z":
        assert 0.5 * curve[0] < curve[-1] < 0.8 * curve[0]
    else:
        assert curve.min() < 0.5 * curve[0]
    assert np.array_equal(curve, right) == (m.name in AS_RIGHT)


# Where locate finds it

CARRY, STEP = "right at step 6, wrong from step 5 back", "wrong at every step"
CAUSES = {
    "missing-transpose": (CARRY, "W_h stands in the carry where its transpose belongs"),
    "no-slope": (STEP, "the slope of the tanh is missing"),
    "nothing-carried": (CARRY, "nothing is carried back from the step after"),
    "squashed-twice": (STEP, "squashed once more"),
    "wrapped-index": ("dW_h is wrong", "index -1 wraps round: the last h stands for h0"),
    "forgotten-h0": ("dW_h is wrong", "zeros stand for h0"),
    "batch-for-time": ("dW_x is wrong", "time and batch are exchanged in the xs of dW_x"),
    "clipped-carry": (CARRY, "what is carried back is clipped to ±1"),
    "written-into-dhs": ("", "changes dhs in place"),
    "never-cleared": ("", "the second call adds its gradients to those of the first"),
    "dc-overwritten": (CARRY, "dc_prev is computed after dh was overwritten by dh_prev"),
    "dc-through-tanh": (CARRY, "multiplies the carried dc too"),
    "dc-dropped": (CARRY, "dc_next is dropped"),
    "carries-never-updated": (CARRY, "nothing is carried back from the step after"),
    "tanh-slope-of-c": (STEP, "1 - c_t^2 stands for the slope of tanh(c_t)"),
    "gates-squashed-twice": (STEP, "the slope of every gate is taken at the activation"),
    "sigmoid-for-its-slope": (STEP, "the slope of gate f is replaced by the activation, taken once more"),
    "bias-of-one-gate": ("db is wrong", None),
    "gate-left-out": (CARRY, "gate f is left out of W_h^T delta"),
    "two-windows": ("wrong from step 3 back", "nothing is carried from step 4 to step 3"),
    "three-at-once": (STEP, None),
    "reset-missing": (CARRY, "the road through n lacks r"),
    "leak-dropped": (CARRY, "the leak z * dh is dropped"),
    "other-z": (STEP, "delta^z has the wrong sign"),
}


@EACH_IN_CELL
def test_locate_says_where_and_names_the_change_or_none(m):
    where, cause = CAUSES[m.name]

    found = gradcheck.locate(m.cell, *wrong.point(m), m.backward)

    assert not found.ok and where in found.sentence
    if cause is None:
        assert found.cause is None and not found.candidates
    else:
        assert cause in found.cause


# The puzzle and its solution

def test_the_zoo_has_its_names_once_and_finds_each_by_its_name():
    names = [m.name for m in wrong.ZOO]

    assert len(set(names)) == len(names) >= 24
    assert set(names) == {m.name for m in (*wrong.vanilla.MISTAKES, *wrong.gated.MISTAKES)}
    assert all(wrong.mistake(name).name == name for name in names)
    assert {m.cell.__name__ for m in wrong.ZOO} == {f"rnnlib.cells.{name}" for name in ("rnn", "lstm", "gru")}


@EACH
def test_the_code_is_the_right_code_with_the_lines_of_the_diff_exchanged(m):
    wrong_lines, right_lines = ([line.strip() for line in c.splitlines()] for c in (m.code, m.right_code))

    for old, new in m.diff:
        assert right_lines.count(old) == 1 and old not in wrong_lines
        at = right_lines.index(old)
        right_lines[at: at + 1] = new.splitlines()
    assert wrong_lines == right_lines
    assert max(len(line) for line in m.code.splitlines()) <= 110


@pytest.mark.parametrize("m", [m for m in IN_CELL if not isinstance(m.right, type)], ids=lambda m: m.name)
def test_a_pass_mended_in_a_cell_of_its_page_is_right(m):
    number = "05" if m.cell is rnn and not m.options else "11"
    (page,) = (path for path in paths() if path.name.startswith(number))
    cells = read(page)
    setup = next(cell.source for cell in cells if cell.kind == "code")
    told = "".join(cell.source for cell in cells if "It wants" in cell.source or "may want" in cell.source)
    names = {}
    exec("\n".join(re.findall("^from rnnlib.*|^import numpy as np", setup, re.M)), names)
    exec("\n".join(re.findall("`(from rnnlib[^`]+)`", told)), names)
    exec(m.right_code, names)

    found = gradcheck.locate(m.cell, *wrong.point(m), names[m.right.__name__])

    assert found.ok, found


@EACH
def test_everything_is_said_of_it_and_the_puzzle_is_not_the_answer(m):
    texts = [m.title, m.puzzle, m.source, m.breaks, m.hides, m.falling_loss]

    assert all(text.strip() == text and len(text) > 5 for text in texts)
    assert len(m.title.split()) <= 12 and len(m.puzzle.split()) <= 8
    assert m.title not in m.code and m.name not in m.code
    assert all("  " not in text and "!" not in text for text in texts)


def test_a_wrong_pass_that_stops_shows_its_own_line():
    m = wrong.mistake("batch-for-time")
    try:
        m.check(wrong.point(m, T=5))
        raise AssertionError("it should not have run")
    except (ValueError, IndexError) as stopped:
        text = "".join(traceback.format_exception(stopped))

    assert "<wrong pass: batch-for-time>" in text and "dW_x += dz.T @ xs[:, t]" in text


def test_a_pass_that_keeps_something_begins_anew_each_time_it_is_asked_for():
    m = wrong.mistake("never-cleared")
    p, xs, state, dhs = wrong.point(m)
    trace = bptt.forward(rnn, p, xs, state)

    first, other = m.backward(rnn, p, trace, dhs), m.backward(rnn, p, trace, dhs)

    assert error(tuple(first.params), tuple(other.params)) == 0


def test_a_mistake_of_a_network_has_no_backward_pass_of_a_cell():
    for m in wrong.ZOO:
        assert callable(m.backward) if m.in_cell else m.backward is None


# The right passes

@pytest.mark.parametrize("name", ["no-slope", "never-cleared", "dc-dropped", "other-z"])
def test_a_right_pass_of_a_cell_agrees_with_the_library(name):
    m = wrong.mistake(name)
    p, xs, state, dhs = wrong.point(m)
    trace = bptt.forward(m.cell, p, xs, state)

    found, expected = m.start(right=True)(m.cell, p, trace, dhs), bptt.backward(m.cell, p, trace, dhs)

    assert error(found.params, expected.params) < 1e-13
    assert error((found.xs, *found.state), (expected.xs, *expected.state)) < 1e-13


def test_the_right_lstm_agrees_with_the_library():
    inputs, ids = wrong.point(wrong.mistake("one-row-only"))
    trace = bptt.forward(lstm, inputs["p"], inputs["xs"], (inputs["h0"], inputs["c0"]))
    expected, dos = losses.softmax_cross_entropy(readout.forward(inputs["q"], trace.hs[1:]), ids)
    exact = bptt.backward(lstm, inputs["p"], trace, readout.backward(inputs["q"], trace.hs[1:], dos)[1])

    loss, gradient = passes.lstm_network(**inputs, ids=ids)

    assert error(loss, expected) < 1e-14 and error(gradient["p"], exact.params) < 1e-13
    assert error((gradient["xs"], gradient["h0"], gradient["c0"]), (exact.xs, *exact.state)) < 1e-13


@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_looking_back_k_steps_is_a_window_of_k_plus_one(k):
    inputs, labels = wrong.point(wrong.mistake("window-one-short"))
    trace = bptt.forward(rnn, inputs["p"], inputs["xs"], inputs["h0"])
    _, dos = losses.softmax_cross_entropy(readout.forward(inputs["q"], trace.hs[1:]), labels)
    dhs = readout.backward(inputs["q"], trace.hs[1:], dos)[1]

    found = passes.loss_by_loss(**inputs, labels=labels, k=k)[1]

    exact = bptt.backward(rnn, inputs["p"], trace, dhs, window=k + 1)
    assert error((*found["p"], found["xs"], found["h0"]), (*exact.params, exact.xs, *exact.state)) < 1e-13


# The doors

@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda: wrong.mistake("none"), ValueError, "wrong.mistake: name must be one of no-slope.*got 'none'"),
    (lambda: wrong.mistake(None), ValueError, "got None"),
    (lambda: wrong.point("no-slope"), TypeError, "wrong.point: mistake must be a Mistake; got 'no-slope'. "),
    (lambda: wrong.train("no-slope"), TypeError, "wrong.train: mistake must be a Mistake"),
    (lambda: wrong.errors(None), TypeError, "wrong.errors: mistake must be a Mistake"),
    (lambda: wrong.settings(None), TypeError, "wrong.settings: mistake must be a Mistake"),
    (lambda: wrong.train(wrong.ZOO[0], steps=0), ValueError, r"wrong.train: steps must be an int in \[1, "),
    (lambda: wrong.point(wrong.ZOO[0], seed=-1), ValueError, r"wrong.point: seed must be an int in \[0, "),
    (lambda: wrong.point(wrong.ZOO[0], at="a step"), ValueError, "wrong.point: at must be .* 'a step'"),
    (lambda: wrong.point(wrong.ZOO[0], N=3), TypeError, "sizes must be out of T, B, D, H, K; got N"),
])
def test_bad_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
