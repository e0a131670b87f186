"""Losses while they fall, and what a net makes of a text."""

import numpy as np
from matplotlib.patches import Rectangle

from ..figures import COLORS, FILLS, LINES, minus
from .curves import reading


def training_loss(ax, updates, every, guess, goal, smoothed=None):
    """Set the scene for a loss that falls from guess towards goal; return update(losses, means).

    losses (n,) of the updates so far, means (m,) over each pass of `every` of them; smoothed (updates,)
    is one curve more, which stays.

    picture(lambda ax: plots.training_loss(ax, n, every, guess, goal)(losses, means), alt=...)
    """
    for level, name in {guess: "a blind guess", goal: "the goal"}.items():
        ax.axhline(level, color=COLORS["ink"], linewidth=1.5, linestyle=":", zorder=0)
        right = level == guess                      # where no curve is: it comes down from the left
        ax.text(updates * (1 if right else 0.015), level * 1.06, f"{name}: {level:.4g}",
                ha="right" if right else "left", va="bottom", fontsize=15)
    windows, = ax.semilogy([], [], color=COLORS["dim"], linewidth=1.4, label="each window")
    passes, = ax.semilogy([], [], label="mean of a pass", **LINES["loss"] | dict(linewidth=3, markersize=6))
    if smoothed is not None:
        look = LINES["output"] | dict(marker="", linewidth=3.5)
        ax.semilogy(np.arange(1, updates + 1), smoothed, label="smoothed", **look)
    low = goal / (6 if smoothed is None else 14)        # room for the legend
    ax.set(xlabel="update", ylabel="loss per character, nats", ylim=(low, guess * 1.7))
    ax.set_xlim(0, max(updates, 1))
    ax.set_yticks([0.01, 0.1, 1] if goal < 0.06 else [0.1, 1])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.legend(loc="lower left", handlelength=3)

    def update(losses, means):
        windows.set_data(np.arange(1, len(losses) + 1), losses)
        passes.set_data(every * np.arange(1, len(means) + 1), means)
        return [windows, passes]

    return update


def recorded_losses(ax, updates, losses, guess, goal):
    """Draw losses (n,) after so many updates (n,), from guess to below goal; return update(k).

    update marks the k-th of them.
    """
    for level, name, x in ((guess, "a blind guess", 0.88), (goal, "the goal", 0.1)):
        ax.axhline(level, color=COLORS["ink"], linewidth=1.5, linestyle=":", zorder=0)
        ax.text(x, level * 1.06, f"{name}: {level:.4g}", ha="center", va="bottom", fontsize=15,
                transform=ax.get_yaxis_transform())
    ax.semilogy(updates, losses, clip_on=False, **LINES["loss"] | dict(linewidth=3, markersize=8))
    read = reading(ax)
    ax.set(xlabel="update", ylabel="loss of a pass, nats", xlim=(0, updates[-1]),
           ylim=(goal / 2, guess * 1.7))
    ax.set_yticks([0.1, 1], ["0.1", "1"])
    ax.minorticks_off()
    return lambda k: read(updates[k], [losses[k]])


