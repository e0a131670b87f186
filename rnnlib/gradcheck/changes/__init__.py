"""The classical mistakes of a backward pass, one at a time, as the numbers they would give.

`listed(point)` is the list: every mistake in what goes from step to step (`carry`), in what a mask does
(`masks`), in the formulas of one step (`step`) and in the sums over time and batch (`sums`). `locate`
looks a learner's numbers up in it.
"""

import numpy as np

from ...cells import gru
from ..editable import agree, likely, probes
from .carry import carry_changes
from .masks import mask_changes
from .step import step_changes
from .sums import BOTH, sum_changes

MOST, SMALL = 8, 500     # points whose lists are kept, a megabyte each, and how many deltas these have
_known = {}


def listed(point):
    """Return every single change: (text, numbers by name, whether it changes any number here)."""
    if point.listed is None:
        again = point.kind and point.trace.zs.size <= SMALL                       # an own cell may change
        point.listed = _remembered(point) if again else _listed(point)
    return point.listed


def _remembered(point):
    """Return the list of a point, kept from the last time: whoever tries again, does it at the same point."""
    key = point.kind, point.turn, point.mirrored, point.numbers()
    if key not in _known:
        if len(_known) == MOST:
            del _known[next(iter(_known))]
        _known[key] = _listed(point)
    return _known[key]


def _listed(point):
    largest = probes(point.right)
    with np.errstate(all="ignore"):
        return [(text, n, not (likely(largest, n) and agree(point.right, n, point.G)))
                for text, n in ((text, point.theirs(ours)) for text, ours in _named(point))]


def _named(point):
    """Yield what _numbers does; of a GRU without b_n nothing is said of it."""
    for text, n in _numbers(point):
        if point.kind is not gru or "b_n" in point.p._fields:
            yield text, n
        elif "b_n" not in (text := text.replace(" + b_n", "")):
            yield text, n


def _numbers(point):
    for text, *passed in (*carry_changes(point), *mask_changes(point), *step_changes(point)):
        yield text, point.parts(*passed)
    yield from sum_changes(point)
