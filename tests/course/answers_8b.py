"""Answers as learners give them, to the other exercises of pages 8 to 15."""

import numpy as np

from rnnlib.course import exercises
from rnnlib.course.widgets import flow

R, W = "right", "wrong"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# 8.4


def minimal(inside=lambda f, h: f * h, mix=lambda f, g, h: (1 - f) * h + f * g, squash=np.tanh, gate=sigmoid,
            order=(0, 1), now=lambda x, W: x @ W.T, back=lambda h, W: h @ W.T, bias=1, end=lambda h, f, g: h):
    def answer(W_x, W_h, b, x, h):
        W_x, W_h, b = (np.split(a, 2) for a in (W_x, W_h, b))
        one, two = order
        f = gate(now(x, W_x[one]) + back(h, W_h[one]) + bias * b[one])
        g = squash(now(x, W_x[two]) + back(inside(f, h), W_h[two]) + bias * b[two])
        return end(mix(f, g, h), f, g)

    return answer


def minimal_by_loops(W_x, W_h, b, x, h):
    if x.ndim == 2:
        return np.array([minimal_by_loops(W_x, W_h, b, *row) for row in zip(x, h, strict=True)])
    H = len(h)
    f, new = np.zeros(H), np.zeros(H)
    for i in range(H):
        f[i] = sigmoid(W_x[i] @ x + W_h[i] @ h + b[i])
    for i in range(H):
        g = np.tanh(W_x[H + i] @ x + sum(W_h[H + i, j] * f[j] * h[j] for j in range(H)) + b[H + i])
        new[i] = h[i] + f[i] * (g - h[i])
    return new


def minimal_joined(W_x, W_h, b, x, h):
    H = W_h.shape[1]
    W = np.hstack([W_x, W_h])
    f = 0.5 + 0.5 * np.tanh((np.concatenate([x, h], axis=-1) @ W[:H].T + b[:H]) / 2)
    g = np.tanh(np.concatenate([x, f * h], axis=-1) @ W[H:].T + b[H:])
    return (1 - f) * h + f * g


def minimal_for_columns(W_x, W_h, b, x, h):
    H = len(h)
    f = sigmoid(W_x[:H] @ x + W_h[:H] @ h + b[:H])
    g = np.tanh(W_x[H:] @ x + W_h[H:] @ (f * h) + b[H:])
    return (1 - f) * h + f * g


def minimal_interleaved(W_x, W_h, b, x, h):
    f = sigmoid(x @ W_x[::2].T + h @ W_h[::2].T + b[::2])
    g = np.tanh(x @ W_x[1::2].T + (f * h) @ W_h[1::2].T + b[1::2])
    return (1 - f) * h + f * g


def minimal_at_once(W_x, W_h, b, x, h):
    z_f, z_g = np.split(x @ W_x.T + h @ W_h.T + b, 2, axis=-1)
    f = sigmoid(z_f)
    return (1 - f) * h + f * np.tanh(f * z_g)


def minimal_in_place(W_x, W_h, b, x, h):
    H = h.shape[-1]
    f = sigmoid(x @ W_x[:H].T + h @ W_h[:H].T + b[:H])
    h *= f
    g = np.tanh(x @ W_x[H:].T + h @ W_h[H:].T + b[H:])
    return (1 - f) * h + f * g


# 9.4


def coupled(dc=lambda v: v.dh * v.o + v.dc_next, by_f=lambda v: v.c_before - v.g, by_g=lambda v: 1 - v.f,
            into_o=lambda v: v.dh * v.c, s_f=lambda v: v.f * (1 - v.f), s_g=lambda v: 1 - v.g**2,
            s_o=lambda v: v.o * (1 - v.o), back=lambda v: v.f * v.dc, end=lambda *a: a):
    def answer(dh, dc_next, gates, c_before, c):
        v = type("V", (), dict(zip("fgo", gates, strict=True), dh=dh, dc_next=dc_next, c_before=c_before, c=c))
        v.dc = dc(v)
        return end(v.dc * by_f(v) * s_f(v), v.dc * by_g(v) * s_g(v), into_o(v) * s_o(v), back(v))

    return answer


def coupled_in_steps(dh, dc_next, gates, c_before, c):
    f, g, o = gates
    do, dc = dh * c, dh * o
    dc += dc_next
    df, dg = dc * c_before, dc * (1 - f)
    df -= dc * g
    return [df * f * (1 - f), dg * (1 - g) * (1 + g), do * (o - o**2), dc * f]


