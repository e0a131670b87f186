"""Exercises of notebook 15, derive the GRU."""

from dataclasses import dataclass
from itertools import combinations
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from ... import bptt, doors, gradcheck
from ...cells import gru
from ...cells.activations import sigmoid
from ...trace import Trace
from . import differences
from .backward import scaled
from .besides import together
from .feedback import NOT_ATTEMPTED, Feedback, checker, located, run
from .matching import matched
from .slopes import SIGMAS, of_tanh
from .trials import held, point


class Kept(NamedTuple):
    """What a step of the reader's cell keeps."""

    zs: np.ndarray     # (..., 3H)
    gates: np.ndarray  # (..., 3H)
    ms: np.ndarray     # (..., H): W_h^n h_{t-1} + b_n


@checker(15, 1, "The step", stars=3, minutes=30)
def check_gru_step(answer):
    """Notebook 15, part 1: (p, u, (h,)) -> (h_t,), Kept(zs, gates, ms)."""

    def parts(p, u, state, z_r=lambda v: v.u_r + v.a_r, z_z=lambda v: v.u_z + v.a_z,
              m=lambda v: v.a_n + v.b_n, r=sigmoid, z=sigmoid, n=np.tanh,
              past=lambda h, W: h @ W.T, z_n=lambda v: v.u_n + v.r * v.m,
              h_t=lambda v: (1 - v.z) * v.n + v.z * v.h, kept=lambda v: v.m):
        (h,) = state
        v = SimpleNamespace(h=h, b_n=p.b_n, W_n=p.W_h[-h.shape[-1]:])
        (v.u_r, v.u_z, v.u_n), (v.a_r, v.a_z, v.a_n) = gru.split(u), gru.split(past(h, p.W_h))
        v.z_r, v.z_z = z_r(v), z_z(v)
        v.m, v.r, v.z = m(v), r(v.z_r), z(v.z_z)
        v.z_n = z_n(v)
        v.n = n(v.z_n)
        return kept(v), v.z_r, v.z_z, v.r, v.z, v.z_n, v.n, h_t(v)

    exchanged = "the blocks are exchanged: the order is r, z, n."
    past = "the past is missing: add W_h h_(t-1), the block of this gate."
    squashed, bare = {}, {}
    for gates in ("r", "z", "rz"):
        names = "gates r and z take" if gates == "rz" else f"gate {gates} takes"
        squashed[f"the {names} the logistic σ, not tanh."] = dict.fromkeys(gates, np.tanh)
        bare[f"the {names} a σ: σ is missing."] = dict.fromkeys(gates, lambda a: a)
        squashed |= {f"the {names} the logistic σ, once; yours is {name}.": dict.fromkeys(gates, SIGMAS[name])
                     for name in ("a σ of a σ", "σ(2z)", "σ(z / 2)")}
    slips = {
        "the bias b_n is missing: m = W_h^n h + b_n.": dict(m=lambda v: v.a_n),
        "m is kept before r multiplies it: delta^r will need it bare.": dict(kept=lambda v: v.r * v.m),
        "each block of W_h needs its transpose, in rows `h @ W.T`: a square block does not warn.": dict(
            past=lambda h, W: np.concatenate([h @ block for block in np.split(W, 3)], axis=-1)),
        "your σ is σ(-z): σ(z) = 1 / (1 + exp(-z)), with the minus sign.": dict(
            r=lambda z: sigmoid(-z), z=lambda z: sigmoid(-z)),
        f"z^r: {exchanged}": dict(z_r=lambda v: v.u_z + v.a_z, z_z=lambda v: v.u_r + v.a_r),
        f"z^r: {past} So it is in z^z.": dict(z_r=lambda v: v.u_r, z_z=lambda v: v.u_z),
        f"z^r: {past}": dict(z_r=lambda v: v.u_r), f"z^z: {past}": dict(z_z=lambda v: v.u_z),
        **squashed, **bare,
        f"z^n: {past}": dict(z_n=lambda v: v.u_n),
        "the reset gate is missing: r multiplies m.": dict(z_n=lambda v: v.u_n + v.m),
        "b_n stands inside the bracket: r multiplies it too.": dict(
            z_n=lambda v: v.u_n + v.r * v.a_n + v.b_n),
        "r multiplies the past only, not the input: u^n + r * m.": dict(z_n=lambda v: v.r * (v.u_n + v.m)),
        "this is z * m: it is the reset gate r that multiplies m.": dict(z_n=lambda v: v.u_n + v.z * v.m),
        "r and z are exchanged: the first block is that of r, which multiplies m, and the second that of z, "
        "which mixes.": dict(z_n=lambda v: v.u_n + v.z * v.m, h_t=lambda v: (1 - v.r) * v.n + v.r * v.h),
        "this is (1 - r) * m: an open reset gate, r = 1, lets all of m through.": dict(
            z_n=lambda v: v.u_n + (1 - v.r) * v.m),
        "r is the gate, after its σ; yours multiplies by z^r.": dict(z_n=lambda v: v.u_n + v.z_r * v.m),
        "here r multiplies h before the product, the form of the EMNLP 2014 paper; ours is "
        "r * (W_h^n h + b_n).": dict(z_n=lambda v: v.u_n + (v.r * v.h) @ v.W_n.T + v.b_n),
        "the candidate takes tanh, not σ.": dict(n=sigmoid),
        "the candidate is not squashed: tanh is missing.": dict(n=lambda a: a),
        "n and h_(t-1) are exchanged: here z = 1 keeps the old state.": dict(
            h_t=lambda v: v.z * v.n + (1 - v.z) * v.h),
        "this is n, the candidate: mix it with the old state.": dict(h_t=lambda v: v.n),
        "the leak is missing: add z * h_(t-1).": dict(h_t=lambda v: (1 - v.z) * v.n),
        "n must be multiplied by 1 - z: what is kept and what is new share one whole.": dict(
            h_t=lambda v: v.n + v.z * v.h),
        "the old state must be multiplied by z.": dict(h_t=lambda v: (1 - v.z) * v.n + v.h),
        "n must be squashed: this mixes in z^n.": dict(h_t=lambda v: (1 - v.z) * v.z_n + v.z * v.h),
        "this mixes with the reset gate r: the mixing is done by z.": dict(
            h_t=lambda v: (1 - v.r) * v.n + v.r * v.h),
        "what is kept is h_(t-1) itself, not m.": dict(h_t=lambda v: (1 - v.z) * v.n + v.z * v.m),
        "z is the gate, after its σ; yours mixes with z^z.": dict(
            h_t=lambda v: (1 - v.z_z) * v.n + v.z_z * v.h),
        "h_t is not squashed again: n has been through the tanh.": dict(
            h_t=lambda v: np.tanh((1 - v.z) * v.n + v.z * v.h)),
    }
    under = "zs holds what is under σ and tanh; this is what comes out of them."
    slips |= {name: {under: lambda *inputs, k=k: parts(*inputs)[k]}
              for name, k in (("z^r", 3), ("z^z", 4), ("z^n", 6))}
    slips["zs and gates are exchanged: Kept(zs, gates, ms)."] = lambda *inputs: tuple(
        parts(*inputs)[k] for k in (0, 3, 4, 1, 2, 6, 5, 7))
    slips["zs and gates hold r and z in another order: r comes first, then z."] = lambda *inputs: tuple(
        parts(*inputs)[k] for k in (0, 2, 1, 4, 3, 5, 6, 7))
    slips["m"] = {"m is kept before r multiplies it: delta^r will need it bare.":
                  lambda *inputs: parts(*inputs)[0] * parts(*inputs)[3]}
    rng, points = np.random.default_rng(52), []
    axis = "Use the last axis only, `axis=-1`, and no loop over the batch."
    places = {"for a batch (B, H)": ((4,), 2, 3), "with one more axis before it": ((2, 4), 2, 3),
              "for a batch of one": ((1,), 3, 2)}
    for told, (batch, D, H) in places.items():
        p, _, _, _ = gradcheck.designed_point(gru, np.random.default_rng(51), D=D, H=H)
        u, h = 2 * rng.normal(size=(*batch, 3 * H)), rng.uniform(-0.9, 0.9, (*batch, H))
        points.append(point(p, u, (h,), told=told, hint=axis * (len(batch) > 1), H=H))
    names = ("m", "z^r", "z^z", "r", "z", "z^n", "n", "h_t")
    return held(answer, points, parts, slips, dict.fromkeys(names, "B H"), read=_read_step)


