"""The checkers of notebook 10: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import analysis, bptt, dynamics, lstm
from rnnlib.course import exercises


def forget_bias(half_life, wrong=None):
    k = half_life
    f = {"exponent": 0.5**k, "e": np.exp(-1 / k), "one in k": 1 - 1 / k, "equal parts": 1 - 0.5 / k}.get(
        wrong, 0.5 ** (1 / k))
    return {
        "f": f, "ln f": np.log(f), "odds": f / (1 - f), "sign": -np.log(f / (1 - f)), "tanh": np.arctanh(f),
        "ln k": np.log(k),
    }.get(wrong, np.log(f / (1 - f)))


def through_c(J, wrong=None):
    H = J.shape[-1] // 2
    h, c = slice(None, H), slice(H, None)
    alone, whole = np.eye(H), np.eye(2 * H)
    for J_t in J[::-1] if wrong == "order" else J:
        alone, whole = (J_t[h, h] if wrong == "alone h by h" else J_t[c, c]) @ alone, J_t @ whole
    alone = {"one step": J[-1, c, c], "first step": J[0, c, c], "vector": np.diag(alone),
             "sum": J[:, c, c].sum(axis=0)}.get(wrong, alone)
    part = {"cut": alone, "h by h": whole[h, h], "h by c": whole[h, c], "c by h": whole[c, h],
            "transposed": whole[c, c].T, "last block": J[-1, c, c],
            "uncut": whole}.get(wrong, whole[c, c])
    return (part, alone) if wrong == "exchanged" else (alone, part)


def store(wrong=None):
    mark = {"i": 24.0, "f": -24.0, "g": 0.0}
    value = {"i": 0.0, "f": 0.0, "g": 1.0}
    b = {"i": -12.0, "f": 12.0, "g": 0.0}
    if wrong == "i turned":
        mark["i"], b["i"] = -24.0, 12.0
    if wrong == "f turned":
        mark["f"], b["f"] = 24.0, -12.0
    if wrong == "i weak":
        mark["i"] = 14.0
    if wrong == "g the mark":
        value["g"], mark["g"] = 0.0, 1.0
    if wrong == "g biased":
        b["g"] = 0.5
    if wrong == "f kept":
        mark["f"] = 0.0
    if wrong == "f leaks":
        b["f"], mark["f"] = 5.0, -17.0
    if wrong == "i leaks":
        b["i"], mark["i"] = -3.0, 15.0
    W_x = np.array([[value[gate], mark[gate]] for gate in "ifg"] + [[0.3, -0.2]])
    b = np.array([*b.values(), 0.1])
    return {"transposed": (W_x.T, b), "b column": (W_x, b[:, None]), "three": (W_x, np.zeros((4, 1)), b),
            "nan": (W_x, b * np.nan), "text": ("W", b)}.get(wrong, (W_x, b))


def carried(wrong=None):
    return {"little": 1.0, "much": 5.0, "c alone": 8.0, "out": 50.0, "pair": (1.0, 2.0)}.get(wrong, 2.72)


def peephole(z, u, w, c_0, wrong=None):
    c = last = c_0
    back = 1.0
    for z_t, u_t in zip(z, u, strict=True):
        seen = {"blind": 0.0, "late": last}.get(wrong, c)
        f = 1 / (1 + np.exp(-(z_t + w * seen)))
        last, c = c, f * c + (0.0 if wrong == "unwritten" else u_t)
        slope = {"no slope": 1.0, "tanh": 1 - f**2}.get(wrong, f * (1 - f))
        weight = {"carousel": 0.0, "no w": 1.0, "sign": -w}.get(wrong, w)
        memory = {"no c": 1.0, "new c": c}.get(wrong, last)
        back *= (0.0 if wrong == "gate only" else f) + weight * slope * memory
    return (back, c) if wrong == "exchanged" else (c, back)


CHECKS = {
    exercises.check_forget_bias: (forget_bias, {
        "f": "this is f itself", "ln f": "this is ln f", "odds": "logarithm is still", "sign": "the sign",
        "tanh": "undo the tanh", "exponent": "(1/2)^(1/k)", "e": "exp(-1/k)", "one in k": "1 - 1/k leaves",
        "equal parts": "equal parts", "ln k": "not the exact one",
    }),
    exercises.check_through_c: (through_c, {
        "exchanged": "exchanged", "alone h by h": "h by h", "one step": "c block of one step",
        "first step": "of the first step", "vector": "as a vector", "sum": "not added",
        "cut": "cut before you multiply", "order": "the order", "h by h": "h_T by h_0",
        "h by c": "h_T by c_0", "c by h": "c_T by h_0", "transposed": "transposed",
        "last block": "last step only", "uncut": "four blocks",
    }),
    exercises.check_store: (store, {
        "i turned": "input gate is the wrong way round", "f turned": "forget gate is the wrong way round",
        "i weak": "only 0.88 open", "g the mark": "candidate must be", "g biased": "candidate must be",
        "f kept": "still 1 open", "f leaks": "that leaves 0.51", "i leaks": "99 unmarked values",
        "transposed": "W_x has shape (2, 4)", "b column": "b has shape (4, 1)", "three": "two arrays",
        "nan": "nan or inf", "text": "should be numbers",
    }),
    exercises.check_carried: (carried, {
        "little": "raise the bias", "much": "lower the bias", "c alone": "c alone that carries 0.9",
        "out": "between -20 and 20", "pair": "return one number",
    }),
    exercises.check_peephole: (peephole, {
        "exchanged": "exchanged", "carousel": "product of the f_t", "no w": "w is missing",
        "no slope": "slope of the gate is missing", "tanh": "not 1 - f²", "no c": "c_(t-1) is missing",
        "new c": "not c_t", "gate only": "direct way", "sign": "subtracted", "unwritten": "add u_t",
        "blind": "does not see", "late": "c_(t-2)",
    }),
}


def test_a_gap_in_the_store_is_not_attempted():
    assert exercises.check_store(lambda: (..., np.zeros(4))).verdict == "open"


@pytest.mark.parametrize("b", [0.5, 1.0, 3.0, 7.0])
def test_the_bias_that_passes_undoes_the_half_life(b):
    assert forget_bias(dynamics.half_life(b)) == pytest.approx(b, rel=1e-9)


def test_the_matrices_that_pass_are_the_derivatives_of_c():
    """Through c alone: the product of the forget gates; the whole: a complex step through the cell."""
    rng, (T, D, H) = np.random.default_rng(3), (5, 2, 3)
    p = lstm.Params(*(rng.normal(size=s) for s in lstm.shapes(D, H)))
    state = rng.normal(size=H) / 2, rng.normal(size=H)
    trace = bptt.forward(lstm, p, rng.normal(size=(T, D)), state)

    alone, whole = through_c(analysis.jacobians(lstm, p, trace))

    c = state[1] + 1e-30j * np.eye(H)
    run = bptt.unroll(lstm, p, np.repeat(trace.xs[:, None], H, axis=1), (np.tile(state[0], (H, 1)), c))
    assert np.allclose(whole, run.cs[-1].imag.T / 1e-30, rtol=1e-12, atol=1e-14)
    assert np.allclose(alone, np.diag(lstm.split(trace.kept.gates)[1].prod(axis=0)), rtol=1e-13, atol=0)


def test_a_peephole_is_differentiated_right():
    rng = np.random.default_rng(4)
    z, u = rng.normal(size=(2, 7))

    def end(c):
        for z_t, u_t in zip(z, u, strict=True):
            c = c / (1 + np.exp(-(z_t + 0.8 * c))) + u_t
        return c

    c_T, back = peephole(z, u, 0.8, 0.5)

    assert c_T == pytest.approx(end(0.5), rel=1e-12)
    assert back == pytest.approx(end(0.5 + 1e-30j).imag / 1e-30, rel=1e-12)
