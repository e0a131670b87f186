"""The checkers of notebook 4: solutions pass, stubs are recognised, every slip is named."""

import itertools

import numpy as np
import pytest

from rnnlib.course import exercises


def central_difference(f, x, eps, wrong=None):
    y = x if wrong in ("in place", "restored") else x.copy()
    eps = 1e-6 if wrong == "own eps" else eps
    slopes = np.empty(x.shape)
    if wrong in ("at once", "at once, one number"):
        slope = (f(x + eps) - f(x - eps)) / (2 * eps)
        return slope if wrong.endswith("number") else np.full(x.shape, slope)
    for i in np.ndindex(*x.shape):
        old = y[i]
        y[i] = old + eps
        plus = f(y)
        y[i] = old if wrong in ("forward", "half") else old - eps
        minus = f(y)
        if wrong == "backward":
            plus = f(x)
        if wrong not in ("in place", "drift"):
            y[i] = old
        width = {"forward": eps, "backward": eps, "no 2": eps, "not divided": 1, "no eps": 2,
                 "precedence": 2 / eps, "sign": -2 * eps}.get(wrong, 2 * eps)
        slopes[i] = (plus - minus) / width
    return slopes.ravel() if wrong == "flat" else slopes


def relative_error(a, n, wrong=None):
    d, size_a, size_n = np.abs(a - n), np.abs(a), np.abs(n)
    top = max(size_a.max(), size_n.max())
    lengths = [np.linalg.norm(part) for part in (a - n, a, n)]
    if wrong is None:
        return d.max() / top if top > 0 else 0.0
    return {
        "absolute": d.max,
        "mean": lambda: d.mean() / top,
        "no abs": lambda: (a - n).max() / top,
        "signed scale": lambda: d.max() / max(a.max(), n.max()),
        "sum": lambda: d.max() / (size_a.max() + size_n.max()),
        "n alone": lambda: d.max() / size_n.max(),
        "a alone": lambda: d.max() / size_a.max(),
        "array": lambda: d / top,
        "own": lambda: (d / np.maximum(size_a, size_n)).max(),
        "own, guarded": lambda: (d / np.maximum(np.maximum(size_a, size_n), 1e-8)).max(),
        "own, sum": lambda: (d / (size_a + size_n)).max(),
        "own, a": lambda: (d / size_a).max(),
        "own, n": lambda: (d / size_n).max(),
        "own, mean": lambda: (d / np.maximum(size_a, size_n)).mean(),
        "norms": lambda: lengths[0] / (lengths[1] + lengths[2]),
        "norms, a": lambda: lengths[0] / lengths[1],
        "norms, n": lambda: lengths[0] / lengths[2],
        "constant": lambda: d.max() / (top + 1e-12),
        "nan": lambda: d.max() / top,
    }[wrong]()


SMALLEST = dict(T=4, B=2, H=2, h0="random", W_h="random", losses="every step")


def choose_point(wrong=None):
    return SMALLEST | (wrong or {})


def complex_step(f, x, wrong=None):
    eps = {"large": 1e-3}.get(wrong, 1e-25)
    if wrong == "central":
        return central_difference(f, x, 1e-5)
    slopes = np.empty(x.shape)
    for i in np.ndindex(*x.shape):
        y = x.astype(complex)
        y[i] += 1j * eps
        part = {"real": np.real, "abs": np.abs}.get(wrong, np.imag)(f(y))
        slopes[i] = part / {"undivided": 1.0, "twice": 2 * eps}.get(wrong, eps)
    return np.full(x.shape, f(x + 1e-30j).imag / 1e-30) if wrong == "at once" else slopes


def mistakes(wrong=None):
    return {"A": 2, "B": 1, "C": 4, "D": 3} | {"swapped": {"B": 4, "C": 1}, "five": {"D": 5}}.get(wrong, {})


def filter_back(w, u, wrong=None):
    w = {"reversed w": w[::-1], "only w_0": w[:1], "no w_0": np.array([0, *w[1:]])}.get(wrong, w)
    T, dx = len(u), np.zeros(len(u))
    for s in range(T):
        for k in range(len(w)):
            there = s - k if wrong == "forward" else s + k
            if wrong == "wrapped" or 0 <= there < T:
                dx[s] += w[k] * u[there % T]
    return dx[::-1] if wrong == "turned" else dx