def _read_step(result):
    """Return m, z^r, z^z, r, z, z^n, n and h_t of what a step returns, or the Feedback that says why not."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two things: (h_t,), Kept(zs, gates, ms).")
    state, keeps = result
    if not isinstance(state, (tuple, list)) or len(state) != 1:
        return Feedback("wrong", "the first thing returned is the state, a tuple of one array: (h_t,).")
    if not hasattr(keeps, "_fields") or len(keeps) != 3:
        return Feedback("wrong", "the second thing returned is Kept(zs, gates, ms), three arrays.")
    if any(part is None or part is Ellipsis for part in (*state, *keeps)):
        return Feedback("open", NOT_ATTEMPTED)
    blocks = [_blocks(keep) for keep in keeps[:2]]
    for name, found in zip(("zs", "gates"), blocks, strict=True):
        if isinstance(found, Feedback) or found[0].shape != np.shape(state[0]):
            return Feedback("wrong", f"{name} must be (..., 3H) here: r, z and n side by side.")
    (z_r, z_z, z_n), (r, z, n) = blocks
    return keeps[2], z_r, z_z, r, z, z_n, n, state[0]


@checker(15, 2, "The deltas", stars=3, minutes=30)
def check_gru_deltas(answer):
    """Notebook 15, part 2: (dh, h, r, z, n, m) -> delta^r, delta^z, delta^n; h is h_(t-1)."""

    def deltas(dh, h, r, z, n, m, d_n=lambda v: v.dh * (1 - v.z) * v.slope_n,
               d_z=lambda v: v.dh * (v.h - v.n) * v.slope_z, d_r=lambda v: v.d_n * v.m * v.slope_r):
        v = SimpleNamespace(dh=dh, h=h, r=r, z=z, n=n, m=m)
        v.slope_r, v.slope_z, v.slope_n = r * (1 - r), z * (1 - z), 1 - n * n
        v.d_n = d_n(v)
        return d_r(v), d_z(v), v.d_n

    def again(s):
        return sigmoid(s) * (1 - sigmoid(s))

    squashed = "{} is a gate already: its slope is {}, without another σ or tanh."
    slips = {
        "delta^n: n enters h_t multiplied by 1 - z: that factor is missing.": dict(
            d_n=lambda v: v.dh * v.slope_n),
        "delta^n: the factor is 1 - z, not z: z belongs to the old state.": dict(
            d_n=lambda v: v.dh * v.z * v.slope_n),
        "delta^n: the slope of the tanh, 1 - n^2, is missing.": dict(d_n=lambda v: v.dh * (1 - v.z)),
        "delta^n: n comes out of a tanh: its slope is 1 - n^2, not n(1 - n).": dict(
            d_n=lambda v: v.dh * (1 - v.z) * v.n * (1 - v.n)),
        **{text: dict(d_n=lambda v, f=f["slope"]: v.dh * (1 - v.z) * f(v.n)) for text, f in of_tanh(
            "n", begin="delta^n: ", but=("missing: it", "through the tanh", "(1 - n)", "its sign")).items()},
        "delta^n: " + squashed.format("n", "1 - n^2"): dict(
            d_n=lambda v: v.dh * (1 - v.z) * (1 - np.tanh(v.n) ** 2)),
        "delta^n: r does not belong here: r multiplies m inside z^n, on the way to the past.": dict(
            d_n=lambda v: v.r * v.dh * (1 - v.z) * v.slope_n),
        "delta^z: the sign: a larger z takes n out and lets h_(t-1) in, so the factor is h - n.": dict(
            d_z=lambda v: v.dh * (v.n - v.h) * v.slope_z),
        "delta^z: z stands in h_t twice: with h_(t-1), and as 1 - z with n. Yours misses the second.": dict(
            d_z=lambda v: v.dh * v.h * v.slope_z),
        "delta^z: z stands in h_t twice: as 1 - z with n, and with h_(t-1). Yours misses the second.": dict(
            d_z=lambda v: -v.dh * v.n * v.slope_z),
        "delta^z: n stands beside 1 - z, so it enters with a minus sign: h - n.": dict(
            d_z=lambda v: v.dh * (v.h + v.n) * v.slope_z),
        "delta^z: the slope of the σ, z(1 - z), is missing.": dict(d_z=lambda v: v.dh * (v.h - v.n)),
        "delta^z: z comes out of a σ: its slope is z(1 - z), not 1 - z^2.": dict(
            d_z=lambda v: v.dh * (v.h - v.n) * (1 - v.z * v.z)),
        "delta^z: " + squashed.format("z", "z(1 - z)"): dict(d_z=lambda v: v.dh * (v.h - v.n) * again(v.z)),
        "delta^z: the slope must be that of z; yours is that of r.": dict(
            d_z=lambda v: v.dh * (v.h - v.n) * v.slope_r),
        "delta^z: z mixes n with h_(t-1), not with m.": dict(d_z=lambda v: v.dh * (v.m - v.n) * v.slope_z),
        "delta^z: yours uses the slope of the gate, but not the mixing: the factor h - n is missing.": dict(
            d_z=lambda v: v.dh * v.slope_z),
        "delta^r: r multiplies m, so m = W_h^n h + b_n is the factor, not h.": dict(
            d_r=lambda v: v.d_n * v.h * v.slope_r),
        "delta^r: the factor m is missing: r multiplies it inside z^n.": dict(
            d_r=lambda v: v.d_n * v.slope_r),
        "delta^r: the slope of the σ, r(1 - r), is missing.": dict(d_r=lambda v: v.d_n * v.m),
        "delta^r: r comes out of a σ: its slope is r(1 - r), not 1 - r^2.": dict(
            d_r=lambda v: v.d_n * v.m * (1 - v.r * v.r)),
        "delta^r: " + squashed.format("r", "r(1 - r)"): dict(d_r=lambda v: v.d_n * v.m * again(v.r)),
        "delta^r: the slope must be that of r; yours is that of z.": dict(
            d_r=lambda v: v.d_n * v.m * v.slope_z),
        "delta^r: r lies before the tanh of n: start from delta^n, slope included.": dict(
            d_r=lambda v: v.dh * (1 - v.z) * v.m * v.slope_r),
        "delta^r: r reaches h_t through n only: start from delta^n, not from dh.": dict(
            d_r=lambda v: v.dh * v.m * v.slope_r),
        "delta^r: one r too many: the derivative of r * m by r is m.": dict(
            d_r=lambda v: v.d_n * v.r * v.m * v.slope_r),
        "delta^r: r multiplies m, not n.": dict(d_r=lambda v: v.d_n * v.n * v.slope_r),
    }
    slips["all three are right, but in another order: return r, z, n."] = [
        lambda *a, order=order: tuple(deltas(*a)[k] for k in order)
        for order in ((2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1))]
    rng, points = np.random.default_rng(53), []
    for shape, told in (((4, 3), "for a batch (B, H)"), ((2, 1, 4), "with one more axis"),
                        ((5,), "for one vector")):
        dh, m = rng.normal(size=(2, *shape))
        h, n = rng.uniform(-0.9, 0.9, (2, *shape))
        points.append(point(dh, h, *rng.uniform(0.1, 0.9, (2, *shape)), n, m, told=told))
    points = [*scaled(points[0], 0, "dh"), *points[1:]]
    names = dict.fromkeys(("delta^r", "delta^z", "delta^n"), "B H")
    return held(answer, points, deltas, slips, names, "right: all three gates.", order=("delta^n",))


@checker(15, 3, "The three roads", stars=2, minutes=20)
def check_gru_past(answer):
    """Notebook 15, part 3: (W_h, dh, d_r, d_z, d_n, r, z) -> what step t sends to h_(t-1)."""

    def past(W_h, dh, d_r, d_z, d_n, r, z, leak=lambda r, z: z, by_r=1, by_z=1, by_n=lambda r, z: r,
             gates=lambda r, z: 1, swap=False, turn=lambda W_h: W_h, after=None):
        d_r, d_z = (d_z, d_r) if swap else (d_r, d_z)
        W_r, W_z, W_n = np.split(turn(W_h), 3)
        road = after(r, d_n @ W_n) if after else (by_n(r, z) * d_n) @ W_n
        return leak(r, z) * dh + (gates(r, z) * by_r * d_r) @ W_r + (gates(r, z) * by_z * d_z) @ W_z + road

    slips = {
        "the leak is missing: h_(t-1) stands in h_t itself, multiplied by z.": dict(leak=lambda r, z: 0.0),
        "the leak carries z, not 1 - z.": dict(leak=lambda r, z: 1 - z),
        "the leak carries z, not r.": dict(leak=lambda r, z: r),
        "the leak carries all of dh: h_(t-1) stands in h_t multiplied by z.": dict(leak=lambda r, z: 1.0),
        "the leak is subtracted: it is added.": dict(leak=lambda r, z: -z),
        "the third road lacks r: m, not z^n, contains W_h^n h, and r stands before m.": dict(
            by_n=lambda r, z: 1.0),
        "two mistakes: the third road lacks r, and the leak z * dh is missing.": dict(
            by_n=lambda r, z: 1.0, leak=lambda r, z: 0.0),
        "the road through the candidate is missing: W_h^n takes r * delta^n back.": dict(
            by_n=lambda r, z: 0.0),
        "the roads through both gates are missing: r and z read h_(t-1) too.": dict(by_r=0, by_z=0),
        "the road through r is missing: the reset gate reads h_(t-1) too.": dict(by_r=0),
        "the road through z is missing: the update gate reads h_(t-1) too.": dict(by_z=0),
        "only the leak is there: the gates and the candidate read h_(t-1) too.": dict(
            by_r=0, by_z=0, by_n=lambda r, z: 0.0),
        "close: each block needs its transpose, in rows `delta @ W`, not `delta @ W.T`.": dict(
            turn=lambda W: np.concatenate([w.T for w in np.split(W, 3)])),
        "r multiplies before the product, not after it: (r * delta^n) @ W_h^n.": dict(
            after=lambda r, road: r * road),
        "z multiplies the third road; it should be r.": dict(by_n=lambda r, z: z),
        "the third road takes r, not 1 - r.": dict(by_n=lambda r, z: 1 - r),
        "the third road takes 1 - z: that factor is in delta^n already; here stands r.": dict(
            by_n=lambda r, z: 1 - z),
        "the third road takes the slope of r, r * (1 - r): here stands r itself.": dict(
            by_n=lambda r, z: r * (1 - r)),
        "z multiplies dh alone; yours multiplies all roads.": lambda W_h, dh, d_r, d_z, d_n, r, z: z * (
            dh + np.concatenate([d_r, d_z, r * d_n], axis=-1) @ W_h),
        "these are the three deltas, with r where it belongs: multiply them by W_h, and add the leak.":
            lambda W_h, dh, d_r, d_z, d_n, r, z: np.concatenate([d_r, d_z, r * d_n], axis=-1),
        "r must multiply delta^n alone; yours multiplies all three.": dict(gates=lambda r, z: r),
        **{f"r stands before {name}: it belongs before delta^n, and there alone.":
           lambda W, dh, d_r, d_z, d_n, r, z, k=k, m=m, n=n: past(
               W, dh, d_r * r**k, d_z * r**m, d_n * r**n, r, z, by_n=lambda r, z: 1.0)
           for name, k, m, n in (("delta^r", 1, 0, 0), ("delta^z", 0, 1, 0), ("delta^r and delta^z", 1, 1, 0),
                                 ("delta^r as well", 1, 0, 1), ("delta^z as well", 0, 1, 1))},
        "the blocks are exchanged: the rows of W_h are r, z, n.": [dict(swap=True), *(
            lambda W_h, dh, d_r, d_z, d_n, r, z, order=order: z * dh + np.concatenate(
                [(d_r, d_z, r * d_n)[k] for k in order], axis=-1) @ W_h
            for order in ((2, 0, 1), (1, 2, 0), (0, 2, 1), (2, 1, 0)))],
    }
    rng, points = np.random.default_rng(54), []
    for B, H in ((4, 3), (1, 5)):
        W_h, four = rng.normal(size=(3 * H, H)), rng.normal(size=(4, B, H))
        points.append(point(W_h, *four, *rng.uniform(0.1, 0.9, (2, B, H)), B=B, H=H))
    points = [*scaled(points[0], (1, 2, 3, 4), "dh and the deltas"), points[1]]
    return held(answer, points, past, slips, {"dL/dh_(t-1)": "B H"}, "right: three roads.")


@checker(15, 4, "The parameters", stars=2, minutes=20)
def check_gru_gradient(answer):
    """Notebook 15, part 4: (trace, delta) -> Params(W_x, W_h, b, b_n), summed over time and batch."""
    p, xs, state, dhs = place = gradcheck.designed_point(gru, np.random.default_rng(55))
    trace = bptt.forward(gru, p, xs, state)
    delta, _ = bptt.deltas(gru, p, trace, dhs)
    right = gru.gradient(trace, delta)
    result = run(answer, Trace(trace.xs, trace.states, Kept(*trace.kept)), delta)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 4:
        return Feedback("wrong", "return four arrays: Params(W_x, W_h, b, b_n).")
    if [np.shape(part) for part in result[:2]] == [right.W_h.shape, right.W_x.shape]:
        return Feedback("wrong", "the first two are exchanged: return Params(W_x, W_h, b, b_n).")
    d_r, d_z, d_n = gru.split(delta)
    r, z, n = gru.split(trace.kept.gates)
    z_r, before, after = gru.split(trace.zs)[0], trace.hs[:-1], trace.hs[1:]
    outer = lambda d, a: np.einsum("tbi,tbj->ij", d, a)
    beside = lambda last: np.concatenate([d_r, d_z, last], axis=-1)
    total = lambda d: d.sum(axis=(0, 1))
    slips = {                                         # those that gradcheck.locate does not know
        "W_x": {"x_t goes past r: dW_x takes delta as it is.": outer(beside(r * d_n), xs),
                "Delta_t has passed the slopes already: here it is multiplied by them once more.": outer(
                    delta * np.concatenate([r * (1 - r), z * (1 - z), 1 - n**2], axis=-1), xs)},
        "W_h": {
            "The n block lacks r, and beside delta_t stands h_(t-1): use trace.hs[:-1].": outer(delta, after),
            "r multiplies what W_h^n h has made, so it stands with delta^n; yours multiplies h_(t-1).":
                np.concatenate([outer(np.concatenate([d_r, d_z], axis=-1), before), outer(d_n, r * before)]),
            "The factor is r, after its σ; yours is z^r.": outer(beside(z_r * d_n), before),
            "The factor of the n block is r, not z.": outer(beside(z * d_n), before),
            "The factor of the n block is r, not 1 - r.": outer(beside((1 - r) * d_n), before),
            **_two_of_W_h(delta, r, z, trace.hs),
            "r multiplies delta^n alone; yours multiplies all three blocks.": outer(
                np.concatenate([r * d_r, r * d_z, r * d_n], axis=-1), before),
        },
        "b": {},
        "b_n": {
            "The factor is r, after its σ; yours is z^r.": total(z_r * d_n),
            "The factor is r, not z.": total(z * d_n),
            "b_n has H entries, those of the n block only.": total(beside(r * d_n)),
            "r stands there twice: b_n takes r * delta^n.": total(r * r * d_n),
            "b_n is the sum of the n block, r * delta^n; yours is that of delta^r.": total(d_r),
            "b_n is the sum of the n block, r * delta^n; yours is that of delta^z.": total(d_z),
            "b_n has H entries, and r in them; this is db.": total(delta),
        },
    }
    for name, found in zip(gru.Params._fields, result, strict=True):
        feedback = located(found, name, gru, *place, beside={"delta": delta}, slips=slips[name],
                           praise="right: all four parameters.")
        if feedback.verdict != "right":
            return feedback
    points = []
    for T, B, H, scale in ((5, 4, 3, 1), (3, 1, 4, 1000)):
        p, xs, state, dhs = gradcheck.designed_point(gru, np.random.default_rng(57), T, B, 2, H)
        trace = bptt.forward(gru, p, xs, state)
        delta = scale * bptt.deltas(gru, p, trace, dhs)[0]
        points.append(point(Trace(trace.xs, trace.states, Kept(*trace.kept)), delta, T=T, B=B, H=H))
    parts = {"W_x": "rzn D", "W_h": "rzn H", "b": "rzn", "b_n": "H"}
    return held(answer, points, _gradient, (), parts, feedback.text)


def _two_of_W_h(delta, r, z, hs):
    """Return {two slips of dW_h: the array that they give together}."""
    d_r, d_z, d_n = gru.split(delta)
    T, B = delta.shape[:2]

    def W_h(factor=r, states=hs[:-1], share=1, steps=slice(None), turn=lambda W: W):
        past = np.concatenate([d_r, d_z, factor * d_n], axis=-1)[steps]
        return turn(np.einsum("tbi,tbj->ij", past, states[steps])) / share

    single = {
        "r is missing before delta^n.": dict(factor=1.0),
        "the factor of the n block is r, not z.": dict(factor=z),
        "the factor of the n block is r, not 1 - r.": dict(factor=1 - r),
        "beside delta_t stands h_(t-1): use trace.hs[:-1].": dict(states=hs[1:]),
        "a mean over the steps: add them up.": dict(share=T),
        "a mean over the sequences: add them up.": dict(share=B),
        "a mean over steps and sequences: add them up.": dict(share=T * B),
        "only the last step is there: add up those of all steps.": dict(steps=slice(-1, None)),
        "each block is transposed: delta comes first in the product.": dict(
            turn=lambda W: np.concatenate([w.T for w in np.split(W, 3)])),
    }
    capital = lambda text: text[0].upper() + text[1:]
    return {capital(together(a, b)): W_h(**first, **second) for (a, first), (b, second) in combinations(
        single.items(), 2) if not first.keys() & second.keys()}


def _gradient(trace, delta):
    """Return the gradients of W_x, W_h, b and b_n."""
    d_r, d_z, d_n = gru.split(delta)
    past = np.concatenate([d_r, d_z, gru.split(trace.kept.gates)[0] * d_n], axis=-1)
    add, total = lambda d, a: np.einsum("tbi,tbj->ij", d, a), lambda d: d.sum(axis=(0, 1))
    return add(delta, trace.xs), add(past, trace.hs[:-1]), total(delta), gru.split(total(past))[2]


def _step(p, u, state):
    """Return (h_t,) and what the reader's cell keeps."""
    states, kept = gru.step(p, u, state)
    return states, Kept(*kept)


