"""Sequences of different lengths in one array: masks, and time reversed within them.

A mask (T, ...) of bools is True where a sequence has a step. Padding usually stands at the end, but
any pattern will do: `bptt.forward` carries the state through a step that is masked out.
"""

import numpy as np

from .doors import checks


def mask(lengths, T):
    """Return the mask (T, ...) of sequences of these lengths (...), padded at the end."""
    where = "sequences.mask"
    lengths = checks.array(where, "lengths", lengths)
    T = checks.whole(where, "T", T, 1, 10**9)
    if lengths.dtype.kind not in "iu":
        hint = "Use lengths.astype(int)." if lengths.dtype.kind == "f" else ""
        checks.fail(where, "lengths", f"integers in [1, T={T}]", checks.short(lengths), hint, TypeError)
    bad = np.argwhere((lengths < 1) | (lengths > T))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        checks.fail(where, "lengths", f"in [1, T={T}]", f"{lengths[at]} at {list(at)}")
    return np.arange(T).reshape(-1, *[1] * lengths.ndim) < lengths


def reverse(a, mask=None):
    """Return a (T, ..., D) with time reversed: in each sequence, the steps its mask (T, ...) has.

    Padding stays where it is. Applied twice it gives a back, and a gradient with respect to the
    reversed array is reversed into one with respect to a.
    """
    where = "sequences.reverse"
    a = checks.array(where, "a", a)
    if a.ndim < 2 or len(a) == 0:
        checks.fail(where, "a", "(T, ..., D) with T >= 1", checks.short(a))
    if a.dtype.kind not in "fiubc":
        checks.fail(where, "a", "numeric", checks.short(a), error=TypeError)
    if mask is None:
        return a[::-1].copy()
    checks.bools(where, "mask", mask, a.shape[:-1], f"a is {a.shape}")
    order = np.arange(len(a)).reshape(-1, *[1] * (mask.ndim - 1))
    forth = np.argsort(np.where(mask, order, len(a)), axis=0, kind="stable")    # the steps, then padding
    back = np.argsort(np.where(mask, -order, len(a)), axis=0, kind="stable")    # the steps, last one first
    result = np.empty_like(a)
    np.put_along_axis(result, forth[..., None], np.take_along_axis(a, back[..., None], axis=0), axis=0)
    return result
