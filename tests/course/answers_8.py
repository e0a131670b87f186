"""Answers as learners give them, to pages 8 to 10: (verdict, words of the message, answer)."""

import math

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"
sig = lambda z: 1 / (1 + np.exp(-z))


# 8.1


def lstm_step(
    order="ifgo",
    f_bias=0,
    gate=sig,
    new=lambda i, f, g, c: f * c + i * g,
    out=lambda o, c: o * np.tanh(c),
    end=lambda h, c: (h, c),
    squash=np.tanh,
    now=lambda x, W: x @ W.T,
):
    def step(W_x, W_h, b, x, h, c):
        z = now(x, W_x) + h @ W_h.T + b
        z = dict(zip(order, np.split(z, 4, axis=-1)))
        i, f, o = gate(z["i"]), gate(z["f"] + f_bias), gate(z["o"])
        c = new(i, f, squash(z["g"]), c)
        return end(out(o, c), c)

    return step


def lstm_by_matrix(W_x, W_h, b, x, h, c):
    H = h.shape[-1]
    z = np.concatenate([x, h], axis=-1) @ np.hstack([W_x, W_h]).T + b
    i, f, o = (sig(z[..., n * H : (n + 1) * H]) for n in (0, 1, 3))
    c = f * c + i * np.tanh(z[..., 2 * H : 3 * H])
    return np.stack([o * np.tanh(c), c])


def lstm_two_axes(W_x, W_h, b, x, h, c):
    x, h, c = np.atleast_2d(x), np.atleast_2d(h), np.atleast_2d(c)
    return lstm_step()(W_x, W_h, b, x, h, c)


def lstm_first_axis(W_x, W_h, b, x, h, c):
    i, f, g, o = np.split(x @ W_x.T + h @ W_h.T + b, 4)
    c = sig(f) * c + sig(i) * np.tanh(g)
    return sig(o) * np.tanh(c), c


def lstm_in_columns(W_x, W_h, b, x, h, c):
    i, f, g, o = np.split(W_x @ x + W_h @ h + b, 4)
    c = sig(f) * c + sig(i) * np.tanh(g)
    return sig(o) * np.tanh(c), c


def lstm_with_math(W_x, W_h, b, x, h, c):
    sigma = lambda z: 1 / (1 + math.exp(-z))
    i, f, g, o = np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1)
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


# 8.2


