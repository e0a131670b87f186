"""Cells for tests: bptt must drive each of them with its one loop."""

from typing import NamedTuple

import numpy as np

from rnnlib import rnn


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def rows(a):
    return a.reshape(-1, a.shape[-1])


class Linear:
    """h_t = z_t: everything has a closed form."""

    Params, STATES = rnn.Params, ("h",)
    shapes, gradient = staticmethod(rnn.shapes), staticmethod(rnn.gradient)

    @staticmethod
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (z,), rnn.Kept(z)

    @staticmethod
    def step_backward(p, dstate, at):
        return dstate[0], (dstate[0] @ p.W_h,)


class LSTM:
    """Gates i, f, g, o:  c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)."""

    Params, Kept, STATES = rnn.Params, rnn.Kept, ("h", "c")

    @staticmethod
    def shapes(D, H):
        return rnn.Params((4 * H, D), (4 * H, H), (4 * H,))

    @staticmethod
    def gates(z):
        i, f, g, o = np.split(z, 4, axis=-1)
        return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)

    @staticmethod
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        i, f, g, o = LSTM.gates(z)
        c = f * state[1] + i * g
        return (o * np.tanh(c), c), rnn.Kept(z)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh, dc), (_, c_before), (_, c) = dstate, at.before, at.after
        i, f, g, o = LSTM.gates(at.kept.zs)
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        parts = (dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g),
                 dh * np.tanh(c) * o * (1 - o))
        delta = np.concatenate(parts, axis=-1)
        return delta, (delta @ p.W_h, dc * f)

    gradient = staticmethod(rnn.gradient)


class GRU:
    """Gates r, z, n, as PyTorch has them: the reset gate acts on W_h h + b_n."""

    STATES = ("h",)

    class Params(NamedTuple):
        W_x: np.ndarray
        W_h: np.ndarray
        b: np.ndarray
        b_n: np.ndarray

    class Kept(NamedTuple):
        zs: np.ndarray
        ss: np.ndarray

    @classmethod
    def shapes(cls, D, H):
        return cls.Params((3 * H, D), (3 * H, H), (3 * H,), (H,))

    @classmethod
    def step(cls, p, u, state):
        (h,), n = state, state[0].shape[-1] * 2
        a = h @ p.W_h.mT
        zs, s = u[..., :n] + a[..., :n], a[..., n:] + p.b_n
        r, z = np.split(sigmoid(zs), 2, axis=-1)
        z_n = u[..., n:] + r * s
        zs = np.concatenate([zs, z_n], axis=-1)
        return ((1 - z) * np.tanh(z_n) + z * h,), cls.Kept(zs, s)

    @classmethod
    def step_backward(cls, p, dstate, at):
        (dh,), (h,) = dstate, at.before
        r, z, n = cls.gates(at.kept.zs)
        dn = dh * (1 - z) * (1 - n * n)
        dr, dz = dn * at.kept.ss * r * (1 - r), dh * (h - n) * z * (1 - z)
        delta = np.concatenate([dr, dz, dn], axis=-1)
        return delta, (dh * z + np.concatenate([dr, dz, dn * r], axis=-1) @ p.W_h,)

    @staticmethod
    def gates(zs):
        r, z, n = np.split(zs, 3, axis=-1)
        return sigmoid(r), sigmoid(z), np.tanh(n)

    @classmethod
    def gradient(cls, trace, delta):
        dr, dz, dn = np.split(delta, 3, axis=-1)
        past = rows(np.concatenate([dr, dz, dn * cls.gates(trace.zs)[0]], axis=-1))
        H, here = trace.hs.shape[-1], rows(delta)
        return cls.Params(W_x=here.T @ rows(trace.xs), W_h=past.T @ rows(trace.hs[:-1]),
                          b=here.sum(axis=0), b_n=past[:, 2 * H:].sum(axis=0))


class GRUBefore:
    """The GRU of Cho et al. 2014: the reset gate acts on h before W_h does."""

    Params, Kept, STATES = rnn.Params, rnn.Kept, ("h",)

    @staticmethod
    def shapes(D, H):
        return rnn.Params((3 * H, D), (3 * H, H), (3 * H,))

    @staticmethod
    def step(p, u, state):
        (h,), n = state, state[0].shape[-1] * 2
        zs = u[..., :n] + h @ p.W_h[..., :n, :].mT
        r, z = np.split(sigmoid(zs), 2, axis=-1)
        z_n = u[..., n:] + (r * h) @ p.W_h[..., n:, :].mT
        zs = np.concatenate([zs, z_n], axis=-1)
        return ((1 - z) * np.tanh(z_n) + z * h,), rnn.Kept(zs)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh,), (h,) = dstate, at.before
        r, z, n = GRU.gates(at.kept.zs)
        H = h.shape[-1]
        dn = dh * (1 - z) * (1 - n * n)
        drh = dn @ p.W_h[2 * H:]
        gates = np.concatenate([drh * h * r * (1 - r), dh * (h - n) * z * (1 - z)], axis=-1)
        delta = np.concatenate([gates, dn], axis=-1)
        return delta, (dh * z + gates @ p.W_h[:2 * H] + drh * r,)

    @staticmethod
    def gradient(trace, delta):
        H, here, h = trace.hs.shape[-1], rows(delta), rows(trace.hs[:-1])
        r = rows(GRU.gates(trace.zs)[0])
        W_h = np.concatenate([here[:, :2 * H].T @ h, here[:, 2 * H:].T @ (r * h)])
        return rnn.Params(W_x=here.T @ rows(trace.xs), W_h=W_h, b=here.sum(axis=0))


CELLS = {"rnn": rnn, "linear": Linear, "lstm": LSTM, "gru": GRU, "gru reset before": GRUBefore}
