"""What can be said of wrong numbers when the right ones are known: only what is true of every entry.

Each sentence begins with a verb: its subject is the name of the result. Axes are named by letters:
T steps, S the states h_0 .. h_T, B sequences, H units, K classes, D inputs, V words; an axis like
"ifgo" holds one block of rows for each gate.
"""

from itertools import combinations, permutations

import numpy as np

from ...cells.activations import sigmoid

TOLERANCE = 1e-8  # relative to the largest entry

NOUNS = {"T": "step", "S": "row", "B": "sequence", "H": "unit", "K": "class", "D": "input", "V": "row",
         "Q": "case", "N": "direction"}
FIRST = {"S": 0, "V": 0}                                   # all else is counted from 1
PLURALS = {"T": "the steps", "B": "the sequences", "H": "the units", "K": "the classes", "D": "the inputs"}

CHANGES = {
    "the logarithm to base 10 of what it should be": np.log10,
    "the exponential of what it should be": np.exp,
    "the logarithm of what it should be": np.log,
    "the logarithm of its size, abs, where it should be the number itself": lambda a: np.log(np.abs(a)),
    "minus the logarithm of what it should be": lambda a: -np.log(a),
    "the square of what it should be": np.square,
    "the square root of what it should be": np.sqrt,
    "one over what it should be": lambda a: 1 / a,
    "one minus what it should be": lambda a: 1 - a,
    "the tanh of what it should be: squashed once more": np.tanh,
    "what it should be before the tanh": np.arctanh,
    "the logistic σ of what it should be": sigmoid,
    "what it should be before the logistic σ": lambda a: np.log(a / (1 - a)),
    "the slope of a tanh, 1 - a**2, made of the right result a": lambda a: 1 - a**2,
}
FACTORS = {
    "{}": lambda a: a,
    "1 - {}": lambda a: 1 - a,
    "1 - {}**2": lambda a: 1 - a**2,
    "{0} * (1 - {0})": lambda a: a * (1 - a),
    "1 - tanh({})**2": lambda a: 1 - np.tanh(a) ** 2,
    "tanh({})": np.tanh,
}
CONSTANTS = {                                              # a factor: what it comes from
    1 / np.log(2): "is 1 / ln 2 times what it should be, as with log2: use the natural logarithm.",
    np.log(2): "is ln 2 times what it should be: a logarithm to base 2 is taken for a natural one.",
    1 / np.log(10): "is 1 / ln 10 times what it should be, as with log10: use the natural logarithm.",
    100: "is 100 times what it should be: return a share, not a percentage.",
    1 / 100: "is a hundredth of what it should be: is it divided by 100, as a percentage?",
    180 / np.pi: "is in degrees: it should be in radians.",
    np.pi / 180: "is π / 180 times what it should be: there are no degrees here.",
}


def close(a, b, tolerance=TOLERANCE):
    """True if a and b are finite and agree relative to their largest entry."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= tolerance * scale)


def same(a, b):
    """True if two arrays have one shape and agree."""
    if np.iscomplexobj(a) or np.iscomplexobj(b) or np.asarray(a).dtype.kind not in "fiub":
        return False
    return np.shape(a) == np.shape(b) and close(np.asarray(a, float), np.asarray(b, float))


def alike(a, b):
    """True if two arrays agree where they are finite, and are inf and nan at the same places."""
    if np.shape(a) != np.shape(b):
        return False
    finite = np.isfinite(a) & np.isfinite(b)
    return np.array_equal(a[~finite], b[~finite], equal_nan=True) and (
        close(a[finite], b[finite]))


def causes(found, right, axes=(), sizes=(), inputs=()):
    """Yield what is true of found, against right, the most telling first.

    axes names the axes of right, the last ones if it has fewer; sizes are {letter: number};
    inputs are {name: array}, what the learner's function got.
    """
    axes = tuple(axes)[max(len(axes) - right.ndim, 0):]
    with np.errstate(all="ignore"):
        if not np.isfinite(found).all():
            yield from _not_finite(found, right, axes)
        elif not np.isfinite(right).all():
            return
        elif found.shape != right.shape:
            yield from _shapes(found, right, axes, dict(sizes))
            yield from _arguments(found, right, dict(inputs))
        else:
            yield from _numbers(found, right, axes, dict(sizes), dict(inputs))


def where(index, shape, axes):
    """Return " at step 1, unit 3" for an index; plain indices where the axes have no names."""
    if not shape:
        return ""
    if len(axes) < len(shape):
        return f" at {[int(i) for i in index]}"
    axes = tuple(axes)[len(axes) - len(shape):]
    return " at " + ", ".join(_label(a, int(i), n) for a, i, n in zip(axes, index, shape, strict=True))


def apart(a, b):
    """Return "a, expected b" in as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}, expected {b:.{digits}g}"
    return f"{a:.6g}, which differs by {a - b:.2g} from what is expected"


