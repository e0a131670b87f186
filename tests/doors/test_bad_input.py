"""Bad input, row by row: each mistake that people make meets one sentence, and nothing they gave is changed.

The sentence: `function: argument must be <expected, with numbers>; got <what came>.` and one hint.
"""

import re
from dataclasses import is_dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from all_cells import CELLS

from rnnlib import (
    activations,
    analysis,
    bptt,
    dynamics,
    gradcheck,
    gru,
    gru_original,
    losses,
    lstm,
    readout,
    rnn,
    sequences,
    tasks,
    training,
)
from rnnlib.course import figures, widgets
from rnnlib.gradcheck import check

ROWS = {
    1: "xs of one axis", 2: "xs without a batch axis", 3: "batch axes of the state",
    4: "wrong number of inputs",
    5: "batch first", 6: "no step", 7: "no sequence", 8: "no input or no unit", 9: "ragged list",
    10: "rectangular list", 11: "integers and booleans", 12: "objects and strings", 13: "complex numbers",
    14: "float16", 15: "mixed precision", 16: "nan in xs", 17: "infinite weights",
    18: "another library's array",
    19: "None", 20: "h0 of other units", 21: "h0 of another batch", 22: "h0 of one axis",
    23: "one state of two",
    24: "too many states", 25: "c0 of another shape", 26: "h0 and c0 swapped", 27: "W_x transposed",
    28: "W_h not square", 29: "rows that are no multiple of the gates", 30: "b as a matrix", 31: "two biases",
    32: "other parameters", 33: "unknown name", 34: "dhs of another shape", 35: "trace of another call",
    36: "written into after the forward pass", 37: "views", 38: "targets of floats",
    39: "target out of range",
    40: "one-hot for ids", 41: "all masked", 42: "wrong lengths", 43: "wrong mask", 44: "wrong truncation",
    45: "wrong step of differences", 46: "function that cannot be checked",
    47: "gradient that cannot be compared",
    48: "seed for a generator", 49: "wrong rate or limit", 50: "loss that is not finite",
    "W1": "text that is no number", "W2": "text that is no matrix", "W3": "too long or too large",
    "W4": "HTML in a text", "W5": "fast hands", "W6": "answers of every kind",
}
ELSEWHERE = {  # row: the test that shows it
    2: "test_bptt.py::test_without_batch_axes_and_with_several_it_is_the_same_computation",
    26: "test_lstm.py::test_states_that_look_swapped_are_warned_of",
    37: "test_bptt.py::test_any_view_gives_the_bits_of_its_contiguous_copy",
    49: "test_fit.py::test_bad_input_gets_its_sentence",
    50: "test_fit.py::test_a_loss_that_is_not_finite_stops_the_run_with_a_sentence",
    "W1": "test_widgets.py::test_an_unreadable_number_gets_one_sentence_and_stays_covered",
    "W6": "test_feedback.py::test_each_way_to_fail_has_its_own_sentence",
}
WHY_NOT = {  # row: why it cannot occur
    "W2": "No widget takes a matrix as text: the only text box is that of predict_number, for one number.",
}

T, B, D, H, K = 6, 4, 2, 3, 5
NAMED = {name: cell for name, cell in CELLS.items() if name != "linear"}
GATES = {"rnn": 1, "lstm": 4, "gru": 3, "gru_original": 3}
V, E = ValueError, TypeError
REFUSED, ACCEPTED = [], set()


def refuse(row, what, kind, says, function, *args, spoils=False, **options):
    """Note a bad call: function(*args, **options) must raise kind and say all of `says`, a str or several.

    spoils: the function given to us changes its own argument, which we can report and not prevent.
    """
    says = (says,) if isinstance(says, str) else says
    REFUSED.append(pytest.param(row, kind, says, function, args, options, spoils, id=f"row {row}: {what}"))


def accepts(row):
    """Mark a test of a row that asks for something else than a refusal."""
    ACCEPTED.add(row)
    return lambda test: test


def put(array, at, value):
    array = array.copy()
    array[at] = value
    return array


def stand_in(module, name):
    """Make an array of another library, which knows how to become one of NumPy."""
    made = type(name, (), {"shape": (T, B, D), "__array__": lambda self, *_, **__: np.zeros((T, B, D))})
    made.__module__ = module
    return made()


def dropped(p, name):
    return {field: w for field, w in p._asdict().items() if field != name}


# Forward passes of all cells