def _gate_deltas(dh, h, r, z, n, m):
    """Return delta^r, delta^z and delta^n."""
    d_n = dh * (1 - z) * (1 - n * n)
    return d_n * m * r * (1 - r), dh * (h - n) * z * (1 - z), d_n


def _to_past(W_h, dh, d_r, d_z, d_n, r, z):
    """Return what a step sends to h_(t-1)."""
    return z * dh + np.concatenate([d_r, d_z, r * d_n], axis=-1) @ W_h


SOLUTION = {"step": _step, "gate_deltas": _gate_deltas, "to_past": _to_past, "gradient": _gradient}
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


def takes_stacks(cell):
    """Return the cell with a step that takes a stack of parameters, W_h (S, 3H, H), whoever wrote it."""
    p, xs, h0, _ = gru_point()
    try:
        doors.check_stacks("check_gru", cell, bptt.forward(cell, cell.Params(*p), xs, h0))
    except ValueError:
        names = "Params", "shapes", "STATES", "step_backward", "gradient"
        return SimpleNamespace(step=one_by_one(cell.step), **{name: getattr(cell, name) for name in names})
    return cell


def one_by_one(step):
    """Return a step that runs a stack of parameters one by one: for who writes W_h.T and not W_h.mT."""
    def stacked(p, u, state):
        S = p.W_h.shape[:-2]
        if not S:
            return step(p, u, state)
        u, *state = (np.broadcast_to(a, (*S, *np.shape(a)[-2:])) for a in (u, *state))
        runs = [step(p._make(w[k] for w in p), u[k], tuple(s[k] for s in state)) for k in np.ndindex(S)]
        pile = lambda parts: [np.stack(a).reshape(*S, *a[0].shape) for a in zip(*parts, strict=True)]
        states, kept = zip(*runs, strict=True)
        return tuple(pile(states)), kept[0]._make(pile(kept))

    return stacked


