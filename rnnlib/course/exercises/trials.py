"""Try an answer at several points: name the slip that gives every number, or say what is true of them."""

import re
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from ...gradcheck import guard
from . import differences
from .differences import alike, same
from .feedback import NOT_ATTEMPTED, Feedback, coarse, numbers, run


@dataclass(frozen=True, eq=False)
class Point:
    """Where an answer is tried: its inputs, what is special there, and the sizes by letter."""

    inputs: tuple
    told: str
    hint: str = ""
    sizes: tuple = ()        # ((letter, number), ...)


def point(*inputs, told="", hint="", **sizes):
    """Return a Point; told ("for one vector") is what is special there: the sizes, if nothing else is."""
    told = told or "at " + ", ".join(f"{name}={size}" for name, size in sizes.items())
    return Point(inputs, told, hint, tuple(sizes.items()))


def held(answer, points, right, slips=(), parts="the result", praise="right.", read=None):
    """Hold an answer against right(*inputs) at every one of two points or more.

    right(*inputs, **options) returns an array or, for several parts, a tuple of them. parts is the name of
    the result, or {name of a part: letters of its axes, as in differences}. slips are {what is wrong:
    options for right, or a function of the inputs, or a list of these}, or {name of a part: {what is wrong:
    a function that gives this part}}. read(result) makes the parts of what the answer returns, or a Feedback.
    A slip is named if it gives every number at every point; else what is true of the numbers wherever
    they are wrong.
    """
    if len(points) < 2:
        raise TypeError("an answer is tried at two points or more")
    parts = parts if isinstance(parts, dict) else {parts: ""}
    trials = []
    for place in points:
        wanted = _known(right, {}, place)
        result = run(answer, *place.inputs)
        result = read(result) if read and not isinstance(result, Feedback) else result
        trials.append(Trial(place, wanted, _parts(result, wanted, parts)))
        if isinstance(trials[0].found, Feedback):
            return _uncut(result, _listed(slips, parts), place) or trials[0].found
    bad = [trial for trial in trials if not trial.right]
    if not bad:
        return Feedback("right", praise)
    begin = f"right {points[0].told}, but not {bad[0].place.told}: " if trials[0].right else ""
    known, hint = True, bad[0].place.hint if begin else ""
    if isinstance(bad[0].found, Feedback):
        there = _called(answer, points[0], bad[0].place)
        text = f"{_lower(bad[0].found.text)} {there}".strip()
    else:
        whole = [trial for trial in trials if not isinstance(trial.found, Feedback)]
        text = _slip(whole, right, _listed(slips, parts), tuple(parts))
        burst = [trial for trial in whole if not all(np.isfinite(part).all() for part in trial.found)]
        if not text and burst and bad[0] not in burst:             # two mistakes: say the other one first
            whole = [trial for trial in whole if trial not in burst]
            if text := _slip(whole, right, _listed(slips, parts), tuple(parts)):
                text += f" Besides, {burst[0].place.told} nan or inf comes out."
        if text:
            hint = ""
        else:
            wrong = [trial for trial in whole if not trial.right]
            text, known = _described(answer, wrong, parts)
            hint = hint or (_constant(answer, points[0], bad[0].place) if begin else "")
    return Feedback("wrong", f"{begin}{text} {hint}".strip(), explained=known)


def _uncut(result, slips, place):
    """Return the Feedback for one array where several are asked for, if a slip gives it."""
    for part, text, slip in slips if isinstance(result, np.ndarray) else ():
        given = _known(None, slip, place) if callable(slip) and part is None else None
        if given and len(given) == 1 and same(result, given[0]):
            return Feedback("wrong", text, explained=True)
    return None


def _listed(slips, parts):
    """Return slips as [(part or None, what is wrong, options or function)]."""
    found = []
    for text, slip in dict(slips).items():
        own = slip if text in parts else {text: slip}
        for said, ways in own.items():
            ways = ways if isinstance(ways, list) else [ways]
            found += [(text if text in parts else None, said, way) for way in ways]
    return found


