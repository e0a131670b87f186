"""Backpropagation through time: the recursion, once, for every cell.

Forward, from the state h_0:      state_t = step(W_x x_t + b, state_{t-1}),   t = 1 .. T
Backward, from dL/dh_t as the     delta_t = dL/dz_t, computed from t = T down to 1: step t receives
loss injects it at each step:     its own injection plus what step t+1 sends back.

Time comes first, features last, batch axes between: xs (T, ..., D), dhs (T, ..., H). Row t of an
array with T rows is step t+1 of the formulas; the states have T+1 rows, and row 0 is the initial state.

A cell is anything (a module, a class) with
    Params, shapes(D, H)       the parameters; W_x (G*H, D), W_h (G*H, H) and b (G*H,) for G gates;
                               no W_h where no matrix takes h_{t-1} to z_t
    STATES                     the names of its states: ("h",) or ("h", "c")
    step(p, u, state)          -> state, kept;  u = W_x x_t + b; the first thing kept is z_t
    step_backward(p, dstate, at)  -> delta_t, dstate_before;  `at` holds before, after, kept
    gradient(trace, delta)     -> Params
Both steps must work for any leading axes. Where a parameter acts elsewhere than in z_t (the gain of a
layer norm, a projection), step_backward hands over a third value, a NamedTuple of the arrays that its
gradient needs; what comes out of the loop is then the third argument of gradient, a row for each step.
The method: Werbos 1990; chunks: Williams & Peng 1990.
"""

from typing import NamedTuple

import numpy as np

from . import doors
from .doors import checks
from .trace import Trace

SHAPES = "the shapes that a step of the cell returns change from step to step"


class Gradient(NamedTuple):
    """The gradient of a loss with respect to everything the forward pass was given."""

    params: tuple   # the cell's Params
    xs: np.ndarray  # (T, ..., D)
    state: tuple    # one array (..., H) per state of the cell


def forward(cell, p, xs, state=None, mask=None):
    """Run the cell over xs (T, ..., D) and return the Trace.

    state is h0 (..., H), or the tuple (h0, c0) for a cell with two states; None means zeros.
    xs (T, D) is one sequence without a batch axis. Lists and integers become the parameters' dtype.
    mask (T, ...) of bools: where it is False the step is left out and the state carried unchanged,
    as Keras does; `sequences` makes masks from lengths.
    """
    p, xs, state, mask = doors.checked_inputs(cell, p, xs, state, mask)
    state = tuple([s.view() for s in state])
    for s in state:
        s.setflags(write=False)                       # a step that writes into it would change row 0
    try:
        trace = unroll(cell, p, xs.copy(), state, mask, tuple([w.tobytes() for w in p]))
        as_given = [s.shape[1:] for s in trace.states] == [s.shape for s in state]
        error = None if as_given and trace.zs.shape[-1] == len(p.b) else ValueError(SHAPES)
    except Exception as inside:
        error = inside
    if error is not None:
        doors.explain_step("bptt.forward", cell, p, xs[0] @ p.W_x.T + p.b, state, error)
        raise error
    for array in (trace.xs, *trace.states, *trace.kept, *(() if mask is None else (mask,))):
        array.setflags(write=False)
    return trace


def unroll(cell, p, xs, state, mask=None, p_bytes=None):
    """Run the cell without checks; p may be a stack of parameters, as gradcheck uses it."""
    us = _affine(p, xs)                               # W_x x_t + b for all t at once
    T, dtype, weights = len(us), np.result_type(us, *p, *state), _for_steps(p, us)
    for t, u in enumerate(us):
        before, (state, kept) = state, cell.step(weights, u, state)
        if t == 0:
            states = [_rows(T + 1, s, dtype) for s in state]
            for array, s in zip(states, before, strict=True):
                array[0] = s
            z, *others = kept
            free = not any(np.may_share_memory(s, us) for s in state)
            zs = us if free and (us.shape[1:], us.dtype) == (z.shape, dtype) else _rows(T, z, dtype)
            keeps = [zs, *[_rows(T, k, dtype) for k in others]]      # z_t takes the place of u_t
        if mask is not None:
            state = _where(mask[t], state, before)
        for array, s in zip(states, state):
            array[t + 1] = s
        for array, k in zip(reversed(keeps), reversed(kept)):       # z_t last: others may be made of u_t
            array[t] = k
    return Trace(xs, tuple(states), kept._make(keeps), mask, p, p_bytes)


def _rows(n, a, dtype):
    """Return room for n arrays like a."""
    return np.empty((n, *a.shape), dtype)


