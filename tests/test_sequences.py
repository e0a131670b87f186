import numpy as np
import pytest
from all_cells import CELLS
from helpers import arrays, error

from rnnlib import bptt, gradcheck, rnn, sequences

cells = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
T, B, D, H = 6, 4, 2, 3
MASKS = {
    "padded at the end": sequences.mask([6, 2, 4, 1], T),
    "padded in front": sequences.mask([6, 2, 4, 1], T)[::-1].copy(),
    "holes": np.random.default_rng(5).random((T, B)) < 0.6,
    "one sequence has no step at all": sequences.mask([6, 2, 4, 1], T) & (np.arange(B) != 1),
}
masks = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def point(cell, seed=3):
    return gradcheck.designed_point(cell, np.random.default_rng(seed), T, B, D, H)


def test_a_mask_is_true_up_to_each_length():
    assert sequences.mask([2, 3, 1], 3).tolist() == [[True] * 3, [True, True, False], [False, True, False]]
    assert sequences.mask(np.array([[1, 2], [2, 1]]), 2).shape == (2, 2, 2)
    assert sequences.mask(2, 3).tolist() == [True, True, False]


@pytest.mark.parametrize(("lengths", "T", "kind", "words"), [
    ([2, 9, 1], 4, ValueError, "lengths must be in [1, T=4]; got 9 at [1]."),
    ([2, 0], 4, ValueError, "got 0 at [1]."),
    ([2, 1], 0, ValueError, "T must be an int in [1,"),
])
def test_a_wrong_length_gets_a_sentence(lengths, T, kind, words):
    with pytest.raises(kind) as caught:
        sequences.mask(lengths, T)
    assert words in str(caught.value)


def test_reverse_turns_each_sequence_round_within_its_mask():
    a = np.arange(1, 5)[:, None, None] * np.array([1, 10])[:, None]             # (4, 2, 1)

    ends = sequences.mask([3, 2], 4)
    assert sequences.reverse(a, ends)[..., 0].T.tolist() == [[3, 2, 1, 4], [20, 10, 30, 40]]
    assert sequences.reverse(a)[..., 0].T.tolist() == [[4, 3, 2, 1], [40, 30, 20, 10]]
    holes = np.array([[1, 0], [0, 1], [1, 1], [1, 0]], dtype=bool)
    assert sequences.reverse(a, holes)[..., 0].T.tolist() == [[4, 2, 3, 1], [10, 30, 20, 40]]


@masks
def test_reversed_twice_is_where_one_started(mask):
    a = np.random.default_rng(0).normal(size=(T, B, D))

    assert np.array_equal(sequences.reverse(sequences.reverse(a, mask), mask), a)


@pytest.mark.parametrize(("a", "mask", "words"), [
    (np.ones(3), None, "a must be (T, ..., D) with T >= 1; got shape (3,)"),
    (np.array([["a"]]), None, "a must be numeric; got shape (1, 1), <U1"),
    (np.ones((3, 2)), np.ones((3, 2), bool), "mask must be of shape (3,) (a is (3, 2))"),
    (np.ones((3, 2)), np.ones(3),
     "mask must be a bool array (3,); got shape (3,), float64. Use mask.astype(bool)."),
])
def test_reverse_refuses_with_a_sentence(a, mask, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        sequences.reverse(a, mask)
    assert words in str(caught.value)


@cells
@masks
def test_a_masked_step_carries_every_state_unchanged(cell, mask):
    p, xs, state, _ = point(cell)

    trace = bptt.forward(cell, p, xs, state, mask)

    for b in range(B):                                # each sequence alone, without its masked steps
        start, here = tuple(s[b] for s in state), mask[:, b]
        alone = [s[None] for s in start]
        if here.any():
            alone = bptt.forward(cell, p, xs[here, b], start).states
        done = np.concatenate([[0], np.cumsum(here)])
        assert error([s[:, b] for s in trace.states], [s[done] for s in alone]) < 1e-14


@cells
@masks
def test_every_gradient_of_a_masked_run_agrees_with_a_complex_step(cell, mask):
    p, xs, state, dhs = point(cell)

    report = gradcheck.check_cell(cell, p, xs, state, dhs, mask=mask, method="complex")

    assert report.ok, report


@cells
@masks
def test_deltas_and_lags_agree_on_a_masked_run(cell, mask):
    p, xs, state, dhs = point(cell)
    trace = bptt.forward(cell, p, xs, state, mask)
    rng = np.random.default_rng(1)
    dlast = tuple(rng.normal(size=s.shape) for s in state)

    delta, dinitial = bptt.deltas(cell, p, trace, dhs, dlast=dlast)
    total, first = np.zeros_like(delta), [np.zeros_like(s) for s in state]
    for part, sent in bptt.lags(cell, p, trace, dhs, dlast):
        total[:len(part)] += part
        first = [f + s for f, s in zip(first, sent, strict=True)]

    assert error((delta, *dinitial), (total, *first)) < 1e-13
    assert not delta[~mask].any()
    window = bptt.deltas(cell, p, trace, dhs, window=3)
    chunks = bptt.deltas(cell, p, trace, dhs, chunks=(1, 3))
    assert error((window[0], *window[1]), (chunks[0], *chunks[1])) < 1e-13


@cells
def test_what_stands_in_the_padding_changes_nothing(cell):
    p, xs, state, dhs = point(cell)
    mask, other = MASKS["padded at the end"], xs.copy()
    other[~mask] = 1e3

    one, two = (bptt.backward(cell, p, bptt.forward(cell, p, x, state, mask), dhs) for x in (xs, other))

    assert error(arrays(one), arrays(two)) < 1e-13
    assert not one.xs[~mask].any()


@cells
def test_a_mask_of_true_is_no_mask(cell):
    p, xs, state, dhs = point(cell)

    plain, masked = (bptt.forward(cell, p, xs, state, mask) for mask in (None, np.ones((T, B), bool)))

    assert all(np.array_equal(a, b) for a, b in zip(plain.states, masked.states, strict=True))
    one, two = (bptt.backward(cell, p, trace, dhs) for trace in (plain, masked))
    assert all(np.array_equal(a, b) for a, b in zip(arrays(one), arrays(two), strict=True))


def test_a_gradient_that_forgets_the_mask_is_rejected():
    p, xs, state, dhs = point(rnn)

    def forgetful(cell, p, trace, dhs):
        return bptt.backward(cell, p, bptt.Trace(trace.xs, trace.states, trace.kept), dhs)

    report = gradcheck.check_cell(rnn, p, xs, state, dhs, forgetful, mask=MASKS["holes"])

    assert not report.ok


def test_the_mask_is_copied_and_checked():
    p, xs, state, _ = point(rnn)
    mask = MASKS["holes"].copy()
    trace = bptt.forward(rnn, p, xs, state, mask)
    mask[:] = True

    assert np.array_equal(trace.mask, MASKS["holes"])
    with pytest.raises(ValueError):
        trace.mask[0] = True
    with pytest.raises(TypeError, match=r"mask must be a bool array \(6, 4\); got shape \(6, 4\), int"):
        bptt.forward(rnn, p, xs, state, mask.astype(int))
    with pytest.raises(ValueError, match=r"shape \(6, 4\) \(xs is \(6, 4, 2\)\); got shape \(4, 6\)"):
        bptt.forward(rnn, p, xs, state, mask.T.copy())
