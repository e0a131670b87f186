"""Truncated backpropagation: how far each backward run goes, what it keeps, and when that misleads."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from ..figures import COLORS, FILLS, HERE, LINES
from .graph import draw_arrow

SIZES = LinearSegmentedColormap.from_list(
    "sand_vermillion_brown", ["#F6E3C5", "#EE9A5B", COLORS["gradient"], "#5A2000"])
_DARK = "#963F00"                              # vermillion type


def backward_runs(ax, T, cuts):
    """Draw T unrolled steps, and under them every backward run: cuts is {label: (runs, note)}.

    runs is a list of (first, last, losses): steps last .. first are visited, the losses of the steps
    in losses go in. A bar closes a run that stops before step 1.

    picture(lambda ax: plots.backward_runs(ax, 6, {"full": ([(1, 6, range(1, 7))], "6 visits")}), alt=...)
    """
    left, right, head = 2.2, 1.3, 1.62
    width, height = ax.figure.get_size_inches()
    step = (width - left - right) / (T + 0.35)
    at = lambda t: left + (t + 0.35) * step
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    top = height - 1.2
    for t in range(T + 1):
        ax.add_patch(Circle((at(t), top), 0.25, facecolor="#DCE9F3", edgecolor=COLORS["state"],
                            linewidth=2, zorder=3))
        ax.text(at(t), top, f"$h_{t}$", fontsize=16, ha="center", va="center", zorder=4)
        if t:
            _arrow(ax, (at(t - 1) + 0.25, top), (at(t) - 0.25, top))
            _arrow(ax, (at(t), top + 0.25), (at(t), top + 0.72))
            ax.text(at(t), top + 0.92, f"$L_{t}$", fontsize=17, ha="center", va="center", color="#00684C")
    ax.text(0, top, "forward", fontsize=16, va="center")
    count = sum(len(runs) for runs, _ in cuts.values())
    lane = (height - head - 0.2 * len(cuts) - 0.05) / count
    y = height - head
    for label, (runs, note) in cuts.items():
        y -= 0.2
        ax.plot([0, width], [y + 0.1] * 2, color=COLORS["dim"], linewidth=1, linestyle="-")
        middle = y - lane * len(runs) / 2
        ax.text(0, middle, label, fontsize=16, va="center", fontweight="bold")
        ax.text(width, middle, note, fontsize=16, va="center", ha="right")
        for first, last, losses in runs:
            y -= lane
            now = y + lane / 2
            for t in range(first, last + 1):
                ax.plot(at(t), now, marker="o", markersize=5, color=COLORS["gradient"], zorder=3)
            for t in losses:
                ax.plot(at(t), now, marker="^", markersize=11, color=COLORS["loss"],
                        markeredgecolor=COLORS["ink"], zorder=4)
            end = at(first) - (0.5 * step if first > 1 else step)
            _arrow(ax, (at(last), now), (end, now), backward=True, head=first == 1)
            if first > 1:
                ax.plot([end] * 2, [now - 0.36 * lane, now + 0.36 * lane], color=COLORS["ink"],
                        linestyle="-", linewidth=4, zorder=4)


def joints(ax, rows, T=6, after=3):
    """Draw T steps with a joint after one of them, once for each row; what crosses it, both ways.

    rows is {label: (forward, backward, note)}: does the state cross the joint, does the gradient?
    """
    width, height = ax.figure.get_size_inches()
    left, right = 2.0, 2.6
    step, tall = (width - left - right) / T, height / len(rows)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    joint = left + after * step
    ax.plot([joint] * 2, [0, height], color=COLORS["dim"], linewidth=1.5, linestyle=":")
    for n, (label, (forward, backward, note)) in enumerate(rows.items()):
        y = height - (n + 0.5) * tall
        ax.text(0, y, label, fontsize=16, va="center", family="DejaVu Sans Mono")
        ax.text(width, y, note, fontsize=15.5, va="center", ha="right", linespacing=1.4)
        for t in range(1, T + 1):
            x = left + (t - 0.5) * step
            ax.add_patch(Circle((x, y), 0.24, facecolor="#DCE9F3", edgecolor=COLORS["state"],
                                linewidth=2, zorder=3))
            ax.text(x, y, f"$h_{t}$", fontsize=15, ha="center", va="center", zorder=4)
            if t == T:
                continue
            for crosses, back, shift in ((forward, False, 0.1), (backward, True, -0.1)):
                ends = np.array([[x + 0.24, y + shift], [x + step - 0.24, y + shift]])
                if t == after and not crosses:
                    whole = ends[::-1] if back else ends
                    half = whole[0] + 0.42 * (whole[1] - whole[0])
                    _arrow(ax, whole[0], half, back, head=False)
                    ax.plot([half[0]] * 2, [half[1] - 0.11, half[1] + 0.11], linewidth=5, zorder=4,
                            linestyle="-", color=_DARK if back else COLORS["ink"])
                else:
                    _arrow(ax, *(ends[::-1] if back else ends), backward=back)


def _arrow(ax, start, end, backward=False, head=True):
    draw_arrow(ax, start, end, backward, head, dashes=(2.2, 1.6), capstyle="butt", mutation_scale=15,
               zorder=2, linewidth=2.4)


def pair_map(ax, norms):
    """Draw a map of ||dL_s/dh_t|| (T, T), row s, column t, NaN where t > s; return update(kept).

    kept (T, T) of bools stays uncovered, in an outline; at first that is everything.

    picture(lambda ax: plots.pair_map(ax, norms)(s - t < 6), alt=...)
    """
    T, seen = len(norms), ~np.isnan(norms)
    frame = (0.5, T + 0.5, T + 0.5, 0.5)
    image = ax.imshow(norms, cmap=SIZES, norm=LogNorm(np.nanmin(norms), np.nanmax(norms)),
                      extent=frame, aspect="auto", zorder=0)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.05, pad=0.02, format="{x:g}")
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)
    ax.set_title(r"size of $dL_s/dh_t$", fontsize=15)
    ticks = [1, *range(T // 4, T + 1, T // 4)]
    ax.set_xticks(ticks)
    ax.set_yticks(ticks)
    ax.set(xlabel="time t of the state", ylabel="time s of the loss")
    ax.text(0.97 * T, 0.1 * T, "no loss sends\nto the future", ha="right", va="top", fontsize=14)
    veil = ax.add_patch(PathPatch(Path(np.zeros((1, 2))), facecolor=(1, 1, 1, 0.78), linewidth=0, zorder=1))
    dropped = ax.text(0.04 * T + 0.5, 0.93 * T, "dropped", va="bottom", fontsize=16, zorder=3)
    edge = ax.add_collection(LineCollection([], colors=COLORS["ink"], linewidths=3, zorder=2))
    ax.set(xlim=frame[:2], ylim=frame[2:])

    def update(kept):
        veil.set_path(_squares(seen & ~kept))
        edge.set_segments(_outline(seen & kept))
        dropped.set_visible(not kept[-T // 4:, :T // 3].any())
        return [veil, edge, dropped]

    update(seen)
    return update


def kept_pairs(left, right, norms, curves):
    """Draw pair_map, and beside it what a cut leaves of the gradient; return update(kept, cut, K).

    curves is {cut: (cosine, ratio)}, (T,) each, for K = 1 .. T, of one cut or two. The curves of cut are
    drawn, marked at K.
    """
    T, map_update = len(norms), pair_map(left, norms)
    Ks = np.arange(1, T + 1)
    look = dict(markersize=6)
    cosine, = right.plot(Ks, Ks * np.nan, label="cosine", **LINES["state"] | look)
    ratio, = right.plot(Ks, Ks * np.nan, label="length", **LINES["gradient"] | look)
    other, = right.plot(Ks, Ks * np.nan, label="cosine, other cut", color=COLORS["dim"], linewidth=1.8,
                        linestyle=LINES["dim"]["linestyle"])
    right.axhline(1, color=COLORS["ink"], linewidth=1.2, linestyle="-")
    guide = right.axvline(1, color=COLORS["ink"], linewidth=1.5, linestyle="-", zorder=1)
    dots, = right.plot([], [], **HERE)
    right.set(xlabel="K, steps kept", ylabel="against the full gradient", xlim=(0, T + 1),
              xticks=left.get_xticks())
    floor = min(np.min(pair) for pair in curves.values())
    right.set_ylim(max(0, np.floor(10 * floor - 0.5) / 10), 1.1)
    right.figure.legend(loc="outside upper right", ncols=3,
                        handles=[cosine, ratio, other][:len(curves) + 1])

    def update(kept, cut, K):
        cosine.set_ydata(curves[cut][0])
        ratio.set_ydata(curves[cut][1])
        other.set_ydata(next((c for name, (c, _) in curves.items() if name != cut), Ks * np.nan))
        guide.set_xdata([K, K])
        dots.set_data([K, K], [curve[K - 1] for curve in curves[cut]])
        return [*map_update(kept), guide, other, ratio, cosine, dots]

    return update


def _squares(mask):
    """Return one path round every run of True in a row of mask; row 0, column 0 is the cell (1, 1)."""
    corners, codes = [], []
    for row, line in enumerate(mask):
        ends = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0])) + 0.5
        for a, b in ends.reshape(-1, 2):
            corners += [(a, row + 0.5), (b, row + 0.5), (b, row + 1.5), (a, row + 1.5), (a, row + 0.5)]
            codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(corners, codes) if corners else Path(np.zeros((1, 2)))


def _outline(mask):
    """Return the segments between True and False, straight runs joined."""
    wide = np.pad(mask, 1).astype(int)
    segments = []
    for grid, flip in ((wide, False), (wide.T, True)):
        for row, line in enumerate(np.diff(grid, axis=0)[:, 1:-1] != 0):
            ends = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0])) + 0.5
            for a, b in ends.reshape(-1, 2):
                ends_of = [(a, row + 0.5), (b, row + 0.5)]
                segments.append([point[::-1] for point in ends_of] if flip else ends_of)
    return segments


def influence(left, right, parts, at_end, at_every_step, truth=-6.0):
    """Draw the parts of dh^1/dθ by lag (n,), and their sums over K = 1 .. n lags; return update(K).

    at_end (n,) is the sum of the first K parts, at_every_step (n,) the mean of the first K sums.
    """
    n, Ks = len(parts), np.arange(1, len(parts) + 1)
    shown = min(n, 80)
    edges = np.repeat(np.arange(shown + 1), 2)[1:-1]
    steps, = left.plot(edges, np.repeat(parts[:shown], 2), color=COLORS["ink"], linewidth=2, linestyle="-")
    left.axhline(0, color=COLORS["ink"], linewidth=1.2)
    kept, = left.fill([0, 0, 0], [0, 0, 0], facecolor="#F0B98F", linewidth=0, zorder=0)
    end = left.axvline(1, color=COLORS["ink"], linewidth=3)
    left.set(xlabel="lag k: steps from the loss", ylabel="its part of $dh^1/d\\theta$", xlim=(0, shown))
    left.set_title("what each lag says", fontsize=16)
    right.axhspan(0, 1.25 * at_end.max(), facecolor=FILLS["highlight"], alpha=0.35, linewidth=0, zorder=0)
    right.text(0.98 * n, 1.12 * at_end.max(), "wrong sign", ha="right", va="center", fontsize=15)
    right.axhline(truth, color=COLORS["ink"], linewidth=2, linestyle=":")
    right.text(0.02 * n, truth - 0.9, f"all lags: {truth:g}".replace("-", "−"), va="top", fontsize=15)
    looks = {"loss at the end": (at_end, "gradient"), "loss at every step": (at_every_step, "state")}
    curves = [right.plot(Ks, sums, label=name, **LINES[kind] | dict(marker=""))[0]
              for name, (sums, kind) in looks.items()]
    for curve, shift in zip(curves, (-4, 4)):
        turn = int(np.flatnonzero(curve.get_ydata() < 0)[0]) + 1
        right.plot([turn] * 2, [0, -2], color=curve.get_color(), linewidth=2, linestyle="-")
        right.text(turn + shift, -3.7, f"K = {turn}", fontsize=15, ha="right" if shift < 0 else "left",
                   va="center")
    dots, = right.plot([], [], clip_on=False, **HERE | dict(markersize=13))
    right.set(xlabel="K, steps seen", ylabel="$dh^1/d\\theta$, as far as seen", xlim=(-0.06 * n, n),
              ylim=(truth - 3.5, 1.25 * at_end.max()))
    right.set_title("what they add up to", fontsize=16)
    right.figure.legend(loc="outside upper center", ncols=2, handles=curves)

    def update(K):
        last = min(K, shown)
        kept.set_xy(np.array([[0, 0], *zip(edges[:2 * last], np.repeat(parts[:last], 2)), [last, 0]]))
        end.set_xdata([last, last])
        dots.set_data([K, K], [at_end[K - 1], at_every_step[K - 1]])
        return [kept, steps, end, dots]

    update(1)
    return update


def descents(ax, paths, wanted):
    """Draw θ after so many steps, {name: (steps (n,), thetas (n,))}, and where it should go."""
    kinds, leaves = ("gradient", "output", "ink", "state", "loss"), 1.15
    for n, ((name, (steps, thetas)), kind) in enumerate(zip(paths.items(), kinds, strict=False)):
        ax.plot(steps, thetas, **LINES[kind] | dict(marker="", linewidth=3.2), clip_on=True)
        x, y = steps[-1], thetas[-1]
        if y > leaves:                                 # the name stands where the path leaves at the top
            x, y = np.interp(leaves, thetas, steps), leaves
        side = dict(xytext=(-8, 0), ha="right") if n == 0 and y == leaves else dict(xytext=(12, 0), ha="left")
        ax.annotate(name, (x, y), textcoords="offset points", va="center", fontsize=16,
                    fontweight="bold", color=COLORS[kind], **side)
    longest = max(steps[-1] for steps, _ in paths.values())
    ax.axhline(wanted, color=COLORS["ink"], linewidth=2, linestyle=":")
    ax.text(0, wanted - 0.03, "where it should go: −1/6", va="top", fontsize=15)
    ax.set(xlabel="steps of the sequence", ylabel=r"parameter $\theta$", ylim=(-0.35, 1.25),
           xlim=(-0.1 * longest, longest))


def running_means(ax, counts, means, errors, truth, fixed):
    """Draw the mean of the first n draws over n, four standard errors either way, and a fixed cut.

    counts, means, errors are (n,); fixed is (what it is, its value).
    """
    ax.fill_between(counts, truth - 4 * errors, truth + 4 * errors, color=COLORS["dim"], alpha=0.25,
                    linewidth=0, label="truth ± 4 standard errors")
    ax.semilogx(counts, means, label="random lengths: mean so far", **LINES["state"] | dict(marker=""))
    ax.axhline(fixed[1], label=fixed[0], **LINES["gradient"] | dict(marker=""))
    ax.axhline(truth, color=COLORS["ink"], linewidth=2, linestyle=":")
    ax.text(counts[-1], truth - 1.8, f"truth: {truth:g}".replace("-", "−"), ha="right", va="top",
            fontsize=15)
    ax.set(xlabel="number of draws", ylabel=r"estimate of $dh^1/d\theta$", xlim=(counts[0], counts[-1]),
           ylim=(-26, 22))
    ax.figure.legend(loc="outside upper center", ncols=2)
