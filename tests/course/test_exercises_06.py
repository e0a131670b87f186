"""The checkers of notebook 6: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, rnn
from rnnlib.course import exercises


def sent_back(w_h, hs, wrong=None):
    if wrong == "forward":
        return np.append(1.0, np.cumprod(w_h * (1 - hs[1:] ** 2)))
    back = np.ones(len(hs))
    for t in reversed(range(len(hs) - 1)):
        h = {"own": hs[t], "tanh twice": np.tanh(hs[t + 1])}.get(wrong, hs[t + 1])
        slope = 1 if wrong == "no slope" else 1 - h ** 2
        factor = slope if wrong == "no w_h" else w_h * slope
        back[t] = back[t + 1] + factor if wrong == "sum" else back[t + 1] * factor
    if wrong == "factors":
        return w_h * (1 - hs[1:] ** 2)
    early = np.cumprod(w_h * (1 - hs[::-1] ** 2))[::-1]
    return {"reversed": back[::-1], "short": back[:-1], "abs": np.abs(back), "early": early}.get(wrong, back)


def safe_steps(W_h, slope, limit, wrong=None):
    norm = {"radius": lambda: np.abs(np.linalg.eigvals(W_h)).max(), "frobenius": lambda: np.linalg.norm(W_h),
            "column": lambda: np.linalg.norm(W_h, 1)}.get(wrong, lambda: np.linalg.norm(W_h, 2))()
    rate = norm if wrong == "no slope" else slope * norm
    if rate >= 1 and wrong != "no guard":
        return None if wrong == "none" else 10**6 if wrong == "huge" else np.inf
    steps = np.log(limit) / np.log(rate)
    return {"floor": np.floor, "late": lambda k: np.ceil(k) + 1, "real": lambda k: k,
            }.get(wrong, np.ceil)(steps)


def long_memory(wrong=None):
    return {"large": np.diag([0.95, 0.5]) + np.triu(np.full((2, 2), 5.0), 1), "normal": 0.9 * np.eye(3),
            "symmetric": np.array([[0.3, 0.5], [0.5, 0.3]]), "nilpotent": np.triu(np.full((4, 4), 9.0), 1),
            "mild": np.array([[0.9, 0.5], [0.0, 0.9]]), "flat": np.ones((2, 3)),
            }.get(wrong, np.array([[0.9, 5.0], [0.0, 0.9]]))


def off_the_cliff(wrong=None):
    return {"unclipped": (0.1, 1000.0), "far": (0.1, 500.0), "short": (0.01, 0.01), "slow": (0.1, 1.0),
            "negative": (-1.0, 0.3), "one": (0.3,)}.get(wrong, (3.0, 0.1))


def leaky(w_h, a, hs, wrong=None):
    back = np.ones(len(hs))
    for t in reversed(range(len(hs) - 1)):
        share = hs[t + 1] - (1 - a) * hs[t]
        s = {"h_t": hs[t + 1], "before": hs[t], "undivided": share}.get(wrong, share / a)
        slope = 1 - (np.tanh(s) if wrong == "twice" else s) ** 2
        keep = {"no leak": 0.0, "exchanged": a}.get(wrong, 1 - a)
        through = {"no a": 1.0, "only leak": 0.0, "exchanged": 1 - a}.get(wrong, a)
        back[t] = back[t + 1] * (keep + through * (1.0 if wrong == "no w_h" else w_h) * slope)
    return back[::-1] if wrong == "reversed" else back


CHECKS = {
    exercises.check_sent_back: (sent_back, {
        "own": "slope of its own state", "tanh twice": "already tanh",
        "no slope": "slope of the tanh is missing",
        "no w_h": "w_h is missing", "forward": "dh_t/dh_0", "reversed": "order is reversed",
        "early": "starts with step t+1", "short": "one entry is missing",
        "factors": "factors alone", "sum": "this is their sum", "abs": "keep the sign",
    }),
    exercises.check_safe_steps: (safe_steps, {
        "radius": "eigenvalues promise nothing", "frobenius": "Frobenius", "column": "column sum",
        "no slope": "slope is missing", "floor": "still above", "late": "a step earlier",
        "real": "whole number",
        "none": "np.inf", "huge": "np.inf", "no guard": "np.inf",
    }),
    exercises.check_long_memory: (long_memory, {
        "large": "modulus 0.95", "normal": "this matrix is normal", "symmetric": "this matrix is normal",
        "nilpotent": "nothing is left", "mild": "below 10", "flat": "square",
    }),
    exercises.check_off_the_cliff: (off_the_cliff, {
        "unclipped": "on the plateau", "far": "50 long", "short": "stay at the edge",
        "slow": "can be set apart", "negative": "positive", "one": "two numbers",
    }),
    exercises.check_leaky: (leaky, {
        "h_t": "not 1 - h_t^2", "before": "not 1 - h_(t-1)^2", "undivided": "divide by a",
        "twice": "found the tanh already", "no leak": "leak is missing", "exchanged": "exchanged",
        "no a": "factor a is missing", "only leak": "way through the tanh is missing",
        "no w_h": "w_h is missing", "reversed": "order is reversed",
    }),
}


def test_what_is_sent_back_is_what_the_package_sends_back():
    rng = np.random.default_rng(0)
    p = rnn.Params(*(rng.normal(size=s) for s in rnn.shapes(1, 1)))
    xs, h0 = rng.normal(size=(6, 1)), np.array([0.3])
    trace = bptt.forward(rnn, p, xs, h0)

    back = sent_back(p.W_h[0, 0], trace.hs[:, 0])

    last = lambda h: bptt.forward(rnn, p, xs, h).hs[-1].sum()
    assert error(back[:1], gradcheck.numerical_gradient(last, h0)) < 1e-9


def test_the_steps_that_pass_are_the_first_whose_bound_is_below_the_limit():
    W_h = np.random.default_rng(1).normal(size=(3, 3))
    W_h *= 0.8 / np.linalg.norm(W_h, 2)

    k = int(safe_steps(W_h, 1.0, 1e-4))

    assert 0.8 ** k < 1e-4 < 0.8 ** (k - 1)
    assert np.linalg.norm(np.linalg.matrix_power(W_h, k), 2) < 1e-4


@pytest.mark.parametrize("size", [2, 23, 60])
def test_many_ways_to_cheat_the_eigenvalues_are_accepted(size):
    chain = 0.9 * np.eye(size) + 4 * np.eye(size, k=-1)

    assert exercises.check_long_memory(lambda: chain).verdict == "right"
    assert exercises.check_long_memory(lambda: (chain * 1.0).tolist()).verdict == "right"


def test_a_leaky_unit_is_differentiated_right():
    w_h, a, T = 1.7, 0.3, 6

    def run(h):
        hs = [h]
        for _ in range(T):
            hs.append((1 - a) * hs[-1] + a * np.tanh(w_h * hs[-1]))
        return hs

    hs = run(np.array([0.9]))
    last = gradcheck.numerical_gradient(lambda h: run(h)[-1].sum(), np.array([0.9]))

    assert error(leaky(w_h, a, np.array(hs)[:, 0])[:1], last) < 1e-10
