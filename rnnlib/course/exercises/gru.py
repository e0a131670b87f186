"""Exercises of notebook 15, derive the GRU."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ... import bptt, gradcheck
from ...cells import gru
from ...trace import Trace
from .feedback import NOT_ATTEMPTED, Feedback, checker, close, compare, first_wrong, located, run


class Kept(NamedTuple):
    """What a step of the reader's cell keeps."""

    zs: np.ndarray     # (..., 3H)
    gates: np.ndarray  # (..., 3H)
    ms: np.ndarray     # (..., H): W_h^n h_{t-1} + b_n


@checker(15, 1, "The step")
def check_gru_step(answer):
    """Notebook 15, part 1: (p, u, (h,)) -> (h_t,), Kept(zs, gates, ms)."""
    p, _, (h,), _ = gradcheck.designed_point(gru, np.random.default_rng(51))
    u = np.random.default_rng(52).normal(size=(*h.shape[:-1], 9))
    first = _check_step(run(answer, p, u, (h,)), p, u, h)
    if first.verdict != "right":
        return first
    u, h = np.stack([u, -u]), np.stack([h, h[::-1]])
    if _check_step(run(answer, p, u, (h,)), p, u, h).verdict != "right":
        return Feedback("wrong", "right for a batch (B, H), but not with one more axis before it: use "
                                 "the last axis only, `axis=-1`, and no loop over the batch.")
    return first


def _check_step(result, p, u, h):
    (right,), kept = gru.step(p, u, (h,))
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, tuple) or len(result) != 2:
        return Feedback("wrong", "return two things: (h_t,), Kept(zs, gates, ms).")
    state, keeps = result
    if not isinstance(state, tuple) or len(state) != 1:
        return Feedback("wrong", "the first thing returned is the state, a tuple of one array: (h_t,).")
    if not hasattr(keeps, "_fields") or len(keeps) != 3:
        return Feedback("wrong", "the second thing returned is Kept(zs, gates, ms), three arrays.")
    if any(part is None or part is Ellipsis for part in (*state, *keeps)):
        return Feedback("open", NOT_ATTEMPTED)
    m, (u_r, u_z, u_n), (_, _, a_n) = kept.hns, gru.split(u), gru.split(h @ p.W_h.T)
    (z_r, z_z, z_n), (r, z, n) = gru.split(kept.zs), gru.split(kept.gates)
    blocks = [("m", keeps[2], m, {
        "the bias b_n is missing: m = W_h^n h + b_n.": a_n,
        "m is kept before r multiplies it: delta^r will need it bare.": r * m,
    })]
    zs, gates = (_blocks(keep) for keep in keeps[:2])
    for name, found in (("zs", zs), ("gates", gates)):
        if isinstance(found, Feedback) or found[0].shape != h.shape:
            return Feedback("wrong", f"{name} must be {u.shape} here: r, z and n side by side.")
    exchanged = "the blocks are exchanged: the order is r, z, n."
    under = "zs holds what is under σ and tanh; this is what comes out of them."
    past = "the past is missing: add W_h h_(t-1), the block of this gate."
    blocks += [
        ("z^r", zs[0], z_r, {exchanged: z_z, under: r, past: u_r}),
        ("z^z", zs[1], z_z, {exchanged: z_r, under: z, past: u_z}),
        *((name, found, value, {
            f"the gate {name} takes the logistic σ, not tanh.": np.tanh(under_it),
            f"the gate {name} is not squashed: σ is missing.": under_it,
        }) for name, found, value, under_it in zip("rz", gates, (r, z), (z_r, z_z))),
        ("z^n", zs[2], z_n, {
            under: n, past: u_n,
            "the reset gate is missing: r multiplies m.": u_n + m,
            "b_n stands inside the bracket: r multiplies it too.": u_n + r * a_n + p.b_n,
            "r multiplies the past only, not the input: u^n + r * m.": r * (u_n + m),
            "this is z * m: it is the reset gate r that multiplies m.": u_n + z * m,
            "this is (1 - r) * m: an open reset gate, r = 1, lets all of m through.": u_n + (1 - r) * m,
            "r is the gate, after its σ; yours multiplies by z^r.": u_n + z_r * m,
            "here r multiplies h before the product, the form of the first paper; ours is "
            "r * (W_h^n h + b_n).": u_n + (r * h) @ p.W_h[6:].T + p.b_n,
        }),
        ("n", gates[2], n, {
            "the candidate takes tanh, not σ.": gru_sigmoid(z_n),
            "the candidate is not squashed: tanh is missing.": z_n,
        }),
        ("h_t", state[0], right, {
            "n and h_(t-1) are exchanged: here z = 1 keeps the old state.": z * n + (1 - z) * h,
            "this is n, the candidate: mix it with the old state.": n,
            "the leak is missing: add z * h_(t-1).": (1 - z) * n,
            "n must be multiplied by 1 - z: what is kept and what is new share one whole.": n + z * h,
            "the old state must be multiplied by z.": (1 - z) * n + h,
            "n must be squashed: this mixes in z^n.": (1 - z) * z_n + z * h,
            "this mixes with the reset gate r: the mixing is done by z.": (1 - r) * n + r * h,
            "what is kept is h_(t-1) itself, not m.": (1 - z) * n + z * m,
            "z is the gate, after its σ; yours mixes with z^z.": (1 - z_z) * n + z_z * h,
        }),
    ]
    return _first_wrong(blocks)


