"""The figures of notebook 13 show the losses and the verdicts they are handed."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from rnnlib import gradcheck
from rnnlib.course import plots, widgets

NAMES = ["as published", "tanh", "start"]
CURVES = [np.linspace(30, end, 21) for end in (12.0, 15.0, 29.0)]
POINT = {"W_x": np.array([1.0, 2.0]), "W_h": np.array([3.0]), "W_y": np.array([-1.0])}


def report(W_x=1.0, W_h=1.0):
    """Check the gradient of sum(W_x^2) / 2 + sum(W_y^3), with factors at two of its tensors."""
    gradient = {"W_x": W_x * POINT["W_x"], "W_h": np.zeros(1), "W_y": 3 * POINT["W_y"] ** 2}
    return gradcheck.check(lambda w: (w["W_x"] ** 2).sum() / 2 + (w["W_y"] ** 3).sum()
                           + 0 * w["W_h"].sum(), POINT, gradient)


@pytest.fixture
def live():
    return widgets.repairs(NAMES, CURVES, [report(0.0), report(0.5), report()])


@pytest.mark.parametrize("stage, width, words, text", [
    (0, 1.0, ["✗ wrong 1.00", "? unseen", "✓ right"], "40 % of its start. dW_x is wrong by 1.00"),
    (1, 0.5, ["✗ wrong 0.50", "? unseen", "✓ right"], "50 % of its start. dW_x is wrong by 0.50"),
    (2, 0.0, ["✓ right", "? unseen", "✓ right"], "97 % of its start. dW_x is right, dW_h is unseen"),
])
def test_each_stage_shows_its_curve_and_its_verdicts(live, stage, width, words, text):
    live.controls["stage"].value = stage

    left, right = live.figure.axes
    assert left.lines[-1].get_ydata() == pytest.approx(CURVES[stage])
    assert right.patches[0].get_width() == pytest.approx(width, abs=1e-9)
    assert [word.get_text() for word in right.texts] == words
    assert text in live.sentence and NAMES[stage] in live.sentence
    assert f"ORDER[:{stage}]" in live.source
    assert live.error is None


def test_stages_without_a_report_are_refused():
    with pytest.raises(ValueError, match="as many; got 3, 3 and 1"):
        widgets.repairs(NAMES, CURVES, [report()])


def test_falling_losses_start_together_and_their_names_do_not_collide():
    figure = Figure((8, 4.5), layout="constrained")
    ax = figure.subplots()
    curves = {name: np.array([50.0, end]) for name, end in zip("ABCDE", (49, 20, 49.2, 19, 30))}

    plots.falling_losses(ax, curves, {name: "wrong" for name in curves})
    figure.draw_without_rendering()

    assert [line.get_ydata()[0] for line in ax.lines] == [100] * 5
    assert [line.get_ydata()[-1] for line in ax.lines] == pytest.approx([98, 40, 98.4, 38, 60])
    assert [text.get_text() for text in ax.texts] == [f"{name}  ✗ wrong" for name in "ABCDE"]
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= figure.bbox.y0 for box in boxes)


def test_word_losses_draw_each_pass_and_name_the_levels():
    figure = Figure((9, 4.8), layout="constrained")
    ax = figure.subplots()

    plots.word_losses(ax, {"K = 1": np.array([0.5, 0.4]), "K = 3": np.array([0.4, 0.25])}, {"floor": 0.22})

    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[0.5, 0.4], [0.4, 0.25]]
    assert ax.lines[2].get_ydata()[0] == 0.22 and ax.texts[0].get_text() == "floor"