for name, cell in NAMED.items():
    p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(7), T, B, D, H)
    trace, G = bptt.forward(cell, p, xs, state), GATES[name]
    fields, states = ", ".join(p._fields), "(h0, c0)" if name == "lstm" else "h0, or (h0,)"
    forward, deltas = "bptt.forward: ", "bptt.deltas: "

    def no(row, what, kind, says, *args, of=bptt.forward, **options):
        refuse(row, f"{what}, {name}", kind, says, of, cell, *args, **options)  # noqa: B023

    def params(**change):
        return p._replace(**change)  # noqa: B023

    for f in (bptt.forward, gradcheck.check_cell, gradcheck.locate):
        no(1, f"one step, {f.__name__}", V,
           f"{forward}xs must be (T, ..., D) with D=2; got shape (2,), float64. "
           "One step? Use xs[None].", p, xs[0, 0], of=f)
    no(1, "one unit of all steps", V, f"{forward}xs must be (T, ..., D) with D=2; got shape (6,), float64.",
       p, xs[:, 0, 0])
    many = np.random.default_rng(0).normal(size=(T, 5, B, D))
    no(3, "one batch axis of two", V,
       f"{forward}h0 must be of shape (5, 4, 3) (xs is (6, 5, 4, 2)); got shape (4, 3)", p, many, state)
    no(4, "seven inputs", V,
       f"{forward}xs must be (T, ..., 2) (W_x is ({G * H}, 2)); got shape (6, 4, 7)", p, np.ones((T, B, 7)))
    no(5, "by the state", V, (f"{forward}h0 must be of shape (6, 3) (xs is (4, 6, 2)); got shape (4, 3)",
       "xs batch-first? rnnlib puts time first: use xs.swapaxes(0, 1)."), p, xs.swapaxes(0, 1), state)
    no(5, "dhs", V, (f"{deltas}dhs must be of shape (6, 4, 3) (the trace has T=6); got shape (4, 6, 3)",
       "Time comes first: use dhs.swapaxes(0, 1)."), p, trace, dhs.swapaxes(0, 1), of=bptt.deltas)
    no(6, "xs", V, f"{forward}xs must be at least one step of at least one sequence; got T=0 steps.", p,
       xs[:0])
    no(7, "xs", V, f"{forward}xs must be at least one step of at least one sequence; got an empty batch, "
       "shape (6, 0, 2), float64.", p, xs[:, :0])
    for sizes, said in (((0, H), "D must be an int in [1, 1000000]; got 0."),
                        ((D, 0), "H must be an int in [1, 1000000]; got 0."),
                        ((D, -1), "H must be an int in [1, 1000000]; got -1.")):
        refuse(8, f"init{sizes}, {name}", V, f"{name}.init: {said}", cell.init, np.random.default_rng(0),
               *sizes)
    for sizes, said in (((D, 0), "D=2, H=0"), ((0, H), "D=0, H=3")):
        empty = cell.Params(*map(np.ones, cell.shapes(*sizes)))
        no(8, said, V, f"{forward}p must be for D >= 1 inputs and H >= 1 units; got {said}.", empty, xs)
    no(9, "xs", V, f"{forward}xs must be a rectangular array; got row 1 of length 1, row 0 of length 2.",
       p, [[1, 2], [1]])
    no(9, "xs, deeper", V, f"{forward}xs must be a rectangular array; got rows of differing shapes.",
       p, [[[1, 2]], [[1]]])
    no(11, "W_h of integers", E,
       (f"{forward}p.W_h must be a float32 or float64 array; got shape ({G * H}, 3), "
       "int64.", "A gradient of integers would be truncated."), params(W_h=p.W_h.astype(int)), xs)
    refuse(11, f"init of integers, {name}", E, f"{name}.init: dtype must be float32 or float64; got int64.",
           cell.init, np.random.default_rng(0), D, H, dtype=np.int64)
    no(12, "strings", E, f"{forward}xs must be numeric; got dtype <U3 (an element 'abc').",
       p, np.full((T, D), "abc"))
    no(12, "one None", E, f"{forward}xs must be numeric; got dtype object (an element None).", p,
       [[1, 2], [3, None]])
    no(12, "floats as objects", E, (f"{forward}xs must be numeric; got dtype object",
       "Use xs.astype(float)."), p, xs.astype(object))
    no(12, "weights as objects", E, f"{forward}p.W_x must be a float32 or float64 array; got shape "
       f"({G * H}, 2), object.", params(W_x=p.W_x.astype(object)), xs)
    no(13, "xs", E, f"{forward}xs must be real; got shape (6, 4, 2), complex128. Complex steps belong in "
       "gradcheck.", p, xs + 0j)
    no(13, "b", E, f"{forward}p.b must be real; got shape ({G * H},), complex128.", params(b=p.b + 0j), xs)
    no(13, "dhs", E, f"{deltas}dhs must be real; got shape (6, 4, 3), complex128.", p, trace, dhs + 0j,
       of=bptt.deltas)
    no(14, "xs", E, f"{forward}xs must be float32 or float64; got float16. Use xs.astype(np.float64).",
       p, xs.astype("e"))
    no(14, "all weights", E,
       f"{forward}p.W_x must be a float32 or float64 array; got shape ({G * H}, 2), float16.",
       p._make(w.astype("e") for w in p), xs.astype("e"))
    no(15, "xs", E,
       f"{forward}xs must be float64 like the parameters; got float32. Use xs.astype(np.float64).",
       p, xs.astype("f"))
    no(15, "W_h", E, f"{forward}p.W_h must be float64 like the parameters; got float32.",
       params(W_h=p.W_h.astype("f")), xs)
    no(15, "the state", E, f"{forward}h0 must be float64 like the parameters; got float32.", p, xs,
       tuple(s.astype("f") for s in state))
    no(15, "dhs", E, f"{deltas}dhs must be float64 like the parameters; got float32.", p, trace,
       dhs.astype("f"), of=bptt.deltas)
    no(15, "a check in float32", E, ("float32", "every right gradient would look wrong"),
       p._make(w.astype("f") for w in p), xs.astype("f"), of=gradcheck.locate)
    no(16, "xs", V, f"{forward}xs must be finite; got nan at [3, 0, 1] (1 of 48 entries are not finite).",
       p, put(xs, (3, 0, 1), np.nan))
    no(16, "dhs", V, f"{deltas}dhs must be finite; got nan at [2, 1, 0] (1 of 72 entries", p, trace,
       put(dhs, (2, 1, 0), np.nan), of=bptt.deltas)
    no(16, "the state", V, f"{forward}h0 must be finite; got nan at [1, 2]", p, xs,
       (put(state[0], (1, 2), np.nan), *state[1:]))
    no(17, "xs", V, f"{forward}xs must be finite; got -inf at [0, 2, 0]", p, put(xs, (0, 2, 0), -np.inf))
    for field, w in zip(p._fields, p):
        at = tuple(n - 1 for n in w.shape)
        no(17, field, V, f"{forward}p.{field} must be finite; got inf at {list(at)} (1 of {w.size} entries",
           params(**{field: put(w, at, np.inf)}), xs)
    for module, kind, hint in (("torch", "Tensor", "Use {}.detach().numpy()."),
                               ("jaxlib._jax", "ArrayImpl", "Use np.asarray."),
                               ("pandas.core.frame", "DataFrame", "Use np.asarray.")):
        theirs, said = stand_in(module, kind), f"{module.split('.')[0]}.{kind}. {hint}"
        no(18, f"xs of {kind}", E, f"{forward}xs must be a numpy.ndarray; got {said.format('xs')}", p, theirs)
        no(18, f"dhs of {kind}", E, f"{deltas}dhs must be a numpy.ndarray; got {said.format('dhs')}", p,
           trace, theirs, of=bptt.deltas)
        no(18, f"W_h of {kind}", E, f"{forward}p.W_h must be a float32 or float64 array; got "
           + said.format("W_h"), params(W_h=theirs), xs)
    no(18, "xs masked", E, (f"{forward}xs must be a numpy.ndarray; got numpy.MaskedArray.", "xs.filled(...)"),
       p, np.ma.array(xs))
    no(18, "W_x masked", E, ("p.W_x must be a float32 or float64 array; got numpy.MaskedArray.",
       "W_x.filled(...)"), params(W_x=np.ma.array(p.W_x)), xs)
    no(19, "xs", E, f"{forward}xs must be an array; got None.", p, None)
    no(19, "p", E, f"{forward}p must be a Params({fields}); got None.", None, xs)
    no(19, "W_h", E, f"{forward}p.W_h must be a float32 or float64 array; got None.", params(W_h=None), xs)
    no(19, "the states", E, f"{forward}h0 must be an array; got None.", p, xs, (None,) * len(state))
    no(19, "trace", E, f"{deltas}trace must be a Trace from bptt.forward; got None.", p, None, dhs,
       of=bptt.deltas)
    no(19, "dhs", E, f"{deltas}dhs must be an array; got None.", p, trace, None, of=bptt.deltas)
    each = lambda *shape: tuple(np.ones(shape) / 2 for _ in state)  # noqa: B023
    h0_says = f"{forward}h0 must be of shape (4, 3) (xs is (6, 4, 2)); got shape "
    no(20, "six units", V, f"{h0_says}(4, 6), float64.", p, xs, each(4, 6))
    no(21, "seven sequences", V, f"{h0_says}(7, 3), float64.", p, xs, each(7, 3))
    no(21, "an axis of layers", V, f"{h0_says}(1, 4, 3), float64. There is one layer only: use h0[0].", p, xs,
       each(1, 4, 3))
    no(22, "one for all", V, f"{h0_says}(3,), float64. Use np.broadcast_to(h0, (4, 3)).", p, xs, each(3))
    no(22, "a batch for one sequence", V,
       f"{forward}h0 must be of shape (3,) (xs is (6, 2)); got shape (4, 3)", p, xs[:, 0], state)
    no(24, "one too many", E, f"{forward}state must be {states}; got {len(state) + 1} arrays.", p, xs,
       (*state, state[0]))
    no(24, "none", E, f"{forward}state must be {states}; got 0 arrays.", p, xs, ())
    if name == "lstm":
        no(23, "h0", E, f"{forward}state must be (h0, c0); got 1 array.", p, xs, state[0])
        no(23, "stacked", E, f"{forward}state must be (h0, c0); got 1 array.", p, xs, np.stack(state))
        no(23, "a list", E, f"{forward}state must be (h0, c0); got a list. Use tuple(state).", p, xs,
           list(state))
        no(25, "nine units", V, f"{forward}c0 must be of shape (4, 3) (xs is (6, 4, 2)); got shape (4, 9)",
           p, xs, (state[0], np.ones((4, 9))))
    turned = "Transposed? rnnlib stores (out, in): use {}.T."
    no(27, "W_x", V, (f"{forward}p.W_x must be of shape ({G * H}, 2) (W_h is ({G * H}, 3)); got shape "
       f"(2, {G * H})", turned.format("W_x")), params(W_x=p.W_x.T.copy()), xs)
    if G > 1:
        no(27, "W_h", V, (f"{forward}p.W_h must be of shape ({G * H}, 3) (W_x is ({G * H}, 2)); got shape "
           f"(3, {G * H})", turned.format("W_h")), params(W_h=p.W_h.T.copy()), xs)
    no(28, "four columns", V,
       f"{forward}p.W_h must be of shape ({G * H}, 3) (W_x is ({G * H}, 2)); got shape "
       f"({G * H}, 4)", params(W_h=np.ones((G * H, 4))), xs)
    no(28, "one axis", V, f"{forward}p.W_h must be a matrix (out, in); got shape (3,)",
       params(W_h=np.ones(3)), xs)
    many_rows = f"10 is not a multiple of {G} gates." if G > 1 else ""
    no(29, "W_x", V,
       (f"{forward}p.W_x must be of shape ({G * H}, 2) (W_h is ({G * H}, 3)); got shape (10, 2)",
       many_rows), params(W_x=np.ones((10, 2))), xs)
    no(29, "b", V, (f"{forward}p.b must be of shape ({G * H},) (W_h is ({G * H}, 3)); got shape (10,)",
       many_rows), params(b=np.ones(10)), xs)
    b_says = f"{forward}p.b must be of shape ({G * H},) (W_h is ({G * H}, 3)); got shape "
    for b in (p.b[:, None], p.b[None]):
        no(30, f"b {b.shape}", V, f"{b_says}{b.shape}, float64. It would broadcast to a wrong shape.",
           params(b=b), xs)
    no(30, "b of no axis", V, f"{b_says}(), float64.", params(b=np.array(1.0)), xs)
    for b in (np.stack([p.b] * 2), np.concatenate([p.b] * 2)):
        no(31, f"b {b.shape}", V,
           f"{b_says}{b.shape}, float64. Two biases? interop reads the layouts that have "
           "them.", params(b=b), xs)
    no(31, "as PyTorch names them", E,
       (f"{forward}p must be a Params({fields}); got dict with ['weight_ih_l0', "
       "'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']. Two biases? interop.from_pytorch adds them."),
       dict.fromkeys(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), p.b), xs)
    wanted = f"{forward}p must be a Params({fields}); got "
    no(32, "other letters", E, wanted + "dict with ['U', 'W', 'b'].", {"U": 1, "W": 2, "b": 3}, xs)
    no(32, "W_h missing", E, "Missing: W_h.", dropped(p, "W_h"), xs)
    no(32, "a dict of them", E, "Use Params(**the dict).", p._asdict(), xs)
    no(32, "a tuple of them", E, f"{wanted}a tuple of {len(p)}. Use Params(*them).", tuple(p), xs)
    no(32, "a read-out", E, wanted + "Params with ['W_y', 'b_y'].",
       readout.init(np.random.default_rng(0), H, K), xs)
    other = rnn if cell is lstm else lstm
    no(32, "another cell's", E, wanted + "Params with ['W_x', 'W_h', 'b'].",
       other.init(np.random.default_rng(0), D, H), xs)
    refuse(33, f"a cell by name, {name}", E, f"{forward}cell must be a cell such as rnnlib.rnn; got '{name}' "
           "without Params, shapes, STATES, step.", bptt.forward, name, p, xs)
    dhs_says = "dhs must be of shape (6, 4, 3) (the trace has T=6); got shape "
    for f in (bptt.deltas, bptt.backward, bptt.lags):
        where = "bptt.lags" if f is bptt.lags else "bptt.deltas"
        no(34, f"the last step only, {f.__name__}", V,
           f"{where}: {dhs_says}(4, 3), float64. A loss at one step only? "
           "Put zeros at the others.", p, trace, dhs[-1], of=f)
    no(34, "no units", V, f"{deltas}{dhs_says}(6, 4), float64.", p, trace, dhs[..., 0], of=bptt.deltas)
    no(34, "a step too many", V,
       f"{deltas}{dhs_says}(7, 4, 3), float64. Is the trace from another forward pass?",
       p, trace, np.ones((7, 4, 3)), of=bptt.deltas)
    no(34, "lagged_deltas", V, f"bptt.lagged_deltas: {dhs_says}(5, 4, 3)", p, trace, dhs[1:], 2,
       of=bptt.lagged_deltas)
    no(34, "dlast", V, f"{deltas}dlast must be of shape (4, 3) (like the initial state); got shape (3,)", p,
       trace, dhs, of=bptt.deltas, dlast=each(3))
    no(34, "dlast, one too many", E, f"{deltas}dlast must be {len(state)} array", p, trace, dhs,
       of=bptt.deltas, dlast=each(4, 3) + each(4, 3))
    no(34, "delta", V,
       f"bptt.gradient: delta must be of shape (6, 4, {G * H}) (as trace.zs); got shape (4, 3)",
       p, trace, dhs[0], state, of=bptt.gradient)
    no(34, "dinitial", E, "bptt.gradient: dinitial must be ", p, trace, trace.zs, "none", of=bptt.gradient)
    no(34, "a loss for check_cell", V, "gradcheck.check_cell: dhs must be of shape (6, 4, 3)", p, xs, state,
       dhs[0], of=gradcheck.check_cell)
    no(34, "a loss for locate", V, "gradcheck.locate: dhs must be of shape (6, 4, 3)", p, xs, state, dhs[0],
       of=gradcheck.locate)
    no(35, "of three steps", V,
       f"{deltas}dhs must be of shape (3, 4, 3) (the trace has T=3); got shape (6, 4, 3), "
       "float64. Is the trace from another forward pass?", p, bptt.forward(cell, p, xs[:3]), dhs,
       of=bptt.deltas)
    no(35, "of two sequences", V, f"{deltas}dhs must be of shape (6, 2, 3)", p,
       bptt.forward(cell, p, xs[:, :2]), dhs, of=bptt.deltas)
    no(35, "of other inputs", V,
       f"{deltas}p must be the parameters of the forward pass, whose trace has Trace(xs "
       "(6, 4, 2)", cell.init(np.random.default_rng(0), 7, H), trace, dhs, of=bptt.deltas)
    no(35, "of other units", V, (f"{deltas}trace must be from a forward pass of this cell",
       f"z of {7 * G}); got "), cell.init(np.random.default_rng(0), D, 7), trace, dhs, of=bptt.deltas)
    for f in (bptt.backward, analysis.jacobians):
        theirs = next(c for c in (gru if cell is gru_original else gru_original, lstm) if c is not cell)
        their_trace = bptt.forward(theirs, theirs.init(np.random.default_rng(0), D, H), xs)
        no(35, f"of another cell, {f.__name__}", V, "trace must be from a forward pass of this cell", p,
           their_trace, *((dhs,) if f is bptt.backward else ()), of=f)
    no(43, "floats", E, f"{forward}mask must be a bool array (6, 4); got shape (6, 4), float64. Use "
       "mask.astype(bool).", p, xs, state, np.ones((T, B)))
    no(43, "steps only", V, f"{forward}mask must be of shape (6, 4) (xs is (6, 4, 2)); got shape (6,)", p, xs,
       state, np.ones(T, bool))
    no(43, "batch first", V, (f"{forward}mask must be of shape (6, 4) (xs is (6, 4, 2)); got shape (4, 6)",
       "Time comes first: use mask.swapaxes(0, 1)."), p, xs, state, np.ones((B, T), bool))
    for seed in ("abc", 0, np.random):
        refuse(48, f"{seed!r:.20}, {name}", E, (f"{name}.init: rng must be a numpy.random.Generator; got ",
               "Use np.random.default_rng(0)."), cell.init, seed, D, H)

