"""Answers as learners give them, to the other exercises of pages 0 to 3."""

import numpy as np

from rnnlib.course import exercises

R, W, O = "right", "wrong", "open"


# 0.3


def spoil_by_loop(g):
    wrong = np.zeros(g.shape)
    for index, value in np.ndenumerate(g):
        wrong[index] = 7 * value if value > 0 else value / 5
    return wrong


def spoil_all_but_the_largest(g):
    wrong = -g
    k = np.unravel_index(np.abs(g).argmax(), g.shape)
    wrong[k] = 1000 * g[k]
    return wrong


def spoil_in_place(g):
    g *= 3
    return g


def spoil_with_a_gap(g):
    if g.ndim > 1:
        return 3 * g


def spoil_lazily(g):
    yield 3 * g


# 1.3


def placed(change=None, **rows):
    right = {"x_4": 3, "z_1": 0, "h_0": 0, "h_3": 3, "h_6": 6, "o_6": 5}
    return lambda: change(right) if change else right | rows


# 1.5


def jordan(now=lambda x, W: x @ W.T, hear=lambda o, W: o @ W.T, read=lambda h, W: h @ W.T, bias=1, out=1,
           squash=np.tanh, see=lambda o: o, begin=lambda o: o, order=lambda xs: xs, end=lambda o: np.array(o[1:])):
    def answer(W_x, W_o, b, W_y, b_y, xs, o_0):
        outputs = [begin(o_0)]
        for x in order(xs):
            h = squash(now(x, W_x) + hear(see(outputs[-1]), W_o) + bias * b)
            outputs.append(read(h, W_y) + out * b_y)
        return end(outputs)

    return answer


def jordan_by_loops(W_x, W_o, b, W_y, b_y, xs, o_0):
    T, B, _ = xs.shape
    outputs = np.zeros((T, B, len(b_y)))
    for n in range(B):
        o = o_0[n]
        for t in range(T):
            h = np.tanh(W_x @ xs[t, n] + W_o @ o + b)
            o = outputs[t, n] = W_y @ h + b_y
    return outputs


def jordan_joined(W_x, W_o, b, W_y, b_y, xs, o_0):
    W, o, outputs = np.hstack([W_x, W_o]), o_0, np.empty((len(xs), *o_0.shape))
    for t, x in enumerate(xs):
        o = np.tanh(np.concatenate([x, o], axis=1) @ W.T + b) @ W_y.T + b_y
        outputs[t] = o
    return outputs


def jordan_recursive(W_x, W_o, b, W_y, b_y, xs, o_0):
    o = np.tanh(np.dot(xs[0], W_x.T) + np.dot(o_0, W_o.T) + b).dot(W_y.T) + b_y
    if len(xs) == 1:
        return o[None]
    return np.concatenate([o[None], jordan_recursive(W_x, W_o, b, W_y, b_y, xs[1:], o)])


def jordan_without_end(W_x, W_o, b, W_y, b_y, xs, o_0):
    return jordan_without_end(W_x, W_o, b, W_y, b_y, xs, o_0)


def elman(W_x, W_o, b, W_y, b_y, xs, o_0):
    h, outputs = np.zeros((xs.shape[1], len(b))), []
    for x in xs:
        h = np.tanh(x @ W_x.T + h @ W_o.T + b)
        outputs.append(h @ W_y.T + b_y)
    return np.array(outputs)


def jordan_one_late(W_x, W_o, b, W_y, b_y, xs, o_0):
    before, outputs = o_0, [o_0]
    for x in xs:
        h = np.tanh(x @ W_x.T + before @ W_o.T + b)
        before = outputs[-1]
        outputs.append(h @ W_y.T + b_y)
    return np.array(outputs[1:])


