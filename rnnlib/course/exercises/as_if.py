"""Inputs changed in the ways that a slip changes them: where the right function of these gives the
learner's numbers, the result is "what it should be if h were zero"; and inputs at which a mistake may not
show, which tells what it has to do with."""

from itertools import combinations

import numpy as np

from .differences import NOUNS


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
    for n, k, name, value in flat:
        for _, _, other, second in flat:
            if name != other and all(isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.ndim for a in (
                    value, second)) and value.shape == second.shape:
                yield f"if {name} were {other}", _put(inputs, n, k, second)


def as_before(first, there, names):
    """Yield (words, inputs) of a place at which a number, or every number, is still that of the first one."""
    if first is there:
        return
    numbers = [(k, name, value) for k, (name, value) in enumerate(zip(names, first.inputs, strict=False))
               if isinstance(value, (int, float)) and value != there.inputs[k]]
    for k, name, value in numbers:
        yield f"if {name} were still {value:g}", _put(there.inputs, k, None, value)
    if len(numbers) > 1:
        inputs = there.inputs
        for k, _, value in numbers:
            inputs = _put(inputs, k, None, value)
        said = " and ".join(f"{name} {value:g}" for _, name, value in numbers)
        yield f"if the numbers were still {said}", inputs


def narrowed(place):
    """Yield (words, inputs) for a place of which only a part, along one axis of all arrays, is used."""
    for letter, size in place.sizes:
        noun = NOUNS.get(letter)
        if noun is None or size < 2:
            continue
        for words, part in ((f"only the first {noun}", slice(0, 1)),
                            (f"only the last {noun}", slice(size - 1, None)),
                            (f"all but the first {noun}", slice(1, None)),
                            (f"all but the last {noun}", slice(0, -1))):
            yield f"if {words} counted", tuple(_cut(a, size, part, letter == "T") for a in place.inputs)
        yield (f"if the {noun}s ran backwards",
               tuple(_cut(a, size, slice(None, None, -1), letter == "T") for a in place.inputs))


def single(place, letters):
    """Return the inputs of a place cut to the first step, sequence, ...; None if there is none to cut to.
    A whole number of steps, such as the length of a chunk, goes down to one with them."""
    inputs, sizes = place.inputs, dict(place.sizes)
    if any(sizes.get(letter, 0) < 2 for letter in letters):
        return None
    for letter in letters:
        before = inputs
        inputs = tuple(_cut(a, sizes[letter], slice(0, 1), letter == "T") for a in inputs)
        if all(a is b for a, b in zip(before, inputs, strict=True)):
            return None
        if letter == "T":
            inputs = tuple(1 if type(a) is int and 1 < a <= sizes["T"] else a for a in inputs)
    return inputs


def _cut(value, size, part, states):
    """Return an input with the axes of this size cut; of T + 1 states one more is kept."""
    if isinstance(value, (tuple, list)):
        parts = [_cut(v, size, part, states) for v in value]
        return value._make(parts) if hasattr(value, "_make") else type(value)(parts)
    if not isinstance(value, np.ndarray):
        return value
    for k, n in enumerate(value.shape):
        if n == size:
            return value[(slice(None),) * k + (part,)]
        if states and k == 0 and n == size + 1 and part.step is None:
            first, last, _ = part.indices(size)
            return value[first:last + 1]
    return value


def simplified(inputs, names):
    """Yield (words, what to look at, number, inputs) of simpler inputs, those that tell most first."""
    flat = _flat(inputs, names)
    floats = [(n, k, name, value) for n, k, name, value in flat if isinstance(value, (np.ndarray, float))
              and np.asarray(value).dtype.kind == "f"]
    for n, k, name, value in flat:
        if type(value) is int and value != 1:
            yield f"{name} is 1", f"at what {name} does", n, _put(inputs, n, k, 1)
    for n, k, name, value in floats:
        for words, other in (("zero", 0 * value), ("all ones" if np.ndim(value) else "one", 0 * value + 1)):
            yield f"{name} is {words}", f"at what {name} does", n, _put(inputs, n, k, other)
    for n, k, name, value in floats:
        if np.ndim(value) and len(value) > 1:
            same = np.broadcast_to(value[:1], value.shape).copy()
            yield (f"all rows of {name} are the same", f"which row of {name} is read", n,
                   _put(inputs, n, k, same))
    for (n, k, a, first), (_, _, b, second) in combinations(floats, 2):
        if np.shape(first) == np.shape(second):
            yield f"{a} equals {b}", "which of the two stands where", n, _put(inputs, n, k, second)
    for n, k, name, value in floats:
        if np.any(value < 0):
            sizes = _put(inputs, n, k, np.abs(value))
            yield f"{name} is nowhere negative", f"at the signs of {name}", n, sizes


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
    if isinstance(value, list) and len(value) > 1:
        yield from (("reversed", value[::-1]), ("without its first part", value[1:]),
                    ("without its last part", value[:-1]), ("its first part alone", value[:1]),
                    ("its last part alone", value[-1:]))
    if type(value) is int:
        yield from (("one more", value + 1), ("one less", value - 1))
    if not isinstance(value, (np.ndarray, float)) or np.asarray(value).dtype.kind != "f":
        if isinstance(value, np.ndarray) and value.dtype.kind == "b":
            yield "the opposite", ~value
        return
    yield from [("zero", 0 * value), ("one", 0 * value + 1), ("negative", -value), ("squared", value**2),
                ("its size, abs", np.abs(value)), ("1 minus it", 1 - value), ("its tanh", np.tanh(value)),
                ("twice as large", 2 * value), ("half as large", value / 2)]
    if not np.ndim(value) and value:
        yield "one over it", 1 / value
    if np.ndim(value) == 2 and value.shape[0] == value.shape[1]:
        yield "transposed", value.T
    if np.ndim(value) == 3:
        yield ("reshaped with its last axis first, which mixes its rows: reshape is no transpose",
               value.reshape(value.shape[-1], -1).T.reshape(value.shape))
        first, second, last = value.shape
        for other in (value.swapaxes(0, 1).reshape(value.shape),
                      value.reshape(second, first, last).swapaxes(0, 1)):
            yield "in another order, its second axis before its first: flatten all arrays alike", other
    if np.ndim(value) >= 1 and len(value) > 1:
        yield from [("reversed", value[::-1]), ("shifted on by one row", np.roll(value, 1, axis=0)),
                    ("shifted back by one row", np.roll(value, -1, axis=0)),
                    ("its first row everywhere", np.broadcast_to(value[:1], value.shape)),
                    ("its last row everywhere", np.broadcast_to(value[-1:], value.shape))]
    if np.ndim(value) >= 1 and len(value) > 2:
        row = np.arange(len(value)).reshape(-1, *[1] * (value.ndim - 1))
        yield from [("zero in its first row", value * (row > 0)),
                    ("zero in its last row", value * (row < len(value) - 1)),
                    ("zero but for its first row", value * (row == 0)),
                    ("zero but for its last row", value * (row == len(value) - 1))]
