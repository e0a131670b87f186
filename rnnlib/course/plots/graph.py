"""The unrolled network, with its numbers in it."""

from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..figures import COLORS, DARK, FILLS, rounded

_LINE, _BOX = 1.3, 0.76                 # line height in ems; a node's share of its column

_PAD, _GAP, _FOOT = 0.14, 0.36, 0.36    # inches: inside a node, for an arrow, for the time labels


def unrolled(ax, xs, hs, outputs=None, losses=None, deltas=None, *, symbols="xhpL",
             weights=("W_x", "W_h", "W_y"), delta=r"\delta", decimals=2):
    """Draw the network unrolled over time, its values in its nodes; return update(step).

    xs is (T, D), hs (T+1, H) with h_0 first, outputs (T, K), losses (T,), deltas (T, H).

    picture(lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps), alt=..., size=(10.5, 5.2))
    live_figure(lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps), {"step": slider(
        "time step t", 0, 0, 3)}, describe=lambda step: ..., size=(10.5, 5.2))

    At first everything is shown. update(step) with step = 0 .. T highlights the nodes of time
    `step` and holds back the values of later ones ("?"). With deltas the steps T+1 .. 2T go
    backward: step T+k computes the delta of time T+1-k. Step 2T+1 shows everything again.
    """
    T = len(xs)
    _expect_rows(T, hs, outputs=outputs, losses=losses, deltas=deltas)
    rows = {kind: values for kind, values in enumerate((xs, hs, outputs, losses)) if values is not None}
    texts = {kind: [_numbers(value, decimals) for value in values] for kind, values in rows.items()}
    if len(ax.figure.axes) == 1:
        ax.set_position([0, 0, 1, 1])           # no ticks, no labels: the whole figure is free
    width, height = ax.figure.get_size_inches() * ax.get_position().size
    signs = None if deltas is None else [_numbers(value, decimals) for value in deltas]
    grid = _grid(width, height, T, rows, texts, signs)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    nodes, arrows, backs, signals = [], [], [], []
    for row, (kind, values) in enumerate(rows.items()):
        for t, value, text in zip(range(kind != 1, T + 1), values, texts[kind]):
            head = f"${symbols[kind]}_{{{t}}}" + _space(value)
            nodes.append((t, kind, *_node(ax, grid, row, kind, t, head), head, text))
    for t in range(1, T + 1):
        forward, back = _arrows(ax, grid, t, [*rows], weights)
        arrows += forward
        backs += back
        if deltas is not None:
            signals.append((t, ax.text(
                grid.center(t), grid.middles[1] - grid.tall[1] / 2 + _PAD / 2, "", fontsize=grid.size,
                zorder=3, color=DARK, ha="center", va="bottom")))

    def update(step):
        backward = 2 * T + 1 - step         # the time whose delta is computed now, if <= T
        for t, kind, patch, label, head, text in nodes:
            now = t == step or (kind == 1 and t == backward and deltas is not None)
            _paint(patch, kind, "later" if t > step else "now" if now else "done",
                   COLORS["gradient"] if step > T else None)
            label.set_text(head + (text if t <= step else "?"))
            label.set_color(COLORS["ink"] if t <= step else COLORS["dim"])
        for t, arrow in arrows:
            arrow.set(color=COLORS["dim"] if t > step else COLORS["ink"],
                      linewidth=5 if t == step else 1 if t > step else 2.5)
        for t, arrow in backs:
            arrow.set(visible=t >= backward, linewidth=5 if t == backward else 2.5)
        for t, label in signals:
            label.set_text(f"${delta}_{{{t}}}$ = "
                           + (signs[t - 1] if t >= backward else "?"))
            label.set_visible(step > T)
        return [artist for group in (nodes, arrows, backs, signals) for row in group
                for artist in row if hasattr(artist, "set_zorder")]

    update(2 * T + 1)
    return update


CORNERS = ("square,pad=0", "round,pad=0,rounding_size=0.25", "round,pad=0,rounding_size=0.06",
           "round,pad=0,rounding_size=0.15")

_EDGES = (COLORS["ink"], COLORS["state"], COLORS["output"], COLORS["loss"])

TINTS = [tuple(0.22 * np.array(to_rgb(color)) + 0.78)
         for color in (FILLS["input"], *_EDGES[1:])]


def columns(ax, T):
    """Return where the nodes of the times 0 .. T stand in an axes that unrolled has drawn."""
    return (np.arange(T + 1) + 0.5) * ax.get_xlim()[1] / (T + 1)


def _expect_rows(T, hs, **arrays):
    """Refuse arrays whose number of rows does not fit the T rows of xs."""
    for name, rows in {"hs": hs, **arrays}.items():
        wanted = T + 1 if name == "hs" else T
        if rows is not None and len(rows) != wanted:
            raise ValueError(f"unrolled: {name} must have {wanted} rows, because xs has {T}; "
                             f"got {len(rows)}.")


class _Grid(NamedTuple):
    """Where everything stands: a column for each of the times 0 .. T, rows from the bottom up."""

    column: float    # its width, in inches
    size: float      # of type, in points
    tall: list       # the height of each row's nodes
    middles: list    # and where they stand
    side: float      # of an arrow from the middle, where arrows run both ways

    def center(self, t):
        return (t + 0.5) * self.column


