"""Where is a backward pass wrong, and which single change would explain it?

    numerical deltas   dL/dz_t by a complex step: each z_t, step by step and gate by gate, is perturbed
    where              the learner's numbers held against them: relative error per step and gate
    why                the classical mistakes, one at a time, made in a right pass: the one that
                       reproduces the learner's numbers to rounding is the cause

Nothing is guessed: where no change, or more than one, gives these numbers, that is what it says.
"""

import html
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from . import bptt, checks, gradcheck, gru, lstm, rnn
from .report import Report, Verdict

RIGHT, SAME = gradcheck.COMPLEX_TOLERANCE, 1e-9    # relative: what is right, what is the same number
GATES = {rnn: "h", lstm: "ifgo", gru: "rzn"}
BOTH = ", and the same for c"
TANH = {rnn: "h", lstm: "g", gru: "n"}             # the gates that take tanh; the others take σ


@dataclass(frozen=True)
class Location:
    """What is wrong, from where on, and why."""

    sentence: str
    errors: np.ndarray | None = None  # (T, G): relative error of the deltas by step and gate
    cause: str | None = None          # the one change that reproduces the numbers
    report: Report | None = None      # tensor by tensor
    candidates: tuple = ()            # all changes that do; more than one: this point cannot tell
    blind: tuple = ()                 # what this point cannot see
    unseen: tuple = ()                # the changes of our list that would change no number here
    gates: tuple = ()

    @property
    def ok(self):
        """True if every number is right; see `blind` for what that is worth."""
        return self.report is not None and self.report.ok and self.cause is None

    def __repr__(self):
        return "\n".join([self.sentence, *(f"Blind spot: {b}" for b in self.blind)])

    def _repr_html_(self):
        text = "".join(f"<p>{html.escape(line)}</p>" for line in repr(self).split("\n"))
        if self.errors is None:
            return text
        cell = ' style="padding: 2px 10px; text-align: right"'
        steps = range(1, len(self.errors) + 1)
        head = "".join(f'<th scope="col"{cell}>{t}</th>' for t in ("step", *steps))
        rows = "".join(
            f'<tr><th scope="row"{cell}>δ<sup>{html.escape(gate)}</sup></th>'
            + "".join(f"<td{cell}>{'✓' if e <= RIGHT else f'✗ {e:.0e}'}</td>" for e in row) + "</tr>"
            for gate, row in zip(self.gates, self.errors.T, strict=True)
        )
        caption = "<caption>Relative error of the deltas, by gate and step</caption>"
        return f"{text}<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def locate(cell, p, xs, state=None, dhs=None, backward=bptt.backward, *, mask=None):
    """Say in one or two sentences what is wrong with a backward pass, and return the Location.

    The loss is sum(dhs * h_t), dhs (T, ..., H), ones if None; xs, state and mask as in bptt.forward.
    backward(cell, p, trace, dhs) returns the deltas (T, ..., G*H), or (deltas, dinitial), or a
    bptt.Gradient, or a Params of gradients, or a dict of any of these by name. It gets copies of
    everything and is called twice. Meant for small points, such as gradcheck.designed_point.
    """
    where = "locate.locate"
    trace = bptt.forward(cell, p, xs, state, mask)
    p = trace.p
    if p.W_h.dtype != np.float64:
        hint = "In float32 every right gradient would look wrong."
        checks.fail(where, "p", "of float64", str(p.W_h.dtype), hint, TypeError)
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else checks.number(where, "dhs", dhs, np.float64)
    checks.shape(where, "dhs", dhs, trace.hs[1:].shape, "as the states h_1 .. h_T")
    if trace.zs.size > 5 * gradcheck.ENTRIES:
        checks.fail(where, "xs", "a small point", f"{trace.zs.size:,} deltas", "Use designed_point.")
    if not callable(backward):
        return Location(f"A backward pass is a function; got {checks.short(backward)}.")
    right = _numerical(cell, p, trace, dhs)
    found = [_call(cell, p, trace, dhs, backward, right) for _ in range(2)]
    if isinstance(found[0], str):
        return Location(found[0])
    if isinstance(found[1], str):
        return Location(f"The second call fails where the first did not: {found[1]}")
    (given, changed), (again, _) = found
    point = _Point(cell, p, trace, dhs, right)
    return _judge(point, given, changed, again)


def numerical_deltas(cell, p, trace, dhs):
    """Return dL/dz_t (T, ..., G*H) of L = sum(dhs * h_t) by a complex step.

    u_t = W_x x_t + b is perturbed, which adds to z_t, for each step and unit of each gate in turn;
    sequences do not meet, so all of a batch are perturbed at once.
    """
    us, eps = trace.xs @ p.W_x.T + p.b, gradcheck.COMPLEX_EPS
    (T, width), batch = (len(us), us.shape[-1]), us.shape[1:-1]
    found = np.zeros_like(trace.zs)
    with checks.allow_complex():
        for s in range(T):                            # what is perturbed at step s acts from there on
            nudge = 1j * eps * np.eye(width).reshape(width, *(1 for _ in batch), width)
            state, total = tuple(a[s] for a in trace.states), 0
            for t in range(s, T):
                before = state
                state, _ = cell.step(p, us[t] + nudge if t == s else us[t], state)
                if trace.mask is not None:
                    keep = trace.mask[t][..., None]
                    state = tuple(np.where(keep, a, b) for a, b in zip(state, before, strict=True))
                total = total + (dhs[t] * state[0]).sum(axis=-1)
            found[s] = np.moveaxis(total.imag / eps, 0, -1)
    return found


