"""What several tests share: relative error, and flat lists of the arrays of a Gradient."""

import numpy as np


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
