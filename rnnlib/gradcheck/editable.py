"""A right backward pass in which any one quantity may be replaced.

`Point` runs the pass of one of our cells over a test point; an edit {name: change} replaces the
quantity of that name the moment it is assigned, and everything after it follows. `changes` makes the
classical mistakes with it. Below: when two sets of numbers are the same.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from .. import bptt
from ..cells import gru, gru_original, lstm, rnn
from .judging import COMPLEX_TOLERANCE
from .measured import by_measuring
from .twins import GATES, GRUS, SAME, turned, twin_of

TANH = {rnn: "h", lstm: "g", gru: "n", gru_original: "n"}      # the gates that take tanh; the others take σ


class _Values:
    """The quantities of one backward step; each, as it is assigned, may be replaced by an edit."""

    def __init__(self, edit, **values):
        vars(self).update(values, edit=edit)

    def __setattr__(self, name, value):
        if name in self.edit:
            value = self.edit[name](self, value)
        self.__dict__[name] = value


def _by_gate(kind, at, mirrored=False):
    """Return what the passes below look up at a step: activations a and z by gate, and the slopes."""
    gates, kept = GATES[kind], at.kept
    a = dict(zip(gates, np.split(at.after[0] if kind is rnn else kept.gates, len(gates), axis=-1)))
    z = dict(zip(gates, np.split(kept.zs, len(gates), axis=-1)))
    more = {lstm: ("tanh_c", "tanh_cs"), gru: ("hn", "hns")}.get(kind)
    more = {more[0]: getattr(kept, more[1])} if more else {}
    if kind in GRUS:                                  # h_t = new n + keep h_(t-1)
        keep = 1 - a["z"] if mirrored else a["z"]
        more |= {"keep": keep, "new": 1 - keep, "sign": -1.0 if mirrored else 1.0}
    return {"a": a, "z": z, "slopes": [own_slope(kind, a, k) for k in gates], **more}


def own_slope(kind, a, k):
    """Return the slope of gate k, from the activations a by gate."""
    return 1 - a[k] ** 2 if k in TANH[kind] else a[k] * (1 - a[k])


def _rnn_back(p, dstate, at, edit):
    v = _Values(edit, dh=dstate[0], before=at.before, **at.kept)
    v.W_h = p.W_h
    (v.h_slope,) = v.slopes
    v.h_factor = v.dh
    v.delta = v.h_factor * v.h_slope
    v.carried = v.delta
    v.dh_back = v.carried @ v.W_h
    return v.delta, (v.dh_back,)


def _lstm_back(p, dstate, at, edit):
    a = at.kept["a"]
    v = _Values(edit, dh=dstate[0], dc_next=dstate[1], before=at.before, c=at.after[1], **at.kept)
    v.W_h = p.W_h
    v.c_slope = 1 - v.tanh_c ** 2
    v.dc = v.dc_next + v.dh * a["o"] * v.c_slope
    v.i_factor, v.f_factor = v.dc * a["g"], v.dc * at.before[1]
    v.g_factor, v.o_factor = v.dc * a["i"], v.dh * v.tanh_c
    v.i_slope, v.f_slope, v.g_slope, v.o_slope = v.slopes
    v.delta = _joined(v, "ifgo")
    v.carried = v.delta
    v.dh_back = v.carried @ v.W_h
    v.dc_back = v.dc * a["f"]
    return v.delta, (v.dh_back, v.dc_back)


def _gru_back(p, dstate, at, edit):
    a, (h,) = at.kept["a"], at.before
    v = _Values(edit, dh=dstate[0], before=at.before, h=h, **at.kept)
    v.W_h = p.W_h
    v.r_slope, v.z_slope, v.n_slope = v.slopes
    v.n_factor = v.dh * v.new
    v.z_factor = v.dh * (v.sign * (h - a["n"]))
    v.r_factor = v.n_factor * v.n_slope * v.hn
    v.delta = _joined(v, "rzn")
    v.third = a["r"]                                  # the road through n: r stands before the product
    v.carried = np.concatenate([*gru.split(v.delta)[:2], gru.split(v.delta)[2] * v.third], axis=-1)
    v.leak = v.dh * v.keep
    v.dh_back = v.leak + v.carried @ v.W_h
    return v.delta, (v.dh_back,)


def _original_back(p, dstate, at, edit):
    a, (h,), H = at.kept["a"], at.before, at.before[0].shape[-1]
    v = _Values(edit, dh=dstate[0], before=at.before, h=h, **at.kept)
    v.W_h = p.W_h
    v.r_slope, v.z_slope, v.n_slope = v.slopes
    v.n_factor = v.dh * v.new
    v.z_factor = v.dh * (v.sign * (h - a["n"]))
    v.drh = (v.n_factor * v.n_slope) @ v.W_h[2 * H:]
    v.r_factor = v.drh * h
    v.delta = _joined(v, "rzn")
    v.third = a["r"]                                  # the road through n: r stands after the product
    v.carried = v.delta
    v.leak = v.dh * v.keep
    through_n = v.carried[..., 2 * H:] @ v.W_h[2 * H:] * v.third
    v.dh_back = v.leak + v.carried[..., :2 * H] @ v.W_h[:2 * H] + through_n
    return v.delta, (v.dh_back,)


def _joined(v, gates):
    values = vars(v)
    return np.concatenate([values[k + "_factor"] * values[k + "_slope"] for k in gates], axis=-1)


BACK = {rnn: _rnn_back, lstm: _lstm_back, gru: _gru_back, gru_original: _original_back}


class Point:
    """A test point, and passes over it that differ from the right one by a single change."""

    def __init__(self, cell, p, trace, dhs, right, dlast=None):
        self.cell, self.p, self.trace, self.dhs, self.right = cell, p, trace, dhs, right
        self.tolerance, self.floor = COMPLEX_TOLERANCE, 0.0      # of what is held against right
        self.listed = None                            # every change of the list, once it was asked for
        self.asked = None                             # the pass itself, where it may be called again
        self.measured = False                         # whether the passes measure each step
        self.dlast = tuple(np.zeros_like(s[0]) for s in trace.states) if dlast is None else dlast
        self.T, self.batch = len(dhs), dhs.shape[1:-1]
        self.H = dhs.shape[-1]
        self.G = trace.zs.shape[-1] // self.H
        twin = twin_of(cell, p, trace)
        self.own, self.kind, self.turn = p, twin and twin.kind, twin and twin.turn
        self.mirrored = bool(twin) and twin.mirrored              # a GRU that keeps 1 - z
        gru_like = cell.STATES == ("h",) and self.G == 3
        own = "rzn" if gru_like else [str(k + 1) for k in range(self.G)]
        self.ours = tuple(GATES.get(self.kind, own))              # gates in the order of our passes
        self.gates = tuple(self.ours[k] for k in self.turn or range(self.G))
        if self.kind:
            self.cell, starts = twin.cell, tuple(s[0] for s in trace.states)
            self.p = turned(self.cell, p, self.turn or range(self.G))
            self.trace = bptt.forward(self.cell, self.p, trace.xs, starts, trace.mask)
            self.p = self.trace.p
        self.steps = self.trace.steps()
        if self.kind:                                 # gates by name, and their slopes, once for all passes
            mask = np.ones(self.dhs.shape[:-1], bool) if trace.mask is None else trace.mask
            self.steps = [at._replace(kept=_by_gate(self.kind, at, self.mirrored) | {"own": d * m[..., None]})
                          for at, d, m in zip(self.steps, dhs, mask, strict=True)]

    def numbers(self):
        """Return all that the passes start from and are held against, as bytes."""
        trace, masks = self.trace, () if self.trace.mask is None else (self.trace.mask,)
        arrays = *self.p, trace.xs, *trace.states, *masks, self.dhs, *self.dlast, *self.right.values()
        return tuple((a.shape, a.tobytes()) for a in arrays)

    def theirs(self, numbers):
        """Return numbers of our passes by name with the gates in the order of the cell itself."""
        return numbers if self.turn is None else {n: self._back_in_order(n, a) for n, a in numbers.items()}

    def _back_in_order(self, name, a):
        width, axes = self.G * self.H, range(a.ndim)
        axes = [k for k in (axes[-1:] if name == "delta" else axes) if a.shape[k] == width]
        if name not in ("delta", "W_x", "W_h", "b") or not axes:
            return a
        blocks = np.split(a, self.G, axis=axes[0])
        return np.concatenate([blocks[k] for k in self.turn], axis=axes[0])

    def back(self, p, dstate, at, edit):
        """Return what step_backward of the cell returns, with some quantities replaced."""
        if self.kind:
            return BACK[self.kind](p, dstate, at, edit)
        dstate = edit["enter"](dstate) if "enter" in edit else dstate       # what comes to the step
        other = edit["W_h"](None, p.W_h) if "W_h" in edit and "W_h" in p._fields else None
        if other is not None and not self.measured:
            p = p._replace(W_h=other)
        delta, new, *more = self.cell.step_backward(p, dstate, at)
        if other is not None and self.measured:       # the step itself is to be as it was
            new = (new[0] + delta @ (other - p.W_h), *new[1:])
        if "past" in edit:                            # what h_{t-1} receives, given delta and dh too
            new = (edit["past"](delta, new[0], dstate[0]), *new[1:])
        return delta, new, *more

    def measure(self):
        """Let the passes measure each step of an own cell, whose step_backward is not right."""
        cell, starts = by_measuring(self.cell, self.trace), tuple(s[0] for s in self.trace.states)
        trace = bptt.forward(cell, self.p, self.trace.xs, starts, self.trace.mask)
        self.cell, self.trace, self.steps, self.listed, self.measured = cell, trace, trace.steps(), None, True

    def passed(self, dhs=None, hand=None, sent=None, before=None, dlast=None, steps=None, masked=None,
               home=False, **edit):
        """Return (delta, dinitial) of one backward pass, and third what the cell hands over, if it does.

        edit replaces quantities of the step; hand(new, old, t), what is handed on from row t, and what
        reaches the initial state if home; sent(new, t), what the formulas send back, masked or not;
        before, earlier states; steps, the order of the rows; masked(t, dstate, back), a step under the mask.
        """
        dhs, trace = self.dhs if dhs is None else dhs, self.trace
        before = [s[:-1] for s in trace.states] if before is None else before
        carry, delta = self.dlast if dlast is None else dlast, np.zeros_like(trace.zs)
        masked, handed = masked or self._masked, {}       # by row
        for t in reversed(range(self.T)) if steps is None else steps:
            dstate = (carry[0] + dhs[t], *carry[1:])
            at = self.steps[t]._replace(before=tuple(b[t] for b in before))
            back = partial(self._back, at, edit, sent and partial(sent, t=t))
            delta[t], new, *more = back(dstate) if trace.mask is None else masked(t, dstate, back)
            handed[t] = more
            carry = hand(new, carry, t) if hand and (t or home) else new
        rows = [h for t in range(self.T) for h in handed.get(t, ())]
        return delta, carry, *([rows[0]._make(map(np.stack, zip(*rows, strict=True)))] if rows else [])

    def _back(self, at, edit, sent, dstate):
        delta, new, *more = self.back(self.p, dstate, at, edit)
        return delta, sent(new) if sent else new, *more

    def _masked(self, t, dstate, back):
        """Return a right masked step."""
        m = self.trace.mask[t][..., None]
        delta, new, *more = back(tuple(d * m for d in dstate))
        return delta, tuple(np.where(m, a, b) for a, b in zip(new, dstate, strict=True)), *more

    def parts(self, delta, dinitial, *handed, trace=None):
        """Return all numbers by name."""
        trace = self.trace if trace is None else trace
        found = self.cell.gradient(trace, delta, *handed)
        starts = {f"{s}0": d for s, d in zip(self.cell.STATES, dinitial, strict=True)}
        return {"delta": delta, **found._asdict(), "xs": delta @ self.p.W_x, **starts}

    def with_past(self, earlier):
        """Return the trace with other earlier states (T, ..., H), one array per state, for the sums."""
        states = tuple(np.concatenate([e, s[-1:]]) for e, s in zip(earlier, self.trace.states, strict=True))
        return replace(self.trace, states=states)

    def blocks(self, W, change):
        """Return W with each gate's block (H, ...) changed: change(block, k)."""
        return np.concatenate([change(w, k) for k, w in enumerate(np.split(W, self.G))])

    def per_gate(self, delta, change):
        """Return delta with its gates' blocks changed: change([block of each gate])."""
        return np.concatenate(change(list(np.split(delta, self.G, axis=-1))), axis=-1)


