"""The checkers of notebook 19: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import bptt
from rnnlib.course import exercises, linear


def joined(a_1, b_1, a_2, b_2, wrong=None):
    a = {"a sum": a_1 + a_2, "a first": a_1, "a second": a_2}.get(wrong, a_1 * a_2)
    b = {"order": a_1 * b_2 + b_1, "bare": b_1 + b_2, "own": a_1 * b_1 + b_2, "both": a_2 * (b_1 + b_2),
         "all": a_1 * a_2 * b_1 + b_2, "no second": a_2 * b_1, "no first": b_2,
         "product": b_1 * b_2}.get(wrong, a_2 * b_1 + b_2)
    return a, b


def scan_deltas(a, e, scan, wrong=None):
    zero = 0 * a[:1]
    onward = {"unshifted": a, "wrong way": np.concatenate([zero, a[:-1]]), "rolled": np.roll(a, 1, axis=0),
              "no a": np.ones_like(a), "sign": np.concatenate([-a[1:], zero]),
              "forward": a}.get(wrong, np.concatenate([a[1:], zero]))
    if wrong == "forward":
        return scan(onward, e)
    if wrong == "in reverse":
        return scan(onward[::-1], e[::-1])
    if wrong == "inputs forward":
        return scan(onward, e)[::-1]
    if wrong == "a only":
        return scan(onward[::-1], e)[::-1]
    if wrong == "e only":
        return scan(onward, e[::-1])[::-1]
    if wrong == "injected":
        return e
    if wrong == "one step":
        return e + np.concatenate([a[1:] * e[1:], zero])
    if wrong == "last":
        e = np.concatenate([0 * e[:-1], e[-1:]])
    delta = scan(onward[::-1], e[::-1])[::-1]
    return {"before": a * delta, "units": delta[:, ::-1]}.get(wrong, delta)


def eigenvalue(half, period, wrong=None):
    size = {"e": np.exp(-1 / half), "power": 0.5**half, "share": 1 - 0.5 / half, "grows": 2 ** (1 / half),
            "squares": 0.5 ** (0.5 / half), "no size": 1.0}.get(wrong, 0.5 ** (1 / half))
    angle = {"half turn": np.pi / period, "degrees": 360 / period, "period": period, "no pi": 1 / period,
             "times": 2 * np.pi * period}.get(wrong, 2 * np.pi / period)
    re, im = size * np.cos(angle), size * np.sin(angle)
    return {"clockwise": (re, -im), "polar": (size, angle), "one part": (re, im / size)}.get(wrong, (re, im))


def gate_deltas(z, n, h, e, scan, wrong=None):
    zero, keep = 0 * h[:1], z if wrong == "z kept" else 1 - z
    onward = {"unshifted": keep, "wrong way": np.concatenate([zero, keep[:-1]])}.get(
        wrong, np.concatenate([keep[1:], zero]))
    g = e if wrong == "injected" else scan(onward[::-1], e[::-1])[::-1]
    before = {"h_t": h, "wraps": np.roll(h, 1, axis=0)}.get(wrong, np.concatenate([zero, h[:-1]]))
    mix = {"sign": before - n, "no h": n, "no n": -before}.get(wrong, n - before)
    slope = {"no slope": 1, "tanh slope": 1 - z * z}.get(wrong, z * (1 - z))
    d_n = {"bare n": g, "1 - z": g * (1 - z), "n squashed": g * z * (1 - n * n)}.get(wrong, g * z)
    return g * mix * slope, d_n


CHECKS = {
    exercises.check_joined: (joined, {
        "order": "first step comes first", "bare": "through the second step too", "own": "its own, a_1",
        "both": "nothing multiplies it", "all": "what was there before", "no second": "b_2, is missing",
        "no first": "first step added is missing", "product": "b are added", "a sum": "not added",
        "a first": "first step alone", "a second": "second step alone",
    }),
    exercises.check_scan_deltas: (scan_deltas, {
        "unshifted": "shift a by one", "wrong way": "the wrong way", "rolled": "the wrong way",
        "forward": "runs forward in time", "in reverse": "still in reverse", "inputs forward": "reverse both",
        "a only": "only a is reversed", "e only": "only the injections", "before": "not multiplied by a_t",
        "units": "units are reversed", "last": "only the last step", "injected": "what the loss injects",
        "one step": "from the next one only", "no a": "a is not used", "sign": "the sign",
    }),
    exercises.check_eigenvalue: (eigenvalue, {
        "e": "37 %", "power": "takes the root", "share": "at every step", "grows": "it doubles",
        "squares": "halves |λ|²", "half turn": "two periods", "degrees": "radians",
        "period": "not by `period`", "no pi": "2π is missing", "times": "divide by it",
        "clockwise": "clockwise", "polar": "size and angle",
        "no size": "never forgets", "one part": "both parts",
    }),
    exercises.check_min_gate: (gate_deltas, {
        "z kept": "what is kept is 1 - z", "unshifted": "shift it by one", "wrong way": "the wrong way",
        "injected": "later steps send back is missing", "h_t": "yours takes h_t", "wraps": "wraps round",
        "sign": "the sign", "no h": "as 1 - z with h_(t-1). Yours", "no n": "and with n. Yours",
        "no slope": "z(1 - z), is missing", "tanh slope": "not 1 - z**2",
        "bare n": "multiplied by z: the factor",
        "1 - z": "not by 1 - z", "n squashed": "has no slope",
    }),
}


def test_two_steps_joined_do_what_both_do():
    a_1, b_1, a_2, b_2, h = np.random.default_rng(0).normal(size=(5, 4))

    a, b = joined(a_1, b_1, a_2, b_2)

    np.testing.assert_allclose(a * h + b, a_2 * (a_1 * h + b_1) + b_2, rtol=1e-12)


def test_the_way_back_is_that_of_the_package():
    a, b, e = np.random.default_rng(1).normal(size=(3, 9, 4))

    np.testing.assert_allclose(scan_deltas(a, e, linear.scan), linear.scan_back(a, linear.scan(a, b), e)[1],
                               rtol=1e-12)


def test_the_eigenvalue_halves_and_turns():
    lam = complex(*eigenvalue(7.0, 28.0))

    assert abs(lam**7) == pytest.approx(0.5, rel=1e-12)
    assert np.angle(lam**7) == pytest.approx(np.pi / 2, rel=1e-12)              # a quarter of a turn


def test_the_deltas_of_the_gate_are_those_of_the_recursion():
    rng = np.random.default_rng(2)
    p, xs, e = linear.MinGRU.init(rng, 2, 3), rng.normal(size=(8, 2)), rng.normal(size=(8, 3))
    trace = bptt.forward(linear.MinGRU, p, xs)
    n = linear.halves(trace.zs)[1]

    found = gate_deltas(trace.kept.gates, n, trace.hs[1:], e, linear.scan)

    np.testing.assert_allclose(np.concatenate(found, axis=-1), bptt.deltas(linear.MinGRU, p, trace, e)[0],
                               rtol=1e-12)
