"""What a wrong gradient is instead, where its numbers tell: one clause that was measured, or nothing."""

import numpy as np

SAME = 1e-6          # relative to the largest entry
EXCEPT = "right except"
FACTOR = 1e-3        # from 1: nearer than this, "times" would name mere digits


def instead(name, exact, numeric, values):
    """Return what dname is instead; all are {name: array}: both gradients, of which exact[name] is wrong,
    and what they belong to."""
    a, n = exact[name], numeric[name]
    if not np.isfinite(n).all() or same(a, n):        # too near for this to tell
        return ""
    if not n.any():
        return "not zero, and should be: f does not change with it here."
    if not a.any():
        return "all zero, and should not be."
    if a.size == 1 or np.ptp(n) == 0:                 # one number is many things by chance
        return "minus what it should be." if same(a, -n) else ""
    if factor := _factor(a, n):
        return ("minus what it should be, in every entry." if same(a, -n)
                else f"{factor:.4g} times what it should be, in every entry.")
    if n.ndim == 2 and a.shape == n.T.shape and same(a, n.T):
        return "the transpose of what it should be."
    for axis, size in enumerate(n.shape):
        if size > 1 and same(a, np.flip(n, axis)):
            return f"right, but reversed along axis {axis}."
    for other, m in numeric.items():
        if other != name and m.shape == a.shape and m.any() and same(a, m):
            return f"the numbers of d{other}."
    return _order(a, n) or _cut_off(a, n) or _decay(a - n, values[name]) or _rows(a, n)


def notes(names, exact, numeric, values, d_name):
    """Return one sentence for each thing that some of the wrong ones, names, are instead.

    Nothing of single rows: at which steps and in which gates is said better elsewhere.
    """
    found = {name: instead(name, exact, numeric, values) for name in names}
    alike = {note: [d_name(n) for n in names if found[n] == note] for note in found.values()
             if note and not note.startswith(EXCEPT)}
    return [f"{', '.join(of)}: {note}" for note, of in alike.items()]


def same(a, n):
    """True if two arrays agree to SAME of the largest entry."""
    return bool((np.abs(a - n) <= SAME * np.abs(n).max()).all())


def _factor(a, n):
    factor = float((a * n).sum() / (n * n).sum())
    return factor if factor and abs(factor - 1) > FACTOR and same(a / factor, n) else None


def _order(a, n):
    """Say along which axis the numbers stand in another order, if each slice has one place where it fits."""
    for axis, size in enumerate(n.shape):
        x, y = (np.moveaxis(v, axis, 0).reshape(size, -1) for v in (a, n))
        fits = (np.abs(x[:, None] - y) <= SAME * np.abs(n).max()).all(axis=2)
        if (fits.sum(axis=0) == 1).all() and (fits.sum(axis=1) == 1).all():
            return f"right, but in another order along axis {axis}: {fits.argmax(axis=1).tolist()}."
    return ""


def cut_at(a, n):
    """Return c if a is n cut off at ±c, and ±c stands there at least twice; else None."""
    c = float(np.abs(a).max())
    twice = (np.abs(a) >= c * (1 - 1e-12)).sum() > 1
    return c if twice and same(a, np.clip(n, -c, c)) and not same(a, n) else None


def _cut_off(a, n):
    c = cut_at(a, n)
    return f"cut off at ±{c:.4g}, right below." if c else ""


def _decay(off, value):
    """Say that what is too much is a multiple of the parameter itself, as of weight decay."""
    if not value.any() or np.ptp(value) == 0:
        return ""
    factor = float((off * value).sum() / (value * value).sum())
    if factor and same(off, factor * value):
        return f"right, but for {factor:.4g} times the parameter itself, as a penalty leaves it."
    return ""


def _rows(a, n):
    """Say in which rows a is off, if it is right in some."""
    off = (np.abs(a - n) > SAME * np.abs(n).max()).reshape(len(n), -1).any(axis=1)
    at = [f"[{k}]" for k in np.flatnonzero(off)]
    if not 0 < len(at) < len(off):
        return ""
    what = f"in row{'s' * (len(at) > 1)}" if n.ndim > 1 else "at"
    return f"{EXCEPT} {what} {', '.join(at[:6])}{', ...' * (len(at) > 6)}."
