"""The doors of `bptt`: do cell, parameters, inputs and trace belong together?

Every refusal is one sentence of `checks`, with the sizes that follow from the other arguments.
"""

import warnings

import numpy as np

from ..trace import Trace
from . import checks
from .cells import shapes_of


def check_cell(where, cell, *needed):
    """Check that cell has what every cell has, and the functions needed."""
    if missing := [name for name in ("Params", "shapes", "STATES", *needed) if not hasattr(cell, name)]:
        got = f"{checks.short(cell)} without {', '.join(missing)}"
        checks.fail(where, "cell", "a cell such as rnnlib.rnn", got, error=TypeError)
    if not (hasattr(cell.Params, "_make") and hasattr(cell.Params, "W_x") and hasattr(cell.Params, "b")):
        expected = "a NamedTuple with fields W_x and b among others"
        got = getattr(cell.Params, "_fields", None) or checks.short(cell.Params)
        checks.fail(where, "cell.Params", expected, str(got), error=TypeError)
    if not isinstance(cell.STATES, (tuple, list, str)) or not cell.STATES:
        expected = "the names of the states, such as ('h',)"
        checks.fail(where, "cell.STATES", expected, checks.short(cell.STATES), error=TypeError)


def check_params(where, cell, p, name="p"):
    """Return p, D and H if p is the cell's Params, all of one float dtype and the right shapes."""
    p = checks.params(where, name, p, cell.Params)
    shapes = [w.shape for w in p]
    D, H = p.W_x.shape[-1:], units(where, cell, p)
    if not (D and H and D[0] and H[0] and shapes == [*shapes_of(where, cell, *D, *H)]):
        _explain_params(where, cell, p, name)
    return p, *D, *H


