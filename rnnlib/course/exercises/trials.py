"""Try an answer at several points: name the slip that gives every number, or say what is true of them."""

import re
from dataclasses import dataclass
from functools import wraps

import numpy as np

from ...gradcheck import guard
from .differences import same
from .feedback import ESTIMATED, NOT_ATTEMPTED, WHOLE_NUMBERS, Feedback, coarse, drawn_by, numbers, run
from .reasons import agree, known, reason

WHOLE = " And `integers` draws whole numbers only."


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


def held(answer, points, right, slips=(), parts="the result", praise="right.", read=None, order=(),
         measured=None, surely=False):
    """Hold an answer against right(*inputs) at every one of two points or more.

    right(*inputs, **options) returns an array or, for several parts, a tuple of them. parts is the name of
    the result, or {name of a part: letters of its axes, as in differences}. slips are {what is wrong:
    options for right, or a function of the inputs, or a list of these}, or {name of a part: {what is wrong:
    a function that gives this part, or options for right, of which this part is taken}}. read(result) makes
    the parts of what the answer returns, or a Feedback. order names the parts that others are made of. A
    slip is named if it gives every number at every point; else what is true of the numbers wherever they are
    wrong; else what measured(answer) says, which may be nothing, or surely goes before what is true.
    """
    if len(points) < 2:
        raise TypeError("an answer is tried at two points or more")
    parts = parts if isinstance(parts, dict) else {parts: ""}
    asked = _through(answer, read) if read else answer
    trials = []
    for place in points:
        wanted = known(right, {}, place)
        result = run(answer, *place.inputs)
        result = read(result) if read and not isinstance(result, Feedback) else result
        trials.append(Trial(place, wanted, _parts(result, wanted, parts), _kinds(result, parts)))
        if not trials[-1].right and (told := _turned(answer, right, place)):
            return Feedback("wrong", told, explained=True)
        if isinstance(trials[0].found, Feedback):
            return _uncut(result, _listed(slips, parts), place) or trials[0].found
    bad = [trial for trial in trials if not trial.right]
    if not bad:
        return Feedback("right", praise)
    begin = f"right {points[0].told}, but not {bad[0].place.told}: " if trials[0].right else ""
    hint = bad[0].place.hint if begin else ""
    if isinstance(bad[0].found, Feedback):
        there = _called(answer, points[0], bad[0].place)
        return Feedback("wrong", " ".join(filter(None, (begin + _lower(bad[0].found.text), there, hint))))
    whole = [trial for trial in trials if not isinstance(trial.found, Feedback)]
    text, kind = reason(asked, whole, right, _listed(slips, parts), parts, order)
    burst = [trial for trial in whole if not trial.right
             and not all(np.isfinite(part).all() for part in trial.found)]
    if not kind and burst and bad[0] not in burst:                 # two mistakes: say the other one first
        whole = [trial for trial in whole if trial not in burst]
        text, kind = reason(asked, whole, right, _listed(slips, parts), parts, order)
        meant = all(np.isfinite(part).all() for part in burst[0].wanted)
        text += (f" Besides, {burst[0].place.told} nan or inf comes out." if meant
                 else f" Besides, {burst[0].place.told} it is wrong, too.")
    unnamed = not kind and " does not depend on " not in text
    if (unnamed or (surely and kind != "slip")) and measured and (told := measured(answer)):
        return Feedback("wrong", told, explained=True)
    if kind != "slip" and burst and (told := guard.bursts(answer, *burst[0].place.inputs)):
        text += f" {told}"
    if len(whole) < len(trials):                     # a change was not tried at all points
        text = text.replace("one change mends it", "one change mends a part of it")
    if kind != "slip" and (told := _whole_numbers(bad[0], parts)):
        text = told
    here = next((trial.place for trial in trials if trial.right), points[0])
    untold = not kind or re.search(r" has shape .*; expected ", text)
    if untold and not begin and here is not points[0] and " alone it is right" not in text:
        begin, text = f"right {here.told}, but not {bad[0].place.told}: ", _lower(text)
    if begin:                                        # the place has been said
        text = text.replace(f" is not right yet {bad[0].place.told}: ", " is not right yet: ")
    if kind != "slip" and begin:
        text = f"{text} {hint or _constant(answer, here, bad[0].place, points[0])}".strip()
    elif "one change mends it" in text:
        text = f"{text} {hint}".strip()
    text += _all_zero(answer) if text.endswith(" is all zero.") else ""
    draws = drawn_by(answer)
    if kind != "slip" and draws & {"random", "default_rng"}:
        text += f" {ESTIMATED}{WHOLE * bool(draws & {'integers', 'randint'})}"
    return Feedback("wrong", f"{begin}{text}".strip(), explained=bool(kind))