# Read-outs and losses

rng = np.random.default_rng(0)
P, XS, STATE, DHS = gradcheck.designed_point(lstm, rng, T, B, D, H)
TRACE, Q, HS = bptt.forward(lstm, P, XS, STATE), readout.init(rng, H, K), rng.normal(size=(T, B, H))
LOGITS, IDS = rng.normal(size=(T, B, K)), rng.integers(K, size=(T, B))
SOFT = rng.dirichlet(np.ones(K), (T, B))
ALL, MODEL = np.ones((T, B), bool), training.Model(P, Q)
refuse(4, "readout.forward", V, "readout.forward: hs must be (..., 3) (W_y is (5, 3)); got shape (6, 4, 2)",
       readout.forward, Q, XS)
refuse(5, "targets", V,
       ("losses.softmax_cross_entropy: targets must be of shape (6, 4) (class ids); got shape "
       "(4, 6), int64. Time comes first: use targets.swapaxes(0, 1)."), training.sequence_loss, lstm, MODEL,
       XS, IDS.T.copy(), STATE)
refuse(6, "logits", V,
       "losses.cross_entropy: logits must be (..., K) with K >= 1, and not empty; got shape (0, 4, 5)",
       losses.cross_entropy, LOGITS[:0], IDS[:0])
refuse(6, "reverse", V, "sequences.reverse: a must be (T, ..., D) with T >= 1; got shape (0, 4, 2)",
       sequences.reverse, XS[:0])
