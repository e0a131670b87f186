from typing import NamedTuple

import numpy as np
import pytest
from all_cells import CELLS, Linear
from helpers import arrays, error, peak_of

from rnnlib import bptt, gradcheck, rnn

cells = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())


def point(cell, seed=0, **sizes):
    """Return p, dhs, the forward pass and dlast at a designed point."""
    rng = np.random.default_rng(seed)
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, **sizes)
    return p, dhs, bptt.forward(cell, p, xs, state), tuple(rng.normal(size=s.shape) for s in state)


def start(trace):
    return tuple(s[0] for s in trace.states)


@cells
@pytest.mark.parametrize("sizes", [(5, 4, 2, 3), (1, 3, 2, 4), (7, 1, 3, 2), (2, 3, 4, 1)])
def test_every_gradient_of_every_cell_agrees_with_a_complex_step(cell, sizes):
    p, dhs, trace, _ = point(cell, 1, **dict(zip("TBDH", sizes)))

    report = gradcheck.check_cell(cell, p, trace.xs, start(trace), dhs, method="complex")

    assert report.ok, report
    assert {v.name for v in report.verdicts} >= {"dW_x", "dW_h", "db", "dxs", "dh0"}
    assert len(report.verdicts) == len(p) + 1 + len(cell.STATES)


def test_a_scalar_linear_cell_gives_powers_of_the_weight():
    w, T = 0.7, 6
    p = rnn.Params(np.array([[1.0]]), np.array([[w]]), np.zeros(1))
    trace = bptt.forward(Linear, p, np.zeros((T, 1)), np.array([1.0]))
    dhs = np.zeros((T, 1))
    dhs[-1] = 1

    delta, (dh0,) = bptt.deltas(Linear, p, trace, dhs)
    lagged = bptt.lagged_deltas(Linear, p, trace, np.ones((T, 1)), T)

    powers = w ** np.arange(T + 1)
    assert error(trace.hs[:, 0], powers) < 1e-15
    assert error(delta[:, 0], powers[:T][::-1]) < 1e-15
    assert error(dh0, powers[T:]) < 1e-15
    assert error(lagged[:, :, 0], powers[:T, None] * np.tri(T)[::-1]) < 1e-15
    assert error(bptt.backward(Linear, p, trace, dhs).params.W_h, [[T * powers[T - 1]]]) < 1e-15


@cells
def test_deltas_are_the_sum_over_lags(cell):
    p, dhs, trace, dlast = point(cell, T=6)

    delta, dinitial = bptt.deltas(cell, p, trace, dhs, dlast=dlast)
    parts = list(bptt.lags(cell, p, trace, dhs, dlast))

    total = np.zeros_like(delta)
    for part, _ in parts:
        total[: len(part)] += part
    assert error(total, delta) < 1e-13
    assert error(tuple(map(sum, zip(*(first for _, first in parts)))), dinitial) < 1e-13


@cells
def test_each_lag_is_what_one_loss_sends_back(cell):
    p, dhs, trace, _ = point(cell, T=5)

    lagged = bptt.lagged_deltas(cell, p, trace, dhs, 5)
    parts = bptt.by_loss(lagged)

    for s in range(5):
        alone = np.zeros_like(dhs)
        alone[s] = dhs[s]
        assert error(parts[s], bptt.deltas(cell, p, trace, alone)[0]) < 1e-13
        assert not parts[s, s + 1:].any() and not lagged[s, 5 - s:].any()


@cells
@pytest.mark.parametrize("K", range(1, 7))
def test_a_window_is_a_sum_of_lags_and_also_chunks_of_one_step(cell, K):
    p, dhs, trace, dlast = point(cell, T=6)

    window = bptt.backward(cell, p, trace, dhs, window=K, dlast=dlast)
    chunks = bptt.backward(cell, p, trace, dhs, chunks=(1, K), dlast=dlast)
    lagged = bptt.lagged_deltas(cell, p, trace, dhs, K)

    assert error(arrays(window), arrays(chunks)) < 1e-13
    assert error(bptt.deltas(cell, p, trace, dhs, window=K)[0], lagged.sum(axis=0)) < 1e-13


