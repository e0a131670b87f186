"""Cells of other people: our equations, with the gates in another order."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import bptt, gru, lstm
from rnnlib.cells import gru_original
from rnnlib.cells.activations import sigmoid
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


class Kept(NamedTuple):
    zs: np.ndarray
    gates: np.ndarray


def keeps_less(after, slip=""):
    """Return a GRU as others write it: gates z, r, n, no b_n, and h_t = (1 - z) h_(t-1) + z n."""
    def step(p, u, state):
        (h,), H = state, state[0].shape[-1]
        z, r = (sigmoid(u[..., k * H:(k + 1) * H] + h @ p.W_h[..., k * H:(k + 1) * H, :].mT) for k in (0, 1))
        W = p.W_h[..., 2 * H:, :].mT
        zn = u[..., 2 * H:] + (r * (h @ W) if after else (r * h) @ W)
        n = np.tanh(zn)
        zs = np.concatenate([np.log(z / (1 - z)), np.log(r / (1 - r)), zn], axis=-1)
        return ((1 - z) * h + z * n,), Kept(zs, np.concatenate([z, r, n], axis=-1))

    def step_backward(p, dstate, at):
        (dh,), (h,) = dstate, at.before
        z, r, n = np.split(at.kept.gates, 3, axis=-1)
        dn = dh * (1 - z if slip == "new" else z) * (1 - n * n)
        dz = dh * {"n": n, "sign": h - n}.get(slip, n - h) * (1 - z if slip == "slope" else z * (1 - z))
        Wz, Wr, Wn = np.split(p.W_h, 3)
        sent = (dn * r) @ Wn if after else (dn @ Wn) * r
        dr = (dn * (h @ Wn.T) if after else (dn @ Wn) * h) * r * (1 - r)
        kept = dh * (z if slip == "leak" else 1 - z) * (slip != "no leak")
        return np.concatenate([dz, dr, dn], -1), (kept + sent + dz @ Wz + dr @ Wr,)

    def gradient(trace, delta):
        d, h, H = gru.rows(delta), gru.rows(trace.hs[:-1]), trace.hs.shape[-1]
        r = gru.rows(np.split(trace.kept.gates, 3, axis=-1)[1])
        n = (d[:, 2 * H:] * r).T @ h if after else d[:, 2 * H:].T @ (r * h)
        dW_h = np.concatenate([d[:, :2 * H].T @ h, n])
        return gru_original.Params(d.T @ gru.rows(trace.xs), dW_h, d.sum(axis=0))

    return SimpleNamespace(Params=gru_original.Params, STATES=("h",), shapes=gru_original.shapes, step=step,
                           step_backward=step_backward, gradient=gradient)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("slip, cause", [
    ("new", "delta^n takes 1 - z for z"),
    ("n", "delta^z takes n alone, without - h_(t-1)"),
    ("sign", "delta^z has the wrong sign: its factor is n - h_(t-1)"),
    ("slope", "the slope of gate z lacks its factor z (it is z(1 - z))"),
    ("leak", "the leak carries z, not 1 - z"),
    ("no leak", "the leak (1 - z) * dh is dropped"),
])
def test_of_a_gru_that_keeps_1_minus_z_all_is_said_by_its_own_z(after, slip, cause):
    cell = keeps_less(after, slip)

    assert locate(cell, *designed_point(cell, np.random.default_rng(0))).cause == cause


@pytest.mark.parametrize("after", [False, True])
def test_of_a_gru_without_b_n_none_is_spoken_of(after):
    right, point = keeps_less(after), designed_point(keeps_less(after), np.random.default_rng(0))

    found = locate(right, *point)
    wrong = locate(right, *point, lambda cell, p, trace, dhs: bptt.deltas(
        cell, p, trace, dhs)[0] * np.repeat([1.0, 1.3, 1.0], 3))

    assert found.ok and "b_n" not in str(found) + str(found.unseen) and not wrong.ok
    assert wrong.gates == ("z", "r", "n") and "in gate r" in wrong.where
