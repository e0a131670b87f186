"""Cells as a reader would write them: parameters that act elsewhere than in z_t."""

from typing import NamedTuple

import numpy as np

from rnnlib.course.linear import LRU, MinGRU

EPS = 1e-5


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def rows(a):
    return a.reshape(-1, a.shape[-1])


def normalised(a):
    """Return a with mean 0 and variance 1 along its last axis, and what it was divided by."""
    a = a - a.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((a * a).mean(axis=-1, keepdims=True) + EPS)
    return a / sigma, sigma


def normalised_backward(dn, n, sigma):
    """Map dL/dn to dL/da, for n, sigma = normalised(a) (Ba, Kiros & Hinton 2016)."""
    return (dn - dn.mean(axis=-1, keepdims=True) - n * (dn * n).mean(axis=-1, keepdims=True)) / sigma


class LayerNormRNN:
    """h_t = tanh(gain ⊙ norm(z_t) + shift), with z_t = W_x x_t + W_h h_{t-1} + b."""

    STATES = ("h",)

    class Params(NamedTuple):
        W_x: np.ndarray    # (H, D)
        W_h: np.ndarray    # (H, H)
        b: np.ndarray      # (H,)
        gain: np.ndarray   # (H,)
        shift: np.ndarray  # (H,)

    class Kept(NamedTuple):
        zs: np.ndarray
        ns: np.ndarray
        sigmas: np.ndarray

    class Handed(NamedTuple):
        dys: np.ndarray    # (..., H): dL/dy of y = gain ⊙ n + shift

    @staticmethod
    def shapes(D, H):
        return LayerNormRNN.Params((H, D), (H, H), (H,), (H,), (H,))

    @staticmethod
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        n, sigma = normalised(z)
        return (np.tanh(p.gain * n + p.shift),), LayerNormRNN.Kept(z, n, sigma)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh,), (h,) = dstate, at.after
        dy = dh * (1 - h * h)
        delta = normalised_backward(dy * p.gain, at.kept.ns, at.kept.sigmas)
        return delta, (delta @ p.W_h,), LayerNormRNN.Handed(dy)

    @staticmethod
    def gradient(trace, delta, handed):
        d, dy = rows(delta), rows(handed.dys)
        return LayerNormRNN.Params(
            W_x=d.T @ rows(trace.xs), W_h=d.T @ rows(trace.hs[:-1]), b=d.sum(axis=0),
            gain=(dy * rows(trace.kept.ns)).sum(axis=0), shift=dy.sum(axis=0))


class LayerNormLSTM:
    """An LSTM that normalises the pre-activations of its four gates together, and c_t before the tanh."""

    STATES = ("h", "c")

    class Params(NamedTuple):
        W_x: np.ndarray      # (4H, D)
        W_h: np.ndarray      # (4H, H)
        b: np.ndarray        # (4H,)
        gain: np.ndarray     # (4H,)
        shift: np.ndarray    # (4H,)
        gain_c: np.ndarray   # (H,)
        shift_c: np.ndarray  # (H,)

    class Kept(NamedTuple):
        zs: np.ndarray
        ns: np.ndarray
        sigmas: np.ndarray
        gates: np.ndarray
        ncs: np.ndarray
        sigma_cs: np.ndarray
        ms: np.ndarray       # tanh of the normalised c_t

    class Handed(NamedTuple):
        dys: np.ndarray      # (..., 4H)
        dycs: np.ndarray     # (..., H)

    @staticmethod
    def shapes(D, H):
        return LayerNormLSTM.Params((4 * H, D), (4 * H, H), (4 * H,), (4 * H,), (4 * H,), (H,), (H,))

    @staticmethod
    def step(p, u, state):
        h, c = state
        z = u + h @ p.W_h.mT
        n, sigma = normalised(z)
        i, f, g, o = np.split(p.gain * n + p.shift, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        nc, sigma_c = normalised(c)
        m = np.tanh(p.gain_c * nc + p.shift_c)
        gates = np.concatenate([i, f, g, o], axis=-1)
        return (o * m, c), LayerNormLSTM.Kept(z, n, sigma, gates, nc, sigma_c, m)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh, dc), k = dstate, at.kept
        i, f, g, o = np.split(k.gates, 4, axis=-1)
        dyc = dh * o * (1 - k.ms * k.ms)
        dc = dc + normalised_backward(dyc * p.gain_c, k.ncs, k.sigma_cs)
        dy = np.concatenate([dc * g * i * (1 - i), dc * at.before[1] * f * (1 - f), dc * i * (1 - g * g),
                             dh * k.ms * o * (1 - o)], axis=-1)
        delta = normalised_backward(dy * p.gain, k.ns, k.sigmas)
        return delta, (delta @ p.W_h, dc * f), LayerNormLSTM.Handed(dy, dyc)

    @staticmethod
    def gradient(trace, delta, handed):
        d, dy, dyc = rows(delta), rows(handed.dys), rows(handed.dycs)
        return LayerNormLSTM.Params(
            W_x=d.T @ rows(trace.xs), W_h=d.T @ rows(trace.hs[:-1]), b=d.sum(axis=0),
            gain=(dy * rows(trace.kept.ns)).sum(axis=0), shift=dy.sum(axis=0),
            gain_c=(dyc * rows(trace.kept.ncs)).sum(axis=0), shift_c=dyc.sum(axis=0))


