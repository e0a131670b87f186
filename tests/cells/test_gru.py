import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original

sigma = lambda z: 1 / (1 + np.exp(-z))
both = pytest.mark.parametrize("cell", [gru, gru_original], ids=["gru", "gru_original"])


def blocks(p):
    """Return (W_x, W_h, b) of each gate: r, z, n."""
    return list(zip(*(np.split(w, 3) for w in p[:3])))


def one_step(p, x, h, reset_first):
    (r_x, r_h, r_b), (z_x, z_h, z_b), (n_x, n_h, n_b) = blocks(p)
    r, z = sigma(r_x @ x + r_h @ h + r_b), sigma(z_x @ x + z_h @ h + z_b)
    inner = n_h @ (r * h) if reset_first else r * (n_h @ h + p.b_n)
    n = np.tanh(n_x @ x + n_b + inner)
    return r, z, n, (1 - z) * n + z * h


@both
def test_one_step_is_the_formula_gate_by_gate(cell):
    rng = np.random.default_rng(1)
    D, H = 2, 3
    p = cell.Params(*(rng.normal(size=s) for s in cell.shapes(D, H)))
    x, h = rng.normal(size=D), rng.uniform(-1, 1, H)

    trace = bptt.forward(cell, p, x[None], h)

    r, z, n, new = one_step(p, x, h, cell is gru_original)
    assert error(gru.split(trace.kept.gates[0]), (r, z, n)) < 1e-14
    assert error(trace.hs[1], new) < 1e-14
    assert error(np.arctanh(n), gru.split(trace.zs[0])[2]) < 1e-13


def test_the_two_forms_are_different_functions_with_the_same_weights():
    rng = np.random.default_rng(2)
    p, xs, (h0,), _ = gradcheck.designed_point(gru_original, rng)
    q = gru.Params(*p, np.zeros(3))

    after, before = bptt.forward(gru, q, xs, h0), bptt.forward(gru_original, p, xs, h0)

    assert error(after.hs[1:], before.hs[1:]) > 1e-2


def test_an_update_gate_of_one_copies_the_state():
    p = gru.init(np.random.default_rng(0), 2, 3)
    p.b[3:6] = 800.0
    h0 = np.array([0.5, -0.3, 0.9])

    trace = bptt.forward(gru, p, np.ones((50, 2)), h0)
    grad = bptt.backward(gru, p, trace, np.vstack([np.zeros((49, 3)), np.ones((1, 3))]))

    assert np.array_equal(trace.hs[-1], h0)
    assert np.array_equal(grad.state[0], np.ones(3))


@both
def test_init_draws_from_the_fan_in(cell):
    p = cell.init(np.random.default_rng(0), 7, 5, dtype=np.float32)

    assert tuple(w.shape for w in p) == tuple(cell.shapes(7, 5))
    assert {w.dtype for w in p} == {np.dtype(np.float32)}
    assert not any(b.any() for b in p[2:])
    for w, fan_in in ((p.W_x, 7), (p.W_h, 5)):
        assert 0.8 / np.sqrt(fan_in) < np.abs(w).max() <= np.float32(1 / np.sqrt(fan_in))


@both
def test_init_refuses_with_a_sentence(cell):
    name = cell.__name__.split(".")[-1]
    with pytest.raises(TypeError, match=rf"{name}.init: rng must be a numpy.random.Generator; got 0."):
        cell.init(0, 2, 3)
    with pytest.raises(ValueError, match=rf"{name}.init: H must be an int in .*; got 0."):
        cell.init(np.random.default_rng(0), 2, 0)


def wrong_gru(name):
    """Return a backward pass of `gru` with one mistake."""
    def step_backward(p, dstate, at):
        (dh,), (h,) = dstate, at.before
        r, z, n = gru.split(at.kept.gates)
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * ((n - h) if name == "z the other way round" else h - n) * z * (1 - z)
        dr = dn * (h if name == "r stands beside h" else at.kept.hns) * r * (1 - r)
        past = np.concatenate([dr, dz, dn if name == "r forgotten on the way back" else dn * r], axis=-1)
        copied = 0 if name == "no copy through z" else dh * z
        return np.concatenate([dr, dz, dn], axis=-1), (copied + past @ p.W_h,)

    def gradient(trace, delta):
        right = gru.gradient(trace, delta)
        if name != "r forgotten in the weights":
            return right
        dn = gru.rows(gru.split(delta)[2])
        W_h = right.W_h.copy()
        W_h[6:] = dn.T @ gru.rows(trace.hs[:-1])
        return right._replace(W_h=W_h, b_n=dn.sum(axis=0))

    class Cell:
        Params, shapes, STATES = gru.Params, staticmethod(gru.shapes), gru.STATES

    Cell.step_backward, Cell.gradient = staticmethod(step_backward), staticmethod(gradient)
    return lambda cell, p, trace, dhs: bptt.backward(Cell, p, trace, dhs)


CELL = {"dW_x", "dW_h", "db", "db_n", "dxs", "dh0"}


@pytest.mark.parametrize(("name", "fails"), [
    ("nothing", set()), ("z the other way round", CELL), ("r stands beside h", CELL),
    ("r forgotten on the way back", CELL), ("no copy through z", CELL),
    ("r forgotten in the weights", {"dW_h", "db_n"}),
])
def test_each_mistake_spoils_the_tensors_it_must(name, fails):
    p, xs, h0, dhs = gradcheck.designed_point(gru, np.random.default_rng(3))

    report = gradcheck.check_cell(gru, p, xs, h0, dhs, wrong_gru(name))

    assert {v.name for v in report.verdicts if v.verdict != "right"} == fails
