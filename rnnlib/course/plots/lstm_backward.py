"""The LSTM's backward pass: one step as a graph, its tables gate by gate, and what a wrong slope does."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch, Rectangle

from ..figures import COLORS, DARK, FILLS, LINES
from .graph import draw_arrow
from .tables import heatmap_table, over_sums, sums_table

_TINT = {"c": tuple(0.6 * np.array(to_rgb(FILLS["memory"])) + 0.4),
         "h": tuple(0.1 * np.array(to_rgb(COLORS["state"])) + 0.9), "gate": "#F2F2F2"}
_BOXES = {      # name: middle, width, kind
    "c_before": (1.0, 4.05, 1.9, "c"), "c": (6.75, 4.05, 1.9, "c"),
    "h_before": (1.0, 0.55, 1.9, "h"), "h": (9.25, 2.85, 1.8, "h"),
    "f": (3.9, 1.8, 1.3, "gate"), "i": (2.45, 1.8, 1.3, "gate"), "g": (5.6, 1.8, 1.3, "gate"),
    "o": (7.75, 1.8, 1.3, "gate"),
}
_TALL, _SIDE, _WIDE, _HIGH = 0.86, 0.09, 10.5, 4.7
_TOP, _GATES, _BOTTOM, _JOIN = 4.05, 1.8, 0.55, 2.9                  # y, upwards
_FORGET, _ADD, _WRITE, _READ = (3.9, _TOP), (4.925, _TOP), (4.925, _JOIN), (7.75, 2.85)
_FORWARD = {    # what is read where: symbol in the box, and what it sends back
    "c_before": (r"c_{t-1}", r"f_t \odot dL/dc_t"), "c": ("c_t", "dL/dc_t"),
    "h_before": (r"h_{t-1}", r"W_h^{\mathsf{T}}\, \delta_t"), "h": ("h_t", "dL/dh_t"),
    **{gate: (f"{gate}_t", rf"\delta_t^{gate}") for gate in "figo"},
}
_SHOWN_FROM = {"h": 1, "o": 2, "c": 3, "f": 4, "i": 4, "g": 4, "c_before": 5, "h_before": 5}


def lstm_back(ax, walk=None):
    """Draw one LSTM step with its two roads back; return update(move).

    live_figure(plots.lstm_back, ..., size=(10.5, 4.7))

    Without walk the boxes hold symbols, of one step. walk is a list, one entry for each
    move of the walk back: {box: (symbol, value, what stands before the gradient, gradient or None)}, with the
    boxes c_before, c, h_before, h, f, i, g, o. Move 5k + m is stage m = 1 .. 5 of the k-th step
    from the end: h, then o, then c, then f, i and g, then the two roads.
    """
    scale = ax.figure.get_size_inches()[0] / _WIDE                     # of type and lines
    ax.set(xlim=(0, _WIDE), ylim=(0, _HIGH), aspect="equal")
    ax.axis("off")
    boxes, backward, over, size = {}, [], [], (16 if walk is None else 13.2) * scale
    for name, (x, y, wide, kind) in _BOXES.items():
        patch = ax.add_patch(FancyBboxPatch(
            (x - wide / 2, y - _TALL / 2), wide, _TALL, zorder=2, facecolor=_TINT[kind], linewidth=2,
            boxstyle="round,pad=0,rounding_size=0.12", edgecolor=COLORS["ink"]))
        text = dict(ha="center", va="center_baseline", fontsize=size, zorder=3)
        boxes[name] = (patch, ax.text(x, y + 0.21, f"${_FORWARD[name][0]}$", **text),
                       ax.text(x, y - 0.17, f"${_FORWARD[name][1]}$", color=DARK, **text))
    for (x, y), sign in ((_FORGET, r"\odot"), (_ADD, "+"), (_WRITE, r"\odot"), (_READ, r"\odot")):
        ax.text(x, y, f"${sign}$", fontsize=20 * scale, ha="center", va="center", zorder=3,
                bbox=dict(boxstyle="circle,pad=0.12", facecolor="white", linewidth=1.6))

    def both(stage, start, end, ends=(True, True), above=False):
        """Join two points by a line each way, each on its left; the one back belongs to a stage."""
        across = np.subtract(end, start) @ [[0, 1], [-1, 0]] / np.hypot(*np.subtract(end, start))
        off = _SIDE * across
        ahead = _arrow(ax, start + off, end + off, ends[0], False, above)
        back(stage, end - off, start - off, ends[1], above)
        over.extend([ahead] * above)

    def back(stage, start, end, head, above=False):
        backward.append((stage, _arrow(ax, start, end, head, True, above)))

    edge, top, gate_top, h, i = _TALL / 2, _TOP, _GATES + _TALL / 2, _READ[1], _BOXES["i"][0]
    both(3, (7.7, top), (10.45, top))                                  # c_t to step t+1
    both(1, (10.15, h), (10.48, h))                                    # h_t to step t+1
    both(1, (9.25, h - edge), (9.25, 1.5))                             # h_t to its loss
    both(2, (7.75, gate_top), (7.75, h - 0.2))                         # o
    both(2, (7.95, h), (8.35, h))
    both(3, (7.3, top - edge), (7.6, h + 0.18))                        # c_t through tanh
    both(4, (5.13, top), (5.8, top))
    both(4, (4.925, _JOIN + 0.22), (4.925, top - 0.22))
    _arrow(ax, (i - _SIDE, gate_top), (i - _SIDE, _JOIN + _SIDE), False, backward=False)      # i, by a corner
    _arrow(ax, (i - _SIDE, _JOIN + _SIDE), (4.72, _JOIN + _SIDE), True, backward=False)
    back(4, (4.72, _JOIN - _SIDE), (i + _SIDE, _JOIN - _SIDE), False)
    back(4, (i + _SIDE, _JOIN - _SIDE), (i + _SIDE, gate_top), True)
    both(4, (5.6, gate_top), (5.07, _JOIN - 0.15))
    bridge = ax.add_patch(Rectangle(                                   # f passes over i
        (_FORGET[0] - 0.2, _JOIN - 0.22), 0.4, 0.44, facecolor="white", linewidth=0, zorder=1.1))
    both(4, (_FORGET[0], gate_top), (_FORGET[0], top - 0.22), above=True)
    both(4, (4.12, top), (4.72, top))
    both(5, (1.95, top), (3.68, top))
    both(5, (1.95, _BOTTOM), (7.75, _BOTTOM), ends=(False, True))      # h_{t-1} to the gates
    for x in (_BOXES[gate][0] for gate in "ifgo"):
        _arrow(ax, (x - _SIDE, _BOTTOM + _SIDE), (x - _SIDE, _GATES - edge), True, backward=False)
        back(5, (x + _SIDE, _GATES - edge), (x + _SIDE, _BOTTOM - _SIDE), False)
    note = dict(fontsize=14 * scale, ha="center", va="center")
    ax.text(7.62, 3.42, "tanh", **note | dict(ha="left"))
    ax.text(9.25, 1.3, "own loss $L_t$", **note)
    ax.text(9.9, top + 0.4, "step $t+1$", **note)
    ax.text(9.9, h + 0.62, "step $t+1$", **note)
    ax.text(2.8, top + 0.4, r"$\times\, f_t$", color=DARK, **note | dict(fontsize=16 * scale))
    ax.text(8.0, _BOTTOM + 0.12, "$W_h$, forward", **note | dict(ha="left"))
    ax.text(8.0, _BOTTOM - 0.24, r"$W_h^{\mathsf{T}}$, back", color=DARK, **note | dict(ha="left"))

    def update(move):
        stage = 1 + (move - 1) % 5
        for name, (patch, head, foot) in boxes.items():
            now = _SHOWN_FROM[name] == stage
            if walk is None:
                foot.set_visible(_SHOWN_FROM[name] <= stage)
            else:
                symbol, value, back, gradient = walk[move - 1][name]
                head.set_text(f"${symbol} = {value:.3f}$")
                foot.set_text("" if gradient is None else f"${back} {gradient:.3f}$")
            patch.set(facecolor=FILLS["highlight"] if now else _TINT[_BOXES[name][3]],
                      linewidth=4 if now else 2,
                      edgecolor=COLORS["gradient"] if now else COLORS["ink"])
        for at, arrow in backward:
            arrow.set(visible=at <= stage, linewidth=4 if at == stage else 2.2)
        return [*(part for box in boxes.values() for part in box), bridge, *over,
                *(arrow for _, arrow in backward)]

    update(1)
    return update


def back_boxes():
    """Return the boxes of lstm_back, with the stage that fills each: {name: (stage, (left, right, …))}."""
    return {name: (_SHOWN_FROM[name], (x - wide / 2, x + wide / 2, y - _TALL / 2, y + _TALL / 2))
            for name, (x, y, wide, _) in _BOXES.items()}


def _arrow(ax, start, end, head, backward, above=False):
    return draw_arrow(ax, start, end, backward, head, dashes=(2.2, 1.6), capstyle="butt",
                      linewidth=2.2 if backward else 1.8, zorder=1.2 if above else 1,
                      mutation_scale=15 * ax.figure.get_size_inches()[0] / _WIDE)


def gate_table(ax, parts, limit):
    """Draw what loss s (row) sent to delta_t (column) of one gate; return update(parts, s).

    parts is (T, T); the last row of the table is the sum of each column. Colours go to +-limit.
    """
    def table(parts):
        return over_sums(parts, parts.sum(axis=0)).round(2) + 0.0       # no minus before a zero

    outline = sums_table(ax, table(parts), limit)
    line = ax.axhline(len(parts) - 0.5, color=COLORS["ink"], linewidth=3, zorder=1.5)
    hatched = {patch for patch in ax.patches if patch.get_hatch()}

    def update(parts, s):
        moved = outline(row=s - 1, values=table(parts))
        return [line, *(artist for artist in moved if artist not in hatched)]   # empty cells stay empty

    return update


def slip_tables(*axes, errors, gates="ifgo"):
    """Draw relative errors {slip: (4, T)} of delta, gate by gate and step by step, a panel each."""
    for n, (ax, (name, error)) in enumerate(zip(axes, errors.items(), strict=True)):
        T = error.shape[1]
        heatmap_table(ax, error, [f"$\\delta^{g}$" for g in gates] if n == 0 else [""] * 4,
                      [f"$t={t}$" for t in range(1, T + 1)], number="{:.0%}", limit=1)
        for text in ax.texts:
            text.set_fontsize(14)
        ax.set_title(name, pad=10)


def reading_errors(ax, sizes, errors, trained):
    """Draw the relative error {reading: (n,)} over the largest |c| (n,), log against log."""
    for (name, error), kind in zip(errors.items(), ("gradient", "state"), strict=False):
        ax.loglog(sizes, error, label=name, **LINES[kind] | dict(markersize=8, linewidth=3))
    ax.axvspan(*trained, color=FILLS["highlight"], alpha=0.6, linewidth=0, zorder=0)
    ax.text(np.sqrt(trained[0] * trained[1]), 2e-11, "trained\nnets", ha="center", va="bottom")
    ax.axhline(1, color=COLORS["ink"], linewidth=1.5, linestyle=":")
    ax.text(sizes.min(), 2, "error as large as the gradient", va="bottom")
    ax.set(xlabel="largest |c|", ylabel="relative error", ylim=(1e-11, 1e9))
    ax.set_yticks(10.0 ** np.arange(-10, 9, 4))
    ax.minorticks_off()
    ax.figure.legend(loc="outside upper center", ncols=2)
