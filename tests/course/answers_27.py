"""Answers of the odder kinds: one slip at two places, zeros, whole numbers, another function at the end,
a right idea in other words: (verdict, words of the message, answer), and (check, words that must not be
said, answer)."""

from functools import reduce
from itertools import accumulate

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


def step_of_sigma(W_x, W_h, b, x, h):
    return 1 / (1 + np.exp(-2 * (x @ W_x.T + h @ W_h.T + b)))


def step_of_sinh(W_x, W_h, b, x, h):
    z = x @ W_x.T + h @ W_h.T + b
    return (np.exp(z) - np.exp(-z)) / 2


def step_nearly(W_x, W_h, b, x, h):
    return np.tanh(x @ W_x.T + 1.05 * (h @ W_h.T) + b)


def step_glued_otherwise(W_x, W_h, b, x, h):
    return np.tanh(np.concatenate((x, h), axis=-1) @ np.concatenate((W_h, W_x), axis=1).T + b)


def step_by_einsum(W_x, W_h, b, x, h):
    z = np.einsum("hd,...d->...h", W_x, x) + np.einsum("ij,...j->...i", W_h, h) + b
    return np.sinh(z) / np.cosh(z)


def deltas_in_a_row(h, e, w_h):
    d3 = (1 - h[2] ** 2) * e[2]
    d2 = 1 - h[1] ** 2 * (e[1] + w_h * d3)
    d1 = 1 - h[0] ** 2 * (e[0] + w_h * d2)
    return d1, d2, d3


def deltas_divided(h, e, w_h):
    d3 = (1 - h[2] ** 2) * e[2]
    d2 = (e[1] + w_h * d3) / (1 - h[1] ** 2)
    d1 = (e[0] + w_h * d2) / (1 - h[0] ** 2)
    return d1, d2, d3


def deltas_one_of_two(h, e, w_h):
    d3 = (1 - h[2] ** 2) * e[2]
    d2 = (1 - h[1] ** 2) * (e[1] + w_h * d3)
    d1 = 1 - h[0] ** 2 * (e[0] + w_h * d2)
    return d1, d2, d3


def deltas_by_the_next_slope(h, e, w_h):
    s = 1 - h**2
    d3 = s[2] * e[2]
    d2 = s[1] * e[1] + w_h * s[2] * d3
    return s[0] * e[0] + w_h * s[1] * d2, d2, d3


def deltas_multiplied(h, e, w_h):
    d3 = (1 - h[2] ** 2) * e[2]
    d2 = (1 - h[1] ** 2) * (e[1] * w_h * d3)
    d1 = (1 - h[0] ** 2) * (e[0] * w_h * d2)
    return d1, d2, d3


def loss_sent_on(W_h, hs, dhs, s):
    total, dh = np.zeros_like(W_h), dhs[s - 1]
    for t in range(s, len(dhs) + 1):
        delta = (1 - hs[t] ** 2) * dh
        total += delta.T @ hs[t - 1]
        dh = delta @ W_h
    return total


def loss_in_a_window(W_h, hs, dhs, s):
    total, dh = np.zeros_like(W_h), dhs[s - 1]
    for t in (s, s - 1):
        delta = (1 - hs[t] ** 2) * dh
        total += delta.T @ hs[t - 1]
        dh = delta @ W_h
    return total


def tempered_loss(o, y, tau):
    log_p = o / tau - np.logaddexp.reduce(o / tau)
    return (np.exp(log_p) - y) / tau, -(y * log_p).sum()


def central_in_whole_numbers(f, x, eps):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape, int)
        e[i] = eps
        g[i] = (f(x + e) - f(x - e)) / (2 * eps)
    return g


def central_into_a_copy(f, x, eps):
    g = np.zeros(x.shape)
    for k, i in enumerate(np.ndindex(x.shape)):
        e = np.zeros(x.shape)
        e[i] = eps
        g.ravel(order="F")[k] = (f(x + e) - f(x - e)) / (2 * eps)
    return g


def error_of_squares(a, n):
    top = max(np.abs(a).max(), np.abs(n).max())
    return np.sqrt(((a - n) ** 2).mean()) / top if top > 0 else 0.0