@cells
@pytest.mark.parametrize("whole", [{"window": 6}, {"chunks": (6, 6)}, {"chunks": (1, 6)}, {"chunks": (4, 6)}])
def test_a_truncation_that_cuts_nothing_is_the_full_gradient(cell, whole):
    p, dhs, trace, dlast = point(cell, T=6)

    full = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    cut = bptt.backward(cell, p, trace, dhs, dlast=dlast, **whole)

    assert error(arrays(cut), arrays(full)) < 1e-13


def frozen_loss(cell, point, stretches, dhs, dlast):
    """Return inputs -> the sum over stretches (first, own, end) of the losses of steps own .. end,
    recomputed from step first on, where the state that enters is a constant unless first is 0."""
    def loss(inputs):
        p, xs, *state = inputs.values()
        total = 0.0
        for first, own, end in stretches:
            entering = tuple(state) if first == 0 else tuple(s[first] for s in point.states)
            run = bptt.unroll(cell, p, xs[first:end], entering)
            total = total + (dhs[own:end] * run.hs[1 + own - first:]).sum()
            if end == len(dhs):
                total = total + sum((d * s[-1]).sum() for d, s in zip(dlast, run.states))
        return total
    return loss


@cells
@pytest.mark.parametrize(("k1", "k2"), [
    (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3), (2, 5), (4, 5), (4, 4), (5, 5)])
def test_a_truncated_gradient_is_exact_for_the_loss_with_entering_states_frozen(cell, k1, k2):
    T = 6
    p, dhs, trace, dlast = point(cell, T=T)
    ends = [min(own + k1, T) for own in range(0, T, k1)]
    stretches = [(max(end - k2, 0), own, end) for own, end in zip(range(0, T, k1), ends)]
    inputs = {"p": p, "xs": trace.xs, **{f"{n}0": s for n, s in zip(cell.STATES, start(trace))}}

    ours = bptt.backward(cell, p, trace, dhs, chunks=(k1, k2), dlast=dlast)
    exact = gradcheck.numerical_gradient(frozen_loss(cell, trace, stretches, dhs, dlast), inputs)

    found = (*exact["p"], exact["xs"], *(exact[f"{n}0"] for n in cell.STATES))
    assert error(arrays(ours), found) < 1e-12


def test_a_window_of_two_steps_contains_the_step_itself_and_one_before():
    p, dhs, trace, _ = point(rnn, T=5)
    alone = np.zeros_like(dhs)
    alone[3] = dhs[3]

    reached = [
        [t for t in range(5) if bptt.deltas(rnn, p, trace, alone, window=K)[0][t].any()]
        for K in (1, 2, 3)
    ]

    assert reached == [[3], [2, 3], [1, 2, 3]]


@cells
def test_without_batch_axes_and_with_several_it_is_the_same_computation(cell):
    p, dhs, trace, _ = point(cell, T=5, B=6)
    xs, state = trace.xs, start(trace)

    def run(xs, state, dhs):
        trace = bptt.forward(cell, p, xs, state)
        return trace.hs, bptt.backward(cell, p, trace, dhs)

    hs, whole = run(xs, state, dhs)
    many_hs, many = run(xs.reshape(5, 2, 3, -1), tuple(s.reshape(2, 3, -1) for s in state),
                        dhs.reshape(5, 2, 3, -1))
    one_hs, one = run(xs[:, 2], tuple(s[2] for s in state), dhs[:, 2])
    batch_hs, batch = run(xs[:, 2:3], tuple(s[2:3] for s in state), dhs[:, 2:3])

    assert error(many_hs.reshape(hs.shape), hs) < 1e-14
    assert error(many.params, whole.params) < 1e-13
    assert error(many.xs.reshape(xs.shape), whole.xs) < 1e-13
    assert error(one_hs, batch_hs[:, 0]) < 1e-14
    assert error(one.params, batch.params) < 1e-13
    assert error(one.xs, batch.xs[:, 0]) < 1e-13 and error(one.state[0], batch.state[0][0]) < 1e-13