def _grid(width, height, T, rows, texts, signs):
    """Fit the graph into the axes, values and texts of its rows being {kind: list}, signs those of deltas."""
    lines = [1 + max(text.count("\n") + (np.ndim(value) > 0) for text, value in zip(texts[kind], rows[kind]))
             for kind in rows]                  # a number stands behind its symbol, a vector below
    lines[1] += signs is not None
    longest = max(len(part) for row in texts.values() for text in row for part in text.split("\n"))
    longest = max(longest, 9) + (7 if signs else 0)
    longest = max(longest, *(len(text.split("\n")[0]) + 8 for text in signs or ("",)))         # with "δ = "
    column, gaps = width / (T + 1), len(lines) - 1
    room = height - _FOOT - 0.1 - len(lines) * _PAD - gaps * _GAP
    fits = 72 * 0.93 * _BOX * column / (0.46 * longest), 72 * room / (_LINE * sum(lines))
    size = max(8, min(18, *fits))
    tall = [_PAD + count * size * _LINE / 72 for count in lines]
    gap = min((height - _FOOT - 0.1 - sum(tall)) / gaps, 0.9)
    floor = (height - sum(tall) - gaps * gap + _FOOT - 0.1) / 2
    bottoms = floor + np.cumsum([0, *tall[:-1]]) + gap * np.arange(len(lines))
    middles = [low + high / 2 for low, high in zip(bottoms, tall)]
    return _Grid(column, size, tall, middles, 0.13 if signs else 0)


def _node(ax, grid, row, kind, t, head):
    """Draw a node, and return its patch and its label."""
    box, y = _BOX * grid.column, grid.middles[row]
    shift = 0.5 * grid.size * _LINE / 72 if kind == 1 and grid.side else 0         # room for the delta
    patch = ax.add_patch(FancyBboxPatch(
        (grid.center(t) - box / 2, y - grid.tall[row] / 2), box, grid.tall[row], zorder=2,
        boxstyle=CORNERS[kind]))
    return patch, ax.text(grid.center(t), y + shift, head, fontsize=grid.size, zorder=3, ha="center",
                          va="center_baseline", linespacing=1.3)


def _arrows(ax, grid, t, kinds, weights):
    """Draw the arrows up to and through the nodes of time t, with their weights; return [(time, arrow)] of
    those that run forward, and of those that run back."""
    box, x, side, type_ = _BOX * grid.column, grid.center(t), grid.side, dict(fontsize=grid.size)
    floor = max(grid.middles[0] - grid.tall[0] / 2 - _FOOT, 0)
    ax.text(x, floor, f"$t = {t}$", ha="center", va="bottom", **type_)
    ends = [middle + sign * high / 2 for middle, high in zip(grid.middles, grid.tall) for sign in (-1, 1)]
    forward, back = [], []
    for row, (start, end) in enumerate(zip(ends[1::2], ends[2::2]), 1):
        forward.append((t, draw_arrow(ax, (x - side, start), (x - side, end))))
        name = {1: weights[0], 2: weights[2]}.get(kinds[row])
        if name and kinds[row] == row:
            ax.text(x - side - 0.1, (start + end) / 2, f"${name}$", ha="right", va="center", **type_)
        if side and row > 1:
            back.append((t, draw_arrow(ax, (x + side, end), (x + side, start), True)))
    y, left, right = grid.middles[1] + side, grid.center(t - 1) + box / 2, x - box / 2
    forward.append((t, draw_arrow(ax, (left, y), (right, y))))
    ax.text((left + right) / 2, y + 0.1, f"${weights[1]}$", ha="center", va="bottom", **type_)
    if side and t > 1:
        back.append((t - 1, draw_arrow(ax, (right, y - 2 * side), (left, y - 2 * side), True)))
    return forward, back


def _paint(patch, kind, state, edge=None):
    """Give a node the look of later (dotted, empty), done (tinted) or now (yellow, thick)."""
    patch.set(facecolor={"later": "white", "done": TINTS[kind], "now": FILLS["highlight"]}[state],
              edgecolor=COLORS["dim"] if state == "later" else
              edge if edge and state == "now" else _EDGES[kind],
              linewidth={"later": 1.2, "done": 2, "now": 5}[state],
              linestyle=":" if state == "later" else "-")


def draw_arrow(ax, start, end, backward=False, head=True, dashes=(1.6, 0.8), **look):
    """Draw an arrow, or a line: solid ink forward, dashed in the gradient's colour backward."""
    return ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>" if head else "-", shrinkA=0, shrinkB=0,
        linestyle=(0, dashes) if backward else "-", color=COLORS["gradient" if backward else "ink"],
        **dict(mutation_scale=18, zorder=1) | look))


def _space(value):
    """End a symbol's formula: a vector's with the space it lives in, a number's with '='."""
    return "$ = " if np.ndim(value) == 0 else rf" \in \mathbb{{R}}^{{{len(value)}}}$" + "\n"


def _numbers(value, decimals):
    """Round a number or a vector to text: two entries a line, at most four of them."""
    numbers = [rounded(v, decimals) for v in np.ravel(value)]
    if np.ndim(value) == 0:
        return numbers[0]
    if len(numbers) > 4:
        numbers = [*numbers[:2], "…", numbers[-1]]
    pairs = [", ".join(numbers[n:n + 2]) for n in range(0, len(numbers), 2)]
    return "(" + ",\n".join(pairs) + ")"
