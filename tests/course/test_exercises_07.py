"""The checkers of notebook 7: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import bptt, dynamics, gradcheck, rnn
from rnnlib.course import exercises


def kept_pairs(T, k1, k2, wrong=None):
    if wrong == "exchanged":
        k1, k2 = k2, k1
    kept = np.zeros((T, T), bool)
    for start in range(0, T, k1):
        end = start + k1 if wrong == "beyond T" else min(start + k1, T)
        reach = {"one more": k2 + 1, "one less": k2 - 1, "uncut": T}.get(wrong, k2)
        for s in range(start, min(end, T)):
            first = {"by loss": s + 1 - k2, "own chunk": end - k1}.get(wrong, end - reach)
            kept[s, max(first, 0):end if wrong == "future" else s + 1] = True
    past = np.tri(T, dtype=bool)
    return {"transposed": kept.T, "dropped": past & ~kept, "opposite": ~kept}.get(wrong, kept)


def chunk_deltas(W_h, hs, dhs, K, wrong=None):
    T, delta = len(dhs), np.zeros_like(dhs)
    if wrong == "window":
        for s in range(T):
            carry = dhs[s]
            for t in range(s, max(-1, s - K), -1):
                part = (1 - hs[t + 1] ** 2) * carry
                delta[t] += part
                carry = part @ W_h
        return delta
    for t in reversed(range(T)):
        joint = {"early": t + 2, "late": t}.get(wrong, t + 1) % K == 0
        cut = t == T - 1 or {"uncut": False, "all": True}.get(wrong, joint)
        message = 0 if cut else delta[t + 1] @ (W_h.T if wrong == "W_h.T" else W_h)
        lost = wrong in ("own", "own and last") and joint and (t < T - 1 or wrong == "own and last")
        slope = {"no slope": 1.0, "h_(t-1)": 1 - hs[t] ** 2}.get(wrong, 1 - hs[t + 1] ** 2)
        delta[t] = slope * ((0 if lost else dhs[t]) + message)
    return delta / (1 - hs[1:] ** 2) if wrong == "dh" else delta


def random_deltas(W_h, hs, dhs, cut, c, wrong=None):
    T, delta = len(dhs), np.zeros_like(dhs)
    by = {"no factor": 1.0, "multiplied": 1 - c, "by c": 1 / c, "uncut": 1.0}.get(wrong, 1 / (1 - c))
    for t in reversed(range(T)):
        message, own, whole = 0.0, 1.0, 1.0
        if t < T - 1:
            stop = cut[t] if wrong != "one off" else t > 0 and cut[t - 1]
            stop = not stop if wrong == "exchanged" else stop
            stop = False if wrong == "uncut" else stop
            sent = delta[t + 1] @ (W_h.T if wrong == "W_h.T" else W_h)
            message = (1.0 if wrong == "still passes" else 0.0) * sent if stop else by * sent
            if wrong == "own scaled" and not stop:
                message, whole = sent, by
            own = 0.0 if wrong == "own cut" and stop else 1.0
        slope = 1.0 if wrong == "no slope" else 1 - hs[t + 1] ** 2
        delta[t] = slope * (own * dhs[t] + message) * whole
    return delta


def frozen_loss(W_h, hs, drive, dhs, K, wrong=None):
    h, loss = hs[0], 0.0
    for t in range(len(dhs)):
        joint = {"L": t == 0, "all": True, "first": t in (0, K), "early": t == 0 or (t + 1) % K == 0,
                 "late": t == 0 or (t > 1 and (t - 1) % K == 0)}.get(wrong, t % K == 0)
        number = {"zero": 0 * hs[0], "hs[0]": hs[0], "next": hs[t + 1]}.get(wrong, hs[t])
        z = drive[t] + (number if joint else h) @ (W_h if wrong == "W_h" else W_h.T)
        h = z if wrong == "no tanh" else np.tanh(z)
        weight = 1.0 if wrong == "unweighed" else dhs[t]
        part = weight * (hs[t + 1] if wrong == "old" else h)
        loss += part.mean() if wrong == "mean" else part.sum()
    return loss


def misleading(wrong=None):
    n = {"near": 8, "long": 31}.get(wrong, 9)
    A, v = np.eye(n, k=-1 if wrong == "turned" else 1), np.zeros(n)
    v[0], v[-1] = 1.0, -1.5 if wrong == "weak" else -2.0
    if wrong == "radius":
        A = A + 0.6 * np.eye(n)
    return A, {"exchanged": -v, "flat": v[:5]}.get(wrong, v)


CHECKS = {
    exercises.check_kept_pairs: (kept_pairs, {
        "transposed": "row s is the loss", "by loss": "not from each loss", "one more": "one step too many",
        "one less": "one step too few", "future": "no later step", "beyond T": "last run begins at step T",
        "own chunk": "not only to the first", "exchanged": "exchanged", "uncut": "nothing is cut",
        "dropped": "what is dropped", "opposite": "opposite",
    }),
    exercises.check_chunk_deltas: (chunk_deltas, {
        "uncut": "nothing is cut", "all": "all is cut", "window": "window=K", "early": "too early",
        "late": "too late", "own": "own loss is lost", "own and last": "last loss of all", "W_h.T": "W_h^T",
        "no slope": "slope of the tanh", "h_(t-1)": "h_(t-1)", "dh": "total dL/dh_t",
    }),
    exercises.check_random_deltas: (random_deltas, {
        "no factor": "nothing makes up", "multiplied": "multiplied by 1 - c", "by c": "divided by c",
        "exchanged": "exchanged", "one off": "one row off", "own scaled": "own loss is scaled",
        "own cut": "own loss is cut", "still passes": "still passes", "uncut": "nothing is cut",
        "W_h.T": "W_h^T", "no slope": "slope of the tanh",
    }),
    exercises.check_frozen_loss: (frozen_loss, {
        "L": "this is L itself", "all": "every state is held", "first": "first joint", "old": "old weights",
        "zero": "not from zero", "hs[0]": "only the first chunk", "next": "one row off", "late": "too late",
        "early": "too early", "W_h": "h @ W_h.T", "no tanh": "tanh is missing", "mean": "not a mean",
        "unweighed": "sum of the states",
    }),
    exercises.check_misleading: (misleading, {
        "near": "heard within 8 steps", "weak": "at most -1", "radius": "modulus 0.6",
        "exchanged": "Take -v", "turned": "A transposed", "flat": "A should be",
        "long": "n <= 30",
    }),
}


@pytest.mark.parametrize("check", CHECKS)
def test_no_two_slips_are_told_the_same(check):
    answer, slips = CHECKS[check]

    said = [check(lambda *inputs: answer(*inputs, wrong=slip)).text for slip in slips]  # noqa: B023

    assert len(set(said)) == len(said)


def test_an_answer_that_fits_one_case_only_is_told():
    def eight(T, k1, k2):
        return kept_pairs(T, k1, k2) if T == 8 else kept_pairs(T, T, T)

    def three(W_h, hs, dhs, K):
        return chunk_deltas(W_h, hs, dhs, 3)

    def always_the_same(W_h, hs, dhs, cut, c):
        return random_deltas(W_h, hs, dhs, np.array([True, False, False, True, False]), c)

    for check, answer, said in ((exercises.check_kept_pairs, eight, "T=5"),
                                (exercises.check_chunk_deltas, three, "K=2"),
                                (exercises.check_random_deltas, always_the_same, "mean over all 32")):
        feedback = check(answer)
        assert feedback.verdict == "wrong" and said in feedback.text


def test_an_answer_that_fails_for_some_cuts_gets_its_line():
    def fragile(W_h, hs, dhs, cut, c):
        return random_deltas(W_h, hs, dhs, cut, c) if cut.any() else None

    feedback = exercises.check_random_deltas(fragile)

    assert feedback.verdict != "right" and "\n" not in feedback.text


def test_the_frozen_loss_has_the_gradient_that_the_chunked_deltas_give():
    g = np.random.default_rng(5)
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, g, T=6, B=4, D=2, H=3)
    trace = bptt.forward(rnn, p, xs, h0)
    drive, delta = xs @ p.W_x.T + p.b, chunk_deltas(p.W_h, trace.hs, dhs, 3)
    dW_h = np.einsum("tbi,tbj->ij", delta, trace.hs[:-1])

    check = lambda K: gradcheck.check(
        lambda W: frozen_loss(W, trace.hs, drive, dhs, K), p.W_h, dW_h).ok

    assert check(3) and not check(2)


def test_the_chain_of_the_page_misleads_only_at_its_own_lengths():
    A, v = dynamics.balancing()

    assert exercises.check_misleading(lambda: (A, v)).verdict == "right"
    assert exercises.check_misleading(lambda: (A[:12, :12], v[:12])).verdict == "wrong"