def loaded(order="ifco", cut="h", turn=lambda W: W.T, end=lambda *a: a):
    def load(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
        W, b, H = dict(f=Wf, i=Wi, c=Wc, o=Wo), dict(f=bf, i=bi, c=bc, o=bo), len(bf)
        stack = np.concatenate([turn(W[k]) for k in order], axis=0)
        W_h, W_x = stack[:, :H], stack[:, H:]
        return end(*((W_x, W_h) if cut == "h" else (W_h, W_x)), np.concatenate([b[k] for k in order]))

    return load


def loaded_gate_by_gate(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    H = bf.size
    return (
        np.vstack([W[H:].T for W in (Wi, Wf, Wc, Wo)]),
        np.vstack([W[:H].T for W in (Wi, Wf, Wc, Wo)]),
        np.hstack([bi, bf, bc, bo]),
    )


def loaded_side_by_side(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    H, W = len(bf), np.hstack([Wi, Wf, Wc, Wo])
    return W[H:], W[:H], np.hstack([bi, bf, bc, bo])


def loaded_three(Wf, Wi, Wc, Wo, bf, bi, bc, bo):
    W = np.vstack([Wi.T, Wf.T, Wc.T, Wo.T])
    return W[:, 3:], W[:, :3], np.concatenate([bi, bf, bc, bo])


# 8.3

shares_by_products = lambda i, f: np.array([i[t] * np.prod(f[t + 1 :]) for t in range(len(i))])


def shares_forward(i, f):
    s = np.zeros(len(i))
    for t in range(len(i)):
        s = s * f[t]
        s[t] = i[t]
    return s


def shares_forgotten_too_soon(i, f):
    s = np.zeros(len(i))
    for t in range(len(i)):
        s[t] = i[t]
        s = s * f[t]
    return s


# 9.1


def one_back(
    dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.dc_next,
    di=lambda v: v.dc * v.g * v.i * (1 - v.i),
    df=lambda v: v.dc * v.c0 * v.f * (1 - v.f),
    dg=lambda v: v.dc * v.i * (1 - v.g**2),
    do=lambda v: v.dh * np.tanh(v.c) * v.o * (1 - v.o),
    back=lambda v: v.f * v.dc,
    end=lambda *a: a,
):
    class Values:
        pass

    def deltas(dh, dc_next, gates, c_before, c):
        v = Values()
        v.dh, v.dc_next, v.c0, v.c = dh, dc_next, c_before, c
        v.i, v.f, v.g, v.o = gates
        v.dc = dc(v)
        return end(di(v), df(v), dg(v), do(v), back(v))

    return deltas


# 9.2


def roads(
    both=lambda delta, W, dc, f: (delta @ W, f * dc),
    dc=lambda dh, o, tc, nxt: dh * o * (1 - tc**2) + nxt,
    order=lambda T: reversed(range(T)),
    parts="ifgo",
    end=lambda a: a,
    wrap=lambda a: a,
):
    def passed(W_h, gates, cs, dhs):
        delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
        for t in order(len(dhs)):
            i, f, g, o = np.split(gates[t], 4, axis=-1)
            dh, tc = dhs[t] + dh_next, np.tanh(cs[t + 1])
            d = dc(dh, o, tc, dc_next)
            block = dict(
                i=d * g * i * (1 - i),
                f=d * cs[t] * f * (1 - f),
                g=d * i * (1 - g**2),
                o=dh * tc * o * (1 - o),
            )
            delta[t] = np.concatenate([block[p] for p in parts], axis=-1)
            dh_next, dc_next = both(delta[t], W_h, d, f)
            dh_next = wrap(dh_next)
        return end(delta)

    return passed


def roads_gate_loop(W_h, gates, cs, dhs):
    T, B, H = dhs.shape
    i, f, g, o = np.moveaxis(gates.reshape(T, B, 4, H), 2, 0)
    out, dh_next, dc = np.zeros((T, B, 4, H)), np.zeros((B, H)), np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        dh = dhs[t] + dh_next
        dc = dc + dh * o[t] * (1 - np.tanh(cs[t + 1]) ** 2)
        out[t, :, 0], out[t, :, 1] = dc * g[t] * i[t] * (1 - i[t]), dc * cs[t] * f[t] * (1 - f[t])
        out[t, :, 2], out[t, :, 3] = dc * i[t] * (1 - g[t] ** 2), dh * np.tanh(cs[t + 1]) * o[t] * (1 - o[t])
        dh_next = sum(out[t, :, k] @ W_h[k * H : (k + 1) * H] for k in range(4))
        dc = dc * f[t]
    return out.reshape(T, B, 4 * H)


# 10.1 to 10.3


def bias_by_solving(half_life):
    low, high = -60.0, 60.0
    for _ in range(200):
        b = (low + high) / 2
        low, high = (b, high) if sig(b) ** half_life < 0.5 else (low, b)
    return b


def through(J, alone=None, whole=None):
    H = J.shape[-1] // 2
    a = np.linalg.multi_dot([np.eye(H), np.eye(H), *J[::-1, H:, H:]])
    w = np.linalg.multi_dot([np.eye(2 * H), np.eye(2 * H), *J[::-1]])
    return (a if alone is None else alone(a, w, H, J)), (w[H:, H:] if whole is None else whole(a, w, H, J))


def stored(W=(), b=()):
    def store():
        W_x, bias = np.array([[0, 30.0], [0, -30.0], [1, 0], [0, 0]]), np.array([-15.0, 15.0, 0, 0])
        for place, value in W:
            W_x[place] = value
        for place, value in b:
            bias[place] = value
        return W_x, bias

    return store


ANSWERS = {
    exercises.check_lstm_step: [
        (R, "", lstm_step()),
        (R, "", lstm_by_matrix),
        (R, "", lstm_step(gate=lambda z: 0.5 * np.tanh(0.5 * z) + 0.5)),
        (R, "", lstm_step(end=lambda h, c: [h, c])),
        (W, "axis of length 1 too many", lstm_two_axes),
        (W, "for a batch (B, D)", lstm_first_axis),
        (W, "matrix product of", lstm_in_columns),
        (W, "math's do not", lstm_with_math),
        (W, "σ(-z)", lstm_step(gate=lambda z: 1 / (1 + np.exp(z)))),
        (W, "lacks the output gate", lstm_step(out=lambda o, c: np.tanh(c))),
        (W, "around the product", lstm_step(out=lambda o, c: np.tanh(o * c))),
        (W, "f = 0 forgets", lstm_step(new=lambda i, f, g, c: (1 - f) * c + i * g)),
        (W, "not (1 - f) * g", lstm_step(new=lambda i, f, g, c: f * c + (1 - f) * g)),
        (W, "on the old memory alone", lstm_step(new=lambda i, f, g, c: f * (c + i * g))),
        (W, "return h_t first", lstm_step(end=lambda h, c: (c, h))),
        (W, "two changes", lstm_step(order="figo", out=lambda o, c: o * c)),
        (W, "return two arrays", lstm_step(end=lambda h, c: h)),
        (W, "1 is added to z^f", lstm_step(f_bias=1.0)),
        (W, "c_t is what h_t should be", lstm_step(end=lambda h, c: (h, h))),
        (W, "not by σ", lstm_step(squash=sig)),
    ],
    exercises.check_from_concatenated: [
        (R, "", loaded()),
        (R, "", loaded_gate_by_gate),
        (R, "", loaded(end=lambda *a: list(a))),
        (W, "transpose each", loaded_side_by_side),
        (W, "holds the number 3, which is H", loaded_three),
        (W, "f, i, c, o of the arguments", loaded("fico")),
        (W, "last two blocks", loaded("ifoc")),
        (W, "another order", loaded(cut="x")),
        (W, "blocks in the order", loaded("ocfi")),
        (W, "another order", loaded(end=lambda W_x, W_h, b: (W_h, W_x, b))),
        (W, "three arrays", loaded(end=lambda W_x, W_h, b: (np.hstack([W_h, W_x]), b))),
        (W, "axis more", loaded(end=lambda W_x, W_h, b: (W_x, W_h, b.reshape(4, -1)))),
        (W, "twice", loaded(end=lambda W_x, W_h, b: (W_x, W_h, 2 * b))),
        (W, "transpose each", loaded(turn=lambda W: W)),
        (W, "all zero", loaded(end=lambda W_x, W_h, b: (W_x, W_h, 0 * b))),
    ],
    exercises.check_shares: [
        (R, "", shares_by_products),
        (R, "", shares_forward),
        (R, "", lambda i, f: i * np.append(np.cumprod(f[:0:-1])[::-1], 1.0)),
        (W, "not yet forgotten", shares_forgotten_too_soon),
        (W, "reversed", lambda i, f: shares_by_products(i, f)[::-1]),
        (W, "not 1 - f", lambda i, f: shares_by_products(i, 1 - f)),
        (W, "i and f are exchanged", lambda i, f: shares_by_products(f, i)),
        (W, "add up to 1", lambda i, f: shares_by_products(i, f) / shares_by_products(i, f).sum()),
        (W, "by all gates", lambda i, f: i * f.prod()),
        (W, "too late", lambda i, f: np.array([i[t] * np.prod(f[t + 2 :]) for t in range(len(i))])),
        (W, "logarithm", lambda i, f: np.log(shares_by_products(i, f))),
        (W, "own step alone", lambda i, f: i * f),
        (W, "no index", lambda i, f: np.array([i[t] * f[t + 1] for t in range(len(i))])),
        (W, "one number", lambda i, f: (i * f).sum()),
        (W, "wrong before it", lambda i, f: np.cumprod(f) * i / f.prod()),
        (W, "last", lambda i, f: shares_by_products(i, f)[:-1]),
    ],
    exercises.check_gate_deltas: [
        (R, "", one_back()),
        (R, "", one_back(end=lambda *a: list(a))),
        (R, "", one_back(dc=lambda v: v.dc_next + v.dh * v.o / np.cosh(v.c) ** 2)),
        (W, "as it is", one_back(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.f * v.dc_next)),
        (W, "taken at c_before", one_back(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c0) ** 2) + v.dc_next)),
        (W, "not its tanh", one_back(df=lambda v: v.dc * np.tanh(v.c0) * v.f * (1 - v.f))),
        (W, "lacks the factor 1 - gates[0]", one_back(di=lambda v: v.dc * v.g * v.i)),
        (W, "lacks the factor 1 - gates[3]", one_back(do=lambda v: v.dh * np.tanh(v.c) * v.o)),
        (W, "slope of g is 1 - g**2, squared", one_back(dg=lambda v: v.dc * v.i * (1 - v.g))),
        (W, "delta^f starts from dc", one_back(df=lambda v: v.dh * v.c0 * v.f * (1 - v.f))),
        (W, "a term too many: dc_next", one_back(back=lambda v: v.f * v.dc + v.dc_next)),
        (W, "(1 - f)", one_back(back=lambda v: (1 - v.f) * v.dc)),
        (
            W,
            "only delta^o is wrong. It has the wrong sign",
            one_back(do=lambda v: -v.dh * np.tanh(v.c) * v.o * (1 - v.o)),
        ),
        (W, "five arrays", one_back(end=lambda *a: a[:4])),
        (W, "five arrays", one_back(end=lambda *a: np.concatenate(a[:4], axis=-1))),
        (W, "another order", one_back(end=lambda i, f, g, o, c: (c, i, f, g, o))),
        (
            W,
            "two changes",
            one_back(dc=lambda v: v.dh * (1 - np.tanh(v.c) ** 2) + v.dc_next, back=lambda v: v.dc),
        ),
        (
            W,
            "two changes",
            one_back(
                dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2),
                do=lambda v: v.dc * np.tanh(v.c) * v.o * (1 - v.o),
            ),
        ),
    ],
    exercises.check_two_roads: [
        (R, "", roads()),
        (R, "", roads_gate_loop),
        (R, "", roads(end=lambda a: a.tolist())),
        (W, "forward in time", roads(order=range)),
        (W, "forgets f", roads(lambda d, W, dc, f: (d @ W, dc))),
        (W, "dc_next is dropped", roads(lambda d, W, dc, f: (d @ W, 0))),
        (W, "not 1 - f", roads(lambda d, W, dc, f: (d @ W, (1 - f) * dc))),
        (W, "belongs to the cell", roads(lambda d, W, dc, f: (d @ W + f * dc, 0))),
        (W, "in the order f, i, o, g", roads(parts="fiog")),
        (W, "g and o are exchanged", roads(parts="ifog")),
        (W, "dc_next is dropped", roads(dc=lambda dh, o, tc, nxt: dh * o * (1 - tc**2))),
        (W, "carried dc too", roads(dc=lambda dh, o, tc, nxt: (dh * o + nxt) * (1 - tc**2))),
        (W, "product", roads(lambda d, W, dc, f: (d @ W.T, f * dc))),
        (W, "reverse", roads(end=lambda a: a[::-1])),
        (W, "linear in dhs", roads(wrap=lambda a: np.clip(a, -50, 50))),
        (W, "clipped to ±1", roads(wrap=lambda a: np.clip(a, -1, 1))),
        (W, "a list of 4", roads(end=lambda a: np.split(a, 4, axis=-1))),
        (W, "exchanged", roads(end=lambda a: a.swapaxes(0, 1))),
    ],
    exercises.check_split_dX: [
        (R, "", lambda d, W, H: tuple(np.split(np.einsum("gbh,gxh->bx", d, W), [H], axis=1))),
        (
            R,
            "",
            lambda d, W, H: (
                sum(d[k] @ W[k, :H].T for k in range(4)),
                sum(d[k] @ W[k, H:].T for k in range(4)),
            ),
        ),
        (R, "", lambda d, W, H: [(d @ W.swapaxes(1, 2)).sum(0)[:, :H], (d @ W.swapaxes(1, 2)).sum(0)[:, H:]]),
        (W, "but not at B=1, H=2, D=5", lambda d, W, H: ((d @ W.mT).sum(0)[:, :3], (d @ W.mT).sum(0)[:, 3:])),
        (W, "cut it", lambda d, W, H: (d @ W.mT).sum(0)),
        (W, "dx", lambda d, W, H: ((d @ W.mT).sum(0)[:, :H], (d @ W.mT).sum(0)[:, -H:])),
        (
            W,
            "the deltas are added first",
            lambda d, W, H: tuple(np.split(d.sum(0) @ W.sum(0).T, [H], axis=1)),
        ),
        (W, "multiply", lambda d, W, H: tuple(np.split((d @ W.mT).prod(0), [H], axis=1))),
        (W, "number 1 alone", lambda d, W, H: tuple(np.split(d[0] @ W[0].T, [H], axis=1))),
        (W, "dh_before", lambda d, W, H: ((d @ W.mT)[:, :, :H], (d @ W.mT)[:, :, H:])),
        (W, "product", lambda d, W, H: ((d @ W).sum(0)[:, :H], (d @ W).sum(0)[:, H:])),
        (W, "leaves out number 4", lambda d, W, H: tuple(np.split((d @ W.mT)[:3].sum(0), [H], axis=1))),
        (W, "transposed", lambda d, W, H: ((d @ W.mT).sum(0)[:, :H].T, (d @ W.mT).sum(0)[:, H:].T)),
        (W, "mean over the gates", lambda d, W, H: tuple(np.split((d @ W.mT).mean(0), [H], axis=1))),
        (W, "two arrays", lambda d, W, H: ((d @ W.mT).sum(0)[:, :H],)),
    ],
    exercises.check_forget_bias: [
        (R, "", bias_by_solving),
        (R, "", lambda k: -math.log(2 ** (1 / k) - 1)),
        (R, "", lambda k: -np.log(np.expm1(np.log(2) / k))),
        (R, "", lambda k: np.array(-np.log(2 ** (1 / k) - 1))),
        (W, "the sign", lambda k: np.log(2 ** (1 / k) - 1)),
        (W, "ln 2 / k", lambda k: np.log(k / np.log(2) - 1)),
        (W, "not the exact one", lambda k: np.log(k / np.log(2))),
        (W, "log2 or log10", lambda k: -np.log2(2 ** (1 / k) - 1)),
        (W, "k-th root", lambda k: np.log(k**-0.5 / (1 - k**-0.5))),
        (W, "this is f itself", lambda k: 0.5 ** (1 / k)),
        (W, "logarithm is still", lambda k: 1 / (2 ** (1 / k) - 1)),
        (W, "σ(f)", lambda k: sig(0.5 ** (1 / k))),
        (W, "1/e after", lambda k: np.log(k - 1) if k > 1 else 0.0),
        (W, "at every point", lambda k: 1.0),
        (W, "off by the same", lambda k: 1 - np.log(2 ** (1 / k) - 1)),
        (W, "holds 3 numbers", lambda k: np.full(3, 1.0) * k),
        (W, "ln f", lambda k: np.log(2) / k),
        (W, "nan", lambda k: math.nan),
    ],
    exercises.check_through_c: [
        (R, "", through),
        (R, "", lambda J: list(through(J))),
        (R, "", lambda J: np.stack(through(J))),
        (
            R,
            "",
            lambda J: (
                np.diag(J[:, len(J[0]) // 2 :, len(J[0]) // 2 :].diagonal(axis1=1, axis2=2).prod(0)),
                through(J)[1],
            ),
        ),
        (W, "exchanged", lambda J: through(J)[::-1]),
        (
            W,
            "the order: J_T",
            lambda J: through(
                J, whole=lambda a, w, H, J: np.linalg.multi_dot([np.eye(2 * H), np.eye(2 * H), *J])[H:, H:]
            ),
        ),
        (W, "of its four blocks", lambda J: through(J, whole=lambda a, w, H, J: w)),
        (W, "h_T by h_0", lambda J: through(J, whole=lambda a, w, H, J: w[:H, :H])),
        (W, "as a vector", lambda J: through(J, alone=lambda a, w, H, J: np.diag(a))),
        (W, "not averaged", lambda J: through(J, alone=lambda a, w, H, J: J[:, H:, H:].mean(0))),
        (W, "added", lambda J: through(J, whole=lambda a, w, H, J: J.sum(0)[H:, H:])),
        (
            W,
            "first J_t is missing",
            lambda J: through(J, whole=lambda a, w, H, J: through(J[1:])[1] if len(J) > 1 else np.eye(H)),
        ),
        (W, "cut before you multiply", lambda J: (through(J)[0], through(J)[0])),
        (W, "belong to the whole", lambda J: through(J, whole=lambda a, w, H, J: w[H:, H:] - a)),
        (W, "this is the whole", lambda J: (through(J)[1], through(J)[1])),
        (W, "two arrays", lambda J: through(J)[0]),
        (W, "is one number", lambda J: (through(J)[0], np.linalg.norm(through(J)[1]))),
    ],
    exercises.check_store: [
        (R, "", stored()),
        (R, "", stored([((3, 0), 5.0)], [(3, -2.0)])),
        (R, "", lambda: tuple(part.tolist() for part in stored()())),
        (W, "input gate is the wrong way round", stored([((0, 1), -30)], [(0, 15)])),
        (W, "forget gate is the wrong way round", stored([((1, 1), 30)], [(1, -15)])),
        (W, "only 0.5 open", stored([((0, 1), 15)])),
        (W, "candidate must be", stored([((2, 0), 2.0)])),
        (W, "candidate must be", stored([((2, 1), 0.2)])),
        (W, "still", stored([((1, 1), -15)])),
        (W, "without a mark the forget gate is", stored([((1, 1), -20)], [(1, 5)])),
        (W, "99 unmarked values", stored([((0, 1), 20)], [(0, -4)])),
        (W, "Rows are gates", lambda: (stored()()[0].T, stored()()[1])),
        (W, "two arrays", lambda: stored()()[0]),
        (W, "expected (4,)", lambda: (stored()()[0], 0.0)),
        (W, "wrong way round", lambda: (stored()()[0][[1, 0, 2, 3]], stored()()[1][[1, 0, 2, 3]])),
        (W, "candidate must be", lambda: (stored()()[0][[0, 1, 3, 2]], stored()()[1][[0, 1, 3, 2]])),
        (W, "nan or inf", stored(b=[(0, -np.inf)])),
    ],
}
