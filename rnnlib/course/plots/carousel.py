"""Why an LSTM remembers: a memory that fills up, one that is held, and the gradients of three cells."""

import numpy as np
from matplotlib.patches import Rectangle

from ..figures import COLORS, FILLS, LINES
from .curves import reading

CELLS = {"RNN": "gradient", "GRU": "output", "LSTM": "state"}
PLATE = dict(facecolor="white", edgecolor="none", pad=2)
MARK = dict(color=COLORS["ink"], linewidth=2, linestyle=(0, (4, 3)))


def filling(left, right, memories, slopes):
    """Draw cell states {name: (T+1,)} that are written to at every step, and their tanh'(s) (T+1,).

    picture(lambda *axes: plots.filling(*axes, memories, slopes), alt=..., panels=(1, 2))
    """
    for (name, memory), slope, role in zip(memories.items(), slopes, ("gradient", "state"), strict=True):
        look = LINES[role] | dict(markevery=(20, 40), markersize=9, linewidth=3)
        left.plot(memory, label=name, **look)
        seen = np.where(slope > 0, slope, np.nan)              # 0 is nowhere on a log axis
        right.semilogy(seen, clip_on=False, **look)
        last = int(np.flatnonzero(slope > 0)[-1])
        if last < len(slope) - 1:
            right.plot(last, slope[last], marker="X", markersize=15, color=COLORS["ink"], clip_on=False,
                       linestyle="none")
            right.annotate(f"exactly 0\nfrom step {last + 1}", (last, slope[last]), (-44, 0), ha="right",
                           va="center", textcoords="offset points", fontsize=15, fontweight="bold")
    left.set(xlabel="time step $t$", ylabel="memory $c_t$", xlim=(0, len(slope) - 1), ylim=(0, None))
    left.locator_params(axis="y", nbins=5)
    right.set(xlabel="time step $t$", ylabel=r"slope $1-\tanh^2 c_t$", xlim=(0, len(slope) - 1),
              ylim=(1e-17, 3))
    right.set_yticks(10.0 ** np.arange(-16, 1, 4))
    right.minorticks_off()
    left.legend(loc="upper left")


def hold(left, right, steps, value, near):
    """Draw a memory over time, and the gradient that comes back to it; return update.

    value is what should be held, near how far off it may be; update(cs, hs, share, back, half_life):
    cs, hs, share (T+1,), T at most steps; back (T,).

    picture(lambda *axes: plots.hold(*axes, 200, 0.8, 0.08)(*held), alt=..., panels=(1, 2))
    """
    left.add_patch(Rectangle((0, value - near), steps, 2 * near, facecolor=FILLS["highlight"], zorder=0))
    held = left.text(0.985 * steps, value + near + 0.3, f"within {near / value:.0%}", fontsize=15, ha="right",
                     va="bottom", fontweight="bold", bbox=PLATE, zorder=5)
    left.axhline(0, color=COLORS["dim"], linewidth=1)
    own, = left.plot([], [], color=COLORS["ink"], linestyle=":", linewidth=3.5, zorder=4)
    shown, = left.plot([], [], **LINES["output"] | dict(markersize=8, markevery=(10, 20), linewidth=2.5))
    memory, = left.plot([], [], **LINES["state"] | dict(markersize=9, markevery=(10, 20), linewidth=3))
    left.set(xlabel="time step $t$", ylabel="forward", xlim=(0, steps), ylim=(-1.5, 1.5),
             yticks=[-1, 0, 1])
    right.axhline(1, color=COLORS["ink"], linewidth=1.2)
    gradient, = right.plot([], [], **LINES["gradient"] | dict(markersize=9, markevery=(10, 20), linewidth=3))
    right.set(xlabel="time step $t$", ylabel=r"backward: $dh_T\,/\,dc_t$", xlim=(0, steps), ylim=(1e-6, 3),
              yscale="log")
    right.set_yticks([1e-6, 1e-4, 1e-2, 1])
    right.minorticks_off()
    marks = [ax.axvline(0, **MARK) for ax in (left, right)]
    ends = [ax.axvline(0, color=COLORS["ink"], linewidth=1.5) for ax in (left, right)]
    words = [ax.text(0, 0.03, "", transform=ax.get_xaxis_transform(), fontsize=15, va="bottom", bbox=PLATE,
                     zorder=5) for ax in (left, right)]
    left.figure.legend([memory, own, shown, gradient],
                       ["memory $c_t$", "$f^t c_0$ alone", "shown $h_t$", "gradient"],
                       loc="outside upper center", ncols=4, handlelength=2.6, columnspacing=1.4)

    def update(cs, hs, share, back, half_life):
        T, t = len(back), np.arange(len(cs))
        memory.set_data(t, cs)
        shown.set_data(t, hs)
        own.set_data(t, share)
        gradient.set_data(t[:-1], back)
        for mark, word, end, at in zip(marks, words, ends, (half_life, T - half_life), strict=True):
            on, side = half_life < T, 1 if at < 0.4 * steps else -1
            mark.set(xdata=[at, at], visible=on)
            word.set(x=at + 0.02 * steps * side, ha="left" if side > 0 else "right", visible=on,
                     text=f"half-life {half_life:.3g}")
            end.set(xdata=[T, T], visible=T < steps)
        return [own, shown, memory, gradient, *marks, *ends, *words, held]

    return update


