"""Progress that is seen while a cell runs: a bar, alone or over a picture that is painted again and again."""

import math
import time
from html import escape

from IPython.display import clear_output, display

from .. import figures
from .shown import Shown, line
from .stopping import IN_A_BROWSER

PAUSE = 1.0 if IN_A_BROWSER else 0.25  # seconds between two repaints of a picture, at least


def bar(n, total, label, hint=""):
    """Write a progress bar, with its name."""
    name = escape(label, quote=True)
    return line(f'{name} <progress aria-label="{name}" max="{total}" value="{n}"></progress> {escape(hint)}')


def counted(steps, total, label):
    """Yield from steps under a progress bar that goes when they end, and leaves no output behind."""
    shown = Shown(bar(0, total, label))
    display(shown)
    try:
        for n, step in enumerate(steps, 1):
            if n * 50 // total != (n - 1) * 50 // total:
                shown.now = bar(n, total, label)
            yield step
    finally:
        shown.close()
        clear_output()


class Watched(Shown):
    """A bar over a picture whose moving artists are painted again, and a text; at the end the bar goes.

    draw(ax) returns update; update(*state) returns the artists that it moves.
    """

    def __init__(self, draw, state, size, total, html, text, hint=""):
        self.size, self.total, self.hint, self.painted = size, total, hint, -math.inf
        self.bar, self.picture, self.below = bar(0, total, "training", hint), "", ""
        with figures.drawing():
            self.figure = figures.new_figure(size)
            self.update = draw(self.figure.subplots())
            self.moving = self.update(*state)
            for artist in self.moving:
                artist.set_animated(True)
            self.figure.canvas.draw()
        self.background = self.figure.canvas.copy_from_bbox(self.figure.bbox)
        super().__init__(self.bar, html, text)

    def paint(self, n, alt, *state):
        """Show step n and paint its state, if the last time was long enough ago; alt() says what is seen."""
        if time.monotonic() - self.painted < PAUSE:
            return
        with figures.drawing():
            self.update(*state)
            self.figure.canvas.restore_region(self.background)
            for artist in self.moving:
                self.figure.draw_artist(artist)
            png = figures.encode(self.figure)
        self.bar = bar(n, self.total, "training", self.hint)
        self.picture = figures.img(png, alt(), self.size[0])
        self.tell()
        self.painted = time.monotonic()

    def end(self, picture, said):
        """Show the whole picture, and say how it ended."""
        self.bar, self.picture, self.said = "", picture.html + line(escape(said)), said
        self.tell()
        self.figure = self.background = self.update = self.moving = None     # some megabytes

    def tell(self):
        """Bring what is shown up to date."""
        self.now = self.bar + self.picture + self.below
