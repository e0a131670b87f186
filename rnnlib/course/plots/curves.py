"""Curves and bars."""

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from ..figures import COLORS, HERE, LINES, minus


def reading(ax, **look):
    """Draw an upright line with yellow marks on it over curves; return update(x, ys), which moves both.

    look changes the marks: markersize=13. Nothing is seen before the first update.
    """
    line = ax.axvline(1, color=COLORS["ink"], linewidth=1.5, visible=False, clip_on=False)
    marks, = ax.plot([], [], clip_on=False, **HERE | look)      # whole at the edge, and nowhere beyond it

    def update(x, ys):
        line.set(xdata=[x, x], visible=True)
        marks.set_data([x] * len(ys), within(ax, ys))
        return [line, marks]

    return update


def within(ax, ys):
    """Return numbers as a list, nan for those beyond the axes, where no mark must lie."""
    low, high = ax.get_ylim()
    return [y if low <= y <= high else np.nan for y in ys]


def prediction_error(ax, p, y, *, title="", legend=True, top=1.0):
    """Draw labels y (K,), predictions p (K,) and an arrow p - y per class; return update(p, y).

    picture(lambda ax: plots.prediction_error(ax, p, y), alt=...)
    """
    classes = np.arange(1, len(p) + 1)
    labels = ax.bar(classes - 0.3, y, 0.28, color="white", edgecolor=COLORS["ink"], linewidth=1.5,
                    hatch="//")
    bars = ax.bar(classes, p, 0.28, color=COLORS["output"], edgecolor=COLORS["ink"], linewidth=1.5)
    arrows = [ax.add_patch(FancyArrowPatch(
        (0, 0), (0, 0), arrowstyle="-|>", shrinkA=0, shrinkB=0, linewidth=3.5, zorder=3,
        color=COLORS["gradient"])) for _ in classes]
    line = dict(color=COLORS["dim"], linewidth=1.2, linestyle=":", zorder=0)
    levels = [ax.plot([k - 0.44, k + 0.36], [0, 0], **line)[0] for k in classes]
    numbers = [ax.text(k - 0.04, 0, "", ha="center", va="bottom", color=COLORS["gradient"],
                       fontsize=15, fontweight="bold") for k in classes]
    ax.set(xlim=(0.45, len(p) + 0.5), ylim=(0, top + 0.16), ylabel="probability", title=title)
    ax.set_xticks(classes - 0.1, [f"class {k}" for k in classes])
    ax.set_yticks(np.arange(0, top + 1e-9, 0.25))
    ax.label_outer()
    if legend:
        handles = [labels[0], bars[0], Rectangle((0, 0), 1, 1, color=COLORS["gradient"])]
        ax.figure.legend(handles, ["label y", "prediction p", "arrow: p − y"],
                         loc="outside upper center", ncols=3)

    def update(p, y=y):
        for k, p_k, y_k, *artists in zip(classes, p, y, labels, bars, arrows, levels, numbers):
            label, bar, arrow, level, number = artists
            label.set_height(y_k)
            bar.set_height(p_k)
            arrow.set_positions((k + 0.26, y_k), (k + 0.26, p_k))
            length = abs(p_k - y_k) / top
            arrow.set_mutation_scale(min(20, 350 * length))              # no longer than its arrow
            arrow.set(linewidth=min(3.5, 80 * length), visible=length > 0.005)
            level.set_ydata([y_k, y_k])
            number.set(y=max(p_k, y_k) + 0.02, text=minus(f"{p_k - y_k:+.2f}"))
        return [*labels, *bars, *levels, *arrows, *numbers]

    update(p)
    return update


def two_losses(ax, curves, guess):
    """Draw two losses {name: (steps,)} and the level of a blind guess; return update(step, texts).

    update(step, {"A": ..., "B": ...}) marks the step, and writes above what each network guesses by then.
    """
    dots = []
    for (name, curve), kind in zip(curves.items(), ("state", "output"), strict=True):
        look = LINES[kind] | dict(marker="", linewidth=3)
        ax.plot(curve, label=name, **look)
        dots += ax.plot([], [], marker=LINES[kind]["marker"], markersize=13, color=look["color"],
                        markeredgecolor=COLORS["ink"], zorder=4, clip_on=False)
    ax.axhline(guess, color=COLORS["dim"], linestyle=":", linewidth=2.5, label="a blind guess")
    steps = len(curve)
    ax.set(xlabel="training step", ylabel="loss per letter", xlim=(0, steps), ylim=(0, 1.12 * guess))
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.88))
    ax.set_title("\n", loc="left", fontfamily="monospace", fontsize=15, linespacing=1.3)
    read = [ax.text(0, y, "", transform=ax.transAxes, fontfamily="monospace", fontsize=15, va="bottom")
            for y in (1.12, 1.01)]
    guide = ax.axvline(0, color=COLORS["ink"], linewidth=1.5, clip_on=False)

    def update(step, texts):
        guide.set_xdata([step, step])
        for dot, curve in zip(dots, curves.values(), strict=True):
            dot.set_data([step], [curve[step]])
        for line, (name, text) in zip(read, texts.items(), strict=True):
            line.set_text(f"{name} guesses: {text}")
        return [guide, *dots, *read]

    return update


def step_errors(ax, steps, errors):
    """Draw errors {name: (n,)} of a numerical derivative over its steps (n,); return update(step).

    picture(lambda ax: plots.step_errors(ax, steps, {"float64": ..., "float32": ...}), alt=...)

    update(step) marks this step on every curve; it must be one of steps.
    """
    steps, curves = np.asarray(steps), {}
    for (name, error), kind in zip(errors.items(), ("gradient", "ink", "state"), strict=False):
        look = dict(LINES[kind], markersize=5, linewidth=2.2)
        curves[name] = np.clip(error, 1e-17, None)
        ax.loglog(steps, curves[name], label=name, **look)
    ax.set(xlabel="step ε", ylabel="relative error", xlim=(steps.min() / 2, steps.max() * 2),
           ylim=(3e-17, 30))
    ax.set_xticks(10.0 ** np.arange(-12, 0, 2))
    ax.set_yticks(10.0 ** np.arange(-16, 1, 4))
    ax.minorticks_off()
    ax.figure.legend(loc="outside upper center", ncols=len(curves))
    read = reading(ax, markersize=15)

    def update(step):
        at = int(np.abs(np.log(steps / step)).argmin())
        return read(steps[at], [curve[at] for curve in curves.values()])

    return update


def remainders(ax, steps, right, wrong, label="wrong gradient", low=None):
    """Draw Taylor remainders (n,) over their steps, log against log; return update(wrong).

    picture(lambda ax: plots.remainders(ax, steps, right, wrong), alt=...)
    """
    look = dict(markersize=8, linewidth=3)
    ax.loglog(steps, right, label="the right gradient", **LINES["loss"] | look)
    line, = ax.loglog(steps, wrong, label=label, **LINES["gradient"] | look)
    ax.set(xlabel="step ε", ylabel="remainder R(ε)", ylim=((low or right.min()) / 3, 1))
    ax.set_yticks(10.0 ** np.arange(-8, 1, 2))
    ax.minorticks_off()
    ax.legend(loc="lower right")

    def update(wrong):
        line.set_ydata(wrong)
        return [line]

    return update
