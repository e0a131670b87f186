"""What a loss looks like that is trained with a wrong gradient: one small task, the same for all."""

import numpy as np

from ... import bptt, losses, readout, training, trees
from ...doors import checks
from . import passes
from .diffs import check_mistake

TEXT = "the loss falls and the gradient is wrong"
LETTERS = sorted(set(TEXT))
T = B = 6        # as many sequences as steps: the mistake that takes one axis for the other runs, too
H = 16
CLIP = 5.0       # of the norm, as in every training: some mistakes explode without it


def train(mistake, right=False, steps=300, rate=0.05, seed=0):
    """Return the loss (steps,) per letter of gradient descent on 36 letters: predict the next one.

    It is the loss that the pass itself reports. right=True trains with the right pass. The initial
    state is one of random numbers and stays as it is; every step takes all six sequences.
    """
    where = "wrong.train"
    check_mistake(where, mistake)
    checks.whole(where, "steps", steps, 1, 10**6)
    rng, K = np.random.default_rng(checks.whole(where, "seed", seed, 0, 10**9)), len(LETTERS)
    ids = np.array([LETTERS.index(letter) for letter in TEXT])
    inputs, targets = (ids[k: k + T * B].reshape(B, T).T for k in (0, 1))
    xs = losses.one_hot(inputs, K)
    weights = {"p": mistake.cell.init(rng, K, H), "q": readout.init(rng, H, K)}
    state = tuple(rng.uniform(-0.5, 0.5, (B, H)) for _ in mistake.cell.STATES)
    run, curve = _pass(mistake, right, xs, state, targets), []
    for _ in range(steps):
        loss, gradient = run(**weights)
        gradient, _ = training.clip_by_norm(gradient, CLIP)
        weights = trees.map(lambda w, g: w - rate * g, weights, gradient)
        curve.append(loss / targets.size)
    return np.array(curve)


def _pass(mistake, right, xs, state, targets):
    """Return a function of the weights p and q: the loss and its gradient, as the pass says."""
    labels = targets if mistake.right is passes.lstm_network else losses.one_hot(targets, len(LETTERS))
    starts = dict(zip((f"{s}0" for s in mistake.cell.STATES), state, strict=True))
    run = mistake.start(right)

    def network(p, q):
        loss, found = mistake.call(run, ({"p": p, "q": q, "xs": xs, **starts}, labels))
        return loss, {"p": found["p"], "q": found["q"]}

    def cell(p, q):
        trace = bptt.forward(mistake.cell, p, xs, state)
        hs = trace.hs[1:]
        loss, dos = losses.softmax_cross_entropy(readout.forward(q, hs), labels)
        dq, dhs = readout.backward(q, hs, dos)
        return loss, {"p": run(mistake.cell, p, trace, dhs).params, "q": dq}

    return cell if mistake.in_cell else network