@cells
@pytest.mark.parametrize("options", [{}, {"window": 2}, {"chunks": (2, 3)}])
def test_float32_in_means_float32_out(cell, options):
    p, dhs, trace, dlast = point(cell)
    down = [p._make(w.astype("f") for w in p), trace.xs.astype("f"), dhs.astype("f")]
    state, dlast = (tuple(s.astype("f") for s in some) for some in (start(trace), dlast))

    small = bptt.forward(cell, down[0], down[1], state)
    gradient = bptt.backward(cell, down[0], small, down[2], dlast=dlast, **options)
    zero_start = bptt.forward(cell, down[0], down[1])

    found = (*arrays(gradient), small.xs, *small.states, *small.kept, *zero_start.states)
    found += (bptt.lagged_deltas(cell, down[0], small, down[2], 3),)
    assert {a.dtype.name for a in found} == {"float32"}
    assert error(small.hs, trace.hs) < 1e-5


@cells
def test_the_same_code_runs_on_complex_numbers(cell):
    p, dhs, trace, _ = point(cell)

    with gradcheck.allow_complex():
        there = bptt.forward(cell, p._make(w.astype(complex) for w in p), trace.xs, start(trace))
        gradient = bptt.backward(cell, p._make(w.astype(complex) for w in p), there, dhs)

    assert there.hs.dtype == complex and gradient.params.W_h.dtype == complex
    assert error(there.hs.real, trace.hs) < 1e-15
    assert error(arrays(gradient), arrays(bptt.backward(cell, p, trace, dhs))) < 1e-14


@cells
def test_two_windows_chained_by_their_states_are_one_long_pass(cell):
    p, dhs, trace, dlast = point(cell, T=7)
    first = bptt.forward(cell, p, trace.xs[:3], start(trace))
    second = bptt.forward(cell, p, trace.xs[3:], tuple(s[-1] for s in first.states))

    late, middle = bptt.deltas(cell, p, second, dhs[3:], dlast=dlast)
    early, dinitial = bptt.deltas(cell, p, first, dhs[:3], dlast=middle)
    delta, expected = bptt.deltas(cell, p, trace, dhs, dlast=dlast)

    assert np.array_equal(np.concatenate([first.hs, second.hs[1:]]), trace.hs)
    assert np.array_equal(np.concatenate([early, late]), delta)
    assert all(np.array_equal(a, b) for a, b in zip(dinitial, expected))


@cells
def test_nothing_given_is_changed_or_shared_and_a_second_call_is_identical(cell):
    p, dhs, trace, dlast = point(cell)
    xs, state = trace.xs.copy(), tuple(s.copy() for s in start(trace))
    given = (*p, xs, *state, dhs, *dlast)
    before = [a.tobytes() for a in given]

    runs = []
    for _ in range(2):
        trace = bptt.forward(cell, p, xs, state)
        for options in ({}, {"window": 2}, {"chunks": (2, 3)}):
            outputs = arrays(bptt.backward(cell, p, trace, dhs, dlast=dlast, **options))
            runs.append([a.tobytes() for a in (*trace.states, *trace.kept, *outputs)])
            inside = (trace.xs, *trace.states, *trace.kept)
            assert not any(np.shares_memory(o, a) for o in outputs for a in (*given, *inside))
            assert not any(np.shares_memory(a, b) for a in inside for b in given)

    assert runs[:3] == runs[3:]
    assert [a.tobytes() for a in given] == before


