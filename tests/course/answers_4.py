"""Answers as learners give them, to pages 4 to 7: (verdict, words of the message, answer)."""

import numpy as np

from rnnlib import lstm
from rnnlib.course import exercises

R, W = "right", "wrong"


# 4.1


def central_by_view(f, x, eps):
    y = x[...]
    slopes = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        y[i] += eps
        up = f(y)
        y[i] -= 2 * eps
        slopes[i] = (up - f(y)) / (2 * eps)
    return slopes


def central_by_two_views(f, x, eps):
    slopes = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        y = x[:]
        y[i] += eps
        up, z = f(y), x[:]
        z[i] -= eps
        slopes[i] = (up - f(z)) / (2 * eps)
    return slopes


def central_by_ravel(f, x, eps):
    flat = x.ravel()
    slopes = np.zeros(x.size)
    for i in range(x.size):
        flat[i] += eps
        up = f(x)
        flat[i] -= 2 * eps
        slopes[i] = (up - f(x)) / (2 * eps)
    return slopes.reshape(x.shape)


def central_on_a_copy(f, x, eps):
    slopes = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[i] += eps
        down[i] -= eps
        slopes[i] = (f(up) - f(down)) / eps * 0.5
    return slopes


def central_flat_copy(f, x, eps):
    y = x.ravel().copy()
    out = []
    for i in range(len(y)):
        old = y[i]
        y[i] = old + eps
        up = f(y.reshape(x.shape))
        y[i] = old - eps
        out.append((up - f(y.reshape(x.shape))) / (2 * eps))
        y[i] = old
    return np.reshape(out, x.shape)


def central_two_axes(f, x, eps):
    slopes = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            e = np.zeros(x.shape)
            e[i, j] = eps
            slopes[i, j] = (f(x + e) - f(x - e)) / (2 * eps)
    return slopes


def central_with_nditer(f, x, eps):
    slopes, it = np.zeros_like(x), np.nditer(x, flags=["multi_index"])
    for _ in it:
        e = np.zeros_like(x)
        e[it.multi_index] = eps
        slopes[it.multi_index] = (f(x + e) - f(x - e)) / 2 / eps
    return slopes


def central_for(rule):
    def central(f, x, eps):
        slopes = np.empty(x.shape)
        for i in np.ndindex(*x.shape):
            e = np.zeros(x.shape)
            e[i] = eps
            slopes[i] = rule(f, x, e, eps)
        return slopes

    return central


def central_int(f, x, eps):
    slopes = np.zeros(x.shape, dtype=int)
    for i in np.ndindex(*x.shape):
        e = np.zeros(x.shape)
        e[i] = eps
        slopes[i] = (f(x + e) - f(x - e)) / (2 * eps)
    return slopes


# 4.2


def error_where(a, n):
    top = np.maximum(np.abs(a), np.abs(n)).max()
    return 0.0 if top == 0 else float(np.max(np.abs(a - n))) / top


def error_elementwise_top(a, n):
    if np.array_equal(a, n):
        return 0.0
    return np.abs(a - n).max() / np.abs([a, n]).max()


# 5


def mended(
    clip=0, back=lambda d, dh, W: d @ W, slope=lambda hs, t: 1 - hs[t + 1] ** 2, copy=True, end=lambda a: a
):
    def passed(W_h, hs, dhs):
        delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            dh = dhs[t] + (np.clip(carry, -clip, clip) if clip else carry)
            delta[t] = slope(hs, t) * dh
            carry = back(delta[t], dh, W_h)
        return end(delta)

    return passed


def by_norm(W_h, hs, dhs):
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        norm = np.linalg.norm(carry)
        dh = dhs[t] + (carry if norm <= 5 else 5 * carry / norm)
        delta[t] = (1 - hs[t + 1] ** 2) * dh
        carry = delta[t] @ W_h
    return delta


def ignores_small(W_h, hs, dhs):
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + np.where(np.abs(carry) < 1e-4, 0, carry))
        carry = delta[t] @ W_h
    return delta


