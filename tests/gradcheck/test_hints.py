"""What is said of a mistake that no change of the list explains: where it is, no word against what is right.

The mistakes are made in a pass of our own by odd numbers, so each is known to be in the formulas of some
gates, in what is carried back, or in what is done at a masked step.
"""

from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import bptt, gru, gru_original, lstm, rnn
from rnnlib.gradcheck import designed_point, locate

CELLS = {lstm: "ifgo", gru: "rzn", gru_original: "rzn"}
T, B, D, H = 5, 4, 2, 3
OPEN = np.array([[1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]], dtype=bool)


def factors(seed):
    """Return numbers (B, H) that no formula has."""
    return np.random.default_rng(seed).uniform(1.1, 1.9, (B, H))


def point(cell, seed=0, zero=False):
    p, xs, state, dhs = designed_point(cell, np.random.default_rng(seed), T, B, D, H)
    return p, xs, None if zero else state, dhs


def own(cell, step_backward):
    """Return the backward pass of the cell with another step."""
    mine = SimpleNamespace(STATES=cell.STATES, Params=cell.Params, shapes=cell.shapes, step=cell.step,
                           step_backward=partial(step_backward, cell), gradient=cell.gradient)
    return lambda _, p, trace, dhs: bptt.deltas(mine, p, trace, dhs)


def odd_gates(gates, steps=range(T)):
    """Return a step that is wrong in the formulas of these gates, after which its delta is returned."""
    count = iter(range(10 * T))

    def step_backward(cell, p, dstate, at):
        t = T - 1 - next(count) % T
        delta, *more = cell.step_backward(p, dstate, at)
        delta = delta.copy()
        for k in gates if t in steps else ():
            n = CELLS[cell].index(k) * H
            delta[..., n:n + H] *= factors(n)
        return delta, *more

    return step_backward


def odd_carry(state=0, steps=range(T)):
    """Return a step that sends back a wrong dL/d of this state."""
    count = iter(range(10 * T))

    def step_backward(cell, p, dstate, at):
        t = T - 1 - next(count) % T
        delta, past, *more = cell.step_backward(p, dstate, at)
        past = [d * factors(7) if k == state and t in steps else d for k, d in enumerate(past)]
        return delta, tuple(past), *more

    return step_backward


def sentence(cell, step_backward, zero=False, mask=None):
    """Return what is said; nothing if a zero state hides the mistake."""
    found = locate(cell, *point(cell, zero=zero), own(cell, step_backward), mask=mask)
    assert found.cause is None and not found.candidates and (zero or not found.ok), found
    return "" if found.ok else found.sentence


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("steps", [range(T), [2], [0]])
@pytest.mark.parametrize("mask", [None, OPEN])
@pytest.mark.parametrize("cell", CELLS)
def test_the_formulas_of_the_gates_that_are_wrong_are_named_and_no_other(cell, mask, steps, zero):
    for gates in CELLS[cell]:
        said = sentence(cell, odd_gates(gates, steps), mask=mask, zero=zero)

        assert not said or f"the formulas of {gates}" in said, said
        assert "as if" not in said and "look at the mask" not in said and "hands on" not in said, said


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("steps", [range(T), [2], [1]])
@pytest.mark.parametrize("mask", [None, OPEN])
@pytest.mark.parametrize("cell", CELLS)
def test_the_formulas_are_never_blamed_for_what_is_carried(cell, mask, steps, zero):
    for state in range(len(cell.STATES)):
        said = sentence(cell, odd_carry(state, steps), mask=mask, zero=zero)

        assert "formulas of" not in said and "what step" in said and "sends back" in said, said
        assert f"as if {'dL/dc_t' if state == 1 else 'dL/dh_t'} were" in said, said
        assert "look at the mask" not in said and "hands on" not in said, said


def test_a_gate_whose_delta_is_zero_where_the_others_are_off_is_no_witness():
    """Sequence 1 begins at step 3, from c = 0: delta^f is 0 there and right, though dL/dc_3 is not."""
    mask = np.ones((T, B), dtype=bool)
    mask[:2, 0], mask[3, 1:] = False, False

    said = sentence(lstm, odd_carry(0, [3]), zero=True, mask=mask)

    assert "at step 3, i, g and o are off as if dL/dh_t were wrong" in said and "formulas of" not in said


