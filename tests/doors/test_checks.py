"""A grid of rubbish for every argument of every public function, and what the checks themselves promise."""

import inspect
import re

import numpy as np
import pytest

from rnnlib import (
    activations,
    analysis,
    bptt,
    checkpoints,
    dynamics,
    gradcheck,
    gru,
    gru_original,
    interop,
    layers,
    losses,
    lstm,
    readout,
    rnn,
    rtrl,
    sequences,
    tasks,
    training,
)
from rnnlib.doors import checks

rng = np.random.default_rng(0)
P, XS, (H0,), DHS = gradcheck.designed_point(rnn, rng)               # T=5, B=4, D=2, H=3
TRACE = bptt.forward(rnn, P, XS, H0)
Q = readout.init(rng, H=3, K=6)
LOGITS, IDS = rng.normal(size=(5, 4, 6)), rng.integers(6, size=(5, 4))
SOFT = rng.dirichlet(np.ones(6), (5, 4))
X, MODEL, GRU = np.array([1.0, 2.0]), training.Model(P, Q), gru_original.init(rng, 2, 3)
STACK = (P, rnn.init(rng, 3, 3))
STACKED, ACTIONS = layers.forward(rnn, STACK, XS), checkpoints.schedule(5, every=2)
VOCABULARY = tasks.vocabulary("abc")
quadratic = lambda params, batch, state: ((params**2).sum(), 2 * params, state)
ADAM, MOMENTUM, SGD = training.adam(0.1), training.momentum(0.1), training.sgd(0.1)


class Tensor:
    """Stands for an array of another library."""

    shape = (5, 4, 2)

    def __array__(self, dtype=None, copy=None):
        return XS


Tensor.__module__ = "torch"

RUBBISH = [None, 3, -1, 2.5, "abc", b"x", [], {}, (), [[1, 2], [3]], object(), np.float64(1), Tensor(), np,
           np.array("abc"), np.array(None), np.zeros(0), np.array(1.0), np.ones(7), np.ones((7, 1)),
           np.ones((5, 4, 3, 2)), np.ones((5, 4), int), np.ones((5, 4), bool), np.full((5, 4, 3), np.nan),
           XS.astype("f"), XS.astype("e"), XS + 0j, np.ma.array(XS), P, Q, TRACE, rnn.shapes(2, 3),
           rnn.Params(None, None, None), P._replace(W_h=None), P._replace(W_x=np.ones(3)),
           Q._replace(W_y=np.ones(3)),
           readout.Params(None, "b")]
