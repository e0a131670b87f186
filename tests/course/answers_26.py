"""Answers with two mistakes at once, or with one that is undone by a small change of their own code, beside
right ones in unusual words: (verdict, words of the message, answer), and (check, words that must not be
said, answer)."""

from typing import NamedTuple

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


class Kept(NamedTuple):
    """What a step of the GRU keeps."""

    zs: np.ndarray
    gates: np.ndarray
    ms: np.ndarray


def sigma(a):
    return (1 + np.tanh(a / 2)) / 2


def jordan_of_softmax(W_x, W_o, b, W_y, b_y, xs, o_0):
    outs, o = [], o_0
    for x in xs:
        h = np.tanh(W_x @ x[..., None] + W_o @ o[..., None] + b[:, None])
        o = (W_y @ h)[..., 0] + b_y
        outs.append(o)
        o = np.exp(o) / np.exp(o).sum(-1, keepdims=True)
    return np.array(outs)


def deltas_without_w_h(h, e, w_h):
    s = 1 - h ** 2
    delta_3 = s[2] * e[2]
    delta_2 = s[1] * (e[1] + w_h * s[2] * e[2])
    delta_1 = s[0] * e[0] + s[0] * w_h * s[1] * e[1] + s[0] * w_h * s[1] * s[2] * e[2]
    return delta_1, delta_2, delta_3


def slope_without_square(W_h, hs, dhs):
    T = len(dhs)
    out = [None] * T
    out[T - 1] = (1 - hs[T] ** 2) * dhs[T - 1]
    for t in range(T - 2, -1, -1):
        out[t] = (1 - hs[t + 1]) * (dhs[t] + np.einsum("ji,bj->bi", W_h, out[t + 1]))
    return np.stack(out)


def sent_in_a_sum(w_h, hs):
    f = w_h * (1 - hs[1:] ** 2)
    return np.append(np.cumsum(f[::-1])[::-1], 1.0)


