"""The widgets of notebook 8, the LSTM forward."""

import numpy as np

from ... import bptt, losses
from ...cells import lstm
from .. import plots
from ..figures import rounded
from .controls import choice, slider
from .live import live_figure
from .touch import area

_LOW = [str(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) for n in range(100)]
LETTERS = "()acopstuw"                          # what the bracket reader knows


def bracket_reader():
    """Return an LSTM with D = 10 symbols and H = 2 units whose weights are set by hand.

    Unit 1 is 1 inside a bracket; unit 2 counts the letters in it, and shows the count at its end.
    """
    i, f, g, o = range(4)                       # first axis: the gate; second axis: the unit
    W_x, W_h, b = np.zeros((4, 2, 10)), np.zeros((4, 2, 2)), np.full((4, 2), 12.0)
    b[i], b[o, 1] = -12, -12                    # these gates are closed until something opens them
    W_x[i, 0, 0], W_x[f, 0, 1] = 24, -24        # unit 1: "(" writes, ")" erases
    W_x[i, 1, :2], W_h[i, 1, 0] = -48, 36       # unit 2: letters write, while unit 1 is on
    W_x[f, 1, 0], W_x[o, 1, 1] = -24, 24        #         "(" erases, ")" shows
    return lstm.Params(W_x.reshape(8, 10), W_h.reshape(8, 2), b.reshape(8))


def read(text):
    """Return the trace of the bracket reader over a text."""
    xs = losses.one_hot([LETTERS.index(letter) for letter in text], len(LETTERS))
    return bptt.forward(lstm, bracket_reader(), xs)


def gates_over(text):
    """Choose a letter of a text; see the gates and states of the bracket reader there."""
    trace = read(text)
    i, f, _, o = lstm.split(trace.kept.gates)
    rows = *lstm.split(trace.kept.gates), trace.cs[1:], trace.hs[1:]
    table = np.stack(rows).transpose(2, 0, 1)                       # (units, 6, T)

    def does(t, unit):
        k, before, after = t - 1, trace.cs[t - 1, unit], trace.cs[t, unit]
        done = [f"erases {before:.0f}"] if f[k, unit] < 0.5 and before > 0.5 else []
        done += ["writes 1"] if i[k, unit] > 0.5 else [] if done else [f"keeps {after:.0f}"]
        told = f"shows {trace.hs[t, unit].round(3) + 0.0:.3g}" if o[k, unit] > 0.5 else "shows 0"
        return f"unit {unit + 1} {', '.join([*done, told])}"

    def describe(t):
        return f"Step {t} reads “{text[t - 1]}”: {does(t, 0)}; {does(t, 1)}."

    names = ["unit 1: inside a bracket?", "unit 2: letters in the bracket"]
    return live_figure(
        lambda *axes: plots.gate_tables(axes, text, table, names),
        {"t": slider("time step t", 1 + text.index(")"), 1, len(text))}, describe, size=(10.5, 3.3),
        panels=(2, 1), touch=lambda *axes: [area(ax, x="t", xs=range(len(text))) for ax in axes],
        code=lambda t: (f'at = widgets.lstm_forward.read("{text}").at({t - 1}); at.kept.gates, at.after'
                        "    # ifgo; h, c"))


def lstm_gates(c):
    """Set the four pre-activations of one unit whose memory is c; see what becomes of it."""
    p = lstm.Params(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4))

    def read(**z):
        z = np.array([z[gate] for gate in "ifgo"], dtype=float)
        after, kept = lstm.step(p, z, (np.zeros(1), np.array([float(c)])))
        return _unit((np.array(c, dtype=float)[None], *after), kept, 0)

    def describe(**z):
        v = read(**z)
        gates = ", ".join(f"{gate} = {rounded(v[gate])}" for gate in "ifgo")
        kept, written, c = (rounded(v[name]) for name in ("kept", "written", "c"))
        return (f"{gates}. c_t = f·c_(t−1) + i·g = {kept} + ({written}) = {c}. "
                f"h_t = o·tanh(c_t) = {rounded(v['h'], 3)}.")

    def draw(ax):
        update = plots.lstm_cell(ax, feeds=False)
        return lambda **z: update(read(**z))

    controls = {gate: slider(f"z^{gate} {word}", 0.0, -6.0, 6.0, 0.5)
                for gate, word in zip("ifgo", ("input gate", "forget gate", "candidate", "output gate"))}
    touch = lambda ax: [
        area(ax, y=gate, ys=np.linspace(*box[2:], len(controls[gate].values)), box=box)
        for gate, box in plots.gauge_boxes().items()]
    return live_figure(draw, controls, describe, size=(8.85, 3.4), touch=touch, code=lambda **z: (
        f"sigmoid({z['f']:g}) * {c:g} + sigmoid({z['i']:g}) * np.tanh({z['g']:g})    # c_t"))


def lstm_steps(trace, letters, names):
    """Step one sequence through an LSTM, a letter a step; names says what each unit is for."""
    T, units = len(letters), len(names)

    def read(t, unit):
        at = trace.at(t - 1)
        return _unit((at.before[1], *at.after), at.kept, unit)

    def describe(t, unit):
        v = read(t, unit)
        f, kept, before, i, written, c, o = (rounded(v[name]) for name in (
            "f", "kept", "before", "i", "written", "c", "o"))
        return (f"Step {t}, letter {letters[t - 1]}, unit {unit + 1}: f = {f} keeps {kept} of "
                f"c_{t - 1} = {before}; i = {i} writes {written}; c_{t} = {c}. "
                f"o = {o} shows h_{t} = {rounded(v['h'], 3)}.")

    def draw(ax):
        update = plots.lstm_cell(ax, letters)

        def show(t, unit):
            row = ", ".join(rounded(h, 3) for h in trace.hs[t - 1])
            inputs = (f"every gate sees the letter x{_LOW[t]} = “{letters[t - 1]}” "
                      f"and h{_LOW[t - 1]} = ({row}) of both units")
            return update(read(t, unit), inputs, t)

        return show

    unit = choice("unit", [(name, n) for n, name in enumerate(names)], value=units - 1)
    def touch(ax):
        xs, box = plots.letter_places(ax, T)
        return [area(ax, x="t", xs=xs, box=box)]

    return live_figure(
        draw, {"t": slider("time step t", 1, 1, T), "unit": unit}, describe, size=(10.5, 4.75), touch=touch,
        code=lambda t, unit: f"[a[{t - 1}, {unit}] for a in lstm.split(trace.kept.gates)]    # i, f, g, o")


def _unit(states, kept, n):
    """Return the numbers of unit n of a step; states are c_{t-1}, h_t, c_t."""
    before, h, c = (float(s[..., n]) for s in states)
    i, f, g, o = (float(a[..., n]) for a in lstm.split(kept.gates))
    z = [float(a[..., n]) for a in lstm.split(kept.zs)]
    return {"z": z, "i": i, "f": f, "g": g, "o": o, "before": before, "kept": f * before,
            "written": i * g, "c": c, "tanh_c": float(kept.tanh_cs[..., n]), "h": h}
