"""Figures of long memory: a sum of two marked numbers, who learns it, and how far its gradient reaches."""

import numpy as np
from matplotlib.patches import Rectangle

from ..figures import COLORS, FILLS, HERE, LINES

KINDS = "state", "gradient", "loss", "output"


def marked_sum(figure, T, names=()):
    """Set the scene for T numbers, two of them marked; return update(values, marks, best, answers).

    values (T,); marks are two steps, counted from 1; best (T,) is the best guess after each step, and
    answers {name: (T,)} what the networks called names say.

    picture(lambda figure: plots.marked_sum(figure, 50)(values, marks, best, {}), alt=..., panels=None)
    """
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.2, 1])
    steps = np.arange(1, T + 1)
    numbers = bottom.vlines(steps, 0, 0, color=COLORS["dim"], linewidth=6, alpha=0.6)
    rims = bottom.vlines([1, 2], 0, 0, color=COLORS["ink"], linewidth=13)
    marked = bottom.vlines([1, 2], 0, 0, color=FILLS["highlight"], linewidth=9)
    drops = [ax.axvline(1, color=COLORS["ink"], linewidth=1.5, linestyle=":", zorder=0)
             for ax in (top, bottom) for _ in range(2)]
    labels = [top.text(0, 0, "", fontsize=16, va="bottom") for _ in range(2)]
    curves = [top.plot(steps, 0.0 * steps, label=name, **LINES[kind] | dict(
        markersize=8, markevery=(4 + 3 * n, 10), linewidth=3))[0]
        for n, (name, kind) in enumerate(zip(names, KINDS, strict=False))]
    guess, = top.plot(steps, 0.0 * steps, color=COLORS["ink"], linewidth=3, drawstyle="steps-mid",
                      linestyle=":" if names else "-", label="best guess so far")
    levels = [top.text(0, 0, "", ha="center", va="bottom", fontsize=18) for _ in range(3)]
    top.set(ylabel="answer", xlim=(0, T + 1), ylim=(0, 2.55), yticks=[0, 1, 2])
    bottom.set(xlabel="step t", ylabel="number", ylim=(0, 1.05), yticks=[0, 1])
    if names:
        figure.legend(loc="outside upper center", ncols=len(names) + 1, handles=[*curves, guess],
                      handlelength=3)

    def update(values, marks, best, answers):
        at = np.asarray(marks) - 1
        numbers.set_segments([[(t, 0), (t, v)] for t, v in zip(steps, values)])
        for lines, extra in ((rims, 0.04), (marked, 0.0)):
            lines.set_segments([[(t + 1, 0), (t + 1, values[t] + extra)] for t in at])
        for drop, t in zip(drops, (*marks, *marks)):
            drop.set_xdata([t, t])
        for n, (label, t) in enumerate(zip(labels, at)):
            right = t < T - 9 and (n > 0 or marks[1] - marks[0] > 8)     # where there is room
            low = best[t if right else t - 1] < 0.8         # then the line would run through the words
            label.set(x=t + 1 + (0.4 if right else -0.9), ha="left" if right else "right",
                      y=1.5 if low else 0.08, text=f"$a_{n + 1}$ = {values[t]:.2f}")
        for name, curve in zip(names, curves, strict=True):
            curve.set_ydata(answers[name])
        guess.set_ydata(best)
        ends = [1, *marks, T + 1]
        for level, begin, end, text in zip(levels, ends, ends[1:], ("1", "$a_1$ + ½", "$a_1 + a_2$")):
            level.set(x=(begin + end) / 2, y=best[min(begin, T) - 1] + 0.07, text=text,
                      visible=not names and end - begin > 8)
        return [numbers, rims, marked, *drops, *labels, *curves, guess, *levels]

    return update


