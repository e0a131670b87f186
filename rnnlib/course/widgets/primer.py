"""The widget of the primer: what a matrix makes of a circle."""

import numpy as np

from .. import plots
from .controls import slider
from .live import live_figure
from .touch import area

REACH = 1.6


def ellipse():
    """Move a and s of the matrix [[a, s], [0, a]]; see the image of the circle, its axes, its norm."""
    turn = np.linspace(0, 2 * np.pi, 181)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    matrix = lambda a, s: np.array([[a, s], [0.0, a]])

    def describe(a, s):
        large, small = np.linalg.svd(matrix(a, s), compute_uv=False)
        return (f"a = {a:.1f}, s = {s:.1f}: both eigenvalues are {a:.1f}; the singular values are "
                f"{large:.2f} and {small:.2f}, so the norm is {large:.2f}.")

    def draw(ax):
        update = plots.ellipse(ax, REACH)

        def show(a, s):
            A = matrix(a, s)
            left, sizes, _ = np.linalg.svd(A)
            return update(circle @ A.T, (left * sizes).T, np.linalg.eig(A)[1].real.T)

        return show

    return live_figure(
        draw, {"a": slider("a eigenvalue", 0.5, 0.0, 1.2, 0.1), "s": slider("s shear", 1.0, 0.0, 2.0, 0.1)},
        describe, size=(9.5, 3.8), touch=lambda ax: [area(ax, x="s", xs=np.linspace(0, 2, 21))],
        code=lambda a, s: f"np.linalg.svd([[{a:g}, {s:g}], [0, {a:g}]], compute_uv=False)")
