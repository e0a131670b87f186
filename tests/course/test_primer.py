"""The primer: its answers computed another way, its figure, and that each section is linked."""

import numpy as np
import pytest

from rnnlib.course import predictions, widgets

QUESTIONS = predictions.questions("primer")


def test_the_part_through_y_is_half_of_the_slope():
    t, eps = 2.0, 1e-20
    through_y = (t ** 2 * (t + 1j * eps) ** 2).imag / eps         # x held still

    assert QUESTIONS[0].answer == pytest.approx(through_y, rel=1e-12)
    assert ((t + 1j * eps) ** 4).imag / eps == pytest.approx(32, rel=1e-12)


def test_half_a_step_makes_a_quarter_of_the_error():
    error = lambda eps: (np.tanh(0.5 + eps) - np.tanh(0.5 - eps)) / (2 * eps) - 1 + np.tanh(0.5) ** 2

    assert error(0.005) / error(0.01) == pytest.approx(QUESTIONS[1].answer / 1e-5, rel=1e-4)


def test_a_number_of_length_1_keeps_it():
    assert abs((0.6 + 0.8j) ** 100) == pytest.approx(QUESTIONS[2].answer, rel=1e-12)


def test_nothing_is_left_after_50_times():
    A = np.array([[0.5, 0.3], [0.3, 0.5]])

    left = np.linalg.norm(np.linalg.matrix_power(A, 50), 2)

    assert QUESTIONS[3].answer == "less than a thousandth" and left == pytest.approx(0.8 ** 50, rel=1e-12)
    assert left == pytest.approx(0.00001, rel=0.5) and 0.986 ** 50 == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("a, s", [(0.5, 2.0), (0.0, 0.3), (1.2, 0.0)])
def test_the_figure_says_and_draws_the_singular_values(a, s):
    live = widgets.ellipse()
    live.controls["a"].value, live.controls["s"].value = a, s

    A = np.array([[a, s], [0, a]])
    found = np.sqrt(np.sort(np.linalg.eigvalsh(A.T @ A).clip(0))[::-1])       # not by svd

    assert f"singular values are {found[0]:.2f} and {found[1]:.2f}" in live.sentence
    halves = [line for line in live.figure.axes[0].lines if line.get_linestyle() == "--"]
    lengths = [np.hypot(np.diff(line.get_xdata()), np.diff(line.get_ydata()))[0] for line in halves]
    np.testing.assert_allclose(lengths, found, rtol=1e-9, atol=1e-9)


def test_a_defective_matrix_may_lengthen_a_vector():
    assert np.linalg.norm([[0.5, 2.0], [0.0, 0.5]], 2) == pytest.approx(2.12, abs=0.005)
    assert QUESTIONS[4].answer.startswith("yes")
