"""What the way in which a gradient is off tells of where it comes from: a slope, a mean, a norm, one use.

What is said was measured; a cause is named as a likeness ("as where ..."), not as a fact.
"""

from functools import cache

import numpy as np

from ..cells.activations import sigmoid

SAME = 1e-6          # relative to the largest entry
PAIRS, DISTANCES = 3, np.array([1e-3, 1e-4, 1e-5])      # of random directions; along them
FAR, STAYS = 0.1, 1e-5   # relative to x; relative to what is off
QUOTIENTS, STEPS_TAKEN = 4, 10.0 ** -np.arange(1, 9)    # entries to be quotients, and their usual steps
STEPS_TOO_SMALL = [float(f"1e-{k}") for k in range(9, 17)]
FEW_DIGITS = 0.05    # an error that the step of a difference quotient may leave
KINDS = {
    "(f(x + eps) - f(x - eps)) / (2 eps)": lambda up, here, down, eps: (up - down) / (2 * eps),
    "(f(x + eps) - f(x)) / eps": lambda up, here, down, eps: (up - here) / eps,
    "(f(x) - f(x - eps)) / eps": lambda up, here, down, eps: (here - down) / eps,
}
NO_FUNCTION = ("This is the gradient of no function (its derivatives depend on their order): some step of "
               "the way back is left out, or does not fit the way forward, whatever the loss.")
FACTOR = 1e-3        # from 1: nearer than this, "times" would name mere digits


def same(a, n):
    """True if two arrays agree to SAME of the largest entry."""
    return bool((np.abs(a - n) <= SAME * np.abs(n).max()).all())


SLOPES = {     # of the parameter {0}, or of what it has been through
    "1 - tanh({0})^2": lambda x: 1 - np.tanh(x) ** 2,
    "σ({0}) (1 - σ({0}))": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "1 - {0}^2": lambda x: 1 - x**2,
    "{0} (1 - {0})": lambda x: x * (1 - x),
    "1 - tanh(tanh({0}))^2": lambda x: 1 - np.tanh(np.tanh(x)) ** 2,
    "exp({0})": np.exp,
    "{0}": lambda x: x,
}


def of_value(a, n, value, name):
    """Say that a is n multiplied or divided by a slope at the parameter itself, entry by entry."""
    if a.size < 3 or not n.any():
        return ""
    with np.errstate(all="ignore"):
        slopes = {text.format(name): f(value) for text, f in SLOPES.items()}
        slopes = {text: g for text, g in slopes.items() if np.isfinite(g).all() and np.ptp(g) > 1e-3}
        made = {f"multiplied by {text}": n * g for text, g in slopes.items()}
        made |= {f"divided by {text}": n / g for text, g in slopes.items()}
        made |= {f"divided by the square of {text}": n / g**2 for text, g in slopes.items()}
        made |= {f"with {text} in place of {other}": n * g / h for text, g in slopes.items()
                 for other, h in list(slopes.items())[:2] if g is not h}
    for text, other in made.items():
        if np.isfinite(other).all() and same(a, other):
            return f"what it should be, {text}, entry by entry."
    return ""


def _factors(a, n):
    """Return the factor of each row, where each row of a is a multiple of that of n; None if not."""
    if n.ndim != 2 or min(n.shape) < 2 or (n.shape[1] < 3 and len(n) < 3):
        return None
    squares = (n * n).sum(axis=1)
    if not squares.all():
        return None
    factors = (a * n).sum(axis=1) / squares
    plain = factors.all() and np.abs(factors - 1).max() > FACTOR
    return factors if plain and same(a / factors[:, None], n) else None


def row_factors(name, exact, numeric):
    """Say that each row is off by a factor of its own, and whether another tensor is, by the same ones."""
    by = {other: _factors(exact[other], n) for other, n in numeric.items()}
    by = {other: factors for other, factors in by.items()
          if factors is not None and factors.shape == exact[name].shape[:1]}
    if exact[name].ndim == 1 and numeric[name].all():
        own = exact[name] / numeric[name]
        other = next((other for other, factors in by.items() if np.allclose(own, factors, SAME, 0)), None)
        return f"off by the factors by which the rows of d{other} are." if other else ""
    if name not in by:
        return ""
    factors, each = by[name], ", ".join(f"{f:.4g}" for f in by[name][:6])
    above = bool((factors > 1 + FACTOR).all())
    above = ", all above 1, as where a slope or another factor is left out" * above
    return f"row by row a multiple of what it should be: {each}{', ...' * (len(factors) > 6)} times{above}."


