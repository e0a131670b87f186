"""A mistake is a right pass and the lines in which the wrong one differs from it."""

import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType

from ... import bptt, gradcheck
from ...doors import checks
from . import passes

IN_CELL = (passes.rnn_backward, passes.Layer, passes.lstm_backward, passes.gru_backward)


@dataclass(frozen=True, eq=False, repr=False)
class Mistake:
    """A wrong backward pass: a right one, with a line or two changed."""

    name: str
    title: str               # what it is, in a few words: the answer
    puzzle: str              # a title that does not give it away
    cell: ModuleType         # rnn, lstm or gru
    right: Callable          # a pass of `passes`
    change: dict             # {right line: wrong line}, without indentation; "" leaves the line out
    fails: str               # the tensors whose gradient is wrong at a designed point, parted by spaces
    hidden_at: tuple         # settings (of `points`) at which every number is exactly right
    source: str
    breaks: str
    hides: str
    falling_loss: str
    at: str = ""             # the settings that its own point needs, such as one-hot labels
    options: dict = field(default_factory=dict)      # keyword arguments of the pass
    loss: Callable | None = None                     # what it claims to derive, if not its own loss

    def __repr__(self):
        return f"Mistake({self.puzzle!r})"              # its name would give the answer away

    @property
    def in_cell(self):
        """True if the mistake lives in the cell's backward pass, False if it needs a whole network."""
        return self.right in IN_CELL

    @property
    def right_code(self):
        """The right pass, as text."""
        return inspect.getsource(self.right)

    @cached_property
    def code(self):
        """The wrong pass, as text: the puzzle."""
        lines = self.right_code.splitlines()
        for old, new in self.change.items():
            (k,) = (k for k, line in enumerate(lines) if line.strip() == old)
            indent = lines[k][: len(lines[k]) - len(lines[k].lstrip())]
            lines[k: k + 1] = [indent + line for line in new.splitlines()]
        return "\n".join(lines) + "\n"

    @property
    def diff(self):
        """The pairs (right line, wrong line): the solution."""
        return tuple(self.change.items())

    @cached_property
    def _wrong(self):
        file = f"<wrong pass: {self.name}>"
        linecache.cache[file] = (len(self.code), None, self.code.splitlines(keepends=True), file)
        names = dict(vars(passes))
        exec(compile(self.code, file, "exec"), names)
        return names[self.right.__name__]

    def start(self, right=False):
        """Return the wrong pass, or the right one; one that keeps something between calls begins anew."""
        found = self.right if right else self._wrong
        return found() if isinstance(found, type) else found

    @property
    def backward(self):
        """The wrong pass of a cell, (cell, p, trace, dhs) -> bptt.Gradient; None if it is a network."""
        return self.start() if self.in_cell else None

    def call(self, run, point):
        """Return what a pass from `start` says at a point: its loss (None for a cell), its tensors."""
        if not self.in_cell:
            inputs, labels = point
            name = "ids" if self.right is passes.lstm_network else "labels"
            return run(**inputs, **{name: labels}, **self.options)
        p, xs, state, dhs = point
        found = run(self.cell, p, bptt.forward(self.cell, p, xs, state), dhs)
        starts = (f"{s}0" for s in self.cell.STATES)
        return None, {"p": found.params, "xs": found.xs, **dict(zip(starts, found.state, strict=True))}

    def last_call(self, point, calls=2, right=False):
        """Return what the last of `calls` calls says at a point; all get the same arrays."""
        run = self.start(right)
        if self.in_cell:
            point = (*point[:3], point[3].copy())     # a pass may write into dhs
        return [self.call(run, point) for _ in range(calls)][-1]

    def check(self, point, calls=2, right=False):
        """Hold what the last of `calls` calls returns against a complex step; return a Report.

        A network's gradient is held against the loss that the same pass returns.
        """
        f, inputs, found = self.problem(point, calls, right)
        if not self.in_cell:
            return gradcheck.check(f, inputs, found, method="complex")
        gradient = bptt.Gradient(found["p"], found["xs"], tuple(found[f"{s}0"] for s in self.cell.STATES))
        return gradcheck.check_cell(self.cell, *point, backward=lambda *_: gradient)

    def problem(self, point, calls=2, right=False):
        """Return what gradcheck.check asks for: f, inputs and the gradient, for a check of one's own."""
        gradient = self.last_call(point, calls, right)[1]
        if not self.in_cell:
            inputs, labels = point
            run = self.start(right)
            if self.loss is not None:
                return lambda i: self.loss(**i, labels=labels, **self.options), inputs, gradient
            return lambda i: self.call(run, (i, labels))[0], inputs, gradient
        p, xs, state, dhs = point
        starts = [f"{s}0" for s in self.cell.STATES]

        def f(i):
            hs = bptt.forward(self.cell, i["p"], i["xs"], tuple(i[s] for s in starts)).hs
            return (dhs * hs[1:]).sum()

        return f, {"p": p, "xs": xs, **dict(zip(starts, state, strict=True))}, gradient


def check_mistake(where, value):
    """Check that value is a Mistake."""
    if not isinstance(value, Mistake):
        hint = "wrong.mistake(name) returns one."
        checks.fail(where, "mistake", "a Mistake", checks.short(value), hint, TypeError)