@dataclass(frozen=True, eq=False)
class Trial:
    """What an answer gave at a point: its parts as arrays, or the Feedback that says why not."""

    place: Point
    wanted: tuple
    found: object

    @property
    def right(self):
        """True if every part is right."""
        return not isinstance(self.found, Feedback) and _agree(self.found, self.wanted)


def _parts(result, wanted, parts):
    """Return a result as a tuple of arrays, one for each part, or the Feedback that says why not."""
    if isinstance(result, Feedback):
        return result
    names = list(parts)
    if len(names) == 1:
        results = (result,)
    elif _length(result) == len(names):
        results = tuple(result)
    else:
        got = _short(result)
        count = {2: "two", 3: "three", 4: "four", 5: "five"}.get(len(names), len(names))
        return Feedback("wrong", f"return {count} {_things(wanted)}: {', '.join(names)}; got {got}.")
    if any(part is None or part is Ellipsis for part in results):
        return Feedback("open", NOT_ATTEMPTED)
    found = []
    for name, part, like in zip(names, results, wanted, strict=True):
        array = numbers(part, like, name)
        if isinstance(array, Feedback):
            return array
        if not same(array, like):
            if told := coarse(array, like, name, np.asarray(part)):
                return Feedback("wrong", told)
        found.append(array)
    return tuple(found)


def _length(result):
    array = isinstance(result, np.ndarray) and result.ndim > 0
    return len(result) if array or isinstance(result, (tuple, list)) else None


def _things(wanted):
    return "arrays" if any(part.ndim for part in wanted) else "numbers"


def _short(result):
    if isinstance(result, (tuple, list)):
        return f"a {type(result).__name__} of {len(result)}"
    return f"one array, shape {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__


def _slip(trials, right, slips, names):
    """Return the slip, or the two slips, that give every number at every point; empty if none does."""
    gives = [(part, text, [_known(right, slip, t.place) for t in trials]) for part, text, slip in slips]
    for part, text, values in gives:
        if part is None and all(_agree(t.found, value) for t, value in zip(trials, values, strict=True)):
            return text
    for order in permutations(range(len(names))):
        if all(_agree(t.found, [t.wanted[n] for n in order]) for t in trials):
            return f"all are right, but in another order: return {', '.join(names)}."
    if text := _two_slips(trials, right, [(text, slip) for _, text, slip in slips if isinstance(slip, dict)]):
        return text
    return _slip_of_a_part(trials, gives, names) if len(names) > 1 else ""


def _slip_of_a_part(trials, gives, names):
    """Return the slip that gives one part of several wherever that is wrong; empty if none does."""
    for n, name in enumerate(names):
        wrong = [(t, k) for k, t in enumerate(trials) if not alike(t.found[n], t.wanted[n])]
        own, whole = [], []
        for part, text, values in gives:
            told = text if name in text else f"{name}: {text}"
            if part == name:
                own.append((told, [values[k] and values[k][0] for _, k in wrong]))
            elif part is None and all(v is None or len(v) == len(names) for v in values):
                whole.append((told, [values[k] and values[k][n] for _, k in wrong]))
        others = [(f"{name} is what {other} should be.", [t.wanted[m] for t, _ in wrong])
                  for m, other in enumerate(names)]
        for told, values in own + others + whole:
            if wrong and all(value is not None and alike(t.found[n], value)
                             for (t, _), value in zip(wrong, values, strict=True)):
                return told
    return ""


def _two_slips(trials, right, options):
    """Return the one pair of slips that gives every number; empty if there is none, or more than one."""
    if all(t.found[0].ndim == 0 for t in trials) and len({float(t.found[0]) for t in trials}) == 1:
        return ""                                     # a constant, which is more than two slips
    fits = []
    for (a, first), (b, second) in combinations(options, 2):
        both = {} if first.keys() & second.keys() else first | second
        if both and all(_agree(t.found, _known(right, both, t.place)) for t in trials):
            fits.append(f"two changes together give your numbers: 1. {a} 2. {b}")
    return fits[0] if len(fits) == 1 else ""


def _known(right, slip, place):
    """Return what right, or a slip of it, gives at a point as a tuple of arrays; None if it gives nothing."""
    change, options = (slip, {}) if callable(slip) else (right, slip)
    try:
        with np.errstate(all="ignore"):
            result = change(*place.inputs, **options)
        return tuple(np.asarray(part, float) for part in (result if isinstance(result, tuple) else (result,)))
    except Exception:
        if change is right and not options:
            raise
        return None


