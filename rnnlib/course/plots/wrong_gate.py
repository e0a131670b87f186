"""Wrong gates: error patterns as small multiples, and the board of checks."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from ..figures import COLORS, FILLS
from .wrong_gradient import error_table

_RED, _BLUE = np.array(to_rgb(COLORS["gradient"])), np.array(to_rgb(COLORS["state"]))
_SIGNS = {0: "o", 1: "s", 2: "D"}         # let through, caught, let through but admitted
_FACES = {0: "white", 1: COLORS["ink"], 2: FILLS["highlight"]}


def patterns(*axes, errors, gates):
    """Draw relative errors {title: (T, G)} of deltas as small multiples; return update(table, t)."""
    outlines, last = {}, len(errors) - 3
    for k, (ax, (title, error)) in enumerate(zip(axes, errors.items(), strict=True)):
        error_table(ax, error, [f"$\\delta^{g}$" for g in gates], size=12)
        ax.set_title(title, fontsize=16, fontweight="bold", loc="left", pad=4)
        ax.tick_params(labelsize=12)
        ax.set_xlabel("" if k < last else "step t (numbers: error in %)", fontsize=13)
        if k < last:
            ax.set_xticklabels([])
        outlines[title] = ax.add_patch(Rectangle((0, -0.5), 1, len(gates), fill=False, linewidth=4, zorder=3,
                                                 edgecolor=COLORS["ink"], clip_on=False))

    def update(table, t):
        for name, outline in outlines.items():
            outline.set(visible=name == table, x=t - 1.5)
        return list(outlines.values())

    return update


def board_counts(ax, let, admitted, alarms, checks, points):
    """Draw how many mistakes each check lets through at each point, (C, P), over the alarms (C,) beside.

    admitted (C, P) are those of them of which the check says that it cannot tell; alarms are shares.
    """
    C, P = let.shape
    most = max(let.max(), 1)
    for c in range(C):
        for k in range(P):
            silent = let[c, k] - admitted[c, k]
            shade = 0 if not silent else 0.15 + 0.6 * silent / most
            ax.add_patch(Rectangle((k - 0.5, c - 0.5), 1, 1, edgecolor=COLORS["dim"],
                                   facecolor=tuple(1 - shade * (1 - _RED))))
            told = ((silent, f"{silent}"), (admitted[c, k], f"{admitted[c, k]} ?"))
            parts = [text for n, text in told if n]
            ax.text(k, c, " + ".join(parts) or "✓", ha="center", va="center", fontsize=16)
        shade = 0.5 * min(3 * alarms[c], 1)
        ax.add_patch(Rectangle((P - 0.25, c - 0.5), 1.5, 1, edgecolor=COLORS["dim"],
                               facecolor=tuple(1 - shade * (1 - _BLUE))))
        ax.text(P + 0.5, c, f"{alarms[c]:.0%}" if alarms[c] else "none", ha="center", va="center",
                fontsize=16)
    ax.set(xlim=(-0.5, P + 1.3), ylim=(C - 0.5, -0.5))
    ax.set_xticks([*range(P), P + 0.5], [*(_narrow(p) for p in points), "right passes\nrejected"])
    ax.set_yticks(range(C), checks)
    ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.tick_params(axis="x", labelsize=13)
    ax.tick_params(axis="y", labelsize=15)
    ax.spines[:].set_visible(False)


def _narrow(text):
    words = text.split()
    return "\n".join(words) if len(words) < 4 else " ".join(words[:2]) + "\n" + " ".join(words[2:])


def board_signs(ax, checks, numbers):
    """Set the scene for one point: a sign for each check and mistake; return update(caught, row).

    numbers (M,) are those of the mistakes as puzzles. caught (C, M) is 0, 1 or 2: let through, caught, let
    through but admitted. row is outlined.
    """
    C, numbers, count = len(checks), np.asarray(numbers), max(numbers)
    signs = {}
    for said, sign in _SIGNS.items():
        signs[said], = ax.plot([], [], sign, markersize=9, markerfacecolor=_FACES[said],
                               markeredgecolor=COLORS["gradient" if said == 0 else "ink"],
                               markeredgewidth=2.2 if said == 0 else 1.2, linestyle="")
    outline = ax.add_patch(Rectangle((0.3, -0.5), count + 0.4, 1, fill=False, linewidth=3, clip_on=False))
    ax.set(xlim=(0.3, count + 0.7), ylim=(C - 0.5, -0.5), xlabel="puzzle number: obvious … devious")
    ax.set_xticks([1, *range(5, count + 1, 5)])
    ax.set_yticks(range(C), checks)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    names = {1: "caught", 0: "let through", 2: "let through, but it says that it cannot tell"}
    ax.figure.legend([signs[k] for k in names], names.values(), loc="outside upper right", ncols=3)

    def update(caught, row):
        for said, artist in signs.items():
            rows, columns = np.nonzero(caught == said)
            artist.set_data(numbers[columns], rows)
        outline.set_y(row - 0.5)
        return [*signs.values(), outline]

    return update
