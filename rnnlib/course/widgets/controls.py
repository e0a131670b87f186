"""Controls: each is an ordered list of values, and a place in it."""

import math
from numbers import Real

import numpy as np

from ...doors import checks
from .typeset import minus, typeset


class Control:
    """One control of a live figure; `value` can be read and set, `index` is its place in `values`."""

    def __init__(self, description, values, labels, value):
        self.description, self.values, self.labels = description, list(values), list(labels)
        self.moved = lambda: None                       # called after a change; the figure sets it
        self._index = self.place(value)

    @property
    def index(self):
        return self._index

    @index.setter
    def index(self, index):
        if not 0 <= index < len(self.values):
            checks.fail("Control", "index", f"0 to {len(self.values) - 1}", str(index))
        if index != self._index:
            self._index = index
            self.moved()

    @property
    def value(self):
        return self.values[self._index]

    @value.setter
    def value(self, value):
        self.index = self.place(value)

    def place(self, value):
        """Return the index of a value; a number may be off by rounding."""
        for k, own in enumerate(self.values):
            if type(own) is type(value) and own == value:
                return k
        numbers = [k for k, own in enumerate(self.values) if _number(own)]
        if _number(value) and numbers:
            near = min(numbers, key=lambda k: abs(self.values[k] - value))
            if math.isclose(self.values[near], value, rel_tol=1e-9, abs_tol=1e-12):
                return near
        expected = f"one of {self.labels[0]} … {self.labels[-1]} ({len(self.labels)} values)"
        checks.fail("Control", self.description, expected, checks.short(value))

    def as_data(self, name):
        """Return what the front end needs."""
        return {"name": name, "label": typeset(self.description), "options": self.labels,
                "typed": all(map(_number, self.values))}


def _number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def slider(description, value, low, high, step=1):
    """Make a slider, whole-numbered if all its numbers are: slider("time step t", 1, 0, 3).

    Its values are low, low + step, …; value and high must be among them.
    """
    numbers = {"value": value, "low": low, "high": high, "step": step}
    for name, number in numbers.items():
        checks.real("widgets.slider", name, number)
    if step <= 0 or high <= low:
        checks.fail("widgets.slider", "low, high, step", "low < high and step > 0", f"{low}, {high}, {step}")
    count = (high - low) / step
    if abs(count - round(count)) > 1e-6:
        checks.fail("widgets.slider", "high", f"low plus whole steps of {step}", str(high))
    if all(isinstance(number, int) for number in numbers.values()):
        values = range(low, high + 1, step)
        labels = map(str, values)
    else:
        digits = next(d for d in range(16) if math.isclose(round(step, d), step, rel_tol=1e-9))
        values = np.round(low + step * np.arange(round(count) + 1), 12).tolist()
        labels = (f"{v + 0.0:.{max(digits, 1)}f}" for v in values)
    return Control(description, values, map(minus, labels), value)


def choice(description, options, value=None):
    """Make a control of named values: choice("cut", [("window", 3), ("none", None)]), or a list of them."""
    pairs = [option if isinstance(option, tuple) else (str(option), option) for option in options]
    if not pairs:
        checks.fail("widgets.choice", "options", "one option at least", "none")
    values = [v for _, v in pairs]
    return Control(description, values, [minus(name) for name, _ in pairs],
                   values[0] if value is None else value)
