"""How far a gradient reaches: Jacobians of the state and their products, norms by lag, truncation.

    J_t = d state_t / d state_{t-1}        d state_T / d state_t = J_T J_{T-1} ... J_{t+1}

The state is all that a cell carries, side by side: h, or (h, c). For the vanilla cell J_t is
diag(1 - h_t^2) W_h. For the LSTM it has four blocks, and diag(f_t), the block of c_t by c_{t-1}, is not
the total derivative: c_{t-1} also acts on h_{t-1}, which acts on all gates of step t. With
h_{t-1} = o tanh(c_{t-1}) that is diag(f_t) + (dc_t/dh_{t-1}) diag(o_{t-1} (1 - tanh^2 c_{t-1})). A
product of whole Jacobians contains these paths; a product of diag(f_t) does not.

Norms are Euclidean, over all entries named, the batch included; those of matrices are spectral.
Bengio et al. 1994; Pascanu, Mikolov & Bengio 2013; truncation: Williams & Peng 1990.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from . import bptt, doors
from .doors import checks

RESIDUAL = 1e-5       # of a singular vector; the error of its singular value is about the square
SWEEPS = (3, 6, 10)   # after so many sweeps of the power iteration, look which matrices are done
CACHED = 80_000       # numbers in one batch of unit vectors
BATCHED = 1_000_000   # numbers in one batch of chunk sizes


class Bound(NamedTuple):
    """What the norm of W_h alone says of the gradient: ||d h_{t+k} / d h_t|| <= rate^k."""

    rate: float         # slope * ||W_h||
    powers: np.ndarray  # (steps+1,): rate^k for k = 0, 1, ..., steps
    must_vanish: bool   # rate < 1, which is sufficient
    may_explode: bool   # rate > 1, which is necessary and not sufficient
    sentence: str


class Bias(NamedTuple):
    """Truncated gradients g beside the full gradient G; NaN where a zero would be divided by."""

    ratio: np.ndarray   # (n,): ||g|| / ||G||
    cosine: np.ndarray  # (n,): <g, G> / (||g|| ||G||)
    error: np.ndarray   # (n,): ||g - G|| / ||G||
    of: dict            # by the name of a parameter, the Bias of its gradient alone


def jacobians(cell, p, trace):
    """Return d state_t / d state_{t-1} of every step, (T, ..., S, S); S is H for each state of the cell.

    One step_backward for some steps and all S unit vectors: row i is what state_t[i] sends back. A
    masked step hands its state on: the identity.
    """
    p = doors.check_trace("analysis.jacobians", cell, p, trace)
    T, n, H = len(trace.xs), len(trace.states), trace.hs.shape[-1]
    units = np.eye(n * H, dtype=trace.zs.dtype)
    J = np.empty((T, *trace.hs.shape[1:-1], n * H, n * H), units.dtype)
    some = max(1, CACHED // (n * H * trace.zs[0].size))             # steps at a time: what stays in the cache
    for t in (slice(s, s + some) for s in range(0, T, some)):
        at = trace.at(t)
        at = type(at)(*(tuple(a[..., None, :] for a in states) for states in at[:2]),
                      at.kept._make(a[..., None, :] for a in at.kept))
        shape = (*at.after[0].shape[:-2], n * H, H)
        dstate = tuple(np.broadcast_to(u, shape) for u in np.split(units, n, axis=1))
        for k, before in enumerate(cell.step_backward(p, dstate, at)[1]):
            J[t][..., k * H : (k + 1) * H] = before
    return J if trace.mask is None else np.where(trace.mask[..., None, None], J, units)


def products(J, end=None):
    """Return d state_end / d state_t for t = 0 .. end, (end+1, ..., S, S), from J (T, ..., S, S).

    Row end is the identity; end=None is T.
    """
    J = _matrices("analysis.products", "J", J, steps=True)
    end = len(J) if end is None else checks.whole("analysis.products", "end", end, 0, len(J), "T=")
    P = np.empty((end + 1, *J.shape[1:]), J.dtype)
    P[end] = np.eye(J.shape[-1])
    for t in reversed(range(end)):
        np.matmul(P[t + 1], J[t], out=P[t])
    return P


def products_from(J, start=0):
    """Return d state_{start+k} / d state_start for k = 0 .. T-start, (T-start+1, ..., S, S)."""
    J = _matrices("analysis.products_from", "J", J, steps=True)
    start = checks.whole("analysis.products_from", "start", start, 0, len(J), "T=")
    P = np.empty((len(J) - start + 1, *J.shape[1:]), J.dtype)
    P[0] = np.eye(J.shape[-1])
    for k in range(len(P) - 1):
        np.matmul(J[start + k], P[k], out=P[k + 1])
    return P


def singular_values(J, k=None):
    """Return the singular values of the matrices J (..., S, S), largest first: all, or k, (..., k).

    They are good to rounding relative to the largest. k=1 is quicker, and good to some 1e-10: power
    iteration on 8 vectors, for all matrices at once; those that have not converged soon go to LAPACK.
    """
    where = "analysis.singular_values"
    J = _matrices(where, "J", J)
    S = J.shape[-1]
    k = S if k is None else checks.whole(where, "k", k, 1, S, "S=")
    if k > 1 or S < 16 or J.dtype != np.float64:
        return np.linalg.svd(J, compute_uv=False)[..., :k]
    return _largest(J.reshape(-1, S, S)).reshape(*J.shape[:-2], 1)


def _largest(J):
    """Return the largest singular value of each of the matrices J (n, S, S), (n,)."""
    scale = np.maximum(J.max(axis=(1, 2)), -J.min(axis=(1, 2)))
    scale[scale == 0] = 1
    A, left, values = J / scale[:, None, None], np.arange(len(J)), np.empty(len(J))
    V = np.sin(np.arange(1.0, 8 * J.shape[-1] + 1) ** 2).reshape(-1, 8)        # in no special direction
    V, _ = np.linalg.qr(V)
    for sweep in range(1, SWEEPS[-1] + 1):
        AV = A @ V
        AAV = A.mT @ AV
        if sweep in SWEEPS:
            squares, turn = np.linalg.eigh(AV.mT @ AV)
            square, turn = squares[:, -1:], turn[:, :, -1:]
            residual = np.linalg.norm((AAV - square[..., None] * V) @ turn, axis=1)
            values[left] = np.sqrt(square[:, 0]) * scale[left]
            hard = (residual > RESIDUAL * square)[:, 0]
            if hard.all():                            # none has come near: what follows takes them all
                break
            A, AAV, left = A[hard], AAV[hard], left[hard]
        V, _ = np.linalg.qr(AAV)
    squares = np.linalg.eigvalsh(A.mT @ A)[:, -1]     # of the largest, rounding is relative
    values[left] = np.sqrt(squares) * scale[left]
    return values


def spectral_norm(W):
    """Return the largest singular value of the matrices W (..., H, H)."""
    return np.linalg.svd(_matrices("analysis.spectral_norm", "W", W), compute_uv=False)[..., 0]


def spectral_radius(W):
    """Return the largest modulus of an eigenvalue of the matrices W (..., H, H)."""
    return np.abs(np.linalg.eigvals(_matrices("analysis.spectral_radius", "W", W))).max(axis=-1)


def pascanu_bound(W_h, steps, slope=1.0):
    """Return the Bound (slope ||W_h||)^k, k = 0 .. steps; slope is the activation's largest derivative.

    It holds for the vanilla cell, whatever the inputs (Pascanu, Mikolov & Bengio 2013).
    """
    where = "analysis.pascanu_bound"
    W_h = _matrices(where, "W_h", W_h)
    if W_h.ndim != 2:
        checks.fail(where, "W_h", "one matrix (H, H)", checks.short(W_h))
    steps = checks.whole(where, "steps", steps, 0, 10**6)
    slope = checks.positive(where, "slope", slope, "a finite number > 0")
    norm = float(spectral_norm(W_h))
    rate, limit = slope * norm, 1 / slope
    rate = 1.0 if abs(rate - 1) < 1e-12 else rate     # an orthogonal W_h: rounding must not decide
    says = {
        -1: "smaller than {0:.4g}: sufficient for the gradient to vanish",
        0: "exactly {0:.4g}: the gradient cannot explode, and need not vanish",
        1: "larger than {0:.4g}: necessary for the gradient to explode, and not sufficient",
    }[int(np.sign(rate - 1))].format(limit)
    with np.errstate(over="ignore"):
        powers = rate ** np.arange(steps + 1)
    return Bound(rate, powers, rate < 1, rate > 1, f"||W_h|| = {norm:.4g} is {says}.")


def loss_state_norms(cell, p, trace, dhs, state="h"):
    """Return ||dL_{s+1} / d state_{t+1}||, (T, T): row s is the loss's step, column t the state's.

    dhs (T, ..., H) is dL/dh_t as the losses inject it. NaN where the state comes after the loss: there
    is no such derivative. state is a name of cell.STATES; the other states of that step are held.
    """
    p, dhs, i = _checked_state("analysis.loss_state_norms", cell, p, trace, dhs, state)
    T = len(trace.xs)
    norms = np.full((T, T), np.nan, dhs.real.dtype)
    for k, carry in enumerate(_carries(cell, p, trace, dhs)):
        t = np.arange(T - k)
        norms[t + k, t] = _norms(carry[i])
    return norms


def lag_norms(cell, p, trace, dhs, state="h"):
    """Return, for every lag k = 0 .. T-1, the norm of what losses send k steps back, (T,).

    That is dL_{t+k} / d state_t for all t together: the root of the sum of squares over t. With a loss
    at the last step only, it is ||dL / dh_{T-k}||. state as in loss_state_norms.
    """
    p, dhs, i = _checked_state("analysis.lag_norms", cell, p, trace, dhs, state)
    return np.array([_norms(carry[i][None])[0] for carry in _carries(cell, p, trace, dhs)])


def _carries(cell, p, trace, dhs):
    """Yield, for k = 0 .. T-1, dL_{t+k} / d state_t for all t: an array (T-k, ..., H) for each state."""
    T = len(trace.xs)
    carry = (dhs, *(np.zeros(s[1:].shape, dhs.dtype) for s in trace.states[1:]))
    for k in range(T):
        yield carry
        mask = None if trace.mask is None else trace.mask[: T - k]
        before = bptt._step_back(cell, p, carry, trace.at(slice(0, T - k)), mask)[1]
        carry = tuple(b[1:] for b in before)


def _norms(a):
    """Return the norm over all axes but the first; no square underflows."""
    a = np.abs(a).reshape(len(a), -1)
    top = a.max(axis=1)
    top[top == 0] = 1
    return top * np.sqrt(((a / top[:, None]) ** 2).sum(axis=1))


def truncation_bias(cell, p, trace, dhs, cut="windows"):
    """Compare truncated gradients of the parameters with the full one; return the Bias of every cut.

    dhs (T, ..., H) is dL/dh_t as the losses inject it.
    cut: "windows" for window = 1 .. T, in one pass over the lags; "chunks" for chunks = (k, k) with
    k = 1 .. T, all chunk sizes side by side in one recursion; or a list of pairs (k1, k2).
    """
    where = "analysis.truncation_bias"
    p, dhs, _ = doors.checked_injections(where, cell, p, trace, dhs, None)
    delta, _, *handed = bptt.deltas(cell, p, trace, dhs)
    full = cell.gradient(trace, delta, *handed)
    scale = max(np.abs(g).max() for g in full) or 1
    if handed and isinstance(cut, str) and cut == "chunks":          # only deltas go side by side
        cut = [(k, k) for k in range(1, len(trace.xs) + 1)]
    if isinstance(cut, str) and cut in ("windows", "chunks"):
        every = _every_window if cut == "windows" else _every_chunk
        gradients = every(cell, p, trace, dhs / scale)
    elif isinstance(cut, list) and cut:
        cut = [doors.checked_chunks(where, chunks, len(trace.xs)) for chunks in cut]
        gradients = (bptt.backward(cell, p, trace, dhs / scale, chunks=chunks).params for chunks in cut)
    else:
        error = ValueError if isinstance(cut, (str, list)) else TypeError
        checks.fail(where, "cut", "'windows', 'chunks' or a list of (k1, k2)", checks.short(cut), error=error)
    full = [g / scale for g in full]
    sums = np.array([[_beside(g, G) for g, G in zip(gradient, full)] for gradient in gradients])
    squares = np.array([_dot(G, G) for G in full])
    of = {name: _bias(sums[:, i], squares[i], {}) for i, name in enumerate(p._fields)}
    return _bias(sums.sum(axis=1), squares.sum(), of)


def _every_window(cell, p, trace, dhs):
    """Yield the gradients of window = 1 .. T: each lag adds one product."""
    total = None
    for part, _, *handed in bptt.lags(cell, p, trace, dhs):
        gradient = cell.gradient(_first(trace, len(part)), part, *handed)
        total = gradient if total is None else [a + g for a, g in zip(total, gradient)]
        yield total


def _first(trace, n):
    """Return the first n steps of a trace."""
    kept = trace.kept._make(k[:n] for k in trace.kept)
    mask = None if trace.mask is None else trace.mask[:n]
    states = tuple(s[: n + 1] for s in trace.states)
    return replace(trace, xs=trace.xs[:n], states=states, kept=kept, mask=mask)


def _every_chunk(cell, p, trace, dhs):
    """Yield the gradients of chunks = (k, k), k = 1 .. T, all sizes side by side in one recursion.

    Two carries for each size: that of the last chunk, which may be shorter than k and then reaches
    back into the chunk before it, and that of all the others.
    """
    T, steps, many = len(trace.xs), trace.steps(), max(1, BATCHED // trace.zs.size)
    dtype = np.result_type(trace.zs, dhs)
    for first in range(1, T + 1, many):
        sizes = np.arange(first, min(first + many, T + 1))
        last = (T - 1) // sizes * sizes                              # where the last chunk begins
        delta = np.zeros((2, len(sizes), *trace.zs.shape), dtype)
        carries = tuple(np.zeros((2, len(sizes), *s.shape[1:]), dtype) for s in trace.states)
        for t in reversed(range(T)):
            on = np.stack([t >= T - sizes, t < last])
            own = np.stack([t >= last, t < last])[on].reshape(-1, *[1] * dhs[t].ndim)
            for c in carries:
                c[1, (t + 1) % sizes == 0] = 0
            carry = tuple(c[on] for c in carries)
            mask = None if trace.mask is None else trace.mask[t]
            dstate = (carry[0] + own * dhs[t], *carry[1:])
            delta[:, :, t][on], carry = bptt._step_back(cell, p, dstate, steps[t], mask)
            for c, back in zip(carries, carry):
                c[on] = back
        for d in delta[0] + delta[1]:
            yield cell.gradient(trace, d)


def _dot(a, b):
    return np.vdot(a, b).real


def _beside(g, G):
    """Return ||g||^2, <g, G> and ||g - G||^2."""
    d = g - G
    return _dot(g, g), _dot(g, G), _dot(d, d)


def _bias(sums, square, of):
    """Return the Bias, from the sums ||g||^2, <g, G>, ||g - G||^2 (n, 3) and ||G||^2."""
    gg, gG, dd = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.sqrt(gg / square), np.clip(gG / np.sqrt(gg * square), -1, 1), np.sqrt(dd / square)
    return Bias(*(np.where(np.isfinite(part), part, np.nan) for part in parts), of)


def frozen_loss(cell, p, trace, dhs, *, window=None, chunks=None):
    """Return the function of the parameters whose exact gradient at p the truncated gradient is.

    Each stretch is run again, from a state that is frozen at what the trace has there; it adds
    sum(dhs * h_t) over the steps whose losses it sends back. window, chunks as in bptt.deltas; with
    neither, nothing is frozen but the initial state. It takes complex parameters (gradcheck.check).
    """
    where = "analysis.frozen_loss"
    p, dhs, _ = doors.checked_injections(where, cell, p, trace, dhs, None)
    T = len(trace.xs)
    if window is not None and chunks is not None:
        checks.fail(where, "window", "None where chunks is given", checks.short(window))
    if window is not None:
        chunks = 1, checks.whole(where, "window", window, 1, T, "T=")
    k1, k2 = (T, T) if chunks is None else doors.checked_chunks(where, chunks, T)
    begins = np.arange(0, T, k1)                      # the stretches, side by side as a batch
    ends = np.minimum(begins + k1, T)
    t = ends - k2 + np.arange(k2)[:, None]            # (k2, stretches): before step 0 a stretch only waits
    steps = np.maximum(t, 0)
    mask, own = (a.reshape(*a.shape, *[1] * (trace.hs.ndim - 2)) for a in (t >= 0, t >= begins))
    mask = mask if trace.mask is None else mask & trace.mask[steps]
    mask = None if mask.all() else mask
    xs, weight = trace.xs[steps], dhs[steps] * own[..., None]
    state = tuple(s[np.maximum(ends - k2, 0)] for s in trace.states)

    def loss(params):
        return (weight * bptt.unroll(cell, params, xs, state, mask).hs[1:]).sum()

    return loss


def _checked_state(where, cell, p, trace, dhs, state):
    """Return p, dhs and the place of state among the cell's states."""
    p, dhs, _ = doors.checked_injections(where, cell, p, trace, dhs, None)
    return p, dhs, cell.STATES.index(checks.one_of(where, "state", state, cell.STATES))


def _matrices(where, name, W, steps=False):
    """Return W as float matrices (..., S, S); with steps, (T, ..., S, S)."""
    W = checks.array(where, name, W)
    W = checks.number(where, name, W, np.float32 if W.dtype == np.float32 else np.float64)
    if W.ndim < 2 + steps or W.shape[-1] != W.shape[-2] or W.size == 0:
        expected = "(T, ..., S, S) with T, S >= 1" if steps else "square, (..., S, S) with S >= 1"
        checks.fail(where, name, expected, checks.short(W))
    return W
