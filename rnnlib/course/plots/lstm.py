"""The LSTM: its gates over a text, and one of its units with its numbers."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from ..figures import COLORS, FILLS, rounded
from .graph import draw_arrow
from .tables import readable_on

SIGNED = LinearSegmentedColormap.from_list(
    "orange_white_blue", [FILLS["input"], "#FFFFFF", COLORS["state"]])

_ROWS = ("input gate $i$", "forget gate $f$", "candidate $g$", "output gate $o$", "memory $c$",
         "state $h$")


def gate_tables(axes, letters, values, titles):
    """Draw i, f, g, o, c and h over a text, a table (6, T) a unit; return update(t), which outlines step t.

    letters is a string or a list of T labels, values (units, 6, T), axes and titles one a unit.

    live_figure(lambda *axes: plots.gate_tables(axes, text, values, titles), ..., panels=(2, 1))
    """
    outlines = []
    for n, (ax, table, title) in enumerate(zip(axes, values, titles, strict=True)):
        T = len(letters)
        ax.imshow(table, cmap=SIGNED, vmin=-1, vmax=1, aspect="auto", zorder=0)
        for (row, column), value in np.ndenumerate(table):
            color = SIGNED(0.5 + 0.5 * np.clip(value, -1, 1))
            ax.text(column, row, _short(value), ha="center", va="center_baseline", fontsize=12,
                    color=readable_on(color))
        for edge in np.arange(1, T) - 0.5:
            ax.axvline(edge, color="white", linewidth=2)
        for edge in np.arange(1, 6) - 0.5:
            ax.axhline(edge, color="white", linewidth=2)
        ax.axhline(3.5, color=COLORS["ink"], linewidth=2.5)
        ax.set_yticks(range(6), _ROWS, fontsize=13)
        ax.set_xticks(range(T), letters if n == 0 else [], fontsize=18, fontfamily="DejaVu Sans Mono")
        ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
        ax.spines[:].set_visible(False)
        ax.set_title(title, loc="left", fontweight="bold", fontsize=14, pad=4)
        outlines.append(ax.add_patch(Rectangle((0, -0.5), 1, 6, fill=False, linewidth=4, zorder=3,
                                               edgecolor=COLORS["ink"], clip_on=False)))

    def update(t):
        for outline in outlines:
            outline.set_x(t - 1.5)
        return outlines

    return update


def lstm_cell(ax, letters=None, feeds=True):
    """Draw one unit of an LSTM: its memory from left to right, its gates below; return update.

    update(values, inputs="", t=None): values holds the numbers z (4), i, f, g, o, before (c_{t-1}),
    kept (f c_{t-1}), written (i g), c, tanh_c and h; inputs is the line at the bottom; t = 1 .. T
    marks a letter of the text above.

    picture(lambda ax: plots.lstm_cell(ax)(values), alt=..., size=(10.5, 4.2))
    """
    width, height = 10.5, (5.0 if letters else 4.45)
    ax.set(xlim=(0, width), ylim=(0 if feeds else 0.6, height), aspect="equal")
    ax.axis("off")
    moving = []

    def say(x, y, size=15, **look):
        label = ax.text(x, y, "", fontsize=size, **dict(ha="center", va="center", zorder=4) | look)
        moving.append(label)
        return label

    belts = [ax.add_patch(Rectangle((start, 0), end - start, 0, zorder=1, linewidth=1.5,
                                    edgecolor=COLORS["ink"]))
             for start, end in ((_LEFT, _F - 0.19), (_F + 0.19, _PLUS - 0.19), (_PLUS + 0.19, _RIGHT))]
    amounts = [say((start + end) / 2, _BELT + 0.42, 15, fontweight="bold")
               for start, end in ((_LEFT, _F - 0.2), (_F + 0.2, _PLUS - 0.2), (_PLUS + 0.2, _RIGHT))]
    moving += belts
    for x, name in ((_LEFT - 0.12, "$c_{t-1}$"), (_RIGHT + 0.12, "$c_t$")):
        ax.text(x, _BELT, name, fontsize=19, va="center", ha="right" if x < 5 else "left")
    ax.text((_F + _PLUS) / 2, _BELT - 0.38, r"$f_t\,c_{t-1}$", fontsize=15, ha="center", va="center")
    gauges = [_gauge(ax, x, name, moving, say)
              for x, name in ((_I, "i"), (_F, "f"), (_G, "g"), (_O, "o"))]

    down = _BELT - 0.2
    bridge = (_JOIN - 0.14, _JOIN + 0.14)                        # the wire of f passes over that of i
    ax.plot([_F, _F], bridge, color="white", linewidth=11, linestyle="-", zorder=2.1,
            solid_capstyle="butt")
    ax.plot([_F, _F], bridge, color=COLORS["ink"], linewidth=2, linestyle="-", zorder=2.2)
    for path in (((_F, _TOP), (_F, down)), ((_I, _TOP), (_I, _JOIN)), ((_I, _JOIN), (_PLUS - 0.2, _JOIN)),
                 ((_G, _TOP), (_G, _JOIN)), ((_G, _JOIN), (_PLUS + 0.2, _JOIN)),
                 ((_PLUS, _JOIN + 0.2), (_PLUS, down)), ((_TANH, _BELT), (_TANH, _SHOW + 0.2)),
                 ((_O, _TOP), (_O, _SHOW)), ((_O, _SHOW), (_TANH - 0.2, _SHOW)),
                 ((_TANH + 0.2, _SHOW), (9.15, _SHOW))):
        _wire(ax, *path, head=path[1][0] not in (_I, _G, _O) or path[0][1] == path[1][1])
    for x, y, sign in ((_F, _BELT, "×"), (_PLUS, _BELT, "+"), (_PLUS, _JOIN, "×"), (_TANH, _SHOW, "×")):
        ax.add_patch(Circle((x, y), 0.2, facecolor="white", edgecolor=COLORS["ink"], linewidth=2, zorder=3))
        ax.text(x, y, sign, fontsize=17, ha="center", va="center_baseline", zorder=4)
    _box(ax, _TANH, _BELT - 0.5, 0.75, 0.32)
    ax.text(_TANH, _BELT - 0.5, "tanh", fontsize=14, ha="center", va="center_baseline", zorder=4)
    ax.text(_PLUS + 0.1, (_JOIN + _BELT) / 2 + 0.02, "$i_t\\,g_t$ =", fontsize=14, va="center")
    written = say(_PLUS + 0.1 + 0.62 * 10.5 / ax.figure.get_size_inches()[0], (_JOIN + _BELT) / 2 + 0.02, 14,
                  ha="left")                    # symbols are set once: to set one anew takes 6 ms
    tanh_c = say(_TANH + 0.12, _BELT - 0.85, 14, ha="left")
    ax.text(9.25, _SHOW, "$h_t$", fontsize=19, va="center")
    shown = say(9.2, _SHOW - 0.4, 15, ha="left", fontweight="bold")
    feed = say(4.7, 0.15, 14) if feeds else None
    if feeds:
        _wire(ax, (_I, 0.36), (_O, 0.36), head=False)
        for x in (_I, _F, _G, _O):
            _wire(ax, (x, 0.36), (x, 0.6))
    tape = _tape(ax, letters, height - 0.3, moving) if letters else None

    def update(values, inputs="", t=None):
        v = values
        parts = (v["before"], v["kept"], v["c"])
        for belt, amount, part in zip(belts, amounts, parts):
            thick = min(0.5, 0.16 * abs(part) + 0.02 * (abs(part) >= 0.005))
            belt.set(y=_BELT - thick / 2, height=thick,
                     facecolor=FILLS["memory"] if part >= 0 else FILLS["input"],
                     hatch="" if part >= 0 else "//")
            amount.set_text(rounded(part))
        for fill, z, name in zip(gauges, v["z"], "ifgo"):
            fill(z, v[name])
        written.set_text(rounded(v["written"]))
        tanh_c.set_text(rounded(v["tanh_c"], 3))
        shown.set_text("= " + rounded(v["h"], 3))
        if feed:
            feed.set_text(inputs)
        if tape:
            tape(t)
        return moving

    return update


_I, _F, _PLUS, _G, _O, _TANH = 1.9, 3.3, 4.7, 5.5, 7.1, 8.3       # x, from left to right
_LEFT, _RIGHT = 1.0, 9.7
_BELT, _JOIN, _SHOW, _TOP, _BOTTOM = 3.8, 2.8, 2.5, 2.3, 1.2         # y, upwards

_NAMES = {"i": "writes", "f": "keeps", "g": "candidate", "o": "shows"}


def _gauge(ax, x, name, moving, say):
    """Draw a gate as a tube; return fill(z, value): a level from 0 to 1, or for g from -1 to 1."""
    half, tall = 0.3, _TOP - _BOTTOM
    level = ax.add_patch(Rectangle((x - half + 0.01, _BOTTOM), 2 * half - 0.02, 0, zorder=2, linewidth=0))
    ax.add_patch(Rectangle((x - half, _BOTTOM), 2 * half, tall, fill=False, zorder=3, linewidth=2,
                           edgecolor=COLORS["ink"]))
    if name == "g":
        ax.plot([x - half, x + half], [(_TOP + _BOTTOM) / 2] * 2, color=COLORS["ink"], linewidth=1,
                zorder=3)
    ax.text(x - half - 0.12, _TOP - 0.02, f"${name}_t$", fontsize=19, ha="right", va="top")
    ax.text(x, _BOTTOM - 0.07, _NAMES[name], fontsize=13, ha="center", va="top", color=COLORS["ink"])
    number = say(x - half - 0.1, _TOP - 0.62, 15, ha="right", fontweight="bold")
    ax.text(x - 0.02, _BOTTOM - 0.54, f"$z^{name}$ =", fontsize=13, ha="right", va="baseline")
    before = say(x + 0.06, _BOTTOM - 0.54, 13, ha="left", va="baseline")
    moving.append(level)

    def fill(z, value):
        zero = (_TOP + _BOTTOM) / 2 if name == "g" else _BOTTOM
        size = value * tall * (0.5 if name == "g" else 1)
        level.set(y=min(zero, zero + size), height=abs(size),
                  facecolor=COLORS["state"] if value >= 0 else FILLS["input"],
                  hatch="" if value >= 0 else "//")
        number.set_text(rounded(value))
        before.set_text(rounded(z, 1))

    return fill


def gauge_boxes():
    """Return the tubes of lstm_cell: {gate: (left, right, bottom, top)}."""
    return {gate: (x - 0.3, x + 0.3, _BOTTOM, _TOP) for gate, x in zip("ifgo", (_I, _F, _G, _O))}


def letter_places(ax, T):
    """Return where lstm_cell wrote its T letters, and the box of them all."""
    step, top = min(0.5, 9 / T), ax.get_ylim()[1]
    xs = 5.25 + step * (np.arange(T) - (T - 1) / 2)
    return xs, (xs[0] - step / 2, xs[-1] + step / 2, top - 0.52, top - 0.08)


def _tape(ax, letters, y, moving):
    """Write the text in boxes; return mark(t), which fills the box of step t and veils the later ones."""
    step = min(0.5, 9 / len(letters))
    first = 5.25 - step * (len(letters) - 1) / 2
    look = dict(fontsize=16, ha="center", va="center_baseline", fontfamily="DejaVu Sans Mono")
    for n, letter in enumerate(letters):
        ax.add_patch(Rectangle((first + n * step - step / 2, y - 0.22), step, 0.44, zorder=3,
                               edgecolor=COLORS["ink"], facecolor="white"))
        ax.text(first + n * step, y, letter, zorder=4, **look)
    veil = ax.add_patch(Rectangle((0, y - 0.2), 0, 0.4, zorder=5, facecolor=(1, 1, 1, 0.55), linewidth=0))
    frame = ax.add_patch(Rectangle((0, y - 0.22), step, 0.44, zorder=6, linewidth=4, edgecolor=COLORS["ink"],
                                   facecolor=FILLS["highlight"]))
    now = ax.text(0, y, "", zorder=7, fontweight="bold", **look)
    moving.extend((veil, frame, now))

    def mark(t):
        x = first + ((t or 1) - 1) * step
        veil.set(visible=t is not None, x=x + step / 2, width=(len(letters) - (t or 0)) * step)
        frame.set(visible=t is not None, x=x - step / 2)
        now.set(visible=t is not None, x=x, text=letters[(t or 1) - 1])

    return mark


def _wire(ax, start, end, head=True):
    draw_arrow(ax, start, end, head=head, mutation_scale=16, zorder=2, linewidth=2)


def _box(ax, x, y, wide, tall):
    ax.add_patch(FancyBboxPatch((x - wide / 2, y - tall / 2), wide, tall, zorder=3, facecolor="white",
                                boxstyle="round,pad=0,rounding_size=0.06", edgecolor=COLORS["ink"],
                                linewidth=2))


def _short(value):
    """Write at most three decimals, and none that are zero: 1, 0.762."""
    return rounded(value, 3).rstrip("0").rstrip(".")
