"""Forward mode: the influence is the derivative of the state, the gradient that of bptt, for any cell."""

import numpy as np
import pytest
from all_cells import CELLS, Linear
from helpers import error
from own_cells import OWN

from rnnlib import bptt, lstm, rnn, rtrl, trees

T, D, H = 6, 2, 3
cells = pytest.mark.parametrize("cell", [*CELLS.values(), *OWN.values()], ids=[*CELLS, *OWN])


def point(cell, seed=0):
    """Return p, xs (T, D), the initial state and dhs (T, H)."""
    rng = np.random.default_rng(seed)
    p = cell.Params(*(0.6 * rng.normal(size=shape) for shape in cell.shapes(D, H)))
    state = tuple(0.4 * rng.uniform(-1, 1, H) for _ in cell.STATES)
    return p, rng.normal(size=(T, D)), state, rng.normal(size=(T, H))


def by_complex_step(cell, p, xs, state, n):
    """Return d(state after n steps)/dp, (S, P), one parameter at a time."""
    row, columns = trees.flat(p), []
    for k in range(row.size):
        moved = row + 1e-30j * (np.arange(row.size) == k)
        parts = np.split(moved, np.cumsum([w.size for w in p])[:-1])
        q = p._make(part.reshape(w.shape) for part, w in zip(parts, p))
        states = bptt.unroll(cell, q, xs[:n], tuple(s + 0j for s in state)).states
        columns.append(np.concatenate([s[-1] for s in states]).imag / 1e-30)
    return np.stack(columns, axis=1)


@cells
def test_the_influence_is_the_derivative_of_the_state_after_every_step(cell):
    p, xs, state, _ = point(cell)
    carried, states = rtrl.start(cell, p, state), bptt.forward(cell, p, xs, state).states

    for n, x in enumerate(xs, 1):
        carried = rtrl.step(cell, p, x, carried)

        assert error(carried.influence, by_complex_step(cell, p, xs, state, n)) < 1e-13
        assert error(carried.state, tuple(s[n] for s in states)) < 1e-15


@cells
def test_one_sweep_forward_gives_the_gradient_of_the_backward_pass(cell):
    p, xs, state, dhs = point(cell, seed=1)

    ours = rtrl.gradient(cell, p, xs, dhs, state)

    assert type(ours) is cell.Params
    assert error(ours, bptt.backward(cell, p, bptt.forward(cell, p, xs, state), dhs).params) < 1e-12


def test_a_loss_may_reach_the_cell_state_as_well():
    p, xs, state, dhs = point(lstm, seed=2)
    carried, dlast = rtrl.start(lstm, p, state), (dhs[1], dhs[0])
    for x in xs:
        carried = rtrl.step(lstm, p, x, carried)

    ours = rtrl.loss_gradient(lstm, p, carried, *dlast)

    trace = bptt.forward(lstm, p, xs, state)
    assert error(ours, bptt.backward(lstm, p, trace, 0 * dhs, dlast=dlast).params) < 1e-12


def test_a_scalar_linear_unit_has_a_closed_form():
    """h_t = w h_{t-1} from h_0 = 1: dh_t/dw = t w^(t-1)."""
    w = 0.75
    p = rnn.Params(np.zeros((1, 1)), np.array([[w]]), np.zeros(1))
    carried = rtrl.start(Linear, p, np.ones(1))

    for t in range(1, 9):
        carried = rtrl.step(Linear, p, np.zeros(1), carried)
        assert np.isclose(carried.influence[0, 1], t * w ** (t - 1), rtol=1e-14, atol=0)