def complex_in_real_parts(f, x):
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        m = x.astype(complex)
        m[i] += 1e-3j
        g[i] = (f(m) - f(x)).real / 1e-3
    return g


def safe_by_one_triangle(W_h, slope, limit):
    rate = slope * np.abs(np.linalg.eigvalsh(W_h)).max()
    return np.inf if rate >= 1 else np.ceil(np.log(limit) / np.log(rate))


def chunks_with_gaps(W_h, hs, dhs, K):
    d, g = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        d[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + g)
        if t % K == 0:
            d[t] = 0
        g = d[t] @ W_h
    return d


def chunks_in_shares(W_h, hs, dhs, K):
    d, g = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        g = 0 if (t + 1) % K == 0 else g
        d[t] = (1 - hs[t + 1] ** 2) * (dhs[t] / K + g)
        g = d[t] @ W_h
    return d


def chunks_side_by_side(W_h, hs, dhs, K):
    T, B, H = dhs.shape
    e = dhs.reshape(T // K, K, B, H)
    s = (1 - hs[1:] ** 2).reshape(T // K, K, B, H)
    d, g = np.zeros_like(e), 0
    for k in range(K)[::-1]:
        d[:, k] = s[:, k] * (e[:, k] + g)
        g = d[:, k] @ W_h
    return d.reshape(T, B, H)


def roads_without_h(W_h, gates, cs, dhs):
    d, later = np.zeros_like(gates), 0
    for t in range(len(dhs) - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, -1)
        th, dh = np.tanh(cs[t + 1]), dhs[t]
        dc = (dh * o + later) * (1 - th * th)
        d[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g * g),
                               dh * th * o * (1 - o)], -1)
        later = dc * f
    return d


def roads_piled(W_h, gates, cs, dhs):
    T, B, H = dhs.shape
    d, back, later = np.zeros_like(gates), 0, 0
    for t in range(T - 1, -1, -1):
        i, f, g, o = np.split(gates[t], 4, -1)
        th, dh = np.tanh(cs[t + 1]), dhs[t] + back
        dc = dh * o * (1 - th * th) + later
        d[t] = np.stack([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g * g),
                         dh * th * o * (1 - o)]).reshape(B, 4 * H)
        back, later = d[t] @ W_h, dc * f
    return d


def mean_over_rows(nats_1, mask_1, nats_2, mask_2):
    n = mask_1.any(axis=1).sum() + mask_2.any(axis=1).sum()
    return ((nats_1 * mask_1).sum() + (nats_2 * mask_2).sum()) / n, mask_1 / n, mask_2 / n


def masked_in_rows(W_h, gates, cs, dhs, mask):
    d, back, later = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        if not mask[t].all():
            continue
        i, f, g, o = np.split(gates[t], 4, -1)
        th, dh = np.tanh(cs[t + 1]), dhs[t] + back
        dc = dh * o * (1 - th * th) + later
        d[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g * g),
                               dh * th * o * (1 - o)], -1)
        back, later = d[t] @ W_h, dc * f
    return d


def peephole_blind(z, u, w, c_0):
    c, back = c_0, 1.0
    for a, b in zip(z, u, strict=True):
        f, s = 1 / (1 + np.exp(-a - w * c)), 1 / (1 + np.exp(-a))
        back, c = back * (f + w * s * (1 - s) * c), f * c + b
    return c, back


def where_from_the_end(errors):
    for t in range(len(errors), 0, -1):
        names = "".join(n for n, e in zip("ifgo", errors[t - 1], strict=True) if e > 1e-10)
        if names:
            return len(errors) - t, names
    return 0, ""


def temperature_in_whole_numbers(logits, temperature):
    u = (logits - logits.max()) // temperature
    return np.exp(u) / np.exp(u).sum()