def _numerical(cell, p, trace, dhs):
    """Return every numerical derivative by name: delta, the parameters, xs and the initial state."""
    starts = {f"{s}0": a[0].copy() for s, a in zip(cell.STATES, trace.states, strict=True)}
    inputs = {"p": p, "xs": trace.xs, **starts}
    loss = gradcheck.stacked_loss(cell, dhs, trace.mask)
    found = gradcheck.numerical_gradient(loss, inputs, stacked=True)
    params = dict(zip(p._fields, found.pop("p"), strict=True))
    return {"delta": numerical_deltas(cell, p, trace, dhs), **params, **found}


# The learner's numbers

def _call(cell, p, trace, dhs, backward, right):
    """Return the learner's numbers by name and the inputs that were changed, or a sentence."""
    own = p._make(w.copy() for w in p)
    fresh = [tuple(s.copy() for s in trace.states), trace.kept._make(k.copy() for k in trace.kept)]
    copies = bptt.Trace(trace.xs.copy(), *fresh, trace.mask, own)
    given = dhs.copy()
    try:
        with np.errstate(all="ignore"):
            result = backward(cell, own, copies, given)
        found = _by_name(cell, p, result, trace.zs.shape)
    except (Exception, SystemExit) as error:
        message = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")
        return f"The backward pass stops with {message}."
    if isinstance(found, str):
        return found
    for name, a in found.items():
        if not isinstance(a, (np.ndarray, np.floating)) or np.asarray(a).dtype != np.float64:
            return f"{_d(name)} must be a float64 array; got {checks.short(a)}."
        if not np.isfinite(a).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
            at = f" first at step {first[0] + 1}" if name in ("delta", "xs") else f" first at {list(first)}"
            return f"{_d(name)} is not finite,{at}."
    pairs = {"dhs": (given, dhs), "xs": (copies.xs, trace.xs)}
    pairs.update({f"p.{n}": pair for n, *pair in zip(p._fields, own, p, strict=True)})
    pairs.update({f"trace.{s}s": (a, b) for s, a, b in zip(cell.STATES, copies.states, trace.states)})
    pairs.update({f"trace.{n}": pair for n, *pair in zip(trace.kept._fields, copies.kept, trace.kept)})
    changed = [n for n, (a, b) in pairs.items() if a.tobytes() != b.tobytes()]
    return {name: np.array(a) for name, a in found.items()}, changed


def _by_name(cell, p, result, shape):
    """Return what a backward pass returned as {name: array}, or the sentence that says why not."""
    starts, fields = [f"{s}0" for s in cell.STATES], p._fields
    known = ("delta", *fields, "xs", *starts)
    expected = f"deltas, (deltas, dinitial), a bptt.Gradient or Params({', '.join(fields)})"
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
            return f"Unknown name {odd[0]!r}; expected {', '.join(known)}." if odd else "The dict is empty."
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
        return f"The backward pass returns {len(result)} things; expected {expected}."
    return {"delta": result}


# The classical changes, one at a time, in a right pass

class _Values:
    """The quantities of one backward step; each, as it is assigned, may be replaced by an edit."""

    def __init__(self, edit, **values):
        vars(self).update(values, edit=edit)

    def __setattr__(self, name, value):
        if name in self.edit:
            value = self.edit[name](self, value)
        self.__dict__[name] = value


def _by_gate(kind, at):
    """Return what the passes below look up at a step: activations a and z by gate, and the slopes."""
    gates, kept = GATES[kind], at.kept
    a = dict(zip(gates, np.split(at.after[0] if kind is rnn else kept.gates, len(gates), axis=-1)))
    z = dict(zip(gates, np.split(kept.zs, len(gates), axis=-1)))
    more = {rnn: lambda: {}, lstm: lambda: {"tanh_c": kept.tanh_cs}, gru: lambda: {"hn": kept.hns}}[kind]()
    return {"a": a, "z": z, "slopes": [_own_slope(kind, a, k) for k in gates], **more}


def _own_slope(kind, a, k):
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
    v.n_factor = v.dh * (1 - a["z"])
    v.z_factor = v.dh * (h - a["n"])
    v.r_factor = v.n_factor * v.n_slope * v.hn
    v.delta = _joined(v, "rzn")
    v.third = a["r"]                                  # the road through n: r stands before the product
    v.carried = np.concatenate([*gru.split(v.delta)[:2], gru.split(v.delta)[2] * v.third], axis=-1)
    v.leak = v.dh * a["z"]
    v.dh_back = v.leak + v.carried @ v.W_h
    return v.delta, (v.dh_back,)


def _joined(v, gates):
    values = vars(v)
    return np.concatenate([values[k + "_factor"] * values[k + "_slope"] for k in gates], axis=-1)


BACK = {rnn: _rnn_back, lstm: _lstm_back, gru: _gru_back}


