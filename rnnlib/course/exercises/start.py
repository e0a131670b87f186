"""Exercises of notebook 0, start here."""

import numpy as np

from .feedback import checker
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
        "W_h": {transposed.format("W_h"): lambda kernel, recurrent, bias: recurrent},
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
        "four gates: that is an LSTM. This cell has one W_x, one W_h and one b.": dict(W_x=4, W_h=4, b=4),
        "W_y reads the state: it is (K, H), not (K, D).": lambda D, H, K: H * D + H * H + H + K * D + K,
        "W_h is (H, H), not (H, D) again.": lambda D, H, K: 2 * H * D + H + K * H + K,
        "b has one entry for each unit, H of them: a bias is no matrix.": lambda D, H, K: (
            H * D + 2 * H * H + K * H + K),
        "a bias is a vector, not one number.": lambda D, H, K: H * D + H * H + 1 + K * H + 1,
    }
    points = [point(D, H, K, D=D, H=H, K=K) for D, H, K in ((5, 13, 3), (17, 2, 7), (6, 7, 29))]
    return held(answer, points, count, slips, "the number")
