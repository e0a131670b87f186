"""What the pattern of a mistake tells where no change of the list explains it: what was measured, no more."""

import numpy as np

from ..cells import gru, lstm
from ..cells.activations import sigmoid
from .asking import BETWEEN, CLEAR
from .editable import GRUS, SAME, d_name, own_slope, same
from .patterns import cut_at
from .sentences import listed

SMALL = 1e-4         # of the largest entry: less is said to be little
OWN = "the step itself, and at the dhs it takes"
NONE = " No single change of the list gives these numbers"


def hint(point, given, errors, wrong):
    """Return the sentence; errors (T, G) are those of the deltas, or None; wrong, the names of what is."""
    bad = _entries(point, given)
    mask, beside = ("", "") if bad is None else _of_mask(point, bad, "delta" in given)
    if mask:
        return f"{NONE}. {mask}"
    error = _largest_error(point, given, wrong)
    if point.asked:
        point.asked.clear = error >= CLEAR
    steps = "" if errors is None else f": {_of_steps(point, given, errors, wrong)}"
    sums = {"b", "W_h"} & set(point.p._fields)        # where they are right, so are the deltas
    if errors is None and sums <= set(given) - set(wrong) and {"W_x", "xs"} & set(wrong):
        steps = f": {_of_sums(point, wrong)}"
    more = point.asked.said(wrong, point.gates) if point.asked and "cut off" not in steps else ""
    sent = _of_sent(point, bad, wrong) if point.asked and errors is None and bad is not None else ""
    more = sent if BETWEEN in more and OWN in sent else more or sent
    more += "" if errors is not None or bad is None else _as_if(point, given, bad)
    sequences = _of_sequences(bad) if bad is not None and error >= CLEAR else ""
    small = "" if error >= SMALL else f" What is off is at most {error:.0e} of the largest entry."
    return f"{NONE}{steps}.{beside}{sequences}{more}{small}"


def _largest_error(point, given, wrong):
    """Return how far the worst of what is wrong is off, relative to its largest entry."""
    fits = [(given[n], point.right[n]) for n in wrong if given[n].shape == point.right[n].shape]
    scales = [max(np.abs(a).max(initial=0), np.abs(n).max(initial=0)) or 1.0 for a, n in fits]
    return max((float(np.abs(a - n).max(initial=0) / s) for (a, n), s in zip(fits, scales)), default=1.0)


def _of_sent(point, bad, wrong):
    """Say what dxs tell, where one step alone has a loss, of the last one that is off and of the next."""
    top = int(np.flatnonzero(bad.any(axis=1)).max(initial=-1)) + 1
    if top == point.T and "b" in wrong and not any(d.any() for d in point.dlast):
        return f" Nothing comes back to step {top}, and dx_{top} is off: look at {OWN}."
    alone = point.asked.right_alone(top - 1) if 0 < top < point.T else None
    if alone is None:
        return ""
    factor = point.asked.sent(top) if alone else None
    if factor is not None:
        return (f" With a loss at step {top + 1} alone, dx_{top + 1} is right and dx_{top} {_times(factor)}: "
                f"look at what step {top + 1} sends back.")
    return f" With a loss at step {top} alone, dx_{top} is " + (
        f"right: look at what step {top + 1} sends back." if alone else f"wrong as well: look at {OWN}.")


def _as_if(point, given, bad):
    """Say which delta, of one gate or of all, dx_t is off as if it were another multiple of the right one,
    at the last step that is off."""
    if "delta" in given or not bad.any():
        return ""
    t = int(np.flatnonzero(bad.any(axis=1)).max())
    off, delta, W_x = given["xs"][t] - point.right["xs"][t], point.right["delta"][t], point.own.W_x
    parts = {"delta": (delta, W_x)}
    if point.G > 1:
        blocks = zip(np.split(delta, point.G, axis=-1), np.split(W_x, point.G))
        parts |= {f"delta^{k}": part for k, part in zip(point.gates, blocks)}
    sent = {name: d @ W for name, (d, W) in parts.items()}
    shares = {name: (off * x).sum() / (x * x).sum() for name, x in sent.items() if x.any()}
    fits = {name: c for name, c in shares.items() if off.size > 2 and same(off, c * sent[name], CLEAR)}
    if len(fits) != 1:
        return ""
    (name, c), = fits.items()
    return f" dx_{t + 1} is off as if {name} of step {t + 1} {_were(c)}."


