"""The vanilla recurrent network (Elman 1990): its equations, and their derivative.

    z_t = W_x x_t + W_h h_{t-1} + b        h_t = tanh(z_t)

Vectors are columns in formulas and rows in arrays: x_t is (..., D), z_t and h_t are (..., H).
`u` is the part of z_t that does not depend on the state, W_x x_t + b, for which `bptt` does one
product for all t. `.mT` transposes the last two axes, so that a stack of weight matrices works too.
"""

from typing import NamedTuple

import numpy as np

from ..doors import checks

STATES = ("h",)


class Params(NamedTuple):
    """Weights of the cell. A gradient is a Params too."""

    W_x: np.ndarray  # (H, D)
    W_h: np.ndarray  # (H, H)
    b: np.ndarray    # (H,)


class Kept(NamedTuple):
    """What a step keeps besides its state."""

    zs: np.ndarray  # (..., H)


def shapes(D, H):
    """Return the shapes of the parameters for D inputs and H units."""
    return Params((H, D), (H, H), (H,))


def init(rng, D, H, dtype=np.float64):
    """Draw W_x, W_h uniformly from ±1/sqrt(fan-in); b is zero."""
    dtype = checks.drawn("rnn.init", rng, dtype, D=D, H=H)
    W_x, W_h = (rng.uniform(-1, 1, (H, n)) / np.sqrt(n) for n in (D, H))
    return Params(*(w.astype(dtype) for w in (W_x, W_h, np.zeros(H))))


def step(p, u, state):
    """Map u = W_x x_t + b (..., H) and (h_{t-1},) to (h_t,); keep z_t."""
    (h,) = state
    z = u + h @ p.W_h.mT
    return (np.tanh(z),), Kept(z)


def step_backward(p, dstate, at):
    """Map the total (dL/dh_t,) to delta_t = dL/dz_t and to what h_{t-1} receives through z_t."""
    (dh,), (h,) = dstate, at.after
    delta = dh * (1 - h * h)                          # tanh'(z_t) = 1 - h_t^2
    return delta, (delta @ p.W_h,)                    # W_h^T delta_t, as a row


def gradient(trace, delta):
    """Sum delta_t x_t^T, delta_t h_{t-1}^T and delta_t over time and batch."""
    delta, x, h = (a.reshape(-1, a.shape[-1]) for a in (delta, trace.xs, trace.hs[:-1]))
    return Params(W_x=delta.T @ x, W_h=delta.T @ h, b=delta.sum(axis=0))