def gru_parts(own):
    """Take from own, {name: function}, what its check calls right, and the rest from a solution."""
    chosen, told = {}, []
    for name, check in CHECKS.items():
        feedback = check(own[name])
        mine = feedback.verdict == "right"
        chosen[name] = (own if mine else SOLUTION)[name]
        why = {"open": "not attempted yet", "wrong": "not right yet"}.get(feedback.verdict)
        told.append(f"{name:12}" + ("yours" if mine else f"the solution's (yours: {why})"))
    cell = SimpleNamespace(**vars(gru) | {"step": chosen["step"]})
    chosen["step"] = takes_stacks(cell).step
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
        said, why = f"the states differ from step {forward[0]} on: mend step first", _said_of(
            check_gru_step, cell.step)
        return Feedback("wrong", f"{said}: {why}" if why else f"{said}.")
    try:
        cell = takes_stacks(cell)
        place = gradcheck.locate(cell, cell.Params(*p), xs, h0, dhs)
    except Exception as error:                                 # it is no cell after all
        return Feedback("wrong", f"{str(error) or type(error).__name__}".removeprefix("gradcheck.locate: "))
    if place.report is None:
        return Feedback("wrong", place.sentence[0].lower() + place.sentence[1:])
    if place.ok:
        gradients = len(place.report.verdicts) - 1            # the deltas are not counted
        return Feedback("right", f"right: {len(xs)} steps, 3 gates, and {gradients} gradients.")
    bad, names = (place.errors > 1e-10).any(axis=1), place.report.names("wrong")
    part = "gate_deltas" if bad[-1] else "to_past" if bad.any() or "dh0" in names else "gradient"
    if bad[-1] and (why := _said_of(check_gru_step, cell.step, cell)):
        return Feedback("wrong", f"the states are right, but not all that step keeps for later: {why}", place)
    if part == "gradient" and not place.candidates and (why := _said_of(check_gru_gradient, cell.gradient)):
        why = why.removeprefix("the deltas are right, but ")
        return Feedback("wrong", f"the deltas are right, but {why} Look at gradient.", place)
    if bad[-1] and not place.candidates and (why := _at_last_step(cell, p, xs, h0, dhs)):
        return Feedback("wrong", f"at the last step, where nothing comes back from later, delta {why} Look "
                                 f"at {part}.",
                        place)
    return Feedback("wrong", f"{place.sentence[0].lower()}{place.sentence[1:]} Look at {part}.", place)


