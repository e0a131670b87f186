"""Gradients forward in time and from few checkpoints: what is kept when, what it costs, what noise it has."""

import numpy as np
from matplotlib.collections import LineCollection

from ..figures import COLORS, HERE, LINES
from .curves import reading

WAYS = {"reverse": ("gradient", "o", "reverse"), "checkpoints": ("loss", "^", "reverse, √T checkpoints"),
        "forward": ("state", "s", "forward"), "forward, W diagonal": ("output", "D", "forward, W diagonal")}
SCHEMES = {"every": ("state", "every k-th state"), "slots": ("output", "k slots, best order")}


def kept_over_time(ax, curves):
    """Draw how many numbers are kept after each single step: curves is {way: (n,)}, named as in WAYS.

    picture(lambda ax: plots.kept_over_time(ax, {"reverse": ..., "forward": ...}), alt=...)
    """
    for way, numbers in curves.items():
        kind, _, name = WAYS[way]
        line = dict(marker="", linewidth=3) | ({"linestyle": "-"} if way == "checkpoints" else {})
        ax.plot(np.arange(1, len(numbers) + 1), numbers, **LINES[kind] | line)
        at, end = {"reverse": (np.argmax(numbers), dict(xytext=(12, -4), ha="left")),
                   "forward": (len(numbers) - 1, dict(xytext=(8, 0), ha="left")),
                   }.get(way, (len(numbers) - 1, dict(xytext=(10, 30), ha="right")))
        ax.annotate(name, (at + 1, numbers[at]), textcoords="offset points", fontsize=15, fontweight="bold",
                    color=COLORS[kind], va="center", **end)
    ax.set(xlabel="steps taken, forward or back", ylabel="numbers kept",
           xlim=(0, 1.02 * max(map(len, curves.values()))), ylim=(0, 1.08 * max(map(max, curves.values()))))


def kept_by_now(ax, curves):
    """Set the scene of kept_over_time; return update(steps), which marks every way that is not done yet."""
    kept_over_time(ax, curves)
    read = reading(ax, markersize=11, markeredgewidth=2)
    return lambda steps: read(steps, [kept[steps - 1] for kept in curves.values() if steps <= len(kept)])


def bills(ax, most):
    """Set the scene for what each way keeps and multiplies; return update({way: (numbers, multiplications)}).

    most is the largest of both, over all that will be shown.
    """
    marks, labels, trails = {}, {}, {}
    for way, (kind, marker, name) in WAYS.items():
        trails[way], = ax.plot([], [], color=COLORS[kind], linewidth=1.6, linestyle=LINES[kind]["linestyle"])
        marks[way], = ax.plot([], [], marker=marker, markersize=15, linestyle="none", color=COLORS[kind],
                              markeredgecolor=COLORS["ink"], markeredgewidth=1.5, zorder=4, label=name)
        labels[way] = ax.text(0, 0, "", fontsize=14, ha="center", zorder=5,
                              va="top" if way == "reverse" else "bottom")
    ax.set(xscale="log", yscale="log", xlim=(2, 3 * most[0]), ylim=(10, 20 * most[1]),
           xlabel="numbers kept", ylabel="multiplications")
    ax.figure.legend(loc="outside right upper", handles=list(marks.values()), labelspacing=0.9)

    def update(now, paths):
        for way, (numbers, multiplications) in now.items():
            marks[way].set_data([numbers], [multiplications])
            beside = multiplications * (0.2 if way == "reverse" else 4)
            labels[way].set(x=numbers, y=beside, text=_short(multiplications))
            trails[way].set_data(*zip(*paths[way], strict=True))
        return [*trails.values(), *marks.values(), *labels.values()]

    return update


def _short(n):
    """Write a whole number as type has it: 8,000, or 1.5·10⁹ above 100,000."""
    if n < 10**5:
        return f"{n:,}"
    digits, power = f"{n:.1e}".split("e")
    return f"{digits}·10$^{{{int(power)}}}$"


