"""A right backward pass of a cell whose own is wrong: each step measured by a complex step, not derived.

Only of cells that hand nothing over, and whose step takes complex numbers.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from ..doors.checks import allow_complex
from .lines import COMPLEX_EPS


class Measured(NamedTuple):
    """What a step keeps for its measurement: z_t, and what it was given for it."""

    zs: np.ndarray
    us: np.ndarray


def by_measuring(cell, trace):
    """Return the cell with a step_backward that measures, for passes over this trace."""
    def step(p, u, state):
        given = u.copy()
        state, kept = cell.step(p, u, state)
        return state, Measured(kept[0], given)

    def step_backward(p, dstate, at):
        u, before = at.kept.us, at.before
        with allow_complex():
            delta = _back(lambda a: cell.step(p, a, _like(before, a))[0], u, dstate)
            past = [_back(lambda a, k=k: cell.step(p, *_moved(u, before, k, a))[0], s, dstate)
                    for k, s in enumerate(before)]
        return delta, tuple(past)

    def gradient(turned, delta):
        return cell.gradient(replace(trace, xs=turned.xs, states=turned.states), delta)

    return SimpleNamespace(Params=cell.Params, STATES=cell.STATES, shapes=cell.shapes, step=step,
                           step_backward=step_backward, gradient=gradient)


def _back(states_of, a, dstate):
    """Return J^T dstate for the states as a function of a (..., n), whose entries are nudged in turn."""
    n = a.shape[-1]
    nudges = 1j * COMPLEX_EPS * np.eye(n).reshape(n, *(1 for _ in a.shape[:-1]), n)
    moved = sum(d * np.imag(s) / COMPLEX_EPS for d, s in zip(dstate, states_of(a + nudges), strict=True))
    return np.moveaxis(np.broadcast_to(moved.sum(axis=-1), (n, *a.shape[:-1])), 0, -1)


def _like(states, a):
    """Return the states as often as a is there."""
    return tuple(s + 0 * a[..., :1].real for s in states)


def _moved(u, before, k, a):
    """Return u and the states, of which the k-th is a."""
    return u + 0 * a[..., :1].real, tuple(a if j == k else s for j, s in enumerate(_like(before, a)))
