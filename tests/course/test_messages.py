"""Mistakes of a kind are named wherever they occur, and no sentence contradicts another."""

import numpy as np
import pytest
from answers_4 import central_for

from rnnlib import bptt, gru, gru_original, losses
from rnnlib.course import exercises
from rnnlib.course.exercises import differences, reasons
from rnnlib.course.exercises.gru import Kept
from rnnlib.course.exercises.trials import held, point


def three(slope):
    def deltas(h, e, w):
        d_3 = slope(h[2]) * e[2]
        d_2 = slope(h[1]) * (e[1] + w * d_3)
        return slope(h[0]) * (e[0] + w * d_2), d_2, d_3
    return deltas


def squashed(*groups):
    def step(W_x, W_h, b, x, h):
        terms = {"x": x @ W_x.T, "h": h @ W_h.T, "b": b + 0 * (x @ W_x.T)}
        return sum(np.tanh(sum(terms[t] for t in group)) for group in groups)
    return step


def table(rows, read):
    def gradient(ids, dxs, V):
        dE = np.zeros((V, dxs.shape[1]))
        for t in rows(len(ids)):
            dE[ids[t]] += dxs[read(ids, t, len(dxs))]
        return dE
    return gradient


def a_row_at_once(f, x):
    slopes = np.zeros(x.shape)
    for i in range(len(x)):
        z = x.astype(complex)
        z[i] += 1e-30j
        slopes[i] = f(z).imag / 1e-30
    return slopes


def later_rows(ids, dxs, V):
    dE = np.zeros((V, dxs.shape[1]))
    for i, d in zip(ids, dxs):
        dE[i:] += d
    return dE


def turned(period_share):
    def eigenvalue(half, period):
        size, angle = 0.5 ** (1 / half), period_share * np.pi / period
        return size * np.cos(angle), size * np.sin(angle)
    return eigenvalue


def clipped(gradients, limit):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * limit / (limit + norm) for g in gradients]


def leaky(slope):
    def deltas(W_h, zs, dhs, a):
        delta, arrives = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            dh = dhs[t] + arrives
            delta[t] = a * slope(zs[t]) * dh
            arrives = delta[t] @ W_h + (1 - a) * dh
        return delta
    return deltas


def logarithm(logits, ids):
    p = np.take_along_axis(losses.softmax(logits), ids[..., None], -1)
    return -np.log(1 - p).sum()


def safe(ends):
    def steps(W_h, slope, limit):
        rate = slope * np.linalg.norm(W_h, 2)
        return np.inf if rate >= 1 else ends(limit, rate)
    return steps


