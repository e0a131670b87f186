"""Every array of the forward and the backward pass agrees with Keras, run on PyTorch, in float64.

Outside TensorFlow Keras calls the product of two float64 arrays float32, whatever dtype and floatx say
(keras-team/keras issues 23223 and 23704): every cell but the unmasked LSTM and GRU is rounded by it, to
1e-7 or so. A fixture mends that one entry of its table of promotions; the layers themselves are untouched.
"""

from importlib import import_module

import numpy as np
import pytest
from helpers import arrays, error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, layers, lstm, rnn, sequences, trees

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")

CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}
LAYERS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU", "gru_original": "GRU"}
every_cell = pytest.mark.parametrize("name", CELLS)
forwards_and_backwards = pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
T, B, D, H = 6, 4, 2, 3


@pytest.fixture(scope="module")
def keras(torch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        module = pytest.importorskip(
            "keras", reason="Keras is not installed: `course.py test` without --light adds it")
        patch.setitem(import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE,
                      "float64", "float64")
        assert module.backend.backend() == "torch"
        assert module.backend.result_type("float64", "float64") == "float64"
        yield module


@pytest.fixture
def layer(keras):
    """Return a function that makes a layer of Keras with random weights, or with those given."""

    def make(name, rng=None, weights=None, D=D, H=H, **options):
        if "gru" in name:
            options["reset_after"] = name == "gru"
        options = {"return_sequences": True, "return_state": True, **options}
        made = getattr(keras.layers, LAYERS[name])(H, dtype="float64", **options)
        made.build((None, None, D))
        made.set_weights(weights or [0.6 * rng.normal(size=w.shape) for w in made.get_weights()])
        return made

    return make


@pytest.fixture
def run(torch):
    """Return a function that runs a layer on xs (T, B, D): hs, last states, and all gradients by name."""

    def run(theirs, xs, state, dhs, dlast, mask=None):
        x = torch.tensor(xs.swapaxes(0, 1).copy(), requires_grad=True)
        given = [torch.tensor(s, requires_grad=True) for s in state]
        mask = None if mask is None else torch.tensor(mask.T.copy())
        hs, *last = theirs(x, initial_state=given, mask=mask)
        loss = (hs * torch.tensor(dhs.swapaxes(0, 1).copy())).sum() + sum(
            (s * torch.tensor(d)).sum() for s, d in zip(last, dlast, strict=True))
        loss.backward()
        return hs.detach().numpy().swapaxes(0, 1), [s.detach().numpy() for s in last], {
            "weights": [w.value.grad.numpy() for w in theirs.trainable_weights],
            "xs": x.grad.numpy().swapaxes(0, 1), "state": [s.grad.numpy() for s in given]}

    return run


def some_sequences(cell, rng, T=T, B=B, D=D, H=H):
    """Return xs, the initial state, and what a loss sends into every step and the last states."""
    _, xs, state, dhs = gradcheck.designed_point(cell, rng, T, B, D, H)
    return xs, state, dhs, tuple(rng.normal(size=s.shape) for s in state)


def agree(cell, ours, found):
    """Tell how far our gradients and Keras' are apart, its weights brought in and ours brought out."""
    params = interop.from_keras(cell, found["weights"], gradient=True)
    out = interop.to_keras(cell, ours.params, gradient=True)
    return max(error(arrays(ours), (*params, found["xs"], *found["state"])), error(out, found["weights"]))


@every_cell
@forwards_and_backwards
@pytest.mark.parametrize("seed", range(3))
def test_random_shapes_weights_and_states(name, backwards, seed, layer, run):
    cell, rng = CELLS[name], np.random.default_rng([seed, backwards])
    T = 1 + 2 * seed
    B, D, H = map(int, rng.choice(np.setdiff1d(np.arange(1, 9), T), 3, replace=False))
    xs, state, dhs, dlast = some_sequences(cell, rng, T, B, D, H)
    theirs = layer(name, rng, D=D, H=H, go_backwards=backwards)
    turn = sequences.reverse if backwards else lambda a: a              # Keras returns h in its own order

    p = interop.from_keras(cell, theirs.get_weights())
    trace = bptt.forward(cell, p, turn(xs), state)
    ours = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    hs, last, found = run(theirs, xs, state, dhs, dlast)

    assert error(trace.hs[1:], hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    assert agree(cell, ours._replace(xs=turn(ours.xs)), found) < 1e-12


@every_cell
@forwards_and_backwards
@pytest.mark.parametrize("zero", [False, True], ids=["repeated", "zero"])
def test_a_masked_step_carries_the_state_wherever_it_stands(name, backwards, zero, layer, run):
    cell, rng = CELLS[name], np.random.default_rng(11)
    xs, state, dhs, dlast = some_sequences(cell, rng)
    mask = np.array([[1, 1, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1]], bool).T
    theirs = layer(name, rng, go_backwards=backwards, zero_output_for_mask=zero)
    turn = sequences.reverse if backwards else lambda a: a              # the padding is turned as well
    steps = turn(mask[..., None])
    # Keras repeats its last output in a masked step: zero before the first one, where ours is h_0.
    shown = steps if zero else np.maximum.accumulate(steps)

    p = interop.from_keras(cell, theirs.get_weights())
    trace = bptt.forward(cell, p, turn(xs), state, steps[..., 0])
    ours = bptt.backward(cell, p, trace, dhs * shown, dlast=dlast)
    hs, last, found = run(theirs, xs, state, dhs, dlast, mask)

    assert not shown.all()
    assert error(trace.hs[1:] * shown, hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    assert agree(cell, ours._replace(xs=turn(ours.xs)), found) < 1e-12


@every_cell
def test_padding_is_masked_by_mask_zero_and_by_masking(name, keras, torch, layer):
    cell, rng = CELLS[name], np.random.default_rng(12)
    ids = np.array([[3, 1, 4, 1, 0, 0], [2, 0, 0, 0, 0, 0], [1, 2, 3, 4, 2, 3]])   # (B, T), 0 is padding
    table, dh = rng.normal(size=(5, D)), rng.normal(size=(3, H))
    table[0] = 0
    embedding = keras.layers.Embedding(5, D, mask_zero=True, dtype="float64")
    embedding.build()
    embedding.set_weights([table])
    theirs = layer(name, rng, return_sequences=False, return_state=False)
    h = theirs(embedding(torch.tensor(ids)))
    (h * torch.tensor(dh)).sum().backward()
    by_masking = theirs(keras.layers.Masking(dtype="float64")(torch.tensor(table[ids])))

    p = interop.from_keras(cell, theirs.get_weights())
    trace = bptt.forward(cell, p, table[ids.T], mask=ids.T != 0)
    dlast = (dh, *np.zeros((len(cell.STATES) - 1, 3, H)))
    ours = bptt.backward(cell, p, trace, np.zeros((6, 3, H)), dlast=dlast)

    assert error(trace.hs[-1], h.detach().numpy()) < 1e-12
    assert error(trace.hs[-1], by_masking.detach().numpy()) < 1e-12
    found = [w.value.grad.numpy() for w in theirs.trainable_weights]
    assert error(interop.to_keras(cell, ours.params, gradient=True), found) < 1e-12
    dtable = np.zeros_like(table)
    np.add.at(dtable, ids.T, ours.xs)
    assert error(dtable, embedding.trainable_weights[0].value.grad.numpy()) < 1e-12


@every_cell
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_a_bidirectional_layer_is_two_runs_one_of_them_reversed(name, masked, keras, layer, run):
    cell, rng = CELLS[name], np.random.default_rng(13)
    xs, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 2 * H))
    state, dlast = ([rng.uniform(-1, 1, (B, H)) for _ in 2 * cell.STATES] for _ in range(2))
    mask = sequences.mask([3, 6, 1, 4], T) if masked else None
    first, second = layer(name, rng), layer(name, rng, go_backwards=True)
    weights = [*first.get_weights(), *second.get_weights()]
    theirs = keras.layers.Bidirectional(first, backward_layer=second, dtype="float64")
    theirs.build((B, T, D))
    theirs.set_weights(weights)                                         # it has made its own
    hs, last, found = run(theirs, xs, state, dhs, dlast, mask)

    n, dxs, kept = len(cell.STATES), 0, mask[..., None] if masked else 1
    for k, turn in enumerate([lambda a: a, sequences.reverse]):
        half, mine = slice(k * H, (k + 1) * H), slice(k * n, (k + 1) * n)
        steps = turn(mask[..., None])[..., 0] if masked else None       # Keras turns the padding as well
        p = interop.from_keras(cell, weights[3 * k:3 * k + 3])
        trace = bptt.forward(cell, p, turn(xs), tuple(state[mine]), steps)
        ours = bptt.backward(cell, p, trace, turn((dhs * kept)[..., half]), dlast=tuple(dlast[mine]))
        dxs = dxs + turn(ours.xs)

        assert error(turn(trace.hs[1:]) * kept, hs[..., half]) < 1e-12
        assert error([s[-1] for s in trace.states], last[mine]) < 1e-12
        one = {"weights": found["weights"][3 * k:3 * k + 3], "xs": ours.xs, "state": found["state"][mine]}
        assert agree(cell, ours, one) < 1e-12
    assert error(dxs, found["xs"]) < 1e-12


@every_cell
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("directions", [1, 2])
def test_layers_upon_layers_are_a_stack(name, directions, masked, keras, torch, layer):
    cell, rng, units = CELLS[name], np.random.default_rng([14, directions]), [3, 5]
    n, widths = len(cell.STATES), [D, *(directions * H for H in units)]
    mask = np.array([[1, 1, 0, 1, 0, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]], bool).T
    mask, shown = (mask, mask[..., None]) if masked else (None, 1)
    xs, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, widths[-1])) * shown
    state, dlast = ([[rng.uniform(-1, 1, (B, H)) for _ in range(directions * n)] for H in units]
                    for _ in range(2))
    theirs = [layer(name, rng, D=width, H=H) for width, H in zip(widths, units)]
    if directions == 2:
        theirs = [keras.layers.Bidirectional(made, dtype="float64") for made in theirs]
        for made, width in zip(theirs, widths):
            made.build((B, T, width))
            made.set_weights([0.6 * rng.normal(size=w.shape) for w in made.get_weights()])
    x = torch.tensor(xs.swapaxes(0, 1).copy(), requires_grad=True)
    given = [[torch.tensor(s, requires_grad=True) for s in states] for states in state]
    steps, ys, last = None if mask is None else torch.tensor(mask.T.copy()), x, []
    for made, states in zip(theirs, given, strict=True):
        ys, *ends = made(ys, initial_state=states, mask=steps)
        last.append(ends)
    loss = (ys * torch.tensor(dhs.swapaxes(0, 1).copy())).sum() + sum(
        (s * torch.tensor(d)).sum() for ends, ds in zip(last, dlast) for s, d in zip(ends, ds, strict=True))
    loss.backward()

    nested = lambda each: tuple(tuple(e) if directions == 1 else (tuple(e[:n]), tuple(e[n:])) for e in each)
    flat = lambda tree: [leaf for _, leaf in trees.walk(tree)]
    p = interop.from_keras(cell, [made.get_weights() for made in theirs], stack=True)
    trace = layers.forward(cell, p, xs, nested(state), mask)
    ours = layers.backward(cell, p, trace, dhs, dlast=nested(dlast))

    assert masked == (mask is not None) and len(p) == 2
    assert error(trace.outputs * shown, ys.detach().numpy().swapaxes(0, 1) * shown) < 1e-12
    assert error(flat(trace.last), [s.detach().numpy() for ends in last for s in ends]) < 1e-12
    weights = [[w.value.grad.numpy() for w in made.trainable_weights] for made in theirs]
    assert error(interop.to_keras(cell, ours.params, gradient=True), weights) < 1e-12
    params = interop.from_keras(cell, weights, gradient=True, stack=True)
    assert error(flat(ours.params), flat(params)) < 1e-12
    assert error(ours.xs, x.grad.numpy().swapaxes(0, 1)) < 1e-12
    assert error(flat(ours.state), [s.grad.numpy() for states in given for s in states]) < 1e-12


@every_cell
def test_a_layer_takes_our_weights(name, layer, torch):
    cell = CELLS[name]
    p, xs, _, _ = gradcheck.designed_point(cell, np.random.default_rng(4), T, B, D, H)

    hs, *_ = layer(name, weights=interop.to_keras(cell, p))(torch.tensor(xs.swapaxes(0, 1).copy()))

    assert error(bptt.forward(cell, p, xs).hs[1:], hs.detach().numpy().swapaxes(0, 1)) < 1e-12


@every_cell
def test_a_layer_without_biases_comes_in_too(name, layer, torch):
    cell, rng = CELLS[name], np.random.default_rng(5)
    xs, theirs = rng.normal(size=(T, B, D)), layer(name, rng, use_bias=False)

    hs, *_ = theirs(torch.tensor(xs.swapaxes(0, 1).copy()))

    p = interop.from_keras(cell, theirs.get_weights())
    assert error(bptt.forward(cell, p, xs).hs[1:], hs.detach().numpy().swapaxes(0, 1)) < 1e-12