def adam_in_one_line(p, g, m, v, n, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    mh, vh = m / 1 - beta1 ** n, v / 1 - beta2 ** n
    return p - rate * mh / (np.sqrt(np.abs(vh)) + eps), m, v


def embedding_not_kept(ids, dxs, V):
    dE = np.zeros((V, dxs.shape[1]))
    for t, k in enumerate(ids):
        dE[k] + dxs[t]
    return dE


def two_in_whole_numbers(rate, decay):
    return 2 * rate, decay // 2


def nucleus_by_a_limit(p, mass):
    q = np.where(p >= 1 - mass, p, 0)
    return q / q.sum() if q.sum() else q


def nucleus_of_the_tail(p, mass):
    order = np.argsort(p)
    kept = np.zeros_like(p)
    first = order[np.cumsum(p[order]) - p[order] < mass]
    kept[first] = p[first]
    return kept


def levels_of_the_mean(p, words):
    cost = -np.log((p * p).sum())
    return cost / words, 2 * cost / words


def gradient_sloped_again(trace, delta):
    r, z, n = np.split(trace.kept.gates, 3, axis=-1)
    delta = delta * np.concatenate([r * (1 - r), z * (1 - z), 1 - n**2], axis=-1)
    d_r, d_z, d_n = np.split(delta, 3, axis=-1)
    past = np.concatenate([d_r, d_z, r * d_n], axis=-1)
    add = lambda a, b: np.einsum("tbi,tbj->ij", a, b)
    return add(delta, trace.xs), add(past, trace.hs[:-1]), delta.sum((0, 1)), (r * d_n).sum((0, 1))


def influence_of_rows(W_h, M, x, h):
    own = np.eye(len(h))[:, :, None] * x
    return (1 - h**2)[:, None, None] * (np.einsum("ik,jkd->ijd", W_h, M) + own)


def jordan_accumulated(W_x, W_o, b, W_y, b_y, xs, o_0):
    go = lambda o, x: np.tanh(x @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y
    return np.array(list(accumulate(xs, go, initial=o_0))[1:])


def through_c_reduced(J):
    H = J.shape[1] // 2
    after = lambda product, A: A @ product
    return reduce(after, J[:, H:, H:]), reduce(after, J)[H:, H:]


def masked_by_products(W_h, gates, cs, dhs, mask):
    d, back, later = np.zeros_like(gates), np.zeros(dhs.shape[1:]), np.zeros(dhs.shape[1:])
    for t in reversed(range(len(dhs))):
        m = mask[t].astype(float)[:, None]
        i, f, g, o = np.split(gates[t], 4, axis=-1)
        dh, th = dhs[t] + back, np.tanh(cs[t + 1])
        dc = later + m * dh * o * (1 - th**2)
        d[t] = m * np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * th * o * (1 - o)], -1)
        back, later = d[t] @ W_h + (1 - m) * dh, dc * (m * f + 1 - m)
    return d


def window_by_streams(ids, B, T, k):
    N = len(ids) // B
    streams = [ids[b * N:(b + 1) * N] for b in range(B)]
    return tuple(np.stack([s[k * T + at:k * T + at + T] for s in streams], axis=1) for at in (0, 1))