def test_the_weights_may_change_from_step_to_step():
    """Then the influence is the sum of what each step's own weights did: no recursion over one p gives it."""
    p, xs, state, _ = point(rnn, seed=3)
    ps = [p._make((1 - 0.1 * t) * w for w in p) for t in range(T)]
    carried, states = rtrl.start(rnn, p, state), [state]
    for x, q in zip(xs, ps):
        carried = rtrl.step(rnn, q, x, carried)
        states.append(carried.state)

    total = 0
    for t in range(T):                                    # the weights of step t alone are moved
        now = by_complex_step(rnn, ps[t], xs[t:], states[t], 1)
        for q, (h,) in zip(ps[t + 1:], states[t + 2:]):
            now = (1 - h * h)[:, None] * (q.W_h @ now)
        total = total + now
    assert error(carried.influence, total) < 1e-13


def test_float32_stays_float32_and_nothing_given_is_changed():
    p, xs, state, dhs = point(lstm)
    p, xs, state, dhs = lstm.Params(*(w.astype(np.float32) for w in p)), xs.astype(np.float32), tuple(
        s.astype(np.float32) for s in state), dhs.astype(np.float32)
    before = [a.copy() for a in (*p, xs, *state, dhs)]

    ours = rtrl.gradient(lstm, p, xs, dhs, state)

    assert all(w.dtype == np.float32 for w in ours)
    assert all(np.array_equal(a, b) for a, b in zip(before, (*p, xs, *state, dhs)))


@pytest.mark.parametrize("call, kind, says", [
    (lambda p, xs, dhs: rtrl.gradient(rnn, p, xs[:, None], dhs), ValueError,
     r"rtrl.gradient: xs must be \(T, 2\) with T >= 1; got shape \(6, 1, 2\), float64. One sequence"),
    (lambda p, xs, dhs: rtrl.gradient(rnn, p, xs, dhs[1:]), ValueError,
     r"rtrl.gradient: dhs must be of shape \(6, 3\)"),
    (lambda p, xs, dhs: rtrl.step(rnn, p, xs, rtrl.start(rnn, p)), ValueError,
     r"rtrl.step: x must be of shape \(2,\) .* One step of one stream"),
    (lambda p, xs, dhs: rtrl.step(rnn, p, xs[0], None), ValueError,
     r"rtrl.step: carried must be a Carried whose influence is \(3, 18\)"),
    (lambda p, xs, dhs: rtrl.step(rnn, p, xs[0], rtrl.start(rnn, rnn.init(np.random.default_rng(0), 3, 3))),
     ValueError, r"got shape \(3, 21\), float64"),
    (lambda p, xs, dhs: rtrl.loss_gradient(rnn, p, None, dhs[0]), ValueError,
     r"rtrl.loss_gradient: carried must be a Carried whose influence is \(3, 18\)"),
    (lambda p, xs, dhs: rtrl.loss_gradient(rnn, p, rtrl.start(rnn, p)), TypeError, "dstate must be 1 to 1"),
    (lambda p, xs, dhs: rtrl.loss_gradient(rnn, p, rtrl.start(rnn, p), dhs), ValueError,
     r"dh must be of shape \(3,\)"),
    (lambda p, xs, dhs: rtrl.start(object(), p), TypeError, "rtrl.start: cell must be a cell such as"),
    (lambda p, xs, dhs: rtrl.start(rnn, tuple(p)), TypeError, "rtrl.start: p must be a Params"),
], ids=["batch", "dhs", "steps", "nothing", "other sizes", "no influence", "no loss", "all losses", "cell",
        "tuple"])
def test_bad_input_gets_its_sentence(call, kind, says):
    p, xs, _, dhs = point(rnn)

    with pytest.raises(kind, match=says):
        call(p, xs, dhs)


def test_a_cell_whose_step_back_is_wrong_is_told_so():
    class Bare(Linear):
        @staticmethod
        def step_backward(p, dstate, at):
            return dstate[0] @ p.W_x @ p.W_x               # shapes that do not fit

    p, xs, _, _ = point(Bare)
    with pytest.raises(ValueError) as info:
        rtrl.step(Bare, p, xs[0], rtrl.start(Bare, p))
    assert "step_backward" in str(info.value) + str(getattr(info.value, "__notes__", ""))
