"""Answers with two mistakes at once, or a plausible one that no list held yet, as a student writes them:
(verdict, words of the message, answer), and (check, words that must not be said, answer)."""

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


def vanilla(sent=lambda delta, dh, W_h: delta @ W_h, at=1, last_only=False):
    def deltas(W_h, hs, dhs):
        delta, back = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            own = dhs[t] * (t == len(dhs) - 1) if last_only else dhs[t]
            dh = own + back
            delta[t] = (1 - hs[min(t + at, len(dhs))] ** 2) * dh
            back = sent(delta[t], dh, W_h)
        return delta

    return deltas


def lstm(c_row=0, swapped=False, cell=lambda f, dc, dh: f * dc, as_found=False):
    def deltas(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            i, f, g, o = np.split(gates[t], 4, axis=-1)
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * o * (1 - tanh_c**2)
            by_i, by_g = (i, g) if swapped else (g, i)
            delta[t] = np.concatenate([
                dc * by_i * i * (1 - i), dc * cs[t + c_row] * f * (1 - f),
                dc * by_g * (1 - g**2), dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next = delta[t] @ W_h
            dc_next = (dc_next + dh_next * o * (1 - tanh_c**2)) * f if as_found else cell(f, dc, dh)
        return delta

    return deltas


def part_of_loss(W_h, hs, dhs, s):
    total, dh = np.zeros_like(W_h), dhs[s - 1]
    for t in range(s, 0, -1):
        total += ((1 - hs[t] ** 2) * dh).T @ hs[t - 1]
        dh = dh @ W_h.T
    return total


def leaky_in_two_places(W_h, zs, dhs, a):
    delta, back = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = a * (1 - np.tanh(zs[t]) ** 2) * (dhs[t] + back)
        back = a * delta[t] @ W_h + (1 - a) * dhs[t]
    return delta


def deltas_weighed(h, e, w_h):
    d_3 = (1 - h[2] ** 2) * e[2]
    d_2 = (1 - h[1] ** 2) * w_h * (e[1] + d_3)
    return (1 - h[0] ** 2) * w_h * (e[0] + d_2), d_2, d_3


def gru_out_of_order(dh, h, r, z, n, m):
    d_n = dh * (1 - z) * n * (1 - n)
    return d_n, dh * (h - n) * z * (1 - z), d_n * m * r * (1 - r)


def past_without_leak(W_h, dh, d_r, d_z, d_n, r, z):
    H = dh.shape[-1]
    return d_r @ W_h[:H] + d_z @ W_h[H:2 * H] + r * (d_n @ W_h[2 * H:])


def forward_shares(W_x, W_h, b, W_y, b_y, xs, h_0):
    hs = [h_0]
    for x in xs:
        hs.append(np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
    hs = np.array(hs)
    e = np.exp(hs[1:] @ W_y.T + b_y)
    return hs, e / e.sum(axis=0)


def jordan_unbiased(W_x, W_o, b, W_y, b_y, xs, o_0):
    hs, o = [], o_0
    for x in xs:
        hs.append(np.tanh(x @ W_x.T + o @ W_o.T + b))
        o = hs[-1] @ W_y.T
    return np.array(hs) @ W_y.T + b_y


def binary_loss(logits, ids):
    p, y = 1 / (1 + np.exp(-logits)), np.eye(logits.shape[-1])[ids]
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum()


def filter_same(w, u):
    return np.correlate(u, w, "same")[:len(u)]


def frozen_late(W_h, hs, drive, dhs, K):
    loss, h = 0, hs[0]
    for t in range(len(dhs)):
        h = np.tanh(drive[t] + h @ W_h.T)
        loss += (dhs[t] * h).sum()
        h = hs[t] if (t + 1) % K == 0 else h
    return loss


def where_from_zero(errors):
    bad = errors > 1e-10
    steps = np.flatnonzero(bad.any(axis=1))
    return (steps[-1], "".join(g for g, b in zip("ifgo", bad.any(axis=0)) if b)) if len(steps) else (0, "")


def look_back_half_mended(W_h, xs, hs, dhs, K):
    dW_x, dW_h = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h)
    for t in range(len(xs)):
        carry = dhs[t]
        for i in range(t, max(-1, t - K), -1):
            delta = (1 - hs[i + 1] ** 2) * carry
            dW_x += np.outer(delta, xs[t])
            dW_h += np.outer(delta, hs[i] * (i > 1))
            carry = delta @ W_h
    return dW_x, dW_h


def tied_before(ids, hs, dxs, dos):
    dE = dos[1:].T @ hs[:-1]
    dE[ids] += dxs
    return dE


def whole_floats():
    return dict(T=np.array(4), B=2.0, H=2, h0="random", W_h="random", losses="every step")


def embedded_once(ids, dxs, V):
    dE = np.zeros((V, dxs.shape[1]))
    dE[ids[1:]] += dxs[:-1]
    return dE


def probabilities_multiplied(logits, temperature):
    return np.exp((logits - logits.max()) * temperature)


def tempered(o, y, tau):
    p = np.exp((o - o.max()) / tau) / np.exp((o - o.max()) / tau).sum()
    return y - p, -((p - y) * o).sum() / tau**2


def stacked_as_given(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    H, Ws = len(bf), (Wf, Wi, Wc, Wo)
    return np.vstack([W[H:] for W in Ws]), np.vstack([W[:H] for W in Ws]), np.concatenate([bf, bi, bc, bo])


def step_of_columns(W_x, W_h, b, x, h):
    return np.tanh((W_x @ x.T + W_h @ h.T + b[:, None]).T)


def adam_unbracketed(p, g, m, v, n, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ** 2
    return p - rate * m / 1 - beta1**n / (np.sqrt(v / (1 - beta2**n)) + eps), m, v


def gru_sums(trace, delta, by_r=lambda r: r, own=False):
    rows = lambda a: a.reshape(-1, a.shape[-1])
    d_r, d_z, d_n = np.split(delta, 3, axis=-1)
    past = np.concatenate([d_r, d_z, by_r(np.split(trace.kept.gates, 3, axis=-1)[0]) * d_n], axis=-1)
    hs = trace.hs[1:] if own else trace.hs[:-1]
    return (rows(delta).T @ rows(trace.xs), rows(past).T @ rows(hs), rows(delta).sum(axis=0),
            np.split(rows(past), 3, axis=-1)[2].sum(axis=0))


def end_to_end(sent=lambda delta, dh, W_h: delta @ W_h, turn=lambda dW, T: dW):
    def passed(W_h, hs, dhs, starts):
        delta, back, go_on = np.zeros_like(dhs), 0, 1.0 - starts[..., None]
        for t in reversed(range(len(dhs))):
            dh = dhs[t] + back
            delta[t] = (1 - hs[t + 1] ** 2) * dh
            back = go_on[t] * sent(delta[t], dh, W_h)
        return delta, turn(np.einsum("tbi,tbj->ij", delta, go_on * hs[:-1]), len(dhs))

    return passed


def masked(W_h, gates, cs, dhs, mask):
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        m, (i, f, g, o) = mask[t][:, None], np.split(gates[t], 4, axis=-1)
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        dc = dc_next + dh * o * (1 - tanh_c**2)
        delta[t] = m * np.concatenate([
            dc * g * i * (1 - i), dc * cs[t + 1] * f * (1 - f), dc * i * (1 - g**2),
            dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next, dc_next = np.where(m, delta[t] @ W_h, dh), np.where(m, dc, dc_next)
    return delta


def look_back_of_dh(W_h, xs, hs, dhs, K):
    dW_x, dW_h = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h)
    for t in range(len(xs)):
        dh = dhs[t]
        for i in range(t, max(-1, t - K), -1):
            delta = (1 - hs[i + 1] ** 2) * dh
            dW_x += np.outer(delta, xs[t])
            dW_h += np.outer(delta, hs[i])
            dh = dh @ W_h
    return dW_x, dW_h


def sent_with_two_slips(w_h, hs):
    back = [1.0]
    for h in hs[:0:-1]:
        back.insert(0, back[0] * w_h**2 * (1 - h))
    return back


TWO = "Two changes together give your numbers: "
STILL = "there as you found it is there still"

ANSWERS = {
    exercises.check_deltas: [
        (W, TWO, vanilla(sent=lambda delta, dh, W_h: delta @ W_h.T, last_only=True)),
        (W, "yours takes row t + 2", vanilla(at=2)),
    ],
    exercises.check_right_at_last: [
        (W, f"2. the mistake that was {STILL}", vanilla(at=0, sent=lambda delta, dh, W_h: dh @ W_h)),
    ],
    exercises.check_two_roads: [
        (W, f"{TWO}1. dc_next forgets f", lstm(c_row=1, cell=lambda f, dc, dh: dc)),
        (W, "yours is f * dh", lstm(cell=lambda f, dc, dh: f * dh)),
        (W, "The partners of i and g are exchanged", lstm(swapped=True)),
    ],
    exercises.check_lstm_found: [
        (W, f"1. the mistake that was {STILL}. 2. beside f stands c_(t-1)", lstm(c_row=1, as_found=True)),
    ],
    exercises.check_part_of_loss: [
        (W, "2. W_h^T takes dL/dh_t back, not delta_t", part_of_loss),
    ],
    exercises.check_leaky_deltas: [(W, "2. only the own loss leaks", leaky_in_two_places)],
    exercises.check_recurrent_gradient: [
        (W, f"{TWO}1. beside delta_t stands h_(t-1)", lambda delta, hs: delta[-1].T @ hs[-1]),
    ],
    exercises.check_three_deltas: [(W, "w_h multiplies the own loss, too", deltas_weighed)],
    exercises.check_gru_deltas: [(W, f"{TWO.lower()}1. the order", gru_out_of_order)],
    exercises.check_gru_past: [(W, "2. r multiplies before the product", past_without_leak)],
    exercises.check_parameters: [
        (W, "all H * H numbers of W_h are learnt", lambda D, H, K: H * D + H * H // 2 + H + K * H + K),
    ],
    exercises.check_step: [
        (R, "", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T + b).astype(object)),
        (W, "right for a batch (B, D), but not for one vector: h_t has shape (3, 3)", step_of_columns),
    ],
    exercises.check_adam_step: [(W, "write `p - rate * m / (1 - beta1 ** n) / (", adam_unbracketed)],
    exercises.check_forward: [(W, "shares along another axis", forward_shares)],
    exercises.check_jordan: [(W, "a step hears o without its bias b_y", jordan_unbiased)],
    exercises.check_total_loss: [
        (W, "a σ at each class", binary_loss),
    ],
    exercises.check_output_error: [
        (W, "the labels of all sequences", lambda p, ids: p - np.eye(p.shape[1])[ids].sum(axis=0)),
    ],
    exercises.check_relative_error: [
        (W, "this compares sums, or means", lambda a, n: np.abs(a - n).sum() / max(
            np.abs(a).sum(), np.abs(n).sum(), 1e-300)),
    ],
    exercises.check_point: [(R, "", whole_floats)],
    exercises.check_filter_back: [
        (W, "mode='same' centres", filter_same),
        (W, f"{TWO.lower()}1. w is reversed", lambda w, u: np.convolve(w[::-1], u[::-1])[:len(u)]),
    ],
    exercises.check_shares: [
        (W, "2. the order is reversed", lambda i, f: (i * np.cumprod(f))[::-1]),
    ],
    exercises.check_embedding_gradient: [(W, "2. row ids[t] goes with dxs[t]", embedded_once)],
    exercises.check_temperature: [(W, "2. not normalised", probabilities_multiplied)],
    exercises.check_tempered_gradient: [
        (W, "do: two changes together", tempered),
    ],
    exercises.check_from_concatenated: [(W, "W_x: transpose each matrix, and stack them", stacked_as_given)],
    exercises.check_keras_gru: [
        (W, "bias: the rows are exchanged", lambda a, b, c, d: (
            *(np.concatenate([m[len(m) // 3:2 * len(m) // 3], m[:len(m) // 3], m[2 * len(m) // 3:]]).T
              for m in (a, b)), np.stack([d, c]))),
    ],
    exercises.check_frozen_loss: [(W, "begins from hs[n], not from hs[n - 1]", frozen_late)],
    exercises.check_where: [(W, f"{TWO.lower()}1. steps count from 1", where_from_zero)],
    exercises.check_look_back: [
        (W, "2. inside the look-back stands the input of step i", look_back_half_mended),
        (W, "1. W_h^T takes dL/dh_t back, not delta_t", look_back_of_dh),
    ],
    exercises.check_gru_gradient: [
        (W, f"{TWO}1. the factor of the n block is r, not 1 - r. 2. beside", lambda trace, delta: gru_sums(
            trace, delta, lambda r: 1 - r, own=True)),
    ],
    exercises.check_end_to_end: [
        (W, "W_h^T takes dL/dh_t back", end_to_end(lambda delta, dh, W_h: dh @ W_h)),
        (W, "2. it is transposed", end_to_end(turn=lambda dW, T: dW.T / T)),
    ],
    exercises.check_masked_deltas: [(W, f"{TWO}1. dc_next forgets f", masked)],
    exercises.check_tied: [(W, "2. the read-out sees h_t, row t of hs", tied_before)],
    exercises.check_copy_baseline: [
        (W, "the factor stands before the logarithm", lambda T, symbols, length: (
            np.log(symbols * length) / (T + 2 * length))),
    ],
    exercises.check_sent_back: [(W, "two changes together", sent_with_two_slips)],
    exercises.check_best_every: [
        (W, "2. k counts from 1", lambda T, state, step: int(np.argmin(
            [T // k * state + k * step for k in range(1, T + 1)]))),
    ],
}

NOT_SAID = [
    (exercises.check_forward, "does not depend on b_y", forward_shares),
    (exercises.check_look_back, "three slips of the page", look_back_half_mended),
    (exercises.check_right_at_last, "dL/dh_t back", vanilla(at=0, sent=lambda delta, dh, W_h: dh @ W_h)),
    (exercises.check_gru_deltas, "3. ", gru_out_of_order),
    (exercises.check_gru_past, "Or, in place of", past_without_leak),
]
