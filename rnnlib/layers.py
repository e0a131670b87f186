"""Several layers, two directions: compositions of the recursion in `bptt`, which stays the only one.

Layer l reads x_t^l (..., D_l), the first one x_t^1 = x_t. It has one direction or two, each of H units with
parameters and an initial state of its own; → and ← tell them apart:

    forward    h_t^→ = step(x_t^l, h_{t-1}^→),   t = 1 .. T,   from h_0^→           (..., H)
    reverse    h_t^← = step(x_t^l, h_{t+1}^←),   t = T .. 1,   from h_{T+1}^←       (..., H)
    output     y_t^l = h_t^→ (..., H),  or the two joined, [h_t^→, h_t^←]          (..., 2H)
    upwards    x_t^{l+1} = m_t^l ⊙ y_t^l,   m the dropout of the gap above l, if any

Only h goes up: the c of an LSTM stays in its layer and direction. A step that the mask leaves out carries
both, h_t^→ = h_{t-1}^→ and h_t^← = h_{t+1}^←; at all others the reverse direction is that of
`sequences.reverse`, within the mask. The way back is from the top down: dL/dy_t^l is cut into the two
directions, `bptt` returns from each its part of dL/dx_t^l, the parts are added, and the layer below receives
dL/dy_t^{l-1} = m_t^{l-1} ⊙ dL/dx_t^l.

p is a tuple of one entry for each layer: the cell's Params, or a pair (forward, reverse) of them; states and
gradients are nested alike. Two directions: Schuster & Paliwal 1997; dropout between layers only: Zaremba et
al. 2014.
"""

from dataclasses import dataclass

import numpy as np

from . import bptt, doors
from .doors import checks


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a forward pass computed: a bptt.Trace for each run. Its arrays are read-only."""

    runs: tuple          # for each layer a tuple of 1 or 2; the second is in its own order, t = T first
    dropout: tuple       # for each gap between layers an array, or None
    outputs: np.ndarray  # y_t of the last layer, (T, ..., H) or (T, ..., 2H)

    @property
    def last(self):
        """The states after the last step of each run (of a reverse one: after t = 1), nested as p."""
        return _nested([tuple(s[-1] for s in run.states) for run in runs] for runs in self.runs)

    def __repr__(self):
        directions = ", ".join(str(len(runs)) for runs in self.runs)
        return f"Trace(xs {self.runs[0][0].xs.shape}, directions {directions}, outputs {self.outputs.shape})"


def forward(cell, p, xs, state=None, mask=None, dropout=None):
    """Run the layers over xs (T, ..., D) and return the Trace.

    state, nested as p, has for each run what bptt.forward takes: h0 (..., H), or (h0, c0). None, for all or
    for one, is zeros. mask (T, ...) of bools, as in bptt.forward; `sequences` makes it from lengths.
    dropout: a tuple of one array for each gap between layers, (T, ..., n) for the n outputs below it, or
    (1, ..., n) for the same at all steps. It is drawn by you, and scaled: (rng.random(size) < keep) / keep.
    """
    layers, ys, state, mask, dropout = doors.checked_stack(cell, p, xs, state, mask, dropout)
    traces = []
    for params, states, scale in zip(layers, state, (None, *dropout), strict=True):
        ys = ys if scale is None else scale * ys
        runs = tuple(bptt.forward(cell, q, _turned(ys, k), s, _turned(mask, k))
                     for k, (q, s) in enumerate(zip(params, states, strict=True)))
        ys = np.concatenate([_turned(run.hs[1:], k) for k, run in enumerate(runs)], axis=-1)
        traces.append(runs)
    for array in (ys, *(scale for scale in dropout if scale is not None)):
        array.flags.writeable = False
    return Trace(tuple(traces), dropout, ys)


def backward(cell, p, trace, dhs, *, dlast=None):
    """Return the bptt.Gradient of the loss that injects dhs, shaped as trace.outputs; params and state as p.

    dlast, nested as p, is what a loss sends into the states after the last step of each run, trace.last;
    None, for all or for one, is nothing.
    """
    if not isinstance(trace, Trace):
        checks.fail("layers.backward", "trace", "a Trace from layers.forward", checks.short(trace),
                    error=TypeError)
    layers, dys, dlast = doors.checked_layer_injections(cell, p, trace, dhs, dlast)
    found = []
    for params, runs, ends, scale in reversed(
            list(zip(layers, trace.runs, dlast, (None, *trace.dropout), strict=True))):
        parts = np.split(dys, [runs[0].hs.shape[-1]], axis=-1)     # of one direction the second is empty
        gradients = [bptt.backward(cell, q, run, _turned(part, k), dlast=d)
                     for k, (q, run, part, d) in enumerate(zip(params, runs, parts, ends))]
        dys = sum(_turned(g.xs, k) for k, g in enumerate(gradients))
        dys = dys if scale is None else scale * dys
        found.insert(0, gradients)
    return bptt.Gradient(_nested([g.params for g in layer] for layer in found), dys,
                         _nested([g.state for g in layer] for layer in found))


def _turned(a, k):
    """Return a (T, ...) with time reversed for the second direction."""
    return a[::-1] if k and a is not None else a


def _nested(layers):
    """Return lists of 1 or 2, one for each layer, nested as p is: without a tuple around one alone."""
    return tuple(tuple(runs) if len(runs) == 2 else runs[0] for runs in layers)
