"""The widgets of notebook 11: the board of checks."""



from .. import board, plots
from .controls import choice, slider
from .live import live_figure
from .progress import counted
from .shown import unkept
from .touch import area


def measured_board():
    """Measure the board under a progress bar, which goes."""
    return board.measure(watch=lambda zoo: counted(zoo, len(zoo), "measuring"))


def board_at(found, instead):
    """Choose a point and a check; see which mistakes of a Board it lets through there.

    A stored notebook says `instead`: near a threshold rounding decides, and machines differ.
    """
    points = list(board.POINTS)

    def describe(point, check):
        name = board.CHECKS[check - 1]
        missed = found.let_through(name, point)
        numbers = [found.mistakes.index(m) + 1 for m in missed]
        listed = ", ".join(map(str, numbers[:12])) + (" …" if len(numbers) > 12 else "")
        admitted = int(found.count(board.ADMITTED)[check - 1, points.index(point)])
        says = f" It says of {admitted} of them that it cannot tell." if admitted else ""
        alarm = found.alarms[check - 1, points.index(point)]
        return (f"{point}, {name}: lets through {len(missed)} of {len(found.mistakes)}"
                f"{f' (puzzles {listed})' if numbers else ''}.{says} "
                f"It rejects {alarm:.0%} of the right passes.")

    def draw(ax):
        move = plots.board_signs(ax, list(board.CHECKS), len(found.mistakes))
        return lambda point, check: move(found.caught[:, points.index(point)], check - 1)

    controls = {"point": choice("test point", points),
                "check": slider("check, row", len(board.CHECKS), 1, len(board.CHECKS))}
    touch = lambda ax: [area(ax, y="check", ys=range(len(board.CHECKS)))]
    live = live_figure(draw, controls, describe, size=(11.6, 4.2), touch=touch, code=lambda point, check: (
        f"found.let_through({board.CHECKS[check - 1]!r}, {point!r})"))
    return unkept(live, instead)
