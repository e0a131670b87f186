"""Answers as learners give them, to pages 0 to 3: (verdict, words of the message, answer)."""

import math

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


# 0.2


def count_by_shapes(D, H, K):
    shapes = [(H, D), (H, H), (H,), (K, H), (K,)]
    return sum(math.prod(s) for s in shapes)


def counted_too_slowly(D, H, K):
    n = 0
    for _ in range(H):
        n += D + H + 1
    for _ in range(K):
        n += H + 1
    return n


# 1.1


def step_in_columns(W_x, W_h, b, x, h):
    return np.tanh(W_x @ x.T + W_h @ h.T + b).T


def step_by_loops(W_x, W_h, b, x, h):
    z = np.zeros(len(b))
    for i in range(len(b)):
        z[i] = b[i]
        for j in range(len(x)):
            z[i] += W_x[i, j] * x[j]
        for j in range(len(h)):
            z[i] += W_h[i, j] * h[j]
    return np.tanh(z)


def step_with_einsum(W_x, W_h, b, x, h):
    return np.tanh(np.einsum("ij,...j->...i", W_x, x) + np.einsum("ij,...j->...i", W_h, h) + b)


def step_with_exp(W_x, W_h, b, x, h):
    z = x @ W_x.T + h @ W_h.T + b
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def step_with_page_tanh(W_x, W_h, b, x, h):
    z = x @ W_x.T + h @ W_h.T + b
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) - np.exp(-z))


def step_with_linear_tanh(W_x, W_h, b, x, h):
    z = x @ W_x.T + h @ W_h.T + b
    return z - z**3 / 3


def step_concatenated(W_x, W_h, b, x, h):
    return np.tanh(np.concatenate([x, h], axis=-1) @ np.concatenate([W_x, W_h], axis=1).T + b)


def step_concatenated_wrong(W_x, W_h, b, x, h):
    return np.tanh(np.concatenate([h, x], axis=-1) @ np.concatenate([W_x, W_h], axis=1).T + b)


def step_drawn(W_x, W_h, b, x, h):
    h = np.random.default_rng().normal(size=h.shape)
    return np.tanh(x @ W_x.T + h @ W_h.T + b)


# 1.2


def forward_preallocated(W_x, W_h, b, W_y, b_y, xs, h_0):
    T, B, _ = xs.shape
    hs = np.empty((T + 1, B, len(b)))
    hs[0] = h_0
    for t in range(1, T + 1):
        hs[t] = np.tanh(xs[t - 1] @ W_x.T + hs[t - 1] @ W_h.T + b)
    return hs, np.stack([h @ W_y.T + b_y for h in hs[1:]])


def forward_off_by_one(W_x, W_h, b, W_y, b_y, xs, h_0):
    T, B, _ = xs.shape
    hs = np.zeros((T + 1, B, len(b)))
    hs[0] = h_0
    for t in range(1, T):
        hs[t] = np.tanh(xs[t] @ W_x.T + hs[t - 1] @ W_h.T + b)
    return hs, hs[1:] @ W_y.T + b_y


def forward_last_missing(W_x, W_h, b, W_y, b_y, xs, h_0):
    T, B, _ = xs.shape
    hs = np.zeros((T + 1, B, len(b)))
    hs[0] = h_0
    for t in range(1, T):
        hs[t] = np.tanh(xs[t - 1] @ W_x.T + hs[t - 1] @ W_h.T + b)
    return hs, hs[1:] @ W_y.T + b_y


