import math
import re
from itertools import islice
from typing import NamedTuple

import numpy as np
import pytest
from all_cells import CELLS, Linear
from helpers import error

from rnnlib import bptt, gradcheck, losses, lstm, readout, rnn, tasks, training, trees

T, B, D, H, K = 6, 4, 2, 3, 5


def model_of(cell, D=D, H=H, K=K, seed=0, dtype=np.float64):
    """Return a generic Model: every parameter, biases too, is drawn."""
    rng = np.random.default_rng(seed)
    p = cell.Params(*(rng.normal(0, 0.7, shape).astype(dtype) for shape in cell.shapes(D, H)))
    q = readout.Params(rng.normal(0, 0.7, (K, H)).astype(dtype), rng.normal(0, 0.7, K).astype(dtype))
    return training.Model(p, q)


def data(cell, T=T, dtype=np.float64):
    """Return xs (T, B, D), class ids (T, B), soft labels (T, B, K), a state and a mask (T, B)."""
    rng = np.random.default_rng(1)
    xs, state = rng.normal(size=(T, B, D)), [rng.uniform(-1, 1, (B, H)) for _ in cell.STATES]
    ids, soft = rng.integers(K, size=(T, B)), rng.dirichlet(np.ones(K), (T, B))
    mask = rng.random((T, B)) < 0.6
    return xs.astype(dtype), ids, soft, tuple(s.astype(dtype) for s in state), mask


def leaves(tree):
    return [leaf for _, leaf in trees.walk(tree)]


def same(a, b):
    """Are two trees the same, bit for bit?"""
    a, b = leaves(a), leaves(b)
    return len(a) == len(b) and all(np.array_equal(x, y) and np.asarray(x).dtype == np.asarray(y).dtype
                                    for x, y in zip(a, b, strict=True))


# The loss of a sequence


@pytest.mark.parametrize("masked", [False, True], ids=["all", "mask"])
@pytest.mark.parametrize("mean", [False, True], ids=["sum", "mean"])
@pytest.mark.parametrize("labels", ["hard", "soft"])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_the_loss_of_a_sequence_has_the_gradient_of_a_complex_step(cell, labels, mean, masked):
    xs, ids, soft, state, mask = data(cell)
    targets, mask = ids if labels == "hard" else soft, mask if masked else None

    def run(model):
        return training.sequence_loss(cell, model, xs, targets, state, mean=mean, mask=mask)

    report = gradcheck.check(lambda m: run(m)[0], model_of(cell), lambda m: run(m)[1], method="complex")

    assert report.ok, report


@pytest.mark.parametrize("cell", [rnn, lstm], ids=["rnn", "lstm"])
def test_loss_and_gradient_agree_with_pytorch(cell, torch):
    model, (xs, ids, _, state, _) = model_of(cell), data(cell)
    net = {rnn: torch.nn.RNN, lstm: torch.nn.LSTM}[cell](D, H).double()
    dense = torch.nn.Linear(H, K).double()
    theirs = [net.weight_ih_l0, net.weight_hh_l0, net.bias_ih_l0, dense.weight, dense.bias]
    with torch.no_grad():
        net.bias_hh_l0.zero_()
        for parameter, ours in zip(theirs, leaves(model), strict=True):
            parameter.copy_(torch.tensor(ours))

    start = tuple(torch.tensor(s[None]) for s in state)
    outputs, last = net(torch.tensor(xs), start if cell is lstm else start[0])
    expected = torch.nn.functional.cross_entropy(dense(outputs).flatten(0, 1), torch.tensor(ids).flatten())
    expected.backward()
    loss, gradient, after = training.sequence_loss(cell, model, xs, ids, state)

    assert isinstance(loss, float) and error(loss, expected.item()) < 1e-13
    assert error(leaves(gradient), [p.grad.numpy() for p in theirs]) < 1e-12
    assert error(after, [s[0].detach().numpy() for s in (last if cell is lstm else (last,))]) < 1e-13


@pytest.mark.parametrize("masked", [False, True], ids=["all", "mask"])
def test_the_mean_divides_loss_and_gradient_by_the_number_of_predictions(masked):
    xs, ids, _, state, mask = data(lstm)
    mask, count = (mask, mask.sum()) if masked else (None, T * B)

    total, gradient, last = training.sequence_loss(
        lstm, model_of(lstm), xs, ids, state, mean=False, mask=mask)
    mean, its_gradient, its_last = training.sequence_loss(lstm, model_of(lstm), xs, ids, state, mask=mask)

    assert error(total, mean * count) < 1e-14
    assert error(leaves(gradient), [count * g for g in leaves(its_gradient)]) < 1e-14
    assert same(last, its_last)


def test_padding_under_a_mask_changes_nothing():
    xs, ids, _, state, _ = data(lstm)
    lengths = np.array([6, 2, 5, 1])
    mask = np.arange(T)[:, None] < lengths
    other = np.where(mask[..., None], xs, 7.5), np.where(mask, ids, 4)

    loss, gradient, last = training.sequence_loss(
        lstm, model_of(lstm), xs, ids, state, mean=False, mask=mask)
    alone = [
        training.sequence_loss(lstm, model_of(lstm), xs[:n, b], ids[:n, b],
                               tuple(s[b] for s in state), mean=False)
        for b, n in enumerate(lengths)
    ]

    assert same((loss, gradient, last), training.sequence_loss(
        lstm, model_of(lstm), *other, state, mean=False, mask=mask))
    assert error(loss, sum(one[0] for one in alone)) < 1e-14
    assert error(leaves(gradient), [sum(g) for g in zip(*(leaves(one[1]) for one in alone))]) < 1e-13
    assert error(last, [np.stack([one[2][i] for one in alone]) for i in range(2)]) < 1e-14


