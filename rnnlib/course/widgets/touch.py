"""Where a picture can be touched: the places of an axes that stand for values of controls."""

from typing import NamedTuple

import numpy as np


class Area(NamedTuple):
    """An axes in which x, y or both choose values of controls."""

    ax: object
    x: str | None       # the control that follows x, and where its values lie, in data coordinates
    xs: object
    y: str | None
    ys: object
    box: tuple | None   # (left, right, bottom, top) in data coordinates; None is the whole axes
    sets: dict          # by control, the value that any touch here gives it, or a function of the values


def area(ax, x=None, y=None, xs=None, ys=None, box=None, sets=None):
    """Say that the controls x and y follow the place touched in ax.

    live_figure(..., touch=lambda ax: [area(ax, x="t", y="s")])

    xs and ys are the data coordinates of the values, one each; without them a number lies at itself, and
    a control of other values at 0, 1, 2, …; a function is asked at each frame. sets={"table": "B"} sets
    other controls as well.
    """
    return Area(ax, x, xs, y, ys, box, sets or {})


def spot(ax, box, **sets):
    """Say that a touch in a box gives controls these values; a function is asked at each frame.

    spot(ax, (0, 1, 2, 3), move=lambda move: move + 1)
    """
    return Area(ax, None, None, None, None, box, sets)


def placed(areas, controls, values):
    """Return areas as the front end needs them: fractions of the picture, from its upper left corner."""
    return [_placed(area, controls, values) for area in areas]


def _placed(area, controls, values):
    width, height = area.ax.figure.bbox.size
    to_pixels = area.ax.transData.transform
    left, right = area.box[:2] if area.box else area.ax.get_xlim()
    bottom, top = area.box[2:] if area.box else area.ax.get_ylim()
    corners = to_pixels([(left, bottom), (right, top)]) / (width, height)
    (x0, x1), (y0, y1) = np.sort(corners[:, 0]), np.sort(1 - corners[:, 1])
    found = {"box": _short([x0, y0, x1, y1])}
    for axis, name, at, other in ((0, area.x, area.xs, bottom), (1, area.y, area.ys, left)):
        if name is None:
            continue
        control = controls[name]
        if callable(at):
            at = at(**values)
        if at is None:
            numbers = all(isinstance(value, int | float) for value in control.values)
            at = control.values if numbers else range(len(control.values))
        at = np.asarray(at, dtype=float)
        points = np.column_stack([at, np.full(len(at), other)][:: 1 - 2 * axis])
        share = to_pixels(points)[:, axis] / (width, height)[axis]
        places = 1 - share if axis else share               # a picture counts from above
        found["xy"[axis]] = {"control": list(controls).index(name), "at": _short(places)}
    if area.sets:
        found["sets"] = [
            [list(controls).index(name), controls[name].place(to(**values) if callable(to) else to)]
            for name, to in area.sets.items()]
    return found


def _short(numbers):
    return [round(float(number), 4) for number in numbers]
