"""The widgets of notebook 8, the LSTM forward."""

import numpy as np

from ...cells import lstm
from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area


def lstm_gates(c):
    """Set the four pre-activations of one unit whose memory is c; see what becomes of it."""
    p = lstm.Params(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4))

    def read(**z):
        z = np.array([z[gate] for gate in "ifgo"], dtype=float)
        after, kept = lstm.step(p, z, (np.zeros(1), np.array([float(c)])))
        return _unit((np.array(c, dtype=float)[None], *after), kept, 0)

    def describe(**z):
        v = read(**z)
        gates = ", ".join(f"{gate} = {_plain(v[gate])}" for gate in "ifgo")
        return (f"{gates}. "
                f"c_t = f·c_(t−1) + i·g = {_plain(v['kept'])} + ({_plain(v['written'])}) = {_plain(v['c'])}. "
                f"h_t = o·tanh(c_t) = {_plain(v['h'], 3)}.")

    def draw(ax):
        update = plots.lstm_cell(ax, feeds=False)
        return lambda **z: update(read(**z))

    controls = {gate: slider(f"z^{gate} {word}", 0.0, -6.0, 6.0, 0.5)
                for gate, word in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"))}
    touch = lambda ax: [
        area(ax, y=gate, ys=np.linspace(*box[2:], len(controls[gate].values)), box=box)
        for gate, box in plots.gauge_boxes().items()]
    return live_figure(draw, controls, describe, size=(10.5, 4.05), touch=touch, code=lambda **z: (
        f"sigmoid({z['f']:g}) * {c:g} + sigmoid({z['i']:g}) * np.tanh({z['g']:g})    # c_t"))


def lstm_steps(trace, letters, names):
    """Step one sequence through an LSTM, a letter a step; names says what each unit is for."""
    T, units = len(letters), len(names)

    def read(t, unit):
        at = trace.at(t - 1)
        return _unit((at.before[1], *at.after), at.kept, unit)

    def describe(t, unit):
        v = read(t, unit)
        f, kept, before, i, written, c, o = (_plain(v[name]) for name in (
            "f", "kept", "before", "i", "written", "c", "o"))
        return (f"Step {t}, letter {letters[t - 1]}, unit {unit + 1}: f = {f} keeps {kept} of "
                f"c_{t - 1} = {before}; i = {i} writes {written}; c_{t} = {c}. "
                f"o = {o} shows h_{t} = {_plain(v['h'], 3)}.")

    def draw(ax):
        update = plots.lstm_cell(ax, letters)

        def show(t, unit):
            row = ", ".join(_plain(h, 3) for h in trace.hs[t - 1])
            inputs = (f"every gate sees the letter $x_{{{t}}}$ = “{letters[t - 1]}” "
                      f"and both states, $h_{{{t - 1}}}$ = ({row})")
            return update(read(t, unit), inputs, t)

        return show

    unit = choice("unit", [(name, n) for n, name in enumerate(names)], value=units - 1)
    def touch(ax):
        xs, box = plots.letter_places(ax, T)
        return [area(ax, x="t", xs=xs, box=box)]

    return live_figure(
        draw, {"t": slider("time step t", 1, 1, T), "unit": unit}, describe, size=(10.5, 4.75), touch=touch,
        code=lambda t, unit: f"[a[{t - 1}, {unit}] for a in lstm.split(trace.kept.gates)]    # i, f, g, o")


def _plain(value, decimals=2):
    """Write a rounded number with a true minus sign, and never a minus zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def _unit(states, kept, n):
    """Return the numbers of unit n of a step; states are c_{t-1}, h_t, c_t."""
    before, h, c = (float(s[..., n]) for s in states)
    i, f, g, o = (float(a[..., n]) for a in lstm.split(kept.gates))
    z = [float(a[..., n]) for a in lstm.split(kept.zs)]
    return {"z": z, "i": i, "f": f, "g": g, "o": o, "before": before, "kept": f * before,
            "written": i * g, "c": c, "tanh_c": float(kept.tanh_cs[..., n]), "h": h}
