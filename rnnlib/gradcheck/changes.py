"""The classical mistakes of a backward pass, one at a time, as the numbers they would give.

`listed(point)` is the list: every mistake in what goes from step to step, in the formulas of one step,
and in the sums over time and batch. `locate` looks a learner's numbers up in it.
"""

from dataclasses import replace
from functools import lru_cache
from itertools import permutations, product

import numpy as np

from .. import bptt
from ..cells import gru, lstm, rnn
from .editable import TANH, agree, d_name, likely, own_slope, probes

BOTH = ", and the same for c"
LSTM_FACTORS = {  # gate: what comes before its slope is start * factor; the other start; the factor's name
    "i": ("dc", "dh", "g", lambda v: v.a["g"]),
    "f": ("dc", "dh", "c_(t-1)", lambda v: v.before[1]),
    "g": ("dc", "dh", "i", lambda v: v.a["i"]),
    "o": ("dh", "dc", "tanh(c_t)", lambda v: v.tanh_c),
}


@lru_cache(maxsize=2)
def listed(point):
    """Return every single change: (text, numbers by name, whether it changes any number here)."""
    largest = probes(point.right)
    with np.errstate(all="ignore"):
        return [(text, n, not (likely(largest, n) and agree(point.right, n, point.G)))
                for text, n in _numbers(point)]


def _numbers(point):
    for text, *passed in (*_carry_changes(point), *_step_changes(point)):
        yield text, point.parts(*passed)
    yield from _sum_changes(point)


def _carry_changes(point):
    """Yield (text, delta, dinitial) for mistakes in what goes from step to step."""
    T, states = point.T, point.cell.STATES
    flip = lambda _, W: point.blocks(W, lambda w, k: w.T)
    yield ("W_h stands in the carry where its transpose belongs (as rows: delta @ W_h, not delta @ W_h.T)",
           *point.passed(W_h=flip))
    both = "nothing is carried back from the step after (a window of 1)"
    nothing = lambda new, old, t: tuple(0 * n for n in new)
    delta, last, *more = point.passed(hand=nothing)
    _, right, *_ = point.passed()
    for reached in (last, tuple(0 * d for d in last), right):
        yield both, delta, reached, *more
    if len(states) > 1:
        for k, name in enumerate(states):
            drop = lambda new, old, t, k=k: tuple(0 * n if j == k else n for j, n in enumerate(new))
            delta, last, *more = point.passed(hand=drop)
            text = f"d{name}_next is dropped: what d{name} carries does not reach the step before"
            for reached in (last, right, drop(last, None, 0)):
                yield text, delta, reached, *more
    yield ("what is carried back is added to the older carry instead of replacing it",
           *point.passed(hand=lambda new, old, t: tuple(n + o for n, o in zip(new, old))))
    delta, last, *more = point.passed(hand=lambda new, old, t: tuple(-n for n in new))
    for reached in (last, tuple(-d for d in last)):
        yield "what is carried back has the wrong sign", delta, reached, *more
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
    handed = []
    delta, last, *more = point.passed(hand=lambda new, old, t: handed.append(new) or new)
    yield "the deltas are returned in reverse order of time", delta[::-1].copy(), last, *more
    without_first, without_last = delta.copy(), delta.copy()
    without_first[0] = without_last[-1] = 0
    for reached in (last, tuple(0 * d for d in last), *handed[-1:]):      # by what is the initial state?
        yield "the loop leaves out the first step", without_first, reached, *_without(more, 0)
    yield "the loop leaves out the last step", without_last, last, *_without(more, -1)
    yield "the loop leaves out the last step", *point.passed(dhs=np.concatenate([dhs[:-1], zero]))


def _without(more, t):
    """Return what was handed over, with nothing from row t."""
    gone = [rows._make(a.copy() for a in rows) for rows in more]
    for rows in gone:
        for a in rows:
            a[t] = 0
    return gone


def _step_changes(point):
    """Yield (text, delta, dinitial) for mistakes in the formulas of one step."""
    if not point.kind:
        return
    gates, kind = point.gates, point.kind
    own = {rnn: _rnn_changes, lstm: _lstm_changes, gru: _gru_changes}[kind]
    negative = "delta has the wrong sign at every step, and is carried back with it"
    yield negative, *point.passed(delta=lambda v, d: -d)
    for text, edit in (*_slope_changes(kind, gates), *own(), *(_gate_changes(point) if point.G > 1 else ())):
        yield text, *point.passed(**edit)
        if kind is gru and edit.keys() & {"n_slope", "n_factor"} and "r_factor" not in edit:
            yield text, *point.passed(**edit, r_factor=_right_r_factor)     # delta^r by itself is right
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
        if how == "replaced by the activation, taken once more":
            return lambda v, s: np.tanh(v.a[k]) if tanh else sigma(v.a[k])
        if how == "taken of z itself, not of what comes out of the activation":
            return lambda v, s: (hyperbolic if tanh else logistic)(v.z[k])
        return lambda v, s: v.a[k]

    for how in ("missing", "that of the other activation",
                "taken at the activation, which is squashed once more",
                "taken of z itself, not of what comes out of the activation", "the activation itself",
                "replaced by the activation, taken once more"):
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
                    f"{a}_slope": lambda v, s, b=b: own_slope(point.kind, v.a, b)}
                if not (point.kind is gru and b == "r"):
                    yield f"delta^{a} takes the factor of gate {b} before its slope", {
                        f"{a}_factor": lambda v, f, b=b: _own_factor(point.kind, v, b)}


