"""Check a whole backward pass of a cell, and say what a test point cannot see."""

import inspect
from dataclasses import replace

import numpy as np

from .. import bptt, doors
from ..doors import checks
from .checking import check
from .report import Report

WHERE = "gradcheck.locate, called with the same, says from which step on and, if it can be told, why."
SMALL = 5_000        # deltas are few enough for locate
SATURATED = 19       # from here on tanh' is 0 in float64: 1 - tanh(z)^2 rounds to it


def check_cell(cell, p, xs, state=None, dhs=None, backward=bptt.backward, *, mask=None, dlast=None,
               **options):
    """Check a whole backward pass of a cell: every parameter, xs and the initial state, in one batch.

    The loss is sum(dhs * h_t), dhs (T, ..., H): it injects any gradient one likes at every step
    (ones if None). backward(cell, p, trace, dhs) -> bptt.Gradient is what is checked.
    dlast, shaped like the initial state, adds sum(dlast * state_T) to the loss: backward is then called
    with dlast=dlast. If None, a cell with more than one state gets one where backward takes it.
    mask as in bptt.forward; options as in check.
    """
    where = "gradcheck.check_cell"
    checked_double(where, p)
    checked_places(where, xs, state, dhs)
    if "stacked" in options:
        checks.fail(where, "stacked", "left out", checks.short(options["stacked"]),
                    "All perturbed networks run at once as it is.", TypeError)
    trace = bptt.forward(cell, p, xs, state, mask)
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else checked_dhs(where, dhs, trace)
    names = tuple(f"{s}0" for s in cell.STATES)
    if not callable(backward):
        hint = "Give the function, not what it returns." if isinstance(backward, (tuple, dict)) else ""
        checks.fail(where, "backward", "a function", checks.short(backward), hint, TypeError)
    checks.function(where, "backward", backward, "cell, p, trace, dhs")
    dlast = last_injections(where, cell, trace, dhs, dlast, backward)
    doors.check_stacks(where, cell, trace)
    given = dhs.copy()      # one copy for both calls: writing into it shows, and harms nobody
    more = {} if dlast is None else {"dlast": tuple(d.copy() for d in dlast)}

    def gradient(inputs):
        p, xs, *state = inputs.values()
        with_trace = bptt.forward(cell, p, xs, tuple(state), mask)
        found = backward(cell, p, with_trace, given, **more)
        if not isinstance(found, bptt.Gradient):
            got = checks.short(found)
            hint = "locate takes deltas alone, and gradients by name."
            checks.fail(where, "backward", "a function that returns a bptt.Gradient", got, hint, TypeError)
        if not isinstance(found.params, tuple):
            got = checks.short(found.params)
            checks.fail(where, "Gradient.params", f"a Params({', '.join(p._fields)})", got, error=TypeError)
        if not isinstance(found.state, tuple) or len(found.state) != len(names):
            expected = f"a tuple of {len(names)}, for {', '.join(names)}"
            got = f"{len(found.state)}" if isinstance(found.state, tuple) else checks.short(found.state)
            checks.fail(where, "Gradient.state", expected, got)
        return {"p": found.params, "xs": found.xs, **dict(zip(names, found.state, strict=True))}

    start = doors.checked_inputs(cell, p, xs, state, mask)[2]      # as given: the trace may misquote it
    inputs = {"p": p, "xs": trace.xs, **dict(zip(names, start, strict=True))}
    report = check(stacked_loss(cell, dhs, mask, dlast), inputs, gradient, stacked=True, **options)
    verdicts = tuple(_with_reason(v, cell, trace.p, trace, dhs) for v in report.verdicts)
    blind = *blind_spots(p, trace, dhs), *unseen_states(cell, dlast)
    if report.names("wrong") and not options and trace.zs.size <= SMALL:
        blind = WHERE, *blind
    return Report(report.method, verdicts, tuple(dict.fromkeys((*report.notes, *blind))))


def checked_double(where, p):
    """Refuse parameters of float32, where differences have too few digits."""
    if isinstance(p, tuple) and np.float32 in [getattr(w, "dtype", None) for w in p]:
        hint = "In float32 every right gradient would look wrong."
        checks.fail(where, "p", "of float64", "float32", hint, TypeError)