def gradient_decay(ax, norms, low, high):
    """Draw norms {"RNN", "GRU", "LSTM": (T+1,)} over the steps back; return update(k), which marks one."""
    steps = len(norms["LSTM"]) - 1
    lines = _three_cells(ax, steps, low, high)
    for name, line in lines.items():
        line.set_data(np.arange(steps + 1), norms[name])
    ax.figure.legend(lines.values(), lines, ncols=3, loc="outside upper center", handlelength=2.6)
    read = reading(ax, markersize=13)
    return lambda k: read(k, [norm[k] for norm in norms.values()])


def _three_cells(ax, steps, low, high):
    """Set the scene for the curves of three cells over the steps back; return their lines, without data."""
    lines = {name: ax.plot([], [], **LINES[role] | dict(markersize=9, markevery=(5, 10), linewidth=3))[0]
             for name, role in CELLS.items()}
    ax.axhline(1, color=COLORS["ink"], linewidth=1.2)
    ax.set(xlim=(0, steps), ylim=(low, high), yscale="log", xlabel="steps back $k$",
           ylabel=r"size of  $ds_T\,/\,ds_{T-k}$")
    ax.set_yticks(10.0 ** np.arange(0, np.log10(low) - 1e-9, -3)[::-1])
    ax.minorticks_off()
    return lines


def gradient_flow(ax, steps, low=1e-15, high=1e3):
    """Draw how strongly the last state depends on the state so many steps back; return update.

    update(norms, through_c, half_life): norms {"RNN", "GRU", "LSTM": (T+1,)} and through_c (T+1,), the
    LSTM's road through c alone, T at most steps.

    live_figure(lambda ax: plots.gradient_flow(ax, 100), ...)
    """
    lines = _three_cells(ax, steps, low, high)
    alone, = ax.plot([], [], color=COLORS["ink"], linestyle=":", linewidth=3.5, zorder=4)
    mark, end = ax.axvline(0, **MARK), ax.axvline(0, color=COLORS["ink"], linewidth=1.5)
    word = ax.text(0, 0.03, "", transform=ax.get_xaxis_transform(), fontsize=15, va="bottom", bbox=PLATE,
                   zorder=5)
    ax.figure.legend([*lines.values(), alone], [*lines, "LSTM, through $c$ alone"], ncols=4,
                     loc="outside upper center", handlelength=2.6, columnspacing=1.4)

    def update(norms, through_c, half_life):
        for name, line in lines.items():
            line.set_data(np.arange(len(norms[name])), norms[name])
        T = len(norms["LSTM"]) - 1
        alone.set_data(np.arange(T + 1), through_c)
        on = half_life < T
        mark.set(xdata=[half_life] * 2, visible=on)
        word.set(visible=on)
        if on:
            side = 1 if half_life < 0.6 * steps else -1
            word.set(x=half_life + 0.01 * steps * side, ha="left" if side > 0 else "right",
                     text=f"half-life of the forget gate: {half_life:.3g}")
        end.set(xdata=[T, T], visible=T < steps)
        return [*lines.values(), alone, mark, end, word]

    return update
