"""Answers as learners give them, to page 17: (verdict, words of the message, answer)."""

from itertools import pairwise

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"
every = lambda output: np.arange(output.shape[1])
half = lambda output: output.shape[-1] // 2
join = lambda a, b: np.concatenate([a, b], axis=-1)


def lasts_by_loop(output, lengths):
    H = output.shape[-1] // 2
    return np.array([[*output[n - 1, b, :H], *output[0, b, H:]] for b, n in enumerate(lengths)])


def lasts(ahead, back=lambda output, n: output[0]):
    return lambda output, n: join(ahead(output, n)[:, : half(output)], back(output, n)[:, half(output) :])


at_end = lambda output, n: output[n - 1, every(output)]


def lstm(
    row=lambda mask, t: mask[t],
    delta=lambda m, d: m * d,
    to_h=lambda m, new, dh: np.where(m, new, dh),
    to_c=lambda m, new, dc, old: np.where(m, new, old),
    loss=lambda m, dh: dh,
    back=lambda d, W: d @ W,
    end=lambda d: d,
):
    def deltas(W_h, gates, cs, dhs, mask):
        found, dh_next, dc_next = np.zeros_like(gates), np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            i, f, g, o = np.split(gates[t], 4, axis=-1)
            m = row(mask, t)[:, None]
            dh, tanh_c = loss(m, dhs[t]) + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * o * (1 - tanh_c**2)
            into = np.concatenate([dc * g, dc * cs[t], dc * i, dh * tanh_c], axis=-1)
            slopes = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)], axis=-1)
            found[t] = delta(m, into * slopes)
            dh_next, dc_next = to_h(m, back(found[t], W_h), dh), to_c(m, dc * f, dc, dc_next)
        return end(found)

    return deltas


def lstm_one_by_one(W_h, gates, cs, dhs, mask):
    out = np.zeros_like(gates)
    for b in range(mask.shape[1]):
        dh_next = dc_next = np.zeros(dhs.shape[-1])
        for t in range(len(dhs) - 1, -1, -1):
            dh = dhs[t, b] + dh_next
            if not mask[t, b]:
                dh_next = dh
                continue
            i, f, g, o = np.split(gates[t, b], 4)
            s = np.tanh(cs[t + 1, b])
            dc = dc_next + dh * o * (1 - s * s)
            parts = dc * g * i * (1 - i), dc * cs[t, b] * f * (1 - f), dc * i * (1 - g * g), dh * s * o * (1 - o)
            out[t, b] = np.concatenate(parts)
            dh_next, dc_next = out[t, b] @ W_h, dc * f
    return out


def mean(L=lambda s, n: sum(s) / sum(n), share=lambda n, k: 1 / sum(n), end=lambda *a: a):
    def means(nats_1, mask_1, nats_2, mask_2):
        s = (nats_1 * mask_1).sum(), (nats_2 * mask_2).sum()
        n = mask_1.sum(), mask_2.sum()
        return end(L(s, n), mask_1 * share(n, 0), mask_2 * share(n, 1))

    return means


def mean_over(count, seen=lambda m: m):
    def means(nats_1, mask_1, nats_2, mask_2):
        n = count(mask_1) + count(mask_2)
        total = (nats_1 * seen(mask_1)).sum() + (nats_2 * seen(mask_2)).sum()
        return total / n, seen(mask_1) / n, seen(mask_2) / n

    return means


def mean_where(nats_1, mask_1, nats_2, mask_2):
    both = np.concatenate([nats_1[mask_1], nats_2[mask_2]])
    return both.mean(), np.where(mask_1, 1 / both.size, 0), np.where(mask_2, 1 / both.size, 0)


def rows(
    cut=lambda starts, t: starts[t],
    read=lambda hs, starts: np.where(starts[..., None], 0, hs[:-1]),
    slope=lambda h: 1 - h**2,
    back=lambda d, W: d @ W,
    product=lambda d, h: np.einsum("tbi,tbj->ij", d, h),
    end=lambda *a: a,
):
    def passed(W_h, hs, dhs, starts):
        delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            delta[t] = slope(hs[t + 1]) * (dhs[t] + carry)
            carry = np.where(np.asarray(cut(starts, t))[..., None], 0, back(delta[t], W_h))
        return end(delta, product(delta, read(hs, starts)))

    return passed


def rows_piece_by_piece(W_h, hs, dhs, starts):
    delta, dW = np.zeros_like(dhs), np.zeros_like(W_h)
    for b in range(dhs.shape[1]):
        first = [*np.flatnonzero(starts[:, b]), len(dhs)]
        for i, j in pairwise(first):
            carry = 0
            for t in range(j - 1, i - 1, -1):
                delta[t, b] = (1 - hs[t + 1, b] ** 2) * (dhs[t, b] + carry)
                carry = W_h.T @ delta[t, b]
                dW += np.outer(delta[t, b], hs[t, b] if t > i else 0 * hs[t, b])
    return delta, dW


def reset_in_place(W_h, hs, dhs, starts):
    hs[:-1][starts] = 0
    return rows()(W_h, hs, dhs, starts)


