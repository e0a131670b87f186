"""Exercises of notebook 9, the LSTM, backward."""

import numpy as np

from ... import bptt, gradcheck
from ...cells import lstm
from .feedback import Feedback, checker, close, compare, located, run


def _gate_point():
    """Return dh, dc_next, gates (i, f, g, o), c_before and c, each (4, 3), generic; |c| up to 2."""
    rng = np.random.default_rng(101)
    dh, dc_next = rng.normal(size=(2, 4, 3))
    i, f, o = rng.uniform(0.1, 0.9, (3, 4, 3))
    g, c_before = rng.uniform(-0.9, 0.9, (4, 3)), rng.uniform(-2.0, 2.0, (4, 3))
    return dh, dc_next, (i, f, g, o), c_before, f * c_before + i * g


@checker(9, 1, "One step back")
def check_gate_deltas(answer):
    """Notebook 9, exercise 1: (dh, dc_next, gates, c_before, c) -> delta^i, ^f, ^g, ^o and dc_before."""
    dh, dc_next, (i, f, g, o), c_before, c = point = _gate_point()
    tanh_c = np.tanh(c)

    def deltas(*, through=1 - tanh_c**2, arrives=dc_next, dc=None, partners=(g, c_before, i, tanh_c),
               slopes=(i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)), back=f, road=None):
        dc = dh * o * through + arrives if dc is None else dc
        sent = [partner * slope for partner, slope in zip(partners, slopes, strict=True)]
        return np.stack([*(dc * s for s in sent[:3]), dh * sent[3], (dc if road is None else road) * back])

    def slope_of(z_of):
        return [s(z) * (1 - s(z)) if s is _sigmoid else 1 - np.tanh(z) ** 2
                for s, z in zip((_sigmoid, _sigmoid, np.tanh, _sigmoid), z_of, strict=True)]

    right = deltas()
    slopes = (i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o))
    slips = {
        "dc_next is forgotten: c_t also goes on to step t+1, by the forget gate. Add it.": deltas(
            arrives=0.0),
        "dc_next must not pass the tanh: what comes along the cell is added after 1 - tanh(c)**2.": deltas(
            dc=(dh * o + dc_next) * (1 - tanh_c**2)),
        "dc_next must not pass the output gate either: add it to dh * o * (1 - tanh(c)**2).": deltas(
            dc=(dh + dc_next) * o * (1 - tanh_c**2)),
        "1 - c**2 is not the slope: c has not gone through the tanh yet. It is 1 - tanh(c)**2.": deltas(
            through=1 - c**2),
        "the slope of tanh(c) is missing on the way from h_t to c_t: 1 - tanh(c)**2.": deltas(through=1.0),
        "the output gate is missing on the way from h_t to c_t: h_t = o * tanh(c).": deltas(
            dc=dh * (1 - tanh_c**2) + dc_next),
        "only dc_next reaches the cell: h_t = o * tanh(c) sends something to c_t, too.": deltas(dc=dc_next),
        "beside o stands tanh(c), not c: h_t = o * tanh(c).": deltas(partners=(g, c_before, i, c)),
        "f and i have exchanged partners: f stands beside c_before, i beside g.": deltas(
            partners=(c_before, g, i, tanh_c)),
        "f and i are exchanged in what you return: the order is i, f, g, o.": right[[1, 0, 2, 3, 4]],
        "the order is i, f, g, o (yours has o before g).": right[[0, 1, 3, 2, 4]],
        "f stands beside c_before, the cell of the step before: c_t = f * c_before + i * g.": deltas(
            partners=(g, c, i, tanh_c)),
        "g stands beside i in c_t, and i beside g: they are exchanged.": deltas(
            partners=(i, c_before, g, tanh_c)),
        "the slopes are missing: these are derivatives by the gates, not by their z.": deltas(
            slopes=[1.0] * 4),
        "the gates have been through their activations: the slope of i is i * (1 - i).": deltas(
            slopes=slope_of((i, f, g, o))),
        "g is a tanh: its slope is 1 - g**2.": deltas(slopes=(*slopes[:2], g * (1 - g), slopes[3])),
        "g has been through its tanh: the slope is 1 - g**2, not 1 - tanh(g)**2.": deltas(
            slopes=(*slopes[:2], 1 - np.tanh(g) ** 2, slopes[3])),
        "i, f and o are sigmoids: the slope of i is i * (1 - i).": deltas(
            slopes=[1 - s**2 for s in (i, f, g, o)]),
        "delta^o takes dh, not dc: the output gate acts on h_t, after the cell.": np.stack(
            [*right[:3], (right[4] / f) * tanh_c * o * (1 - o), right[4]]),
        "what goes back to c_before is f * dc, with the dc of the whole step, not of dc_next alone.": deltas(
            road=dc_next),
        "what goes back to c_before takes the forget gate along: f * dc.": deltas(back=1.0),
        "what goes back to c_before is f * dc; yours takes the input gate.": deltas(back=i),
    }
    result = _rows(run(answer, *point), 5, "delta^i, delta^f, delta^g, delta^o, dc_before", dh.shape)
    return compare(result, right, slips, "the stack of five results")


