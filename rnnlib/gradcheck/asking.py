"""What more calls of a wrong pass tell of it, where no change of the list explains its numbers.

A backward pass is linear in what the loss injects, step by step, and sequences do not meet in it. So it is
asked for other dhs, and for one sequence at a time. What is said was measured; None where it is not known.
"""

import numpy as np

from .. import bptt
from . import guard
from .editable import SAME, agree, d_name, same
from .given import called
from .judging import COMPLEX_TOLERANCE, DRIFT, another
from .sentences import listed, of_gate

BETWEEN = "what happens to that between the steps, and at what depends on the number of the step"
CLEAR = 1e-6         # of the largest: where less is off, rounding may decide which gate seems right


class Asked:
    """A backward pass at one point, which may be called again; given is what it gave at first."""

    def __init__(self, cell, p, trace, dhs, backward, dlast, given, deltas_of, numbers_of):
        """deltas_of and numbers_of(cell, p, trace, dhs, dlast) are right: a row of each step, and all."""
        self.cell, self.p, self.trace, self.dhs, self.backward = cell, p, trace, dhs, backward
        self.dlast, self.given, self.deltas_of, self.numbers_of = dlast, given, deltas_of, numbers_of
        self.clear = True    # enough is off for less of it to be seen: else what looks right proves nothing

    def numbers(self, dhs, scale=0.0):
        """Return what it gives for other dhs and for dlast times scale; None if it cannot be told."""
        last = None if self.dlast is None else tuple(scale * d for d in self.dlast)
        found = self._called(self.trace, dhs, last)
        shapes = found and {n: a.shape for n, a in found.items()}
        if shapes != {n: a.shape for n, a in self.given.items()}:
            return None
        follows = any(not np.array_equal(a, self.given[n]) for n, a in found.items())
        return found if follows else None             # dhs is not taken from the argument

    def scatters(self, wrong, right, distance):
        """True if what is off is other numbers at three points that far beside this one: that is rounding."""
        rng, states, moves = np.random.default_rng(5), tuple(s[0] for s in self.trace.states), []
        for _ in range(3):
            p, (xs,) = ([a * (1 + distance * rng.choice((-1.0, 1.0), a.shape)) for a in arrays]
                        for arrays in (self.p, [self.trace.xs]))
            trace = bptt.forward(self.cell, self.p._make(p), xs, states, self.trace.mask)
            found = self._called(trace, self.dhs, self.dlast)
            numbers, *_ = self.numbers_of(self.cell, trace.p, trace, self.dhs, self.dlast)
            if found is None or not all(np.shape(found.get(n)) == right[n].shape for n in wrong):
                return False
            moves.append([[_largest(found[n] - numbers[n], self.given[n] - right[n]),
                           np.abs(numbers[n] - right[n]).max() / np.abs(right[n]).max()] for n in wrong])
        return all(of[:, 1].max() <= DRIFT and another(of[:, 0], of[:, 1].max())
                   for of in np.swapaxes(moves, 0, 1))

    def _called(self, trace, dhs, last):
        with guard.caught(guard.Printed()):
            found = called(self.cell, trace.p, trace, dhs, self.backward, last)
        return None if isinstance(found, str) else found[0]

    def _alone(self, t):
        """Return the deltas, or dxs where there are none, and the right ones, where only row t has a loss."""
        name, shape = ("delta", self.trace.zs.shape) if "delta" in self.given else ("xs", self.trace.xs.shape)
        dhs = np.zeros_like(self.dhs)
        dhs[t] = self.dhs[t] if self.dhs[t].any() else 1.0
        found = self.numbers(dhs) if name in self.given else None
        if found is None or found[name].shape != shape or np.array_equal(found[name], self.given[name]):
            return None, None
        last = None if self.dlast is None else tuple(0 * d for d in self.dlast)
        right = self.deltas_of(self.cell, self.p, self.trace, dhs, last)
        return found[name], right if name == "delta" else right @ self.p.W_x

    def right_alone(self, t):
        """Return whether row t of the deltas is right where only that step has a loss; None if not known."""
        found, right = self._alone(t)
        if right is None or not right[t].any():
            return None
        return (self.clear or None) if same(found[t], right[t], COMPLEX_TOLERANCE) else False

    def sent(self, t):
        """Return by which factor row t - 1 is off where only the step of row t has a loss, and is right."""
        found, right = self._alone(t)
        if right is None or not same(found[t], right[t], COMPLEX_TOLERANCE):
            return None
        return _factor(found[t - 1], right[t - 1])

    def reaches_later(self):
        """Return whether a loss at step 1 alone changes a later step, as it never does."""
        nothing, (found, right) = self.numbers(0 * self.dhs), self._alone(0)
        return right is not None and bool(nothing) and bool(found[1:].any()) and not any(
            a.any() for a in nothing.values())

    def said(self, wrong, gates):
        """Return the sentence of what was found out, or "". wrong: the names of what is, gates: of all."""
        if self._ignores_dhs():
            return " With other dhs it gives the same numbers: it does not use the dhs that it is given."
        nothing = self.numbers(0 * self.dhs)
        added = [d_name(n) for n, a in (nothing or {}).items() if a.any()]
        if added:
            verb = "is" if len(added) == 1 else "are"
            return (f" With a loss of zero {listed(added)} {verb} not zero: something is added that no loss "
                    "sends.")
        twice = self.numbers(-2 * self.dhs, -2.0)
        if twice and not all(same(a, -2 * self.given[n]) for n, a in twice.items()):
            return (" Minus twice the loss does not give minus twice the numbers: look for what depends on "
                    "their size or sign, as a clip or a norm does.")
        if not self.clear:
            return ""
        if self._right_without_dlast():
            return " With dlast all zero the pass is right: look at what is done with it."
        if self._right_by_sequence():
            return (" With each sequence alone the pass is right: look at what is done over the batch, or "
                    "goes from one sequence to the next.")
        return self._by_one_step(wrong, gates)

    def _ignores_dhs(self):
        """True if other injections change no number."""
        found = self._called(self.trace, 0.5 - self.dhs, self.dlast) if self.dhs.any() else None
        return bool(found) and set(found) == set(self.given) and all(
            np.array_equal(a, self.given[n]) for n, a in found.items())

    def _right_by_sequence(self):
        """True if each sequence of the batch alone gives the right numbers."""
        if self.dhs.ndim != 3 or self.dhs.shape[1] < 2:
            return False
        every, states = slice(None), tuple(s[0] for s in self.trace.states)
        for b in range(self.dhs.shape[1]):
            one = slice(b, b + 1)
            last = None if self.dlast is None else tuple(d[one] for d in self.dlast)
            if self._wrong_in((every, one), tuple(s[one] for s in states), last) != []:
                return False
        return True

    def _right_without_dlast(self):
        if self.dlast is None or not np.any(self.dlast):
            return False
        found, zero = self.numbers(self.dhs), tuple(0 * d for d in self.dlast)
        found = self._held(found, self.trace, self.dhs, zero)
        return found is not None and all(right for *_, right in found.values())

    def _by_one_step(self, wrong, gates):
        """Say what the last step alone gives, with something random that arrives in each of its states."""
        if len(self.dhs) < 2:
            return ""
        rng = np.random.default_rng(0)
        last = None if self.dlast is None else tuple(rng.normal(size=d.shape) for d in self.dlast)
        found = self._compared((slice(-1, None),), tuple(s[-2] for s in self.trace.states), last)
        starts = [f"{s}0" for s in self.cell.STATES]
        if found is None:
            return ""
        if last and set(starts) <= set(found) and set(starts) & set(wrong):     # the recursion is not right
            off = [name for name, (*_, right) in found.items() if not right]
            if not off:
                return f" The last step alone is right, and so is what it sends back: look at {BETWEEN}."
            if set(off) < set(starts):
                right = [f"d{s}" for s, name in zip(self.cell.STATES, starts) if name not in off]
                times = "".join(f", which is {c:.4g} times what it should be" for name in off
                                if (c := _factor(*found[name][:2])) is not None)
                off = [f"d{name[:-1]}" for name in off]
                return (f" The last step alone sends back a right {listed(right)} and a wrong {listed(off)}"
                        f"{times}.")
        sums_only = list(wrong) == ["b"] or ("xs" in found and "xs" not in wrong)
        return "" if "delta" in found or "b" not in wrong or sums_only else self._of_gates(*found["b"], gates)

    def _of_gates(self, b, right_b, right, gates):
        """Say in which gates db is off where only the last step is there, if not in all."""
        if right or b.shape != right_b.shape or b.size % len(gates):
            return ""
        pairs = zip(gates, np.split(b, len(gates)), np.split(right_b, len(gates)))
        off = [k for k, x, n in pairs if not same(x, n, CLEAR)]
        some = 0 < len(off) < len(gates)
        return f" Of the last step alone, db is off in the rows of {of_gate(off)}." if some else ""

    def _wrong_in(self, rows, state, last):
        """Return the names of what is wrong in rows of the sequences, from state on; None if not known."""
        found = self._compared(rows, state, last)
        return found and [name for name, (*_, right) in found.items() if not right]

    def _compared(self, rows, state, last):
        """Return {name: (numbers, the right ones, whether they agree)} of rows of the sequences, or None."""
        trace, dhs = self.trace, self.dhs[rows]
        part = bptt.forward(self.cell, self.p, trace.xs[rows], state,
                            None if trace.mask is None else trace.mask[rows])
        return self._held(self._called(part, dhs, last), part, dhs, last)

    def _held(self, found, trace, dhs, last):
        if found is None or set(found) != set(self.given):
            return None
        right, tolerance, floor = self.numbers_of(self.cell, self.p, trace, dhs, last)
        G, tolerance = trace.zs.shape[-1] // dhs.shape[-1], max(tolerance, SAME)
        return {n: (a, right[n], agree({n: a}, right, G, tolerance, floor)) for n, a in found.items()}


def _largest(off, off_before):
    return np.abs(off - off_before).max() / np.abs(off_before).max()


def _factor(a, n):
    """Return by which factor a is off everywhere, if it is by one, else None."""
    if (n != 0).sum() < 3:
        return None
    factor = float((a * n).sum() / (n**2).sum())
    return factor if same(a, factor * n) and abs(factor - 1) > 1e-3 else None
