"""More answers as learners give them, and beside each sentence that names a cause some that it must not name:
(verdict, words of the message, answer)."""

import numpy as np

from rnnlib.cells import lstm
from rnnlib.course import exercises

R, W = "right", "wrong"


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


# 2, 3 and 3, 3: rows that are paired in another order


def products(of_d=lambda d: d, of_h=lambda h: h, end=lambda a: a):
    def gradient(d, h):
        d, h = of_d(d), of_h(h)
        return end(d.reshape(-1, d.shape[-1]).T @ h.reshape(-1, h.shape[-1]))

    return gradient


def mixed(a):
    return a.reshape(a.shape[-1], -1).T


def by_sequence(a):
    return a.swapaxes(0, 1)


def readout(*args):
    return lambda d, h: (products(*args)(d, h), d.sum(axis=(0, 1)))


def recurrent(of_d=lambda d: d, of_h=lambda h: h, end=lambda a: a, rows=lambda hs: hs[:-1]):
    return lambda d, hs: products(of_d, of_h, end)(d, rows(hs))


# 3, 2


def deltas(send=lambda d, W: d @ W, at=1, begin=0.0, dtype=float, end=lambda a: a):
    def answer(W_h, hs, dhs):
        delta, carry = np.zeros(dhs.shape, dtype), np.zeros_like(dhs[0]) + begin
        for t in reversed(range(len(dhs))):
            delta[t] = (1 - hs[t + at] ** 2) * (dhs[t] + carry)
            carry = send(delta[t], W_h)
        return end(delta)

    return answer


# 5, 2


def slope_then(send=lambda dh, W, hs, t: ((1 - hs[t + 1] ** 2) * dh) @ W):
    def answer(W_h, hs, dhs):
        delta, dh_next = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            dh = dhs[t] + dh_next
            delta[t] = (1 - hs[t + 1] ** 2) * dh
            dh_next = send(dh, W_h, hs, t)
        return delta

    return answer


# 4, 6


def filtered(keep=lambda s, K, T: True):
    def dx(w, u):
        T = len(u)
        return np.array([sum(w[k] * u[s + k] for k in range(min(len(w), T - s))) * keep(s, len(w), T)
                         for s in range(T)])

    return dx


# 8, 1


def lstm_step(order="ifgo"):
    def step(W_x, W_h, b, x, h, c):
        z = dict(zip(order, np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1), strict=True))
        new = sigmoid(z["f"]) * c + sigmoid(z["i"]) * np.tanh(z["g"])
        return sigmoid(z["o"]) * np.tanh(new), new

    return step


# 9, 2


