"""A mutant is tried: with the other pass as it is, in every way its code is reached, at many points.

A mutant of the forward pass meets the right backward pass, a mutant of the backward pass the right
forward pass: either way loss and gradient no longer belong together. Whether a mutant is wrong at all
is decided without any check of a gradient.
"""

import warnings
from types import SimpleNamespace
from typing import NamedTuple

import mutants
import numpy as np

from rnnlib import bptt, gradcheck, rnn

SAME, STEPS = 1e-12, [4.0 ** -k for k in range(5, 13)]


class Point(NamedTuple):
    """Where a pass is tried."""

    p: tuple
    xs: np.ndarray   # (T, ..., D)
    state: tuple
    dhs: np.ndarray  # (T, ..., H)
    mask: np.ndarray

    def copy(self):
        """Return a copy: a mutant may write into what it is given."""
        p, xs, state, dhs, mask = self
        return Point(p._make(map(np.copy, p)), xs.copy(), tuple(map(np.copy, state)), dhs.copy(), mask.copy())


class Passes(NamedTuple):
    """A forward and a backward pass; one function of one of them is mutated, or none."""

    cell: object      # forward
    bptt: object
    gradcheck: object
    cell_back: object
    bptt_back: object


WAYS = {  # what a backward pass may be asked for; all but the last two give the full gradient
    "whole": lambda T: {},
    "masked": lambda T: {},
    "chunks": lambda T: {"chunks": (min(2, T), T)},
    "window": lambda T: {"window": T},
    "dlast": lambda T: {},
    "dlast, window": lambda T: {"window": T},
    "dlast, chunks": lambda T: {"chunks": (min(2, T), T)},
    "truncated": lambda T: {"chunks": (min(2, T), min(4, T))},
    "short window": lambda T: {"window": max(1, min(2, T - 1))},
}
FULL = tuple(WAYS)[:-2]


def ways(mutant):
    """Return the ways that reach the code of a mutant."""
    if mutant.module in mutants.CELLS:
        return ("whole", "dlast")
    return ("whole", "masked") if mutant.side == "forward" else tuple(WAYS)


def driver(mutant):
    """Return the name of the cell that a mutant is tried with: the LSTM, with its two states, for bptt."""
    return mutant.module if mutant.module in mutants.CELLS else "lstm"


def right_passes(name):
    """Return the passes as they are."""
    cell = mutants.CELLS[name]
    return Passes(cell, bptt, gradcheck, cell, bptt)


def passes(mutant, name=None):
    """Return the passes with this mutant in them, with the cell of this name; driver's if None."""
    right, new = right_passes(name or driver(mutant)), mutants.load(mutant.module, mutant)
    if mutant.module == "bptt" and mutant.side == "forward":
        return right._replace(bptt=new, gradcheck=mutants.load("recurrent", bptt=new))
    if mutant.module == "bptt":
        return right._replace(bptt_back=new)
    return right._replace(**{"cell" if mutant.side == "forward" else "cell_back": new})


def backward_of(these, way):
    """Return backward(cell, p, trace, dhs) -> Gradient of these passes, asked in this way."""
    last = ()

    def backward(_, p, trace, dhs):
        nonlocal last
        options = WAYS[way](len(dhs))
        if way.startswith("dlast"):                   # the last injection comes from beyond the last step
            last = last or (dhs[-1].copy(), *(np.zeros_like(s[0]) for s in trace.states[1:]))
            dhs, options = np.concatenate([dhs[:-1], 0 * dhs[-1:]]), {**options, "dlast": last}
        return these.bptt_back.backward(these.cell_back, p, trace, dhs, **options)

    return backward


# What a pass computes, and whether it is wrong

def numbers(these, way, point):
    """Return all that the passes compute, the second call's gradient and the inputs after both calls."""
    p, xs, state, dhs, mask = point
    trace = these.bptt.forward(these.cell, p, xs, state, mask if way == "masked" else None)
    found, backward = [trace.hs], backward_of(these, way)
    for _ in range(2):
        gradient = backward(None, p, trace, dhs)
        found += [np.array(a) for a in (*gradient.params, gradient.xs, *gradient.state)]
    return [*found, *p, xs, *state, dhs]


def same(found, right):
    """True if all numbers agree, relative to the largest entry of their array."""
    return apart(found, right) <= SAME


def apart(found, right):
    """Return the largest relative difference between two lists of arrays; inf where shapes differ."""
    if [(a.shape, a.dtype) for a in found] != [(b.shape, b.dtype) for b in right]:
        return np.inf
    with np.errstate(all="ignore"):
        worst = max(np.abs(a - b).max() / (np.abs(b).max() or 1.0) for a, b in zip(found, right))
    return worst if np.isfinite(worst) else np.inf


