"""Tables of numbers, coloured."""

import numpy as np
from matplotlib.colors import Normalize, to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from ..figures import COLORS, DIVERGING, minus


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
    image = ax.add_image(Cells(ax, cmap=DIVERGING, norm=Normalize(-limit, limit), origin="upper"))
    image.set(zorder=0, data=values, extent=(-0.5, C - 0.5, R - 0.5, -0.5))
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
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(-0.5, C - 0.5), ylim=(R - 0.5, -0.5))
    ax.set_xticks(range(C), column_labels)
    ax.set_yticks(range(R), row_labels)
    ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.spines[:].set_visible(False)

    def fill(values):
        image.set_data(np.ma.masked_invalid(values))
        for value, label, blank in zip(np.ravel(values), numbers, empty):
            text = number.format(value)
            text = text.lstrip("-") if text.strip("-0.") == "" else text         # -0.00 is 0.00
            label.set_text("" if np.isnan(value) else minus(text))
            label.set_color(readable_on(DIVERGING(0.5 + 0.5 * value / limit)))
            blank.set_visible(bool(np.isnan(value)))

    def update(row=None, column=None, values=None):
        outline_row.set(visible=row is not None, y=-0.5 if row is None else row - 0.5)
        outline_column.set(visible=column is not None, x=-0.5 if column is None else column - 0.5)
        cell.set(visible=row is not None and column is not None,
                 xy=(outline_column.get_x(), outline_row.get_y()))
        if values is None:
            return [outline_row, outline_column, cell]
        fill(values)
        hatched = [blank for blank in empty if blank.get_visible()]
        return [image, *hatched, *numbers, outline_row, outline_column, cell]

    fill(values)
    return update


class Cells(AxesImage):
    """An image of few large cells that fills its axes, row 0 on top: painted flat, where imshow resamples."""

    def make_image(self, renderer, magnification=1.0, unsampled=False):
        colors = self.cmap(self.norm(self.get_array()), bytes=True)
        left, bottom, right, top = (round(edge * magnification) for edge in self.axes.bbox.extents)
        (R, C), high, wide = colors.shape[:2], top - bottom, right - left
        rows, columns = ((np.arange(n) + 0.5) * cells // n for n, cells in ((high, R), (wide, C)))
        flat = colors[rows.astype(int)[::-1]][:, columns.astype(int)]           # pixels count from below
        return flat, left, bottom, IdentityTransform()


def delta_table(ax, parts, sums):
    """Draw what loss s (row) sent to step t (column), over the sums; return update(s, t).

    parts is (T, T), sums (T,).

    picture(lambda ax: plots.delta_table(ax, parts, delta), alt=..., size=(9, 5.4))
    """
    outline = sums_table(ax, over_sums(parts, sums), np.abs(parts).max())
    ax.axhline(len(parts) - 0.5, color=COLORS["ink"], linewidth=3)
    return lambda s, t: outline(s - 1, t - 1)


def over_sums(parts, sums):
    """Return parts (T, T) over their sums (T,), without what no loss sends to later steps: (T+1, T)."""
    return np.vstack([np.where(np.tri(len(parts), dtype=bool), parts, np.nan), sums])


def sums_table(ax, table, limit):
    """Draw what loss s (row) sent to step t (column) over the sums, (T+1, T); return the table's update."""
    steps = range(1, len(table))
    return heatmap_table(
        ax, table, [*(f"$L_{s}$" for s in steps), "sum"], [rf"$\delta_{t}$" for t in steps],
        xlabel="step t that is reached", ylabel="loss s that sends", limit=limit)


def _table_size(ax, columns):
    """Choose a type size at which a number of six characters fits a cell."""
    inches = ax.figure.get_size_inches()[0] * ax.get_position().width
    return float(np.clip(15 * inches / columns, 9, 18))


def readable_on(color):
    """Choose black or white text, whichever stands out from this background."""
    r, g, b = np.array(to_rgb(color)) ** 2.2
    return "white" if 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 else "black"