def best_below_T(T, state, step):
    return min(range(1, T), key=lambda k: -(-T // k) * state + k * step) if T > 1 else 1


def from_checkpoints(row=lambda j, i, k: j * k + i, own=lambda j, i, k: j * k + i, add=np.add, begin=0):
    def dW(W, u, e, kept, k):
        total, carry = np.zeros_like(W), np.zeros(len(W))
        for j in reversed(range(len(kept))):
            hs = [kept[j]]
            for i in range(len(u[j * k:(j + 1) * k])):
                hs.append(np.tanh(W @ hs[-1] + u[row(j, i, k)]))
            for i in reversed(range(begin, len(hs) - 1)):
                delta = (1 - hs[i + 1] ** 2) * (e[own(j, i, k)] + carry)
                total, carry = add(total, np.outer(delta, hs[i])), W.T @ delta
        return total
    return dW


def at_least(errors):
    bad = errors >= 1e-10
    steps = np.flatnonzero(bad.any(axis=1))
    return (int(steps[-1]) + 1, "".join(np.array(list("ifgo"))[bad[steps[-1]]])) if len(steps) else (0, "")


def carried(passed):
    """Return the deltas of a vanilla network in which passed(delta, slope) goes back through W_h."""
    def deltas(W_h, hs, dhs):
        delta, dh_next = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            slope = 1 - hs[t + 1] ** 2
            delta[t] = slope * (dhs[t] + dh_next)
            dh_next = passed(delta[t], slope) @ W_h
        return delta
    return deltas


def two_roads(dc_prev, hand=lambda m, new, old: new):
    """Return the deltas of an LSTM in which dc_prev(dc, dc_next, own, f) goes back; own: of dhs alone."""
    def deltas(W_h, gates, cs, dhs, mask=None):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            i, f, g, o = np.split(gates[t], 4, axis=-1)
            m = 1 if mask is None else mask[t][:, None]
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            own = dhs[t] * o * (1 - tanh_c**2)
            dc = dc_next + dh * o * (1 - tanh_c**2)
            delta[t] = m * np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f),
                                           dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next, dc_next = hand(m, delta[t] @ W_h, dh), hand(m, dc_prev(dc, dc_next, own, f), dc_next)
        return delta
    return deltas


def e_carried(h, e, w):
    s = [1 - x**2 for x in h]
    return s[0] * (e[0] + w * e[1]), s[1] * (e[1] + w * e[2]), s[2] * e[2]


def b_n_in_z_r(p, u, state):
    (h,), (u_r, u_z, u_n) = state, gru.split(u)
    a_r, a_z, a_n = gru.split(h @ p.W_h.T)
    z_r, z_z, m = u_r + a_r + p.b_n, u_z + a_z, a_n + p.b_n
    r, z = 1 / (1 + np.exp(-z_r)), 1 / (1 + np.exp(-z_z))
    z_n = u_n + r * m
    n, join = np.tanh(z_n), lambda *parts: np.concatenate(parts, axis=-1)
    return ((1 - z) * n + z * h,), Kept(join(z_r, z_z, z_n), join(r, z, n), m)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def squashed_gates(*twice):
    """Return the step of an LSTM in which these gates are squashed twice."""
    def step(W_x, W_h, b, x, h, c):
        z = dict(zip("ifgo", np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1)))
        bend = {k: np.tanh if k == "g" else sigma for k in "ifgo"}
        v = {k: bend[k](bend[k](z[k]) if k in twice else z[k]) for k in "ifgo"}
        c = v["f"] * c + v["i"] * v["g"]
        return v["o"] * np.tanh(c), c
    return step


def baseline_of_whole_numbers(n, low, high):
    return np.random.default_rng(0).integers(low, high, (5000, n)).sum(axis=1).var()


def baseline_drawn(n, low, high):
    return np.random.default_rng(0).uniform(low, high, (5000, n)).sum(axis=1).var()


def onnx(share):
    """Return an answer whose B is share(the bias, sorted)."""
    def sort(a):
        i, f, c, o = np.split(a, 4, axis=-1)
        return np.concatenate([i, o, f, c], axis=-1)
    return lambda kernel, recurrent, bias: (
        sort(kernel).T[None], sort(recurrent).T[None], share(sort(bias))[None])


def reset_from(begin):
    """Return a verdict on runs that begin at begin(h0)."""
    def reset_after(W_x, W_h, b, xs, h0, hs):
        p = gru_original.Params(W_x, W_h, b)
        before = bptt.forward(gru_original, p, xs, begin(h0)).hs[1:]
        after = bptt.forward(gru, gru.Params(*p, np.zeros(W_h.shape[1])), xs, begin(h0)).hs[1:]
        return bool(np.abs(after - hs).max() < np.abs(before - hs).max())
    return reset_after


def leak(moves=lambda a, h, n: (1 - a) * h + a * n, bent=lambda s, W, v: s * (W @ v),
         own=lambda s, n, h: n - h, speak=lambda e, v, h: e @ v):
    def swept(a, W, u, e):
        h, v, total = np.zeros(len(W)), np.zeros(len(W)), 0.0
        for u_t, e_t in zip(u, e):
            n = np.tanh(W @ h + u_t)
            v = (1 - a) * v + a * bent(1 - n**2, W, v) + own(1 - n**2, n, h)
            h = moves(a, h, n)
            total += speak(e_t, v, h)
        return total
    return swept


def inverse_slope(W_h, hs, dhs):
    delta, arrives = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (dhs[t] + arrives) / (1 - hs[t + 1] ** 2)
        arrives = delta[t] @ W_h
    return delta


def labelled(share):
    """Return p - y in which a share of y is subtracted."""
    return lambda p, ids: p - share * losses.one_hot(ids, p.shape[1])


def mean_over_rows(nats_1, mask_1, nats_2, mask_2):
    n = sum(any(row) for mask in (mask_1, mask_2) for row in mask)
    return ((nats_1 * mask_1).sum() + (nats_2 * mask_2).sum()) / n, mask_1 / n, mask_2 / n


