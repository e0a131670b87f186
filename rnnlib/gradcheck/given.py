"""What a backward pass gives: its numbers by name, and what the call changed; or one sentence why not."""

import contextlib
import functools
import inspect

import numpy as np

from .. import bptt
from ..doors import checks
from . import guard
from .editable import GATES, d_name

OF_DTYPE = {"f": ": compute in float64, as ten digits are compared",
            "i": ": integers cut decimals off, so begin with an array of floats"}


def own_pass(cell, p, trace, dhs, dlast=None):
    """Return what bptt makes of the cell's step_backward and gradient: deltas and all gradients, by name."""
    delta, past, *handed = bptt.deltas(cell, p, trace, dhs, dlast=dlast)
    found = bptt.gradient(cell, p, trace, delta, past, *handed)
    starts = {f"{s}0": d for s, d in zip(cell.STATES, past, strict=True)}
    return {"delta": delta, **found.params._asdict(), "xs": found.xs, **starts}


def called(cell, p, trace, dhs, backward, dlast=None):
    """Return the learner's numbers by name and the inputs that were changed, or a sentence."""
    own = p._make(w.copy() for w in p)
    fresh = [tuple(s.copy() for s in trace.states), trace.kept._make(k.copy() for k in trace.kept)]
    copies = bptt.Trace(trace.xs.copy(), *fresh, trace.mask, own)
    given = dhs.copy()
    last = None if dlast is None else tuple(d.copy() for d in dlast)
    call = backward if last is None else functools.partial(backward, dlast=last)
    if not any(cell is ours for ours in GATES):       # an object may keep what its last forward pass made
        with contextlib.suppress(Exception):
            bptt.forward(cell, p, trace.xs, tuple(s[0] for s in trace.states), trace.mask)
    try:
        inspect.signature(call).bind(*"1234")
    except ValueError:                                # some built-in functions have no signature
        pass
    except TypeError:
        return f"The backward pass is called with (cell, p, trace, dhs); it takes {inspect.signature(call)}."
    result, error = guard.within(guard.SECONDS, call, (cell, own, copies, given))
    if error is not None:
        theirs = None if backward is own_pass else backward       # whose lines are worth naming
        return f"{guard.complaint(error, theirs, name='The backward pass')}."
    try:
        found = by_name(cell, p, result, trace.zs.shape)
    except Exception:                                 # whatever it is, it is not one of these
        found = f"The backward pass returns {checks.short(result)}, which cannot be read."
    if isinstance(found, str):
        return found
    found = {n: _as_array(a) if isinstance(a, list) else a for n, a in found.items()}
    found = {n: np.float64(a) if getattr(a, "dtype", None) == np.longdouble else a for n, a in found.items()}
    for name, a in found.items():
        if not isinstance(a, (np.ndarray, np.floating)) or np.asarray(a).dtype != np.float64:
            numpy = isinstance(a, (np.ndarray, np.generic))
            why = OF_DTYPE.get(a.dtype.kind, "") if numpy else ""
            hint = checks.how_to_convert(d_name(name), a)
            said = f"{d_name(name)} must be a float64 array; got {checks.short(a)}{why}."
            return f"{said} {hint}" if hint else said
        if not np.isfinite(a).all():
            wanted = {"delta": trace.zs, "xs": trace.xs, **p._asdict()}
            wanted.update({f"{s}0": b[0] for s, b in zip(cell.STATES, trace.states, strict=True)})
            if np.shape(a) != wanted[name].shape:
                return f"{d_name(name)} has shape {np.shape(a)}; expected {wanted[name].shape}."
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
            at = f" first at step {first[0] + 1}" if name in ("delta", "xs") else f" first at {list(first)}"
            return f"{d_name(name)} is not finite,{at}."
    pairs = {"dhs": (given, dhs), "xs": (copies.xs, trace.xs)}
    pairs.update({f"dlast of {s}": pair for s, *pair in zip(cell.STATES, last or (), dlast or ())})
    pairs.update({f"p.{n}": pair for n, *pair in zip(p._fields, own, p, strict=True)})
    pairs.update({f"trace.{s}s": (a, b) for s, a, b in zip(cell.STATES, copies.states, trace.states)})
    pairs.update({f"trace.{n}": pair for n, *pair in zip(trace.kept._fields, copies.kept, trace.kept)})
    changed = [n for n, (a, b) in pairs.items() if a.tobytes() != b.tobytes()]
    return {name: np.array(a) for name, a in found.items()}, changed


def _as_array(rows):
    """Return a list of numbers as an array, or as it is if it is none."""
    try:
        return np.array(rows, np.float64)
    except (TypeError, ValueError):
        return rows


def by_name(cell, p, result, shape):
    """Return what a backward pass returned as {name: array}, or the sentence that says why not."""
    starts, fields = [f"{s}0" for s in cell.STATES], p._fields
    known = ("delta", *fields, "xs", *starts)
    expected = f"deltas, (deltas, dinitial), a bptt.Gradient, Params({', '.join(fields)}) or a dict by name"
    if result is None or result is Ellipsis:
        return f"The backward pass returns nothing; expected {expected}."
    if isinstance(result, bptt.Gradient):
        state = result.state if isinstance(result.state, tuple) else (result.state,)
        if not isinstance(result.params, tuple) or (len(result.params), len(state)) != (len(p), len(starts)):
            return f"A Gradient holds Params({', '.join(fields)}), xs and a state ({', '.join(starts)})."
        return dict(zip((*fields, "xs", *starts), (*result.params, result.xs, *state), strict=True))
    if hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, dict):
        names = {n: n if n in known else str(n).removeprefix("d") for n in result}
        odd = [n for n, short in names.items() if short not in known]
        if odd or not names:
            gates = " The gates stand one under the other in W_x, W_h and b." * (
                "W_h" in fields and len(p.b) > p.W_h.shape[-1])
            unknown = f"Unknown name {odd[0]!r}; expected {', '.join(known)}.{gates}" if odd else ""
            return unknown or "The dict is empty."
        return {names[n]: a for n, a in result.items()}
    if isinstance(result, list) and result and all(np.shape(a) == shape[1:] for a in result):
        return {"delta": np.stack(result)}            # a list of the deltas of each step
    if isinstance(result, (tuple, list)):
        result = tuple(result)
        state = result[1] if len(result) == 2 and isinstance(result[1], (tuple, list)) else result[1:]
        if result and np.shape(result[0]) == shape and len(state) == len(starts):
            return {"delta": result[0], **dict(zip(starts, state, strict=True))}
        if len(result) == len(fields):
            return dict(zip(fields, result, strict=True))
        if found := _by_shape(p, result, shape, starts):
            return found
        loss = len(result) == 2 and np.ndim(result[0]) == 0 and " Is one of them the loss? Leave it out."
        return f"The backward pass returns {len(result)} things; expected {expected}.{loss or ''}"
    return {"delta": result}


def _by_shape(p, result, shape, starts):
    """Return gradients in an order of one's own by name, as dx, dh0, dW_x, dW_h, db, where each shape tells
    which it is; else None."""
    if "W_h" not in p._fields:
        return None
    expected = {"delta": shape, **{n: w.shape for n, w in p._asdict().items()},
                "xs": (*shape[:-1], p.W_x.shape[-1]),
                **{s: (*shape[1:-1], p.W_h.shape[-1]) for s in starts}}
    names = [[n for n, s in expected.items() if s == np.shape(a)] for a in result]
    found = {n[0]: a for n, a in zip(names, result) if len(n) == 1}
    return found if len(found) == len(result) and set(p._fields) <= set(found) else None
