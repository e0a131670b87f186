"""The checkers of notebook 17: solutions pass, stubs are recognised, every slip is named."""

from itertools import pairwise

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, losses, lstm, rnn, sequences
from rnnlib.course import exercises
from rnnlib.course.exercises import many_lengths


def last_of_both(output, lengths, wrong=None):
    T, B, H = (*output.shape[:2], output.shape[2] // 2)
    b, n = np.arange(B), lengths - 1
    rows = {
        "last row": (0 * n + T - 1,) * 2, "both n": (n, n), "both 0": (0 * n, 0 * n),
        "back T": (n, 0 * n + T - 1),
        "ahead T": (0 * n + T - 1, 0 * n), "exchanged rows": (0 * n, n), "early": (n - 1, 0 * n),
        "late": (np.minimum(n + 1, T - 1), 0 * n), "longest": (0 * n + n.max(), 0 * n),
        "first": (0 * n + n[0], 0 * n),
    }.get(wrong, (n, 0 * n))
    halves = output[rows[0], b, :H], output[rows[1], b, H:]
    if wrong in ("mean", "max"):
        return getattr(output, wrong)(axis=0)
    return np.concatenate(halves[::-1] if wrong == "halves" else halves, axis=-1)


def masked_deltas(W_h, gates, cs, dhs, mask, wrong=None):
    delta, dh_next, dc_next = np.zeros_like(gates), 0.0 * dhs[0], 0.0 * dhs[0]
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        m = mask[t][:, None]
        m = {"inverted": ~m, "early": mask[t - 1][:, None], "ignored": np.ones_like(m),
             "late": mask[(t + 1) % len(mask)][:, None]}.get(wrong, m)
        dh, tanh_c = (m if wrong == "loss dropped" else 1) * dhs[t] + dh_next, np.tanh(cs[t + 1])
        dc = dc_next + dh * o * (1 - tanh_c**2)
        into = np.concatenate([dc * g, dc * cs[t], dc * i, dh * tanh_c], axis=-1)
        slopes = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)], axis=-1)
        delta[t] = (1 if wrong == "loud" else m) * into * slopes
        received = dc_next
        old = {"dc for dc_next": dc, "no dc": 0}.get(wrong, dc_next)
        new_h, new_c = delta[t] @ W_h, dc * f
        dh_next = np.where(m, new_h, 0 if wrong in ("no dh", "nothing") else dh)
        dc_next = np.where(m, new_c, 0 if wrong == "nothing" else old)
        if wrong == "besides":
            dh_next, dc_next = new_h + dh, new_c + received
        dc_next = new_c if wrong == "c not masked" else dc_next
    return delta


def one_mean(nats_1, mask_1, nats_2, mask_2, wrong=None):
    n, k = mask_1.sum(), mask_2.sum()
    s, t = nats_1[mask_1].sum(), nats_2[mask_2].sum()
    N = n + k
    size = nats_1.size + nats_2.size
    ones = np.ones(mask_1.shape), np.ones(mask_2.shape)
    return {
        "means": ((s / n + t / k) / 2, mask_1 / n / 2, mask_2 / k / 2),
        "added": (s / n + t / k, mask_1 / n, mask_2 / k),
        "size": ((s + t) / size, mask_1 / size, mask_2 / size),
        "no mask": ((nats_1.sum() + nats_2.sum()) / size, ones[0] / size, ones[1] / size),
        "padding summed": ((nats_1.sum() + nats_2.sum()) / N, ones[0] / N, ones[1] / N),
        "sequences": ((s + t) / (mask_1.shape[1] + mask_2.shape[1]),
                      *(m / (mask_1.shape[1] + mask_2.shape[1]) for m in (mask_1, mask_2))),
        "sum": (s + t, 1.0 * mask_1, 1.0 * mask_2), "sum L": (s + t, mask_1 / N, mask_2 / N),
        "undivided": ((s + t) / N, 1.0 * mask_1, mask_2 / N),
        "losses": ((s + t) / N, nats_1 * mask_1 / N, mask_2 / N),
        "everywhere": ((s + t) / N, mask_1 / N, ones[1] / N),
        "two": ((s + t) / N, mask_1 / N),
    }.get(wrong, ((s + t) / N, mask_1 / N, mask_2 / N))


def end_to_end(W_h, hs, dhs, starts, wrong=None):
    delta, back, dW = np.zeros_like(dhs), 0 * dhs[0], np.zeros_like(W_h)
    none = np.zeros_like(starts[0])
    at = lambda t: starts[t] if 0 <= t < len(starts) else none
    for t in reversed(range(len(dhs))):
        slope = {"no slope": 1, "slope before": 1 - hs[t]**2}.get(wrong, 1 - hs[t + 1]**2)
        delta[t] = slope * (dhs[t] + back)
        if wrong == "silent":
            delta[t] = np.where(starts[t][:, None], 0, delta[t])
        read = {"not reset": none, "nothing": none, "zeros late": at(t - 1), "zeros early": at(t + 1)}.get(
            wrong, starts[t])
        h = np.where(read[:, None], 0, hs[t])
        dW += delta[t].T @ (hs[t + 1] if wrong == "h_t" else h)
        cut = {"no cut": none, "nothing": none, "late": at(t + 1), "early": at(t - 1), "inverted": ~starts[t],
               "all": none | starts[t].any(), "always": ~none}.get(wrong, starts[t])
        back = np.where(cut[:, None], 0, delta[t] @ (W_h.T if wrong == "W_h.T" else W_h))
    if wrong == "one":
        return delta
    return delta, dW.T if wrong == "transposed" else dW