def test_a_gate_whose_mistake_is_lost_in_its_tolerance_is_no_witness():
    """Unit 1 of gate i is nearly saturated: what is off there is far below the largest delta^i."""
    def odd_unit(cell, p, dstate, at):
        delta, past, *more = cell.step_backward(p, dstate, at)
        return delta, (past[0] * [1.3, 1, 1], past[1] * [1.3, 1, 1]), *more

    p, *rest = point(lstm)
    W_h = p.W_h.copy()
    b, W_h[[0]] = p.b.copy(), 0
    b[0] = 30
    found = locate(lstm, p._replace(b=b, W_h=W_h), *rest, own(lstm, odd_unit))

    assert "formulas of" not in found.sentence


def test_a_factor_of_every_gate_is_not_laid_to_one_of_them():
    """Gates that are off alike may share a wrong source; that they do is not said."""
    def odd_step(cell, p, dstate, at):
        delta, *more = cell.step_backward(p, dstate, at)
        return delta * np.tile(factors(1), 4), *more

    said = sentence(lstm, odd_step)

    assert "look at the step itself: at step 5, i, f, g and o are off as if dL/dh_t were wrong." in said


def test_before_the_last_step_one_factor_of_every_gate_is_laid_to_both_sources():
    """There dL/dc_t holds what came back to c_t as well: dL/dh_t alone would not give one factor."""
    def odd_step(cell, p, dstate, at):
        delta, *more = cell.step_backward(p, dstate, at)
        return delta * (1 if (at.after[0] == last).all() else np.tile(factors(1), 4)), *more

    last = bptt.forward(lstm, *point(lstm)[:3]).hs[-1]
    said = sentence(lstm, odd_step)

    assert "at step 4, i, f, g and o are off as if dL/dc_t and dL/dh_t were wrong" in said


@pytest.mark.parametrize("cell", CELLS)
def test_gates_that_are_off_by_factors_of_their_own_are_not_said_to_share_a_source(cell):
    said = sentence(cell, odd_gates(CELLS[cell]))

    assert "look at the step itself: its formulas, and the dhs it takes." in said


# What comes back, or the step itself

@pytest.mark.parametrize("zero_before", [False, True])
@pytest.mark.parametrize("cell", [rnn, *CELLS])
def test_the_dhs_of_a_step_are_not_blamed_for_what_is_carried(cell, zero_before):
    """Where only the last step has a loss, the others are tried with a loss of their own."""
    p, xs, state, dhs = point(cell)
    dhs = dhs * (np.arange(T) == T - 1)[:, None, None] if zero_before else dhs
    said = locate(cell, p, xs, state, dhs, own(cell, odd_carry_through(0.7))).sentence

    assert "with a loss at step 4 alone, step 4 is right: look at what step 5 sends back" in said, said
    assert "dhs" not in said


def odd_carry_through(power):
    def step_backward(cell, p, dstate, at):
        delta, past, *more = cell.step_backward(p, dstate, at)
        return delta, tuple(np.sign(d) * np.abs(d) ** power if k == 0 else d for k, d in enumerate(
            (past[0] + 0.3 * delta[..., :H], *past[1:]))), *more

    return step_backward


@pytest.mark.parametrize("cell", [rnn, *CELLS])
def test_the_dhs_are_blamed_where_a_step_is_wrong_with_a_loss_of_its_own(cell):
    def backward(cell, p, trace, dhs):
        odd = dhs.copy()
        odd[:-1] *= factors(3)
        return bptt.deltas(cell, p, trace, odd)

    said = locate(cell, *point(cell), backward).sentence

    assert "with a loss at step 4 alone, step 4 is wrong as well: look at the step itself, and at" in said


def test_of_numbers_that_follow_no_dhs_it_is_not_known_which_it_is():
    delta = own(rnn, odd_carry())(rnn, *point(rnn)[:1], bptt.forward(rnn, *point(rnn)[:3]), point(rnn)[3])[0]

    said = locate(rnn, *point(rnn), lambda *_: delta + 0.1 * (np.arange(T) < T - 1)[:, None, None]).sentence

    assert "look first at what is carried back, and then at the dhs of the earlier steps." in said


# The mask

def masked_step(wrong):
    """Return a backward pass in which wrong(delta, new, dstate, m) is done at every step, m (B, 1)."""
    def backward(cell, p, trace, dhs):
        delta, carry = np.zeros_like(trace.zs), tuple(0 * s[0] for s in trace.states)
        for t in reversed(range(len(dhs))):
            m = trace.mask[t][:, None]
            dstate = (carry[0] + dhs[t], *carry[1:])
            delta[t], new, *_ = cell.step_backward(p, tuple(d * m for d in dstate), trace.steps()[t])
            new = tuple(np.where(m, a, b) for a, b in zip(new, dstate, strict=True))
            delta[t], carry = wrong(delta[t], new, dstate, m)
        return delta

    return backward


