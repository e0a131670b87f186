"""Exercises of notebook 0, start here."""

import numpy as np

from .feedback import Feedback, checker, numbers, run
from .trials import held, point


@checker(0, 1, "Translate from Keras", stars=1, minutes=5)
def check_from_keras(answer):
    """Notebook 0, exercise 1: (kernel, recurrent_kernel, bias) -> (W_x, W_h, b)."""
    rng = np.random.default_rng(7)
    points = [point(*(rng.normal(size=s) for s in ((D, H), (H, H), (H,))), D=D, H=H)
              for D, H in ((2, 3), (5, 4), (3, 3))]
    transposed = "{} is stored (in, out) in Keras; ours is (out, in): transpose it."
    reshaped = "{} needs the transpose: reshape keeps the numbers in their order, row by row."
    slips = {
        "W_x": {transposed.format("W_x"): lambda kernel, recurrent, bias: kernel,
                reshaped.format("W_x"): lambda kernel, recurrent, bias: kernel.reshape(kernel.shape[::-1])},
        "W_h": {transposed.format("W_h"): lambda kernel, recurrent, bias: recurrent,
                "W_h needs the transpose, not the inverse: they are equal for an orthogonal matrix only.":
                    lambda kernel, recurrent, bias: np.linalg.inv(recurrent)},
    }
    return held(answer, points, lambda kernel, recurrent, bias: (kernel.T, recurrent.T, bias), slips,
                {"W_x": "H D", "W_h": "H H", "b": "H"})


@checker(0, 2, "Count", stars=1, minutes=5)
def check_parameters(answer):
    """Notebook 0, exercise 2: (D, H, K) -> the number of parameters."""

    def count(D, H, K, W_x=1, W_h=1, b=1, W_y=1, b_y=1):
        return W_x * H * D + W_h * H * H + b * H + W_y * K * H + b_y * K

    slips = {
        "the biases are missing: b has H entries and b_y has K.": dict(b=0, b_y=0),
        "the bias b_y of the read-out is missing.": dict(b_y=0),
        "the bias b of the cell is missing.": dict(b=0),
        "the read-out is missing: W_y and b_y.": dict(W_y=0, b_y=0),
        "the matrix W_y of the read-out is missing.": dict(W_y=0),
        "the recurrent matrix W_h is missing.": dict(W_h=0),
        "the input matrix W_x is missing.": dict(W_x=0),
        "H numbers too many: two biases, as in PyTorch, where here there is one, since only their sum acts "
        "(or h_0, which is given and not learnt).": dict(b=2),
        "one recurrent weight for each unit, a diagonal W_h: W_h is (H, H), every unit hears every unit.":
            lambda D, H, K: H * D + H + H + K * H + K,
        "four gates: that is an LSTM. This cell has one W_x, one W_h and one b.": dict(W_x=4, W_h=4, b=4),
        "b_y has one entry for each class, K of them, and b one for each unit, H.": [
            lambda D, H, K, b=b, c=c: H * D + H * H + K * H + b(H, K) + c(H, K)
            for b, c in ((lambda H, K: K, lambda H, K: K), (lambda H, K: H, lambda H, K: H))],
        "all H * H numbers of W_h are learnt: none is left out, and no two are the same.": [
            dict(W_h=0.5), *(lambda D, H, K, half=half: count(D, H, K, W_h=0) + half(H) for half in (
                lambda H: H * H // 2, lambda H: H * (H + 1) // 2, lambda H: H * (H - 1) // 2))],
        "W_h holds H * H numbers, not 2 * H.": lambda D, H, K: count(D, H, K, W_h=0) + 2 * H,
        "the sizes of the axes alone do not tell: count the numbers in each array, and add them up.": [
            lambda D, H, K: D * H * K, lambda D, H, K: D + H + K],
        "W_y reads the state: it is (K, H), not (K, D).": lambda D, H, K: H * D + H * H + H + K * D + K,
        "W_h is (H, H), not (H, D) again.": lambda D, H, K: 2 * H * D + H + K * H + K,
        "b has one entry for each unit, H of them: a bias is no matrix.": lambda D, H, K: (
            H * D + 2 * H * H + K * H + K),
        "the lengths of the axes are added: a matrix of shape (a, b) holds a * b numbers.": [
            lambda D, H, K, b=b: D + H + H + H + K + H + b * (H + K) for b in (0, 1)],
        "the sizes of the arrays are multiplied: they add up.": [
            lambda D, H, K, b=b: H * D * H * H * K * H * (H * K if b else 1) for b in (0, 1)],
        "a bias is a vector, not one number.": lambda D, H, K: H * D + H * H + 1 + K * H + 1,
    }
    points = [point(D, H, K, D=D, H=H, K=K) for D, H, K in ((5, 13, 3), (17, 2, 7), (6, 7, 29))]
    return held(answer, points, count, slips, "the number")


@checker(0, 3, "Wrong, and yet it learns", stars=2, minutes=15)
def check_spoil(answer):
    """Notebook 0, exercise 3: g -> a gradient that is wrong in every entry and yet points downhill."""
    rng, name = np.random.default_rng(8), "your gradient"
    places = [rng.normal(size=(3, 4)), -rng.uniform(0.5, 1.5, 5)]
    places += [scale * rng.normal(size=7) for scale in (1e3, 1e-3)]
    places += [np.array([1.1, 0.01, -0.02]), np.array([-0.9, 0.03])]               # of length and sum about 1
    places += [np.array([5.0, 0.1, -0.1, 0.2]), np.array([-0.1, 5.0, 0.2, -0.1])]    # one outweighs all
    places += [rng.uniform(0.5, 1.5, 4)]                                         # no entry is negative
    for g in places:
        found = numbers(run(answer, g), np.full_like(g, np.nan), name)
        if isinstance(found, Feedback):
            return found
        at = f"for g = {np.array2string(g, precision=2, threshold=8)}".replace("\n", "")
        if found.shape != g.shape:
            return Feedback("wrong", f"{name} should have the shape of g, {g.shape}; got {found.shape}.")
        if not np.isfinite(found).all():
            return Feedback("wrong", f"{at} {name} has nan or inf in it.")
        near = np.abs(found - g) <= 0.5 * np.abs(g) * (1 + 1e-9)         # off by half is not more than half
        if near.any():
            k = np.unravel_index(np.argmax(near), g.shape)
            text = "it is too good" if near.all() else f"{near.sum()} of {g.size} entries are too good"
            text = "it is too good, g itself" if np.array_equal(found, g) else text
            half = np.isclose(abs(found[k] - g[k]), 0.5 * abs(g[k]), rtol=1e-9, atol=0)
            off = f"off from {g[k]:.3g} by half of it, not by more" if half else f"within half of {g[k]:.3g}"
            return Feedback("wrong", f"{at} {text}: {found[k]:.3g} is {off}.")
        downhill = (found * g).sum()
        if downhill <= 0:
            way = "uphill" if downhill < 0 else "neither down nor up"
            return Feedback("wrong", f"{at} it is wrong in every entry, but it points {way}: the sum of all "
                                     f"g_k times your numbers is {downhill:.3g}, and it must be positive.")
    return Feedback("right", "wrong in every entry, and downhill every time.")
