"""The arrays of a layer as four libraries store them, and two biases that are trained."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from ..figures import COLORS, FILLS, LINES, minus, picture

CAPTION = 10.5                                             # points
SHADES = ("#FFFFFF", "#DDDDDD", "#F3F3F3", "#C4C4C4")      # beside its letter, so that blocks stand apart
MARKED = tuple(0.6 * np.array(to_rgb(FILLS["highlight"])) + 0.4)
CELL, GAP, TEXT, TOP = 0.165, 0.12, 0.165, 0.5              # inches: a number, a gap, a text line, the top


def layouts(ax, libraries, moving=False):
    """Draw the arrays of one layer in each library, gate by gate; with moving=True return update.

    libraries: {name: [(symbol, caption, grid)]}; grid is a list of rows of gate letters, one for each
    number, "" where there is none. update(places): {name: [(array, row, column)]} marks numbers.

    picture(lambda ax: plots.layouts(ax, widgets.layouts(lstm, 2, 3)), alt=..., size=(9.6, 3.5))
    """
    width, height = ax.figure.get_size_inches()
    tall = max(len(grid) for arrays in libraries.values() for _, _, grid in arrays) * CELL
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    corners, order, letters = _corners(libraries, width, height), [], {}
    for name, arrays in libraries.items():
        left, top = corners[name, 0]
        ax.text(left, height - 0.14, name, fontsize=13.5, fontweight="bold", va="center")
        stacked = _lies(arrays)
        for k, (symbol, caption, grid) in enumerate(arrays):
            x, y = corners[name, k]
            across, down = len(grid[0]) * CELL, len(grid) * CELL
            spot = (x + across + 0.2, y - down / 2) if stacked else (x + across / 2, y + 0.13)
            ax.text(*spot, symbol, fontsize=12.5, ha="center", va="center")
            letters[name, k] = _grid(ax, x, y, grid, order)
            ax.text(left, top - tall - 0.16 - k * TEXT, caption, fontsize=CAPTION, va="center",
                    family="DejaVu Sans Mono")
    if not moving:
        return None
    marks = [ax.add_patch(Rectangle((0, 0), CELL, CELL, facecolor=MARKED,
                                    edgecolor=COLORS["ink"], linewidth=2.5, zorder=3, visible=False))
             for _ in range(8)]
    above = [_letter(ax, 0, 0, "", path_effects=[withStroke(linewidth=3, foreground=MARKED)])
             for _ in marks]                               # once more, over the mark

    def update(places):
        spots = [(name, k, *there) for name, found in places.items() for k, *there in found]
        for n, (mark, text) in enumerate(zip(marks, above)):
            mark.set_visible(n < len(spots))
            text.set_visible(n < len(spots))
            if n < len(spots):
                name, k, row, column = spots[n]
                x, y = corners[name, k]
                mark.set_xy((x + column * CELL, y - (row + 1) * CELL))
                *middle, letter = letters[name, k][row, column]
                text.set(position=middle, text=letter)
        return [*marks, *above]

    return update


def number_box(ax, libraries, name, array, row, column):
    """Return the box (left, right, bottom, top) of one number that layouts drew."""
    x, y = _corners(libraries, *ax.figure.get_size_inches())[name, array]
    return x + column * CELL, x + (column + 1) * CELL, y - (row + 1) * CELL, y - row * CELL


def _corners(libraries, width, height):
    """Return the upper left corner of each array, by library and place in it."""
    wide = {name: _width(name, arrays) for name, arrays in libraries.items()}
    space = (width - 0.3 - sum(wide.values())) / (len(wide) - 1)
    left, found = 0.15, {}
    for name, arrays in libraries.items():
        x, y = left, height - TOP
        for k, (_, _, grid) in enumerate(arrays):
            found[name, k] = x, y
            across, down = len(grid[0]) * CELL, len(grid) * CELL
            x, y = (x, y - down - GAP) if _lies(arrays) else (x + across + GAP, y)
        left += wide[name] + space
    return found


def gru_layouts(libraries):
    """Return the picture of the arrays of one GRU with D = 2 and H = 3 in four libraries."""
    return picture(
        lambda ax: layouts(ax, libraries), size=(9.6, 2.9),
        alt="One GRU with D = 2 and H = 3 in four libraries. Blocks r, z, n in rnnlib and PyTorch; z, r, h "
        "in Keras and ONNX. Its second bias is b_n in rnnlib, bias_hh_l0 in PyTorch, the second row in Keras "
        "and the second half in ONNX.")


def _lies(arrays):
    """True if the blocks stand side by side: then the arrays are drawn under each other."""
    return len({len(grid[0]) for _, _, grid in arrays}) == 1 and len(arrays[0][2][0]) > len(arrays[0][2])


def _width(name, arrays):
    """Return the inches that a library needs: its arrays, or its longest caption."""
    words = max(len(caption) for _, caption, _ in arrays) * CAPTION * 0.602 / 72
    widths = [len(grid[0]) * CELL for _, _, grid in arrays]
    drawn = max(widths) + 0.45 if _lies(arrays) else sum(widths) + GAP * (len(widths) - 1)
    return max(words, drawn)


def _grid(ax, x, y, grid, order):
    """Draw the numbers as small boxes, and in each block of a gate its letter.

    Return {(row, column): (x, y, letter)}: for each number the letter of its block, and where that stands.
    """
    blocks, found = {}, {}
    for row, letters in enumerate(grid):
        for column, letter in enumerate(letters):
            if letter:
                blocks.setdefault(letter, []).append((row, column))
                gate = letter.translate(str.maketrans("ch", "gn"))
                if gate not in order:
                    order.append(gate)
                ax.add_patch(Rectangle((x + column * CELL, y - (row + 1) * CELL), CELL, CELL, linewidth=0.7,
                                       facecolor=SHADES[order.index(gate)], edgecolor="#A0A0A0", zorder=1))
    for letter, spots in blocks.items():
        for part in _pieces(spots):
            (top, first), (bottom, last) = part[0], part[-1]
            across, down = (last - first + 1) * CELL, (bottom - top + 1) * CELL
            ax.add_patch(Rectangle((x + first * CELL, y - (bottom + 1) * CELL), across, down, zorder=2,
                                   facecolor="none", edgecolor=COLORS["ink"], linewidth=1.6))
            middle = x + first * CELL + across / 2, y - top * CELL - down / 2
            _letter(ax, *middle, letter)
            found |= {spot: (*middle, letter) for spot in part}
    return found


def _letter(ax, x, y, letter, **options):
    return ax.text(x, y, letter, fontsize=12, zorder=4, ha="center", va="center", fontweight="bold",
                   family="DejaVu Sans Mono", **options)


def _pieces(spots):
    """Split the places of one letter where columns or rows between them are another's."""
    columns = sorted({column for _, column in spots})
    rows = sorted({row for row, _ in spots})
    if len(spots) == len(columns) * len(rows):
        return [spots]
    return [[spot for spot in spots if spot[1] == column] for column in columns]


