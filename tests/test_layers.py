"""Stacks and directions: against loops over single numbers, a complex step, `bptt` by hand, and PyTorch."""

import re
from functools import partial

import numpy as np
import pytest
from all_cells import CELLS
from helpers import error, random_pytorch, run_pytorch

from rnnlib import bptt, gradcheck, gru, gru_original, interop, layers, lstm, rnn, sequences, trees

NAMED = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
T, B, D = 6, 4, 2
STACKS = {                                            # units of each run, layer by layer
    "one layer": [3],
    "two directions": [(3, 5)],
    "three layers": [3, 5, 1],
    "two layers in two directions": [(3, 3), (1, 1)],
    "all sorts": [(3, 1), 5, (1, 3)],
}
every_stack = pytest.mark.parametrize("units", STACKS.values(), ids=STACKS.keys())
MASKS = {
    "no mask": None,
    "padded at the end": sequences.mask([6, 2, 4, 1], T),
    "holes": np.random.default_rng(5).random((T, B)) < 0.6,
    "a sequence without a step": sequences.mask([6, 2, 4, 1], T) & (np.arange(B) != 1),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def runs(layer):
    """Return the entries of a layer, one for each direction; units, Params and so on."""
    return layer if type(layer) is tuple else (layer,)


def nested(units, make):
    """Return make(l, k, H) for each run, nested as units."""
    made = [tuple(make(n, k, H) for k, H in enumerate(runs(layer))) for n, layer in enumerate(units)]
    return tuple(m if type(u) is tuple else m[0] for m, u in zip(made, units, strict=True))


def widths(units, D=D):
    return [D, *(sum(runs(layer)) for layer in units)]


def some_params(cell, rng, units, D=D):
    wide = widths(units, D)
    return nested(units, lambda n, k, H: cell.Params(
        *(0.6 * rng.normal(size=s) for s in cell.shapes(wide[n], H))))


def some_states(cell, rng, units, batch):
    return nested(units, lambda n, k, H: tuple(rng.uniform(-0.9, 0.9, (*batch, H)) for _ in cell.STATES))


def some_dropout(rng, units, steps, keep=0.7):
    """Return a mask for each gap, the second the same at all steps."""
    return tuple((rng.random((1 if n == 1 else steps[0], *steps[1:], w)) < keep) / keep
                 for n, w in enumerate(widths(units)[1:-1]))


def point(cell, units, seed=0, steps=(T, B)):
    """Return p, xs, state, dropout, and what a loss injects: dhs, dlast."""
    rng = np.random.default_rng(seed)
    batch = steps[1:]
    return (some_params(cell, rng, units), rng.normal(size=(*steps, D)), some_states(cell, rng, units, batch),
            some_dropout(rng, units, steps), 4 * rng.normal(size=(*steps, widths(units)[-1])),
            some_states(cell, rng, units, batch))


def flat(tree):
    return [leaf for _, leaf in trees.walk(tree)]


def passes(cell, mask, dhs, dlast, dropout=None):
    """Return f and its gradient as gradcheck.check takes them: what everyone would write."""

    def loss(i):
        trace = layers.forward(cell, i["p"], i["xs"], i["state"], mask, dropout)
        return (dhs * trace.outputs).sum() + sum((d * s).sum() for d, s in zip(flat(dlast), flat(trace.last)))

    def gradient(i):
        trace = layers.forward(cell, i["p"], i["xs"], i["state"], mask, dropout)
        found = layers.backward(cell, i["p"], trace, dhs, dlast=dlast)
        return {"p": found.params, "xs": found.xs, "state": found.state}

    return loss, gradient


# A complex step


@every_cell
@pytest.mark.parametrize(("units", "mask"), [
    *((units, "holes") for units in STACKS),
    *(("two layers in two directions", mask) for mask in MASKS if mask != "holes")])
def test_every_gradient_agrees_with_a_complex_step(cell, units, mask):
    units, mask = STACKS[units], MASKS[mask]
    p, xs, state, dropout, dhs, dlast = point(cell, units)
    loss, gradient = passes(cell, mask, dhs, dlast, dropout)

    report = gradcheck.check(loss, {"p": p, "xs": xs, "state": state}, gradient, method="complex")

    assert report.ok, report
    count = sum(len(runs(layer)) for layer in units)
    assert len(report.verdicts) == count * (len(cell.Params._fields) + len(cell.STATES)) + 1


@every_cell
@pytest.mark.parametrize("steps", [(1, 4), (6,), (1,), (3, 2, 5)], ids=str)
def test_one_step_no_batch_axis_and_several(cell, steps):
    p, xs, state, dropout, dhs, dlast = point(cell, [(1, 3), 2], 1, steps)
    mask = np.random.default_rng(2).random(steps) < 0.8 if len(steps) > 1 else None
    loss, gradient = passes(cell, mask, dhs, dlast, dropout)

    report = gradcheck.check(loss, {"p": p, "xs": xs, "state": state}, gradient, method="complex")

    assert report.ok, report


# Loops over single numbers


def squash(z):
    return 1 / (1 + np.exp(-z))


def naive_step(cell, p, x, state):
    """Return the next state of one sequence, unit by unit, from the equations of the textbooks."""
    h, units = state[0], range(len(state[0]))
    W, U, b, H = p.W_x, p.W_h, p.b, len(state[0])
    into = lambda row: b[row] + sum(W[row, j] * x[j] for j in range(len(x)))
    back = lambda row, h=h: sum(U[row, j] * h[j] for j in units)
    z = lambda gate, u: into(gate * H + u) + back(gate * H + u)
    if cell is rnn:
        return (np.array([np.tanh(z(0, u)) for u in units]),)
    if cell is lstm:
        c = np.array([squash(z(1, u)) * state[1][u] + squash(z(0, u)) * np.tanh(z(2, u)) for u in units])
        return np.array([squash(z(3, u)) * np.tanh(c[u]) for u in units]), c
    r = np.array([squash(z(0, u)) for u in units])
    leak = np.array([squash(z(1, u)) for u in units])
    if cell is gru:
        n = np.array([np.tanh(into(2 * H + u) + r[u] * (back(2 * H + u) + p.b_n[u])) for u in units])
    else:
        n = np.array([np.tanh(into(2 * H + u) + back(2 * H + u, r * h)) for u in units])
    return ((1 - leak) * n + leak * h,)


def naive(cell, p, xs, state, mask, dropout):
    """Return the outputs, zero where the mask has no step, and the last states: a sequence at a time."""
    dtype = np.result_type(xs, *flat(p), *flat(state))
    outputs = np.zeros((*xs.shape[:-1], sum(q.W_h.shape[1] for q in runs(p[-1]))), dtype)
    last = trees.map(lambda s: np.array(s, dtype), state)
    for at in np.ndindex(xs.shape[1:-1]):
        steps = [t for t in range(len(xs)) if mask is None or mask[(t, *at)]]
        row = {t: xs[(t, *at)] for t in steps}
        for n, layer in enumerate(p):
            if n and dropout is not None:
                row = {t: dropout[n - 1][(min(t, len(dropout[n - 1]) - 1), *at)] * row[t] for t in steps}
            above = {t: [] for t in steps}
            for k, q in enumerate(runs(layer)):
                here, end = (state[n], last[n]) if len(runs(layer)) == 1 else (state[n][k], last[n][k])
                s = tuple(a[at] for a in here)
                for t in steps[::-1] if k else steps:
                    s = naive_step(cell, q, row[t], s)
                    above[t].append(s[0])
                for a, b in zip(end, s, strict=True):
                    a[at] = b
            row = {t: np.concatenate(above[t]) for t in steps}
        for t in steps:
            outputs[(t, *at)] = row[t]
    return outputs, last


@pytest.mark.parametrize("cell", NAMED.values(), ids=NAMED.keys())
@every_stack
@every_mask
def test_loops_over_single_numbers_give_the_same(cell, units, mask):
    p, xs, state, dropout, *_ = point(cell, units, 3)

    trace = layers.forward(cell, p, xs, state, mask, dropout)

    outputs, last = naive(cell, p, xs, state, mask, dropout)
    shown = 1 if mask is None else mask[..., None]
    assert error(trace.outputs * shown, outputs) < 1e-13
    assert error(flat(trace.last), flat(last)) < 1e-13


@pytest.mark.parametrize("cell", NAMED.values(), ids=NAMED.keys())
def test_every_gradient_is_that_of_loops_over_single_numbers(cell):
    steps, units = (4, 2), [(2, 3), 2]
    p, xs, state, dropout, dhs, dlast = point(cell, units, 4, steps)
    mask = np.array([[1, 1], [0, 1], [1, 0], [1, 0]], bool)
    dhs = dhs * mask[..., None]
    _, gradient = passes(cell, mask, dhs, dlast, dropout)

    def loss(i):
        outputs, last = naive(cell, i["p"], i["xs"], i["state"], mask, dropout)
        return (dhs * outputs).sum() + sum((d * s).sum() for d, s in zip(flat(dlast), flat(last)))

    report = gradcheck.check(loss, {"p": p, "xs": xs, "state": state}, gradient, method="complex")

    assert report.ok, report


# What is what


@every_cell
@every_mask
def test_one_layer_in_one_direction_is_bptt_bit_for_bit(cell, mask):
    (p,), xs, (state,), _, dhs, (dlast,) = point(cell, [3], 5)

    trace = layers.forward(cell, (p,), xs, (state,), mask)
    found = layers.backward(cell, (p,), trace, dhs, dlast=(dlast,))

    alone = bptt.forward(cell, p, xs, state, mask)
    expected = bptt.backward(cell, p, alone, dhs, dlast=dlast)
    assert np.array_equal(trace.outputs, alone.hs[1:]) and np.array_equal(found.xs, expected.xs)
    assert all(np.array_equal(a, b) for a, b in zip(
        (*trace.last[0], *found.params[0], *found.state[0]),
        (*(s[-1] for s in alone.states), *expected.params, *expected.state), strict=True))
    assert type(found) is bptt.Gradient and type(found.params[0]) is cell.Params


@every_cell
@every_mask
def test_the_reverse_direction_is_a_run_over_what_is_reversed_within_the_mask(cell, mask):
    ((p, q),), xs, ((first, second),), _, dhs, ((dfirst, dsecond),) = point(cell, [(3, 5)], 6)
    shown = np.ones((T, B, 1)) if mask is None else mask[..., None]
    dhs = dhs * shown
    turn = lambda a: sequences.reverse(a, mask)

    trace = layers.forward(cell, ((p, q),), xs, ((first, second),), mask)
    found = layers.backward(cell, ((p, q),), trace, dhs, dlast=((dfirst, dsecond),))

    here, there = bptt.forward(cell, p, xs, first, mask), bptt.forward(cell, q, turn(xs), second, mask)
    one = bptt.backward(cell, p, here, dhs[..., :3], dlast=dfirst)
    two = bptt.backward(cell, q, there, turn(dhs[..., 3:]), dlast=dsecond)
    joined = np.concatenate([here.hs[1:], turn(there.hs[1:])], axis=-1)
    assert error(trace.outputs * shown, joined * shown) < 1e-14
    assert error(flat(trace.last), [s[-1] for s in (*here.states, *there.states)]) < 1e-14
    assert error(flat(found.params), (*one.params, *two.params)) < 1e-13
    assert error(found.xs, one.xs + turn(two.xs)) < 1e-13
    assert error(flat(found.state), (*one.state, *two.state)) < 1e-13


def test_a_step_that_is_left_out_shows_what_each_direction_carries():
    p, xs, state, *_ = point(lstm, [(3, 5)], 7)
    mask = MASKS["holes"]
    assert not mask[0].all() and not mask[-1].all()

    outputs = layers.forward(lstm, p, xs, state, mask).outputs

    for t, b in np.argwhere(~mask):
        before = outputs[t - 1, b, :3] if t else state[0][0][0][b]
        after = outputs[t + 1, b, 3:] if t < T - 1 else state[0][1][0][b]
        assert np.array_equal(outputs[t, b], [*before, *after])


@every_mask
def test_only_h_goes_up_and_every_gap_has_its_dropout(mask):
    p, xs, state, dropout, dhs, _ = point(lstm, [3, 5, 7], 8)

    trace = layers.forward(lstm, p, xs, state, mask, dropout)
    found = layers.backward(lstm, p, trace, dhs)

    a = bptt.forward(lstm, p[0], xs, state[0], mask)
    b = bptt.forward(lstm, p[1], a.hs[1:] * dropout[0], state[1], mask)
    c = bptt.forward(lstm, p[2], b.hs[1:] * np.repeat(dropout[1], T, axis=0), state[2], mask)
    top = bptt.backward(lstm, p[2], c, dhs)
    middle = bptt.backward(lstm, p[1], b, top.xs * dropout[1])
    low = bptt.backward(lstm, p[0], a, middle.xs * dropout[0])
    assert len({d.shape for d in dropout}) == 2 and all((d == 0).any() for d in dropout)
    assert np.array_equal(trace.outputs, c.hs[1:])
    assert all(np.array_equal(x, y) for x, y in zip(
        flat((found.params, found.state, found.xs)),
        flat(((low.params, middle.params, top.params), (low.state, middle.state, top.state), low.xs)),
        strict=True))


@every_cell
def test_dropout_of_ones_is_none_and_one_row_is_the_same_at_all_steps(cell):
    units = STACKS["all sorts"]
    p, xs, state, dropout, dhs, _ = point(cell, units, 9)

    def both(dropout):
        trace = layers.forward(cell, p, xs, state, None, dropout)
        return flat((trace.outputs, layers.backward(cell, p, trace, dhs)))

    ones = tuple(np.ones((T, B, w)) for w in widths(units)[1:-1])
    rows = tuple(np.repeat(d[:1], T, axis=0) for d in dropout)
    for one, other in ((None, ones), (tuple(d[:1] for d in dropout), rows)):
        assert all(np.array_equal(a, b) for a, b in zip(both(one), both(other), strict=True))
    assert error(both(None), both(dropout)) > 0.01


@every_cell
@every_stack
def test_none_is_zero_for_all_or_for_one(cell, units):
    p, xs, _, _, dhs, _ = point(cell, units, 10)
    zeros = trees.map(np.zeros_like, some_states(cell, np.random.default_rng(0), units, (B,)))
    none = nested(units, lambda *_: None)
    layer_by_layer = (None,) * len(units)
    one_run = (zeros[0], *none[1:]) if len(units) > 1 else none

    def both(state, dlast):
        trace = layers.forward(cell, p, xs, state)
        return flat((trace.outputs, trace.last, layers.backward(cell, p, trace, dhs, dlast=dlast)))

    expected = both(zeros, zeros)
    for given in (None, none, layer_by_layer, one_run):
        assert all(np.array_equal(a, b) for a, b in zip(both(given, given), expected, strict=True))


def test_a_cell_with_one_state_takes_a_bare_array():
    p, xs, state, _, dhs, dlast = point(gru, [(3, 5), 7], 11)
    bare = lambda s: ((s[0][0][0], s[0][1][0]), s[1][0])

    one, two = (layers.forward(gru, p, xs, s) for s in (state, bare(state)))

    assert np.array_equal(one.outputs, two.outputs)
    first, second = (layers.backward(gru, p, one, dhs, dlast=d) for d in (dlast, bare(dlast)))
    assert all(np.array_equal(a, b) for a, b in zip(flat(first), flat(second), strict=True))


@every_cell
def test_the_last_states_go_on_where_the_run_ended(cell):
    p, xs, state, *_ = point(cell, [3, 5, 7], 12)

    whole = layers.forward(cell, p, xs, state)
    first = layers.forward(cell, p, xs[:4], state)
    second = layers.forward(cell, p, xs[4:], first.last)

    assert np.array_equal(whole.outputs, np.concatenate([first.outputs, second.outputs]))
    assert all(np.array_equal(a, b) for a, b in zip(flat(whole.last), flat(second.last), strict=True))


def test_a_trace_is_read_only_says_its_shapes_and_shares_nothing():
    units = STACKS["all sorts"]
    p, xs, state, dropout, dhs, dlast = point(lstm, units, 13)
    mask = MASKS["holes"].copy()
    given = [p, xs, state, mask, dropout, dhs, dlast]
    before = [a.tobytes() for a in flat(given)]

    trace = layers.forward(lstm, p, xs, state, mask, dropout)
    first = layers.backward(lstm, p, trace, dhs, dlast=dlast)

    assert [a.tobytes() for a in flat(given)] == before
    assert repr(trace) == "Trace(xs (6, 4, 2), directions 2, 1, 2, outputs (6, 4, 4))"
    for array in (trace.outputs, *trace.dropout, *flat(trace.last), trace.runs[2][1].hs):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for array in flat([xs, state, mask, dropout]):
        array[...] = 0
    second = layers.backward(lstm, p, trace, dhs, dlast=dlast)
    assert all(np.array_equal(a, b) for a, b in zip(flat(first), flat(second), strict=True))


def test_float32_stays_float32():
    point32 = trees.map(lambda a: a.astype(np.float32), point(gru, STACKS["all sorts"], 14))
    p, xs, state, dropout, dhs, dlast = point32

    trace = layers.forward(gru, p, xs, state, MASKS["holes"], dropout)
    found = layers.backward(gru, p, trace, dhs, dlast=dlast)

    assert {a.dtype for a in flat((trace.outputs, trace.last, found))} == {np.dtype(np.float32)}


def test_a_gradient_that_forgets_a_layers_dropout_or_a_direction_is_rejected():
    p, xs, state, dropout, dhs, dlast = point(lstm, [(3, 3), 5], 15)
    loss, _ = passes(lstm, None, dhs, dlast, dropout)
    inputs = {"p": p, "xs": xs, "state": state}

    def forgets(what, i):
        trace = layers.forward(lstm, i["p"], i["xs"], i["state"], None, dropout)
        if what == "dropout":
            trace = layers.Trace(trace.runs, (None,), trace.outputs)
        found = layers.backward(lstm, i["p"], trace, dhs, dlast=dlast)
        (first, second), top = found.params
        if what == "reverse":
            second = second._replace(W_x=first.W_x)
        return {"p": ((first, second), top), "xs": found.xs, "state": found.state}

    low = {f"dp.0.{k}.{n}" for k in (0, 1) for n in ("W_x", "W_h", "b")} | {
        "dxs", *(f"dstate.0.{k}.{n}" for k in (0, 1) for n in (0, 1))}
    wrong = {what: gradcheck.check(loss, inputs, partial(forgets, what)).names("wrong")
             for what in ("dropout", "reverse", "nothing")}
    assert set(wrong["dropout"]) == low
    assert wrong["reverse"] == ["dp.0.1.W_x"] and not wrong["nothing"]


# Bad input


V, E = ValueError, TypeError
P, XS, STATE, DROPOUT, DHS, DLAST = point(lstm, [(3, 5), 7], 16)
(A, A2), C = P
FORWARD, BACKWARD = partial(layers.forward, lstm), partial(layers.backward, lstm)
TRACE = FORWARD(P, XS, STATE, None, DROPOUT)
STACK = "p must be a tuple of one Params, or a pair (forward, reverse) of them, for each layer; got "
TWO = "must be a tuple of 2, one for each layer; got "
GAP = "dropout must be None, or a tuple of 1, one for each gap between layers; got "


def run_with(state=None, mask=None, dropout=None, p=P, xs=XS):
    return FORWARD(p, xs, state, mask, dropout)


def back_with(p=P, trace=TRACE, dhs=DHS, dlast=None):
    return BACKWARD(p, trace, dhs, dlast=dlast)


REFUSED = {
    "one Params": (lambda: run_with(p=A), E, STACK + "rnnlib.Params. One layer? Use (p,)."),
    "a list of layers": (lambda: run_with(p=[*P]), E, STACK + "a list of 2. Use tuple(p)."),
    "no layer": (lambda: run_with(p=()), E, STACK + "a tuple of 0."),
    "three directions": (lambda: run_with(p=((A, A2, A), C)), E,
        "p.0 must be a Params, or a pair (forward, reverse) of them; got a tuple of 3."),
    "a list of directions": (lambda: run_with(p=([A, A2], C)), E,
        "p.0 must be a Params, or a pair", "a list of 2."),
    "layer 2 takes one direction of two": (lambda: run_with(p=((A, A2), C._replace(W_x=C.W_x[:, :3]))), V,
        "p.1.W_x must be of shape (28, 8) (p.0 gives 8, two directions joined); got shape (28, 3), float64."),
    "layer 2 takes two directions of one": (lambda: run_with(p=(A, C)), V,
        "p.1.W_x must be of shape (28, 3) (p.0 gives 3); got shape (28, 8), float64."),
    "two directions as two layers": (lambda: run_with(p=(A, A)), V,
        "p.1.W_x must be of shape (12, 3) (p.0 gives 3); got shape (12, 2), float64. "
        "Two directions of one layer? Use ((forward, reverse),)."),
    "directions of other inputs": (lambda: run_with(p=((A, C), C)), V,
        "p.0.1.W_x must be of shape (28, 2) (both directions read xs); got shape (28, 8), float64."),
    "W_h transposed": (lambda: run_with(p=((A, A2._replace(W_h=A2.W_h.T)), C)), V,
        "p.0.1.W_h must be of shape (20, 5) (W_x is (20, 2)); got shape (5, 20), float64. Transposed?"),
    "another cell's": (lambda: layers.forward(rnn, P, XS), E,
        "p.0.0 must be a Params(W_x, W_h, b); got Params with"),
    "mixed precision": (
        lambda: run_with(p=((A, lstm.Params(*(w.astype("f") for w in A2))), C)), E,
        "p.0.1.W_x must be float64 like the first layer; got float32. Use astype(np.float64)."),
    "not finite": (lambda: run_with(p=(P[0], C._replace(b=C.b * np.nan))), V,
        "p.1.b must be finite; got nan at [0]"),
    "no cell": (lambda: layers.forward(np, P, XS), E, "cell must be a cell such as rnnlib.rnn; got"),
    "xs of another D": (lambda: run_with(xs=XS[..., :1]), V,
        "xs must be (T, ..., 2) (W_x is (12, 2)); got shape (6,"),
    "xs batch first": (lambda: run_with(STATE, xs=XS.swapaxes(0, 1)), V,
        "state.0.0 must be of shape (6, 3) (xs is (4, 6, 2), time first); got shape (4, 3), float64."),
    "too few states": (lambda: run_with(STATE[:1]), E, f"state {TWO}a tuple of 1."),
    "states as one array": (lambda: run_with(np.zeros((2, B, 3))), E,
        f"state {TWO}shape (2, 4, 3), float64. Use tuple(state)."),
    "states in a list": (lambda: run_with([*STATE]), E, f"state {TWO}a list of 2. Use tuple(state)."),
    "states by name": (lambda: run_with((STATE[0][0], STATE[1])), E,
        "state.0.0 must be 2 arrays (h, c); got 1."),
    "one state for two directions": (lambda: run_with((STATE[0][0][0], STATE[1])), E,
        "state.0 must be a pair (forward, reverse); got shape (4, 3), float64."),
    "a state of other units": (lambda: run_with((STATE[0][::-1], STATE[1])), V,
        "state.0.0 must be of shape (4, 3)", "got shape (4, 5), float64."),
    "a mask of numbers": (lambda: run_with(mask=np.ones((T, B))), E,
        "mask must be a bool array (6, 4); got shape (6, 4), float64. Use mask.astype(bool)."),
    "a mask of batch first": (lambda: run_with(mask=np.ones((B, T), bool)), V,
        "mask must be of shape (6, 4) (xs is (6, 4, 2)); got shape (4, 6), bool. Time comes first"),
    "dropout as one array": (lambda: run_with(dropout=DROPOUT[0]), E, GAP + "shape (6, 4, 8), float64."),
    "dropout for too many gaps": (lambda: run_with(dropout=DROPOUT * 2), E, GAP + "a tuple of 2."),
    "a rate of dropout": (lambda: run_with(dropout=0.5), E,
        GAP + "0.5. A rate? Draw the arrays: (rng.random"),
    "dropout without time": (lambda: run_with(dropout=(DROPOUT[0][0],)), V,
        "dropout.0 must be of shape (6, 4, 8), or (1, 4, 8) for all steps alike (p.0 gives 8); "
        "got shape (4, 8)"),
    "dropout of one direction": (lambda: run_with(dropout=(DROPOUT[0][..., :3],)), V, "got shape (6, 4, 3)"),
    "dropout of one sequence": (lambda: run_with(dropout=(DROPOUT[0][:, :1],)), V, "got shape (6, 1, 8)"),
    "dropout not scaled": (lambda: run_with(dropout=(DROPOUT[0] > 0,)), E,
        "dropout.0 must be float64, scaled by 1/keep; got shape (6, 4, 8), bool. Use mask / keep."),
    "a trace of bptt": (lambda: back_with(trace=TRACE.runs[1][0]), E,
        "trace must be a Trace from layers.forward; got rnnlib.Trace."),
    "fewer layers on the way back": (lambda: back_with(p=(A,)), V,
        "p must be the parameters of the forward pass, with [2, 1] directions by layer; got [1]."),
    "dhs of one direction": (lambda: back_with(dhs=DHS[..., :3]), V,
        "dhs must be of shape (6, 4, 7) (the trace has T=6); got shape (6, 4, 3)"),
    "dhs of the last step": (lambda: back_with(dhs=DHS[-1]), V,
        "A loss at one step only? Put zeros at the others."),
    "dlast of too few": (lambda: back_with(dlast=DLAST[:1]), E, f"dlast {TWO}a tuple of 1."),
    "dlast of other units": (lambda: back_with(dlast=(DLAST[0][::-1], None)), V,
        "dlast.0.0 must be of shape (4, 3) (like the initial state); got shape (4, 5), float64."),
}


@pytest.mark.parametrize(("call", "kind", "parts"), [(c, k, p) for c, k, *p in REFUSED.values()], ids=REFUSED)
def test_bad_input_gets_one_sentence(call, kind, parts):
    before = [a.tobytes() for a in flat([P, XS, STATE, DROPOUT, DHS, DLAST])]

    with pytest.raises(kind) as caught:
        call()

    message = str(caught.value)
    assert type(caught.value) is kind
    assert re.match(r"layers\.(forward|backward): [\w. ]+ must be [^\n]+; got [^\n]+$", message)
    assert len(message) < 300 and all(part in message for part in parts), message
    assert [a.tobytes() for a in flat([P, XS, STATE, DROPOUT, DHS, DLAST])] == before


def test_rubbish_never_meets_a_numpy_message():
    rubbish = [3, "abc", object(), {}, [], (), [None] * 2, (None, 1), np.ones(()), np.ones(2),
               [[1.0, 2.0], [3.0]], ([[1.0], [1.0, 2.0]],), (((),),), {1: 2}, P, (P, P), ((A,), C)]
    for bad in rubbish:
        calls = {"p": lambda p: run_with(p=p), "state": run_with, "mask": lambda m: run_with(mask=m),
                 "dropout": lambda d: run_with(dropout=d), "trace": lambda t: back_with(trace=t),
                 "xs": lambda xs: run_with(xs=xs), "dhs": lambda d: back_with(dhs=d),
                 "dlast": lambda d: back_with(dlast=d), "p back": lambda p: back_with(p=p)}
        for name, call in calls.items():
            if bad is P and "p" in name.split():
                continue
            with pytest.raises((ValueError, TypeError), match=r"^layers\.\w+: .* must be .*; got "):
                call(bad)


def test_parameters_written_into_after_the_forward_pass_are_refused():
    p, xs, _, _, dhs, _ = point(lstm, [(3, 5), 7], 17)
    trace = layers.forward(lstm, p, xs)
    p[0][1].W_h[2, 1] += 1

    with pytest.raises(ValueError, match=r"p.W_h must be as in the forward pass, .* at \[2, 1\]"):
        layers.backward(lstm, p, trace, dhs)


# PyTorch


@pytest.fixture
def network(torch):
    """Return a function that makes a network of PyTorch with random weights, both biases among them."""
    return lambda cell, rng, D, H, depth, directions: random_pytorch(
        torch, {rnn: "RNN", lstm: "LSTM", gru: "GRU"}[cell], rng, D, H, num_layers=depth,
        bidirectional=directions == 2)


def by_layer(states, directions):
    """Nest states as PyTorch has them, one array (layers * directions, B, H) for h and one for c."""
    each = list(zip(*states, strict=True))
    return tuple(each) if directions == 1 else tuple(zip(each[::2], each[1::2], strict=True))


@pytest.mark.parametrize("lengths", [None, [3, 5, 1, 6]], ids=["whole", "packed"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("cell", [rnn, lstm, gru], ids=["rnn", "lstm", "gru"])
def test_every_array_is_that_of_pytorch(cell, depth, directions, lengths, torch, network):
    rng, H = np.random.default_rng([depth, directions]), 3 if lengths else 5
    steps = T if lengths else depth                   # one step among them
    theirs = network(cell, rng, D, H, depth, directions)
    mask = None if lengths is None else sequences.mask(lengths, T)
    xs, dhs = rng.normal(size=(steps, B, D)), rng.normal(size=(steps, B, directions * H))
    state, dlast = ([rng.uniform(-1, 1, (depth * directions, B, H)) for _ in cell.STATES] for _ in range(2))
    shown = 1 if mask is None else mask[..., None]    # PyTorch's outputs are zero in the padding
    ys, last, weights, dxs, dstate = run_pytorch(
        torch, theirs, xs, state, dhs * shown, dlast, lengths)

    given = {n: w.numpy() for n, w in theirs.state_dict().items()}
    p = interop.from_pytorch(cell, given, stack=True)
    trace = layers.forward(cell, p, xs, by_layer(state, directions), mask)
    ours = layers.backward(cell, p, trace, dhs * shown, dlast=by_layer(dlast, directions))

    assert error(trace.outputs * shown, ys) < 1e-12
    assert error(flat(trace.last), flat(by_layer(last, directions))) < 1e-12
    params = interop.from_pytorch(cell, weights, gradient=True, stack=True)
    assert error(flat(ours.params), flat(params)) < 1e-12
    assert error(ours.xs, dxs) < 1e-12
    assert error(flat(ours.state), flat(by_layer(dstate, directions))) < 1e-12
    out = interop.to_pytorch(cell, ours.params, gradient=True)
    assert list(out) == list(weights) and error(list(out.values()), list(weights.values())) < 1e-12


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", [rnn, lstm, gru], ids=["rnn", "lstm", "gru"])
def test_a_network_takes_our_weights(cell, directions, torch, network):
    rng = np.random.default_rng(20)
    p = some_params(cell, rng, [3, 3] if directions == 1 else [(3, 3), (3, 3)])
    theirs, xs = network(cell, rng, D, 3, 2, directions), rng.normal(size=(T, B, D))

    theirs.load_state_dict({n: torch.tensor(w) for n, w in interop.to_pytorch(cell, p).items()})

    assert error(layers.forward(cell, p, xs).outputs, theirs(torch.tensor(xs))[0].detach().numpy()) < 1e-12


@pytest.mark.parametrize("cell", [rnn, lstm, gru], ids=["rnn", "lstm", "gru"])
def test_dropout_is_what_stands_between_two_networks_of_one_layer(cell, torch, network):
    rng, H, K = np.random.default_rng(21), 3, 5
    low, high = network(cell, rng, D, H, 1, 2), network(cell, rng, 2 * H, K, 1, 1)
    xs, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, K))
    dropout = (rng.random((T, B, 2 * H)) < 0.7) / 0.7
    x = torch.tensor(xs, requires_grad=True)
    ys = high(low(x)[0] * torch.tensor(dropout))[0]
    (ys * torch.tensor(dhs)).sum().backward()
    both = [{n: w.detach().numpy() for n, w in net.named_parameters()} for net in (low, high)]
    grads = [{n: w.grad.numpy() for n, w in net.named_parameters()} for net in (low, high)]
    joined = lambda parts, **options: tuple(
        interop.from_pytorch(cell, part, stack=True, **options)[0] for part in parts)

    p = joined(both)
    trace = layers.forward(cell, p, xs, dropout=(dropout,))
    ours = layers.backward(cell, p, trace, dhs)

    assert error(trace.outputs, ys.detach().numpy()) < 1e-12
    assert error(flat(ours.params), flat(joined(grads, gradient=True))) < 1e-12
    assert error(ours.xs, x.grad.numpy()) < 1e-12
