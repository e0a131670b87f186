"""Answers as learners give them, to pages 12 to 16: (verdict, words of the message, answer)."""

import math
from types import SimpleNamespace

import numpy as np

from rnnlib import bptt, gru, gru_original
from rnnlib.course import exercises
from rnnlib.course.exercises.gru import Kept

R, W = "right", "wrong"
sig = lambda z: 1 / (1 + np.exp(-z))
split = lambda a: np.split(a, 3, axis=-1)
join = lambda *blocks: np.concatenate(blocks, axis=-1)
rows = lambda a: a.reshape(-1, a.shape[-1])


# 12


def adam(
    new=lambda v: (v.b1 * v.m + (1 - v.b1) * v.g, v.b2 * v.v + (1 - v.b2) * v.g**2),
    hat=lambda v: (v.m / (1 - v.b1**v.n), v.v / (1 - v.b2**v.n)),
    step=lambda v, m, s: v.p - v.rate * m / (np.sqrt(s) + v.eps),
    end=lambda p, m, v: (p, m, v),
):
    def update(p, g, m, v, n, rate, beta1, beta2, eps):
        x = SimpleNamespace(p=p, g=g, m=m, v=v, n=n, rate=rate, b1=beta1, b2=beta2, eps=eps)
        x.m, x.v = new(x)
        return end(step(x, *hat(x)), x.m, x.v)

    return update


def adam_in_place(p, g, m, v, n, rate, beta1, beta2, eps):
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g * g
    return p - rate * (m / (1 - beta1**n)) / (np.sqrt(v / (1 - beta2**n)) + eps), m, v


def clip(
    norm=lambda gs: np.sqrt(sum((g**2).sum() for g in gs)),
    scale=lambda limit, n: limit / n,
    when=lambda n, limit: n > limit,
    end=lambda a: a,
):
    def clipped(gradients, limit):
        n = norm(gradients)
        return end([g * scale(limit, n) if when(n, limit) else g for g in gradients])

    return clipped


clip_norm = lambda gs: np.sqrt(sum((g**2).sum() for g in gs))


def clip_in_place(gradients, limit):
    n = np.sqrt(sum((g**2).sum() for g in gradients))
    for g in gradients:
        g *= min(1, limit / n)
    return gradients


# 13


def table(add=np.add.at, rows_=lambda ids, V: V):
    def dE(ids, dxs, V):
        out = np.zeros((rows_(ids, V), dxs.shape[1]))
        add(out, ids, dxs)
        return out

    return dE


def table_by_one_hot(ids, dxs, V):
    return np.eye(V)[ids].T @ dxs


def table_by_dict(ids, dxs, V):
    sums = {}
    for k, d in zip(ids, dxs):
        sums[k] = sums.get(k, 0) + d
    return np.array([sums.get(k, np.zeros(dxs.shape[1])) for k in range(V)])


def table_bare_dict(ids, dxs, V):
    sums = {}
    for k, d in zip(ids, dxs):
        sums[k] = sums.get(k, 0) + d
    return np.array([sums.get(k, 0) for k in range(V)])


def look_back(
    x=lambda xs, t, i: xs[i],
    before=lambda hs, t, i: hs[i],
    slope=lambda hs, t, i: 1 - hs[i + 1] ** 2,
    back=lambda d, W: d @ W,
    window=lambda t, K: range(t, max(-1, t - K), -1),
    losses=lambda T: range(T),
    end=lambda a, b: (a, b),
):
    def passed(W_h, xs, hs, dhs, K):
        dW_x, dW_h = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h)
        for t in losses(len(xs)):
            carry = dhs[t]
            for i in window(t, K):
                d = slope(hs, t, i) * carry
                dW_x += np.outer(d, x(xs, t, i))
                dW_h += np.outer(d, before(hs, t, i))
                carry = back(d, W_h)
        return end(dW_x, dW_h)

    return passed


def look_back_by_lags(W_h, xs, hs, dhs, K):
    slope, part = 1 - hs[1:] ** 2, dhs.copy()
    total = np.zeros_like(dhs)
    for k in range(K):
        if k >= len(xs):
            break
        part = part * slope[: len(part)]
        total[: len(part)] += part
        part = part[1:] @ W_h
    return total.T @ xs, total.T @ hs[:-1]


# 15


