"""Answers as learners give them, to the other exercises of pages 4 to 7."""

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


# 4.4


def complex_step(eps=1e-30, part=lambda v: v.imag, by=lambda e: e, unit=1j, end=lambda a: a):
    def answer(f, x):
        slopes = np.zeros(x.shape)
        for index in np.ndindex(*x.shape):
            moved = x.astype(complex)
            moved[index] += unit * eps
            slopes[index] = part(f(moved)) / by(eps)
        return end(slopes)

    return answer


def complex_flat(f, x):
    slopes = []
    for k in range(x.size):
        y = x.ravel() + 0j
        y[k] += 1e-200j
        slopes.append(np.imag(f(y.reshape(x.shape))) * 1e200)
    return np.reshape(slopes, x.shape)


def complex_put_back(f, x):
    z, slopes = np.array(x, dtype=np.complex128), np.empty_like(x)
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        z[i] = complex(x[i], 1e-20)
        slopes[i] = f(z).imag / 1e-20
        z[i] = x[i]
    return slopes


def complex_not_put_back(f, x):
    z, slopes = x.astype(complex), np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        z[i] += 1e-30j
        slopes[i] = f(z).imag / 1e-30
    return slopes


def complex_into_real(f, x):
    slopes = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        z = x.copy()
        z[i] += 1e-30j
        slopes[i] = f(z).imag / 1e-30
    return slopes


def complex_for_a_vector(f, x):
    slopes = np.zeros(len(x))
    for i in range(len(x)):
        z = x.astype(complex)
        z[i] += 1e-30j
        slopes[i] = f(z).imag / 1e-30
    return slopes


def complex_for_a_matrix(f, x):
    slopes = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = x.astype(complex)
            z[i, j] += 1e-30j
            slopes[i, j] = f(z).imag / 1e-30
    return slopes


def central(f, x, eps=1e-5):
    slopes = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[i] += eps
        down[i] -= eps
        slopes[i] = (f(up) - f(down)) / (2 * eps)
    return slopes


def complex_in_place(f, x):
    x += 0.0
    for i in np.ndindex(*x.shape):
        x[i] *= 2
    return x


# 4.6


def filter_by_matrix(w, u):
    T, J = len(u), np.zeros((len(u), len(u)))
    for t in range(T):
        for k in range(len(w)):
            if t - k >= 0:
                J[t, t - k] = w[k]
    return J.T @ u


def filter_by_padding(w, u):
    padded = np.append(u, np.zeros(len(w) - 1))
    return np.array([w @ padded[s:s + len(w)] for s in range(len(u))])


def filter_by_convolution(w, u):
    return np.convolve(u[::-1], w)[:len(u)][::-1]


def filter_by_loops(w, u):
    dx = [0.0] * len(u)
    for t in range(len(u)):
        for k, weight in enumerate(w):
            if t - k >= 0:
                dx[t - k] += weight * u[t]
    return dx


def filtered(at=lambda s, k, T: s + k, weights=lambda w: w, outside=0, first=0, end=lambda a: a):
    def answer(w, u):
        T, w = len(u), weights(w)
        dx = np.zeros(T)
        for s in range(T):
            for k in range(first, len(w)):
                n = at(s, k, T)
                dx[s] += w[k] * (u[n] if 0 <= n < T else outside)
        return end(dx)

    return answer


def filter_wraps_below(w, u):
    return np.array([sum(w[k] * u[t - k] for k in range(len(w))) for t in range(len(u))])


def filter_out_of_bounds(w, u):
    return np.array([sum(w[k] * u[s + k] for k in range(len(w))) for s in range(len(u))])


def filter_in_place(w, u):
    for s in range(len(u)):
        u[s] = sum(w[k] * u[s + k] for k in range(len(w)) if s + k < len(u))
    return u


# 5.1


def product(dW_1=lambda v: v.x.T @ v.dz, dW_2=lambda v: v.dz.T @ v.h, dx=lambda v: v.dz @ v.W_1.T,
            dh=lambda v: v.dz @ v.W_2, end=lambda *a: a):
    def answer(W_1, W_2, x, h, dz):
        v = type("V", (), dict(W_1=W_1, W_2=W_2, x=x, h=h, dz=dz))
        return end(dW_1(v), dW_2(v), dx(v), dh(v))

    return answer


