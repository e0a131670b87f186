"""Arrays drawn on axes. Nothing here computes: every number drawn was handed in.

A drawing whose parts move returns `update(...)`, which changes them and returns the changed
artists: what widgets.live_figure wants. A still picture simply does not use it.
"""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from .figures import COLORS, DIVERGING, FILLS, LINES

_LINE, _BOX = 1.15, 0.74                 # line height in ems; a node's share of its column
_PAD, _GAP, _FOOT = 0.14, 0.36, 0.36    # inches: inside a node, for an arrow, for the time labels


def unrolled(ax, xs, hs, outputs=None, losses=None, deltas=None, *, symbols="xhpL",
             weights=("W_x", "W_h", "W_y"), delta=r"\delta", decimals=2):
    """Draw the network unrolled over time, its values in its nodes; return update(step).

    xs is (T, D), hs (T+1, H) with h_0 first, outputs (T, K), losses (T,), deltas (T, H).

    picture(lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps), alt=..., size=(10.5, 5.2))
    live_figure(lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps), {"step": slider(
        "time step t", 0, 0, 3)}, describe=lambda step: ..., size=(10.5, 5.2))

    At first everything is shown. update(step) with step = 0 .. T highlights the nodes of time
    `step` and holds back the values of later ones ("?"). With deltas the steps T+1 .. 2T go
    backward: step T+k computes the delta of time T+1-k. Step 2T+1 shows everything again.
    """
    T = len(xs)
    _expect_rows(T, hs, outputs=outputs, losses=losses, deltas=deltas)
    rows = [values for values in (xs, hs, outputs, losses) if values is not None]
    given = [n for n, values in enumerate((xs, hs, outputs, losses)) if values is not None]
    texts = [[_numbers(value, decimals) for value in values] for values in rows]
    lines = [1 + max(text.count("\n") + (np.ndim(value) > 0) for text, value in zip(*pair))
             for pair in zip(texts, rows)]      # a number stands behind its symbol, a vector below
    lines[1] += deltas is not None
    longest = max(len(part) for row in texts for text in row for part in text.split("\n"))
    longest = max(longest, 9) + (0 if deltas is None else 4)
    width, height = ax.figure.get_size_inches() * ax.get_position().size
    column, size, tall, middles = _grid(width, height, T, lines, longest)
    box = _BOX * column
    floor = middles[0] - tall[0] / 2 - _FOOT
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")

    center = lambda t: (t + 0.5) * column
    nodes, arrows, backs, signals = [], [], [], []
    for row, kind in enumerate(given):
        for n, text in enumerate(texts[row]):
            t = n if kind == 1 else n + 1
            low = middles[row] - tall[row] / 2
            patch = ax.add_patch(FancyBboxPatch(
                (center(t) - box / 2, low), box, tall[row], zorder=2,
                boxstyle=_CORNERS[kind]))
            head = f"${symbols[kind]}_{{{t}}}" + _space(rows[row][n])
            shift = 0.5 * size * _LINE / 72 if kind == 1 and deltas is not None else 0
            label = ax.text(center(t), middles[row] + shift, head, fontsize=size, zorder=3,
                            ha="center", va="center_baseline", linespacing=1.3)
            nodes.append((t, kind, patch, label, head, text))

    side = 0.13 if deltas is not None else 0      # forward and backward arrows run side by side
    for t in range(1, T + 1):
        ax.text(center(t), floor, f"$t = {t}$", fontsize=size, ha="center", va="bottom")
        ends = [middle + sign * high / 2 for middle, high in zip(middles, tall) for sign in (-1, 1)]
        for row, (start, end) in enumerate(zip(ends[1::2], ends[2::2])):
            x = center(t) - side
            arrows.append((t, _arrow(ax, (x, start), (x, end))))
            name = {1: weights[0], 2: weights[2]}.get(given[row + 1])
            if name and given[row + 1] == row + 1:
                ax.text(x - 0.1, (start + end) / 2, f"${name}$", fontsize=size, ha="right",
                        va="center")
            if deltas is not None and row:
                backs.append((t, _arrow(ax, (x + 2 * side, end), (x + 2 * side, start), True)))
        y, left, right = middles[1] + side, center(t - 1) + box / 2, center(t) - box / 2
        arrows.append((t, _arrow(ax, (left, y), (right, y))))
        ax.text((left + right) / 2, y + 0.1, f"${weights[1]}$", fontsize=size, ha="center",
                va="bottom")
        if deltas is None:
            continue
        if t > 1:
            backs.append((t - 1, _arrow(ax, (right, y - 2 * side), (left, y - 2 * side), True)))
        signals.append((t, ax.text(
            center(t), middles[1] - tall[1] / 2 + _PAD / 2, "", fontsize=size, zorder=3,
            color=_DARK, ha="center", va="bottom")))

    def update(step):
        backward = 2 * T + 1 - step         # the time whose delta is computed now, if <= T
        for t, kind, patch, label, head, text in nodes:
            now = t == step or (kind == 1 and t == backward and deltas is not None)
            _paint(patch, kind, "later" if t > step else "now" if now else "done",
                   COLORS["gradient"] if step > T else None)
            label.set_text(head + (text if t <= step else "?"))
            label.set_color(COLORS["ink"] if t <= step else COLORS["dim"])
        for t, arrow in arrows:
            arrow.set(color=COLORS["dim"] if t > step else COLORS["ink"],
                      linewidth=5 if t == step else 1 if t > step else 2.5)
        for t, arrow in backs:
            arrow.set(visible=t >= backward, linewidth=5 if t == backward else 2.5)
        for t, label in signals:
            label.set_text(f"${delta}_{{{t}}}$ = "
                           + (_numbers(deltas[t - 1], decimals) if t >= backward else "?"))
            label.set_visible(step > T)
        return [artist for group in (nodes, arrows, backs, signals) for row in group
                for artist in row if hasattr(artist, "set_zorder")]

    update(2 * T + 1)
    return update


