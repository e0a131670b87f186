"""What tests of the course share: a training that is watched, axes, and the pixels of a live figure."""

import numpy as np
from matplotlib.figure import Figure

from rnnlib.course import figures
from rnnlib.training import Step


def steps(losses, fail=None):
    """Yield a Step for each loss; at its end raise `fail`."""
    for n, loss in enumerate(losses, 1):
        yield Step(n, loss, ("params", n), 2.0 * n, None, None)
    if fail:
        raise fail


def displayed(monkeypatch, module):
    """Return two lists that fill: the widgets that a module displays, and what each is when it is brought up
    to date."""
    shown, later = [], []

    class Handle:
        def update(self, watch):
            later.append(watch._repr_mimebundle_())

    monkeypatch.setattr(module, "display", lambda watch, display_id: shown.append(watch) or Handle())
    return shown, later


def panels(n):
    """Return n axes side by side, of a figure that nobody shows."""
    return Figure((10, 4), layout="constrained").subplots(1, n, squeeze=False)[0]


def pixels(live):
    """Return the painted pixels of a live figure, as numbers that can be subtracted."""
    return np.asarray(live.figure.canvas.buffer_rgba()).astype(int)


def repainted(live):
    """Paint everything anew, as if nothing had been kept, and return the pixels."""
    live.painter.moving(False)
    with figures.drawing():
        live.figure.canvas.draw()
    full = pixels(live)
    live.painter.moving(True)
    return full