def lstm_pass(
    back=lambda dc, f, v: dc * f,
    into=lambda dc, dh, o, tc: dc + dh * o * (1 - tc**2),
    h=lambda d, W: d @ W,
    last=lambda dh, dc, tc, o: dh * tc * o * (1 - o),
    before=0,
    end=lambda a: a,
):
    def passed(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in reversed(range(len(dhs))):
            i, f, g, o = lstm.split(gates[t])
            dh, tc = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = into(dc_next, dh, o, tc)
            delta[t] = np.concatenate(
                [
                    dc * g * i * (1 - i),
                    dc * cs[t + before] * f * (1 - f),
                    dc * i * (1 - g**2),
                    last(dh, dc, tc, o),
                ],
                axis=-1,
            )
            dh_next, dc_next = h(delta[t], W_h), back(dc, f, i)
        return end(delta)

    return passed


# 6.1


def sent_recursive(w_h, hs):
    if len(hs) == 1:
        return np.ones(1)
    rest = sent_recursive(w_h, hs[1:])
    return np.concatenate([[rest[0] * w_h * (1 - hs[1] ** 2)], rest])


def sent_power(w_h, hs):
    T = len(hs) - 1
    slopes = np.array([np.prod(1 - hs[t + 1 :] ** 2) for t in range(T + 1)])
    return w_h ** np.arange(T, -1, -1) * slopes


def sent_overwritten(w_h, hs):
    back = np.zeros(len(hs))
    back[-1] = 1
    for t in range(len(hs) - 1):
        back[t] = back[t + 1] * w_h * (1 - hs[t + 1] ** 2)
    return back


# 6.2


def safe_by_loop(W_h, slope, limit):
    rate = slope * np.linalg.svd(W_h, compute_uv=False)[0]
    if rate >= 1:
        return float("inf")
    k, bound = 0, 1.0
    while bound > limit:
        k, bound = k + 1, bound * rate
    return k


def safe_strict(W_h, slope, limit):
    rate = slope * np.linalg.norm(W_h, 2)
    return np.inf if rate > 1 else np.ceil(np.log(limit) / np.log(rate))


def safe_for(size, late=0):
    def safe(W_h, slope, limit):
        rate = slope * size(W_h)
        return np.inf if rate >= 1 else int(np.ceil(np.log(limit) / np.log(rate))) + late

    return safe


def safe_none(W_h, slope, limit):
    rate = slope * np.linalg.norm(W_h, 2)
    if rate < 1:
        return np.ceil(np.log(limit) / np.log(rate))


def safe_rate(W_h, slope, limit):
    return slope * np.linalg.norm(W_h, 2)


# 6.3

turn = lambda W, a=0.7: (
    np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    @ W
    @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
)
jordan = lambda n, r, c: r * np.eye(n) + c * np.eye(n, k=1)


# 7.1


def pairs_with_masks(T, k1, k2):
    s, t = np.indices((T, T))
    end = np.minimum((s // k1 + 1) * k1, T)
    return (t <= s) & (t >= end - k2)


def pairs_of_ints(T, k1, k2):
    kept = [[0] * T for _ in range(T)]
    for s in range(T):
        end = min(s - s % k1 + k1, T)
        for t in range(max(0, end - k2), s + 1):
            kept[s][t] = 1
    return kept


def pairs_square_chunks(T, k1, k2):
    s, t = np.indices((T, T))
    return (t <= s) & (s // k1 == t // k1)


def pairs_for(rule):
    def pairs(T, k1, k2):
        s, t = np.indices((T, T)) + 1
        return rule(s, t, T, k1, k2)

    return pairs


# 7.2 and 7.3


def chunks_by_slices(W_h, hs, dhs, K):
    out = []
    for start in range(0, len(dhs), K):
        carry, part = 0, []
        for t in reversed(range(start, start + K)):
            d = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
            carry = d @ W_h
            part.append(d)
        out += part[::-1]
    return np.array(out)


def chunks_unreversed(W_h, hs, dhs, K):
    out = []
    for start in range(0, len(dhs), K):
        carry = 0
        for t in reversed(range(start, start + K)):
            d = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
            carry = d @ W_h
            out.append(d)
    return np.array(out)


def chunk_for(
    cut=lambda t, K: (t + 1) % K == 0, back=lambda d, W: d @ W, slope=lambda hs, t: 1 - hs[t + 1] ** 2
):
    def chunks(W_h, hs, dhs, K):
        delta, message = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            if cut(t, K):
                message = np.zeros_like(dhs[0])
            delta[t] = slope(hs, t) * (dhs[t] + message)
            message = back(delta[t], W_h)
        return delta

    return chunks


def random_for(scale=lambda c: 1 / (1 - c), stop=lambda cut, t: cut[t], own=1):
    def deltas(W_h, hs, dhs, cut, c):
        delta = np.zeros_like(dhs)
        delta[-1] = (1 - hs[-1] ** 2) * dhs[-1]
        for t in range(len(dhs) - 2, -1, -1):
            message = 0 if stop(cut, t) else scale(c) * (delta[t + 1] @ W_h)
            delta[t] = (1 - hs[t + 1] ** 2) * (own * dhs[t] + message)
        return delta

    return deltas


def random_drawn(W_h, hs, dhs, cut, c):
    rng = np.random.default_rng()
    return random_for(stop=lambda cut, t: rng.random() < c)(W_h, hs, dhs, cut, c)


def random_all_scaled(W_h, hs, dhs, cut, c):
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        message = 0 if t < len(cut) and cut[t] else carry
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + message) / (1 - c)
        carry = delta[t] @ W_h
    return delta


def random_mask(W_h, hs, dhs, cut, c):
    keep = np.append(~cut, False) / (1 - c)
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + keep[t] * carry)
        carry = delta[t] @ W_h
    return delta


POINT = dict(T=4, B=2, H=2, h0="random", W_h="random", losses="every step")

ANSWERS = {
    exercises.check_central_difference: [
        (R, "", central_on_a_copy),
        (R, "", central_flat_copy),
        (R, "", central_with_nditer),
        (R, "", central_for(lambda f, x, e, eps: (f(x + e) - f(x - e)) / (2 * eps))),
        (W, "x.copy() is a copy", central_by_view),
        (W, "x.copy() is a copy", central_by_ravel),
        (W, "x[:] is no copy", central_by_two_views),
        (W, "for a vector x", central_two_axes),
        (W, "leave out the abs", central_for(lambda f, x, e, eps: abs(f(x + e) - f(x - e)) / (2 * eps))),
        (W, "2 * eps", central_for(lambda f, x, e, eps: (f(x + e) - f(x - 2 * e)) / (3 * eps))),
        (W, "half a step", central_for(lambda f, x, e, eps: (f(x + e / 2) - f(x - e / 2)) / eps)),
        (W, "eps squared", central_for(lambda f, x, e, eps: (f(x + e) - f(x - e)) / eps**2)),
        (W, "second derivative", central_for(lambda f, x, e, eps: (f(x + e) - 2 * f(x) + f(x - e)) / eps**2)),
        (W, "subtract the second", central_for(lambda f, x, e, eps: (f(x + e) + f(x - e)) / (2 * eps))),
        (W, "sign", central_for(lambda f, x, e, eps: (f(x - e) - f(x + e)) / (2 * eps))),
        (W, "dtype int64", central_int),
        (W, "sum of all slopes", lambda f, x, eps: central_on_a_copy(f, x, eps).sum()),
        (W, "x, as it came", lambda f, x, eps: x),
        (
            W,
            "higher order",
            central_for(
                lambda f, x, e, eps: (f(x - 2 * e) - 8 * f(x - e) + 8 * f(x + e) - f(x + 2 * e)) / (12 * eps)
            ),
        ),
    ],
    exercises.check_relative_error: [
        (R, "", error_where),
        (R, "", error_elementwise_top),
        (
            R,
            "",
            lambda a, n: (
                0.0
                if not (a.any() or n.any())
                else np.linalg.norm((a - n).ravel(), np.inf)
                / max(np.linalg.norm(a.ravel(), np.inf), np.linalg.norm(n.ravel(), np.inf))
            ),
        ),
        (
            W,
            "constant in your denominator",
            lambda a, n: np.abs(a - n).max() / max(np.abs(a).max(), np.abs(n).max(), 1e-8),
        ),
        (
            W,
            "constant in your denominator",
            lambda a, n: (
                np.abs(a - n).max() / (np.abs(a).max() + 1e-15)
                if np.abs(a).max() > np.abs(n).max()
                else np.abs(a - n).max() / (np.abs(n).max() + 1e-15)
            ),
        ),
        (
            W,
            "the smaller",
            lambda a, n: np.abs(a - n).max() / min(np.abs(a).max(), np.abs(n).max()) if a.any() else 0.0,
        ),
        (
            W,
            "a sum",
            lambda a, n: np.abs(a - n).sum() / max(np.abs(a).max(), np.abs(n).max()) if a.any() else 0.0,
        ),
        (
            W,
            "squared",
            lambda a, n: ((a - n) ** 2).max() / max(np.abs(a).max(), np.abs(n).max()) if a.any() else 0.0,
        ),
        (
            W,
            "compares lengths",
            lambda a, n: (
                np.linalg.norm(a - n) / max(np.linalg.norm(a), np.linalg.norm(n)) if a.any() else 0.0
            ),
        ),
        (
            W,
            "only the sizes",
            lambda a, n: (
                np.abs(np.abs(a) - np.abs(n)).max() / max(np.abs(a).max(), np.abs(n).max())
                if a.any()
                else 0.0
            ),
        ),
        (W, "not 0/0", lambda a, n: np.abs(a - n).max() / np.maximum(np.abs(a), np.abs(n)).max()),
        (W, "a alone", lambda a, n: np.abs(a - n).max() / np.abs(a).max() if a.any() else 0.0),
        (
            W,
            "mean of both",
            lambda a, n: 2 * np.abs(a - n).max() / (np.abs(a).max() + np.abs(n).max()) if a.any() else 0.0,
        ),
        (W, "True or False", lambda a, n: np.allclose(a, n)),
        (W, "times what it should be", lambda a, n: 100 * error_where(a, n)),
        (
            W,
            "largest of the differences",
            lambda a, n: (
                abs(np.abs(a).max() - np.abs(n).max()) / max(np.abs(a).max(), np.abs(n).max())
                if a.any()
                else 0.0
            ),
        ),
    ],
    exercises.check_point: [
        (R, "no smaller point", lambda: dict(POINT)),
        (R, "sees all 6", lambda: POINT | dict(T=np.int64(7), B=3)),
        (R, "sees all 6", lambda: dict(reversed((POINT | dict(H=20)).items()))),
        (W, "not the missing transpose", lambda: POINT | dict(H=1)),
        (W, "h0 must not be zero", lambda: POINT | dict(h0="zero")),
        (W, "second sequence", lambda: POINT | dict(B=1)),
        (W, "three steps", lambda: POINT | dict(T=2)),
        (W, "three steps", lambda: POINT | dict(T=3, B=20, H=20)),
        (W, "'last step' or 'every step'", lambda: POINT | dict(losses="both")),
        (W, "whole number from 1 to 20", lambda: POINT | dict(T=100)),
        (W, "whole number", lambda: POINT | dict(B="2")),
        (W, "keys", lambda: list(POINT.values())),
        (W, "keys", lambda: {k: v for k, v in POINT.items() if k != "B"}),
        (W, "not the missing transpose", lambda: POINT | dict(W_h="symmetric")),
    ],
    exercises.check_right_at_last: [
        (R, "", mended()),
        (R, "", mended(end=lambda a: a.tolist())),
        (R, "", mended(back=lambda d, dh, W: np.einsum("bi,ij->bj", d, W))),
        (W, "W_h stands in the carry", mended(back=lambda d, dh, W: d @ W.T)),
        (W, "slope of the tanh is missing", mended(slope=lambda hs, t: 1.0)),
        (W, "1 - h_(t-1)^2", mended(slope=lambda hs, t: 1 - hs[t] ** 2)),
        (W, "squashed once more", mended(slope=lambda hs, t: 1 - np.tanh(hs[t + 1]) ** 2)),
        (W, "nothing is carried back", mended(back=lambda d, dh, W: 0 * d)),
        (W, "forgets W_h", mended(back=lambda d, dh, W: d)),
        (W, "reverse", mended(end=lambda a: a[::-1])),
        (W, "sign", mended(end=np.negative)),
        (W, "linear in dhs", mended(clip=20)),
        (W, "not linear", by_norm),
        (W, "without its square", mended(slope=lambda hs, t: 1 - hs[t + 1])),
        (W, "the activation itself", mended(slope=lambda hs, t: hs[t + 1])),
    ],
    exercises.check_lstm_found: [
        (R, "", lstm_pass()),
        (R, "", lstm_pass(end=lambda a: a.tolist())),
        (R, "", lstm_pass(h=lambda d, W: (W.T @ d.T).T)),
        (W, "forgets f", lstm_pass(back=lambda dc, f, i: dc)),
        (W, "dc_next is dropped", lstm_pass(back=lambda dc, f, i: 0 * dc)),
        (W, "gate i for f", lstm_pass(back=lambda dc, f, i: i * dc)),
        (W, "carried dc too", lstm_pass(into=lambda dc, dh, o, tc: (dc + dh * o) * (1 - tc**2))),
        (W, "o is missing", lstm_pass(into=lambda dc, dh, o, tc: dc + dh * (1 - tc**2))),
        (W, "is missing", lstm_pass(into=lambda dc, dh, o, tc: dc + dh * o)),
        (W, "c_t stands where c_(t-1)", lstm_pass(before=1)),
        (W, "starts from dc", lstm_pass(last=lambda dh, dc, tc, o: dc * tc * o * (1 - o))),
        (W, "dh_next is dropped", lstm_pass(h=lambda d, W: 0)),
        (W, "reverse", lstm_pass(end=lambda a: a[::-1])),
        (W, "linear in dhs", lstm_pass(h=lambda d, W: np.clip(d @ W, -50, 50))),
        (W, "not linear", lstm_pass(h=lambda d, W: np.clip(d @ W, -0.5, 0.5))),
        (W, "sign", lstm_pass(end=np.negative)),
        (W, "product", lstm_pass(h=lambda d, W: d @ W.T)),
    ],
    exercises.check_by_author: [
        (R, "", mended()),
        (R, "", mended(end=lambda a: a.copy())),
        (R, "", mended(back=lambda d, dh, W: (d[:, None] @ W)[:, 0])),
        (W, "clipped to ±1", mended(clip=1)),
        (W, "a thousand times larger", mended(clip=10)),
        (W, "linear", mended(clip=100)),
        (W, "linear", by_norm),
        (W, "linear", ignores_small),
        (W, "W_h^T takes dh back", mended(back=lambda d, dh, W: dh @ W)),
        (W, "W_h stands in the carry", mended(back=lambda d, dh, W: d @ W.T)),
        (W, "nothing is carried back", mended(back=lambda d, dh, W: 0 * d)),
        (W, "slope of the tanh", mended(slope=lambda hs, t: 1.0)),
        (W, "reverse", mended(end=lambda a: a[::-1])),
    ],
    exercises.check_sent_back: [
        (R, "", sent_recursive),
        (R, "", sent_power),
        (R, "", lambda w, hs: list(sent_power(w, hs))),
        (W, "begin at T", sent_overwritten),
        (W, "divides by it", lambda w, hs: sent_recursive(1 / w, hs)),
        (W, "squared", lambda w, hs: sent_recursive(w**2, hs)),
        (W, "keep the sign", lambda w, hs: sent_recursive(abs(w), hs)),
        (W, "dh_T/dh_0 alone", lambda w, hs: sent_recursive(w, hs)[0]),
        (W, "h_0 has one too", lambda w, hs: sent_recursive(w, hs)[1:]),
        (
            W,
            "not h (1 - h)",
            lambda w, hs: np.append(np.cumprod((w * hs[1:] * (1 - hs[1:]))[::-1])[::-1], 1.0),
        ),
        (W, "not 1 - h.", lambda w, hs: np.append(np.cumprod((w * (1 - hs[1:]))[::-1])[::-1], 1.0)),
        (W, "once for each step", lambda w, hs: np.append(w * sent_recursive(1.0, hs)[:-1], 1.0)),
        (W, "factors alone", lambda w, hs: np.append(w * (1 - hs[1:] ** 2), 0.0)),
        (W, "axis of length 1 too many", lambda w, hs: sent_recursive(w, hs)[None]),
        (W, "logarithm", lambda w, hs: np.log(np.abs(sent_recursive(w, hs)))),
        (W, "no index", lambda w, hs: np.array([np.prod(w * (1 - hs[t + 1] ** 2)) for t in range(len(hs))])),
    ],
    exercises.check_safe_steps: [
        (R, "", safe_by_loop),
        (R, "", safe_for(lambda W: np.linalg.norm(W, ord=2))),
        (R, "", safe_for(lambda W: np.sqrt(np.linalg.eigvalsh(W.T @ W).max()))),
        (W, "exactly 1", safe_strict),
        (W, "row sum or column sum", safe_for(lambda W: np.linalg.norm(W, np.inf))),
        (W, "largest entry", safe_for(lambda W: np.abs(W).max())),
        (W, "Frobenius", safe_for(lambda W: np.sqrt((W**2).sum()))),
        (W, "eigenvalues promise nothing", safe_for(lambda W: np.abs(np.linalg.eigvals(W)).max())),
        (W, "a step earlier", safe_for(lambda W: np.linalg.norm(W, 2), 1)),
        (W, "slope * norm: in how many", safe_rate),
        (W, "np.inf", safe_none),
        (W, "smallest singular", safe_for(lambda W: np.linalg.norm(W, -2))),
        (W, "k", lambda W, slope, limit: (slope * np.linalg.norm(W, 2)) ** limit),
        (
            W,
            "still above",
            lambda W, s, limit: (
                np.inf
                if s * np.linalg.norm(W, 2) >= 1
                else int(np.log(limit) / np.log(s * np.linalg.norm(W, 2)))
            ),
        ),
        (W, "True or False", lambda W, s, limit: True),
    ],
    exercises.check_long_memory: [
        (R, "", lambda: turn(jordan(2, 0.9, 5.0))),
        (R, "", lambda: turn(jordan(2, 0.9, 5.0), 2.1)),
        (R, "", lambda: [[0.9, 0], [200, -0.5]]),
        (R, "", lambda: jordan(8, 0.5, 4.0).T),
        (R, "", lambda: np.array([[0.9, 40.0, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, -0.9]])),
        (W, "does not help", lambda: np.array([[-0.9, 1000.0], [0.0, 0.9]])),
        (W, "modulus 0.95", lambda: turn(jordan(2, 0.95, 5.0))),
        (W, "modulus 1", lambda: jordan(2, 1.0, 5.0)),
        (W, "enlarge", lambda: jordan(2, 0.9, 1.0)),
        (W, "enlarge", lambda: np.array([[0.9, 3.0], [0.0, 0.0]])),
        (W, "normal", lambda: turn(np.diag([0.9, -0.9]))),
        (W, "nothing is left", lambda: jordan(4, 0.0, 9.0)),
        (W, "modulus", lambda: np.full((3, 3), 0.9)),
        (W, "square", lambda: np.array([0.9, 5.0])),
        (W, "nan or inf", lambda: np.array([[0.9, np.inf], [0.0, 0.9]])),
        (W, "modulus 0.901", lambda: jordan(2, 0.901, 5.0)),
        (W, "square", lambda: "0.9"),
        (W, "normal", lambda: np.zeros((2, 2))),
    ],
    exercises.check_kept_pairs: [
        (R, "", pairs_with_masks),
        (R, "", pairs_of_ints),
        (W, "first of their k1 losses", pairs_square_chunks),
        (W, "own step only", pairs_for(lambda s, t, T, k1, k2: s == t)),
        (W, "k1 and k2 are exchanged", pairs_for(lambda s, t, T, k1, k2: (t <= s) & (s - t < k1))),
        (W, "not from each loss", pairs_for(lambda s, t, T, k1, k2: (t <= s) & (s - t < k2))),
        (
            W,
            "one step too many",
            pairs_for(
                lambda s, t, T, k1, k2: (
                    (t <= s) & (s - t <= k2) & (t >= np.minimum(((s - 1) // k1 + 1) * k1, T) - k2)
                )
            ),
        ),
        (W, "row s is the loss", lambda T, k1, k2: pairs_with_masks(T, k1, k2).T),
        (W, "opposite", lambda T, k1, k2: ~pairs_with_masks(T, k1, k2)),
        (
            W,
            "last run",
            lambda T, k1, k2: pairs_with_masks(T, k1, k2) & (np.arange(T) < T // k1 * k1)[:, None],
        ),
        (W, "no later step", lambda T, k1, k2: pairs_with_masks(T, k1, k2) | pairs_with_masks(T, k1, k2).T),
        (W, "same number everywhere", lambda T, k1, k2: np.ones((T, T), bool)),
        (W, "all zero", lambda T, k1, k2: np.zeros((T, T), bool)),
        (W, "reversed order", lambda T, k1, k2: pairs_with_masks(T, k1, k2)[::-1]),
        (W, "return the table", lambda T, k1, k2: np.argwhere(pairs_with_masks(T, k1, k2))),
        (W, "T=5", lambda T, k1, k2: pairs_with_masks(T, 3, 5)),
    ],
    exercises.check_chunk_deltas: [
        (R, "", chunks_by_slices),
        (R, "", chunk_for()),
        (R, "", lambda *a: list(chunks_by_slices(*a))),
        (W, "in other places", chunks_unreversed),
        (W, "one step too late", chunk_for(cut=lambda t, K: t % K == 0)),
        (W, "nothing is cut", chunk_for(cut=lambda t, K: False)),
        (W, "all is cut", chunk_for(cut=lambda t, K: True)),
        (W, "only the first joint", chunk_for(cut=lambda t, K: t == K - 1)),
        (W, "exchanged", chunk_for(cut=lambda t, K: (t + 1) % K != 0)),
        (W, "W_h is missing", chunk_for(back=lambda d, W: d)),
        (W, "W_h^T", chunk_for(back=lambda d, W: d @ W.T)),
        (W, "already tanh", chunk_for(slope=lambda hs, t: 1 - np.tanh(hs[t + 1]) ** 2)),
        (W, "that of a σ", chunk_for(slope=lambda hs, t: hs[t + 1] * (1 - hs[t + 1]))),
        (W, "two changes", chunk_for(cut=lambda t, K: False, back=lambda d, W: d @ W.T)),
        (W, "K=2", chunk_for(cut=lambda t, K: (t + 1) % 3 == 0)),
        (W, "subtracted", chunk_for(back=lambda d, W: -(d @ W))),
    ],
    exercises.check_random_deltas: [
        (R, "", random_for()),
        (R, "", random_mask),
        (R, "", lambda *a: random_mask(*a).tolist()),
        (W, "random numbers", random_drawn),
        (W, "multiplied by c", random_for(lambda c: c)),
        (W, "root", random_for(lambda c: (1 - c) ** -0.5)),
        (W, "c=0.6", random_for(lambda c: 1 / 0.7)),
        (W, "nothing makes up", random_for(lambda c: 1.0)),
        (W, "divided by c", random_for(lambda c: 1 / c)),
        (W, "exchanged", random_for(stop=lambda cut, t: not cut[t])),
        (W, "one row off", random_for(stop=lambda cut, t: t > 0 and cut[t - 1])),
        (W, "every delta is scaled", random_all_scaled),
        (W, "only the last loss counts", random_for(own=0)),
        (W, "reversed order", lambda W_h, hs, dhs, cut, c: random_for()(W_h, hs, dhs, cut, c)[::-1]),
        (
            W,
            "in the end",
            lambda W_h, hs, dhs, cut, c: random_for(lambda c: 1.0)(W_h, hs, dhs, cut, c) / (1 - c),
        ),
        (
            W,
            "no index",
            lambda W_h, hs, dhs, cut, c: np.array([0 if cut[t] else dhs[t] for t in range(len(dhs))]),
        ),
    ],
}