def _numbers(found, right, axes, sizes, inputs):
    """Yield what is true where the shapes agree."""
    if not found.any() and right.any():
        yield "is all zero."
        yield from rounded(found, right)
        yield from _terms(found, right, inputs)
        yield from _untouched(found, right, axes)
        return
    many = right.ndim > 1 and len(right) > 1
    if many and close(found, np.broadcast_to(found[-1], right.shape)) and not close(
            right, np.broadcast_to(right[-1], right.shape)) and close(found[-1], right[-1]):
        yield ("holds its last row everywhere: one array, changed in place, is stored again and again. "
               "Store a new one, or a copy.")
    if right.size > 2 and close(found, np.full_like(found, found.flat[0])) and not close(
            right, np.full_like(right, right.flat[0])):
        yield f"is the same number everywhere, {found.flat[0]:.6g}."
    yield from _factor(found, right, sizes, axes, inputs)
    yield from _places(found, right, axes)
    yield from _arguments(found, right, inputs)
    yield from _signs(found, right)
    if not same(right, right.round()):                     # else: a count, where too much would fit
        yield from (f"is {text}." for text, change in CHANGES.items() if _fits(found, change(right)))
        yield from _factors(found, right, inputs)
        yield from _terms(found, right, inputs)
        yield from _threes(found, right, inputs)
        yield from _products(found, right, inputs)
    if right.size > 1 and (off := found - right).any() and close(off, np.full_like(off, off.mean())):
        yield f"is off by the same number everywhere, {off.mean():+.6g}."
    yield from rounded(found, right)
    if close(found, right, 1e-6):
        yield f"is right to {_digits(found, right)} digits only: look for a rounding or float32 on the way."
        return
    yield from _shares(found, right)
    yield from _untouched(found, right, axes)
    yield from _cumulated(found, right, axes)
    yield from _by_inputs(found, right, inputs)
    yield from _partly(found, right, axes)
    yield from _left_at_zero(found, right)
    yield from _own_factors(found, right, axes)
    if close(found, right, 1e-3):
        yield f"is right to {_digits(found, right)} digits only: is it an approximation?"


def _digits(found, right):
    return int(-np.log10(np.abs(found - right).max() / np.abs(right).max()))


def _fits(found, other):
    return np.isfinite(other).all() and close(found, other)


def factor(found, right):
    """Return the factor between found and right, if there is one for all entries, else 0."""
    if found.shape != right.shape or not np.isfinite([found, right]).all():
        return 0.0
    square = float((right * right).sum())
    share = float((found * right).sum()) / square if square > 0 else 0.0
    return share if share and close(found, share * right) else 0.0


