"""Notebook 0: the two networks at its top; and what the first pages tell of their exercises' minutes."""

import re

import numpy as np
import pytest

import build
from rnnlib import bptt, gradcheck, rnn
from rnnlib.course import exercises, widgets
from rnnlib.course.widgets import start

MARKS = re.compile(r"^\*\*(\d+) · (.+?)\.?\*\* (★+)☆*, (\d+) minutes\.", re.MULTILINE)


@pytest.mark.parametrize("page", range(5))
def test_a_title_tells_stars_and_minutes_and_the_top_their_sum(page):
    (source,) = build.SOURCES.glob(f"{page:02}-*.md")
    text = source.read_text(encoding="utf-8")

    told = [(int(n), title, len(stars), int(minutes)) for n, title, stars, minutes in MARKS.findall(text)]
    total = int(re.search(r"^\*Minutes: .*; the exercises (\d+)\.\*$", text, re.MULTILINE)[1])

    assert told == [(e.number, e.title, e.stars, e.minutes) for e in exercises.progress(page)]
    assert total == sum(e.minutes for e in exercises.progress(page))


@pytest.fixture(scope="module")
def networks():
    return widgets.two_networks()


@pytest.mark.parametrize(("back", "right"), [("W_h", True), ("W_h.T", False)])
def test_one_of_the_two_passes_is_right(back, right):
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))

    def gradient(p):
        return start.two_passes(p, bptt.forward(rnn, p, xs, *state), dhs, p.W_h if back == "W_h" else p.W_h.T)

    loss = lambda p: (dhs * bptt.forward(rnn, p, xs, *state).hs[1:]).sum()
    names = gradcheck.check(loss, p, gradient).names("wrong")

    assert names == ([] if right else ["dW_x", "dW_h", "db"])


def test_in_the_first_and_the_last_row_of_the_check_of_a_even_the_sign_is_wrong():
    def a(cell, p, trace, dhs):
        delta = bptt.deltas(cell, p._replace(W_h=p.W_h.T), trace, dhs)[0]
        return bptt.gradient(cell, p, trace, delta, (delta[0] @ p.W_h.T,))

    report = gradcheck.check_cell(rnn, *gradcheck.designed_point(rnn, np.random.default_rng(0)), backward=a)

    signs = [np.sign(v.analytic) == np.sign(v.numeric) for v in report.verdicts]
    assert signs == [False, True, True, True, False]
    assert (round(report.verdicts[-1].analytic, 2), round(report.verdicts[-1].numeric, 2)) == (-7.91, 5.19)


def test_a_learns_with_the_wrong_gradient_and_twice_the_rate(networks):
    a = widgets.learn(lambda p, trace, dhs: start.two_passes(p, trace, dhs, p.W_h.T), 0.2, steps=20)
    b = widgets.learn(lambda p, trace, dhs: bptt.backward(rnn, p, trace, dhs).params, 0.1, steps=20)

    for run, again in (("A", a), ("B", b)):
        np.testing.assert_allclose(networks[run].losses[:20], again.losses, rtol=1e-9)
    assert (networks["A"].losses[5:] < networks["B"].losses[5:]).all()
    assert networks["A"].losses[-1] < 0.3 and networks["B"].losses[-1] < 0.5


def test_at_the_same_rate_the_right_gradient_is_quicker(networks):
    b = widgets.learn(lambda p, trace, dhs: bptt.backward(rnn, p, trace, dhs).params, 0.2)

    assert b.losses[-1] < 0.6 * networks["A"].losses[-1]


@pytest.mark.parametrize("step", [0, 10, 250, 500])
def test_the_slider_marks_the_losses_of_its_step_and_counts_the_right_letters(networks, step):
    live = widgets.two_losses(networks)
    at = min(step, 499)

    live.controls["step"].value = step

    dots = [line for line in live.figure.axes[0].lines if line.get_marker() in ("o", "D")]
    assert live.error is None and f"After {step} steps:" in live.sentence
    for (name, run), dot in zip(networks.items(), dots, strict=True):
        assert dot.get_xydata().tolist() == [[at, run.losses[at]]]
        right = sum(start.LETTERS[g] == letter for g, letter in zip(
            run.guesses[at], start.TEXT[1:] + start.TEXT[0], strict=True))
        assert f"{name}'s loss is {run.losses[at]:.2f}, {right} of 46 letters right" in live.sentence
    (area,) = live.painter.paint().touch
    assert len(area["x"]["at"]) == 51


def test_the_sentences_are_those_that_are_guessed(networks):
    live = widgets.two_losses(networks)

    live.controls["step"].value = 500

    texts = {text.get_text() for text in live.figure.axes[0].texts}
    assert {f"{name} guesses: {start.TEXT}" for name in "AB"} <= texts