HALF = lambda delta, new, dstate, m: (delta, tuple(np.where(m, a, 0.37 * a) for a in new))
GARBAGE = lambda delta, new, dstate, m: (np.where(m, delta, 0.37), new)


@pytest.mark.parametrize("cell", [rnn, *CELLS])
@pytest.mark.parametrize("wrong, said", [
    (HALF, "and begin to be wrong at one: look at what is done at a masked step, and at what it hands on."),
    (GARBAGE, "The deltas of masked steps alone are off; they are 0 in a right pass: look at the mask."),
])
def test_what_is_wrong_at_masked_steps_is_laid_to_the_mask(cell, wrong, said):
    found = locate(cell, *point(cell), masked_step(wrong), mask=OPEN)

    assert found.cause is None and said in found.sentence, found
    assert locate(cell, *point(cell), masked_step(lambda delta, new, *_: (delta, new)), mask=OPEN).ok


def test_a_mask_with_which_nothing_can_be_compared_is_not_blamed():
    """Every sequence ends in a masked step, so that any mistake is before one."""
    ends = np.arange(T)[:, None] < [4, 4, 4, 4]

    said = sentence(lstm, odd_carry(0), mask=ends)

    assert "are off only where a masked step is at or after them: whether the mask is the cause" in said


def test_dxs_alone_tell_of_the_mask_as_well():
    wrong = masked_step(HALF)
    by_dxs = lambda cell, p, trace, dhs: {"xs": wrong(cell, p, trace, dhs) @ p.W_x}

    found = locate(gru, *point(gru), by_dxs, mask=OPEN)

    assert "By dxs, the deltas are right where no masked step is at or after them" in found.sentence


# Sequences and sums

@pytest.mark.parametrize("which, said", [([1], "Only sequence 2 of the batch is off."),
                                         ([0, 2, 3], "Only sequences 1, 3 and 4 of the batch are off.")])
def test_sequences_that_are_off_alone_are_told(which, said):
    def backward(cell, p, trace, dhs):
        delta, _ = bptt.deltas(cell, p, trace, dhs)
        delta[:, which] *= factors(3)[which]
        return delta

    assert said in locate(rnn, *point(rnn), backward).sentence


@pytest.mark.parametrize("changed, said", [
    ({"W_x": 1.3}, "look at the sums that make dW_x from the deltas."),
    ({"W_x": 1.3, "b": 0.7}, "look at the sums that make dW_x and db from the deltas."),
    ({"xs": 1.3}, "look at W_x^T delta_t, which is dx_t."),
    ({"h0": 1.3}, "look at what step 1 sends back, which is dh0."),
])
def test_where_the_deltas_are_right_what_is_made_of_them_is_named(changed, said):
    def backward(cell, p, trace, dhs):
        delta, _ = bptt.deltas(cell, p, trace, dhs)
        grad = bptt.backward(cell, p, trace, dhs)
        numbers = {"delta": delta, **grad.params._asdict(), "xs": grad.xs, "h0": grad.state[0]}
        return {name: changed.get(name, 1) * a for name, a in numbers.items()}

    assert said in locate(rnn, *point(rnn), backward).sentence


@pytest.mark.parametrize("limit", [0.3, 0.17])
@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("cell", [rnn, *CELLS])
def test_a_clip_at_a_limit_that_is_not_in_the_list_is_measured(cell, carried, limit):
    def clips(cell, p, dstate, at):
        delta, *more = cell.step_backward(p, dstate, at)
        if carried:
            delta = np.clip(delta, -limit, limit)
            more[0] = (delta @ p.W_h, *more[0][1:]) if cell in (rnn, lstm) else more[0]
        return delta, *more

    after = lambda cell, p, trace, dhs: np.clip(bptt.deltas(cell, p, trace, dhs)[0], -limit, limit)
    found = locate(cell, *point(cell), own(cell, clips) if carried else after)

    assert found.cause is None and not found.candidates
    assert f"the deltas are cut off at ±{limit}, and right below: look for a clip" in found.sentence, found
    assert "formulas of" not in found.sentence


# How much is off, and of which delta

def one_gate(share, k=1, t=2):
    """Return a pass whose deltas of one gate are too large by that share, at one step, in the sums alone."""
    def backward(cell, p, trace, dhs):
        delta, starts = bptt.deltas(cell, p, trace, dhs)[:2]
        delta = delta.copy()
        delta[t, :, k * H:(k + 1) * H] *= 1 + share
        return bptt.gradient(cell, p, trace, delta, starts)
    return backward


