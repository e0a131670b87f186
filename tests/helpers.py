"""What several tests share: relative error, flat lists of the arrays of a Gradient, patience, axe."""

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

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


def axe(page, only=None, parts=None, first=None):
    """Let axe look at the whole page or some parts, by all its rules or only some.

    Return [(rule, target, HTML)] of what breaks one. first is a script that runs before, with axe loaded.
    """
    path = pytest.importorskip("axe_playwright_python", reason="axe is not installed").__file__
    if not page.evaluate("!!window.axe"):
        page.evaluate((Path(path).parent / "axe.min.js").read_text(encoding="utf-8"))
    if first:
        page.evaluate(first)
    found = page.evaluate(
        "([parts, only]) => axe.run(parts ? { include: parts.map((part) => [part]) } : document,"
        "    { resultTypes: ['violations'], ...(only && { runOnly: only }) })", [parts, only])["violations"]
    return [(rule["id"], node["target"], node["html"]) for rule in found for node in rule["nodes"]]
