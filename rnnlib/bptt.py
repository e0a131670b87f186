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

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import checks


class At(NamedTuple):
    """What step_backward may look up: the states before and after, and what the step kept."""

    before: tuple
    after: tuple
    kept: tuple


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a forward pass computed. Its arrays are read-only."""

    xs: np.ndarray  # (T, ..., D)
    states: tuple   # one array (T+1, ..., H) per state of the cell; row 0 is the initial state
    kept: tuple     # the cell's Kept, each array (T, ...)

    @property
    def hs(self):
        """The hidden states h_0 .. h_T, (T+1, ..., H)."""
        return self.states[0]

    @property
    def zs(self):
        """The pre-activations z_1 .. z_T, (T, ..., G*H)."""
        return self.kept[0]

    def at(self, t):
        """Return step t (row t of zs); t may be a slice of steps."""
        return At(
            before=tuple(s[:-1][t] for s in self.states),
            after=tuple(s[1:][t] for s in self.states),
            kept=self.kept._make(k[t] for k in self.kept),
        )

    def __repr__(self):
        return f"Trace(xs {self.xs.shape}, zs {self.zs.shape}, hs {self.hs.shape})"


class Gradient(NamedTuple):
    """The gradient of a loss with respect to everything the forward pass was given."""

    params: tuple   # the cell's Params
    xs: np.ndarray  # (T, ..., D)
    state: tuple    # one array (..., H) per state of the cell


def forward(cell, p, xs, state=None):
    """Run the cell over xs (T, ..., D) and return the Trace.

    state is h0 (..., H), or the tuple (h0, c0) for a cell with two states; None means zeros.
    xs (T, D) is one sequence without a batch axis. Lists and integers become the parameters' dtype.
    """
    xs, state = _checked_inputs(cell, p, xs, state)
    trace = unroll(cell, p, xs.copy(), state)
    for array in (trace.xs, *trace.states, *trace.kept):
        array.flags.writeable = False
    return trace


def unroll(cell, p, xs, state):
    """Run the cell without checks; p may be a stack of parameters, as gradcheck uses it."""
    us = xs @ p.W_x.mT + p.b                          # W_x x_t + b for all t at once
    for t, u in enumerate(us):
        new, kept = cell.step(p, u, state)
        if t == 0:
            arrays = [np.empty((len(us), *a.shape), a.dtype) for a in (*new, *kept)]
        for array, a in zip(arrays, (*new, *kept), strict=True):
            array[t] = a
        first, state = (state, new) if t == 0 else (first, new)
    n = len(first)
    states = tuple(
        np.concatenate([np.broadcast_to(s, a.shape[1:])[None], a])
        for s, a in zip(first, arrays[:n], strict=True)
    )
    return Trace(xs, states, kept._make(arrays[n:]))


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
    where, T = "bptt.deltas", len(trace.xs)
    dhs, dlast = _checked_injections(where, p, trace, dhs, dlast)
    if window is not None and chunks is not None:
        checks.fail(where, "window", "None where chunks is given", checks.short(window))
    if window is not None:
        return _windowed(cell, p, trace, dhs, dlast, checks.whole(where, "window", window, 1, T, "T="))
    k1, k2 = (T, T) if chunks is None else _checked_chunks(where, chunks, T)

    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial = tuple(np.zeros_like(d) for d in dlast)
    for start in range(0, T, k1):
        end = min(start + k1, T)
        carry = dlast if end == T else tuple(np.zeros_like(d) for d in dlast)
        stop = max(end - k2, 0)
        for t in reversed(range(stop, end)):
            dstate = (carry[0] + dhs[t], *carry[1:]) if t >= start else carry
            part, carry = cell.step_backward(p, dstate, trace.at(t))
            delta[t] += part
        if stop == 0:
            dinitial = tuple(d + c for d, c in zip(dinitial, carry, strict=True))
    return delta, dinitial


def lags(cell, p, trace, dhs, dlast=None):
    """Yield, for k = 0, 1, ..., T-1, what the loss k steps later contributes.

    Each item is (part, dinitial): part (T-k, ..., G*H), whose row t is the part of delta_t that the
    loss of step t+k sent back; and what the loss of step k sends to the initial state. One product
    per lag, for all t at once. Summed over all k they are delta; over k < K, the window K.
    """
    where, T = "bptt.lags", len(trace.xs)
    dhs, dlast = _checked_injections(where, p, trace, dhs, dlast)
    dstates = [np.zeros(s[1:].shape, np.result_type(s, dhs)) for s in trace.states]
    dstates[0] += dhs
    for ds, d in zip(dstates, dlast, strict=True):
        ds[-1] += d
    carry = tuple(dstates)
    for k in range(T):
        part, before = cell.step_backward(p, carry, trace.at(slice(0, T - k)))
        yield part, tuple(b[0] for b in before)
        carry = tuple(b[1:] for b in before)          # the state before step t is that after step t-1


def lagged_deltas(cell, p, trace, dhs, lags_wanted):
    """Return the first lags_wanted lags as one array (lags_wanted, T, ..., G*H), zero where t+k >= T."""
    where, T = "bptt.lagged_deltas", len(trace.xs)
    K = checks.whole(where, "lags_wanted", lags_wanted, 1, T, "T=")
    lagged = np.zeros((K, *trace.zs.shape), np.result_type(trace.zs, dhs))
    for k, (part, _) in zip(range(K), lags(cell, p, trace, dhs), strict=False):
        lagged[k, : T - k] = part
    return lagged


def gradient(cell, p, trace, delta, dinitial):
    """Turn deltas into the Gradient: one product each, over all steps and sequences."""
    return Gradient(cell.gradient(trace, delta), delta @ p.W_x, dinitial)


def backward(cell, p, trace, dhs, **options):
    """Return the Gradient of the loss that injects dhs (T, ..., H); options as in deltas."""
    return gradient(cell, p, trace, *deltas(cell, p, trace, dhs, **options))


def _windowed(cell, p, trace, dhs, dlast, K):
    delta = np.zeros(trace.zs.shape, np.result_type(trace.zs, dhs))
    dinitial = tuple(np.zeros_like(d) for d in dlast)
    for _, (part, first) in zip(range(K), lags(cell, p, trace, dhs, dlast), strict=False):
        delta[: len(part)] += part
        dinitial = tuple(d + f for d, f in zip(dinitial, first, strict=True))
    return delta, dinitial


def _checked_chunks(where, chunks, T):
    if not isinstance(chunks, (tuple, list)) or len(chunks) != 2:
        checks.fail(where, "chunks", "a pair (k1, k2)", checks.short(chunks), error=TypeError)
    k2 = checks.whole(where, "k2", chunks[1], 1, T, "T=")
    return checks.whole(where, "k1", chunks[0], 1, k2, "k2="), k2


def check_params(where, cell, p):
    """Check that p is the cell's Params, all of one float dtype and the right shapes; return D and H."""
    names = cell.Params._fields
    if type(p) is not cell.Params:
        has = list(p) if isinstance(p, dict) else getattr(p, "_fields", None)
        got = f"{type(p).__name__} with {list(has)}" if has else checks.short(p)
        hint = "Two biases? Add them." if has and any("b_hh" in str(n) or "bias_hh" in str(n) for n in has) else ""
        checks.fail(where, "p", f"a Params({', '.join(names)})", got, hint, TypeError)
    for name, w in zip(names, p, strict=True):
        if type(w) is not np.ndarray or w.dtype.kind not in "fc" or w.dtype.itemsize < 4:
            hint = "A gradient of integers would be truncated."
            hint = hint if getattr(w, "dtype", None) is not None and w.dtype.kind in "iub" else ""
            checks.fail(where, f"p.{name}", "a float32 or float64 array", checks.short(w), hint, TypeError)
        checks.number(where, f"p.{name}", w, p.W_h.dtype if w.dtype.kind != "c" else np.float64)
    if p.W_h.ndim != 2 or p.W_x.ndim != 2:
        name = "W_h" if p.W_h.ndim != 2 else "W_x"
        checks.fail(where, f"p.{name}", "a matrix (out, in)", checks.short(getattr(p, name)))
    H, (rows, D) = p.W_h.shape[1], p.W_x.shape
    if 0 in (H, D):
        checks.fail(where, "p", "for D >= 1 inputs and H >= 1 units", f"D={D}, H={H}")
    gates = cell.shapes(D, H).W_h[0] // H
    for name, w, expected in zip(names, p, cell.shapes(D, H), strict=True):
        if w.shape == expected:
            continue
        hint = ""
        if w.ndim == 1 and rows % gates:
            hint = f"{rows} is not a multiple of {gates} gates."
        elif w.shape == expected[::-1] or (name == "W_x" and D == gates * H):
            hint, D_ = f"Transposed? rnnlib stores (out, in): use {name}.T.", rows
            expected = cell.shapes(D_, H).W_x if name == "W_x" else expected
        elif w.size == expected[0] and w.ndim == 2:
            hint = "It would broadcast to a wrong shape."
        elif name == "W_h":
            hint = f"It must map H={H} units to {gates * H} rows."
        checks.shape(where, f"p.{name}", w, expected, f"W_h is {p.W_h.shape}", hint)
    return D, H