def gru_sigmoid(z):
    """Return the logistic σ(z)."""
    return (1 + np.tanh(z / 2)) / 2


@checker(15, 2, "The deltas")
def check_gru_deltas(answer):
    """Notebook 15, part 2: (dh, h, r, z, n, m) -> delta^r, delta^z, delta^n; h is h_(t-1)."""
    rng = np.random.default_rng(53)
    dh, m = rng.normal(size=(2, 4, 3))
    h, n = rng.uniform(-0.9, 0.9, (2, 4, 3))
    r, z = rng.uniform(0.1, 0.9, (2, 4, 3))
    d_n, slope_n, slope_z, slope_r = dh * (1 - z) * (1 - n * n), 1 - n * n, z * (1 - z), r * (1 - r)
    d_z, d_r = dh * (h - n) * slope_z, d_n * m * slope_r
    squashed = "{} is a gate already: its slope is {}, without another σ or tanh."
    result = _three(run(answer, dh, h, r, z, n, m), "delta^r, delta^z, delta^n")
    if isinstance(result, Feedback):
        return result
    if all(any(close_shape(part, right) for right in (d_r, d_z, d_n)) for part in result) and not (
            close_shape(result[0], d_r) and close_shape(result[1], d_z)):
        return Feedback("wrong", "all three are right, but in another order: return r, z, n.")
    return _first_wrong([
        ("delta^n", result[2], d_n, {
            "n enters h_t multiplied by 1 - z: that factor is missing.": dh * slope_n,
            "the factor is 1 - z, not z: z belongs to the old state.": dh * z * slope_n,
            "the slope of the tanh, 1 - n^2, is missing.": dh * (1 - z),
            "n comes out of a tanh: its slope is 1 - n^2, not n(1 - n).": dh * (1 - z) * n * (1 - n),
            squashed.format("n", "1 - n^2"): dh * (1 - z) * (1 - np.tanh(n) ** 2),
            "r does not belong here: r multiplies m inside z^n, on the way to the past.": r * d_n,
        }),
        ("delta^z", result[1], d_z, {
            "the sign: a larger z takes n out and lets h_(t-1) in, so the factor is h - n.": -d_z,
            "z stands in h_t twice: with h_(t-1), and as 1 - z with n. Yours misses the second.":
                dh * h * slope_z,
            "z stands in h_t twice: as 1 - z with n, and with h_(t-1). Yours misses the second.":
                -dh * n * slope_z,
            "the slope of the σ, z(1 - z), is missing.": dh * (h - n),
            "z comes out of a σ: its slope is z(1 - z), not 1 - z^2.": dh * (h - n) * (1 - z * z),
            squashed.format("z", "z(1 - z)"): dh * (h - n) * gru_sigmoid(z) * (1 - gru_sigmoid(z)),
            "the slope must be that of z; yours is that of r.": dh * (h - n) * slope_r,
            "z mixes n with h_(t-1), not with m.": dh * (m - n) * slope_z,
            "yours uses the slope of the gate, but not the mixing: the factor h - n is missing.":
                dh * slope_z,
        }),
        ("delta^r", result[0], d_r, {
            "r multiplies m, so m = W_h^n h + b_n is the factor, not h.": d_n * h * slope_r,
            "the factor m is missing: r multiplies it inside z^n.": d_n * slope_r,
            "the slope of the σ, r(1 - r), is missing.": d_n * m,
            "r comes out of a σ: its slope is r(1 - r), not 1 - r^2.": d_n * m * (1 - r * r),
            squashed.format("r", "r(1 - r)"): d_n * m * gru_sigmoid(r) * (1 - gru_sigmoid(r)),
            "the slope must be that of r; yours is that of z.": d_n * m * slope_z,
            "r lies before the tanh of n: start from delta^n, slope included.":
                dh * (1 - z) * m * slope_r,
            "r reaches h_t through n only: start from delta^n, not from dh.": dh * m * slope_r,
            "one r too many: the derivative of r * m by r is m.": d_n * r * m * slope_r,
        }),
    ], praise="right: all three gates.")


