"""Controls over a figure that follows them."""

from .component import Component, still
from .painting import Painter


def live_figure(draw, controls, describe, *, code=None, size=(8, 4.5), panels=(1, 1), touch=None):
    """Put controls over a picture that follows them.

    def draw(ax):
        line, = ax.plot(lags, gain ** lags, **LINES["gradient"])
        def update(gain):
            line.set_ydata(gain ** lags)
            return [line]
        return update

    live_figure(draw, {"gain": slider("gain w", 0.9, 0.5, 1.5, 0.01)},
                describe=lambda gain: f"After 20 steps the gradient is times {gain ** 20:.2g}.",
                code=lambda gain: f"analysis.lag_norms(gain={gain})")

    draw(ax) sets the scene and returns update; update(**values) moves artists and returns all that
    it may change. They lie on top of other drawing (not of frame and legend), and limits, ticks
    and labels stay as draw made them. An update that must change those returns None: then
    everything is repainted, more slowly. A frame depends on its values only, not on what was shown before.
    describe(**values) is the line under the picture and its alternative text.
    touch(ax) returns the areas in which the picture itself can be touched: [area(ax, x="gain")].
    """
    return LiveFigure(Painter(draw, controls, describe, code, size, panels, touch))


class LiveFigure(Component):
    """What live_figure returns; `controls`, `values`, `figure`, `sentence`, `error` are there for tests."""

    def __init__(self, painter):
        super().__init__(painter)
        self.html, self.text = still(painter), painter.first.said