CHECKS = {
    exercises.check_complex_step: (complex_step, {
        "large": "your step is too large", "undivided": "not divided by eps", "twice": "divided by 2 * eps",
        "central": "f never sees a complex number", "at once": "all entries move at once",
        "real": "take .imag", "abs": "take .imag",
    }),
    exercises.check_mistakes: (mistakes, {
        "swapped": "2 of 4 are right. In report B, dW_x and db are right",
        "five": "D must be a number from 1 to 4",
    }),
    exercises.check_filter_back: (filter_back, {
        "forward": "the filter itself", "reversed w": "w is reversed", "wrapped": "wraps round",
        "turned": "turn it round", "only w_0": "only w_0 is used", "no w_0": "w_0 is missing",
    }),
    exercises.check_central_difference: (central_difference, {
        "forward": "Step to x - eps", "backward": "Step to x + eps", "half": "is f(x), not f at",
        "no 2": "twice too large", "not divided": "not divided by 2 * eps",
        "no eps": "not divided by eps", "precedence": "write / (2 * eps)", "sign": "the sign",
        "in place": "x comes back changed", "drift": "entries stay moved",
        "at once": "yours are all the same", "at once, one number": "at once:",
        "own eps": "eps is not used", "flat": "but flat",
    }),
    exercises.check_relative_error: (relative_error, {
        "absolute": "absolute", "mean": "a mean:", "no abs": "without abs",
        "signed scale": "may be negative", "sum": "sum of both", "n alone": "n alone",
        "a alone": "a alone", "array": "for each entry", "own": "its own denominator",
        "own, guarded": "its own denominator", "own, sum": "its own denominator",
        "own, a": "its own denominator", "own, n": "its own denominator",
        "own, mean": "you take a mean", "norms": "compares lengths", "norms, a": "lengths",
        "norms, n": "lengths", "constant": "constant in your denominator", "nan": "return 0.0",
    }),
    exercises.check_point: (choose_point, {}),
}


def test_putting_the_old_value_back_is_right_too():
    feedback = exercises.check_central_difference(
        lambda *inputs: central_difference(*inputs, wrong="restored"))

    assert feedback.verdict == "right"


@pytest.mark.parametrize("gap", SMALLEST)
def test_a_point_with_a_gap_is_not_attempted(gap):
    assert exercises.check_point(lambda: SMALLEST | {gap: ...}).verdict == "open"


@pytest.mark.parametrize("settings, words", [
    (dict(H=1), "the missing transpose"), (dict(W_h="symmetric"), "the missing transpose"),
    (dict(T=1), "the missing transpose"), (dict(h0="zero"), "h0 must not be zero"),
    (dict(B=1), "first sequence only"), (dict(losses="last step"), "only the last loss"),
    (dict(T=3), "three steps only"), (dict(T=4.5), "T must be a whole number"),
    (dict(B=0), "B must be"), (dict(H=21), "H must be"), (dict(H=True), "H must be"),
    (dict(h0="ones"), "h0 must be 'zero' or 'random'"), (dict(D=3), "the keys"),
    (dict(T=1, B=1, H=1, h0="zero", losses="last step"), "sees 0 of 6"),
])
def test_a_blind_point_is_told_what_it_cannot_see(settings, words):
    feedback = exercises.check_point(lambda: choose_point(settings))

    assert feedback.verdict == "wrong"
    assert words in feedback.text


def test_no_smaller_point_sees_everything():
    seeing = [sizes for sizes in itertools.product(range(1, 6), range(1, 4), range(1, 4))
              if exercises.check_point(
                  lambda: SMALLEST | dict(zip("TBH", sizes))).verdict == "right"]  # noqa: B023

    assert min(seeing, key=np.prod) == (4, 2, 2)
    assert all(T >= 4 and B >= 2 and H >= 2 for T, B, H in seeing) and len(seeing) == 8
    assert "no smaller" in exercises.check_point(lambda: SMALLEST).text
    assert "no smaller" not in exercises.check_point(lambda: SMALLEST | dict(T=9)).text