@checker(15, 3, "The three roads")
def check_gru_past(answer):
    """Notebook 15, part 3: (W_h, dh, d_r, d_z, d_n, r, z) -> what step t sends to h_(t-1)."""
    rng = np.random.default_rng(54)
    W_h, (dh, d_r, d_z, d_n) = rng.normal(size=(9, 3)), rng.normal(size=(4, 4, 3))
    r, z = rng.uniform(0.1, 0.9, (2, 4, 3))

    def past(leak=z, d_r=d_r, d_z=d_z, d_n=r * d_n, W_h=W_h):
        return leak * dh + np.concatenate([d_r, d_z, d_n], axis=-1) @ W_h

    blockwise = np.concatenate([w.T for w in np.split(W_h, 3)])
    slips = {
        "the leak is missing: h_(t-1) stands in h_t itself, multiplied by z.": past(leak=0),
        "the leak carries z, not 1 - z.": past(leak=1 - z),
        "the leak carries all of dh: h_(t-1) stands in h_t multiplied by z.": past(leak=1),
        "the third road lacks r: m, not z^n, contains W_h^n h, and r stands before m.": past(d_n=d_n),
        "two mistakes: the third road lacks r, and the leak z * dh is missing.": past(leak=0, d_n=d_n),
        "the road through the candidate is missing: W_h^n takes r * delta^n back.": past(d_n=0 * d_n),
        "the roads through both gates are missing: r and z read h_(t-1) too.": past(
            d_r=0 * d_r, d_z=0 * d_z),
        "the road through r is missing: the reset gate reads h_(t-1) too.": past(d_r=0 * d_r),
        "the road through z is missing: the update gate reads h_(t-1) too.": past(d_z=0 * d_z),
        "only the leak is there: the gates and the candidate read h_(t-1) too.": z * dh,
        "close: each block needs its transpose, in rows `delta @ W`, not `delta @ W.T`.": past(W_h=blockwise),
        "r multiplies before the product, not after it: (r * delta^n) @ W_h^n.": (
            past(d_n=0 * d_n) + r * (d_n @ W_h[6:])),
        "z multiplies the third road; it should be r.": past(d_n=z * d_n),
        "r must multiply delta^n alone; yours multiplies all three.": past(
            d_r=r * d_r, d_z=r * d_z),
        "the blocks are exchanged: the rows of W_h are r, z, n.": past(d_r=d_z, d_z=d_r),
    }
    right = past()
    return compare(run(answer, W_h, dh, d_r, d_z, d_n, r, z), right, slips, "dL/dh_(t-1)",
                   praise="right: three roads.")


@checker(15, 4, "The parameters")
def check_gru_gradient(answer):
    """Notebook 15, part 4: (trace, delta) -> Params(W_x, W_h, b, b_n), summed over time and batch."""
    p, xs, state, dhs = point = gradcheck.designed_point(gru, np.random.default_rng(55))
    trace = bptt.forward(gru, p, xs, state)
    delta, _ = bptt.deltas(gru, p, trace, dhs)
    result = run(answer, Trace(trace.xs, trace.states, Kept(*trace.kept)), delta)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 4:
        return Feedback("wrong", "return four arrays: Params(W_x, W_h, b, b_n).")
    d_r, d_z, d_n = gru.split(delta)
    r, z, _ = gru.split(trace.kept.gates)
    z_r, before, after = gru.split(trace.zs)[0], trace.hs[:-1], trace.hs[1:]
    outer = lambda d, a: np.einsum("tbi,tbj->ij", d, a)
    beside = lambda last: np.concatenate([d_r, d_z, last], axis=-1)
    total = lambda d: d.sum(axis=(0, 1))
    slips = {                                         # those that gradcheck.locate does not know
        "W_x": {"x_t goes past r: dW_x takes delta as it is.": outer(beside(r * d_n), xs)},
        "W_h": {
            "The n block lacks r, and beside delta_t stands h_(t-1): use trace.hs[:-1].": outer(delta, after),
            "The factor is r, after its σ; yours is z^r.": outer(beside(z_r * d_n), before),
            "The factor of the n block is r, not z.": outer(beside(z * d_n), before),
            "r multiplies delta^n alone; yours multiplies all three blocks.": outer(
                np.concatenate([r * d_r, r * d_z, r * d_n], axis=-1), before),
        },
        "b": {},
        "b_n": {
            "The factor is r, after its σ; yours is z^r.": total(z_r * d_n),
            "The factor is r, not z.": total(z * d_n),
            "b_n has H entries, those of the n block only.": total(beside(r * d_n)),
        },
    }
    for name, found in zip(gru.Params._fields, result, strict=True):
        feedback = located(found, name, gru, *point, beside={"delta": delta}, slips=slips[name],
                           praise="right: all four parameters.")
        if feedback.verdict != "right":
            return feedback
    return feedback


