"""The live figure of notebook 0: two networks learn one sentence, and one of the gradients is wrong."""

from typing import NamedTuple

import numpy as np

from ... import bptt, losses, readout
from ...cells import rnn
from .. import plots
from .controls import slider
from .live import live_figure
from .touch import area

TEXT = "the loss goes down and the gradient is wrong. "
LETTERS = sorted(set(TEXT))


class Learnt(NamedTuple):
    """What a training was like: the loss, and the letters that were guessed, before each step."""

    losses: np.ndarray   # (steps,), the mean over the letters
    guesses: np.ndarray  # (steps, letters): places in LETTERS
    rate: float


def learn(backward, rate, steps=500, units=16, seed=3):
    """Train on TEXT, the next letter at each letter, by gradient descent; return a Learnt.

    backward(p, trace, dhs) returns the gradient of the cell's parameters.
    """
    rng, K = np.random.default_rng(seed), len(LETTERS)
    ids = np.array([LETTERS.index(letter) for letter in TEXT])
    xs, targets = losses.one_hot(ids, K), np.roll(ids, -1)
    p, q, found = rnn.init(rng, K, units), readout.init(rng, units, K), []
    for _ in range(steps):
        trace = bptt.forward(rnn, p, xs)
        logits = readout.forward(q, trace.hs[1:])
        loss, dos = losses.softmax_cross_entropy(logits, targets, mean=True)
        dq, dhs = readout.backward(q, trace.hs[1:], dos)
        p = p._make(w - rate * dw for w, dw in zip(p, backward(p, trace, dhs)))
        q = q._make(w - rate * dw for w, dw in zip(q, dq))
        found.append((loss, logits.argmax(axis=-1)))
    curve, guesses = zip(*found)
    return Learnt(np.array(curve), np.array(guesses), rate)


def two_passes(p, trace, dhs, back):
    """Backpropagate with `back` where W_h belongs: the five lines of notebook 0."""
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ back
    return rnn.gradient(trace, delta)


def two_networks():
    """Return the two trainings of notebook 0, as {"A": Learnt, "B": Learnt}."""
    return {"A": learn(lambda p, trace, dhs: two_passes(p, trace, dhs, p.W_h.T), rate=0.2),
            "B": learn(lambda p, trace, dhs: two_passes(p, trace, dhs, p.W_h), rate=0.1)}


def two_losses(networks, every=10):
    """Move through the steps of two trainings: their losses, and what each guesses by then."""
    length = len(next(iter(networks.values())).losses)
    steps = np.minimum(np.arange(0, length + 1, every), length - 1)
    answer = np.roll([LETTERS.index(letter) for letter in TEXT], -1)

    def describe(step):
        at = steps[step // every]
        said = [f"{name}'s loss is {run.losses[at]:.2f}, {(run.guesses[at] == answer).sum()} of "
                f"{len(TEXT)} letters right" for name, run in networks.items()]
        return f"After {step} steps: {'; '.join(said)}."

    def draw(ax):
        curves = {f"network {name}, learning rate {run.rate}": run.losses for name, run in networks.items()}
        update = plots.two_losses(ax, curves, np.log(len(LETTERS)))
        read = lambda run, at: "".join(LETTERS[k] for k in np.roll(run.guesses[at], 1))

        def show(step):
            at = steps[step // every]
            return update(at, {name: read(run, at) for name, run in networks.items()})
        return show

    return live_figure(
        draw, {"step": slider("training step", 150, 0, length, every)}, describe, size=(10, 3.2),
        touch=lambda ax: [area(ax, x="step")])