def text_streams(ax, texts, length):
    """Draw texts, one a row, cut into windows of so many characters; arrows carry the state on.

    picture(lambda ax: plots.text_streams(ax, texts, 25), alt=..., size=(10, 3.6))
    """
    shown, wide, gap, tall = 2, 8.4, 0.55, 0.62
    for row, text in enumerate(texts):
        y = -row
        ax.text(-0.25, y, f"stream {row + 1}", ha="right", va="center", fontsize=15)
        for n in range(shown + 1):
            last = n == shown
            x, width = n * (wide + gap), 3.4 if last else wide
            ax.add_patch(Rectangle((x, y - tall / 2), width, tall, linewidth=1.8,
                                   facecolor="white" if last else FILLS["input"], alpha=1 if last else 0.35,
                                   edgecolor="none"))
            ax.add_patch(Rectangle((x, y - tall / 2), width, tall, fill=False, linewidth=1.8,
                                   edgecolor=COLORS["dim"] if last else COLORS["ink"],
                                   linestyle=":" if last else "-"))
            piece = "and so on" if last else text[n * length:(n + 1) * length].replace("\n", " ")
            ax.text(x + width / 2, y, piece, ha="center", va="center", fontsize=12.5,
                    family="DejaVu Sans" if last else "DejaVu Sans Mono")
            ax.annotate("", (x, y), (x - gap - 0.02, y), arrowprops=dict(
                arrowstyle="-|>", color=COLORS["state"], linewidth=2.5, shrinkA=0, shrinkB=0,
                mutation_scale=15)) if n else None
    for n in range(shown):
        ax.text(n * (wide + gap) + wide / 2, 0.55, f"window {n + 1}", ha="center", va="bottom", fontsize=15)
    end = shown * (wide + gap) + 3.4
    ax.set(xlim=(-2.7, end + 0.1), ylim=(0.5 - len(texts), 1.05))
    ax.axis("off")


def finding_the_place(ax, right):
    """Draw the share of right predictions (n,) after 1 .. n characters read from a zero state."""
    read = np.arange(1, len(right) + 1)
    ax.plot(read, right, **LINES["state"] | dict(linewidth=3, markersize=7))
    ax.set(xlabel="characters read since the zero state", ylabel="next character right",
           xlim=(0, len(right) + 1), ylim=(0, 1.05))
    ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.grid(axis="y", color=COLORS["dim"], linewidth=0.8, linestyle=":")


def over_text(ax, text, limit=1.0, columns=55):
    """Write a text, and under each character a bar; return update(values), values (n,) in ±limit.

    live_figure(lambda ax: plots.over_text(ax, text), ..., size=(10, 4.4))
    """
    rows = _rows(text, columns)
    place = [(row, column) for row, (_, line) in enumerate(rows) for column in range(len(line))]
    index = np.concatenate([start + np.arange(len(line)) for start, line in rows])
    xs, base = (np.array(axis, float) for axis in zip(*((c, -2.0 * r) for r, c in place), strict=True))
    for row, (_, line) in enumerate(rows):
        ax.axhline(-2.0 * row, color=COLORS["dim"], linewidth=0.8, zorder=0)
        for column, letter in enumerate(line):
            ax.text(column, 0.98 - 2.0 * row, letter.replace("\n", "¶"), fontsize=13, ha="center",
                    va="center", family="DejaVu Sans Mono")
    for value in (-limit, limit):
        ax.text(-1, 0.55 * np.sign(value), minus(f"{value:+g}"), fontsize=11, ha="right", va="center")
    bars = ax.vlines(xs, base, base, linewidth=7)
    ax.set(xlim=(-2.4, columns), ylim=(1.25 - 2.0 * len(rows), 1.4))
    ax.axis("off")

    def update(values):
        heights = 0.55 * np.asarray(values, dtype=float)[index] / limit
        bars.set_segments([((x, y - 0.02), (x, y + h)) for x, y, h in zip(xs, base, heights)])
        bars.set_color([COLORS["state"] if h > 0 else FILLS["input"] for h in heights])    # as gates are
        return [bars]

    return update


def letter_boxes(text, columns=55):
    """Return where over_text writes each character: [(left, right, bottom, top)], its bar included."""
    return [(column - 0.5, column + 0.5, -0.6 - 2.0 * row, 1.4 - 2.0 * row)
            for row, (_, line) in enumerate(_rows(text, columns)) for column in range(len(line))]


def _rows(text, columns):
    """Break a text into lines of at most so many characters, between words: [(where it starts, line)]."""
    rows, start = [], 0
    while start < len(text):
        end = min(start + columns, len(text))
        if end < len(text) and " " in text[start:end]:
            end = start + text[start:end].rindex(" ") + 1
        rows.append((start, text[start:end]))
        start = end
    return rows
