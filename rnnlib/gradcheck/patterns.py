"""What a wrong gradient is instead, where its numbers tell: one clause that was measured, or nothing."""

from itertools import permutations

import numpy as np

from .origins import FACTOR, SAME, left_out, norms, of_value, outer_products, row_factors, same, sums
from .sentences import of_gate

EXCEPT, TINY = "right except", 1e-12
FAR_BELOW = 1e-12    # of the largest entry


@np.errstate(all="ignore")       # products of numbers near the ends of float64 tell nothing
def instead(name, exact, numeric, values, precise=False):
    """Return what dname is instead; all are {name: array}: both gradients, of which exact[name] is wrong,
    and what they belong to. precise: numeric has all digits, so that little that is off tells, too."""
    a, n = exact[name], numeric[name]
    if not np.isfinite([a, n]).all():
        return ""
    if same(a, n):                                         # too near for what is below
        return _little(a, n, values[name]) if precise and n.size > 1 and np.ptp(n) else ""
    if not n.any():
        return "not zero, and should be: f does not change with it here."
    if not a.any():
        return "all zero, and should not be."
    if a.size == 1 or np.ptp(n) == 0:                 # one number is many things by chance
        return "minus what it should be." if same(a, -n) else ""
    if factor := _factor(a, n):
        return ("minus what it should be, in every entry." if same(a, -n)
                else f"{factor:.4g} times what it should be, in every entry.")
    if np.abs(n).max() <= FAR_BELOW * np.abs(a).max():
        return f"far too large: what it should be is {np.abs(n).max():.0e} at most, which may be rounding."
    if n.ndim == 2 and a.shape == n.T.shape and same(a, n.T):
        return "the transpose of what it should be."
    for axis, size in enumerate(n.shape):
        if size > 1 and same(a, np.flip(n, axis)):
            return f"right, but reversed along axis {axis}."
    for other, m in numeric.items():
        if other != name and m.shape == a.shape and m.any() and same(a, m):
            return f"the numbers of d{other}."
    if both := _of_both(name, exact, numeric):
        return both
    if same(a, np.abs(n)):
        return "right, but has lost its signs."
    own = name.rpartition(".")[2]
    return (_order(a, n) or _elsewhere(a, n) or _cut_off(a, n) or of_value(a, n, values[name], own)
            or _share(a - n, n) or _decay(a - n, n, values[name])
            or norms(a - n, n, values[name]) or _empty(a, n) or _rows(a, n)
            or _columns(a, n) or left_out(a - n, n, values[name]) or row_factors(name, exact, numeric)
            or sums(a, n) or outer_products(a - n, n))


def _of_both(name, exact, numeric):
    """Say that this one and another both are what the two should be, added up: one weight has two names."""
    a, n = exact[name], numeric[name]
    for other, m in numeric.items():
        for turn, turned in ((np.asarray, ""), (np.transpose, ", transposed,")):
            if other == name or turn(m).shape != n.shape or not m.any():
                continue
            if same(a, n + turn(m)) and same(exact[other], m + turn(n)):
                return (f"what it should be and what d{other}{turned} should be, added up, as of one weight "
                        "in both places: here each has the part of its own place.")
    return ""


def along_directions(a, n, given, rows):
    """Return what a gradient is instead that is known by its slopes along random directions only.

    given: all its entries; rows: the directions, each of as many entries.
    """
    if len(n) < 3 or not np.isfinite([a, n]).all() or not n.any():
        return ""
    if not given.any():
        return "all zero, and should not be."
    if factor := _factor(a, n):
        return f"{factor:.4g} times what it should be, along every direction."
    fits = lambda other: same(rows @ other.ravel(), n)
    if given.ndim == 2 and given.shape[0] == given.shape[1] and fits(given.T):
        return "the transpose of what it should be, along every direction."
    for axis, size in enumerate(given.shape):
        if size > 1 and fits(np.flip(given, axis)):
            return f"right, but reversed along axis {axis}, along every direction."
    return ""


def _little(a, n, value):
    """Say what is told by what is off, however little that is."""
    off = a - n
    return _share(off, n) or _decay(off, n, value) or _rows(a, n) or _columns(a, n) or outer_products(off, n)


def _share(off, n):
    """Say that the same small share of every entry is too much, or missing."""
    share = float((off * n).sum() / (n * n).sum())
    if not share or abs(share) > FACTOR or (n != 0).sum() < 3 or not same(off, share * n):
        return ""
    return f"1 {'+' if share > 0 else '-'} {abs(share):.2g} times what it should be, in every entry."


def notes(names, exact, numeric, values, d_name, precise):
    """Return one sentence for each thing that some of the wrong ones, names, are instead.

    Nothing of single rows: at which steps and in which gates is said better elsewhere.
    """
    found = {name: instead(name, exact, numeric, values, precise) for name in names}
    alike = {note: [d_name(n) for n in names if found[n] == note] for note in found.values()
             if note and not note.startswith(EXCEPT)}
    return [f"{', '.join(of)}: {note}" for note, of in alike.items()]


def of_gates(point, names, exact, numeric):
    """Return one sentence for each of names that is off in the rows of some gates, if they tell how."""
    return [said for name in names if point.G > 1 and name in ("W_x", "W_h", "b")
            and (said := _blocks(name, exact[name], numeric[name], point))]