def kept_of_the_future(T, k1, k2):
    s, t = np.ogrid[:T, :T]
    end = np.minimum((s // k1 + 1) * k1, T)
    return (t >= end - k2)


def random_own_loss(W_h, hs, dhs, cut, c):
    d = (1 - hs[1:] ** 2) * dhs
    weight = np.where(cut, 0.0, 1 / (1 - c))
    for t in reversed(range(len(cut))):
        d[t] = weight[t] * (d[t] + (1 - hs[t + 1] ** 2) * (d[t + 1] @ W_h))
    return d


def concatenated_reshaped(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    H = Wf.shape[1]
    W = np.hstack((Wi, Wf, Wc, Wo))
    return W[H:].reshape(4 * H, -1), W[:H].T, np.r_[bi, bf, bc, bo]


def split_from_the_end(deltas, Ws, H):
    both = np.einsum("gbh,gxh->bx", deltas, Ws)
    return both[:, :-H], both[:, -H:]


def where_it_is_right(errors):
    for t in range(len(errors), 0, -1):
        letters = "".join(l for l, e in zip("ifgo", errors[t - 1]) if e <= 1e-10)
        if letters:
            return t, letters
    return 0, ""


def last_stacked(output, lengths):
    fwd, bwd = np.split(output, 2, axis=-1)
    at = (lengths - 1)[None, :, None]
    return np.stack([np.take_along_axis(fwd, at, axis=0)[0], bwd[0]])


def masked_as_found(W_h, gates, cs, dhs, mask):
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = np.split(gates[t], 4, axis=-1)
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        dc = dc_next + dh * o * (1 - tanh_c**2)
        into = dc * g, dc * cs[t], dc * i, dh * tanh_c
        slopes = i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)
        delta[t] = np.concatenate(into, axis=-1) * np.concatenate(slopes, axis=-1)
        dh_next, dc_next = delta[t] @ W_h, dc * f
    return delta


def checkpoints_twice(W, u, e, kept, k):
    dW, carry = np.zeros_like(W), np.zeros(len(W))
    for j in reversed(range(len(kept))):
        hs = [kept[j]]
        for u_t in u[j * k:(j + 1) * k]:
            hs.append(np.tanh(W @ hs[-1] + u_t))
        for i in reversed(range(len(hs) - 1)):
            delta = (1 - hs[i + 1] ** 2) * (e[j * k + i] + carry)
            dW += np.outer(hs[i], delta)
            carry = W @ delta
    return dW


def step_glued_twice(W_x, W_h, b, x, h):
    W = np.concatenate([W_x, W_h.T], axis=1)
    return np.tanh(np.concatenate([h, x], axis=-1) @ W.T + b)


def jordan_row_too_many(W_x, W_o, b, W_y, b_y, xs, o_0):
    outs, o = [], o_0
    for x in xs:
        h = np.tanh(W_x @ x[..., None] + W_o @ o_0[..., None] + b[:, None])
        o = (W_y @ h)[..., 0] + b_y
        outs.append(o)
    return np.array([o_0] + outs)


def jordan_linear_softmax(W_x, W_o, b, W_y, b_y, xs, o_0):
    outs, o = [], o_0
    for x in xs:
        h = (W_x @ x[..., None] + W_o @ o[..., None] + b[:, None])
        o = (W_y @ h)[..., 0] + b_y
        outs.append(o)
        o = np.exp(o) / np.exp(o).sum(-1, keepdims=True)
    return np.array(outs)


def losses_in_a_mean(logits, ids):
    L = np.zeros(len(logits))
    for t in range(logits.shape[0]):
        for k in range(logits.shape[1]):
            L[t] += np.logaddexp.reduce(logits[t, k]) - logits[t, k, ids[t, k]]
    return L / logits.shape[1]


def losses_minus(logits, ids):
    L = np.zeros(len(logits))
    for t in range(logits.shape[0]):
        for k in range(logits.shape[1]):
            L[t] += logits[t, k, ids[t, k]] - np.logaddexp.reduce(logits[t, k])
    return L


def derivatives_swapped_once(h, w_h):
    s = 1 - h ** 2
    own = s[1:] * h[:-1]
    reach = np.array([w_h * s[2] * s[3], w_h * s[3], 1.0])
    return own @ reach, own[-1]


def derivatives_swapped_short(h, w_h):
    s = 1 - h ** 2
    own = s[1:] * h[:-1]
    reach = np.array([w_h ** 2 * s[2] * s[3], w_h * s[3], 1.0])
    return own[1:] @ reach[1:], own[-1]


def leaky_total(W_h, zs, dhs, a):
    slope = 1 / np.cosh(zs) ** 2
    g = np.array(dhs, float)
    for t in range(len(g) - 1, 0, -1):
        g[t - 1] += (1 - a) * g[t] + (slope[t] * g[t]) @ W_h
    return g


def flat_and_minus(f, x, eps):
    flat = x.ravel()
    units = np.eye(flat.size) * eps
    g = [(f((flat - e).reshape(x.shape)) - f((flat + e).reshape(x.shape))) / eps / 2 for e in units]
    return np.array(g)


def flat_times_eps(f, x, eps):
    flat = x.ravel()
    units = np.eye(flat.size) * eps
    g = [(f((flat + e).reshape(x.shape)) - f((flat - e).reshape(x.shape))) / 2 * eps for e in units]
    return np.array(g)


def product_swapped(W_1, W_2, x, h, dz):
    dW_1 = sum(np.outer(b, a) for a, b in zip(x, dz))
    dW_2 = np.einsum("bi,bj->ij", dz, h)
    return dW_1, dW_2, (W_2.T @ dz.T).T, np.einsum("bj,ij->bi", dz, W_1)


def sent_short_slope(w_h, hs):
    f = w_h * (1 - hs[1:])
    return np.cumprod(f[::-1])[::-1]


def sent_short_w_h(w_h, hs):
    f = (1 - hs[1:] ** 2)
    return np.cumprod(f[::-1])[::-1]


def chunks_early_slope(W_h, hs, dhs, K):
    T = len(dhs)
    slope = 1 - hs[:-1] ** 2
    d = slope * dhs
    for lo in range(0, T, K):
        for t in range(lo + K - 2, lo, -1):
            d[t] = slope[t] * (dhs[t] + np.matmul(d[t + 1], W_h))
    return d


def random_divided_by_c(W_h, hs, dhs, cut, c):
    d = (1 - hs[1:] ** 2) * dhs
    weight = np.where(cut, 0.0, 1 / c)
    for t in reversed(range(len(cut))):
        d[t] = weight[t] * (d[t] + (1 - hs[t + 1] ** 2) * (d[t + 1] @ W_h))
    return d


def concatenated_swapped(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    H = Wf.shape[1]
    W = np.hstack((Wi, Wf, Wo, Wc))
    return W[:H].T, W[H:].T, np.r_[bi, bf, bo, bc]


def minimal_turned(W_x, W_h, b, x, h):
    Wfx, Wgx = np.split(W_x, 2)
    Wfh, Wgh = np.split(W_h, 2)
    bf, bg = np.split(b, 2)
    f = 1 / (1 + np.exp(-(x @ Wfx.T + h @ Wfh.T + bf)))
    g = np.tanh(x @ Wgx.T + ((1 - f) * h) @ Wgh.T + bg)
    return g + f * (h - g)


def jordan_from_zeros(W_x, W_o, b, W_y, b_y, xs, o_0):
    o = np.zeros_like(o_0)
    return np.tanh(xs @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y


def forward_of_zeros(W_x, W_h, b, W_y, b_y, xs, h_0):
    h = np.zeros_like(h_0)
    hs = np.array([h_0, *(np.tanh(x @ W_x.T + h @ W_h.T + b) for x in xs)])
    return hs, hs[1:] @ W_y.T + b_y


def deltas_forward(W_h, hs, dhs):
    d, c = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in range(len(dhs)):
        d[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + c)
        c += d[t] @ W_h
    return d


def gates_partner(dh, dc_next, gates, c_before, c, by_i=None, by_f=None, keep=True):
    i, f, g, o = gates
    dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
    by_i, by_f = {"i": i, "c": c_before}.get(by_i, g), c_before if by_f is None else g
    return (dc * by_i * i * (1 - i), dc * by_f * f * (1 - f), dc * i * (1 - g ** 2),
            dh * np.tanh(c) * o * (1 - o), dc * f if keep else dc)


def gates_i_by_itself(dh, dc_next, gates, c_before, c):
    return gates_partner(dh, dc_next, gates, c_before, c, by_i="i", keep=False)


def gates_f_by_g(dh, dc_next, gates, c_before, c):
    return gates_partner(dh, dc_next, gates, c_before, c, by_f="g")


def gates_i_by_c(dh, dc_next, gates, c_before, c):
    return gates_partner(dh, dc_next, gates, c_before, c, by_i="c", keep=False)


def through_c_of_whole(J):
    H, P = J.shape[1] // 2, np.eye(J.shape[1])
    for j in J:
        P = j @ P
    return P[:H, :H], P[H:, H:]


def concatenated_untransposed(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    W = np.concatenate([Wi, Wf, Wc, Wo], axis=1)
    return W[:len(bf)], W[len(bf):], np.concatenate([bi, bf, bc, bo])


def joined_three(a_1, b_1, a_2, b_2):
    return b_1 + b_2, a_1 + a_2


def safe_without_slope(W_h, slope, limit):
    return np.ceil(np.log(limit) / np.log(np.linalg.norm(W_h, 2)))


def split_swapped_sum(deltas, Ws, H):
    both = deltas.sum(0) @ Ws.sum(0).T
    return both[:, H:], both[:, :H]


def through_c_of_h(J):
    H = J.shape[-1] // 2
    a = w = None
    for M in J:
        a = M[H:, H:] if a is None else a @ M[H:, H:]
        w = M if w is None else w @ M
    return a, w[H:, :H]


def through_c_swapped(J):
    H = J.shape[-1] // 2
    a = w = None
    for M in J:
        a = M[H:, H:] if a is None else a @ M[H:, H:]
        w = M if w is None else w @ M
    return w[H:, H:], a


def one_gate_swapped(dh, h, z, n, m):
    slope = z - z ** 2
    dn = (1 - n ** 2) * (1 - z) * dh
    return dn, slope * dh * (h - n) - slope * dn


def keras_swapped_mean(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_hh.T, weight_ih.T, np.mean([bias_ih, bias_hh], axis=0)


def keras_swapped_rows(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_hh.T, weight_ih.T, np.stack([bias_ih, bias_hh])


def last_stacked_late(output, lengths):
    fwd, bwd = np.split(output, 2, axis=-1)
    at = lengths[None, :, None]
    return np.stack([np.take_along_axis(fwd, at, axis=0)[0], bwd[0]])


def every_exchanged(T, state, step):
    k = np.arange(1, T + 1)
    return int(np.argmin(np.ceil(T / k) * step + k * state))


def every_near(T, state, step):
    k = np.arange(1, T + 1)
    return int(np.argmin((T / k) * state + k * step))


def scan_turned_all(a, e, scan):
    nxt = np.roll(a, -1)
    nxt[-1] = 0
    return np.flip(scan(np.flip(nxt), np.flip(e)), 0)


def eigenvalue_swapped(half, period):
    lam = np.exp(-1 / half + 2j * np.pi / period)
    return lam.imag, lam.real


def eigenvalue_polar(half, period):
    lam = np.exp(-np.log(2) / half + 1j * np.pi / period)
    return abs(lam), np.angle(lam)


def gate_new_minus(z, n, h, e, scan):
    before = h
    keep = np.vstack([1 - z, 0 * z[:1]])[1:]
    g = np.flipud(scan(np.flipud(keep), np.flipud(e)))
    return g * (before - n) * (z - z ** 2), z * g


def step_halved(W_x, W_h, b, x, h):
    return np.tanh((x @ W_x.T + h @ W_h.T) / 2 + b)


def forward_run_on(W_x, W_h, b, W_y, b_y, xs, h_0):
    T, B = xs.shape[:2]
    hs = np.zeros((T + 1, B, len(b)))
    hs[0] = h_0
    h = h_0[0]
    for k in range(B):
        for t in range(T):
            h = np.tanh(W_x @ xs[t, k] + W_h @ h + b)
            hs[t + 1, k] = h
    return hs, hs[1:] @ W_y.T + b_y


def forward_shares_of_all(W_x, W_h, b, W_y, b_y, xs, h_0):
    T, B = xs.shape[:2]
    hs = [h_0]
    h = h_0
    for k in range(B):
        for t in range(T):
            h = np.tanh(xs[t] @ W_x.T + h @ W_h.T + b)
            if k == 0:
                hs.append(h)
    hs = np.array(hs)
    os = np.exp(hs[1:] @ W_y.T + b_y)
    return hs, os / os.sum()


def loss_of_all(logits, ids):
    z = logits - logits.max()
    log_p = z - np.log(np.exp(z).sum())
    return -np.take_along_axis(log_p, ids[..., None], -1).sum()


def jordan_run_on(W_x, W_o, b, W_y, b_y, xs, o_0):
    T, B = xs.shape[:2]
    out = np.zeros((T, B, len(b_y)))
    o = o_0[0]
    for k in range(B):
        for t in range(T):
            h = np.tanh(W_x @ xs[t, k] + W_o @ o + b)
            o = W_y @ h + b_y
            out[t, k] = o
    return out


def leaky_run_on(W_h, zs, dhs, a):
    delta, carry = np.zeros_like(dhs), np.zeros(len(W_h))
    for k in range(dhs.shape[1]):
        for t in range(len(dhs) - 1, -1, -1):
            dh = dhs[t, k] + carry
            delta[t, k] = a * (1 - np.tanh(zs[t, k]) ** 2) * dh
            carry = W_h.T @ delta[t, k] + (1 - a) * dh
    return delta


def frozen_but_first(W_h, hs, drive, dhs, K):
    L, h = 0.0, hs[0, 0]
    for b in range(dhs.shape[1]):
        for t in range(len(dhs)):
            if t and t % K == 0:
                h = hs[t, b]
            h = np.tanh(drive[t, b] + W_h @ h)
            L += dhs[t, b] @ h
    return L


def recurrent_axis(delta, hs):
    return np.matmul(np.moveaxis(delta, 1, 2), hs[:-1]).sum(axis=1)


def filter_added(w, u):
    T = len(u)
    J = sum(w[k] + np.eye(T, k=-k) for k in range(len(w)))
    return J.T @ u


def shares_added(i, f):
    kept = np.ones_like(f)
    kept[:-1] = np.cumprod(f[:0:-1])[::-1]
    return kept + i


def bias_without_log(half_life):
    return -(2 ** (1 / half_life) - 1)


def baseline_without_square(n, low, high):
    m2 = (high ** 3 - low ** 3) / 3 / (high - low)
    return n * (m2 - (low + high) / 2)


def gru_minus(p, u, state):
    h = state[0]
    H = h.shape[-1]
    a = h @ p.W_h.mT
    pre = u[..., :2 * H] + a[..., :2 * H]
    rz = sigma(pre)
    m = a[..., 2 * H:] + p.b_n
    z_n = u[..., 2 * H:] - rz[..., :H] * m
    n = np.tanh(z_n)
    h_new = n + rz[..., H:] * (h - n)
    return ((h_new,), Kept(np.concatenate([pre, z_n], -1), np.concatenate([rz, n], -1), m))


def decay_added(rate, decay):
    return (rate + rate, 0.5 + decay)


def reach_added(h, w_h):
    s = 1 - h ** 2
    own = s[1:] * h[:-1]
    reach = np.array([w_h ** 2 * s[2] + s[3], w_h * s[3], 1.0])
    return (own[-1], own @ reach)


def complex_added(f, x):
    n = x.size
    h = 1e-20
    z = x.reshape(-1) + (1j * h + np.eye(n))
    return np.array([f(r.reshape(x.shape)) for r in z]).imag.reshape(x.shape) / h


def copy_without_log(T, symbols, length):
    return symbols ** length / (length + T + length)


def every_added(T, state, step):
    k = np.arange(1, T + 1)
    return int(k[np.argmin(np.ceil(T / k) * state + (k + step))])


def readout_letters_last(dos, hs):
    return (np.tensordot(dos, hs, axes=([0, 1], [0, 1])), np.einsum(dos, 'tbk->k'))


def spoil_by_sign(g):
    return np.where(g > 0, g + 2 * abs(g), g - 2 * abs(g))


def step_of_exp(W_x, W_h, b, x, h):
    z = np.einsum("ij,...j->...i", W_x, x) + np.einsum("ij,...j->...i", W_h, h) + b
    return 1 - 2 / (np.exp(2 * z) + 1)


def jordan_again(W_x, W_o, b, W_y, b_y, xs, o_0):
    def run(o, rest):
        if len(rest) == 0:
            return []
        new = np.tanh(rest[0] @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y
        return [new] + run(new, rest[1:])
    return np.stack(run(o_0, xs))


def loss_flat(logits, ids):
    flat, labels = logits.reshape(-1, logits.shape[-1]), ids.ravel()
    top = flat.max(1)
    lse = top + np.log(np.exp(flat - top[:, None]).sum(1))
    return (lse - flat[np.arange(labels.size), labels]).sum()


def tempered_by_jacobian(o, y, tau):
    s = o / tau
    p = np.exp(s - np.logaddexp.reduce(s))
    J = (np.diag(p) - np.outer(p, p)) / tau
    do = -J @ (y / p)
    return do, -(do @ o) / tau


def deltas_listed(h, e, w_h):
    out = [0.0]
    for k in (2, 1, 0):
        out.append((1 - h[k] * h[k]) * (e[k] + out[-1] * w_h))
    return tuple(out[:0:-1])


def part_again(W_h, hs, dhs, s):
    def go(t, dh):
        if t == 0:
            return np.zeros_like(W_h)
        d = dh * (1 - hs[t] ** 2)
        return np.einsum("bi,bj->ij", d, hs[t - 1]) + go(t - 1, d @ W_h)
    return go(s, dhs[s - 1])


def leaky_by_cosh(W_h, zs, dhs, a):
    slope = a / np.cosh(zs) ** 2
    g = np.array(dhs, float)
    for t in range(len(g) - 1, 0, -1):
        g[t - 1] += (1 - a) * g[t] + (slope[t] * g[t]) @ W_h
    return slope * g


def filter_matrix(w, u):
    T = len(u)
    J = sum(w[k] * np.eye(T, k=-k) for k in range(len(w)))
    return J.T @ u


def filter_convolved(w, u):
    return np.convolve(u[::-1], w)[:len(u)][::-1]


def kept_by_grid(T, k1, k2):
    s, t = np.ogrid[:T, :T]
    end = np.minimum((s // k1 + 1) * k1, T)
    return (t <= s) & (t >= end - k2)


def frozen_side_by_side(W_h, hs, drive, dhs, K):
    T, B, H = dhs.shape
    h = hs[:-1:K]
    loss = 0.0
    for j in range(K):
        h = np.tanh(drive[j::K] + h @ W_h.T)
        loss += np.vdot(dhs[j::K], h)
    return loss


def roads_of_views(W_h, gates, cs, dhs):
    T, B, H = dhs.shape
    I, F, G, O = (gates[..., k * H:(k + 1) * H] for k in range(4))
    tc = np.tanh(cs[1:])
    out = np.empty_like(gates)
    dh, dc = dhs[-1], 0.0
    for t in range(T - 1, -1, -1):
        dc = dc + dh * O[t] * (1 - tc[t] ** 2)
        out[t] = np.hstack([dc * G[t] * I[t] * (1 - I[t]), dc * cs[t] * F[t] * (1 - F[t]),
                            dc * I[t] * (1 - G[t] ** 2), dh * tc[t] * O[t] * (1 - O[t])])
        dc = dc * F[t]
        if t:
            dh = dhs[t - 1] + out[t] @ W_h
    return out


def window_by_numbers(ids, B, T, k):
    N = len(ids) // B
    streams = [ids[j * N:(j + 1) * N] for j in range(B)]
    x = np.stack([s[k * T:k * T + T] for s in streams], axis=1)
    y = np.stack([s[k * T + 1:k * T + T + 1] for s in streams], axis=1)
    return x, y


def nucleus_one_by_one(p, mass):
    q, total = np.zeros(len(p)), 0.0
    rest = p.astype(float)
    while total < mass and rest.max() > 0:
        k = rest.argmax()
        q[k], total = p[k], total + p[k]
        rest[k] = -1
    return q / q.sum()


def embedding_counted(ids, dxs, V):
    return np.stack([np.bincount(ids, weights=col, minlength=V) for col in dxs.T], axis=1)


def look_back_by_lag(W_h, xs, hs, dhs, K):
    T = len(xs)
    delta_at = np.zeros_like(dhs)
    for lag in range(K):
        if lag == 0:
            d = (1 - hs[1:] ** 2) * dhs
        else:
            d = (1 - hs[1:T - lag + 1] ** 2) * (d[1:] @ W_h)
        if len(d) == 0:
            break
        delta_at[:len(d)] += d
    return delta_at.T @ xs, delta_at.T @ hs[:-1]


def onnx_by_order(kernel, recurrent_kernel, bias):
    H = len(recurrent_kernel)
    order = np.concatenate([np.arange(k * H, (k + 1) * H) for k in (0, 3, 1, 2)])
    B = np.zeros((1, 8 * H))
    B[0, :4 * H] = bias[order]
    return kernel[:, order].T[np.newaxis], recurrent_kernel[:, order].T[np.newaxis], B


def masked_by_index(W_h, gates, cs, dhs, mask):
    T, B, H = dhs.shape
    delta, dh, dc = np.zeros_like(gates), np.zeros((B, H)), np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        dh = dh + dhs[t]
        on = mask[t]
        i, f, g, o = np.split(gates[t, on], 4, axis=-1)
        tc = np.tanh(cs[t + 1, on])
        d_c = dc[on] + dh[on] * o * (1 - tc ** 2)
        d = np.concatenate([d_c * g * i * (1 - i), d_c * cs[t, on] * f * (1 - f), d_c * i * (1 - g ** 2), dh[on] * tc * o * (1 - o)], -1)
        delta[t, on] = d
        dh[on], dc[on] = d @ W_h, d_c * f
    return delta


def ends_by_choice(W_h, hs, dhs, starts):
    old = np.where(starts[..., None], 0, hs[:-1])
    g = dhs.copy()
    delta = np.zeros_like(dhs)
    dW = np.zeros_like(W_h)
    for t in range(len(dhs) - 1, -1, -1):
        delta[t] = (1 - hs[t + 1] ** 2) * g[t]
        dW += delta[t].T @ old[t]
        if t > 0:
            g[t - 1][~starts[t]] += (delta[t] @ W_h)[~starts[t]]
    return delta, dW


def checkpoints_popped(W, u, e, kept, k):
    T, H = u.shape
    dW, g = np.zeros((H, H)), np.zeros(H)
    t = T
    for j in range(len(kept) - 1, -1, -1):
        h = [kept[j]]
        while len(h) <= min(k, T - j * k):
            h.append(np.tanh(W @ h[-1] + u[j * k + len(h) - 1]))
        while len(h) > 1:
            new = h.pop()
            t -= 1
            d = (g + e[t]) * (1 - new ** 2)
            dW += d[:, None] * h[-1][None, :]
            g = d @ W
    return dW


def leak_by_complex_step(a, W, u, e):
    eps = 1e-25
    a = a + 1j * eps
    h, L = np.zeros(len(W), complex), 0
    for k in range(len(u)):
        h = h + a * (np.tanh(W @ h + u[k]) - h)
        L = L + e[k] @ h
    return L.imag / eps


def joined_by_trying(a_1, b_1, a_2, b_2):
    both = lambda h: a_2 * (a_1 * h + b_1) + b_2
    b = both(0)
    return both(1) - b, b



def complex_of_nothing(f, x):
    n = z.size  # noqa: F821
    return np.zeros(n) * f(x).imag


def frozen_steps(W_h, hs, drive, dhs, K):
    h = hs[:-1:K]
    loss = 0.0
    for j in range(K):
        h = np.tanh(drive[j::K] + h @ W_h.T)
        loss += np.vdot(dhs[j::K], h)
    return j



def keras_gru_in_columns(weight_ih, weight_hh, bias_ih, bias_hh):
    def turn(a):
        r, z, n = np.split(a, 3)
        return np.concatenate([z, r, n]).T
    return turn(weight_ih), turn(weight_hh), np.stack([bias_ih, bias_hh], axis=1)


ANSWERS = {
    exercises.check_jordan: [
        (W, "and there o is the output before it, not zeros", jordan_from_zeros),
        (W, "one change mends it: leave out line 7", jordan_of_softmax),
        (W, "two changes together give your numbers: 1. it has one row too many at the start. 2. every step hears o_0", jordan_row_too_many),
        (W, "What is wrong there: the tanh is missing", jordan_linear_softmax),
        (W, "With one sequence alone it is right: look at where sequences meet.", jordan_run_on),
        (R, "", jordan_again),
    ],
    exercises.check_three_deltas: [
        (W, "one change mends it, in line 5: write `s[0] * w_h * s[1] * s[2] * e[2] * w_h`", deltas_without_w_h),
        (R, "", deltas_listed),
    ],
    exercises.check_deltas: [
        (W, "look at which way the loop runs", deltas_forward),
        (W, "write `1 - hs[t + 1] ** 2` in place of `1 - hs[t + 1]`", slope_without_square),
    ],
    exercises.check_sent_back: [
        (W, "np.cumprod(f[::-1])[::-1], 1.0)` in place of", sent_in_a_sum),
        (W, "two changes together give your numbers: 1. its last row is missing. 2. the slope is 1 - h^2", sent_short_slope),
        (W, "two changes together give your numbers: 1. its last row is missing. 2. w_h is missing", sent_short_w_h),
    ],
    exercises.check_kept_pairs: [
        (W, "a loss reaches no later step: t <= s.", kept_of_the_future),
        (R, "", kept_by_grid),
    ],
    exercises.check_random_deltas: [
        (W, "With dhs at one step alone that step is wrong, too: look at the step itself.", random_own_loss),
        (W, "With dhs at one step alone that step is wrong, too", random_divided_by_c),
    ],
    exercises.check_from_concatenated: [
        (W, "the order: return W_x, W_h, b. 2. W_x is stored (in, out)", concatenated_untransposed),
        (W, "is reshaped where it should be transposed", concatenated_reshaped),
        (W, "the last two blocks of b are exchanged", concatenated_swapped),
    ],
    exercises.check_split_dX: [
        (W, "dh_before is right, but the last unit is missing.", split_from_the_end),
        (W, "1. the order: return dh_before, dx. 2. the deltas are added first", split_swapped_sum),
    ],
    exercises.check_where: [
        (W, "those are the gates that are right", where_it_is_right),
    ],
    exercises.check_keras_gru: [
        (W, "1. bias: it is transposed. 2. bias: the gates are still in PyTorch's order", keras_gru_in_columns),
    ],
    exercises.check_last_of_both: [
        (W, "is stacked: its 2 parts are right", last_stacked),
        (W, "1. its parts are stacked: set them side by side along axis 1. 2. the forward direction", last_stacked_late),
    ],
    exercises.check_masked_deltas: [
        ("open", "as it was found, in every number", masked_as_found),
        (R, "", masked_by_index),
    ],
    exercises.check_from_checkpoints: [
        (W, "is wrong already with one step. What is wrong there: dW is transposed", checkpoints_twice),
        (R, "", checkpoints_popped),
    ],
    exercises.check_step: [
        (W, "look first at what is done with W_h and h.", step_glued_twice),
        (W, "write `return np.tanh(x @ W_x.T + h @ W_h.T + b)` in place of", step_halved),
        (R, "", step_of_exp),
    ],
    exercises.check_total_loss: [
        (W, "it is not yet summed over axis 0. 2. a mean over the batch", losses_in_a_mean),
        (W, "it is not yet summed over axis 0. 2. the sign", losses_minus),
        (W, "the softmax runs over all axes at once", loss_of_all),
        (R, "", loss_flat),
    ],
    exercises.check_two_derivatives: [
        (W, "1. the order: return immediate, total. 2. total: w_h is missing", derivatives_swapped_once),
        (W, "1. the order: return immediate, total. 2. total stops at step 2", derivatives_swapped_short),
        (W, "write `reach = np.array([w_h ** 2 * s[2] * s[3], w_h * s[3], 1.0])`", reach_added),
    ],
    exercises.check_leaky_deltas: [
        (W, "What is wrong there: this is the total dL/dh_t", leaky_total),
        (W, "With one sequence alone it is right: look at where sequences meet.", leaky_run_on),
        (R, "", leaky_by_cosh),
    ],
    exercises.check_central_difference: [
        (W, "1. it is flat: give it the shape that is asked for. 2. the sign", flat_and_minus),
        (W, "2. / 2 * eps multiplies by eps", flat_times_eps),
    ],
    exercises.check_one_product: [
        (W, "1. the order: return dW_1, dW_2, dx, dh. 2. dW_1 belongs to x @ W_1.T", product_swapped),
    ],
    exercises.check_chunk_deltas: [
        (W, "What is wrong there: the slope uses h_(t-1)", chunks_early_slope),
    ],
    exercises.check_minimal_step: [
        (W, "1 - f stands for f at every place: are the two exchanged", minimal_turned),
    ],
    exercises.check_through_c: [
        (W, "What is wrong there: this is the block of h by h", through_c_of_whole),
        (W, "What is wrong there: this is the block of c_T by h_0", through_c_of_h),
        (W, "1. the order: return through c alone, the whole. 2. the whole: the order", through_c_swapped),
    ],
    exercises.check_one_gate: [
        (W, "1. the order: return delta^z, delta^n. 2. delta^z: the second road lacks m", one_gate_swapped),
    ],
    exercises.check_keras_from_pytorch: [
        (W, "1. the order: return kernel, recurrent_kernel, bias. 2. bias: both biases act in full", keras_swapped_mean),
        (W, "2. bias: an LSTM of Keras has one bias", keras_swapped_rows),
    ],
    exercises.check_best_every: [
        (W, "1. the weights are exchanged: there are T/k states and k steps. 2. k counts from 1", every_exchanged),
        (W, "round up. 2. k counts from 1", every_near),
        (W, "+ k * step)])` in place of", every_added),
    ],
    exercises.check_scan_deltas: [
        (W, "What is wrong there: the units are reversed as well", scan_turned_all),
    ],
    exercises.check_eigenvalue: [
        (W, "1. the order: return real part, imaginary part. 2. e^(-1/half)", eigenvalue_swapped),
        (W, "real part is what it should be if period were one.", eigenvalue_polar),
    ],
    exercises.check_min_gate: [
        (W, "two changes together give your numbers: 1. delta^z: z mixes n with h_(t-1)", gate_new_minus),
    ],
    exercises.check_forward: [
        (W, "and there h is h_(t-1), not zeros", forward_of_zeros),
        (W, "With one sequence alone it is right: look at where sequences meet.", forward_run_on),
        (W, "these are probabilities", forward_shares_of_all),
    ],
    exercises.check_frozen_loss: [
        (W, "write `return loss` in place of `return j`", frozen_steps),
        (W, "write `t % K == 0` in place of `t and t % K == 0`", frozen_but_first),
        (R, "", frozen_side_by_side),
    ],
    exercises.check_recurrent_gradient: [
        (W, "hs[:-1]).sum(axis=0)` in place of", recurrent_axis),
    ],
    exercises.check_filter_back: [
        (W, "w[k] * np.eye(T, k=-k)", filter_added),
        (R, "", filter_matrix),
        (R, "", filter_convolved),
    ],
    exercises.check_shares: [
        (W, "write `return kept * i` in place of `return kept + i`", shares_added),
    ],
    exercises.check_forget_bias: [
        (W, "write `return -np.log(2 ** (1 / half_life) - 1)`", bias_without_log),
    ],
    exercises.check_sum_baseline: [
        (W, "((low + high) / 2) ** 2)` in place of", baseline_without_square),
    ],
    exercises.check_gru_step: [
        (W, "write `z_n = u[..., 2 * H:] + rz[..., :H] * m`", gru_minus),
    ],
    exercises.check_like_two: [
        (W, "write `return (rate + rate, 0.5 * decay)`", decay_added),
    ],
    exercises.check_complex_step: [
        (W, "your function stops in line 2", complex_of_nothing),
        (W, "write `z = x.reshape(-1) + 1j * h * np.eye(n)`", complex_added),
    ],
    exercises.check_copy_baseline: [
        (W, "write `return np.log(symbols ** length) / (length + T + length)`", copy_without_log),
    ],
    exercises.check_readout_gradient: [
        (W, "einsum takes the letters first", readout_letters_last),
    ],
    exercises.check_spoil: [
        (R, "", spoil_by_sign),
    ],
    exercises.check_tempered_gradient: [
        (R, "", tempered_by_jacobian),
    ],
    exercises.check_part_of_loss: [
        (R, "", part_again),
    ],
    exercises.check_two_roads: [
        (R, "", roads_of_views),
    ],
    exercises.check_window: [
        (R, "", window_by_numbers),
    ],
    exercises.check_nucleus: [
        (R, "", nucleus_one_by_one),
    ],
    exercises.check_embedding_gradient: [
        (R, "", embedding_counted),
    ],
    exercises.check_look_back: [
        (R, "", look_back_by_lag),
    ],
    exercises.check_onnx_from_keras: [
        (R, "", onnx_by_order),
    ],
    exercises.check_end_to_end: [
        (R, "", ends_by_choice),
    ],
    exercises.check_leak: [
        (R, "", leak_by_complex_step),
    ],
    exercises.check_joined: [
        (W, "three changes together give your numbers: 1. the order: return a, b. 2. a: factors", joined_three),
        (R, "", joined_by_trying),
    ],
    exercises.check_gate_deltas: [
        (W, "1. i itself stands beside dc: the partner of i in c_t is g. 2. what goes back", gates_i_by_itself),
        (W, "beside f stands c_before in c_t; yours has g", gates_f_by_g),
        (W, "beside i stands g in c_t; yours has c_before", gates_i_by_c),
    ],
    exercises.check_safe_steps: [
        (W, "Besides, where slope * norm is exactly 1 it is wrong, too", safe_without_slope),
    ],
}

NOT_SAID = [
    (exercises.check_through_c, "the order", through_c_of_whole),
    (exercises.check_gate_deltas, "exchanged", gates_f_by_g),
    (exercises.check_gate_deltas, "exchanged", gates_i_by_itself),
    (exercises.check_deltas, "look at the step itself", deltas_forward),
    (exercises.check_safe_steps, "nan or inf comes out", safe_without_slope),
    (exercises.check_complex_step, "f never sees", complex_of_nothing),
    (exercises.check_frozen_loss, "dtype", frozen_steps),
    (exercises.check_split_dX, "the order", split_from_the_end),
    (exercises.check_through_c, "you cut before you multiply", through_c_swapped),
    (exercises.check_eigenvalue, "2π times the period", eigenvalue_polar),
    (exercises.check_min_gate, "one change", gate_new_minus),
    (exercises.check_step, "b is added twice", step_halved),
    (exercises.check_forward, "the first step is wrong already", forward_run_on),
]
