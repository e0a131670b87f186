"""The scan and the two cells without W_h, held against loops, the complex step and PyTorch's autograd."""

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck
from rnnlib.course import linear
from rnnlib.course.linear import LRU, MinGRU


def looped(a, b):
    h, rows = np.zeros_like(b[0]), []
    for factor, part in zip(a, b, strict=True):
        h = factor * h + part
        rows.append(h)
    return np.array(rows)


def drawn(T, *shape, complex_=True, seed=0):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(3, 2, T, *shape))
    a, b, e = parts[:, 0] + 1j * parts[:, 1] if complex_ else parts[:, 0]
    return 0.7 * a, b, e


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5, 7, 8, 31, 64, 100])
@pytest.mark.parametrize("complex_", [False, True])
def test_a_scan_gives_the_states_of_the_loop(T, complex_):
    a, b, _ = drawn(T, 4, 3, complex_=complex_)

    assert error(linear.scan(a, b), looped(a, b)) < 1e-12


@pytest.mark.parametrize("T", [1, 2, 6, 9, 32])
def test_the_scan_back_is_the_gradient_by_real_and_imaginary_parts(T):
    a, b, e = drawn(T, 2)
    da, db = linear.scan_back(a, linear.scan(a, b), e)
    loss = lambda a, b: (e.conj() * looped(a, b)).real.sum()
    step = 1e-6

    for given, found in ((0, da), (1, db)):
        for at in np.ndindex(a.shape):
            for unit, part in ((step, found[at].real), (1j * step, found[at].imag)):
                ahead, behind = [a.copy(), b.copy()], [a.copy(), b.copy()]
                ahead[given][at] += unit
                behind[given][at] -= unit
                slope = (loss(*ahead) - loss(*behind)) / (2 * step)
                assert slope == pytest.approx(part, rel=1e-6, abs=1e-8)


def test_the_scan_back_is_autograds(torch):
    a, b, e = drawn(11, 3)
    tensors = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    h, total = torch.zeros(3, dtype=torch.complex128), 0
    for t in range(11):
        h = tensors[0][t] * h + tensors[1][t]
        total = total + (torch.tensor(e[t]).conj() * h).real.sum()
    total.backward()

    for found, tensor in zip(linear.scan_back(a, linear.scan(a, b), e), tensors, strict=True):
        assert error(found, tensor.grad.numpy()) < 1e-12


def test_a_scan_keeps_single_precision_and_leaves_its_inputs_alone():
    a, b, e = (x.astype(np.complex64) for x in drawn(9, 2))
    kept = a.copy(), b.copy(), e.copy()

    h = linear.scan(a, b)

    assert {x.dtype for x in (h, *linear.scan_back(a, h, e))} == {np.dtype(np.complex64)}
    assert all(np.array_equal(x, y) for x, y in zip(kept, (a, b, e), strict=True))
    assert linear.scan([2, 2], [1, 1]).tolist() == [1, 3]


