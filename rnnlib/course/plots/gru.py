"""The GRU: three roads back, and gates over a sequence of letters."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyBboxPatch, Rectangle

from ..figures import COLORS, FILLS, minus, picture
from .graph import draw_arrow
from .tables import heatmap_table

GATE = LinearSegmentedColormap.from_list("white_blue", ["#FFFFFF", COLORS["state"]])    # open is blue
_LANES = {"leak": 3.3, "candidate": 1.9, "gates": 0.5}
_BOXES = {"leak": r"$z \odot h_{t-1}$", "candidate": r"$m,\ n$", "gates": r"$r,\ z$"}
_TRACKS = {"reset": (4.84, 6.56, 0.5, 0.84), "update": (4.84, 6.56, 0.14, 0.48)}    # filled as a gate is open
_NAMES = {"leak": "1  the leak", "candidate": "2  the candidate", "gates": "3  the gates"}


def gru_roads(ax, shares, r, z):
    """Draw the three roads from h_t back to h_{t-1}, as wide as what they carry; return update.

    shares: {"leak": ..., "candidate": ..., "gates": ...}, plain numbers; their sum is shown too, and the
    gates r and z, numbers from 0 to 1. update(shares, r, z) changes them.

    picture(lambda ax: plots.gru_roads(ax, shares, r, z), alt=..., size=(10, 4.5))
    """
    ax.set(xlim=(0, 11.2), ylim=(-0.35, 4.15))
    ax.axis("off")
    tall = dict(boxstyle="round,pad=0,rounding_size=0.25", linewidth=2.5, edgecolor=COLORS["state"])
    for x, name in ((0.1, r"$h_{t-1}$"), (9.9, r"$h_t$")):
        ax.add_patch(FancyBboxPatch((x, 0), 1.2, 3.8, facecolor="#DCE9F2", zorder=2, **tall))
        ax.text(x + 0.6, 1.9, name, fontsize=21, ha="center", va="center", zorder=3)
    arrows, numbers, boxes = {}, {}, {}
    for road, y in _LANES.items():
        ax.add_patch(FancyBboxPatch((4.75, y - 0.42), 1.9, 0.84, boxstyle="round,pad=0,rounding_size=0.1",
                                    facecolor="white", edgecolor=COLORS["ink"], linewidth=2, zorder=4))
        boxes[road] = ax.text(5.7, y, _BOXES[road], fontsize=14 if road == "gates" else 17, ha="center",
                              va="center", zorder=5, linespacing=1.15)
        for start, end in ((1.35, 4.7), (6.7, 9.85)):
            draw_arrow(ax, (start, y + 0.27), (end, y + 0.27), mutation_scale=15, linewidth=1.6)
        look = dict(color=COLORS["gradient"], dash_capstyle="butt", zorder=2.5)
        arrows[road] = [(
            ax.plot([start, end + 0.25], [y - 0.2] * 2, linestyle=(0, (2, 0.7)), **look)[0],
            ax.plot([end + 0.17], [y - 0.2], linestyle="none", marker="<", markeredgewidth=0, **look)[0],
        ) for start, end in ((9.9, 6.7), (4.7, 1.35))]
        ax.text(8.25, y + 0.34, _NAMES[road], fontsize=15, ha="center", va="bottom")
        numbers[road] = ax.text(3.0, y + 0.34, "", fontsize=17, ha="center", va="bottom",
                                color=COLORS["gradient"], fontweight="bold")

    fills = [ax.add_patch(Rectangle((left, low), 0, high - low, facecolor="#B5D3E7", linewidth=0, zorder=4.5))
             for left, _, low, high in _TRACKS.values()]
    total = ax.text(0.7, 0.12, "", fontsize=16, ha="center", va="bottom", zorder=3,
                    color=COLORS["gradient"], fontweight="bold")

    def update(shares, r, z):
        for fill, (left, right, *_), gate in zip(fills, _TRACKS.values(), (r, z)):
            fill.set_width((right - left) * gate)
        boxes["gates"].set_text(f"$r$ = {r:.2f}\n$z$ = {z:.2f}")
        for road, value in shares.items():
            width, seen = min(1.5 + 9 * abs(value), 13), abs(value) >= 0.005
            for shaft, head in arrows[road]:
                shaft.set(linewidth=width, visible=seen)
                head.set(markersize=12 + 1.4 * width, visible=seen)
            numbers[road].set_text(minus(f"{value:+.2f}") if seen else "0.00")
        total.set_text(minus(f"sum\n{sum(shares.values()):+.2f}"))
        moving = (artist for pairs in arrows.values() for pair in pairs for artist in pair)
        return [*moving, *fills, *numbers.values(), boxes["gates"], total]

    update(shares, r, z)
    return update


def gru_places():
    """Return the boxes of gru_roads: of each road's lane, and of each gate from closed to open."""
    return {road: (1.35, 9.85, y - 0.42, y + 0.7) for road, y in _LANES.items()}, _TRACKS