def _were(c):
    """Say by which factor something seems multiplied, of which the share c is too much."""
    if abs(c) < 1e-3:
        return f"were 1 {'+' if c > 0 else '-'} {abs(c):.2g} times what it should be"
    return f"were {1 + c:.4g} times what it should be" if abs(1 + c) > SAME else "were zero"


def _times(factor):
    return f"is {factor:.4g} times what it should be" if abs(factor) > SAME else "is zero, and should not be"


def _entries(point, given):
    """Return at which steps of which sequences the deltas are off, (T, B), by dxs if they are not given."""
    name = "delta" if "delta" in given else "xs"
    if name not in given or given[name].shape != point.right[name].shape:
        return None
    a, n = (x.reshape(point.T, -1, x.shape[-1]) for x in (given[name], point.right[name]))
    scale = np.maximum(np.abs(a), np.abs(n)).max(axis=(1, 2), keepdims=True)
    return (np.abs(a - n) > point.tolerance * scale + point.floor).any(axis=-1)


def _of_mask(point, bad, by_delta):
    """Return what blames the mask, and what leaves it open, if all that is off is at or before a masked step.

    It is blamed if such a step is right in another sequence, where no masked step is at or after it.
    """
    if point.trace.mask is None or not bad.any():
        return "", ""
    masked = ~point.trace.mask.reshape(point.T, -1)
    reached = np.logical_or.accumulate(masked[::-1])[::-1]   # a masked step here, or later in the sequence
    if (bad & ~reached).any():
        return "", ""
    off = "The deltas" if by_delta else "By dxs, the deltas"
    if not (bad & ~masked).any():
        return f"{off} of masked steps alone are off; they are 0 in a right pass: look at the mask.", ""
    last = [(t, k) for k in np.flatnonzero(bad.any(axis=0)) for t in [np.flatnonzero(bad[:, k]).max()]]
    begins = all(masked[t : t + 2, k].any() for t, k in last)      # at a masked step, or right before one
    if begins and any((~bad & ~reached)[t].any() for t, _ in last):
        return (f"{off} are right where no masked step is at or after them, and begin to be wrong at one: "
                "look at what is done at a masked step, and at what it hands on."), ""
    return "", (f" {off} are off only where a masked step is at or after them: whether the mask is the "
                "cause, a pass without one tells.")


def _of_sequences(bad):
    """Say so if some sequences of the batch are right at every step."""
    off = [str(k + 1) for k in np.flatnonzero(bad.any(axis=0))]
    if not 0 < len(off) < bad.shape[1]:
        return ""
    return f" Only sequence {off[0]} of the batch is off." if len(off) == 1 else (
        f" Only sequences {listed(off)} of the batch are off.")


def _of_steps(point, given, errors, wrong):
    """Say where to look: at the last step that is wrong, since what is carried starts from there."""
    wrong_at = errors > point.tolerance
    bad, T = wrong_at.any(axis=1), point.T
    if not bad.any():
        return _of_sums(point, wrong)
    top = int(np.flatnonzero(bad).max()) + 1
    if limit := cut_at(given["delta"][top - 1], point.right["delta"][top - 1]):
        return f"at step {top} the deltas are cut off at ±{limit:.4g}, and right below: look for a clip"
    off = [k for k, b in zip(point.gates, wrong_at[top - 1]) if b]
    formulas, shared = _told_apart(point, given["delta"], top - 1, off)
    if top == T and point.asked and point.asked.reaches_later():
        return ("with a loss at step 1 alone, later steps are not 0, yet no loss reaches a later step: "
                "look at which way the loop runs, and at which rows it reads")
    if top == T:
        dlast = any(d.any() for d in point.dlast)
        back, too = "only dlast" if dlast else "nothing", " and at dlast" * (dlast and not formulas)
        what = shared or "its formulas, and the dhs it takes"
        if not point.kind and len(off) < point.G:
            some = f"gate {off[0]} alone is" if len(off) == 1 else f"gates {listed(off)} alone are"
            what = f"{some} off there"
        what = f"the formulas of {listed(formulas)}" if formulas else what
        what += "" if dlast or point.kind else _itself(point, given["delta"][-1], off)
        return f"at step {T} {back} comes back from later, so look at the step itself{too}: {what}"
    if formulas:
        it = f"look at step {top} itself, at the formulas of {listed(formulas)}"
        return f"{it}: what comes back to it is right"
    begin = f"{shared}; " if shared else ""
    alone = point.asked.right_alone(top - 1) if point.asked else None
    factor = point.asked.sent(top) if alone else None
    return begin + _of_message(top, T, alone, bad[:top].all(), factor)


