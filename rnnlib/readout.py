"""The read-out, a linear layer on every state:  o_t = W_y h_t + b_y.

States are (..., H), outputs (..., K): any leading axes, time included.
"""

from typing import NamedTuple

import numpy as np

from .doors import checks


class Params(NamedTuple):
    """Weights of the read-out. A gradient is a Params too."""

    W_y: np.ndarray  # (K, H)
    b_y: np.ndarray  # (K,)


def init(rng, H, K, dtype=np.float64):
    """Draw W_y uniformly from ±1/sqrt(H); b_y is zero."""
    dtype = checks.drawn("readout.init", rng, dtype, H=H, K=K)
    W_y = rng.uniform(-1, 1, (K, H)) / np.sqrt(H)
    return Params(W_y.astype(dtype), np.zeros(K, dtype))


def forward(q, hs):
    """Map states (..., H) to outputs (..., K)."""
    q, hs = _checked("readout.forward", q, hs)
    return hs @ q.W_y.T + q.b_y


def backward(q, hs, dos):
    """Map dL/do (..., K) to the gradient, a Params, and to dL/dh (..., H) of this loss alone."""
    q, hs = _checked("readout.backward", q, hs)
    dos = checks.number("readout.backward", "dos", dos, q.W_y.real.dtype)
    expected = (*hs.shape[:-1], len(q.b_y))
    checks.shape("readout.backward", "dos", dos, expected, f"hs is {hs.shape}, W_y {q.W_y.shape}")
    rows, h = dos.reshape(-1, dos.shape[-1]), hs.reshape(-1, hs.shape[-1])
    return Params(W_y=rows.T @ h, b_y=rows.sum(axis=0)), dos @ q.W_y


def _checked(where, q, hs):
    q = checks.params(where, "q", q, Params)
    if q.W_y.ndim != 2:
        checks.fail(where, "q.W_y", "a matrix (out, in)", checks.short(q.W_y))
    hs = checks.number(where, "hs", hs, q.W_y.real.dtype)
    H = q.W_y.shape[1]
    if hs.ndim < 1 or hs.shape[-1] != H:
        checks.fail(where, "hs", f"(..., {H}) (W_y is {q.W_y.shape})", checks.short(hs))
    checks.shape(where, "q.b_y", q.b_y, q.W_y.shape[:1], f"W_y is {q.W_y.shape}")
    return q, hs
