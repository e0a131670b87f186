"""The checkers of notebook 5: a pass as found is open and no cause is named, a new slip is named."""

import numpy as np
import pytest

from rnnlib.course import exercises
from rnnlib.gradcheck import guard


def one_product(W_1, W_2, x, h, dz, wrong=None):
    B = len(x)
    dW_1, dW_2, dx, dh = x.T @ dz, dz.T @ h, dz @ W_1.T, dz @ W_2
    return {
        "W_1 turned": (dW_1.T, dW_2, dx, dh),
        "W_2 turned": (dW_1, dW_2.T, dx, dh),
        "back turned": (dW_1, dW_2, dx, dz @ W_2.T),
        "another product": (dW_1, dW_2.T, dx, dz @ W_2.T),
        "mean of W_1": (dW_1 / B, dW_2, dx, dh),
        "mean of W_2": (dW_1, dW_2 / B, dx, dh),
        "times h": (dW_1, dW_2, dx, dz * h),
        "three": (dW_1, dW_2, dh),
    }.get(wrong, (dW_1, dW_2, dx, dh))


def first_pass(W_h, hs, dhs, wrong=None):
    delta, dh_next = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + dh_next
        delta[t] = (1 - hs[t if wrong == "state before" else t + 1] ** 2) * dh
        back = dh if wrong == "as found" else delta[t]
        dh_next = back @ (W_h.T if wrong == "transpose" else W_h)
        dh_next = 0 * dh_next if wrong == "no carry" else dh_next
    return delta


def third_pass(W_h, hs, dhs, wrong=None):
    clip, scribble = wrong in ("as found", "clip"), wrong in ("as found", "scribble", "scribble, transpose")
    limit = {"clip at 10": 10, "clip at a hundred": 100}.get(wrong, 1)
    delta, dh_next = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        dh = dhs[t] if scribble else dhs[t].copy()
        dh += np.clip(dh_next, -limit, limit) if clip or limit > 1 else dh_next
        delta[t] = (1 - hs[t + 1] ** 2) * dh
        dh_next = delta[t] @ (W_h.T if wrong in ("transpose", "scribble, transpose") else W_h)
    return delta


CHECKS = {
    exercises.check_one_product: (one_product, {
        "W_1 turned": "dW_1 belongs to x @ W_1.T", "W_2 turned": "dW_2 belongs to h @ W_2; the forward",
        "back turned": "dh belongs to h @ W_2; the forward",
        "another product": "dW_2 and dh fit together, but",
        "mean of W_1": "dW_1 is a mean", "mean of W_2": "dW_2 is a mean", "times h": "dh is multiplied by h",
        "three": "return four arrays"}),
    exercises.check_right_at_last: (first_pass, {
        "transpose": "W_h stands in the carry where its transpose belongs",
        "no carry": "nothing is carried back",
        "state before": "1 - h_(t-1)^2"}),
    exercises.check_by_author: (third_pass, {
        "clip": "clipped to ±1", "clip at 10": "dhs a thousand times larger",
        "clip at a hundred": "dhs a thousand times larger",
        "scribble": "the first call is right at every step. But the arrays",
        "transpose": "W_h stands in the carry", "scribble, transpose": "come back changed"}),
}


@pytest.mark.parametrize(("check", "f"), [(exercises.check_right_at_last, first_pass),
                                          (exercises.check_by_author, third_pass)])
def test_a_pass_as_it_was_found_is_open_and_its_cause_is_not_told(check, f):
    feedback = check(lambda *inputs: f(*inputs, wrong="as found"))

    assert feedback.verdict == "open" and feedback.text.startswith("as it was found")
    assert "right at step 6, wrong from step 5 back" in feedback.text
    assert "change" not in feedback.text.replace("changed", "") and feedback.location.errors.shape[0] == 6
    assert "<table>" in feedback._repr_html_()


def test_right_deltas_in_plain_lists_are_right_at_every_scale():
    lists = lambda *inputs: first_pass(*inputs).tolist()

    assert exercises.check_right_at_last(lists).verdict == "right"


def test_the_third_as_found_says_that_its_arrays_are_changed():
    feedback = exercises.check_by_author(lambda *inputs: third_pass(*inputs, wrong="as found"))

    assert "come back changed" in feedback.text


def test_two_mistakes_of_which_one_is_new_are_both_told():
    feedback = exercises.check_by_author(lambda *inputs: third_pass(*inputs, wrong="scribble, transpose"))

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

    assert "not done after 0.5 seconds" in exercises.check_by_author(endless).text
    assert len(calls) == 1
