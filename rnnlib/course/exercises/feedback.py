"""What a checker says, in one voice; how it runs an answer; and what has been solved.

Every checker looks for the one change that gives exactly the learner's numbers: `located` for backward
passes, by gradcheck.locate; `trials.held` for all else, at several points, with the results of the classical
slips. Where no slip fits, `differences` says what is true of the numbers all the same.
"""

import weakref
from dataclasses import dataclass, replace
from functools import wraps
from html import escape

import numpy as np

from ... import bptt, gradcheck
from ...gradcheck import guard
from . import differences
from .differences import close, same

NOT_ATTEMPTED = "not attempted yet."
IN_PLACE = "your function changes its inputs in place: work on new arrays."
DRAWS = {"random", "default_rng", "rng", "rand", "randn", "normal", "standard_normal", "uniform", "shuffle",
         "permutation", "choice", "randint", "integers"}
DRAWN = "your function draws random numbers: what it returns must follow from its arguments alone."
ESTIMATED = "Your function draws random numbers: what comes of draws is near at best, not exact."
KEPT = "the second call gives another result than the first: something is kept between calls."
EMPTY = ("two calls give two results, and np.empty holds what was left in memory until it is filled: is "
         "every entry of yours?")
LEAVES = "A return stands inside the loop, which ends with it in its first round: indent it less."
THROWN = "In line {} something is computed and not kept: store it, with = or +=."
A_VIEW = " x[:], x.T, reshape and ravel show the same numbers again; x.copy() is a copy."
OWN = {"open": "Your own is still open.", "wrong": "Your own is not right yet.",
       "right": "Your own is right, too."}

EDGES = {"open": "#808080", "right": "#009E73", "wrong": "#D55E00"}      # as in the figures
BOX = ("border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 6px; padding: 0.4em 1em; "
       "max-width: 66em; line-height: 1.5; font-size: var(--jp-content-font-size1, 16px)")

