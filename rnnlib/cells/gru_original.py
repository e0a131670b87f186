"""The GRU of Cho et al. (EMNLP 2014, arXiv version 3): the reset gate acts on the state, before the product.

    r = σ(W_x^r x_t + W_h^r h_{t-1} + b^r)          z = σ(W_x^z x_t + W_h^z h_{t-1} + b^z)
    n = tanh(W_x^n x_t + b^n + W_h^n (r ⊙ h_{t-1}))
    h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}

By Keras' documentation version 1 had it after, as `gru` has. Blocks in the order r, z, n, as there. Keras
calls this reset_after=False, ONNX linear_before_reset=0. Here W_h^n waits for r, so a step takes two
products instead of one.
"""

from typing import NamedTuple

import numpy as np

from ..doors import checks
from .gru import rows, split

STATES = ("h",)


class Params(NamedTuple):
    """Weights of the cell, gate under gate. A gradient is a Params too."""

    W_x: np.ndarray  # (3H, D)
    W_h: np.ndarray  # (3H, H)
    b: np.ndarray    # (3H,)


class Kept(NamedTuple):
    """What a step keeps besides its state."""

    zs: np.ndarray     # (..., 3H)
    gates: np.ndarray  # (..., 3H): r, z, n, after their activations


def shapes(D, H):
    """Return the shapes of the parameters for D inputs and H units."""
    return Params((3 * H, D), (3 * H, H), (3 * H,))


def init(rng, D, H, dtype=np.float64):
    """Draw W_x, W_h uniformly from ±1/sqrt(fan-in); b is zero."""
    dtype = checks.drawn("gru_original.init", rng, dtype, D=D, H=H)
    W_x, W_h = (rng.uniform(-1, 1, (3 * H, n)) / np.sqrt(n) for n in (D, H))
    return Params(*(w.astype(dtype) for w in (W_x, W_h, np.zeros(3 * H))))


def step(p, u, state):
    """Map u = W_x x_t + b (..., 3H) and (h_{t-1},) to (h_t,)."""
    (h,), H = state, state[0].shape[-1]
    zrz = u[..., :2 * H] + h @ p.W_h[..., :2 * H, :].mT
    rz = 0.5 + 0.5 * np.tanh(0.5 * zrz)
    r, z = rz[..., :H], rz[..., H:]
    zn = u[..., 2 * H:] + (r * h) @ p.W_h[..., 2 * H:, :].mT
    n = np.tanh(zn)
    zs, gates = np.concatenate([zrz, zn], axis=-1), np.concatenate([rz, n], axis=-1)
    return ((1 - z) * n + z * h,), Kept(zs, gates)


def step_backward(p, dstate, at):
    """Map the total (dL/dh_t,) to delta_t (..., 3H) and to what h_{t-1} receives.

    Three roads lead back: z carries a share of dh over, W_h takes it through r and z, and W_h^n
    takes it through r ⊙ h_{t-1}.
    """
    (dh,), (h,), H = dstate, at.before, at.before[0].shape[-1]
    r, z, n = split(at.kept.gates)
    dn = dh * (1 - z) * (1 - n * n)
    drh = dn @ p.W_h[2 * H:]                          # dL/d(r ⊙ h_{t-1})
    drz = np.concatenate([drh * h * r * (1 - r), dh * (h - n) * z * (1 - z)], axis=-1)
    return np.concatenate([drz, dn], axis=-1), (dh * z + drz @ p.W_h[:2 * H] + drh * r,)


def gradient(trace, delta):
    """Sum over time and batch: delta_t x_t^T, delta_t h_{t-1}^T (r ⊙ h_{t-1} for W_h^n) and delta_t."""
    H, here, h = trace.hs.shape[-1], rows(delta), rows(trace.hs[:-1])
    r = rows(split(trace.kept.gates)[0])
    W_h = np.concatenate([here[:, :2 * H].T @ h, here[:, 2 * H:].T @ (r * h)])
    return Params(W_x=here.T @ rows(trace.xs), W_h=W_h, b=here.sum(axis=0))