@pytest.mark.parametrize("cell", [rnn, lstm], ids=["rnn", "lstm"])
def test_windows_with_a_carried_state_are_the_loss_of_the_whole_and_its_truncated_gradient(cell):
    model, (xs, ids, _, state, _) = model_of(cell), data(cell)
    run = lambda xs, ids, state, **options: training.sequence_loss(
        cell, model, xs, ids, state, mean=False, **options)

    whole, truncated, last = run(xs, ids, state, chunks=(2, 2))
    parts, carried = [], state
    for t in (0, 2, 4):
        *part, carried = run(xs[t:t + 2], ids[t:t + 2], carried)
        parts.append(part)
    full = run(xs, ids, state)[1]

    assert error(whole, sum(loss for loss, _ in parts)) < 1e-14
    assert error(leaves(truncated), [sum(g) for g in zip(*(leaves(g) for _, g in parts))]) < 1e-13
    assert error(carried, last) < 1e-14
    assert error(leaves(truncated.cell), leaves(full.cell)) > 1e-3
    assert error(leaves(truncated.readout), leaves(full.readout)) < 1e-14


def test_a_windows_gradient_is_exact_for_the_loss_with_the_entering_state_frozen():
    model, (xs, ids, _, state, _) = model_of(lstm), data(lstm, T=7)
    entering = training.sequence_loss(lstm, model, xs[:3], ids[:3], state)[2]

    def frozen(m):
        return training.sequence_loss(lstm, m, xs[3:], ids[3:], entering)

    def moving(m):
        before = bptt.forward(lstm, m.cell, xs[:3], state)
        return training.sequence_loss(lstm, m, xs[3:], ids[3:], tuple(s[-1] for s in before.states))

    exact = gradcheck.check(lambda m: frozen(m)[0], model, lambda m: frozen(m)[1], method="complex")
    truncated = gradcheck.check(lambda m: moving(m)[0], model, lambda m: moving(m)[1], method="complex")

    assert exact.ok, exact
    assert [v.verdict for v in truncated.verdicts] == ["wrong"] * 3 + ["right"] * 2


@pytest.mark.parametrize("options", [{"window": 2}, {"chunks": (2, 3)}])
def test_truncation_inside_a_window_is_that_of_deltas(options):
    model, (xs, ids, _, state, _) = model_of(lstm), data(lstm)
    trace = bptt.forward(lstm, model.cell, xs, state)
    dlogits = losses.softmax_cross_entropy(readout.forward(model.readout, trace.hs[1:]), ids, mean=True)[1]
    dhs = readout.backward(model.readout, trace.hs[1:], dlogits)[1]

    gradient = training.sequence_loss(lstm, model, xs, ids, state, **options)[1]

    assert error(gradient.cell, bptt.backward(lstm, model.cell, trace, dhs, **options).params) < 1e-15
    assert error(gradient.cell, bptt.backward(lstm, model.cell, trace, dhs).params) > 1e-3


@pytest.mark.parametrize("options", [{"window": 10}, {"chunks": (8, 10)}, {"chunks": [5, 10]}])
def test_a_short_last_window_takes_a_truncation_that_is_longer(options):
    model, (xs, ids, _, state, _) = model_of(lstm), data(lstm, T=5)

    full = training.sequence_loss(lstm, model, xs, ids, state)

    assert error(leaves(full), leaves(training.sequence_loss(lstm, model, xs, ids, state, **options))) < 1e-14


def test_none_is_the_state_of_zeros_and_one_sequence_needs_no_batch_axis():
    model, (xs, ids, *_) = model_of(lstm), data(lstm)

    said = training.sequence_loss(lstm, model, xs, ids, None)
    alone = training.sequence_loss(lstm, model, xs[:, 1], ids[:, 1], training.zero_state(lstm, model))

    assert same(said, training.sequence_loss(lstm, model, xs, ids, training.zero_state(lstm, model, (B,))))
    assert error(alone[2], [s[1] for s in said[2]]) < 1e-15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_state_of_zeros_has_a_row_for_each_sequence(dtype):
    one, two = (model_of(cell, dtype=dtype) for cell in (rnn, lstm))

    for batch, shape in (((), (H,)), ((B,), (B, H)), (B, (B, H)), ([2, B], (2, B, H))):
        (h,), (a, b) = training.zero_state(rnn, one, batch), training.zero_state(lstm, two, batch)
        assert h.shape == a.shape == b.shape == shape and h.dtype == a.dtype == b.dtype == dtype
        assert not h.any() and not a.any() and not b.any() and a is not b


def test_a_loss_touches_none_of_its_arguments_and_its_results_are_the_callers_own():
    model, (xs, ids, _, state, mask) = model_of(lstm), data(lstm)
    given = [*leaves(model), xs, ids, *state, mask]
    before = [a.copy() for a in given]

    _, gradient, last = training.sequence_loss(lstm, model, xs, ids, state, mask=mask)
    for array in (*leaves(gradient), *last):
        assert not any(np.shares_memory(array, a) for a in given)
        array[...] = 0  # may be written to

    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


# Optimizers and clipping


class Two(NamedTuple):
    """Two layers of the same kind, whose parameters have the same names."""

    first: rnn.Params
    second: rnn.Params


