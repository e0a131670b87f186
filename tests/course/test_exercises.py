"""The checkers never raise: solutions pass, stubs are recognised, every classical slip is named."""

from importlib import import_module

import numpy as np
import pytest

from rnnlib.course import exercises
from rnnlib.course.exercises import Feedback, differences, run


def three_deltas(h, e, w_h, wrong=None):
    carry = {"no carry": 0.0, "no w_h": 1.0}.get(wrong, w_h)
    own = 0.0 if wrong == "no own loss" else 1.0
    d_3 = (1 - h[2] ** 2) * e[2]
    back = e[2] if wrong == "dh" else d_3
    dh_2 = own * e[1] + carry * back
    d_2 = dh_2 * (1 if wrong == "no slope" else 1 - h[2 if wrong == "next slope" else 1] ** 2)
    back = dh_2 if wrong == "dh" else d_2
    dh_1 = own * e[0] + carry * back
    d_1 = dh_1 * (1 if wrong == "no slope" else 1 - h[1 if wrong == "next slope" else 0] ** 2)
    return d_1, d_2, d_3


def deltas(W_h, hs, dhs, wrong=None):
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        injected = 0 if wrong == "last loss only" and t < len(dhs) - 1 else dhs[t]
        total = injected + carry
        h = hs[t if wrong == "previous slope" else t + 1]
        h = np.tanh(h) if wrong == "tanh twice" else h
        delta[t] = total if wrong == "no slope" else (1 - h**2) * total
        carry = (total if wrong == "dh carried" else delta[t]) @ (W_h.T if wrong == "W_h.T" else W_h)
        carry = 0 * carry if wrong == "no carry" else carry
    return delta / (1 - hs[1:] ** 2) if wrong == "dh" else delta


def recurrent_gradient(delta, hs, wrong=None):
    h = {
        "h_t": hs[1:],
        "wrapped": np.roll(hs[1:], 1, axis=0),
        "zero h0": np.concatenate([0 * hs[:1], hs[1:-1]]),
    }.get(wrong, hs[:-1])
    products = np.einsum("tbi,tbj->tbij", delta, h)
    if wrong == "no batch sum":
        return products.sum(axis=0)
    if wrong == "no time sum":
        return products.sum(axis=1)
    total = products.sum(axis=(0, 1))
    T, B = delta.shape[:2]
    share = {"mean B": B, "mean T": T, "mean TB": T * B}.get(wrong, 1)
    return total.T if wrong == "transposed" else total / share


def from_keras(kernel, recurrent_kernel, bias, wrong=None):
    W_h = recurrent_kernel if wrong == "W_h" else recurrent_kernel.T
    return kernel if wrong == "W_x" else kernel.T, W_h, bias


def parameters(D, H, K, wrong=None):
    parts = {"W_x": H * D, "W_h": H * H, "b": H, "W_y": K * H, "b_y": K}
    missing = {"biases": ("b", "b_y"), "read-out": ("W_y", "b_y")}.get(wrong, (wrong,))
    extra = H if wrong == "two biases" else 0
    return extra + sum(n for name, n in parts.items() if name not in missing)


