"""Every array of the forward and the backward pass agrees with PyTorch, masks and reversal included."""

from functools import partial

import numpy as np
import pytest
from helpers import arrays, error, random_pytorch, run_pytorch

from rnnlib import bptt, gradcheck, gru, interop, lstm, rnn, sequences

CELLS = {"RNN": rnn, "LSTM": lstm, "GRU": gru}
every_layer = pytest.mark.parametrize("name", CELLS)


@pytest.fixture
def layer(torch):
    """Return a function that makes a layer of PyTorch with random weights, both biases among them."""
    return partial(random_pytorch, torch)


@pytest.fixture
def run(torch):
    """Return a function that runs a layer: hs, last states, and {name: gradient}, `xs` and `state` too.

    The states of a bidirectional layer have one more axis in front, (2, B, H); its hs are (T, B, 2H).
    """

    def run(theirs, xs, state, dhs, dlast, lengths=None):
        one = slice(None) if theirs.bidirectional else 0
        state, dlast = ([s if theirs.bidirectional else s[None] for s in given] for given in (state, dlast))
        hs, last, found, dxs, dstate = run_pytorch(torch, theirs, xs, state, dhs, dlast, lengths)
        return hs, [s[one] for s in last], found | {"xs": dxs, "state": [s[one] for s in dstate]}

    return run


def numbers(theirs, suffix=""):
    """Return the weights of one direction as interop takes them."""
    return direction({n: w.detach().numpy() for n, w in theirs.named_parameters()}, suffix)


def direction(named, suffix=""):
    return {n: named[n + suffix] for n in interop.PYTORCH_NAMES}


@every_layer
@pytest.mark.parametrize("seed", range(6))
def test_random_shapes_weights_and_states(name, seed, layer, run):
    cell, rng = CELLS[name], np.random.default_rng(seed)
    T = 1 + 2 * seed
    B, D, H = map(int, rng.choice(np.setdiff1d(np.arange(1, 9), T), 3, replace=False))
    _, xs, state, dhs = gradcheck.designed_point(cell, rng, T, B, D, H)
    dlast, theirs = tuple(rng.normal(size=s.shape) for s in state), layer(name, rng, D, H)

    p = interop.from_pytorch(cell, numbers(theirs))
    trace = bptt.forward(cell, p, xs, state)
    ours = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    hs, last, found = run(theirs, xs, state, dhs, dlast)

    assert error(trace.hs[1:], hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    params = interop.from_pytorch(cell, direction(found), gradient=True)
    assert error(arrays(ours), (*params, found["xs"], *found["state"])) < 1e-12
    out = interop.to_pytorch(cell, ours.params, gradient=True)
    assert error(list(out.values()), list(direction(found).values())) < 1e-12     # both biases' too
    if name != "GRU":
        assert error(found["bias_ih_l0"], found["bias_hh_l0"]) < 1e-14            # two, and one gradient


@every_layer
def test_a_layer_takes_our_weights(name, torch):
    cell, (T, B, D, H) = CELLS[name], (6, 4, 2, 3)
    p, xs, _, _ = gradcheck.designed_point(cell, np.random.default_rng(4), T, B, D, H)
    theirs = getattr(torch.nn, name)(D, H, dtype=torch.float64)

    theirs.load_state_dict({n: torch.tensor(w) for n, w in interop.to_pytorch(cell, p).items()})

    assert error(bptt.forward(cell, p, xs).hs[1:], theirs(torch.tensor(xs))[0].detach().numpy()) < 1e-12


@every_layer
def test_cells_and_layers_without_biases_come_in_too(name, torch):
    cell, (T, B, D, H) = CELLS[name], (6, 4, 2, 3)
    xs = np.random.default_rng(5).normal(size=(T, B, D))
    single = getattr(torch.nn, f"{name}Cell")(D, H, dtype=torch.float64)
    bare = getattr(torch.nn, name)(D, H, bias=False, dtype=torch.float64)
    p, q = (interop.from_pytorch(cell, {n: w.numpy() for n, w in m.state_dict().items()})
            for m in (single, bare))

    first = single(torch.tensor(xs[0]))
    first = first[0] if name == "LSTM" else first

    assert error(bptt.forward(cell, p, xs).hs[1], first.detach().numpy()) < 1e-12
    assert error(bptt.forward(cell, q, xs).hs[1:], bare(torch.tensor(xs))[0].detach().numpy()) < 1e-12
    assert not any(b.any() for b in q[2:])


@every_layer
def test_a_masked_run_is_a_packed_sequence(name, layer, run):
    cell, rng, lengths, (T, B, D, H) = CELLS[name], np.random.default_rng(11), [3, 7, 1, 6], (7, 4, 2, 5)
    _, xs, state, dhs = gradcheck.designed_point(cell, rng, T, B, D, H)
    mask, dlast = sequences.mask(lengths, T), tuple(rng.normal(size=s.shape) for s in state)
    dhs, theirs = dhs * mask[..., None], layer(name, rng, D, H)       # PyTorch's outputs are zero there

    p = interop.from_pytorch(cell, numbers(theirs))
    trace = bptt.forward(cell, p, xs, state, mask)
    ours = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    hs, last, found = run(theirs, xs, state, dhs, dlast, lengths)

    assert error(trace.hs[1:] * mask[..., None], hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    params = interop.from_pytorch(cell, direction(found), gradient=True)
    assert error(arrays(ours), (*params, found["xs"], *found["state"])) < 1e-12


@every_layer
@pytest.mark.parametrize("lengths", [None, [4, 6, 2]], ids=["whole", "masked"])
def test_a_bidirectional_layer_is_two_runs_one_of_them_reversed(name, lengths, layer, run):
    cell, rng, (T, B, D, H) = CELLS[name], np.random.default_rng(12), (6, 3, 2, 5)
    xs, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 2 * H))
    state, dlast = ([rng.uniform(-1, 1, (2, B, H)) for _ in cell.STATES] for _ in range(2))
    mask = None if lengths is None else sequences.mask(lengths, T)
    kept = 1 if mask is None else mask[..., None]
    theirs = layer(name, rng, D, H, bidirectional=True)
    hs, last, found = run(theirs, xs, state, dhs * kept, dlast, lengths)

    dxs = 0
    for k, suffix in enumerate(["", "_reverse"]):
        turn = (lambda a: sequences.reverse(a, mask)) if k else (lambda a: a)
        half = slice(k * H, (k + 1) * H)
        p = interop.from_pytorch(cell, numbers(theirs, suffix))
        trace = bptt.forward(cell, p, turn(xs), tuple(s[k] for s in state), mask)
        ours = bptt.backward(cell, p, trace, turn((dhs * kept)[..., half]), dlast=tuple(d[k] for d in dlast))
        dxs = dxs + turn(ours.xs)

        assert error(turn(trace.hs[1:]) * kept, hs[..., half]) < 1e-12
        assert error([s[-1] for s in trace.states], [s[k] for s in last]) < 1e-12
        assert error(ours.state, tuple(d[k] for d in found["state"])) < 1e-12
        params = interop.from_pytorch(cell, direction(found, suffix), gradient=True)
        assert error(tuple(params), tuple(ours.params)) < 1e-12
    assert error(dxs, found["xs"]) < 1e-12
