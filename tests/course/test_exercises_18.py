"""The checkers of notebook 18: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import bptt, checkpoints, rnn, rtrl
from rnnlib.course import exercises


def carry_W_x(W_h, M, x, h, wrong=None):
    H = len(h)
    past = {"transposed": np.einsum("ji,jkd->ikd", W_h, M), "rows": np.einsum("kj,ijd->ikd", W_h, M),
            "no W_h": M, "entries": W_h[:, :, None] * M, "no past": 0 * M}.get(
                wrong, np.einsum("ij,jkd->ikd", W_h, M))
    now = {"no now": 0 * M, "everywhere": 0 * M + x}.get(wrong, np.eye(H)[:, :, None] * x)
    s = {"tanh twice": 1 - np.tanh(h) ** 2, "1 - h": 1 - h, "sigma": h * (1 - h)}.get(wrong, 1 - h**2)
    s = s[:, None, None]
    if wrong == "now passes":
        return s * np.einsum("ij,jkd->ikd", W_h, M + now)
    return {"no slope": past + now, "slope now": past + s * now, "slope past": s * past + now,
            "slope rows": s[:, 0][None] * (past + now), "product": s * past * now,
            }.get(wrong, s * (past + now))


def best_every(T, state, step, wrong=None):
    if wrong in ("root T", "root"):
        return round((T if wrong == "root T" else T * state / step) ** 0.5)
    state, step = {"no weights": (1, 1), "exchanged": (step, state)}.get(wrong, (state, step))
    count = {"down": lambda k: T // k, "real": lambda k: T / k}.get(wrong, lambda k: -(-T // k))
    memory = {k: count(k) * state + k * step for k in range(1, T + 1)}
    if wrong == "larger":
        memory = {k: max(count(k) * state, k * step) for k in memory}
    if wrong == "product":
        memory = {k: count(k) * state * k * step for k in memory}
    k = (max if wrong == "most" else min)(memory, key=memory.get)
    k = max(j for j in memory if memory[j] == memory[k]) if wrong == "largest" else k
    return {"memory": memory[k], "count": count(k)}.get(wrong, k)


def from_checkpoints(W, u, e, kept, k, wrong=None):
    dW, carry, T = np.zeros_like(W), np.zeros(len(W)), len(u) // k * k if wrong == "short" else len(u)
    starts = range(0, T, k)
    for a in starts if wrong == "order" else reversed(starts):
        hs = [{"zero": 0 * kept[0], "first": kept[0]}.get(wrong, kept[a // k])]
        for u_t in u[a:min(a + k, T)]:
            hs.append(np.tanh((W.T if wrong == "again" else W) @ hs[-1] + u_t))
        for i in reversed(range(len(hs) - 1)):
            lost = wrong == "last loss" and i < len(hs) - 2
            dh = (0 if lost else e[a + i]) + carry
            slope = {"no slope": 1, "slope before": 1 - hs[i] ** 2}.get(wrong, 1 - hs[i + 1] ** 2)
            delta = slope * dh
            dW += np.outer(delta, hs[i + 1 if wrong == "h_t" else i])
            back = {"no transpose": W, "no carry": 0 * W}.get(wrong, W.T)
            carry = back @ (dh if wrong == "dh" else delta)
        carry = 0 * carry if wrong == "cut" else carry
    return {"dW.T": dW.T, "sign": -dW}.get(wrong, dW)


def leak(a, W, u, e, wrong=None):
    h, v, total = np.zeros(len(W)), np.zeros(len(W)), 0.0
    for u_t, e_t in zip(u, e):
        before, n, old = h, np.tanh(W @ h + u_t), v
        h = (1 - a) * h + a * n
        now = {"no now": 0 * n, "n": n, "-h": -before, "plus": n + before}.get(wrong, n - before)
        stays = {"no past": 0, "no (1-a)": 0, "a": a, "whole": 1}.get(wrong, 1 - a)
        share = {"no past": 0, "no W": 0, "a": 1 - a, "one": 1}.get(wrong, a)
        slope = {"no slope": 1, "1 - h": 1 - h**2}.get(wrong, 1 - n**2)
        v = stays * v + share * slope * ((W.T if wrong == "W.T" else W) @ v) + now
        part = e_t @ (old if wrong == "before" else v)
        total = part if wrong == "last" else total + part
    return -total if wrong == "sign" else total


CHECKS = {
    exercises.check_carry_W_x: (carry_W_x, {
        "transposed": "W_h stands transposed", "rows": "the first axis of M", "no W_h": "W_h is missing",
        "entries": "entry by entry", "no past": "the past is missing", "no now": "own part is missing",
        "everywhere": "its own unit only", "no slope": "slope of the tanh is missing",
        "slope now": "yours misses the past", "slope past": "yours misses the step's own",
        "slope rows": "the first axis: slope", "tanh twice": "already tanh(z)", "1 - h": "not 1 - h.",
        "sigma": "of a σ", "now passes": "as the past does", "product": "yours are multiplied",
    }),
    exercises.check_best_every: (best_every, {
        "root T": "weigh the same", "no weights": "not used", "exchanged": "exchanged", "root": "among all",
        "down": "round T/k up", "real": "whole number", "largest": "the smallest is wanted",
        "memory": "this is the memory", "count": "number of states", "product": "yours is multiplied",
        "larger": "does not count alone", "most": "take the least",
    }),
    exercises.check_from_checkpoints: (from_checkpoints, {
        "cut": "cut at the joints", "order": "begin with the last one", "zero": "begins at zero",
        "first": "begins at kept[0]", "no transpose": "needs W^T", "again": "yours has W.T",
        "no carry": "nothing is carried", "dh": "not delta", "no slope": "slope of the tanh is missing",
        "slope before": "the state after it", "h_t": "the state before the step",
        "last loss": "adds its own e[t]", "short": "shorter than k", "dW.T": "transposed", "sign": "the sign",
    }),
    exercises.check_leak: (leak, {
        "no past": "is forgotten", "no (1-a)": "past the tanh is missing", "no W": "through W is missing",
        "no now": "own part is missing", "n": "in (1 - a) as well", "-h": "before the tanh as well",
        "plus": "the sign of h_(t-1)", "one": "shared out by a:", "a": "yours are exchanged",
        "whole": "shared out by 1 - a", "no slope": "slope of the tanh is missing", "1 - h": "no tanh here",
        "W.T": "as on the way back", "before": "that of the step before", "last": "only the last loss",
        "sign": "points downhill",
    }),
}


def test_the_carried_matrix_is_the_influence_of_W_x():
    rng = np.random.default_rng(0)
    p, xs = rnn.init(rng, 2, 3), rng.normal(size=(5, 2))
    carried, M = rtrl.start(rnn, p), np.zeros((3, 3, 2))
    for x in xs:
        carried = rtrl.step(rnn, p, x, carried)
        M = carry_W_x(p.W_h, M, x, carried.state[0])
    np.testing.assert_allclose(M.reshape(3, -1), carried.influence[:, :6], rtol=1e-12)


@pytest.mark.parametrize("T, state, step", [(900, 2, 11), (30, 3, 1), (7, 1, 1)])
def test_the_best_k_needs_no_more_than_any_schedule_of_the_package(T, state, step):
    k = best_every(T, state, step)
    most = lambda k: checkpoints.cost(checkpoints.schedule(T, every=k), state, step).peak

    assert most(k) <= -(-T // k) * state + k * step
    assert most(k) <= min(map(most, range(1, T + 1))) + state + step          # a shorter last stretch


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_going_back_from_checkpoints_is_the_backward_pass(k):
    rng = np.random.default_rng(1)
    p, u, e = rnn.Params(np.eye(4), rng.normal(size=(4, 4)), np.zeros(4)), *rng.normal(size=(2, 7, 4))
    trace = bptt.forward(rnn, p, u)

    ours = from_checkpoints(p.W_h, u, e, trace.hs[:-1:k], k)

    np.testing.assert_allclose(ours, bptt.backward(rnn, p, trace, e).params.W_h, rtol=1e-12)


def test_the_leak_is_a_complex_step():
    rng = np.random.default_rng(2)
    W, (u, e), h = rng.normal(size=(3, 3)), rng.normal(size=(2, 6, 3)), np.zeros(3)
    loss, a = 0, 0.4 + 1e-30j
    for u_t, e_t in zip(u, e):
        h = (1 - a) * h + a * np.tanh(W @ h + u_t)
        loss = loss + e_t @ h

    assert np.isclose(leak(0.4, W, u, e), loss.imag / 1e-30, rtol=1e-13, atol=0)
