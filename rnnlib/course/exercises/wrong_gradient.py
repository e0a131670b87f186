"""Exercises of notebook 5: passes to mend. As long as one is as it was found, no cause is named."""

from dataclasses import replace

import numpy as np

from ... import bptt, gradcheck
from ...cells import lstm, rnn
from ...gradcheck import guard
from .backward import VANILLA, confirmed, scaled, scaled_points, vanilla_deltas
from .feedback import IN_PLACE, Feedback, checker, close, located, run
from .lstm_backward import lstm_deltas
from .trials import point

PRAISE = "mended: every delta agrees with the numerical one, step by step{}."


def _vanilla_point(seed):
    """Return a point of a vanilla network and what its pass gets: W_h, hs and dhs."""
    point = gradcheck.designed_point(rnn, np.random.default_rng(seed), T=6)
    p, xs, state, dhs = point
    return point, (p.W_h, bptt.forward(rnn, p, xs, state).hs, dhs)


def _dh_carried(W_h, hs, dhs):
    """Return the deltas of the first pass as it is found: W_h^T takes dL/dh_t back."""
    delta, dh_next = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + dh_next
        delta[t] = (1 - hs[t + 1] ** 2) * dh
        dh_next = dh @ W_h
    return delta


def _dh_overwritten(W_h, gates, cs, dhs):
    """Return the deltas of the second pass as it is found: dc_next is made of dh_next, not of dh."""
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        into_c = o * (1 - tanh_c**2)
        dc = dc_next + dh * into_c
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next = delta[t] @ W_h
        dc_next = (dc_next + dh_next * into_c) * f
    return delta


def _clipped(W_h, hs, dhs):
    """Return the deltas of the third pass as it is found, but for what it does to dhs."""
    delta, dh_next = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + np.clip(dh_next, -1, 1))
        dh_next = delta[t] @ W_h
    return delta


@checker(5, 1, "Right at the last step", stars=1, minutes=10)
def check_first_pass(answer):
    """Notebook 5, exercise 1: mend (W_h, hs, dhs) -> delta (T, B, H) of a vanilla network."""
    place, inputs = _vanilla_point(51)
    feedback = located(run(answer, *inputs), "delta", rnn, *place, praise=PRAISE.format(""))
    return _as_found(_at_any_scale(feedback, answer, inputs), answer, inputs, _dh_carried)


@checker(5, 2, "An LSTM, found so", stars=2, minutes=15)
def check_second_pass(answer):
    """Notebook 5, exercise 2: mend (W_h, gates, cs, dhs) -> delta (T, B, 4H) of an LSTM."""
    p, xs, state, dhs = place = gradcheck.designed_point(lstm, np.random.default_rng(52), T=6)
    trace = bptt.forward(lstm, p, xs, state)
    inputs = p.W_h, trace.kept.gates, trace.states[1], dhs
    praise = PRAISE.format(" and gate by gate")
    feedback = located(run(answer, *inputs), "delta", lstm, *place, praise=praise)
    points = scaled(point(*inputs, T=6, B=4, H=3), 3, "dhs")
    feedback = confirmed(feedback, answer, points, lstm_deltas, parts={"delta": "T B ifgo"})
    return _as_found(feedback, answer, inputs, _dh_overwritten)


@checker(5, 3, "Checked by its author", stars=2, minutes=15)
def check_third_pass(answer):
    """Notebook 5, exercise 3: mend (W_h, hs, dhs) -> delta (T, B, H), which has two mistakes."""
    (p, xs, state, dhs), inputs = _vanilla_point(53)
    result = run(answer, *inputs)
    if not isinstance(result, Feedback):
        feedback = located(result, "delta", rnn, p, xs, state, dhs, praise=PRAISE.format(", call after call"))
        return _at_any_scale(feedback, answer, inputs)
    if not result.text.startswith(IN_PLACE):
        return result
    first = guard.call(answer, *inputs)
    if not isinstance(first.result, np.ndarray):
        return result
    feedback = located(first.result, "delta", rnn, p, xs, state, dhs)
    after = "the arrays that it gets come back changed, and a second call would compute with them."
    if feedback.verdict == "right":
        return Feedback("wrong", f"the first call is right at every step. But {after}")
    if _is(first.result, _clipped(*inputs)):
        small = "as it was found. At its author's point, with gradients near 0.001, one call is right."
        text = f"{small} At ours {_lower(feedback.location.where)} Besides, {after}"
        return replace(feedback, verdict="open", text=text)
    return replace(feedback, text=f"{feedback.text} Besides, {after}")


def _at_any_scale(feedback, answer, given):
    """Return the feedback; what it says of a right pass holds where dhs are larger or smaller, too."""
    points = [*scaled(point(*given, T=6, B=4, H=3), 2, "dhs"), *scaled_points(54, (3, 1, 5))]
    return confirmed(feedback, answer, points, vanilla_deltas, VANILLA, {"delta": "T B H"})


def _as_found(feedback, answer, inputs, planted):
    """Return the feedback; for a pass that is as it was found, an open one that keeps the cause to itself."""
    if feedback.location is None or not _is(guard.call(answer, *inputs).result, planted(*inputs)):
        return feedback
    return replace(feedback, verdict="open", text=f"as it was found: {_lower(feedback.location.where)}")


def _lower(sentence):
    return sentence[0].lower() + sentence[1:]


def _is(result, deltas):
    return np.shape(result) == deltas.shape and close(np.asarray(result), deltas)
