"""Exercises of notebook 3, backpropagation through time."""

import numpy as np

from .feedback import compare, run


def check_three_deltas(answer):
    """Notebook 3, exercise 1: (h, e, w_h) -> (delta_1, delta_2, delta_3), plain numbers."""
    h, e, w_h = (0.3, -0.6, 0.7), (0.9, 0.4, -1.1), 0.8

    def deltas(slope=lambda h, t: 1 - h[t] ** 2, own=1.0, carry=lambda d, dh: w_h * d):
        d_3 = slope(h, 2) * e[2]
        dh_2 = own * e[1] + carry(d_3, e[2])
        d_2 = slope(h, 1) * dh_2
        d_1 = slope(h, 0) * (own * e[0] + carry(d_2, dh_2))
        return d_1, d_2, d_3

    slips = {
        "step t hears from its own loss only: add what step t+1 sends back.": deltas(
            carry=lambda d, dh: 0.0),
        "the own loss is missing: steps 1 and 2 have a loss too, e[t].": deltas(own=0.0),
        "the carry lacks w_h: h_t enters z_(t+1) multiplied by w_h.": deltas(carry=lambda d, dh: d),
        "the carry is w_h times delta, not w_h times dL/dh: z_(t+1) lies before the tanh.": deltas(
            carry=lambda d, dh: w_h * dh),
        "the slope at delta_1 and delta_2 must use their own h_t, not that of step t+1.": deltas(
            slope=lambda h, t: 1 - h[min(t + 1, 2)] ** 2),
        "delta_1 and delta_2 lack the slope of the tanh, 1 - h_t^2.": deltas(
            slope=lambda h, t: 1 - h[2] ** 2 if t == 2 else 1.0),
    }
    return compare(run(answer, h, e, w_h), deltas(), slips, "the triple of deltas")


def _recurrent_point():
    """Return W_h, hs (T+1, B, H) and dhs (T, B, H), generic: T=5, B=4, H=3."""
    rng = np.random.default_rng(31)
    hs = rng.uniform(-0.9, 0.9, (6, 4, 3))
    return rng.normal(size=(3, 3)), hs, rng.normal(size=(5, 4, 3))


def check_deltas(answer):
    """Notebook 3, exercise 2: (W_h, hs, dhs) -> all delta_t, (T, B, H)."""
    W_h, hs, dhs = _recurrent_point()

    def deltas(slope=1 - hs[1:] ** 2, back=W_h, inject=dhs, through=True):
        delta, carry = np.zeros_like(dhs), 0.0
        for t in reversed(range(len(dhs))):
            total = inject[t] + carry
            delta[t] = slope[t] * total
            carry = (delta[t] if through else total) @ back
        return delta

    last_only = np.concatenate([0 * dhs[:-1], dhs[-1:]])
    slips = {
        "close: the last step is right, the carry needs W_h^T delta, in rows `delta @ W_h`.": deltas(
            back=W_h.T),
        "the carry is missing: each step must add what the step after it sends back.": deltas(
            back=0 * W_h),
        "the slope of the tanh is missing: multiply by 1 - h_t^2.": deltas(slope=np.ones_like(dhs)),
        "the slope uses h_(t-1): row t of delta belongs to hs[t + 1].": deltas(slope=1 - hs[:-1] ** 2),
        "hs are already tanh(z): the slope is 1 - hs**2, not 1 - tanh(hs)**2.": deltas(
            slope=1 - np.tanh(hs[1:]) ** 2),
        "only the last loss speaks: inject dhs[t] at every step.": deltas(inject=last_only),
        "the carry takes dL/dh: it must take delta, which lies before the tanh.": deltas(through=False),
        "this is the total dL/dh_t: multiply by the slope to get delta_t.": deltas() / (1 - hs[1:] ** 2),
    }
    return compare(run(answer, W_h, hs, dhs), deltas(), slips, "delta")


def check_recurrent_gradient(answer):
    """Notebook 3, exercise 3: (delta, hs) -> dL/dW_h, (H, H)."""
    _, hs, delta = _recurrent_point()

    def outer(delta, h):
        return np.einsum("tbi,tbj->ij", delta, h)

    right = outer(delta, hs[:-1])
    slips = {
        "transposed: W_h[i, j] sits in row i of z, so delta comes first in the product.": right.T,
        "beside delta_t stands h_(t-1): use hs[:-1].": outer(delta, hs[1:]),
        "the previous state of step 1 is h_0 = hs[0]; yours wraps round to the last state.": outer(
            delta, np.roll(hs[1:], 1, axis=0)),
        "the previous state of step 1 is h_0 = hs[0]; yours is zero.": outer(delta[1:], hs[1:-1]),
        "a mean over the batch: the loss is a sum, so the gradient is one too.": right / 4,
        "a mean over time: the loss is a sum, so the gradient is one too.": right / 5,
        "a mean over steps and sequences: the loss is a sum, so the gradient is one too.": right / 20,
        "the sum over the batch is missing.": np.einsum("tbi,tbj->bij", delta, hs[:-1]),
        "the sum over time is missing.": np.einsum("tbi,tbj->tij", delta, hs[:-1]),
    }
    return compare(run(answer, delta, hs), right, slips, "dW_h")