def checked_places(where, xs, state, dhs):
    """Refuse a backward pass, or a dhs, that stands in the place of another argument."""
    for name, value in (("state", state), ("dhs", dhs)):
        if callable(value):
            hint = "Use backward=...: state and dhs come before it."
            checks.fail(where, name, "of numbers", checks.short(value), hint, TypeError)
    arrays = isinstance(state, np.ndarray) and isinstance(xs, np.ndarray)
    if dhs is None and arrays and state.ndim > 1 and state.shape[:-1] == xs.shape[:-1]:
        hint = "Is it dhs? Use dhs=...: state comes before it."
        checks.fail(where, "state", "of one step", checks.short(state), hint)


def checked_dhs(where, dhs, trace):
    """Return dhs in float64, if it is shaped as the states h_1 .. h_T of the trace."""
    dhs = checks.number(where, "dhs", dhs, np.float64)
    if dhs.shape != (expected := trace.hs[1:].shape):
        doors.explain_dhs(where, dhs, expected)
    return dhs


def last_injections(where, cell, trace, dhs, dlast, backward):
    """Return the dlast of a check, or None: as given, or made up where there is a further state to see."""
    takes = _takes_dlast(backward)
    if dlast is not None:
        if not takes:
            got = f"one of {inspect.signature(backward)}"
            checks.fail(where, "backward", "a function that takes dlast=", got, error=TypeError)
        return doors.checked_states(where, "dlast", cell, dlast, trace)
    if len(cell.STATES) == 1 or not takes:
        return None
    rng, size = np.random.default_rng(0), np.sqrt((dhs * dhs).mean())
    further = (size * rng.normal(size=s[0].shape) for s in trace.states[1:])
    return np.zeros_like(trace.hs[0]), *further


def _takes_dlast(backward):
    try:
        inspect.signature(backward).bind(*"1234", dlast=None)
    except (TypeError, ValueError):
        return False
    return True


def unseen_states(cell, dlast):
    """Return one sentence for each further state whose last value does not enter the loss."""
    return tuple(f"The loss does not see {s}_T: a pass that ignores what arrives there would not show."
                 for k, s in enumerate(cell.STATES) if k > 0 and (dlast is None or not dlast[k].any()))


def stacked_loss(cell, dhs, mask=None, dlast=None):
    """Return sum(dhs * h_t), and sum(dlast * state_T), of stacked inputs {"p", "xs", "h0", ...}: (n,).

    Each array has one leading axis more than usual, of length n or 1; all n networks run at once.
    """
    where = "gradcheck.stacked_loss"
    doors.check_cell(where, cell, "step")
    dhs = checks.number(where, "dhs", dhs, np.float64)
    if dhs.ndim < 2 or dhs.size == 0:
        checks.fail(where, "dhs", "(T, ..., H)", checks.short(dhs))
    if mask is not None:
        checks.bools(where, "mask", mask, dhs.shape[:-1], f"dhs is {dhs.shape}")
    if dlast is not None:
        dlast = doors.check_states(where, "dlast", cell, dlast, dhs.shape[1:], np.float64, "as a row of dhs")
    T, H = len(dhs), dhs.shape[-1]
    weight = dhs.reshape(T, 1, -1, H)
    mask = None if mask is None else mask.reshape(T, 1, -1)
    last = () if dlast is None else [d.reshape(1, -1, H) for d in dlast]

    def loss(inputs):
        p, xs, *state = inputs.values()
        p = p._make(map(doors.for_rows, p))
        n = max(len(a) for a in (*p, xs, *state))
        xs = xs.reshape(len(xs), T, -1, xs.shape[-1]).swapaxes(0, 1)
        state = (s.reshape(len(s), -1, H) for s in state)
        state = tuple(np.broadcast_to(s, (n, *s.shape[1:])) for s in state)
        states = bptt.unroll(cell, p, xs, state, mask).states
        total = (weight * states[0][1:]).sum(axis=(0, 2, 3))
        for d, s in zip(last, states):
            total = total + (d * s[-1]).sum(axis=(1, 2))
        return total

    return loss