ANSWERS = {
    exercises.check_last_of_both: [
        (R, "", lasts(at_end)),
        (R, "", lasts_by_loop),
        (R, "", lasts(lambda output, n: np.take_along_axis(output, n[None, :, None] - 1, axis=0)[0])),
        (W, "this is the last row", lambda output, n: output[-1]),
        (W, "The reverse direction begins at row n - 1", at_end),
        (W, "The forward direction has read one input", lambda output, n: output[0]),
        (W, "Row T - 1 is padding", lasts(lambda output, n: output[-1])),
        (W, "not at row T - 1", lasts(at_end, lambda output, n: output[-1])),
        (W, "one row too early", lasts(lambda output, n: output[n - 2, every(output)])),
        (W, "one row too late", lasts(lambda output, n: output[n, every(output)])),
        (W, "halves are exchanged", lambda output, n: np.roll(lasts(at_end)(output, n), half(output), axis=-1)),
        (W, "mean over the steps", lambda output, n: output.mean(axis=0)),
        (W, "one array", lambda output, n: (output[n - 1, every(output), : half(output)], output[0, :, half(output) :])),
        (W, "rows of the halves", lasts(lambda output, n: output[0], at_end)),
        (W, "H", lambda output, n: at_end(output, n)[:, : half(output)]),
        (W, "twice", lambda output, n: 2 * lasts(at_end)(output, n)),
        (W, "has shape", lambda output, n: lasts(at_end)(output, n).T),
    ],
    exercises.check_masked_deltas: [
        (R, "", lstm()),
        (R, "", lstm_one_by_one),
        (R, "", lstm(to_h=lambda m, new, dh: new + ~m * dh)),
        (R, "", lstm(to_h=lambda m, new, dh: m * new + (1 - m) * dh, to_c=lambda m, new, dc, old: m * new + (1 - m) * old)),
        (W, "is not zero", lstm(delta=lambda m, d: d)),
        (W, "hands on nothing", lstm(to_h=lambda m, new, dh: new, to_c=lambda m, new, dc, old: m * new)),
        (W, "nothing of its dh", lstm(to_h=lambda m, new, dh: new)),
        (W, "on dh alone", lstm(to_c=lambda m, new, dc, old: new)),
        (W, "nothing of its dc", lstm(to_c=lambda m, new, dc, old: m * new)),
        (W, "dc_next as it came", lstm(to_c=lambda m, new, dc, old: np.where(m, new, dc))),
        (W, "loss of masked steps is dropped", lstm(loss=lambda m, dh: m * dh)),
        (W, "ask is inverted", lstm(row=lambda mask, t: ~mask[t])),
        (W, "too early", lstm(row=lambda mask, t: mask[t - 1])),
        (W, "too late", lstm(row=lambda mask, t: mask[min(t + 1, len(mask) - 1)])),
        (W, "besides", lstm(to_h=lambda m, new, dh: new + dh, to_c=lambda m, new, dc, old: new + old)),
        (W, "transpose", lstm(back=lambda d, W: d @ np.concatenate([w.T for w in np.split(W, 4)]))),
        (W, "multiply by m first", lstm(delta=lambda m, d: d, to_h=lambda m, new, dh: new + ~m * dh)),
        (W, "summed over the batch", lstm(end=lambda d: d.sum(axis=1))),
    ],
    exercises.check_one_mean: [
        (R, "", mean()),
        (R, "", mean_where),
        (R, "", mean(end=lambda *a: list(a))),
        (W, "mean of the two means", mean(lambda s, n: (s[0] / n[0] + s[1] / n[1]) / 2, lambda n, k: 0.5 / n[k])),
        (W, "the two means are added", mean(lambda s, n: s[0] / n[0] + s[1] / n[1], lambda n, k: 1 / n[k])),
        (W, "this is the sum", mean(lambda s, n: sum(s), lambda n, k: 1.0)),
        (W, "return 3 things", mean(end=lambda L, a, b: L)),
        (W, "another order", mean(end=lambda L, a, b: (a, b, L))),
        (W, "L: this is the sum", mean(L=lambda s, n: sum(s))),
        (W, "not divided", mean(share=lambda n, k: 1.0)),
        (W, "padding is counted", mean_over(lambda m: m.size)),
        (W, "its losses too", mean_over(lambda m: m.size, lambda m: np.ones(m.shape))),
        (W, "losses of the padding", mean_over(lambda m: m.sum(), lambda m: np.ones(m.shape))),
        (W, "number of sequences", mean_over(lambda m: m.shape[1])),
        (W, "it is the loss", lambda a, m, b, k: (mean()(a, m, b, k)[0], a * mean()(a, m, b, k)[1], b * k)),
        (W, "reaches the padding", mean(end=lambda L, a, b: (L, a * 0 + a.max(), b * 0 + b.max()))),
        (W, "minus", mean(end=lambda L, a, b: (-L, a, b))),
    ],
    exercises.check_end_to_end: [
        (R, "", rows()),
        (R, "", rows_piece_by_piece),
        (R, "", rows(end=lambda *a: list(a))),
        (W, "in place", reset_in_place),
        (W, "nothing is cut: the state", rows(lambda starts, t: False, lambda hs, starts: hs[:-1])),
        (W, "delta: nothing is cut", rows(lambda starts, t: False)),
        (W, "a first step stands", rows(read=lambda hs, starts: hs[:-1])),
        (W, "too early", rows(lambda starts, t: starts[t - 1] if t else False * starts[0])),
        (W, "too late", rows(lambda starts, t: starts[min(t + 1, len(starts) - 1)] & (t + 1 < len(starts)))),
        (W, "wrong way round", rows(lambda starts, t: ~starts[t])),
        (W, "all of the batch", rows(lambda starts, t: starts[t].any())),
        (W, "transpose belongs", rows(back=lambda d, W: d @ W.T)),
        (W, "slope of the tanh is missing", rows(slope=lambda h: 1.0 + 0 * h)),
        (W, "h_t stands", rows(read=lambda hs, starts: hs[1:])),
        (W, "is transposed", rows(product=lambda d, h: np.einsum("tbi,tbj->ji", d, h))),
        (W, "two arrays", rows(end=lambda d, W: d)),
        (W, "mean over", rows(product=lambda d, h: np.einsum("tbi,tbj->ij", d, h) / d.shape[1])),
        (W, "another order", rows(end=lambda d, W: (W, d))),
    ],
}
