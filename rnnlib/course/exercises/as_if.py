"""Inputs changed in the ways that a slip changes them: where the right function of these gives the
learner's numbers, the result is "what it should be if h were zero"; and inputs at which a mistake may not
show, which tells what it has to do with."""

from itertools import combinations

import numpy as np


def changed(inputs, names):
    """Yield (words, inputs) for each change of one input, or exchange of two; names are the learner's."""
    flat = _flat(inputs, names)
    for n, k, name, value in flat:
        for words, other in _changes(value):
            yield f"if {name} were {words}", _put(inputs, n, k, other)
    for (n, k, a, first), (m, j, b, second) in combinations(flat, 2):
        if type(first) is type(second) and isinstance(first, (np.ndarray, float, int)) and np.shape(
                first) == np.shape(second):
            yield f"if {a} and {b} were exchanged", _put(_put(inputs, n, k, second), m, j, first)


def simplified(inputs, names):
    """Yield (words, what to look at, inputs) of simpler inputs, those that tell most first."""
    flat = _flat(inputs, names)
    floats = [(n, k, name, value) for n, k, name, value in flat if isinstance(value, (np.ndarray, float))
              and np.asarray(value).dtype.kind == "f"]
    for n, k, name, value in flat:
        if type(value) is int and value != 1:
            yield f"{name} is 1", f"at what {name} does", _put(inputs, n, k, 1)
    for n, k, name, value in floats:
        for words, other in (("zero", 0 * value), ("all ones" if np.ndim(value) else "one", 0 * value + 1)):
            yield f"{name} is {words}", f"at what {name} does", _put(inputs, n, k, other)
    for n, k, name, value in floats:
        if np.ndim(value) and len(value) > 1:
            same = np.broadcast_to(value[:1], value.shape).copy()
            yield f"all rows of {name} are the same", f"which row of {name} is read", _put(inputs, n, k, same)
    for (n, k, a, first), (_, _, b, second) in combinations(floats, 2):
        if np.shape(first) == np.shape(second):
            yield f"{a} equals {b}", "which of the two stands where", _put(inputs, n, k, second)
    for n, k, name, value in floats:
        if np.any(value < 0):
            yield f"{name} is nowhere negative", f"at the signs of {name}", _put(inputs, n, k, np.abs(value))
    for (n, k, a, first), (m, j, b, second) in combinations(floats, 2):
        both = _put(_put(inputs, n, k, 0 * first), m, j, 0 * second)
        yield f"{a} and {b} are zero", f"at how {a} and {b} come together", both


def _flat(inputs, names):
    """Return (number, part or None, name, value) of all inputs, and of the parts of tuples."""
    flat = [(n, None, name, value) for n, (name, value) in enumerate(zip(names, inputs, strict=False))]
    for n, _, name, value in list(flat):
        if isinstance(value, (tuple, list)):
            fields = getattr(value, "_fields", None)
            flat += [(n, k, f"{name}.{fields[k]}" if fields else f"{name}[{k}]", part)
                     for k, part in enumerate(value)]
    return flat


def _put(inputs, n, k, value):
    """Return inputs with number n, or its part k, replaced."""
    if k is not None:
        parts = list(inputs[n])
        parts[k] = value
        value = inputs[n]._make(parts) if hasattr(inputs[n], "_make") else type(inputs[n])(parts)
    return (*inputs[:n], value, *inputs[n + 1:])


def _changes(value):
    """Yield (words, changed value)."""
    if type(value) is int:
        yield from (("one more", value + 1), ("one less", value - 1))
    if not isinstance(value, (np.ndarray, float)) or np.asarray(value).dtype.kind != "f":
        if isinstance(value, np.ndarray) and value.dtype.kind == "b":
            yield "the opposite", ~value
        return
    yield from [("zero", 0 * value), ("one", 0 * value + 1), ("negative", -value), ("squared", value**2),
                ("its size, abs", np.abs(value)), ("1 minus it", 1 - value), ("its tanh", np.tanh(value))]
    if not np.ndim(value) and value:
        yield "one over it", 1 / value
    if np.ndim(value) == 2 and value.shape[0] == value.shape[1]:
        yield "transposed", value.T
    if np.ndim(value) >= 1 and len(value) > 1:
        yield from [("reversed", value[::-1]), ("shifted on by one row", np.roll(value, 1, axis=0)),
                    ("shifted back by one row", np.roll(value, -1, axis=0)),
                    ("its first row everywhere", np.broadcast_to(value[:1], value.shape)),
                    ("its last row everywhere", np.broadcast_to(value[-1:], value.shape))]