def _checked_inputs(cell, p, xs, state):
    where = "bptt.forward"
    D, H = check_params(where, cell, p)
    dtype = p.W_h.dtype if p.W_h.dtype.kind == "f" else np.result_type(*p)
    xs = checks.number(where, "xs", xs, dtype)
    if xs.ndim < 2:
        hint = "One step? Use xs[None]." if xs.shape == (D,) else ""
        checks.fail(where, "xs", f"(T, ..., D) with D={D}", checks.short(xs), hint)
    if xs.shape[-1] != D:
        checks.fail(where, "xs", f"(T, ..., {D}) (W_x is {p.W_x.shape})", checks.short(xs))
    if 0 in xs.shape:
        what = "T=0 steps" if xs.shape[0] == 0 else f"an empty batch, {checks.short(xs)}"
        checks.fail(where, "xs", "at least one step of at least one sequence", what)
    names = [f"{s}0" for s in cell.STATES]
    expected = (*xs.shape[1:-1], H)
    if state is None:
        zeros = np.zeros(expected, np.result_type(xs, *p))
        return xs, (zeros,) * len(names)
    if not isinstance(state, tuple):
        state = (state,)
    if len(state) != len(names):
        got = f"{len(state)} array{'s' * (len(state) != 1)}"
        checks.fail(where, "state", f"({', '.join(names)})", got, error=TypeError)
    return xs, tuple(
        _checked_state(where, name, s, dtype, expected, xs.shape)
        for name, s in zip(names, state, strict=True)
    )


