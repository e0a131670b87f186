"""The widgets of notebook 10: a memory to hold, and the gradients of three cells under the same sliders."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ... import analysis, bptt, dynamics
from ...cells import lstm
from .. import plots
from ..exercises.three_cells import LONGEST, flow
from ..figures import minus, picture, rounded
from .controls import slider
from .live import live_figure
from .touch import area

VALUE, LONGEST_HOLD = 0.8, 100                  # what is to be held; the longest time
SEED = 11


class Held(NamedTuple):
    """A unit that holds a value under constant gates, t = 0 .. T."""

    cs: np.ndarray      # (T+1,)
    hs: np.ndarray      # (T+1,)
    share: np.ndarray   # (T+1,): f^t c_0, what is left of the value itself
    back: np.ndarray    # (T,): dh_T/dc_t for t < T
    half_life: float    # of the share


def held(f, i, o, T):
    """Hold 0.8 for T steps with the gates σ(f), σ(i), σ(o), while random candidates come by."""
    W_x = np.array([[0.0], [0.0], [1.0], [0.0]])                    # only the candidate sees the input
    p = lstm.Params(W_x, np.zeros((4, 1)), np.array([i, f, 0.0, o]))
    xs = np.random.default_rng(SEED).normal(size=(LONGEST_HOLD, 1))[:T]
    trace = bptt.forward(lstm, p, xs, (np.zeros(1), np.array([VALUE])))
    back = analysis.products(analysis.jacobians(lstm, p, trace))[:-1, 0, 1]
    share = VALUE * dynamics.retention(f, 1) ** np.arange(T + 1)
    return Held(trace.cs[:, 0], trace.hs[:, 0], share, back, float(dynamics.half_life(f)))


def hold_a_value():
    """Set the gates of one unit; see its memory over time, and the gradient that comes back."""
    read = lru_cache(64)(held)

    def describe(**values):
        run, T = read(**values), values["T"]
        f, i, o = (dynamics.retention(values[gate], 1) for gate in "fio")
        where = "in" if abs(run.cs[-1] - VALUE) <= VALUE / 10 else "not in"
        return (f"f = {f:.4f}, half-life {_steps(run.half_life)}; i = {i:.4f}, o = {o:.3f}. "
                f"After {T} steps c = {rounded(run.cs[-1], 3)} is {where} the band: {_size(run.share[-1])} "
                f"is left of the {VALUE}, the rest was written since. "
                f"h = {rounded(run.hs[-1], 3)}, dh_{T}/dc_0 = {_size(run.back[0])}.")

    def draw(left, right):
        update = plots.hold(left, right, LONGEST_HOLD, VALUE, VALUE / 10)
        return lambda **values: update(*read(**values))

    controls = {"f": slider("z^f forget gate", 3.0, -2.0, 10.0, 0.5),
                "i": slider("z^i input gate", -2.0, -10.0, 4.0, 0.5),
                "o": slider("z^o output gate", 0.0, -6.0, 6.0, 0.5),
                "T": slider("T steps", 100, 20, LONGEST_HOLD, 20)}
    touch = lambda left, right: [area(left, x="T"), area(right, x="T")]
    return live_figure(
        draw, controls, describe, size=(10.5, 3.1), panels=(1, 2), touch=touch,
        code=lambda f, i, o, T: f"widgets.held({f:g}, {i:g}, {o:g}, {T}).cs[-1]")


def gradient_flow(b=0.0, rho=1.0, T=100):
    """Turn the bias of the memory gates, the recurrent scale and the length for three cells at once."""
    read = lru_cache(64)(flow)

    def describe(**values):
        norms, through_c, half_life = read(**values)
        sizes = ", ".join(f"{name} {_size(norm[-1])}" for name, norm in norms.items())
        return (f"b = {values['b']:.1f}, half-life {_steps(half_life)}; ρ = {values['rho']:.2f}. After "
                f"{values['T']} steps back: {sizes}; the LSTM through c alone {_size(through_c[-1])}.")

    def draw(ax):
        update = plots.gradient_flow(ax, LONGEST)
        return lambda **values: update(*read(**values))

    controls = {"b": slider("b bias: keep", float(b), 0.0, 6.0, 0.5),
                "rho": slider("ρ recurrent scale", float(rho), 0.0, 2.0, 0.25),
                "T": slider("T steps", T, 10, LONGEST, 10)}
    touch = lambda ax: [area(ax, x="T")]
    return live_figure(draw, controls, describe, size=(11, 3.2), touch=touch, code=lambda b, rho, T: (
        f"widgets.flow({b:g}, {rho:g}, {T}).norms"))


def how_far_back(b=5, rho=1):
    """Choose how many steps back; see how strongly the last state of three cells depends on that one."""
    norms = flow(b, rho, LONGEST).norms

    def describe(k):
        sizes = ", ".join(f"{name} {_size(norm[k])}" for name, norm in norms.items())
        return (f"{k} step{'s' * (k != 1)} back: until the last step a small change of the state is "
                f"multiplied by at most: {sizes}.")

    return live_figure(
        lambda ax: plots.gradient_decay(ax, norms, 1e-6, 1e3), {"k": slider("k steps back", 40, 0, LONGEST)},
        describe, size=(10.5, 3.3), touch=lambda ax: [area(ax, x="k")])


def filling(steps=200, written=0.1, forget=0.9):
    """Draw a memory that is written to at every step, with an open forget gate and with another."""
    always, leaky = dynamics.carousel(steps, written), dynamics.carousel(steps, written, forget=forget)
    memories, slopes = {"f = 1": always.s, f"f = {forget}": leaky.s}, (always.slopes, leaky.slopes)
    dead = int(np.flatnonzero(always.slopes == 0)[0])
    return picture(
        lambda *axes: plots.filling(*axes, memories, slopes), size=(10.5, 3.9), panels=(1, 2),
        alt=f"A memory that is written {written} at every step. With f = 1 it climbs to {always.s[-1]:.0f}, "
        f"and the slope of its tanh falls to exactly 0 from step {dead} on. With f = {forget} it settles at "
        f"{leaky.s[-1]:.0f}, and the slope at {leaky.slopes[-1]:.2f}.")


def _size(number):
    """Write the size of a number that may be tiny."""
    return minus(f"{number:.2g}")


def _steps(number):
    """Write a number of steps."""
    return f"{number:.3g} step" + "s" * (f"{number:.3g}" != "1")
