"""Count the multiplications of a program (notebook 18), and the formulas of those of that page.

Here belongs what says how much is computed or kept without a clock: the same on every machine.
"""

from functools import lru_cache
from math import isqrt
from typing import NamedTuple

import numpy as np

from .. import checkpoints, dynamics


def problem(T, H, seed=18):
    """Draw W (H, H), whose eigenvalues have size 0.9, u (T, H) and e (T, H): what page 18 computes with."""
    rng = np.random.default_rng(seed)
    return dynamics.recurrent(rng, H, radius=0.9), *rng.normal(size=(2, T, H))


def multiplications(program, *arrays):
    """Run program(*arrays) and return how many multiplications of two numbers it made.

    Counted are @, * and squares of NumPy arrays, wherever an array that was handed in has a part in them.
    """
    tally = [0]

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
            plain = [a.view(np.ndarray) if isinstance(a, Counted) else a for a in (*inputs, *out)]
            inputs, out = plain[:len(inputs)], tuple(plain[len(inputs):])
            result = getattr(ufunc, method)(*inputs, **options, **({"out": out} if out else {}))
            if ufunc is np.matmul:
                tally[0] += np.size(result) * np.shape(inputs[0])[-1]
            elif ufunc in (np.multiply, np.square, np.power):
                tally[0] += np.size(result)
            return result.view(Counted) if isinstance(result, np.ndarray) else result

    program(*(np.asarray(a).view(Counted) for a in arrays))
    return tally[0]


def kept_over_time(T, H, k):
    """Return, by way, the numbers that are kept after each step of work, there and back: {way: (n,)}.

    Reverse mode keeps its states and steps, H numbers each; with checkpoints every k-th state and one
    stretch. Forward mode keeps h (H,) and dh/dW (H, H, H), and needs no way back.
    """
    back = {way: np.array([H * sum(held) for held in checkpoints.held(checkpoints.schedule(T, every=every))])
            for way, every in (("reverse", T), ("checkpoints", k))}
    return back | {"forward": np.full(T, H + H**3)}


class Bill(NamedTuple):
    """What a way to the gradient of W (H, H) over T steps costs."""

    numbers: int          # kept at the same time, at most
    multiplications: int


@lru_cache(maxsize=64)
def _few(T):
    return checkpoints.cost(checkpoints.schedule(T, every=isqrt(T)))


def bills(T, H):
    """Return the Bill of each way, for h_t = tanh(W h_{t-1} + u_t); of the last, for a diagonal W."""
    back = T * (3 * H * H + 2 * H)
    few = _few(T)
    return {
        "reverse": Bill((T + 1) * H, back),
        "checkpoints": Bill(few.peak * H, back + few.again * H * H),
        "forward": Bill(H**3 + H, T * (H**4 + 2 * H**3 + H * H + H)),
        "forward, W diagonal": Bill(2 * H, 5 * T * H),
    }