refuse(8, "readout.init", V, "readout.init: H must be an int in [1, 1000000]; got 0.", readout.init, rng, 0,
       K)
refuse(8, "half a class", E, "readout.init: K must be an int in [1, 1000000]; got 2.5.", readout.init, rng, H,
       2.5)
refuse(14, "one_hot", E, "losses.one_hot: dtype must be float32 or float64; got float16.", losses.one_hot,
       IDS, K, "e")
refuse(14, "a dtype that is none", E, "readout.init: dtype must be float32 or float64; got 'precise'.",
       readout.init, rng, H, K, "precise")
refuse(15, "model", E, "readout.forward: hs must be float32 like the parameters; got float64.",
       training.sequence_loss,
       lstm, MODEL._replace(readout=readout.init(rng, H, K, np.float32)), XS, IDS, STATE)
refuse(16, "logits", V, "losses.softmax_cross_entropy: logits must be finite; got nan at [1, 2, 3] (1 of 120",
       losses.softmax_cross_entropy, put(LOGITS, (1, 2, 3), np.nan), IDS)
refuse(18, "lengths", E, "sequences.mask: lengths must be a numpy.ndarray; got torch.Tensor. Use "
       "lengths.detach().numpy().", sequences.mask, stand_in("torch", "Tensor"), T)
refuse(18, "mask", E,
       "bptt.forward: mask must be a bool array (6, 4); got torch.Tensor. Use mask.detach().numpy().",
       bptt.forward, lstm, P, XS, STATE, stand_in("torch", "Tensor"))
refuse(19, "logits", E, "losses.log_softmax: logits must be an array; got None.", losses.softmax, None)
refuse(19, "q", E, "readout.forward: q must be a Params(W_y, b_y); got None.", readout.forward, None, HS)
refuse(27, "W_y", V, "readout.forward: hs must be (..., 5) (W_y is (3, 5)); got shape (6, 4, 3)",
       readout.forward, Q._replace(W_y=Q.W_y.T.copy()), HS)
refuse(30, "b_y", V, "readout.forward: q.b_y must be of shape (5,) (W_y is (5, 3)); got shape (5, 1)",
       readout.forward, Q._replace(b_y=Q.b_y[:, None]), HS)
refuse(32, "a cell's", E,
       "readout.forward: q must be a Params(W_y, b_y); got Params with ['W_x', 'W_h', 'b'].",
       readout.forward, P, HS)
refuse(32, "no model", E, "training.sample: model must be a Model(cell, readout); got rnnlib.Params.",
       training.sample, lstm, P, None, 0, 3, rng)
refuse(32, "a model of rubbish", V, "training.sample: p.W_x must be a matrix (out, in); got shape (3,)",
       training.sample, lstm, MODEL._replace(cell=P._replace(W_x=np.ones(3))), None, 0, 3, rng)
refuse(34, "readout.backward", V,
       "readout.backward: dos must be of shape (6, 4, 5) (hs is (6, 4, 3), W_y (5, 3)); "
       "got shape (4, 5)", readout.backward, Q, HS, LOGITS[0])
