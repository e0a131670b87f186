"""Backpropagation through time: the recursion, once, for every cell.

Forward, from the state h_0:      state_t = step(W_x x_t + b, state_{t-1}),   t = 1 .. T
Backward, from dL/dh_t as the     delta_t = dL/dz_t, computed from t = T down to 1: step t receives
loss injects it at each step:     its own injection plus what step t+1 sends back.

Time comes first, features last, batch axes between: xs (T, ..., D), dhs (T, ..., H). Row t of an
array with T rows is step t+1 of the formulas; the states have T+1 rows, and row 0 is the initial state.

A cell is anything (a module, a class) with
    Params, shapes(D, H)       the parameters; W_x (G*H, D), W_h (G*H, H) and b (G*H,) for G gates
    STATES                     the names of its states: ("h",) or ("h", "c")
    step(p, u, state)          -> state, kept;  u = W_x x_t + b; the first thing kept is z_t
    step_backward(p, dstate, at)  -> delta_t, dstate_before;  `at` holds before, after, kept
    gradient(trace, delta)     -> Params
Both steps must work for any leading axes. The method: Werbos 1990; chunks: Williams & Peng 1990.
"""

from typing import NamedTuple

import numpy as np

from . import doors
from .doors import checks
from .trace import Trace


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
    trace = unroll(cell, p, xs.copy(), state, mask, tuple(w.tobytes() for w in p))
    for array in (trace.xs, *trace.states, *trace.kept, *(() if mask is None else (mask,))):
        array.flags.writeable = False
    return trace


def unroll(cell, p, xs, state, mask=None, p_bytes=None):
    """Run the cell without checks; p may be a stack of parameters, as gradcheck uses it."""
    us = _applied(p.W_x.mT, xs) + p.b                 # W_x x_t + b for all t at once
    T, dtype = len(us), np.result_type(us, *p, *state)
    for t, u in enumerate(us):
        before, (state, kept) = state, cell.step(p, u, state)
        if t == 0:
            states = tuple(np.empty((T + 1, *s.shape), dtype) for s in state)
            keeps = kept._make(np.empty((T, *k.shape), dtype) for k in kept)
            for array, s in zip(states, before, strict=True):
                array[0] = s
        if mask is not None:
            state = _where(mask[t], state, before)
        for array, s in zip(states, state):
            array[t + 1] = s
        for array, k in zip(keeps, kept):
            array[t] = k
    return Trace(xs, states, keeps, mask, p, p_bytes)


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
    delta, before = cell.step_backward(p, tuple(d * mask[..., None] for d in dstate), at)
    return delta, _where(mask, before, dstate)


def deltas(cell, p, trace, dhs, *, window=None, chunks=None, dlast=None):
    """Backpropagate dhs = dL/dh_t (T, ..., H) as the loss injects it, not as it arrives.

    Returns delta = dL/dz_t (T, ..., G*H) and dL/d(initial state), a tuple.
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

    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial = tuple(np.zeros_like(d) for d in dlast)
    steps, mask = trace.steps(), trace.mask
    for start in range(0, T, k1):
        end = min(start + k1, T)
        carry = dlast if end == T else tuple(np.zeros_like(d) for d in dlast)
        stop = max(end - k2, 0)
        for t in reversed(range(stop, end)):
            dstate = (carry[0] + dhs[t], *carry[1:]) if t >= start else carry
            part, carry = _step_back(cell, p, dstate, steps[t], None if mask is None else mask[t])
            delta[t] = part if t >= start else delta[t] + part      # before start it has parts already
        if stop == 0:
            dinitial = tuple(d + c for d, c in zip(dinitial, carry, strict=True))
    return delta, dinitial


def lags(cell, p, trace, dhs, dlast=None):
    """Generate, for k = 0, 1, ..., T-1, what the loss k steps later contributes.

    Each item is (part, dinitial): part (T-k, ..., G*H), whose row t is the part of delta_t that the
    loss of step t+k sent back; and what the loss of step k sends to the initial state. One product
    per lag, for all t at once. Summed over all k they are delta; over k < K, the window K.
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
        part, before = _step_back(cell, p, carry, trace.at(slice(0, T - k)), mask)
        yield part, tuple(b[0] for b in before)
        carry = tuple(b[1:] for b in before)          # the state before step t is that after step t-1


def lagged_deltas(cell, p, trace, dhs, lags_wanted):
    """Return the first lags_wanted lags as one array (lags_wanted, T, ..., G*H), zero where t+k >= T."""
    where = "bptt.lagged_deltas"
    p, dhs, dlast = doors.checked_injections(where, cell, p, trace, dhs, None)
    T = len(trace.xs)
    K = checks.whole(where, "lags_wanted", lags_wanted, 1, T, "T=")
    lagged = np.zeros((K, *trace.zs.shape), np.result_type(trace.zs, dhs))
    for k, (part, _) in zip(range(K), _lags(cell, p, trace, dhs, dlast), strict=False):
        lagged[k, : T - k] = part
    return lagged


def by_loss(lagged):
    """Rearrange lags (K, T, ...) to (T, T, ...): row s, column t is what loss s+1 sent to step t+1."""
    lagged = checks.array("bptt.by_loss", "lagged", lagged)
    K, T = lagged.shape[:2] if lagged.ndim > 1 else (1, 0)
    if K > T:
        checks.fail("bptt.by_loss", "lagged", "(K, T, ...) with K <= T", checks.short(lagged))
    parts = np.zeros((T, *lagged.shape[1:]), lagged.dtype)
    for k in range(K):
        t = np.arange(T - k)
        parts[t + k, t] = lagged[k, t]
    return parts


def gradient(cell, p, trace, delta, dinitial):
    """Turn deltas into the Gradient: one product each, over all steps and sequences."""
    where = "bptt.gradient"
    p = doors.check_trace(where, cell, p, trace)
    delta = checks.number(where, "delta", delta, trace.zs.real.dtype)
    checks.shape(where, "delta", delta, trace.zs.shape, "as trace.zs")
    dinitial = doors.checked_states(where, "dinitial", cell, dinitial, trace)
    return _gradient(cell, p, trace, delta, dinitial)


def _gradient(cell, p, trace, delta, dinitial):
    dxs = _applied(np.ascontiguousarray(p.W_x), delta)      # W_x^T delta_t, as rows
    return Gradient(cell.gradient(trace, delta), dxs, dinitial)


def backward(cell, p, trace, dhs, **options):
    """Return the Gradient of the loss that injects dhs (T, ..., H); options as in deltas."""
    return _gradient(cell, p, trace, *deltas(cell, p, trace, dhs, **options))


def _windowed(cell, p, trace, dhs, dlast, K):
    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial = tuple(np.zeros_like(d) for d in dlast)
    for _, (part, first) in zip(range(K), _lags(cell, p, trace, dhs, dlast), strict=False):
        delta[: len(part)] += part
        dinitial = tuple(d + f for d, f in zip(dinitial, first, strict=True))
    return delta, dinitial