@cells
def test_a_trace_cannot_be_written_to(cell):
    trace = point(cell)[2]

    for array in (trace.xs, *trace.states, *trace.kept, trace.hs[1:], trace.at(1).after[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_step_may_keep_what_it_was_given():
    class Keeper(Linear):
        class Kept(NamedTuple):
            zs: np.ndarray
            us: np.ndarray

        @staticmethod
        def step(p, u, state):
            (z,), _ = Linear.step(p, u, state)
            return (z,), Keeper.Kept(z, u[..., ::-1])

    p, _, trace, _ = point(Linear, T=5, B=4, D=2, H=3)

    kept = bptt.forward(Keeper, p, trace.xs, start(trace)).kept

    assert error(kept.us, (trace.xs @ p.W_x.T + p.b)[..., ::-1]) < 1e-15
    assert kept.zs.tobytes() == trace.zs.tobytes()


@pytest.mark.parametrize("other", [lambda b: b + 1e-3j, lambda b: np.stack([b, -b])[:, None]],
                         ids=["complex", "stack"])
def test_b_may_be_of_another_kind_than_the_other_parameters(other):
    p, _, trace, _ = point(Linear, T=5, B=4, D=2, H=3)
    b = other(p.b)

    zs = bptt.unroll(Linear, p._replace(W_x=p.W_x[None], b=b), trace.xs[:, None], start(trace)).zs

    each = [bptt.unroll(Linear, p._replace(b=a), trace.xs, start(trace)).zs for a in b.reshape(-1, 3)]
    assert error(zs, np.stack(each, axis=1)) < 1e-15


@cells
def test_a_pass_takes_the_memory_of_what_it_keeps_and_little_more(cell):
    p, dhs, trace, _ = point(cell, T=300, B=60, D=5, H=6)

    kept = sum(a.nbytes for a in (trace.xs, *trace.states, *trace.kept))
    assert peak_of(lambda: bptt.forward(cell, p, trace.xs)) < 1.1 * kept
    assert peak_of(lambda: bptt._affine(p, trace.xs)) < 1.1 * trace.zs.nbytes
    assert peak_of(lambda: bptt.deltas(cell, p, trace, dhs)) < 1.25 * trace.zs.nbytes


VIEWS = {
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
    "Fortran": np.asfortranarray,
    "negative strides": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
}


@cells
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_any_view_gives_the_bits_of_its_contiguous_copy(cell, view):
    p, dhs, trace, _ = point(cell, B=3, D=4, H=5)
    viewed = p._make(view(w) for w in p)

    again = bptt.forward(cell, viewed, view(trace.xs), tuple(view(s) for s in start(trace)))
    gradient = bptt.backward(cell, viewed, again, view(dhs))

    expected = arrays(bptt.backward(cell, p, trace, dhs))
    assert all(np.array_equal(a, b) for a, b in zip(again.states, trace.states))
    assert all(np.array_equal(a, b) for a, b in zip(arrays(gradient), expected))


def test_broadcast_views_give_the_bits_of_their_copies():
    p, dhs, trace, _ = point(rnn)
    views = [np.broadcast_to(a[0], a.shape) for a in (trace.xs, start(trace)[0], dhs)]

    def run(xs, h0, dhs):
        return bptt.backward(rnn, p, bptt.forward(rnn, p, xs, h0), dhs)

    for a, b in zip(arrays(run(*views)), arrays(run(*(v.copy() for v in views)))):
        assert np.array_equal(a, b)


def test_lists_and_integers_become_the_dtype_of_the_parameters():
    p = rnn.init(np.random.default_rng(0), 2, 3, np.float32)

    traces = [bptt.forward(rnn, p, xs) for xs in
              ([[1, 0], [0, 1]], [[1.0, 0.0], [0.0, 1.0]], np.eye(2, dtype=int), np.eye(2, dtype=bool))]

    assert {t.hs.dtype.name for t in traces} == {"float32"}
    assert all(np.array_equal(t.hs, traces[0].hs) for t in traces)


@pytest.mark.parametrize("function", ["lagged_deltas", "window"])
def test_memory_grows_with_the_lags_asked_for_and_not_with_the_square_of_the_steps(function):
    T = 400
    p, dhs, trace, _ = point(rnn, T=T, B=8, D=2, H=16)
    call = {
        "lagged_deltas": lambda K: bptt.lagged_deltas(rnn, p, trace, dhs, K),
        "window": lambda K: bptt.deltas(rnn, p, trace, dhs, window=K),
    }[function]

    peak = lambda K: peak_of(lambda: call(K)) / trace.zs.nbytes

    assert peak(4) < 4 + 12
    assert peak(40) < (40 if function == "lagged_deltas" else 0) + 16


def test_the_trace_says_its_shapes():
    assert repr(point(rnn)[2]) == "Trace(xs (5, 4, 2), zs (5, 4, 3), hs (6, 4, 3))"