def _all_zero(answer):
    """Say what in the code may leave an array at zero."""
    used, said = guard.names(answer), ""
    if used & {"int", "int32", "int64"}:
        said += " An array of int holds whole numbers only: 0.1 becomes 0 in it."
    if copies := sorted(used & {"flatten", "ravel"}):
        said += f" .{copies[0]}() may be a copy: what is written there does not reach the array."
    return said


def _through(answer, read):
    """Return a function that gives the parts of what the answer returns, and is the answer for all else."""
    @wraps(answer)
    def asked(*inputs):
        return read(answer(*inputs))

    asked.read = read
    return asked


def _turned(answer, right, place):
    """Say that an answer takes the arguments in another order than that in which they are given."""
    takes, order = guard.takes(answer), guard.takes(right)[:len(place.inputs)]
    if sorted(takes) != sorted(order) or takes == order:
        return ""
    return f"your function takes ({', '.join(takes)}); it is called with ({', '.join(order)}), in this order."


def _uncut(result, slips, place):
    """Return the Feedback for one array where several are asked for, if a slip gives it."""
    for part, text, slip in slips if isinstance(result, np.ndarray) else ():
        given = known(None, slip, place) if callable(slip) and part is None else None
        if given and len(given) == 1 and same(result, given[0]):
            return Feedback("wrong", text, explained=True)
    return None


def _whole_numbers(trial, parts):
    """Say of the first part that is wrong that its dtype holds whole numbers only, if it does."""
    for name, found, wanted, kind in zip(parts, trial.found, trial.wanted, trial.kinds, strict=False):
        if not same(found, wanted):
            cut = kind in "iu" and found.ndim and found.shape == wanted.shape and not np.array_equal(
                wanted, wanted.round())
            return f"{name} {WHOLE_NUMBERS}" if cut else ""
    return ""


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
    kinds: str               # of the dtypes of the parts, one letter each

    @property
    def right(self):
        """True if every part is right."""
        return not isinstance(self.found, Feedback) and agree(self.found, self.wanted)


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
    if gaps := [name for name, part in zip(names, results, strict=True) if part is None or part is Ellipsis]:
        told = f"not finished yet: {', '.join(gaps)} {'is' if len(gaps) == 1 else 'are'} still None or `...`."
        return Feedback("open", NOT_ATTEMPTED if len(gaps) == len(names) else told)
    found = []
    for name, part, like in zip(names, results, wanted, strict=True):
        array = numbers(part, like, name)
        if isinstance(array, Feedback):
            return array
        if type(part) in (int, float) and part == 0 and like.any():       # a sum over no step at all
            array = np.zeros(like.shape)
        if not same(array, like):
            if told := coarse(array, like, name, np.asarray(part)):
                return Feedback("wrong", told)
        found.append(array)
    return tuple(found)


def _kinds(result, parts):
    """Return the kinds of the dtypes of a result's parts, one letter each; empty if it has other parts."""
    several = [result] if len(parts) == 1 else result if _length(result) == len(parts) else []
    whole = (np.ndarray, int, np.integer)
    return "".join(np.asarray(part).dtype.kind if isinstance(part, whole) else "f" for part in several)


def _length(result):
    array = isinstance(result, np.ndarray) and result.ndim > 0
    return len(result) if array or isinstance(result, (tuple, list)) else None


def _things(wanted):
    return "arrays" if any(part.ndim for part in wanted) else "numbers"


def _short(result):
    if isinstance(result, (tuple, list)):
        return f"a {type(result).__name__} of {len(result)}"
    return f"one array, shape {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__


def _called(answer, here, there):
    """Say which arguments have another shape than at the first point."""
    arguments = zip(guard.takes(answer), here.inputs, there.inputs)
    said = [f"{name} has shape {np.shape(b)}" for name, a, b in arguments
            if isinstance(b, np.ndarray) and np.shape(a) != np.shape(b)]
    return f"There {', '.join(said[:3])}." if said else ""


def _constant(answer, here, there, first):
    """Name a number in the code that is a size, or twice one, where the answer is right, and only there."""
    written, takes = guard.constants(answer), guard.takes(answer)
    known, sizes = ([*place.sizes, *((name, a) for name, a in zip(takes, place.inputs, strict=False)
                                     if type(a) is int)] for place in (here, there))
    for times, words in ((1, ""), (2, "2 * ")):
        for letter, size in known:
            blocks = times * size in (3, 4) and guard.names(answer) & {"split", "array_split"}
            if times * size in written and not blocks and size > 2 and dict(sizes).get(letter, size) != size:
                same = [k for k, n in known if n == size and dict(sizes).get(k, n) != n]
                letters = " and ".join(words + k for k in dict.fromkeys(same))
                at = "at the first point" if here is first else here.told
                return f"Your code holds the number {times * size}, which is {letters} {at} only."
    return ""


def _lower(sentence):
    return sentence if sentence[1:2] in ("_", "^") else sentence[0].lower() + sentence[1:]      # W_x stays