def _with_reason(verdict, cell, p, trace, dhs):
    """Return the verdict; if it is 'unseen', with the reason why, where one can be known."""
    if verdict.verdict != "unseen":
        return verdict
    flat, least = _flat_steps(cell, p, trace), np.abs(trace.zs).min()
    why = f": all gates are saturated, |z_t| >= {least:.0f}" if least > SATURATED else ""
    reasons = {
        "dhs is all zero": not dhs.any(),
        "the mask leaves out every step": trace.mask is not None and not trace.mask.any()
        and verdict.name not in {f"d{s}0" for s in cell.STATES},
        "xs is all zero": verdict.name == "dW_x" and not trace.xs.any(),
        "h0=0 and T=1": verdict.name == "dW_h" and len(trace.xs) == 1 and not trace.hs[0].any(),
        "every state before a step is zero": verdict.name == "dW_h" and not trace.hs[:-1].any(),
        "W_x is all zero": verdict.name == "dxs" and not p.W_x.any(),
        "W_h is all zero": verdict.name == "dh0" and "W_h" in p._fields and not p.W_h.any(),
        f"every slope is exactly 0{why}": flat.all(),
        "every slope of step 1 is exactly 0": verdict.name == "dh0" and flat[0],
    }
    why = next((reason for reason, holds in reasons.items() if holds), None)
    if why is None:
        return verdict
    zero = "this point cannot see mistakes here; the gradient is all zero"
    return replace(verdict, note=f"{zero} because {why}.")


def _flat_steps(cell, p, trace):
    """Return for each step whether delta_t is exactly 0 whatever arrives at it, (T,) of bools."""
    rng = np.random.default_rng(0)
    dstate = tuple(rng.normal(size=s[0].shape) for s in trace.states)
    try:
        return np.array([not np.any(cell.step_backward(p, dstate, at)[0]) for at in trace.steps()])
    except Exception:                                 # nothing is known of it
        return np.zeros(len(trace.xs), bool)


def blind_spots(p, trace, dhs):
    """Return one sentence for each thing that a check at this point, with dhs (T, ..., H), cannot see."""
    where = "gradcheck.blind_spots"
    if not isinstance(trace, bptt.Trace):
        checks.fail(where, "trace", "a Trace from bptt.forward", checks.short(trace), error=TypeError)
    if not hasattr(p, "W_x") or not hasattr(p, "_fields"):
        checks.fail(where, "p", "the Params of a cell", checks.short(p), error=TypeError)
    checks.params(where, "p", p, type(p))
    has_W_h = "W_h" in p._fields
    if has_W_h and (p.W_h.ndim != 2 or p.W_h.shape[1] == 0 or len(p.W_h) % p.W_h.shape[1]):
        checks.fail(where, "p.W_h", "of shape (G*H, H) for G gates", checks.short(p.W_h))
    dhs = checked_dhs(where, dhs, trace)
    T, H = len(trace.xs), trace.hs.shape[-1]
    batch = int(np.prod(trace.xs.shape[1:-1]))
    squares = np.split(p.W_h, len(p.W_h) // H) if has_W_h else []
    seen = {
        "T=1: nothing travels through time here.": T == 1,
        "One sequence only: a missing or wrong sum over the batch would not show.": batch == 1,
        "H=1: a transpose of W_h would not show.": has_W_h and H == 1,
        "W_h is symmetric: a missing transpose of W_h would not show.": has_W_h and H > 1
        and all(np.array_equal(w, w.T) for w in squares),
        "The initial state is zero: a wrong previous state at the first step would not show.":
            not any(s[0].any() for s in trace.states),
        "All entries of W_h are equal: exchanged units would not show.":
            has_W_h and H > 1 and np.ptp(p.W_h) == 0,
        "dhs is all zero: no step has a loss of its own.": not dhs.any(),
        "The loss is injected at the last step only.": T > 1 and dhs[-1].any() and not dhs[:-1].any(),
    }
    return tuple(sentence for sentence, holds in seen.items() if holds)


def designed_point(cell, rng, T=5, B=4, D=2, H=3):
    """Return p, xs (T, B, D), state and dhs (T, B, H) at which mistakes have nowhere to hide.

    All sizes differ, the initial state and every injected gradient are generic, and one gradient
    is large.
    """
    where = "gradcheck.designed_point"
    doors.check_cell(where, cell)
    checks.generator(where, rng)
    for name, size in (("T", T), ("B", B), ("D", D), ("H", H)):
        checks.whole(where, name, size, 1, 10**6)
    p = cell.Params(*(np.asarray(0.6 * rng.normal(size=s)) for s in doors.shapes_of(where, cell, D, H)))
    state = tuple(rng.uniform(-0.9, 0.9, (B, H)) for _ in cell.STATES)
    return p, rng.normal(size=(T, B, D)), state, 4 * rng.normal(size=(T, B, H))
