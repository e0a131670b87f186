"""Exercises in which each of several things gets a number: {"A": 2, "B": 1, ...}."""

from .feedback import NOT_ATTEMPTED, Feedback, run


def matched(answer, right, told, praise, choices=None):
    """Hold the dict that an answer returns against {name: (number, why)}; told(name, why, number) tells."""
    choices = choices or range(1, len(right) + 1)
    given = run(answer)
    if isinstance(given, Feedback):
        return given
    if not isinstance(given, dict) or set(given) != set(right):
        return Feedback("wrong", f"return a dict with the keys {', '.join(right)}.")
    if any(value is None or value is Ellipsis for value in given.values()):
        return Feedback("open", NOT_ATTEMPTED)
    for name, value in given.items():
        if type(value) is not int or value not in choices:
            expected, got = f"a number from {choices[0]} to {choices[-1]}", repr(value)[:40]
            return Feedback("wrong", f"{name} must be {expected}; got {got}.")
    off = [name for name, (number, _) in right.items() if given[name] != number]
    if off:
        first = told(off[0], right[off[0]][1], given[off[0]])
        return Feedback("wrong", f"{len(right) - len(off)} of {len(right)} are right. {first}")
    return Feedback("right", praise)