def left_out(off, n, value):
    """Say that all that is off lies, in each row, along 1, along the row of the parameter, or along both,
    to which the right one is at right angles: what the mean and the variance of a normalization do."""
    for axis in (n.ndim - 1, 0) if n.ndim > 1 else (0,):
        rows, right, own = (np.moveaxis(v, axis, -1).reshape(-1, v.shape[axis]) for v in (off, n, value))
        size = rows.shape[1]
        if size < 3 or not _sums_to_zero(right):
            continue
        along = f" along axis {axis}" if n.ndim > 1 else ""
        if _same_rows(rows, rows.mean(axis=1, keepdims=True)):
            return (f"off by one number{along}; the right one sums to 0 there: as where a mean that f takes "
                    "away has no gradient, or one of another size.")
        centred = own - own.mean(axis=1, keepdims=True)
        norms = (centred * centred).sum(axis=1, keepdims=True)
        if size < 4 or not norms.all() or np.abs((right * centred).sum(axis=1)).max() > 1e-3 * np.sqrt(
                norms.max()) * np.abs(right).max():
            continue
        spread = (rows * centred).sum(axis=1, keepdims=True) / norms * centred
        both = spread + rows.mean(axis=1, keepdims=True)
        for part, words in ((spread, "the variance that f divides by has"),
                            (both, "the mean and the variance that f takes out have")):
            if _same_rows(rows, part):
                return (f"off by a multiple of the parameter's deviation from its mean{along}"
                        f"{', and by one number' * (part is not spread)}, to which the right one is at right "
                        f"angles: as where {words} no gradient, or one of another size.")
    return ""


def norms(off, n, value):
    """Say that what is off lies, in each row, along the row of the parameter, to which the right one is at
    right angles: what the norm of a row does that f divides by."""
    for axis in (n.ndim - 1, 0) if n.ndim > 1 else ():
        rows, right, own = (np.moveaxis(v, axis, -1).reshape(-1, v.shape[axis]) for v in (off, n, value))
        squares = (own * own).sum(axis=1, keepdims=True)
        if rows.shape[1] < 3 or not squares.all():
            continue
        sizes = np.linalg.norm(right, axis=1) * np.sqrt(squares[:, 0])
        upright = np.abs((right * own).sum(axis=1)) <= SAME * max(sizes.max(), np.finfo(float).tiny)
        if upright.all() and _same_rows(rows, (rows * own).sum(axis=1, keepdims=True) / squares * own):
            along = "row" if axis == n.ndim - 1 else "column" if n.ndim == 2 else f"line along axis {axis}"
            return (f"off by a multiple of the parameter's own {along}, to which the right one is at right "
                    f"angles: as where the norm of each {along}, by which f divides, has no gradient, or "
                    "one of another size.")
    return ""


def _same_rows(a, b):
    """True if what is off is what it is taken for, relative to itself."""
    return bool((np.abs(a - b) <= 1e-5 * np.abs(a).max()).all())


def _sums_to_zero(rows):
    return bool((np.abs(rows.sum(axis=1)) <= SAME * np.abs(rows).sum(axis=1)).all())


def sums(a, n):
    """Say along which axis the right one sums to zero, and a does not."""
    for axis, size in enumerate(n.shape):
        given, right = (np.moveaxis(v, axis, -1).reshape(-1, size) for v in (a, n))
        far = np.abs(given.sum(axis=1)) > FACTOR * np.abs(given).sum(axis=1)
        if size > 1 and _sums_to_zero(right) and far[right.any(axis=1)].all():
            there = f" along axis {axis}" if n.ndim > 1 else ""
            return (f"of another sum than 0{there}: the right one sums to 0, since f does not change where "
                    "one number is added to all, as before a softmax or a norm.")
    return ""


def outer_products(off, n):
    """Say that what is off is one outer product, or a few, where the right one is more."""
    if n.ndim != 2 or min(n.shape) < 3:
        return ""
    size, (us, parts, vs) = np.linalg.svd(n, compute_uv=False), np.linalg.svd(off)
    k = int((parts > 1e-5 * parts[0]).sum())
    if k + 2 > len(size) or size[k + 1] <= FACTOR * size[0] or parts[k - 1] <= FACTOR * parts[0]:
        return ""
    if _flat(us[:, :k]) or _flat(vs[:k].T):               # the same number everywhere
        return ""
    if k == 1:
        return "off by one outer product (rank 1), as of one use of it, at one step of one sequence."
    return f"off by {k} outer products (rank {k}), as of {k} uses of it, at single steps of single sequences."


