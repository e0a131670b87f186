"""Every array of the forward and the backward pass agrees with PyTorch, masks and reversal included."""

import numpy as np
import pytest
from helpers import arrays, error

from rnnlib import bptt, gradcheck, gru, lstm, rnn, sequences

torch = pytest.importorskip("torch")

CELLS = {"RNN": rnn, "LSTM": lstm, "GRU": gru}
both = pytest.mark.parametrize("name", CELLS)


def layer(name, p, **options):
    """Return PyTorch's layer with our parameters; the bias is split at random, where it may be."""
    (H, D), b, rng = (p.W_h.shape[1], p.W_x.shape[1]), p.b, np.random.default_rng(7)
    b_hh = rng.normal(size=b.shape)
    if name == "GRU":                                 # here the candidate's second bias cannot be moved
        b_hh[2 * H:] = p.b_n
        b = b - np.concatenate([b_hh[:2 * H], np.zeros(H)])
    else:
        b = b - b_hh
    theirs = getattr(torch.nn, name)(D, H, dtype=torch.float64, **options)
    with torch.no_grad():
        for w, ours in zip(theirs.parameters(), (p.W_x, p.W_h, b, b_hh)):
            w.copy_(torch.tensor(ours))
    return theirs


def run(theirs, xs, state, dhs, lengths=None, dlast=None):
    """Return PyTorch's hs, last state, and gradients: W_x, W_h, the two biases, xs, the states."""
    x = torch.tensor(xs, requires_grad=True)
    state = [torch.tensor(s[None], requires_grad=True) for s in state]
    given = x if lengths is None else torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor(lengths), enforce_sorted=False)
    hs, last = theirs(given, tuple(state) if len(state) == 2 else state[0])
    if lengths is not None:
        hs, _ = torch.nn.utils.rnn.pad_packed_sequence(hs, total_length=len(xs))
    last = last if isinstance(last, tuple) else (last,)
    loss = (hs * torch.tensor(dhs)).sum()
    if dlast is not None:
        loss = loss + sum((s[0] * torch.tensor(d)).sum() for s, d in zip(last, dlast, strict=True))
    loss.backward()
    found = [w.grad.numpy() for w in theirs.parameters()]
    return hs.detach().numpy(), [s.detach().numpy()[0] for s in last], found, x.grad.numpy(), [
        s.grad.numpy()[0] for s in state]


def expected(name, found, dxs, dstate, H):
    W_x, W_h, b, b_hh = found
    cell = (W_x, W_h, b, b_hh[2 * H:]) if name == "GRU" else (W_x, W_h, b)
    return (*cell, dxs, *dstate)


@both
@pytest.mark.parametrize("seed", range(6))
def test_random_shapes_and_states(name, seed):
    cell, rng = CELLS[name], np.random.default_rng(seed)
    T, B, D, H = rng.choice(np.arange(1, 9), 4, replace=False)
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, int(T), int(B), int(D), int(H))
    dlast = tuple(rng.normal(size=s.shape) for s in state)

    trace = bptt.forward(cell, p, xs, state)
    ours = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    hs, last, found, dxs, dstate = run(layer(name, p), xs, state, dhs, dlast=dlast)

    assert error(trace.hs[1:], hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    assert error(arrays(ours), expected(name, found, dxs, dstate, H)) < 1e-12
    if name != "GRU":
        assert error(found[2], found[3]) < 1e-14      # two biases, one gradient


@both
def test_a_masked_run_is_a_packed_sequence(name):
    cell, rng, lengths, T = CELLS[name], np.random.default_rng(11), [3, 7, 1, 6], 7
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, T, 4, 2, 5)
    mask, dlast = sequences.mask(lengths, T), tuple(rng.normal(size=s.shape) for s in state)
    dhs = dhs * mask[..., None]                       # PyTorch fills its outputs with zeros there

    trace = bptt.forward(cell, p, xs, state, mask)
    ours = bptt.backward(cell, p, trace, dhs, dlast=dlast)
    hs, last, found, dxs, dstate = run(layer(name, p), xs, state, dhs, lengths, dlast)

    assert error(trace.hs[1:] * mask[..., None], hs) < 1e-12
    assert error([s[-1] for s in trace.states], last) < 1e-12
    assert error(arrays(ours), expected(name, found, dxs, dstate, 5)) < 1e-12


@both
def test_reversed_within_the_mask_is_the_second_direction_of_a_bidirectional_layer(name):
    cell, rng, lengths, T = CELLS[name], np.random.default_rng(12), [4, 6, 2], 6
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, T, 3, 2, 5)
    mask = sequences.mask(lengths, T)
    dhs = dhs * mask[..., None]
    theirs = layer(name, p, bidirectional=True)
    with torch.no_grad():                             # the second direction gets our weights
        for first, second in zip(list(theirs.parameters())[:4], list(theirs.parameters())[4:]):
            second.copy_(first)
    both_ways = [np.stack([np.zeros_like(s), s]) for s in state]
    x = torch.tensor(xs, requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    given = [torch.tensor(s) for s in both_ways]
    out = theirs(packed, tuple(given) if len(given) == 2 else given[0])[0]
    hs = torch.nn.utils.rnn.pad_packed_sequence(out, total_length=T)[0][..., 5:]
    (hs * torch.tensor(dhs)).sum().backward()

    trace = bptt.forward(cell, p, sequences.reverse(xs, mask), state, mask)
    ours = bptt.backward(cell, p, trace, sequences.reverse(dhs, mask))

    assert error(sequences.reverse(trace.hs[1:], mask) * mask[..., None], hs.detach().numpy()) < 1e-12
    assert error(sequences.reverse(ours.xs, mask), x.grad.numpy()) < 1e-12
    found = [w.grad.numpy() for w in list(theirs.parameters())[4:]]
    assert error(tuple(ours.params), expected(name, found, x.grad.numpy(), [], 5)[:len(p)]) < 1e-12
