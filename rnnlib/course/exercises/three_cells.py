"""Three networks of 8 units under the same settings, for notebook 10: its figures and an exercise."""

from functools import cache
from typing import NamedTuple

import numpy as np

from ... import analysis, bptt, dynamics
from ...cells import gru, lstm, rnn

UNITS, INPUTS, LONGEST, SEED = 8, 4, 100, 11


class Flow(NamedTuple):
    """How strongly the state of step T depends on the one k steps before, (T+1,) each, k = 0 .. T."""

    norms: dict             # by the cell's name, the largest singular value of ds_T/ds_{T-k}
    through_c: np.ndarray   # LSTM: the largest product of forget gates, the road through c alone
    half_life: float        # of a forget gate with nothing but its bias


@cache
def _blocks():
    """Return four orthogonal W_h (H, H), four W_x (H, D) and the inputs, for all settings the same."""
    rng = np.random.default_rng(SEED)
    W_h = [dynamics.orthogonal(rng, UNITS) for _ in range(4)]
    W_x = rng.normal(size=(4, UNITS, INPUTS)) / np.sqrt(INPUTS)
    return W_h, W_x, rng.normal(size=(LONGEST, INPUTS))


def three_cells(b, rho):
    """Return {name: (cell, p)} of an RNN, a GRU and an LSTM of 8 units, and their inputs (100, 4).

    Every recurrent block is rho times an orthogonal matrix; the RNN, the GRU's candidate and the LSTM's
    share theirs. b is the bias of the LSTM's forget gate and of the GRU's update gate, the others are 0.
    """
    W_h, W_x, xs = _blocks()
    zero = np.zeros(UNITS)

    def stacked(*which):
        return np.concatenate([W_x[n] for n in which]), rho * np.concatenate([W_h[n] for n in which])

    return {
        "RNN": (rnn, rnn.Params(*stacked(0), zero)),
        "GRU": (gru, gru.Params(*stacked(1, 2, 0), np.concatenate([zero, zero + b, zero]), zero)),
        "LSTM": (lstm, lstm.Params(*stacked(1, 2, 0, 3), np.concatenate([zero, zero + b, zero, zero]))),
    }, xs


def flow(b, rho, T):
    """Return the Flow of the three cells after T steps."""
    cells, xs = three_cells(b, rho)
    norms = {}
    for name, (cell, p) in cells.items():
        trace = bptt.forward(cell, p, xs[:T])
        back = analysis.products(analysis.jacobians(cell, p, trace))[::-1]
        norms[name] = analysis.singular_values(back, 1)[:, 0]
    f = lstm.split(trace.kept.gates)[1]                             # the LSTM came last
    through_c = np.concatenate([np.ones((1, UNITS)), np.cumprod(f[::-1], axis=0)]).max(axis=1)
    return Flow(norms, through_c, float(dynamics.half_life(b)))