def _sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def _rows(result, n, names, shape):
    """Return a tuple of n arrays as one array, or the Feedback that says why it is none."""
    if isinstance(result, Feedback):
        return result
    if isinstance(result, np.ndarray) and result.shape == (n, *shape):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != n:
        count = f"{len(result)} results" if isinstance(result, (tuple, list)) else type(result).__name__
        return Feedback("wrong", f"return {n} arrays, {names}; got {count}.")
    if any(part is None or part is Ellipsis for part in result):
        return tuple(Ellipsis if part is None else part for part in result)
    for name, part in zip(names.split(", "), result, strict=True):
        if not isinstance(part, np.ndarray) or part.shape != shape:
            got = f"shape {part.shape}" if isinstance(part, np.ndarray) else type(part).__name__
            return Feedback("wrong", f"{name} should be an array {shape}; got {got}.")
    return result


@checker(9, 2, "Both roads")
def check_two_roads(answer):
    """Notebook 9, exercise 2: (W_h, gates, cs, dhs) -> all delta_t, (T, B, 4H)."""
    p, xs, state, dhs = point = gradcheck.designed_point(lstm, np.random.default_rng(102))
    trace = bptt.forward(lstm, p, xs, state)
    gates, (_, cs) = trace.kept.gates, trace.states

    def deltas(by_h=lambda delta: delta @ p.W_h, by_c=lambda t, dc, f: f * dc, into_dh=False):
        delta, dh_next, dc_next = np.empty_like(gates), 0.0, 0.0
        for t in reversed(range(len(dhs))):
            i, f, g, o = lstm.split(gates[t])
            dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
            dc = dc_next + dh * o * (1 - tanh_c**2)
            delta[t] = np.concatenate(
                [dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                 dh * tanh_c * o * (1 - o)], axis=-1)
            dh_next, dc_next = by_h(delta[t]), by_c(t, dc, f)
            if into_dh:
                dh_next, dc_next = dh_next + dc_next, 0.0
        return delta

    def alone(k):
        keep = np.repeat(np.arange(4) == k, cs.shape[-1])
        return lambda delta: (delta * keep) @ p.W_h

    slips = {
        **{f"dh_next is the sum over four gates; only {name} is there.": deltas(by_h=alone(k))
           for k, name in enumerate("ifgo")},
        "c_(t+1) = f_(t+1) c_t + ...: dc_next takes f of the step that sends, not of the one that "
        "receives.": deltas(by_c=lambda t, dc, f: lstm.split(gates[t - 1])[1] * dc),
        "dc_next is added to dL/dh: it belongs to the cell, after 1 - tanh(c)**2.": deltas(into_dh=True),
    }
    return located(run(answer, p.W_h, gates, cs, dhs), "delta", lstm, *point, slips=slips)


@checker(9, 3, "Split dX")
def check_split_dX(answer):
    """Notebook 9, exercise 3: (deltas, Ws, H) -> dh_before (B, H) and dx (B, D), from X = [h, x]."""
    B, H, D, rng = 4, 3, 2, np.random.default_rng(103)
    deltas, Ws = rng.normal(size=(4, B, H)), rng.normal(size=(4, H + D, H))
    parts = deltas @ Ws.mT
    dX = parts.sum(axis=0)
    result = run(answer, deltas, Ws, H)
    if isinstance(result, Feedback):
        return result
    if isinstance(result, np.ndarray) and result.shape == dX.shape and close(result, dX):
        return Feedback("wrong", "this is dX: cut it. X = [h, x], so the first H columns are h's.")
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays, dh_before (B, H) and dx (B, D).")
    if any(part is None or part is Ellipsis for part in result):
        return compare(None, dX, {})
    slips = {
        **{f"X enters four gates; the sum leaves out number {n + 1}.": dX - parts[n] for n in range(4)},
        **{f"X enters four gates: add all four. Yours is number {n + 1} alone.": parts[n] for n in range(4)},
        "a mean over the gates: X enters all four, so their parts add up.": dX / 4,
    }
    for name, found, own, other, swapped in (
            ("dh_before", result[0], np.s_[:, :H], np.s_[:, D:], dX[:, H:]),
            ("dx", result[1], np.s_[:, H:], np.s_[:, :D], dX[:, :H])):
        wrong = {text: slip[own] for text, slip in slips.items()}
        wrong["X = [h, x]: the first H columns of dX are h's, the rest x's."] = dX[other]
        wrong["they are exchanged: return dh_before first, then dx."] = swapped
        feedback = compare(found, dX[own], wrong, name)
        if feedback.verdict != "right":
            return feedback
    return feedback
