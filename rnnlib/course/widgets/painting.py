"""A figure that follows its controls, without any front end: the one place where speed lives.

The figure is made once and its background kept; a moved control repaints only the artists that
`update` returns.
"""

import math
import weakref
import zlib
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ...doors import checks
from .. import figures, memory
from .controls import Control
from .touch import placed
from .typeset import plain, typeset

WHERE = "widgets.live_figure"
DPI = 120       # of a live figure: it is painted often, and seldom shown at its full size


awake = lambda: None    # the painter whose pixels lie open in memory: the last to paint, until a cell ends


class Frame(NamedTuple):
    """What one state of the controls shows."""

    state: list      # the index of each control
    png: bytes
    said: str        # the sentence, plain
    code: str
    touch: list      # where the picture can be touched

    @property
    def sentence(self):
        return typeset(self.said)

    def as_data(self):
        """Return what the front end needs, without the picture."""
        return {"state": self.state, "alt": self.said, "sentence": self.sentence, "code": self.code,
                "touch": self.touch}


class Painter:
    """Paints frames; see live_figure for its arguments."""

    def __init__(self, draw, controls, describe, code=None, size=(8, 4.5), panels=(1, 1), touch=None):
        _check(draw, controls, describe)
        self.controls, self.describe, self.code, self.size = controls, describe, code, size
        self.artists, self.background, self.palette, self.areas, self.kept = [], None, None, [], []
        figures.check_alt(describe(**self.values))
        with figures.drawing():
            self.figure = figures.new_figure(size, DPI)
            canvas = figures.canvas_of(self.figure, panels)
            self.update = draw(*canvas)
        if not callable(self.update):
            got = checks.short(self.update)
            checks.fail(WHERE, "draw", "a function that returns its update function", got, error=TypeError)
        self.first = self.paint()
        if touch:
            self.areas = list(touch(*canvas))
            self.first = self.paint()

    @property
    def values(self):
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def state(self):
        """Where the controls stand now."""
        return [control.index for control in self.controls.values()]

    def paint(self, state=None):
        """Return the Frame of a state, by default the present one."""
        state = self.state if state is None else state
        values = {name: c.values[k] for (name, c), k in zip(self.controls.items(), state, strict=True)}
        for name, value in values.items():      # nothing can be drawn for nan or inf
            if isinstance(value, float) and not math.isfinite(value):
                checks.fail(WHERE, name, "a finite number", str(value))
        with figures.drawing():
            said = plain(self.describe(**values))
            self.frame(values)
            code = self.code(**values) if self.code else ""
            if self.palette is None or not figures.suits(self.palette, self.figure):
                self.palette = figures.palette_of(self.figure)
            png = figures.encode(self.figure, palette=self.palette)
            return Frame(list(state), png, said, code, self.places(values))

    def places(self, values):
        """Say where the picture can be touched: once, if nothing there can change."""
        fixed = self.background is not None and not any(
            callable(to) for area in self.areas for to in (area.xs, area.ys, *area.sets.values()))
        if not (fixed and self.kept):
            self.kept = placed(self.areas, self.controls, values)
        return self.kept

    @property
    def pixels(self):
        """The painted canvas, (height, width, 4), to be read and written."""
        return np.asarray(self.figure.canvas.get_renderer().buffer_rgba())

    def wake(self):
        """Be the painter whose pixels lie open in memory; the one before folds its own away."""
        global awake
        if awake() is not self:
            rest()
            awake = weakref.ref(self)
        if isinstance(self.background, bytes):
            shape = self.pixels.shape
            self.background = np.frombuffer(zlib.decompress(self.background), np.uint8).reshape(shape)

    def sleep(self):
        """Compress the background, and let the canvas go."""
        if self.background is not None:
            self.background = zlib.compress(self.background, 1)
        FigureCanvasAgg(self.figure)                    # takes the place of the old one
        for text in self.figure.findobj(Text):          # each remembers what it was painted on
            text._renderer = None

    def frame(self, values):
        """Paint the canvas for these values: background and changed artists, or everything."""
        self.wake()
        changed = self.update(**values)
        if changed is None:
            self.moving(False)
            self.background = None
            return self.figure.canvas.draw()
        fresh = [artist for artist in changed if artist not in self.artists]
        if fresh or self.background is None:
            self.keep_background(fresh)
        self.pixels[:] = self.background
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
        self.background = self.pixels.copy()

    def moving(self, apart):
        """Keep the moving artists apart from the background, or let them be painted with it."""
        for artist in self.artists:
            artist.set_animated(apart)


def rest():
    """Let whichever painter is awake go to sleep."""
    global awake
    with figures.PEN:
        if awake():
            awake().sleep()
        awake = lambda: None


memory.folded.append(rest)


def _check(draw, controls, describe):
    """Check that two functions and at least one control were given."""
    for name, function in (("draw", draw), ("describe", describe)):
        if not callable(function):
            checks.fail(WHERE, name, "a function", checks.short(function), error=TypeError)
    if not isinstance(controls, dict) or not controls or not all(
            isinstance(control, Control) for control in controls.values()):
        checks.fail(WHERE, "controls", "a dict {name: control}, such as a slider", checks.short(controls),
                    error=TypeError)