CHECKS = {
    exercises.check_last_of_both: (last_of_both, {
        "last row": "this is the last row", "both n": "first half is right. The reverse direction begins",
        "both 0": "second half is right. The forward", "back T": "not at row T - 1",
        "ahead T": "Row T - 1 is padding", "exchanged rows": "rows of the halves",
        "early": "one row too early",
        "late": "one row too late", "longest": "the longest one", "first": "row of the first one",
        "halves": "halves are exchanged", "mean": "a mean over the steps", "max": "largest value",
    }),
    exercises.check_masked_deltas: (masked_deltas, {
        "inverted": "mask is inverted", "early": "one step too early", "late": "one step too late",
        "loss dropped": "masked steps",
        "loud": "delta of a masked step is not zero", "nothing": "hands on nothing",
        "dc for dc_next": "dc_next as it came", "no dc": "nothing of its dc",
        "no dh": "nothing of its dh",
        "c not masked": "mask acts on dh", "besides": "besides what its formulas give",
    }),
    exercises.check_one_mean: (one_mean, {
        "means": "mean of the two means", "added": "the two means are added",
        "size": "padding is counted: divide",
        "no mask": "its losses too", "padding summed": "losses of the padding are in the sum",
        "sequences": "number of sequences", "sum": "this is the sum: divide", "sum L": "L: this is the sum",
        "undivided": "dL_1: it is not divided", "losses": "dL_1: it is the loss",
        "everywhere": "dL_2: it reaches the padding", "two": "return 3 things",
    }),
    exercises.check_end_to_end: (end_to_end, {
        "nothing": "nothing is cut: the state before", "no cut": "delta: nothing is cut",
        "late": "one step too late", "early": "one step too early", "silent": "a delta like any other",
        "inverted": "wrong way round", "W_h.T": "transpose belongs",
        "no slope": "slope of the tanh is missing",
        "slope before": "use hs[t + 1]", "all": "cuts all of the batch", "always": "carried back at all",
        "not reset": "dW_h: beside delta_t of a first step", "zeros late": "one row too late",
        "zeros early": "one row too early", "h_t": "h_t stands where", "transposed": "dW_h: it is transposed",
        "one": "two arrays",
    }),
}


def test_the_lstm_without_a_mask_is_open_and_its_cause_is_not_told():
    feedback = exercises.check_masked_deltas(lambda *inputs: masked_deltas(*inputs, wrong="ignored"))

    assert feedback.verdict == "open" and feedback.text.startswith("as it was found")
    assert "mask" not in feedback.text


@pytest.mark.parametrize("place", ["holes", "at the end", "in front", "no step at all"])
def test_the_masked_deltas_are_those_of_the_package(place):
    rng = np.random.default_rng(1)
    p, xs, state, dhs = gradcheck.designed_point(lstm, rng, 6, 4, 2, 3)
    end = sequences.mask([6, 2, 4, 1], 6)
    mask = {"holes": rng.random((6, 4)) < 0.6, "at the end": end, "in front": end[::-1].copy(),
            "no step at all": end & (np.arange(4) != 1)}[place]
    trace = bptt.forward(lstm, p, xs, state, mask)

    ours = many_lengths.masked_deltas(p.W_h, trace.kept.gates, trace.cs, dhs, mask)

    assert error(ours, bptt.deltas(lstm, p, trace, dhs)[0]) < 1e-14


def test_the_one_mean_is_the_masked_mean_of_the_losses():
    rng = np.random.default_rng(2)
    logits, targets = rng.normal(size=(6, 5, 3)), rng.integers(3, size=(6, 5))
    mask, nats = sequences.mask([6, 2, 4, 1, 3], 6), losses.cross_entropy(logits, targets)

    L, first, second = one_mean(nats[:, :2], mask[:, :2], nats[:, 2:], mask[:, 2:])

    whole, dlogits = losses.softmax_cross_entropy(logits, targets, mask, mean=True)
    assert error(L, whole) < 1e-14
    one = np.concatenate([first, second], axis=1)[..., None] * (losses.softmax(logits) - np.eye(3)[targets])
    assert error(one, dlogits) < 1e-14


def test_sequences_end_to_end_have_the_gradient_of_each_alone():
    rng = np.random.default_rng(3)
    p = rnn.Params(rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=3))
    xs, dhs, cuts = rng.normal(size=(9, 2)), rng.normal(size=(9, 1, 3)), (0, 2, 6, 9)
    hs, starts, alone, dW = np.zeros((10, 1, 3)), np.zeros((9, 1), bool), np.zeros((9, 1, 3)), 0
    for a, b in pairwise(cuts):
        trace = bptt.forward(rnn, p, xs[a:b])
        hs[a + 1:b + 1, 0], starts[a] = trace.hs[1:], True
        delta, first = bptt.deltas(rnn, p, trace, dhs[a:b, 0])
        alone[a:b, 0] = delta
        dW = dW + bptt.gradient(rnn, p, trace, delta, first).params.W_h

    delta, found = end_to_end(p.W_h, hs, dhs, starts)

    assert error(delta, alone) < 1e-14 and error(found, dW) < 1e-14
