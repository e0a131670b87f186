"""What the pattern of a mistake tells where no change of the list explains it."""

import numpy as np

from .editable import d_name
from .sentences import listed


def hint(point, errors, wrong):
    """Say what the pattern tells, where no change of the list explains it; nothing it does not know."""
    none = " No single change of the list gives these numbers"
    if errors is None:
        return f"{none}."
    bad = (errors > point.tolerance).any(axis=1)
    T = len(bad)
    if not bad.any():
        return f"{none}: look at the sums that make {listed([d_name(n) for n in wrong])} from the deltas."
    top = int(np.flatnonzero(bad).max()) + 1
    if top == T:
        names = [g for g, b in zip(point.gates, errors[-1] > point.tolerance) if b]
        some = point.G > 1 and len(names) < point.G
        what = f"the formulas of {listed(names)}, or what is done to their deltas" if some else (
            "its formulas, and the dhs it takes")
        return f"{none}: at step {T} nothing comes back from later, so look at the step itself: {what}."
    if bad.sum() == 1 and top == 1:
        return f"{none}: look at what step 2 sends back, and at step 1, which starts from the initial state."
    if top == T - 1 and bad[:top].all():
        return f"{none}: what is carried back is wrong, or the dhs of the earlier steps."
    return f"{none}: look at what step {top + 1} sends back, and at step {top} itself."
