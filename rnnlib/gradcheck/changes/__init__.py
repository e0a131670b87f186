"""The classical mistakes of a backward pass, one at a time, as the numbers they would give.

`listed(point)` is the list: every mistake in what goes from step to step (`carry`), in what a mask does
(`masks`), in the formulas of one step (`step`) and in the sums over time and batch (`sums`). `locate`
looks a learner's numbers up in it.
"""

import numpy as np

from ..editable import agree, likely, probes
from .carry import carry_changes
from .masks import mask_changes
from .step import step_changes
from .sums import BOTH, sum_changes


def listed(point):
    """Return every single change: (text, numbers by name, whether it changes any number here)."""
    if point.listed is None:
        largest = probes(point.right)
        with np.errstate(all="ignore"):
            point.listed = [(text, n, not (likely(largest, n) and agree(point.right, n, point.G)))
                            for text, n in _numbers(point)]
    return point.listed


def _numbers(point):
    for text, *passed in (*carry_changes(point), *mask_changes(point), *step_changes(point)):
        yield text, point.parts(*passed)
    yield from sum_changes(point)
