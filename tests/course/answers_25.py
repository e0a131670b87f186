"""Answers that read another entry, use what has no place, leave the finite numbers, lose a share or a factor;
beside each sentence that names such a cause some that it must not name: (verdict, words of the message,
answer), and (check, words that must not be said, answer)."""

import numpy as np

from rnnlib import bptt
from rnnlib.cells import gru, gru_original
from rnnlib.course import exercises

R, W = "right", "wrong"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# which entry of an argument is read, and which belongs there


def ends(forward=lambda n: n - 1, back=lambda n: 0 * n, first=slice(None, None), second=slice(None, None)):
    def last(output, lengths):
        b, halves = np.arange(len(lengths)), np.split(output, 2, axis=-1)
        return np.concatenate([halves[0][forward(lengths), b], halves[1][back(lengths), b]], axis=-1)

    return last


def mean_of_both(output, lengths):
    return np.stack([output[:n, b].mean(axis=0) for b, n in enumerate(lengths)])


def earlier_targets(ids, B, T, k):
    N = len(ids) // B
    stream = ids[:N * B].reshape(B, N).T
    before = np.concatenate([stream[:1], stream])
    return stream[k * T:(k + 1) * T], before[k * T:(k + 1) * T]


# what has no place in a part


def deltas(more=lambda d_n, m: 0.0):
    def gates(dh, h, r, z, n, m):
        d_n = dh * (1 - z) * (1 - n * n)
        return d_n * m * r * (1 - r), (dh * (h - n) - more(d_n, m)) * z * (1 - z), d_n

    return gates


def begun_at_n(dh, h, r, z, n, m):
    d_n = dh * (1 - z) * (1 - n * n)
    return d_n * m * r * (1 - r), d_n * (h - n) * z * (1 - z), d_n


# one step alone, and more: what passes the matrix, or what is added up


def back_from(row=lambda j, k, i: j * k + i, past=lambda W, delta: W.T @ delta, late=False):
    def gradient(W, u, e, kept, k):
        dW, carry = np.zeros_like(W), np.zeros(len(W))
        for j in reversed(range(len(kept))):
            hs = [kept[j]]
            for u_t in u[j * k:(j + 1) * k]:
                hs.append(np.tanh(W @ hs[-1] + u_t))
            for i in reversed(range(len(hs) - 1)):
                slope, own = 1 - hs[i + 1] ** 2, e[row(j, k, i)]
                delta = slope * own + carry if late else slope * (own + carry)
                dW += np.outer(delta, hs[i])
                carry = past(W, delta)
        return dW

    return gradient


def only_x_mended(W_h, xs, hs, dhs, K):
    T, H = dhs.shape
    dW_x, dW_h = np.zeros((H, xs.shape[1])), np.zeros((H, H))
    for t in range(T):
        carry, before = dhs[t], np.zeros(H)
        for i in range(t, max(-1, t - K), -1):
            delta = (1 - hs[i + 1] ** 2) * carry
            dW_x, dW_h = dW_x + np.outer(delta, xs[i]), dW_h + np.outer(delta, before)
            carry, before = delta @ W_h, hs[t] * (i > 1)
    return dW_x, dW_h


def looked_back(add=lambda total, new: total + new, further=lambda delta, slope: slope * delta,
                down_to=lambda t, K: max(-1, t - K), heard=lambda t, K: True):
    def gradients(W_h, xs, hs, dhs, K):
        dW_x, dW_h = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h)
        for t in range(len(xs)):
            delta = (1 - hs[t + 1] ** 2) * dhs[t] * heard(t, K)
            for i in range(t, down_to(t, K), -1):
                dW_x, dW_h = add(dW_x, np.outer(delta, xs[i])), add(dW_h, np.outer(delta, hs[i]))
                delta = further(delta @ W_h, 1 - hs[i] ** 2)
        return dW_x, dW_h

    return gradients


def from_the_end(W_h, xs, hs, dhs, K):
    dW_x, dW_h, carry = np.zeros((len(W_h), xs.shape[1])), np.zeros_like(W_h), 0
    for n, t in enumerate(reversed(range(len(xs)))):
        delta = (1 - hs[t + 1] ** 2) * (dhs[t] + (n % K > 0) * carry)
        dW_x, dW_h = dW_x + np.outer(delta, xs[t]), dW_h + np.outer(delta, hs[t])
        carry = delta @ W_h
    return dW_x, dW_h