def heatmap_table(ax, values, row_labels, column_labels, *, xlabel="", ylabel="",
                  number="{:.2f}", limit=None):
    """Draw a table of numbers over a blue-white-vermillion map; return update(row, column, values).

    picture(lambda ax: plots.heatmap_table(ax, parts, losses, states), alt=...)
    live_figure(lambda ax: plots.heatmap_table(ax, parts, losses, states),
                {"row": slider("loss step", 0, 0, 2), "column": slider("state step", 0, 0, 2)}, ...)

    values is (rows, columns); NaN is an empty, hatched cell. update(row, column) outlines a row, a
    column (dashed) and, thicker, their cell; None outlines nothing. update(values=...) changes the
    numbers; the colours keep their scale, -limit .. limit.
    """
    values = np.asarray(values, dtype=float)
    R, C = values.shape
    limit = limit or max(np.nanmax(np.abs(values)), 1e-300)
    image = ax.imshow(values, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto", zorder=0)
    numbers = [ax.text(c, r, "", ha="center", va="center", zorder=1, fontsize=_table_size(ax, C))
               for r in range(R) for c in range(C)]
    empty = [ax.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor="white", hatch="//",
                                    edgecolor=COLORS["dim"], linewidth=0, zorder=0.5))
             for r in range(R) for c in range(C)]
    line = dict(fill=False, edgecolor=COLORS["ink"], visible=False, clip_on=False)
    outline_row = ax.add_patch(Rectangle((-0.5, -0.5), C, 1, linewidth=3, zorder=2, **line))
    outline_column = ax.add_patch(
        Rectangle((-0.5, -0.5), 1, R, linewidth=3, linestyle="--", zorder=2, **line))
    cell = ax.add_patch(Rectangle((-0.5, -0.5), 1, 1, linewidth=6, zorder=3, **line))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(range(C), column_labels)
    ax.set_yticks(range(R), row_labels)
    ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.spines[:].set_visible(False)

    def fill(values):
        image.set_data(np.ma.masked_invalid(values))
        for value, label, blank in zip(np.ravel(values), numbers, empty):
            label.set_text("" if np.isnan(value) else _minus(number.format(value)))
            label.set_color(_readable_on(DIVERGING(0.5 + 0.5 * value / limit)))
            blank.set_visible(bool(np.isnan(value)))

    def update(row=None, column=None, values=None):
        outline_row.set(visible=row is not None, y=-0.5 if row is None else row - 0.5)
        outline_column.set(visible=column is not None, x=-0.5 if column is None else column - 0.5)
        cell.set(visible=row is not None and column is not None,
                 xy=(outline_column.get_x(), outline_row.get_y()))
        if values is None:
            return [outline_row, outline_column, cell]
        fill(values)
        return [image, *empty, *numbers, outline_row, outline_column, cell]

    fill(values)
    return update