def roads(hand_on=lambda f, dc, gates, t: f * dc, send=lambda d, W: d @ W, begin=0):
    def answer(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, begin
        for t in reversed(range(len(dhs))):
            i, f, g, o = lstm.split(gates[t])
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dh * o * (1 - tanh_c**2) + dc_next
            parts = (dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                     dh * tanh_c * o * (1 - o))
            delta[t] = np.concatenate(parts, axis=-1)
            dh_next, dc_next = send(delta[t], W_h), hand_on(f, dc, gates, t)
        return delta

    return answer


# 10, 2


def blocks(J, rows="c", columns="c"):
    whole, H = np.eye(J.shape[-1]), J.shape[-1] // 2
    for J_t in J:
        whole = J_t @ whole
    at = {"h": slice(None, H), "c": slice(H, None)}
    return whole[at[rows], at[columns]]


def through_c(whole):
    def both(J):
        H = J.shape[-1] // 2
        alone = np.eye(H)
        for J_t in J:
            alone = J_t[H:, H:] @ alone
        return alone, whole(J, alone)

    return both


# 12, 3 and 12, 7


def adam(of_m=lambda b1, b2, n: 1 - b1**n, of_v=lambda b1, b2, n: 1 - b2**n, square=lambda g, m: g * g,
         old=lambda b2, v: b2 * v, mix=lambda b2, old, new: old + (1 - b2) * new, shrink=0.0):
    def update(p, g, m, v, n, rate, b1, b2, eps):
        m = b1 * m + (1 - b1) * g
        v = mix(b2, old(b2, v), square(g, m))
        step = rate * m / of_m(b1, b2, n) / (np.sqrt(v / of_v(b1, b2, n)) + eps)
        return p - step - shrink * rate * p, m, v

    return update


def kept(which):
    def new(p, mass):
        q = np.where(which(p, mass), p, 0)
        return q / q.sum()

    return new


# 13, 1


def table(dtype=float, sign=1):
    def dE(ids, dxs, V):
        dE = np.zeros((V, dxs.shape[1]), dtype)
        for t, i in enumerate(ids):
            dE[i] = dE[i] + sign * dxs[t]
        return dE

    return dE


# 15, 3


def to_past(on_r=0, on_z=0, on_n=1):
    def past(W_h, dh, d_r, d_z, d_n, r, z):
        return z * dh + np.concatenate([d_r * r**on_r, d_z * r**on_z, d_n * r**on_n], axis=-1) @ W_h

    return past


# 19, 2


def by_scan(call=lambda scan, a, e: scan(a, e), factor=lambda a: np.concatenate([a[1:], 0 * a[:1]])):
    return lambda a, e, scan: call(scan, factor(a)[::-1], e[::-1])[::-1]


# 1, 1 and 1, 2


def step(x, h, W_x, W_h, b):
    return np.tanh(x @ W_x.T + h @ W_h.T + b)


def on_z(W_x, W_h, b, W_y, b_y, xs, h_0):
    zs = [h_0]
    for x in xs:
        zs.append(x @ W_x.T + zs[-1] @ W_h.T + b)
    hs = np.tanh(zs)
    hs[0] = h_0
    return hs, hs[1:] @ W_y.T + b_y


# 6, 5


def leaky_ways(w, a, hs):
    through = a * w * (1 - np.tanh(w * hs[:-1]) ** 2)
    return np.append((1 - a) ** np.arange(len(through), 0, -1) + np.cumprod(through[::-1])[::-1], 1.0)


# 6, 2; 7, 3 and 8, 4


def powers(W_h, slope, limit):
    if slope * np.linalg.norm(W_h, 2) >= 1:
        return np.inf
    return next(k for k in range(1, 999) if np.linalg.norm(np.linalg.matrix_power(slope * W_h, k), 2) <= limit)


def cut_at_random(by=lambda cut, c: 1 / (1 - c), end=lambda a, c: a, turn=lambda cut: cut):
    def answer(W_h, hs, dhs, cut, c):
        delta, message, stops = np.zeros_like(dhs), 0.0, turn(cut)
        for t in reversed(range(len(dhs))):
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + message)
            message = 0.0 if t == 0 or stops[t - 1] else by(cut, c) * delta[t] @ W_h
        return end(delta, c)

    return answer


def best_every(memory):
    return lambda T, state, step: min(range(1, T + 1), key=lambda k: memory(T, k, state, step))


def from_checkpoints(joint=lambda delta, carry: carry, squash=np.tanh):
    def dW(W, u, e, kept, k):
        total, carry = np.zeros_like(W), np.zeros(len(W))
        for j in reversed(range(len(kept))):
            hs = [kept[j]]
            for u_t in u[j * k:(j + 1) * k]:
                hs.append(squash(W @ hs[-1] + u_t))
            for i in reversed(range(len(hs) - 1)):
                delta = (1 - hs[i + 1] ** 2) * (e[j * k + i] + carry)
                total, carry = total + np.outer(delta, hs[i]), W.T @ delta
            carry = joint(delta, carry)
        return total

    return dW


def one_mean(own=lambda n, m: m, of_all=True):
    def means(a, mask_a, b, mask_b):
        n, m = mask_a.sum(), mask_b.sum()
        L = (a[mask_a].sum() + b[mask_b].sum()) / (n + m) if of_all else a[mask_a].mean() + b[mask_b].mean()
        return L, mask_a / own(n, m), mask_b / own(m, n)

    return means