class _Point:
    """A test point, and passes over it that differ from the right one by a single change."""

    def __init__(self, cell, p, trace, dhs, right):
        self.cell, self.p, self.trace, self.dhs, self.right = cell, p, trace, dhs, right
        self.T, self.batch = len(dhs), dhs.shape[1:-1]
        self.H = dhs.shape[-1]
        self.G = len(p.W_h) // self.H
        self.kind = self._twin()
        gru_like = cell.STATES == ("h",) and self.G == 3
        own = "rzn" if gru_like else [str(k + 1) for k in range(self.G)]
        self.gates = tuple(GATES.get(self.kind, own))
        if self.kind:
            self.cell, self.p = self.kind, self.kind.Params(*p)
            starts = tuple(s[0] for s in trace.states)
            self.trace = bptt.forward(self.kind, self.p, trace.xs, starts, trace.mask)
            self.p = self.trace.p
        self.steps = self.trace.steps()
        if self.kind:                                 # gates by name, and their slopes, once for all passes
            self.steps = [at._replace(kept=_by_gate(self.kind, at)) for at in self.steps]

    def _twin(self):
        """Return the cell of ours that computes the same states; None if there is none."""
        for kind in GATES:
            if self.cell is kind:
                return kind
            if tuple(self.cell.STATES) == kind.STATES and [w.shape for w in self.p] == [
                    tuple(s) for s in kind.shapes(self.trace.xs.shape[-1], self.H)]:
                starts = tuple(s[0] for s in self.trace.states)
                ours = bptt.unroll(kind, kind.Params(*self.p), self.trace.xs, starts, self.trace.mask)
                if all(_same(a, b) for a, b in zip(ours.states, self.trace.states, strict=True)):
                    return kind
        return None

    def back(self, p, dstate, at, edit):
        if self.kind:
            return BACK[self.kind](p, dstate, at, edit)
        if "W_h" in edit:
            p = p._replace(W_h=edit["W_h"](None, p.W_h))
        return self.cell.step_backward(p, dstate, at)

    def passed(self, dhs=None, hand=None, before=None, **edit):
        """Return (delta, dinitial) of one backward pass.

        edit replaces quantities of the step; hand(new, old, t), what is handed on from
        row t; before, earlier states.
        """
        dhs, trace = self.dhs if dhs is None else dhs, self.trace
        before = [s[:-1] for s in trace.states] if before is None else before
        carry, delta = tuple(np.zeros_like(s[0]) for s in trace.states), np.zeros_like(trace.zs)
        for t in reversed(range(self.T)):
            dstate = (carry[0] + dhs[t], *carry[1:])
            at = self.steps[t]._replace(before=tuple(b[t] for b in before))
            if trace.mask is None:
                delta[t], new = self.back(self.p, dstate, at, edit)
            else:
                m = trace.mask[t][..., None]
                delta[t], new = self.back(self.p, tuple(d * m for d in dstate), at, edit)
                new = tuple(np.where(m, a, b) for a, b in zip(new, dstate, strict=True))
            carry = hand(new, carry, t) if hand and t else new
        return delta, carry

    def parts(self, delta, dinitial, trace=None):
        """Return all numbers by name."""
        trace = self.trace if trace is None else trace
        found = self.cell.gradient(trace, delta)
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

    @cached_property
    def changes(self):
        """Every single change of the list: (text, numbers by name, whether it changes any)."""
        probes = _probes(self.right)
        with np.errstate(all="ignore"):
            return [(text, n, not (_likely(probes, n) and _agree(self.right, n, self.G)))
                    for text, n in self._changes()]

    def _changes(self):
        for text, delta, dinitial in (*_carry_changes(self), *_step_changes(self)):
            yield text, self.parts(delta, dinitial)
        yield from _sum_changes(self)


def _carry_changes(point):
    """Yield (text, delta, dinitial) for mistakes in what goes from step to step."""
    T, states = point.T, point.cell.STATES
    flip = lambda _, W: point.blocks(W, lambda w, k: w.T)
    yield ("W_h stands in the carry where its transpose belongs (as rows: delta @ W_h, not delta @ W_h.T)",
           *point.passed(W_h=flip))
    both = "nothing is carried back from the step after (a window of 1)"
    nothing = lambda new, old, t: tuple(0 * n for n in new)
    delta, last = point.passed(hand=nothing)
    yield both, delta, last
    yield both, delta, tuple(0 * d for d in last)
    _, right = point.passed()
    yield both, delta, right
    if len(states) > 1:
        for k, name in enumerate(states):
            drop = lambda new, old, t, k=k: tuple(0 * n if j == k else n for j, n in enumerate(new))
            delta, last = point.passed(hand=drop)
            text = f"d{name}_next is dropped: what d{name} carries does not reach the step before"
            yield text, delta, last
            yield text, delta, right
            yield text, delta, drop(last, None, 0)
    yield ("what is carried back is added to the older carry instead of replacing it",
           *point.passed(hand=lambda new, old, t: tuple(n + o for n, o in zip(new, old))))
    for K in range(2, T):
        yield (f"the loss reaches only {K} steps, its own included (window={K})",
               *bptt.deltas(point.cell, point.p, point.trace, point.dhs, window=K))
        if K < T - 1 and T % K:
            yield (f"the losses go back in chunks of {K} (chunks=({K}, {K}))",
                   *bptt.deltas(point.cell, point.p, point.trace, point.dhs, chunks=(K, K)))
        if 2 * K < T:
            cut = lambda new, old, t, K=K: nothing(new, old, t) if t % K == 0 else new
            yield f"the carry is set to zero after every {K} steps", *point.passed(hand=cut)
    for K in range(1, T if T > 2 else 1):
        cut = lambda new, old, t, K=K: nothing(new, old, t) if t == K else new
        yield f"nothing is carried from step {K + 1} to step {K}", *point.passed(hand=cut)
    dhs = point.dhs
    only, zero = np.zeros_like(dhs), np.zeros_like(dhs[:1])
    only[-1] = dhs[-1]
    yield "only the loss of the last step is injected", *point.passed(dhs=only)
    late, early = np.concatenate([zero, dhs[:-1]]), np.concatenate([dhs[1:], zero])
    for text, moved in (("dhs is read one step too early (row t-1 for t)", (late, np.roll(dhs, 1, axis=0))),
                        ("dhs is read one step too late (row t+1 for t)", (early, np.roll(dhs, -1, axis=0)))):
        for d in moved:
            yield text, *point.passed(dhs=d)
    delta, last = point.passed()
    yield "the deltas are returned in reverse order of time", delta[::-1].copy(), last
    for text, row in (("the loop leaves out the first step", 0), ("the loop leaves out the last step", -1)):
        cut = delta.copy()
        cut[row] = 0
        yield text, cut, last
        if row == 0:
            yield text, cut, tuple(0 * d for d in last)


