"""Fewer states kept, the same gradient; the counts are those of a search over all schedules."""

from functools import lru_cache
from math import comb

import numpy as np
import pytest
from all_cells import CELLS
from helpers import arrays, error, peak_of
from own_cells import OWN

from rnnlib import bptt, checkpoints, lstm, rnn

T, B, D, H = 7, 4, 2, 3
cells = pytest.mark.parametrize("cell", [*CELLS.values(), *OWN.values()], ids=[*CELLS, *OWN])
WAYS = [*({"every": k} for k in range(1, T + 1)), *({"slots": s} for s in range(1, T + 1)), {}]


def point(cell, T=T, batch=(B,), seed=0):
    """Return p, xs, the initial state, dhs and dlast."""
    rng = np.random.default_rng(seed)
    p = cell.Params(*(0.6 * rng.normal(size=shape) for shape in cell.shapes(D, H)))
    state, dlast = (tuple(0.4 * rng.uniform(-1, 1, (*batch, H)) for _ in cell.STATES) for _ in range(2))
    return p, rng.normal(size=(T, *batch, D)), state, rng.normal(size=(T, *batch, H)), dlast


@cells
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_gradient_is_that_of_bptt(cell, way):
    p, xs, state, dhs, dlast = point(cell)
    whole = bptt.backward(cell, p, bptt.forward(cell, p, xs, state), dhs, dlast=dlast)

    ours = checkpoints.backward(cell, p, xs, dhs, state, dlast=dlast, **way)

    assert error(arrays(ours), arrays(whole)) < 1e-12


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_any_batch_shape_will_do(batch):
    p, xs, state, dhs, _ = point(lstm, batch=batch)
    whole = bptt.backward(lstm, p, bptt.forward(lstm, p, xs, state), dhs)

    assert error(arrays(checkpoints.backward(lstm, p, xs, dhs, state, slots=2)), arrays(whole)) < 1e-12


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_loss_may_be_asked_for_stretch_by_stretch(way):
    p, xs, state, _, _ = point(rnn)
    targets, asked = np.random.default_rng(5).normal(size=(T, B, H)), []

    def squares(steps, hs):
        asked.append(steps)
        return hs - targets[steps]

    trace = bptt.forward(rnn, p, xs, state)
    whole = bptt.backward(rnn, p, trace, trace.hs[1:] - targets)
    ours = checkpoints.backward(rnn, p, xs, squares, state, **way)

    assert error(arrays(ours), arrays(whole)) < 1e-12
    assert [t for s in asked[::-1] for t in range(s.start, s.stop)] == list(range(T))


def run(actions, T):
    """Play a schedule as a game: every stretch begins at a state that is there. Return what it cost."""
    kept, at, back, most, again = set(), 0, T, [0, 0, 0], 0
    for kind, begin, end in actions:
        assert begin == at or begin in kept
        if kind == "keep":
            kept.add(begin)
            at = begin
        elif kind == "drop":
            kept.remove(begin)
        elif kind == "advance":
            at, again = end, again + end - begin
        else:
            assert end == back
            back, at, most = begin, None, np.maximum(most, [len(kept), end - begin, len(kept) + end - begin])
        most = np.maximum(most, [len(kept), 0, len(kept)])
    assert back == 0 and not kept
    return checkpoints.Cost(*map(int, most), again)