@pytest.mark.parametrize(("share", "were"), [
    (-1, "were zero"), (0.5, "were 1.5 times what it should be"),
    (-0.25, "were 0.75 times what it should be"), (3e-5, "were 1 + 3e-05 times what it should be"),
    (-3e-7, "were 1 - 3e-07 times what it should be"),
    (3e-8, "were 1 + 3e-08 times what it should be")])
@pytest.mark.parametrize("cell", [lstm, gru_original])
def test_one_gate_that_is_off_at_one_step_is_named_by_dxs(cell, share, were):
    found = locate(cell, *point(cell), one_gate(share))

    assert f"dx_3 is off as if delta^{CELLS[cell][1]} of step 3 {were}." in found.sentence
    assert ("What is off is at most " in found.sentence) == (abs(share) < 1e-4)
    assert not found.ok and found.cause is None


def test_no_gate_is_named_by_dxs_where_several_are_off():
    def backward(cell, p, trace, dhs):
        delta, starts = bptt.deltas(cell, p, trace, dhs)[:2]
        odd = np.random.default_rng(1).uniform(1.1, 1.9, 4 * H)
        return bptt.gradient(cell, p, trace, delta * odd, starts)

    assert "as if" not in locate(lstm, *point(lstm), backward).sentence


@pytest.mark.parametrize("share", [3e-9, 1e-9, 5e-10])
@pytest.mark.parametrize("k", range(4))
def test_no_sequence_is_said_to_be_right_that_is_off_by_too_little_to_be_seen(share, k):
    said = locate(lstm, *point(lstm), one_gate(share, k)).sentence

    assert "alone the pass is right" not in said and "of the batch" not in said
    assert f"as if delta^{'ifgo'[k]} of step 3 were" in said and "What is off is at most" in said


@pytest.mark.parametrize("share", [1e-2, 1e-4])
def test_the_sequence_that_is_off_is_named_where_enough_is(share):
    def backward(cell, p, trace, dhs):
        delta, starts = bptt.deltas(cell, p, trace, dhs)[:2]
        odd = 1 + share * (np.arange(delta.shape[1]) == 2)[:, None]
        return bptt.gradient(cell, p, trace, delta * odd, starts)

    assert "Only sequence 3 of the batch is off." in locate(lstm, *point(lstm), backward).sentence


class Zs(NamedTuple):
    zs: np.ndarray


def leaky(step_backward):
    """Return a cell of one's own, h_t = 0.7 h_(t-1) + 0.3 tanh(z_t)."""
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (0.7 * state[0] + 0.3 * np.tanh(z),), Zs(z)

    return SimpleNamespace(STATES=rnn.STATES, Params=rnn.Params, shapes=rnn.shapes, gradient=rnn.gradient,
                           step=step, step_backward=step_backward)


@pytest.mark.parametrize(("delta", "said"), [
    (lambda dh, s: dh * s, "; there delta is 3.333 times what it should be."),
    (lambda dh, s: -0.3 * dh * s, "; there delta is -1 times what it should be."),
    (lambda dh, s: 0 * dh, "; there delta is zero, and should not be."),
    (lambda dh, s: dh, "; there delta is the dhs of the step, without a slope."),
    (lambda dh, s: 0.3 * dh * s**2, "the dhs it takes."),
])
def test_what_the_deltas_of_a_cell_of_ones_own_are_at_the_last_step_is_said(delta, said):
    def step_backward(p, dstate, at):
        d = delta(dstate[0], 1 - np.tanh(at.kept.zs) ** 2)
        return d, (d @ p.W_h + 0.7 * dstate[0],)

    found = locate(leaky(step_backward), *point(rnn))
    assert found.sentence.split(" dW_x")[0].endswith(said)


@pytest.mark.parametrize("slope, name", [
    (lambda z, h: 1 - h * h, "1 - h_t^2"), (lambda z, h: 1 - np.tanh(h) ** 2, "1 - tanh(h_t)^2"),
    (lambda z, h: h ** 3, None), (lambda z, h: 1.3 * h * (1 - h), None)])
def test_of_a_cell_of_one_gate_the_slope_that_stands_there_is_named(slope, name):
    """A sigmoid network; its own slope is h (1 - h)."""
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (0.5 + 0.5 * np.tanh(0.5 * z),), rnn.Kept(z)

    def step_backward(p, dstate, at):
        delta = dstate[0] * slope(at.kept.zs, at.after[0])
        return delta, (delta @ p.W_h,)

    cell = SimpleNamespace(**{**vars(rnn), "step": step, "step_backward": step_backward})
    said = locate(cell, *designed_point(cell, np.random.default_rng(0))).sentence

    there = f"there delta is the dhs of the step times {name}, and its slope is another"
    assert (there in said) if name else "the dhs of the step times" not in said