def _step_changes(point):
    """Yield (text, delta, dinitial) for mistakes in the formulas of one step."""
    if not point.kind:
        return
    gates, kind = point.gates, point.kind
    own = {rnn: _rnn_changes, lstm: _lstm_changes, gru: _gru_changes}[kind]
    for text, edit in (*_slope_changes(kind, gates), *own(), *(_gate_changes(point) if point.G > 1 else ())):
        yield text, *point.passed(**edit)
    if point.G > 1:
        delta, last = point.passed()
        for j, k in _pairs(point.G):
            swapped = point.per_gate(delta, lambda parts, j=j, k=k: _exchange(parts, j, k))
            yield f"the deltas of the gates {gates[j]} and {gates[k]} are exchanged", swapped, last


def _pairs(n):
    return [(j, k) for j in range(n) for k in range(j + 1, n)]


def _exchange(parts, j, k):
    parts[j], parts[k] = parts[k], parts[j]
    return parts


def _slope_changes(kind, gates):
    sigma = lambda a: 0.5 + 0.5 * np.tanh(0.5 * a)
    logistic, hyperbolic = lambda a: a * (1 - a), lambda a: 1 - a * a

    def wrong(k, how):
        tanh = k in TANH[kind]
        if how == "missing":
            return lambda v, s: np.ones_like(s)
        if how == "that of the other activation":
            return lambda v, s: (logistic if tanh else hyperbolic)(v.a[k])
        if how == "taken at the activation, which is squashed once more":
            return lambda v, s: hyperbolic(np.tanh(v.a[k])) if tanh else logistic(sigma(v.a[k]))
        if how == "taken of z itself, not of what comes out of the activation":
            return lambda v, s: (hyperbolic if tanh else logistic)(v.z[k])
        return lambda v, s: v.a[k]

    for how in ("missing", "that of the other activation",
                "taken at the activation, which is squashed once more",
                "taken of z itself, not of what comes out of the activation", "the activation itself"):
        for k in gates:
            right = "1 - h^2" if kind is rnn else f"1 - {k}^2" if k in TANH[kind] else f"{k}(1 - {k})"
            of = "the slope of the tanh" if kind is rnn else f"the slope of gate {k}"
            yield f"{of} is {how} (it is {right})", {f"{k}_slope": wrong(k, how)}
        if len(gates) > 1:
            yield f"the slope of every gate is {how}", {f"{k}_slope": wrong(k, how) for k in gates}


def _gate_changes(point):
    """Yield (text, edit) for gates left out, exchanged or transposed on their way back."""
    gates, left = point.gates, lambda k: lambda parts: [0 * b if j == k else b for j, b in enumerate(parts)]
    for k, name in enumerate(gates):
        yield (f"gate {name} is left out of W_h^T delta",
               {"carried": lambda v, d, k=k: point.per_gate(d, left(k))})
        yield f"delta^{name} is left zero", {"delta": lambda v, d, k=k: point.per_gate(d, left(k))}
        yield (f"the transpose of W_h is missing in the block of gate {name} only", {
            "W_h": lambda v, W, k=k: point.blocks(W, lambda w, j: w.T if j == k else w)})
    for j, k in _pairs(point.G):
        swap = lambda v, d, j=j, k=k: point.per_gate(d, lambda parts: _exchange(parts, j, k))
        pair = f"{gates[j]} and {gates[k]}"
        yield f"the gates {pair} are exchanged in delta, before it is carried back", {"delta": swap}
        yield f"the gates {pair} are exchanged in W_h^T delta", {"carried": swap}
    for j, a in enumerate(gates):
        for k, b in enumerate(gates):
            if j != k:
                yield f"delta^{a} is a copy of delta^{b}", {
                    "delta": lambda v, d, j=j, k=k: point.per_gate(
                        d, lambda parts: [parts[k] if i == j else part for i, part in enumerate(parts)])}
                yield f"gate {a} has the slope of gate {b}", {
                    f"{a}_slope": lambda v, s, b=b: _own_slope(point.kind, v.a, b)}
                if not (point.kind is gru and b == "r"):
                    yield f"delta^{a} takes the factor of gate {b} before its slope", {
                        f"{a}_factor": lambda v, f, b=b: _own_factor(point.kind, v, b)}


def _own_factor(kind, v, k):
    if kind is gru:
        return v.dh * (1 - v.a["z"]) if k == "n" else v.dh * (v.h - v.a["n"])
    return {"i": lambda: v.dc * v.a["g"], "f": lambda: v.dc * v.before[1],
            "g": lambda: v.dc * v.a["i"], "o": lambda: v.dh * v.tanh_c}[k]()


def _rnn_changes():
    yield "the slope takes the state before, 1 - h_(t-1)^2", {"h_slope": lambda v, s: 1 - v.before[0] ** 2}
    yield "the slope is 1 - tanh(z)^2 without its square", {"h_slope": lambda v, s: 1 - v.a["h"]}
    yield "W_h^T takes dh back, not delta: the slope is missing in the carry", {"carried": lambda v, d: v.dh}
    yield "the carry forgets W_h: delta itself goes back", {"dh_back": lambda v, d: v.delta}


