"""The GRU (Cho et al. 2014) as PyTorch computes it: its equations, and their derivative.

    r = σ(W_x^r x_t + W_h^r h_{t-1} + b^r)                    reset gate
    z = σ(W_x^z x_t + W_h^z h_{t-1} + b^z)                    update gate
    n = tanh(W_x^n x_t + b^n + r ⊙ (W_h^n h_{t-1} + b_n))     candidate
    h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}

W_x, W_h and b hold three blocks of H rows, in the order r, z, n; zs holds what is under σ, σ and
tanh. The reset gate acts after the product with W_h^n. That is why the candidate has a second bias,
b_n, inside the bracket: r multiplies it, so it cannot be merged with b^n. In the original paper the
reset gate acts on h_{t-1} before the product: `gru_original`, which is another function.
"""

from typing import NamedTuple

import numpy as np

from ..doors import checks

STATES = ("h",)


class Params(NamedTuple):
    """Weights of the cell, gate under gate. A gradient is a Params too."""

    W_x: np.ndarray  # (3H, D)
    W_h: np.ndarray  # (3H, H)
    b: np.ndarray    # (3H,)
    b_n: np.ndarray  # (H,)


class Kept(NamedTuple):
    """What a step keeps besides its state."""

    zs: np.ndarray     # (..., 3H)
    gates: np.ndarray  # (..., 3H): r, z, n, after their activations
    hns: np.ndarray    # (..., H): W_h^n h_{t-1} + b_n, which r multiplies


def shapes(D, H):
    """Return the shapes of the parameters for D inputs and H units."""
    return Params((3 * H, D), (3 * H, H), (3 * H,), (H,))


def init(rng, D, H, dtype=np.float64):
    """Draw W_x, W_h uniformly from ±1/sqrt(fan-in); the biases are zero."""
    dtype = checks.drawn("gru.init", rng, dtype, D=D, H=H)
    W_x, W_h = (rng.uniform(-1, 1, (3 * H, n)) / np.sqrt(n) for n in (D, H))
    return Params(*(w.astype(dtype) for w in (W_x, W_h, np.zeros(3 * H), np.zeros(H))))


def split(a):
    """Split the last axis of a (..., 3H) into its three blocks r, z, n: views (..., H)."""
    H = a.shape[-1] // 3
    return a[..., :H], a[..., H:2 * H], a[..., 2 * H:]


def step(p, u, state):
    """Map u = W_x x_t + b (..., 3H) and (h_{t-1},) to (h_t,)."""
    (h,), H = state, state[0].shape[-1]
    a = h @ p.W_h.mT
    hn = a[..., 2 * H:] + p.b_n
    zrz = u[..., :2 * H] + a[..., :2 * H]
    rz = 0.5 + 0.5 * np.tanh(0.5 * zrz)               # σ, which cannot overflow in this form
    r, z = rz[..., :H], rz[..., H:]
    zn = u[..., 2 * H:] + r * hn
    n = np.tanh(zn)
    zs, gates = np.concatenate([zrz, zn], axis=-1), np.concatenate([rz, n], axis=-1)
    return ((1 - z) * n + z * h,), Kept(zs, gates, hn)


def step_backward(p, dstate, at):
    """Map the total (dL/dh_t,) to delta_t (..., 3H) and to what h_{t-1} receives.

    Three roads lead back: z carries a share of dh over, and W_h takes it through r, z and n; into
    the product with W_h^n goes r times delta^n.
    """
    (dh,), (h,) = dstate, at.before
    r, z, n = split(at.kept.gates)
    dn = dh * (1 - z) * (1 - n * n)
    dz = dh * (h - n) * z * (1 - z)
    dr = dn * at.kept.hns * r * (1 - r)
    through_W_h = np.concatenate([dr, dz, dn * r], axis=-1)
    return np.concatenate([dr, dz, dn], axis=-1), (dh * z + through_W_h @ p.W_h,)


def gradient(trace, delta):
    """Sum over time and batch: delta_t x_t^T and delta_t; with r * delta^n for W_h^n and b_n."""
    dn, H = split(delta)[2], trace.hs.shape[-1]
    here, h = rows(delta), rows(trace.hs[:-1])
    inside = rows(dn * split(trace.kept.gates)[0])    # what reaches W_h^n h_{t-1} + b_n
    W_h = np.concatenate([here[:, :2 * H].T @ h, inside.T @ h])
    return Params(W_x=here.T @ rows(trace.xs), W_h=W_h, b=here.sum(axis=0), b_n=inside.sum(axis=0))


def rows(a):
    """Flatten all axes but the last: each use of a weight is one row."""
    return a.reshape(-1, a.shape[-1])