DOORS = {                                              # a function, and arguments it accepts
    rnn.init: (rng, 2, 3),
    readout.init: (rng, 3, 6),
    readout.forward: (Q, TRACE.hs),
    readout.backward: (Q, TRACE.hs[1:], LOGITS),
    bptt.forward: (rnn, P, XS, H0),
    bptt.deltas: (rnn, P, TRACE, DHS),
    bptt.backward: (rnn, P, TRACE, DHS),
    bptt.lags: (rnn, P, TRACE, DHS, H0),
    bptt.lagged_deltas: (rnn, P, TRACE, DHS, 2),
    bptt.by_loss: (np.ones((2, 5)),),
    bptt.gradient: (rnn, P, TRACE, DHS, (H0,)),
    losses.log_softmax: (LOGITS,),
    losses.softmax: (LOGITS,),
    losses.cross_entropy: (LOGITS, IDS),
    losses.softmax_cross_entropy: (LOGITS, SOFT, np.ones((5, 4), bool)),
    losses.squared_error: (LOGITS, SOFT),
    losses.last_step: (5, 4),
    losses.one_hot: (IDS, 6),
    gradcheck.check: (lambda x: 1.0, X, 2 * X),
    gradcheck.check_cell: (rnn, P, XS, H0, DHS),
    gradcheck.numerical_deltas: (rnn, P, TRACE, DHS),
    gradcheck.stacked_loss: (rnn, DHS),
    gradcheck.designed_point: (rnn, rng, 2, 3),
    gradcheck.blind_spots: (P, TRACE, DHS),
    gradcheck.taylor_rate: (lambda x: 1.0, X, 2 * X, rng),
    gradcheck.dot_product_test: (lambda x: np.ones(2), X, lambda x, u: 2 * X * u, rng),
    gradcheck.numerical_gradient: (lambda x: 1.0, X),
    gru.init: (rng, 2, 3),
    gru_original.init: (rng, 2, 3),
    lstm.init: (rng, 2, 3, 1.0),
    gradcheck.locate: (rnn, P, XS, H0, DHS),
    sequences.mask: ([2, 1], 4),
    sequences.reverse: (XS, np.ones((5, 4), bool)),
    training.zero_state: (rnn, MODEL, 4),
    training.sequence_loss: (rnn, MODEL, XS, IDS, H0),
    training.fit: (quadratic, X, [1], ADAM),
    training.sample: (rnn, training.Model(rnn.init(rng, 6, 3), Q), H0[0], 2, 3, rng),
    training.sgd: (0.1,),
    training.momentum: (0.1, 0.9),
    training.adam: (0.1, 0.9, 0.999, 1e-8),
    training.decay: (0.1, 0.5, 2),
    training.clip_by_norm: (MODEL, 1.0),
    training.clip_by_value: (MODEL, 1.0),
    SGD.start: (MODEL,),
    SGD.step: (MODEL, MODEL, 0),
    MOMENTUM.step: (MODEL, MODEL, MOMENTUM.start(MODEL)),
    ADAM.step: (MODEL, MODEL, ADAM.start(MODEL)),
    activations.cell: ("tanh",),
    activations.functions: ("tanh",),
    analysis.jacobians: (rnn, P, TRACE),
    analysis.products: (np.ones((5, 3, 3)), 2),
    analysis.products_from: (np.ones((5, 3, 3)), 2),
    analysis.singular_values: (np.eye(3), 1),
    analysis.spectral_norm: (np.eye(3),),
    analysis.spectral_radius: (np.eye(3),),
    analysis.pascanu_bound: (np.eye(3), 2, 1.0),
    analysis.loss_state_norms: (rnn, P, TRACE, DHS, "h"),
    analysis.lag_norms: (rnn, P, TRACE, DHS, "h"),
    analysis.truncation_bias: (rnn, P, TRACE, DHS, "windows"),
    analysis.frozen_loss: (rnn, P, TRACE, DHS),
    dynamics.iterate: (1.0, 0.0, 0.5, 3, "tanh"),
    dynamics.fixed_points: (2.0, 0.0, "tanh"),
    dynamics.folds: (2.0, "tanh"),
    dynamics.cliff: (5.0, -2.0, 0.5, 3, 0.7, "sigmoid"),
    dynamics.carousel: (3, 0.1, 0.9),
    dynamics.retention: (1.0, 3),
    dynamics.half_life: (1.0,),
    dynamics.influence: (3,),
    dynamics.balance: (2, 10, 1e-4, 0.5),
    dynamics.orthogonal: (rng, 3),
    dynamics.recurrent: (rng, 3, 0.9, 0.1),
    tasks.vocabulary: ("abc",),
    tasks.split_words: ("a b",),
    tasks.embeddings: (rng, 3, 2, 0.1, float),
    tasks.streams: ([1, 2, 3], 2),
    tasks.windows: (np.arange(4), 2),
    tasks.adding: (rng, 4, 2, False),
    tasks.copy: (rng, 4, 2, 8, 3),
    tasks.copy_baseline: (4, 8, 3),
    tasks.adding_baseline: (False,),
    VOCABULARY.ids: ("abc",),
    VOCABULARY.tokens_of: ([0, 1],),
    VOCABULARY.text: ([0, 1],),
    layers.forward: (rnn, STACK, XS),
    layers.backward: (rnn, STACK, STACKED, STACKED.outputs),
    rtrl.start: (rnn, P, H0[0]),
    rtrl.step: (rnn, P, XS[0, 0], rtrl.start(rnn, P)),
    rtrl.loss_gradient: (rnn, P, rtrl.start(rnn, P), H0[0]),
    rtrl.gradient: (rnn, P, XS[:, 0], DHS[:, 0]),
    checkpoints.schedule: (5,),
    checkpoints.fewest_again: (5, 2),
    checkpoints.cost: (ACTIONS, 1, 1),
    checkpoints.held: (ACTIONS,),
    checkpoints.backward: (rnn, P, XS, DHS, (H0,)),
    interop.to_pytorch: (rnn, P),
    interop.to_keras: (rnn, P),
    interop.to_onnx: (rnn, P),
    interop.from_pytorch: (rnn, interop.to_pytorch(rnn, P)),
    interop.from_keras: (rnn, interop.to_keras(rnn, P)),
    interop.from_onnx: (rnn, interop.to_onnx(rnn, P)),
}
# What has no door: the formulas of a cell, what runs without checks, and what takes nothing.
INSIDE = {"shapes", "split", "rows", "step", "step_backward", "gradient", "sigmoid", "unroll", "balancing",
          "allow_complex"}
OURS = re.compile(r"^[\w. ]+: [\w. ]+ must be .+; got .+\.", re.DOTALL)


