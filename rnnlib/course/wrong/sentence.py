"""The word model of [004], remade: one sentence, six mistakes, and each of them mended in its turn.

A stage 0 .. 6 says how many of REPAIRS are made, in their order: 0 is the program as published, 6 is right.
There are no biases. V is the size of the vocabulary, T the number of steps.
"""

from itertools import count, islice
from typing import NamedTuple

import numpy as np

from ... import bptt, gradcheck, losses
from ...cells import rnn
from ...training import tasks

REPAIRS = ("tanh", "copy", "forward", "reset", "start", "look-back")
PROGRAMS = {"A": 5, "B": 1, "C": 6, "D": 0, "E": 2}                    # the stages of five programs


class Weights(NamedTuple):
    """The three matrices; a gradient is a Weights, too."""

    W_x: np.ndarray    # (H, D), U in [004]
    W_h: np.ndarray    # (H, H), W in [004]
    W_y: np.ndarray    # (V, H), V in [004]


D, H, V, T = 100, 100, 80, 4
IDS = np.array([2, 45, 10, 64, 1])                                     # I like to play .
_rng = np.random.default_rng(2)
E = tasks.embeddings(_rng, V, D, scale=1.0)                            # (V, D)
XS, TARGETS = E[IDS[:-1]], IDS[1:]                                     # (T, D), (T,)
POSITIVE = Weights(*(_rng.uniform(0, 1, shape) for shape in ((H, D), (H, H), (V, H))))
SMALL = Weights(*((2 * w - 1) / np.sqrt(w.shape[1]) for w in POSITIVE))


def always_one(z):
    """The published tanh."""
    up, down = np.exp(z), np.exp(-z)
    return (up - down) / (up - down)                                   # 1: the lower sign is +


def forward(w, tanh=np.tanh, xs=XS):
    """Return zs (T, H), hs (T+1, H) from h_0 = 0, and the probabilities (T, V)."""
    zs, hs = [], [np.zeros(H)]
    for x in xs:
        zs.append(w.W_x @ x + w.W_h @ hs[-1])
        hs.append(tanh(zs[-1]))
    return np.array(zs), np.array(hs), losses.softmax(np.array(hs[1:]) @ w.W_y.T)


def loss(w, tanh=np.tanh, xs=XS):
    """Return the loss of the sentence in nats, summed over its steps."""
    return -np.log(forward(w, tanh, xs)[2][np.arange(T), TARGETS]).sum()


def published_backward(w, zs, hs, ps, xs=XS, k=2):
    """Return the published gradient of forward's results; it writes into ps."""
    dW_x, dW_h, dW_y = (np.zeros_like(a) for a in w)
    for t in range(T):
        ps[t][TARGETS[t]] -= 1                                         # 2: p - y, written into p
        dW_y += np.outer(ps[t], hs[t + 1])
        carry, before = ps[t] @ w.W_y, np.zeros(H)                     # 6: hs[t] stands before step t
        for i in range(t, max(-1, t - k), -1):
            delta = (1 - np.tanh(zs[i]) ** 2) * carry
            dW_x += np.outer(delta, xs[t])                             # 6: step i has xs[i]
            dW_h += np.outer(delta, before)
            carry, before = delta @ w.W_h, hs[t] * (i > 1)             # 6: hs[t] for hs[i - 1]
    return Weights(dW_x, dW_h, dW_y)


def right_backward(w, zs, hs, ps, xs=XS):
    """Return the gradient of forward's results."""
    e = ps - losses.one_hot(TARGETS, V)
    p = rnn.Params(w.W_x, w.W_h, np.zeros(H))
    dp = bptt.backward(rnn, p, bptt.forward(rnn, p, xs), e @ w.W_y).params
    return Weights(dp.W_x, dp.W_h, e.T @ hs[1:])


def train(stage, rate=1e-4):
    """Yield the weights, the gradient that the update uses, and the loss, for every update."""
    mended = REPAIRS[:stage]
    w = SMALL if "start" in mended else POSITIVE
    tanh = np.tanh if "tanh" in mended else always_one
    backward = right_backward if "look-back" in mended else published_backward
    used = Weights(*(np.zeros_like(a) for a in w))
    for n in count():
        if n % 2 == 0 or "forward" in mended:                          # 3: only every second time
            memory = forward(w, tanh)
        new = backward(w, *([a.copy() for a in memory] if "copy" in mended else memory))
        used = new if "reset" in mended else Weights(*(a + b for a, b in zip(used, new)))      # 4
        yield w, used, loss(w, tanh)
        w = Weights(*(a - rate * g for a, g in zip(w, used)))


def curve(stage, updates=20):
    """Return the losses (updates + 1,) before each update and after the last."""
    return np.array([loss for _, _, loss in islice(train(stage), updates + 1)])


def verdict(stage):
    """Check the gradient that update 2 uses, at the weights of that moment."""
    w, used, _ = next(islice(train(stage), 1, None))
    if stage:
        return gradcheck.check(loss, w, used, method="complex")
    return gradcheck.check(lambda w: loss(w, always_one), w, used, method="central")


def symptoms():
    """Measure mistakes 1 to 5, and return a line about each."""
    zs, hs, _ = forward(POSITIVE, always_one)
    memory, sums = forward(POSITIVE), []
    for _ in range(2):
        published_backward(POSITIVE, *memory)
        sums.append(round(memory[2][0].sum()))
    before, g, _ = next(train(6))
    after = Weights(*(a - 0.01 * b for a, b in zip(before, g)))
    old, new = (right_backward(after, *forward(w)).W_y for w in (before, after))
    piled, reset = ([np.abs(used.W_y).max() for _, used, _ in islice(train(n), 10)] for n in (3, 4))
    flat, dW_h = [], []
    for w in (POSITIVE, SMALL):
        found = forward(w)
        flat.append(np.mean(1 - found[1][2:] ** 2 == 0))
        dW_h.append(np.abs(published_backward(w, *found).W_h).max())
    ends = [f"from {a.min():.0f} to {a.max():.0f}" for a in (zs, hs[1:])]
    return [
        f"1 tanh      z {ends[0]}, h {ends[1]}",
        f"2 copy      the probabilities of step 1 add up to {sums[0]}, after a second call to {sums[1]}",
        f"3 forward   at rate 0.01 dW_y is off by {np.abs(old - new).max() / np.abs(new).max():.0%}",
        f"4 reset     dW_y of update 10 against update 1: {piled[-1] / piled[0]:.1f} times as large, "
        f"mended {reset[-1] / reset[0]:.1f} times",
        f"5 start     slopes that are exactly 0, from step 2 on: {flat[0]:.0%}, mended {flat[1]:.0%}; "
        f"largest |dW_h| {dW_h[0]:.2g}, mended {dW_h[1]:.2g}",
    ]
