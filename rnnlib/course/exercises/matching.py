"""Exercises in which each of several things gets a number: {"A": 2, "B": 1, ...}."""

import difflib
import re

import numpy as np

from .feedback import NOT_ATTEMPTED, Feedback, run


def matched(answer, right, praise, choices=None, told="{name} is not {number}: {why}."):
    """Hold the dict that an answer returns against {name: (number, why)}; told is said of a wrong number."""
    choices = choices or range(1, len(right) + 1)
    given = filled(run(answer), right, "...")
    if isinstance(given, Feedback):
        return given
    for name, value in given.items():
        number = whole(value)
        if number is None or number not in choices:
            expected = f"a number from {choices[0]} to {choices[-1]}"
            return Feedback("wrong", f"{name} must be {expected}; got "
                                     f"{repr(value)[:40]}.{_why(number, value, choices)}")
    off = [name for name, (number, _) in right.items() if given[name] != number]
    if off:
        good = len(right) - len(off)
        first = told.format(name=off[0], number=whole(given[off[0]]), why=right[off[0]][1])
        return Feedback("wrong", f"{good} of {len(right)} {'is' if good == 1 else 'are'} right. {first}")
    return Feedback("right", praise)


def filled(given, names, like):
    """Return the dict that an answer returns if it has these keys and no gaps; else the Feedback."""
    if isinstance(given, Feedback):
        return given
    names = list(names)
    if not isinstance(given, dict):
        said = f"return a dict, {{{names[0]!r}: {like}, {names[1]!r}: {like}, ...}}; got "
        return Feedback("wrong", f"{said}{'an int' if type(given) is int else f'a {type(given).__name__}'}.")
    missing, odd = [n for n in names if n not in given], [k for k in given if k not in names]
    asked = f"return a dict with the keys {', '.join(names)}"
    if missing and odd and len(odd) == len(given) and all(
            type(value) is str and value in names for value in given.values()):
        return Feedback("wrong", f"{asked}: yours has keys and values exchanged.")
    if missing and {str(key).upper() for key in odd} == set(missing):
        return Feedback("wrong", f"{asked}: yours are in lower case.")
    if missing or odd:
        said = [f"{_some(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []
        said += [f"{_some(map(repr, odd))} {'is' if len(odd) == 1 else 'are'} not among them"] if odd else []
        return Feedback("wrong", f"{asked}: {', and '.join(said)}.")
    gaps = [name for name in names if given[name] is None or given[name] is Ellipsis]
    if gaps:
        return Feedback("open", NOT_ATTEMPTED if len(gaps) == len(names) else
                        f"not finished yet: {_some(gaps)} {'is' if len(gaps) == 1 else 'are'} still open.")
    return {name: given[name] for name in names}


def whole(value):
    """Return a value as an int if it is a whole number, of whatever type; else None."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return int(value) if np.isfinite(value) and value == int(value) else None


def nearest(value, options):
    """Return " Did you mean ...?" for a word that is nearly one of the options; empty for others."""
    said = re.sub(r"\b[123]\b", lambda digit: ("one", "two", "three")[int(digit[0]) - 1], value.lower())
    near = difflib.get_close_matches(said, options, 1, 0.68)
    return f" Did you mean {near[0]!r}?" if near else ""


def _why(number, value, choices):
    first = choices[0]
    if isinstance(value, str) and value.strip().isdigit():
        return " Leave out the quotes."
    if number == 0 and first == 1:
        return " They are counted from 1."
    beyond = number is not None and first == 0 and number not in choices
    return " Rows are counted from the first one, 0." if beyond else ""


def _some(names):
    names = list(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