for f in (losses.cross_entropy, losses.softmax_cross_entropy):
    where = f"losses.{f.__name__}: "
    targets = f"{where}targets must be "
    refuse(38, f"ids, {f.__name__}", E,
           f"{targets}integer class ids (6, 4); got shape (6, 4), float64. Soft labels "
           "have one more axis.", f, LOGITS, IDS * 1.0)
    refuse(38, f"bools, {f.__name__}", E, f"{targets}integer class ids (6, 4); got shape (6, 4), bool.", f,
           LOGITS, IDS > 2)
    refuse(39, f"too large, {f.__name__}", V, f"{targets}in [0, 5); got 7 at [1, 0].", f, LOGITS,
           put(IDS, (1, 0), 7))
    refuse(39, f"negative, {f.__name__}", V, f"{targets}in [0, 5); got -1 at [5, 3].", f, LOGITS,
           put(IDS, (5, 3), -1))
    refuse(40, f"integers, {f.__name__}", V,
           f"{targets}of shape (6, 4) (class ids); got shape (6, 4, 5), int64. "
           "One-hot? Use targets.argmax(-1), or floats.", f, LOGITS, np.eye(K, dtype=int)[IDS])
    refuse(40, f"one class less, {f.__name__}", V,
           f"{targets}of shape (6, 4, 5) (soft labels, as logits); got shape "
           "(6, 4, 4)", f, LOGITS, SOFT[..., :4])
    refuse(40, f"padding, {f.__name__}", V,
           f"{targets}rows of probabilities that sum to 1; got a row that sums to 0 "
           "at [2, 1]. Padding? Mask it.", f, LOGITS, put(SOFT, (2, 1), 0))
    refuse(40, f"a negative one, {f.__name__}", V, "got a row with a negative entry at [2, 1]", f, LOGITS,
           put(SOFT, (2, 1), [2, -1, 0, 0, 0]))
refuse(38, "one_hot", E, "losses.one_hot: ids must be integer class ids (1,); got shape (1,), float64.",
       losses.one_hot, [0.5], K)
refuse(39, "one_hot", V, "losses.one_hot: ids must be in [0, 5); got 9 at [1].", losses.one_hot, [0, 9], K)
refuse(40, "ids for values", V,
       "losses.squared_error: targets must be of shape (6, 4, 5) (as outputs); got shape "
       "(6, 4)", losses.squared_error, LOGITS, IDS)
for what, f, *given in (("loss", losses.softmax_cross_entropy, LOGITS, IDS),
                        ("squares", losses.squared_error, LOGITS, SOFT),
                        ("sequence", training.sequence_loss, lstm, MODEL, XS, IDS, STATE)):
    refuse(41, what, V, "mask must be True somewhere; got a mask that selects no element.", f, *given,
           mask=~ALL)
    refuse(43, f"integers, {what}", E, "mask must be a bool array (6, 4); got shape (6, 4), int64. Use "
           "mask.astype(bool).", f, *given, mask=ALL * 1)
    refuse(43, f"steps only, {what}", V, "mask must be of shape (6, 4)", f, *given, mask=ALL[:, 0])
    refuse(43, f"mean, {what}", E, "mean must be True or False; got 'yes'.", f, *given, mean="yes")

# Lengths, truncation, names, generators

lengths = "sequences.mask: lengths must be "
refuse(42, "too long", V, f"{lengths}in [1, T=4]; got 9 at [1].", sequences.mask, [2, 9, 1], 4)
refuse(42, "none at all", V, f"{lengths}in [1, T=4]; got 0 at [0].", sequences.mask, [0, 2], 4)
refuse(42, "floats", E, f"{lengths}integers in [1, T=4]; got shape (2,), float64. Use lengths.astype(int).",
       sequences.mask, [2.0, 1.0], 4)
refuse(42, "three for four", V,
       "bptt.forward: mask must be of shape (6, 4) (xs is (6, 4, 2)); got shape (6, 3), bool.",
       bptt.forward, lstm, P, XS, STATE, sequences.mask([6, 2, 4], T))
refuse(42, "no steps", V, "sequences.mask: T must be an int in [1, ", sequences.mask, [1, 1], 0)
refuse(43, "last_step", V, "losses.last_step: T must be an int in [1, 1000000]; got 0.", losses.last_step, 0)
for options, kind, said in (
        ({"window": 0}, V, "window must be an int in [1, T=6]; got 0."),
        ({"window": 7}, V, "window must be an int in [1, T=6]; got 7."),
        ({"window": 2.0}, E, "window must be an int in [1, T=6]; got 2.0."),
        ({"window": True}, E, "window must be an int in [1, T=6]; got True."),
        ({"window": "2"}, E, "window must be an int in [1, T=6]; got '2'."),
        ({"chunks": (1, 0)}, V, "k2 must be an int in [1, T=6]; got 0."),
        ({"chunks": (3, 2)}, V, "k1 must be an int in [1, k2=2]; got 3."),
        ({"chunks": 3}, E, "chunks must be a pair (k1, k2); got 3."),
        ({"window": 2, "chunks": (1, 2)}, V, "window must be None where chunks is given; got 2.")):
    refuse(44, f"{options}", kind, f"bptt.deltas: {said}", bptt.deltas, lstm, P, TRACE, DHS, **options)
refuse(44, "lags", V, "bptt.lagged_deltas: lags_wanted must be an int in [1, T=6]; got 0.",
       bptt.lagged_deltas, lstm, P, TRACE, DHS, 0)
refuse(33, "activation", V,
       "activations.cell: activation must be one of tanh, linear, relu, sigmoid; got 'tnah'. Did "
       "you mean 'tanh'?", activations.cell, "tnah")
refuse(33, "an activation of dynamics", E,
       "dynamics.iterate: activation must be one of tanh, linear, relu, sigmoid; got "
       "3.", dynamics.iterate, 1, 0, 0.5, 3, activation=3)
refuse(33, "state", V, "analysis.lag_norms: state must be one of h, c; got 'z'.", analysis.lag_norms, lstm, P,
       TRACE, DHS, "z")
refuse(33, "method", V, "gradcheck.check: method must be one of ", check, lambda x: (x * x).sum(), np.ones(2),
       np.ones(2), method="fast")
for what, f, *given in (("readout.init", readout.init, 0, H, K),
                        ("dynamics.orthogonal", dynamics.orthogonal, 0, H),
                        ("tasks.embeddings", tasks.embeddings, 0, K, D, 0.1),
                        ("tasks.adding", tasks.adding, 0, T, B),
                        ("gradcheck.designed_point", gradcheck.designed_point, lstm, 0),
                        ("training.sample", training.sample, lstm, MODEL, None, 0, 3, 0)):
    refuse(48, what, E, f"{what}: rng must be a numpy.random.Generator; got 0. Use np.random.default_rng(0).",
           f, *given)

# Gradient checks

X, SQUARE = np.array([1.0, 2.0]), lambda x: (x * x).sum()
calls, aliased = iter(range(1000)), np.zeros(2)


def in_place(x):
    x *= 2
    return (x * x).sum()


def accumulating(x):
    aliased[:] += 2 * x
    return aliased


