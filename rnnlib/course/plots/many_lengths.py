"""Sequences of many lengths: a masked step as a piece of wire, and tables of what reaches which step."""

import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from ..figures import COLORS
from .graph import _CORNERS, _DARK, _TINTS, _arrow
from .tables import heatmap_table

NAMES = "ABCDEFGH"                       # of the sequences
SIDE, BOX, TALL = 0.13, 0.62, 0.56       # of the two directions from the middle; size of a node


def wires(ax, lengths, T):
    """Draw sequences of these lengths, padded to T: steps as boxes, padding as a wire, there and back.

    picture(lambda ax: plots.wires(ax, [6, 4, 2], 6), alt=..., size=(10, 3.4))
    """
    B = len(lengths)
    width, height = ax.figure.get_size_inches()
    column, row = width / (T + 2.2), height / B
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    x = lambda t: (t + 0.75) * column
    for b, n in enumerate(lengths):
        y = height - (b + 0.5) * row
        ax.text(0.05, y, NAMES[b], fontsize=18, fontweight="bold", va="center")
        ax.text(x(0), y, "$h_0$", fontsize=17, ha="center", va="center")
        ends = [(x(0) - 0.2, x(0) + 0.2)]
        for t in range(1, T + 1):
            left, real = x(t) - BOX * column / 2, t <= n
            ends.append((left, left + BOX * column))
            if real:
                ax.add_patch(FancyBboxPatch(
                    (left, y - TALL / 2), BOX * column, TALL, boxstyle=_CORNERS[1], zorder=2,
                    facecolor=_TINTS[1], edgecolor=COLORS["state"], linewidth=2))
                ax.text(x(t), y + SIDE, f"$h_{t}$", fontsize=16, ha="center", va="center", zorder=3)
                ax.text(x(t), y - SIDE, rf"$\delta_{t}$", fontsize=16, ha="center", va="center", zorder=3,
                        color=_DARK)
            else:
                ax.add_patch(Rectangle((x(t) - column / 2, y - 0.36), column, 0.72, facecolor="white",
                                       hatch="..", edgecolor="#C8C8C8", linewidth=0, zorder=0))
        for t in range(1, n + 1):
            _pair(ax, ends[t - 1][1], ends[t][0], y)
        _pair(ax, ends[n][1], x(T) + 0.55 * column, y)
        if n < T:
            for dy, text, color in ((0.27, f"$h_{n}$, carried", COLORS["ink"]),
                                    (-0.29, r"$\delta = 0$, all handed on", _DARK)):
                ax.text((ends[n][1] + x(T) + 0.55 * column) / 2, y + dy, text, fontsize=14.5, ha="center",
                        va="center", color=color, zorder=4,
                        bbox=dict(facecolor="white", edgecolor="none", pad=1.2))
        ax.text(x(T) + 0.62 * column, y, f"last: $h_{n}$", fontsize=16, va="center")


def _pair(ax, left, right, y):
    """Draw the arrow there, and below it the one back."""
    _arrow(ax, (left, y + SIDE), (right, y + SIDE)).set_linewidth(2)
    _arrow(ax, (right, y - SIDE), (left, y - SIDE), backward=True).set_linewidth(2)


def step_table(ax, values, mask, first, xlabel, number="{:.2f}", limit=1.0):
    """Draw numbers by sequence and step over the mask, both (B, T); return update(values, mask, b, t).

    first is 0 where a column for h_0 stands before the steps (then values are (B, T+1)), else 1. What lies
    outside the mask is dotted; NaN is a dotted cell without a number; b and t, which count from 0, outline a
    row and a column.
    """
    B, T = np.shape(mask)
    steps = ["$h_0$" if t == 0 else str(t) for t in range(first, T + 1)]
    table = heatmap_table(ax, values, [*NAMES[:B]], steps, xlabel=xlabel, ylabel="sequence", number=number,
                          limit=limit)
    shift, grey = 1 - first, "#BDBDBD"
    for blank in ax.patches:
        if blank.get_hatch():
            blank.set(hatch="..", edgecolor=grey)
    dots = {(b, t): ax.add_patch(Rectangle(
        (t + shift - 0.5, b - 0.5), 1, 1, facecolor="none", hatch="..", edgecolor=grey, linewidth=0,
        zorder=0.7)) for b in range(B) for t in range(T)}

    def update(values, mask, b=None, t=None):
        for (row, step), patch in dots.items():
            patch.set_visible(not mask[row, step] and not np.isnan(values[row, step + shift]))
        column = None if t is None else t + shift
        return [*table(b, column, values), *dots.values()]

    update(values, mask)
    return update