def product_by_loops(W_1, W_2, x, h, dz):
    dW_1, dW_2, dx, dh = (np.zeros(a.shape) for a in (W_1, W_2, x, h))
    for n in range(len(x)):
        for i in range(dz.shape[1]):
            dW_1[:, i] += x[n] * dz[n, i]
            dW_2[i] += dz[n, i] * h[n]
            dx[n] += W_1[:, i] * dz[n, i]
            dh[n] += W_2[i] * dz[n, i]
    return [dW_1, dW_2, dx, dh]


# 6.5


def leaky(s=lambda w, a, h, after: (after - (1 - a) * h) / a, slope=lambda s: 1 - s**2,
          factor=lambda w, a, slope: 1 - a + a * w * slope, end=lambda b: b, last=1.0):
    def answer(w_h, a, hs):
        back = np.full(len(hs), last)
        for t in range(len(hs) - 2, -1, -1):
            back[t] = back[t + 1] * factor(w_h, a, slope(s(w_h, a, hs[t], hs[t + 1])))
        return end(back)

    return answer


def leaky_by_cumprod(w_h, a, hs):
    s = np.tanh(w_h * hs[:-1])
    factors = (1 - a) + a * w_h * (1 - s**2)
    return np.append(np.cumprod(factors[::-1])[::-1], 1)


def leaky_by_products(w_h, a, hs):
    factors = [1 - a + a * w_h / np.cosh(w_h * h) ** 2 for h in hs[:-1]]
    return [float(np.prod(factors[t:])) for t in range(len(hs))]


def leaky_numerically(w_h, a, hs):
    back = []
    for t in range(len(hs)):
        h = hs[t] + 1e-30j
        for _ in range(len(hs) - 1 - t):
            h = (1 - a) * h + a * np.tanh(w_h * h)
        back.append(h.imag / 1e-30)
    return np.array(back)


def leaky_factors(w_h, a, hs):
    return np.append(1 - a + a * w_h * (1 - np.tanh(w_h * hs[:-1]) ** 2), 1.0)


def leaky_forward(w_h, a, hs):
    return np.append(1.0, np.cumprod(leaky_factors(w_h, a, hs)[:-1]))


# 7.4


def frozen(joint=lambda t, K: t % K == 0, held=lambda hs, t: hs[t], back=lambda W: W.T, squash=np.tanh,
           weigh=lambda dh, h: (dh * h).sum(), end=lambda loss, dhs, parts: loss, steps=range):
    def answer(W_h, hs, drive, dhs, K):
        h, parts = hs[0], []
        for t in steps(len(dhs)):
            h = held(hs, t) if joint(t, K) else h
            h = squash(drive[t] + h @ back(W_h))
            parts.append(weigh(dhs[t], h))
        return end(sum(parts), dhs, parts)

    return answer


def frozen_by_chunks(W_h, hs, drive, dhs, K):
    loss = 0
    for start in range(0, len(dhs), K):
        h = hs[start].copy()
        for t in range(start, start + K):
            h = np.tanh(drive[t] + np.einsum("ij,bj->bi", W_h, h))
            loss += np.vdot(dhs[t], h)
    return loss


def frozen_side_by_side(W_h, hs, drive, dhs, K):
    h, total = hs[:-1:K], 0.0
    for k in range(K):
        h = np.tanh(drive[k::K] + h @ W_h.T)
        total += (dhs[k::K] * h).sum()
    return np.array(total)


def frozen_old_states(W_h, hs, drive, dhs, K):
    return np.sum(dhs * hs[1:])


def frozen_every_step(W_h, hs, drive, dhs, K):
    return np.sum(dhs * np.tanh(drive + hs[:-1] @ W_h.T))


def frozen_written(W_h, hs, drive, dhs, K):
    for t in range(len(dhs)):
        hs[t + 1] = np.tanh(drive[t] + hs[t] @ W_h.T)
    return (dhs * hs[1:]).sum()


# 7.5


def delay(n=9, late=-2.0, shift=1, early=1.0, scale=1.0, diagonal=0.0):
    def answer():
        v = np.zeros(n)
        v[-1] = late
        v[0] = early
        return scale * np.eye(n, k=shift) + diagonal * np.eye(n), v

    return answer


def slow_and_fast():
    A = np.diag([0.0] + [0.5] * 11) + np.diag([8.0] * 11, k=1)
    v = np.zeros(12)
    v[0], v[11] = 5.0, -1.0
    return A, v


