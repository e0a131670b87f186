"""What the pattern of a mistake tells where no change of the list explains it: what was measured, no more.

Gates that share a source, such as dL/dc_t for i, f and g of an LSTM, tell it from their formulas: where one
of them is right, so is the source; where all are off and agree on one other source, their formulas are right.
"""

import numpy as np

from ..cells import gru, lstm
from .editable import GRUS, d_name, same
from .sentences import listed

NONE = " No single change of the list gives these numbers"
TINY = 1e-8          # of the largest: smaller deltas do not tell a ratio


def hint(point, given, errors, wrong):
    """Return the sentence; errors (T, G) are those of the deltas, or None; wrong, the names of what is."""
    bad = _entries(point, given)
    mask = "" if bad is None else _of_mask(point, bad, "delta" in given)
    if mask:
        return f"{NONE}. {mask}"
    which = "" if bad is None else _of_sequences(point, bad)
    if errors is None:
        return f"{NONE}.{which}"
    return f"{NONE}: {_of_steps(point, given, errors, wrong)}.{which}"


def _entries(point, given):
    """Return at which steps of which sequences the deltas are off, (T, B), by dxs if they are not given."""
    name = "delta" if "delta" in given else "xs"
    if name not in given or given[name].shape != point.right[name].shape:
        return None
    a, n = (x.reshape(point.T, -1, x.shape[-1]) for x in (given[name], point.right[name]))
    scale = np.maximum(np.abs(a), np.abs(n)).max(axis=(1, 2), keepdims=True)
    return (np.abs(a - n) > point.tolerance * scale + point.floor).any(axis=-1)


def _of_mask(point, bad, by_delta):
    """Say what the mask has to do with it, if every entry that is off has a masked step at or after it."""
    if point.trace.mask is None or not bad.any():
        return ""
    masked = ~point.trace.mask.reshape(point.T, -1)
    later = np.logical_or.accumulate(masked[::-1])[::-1]     # a masked step here, or later in the sequence
    if (bad & ~later).any():
        return ""
    off = "The deltas" if by_delta else "By dxs, the deltas"
    if not (bad & ~masked).any():
        return f"{off} of masked steps alone are off; they are 0 in a right pass: look at the mask."
    if (~bad & ~later)[:-1].any():
        return (f"{off} are off only at masked steps and before them in the sequence; where no masked step "
                "follows they are right: look at what is done at a masked step, and at what it hands on.")
    return (f"{off} are off only at masked steps and before them, and this mask leaves nothing to compare "
            "with: try it without a mask, which tells whether the mask is at fault.")


def _of_sequences(point, bad):
    """Say so if some sequences of the batch are right at every step."""
    off = np.flatnonzero(bad.any(axis=0))
    if not 0 < len(off) < bad.shape[1]:
        return ""
    names, one = listed([str(k + 1) for k in off]), len(off) == 1
    return f" Only sequence {names} of the batch is off." if one else (
        f" Only sequences {names} of the batch are off.")


def _of_steps(point, given, errors, wrong):
    wrong_at = errors > point.tolerance
    bad, T = wrong_at.any(axis=1), point.T
    if not bad.any():
        return _of_sums(point, wrong)
    top = int(np.flatnonzero(bad).max()) + 1
    gates = [g for g, b in zip(point.gates, wrong_at[top - 1]) if b]
    formulas, source = _told_apart(point, given["delta"], top - 1, gates)
    if top == T:
        nothing = f"at step {T} nothing comes back from later"
        if any(d.any() for d in point.dlast):
            nothing = f"at step {T} only dlast comes back"
        what = f"the formulas of {listed(formulas)}" if formulas else "its formulas, and the dhs it takes"
        if source:
            what = f"{listed(gates)} agree on one {source}, and that is off"
        return f"{nothing}, so look at the step itself: {what}"
    if formulas:
        return f"look at step {top} itself, at the formulas of {listed(formulas)}: what comes back to it is right"
    if source:
        return (f"at step {top}, {listed(gates)} agree on one {source}, and that is off: look at what step "
                f"{top + 1} sends back, and at the dhs of step {top}")
    if bad.sum() == 1 and top == 1:
        return "look at what step 2 sends back, and at step 1, which starts from the initial state"
    if top == T - 1 and bad[:top].all():
        return "look at what is carried back, and at the dhs of the earlier steps"
    return f"look at what step {top + 1} sends back, and at step {top} itself"


def _of_sums(point, wrong):
    """Say where to look if the deltas are right."""
    sums = [d_name(n) for n in wrong if n in point.p._fields]
    starts = [d_name(n) for n in wrong if n not in point.p._fields and n != "xs"]
    said = [f"the sums that make {listed(sums)} from the deltas"] if sums else []
    said += ["W_x^T delta_t, which is dx_t"] if "xs" in wrong else []
    said += [f"what step 1 sends back, which is {listed(starts)}"] if starts else []
    return f"look at {listed(said)}"


# Source or formula?

def _told_apart(point, delta, t, gates):
    """Return (the gates whose own formulas are off, "") or ([], the source that is off); ([], "") if unknown.

    gates are those that are off at row t. Of a cell that is none of ours, or has one gate, nothing is known.
    """
    if point.kind not in (lstm, *GRUS):
        return [], ""
    parts = {k: (a, n) for k, a, n in zip(point.gates, *(
        np.split(x[t], point.G, axis=-1) for x in (delta, point.right["delta"])))}
    if point.kind is lstm:
        return _of_lstm(point.steps[t], parts, gates)
    if {"r", "n"} <= set(gates) and _follows(point, t, parts):
        gates = [k for k in gates if k != "r"]        # delta^r is made of delta^n, as it should be
    if not {"z", "n"} <= set(gates):                  # one of them is right, and so is dL/dh_t
        return gates, ""
    return [], "dL/dh_t" if gates == ["z", "n"] and _agree(parts, "zn") else ""


def _of_lstm(at, parts, gates):
    """Return what _told_apart does, of an LSTM: i, f and g start from dL/dc_t, o from dL/dh_t."""
    if not set("ifg") <= set(gates):                  # one of them is right, and so are both sources
        return gates, ""
    if not _agree(parts, "ifg"):
        return [], ""
    if "o" not in gates:
        return [], "dL/dc_t"
    a, (g, g_right), (o, o_right) = at.kept["a"], parts["g"], parts["o"]
    to_c = (g - g_right) / (a["i"] * (1 - a["g"] ** 2))              # by how much each source is off
    to_h = (o - o_right) / (at.kept["tanh_c"] * a["o"] * (1 - a["o"]))
    one = same(to_c, to_h * a["o"] * (1 - at.kept["tanh_c"] ** 2), 1e-6)
    return [], "dL/dh_t" if one else ""


def _agree(parts, gates):
    """True if these gates are all off by the same factor, entry by entry: their source is, and not they."""
    largest = [np.abs(parts[k][1]).max() for k in gates]
    told = np.all([np.abs(parts[k][1]) > TINY * s for k, s in zip(gates, largest)], axis=0)
    ratios = [parts[k][0][told] / parts[k][1][told] for k in gates]
    return bool(told.any()) and all(same(ratios[0], r, 1e-6) for r in ratios)


def _follows(point, t, parts):
    """True if delta^r of a GRU is what it should be for this delta^n."""
    at, (dr, _), (dn, _) = point.steps[t], parts["r"], parts["n"]
    r = at.kept["a"]["r"]
    W_n = point.p.W_h[2 * point.H:]
    start = dn * at.kept["hn"] if point.kind is gru else (dn @ W_n) * at.before[0]
    return same(dr, start * r * (1 - r))