def _checked_state(where, name, s, dtype, expected, xs_shape):
    s = checks.number(where, name, s, dtype)
    hint = ""
    if s.ndim == 1 and s.shape == expected[-1:]:
        hint = f"Use np.broadcast_to({name}, {expected})."
    elif len(xs_shape) == 3 and s.shape == (xs_shape[0], expected[-1]):
        hint = "xs batch-first? rnnlib puts time first: use xs.swapaxes(0, 1)."
    checks.shape(where, name, s, expected, f"xs is {xs_shape}", hint)
    return s


def _checked_injections(where, p, trace, dhs, dlast):
    if not isinstance(trace, Trace):
        checks.fail(where, "trace", "a Trace from bptt.forward", checks.short(trace), error=TypeError)
    H = trace.hs.shape[-1]
    if p.W_h.shape[-1] != H:
        got = f"W_h {p.W_h.shape}"
        checks.fail(where, "p", f"the parameters of the trace's forward pass (H={H})", got)
    dtype = trace.zs.dtype if trace.zs.dtype.kind == "f" else np.asarray(dhs).dtype
    dhs = checks.number(where, "dhs", dhs, dtype)
    hint = "Is the trace from another forward pass?" if dhs.shape[:1] != trace.xs.shape[:1] else ""
    checks.shape(where, "dhs", dhs, trace.hs[1:].shape, f"the trace has T={len(trace.xs)}", hint)
    if dlast is None:
        kind = np.result_type(trace.zs, dhs)
        return dhs, tuple(np.zeros(s.shape[1:], kind) for s in trace.states)
    dlast = dlast if isinstance(dlast, tuple) else (dlast,)
    if len(dlast) != len(trace.states):
        checks.fail(where, "dlast", f"{len(trace.states)} arrays", str(len(dlast)), error=TypeError)
    dlast = tuple(checks.number(where, "dlast", d, dtype) for d in dlast)
    for d, s in zip(dlast, trace.states, strict=True):
        checks.shape(where, "dlast", d, s.shape[1:], "like the initial state")
    return dhs, dlast
