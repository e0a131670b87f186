"""What a checker says, in one voice; how it runs an answer; and what has been solved.

Every checker looks for the one change that gives exactly the learner's numbers: `located` for backward
passes, by gradcheck.locate; `compare` for all else, with the results of the classical slips.
"""

import weakref
from dataclasses import dataclass, replace
from functools import wraps

import numpy as np

from ... import bptt, gradcheck
from ...gradcheck import guard

NOT_ATTEMPTED = "not attempted yet."
IN_PLACE = "your function changes its inputs in place: work on new arrays."

TOLERANCE = 1e-8  # relative to the largest entry
LARGE = 10**6     # numbers; no exercise asks for as many

EXERCISES = {}    # (notebook, number): its Exercise; kept in this kernel only
WATCHERS = {}     # notebook: the function to call when one of its exercises has been checked
_printed = []     # by the answers under this check
_warned = set()   # the exercises at which it was said that there is no time limit
_published = weakref.WeakSet()    # solutions shown in this kernel


@dataclass(frozen=True)
class Feedback:
    """What a checker says: verdict is 'open', 'right' or 'wrong'."""

    verdict: str
    text: str
    location: gradcheck.Location | None = None    # of a backward pass: its table of errors by gate and step
    printed: str = ""

    def __repr__(self):
        mark = {"open": "·", "right": "✓", "wrong": "✗"}[self.verdict]
        lines = self.printed.splitlines()
        if len(lines) > 5:
            lines[5:] = [guard.CUT if lines[-1] == guard.CUT else f"... and {len(lines) - 5} more lines"]
        said = [f"  it printed: {line[:80]}" for line in lines]
        return "\n".join([f"{mark} {self.text}", *said])

    def _repr_html_(self):
        return self.location.table(repr(self)) if self.location else None


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook, and the best that was said of an answer to it in this kernel."""

    number: int
    title: str
    verdict: str = "open"


class Stopped(KeyboardInterrupt):
    """The stop button was pressed during a check. IPython shows one line, not the code of the check."""

    def _render_traceback_(self):
        return [str(self)]


def checker(notebook, number, title):
    """Make a checker of a function answer -> Feedback: it never raises, and notes what is solved.

    The checker takes the answer and solution=False; a published solution, solution=True, is not noted,
    nor is it when it is checked again.
    """
    key = notebook, number

    def decorate(check):
        EXERCISES[key] = Exercise(number, title)

        @wraps(check)
        def checked(answer=None, *, solution=False):
            _printed.clear()
            guard.limited = None
            try:
                feedback = check(answer)
            except KeyboardInterrupt:
                raise Stopped("Stopped: this check did not finish.") from None
            except Exception as error:
                got = f"{type(error).__name__}: {error}".splitlines()[0]
                feedback = Feedback("wrong", f"what your function returns cannot be compared ({got}).")
            if feedback.verdict == "wrong" and (names := guard.borrowed(answer)):
                text = f"{feedback.text} It reads {', '.join(names)} of the notebook: use its arguments."
                feedback = replace(feedback, text=text)
            if feedback.verdict == "wrong" and _printed:
                feedback = replace(feedback, printed=_printed[0])
            if guard.limited:
                _warned.discard(key)
            elif guard.limited is False and key not in _warned:
                _warned.add(key)
                feedback = replace(feedback, text=f"{feedback.text} {guard.NO_LIMIT}")
            if solution:
                _published.add(answer)
            elif not any(answer is known for known in _published):    # a stub's name may hold the solution
                _note(key, feedback.verdict)
            return feedback

        return checked

    return decorate


def _note(key, verdict):
    known = EXERCISES[key]
    order = ("open", "wrong", "right")
    EXERCISES[key] = replace(known, verdict=max(known.verdict, verdict, key=order.index))
    if key[0] in WATCHERS:
        WATCHERS[key[0]]()


def progress(notebook):
    """Return the exercises of a notebook in order, each with the best verdict so far."""
    return [EXERCISES[key] for key in sorted(EXERCISES) if key[0] == notebook]


def run(answer, *inputs):
    """Call the answer twice on copies of inputs; return its result, or the Feedback that says why not."""
    first = guard.call(answer, *inputs)
    if first.printed:
        _printed.append(first.printed)
    if first.complaint:
        return Feedback("wrong", first.complaint)
    if first.result is None or first.result is Ellipsis:
        return _nothing(first)
    if first.changed:
        return Feedback("wrong", IN_PLACE)
    if (size := _size(first.result)) > LARGE:
        return Feedback("wrong", f"your function returns {size:,} numbers, far too many for this exercise.")
    again = guard.call(answer, *inputs)
    if again.complaint:
        return Feedback("wrong", f"the first call works, the second does not: {again.complaint}")
    if not guard.same(first.result, again.result):
        text = "the second call gives another result than the first: something is kept between calls."
        return Feedback("wrong", text)
    return first.result


def _size(result):
    """Return how many numbers the arrays of a result hold, one by one or side by side in a tuple."""
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return max((a.size for a in parts if isinstance(a, np.ndarray)), default=0)


def _nothing(outcome):
    """Return the Feedback for a function that returns nothing."""
    if outcome.printed:
        return Feedback("wrong", "your function prints and returns nothing: end it with return.")
    if outcome.stub:
        return Feedback("open", NOT_ATTEMPTED)
    return Feedback("open", "your function returns nothing yet: end it with return.")


def compare(result, right, slips, name="the result", praise="right."):
    """Compare result with the right array, then with {what is wrong: the array it gives}."""
    found = _numbers(result, right, name)
    if isinstance(found, Feedback):
        return found
    right = np.asarray(right)
    if found.shape == right.shape and close(found, right):
        return Feedback("right", praise)
    for text, slip in slips.items():
        if np.shape(slip) == found.shape and close(found, np.asarray(slip)):
            return Feedback("wrong", text)
    return Feedback("wrong", _difference(found, right, name, np.asarray(result)))


def first_wrong(blocks, praise="right."):
    """Compare (name, found, right, slips) in turn; return the first complaint, or the praise."""
    for name, found, right, slips in blocks:
        feedback = compare(found, right, slips, name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", praise)


def located(result, name, cell, p, xs, state, dhs, *, beside=(), slips=(), praise="right."):
    """Hold deltas ("delta") or the gradient of a parameter against the numerical ones.

    Say where they are wrong, from which step on, and which one change explains them; where
    gradcheck.locate knows none, slips {what is wrong: the array it gives} are tried.
    beside holds what is known to be right, by name.
    """
    trace = bptt.forward(cell, p, xs, state)
    delta, _ = bptt.deltas(cell, p, trace, dhs)
    right = delta if name == "delta" else getattr(cell.gradient(trace, delta), name)
    shown = name if name == "delta" else f"d{name}"
    found = _numbers(result, right, shown)
    if isinstance(found, Feedback):
        return found
    if found.shape == right.shape and close(found, right):
        return Feedback("right", praise)
    place = gradcheck.locate(cell, p, xs, state, dhs, lambda *_: {**dict(beside), name: found})
    text = place.sentence
    if not place.candidates:
        whys = [why for why, slip in dict(slips).items() if slip.shape == found.shape and close(found, slip)]
        fits = found.shape == right.shape
        coarse = _coarse(found, right, shown, np.asarray(result)) if fits else place.where
        text = f"{place.where} {whys[0]}" if whys else coarse or text
    text = text if text.startswith("d") else text[0].lower() + text[1:]
    return Feedback("wrong", text, place if place.errors is not None else None)


def _numbers(result, right, name):
    """Return result as an array of floats, or the Feedback that says why not."""
    if isinstance(result, Feedback):
        return result
    several = isinstance(result, (tuple, list))
    if any(r is None or r is Ellipsis for r in (result, *(result if several else ()))):
        return Feedback("open", NOT_ATTEMPTED)
    shape = np.shape(right)
    try:
        given = np.asarray(result)
    except ValueError:                                # ragged
        given = np.empty(0, object)
    found = given.astype(float) if given.dtype.kind in "fiub" else None
    if several and not isinstance(right, (tuple, list)) and (found is None or found.shape != shape):
        wanted = f"one array of shape {shape}" if shape else "one number"
        got = f"a {type(result).__name__} of {len(result)}"
        return Feedback("wrong", f"{name} should be {wanted}; got {got}.")
    if given.dtype.kind == "c":
        return Feedback("wrong", f"{name} should be real; got complex numbers.")
    if found is None:
        got = f"dtype {given.dtype}" if isinstance(result, np.ndarray) else type(result).__name__
        return Feedback("wrong", f"{name} should be numbers; got {got}.")
    return found


def _difference(found, right, name, given):
    """Say what is different, where nothing better is known."""
    if found.shape != right.shape:
        return f"{name} has shape {found.shape}; expected {right.shape}."
    if not np.isfinite(found).all():
        return f"{name} contains nan or inf."
    worst = np.unravel_index(np.abs(found - right).argmax(), right.shape)
    where = f" at {[int(i) for i in worst]}" if right.ndim else ""
    return _coarse(found, right, name, given) or (
        f"not yet: {name}{where} is {found[worst]:.6g}, expected {right[worst]:.6g}.")


def _coarse(found, right, name, given):
    """Say that the dtype is to blame, if it is."""
    if given.dtype.kind in "iub" and close(found, np.trunc(right)):
        return f"{name} has dtype {given.dtype}, which cuts off what follows the point: use floats."
    if given.dtype.kind == "f" and given.dtype.itemsize < 8 and close(found, right, 1e-2):
        return f"{name} is {given.dtype}, too coarse to tell: compute in float64."
    return ""


def close(a, b, tolerance=TOLERANCE):
    """True if a and b agree relative to their largest entry."""
    if not np.isfinite(a).all():
        return False
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= tolerance * scale)
