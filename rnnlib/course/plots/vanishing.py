"""Gradients that vanish or explode: two attractors, a loss with a cliff, a fan of singular values."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from ..figures import COLORS, FILLS, HERE, LINES, minus

HEIGHT = LinearSegmentedColormap.from_list("yellow_green", ["#FFF3B0", COLORS["loss"], "#00392A"], N=15)
BAND = "#F3C3A3"          # pale vermillion: where a gradient grows
ROUNDING = 1e-13        # a singular value so far below the largest is a rounding error


def latch(left, right, h, after, points, slopes, powers):
    """Draw h_t = φ(w h_{t-1}) over h (n,) with its fixed points, and slope^k at two of them.

    after (n,) is φ(w h); points and slopes (3,), in ascending order; powers {name: (n,)}.

    picture(lambda *axes: plots.latch(*axes, h, after, points, slopes, powers), alt=..., panels=(1, 2))
    """
    left.plot(h, h, color=COLORS["dim"], linewidth=2, linestyle=":")
    left.plot(h, after, color=COLORS["state"], linewidth=3)
    for point, slope in zip(points, slopes, strict=True):
        steep = slope > 1
        color = COLORS["gradient"] if steep else COLORS["state"]
        left.plot(point, point, marker="s" if steep else "o", markersize=13, linestyle="none",
                  markerfacecolor="white" if steep else color, markeredgecolor=color, markeredgewidth=3)
        left.annotate(f"slope {slope:.3g}", (point, point), (14, -26), textcoords="offset points",
                      fontsize=14, color=color, fontweight="bold")
    left.set(xlabel="$h_{t-1}$", ylabel="$h_t$", xlim=(-1, 1.35), ylim=(-1.15, 1))
    for (name, power), role in zip(powers.items(), ("gradient", "state"), strict=True):
        right.semilogy(power, label=name, **LINES[role] | dict(markersize=6))
    right.axhline(1, color=COLORS["ink"], linewidth=1.2)
    right.set(xlabel="steps back $k$", ylabel=r"$dh_t\,/\,dh_{t-k}$", ylim=(1e-5, 1e3))
    right.set_yticks(10.0 ** np.arange(-5, 4, 2))
    right.minorticks_off()
    right.legend(loc="lower left")


def loss_cliff(figure, w_h, w_x, folds, steps, places=None):
    """Draw a loss over (w_h, w_x), and beside it the states and the gradient at one point; return update.

    w_h (n,), w_x (m,), folds = (weights, curves): weights (k,) and the two curves (2, k) of w_x; places
    {name: (w_h, w_x)} are written on the map.

    update(point, loss, hs, gradient, band): point (w_h, w_x); loss (m, n); hs, gradient (T+1,), T at
    most steps; band (low, high), between which a step multiplies by more than 1, or None.

    live_figure(lambda figure: plots.loss_cliff(figure, w_h, w_x, folds, 50), ..., panels=None)
    """
    grid = figure.add_gridspec(2, 2, width_ratios=[1.15, 1])
    left, above, below = (figure.add_subplot(grid[place])
                          for place in (np.s_[:, 0], np.s_[0, 1], np.s_[1, 1]))
    image, marks = _surface(left, w_h, w_x, np.zeros((2, 2)), folds)
    cross = dict(color=COLORS["ink"], linewidth=1.2, linestyle=(0, (4, 3)))
    upright, level = left.axvline(w_h[0], **cross), left.axhline(w_x[0], **cross)
    dot, = left.plot([], [], clip_on=False, **HERE | dict(markersize=13))
    for name, place in (places or {}).items():
        marks += left.plot(*place, marker="o", markersize=8, markerfacecolor="white",
                           markeredgecolor=COLORS["ink"])
        plate = dict(boxstyle="circle,pad=0.1", facecolor="white", edgecolor="none")
        marks.append(left.annotate(name, place, (-20, 0), textcoords="offset points", fontsize=15, bbox=plate,
                                   ha="center", va="center", fontweight="bold"))
    shade = above.add_patch(Rectangle((0, 0), steps, 1, facecolor=BAND, zorder=0))
    states, = above.plot([], [], clip_on=False, **LINES["state"] | dict(markersize=8, markevery=(2, 5)))
    word = above.text(0.98 * steps, 0, "factor > 1", va="center", ha="right", fontsize=14, zorder=3,
                      fontweight="bold", color="#963F00")
    above.set(xlim=(0, steps), ylim=(0, 1), ylabel="state $h_t$", yticks=[0, 0.5, 1])
    above.tick_params(labelbottom=False)
    _time(below, steps)
    back, = below.plot([], [], **LINES["gradient"] | dict(markersize=8, markevery=(2, 5)))

    shown = []

    def update(point, loss, hs, gradient, band):
        if shown != [id(loss)]:
            shown[:] = [id(loss)]
            image.set_data(loss)
        upright.set_xdata([point[0]] * 2)
        level.set_ydata([point[1]] * 2)
        dot.set_data([point[0]], [point[1]])
        low, high = band or (0.5, 0.5)
        shade.set(y=low, height=high - low)
        word.set(y=0.75 * low + 0.25 * high, visible=band is not None)
        states.set_data(np.arange(len(hs)), hs)
        back.set_data(np.arange(len(gradient)), gradient)
        return [image, *marks, upright, level, dot, shade, states, word, back]

    return update


def clipped_step(left, right, surface, start, ends, distance, loss):
    """Draw one step of descent from the edge of a cliff, clipped and not, on the map and along the step.

    surface (w_h, w_x, loss, folds), as in loss_cliff; start (w_h, w_x) and its loss at distance[0]; ends
    {name: (place (2,), loss)}, the clipped step first; loss (n,) at distance (n,) from the start in the
    direction of the step.

    picture(lambda *axes: plots.clipped_step(*axes, surface, start, ends, distance, loss), alt=...)
    """
    _surface(left, *surface, bar=False)
    (_, (near, _)), (_, (far, _)) = ends.items()
    left.plot(*zip(start, far), color=COLORS["gradient"], linestyle="--", linewidth=3.5)
    left.add_patch(FancyArrowPatch(start, near, arrowstyle="-|>", mutation_scale=26, linewidth=4, zorder=3,
                                   color=COLORS["state"], shrinkA=0, shrinkB=0))
    left.plot(*start, clip_on=False, **HERE)
    left.text(0.97, 0.58, minus(f"to ({far[0]:.0f}, {far[1]:.0f})"), transform=left.transAxes, ha="right",
              fontsize=15, fontweight="bold", color=COLORS["gradient"])
    right.semilogx(distance, loss, color=COLORS["loss"], linewidth=3.5)
    right.plot(distance[0], loss[0], clip_on=False, **HERE)
    places = (((-8, 16), "right", "state"), ((4, 20), "right", "gradient"))
    for (name, (place, height)), (shift, side, role) in zip(ends.items(), places, strict=True):
        end = np.hypot(*np.subtract(place, start)), height
        right.plot(*end, marker=LINES[role]["marker"], markersize=14, markerfacecolor=COLORS[role],
                   markeredgecolor="white", markeredgewidth=2, clip_on=False, linestyle="none")
        right.annotate(f"{name}\nlength {end[0]:.2g}", end, shift, textcoords="offset points", ha=side,
                       fontsize=15, fontweight="bold", color=COLORS[role])
    right.set(xlabel="distance from the start", ylabel="loss $L$", ylim=(0, 0.45), yticks=[0, 0.2, 0.4],
              xlim=(distance[0], distance[-1]))


def powers(ax, curves, low, high=10):
    """Draw norms of powers {name: (n,)} over the exponent k, on a log axis down to low.

    picture(lambda ax: plots.powers(ax, {"largest eigenvalue": ..., "norm": ...}, 1e-12), alt=...)
    """
    for (name, curve), role in zip(curves.items(), ("state", "gradient"), strict=False):
        ax.semilogy(curve, label=name, **LINES[role] | dict(markevery=(2, 5), linewidth=3))
    ax.axhline(1, color=COLORS["ink"], linewidth=1.2)
    ax.set(xlabel="steps back $k$", xlim=(0, len(curve) - 1), ylim=(low, high),
           ylabel="length")
    ax.set_yticks(10.0 ** np.arange(0, np.log10(low), -6))
    ax.minorticks_off()
    ax.legend(loc="lower left")


def fan(ax, steps, others, low=1e-12, high=1e6, legend=True):
    """Draw the singular values of a growing product over its length; return update(values, bound, promise).

    values (T+1, S), largest first, T at most steps; others = S - 1; bound (T+1,), the norm's, and
    promise (T+1,), the eigenvalues'; None leaves a curve out.

    picture(lambda ax: plots.fan(ax, 50, 15)(values), alt=...)
    """
    thin = ax.add_collection(LineCollection([], colors=COLORS["state"], linewidths=1.2, alpha=0.8))
    ceiling, = ax.plot([], [], color=COLORS["ink"], linestyle=":", linewidth=3)
    said, = ax.plot([], [], color=COLORS["dim"], linestyle=(0, (6, 2, 1, 2)), linewidth=3)
    largest, = ax.plot([], [], **LINES["gradient"] | dict(markevery=(5, 10), markersize=8, linewidth=3.5))
    end = ax.axvline(0, color=COLORS["ink"], linewidth=1.2, linestyle=(0, (4, 3)))
    ax.axhline(1, color=COLORS["ink"], linewidth=1.2)
    ax.set(xlim=(0, steps), ylim=(low, high), yscale="log", xlabel="steps back $k$", ylabel="singular values")
    decades = np.log10([low, high]).round().astype(int)
    ax.set_yticks(10.0 ** np.arange(decades[0], decades[1] + 1, 3))
    ax.minorticks_off()
    if legend:
        dummy, = ax.plot([], [], color=COLORS["state"], linewidth=1.2)
        ax.figure.legend(
            [largest, dummy, ceiling, said],
            ["largest", f"the other {others}", r"bound $(\gamma\,\|W_h\|)^k$", r"$(\gamma\,\rho)^k$"],
            loc="outside upper right", ncols=4, handlelength=2.2, columnspacing=1.2)

    def update(values, bound=None, promise=None):
        k = np.arange(len(values))
        seen = np.where(values > ROUNDING * values[:, :1], values, np.nan)
        thin.set_segments([np.column_stack([k, curve]) for curve in seen[:, 1:].T])
        largest.set_data(k, values[:, 0])
        for line, curve in ((ceiling, bound), (said, promise)):
            line.set_data(([], []) if curve is None else (k, curve))
        end.set(xdata=[k[-1]] * 2, visible=k[-1] < steps)
        return [thin, ceiling, said, largest, end]

    return update


def spectrum(ax, reach=2.25):
    """Draw eigenvalues in the plane, the unit circle and a circle of the norm's radius; return update.

    update(eigenvalues (S,) complex, norm).

    picture(lambda ax: plots.spectrum(ax)(eigenvalues, norm), alt=...)
    """
    ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=COLORS["ink"], linewidth=2.5))
    ax.axhline(0, color=COLORS["dim"], linewidth=0.8, zorder=0)
    ax.axvline(0, color=COLORS["dim"], linewidth=0.8, zorder=0)
    ring = ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=COLORS["ink"], linewidth=3, linestyle=":"))
    dots, = ax.plot([], [], linestyle="none", marker="o", markersize=9, markerfacecolor=FILLS["memory"],
                    markeredgecolor=COLORS["ink"], markeredgewidth=1.5)
    look = dict(x=1.15 * reach, fontsize=15, va="bottom", ha="left", in_layout=False)      # beside the axes
    word = ax.text(y=-0.62 * reach, s=r"$\gamma\,\|W_h\|$ =", **look)
    number = ax.text(y=-0.98 * reach, s="", fontweight="bold", **look)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[-2, -1, 0, 1, 2],
           yticks=[-2, -1, 0, 1, 2], title=r"eigenvalues of $\gamma W_h$")

    def update(eigenvalues, norm):
        ring.set_radius(norm)
        dots.set_data(eigenvalues.real, eigenvalues.imag)
        number.set_text(f"{norm:.2f}")
        return [ring, dots, word, number]

    return update


class _Map(AxesImage):
    """An image that is scaled to the screen once, not at every blitted frame."""

    def set_data(self, values):
        super().set_data(values)
        self.scaled = {}

    def make_image(self, renderer, magnification=1.0, unsampled=False):
        key = (*self.axes.bbox.bounds, magnification, unsampled)
        if key not in self.scaled:
            self.scaled[key] = super().make_image(renderer, magnification, unsampled)
        return self.scaled[key]


def _surface(ax, w_h, w_x, loss, folds, bar=True):
    """Draw a loss (m, n) as a map over w_h (n,) and w_x (m,), with its two fold curves, which meet at the
    critical w_h; return the image and what lies on it."""
    image = ax.add_image(_Map(
        ax, cmap=HEIGHT, norm=Normalize(0, 0.45), interpolation="nearest", origin="lower",
        extent=(w_h[0], w_h[-1], w_x[0], w_x[-1])))
    image.set_data(loss)
    image.set_zorder(0)
    weights, curves = folds
    marks = []
    for curve in curves:
        marks += ax.plot(weights, curve, color=COLORS["ink"], linewidth=2.5, zorder=1)
        marks += ax.plot(weights, curve, color="white", linewidth=1.5, linestyle=(0, (2, 3)), zorder=1)
    if w_h[0] < weights[0] < w_h[-1]:
        marks.append(ax.axvline(weights[0], color="white", linewidth=2, linestyle=(0, (1, 2)), zorder=1))
        marks.append(ax.text(weights[0], w_x[0], f" $w_h = {weights[0]:.3g}$: critical", color="white",
                             fontsize=14, va="bottom", fontweight="bold", zorder=1))
    ax.set(xlabel="recurrent weight $w_h$", ylabel="input weight $w_x$", xlim=(w_h[0], w_h[-1]),
           ylim=(w_x[0], w_x[-1]))
    ax.locator_params(nbins=6)
    if bar:
        ax.figure.colorbar(image, ax=ax, label="loss $L$", ticks=[0, 0.2, 0.4], pad=0.02, aspect=30)
    return image, marks


def _time(ax, steps):
    """Prepare an axis for what becomes of a gradient of 1 that is sent back from the last step."""
    ax.axhline(1, color=COLORS["ink"], linewidth=1.2)
    ax.set(xlim=(0, steps), ylim=(1e-12, 1e6), yscale="log", xlabel="time step $t$",
           ylabel=r"$dh_T\,/\,dh_t$")
    ax.set_xticks(range(0, steps + 1, 10))
    ax.set_yticks([1e-12, 1e-6, 1, 1e6])
    ax.minorticks_off()
