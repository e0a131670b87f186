"""Exercises of notebook 3, backpropagation through time."""

import numpy as np

from ... import bptt, gradcheck
from ...cells import rnn
from .feedback import Feedback, checker, compare, located, run


@checker(3, 1, "Three steps, numbers")
def check_three_deltas(answer):
    """Notebook 3, exercise 1: (h, e, w_h) -> (delta_1, delta_2, delta_3), plain numbers."""
    p = rnn.Params(np.array([[0.5]]), np.array([[0.8]]), np.array([0.1]))
    xs, h0, dhs = np.array([[0.4], [-0.9], [1.3]]), np.array([0.3]), np.array([[0.9], [0.4], [-1.1]])
    hs = bptt.forward(rnn, p, xs, h0).hs[1:]
    slope, e, w_h = 1 - hs**2, dhs, p.W_h
    d_3 = slope[2] * e[2]
    following = slope[2] * (e[1] + w_h[0] * d_3)
    bare = e[1] + w_h[0] * d_3
    slips = {
        "The slope at delta_1 and delta_2 must use their own h_t, not that of step t+1.": np.stack(
            [slope[1] * (e[0] + w_h[0] * following), following, d_3]),
        "delta_1 and delta_2 lack the slope of the tanh, 1 - h_t^2.": np.stack(
            [e[0] + w_h[0] * bare, bare, d_3]),
    }
    result = run(answer, *(tuple(map(float, a[:, 0])) for a in (hs, e)), float(p.W_h[0, 0]))
    found = compare(result, (0.0, 0.0, 0.0), {}, "the triple of deltas")      # three numbers, all there?
    if isinstance(result, Feedback) or found.verdict == "open" or np.shape(result) != (3,):
        return found
    return located(np.reshape(result, (3, 1)), "delta", rnn, p, xs, h0, dhs, slips=slips)


def recurrent_point():
    """Return p, xs, state and dhs of a vanilla network, generic: T=5, B=4, D=2, H=3."""
    return gradcheck.designed_point(rnn, np.random.default_rng(31))


@checker(3, 2, "The recursion")
def check_deltas(answer):
    """Notebook 3, exercise 2: (W_h, hs, dhs) -> all delta_t, (T, B, H)."""
    p, xs, state, dhs = point = recurrent_point()
    trace = bptt.forward(rnn, p, xs, state)
    delta, _ = bptt.deltas(rnn, p, trace, dhs)
    total = delta / (1 - trace.hs[1:] ** 2)
    slips = {"This is the total dL/dh_t: multiply by the slope to get delta_t.": total}
    return located(run(answer, p.W_h, trace.hs, dhs), "delta", rnn, *point, slips=slips)


@checker(3, 3, "The recurrent gradient")
def check_recurrent_gradient(answer):
    """Notebook 3, exercise 3: (delta, hs) -> dL/dW_h, (H, H)."""
    p, xs, state, dhs = point = recurrent_point()
    trace = bptt.forward(rnn, p, xs, state)
    delta, _ = bptt.deltas(rnn, p, trace, dhs)
    return located(run(answer, delta, trace.hs), "W_h", rnn, *point, beside={"delta": delta})