def coupled_by_loops(dh, dc_next, gates, c_before, c):
    f, g, o = gates
    out = np.zeros((4, *dh.shape))
    for k in np.ndindex(*dh.shape):
        dc = dh[k] * o[k] + dc_next[k]
        out[(0, *k)] = dc * (c_before[k] - g[k]) * f[k] * (1 - f[k])
        out[(1, *k)] = dc * (1 - f[k]) * (1 - g[k] ** 2)
        out[(2, *k)] = dh[k] * c[k] * o[k] * (1 - o[k])
        out[(3, *k)] = dc * f[k]
    return out


def coupled_dc_in_place(dh, dc_next, gates, c_before, c):
    dc_next += dh * gates[2]
    return coupled(dc=lambda v: v.dc_next)(dh, dc_next, gates, c_before, c)


# 10.5


def peephole(gate=sigmoid, see=lambda c, before: c, factor=lambda f, w, c, after: f + w * f * (1 - f) * c,
             update=lambda f, c, u: f * c + u, end=lambda c, back: (c, back), steps=lambda z, u: zip(z, u, strict=True),
             join=lambda back, factor: back * factor):
    def answer(z, u, w, c_0):
        c, back, before = c_0, 1.0, c_0
        for z_t, u_t in steps(z, u):
            f = gate(z_t + w * see(c, before))
            before, c = c, update(f, c, u_t)
            back = join(back, factor(f, w, before, c))
        return end(c, back)

    return answer


def peephole_complex(z, u, w, c_0):
    c = c_0 + 1e-30j
    for t in range(len(z)):
        c = c / (1 + np.exp(-z[t] - w * c)) + u[t]
    return c.real, c.imag / 1e-30


def peephole_by_product(z, u, w, c_0):
    cs, fs = [c_0], []
    for t in range(len(z)):
        fs.append(1 / (1 + np.exp(-(z[t] + w * cs[t]))))
        cs.append(fs[t] * cs[t] + u[t])
    fs, cs = np.array(fs), np.array(cs)
    return [cs[-1], np.prod(fs * (1 + w * (1 - fs) * cs[:-1]))]


def peephole_by_difference(z, u, w, c_0, eps=1e-6):
    def last(c):
        for z_t, u_t in zip(z, u, strict=True):
            c = sigmoid(z_t + w * c) * c + u_t
        return c

    return last(c_0), (last(c_0 + eps) - last(c_0 - eps)) / (2 * eps)


# 11.1


def where(limit=1e-10, pick=-1, offset=1, axis=1, letters="ifgo", gates=lambda bad, t: bad[t], none=(0, ""),
          end=lambda t, names: (t, names)):
    def answer(errors):
        bad = errors > limit
        steps = np.flatnonzero(bad.any(axis=axis))
        if not len(steps):
            return none
        t = steps[pick]
        return end(t + offset, "".join(a for a, wrong in zip(letters, gates(bad, t), strict=False) if wrong))

    return answer


def where_by_loop(errors):
    for t in range(len(errors), 0, -1):
        wrong = [gate for gate, error in zip("ifgo", errors[t - 1], strict=True) if error > 1e-10]
        if wrong:
            return t, wrong
    return 0, []


def where_without_a_case(errors):
    bad = errors > 1e-10
    t = np.flatnonzero(bad.any(axis=1))[-1]
    return t + 1, "".join(g for g, b in zip("ifgo", bad[t], strict=True) if b)


def where_none(errors):
    t, gates = where_by_loop(errors)
    if t > 0:
        return t, "".join(gates)


def where_largest(errors):
    t = errors.max(axis=1).argmax()
    return int(t) + 1, "".join(g for g, e in zip("ifgo", errors[t], strict=True) if e > 1e-10)


# 11.3


def hidden(change=None, **places):
    right = {"missing-transpose": "one unit", "dc-dropped": "one step", "two-windows": "three steps",
             "clipped-carry": "small gradients", "written-into-dhs": "the first call", "tanh-slope-of-c": "nowhere"}
    return lambda: change(right) if change else right | {k.replace("_", "-"): v for k, v in places.items()}


# 12.1


def window(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(B, -1).T, start=lambda k, T: k * T, ahead=1,
           stop=lambda T: T, end=lambda x, y: (x, y)):
    def answer(ids, B, T, k):
        stream, at = lay(ids, B), start(k, T)
        return end(stream[at:at + stop(T)], stream[at + ahead:at + ahead + stop(T)])

    return answer


