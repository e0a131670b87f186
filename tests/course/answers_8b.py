"""Answers as learners give them, to the other exercises of pages 8 to 15."""

import numpy as np

from rnnlib.course import exercises
from rnnlib.course.widgets import flow

R, W, O = "right", "wrong", "open"


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
        (W, "the candidate sees f * h, not h: the gate", minimal(inside=lambda f, h: h)),
        (W, "the candidate hears", minimal(inside=lambda f, h: (1 - f) * h)),
        (W, "the candidate hears f * h: each f_i", minimal(inside=lambda f, h: f)),
        (W, "the candidate hears f * h: each f_i", minimal(inside=lambda f, h: f + h)),
        (W, "the candidate does not hear the past: W_h^g", minimal(inside=lambda f, h: 0 * h)),
        (W, "f stands before the product: W_h^g (f * h)", minimal_at_once),
        (W, "- f are exchanged: here f writes and", minimal(mix=lambda f, g, h: f * h + (1 - f) * g)),
        (W, "these are the LSTM's two terms, f h + f g", minimal(mix=lambda f, g, h: f * h + f * g)),
        (W, "nothing is kept: add", minimal(mix=lambda f, g, h: f * g)),
        (W, "h is kept whole: multiply it by", minimal(mix=lambda f, g, h: h + f * g)),
        (W, "h is kept whole: multiply it by", minimal(mix=lambda f, g, h: h + g)),
        (W, "g is written whole: multiply it by f.", minimal(mix=lambda f, g, h: (1 - f) * h + g)),
        (W, "f * g is added, not subtracted.", minimal(mix=lambda f, g, h: (1 - f) * h - f * g)),
        (W, "this is the candidate alone: mix it with h.", minimal(mix=lambda f, g, h: g)),
        (W, "nothing is kept: add", minimal(mix=lambda f, g, h: f * np.tanh(g))),
        (W, "a tanh too many: h_t is the mixture itself.", minimal(mix=lambda f, g, h: np.tanh((1 - f) * h + f * g))),
        (W, "f is a σ, not a tanh.", minimal(gate=np.tanh)),
        (W, "or is your σ really σ(-z)? σ(z) =", minimal(gate=lambda z: sigmoid(-z))),
        (W, "f lacks its σ.", minimal(gate=lambda z: z)),
        (W, "the candidate is a tanh, not a σ.", minimal(squash=sigmoid)),
        (W, "the candidate lacks its tanh.", minimal(squash=lambda z: z)),
        (W, "the blocks are exchanged: f comes first", minimal(order=(1, 0))),
        (W, "g takes the second block of each, f the", minimal(order=(0, 0))),
        (W, "the blocks are H rows each, one below the", minimal_interleaved),
        (W, "in rows W_h h is `h @ W_h.T`; yours lacks", minimal(back=lambda h, W: h @ W)),
        (W, "W_h is missing: both see the past.", minimal(back=lambda h, W: 0)),
        (W, "your function stops in line", minimal(now=lambda x, W: x @ W)),
        (W, "the biases are missing.", minimal(bias=0)),
        (W, "the biases are subtracted: they are added.", minimal(bias=-1)),
        (W, "your function stops in line", minimal_for_columns),
        (W, "your function changes its inputs in place", minimal_in_place),
        (W, "h_t should be one array of shape", minimal(end=lambda h, f, g: (h, f))),
        (W, "this is f alone: return", minimal(end=lambda h, f, g: f)),
        (W, "h_t is right but for an axis of length", minimal(end=lambda h, f, g: h[..., None])),
        (W, "too coarse to tell: compute in float", minimal(end=lambda h, f, g: h.astype(np.float32))),
        (W, "h_t is rounded to", minimal(end=lambda h, f, g: h.round(2))),
        (W, "h_t is one number; expected", minimal(end=lambda h, f, g: h.sum())),
    ],
    exercises.check_coupled: [
        (R, "", coupled()),
        (R, "", coupled_in_steps),
        (R, "", coupled_by_loops),
        (R, "", coupled(end=lambda *a: [part.tolist() for part in a])),
        (W, "delta^f: f also stands in", coupled(by_f=lambda v: v.c_before)),
        (W, "delta^f: the use of f in", coupled(by_f=lambda v: v.c_before + v.g)),
        (W, "delta^f has the wrong sign: c_before - g", coupled(by_f=lambda v: v.g - v.c_before)),
        (W, "delta^f: beside f stands c_before - g, the", coupled(by_f=lambda v: v.c - v.g)),
        (W, "delta^f: only the use in", coupled(by_f=lambda v: -v.g)),
        (W, "delta^f: the slope of the σ is missing: it", coupled(by_f=lambda v: v.c_before - v.g, s_f=lambda v: 1)),
        (W, "delta^f: the slope of a σ is f", coupled(s_f=lambda v: 1 - v.f**2)),
        (W, "delta^f: the slope of a σ is f", coupled(s_f=lambda v: 1 - v.f)),
        (W, "delta^g: beside g stands", coupled(by_g=lambda v: v.f)),
        (W, "delta^g: beside g stands", coupled(by_g=lambda v: 1)),
        (W, "delta^g: beside g stands", coupled(by_g=lambda v: 1 - v.o)),
        (W, "delta^g: g is a tanh: its slope is", coupled(s_g=lambda v: v.g * (1 - v.g))),
        (W, "the slope of g is missing", coupled(s_g=lambda v: 1)),
        (W, "g has been through its tanh: the slope is", coupled(s_g=lambda v: 1 - np.tanh(v.g) ** 2)),
        (W, "beside o stands c itself: h_t = o * c_t.", coupled(into_o=lambda v: v.dh * np.tanh(v.c))),
        (W, "delta^o: beside o stands c, the new one", coupled(into_o=lambda v: v.dh * v.c_before)),
        (W, "delta^o takes dh, not dc: the output gate", coupled(into_o=lambda v: v.dc * v.c)),
        (W, "delta^o lacks its partner: o stands beside", coupled(into_o=lambda v: v.dh)),
        (W, "delta^o: the slope of the σ is missing: it", coupled(s_o=lambda v: 1)),
        (W, "delta^o: the slope must be that of o; yours", coupled(s_o=lambda v: v.f * (1 - v.f))),
        (W, "dc_next is forgotten: c_t also goes on to", coupled(dc=lambda v: v.dh * v.o)),
        (W, "only dc_next reaches the cell: h_t = o *", coupled(dc=lambda v: v.dc_next)),
        (W, "the output gate is missing on the way from", coupled(dc=lambda v: v.dh + v.dc_next)),
        (W, "dc_next must not pass the output gate: add", coupled(dc=lambda v: (v.dh + v.dc_next) * v.o)),
        (W, "on the way from h_t to c_t there is no tanh", coupled(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.dc_next)),
        (W, "these are the lines of the LSTM: here h_t =", coupled(dc=lambda v: v.dh * v.o * (1 - np.tanh(v.c) ** 2) + v.dc_next,
                        into_o=lambda v: v.dh * np.tanh(v.c))),
        (W, "dc_next is subtracted: it is added.", coupled(dc=lambda v: v.dh * v.o - v.dc_next)),
        (W, "dc_next has the forget gate in it already", coupled(dc=lambda v: v.dh * v.o + v.f * v.dc_next)),
        (W, "what goes back to c_before takes the forget", coupled(back=lambda v: v.dc)),
        (W, "what goes back to c_before is f * dc, not", coupled(back=lambda v: (1 - v.f) * v.dc)),
        (W, "what goes back to c_before is f * dc, with", coupled(back=lambda v: v.f * v.dc_next)),
        (W, "what goes back to c_before is f * dc: no", coupled(back=lambda v: v.f * v.dc * (1 - v.f))),
        (W, "return four arrays: delta^f, delta^g", coupled(end=lambda f, g, o, c: (f, g, o))),
        (W, "all are right, but in another order: return", coupled(end=lambda f, g, o, c: (c, f, g, o))),
        (W, "all are right, but in another order: return", coupled(end=lambda f, g, o, c: (g, f, o, c))),
        (W, "return four arrays: delta^f, delta^g", coupled(end=lambda f, g, o, c: (f, f, g, o, c))),
        (W, "return four arrays: delta^f, delta^g", coupled(end=lambda f, g, o, c: (np.concatenate([f, g, o], axis=-1), c))),
        (W, "delta^f is a mean over the sequences: each", coupled(end=lambda *a: tuple(part.mean(axis=0) for part in a))),
        (W, "delta^f is transposed: shape", coupled(end=lambda *a: tuple(part.T for part in a))),
        (W, "your function changes its inputs in place", coupled_dc_in_place),
    ],
    exercises.check_carried: [
        (R, "", lambda: 2.72),
        (R, "", lambda: np.float64(2.72)),
        (R, "", lambda: np.array([2.72])),
        (R, "", lambda: min(np.arange(2.0, 3.5, 0.05), key=lambda b: abs(flow(b, 1, 100).norms["LSTM"][-1] - 1))),
        (W, "the whole gradient is", lambda: 6.85),
        (W, "the whole gradient is", lambda: 2.0),
        (W, "the whole gradient is", lambda: 2),
        (W, "the whole gradient is", lambda: 5.0),
        (W, "the whole gradient is", lambda: 0.0),
        (W, "the whole gradient is", lambda: -2.5),
        (W, "the whole gradient is", lambda: 4.6),
        (W, "the whole gradient is", lambda: 2.5),
        (W, "the whole gradient is", lambda: 1.0),
        (W, "b should lie between -", lambda: 100.0),
        (W, "b should lie between -", lambda: np.nan),
        (W, "return one number, the bias; got tuple.", lambda: (2.5, 1.0)),
        (W, "return one number, the bias; got str.", lambda: "2.5 or so"),
        (W, "return one number, the bias; got complex.", lambda: 2.5 + 0j),
        (W, "return one number, the bias; got Flow.", lambda: flow(2.5, 1, 100)),
        (W, "your function prints and returns nothing", lambda: print(2.5)),
        (W, "your function takes (rho); it is called with", lambda rho: 2.5),
        (W, "return one number, the bias; got list.", lambda: [2.0, 3.0]),
    ],
    exercises.check_peephole: [
        (R, "", peephole()),
        (R, "", peephole_complex),
        (R, "", peephole_by_product),
        (R, "", peephole(end=lambda c, back: np.array([c, back]))),
        (R, "", peephole(gate=lambda z: (1 + np.tanh(z / 2)) / 2)),
        (W, "this is the product of the f_t: c_(t-", peephole(factor=lambda f, w, c, after: f)),
        (W, "the slope of the gate is missing: f", peephole(factor=lambda f, w, c, after: f + w * c)),
        (W, "w is missing in the way through the gate.", peephole(factor=lambda f, w, c, after: f + f * (1 - f) * c)),
        (W, ") is missing: a gate that moves by df moves", peephole(factor=lambda f, w, c, after: f + w * f * (1 - f))),
        (W, "the slope of a σ is f", peephole(factor=lambda f, w, c, after: f + w * (1 - f**2) * c)),
        (W, "the gate multiplies the old memory, c_(t-", peephole(factor=lambda f, w, c, after: f + w * f * (1 - f) * after)),
        (W, "the way through the gate is subtracted", peephole(factor=lambda f, w, c, after: f - w * f * (1 - f) * c)),
        (W, "the direct way, f_t, is missing.", peephole(factor=lambda f, w, c, after: w * f * (1 - f) * c)),
        (W, "the two ways add; yours are multiplied.", peephole(factor=lambda f, w, c, after: f * w * f * (1 - f) * c)),
        (W, "one of the two ways alone, and without", peephole(factor=lambda f, w, c, after: w * f * (1 - f))),
        (W, "the direct way is f_t, not", peephole(factor=lambda f, w, c, after: 1 + w * f * (1 - f) * c)),
        (W, "the slope of a σ is f", peephole(factor=lambda f, w, c, after: f + w * f * c)),
        (W, "one of the two ways alone, and without", peephole(factor=lambda f, w, c, after: f * (1 - f))),
        (W, "the factors of the steps multiply; yours", peephole(join=lambda back, factor: back + factor)),
        (W, "these are the factors of the last step", peephole(join=lambda back, factor: factor)),
        (W, "c_T: the gate is a σ, not a tanh.", peephole(gate=np.tanh)),
        (W, "c_T: f keeps the memory: f_t c_(t-", peephole(gate=lambda z: sigmoid(-z))),
        (W, "c_T: the gate sees c_(t-", peephole(see=lambda c, before: before)),
        (W, "c_T: the gate does not see the memory: f_t", peephole(see=lambda c, before: 0)),
        (W, "c_T: the gate reads c_(t-", peephole(see=lambda c, before: np.tanh(c))),
        (W, "c_T: nothing is written: add u_t.", peephole(update=lambda f, c, u: f * c)),
        (W, "c_T: u_t is added as it is: no gate stands", peephole(update=lambda f, c, u: f * c + (1 - f) * u)),
        (W, "c_T: u_t is added as it is: no gate stands", peephole(update=lambda f, c, u: f * (c + u))),
        (W, "c_T: u_t is subtracted: it is added.", peephole(update=lambda f, c, u: f * c - u)),
        (W, "the steps run backwards: z[", peephole(steps=lambda z, u: zip(z[::-1], u[::-1], strict=True))),
        (W, "the last step is left out: there are T of", peephole(steps=lambda z, u: zip(z[:-1], u[:-1], strict=True))),
        (W, "the first step is left out: z[", peephole(steps=lambda z, u: zip(z[1:], u[1:], strict=True))),
        (W, "the two results are exchanged: c_T first", peephole(end=lambda c, back: (back, c))),
        (W, "return two numbers: c_T, dc_T/dc_", peephole(end=lambda c, back: back)),
        (W, "return two numbers: c_T, dc_T/dc_", peephole(end=lambda c, back: c)),
        (W, "is the logarithm of its size, abs, where it", peephole(end=lambda c, back: (c, np.log(np.abs(back))))),
        (W, "keep the sign: a factor may be negative.", peephole(end=lambda c, back: (c, abs(back)))),
        (W, "is one over what it should be.", peephole(end=lambda c, back: (c, 1 / back))),
        (W, "too coarse to tell: compute in float", peephole(end=lambda c, back: (np.float32(c), np.float32(back)))),
        (W, "c_T is rounded to", peephole(end=lambda c, back: (round(c, 2), round(back, 2)))),
        (W, "digits only: is it an approximation, or", peephole_by_difference),
    ],
    exercises.check_where: [
        (R, "", where()),
        (R, "", where_by_loop),
        (R, "", where(end=lambda t, names: [int(t), tuple(names)])),
        (R, "", where(end=lambda t, names: (float(t), names))),
        (R, "", where(none=(0, []))),
        (R, "", where(limit=2e-10)),
        (W, "counts as wrong: your limit is larger.", where(limit=1e-8)),
        (W, "steps count from", where(offset=0)),
        (W, "that is the first wrong step. A gradient", where(pick=0)),
        (W, "is rounding: count as wrong what is above", where(limit=0)),
        (W, "is rounding: count as wrong what is above", where(limit=1e-16)),
        (W, "counts as wrong: your limit is larger.", where(limit=0.1)),
        (W, "counts as wrong: your limit is larger.", where(limit=1.0)),
        (W, "the step is right, but you name every gate", where(gates=lambda bad, t: bad.any(axis=0))),
        (W, "the step is right, but the gates are those", where(gates=lambda bad, t: ~bad[t])),
        (W, "the step is right, but the gates are those", where(gates=lambda bad, t: bad[t - 1])),
        (W, "look at the step: for the table with i, f", where(axis=0)),
        (W, "the step is right, but the letters are of", where(letters="ifog")),
        (W, "the step is right, but the letters are of", where(letters="fiog")),
        (W, "where nothing is wrong return", where(none=(1, ""))),
        (W, "for the table in which nothing is wrong", where(none=(0, None))),
        (W, "for the table in which nothing is wrong", where(none=None)),
        (W, "for the table in which nothing is wrong", where(none=0)),
        (W, "for the table in which nothing is wrong", where(none="all right")),
        (W, "the two are exchanged: return the step", where(end=lambda t, names: (names, t))),
        (W, "return two things: a step, and letters such", where(end=lambda t, names: t)),
        (W, "return two things: a step, and letters such", where(end=lambda t, names: names)),
        (W, "write small letters: i, f, g, o.", where(end=lambda t, names: (t, names.upper()))),
        (W, "write the letters alone, with nothing", where(end=lambda t, names: (t, ", ".join(names)))),
        (W, "the step is right, but only one of the", where(end=lambda t, names: (t, names[:1]))),
        (W, "the letters are right, but not in the order", where(end=lambda t, names: (t, names[::-1]))),
        (W, "the step should be a whole number; got str.", where(end=lambda t, names: (str(t), names))),
        (W, "the gates should be letters such as", where(end=lambda t, names: (t, len(names)))),
        (W, "the step is counted from the end: count from", where(end=lambda t, names: (7 - t, names))),
        (W, "for the table in which nothing is wrong", where_without_a_case),
        (W, "for the table in which nothing is wrong", where_none),
        (W, "that is the step of the largest error. A", where_largest),
        (W, "'ifg') for every table: read errors.", lambda errors: (5, "ifg")),
    ],
    exercises.check_hiding_places: [
        (R, "", hidden()),
        (R, "", hidden(two_windows="two steps")),
        (R, "", hidden(lambda right: dict(reversed(right.items())))),
        (W, "each hides where you say, but 'one step'", hidden(two_windows="one step")),
        (W, "each hides where you say, but 'one step'", hidden(clipped_carry="one step")),
        (W, "missing-transpose: with one step dL/dh", hidden(missing_transpose="one step")),
        (W, "missing-transpose: with one sequence", hidden(missing_transpose="one sequence")),
        (W, "dc-dropped: with two steps dL/db is still", hidden(dc_dropped="two steps")),
        (W, "dc-dropped: there is a setting at which not", hidden(dc_dropped="nowhere")),
        (W, "missing-transpose: there is a setting at", hidden(missing_transpose="nowhere", tanh_slope_of_c="one unit")),
        (W, "dc-dropped: there is a setting at which not", hidden(tanh_slope_of_c="one step", dc_dropped="nowhere")),
        (W, "tanh-slope-of-c: with a zero initial state", hidden(tanh_slope_of_c="a zero initial state")),
        (W, "written-into-dhs: 'the second call' is no", hidden(written_into_dhs="the second call")),
        (W, "clipped-carry: with the first call dL/dh", hidden(written_into_dhs="small gradients", clipped_carry="the first call")),
        (W, "two-windows: '", hidden(two_windows="3 steps")),
        (W, "two-windows: 'Three steps' is no setting.", hidden(two_windows="Three steps")),
        (O, "not finished yet: tanh-slope-of-c is still", hidden(tanh_slope_of_c=None)),
        (W, "tanh-slope-of-c: '' is no setting. Choose", hidden(tanh_slope_of_c="")),
        (W, "clipped-carry: one setting is asked for, as", hidden(clipped_carry=("small gradients", "one step"))),
        (W, "return a dict with the keys", hidden(lambda right: {k.replace("-", "_"): v for k, v in right.items()})),
        (W, "return a dict with the keys", hidden(lambda right: {v: k for k, v in right.items()})),
        (W, "return a dict, {'missing-transpose': ...", hidden(lambda right: list(right.values()))),
        (W, "return a dict with the keys", hidden(lambda right: dict(list(right.items())[:5]))),
        (W, "missing-transpose: with one step dL/dh", hidden(lambda right: dict.fromkeys(right, "one step"))),
    ],
    exercises.check_window: [
        (R, "", window()),
        (R, "", window_by_loops),
        (R, "", window_by_index),
        (R, "", window_by_stack),
        (R, "", window(end=lambda x, y: [x.astype(float), y.astype(np.int16)])),
        (R, "", window(end=lambda x, y: np.array([x, y]))),
        (W, "the targets are the inputs: a target is the", window(ahead=0)),
        (W, "the targets are two steps ahead: a target", window(ahead=2)),
        (W, "the targets are one step behind: a target", window(ahead=-1)),
        (W, "the windows overlap: window k begins at", window(start=lambda k, T: k)),
        (W, "inputs: k counts from", window(start=lambda k, T: (k + 1) * T)),
        (W, "this is the window before.", window(start=lambda k, T: (k - 1) * T)),
        (W, "a window of T steps needs T +", window(start=lambda k, T: k * (T + 1))),
        (W, "the window begins a step too late: window k", window(start=lambda k, T: k * T + 1)),
        (W, "this is window", window(start=lambda k, T: 0)),
        (W, "the window is cut first and shifted then", window(stop=lambda T: T - 1)),
        (W, "inputs is right, but has one row too many", window(stop=lambda T: T + 1)),
        (W, "the window is cut first and shifted then", window_kept_last),
        (W, "the streams are interleaved: stream b reads", window(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(-1, B))),
        (W, "your function stops in line", window(lay=lambda ids, B: ids.reshape(B, -1).T)),
        (W, "the first characters of the text are", window(lay=lambda ids, B: ids[len(ids) % B:].reshape(B, -1).T)),
        (W, "time is not the first axis yet: reshape", window(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(B, -1))),
        (W, "all are right, but in another order: return", window(end=lambda x, y: (y, x))),
        (W, "batch first: time is the first axis, (T, B).", window(end=lambda x, y: (x.T, y.T))),
        (W, "the last target of a window is its own", window(end=lambda x, y: (x, np.roll(x, -1, axis=0)))),
        (W, "each step has its neighbour in the batch as", window(end=lambda x, y: (x, np.roll(x, -1, axis=1)))),
        (W, "targets is zero at the last step: does your", window(end=lambda x, y: (x, np.append(x[1:], 0 * x[:1], axis=0)))),
        (W, "targets holds the last step only: expected", window(end=lambda x, y: (x, y[-1]))),
        (W, "inputs holds the right numbers in another", window(end=lambda x, y: (x.ravel(), y.ravel()))),
        (W, "return two arrays: inputs, targets; got one", window(end=lambda x, y: x)),
        (W, "only one stream is there: cut the text into", window(end=lambda x, y: (x[:, :1], y[:, :1]))),
        (W, "inputs is right, but in reversed order: its", window(end=lambda x, y: (x[::-1], y[::-1]))),
        (W, "only one stream is there: cut the text into", window_of_one_stream),
        (W, "the windows are dealt out in the order of", window_in_text_order),
        (W, "these are one-hot rows: return the ids.", window_one_hot),
        (W, "inputs is what it should be if k were still", lambda ids, B, T, k: window()(ids, B, T, 1)),
    ],
    exercises.check_one_pass: [
        (R, "", one_pass()),
        (R, "", one_pass_averaged),
        (R, "", one_pass(weigh=lambda loss, x, y: loss * len(x), count=lambda x, y: len(x))),
        (R, "", one_pass(end=lambda total, n, first, state: (np.array(total / n), list(state)))),
        (W, "each window starts from the first state", one_pass(give=lambda first, state: first)),
        (W, "each window starts from zero: hand it the", one_pass(give=lambda first, state: 0 * state)),
        (W, "mean loss: old and new state are added", one_pass(keep=lambda new, old: old + new)),
        (W, "mean loss: old and new state are averaged", one_pass(keep=lambda new, old: (old + new) / 2)),
        (W, "the windows count alike, but the last has", one_pass(weigh=lambda loss, x, y: loss, count=lambda x, y: 1)),
        (W, "the losses are not weighed, but divided by", one_pass(weigh=lambda loss, x, y: loss)),
        (W, "divided by the number of windows: divide", one_pass(count=lambda x, y: 1)),
        (W, "a prediction is one number of y, a step of", one_pass(count=lambda x, y: len(y))),
        (W, "the windows count alike, but the last has", one_pass(weigh=lambda loss, x, y: loss * x.shape[1], count=lambda x, y: x.shape[1])),
        (W, "this is the total over all predictions", one_pass(end=lambda total, n, first, state: (total, state))),
        (W, "the state that comes back is the one you", one_pass(end=lambda total, n, first, state: (total / n, first))),
        (W, "the state that comes back is zero: the next", one_pass(end=lambda total, n, first, state: (total / n, 0 * state))),
        (W, "all are right, but in another order: return", one_pass(end=lambda total, n, first, state: (state, total / n))),
        (W, "return two arrays: mean loss, state; got", one_pass(end=lambda total, n, first, state: total / n)),
        (W, "return two arrays: mean loss, state; got", one_pass(end=lambda total, n, first, state: state)),
        (W, "the exponential of the loss is another", one_pass(end=lambda total, n, first, state: (np.exp(total / n), state))),
        (W, "times what it should be, as with log", one_pass(end=lambda total, n, first, state: (total / n / np.log(2), state))),
        (W, "state is a mean over the sequences: each", one_pass(end=lambda total, n, first, state: (total / n, state.mean()))),
        (W, "state is the tanh of what it should be", one_pass(end=lambda total, n, first, state: (total / n, np.tanh(state)))),
        (W, "mean loss is cut off to whole numbers, as // and int() do", one_pass(end=lambda total, n, first, state: (int(total / n), state))),
        (W, "the last window is left out: it is shorter", one_pass(take=lambda batches: batches[:-1])),
        (W, "the batches are read backwards: the state", one_pass(take=lambda batches: batches[::-1])),
        (W, "the first window is left out.", one_pass(take=lambda batches: batches[1:])),
        (W, "x and y are exchanged.", one_pass(take=lambda batches: [(y, x) for x, y in batches])),
        (W, "the last window is left out: it is shorter", one_pass(take=lambda batches: [b for b in batches if len(b[0]) == len(batches[0][0])])),
        (W, "your function stops in line", one_pass_with_none),
        (W, "mean loss: this is the loss of the first", one_pass_too_soon),
        (W, "a running mean forgets: each loss must", one_pass_running_mean),
        (W, "this is a running mean from the first loss", one_pass_smoothed),
        (W, "two changes together give your numbers", lambda step, batches, state: step(*batches[-1], state)),
    ],
    exercises.check_unsmooth: [
        (R, "", unsmooth()),
        (R, "", unsmooth_by_loop),
        (R, "", unsmooth_by_solving),
        (R, "", unsmooth(take=lambda s, keep, before: before + (s - before) / (1 - keep))),
        (W, "is ln V, the loss of a blind guess, not", unsmooth(first=lambda V: 0)),
        (W, "is ln V, not V.", unsmooth(first=lambda V: V)),
        (W, "is ln V, not log", unsmooth(first=np.log2)),
        (W, "is ln V, the loss of a blind guess, not log", unsmooth(first=np.log10)),
        (W, "is ln V, the loss of a blind guess, not", unsmooth(first=lambda V: 1 / V)),
        (W, "is ln V, the loss of a blind guess, not -ln", unsmooth(first=lambda V: -np.log(V))),
        (W, "is ln V, the loss of a blind guess, not", unsmooth(first=lambda V: 1)),
        (W, "is ln V, the loss of a blind guess, not ln", unsmooth(first=lambda V: np.log(V - 1))),
        (W, "not divided by", unsmooth(take=lambda s, keep, before: s - keep * before)),
        (W, "- keep: to undo a product, divide.", unsmooth(take=lambda s, keep, before: (s - keep * before) * (1 - keep))),
        (W, "the old s comes in full: it has the factor", unsmooth(take=lambda s, keep, before: (s - before) / (1 - keep))),
        (W, "the old s comes with a plus: take it off.", unsmooth(take=lambda s, keep, before: (s + keep * before) / (1 - keep))),
        (W, "divided by keep: the loss came in with", unsmooth(take=lambda s, keep, before: (s - keep * before) / keep)),
        (W, "the two shares are exchanged: keep belongs", unsmooth(take=lambda s, keep, before: (s - (1 - keep) * before) / keep)),
        (W, "parentheses: s - keep * s_before as a whole", unsmooth(take=lambda s, keep, before: s - keep * before / (1 - keep))),
        (W, "this smooths s once more, with its own", unsmooth(take=lambda s, keep, before: keep * before + (1 - keep) * s)),
        (W, "keep is an argument: yours is", unsmooth(take=lambda s, keep, before: (s - 0.999 * before) / (1 - 0.999))),
        (W, "L has the wrong sign: every number is minus", unsmooth(take=lambda s, keep, before: (keep * before - s) / (1 - keep))),
        (W, "the first loss is missing: before s_", lambda s, V, keep: (s[1:] - keep * s[:-1]) / (1 - keep)),
        (W, "stands before every s: only s_", lambda s, V, keep: (s - keep * np.log(V)) / (1 - keep)),
        (W, "stands ln V: yours wraps round to the last", lambda s, V, keep: (s - keep * np.roll(s, 1)) / (1 - keep)),
        (W, ") is the entry before: yours is the entry", lambda s, V, keep: (s - keep * np.append(s[1:], np.log(V))) / (1 - keep)),
        (W, "your function changes its inputs in place", unsmooth_into_s),
        (W, ") is the smoothed loss before, not the loss", unsmooth_recursive),
        (W, "stands ln V: the first loss is never", unsmooth_from_1),
        (W, "L is right, but in reversed order: its", unsmooth(end=lambda a: a[::-1])),
        (W, "L holds the last step only: expected are", unsmooth(end=lambda a: a[-1])),
        (W, "L is a mean over the steps: each has a", unsmooth(end=np.mean)),
        (W, "times what it should be, as with log", unsmooth(end=lambda a: a / np.log(2))),
        (W, "L is the exponential of what it should be.", unsmooth(end=np.exp)),
        (W, "L is rounded to", unsmooth(end=lambda a: a.round(2))),
        (W, "L is right but for an axis of length", unsmooth(end=lambda a: a[:, None])),
        (W, "L is the argument s, as it came.", lambda s, V, keep: s),
    ],
}