# When are two sets of numbers the same?

def same(a, b, tolerance=SAME, floor=0.0):
    """True if a and b agree relative to their largest entry."""
    if np.shape(a) != np.shape(b):
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= tolerance * scale + floor)


def by_step(a, n, G, floor=0.0):
    """Return the relative error (T, G) of a, laid out (T, ..., G*H), against n; none up to the floor."""
    shape = (len(n), -1, G, n.shape[-1] // G)
    a, n = a.reshape(shape), n.reshape(shape)
    scale = np.maximum(np.abs(a), np.abs(n)).max(axis=(1, 3))
    apart = np.abs(a - n).max(axis=(1, 3))
    least = np.maximum(1e-14 * scale.max(axis=1, keepdims=True), floor)      # one gate cancels: rounding
    apart[apart <= least] = 0
    return apart / np.where(scale > 0, scale, 1)


def agree(found, numbers, G, tolerance=SAME, floor=0.0):
    """True if every number in found is that of numbers; deltas step by step and gate by gate."""
    for name, a in found.items():
        b = numbers[name]
        if not same(a, b, tolerance, floor):
            return False
        if name in ("delta", "xs") and a.ndim > 1:
            fits = name == "delta" and a.shape[-1] % G == 0
            if (by_step(a, b, G if fits else 1, floor) > tolerance).any():
                return False
    return True


def probes(found):
    """Return (name, shape, index, value) of the largest entry of each array."""
    largest = [(name, a, int(np.abs(a).argmax())) for name, a in found.items() if a.size]
    return [(name, a.shape, i, float(a.flat[i])) for name, a, i in largest]


def likely(probes, numbers):
    """True unless a shape or a largest entry tells at once that numbers are others."""
    for name, shape, i, value in probes:
        b = numbers[name]
        if b.shape != shape or abs(value - b.flat[i]) > 2 * SAME * abs(value):
            return False
    return True


def d_name(name):
    """Return the name of the gradient with respect to name."""
    return "delta" if name == "delta" else f"d{name}"