def units(where, cell, p):
    """Return (H,), as W_h has it or, without W_h, as b (G*H,) has it; anything else if they have none."""
    if "W_h" in p._fields:
        return p.W_h.shape[-1:]
    return (p.b.size // shapes_of(where, cell, 1, 1).b[0],)


def _explain_params(where, cell, p, at):
    """Say which array of p has a wrong shape, and what it should have been."""
    has_W_h = "W_h" in p._fields
    for name in ("W_x", "W_h") if has_W_h else ("W_x",):
        if getattr(p, name).ndim != 2:
            checks.fail(where, f"{at}.{name}", "a matrix (out, in)", checks.short(getattr(p, name)))
    (rows, D), gates = p.W_x.shape, shapes_of(where, cell, 1, 1).b[0]
    H = p.W_h.shape[1] if has_W_h else rows // gates
    if 0 in (D, H):
        checks.fail(where, at, "for D >= 1 inputs and H >= 1 units", f"D={D}, H={H}")
    if has_W_h:
        _recurrent_shape(where, p, gates, at)
    why = f"W_h is {p.W_h.shape}" if has_W_h else f"{gates} gates of H={H} units, by W_x"
    for name, w, expected in zip(p._fields, p, cell.shapes(D, H), strict=True):
        if w.shape == expected:
            continue
        hint = ""
        if (w.ndim == 2 and w.shape == expected[::-1]) or (name == "W_x" and D == gates * H):
            hint = f"Transposed? rnnlib stores (out, in): use {name}.T."
            expected = cell.shapes(rows, H).W_x if name == "W_x" else expected
        elif name.startswith("b") and w.size == 2 * expected[0]:
            hint = "Two biases? interop reads the layouts that have them."
        elif w.size == expected[0] and w.ndim == 2:
            hint = "It would broadcast to a wrong shape."
        elif w.ndim and len(w) % gates:
            hint = f"{len(w)} is not a multiple of {gates} gates."
        checks.shape(where, f"{at}.{name}", w, expected, why, hint)


def _recurrent_shape(where, p, gates, at):
    """Check that W_h is (G*H, H); where it is not, W_x says what H should have been."""
    (rows, H), n = p.W_h.shape, len(p.W_x)
    if rows == gates * H:
        return
    expected, hint = (n, n // gates), ""
    if H == gates * rows:
        expected, hint = (H, rows), "Transposed? rnnlib stores (out, in): use W_h.T."
    elif n % gates:
        expected, hint = (gates * H, H), f"{n} rows of W_x are not a multiple of {gates} gates."
    checks.shape(where, f"{at}.W_h", p.W_h, expected, f"W_x is {p.W_x.shape}", hint)


def checked_inputs(cell, p, xs, state, mask):
    """Return p, xs (T, ..., D) in the parameters' dtype, the initial state as a tuple, and mask."""
    where = "bptt.forward"
    check_cell(where, cell, "step")
    p, _, H = check_params(where, cell, p)
    xs, mask = checked_sequences(where, xs, mask, p.W_x)
    dtype = p.W_x.real.dtype
    expected = (*xs.shape[1:-1], H)
    if state is None:
        zeros = np.zeros(expected, np.result_type(xs, *p))
        return p, xs, (zeros,) * len(cell.STATES), mask
    names = [f"{s}0" for s in cell.STATES]
    if not isinstance(state, tuple):
        if isinstance(state, list) and len(names) > 1:
            checks.fail(where, "state", f"({', '.join(names)})", "a list", "Use tuple(state).", TypeError)
        state = (state,)
    if len(state) != len(names):
        got = f"{len(state)} array{'s' * (len(state) != 1)}"
        expected = f"({', '.join(names)})" if len(names) > 1 else "h0, or (h0,)"
        checks.fail(where, "state", expected, got, error=TypeError)
    state = tuple(
        _state(where, name, s, dtype, expected, xs.shape)
        for name, s in zip(names, state, strict=True)
    )
    if cell.STATES[1:] == ("c",) and np.vdot(state[0], state[0]).real > 1:      # cheap, and usually enough
        _warn_if_swapped(where, state[0])
    return p, xs, state, mask


def checked_sequences(where, xs, mask, W_x):
    """Return xs (T, ..., D) in the dtype of W_x (G*H, D), and a copy of mask, if there is one."""
    D, given, xs = W_x.shape[1], xs, checks.number(where, "xs", xs, W_x.real.dtype)
    words = getattr(given, "dtype", np.dtype(float)).kind in "iu" and bool((xs >= 0).all() and (xs < D).all())
    hint = f"Indices? Use np.eye({D})[xs]." * words
    if xs.ndim < 2:
        hint = "One step? Use xs[None]." if xs.shape == (D,) else hint
        checks.fail(where, "xs", f"(T, ..., D) with D={D}", checks.short(given), hint)
    if xs.shape[-1] != D:
        checks.fail(where, "xs", f"(T, ..., {D}) (W_x is {W_x.shape})", checks.short(given), hint)
    if 0 in xs.shape:
        what = "T=0 steps" if xs.shape[0] == 0 else f"an empty batch, {checks.short(xs)}"
        checks.fail(where, "xs", "at least one step of at least one sequence", what)
    if mask is not None:
        checks.bools(where, "mask", mask, xs.shape[:-1], f"xs is {xs.shape}")
        mask = mask.copy()
    return xs, mask


def _warn_if_swapped(where, h0):
    worst = h0.reshape(-1)[np.abs(h0).argmax()]
    if abs(worst) > 1:
        warnings.warn(f"{where}: h0 has the entry {worst:.4g}; a hidden state lies in (-1, 1). "
                      "Swapped with c0?", stacklevel=4)


def _state(where, name, s, dtype, expected, xs_shape):
    s = checks.number(where, name, s, dtype)
    hint = ""
    if s.ndim == 1 and s.shape == expected[-1:]:
        hint = f"Use np.broadcast_to({name}, {expected})."
    elif len(xs_shape) == 3 and s.shape == (xs_shape[0], expected[-1]):
        hint = "xs batch-first? rnnlib puts time first: use xs.swapaxes(0, 1)."
    elif s.shape == (1, *expected):
        hint = f"There is one layer only: use {name}[0]."
    checks.shape(where, name, s, expected, f"xs is {xs_shape}", hint)
    return s


def check_trace(where, cell, p, trace, needed=("step_backward", "gradient")):
    """Return p if trace may come from a forward pass of this cell with parameters like p.

    A Params that was written into since is refused. Another one is taken as it is: the recursion
    itself may be asked for with other weights than those of the forward pass.
    """
    check_cell(where, cell, *needed)
    if not isinstance(trace, Trace):
        checks.fail(where, "trace", "a Trace from bptt.forward", checks.short(trace), error=TypeError)
    if p is trace.p and type(p) is cell.Params and len(trace.states) == len(cell.STATES):
        if trace.p_bytes is not None and tuple([w.tobytes() for w in p]) != trace.p_bytes:
            _explain_written(where, p, trace)
        return p                                      # the forward pass has looked at them
    p, D, H = check_params(where, cell, p)
    fields = cell.Params._fields if trace.p is None else trace.p._fields
    alike = len(trace.states) == len(cell.STATES) and fields == cell.Params._fields
    if not alike or trace.zs.shape[-1] != len(p.b):
        of = f"({', '.join(cell.STATES)}; {', '.join(cell.Params._fields)}; z of {len(p.b)})"
        got = f"{trace!r} of {', '.join(fields)}"
        checks.fail(where, "trace", f"from a forward pass of this cell {of}", got)
    if (trace.xs.shape[-1], trace.hs.shape[-1]) != (D, H):
        expected = f"the parameters of the forward pass, whose trace has {trace!r}"
        checks.fail(where, "p", expected, f"W_x {p.W_x.shape}, for H={H} units")
    return p


def _explain_written(where, p, trace):
    """Say which entry of p has changed since the forward pass, if one has: -0.0 is the number 0.0."""
    for name, w, before in zip(p._fields, p, trace.p_bytes, strict=True):
        before = np.frombuffer(before, w.dtype).reshape(w.shape)
        changed = np.argwhere(w != before)
        if len(changed):
            at = tuple(int(i) for i in changed[0])
            expected = f"as in the forward pass, {before[at]:.6g} at {list(at)}"
            hint = "Written into? Make new arrays, or run forward again."
            checks.fail(where, f"p.{name}", expected, f"{w[at]:.6g}", hint)


def checked_injections(where, cell, p, trace, dhs, dlast):
    """Return p, dhs, and dlast as a tuple shaped like the initial state."""
    p = check_trace(where, cell, p, trace)
    dtype = trace.zs.real.dtype
    dhs = checks.number(where, "dhs", dhs, dtype)
    if dhs.shape != (expected := trace.hs[1:].shape):
        explain_dhs(where, dhs, expected)
    if dlast is None:
        kind = np.result_type(trace.zs, dhs)
        return p, dhs, tuple([np.zeros(s.shape[1:], kind) for s in trace.states])
    return p, dhs, checked_states(where, "dlast", cell, dlast, trace)


def explain_dhs(where, dhs, expected):
    """Say that dhs has a wrong shape, and what may have happened."""
    hint = ""
    if dhs.shape == expected[1:]:
        hint = "A loss at one step only? Put zeros at the others."
    elif dhs.ndim == len(expected) > 2 and dhs.swapaxes(0, 1).shape == expected:
        hint = "Time comes first: use dhs.swapaxes(0, 1)."
    elif dhs.ndim == len(expected):
        hint = "Is the trace from another forward pass?"
    checks.shape(where, "dhs", dhs, expected, f"the trace has T={expected[0]}", hint)


def checked_states(where, name, cell, values, trace):
    """Return values as a tuple of one array for each state, shaped like the initial state."""
    shape = trace.hs.shape[1:]
    return check_states(where, name, cell, values, shape, trace.zs.real.dtype, "like the initial state")


def check_states(where, name, cell, values, shape, dtype, why):
    """Return values as a tuple of one array of this shape for each state of the cell."""
    values, n = values if isinstance(values, tuple) else (values,), len(cell.STATES)
    if len(values) != n:
        expected = f"{n} array{'s' * (n != 1)} ({', '.join(cell.STATES)})"
        checks.fail(where, name, expected, str(len(values)), error=TypeError)
    values = tuple(checks.number(where, name, d, dtype) for d in values)
    for d in values:
        checks.shape(where, name, d, shape, why)
    return values


def checked_chunks(where, chunks, T):
    """Return k1 and k2 with 1 <= k1 <= k2 <= T."""
    if not isinstance(chunks, (tuple, list)) or len(chunks) != 2:
        checks.fail(where, "chunks", "a pair (k1, k2)", checks.short(chunks), error=TypeError)
    k2 = checks.whole(where, "k2", chunks[1], 1, T, "T=")
    return checks.whole(where, "k1", chunks[0], 1, k2, "k2="), k2