def bias_pair(ax, first, second, one):
    """Draw two biases (n,), their sum, and a bias (n,) that is alone; return update(first, second, one).

    picture(lambda ax: plots.bias_pair(ax, b_ih, b_hh, b), alt=..., size=(9, 4.6))
    """
    n = range(len(first))
    every = dict(markevery=max(len(first) // 8, 1))
    lines = [
        ax.plot(n, first, **LINES["state"] | every)[0],
        ax.plot(n, second, **LINES["gradient"] | every)[0],
        ax.plot(n, first + second, **LINES["loss"] | every | {"linewidth": 4})[0],
        ax.plot(n, one, **LINES["ink"] | every)[0],
    ]
    ax.set(xlabel="update n", ylabel="bias", xlim=(0, len(first) * 1.42), ylim=(-0.75, 1.75))
    ax.spines["bottom"].set_bounds(0, len(first) - 1)
    ax.set_xticks(range(0, len(first), 20))
    names = "$b_{ih}$", "$b_{hh}$", "their sum", "one bias"
    labels = [ax.text(len(first) + 1, 0, name, color=line.get_color(), va="center", fontsize=15)
              for name, line in zip(names, lines)]

    def update(first, second, one):
        curves = first, second, first + second, one
        heights = _apart([curve[-1] for curve in curves], 0.16)
        for line, label, curve, height, name in zip(lines, labels, curves, heights, names):
            line.set_ydata(curve)
            label.set(y=height, text=f"{name}  {minus(f'{curve[-1] + 0.0:.2f}')}")
        return [*lines, *labels]

    update(first, second, one)
    return update


def _apart(heights, least):
    """Move labels apart by as little as possible, so that each is `least` above the one below it."""
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    groups = []                                                # [mean of height - rank * least, members]
    for rank, k in enumerate(order):
        groups.append([heights[k] - rank * least, [k]])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (low, below), (high, above) = groups[-2:]
            mean = (low * len(below) + high * len(above)) / (len(below) + len(above))
            groups[-2:] = [[mean, below + above]]
    means = [mean for mean, members in groups for _ in members]
    places = {k: mean + rank * least for rank, (k, mean) in enumerate(zip(order, means))}
    return [places[k] for k in range(len(heights))]