says = "gradcheck.check: "
for options, kind, said in (
        ({"method": "central", "eps": 1e-12}, V,
         "eps must be in [1e-8, 1e-3]; got 1e-12, expected round-off error about "
         "1e-03. Use 1e-5."),
        ({"method": "central", "eps": 0.1}, V,
         "eps must be in [1e-8, 1e-3]; got 0.1, expected truncation error about "
         "1e-02. Use 1e-5."),
        ({"method": "complex", "eps": 0.1}, V, "eps must be in [1e-100, 1e-8]; got 0.1. Use 1e-30."),
        ({"eps": -1}, V, "eps must be a number > 0; got -1."),
        ({"eps": 0}, V, "eps must be a number > 0; got 0."),
        ({"eps": "small"}, E, "eps must be a number > 0; got 'small'.")):
    refuse(45, f"{options}", kind, says + said, check, SQUARE, X, 2 * X, **options)
refuse(45, "float32", E, (says + "inputs x must be float64; got float32.",
       "every right gradient would look wrong"), check, SQUARE, X.astype("f"), X)
for odd, said in (
        (X + 1j, "got complex128. Give the real and the imaginary part as two arrays."),
        (X.astype(object), "got object. Use astype(float)."),
        (X.astype(int), "got int64. Indices and masks have no gradient: leave them out of inputs.")):
    refuse(45, said, E, says + "inputs x must be float64; " + said, check, SQUARE, odd, X)
refuse(45, "a plain number", E, says + "inputs x must be an array; got 1.5. Use np.array of it, of float64.",
       check, SQUARE, 1.5, X)
refuse(45, "numerical_gradient", V, "gradcheck.numerical_gradient: eps must be in [1e-8, 1e-3]; got 1e-12",
       gradcheck.numerical_gradient, SQUARE, X, "central", 1e-12)
refuse(45, "taylor_rate", V,
       "gradcheck.taylor_rate: steps must be two or more different numbers > 0; got [0.0, 1.0].",
       gradcheck.taylor_rate, SQUARE, X, 2 * X, rng, [0.0, 1.0])
refuse(45, "dot_product_test", V, "gradcheck.dot_product_test: eps must be in [1e-100, 1e-8]; got 0.1",
       gradcheck.dot_product_test, lambda x: x, X, lambda x, u: u, rng, 0.1)
for what, kind, said, f in (
        ("a row", E, "f must be a function that returns a scalar; got shape (2,), float64. Add them up: a "
         "gradient is that of one number.", lambda x: x * x),
        ("one number in an array", E, "got shape (1, 1), float64. Use .item().", lambda x: np.ones((1, 1))),
        ("the loss and more", E, "got (1.0, 'p'). Return the loss alone.", lambda x: (1.0, "p")),
        ("several inputs", E, "f must be a function of inputs; got one of (W, b). Several inputs? Give a "
         "tuple, and lambda inputs: f(*inputs).", lambda W, b: 0.0),
        ("nothing", E, "f must be a function that returns a scalar; got None.", lambda x: None),
        ("nan", V, "f must be finite at inputs; got nan.", lambda x: float("nan")),
        ("chance", V, "f must be deterministic; got", lambda x: SQUARE(x) + next(calls)),
        ("a string", E, "f must be a function of inputs; got 'f'.", "f")):
    refuse(46, what, kind, (says, said), check, f, X, 2 * X)
refuse(46, "stacked", E, says + "f must be a function that returns 1 losses (stacked=True); got ", check,
       SQUARE, X, 2 * X, stacked=True)
refuse(46, "f in place", V, says + "f must be without side effects; got x changed in place.", check, in_place,
       X.copy(), 2 * X, spoils=True)
refuse(46, "gradient in place", V, says + "gradient must be without side effects; got x changed in place.",
       check, SQUARE, X.copy(), lambda x: 0 * X * in_place(x), spoils=True)
refuse(46, "gradient of what it changed", V,
       says + "gradient must be without side effects; got x changed in place.", check, SQUARE, X.copy(),
       lambda x: in_place(x) * X, spoils=True)
for name, *rest in (("numerical_gradient",), ("taylor_rate", 2 * X, rng),
                    ("dot_product_test", lambda x, u: u * x, rng)):
    refuse(46, f"f in place, {name}", V, f"gradcheck.{name}: f must be without side effects; got x changed",
           getattr(gradcheck, name), in_place, X.copy(), *rest, spoils=True)
refuse(46, "a gradient and more", E, says + "gradient must be an array (2,); got (", check, SQUARE, X,
       lambda x: (SQUARE(x), 2 * x))
refuse(46, "a ragged loss", E, says + "f must be a function that returns a scalar; got [[1.0], [1.0, 2.0]].",
       check, lambda x: [[1.0], [1.0, 2.0]], X, 2 * X)
refuse(46, "stacked is no flag", E, says + "stacked must be True or False; got shape (2,), float64.", check,
       SQUARE, X, 2 * X, stacked=X)
refuse(46, "check_cell, stacked", E, "gradcheck.check_cell: stacked must be left out; got True.",
       gradcheck.check_cell, lstm, P, XS, STATE, DHS, stacked=True)
refuse(45, "taylor_rate beyond f", V,
       "gradcheck.taylor_rate: steps must be so small that f stays finite; got 1e+200, where f is not.",
       gradcheck.taylor_rate, SQUARE, X, 2 * X, rng, [1e200, 1e201])
OF_TRACE = bptt.forward(lstm, P, XS, STATE)
for what, kind, said, *given in (
        ("no trace", E, "trace must be a Trace from bptt.forward; got 'abc'.", "abc", DHS),
        ("a row of dhs", V, f"dhs must be of shape {DHS.shape}", OF_TRACE, DHS[0]),
        ("one dlast of two", E, "dlast must be 2 arrays (h, c); got 1.", OF_TRACE, DHS, (STATE[0],)),
        ("a method", V, "method must be one of complex, central; got 'forward'.", OF_TRACE, DHS, None,
         "forward")):
    refuse(45, f"numerical_deltas, {what}", kind, f"gradcheck.numerical_deltas: {said}",
           gradcheck.numerical_deltas, lstm, P, *given)
for what, kind, said, *given in (
        ("a row of dhs", V, "dhs must be (T, ..., H); got shape", DHS[0, 0]),
        ("words", E, "dhs must be a numpy.ndarray; got 'abc'.", "abc"),
        ("a mask of numbers", E, "mask must be a bool array", DHS, XS),
        ("one dlast of two", E, "dlast must be 2 arrays (h, c); got 1.", DHS, None, (STATE[0],))):
    refuse(45, f"stacked_loss, {what}", kind, f"gradcheck.stacked_loss: {said}", gradcheck.stacked_loss, lstm,
           *given)
refuse(46, "gradient that adds up", V,
       says + "gradient must be the same at every call; got another dx at the second "
       "call. The second call adds to the first: reset it, as zero_grad does.",
       check, SQUARE, X, accumulating)