ANSWERS = {
    exercises.check_complex_step: [
        (R, "", complex_step()),
        (R, "", complex_step(eps=1e-12)),
        (R, "", complex_step(unit=-1j, part=lambda v: -v.imag)),
        (R, "", complex_flat),
        (R, "", complex_put_back),
        (R, "", complex_step(end=lambda a: a.tolist())),
        (W, "", central),
        (W, "", lambda f, x: central(f, x, 1e-2)),
        (W, "", complex_step(part=np.real)),
        (W, "", complex_step(part=np.abs)),
        (W, "", complex_step(part=np.angle)),
        (W, "", complex_step(by=lambda e: 1)),
        (W, "", complex_step(by=lambda e: 2 * e)),
        (W, "", complex_step(by=lambda e: 1j * e, part=lambda v: (v * 1j).real)),
        (W, "", complex_step(eps=1e-2)),
        (W, "", complex_step(eps=1e-4)),
        (W, "", complex_step(eps=1.0)),
        (W, "", complex_step(unit=-1j)),
        (W, "", complex_step(unit=1)),
        (W, "", complex_step(eps=0.0)),
        (W, "", complex_step(eps=1e-400)),
        (W, "", complex_not_put_back),
        (W, "", complex_into_real),
        (W, "", complex_for_a_vector),
        (W, "", complex_for_a_matrix),
        (W, "", lambda f, x: f(x + 1e-30j).imag / 1e-30),
        (W, "", lambda f, x: np.full(x.shape, f(x + 1e-30j).imag / 1e-30)),
        (W, "", complex_step(end=lambda a: a.ravel())),
        (W, "", complex_step(end=lambda a: a.astype(complex))),
        (W, "", complex_step(end=lambda a: a.astype(np.float32))),
        (W, "", complex_step(end=lambda a: a.sum())),
        (W, "", complex_step(end=np.abs)),
        (W, "", complex_in_place),
        (W, "", lambda f, x: f(x)),
        (W, "", lambda f, x: (complex_flat(f, x), 1e-30)),
    ],
    exercises.check_mistakes: [
        (R, "", lambda: {"D": 3, "C": 4, "B": 1, "A": 2}),
        (R, "", lambda: dict(zip("ABCD", np.array([2, 1, 4, 3]), strict=True))),
        (R, "", lambda: {"A": 2.0, "B": 1.0, "C": 4.0, "D": 3.0}),
        (W, "", lambda: {"A": 3, "B": 1, "C": 4, "D": 2}),
        (W, "", lambda: {"A": 2, "B": 4, "C": 1, "D": 3}),
        (W, "", lambda: {"A": 1, "B": 2, "C": 4, "D": 3}),
        (W, "", lambda: {"A": 1, "B": 2, "C": 3, "D": 4}),
        (W, "", lambda: {"A": 2, "B": 1, "C": 3, "D": 4}),
        (W, "", lambda: {"A": 2, "B": 1, "C": 4, "D": 5}),
        (W, "", lambda: {"A": 1, "B": 0, "C": 3, "D": 2}),
        (W, "", lambda: {"A": "2", "B": "1", "C": "4", "D": "3"}),
        (W, "", lambda: {"A": "slope", "B": "h_t", "C": "h_{t-1}", "D": "p - y"}),
        (W, "", lambda: [2, 1, 4, 3]),
        (W, "", lambda: {2: "A", 1: "B", 4: "C", 3: "D"}),
        (W, "", lambda: {"A": 2, "B": 1, "C": 4}),
        (W, "", lambda: {"A": 2, "B": 1, "C": 4, "D": 2}),
        (W, "", lambda: print({"A": 2, "B": 1, "C": 4, "D": 3})),
    ],
    exercises.check_filter_back: [
        (R, "", filter_by_matrix),
        (R, "", filter_by_padding),
        (R, "", filter_by_convolution),
        (R, "", filter_by_loops),
        (R, "", filtered()),
        (W, "", filtered(at=lambda s, k, T: s - k)),
        (W, "", filtered(weights=lambda w: w[::-1])),
        (W, "", filtered(at=lambda s, k, T: s - k, weights=lambda w: w[::-1])),
        (W, "", filtered(at=lambda s, k, T: (s + k) % T)),
        (W, "", filtered(at=lambda s, k, T: min(s + k, T - 1))),
        (W, "", filtered(at=lambda s, k, T: s + k + 1)),
        (W, "", filtered(at=lambda s, k, T: s + k - 1)),
        (W, "", filtered(at=lambda s, k, T: s)),
        (W, "", filtered(first=1)),
        (W, "", filtered(weights=lambda w: w[:1])),
        (W, "", filtered(weights=lambda w: w[:-1])),
        (W, "", filtered(weights=lambda w: w / len(w))),
        (W, "", filtered(weights=lambda w: -w)),
        (W, "", filtered(weights=lambda w: w / w.sum())),
        (W, "", filtered(end=lambda a: a[::-1])),
        (W, "", filtered(end=np.cumsum)),
        (W, "", filtered(end=lambda a: a[:, None])),
        (W, "", filtered(end=lambda a: a.astype(int))),
        (W, "", filtered(end=lambda a: a[:-1])),
        (W, "", filtered(end=np.sum)),
        (W, "", lambda w, u: np.convolve(w, u)),
        (W, "", lambda w, u: np.convolve(w, u, mode="same")),
        (W, "", lambda w, u: np.convolve(w, u)[:len(u)]),
        (W, "", lambda w, u: np.correlate(u, w)),
        (W, "", lambda w, u: np.outer(w, u).sum(axis=0)),
        (W, "", lambda w, u: w * u),
        (W, "", filter_wraps_below),
        (W, "", filter_out_of_bounds),
        (W, "", filter_in_place),
    ],
    exercises.check_one_product: [
        (R, "", product()),
        (R, "", product_by_loops),
        (R, "", product(end=lambda *a: [part.tolist() for part in a])),
        (R, "", product(dW_1=lambda v: (v.dz.T @ v.x).T, dh=lambda v: (v.W_2.T @ v.dz.T).T)),
        (R, "", product(dW_2=lambda v: np.einsum("bi,bj->ij", v.dz, v.h))),
        (R, "", product(dW_1=lambda v: sum(np.outer(a, b) for a, b in zip(v.x, v.dz, strict=True)))),
        (W, "", product(dW_2=lambda v: v.h.T @ v.dz, dh=lambda v: v.dz @ v.W_2.T)),
        (W, "", product(dW_2=lambda v: v.h.T @ v.dz)),
        (W, "", product(dh=lambda v: v.dz @ v.W_2.T)),
        (W, "", product(dW_1=lambda v: v.dz.T @ v.x)),
        (W, "", product(dx=lambda v: v.dz @ v.W_1)),
        (W, "", product(dW_1=lambda v: v.x.T @ v.dz / len(v.x), dW_2=lambda v: v.dz.T @ v.h / len(v.x))),
        (W, "", product(dx=lambda v: v.dz @ v.W_1.T / len(v.x))),
        (W, "", product(dW_1=lambda v: v.W_1.T @ v.dz.T)),
        (W, "", product(dW_1=lambda v: np.einsum("bi,bj->bij", v.x, v.dz))),
        (W, "", product(dW_1=lambda v: np.outer(v.x.sum(axis=0), v.dz.sum(axis=0)))),
        (W, "", product(dW_2=lambda v: v.dz * v.h)),
        (W, "", product(dW_2=lambda v: v.h.T @ v.h)),
        (W, "", product(dx=lambda v: v.x)),
        (W, "", product(dx=lambda v: v.dz.sum(axis=1, keepdims=True) * v.x)),
        (W, "", product(dh=lambda v: v.dz)),
        (W, "", product(dh=lambda v: v.dz * v.h)),
        (W, "", product(dh=lambda v: -v.dz @ v.W_2)),
        (W, "", product(end=lambda a, b, c, d: (c, d, a, b))),
        (W, "", product(end=lambda a, b, c, d: (a, c, b, d))),
        (W, "", product(end=lambda a, b, c, d: (a, b))),
        (W, "", product(end=lambda a, b, c, d: (a, b, c))),
        (W, "", product(end=lambda a, b, c, d: dict(dW_1=a, dW_2=b, dx=c, dh=d))),
        (W, "", product(end=lambda a, b, c, d: (2 * a, 2 * b, 2 * c, 2 * d))),
        (W, "", product(end=lambda a, b, c, d: tuple(p.astype(np.float32) for p in (a, b, c, d)))),
        (W, "", product(end=lambda a, b, c, d: (a, b, None, d))),
        (W, "", product(end=lambda a, b, c, d: (a[:, :, None], b, c, d))),
    ],
    exercises.check_off_the_cliff: [
        (R, "", lambda: (3, 0.1)),
        (R, "", lambda: [2.5, 0.08]),
        (R, "", lambda: np.array([3.0, 0.1])),
        (R, "", lambda: (np.float32(4.0), 0.1)),
        (W, "", lambda: (0.1, 1.0)),
        (W, "", lambda: (0.1, 1000.0)),
        (W, "", lambda: (0.1, 3.0)),
        (W, "", lambda: (0.1, 3)),
        (W, "", lambda: (0.1, 0.1)),
        (W, "", lambda: (1e-4, 1.0)),
        (W, "", lambda: (1.0, 828.0)),
        (W, "", lambda: (1e-3, 1e6)),
        (W, "", lambda: (100.0, 1.0)),
        (W, "", lambda: (100.0, 0.001)),
        (W, "", lambda: (0.0, 1.0)),
        (W, "", lambda: (-3.0, 0.1)),
        (W, "", lambda: (3.0, np.inf)),
        (W, "", lambda: (3.0, np.nan)),
        (W, "", lambda: 3.0),
        (W, "", lambda: (3.0, 0.1, 100)),
        (W, "", lambda: ("3", "0.1x")),
        (W, "", lambda: {"rate": 3.0, "c": 0.1}),
        (W, "", lambda: (3.0 + 0j, 0.1)),
        (W, "", lambda: (0.1, 3.0)[::-1] and (0.3, 0.5)),
        (W, "", lambda: (3.0, None) and print(3.0, 0.1)),
    ],
    exercises.check_leaky: [
        (R, "", leaky()),
        (R, "", leaky_by_cumprod),
        (R, "", leaky_by_products),
        (R, "", leaky_numerically),
        (R, "", leaky(s=lambda w, a, h, after: np.tanh(w * h))),
        (W, "", leaky(s=lambda w, a, h, after: after)),
        (W, "", leaky(s=lambda w, a, h, after: h)),
        (W, "", leaky(s=lambda w, a, h, after: np.tanh(w * after))),
        (W, "", leaky(s=lambda w, a, h, after: np.tanh(h))),
        (W, "", leaky(s=lambda w, a, h, after: w * h)),
        (W, "", leaky(s=lambda w, a, h, after: after - (1 - a) * h)),
        (W, "", leaky(s=lambda w, a, h, after: (after - h) / a)),
        (W, "", leaky(s=lambda w, a, h, after: (after - a * h) / (1 - a))),
        (W, "", leaky(slope=lambda s: 1.0)),
        (W, "", leaky(slope=lambda s: 1 - s)),
        (W, "", leaky(slope=lambda s: s * (1 - s))),
        (W, "", leaky(slope=lambda s: 1 - np.tanh(s) ** 2)),
        (W, "", leaky(factor=lambda w, a, slope: w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: a * w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: 1 - a + w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: 1 - a + a * slope)),
        (W, "", leaky(factor=lambda w, a, slope: a + (1 - a) * w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: 1 - a)),
        (W, "", leaky(factor=lambda w, a, slope: 1 + a * w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: 1 - a - a * w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: (1 - a) * a * w * slope)),
        (W, "", leaky(factor=lambda w, a, slope: np.abs(1 - a + a * w * slope))),
        (W, "", leaky_factors),
        (W, "", leaky_forward),
        (W, "", leaky(end=lambda b: b[::-1])),
        (W, "", leaky(end=lambda b: b[:-1])),
        (W, "", leaky(end=lambda b: b[1:])),
        (W, "", leaky(end=lambda b: b[0])),
        (W, "", leaky(end=lambda b: b[:, None])),
        (W, "", leaky(last=0.0)),
        (W, "", leaky(end=lambda b: b.astype(int))),
        (W, "", lambda w_h, a, hs: leaky()(1.7, 0.3, hs)),
        (W, "", lambda w_h, a, hs: (1 - a + a * w_h) ** np.arange(len(hs) - 1, -1, -1)),
    ],
    exercises.check_frozen_loss: [
        (R, "", frozen()),
        (R, "", frozen_by_chunks),
        (R, "", frozen_side_by_side),
        (R, "", frozen(weigh=lambda dh, h: np.einsum("bh,bh", dh, h))),
        (R, "", frozen(end=lambda loss, dhs, parts: float(loss))),
        (W, "", frozen(joint=lambda t, K: False)),
        (W, "", frozen_every_step),
        (W, "", frozen_old_states),
        (W, "", frozen(joint=lambda t, K: t == K)),
        (W, "", frozen(held=lambda hs, t: hs[t + 1])),
        (W, "", frozen(held=lambda hs, t: hs[t - 1])),
        (W, "", frozen(held=lambda hs, t: hs[0])),
        (W, "", frozen(held=lambda hs, t: 0 * hs[t])),
        (W, "", frozen(joint=lambda t, K: (t + 1) % K == 0)),
        (W, "", frozen(joint=lambda t, K: t % K == 1)),
        (W, "", frozen(joint=lambda t, K: t % (K + 1) == 0)),
        (W, "", frozen(joint=lambda t, K: t % K != 0)),
        (W, "", frozen(joint=lambda t, K: t < K)),
        (W, "", frozen(back=lambda W: W)),
        (W, "", frozen(squash=lambda z: z)),
        (W, "", frozen(squash=lambda z: 1 / (1 + np.exp(-z)))),
        (W, "", frozen(squash=lambda z: np.tanh(np.tanh(z)))),
        (W, "", frozen(weigh=lambda dh, h: h.sum())),
        (W, "", frozen(weigh=lambda dh, h: (h**2).sum() / 2)),
        (W, "", frozen(weigh=lambda dh, h: (dh * h).mean())),
        (W, "", frozen(weigh=lambda dh, h: (dh * h**2).sum())),
        (W, "", frozen(weigh=lambda dh, h: (dh - h).sum())),
        (W, "", frozen(weigh=lambda dh, h: np.abs(dh * h).sum())),
        (W, "", frozen(weigh=lambda dh, h: (dh * h)[0].sum())),
        (W, "", frozen(weigh=lambda dh, h: (dh * h).sum(axis=0))),
        (W, "", frozen(weigh=lambda dh, h: (dh * (1 - h**2)).sum())),
        (W, "", frozen(end=lambda loss, dhs, parts: parts)),
        (W, "", frozen(end=lambda loss, dhs, parts: parts[-1])),
        (W, "", frozen(end=lambda loss, dhs, parts: -loss)),
        (W, "", frozen(end=lambda loss, dhs, parts: loss / len(parts))),
        (W, "", frozen(end=lambda loss, dhs, parts: (loss, parts))),
        (W, "", frozen(end=lambda loss, dhs, parts: np.float16(loss))),
        (W, "", frozen(end=lambda loss, dhs, parts: f"{loss:.3f}")),
        (W, "", frozen(steps=lambda T: range(T - 1))),
        (W, "", frozen(steps=lambda T: range(1, T))),
        (W, "", frozen_written),
        (W, "", lambda W_h, hs, drive, dhs, K: frozen()(W_h, hs, drive, dhs, 3)),
    ],
    exercises.check_misleading: [
        (R, "", delay()),
        (R, "", delay(n=20, late=-100.0)),
        (R, "", delay(late=-1e6)),
        (R, "", slow_and_fast),
        (R, "", lambda: [part.tolist() for part in delay()()]),
        (W, "", delay(n=8)),
        (W, "", delay(late=2.0, early=-1.0)),
        (W, "", delay(shift=-1)),
        (W, "", delay(late=-1.0)),
        (W, "", delay(early=0.0)),
        (W, "", delay(late=2.0)),
        (W, "", delay(diagonal=0.9)),
        (W, "", delay(diagonal=1.0)),
        (W, "", delay(scale=0.5)),
        (W, "", delay(n=40)),
        (W, "", delay(n=1)),
        (W, "", lambda: (np.array([[-0.5]]), np.array([1.0]))),
        (W, "", lambda: (0.5 * np.eye(3), np.array([1.0, -5.0, 0.0]))),
        (W, "", lambda: delay()()[::-1]),
        (W, "", lambda: (delay()()[0], delay()()[1][:, None])),
        (W, "", lambda: (delay()()[0], delay()()[1][:-1])),
        (W, "", lambda: delay()()[0]),
        (W, "", lambda: (delay()()[0], -2.0)),
        (W, "", lambda: (np.eye(9, k=1) + np.eye(9, k=-8), delay()()[1])),
        (W, "", lambda: (np.full((9, 9), np.nan), delay()()[1])),
        (W, "", lambda: (delay()()[0] * 1j, delay()()[1])),
        (W, "", lambda: ("A", "v")),
        (W, "", lambda: (*delay()(), 8)),
    ],
}
