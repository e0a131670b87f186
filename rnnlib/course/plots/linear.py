"""Figures of linear recurrences: one eigenvalue and what it remembers, rings of them, and the scan."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Annulus, Circle

from ..figures import COLORS, FILLS, HERE, LINES
from .curves import within

LATER = "#CFCFCF"
KINDS = "state", "gradient", "loss", "output"


def scan_rounds(left, right, T):
    """Draw a scan over T steps, a power of two, and beside it its mirror image; return update(round).

    live_figure(lambda *axes: plots.scan_rounds(*axes, 16), {"round": ...}, ..., panels=(1, 2))

    What comes after the round is drawn in grey.
    """
    pairs, sides = scan_pairs(T), []
    known = scan_known(pairs)
    for ax, role, name, turn in ((left, "state", "forward: $h_t$", lambda t: t),
                                 (right, "gradient", r"backward: $\delta_t$", lambda t: T + 1 - t)):
        joints, wires, places, rounds = [], [], [(turn(t), 0) for t in range(1, T + 1)], [0] * T
        last, full = dict.fromkeys(range(1, T + 1), 0), [True] + [False] * (T - 1)
        for n, one in enumerate(pairs, 1):                          # last: the round of each step's last mark
            joints += [[(turn(early), last[early]), (turn(late), n)] for early, late in one]
            wires += [[(turn(late), last[late]), (turn(late), n)] for _, late in one]
            places += [(turn(late), n) for _, late in one]
            last |= {late: n for _, late in one}
            full += [late in known[n] for _, late in one]
            rounds += [n] * len(one)
        ax.set(title=name, xlabel="step $t$", xticks=[1, T // 2, T], xlim=(0.3, T + 0.7),
               ylim=(len(pairs) + 0.5, -0.5), yticks=range(len(pairs) + 1))
        lines = [ax.add_collection(LineCollection(many, linewidths=wide, zorder=1))
                 for many, wide in ((joints, 1.8), (wires, 0.8))]
        marks = ax.scatter(*zip(*places), s=81, marker=LINES[role]["marker"], linewidths=2, zorder=2)
        sides.append((COLORS[role], np.array(rounds), np.array(full), lines, marks))
    left.set_ylabel("round")
    right.tick_params(labelleft=False)

    def update(round):
        for color, rounds, full, lines, marks in sides:
            now = np.where(rounds <= round, color, LATER)
            for many in lines:
                many.set_color(now[T:])
            marks.set(edgecolor=now, facecolor=np.where(full, now, "white"))
        return [artist for *_, lines, marks in sides for artist in (*lines, marks)]

    update(len(pairs))
    return update


def scan_pairs(T):
    """Return, round by round, the pairs of steps (early, late) that a scan over T steps joins."""
    strides = [2**k for k in range(int(np.log2(T)))]
    up = [[(t - s, t) for t in range(2 * s, T + 1, 2 * s)] for s in strides]
    down = [[(t - s, t) for t in range(3 * s, T + 1, 2 * s)] for s in reversed(strides[:-1])]
    return up + down


def scan_known(pairs):
    """Return the steps whose state is known before round 1 and after each, of the pairs of every round."""
    known = [{1}]
    for one in pairs:
        known.append(known[-1] | {late for early, late in one if early in known[-1]})
    return known


def eigenvalue(figure, lags):
    """Set the scene for an eigenvalue and its powers over `lags` steps; return update(powers (lags+1,), k).

    Left the plane, with λ and the spiral of its powers; right their real part, and their size on a log axis.

    live_figure(lambda figure: plots.eigenvalue(figure, 100), ..., panels=None)
    """
    grid = figure.add_gridspec(2, 2, width_ratios=[1, 1.55])
    plane, wave, back = (figure.add_subplot(grid[at]) for at in (np.s_[:, 0], np.s_[0, 1], np.s_[1, 1]))
    plane.add_patch(Circle((0, 0), 1, fill=False, edgecolor=COLORS["ink"], linewidth=2))
    for line in (plane.axhline, plane.axvline):
        line(0, color=COLORS["dim"], linewidth=0.8, zorder=0)
    spiral, = plane.plot([], [], color=COLORS["state"], linewidth=1.5, marker=".", markersize=5)
    dot, = plane.plot([], [], clip_on=False, **HERE)
    plane.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1],
              xlabel="real part", ylabel="imaginary part", title="λ, and its powers")
    k = np.arange(lags + 1)
    answer, = wave.plot(k, 0.0 * k, color=COLORS["state"], linewidth=2, marker="o", markersize=3.5)
    rims = [wave.plot(k, 0.0 * k, color=COLORS["dim"], linewidth=1.2, linestyle=":")[0] for _ in range(2)]
    wave.set(xlim=(0, lags), ylim=(-1.35, 1.35), yticks=[-1, 0, 1], ylabel="$h_{1+k}$")
    wave.tick_params(labelbottom=False)
    wave.set_title("what is left of an input 1, $k$ steps on")
    size, = back.plot(k, 1.0 + 0 * k, color=COLORS["gradient"], linewidth=3, linestyle="--")
    back.axhline(1, color=COLORS["ink"], linewidth=1.2)
    back.set(xlim=(0, lags), ylim=(1e-8, 1e4), yscale="log", xlabel="lag $k$", ylabel="gradient")
    back.set_yticks([1e-8, 1e-4, 1, 1e4])
    back.minorticks_off()
    marks = [ax.axvline(0, color=COLORS["ink"], linewidth=1.5, linestyle=(0, (4, 3))) for ax in (wave, back)]
    points = [ax.plot([], [], clip_on=False, **HERE | dict(markersize=10, markeredgewidth=2))[0]
              for ax in (wave, back)]

    def update(powers, k):
        reach, sizes = np.abs(powers) < 1.6, np.abs(powers)
        spiral.set_data(powers.real[reach], powers.imag[reach])
        dot.set_data([powers[1].real], [powers[1].imag])
        answer.set_ydata(powers.real)
        for rim, sign in zip(rims, (1, -1)):
            rim.set_ydata(sign * sizes)
        size.set_ydata(np.maximum(sizes, 1e-300))
        for mark in marks:
            mark.set_xdata([k, k])
        for point, value in zip(points, (powers[k].real, sizes[k])):
            point.set_data([k], within(point.axes, [value]))
        return [spiral, dot, answer, *rims, size, *marks, *points]

    return update


def rings(left, right, drawn, sizes):
    """Draw eigenvalues {name: (N,) complex} with the ring each is from, and root mean squares by lag.

    drawn {name: (eigenvalues, (low, high))}; sizes {name: (lags+1,)}, a dotted one without eigenvalues.

    picture(lambda *axes: plots.rings(*axes, drawn, sizes), alt=..., panels=(1, 2))
    """
    left.add_patch(Circle((0, 0), 1, fill=False, edgecolor=COLORS["ink"], linewidth=2))
    for (name, (values, (low, high))), kind in zip(drawn.items(), KINDS):
        ring = Annulus((0, 0), high, high - low, alpha=0.15, color=COLORS[kind]) if low else Circle(
            (0, 0), high, alpha=0.15, color=COLORS[kind])
        left.add_patch(ring)
        left.plot(values.real, values.imag, linestyle="none", marker=LINES[kind]["marker"], markersize=5,
                  color=COLORS[kind], label=name)
    left.set(xlim=(-1.1, 1.1), ylim=(-0.1, 1.1), aspect="equal", xticks=[-1, 0, 1], yticks=[0, 1],
             xlabel="real part of λ")
    for (name, size), kind in zip(sizes.items(), KINDS):
        right.semilogy(size, label=name, color=COLORS[kind], linestyle=LINES[kind]["linestyle"], linewidth=3)
    right.set(xlabel="lag $k$", ylabel="gradient, r.m.s.", xlim=(0, len(size) - 1), ylim=(1e-8, 2))
    right.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
    right.minorticks_off()
    right.legend(loc="center right", title="|λ| from")


def scan_ratio(ax, T, curves):
    """Draw how many times as long a loop takes as a scan: curves {name: (n,)} over lengths T (n,), measured.

    picture(lambda ax: plots.scan_ratio(ax, T, curves), alt=...)
    """
    ax.axhline(1, color=COLORS["ink"], linewidth=1.5)
    ax.axhspan(1, 10, color=FILLS["highlight"], alpha=0.3, zorder=0)
    ax.text(T[0], 8.5, "the scan is quicker", va="top", fontsize=14)
    for (name, curve), kind in zip(curves.items(), KINDS):
        ax.plot(T, curve, label=name, **LINES[kind])
    ax.set(xscale="log", yscale="log", xlabel="steps $T$", ylabel="loop / scan", ylim=(0.25, 10))
    ax.set_xticks(T, [str(t) for t in T])
    ax.set_yticks([0.5, 1, 2, 5], ["½", "1", "2", "5"])
    ax.minorticks_off()
    ax.figure.legend(loc="outside right", title="numbers a step")

