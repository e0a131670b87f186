"""Real-time recurrent learning: the gradient carried forward with the state (Williams & Zipser 1989).

    dstate_t/dp = J_t dstate_{t-1}/dp + ∂⁺state_t/∂p        the influence, (S, P)
    dL/dp       = sum_t dL_t/dstate_t · dstate_t/dp         dL_t/dstate_t: of the loss of step t alone

p is all P parameters in one row, the state all S numbers that the cell carries: h, or h and c side by side.
J_t is (S, S), ∂⁺ holds the state before still. Nothing of the past is kept but the influence, so a stream
may have no end. A step costs about S²P multiplications, where the backward pass needs some of P: notebook 18.
One stream at a time: there is no batch axis.

Any cell of `bptt` will do. Its step_backward, given the S unit vectors, returns the rows of J_t and the
deltas from which its gradient makes the rows of ∂⁺state_t/∂p.
"""

from typing import NamedTuple

import numpy as np

from . import bptt, doors, trees
from .doors import checks


class Carried(NamedTuple):
    """What goes from step to step: the state, and how it depends on every parameter."""

    state: tuple           # one array (H,) for each state of the cell
    influence: np.ndarray  # (S, P)


def start(cell, p, state=None):
    """Return the Carried before the first step: state as in bptt.forward, and no influence yet."""
    p, D, H = _checked("rtrl.start", cell, p)
    _, _, state, _ = doors.checked_inputs(cell, p, np.zeros((1, D), p.W_x.dtype), state, None)
    return Carried(state, np.zeros((H * len(state), sum(w.size for w in p)), p.W_x.dtype))


def step(cell, p, x, carried):
    """Read x (D,) and return the next Carried. p may differ from that of the step before."""
    where = "rtrl.step"
    p, D, H = _checked(where, cell, p, carried)
    S = H * len(cell.STATES)
    x = checks.number(where, "x", x, p.W_x.real.dtype)
    checks.shape(where, "x", x, (D,), f"W_x is {p.W_x.shape}", "One step of one stream." * (x.ndim > 1))
    trace = bptt.forward(cell, p, x[None], carried.state)            # T=1, which serves as the axis of units
    units = np.eye(S, dtype=trace.zs.dtype)
    try:
        back = cell.step_backward(p, tuple(np.split(units, len(cell.STATES), axis=1)), trace.at(slice(0, 1)))
    except Exception as error:
        doors.explain_step_back(where, cell, p, tuple(s[0] for s in trace.states), trace.at(0), error)
        raise
    delta, before, *handed = back
    rows = [doors.checked_gradient(where, cell, p, trace, delta[i:i + 1],
                                   *(part._make(a[i:i + 1] for a in part) for part in handed))
            for i in range(S)]
    now = np.stack([trees.flat(row) for row in rows])                # ∂⁺state_t/∂p
    J = np.concatenate(before, axis=1)
    influence = J @ carried.influence + now                          # forward mode: this line
    return Carried(tuple(s[1] for s in trace.states), influence)


def loss_gradient(cell, p, carried, *dstate):
    """Return the Params of the gradient of a loss that sends dstate into the present state.

    dstate is dL/dh (H,), and for a cell with two states possibly dL/dc as well.
    """
    where = "rtrl.loss_gradient"
    p, _, H = _checked(where, cell, p, carried)
    n = len(cell.STATES)
    if not 1 <= len(dstate) <= n:
        checks.fail(where, "dstate", f"1 to {n} arrays ({H},)", f"{len(dstate)} arrays", error=TypeError)
    row = 0
    for k, (name, d) in enumerate(zip(cell.STATES, dstate)):
        d = checks.number(where, f"d{name}", d, p.W_x.real.dtype)
        checks.shape(where, f"d{name}", d, (H,), f"there are H={H} units")
        row = row + d @ carried.influence[k * H:(k + 1) * H]
    ends = np.cumsum([w.size for w in p])[:-1]
    return p._make(part.reshape(w.shape) for part, w in zip(np.split(row, ends), p))


def gradient(cell, p, xs, dhs, state=None):
    """Return the params of bptt.backward(cell, p, trace, dhs), in one sweep forward and without the trace.

    xs (T, D) and dhs (T, H): what the loss of each step sends into h_t.
    """
    where = "rtrl.gradient"
    p, D, H = _checked(where, cell, p)
    xs, dhs = (checks.number(where, name, a, p.W_x.real.dtype) for name, a in (("xs", xs), ("dhs", dhs)))
    if xs.ndim != 2 or xs.shape[1] != D or not len(xs):
        hint = "One sequence at a time: there is no batch axis." * (xs.ndim > 2)
        checks.fail(where, "xs", f"(T, {D}) with T >= 1", checks.short(xs), hint)
    checks.shape(where, "dhs", dhs, (len(xs), H), f"xs is {xs.shape}")
    carried, total = start(cell, p, state), None
    for x, dh in zip(xs, dhs):
        carried = step(cell, p, x, carried)
        part = loss_gradient(cell, p, carried, dh)
        total = part if total is None else p._make(a + b for a, b in zip(total, part))
    return total


def _checked(where, cell, p, *carried):
    """Return p, D and H, for a cell that can be driven both ways, and whose influence may be carried."""
    doors.check_cell(where, cell, "step", "step_backward", "gradient")
    p, D, H = doors.check_params(where, cell, p)
    S, P = H * len(cell.STATES), sum(w.size for w in p)
    for given in carried:
        if not isinstance(given, Carried) or np.shape(given.influence) != (S, P):
            expected = f"a Carried whose influence is ({S}, {P}), as rtrl.start makes it"
            checks.fail(where, "carried", expected, checks.short(getattr(given, "influence", given)))
    return p, D, H