def pair(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Two(*(rnn.Params(*(rng.normal(size=s).astype(dtype) for s in rnn.shapes(D, H))) for _ in "ab"))


def trees_of(seed, dtype=np.float64):
    """Return the same numbers as NamedTuples, a dict with a list, a plain tuple, and one bare array."""
    p = pair(seed, dtype)
    return {"two": p, "dict": {"a": list(p.first), "b": {"c": p.second}}, "tuple": (*p.first, *p.second),
            "array": np.concatenate([a.ravel() for a in leaves(p)])}


OPTIMIZERS = {
    "sgd": lambda rate: training.sgd(rate),
    "momentum": lambda rate: training.momentum(rate, beta=0.8),
    "adam": lambda rate: training.adam(rate, beta1=0.8, beta2=0.95, eps=1e-6),
}
TORCH = {
    "sgd": lambda torch, p: torch.optim.SGD(p, lr=0.03),
    "momentum": lambda torch, p: torch.optim.SGD(p, lr=0.03, momentum=0.8),
    "adam": lambda torch, p: torch.optim.Adam(p, lr=0.03, betas=(0.8, 0.95), eps=1e-6),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_agree_with_pytorch(name, torch):
    params, optimizer = pair(0), OPTIMIZERS[name](0.03)
    theirs = [torch.tensor(a, requires_grad=True) for a in leaves(params)]
    oracle, memory = TORCH[name](torch, theirs), optimizer.start(params)

    for n in range(20):
        gradient = pair(n + 1)
        params, memory = optimizer.step(params, gradient, memory)
        for a, g in zip(theirs, leaves(gradient), strict=True):
            a.grad = torch.tensor(g)
        oracle.step()

        assert error(leaves(params), [a.detach().numpy() for a in theirs]) < 1e-12


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_falling_rate_is_asked_for_at_every_update(name):
    rates = [0.1, 0.1, 0.05, 0.05, 0.025]
    falling = OPTIMIZERS[name](training.decay(0.1, 0.5, every=2))
    params, memory = np.array([1.0, -2.0]), falling.start(np.zeros(2))
    v, m, s = np.zeros(2), np.zeros(2), np.zeros(2)
    expected = params.copy()

    for n, rate in enumerate(rates):
        g = np.array([0.3, 0.1 * n])
        params, memory = falling.step(params, g, memory)
        v = 0.8 * v - rate * g
        m, s = 0.8 * m + 0.2 * g, 0.95 * s + 0.05 * g**2
        m_hat, s_hat = m / (1 - 0.8**(n + 1)), s / (1 - 0.95**(n + 1))
        expected += {"sgd": -rate * g, "momentum": v, "adam": -rate * m_hat / (np.sqrt(s_hat) + 1e-6)}[name]

        assert error(params, expected) < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.03, np.float64(0.03), 1, lambda n: np.float64(0.03), lambda n: 0])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_keep_structure_and_dtype_and_modify_nothing(name, rate, dtype):
    optimizer = OPTIMIZERS[name](rate)
    found = {}
    for kind, params in trees_of(0, dtype).items():
        gradients = [trees_of(seed, dtype)[kind] for seed in (1, 2)]
        memory = optimizer.start(params)
        for gradient in gradients:
            given = [*leaves(params), *leaves(gradient), *leaves(memory)]
            before = [np.copy(a) for a in given]
            new, new_memory = optimizer.step(params, gradient, memory)
            again, _ = optimizer.step(params, gradient, memory)

            assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))
            assert same(new, again) and type(new) is type(params)
            assert {a.dtype for a in leaves(new)} == {np.dtype(dtype)}
            assert not any(np.shares_memory(a, b) for a in leaves((new, new_memory)) for b in given)
            assert [np.shape(a) for a in leaves(new_memory)] == [np.shape(a) for a in leaves(memory)]
            params, memory = new, new_memory
        assert all(np.asarray(a).dtype == dtype for a in leaves(memory) if np.ndim(a))
        found[kind] = np.concatenate([np.ravel(a) for a in leaves(params)])

    assert all(np.array_equal(row, found["two"]) for row in found.values())


def test_the_first_update_of_adam_is_the_rate_whatever_the_size_of_the_gradient():
    optimizer = training.adam(0.01)

    for size in (1e-4, 1.0, 1e8):
        moved, _ = optimizer.step(np.zeros(2), np.array([size, -size]), optimizer.start(np.zeros(2)))
        assert error(moved, np.array([-0.01, 0.01])) < 2e-4


def test_the_rate_decays_by_a_factor_after_so_many_updates():
    rate = training.decay(0.8, 0.25, every=3)

    assert [rate(n) for n in range(8)] == [0.8] * 3 + [0.2] * 3 + [0.05] * 2


@pytest.mark.parametrize("limit", [0.5, 1e3])
def test_clipping_by_norm_agrees_with_pytorch(limit, torch):
    gradient = pair(0)
    theirs = [torch.zeros(a.shape, dtype=torch.float64, requires_grad=True) for a in leaves(gradient)]
    for a, g in zip(theirs, leaves(gradient), strict=True):
        a.grad = torch.tensor(g)

    clipped, norm = training.clip_by_norm(gradient, limit)
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit).item()

    assert error(norm, expected) < 1e-14
    assert error(leaves(clipped), [a.grad.numpy() for a in theirs]) < 1e-5  # torch adds 1e-6 to the norm
    assert isinstance(clipped, Two)


def test_clipping_by_norm_keeps_the_direction_and_shortens_only_what_is_longer():
    gradient = {"a": np.array([3.0, 0.0]), "b": np.array([[-4.0]])}
    before = {name: a.copy() for name, a in gradient.items()}

    shorter, five = training.clip_by_norm(gradient, 2)
    same_one, _ = training.clip_by_norm(gradient, 5.0)

    assert five == 5 and same(gradient, before) and same(same_one, gradient)
    assert error(shorter["a"], np.array([1.2, 0])) < 1e-15 and error(shorter["b"], np.array([[-1.6]])) < 1e-15


@pytest.mark.parametrize(("size", "dtype"),
                         [(1e30, "f"), (1e-30, "f"), (1e200, "d"), (1e-200, "d"), (0, "d")])
def test_the_norm_neither_overflows_nor_vanishes(size, dtype):
    gradient = {"a": np.full(3, size, dtype), "b": np.full((2, 3), -size, dtype)}

    clipped, norm = training.clip_by_norm(gradient, 1.5)

    assert error(norm, 3 * float(np.dtype(dtype).type(size))) < 1e-15
    assert error(training.clip_by_norm(clipped, 9)[1], min(norm, 1.5)) < 1e-7
    assert clipped["a"].dtype == dtype


def test_clipping_by_value_cuts_every_entry():
    gradient = {"p": rnn.Params(*(np.array(a, np.float32) for a in ([-3, 0.5], [2, -2], [0.25])))}

    clipped = training.clip_by_value(gradient, 0.75)

    assert [a.tolist() for a in clipped["p"]] == [[-0.75, 0.5], [0.75, -0.75], [0.25]]
    assert clipped["p"].W_x.dtype == np.float32 and gradient["p"].W_x[0] == -3


# The loop


def bowl(params, batch, state):
    """A loss with a closed form: half the squared distance to the batch."""
    return 0.5 * float(((params - batch)**2).sum()), params - batch, state


