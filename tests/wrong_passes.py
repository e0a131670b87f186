"""Published mistakes in the vanilla network, each a small variation of one right pass.

A pass maps inputs {"p", "q", "xs", "h0"} and soft labels (T, B, K) to the loss and its gradient.
The numbers are those of the list of mistakes; FAILS says which tensors each of them spoils.
"""

import numpy as np

from rnnlib import bptt, gradcheck, losses, readout, rnn

CELL = {"W_x", "W_h", "b", "xs", "h0"}
ALL = CELL | {"W_y", "b_y"}


def point(seed=0, T=5, B=4, D=2, H=3, K=6, hard=False, h0=True):
    """Return inputs and labels at a designed point."""
    rng = np.random.default_rng(seed)
    p, xs, state, _ = gradcheck.designed_point(rnn, rng, T, B, D, H)
    q = readout.Params(rng.normal(size=(K, H)), rng.normal(size=K))
    labels = losses.one_hot(rng.integers(K, size=(T, B)), K) if hard else rng.dirichlet(np.ones(K), (T, B))
    return {"p": p, "q": q, "xs": xs, "h0": state[0] if h0 else 0 * state[0]}, labels


def states(i):
    return bptt.unroll(rnn, i["p"], i["xs"], (i["h0"],)).hs


def nats(o, y):
    return -(y * losses.log_softmax(o)).sum()


def right(i, y, hs=None, error=None, slope=None, carry=None, before=None):
    """Return loss and gradient; each option replaces one quantity of the backward pass."""
    (_, W_h, _), (W_y, b_y), xs = i["p"], i["q"], i["xs"]
    hs = states(i) if hs is None else hs
    o = hs[1:] @ W_y.T + b_y
    error = losses.softmax(o) - y if error is None else error(losses.softmax(o))
    slope = 1 - hs[1:] ** 2 if slope is None else slope(hs[1:])
    delta, back = np.zeros_like(error @ W_y + slope), 0
    for t in reversed(range(len(xs))):
        delta[t] = slope[t] * (error[t] @ W_y + back)
        back = delta[t] @ (W_h if carry is None else carry(W_h))
    previous = hs[:-1] if before is None else before(hs)
    return nats(o, y), collect(i, hs, error, delta, back, outer(delta, xs), outer(delta, previous))


def outer(delta, a):
    return np.einsum("tbi,tbj->ij", delta, a)


def collect(i, hs, error, delta, dh0, dW_x, dW_h):
    p = rnn.Params(dW_x, dW_h, delta.sum((0, 1)))
    q = readout.Params(outer(error, hs[1:]), error.sum((0, 1)))
    return {"p": p, "q": q, "xs": delta @ i["p"].W_x, "h0": dh0}


def carry_without_transpose(i, y):
    return right(i, y, carry=lambda W_h: W_h.T)


def log_of_the_summed_probability(i, y):
    hs = states(i)
    p = losses.softmax(hs[1:] @ i["q"].W_y.T + i["q"].b_y)
    return -np.log((y * p).sum(axis=(1, 2))).sum(), right(i, y)[1]


def previous_state_wraps_round(i, y):
    return right(i, y, before=lambda hs: np.roll(hs[1:], 1, axis=0))


def previous_state_forgets_h0(i, y):
    return right(i, y, before=lambda hs: np.concatenate([0 * hs[:1], hs[1:-1]]))


def label_is_its_argmax(i, y):
    return right(i, y, error=lambda p: p - losses.one_hot(y.argmax(-1), y.shape[-1]))


def label_hits_every_sequence(i, y):
    def error(p):
        p = p.copy()
        for e, ids in zip(p, y.argmax(-1)):
            e[:, ids] -= 1
        return p
    return right(i, y, error=error)


def output_reads_the_state_before(i, y):
    return nats(states(i)[:-1] @ i["q"].W_y.T + i["q"].b_y, y), right(i, y)[1]


def no_slope(i, y):
    return right(i, y, slope=np.ones_like)


def slope_of_the_state(i, y):
    return right(i, y, slope=lambda h: 1 - np.tanh(h) ** 2)


def by_loss(i, y, x_of=lambda s, t: t, before_of=lambda s, t: t, K=None):
    """The gradient as a double loop over loss steps s and steps t <= s, K of them at most."""
    (_, W_h, _), hs, T = i["p"], states(i), len(i["xs"])
    error = losses.softmax(hs[1:] @ i["q"].W_y.T + i["q"].b_y) - y
    delta, dh0, dW_x, dW_h = 0 * (error @ i["q"].W_y) * hs[1:], 0, 0, 0 * W_h
    for s in range(T):
        back = error[s] @ i["q"].W_y
        for t in reversed(range(max(0, s + 1 - (K or T)), s + 1)):
            part = (1 - hs[t + 1] ** 2) * back
            delta[t] += part
            dW_x = dW_x + part.T @ i["xs"][x_of(s, t)]
            row = before_of(s, t)
            dW_h = dW_h + part.T @ (0 * hs[0] if row is None else hs[row])
            back = part @ W_h
        dh0 = dh0 + (back if t == 0 else 0)
    return nats(hs[1:] @ i["q"].W_y.T + i["q"].b_y, y), collect(i, hs, error, delta, dh0, dW_x, dW_h)


def own_step_lacks_its_previous_state(i, y):
    return by_loss(i, y, before_of=lambda s, t: None if t == s else t)


def look_back_reads_the_input_of_the_loss(i, y):
    return by_loss(i, y, x_of=lambda s, t: s)


def look_back_keeps_one_previous_state(i, y):
    return by_loss(i, y, before_of=lambda s, t: t if t in (0, s) else s)


def window_is_one_short(i, y, k=2):
    """The loss allows k steps before t, each entering state frozen (.real stops a complex step)."""
    hs, loss = states(i), 0
    for s in range(len(y)):
        first = max(0, s - k)
        entering = i["h0"] if first == 0 else hs[first].real
        h = states({**i, "xs": i["xs"][first:s + 1], "h0": entering})[-1]
        loss = loss + nats(h @ i["q"].W_y.T + i["q"].b_y, y[s])
    return loss, by_loss(i, y, K=k)[1]


WRONG = {
    "001-1": carry_without_transpose,
    "001-2": log_of_the_summed_probability,
    "001-3": previous_state_wraps_round,
    "001-4": previous_state_forgets_h0,
    "001-5": label_is_its_argmax,
    "001-6": label_hits_every_sequence,
    "000-1": output_reads_the_state_before,
    "000-2": no_slope,
    "000-3": slope_of_the_state,
    "004-7": own_step_lacks_its_previous_state,
    "004-8": look_back_reads_the_input_of_the_loss,
    "004-9": look_back_keeps_one_previous_state,
    "004-10": window_is_one_short,
}
FAILS = {
    "001-1": CELL, "001-2": ALL, "001-3": {"W_h"}, "001-4": {"W_h"}, "001-5": ALL, "001-6": ALL,
    "000-1": ALL, "000-2": CELL, "000-3": CELL,
    "004-7": {"W_h"}, "004-8": {"W_x"}, "004-9": {"W_h"}, "004-10": CELL,
}
