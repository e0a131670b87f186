"""Points at which mistakes show, and the settings in which they hide."""

import numpy as np

from ... import gradcheck, losses, readout, trees
from ...doors import checks
from . import passes
from .diffs import check_mistake

SIZES = {"T": 6, "B": 4, "D": 2, "H": 3, "K": 5}     # pairwise different
SETTINGS = {
    "one step": {"T": 1},
    "two steps": {"T": 2},
    "three steps": {"T": 3},
    "one sequence": {"B": 1},
    "as many sequences as steps": {"T": 4, "B": 4},
    "one unit": {"H": 1},
    "a zero initial state": lambda p, xs, state, out: (p, xs, tuple(0 * s for s in state), out),
    "symmetric W_h": lambda p, xs, state, out: (p._replace(W_h=_symmetric(p.W_h)), xs, state, out),
    "the same input at every step": lambda p, xs, state, out: (p, 0 * xs + xs[:1], state, out),
    "one-hot labels": lambda p, xs, state, out: (p, xs, state, _one_hot(out)),
    "a loss at the last step only": lambda p, xs, state, out: (p, xs, state, _last(out)),
    "small gradients": lambda p, xs, state, out: (p, xs, state, 1e-3 * out),
}
CALLS = {"the first call": 1}                        # not a point: how often the pass is called


def point(mistake, seed=0, at="", **sizes):
    """Return a point for a mistake: designed, so that nothing hides, but for the settings in `at`.

    Settings are parted by " and ", as in "one step and a zero initial state"; sizes T, B, D, H, K.
    For the pass of a cell it is (p, xs, state, dhs), as gradcheck.check_cell and locate take it; for
    a network (inputs, labels).
    """
    where = "wrong.point"
    check_mistake(where, mistake)
    odd = [name for name in sizes if name not in SIZES]
    if odd:
        checks.fail(where, "sizes", f"out of {', '.join(SIZES)}", odd[0], error=TypeError)
    asked = [s for s in f"{mistake.at} and {at}".split(" and ") if s]
    for setting in asked:
        if setting not in SETTINGS and setting not in CALLS:
            checks.fail(where, "at", f"settings out of {sorted(SETTINGS)}", checks.short(setting))
    changes = [SETTINGS.get(s, {}) for s in asked]
    sizes = {**SIZES, **{k: v for c in changes if isinstance(c, dict) for k, v in c.items()}, **sizes}
    K, rng = sizes.pop("K"), np.random.default_rng(checks.whole(where, "seed", seed, 0, 10**9))
    p, xs, state, dhs = gradcheck.designed_point(mistake.cell, rng, **sizes)
    q = readout.Params(rng.normal(size=(K, sizes["H"])), rng.normal(size=K))
    T, B = sizes["T"], sizes["B"]
    hard = mistake.right is passes.lstm_network
    labels = rng.integers(K, size=(T, B)) if hard else rng.dirichlet(np.ones(K), (T, B))
    out = dhs if mistake.in_cell else labels
    for change in changes:
        if callable(change):
            p, xs, state, out = change(p, xs, state, out)
    if mistake.in_cell:
        return p, xs, state, out
    starts = dict(zip((f"{s}0" for s in mistake.cell.STATES), state, strict=True))
    return {"p": p, "q": q, "xs": xs, **starts}, out


def settings(mistake):
    """Return the names of the settings that make sense for a mistake."""
    check_mistake("wrong.settings", mistake)
    if mistake.in_cell:
        senseless = {"one-hot labels"}
    else:
        senseless = {"a loss at the last step only", "small gradients"}
        if mistake.right is passes.lstm_network:      # its labels are class ids
            senseless |= {"one-hot labels"}
    return tuple(s for s in (*SETTINGS, *CALLS) if s not in senseless)


def errors(mistake, seed=0, at="", **sizes):
    """Return how far the mistake is from its right pass at a point, tensor by tensor, and its loss.

    Relative to the largest entry; it is called twice, since some only show then.
    """
    check_mistake("wrong.errors", mistake)
    calls = min((CALLS.get(s, 2) for s in at.split(" and ")), default=2)
    here = point(mistake, seed, at, **sizes)
    found, right = (mistake.last_call(here, calls, right) for right in (False, True))
    pairs = [("loss", found[0], right[0])] if found[0] is not None else []
    pairs += [(name, a, b) for (name, a), (_, b) in zip(*map(trees.walk, (found[1], right[1])), strict=True)]
    return {name: _error(a, b) for name, a, b in pairs}


def _error(a, b):
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / scale) if scale > 0 else 0.0


def _symmetric(W_h):
    blocks = np.split(W_h, len(W_h) // W_h.shape[1])
    return np.concatenate([w + w.T for w in blocks])


def _one_hot(labels):
    return losses.one_hot(labels.argmax(axis=-1), labels.shape[-1]) if labels.ndim == 3 else labels


def _last(dhs):
    return np.concatenate([0 * dhs[:-1], dhs[-1:]])