def counting(params, batch, state):
    """The state remembers the batches since it was first given."""
    return 1.0, np.ones(2), None if state is None else (*state, batch)


POINT = np.array([1.0, -2.0])


def test_fit_yields_the_loss_before_and_the_parameters_after_each_update():
    batches = [np.array([3.0, 0.0]), np.zeros(2)]

    steps = list(training.fit(bowl, POINT, batches, training.sgd(0.5), steps=3))

    first, second, third = steps
    assert [s.number for s in steps] == [1, 2, 3]
    assert (first.loss, first.norm) == (4.0, 8**0.5) and first.params.tolist() == [2, -1]
    assert (second.loss, second.norm) == (2.5, 5**0.5) and second.params.tolist() == [1, -0.5]
    assert third.loss == 0.5 * (4 + 0.25) and third.params.tolist() == [2, -0.25]
    assert [s.optimizer for s in steps] == [1, 2, 3] and first.state is None
    assert POINT.tolist() == [1, -2]


def test_fit_goes_on_for_ever_and_does_nothing_before_it_is_asked():
    asked = []
    steps = training.fit(bowl, POINT, lambda n: asked.append(n) or np.zeros(2), training.sgd(0.1))

    assert asked == []
    assert [s.number for s in islice(steps, 300)] == asked == list(range(1, 301))


def test_batches_may_be_a_sequence_or_a_function_of_the_step():
    batches = np.random.default_rng(0).normal(size=(3, 2))
    optimizer = training.momentum(0.2)

    *_, expected = training.fit(bowl, POINT, list(batches), optimizer, steps=8)

    for other in (batches, tuple(batches), lambda n: batches[(n - 1) % 3]):
        *_, last = training.fit(bowl, POINT, other, optimizer, steps=8)
        assert same(last[:4], expected[:4]) and same(last.optimizer, expected.optimizer)


def test_a_state_is_carried_through_each_pass_and_begins_anew_with_the_next():
    steps = training.fit(counting, POINT, "abc", training.sgd(0.1), state=("start",), steps=5)

    assert [s.state for s in steps] == [
        ("start", "a"), ("start", "a", "b"), ("start", "a", "b", "c"), ("start", "a"), ("start", "a", "b")]


def test_a_function_has_no_passes_and_its_state_is_carried_on():
    steps = training.fit(counting, POINT, lambda n: n, training.sgd(0.1), state=(), steps=3)

    assert [s.state for s in steps] == [(1,), (1, 2), (1, 2, 3)]


@pytest.mark.parametrize("batches", ["ab", lambda n: n])
def test_without_a_state_nothing_is_carried(batches):
    seen = []

    def stubborn(params, batch, state):
        seen.append(state)
        return 1.0, np.ones(2), ("a state that nobody asked for",)

    steps = list(training.fit(stubborn, POINT, batches, training.sgd(0.1), steps=3))

    assert seen == [None] * 3 == [s.state for s in steps]


def test_clipping_is_by_norm_or_by_any_function():
    run = lambda clip: next(training.fit(bowl, POINT, [np.array([4.0, 2.0])], training.sgd(1.0), clip=clip))
    cut = lambda gradient: training.clip_by_value(gradient, 0.5)

    for clip, moved in {
        None: [3, 4],
        10: [3, 4],
        2.5: [1.5, 2],
        cut: [0.5, 0.5],
        (lambda gradient: (cut(gradient), 123.0)): [0.5, 0.5],
        (lambda gradient: training.clip_by_norm(gradient, 2.5)): [1.5, 2],
    }.items():
        step = run(clip)
        assert error(step.params - POINT, np.array(moved, float)) < 1e-15
        assert step.norm == 5


def test_a_clipped_gradient_of_two_arrays_is_not_taken_for_a_pair():
    loss = lambda params, batch, state: (1.0, (np.array([3.0]), np.array([-4.0, 0.2])), state)
    cut = lambda gradient: training.clip_by_value(gradient, 0.5)

    step = next(training.fit(loss, (np.zeros(1), np.zeros(2)), [0], training.sgd(1.0), clip=cut))

    assert [a.tolist() for a in step.params] == [[-0.5], [0.5, -0.2]]


def test_a_clipped_model_is_not_taken_for_a_pair():
    model, (xs, ids, *_) = model_of(rnn), data(rnn)
    loss = lambda m, batch, state: training.sequence_loss(rnn, m, xs, ids, state)
    cut = lambda gradient: training.clip_by_value(gradient, 1e-3)

    step = next(training.fit(loss, model, [None], training.sgd(1.0), clip=cut))

    moves = [np.abs(a - b).max() for a, b in zip(leaves(step.params), leaves(model), strict=True)]
    assert isinstance(step.params, training.Model) and error(moves, [1e-3] * 5) < 1e-12


# Stopping and going on


def words_task(dtype=np.float64):
    """Return a loss, a Model and windows of a repeated sentence, in two streams."""
    words = tasks.split_words("the cat sat on the mat, and the dog sat on the cat. " * 6)
    vocabulary = tasks.vocabulary(words)
    V, eye = len(vocabulary), np.eye(len(vocabulary), dtype=dtype)
    batches = tasks.windows(tasks.streams(vocabulary.ids(words), 2), 5)
    rng = np.random.default_rng(0)
    model = training.Model(lstm.init(rng, V, 12, dtype=dtype), readout.init(rng, 12, V, dtype=dtype))

    def loss(model, batch, state):
        inputs, targets = batch
        return training.sequence_loss(lstm, model, eye[inputs], targets, state)

    return loss, model, batches, vocabulary


