"""The primer: a circle, and the ellipse that a matrix makes of it."""

import numpy as np

from ..figures import COLORS, LINES


def ellipse(ax, reach):
    """Set the scene for a circle and its image under a matrix; return update(points, axes, vectors).

    points (n, 2) are the image of the circle, axes (2, 2) its half axes, one a row; vectors (m, 2)
    are eigenvectors of length 1.
    """
    turn = np.linspace(0, 2 * np.pi, 181)
    ax.plot(np.cos(turn), np.sin(turn), color=COLORS["dim"], linewidth=2, linestyle=":", label="length 1")
    image, = ax.plot([], [], **LINES["state"] | dict(marker="", linewidth=3), label="after $A$")
    halves = [ax.plot([], [], **LINES["gradient"] | dict(marker="", linewidth=3), label=name)[0]
              for name in ("half axes: singular values", "_")]
    eigen = [ax.plot([], [], color=COLORS["ink"], linestyle="-", linewidth=1.5, label=name)[0]
             for name in ("eigenvectors", "_")]
    ax.set(xlim=(-1.6 * reach, 1.6 * reach), ylim=(-reach, reach), aspect="equal")
    ax.axhline(0, color=COLORS["dim"], linewidth=0.8)
    ax.axvline(0, color=COLORS["dim"], linewidth=0.8)
    ax.figure.legend(loc="outside right center")

    def update(points, axes, vectors):
        image.set_data(*points.T)
        for line, half in zip(halves, axes):
            line.set_data([0, half[0]], [0, half[1]])
        for line, vector in zip(eigen, vectors):
            line.set_data([-vector[0], vector[0]], [-vector[1], vector[1]])
        return [image, *eigen, *halves]

    return update