ANSWERS = {
    exercises.check_step: [
        (W, "h_t is one function of what it should be, number by number", step_of_sigma),
        (W, "belongs. So what goes in is right: look at what is done with it last.", step_of_sinh),
        (W, "[x, h] meets [W_h, W_x]: set x beside W_x", step_glued_otherwise),
        (R, "", step_by_einsum),
    ],
    exercises.check_jordan: [(R, "", jordan_accumulated)],
    exercises.check_tempered_gradient: [(W, "dtau: this is L itself", tempered_loss)],
    exercises.check_three_deltas: [
        (W, "in place of `d2 = 1 - h[1] ** 2 * (e[1] + w_h * d3)`, and do the same in line 4.", deltas_in_a_row),
        (W, "`d2 = (e[1] + w_h * d3) / (1 - h[1] ** 2)`, and do the same in line 4.", deltas_divided),
        (W, "one change mends it, in line 4: write `d1 = (1 - h[0] ** 2) * (e[0]", deltas_one_of_two),
        (W, "the slope covers the own loss only", deltas_by_the_next_slope),
        (W, "delta_2 is not right yet", deltas_multiplied),
    ],
    exercises.check_part_of_loss: [
        (W, "the loss is sent to the steps after s", loss_sent_on),
        (W, "only 2 steps are there", loss_in_a_window),
    ],
    exercises.check_central_difference: [
        (W, "is all zero. An array of int holds whole numbers only", central_in_whole_numbers),
        (W, "is all zero. .ravel() may be a copy", central_into_a_copy),
    ],
    exercises.check_relative_error: [
        (W, "a root of a mean of squares", error_of_squares),
        (W, "divided by the largest of all |a| + |n|", lambda a, n: np.abs(a - n).max() / max(
            1e-8, (np.abs(a) + np.abs(n)).max())),
    ],
    exercises.check_complex_step: [(W, "take .imag.", complex_in_real_parts)],
    exercises.check_safe_steps: [(W, "eigenvalues promise nothing", safe_by_one_triangle)],
    exercises.check_chunk_deltas: [
        (W, "delta is zero at step 1 and step 4: what is stored there", chunks_with_gaps),
        (W, "delta is divided by K, and should not be.", chunks_in_shares),
        (R, "", chunks_side_by_side),
    ],
    exercises.check_two_roads: [
        (W, "delta does not depend on W_h.", roads_without_h),
        (W, "With one sequence alone it is right: look at where sequences meet.", roads_piled),
    ],
    exercises.check_through_c: [(R, "", through_c_reduced)],
    exercises.check_peephole: [(W, "yours is that of σ(z_t).", peephole_blind)],
    exercises.check_where: [(W, "the step is counted from the last one", where_from_the_end)],
    exercises.check_window: [(R, "", window_by_streams)],
    exercises.check_temperature: [
        (W, "write `u = (logits - logits.max()) / temperature` in place", temperature_in_whole_numbers),
    ],
    exercises.check_nucleus: [
        (W, "symbol 4 is dropped, and only 0.69 is what the likelier ones reach.", nucleus_by_a_limit),
        (W, "symbol 0 is kept, and 0.81 is what the likelier ones reach.", nucleus_of_the_tail),
    ],
    exercises.check_levels: [(W, "this is -ln of the mean p", levels_of_the_mean)],
    exercises.check_gru_gradient: [(W, "Delta_t has passed the slopes already", gradient_sloped_again)],
    exercises.check_adam_step: [
        (W, "`mh, vh = (m / 1 - beta1 ** n, v / 1 - beta2 ** n)`, and do the same once more", adam_in_one_line),
    ],
    exercises.check_embedding_gradient: [
        (W, "dE is all zero. In line 4 something is computed and not kept", embedding_not_kept),
    ],
    exercises.check_like_two: [
        (W, "write `return (2 * rate, decay / 2)` in place", two_in_whole_numbers),
    ],
    exercises.check_last_of_both: [
        (W, "this is a mean over the steps", lambda output, lengths: np.stack(
            [output[:n, b].mean(0) for b, n in enumerate(lengths)])),
    ],
    exercises.check_masked_deltas: [
        (W, "delta is zero at row 0 and row 1 and row 3 and more", masked_in_rows),
        (R, "", masked_by_products),
    ],
    exercises.check_one_mean: [
        (W, "in place of `n = mask_1.any(axis=1).sum() + mask_2.any(axis=1).sum()`, and do the same once more",
         mean_over_rows),
    ],
    exercises.check_carry_W_x: [(W, "its second axis before its first.", influence_of_rows)],
}

NOT_SAID = [
    (exercises.check_step, "one function of what it should be", step_nearly),
    (exercises.check_step, "look first at b", step_of_sigma),
    (exercises.check_three_deltas, "do the same", deltas_one_of_two),
    (exercises.check_central_difference, "two changes", central_in_whole_numbers),
    (exercises.check_central_difference, "An array of int", central_into_a_copy),
    (exercises.check_chunk_deltas, "the last row of each chunk is zero", chunks_with_gaps),
    (exercises.check_chunk_deltas, "classes", chunks_in_shares),
    (exercises.check_two_roads, "Your code holds the number 4", roads_without_h),
    (exercises.check_masked_deltas, "does not depend on W_h", masked_in_rows),
    (exercises.check_where, "not kept", where_from_the_end),
    (exercises.check_carry_W_x, "flatten all arrays alike", influence_of_rows),
]