def public():
    """Return every function of the package that is written for others, but for those of the course."""
    modules = (activations, analysis, bptt, checkpoints, dynamics, gru, gru_original, interop, layers, losses,
               lstm, readout, rnn, rtrl, sequences, tasks)
    found = [f for module in modules for f in vars(module).values()
             if inspect.isfunction(f) and f.__module__ == module.__name__]
    found += [f for room in (gradcheck, training) for f in vars(room).values() if inspect.isfunction(f)]
    return [f for f in found if not f.__name__.startswith("_")]


def test_every_public_function_has_a_door():
    assert not [f for f in public() if f not in DOORS and f.__name__ not in INSIDE]


def options_of(door):
    """Return the names of the arguments that a function may be given besides those in DOORS."""
    further = [*inspect.signature(door).parameters.values()][len(DOORS[door]):]
    return [p.name for p in further if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name != "where"]


@pytest.mark.parametrize("door", DOORS, ids=lambda f: f"{f.__module__}.{f.__qualname__}")
def test_rubbish_in_any_argument_ends_in_a_sentence_of_ours(door):
    good, bad = DOORS[door], []
    attempts = [(i, junk, (*good[:i], junk, *good[i + 1:]), {}) for i in range(len(good)) for junk in RUBBISH]
    attempts += [(name, junk, good, {name: junk}) for name in options_of(door) for junk in RUBBISH]

    for name, junk, arguments, options in attempts:
        try:
            door(*arguments, **options)
        except Exception as error:
            if type(error) not in (ValueError, TypeError) or not OURS.match(str(error)):
                bad.append(f"argument {name}, {checks.short(junk)}: {type(error).__name__}: {error}")

    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:9])


def test_what_is_quoted_is_one_line_of_at_most_80_characters():
    values = *RUBBISH, np.eye(9).tolist(), (np.eye(9), np.eye(9)), "x" * 99
    quoted = [checks.short(value) for value in values]

    assert all("\n" not in text and 0 < len(text) <= 80 for text in quoted)
    assert checks.short((np.eye(2),)) == "(array([[1., 0.], [0., 1.]]),)"


@pytest.mark.parametrize("value", [10**400, -(10**400), np.inf, np.nan, np.float32("inf")])
def test_a_number_that_no_float_can_hold_is_refused(value):
    with pytest.raises(ValueError, match="here: rate must be a finite number; got "):
        checks.real("here", "rate", value)


@pytest.mark.parametrize("value", [True, "1", None, 1j, np.array(1.0), [1.0]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="here: rate must be a number > 0; got "):
        checks.positive("here", "rate", value)


def test_numbers_of_numpy_become_floats():
    for value in (2, 0.5, np.float32(0.5), np.int64(3)):
        number = checks.positive("here", "rate", value)

        assert type(number) is float and number == value


def test_a_number_too_large_for_the_parameters_is_named_and_not_warned_of():
    p = P._make(w.astype("f") for w in P)

    with pytest.raises(ValueError, match=r"xs must be finite; got inf at \[1, 0\]"):
        bptt.forward(rnn, p, [[0.0, 1.0], [1e300, 0.0]])


def test_bytes_in_the_other_order_get_a_sentence():
    p = rnn.init(np.random.default_rng(0), 2, 3)

    for name in p._fields:
        swapped = p._replace(**{name: getattr(p, name).astype(">f8")})
        with pytest.raises(TypeError, match=rf"p.{name} must be in native byte order; got >f8. Use p"):
            bptt.forward(rnn, swapped, np.ones((4, 2)))
    with pytest.raises(TypeError, match="xs must be in native byte order"):
        bptt.forward(rnn, p, np.ones((4, 2)).astype(">f8"))


def test_a_word_is_no_flag_and_a_dict_no_sequence():
    p = gru.init(np.random.default_rng(0), 2, 3)
    weights = interop.to_onnx(gru, p)

    with pytest.raises(TypeError, match="gradient must be True or False; got 'no'"):
        interop.to_pytorch(gru, p, gradient="no")
    with pytest.raises(TypeError, match="gradient must be True or False; got 'no'"):
        interop.from_onnx(gru, weights, gradient="no")
    with pytest.raises(ValueError, match=r"linear_before_reset must be 1 for gru; got '1'\.$"):
        interop.from_onnx(gru, {**weights, "linear_before_reset": "1"})
    with pytest.raises(TypeError, match=r"batches must be a sequence, .*; got {'a': 1}"):
        training.fit(lambda *a: None, p, {"a": 1}, training.adam(0.1))
