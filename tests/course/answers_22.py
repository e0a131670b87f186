"""More answers as learners give them, two mistakes at once among them, and near misses of each sentence:
(verdict, words of the message, answer)."""

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


# 0, 3


def nothing(g):
    3 * g


# 1, 2


def states(h_0, xs, new, first=lambda h_0: h_0):
    hs = [first(h_0)]
    for x in xs:
        hs.append(new(x, h_0 if len(hs) == 1 else hs[-1]))
    return np.array(hs)


def forward(new=lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T + b), first=lambda h_0: h_0):
    def answer(W_x, W_h, b, W_y, b_y, xs, h_0):
        hs = states(h_0, xs, lambda x, h: new(W_x, W_h, b, x, h), first)
        return hs, hs[1:] @ W_y.T + b_y

    return answer


# 2, 1


def log_p(o, shift=lambda o: o.max(-1, keepdims=True)):
    return o - np.log(np.exp(o - shift(o)).sum(-1, keepdims=True)) - shift(o)


def picked(ids, l):
    return np.take_along_axis(l, ids[..., None], -1)[..., 0]


def loss(of_ids=lambda ids, K: ids, axis=-1, end=np.sum, rows=(slice(None), slice(None))):
    def answer(o, ids):
        o, ids = o[rows[0]], of_ids(ids, o.shape[-1])[rows[1]]
        return end(-picked(ids, log_p(o.swapaxes(axis, -1)).swapaxes(axis, -1)))

    return answer


# 2, 5


def tempered(do=lambda p, y, o, tau: (p - y) / tau, dtau=lambda e, o, tau: -(e * o).sum() / tau**2):
    def answer(o, y, tau):
        p = np.exp(o / tau - (o / tau).max())
        p = p / p.sum()
        return do(p, y, o, tau), dtau(p - y, o, tau)

    return answer


# 3, 1, 3, 3 and 3, 5


def three(sent=lambda h, w, d, t: w * d, own=lambda h, e: e):
    def answer(h, e, w_h):
        s, e = 1 - h**2, own(h, e)
        d_3 = s[2] * e[2]
        d_2 = s[1] * (e[1] + sent(h, w_h, d_3, 3))
        return s[0] * (e[0] + sent(h, w_h, d_2, 2)), d_2, d_3

    return answer


def of_loss(back=lambda W: W, end=lambda dW: dW, share=lambda B: 1):
    def answer(W_h, hs, dhs, s):
        total, dh = 0 * W_h, dhs[s - 1]
        for t in range(s, 0, -1):
            delta = (1 - hs[t] ** 2) * dh
            total = total + delta.T @ hs[t - 1]
            dh = delta @ back(W_h)
        return end(total) / share(dhs.shape[1])

    return answer


# 7, 2


# 1, 5


def jordan(hear=lambda o: o, first=lambda o_0: o_0):
    def answer(W_x, W_o, b, W_y, b_y, xs, o_0):
        o, outputs = first(o_0), []
        for x in xs:
            o = np.tanh(x @ W_x.T + hear(o) @ W_o.T + b) @ W_y.T + b_y
            outputs.append(o)
        return np.array(outputs)

    return answer


def one_hot(o):
    return np.eye(o.shape[-1])[o.argmax(axis=-1)]


# 8, 4


def minimal(of_x=lambda f, x: x, of_h=lambda f, h: f * h):
    def step(W_x, W_h, b, x, h):
        H = h.shape[-1]
        f = sigmoid(x @ W_x[:H].T + h @ W_h[:H].T + b[:H])
        return (1 - f) * h + f * np.tanh(of_x(f, x @ W_x[H:].T) + of_h(f, h) @ W_h[H:].T + b[H:])

    return step


# 3, 6