_CORNERS = ("square,pad=0", "round,pad=0,rounding_size=0.25", "round,pad=0,rounding_size=0.06",
            "round,pad=0,rounding_size=0.15")
_DARK = tuple(0.7 * np.array(to_rgb(COLORS["gradient"])))      # vermillion type, legible on yellow
_EDGES = (COLORS["ink"], COLORS["state"], COLORS["output"], COLORS["loss"])
_TINTS = [tuple(0.22 * np.array(to_rgb(color)) + 0.78)
          for color in (FILLS["input"], *_EDGES[1:])]


def _expect_rows(T, hs, **arrays):
    """Refuse arrays whose number of rows does not fit the T rows of xs."""
    for name, rows in {"hs": hs, **arrays}.items():
        wanted = T + 1 if name == "hs" else T
        if rows is not None and len(rows) != wanted:
            raise ValueError(f"unrolled: {name} must have {wanted} rows, because xs has {T}; "
                             f"got {len(rows)}.")


def _grid(width, height, T, lines, longest):
    """Fit the graph into the axes: column width, type size, node heights and middles, bottom up."""
    column, gaps = width / (T + 1), len(lines) - 1
    room = height - _FOOT - 0.1 - len(lines) * _PAD - gaps * _GAP
    fits = 72 * 0.93 * _BOX * column / (0.46 * longest), 72 * room / (_LINE * sum(lines))
    size = max(8, min(18, *fits))
    tall = [_PAD + count * size * _LINE / 72 for count in lines]
    gap = min((height - _FOOT - 0.1 - sum(tall)) / gaps, 0.9)
    floor = (height - sum(tall) - gaps * gap + _FOOT - 0.1) / 2
    bottoms = floor + np.cumsum([0, *tall[:-1]]) + gap * np.arange(len(lines))
    return column, size, tall, [low + high / 2 for low, high in zip(bottoms, tall)]


def _paint(patch, kind, state, edge=None):
    """Give a node the look of later (dotted, empty), done (tinted) or now (yellow, thick)."""
    patch.set(facecolor={"later": "white", "done": _TINTS[kind], "now": FILLS["highlight"]}[state],
              edgecolor=COLORS["dim"] if state == "later" else
              edge if edge and state == "now" else _EDGES[kind],
              linewidth={"later": 1.2, "done": 2, "now": 5}[state],
              linestyle=":" if state == "later" else "-")


def _arrow(ax, start, end, backward=False):
    """Draw an arrow: solid ink forward, dashed in the gradient's colour backward."""
    return ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=18, zorder=1, shrinkA=0, shrinkB=0,
        linestyle=(0, (1.6, 0.8)) if backward else "-",
        color=COLORS["gradient" if backward else "ink"]))


def _space(value):
    """End a symbol's formula: a vector's with the space it lives in, a number's with '='."""
    return "$ = " if np.ndim(value) == 0 else rf" \in \mathbb{{R}}^{{{len(value)}}}$" + "\n"


def _numbers(value, decimals):
    """Round a number or a vector to text: two entries a line, at most four of them."""
    numbers = [_minus(f"{round(float(v), decimals) + 0.0:.{decimals}f}") for v in np.ravel(value)]
    if np.ndim(value) == 0:
        return numbers[0]
    if len(numbers) > 4:
        numbers = [*numbers[:2], "…", numbers[-1]]
    pairs = [", ".join(numbers[n:n + 2]) for n in range(0, len(numbers), 2)]
    return "(" + ",\n".join(pairs) + ")"