WHOLE_NUMBERS = "holds whole numbers only: its dtype cuts off what follows the point. Make it of floats."

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
    explained: bool = False                       # what it says accounts for every number

    def __repr__(self):
        mark = {"open": "·", "right": "✓", "wrong": "✗"}[self.verdict]
        lines = self.printed.splitlines()
        if len(lines) > 5:
            lines[5:] = [guard.CUT if lines[-1] == guard.CUT else f"... and {len(lines) - 5} more lines"]
        said = [f"  it printed: {line[:80]}" for line in lines]
        return "\n".join([f"{mark} {self.text}", *said])

    def _repr_html_(self):
        """Return a box with the mark, what is said, and the table of a backward pass that is wrong."""
        mark, text = escape(repr(self)).split(" ", 1)
        first, *others = text.split("\n")
        lines = "".join(f'<pre style="margin: 0">{line}</pre>' for line in others)
        table = self.location.table("").removeprefix("<p></p>") if self.location is not None else ""
        return (f'<div style="{BOX}; border-left: 4px solid {EDGES[self.verdict]}">'
                f'<p style="margin: 0"><strong>{mark}</strong> {first}</p>{lines}{table}</div>')


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook, and the best that was said of an answer to it in this kernel."""

    number: int
    title: str
    verdict: str = "open"
    stars: int = 1           # how hard it is, of 3
    minutes: int = 10        # what it takes, about


class Stopped(KeyboardInterrupt):
    """The stop button was pressed during a check. IPython shows one line, not the code of the check."""

    def _render_traceback_(self):
        return [str(self)]


def checker(notebook, number, title, *, stars=1, minutes=10):
    """Make a checker of a function answer -> Feedback: it never raises, and notes what is solved.

    The checker takes the answer and solution=False; a published solution, solution=True, is not noted,
    nor is it when it is checked again. stars (1 to 3) and minutes say how hard the exercise is.
    """
    key = notebook, number

    def decorate(check):
        EXERCISES[key] = Exercise(number, title, stars=stars, minutes=minutes)

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
            wrong = feedback.verdict == "wrong" and not feedback.explained
            if wrong and guard.takes(answer) and (names := guard.borrowed(answer)):
                text = f"{feedback.text} It reads {', '.join(names)} of the notebook: use its arguments."
                feedback = replace(feedback, text=text)
            told = "behind the loop" in feedback.text
            if feedback.verdict == "wrong" and not told and guard.leaves_at_once(answer):
                feedback = replace(feedback, text=f"{feedback.text} {LEAVES}")
            if feedback.verdict == "wrong" and not told and (line := guard.thrown_away(answer)):
                feedback = replace(feedback, text=f"{feedback.text} {THROWN.format(line)}")
            if feedback.verdict == "wrong" and _printed:
                feedback = replace(feedback, printed=_printed[0])
            if guard.limited:
                _warned.discard(key)
            elif guard.limited is False and key not in _warned:
                _warned.add(key)
                feedback = replace(feedback, text=f"{feedback.text} {guard.NO_LIMIT}")
            if solution:
                _published.add(answer)
            if not any(answer is known for known in _published):      # a stub's name may hold the solution
                _note(key, feedback.verdict)
            elif feedback.verdict == "right":
                own = OWN[EXERCISES[key].verdict]
                feedback = replace(feedback, text=f"the solution is {feedback.text} {own}")
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
    """Call the answer twice or more on copies of inputs; return its result, or a Feedback why not."""
    first = guard.call(answer, *inputs)
    if first.printed:
        _printed.append(first.printed)
    if first.complaint:
        return Feedback("wrong", first.complaint)
    if first.result is None or first.result is Ellipsis:
        return _nothing(first)
    if first.changed:
        return Feedback("wrong", IN_PLACE + A_VIEW * guard.views(answer))
    if (size := _size(first.result)) > LARGE:
        return Feedback("wrong", f"your function returns {size:,} numbers, far too many for this exercise.")
    draws, result = drawn_by(answer), _copied(first.result)       # the second call may change it
    for _ in range(5 if draws else 1):                # a few draws may agree by chance
        again = guard.call(answer, *inputs)
        if again.complaint:
            return Feedback("wrong", f"the first call works, the second does not: {again.complaint}")
        if not guard.same(result, again.result):
            left = guard.names(answer) & {"empty", "empty_like"} and not guard.may_keep(answer)
            return Feedback("wrong", DRAWN if draws else EMPTY if left else KEPT)
    return result


def _copied(value):
    """Return a value whose arrays, in tuples, lists and dicts too, are copies."""
    if isinstance(value, (tuple, list)):
        parts = [_copied(part) for part in value]
        return value._make(parts) if hasattr(value, "_make") else type(value)(parts)
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()} if type(value) is dict else value
    return value.copy() if isinstance(value, np.ndarray) else value


def drawn_by(answer):
    """Return the names in the code of an answer that draw random numbers."""
    return DRAWS & guard.names(answer)


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


def located(result, name, cell, p, xs, state, dhs, *, mask=None, beside=(), slips=(), praise="right.",
            again=lambda dhs: None):
    """Hold deltas ("delta") or the gradient of a parameter against the numerical ones.

    Say where they are wrong, from which step on, and which one change explains them; where
    gradcheck.locate knows none, slips {what is wrong: the array it gives} are tried.
    beside holds what is known to be right, by name; again(dhs) gives the result for other dhs.
    """
    trace = bptt.forward(cell, p, xs, state, mask)
    delta, _ = bptt.deltas(cell, p, trace, dhs)
    right = delta if name == "delta" else getattr(cell.gradient(trace, delta), name)
    shown = name if name == "delta" else f"d{name}"
    found = numbers(result, right, shown)
    if isinstance(found, Feedback):
        return found
    if found.shape == right.shape and close(found, right):
        return Feedback("right", praise)

    def backward(cell, p, trace, other):
        anew = None if np.array_equal(other, dhs) else again(other)
        return {**dict(beside), name: anew if isinstance(anew, np.ndarray) else found}

    place = gradcheck.locate(cell, p, xs, state, dhs, backward, mask=mask)
    text, known = place.sentence, bool(place.candidates)
    if not known:
        fits = found.shape == right.shape
        whys = [f"{place.where} {why}" for why, slip in dict(slips).items() if same(found, slip)]
        whys += [said for said in [coarse(found, right, shown, np.asarray(result))] if said]
        begin = f"{place.where} {shown}" if fits else shown
        whys += [f"{begin} {said}" for said in differences.causes(found, right)]
        if np.asarray(result).dtype.kind in "iub" and not np.array_equal(right, right.round()):
            whys.append(f"{shown} {WHOLE_NUMBERS}")
        text, known = (whys[0], True) if whys else (text, False)
    text = text if text.startswith("d") else text[0].lower() + text[1:]
    return Feedback("wrong", text, place if place.errors is not None else None, explained=known)


def numbers(result, right, name):
    """Return result as an array of floats, or the Feedback that says why not."""
    if isinstance(result, Feedback):
        return result
    several = isinstance(result, (tuple, list))
    gaps = [r is None or r is Ellipsis for r in (result if several and len(result) else [result])]
    if any(gaps):
        told = f"not finished yet: entry {gaps.index(True)} of {name} is still None or `...`."
        return Feedback("open", NOT_ATTEMPTED if all(gaps) else told)
    shape = np.shape(right)
    try:
        given = np.asarray(result)
        if several and given.dtype.kind == "U" and given.shape == shape and _written(given.flat):
            return Feedback("wrong", f"{name} should be numbers; got text: leave out the quotes.")
    except ValueError:                                # ragged
        given = np.empty(0, object)
        if {type(row) for row in result} <= {list, tuple}:
            return Feedback("wrong", f"{name} should be one array of shape {shape}; your rows differ in "
                                     f"length.")
    given = _plain(given) if given.dtype.kind == "O" and given.shape == shape else given
    found = given.astype(float) if given.dtype.kind in "fiub" else None
    if isinstance(result, tuple) and len(result) == 1 and shape == np.shape(result[0]):
        return Feedback("wrong", f"{name} is alone in a tuple: is there a comma at the end of return?")
    if several and not isinstance(right, (tuple, list)) and (found is None or found.shape != shape):
        wanted = f"one array of shape {shape}" if shape else "one number"
        got = f"a {type(result).__name__} of {len(result)}"
        at = next((n for n, part in enumerate(result, 1) if _is(part, right)), None)
        got += f", of which number {at} is right: return it alone" if at else ""
        if found is not None and len(found) > 1 and same(found.sum(axis=0), right):
            got += ", which are its terms: add them up"
        return Feedback("wrong", f"{name} should be {wanted}; got {got}.")
    if given.dtype.kind == "b" and not np.isin(right, (0, 1)).all():
        return Feedback("wrong", f"{name} should be numbers; got True or False.")
    if given.dtype.kind == "c":
        return Feedback("wrong", f"{name} should be real; got complex numbers.")
    if found is None:
        got = f"dtype {given.dtype}" if isinstance(result, np.ndarray) else type(result).__name__
        return Feedback("wrong", f"{name} should be numbers; got {got}.")
    return found


def _plain(given):
    """Return an array of objects as one of floats, if all of them are real numbers."""
    real = all(isinstance(a, (int, float, np.integer, np.floating)) for a in given.flat)
    return given.astype(float) if real else given


def _written(texts):
    """True if texts are numbers in quotes."""
    try:
        return all(np.isfinite(float(text)) for text in texts)
    except (TypeError, ValueError):
        return False


def _is(part, right):
    return isinstance(part, (np.ndarray, float)) and np.asarray(part).dtype.kind == "f" and same(part, right)


def coarse(found, right, name, given):
    """Say that the dtype is to blame, if it is."""
    if found.shape != right.shape:
        return ""
    few = not given.ndim and given.dtype.kind in "iub" and abs(given) < 10        # one may be so by chance
    if given.dtype.kind in "iub" and not few and close(found, np.trunc(right)):
        return f"{name} has dtype {given.dtype}, which cuts off what follows the point: use floats."
    if given.dtype.kind == "f" and given.dtype.itemsize < 8 and close(found, right, 1e-2):
        return f"{name} is {given.dtype}, too coarse to tell: compute in float64."
    return ""