def schedule_lines(actions, T):
    """Return what a schedule does, as lines in (share of the work, share of the T steps): {kind: segments}.

    kind: "run" (forward, not kept), "again" (forward, kept), "back", and "kept", a state from when to when.
    """
    total = sum((end - begin) * (2 if kind == "reverse" else 1) for kind, begin, end in actions)
    lines, since, now = {"run": [], "again": [], "back": [], "kept": []}, {}, 0
    for kind, begin, end in actions:
        if kind == "keep":
            since[begin] = now
        elif kind == "drop":
            lines["kept"].append([(since.pop(begin) / total, begin / T), (now / total, begin / T)])
        else:
            n, a, b = end - begin, begin / T, end / T
            lines["run" if kind == "advance" else "again"].append([(now / total, a), ((now + n) / total, b)])
            now += n
            if kind == "reverse":
                lines["back"].append([(now / total, b), ((now + n) / total, a)])
                now += n
    return lines, total


def checkpoints(left, right, T_most):
    """Set the scene for a schedule, and for what all schedules keep and run; return update(...).

    update(lines, total, T, curves, scheme, here): lines, total of schedule_lines; curves {scheme:
    (kept (n,), forward steps for each of the T (n,))}; here, the point on the curve of scheme.
    """
    looks = {"kept": (COLORS["dim"], 3, "-"), "run": (COLORS["state"], 1.6, "-"),
             "again": (COLORS["state"], 3.5, "-"), "back": (COLORS["gradient"], 3.5, "-")}
    groups = {name: left.add_collection(LineCollection([], colors=color, linewidths=width, linestyles=style))
              for name, (color, width, style) in looks.items()}
    left.set(xlim=(-0.01, 1.01), ylim=(-0.04, 1.04), xticks=[], yticks=[], ylabel="time t of the sequence",
             xlabel="the work, from first to last")
    left.yaxis.labelpad = 26
    ends = [left.text(-0.02, y, "", ha="right", va="center", fontsize=14) for y in (0, 1)]
    names = {"run": "forward", "again": "forward, kept", "back": "back", "kept": "a state kept"}
    left.figure.legend(loc="outside upper left", ncols=4, columnspacing=1.2, handlelength=1.4, handles=[
        left.plot([], [], color=looks[n][0], linewidth=looks[n][1], linestyle="-", label=text)[0]
        for n, text in names.items()])
    curves = {scheme: right.plot([], [], label=name, **LINES[kind] | dict(
        markersize=6, linestyle="none"))[0] for scheme, (kind, name) in SCHEMES.items()}
    dot, = right.plot([], [], **HERE | dict(markersize=15))
    right.set(xscale="log", yscale="log", xlim=(1.7, 1.4 * T_most), ylim=(0.9, 0.7 * T_most),
              xlabel="states and steps kept", ylabel="runs of a step (mean)")
    right.set_xticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])
    right.set_yticks([1, 2, 3, 5, 10, 20, 50], ["1", "2", "3", "5", "10", "20", "50"])
    right.minorticks_off()
    right.legend(loc="upper right", fontsize=13)

    def update(lines, total, T, numbers, scheme, here):
        for name, group in groups.items():
            group.set_segments(lines[name])
        for text, label in zip(ends, ("0", f"{T}")):
            text.set_text(label)
        for name, curve in curves.items():
            curve.set_data(*numbers[name])
            curve.set_alpha(1.0 if name == scheme else 0.4)
        dot.set_data([here[0]], [here[1]])
        return [*groups.values(), *ends, *curves.values(), dot]

    return update


def noise(ax, counts, errors, fixed):
    """Draw the error of the mean of n draws over n, errors {name: (n,)}; and {name: error} that stay."""
    kinds = ("state", "output", "loss")
    for (name, values), kind in zip(errors.items(), kinds, strict=False):
        ax.loglog(counts, values, label=name, **LINES[kind] | dict(markersize=8))
    for (name, value), kind in zip(fixed.items(), ("gradient", "ink"), strict=False):
        ax.axhline(value, label=name, **LINES[kind] | dict(marker="", linewidth=3))
    ax.axhline(1, color=COLORS["dim"], linewidth=1.2, linestyle="-", zorder=0)
    ax.set(xlabel="draws that are averaged", ylabel="error / gradient")
    ax.figure.legend(loc="outside right upper")
