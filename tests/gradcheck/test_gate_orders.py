"""Cells of other people: our equations, with the gates in another order."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnnlib import gru, lstm
from rnnlib.cells import gru_original
from rnnlib.gradcheck import designed_point, locate

OURS = {lstm: "ifgo", gru: "rzn", gru_original: "rzn"}


def in_order(cell, order, step_backward=None):
    """Return cell with its gates in another order, and with another step_backward of ours."""
    gates, back = OURS[cell], step_backward or cell.step_backward
    blocks = lambda a, axis, of, to: np.concatenate(
        [np.split(a, len(of), axis=axis)[of.index(k)] for k in to], axis=axis)
    ours = lambda a: blocks(a, -1, order, gates)
    theirs = lambda a: blocks(a, -1, gates, order)

    def params(p, of, to):
        return p._replace(W_x=blocks(p.W_x, -2, of, to), W_h=blocks(p.W_h, -2, of, to),
                          b=blocks(p.b, -1, of, to))

    def kept(k, turn):
        return k._replace(zs=turn(k.zs), gates=turn(k.gates))

    def step(p, u, state):
        state, found = cell.step(params(p, order, gates), ours(u), state)
        return state, kept(found, theirs)

    def backward(p, dstate, at):
        delta, before = back(params(p, order, gates), dstate, at._replace(kept=kept(at.kept, ours)))
        return theirs(delta), before

    def gradient(trace, delta):
        turned = SimpleNamespace(xs=trace.xs, hs=trace.hs, kept=kept(trace.kept, ours))
        return params(cell.gradient(turned, ours(delta)), gates, order)

    return SimpleNamespace(Params=cell.Params, STATES=cell.STATES, shapes=cell.shapes, step=step,
                           step_backward=backward, gradient=gradient)


def found(cell, order, back=None, seed=0):
    cell = in_order(cell, order, back)
    return locate(cell, *designed_point(cell, np.random.default_rng(seed)))


def without_dc(p, dstate, at):
    return lstm.step_backward(p, (dstate[0], 0 * dstate[1]), at)


def candidate_by_sigmoid(p, dstate, at):
    delta, before = lstm.step_backward(p, dstate, at)
    g = lstm.split(at.kept.gates)[2]
    right = delta.copy()
    lstm.split(delta)[2][...] *= g * (1 - g) / (1 - g * g)
    return delta, (before[0] + (delta - right) @ p.W_h, before[1])


def without_leak(cell):
    def back(p, dstate, at):
        delta, (before,) = cell.step_backward(p, dstate, at)
        return delta, (before - dstate[0] * gru.split(at.kept.gates)[1],)
    return back


@pytest.mark.parametrize("cell, order", [
    (lstm, "ifog"), (lstm, "figo"), (lstm, "oifg"), (gru, "zrn"), (gru_original, "nzr")])
def test_right_ones_are_right(cell, order):
    assert found(cell, order).ok


@pytest.mark.parametrize("cell, order, back", [
    (lstm, "ifog", without_dc), (lstm, "figo", without_dc), (lstm, "oigf", candidate_by_sigmoid),
    (gru, "zrn", without_leak(gru)), (gru_original, "nzr", without_leak(gru_original))])
def test_a_mistake_has_the_name_that_it_has_in_our_order(cell, order, back):
    theirs, ours = found(cell, order, back), found(cell, OURS[cell], back)

    assert ours.cause and theirs.cause == ours.cause and theirs.where == ours.where
    assert theirs.gates == tuple(order)


def test_what_no_change_explains_is_told_by_gates_in_their_order():
    def doubled(p, dstate, at):
        delta, before = lstm.step_backward(p, dstate, at)
        lstm.split(delta)[3][...] *= 1.7                  # of o
        return delta, before

    assert "look at the step itself: the formulas of o" in found(lstm, "iofg", doubled).sentence


def test_a_gradient_that_copies_a_gate_names_the_gates_of_the_cell():
    cell = in_order(lstm, "ifog")
    right = cell.gradient

    def copied(trace, delta):
        grad = right(trace, delta)
        f, o = (np.split(grad.b, 4)[k] for k in (1, 2))
        return grad._replace(b=np.concatenate([*np.split(grad.b, 4)[:2], f, np.split(grad.b, 4)[3]]))

    cell.gradient = copied
    said = locate(cell, *designed_point(cell, np.random.default_rng(0)))

    assert said.cause == "gate o of db is a copy of gate f"
