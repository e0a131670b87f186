"""The checker of notebook 0, exercise 3: what is wrong and goes downhill is right, and all else is named."""

import numpy as np
import pytest

from rnnlib.course import exercises


def spoil(g, wrong=None):
    return {
        "right": g, "a little": 1.2 * g, "uphill": -g, "zero": 0 * g, "noise": np.full(g.shape, 1e9),
        "biggest": np.where(np.abs(g) == np.abs(g).max(), g, 0.0), "flat": 3 * g.ravel(), "sum": 3 * g.sum(),
        "nan": g * np.nan,
    }.get(wrong, 3 * g)


CHECKS = {
    exercises.check_spoil: (spoil, {
        "right": "it is too good", "a little": "within half of", "uphill": "points uphill",
        "zero": "neither down nor up", "noise": "points uphill", "biggest": "1 of 12 entries are too good",
        "flat": "the shape of g, (3, 4); got (12,)", "sum": "the shape of g", "nan": "nan or inf",
    }),
}


@pytest.mark.parametrize("other", [np.sign, lambda g: g / 10, lambda g: 2 * g + 1e-9 * g.sum(),
                                   lambda g: 1000 * g], ids=["sign", "tenth", "disturbed", "thousand"])
def test_every_spoilt_gradient_that_keeps_its_signs_is_right(other):
    assert exercises.check_spoil(lambda g: other(g) * (100 if other is np.sign else 1)).verdict == "right"
