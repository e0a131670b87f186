"""Wrong gradients: a case in two panels, and a table of errors by step and gate."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from ..figures import COLORS, LINES

_RED = np.array(to_rgb(COLORS["gradient"]))


def case(left, right, curves, errors):
    """Draw losses of two trainings {name: (n,)}, the wrong one first, beside the errors (T, G) of its deltas.

    Return update(step), which marks a step on both curves.
    """
    dots = []
    for (name, losses), kind in zip(curves.items(), ("gradient", "loss"), strict=True):
        left.plot(range(len(losses)), losses, label=name, **LINES[kind] | dict(marker=""))
        dots += left.plot([], [], color=COLORS[kind], marker=LINES[kind]["marker"], markersize=12,
                          markeredgecolor=COLORS["ink"], zorder=4, clip_on=False)
    guide = left.axvline(0, color=COLORS["ink"], linewidth=1.5, clip_on=False)
    left.set(xlabel="training step", ylabel="loss per letter", xlim=(0, len(losses)), ylim=(0, None))
    left.legend()
    left.set_title("it learns")
    steps, heights = range(1, len(errors) + 1), 100 * errors.max(axis=1)
    right.bar(steps, heights, color=COLORS["gradient"], hatch="//", edgecolor="white", width=0.7)
    for t, height in zip(steps, heights, strict=True):
        said, color = (f"{height:.0f} %", COLORS["ink"]) if height else ("✓ right", COLORS["loss"])
        right.text(t, height + 1, said, color=color, ha="center", fontsize=15)
    right.set(xlabel="step t", ylabel=r"error of $\delta_t$ in %", ylim=(0, 1.15 * heights.max()))
    right.set_title("its gradient is wrong")

    def update(step):
        guide.set_xdata([step, step])
        for dot, losses in zip(dots, curves.values(), strict=True):
            dot.set_data([step], [losses[step]])
        return [guide, *dots]

    return update


def error_table(ax, errors, gates, right=1e-10, size=14):
    """Draw relative errors (T, G), gate by gate over the steps: ✓ where right, else per cent."""
    for t, row in enumerate(errors):
        for g, error in enumerate(row):
            wrong = error > right
            face = tuple(1 - (0.25 + 0.5 * min(error, 1)) * (1 - _RED)) if wrong else "white"
            ax.add_patch(Rectangle((t - 0.5, g - 0.5), 1, 1, facecolor=face, edgecolor=COLORS["dim"]))
            text = "✓" if not wrong else "<1" if error < 0.01 else f"{100 * error:.0f}"
            ax.text(t, g, text, ha="center", va="center_baseline", fontsize=size)
    T, G = errors.shape
    ax.set(xlim=(-0.5, T - 0.5), ylim=(G - 0.5, -0.5))
    ax.set_xticks(range(T), range(1, T + 1))
    ax.set_yticks(range(G), gates)
    ax.tick_params(length=0)
    ax.set(xlabel="step t   (numbers: error in %)")
    ax.spines[:].set_visible(False)