CHECKS = {"step": check_gru_step, "gate_deltas": check_gru_deltas, "to_past": check_gru_past,
          "gradient": check_gru_gradient}


@dataclass(frozen=True)
class Parts:
    """The four functions of a cell, and who wrote each."""

    step: object
    gate_deltas: object
    to_past: object
    gradient: object
    told: str

    def __repr__(self):
        return self.told


def gru_parts(own, solution):
    """Take from own, {name: function}, what its check calls right, and the rest from solution."""
    chosen, told = {}, []
    for name, check in CHECKS.items():
        feedback = check(own[name])
        mine = feedback.verdict == "right"
        chosen[name] = (own if mine else solution)[name]
        why = {"open": "not attempted yet", "wrong": "not right yet"}.get(feedback.verdict)
        told.append(f"{name:12}" + ("yours" if mine else f"the solution's (yours: {why})"))
    return Parts(**chosen, told="\n".join(told))


def gru_point():
    """Return p, xs, h0 and dhs, the point at which check_gru and gru_delta_errors look."""
    p, xs, (h0,), dhs = gradcheck.designed_point(gru, np.random.default_rng(56))
    return p, xs, h0, dhs


def gru_delta_errors(cell):
    """Return the relative error of the cell's deltas by gate and step, (3, T), held against a complex step.

    Each z_t^r, z_t^z, z_t^n is perturbed in turn, and the loss computed again.
    """
    p, *point = gru_point()
    return gradcheck.locate(cell, cell.Params(*p), *point).errors.T


def check_gru(cell):
    """Hold a whole GRU cell against numerical deltas, per gate and step; say where it is wrong first."""
    missing = [name for name in ("Params", "shapes", "STATES", "step", "step_backward", "gradient")
               if not hasattr(cell, name)]
    if missing:
        return Feedback("wrong", f"a cell needs {', '.join(missing)}.")
    p, xs, h0, dhs = gru_point()
    expected = bptt.forward(gru, p, xs, h0)
    trace = run(lambda: bptt.forward(cell, cell.Params(*p), xs, h0))
    if isinstance(trace, Feedback):
        return trace
    forward = _where(np.abs(trace.hs - expected.hs).max(axis=(1, 2)))
    if forward:
        return Feedback("wrong", f"the states differ from step {forward[0]} on: mend step first.")
    place = gradcheck.locate(cell, cell.Params(*p), xs, h0, dhs)
    if place.report is None:
        return Feedback("wrong", place.sentence[0].lower() + place.sentence[1:])
    if place.ok:
        gradients = len(place.report.verdicts) - 1            # the deltas are not counted
        return Feedback("right", f"right: {len(xs)} steps, 3 gates, and {gradients} gradients.")
    bad, names = (place.errors > 1e-10).any(axis=1), place.report.names("wrong")
    part = "gate_deltas" if bad[-1] else "to_past" if bad.any() or "dh0" in names else "gradient"
    return Feedback("wrong", f"{place.sentence[0].lower()}{place.sentence[1:]} Look at {part}.", place)


def _where(errors, tolerance=1e-10):
    return [int(t) for t in np.flatnonzero(~(errors < tolerance))]


def close_shape(a, b):
    """True if a is an array of b's shape that agrees with it."""
    return np.shape(a) == b.shape and close(np.asarray(a), b)


def _blocks(a):
    """Return the three blocks of (..., 3H), or a Feedback."""
    try:
        parts = np.split(np.asarray(a, dtype=float), 3, axis=-1)
    except (TypeError, ValueError, IndexError):
        return Feedback("wrong", "not three blocks.")
    return parts


def _three(result, names):
    """Return the result if it is three arrays of numbers, or the Feedback that says why not."""
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return Feedback("wrong", f"return three arrays: {names}.")
    if any(part is None or part is Ellipsis for part in result):
        return Feedback("open", NOT_ATTEMPTED)
    try:
        return [np.asarray(part, dtype=float) for part in result]
    except (TypeError, ValueError):
        return Feedback("wrong", f"return three arrays of numbers: {names}.")


def _first_wrong(blocks, praise="right."):
    """Compare (name, found, right, slips) in turn, each complaint under its name."""
    return first_wrong(((name, found, right, {f"{name}: {text}": value for text, value in slips.items()})
                        for name, found, right, slips in blocks), praise)