@pytest.mark.parametrize("stop", [1, 9, 10])
@pytest.mark.parametrize("carried", [False, True], ids=["no state", "state"])
@pytest.mark.parametrize("by_number", [False, True], ids=["sequence", "function"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_run_is_the_uninterrupted_run_bit_for_bit(name, by_number, carried, stop):
    loss, model, batches, _ = words_task()
    batches = batches[:9]
    source = (lambda n: batches[n % 9]) if by_number else batches
    start = training.zero_state(lstm, model, (2,)) if carried else None
    options = {"state": start, "clip": 0.5}
    optimizer = OPTIMIZERS[name](training.decay(0.05, 0.9, every=4))

    whole = list(training.fit(loss, model, source, optimizer, steps=12, **options))
    *_, last = training.fit(loss, model, source, optimizer, steps=stop, **options)
    rest = list(training.fit(loss, model, source, optimizer, steps=12 - stop, resume=last, **options))

    assert len(rest) == 12 - stop
    assert all(same(a[1:], b[1:]) and a.number == b.number for a, b in zip(rest, whole[stop:], strict=True))


def test_the_latest_step_can_be_asked_for_also_before_the_first():
    loss, model, batches, _ = words_task()
    start, adam = training.zero_state(lstm, model, (2,)), training.adam(0.05)
    steps = training.fit(loss, model, batches, adam, state=start, clip=1)

    assert steps.last.number == 0 and steps.last.params is model and steps.last.state is start
    first, second = next(steps), next(steps)
    assert steps.last is second
    again = training.fit(loss, model, batches, adam, state=start, clip=1, resume=first)
    assert again.last is first and same(next(again)[1:], second[1:])


@pytest.mark.parametrize("late", [False, True], ids=["before the loss", "after the loss"])
def test_an_interrupt_inside_the_loss_loses_nothing(late):
    loss, model, batches, _ = words_task()
    start, optimizer = training.zero_state(lstm, model, (2,)), training.adam(0.05)
    whole = list(training.fit(loss, model, batches, optimizer, state=start, clip=1, steps=40))
    calls = []

    def interrupted(model, batch, state):
        calls.append(batch)
        if len(calls) == 30 and not late:
            raise KeyboardInterrupt
        result = loss(model, batch, state)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return result

    with pytest.raises(KeyboardInterrupt):
        for last in training.fit(interrupted, model, batches, optimizer, state=start, clip=1):
            kept = [np.copy(a) for a in leaves(last[2:])]
    untouched = leaves(last[2:])
    rest = list(training.fit(loss, model, batches, optimizer, state=start, clip=1, steps=11, resume=last))

    assert last.number == 29 and same(last[1:], whole[28][1:])
    assert all(np.array_equal(a, b) for a, b in zip(untouched, kept, strict=True))
    assert [s.number for s in rest] == list(range(30, 41))
    assert same(rest[-1][1:], whole[-1][1:])


def test_earlier_steps_stay_as_they_were():
    loss, model, batches, _ = words_task()
    start = training.zero_state(lstm, model, (2,))

    kept, copies = [], []
    for step in training.fit(loss, model, batches, training.adam(0.05), state=start, clip=1, steps=6):
        kept.append(leaves(step[2:]))
        copies.append([np.copy(a) for a in kept[-1]])

    for arrays, before in zip(kept, copies, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))
    assert not any(s.any() for s in start)


# A run that diverges


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_with_a_sentence(bad):
    def explodes(params, batch, state):
        value = bad if batch == 37 else 1.0
        return value, {"W_h": np.full((2, 2), -1e12), "b": np.ones(3)}, state

    params = {"W_h": np.zeros((2, 2)), "b": np.zeros(3)}
    with pytest.raises(FloatingPointError) as caught:
        for step in training.fit(explodes, params, lambda n: n, training.sgd(1e-9), steps=50):
            last = step

    assert str(caught.value) == (f"training.fit: loss is {bad} at step 37; the largest gradient is "
                                 "dW_h = 1e+12. Lower the rate, or clip.")
    assert last.number == 36 and error(last.params["W_h"], np.full((2, 2), 0.036e6)) < 1e-12


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_named(bad):
    def broken(params, batch, state):
        return 0.5, rnn.Params(np.full((H, D), 1e300), np.full((H, H), bad), np.ones(H)), state

    with pytest.raises(FloatingPointError) as caught:
        next(training.fit(broken, pair(0).first, [0], training.sgd(0.1), clip=1))

    assert str(caught.value) == ("training.fit: loss is 0.5 at step 1; the largest gradient is "
                                 f"dW_h = {bad}. Lower the rate, or clip.")


@pytest.mark.parametrize(("optimizer", "size"), {
    training.sgd(1e30): 1e10, training.momentum(1e30): 1e10, training.adam(0.1): 1e30}.items())
def test_an_update_that_overflows_stops_the_run_before_it_spoils_the_parameters(optimizer, size):
    steep = lambda params, batch, state: (1.0, np.full(2, size, np.float32), state)

    with pytest.raises(FloatingPointError) as caught:
        next(training.fit(steep, np.zeros(2, np.float32), [0], optimizer))

    assert str(caught.value) == ("training.fit: the update overflows at step 1; the largest gradient is "
                                 f"dx = {size:.3g}. Lower the rate, or clip.")


def test_a_state_that_explodes_stops_the_run_with_a_sentence():
    model = model_of(Linear)
    model = model._replace(cell=model.cell._replace(W_h=1e70 * np.eye(H)))
    xs, ids, *_ = data(Linear)
    loss = lambda m, batch, state: training.sequence_loss(Linear, m, xs, ids, state)

    with pytest.raises(FloatingPointError) as caught:
        next(training.fit(loss, model, [0], training.sgd(0.1)))

    assert re.fullmatch(r"training\.fit: loss is not finite at step 1 \(training\.sequence_loss: h is "
                        r"-?inf at step t=6\)\. Lower the rate, or clip\.", str(caught.value))


def test_a_real_run_with_too_high_a_rate_ends_in_the_sentence():
    xs, ids, *_ = data(Linear)
    loss = lambda m, batch, state: training.sequence_loss(Linear, m, xs, ids, state)

    sentence = r"^training\.fit: .* at step \d+.* Lower the rate, or clip\.$"
    with pytest.raises(FloatingPointError, match=sentence):
        for step in training.fit(loss, model_of(Linear), [0], training.sgd(50.0), steps=300):
            last = step

    assert all(np.isfinite(a).all() for a in leaves(last.params))


# Samples


def lively(cell, D, seed, dtype=np.float64):
    """Return a Model whose likeliest ids do not settle on a single one at once."""
    model = model_of(cell, D=D, seed=seed, dtype=dtype)
    return model._replace(cell=cell.Params(*(4 * w for w in model.cell)))


@pytest.mark.parametrize(("cell", "temperature"), [(rnn, 0.6), (lstm, 1.0), (lstm, 2.0)])
def test_the_first_id_is_drawn_from_softmax_of_the_logits_over_the_temperature(cell, temperature):
    model = model_of(cell, D=K)
    state = tuple(np.random.default_rng(3).uniform(-1, 1, (len(cell.STATES), H)))
    trace = bptt.forward(cell, model.cell, np.eye(K)[[2]], state)
    p = losses.softmax(readout.forward(model.readout, trace.hs[1]) / temperature)
    rng, N = np.random.default_rng(0), 4_000

    drawn = [int(training.sample(cell, model, state, 2, 1, rng, temperature)[0][0]) for _ in range(N)]

    deviation = np.bincount(drawn, minlength=K) / N - p
    assert (np.abs(deviation) < 4 * np.sqrt(p * (1 - p) / N)).all()
    assert np.ptp(p) > 0.1


def test_every_drawn_id_is_the_input_of_the_next_step():
    model = lively(lstm, K, seed=9)
    state = training.zero_state(lstm, model)

    ids, last = training.sample(lstm, model, state, 3, 40, np.random.default_rng(0), temperature=0.0)
    trace = bptt.forward(lstm, model.cell, np.eye(K)[[3, *ids[:-1]]], state)

    assert ids.dtype.kind == "i" and ids.shape == (40,)
    assert ids.tolist() == readout.forward(model.readout, trace.hs[1:]).argmax(axis=-1).tolist()
    assert error(last, [s[-1] for s in trace.states]) < 1e-13
    assert set(ids.tolist()) == {2, 3, 4}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1e-4, 1e-300, 5e-324])