def _said_of(check, part, cell=None):
    """Return what is wrong with a part by its own check; empty if that finds nothing, or does not know why.

    If a cell is given, what its step keeps must be the three arrays of this page; else it is its own affair.
    """
    if cell is not None:
        p, xs, h0, _ = gru_point()
        keeps = bptt.forward(cell, cell.Params(*p), xs, h0).kept
        shapes = [np.shape(a) for a in bptt.forward(gru, p, xs, h0).kept]
        if [np.shape(a) for a in keeps] != shapes:
            return ""
    feedback = check.__wrapped__(part)
    return feedback.text if feedback.verdict == "wrong" and feedback.explained else ""


def _at_last_step(cell, p, xs, h0, dhs):
    """Return what is true of all deltas of the last step, (B, 3H); empty if nothing is known."""
    deltas = lambda c: bptt.deltas(c, c.Params(*p), bptt.forward(c, c.Params(*p), xs, h0), dhs)[0]
    found, right = (run(lambda c=c: deltas(c)) for c in (cell, gru))
    if not isinstance(found, np.ndarray) or found.shape != right.shape:
        return ""
    return next(differences.causes(found[-1].astype(float), right[-1], ("B", "rzn")), "")


def _where(errors, tolerance=1e-10):
    return [int(t) for t in np.flatnonzero(~(errors < tolerance))]


