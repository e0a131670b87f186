"""The widgets of notebook 9, the LSTM, backward."""

import numpy as np

from ... import bptt
from ...cells import lstm
from .. import plots
from ..figures import picture, rounded
from .controls import choice, slider
from .live import live_figure
from .touch import area, spot

_GATES = {"input i": 0, "forget f": 1, "candidate g": 2, "output o": 3}
_MOVES = {
    1: "h_t is used by its own loss and by step t+1: dL/dh_t adds what both send back",
    2: "beside o_t stands tanh(c_t), so δ^o is dL/dh_t times tanh(c_t), times the slope o(1−o) of the gate",
    3: "c_t is used by h_t and by step t+1: dL/dc_t adds what comes through h_t, times o_t(1−tanh²(c_t)), "
       "and what comes along the cell",
    4: "each of i_t, f_t, g_t receives dL/dc_t times its partner in c_t, times its own slope",
    5: "two roads lead to step t−1: dL/dc_t times f_t goes to c_(t−1), and the four deltas go through W_h^T "
       "to h_(t−1)",
}


def lstm_roads():
    """Go back through one step of an LSTM in five moves, in symbols."""
    return live_figure(
        plots.lstm_back, {"move": slider("backward move", 5, 1, 5)},
        lambda move: f"Move {move} of 5: {_MOVES[move]}.", size=(7.5, 3.36),
        touch=lambda ax: [spot(ax, box, move=stage) for stage, box in plots.back_boxes().values()])