def forward_with(new):
    def forward(W_x, W_h, b, W_y, b_y, xs, h_0):
        hs = [h_0]
        for x in xs:
            hs.append(new(np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b), hs[-1]))
        return np.array(hs), np.array(hs[1:]) @ W_y.T + b_y
    return forward


def three_from(carry):
    """Return three deltas, of which only what step 3 sends to step 2 is carry(h, e)."""
    def deltas(h, e, w):
        d_2 = (1 - h[1] ** 2) * (e[1] + w * carry(h, e))
        return (1 - h[0] ** 2) * (e[0] + w * d_2), d_2, (1 - h[2] ** 2) * e[2]
    return deltas


def differences_with(size):
    """Return slopes whose steps are eps times a size of the entry, and which are divided by 2 * eps."""
    return central_for(lambda f, x, e, eps: (f(x + e * size(x)) - f(x - e * size(x))) / (2 * eps))


def sizes_by_complex_step(f, x):
    found = np.zeros(x.shape)
    for k in np.ndindex(*x.shape):
        step = np.zeros(x.shape, complex)
        step[k] = 1e-6j
        found[k] = abs(f(x + step) - f(x)) / 1e-6
    return found


def one_chunk(first):
    """Return deltas of the first or of the last K rows alone."""
    def deltas(W_h, hs, dhs, K):
        delta, carry = np.zeros_like(dhs), 0
        for t in range(K if first else len(dhs))[::-1][:K]:
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
            carry = delta[t] @ W_h
        return delta
    return deltas


def frozen(begin=lambda h, t: h, late=True):
    """Return the loss of chunks that begin at begin(hs[t], t); late meets the state after the step."""
    def loss(W_h, hs, drive, dhs, K):
        total, h = 0.0, hs[0]
        for t in range(len(dhs)):
            h = begin(hs[t], t) if t % K == 0 else h
            new = np.tanh(drive[t] + h @ W_h.T)
            total, h = total + (dhs[t] * (new if late else h)).sum(), new
        return total
    return loss


def gates_in_another_order(p, u, state):
    (h,) = state
    (u_r, u_z, u_n), (a_r, a_z, a_n) = np.split(u, 3, axis=-1), np.split(h @ p.W_h.mT, 3, axis=-1)
    z, r, m = sigma(u_r + a_r), sigma(u_z + a_z), a_n + p.b_n
    n, join = np.tanh(u_n + r * m), lambda *parts: np.concatenate(parts, axis=-1)
    return ((1 - z) * n + z * h,), Kept(join(u_r + a_r, u_z + a_z, u_n + r * m), join(z, r, n), m)


def frobenius(W_h, slope, limit):
    rate = slope * np.linalg.norm(W_h)
    return np.inf if rate >= 1 else np.ceil(np.log(limit) / np.log(rate))


def f_of_the_receiver(W_h, gates, cs, dhs):
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = np.split(gates[t], 4, axis=-1)
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        dc = dh * o * (1 - tanh_c**2) + dc_next
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next, dc_next = delta[t] @ W_h, dc * np.split(gates[t - 1], 4, axis=-1)[1]
    return delta


def log_p(o, y, tau):
    return (losses.softmax(o / tau) - y) / tau, (y * losses.log_softmax(o / tau)).sum() / tau


def one_array(W_x, W_h, b, W_y, b_y, xs, h_0):
    h, hs, outputs = h_0.copy(), [], []
    hs.append(h)
    for x in xs:
        h[:] = np.tanh(x @ W_x.T + h @ W_h.T + b)
        hs.append(h)
        outputs.append(h @ W_y.T + b_y)
    return np.array(hs), np.array(outputs)


def unsloped_chunks(W_h, hs, dhs, K):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + (0 if (t + 1) % K == 0 else carry)
        delta[t], carry = (1 - hs[t + 1] ** 2) * dh, dh @ W_h
    return delta


def masked(hand):
    """Return deltas of an LSTM whose masked steps hand on hand(m, new, old), a pair."""
    def deltas(W_h, gates, cs, dhs, mask):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            m, (i, f, g, o) = mask[t][:, None], np.split(gates[t], 4, axis=-1)
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * o * (1 - tanh_c**2)
            delta[t] = m * np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f),
                                           dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next, dc_next = hand(m, (delta[t] @ W_h, dc * f), (dh, dc_next))
        return delta
    return deltas


