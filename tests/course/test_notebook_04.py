"""What notebook 4 draws: the U-curve with its marks, and the Taylor remainders with their rates."""

import re
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import gradcheck
from rnnlib.course import plots, widgets
from rnnlib.course.figures import new_figure

STEPS = 10.0 ** np.arange(-12, -0.9, 0.5)
ERRORS = {"float64": STEPS**2 + 1e-16 / STEPS, "float32": STEPS**2 + 1e-7 / STEPS}


class Two(NamedTuple):
    """Parameters of a function of two tensors, one of them named like that of the page."""

    W_x: np.ndarray
    W_h: np.ndarray


AT = Two(np.arange(1.0, 4.0), np.arange(2.0, 6.0).reshape(2, 2))
RIGHT = Two(2 * AT.W_x, 4 * AT.W_h)


def quadratic(p):
    return (p.W_x**2).sum() + 2 * (p.W_h**2).sum()


def measure(error):
    steps = 10.0 ** np.arange(-5, -0.9, 0.5)
    claimed = RIGHT._replace(W_h=(1 + error) * RIGHT.W_h)
    return gradcheck.taylor_rate(quadratic, AT, claimed, np.random.default_rng(0), steps)


def test_the_curves_are_the_errors():
    ax = new_figure((9, 4.5)).subplots()

    plots.step_errors(ax, STEPS, ERRORS | {"complex step": np.zeros(len(STEPS))})

    curves = {line.get_label(): line for line in ax.lines}
    for name, error in ERRORS.items():
        np.testing.assert_array_equal(curves[name].get_xydata(), np.transpose([STEPS, error]))
    assert (curves["complex step"].get_ydata() == 1e-17).all()  # zero has no place on a log axis


@pytest.mark.parametrize("at, causes", [
    (0, ("rounding", "rounding")), (11, ("rounding", "rounding")), (15, ("truncation", "rounding")),
    (22, ("truncation", "truncation")),
])
def test_the_step_is_marked_on_both_curves_and_its_cause_is_told(at, causes):
    live = widgets.step_size(STEPS, ERRORS)
    marks, guide = live.figure.axes[0].lines[-1], live.figure.axes[0].lines[-2]

    live.controls["step"].index = at

    assert live.error is None
    low, high = live.figure.axes[0].get_ylim()
    values = [error[at] for error in ERRORS.values()]
    within = [value if low <= value <= high else np.nan for value in values]      # no mark beyond them
    np.testing.assert_allclose(marks.get_xydata(), np.transpose([[STEPS[at]] * 2, within]))
    assert np.isnan(within).sum() == (at == 0)
    np.testing.assert_allclose(guide.get_xdata(), STEPS[at])
    for name, value, cause in zip(ERRORS, values, causes, strict=True):
        assert f"{name} is off by {value:.0e}, by {cause}" in live.sentence


def test_the_line_of_code_is_the_difference():
    live = widgets.step_size(STEPS, ERRORS)
    live.controls["step"].index = 14

    assert eval(live.painter.code(**live.values), {"f": np.sin}) == pytest.approx(1, rel=1e-8)


@pytest.mark.parametrize("error, rate", [(0.0, 2), (1e-3, 1), (1e-2, 1), (0.1, 1)])
def test_the_remainders_follow_the_error_and_the_rate_is_told(error, rate):
    live = widgets.taylor(quadratic, AT, RIGHT)
    right, yours = live.figure.axes[0].lines

    live.controls["error"].value = error

    assert live.error is None
    np.testing.assert_allclose(right.get_ydata(), measure(0.0).remainders)
    np.testing.assert_allclose(yours.get_ydata(), measure(error).remainders)
    (told,) = re.findall(r"with slope (\d\.\d\d);", live.sentence)
    assert float(told) == pytest.approx(rate, abs=0.05)
    names = {"gradcheck": gradcheck, "np": np, "loss": quadratic, "p": AT, "right": RIGHT}
    assert f"{eval(live.source, names):.2f}" == told


def test_every_position_of_the_sliders_is_drawn():
    for live in (widgets.step_size(STEPS, ERRORS), widgets.taylor(quadratic, AT, RIGHT)):
        (control,) = live.controls.values()
        pictures = set()
        for index in range(len(control.values)):
            control.index = index
            assert live.error is None
            pictures.add(live.png)
        assert len(pictures) == len(control.values)


def test_a_touch_at_the_left_end_of_a_line_chooses_its_error():
    live = widgets.taylor(quadratic, AT, RIGHT)
    (area,) = live.painter.paint().touch
    line = live.figure.axes[0].lines[1]

    for place, error in zip(area["y"]["at"], live.controls["error"].values, strict=True):
        live.controls["error"].value = error
        height = line.axes.transData.transform(line.get_xydata()[0])[1] / live.figure.bbox.height
        assert place == pytest.approx(1 - height, abs=1e-3)
