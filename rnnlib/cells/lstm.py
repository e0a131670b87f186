"""The LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000): equations and derivative.

    z_t = W_x x_t + W_h h_{t-1} + b        four blocks of H rows each, in the order i, f, g, o
    i = σ(z^i)    f = σ(z^f)    g = tanh(z^g)    o = σ(z^o)
    c_t = f ⊙ c_{t-1} + i ⊙ g              h_t = o ⊙ tanh(c_t)

i, f and o are the input, forget and output gates, g is the candidate. `u` is W_x x_t + b.
"""

from typing import NamedTuple

import numpy as np

from ..doors import checks

STATES = ("h", "c")


class Params(NamedTuple):
    """Weights of the cell, gate under gate. A gradient is a Params too."""

    W_x: np.ndarray  # (4H, D)
    W_h: np.ndarray  # (4H, H)
    b: np.ndarray    # (4H,)


class Kept(NamedTuple):
    """What a step keeps besides its states."""

    zs: np.ndarray       # (..., 4H)
    gates: np.ndarray    # (..., 4H): i, f, g, o, after their activations
    tanh_cs: np.ndarray  # (..., H): tanh(c_t)


def shapes(D, H):
    """Return the shapes of the parameters for D inputs and H units."""
    return Params((4 * H, D), (4 * H, H), (4 * H,))


def init(rng, D, H, forget_bias=1.0, dtype=np.float64):
    """Draw W_x, W_h uniformly from ±1/sqrt(fan-in); b is zero, but forget_bias for the forget gate.

    A forget bias of 1 opens the gate at the start (Gers et al. 2000; Jozefowicz et al. 2015).
    """
    dtype = checks.drawn("lstm.init", rng, dtype, D=D, H=H)
    checks.real("lstm.init", "forget_bias", forget_bias)
    W_x, W_h = (rng.uniform(-1, 1, (4 * H, n)) / np.sqrt(n) for n in (D, H))
    b = np.zeros(4 * H)
    b[H:2 * H] = forget_bias
    return Params(*(w.astype(dtype) for w in (W_x, W_h, b)))


def split(a):
    """Split the last axis of a (..., 4H) into its four blocks i, f, g, o: views (..., H)."""
    H = a.shape[-1] // 4
    return a[..., :H], a[..., H:2 * H], a[..., 2 * H:3 * H], a[..., 3 * H:]


def step(p, u, state):
    """Map u = W_x x_t + b (..., 4H) and (h_{t-1}, c_{t-1}) to (h_t, c_t)."""
    h, c = state
    z = u + h @ p.W_h.mT
    gates = np.tanh(0.5 * z)                          # σ(z) = 0.5 + 0.5 tanh(z / 2) cannot overflow
    gates *= 0.5
    gates += 0.5
    i, f, g, o = split(gates)
    np.tanh(split(z)[2], out=g)
    c = f * c + i * g
    tanh_c = np.tanh(c)
    return (o * tanh_c, c), Kept(z, gates, tanh_c)


def step_backward(p, dstate, at):
    """Map the total (dL/dh_t, dL/dc_t) to delta_t (..., 4H), and to what h_{t-1} and c_{t-1} receive.

    dL/dc_t comes in as what step t+1 sends; what h_t sends to it is added here.
    """
    dh, dc = dstate
    gates, tanh_c = at.kept.gates, at.kept.tanh_cs
    i, f, g, o = split(gates)
    dc = dc + dh * o * (1 - tanh_c * tanh_c)
    slope = gates * (1 - gates)                       # σ' for i, f, o
    split(slope)[2][...] = 1 - g * g                  # tanh' for g
    delta = slope * np.concatenate([dc * g, dc * at.before[1], dc * i, dh * tanh_c], axis=-1)
    return delta, (delta @ p.W_h, dc * f)


def gradient(trace, delta):
    """Sum delta_t x_t^T, delta_t h_{t-1}^T and delta_t over time and batch."""
    delta, x, h = (a.reshape(-1, a.shape[-1]) for a in (delta, trace.xs, trace.hs[:-1]))
    return Params(W_x=delta.T @ x, W_h=delta.T @ h, b=delta.sum(axis=0))