ROADS = {
    exercises.check_last_of_both: [
        (W, "where output[", ends(forward=lambda n: -n)),
        (W, "where output[", ends(back=lambda n: 0 * n + 1)),
        (R, "", ends()),
    ],
    exercises.check_window: [(W, " where ids[", earlier_targets)],
    exercises.check_gru_deltas: [
        (W, "changes with m, and should not", deltas(lambda d_n, m: d_n * m)),
        (W, "two factors too many: 1 - z and 1 - n**2", begun_at_n),
        (R, "", deltas()),
    ],
    exercises.check_like_two: [
        (W, "the decay changes with rate", lambda rate, decay: (2 * rate, decay / rate)),
        (W, "the decay", lambda rate, decay: (2 * rate, decay / 3)),
    ],
    exercises.check_joined: [
        (W, "b changes with a_1", lambda a_1, b_1, a_2, b_2: (a_2 * a_1, a_2 * b_1 + a_1 * b_2)),
        (W, "one number, the sum of all", lambda a_1, b_1, a_2, b_2: (a_2 @ a_1, a_2 * b_1 + b_2)),
    ],
    exercises.check_from_checkpoints: [
        (W, "wrong even where W is zero", back_from(row=lambda j, k, i: j + i)),
        (W, "with more where W is zero: look at what W does", back_from(late=True)),
        (R, "", back_from()),
    ],
    exercises.check_look_back: [
        (W, "dW_h: zeros stand beside the own step and the first, and hs[t]", only_x_mended),
        (W, "= stands in place of +=", looked_back(add=lambda total, new: new)),
        (W, "in what goes further back", looked_back(further=lambda delta, slope: delta)),
        (W, "with more where", looked_back(further=lambda delta, slope: slope**2 * delta)),
        (W, "reads from the end", looked_back(down_to=lambda t, K: t - K)),
        (W, "and wrong for steps 2 and 3", from_the_end),
        (W, "the losses before step K are skipped", looked_back(heard=lambda t, K: t >= K)),
        (R, "", looked_back()),
    ],
}

# what is added to the deltas or lost from them


def scanned(end=lambda delta, e: delta):
    def back(a, e, scan):
        onward = np.concatenate([a[1:], np.zeros_like(a[:1])])
        return end(scan(onward[::-1], e[::-1])[::-1], e)

    return back


def laid_end_to_end(heard=lambda t, T: True, down_to=0):
    def back(W_h, hs, dhs, starts):
        delta, carry, go_on = np.zeros_like(dhs), 0, 1.0 - starts[..., None]
        for t in reversed(range(down_to, len(dhs))):
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] * heard(t, len(dhs)) + carry)
            carry = go_on[t] * (delta[t] @ W_h)
        return delta, np.einsum("tbi,tbj->ij", delta, go_on * hs[:-1])

    return back


def cell_step(z_more=lambda p: 0.0, state=tuple, leak=lambda r, z: z, new=lambda r, z: 1 - z):
    def step(p, u, h):
        (h,) = h
        (u_r, u_z, u_n), (a_r, a_z, a_n) = (np.split(v, 3, axis=-1) for v in (u, h @ p.W_h.mT))
        z_r, z_z, m = u_r + a_r + z_more(p), u_z + a_z, a_n + p.b_n
        r, z = sigmoid(z_r), sigmoid(z_z)
        z_n = u_n + r * m
        n = np.tanh(z_n)
        kept = [np.concatenate(parts, axis=-1) for parts in ((z_r, z_z, z_n), (r, z, n))]
        return state([new(r, z) * n + leak(r, z) * h]), gru.Kept(*kept, m)

    return step


def in_order(order):
    def past(W_h, dh, d_r, d_z, d_n, r, z):
        return z * dh + np.concatenate([(d_r, d_z, r * d_n)[k] for k in order], axis=-1) @ W_h

    return past


# factors, shares and what stands in the code


def of_variance(share):
    return lambda n, low, high: n * share * (high - low) ** 2


def tempered(p, scale=lambda o, t: (o - o.max()) / t):
    return lambda logits, temperature: p(scale(logits, temperature))


def softmax(o):
    return np.exp(o) / np.exp(o).sum()


def clipped(norm=lambda arrays: np.sqrt(sum((g**2).sum() for g in arrays)), test=lambda n: n,
            scale=lambda limit, n: limit / n):
    def clip(gradients, limit):
        n = norm(gradients)
        return [g * (scale(limit, n) if test(n) > limit else 1.0) for g in gradients]

    return clip


