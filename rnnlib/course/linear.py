"""Linear recurrences, for notebook 19: two cells without W_h, and the scan that takes all steps at once.

    h_t = a_t ⊙ h_{t-1} + b_t                               a_t does not depend on h_{t-1}, so
    h_t = (a_t a_{t-1}) ⊙ h_{t-2} + (a_t b_{t-1} + b_t)     two steps are one step of the same form

So h_1 .. h_T come out of some 2 log2 T rounds (Blelloch 1990; for recurrent networks Martin & Cundy 2018),
and so does the gradient: g_t, what reaches h_t, is dL_t/dh_t + conj(a_{t+1}) g_{t+1}, the same backwards.

LRU     a_t = λ, fixed and complex (Orvieto et al. 2023)
MinGRU  a_t = 1 - σ(W_x^z x_t + b^z), which the input sets and the state does not (Feng et al. 2024)

Both are cells of `bptt`. LRU carries its complex state as two real ones: complex-step differentiation puts an
imaginary part of its own into every number, and one i cannot serve both.
"""

from typing import NamedTuple

import numpy as np

from ..doors import checks


def scan(a, b):
    """Return h_1 .. h_T of h_t = a_t h_{t-1} + b_t from h_0 = 0; a and b are (T, ...), real or complex."""
    a, b = _alike("linear.scan", a, b)
    return _scan(a, b)


def _scan(a, b):
    if len(b) == 1:
        return b.copy()
    later = a[1::2]
    even = _scan(later * a[:-1:2], later * b[:-1:2] + b[1::2])      # h_2, h_4, ...: pairs of steps
    h = np.empty_like(b)
    h[0], h[1::2] = b[0], even
    h[2::2] = a[2::2] * even[: len(b[2::2])] + b[2::2]
    return h


def scan_back(a, h, dh):
    """Return da and db (T, ...) of a loss that sends dh = dL_t/dh_t into h = scan(a, b).

    Complex gradients are dL/d(real part) + i dL/d(imaginary part). db is the whole gradient of h_t.
    """
    where = "linear.scan_back"
    a, dh = _alike(where, a, dh, "dh")
    h = checks.array(where, "h", h)
    checks.shape(where, "h", h, dh.shape, "as dh")
    onward = np.concatenate([a[1:], np.zeros_like(a[:1])]).conj()   # the factor on the way from t+1 to t
    g = _scan(onward[::-1], dh[::-1])[::-1]
    before = np.concatenate([np.zeros_like(h[:1]), h[:-1]])
    return g * before.conj(), g


def _alike(where, a, b, name="b"):
    """Return a and b as arrays of one shape and dtype."""
    a, b = checks.array(where, "a", a), checks.array(where, name, b)
    if b.ndim < 1 or not len(b):
        checks.fail(where, name, "(T, ...) with T >= 1", checks.short(b))
    for given, array in (("a", a), (name, b)):
        if array.dtype.kind not in "fciu":
            checks.fail(where, given, "numbers", checks.short(array), error=TypeError)
    hint = "One factor for all steps? np.broadcast_to(a, b.shape)."
    checks.shape(where, "a", a, b.shape, f"as {name}", hint)
    dtype = np.result_type(a, b, np.float32)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


def halves(a):
    """Split the last axis of a (..., 2H) into its two blocks, views (..., H)."""
    H = a.shape[-1] // 2
    return a[..., :H], a[..., H:]


def _rows(a):
    return a.reshape(-1, a.shape[-1])