def minimal(inside=lambda f, h: f * h, mix=lambda f, g, h: (1 - f) * h + f * g):
    def step(W_x, W_h, b, x, h):
        H = h.shape[-1]
        f = sigmoid(x @ W_x[:H].T + h @ W_h[:H].T + b[:H])
        return mix(f, np.tanh(x @ W_x[H:].T + inside(f, h) @ W_h[H:].T + b[H:]), h)

    return step


ANSWERS = {
    exercises.check_step: [
        (R, "", lambda W_x, W_h, b, x, h: step(x, h, W_x, W_h, b)),
        (W, "it is called with (W_x, W_h, b, x, h), in this order", step),
        (W, "it is called with 5 arguments", lambda x, h, W_x, W_h: step(x, h, W_x, W_h, 0)),
        (W, "b is added twice", lambda W_x, W_h, b, x, h: step(x, h, W_x, W_h, 2 * b)),
        (W, "if b were squared", lambda W_x, W_h, b, x, h: step(x, h, W_x, W_h, b**2)),
    ],
    exercises.check_forward: [
        (W, "h_t is computed from z_(t-1)", on_z),
    ],
    exercises.check_safe_steps: [
        (W, "these are the powers of W_h itself", powers),
    ],
    exercises.check_random_deltas: [
        (R, "", cut_at_random()),
        (W, "the share of cuts", cut_at_random(lambda cut, c: 1 / (1 - cut.mean()))),
        (W, "divided by c in the end", cut_at_random(lambda cut, c: 1.0, lambda a, c: a / c)),
        (W, "divided by 1 - c in the end", cut_at_random(lambda cut, c: 1.0, lambda a, c: a / (1 - c))),
        (W, "one row off", cut_at_random(turn=lambda cut: np.roll(cut, 1))),
    ],
    exercises.check_best_every: [
        (R, "", best_every(lambda T, k, s, c: -(-T // k) * s + k * c)),
        (W, "it is 8, expected 7.", best_every(lambda T, k, s, c: (T // k + T % k) * s + k * c)),
        (W, "only the states are counted", best_every(lambda T, k, s, c: -(-T // k) * s)),
        (W, "yours is multiplied", best_every(lambda T, k, s, c: -(-T // k) * s * k * c)),
    ],
    exercises.check_from_checkpoints: [
        (R, "", from_checkpoints()),
        (W, "yours hands on delta itself", from_checkpoints(joint=lambda delta, carry: delta)),
        (W, "cut at the joints", from_checkpoints(joint=lambda delta, carry: 0 * carry)),
        (W, "without it these are no states", from_checkpoints(squash=lambda z: z)),
    ],
    exercises.check_tied: [
        (W, "the sums are taken before the product", lambda ids, hs, dxs, dos: (
            np.eye(dos.shape[1])[ids].T @ dxs + np.outer(dos.sum(axis=0), hs.sum(axis=0)))),
    ],
    exercises.check_one_mean: [
        (W, "of the other batch", one_mean()),
        (W, "the two means are added", one_mean(lambda n, m: n, of_all=False)),
        (R, "", one_mean(lambda n, m: n + m)),
    ],
    exercises.check_temperature: [
        (W, "powers of 2 or 10", lambda o, t: 2 ** ((o - o.max()) / t) / (2 ** ((o - o.max()) / t)).sum()),
        (W, "if o were half as large", lambda o, t: np.exp((o - o.max()) / t / 2) / np.exp(
            (o - o.max()) / t / 2).sum()),
    ],
    exercises.check_chunk_deltas: [
        (W, "the states of the first one", lambda W_h, hs, dhs, K: np.concatenate(
            [deltas()(W_h, hs[:K + 1], dhs[j:j + K]) for j in range(0, len(dhs), K)])),
        (R, "", lambda W_h, hs, dhs, K: np.concatenate(
            [deltas()(W_h, hs[j:], dhs[j:j + K]) for j in range(0, len(dhs), K)])),
    ],
    exercises.check_minimal_step: [
        (W, "Or, in place of 2.", minimal(lambda f, h: h, lambda f, g, h: f * h + (1 - f) * g)),
        (W, "f and 1 - f are exchanged", minimal(mix=lambda f, g, h: f * h + (1 - f) * g)),
    ],
    exercises.check_leaky: [
        (W, "the two are added at the end", leaky_ways),
    ],
    exercises.check_last_of_both: [
        (W, "one row too early", lambda o, n: np.concatenate(
            [o[np.maximum(n - 2, 0), np.arange(len(n)), :o.shape[2] // 2], o[0, :, o.shape[2] // 2:]], -1)),
    ],
    exercises.check_readout_gradient: [
        (R, "", readout()),
        (R, "", readout(by_sequence, by_sequence)),
        (W, "reshape is no transpose", readout(mixed)),
        (W, "flatten all arrays alike", readout(by_sequence)),
        (W, "sequences are added up before", lambda d, h: (d.sum(axis=1).T @ h.sum(axis=1),
                                                          d.sum(axis=(0, 1)))),
        (W, "no slope of a tanh", readout(lambda d: d, lambda h: h * (1 - h * h))),
        (W, "not its square", readout(lambda d: d, np.square)),
    ],
    exercises.check_recurrent_gradient: [
        (R, "", recurrent()),
        (W, "reshape is no transpose", recurrent(mixed)),
        (W, "flatten all arrays alike", recurrent(by_sequence)),
        (W, "flatten all arrays alike", recurrent(lambda d: d, by_sequence)),
        (W, "if d were reversed", recurrent(lambda d: d[::-1])),
        (W, "Two changes together give your numbers: 1. beside", recurrent(
            end=lambda a: a.T, rows=lambda hs: hs[1:])),
        (W, "h_t stands where h_(t-1) belongs", recurrent(rows=lambda hs: hs[1:])),
        (W, "Steps are added up before", lambda d, hs: d.sum(axis=0).T @ hs[:-1].sum(axis=0)),
        (W, "once more", lambda d, hs: recurrent()(d * (1 - hs[1:] ** 2), hs)),
        (W, "No single change", lambda d, hs: recurrent()(d * hs[1:] ** 2, hs)),
    ],
    exercises.check_deltas: [
        (W, "Two changes together", deltas(lambda d, W: d @ W.T, at=0)),
        (W, "the diagonal of W_h", deltas(lambda d, W: d * np.diag(W))),
        (W, "look at what step 5 sends back", deltas(lambda d, W: d * W.sum(axis=0))),
        (W, "divided by the number of sequences", deltas(lambda d, W: d @ W / len(d))),
        (W, "a mean over the sequences, one for all", deltas(lambda d, W: (d @ W).mean(axis=0))),
        (W, "if W_h were half as large", deltas(lambda d, W: d @ W / 2)),
        (W, "yours begins at 1", deltas(begin=1.0)),
        (W, "look at the step itself", deltas(begin=0.5)),
        (W, "delta holds whole numbers only", deltas(dtype=int)),
        ("open", "entry 0 of delta is still None", deltas(end=lambda a: [None, *a[1:]])),
        ("open", "not attempted yet", deltas(end=lambda a: [None] * len(a))),
    ],
    exercises.check_right_at_last: [
        (R, "", slope_then()),
        (W, "in the other order", slope_then(lambda dh, W, hs, t: (dh @ W) * (1 - hs[t + 1] ** 2))),
        (W, "yours takes row t", slope_then(lambda dh, W, hs, t: (dh * (1 - hs[t] ** 2)) @ W)),
        ("open", "as it was found", slope_then(lambda dh, W, hs, t: dh @ W)),
        (W, "there as you found it is there still", slope_then(lambda dh, W, hs, t: dh @ W.T)),
    ],
    exercises.check_two_derivatives: [
        (W, "h_0 is given", lambda h, w: (
            (1 - h[3] ** 2) * h[2], (1 - h[3] ** 2) * (h[2] + w * (1 - h[2] ** 2) * (
                h[1] + w * (1 - h[1] ** 2) * (h[0] + w))))),
    ],
    exercises.check_relative_error: [
        (W, "this is a cosine", lambda a, n: 1 - (a * n).sum() / max(
            np.linalg.norm(a) * np.linalg.norm(n), 1e-300)),
        (W, "lengths are compared", lambda a, n: abs(1 - np.linalg.norm(a) / np.linalg.norm(n))
         if n.any() else 0.0),
        (W, "only the largest entries are compared", lambda a, n: abs(1 - np.abs(a).max() / np.abs(n).max())
         if n.any() else 0.0),
        (W, "compares lengths", lambda a, n: np.linalg.norm(a - n) / max(np.linalg.norm(n), 1e-300)),
    ],
    exercises.check_complex_step: [
        (W, "several causes", lambda f, x: np.array([((f(x + 1e-20j * u.reshape(x.shape)) - f(x)) / 1e-20).real
                                                     for u in np.eye(x.size)]).reshape(x.shape)),
        (W, "take .imag", lambda f, x: np.array([f(x + 1e-20j * u.reshape(x.shape)).real / 1e-20
                                                 for u in np.eye(x.size)]).reshape(x.shape)),
    ],
    exercises.check_filter_back: [
        (R, "", filtered()),
        (W, "zero at the last 2 steps: does", filtered(lambda s, K, T: s < T - K + 1)),
        (W, "zero at the last 3 steps: does", filtered(lambda s, K, T: s < T - K)),
        (W, "zero at the first 2 steps: does", filtered(lambda s, K, T: s >= K - 1)),
        (W, "zero at the last step: does", filtered(lambda s, K, T: s < T - 1)),
        (W, "not right yet", filtered(lambda s, K, T: s != T // 2)),
        (W, "centres the result", lambda w, u: np.correlate(u, w, "same") if len(u) >= len(w)
         else np.correlate(w, u, "same")[:len(u)]),
    ],
    exercises.check_lstm_step: [
        (R, "", lstm_step()),
        (W, "your blocks are i, o, f, g", lstm_step("iofg")),
        (W, "your blocks are o, i, f, g", lstm_step("oifg")),
        (W, "i and f are exchanged", lstm_step("figo")),
        (W, "order f, i, o, g of the derivation", lstm_step("fiog")),
    ],
    exercises.check_shares: [
        (W, "f_T, is missing", lambda i, f: np.array([i[t] * np.prod(f[t + 1:-1]) for t in range(len(i))])),
        (W, "turn them round", lambda i, f: i * np.append(1.0, np.cumprod(f[::-1])[:-1])),
        (W, "the gates before step t", lambda i, f: i * np.append(1.0, np.cumprod(f)[:-1])),
    ],
    exercises.check_two_roads: [
        (W, "yours is that of the step after it", roads(
            lambda f, dc, gates, t: dc * lstm.split(gates[min(t + 1, len(gates) - 1)])[1])),
        (W, "one step for all", roads(lambda f, dc, gates, t: dc * lstm.split(gates[0])[1])),
        (W, "dh_next and dc_next begin at 0", roads(begin=1)),
        (W, "not their mean", roads(send=lambda d, W: d @ W / 4)),
        (W, "Two changes together", roads(
            lambda f, dc, gates, t: dc,
            lambda d, W: sum(a @ b.T for a, b in zip(np.split(d, 4, -1), np.split(W, 4), strict=True)))),
        (W, "One change explains every number", roads(lambda f, dc, gates, t: dc)),
        (W, "No single change", roads(lambda f, dc, gates, t: dc * f**2)),
    ],
    exercises.check_through_c: [
        (W, "that of c_T by h_0: of the product's", through_c(
            lambda J, alone: blocks(J) + blocks(J, "c", "h"))),
        (W, "that of h_T by h_0: of the product's", through_c(
            lambda J, alone: blocks(J) + blocks(J, "h", "h"))),
        (W, "which it holds already", through_c(lambda J, alone: blocks(J) + alone)),
        (W, "up to each step are added", through_c(lambda J, alone: sum(
            blocks(J[:k]) for k in range(1, len(J) + 1)))),
        (W, "this is the block of c_T by h_0", through_c(lambda J, alone: blocks(J, "c", "h"))),
        (W, "never leave c belong to the whole", through_c(lambda J, alone: blocks(J) - alone)),
    ],
    exercises.check_adam_step: [
        (W, "corrections are exchanged", adam(lambda b1, b2, n: 1 - b2**n, lambda b1, b2, n: 1 - b1**n)),
        (W, "yours multiply", adam(lambda b1, b2, n: 1 / (1 - b1**n), lambda b1, b2, n: 1 / (1 - b2**n))),
        (W, "not (1 - beta)**n", adam(lambda b1, b2, n: (1 - b1) ** n, lambda b1, b2, n: (1 - b2) ** n)),
        (W, "forget n", adam(lambda b1, b2, n: 1 - b1, lambda b1, b2, n: 1 - b2)),
        (W, "not of the mean over all entries", adam(square=lambda g, m: (g * g).mean())),
        (W, "the square of the new m", adam(square=lambda g, m: m * m)),
        (W, "AdaMax", adam(square=lambda g, m: np.abs(g), mix=lambda b2, old, new: np.maximum(old, new))),
        (W, "weight decay", adam(shrink=1.0)),
        (W, "not of abs(g)", adam(square=lambda g, m: np.abs(g))),
    ],
    exercises.check_nucleus: [
        (R, "", kept(lambda p, mass: np.array([p[p > q].sum() < mass for q in p]))),
        (W, "likelier than a limit", kept(lambda p, mass: p >= min(1 - mass, p.max()))),
        (W, "likelier than a limit", kept(lambda p, mass: p >= mass / len(p))),
        (W, "follows from `mass` and V alone", kept(
            lambda p, mass: p >= np.sort(p)[::-1][int(np.ceil(mass * len(p))) - 1])),
    ],
    exercises.check_embedding_gradient: [
        (R, "", table()),
        (W, "holds whole numbers only", table(int)),
        (W, "points downhill", table(sign=-1)),
        (W, "the ids are sorted", lambda ids, dxs, V: table()(np.sort(ids), dxs, V)),
        (R, "", lambda ids, dxs, V: table()(np.sort(ids), dxs[np.argsort(ids, kind="stable")], V)),
        (W, "entry by entry", lambda ids, dxs, V: np.array(
            [dxs[ids == v].max(axis=0) if v in ids else 0 * dxs[0] for v in range(V)])),
        (W, "these are rows ids of dxs", lambda ids, dxs, V: dxs[ids]),
    ],
    exercises.check_sum_baseline: [
        (R, "", lambda n, low, high: n * (high - low) ** 2 / (24 // 2)),
        (W, "as // and int() do", lambda n, low, high: n * (high - low) ** 2 // 12),
        (W, "the variance of an even draw", lambda n, low, high: n * (high - low) ** 2 / (12 // 2)),
        (W, "as // and int() do", lambda n, low, high: np.floor(n * (high - low) ** 2 / 12)),
        (W, "Where a is zero", lambda n, a, b: n // 1 * (b * b - a * a) / 12),
    ],
    exercises.check_copy_baseline: [
        (W, "as // and int() do", lambda T, s, length: length * np.log(s) // (T + 2 * length)),
        (W, "is 0, but for rounding", lambda T, s, length: 0.0 * T),
        (W, "stand together below", lambda T, s, length: length * np.log(s) / T + 2 * length),
        (W, "exchanged above", lambda T, s, length: s * np.log(length) / (T + 2 * length)),
        (W, "`length` and `symbols` are exchanged", lambda T, s, length: s * np.log(length) / (T + 2 * s)),
    ],
    exercises.check_gru_past: [
        (R, "", to_past()),
        (W, "r stands before delta^r: it belongs", to_past(1, 0, 0)),
        (W, "r stands before delta^r and delta^z: it", to_past(1, 1, 0)),
        (W, "r stands before delta^r as well", to_past(1, 0, 1)),
        (W, "r stands before delta^z as well", to_past(0, 1, 1)),
        (W, "yours multiplies all three", to_past(1, 1, 1)),
        (W, "the third road lacks r", to_past(0, 0, 0)),
    ],
    exercises.check_scan_deltas: [
        (R, "", by_scan()),
        (W, "the arguments of scan are exchanged", by_scan(lambda scan, a, e: scan(e, a))),
        (W, "the factors are inverted", by_scan(factor=lambda a: 1 / np.roll(a, -1, axis=0))),
        (W, "so shift a by one", by_scan(factor=lambda a: a)),
    ],
}
