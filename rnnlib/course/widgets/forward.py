"""The widgets of notebook 18: what forward and reverse mode cost, and checkpoints on a line of T steps."""

from functools import lru_cache

from ... import checkpoints
from .. import counting, plots
from ..plots.forward import SCHEMES
from .controls import choice, slider
from .live import live_figure
from .touch import area

TS, HS = (10, 30, 100, 300, 1000, 3000, 10_000), (2, 4, 8, 16, 32, 64, 128)
T_MOST = 100
KS = range(1, 31)


def kept_by_now(T, H, k, every=20):
    """Move through the work of T steps of H units in three ways: what each keeps by then."""
    curves = counting.kept_over_time(T, H, k)
    length = max(map(len, curves.values()))

    def describe(steps):
        said = [plots.forward.WAYS[way][2].replace(", ", " with ") + (
            f" keeps {numbers[steps - 1]:,} numbers" if steps <= len(numbers) else " is done")
            for way, numbers in curves.items()]
        return f"After {steps:,} steps of work {'; '.join(said)}."

    steps = slider("steps taken", T, every, length - length % every, every)
    return live_figure(
        lambda ax: plots.kept_by_now(ax, curves), {"steps": steps}, describe, size=(10, 3.2),
        touch=lambda ax: [area(ax, x="steps")])


def two_bills(T=100, H=16):
    """Choose T and H; see what each way keeps and multiplies, and where it moves as H grows.

    Touched, forward mode keeps as many numbers as stand there.
    """
    most = counting.bills(TS[-1], HS[-1])["forward"]

    def describe(T, H):
        bills = counting.bills(T, H)
        back, on = bills["reverse"], bills["forward"]
        work, kept = on.multiplications / back.multiplications, on.numbers / back.numbers
        return (f"T = {T:,}, H = {H}: forward mode multiplies {_times(work)} times as much as reverse mode, "
                f"and keeps {_times(kept)} times as many numbers.")

    def draw(ax):
        update, trails = plots.bills(ax, most), {}
        for T in TS:
            every = [counting.bills(T, H) for H in HS]
            trails[T] = {way: [bills[way] for bills in every] for way in every[0]}

        def move(T, H):
            return update(counting.bills(T, H), trails[T])

        return move

    controls = {"T": choice("steps T", [(f"{n:,}", n) for n in TS], T),
                "H": choice("units H", [(f"{n}", n) for n in HS], H)}
    squares = [counting.bills(TS[0], H)["forward"].numbers for H in HS]    # whatever T is
    return live_figure(draw, controls, describe, size=(10, 3.8),
                       touch=lambda ax: [area(ax, x="H", xs=squares)])


def _curves(T):
    """Return {scheme: (kept, runs of a step on average)} for k = 1 .. T."""
    found = {}
    for scheme in SCHEMES:
        costs = [_cost(T, scheme, k) for k in range(1, T + 1)]
        found[scheme] = [cost.peak for cost in costs], [1 + cost.again / T for cost in costs]
    return found


@lru_cache(maxsize=4096)
def _cost(T, scheme, k):
    return checkpoints.cost(checkpoints.schedule(T, **{scheme: k}))


@lru_cache(maxsize=64)
def _first(T, scheme):
    """Return, for every k of the slider, at which share of T the first state after h_0 is kept."""
    firsts = [checkpoints.schedule(T, **{scheme: min(k, T)})[1].end for k in KS]
    return [first / T for first in firsts]


def few_checkpoints(T=60, k=8, scheme="every"):
    """Choose T, k and the scheme; see the order of the work, what is kept, and how often a step is run.

    Touched on the left, the first state after h_0 is kept at that height, if a k does it.
    """
    def describe(scheme, T, k):
        k = min(k, T)
        cost = _cost(T, scheme, k)
        every = f"every {_ordinal(k)} state" if k > 1 else "every state"
        what = every if scheme == "every" else f"{k} slot{'s' * (k > 1)}, best order"
        than = f"not {T + 1}" if cost.peak <= T else "as many as without checkpoints"
        return (f"T = {T}, {what}: at most {cost.peak} states and steps are kept, {than}. "
                f"{cost.again:,} steps are run without being kept: {1 + cost.again / T:.2f} runs of a step.")

    def draw(left, right):
        update = plots.checkpoints(left, right, T_MOST)
        curves = {T: _curves(T) for T in range(10, T_MOST + 1, 10)}          # once: then a frame is quick

        def move(scheme, T, k):
            k = min(k, T)
            lines, total = plots.schedule_lines(checkpoints.schedule(T, **{scheme: k}), T)
            cost = _cost(T, scheme, k)
            return update(lines, total, T, curves[T], scheme, (cost.peak, 1 + cost.again / T))

        return move

    controls = {"scheme": choice("keep", [(name, s) for s, (_, name) in SCHEMES.items()], scheme),
                "T": slider("steps T", T, 10, T_MOST, 10), "k": slider("k", k, KS[0], KS[-1])}
    return live_figure(draw, controls, describe, size=(10.2, 3.6), panels=(1, 2),
                       touch=lambda left, right: [
                           area(left, y="k", ys=lambda scheme, T, k: _first(T, scheme))],
                       code=lambda scheme, T, k: (
                           f"checkpoints.cost(checkpoints.schedule({T}, {scheme}={min(k, T)}))"))


def _times(ratio):
    """Write a ratio in two digits, or whole."""
    return f"{ratio:,.0f}" if ratio > 99 else f"{ratio:.2g}"


def _ordinal(k):
    """Return 1st, 2nd, 3rd, 4th, ..."""
    ending = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}{ending}"