def gate_over_text(top, bottom, gate, letters, marked, *, name="z"):
    """Draw a gate (T, H), numbers from 0 to 1, over T letters: its mean above, its units below.

    The letters marked (T,) of bools are boxed.

    picture(lambda *panels: plots.gate_over_text(*panels, z, "cabba", rings), alt=..., panels=(2, 1))
    """
    gate, marked = np.asarray(gate, dtype=float), np.asarray(marked)
    T, H = gate.shape
    steps = np.arange(1, T + 1)
    top.plot(steps, gate.mean(axis=1), color=COLORS["state"], linewidth=3)
    top.plot(steps[marked], gate.mean(axis=1)[marked], linestyle="none", marker="s", markersize=11,
             markerfacecolor=FILLS["highlight"], markeredgecolor=COLORS["ink"], markeredgewidth=2, zorder=3)
    box = dict(boxstyle="square,pad=0.22", facecolor=FILLS["highlight"], edgecolor=COLORS["ink"], linewidth=2)
    for t, letter, mark in zip(steps, letters, marked):
        top.text(t, 1.1, letter, fontsize=18, ha="center", va="bottom", fontweight="bold" if mark else None,
                 bbox=box if mark else None)
    top.set(ylim=(0, 1), ylabel=f"mean of {name}", yticks=[0, 0.5, 1])
    top.figure.get_layout_engine().set(h_pad=0.12)    # room for the boxes round the letters
    image = bottom.imshow(gate.T, cmap=GATE, vmin=0, vmax=1, aspect="auto",
                          extent=(0.5, T + 0.5, H + 0.5, 0.5))
    for t in steps[marked]:
        bottom.axvspan(t - 0.5, t + 0.5, facecolor="none", edgecolor=COLORS["ink"], linewidth=3)
    bottom.set(xlabel="step t", ylabel="unit", yticks=range(1, H + 1, 1 + H // 6))
    bottom.tick_params(length=0)
    bottom.spines[:].set_visible(False)
    for ax in (top, bottom):
        ax.set(xlim=(0.5, T + 0.5), xticks=[1, *range(5, T + 1, 5)])
    bar = bottom.figure.colorbar(image, ax=bottom, pad=0.015, ticks=[0, 0.5, 1])
    bar.set_label(f"gate {name}")
    bar.outline.set_visible(False)


def memory_losses(ax, curves, guess, every):
    """Draw losses by update, {name: (n,)}, a point for every so many updates, and a blind guess."""
    looks = (dict(color=COLORS["dim"], linestyle=":", marker="o"),
             dict(color=COLORS["state"], linestyle="--", marker="s"),
             dict(color=COLORS["loss"], linestyle="-", marker="^"))
    for (name, curve), look in zip(curves.items(), looks, strict=False):
        updates = every * (np.arange(len(curve)) + 0.5)
        ax.semilogy(updates, curve, label=name, linewidth=3, markersize=8, **look)
    ax.axhline(guess, color=COLORS["ink"], linewidth=1.5, label="a blind guess, ln 3")
    ax.set(xlabel="update", ylabel="loss per step, nats", ylim=(3e-4, 3))
    ax.minorticks_off()
    ax.legend(loc="lower left")


def three_memories(curves, guess, every):
    """Return the picture of memory_losses, of an RNN, an LSTM and the reader's GRU."""
    ends = ", ".join(f"{name} {'below 0.05' if curve[-1] < 0.05 else 'above 0.3'}"
                     for name, curve in curves.items())
    return picture(lambda ax: memory_losses(ax, curves, guess, every), size=(9, 3.8),
                   alt=f"Losses that fall from {guess:.2f}, a blind guess. At the end: {ends}.")


def gate_errors(errors, gates):
    """Return the picture of the relative errors (gates, T) of the deltas, by gate and step."""
    rows, steps = len(errors), range(1, errors.shape[1] + 1)
    last = "right" if errors[:, -1].max() < 1e-10 else "wrong"
    before = errors[:, :-1]
    return picture(
        lambda ax: heatmap_table(ax, errors, list(gates), steps, number="{:.0%}", xlabel="step t",
                                 ylabel="delta of"), size=(8, 3.2),
        alt=f"Relative error of {rows} deltas: all {last} at step {len(steps)}; {before.min():.0%} to "
        f"{before.max():.0%} at the steps before.")
