"""Answers with slips that are no single ones: what they keep, where they read, which form they take; and beside
each sentence that names a cause some that it must not name: (verdict, words of the message, answer)."""

import numpy as np

from rnnlib.cells import gru
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
    (W, "k is not right yet: it is 8, expected 10.", least(lambda T: range(1, T // 6 + 1))),
    (W, "k need not divide T", least(lambda T: [k for k in range(1, T + 1) if T % k == 0])),
    (W, "k is a whole number of steps", lambda T, state, step: (T * state / step) ** 0.5),
    (R, "right.", least(lambda T: list(range(1, T + 1)))),
]}

# 9, 2 and 11, 2 and 17, 2: in which order the blocks of gates are read


def blocks(order="ifgo", sort="ifgo", carry=lambda delta, W: delta @ W, f_of=lambda d: d["f"]):
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
            dh_next, dc_next = np.where(m, carry(delta[t], W_h), dh), np.where(m, f_of(d) * dc, dc_next)
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
    exercises.check_masked_deltas: orders(),
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

ANSWERS = {}
for some in (KEPT_ROWS, EVERY, READ, STEP, SUMS, MASKS, LINEAR):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)