of_W = lambda inputs: SQUARE(inputs["W"])
for what, kind, said, inputs, gradient in (
        ("none", E, "gradient must be one array for each of ['W']; got None.", {"W": X}, None),
        ("another key", V, "gradient must be one array for each of ['W']; got ['V'].", {"W": X}, {"V": X}),
        ("a list", V, "gradient must be one array for each of ['W']; got ", {"W": X}, [X]),
        ("transposed", V, "dW must be of shape (2, 3); got shape (3, 2), float64. A transpose is missing?",
         {"W": np.ones((2, 3))}, {"W": np.ones((3, 2))}),
        ("of each sequence", V, "dW must be of shape (2,); got shape (4, 2), float64. A sum over the batch",
         {"W": X}, {"W": np.ones((4, 2))}),
        ("float32", E, "dW must be float64; got float32. Compute it in float64",
         {"W": X}, {"W": X.astype("f")}),
        ("None within", E, "dW must be an array (2,); got None. Is it a constant? Leave it out of inputs.",
         {"W": X}, {"W": None}),
        ("one axis less", V, "dW must be of shape (2, 1); got shape (2,), float64. The numbers fit: use "
         "dW.reshape(2, 1), or keepdims=True in the sum.", {"W": X[:, None]}, {"W": X}),
        ("indices", E, "inputs ids must be float64; got int64. Indices and masks have no gradient: "
         "leave them out of inputs. Else use astype(float).",
         {"W": X, "ids": np.arange(2)}, {"W": X}),
        ("nan within", V, "dW must be finite; got nan at [1]", {"W": X}, {"W": np.array([1, np.nan])}),
        ("nothing to check", V, "inputs must be at least one array; got {}.", {}, {})):
    refuse(47, what, kind, says + said, check, of_W, inputs, gradient)
refuse(47, "check_cell", E,
       "gradcheck.check_cell: backward must be a function that returns a bptt.Gradient; got None.",
       gradcheck.check_cell, lstm, P, XS, STATE, DHS, lambda *given: None)
refuse(47, "check_cell, no function", E, "gradcheck.check_cell: backward must be a function; got 'abc'.",
       gradcheck.check_cell, lstm, P, XS, STATE, DHS, "abc")
refuse(47, "check_cell, one state of two", V,
       "gradcheck.check_cell: Gradient.state must be a tuple of 2, for h0, c0; got 1.",
       gradcheck.check_cell, lstm, P, XS, STATE, DHS, lambda *given: bptt.Gradient(P, XS, (STATE[0],)))
refuse(47, "report", V, "Report: name must be one of ['dx']; got 'W'.", check(SQUARE, X, 2 * X).__getitem__,
       "W")
for what, kind, said, gradient in (
        ("none", E, "gradient must be like params (W, b); got None.", None),
        ("another key", E, "gradient must be like params (W, b); got V, b.", {"V": X, "b": X}),
        ("another class", E, "gradient must be like params, dict and all within; got Pair, or others within.",
         NamedTuple("Pair", [("W", object), ("b", object)])(X, X)),
        ("another shape", V, "gradient dW must be shape (2,), float64, like the parameter; got shape (3,)",
         {"W": np.ones(3), "b": X}),
        ("float32", V,
         "gradient db must be shape (2,), float64, like the parameter; got shape (2,), float32.",
         {"W": X, "b": X.astype("f")})):
    adam = training.adam(0.1)
    refuse(47, f"{what}, adam", kind, f"training.adam: {said}", adam.step, {"W": X, "b": X}, gradient,
           adam.start({"W": X, "b": X}))
refuse(47, "memory of other params", E,
       "training.adam: memory must be what start, or the step before, returned for "
       "these params; got ", adam.step, {"W": X, "b": X}, {"W": X, "b": X}, adam.start({"W": X}))
refuse(47, "clipping words", E,
       "training.clip_by_norm: gradient must be a float32 or float64 array; got 'abc'.",
       training.clip_by_norm, "abc", 1.0)
refuse(47, "clipping nothing", V, "training.clip_by_norm: gradient must be at least one array; got {}.",
       training.clip_by_norm, {}, 1.0)