def _lstm_changes():
    slope = "the slope of tanh(c_t), 1 - tanh(c_t)^2,"
    yield f"{slope} is missing", {"c_slope": lambda v, s: 1}
    yield f"1 - c_t^2 stands for {slope[:-1]}", {"c_slope": lambda v, s: 1 - v.c ** 2}
    yield f"{slope} is squashed once more", {"c_slope": lambda v, s: 1 - np.tanh(v.tanh_c) ** 2}
    yield f"1 - h_t^2 stands for {slope[:-1]}", {"c_slope": lambda v, s: 1 - (v.a["o"] * v.tanh_c) ** 2}
    yield f"{slope} multiplies the carried dc too", {
        "dc": lambda v, d: (v.dc_next + v.dh * v.a["o"]) * v.c_slope}
    yield "o is missing where h_t sends to c_t", {"dc": lambda v, d: v.dc_next + v.dh * v.c_slope}
    yield "dh does not reach c_t: only dc_next is there", {"dc": lambda v, d: v.dc_next}
    yield "dc_prev forgets f: dc itself goes back", {"dc_back": lambda v, d: v.dc}
    yield "dc_prev forgets what step t+1 sends to c_t", {
        "dc_back": lambda v, d: (v.dc - v.dc_next) * v.a["f"]}
    for k in "igo":
        yield f"dc_prev takes gate {k} for f", {"dc_back": lambda v, d, k=k: v.dc * v.a[k]}
    yield "dc_prev is computed after dh was overwritten by dh_prev", {
        "dc_back": lambda v, d: (v.dc_next + v.dh_back * v.a["o"] * v.c_slope) * v.a["f"]}
    yield "delta^o takes c_t, not tanh(c_t)", {"o_factor": lambda v, f: v.dh * v.c}


def _gru_changes():
    yield "the leak z * dh is dropped", {"leak": lambda v, x: 0 * x}
    yield "the leak carries 1 - z, not z", {"leak": lambda v, x: v.dh * (1 - v.a["z"])}
    yield "the leak carries all of dh, without z", {"leak": lambda v, x: v.dh}
    yield "only the leak is carried: W_h^T delta is dropped", {"carried": lambda v, d: 0 * d}
    yield "the road through n lacks r: W_h^n takes r * delta^n back", {"third": lambda v, r: 1 + 0 * r}
    yield "z stands for r on the road through n", {"third": lambda v, r: v.a["z"]}
    yield "delta^n lacks the factor 1 - z", {"n_factor": lambda v, f: v.dh}
    yield "delta^n takes z for 1 - z", {"n_factor": lambda v, f: v.dh * v.a["z"]}
    yield "delta^z has the wrong sign: its factor is h_(t-1) - n", {"z_factor": lambda v, f: -f}
    yield "delta^z takes h_(t-1) alone, without - n", {"z_factor": lambda v, f: v.dh * v.h}
    yield "delta^z takes -n alone, without h_(t-1)", {"z_factor": lambda v, f: -v.dh * v.a["n"]}
    yield "delta^r lacks its factor W_h^n h_(t-1) + b_n", {"r_factor": lambda v, f: v.n_factor * v.n_slope}
    yield "delta^r takes h_(t-1) for W_h^n h_(t-1) + b_n", {
        "r_factor": lambda v, f: v.n_factor * v.n_slope * v.h}
    yield "delta^r starts from dh, not from delta^n", {"r_factor": lambda v, f: v.dh * v.hn}
    yield "delta^r lacks the slope of n, 1 - n^2", {"r_factor": lambda v, f: v.n_factor * v.hn}


def _wrong_pasts(point):
    """Yield (text, earlier states, which): wrong previous states, (T, ..., H) for each state.

    which says where it counts: the deltas of a vanilla network read no earlier state, the sums no c.
    """
    states, names = point.trace.states, point.cell.STATES
    chosen = {(0,): ("in dW_h",) if point.kind is not gru else ("in dW_h", "in delta", "everywhere")}
    if point.kind is lstm:
        chosen |= {(1,): ("in delta",), (0, 1): ("everywhere",)}
    for ks, which in chosen.items():
        for text, wrong in (
            ("at the first step, index -1 wraps round: the last {s} stands for {s}0",
             lambda s: np.concatenate([s[-1:], s[1:-1]])),
            ("at the first step, zeros stand for {s}0", lambda s: np.concatenate([0 * s[:1], s[1:-1]])),
            ("{s}_t stands where {s}_(t-1) belongs", lambda s: s[1:]),
            ("{s}_(t-2) stands where {s}_(t-1) belongs", lambda s: np.concatenate([s[:1], s[:-2]])),
        ):
            said = text.format(s=names[ks[0]]) + (BOTH if len(ks) == 2 else "")
            yield said, [wrong(s) if k in ks else s[:-1] for k, s in enumerate(states)], which