def leaky(share=lambda a, B: a):
    def answer(W_h, zs, dhs, a):
        delta, carry, a = np.zeros_like(dhs), 0, share(a, dhs.shape[1])
        for t in reversed(range(len(dhs))):
            dh = dhs[t] + carry
            delta[t] = a * (1 - np.tanh(zs[t]) ** 2) * dh
            carry = delta[t] @ W_h + (1 - a) * dh
        return delta

    return answer


def minimal_after(W_x, W_h, b, x, h):
    H = h.shape[-1]
    f = sigmoid(x @ W_x[:H].T + h @ W_h[:H].T + b[:H])
    return f * h + (1 - f) * np.tanh(x @ W_x[H:].T + f * (h @ W_h[H:].T) + b[H:])


# 8, 1 and 8, 2


def lstm_step(new=lambda i, f, g, c: f * c + i * g):
    def step(W_x, W_h, b, x, h, c):
        i, f, g, o = np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1)
        c = new(sigmoid(i), sigmoid(f), np.tanh(g), c)
        return sigmoid(o) * np.tanh(c), c

    return step


def loaded(turn):
    def load(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
        W = np.vstack([turn(w) for w in (Wi, Wf, Wc, Wo)])
        return W[:, len(bf):], W[:, :len(bf)], np.concatenate([bi, bf, bc, bo])

    return load


# 9, 2 and 9, 3


def roads(of=lambda gates: gates):
    def answer(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            i, f, g, o = np.split(of(gates[t]), 4, axis=-1)
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dh * o * (1 - tanh_c**2) + dc_next
            delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f),
                                       dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next, dc_next = delta[t] @ W_h, f * dc
        return delta

    return answer


def squashed(gates, last=sigmoid):
    i, f, g, o = np.split(gates, 4, axis=-1)
    return np.concatenate([sigmoid(i), sigmoid(f), np.tanh(g), last(o)], axis=-1)


# 13, 5


def tied(at=lambda ids: ids, end=lambda dE: dE, write=False, came=lambda dxs: dxs):
    def dE(ids, hs, dxs, dos):
        out = dos.T @ hs
        if write:
            out[at(ids)] = came(dxs)
        else:
            np.add.at(out, at(ids), came(dxs))
        return end(out)

    return dE


# 4, 1, 4, 4 and 4, 6


def differences(x, slope):
    slopes, units = np.zeros_like(x), np.eye(x.size).reshape(-1, *x.shape)
    for k, i in enumerate(np.ndindex(*x.shape)):
        slopes[i] = slope(units[k], units[:k].sum(axis=0))
    return slopes


def complex_step(by=1e-30, eps=1e-30, real=0.0, of=np.imag):
    return lambda f, x: differences(x, lambda u, before: of(f(x + (real + 1j * eps) * u) / by))


def filtered(w, u, K=99):
    T = len(u)
    return np.array([sum(w[k] * u[s + k] for k in range(min(len(w), T - s, K))) for s in range(T)])


def banded(w, T):
    return sum(w[k] * np.eye(T, k=-k) for k in range(len(w)))


# 4, 2


def error(a, n, of=lambda a, n: True, scale=lambda a, n: max(np.abs(a).max(), np.abs(n).max())):
    return np.abs(a - n).max() / scale(a, n) if (a.any() or n.any()) and of(a, n) else 0.0


def at_worst(a, n):
    k = np.abs(a - n).argmax()
    return max(abs(a.flat[k]), abs(n.flat[k]))


# 7, 1


def table(ends=lambda T, k1: np.minimum(np.arange(T) // k1 * k1 + k1, T), more=0, turn=lambda a: a,
          keep=lambda s, e: True, begin=lambda e, k2: max(e - k2, 0), own=1):
    def answer(T, k1, k2):
        kept = np.zeros((T, T), bool)
        for s, e in enumerate(ends(T, k1)):
            kept[s, begin(e, k2 + more):s + own] = keep(s, e)
        return turn(kept)

    return answer


# 7, 3


def joined(weight, end=lambda cut: -1):
    def answer(W_h, hs, dhs, cut, c):
        delta, message = np.zeros_like(dhs), 0.0
        for t in range(len(dhs) - 1, end(cut), -1):
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + message)
            message = 0.0 if t == 0 or cut[t - 1] else weight(t, cut, c) * delta[t] @ W_h
        return delta

    return answer


def passed(t, cut):                                      # joints since the last cut, this one too
    return next(n for n in range(1, 99) if t + n > len(cut) or cut[t - 1 + n])


# 7, 4 and 7, 5


def frozen(joint=lambda t, K, T: t % K == 0, squash=np.tanh, weigh=lambda dh, h: dh * h, share=lambda T, B, H: 1):
    def answer(W_h, hs, drive, dhs, K):
        h, total = hs[0], 0.0
        for t in range(len(dhs)):
            h = squash(drive[t] + (hs[t] if joint(t, K, len(dhs)) else h) @ W_h.T)
            total += weigh(dhs[t], h).sum()
        return total / share(*dhs.shape)

    return answer


def delay(n, *speak):
    v = np.zeros(n)
    v[[0, -1]] = speak
    return np.eye(n, k=1), v


# 7, 2


def swept(cut, slope=lambda hs, t, K: 1 - hs[t + 1] ** 2):
    def answer(W_h, hs, dhs, K):
        delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            carry = carry * (not cut(t, K, len(dhs)))
            delta[t] = slope(hs, t, K) * (dhs[t] + carry)
            carry = delta[t] @ W_h
        return delta

    return answer


ANSWERS = {
    exercises.check_spoil: [
        ("open", "your function returns nothing yet", nothing),
        ("open", "not attempted yet", lambda g: None),
        (R, "", lambda g: np.where(np.abs(g) == np.abs(g).max(), 3 * g, 0)),
    ],
    exercises.check_from_keras: [
        (W, "not the inverse", lambda k, r, b: (k.T, np.linalg.inv(r), b)),
        (W, "is not right yet", lambda k, r, b: (k.T, np.linalg.inv(r).T, b)),
    ],
    exercises.check_parameters: [
        (W, "has two terms too many: D and H", lambda D, H, K: D * (H + 1) + H * (H + 2) + K * (H + 1)),
        (W, "the biases are missing", lambda D, H, K: D * H + H * H + K * H),
        (W, "the lengths of the axes are added", lambda D, H, K: D + H + H + H + H + K + H + K),
        (W, "is not right yet", lambda D, H, K: D + H + H + K),
    ],
    exercises.check_rows: [
        (W, "Rows are counted from the first one, 0", lambda: dict(x_4=4, z_1=1, h_0=1, h_3=4, h_6=7, o_6=6)),
        (W, "must be a number from 0 to 6; got 'x'.", lambda: dict(x_4="x", z_1=1, h_0=1, h_3=4, h_6=7, o_6=6)),
    ],
    exercises.check_jordan: [
        (R, "", jordan()),
        (W, "and with it o_0 does nothing, it is right", jordan(one_hot)),
        (W, "outputs does not depend on o_0", jordan(lambda o: o**3, lambda o_0: 0.3 + 0 * o_0)),
    ],
    exercises.check_minimal_step: [
        (R, "", minimal()),
        (W, "and with it x does nothing, it is right", minimal(lambda f, x: f * x)),
        (W, "2. f and 1 - f are exchanged", minimal_after),
        (W, "the candidate sees f * h", minimal(of_h=lambda f, h: h)),
    ],
    exercises.check_one_product: [
        (W, "not z, or a part of it", lambda W_1, W_2, x, h, dz: (
            x.T @ dz, dz.T @ (x @ W_1 + h @ W_2.T), dz @ W_1.T, dz @ W_2)),
        (W, "only dW_2 is wrong", lambda W_1, W_2, x, h, dz: (x.T @ dz, dz.T @ h**3, dz @ W_1.T, dz @ W_2)),
    ],
    exercises.check_lstm_step: [
        (W, "the forget gate is its own", lstm_step(lambda i, f, g, c: (1 - i) * c + i * g)),
        (W, "look at what c does", lstm_step(lambda i, f, g, c: (1 - i) * f * c + i * g)),
    ],
    exercises.check_from_concatenated: [
        (R, "", loaded(np.transpose)),
        (W, "transpose each matrix, and stack", loaded(lambda w: w.reshape(w.shape[::-1]))),
        (W, "is not right yet", loaded(lambda w: w[::-1].reshape(w.shape[::-1]))),
    ],
    exercises.check_two_roads: [
        (R, "", roads()),
        (W, "nothing squashes them once more", roads(squashed)),
        (W, "look at the step itself", roads(lambda gates: squashed(gates, np.tanh))),
    ],
    exercises.check_split_dX: [
        (W, "though they are square", lambda deltas, Ws, H: (
            (deltas @ Ws[:, :H]).sum(axis=0), (deltas @ Ws[:, H:].swapaxes(1, 2)).sum(axis=0))),
        (R, "", lambda deltas, Ws, H: np.split(np.einsum("gbh,gzh->bz", deltas, Ws), [H], axis=1)),
    ],
    exercises.check_tied: [
        (R, "", tied()),
        (W, "two changes together", tied(lambda ids: ids - 1, np.transpose)),
        (W, "2. transposed", tied(end=np.transpose, write=True)),
        (W, "two changes together", tied(lambda ids: ids - 1, came=lambda dxs: -dxs)),
        (W, "writes over", tied(write=True)),
        (W, "transposed", tied(end=np.transpose)),
    ],
    exercises.check_forward: [
        (W, "the first step is wrong already", forward(
            lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T - b / 2))),
        (W, "the state that is given belongs there", forward(first=lambda h_0: 0 * h_0)),
    ],
    exercises.check_total_loss: [
        (W, "Try it by hand with o = [[[0.358773, 1.510677, -1.786331]]], ids = [[0]]: it is", lambda o, ids: -picked(
            (ids - 1) % 2, log_p(o)).sum()),
        (R, "", loss()),
        (W, "the class before the one that ids names", loss(lambda ids, K: ids - 1)),
        (W, "is not right yet", loss(lambda ids, K: (ids + 1) % K)),
        (W, "class 0 is a class", lambda o, ids: -(picked(ids, log_p(o)) * (ids != 0)).sum()),
        (W, "is not right yet", lambda o, ids: -(picked(ids, log_p(o)) * (ids != 1)).sum()),
        (W, "runs over the wrong axis", loss(axis=1)),
        (W, "runs over the wrong axis", loss(axis=0)),
        (W, "yours takes that of another step", loss(rows=(slice(None, -1), slice(1, None)))),
        (W, "subtracted in one place only", lambda o, ids: -picked(ids, log_p(o) + o.max(-1, keepdims=True)).sum()),
        (W, "1. a mean over steps and sequences: asked for is the sum. 2. these are bits",
         loss(end=lambda a: a.mean() / np.log(2))),
        (W, "1. a mean over the batch: asked for is the sum. 2. the sign", loss(end=lambda a: -a.mean(1).sum())),
        (W, "1. a mean over time: asked for is the sum. 2. the softmax runs over the wrong axis",
         loss(axis=1, end=lambda a: a.mean(0).sum())),
        (W, "or of a mean", lambda o, ids: -np.log(np.exp(picked(ids, log_p(o))).mean(1)).sum()),
    ],
    exercises.check_tempered_gradient: [
        (R, "", tempered()),
        (W, "dtau has a factor too many, tau, and the wrong sign", tempered(
            dtau=lambda e, o, tau: (e * o).sum() / tau)),
        (W, "the square is missing", tempered(dtau=lambda e, o, tau: -(e * o).sum() / tau)),
        (W, "it is not divided by tau before", tempered(lambda p, y, o, tau: (p - y / tau) / tau)),
        (W, "p is not divided by it", tempered(lambda p, y, o, tau: (p / tau - y) / tau)),
        (W, "needs parentheses", tempered(lambda p, y, o, tau: p / tau - y)),
    ],
    exercises.check_three_deltas: [
        (R, "", three()),
        (R, "", lambda h, e, w: (1 - h**2) * np.linalg.solve(np.eye(3) - w * np.diag(1 - h[1:] ** 2, 1), e)),
        (W, "yours passes it twice", three(lambda h, w, d, t: w * d * (1 - h[t - 1] ** 2))),
        (W, "is not right yet", three(lambda h, w, d, t: w * d * (1 - h[t - 2] ** 2))),
        (W, "it is no target", three(own=lambda h, e: h - e)),
        (W, "take the losses of the steps after them", three(own=lambda h, e: e[[1, 2, 2]])),
        (W, "is not right yet", three(own=lambda h, e: h * e)),
    ],
    exercises.check_two_derivatives: [
        (R, "", lambda h, w: ((1 - h[3] ** 2) * h[2], np.cumprod((1 - h[:0:-1] ** 2) * [1, w, w]) @ h[2::-1])),
        (W, "w_h is missing where", lambda h, w: (
            (1 - h[3] ** 2) * h[2], np.cumprod((1 - h[:0:-1] ** 2) * [1, w, 1]) @ h[2::-1])),
    ],
    exercises.check_recurrent_gradient: [
        (W, "step 1 has none", lambda d, hs: np.einsum("tbi,tbj->ij", d[1:], hs[:-2])),
        (W, "look at the sums", lambda d, hs: np.einsum("tbi,tbj->ij", d[1:-1], hs[:-3])),
    ],
    exercises.check_leaky_deltas: [
        (R, "", leaky()),
        (W, "if a were still 0.3", leaky(lambda a, B: 0.3)),
        (W, "does not depend on a", leaky(lambda a, B: 0.3 if B == 1 else a)),
    ],
    exercises.check_part_of_loss: [
        (R, "", of_loss()),
        (W, "2. it is transposed", of_loss(np.transpose, np.transpose)),
        (W, "two changes together", of_loss(np.transpose, share=lambda B: B)),
        (W, "it is transposed", of_loss(end=np.transpose)),
        (W, "yours counts from the last", lambda W_h, hs, dhs, s: of_loss()(W_h, hs, dhs, len(dhs) + 1 - s)),
        (W, "this is the part of loss s-1", lambda W_h, hs, dhs, s: of_loss()(W_h, hs, dhs, s - 1)),
        (W, "not at T=6, B=2, H=5, s=4: the part is not right yet", lambda W_h, hs, dhs, s: of_loss()(
            W_h, hs, dhs, min(7 - s, s) if len(dhs) == 6 else s)),
        (W, "W_h stands in the carry", of_loss(np.transpose)),
    ],
    exercises.check_output_error: [
        (W, "not its logarithm", lambda p, ids: np.log(p) - np.eye(p.shape[1])[ids]),
        (W, "is not right yet", lambda p, ids: np.log(p) - 2 * np.eye(p.shape[1])[ids]),
    ],
    exercises.check_relative_error: [
        (R, "", lambda a, n: np.abs(a - n).max() / max(np.abs([a, n]).max(), 1e-300)),
        (R, "", error),
        (W, "where one of them is all zero", lambda a, n: error(a, n, lambda a, n: a.any() and n.any())),
        (W, "where one of them is all zero", lambda a, n: error(a, n, lambda a, n: a.any())),
        (W, "Try it by hand with b = [0.5, -4], a = [0.6, -3.5]: it is 0.075, expected 0.125.", lambda b, a: error(
            b, a) and np.abs(b - a).reshape(len(b), -1).max(axis=1).mean() / max(np.abs(b).max(), np.abs(a).max())),
        (W, "is not right yet", lambda a, n: error(a, n) + 0.1 * (abs(error(a, n) - 0.175) < 1e-9)),
        (W, "off by the same number at every point", lambda a, n: error(a, n) + 0.1),
        (W, "the entry that is most wrong", lambda a, n: error(a, n, scale=at_worst)),
        (W, "is not right yet", lambda a, n: error(a, n, scale=lambda a, n: np.median(np.abs([a, n])) + 1e-30)),
    ],
    exercises.check_central_difference: [
        (W, "moves again with the next one", lambda f, x, eps: differences(x, lambda u, before: (
            f(x + eps * (u + before)) - f(x - eps * (u + before))) / (2 * eps))),
        (W, "entries stay moved", lambda f, x, eps: differences(x, lambda u, before: (
            f(x + eps * (u + before)) - f(x + eps * (before - u))) / (2 * eps))),
        (W, "needs parentheses", lambda f, x, eps: differences(
            x, lambda u, before: f(x + eps * u) - f(x - eps * u) / (2 * eps))),
        (W, "needs parentheses", lambda f, x, eps: differences(
            x, lambda u, before: f(x + eps * u) - f(x - eps * u) / 2 * eps)),
        (W, "is not right yet", lambda f, x, eps: differences(
            x, lambda u, before: f(x + eps * u) / 2 - f(x - eps * u) / (2 * eps))),
        (R, "", lambda f, x, eps: differences(
            x, lambda u, before: f(x + eps * u) / 2 / eps - f(x - eps * u) / 2 / eps)),
    ],
    exercises.check_complex_step: [
        (R, "", complex_step()),
        (R, "", complex_step(by=1e-30j, of=np.real)),
        (W, "divided by 1j * eps", complex_step(by=1e-30j)),
        (W, "along the real axis", complex_step(real=1e-3)),
        (W, "numbers that are 0, and should not be", lambda f, x: complex_step()(f, x) * (
            np.arange(x.size).reshape(x.shape) < 1)),
        (W, "along the real axis", complex_step(real=1e-4, eps=1e-4, by=1e-4)),
        (W, "your step is too large", complex_step(eps=1e-3, by=1e-3)),
    ],
    exercises.check_filter_back: [
        (R, "", filtered),
        (W, "only w_0 and w_1 are used", lambda w, u: filtered(w, u, 2)),
        (W, "this undoes the filter", lambda w, u: np.linalg.solve(banded(w, len(u)), u)),
        (W, "this undoes the filter", lambda w, u: np.linalg.inv(banded(w, len(u))).T @ u),
        (R, "", lambda w, u: banded(w, len(u)).T @ u),
    ],
    exercises.check_safe_steps: [
        (W, "of different bases", lambda W, slope, limit: np.inf if slope * np.linalg.norm(W, 2) >= 1 else np.ceil(
            np.log10(limit) / np.log(slope * np.linalg.norm(W, 2)))),
        (W, "divided by the slope", lambda W, slope, limit: np.inf if np.linalg.norm(W, 2) >= slope else np.ceil(
            np.log(limit) / np.log(np.linalg.norm(W, 2) / slope))),
    ],
    exercises.check_shares: [
        (R, "", lambda i, f: np.array([i[t] * np.prod(f[t + 1:]) for t in range(len(i))])),
        (W, "Multiply by the gates after step t", lambda i, f: i * np.prod(f) / np.cumprod(f)),
        (W, "is taken to a power", lambda i, f: i * f ** np.arange(len(i))[::-1]),
        (W, "a gate of its own", lambda i, f: (1 - f) * np.append(np.cumprod(f[:0:-1])[::-1], 1.0)),
        (W, "what it takes from the steps after it", lambda i, f: np.array(
            [i[t] * np.prod(f[t + 1:] ** 1.5) for t in range(len(i))])),
    ],
    exercises.check_chunk_deltas: [
        (W, "if K were still 3", swept(lambda t, K, T: (t + 1) % 3 == 0)),
        (R, "", swept(lambda t, K, T: (t + 1) % K == 0)),
        (W, "only the last joint is cut", swept(lambda t, K, T: t == T - K - 1)),
        (W, "only the first joint is cut", swept(lambda t, K, T: t == K - 1)),
        (W, "not the number of chunks", swept(lambda t, K, T: (t + 1) % (T // K) == 0)),
        (W, "at a joint the slope is 1, as if the state were 0", swept(
            lambda t, K, T: (t + 1) % K == 0, lambda hs, t, K: 1 - hs[t + 1] ** 2 * ((t + 1) % K > 0))),
        (W, "what hs does", swept(
            lambda t, K, T: (t + 1) % K == 0, lambda hs, t, K: 1 - hs[t + 1] ** 2 * (t % K > 0) / 2)),
    ],
    exercises.check_kept_pairs: [
        (R, "", table()),
        (W, "begin at max(..., 0)", table(begin=lambda e, k2: e - k2)),
        (W, "only the last loss of each run", table(keep=lambda s, e: s == e - 1)),
        (W, "numbers that are 0, and should not be", table(keep=lambda s, e: s < e - 1 or e < 3)),
        (W, "s counts from 1", table(lambda T, k1: np.minimum(np.arange(1, T + 1) // k1 * k1 + k1, T))),
        (W, "counted from the end", table(lambda T, k1: T - (T - 1 - np.arange(T)) // k1 * k1)),
        (W, "1. transposed", table(more=1, turn=np.transpose)),
        (W, "2. each loss reaches its own step", table(more=1, own=0)),
        (R, "", lambda T, k1, k2: np.logical_or.reduce([            # all losses so far, in every run
            np.tri(T, dtype=bool) & (np.arange(T)[:, None] < e) & (np.arange(T) >= max(e - k2, 0))
            for e in range(k1, T + k1, k1) for e in [min(e, T)]])),
    ],
    exercises.check_random_deltas: [
        (R, "", joined(lambda t, cut, c: 1 / (1 - c))),
        (W, "counts those joints again", joined(lambda t, cut, c: (1 - c) ** -passed(t, cut))),
        (W, "is right but for", joined(lambda t, cut, c: 1 / (1 - c) / passed(t, cut))),
        (W, "the loop ends at a cut", joined(lambda t, cut, c: 1 / (1 - c), lambda cut: max(np.flatnonzero(cut)))),
        (W, "only the last loss counts", lambda W_h, hs, dhs, cut, c: joined(lambda t, cut, c: 1 / (1 - c))(
            W_h, hs, dhs * (np.arange(len(dhs)) == len(cut))[:, None, None], cut, c)),
    ],
    exercises.check_frozen_loss: [
        (R, "", frozen()),
        (W, "not the number of chunks", frozen(lambda t, K, T: t % (T // K) == 0)),
        (W, "and no target", frozen(weigh=lambda dh, h: 0.5 * (h - dh) ** 2)),
        (W, "It is wrong already with one step of one sequence", frozen(weigh=lambda dh, h: dh * h**3)),
        (W, "two changes together", frozen(squash=lambda z: z, share=lambda T, B, H: B)),
        (W, "2. the loss is a sum", frozen(lambda t, K, T: t == 0, share=lambda T, B, H: T)),
    ],
    exercises.check_misleading: [
        (W, "Take a larger v", lambda: delay(10, 0.9, -2.0)),
        (W, "nobody speaks early", lambda: delay(10, 0.0, -2.0)),
        (W, "nobody speaks early", lambda: delay(8, 1.0, -2.0)),
        (R, "", lambda: delay(10, 1.0, -2.0)),
    ],
}
