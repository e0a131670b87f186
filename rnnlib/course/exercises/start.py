"""Exercises of notebook 0, start here."""

import numpy as np

from .feedback import Feedback, checker, compare, run


@checker(0, 1, "Translate from Keras")
def check_from_keras(answer):
    """Notebook 0, exercise 1: (kernel, recurrent_kernel, bias) -> (W_x, W_h, b)."""
    rng = np.random.default_rng(7)
    kernel, recurrent, bias = (rng.normal(size=s) for s in ((2, 3), (3, 3), (3,)))
    result = run(answer, kernel, recurrent, bias)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return Feedback("wrong", "return three arrays: W_x, W_h, b.")
    transposed = "{} is stored (in, out) in Keras; ours is (out, in): transpose it."
    for name, found, right in zip(("W_x", "W_h", "b"), result, (kernel.T, recurrent.T, bias), strict=True):
        slips = {transposed.format(name): right.T} if name != "b" else {}
        feedback = compare(found, right, slips, name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", "right.")


@checker(0, 2, "Count")
def check_parameters(answer):
    """Notebook 0, exercise 2: (D, H, K) -> the number of parameters."""
    D, H, K = 4, 7, 3
    cell, out = H * D + H * H, K * H
    slips = {
        "the biases are missing: b has H entries and b_y has K.": cell + out,
        "the bias b_y of the read-out is missing.": cell + H + out,
        "the bias b of the cell is missing.": cell + out + K,
        "the read-out is missing: W_y and b_y.": cell + H,
        "the recurrent matrix W_h is missing.": H * D + H + out + K,
        "two biases, as in PyTorch: here there is one, since only their sum acts.": cell + 2 * H + out + K,
    }
    return compare(run(answer, D, H, K), cell + H + out + K, slips, "the number")