def _blocks(a):
    """Return the three blocks of (..., 3H), or a Feedback."""
    try:
        parts = np.split(np.asarray(a, dtype=float), 3, axis=-1)
    except (TypeError, ValueError, IndexError):
        return Feedback("wrong", "not three blocks.")
    return parts


CELLS = {
    "A": (2, "the LSTM carries two states, h and c, and each brings a gradient back"),
    "B": (3, "in the GRU r stands between the product W_h h_(t-1) and z^n, and only there"),
    "C": (1, "in the RNN h_(t-1) stands in the product with W_h and nowhere else"),
    "D": (3, "in the GRU it is the state itself that is kept, by z; in the LSTM it is c, by f"),
    "E": (4, "every cell uses its weights at each step and in each sequence, and the uses add up"),
    "F": (2, "the LSTM has four blocks of z_t: i, f, g, o"),
}


@checker(15, 5, "Which cell?", stars=1, minutes=10)
def check_which_cell(answer):
    """Notebook 15, exercise 5: () -> {statement: number of the cell}."""
    return matched(answer, CELLS, "right: line by line.", range(1, 5))


@checker(15, 6, "One gate for both", stars=3, minutes=20)
def check_one_gate(answer):
    """Notebook 15, exercise 6: (dh, h, z, n, m) -> delta^z, delta^n of a GRU with r = 1 - z."""

    def deltas(dh, h, z, n, m, d_n=lambda v: v.dh * (1 - v.z) * (1 - v.n * v.n),
               mix=lambda v: v.dh * (v.h - v.n), reset=lambda v: -v.d_n * v.m, slope=lambda z: z * (1 - z)):
        v = SimpleNamespace(dh=dh, h=h, z=z, n=n, m=m)
        v.d_n = d_n(v)
        return (mix(v) + reset(v)) * slope(z), v.d_n

    slips = {
        "delta^z: the second road is missing: z also decides what the candidate hears, by r = 1 - z.": dict(
            reset=lambda v: 0.0),
        "delta^z: the first road is missing: z also mixes h_(t-1) and n.": dict(mix=lambda v: 0.0),
        "delta^z: the sign of the second road: r = 1 - z shrinks as z grows.": dict(
            reset=lambda v: v.d_n * v.m),
        "delta^z: the sign of the first road: a larger z takes n out and lets h_(t-1) in.": dict(
            mix=lambda v: v.dh * (v.n - v.h)),
        "delta^z: n stands beside 1 - z, so it enters the first road with a minus sign: h - n.": dict(
            mix=lambda v: v.dh * (v.h + v.n)),
        "delta^z: the second road begins at delta^n, slope included, not at dh.": [
            dict(reset=lambda v: -v.dh * v.m), dict(reset=lambda v: -v.dh * (1 - v.z) * v.m)],
        "delta^z: the second road lacks m, which r multiplies.": dict(reset=lambda v: -v.d_n),
        "delta^z: the second road lacks delta^n: what r does to z^n, it does to the loss by delta^n.": dict(
            reset=lambda v: -v.m),
        "delta^z: r multiplies m = W_h^n h + b_n, not h.": dict(reset=lambda v: -v.d_n * v.h),
        "delta^z: r multiplies m = W_h^n h + b_n, not n.": dict(reset=lambda v: -v.d_n * v.n),
        "delta^z: the second road has one 1 - z too many: the derivative of r * m by r is m.": dict(
            reset=lambda v: -v.d_n * v.m * (1 - v.z)),
        "delta^z: the second road has one z too many: both roads share the slope z(1 - z), once.": dict(
            reset=lambda v: -v.d_n * v.m * v.z),
        "delta^z: the slope of the σ comes twice on the second road: both roads share it, once.": dict(
            reset=lambda v: -v.d_n * v.m * v.z * (1 - v.z)),
        "delta^z: the second road lacks the slope of the σ: both roads pass it.": dict(
            mix=lambda v: v.dh * (v.h - v.n) * v.z * (1 - v.z), slope=lambda z: 1.0),
        "delta^z: the first road lacks the slope of the σ: both roads pass it.": dict(
            reset=lambda v: -v.d_n * v.m * v.z * (1 - v.z), slope=lambda z: 1.0),
        "delta^z: the first road lacks dh, with which all that comes back begins.": dict(
            mix=lambda v: v.h - v.n),
        "delta^z: z stands in h_t twice, with h_(t-1) and with n: h - n.": [
            dict(mix=lambda v: v.dh * v.h), dict(mix=lambda v: -v.dh * v.n)],
        "delta^z: the slope of the σ, z(1 - z), is missing.": dict(slope=lambda z: 1.0),
        "delta^z: z comes out of a σ: its slope is z(1 - z), not 1 - z^2.": dict(slope=lambda z: 1 - z * z),
        "delta^z: z is a gate already: its slope is z(1 - z), without another σ.": dict(
            slope=lambda z: sigmoid(z) * (1 - sigmoid(z))),
        "delta^n: n comes out of a tanh: its slope is 1 - n^2, not n(1 - n).": dict(
            d_n=lambda v: v.dh * (1 - v.z) * v.n * (1 - v.n)),
        "delta^n: the slope of the tanh is 1 - n^2: the square is missing.": dict(
            d_n=lambda v: v.dh * (1 - v.z) * (1 - v.n)),
        "each entry has a delta of its own: no mean over the first axis.": lambda *a: tuple(
            d / len(d) for d in deltas(*a)),
        "delta^n: n enters h_t multiplied by 1 - z: that factor is missing.": dict(
            d_n=lambda v: v.dh * (1 - v.n * v.n)),
        "delta^n: the factor is 1 - z, not z: z belongs to the old state.": dict(
            d_n=lambda v: v.dh * v.z * (1 - v.n * v.n)),
        "delta^n: the slope of the tanh, 1 - n^2, is missing.": dict(d_n=lambda v: v.dh * (1 - v.z)),
        "delta^n: r does not belong here: 1 - z comes once, from h_t; r multiplies m inside z^n.": dict(
            d_n=lambda v: v.dh * (1 - v.z) ** 2 * (1 - v.n * v.n)),
        "both are right, but in another order: return delta^z, delta^n.": lambda *a: deltas(*a)[::-1],
    }
    rng, points = np.random.default_rng(156), []
    for shape, told in (((4, 3), "for a batch (B, H)"), ((2, 1, 4), "with one more axis"),
                        ((5,), "for one vector")):
        dh, m = rng.normal(size=(2, *shape))
        h, n = rng.uniform(-0.9, 0.9, (2, *shape))
        points.append(point(dh, h, rng.uniform(0.1, 0.9, shape), n, m, told=told))
    points = [*scaled(points[0], 0, "dh"), *points[1:]]
    return held(answer, points, deltas, slips, dict.fromkeys(("delta^z", "delta^n"), "B H"),
                "right: one gate, two roads.", order=("delta^n",))