def _agree(found, wanted):
    return wanted is not None and len(found) == len(wanted) and all(map(alike, found, wanted))


def _described(answer, wrong, parts):
    """Return what is true of the first wrong part wherever it is wrong, and if that accounts for it."""
    names = list(parts)
    n = next(n for n in range(len(names)) if any(not alike(t.found[n], t.wanted[n]) for t in wrong))
    name, axes = names[n], parts[names[n]].split()
    wrong = [t for t in wrong if not alike(t.found[n], t.wanted[n])]
    fine = [m for k, m in enumerate(names) if all(alike(t.found[k], t.wanted[k]) for t in wrong)]
    only = f"only {name} is wrong. It " if len(names) > 2 and len(fine) == len(names) - 1 else f"{name} "
    telling = [t for t in wrong if t.wanted[n].size > 2] or wrong     # small arrays fit too many sentences
    said = [list(differences.causes(t.found[n], t.wanted[n], axes, t.place.sizes,
                                    _named(guard.takes(answer), t.place.inputs))) for t in telling]
    found, right = telling[0].found[n], telling[0].wanted[n]
    if len(telling) > 1 or right.size > 2 or found.shape != right.shape:
        keys = [{_key(text) for text in texts} for texts in said]
        for text in said[0]:
            if all(_key(text) in others for others in keys):
                return only + text, True
    if found.shape != right.shape:
        return only + said[0][-1], False
    plain = _plain_number(wrong, n) if right.ndim == 0 else ""
    return (only + plain, True) if plain else (only + _worst(found, right, axes, telling[0].place), False)


def _key(text):
    """Return a sentence without its shapes, which differ from point to point."""
    return re.sub(r"\([^)]*\)", "()", text)


def _plain_number(wrong, n):
    """Return what is true of one number at all points; empty if nothing is."""
    found, right = (np.array([getattr(t, which)[n] for t in wrong]) for which in ("found", "wanted"))
    if len(wrong) < 2 or not np.isfinite([found, right]).all():
        return ""
    if np.ptp(found) == 0 < np.ptp(right):
        return f"is {found[0]:.6g} at every point: it does not follow from the arguments."
    if np.allclose(found - right, found[0] - right[0], rtol=1e-9, atol=0):
        return f"is off by the same number at every point, {found[0] - right[0]:+.6g}."
    return ""


def _named(takes, inputs):
    """Return the arguments that hold numbers, by the names that the learner gave them."""
    flat = {}
    for name, value in zip(takes, inputs):
        if isinstance(value, (np.ndarray, float)):
            flat[name] = np.asarray(value)
        elif isinstance(value, (tuple, list)):
            flat |= {f"{name}[{k}]": np.asarray(v) for k, v in enumerate(value) if isinstance(v, np.ndarray)}
    return flat


def _worst(found, right, axes, place):
    """Say how the numbers differ where they differ most: the last resort."""
    worst = np.unravel_index(np.abs(found - right).argmax(), right.shape)
    at = differences.where(worst, right.shape, axes)
    told = "" if right.ndim else f" {place.told}"
    return f"is not right yet{at}{told}: it is {differences.apart(found[worst], right[worst])}."


def _called(answer, here, there):
    """Say which arguments have another shape than at the first point."""
    arguments = zip(guard.takes(answer), here.inputs, there.inputs)
    said = [f"{name} has shape {np.shape(b)}" for name, a, b in arguments
            if isinstance(b, np.ndarray) and np.shape(a) != np.shape(b)]
    return f"There {', '.join(said[:3])}." if said else ""


def _constant(answer, here, there):
    """Name a number in the code that is a size at one point only."""
    written, sizes = guard.constants(answer), dict(there.sizes)
    for letter, size in here.sizes:
        if size in written and size > 2 and sizes.get(letter, size) != size:
            return f"Your code holds the number {size}, which is {letter} at the first point only."
    return ""


def _lower(sentence):
    return sentence[0].lower() + sentence[1:]
