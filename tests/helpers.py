"""What several tests share: relative error, the arrays of a Gradient, layers of PyTorch, patience, axe."""

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


def random_pytorch(torch, name, rng, D, H, **options):
    """Return a network of PyTorch with random weights, both biases among them."""
    made = getattr(torch.nn, name)(D, H, dtype=torch.float64, **options)
    with torch.no_grad():
        for w in made.parameters():
            w.copy_(torch.tensor(0.6 * rng.normal(size=w.shape)))
    return made


def run_pytorch(torch, theirs, xs, state, dhs, dlast, lengths=None):
    """Return outputs and last states of a network of PyTorch, the gradients by name, dxs, and dstate."""
    x = torch.tensor(xs, requires_grad=True)
    given = [torch.tensor(s, requires_grad=True) for s in state]
    packed = x if lengths is None else torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor(lengths), enforce_sorted=False)
    ys, last = theirs(packed, tuple(given) if len(given) == 2 else given[0])
    if lengths is not None:
        ys, _ = torch.nn.utils.rnn.pad_packed_sequence(ys, total_length=len(xs))
    last = last if isinstance(last, tuple) else (last,)
    loss = (ys * torch.tensor(dhs)).sum() + sum(
        (s * torch.tensor(d)).sum() for s, d in zip(last, dlast, strict=True))
    loss.backward()
    return (ys.detach().numpy(), [s.detach().numpy() for s in last],
            {n: w.grad.numpy() for n, w in theirs.named_parameters()},
            x.grad.numpy(), [s.grad.numpy() for s in given])


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