def gru_step(
    m=lambda v: v.a_n + v.p.b_n,
    z_n=lambda v: v.u_n + v.r * v.m,
    h=lambda v: (1 - v.z) * v.n + v.z * v.h,
    gate=sig,
    end=lambda v: ((v.h_t,), Kept(join(v.z_r, v.z_z, v.z_n), join(v.r, v.z, v.n), v.m)),
    past=lambda h, W: h @ W.mT,
):
    def step(p, u, state):
        v = SimpleNamespace(p=p, h=state[0])
        v.u_r, v.u_z, v.u_n = split(u)
        v.a_r, v.a_z, v.a_n = split(past(v.h, p.W_h))
        v.z_r, v.z_z, v.m = v.u_r + v.a_r, v.u_z + v.a_z, m(v)
        v.r, v.z = gate(v.z_r), gate(v.z_z)
        v.z_n = z_n(v)
        v.n = np.tanh(v.z_n)
        v.h_t = h(v)
        return end(v)

    return step


def gru_deltas(
    n=lambda v: v.dh * (1 - v.z) * (1 - v.n**2),
    z=lambda v: v.dh * (v.h - v.n) * v.z * (1 - v.z),
    r=lambda v: v.d_n * v.m * v.r * (1 - v.r),
    end=lambda r, z, n: (r, z, n),
):
    def deltas(dh, h, r_, z_, n_, m):
        v = SimpleNamespace(dh=dh, h=h, r=r_, z=z_, n=n_, m=m)
        v.d_n = n(v)
        return end(r(v), z(v), v.d_n)

    return deltas


def gru_past(f):
    def past(W_h, dh, d_r, d_z, d_n, r, z):
        W_r, W_z, W_n = np.split(W_h, 3)
        return f(
            SimpleNamespace(W=W_h, W_r=W_r, W_z=W_z, W_n=W_n, dh=dh, d_r=d_r, d_z=d_z, d_n=d_n, r=r, z=z)
        )

    return past


def gru_gradient(change=lambda W_x, W_h, b, b_n, v: (W_x, W_h, b, b_n)):
    def gradient(trace, delta):
        d_r, d_z, d_n = split(delta)
        r = split(trace.kept.gates)[0]
        past = join(d_r, d_z, r * d_n)
        v = SimpleNamespace(d_r=d_r, d_z=d_z, d_n=d_n, r=r, past=past, xs=trace.xs, hs=trace.hs, delta=delta)
        return change(
            np.einsum("tbi,tbj->ij", delta, trace.xs),
            np.einsum("tbi,tbj->ij", past, trace.hs[:-1]),
            delta.sum((0, 1)),
            (r * d_n).sum((0, 1)),
            v,
        )

    return gradient


# 16


def keras_blocks(weight_ih, weight_hh, bias_ih, bias_hh):
    i, f, g, o = np.split(weight_ih, 4)
    a, b, c, d = np.split(weight_hh, 4)
    return (
        np.hstack([i.T, f.T, g.T, o.T]),
        np.hstack([a.T, b.T, c.T, d.T]),
        np.sum([bias_ih, bias_hh], axis=0),
    )


def onnx(
    order="iofc",
    have="ifco",
    W=lambda a: a.T[None],
    B=lambda b: np.concatenate([b, 0 * b])[None],
    end=lambda W, R, B: (W, R, B),
):
    def converted(kernel, recurrent, bias):
        def sort(a):
            blocks = dict(zip(have, np.split(a, 4, axis=-1)))
            return np.concatenate([blocks[k] for k in order], axis=-1)

        return end(W(sort(kernel)), W(sort(recurrent)), B(sort(bias)))

    return converted


def which(judge):
    def reset_after(W_x, W_h, b, xs, h0, hs):
        after = bptt.forward(gru, gru.Params(W_x, W_h, b, np.zeros(W_h.shape[1])), xs, h0).hs[1:]
        before = bptt.forward(gru_original, gru_original.Params(W_x, W_h, b), xs, h0).hs[1:]
        return judge(after, before, hs)

    return reset_after


soft = lambda o: np.exp(o - o.max()) / np.exp(o - o.max()).sum()

