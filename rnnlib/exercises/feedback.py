"""What a checker says, and how it runs an answer: on copies, without ever raising."""

import contextlib
import copy
import io
from dataclasses import dataclass

import numpy as np

NOT_ATTEMPTED = "not attempted yet."

TOLERANCE = 1e-8  # relative to the largest entry


@dataclass(frozen=True)
class Feedback:
    """What a checker says: verdict is 'open', 'right' or 'wrong'."""

    verdict: str
    text: str

    def __repr__(self):
        return {"open": "·", "right": "✓", "wrong": "✗"}[self.verdict] + " " + self.text


def run(answer, *inputs):
    """Call the answer on copies of inputs; return its result, or the Feedback that says why not."""
    if not callable(answer):
        return Feedback("wrong", f"expected a function; got {type(answer).__name__}.")
    copies = copy.deepcopy(inputs)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            result = answer(*copies)
    except Exception as error:
        return Feedback("wrong", f"your code stops with {_one_line(error)}.")
    if result is None or result is Ellipsis:
        return Feedback("open", NOT_ATTEMPTED)
    if not all(_same(a, b) for a, b in zip(copies, inputs, strict=True)):
        return Feedback("wrong", "your function changes its inputs in place: work on new arrays.")
    return result


def compare(result, right, slips, name="the result", praise="right."):
    """Compare result with the right array, then with {what is wrong: the array it gives}."""
    if isinstance(result, Feedback):
        return result
    if result is None or result is Ellipsis:
        return Feedback("open", NOT_ATTEMPTED)
    if isinstance(result, (tuple, list)) and any(r is Ellipsis for r in result):
        return Feedback("open", NOT_ATTEMPTED)
    right = np.asarray(right)
    try:
        result = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        return Feedback("wrong", f"{name} should be numbers; got {type(result).__name__}.")
    if result.shape == right.shape and close(result, right):
        return Feedback("right", praise)
    for text, slip in slips.items():
        if np.shape(slip) == result.shape and close(result, np.asarray(slip)):
            return Feedback("wrong", text)
    if result.shape != right.shape:
        return Feedback("wrong", f"{name} has shape {result.shape}; expected {right.shape}.")
    if not np.isfinite(result).all():
        return Feedback("wrong", f"{name} contains nan or inf.")
    worst = np.unravel_index(np.abs(result - right).argmax(), right.shape)
    where = f" at {[int(i) for i in worst]}" if right.ndim else ""
    text = f"not yet: {name}{where} is {result[worst]:.6g}, expected {right[worst]:.6g}."
    return Feedback("wrong", text)


def close(a, b):
    """True if a and b agree relative to their largest entry."""
    if not np.isfinite(a).all():
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= TOLERANCE * scale)


def _one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")


def _same(a, b):
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else True