def test_a_small_temperature_takes_the_likeliest_id(temperature, dtype):
    model, state = lively(lstm, K, seed=10, dtype=dtype), None

    cold, _ = training.sample(lstm, model, state, 3, 30, np.random.default_rng(0), temperature)

    assert np.array_equal(cold, training.sample(lstm, model, state, 3, 30, np.random.default_rng(0), 0)[0])


def test_a_high_temperature_makes_all_ids_alike():
    model = model_of(rnn, D=K)

    ids, _ = training.sample(rnn, model, None, 0, 1_000, np.random.default_rng(0), 1e6)

    p = 1 / K
    assert (np.abs(np.bincount(ids, minlength=K) / 1_000 - p) < 4 * np.sqrt(p * (1 - p) / 1_000)).all()


def test_a_sample_goes_on_from_its_last_id_and_state():
    model, state = model_of(lstm, D=K), None
    whole, end = training.sample(lstm, model, state, 1, 30, np.random.default_rng(5))

    rng = np.random.default_rng(5)
    one, state = training.sample(lstm, model, state, 1, 11, rng)
    two, state = training.sample(lstm, model, state, one[-1], 19, rng)

    assert np.array_equal(whole, [*one, *two]) and same(end, state)


def test_a_prompt_is_read_before_the_first_draw():
    model, prompt = model_of(lstm, D=K), [4, 0, 2, 2]
    read = bptt.forward(lstm, model.cell, np.eye(K)[prompt[:-1]])

    by_hand = training.sample(
        lstm, model, tuple(s[-1] for s in read.states), 2, 25, np.random.default_rng(0))
    prompted = training.sample(lstm, model, None, prompt, 25, np.random.default_rng(0))

    assert np.array_equal(by_hand[0], prompted[0]) and error(by_hand[1], prompted[1]) < 1e-14
    assert np.array_equal(
        prompted[0], training.sample(lstm, model, None, np.array(prompt), 25, np.random.default_rng(0))[0])


def test_words_are_read_through_their_embeddings():
    model, rows = lively(rnn, D, seed=6), np.random.default_rng(2).normal(size=(K, D))

    ids, _ = training.sample(rnn, model, None, 1, 20, np.random.default_rng(0), 0, inputs=rows.__getitem__)
    trace = bptt.forward(rnn, model.cell, rows[[1, *ids[:-1]]])

    assert ids.tolist() == readout.forward(model.readout, trace.hs[1:]).argmax(axis=-1).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sample_touches_nothing_and_keeps_the_dtype(dtype):
    model = model_of(lstm, D=K, dtype=dtype)
    state = training.zero_state(lstm, model)
    before = [a.copy() for a in (*leaves(model), *state)]

    _, last = training.sample(lstm, model, state, 0, 50, np.random.default_rng(0))
    for s in last:
        assert s.dtype == dtype and s.shape == (H,)
        s[:] = 0

    assert all(np.array_equal(a, b) for a, b in zip((*leaves(model), *state), before, strict=True))


# The whole of it


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_repeated_sentence_is_learned_and_said_again(dtype):
    loss, model, batches, vocabulary = words_task(dtype)
    start = training.zero_state(lstm, model, (2,))

    for step in training.fit(loss, model, batches, training.adam(0.05), state=start, clip=5, steps=120):
        assert {a.dtype for a in leaves((step.params, step.state))} == {np.dtype(dtype)}
    of_one = tuple(s[0] for s in step.state)
    prompt = vocabulary.ids(tasks.split_words("the cat sat on the mat, and"))
    ids, _ = training.sample(lstm, step.params, of_one, prompt, 5, np.random.default_rng(0), 0)

    assert step.loss < 0.3
    assert vocabulary.text(ids) == "the dog sat on the"


# Bad input

GOOD = {"loss": bowl, "params": POINT, "batches": [POINT], "optimizer": training.sgd(0.1)}
fit = lambda **change: training.fit(*{**GOOD, **change}.values()) if set(change) <= set(GOOD) else \
    training.fit(*GOOD.values(), **change)
MODEL, ONE_HOT = model_of(lstm), model_of(lstm, D=K)
XS, IDS, _, STATE, MASK = data(lstm)
RNG = np.random.default_rng(0)
sequence_loss = lambda cell=lstm, model=MODEL, xs=XS, targets=IDS, state=STATE, **options: \
    training.sequence_loss(cell, model, xs, targets, state, **options)
