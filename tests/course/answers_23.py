"""Answers with slips that are no single ones: what they keep, where they read, which form they take; and beside
each sentence that names a cause some that it must not name: (verdict, words of the message, answer)."""

import numpy as np

from rnnlib import bptt
from rnnlib.cells import gru, gru_original
from rnnlib.course import exercises

R, W = "right", "wrong"


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


# what is kept between calls: an array that is handed out again


def rows_kept():
    kept = {}

    def gradient(ids, dxs, V):
        dE = kept.setdefault((V, dxs.shape[1]), np.zeros((V, dxs.shape[1])))
        np.add.at(dE, ids, dxs)
        return dE

    return gradient


def rows_doubled(ids, dxs, V):
    dE = np.zeros((V, dxs.shape[1]))
    np.add.at(dE, ids, 2 * dxs)
    return dE


KEPT_ROWS = {exercises.check_embedding_gradient: [
    (W, "something is kept between calls", rows_kept()),
    (W, "twice what it should be", rows_doubled),
]}

# 18, 2: what is tried; and an argument that does not matter at one point


def least(ks, cost=lambda T, k, a, b: -(-T // k) * a + k * b):
    return lambda T, state, step: min(ks(T), key=lambda k: cost(T, k, state, step))


EVERY = {exercises.check_best_every: [
    (W, "larger than √T", least(lambda T: range(1, int(T**0.5) + 1))),
    (W, "larger than √T", least(lambda T: range(1, min(int(T**0.5) + 2, T + 1)))),
    (W, "k is not right yet at T=50, state=3, step=1: it is 8, expected 10.", least(lambda T: range(1, T // 6 + 1))),
    (W, "k need not divide T", least(lambda T: [k for k in range(1, T + 1) if T % k == 0])),
    (W, "k is a whole number of steps", lambda T, state, step: (T * state / step) ** 0.5),
    (R, "right.", least(lambda T: list(range(1, T + 1)))),
]}

# 9, 2 and 11, 2 and 17, 2: in which order the blocks of gates are read


def blocks(order="ifgo", sort="ifgo", carry=lambda delta, W: delta @ W, h=lambda dh, own: dh,
           c=lambda dc_next, dc: dc_next):
    def deltas(W_h, gates, cs, dhs, mask=None):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            m = np.ones((len(dhs[t]), 1), bool) if mask is None else mask[t][:, None]
            d = dict(zip(order, np.split(gates[t], 4, axis=-1)))
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * d["o"] * (1 - tanh_c**2)
            own = {"i": dc * d["g"] * d["i"] * (1 - d["i"]), "f": dc * cs[t] * d["f"] * (1 - d["f"]),
                   "g": dc * d["i"] * (1 - d["g"] ** 2), "o": dh * tanh_c * d["o"] * (1 - d["o"])}
            delta[t] = m * np.concatenate([own[gate] for gate in sort], axis=-1)
            dh_next = np.where(m, carry(delta[t], W_h), h(dh, dhs[t]))
            dc_next = np.where(m, d["f"] * dc, c(dc_next, dc))
        return delta

    return deltas


def orders(*more):
    return [(W, "are taken for i, f, o, g", blocks("ifog")), (W, "are taken for f, i, o, g", blocks(
        "fiog", "fiog")), (W, "are taken for i, g, f, o", blocks("igfo")), (R, "", blocks()), *more]


READ = {
    exercises.check_two_roads: orders(
        (W, "the gates g and o are exchanged in delta", blocks(sort="ifog")),
        (W, "no mean over them", blocks(carry=lambda delta, W: delta @ W / len(delta))),
        (W, "look at what step 5 sends back", blocks(carry=lambda delta, W: delta @ W / 3))),
    exercises.check_lstm_found: orders(),
    exercises.check_masked_deltas: orders(
        (W, "1. a masked step hands on its dc_next as it came: its c is the old one, which no tanh has seen. 2. the loss", blocks(
            h=lambda dh, own: dh - own, c=lambda dc_next, dc: dc)),
        (W, "the loss of masked steps is dropped", blocks(h=lambda dh, own: dh - own)),
        (W, "look at what step 6 sends back", blocks(h=lambda dh, own: dh - 0.3 * own))),
}

# 15, 1: what is kept where


def gru_step(zs="rzn", gates="rzn", turned=False):
    def step(p, u, state):
        (h,) = state
        (u_r, u_z, u_n), (a_r, a_z, a_n) = gru.split(u), gru.split(h @ p.W_h.mT)
        z, m = {"r": u_r + a_r, "z": u_z + a_z}, a_n + p.b_n
        g = {gate: sigmoid(a) for gate, a in z.items()}
        z["n"] = u_n + g["r"] * m
        g["n"] = np.tanh(z["n"])
        kept = [np.concatenate([part[k] for k in order], axis=-1) for part, order in ((z, zs), (g, gates))]
        keeps = type(p)(*kept[::-1 if turned else 1], m, None)[:3]
        return ((1 - g["z"]) * g["n"] + g["z"] * h,), exercises.gru.Kept(*keeps)

    return step


STEP = {exercises.check_gru_step: [
    (W, "zs and gates hold r and z in another order", gru_step("zrn", "zrn")),
    (W, "zs and gates are exchanged", gru_step(turned=True)),
    (W, "not in their places: r holds z, z holds n, n holds r", gru_step(gates="znr")),
    (W, "r and z are exchanged.", gru_step(gates="zrn")),
    (R, "", gru_step()),
]}

# 16, 5: biases of which only the sum counts


def to_keras(share):
    def keras(W_x, W_h, first, second):
        order = np.concatenate([np.roll(np.arange(len(first)).reshape(3, -1)[:2], 1, axis=0).ravel(),
                                np.arange(len(first) * 2 // 3, len(first))])
        bias = np.stack([first[order], second[order]])
        return W_x[order].T, W_h[order].T, share(bias, len(first) // 3)

    return keras


def moved(bias, of):
    part = bias[1] * of
    return np.stack([bias[0] + part, bias[1] - part])


SUMS = {exercises.check_keras_gru: [
    (R, "the same cell", to_keras(lambda bias, H: moved(bias, np.arange(3 * H) < 2 * H))),
    (R, "the same cell", to_keras(lambda bias, H: moved(bias, 0.5 * (np.arange(3 * H) < H)))),
    (R, "two biases kept apart", to_keras(lambda bias, H: bias)),
    (W, "the sum is in the first row", to_keras(lambda bias, H: moved(bias, np.ones(3 * H)))),
    (W, "bias", to_keras(lambda bias, H: moved(bias, np.arange(3 * H) >= 2 * H))),
    (W, "bias", to_keras(lambda bias, H: moved(bias, np.arange(3 * H) < 2 * H) * [[1.0], [0.0]])),
]}

# 17: masks the other way round, a row for every pair, c added twice


def means(mask=lambda m: m, weigh=lambda m: 1.0 * m, part=lambda a, m: a * m):
    def both(nats_1, mask_1, nats_2, mask_2):
        m, n = mask(mask_1), mask(mask_2)
        N = m.sum() + n.sum()
        return (part(nats_1, m).sum() + part(nats_2, n).sum()) / N, weigh(m) / N, weigh(n) / N

    return both


def of_pairs(output, lengths):
    H = output.shape[-1] // 2
    a = output[lengths - 1]
    return np.concatenate([a[..., :H], a[..., H:]], axis=-1)


def steps_left_out(carry):
    def loop(nats_1, mask_1, nats_2, mask_2):
        L, first, second = means()(nats_1, mask_1, nats_2, mask_2)
        first[0] = 0
        return L, first, second

    return loop


MASKS = {
    exercises.check_one_mean: [
        (W, "the masks are inverted", means(mask=lambda m: ~m)),
        (W, "is zero at the first step", steps_left_out(0)),
        (R, "", means()),
    ],
    exercises.check_last_of_both: [
        (W, "every sequence is read at the rows of all", of_pairs),
        (W, "has shape (6, 4, 6)", lambda output, lengths: output),
    ],
}

# 19: the size of a factor; what a scan is for; a slope that is not there


def size(f):
    def eigenvalue(half, period):
        angle = 2 * np.pi / period
        return f(half) * np.cos(angle), f(half) * np.sin(angle)

    return eigenvalue


def by_loop(a, e, scan):
    delta, carry = np.zeros_like(e), 0
    for t in reversed(range(len(e))):
        delta[t] = e[t] + carry
        carry = a[t] * delta[t]
    return delta


def by_scan(a, e, scan):
    return scan(np.concatenate([a[1:], a[:1]])[::-1], e[::-1])[::-1]


def min_gate(slope=lambda z: z * (1 - z), mix=lambda n, h, before: n - before):
    def deltas(z, n, h, e, scan):
        g, before = by_scan(1 - z, e, scan), np.concatenate([0 * h[:1], h[:-1]])
        return g * mix(n, h, before) * slope(z), g * z

    return deltas


LINEAR = {
    exercises.check_eigenvalue: [
        (W, "this size does not leave one half then", size(lambda half: 0.5 / half)),
        (W, "this size does not leave one half then", size(lambda half: 1 - 1 / half)),
        (W, "leaves 37 %", size(lambda half: np.exp(-1 / half))),
    ],
    exercises.check_scan_deltas: [
        (R, "Yet the scan that is given is not called", by_loop),
        (R, "is called 2 times", lambda a, e, scan: (scan(a, e), by_scan(a, e, scan))[1]),
    ],
    exercises.check_min_gate: [
        (W, "z has been through the σ already", min_gate(lambda z: sigmoid(z) * (1 - sigmoid(z)))),
        (W, "g (n - h_t)", min_gate(lambda z: 1, lambda n, h, before: n - h)),
        (W, "of the σ is z(1 - z)", min_gate(lambda z: 1 - z)),
        (W, "the sign: a larger z lets n in", min_gate(mix=lambda n, h, before: before - n)),
        (R, "right.", min_gate()),
    ],
}

# 10: two changes in one factor, a detour, the question turned round


def peephole(way, keep=lambda f: f):
    def pass_(z, u, w, c_0):
        c, back = c_0, 1.0
        for z_t, u_t in zip(z, u):
            f, before = sigmoid(z_t + w * c), c
            c = f * c + u_t
            back *= keep(f) + way(f, w, before, c)
        return c, back

    return pass_


def through(detour):
    def both(J):
        H = J.shape[-1] // 2
        alone, whole = np.eye(H), np.eye(H)
        for A in J:
            alone, whole = A[H:, H:] @ alone, (A[H:, H:] + detour(A[H:, :H] @ A[:H, H:])) @ whole
        return alone, whole

    return both


CAROUSEL = {
    exercises.check_peephole: [
        (W, "2. the gate multiplies the old memory, c_(t-1), not c_t", peephole(
            lambda f, w, before, c: w * (1 - f) * c)),
        (W, "1. w is missing in the way through the gate. 2. the slope of a σ is f (1 - f)", peephole(
            lambda f, w, before, c: f * before)),
        (W, "c_(t-1), not c_t. 2. the direct way, f_t, is missing", peephole(
            lambda f, w, before, c: w * f * (1 - f) * c, lambda f: 0)),
        (W, "dc_T/dc_0: w is missing in the way", peephole(lambda f, w, before, c: f * (1 - f) * before)),
        (W, "Try it by hand with z = [0.148052]", peephole(lambda f, w, before, c: w * f * (1 - f) * before + 0.1 * w)),
    ],
    exercises.check_through_c: [
        (W, "takes two steps or more", through(lambda way: way)),
        (W, "here too you cut before you multiply", through(lambda way: 0 * way)),
        (W, "the whole", through(lambda way: 2 * way)),
    ],
    exercises.check_forget_bias: [
        (W, "the half-life that a bias of k has", lambda k: -np.log(2) / np.log(1 / (1 + np.exp(-k)))),
        (W, "is not right yet", lambda k: np.log(2) * k + 1),
    ],
}

# 12 to 14: other means, fixed joints, another question


def smoothed(keep, first=lambda losses: 0.0):
    def one_pass(step, batches, state):
        losses = []
        for x, y in batches:
            loss, state = step(x, y, state)
            losses.append(loss)
        mean = first(losses)
        for loss in losses:
            mean = keep * mean + (1 - keep) * loss
        return mean, state

    return one_pass


def adam(square):
    def step(p, g, m, v, n, rate, beta1, beta2, eps):
        new = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * square(g, new, m)
        return p - rate * new / (1 - beta1**n) / (np.sqrt(v / (1 - beta2**n)) + eps), new, v

    return step


def joints(W_h, xs, hs, dhs, K, at=lambda i, K: (i + 1) % K == 0):
    dW_x, dW_h, carry = 0.0, 0.0, np.zeros(len(W_h))
    for i in reversed(range(len(xs))):
        carry = np.zeros(len(W_h)) if at(i, K) else carry
        delta = (1 - hs[i + 1] ** 2) * (dhs[i] + carry)
        dW_x, dW_h, carry = dW_x + np.outer(delta, xs[i]), dW_h + np.outer(delta, hs[i]), W_h.T @ delta
    return dW_x, dW_h


def product(neither=None, answer=lambda mean: mean):
    def errors(low, high):
        mean, variance = (low + high) / 2, (high - low) ** 2 / 12
        square = variance + mean**2
        return (square**2 - mean**4 if neither is None else neither(low, high),
                square * (variance + (mean - answer(mean)) ** 2))

    return errors


def copied(guess, steps=lambda T, length: T + 2 * length):
    return lambda T, symbols, length: guess(symbols, length) / steps(T, length)


OTHER_MEANS = {
    exercises.check_one_pass: [
        (W, "smoothed from 0 on", smoothed(0.999)),
        (W, "a running mean from the first loss on", smoothed(0.9, lambda losses: losses[0])),
        (W, "weigh 0.147, 0.21, 0.3 in your mean", smoothed(0.7)),
    ],
    exercises.check_adam_step: [
        (W, "not of (g - m)**2", adam(lambda g, new, m: (g - new) ** 2)),
        (W, "not of (g - m)**2", adam(lambda g, new, m: (g - m) ** 2)),
        (W, "v ", adam(lambda g, new, m: (g - 2 * m) ** 2)),
    ],
    exercises.check_look_back: [
        (W, "cuts at fixed joints", joints),
        (W, "not truncated", lambda *given: joints(*given, at=lambda i, K: False)),
        (W, "look at how steps come together", lambda *given: joints(*given, at=lambda i, K: i % K == 0)),
    ],
    exercises.check_copy_baseline: [
        (W, "symbols may come again", copied(lambda s, n: np.log(np.maximum(s - np.arange(n), 1)).sum())),
        (W, "no more and no fewer", copied(lambda s, n: n * np.log(s), lambda T, n: T + 2 * n + 1)),
        (W, "no more and no fewer", copied(lambda s, n: n * np.log(s), lambda T, n: (T + 2) * n)),
        (W, "the baseline", copied(lambda s, n: n * np.log(s), lambda T, n: T + 2 * n + 3)),
        (W, "the clock is not used", lambda T, s, n: (lambda p: -p * np.log(p / s) - (1 - p) * np.log(1 - p))(
            n / (T + 2 * n))),
    ],
    exercises.check_mark_column: [
        (W, "the mark of the step before", lambda delta, xs, K: np.einsum(
            "tbg,tb->g", delta[-K:], np.concatenate([0 * xs[:1], xs[:-1]])[-K:, :, 1])),
        (W, "the column", lambda delta, xs, K: np.einsum(
            "tbg,tb->g", delta[-K:], np.roll(xs, 2, axis=0)[-K:, :, 1])),
    ],
    exercises.check_product: [
        (W, "the variance of a_1**2", product(lambda a, b: (b**5 - a**5) / 5 / (b - a) - (
            (a * a + a * b + b * b) / 3) ** 2)),
        (W, "a_1 times the mean of a_2", product(answer=lambda mean: 1)),
        (W, "knows one", product(answer=lambda mean: 2 * mean)),
        (R, "", product()),
    ],
}

# 16, 3 and 18: one row off, one row more, the last dh/da for all, the diagonal of W_h


def off(rows):
    def after(W_x, W_h, b, xs, h0, hs):
        ran = [bptt.forward(cell, p, xs, h0).hs for cell, p in (
            (gru, gru.Params(W_x, W_h, b, np.zeros(W_h.shape[1]))),
            (gru_original, gru_original.Params(W_x, W_h, b)))]
        return bool(np.diff([np.abs(a[rows] - hs).max() for a in ran])[0] > 0)

    return after


def again(rows=0, squash=np.tanh, slope=lambda h: 1 - h**2):
    def dW(W, u, e, kept, k):
        total, carry = np.zeros_like(W), np.zeros(len(W))
        for j in reversed(range(len(kept))):
            hs = [kept[j]]
            for u_t in u[j * k:(j + 1) * k + rows]:
                hs.append(squash(W @ hs[-1] + u_t))
            for i in reversed(range(len(hs) - 1)):
                delta = slope(hs[i + 1]) * (e[j * k + i] + carry)
                total, carry = total + np.outer(delta, hs[i]), W.T @ delta
        return total

    return dW


def leak(end=lambda total, v, e: total, share=lambda a: a, sign=1):
    def gradient(a, W, u, e):
        a, h, v, total = share(a), np.zeros(len(W)), np.zeros(len(W)), 0.0
        for u_t, e_t in zip(u, e):
            n = np.tanh(W @ h + u_t)
            v = (1 - a) * v + a * (1 - n**2) * (W @ v) + n - h
            h = (1 - a) * h + a * n
            total = total + e_t @ v
        return end(sign * total, v, e)

    return gradient


def influence(past):
    return lambda W_h, M, x, h: (1 - h**2)[:, None, None] * (past(W_h, M) + np.eye(len(h))[:, :, None] * x)


FORWARD = {
    exercises.check_reset_after: [(W, "one row off", off(slice(None, -1))), (R, "", off(slice(1, None)))],
    exercises.check_from_checkpoints: [
        (W, "yours has one more, the first of the next", again(1)),
        (W, "run a stretch again with the tanh", again(0, lambda z: z)),
        (W, "run a stretch again with the tanh", again(0, lambda z: z, lambda h: 1 - np.tanh(h) ** 2)),
        (W, "dW", again(0, np.sin)),
        (W, "the last stretch, shorter than k, is missing", lambda W, u, e, kept, k: again()(
            W, u[:len(u) // k * k], e, kept[:len(u) // k], k)),
    ],
    exercises.check_leak: [
        (W, "yours all stand beside the last one", leak(lambda total, v, e: e.sum(axis=0) @ v)),
        (W, "only the last loss counts", leak(lambda total, v, e: e[-1] @ v)),
        (W, "this is dh_T/da", leak(lambda total, v, e: v)),
        (W, "a and 1 - a are exchanged", leak(share=lambda a: 1 - a, sign=-1)),
        (W, "a and 1 - a are exchanged", leak(share=lambda a: 1 - a)),
        (W, "dL/da", leak(share=lambda a: 1 - a / 2)),
    ],
    exercises.check_carry_W_x: [
        (W, "only the diagonal of W_h is used", influence(lambda W, M: np.diag(W)[:, None, None] * M)),
        (W, "entry by entry", influence(lambda W, M: W[:, :, None] * M)),
        (W, "dh_t/dW_x", influence(lambda W, M: np.tril(W) @ M.swapaxes(0, 1))),
    ],
}

# 2, 5: beside p alone, or y alone, the logits count from their largest


def tempered(beside, error):
    def slopes(o, y, tau):
        p = np.exp(o / tau - np.logaddexp.reduce(o / tau))
        return (p - y) / tau, -(error(p, y) * beside(o)).sum() / tau**2

    return slopes


TEMPERED = {exercises.check_tempered_gradient: [
    (W, "the label is missing", tempered(lambda o: o - o.max(), lambda p, y: p)),
    (W, "p is missing", tempered(lambda o: o - o.mean(), lambda p, y: y)),
    (R, "", tempered(lambda o: o - o.max(), lambda p, y: p - y)),
    (W, "dtau", tempered(lambda o: o - 3.0, lambda p, y: p)),
]}

# numbers that are cut, multiplied by a count, or one of several; two changes in a part of a pass


def end_to_end(cut=lambda start: ~start, by=lambda delta, W: delta @ W, slope=lambda h: 1 - h**2,
               seen=lambda starts: ~starts):
    def both(W_h, hs, dhs, starts):
        delta, back = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            delta[t] = slope(hs[t + 1]) * (dhs[t] + back)
            back = cut(starts[t])[:, None] * by(delta[t], W_h)
        return delta, np.einsum("tbi,tbj->ij", delta, seen(starts)[..., None] * hs[:-1])

    return both


def never(start):
    return np.ones_like(start)


def kept_if(rule):
    def cut(p, mass):
        kept = np.where(rule(p, mass), p, 0)
        return kept / kept.sum()

    return cut


def all_steps(J):
    H = J.shape[-1] // 2
    alone, whole, found = np.eye(H), np.eye(2 * H), []
    for A in J:
        alone, whole = A[H:, H:] @ alone, A @ whole
        found.append((alone, whole[H:, H:]))
    return tuple(map(np.array, zip(*found)))


def least_of_all(p, mass):
    order = np.argsort(p)[::-1]
    return kept_if(lambda p, mass: np.isin(np.arange(len(p)), order[np.cumsum(p[order]) - p[order] < 1 - mass]))(
        p, mass)


def look_back(carry=lambda delta, W: delta @ W, begin=lambda dhs, t: dhs[t]):
    def gradients(W_h, xs, hs, dhs, K):
        dW_x, dW_h = 0.0, 0.0
        for t in range(len(xs)):
            back = begin(dhs, t)
            for i in range(t, max(-1, t - K), -1):
                delta = (1 - hs[i + 1] ** 2) * back
                dW_x, dW_h = dW_x + np.outer(delta, xs[i]), dW_h + np.outer(delta, hs[i])
                back = carry(delta, W_h)
        return dW_x, dW_h

    return gradients


def one_gate(mix=lambda h, n: h - n, sign=-1):
    def deltas(dh, h, z, n, m):
        d_n = dh * (1 - z) * (1 - n * n)
        return (dh * mix(h, n) + sign * d_n * m) * z * (1 - z), d_n

    return deltas


MORE = {
    exercises.check_forget_bias: [
        (W, "rounded to a whole number", lambda k: round(-np.log(np.expm1(np.log(2) / k)))),
        (W, "undoes its tangent at 0", lambda k: 4 * (0.5 ** (1 / k) - 0.5)),
        (W, "is not right yet", lambda k: 3 * (0.5 ** (1 / k) - 0.5)),
    ],
    exercises.check_through_c: [(W, "and its last entry is right", all_steps)],
    exercises.check_copy_baseline: [
        (W, "has a factor too many: symbols", copied(lambda symbols, n: n * symbols * np.log(symbols))),
        (W, "lacks the factor symbols", copied(lambda symbols, n: n * np.log(symbols) / symbols)),
        (W, "this is a probability", copied(lambda s, n: n * (1 - 1 / s))),
        (W, "is not right yet", copied(lambda s, n: n * np.log(s) * (s + 2))),
    ],
    exercises.check_mark_column: [
        (W, "yours cuts the sequences", lambda delta, xs, K: np.einsum(
            "tbg,tb->g", delta[:, -K:], xs[:, -K:, 1])),
        (W, "delta and xs are cut alike", lambda delta, xs, K: np.einsum("tbg,tb->g", delta[:K], xs[-K:, :, 1])),
        (W, "these are the first K steps", lambda delta, xs, K: np.einsum("tbg,tb->g", delta[:K], xs[:K, :, 1])),
    ],
    exercises.check_nucleus: [
        (W, "not by its share of the likeliest", kept_if(lambda p, mass: p >= mass * p.max())),
        (W, "this cuts off `mass` and keeps the rest", least_of_all),
        (W, "likelier than a limit", kept_if(lambda p, mass: p >= min(1 - mass, p.max()))),
    ],
    exercises.check_end_to_end: [
        (W, "sends nothing back to the sequence before it. 2. the slope of the tanh is missing", end_to_end(
            cut=never, slope=lambda h: 1 + 0 * h)),
        (W, "delta @ W_h). 2. the slope of the tanh is 1 - h_t^2; the square", end_to_end(
            by=lambda delta, W: delta @ W.T, slope=lambda h: 1 - h)),
        (W, "W_h stands in the carry where", end_to_end(by=lambda delta, W: delta @ W.T)),
        (W, "every start has read 0, not only the first", end_to_end(
            seen=lambda starts: np.arange(len(starts))[:, None] + 0 * starts > 0)),
        (W, "delta", end_to_end(cut=lambda start: 0.5 * ~start, slope=lambda h: 1 - h / 2)),
    ],
    exercises.check_look_back: [
        (W, "yours has its diagonal alone", look_back(carry=lambda delta, W: delta * np.diag(W))),
        (W, "yours begins with the sum of all", look_back(begin=lambda dhs, t: dhs[:t + 1].sum(axis=0))),
        (W, "dW_x", look_back(begin=lambda dhs, t: dhs[:t + 1].mean(axis=0))),
    ],
    exercises.check_one_gate: [
        (W, "1. delta^z: the sign of the second road", one_gate(lambda h, n: h + n, 1)),
        (W, "n stands beside 1 - z", one_gate(lambda h, n: h + n)),
        (R, "", one_gate()),
    ],
}

ANSWERS = {}
for some in (KEPT_ROWS, EVERY, READ, STEP, SUMS, MASKS, LINEAR, CAROUSEL, OTHER_MEANS, FORWARD, TEMPERED, MORE):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)
