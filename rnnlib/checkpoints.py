"""Backpropagation through time with less memory: keep some states, and run forward again from them.

The backward pass needs everything that the forward pass kept, the last step first. `bptt` keeps it all. Here
a schedule keeps some states only, the checkpoints. From each it runs a stretch again, keeps that stretch,
and goes back through it; what the stretch sends to its first state is what the loss beyond sends into the
stretch before. The gradient is the same: notebook 18.

    every=k     keep every k-th state: T/k states and k steps, least near k = √T (Chen et al. 2016)
    slots=s     keep s states at a time and one step, in the order that runs the fewest steps again;
                with s slots and each step advanced over at most r times, T may be (s+r)!/(s! r!)
                (Griewank 1992; Griewank & Walther 2000)

The states are those of time 0 .. T; a stretch (a, b) is the steps from the state at a to the state at b.
"""

from itertools import chain
from math import comb
from typing import NamedTuple

import numpy as np

from . import bptt, doors
from .doors import checks


class Action(NamedTuple):
    """Keep or drop the state at begin; advance to end, keeping nothing; or run again to end, and go back."""

    kind: str   # "keep", "drop", "advance", "reverse"
    begin: int
    end: int


class Cost(NamedTuple):
    """What a schedule needs."""

    states: int  # kept at the same time, at most
    steps: int   # of which everything is kept, at most
    peak: int    # of both together, at most, each state and each step weighed
    again: int   # steps that are run and not kept, so that they are run again: beside the T that are kept


def schedule(T, every=None, slots=None):
    """Return the Actions for T steps; with neither every nor slots, everything is kept, as bptt does."""
    return list(_schedule("checkpoints.schedule", T, every, slots))


def _schedule(where, T, every, slots):
    """Check at once; return an iterator: a list of all actions may outweigh the states."""
    T = checks.whole(where, "T", T, 1, 10**6)
    if every is not None and slots is not None:
        checks.fail(where, "slots", "None where every is given", checks.short(slots))
    if slots is not None:
        slots = checks.whole(where, "slots", slots, 1, T, "T=")
        return chain([Action("keep", 0, 0)], _binomial(0, T, slots - 1), [Action("drop", 0, 0)])
    return _regular(T, T if every is None else checks.whole(where, "every", every, 1, T, "T="))


def _regular(T, k):
    """Keep every k-th state on the way forward; then go back, stretch by stretch."""
    for a in range(0, T, k):
        yield Action("keep", a, a)
        if a + k < T:
            yield Action("advance", a, a + k)
    for a in reversed(range(0, T, k)):
        yield Action("reverse", a, min(a + k, T))
        yield Action("drop", a, a)


def _binomial(a, b, free):
    """Go back from b to a, whose state is kept, with so many further slots."""
    while b - a > 1:
        m = a + _first_stretch(b - a, free + 1)
        yield Action("advance", a, m)
        if b - m == 1:
            yield Action("reverse", m, b)
        else:
            yield Action("keep", m, m)
            yield from _binomial(m, b, free - 1)
            yield Action("drop", m, m)
        b = m
    yield Action("reverse", a, b)


def _first_stretch(T, slots):
    """Return how far to advance before the next state is kept: so that no step is run again too often."""
    if slots == 1:
        return T - 1
    r = 1
    while comb(slots + r, r) < T:
        r += 1
    return max(comb(slots + r - 2, slots), T - comb(slots + r - 1, r), 1)


def fewest_again(T, slots):
    """Return how many steps the best schedule with so many slots runs again (Griewank & Walther 2000)."""
    T = checks.whole("checkpoints.fewest_again", "T", T, 1, 10**6)
    slots = checks.whole("checkpoints.fewest_again", "slots", slots, 1, T, "T=")
    r = 0
    while comb(slots + r, r) < T:
        r += 1
    return r * T - comb(slots + r, r - 1) if r else 0


def cost(actions, state=1, step=1):
    """Count the Cost of a schedule; state and step say what one state, and all of one step, weigh."""
    for name, weight in (("state", state), ("step", step)):
        checks.real("checkpoints.cost", name, weight)
    over_time = held(actions)
    return Cost(max(states for states, _ in over_time), max(steps for _, steps in over_time),
                max(states * state + steps * step for states, steps in over_time),
                sum(end - begin for kind, begin, end in actions if kind == "advance"))


def held(actions):
    """Return (states, steps) that are kept after each single step, forward or back, of a schedule."""
    if not isinstance(actions, (list, tuple)) or not actions or {*map(type, actions)} != {Action}:
        expected = "a list of Actions, as schedule makes it"
        checks.fail("checkpoints.held", "actions", expected, checks.short(actions), error=TypeError)
    states, found = 0, []
    for kind, begin, end in actions:
        if kind in ("keep", "drop"):
            states += 1 if kind == "keep" else -1
        elif kind == "advance":
            found += [(states, 0)] * (end - begin)
        else:
            steps = range(1, end - begin + 1)
            found += [(states, n) for n in (*steps, *reversed(steps))]
    return found


def backward(cell, p, xs, dhs, state=None, *, every=None, slots=None, dlast=None):
    """Return the bptt.Gradient of a loss over xs (T, ..., D), without keeping all of the forward pass.

    dhs (T, ..., H) is what the loss sends into each h_t; or, to save that memory too, a function
    dhs(steps, hs): steps is a slice of 0 .. T, hs (n, ..., H) the states after these steps, and it returns
    their rows of dhs. It is called once for every stretch, the last one first.
    state, dlast as in bptt.forward and bptt.deltas; every, slots as in schedule.
    """
    where = "checkpoints.backward"
    doors.check_cell(where, cell, "step", "step_backward", "gradient")
    p, xs, state, _ = doors.checked_inputs(cell, p, xs, state, None)
    T, H = len(xs), state[0].shape[-1]
    if callable(dhs):
        checks.function(where, "dhs", dhs, "steps, hs")
    else:
        given = checks.number(where, "dhs", dhs, p.W_x.real.dtype)
        if given.shape != (*xs.shape[:-1], H):
            doors.explain_dhs(where, given, (*xs.shape[:-1], H))
    send = dhs if callable(dhs) else lambda steps, hs: given[steps]
    kept, running, now, total, dxs = {}, state, 0, None, np.empty(xs.shape, np.result_type(xs, *p))
    for kind, begin, end in _schedule(where, T, every, slots):
        if kind == "drop":
            del kept[begin]
            continue
        running, now = (running, now) if now == begin else (kept[begin], begin)
        if kind == "keep":
            kept[begin] = running
        elif kind == "advance":
            running, now = _advance(cell, p, xs[begin:end], running), end
        else:
            trace = bptt.forward(cell, p, xs[begin:end], running)
            part = bptt.backward(cell, p, trace, send(slice(begin, end), trace.hs[1:]), dlast=dlast)
            dlast, dxs[begin:end] = part.state, part.xs
            total = part.params if total is None else p._make(a + b for a, b in zip(total, part.params))
            trace, running, now = None, None, -1
    return bptt.Gradient(total, dxs, dlast)


def _advance(cell, p, xs, state):
    """Return the state after these steps, keeping nothing on the way."""
    try:
        for x in xs:
            state, _ = cell.step(p, x @ p.W_x.mT + p.b, state)
    except Exception as error:
        doors.explain_step("checkpoints.backward", cell, p, xs[0] @ p.W_x.mT + p.b, state, error)
        raise
    return state
