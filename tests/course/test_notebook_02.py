"""What notebook 2 draws: bars and arrows follow the logits and the label, and the text says so."""

from itertools import pairwise

import numpy as np
import pytest

from rnnlib import losses
from rnnlib.course import plots, widgets
from rnnlib.course.figures import new_figure

LABELS = {"soft": np.array([0.3, 0.5, 0.2]), "class 2": np.array([0.0, 1.0, 0.0])}


def drawn(ax):
    """Return label heights, prediction heights, arrows (from, to) and the texts, class by class."""
    heights = [bar.get_height() for bars in ax.containers for bar in bars]
    arrows = [patch for patch in ax.patches if hasattr(patch, "set_positions")]
    ends = [[point[1] for point in arrow._posA_posB] for arrow in arrows]
    return heights[:3], heights[3:], ends, [text.get_text() for text in ax.texts]


def test_an_arrow_leads_from_the_label_to_the_prediction():
    ax = new_figure((8, 4)).subplots()
    p, y = np.array([0.7, 0.1, 0.2]), np.array([0.25, 0.5, 0.25])

    update = plots.prediction_error(ax, p, y)

    assert drawn(ax) == ([0.25, 0.5, 0.25], [0.7, 0.1, 0.2], [[0.25, 0.7], [0.5, 0.1], [0.25, 0.2]],
                         ["+0.45", "−0.40", "−0.05"])
    assert set(update(y)) >= {*ax.texts, *ax.containers[0], *ax.containers[1]}
    assert not any(a.get_visible() for a in ax.patches if hasattr(a, "set_positions"))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("value", [-5.0, 0.0, 5.0])
def test_each_control_moves_what_is_drawn(label, k, value):
    live = widgets.softmax_error(LABELS, [2, 0, -1], loss=True)
    o, y = np.array([2.0, 0.0, -1.0]), LABELS[label]
    o[k] = value

    live.controls["label"].value = label
    live.controls[f"o_{k + 1}"].value = value

    assert live.error is None
    labels, predictions, arrows, _ = drawn(live.figure.axes[0])
    np.testing.assert_allclose(predictions, losses.softmax(o), rtol=1e-12)
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(np.diff(arrows)[:, 0], losses.softmax(o) - y, rtol=1e-9)
    loss, _ = losses.softmax_cross_entropy(o, y)
    assert f"L = {loss:.4f}." in live.sentence
    assert "L =" not in widgets.softmax_error(LABELS, [2, 0, -1]).sentence


def test_the_line_of_code_gives_the_loss_of_the_picture():
    live = widgets.softmax_error(LABELS, [2, 0, -1], loss=True)
    live.controls["o_1"].value = 0.3

    loss, dos = eval(live.painter.code(**live.values), {"losses": losses, "np": np})

    assert f"{loss:.4f}" in live.painter.describe(**live.values)
    np.testing.assert_allclose(dos, losses.softmax(np.array([0.3, 0, -1])) - LABELS["soft"])


def test_equal_shifts_change_nothing():
    describe = widgets.softmax_error(LABELS, [2, 0, -1]).painter.describe

    assert (describe(label="soft", o_1=0.0, o_2=1.0, o_3=-2.0)
            == describe(label="soft", o_1=2.0, o_2=3.0, o_3=0.0))


def test_each_class_is_touched_where_it_stands_and_upwards_raises_its_logit():
    live = widgets.softmax_error(LABELS, [2, 0, -1])
    areas, names = live.painter.paint().touch, list(live.controls)

    boxes = [area["box"] for area in areas]

    assert [names[area["y"]["control"]] for area in areas] == ["o_1", "o_2", "o_3"]
    assert all("x" not in area and np.all(np.diff(area["y"]["at"]) < 0) for area in areas)   # 0 is the top
    assert all(left[2] < right[0] for left, right in pairwise(boxes))
