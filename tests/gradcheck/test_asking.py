"""What a wrong pass is asked for besides: other losses, one sequence, one step; and what is said of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnnlib import bptt, gru, lstm, rnn
from rnnlib.gradcheck import designed_point, locate

T, B, D, H = 5, 4, 2, 3
ODD = np.random.default_rng(1).uniform(1.1, 1.9, (B, H))
DRAWS = np.random.default_rng(3)
ADDED, TWICE = "With a loss of zero", "Minus twice the loss"
ALONE, STEP = "With each sequence alone", "The last step alone"


def said(backward, cell=rnn, **options):
    found = locate(cell, *designed_point(cell, np.random.default_rng(2), T, B, D, H), backward, **options)
    assert not found.ok and found.cause is None and not found.candidates, found
    return found.sentence


def steps_back(carry, slope=lambda dz, t: dz, start=0.0):
    """Return the deltas of a vanilla network by carry(delta_t, W_h, t) and slope(delta_t, t)."""
    def backward(cell, p, trace, dhs):
        delta, back = np.zeros_like(dhs), start
        for t in reversed(range(len(dhs))):
            delta[t] = slope((1 - trace.hs[t + 1] ** 2) * (dhs[t] + back), t)
            back = carry(delta[t], p.W_h, t)
        return delta
    return backward


def right(d, W, t):
    return d @ W


def odd(d, W, t):
    return (d @ W) * ODD[: len(d)]


@pytest.mark.parametrize("backward, sentence", [
    (steps_back(right, start=0.3), f"{ADDED} delta is not zero: something is added that no loss sends."),
    (steps_back(lambda d, W, t: right(d, W, t) / max(1.0, np.linalg.norm(d @ W))),
     f"{TWICE} does not give minus twice the numbers: look for what depends on their size"),
    (steps_back(lambda d, W, t: np.maximum(d @ W, 0)), f"{TWICE} does not give minus twice the numbers"),
    (steps_back(lambda d, W, t: np.roll(d @ W, 1, axis=0)),
     f"{ALONE} the pass is right: look at what is done over the batch, or goes from one sequence to"),
    (steps_back(odd), None),
    (steps_back(right, lambda d, t: d * ODD[: len(d)]), None),
])
def test_what_more_calls_measure_is_said_and_only_where_it_is_so(backward, sentence):
    found = said(backward)

    for words in (ADDED, TWICE, ALONE, STEP):
        assert (words in found) == (sentence is not None and sentence.startswith(words)), found
    assert sentence is None or sentence in found


def test_a_pass_that_does_not_follow_its_dhs_is_not_asked():
    p, xs, state, dhs = designed_point(rnn, np.random.default_rng(2), T, B, D, H)
    numbers = steps_back(odd)(rnn, p, bptt.forward(rnn, p, xs, state), dhs)

    found = said(lambda *_: numbers)

    assert not any(words in found for words in (ADDED, TWICE, ALONE, STEP))


def sending(cell, factor):
    """Return the cell, with what it sends back times a factor."""
    def step_backward(p, dstate, at):
        delta, (dh,) = cell.step_backward(p, dstate, at)
        return delta, (factor * dh,)

    return SimpleNamespace(STATES=cell.STATES, Params=cell.Params, shapes=cell.shapes, step=cell.step,
                           step_backward=step_backward, gradient=cell.gradient)


@pytest.mark.parametrize("cell", [rnn, gru])
@pytest.mark.parametrize("factor, times", [(0.5, "0.5 times what it should be"), (ODD, None)])
def test_the_factor_of_what_is_sent_back_is_measured_if_there_is_one(cell, factor, times):
    mine = sending(cell, factor)
    found = said(lambda _, p, trace, dhs: bptt.deltas(mine, p, trace, dhs)[0], cell)

    assert (f"with one at step 5 alone, it is {times}: look at what step 5" in found) == bool(times)
    assert "with a loss at step 4 alone, step 4 is right" in found and "step 5 sends back" in found


@pytest.mark.parametrize("cell", [rnn, gru])
@pytest.mark.parametrize("factor, times", [
    (0.5, "is 0.5 times what it should be"), (0.99, "is 0.99 times what it should be"), (ODD, None)])
def test_the_factor_is_measured_by_dxs_where_there_are_no_deltas(cell, factor, times):
    mine = sending(cell, factor)
    found = said(lambda _, *given: bptt.backward(mine, *given), cell)

    words = f"With a loss at step 5 alone, dx_5 is right and dx_4 {times}: look at what step 5 sends back."
    other = "With a loss at step 4 alone, dx_4 is right: look at what step 5 sends back."
    assert words in found if times else found.endswith(other)


@pytest.mark.parametrize("step, words", [
    (1, "With a loss at step 2 alone, dx_2 is wrong as well"),
    (4, "Nothing comes back to step 5, and dx_5 is off")])
def test_a_step_that_is_wrong_by_itself_is_told_by_dxs(step, words):
    def backward(cell, p, trace, dhs):
        delta = steps_back(right, lambda d, t: d * ODD[: len(d)] if t == step else d)(cell, p, trace, dhs)
        return bptt.gradient(cell, p, trace, delta, (delta[0] @ p.W_h,))

    assert said(backward).endswith(f"{words}: look at the step itself, and at the dhs it takes.")


def test_one_step_of_an_lstm_that_is_wrong_is_not_looked_for_between_the_steps():
    def backward(cell, p, trace, dhs, dlast):
        delta, state = np.zeros_like(trace.zs), dlast
        for t in reversed(range(len(dhs))):
            delta[t], state = lstm.step_backward(p, (dhs[t] + state[0], state[1]), trace.at(t))
            if t == 1:
                delta[t] *= np.tile(ODD, 4)
                state = delta[t] @ p.W_h, state[1]
        return bptt.gradient(cell, p, trace, delta, state)

    found = said(backward, lstm)
    assert STEP not in found and "With a loss at step 2 alone, dx_2 is wrong as well: look at the" in found


def lstm_with(carry):
    """Return a pass that takes dlast, of an LSTM in which carry(dh, dc, t, T) is handed on."""
    def backward(cell, p, trace, dhs, dlast):
        delta, state, T = np.zeros_like(trace.zs), dlast, len(dhs)
        for t in reversed(range(T)):
            delta[t], state = lstm.step_backward(p, (dhs[t] + state[0], state[1]), trace.at(t))
            state = carry(*state, t, T)
        return delta, state
    return backward


@pytest.mark.parametrize("carry, sentence", [
    (lambda dh, dc, t, T: (dh, dc * ODD), "sends back a right dh and a wrong dc."),
    (lambda dh, dc, t, T: (dh * ODD, dc), "sends back a right dc and a wrong dh."),
    (lambda dh, dc, t, T: (dh, 2 * dc),
     "sends back a right dh and a wrong dc, which is 2 times what it should be."),
    (lambda dh, dc, t, T: (dh * ODD, dc * ODD), None),
    (lambda dh, dc, t, T: (dh * ODD, dc * ODD) if t else (dh, dc),
     "is right, and so is what it sends back: look at what happens to that between the steps, and at what "
     "depends on the number of the step."),
])
def test_what_the_last_step_alone_sends_back_is_said(carry, sentence):
    found = said(lstm_with(carry), lstm)

    assert (f"{STEP} {sentence}" in found) if sentence else STEP not in found


def test_a_step_that_is_wrong_in_what_arrives_is_not_called_right_alone():
    """dc hears from the loss of its own step, not from dh_next: with nothing arriving nothing shows."""
    def backward(cell, p, trace, dhs, dlast):
        delta, state = np.zeros_like(trace.zs), dlast
        for t in reversed(range(len(dhs))):
            at, dh = trace.at(t), dhs[t] + ODD * state[0]
            delta[t], state = lstm.step_backward(p, (dh, state[1]), at)
        return delta, state

    assert STEP not in said(backward, lstm)


def test_the_gates_of_a_cell_that_is_not_known_are_named_where_some_alone_are_off():
    class Own:
        Params, STATES, shapes, gradient = lstm.Params, lstm.STATES, lstm.shapes, lstm.gradient

        @staticmethod
        def step(p, u, state):                        # o squashes twice
            (_, c), kept = lstm.step(p, u, state)
            o = np.sin(lstm.split(kept.gates)[3])
            return (o * kept.tanh_cs, c), kept._replace(gates=np.concatenate(
                [*lstm.split(kept.gates)[:3], o], axis=-1))

        @staticmethod
        def step_backward(p, dstate, at):
            o = lstm.split(at.kept.gates)[3]
            inner = np.arcsin(o)
            delta, (dh, dc) = lstm.step_backward(p, dstate, at)
            do = dstate[0] * at.kept.tanh_cs * np.cos(inner) * inner * (1 - inner) * 1.3
            delta = np.concatenate([delta[..., : 3 * H], do], axis=-1)
            return delta, (delta @ p.W_h, dc)

    found = said(None, Own)

    assert "look at the step itself and at dlast: gate 4 alone is off there." in found


@pytest.mark.parametrize("dlast_of, right", [
    (lambda last: (2 * last[0], last[1]), True), (lambda last: last, False)])
def test_dlast_is_blamed_where_the_pass_is_right_without_it(dlast_of, right):
    def backward(cell, p, trace, dhs, dlast):
        delta, state = lstm_with(lambda dh, dc, t, T: (dh if right else dh * ODD, dc))(
            cell, p, trace, dhs, dlast_of(dlast))
        return delta, state

    last = tuple(np.random.default_rng(6).normal(size=(B, H)) for _ in "hc")
    found = said(backward, lstm, dlast=last)

    assert ("With dlast all zero the pass is right: look at what is done with it." in found) == right


def test_a_recursion_that_is_right_is_not_looked_for_between_the_steps():
    def backward(cell, p, trace, dhs, dlast):
        found = bptt.backward(cell, p, trace, dhs, dlast=dlast)
        return found._replace(xs=found.xs * np.arange(1, T + 1)[: len(dhs), None, None])

    assert STEP not in said(backward, lstm)


def gates_of_gradients(gates, carry=1.0, with_delta=False):
    """Return an LSTM's pass that returns gradients, wrong in the deltas of these gates and in the carry."""
    def step_backward(p, dstate, at):
        delta, past = lstm.step_backward(p, dstate, at)
        odd = np.concatenate([ODD if k in gates else np.ones((B, H)) for k in "ifgo"], axis=-1)
        return delta * odd, (past[0] * carry, past[1])

    mine = SimpleNamespace(STATES=lstm.STATES, Params=lstm.Params, shapes=lstm.shapes, step=lstm.step,
                           step_backward=step_backward, gradient=lstm.gradient)

    def backward(cell, p, trace, dhs):
        delta, past = bptt.deltas(mine, p, trace, dhs)
        found = bptt.gradient(mine, p, trace, delta, past)
        return {**found.params._asdict(), "xs": found.xs, **({"delta": delta} if with_delta else {})}

    return backward