def _minus(text):
    return text.replace("-", "\u2212")


def _table_size(ax, columns):
    """Choose a type size at which a number of six characters fits a cell."""
    inches = ax.figure.get_size_inches()[0] * ax.get_position().width
    return float(np.clip(15 * inches / columns, 9, 18))


def _readable_on(color):
    """Choose black or white text, whichever stands out from this background."""
    r, g, b = np.array(to_rgb(color)) ** 2.2
    return "white" if 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 else "black"


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
    ax.set(xlim=(0.45, len(p) + 0.5), ylim=(0, top + 0.1), ylabel="probability", title=title)
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
            number.set(y=max(p_k, y_k) + 0.02, text=_minus(f"{p_k - y_k:+.2f}"))
        return [*labels, *bars, *levels, *arrows, *numbers]

    update(p)
    return update


def loss_curves(ax, curves, guess):
    """Draw losses by training step, {name: (steps,)}, and the level of a blind guess."""
    for (name, curve), kind in zip(curves.items(), ("loss", "state"), strict=False):
        look = dict(LINES[kind], marker="", linewidth=3.5, linestyle="-" if kind == "loss" else "--")
        ax.plot(curve, label=name, **look)
    ax.axhline(guess, color=COLORS["dim"], linestyle=":", linewidth=2.5, label="a blind guess")
    ax.set(xlabel="training step", ylabel="loss per letter, nats", xlim=(0, None), ylim=(0, 1.08 * guess))
    ax.legend(loc="center right")


def delta_table(ax, parts, sums):
    """Draw what loss s (row) sent to step t (column), over the sums; return update(s, t).

    parts is (T, T), sums (T,).

    picture(lambda ax: plots.delta_table(ax, parts, delta), alt=..., size=(9, 5.4))
    """
    T = len(parts)
    table = np.vstack([np.where(np.tri(T, dtype=bool), parts, np.nan), sums])
    steps = range(1, T + 1)
    outline = heatmap_table(
        ax, table, [*(f"$L_{s}$" for s in steps), "sum"], [rf"$\delta_{t}$" for t in steps],
        xlabel="step t that is reached", ylabel="loss s that sends", limit=np.abs(parts).max())
    ax.axhline(T - 0.5, color=COLORS["ink"], linewidth=3)
    return lambda s, t: outline(s - 1, t - 1)


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
    guide = ax.axvline(steps[0], color=COLORS["ink"], linewidth=1.5, visible=False)
    dots = ax.plot([], [], linestyle="none", marker="o", markersize=15, markeredgewidth=3,
                   markerfacecolor=FILLS["highlight"], markeredgecolor=COLORS["ink"], zorder=4)[0]

    def update(step):
        at = int(np.abs(np.log(steps / step)).argmin())
        guide.set(xdata=[steps[at]] * 2, visible=True)
        dots.set_data([steps[at]] * len(curves), [curve[at] for curve in curves.values()])
        return [guide, dots]

    return update


def remainders(ax, steps, right, wrong, label="wrong gradient"):
    """Draw Taylor remainders (n,) over their steps, log against log; return update(wrong).

    picture(lambda ax: plots.remainders(ax, steps, right, wrong), alt=...)
    """
    look = dict(markersize=8, linewidth=3)
    ax.loglog(steps, right, label="right gradient: slope 2", **LINES["loss"] | look)
    line, = ax.loglog(steps, wrong, label=label, **LINES["gradient"] | look)
    ax.set(xlabel="step ε", ylabel="remainder R(ε)", ylim=(right.min() / 3, 1))
    ax.set_yticks(10.0 ** np.arange(-8, 1, 2))
    ax.minorticks_off()
    ax.legend(loc="lower right")

    def update(wrong):
        line.set_ydata(wrong)
        return [line]

    return update