def window_by_loops(ids, B, T, k):
    N = len(ids) // B
    inputs, targets = np.zeros((T, B), dtype=int), np.zeros((T, B), dtype=int)
    for b in range(B):
        for t in range(T):
            inputs[t, b] = ids[b * N + k * T + t]
            targets[t, b] = ids[b * N + k * T + t + 1]
    return inputs, targets


def window_by_index(ids, B, T, k):
    at = np.arange(k * T, (k + 1) * T)[:, None] + len(ids) // B * np.arange(B)
    return ids[at], ids[at + 1]


def window_by_stack(ids, B, T, k):
    pieces = [ids[b * (len(ids) // B):][:len(ids) // B] for b in range(B)]
    return (np.stack([p[k * T:k * T + T] for p in pieces], axis=1).tolist(),
            np.stack([p[k * T + 1:k * T + T + 1] for p in pieces], axis=1).tolist())


def window_kept_last(ids, B, T, k):
    stream = ids[:len(ids) // B * B].reshape(B, -1).T[k * T:(k + 1) * T]
    return stream[:-1], stream[1:]


def window_of_one_stream(ids, B, T, k):
    return ids[k * T:(k + 1) * T], ids[k * T + 1:(k + 1) * T + 1]


def window_in_text_order(ids, B, T, k):
    x = ids[k * B * T:(k + 1) * B * T].reshape(B, T).T
    y = ids[k * B * T + 1:(k + 1) * B * T + 1].reshape(B, T).T
    return x, y


def window_one_hot(ids, B, T, k):
    x, y = window_by_index(ids, B, T, k)
    return np.eye(ids.max() + 1)[x], y


# 12.2


def one_pass(give=lambda first, state: state, weigh=lambda loss, x, y: loss * y.size,
             count=lambda x, y: y.size, end=lambda total, n, first, state: (total / n, state),
             take=lambda batches: batches, keep=lambda new, old: new):
    def answer(step, batches, state):
        total, n, first = 0.0, 0, state
        for x, y in take(batches):
            loss, new = step(x, y, give(first, state))
            state = keep(new, state)
            total += weigh(loss, x, y)
            n += count(x, y)
        return end(total, n, first, state)

    return answer


def one_pass_averaged(step, batches, state):
    losses, sizes = [], []
    for n in range(len(batches)):
        x, y = batches[n]
        result = step(x, y, state)
        losses.append(result[0])
        state = result[1]
        sizes.append(len(y) * len(y[0]))
    return [float(np.average(losses, weights=sizes)), state]


def one_pass_with_none(step, batches, state):
    state = None
    for x, y in batches:
        loss, state = step(x, y, state)
    return loss, state


def one_pass_too_soon(step, batches, state):
    total = count = 0
    for x, y in batches:
        loss, state = step(x, y, state)
        total, count = total + loss * y.size, count + y.size
        return total / count, state


def one_pass_running_mean(step, batches, state):
    mean = 0.0
    for x, y in batches:
        loss, state = step(x, y, state)
        mean = (mean + loss) / 2
    return mean, state


def one_pass_smoothed(step, batches, state):
    mean = None
    for x, y in batches:
        loss, state = step(x, y, state)
        mean = loss if mean is None else 0.999 * mean + 0.001 * loss
    return mean, state


# 12.6


def unsmooth(first=np.log, take=lambda s, keep, before: (s - keep * before) / (1 - keep), end=lambda a: a):
    def answer(s, V, keep):
        before = np.append(first(V), s[:-1])
        return end(take(s, keep, before))

    return answer


def unsmooth_by_loop(s, V, keep):
    losses, before = [], np.log(V)
    for value in s:
        losses.append((value - keep * before) / (1 - keep))
        before = value
    return losses


def unsmooth_by_solving(s, V, keep):
    N = len(s)
    A = np.array([[(1 - keep) * keep ** (n - k) if k <= n else 0.0 for k in range(N)] for n in range(N)])
    return np.linalg.solve(A, s - np.log(V) * keep ** np.arange(1, N + 1))


def unsmooth_into_s(s, V, keep):
    before = np.log(V)
    for n in range(len(s)):
        s[n] = (s[n] - keep * before) / (1 - keep)
        before = s[n]
    return s


def unsmooth_recursive(s, V, keep):
    losses, before = np.zeros(len(s)), np.log(V)
    for n in range(len(s)):
        losses[n] = (s[n] - keep * before) / (1 - keep)
        before = losses[n]
    return losses


def unsmooth_from_1(s, V, keep):
    losses = np.zeros(len(s))
    for n in range(1, len(s)):
        losses[n] = (s[n] - keep * s[n - 1]) / (1 - keep)
    return losses


ANSWERS = {
    exercises.check_minimal_step: [
        (R, "", minimal()),
        (R, "", minimal_by_loops),
        (R, "", minimal_joined),
        (R, "", minimal(mix=lambda f, g, h: h + f * (g - h))),
        (R, "", minimal(end=lambda h, f, g: h.tolist())),
        (W, "", minimal(inside=lambda f, h: h)),
        (W, "", minimal(inside=lambda f, h: (1 - f) * h)),
        (W, "", minimal(inside=lambda f, h: f)),
        (W, "", minimal(inside=lambda f, h: f + h)),
        (W, "", minimal(inside=lambda f, h: 0 * h)),
        (W, "", minimal_at_once),
        (W, "", minimal(mix=lambda f, g, h: f * h + (1 - f) * g)),
        (W, "", minimal(mix=lambda f, g, h: f * h + f * g)),
        (W, "", minimal(mix=lambda f, g, h: f * g)),
        (W, "", minimal(mix=lambda f, g, h: h + f * g)),
        (W, "", minimal(mix=lambda f, g, h: h + g)),
        (W, "", minimal(mix=lambda f, g, h: (1 - f) * h + g)),
        (W, "", minimal(mix=lambda f, g, h: (1 - f) * h - f * g)),
        (W, "", minimal(mix=lambda f, g, h: g)),
        (W, "", minimal(mix=lambda f, g, h: f * np.tanh(g))),
        (W, "", minimal(mix=lambda f, g, h: np.tanh((1 - f) * h + f * g))),
        (W, "", minimal(gate=np.tanh)),
        (W, "", minimal(gate=lambda z: sigmoid(-z))),
        (W, "", minimal(gate=lambda z: z)),
        (W, "", minimal(squash=sigmoid)),
        (W, "", minimal(squash=lambda z: z)),
        (W, "", minimal(order=(1, 0))),
        (W, "", minimal(order=(0, 0))),
        (W, "", minimal_interleaved),
        (W, "", minimal(back=lambda h, W: h @ W)),
        (W, "", minimal(back=lambda h, W: 0)),
        (W, "", minimal(now=lambda x, W: x @ W)),
        (W, "", minimal(bias=0)),
        (W, "", minimal(bias=-1)),
        (W, "", minimal_for_columns),
        (W, "", minimal_in_place),
        (W, "", minimal(end=lambda h, f, g: (h, f))),
        (W, "", minimal(end=lambda h, f, g: f)),
        (W, "", minimal(end=lambda h, f, g: h[..., None])),
        (W, "", minimal(end=lambda h, f, g: h.astype(np.float32))),
        (W, "", minimal(end=lambda h, f, g: h.round(2))),
        (W, "", minimal(end=lambda h, f, g: h.sum())),
    ],
    exercises.check_coupled: [
        (R, "", coupled()),
        (R, "", coupled_in_steps),
        (R, "", coupled_by_loops),
        (R, "", coupled(end=lambda *a: [part.tolist() for part in a])),
        (W, "", coupled(by_f=lambda v: v.c_before)),
        (W, "", coupled(by_f=lambda v: v.c_before + v.g)),
        (W, "", coupled(by_f=lambda v: v.g - v.c_before)),
        (W, "", coupled(by_f=lambda v: v.c - v.g)),
        (W, "", coupled(by_f=lambda v: -v.g)),
        (W, "", coupled(by_f=lambda v: v.c_before - v.g, s_f=lambda v: 1)),
        (W, "", coupled(s_f=lambda v: 1 - v.f**2)),
        (W, "", coupled(s_f=lambda v: 1 - v.f)),
        (W, "", coupled(by_g=lambda v: v.f)),
        (W, "", coupled(by_g=lambda v: 1)),
        (W, "", coupled(by_g=lambda v: 1 - v.o)),
        (W, "", coupled(s_g=lambda v: v.g * (1 - v.g))),
        (W, "", coupled(s_g=lambda v: 1)),
        (W, "", coupled(s_g=lambda v: 1 - np.tanh(v.g) ** 2)),
        (W, "", coupled(into_o=lambda v: v.dh * np.tanh(v.c))),
        (W, "", coupled(into_o=lambda v: v.dh * v.c_before)),
        (W, "", coupled(into_o=lambda v: v.dc * v.c)),
        (W, "", coupled(into_o=lambda v: v.dh)),
        (W, "", coupled(s_o=lambda v: 1)),
        (W, "", coupled(s_o=lambda v: v.f * (1 - v.f))),
        (W, "", coupled(dc=lambda v: v.dh * v.o)),
        (W, "", coupled(dc=lambda v: v.dc_next)),
        (W, "", coupled(dc=lambda v: v.dh + v.dc_next)),
        (W, "", coupled(dc=lambda v: (v.dh + v.dc_next) * v.o)),
        (W, "", coupled(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.dc_next)),
        (W, "", coupled(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.dc_next,
                        into_o=lambda v: v.dh * np.tanh(v.c))),
        (W, "", coupled(dc=lambda v: v.dh * v.o - v.dc_next)),
        (W, "", coupled(dc=lambda v: v.dh * v.o + v.f * v.dc_next)),
        (W, "", coupled(back=lambda v: v.dc)),
        (W, "", coupled(back=lambda v: (1 - v.f) * v.dc)),
        (W, "", coupled(back=lambda v: v.f * v.dc_next)),
        (W, "", coupled(back=lambda v: v.f * v.dc * (1 - v.f))),
        (W, "", coupled(end=lambda f, g, o, c: (f, g, o))),
        (W, "", coupled(end=lambda f, g, o, c: (c, f, g, o))),
        (W, "", coupled(end=lambda f, g, o, c: (g, f, o, c))),
        (W, "", coupled(end=lambda f, g, o, c: (f, f, g, o, c))),
        (W, "", coupled(end=lambda f, g, o, c: (np.concatenate([f, g, o], axis=-1), c))),
        (W, "", coupled(end=lambda *a: tuple(part.mean(axis=0) for part in a))),
        (W, "", coupled(end=lambda *a: tuple(part.T for part in a))),
        (W, "", coupled_dc_in_place),
    ],
    exercises.check_carried: [
        (R, "", lambda: 2.72),
        (R, "", lambda: np.float64(2.72)),
        (R, "", lambda: np.array([2.72])),
        (R, "", lambda: min(np.arange(2.0, 3.5, 0.05), key=lambda b: abs(flow(b, 1, 100).norms["LSTM"][-1] - 1))),
        (W, "", lambda: 6.85),
        (W, "", lambda: 2.0),
        (W, "", lambda: 2),
        (W, "", lambda: 5.0),
        (W, "", lambda: 0.0),
        (W, "", lambda: -2.5),
        (W, "", lambda: 4.6),
        (W, "", lambda: 2.5),
        (W, "", lambda: 1.0),
        (W, "", lambda: 100.0),
        (W, "", lambda: np.nan),
        (W, "", lambda: (2.5, 1.0)),
        (W, "", lambda: "2.5 or so"),
        (W, "", lambda: 2.5 + 0j),
        (W, "", lambda: flow(2.5, 1, 100)),
        (W, "", lambda: print(2.5)),
        (W, "", lambda rho: 2.5),
        (W, "", lambda: [2.0, 3.0]),
    ],
    exercises.check_peephole: [
        (R, "", peephole()),
        (R, "", peephole_complex),
        (R, "", peephole_by_product),
        (R, "", peephole(end=lambda c, back: np.array([c, back]))),
        (R, "", peephole(gate=lambda z: (1 + np.tanh(z / 2)) / 2)),
        (W, "", peephole(factor=lambda f, w, c, after: f)),
        (W, "", peephole(factor=lambda f, w, c, after: f + w * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f + f * (1 - f) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f + w * f * (1 - f))),
        (W, "", peephole(factor=lambda f, w, c, after: f + w * (1 - f**2) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f + w * f * (1 - f) * after)),
        (W, "", peephole(factor=lambda f, w, c, after: f - w * f * (1 - f) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: w * f * (1 - f) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f * w * f * (1 - f) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: w * f * (1 - f))),
        (W, "", peephole(factor=lambda f, w, c, after: 1 + w * f * (1 - f) * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f + w * f * c)),
        (W, "", peephole(factor=lambda f, w, c, after: f * (1 - f))),
        (W, "", peephole(join=lambda back, factor: back + factor)),
        (W, "", peephole(join=lambda back, factor: factor)),
        (W, "", peephole(gate=np.tanh)),
        (W, "", peephole(gate=lambda z: sigmoid(-z))),
        (W, "", peephole(see=lambda c, before: before)),
        (W, "", peephole(see=lambda c, before: 0)),
        (W, "", peephole(see=lambda c, before: np.tanh(c))),
        (W, "", peephole(update=lambda f, c, u: f * c)),
        (W, "", peephole(update=lambda f, c, u: f * c + (1 - f) * u)),
        (W, "", peephole(update=lambda f, c, u: f * (c + u))),
        (W, "", peephole(update=lambda f, c, u: f * c - u)),
        (W, "", peephole(steps=lambda z, u: zip(z[::-1], u[::-1], strict=True))),
        (W, "", peephole(steps=lambda z, u: zip(z[:-1], u[:-1], strict=True))),
        (W, "", peephole(steps=lambda z, u: zip(z[1:], u[1:], strict=True))),
        (W, "", peephole(end=lambda c, back: (back, c))),
        (W, "", peephole(end=lambda c, back: back)),
        (W, "", peephole(end=lambda c, back: c)),
        (W, "", peephole(end=lambda c, back: (c, np.log(np.abs(back))))),
        (W, "", peephole(end=lambda c, back: (c, abs(back)))),
        (W, "", peephole(end=lambda c, back: (c, 1 / back))),
        (W, "", peephole(end=lambda c, back: (np.float32(c), np.float32(back)))),
        (W, "", peephole(end=lambda c, back: (round(c, 2), round(back, 2)))),
        (W, "", peephole_by_difference),
    ],
    exercises.check_where: [
        (R, "", where()),
        (R, "", where_by_loop),
        (R, "", where(end=lambda t, names: [int(t), tuple(names)])),
        (R, "", where(end=lambda t, names: (float(t), names))),
        (R, "", where(none=(0, []))),
        (R, "", where(limit=2e-10)),
        (W, "", where(limit=1e-8)),
        (W, "", where(offset=0)),
        (W, "", where(pick=0)),
        (W, "", where(limit=0)),
        (W, "", where(limit=1e-16)),
        (W, "", where(limit=0.1)),
        (W, "", where(limit=1.0)),
        (W, "", where(gates=lambda bad, t: bad.any(axis=0))),
        (W, "", where(gates=lambda bad, t: ~bad[t])),
        (W, "", where(gates=lambda bad, t: bad[t - 1])),
        (W, "", where(axis=0)),
        (W, "", where(letters="ifog")),
        (W, "", where(letters="fiog")),
        (W, "", where(none=(1, ""))),
        (W, "", where(none=(0, None))),
        (W, "", where(none=None)),
        (W, "", where(none=0)),
        (W, "", where(none="all right")),
        (W, "", where(end=lambda t, names: (names, t))),
        (W, "", where(end=lambda t, names: t)),
        (W, "", where(end=lambda t, names: names)),
        (W, "", where(end=lambda t, names: (t, names.upper()))),
        (W, "", where(end=lambda t, names: (t, ", ".join(names)))),
        (W, "", where(end=lambda t, names: (t, names[:1]))),
        (W, "", where(end=lambda t, names: (t, names[::-1]))),
        (W, "", where(end=lambda t, names: (str(t), names))),
        (W, "", where(end=lambda t, names: (t, len(names)))),
        (W, "", where(end=lambda t, names: (7 - t, names))),
        (W, "", where_without_a_case),
        (W, "", where_none),
        (W, "", where_largest),
        (W, "", lambda errors: (5, "ifg")),
    ],
    exercises.check_hiding_places: [
        (R, "", hidden()),
        (R, "", hidden(two_windows="two steps")),
        (R, "", hidden(lambda right: dict(reversed(right.items())))),
        (W, "", hidden(two_windows="one step")),
        (W, "", hidden(clipped_carry="one step")),
        (W, "", hidden(missing_transpose="one step")),
        (W, "", hidden(missing_transpose="one sequence")),
        (W, "", hidden(dc_dropped="two steps")),
        (W, "", hidden(dc_dropped="nowhere")),
        (W, "", hidden(missing_transpose="nowhere", tanh_slope_of_c="one unit")),
        (W, "", hidden(tanh_slope_of_c="one step", dc_dropped="nowhere")),
        (W, "", hidden(tanh_slope_of_c="a zero initial state")),
        (W, "", hidden(written_into_dhs="the second call")),
        (W, "", hidden(written_into_dhs="small gradients", clipped_carry="the first call")),
        (W, "", hidden(two_windows="3 steps")),
        (W, "", hidden(two_windows="Three steps")),
        (W, "", hidden(tanh_slope_of_c=None)),
        (W, "", hidden(tanh_slope_of_c="")),
        (W, "", hidden(clipped_carry=("small gradients", "one step"))),
        (W, "", hidden(lambda right: {k.replace("-", "_"): v for k, v in right.items()})),
        (W, "", hidden(lambda right: {v: k for k, v in right.items()})),
        (W, "", hidden(lambda right: list(right.values()))),
        (W, "", hidden(lambda right: dict(list(right.items())[:5]))),
        (W, "", hidden(lambda right: dict.fromkeys(right, "one step"))),
    ],
    exercises.check_window: [
        (R, "", window()),
        (R, "", window_by_loops),
        (R, "", window_by_index),
        (R, "", window_by_stack),
        (R, "", window(end=lambda x, y: [x.astype(float), y.astype(np.int16)])),
        (R, "", window(end=lambda x, y: np.array([x, y]))),
        (W, "", window(ahead=0)),
        (W, "", window(ahead=2)),
        (W, "", window(ahead=-1)),
        (W, "", window(start=lambda k, T: k)),
        (W, "", window(start=lambda k, T: (k + 1) * T)),
        (W, "", window(start=lambda k, T: (k - 1) * T)),
        (W, "", window(start=lambda k, T: k * (T + 1))),
        (W, "", window(start=lambda k, T: k * T + 1)),
        (W, "", window(start=lambda k, T: 0)),
        (W, "", window(stop=lambda T: T - 1)),
        (W, "", window(stop=lambda T: T + 1)),
        (W, "", window_kept_last),
        (W, "", window(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(-1, B))),
        (W, "", window(lay=lambda ids, B: ids.reshape(B, -1).T)),
        (W, "", window(lay=lambda ids, B: ids[len(ids) % B:].reshape(B, -1).T)),
        (W, "", window(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(B, -1))),
        (W, "", window(end=lambda x, y: (y, x))),
        (W, "", window(end=lambda x, y: (x.T, y.T))),
        (W, "", window(end=lambda x, y: (x, np.roll(x, -1, axis=0)))),
        (W, "", window(end=lambda x, y: (x, np.roll(x, -1, axis=1)))),
        (W, "", window(end=lambda x, y: (x, np.append(x[1:], 0 * x[:1], axis=0)))),
        (W, "", window(end=lambda x, y: (x, y[-1]))),
        (W, "", window(end=lambda x, y: (x.ravel(), y.ravel()))),
        (W, "", window(end=lambda x, y: x)),
        (W, "", window(end=lambda x, y: (x[:, :1], y[:, :1]))),
        (W, "", window(end=lambda x, y: (x[::-1], y[::-1]))),
        (W, "", window_of_one_stream),
        (W, "", window_in_text_order),
        (W, "", window_one_hot),
        (W, "", lambda ids, B, T, k: window()(ids, B, T, 1)),
    ],
    exercises.check_one_pass: [
        (R, "", one_pass()),
        (R, "", one_pass_averaged),
        (R, "", one_pass(weigh=lambda loss, x, y: loss * len(x), count=lambda x, y: len(x))),
        (R, "", one_pass(end=lambda total, n, first, state: (np.array(total / n), list(state)))),
        (W, "", one_pass(give=lambda first, state: first)),
        (W, "", one_pass(give=lambda first, state: 0 * state)),
        (W, "", one_pass(keep=lambda new, old: old + new)),
        (W, "", one_pass(keep=lambda new, old: (old + new) / 2)),
        (W, "", one_pass(weigh=lambda loss, x, y: loss, count=lambda x, y: 1)),
        (W, "", one_pass(weigh=lambda loss, x, y: loss)),
        (W, "", one_pass(count=lambda x, y: 1)),
        (W, "", one_pass(count=lambda x, y: len(y))),
        (W, "", one_pass(weigh=lambda loss, x, y: loss * x.shape[1], count=lambda x, y: x.shape[1])),
        (W, "", one_pass(end=lambda total, n, first, state: (total, state))),
        (W, "", one_pass(end=lambda total, n, first, state: (total / n, first))),
        (W, "", one_pass(end=lambda total, n, first, state: (total / n, 0 * state))),
        (W, "", one_pass(end=lambda total, n, first, state: (state, total / n))),
        (W, "", one_pass(end=lambda total, n, first, state: total / n)),
        (W, "", one_pass(end=lambda total, n, first, state: state)),
        (W, "", one_pass(end=lambda total, n, first, state: (np.exp(total / n), state))),
        (W, "", one_pass(end=lambda total, n, first, state: (total / n / np.log(2), state))),
        (W, "", one_pass(end=lambda total, n, first, state: (total / n, state.mean()))),
        (W, "", one_pass(end=lambda total, n, first, state: (total / n, np.tanh(state)))),
        (W, "", one_pass(end=lambda total, n, first, state: (int(total / n), state))),
        (W, "", one_pass(take=lambda batches: batches[:-1])),
        (W, "", one_pass(take=lambda batches: batches[::-1])),
        (W, "", one_pass(take=lambda batches: batches[1:])),
        (W, "", one_pass(take=lambda batches: [(y, x) for x, y in batches])),
        (W, "", one_pass(take=lambda batches: [b for b in batches if len(b[0]) == len(batches[0][0])])),
        (W, "", one_pass_with_none),
        (W, "", one_pass_too_soon),
        (W, "", one_pass_running_mean),
        (W, "", one_pass_smoothed),
        (W, "", lambda step, batches, state: step(*batches[-1], state)),
    ],
    exercises.check_unsmooth: [
        (R, "", unsmooth()),
        (R, "", unsmooth_by_loop),
        (R, "", unsmooth_by_solving),
        (R, "", unsmooth(take=lambda s, keep, before: before + (s - before) / (1 - keep))),
        (W, "", unsmooth(first=lambda V: 0)),
        (W, "", unsmooth(first=lambda V: V)),
        (W, "", unsmooth(first=np.log2)),
        (W, "", unsmooth(first=np.log10)),
        (W, "", unsmooth(first=lambda V: 1 / V)),
        (W, "", unsmooth(first=lambda V: -np.log(V))),
        (W, "", unsmooth(first=lambda V: 1)),
        (W, "", unsmooth(first=lambda V: np.log(V - 1))),
        (W, "", unsmooth(take=lambda s, keep, before: s - keep * before)),
        (W, "", unsmooth(take=lambda s, keep, before: (s - keep * before) * (1 - keep))),
        (W, "", unsmooth(take=lambda s, keep, before: (s - before) / (1 - keep))),
        (W, "", unsmooth(take=lambda s, keep, before: (s + keep * before) / (1 - keep))),
        (W, "", unsmooth(take=lambda s, keep, before: (s - keep * before) / keep)),
        (W, "", unsmooth(take=lambda s, keep, before: (s - (1 - keep) * before) / keep)),
        (W, "", unsmooth(take=lambda s, keep, before: s - keep * before / (1 - keep))),
        (W, "", unsmooth(take=lambda s, keep, before: keep * before + (1 - keep) * s)),
        (W, "", unsmooth(take=lambda s, keep, before: (s - 0.999 * before) / (1 - 0.999))),
        (W, "", unsmooth(take=lambda s, keep, before: (keep * before - s) / (1 - keep))),
        (W, "", lambda s, V, keep: (s[1:] - keep * s[:-1]) / (1 - keep)),
        (W, "", lambda s, V, keep: (s - keep * np.log(V)) / (1 - keep)),
        (W, "", lambda s, V, keep: (s - keep * np.roll(s, 1)) / (1 - keep)),
        (W, "", lambda s, V, keep: (s - keep * np.append(s[1:], np.log(V))) / (1 - keep)),
        (W, "", unsmooth_into_s),
        (W, "", unsmooth_recursive),
        (W, "", unsmooth_from_1),
        (W, "", unsmooth(end=lambda a: a[::-1])),
        (W, "", unsmooth(end=lambda a: a[-1])),
        (W, "", unsmooth(end=np.mean)),
        (W, "", unsmooth(end=lambda a: a / np.log(2))),
        (W, "", unsmooth(end=np.exp)),
        (W, "", unsmooth(end=lambda a: a.round(2))),
        (W, "", unsmooth(end=lambda a: a[:, None])),
        (W, "", lambda s, V, keep: s),
    ],
}