def lstm_walk_back(p, trace, own):
    """Walk back through an LSTM of one unit and one sequence, five moves a step, from T down to 1.

    trace has xs (T, 1); own (T, 1) is dL_t/dh_t, what each step's own loss injects.
    """
    T, h, c, gates = len(own), trace.hs[:, 0], trace.cs[:, 0], trace.kept.gates
    delta, dh, dc, by_h, by_c = _both_roads(p, trace, own)

    def step_and_stage(move):
        return T - (move - 1) // 5, 1 + (move - 1) % 5

    def boxes(move):
        t, stage = step_and_stage(move)
        k, show = t - 1, lambda number, at: number if stage >= at else None
        found = {
            "c_before": (f"c_{k}", c[k], r"\leftarrow", show(by_c[k], 5)),
            "h_before": (f"h_{k}", h[k], r"\leftarrow", show(by_h[k], 5)),
            "c": (f"c_{t}", c[t], f"dL/dc_{t} =", show(dc[k], 3)),
            "h": (f"h_{t}", h[t], f"dL/dh_{t} =", show(dh[k], 1)),
        }
        for n, gate in enumerate("ifgo"):
            at = 2 if gate == "o" else 4
            found[gate] = (f"{gate}_{t}", gates[k, n], rf"\delta_{t}^{gate} =", show(delta[k, n], at))
        return found

    def describe(move):
        t, stage = step_and_stage(move)
        k, n = t - 1, t + 1
        later = [f"step {n} sends {road[t]:.3f} by its {name}" for road, name in (
            (by_h, "four gates"), (by_c, "forget gate"))] if t < T else ["no later step sends anything"] * 2
        i, f, g, o = gates[k]
        said = {
            1: f"its own loss injects {own[k, 0]:.3f}, {later[0]}: dL/dh_{t} = {dh[k]:.3f}",
            2: f"dL/dh_{t} times tanh(c_{t}) = {np.tanh(c[t]):.3f}, times the slope o(1−o) = "
               f"{o * (1 - o):.3f}: δ_{t}^o = {delta[k, 3]:.3f}",
            3: f"through h_{t} comes {dc[k] - by_c[t]:.3f}, {later[1]}: dL/dc_{t} = {dc[k]:.3f}",
            4: f"dL/dc_{t} times the partner in c_{t}, times the slope: δ_{t}^f = {delta[k, 1]:.3f} "
               f"(partner c_{k}), δ_{t}^i = {delta[k, 0]:.3f} (g_{t}), δ_{t}^g = {delta[k, 2]:.3f} (i_{t})",
            5: f"two roads to step {k}: f_{t} dL/dc_{t} = {by_c[k]:.3f} to c_{k}, "
               f"and the four deltas times w_h = {by_h[k]:.3f} to h_{k}",
        }[stage]
        return f"Step {t}, move {stage} of 5: {said}.".replace("-", "−")

    def code(move):
        (t, stage), delta = step_and_stage(move), "bptt.deltas(lstm, p1, run, own)[0]"
        return {1: f"own[{t - 1}]" + f" + {delta}[{t}] @ p1.W_h" * (t < T), 2: f"{delta}[{t - 1}, 3]",
                3: "dc = dh * o * (1 - np.tanh(c) ** 2) + dc_next    # a line of the loop",
                4: f"{delta}[{t - 1}, :3]", 5: f"{delta}[{t - 1}] @ p1.W_h"}[stage]

    def of_this_step(stage):                # a box leads to its move; the last ones lead on, to step t-1
        def move_to(move):
            now = 5 * ((move - 1) // 5) + stage
            return min(move + 1, 5 * T) if stage == 5 and now == move else now
        return move_to

    return live_figure(
        lambda ax: plots.lstm_back(ax, [boxes(move) for move in range(1, 5 * T + 1)]),
        {"move": slider("backward move", 1, 1, 5 * T)}, describe, code=code, size=(10.5, 4.7),
        touch=lambda ax: [spot(ax, box, move=of_this_step(stage))
                          for stage, box in plots.back_boxes().values()])


def _both_roads(p, trace, own):
    """Return delta (T, 4), dL/dh_t and dL/dc_t (T,), and what step t+1 sends back to h_t and c_t (T+1,)."""
    delta = bptt.deltas(lstm, p, trace, own)[0]                             # i, f, g, o
    by_h, T = np.append(delta @ p.W_h[:, 0], 0.0), len(own)
    by_c, dh, dc = np.zeros(T + 1), own[:, 0] + by_h[1:], np.zeros(T)
    for t in reversed(range(T)):
        _, f, _, o = trace.kept.gates[t]
        dc[t] = dh[t] * o * (1 - np.tanh(trace.cs[t + 1, 0]) ** 2) + by_c[t + 1]
        by_c[t] = f * dc[t]
    return delta, dh, dc, by_h, by_c


def gate_delta_table(parts):
    """Choose open roads, a gate and a loss; parts is {roads: (T, T, 4)}, what loss s sent to step t."""
    T = len(next(iter(parts.values())))
    limit = max(np.abs(part).max() for part in parts.values())
    names = list(_GATES)

    def describe(roads, gate, s):
        letter, row = gate[-1], parts[roads][s - 1, :s, _GATES[gate]]
        numbers = ", ".join(rounded(number, 3) for number in row[::-1])
        where = f"from step {s} back to 1" if s > 1 else "at step 1 alone"
        return f"Roads open: {roads}. Loss {s} sends to δ^{letter}, {where}: {numbers}."

    def draw(ax):
        update = plots.gate_table(ax, parts[next(iter(parts))][..., _GATES[names[1]]], limit)
        return lambda roads, gate, s: update(parts[roads][..., _GATES[gate]], s)

    controls = {
        "roads": choice("roads open", list(parts)),
        "gate": choice("gate", names, value=names[1]),
        "s": slider("loss step s", T, 1, T),
    }
    touch = lambda ax: [area(ax, y="s", ys=range(T))]
    return live_figure(draw, controls, describe, size=(9, 4.7), touch=touch, code=lambda roads, gate, s: (
        f"parts[{roads!r}][{s - 1}, :{s}, {_GATES[gate]}]    # rows and columns count from 0"))


def slips(errors):
    """Draw relative errors {slip: (4, T)} of delta by gate and step."""
    T = next(iter(errors.values())).shape[1]
    first = {name: [int(np.flatnonzero(row > 1e-12).max(initial=-1)) + 1 for row in rows]
             for name, rows in errors.items()}
    told = "; ".join(f"{name}: " + ", ".join(map(str, steps)) for name, steps in first.items())
    return picture(
        lambda *axes: plots.slip_tables(*axes, errors=errors), size=(10.5, 3.9), panels=(1, len(errors)),
        alt=f"Relative error of delta by gate and step. Walking back from t = {T}, the gates i, f, g, o are "
        f"first wrong at the steps: {told}.")


def readings(sizes, errors):
    """Draw the error of the gradient over the size of the memory, sizes (n,), errors {reading: (n,)}."""
    ends = f"from |c| = {sizes[0]:.1g} to |c| = {sizes[-1]:.0f}"
    told = "; ".join(f"{name}: {error[0]:.0e} to {error[-1]:.0e}" for name, error in errors.items())
    return picture(lambda ax: plots.reading_errors(ax, sizes, errors, (8, 25)),
                   alt=f"Relative error of the gradient over the largest |c|, {ends}. {told}.")
