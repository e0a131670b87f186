"""Own cells whose step_backward is wrong: changes are made in a pass that measures each step."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import bptt, rnn
from rnnlib.cells.activations import sigmoid
from rnnlib.gradcheck import check_cell, designed_point, locate
from rnnlib.gradcheck.measured import by_measuring


class Kept(NamedTuple):
    zs: np.ndarray


def leaky(back=None, leak=0.7):
    """Return a cell h_t = leak h_(t-1) + softsign-like of z_t; back(delta, dh, W_h) is what it sends back."""
    back = back or (lambda delta, dh, W: delta @ W + leak * dh)

    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (leak * state[0] + z / np.sqrt(1 + z * z),), Kept(z)

    def step_backward(p, dstate, at):
        delta = dstate[0] * (1 + at.kept.zs ** 2) ** -1.5
        return delta, (back(delta, dstate[0], p.W_h),)

    return SimpleNamespace(Params=rnn.Params, STATES=("h",), shapes=rnn.shapes, step=step,
                           step_backward=step_backward, gradient=rnn.gradient)


def point(cell):
    return designed_point(cell, np.random.default_rng(3))


def test_what_is_measured_is_what_a_right_pass_gives():
    cell = leaky()
    p, xs, state, dhs = point(cell)
    trace = bptt.forward(cell, p, xs, state)
    measured = by_measuring(cell, trace)

    found = bptt.backward(measured, p, bptt.forward(measured, p, xs, state), dhs)
    right = bptt.backward(cell, p, trace, dhs)

    for a, b in zip((*found.params, found.xs, *found.state), (*right.params, right.xs, *right.state)):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13 * np.abs(b).max())


@pytest.mark.parametrize("back, cause", [
    (lambda delta, dh, W: delta @ W.T + 0.7 * dh, "W_h stands in the carry where its transpose belongs"),
    (lambda delta, dh, W: delta @ W, "only W_h^T delta is there: the road past z_t is left out"),
    (lambda delta, dh, W: 0.7 * dh, "W_h^T delta is left out: only the road past z_t is there"),
    (lambda delta, dh, W: 0 * dh, "nothing is carried back from the step after"),
    (lambda delta, dh, W: dh @ W + 0.7 * dh, "W_h^T takes dh back, not delta"),
    (lambda delta, dh, W: -(delta @ W + 0.7 * dh), "what is carried back has the wrong sign"),
])
def test_a_wrong_carry_of_an_own_cell_is_named(back, cause):
    cell = leaky(back)

    assert cause in locate(cell, *point(cell)).cause


def test_right_own_cells_are_right_and_what_fits_no_change_is_not_named():
    odd = leaky(lambda delta, dh, W: delta @ W + 0.7 * dh * np.arange(1.0, 4.0))

    assert locate(leaky(), *point(leaky())).sentence.startswith("Right: ")
    assert locate(odd, *point(odd)).cause is None and not locate(odd, *point(odd)).ok


def test_a_cell_that_keeps_its_last_forward_pass_is_judged_by_it():
    class Keeping:
        Params, STATES, shapes, gradient = rnn.Params, rnn.STATES, staticmethod(rnn.shapes), staticmethod(
            rnn.gradient)

        def __init__(self):
            self.hs = []

        def step(self, p, u, state):
            (h,), kept = rnn.step(p, u, state)
            self.hs.append(h)
            return (h,), kept

        def step_backward(self, p, dstate, at):
            h = self.hs.pop()
            delta = dstate[0] * (1 - h * h)
            return delta, (delta @ p.W_h,)

    for judge in (check_cell, locate):
        assert judge(Keeping(), *point(rnn)).ok


@pytest.mark.parametrize("slip, cause", [
    ("drop", "dc_next is dropped: what dc carries does not reach the step before"),
    ("turned", "W_h stands in the carry where its transpose belongs"), ("", None)])
def test_a_cell_of_two_states_whose_gates_are_coupled(slip, cause):
    """f = 1 - i: no LSTM of ours."""
    split = lambda a: np.split(a, 3, axis=-1)

    def step(p, u, state):
        h, c = state
        i, o, g = split(u + h @ p.W_h.mT)
        i, o, g = sigmoid(i), sigmoid(o), np.tanh(g)
        c = (1 - i) * c + i * g
        zs = [np.log(i / (1 - i)), np.log(o / (1 - o)), np.arctanh(g)]
        return (o * np.tanh(c), c), Kept(np.concatenate(zs, axis=-1))

    def step_backward(p, dstate, at):
        (dh, dc), z, tanh_c = dstate, split(at.kept.zs), np.tanh(at.after[1])
        i, o, g = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2])
        dc = dc * (slip != "drop") + dh * o * (1 - tanh_c ** 2)
        delta = np.concatenate([dc * (g - at.before[1]) * i * (1 - i), dh * tanh_c * o * (1 - o),
                                dc * i * (1 - g * g)], axis=-1)
        W = np.concatenate([w.T for w in np.split(p.W_h, 3)]) if slip == "turned" else p.W_h
        return delta, (delta @ W, dc * (1 - i))

    cell = SimpleNamespace(Params=rnn.Params, STATES=("h", "c"), step=step, step_backward=step_backward,
                           shapes=lambda D, H: rnn.Params((3 * H, D), (3 * H, H), (3 * H,)),
                           gradient=rnn.gradient)
    found = locate(cell, *point(cell))

    assert found.ok == (not slip) and (cause is None or cause in found.cause)