sample = lambda state=None, first=0, length=3, rng=RNG, model=ONE_HOT, **options: \
    training.sample(lstm, model, state, first, length, rng, **options)
STEP = training.Step(1, 1.0, POINT, 1.0, None, 1)
step_of = lambda gradient: training.adam(0.1).step(pair(0), gradient, training.adam(0.1).start(pair(0)))
first_step = lambda *result: next(fit(loss=lambda *_: result))
BAD = {
    "rate of zero": (lambda: training.sgd(0), ValueError,
        "training.sgd: rate must be a number > 0, or a function of the update's number; got 0."),
    "rate that is nan": (lambda: training.adam(math.nan), ValueError,
        "training.adam: rate must be a number > 0, or a function of the update's number; got nan."),
    "rate in words": (lambda: training.momentum("0,1"), TypeError,
        "training.momentum: rate must be a number > 0, or a function of the update's number; got '0,1'."),
    "rate function": (lambda: training.sgd(lambda n: -n).step(POINT, POINT, 3), ValueError,
        "training.sgd: rate(3) must be a number >= 0; got -3."),
    "beta": (lambda: training.momentum(0.1, beta=1), ValueError,
        "training.momentum: beta must be a number in [0, 1); got 1."),
    "beta2": (lambda: training.adam(0.1, beta2=-0.1), ValueError,
        "training.adam: beta2 must be a number in [0, 1); got -0.1."),
    "eps": (lambda: training.adam(0.1, eps=0), ValueError,
        "training.adam: eps must be a number > 0; got 0."),
    "decay rate": (lambda: training.decay(True, 0.5, 3), TypeError,
        "training.decay: rate must be a number > 0; got True."),
    "decay factor": (lambda: training.decay(0.1, math.inf, 3), ValueError,
        "training.decay: factor must be a number > 0; got inf."),
    "decay every": (lambda: training.decay(0.1, 0.5, 0), ValueError,
        "training.decay: every must be an int in [1, 1000000000]; got 0."),
    "limit": (lambda: training.clip_by_norm(POINT, -1), ValueError,
        "training.clip_by_norm: limit must be a number > 0; got -1."),
    "limit None": (lambda: training.clip_by_value(POINT, None), TypeError,
        "training.clip_by_value: limit must be a number > 0; got None."),
    "gradient of other names": (lambda: step_of({"W": POINT}), TypeError,
        "training.adam: gradient must be like params "
        "(first.W_h, first.W_x, first.b, second.W_h, second.W_x, second.b); got W."),
    "transposed gradient": (
        lambda: step_of(pair(0)._replace(second=pair(0).second._replace(W_x=np.zeros((D, H))))), ValueError,
        "training.adam: gradient dsecond.W_x must be shape (3, 2), float64, like the parameter; "
        "got shape (2, 3), float64."),
    "float32 gradient": (lambda: step_of(pair(0, np.float32)), ValueError,
        "training.adam: gradient dfirst.W_h must be shape (3, 3), float64, like the parameter; "
        "got shape (3, 3), float32."),
    "fit loss": (lambda: fit(loss=0.5), TypeError,
        "training.fit: loss must be a function of (params, batch, state); got 0.5."),
    "fit loss of two": (lambda: fit(loss=lambda params, batch: None), TypeError,
        "training.fit: loss must be a function of (params, batch, state); got one of (params, batch)."),
    "fit batches of nothing": (lambda: fit(batches=lambda: None), TypeError,
        "training.fit: batches must be a function of number; got one of ()."),
    "fit batches of no axis": (lambda: fit(batches=np.array(1.0)), TypeError,
        "training.fit: batches must be a sequence, or a function of the step's number; got shape (), "
        "float64. A generator? Use list(...)."),
    "fit clip of two": (lambda: fit(clip=training.clip_by_norm), TypeError,
        "training.fit: clip must be a function of gradient; got one of (gradient, limit)."),
    "rate of two": (lambda: training.sgd(lambda n, rate: rate), TypeError,
        "training.sgd: rate must be a function of n; got one of (n, rate)."),
    "fit params None": (lambda: fit(params=None), TypeError,
        "training.fit: params must be a float32 or float64 array; got None."),
    "fit params of integers": (lambda: fit(params={"W": np.arange(3)}), TypeError,
        "training.fit: params W must be a float32 or float64 array; got shape (3,), int64."),
    "fit params nan": (lambda: fit(params=(POINT, np.array([1, math.nan]))), ValueError,
        "training.fit: params 1 must be finite; got nan at [1] (1 of 2 entries are not finite)."),
    "fit batches": (lambda: fit(batches=(n for n in range(3))), TypeError,
        "training.fit: batches must be a sequence, or a function of the step's number; got <generator object "
        "<lambda>.<locals>.<genexpr> at 0x... A generator? Use list(...)."),
    "fit no batches": (lambda: fit(batches=[]), ValueError,
        "training.fit: batches must be at least one batch; got none."),
    "fit optimizer": (lambda: fit(optimizer=training.adam), TypeError,
        "training.fit: optimizer must be an Optimizer such as adam(0.01); got <function adam at 0x...>."),
    "fit steps": (lambda: fit(steps=0), ValueError,
        "training.fit: steps must be an int in [1, 1000000000]; got 0."),
    "fit half a step": (lambda: fit(steps=1.5), TypeError,
        "training.fit: steps must be an int in [1, 1000000000]; got 1.5."),
    "fit clip": (lambda: fit(clip=-1), ValueError,
        "training.fit: clip must be None, a number > 0 or a function; got -1."),
    "fit clip True": (lambda: fit(clip=True), TypeError,
        "training.fit: clip must be None, a number > 0 or a function; got True."),
    "fit resume": (lambda: fit(resume=7), TypeError,
        "training.fit: resume must be a Step, or None; got 7."),
    "fit resume with other params": (lambda: fit(resume=STEP._replace(params=np.zeros(3))), ValueError,
        "training.fit: resume must be a Step of these params; got one with parameters of other shapes."),
    "fit resume with another optimizer": (
        lambda: training.fit(*{**GOOD, "optimizer": training.adam(0.1)}.values(), resume=STEP), ValueError,
        "training.fit: resume must be a Step of this optimizer; got one with another memory. "
        "Another optimizer starts afresh: params=step.params."),
    "fit resume without the state": (lambda: fit(resume=STEP._replace(state=(POINT,))), ValueError,
        "training.fit: state must be what it was when the run began; got None."),
    "fit resume with a new state": (
        lambda: training.fit(*GOOD.values(), resume=STEP, state=(POINT,)), ValueError,
        "training.fit: state must be what it was when the run began; got a state, which the Step does not "
        "have."),
    "loss alone": (lambda: next(fit(loss=lambda *_: 0.5)), TypeError,
        "training.fit: loss must be a function that returns loss, gradient, state; got 0.5."),
    "loss without state": (lambda: first_step(0.5, POINT), TypeError,
        "training.fit: loss must be a function that returns loss, gradient, state; got (0.5, array([ 1., "
        "-2.]))."),
    "loss of many numbers": (lambda: first_step(POINT, POINT, None), TypeError,
        "training.fit: loss must be a function that returns loss, gradient, state, the loss a number; got "
        "shape (2,), float64."),
    "gradient None": (lambda: first_step(0.5, None, None), ValueError,
        "training.fit: gradient dx must be shape (2,), float64, like the parameter; got shape (), object."),
    "state lost": (
        lambda: next(training.fit(lambda *_: (0.5, POINT, None), *list(GOOD.values())[1:], state=(POINT,))),
        TypeError,
        "training.fit: loss must be a function that returns loss, gradient, state; got state None. The state "
        "is carried: return the one after the batch."),
    "model": (lambda: sequence_loss(model=MODEL.cell), TypeError,
        "training.sequence_loss: model must be a Model(cell, readout); got rnnlib.Params."),
    "model turned round": (lambda: sequence_loss(model=training.Model(MODEL.readout, MODEL.cell)), TypeError,
        "training.sequence_loss: model.cell must be a Params(W_x, W_h, b); got Params with ['W_y', 'b_y']."),
    "model of another cell": (lambda: training.zero_state(rnn, MODEL), TypeError,
        "training.zero_state: model.cell must be a Params(W_x, W_h, b); got Params with ['W_x', 'W_h', "
        "'b']. That is a Params of rnnlib.cells.lstm, not of rnnlib.cells.rnn."),
    "cell": (lambda: sequence_loss(cell=None), TypeError,
        "training.sequence_loss: cell must be a cell such as rnnlib.rnn; got None without Params, shapes, "
        "STATES."),
    "batch": (lambda: training.zero_state(lstm, MODEL, (3, 0)), ValueError,
        "training.zero_state: batch must be an int in [1, 1000000]; got 0."),
    "state of another batch": (
        lambda: sequence_loss(state=training.zero_state(lstm, MODEL, (5,))), ValueError,
        "bptt.forward: h0 must be of shape (4, 3) (xs is (6, 4, 2)); got shape (5, 3), float64."),
    "targets out of range": (lambda: sequence_loss(targets=IDS - 9), ValueError,
        "losses.softmax_cross_entropy: targets must be in [0, 5); got -6 at [0, 0]."),
    "window": (lambda: sequence_loss(window=0), ValueError,
        "bptt.deltas: window must be an int in [1, T=6]; got 0."),
    "chunks": (lambda: sequence_loss(chunks=(3, 2)), ValueError,
        "bptt.deltas: k1 must be an int in [1, k2=2]; got 3."),
    "chunks of floats": (lambda: sequence_loss(chunks=(2, 2.5)), TypeError,
        "bptt.deltas: k2 must be an int in [1, T=6]; got 2.5."),
    "mask of nothing": (lambda: sequence_loss(mask=MASK & False), ValueError,
        "losses.softmax_cross_entropy: mask must be True somewhere; got a mask that selects no element."),
    "sample of floats": (lambda: sample(first=1.5), TypeError,
        "training.sample: first must be an id, or a list of ids; got 1.5."),
    "sample of text": (lambda: sample(first="a"), TypeError,
        "training.sample: first must be an id, or a list of ids; got 'a'. A text? Use vocabulary.ids."),
    "sample after nothing": (lambda: sample(first=[]), TypeError,
        "training.sample: first must be an id, or a list of ids; got []."),
    "sample after an unknown id": (lambda: sample(first=[0, 5]), ValueError,
        "training.sample: first must be an int in [0, 4]; got 5."),
    "sample length": (lambda: sample(length=0), ValueError,
        "training.sample: length must be an int in [1, 1000000000]; got 0."),
    "sample seed": (lambda: sample(rng=0), TypeError,
        "training.sample: rng must be a numpy.random.Generator; got 0. Use np.random.default_rng(0)."),
    "sample temperature": (lambda: sample(temperature=-1), ValueError,
        "training.sample: temperature must be a number >= 0; got -1."),
    "sample in a batch": (lambda: sample(state=training.zero_state(lstm, MODEL, (B,))), ValueError,
        "training.sample: state must be of one sequence, (H,) each; got (4, 3), (4, 3). Of a batch take one: "
        "tuple(s[0] for s in state)."),
    "sample one state of two": (lambda: sample(state=np.zeros(H)), TypeError,
        "bptt.forward: state must be (h0, c0); got 1 array."),
    "sample without embeddings": (lambda: sample(model=MODEL), ValueError,
        "training.sample: model must be of as many inputs as outputs, K=5; got D=2. Or say inputs, a "
        "function id -> x."),
    "sample from a matrix": (lambda: sample(inputs=np.eye(K)), TypeError,
        "training.sample: inputs must be a function of id; got shape (5, 5), float64."),
}


@pytest.mark.parametrize(("call", "kind", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_its_sentence(call, kind, sentence):
    with pytest.raises(kind) as caught:
        call()

    start, dots, end = sentence.partition("...")
    assert type(caught.value) is kind
    assert str(caught.value).startswith(start) and str(caught.value).endswith(end)
    assert dots or str(caught.value) == sentence