CHECKS = {
    exercises.check_three_deltas: (three_deltas, {
        "no carry": "nothing is carried back", "no own loss": "only the loss of the last step",
        "no w_h": "the carry forgets w_h", "dh": "yours has not passed its slope",
        "next slope": "their own h_t", "no slope": "lack the slope",
    }),
    exercises.check_deltas: (deltas, {
        "W_h.T": "right at step 5, wrong from step 4 back. One change explains every number: W_h stands in "
                 "the carry where its transpose belongs",
        "no carry": "nothing is carried back", "no slope": "slope of the tanh is missing",
        "previous slope": "1 - h_(t-1)^2", "tanh twice": "squashed once more",
        "last loss only": "only the loss of the last step", "dh carried": "W_h^T takes dh back, not delta",
        "dh": "wrong at every step. This is the total dL/dh_t",
    }),
    exercises.check_recurrent_gradient: (recurrent_gradient, {
        "transposed": "the deltas are right, but dW_h is wrong. One change explains every number: dW_h is "
                      "transposed",
        "h_t": "h_t stands where h_(t-1) belongs", "wrapped": "wraps round",
        "zero h0": "zeros stand for h0", "mean B": "mean over the 4 sequences",
        "mean T": "mean over the 5 steps", "mean TB": "20 steps and sequences",
        "no batch sum": "over the batch is missing", "no time sum": "over time is missing",
    }),
    exercises.check_from_keras: (from_keras, {"W_x": "W_x is stored", "W_h": "W_h is stored"}),
    exercises.check_parameters: (parameters, {
        "biases": "biases are missing", "b_y": "b_y of the read-out", "b": "b of the cell",
        "read-out": "read-out is missing", "W_h": "W_h is missing", "two biases": "only their sum",
    }),
}
for page in range(20):
    CHECKS |= import_module(f"test_exercises_{page:02}").CHECKS
SLIPS = [(check, answer, slip, words) for check, (answer, slips) in CHECKS.items()
         for slip, words in slips.items()]


@pytest.mark.parametrize("check", CHECKS)
def test_the_solution_is_right(check):
    assert check(CHECKS[check][0]).verdict == "right"


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_is_not_attempted(check):
    assert check(lambda *inputs: None) == check(lambda *inputs: ...) == Feedback(
        "open", exercises.feedback.NOT_ATTEMPTED)


@pytest.mark.parametrize("check, answer, slip, words", SLIPS,
                         ids=[f"{c.__name__}-{s}" for c, _, s, _ in SLIPS])
def test_each_slip_is_named(check, answer, slip, words):
    feedback = check(lambda *inputs: answer(*inputs, wrong=slip))

    assert feedback.verdict == "wrong"
    assert words in feedback.text


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("answer", [
    lambda: 3, lambda *inputs: inputs[99], lambda *inputs: "abc", lambda *inputs: np.zeros((7, 7)),
    lambda *inputs: np.full(3, np.nan), lambda *inputs: 1j, lambda *inputs: [[1], [2, 3]],
    lambda *inputs: ("a", {}), lambda *inputs: (), lambda *inputs: {"T": 1}, 3.0, None,
], ids=["arity", "raises", "text", "shape", "nan", "complex", "ragged", "odd pair", "empty", "dict",
        "no function", "None"])
def test_anything_else_gets_one_line_and_no_exception(check, answer):
    feedback = check(answer)

    assert feedback.verdict == "wrong"
    assert "\n" not in repr(feedback) and repr(feedback).startswith("✗ ")


def test_a_tuple_with_a_gap_is_not_attempted():
    feedback = exercises.check_three_deltas(lambda h, e, w_h: (..., ..., 1.0))

    assert feedback.verdict == "open"


@pytest.mark.parametrize("check", [check for check in CHECKS if check != exercises.check_point])
def test_an_answer_that_scribbles_on_its_inputs_is_told_so(check):
    def scribble(*inputs):
        for array in inputs:
            if isinstance(array, np.ndarray):
                array[...] = 0
        return 3.0

    assert check(scribble).verdict == "wrong"


def test_changed_inputs_are_named_and_do_no_harm():
    array = np.ones(3)

    def answer(a):
        a += 1
        return a

    assert "in place" in run(answer, array).text
    assert (array == 1).all()


def test_an_answer_may_print_without_a_trace(capsys):
    assert run(lambda a: print("noise") or a, 2.0) == 2.0
    assert capsys.readouterr().out == ""


def test_comparison_is_relative_so_that_small_gradients_count():
    assert not differences.same(np.array(1e-20), np.array(2e-20))
    assert differences.same(np.array([1e-20, 0]), np.array([1e-20, 0]))