def _for_steps(p, us):
    """Return p with W_h laid out for h @ W_h.mT, which is quicker where h has several rows."""
    if "W_h" not in p._fields or p.W_h.ndim > 2 or us[0].size == us.shape[-1]:
        return p
    return p._replace(W_h=np.asfortranarray(p.W_h))


def _affine(p, xs):
    """Return W_x x + b for all rows, b added in place unless p is a stack or partly complex."""
    us = _applied(p.W_x.mT, xs)
    return np.add(us, p.b, out=us if (p.b.ndim, p.b.dtype) == (1, us.dtype) else None)


def _applied(M, a):
    """Return a @ M, for all rows of a in one product unless M is a stack of matrices."""
    if M.ndim > 2:
        return a @ M
    return (a.reshape(-1, a.shape[-1]) @ M).reshape(*a.shape[:-1], M.shape[-1])


def _where(mask, here, else_):
    """Choose between two tuples of states, sequence by sequence."""
    return tuple(np.where(mask[..., None], a, b) for a, b in zip(here, else_, strict=True))


def _step_back(cell, p, dstate, at, mask):
    """Call step_backward; a masked step has delta 0 and hands on what it received."""
    if mask is None:
        return cell.step_backward(p, dstate, at)
    delta, before, *handed = cell.step_backward(p, tuple(d * mask[..., None] for d in dstate), at)
    return delta, _where(mask, before, dstate), *handed


def _put(rows, t, part, T):
    """Add part to row (or rows) t of what was handed over so far."""
    single = isinstance(t, int)
    if rows is None:
        rows = part._make(np.zeros((T, *a.shape[not single:]), a.dtype) for a in part)
    for row, a in zip(rows, part, strict=True):
        row[t] += a
    return rows


def deltas(cell, p, trace, dhs, *, window=None, chunks=None, dlast=None):
    """Backpropagate dhs = dL/dh_t (T, ..., H) as the loss injects it, not as it arrives.

    Returns delta = dL/dz_t (T, ..., G*H) and dL/d(initial state), a tuple; and third, what the cell
    hands over besides, if it does.
    dlast, shaped like the initial state, is what a loss beyond the last step sends into it.

    window=K: the loss of step t reaches the K steps t, t-1, ..., t-K+1. Step t itself counts: K=1
        sends nothing through time, K=T is the full gradient.
    chunks=(k1, k2): after every k1 steps, and at the end, the losses of the steps since the last
        time go back together, through the last k2 steps and no further; k1 <= k2. (1, K) is window=K.
    In both, the state that enters the stretch is a constant; the initial state is reached only from
    stretches that begin at the first step.
    """
    where = "bptt.deltas"
    p, dhs, dlast = doors.checked_injections(where, cell, p, trace, dhs, dlast)
    T = len(trace.xs)
    if window is not None and chunks is not None:
        checks.fail(where, "window", "None where chunks is given", checks.short(window))
    if window is not None:
        return _windowed(cell, p, trace, dhs, dlast, checks.whole(where, "window", window, 1, T, "T="))
    k1, k2 = (T, T) if chunks is None else doors.checked_chunks(where, chunks, T)

    try:
        return _deltas(cell, p, trace, dhs, dlast, k1, k2)
    except Exception as error:
        dstate = (dlast[0] + dhs[-1], *dlast[1:])
        doors.explain_step_back(where, cell, p, dstate, trace.at(-1), error)
        raise


def _deltas(cell, p, trace, dhs, dlast, k1, k2):
    T, steps, mask = len(trace.xs), trace.steps(), trace.mask
    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial, handed = _zeros(dlast), None
    for start in range(0, T, k1):
        end = min(start + k1, T)
        carry = dlast if end == T else _zeros(dlast)
        stop = max(end - k2, 0)
        for t in reversed(range(stop, end)):
            dstate = (carry[0] + dhs[t], *carry[1:]) if t >= start else carry
            part, carry, *more = _step_back(cell, p, dstate, steps[t], None if mask is None else mask[t])
            delta[t] = part if t >= start else delta[t] + part      # before start it has parts already
            if more:
                handed = _put(handed, t, *more, T)
        if stop == 0:
            dinitial = _sums(dinitial, carry)
    if part.shape != delta.shape[1:] or [c.shape for c in carry] != [d.shape for d in dlast]:
        raise ValueError(SHAPES)
    return delta, dinitial, *([] if handed is None else [handed])