def _sum_changes(point):
    """Yield (text, numbers) for mistakes in the sums: the deltas are right here, unless scaled."""
    delta, last = point.passed()
    parts, fields, T, batch = point.parts(delta, last), point.p._fields, point.T, point.batch
    B = int(np.prod(batch))
    for text, earlier, which in _wrong_pasts(point):
        for place in which:
            back = (delta, last) if place == "in dW_h" else point.passed(before=earlier)
            summed = None if place == "in delta" else point.with_past(earlier)
            yield f"{text}, {place}", point.parts(*back, summed)
    for text, shift in (("x_(t-1) stands for x_t, in dW_x", 1), ("x_(t+1) stands for x_t, in dW_x", -1)):
        xs, zero = point.trace.xs, np.zeros_like(point.trace.xs[:1])
        moved = np.concatenate([zero, xs[:-1]] if shift > 0 else [xs[1:], zero])
        for other in (np.roll(xs, shift, axis=0), moved):
            yield text, point.parts(delta, last, replace(point.trace, xs=other))
    scales = {f"a mean over the {T} steps stands for the sum": 1 / T, "the sign is wrong": -1.0,
              "it is counted twice": 2.0}
    if batch:
        scales[f"a mean over the {B} sequences stands for the sum"] = 1 / B
        scales[f"a mean over the {T * B} steps and sequences stands for the sum"] = 1 / (T * B)
    for text, factor in scales.items():
        yield f"{text}, everywhere", {n: factor * a for n, a in parts.items()}
        yield f"{text}, in all parameters", {n: factor * a if n in fields else a for n, a in parts.items()}
        for name in (*fields, "xs"):
            yield f"{text}, in {_d(name)}", {**parts, name: factor * parts[name]}
    for name in (*fields, "xs", *(f"{s}0" for s in point.cell.STATES)):
        yield f"{_d(name)} is left zero", {**parts, name: 0 * parts[name]}
    for name in ("W_x", "W_h"):
        yield f"{_d(name)} is transposed", {**parts, name: parts[name].T}
    yield from _part_changes(point, parts, delta, last)
    if point.kind is gru:
        yield from _gru_sums(point, parts, delta)
    if len(batch) == 1:
        text = "time and batch are exchanged in {}: (B, T, ...) for (T, B, ...)"
        for name in ("delta", "xs"):
            yield text.format(_d(name)), {**parts, name: parts[name].swapaxes(0, 1)}
        yield "the deltas are summed over the batch", {**parts, "delta": delta.sum(axis=1)}
        yield "the deltas are a mean over the batch", {**parts, "delta": delta.mean(axis=1)}


def _part_changes(point, parts, delta, last):
    """Yield (text, numbers) where only some steps or sequences go into the sums, or none are summed."""
    fields, T, batch = point.p._fields, point.T, point.batch
    B = int(np.prod(batch))
    flat = delta.reshape(T, B, -1)

    def some(t, b):
        only = np.zeros_like(flat)
        only[t, b] = flat[t, b]
        return only.reshape(delta.shape)

    every = slice(None)
    by_step = [point.parts(some(t, every), last) for t in range(T)]
    rows = [point.parts(some(every, b), last) for b in range(B)] if B <= 16 else []
    chosen = [(f"only sequence {b + 1} of the batch is used", sub) for b, sub in enumerate(rows)]
    chosen += [(f"only step {t + 1} is used (= in place of +=)", by_step[t]) for t in sorted({0, T - 1})]
    for text, sub in chosen:
        yield f"{text}, in all parameters", {**parts, **{n: sub[n] for n in fields}}
        for name in fields:
            yield f"{text}, in {_d(name)}", {**parts, name: sub[name]}
    for b, sub in enumerate(rows):
        yield f"only sequence {b + 1} of the batch is used, everywhere", {
            **sub, **{f"{s}0": _one_row(parts[f"{s}0"], batch, b) for s in point.cell.STATES}}
    for what, subs in (("the batch", rows if len(batch) == 1 else []), ("time", by_step)):
        loose = {n: np.stack([sub[n] for sub in subs]) for n in fields} if subs else {}
        for name in loose:
            text = f"the sum over {what} is missing, in {_d(name)}"
            yield text, {**parts, name: loose[name]}
            if loose[name].ndim == 2:
                yield text, {**parts, name: loose[name][:, None]}
        if loose:
            yield f"the sum over {what} is missing, in all parameters", {**parts, **loose}


def _one_row(a, batch, b):
    flat = a.reshape(int(np.prod(batch)), -1)
    only = np.zeros_like(flat)
    only[b] = flat[b]
    return only.reshape(a.shape)


def _gru_sums(point, parts, delta):
    H, r = point.H, gru.split(point.trace.kept.gates)[0]
    dn = gru.split(delta)[2]
    bare = gru.rows(dn).T @ gru.rows(point.trace.hs[:-1])
    with_r, without = gru.rows(dn * r).sum(axis=0), gru.rows(dn).sum(axis=0)
    W_h, b = np.concatenate([parts["W_h"][:2 * H], bare]), np.concatenate([parts["b"][:2 * H], with_r])
    text = "r is missing before delta^n"
    yield f"{text}, in dW_h", {**parts, "W_h": W_h}
    yield f"{text}, in db_n", {**parts, "b_n": without}
    yield f"{text}, in all parameters", {**parts, "W_h": W_h, "b_n": without}
    yield "the n block of db takes r, which it should not", {**parts, "b": b}


# The verdict

def _same(a, b, tolerance=SAME):
    """True if a and b agree relative to their largest entry."""
    if np.shape(a) != np.shape(b):
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= tolerance * scale)