@pytest.mark.parametrize("gates", ["i", "fo", "ifgo", ""])
@pytest.mark.parametrize("with_delta", [False, True])
def test_the_gates_that_one_step_alone_has_wrong_are_named_by_db(gates, with_delta):
    found = said(gates_of_gradients(gates, ODD, with_delta), lstm)

    some = gates not in ("", "ifgo") and not with_delta
    names = " and ".join(gates)
    assert ("Of the last step alone, db is off in the rows of" in found) == some
    assert not some or f"db is off in the rows of {names}." in found


@pytest.mark.parametrize("draws", [
    lambda delta: delta * (np.random.random(delta.shape) > 0.5),  # noqa: NPY002
    lambda delta: delta + DRAWS.normal(size=delta.shape),
])
def test_a_pass_that_draws_at_each_call_is_blamed_for_that_alone(draws):
    found = said(lambda cell, p, trace, dhs: draws(bptt.deltas(cell, p, trace, dhs)[0]))

    assert "The second call gives other numbers than the first" in found and "drawn anew" in found
    for words in (ADDED, TWICE, ALONE, STEP, "look at"):
        assert words not in found


def test_a_pass_with_a_loss_of_its_own_is_told_that_it_does_not_use_dhs():
    own = said(lambda cell, p, trace, dhs: bptt.deltas(cell, p, trace, trace.hs[1:])[0])
    follows = said(steps_back(odd))

    assert "With other dhs it gives the same numbers: it does not use the dhs that it is given." in own
    assert "other dhs" not in follows
