"""What several tests share: relative error, flat lists of the arrays of a Gradient, patience."""

import time
import tracemalloc

import numpy as np

PATIENCE = 60_000   # ms: for a loaded machine; every wait ends as soon as its condition holds


def error(a, b):
    """Return the largest difference relative to the largest entry, the worst over all arrays."""
    if isinstance(a, (tuple, list)):
        assert len(a) == len(b)
        return max(error(x, y) for x, y in zip(a, b, strict=True))
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return float(np.abs(a - b).max(initial=0) / scale) if scale > 0 else 0.0


def arrays(gradient):
    """Return every array of a bptt.Gradient."""
    return (*gradient.params, gradient.xs, *gradient.state)


def peak_of(f):
    """Return the most bytes of new memory that a call of f holds at once."""
    tracemalloc.start()
    f()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def until(condition, complaint, seconds=PATIENCE / 1000, page=None, every=50):
    """Wait until the condition holds, asked every so many ms; let the page's events come in meanwhile."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint() if callable(complaint) else complaint
        page.wait_for_timeout(every) if page else time.sleep(every / 1000)