def forward_for(change):
    """Return a forward pass in which change says what differs."""

    def forward(W_x, W_h, b, W_y, b_y, xs, h_0):
        hs = [h_0]
        for x in xs:
            hs.append(np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
        hs = np.array(hs)
        return change(hs, hs[1:] @ W_y.T + b_y)

    return forward


def forward_batch_first(W_x, W_h, b, W_y, b_y, xs, h_0):
    hs = [h_0]
    for x in xs:
        hs.append(np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
    hs = np.stack(hs, axis=1)
    return hs, hs[:, 1:] @ W_y.T + b_y


def forward_one_sequence(W_x, W_h, b, W_y, b_y, xs, h_0):
    hs = [h_0]
    for x in xs:
        hs.append(np.tanh(W_x @ x + W_h @ hs[-1] + b))
    return np.array(hs), np.array([W_y @ h + b_y for h in hs[1:]])


def forward_fed_back(W_x, W_h, b, W_y, b_y, xs, h_0):
    hs = [h_0]
    for x in xs:
        hs.append(hs[-1] + np.tanh(x @ W_x.T + hs[-1] @ W_h.T + b))
    hs = np.array(hs)
    return hs, hs[1:] @ W_y.T + b_y


# 2.1


def softmax(o):
    e = np.exp(o - o.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def loss_by_loops(logits, ids):
    total = 0.0
    for t in range(ids.shape[0]):
        for n in range(ids.shape[1]):
            o = logits[t, n]
            total += np.log(np.exp(o - o.max()).sum()) + o.max() - o[ids[t, n]]
    return total


def loss_by_logsumexp(logits, ids):
    lse = np.logaddexp.reduce(logits, axis=-1)
    return (lse - np.take_along_axis(logits, ids[..., None], axis=-1)[..., 0]).sum()


def loss_one_hot(logits, ids):
    y = np.eye(logits.shape[-1])[ids]
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return -(y * (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))).sum()


def loss_global(logits, ids):
    shifted = logits - logits.max()
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(log_p, ids[..., None], axis=-1).sum()


def loss_stable_log(logits, ids):
    return -np.log(np.take_along_axis(softmax(logits), ids[..., None], axis=-1)).sum()


def loss_eps(logits, ids):
    return -np.log(np.take_along_axis(softmax(logits), ids[..., None], axis=-1) + 1e-12).sum()


def loss_squared(logits, ids):
    return ((softmax(logits) - np.eye(logits.shape[-1])[ids]) ** 2).sum()


def loss_binary(logits, ids):
    p, y = softmax(logits), np.eye(logits.shape[-1])[ids]
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum()


def loss_indexed(logits, ids):
    return -np.log(softmax(logits)[..., ids]).sum()


def loss_first_step(logits, ids):
    return loss_by_loops(logits[:1], ids[:1])


def loss_perplexity(logits, ids):
    return np.exp(loss_by_loops(logits, ids) / ids.size)


# 2.2


def error_one_hot(p, ids):
    return p - np.eye(p.shape[1])[ids]


def error_by_loop(p, ids):
    rows = []
    for row, k in zip(p, ids):
        row = row.copy()
        row[k] -= 1
        rows.append(row)
    return rows


def error_put(p, ids):
    out = p.copy()
    np.put_along_axis(out, ids[:, None], np.take_along_axis(p, ids[:, None], 1) - 1, axis=1)
    return out


def error_view(p, ids):
    out = p[:]
    out[np.arange(len(ids)), ids] -= 1
    return out


# 2.3


def readout_by_loops(dos, hs):
    dW, db = np.zeros((dos.shape[-1], hs.shape[-1])), np.zeros(dos.shape[-1])
    for t in range(len(dos)):
        for n in range(dos.shape[1]):
            dW += np.outer(dos[t, n], hs[t, n])
            db += dos[t, n]
    return dW, db


# 3.2


def deltas_from_list(W_h, hs, dhs):
    out, carry = [], 0
    for h, dh in zip(hs[:0:-1], dhs[::-1]):
        d = (1 - h * h) * (dh + carry)
        out.insert(0, d)
        carry = d @ W_h
    return np.array(out)


def deltas_for(
    order=lambda T: reversed(range(T)), clip=None, keep=lambda d: d, back=lambda d, W: d @ W, end=lambda a: a
):
    """Return a recursion in which the options say what differs."""

    def deltas(W_h, hs, dhs):
        delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in order(len(dhs)):
            if clip:
                carry = np.clip(carry, -clip, clip)
            delta[t] = keep((1 - hs[t + 1] ** 2) * (dhs[t] + carry))
            carry = back(delta[t], W_h)
        return end(delta)

    return deltas


ANSWERS = {
    exercises.check_from_keras: [
        (R, "", lambda k, r, b: [k.transpose(), np.swapaxes(r, 0, 1), b.copy()]),
        (R, "", lambda k, r, b: (np.einsum("dh->hd", k), r.T, b)),
        (W, "W_x is stored (in, out)", lambda k, r, b: (k, r, b)),
        (W, "W_h is stored", lambda k, r, b: (k.T, r, b)),
        (W, "reshape", lambda k, r, b: (k.reshape(k.shape[1], k.shape[0]), r.T, b)),
        (W, "another order", lambda k, r, b: (r.T, k.T, b)),
        (W, "axis of length 1 too many", lambda k, r, b: (k.T, r.T, b[None])),
        (W, "axis of length 1 too many", lambda k, r, b: (k.T, r.T, b[:, None])),
        (W, "W_x, W_h, b; got a tuple of 2", lambda k, r, b: (k.T, r.T)),
        (W, "three", lambda k, r, b: {"W_x": k.T, "W_h": r.T, "b": b}),
        (W, "all zero", lambda k, r, b: (k.T, r.T, np.zeros_like(b))),
        (W, "minus", lambda k, r, b: (k.T, r.T, -b)),
        (W, "W_h", lambda k, r, b: (k.T, np.linalg.inv(r), b)),
        (W, "twice", lambda k, r, b: (k.T, r.T, b + b)),
    ],
    exercises.check_parameters: [
        (R, "", count_by_shapes),
        (R, "", counted_too_slowly),
        (R, "", lambda D, H, K: H * (D + H + 1) + K * (H + 1)),
        (R, "", lambda D, H, K: float((D + H + 1) * H + (H + 1) * K)),
        (W, "biases are missing", lambda D, H, K: H * (D + H) + K * H),
        (W, "input matrix W_x", lambda D, H, K: H * H + H + K * H + K),
        (W, "four gates", lambda D, H, K: 4 * H * (D + H + 1) + K * (H + 1)),
        (W, "(K, H), not (K, D)", lambda D, H, K: H * D + H * H + H + K * D + K),
        (W, "H numbers too many", lambda D, H, K: H * (D + H + 1) + K * (H + 1) + H),
        (W, "(H, H), not (H, D)", lambda D, H, K: 2 * H * D + H + K * (H + 1)),
        (W, "not one number", lambda D, H, K: H * (D + H) + K * H + 2),
        (W, "does not follow from the arguments", lambda D, H, K: 11 * 5 + 121),
        (W, "the sizes of the axes alone do not tell", lambda D, H, K: D + H + K),
        (W, "off by the same number at every point, +7", lambda D, H, K: H * (D + H + 1) + K * (H + 1) + 7),
        (W, "tuple of 3", lambda D, H, K: (H * D, H * H, K * H)),
    ],
    exercises.check_step: [
        (R, "", step_with_einsum),
        (R, "", step_concatenated),
        (R, "", step_with_exp),
        (R, "", lambda W_x, W_h, b, x, h: np.tanh(np.dot(x, W_x.T) + np.dot(h, W_h.T) + b)),
        (W, "in `W_x @ x.T + W_h @ h.T + b`, shapes", step_in_columns),
        (W, "for a batch (B, D)", step_by_loops),
        (W, "same number everywhere", step_with_page_tanh),
        (W, "h_t", step_with_linear_tanh),
        (W, "in one order", step_concatenated_wrong),
        (W, "random", step_drawn),
        (W, "subtracted", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T - b)),
        (W, "rectifier", lambda W_x, W_h, b, x, h: np.maximum(0, x @ W_x.T + h @ W_h.T + b)),
        (W, "one by one", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T) + np.tanh(h @ W_h.T) + b),
        (W, "old state is added", lambda W_x, W_h, b, x, h: h + np.tanh(x @ W_x.T + h @ W_h.T + b)),
        (W, "two changes", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h)),
        (W, "number 1 is right", lambda W_x, W_h, b, x, h: (np.tanh(x @ W_x.T + h @ W_h.T + b), h)),
        (W, "one number", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T + b).sum()),
        (W, "math's do not", lambda W_x, W_h, b, x, h: math.tanh(x @ W_x.T + h @ W_h.T + b)),
        (W, "comma", lambda W_x, W_h, b, x, h: (np.tanh(x @ W_x.T + h @ W_h.T + b),)),
        (W, "float32", lambda W_x, W_h, b, x, h: np.tanh(x @ W_x.T + h @ W_h.T + b).astype(np.float32)),
        (W, "the argument h", lambda W_x, W_h, b, x, h: h),
    ],
    exercises.check_forward: [
        (R, "", forward_preallocated),
        (R, "", forward_for(lambda hs, o: [hs, o])),
        (R, "", forward_for(lambda hs, o: (list(hs), o))),
        (W, "zero at the last row", forward_off_by_one),
        (W, "last row", forward_last_missing),
        (W, "another order", forward_for(lambda hs, o: (o, hs))),
        (W, "the last step only", forward_for(lambda hs, o: (hs, o[-1]))),
        (W, "squashed", forward_for(lambda hs, o: (hs, np.tanh(o)))),
        (W, "two arrays: hs, outputs; got a tuple of 3", forward_for(lambda hs, o: (hs, o, hs[-1]))),
        (W, "two arrays", forward_for(lambda hs, o: hs)),
        (W, "axes in the order (1, 0, 2)", forward_batch_first),
        (W, "product", forward_one_sequence),
        (W, "hs", forward_fed_back),
        (W, "row 0 of hs is missing", forward_for(lambda hs, o: (hs[1:], o))),
        (W, "reversed", forward_for(lambda hs, o: (hs, o[::-1]))),
        (W, "summed over the sequences", forward_for(lambda hs, o: (hs, o.sum(axis=1)))),
        (W, "before the softmax", forward_for(lambda hs, o: (hs, softmax(o)))),
    ],
    exercises.check_total_loss: [
        (R, "", loss_by_loops),
        (R, "", loss_by_logsumexp),
        (R, "", loss_one_hot),
        (W, "one maximum for all rows", loss_global),
        (W, "p itself is then 0", loss_stable_log),
        (W, "small number beside p", loss_eps),
        (W, "squared error", loss_squared),
        (W, "two classes", loss_binary),
        (W, "take_along_axis", loss_indexed),
        (W, "only the first step", loss_first_step),
        (W, "exp of the loss", loss_perplexity),
        (W, "mean over steps and sequences", lambda o, ids: loss_by_loops(o, ids) / ids.size),
        (W, "decimal", lambda o, ids: loss_by_loops(o, ids) / np.log(10)),
        (W, "all classes", lambda o, ids: -np.log(softmax(o)).sum()),
        (W, "use ids", lambda o, ids: loss_by_loops(o, o.argmax(axis=-1))),
        (W, "half of", lambda o, ids: loss_by_loops(o, ids) / 2),
        (
            W,
            "at once",
            lambda o, ids: (
                -np.log(
                    softmax(o.ravel()).reshape(o.shape)[
                        np.arange(len(o))[:, None], np.arange(o.shape[1]), ids
                    ]
                ).sum()
            ),
        ),
    ],
    exercises.check_output_error: [
        (R, "", error_one_hot),
        (R, "", error_by_loop),
        (R, "", error_put),
        (W, "a copy", error_view),
        (W, "downhill", lambda p, ids: np.eye(p.shape[1])[ids] - p),
        (W, "this is y", lambda p, ids: np.eye(p.shape[1])[ids]),
        (W, "1 is subtracted everywhere", lambda p, ids: p - 1),
        (W, "number of the class", lambda p, ids: p - ids[:, None]),
        (W, "first sequence", lambda p, ids: p - np.eye(p.shape[1])[ids] * (np.arange(len(p)) == 0)[:, None]),
        (W, "set to a number", lambda p, ids: np.where(np.eye(p.shape[1])[ids] == 1, 0, p)),
        (W, "is the square", lambda p, ids: (p - np.eye(p.shape[1])[ids]) ** 2),
        (W, "summed over", lambda p, ids: (p - np.eye(p.shape[1])[ids]).sum(axis=0)),
        (W, "transposed", lambda p, ids: (p - np.eye(p.shape[1])[ids]).T),
        (W, "do not fit", lambda p, ids: p - ids),
        (W, "mean over the batch", lambda p, ids: (p - np.eye(p.shape[1])[ids]) / len(p)),
        (W, "a factor too many: p", lambda p, ids: p * (p - np.eye(p.shape[1])[ids])),
    ],
    exercises.check_readout_gradient: [
        (R, "", readout_by_loops),
        (R, "", lambda d, h: (np.tensordot(d, h, ((0, 1), (0, 1))), d.sum((0, 1)))),
        (R, "", lambda d, h: [np.einsum("tbk,tbh->kh", d, h), np.einsum("tbk->k", d)]),
        (W, "dW_y is transposed", lambda d, h: (np.einsum("tbk,tbh->hk", d, h), d.sum((0, 1)))),
        (W, "sum of the states", lambda d, h: (np.einsum("tbk,tbh->kh", d, h), h.sum((0, 1)))),
        (W, "before the product", lambda d, h: (np.outer(d.sum((0, 1)), h.sum((0, 1))), d.sum((0, 1)))),
        (W, "only the first step", lambda d, h: (np.einsum("bk,bh->kh", d[0], h[0]), d[0].sum(0))),
        (
            W,
            "only the first sequence",
            lambda d, h: (np.einsum("tk,th->kh", d[:, 0], h[:, 0]), d.sum((0, 1))),
        ),
        (W, "mean over the batch", lambda d, h: (np.einsum("tbk,tbh->kh", d, h), d.mean(1).sum(0))),
        (W, "add up the classes", lambda d, h: (np.einsum("tbk,tbh->kh", d, h), d.sum())),
        (W, "another order", lambda d, h: (d.sum((0, 1)), np.einsum("tbk,tbh->kh", d, h))),
        (W, "wrong sign", lambda d, h: (-np.einsum("tbk,tbh->kh", d, h), -d.sum((0, 1)))),
        (W, "two arrays", lambda d, h: np.einsum("tbk,tbh->kh", d, h)),
        (W, "product", lambda d, h: (d.T @ h, d.sum((0, 1)))),
        (W, "h_t itself", lambda d, h: (np.einsum("tbk,tbh->kh", d, h**2), d.sum((0, 1)))),
        (W, "h_t itself", lambda d, h: (np.einsum("tbk,tbh->kh", d, 1 - h**2), d.sum((0, 1)))),
    ],
    exercises.check_three_deltas: [
        (
            R,
            "",
            lambda h, e, w: np.array(
                [
                    (1 - h[0] ** 2) * (e[0] + w * (1 - h[1] ** 2) * (e[1] + w * (1 - h[2] ** 2) * e[2])),
                    (1 - h[1] ** 2) * (e[1] + w * (1 - h[2] ** 2) * e[2]),
                    (1 - h[2] ** 2) * e[2],
                ]
            ),
        ),
        (
            R,
            "",
            lambda h, e, w: [
                float(d)
                for d in deltas_from_list(np.array([[w]]), np.array([(0, *h)]).T, np.array([e]).T)[:, 0]
            ],
        ),
        *(
            (W, words, lambda h, e, w, f=f: f(h, e, w, *(1 - np.square(h)), (1 - h[2] ** 2) * e[2]))
            for words, f in [
                (
                    "another order",
                    lambda h, e, w, s, r, q, d: (d, r * (e[1] + w * d), s * (e[0] + w * r * (e[1] + w * d))),
                ),
                ("only the loss of the last", lambda h, e, w, s, r, q, d: (s * w * r * w * d, r * w * d, d)),
                (
                    "counted twice",
                    lambda h, e, w, s, r, q, d: (
                        s * (e[0] + w * (r * (e[1] + w * d) + d)),
                        r * (e[1] + w * d),
                        d,
                    ),
                ),
                (
                    "its own loss e_1",
                    lambda h, e, w, s, r, q, d: (s * w * r * (e[1] + w * d), r * (e[1] + w * d), d),
                ),
                (
                    "delta_1 hears from step 3",
                    lambda h, e, w, s, r, q, d: (s * (e[0] + w * d), r * (e[1] + w * d), d),
                ),
                (
                    "own loss only",
                    lambda h, e, w, s, r, q, d: (s * e[0] + w * (r * e[1] + w * d), r * e[1] + w * d, d),
                ),
                (
                    "step 2 sends back",
                    lambda h, e, w, s, r, q, d: (s * (e[0] + r * (e[1] + w * d)), r * (e[1] + w * d), d),
                ),
                (
                    "divided by w_h",
                    lambda h, e, w, s, r, q, d: (s * (e[0] + r * (e[1] + d / w) / w), r * (e[1] + d / w), d),
                ),
                (
                    "subtracted",
                    lambda h, e, w, s, r, q, d: (s * (e[0] - w * r * (e[1] - w * d)), r * (e[1] - w * d), d),
                ),
                (
                    "nothing is carried back to step 1",
                    lambda h, e, w, s, r, q, d: (s * e[0], r * (e[1] + w * d), d),
                ),
                (
                    "delta_1 has the slope of step 2",
                    lambda h, e, w, s, r, q, d: (r * (e[0] + w * r * (e[1] + w * d)), r * (e[1] + w * d), d),
                ),
                (
                    "w_h delta_2; w_h is there twice",
                    lambda h, e, w, s, r, q, d: (
                        s * (e[0] + w**2 * r * (e[1] + w * d)),
                        r * (e[1] + w * d),
                        d,
                    ),
                ),
                ("three", lambda h, e, w, s, r, q, d: (r * (e[1] + w * d), d)),
                (
                    "1 - h_t",
                    lambda h, e, w, s, r, q, d: (
                        (1 - h[0]) * (e[0] + w * (1 - h[1]) * (e[1] + w * d)),
                        (1 - h[1]) * (e[1] + w * d),
                        d,
                    ),
                ),
            ]
        ),
    ],
    exercises.check_deltas: [
        (R, "", deltas_from_list),
        (R, "", deltas_for(end=lambda a: a.tolist())),
        (R, "", deltas_for(back=lambda d, W: np.einsum("bi,ij->bj", d, W))),
        (R, "", deltas_for(back=lambda d, W: (W.T @ d.T).T)),
        (W, "reverse order", deltas_for(end=lambda a: a[::-1])),
        (W, "linear", deltas_for(clip=100)),
        (W, "dhs", deltas_for(clip=10)),
        (W, "forward in time", deltas_for(order=range)),
        (W, "summed over the batch", deltas_for(end=lambda a: a.sum(axis=1))),
        (W, "time and batch are exchanged", deltas_for(end=lambda a: a.swapaxes(0, 1))),
        (W, "wrong sign at every step", deltas_for(keep=lambda d: -d)),
        (W, "what is carried back has the wrong sign", deltas_for(back=lambda d, W: -(d @ W))),
        (W, "if W_h were half as large", deltas_for(back=lambda d, W: d @ W / 2)),
        (W, "the diagonal of W_h", deltas_for(back=lambda d, W: d * np.diag(W))),
        (W, "mean over the 4 sequences", deltas_for(end=lambda a: a / a.shape[1])),
        (W, "leaves out the first step", deltas_for(order=lambda T: reversed(range(1, T)))),
        (W, "product", deltas_for(back=lambda d, W: W @ d)),
        (W, "float32", deltas_for(end=lambda a: a.astype(np.float32))),
        (W, "first row is missing", deltas_for(end=lambda a: a[1:])),
    ],
    exercises.check_recurrent_gradient: [
        (R, "", lambda d, hs: np.einsum("tbi,tbj->ij", d, hs[:-1])),
        (
            R,
            "",
            lambda d, hs: sum(np.outer(d[t, n], hs[t, n]) for t in range(len(d)) for n in range(d.shape[1])),
        ),
        (R, "", lambda d, hs: np.tensordot(d, hs[:-1], axes=([0, 1], [0, 1]))),
        (R, "", lambda d, hs: (d.swapaxes(1, 2) @ hs[:-1]).sum(axis=0)),
        (W, "transposed", lambda d, hs: np.einsum("tbi,tbj->ji", d, hs[:-1])),
        (W, "h_t stands where", lambda d, hs: np.einsum("tbi,tbj->ij", d, hs[1:])),
        (W, "zeros stand for h0", lambda d, hs: np.einsum("tbi,tbj->ij", d[1:], hs[1:-1])),
        (W, "yours is its slope", lambda d, hs: np.einsum("tbi,tbj->ij", d, 1 - hs[:-1] ** 2)),
        (W, "the sign is wrong", lambda d, hs: -np.einsum("tbi,tbj->ij", d, hs[:-1])),
        (W, "half of", lambda d, hs: np.einsum("tbi,tbj->ij", d, hs[:-1]) / 2),
        (W, "only step 5 is used", lambda d, hs: np.einsum("bi,bj->ij", d[-1], hs[-2])),
        (W, "do not fit", lambda d, hs: d * hs),
        (W, "product", lambda d, hs: d.T @ hs[:-1]),
        (W, "wraps round", lambda d, hs: np.einsum("tbi,tbj->ij", d, np.roll(hs, 1, axis=0)[:-1])),
        (W, "before the product", lambda d, hs: np.outer(d.sum((0, 1)), hs[:-1].sum((0, 1)))),
        (W, "only sequence 1", lambda d, hs: np.einsum("tbi,tbj->ij", d[:, :1], hs[:-1, :1])),
        (W, "last row is missing", lambda d, hs: np.einsum("tbi,tbj->ij", d, hs[:-1])[:2]),
    ],
}