def _itself(point, delta, off):
    """Say what the deltas of the last step are there, in the gates that are off: a multiple of the right
    ones, or the dhs itself."""
    if point.G == 1 and same(delta, point.dhs[-1]):
        return "; there delta is the dhs of the step, without a slope"
    parts = dict(zip(point.gates, zip(*(np.split(d, point.G, axis=-1)
                                        for d in (delta, point.right["delta"][-1])))))
    pairs = [parts[k] for k in off]
    slope = _slope(point, delta) if point.G == 1 else ""
    instead = slope and f"; there delta is the dhs of the step times {slope}, and its slope is another"
    if not all((n != 0).sum() > 2 for _, n in pairs) or not _one_factor(pairs):
        return instead
    a, n = pairs[0]
    c = float((a * n).sum() / (n * n).sum())
    if abs(c - 1) <= 1e-3 or not all(same(a, c * n, CLEAR) for a, n in pairs):
        return instead
    if point.G > 1:
        return f", where the deltas are {c:.4g} times what they should be" if c else ", and zero"
    return f"; there delta {_times(c)}"


def _slope(point, delta):
    """Return the name of the slope that stands in the delta of the last step, of a cell of one gate."""
    h, before, z = point.trace.hs[-1], point.trace.hs[-2], point.trace.zs[-1]
    with np.errstate(all="ignore"):
        for name, slope in (
            ("1 - h_t^2", 1 - h * h), ("h_t (1 - h_t)", h * (1 - h)),
            ("1 - tanh(z_t)^2", 1 - np.tanh(z) ** 2),
            ("σ(z_t) (1 - σ(z_t))", sigmoid(z) * (1 - sigmoid(z))), ("1 - z_t^2", 1 - z * z),
            ("1 where h_t > 0, else 0", (h > 0) * 1.0), ("1 where z_t > 0, else 0", (z > 0) * 1.0),
            ("1 - h_(t-1)^2", 1 - before * before), ("1 - tanh(h_t)^2", 1 - np.tanh(h) ** 2),
            ("(1 - h_t)^2", (1 - h) ** 2), ("1 - h_t", 1 - h), ("1 + h_t^2", 1 + h * h), ("h_t", h),
            ("z_t", z), ("σ(z_t)", sigmoid(z)), ("1 / (1 - h_t^2)", 1 / (1 - h * h)),
        ):
            if same(delta, point.dhs[-1] * slope):
                return name
    return ""


def _of_message(top, T, alone, all_before, factor):
    """Say where to look if step `top` < T is the last one that is off: what step top + 1 sends back, or the
    step itself. alone: it is right, or not, where nothing comes back; None if that is not known."""
    if factor is not None:
        return (f"with a loss at step {top} alone, step {top} is right; with one at step {top + 1} alone, it "
                f"{_times(factor)}: look at what step {top + 1} sends back")
    if alone is not None:
        measured = f"with a loss at step {top} alone, step {top} is {'right' if alone else 'wrong as well'}"
        return f"{measured}: look at " + (
            f"what step {top + 1} sends back" if alone else OWN)
    if top == T - 1 and all_before:
        return "look first at what is carried back, and then at the dhs of the earlier steps"
    start = ", which starts from the initial state" if top == 1 else ""
    return f"look first at what step {top + 1} sends back, and then at step {top} itself{start}"