class LRU:
    """h_t + i m_t = λ ⊙ (h_{t-1} + i m_{t-1}) + W_x x_t + b, with λ = exp(-exp(ν) + iθ), so |λ| < 1.

    The upper half of W_x and b makes the real parts, the lower half the imaginary parts. A read-out sees h.
    """

    STATES = ("h", "m")

    class Params(NamedTuple):
        W_x: np.ndarray    # (2H, D)
        b: np.ndarray      # (2H,)
        nu: np.ndarray     # (H,)
        theta: np.ndarray  # (H,)

    class Kept(NamedTuple):
        zs: np.ndarray     # (..., 2H): the new state, h_t and m_t side by side

    @staticmethod
    def shapes(D, H):
        return LRU.Params((2 * H, D), (2 * H,), (H,), (H,))

    @staticmethod
    def init(rng, D, H, ring=(0.9, 0.999), dtype=np.float64):
        """Draw λ evenly from the upper half of a ring, low <= |λ| <= high, and W_x so that |h| stays near 1.

        Evenly over its area (Orvieto et al. 2023, who draw from the whole ring: here only h is seen, and λ
        and its conjugate give the same h). Their factor sqrt(1 - |λ|^2) is in W_x.
        """
        where = "LRU.init"
        dtype = checks.drawn(where, rng, dtype, D=D, H=H)
        expected = "two numbers, 0 <= low < high < 1"
        two = isinstance(ring, (tuple, list)) and len(ring) == 2
        low, high = (checks.real(where, "ring", r, expected) for r in ring) if two else (1, 0)
        if not 0 <= low < high < 1:
            checks.fail(where, "ring", expected, checks.short(ring))
        size = np.sqrt(rng.uniform(low**2, high**2, H))
        gain = np.sqrt((1 - size**2) / D)
        W_x = rng.normal(size=(2 * H, D)) * np.tile(gain, 2)[:, None]
        drawn = W_x, np.zeros(2 * H), np.log(-np.log(size)), rng.uniform(0, np.pi, H)
        return LRU.Params(*(w.astype(dtype) for w in drawn))

    @staticmethod
    def multiplier(p):
        """Return the real and the imaginary part of λ, (H,) each."""
        size = np.exp(-np.exp(p.nu))
        return size * np.cos(p.theta), size * np.sin(p.theta)

    @staticmethod
    def step(p, u, state):
        (h, m), (re, im), (u_h, u_m) = state, LRU.multiplier(p), halves(u)
        h, m = re * h - im * m + u_h, im * h + re * m + u_m           # λ times h + i m
        return (h, m), LRU.Kept(np.concatenate([h, m], axis=-1))

    @staticmethod
    def step_backward(p, dstate, at):
        (dh, dm), (re, im) = dstate, LRU.multiplier(p)
        back = re * dh + im * dm, re * dm - im * dh     # the conjugate of λ times dh + i dm
        return np.concatenate([dh, dm], axis=-1), back

    @staticmethod
    def gradient(trace, delta):
        (dh, dm), h, m = halves(_rows(delta)), *(_rows(s[:-1]) for s in trace.states)
        return LRU.from_sums(trace.p, _rows(delta).T @ _rows(trace.xs), delta, (dh * h + dm * m).sum(axis=0),
                             (dm * h - dh * m).sum(axis=0))

    @staticmethod
    def from_sums(p, W_x, delta, re, im):
        """Return the Params of the gradient; re, im (H,) are dL/dλ, by its real and imaginary part."""
        a, b = LRU.multiplier(p)
        return LRU.Params(W_x, _rows(delta).sum(axis=0), -np.exp(p.nu) * (re * a + im * b), im * a - re * b)


class MinGRU:
    """h_t = (1 - z) ⊙ h_{t-1} + z ⊙ n, with z = σ(W_x^z x_t + b^z) and n = W_x^n x_t + b^n: blocks z, n."""

    STATES = ("h",)

    class Params(NamedTuple):
        W_x: np.ndarray    # (2H, D)
        b: np.ndarray      # (2H,)

    class Kept(NamedTuple):
        zs: np.ndarray     # (..., 2H), before the σ
        gates: np.ndarray  # (..., H): z

    @staticmethod
    def shapes(D, H):
        return MinGRU.Params((2 * H, D), (2 * H,))

    @staticmethod
    def init(rng, D, H, gate_bias=-3.0, dtype=np.float64):
        """Draw W_x uniformly from ±1/sqrt(D); b is zero, but gate_bias for the gate: -3 keeps 95 %."""
        where = "MinGRU.init"
        dtype = checks.drawn(where, rng, dtype, D=D, H=H)
        W_x = rng.uniform(-1, 1, (2 * H, D)) / np.sqrt(D)
        b = np.repeat([checks.real(where, "gate_bias", gate_bias), 0.0], H)
        return MinGRU.Params(W_x.astype(dtype), b.astype(dtype))

    @staticmethod
    def gate(u):
        """Return z and n (..., H) of u = W_x x_t + b (..., 2H)."""
        before, n = halves(u)
        return 0.5 + 0.5 * np.tanh(0.5 * before), n

    @staticmethod
    def step(p, u, state):
        (h,), (z, n) = state, MinGRU.gate(u)
        return ((1 - z) * h + z * n,), MinGRU.Kept(u, z)

    @staticmethod
    def step_backward(p, dstate, at):
        (dh,), (h,), z = dstate, at.before, at.kept.gates
        _, n = halves(at.kept.zs)
        return np.concatenate([dh * (n - h) * z * (1 - z), dh * z], axis=-1), (dh * (1 - z),)

    @staticmethod
    def gradient(trace, delta):
        return MinGRU.Params(_rows(delta).T @ _rows(trace.xs), _rows(delta).sum(axis=0))
