"""The look of every figure: a palette with fixed meanings, large type, PNGs with alt text.

The colours are Okabe and Ito's, which stay apart for colour-blind readers. Each one means one
thing in the whole course, and each line also has its own dashes and its own marker, so that
nothing is told by colour alone:

    ax.plot(lags, norms, **LINES["gradient"], label="gradient norm")
"""

import contextlib
import threading
from base64 import b64encode
from html import escape
from io import BytesIO

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from PIL import Image

COLORS = {
    "state": "#0072B2",      # blue: hidden states, everything forward
    "gradient": "#D55E00",   # vermillion: gradients, everything backward
    "loss": "#009E73",       # bluish green: losses
    "output": "#CC79A7",     # reddish purple: outputs and probabilities
    "ink": "#222222",        # text, outlines, reference curves
    "dim": "#808080",        # not yet computed, or not in question
}
FILLS = {                    # too pale for lines on white: areas only, with an ink outline
    "input": "#E69F00",      # orange: inputs
    "highlight": "#F0E442",  # yellow: look here
    "memory": "#56B4E9",     # sky blue: the LSTM's cell state
}
LINES = {
    "state": dict(color=COLORS["state"], linestyle="-", marker="o"),
    "gradient": dict(color=COLORS["gradient"], linestyle="--", marker="s"),
    "loss": dict(color=COLORS["loss"], linestyle="-.", marker="^"),
    "output": dict(color=COLORS["output"], linestyle=(0, (5, 1, 1, 1, 1, 1)), marker="D"),
    "ink": dict(color=COLORS["ink"], linestyle=":", marker="x"),
    "dim": dict(color=COLORS["dim"], linestyle=(0, (1, 3)), marker="."),
}
DARK = tuple(0.7 * np.array(to_rgb(COLORS["gradient"])))      # vermillion type, legible on yellow
HERE = dict(linestyle="none", marker="o", markersize=14, markeredgewidth=3, zorder=5,   # a yellow mark
            markerfacecolor=FILLS["highlight"], markeredgecolor=COLORS["ink"])
DIVERGING = LinearSegmentedColormap.from_list(
    "blue_white_vermillion", [COLORS["state"], "#FFFFFF", COLORS["gradient"]])

_ORDER = ["state", "gradient", "loss", "output", "ink"]
STYLE = {
    "font.size": 14, "axes.labelsize": 15, "axes.titlesize": 16, "legend.fontsize": 14,
    "xtick.labelsize": 14, "ytick.labelsize": 14, "legend.frameon": False,
    "lines.linewidth": 2.5, "lines.markersize": 7, "axes.linewidth": 1.2,
    "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": COLORS["ink"], "axes.labelcolor": COLORS["ink"],
    "text.color": COLORS["ink"], "xtick.color": COLORS["ink"], "ytick.color": COLORS["ink"],
    "text.hinting": "none",     # a third of the time of a blitted frame, and even spacing
    "axes.prop_cycle": matplotlib.cycler(
        color=[LINES[role]["color"] for role in _ORDER],
        linestyle=[LINES[role]["linestyle"] for role in _ORDER]),
}
DPI = 150               # pixels per inch of a figure
CSS_PER_INCH = 100      # how large an inch of figure is on the page: 8 inches are 800 px
CARD = ("max-width: 100%; height: auto; box-sizing: border-box; padding: 6px; border-radius: 6px; "
        "background: #fff")


PEN = threading.RLock()


@contextlib.contextmanager
def drawing():
    """Draw in our style, one thread at a time.

    JupyterLab lets a figure answer in a thread of its own while a cell runs, and Matplotlib's settings are
    those of all threads.
    """
    with PEN, matplotlib.rc_context(STYLE):
        yield


def picture(draw, alt, size=(8, 4.5), panels=(1, 1)):
    """Draw once and return a Picture whose alternative text states the finding.

    picture(lambda ax: plots.loss_curve(ax, losses), alt=f"The loss falls to {losses[-1]:.2f}.")

    panels=(1, 2) calls draw(left, right); panels=None calls draw(figure).
    """
    check_alt(alt)
    with drawing():
        figure = new_figure(size)
        draw(*canvas_of(figure, panels))
        figure.canvas.draw()
        png = encode(figure, effort=9)
        del figure.canvas.renderer               # some megabytes, which else wait for the garbage collector
        return Picture(png, alt, size[0])


class Picture:
    """A PNG with its alternative text; show it as the last line of a cell."""

    def __init__(self, png, alt, inches):
        self.png, self.alt, self.html = png, alt, img(png, alt, inches)

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"text/html": self.html, "image/png": self.png, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}


def check_alt(alt):
    """Refuse an alternative text that cannot state a finding."""
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(f"alt must be a sentence that states the finding, with its number "
                         f"(20 characters or more); got {alt!r}.")


def new_figure(size, dpi=DPI):
    """Make a Figure of its own, unknown to pyplot."""
    figure = Figure(size, dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def canvas_of(figure, panels):
    """Return what draw is called with: the figure itself, or its axes in reading order."""
    return (figure,) if panels is None else tuple(figure.subplots(*panels, squeeze=False).flat)


def encode(figure, effort=3, palette=None):
    """Turn the painted canvas into PNG bytes of at most 256 colours, always the same bytes."""
    pixels = np.asarray(figure.canvas.buffer_rgba())
    palette, png = palette or palette_of(figure), BytesIO()
    Image.fromarray(pixels).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE).save(
        png, "png", compress_level=effort)
    return png.getvalue()


def palette_of(figure):
    """Return a picture whose palette has the colours of the painted canvas: half of what encoding takes."""
    few = _sample(figure, 4).quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = np.array(few.getpalette()).reshape(-1, 3)
    palette[palette.min(axis=1) >= 248] = 255           # white stays white
    few.putpalette(palette.ravel().tolist())
    return few


def suits(palette, figure):
    """Tell whether a palette has the colours of the painted canvas, as far as an eye can tell."""
    sample = _sample(figure, 5)
    seen = sample.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    off = np.abs(np.asarray(seen, dtype=np.int16) - np.asarray(sample, dtype=np.int16)).max(axis=2)
    return (off > 24).mean() < 2e-4


def _sample(figure, every):
    pixels = np.asarray(figure.canvas.buffer_rgba())
    return Image.fromarray(np.ascontiguousarray(pixels[::every, ::every])).convert("RGB")


def img(png, alt, inches):
    """Write the <img> element: escaped alt, the picture inline, never wider than the page."""
    source = b64encode(png).decode("ascii")
    return (f'<img alt="{escape(alt)}" src="data:image/png;base64,{source}" '
            f'width="{inches * CSS_PER_INCH:.0f}" style="{CARD}">')


def minus(text):
    """Write minus signs as type has them."""
    return text.replace("-", "\u2212")


def rounded(value, decimals=2):
    """Write a number with so many decimals, a true minus sign, and never a minus zero."""
    return minus(f"{round(float(value), decimals) + 0.0:.{decimals}f}")
