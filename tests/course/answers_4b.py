"""Answers as learners give them, to the other exercises of pages 4 to 7."""

import numpy as np

from rnnlib.course import exercises

R, W, O = "right", "wrong", "open"


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
        (W, "f never sees a complex number: a real", central),
        (W, "f never sees a complex number: a real", lambda f, x: central(f, x, 1e-2)),
        (W, "the derivative is in the imaginary part", complex_step(part=np.real)),
        (W, "the derivative is in the imaginary part", complex_step(part=np.abs)),
        (W, "np.angle is the imaginary part over the", complex_step(part=np.angle)),
        (W, "not divided by eps", complex_step(by=lambda e: 1)),
        (W, "or by another one than that of the step", complex_step(eps=1e-25, by=lambda e: 1e-20)),
        (W, "* eps: there is one step here, not two.", complex_step(by=lambda e: 2 * e)),
        (W, "your step is too large: its error is of", complex_step(eps=1e-2)),
        (W, "your step is too large: its error is of", complex_step(eps=1e-4)),
        (W, "your step is too large: its error is of", complex_step(eps=1.0)),
        (W, "the sign: f(x +", complex_step(unit=-1j)),
        (W, "f sees complex arrays, but every imaginary", complex_step(unit=1)),
        (W, "f sees complex arrays, but every imaginary", complex_step(eps=0.0)),
        (W, "f sees complex arrays, but every imaginary", complex_step(eps=1e-400)),
        (W, "entries stay moved: begin each time with x", complex_not_put_back),
        (W, "f never sees a complex number: a real", complex_into_real),
        (W, "the gradient has shape", complex_for_a_vector),
        (W, "your function stops in line", complex_for_a_matrix),
        (W, "all entries move at once: move one of them", lambda f, x: f(x + 1e-30j).imag / 1e-30),
        (W, "all entries move at once: move one of them", lambda f, x: np.full(x.shape, f(x + 1e-30j).imag / 1e-30)),
        (W, "the gradient holds the right numbers in", complex_step(end=lambda a: a.ravel())),
        (W, "the gradient should be real; got complex", complex_step(end=lambda a: a.astype(complex))),
        (W, "the gradient is float", complex_step(end=lambda a: a.astype(np.float32))),
        (W, "all entries move at once: move one of them", complex_step(end=lambda a: a.sum())),
        (W, "a slope may be negative: take the imaginary part, .imag, without abs.", complex_step(end=np.abs)),
        (W, "your function changes its inputs in place", complex_in_place),
        (W, "f never sees a complex number: a real", lambda f, x: f(x)),
        (W, "the gradient should be one array of shape", lambda f, x: (complex_flat(f, x), 1e-30)),
    ],
    exercises.check_mistakes: [
        (R, "", lambda: {"D": 3, "C": 4, "B": 1, "A": 2}),
        (R, "", lambda: dict(zip("ABCD", np.array([2, 1, 4, 3]), strict=True))),
        (R, "", lambda: {"A": 2.0, "B": 1.0, "C": 4.0, "D": 3.0}),
        (W, "In report A, dW_y and db_y are right, and", lambda: {"A": 3, "B": 1, "C": 4, "D": 2}),
        (W, "In report B, dW_x and db are right, so", lambda: {"A": 2, "B": 4, "C": 1, "D": 3}),
        (W, "In report A, dW_y and db_y are right, and", lambda: {"A": 1, "B": 2, "C": 4, "D": 3}),
        (W, "In report A, dW_y and db_y are right, and", lambda: {"A": 1, "B": 2, "C": 3, "D": 4}),
        (W, "In report C, db_y is right, so p - y is", lambda: {"A": 2, "B": 1, "C": 3, "D": 4}),
        (W, "D must be a number from", lambda: {"A": 2, "B": 1, "C": 4, "D": 5}),
        (W, "B must be a number from", lambda: {"A": 1, "B": 0, "C": 3, "D": 2}),
        (W, "A must be a number from", lambda: {"A": "2", "B": "1", "C": "4", "D": "3"}),
        (W, "A must be a number from", lambda: {"A": "slope", "B": "h_t", "C": "h_{t-1}", "D": "p - y"}),
        (W, "return a dict, {'A': ..., 'B': ..., ...}", lambda: [2, 1, 4, 3]),
        (W, "return a dict with the keys A, B, C, D", lambda: {2: "A", 1: "B", 4: "C", 3: "D"}),
        (W, "return a dict with the keys A, B, C, D: D", lambda: {"A": 2, "B": 1, "C": 4}),
        (W, "In report D, nothing is right, so the", lambda: {"A": 2, "B": 1, "C": 4, "D": 2}),
        (W, "your function prints and returns nothing", lambda: print({"A": 2, "B": 1, "C": 4, "D": 3})),
    ],
    exercises.check_filter_back: [
        (R, "", filter_by_matrix),
        (R, "", filter_by_padding),
        (R, "", filter_by_convolution),
        (R, "", filter_by_loops),
        (R, "", filtered()),
        (W, "this is the filter itself, J u: the way", filtered(at=lambda s, k, T: s - k)),
        (W, "w is reversed: beside u_(s+k) stands w_k.", filtered(weights=lambda w: w[::-1])),
        (W, "the filter is run on the reversed w: beside", filtered(at=lambda s, k, T: s - k, weights=lambda w: w[::-1])),
        (W, "it wraps round: what lies after step T", filtered(at=lambda s, k, T: (s + k) % T)),
        (W, "what lies after step T counts as", filtered(at=lambda s, k, T: min(s + k, T - 1))),
        (W, "beside u_(s+k) stands w_k: yours is one", filtered(at=lambda s, k, T: s + k + 1)),
        (W, "the result is right, but one step too late.", filtered(at=lambda s, k, T: s + k - 1)),
        (W, "every w_k stands beside u_s: beside it", filtered(at=lambda s, k, T: s)),
        (W, "is missing: x_s enters y_s, too.", filtered(first=1)),
        (W, "is used: x_s also enters y_(s+", filtered(weights=lambda w: w[:1])),
        (W, "the last w is missing.", filtered(weights=lambda w: w[:-1])),
        (W, "w is divided by its length or its sum: take", filtered(weights=lambda w: w / len(w))),
        (W, "the result has the wrong sign: every number", filtered(weights=lambda w: -w)),
        (W, "w is divided by its length or its sum: take", filtered(weights=lambda w: w / w.sum())),
        (W, "the result is reversed in time: turn it", filtered(end=lambda a: a[::-1])),
        (W, "the results are added up: each x has its", filtered(end=np.cumsum)),
        (W, "the result is right but for an axis of", filtered(end=lambda a: a[:, None])),
        (W, "the result has dtype int", filtered(end=lambda a: a.astype(int))),
        (W, "the result is right, but the last row is", filtered(end=lambda a: a[:-1])),
        (W, "the results are added up: each x has its", filtered(end=np.sum)),
        (W, "this is the filter itself, J u: the way", lambda w, u: np.convolve(w, u)),
        (W, "np.convolve turns w round and centres the", lambda w, u: np.convolve(w, u, mode="same")),
        (W, "this is the filter itself, J u: the way", lambda w, u: np.convolve(w, u)[:len(u)]),
        (W, "this is the result where all of w fits: at", lambda w, u: np.correlate(u, w)),
        (W, "every w_k stands beside u_s: beside it", lambda w, u: np.outer(w, u).sum(axis=0)),
        (W, "your function stops: in `w * u`, shapes", lambda w, u: w * u),
        (W, "an index below", filter_wraps_below),
        (W, "your function stops in line", filter_out_of_bounds),
        (W, "your function changes its inputs in place", filter_in_place),
    ],
    exercises.check_one_product: [
        (R, "", product()),
        (R, "", product_by_loops),
        (R, "", product(end=lambda *a: [part.tolist() for part in a])),
        (R, "", product(dW_1=lambda v: (v.dz.T @ v.x).T, dh=lambda v: (v.W_2.T @ v.dz.T).T)),
        (R, "", product(dW_2=lambda v: np.einsum("bi,bj->ij", v.dz, v.h))),
        (R, "", product(dW_1=lambda v: sum(np.outer(a, b) for a, b in zip(v.x, v.dz, strict=True)))),
        (W, "and dh fit together, but they belong to h @", product(dW_2=lambda v: v.h.T @ v.dz, dh=lambda v: v.dz @ v.W_2.T)),
        (W, "belongs to h @ W_", product(dW_2=lambda v: v.h.T @ v.dz)),
        (W, "dh belongs to h @ W_", product(dh=lambda v: v.dz @ v.W_2.T)),
        (W, "belongs to x @ W_", product(dW_1=lambda v: v.dz.T @ v.x)),
        (W, "your function stops in line", product(dx=lambda v: v.dz @ v.W_1)),
        (W, "is a mean over the batch: add up the", product(dW_1=lambda v: v.x.T @ v.dz / len(v.x), dW_2=lambda v: v.dz.T @ v.h / len(v.x))),
        (W, "dx is divided by B: each sequence has its", product(dx=lambda v: v.dz @ v.W_1.T / len(v.x))),
        (W, "your function stops in line", product(dW_1=lambda v: v.W_1.T @ v.dz.T)),
        (W, "is not yet summed over the batch: the", product(dW_1=lambda v: np.einsum("bi,bj->bij", v.x, v.dz))),
        (W, "the sums are taken before the product", product(dW_1=lambda v: np.outer(v.x.sum(axis=0), v.dz.sum(axis=0)))),
        (W, "dz and h are multiplied entry by entry", product(dW_2=lambda v: v.dz * v.h)),
        (W, "h meets itself: beside h stands dz.", product(dW_2=lambda v: v.h.T @ v.h)),
        (W, "only dx is wrong. It is the argument x, as", product(dx=lambda v: v.x)),
        (W, "dx is multiplied by x, as if each sequence", product(dx=lambda v: v.dz.sum(axis=1, keepdims=True) * v.x)),
        (W, "only dh is wrong. It is the argument dz, as", product(dh=lambda v: v.dz)),
        (W, "dh is multiplied by h, as if each sequence", product(dh=lambda v: v.dz * v.h)),
        (W, "only dh is wrong. It has the wrong sign", product(dh=lambda v: -v.dz @ v.W_2)),
        (W, "all are right, but in another order: return", product(end=lambda a, b, c, d: (c, d, a, b))),
        (W, "all are right, but in another order: return", product(end=lambda a, b, c, d: (a, c, b, d))),
        (W, "return four arrays: dW_", product(end=lambda a, b, c, d: (a, b))),
        (W, "return four arrays: dW_", product(end=lambda a, b, c, d: (a, b, c))),
        (W, "return four arrays: dW_", product(end=lambda a, b, c, d: dict(dW_1=a, dW_2=b, dx=c, dh=d))),
        (W, "is twice what it should be, in every number.", product(end=lambda a, b, c, d: (2 * a, 2 * b, 2 * c, 2 * d))),
        (W, "too coarse to tell: compute in float", product(end=lambda a, b, c, d: tuple(p.astype(np.float32) for p in (a, b, c, d)))),
        (O, "not finished yet: dx is still None or `...`.", product(end=lambda a, b, c, d: (a, b, None, d))),
        (W, "is wrong. It is right but for an axis of", product(end=lambda a, b, c, d: (a[:, :, None], b, c, d))),
    ],
    exercises.check_off_the_cliff: [
        (R, "", lambda: (3, 0.1)),
        (R, "", lambda: [2.5, 0.08]),
        (R, "", lambda: np.array([3.0, 0.1])),
        (R, "", lambda: (np.float32(4.0), 0.1)),
        (W, "steps the loss is", lambda: (0.1, 1.0)),
        (W, "steps the loss is", lambda: (0.1, 1000.0)),
        (W, "steps the loss is", lambda: (0.1, 3.0)),
        (W, "steps the loss is", lambda: (0.1, 3)),
        (W, "steps the loss is", lambda: (0.1, 0.1)),
        (W, "steps the loss is", lambda: (1e-4, 1.0)),
        (W, "steps the loss is", lambda: (1.0, 828.0)),
        (W, "steps the loss is", lambda: (1e-3, 1e6)),
        (W, "steps the loss is", lambda: (100.0, 1.0)),
        (W, "steps the loss is", lambda: (100.0, 0.001)),
        (W, "both numbers are positive; got", lambda: (0.0, 1.0)),
        (W, "both numbers are positive; got -", lambda: (-3.0, 0.1)),
        (W, "both numbers are positive; got", lambda: (3.0, np.inf)),
        (W, "both numbers are positive; got", lambda: (3.0, np.nan)),
        (W, "return two numbers: the learning rate and", lambda: 3.0),
        (W, "return two numbers: the learning rate and", lambda: (3.0, 0.1, 100)),
        (W, "return two numbers: the learning rate and", lambda: ("3", "0.1x")),
        (W, "return two numbers: the learning rate and", lambda: {"rate": 3.0, "c": 0.1}),
        (W, "return two numbers: the learning rate and", lambda: (3.0 + 0j, 0.1)),
        (W, "steps the loss is", lambda: (0.1, 3.0)[::-1] and (0.3, 0.5)),
        (W, "your function prints and returns nothing", lambda: (3.0, None) and print(3.0, 0.1)),
    ],
    exercises.check_leaky: [
        (R, "", leaky()),
        (R, "", leaky_by_cumprod),
        (R, "", leaky_by_products),
        (R, "", leaky_numerically),
        (R, "", leaky(s=lambda w, a, h, after: np.tanh(w * h))),
        (W, "the slope is not", leaky(s=lambda w, a, h, after: after)),
        (W, "the slope is not", leaky(s=lambda w, a, h, after: h)),
        (W, "reads h_t: its tanh is tanh(w_h h_t), not", leaky(s=lambda w, a, h, after: np.tanh(w * after))),
        (W, "w_h is missing inside the tanh: tanh(w_h", leaky(s=lambda w, a, h, after: np.tanh(h))),
        (W, "the slope needs the tanh", leaky(s=lambda w, a, h, after: w * h)),
        (W, "to find the tanh, divide by a: h_t -", leaky(s=lambda w, a, h, after: after - (1 - a) * h)),
        (W, "to find the tanh, take off", leaky(s=lambda w, a, h, after: (after - h) / a)),
        (W, "to find the tanh, take off", leaky(s=lambda w, a, h, after: (after - a * h) / (1 - a))),
        (W, "the slope of the tanh is missing", leaky(slope=lambda s: 1.0)),
        (W, "the slope of the tanh is", leaky(slope=lambda s: 1 - s)),
        (W, "the slope of the tanh is", leaky(slope=lambda s: s * (1 - s))),
        (W, "you have found the tanh already: its slope", leaky(slope=lambda s: 1 - np.tanh(s) ** 2)),
        (W, "two changes together give your numbers", leaky(factor=lambda w, a, slope: w * slope)),
        (W, "the leak is missing: h_(t-", leaky(factor=lambda w, a, slope: a * w * slope)),
        (W, "the tanh has the share a: a factor a is", leaky(factor=lambda w, a, slope: 1 - a + w * slope)),
        (W, "w_h is missing in the way through the tanh.", leaky(factor=lambda w, a, slope: 1 - a + a * slope)),
        (W, "- a are exchanged: the state keeps", leaky(factor=lambda w, a, slope: a + (1 - a) * w * slope)),
        (W, "the way through the tanh is missing.", leaky(factor=lambda w, a, slope: 1 - a)),
        (W, "the state keeps", leaky(factor=lambda w, a, slope: 1 + a * w * slope)),
        (W, "the way through the tanh is subtracted: the", leaky(factor=lambda w, a, slope: 1 - a - a * w * slope)),
        (W, "the leak multiplies the way through the", leaky(factor=lambda w, a, slope: (1 - a) * a * w * slope)),
        (W, "keep the sign: a factor may be negative.", leaky(factor=lambda w, a, slope: np.abs(1 - a + a * w * slope))),
        (W, "these are the factors alone: multiply those", leaky_factors),
        (W, "this goes forward from h_", leaky_forward),
        (W, "the order is reversed: entry t belongs to", leaky(end=lambda b: b[::-1])),
        (W, "one entry is missing: dh_T/dh_T =", leaky(end=lambda b: b[:-1])),
        (W, "one entry is missing: h_", leaky(end=lambda b: b[1:])),
        (W, "this is dh_T/dh_", leaky(end=lambda b: b[0])),
        (W, "dh_T/dh_t is right but for an axis of length", leaky(end=lambda b: b[:, None])),
        (W, "your product begins with", leaky(last=0.0)),
        (W, "dh_T/dh_t has dtype int", leaky(end=lambda b: b.astype(int))),
        (W, "if the numbers were still w_h", lambda w_h, a, hs: leaky()(1.7, 0.3, hs)),
        (W, "the slope of the tanh is missing", lambda w_h, a, hs: (1 - a + a * w_h) ** np.arange(len(hs) - 1, -1, -1)),
    ],
    exercises.check_frozen_loss: [
        (R, "", frozen()),
        (R, "", frozen_by_chunks),
        (R, "", frozen_side_by_side),
        (R, "", frozen(weigh=lambda dh, h: np.einsum("bh,bh", dh, h))),
        (R, "", frozen(end=lambda loss, dhs, parts: float(loss))),
        (W, "this is L itself: only h_", frozen(joint=lambda t, K: False)),
        (W, "every state is held: inside a chunk the run", frozen_every_step),
        (W, "the states are those of hs, with the old", frozen_old_states),
        (W, "only the first joint is held: the run", frozen(joint=lambda t, K: t == K)),
        (W, "one row off: the chunk whose first input is", frozen(held=lambda hs, t: hs[t + 1])),
        (W, "one row off: the chunk whose first input is", frozen(held=lambda hs, t: hs[t - 1])),
        (W, "only the first chunk begins at hs[", frozen(held=lambda hs, t: hs[0])),
        (W, "a chunk begins from the number hs[n] at its", frozen(held=lambda hs, t: 0 * hs[t])),
        (W, "the joint is one step too early: drive[", frozen(joint=lambda t, K: (t + 1) % K == 0)),
        (W, "the joint is one step too late: drive[", frozen(joint=lambda t, K: t % K == 1)),
        (W, "the chunks have K +", frozen(joint=lambda t, K: t % (K + 1) == 0)),
        (W, "where t is no joint the state is held, and", frozen(joint=lambda t, K: t % K != 0)),
        (W, "only the steps of the first chunk, or of", frozen(joint=lambda t, K: t < K)),
        (W, "W_h h is `h @ W_h.T` in rows.", frozen(back=lambda W: W)),
        (W, "the tanh is missing: h_t = tanh(drive + W_h", frozen(squash=lambda z: z)),
        (W, "what squashes here is the logistic σ; it is", frozen(squash=lambda z: 1 / (1 + np.exp(-z)))),
        (W, "what squashes here is a tanh of a tanh; it", frozen(squash=lambda z: np.tanh(np.tanh(z)))),
        (W, "this is the sum of the states: weigh each", frozen(weigh=lambda dh, h: h.sum())),
        (W, "the loss does not depend on dhs.", frozen(weigh=lambda dh, h: (h**2).sum() / 2)),
        (W, "the loss is a sum over steps, batch and", frozen(weigh=lambda dh, h: (dh * h).mean())),
        (W, "weigh each state by its dhs, dhs[t] * h", frozen(weigh=lambda dh, h: (dh * h**2).sum())),
        (W, "dhs and h are multiplied, not subtracted or", frozen(weigh=lambda dh, h: (dh - h).sum())),
        (W, "a term may be negative: leave out the abs.", frozen(weigh=lambda dh, h: np.abs(dh * h).sum())),
        (W, "the loss is what it should be if only the", frozen(weigh=lambda dh, h: (dh * h)[0].sum())),
        (W, "the loss has shape", frozen(weigh=lambda dh, h: (dh * h).sum(axis=0))),
        (W, "weigh each state by its dhs, dhs[t] * h", frozen(weigh=lambda dh, h: (dh * (1 - h**2)).sum())),
        (W, "the loss should be one number; got a list of", frozen(end=lambda loss, dhs, parts: parts)),
        (W, "this is the loss of the last step alone", frozen(end=lambda loss, dhs, parts: parts[-1])),
        (W, "the loss has the wrong sign: it is minus", frozen(end=lambda loss, dhs, parts: -loss)),
        (W, "the loss is a sum over steps, batch and", frozen(end=lambda loss, dhs, parts: loss / len(parts))),
        (W, "the loss should be one number; got a tuple", frozen(end=lambda loss, dhs, parts: (loss, parts))),
        (W, "the loss is float", frozen(end=lambda loss, dhs, parts: np.float16(loss))),
        (W, "the loss should be numbers; got str.", frozen(end=lambda loss, dhs, parts: f"{loss:.3f}")),
        (W, "the last step is missing: the loop has one", frozen(steps=lambda T: range(T - 1))),
        (W, "is missing: drive[", frozen(steps=lambda T: range(1, T))),
        (W, "your function changes its inputs in place", frozen_written),
        (W, "the loss is what it should be if K were", lambda W_h, hs, drive, dhs, K: frozen()(W_h, hs, drive, dhs, 3)),
    ],
    exercises.check_misleading: [
        (R, "", delay()),
        (R, "", delay(n=20, late=-100.0)),
        (R, "", delay(late=-1e6)),
        (R, "", slow_and_fast),
        (R, "", lambda: [part.tolist() for part in delay()()]),
        (W, "and all together -", delay(n=8)),
        (W, "and all together", delay(late=2.0, early=-1.0)),
        (W, "and all together", delay(shift=-1)),
        (W, "and all together", delay(late=-1.0)),
        (W, "and all together -", delay(early=0.0)),
        (W, "and all together", delay(late=2.0)),
        (W, "an eigenvalue of A has modulus", delay(diagonal=0.9)),
        (W, "an eigenvalue of A has modulus", delay(diagonal=1.0)),
        (W, "and all together", delay(scale=0.5)),
        (W, "A should be (n, n), v (n,), n <=", delay(n=40)),
        (W, "and all together", delay(n=1)),
        (W, "and all together", lambda: (np.array([[-0.5]]), np.array([1.0]))),
        (W, "and all together", lambda: (0.5 * np.eye(3), np.array([1.0, -5.0, 0.0]))),
        (W, "A and v are exchanged: return A, v.", lambda: delay()()[::-1]),
        (W, "A should be (n, n), v (n,), n <=", lambda: (delay()()[0], delay()()[1][:, None])),
        (W, "A should be (n, n), v (n,), n <=", lambda: (delay()()[0], delay()()[1][:-1])),
        (W, "return two arrays: A (n, n) and v (n,).", lambda: delay()()[0]),
        (W, "A should be (n, n), v (n,), n <=", lambda: (delay()()[0], -2.0)),
        (W, "an eigenvalue of A has modulus", lambda: (np.eye(9, k=1) + np.eye(9, k=-8), delay()()[1])),
        (W, "A or v contains nan or inf.", lambda: (np.full((9, 9), np.nan), delay()()[1])),
        (W, "A and v should be real; got complex numbers.", lambda: (delay()()[0] * 1j, delay()()[1])),
        (W, "A and v should be arrays of numbers.", lambda: ("A", "v")),
        (W, "return two arrays: A (n, n) and v (n,).", lambda: (*delay()(), 8)),
    ],
}