def frozen(value):
    """Return all that a value holds, arrays as their bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(name, frozen(part)) for name, part in value.items()]
    if isinstance(value, (tuple, list)):
        return [frozen(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return frozen(vars(value))
    return repr(value) if isinstance(value, (str, int, float, type(None))) else id(value)


RULE = re.compile(r"(\w+\.)?\w+: [\w. ]+ must be [^\n]+; got [^\n]+[.?]")


@pytest.mark.parametrize(("row", "kind", "says", "function", "args", "options", "spoils"), REFUSED)
def test_a_bad_call_meets_one_sentence_and_loses_nothing(row, kind, says, function, args, options, spoils):
    before = frozen((args, options))

    with pytest.raises((Exception, Warning)) as caught:
        function(*args, **options)

    message = str(caught.value)
    assert caught.type is kind and RULE.fullmatch(message) and len(message) < 320, message
    for part in says:
        assert part in message
    assert spoils or frozen((args, options)) == before


@accepts(10)
@accepts(11)
@pytest.mark.parametrize("name", NAMED)
def test_lists_integers_and_booleans_are_taken_for_arrays_of_floats(name):
    cell = NAMED[name]
    p, _, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(1), T, B, D, H)
    ones = np.random.default_rng(2).integers(0, 2, (T, B, D))
    trace = bptt.forward(cell, p, ones.astype(float), state)
    expected = frozen((trace.states, bptt.deltas(cell, p, trace, dhs)))

    for xs in (ones, ones.tolist(), ones.astype(bool), (ones * 1.0).tolist(), tuple(ones.tolist())):
        trace = bptt.forward(cell, p, xs, tuple(s.tolist() for s in state))

        assert frozen((trace.states, bptt.deltas(cell, p, trace, dhs.tolist()))) == expected


@accepts(36)
@pytest.mark.parametrize("value", [np.nan, 7.0])
@pytest.mark.parametrize("name", NAMED)
def test_parameters_written_into_after_the_forward_pass_are_refused(name, value):
    cell = NAMED[name]
    p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(1), T, B, D, H)
    for field, w in zip(p._fields, p):
        trace, at = bptt.forward(cell, p, xs, state), tuple(n - 1 for n in w.shape)
        old, w[at] = w[at], value
        for function, given in ((bptt.deltas, (dhs,)), (bptt.backward, (dhs,)), (bptt.lags, (dhs,)),
                                (bptt.gradient, (trace.zs, state)), (analysis.jacobians, ())):
            with pytest.raises(ValueError) as caught:
                function(cell, p, trace, *given)

            assert RULE.fullmatch(str(caught.value))
            assert (f"p.{field} must be as in the forward pass, {old:.6g} at {list(at)}; got {value:.6g}. "
                    "Written into? Make new arrays, or run forward again.") in str(caught.value)
        w[at] = old
        bptt.backward(cell, p, trace, dhs)
    p.b[0] = 0.0
    trace = bptt.forward(cell, p, xs, state)
    p.b[0] = -0.0                                     # other bytes, the same number
    bptt.backward(cell, p, trace, dhs)


@accepts(36)
def test_a_trace_cannot_be_written_into_nor_given_other_arrays():
    with pytest.raises(ValueError, match="read-only"):
        TRACE.hs[0] = 1
    with pytest.raises(AttributeError, match="cannot assign"):
        TRACE.xs = XS


def test_an_array_of_pytorch_itself_is_refused(torch):
    for tensor in (torch.tensor(XS), torch.tensor(XS, requires_grad=True)):
        with pytest.raises(TypeError, match=r"xs must be a numpy.ndarray; got torch.Tensor. Use xs.detach\(\)"
                           r".numpy"):
            bptt.forward(lstm, P, tensor)
    with pytest.raises(TypeError, match=r"xs must be an array, or a list of numbers; got a list of "
                       r"torch.Tensor\."):
        bptt.forward(lstm, P, list(torch.tensor(XS, requires_grad=True)))


# Widgets

EVIL = "<img src=x onerror=alert(1)>"
SENTENCE = f"A line of 20 characters and more with {EVIL} in it."


def live(describe=lambda gain: f"The gain is now {gain:.2f}, as it says.", code=None, seen=None):
    """A live figure of one slider; the gains that were drawn go to `seen`."""
    def draw(ax):
        line, = ax.plot([0, 1], [0, 1])

        def update(gain):
            if seen is not None:
                seen.append(gain)
            line.set_ydata([0, gain])
            return [line]
        return update

    return widgets.live_figure(draw, {"gain": widgets.slider("gain", 0.5, 0.0, 1.0, 0.05)}, describe,
                               code=code)


for what, kind, said, given in (
        ("draw", E, "draw must be a function; got None.", (None, {"k": widgets.slider("k", 0, 0, 9)}, str)),
        ("no control", E, "controls must be a dict {name: control}, such as a slider; got {}.",
        (print, {}, str)),
        ("numbers for controls", E, "controls must be a dict {name: control}", (print, {"k": 3}, str)),
        ("describe", E, "describe must be a function; got 'k'.",
        (print, {"k": widgets.slider("k", 0, 0, 9)}, "k"))):
    refuse("W5", what, kind, f"widgets.live_figure: {said}", widgets.live_figure, *given)
refuse("W5", "no such choice", V, "widgets.predict: answer must be one of ['a', 'b']; got 'c'.",
       widgets.predict,
       "Which?", ["a", "b"], "c", "so it is")
refuse("W5", "an answer of nan", V, "widgets.predict_number: answer must be a finite number; got nan.",
       widgets.predict_number, "How many?", float("nan"), "so it is", 0.1)


@accepts("W3")
@pytest.mark.parametrize("bad", [1e6, float("nan"), 0.52, "0.5", True, None], ids=str)
def test_a_control_takes_no_other_value_than_its_own_and_keeps_the_last_picture(bad):
    seen = []
    figure = live(seen=seen)
    good = figure.png

    with pytest.raises(ValueError, match=r"gain must be one of 0.00 … 1.00 \(21 values\); got "):
        figure.controls["gain"].value = bad

    assert seen == [0.5] and figure.png == good
    figure.controls["gain"].value = 0.25
    assert seen[-1] == 0.25 and figure.error is None


@accepts("W3")
def test_a_text_longer_than_any_number_is_not_read():
    number, complaint = widgets.read_number("1" * 12_000)

    assert number is None and complaint == "A number has at most 40 characters; got 12,000."
    assert widgets.read_number("-0.12345678901234567e-100")[0] == -0.12345678901234567e-100


def shown():
    """Return the HTML of everything of ours that shows a text, by name; each was given EVIL."""
    number = widgets.predict_number(f"How large is {EVIL}?", 0.5, f"of {EVIL}.", 0.1)
    number.say(EVIL)
    choice = widgets.predict(f"Which {EVIL}?", [EVIL, "other"], EVIL, f"of {EVIL}.", reveal=f"a {EVIL}")
    choice.say(EVIL)
    figure = live(describe=lambda gain: SENTENCE, code=lambda gain: EVIL)

    def fails(gain):
        raise ValueError(EVIL)

    failing, told = live(), []
    failing.painter.update, failing.send = fails, lambda message, buffers=(): told.append(message)
    failing._hear(None, {"kind": "paint", "state": [3]}, ())
    assert EVIL in told[0]["sentence"]                  # shown as text
    drawing = lambda ax: ax.plot([0, 1])
    stored = lambda widget: widget._repr_mimebundle_()["text/html"]
    backward = lambda *given: {f"d{EVIL}": given[-1]}
    return {
        "a question for a number": stored(number), "the box": number.judge(EVIL)[0]["html"],
        "a question": stored(choice), "the question alive": choice.question["text"],
        "its choices": choice.question["choices"][0], "its verdict": choice.answered["html"],
        "what it covered": choice.question["reveal"], "a live figure": stored(figure),
        "a picture": figures.picture(drawing, SENTENCE).html,
        "a text that is not stored": widgets.unstored(EVIL, SENTENCE).now,
        "what stands for it": stored(widgets.unstored(EVIL, SENTENCE)),
        "a report": check(lambda i: SQUARE(i[EVIL]), {EVIL: X}, {EVIL: 2 * X})._repr_html_(),
        "a place": gradcheck.locate(rnn, *gradcheck.designed_point(rnn, rng), backward)._repr_html_(),
    }


@accepts("W4")
def test_a_tag_in_any_text_is_shown_and_not_obeyed():
    for name, html in shown().items():
        assert "<img src=x" not in html and "&lt;img src=x onerror=alert(1)&gt;" in html, name


# A cell that is run before the one above it ends in Python's NameError, which names what is missing: no
# code of ours is reached, and there is nothing of ours to test.

@accepts("W5")
def test_a_slider_dragged_fast_ends_where_a_slow_one_does():
    seen, gains = [], np.linspace(0, 1, 21).round(2).tolist() * 3
    fast, slow = live(seen=seen), live()
    for gain in gains:
        for _ in range(2):
            fast.controls["gain"].value = gain
    slow.controls["gain"].value = gains[-1]

    assert seen == [0.5, *gains]                      # nothing twice, nothing left out
    assert (fast.png, fast.sentence) == (slow.png, slow.sentence)


@accepts("W5")
def test_a_button_pressed_ten_times_does_what_it_did_at_first():
    question, figure = widgets.predict("Which?", ["a", "b"], "a", "it is so.", reveal="a table"), live()
    figure.controls["gain"].value = 1.0
    question.say("b")
    figure.reset()
    said, picture = question.answered, figure.png

    for _ in range(10):
        question.say("a")
        figure.reset()

    assert (question.answered, figure.png) == (said, picture)
    assert said["right"] is False and figure.values == figure.initial


def test_every_row_is_covered_once():
    tested = {case.values[0] for case in REFUSED} | ACCEPTED
    for row in ROWS:
        assert [row in tested, row in ELSEWHERE, row in WHY_NOT].count(True) == 1, f"row {row}: {ROWS[row]}"
    assert {*tested, *ELSEWHERE, *WHY_NOT} == {*ROWS} and [*ROWS][:50] == [*range(1, 51)]
    for place in ELSEWHERE.values():
        name, test = place.split("::")
        (file,) = Path(__file__).parents[1].rglob(name)
        assert f"\ndef {test}(" in file.read_text(encoding="utf-8"), place