def race(ax, names, most, levels):
    """Set the scene for errors that fall, of several networks; return update(curves, arrived).

    levels {name: height} are drawn across. curves are {name: (updates (n,), errors (n,))}; the names in
    arrived get a star where they end.
    """
    for name, height in levels.items():
        ax.axhline(height, color=COLORS["ink"], linewidth=1.5, linestyle=":", zorder=0)
        ax.text(1.01, height, name, va="center", fontsize=15, transform=ax.get_yaxis_transform())
    lines = {name: ax.plot([], [], label=name, **LINES[kind] | dict(
        linewidth=3.2, markersize=9, markevery=(0.05, 0.1)))[0]
        for name, kind in zip(names, KINDS, strict=False)}
    ends, = ax.plot([], [], clip_on=False, **HERE | dict(marker="*", markersize=22, markeredgewidth=1.5))
    ax.set(xlabel="update", ylabel="mean squared error", xlim=(0, 1.015 * most), ylim=(0, 0.235))
    ax.set_yticks([0, 0.05, 0.1, 0.15, 0.2])
    ax.figure.legend(loc="outside upper center", ncols=len(names), handles=list(lines.values()),
                     handlelength=3)

    def update(curves, arrived=()):
        for name, points in curves.items():
            lines[name].set_data(*points)
        stars = [(curves[name][0][-1], curves[name][1][-1]) for name in arrived]
        ends.set_data(*(np.transpose(stars) if stars else ([], [])))
        return [*lines.values(), ends]

    return update


def mark_reach(top, bottom, longest, marked):
    """Set the scene for what goes back from the last loss; return update(sent, seen, wait, K).

    sent (T,) is the norm of delta by steps back, seen (T,) that of the gradient of the mark's column,
    added up over so many steps; both second and first mark lie within `marked` steps, after the wait.
    """
    xs, low, high = np.arange(1, longest + 1), 1e-9, 1e4
    kept, bands, names = [], [], []
    for ax in (top, bottom):
        kept.append(ax.add_patch(Rectangle((0.5, low), 0, high, facecolor=FILLS["highlight"], alpha=0.45,
                                           linewidth=0, zorder=0)))
        kept.append(ax.axvline(0.5, color=COLORS["ink"], linewidth=2.5, linestyle="-"))
    look = LINES["gradient"] | dict(markersize=6)
    sent_line, seen_line = (ax.semilogy(xs, np.ones(longest), **look)[0] for ax in (top, bottom))
    for ax, end in ((top, high), (bottom, 9)):
        ax.set(xlim=(0.5, longest + 0.5), ylim=(low, end))
        ax.set_yticks([1e-8, 1e-4, 1])
        ax.minorticks_off()
    dot, = bottom.plot([], [], **HERE | dict(markersize=15))
    for _ in range(2):
        bands.append(top.add_patch(Rectangle((0, 20), marked, high, facecolor=FILLS["input"],
                                             edgecolor=COLORS["ink"], linewidth=1.5)))
        names.append(top.text(0, 350, "", ha="center", va="center", fontsize=15))
    zero = bottom.text(0, 1e-4, "exactly 0", ha="center", va="center", fontsize=17)
    window = bottom.text(0, 2.5e-9, "", va="bottom", fontsize=16, fontweight="bold")
    top.set_ylabel("‖δ‖")
    bottom.set(ylabel="‖dw‖", xlabel="steps back from the loss (its own step is 1)")
    top.tick_params(labelbottom=False)

    def update(sent, seen, wait, K):
        for line, values in ((sent_line, sent), (seen_line, seen)):
            padded = np.full(longest, np.nan)
            padded[:len(values)] = np.where(values > 0, values, np.nan)
            line.set_ydata(padded)
        for part in kept[::2]:
            part.set_width(K)
        for part in kept[1::2]:
            part.set_xdata([K + 0.5] * 2)
        for n, (band, name, text) in enumerate(zip(bands, names, ("second mark", "first mark"))):
            begin = wait + 0.5 + n * marked
            band.set_x(begin)
            name.set(x=begin + marked / 2, text=text)
        inside = K > longest - 8
        window.set(x=K + (0.1 if inside else 0.9), ha="right" if inside else "left", text=f"K = {K}")
        last = min(K, len(seen))
        dot.set_data([last], [seen[last - 1]] if seen[last - 1] > 0 else [np.nan])
        zero.set(x=0.5 + wait / 2, visible=wait >= 5)
        return [*kept, *bands, *names, sent_line, seen_line, dot, zero, window]

    return update