NAMED = [
    (exercises.check_forward, "hs holds its last row everywhere: one array", one_array),
    (exercises.check_chunk_deltas, "yours, dL/dh_t @ W_h, has not passed the slope", unsloped_chunks),
    (exercises.check_masked_deltas, "hands on its dh as it came, and nothing of its dc", masked(
        lambda m, new, old: (np.where(m, new[0], old[0]), m * new[1]))),
    (exercises.check_masked_deltas, "a masked step hands on its dc_next, too", masked(
        lambda m, new, old: (np.where(m, new[0], old[0]), new[1]))),
    (exercises.check_masked_deltas, "hosen the wrong way round: where the mask is True", masked(
        lambda m, new, old: [np.where(m, b, a) for a, b in zip(new, old)])),
    (exercises.check_three_deltas, "delta_2: what step 3 sends back is w_h delta_3", three_from(
        lambda h, e: e[2])),
    (exercises.check_central_difference, "the step grows with the entry", differences_with(
        lambda x: np.maximum(1, abs(x)))),
    (exercises.check_central_difference, "the step grows with the entry, eps * x", differences_with(abs)),
    (exercises.check_complex_step, "take the imaginary part, .imag, without abs", sizes_by_complex_step),
    (exercises.check_chunk_deltas, "only the first chunk has its deltas", one_chunk(first=True)),
    (exercises.check_chunk_deltas, "only the last chunk has its deltas", one_chunk(first=False)),
    (exercises.check_frozen_loss, "not from zero", frozen(lambda h, t: h if t == 0 else 0 * h)),
    (exercises.check_frozen_loss, "stands beside the state before it", frozen(late=False)),
    (exercises.check_gru_step, "r and z are exchanged: the first block", gates_in_another_order),
    (exercises.check_two_roads, " c_(t+1) = f_(t+1) c_t + ...", f_of_the_receiver),
    (exercises.check_tempered_gradient, "and tau moves that sum", log_p),
    (exercises.check_total_loss, "the labels of the first step stand", lambda logits, ids: (
        losses.cross_entropy(logits, np.broadcast_to(ids[:1], ids.shape)).sum())),
    (exercises.check_spoil, "it points neither down nor up", lambda g: np.where(g > 0, 0, 2 * g)),
    (exercises.check_parameters, "has a term too many: H * K", lambda D, H, K: (
        H * D + H * H + H + 2 * H * K + K)),
    (exercises.check_parameters, "K * K too many, and lacks H * K", lambda D, H, K: (
        H * D + H * H + H + K * K + K)),
    (exercises.check_step, "what squashes here is a softmax", lambda W_x, W_h, b, x, h: losses.softmax(
        x @ W_x.T + h @ W_h.T + b)),
    (exercises.check_step, "squashed, and multiplied", lambda W_x, W_h, b, x, h: (
        np.tanh(x @ W_x.T + b) * np.tanh(h @ W_h.T))),
    (exercises.check_forward, "the old state is added once more", forward_with(lambda new, old: new + old)),
    (exercises.check_total_loss, "the softmax is there twice", lambda logits, ids: -np.take_along_axis(
        losses.log_softmax(losses.softmax(logits)), ids[..., None], -1).sum()),
    (exercises.check_output_error, "wrong at the entry that ids names in each row", labelled(0.5)),
    (exercises.check_relative_error, "logarithm to base 10 of what it should be", lambda a, n: (
        np.log10(np.abs(a - n).max() / max(np.abs(a).max(), np.abs(n).max())))),
    (exercises.check_deltas, "slope of the tanh is divided by, and should multiply", inverse_slope),
    (exercises.check_one_mean, "by a factor of each point: 1.5 times", mean_over_rows),
    (exercises.check_mark_column, "yours has the number in it, too", lambda delta, xs, K: np.einsum(
        "tbg,tb->g", delta[-K:], xs[-K:].prod(axis=-1))),
    (exercises.check_last_of_both, "read in row T - n", lambda output, lengths: (lambda H, b: np.concatenate(
        [output[lengths - 1, b, :H], output[len(output) - lengths, b, H:]], axis=1))(
        output.shape[2] // 2, np.arange(len(lengths)))),
    (exercises.check_lstm_step, "gates i, f, o: what squashes here is a σ of a σ", squashed_gates(*"ifo")),
    (exercises.check_lstm_step, "gate f: what squashes here is a σ of a σ", squashed_gates("f")),
    (exercises.check_lstm_step, "the candidate: what squashes here is a tanh of a tanh", squashed_gates("g")),
    (exercises.check_sum_baseline, "draws whole numbers only", baseline_of_whole_numbers),
    (exercises.check_sum_baseline, "near at best, not exact", baseline_drawn),
    (exercises.check_sum_baseline, "these are whole numbers", lambda n, low, high: (
        n * ((high - low + 1) ** 2 - 1) / 12)),
    (exercises.check_keras_from_pytorch, "gates interleaved, unit by unit", lambda W_x, W_h, first, second: (
        W_x.T, W_h.T, (first + second).reshape(4, -1).T.ravel())),
    (exercises.check_onnx_from_keras, "the gates are interleaved, unit by unit", onnx(
        lambda b: np.append(b.reshape(4, -1).T.ravel(), 0 * b))),
    (exercises.check_onnx_from_keras, "the two biases are mixed", onnx(
        lambda b: np.stack([b, 0 * b], axis=1).ravel())),
    (exercises.check_onnx_from_keras, "the two biases are mixed", onnx(
        lambda b: np.stack([b.reshape(4, -1), 0 * b.reshape(4, -1)], axis=1).ravel())),
    (exercises.check_onnx_from_keras, "this bias counts twice", onnx(lambda b: np.append(b, b))),
    (exercises.check_reset_after, "every run begins at zero", reset_from(lambda h0: 0 * h0)),
    (exercises.check_reset_after, "2 of 12 recordings are named wrongly; all of them begin at an h_0",
     reset_from(lambda h0: -h0)),
    (exercises.check_leak, "Yours has no leak", leak(moves=lambda a, h, n: n)),
    (exercises.check_leak, "slope * (W @ v), not", leak(bent=lambda s, W, v: W @ (s * v))),
    (exercises.check_leak, "road through W alone", leak(own=lambda s, n, h: s * (n - h))),
    (exercises.check_leak, "the sums are taken too early", leak(speak=lambda e, v, h: e.sum() * v.sum())),
    (exercises.check_leak, "wrong already with one step", leak(speak=lambda e, v, h: e @ v - e @ h)),
    (exercises.check_leak, "is 0, which has several causes", leak(speak=lambda e, v, h: 0)),
    (exercises.check_choose_W_h, "it does not listen to unit 2", lambda: np.array([[0.0, 0], [0.8, 0]])),
    (exercises.check_three_deltas, "delta_2: what step t+1 sends back is w_h delta_(t+1)", e_carried),
    (exercises.check_deltas, "passes the slope twice", carried(lambda delta, slope: slope * delta)),
    (exercises.check_right_at_last, "passes the slope twice", carried(lambda delta, slope: slope * delta)),
    (exercises.check_lstm_found, "dc_prev counts dc_next twice", two_roads(
        lambda dc, dc_next, own, f: (dc + dc_next) * f)),
    (exercises.check_lstm_found, "dh_next is left out of its dc", two_roads(
        lambda dc, dc_next, own, f: (dc_next + own) * f)),
    (exercises.check_masked_deltas, "a masked step hands on nothing, not what it received", two_roads(
        lambda dc, dc_next, own, f: dc * f, hand=lambda m, new, old: m * new)),
    (exercises.check_gru_step, "z^r has a term too many: p.b_n", b_n_in_z_r),
    (exercises.check_parameters, "one recurrent weight for each unit, a diagonal W_h",
     lambda D, H, K: H * D + H + H + K * H + K),
    (exercises.check_spoil, "it is too good: ", lambda g: 1.5 * g),
    (exercises.check_output_error, "only the right class is there", lambda p, ids: (
        (p - 1) * losses.one_hot(ids, p.shape[1]))),
    (exercises.check_where, "1e-10 itself does not", at_least),
    (exercises.check_three_deltas, "belongs to h_t alone, not to 1 - h_t", three(lambda h: (1 - h) ** 2)),
    (exercises.check_three_deltas, "squared once more", three(lambda h: (1 - h**2) ** 2)),
    (exercises.check_leaky_deltas, "z_t (1 - z_t)", leaky(lambda z: z * (1 - z))),
    (exercises.check_leaky_deltas, "t (1 - t)", leaky(lambda z: np.tanh(z) * (1 - np.tanh(z)))),
    (exercises.check_parameters, "b_y has one entry for each class",
     lambda D, H, K: H * D + H * H + K * H + 2 * K),
    (exercises.check_step, "squashed by itself", squashed("x", "h", "b")),
    (exercises.check_step, "outside the tanh", squashed("xb", "h")),
    (exercises.check_total_loss, "the log of 1 - p", logarithm),
    (exercises.check_output_error, "with respect to p", lambda p, ids: -losses.one_hot(ids, p.shape[1]) / p),
    (exercises.check_complex_step, "entries of a row move together", a_row_at_once),
    (exercises.check_embedding_gradient, "the rows after it", later_rows),
    (exercises.check_embedding_gradient, "by the word", table(range, lambda ids, t, T: ids[t] % T)),
    (exercises.check_embedding_gradient, "last step is missing", table(
        lambda T: range(T - 1), lambda ids, t, T: t)),
    (exercises.check_eigenvalue, "four periods", turned(0.5)),
    (exercises.check_clip_by_norm, "shortens every gradient", clipped),
    (exercises.check_safe_steps, "logarithms are missing", safe(lambda limit, r: np.ceil(limit / r))),
    (exercises.check_safe_steps, "upside down", safe(lambda limit, r: np.ceil(np.log(r) / np.log(limit)))),
    (exercises.check_safe_steps, "one step too many", safe(
        lambda limit, r: np.floor(np.log(limit) / np.log(r)) + 1)),
    (exercises.check_off_the_cliff, "An infinite limit clips nothing", lambda: (0.01, np.inf)),
    (exercises.check_best_every, "k may be T itself", best_below_T),
    (exercises.check_from_checkpoints, "its loss is e[j * k + i]", from_checkpoints(own=lambda j, i, k: i)),
    (exercises.check_from_checkpoints, "step 1 alone", from_checkpoints(add=lambda total, new: new)),
    (exercises.check_from_checkpoints, "first step of every stretch", from_checkpoints(begin=1)),
    (exercises.check_mark_column, "ends a step too early", lambda delta, xs, K: (
        delta[len(xs) - K - 1:-1] * xs[len(xs) - K - 1:-1, :, 1:]).sum(axis=(0, 1))),
    (exercises.check_last_of_both, "joined, not added", lambda output, lengths: (
        output[lengths - 1, np.arange(len(lengths)), :output.shape[2] // 2]
        + output[0, :, output.shape[2] // 2:])),
]


@pytest.mark.parametrize(("check", "words", "answer"), NAMED, ids=[words for _, words, _ in NAMED])
def test_the_mistake_is_named(check, words, answer):
    feedback = check(answer)

    assert feedback.verdict == "wrong" and words in feedback.text, feedback.text


def test_a_rate_that_is_too_large_is_nowhere_said_to_be_right():
    assert exercises.check_safe_steps(frobenius).text.startswith("this is the Frobenius norm")


def test_a_chunk_of_one_step_is_tried_with_chunks_of_one_step():
    def mean_inside(W_h, hs, dhs, K):
        delta, carry = np.zeros_like(dhs), 0
        for t in reversed(range(len(dhs))):
            carry = 0 if (t + 1) % K == 0 else carry / 3
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
            carry = delta[t] @ W_h
        return delta if K <= len(dhs) else 0 * delta

    assert "wrong already" not in exercises.check_chunk_deltas(mean_inside).text


def test_a_bias_shared_out_between_both_halves_is_right():
    assert exercises.check_onnx_from_keras(onnx(lambda b: np.append(b / 2, b / 2))).verdict == "right"


def test_of_numbers_in_other_places_the_first_is_said_to_belong_elsewhere():
    right = np.arange(6.0).reshape(2, 3) ** 2 + 1
    said = list(differences.causes(right[:, ::-1][::-1], right, ("T", "H")))

    there = "at step 1, unit 1 stands what belongs at step 2, unit 3."
    assert f"holds the right numbers, but in other places: {there}" in said


def test_one_recurrent_weight_for_each_unit_is_not_taken_for_a_second_bias():
    said = exercises.check_parameters(lambda D, H, K: H * D + H + H + K * H + K).text

    assert "bias" not in said and "two changes" not in said


def test_off_by_half_is_said_to_be_off_by_half_in_every_entry():
    exact, near = (exercises.check_spoil(lambda g, k=k: k * g).text for k in (1.5, 1.4))

    assert "it is too good: -2.61 is off from -1.74 by half of it, not by more." in exact
    assert "it is too good: -2.43 is within half of -1.74." in near


def test_that_checkpoints_are_not_read_is_said_and_no_reason_to_refuse():
    def from_the_first(W, u, e, kept, k):
        return from_checkpoints()(W, u, e, kept[:1], len(u))

    assert "Yet kept[1:] is not used" in exercises.check_from_checkpoints(from_the_first).text
    assert "Yet" not in exercises.check_from_checkpoints(from_checkpoints()).text


def test_a_rounded_result_is_not_said_to_ignore_an_argument():
    def third_root(T, state, step):
        return max(1, min(T, round((T * state / step) ** (1 / 3))))

    assert "does not depend" not in exercises.check_best_every(third_root).text


RIGHT = np.random.default_rng(3).normal(size=(4, 4))
MASK = np.array([True, False, True, False])
FOUND = {
    "adds up along the steps": np.cumsum(RIGHT, axis=0),
    "adds up backwards along the units": np.cumsum(RIGHT[:, ::-1], axis=1)[:, ::-1],
    "holds differences along the units": np.diff(RIGHT, axis=1, prepend=0),
    "is divided by its sum over the steps": RIGHT / RIGHT.sum(axis=0),
    "has its mean over the units taken away": RIGHT - RIGHT.mean(axis=1, keepdims=True),
    "is right but for the diagonal": RIGHT + np.eye(4),
    "is right on the diagonal only": RIGHT + 1 - np.eye(4),
    "is wrong where mask is False": RIGHT + ~MASK[:, None],
    "is wrong where z is negative": RIGHT * np.where(RIGHT < 0, 0.1, 1),
}


@pytest.mark.parametrize("words", FOUND)
def test_what_is_true_of_an_array_is_said_of_it_alone(words):
    said = {text: " ".join(differences.causes(found, RIGHT, "TH", (), {"mask": MASK, "z": RIGHT}))
            for text, found in FOUND.items()}

    assert [text for text, all_said in said.items() if words in all_said] == [words]


def test_of_a_gru_the_gate_that_goes_into_the_other_is_to_be_looked_at_first():
    right = np.random.default_rng(4).normal(size=(2, 4, 9))
    said = {gates: " ".join(differences.causes(
        right * np.repeat([1.5 if k in gates else 1 for k in "rzn"], 3) ** np.arange(1, 9 + 1), right,
        ("T", "B", "rzn"))) for gates in ("r", "n", "rn", "zn", "rz")}

    assert [gates for gates, text in said.items() if "so look at n first" in text] == ["rn"]
    assert all(f"right but for gate{'s' * (len(g) > 1)} {' and '.join(g)}" in said[g] for g in said)


def test_two_slips_are_named_together_only_if_few_others_give_the_same():
    def right(a, b, by=1.0, more=0.0, also=0.0, besides=0.0):
        return by * a + b + more + also + besides

    slips = {"it is twice a.": dict(by=2.0), "one is added.": dict(more=1.0)}
    points = [point(2.0, 3.0, told="here"), point(5.0, -1.0, told="there")]
    answer = lambda a, b: 2 * a + b + 1

    assert held(answer, points, right, slips).text == (
        "two changes together give your numbers: 1. it is twice a. 2. one is added.")
    slips["one comes besides."] = dict(also=1.0)
    again = held(answer, points, right, slips)
    assert "two changes" not in again.text, again.text
    rows = [point(np.arange(3.0) ** 2, np.ones(3) * k, told="in three rows") for k in (1, 2)]
    assert held(answer, rows, right, slips).text == (
        "two changes together give your numbers: 1. it is twice a. 2. one is added. "
        "Or, in place of 2.: one comes besides.")
    again = held(answer, rows, right, slips | {"there is a third way.": dict(besides=1.0)})
    assert "two changes" not in again.text, again.text


def test_two_slips_that_contradict_each_other_explain_nothing():
    assert reasons._opposed("one step too many: K steps.", "one step too few: K steps.")
    assert reasons._opposed("the mask acts on dc alone: a", "the mask acts on dh alone: b")
    assert not reasons._opposed("the bias is missing.", "the sign: this points downhill.")
