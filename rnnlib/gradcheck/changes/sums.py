"""Mistakes in the sums over time and batch that turn deltas into gradients."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np

from ...cells import gru, gru_original, lstm, rnn
from ..editable import GRUS, d_name

BOTH = ", and the same for c"
LACKS_R = "the road through n lacks r: W_h^n takes r * delta^n back"


def _wrong_pasts(point):
    """Yield (text, earlier states, which): wrong previous states, (T, ..., H) for each state.

    which says where it counts: the deltas of a vanilla network read no earlier state, the sums no c.
    """
    states, names = point.trace.states, point.cell.STATES
    chosen = {(0,): ("in dW_h",) if point.kind not in GRUS else ("in dW_h", "in delta", "everywhere")}
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


def sum_changes(point):
    """Yield (text, numbers) for mistakes in the sums: the deltas are right here, unless scaled."""
    passed = delta, last, *more = point.passed()
    states = point.trace.states
    parts, fields, T, batch = point.parts(*passed), point.p._fields, point.T, point.batch
    B, weights = int(np.prod(batch)), [name for name in ("W_x", "W_h") if name in fields]
    for text, earlier, which in _wrong_pasts(point):
        for place in which:
            back = passed if place == "in dW_h" else point.passed(before=earlier)
            summed = None if place == "in delta" else point.with_past(earlier)
            yield f"{text}, {place}", point.parts(*back, trace=summed)
    if point.kind is lstm:
        turned = point.with_past([states[1][:-1], states[1][:-1]])
        yield "c_(t-1) stands where h_(t-1) belongs, in dW_h", point.parts(*passed, trace=turned)
    for text, xs in _wrong_inputs(point.trace.xs):
        yield text, point.parts(*passed, trace=replace(point.trace, xs=xs))
    for name, (a, b) in product((*weights, "b"), permutations(range(point.G), 2)):
        blocks = np.split(parts[name], point.G)
        blocks[a] = blocks[b]
        yield f"gate {point.ours[a]} of {d_name(name)} is a copy of gate {point.ours[b]}", {
            **parts, name: np.concatenate(blocks)}
    starts = [f"{s}0" for s in point.cell.STATES]
    yield from _scaled(parts, fields, starts, T, B if batch else 0)
    for name in (*fields, "xs", *starts):
        yield f"{d_name(name)} is left zero", {**parts, name: 0 * parts[name]}
    if len(starts) == 2:
        yield "dh0 and dc0 are left zero", {**parts, **{n: 0 * parts[n] for n in starts}}
    for name in weights:
        yield f"{d_name(name)} is transposed", {**parts, name: parts[name].T}
    for name in fields:
        text = f"{d_name(name)} keeps an axis of length 1, as keepdims=True leaves it"
        for axis in (0, -1):
            yield text, {**parts, name: np.expand_dims(parts[name], axis)}
        summed = np.asarray(parts[name].sum(axis=-1))
        yield f"{d_name(name)} is summed over its last axis, too", {**parts, name: summed}
        if parts[name].ndim:                          # what += makes of it
            spread = np.broadcast_to(summed[..., None], parts[name].shape)
            yield f"{d_name(name)} is summed over its last axis, too", {**parts, name: spread}
    if point.kind is rnn:
        loose = point.parts(delta / (1 - states[0][1:] ** 2), last)
        for name in (*fields, "xs"):
            yield f"the slope is missing, in {d_name(name)} alone", {**parts, name: loose[name]}
    if len(weights) == 2:
        yield from _cut_apart(parts)
    for k, name in enumerate(point.ours if point.G > 1 else ()):
        left = point.per_gate(delta, lambda blocks, k=k: [b * (j != k) for j, b in enumerate(blocks)])
        yield f"gate {name} is left out of W_x^T delta, in dxs", {**parts, "xs": left @ point.p.W_x}
    yield from _part_changes(point, parts, *passed)
    if point.kind is gru:
        yield from _gru_sums(point, parts, delta)
    if point.kind is gru_original:
        yield from _original_sums(point, parts, delta)
    if len(batch) == 1:
        text = "time and batch are exchanged in {}: (B, T, ...) for (T, B, ...)"
        for name in ("delta", "xs"):
            yield text.format(d_name(name)), {**parts, name: parts[name].swapaxes(0, 1)}
        yield "the deltas are summed over the batch", {**parts, "delta": delta.sum(axis=1)}
        yield "the deltas are a mean over the batch", {**parts, "delta": delta.mean(axis=1)}


def _wrong_inputs(xs):
    """Yield (text, other inputs): those of another step, or with time and batch exchanged."""
    zero = np.zeros_like(xs[:1])
    for text, shift in (("x_(t-1) stands for x_t, in dW_x", 1), ("x_(t+1) stands for x_t, in dW_x", -1)):
        yield text, np.roll(xs, shift, axis=0)
        yield text, np.concatenate([zero, xs[:-1]] if shift > 0 else [xs[1:], zero])
    yield "xs is read in reverse order of time, in dW_x", xs[::-1]
    if xs.ndim == 3 and xs.shape[0] == xs.shape[1]:
        yield "time and batch are exchanged in the xs of dW_x", xs.swapaxes(0, 1)


def _scaled(parts, fields, starts, T, B):
    """Yield (text, numbers) that are clipped, or of another scale; B is 0 where there is no batch."""
    largest = max(np.abs(parts[n]).max() for n in fields)
    for limit in (k for k in (1, 5, 10) if k < largest):
        yield f"the gradients of the parameters are clipped to ±{limit}", {
            n: np.clip(a, -limit, limit) if n in fields else a for n, a in parts.items()}
    scales = {f"a mean over the {T} steps stands for the sum": 1 / T, "the sign is wrong": -1.0,
              "it is counted twice": 2.0}
    if B:
        scales[f"a mean over the {B} sequences stands for the sum"] = 1 / B
        scales[f"a mean over the {T * B} steps and sequences stands for the sum"] = 1 / (T * B)
    for text, factor in scales.items():
        yield f"{text}, everywhere", {n: factor * a for n, a in parts.items()}
        yield f"{text}, in delta", {n: a if n in starts else factor * a for n, a in parts.items()}
        yield f"{text}, in all parameters", {n: factor * a if n in fields else a for n, a in parts.items()}
        for name in (*fields, "xs"):
            yield f"{text}, in {d_name(name)}", {**parts, name: factor * parts[name]}


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
    if 0 < T * B <= 64 and batch:
        each = [some(t, b) for t in range(T) for b in range(B)]
        for name in (n for n in fields if parts[n].ndim == 1):
            flat = np.stack([sub[name] for sub in each])
            for rows_of in (flat, flat.reshape(T, *batch, -1)):
                yield f"the sum over time and batch is missing, in {d_name(name)}", {**parts, name: rows_of}
    for what, subs in (("the batch", rows if len(batch) == 1 else []), ("time", by_step)):
        loose = {n: np.stack([sub[n] for sub in subs]) for n in fields} if subs else {}
        for name in loose:
            text = f"the sum over {what} is missing, in {d_name(name)}"
            yield text, {**parts, name: loose[name]}
            if loose[name].ndim == 2:
                yield text, {**parts, name: loose[name][:, None]}
        if loose:
            yield f"the sum over {what} is missing, in all parameters", {**parts, **loose}


def _cut_apart(parts):
    """Yield (text, numbers) where dW_h and dW_x, side by side in one matrix, are cut at the wrong column."""
    yield "dW_x and dW_h are exchanged", {**parts, "W_x": parts["W_h"], "W_h": parts["W_x"]}
    if parts["W_x"].shape == parts["W_h"].shape:
        return
    for first, second in (("W_h", "W_x"), ("W_x", "W_h")):
        both, at = np.concatenate([parts[first], parts[second]], axis=1), parts[second].shape[1]
        text = f"[d{first}, d{second}] is one matrix, and is cut apart as if d{second} came first"
        yield text, {**parts, second: both[:, :at], first: both[:, at:]}


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
    carried, last = point.passed(third=lambda v, r: 1 + 0 * r)
    parts_of = point.parts(carried, last)
    dn = gru.rows(gru.split(carried)[2])
    bare = np.concatenate([parts_of["W_h"][:2 * H], dn.T @ gru.rows(point.trace.hs[:-1])])
    yield f"{LACKS_R}, in dW_h and db_n too", {
        **parts_of, "W_h": bare, "b_n": dn.sum(axis=0)}
    yield "the n block of db takes r, which it should not", {**parts, "b": b}


def _original_sums(point, parts, delta):
    H, hs = point.H, gru.rows(point.trace.hs[:-1])
    dn, r = gru.rows(gru.split(delta)[2]), gru.rows(gru.split(point.trace.kept.gates)[0])
    for text, n_block in (
        ("r is missing before h_(t-1), in the n block of dW_h", dn.T @ hs),
        ("r stands before delta^n, not before h_(t-1), in the n block of dW_h", (dn * r).T @ hs),
    ):
        yield text, {**parts, "W_h": np.concatenate([parts["W_h"][:2 * H], n_block])}
