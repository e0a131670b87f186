"""The widgets of notebook 11: the board of checks."""

from .. import board, plots, wrong
from ..figures import picture
from .controls import choice, slider
from .live import live_figure
from .progress import counted
from .shown import unkept
from .stopping import IN_A_BROWSER
from .touch import area

TABLES = {"A": "tanh-slope-of-c", "B": "two-windows", "C": "carries-never-updated", "D": "bias-of-one-gate",
          "E": "dc-dropped", "F": "sigmoid-for-its-slope"}            # the mistakes of the first figure


def patterns():
    """Choose a table and a step; see where six passes of an LSTM, with one mistake each, are wrong."""
    tables = {letter: board.delta_errors(wrong.mistake(name)) for letter, name in TABLES.items()}
    T = len(tables["A"])

    def describe(table, t):
        bad = [gate for gate, error in zip("ifgo", tables[table][t - 1]) if error > 1e-10]
        fine = [gate for gate in "ifgo" if gate not in bad]
        said = ["wrong: " + ", ".join(bad)] * bool(bad) + ["right: " + ", ".join(fine)] * bool(fine)
        return f"Table {table}, step {t}, which the pass reaches {_ordinal(T - t)}: {'; '.join(said)}."

    return live_figure(
        lambda *axes: plots.patterns(*axes, errors=tables, gates="ifgo"),
        {"table": choice("table", list(TABLES)), "t": slider("step t", T, 1, T)}, describe, size=(11, 3.2),
        panels=(2, 3), touch=lambda *axes: [
            area(ax, x="t", xs=range(T), sets={"table": table}) for table, ax in zip(TABLES, axes)])


def _ordinal(k):
    return ["first", "second", "third"][k] if k < 3 else f"{k + 1}th"


def measured_board():
    """Measure the board under a progress bar, which goes; in a browser without what takes minutes there."""
    watch = lambda zoo: counted(zoo, len(zoo), "measuring")
    if not IN_A_BROWSER:
        return board.measure(watch=watch)
    quick = tuple(m for m in wrong.ZOO if not board.takes_long(m))
    found = board.measure(quick, right=2, watch=watch)
    print(f"In a browser {len(quick)} of the {len(wrong.ZOO)} mistakes are measured: those in a loss, in a "
          "forward pass or in a frozen state would take a minute.")
    return found


def board_at(found, instead):
    """Choose a point and a check; see which mistakes of a Board it lets through there.

    A stored notebook says `instead`: near a threshold rounding decides, and machines differ.
    """
    points, number_of = list(board.POINTS), {m: wrong.ZOO.index(m) + 1 for m in found.mistakes}

    def describe(point, check):
        name = board.CHECKS[check - 1]
        missed = found.let_through(name, point)
        numbers = [number_of[m] for m in missed]
        listed = ", ".join(map(str, numbers[:12])) + (" …" if len(numbers) > 12 else "")
        many = "s" * (len(numbers) > 1)
        admitted = int(found.count(board.ADMITTED)[check - 1, points.index(point)])
        says = f" It says of {admitted} of them that it cannot tell." if admitted else ""
        alarm = found.alarms[check - 1, points.index(point)]
        return (f"{point}, {name}: lets through {len(missed)} of {len(found.mistakes)}"
                f"{f' (puzzle{many} {listed})' if numbers else ''}.{says} "
                f"It rejects {alarm:.0%} of the right passes.")

    def draw(ax):
        move = plots.board_signs(ax, list(board.CHECKS), list(number_of.values()))
        return lambda point, check: move(found.caught[:, points.index(point)], check - 1)

    controls = {"point": choice("test point", points),
                "check": slider("check, row", len(board.CHECKS), 1, len(board.CHECKS))}
    touch = lambda ax: [area(ax, y="check", ys=range(len(board.CHECKS)))]
    live = live_figure(draw, controls, describe, size=(11.6, 4.2), touch=touch, code=lambda point, check: (
        f"result.let_through({board.CHECKS[check - 1]!r}, {point!r})"))
    return unkept(live, instead)


def counts(found):
    """Draw how many mistakes each check of a Board lets through at each point, and admits."""
    let, admitted, alarms = found.count(board.LET), found.count(board.ADMITTED), found.alarms.mean(axis=1)
    return picture(
        lambda ax: plots.board_counts(ax, let + admitted, admitted, alarms, board.CHECKS, list(board.POINTS)),
        size=(12.6, 5.2),
        alt="Mistakes let through, by check and point. A falling loss lets more than four in five through."
        " PyTorch's tolerances let none through at the designed point and more than a third where gradients"
        " are near 1e-6. Each entry within 1e-7 also rejects right passes. Ours lets none through at the"
        " designed point and rejects no right pass; ? marks what it admits that it cannot see.")
