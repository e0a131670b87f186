"""Cells whose parameters act elsewhere than in z_t, in every tool; and what a wrong cell is told."""

import warnings
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from all_cells import CELLS
from helpers import arrays, error
from own_cells import EPS, OWN, LayerNormLSTM, LayerNormRNN, PeepholeLSTM, ProjectedRNN

from rnnlib import analysis, bptt, gradcheck, lstm, readout, rnn, training
from rnnlib.course.linear import LRU, MinGRU

cells = pytest.mark.parametrize("cell", OWN.values(), ids=OWN.keys())
handing = pytest.mark.parametrize("cell", [LayerNormRNN, LayerNormLSTM, ProjectedRNN])


def point(cell, seed=0, **sizes):
    sizes = {"T": 6, "B": 4, "D": 2, "H": 3} | sizes
    return gradcheck.designed_point(cell, np.random.default_rng(seed), **sizes)


@cells
@pytest.mark.parametrize("masked", [False, True])
def test_its_gradient_is_right_and_located_so(cell, masked):
    p, xs, state, dhs = point(cell)
    mask = np.random.default_rng(7).random(xs.shape[:2]) < 0.7 if masked else None

    assert gradcheck.check_cell(cell, p, xs, state, dhs, mask=mask).ok
    assert gradcheck.check_cell(cell, p, xs, state, dhs, mask=mask, method="central").ok
    assert gradcheck.locate(cell, p, xs, state, dhs, mask=mask).ok


@cells
def test_windows_chunks_lags_and_a_frozen_loss_agree(cell):
    p, xs, state, dhs = point(cell)
    trace = bptt.forward(cell, p, xs, state)
    full = arrays(bptt.backward(cell, p, trace, dhs))

    for options in ({"window": 6}, {"chunks": (6, 6)}, {"chunks": (2, 6)}):
        assert error(arrays(bptt.backward(cell, p, trace, dhs, **options)), full) < 1e-12
    for options in ({"window": 2}, {"chunks": (2, 3)}, {"chunks": (4, 4)}):
        loss = analysis.frozen_loss(cell, p, trace, dhs, **options)
        found = bptt.backward(cell, p, trace, dhs, **options).params
        assert gradcheck.check(loss, p, found).ok
    by_chunk = analysis.truncation_bias(cell, p, trace, dhs, "chunks")
    one_by_one = analysis.truncation_bias(cell, p, trace, dhs, [(k, k) for k in range(1, 7)])
    assert error(by_chunk.error[:-1], one_by_one.error[:-1]) < 1e-9
    assert analysis.truncation_bias(cell, p, trace, dhs).error[-1] < 1e-12


@cells
def test_every_jacobian_is_that_of_the_step(cell):
    p, xs, state, dhs = point(cell)
    trace = bptt.forward(cell, p, xs, state)
    J = analysis.jacobians(cell, p, trace)

    sent = np.einsum("tbij,tbi->tbj", J[-1:], np.concatenate(
        [dhs[-1:], *(np.zeros_like(dhs[-1:]) for _ in cell.STATES[1:])], axis=-1))
    last = bptt.Trace(trace.xs[-1:], tuple(s[-2:] for s in trace.states), trace.kept._make(
        k[-1:] for k in trace.kept), None, p)
    dinitial = bptt.deltas(cell, p, last, dhs[-1:])[1]
    assert error(sent[0], np.concatenate(dinitial, axis=-1)) < 1e-12


@cells
def test_it_learns(cell):
    rng = np.random.default_rng(3)
    H, ids = 8, np.array([0, 1, 1, 2, 0, 2, 1, 0, 1, 1, 2, 0])
    p = cell.Params(*(0.5 * rng.normal(size=s) for s in cell.shapes(3, H)))
    if hasattr(p, "gain"):
        p = p._replace(gain=np.ones_like(p.gain))
    model = training.Model(p, readout.init(rng, H, 3))
    xs, targets = np.eye(3)[ids[:-1]][:, None], ids[1:, None]
    loss = lambda m, batch, state: training.sequence_loss(cell, m, *batch, state)

    zero = training.zero_state(cell, model, 1)
    steps = list(training.fit(loss, model, [(xs, targets)] * 300, training.adam(0.02), state=zero, steps=300))

    assert steps[-1].loss < 0.2 * steps[0].loss