def _own_factor(kind, v, k):
    if kind is gru:
        return v.dh * (1 - v.a["z"]) if k == "n" else v.dh * (v.h - v.a["n"])
    start, _, _, times = LSTM_FACTORS[k]
    return getattr(v, start) * times(v)


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
    yield "delta^f takes h_(t-1), not c_(t-1)", {"f_factor": lambda v, f: v.dc * v.before[0]}
    for k, (start, odd, what, times) in LSTM_FACTORS.items():
        yield f"delta^{k} lacks its factor {what}", {
            f"{k}_factor": lambda v, f, start=start: getattr(v, start)}
        yield f"delta^{k} starts from {odd}, not from {start}", {
            f"{k}_factor": lambda v, f, odd=odd, times=times: getattr(v, odd) * times(v)}


def _right_r_factor(v, _):
    return v.dh * (1 - v.a["z"]) * own_slope(gru, v.a, "n") * v.hn


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
    yield "delta^z lacks its factor h_(t-1) - n", {"z_factor": lambda v, f: v.dh}
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
    passed = delta, last, *more = point.passed()
    parts, fields, T, batch = point.parts(*passed), point.p._fields, point.T, point.batch
    B = int(np.prod(batch))
    for text, earlier, which in _wrong_pasts(point):
        for place in which:
            back = passed if place == "in dW_h" else point.passed(before=earlier)
            summed = None if place == "in delta" else point.with_past(earlier)
            yield f"{text}, {place}", point.parts(*back, trace=summed)
    for text, shift in (("x_(t-1) stands for x_t, in dW_x", 1), ("x_(t+1) stands for x_t, in dW_x", -1)):
        xs, zero = point.trace.xs, np.zeros_like(point.trace.xs[:1])
        moved = np.concatenate([zero, xs[:-1]] if shift > 0 else [xs[1:], zero])
        for other in (np.roll(xs, shift, axis=0), moved):
            yield text, point.parts(*passed, trace=replace(point.trace, xs=other))
    if len(batch) == 1 and T == B:
        turned = replace(point.trace, xs=point.trace.xs.swapaxes(0, 1))
        yield "time and batch are exchanged in the xs of dW_x", point.parts(*passed, trace=turned)
    for name, (a, b) in product(("W_x", "W_h", "b"), permutations(range(point.G), 2)):
        blocks = np.split(parts[name], point.G)
        blocks[a] = blocks[b]
        yield f"gate {point.gates[a]} of {d_name(name)} is a copy of gate {point.gates[b]}", {
            **parts, name: np.concatenate(blocks)}
    scales = {f"a mean over the {T} steps stands for the sum": 1 / T, "the sign is wrong": -1.0,
              "it is counted twice": 2.0}
    if batch:
        scales[f"a mean over the {B} sequences stands for the sum"] = 1 / B
        scales[f"a mean over the {T * B} steps and sequences stands for the sum"] = 1 / (T * B)
    for text, factor in scales.items():
        yield f"{text}, everywhere", {n: factor * a for n, a in parts.items()}
        yield f"{text}, in all parameters", {n: factor * a if n in fields else a for n, a in parts.items()}
        for name in (*fields, "xs"):
            yield f"{text}, in {d_name(name)}", {**parts, name: factor * parts[name]}
    for name in (*fields, "xs", *(f"{s}0" for s in point.cell.STATES)):
        yield f"{d_name(name)} is left zero", {**parts, name: 0 * parts[name]}
    for name in ("W_x", "W_h"):
        yield f"{d_name(name)} is transposed", {**parts, name: parts[name].T}
    yield from _part_changes(point, parts, *passed)
    if point.kind is gru:
        yield from _gru_sums(point, parts, delta)
    if len(batch) == 1:
        text = "time and batch are exchanged in {}: (B, T, ...) for (T, B, ...)"
        for name in ("delta", "xs"):
            yield text.format(d_name(name)), {**parts, name: parts[name].swapaxes(0, 1)}
        yield "the deltas are summed over the batch", {**parts, "delta": delta.sum(axis=1)}
        yield "the deltas are a mean over the batch", {**parts, "delta": delta.mean(axis=1)}


def _part_changes(point, parts, delta, last, *more):
    """Yield (text, numbers) where only some steps or sequences go into the sums, or none are summed."""
    fields, T, batch = point.p._fields, point.T, point.batch
    B = int(np.prod(batch))

    def some(t, b):
        """Return the numbers that these steps of these sequences give alone."""
        def only(a):
            flat, kept = a.reshape(T, B, -1), np.zeros((T, B, a[0].size // B), a.dtype)
            kept[t, b] = flat[t, b]
            return kept.reshape(a.shape)
        return point.parts(only(delta), last, *[rows._make(map(only, rows)) for rows in more])

    every = slice(None)
    by_step = [some(t, every) for t in range(T)]
    rows = [some(every, b) for b in range(B)] if B <= 16 else []
    chosen = [(f"only sequence {b + 1} of the batch is used", sub) for b, sub in enumerate(rows)]
    chosen += [(f"only step {t + 1} is used (= in place of +=)", by_step[t]) for t in sorted({0, T - 1})]
    for text, sub in chosen:
        yield f"{text}, in all parameters", {**parts, **{n: sub[n] for n in fields}}
        for name in fields:
            yield f"{text}, in {d_name(name)}", {**parts, name: sub[name]}
    for b, sub in enumerate(rows):
        yield f"only sequence {b + 1} of the batch is used, everywhere", {
            **sub, **{f"{s}0": _one_row(parts[f"{s}0"], batch, b) for s in point.cell.STATES}}
    for what, subs in (("the batch", rows if len(batch) == 1 else []), ("time", by_step)):
        loose = {n: np.stack([sub[n] for sub in subs]) for n in fields} if subs else {}
        for name in loose:
            text = f"the sum over {what} is missing, in {d_name(name)}"
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
