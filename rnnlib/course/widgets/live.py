"""Controls over a figure that follows them: the one place where speed lives."""

import math

import ipywidgets as ipw
import matplotlib

from ...doors import checks
from .. import figures
from .shown import Shown, source, status

WHERE = "widgets.live_figure"


def live_figure(draw, controls, describe, *, code=None, size=(8, 4.5), panels=(1, 1)):
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
    everything is repainted, more slowly.
    describe(**values) is the line under the picture and its alternative text.
    """
    return LiveFigure(draw, controls, describe, code, size, panels)


def _check(draw, controls, describe):
    """Check that two functions and at least one control were given."""
    for name, function in (("draw", draw), ("describe", describe)):
        if not callable(function):
            checks.fail(WHERE, name, "a function", checks.short(function), error=TypeError)
    if not isinstance(controls, dict) or not controls or not all(
            isinstance(control, ipw.Widget) for control in controls.values()):
        checks.fail(WHERE, "controls", "a dict {name: control}, such as a slider", checks.short(controls),
                    error=TypeError)


def _check_numbers(values):
    """Check that no control says nan or inf: there is nothing to draw then."""
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            checks.fail(WHERE, name, "a finite number", str(value))


class LiveFigure(Shown):
    """What live_figure returns: `values`, `figure`, `frame` and `error` are there for tests."""

    def __init__(self, draw, controls, describe, code, size, panels):
        _check(draw, controls, describe)
        self.controls, self.describe, self.code = controls, describe, code
        self.initial, self.inches, self.error = self.values, size[0], None
        self.artists, self.background, self.resetting = [], None, False
        figures.check_alt(describe(**self.initial))
        with matplotlib.rc_context(figures.STYLE):
            self.figure = figures.new_figure(size)
            self.update = draw(*figures.canvas_of(self.figure, panels))
        if not callable(self.update):
            got = checks.short(self.update)
            checks.fail(WHERE, "draw", "a function that returns its update function", got, error=TypeError)
        self.picture, self.line, self.source = ipw.HTML(), ipw.HTML(), ipw.HTML()
        self.show()
        if self.error:
            raise self.error
        reset = ipw.Button(description="Reset", tooltip="Back to the initial values",
                           layout={"width": "auto"})
        reset.on_click(self.reset)
        for control in controls.values():
            control.observe(self.show, "value")
        rows = [ipw.HBox(_steps(control, controls)) for control in controls.values()]
        rows[-1].children += (reset,)
        below = [self.picture, self.line] + [self.source] * (code is not None)
        super().__init__(
            [*rows, *below],
            f"{self.picture.value}{self.line.value}<p>Run this cell to move the controls.</p>",
            self.describe(**self.initial))

    @property
    def values(self):
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    def show(self, _=None):
        """Repaint picture, text and code, unless nothing has changed."""
        values = self.values
        if self.resetting or values == getattr(self, "shown", None):
            return
        self.shown = values
        try:
            _check_numbers(values)
            alt = self.describe(**values)
            self.frame(values)
            code = self.code(**values) if self.code else ""
        except Exception as error:
            self.error = error
            self.line.value = status(f"Not drawn, the picture is the last good one: {error}")
            return
        self.error = None
        self.picture.value = figures.img(figures.encode(self.figure), alt, self.inches)
        self.line.value = status(alt)
        self.source.value = source(code)

    def frame(self, values):
        """Paint the canvas for these values: background and changed artists, or everything."""
        with matplotlib.rc_context(figures.STYLE):
            changed = self.update(**values)
            if changed is None:
                self.moving(False)
                self.background = None
                return self.figure.canvas.draw()
            fresh = [artist for artist in changed if artist not in self.artists]
            if fresh or self.background is None:
                self.keep_background(fresh)
            self.figure.canvas.restore_region(self.background)
            for artist in self.artists:
                self.figure.draw_artist(artist)

    def keep_background(self, fresh):
        """Lay the figure out once, then paint it without what moves or lies above that."""
        if not self.artists:
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
            for axes in self.figure.axes:
                frame = axes.spines.values() if axes.axison else ()
                extra = [part for part in (*frame, axes.get_legend()) if part]
                fresh += [part for part in extra if part not in fresh]
        self.artists = sorted([*self.artists, *fresh], key=lambda artist: artist.get_zorder())
        self.moving(True)
        self.figure.canvas.draw()
        self.background = self.figure.canvas.copy_from_bbox(self.figure.bbox)

    def moving(self, apart):
        """Keep the moving artists apart from the background, or let them be painted with it."""
        for artist in self.artists:
            artist.set_animated(apart)

    def reset(self, _=None):
        """Put every control back where it started."""
        self.resetting = True
        for name, value in self.initial.items():
            self.controls[name].value = value
        self.resetting = False
        self.show()


def slider(description, value, low, high, step=1):
    """Make a slider, whole-numbered if all its numbers are: slider("time step t", 1, 0, 3)."""
    whole = all(isinstance(number, int) for number in (value, low, high, step))
    return (ipw.IntSlider if whole else ipw.FloatSlider)(
        value=value, min=low, max=high, step=step, description=description)


def choice(description, options, value=None):
    """Make a slider over named values: choice("cut", [("window", 3), ("none", None)]), or a list of them."""
    chosen = {} if value is None else {"value": value}
    return ipw.SelectionSlider(options=list(options), description=description, **chosen)


def _steps(control, controls):
    """Give a control room for its whole description, and a slider buttons for one step."""
    widest = max(len(other.description) for other in controls.values()) + 1
    control.style.description_width = f"{widest}ch"
    if not hasattr(control, "readout"):
        return [control]
    control.layout.width = f"calc({widest}ch + 320px)"
    steps = []
    for side, sign, way in (("left", -1, "back"), ("right", 1, "on")):
        button = ipw.Button(icon=f"chevron-{side}", layout={"width": "36px"},
                            tooltip=f"{control.description}, one step {way}")
        button.on_click(lambda _, sign=sign: _move(control, sign))
        steps.append(button)
    return [control, *steps]


def _move(control, steps):
    """Move a slider by so many of its own steps, within its ends."""
    if hasattr(control, "options"):
        control.index = min(max(control.index + steps, 0), len(control.options) - 1)
    elif hasattr(control, "base"):
        low, high = control.base ** control.min, control.base ** control.max
        control.value = min(max(control.value * control.base ** (steps * control.step), low), high)
    else:
        control.value = min(max(control.value + steps * control.step, control.min), control.max)