def test_a_scan_takes_two_and_a_half_times_the_arithmetic_of_the_loop():
    counted = []

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            plain = [np.asarray(x) for x in inputs]
            result = getattr(ufunc, method)(*plain, **options)
            counted.append(result.size)
            return result.view(Counted)

    ones = np.ones((1024, 1)).view(Counted)
    linear._scan(ones, ones)

    assert sum(counted) / (2 * 1024) == pytest.approx(2.5, rel=0.01)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: linear.scan(0.9, np.ones((4, 2))), r"a must be of shape \(4, 2\)"),
    (lambda: linear.scan(np.ones((4, 1)), np.ones((4, 2))), "np.broadcast_to"),
    (lambda: linear.scan(np.ones((0, 2)), np.ones((0, 2))), "T >= 1"),
    (lambda: linear.scan(np.ones(2), np.array(["x", "y"])), "numbers"),
    (lambda: linear.scan(np.ones(2), [1, [2, 3]]), "linear.scan: b must be a rectangular array"),
    (lambda: linear.scan_back(np.ones((4, 2)), np.ones((5, 2)), np.ones((4, 2))), "as dh"),
    (lambda: LRU.init(np.random.default_rng(0), 2, 3, ring=(0.9, 1.1)), "low < high < 1"),
    (lambda: LRU.init(np.random.default_rng(0), 2, 3, ring=(0.9, 0.8)), "low < high < 1"),
    (lambda: LRU.init(np.random.default_rng(0), 2, 3, ring=0.9), "low < high < 1; got 0.9"),
    (lambda: LRU.init(np.random.default_rng(0), 0, 3), "LRU.init: D must be an int in"),
    (lambda: MinGRU.init(np.random.default_rng(0), 2, 1.5), "MinGRU.init: H must be an int in"),
    (lambda: LRU.init(0, 2, 3), "Generator"),
    (lambda: MinGRU.init(np.random.default_rng(0), 2, 3, gate_bias="x"), "gate_bias"),
])
def test_bad_input_is_refused_in_one_sentence(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


# The cells (in every tool of the package: tests/test_own_cells.py)


@pytest.mark.parametrize("cell", [LRU, MinGRU])
def test_the_gradient_holds_against_complex_step_and_central_differences(cell):
    point = gradcheck.designed_point(cell, np.random.default_rng(1), T=6, B=4, D=2, H=3)

    for method in ("complex", "central"):
        assert gradcheck.check_cell(cell, *point, method=method).ok


def test_the_lru_is_a_complex_recurrence():
    p, xs, (h, m), _ = gradcheck.designed_point(LRU, np.random.default_rng(2), T=7, B=4, D=2, H=3)
    lam = np.exp(-np.exp(p.nu) + 1j * p.theta)
    W, b = p.W_x[:3] + 1j * p.W_x[3:], p.b[:3] + 1j * p.b[3:]
    state, rows = h + 1j * m, []
    for x in xs:
        state = lam * state + x @ W.T + b
        rows.append(state)

    trace = bptt.forward(LRU, p, xs, (h, m))

    assert error(trace.states[0][1:] + 1j * trace.states[1][1:], np.array(rows)) < 1e-14


def test_the_deltas_of_the_lru_have_a_closed_form():
    p, xs, state, dhs = gradcheck.designed_point(LRU, np.random.default_rng(3), T=9, B=4, D=2, H=3)
    back = np.exp(-np.exp(p.nu) - 1j * p.theta)                      # the conjugate of λ
    closed = np.array([sum(back ** (s - t) * dhs[s] for s in range(t, 9)) for t in range(9)])

    delta, _ = bptt.deltas(LRU, p, bptt.forward(LRU, p, xs, state), dhs)

    assert error(delta, np.concatenate([closed.real, closed.imag], axis=-1)) < 1e-13


def test_the_min_gru_is_its_formula():
    p, xs, (h,), _ = gradcheck.designed_point(MinGRU, np.random.default_rng(4), T=6, B=4, D=2, H=3)
    start, rows = h, []
    for x in xs:
        z = 1 / (1 + np.exp(-(x @ p.W_x[:3].T + p.b[:3])))
        h = (1 - z) * h + z * (x @ p.W_x[3:].T + p.b[3:])
        rows.append(h)

    assert error(bptt.forward(MinGRU, p, xs, start).hs[1:], np.array(rows)) < 1e-13


def test_lambda_is_drawn_evenly_from_the_upper_half_of_the_ring():
    p = LRU.init(np.random.default_rng(5), 4, 200_000, ring=(0.5, 0.9))
    re, im = LRU.multiplier(p)
    square = re**2 + im**2

    assert im.min() >= 0 and square.min() > 0.25 and square.max() < 0.81
    assert np.mean(square) == pytest.approx((0.25 + 0.81) / 2, rel=1e-2)         # |λ|² is even
    assert np.mean(np.arctan2(im, re)) == pytest.approx(np.pi / 2, rel=1e-2)


def test_the_first_states_of_the_lru_are_of_size_1_whatever_the_ring():
    for ring in ((0, 0.5), (0.9, 0.99)):
        p = LRU.init(np.random.default_rng(6), 4, 300, ring=ring)
        states = bptt.forward(LRU, p, np.random.default_rng(7).normal(size=(400, 100, 4))).states

        assert all((s[-1] ** 2).mean() == pytest.approx(1, rel=0.15) for s in states)


def test_no_parameters_make_the_lru_explode():
    nu = np.array([-30.0, -3, 0, 3])
    re, im = LRU.multiplier(LRU.Params(np.zeros((8, 1)), np.zeros(8), nu, np.arange(4.0)))

    assert np.all(re**2 + im**2 <= 1)