def jordan_from_row_1(W_x, W_o, b, W_y, b_y, xs, o_0):
    outputs, o = np.zeros((len(xs), *o_0.shape)), o_0
    for t in range(1, len(xs)):
        o = np.tanh(xs[t] @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y
        outputs[t] = o
    return outputs


def jordan_states(W_x, W_o, b, W_y, b_y, xs, o_0):
    o, states = o_0, []
    for x in xs:
        states.append(np.tanh(x @ W_x.T + o @ W_o.T + b))
        o = states[-1] @ W_y.T + b_y
    return np.array(states)


def jordan_five_steps(W_x, W_o, b, W_y, b_y, xs, o_0):
    o, outputs = o_0, np.zeros((5, *o_0.shape))
    for t in range(5):
        o = np.tanh(xs[t] @ W_x.T + o @ W_o.T + b) @ W_y.T + b_y
        outputs[t] = o
    return outputs


def jordan_printed(W_x, W_o, b, W_y, b_y, xs, o_0):
    print(jordan()(W_x, W_o, b, W_y, b_y, xs, o_0))


# 2.5


def softmax(o):
    e = np.exp(o - o.max())
    return e / e.sum()


def tempered(do=lambda v: v.error / v.tau, dtau=lambda v: -(v.error * v.o).sum() / v.tau**2, end=lambda a, b: (a, b),
             scale=lambda o, tau: o / tau):
    def answer(o, y, tau):
        v = type("V", (), dict(o=o, y=y, tau=tau, p=softmax(scale(o, tau))))
        v.error = v.p - v.y
        return end(do(v), dtau(v))

    return answer


def tempered_by_loop(o, y, tau):
    total = sum(np.exp(a / tau) for a in o)
    do, dtau = [], 0.0
    for a, label in zip(o, y, strict=True):
        error = np.exp(a / tau) / total - label
        do.append(error / tau)
        dtau -= error * a / tau**2
    return np.array(do), dtau


def tempered_by_jacobian(o, y, tau):
    p = softmax(o / tau)
    J = np.diag(p) - np.outer(p, p)
    dp = -y / p
    du = J @ dp
    return du / tau, np.dot(du, -o / tau**2)


def tempered_numerically(o, y, tau, step=1e-30):
    def loss(o, tau):
        u = o / tau
        return (np.log(np.exp(u).sum()) * y.sum() - (y * u).sum()).imag / step

    return np.array([loss(o + 1j * step * e, tau) for e in np.eye(len(o))]), loss(o, tau + 1j * step)


# 3.4


def two(immediate=lambda h, w, s: s[3] * h[2],
        total=lambda h, w, s: s[3] * (h[2] + w * s[2] * (h[1] + w * s[1] * h[0])), end=lambda a, b: (a, b),
        slope=lambda h: 1 - h**2):
    def answer(h, w_h):
        s = [slope(a) for a in h]
        return end(immediate(h, w_h, s), total(h, w_h, s))

    return answer


def two_by_sum(h, w_h):
    h = np.array(h)
    s = 1 - h**2
    terms = [s[3] * h[2], s[3] * w_h * s[2] * h[1], s[3] * w_h * s[2] * w_h * s[1] * h[0]]
    return terms[0], np.sum(terms)


def two_in_float32(h, w_h):
    h = np.array(h, dtype=np.float32)
    s = 1 - h**2
    return s[3] * h[2], s[3] * (h[2] + np.float32(w_h) * s[2] * (h[1] + np.float32(w_h) * s[1] * h[0]))


# 3.5


def part(losses=lambda s: [s - 1], steps=lambda s: range(s, 0, -1), slope=lambda hs, t: 1 - hs[t] ** 2,
         back=lambda delta, W: delta @ W, outer=lambda delta, hs, t: delta.T @ hs[t - 1], share=lambda B, T: 1,
         end=lambda a: a):
    def answer(W_h, hs, dhs, s):
        total, carry = np.zeros_like(W_h), 0
        for t in range(len(dhs), 0, -1):
            own = dhs[t - 1] if t - 1 in losses(s) else 0 * dhs[0]
            delta = slope(hs, t) * (own + carry)
            if t in steps(s):
                total = total + outer(delta, hs, t)
            carry = back(delta, W_h)
        return end(total / share(dhs.shape[1], len(dhs)))

    return answer


def part_by_mask(W_h, hs, dhs, s):
    masked = np.zeros_like(dhs)
    masked[s - 1] = dhs[s - 1]
    delta = np.zeros_like(dhs)
    carry = np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (masked[t] + carry)
        carry = delta[t] @ W_h
    return np.einsum("tbi,tbj->ij", delta, hs[:-1])


def part_by_difference(W_h, hs, dhs, s):
    whole = part(losses=lambda s: range(99), steps=lambda s: range(99))
    without = dhs.copy()
    without[s - 1] = 0
    return whole(W_h, hs, dhs, s) - whole(W_h, hs, without, s)


def part_by_loops(W_h, hs, dhs, s):
    H, total = len(W_h), np.zeros(W_h.shape)
    for n in range(dhs.shape[1]):
        dh = dhs[s - 1][n]
        for t in range(s, 0, -1):
            delta = np.array([(1 - hs[t][n][i] ** 2) * dh[i] for i in range(H)])
            for i in range(H):
                for j in range(H):
                    total[i, j] += delta[i] * hs[t - 1][n][j]
            dh = W_h.T @ delta
    return total


def part_in_place(W_h, hs, dhs, s):
    dhs[: s - 1] = 0
    dhs[s:] = 0
    return part_by_mask(W_h, hs, dhs, s)


# 3.6


def leaky(slope=lambda z: 1 - np.tanh(z) ** 2, own=lambda a: a, back=lambda delta, dh, W, a: delta @ W + (1 - a) * dh,
          times=lambda T: reversed(range(T)), end=lambda d, *_: d):
    def answer(W_h, zs, dhs, a):
        delta, carry = np.zeros(dhs.shape), np.zeros(dhs.shape[1:])
        for t in times(len(dhs)):
            dh = dhs[t] + carry
            delta[t] = own(a) * slope(zs[t]) * dh
            carry = back(delta[t], dh, W_h, a)
        return end(delta, W_h, zs, dhs, a)

    return answer


def leaky_with_cosh(W_h, zs, dhs, a):
    rows, carry = [], 0
    for z, dh in zip(zs[::-1], dhs[::-1], strict=True):
        dh = dh + carry
        rows.insert(0, a / np.cosh(z) ** 2 * dh)
        carry = np.einsum("bi,ij->bj", rows[0], W_h) + dh - a * dh
    return rows


def leaky_by_jacobians(W_h, zs, dhs, a):
    T, B, H = dhs.shape
    delta = np.zeros((T, B, H))
    for n in range(B):
        g = np.zeros(H)
        for t in range(T - 1, -1, -1):
            g = g + dhs[t, n]
            D = np.diag(1 - np.tanh(zs[t, n]) ** 2)
            delta[t, n] = a * D @ g
            g = ((1 - a) * np.eye(H) + a * D @ W_h).T @ g
    return delta


def leaky_carries_twice(W_h, zs, dhs, a):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + carry
        delta[t] = a * (1 - np.tanh(zs[t]) ** 2) * dh
        carry = carry + delta[t] @ W_h + (1 - a) * dh
    return delta


def leaky_written_into_dhs(W_h, zs, dhs, a):
    carry = 0
    for t in reversed(range(len(dhs))):
        dhs[t] += carry
        delta = a * (1 - np.tanh(zs[t]) ** 2) * dhs[t]
        carry = delta @ W_h + (1 - a) * dhs[t]
        dhs[t] = delta
    return dhs


def symptom(*numbers, **other):
    return lambda: dict(zip("ABCDE", numbers, strict=True)) | other


ANSWERS = {
    exercises.check_spoil: [
        (R, "", lambda g: -2 * g + 4 * g),
        (R, "", lambda g: 0.3 * g),
        (R, "", spoil_by_loop),
        (R, "", lambda g: (10 * g).astype(np.float32)),
        (R, "", lambda g: (2 * g).tolist()),
        (R, "", lambda g: np.sign(g) * np.abs(g) * 1e6),
        (R, "", lambda g: np.random.default_rng(0).uniform(2, 9, g.shape) * g),
        (R, "", spoil_all_but_the_largest),
        (W, "]] it is too good, g itself: -", lambda g: g),
        (W, "]] it is wrong in every entry, but it", lambda g: -g),
        (W, "]] it is too good: -", lambda g: 1.4 * g),
        (W, "it is too good: -", lambda g: 1.5 * g),
        (W, "]] it is wrong in every entry, but it", lambda g: 0 * g),
        (W, "entries are too good: -", lambda g: g + 1),
        (W, "entries are too good: -", np.sign),
        (W, "entries are too good", np.abs),
        (W, "entries are too good", lambda g: g**2),
        (W, "entries are too good: -", lambda g: g**3),
        (W, "your gradient should have the shape of g", lambda g: g.T),
        (W, "your gradient should have the shape of g", lambda g: 3 * g.ravel()),
        (W, "your gradient should have the shape of g", lambda g: (3 * g).mean()),
        (W, "entries are too good: -", lambda g: 1 / g),
        (W, "it is too good", lambda g: g / np.linalg.norm(g)),
        (W, "]] it is wrong in every entry, but it", lambda g: np.flip(g)),
        (W, "your gradient should be real; got complex", lambda g: 3j * g),
        (W, "your function draws random numbers: what it", lambda g: np.random.default_rng().normal(size=g.shape) * g),
        (W, "]] your gradient has nan or inf in it.", lambda g: np.full(g.shape, np.nan)),
        (W, "]] your gradient has nan or inf in it.", lambda g: np.log(g) * g),
        (W, "your function changes its inputs in place", spoil_in_place),
        (W, "your function contains yield: end it with", spoil_lazily),
        (W, "your gradient should be numbers; got str.", lambda g: "3 * g"),
        (W, "your gradient should be one array of shape", lambda g: (3 * g, g)),
        (O, "your function returns nothing yet: end it with return.", spoil_with_a_gap),
    ],
    exercises.check_rows: [
        (R, "", lambda: dict(o_6=5, h_6=6, h_3=3, h_0=0, z_1=0, x_4=3)),
        (R, "", placed(lambda rows: {k: np.int64(v) for k, v in rows.items()})),
        (R, "", placed(lambda rows: {k: float(v) for k, v in rows.items()})),
        (R, "", placed(lambda rows: {k: list(range(7)).index(v) for k, v in rows.items()})),
        (W, "is not in row", placed(x_4=4, z_1=1, o_6=6)),
        (W, "must be a number from", placed(h_0=1, h_3=4, h_6=7)),
        (W, "so h_t is in row t.", placed(h_3=2, h_6=5)),
        (W, "has no output.", placed(o_6=6)),
        (W, "must be a number from", placed(h_6=-1)),
        (W, "must be a number from", placed(o_6=-1)),
        (W, "must be a number from", placed(x_4="3")),
        (W, "must be a number from", placed(z_1=0.5)),
        (W, "must be a number from", placed(z_1="none")),
        (W, "must be a number from", placed(z_1=[0])),
        (W, "return a dict, {'x_", placed(lambda rows: list(rows.values()))),
        (W, "return a dict with the keys x_", placed(lambda rows: {k: v for k, v in rows.items() if k != "z_1"})),
        (W, "return a dict with the keys x_", placed(lambda rows: {k.replace("_", ""): v for k, v in rows.items()})),
        (W, "return a dict with the keys x_", placed(o_7=6)),
        (W, "return a dict, {'x_", placed(lambda rows: set(rows))),
        (W, "return a dict, {'x_", placed(lambda rows: 3)),
        (W, "your function takes (rows); it is called", lambda rows: rows),
    ],
    exercises.check_choose_W_h: [
        (R, "", lambda: [[0, 1], [1, 0]]),
        (R, "", lambda: np.fliplr(np.eye(2))),
        (R, "", lambda: ((0, -2), (0.5, 0))),
        (R, "", lambda: np.array([[0, 1], [-1, 0]], dtype=np.float32)),
        (R, "", lambda: np.array([[False, True], [True, False]])),
        (W, "moves, too, by", lambda: np.eye(2)),
        (W, "moves, too, by", lambda: np.ones((2, 2))),
        (W, "it does not listen to unit", lambda: np.array([[0.0, 1.0], [0.0, 0.0]])),
        (W, "it does not listen to unit", lambda: np.array([[0.0, 0.0], [1.0, 0.0]])),
        (W, "it hardly listens to unit", lambda: np.array([[0.0, 0.01], [0.01, 0.0]])),
        (W, "itself moves by", lambda: np.array([[0.0, 100.0], [100.0, 0.0]])),
        (W, "itself moves by", lambda: np.array([[0.0, 1e4], [1e4, 0.0]])),
        (W, "moves, too, by", lambda: np.array([[0.0, 1.0], [1.0, 0.5]])),
        (W, "moves, too, by", lambda: np.array([[1e-3, 1.0], [1.0, 0.0]])),
        (W, "W_h must be four numbers, two rows of two", lambda: np.array([0.0, 1.0, 1.0, 0.0])),
        (W, "W_h must be four numbers, two rows of two", lambda: np.eye(3)[::-1]),
        (W, "it does not listen to unit", lambda: np.zeros((2, 2))),
        (W, "W_h contains nan or inf.", lambda: np.array([[0, np.inf], [np.inf, 0]])),
        (W, "W_h should be numbers; got dtype <U", lambda: np.array([["0", "1"], ["1", "0"]])),
        (W, "W_h should be real; got complex numbers.", lambda: np.array([[0, 1j], [1j, 0]])),
        (W, "W_h should be one array of shape", lambda: [[0, 1], [1]]),
        (W, "W_h should be one array of shape", lambda: (np.array([[0, 1], [1, 0]]), "exchanged")),
        (W, "your function prints and returns nothing", lambda: print(np.array([[0, 1], [1, 0]]))),
    ],
    exercises.check_jordan: [
        (R, "", jordan()),
        (R, "", jordan(end=lambda o: o[1:])),
        (R, "", jordan(end=lambda o: np.stack(o)[1:])),
        (R, "", jordan_by_loops),
        (R, "", jordan_joined),
        (R, "", jordan_recursive),
        (R, "", jordan(now=lambda x, W: np.einsum("bd,hd->bh", x, W), hear=lambda o, W: (W @ o.T).T)),
        (W, "your function stops in line", elman),
        (W, "your function stops in line", jordan(hear=lambda o, W: o @ W)),
        (W, "your function stops in line", jordan(hear=lambda o, W: W @ o)),
        (W, "your function stops in line", jordan(now=lambda x, W: x @ W)),
        (W, "the bias b is missing.", jordan(bias=0)),
        (W, "the bias b_y is missing.", jordan(out=0)),
        (W, "the bias b is subtracted: z_t adds it.", jordan(bias=-1)),
        (W, "the tanh is missing: h_t = tanh(z_t).", jordan(squash=lambda z: z)),
        (W, "what squashes here is the logistic σ; it is", jordan(squash=lambda z: 1 / (1 + np.exp(-z)))),
        (W, "what squashes here is a rectifier, max", jordan(squash=lambda z: np.maximum(z, 0))),
        (W, "outputs is right, but has one row too many", jordan(end=np.array)),
        (W, "is given, not asked for: o_", jordan(end=lambda o: np.array(o[:-1]))),
        (W, "outputs holds the last step only: expected", jordan(end=lambda o: o[-1])),
        (W, "the outputs are squashed: o_t = W_y h_t +", jordan(end=lambda o: np.tanh(o[1:]))),
        (W, "outputs has its axes in the order", jordan(end=lambda o: np.array(o[1:]).swapaxes(0, 1))),
        (W, "outputs holds the right numbers in another", jordan(end=lambda o: np.concatenate(o[1:]))),
        (W, "the loop runs backward: x_", jordan(order=lambda xs: xs[::-1])),
        (W, "the loop runs backward: x_", jordan(order=lambda xs: xs[::-1], end=lambda o: np.array(o[:0:-1]))),
        (W, "every step reads x_", jordan(order=lambda xs: [xs[0]] * len(xs))),
        (W, "the outputs begin at zeros: begin at the", jordan(begin=lambda o: 0 * o)),
        (W, "a step hears o itself, without a tanh.", jordan(see=np.tanh)),
        (W, "a step hears logits o, not probabilities.", jordan(see=lambda o: np.exp(o) / np.exp(o).sum(axis=-1, keepdims=True))),
        (W, "a step hears o_(t-", jordan_one_late),
        (W, "the loop begins a step too late: step", jordan_from_row_1),
        (W, "these are the states h_t: return the", jordan_states),
        (W, "your function stops in line", jordan_five_steps),
        (W, "your function prints and returns nothing", jordan_printed),
        (W, "your function calls itself without end.", jordan_without_end),
        (W, "outputs is float", jordan(end=lambda o: np.array(o[1:], dtype=np.float32))),
        (W, "outputs is a mean over the sequences: each", jordan(end=lambda o: np.array(o[1:]).mean(axis=1))),
        (W, "outputs should be one array of shape", jordan(end=lambda o: (np.array(o[1:]), o[-1]))),
    ],
    exercises.check_symptoms: [
        (R, "", symptom(4, 3, 1, 2, 5)),
        (R, "", lambda: {"E": 5, "D": 2, "C": 1, "B": 3, "A": 4}),
        (R, "", lambda: dict(zip("ABCDE", np.array([4, 3, 1, 2, 5]), strict=True))),
        (R, "", lambda: {k: float(n) for k, n in zip("ABCDE", (4, 3, 1, 2, 5), strict=True)}),
        (W, "the log of a sum over sequences is no sum", symptom(1, 3, 4, 2, 5)),
        (W, "the product is (H, K), and W_y is (K, H).", symptom(4, 3, 1, 5, 2)),
        (W, "error[:, ids] takes whole columns: every", symptom(4, 3, 5, 2, 1)),
        (W, "the log of a sum over sequences is no sum", symptom(5, 4, 3, 2, 1)),
        (W, "C must be a number from", symptom(3, 2, 0, 1, 4)),
        (W, "the loss is divided by T and its gradient", symptom(4, 4, 4, 4, 4)),
        (W, "E must be a number from", symptom(4, 3, 1, 2, "5")),
        (W, "E must be a number from", symptom(4, 3, 1, 2, (5,))),
        (W, "return a dict, {'A': ..., 'B': ..., ...}", lambda: [4, 3, 1, 2, 5]),
        (W, "return a dict with the keys A, B, C, D, E", lambda: {1: "C", 2: "D", 3: "B", 4: "A", 5: "E"}),
        (W, "return a dict with the keys A, B, C, D, E", lambda: {"a": 4, "b": 3, "c": 1, "d": 2, "e": 5}),
        (W, "return a dict with the keys A, B, C, D, E", lambda: {"A": 4, "B": 3, "C": 1, "D": 2}),
        (W, "return a dict, {'A': ..., 'B': ..., ...}", lambda: "A4 B3 C1 D2 E5"),
    ],
    exercises.check_tempered_gradient: [
        (R, "", tempered()),
        (R, "", tempered(end=lambda a, b: [a, b])),
        (R, "", tempered(end=lambda a, b: (list(a), np.array(b)))),
        (R, "", tempered_by_loop),
        (R, "", tempered_by_jacobian),
        (R, "", tempered_numerically),
        (R, "", tempered(dtau=lambda v: -(v.error / v.tau) @ v.o / v.tau)),
        (W, "do: the inner slope is missing: o / tau", tempered(do=lambda v: v.error)),
        (W, "do: the sign: it is p - y.", tempered(do=lambda v: -v.error / v.tau)),
        (W, "do: the inner slope is", tempered(do=lambda v: v.error * v.tau)),
        (W, "do: p - y needs parentheses: all of it is", tempered(do=lambda v: v.p - v.y / v.tau)),
        (W, "do: the label is missing: p - y.", tempered(do=lambda v: v.p / v.tau)),
        (W, "/ tau is there twice: o / tau moves by", tempered(do=lambda v: v.error / v.tau**2)),
        (W, "do is divided by K, and should not be.", tempered(do=lambda v: v.error / v.tau / len(v.o))),
        (W, "do: the inner slope is missing: o / tau", tempered(do=lambda v: v.p - v.y, dtau=lambda v: -(v.error * v.o).sum())),
        (W, "dtau: the sign: the slope of o / tau with", tempered(dtau=lambda v: (v.error * v.o).sum() / v.tau**2)),
        (W, "dtau: the slope of o / tau with respect to", tempered(dtau=lambda v: -(v.error * v.o).sum() / v.tau)),
        (W, "dtau: multiplied by tau**", tempered(dtau=lambda v: -(v.error * v.o).sum() * v.tau**2)),
        (W, "dtau: tau moves all classes: add up what", tempered(dtau=lambda v: -(v.error * v.o) / v.tau**2)),
        (W, "dtau: a mean over the classes", tempered(dtau=lambda v: -(v.error * v.o).mean() / v.tau**2)),
        (W, "but for rounding. All p - y add up to", tempered(dtau=lambda v: -v.error.sum() / v.tau**2)),
        (W, "dtau: the label is missing: p - y stands", tempered(dtau=lambda v: -(v.p * v.o).sum() / v.tau**2)),
        (W, "dtau: beside p - y stands o, not y or p.", tempered(dtau=lambda v: -(v.error * v.y).sum() / v.tau**2)),
        (W, "but for rounding. All p - y add up to", tempered(dtau=lambda v: (v.error / v.tau).sum())),
        (W, "but for rounding. All p - y add up to", tempered(dtau=lambda v: -np.outer(v.error, v.o).sum() / v.tau**2)),
        (W, "dtau is right, but stands in an array of", tempered(dtau=lambda v: (-(v.error * v.o).sum() / v.tau**2).reshape(1))),
        (W, "p is the softmax of o / tau, not of o.", tempered(scale=lambda o, tau: o)),
        (W, "p is the softmax of o / tau, not of o tau.", tempered(scale=lambda o, tau: o * tau)),
        (W, "all are right, but in another order: return", tempered(end=lambda a, b: (b, a))),
        (W, "return two arrays: do, dtau; got one array", tempered(end=lambda a, b: a)),
        (W, "return two arrays: do, dtau; got one array", tempered(end=lambda a, b: np.append(a, b))),
        (W, "too coarse to tell: compute in float", tempered(end=lambda a, b: (a.astype(np.float32), np.float32(b)))),
        (W, "times what it should be, as with log", tempered(end=lambda a, b: (a / np.log(2), b / np.log(2)))),
        (W, "do is rounded to", tempered(end=lambda a, b: (a.round(3), round(b, 3)))),
        (W, "do: the inner slope is missing: o / tau", lambda o, y, tau: (softmax(o / tau) - y, 0.0)),
    ],
    exercises.check_two_derivatives: [
        (R, "", two()),
        (R, "", two_by_sum),
        (R, "", two(end=lambda a, b: [a, b])),
        (R, "", two(end=lambda a, b: np.array([a, b]))),
        (R, "", two(total=lambda h, w, s: s[3] * h[2] + w * s[3] * s[2] * h[1] + w**2 * s[3] * s[2] * s[1] * h[0])),
        (R, "", two(slope=lambda h: 1 / np.cosh(np.arctanh(h)) ** 2)),
        (W, "all are right, but in another order: return", two(end=lambda a, b: (b, a))),
        (W, "total is the immediate derivative again: h_", two(end=lambda a, b: (a, a))),
        (W, "immediate is what total should be.", two(end=lambda a, b: (b, b))),
        (W, "return two numbers: immediate, total; got", two(end=lambda a, b: b)),
        (O, "not finished yet: total is still None or", two(end=lambda a, b: (a, None))),
        (W, "the slope of the tanh is missing: it is", two(slope=lambda h: 1)),
        (W, "the slope of the tanh is", two(slope=lambda h: 1 - h)),
        (W, "the slope of the tanh is", two(slope=lambda h: h * (1 - h))),
        (W, "the slope of the tanh is", two(slope=lambda h: 1 - np.tanh(h) ** 2)),
        (W, "immediate: beside w_h in z_", two(immediate=lambda h, w, s: s[3] * h[3])),
        (W, "this is the immediate derivative of h_", two(immediate=lambda h, w, s: s[2] * h[1])),
        (W, "immediate: the slope of the tanh is", two(immediate=lambda h, w, s: h[2])),
        (W, "immediate: this is dh_", two(immediate=lambda h, w, s: s[3] * w)),
        (W, "immediate: w_h does not belong there: the", two(immediate=lambda h, w, s: s[3] * h[2] * w)),
        (W, "total stops at step", two(total=lambda h, w, s: s[3] * (h[2] + w * s[2] * h[1]))),
        (W, "total lacks w_h on the way from one state", two(total=lambda h, w, s: s[3] * (h[2] + s[2] * (h[1] + s[1] * h[0])))),
        (W, "total: one slope covers all: h_", two(total=lambda h, w, s: s[3] * (h[2] + w * (h[1] + w * h[0])))),
        (W, "two changes together give your numbers", two(total=lambda h, w, s: s[3] * h[2] + s[2] * h[1] + s[1] * h[0])),
        (W, "total: it is only what comes through h_", two(total=lambda h, w, s: s[3] * w * s[2] * (h[1] + w * s[1] * h[0]))),
        (W, "total is what it should be if w_h were", two(total=lambda h, w, s: s[3] * (h[2] - w * s[2] * (h[1] - w * s[1] * h[0])))),
        (W, "total: this is dh_", two(total=lambda h, w, s: s[3] * s[2] * s[1] * w**3)),
        (W, "total: w_h counts once for each step on the", two(total=lambda h, w, s: s[3] * (h[2] + w**2 * s[2] * (h[1] + w * s[1] * h[0])))),
        (W, "total: this is dh_", two(total=lambda h, w, s: s[2] * (h[1] + w * s[1] * h[0]))),
        (W, "immediate is float", two_in_float32),
        (W, "immediate is rounded to", two(end=lambda a, b: (round(a, 3), round(b, 3)))),
        (W, "immediate is there what it was for the", lambda h, w_h: two()((0.5, 0.42, -0.71, 0.63), 0.8)),
        (W, "immediate is -", lambda h, w_h: (-0.4281, -0.2736)),
    ],
    exercises.check_part_of_loss: [
        (R, "", part()),
        (R, "", part_by_mask),
        (R, "", part_by_difference),
        (R, "", part_by_loops),
        (R, "", part(end=lambda a: a.tolist())),
        (W, "this is the whole dL/dW_h: only loss s may", part(losses=lambda s: range(99), steps=lambda s: range(99))),
        (W, "this is the part of loss s+", part(losses=lambda s: [s], steps=lambda s: range(99))),
        (W, "this is the part of loss s-", part(losses=lambda s: [s - 2])),
        (W, "only step s is there: the loss also reaches", part(steps=lambda s: [s])),
        (W, "step s itself is missing.", part(steps=lambda s: range(1, s))),
        (W, "is missing.", part(steps=lambda s: range(2, s + 1))),
        (W, "this is what all losses up to s send: only", part(losses=lambda s: range(s))),
        (W, "this is what all losses send to the steps", part(losses=lambda s: range(99))),
        (W, "this is what the losses from s on send", part(losses=lambda s: range(s - 1, 99), steps=lambda s: range(99))),
        (W, "W_h stands in the carry where its transpose", part(back=lambda delta, W: delta @ W.T)),
        (W, "W_h is missing in the carry: a step sends", part(back=lambda delta, W: delta)),
        (W, "only step s is there: the loss also reaches", part(back=lambda delta, W: 0 * delta)),
        (W, "what is sent back is subtracted: it is", part(back=lambda delta, W: -delta @ W)),
        (W, "the slope of the tanh is missing: it is", part(slope=lambda hs, t: 1)),
        (W, "the slope of step t is that of h_t", part(slope=lambda hs, t: 1 - hs[t - 1] ** 2)),
        (W, "the slope of the tanh is", part(slope=lambda hs, t: 1 - hs[t])),
        (W, "the slope of the tanh is", part(slope=lambda hs, t: 1 - np.tanh(hs[t]) ** 2)),
        (W, "beside delta_t stands h_(t-", part(outer=lambda delta, hs, t: delta.T @ hs[t])),
        (W, "it is transposed: entry (i, j) is the sum", part(outer=lambda delta, hs, t: hs[t - 1].T @ delta)),
        (W, "your function stops in line", part(outer=lambda delta, hs, t: delta * hs[t - 1])),
        (W, "the sums are taken before the product: each", part(outer=lambda delta, hs, t: np.outer(delta.sum(axis=0), hs[t - 1].sum(axis=0)))),
        (W, "the part is divided by B, a mean over the", part(share=lambda B, T: B)),
        (W, "the part is divided by T, a mean over the", part(share=lambda B, T: T)),
        (W, "the part is summed over both axes: each has", part(end=lambda a: a.sum())),
        (W, "the part has the wrong sign: every number", part(end=lambda a: -a)),
        (W, "the part is float", part(end=lambda a: a.astype(np.float32))),
        (W, "the part should be real; got complex", part(end=lambda a: a.astype(complex))),
        (W, "your function changes its inputs in place", part_in_place),
        (W, "the part is what it should be if s were still 3", lambda W_h, hs, dhs, s: part()(W_h, hs, dhs, 3)),
        (W, "the part is what it should be if only the", lambda W_h, hs, dhs, s: part()(W_h, hs[:, :1], dhs[:, :1], s)),
    ],
    exercises.check_leaky_deltas: [
        (R, "", leaky()),
        (R, "", leaky_with_cosh),
        (R, "", leaky_by_jacobians),
        (R, "", leaky(slope=lambda z: 4 / (np.exp(z) + np.exp(-z)) ** 2)),
        (R, "", leaky(end=lambda d, *_: d.tolist())),
        (W, "the leak is missing: the share", leaky(back=lambda delta, dh, W, a: delta @ W)),
        (W, "what comes back through W_h is missing.", leaky(back=lambda delta, dh, W, a: (1 - a) * dh)),
        (W, "the share that goes straight back is", leaky(back=lambda delta, dh, W, a: delta @ W + a * dh)),
        (W, "the share that goes straight back is", leaky(back=lambda delta, dh, W, a: delta @ W + dh)),
        (W, "the leak takes dL/dh_t back, not delta_t", leaky(back=lambda delta, dh, W, a: delta @ W + (1 - a) * delta)),
        (W, "- a belongs to the leak, dL/dh_t, not to", leaky(back=lambda delta, dh, W, a: (1 - a) * delta @ W + dh)),
        (W, "the leak is subtracted: the share", leaky(back=lambda delta, dh, W, a: delta @ W - (1 - a) * dh)),
        (W, "W_h stands in the carry where its transpose", leaky(back=lambda delta, dh, W, a: delta @ W.T + (1 - a) * dh)),
        (W, "what goes back through W_h is delta_t", leaky(back=lambda delta, dh, W, a: a * delta @ W + (1 - a) * dh)),
        (W, "through W_h goes delta_t: dL/dh_t has not", leaky(back=lambda delta, dh, W, a: dh @ W + (1 - a) * dh)),
        (W, "the leak goes back beside W_h, not through", leaky(back=lambda delta, dh, W, a: delta @ (W + (1 - a)))),
        (W, "a is missing in delta: h_t contains a", leaky(own=lambda a: 1)),
        (W, "- a are exchanged in delta: h_t contains a", leaky(own=lambda a: 1 - a)),
        (W, "- a are exchanged.", leaky(own=lambda a: 1 - a, back=lambda delta, dh, W, a: delta @ W + a * dh)),
        (W, "two changes together give your numbers", leaky(own=lambda a: 1, back=lambda delta, dh, W, a: delta @ W)),
        (W, "the slope is missing: it is that of the", leaky(slope=lambda z: 1)),
        (W, "the slope is that of the tanh at z_t", leaky(slope=lambda z: 1 - z**2)),
        (W, "the slope is that of the tanh at z_t", leaky(slope=lambda z: 1 - np.tanh(z))),
        (W, "the slope is that of the tanh at z_t", leaky(slope=lambda z: 1 - np.tanh(np.tanh(z)) ** 2)),
        (W, "the slope is that of the tanh at z_t", leaky(slope=lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2)),
        (W, "the loop runs forward in time: a delta", leaky(times=range)),
        (W, "delta is zero at the first step: does your", leaky(times=lambda T: range(T - 1, 0, -1))),
        (W, "delta is zero at the last step: does your", leaky(times=lambda T: range(T - 2, -1, -1))),
        (W, "delta is right, but in reversed order: its", leaky(end=lambda d, *_: d[::-1])),
        (W, "delta is summed over the sequences: each", leaky(end=lambda d, *_: d.sum(axis=1))),
        (W, "this is the total dL/dh_t: multiply by a", leaky(end=lambda d, W_h, zs, dhs, a: d / (1 - np.tanh(zs) ** 2) / a)),
        (W, "delta lacks the factor a.", leaky(end=lambda d, W_h, zs, dhs, a: d / a)),
        (W, "delta should be one array of shape", leaky(end=lambda d, *_: (d, d[0]))),
        (W, "the carry adds up from step to step: each", leaky_carries_twice),
        (W, "your function changes its inputs in place", leaky_written_into_dhs),
    ],
}