@pytest.mark.parametrize("T", [1, 2, 3, 10, 47])
def test_every_schedule_can_be_played_and_costs_what_is_said(T):
    for way in [{"every": k} for k in range(1, T + 1)] + [{"slots": s} for s in range(1, T + 1)]:
        actions = checkpoints.schedule(T, **way)
        cost = checkpoints.cost(actions)

        assert cost == run(actions, T)
        over_time = checkpoints.held(actions)
        assert len(over_time) == 2 * T + cost.again and max(map(sum, over_time)) == cost.peak
        if "every" in way:
            k = way["every"]
            assert cost[:2] == (-(-T // k), k) and cost.again == T - (T - 1) % k - 1
        else:
            assert cost.states <= way["slots"] and cost.steps == 1


@lru_cache(None)
def fewest(T, slots):
    """Search all schedules: where to keep the next state."""
    if T == 1:
        return 0
    if slots == 1:
        return T * (T - 1) // 2
    return min(m + fewest(m, slots) + fewest(T - m, slots - 1) for m in range(1, T))


def test_no_schedule_runs_fewer_steps_again():
    for T in range(1, 61):
        for slots in range(1, T + 1):
            cost = checkpoints.cost(checkpoints.schedule(T, slots=slots))
            assert cost.again == checkpoints.fewest_again(T, slots) == fewest(T, slots), (T, slots)


def test_the_lengths_that_a_number_of_slots_reaches_are_binomials():
    """Griewank 1992: with s slots and every step advanced over at most r times, T <= (s+r)!/(s! r!)."""
    for s in range(1, 7):
        for r in range(1, 5):
            most, counts = comb(s + r, r), None
            for T, there in ((most, r), (most + 1, r + 1)):
                counts = np.zeros(T, int)
                for kind, begin, end in checkpoints.schedule(T, slots=s):
                    counts[begin:end] += kind == "advance"
                assert counts.max() == there, (s, r, T)


def test_least_memory_is_near_the_root_of_T_and_ten_slots_serve_a_thousand_steps():
    peaks = {k: checkpoints.cost(checkpoints.schedule(900, every=k)).peak for k in range(1, 901)}

    assert min(peaks.values()) == peaks[30] == 60 and peaks[900] == 901
    assert checkpoints.fewest_again(1024, 10) == 3755


def test_weights_of_states_and_steps_move_the_best_k():
    peaks = {k: checkpoints.cost(checkpoints.schedule(900, every=k), state=2, step=11).peak
             for k in range(1, 901)}
    assert abs(min(peaks, key=peaks.get) - (900 * 2 / 11) ** 0.5) < 1


@pytest.mark.parametrize("cell, at_most", [(rnn, 0.15), (lstm, 0.1)], ids=["rnn", "lstm"])
def test_the_memory_that_was_promised_is_saved(cell, at_most):
    rng, T, B, D, H = np.random.default_rng(0), 400, 8, 1, 32
    p, xs = cell.init(rng, D, H), rng.normal(size=(T, B, D))
    loss = lambda steps, hs: hs
    whole = lambda: bptt.backward(cell, p, (trace := bptt.forward(cell, p, xs)), loss(None, trace.hs[1:]))
    whole()

    everything = peak_of(whole)
    assert peak_of(lambda: checkpoints.backward(cell, p, xs, loss, every=20)) < at_most * everything
    assert peak_of(lambda: checkpoints.backward(cell, p, xs, loss, slots=6)) < 0.1 * everything


@pytest.mark.parametrize("options, kind, says", [
    (dict(every=0), ValueError, r"checkpoints.backward: every must be an int in \[1, T=7\]; got 0"),
    (dict(every=8), ValueError, r"every must be an int in \[1, T=7\]; got 8"),
    (dict(slots=2.0), TypeError, r"slots must be an int in \[1, T=7\]; got 2.0"),
    (dict(every=2, slots=2), ValueError, "slots must be None where every is given; got 2"),
    (dict(dhs=np.zeros((T, B, 5))), ValueError, r"checkpoints.backward: dhs must be of shape \(7, 4, 3\)"),
    (dict(dhs=lambda steps, hs: hs[:, 0]), ValueError, "dhs must be of shape"),
    (dict(dhs=lambda hs: hs), TypeError, r"dhs must be a function of \(steps, hs\); got one of \(hs\)"),
    (dict(state=np.zeros((B, 1))), ValueError, "h0 must be of shape"),
    (dict(dlast=np.zeros(2)), ValueError, "dlast must be of shape"),
    (dict(cell=object()), TypeError, "checkpoints.backward: cell must be a cell such as rnnlib.rnn"),
], ids=["every 0", "every 8", "half a slot", "both", "dhs", "a function", "of one", "state", "dlast", "cell"])
def test_bad_input_gets_its_sentence(options, kind, says):
    p, xs, state, dhs, _ = point(rnn)
    given = dict(cell=rnn, p=p, xs=xs, dhs=dhs, state=state) | options

    with pytest.raises(kind, match=says):
        checkpoints.backward(**given)


def test_a_step_that_stops_is_named():
    class Stops:
        Params, STATES, shapes = rnn.Params, rnn.STATES, rnn.shapes
        step_backward, gradient = rnn.step_backward, rnn.gradient

        @staticmethod
        def step(p, u, state):
            raise RuntimeError("out of ink")

    p, xs, state, dhs, _ = point(rnn)
    with pytest.raises(RuntimeError, match="out of ink") as info:
        checkpoints.backward(Stops, p, xs, dhs, state, every=2)
    assert "step(p, u, state)" in str(info.value.__notes__)