def _blocks(name, a, n, point):
    given, right = (dict(zip(point.gates, np.split(x, point.G))) for x in (a, n))
    off = [k for k in point.gates if not same(given[k], right[k])]
    if len(off) in (0, point.G):
        return ""
    told = {}
    for k in off:
        copied = next((j for j in point.gates if j != k and same(given[k], right[j])), None)
        factor = _factor(given[k], right[k])
        times = f"{factor:.4g} times what they should be" if factor else ""
        how = f"those of {of_gate([copied])}" if copied else times or "all zero" * (not given[k].any())
        told.setdefault(how, []).append(k)
    if "" in told:
        return ""
    return f"d{name}: " + ", ".join(f"the rows of {of_gate(ks)} are {how}" for how, ks in told.items()) + "."


def _factor(a, n):
    scale = np.abs(n).max() or np.inf
    factor = float((a / scale * (n / scale)).sum() / ((n / scale) ** 2).sum())
    return factor if factor and abs(factor - 1) > FACTOR and same(a / factor, n) else None


def _order(a, n):
    """Say along which axis the numbers stand in another order, if each slice has one place where it fits."""
    for axis, size in enumerate(n.shape):
        x, y = (np.moveaxis(v, axis, 0).reshape(size, -1) for v in (a, n))
        fits = (np.abs(x[:, None] - y) <= SAME * np.abs(n).max()).all(axis=2)
        if (fits.sum(axis=0) == 1).all() and (fits.sum(axis=1) == 1).all():
            return f"right, but in another order along axis {axis}: {fits.argmax(axis=1).tolist()}."
    return ""


def _elsewhere(a, n):
    """Say that the numbers are right and stand in other places, and whether a reshape put them there."""
    if n.size < 4 or not same(np.sort(a, axis=None), np.sort(n, axis=None)):
        return ""
    for axes in [*permutations(range(n.ndim))][1:]:
        if any(same(x.transpose(axes).reshape(n.shape), y) for x, y in ((a, n), (n, a))):
            return "the right numbers in other places, as where reshape is used to exchange axes."
    return "the right numbers, in other places."


def cut_at(a, n):
    """Return c if a is n cut off at ±c, and ±c stands there at least twice; else None."""
    c = float(np.abs(a).max())
    twice = (np.abs(a) >= c * (1 - 1e-12)).sum() > 1
    return c if twice and same(a, np.clip(n, -c, c)) and not same(a, n) else None


def _cut_off(a, n):
    c = cut_at(a, n)
    return f"cut off at ±{c:.4g}, right below." if c else ""


def _decay(off, n, value):
    """Say that what is too much is a multiple of the parameter itself, as of weight decay or of a norm."""
    if not value.any() or np.ptp(value) == 0:
        return ""
    factor = float((off * value).sum() / (value * value).sum())
    if not factor or not same(off, factor * value):
        return ""
    said = f"right, but for {factor:.4g} times the parameter itself"
    if _at_right_angles(n, value):
        return f"{said}, to which the right one is at right angles: f does not change with its length here."
    return f"{said}, as a penalty leaves it."


def _at_right_angles(n, value):
    return abs((n * value).sum()) <= SAME * np.linalg.norm(n) * np.linalg.norm(value)


def _empty(a, n):
    """Say in which rows a is all zero, if it is not in others, and is wrong in some of those."""
    a, n = a.reshape(len(a), -1), n.reshape(len(n), -1)
    empty = n.any(axis=1) & ~a.any(axis=1)
    off = _off(a, n).any(axis=1)
    if a.shape[1] < 2 or not empty.any() or not (off & ~empty).any():
        return ""
    return f"all zero in row{_listed(empty)}, and should not be; it is off in others, too."


def _listed(off):
    at = [f"[{k}]" for k in np.flatnonzero(off)]
    return f"{'s' * (len(at) > 1)} {', '.join(at[:6])}{', ...' * (len(at) > 6)}"


def _off(a, n):
    """Tell which entries are off: no other is off by more than a thousandth of what the worst is, or, where
    that is little, by more than rounding."""
    by, size = np.abs(a - n), np.abs(n).max()
    return by > (min(SAME * size, by.max() / 1000) if by.max() > SAME * size else TINY * size)


def _columns(a, n):
    """Say in which columns a is off, if it is right in some."""
    if n.ndim != 2:
        return ""
    off = _off(a, n).any(axis=0)
    return f"{EXCEPT} in column{_listed(off)}." if (n.any(axis=0) & ~off).any() else ""


def _rows(a, n):
    """Say in which rows a is off, if it is right in some; to be 0 where the right one is tells nothing."""
    off, seen = (x.reshape(len(n), -1).any(axis=1) for x in (_off(a, n), n != 0))
    if not off.any() or not (seen & ~off).any():
        return ""
    if n.ndim == 1:
        return f"{EXCEPT} at{_listed(off).removeprefix('s')}."
    return f"{EXCEPT} in row{_listed(off)}{_of_these(a[off], n[off])}."


def _of_these(a, n):
    """Return what some rows are, if they are zero, or a multiple of what they should be."""
    verb = "is" if len(n) == 1 else "are"
    if not a.any():
        return f", which {verb} all zero"
    factor = _factor(a, n) if a.shape[-1] > 1 and n.any() else None
    return f", which {verb} {factor:.4g} times what it should be" if factor and len(n) == 1 else (
        f", which are {factor:.4g} times what they should be" if factor else "")
