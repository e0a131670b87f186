"""Sequences of many lengths: a masked step as a piece of wire, and tables of what reaches which step."""

import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from ..figures import COLORS, DARK
from .graph import CORNERS, TINTS, draw_arrow
from .tables import heatmap_table

NAMES = "ABCDEFGH"                       # of the sequences
SIDE, BOX, TALL = 0.13, 0.62, 0.56       # of the two directions from the middle; size of a node


def wires(ax, B, T):
    """Set the scene for B sequences padded to T: steps as boxes, padding as a wire; return update(lengths).

    live_figure(lambda ax: plots.wires(ax, 3, 6), ...)
    """
    width, height = ax.figure.get_size_inches()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    rows = [_row(ax, NAMES[b], height - (b + 0.5) * height / B, width / (T + 2.2), T) for b in range(B)]
    return lambda lengths: [artist for row, n in zip(rows, lengths, strict=True) for artist in row(n)]


def wire_places(ax, T):
    """Return where the steps 1 .. T that wires draws stand, from left to right."""
    return [_middle(t, ax.get_xlim()[1] / (T + 2.2)) for t in range(1, T + 1)]


def _middle(t, column):
    return (t + 0.75) * column


def _row(ax, name, y, column, T):
    """Draw one sequence; return show(n), which gives it n steps and returns all that may change."""
    x = lambda t: _middle(t, column)
    left, right = lambda t: x(t) - BOX * column / 2, lambda t: x(t) + BOX * column / 2
    out, end = x(0) + 0.2, x(T) + 0.55 * column
    ax.text(0.05, y, name, fontsize=18, fontweight="bold", va="center")
    ax.text(x(0), y, "$h_0$", fontsize=17, ha="center", va="center")
    write = lambda x, y, text, **look: ax.text(x, y, text, ha="center", va="center", **look)
    inside, outside = {}, {}            # by step: what is there if it is one of the sequence, and if not
    for t in range(1, T + 1):
        inside[t] = [
            ax.add_patch(FancyBboxPatch(
                (left(t), y - TALL / 2), BOX * column, TALL, boxstyle=CORNERS[1], zorder=2,
                facecolor=TINTS[1], edgecolor=COLORS["state"], linewidth=2)),
            write(x(t), y + SIDE, f"$h_{t}$", fontsize=16, zorder=3),
            write(x(t), y - SIDE, rf"$\delta_{t}$", fontsize=16, zorder=3, color=DARK),
            *_pair(ax, right(t - 1) if t > 1 else out, left(t), y)]
        outside[t] = [ax.add_patch(Rectangle((x(t) - column / 2, y - 0.36), column, 0.72, facecolor="white",
                                             hatch="..", edgecolor="#C8C8C8", linewidth=0, zorder=0))]
    on = {n: _pair(ax, right(n), end, y) for n in range(1, T + 1)}          # from the last step on
    look = dict(fontsize=14.5, zorder=4, bbox=dict(facecolor="white", edgecolor="none", pad=1.2))
    carried = write(0, y + 0.27, "", **look)
    handed = write(0, y - 0.29, "", color=DARK, **look)
    last = ax.text(x(T) + 0.62 * column, y, "", fontsize=16, va="center")

    def show(n):
        for t in range(1, T + 1):
            for artists, seen in (inside[t], t <= n), (outside[t], t > n), (on[t], t == n):
                for artist in artists:
                    artist.set_visible(seen)
        long = T - n > 1                    # in one column there is less room
        for text, words in ((carried, f"$h_{n}$" + long * ", carried"),
                            (handed, r"$\delta = 0$" + long * ", all handed on")):
            text.set(x=(right(n) + end) / 2, text=words, visible=n < T)
        last.set_text(f"last: $h_{n}$")
        return [artist for many in (inside, outside, on) for some in many.values() for artist in some] + [
            carried, handed, last]

    return show


def _pair(ax, left, right, y):
    """Draw the arrow there, and below it the one back."""
    return (draw_arrow(ax, (left, y + SIDE), (right, y + SIDE), linewidth=2),
            draw_arrow(ax, (right, y - SIDE), (left, y - SIDE), backward=True, linewidth=2))


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