class PeepholeLSTM:
    """An LSTM whose gates see the cell state (Gers & Schmidhuber 2000): i and f see c_{t-1}, o sees c_t."""

    STATES = ("h", "c")

    class Params(NamedTuple):
        W_x: np.ndarray  # (4H, D)
        W_h: np.ndarray  # (4H, H)
        b: np.ndarray    # (4H,)
        p_i: np.ndarray  # (H,)
        p_f: np.ndarray  # (H,)
        p_o: np.ndarray  # (H,)

    class Kept(NamedTuple):
        zs: np.ndarray   # with the peepholes
        gates: np.ndarray

    @staticmethod
    def shapes(D, H):
        return PeepholeLSTM.Params((4 * H, D), (4 * H, H), (4 * H,), (H,), (H,), (H,))

    @staticmethod
    def step(p, u, state):
        h, c_before = state
        z_i, z_f, z_g, z_o = np.split(u + h @ p.W_h.mT, 4, axis=-1)
        z_i, z_f = z_i + p.p_i * c_before, z_f + p.p_f * c_before
        i, f, g = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g)
        c = f * c_before + i * g
        z_o = z_o + p.p_o * c
        o = sigmoid(z_o)
        zs, gates = (np.concatenate(a, axis=-1) for a in ((z_i, z_f, z_g, z_o), (i, f, g, o)))
        return (o * np.tanh(c), c), PeepholeLSTM.Kept(zs, gates)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh, dc), c_before, tanh_c = dstate, at.before[1], np.tanh(at.after[1])
        i, f, g, o = np.split(at.kept.gates, 4, axis=-1)
        d_o = dh * tanh_c * o * (1 - o)
        dc = dc + dh * o * (1 - tanh_c * tanh_c) + d_o * p.p_o
        d_i, d_f = dc * g * i * (1 - i), dc * c_before * f * (1 - f)
        delta = np.concatenate([d_i, d_f, dc * i * (1 - g * g), d_o], axis=-1)
        return delta, (delta @ p.W_h, dc * f + d_i * p.p_i + d_f * p.p_f)

    @staticmethod
    def gradient(trace, delta):
        d, (d_i, d_f, _, d_o) = rows(delta), np.split(rows(delta), 4, axis=-1)
        before, after = rows(trace.cs[:-1]), rows(trace.cs[1:])
        return PeepholeLSTM.Params(
            W_x=d.T @ rows(trace.xs), W_h=d.T @ rows(trace.hs[:-1]), b=d.sum(axis=0),
            p_i=(d_i * before).sum(axis=0), p_f=(d_f * before).sum(axis=0), p_o=(d_o * after).sum(axis=0))


class ProjectedRNN:
    """h_t = W_p tanh(z_t): what is carried is a projection of what the step computed."""

    STATES = ("h",)

    class Params(NamedTuple):
        W_x: np.ndarray  # (H, D)
        W_h: np.ndarray  # (H, H)
        b: np.ndarray    # (H,)
        W_p: np.ndarray  # (H, H)

    class Kept(NamedTuple):
        zs: np.ndarray
        ms: np.ndarray

    class Handed(NamedTuple):
        dhs: np.ndarray

    @staticmethod
    def shapes(D, H):
        return ProjectedRNN.Params((H, D), (H, H), (H,), (H, H))

    @staticmethod
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        m = np.tanh(z)
        return (m @ p.W_p.mT,), ProjectedRNN.Kept(z, m)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh,), m = dstate, at.kept.ms
        delta = (dh @ p.W_p) * (1 - m * m)
        return delta, (delta @ p.W_h,), ProjectedRNN.Handed(dh)

    @staticmethod
    def gradient(trace, delta, handed):
        d = rows(delta)
        return ProjectedRNN.Params(
            W_x=d.T @ rows(trace.xs), W_h=d.T @ rows(trace.hs[:-1]), b=d.sum(axis=0),
            W_p=rows(handed.dhs).T @ rows(trace.kept.ms))


OWN = {"layer-norm RNN": LayerNormRNN, "layer-norm LSTM": LayerNormLSTM, "peephole LSTM": PeepholeLSTM,
       "projected RNN": ProjectedRNN, "LRU, without W_h": LRU, "minGRU, without W_h": MinGRU}