@pytest.mark.parametrize("cell, name, text", [
    (LayerNormRNN, "gain", "gain is wrong"), (LayerNormLSTM, "gain_c", "gain_c is wrong"),
    (PeepholeLSTM, "p_f", "p_f is wrong"), (ProjectedRNN, "W_p", "W_p is wrong")])
def test_a_wrong_gradient_of_the_further_parameter_is_located(cell, name, text):
    p, xs, state, dhs = point(cell)

    def wrong(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs)
        return found._replace(params=found.params._replace(**{name: 1.5 * getattr(found.params, name)}))

    place = gradcheck.locate(cell, p, xs, state, dhs, wrong)
    assert text in place.sentence and not place.ok
    assert gradcheck.check_cell(cell, p, xs, state, dhs, wrong).names("wrong") == [f"d{name}"]


@handing
def test_a_missing_transpose_is_named_though_the_cell_hands_over_more(cell):
    p, xs, state, dhs = point(cell)
    flipped = p._replace(W_h=np.concatenate([w.T for w in np.split(p.W_h, len(p.W_h) // 3)]))

    def wrong(cell, p, trace, dhs):
        return bptt.gradient(cell, p, trace, *bptt.deltas(cell, flipped, trace, dhs))

    assert gradcheck.locate(cell, p, xs, state, dhs, wrong).cause.startswith("W_h stands in the carry")


def test_a_layer_norm_of_gain_one_leaves_a_step_whose_statistics_are_known():
    """By hand: z has mean 0 and variance 1 - EPS along its axis, so that norm(z) = z."""
    p = LayerNormRNN.Params(np.zeros((2, 1)), np.zeros((2, 2)), np.array([1.0, -1.0]) * np.sqrt(1 - EPS),
                            np.ones(2), np.zeros(2))

    trace = bptt.forward(LayerNormRNN, p, np.zeros((1, 1)))

    assert error(trace.hs[1], np.tanh(p.b)) < 1e-12


def test_peepholes_of_zero_are_the_plain_lstm():
    p, xs, state, dhs = point(PeepholeLSTM)
    p = p._replace(p_i=0 * p.p_i, p_f=0 * p.p_f, p_o=0 * p.p_o)
    plain = lstm.Params(*p[:3])

    ours = bptt.backward(PeepholeLSTM, p, bptt.forward(PeepholeLSTM, p, xs, state), dhs)
    theirs = bptt.backward(lstm, plain, bptt.forward(lstm, plain, xs, state), dhs)

    assert error(ours.params[:3], theirs.params) < 1e-12 and error(ours.state, theirs.state) < 1e-12


# One step of each cell in PyTorch's operations: (torch, p, z, states) -> states

def layer_norm_rnn(torch, p, z, h):
    return torch.tanh(torch.nn.functional.layer_norm(z, h.shape[-1:], p.gain, p.shift, EPS)),


def layer_norm_lstm(torch, p, z, h, c):
    norm = torch.nn.functional.layer_norm
    i, f, g, o = norm(z, z.shape[-1:], p.gain, p.shift, EPS).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * norm(c, c.shape[-1:], p.gain_c, p.shift_c, EPS).tanh(), c


def peephole_lstm(torch, p, z, h, c):
    i, f, g, o = z.chunk(4, dim=-1)
    new = (f + p.p_f * c).sigmoid() * c + (i + p.p_i * c).sigmoid() * g.tanh()
    return (o + p.p_o * new).sigmoid() * new.tanh(), new


def projected_rnn(torch, p, z, h):
    return torch.tanh(z) @ p.W_p.T,


@pytest.mark.parametrize("cell, step", [
    (LayerNormRNN, layer_norm_rnn), (LayerNormLSTM, layer_norm_lstm), (PeepholeLSTM, peephole_lstm),
    (ProjectedRNN, projected_rnn)])
def test_it_is_that_of_pytorch(cell, step, torch):
    p, xs, state, dhs = point(cell)
    dlast = tuple(np.random.default_rng(5).normal(size=s.shape) for s in state)
    leaves = [torch.tensor(a, requires_grad=True) for a in (*p, xs, *state)]
    theirs, x, now = cell.Params(*leaves[:len(p)]), leaves[len(p)], leaves[len(p) + 1:]
    states = []
    for t in range(len(xs)):
        now = step(torch, theirs, x[t] @ theirs.W_x.T + now[0] @ theirs.W_h.T + theirs.b, *now)
        states.append([s.detach().numpy() for s in now])
        (now[0] * torch.tensor(dhs[t])).sum().backward(retain_graph=True)
    sum((s * torch.tensor(d)).sum() for s, d in zip(now, dlast, strict=True)).backward()

    trace = bptt.forward(cell, p, xs, state)
    for ours, s in zip(trace.states, zip(*states, strict=True), strict=True):
        assert error(ours[1:], np.array(s)) < 1e-12
    ours = arrays(bptt.backward(cell, p, trace, dhs, dlast=dlast))
    assert error(ours, [leaf.grad.numpy() for leaf in leaves]) < 1e-12


# What is said of a cell that is written wrongly

class Kept(NamedTuple):
    zs: np.ndarray


def cell_with(**changed):
    """Return a vanilla cell, written by a reader, with some functions in place of its own."""
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (np.tanh(z),), Kept(z)

    own = dict(STATES=("h",), Params=rnn.Params, shapes=rnn.shapes, step=step, gradient=rnn.gradient,
               step_backward=rnn.step_backward)
    return SimpleNamespace(**own | changed)


def z_of(p, u, state):
    return u + state[0] @ p.W_h.mT


SHAPES = "cell.shapes must be a function that returns a Params(W_x, W_h, b) of shapes, b (G*H,); "
WRITTEN = {  # what is written in place of a right function, and the sentence
    "no shapes": (dict(shapes=lambda D, H: None), SHAPES + "got None."),
    "bare shapes": (dict(shapes=lambda D, H: ((H, D), (H, H), (H,))), SHAPES + "got ((3, 2), (3, 3), (3,))."),
    "H without its comma": (
        dict(shapes=lambda D, H: rnn.Params((H, D), (H, H), H)), SHAPES + "got ((3, 2), (3, 3), 3)."),
    "no gates": (
        dict(shapes=lambda D, H: rnn.Params((H, D), (H, H), (0,))), SHAPES + "got ((3, 2), (3, 3), (0,))."),
    "a bare h": (dict(step=lambda p, u, s: np.tanh(z_of(p, u, s))),
        "bptt.forward: cell.step must be a function that returns (state, kept); got shape (4, 3), float64. "
        "One state is a tuple too: return (h,), Kept(z)."),
    "three values": (dict(step=lambda p, u, s: ((u,), Kept(u), u)),
        "bptt.forward: cell.step must be a function that returns (state, kept); got a tuple of 3."),
    "nothing": (dict(step=lambda p, u, s: None),
        "bptt.forward: cell.step must be a function that returns (state, kept); got None."),
    "h without its comma": (dict(step=lambda p, u, s: (np.tanh(z_of(p, u, s)), Kept(u))),
        "bptt.forward: state of cell.step must be a tuple of 1 array, for h; got shape (4, 3), float64. "
        "Write (h,)."),
    "h in a list": (dict(step=lambda p, u, s: ((u.tolist(),), Kept(u))),
        "bptt.forward: h in state of cell.step must be an array; got a list of 4."),
    "z in a list": (dict(step=lambda p, u, s: ((u,), Kept(u.tolist()))),
        "bptt.forward: kept.zs of cell.step must be an array; got a list of 4."),
    "nothing kept": (dict(step=lambda p, u, s: ((u,), NamedTuple("Nothing", [])())),
        "bptt.forward: cell.step must be a function whose kept values are a NamedTuple; got "),
    "two states": (dict(step=lambda p, u, s: ((u, u), Kept(u))),
        "bptt.forward: state of cell.step must be a tuple of 1 array, for h; got a tuple of 2."),
    "kept without a NamedTuple": (dict(step=lambda p, u, s: ((np.tanh(u),), (u,))),
        "bptt.forward: cell.step must be a function whose kept values are a NamedTuple; got a tuple of 1. "
        "class Kept(NamedTuple): zs: np.ndarray"),
    "kept as an array": (dict(step=lambda p, u, s: ((np.tanh(u),), u)),
        "whose kept values are a NamedTuple; got shape (4, 3), float64."),
    "a state summed over the batch": (dict(step=lambda p, u, s: ((np.tanh(u.sum(axis=0)),), Kept(u))),
        "bptt.forward: h in state of cell.step must be of shape (4, 3) (as it was given); got shape (3,)"),
    "a state of one unit": (dict(step=lambda p, u, s: ((np.tanh(u[..., :1]),), Kept(u))),
        "h in state of cell.step must be of shape (4, 3) (as it was given); got shape (4, 1)"),
    "z of one unit kept": (dict(step=lambda p, u, s: ((np.tanh(u),), Kept(u[..., :1]))),
        "kept.zs of cell.step must be of shape (4, 3) (as u); got shape (4, 1), float64. "
        "The first thing kept is z_t, all gates side by side."),
    "no function": (dict(step=3), "bptt.forward: cell.step must be a function of (p, u, state); got 3."),
    "Params that are no NamedTuple": (dict(Params=dict), "bptt.forward: cell.Params must be a NamedTuple "
        "with fields W_x and b among others; got <class 'dict'>."),
    "Params without b": (dict(Params=NamedTuple("Params", [("W_x", object)])), "among others; got ('W_x',)."),
    "STATES without names": (dict(STATES=()), "bptt.forward: cell.STATES must be the names of the states, "
        "such as ('h',); got ()."),
    "two arguments": (dict(step=lambda u, s: ((u,), Kept(u))),
        "bptt.forward: cell.step must be a function of (p, u, state); got one of (u, s). "
        "In a class, put @staticmethod before it."),
}
WRITTEN_BACK = {
    "one value": (dict(step_backward=lambda p, d, at: d[0]),
        "bptt.deltas: cell.step_backward must be a function that returns (delta, dstate_before), or with "
        "handed as the third; got shape (4, 3), float64."),
    "four values": (dict(step_backward=lambda p, d, at: (d[0], d, d, d)), "as the third; got a tuple of 4."),
    "dh without its comma": (dict(step_backward=lambda p, d, at: (d[0], d[0] @ p.W_h)),
        "bptt.deltas: dstate_before of cell.step_backward must be a tuple of 1 array, for h; got shape "
        "(4, 3), float64. Write (h,)."),
    "delta in a list": (dict(step_backward=lambda p, d, at: (d[0].tolist(), (d[0] @ p.W_h,))),
        "bptt.deltas: delta of cell.step_backward must be an array; got a list of 4."),
    "delta summed over the batch": (
        dict(step_backward=lambda p, d, at: (d[0].sum(axis=0), (d[0] @ p.W_h,))),
        "bptt.deltas: delta of cell.step_backward must be of shape (4, 3) (as z_t); got shape (3,), float"),
    "dh of one unit": (dict(step_backward=lambda p, d, at: (d[0], (d[0][..., :1],))),
        "h in dstate_before of cell.step_backward must be of shape (4, 3) (as it was given); got shape (4"),
    "handed without a NamedTuple": (
        dict(step_backward=lambda p, d, at: (d[0], (d[0] @ p.W_h,), d[0]), gradient=lambda t, d, h: None),
        "bptt.deltas: handed of cell.step_backward must be a NamedTuple; got shape (4, 3), float64. "
        "class Handed(NamedTuple): one field for each array"),
    "two arguments": (dict(step_backward=lambda d, at: (d[0], d)),
        "bptt.deltas: cell.step_backward must be a function of (p, dstate, at); got one of (d, at). "
        "In a class, put @staticmethod before it."),
    "a gradient in a dict": (dict(gradient=lambda trace, delta: {"W_x": delta}),
        "bptt.gradient: cell.gradient must be a function that returns a Params(W_x, W_h, b); got {'W_x': "),
    "a gradient that waits for more": (dict(gradient=lambda trace, delta, handed: None),
        "bptt.gradient: cell.gradient must be a function of (trace, delta); got one of (trace, delta, handed)"
        ". A third argument needs a third value of step_backward."),
    "more than the gradient takes": (
        dict(step_backward=lambda p, d, at: (d[0], (d[0] @ p.W_h,), Kept(d[0]))),
        "bptt.gradient: cell.gradient must be a function of (trace, delta, handed); got one of (trace"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_wrong_step_gets_its_sentence(name):
    changed, sentence = WRITTEN[name]
    p, xs, state, _ = point(rnn)

    with pytest.raises((TypeError, ValueError)) as caught:
        bptt.forward(cell_with(**changed), p, xs, state)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", WRITTEN_BACK)
def test_a_wrong_step_back_or_gradient_gets_its_sentence(name):
    changed, sentence = WRITTEN_BACK[name]
    p, xs, state, dhs = point(rnn)
    cell = cell_with(**changed)
    trace = bptt.forward(cell, p, xs, state)

    with pytest.raises((TypeError, ValueError)) as caught:
        bptt.backward(cell, p, trace, dhs)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("judge", [gradcheck.check_cell, gradcheck.locate])
def test_a_transpose_that_takes_no_stack_gets_its_sentence(judge):
    def step(p, u, state):
        z = u + state[0] @ p.W_h.T
        return (np.tanh(z),), Kept(z)

    with pytest.raises(ValueError, match=r"cell.step must be a function that takes a stack of parameters "
                       r"too, W_h \(2, 3, 3\); got ValueError: .* Write W_h.mT for W_h.T"):
        judge(cell_with(step=step), *point(rnn))


@pytest.mark.parametrize("of", [rnn, MinGRU])
@pytest.mark.parametrize("ask", [bptt.forward, gradcheck.check_cell, gradcheck.locate])
def test_a_class_whose_shapes_takes_self_gets_its_sentence(ask, of):
    class Cell:
        STATES, Params, step, gradient = of.STATES, of.Params, of.step, of.gradient
        step_backward = of.step_backward

        def shapes(self, D, H):
            return of.shapes(D, H)

    rng = np.random.default_rng(0)
    said = (r"cell.shapes must be a function of \(D, H\); got one of \(self, D, H\). "
            "It takes self: hand over an instance of the class, not the class.")

    with pytest.raises(TypeError, match=f"^bptt.forward: {said}$"):
        ask(Cell, of.init(rng, 2, 3), rng.normal(size=(4, 5, 2)))
    with pytest.raises(TypeError, match=f"^gradcheck.designed_point: {said}$"):
        gradcheck.designed_point(Cell, rng)


def test_an_error_of_the_cell_itself_says_where_it_was_called():
    cell = cell_with(step=lambda p, u, state: state[0].no_such_thing)
    p, xs, state, _ = point(rnn)

    with pytest.raises(AttributeError) as caught:
        bptt.forward(cell, p, xs, state)

    assert caught.value.__notes__ == [
        "bptt.forward: this is cell.step(p, u, state), with pre-activations (4, 3) and h (4, 3)."]


def test_the_cells_of_the_house_are_not_told_anything():
    for cell in CELLS.values():
        p, xs, state, dhs = point(cell)
        bptt.backward(cell, p, bptt.forward(cell, p, xs, state), dhs)


@pytest.mark.parametrize(("p", "words"), [
    (MinGRU.Params(np.zeros((6, 2)), np.zeros(5)), r"p.b must be of shape \(6,\) \(2 gates of H=3 units"),
    (MinGRU.Params(np.zeros(6), np.zeros(6)), "p.W_x must be a matrix"),
    (LRU.Params(np.zeros((6, 2)), np.zeros(6), np.zeros(4), np.zeros(3)), r"p.nu must be of shape \(3,\)"),
])
def test_parameters_without_W_h_that_do_not_fit_are_named(p, words):
    cell = LRU if isinstance(p, LRU.Params) else MinGRU

    with pytest.raises(ValueError, match=words):
        bptt.forward(cell, p, np.zeros((4, 2)))


def test_a_trace_of_other_units_is_refused_without_W_h():
    rng = np.random.default_rng(0)
    trace = bptt.forward(MinGRU, MinGRU.init(rng, 2, 3), np.zeros((4, 2)))

    with pytest.raises(ValueError, match="z of 10"):
        bptt.deltas(MinGRU, MinGRU.init(rng, 2, 5), trace, np.zeros((4, 3)))


def test_a_large_state_is_no_swap_where_there_is_no_c():
    p, xs, (h, m), _ = point(LRU)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bptt.forward(LRU, p, xs, (9 * h, m))


class Leaky(NamedTuple):
    """W_x (H, D), W_h (H, H), b (H,), and one number: how much of the new state is new."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    a: np.ndarray


class Fresh(NamedTuple):
    fresh: np.ndarray


def leaky(of_a=lambda new, old: new - old):
    """Return a cell h_t = (1 - a) h_(t-1) + a tanh(z_t), whose a is learned."""
    def step(p, u, state):
        z = z_of(p, u, state)
        return ((1 - p.a) * state[0] + p.a * np.tanh(z),), Kept(z)

    def step_backward(p, dstate, at):
        (dh,), new = dstate, np.tanh(at.kept.zs)
        delta = p.a * dh * (1 - new**2)
        return delta, (delta @ p.W_h + (1 - p.a) * dh,), Fresh(dh * of_a(new, at.before[0]))

    def gradient(trace, delta, handed):
        return Leaky(*rnn.gradient(trace, delta), np.asarray(handed.fresh.sum()))

    return cell_with(Params=Leaky, shapes=lambda D, H: Leaky((H, D), (H, H), (H,), ()), step=step,
                     step_backward=step_backward, gradient=gradient)


def test_a_parameter_may_be_one_number():
    here = point(leaky())

    assert here[0].a.shape == ()
    assert gradcheck.check_cell(leaky(), *here).ok and gradcheck.locate(leaky(), *here).ok
    assert gradcheck.check_cell(leaky(), *here, method="central").ok
    wrong = leaky(of_a=lambda new, old: new)
    assert gradcheck.check_cell(wrong, *here).names("wrong") == ["da"]
    assert "The deltas are right, but da is wrong." in gradcheck.locate(wrong, *here).sentence


def test_a_step_that_takes_no_stack_is_told_the_shapes_of_vectors_and_numbers_too():
    cell = leaky()
    cell.step = lambda p, u, state: leaky().step(p._replace(a=p.a.reshape(-1)[:1]), u, state)

    with pytest.raises(ValueError, match=r"a stack of parameters too, W_h \(2, 3, 3\), a \(2, 1, 1\); got "):
        gradcheck.check_cell(cell, *point(leaky()))


@pytest.mark.parametrize("judge", [gradcheck.check_cell, gradcheck.locate])
def test_a_step_that_draws_is_not_told_that_it_takes_no_stack(judge):
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (np.tanh(z) * (np.random.random(z.shape) > 0.5),), Kept(z)  # noqa: NPY002

    cell = SimpleNamespace(**{**vars(rnn), "step": step})
    with pytest.raises(ValueError, match=r"cell\.step must be the same at every call") as caught:
        judge(cell, *gradcheck.designed_point(cell, np.random.default_rng(0)))

    assert ".mT" not in str(caught.value)


def test_a_step_that_writes_into_its_state_is_refused_and_one_that_writes_into_u_is_right():
    def into_h(p, u, state):
        z = u + state[0] @ p.W_h.mT
        state[0][...] = np.tanh(z)
        return state, Kept(z)

    def into_u(p, u, state):
        u += state[0] @ p.W_h.mT
        return (np.tanh(u),), Kept(u)

    def state_is_u(p, u, state):
        u += state[0] @ p.W_h.mT
        z = u.copy()
        return (np.tanh(u, out=u),), Kept(z)

    cell = SimpleNamespace(**{**vars(rnn), "step": into_h})
    point = gradcheck.designed_point(rnn, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"a write into the state it is given\. Make a new array"):
        bptt.forward(cell, *point[:3])
    for step in (into_u, state_is_u):
        cell.step = step
        right = bptt.forward(rnn, *point[:3])
        np.testing.assert_array_equal(bptt.forward(cell, *point[:3]).hs, right.hs)
        assert gradcheck.check_cell(cell, *point).ok and gradcheck.locate(cell, *point).ok


class Each(NamedTuple):
    W_x: np.ndarray
    b: np.ndarray
    a: np.ndarray  # (H,): what each unit keeps of itself


def test_a_cell_with_vectors_is_told_how_they_come():
    def step(p, u, state):
        z = u + (p.a[:, None] if p.a.ndim > 1 else p.a) * state[0]
        return (np.tanh(z),), Kept(z)

    shapes = lambda D, H: Each((H, D), (H,), (H,))
    cell = SimpleNamespace(Params=Each, shapes=shapes, STATES=("h",), step=step, step_backward=None,
                           gradient=None)
    with pytest.raises(ValueError, match=r"a \(2, 1, 3\); got other states than one by one") as caught:
        gradcheck.locate(cell, *gradcheck.designed_point(cell, np.random.default_rng(0)), lambda *_: None)

    assert "Vectors come as rows: use them as they are, without [None]." in str(caught.value)


def test_a_step_back_that_returns_its_two_things_the_other_way_round_is_told_their_order():
    turned = lambda p, dstate, at: rnn.step_backward(p, dstate, at)[::-1]
    cell = SimpleNamespace(**{**vars(rnn), "step_backward": turned})

    with pytest.raises(TypeError, match=r"It returns \(delta, dstate_before\), in this order\."):
        gradcheck.check_cell(cell, *point(cell))