ANSWERS = {
    exercises.check_adam_step: [
        (R, "", adam()),
        (R, "", adam(end=lambda p, m, v: [p, m, v])),
        (R, "", adam(new=lambda v: (v.m + (1 - v.b1) * (v.g - v.m), v.v + (1 - v.b2) * (v.g * v.g - v.v)))),
        (W, "in place", adam_in_place),
        (W, "forget n", adam(hat=lambda v: (v.m / (1 - v.b1), v.v / (1 - v.b2)))),
        (W, "beta * n", adam(hat=lambda v: (v.m / (1 - v.b1 * v.n), v.v / (1 - v.b2 * v.n)))),
        (W, "comes in full", adam(new=lambda v: (v.b1 * v.m + v.g, v.b2 * v.v + v.g**2))),
        (W, "takes g itself", adam(step=lambda v, m, s: v.p - v.rate * v.g / (np.sqrt(s) + v.eps))),
        (W, "rate is missing", adam(step=lambda v, m, s: v.p - m / (np.sqrt(s) + v.eps))),
        (W, "p is missing", adam(step=lambda v, m, s: -v.rate * m / (np.sqrt(s) + v.eps))),
        (
            W,
            "sum of all squares",
            adam(
                new=lambda v: (
                    v.b1 * v.m + (1 - v.b1) * v.g,
                    v.b2 * v.v + (1 - v.b2) * (v.g**2).sum() * np.ones_like(v.g),
                )
            ),
        ),
        (
            W,
            "two changes",
            adam(
                hat=lambda v: (v.m, v.v / (1 - v.b2**v.n)),
                step=lambda v, m, s: v.p + v.rate * m / (np.sqrt(s) + v.eps),
            ),
        ),
        (W, "another order", adam(end=lambda p, m, v: (m, v, p))),
        (W, "three arrays", adam(end=lambda p, m, v: p)),
        (W, "not multiplied", adam(step=lambda v, m, s: v.p - v.rate * m * (np.sqrt(s) + v.eps))),
        (W, "not in it", adam(step=lambda v, m, s: v.p - v.rate * m / np.sqrt(s + v.eps))),
        (
            W,
            "weight decay",
            adam(step=lambda v, m, s: v.p - v.rate * (m / (np.sqrt(s) + v.eps) + 0.01 * v.p)),
        ),
    ],
    exercises.check_clip_by_norm: [
        (R, "", clip()),
        (R, "", clip(end=tuple)),
        (R, "", clip(lambda gs: np.linalg.norm([np.linalg.norm(g) for g in gs]))),
        (R, "", lambda gs, limit: [g / max(1, clip_norm(gs) / limit) for g in gs]),
        (W, "in place", clip_in_place),
        (W, "first array alone", clip(lambda gs: np.linalg.norm(gs[0]))),
        (W, "largest of the arrays", clip(lambda gs: max(np.linalg.norm(g) for g in gs))),
        (W, "small number is added", clip(scale=lambda limit, n: limit / (n + 1e-6))),
        (W, "thrown away", clip(scale=lambda limit, n: 0.0)),
        (W, "upside down", clip(scale=lambda limit, n: min(1, n / limit), when=lambda n, limit: True)),
        (W, "shortens every gradient", clip(scale=lambda limit, n: limit / (limit + n), when=lambda n, limit: True)),
        (W, "stretched", clip(when=lambda n, limit: True)),
        (W, "the wrong way round", clip(when=lambda n, limit: n < limit)),
        (W, "square root", clip(lambda gs: sum((g**2).sum() for g in gs))),
        (W, "mean square", clip(lambda gs: np.sqrt(np.mean(np.concatenate([g.ravel() for g in gs]) ** 2)))),
        (W, "list of 3 arrays", clip(end=lambda a: np.concatenate([g.ravel() for g in a]))),
        (W, "list of 3 arrays", clip(end=lambda a: a[0])),
        (W, "do not make one array", clip(lambda gs: np.linalg.norm(np.array(gs)))),
        (W, "array 0", clip(scale=lambda limit, n: -limit / n)),
    ],
    exercises.check_temperature: [
        (R, "", lambda o, t: soft(o / t)),
        (R, "", lambda o, t: np.exp(o / t - np.logaddexp.reduce(o / t))),
        (R, "", lambda o, t: [float(v) for v in soft(np.array(o) / t)]),
        (W, "small logits", lambda o, t: np.exp(o / t) / np.exp(o / t).sum()),
        (W, "exponent is 0", lambda o, t: np.exp(o / t - o.max()) / np.exp(o / t - o.max()).sum()),
        (W, "exponent is 0", lambda o, t: np.exp((o - o.mean()) / t) / np.exp((o - o.mean()) / t).sum()),
        (W, "do not add up to 1", lambda o, t: soft(o) ** (1 / t)),
        (W, "the sign", lambda o, t: soft(-o / t)),
        (W, "root or the square", lambda o, t: soft(o / np.sqrt(t))),
        (W, "not used, or cancels", lambda o, t: soft(o)),
        (W, "cancels", lambda o, t: soft(o) / t / (soft(o) / t).sum()),
        (W, "softmax comes last", lambda o, t: soft(soft(o) / t)),
        (W, "multiplied", lambda o, t: soft(o * t)),
        (W, "temperature 0", lambda o, t: np.eye(len(o))[np.argmax(o / t)]),
        (W, "numerator", lambda o, t: np.exp((o - o.max()) / t) / np.exp(o - o.max()).sum()),
        (W, "is one number", lambda o, t: soft(o / t).max()),
        (W, "random", lambda o, t: np.random.default_rng().dirichlet(soft(o / t))),
        (W, "off by the same number", lambda o, t: soft(o / t) + 1e-3),
        (W, "other places", lambda o, t: np.sort(soft(o / t))),
    ],
    exercises.check_embedding_gradient: [
        (R, "", table()),
        (R, "", table_by_one_hot),
        (R, "", table_by_dict),
        (R, "", lambda ids, dxs, V: np.array([dxs[ids == k].sum(axis=0) for k in range(V)])),
        (W, "V rows", table(rows_=lambda ids, V: ids.max() + 1)),
        (W, "one array", table_bare_dict),
        (W, "the step before", lambda ids, dxs, V: table()(ids[1:], dxs[:-1], V)),
        (W, "the step after", lambda ids, dxs, V: table()(ids[:-1], dxs[1:], V)),
        (W, "not ids[t] - 1", lambda ids, dxs, V: table()((ids - 1) % V, dxs, V)),
        (W, "it is not read from there", lambda ids, dxs, V: dxs[ids]),
        (
            W,
            "how often",
            lambda ids, dxs, V: np.bincount(ids, minlength=V)[:, None] * np.ones((1, dxs.shape[1])),
        ),
        (W, "in every row", lambda ids, dxs, V: np.tile(dxs.sum(axis=0), (V, 1))),
        (
            W,
            "mean over the uses",
            lambda ids, dxs, V: table()(ids, dxs, V) / np.maximum(np.bincount(ids, minlength=V), 1)[:, None],
        ),
        (W, "no index", table(rows_=lambda ids, V: len(set(ids.tolist())))),
        (W, "summed over the inputs", lambda ids, dxs, V: table()(ids, dxs, V).sum(axis=1)),
        (W, "last use", table(add=lambda out, ids, dxs: out.__setitem__(ids, dxs))),
        (W, "twice", lambda ids, dxs, V: 2 * table()(ids, dxs, V)),
    ],
    exercises.check_look_back: [
        (R, "", look_back()),
        (R, "", look_back_by_lags),
        (R, "", look_back(end=lambda a, b: [a, b])),
        (W, "not truncated", look_back(window=lambda t, K: range(t, -1, -1))),
        (W, "too many", look_back(window=lambda t, K: range(t, max(-1, t - K - 1), -1))),
        (W, "the step before", look_back(x=lambda xs, t, i: xs[i - 1])),
        (W, "hs[i - 1]", look_back(before=lambda hs, t, i: hs[i - 1] if i else 0 * hs[0])),
        (W, "forgets W_h", look_back(back=lambda d, W: d)),
        (W, "delta @ W_h", look_back(back=lambda d, W: d @ W.T)),
        (W, "only the last loss", look_back(losses=lambda T: [T - 1])),
        (W, "already tanh", look_back(slope=lambda hs, t, i: 1 - np.tanh(hs[i + 1]) ** 2)),
        (W, "frozen at step t", look_back(slope=lambda hs, t, i: 1 - hs[t + 1] ** 2)),
        (W, "forward in time", look_back(window=lambda t, K: range(max(0, t - K + 1), t + 1))),
        (W, "two changes", look_back(x=lambda xs, t, i: xs[t], back=lambda d, W: d @ W.T)),
        (W, "another order", look_back(end=lambda a, b: (b, a))),
        (W, "dW_x is transposed", look_back(end=lambda a, b: (a.T, b))),
        (W, "at T=5", lambda W_h, xs, hs, dhs, K: look_back()(W_h, xs, hs, dhs, 3)),
    ],
    exercises.check_sum_baseline: [
        (R, "", lambda n, low, high: n / 12 * (high - low) ** 2),
        (R, "", lambda n, low, high: n * ((low**2 + low * high + high**2) / 3 - ((low + high) / 2) ** 2)),
        (R, "", lambda n, low, high: float(n * ((high - low) / math.sqrt(12)) ** 2)),
        (W, "not n - 1", lambda n, low, high: (n - 1) * (high - low) ** 2 / 12),
        (W, "low is subtracted", lambda n, low, high: n * (high + low) ** 2 / 12),
        (W, "low need not be 0", lambda n, low, high: n * high**2 / 12),
        (W, "/ 12", lambda n, low, high: n * (high - low) ** 2 / 4),
        (W, "two numbers", lambda n, low, high: (high - low) ** 2 / 6),
        (W, "does not follow", lambda n, low, high: 1 / 6),
        (W, "subtract the square", lambda n, low, high: n * (low**2 + low * high + high**2) / 3),
        (
            W,
            "random",
            lambda n, low, high: np.random.default_rng().uniform(low, high, (1000, n)).sum(1).var(),
        ),
        (
            W,
            "is near",
            lambda n, low, high: np.random.default_rng(0).uniform(low, high, (100_000, n)).sum(1).var(),
        ),
        (W, "one number", lambda n, low, high: (high - low) ** 2 / 12),
        (W, "standard deviation", lambda n, low, high: (high - low) * math.sqrt(n / 12)),
        (W, "/ 12", lambda n, low, high: n * (high - low) ** 2 / 6),
        (W, "minus", lambda n, low, high: -n * (high - low) ** 2 / 12),
    ],
    exercises.check_copy_baseline: [
        (R, "", lambda T, s, L: L * math.log(s) / (T + 2 * L)),
        (R, "", lambda T, s, L: -np.mean([0.0] * (T + L) + [np.log(1 / s)] * L)),
        (R, "", lambda T, s, L: np.array(math.log(s)) * L / (T + L + L)),
        (W, "log10", lambda T, s, L: L * math.log10(s) / (T + 2 * L)),
        (W, "in bits", lambda T, s, L: L * math.log2(s) / (T + 2 * L)),
        (W, "not 2 length", lambda T, s, L: math.log(s) / 2),
        (W, "read and then written", lambda T, s, L: 2 * L * math.log(s) / (T + 2 * L)),
        (W, "exchanged", lambda T, s, L: s * math.log(L) / (T + 2 * s) if L > 1 else 0.0),
        (W, "nothing is sure", lambda T, s, L: math.log(s + 1)),
        (W, "blanks are sure", lambda T, s, L: (T + L) * math.log(s) / (T + 2 * L)),
        (W, "too few", lambda T, s, L: L * math.log(s - 1) / (T + 2 * L)),
        (W, "not T", lambda T, s, L: L * math.log(s) / T),
        (W, "sum over the sequence", lambda T, s, L: math.log(s**L)),
        (W, "the baseline", lambda T, s, L: s**-L),
        (W, "not negative", lambda T, s, L: L * math.log(1 / s) / (T + 2 * L)),
        (W, "2.71828 times", lambda T, s, L: L * math.log(s) / (T + 2 * L) * math.e),
    ],
    exercises.check_mark_column: [
        (R, "", lambda d, x, K: np.einsum("tbg,tb->g", d[-K:], x[-K:, :, 1])),
        (R, "", lambda d, x, K: np.einsum("tbg,tbd->gd", d[-K:], x[-K:])[:, 1]),
        (R, "", lambda d, x, K: sum(x[t, :, 1] @ d[t] for t in range(len(x) - K, len(x)))),
        (W, "leaves out the first K", lambda d, x, K: np.einsum("tbg,tb->g", d[K:], x[K:, :, 1])),
        (W, "only the last step", lambda d, x, K: np.einsum("bg,b->g", d[-1], x[-1, :, 1])),
        (
            W,
            "step after",
            lambda d, x, K: np.einsum("tbg,tb->g", d[-K:], np.roll(x[:, :, 1], -1, axis=0)[-K:]),
        ),
        (
            W,
            "a step too early",
            lambda d, x, K: np.einsum(
                "tbg,tb->g", d[max(len(d) - K - 1, 0) : -1], x[max(len(d) - K - 1, 0) : -1, :, 1]
            ),
        ),
        (W, "column of the number", lambda d, x, K: np.einsum("tbg,tb->g", d[-K:], x[-K:, :, 0])),
        (W, "only the first sequence", lambda d, x, K: np.einsum("tg,t->g", d[-K:, 0], x[-K:, 0, 1])),
        (W, "not truncated", lambda d, x, K: np.einsum("tbg,tb->g", d, x[:, :, 1])),
        (W, "neither", lambda d, x, K: d[-K:] * x[-K:, :, 1:]),
        (W, "both columns", lambda d, x, K: np.einsum("tbg,tbd->dg", d[-K:], x[-K:])),
        (W, "do not fit", lambda d, x, K: (d[-K:] * x[-K:, :, 1]).sum((0, 1))),
        (W, "twice", lambda d, x, K: 2 * np.einsum("tbg,tb->g", d[-K:], x[-K:, :, 1])),
        (W, "before the product", lambda d, x, K: d[-K:].sum((0, 1)) * x[-K:, :, 1].sum()),
        (W, "the number 3, which is K", lambda d, x, K: np.einsum("tbg,tb->g", d[-3:], x[-3:, :, 1])),
    ],
    exercises.check_gru_step: [
        (R, "", gru_step()),
        (R, "", gru_step(gate=lambda z: 0.5 + 0.5 * np.tanh(z / 2))),
        (R, "", gru_step(h=lambda v: v.n + v.z * (v.h - v.n))),
        (W, "z = 1 keeps", gru_step(h=lambda v: v.z * v.n + (1 - v.z) * v.h)),
        (W, "not squashed again", gru_step(h=lambda v: np.tanh((1 - v.z) * v.n + v.z * v.h))),
        (W, "two changes", gru_step(m=lambda v: v.a_n, h=lambda v: v.z * v.n + (1 - v.z) * v.h)),
        (W, "(1 - r) * m", gru_step(z_n=lambda v: v.u_n + (1 - v.r) * v.m)),
        (W, "Kept", gru_step(end=lambda v: ((v.h_t,), (v.z_r, v.z_z, v.z_n)))),
        (
            W,
            "tuple of one array",
            gru_step(end=lambda v: (v.h_t, Kept(join(v.z_r, v.z_z, v.z_n), join(v.r, v.z, v.n), v.m))),
        ),
        (W, "side by side", gru_step(end=lambda v: ((v.h_t,), Kept(v.z_n, v.n, v.m)))),
        (
            W,
            "another order",
            gru_step(end=lambda v: ((v.h_t,), Kept(join(v.z_z, v.z_r, v.z_n), join(v.z, v.r, v.n), v.m))),
        ),
        (
            W,
            "zs holds what is under",
            gru_step(end=lambda v: ((v.h_t,), Kept(join(v.r, v.z, v.n), join(v.r, v.z, v.n), v.m))),
        ),
        (W, "needs its transpose", gru_step(past=lambda h, W: join(*(h @ w for w in np.split(W, 3))))),
        (W, "h_t", gru_step(h=lambda v: (1 - v.z) * v.n + v.z * v.h + v.m)),
        (W, "σ(-z)", gru_step(gate=lambda z: 1 / (1 + np.exp(z)))),
        (W, "product", gru_step(past=lambda h, W: W @ h)),
        (
            W,
            "inside the bracket",
            gru_step(m=lambda v: v.a_n + v.p.b_n, z_n=lambda v: v.u_n + v.r * v.a_n + v.p.b_n),
        ),
    ],
    exercises.check_gru_deltas: [
        (R, "", gru_deltas()),
        (R, "", gru_deltas(end=lambda *a: list(a))),
        (R, "", gru_deltas(n=lambda v: (v.dh - v.dh * v.z) * (1 - v.n) * (1 + v.n))),
        (W, "1 - z: that factor", gru_deltas(n=lambda v: v.dh * (1 - v.n**2))),
        (W, "delta^z: the sign", gru_deltas(z=lambda v: v.dh * (v.n - v.h) * v.z * (1 - v.z))),
        (W, "minus sign: h - n", gru_deltas(z=lambda v: v.dh * (v.h + v.n) * v.z * (1 - v.z))),
        (W, "not n", gru_deltas(r=lambda v: v.d_n * v.n * v.r * (1 - v.r))),
        (W, "two changes", gru_deltas(n=lambda v: v.dh * (1 - v.n**2), z=lambda v: v.dh * (v.h - v.n))),
        (W, "another order", gru_deltas(end=lambda r, z, n: (z, r, n))),
        (W, "return three", gru_deltas(end=lambda r, z, n: join(r, z, n))),
        (W, "lacks the factor 1 - r_", gru_deltas(r=lambda v: v.d_n * v.m * v.r)),
        (W, "lacks the factor dh", gru_deltas(z=lambda v: (v.h - v.n) * v.z * (1 - v.z))),
        (W, "delta^n lacks the factor dh", gru_deltas(n=lambda v: (1 - v.z) * (1 - v.n**2))),
        (W, "wrong sign", gru_deltas(r=lambda v: -v.d_n * v.m * v.r * (1 - v.r))),
        (W, "expected (4, 3)", gru_deltas(end=lambda r, z, n: (r.sum(0), z.sum(0), n.sum(0)))),
        (W, "only delta^r", gru_deltas(r=lambda v: v.d_n * v.m * v.r * (1 - v.r) + v.d_n)),
    ],
    exercises.check_gru_past: [
        (R, "", gru_past(lambda v: v.z * v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W)),
        (R, "", gru_past(lambda v: v.dh * v.z + v.d_r @ v.W_r + v.d_z @ v.W_z + (v.r * v.d_n) @ v.W_n)),
        (R, "", gru_past(lambda v: (v.W.T @ join(v.d_r, v.d_z, v.d_n * v.r).T).T + v.z * v.dh)),
        (W, "not r", gru_past(lambda v: v.r * v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W)),
        (W, "subtracted", gru_past(lambda v: -v.z * v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W)),
        (
            W,
            "that factor is in delta^n",
            gru_past(lambda v: v.z * v.dh + join(v.d_r, v.d_z, (1 - v.z) * v.d_n) @ v.W),
        ),
        (W, "not 1 - r", gru_past(lambda v: v.z * v.dh + join(v.d_r, v.d_z, (1 - v.r) * v.d_n) @ v.W)),
        (W, "slope of r", gru_past(lambda v: v.z * v.dh + join(v.d_r, v.d_z, v.r * (1 - v.r) * v.d_n) @ v.W)),
        (W, "product", gru_past(lambda v: v.z * v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W.T)),
        (W, "two changes", gru_past(lambda v: (1 - v.z) * v.dh + join(v.d_z, v.d_r, v.r * v.d_n) @ v.W)),
        (W, "only the leak", gru_past(lambda v: v.z * v.dh)),
        (W, "dh, as it came", gru_past(lambda v: v.dh)),
        (W, "dL/dh", gru_past(lambda v: v.z * v.dh + (v.d_r + v.d_z + v.r * v.d_n) @ v.W_n)),
        (W, "multiply them by W_h", gru_past(lambda v: join(v.d_r, v.d_z, v.r * v.d_n))),
        (W, "twice", gru_past(lambda v: 2 * (v.z * v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W))),
        (
            W,
            "z multiplies dh alone",
            gru_past(lambda v: v.z * (v.dh + join(v.d_r, v.d_z, v.r * v.d_n) @ v.W)),
        ),
    ],
    exercises.check_gru_gradient: [
        (R, "", gru_gradient()),
        (R, "", gru_gradient(lambda *a: list(a[:4]))),
        (
            R,
            "",
            gru_gradient(
                lambda W_x, W_h, b, b_n, v: (
                    rows(v.delta).T @ rows(v.xs),
                    rows(v.past).T @ rows(v.hs[:-1]),
                    rows(v.delta).sum(0),
                    split(v.past)[2].sum((0, 1)),
                )
            ),
        ),
        (
            W,
            "r is missing before delta^n",
            gru_gradient(
                lambda W_x, W_h, b, b_n, v: (W_x, np.einsum("tbi,tbj->ij", v.delta, v.hs[:-1]), b, b_n)
            ),
        ),
        (
            W,
            "h_t stands where",
            gru_gradient(
                lambda W_x, W_h, b, b_n, v: (W_x, np.einsum("tbi,tbj->ij", v.past, v.hs[1:]), b, b_n)
            ),
        ),
        (W, "db_n is", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, b, v.d_n.sum((0, 1))))),
        (W, "this is db", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, b, b))),
        (W, "first two are exchanged", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_h, W_x, b, b_n))),
        (W, "mean over the", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, v.delta.mean((0, 1)), b_n))),
        (W, "dW_h is transposed", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h.T, b, b_n))),
        (W, "four arrays", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, b))),
        (W, "sign", gru_gradient(lambda W_x, W_h, b, b_n, v: (-W_x, -W_h, -b, -b_n))),
        (W, "counted twice", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, b, 2 * b_n))),
        (W, "last 3 rows are missing", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x[:6], W_h, b, b_n))),
        (W, "time", gru_gradient(lambda W_x, W_h, b, b_n, v: (W_x, W_h, v.delta.sum(1), b_n))),
    ],
    exercises.check_keras_from_pytorch: [
        (R, "", keras_blocks),
        (R, "", lambda a, b, c, d: [a.T, b.T, c + d]),
        (R, "", lambda a, b, c, d: (np.transpose(a), np.swapaxes(b, 0, 1), np.stack([c, d]).sum(0))),
        (W, "kernel: PyTorch stores", lambda a, b, c, d: (a, b, c + d)),
        (W, "block by block", lambda a, b, c, d: (np.concatenate([w.T for w in np.split(a, 4)]), b.T, c + d)),
        (W, "second bias is missing", lambda a, b, c, d: (a.T, b.T, c)),
        (W, "not multiplied", lambda a, b, c, d: (a.T, b.T, c * d)),
        (W, "keeps its sign", lambda a, b, c, d: (a.T, b.T, c - d)),
        (W, "two rows", lambda a, b, c, d: (a.T, b.T, np.array([c, d]))),
        (W, "another order", lambda a, b, c, d: (b.T, a.T, c + d)),
        (W, "3 arrays", lambda a, b, c, d: (a.T, b.T, c, d)),
        (W, "reshape keeps", lambda a, b, c, d: (a.reshape(a.shape[1], -1), b.T, c + d)),
        (
            W,
            "right blocks in the order",
            lambda a, b, c, d: (a.T, np.hstack([np.split(b.T, 4, axis=1)[k] for k in (1, 0, 2, 3)]), c + d),
        ),
        (W, "twice", lambda a, b, c, d: (2 * a.T, b.T, c + d)),
        (W, "not take their mean", lambda a, b, c, d: (a.T, b.T, (c + d) / 2)),
    ],
    exercises.check_onnx_from_keras: [
        (R, "", onnx()),
        (R, "", onnx(B=lambda b: np.concatenate([0.3 * b, 0.7 * b])[None])),
        (R, "", onnx(end=lambda *a: list(a))),
        (W, "keeps the order", onnx("ifco")),
        (W, "f first", onnx("fioc")),
        (W, "reversed order of Keras", onnx("ocfi")),
        (W, "read the new order backwards", onnx("icof")),
        (W, "transpose it", onnx(W=lambda a: a[None])),
        (W, "direction", onnx(W=lambda a: a.T)),
        (W, "not last", onnx(W=lambda a: a.T[..., None])),
        (W, "4H zeros", onnx(B=lambda b: b[None])),
        (W, "counts twice", onnx(B=lambda b: np.concatenate([b, b])[None])),
        (W, "two rows of 4H", onnx(B=lambda b: np.stack([b, 0 * b]))),
        (W, "3 arrays", onnx(end=lambda W, R, B: (W, R))),
        (W, "another order", onnx(end=lambda W, R, B: (R, W, B))),
        (W, "right blocks in the order", onnx("cfoi")),
        (W, "B: its two halves are added: the second one is zero, and yours is one", onnx(B=lambda b: np.concatenate([b, np.ones_like(b)])[None])),
    ],
    exercises.check_reset_after: [
        (R, "", which(lambda a, b, hs: np.abs(a - hs).max() < np.abs(b - hs).max())),
        (R, "", which(lambda a, b, hs: bool(np.linalg.norm(a - hs) < np.linalg.norm(b - hs)))),
        (R, "", which(lambda a, b, hs: np.allclose(a, hs, atol=1e-5))),
        (R, "", which(lambda a, b, hs: np.square(a - hs).mean() <= np.square(b - hs).mean())),
        (W, "take its size", which(lambda a, b, hs: (a - hs).max() < (b - hs).max())),
        (W, "take its size", which(lambda a, b, hs: (a - hs).sum() < (b - hs).sum())),
        (W, "take its size", which(lambda a, b, hs: np.mean(a - hs) < np.mean(b - hs))),
        (W, "always False", which(lambda a, b, hs: np.array_equal(a, hs))),
        (W, "always True", which(lambda a, b, hs: not np.array_equal(b, hs))),
        (W, "other way round", which(lambda a, b, hs: np.abs(a - hs).max() > np.abs(b - hs).max())),
        (W, "look at all steps", which(lambda a, b, hs: np.abs(a - hs)[0].max() < np.abs(b - hs)[0].max())),
        (W, "True or False; got str", which(lambda a, b, hs: "gru")),
        (W, "True or False; got ndarray", which(lambda a, b, hs: a == hs)),
        (
            W,
            "True or False; got int",
            which(lambda a, b, hs: int(np.abs(a - hs).max() < np.abs(b - hs).max())),
        ),
        (W, "recordings", which(lambda a, b, hs: hs[0, 0, 0] > 0)),
        (W, "always False", which(lambda a, b, hs: np.abs(a - hs).min() < np.abs(b - hs).min() - 1e-3)),
    ],
}
