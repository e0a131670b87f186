"""Answers as learners give them, to page 18: (verdict, words of the message, answer)."""

import math

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


# 1


def carry(
    past=lambda W_h, M: np.tensordot(W_h, M, 1),
    now=lambda H, x: np.eye(H)[:, :, None] * x,
    end=lambda h, past, now: (1 - h**2)[:, None, None] * (past + now),
):
    def carried(W_h, M, x, h):
        return end(h, past(W_h, M), now(len(h), x))

    return carried


def carry_in_place(W_h, M, x, h):
    i = np.arange(len(h))
    new = (W_h @ M.reshape(len(h), -1)).reshape(M.shape)
    new[i, i] += x
    return new * (1 - h * h).reshape(-1, 1, 1)


def carry_by_loop(W_h, M, x, h):
    new = np.zeros_like(M)
    for i in range(len(h)):
        for j in range(len(h)):
            for d in range(len(x)):
                past = sum(W_h[i, k] * M[k, j, d] for k in range(len(h)))
                new[i, j, d] = (1 - h[i] ** 2) * (past + (x[d] if i == j else 0))
    return new


def carry_written_into(W_h, M, x, h):
    M[...] = np.tensordot(W_h, M, 1)
    return M


# 2


def best_by_loop(T, state, step):
    best, least = None, math.inf
    for k in range(1, T + 1):
        memory = math.ceil(T / k) * state + k * step
        if memory < least:
            best, least = k, memory
    return best


def smallest(memory):
    return lambda T, state, step: min(range(1, T + 1), key=lambda k: memory(T, k, state, step))


# 3


def back(
    begin=lambda kept, j: kept[j],
    cut=lambda carry: carry,
    order=reversed,
    again=lambda W, h: W @ h,
    slope=lambda hs, i: 1 - hs[i + 1] ** 2,
    at=lambda hs, i: hs[i],
    send=lambda W, d: W.T @ d,
    end=lambda dW: dW,
):
    def passed(W, u, e, kept, k):
        dW, carry = np.zeros_like(W), np.zeros(len(W))
        for j in order(range(len(kept))):
            hs = [begin(kept, j)]
            for u_t in u[j * k : (j + 1) * k]:
                hs.append(np.tanh(again(W, hs[-1]) + u_t))
            for i in reversed(range(len(hs) - 1)):
                d = slope(hs, i) * (e[j * k + i] + carry)
                dW += np.outer(d, at(hs, i))
                carry = send(W, d)
            carry = cut(carry)
        return end(dW)

    return passed


def back_from_all(W, u, e, kept, k):
    hs, carry, dW = [kept[0]], 0, 0
    for u_t in u:
        hs.append(np.tanh(W @ hs[-1] + u_t))
    for t in range(len(u) - 1, -1, -1):
        d = (1 - hs[t + 1] ** 2) * (e[t] + carry)
        dW = dW + d[:, None] * hs[t][None]
        carry = d @ W
    return dW


def back_from_forward(W, u, e, kept, k):
    H, h, dw = len(W), kept[0], 0
    M = np.zeros((H, H, H))
    for u_t, e_t in zip(u, e):
        new = np.tanh(W @ h + u_t)
        M = np.tensordot(W, M, 1) + np.eye(H)[:, :, None] * h
        M *= (1 - new**2)[:, None, None]
        dw, h = dw + np.tensordot(e_t, M, 1), new
    return dw


def back_full_stretches(W, u, e, kept, k):
    n = len(u) // k
    return back()(W, u[: n * k], e[: n * k], kept[:n], k)


# 4


def leak(
    road=lambda a, v: (1 - a) * v,
    bent=lambda a, s, W, v: a * s * (W @ v),
    slope=lambda n, h: 1 - n * n,
    now=lambda n, h: n - h,
    gather=lambda total, part: total + part,
    first=False,
):
    def swept(a, W, u, e):
        h = v = np.zeros(len(W))
        total = 0
        for u_t, e_t in zip(u, e):
            n = np.tanh(W @ h + u_t)
            after = (1 - a) * h + a * n
            new = road(a, v) + bent(a, slope(n, after), W, v) + now(n, h)
            total = gather(total, e_t @ (v if first else new))
            h, v = after, new
        return total

    return swept


def leak_complex(a, W, u, e):
    h, loss = np.zeros(len(W)), 0
    for u_t, e_t in zip(u, e):
        h = h + (a + 1e-30j) * (np.tanh(W @ h + u_t) - h)
        loss = loss + e_t @ h
    return loss.imag / 1e-30