def _by_step(a, n, G):
    """Return the relative error (T, G) of a, laid out (T, ..., G*H), against n."""
    shape = (len(n), -1, G, n.shape[-1] // G)
    a, n = a.reshape(shape), n.reshape(shape)
    scale = np.maximum(np.abs(a), np.abs(n)).max(axis=(1, 3))
    apart = np.abs(a - n).max(axis=(1, 3))
    apart[apart <= 1e-14 * scale.max(axis=1, keepdims=True)] = 0     # one gate cancels: rounding of the step
    return apart / np.where(scale > 0, scale, 1)


def _agree(found, numbers, G):
    """True if every number in found is that of numbers; deltas step by step and gate by gate."""
    for name, a in found.items():
        b = numbers[name]
        if not _same(a, b):
            return False
        if name in ("delta", "xs") and a.ndim > 1:
            fits = name == "delta" and a.shape[-1] % G == 0
            if (_by_step(a, b, G if fits else 1) > SAME).any():
                return False
    return True


def _probes(found):
    """Return (name, shape, index, value) of the largest entry of each array."""
    largest = [(name, a, int(np.abs(a).argmax())) for name, a in found.items() if a.size]
    return [(name, a.shape, i, float(a.flat[i])) for name, a, i in largest]


def _likely(probes, numbers):
    """True unless a shape or a largest entry tells at once that numbers are others."""
    for name, shape, i, value in probes:
        b = numbers[name]
        if b.shape != shape or abs(value - b.flat[i]) > 2 * SAME * abs(value):
            return False
    return True


def _d(name):
    return "delta" if name == "delta" else f"d{name}"


def _judge(point, given, changed, again):
    """Return the Location of the learner's numbers."""
    right, G = point.right, point.G
    misshapen = [n for n, a in given.items() if a.shape != right[n].shape]
    errors = None
    if "delta" in given and "delta" not in misshapen:
        errors = _by_step(given["delta"], right["delta"], G)
    verdicts = [_verdict(n, a, right[n], errors) for n, a in given.items()]
    report = Report(f"complex step, eps={gradcheck.COMPLEX_EPS:.0e}", tuple(verdicts))
    wrong = [n for n, v in zip(given, verdicts) if v.verdict == "wrong"]
    found, unseen = _explained(point, given, bool(wrong))
    blind = gradcheck.blind_spots(point.p, point.trace, point.dhs)
    aliased = _aliasing(point, given, changed, again)
    base = {"errors": errors, "report": report, "blind": blind, "unseen": unseen, "gates": point.gates}
    if not wrong:
        seen = _right(point, given, report, blind, unseen)
        if aliased:
            return Location(f"{seen} But {aliased}.", cause=aliased, candidates=(aliased,), **base)
        return Location(seen, **base)
    texts = tuple(found)
    where = _where(point, given, misshapen, errors, wrong, found[texts[0]] if len(texts) == 1 else None)
    besides = f" Besides, {aliased}." if aliased else ""
    if len(texts) == 1:
        why, cause = f" One change explains every number: {texts[0]}.", texts[0]
    elif texts:
        listed, more = "; or ".join(texts[:3]), f" (or {len(texts) - 3} more)" if len(texts) > 3 else ""
        why, cause = f" At this point {len(texts)} changes give the same numbers: {listed}{more}.", None
    else:
        why, cause = _hint(point, errors, wrong), None
    return Location(where + why + besides, cause=cause, candidates=texts, **base)


def _verdict(name, a, n, errors):
    """Return the Verdict of one tensor; deltas and xs are held against the numbers step by step."""
    if a.shape != n.shape:
        numbers = (float("inf"), None, float("nan"), float("nan"))
        return Verdict(_d(name), a.shape, "wrong", *numbers, f"expected shape {n.shape}.")
    apart, scale = np.abs(a - n), max(np.abs(a).max(initial=0), np.abs(n).max(initial=0))
    if name == "delta":
        right = bool((errors <= RIGHT).all())
    elif name == "xs":
        right = bool((_by_step(a, n, 1) <= RIGHT).all())
    else:
        right = bool(apart.max(initial=0) <= RIGHT * scale)
    shown = int(np.abs(n).argmax() if right else apart.argmax())
    index = tuple(int(i) for i in np.unravel_index(shown, n.shape))
    error = float(apart.max() / scale) if scale > 0 else 0.0
    numbers = (error, index, float(a[index]), float(n[index]))
    if scale <= 1e-270:
        note = "this point cannot see mistakes here; it is all zero."
        return Verdict(_d(name), n.shape, "unseen", *numbers, note)
    return Verdict(_d(name), n.shape, "right" if right else "wrong", *numbers)


def _explained(point, given, wrong):
    """Return {text: numbers} of the changes that give these numbers, and the texts of those unseen here."""
    if not point.kind:
        try:
            trusted = _agree(point.parts(*point.passed()), point.right, point.G)
        except Exception:
            trusted = False
        if not trusted:                               # without a right pass there is nothing to change
            return {}, ()
    found, blind, seen = {}, {}, set()
    probes = _probes(given)
    wrong = wrong and not _agree(given, point.right, point.G)
    for text, numbers, shows in point.changes:
        if not shows:
            blind[text] = None
            continue
        seen.add(text)
        if wrong and text not in found and _likely(probes, numbers) and _agree(given, numbers, point.G):
            found[text] = numbers
    return _merged(found), tuple(text for text in blind if text not in seen)


def _merged(found):
    """Leave out the place of a change where what was given cannot tell one place from another."""
    simple = {t: n for t, n in found.items() if BOTH not in t}
    found, plain, merged = simple or found, {}, {}
    for text in found:
        stem, _, place = text.rpartition(", ")
        if place in ("everywhere", "in delta", "in all parameters") or place.startswith("in d"):
            plain.setdefault(stem, []).append(text)
    for text, numbers in found.items():
        stem = text.rpartition(", ")[0]
        together = plain.get(stem, ())
        merged.setdefault(stem if len(together) > 1 and text in together else text, numbers)
    return merged


def _aliasing(point, given, changed, again):
    """Return the clause that says what a call changes, or that a second one differs."""
    if changed:
        return f"the pass changes {_listed(changed)} in place, which a second call would find"
    if all(np.array_equal(a, again[n]) for n, a in given.items() if n in again) and set(again) == set(given):
        return ""
    sums = all(n in again and again[n].shape == a.shape and _same(again[n], a + point.right[n])
               for n, a in given.items() if a.shape == point.right[n].shape and n in point.p._fields)
    if sums and any(n in point.p._fields for n in given):
        return "the second call adds its gradients to those of the first: they are never reset"
    return "the second call gives other numbers than the first: something is kept between calls"


# The sentences

def _right(point, given, report, blind, unseen):
    what = ", ".join(_d(n) for n in given)
    dead = [v.name for v in report.verdicts if v.verdict == "unseen"]
    if dead:
        verb = "is" if len(dead) == 1 else "are"
        return f"Nothing wrong to be seen, but {_listed(dead)} {verb} all zero here: this point cannot tell."
    steps = f"{point.T} step{'s' * (point.T > 1)}"
    gates = f", {point.G} gates" if point.G > 1 else ""
    if blind:
        return f"Right as far as this point can see: {what} ({steps}{gates})."
    if unseen:
        return f"Right: {what} ({steps}{gates}); not seen here: {'; '.join(unseen[:3])}."
    return f"Right: {what} ({steps}{gates})."


def _where(point, given, misshapen, errors, wrong, numbers):
    """Say what is wrong, and from which step on."""
    if misshapen:
        name = misshapen[0]
        return f"{_d(name)} has shape {given[name].shape}; expected {point.right[name].shape}."
    if errors is not None and (errors > RIGHT).any():
        factor = _factor(given["delta"], point.right["delta"])
        if factor is not None:
            return f"Every delta is {factor:.4g} times what it should be."
        return f"The deltas are {_steps(errors > RIGHT, point.gates)}."
    names = [_d(n) for n in wrong]
    said = f"{_listed(names)} {'is' if len(names) == 1 else 'are'} wrong"
    if errors is not None:
        return f"The deltas are right, but {said}{_rows(point, given, wrong)}."
    if "xs" in wrong:
        bad = _by_step(given["xs"], point.right["xs"], 1) > RIGHT
        return f"{said}; by dxs, the deltas are {_steps(bad, ('',))}."
    if "xs" in given:
        return f"{said}; dxs is right, and so, as far as it shows, are the deltas."
    if numbers is not None and numbers["delta"].shape == point.right["delta"].shape:
        bad = _by_step(numbers["delta"], point.right["delta"], point.G) > RIGHT
        if bad.any():
            return f"{said}; the deltas that give this are {_steps(bad, point.gates)}."
    rest = [_d(n) for n in given if n not in wrong]
    tail = f"; {_listed(rest)} {'is' if len(rest) == 1 else 'are'} right" if rest else ""
    return f"{said}{tail}."


def _rows(point, given, wrong):
    """Name the gate whose rows are wrong, if it is one tensor and not all of its gates."""
    if len(wrong) != 1 or point.G == 1 or wrong[0] not in ("W_x", "W_h", "b"):
        return ""
    a, n = (np.split(x, point.G) for x in (given[wrong[0]], point.right[wrong[0]]))
    bad = [g for g, x, y in zip(point.gates, a, n) if not _same(x, y, RIGHT)]
    return f", in the rows of {_listed(bad)}" if len(bad) < point.G else ""


def _factor(a, n):
    """Return the factor between a and n if there is one for all entries, else None."""
    square = float((n * n).sum())
    factor = float((a * n).sum()) / square if square > 0 else 0.0
    return factor if factor and _same(a, factor * n) and not (a.size == 1) else None


def _steps(bad, gates):
    """Say at which steps and in which gates; bad (T, G) of bools."""
    T, at = len(bad), [int(t) + 1 for t in np.flatnonzero(bad.any(axis=1))]
    which = [g for g, b in zip(gates, bad.any(axis=0)) if b]
    of = "" if len(gates) == 1 else ", in all gates" if len(which) == len(gates) else (
        f", in gate {which[0]}" if len(which) == 1 else f", in gates {_listed(which)}")
    top = max(at)
    if at == list(range(1, T + 1)):
        return f"wrong at every step{of}" if T > 1 else f"wrong at step 1, the only one{of}"
    if at == [1]:
        return f"wrong at step 1 only{of}"
    if at == list(range(1, top + 1)):
        to = "and" if top == T - 2 else "to"
        right = f"step {T}" if top == T - 1 else f"steps {top + 1} {to} {T}"
        return f"right at {right}, wrong from step {top} back{of}"
    return f"wrong at step{'s' * (len(at) > 1)} {_listed([str(t) for t in at])}{of}, right elsewhere"


def _listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _hint(point, errors, wrong):
    """Say what the pattern tells, where no change of the list explains it; nothing it does not know."""
    none = " No single change of the list gives these numbers"
    if errors is None:
        return f"{none}."
    bad = (errors > RIGHT).any(axis=1)
    T = len(bad)
    if not bad.any():
        return f"{none}: look at the sums that make {_listed([_d(n) for n in wrong])} from the deltas."
    top = int(np.flatnonzero(bad).max()) + 1
    if top == T:
        names = [g for g, b in zip(point.gates, errors[-1] > RIGHT) if b]
        some = point.G > 1 and len(names) < point.G
        what = f"the formulas of {_listed(names)}" if some else "its formulas, and the dhs it takes"
        return f"{none}: at step {T} nothing comes back from later, so look at the step itself: {what}."
    if bad.sum() == 1 and top == 1:
        return f"{none}: look at what is special at the first step, the initial state."
    if top == T - 1 and bad[:top].all():
        return f"{none}: what is carried back is wrong, or the dhs of the earlier steps."
    return f"{none}: look at what step {top + 1} sends back, and at step {top} itself."
