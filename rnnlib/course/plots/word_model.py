"""Curves of the word model, and the verdicts on its gradients."""

import numpy as np

from ..figures import COLORS, LINES, picture
from .curves import reading

MARKS = {"right": "✓", "wrong": "✗", "unseen": "?"}


def falling_losses(ax, curves, verdicts=None):
    """Draw losses {letter: (n,)} in per cent of their first value, named at their ends.

    picture(lambda ax: plots.falling_losses(ax, {"A": ..., "B": ...}), alt=...)

    verdicts {letter: "right" or "wrong"} are written beside the letters.
    """
    ends = {name: 100 * curve[-1] / curve[0] for name, curve in curves.items()}
    low, n = min(ends.values()), max(len(curve) for curve in curves.values())
    gap = 0.085 * (100 - low)
    heights = _apart(ends, gap, top=100.0)
    kinds = "state", "gradient", "loss", "output", "ink"
    for (name, curve), kind in zip(curves.items(), kinds, strict=False):
        look = LINES[kind] | dict(markersize=6, markevery=(2, 5))
        ax.plot(100 * curve / curve[0], **look)
        said = "" if verdicts is None else f"  {MARKS[verdicts[name]]} {verdicts[name]}"
        ax.annotate(name + said, (n - 1, ends[name]), (n - 0.2, heights[name]), va="center", fontsize=17,
                    fontweight="bold", color=COLORS[kind], annotation_clip=False,
                    arrowprops=dict(arrowstyle="-", color=COLORS[kind], linewidth=1.2))
    room = 0.12 if verdicts is None else 0.3
    ax.set(xlabel="update", ylabel="loss, % of its start", xlim=(0, n - 1 + room * n), ylim=(low - gap, 102))
    ax.set_xticks(range(0, n, 5))
    ax.spines["bottom"].set_bounds(0, n - 1)


def losses_at(ax, curves):
    """Set the scene for losses that fall {letter: (n,)}; return move(update), which marks it on each.

    live_figure(lambda ax: plots.losses_at(ax, {"A": ..., "B": ...}), {"update": ...}, ...)
    """
    falling_losses(ax, curves)
    left = np.array([100 * curve / curve[0] for curve in curves.values()])
    read = reading(ax, markersize=11, markeredgewidth=2)
    return lambda update: read(update, left[:, update])


def five_programs(curves, verdicts=None):
    """Return the picture of five losses that fall {letter: (n,)}, with or without their verdicts."""
    said = ", ".join(f"{name} to {100 * curve[-1] / curve[0]:.0f} %" for name, curve in curves.items())
    judged = "" if verdicts is None else " Their gradients: " + ", ".join(
        f"{name} {verdict}" for name, verdict in verdicts.items()) + "."
    return picture(lambda ax: falling_losses(ax, curves, verdicts), size=(8, 3.7),
                   alt=f"Five losses fall at each of {len(curves['A']) - 1} updates: {said}.{judged}")


def _apart(heights, gap, top):
    """Move heights {name: y} apart until neighbours differ by gap; none above top."""
    placed, last = {}, top + gap
    for name in sorted(heights, key=heights.get, reverse=True):
        last = placed[name] = min(heights[name], last - gap)
    return placed


def repair_stages(left, right, curves, tensors, errors, verdicts):
    """Draw loss curves (stages, n) and the errors (stages, tensors) of a gradient; return update(stage).

    live_figure(lambda *axes: plots.repair_stages(*axes, ...), {"stage": ...}, ..., panels=(1, 2))

    The curve of a stage lies over those of all stages; verdicts (stages, tensors) are words.
    """
    curves = np.asarray(curves)
    left.plot(curves.T, color=COLORS["dim"], linewidth=1.2, linestyle=":")
    line, = left.plot([], [], **LINES["loss"] | dict(linewidth=4, markersize=9, markevery=5))
    left.set(xlabel="update", ylabel="loss, nats", xlim=(-0.3, curves.shape[1] - 0.7),
             ylim=(0, 1.08 * curves.max()), title="the loss")
    left.set_xticks(range(0, curves.shape[1], 5))
    rows = np.arange(len(tensors))
    bars = right.barh(rows, 0 * rows, 0.5, color=COLORS["gradient"], edgecolor=COLORS["ink"], hatch="//")
    words = [right.text(0, row, "", va="center", fontsize=15, fontweight="bold") for row in rows]
    right.set(xlabel="relative error of the gradient", xlim=(0, 2), title="the gradient check",
              ylim=(len(rows) - 0.5, -0.5))
    right.set_yticks(rows, tensors)
    right.set_xticks([0, 0.5, 1.0])

    def update(stage):
        line.set_data(np.arange(curves.shape[1]), curves[stage])
        for bar, word, error, verdict in zip(bars, words, errors[stage], verdicts[stage]):
            wrong = verdict == "wrong"
            bar.set_width(error if wrong else 0)
            text = f"{MARKS[verdict]} {verdict}" + f" {error:.2f}" * wrong
            word.set(x=0.04 + error * wrong, text=text, color=COLORS["gradient" if wrong else "ink"])
        return [line, *bars, *words]

    update(0)
    return update


def word_losses(ax, curves, levels):
    """Draw mean losses {name: (passes,)} by pass over the text, and levels {what it is: nats}."""
    for (name, curve), kind in zip(curves.items(), ("gradient", "state", "loss", "output"), strict=False):
        ax.plot(np.arange(1, len(curve) + 1), curve, label=name, **LINES[kind] | dict(markersize=8))
    last = max([1, *map(len, curves.values())])
    for what, level in levels.items():
        ax.axhline(level, color=COLORS["ink"], linewidth=1.5, linestyle=":", zorder=0)
        low = level == min(levels.values())           # under the floor there are no curves
        ax.text(last, level + (-0.014 if low else 0.004), what, ha="right", va="top" if low else "bottom",
                fontsize=15)
    top = 1.35 * max(levels.values())
    ax.set(xlabel="pass over the text", ylabel="loss per word, nats", xlim=(0.8, last + 0.2), ylim=(0, top))
    ax.set_xticks(range(2, last + 1, 2))
    ax.figure.legend(loc="outside upper center", ncols=len(curves))


def windows_compared(runs, updates, levels, claim):
    """Return the picture of the losses (n,) of some runs {name: losses}, a mean for so many updates.

    claim(text) words what the picture shows, as widgets.claim does.
    """
    passes = {name: losses[:len(losses) // updates * updates].reshape(-1, updates).mean(axis=1)
              for name, losses in runs.items()}
    return picture(lambda ax: word_losses(ax, passes, levels), size=(9, 4.2), alt=claim(
        "Loss per word for K = 1, 2, 3. After 10 passes K = 3 is below 0.26, near the floor of 0.2197; "
        "K = 1 and K = 2 are still above 0.33."))