def leak_backward(a, W, u, e):
    hs, ns = [np.zeros(len(W))], []
    for u_t in u:
        ns.append(np.tanh(W @ hs[-1] + u_t))
        hs.append((1 - a) * hs[-1] + a * ns[-1])
    da, carry = 0, 0
    for t in reversed(range(len(u))):
        dh = e[t] + carry
        da += dh @ (ns[t] - hs[t])
        carry = (1 - a) * dh + W.T @ (a * (1 - ns[t] ** 2) * dh)
    return da


ANSWERS = {
    exercises.check_carry_W_x: [
        (R, "", carry()),
        (R, "", carry_in_place),
        (R, "", carry_by_loop),
        (W, "W_h stands transposed", carry(past=lambda W_h, M: np.tensordot(W_h.T, M, 1))),
        (W, "the first axis of M", carry(past=lambda W_h, M: W_h @ M)),
        (W, "W_h is missing", carry(past=lambda W_h, M: M)),
        (W, "the past is missing", carry(past=lambda W_h, M: 0)),
        (W, "own part is missing", carry(now=lambda H, x: 0)),
        (W, "its own unit only", carry(now=lambda H, x: x)),
        (W, "slope of the tanh is missing", carry(end=lambda h, past, now: past + now)),
        (
            W,
            "yours misses the past",
            carry(end=lambda h, past, now: past + (1 - h**2)[:, None, None] * now),
        ),
        (
            W,
            "already tanh(z)",
            carry(end=lambda h, past, now: (1 - np.tanh(h) ** 2)[:, None, None] * (past + now)),
        ),
        (W, "in place", carry_written_into),
        (W, "shape", carry(end=lambda h, past, now: (past + now).reshape(len(h), -1))),
    ],
    exercises.check_best_every: [
        (R, "", best_by_loop),
        (R, "", smallest(lambda T, k, a, b: (T + k - 1) // k * a + k * b)),
        (R, "", lambda T, a, b: 1 + int(np.argmin([-(-T // k) * a + k * b for k in range(1, T + 1)]))),
        (W, "weigh the same", lambda T, a, b: round(math.sqrt(T))),
        (W, "weigh the same", lambda T, a, b: math.isqrt(T)),
        (W, "among all", lambda T, a, b: round(math.sqrt(T * a / b))),
        (W, "among all", lambda T, a, b: math.ceil(math.sqrt(T * a / b))),
        (W, "exchanged", lambda T, a, b: round(math.sqrt(T * b / a))),
        (W, "round T/k up", smallest(lambda T, k, a, b: T // k * a + k * b)),
        (W, "whole number", smallest(lambda T, k, a, b: T / k * a + k * b)),
        (W, "not used", smallest(lambda T, k, a, b: -(-T // k) + k)),
        (W, "this is the memory", lambda T, a, b: min(-(-T // k) * a + k * b for k in range(1, T + 1))),
        (W, "", lambda T, a, b: int(np.argmin([-(-T // k) * a + k * b for k in range(1, T + 1)]))),
    ],
    exercises.check_from_checkpoints: [
        (R, "", back()),
        (R, "", back_from_all),
        (R, "", back_from_forward),
        (W, "cut at the joints", back(cut=lambda carry: 0)),
        (W, "begin with the last one", back(order=list)),
        (W, "begins at zero", back(begin=lambda kept, j: 0 * kept[j])),
        (W, "begins at kept[0]", back(begin=lambda kept, j: kept[0])),
        (W, "needs W^T", back(send=lambda W, d: W @ d)),
        (W, "yours has W.T", back(again=lambda W, h: W.T @ h)),
        (W, "the state after it", back(slope=lambda hs, i: 1 - hs[i] ** 2)),
        (W, "the state before the step", back(at=lambda hs, i: hs[i + 1])),
        (W, "shorter than k", back_full_stretches),
        (W, "transposed", back(end=lambda dW: dW.T)),
    ],
    exercises.check_leak: [
        (R, "", leak()),
        (R, "", leak_complex),
        (R, "", leak_backward),
        (W, "is forgotten", leak(road=lambda a, v: 0, bent=lambda a, s, W, v: 0)),
        (W, "past the tanh is missing", leak(road=lambda a, v: 0)),
        (W, "through W is missing", leak(bent=lambda a, s, W, v: 0)),
        (W, "in (1 - a) as well", leak(now=lambda n, h: n)),
        (W, "shared out by a:", leak(bent=lambda a, s, W, v: s * (W @ v))),
        (W, "as on the way back", leak(bent=lambda a, s, W, v: a * (W.T @ (s * v)))),
        (W, "no tanh here", leak(slope=lambda n, h: 1 - h * h)),
        (W, "only the last loss", leak(gather=lambda total, part: part)),
        (W, "that of the step before", leak(first=True)),
        (W, "points downhill", lambda *given: -leak()(*given)),
    ],
}