def kept_symbols(stop=lambda before, mass: before < mass):
    def nucleus(p, mass):
        order, kept = np.argsort(p)[::-1], np.zeros_like(p)
        first = order[stop(np.cumsum(p[order]) - p[order], mass)]
        kept[first] = p[first]
        return kept / kept.sum()

    return nucleus


def greedy(T, state, step):
    k, cost = 1, lambda k: -(-T // k) * state + k * step
    while k < T and cost(k + 1) < cost(k):
        k += 1
    return k


def least_of(ks):
    return lambda T, state, step: min(ks(T), key=lambda k: -(-T // k) * state + k * step)


NUMBERS = {
    exercises.check_scan_deltas: [
        (W, "delta lacks the term e.", scanned(lambda delta, e: delta - e)),
        (W, "delta is zero at the last step: does your loop get there", scanned(
            lambda delta, e: delta * (np.arange(len(e)) < len(e) - 1)[:, None])),
        (R, "", scanned()),
    ],
    exercises.check_end_to_end: [
        (W, "if dhs were zero but for its last row", laid_end_to_end(heard=lambda t, T: t == T - 1)),
        (W, "delta is zero at the first step: does your loop get there?", laid_end_to_end(down_to=1)),
    ],
    exercises.check_gru_step: [
        (W, "z^r has a term too many: block 1 of p.b", cell_step(lambda p: np.split(p.b, 3)[0])),
        (W, "z^r has a term too many: p.b_n", cell_step(lambda p: p.b_n)),
        (W, "is off by (r - z) * h[0] everywhere", cell_step(leak=lambda r, z: r)),
        (W, "is off by (z - r) * n everywhere", cell_step(new=lambda r, z: 1 - r)),
        (W, "is off by -z * h[0] * (1 - r) everywhere", cell_step(leak=lambda r, z: r * z)),
        (W, "only h_t is wrong. It is not right yet", cell_step(leak=lambda r, z: z**3)),
        (R, "", cell_step(state=list)),
    ],
    exercises.check_gru_past: [
        (W, "the rows of W_h are r, z, n", in_order((2, 0, 1))),
        (W, "the rows of W_h are r, z, n", in_order((0, 2, 1))),
        (R, "", in_order((0, 1, 2))),
    ],
    exercises.check_sum_baseline: [
        (W, "a constant factor is wrong", of_variance(12)),
        (W, "a constant factor is wrong", of_variance(1 / 36)),
        (W, "right at (2, 0, 1), but not at", lambda n, low, high: n * (high**2 - low**2) / 12),
    ],
    exercises.check_copy_baseline: [
        (W, "the number 20, which is 2 * length", lambda T, symbols, length: length * np.log(symbols) / (T + 20)),
        (W, "the number 10, which is length", lambda T, symbols, length: 10 * np.log(symbols) / (T + 2 * length)),
    ],
    exercises.check_temperature: [
        (W, "does not add up to 1", tempered(lambda o: np.exp(o) / np.linalg.norm(np.exp(o)))),
        (W, "does not add up to 1", tempered(sigmoid)),
        (W, "not for a low temperature", lambda o, t: np.eye(len(o))[o.argmax()] if t < 0.5 else softmax(
            (o - o.max()) / t)),
        (W, "exp(900) is beyond what a float holds", tempered(softmax, lambda o, t: np.clip(o / t, -700, 700))),
        (W, "exp overflows", tempered(softmax, lambda o, t: o / t)),
        (R, "", tempered(softmax)),
    ],
    exercises.check_clip_by_norm: [
        (W, "so the limit is missing", lambda gradients, limit: [
            g * min(1, 1 / np.sqrt(sum((g**2).sum() for g in gradients))) for g in gradients]),
        (W, "another than the root of the sum", clipped(norm=lambda arrays: np.linalg.norm(arrays[-1]))),
        (W, "the square of the norm is compared", clipped(test=np.square)),
        (W, "the norm lacks its square root", clipped(norm=lambda arrays: sum((g**2).sum() for g in arrays))),
        (R, "", clipped()),
    ],
    exercises.check_nucleus: [
        (W, "no further symbol is kept", kept_symbols(lambda before, mass: before <= mass)),
        (R, "", kept_symbols()),
    ],
    exercises.check_best_every: [
        (W, "you stop where the memory first grows", greedy),
        (W, "k may be T itself", least_of(lambda T: range(1, max(T, 2)))),
        (W, "compare the memory of every k", least_of(lambda T: [2**n for n in range(10) if 2**n <= T])),
        (W, "the smaller is wanted", least_of(lambda T: range(2, T + 1))),
    ],
}

# the exercises of one page


def marked(chosen=lambda mark: mark == 1, rows=lambda a, K: a[-K:]):
    def column(delta, xs, K):
        return rows(delta, K)[chosen(rows(xs, K)[..., 1])].sum(axis=0)

    return column


def later_rows(delta, xs, K):
    dw = 0
    for t in range(len(xs) - 1, len(xs) - K, -1):
        dw = dw + xs[t, :, 1] @ delta[t]
    return dw


def read_windows(weigh):
    def one_pass(step, batches, state):
        total = count = 0
        for x, y in batches:
            loss, state = step(x, y, state)
            total, count = total + loss * weigh(y), count + weigh(y)
        return total / count, state

    return one_pass


def stored(f=(0, -24), g=(1, 0), o=(0, 0), b=(-12, 12, 0, 0), turn=False):
    def store():
        W_x = np.array([[0, 24], f, g, o], float)
        return (np.array(b, float), W_x) if turn else (W_x, np.array(b, float))

    return store


def undone(undo, left=0.5):
    return lambda half_life: undo(left ** (1 / half_life))


def last_row(errors):
    bad = errors[-1] > 1e-10
    return (len(errors) if bad.any() else 0), "".join(gate for gate, is_bad in zip("ifgo", bad) if is_bad)


def above(limit):
    def where(errors):
        bad = errors > limit
        steps = np.flatnonzero(bad.any(axis=1))
        if len(steps) == 0:
            return 0, ""
        return int(steps[-1]) + 1, "".join(gate for gate, is_bad in zip("ifgo", bad[steps[-1]]) if is_bad)

    return where


def verdict(judge, both=True):
    def after(W_x, W_h, b, xs, h0, hs):
        found = [bptt.forward(cell, p, xs, h0).hs[1:] for cell, p in (
            (gru, gru.Params(W_x, W_h, b, np.zeros(W_h.shape[1]))),
            (gru_original if both else gru, gru_original.Params(W_x, W_h, b) if both else gru.Params(
                W_x, W_h, b, np.zeros(W_h.shape[1]))))]
        return bool(judge(*found, hs))

    return after


def near(a, b, hs):
    return np.abs(a - hs).max() < np.abs(b - hs).max()


def one_mean(count=lambda m_1, m_2: (m_1.sum() + m_2.sum(),) * 2):
    def mean(nats_1, mask_1, nats_2, mask_2):
        n_1, n_2 = count(mask_1, mask_2)
        return nats_1[mask_1].sum() / n_1 + nats_2[mask_2].sum() / n_2, mask_1 / n_1, mask_2 / n_2

    return mean


def with_mask(read):
    def masked(W_h, gates, cs, dhs, mask):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            m, (i, f, g, o) = read(mask, t)[:, None], np.split(gates[t], 4, axis=-1)
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * o * (1 - tanh_c**2)
            own = dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)
            delta[t] = m * np.concatenate(own, axis=-1)
            dh_next, dc_next = np.where(m, delta[t] @ W_h, dh), np.where(m, dc * f, dc_next)
        return delta

    return masked


def polar(end):
    return lambda half, period: end(0.5 ** (1 / half), 2 * np.pi / period)


def product_entry_by_entry(J):
    H = J.shape[-1] // 2
    return (np.prod(J, axis=0)[H:, H:],) * 2


PAGES = {
    exercises.check_forget_bias: [
        (W, "leaves 0.1 after k steps, for every k", undone(lambda f: np.log(f / (1 - f)), 0.1)),
        (W, "leaves 1/e after k steps", undone(lambda f: np.log(f / (1 - f)), np.exp(-1))),
        (W, "one of the two is missing", undone(lambda f: -np.log(1 - f))),
        (W, "a logarithm is taken of a number below 0", undone(lambda f: np.log(f / (1 - f)), 2.0)),
    ],
    exercises.check_mark_column: [
        (R, "", marked()),
        (R, "", marked(lambda mark: mark > 0.5)),
        (W, "one step too few", later_rows),
        (W, "not truncated", marked(rows=lambda a, K: a)),
        (W, "the mark is missing", marked(lambda mark: mark > -1)),
    ],
    exercises.check_one_pass: [
        (W, "weigh 0.444, 0.444, 0.111 in your mean", read_windows(lambda y: y.size**2)),
        (W, "the windows count alike", read_windows(lambda y: 1)),
        (R, "", read_windows(len)),
    ],
    exercises.check_through_c: [(W, "or multiply entry by entry", product_entry_by_entry)],
    exercises.check_store: [
        (W, "the forget gate listens to the value, too", stored(f=(24, -24))),
        (W, "the forget gate is the wrong way round", stored(f=(0, 24), b=(-12, -12, 0, 0))),
        (W, "yours stands in that of o", stored(g=(0, 0), o=(1, 0))),
        (W, "give it W_x = (1, 0) and no bias", stored(g=(0.5, 0), o=(1, 0))),
        (W, "the two are exchanged", stored(turn=True)),
        (R, "", stored(f=(0.001, -24), o=(1, 0))),
    ],
    exercises.check_carried: [(W, "got str", lambda: "2.7"), (R, "", lambda: np.float32(2.72))],
    exercises.check_where: [
        (W, "only one row of the table is looked at", last_row),
        (W, "your limit is larger", above(1.0)),
        (W, "your limit is larger", above(1e-3)),
    ],
    exercises.check_reset_after: [
        (W, "always False, for states that are not rounded, too", verdict(lambda a, b, hs: hs.ndim == 2)),
        (W, "always False, for states that are not rounded, too", verdict(near, both=False)),
        (W, "always False: the states are rounded", verdict(lambda a, b, hs: np.array_equal(a, hs))),
        (R, "", verdict(near)),
    ],
    exercises.check_one_mean: [
        (W, "only the steps of one batch are counted", one_mean(lambda m_1, m_2: (m_1.sum(),) * 2)),
        (W, "each batch is divided by its own number", one_mean(lambda m_1, m_2: (m_1.sum(), m_2.sum()))),
        (R, "", one_mean()),
    ],
    exercises.check_masked_deltas: [
        (W, "acts on the whole batch", with_mask(lambda mask, t: np.full(mask.shape[1], mask[t].all()))),
        (W, "after a hole in the mask the sequence goes on", with_mask(lambda mask, t: t < mask.sum(axis=0))),
        (R, "", with_mask(lambda mask, t: mask[t])),
    ],
    exercises.check_eigenvalue: [
        (W, "a logarithm and the angle", polar(lambda size, angle: (np.log(size), angle))),
        (W, "a logarithm and the angle", polar(lambda size, angle: (np.log(-np.log(size)), angle))),
        (W, "these are size and angle", polar(lambda size, angle: (size, angle))),
        (W, "the angle is right, the size is not: 0.125 is left", polar(lambda size, angle: (
            size**3 * np.cos(angle), size**3 * np.sin(angle)))),
        (W, "the size is right, the angle is not: in 24 steps it turns 9.6 times", polar(
            lambda size, angle: (size * np.cos(9.6 * angle), size * np.sin(9.6 * angle)))),
    ],
}


# one argument in the place of another, a difference as a factor, and one step further back


def min_gate(old=lambda h, n: np.concatenate([0 * h[:1], h[:-1]]), end=lambda g: g[::-1]):
    def gates(z, n, h, e, scan):
        onward = np.concatenate([1 - z[1:], 0 * z[:1]])
        g = end(scan(onward[::-1], e[::-1]))
        return g * (n - old(h, n)) * z * (1 - z), g * z

    return gates


def adam(correct=lambda beta, n: 1 - beta**n):
    def step(p, g, m, v, n, rate, beta1, beta2, eps):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        m_hat, v_hat = m / correct(beta1, n), v / correct(beta2, n)
        return p - rate * m_hat / (np.sqrt(v_hat) + eps), m, v

    return step


def tail_kept(p, mass):
    order, kept = np.argsort(p), p.copy()
    kept[order[np.cumsum(p[order]) > 1 - mass]] = 0
    return kept / kept.sum()


def tied(times=lambda ids: 1):
    def gradient(ids, hs, dxs, dos):
        dE = times(ids) * dos.T @ hs
        np.add.at(dE, ids, dxs)
        return dE

    return gradient


def with_states(beside):
    def back(W_h, hs, dhs, starts):
        delta, _ = laid_end_to_end()(W_h, hs, dhs, starts)
        return delta, np.einsum("tbi,tbj->ij", delta, beside(hs, starts[..., None]))

    return back


PLACES = {
    exercises.check_min_gate: [
        (W, "delta^z is what it should be if h were n", min_gate(
            old=lambda h, n: np.concatenate([0 * n[:1], n[:-1]]))),
        (W, "yours takes the state after", min_gate(old=lambda h, n: np.concatenate([h[1:], 0 * h[:1]]))),
        (W, "still in reverse", min_gate(end=lambda g: g)),
        (R, "", min_gate()),
    ],
    exercises.check_joined: [
        (W, "a is what it should be if a_2 were a_1", lambda a_1, b_1, a_2, b_2: (a_1 * a_1, a_2 * b_1 + b_2)),
        (W, "a: this is the factor of the second step alone", lambda a_1, b_1, a_2, b_2: (a_2, a_2 * b_1 + b_2)),
    ],
    exercises.check_sum_baseline: [
        (W, "has a factor too many: high - low", lambda n, low, high: n * (high - low) ** 3 / 12),
        (W, "the range is squared in a variance", lambda n, low, high: n * (high - low) / 12),
    ],
    exercises.check_adam_step: [
        (W, "yours has a plus there", adam(lambda beta, n: 1 + beta**n)),
        (W, "the power is that of beta", adam(lambda beta, n: (1 - beta) ** n)),
        (R, "", adam()),
    ],
    exercises.check_nucleus: [(W, "the tail is kept, and the likeliest are cut off", tail_kept)],
    exercises.check_tied: [
        (W, "is added once for every step", tied(len)),
        (W, "dE", tied(lambda ids: 2)),
        (R, "", tied()),
    ],
    exercises.check_end_to_end: [
        (W, "not the state before the very first step", with_states(lambda hs, s: np.where(s, hs[0], hs[:-1]))),
        (W, "the last one of the sequence before", with_states(lambda hs, s: hs[:-1])),
        (R, "", with_states(lambda hs, s: ~s * hs[:-1])),
    ],
}

ANSWERS = {}
for some in (ROADS, NUMBERS, PAGES, PLACES):
    for check, rows in some.items():
        ANSWERS.setdefault(check, []).extend(rows)

NOT_SAID = [
    (exercises.check_tied, "once for every step", tied(lambda ids: 2)),
    (exercises.check_min_gate, "were n", min_gate(old=lambda h, n: (h + n) / 2)),
    (exercises.check_sum_baseline, "high - low", lambda n, low, high: n * (high - low) ** 2 / (12 + n)),
    (exercises.check_embedding_gradient, "it is right for step", lambda ids, dxs, V: np.ones((V, dxs.shape[1]))),
    (exercises.check_last_of_both, "where output[", mean_of_both),
    (exercises.check_like_two, "has no place", lambda rate, decay: (2 * rate, decay / 3)),
    (exercises.check_gru_deltas, "has no place", begun_at_n),
    (exercises.check_forget_bias, "That begins", lambda half_life: float("nan")),
    (exercises.check_forget_bias, "for every k", lambda half_life: np.log(half_life) + 0.3),
    (exercises.check_from_checkpoints, "look at what W does", back_from(row=lambda j, k, i: j + i)),
    (exercises.check_from_checkpoints, "wrong even where", back_from(late=True)),
    (exercises.check_scan_deltas, "does your loop get there", scanned(lambda delta, e: delta - e)),
    (exercises.check_temperature, "add up to 1", tempered(softmax, lambda o, t: (o - o.max()) / t - np.arange(
        len(o)))),
    (exercises.check_temperature, "overflows", tempered(softmax, lambda o, t: np.clip(o / t, -700, 700))),
    (exercises.check_sum_baseline, "constant factor", lambda n, low, high: n * (high - low) ** 2 / (12 + n)),
    (exercises.check_copy_baseline, "holds the number", lambda T, symbols, length: length * np.log(
        symbols) / (T + 2 * length + 7)),
    (exercises.check_best_every, "one more", least_of(lambda T: range(2, T + 1))),
    (exercises.check_clip_by_norm, "the length is not", lambda gradients, limit: [
        np.clip(g, -limit, limit) for g in gradients]),
    (exercises.check_reset_after, "rounded to float32", verdict(near, both=False)),
    (exercises.check_eigenvalue, "the angle", polar(lambda size, angle: (3 * size, angle))),
    (exercises.check_one_mean, "its own number", one_mean(lambda m_1, m_2: (m_2.sum(),) * 2)),
    (exercises.check_window, "run backwards", lambda ids, B, T, k: tuple(
        ids[:len(ids) // B * B].reshape(B, -1)[::-1].T[k * T + d:(k + 1) * T + d] for d in (0, 1))),
]