def _factor(found, right, sizes, axes=(), inputs=()):
    """Yield the factor between found and right, if there is one for all entries."""
    share = factor(found, right)
    if not share:
        return
    near = lambda value: abs(share / value - 1) < 1e-7
    if near(-1):
        yield "has the wrong sign: every number is minus what it should be." if right.size > 1 else (
            "has the wrong sign: it is minus what it should be.")
        return
    for count in (1, 2, 3):
        for group in combinations(sizes.items(), count):
            names, n = " * ".join(name for name, _ in group), int(np.prod([size for _, size in group]))
            if n > 1 and near(1 / n):
                own = set(names.split(" * ")) & (set(axes) - {"T", "B"} | set(inputs))
                yield f"is divided by {names}, and should not be." if own else (
                    f"is divided by {names}{_over(names)}: asked for is the sum.")
            if n > 1 and near(n):
                yield f"is {names} times too large."
    yield from (text for value, text in CONSTANTS.items() if near(value))
    plain = {2: "twice", 0.5: "half of", -2: "minus twice", -0.5: "minus half of"}
    said = next((word for value, word in plain.items() if near(value)), f"{share:.6g} times")
    yield f"is {said} what it should be, in every number."


def _over(names):
    nouns = [PLURALS[n] for n in names.split(" * ") if n in PLURALS]
    return f", a mean over {' and '.join(nouns)}" if nouns else ""