def quiet(call, these, way, point, *rest):
    """Return what call returns with a copy of the point; None if it stops with an error."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(these, way, point.copy(), *rest)
        except Exception:
            return None


def points(name, seed=0, n=20):
    """Return n generic points of many shapes, of batches with no, one and two axes."""
    rng, cell = np.random.default_rng([seed, len(name)]), mutants.CELLS[name]
    found = []
    for k in range(n):
        T, D, H = rng.permutation([5, 4, 3, 2, 3])[:3] if k % 4 else (4, 2, 3)
        batch = ((4,), (), (2, 3), (1,), (3,))[k % 5]
        p = cell.Params(*(rng.normal(size=s) for s in cell.shapes(D, H)))
        state = tuple(rng.uniform(-0.9, 0.9, (*batch, H)) for _ in cell.STATES)
        xs, dhs = rng.normal(size=(T, *batch, D)), rng.normal(size=(T, *batch, H))
        found.append(Point(p, xs, state, dhs, rng.random((T, *batch)) < 0.6))
    return found


def fits(these, way, point):
    """True if, along three directions, the gradient is the slope of the loss of these very passes.

    The slope comes from differences of the loss itself, some small enough for the poles of coth.
    """
    mask, rng = point.mask if way == "masked" else None, np.random.default_rng(1)

    def loss(p, xs, *state):
        return (point.dhs * these.bptt.forward(these.cell, p, xs, state, mask).hs[1:]).sum()

    def moved(step):
        p = point.p._make(w + step * d for w, d in zip(point.p, directions))
        rest = (a + step * d for a, d in zip((point.xs, *point.state), directions[len(p):], strict=True))
        return loss(p, *rest)

    trace = these.bptt.forward(these.cell, point.p, point.xs, point.state, mask)
    gradient = backward_of(these, way)(None, point.p, trace, point.dhs)
    found = (*gradient.params, gradient.xs, *gradient.state)
    for _ in range(3):
        directions = [rng.normal(size=np.shape(a)) for a in found]
        claimed = sum((a * d).sum() for a, d in zip(found, directions))
        slopes = [(moved(h) - moved(-h)) / (2 * h) for h in STEPS]
        if min(abs(s - claimed) / max(abs(s), abs(claimed), 1e-300) for s in slopes) > 1e-4:
            return False
    return True


class Standard:
    """The numbers of the right passes at the points where mutants are judged, computed once."""

    def __init__(self):
        self.known = {}

    def at(self, name, way):
        """Return [(point, right numbers)] for one way."""
        if (name, way) not in self.known:
            here = [*designed(name)[:1], *points(name)]
            self.known[name, way] = [(q, numbers(right_passes(name), way, q)) for q in here]
        return self.known[name, way]

    def judge(self, mutant):
        """Return "stops", "equivalent", "another network" or "wrong", and the ways in which it is wrong.

        It stops if it raises at a designed point. It is equivalent if it gives the numbers of the
        original at all points. A mutated forward pass may be another network, whose gradient the
        right backward pass computes: coth for tanh is one, since both have the slope 1 - h^2.
        """
        these, wrong, other = passes(mutant), [], False
        for way in ways(mutant):
            for k, (point, right) in enumerate(self.at(driver(mutant), way)):
                found = quiet(numbers, these, way, point)
                if found is None and k == 0:
                    return "stops", ()
                if found is None or same(found, right):
                    continue
                if mutant.side == "forward" and quiet(fits, these, way, point):
                    other = True
                    continue
                wrong.append(way)
                break
        return ("wrong" if wrong else "another network" if other else "equivalent"), tuple(wrong)


# Points

def designed(name, seeds=range(2)):
    """Return designed points."""
    made = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        made.append(Point(*gradcheck.designed_point(mutants.CELLS[name], rng),
                          np.random.default_rng(seed).random((5, 4)) < 0.7))
    return made


def generic(name, seeds=range(2)):
    """Return points as one takes them without much thought: small, some with a zero state."""
    cell, made = mutants.CELLS[name], []
    for seed in seeds:
        rng = np.random.default_rng([11, seed])
        T, B, D, H = rng.integers(2, 5, 4)
        p = cell.init(rng, D, H)
        p = p._make(w + 0.1 * rng.normal(size=w.shape) for w in p)
        state = tuple((seed % 2) * 0.5 * rng.normal(size=(B, H)).clip(-1, 1) for _ in cell.STATES)
        made.append(Point(p, rng.normal(size=(T, B, D)), state, rng.normal(size=(T, B, H)),
                          rng.random((T, B)) < 0.7))
    return made


def small(name):
    """Return a designed point with a millionth of its loss: a mean over many, or a gradient that vanishes."""
    return [q._replace(dhs=1e-6 * q.dhs) for q in designed(name, [0])]


def degenerate(name):
    """Return points that hide something."""
    cell = mutants.CELLS[name]

    def made(**sizes):
        return Point(*gradcheck.designed_point(cell, np.random.default_rng(5), **sizes), None)

    q, blocks = made(), len(made().p.W_h) // 3
    symmetric = np.concatenate([w + w.T for w in np.split(q.p.W_h, blocks)])
    found = {
        "T=1": made(T=1),
        "B=1": made(B=1),
        "H=1": made(H=1),
        "zero state": q._replace(state=tuple(0 * s for s in q.state)),
        "symmetric W_h": q._replace(p=q.p._replace(W_h=symmetric)),
        "last loss": q._replace(dhs=q.dhs * (np.arange(5) == 4)[:, None, None]),
        "equal weights": q._replace(p=q.p._make(np.full(w.shape, 0.5) for w in q.p)),
    }
    return [q._replace(mask=np.random.default_rng(1).random(q.xs.shape[:2]) < 0.7) for q in found.values()]


# Right passes at points where a numerical derivative is hard to take

def elementwise(function, slope):
    """Return a vanilla cell, as a reader writes it, with another elementwise function and its slope at z."""
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (function(z),), rnn.Kept(z)

    def step_backward(p, dstate, at):
        delta = dstate[0] * slope(at.kept.zs)
        return delta, (delta @ p.W_h,)

    return SimpleNamespace(STATES=rnn.STATES, Params=rnn.Params, shapes=rnn.shapes, step=step,
                           step_backward=step_backward, gradient=rnn.gradient)


def buffered(z):
    """Return tanh z, by way of an array of real numbers."""
    out = np.empty(z.shape)
    out[...] = np.tanh(z)
    return out


OWN = {
    "relu": elementwise(lambda z: np.where(z.real > 0, z, 0), lambda z: (z > 0) * 1.0),
    "relu, 1 at 0": elementwise(lambda z: np.where(z.real > 0, z, 0), lambda z: (z >= 0) * 1.0),
    "relu by maximum": elementwise(lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "softsign": elementwise(lambda z: z / (1 + np.abs(z)), lambda z: (1 + np.abs(z)) ** -2),
    "buffer": elementwise(buffered, lambda z: 1 - np.tanh(z) ** 2),
}


def _sizes(rng, T, H):
    """Return T, B, D, H, the first and the last up to these, small ones as often as large ones."""
    T, H = (int(np.exp(rng.uniform(0, np.log(n + 1)))) for n in (T, H))
    return dict(T=T, B=int(rng.integers(1, 4)), D=int(rng.integers(1, 4)), H=H)


def _steep(rng, method):
    cell = list(mutants.CELLS.values())[rng.integers(4)]
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, **_sizes(rng, 200, 32))
    H = p.W_h.shape[1]
    p = p._replace(W_h=rng.uniform(0.1, 6) * rng.normal(size=p.W_h.shape) / np.sqrt(H))
    return gradcheck.check_cell(cell, p, xs, state, dhs, method=method)


def _saturated(rng, method):
    cell = list(mutants.CELLS.values())[rng.integers(4)]
    p, *point = gradcheck.designed_point(cell, rng, **_sizes(rng, 10, 6))
    p = p._replace(b=rng.choice((1, rng.uniform(0, 3))) * p.b + rng.uniform(-40, 40))
    return gradcheck.check_cell(cell, p, *point, method=method)


def _own(names, padded=False):
    def reported(rng, method):
        cell = OWN[names[rng.integers(len(names))]]
        p, xs, (h0,), dhs = gradcheck.designed_point(cell, rng, **_sizes(rng, 30, 8))
        p = p._replace(W_h=rng.uniform(0.1, 3) * p.W_h / np.sqrt(len(h0[0])))
        if padded:                                    # from its first step on, sequence 1 is padding
            p, xs, h0 = p._replace(b=0 * p.b), xs.copy(), h0.copy()
            xs[: rng.integers(1, len(xs) + 1), 0], h0[0] = 0, 0
        return gradcheck.check_cell(cell, p, xs, h0, dhs, method=method)

    return reported


RELUS = ("relu", "relu, 1 at 0", "relu by maximum")
HARD = {
    "gain up to 6, T up to 200, H up to 32": _steep,
    "saturated": _saturated,
    "ReLU": _own(RELUS),
    "ReLU, padded": _own(RELUS, padded=True),
    "softsign": _own(("softsign",)),
    "a real buffer": _own(("buffer",)),
}
