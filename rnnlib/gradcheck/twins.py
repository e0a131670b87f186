"""Which cell of ours computes what another cell does, and in which order, sign and form its gates stand.

A GRU may keep 1 - z of its state where ours keeps z, and have no b_n inside the bracket that r multiplies:
then the twin is ours, read through that.
"""

from itertools import permutations
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from .. import bptt
from ..cells import gru, gru_original, lstm, rnn

SAME = 1e-9                                        # relative: two ways to compute one number
GATES = {rnn: "h", lstm: "ifgo", gru: "rzn", gru_original: "rzn"}
GRUS = (gru, gru_original)


class Twin(NamedTuple):
    """A cell of ours: its kind; how it is read; turn[k], which of its gates stands k-th, None if ours do."""

    kind: object
    cell: object
    turn: tuple | None = None
    mirrored: bool = False


def twin_of(cell, p, trace):
    """Return the Twin that computes the states of the trace, or None."""
    starts, D, H = tuple(s[0] for s in trace.states), trace.xs.shape[-1], trace.hs.shape[-1]
    shapes = [w.shape for w in p]
    for kind in GATES:
        if cell is kind:
            return Twin(kind, kind)
        if tuple(cell.STATES) != kind.STATES:
            continue
        for mirrored in (False, True) if kind in GRUS else (False,):
            for bare in (False, True) if kind is gru else (False,):
                like = _read(kind, mirrored, bare)
                if shapes != [tuple(s) for s in like.shapes(D, H)]:
                    continue
                for turn in permutations(range(len(GATES[kind]))):
                    found = bptt.unroll(like, turned(like, p, turn), trace.xs, starts, trace.mask)
                    if all(_same(a, b) for a, b in zip(found.states, trace.states, strict=True)):
                        return Twin(kind, like, None if turn == tuple(sorted(turn)) else turn, mirrored)
    return None


def turned(cell, p, turn):
    """Return the parameters with their gates in the order of ours, where gate turn[k] stands k-th."""
    p = cell.Params(*p)
    ours = lambda w: np.concatenate([np.split(w, len(turn))[k] for k in np.argsort(turn)])
    return p if turn is None else p._replace(W_x=ours(p.W_x), W_h=ours(p.W_h), b=ours(p.b))


def _read(kind, mirrored, bare):
    """Return a GRU of ours that keeps 1 - z of its state, if mirrored, and has no b_n, if bare."""
    if not mirrored and not bare:
        return kind
    like = gru_original if bare else kind             # whose parameters it has

    def full(p):
        p = kind.Params(*p, np.zeros(len(p.b) // 3)) if bare else p
        return p._replace(W_h=_signed(p.W_h, 0)) if mirrored else p

    def other(kept):
        if not mirrored:
            return kept
        r, z, n = np.split(kept.gates, 3, axis=-1)
        return kept._replace(zs=_signed(kept.zs), gates=np.concatenate([r, 1 - z, n], axis=-1))

    def step(p, u, state):
        state, kept = kind.step(full(p), _signed(u) if mirrored else u, state)
        return state, other(kept)

    def step_backward(p, dstate, at):
        delta, before = kind.step_backward(full(p), dstate, at._replace(kept=other(at.kept)))
        return _signed(delta) if mirrored else delta, before

    def gradient(trace, delta):
        return like.Params(*kind.gradient(trace, delta)[:len(like.Params._fields)])

    return SimpleNamespace(Params=like.Params, shapes=like.shapes, STATES=kind.STATES, step=step,
                           step_backward=step_backward, gradient=gradient)


def _signed(a, axis=-1):
    """Return a with the other sign in the block of z, along an axis."""
    r, z, n = np.split(a, 3, axis=axis)
    return np.concatenate([r, -z, n], axis=axis)


def _same(a, b):
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= SAME * scale)