def lags(cell, p, trace, dhs, dlast=None):
    """Generate, for k = 0, 1, ..., T-1, what the loss k steps later contributes.

    Each item is (part, dinitial): part (T-k, ..., G*H), whose row t is the part of delta_t that the
    loss of step t+k sent back; and what the loss of step k sends to the initial state. One product
    per lag, for all t at once. Summed over all k they are delta; over k < K, the window K. Third comes
    what the cell hands over besides, if it does. dhs (T, ..., H) and dlast as in deltas.
    """
    p, dhs, dlast = doors.checked_injections("bptt.lags", cell, p, trace, dhs, dlast)
    return _lags(cell, p, trace, dhs, dlast)


def _lags(cell, p, trace, dhs, dlast):
    T = len(trace.xs)
    dstates = [np.zeros(s[1:].shape, np.result_type(s, dhs)) for s in trace.states]
    dstates[0] += dhs
    for ds, d in zip(dstates, dlast, strict=True):
        ds[-1] += d
    carry = tuple(dstates)
    for k in range(T):
        mask = None if trace.mask is None else trace.mask[: T - k]
        part, before, *handed = _step_back(cell, p, carry, trace.at(slice(0, T - k)), mask)
        yield part, tuple(b[0] for b in before), *handed
        carry = tuple(b[1:] for b in before)          # the state before step t is that after step t-1


def lagged_deltas(cell, p, trace, dhs, lags_wanted):
    """Return the first lags_wanted lags as one array (lags_wanted, T, ..., G*H), zero where t+k >= T."""
    where = "bptt.lagged_deltas"
    p, dhs, dlast = doors.checked_injections(where, cell, p, trace, dhs, None)
    T = len(trace.xs)
    K = checks.whole(where, "lags_wanted", lags_wanted, 1, T, "T=")
    lagged = np.zeros((K, *trace.zs.shape), np.result_type(trace.zs, dhs))
    for k, (part, *_) in zip(range(K), _lags(cell, p, trace, dhs, dlast), strict=False):
        lagged[k, : T - k] = part
    return lagged


def by_loss(lagged):
    """Rearrange lagged (K, T, ...), as lagged_deltas returns it, to (T, T, ...).

    Row s, column t is what loss s+1 sent to step t+1.
    """
    lagged = checks.array("bptt.by_loss", "lagged", lagged)
    K, T = lagged.shape[:2] if lagged.ndim > 1 else (1, 0)
    if K > T:
        checks.fail("bptt.by_loss", "lagged", "(K, T, ...) with K <= T", checks.short(lagged))
    parts = np.zeros((T, *lagged.shape[1:]), lagged.dtype)
    for k in range(K):
        t = np.arange(T - k)
        parts[t + k, t] = lagged[k, t]
    return parts


def gradient(cell, p, trace, delta, dinitial, *handed):
    """Turn what deltas returned, delta (T, ..., G*H), dinitial and what is handed over, into the Gradient.

    It takes one product for each weight, over all steps and sequences.
    """
    where = "bptt.gradient"
    p = doors.check_trace(where, cell, p, trace)
    delta = checks.number(where, "delta", delta, trace.zs.real.dtype)
    checks.shape(where, "delta", delta, trace.zs.shape, "as trace.zs")
    dinitial = doors.checked_states(where, "dinitial", cell, dinitial, trace)
    return _gradient(cell, p, trace, delta, dinitial, *handed)


def _gradient(cell, p, trace, delta, dinitial, *handed):
    params = doors.checked_gradient("bptt.gradient", cell, p, trace, delta, *handed)
    dxs = _applied(np.ascontiguousarray(p.W_x), delta)      # W_x^T delta_t, as rows
    return Gradient(params, dxs, dinitial)


def backward(cell, p, trace, dhs, **options):
    """Return the Gradient of the loss that injects dhs (T, ..., H); options as in deltas."""
    return _gradient(cell, p, trace, *deltas(cell, p, trace, dhs, **options))


def _windowed(cell, p, trace, dhs, dlast, K):
    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial, handed, T = _zeros(dlast), None, len(trace.xs)
    for _, (part, first, *more) in zip(range(K), _lags(cell, p, trace, dhs, dlast), strict=False):
        delta[: len(part)] += part
        dinitial = _sums(dinitial, first)
        if more:
            handed = _put(handed, slice(0, len(part)), *more, T)
    return delta, dinitial, *([] if handed is None else [handed])


def _zeros(arrays):
    return tuple([np.zeros(a.shape, a.dtype) for a in arrays])


def _sums(a, b):
    return tuple([x + y for x, y in zip(a, b, strict=True)])
