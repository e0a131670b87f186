"""The checkers of notebook 5: a pass as found is open and no cause is named, a new slip is named."""

import numpy as np
import pytest

from rnnlib import lstm
from rnnlib.course import exercises
from rnnlib.gradcheck import guard


def first_pass(W_h, hs, dhs, wrong=None):
    delta, dh_next = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + dh_next
        delta[t] = (1 - hs[t if wrong == "state before" else t + 1] ** 2) * dh
        back = {"as found": dh, "no slope left": dh}.get(wrong, delta[t])
        dh_next = back @ (W_h.T if wrong == "transpose" else W_h)
        dh_next = 0 * dh_next if wrong == "no carry" else dh_next
    return delta


def second_pass(W_h, gates, cs, dhs, wrong=None):
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        into_c = o * (1 - (cs[t + 1] if wrong == "1 - c**2" else tanh_c) ** 2)
        dc = dc_next + dh * into_c
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next = delta[t] @ W_h
        again = dc_next + dh_next * into_c
        dc_next = {"as found": again * f, "no f": dc, "dropped": 0 * dc}.get(wrong, dc * f)
    return delta


def third_pass(W_h, hs, dhs, wrong=None):
    clip, scribble = wrong in ("as found", "clip"), wrong in ("as found", "scribble", "scribble, transpose")
    delta, dh_next = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        dh = dhs[t] if scribble else dhs[t].copy()
        dh += np.clip(dh_next, -1, 1) if clip else dh_next
        delta[t] = (1 - hs[t + 1] ** 2) * dh
        dh_next = delta[t] @ (W_h.T if wrong in ("transpose", "scribble, transpose") else W_h)
    return delta


CHECKS = {
    exercises.check_first_pass: (first_pass, {
        "transpose": "W_h stands in the carry where its transpose belongs",
        "no carry": "nothing is carried back",
        "state before": "1 - h_(t-1)^2"}),
    exercises.check_second_pass: (second_pass, {
        "no f": "dc_prev forgets f", "dropped": "dc_next is dropped", "1 - c**2": "1 - c_t^2 stands for"}),
    exercises.check_third_pass: (third_pass, {
        "clip": "not linear", "scribble": "the first call is right at every step. But the arrays",
        "transpose": "W_h stands in the carry", "scribble, transpose": "come back changed"}),
}
FOUND = [(check, f) for check, (f, _) in CHECKS.items()]


@pytest.mark.parametrize(("check", "f"), FOUND, ids=["first", "second", "third"])
def test_a_pass_as_it_was_found_is_open_and_its_cause_is_not_told(check, f):
    feedback = check(lambda *inputs: f(*inputs, wrong="as found"))

    assert feedback.verdict == "open" and feedback.text.startswith("as it was found")
    assert "right at step 6, wrong from step 5 back" in feedback.text
    assert "change" not in feedback.text.replace("changed", "") and feedback.location.errors.shape[0] == 6
    assert "<table>" in feedback._repr_html_()


def test_the_third_as_found_says_that_its_arrays_are_changed():
    feedback = exercises.check_third_pass(lambda *inputs: third_pass(*inputs, wrong="as found"))

    assert "come back changed" in feedback.text


def test_two_mistakes_of_which_one_is_new_are_both_told():
    feedback = exercises.check_third_pass(lambda *inputs: third_pass(*inputs, wrong="scribble, transpose"))

    assert feedback.verdict == "wrong" and "W_h stands in the carry" in feedback.text


def test_the_third_pass_was_right_where_its_author_checked_it():
    rng = np.random.default_rng(0)
    W_h, hs = rng.normal(size=(3, 3)), rng.uniform(-1, 1, (7, 4, 3))
    dhs = 1e-3 * rng.normal(size=(6, 4, 3))

    assert np.array_equal(third_pass(W_h, hs, dhs.copy(), wrong="as found"), third_pass(W_h, hs, dhs))


def test_a_loop_without_end_is_given_up_once(monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.5)
    calls = []

    def endless(W_h, hs, dhs):
        calls.append(1)
        while True:
            dhs = dhs + 0

    assert "not done after 0.5 seconds" in exercises.check_third_pass(endless).text
    assert len(calls) == 1