def _flat(basis):
    """True if equal numbers are a mixture of these columns."""
    ones = np.full(len(basis), len(basis) ** -0.5)
    return bool(np.linalg.norm(ones - basis @ (basis.T @ ones)) < FACTOR)


def of_quotients(a, n, first, line):
    """Say that slopes a, which should be n, are difference quotients of f at one of the usual steps.

    They are those along the entries of a Line from first on. The worst is looked at, and more if it fits.
    """
    off, here = np.abs(a - n), line.value()
    rows = [k for k in np.argsort(-off)[:QUOTIENTS] if off[k] > 1e-2 * off.max()]

    @cache
    def beside(k, h):
        entry = np.arange(line.x.size) == first + k
        return line.value(line.x + h * entry), here, line.value(line.x - h * entry)

    def fits(quotient, eps, k):
        """True if slope k is the quotient at this step, and not also at another, as a derivative is."""
        rounding = 8 * np.finfo(float).eps * np.abs(beside(k, eps)).max() / eps
        near = abs(quotient(*beside(k, eps), eps) - a[k]) <= 1e-3 * off[k] + rounding < 0.1 * off[k]
        return near and abs(quotient(*beside(k, 3 * eps), 3 * eps) - a[k]) > 0.1 * off[k]

    for eps in STEPS_TAKEN:
        for words, quotient in KINDS.items():
            if off.max() < FEW_DIGITS * np.abs(n).max() and all(fits(quotient, eps, k) for k in rows):
                return (f"the difference quotient {words} at eps = {eps:g}, entry by entry: it is off by "
                        "what a step of this size leaves.")
    for eps in STEPS_TOO_SMALL:                       # to the last digit, or it is chance
        for words, quotient in KINDS.items():
            if np.count_nonzero(a[rows]) > 1 and all(quotient(*beside(k, eps), eps) == a[k] for k in rows):
                return (f"the difference quotient {words} at eps = {eps:g}, entry by entry: rounding is what "
                        "is left at so small a step.")
    return ""


def _stays(off, x, pairs, size):
    """True if what is off along three directions is the same at two points farther away."""
    here, *there = (np.array([off(at, w) for w, _ in pairs])
                    for at in (x, *(x + FAR * size * d for _, d in pairs[:2])))
    return bool(here.any()) and all(np.abs(o - here).max() <= STAYS * np.abs(here).max() for o in there)


def of_a_function(gradient, slopes, x):
    """Say whether gradient(x), which is not that of f, is that of another function, or of none.

    slopes(x, directions) are those of f. What is off is a gradient just where its derivatives do not depend
    on their order: they are taken along pairs of random directions, at several distances.
    """
    pairs = np.random.default_rng(6).normal(size=(PAIRS, 2, x.size)) / np.sqrt(x.size)
    before, size = None, np.abs(x).max() or 1.0
    if np.array_equal(gradient(x), gradient(x + size * DISTANCES[0] * pairs[0, 0])):
        return ""                                     # it does not follow its argument
    off = lambda at, w: w @ gradient(at) - slopes(at, w[None])[0]
    if _stays(off, x, pairs, size):
        return ("What is off is the same at other inputs: look at what does not depend on them, as targets, "
                "and at the shape in which it meets what does.")
    along = lambda w, d, h: (off(x + h * d, w) - off(x - h * d, w)) / (2 * h)
    for h in size * DISTANCES:
        found = np.array([[along(u, v, h), along(v, u, h)] for u, v in pairs])
        sizes, turn = np.abs(found).max(axis=1), np.abs(np.diff(found)[:, 0])
        settled = before is not None and (np.abs(found - before).max(axis=1) <= 1e-3 * sizes).all()
        before = found
        if not settled or not sizes.all():
            continue                                  # rounding, or a kink, or too far
        if (turn <= 1e-3 * sizes).all():
            return ("This looks like the gradient of another function than f (its derivatives do not depend "
                    "on their order): the way back may be right for another loss, or another network.")
        if (turn > 0.05 * sizes).any():
            return NO_FUNCTION
    return ""