def _of_sums(point, wrong):
    """Say where to look if the deltas are right."""
    sums = [d_name(n) for n in wrong if n in point.p._fields]
    starts = [d_name(n) for n in wrong if n not in point.p._fields and n != "xs"]
    said = [f"the sums that make {listed(sums)} from the deltas"] if sums else []
    said += ["W_x^T delta_t, which is dx_t"] if "xs" in wrong else []
    said += [f"what step 1 sends back, which is {listed(starts)}"] if starts else []
    return f"look at {listed(said)}"


def _told_apart(point, delta, t, off):
    """Return (the gates off at row t whose own formulas are, "") or ([], what their common source tells).

    i, f and g of an LSTM start from dL/dc_t, z and n of a GRU from dL/dh_t: where one of them is right, so
    is that source. Nothing but dL/dh_t reaches dL/dc_t where nothing comes back. ([], "") if this cannot
    be told.
    """
    if point.kind not in (lstm, *GRUS):
        return [], ""
    given, right = (np.split(x[t], point.G, axis=-1) for x in (delta, point.right["delta"]))
    parts = dict(zip(point.gates, zip(given, right)))
    group, source = ("ifg", "dL/dc_t") if point.kind is lstm else ("zn", "dL/dh_t")
    if {"r", "n"} <= set(off) and _follows(point, t, *parts["r"], *parts["n"]):
        off = [k for k in off if k != "r"]            # delta^r is made of delta^n, as it should be
    clearly = np.any([np.abs(a - n) > CLEAR * np.abs(n).max() for a, n in map(parts.get, off)], axis=0)
    for a, n in (parts[k] for k in group if k not in off):     # 0 tells nothing: it is, whatever the source
        if ((np.abs(a - n) <= SAME * np.abs(n)) & (n != 0) & clearly).any():
            return off, ""
    both = [k for k in group if k in off]
    same_factor = len(both) > 1 and _one_factor([parts[k] for k in both])
    if same_factor and len(off) == 4 and _one_factor(list(parts.values())):       # o starts from dL/dh_t
        alone = t == point.T - 1 and not point.dlast[1].any()
        both, source = off, "dL/dh_t" if alone else f"{source} and dL/dh_t"
    beside = ""
    if same_factor and "o" in off and "o" not in both:
        from_h = _by_dh(point, t, parts)
        both, source = (off, "dL/dh_t") if from_h else (both, source)
        beside = "" if from_h else ", and o by another factor"
    said = f"at step {t + 1}, {listed(both)} are off as if {source} were wrong{beside}"
    return [], said if same_factor else ""


def _by_dh(point, t, parts):
    """True if all gates of an LSTM are off as they are where dL/dh_t is, and nothing else."""
    at = point.steps[t].kept
    (o, right_o), (i, right_i) = parts["o"], parts["i"]
    with np.errstate(all="ignore"):                   # a gate that is shut tells nothing
        dh_off = (o - right_o) / (at["tanh_c"] * own_slope(lstm, at["a"], "o"))
        dc_off = (i - right_i) / (at["a"]["g"] * own_slope(lstm, at["a"], "i"))
    by_h = dh_off * at["a"]["o"] * (1 - at["tanh_c"] ** 2)
    return same(dc_off, by_h, CLEAR)


def _one_factor(pairs):
    """True if all are off by the same factor, entry by entry; pairs of (given, right)."""
    told = np.all([np.abs(n) > 1e-8 * np.abs(n).max() for _, n in pairs], axis=0)     # tiny ones tell none
    first, *more = (a[told] / n[told] for a, n in pairs)
    return bool(told.any()) and all(same(first, r, CLEAR) for r in more)


def _follows(point, t, dr, _, dn, __):
    """True if delta^r of a GRU is what it should be for this delta^n."""
    at, W_n = point.steps[t], point.p.W_h[2 * point.H:]
    r = at.kept["a"]["r"]
    start = dn * at.kept["hn"] if point.kind is gru else (dn @ W_n) * at.before[0]
    return same(dr, start * r * (1 - r))
