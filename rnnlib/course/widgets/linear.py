"""The widgets of notebook 19: the rounds of a scan, and how long one eigenvalue remembers."""

import numpy as np

from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area

LAGS = 100
SIZES = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999, 1.0, 1.01, 1.02, 1.05]


def scan(T=16):
    """Move through the rounds of a scan over T steps, forward and back: how many states are known by then."""
    rounds = plots.scan_pairs(T)
    known = plots.scan_known(rounds)

    def describe(round):
        if round == 0:
            return "Before round 1 the first state is known, and the last delta."
        n, now = len(rounds[round - 1]), len(known[round])
        joined = f"{n} pairs of steps at once" if n > 1 else "1 pair of steps"
        return (f"Round {round} joins {joined}. Now {now} of {T} states are known, and as many deltas; a "
                f"loop knows {round + 1}.")

    return live_figure(
        lambda left, right: plots.scan_rounds(left, right, T),
        {"round": slider("round", len(rounds), 0, len(rounds))}, describe, size=(10, 3.1), panels=(1, 2),
        touch=lambda left, right: [area(left, y="round"), area(right, y="round")])


def eigenvalue(size=0.9, degrees=20, k=20):
    """Move λ = size e^(iθ) in the plane; see an input, and a gradient, k steps later."""

    def powers(size, degrees):
        return (size * np.exp(1j * np.radians(degrees))) ** np.arange(LAGS + 1)

    def describe(size, degrees, k):
        left = powers(size, degrees)[k]
        reads = left.real if abs(left.real) > 1e-9 * abs(left) else 0.0          # 0 but for rounding
        if size == 1:
            until = "nothing is lost"
        else:
            every = _steps(abs(np.log(2) / np.log(size))).removeprefix("1 ")
            until = f"{'halved' if size < 1 else 'doubled'} every {every}"
        turn = f"one turn in {360 / degrees:.3g} steps" if degrees else "no turn"
        return (f"|λ| = {size:g}, angle {degrees}°: {until}; {turn}. After k = {_steps(k)} an input 1 "
                f"reads {reads:.2g}; a gradient of size 1, sent back as far, has size {abs(left):.2g}.")

    def draw(figure):
        move = plots.eigenvalue(figure, LAGS)
        return lambda size, degrees, k: move(powers(size, degrees), k)

    controls = {"size": choice("|λ| size", [(f"{s:g}", s) for s in SIZES], value=size),
                "degrees": slider("θ angle, degrees", degrees, 0, 180, 5),
                "k": slider("k lag", k, 0, LAGS)}

    def touch(figure):
        plane, wave, back = figure.axes
        round_ = np.cos(np.radians(np.arange(0, 181, 5)))
        ends = np.clip(np.array(SIZES) ** LAGS, 2e-8, 5e3)
        ends[:6] = np.geomspace(2e-8, 1.5e-4, 6)                 # the steepest end below the axis
        return [area(plane, x="degrees", xs=round_), area(wave, x="k"),
                area(back, x="k", box=(0, 0.8 * LAGS, *back.get_ylim())),
                area(back, y="size", ys=ends, box=(0.8 * LAGS, LAGS, *back.get_ylim()))]

    return live_figure(
        draw, controls, describe, size=(10, 3.9), panels=None, touch=touch,
        code=lambda size, degrees, k: f"({size:g} * np.exp(1j * np.radians({degrees}))) ** {k}")


def _steps(number):
    """Write a number of steps."""
    return f"{number:.3g} step" + "s" * (f"{number:.3g}" != "1")