def _places(found, right, axes):
    """Yield where the right numbers stand instead."""
    if right.ndim == 0 or right.size < 2 or same(right, np.full_like(right, right.flat[0])):
        return
    for i, axis in enumerate(axes):
        noun = PLURALS.get(axis, "the rows").removeprefix("the ")
        if right.shape[i] > 1 and same(found, np.flip(right, i)) and len(axis) == 1:
            run = "run backwards" if axis in "TS" else "stand the other way round, the last one first"
            yield f"is right, but in reversed order: its {noun} {run}."
        turned, back = np.moveaxis(found, i, 0), np.moveaxis(right, i, 0)
        if len(back) > 2 and len(axis) == 1 and back.any():
            if same(turned[1:], back[:-1]):
                yield f"is right, but one {NOUNS.get(axis, 'row')} too late."
            if same(turned[:-1], back[1:]):
                yield f"is right, but one {NOUNS.get(axis, 'row')} too early."
        if len(axis) > 1 and right.shape[i] % len(axis) == 0:
            a, b = (np.split(part, len(axis)) for part in (turned, back))
            for order in permutations(range(len(axis))):
                if order != tuple(range(len(axis))) and all(same(x, b[k]) for x, k in zip(a, order)):
                    have, want = ", ".join(axis[k] for k in order), ", ".join(axis)
                    yield f"has the right blocks in the order {have}; it should be {want}."
            if any(same(turned, dealt(back, n)) for n in (len(axis), len(back) // len(axis))):
                yield (f"has its gates interleaved, unit by unit: all that belongs to {axis[0]} stands "
                       f"together, then all that belongs to {axis[1]}.")
    for i, j in combinations(range(right.ndim), 2):
        if found.shape == np.swapaxes(right, i, j).shape and same(found, np.swapaxes(right, i, j)):
            yield "is transposed." if right.ndim == 2 else f"has axes {i} and {j} exchanged."
    if right.ndim == 2 and same(found, right.T.reshape(right.shape)):
        yield ("is reshaped where it should be transposed: reshape keeps the numbers in their order, row by "
               "row; .T turns rows into columns.")
    if same(np.sort(found, axis=None), np.sort(right, axis=None)):
        yield f"holds the right numbers, but in other places{_elsewhere(found, right, axes)}."


def dealt(a, count):
    """Return an array whose count blocks of rows are interleaved: the first row of each, then the second."""
    return a.reshape(count, -1, *a.shape[1:]).swapaxes(0, 1).reshape(a.shape)


def _elsewhere(found, right, axes):
    """Say of the first number that is not in its place where it belongs, if it belongs in one place."""
    near = lambda a, b: np.abs(a - b) <= TOLERANCE * np.abs(right).max()
    at = tuple(np.argwhere(~near(found, right))[0])
    home = np.argwhere(near(right, found[at]))
    there = [where(tuple(index), right.shape, axes) for index in (at, *home)]
    return f":{there[0]} stands what belongs{there[1]}" if len(home) == 1 else ""


def _signs(found, right):
    if close(np.abs(found), np.abs(right)) and right.size > 1:
        if (found >= 0).all():
            yield "has lost its signs: it is right but for them."
        elif (found <= 0).all():
            yield "is negative everywhere: it is right but for its signs."
        elif not close(found, -right):
            yield "is right but for the sign of some entries."


def _arguments(found, right, inputs):
    """Yield which argument is returned as it came."""
    for name, a in inputs.items():
        if a.ndim and a.size > 1 and same(found, a) and not same(right, a):
            yield f"is the argument {name}, as it came."


def _pieces(inputs, shape):
    """Yield (how it is written, array) for what stands beside a result of this shape."""
    for name, a in inputs.items():
        if a.dtype.kind != "f" or (a.size < 2 and a.ndim):
            continue
        for written, part in ((name, a), (f"{name}[1:]", a[1:] if a.ndim else a),
                              (f"{name}[:-1]", a[:-1] if a.ndim else a)):
            if part.size and part.ndim <= len(shape) and part.shape == shape[len(shape) - part.ndim:]:
                yield written, part
            if not a.ndim:
                break
        for count in (3, 4) if a.ndim and shape and a.shape[-1] in (3 * shape[-1], 4 * shape[-1]) else ():
            fits = a.ndim <= len(shape) and a.shape[:-1] == shape[len(shape) - a.ndim:-1]
            if a.shape[-1] == count * shape[-1] and fits:
                yield from ((f"block {k + 1} of {name}", part)
                            for k, part in enumerate(np.split(a, count, axis=-1)))


def _factors(found, right, inputs):
    """Yield the factor made of one argument that is missing or too many."""
    if right.size < 3 or not found.all() or not right.all():
        return
    for name, a in _pieces(inputs, right.shape):
        for text, change in FACTORS.items():
            factor = change(a)
            if (a.ndim == 0 and text != "{}") or close(factor, np.ones_like(factor)):
                continue
            if _fits(found, right * factor):
                yield f"has a factor too many: {text.format(name)}."
            elif factor.all() and _fits(found, right / factor):
                yield f"lacks the factor {text.format(name)}."
            elif factor.all() and _fits(found, right / factor**2):
                yield f"is divided by {text.format(name)}: it should be multiplied."
    factors = [(text.format(name), np.broadcast_to(change(a), right.shape))
               for name, a in _pieces(inputs, right.shape) if a.ndim
               for text, change in FACTORS.items() if "tanh" not in text]
    share = found.flat[0] / right.flat[0]                  # most are told apart by one number
    for (one, a), (other, b) in combinations(factors, 2):
        first = a.flat[0] * b.flat[0]
        if min(abs(first - share), abs(first * share - 1)) > 1e-6 * max(1, abs(first)):
            continue
        if (both := a * b).all() and not close(both, np.ones_like(both)):
            if _fits(found, right * both):
                yield f"has two factors too many: {one} and {other}."
            elif _fits(found, right / both):
                yield f"lacks two factors: {one} and {other}."


def _terms(found, right, inputs):
    """Yield the argument that is missing as a term, or too many."""
    if right.size < 3:
        return
    off = found - right
    for name, a in _pieces(inputs, right.shape):
        if not a.any():
            continue
        if close(off, np.broadcast_to(-a, off.shape)):
            yield f"lacks the term {name}."
        elif close(off, np.broadcast_to(a, off.shape)):
            yield f"has a term too many: {name}."
        elif close(off, np.broadcast_to(-2 * a, off.shape)):
            yield f"has the term {name} with the wrong sign."
    pieces = [(name, a) for name, a in _pieces(inputs, right.shape) if a.any()]
    for (name, a), (other, b) in combinations(pieces, 2):
        if close(off, np.broadcast_to(-a * b, off.shape)):
            yield f"lacks the term {name} * {other}."
        elif close(off, np.broadcast_to(a * b, off.shape)):
            yield f"has a term too many: {name} * {other}."


def _threes(found, right, inputs):
    """Yield the product of three by which all is off, and two factors that are taken for each other."""
    pieces = [(name, a) for name, a in _pieces(inputs, right.shape) if a.ndim == right.ndim and a.any()]
    if right.size < 4 or len(pieces) > 12:
        return
    off = found - right
    at = int(np.abs(off).argmax())                         # most are told apart by one number
    near = lambda value: abs(value - off.flat[at]) <= 1e-6 * abs(off.flat[at])
    for (a_name, a), (b_name, b) in combinations(pieces, 2):
        for name, c in pieces:
            i, j, k = a.flat[at], b.flat[at], c.flat[at]
            for sign, first, second in ((1, a_name, b_name), (-1, b_name, a_name)):
                apart = c is not a and c is not b and near(sign * (i - j) * k)
                if apart and close(off, sign * (a - b) * c):
                    said = f"is off by ({first} - {second}) * {name} everywhere"
                    yield f"{said}: beside {name} one of the two stands for the other."
                for written, d, one in ((name, c, k), (f"(1 - {name})", 1 - c, 1 - k)):
                    if near(sign * i * j * one) and close(off, sign * a * b * d):
                        yield f"is off by {'-' * (sign < 0)}{a_name} * {b_name} * {written} everywhere."


def _products(found, right, inputs):
    """Yield the square matrix among the arguments that multiplies once too often, or once too little."""
    for name, a in inputs.items():
        if right.ndim and a.ndim == 2 and a.shape == (right.shape[-1],) * 2 and right.size > 2 * len(a):
            for written, matrix in ((f"@ {name}", a), (f"@ {name}.T", a.T)):
                if _fits(found, right @ matrix):
                    yield f"has {written} once too often."
                elif _fits(right, found @ matrix):
                    yield f"lacks {written} at its end."


def _untouched(found, right, axes):
    """Yield at which end of an axis all is zero: at one place, at some in a row, or everywhere."""
    for i, axis in enumerate(axes if len(axes) == right.ndim else ()):
        a, b = (np.moveaxis(part, i, 0).reshape(right.shape[i], -1).any(axis=1) for part in (found, right))
        empty, n = np.flatnonzero(b & ~a), len(b)
        filled = np.where(a.reshape(-1, *[1] * (right.ndim - 1)), *(np.moveaxis(part, i, 0)
                                                                    for part in (found, right)))
        alone = close(filled, np.moveaxis(right, i, 0))
        many = len(empty) if a.any() else 1
        for which, run in (("first", range(many)), ("last", range(n - many, n))):
            if len(axis) == 1 and many and set(run) <= set(empty):
                noun = NOUNS.get(axis, "row")
                at = f"{many} {noun}{'es' if noun == 'class' else 's'}" if many > 1 else noun
                state = axis == "S" and which == "first" and many == 1
                if state or alone:
                    why = "the state that is given belongs there." if state else "does your loop get there?"
                    yield f"is zero at the {which} {at}: {why}"
                if not state:
                    yield f"is zero at the {which} {at}: does your loop get there, and what comes in there?"


def _shares(found, right):
    """Yield that shares, which add up to 1, do so nowhere."""
    if right.ndim and right.shape[-1] > 1 and (right >= 0).all() and close(
            right.sum(axis=-1), np.ones(right.shape[:-1])):
        if (np.abs(found.sum(axis=-1) - 1) > 1e-3).all():
            yield "does not add up to 1, as shares of a whole must."


def _left_at_zero(found, right):
    """Yield that all is right but for numbers that are zero, and should not be."""
    left = (found == 0) & (np.abs(right) > TOLERANCE * np.abs(right).max())
    if left.sum() > 1 and not left.all() and close(np.where(left, right, found), right):
        yield "is right but for numbers that are 0, and should not be: does your loop get there?"


def empty(found, right, axes):
    """Yield at which places of an axis all is zero, and should not be."""
    for i, axis in enumerate(axes if len(axes) == right.ndim else ("V",)):
        a, b = (np.moveaxis(part, i, 0).reshape(right.shape[i], -1).any(axis=1) for part in (found, right))
        at, n = np.flatnonzero(b & ~a), len(b)
        if 0 < len(at) < n > 2 and len(axis) == 1 < right.ndim:
            labels = " and ".join(_label(axis, int(k), n) for k in at[:3])
            more = " and more" if len(at) > 3 else ""
            yield f"is zero at {labels}{more}: what is stored there, and what comes in there?"


def rounded(found, right):
    """Yield to how many decimals the right numbers are rounded."""
    for digits in range(1, 7):
        if not close(found, right) and close(found, right.round(digits), 1e-12):
            yield f"is rounded to {digits} decimal{'s' * (digits > 1)}: return all digits."


def _own_factors(found, right, axes):
    """Yield along which axis each part is right up to a factor of its own."""
    if len(axes) < right.ndim or right.ndim < 2 or not (right.all() and found.all()):
        return
    for i, axis in enumerate(axes):
        a, b = (np.moveaxis(part, i, 0).reshape(right.shape[i], -1) for part in (found, right))
        if b.shape[1] > 2 and len(axis) == 1 and _fits(a, b * (a[:, :1] / b[:, :1])):
            yield f"is right up to a factor of its own for each {NOUNS.get(axis, 'row')}."


def _partly(found, right, axes):
    """Yield along which axis some parts are right and others wrong."""
    if len(axes) < right.ndim:
        return
    wrong = np.abs(found - right) > TOLERANCE * np.abs(right).max(initial=0)
    at = [np.moveaxis(wrong, i, 0).reshape(n, -1).any(axis=1) for i, n in enumerate(right.shape)]
    handed = lambda i: axes[i] == "B" and len(at[i]) > 2 and not at[i][0] and at[i][1:].all()
    for i in sorted(range(len(axes)), key=lambda i: not handed(i)):     # sequences that hear one another
        axis, bad, n = axes[i], at[i], right.shape[i]
        if len(axis) > 1 and n % len(axis) == 0:
            names = np.array(list(axis))[bad.reshape(len(axis), -1).any(axis=1)]
            if len(names) < len(axis):
                more = ": delta^n goes into delta^r, so look at n first" if set(names) == {"r", "n"} else ""
                gates = "gate" if len(names) == 1 else "gates"
                yield f"is right but for {gates} {' and '.join(names)}{more}."
        elif bad.any() and not bad.all():
            yield from _along(bad, axis, n)


def _cumulated(found, right, axes):
    """Yield along which axis sums run on, or differences or shares are taken."""
    for i, axis in enumerate(axes if len(axes) == right.ndim else ()):
        if right.shape[i] < 3 or len(axis) > 1:
            continue
        many = PLURALS.get(axis, "the rows")
        if close(found, np.cumsum(right, axis=i)):
            yield f"adds up along {many}: each holds its own and all before it."
        if close(found, np.flip(np.cumsum(np.flip(right, i), axis=i), i)):
            yield f"adds up backwards along {many}: each holds its own and all after it."
        first = np.zeros_like(np.take(right, [0], axis=i))
        if close(found, np.diff(right, axis=i, prepend=first)):
            yield f"holds differences along {many}: each lacks the one before it."
        if _fits(found, right / right.sum(axis=i, keepdims=True)):
            yield f"is divided by its sum over {many}."
        if _fits(found, right - right.mean(axis=i, keepdims=True)):
            yield f"has its mean over {many} taken away."


def _by_inputs(found, right, inputs):
    """Yield where the wrong entries are: on the diagonal, or where an argument is False or negative."""
    wrong = np.abs(found - right) > TOLERANCE * np.abs(right).max(initial=0)
    if right.ndim > 1 and right.shape[-1] == right.shape[-2] > 2:
        eye = np.broadcast_to(np.eye(right.shape[-1], dtype=bool), right.shape)
        if np.array_equal(wrong, eye):
            yield "is right but for the diagonal."
        elif np.array_equal(wrong, ~eye):
            yield "is right on the diagonal only."
    for name, a in inputs.items():
        if a.dtype.kind in "iu" and a.shape == right.shape[:-1] and right.ndim > 1 and a.size > 1:
            named = a[..., None] == np.arange(right.shape[-1])
            if named.any() and np.array_equal(wrong, named):
                yield f"is wrong at the entry that {name} names in each row, and right at all others."
            elif named.any() and np.array_equal(wrong, ~named):
                yield f"is right at the entry that {name} names in each row, and wrong at all others."
        if not 0 < a.ndim <= right.ndim or right.shape[:a.ndim] != a.shape or wrong.sum() < 3:
            continue
        at = wrong.reshape(*a.shape, -1).any(axis=-1)
        for words, there in ({"True": a, "False": ~a} if a.dtype.kind == "b" else
                             {"negative": a < 0, "positive": a > 0}).items():
            if there.any() and not there.all() and np.array_equal(at, there):
                yield f"is wrong where {name} is {words}, and right elsewhere."


def _along(bad, axis, n):
    """Yield which indices of an axis are wrong, first in words that hold for any length."""
    noun = NOUNS.get(axis, "row")
    if bad[0] and not bad[1:].any():
        yield f"is right but for the first {noun}."
    if bad[-1] and not bad[:-1].any():
        yield f"is right but for the last {noun}."
    if not bad[0] and bad[1:].all() and axis == "S":
        yield "is right at row 0, which is given, and wrong from row 1 on: the first step is wrong already."
    elif not bad[0] and bad[1:].all():
        tail = ": look at what one step hands on to the next" if axis == "T" else ""
        yield f"is right at the first {noun} and wrong from the next on{tail}."
    if not bad[-1] and bad[:-1].all():
        tail = ": look at what it takes from the steps after it" if axis in "TS" else ""
        yield f"is right at the last {noun} and wrong before it{tail}."
    listed = [_label(axis, int(k), n) for k in np.flatnonzero(bad)]
    if len(listed) <= 3:
        yield f"is right but for {' and '.join(listed)}."
    kept = [_label(axis, int(k), n) for k in np.flatnonzero(~bad)]
    if len(kept) <= 3:
        yield f"is right at {' and '.join(kept)} only."
    yield f"is right at {len(kept)} {noun}s of {n}; the first wrong one is {listed[0]}."


def _label(axis, index, n):
    if len(axis) > 1:
        size = max(n // len(axis), 1)
        row = f", row {index % size}" if size > 1 else ""
        return f"gate {axis[min(index // size, len(axis) - 1)]}{row}"
    return f"{NOUNS.get(axis, 'row')} {index + FIRST.get(axis, 1)}"


def _not_finite(found, right, axes):
    what = "nan" if np.isnan(found).any() else "inf"
    if found.shape == right.shape and np.isfinite(found).any() and found.ndim:
        first = np.argwhere(~np.isfinite(found))[0]
        yield f"contains {what}, first{where(first, found.shape, axes)}."
    yield "contains nan or inf."


def _shapes(found, right, axes, sizes):
    """Yield what is true where the shapes differ; the shapes as such come last."""
    letters = f", ({', '.join(axes)}{',' * (len(axes) == 1)})" if axes and all(
        len(a) == 1 for a in axes) and len(axes) == right.ndim else ""
    wanted = f"expected {right.shape}{letters.replace('S', 'T+1')}"
    if not right.ndim and found.size == 1 and same(found.reshape(()), right):
        yield f"is right, but stands in an array of shape {found.shape}: return the number alone."
    if right.ndim and found.size == right.size and same(found.squeeze(), right.squeeze()):
        more = "too many" if found.ndim > right.ndim else "too few"
        yield f"is right but for an axis of length 1 {more}: shape {found.shape}, {wanted}."
    if found.ndim == right.ndim > 1:
        for order in permutations(range(right.ndim)):
            if right.transpose(order).shape == found.shape and same(found, right.transpose(order)):
                said = "is transposed" if right.ndim == 2 else f"has its axes in the order {order}"
                yield f"{said}: shape {found.shape}, {wanted}."
    if found.size == right.size > 1 and same(found.ravel(), right.ravel()):
        yield f"holds the right numbers in another shape, {found.shape}; {wanted}."
    yield from _stacked(found, right, axes)
    yield from _sums(found, right, axes, sizes)
    if found.ndim == right.ndim + 1 and len(found):
        for k, which in ((-1, "last"), (0, "first")):
            if same(found[k], right):
                yield f"has shape {found.shape}, and its {which} entry is right: return that one alone."
    if found.ndim == right.ndim:
        yield from _rows(found, right, axes)
    if found.ndim == right.ndim - 1:
        for i, axis in enumerate(axes if len(axes) == right.ndim else ()):
            for k, which in ((0, "first"), (-1, "last")):
                if same(found, np.take(right, k, axis=i)):
                    yield f"holds the {which} {NOUNS.get(axis, 'row')} only: expected are all of them."
    if found.size == 1 != right.size:
        yield f"is one number; {wanted}."
    elif right.size == 1 != found.size:
        yield f"holds {found.size} numbers, shape {found.shape}; expected one."
    yield f"has shape {found.shape}; {wanted}."


def _stacked(found, right, axes):
    """Yield that parts stand on an axis of their own which belong side by side along another."""
    for i in range(right.ndim) if found.ndim == right.ndim + 1 and len(found) > 1 else ():
        if same(np.concatenate(list(found), axis=i), right):
            yield (f"is stacked: its {len(found)} parts are right, but on an axis of their own, shape "
                   f"{found.shape}. Set them side by side: np.concatenate(..., axis={i}).")


def _sums(found, right, axes, sizes):
    """Yield over which axes a sum is missing, or one too many was taken."""
    letter = {size: name for name, size in sizes.items()}
    for count in range(1, found.ndim - right.ndim + 1):
        for some in combinations(range(found.ndim), count):
            if any(found.shape[k] == 1 for k in some):
                continue
            names = " and ".join(PLURALS.get(letter.get(found.shape[k]), f"axis {k}") for k in some)
            if same(found.sum(axis=some), right):
                yield f"is not yet summed over {names}."
            elif same(found.mean(axis=some), right):
                yield f"is not yet averaged over {names}."
    if not found.ndim and right.size > 1 and len(axes) < right.ndim and same(found, right.sum()):
        yield "is one number, the sum of all that it should be: each entry has a number of its own."
    if found.ndim < right.ndim and len(axes) == right.ndim:
        for some in combinations(range(right.ndim), right.ndim - found.ndim):
            names = " and ".join(PLURALS.get(axes[k], f"axis {k}") for k in some)
            names = "both axes" if len(set(names.split(" and "))) < len(some) else names
            if same(found, right.sum(axis=some)):
                yield f"is summed over {names}: each has a number of its own."
            if same(found, right.mean(axis=some)):
                yield f"is a mean over {names}: each has a number of its own."


def _rows(found, right, axes):
    """Yield which rows are missing or too many at an end."""
    for i in range(right.ndim):
        a, b = np.moveaxis(found, i, 0), np.moveaxis(right, i, 0)
        noun = NOUNS.get(axes[i], "row") if len(axes) == right.ndim else "row"
        noun = "row" if noun == "step" else noun
        k = len(b) - len(a)
        many = f"{abs(k)} {noun}s" if abs(k) > 1 else f"one {noun}"
        if k > 0 and same(a, b[k:]):
            yield f"is right, but the first {noun} is missing." if k == 1 else (
                f"is right, but the first {many} are missing.")
        if k > 0 and same(a, b[:-k]):
            yield f"is right, but the last {noun} is missing." if k == 1 else (
                f"is right, but the last {many} are missing.")
        if k < 0 and same(a[-k:], b):
            yield f"is right, but has {many} too many at the start."
        if k < 0 and same(a[:k], b):
            yield f"is right, but has {many} too many at the end."
