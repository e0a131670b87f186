"""Exercises of notebook 9, the LSTM, backward."""

from itertools import permutations

import numpy as np

from ... import bptt, gradcheck
from ...cells import lstm
from ...cells.activations import sigmoid
from .backward import confirmed, scaled
from .feedback import checker, located, run
from .slopes import of_sigmoid, of_tanh
from .trials import held, point


@checker(9, 1, "One step back", stars=2, minutes=20)
def check_gate_deltas(answer):
    """Notebook 9, exercise 1: (dh, dc_next, gates, c_before, c) -> delta^i, ^f, ^g, ^o and dc_before."""

    def deltas(dh, dc_next, gates, c_before, c, through=lambda c: 1 - np.tanh(c) ** 2, arrives=lambda dc: dc,
               dc=None, by_i=lambda v: v["g"], by_f=lambda v: v["c_before"], by_g=lambda v: v["i"],
               by_o=lambda v: np.tanh(v["c"]), slope_g=lambda g: 1 - g**2, slope=lambda s: s * (1 - s),
               into_o=lambda v: v["dh"], back=lambda v: v["f"] * v["dc"], order=(0, 1, 2, 3, 4)):
        v = dict(zip("ifgo", gates, strict=True), dh=dh, dc_next=dc_next, c_before=c_before, c=c)
        v["through"] = through(c)
        v["dc"] = dc(v) if dc else dh * v["o"] * v["through"] + arrives(dc_next)
        all_ = (v["dc"] * by_i(v) * slope(v["i"]), v["dc"] * by_f(v) * slope(v["f"]),
                v["dc"] * by_g(v) * slope_g(v["g"]), into_o(v) * by_o(v) * slope(v["o"]), back(v))
        return tuple(all_[n] for n in order)

    tanh_twice, sigma_twice = lambda g: 1 - np.tanh(g) ** 2, lambda s: sigmoid(s) * (1 - sigmoid(s))
    slips = {
        "dc_next is forgotten: c_t also goes on to step t+1, by the forget gate. Add it.": dict(
            arrives=lambda dc: 0.0),
        "dc_next must not pass the tanh: what comes along the cell is added after 1 - tanh(c)**2.": dict(
            dc=lambda v: (v["dh"] * v["o"] + v["dc_next"]) * v["through"]),
        "dc_next must not pass the output gate either: add it to dh * o * (1 - tanh(c)**2).": dict(
            dc=lambda v: (v["dh"] + v["dc_next"]) * v["o"] * v["through"]),
        "dc_next has the forget gate in it already, that of step t+1: add it as it is.": dict(
            dc=lambda v: v["dh"] * v["o"] * v["through"] + v["f"] * v["dc_next"]),
        "1 - c**2 is not the slope: c has not gone through the tanh yet. It is 1 - tanh(c)**2.": dict(
            through=lambda c: 1 - c**2),
        "the slope of tanh(c) is 1 - tanh(c)**2, squared.": dict(through=lambda c: 1 - np.tanh(c)),
        "the slope of tanh(c) is missing on the way from h_t to c_t: 1 - tanh(c)**2.": dict(
            through=lambda c: 1.0),
        "the slope of tanh(c) is taken at c_before: h_t = o * tanh(c_t).": dict(
            dc=lambda v: v["dh"] * v["o"] * (1 - np.tanh(v["c_before"]) ** 2) + v["dc_next"]),
        "on the way from h_t to c_t stands the slope of the tanh, 1 - tanh(c)**2, not tanh(c).": dict(
            through=np.tanh),
        "the output gate is missing on the way from h_t to c_t: h_t = o * tanh(c).": dict(
            dc=lambda v: v["dh"] * v["through"] + v["dc_next"]),
        "dh and dc_next both reach c_t: what they bring is added, not multiplied.": dict(
            dc=lambda v: v["dh"] * v["o"] * v["through"] * v["dc_next"]),
        **{f"gates holds i, f, g, o, in order; yours are taken for {', '.join('ifgo'[k] for k in order)}.":
           lambda dh, dc_next, gates, *cells, order=order: deltas(
               dh, dc_next, tuple(gates[order.index(k)] for k in range(4)), *cells)
           for order in permutations(range(4)) if order != (0, 1, 2, 3)},
        **{f"delta^{gate}": {f"delta^{gate}: the slope is {gate} (1 - {gate}), both factors of one gate.": [
            lambda *inputs, n=n, m=m, way=way: _mixed(deltas, inputs, n, m, way)
            for m in range(4) if m != n for way in (0, 1)]} for n, gate in enumerate("ifgo") if gate != "g"},
        "only dc_next reaches the cell: h_t = o * tanh(c) sends something to c_t, too.": dict(
            dc=lambda v: v["dc_next"]),
        "beside o stands tanh(c), not c: h_t = o * tanh(c).": dict(by_o=lambda v: v["c"]),
        "beside o stands tanh(c), of this step, not of c_before.": dict(
            by_o=lambda v: np.tanh(v["c_before"])),
        "beside f stands c_before in c_t; yours has g, the partner of i.": dict(by_f=lambda v: v["g"]),
        "beside i stands g in c_t; yours has c_before, the partner of f.": dict(by_i=lambda v: v["c_before"]),
        "f and i have exchanged partners: f stands beside c_before, i beside g.": dict(
            by_i=lambda v: v["c_before"], by_f=lambda v: v["g"]),
        "f and i are exchanged in what you return: the order is i, f, g, o.": dict(order=(1, 0, 2, 3, 4)),
        "the order is i, f, g, o (yours has o before g).": dict(order=(0, 1, 3, 2, 4)),
        "f stands beside c_before, the cell of the step before: c_t = f * c_before + i * g.": dict(
            by_f=lambda v: v["c"]),
        "f stands beside c_before itself, not its tanh.": dict(by_f=lambda v: np.tanh(v["c_before"])),
        "i itself stands beside dc: the partner of i in c_t is g.": dict(by_i=lambda v: v["i"]),
        "g itself stands beside dc: the partner of g in c_t is i.": dict(by_g=lambda v: v["g"]),
        "g stands beside i in c_t, and i beside g: they are exchanged.": dict(
            by_i=lambda v: v["i"], by_g=lambda v: v["g"]),
        "delta^i lacks its partner: i stands beside g in c_t.": dict(by_i=lambda v: 1.0),
        "delta^f lacks its partner: f stands beside c_before in c_t.": dict(by_f=lambda v: 1.0),
        "delta^g lacks its partner: g stands beside i in c_t.": dict(by_g=lambda v: 1.0),
        "delta^o lacks its partner: o stands beside tanh(c) in h_t.": dict(by_o=lambda v: 1.0),
        **{f"delta^{gate} starts from dc, not from dh: {gate} acts on the cell, and h_t is one road to it.":
           {f"by_{gate}": lambda v, beside=beside: v["dh"] / v["dc"] * v[beside]}
           for gate, beside in (("i", "g"), ("f", "c_before"), ("g", "i"))},
        "the slopes are missing: these are derivatives with respect to the gates, not to their z.": dict(
            slope=lambda s: 1.0, slope_g=lambda g: 1.0),
        "the gates have been through their activations: the slope of i is i * (1 - i).": dict(
            slope=sigma_twice, slope_g=tanh_twice),
        "i, f and o have been through their σ: the slope of i is i * (1 - i).": dict(slope=sigma_twice),
        "g is a tanh: its slope is 1 - g**2.": dict(slope_g=lambda g: g * (1 - g)),
        "the slope of g is missing: 1 - g**2.": dict(slope_g=lambda g: 1.0),
        "the slope of g is 1 - g**2, squared.": dict(slope_g=lambda g: 1 - g),
        "the slopes of i, f and o are missing: s * (1 - s).": dict(slope=lambda s: 1.0),
        "g has been through its tanh: the slope is 1 - g**2, not 1 - tanh(g)**2.": dict(slope_g=tanh_twice),
        "i, f and o are sigmoids: the slope of i is i * (1 - i).": dict(slope=lambda s: 1 - s**2),
        "delta^o takes dh, not dc: the output gate acts on h_t, after the cell.": dict(
            into_o=lambda v: v["dc"]),
        "dc_next does not reach the output gate: o stands in h_t alone, so it hears dh.": dict(
            into_o=lambda v: v["dh"] + v["dc_next"]),
        "what goes back to c_before is f * dc, with the dc of the whole step, not of dc_next alone.": dict(
            back=lambda v: v["f"] * v["dc_next"]),
        "what goes back to c_before is f * dc, with dc_next in it: the cell's own road.": dict(
            back=lambda v: v["f"] * (v["dc"] - v["dc_next"])),
        "what goes back to c_before takes the forget gate along: f * dc.": dict(back=lambda v: v["dc"]),
        "what goes back to c_before is f * dc; yours takes the input gate.": dict(
            back=lambda v: v["i"] * v["dc"]),
        "what goes back to c_before is f * dc, not (1 - f) * dc.": dict(
            back=lambda v: (1 - v["f"]) * v["dc"]),
        "what goes back to c_before is f * dc: no slope belongs to it.": dict(
            back=lambda v: v["f"] * (1 - v["f"]) * v["dc"]),
        "the last result is f * dc, what c_before receives; yours is delta^f.": dict(
            back=lambda v: v["dc"] * v["c_before"] * v["f"] * (1 - v["f"])),
    }
    rng, points = np.random.default_rng(101), []
    for B, H in ((4, 3), (1, 5)):
        dh, dc_next = rng.normal(size=(2, B, H))
        i, f, o = rng.uniform(0.1, 0.9, (3, B, H))
        g, c_before = rng.uniform(-0.9, 0.9, (B, H)), rng.uniform(-2.0, 2.0, (B, H))
        points.append(point(dh, dc_next, (i, f, g, o), c_before, f * c_before + i * g, B=B, H=H))
    points = [*scaled(points[0], (0, 1), "dh and dc_next"), points[1]]
    names = ("delta^i", "delta^f", "delta^g", "delta^o", "dc_before")
    return held(answer, points, deltas, slips, dict.fromkeys(names, "B H"))


def _mixed(deltas, inputs, n, m, way):
    """Return the delta of gate n with one of the two factors of its slope, s and 1 - s, taken from gate m."""
    s, other = inputs[2][n], inputs[2][m]
    return deltas(*inputs)[n] / (s * (1 - s)) * (s * (1 - other) if way else other * (1 - s))


BEGINS = (lambda dhs: 0.0), (lambda dhs: 1.0), (lambda dhs: dhs[-1])      # what comes back to the last step


def lstm_deltas(W_h, gates, cs, dhs, by_h=lambda delta, W_h: delta @ W_h,
                by_c=lambda t, dc, f, gates: f * dc, into_dh=False, order=(0, 1, 2, 3), forward=False,
                begin=lambda dhs: (0.0, 0.0), heard=lambda dhs: dhs, tanh_c=lambda cs, t: np.tanh(cs[t + 1]),
                into_c=lambda dh, o, tanh_c, c: dh * o * (1 - tanh_c**2), beside_f=lambda cs, t: cs[t],
                slope=lambda s: s * (1 - s), slope_g=lambda g: 1 - g**2, partners=lambda i, g: (g, i),
                carried=lambda f, dc, dh, after: None):
    """Return the deltas of an LSTM, (T, B, 4H)."""
    delta, (dh_next, dc_next), heard = np.empty_like(gates), begin(dhs), heard(dhs)
    for t in range(len(dhs)) if forward else reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        dh, shown = heard[t] + dh_next, tanh_c(cs, t)
        dc = dc_next + into_c(dh, o, shown, cs[t + 1])
        by_i, by_g = partners(i, g)
        blocks = (dc * by_i * slope(i), dc * beside_f(cs, t) * slope(f), dc * by_g * slope_g(g),
                  dh * shown * slope(o))
        delta[t] = np.concatenate([blocks[k] for k in order], axis=-1)
        dh_next = by_h(delta[t], W_h)
        own = carried(f, dc, dh, dc_next + into_c(dh_next, o, shown, cs[t + 1]))
        dc_next = by_c(t, dc, f, gates) if own is None else own
        if into_dh:
            dh_next, dc_next = dh_next + dc_next, 0.0
    return delta


ROADS = {        # slips of lstm_deltas, for every pass of an LSTM
    "c_(t+1) = f_(t+1) c_t + ...: dc_next takes f of the step that sends, not of the one that "
    "receives.": dict(
        by_c=lambda t, dc, f, gates: lstm.split(gates[t - 1])[1] * dc),
    "dc_next takes f of the step itself; yours is that of the step after it.": dict(
        by_c=lambda t, dc, f, gates: lstm.split(gates[min(t + 1, len(gates) - 1)])[1] * dc),
    "dc_next is f * dc; yours is f * dh, which has not gone through h_t = o * tanh(c_t).": dict(
        carried=lambda f, dc, dh, after: f * dh),
    "the partners of i and g are exchanged: delta^i has g beside dc, and delta^g has i.": dict(
        partners=lambda i, g: (i, g)),
    # alone locate knows these: here they stand for pairs
    "dc_next forgets f: it is f * dc.": dict(by_c=lambda t, dc, f, gates: dc),
    "dc_next is missing: f * dc goes back along the cell.": dict(by_c=lambda t, dc, f, gates: 0 * dc),
    "dh_next is missing: delta @ W_h goes back.": dict(by_h=lambda delta, W_h: 0 * delta @ W_h),
    "each block of W_h stands in the carry where its transpose belongs (as rows: delta @ W_h).": dict(
        by_h=lambda delta, W_h: delta @ np.concatenate([w.T for w in np.split(W_h, 4)])),
    "only the loss of the last step is there: each step adds its own dhs[t].": dict(
        heard=lambda dhs: dhs * (np.arange(len(dhs)) == len(dhs) - 1)[:, None, None]),
    "tanh(c_(t-1)) stands where tanh(c_t), row t + 1 of cs, belongs.": dict(
        tanh_c=lambda cs, t: np.tanh(cs[t])),
    "c_t stands where tanh(c_t) belongs.": dict(tanh_c=lambda cs, t: cs[t + 1]),
    "beside f stands c_(t-1), row t of cs; yours is c_t.": dict(beside_f=lambda cs, t: cs[t + 1]),
    "o is missing where h_t sends to c_t.": dict(into_c=lambda dh, o, tanh_c, c: dh * (1 - tanh_c**2)),
    "the slope of tanh(c_t) is missing where h_t sends to c_t.": dict(
        into_c=lambda dh, o, tanh_c, c: dh * o),
    "1 - c_t^2 stands for the slope of tanh(c_t), 1 - tanh(c_t)^2.": dict(
        into_c=lambda dh, o, tanh_c, c: dh * o * (1 - c**2)),
    "g is a tanh: its slope is 1 - g^2.": dict(slope_g=lambda g: g * (1 - g)),
    "the slope of g is missing: it is 1 - g^2.": dict(slope_g=lambda g: 1.0),
    "the slopes of i, f and o are missing: s * (1 - s).": dict(slope=lambda s: 1.0),
    "i, f and o are sigmoids: their slope is s * (1 - s).": dict(slope=lambda s: 1 - s**2),
}


def _squashed(zs):
    """Return the gates for these pre-activations."""
    i, f, g, o = lstm.split(zs)
    return np.concatenate([sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)], axis=-1)


ORDERS = "ifog", "igfo", "iofg", "fiog", "figo", "ofig"      # of gates, in other papers and libraries


def misread(right):
    """Return slips {what is wrong: ways} of right(W_h, gates, ...) -> delta that takes the blocks of gates in
    another order, and sorts its own as i, f, g, o or in that order too."""

    def moved(a, order, axis, back=False):
        names = (order, "ifgo") if back else ("ifgo", order)
        blocks = np.split(a, 4, axis=axis)
        return np.concatenate([blocks[names[1].index(gate)] for gate in names[0]], axis=axis)

    return {f"the blocks of gates are taken for {', '.join(order)}: they stand in the order i, f, g, o.": [
        lambda W_h, gates, *others, order=order: right(W_h, moved(gates, order, -1), *others),
        lambda W_h, gates, *others, order=order: moved(
            right(moved(W_h, order, 0), moved(gates, order, -1), *others), order, -1, back=True)]
        for order in ORDERS}


@checker(9, 2, "Both roads", stars=3, minutes=30)
def check_two_roads(answer):
    """Notebook 9, exercise 2: (W_h, gates, cs, dhs) -> all delta_t, (T, B, 4H)."""

    def inputs(place):
        p, xs, state, dhs = place
        trace = bptt.forward(lstm, p, xs, state)
        return p.W_h, trace.kept.gates, trace.states[1], dhs

    def alone(k):
        return lambda delta, W_h: (delta * np.repeat(np.arange(4) == k, W_h.shape[1])) @ W_h

    slips = {
        **{f"dh_next is the sum over four gates; only {name} is there.": dict(by_h=alone(k))
           for k, name in enumerate("ifgo")},
        **ROADS,
        "dc_next takes f of the step itself; yours is that of one step for all.": [
            lambda *a, k=k: lstm_deltas(*a, by_c=lambda t, dc, f, gates: lstm.split(gates[k])[1] * dc)
            for k in (0, -1)],
        "dh_next is the sum over four gates, not their mean.":
            lambda *a: lstm_deltas(*a, by_h=lambda delta, W_h: delta @ W_h / 4),
        "nothing comes back to the last step: dh_next and dc_next begin at 0.": [
            lambda *a, h=h, c=c: lstm_deltas(*a, begin=lambda dhs: (h(dhs), c(dhs)))
            for h in BEGINS for c in BEGINS if (h, c) != (BEGINS[0],) * 2],
        "dh_next has a row for each sequence: no mean over them.": [
            dict(by_h=lambda delta, W_h: delta @ W_h / len(delta)),
            dict(by_h=lambda delta, W_h: 0 * delta @ W_h + (delta @ W_h).mean(axis=0))],
        "dh_next has a row for each sequence: no sum over them.": dict(
            by_h=lambda delta, W_h: 0 * delta @ W_h + (delta @ W_h).sum(axis=0)),
        **misread(lstm_deltas),
        "dc_next takes f, not 1 - f.": dict(by_c=lambda t, dc, f, gates: (1 - f) * dc),
        "the loop runs forward in time: a delta needs the one of the step after it, so begin at T.": dict(
            forward=True),
        **{f"the blocks of delta stand in the order {', '.join('ifgo'[k] for k in order)}; it is i, f, g, o.":
           dict(order=order) for order in permutations(range(4)) if order != (0, 1, 2, 3)},
        "dc_next is added to dL/dh: it belongs to the cell, after 1 - tanh(c)**2.": dict(into_dh=True),
        "gates holds i, f, g, o, after their σ and tanh: nothing squashes them once more.": [
            lambda W_h, gates, cs, dhs, f=f: lstm_deltas(W_h, f(gates), cs, dhs)
            for f in (_squashed, sigmoid)],
    }
    place = gradcheck.designed_point(lstm, np.random.default_rng(102))
    points = scaled(point(*inputs(place), T=5, B=4, H=3), 3, "dhs")
    for T, B, H in ((3, 1, 5), (1, 2, 4)):
        other = gradcheck.designed_point(lstm, np.random.default_rng(104), T, B, 2, H)
        points.append(point(*inputs(other), T=T, B=B, H=H))
    given = points[0].inputs
    found = located(run(answer, *given), "delta", lstm, *place, again=lambda d: run(answer, *given[:3], d))
    return confirmed(found, answer, points, lstm_deltas, slips, {"delta": "T B ifgo"})


@checker(9, 3, "Split dX", stars=2, minutes=15)
def check_split_dX(answer):
    """Notebook 9, exercise 3: (deltas, Ws, H) -> dh_before (B, H) and dx (B, D), from X = [h, x]."""

    def split(deltas, Ws, H, add=lambda parts: parts.sum(axis=0), cut="h", turn=1):
        dX = add(deltas @ Ws.mT)
        H = H if cut == "h" else dX.shape[-1] - H
        return (dX[:, :H], dX[:, H:])[::turn if cut == "h" else -1]

    slips = {
        "this is dX: cut it. X = [h, x], so the first H columns are h's.": lambda deltas, Ws, H: (
            deltas @ Ws.mT).sum(axis=0),
        **{f"X enters four gates; the sum leaves out number {n + 1}.": dict(
            add=lambda parts, n=n: parts.sum(axis=0) - parts[n]) for n in range(4)},
        **{f"X enters four gates: add all four. Yours is number {n + 1} alone.": dict(
            add=lambda parts, n=n: parts[n]) for n in range(4)},
        "a mean over the gates: X enters all four, so their parts add up.": dict(
            add=lambda parts: parts.mean(axis=0)),
        "the parts of the four gates multiply: they add up.": dict(add=lambda parts: parts.prod(axis=0)),
        "X = [h, x]: the first H columns of dX are h's, the rest x's.": dict(cut="x"),
        "the rows are cut, one for each sequence: h and x stand side by side in X: cut between two columns.":
            lambda deltas, Ws, H: ((deltas @ Ws.mT).sum(axis=0)[:H], (deltas @ Ws.mT).sum(axis=0)[H:]),
        "dh_before": {"all rows of a matrix are transposed, the upper H, too, though they are square.":
                      lambda deltas, Ws, H: (deltas @ Ws[:, :H]).sum(axis=0)},
        "dx": {"the rest, from column H on, not the last H columns.": lambda deltas, Ws, H: (
            deltas @ Ws.mT).sum(axis=0)[:, -H:]},
        "they are exchanged: return dh_before first, then dx.": dict(turn=-1),
        "the deltas are added first: each gate has its own matrix.": lambda deltas, Ws, H: split(
            deltas.sum(axis=0, keepdims=True), Ws.sum(axis=0, keepdims=True), H),
    }

    rng, points = np.random.default_rng(103), []
    for B, H, D, scale in ((5, 3, 2, 1), (1, 2, 5, 1000), (6, 3, 3, 1)):
        deltas, Ws = scale * rng.normal(size=(4, B, H)), rng.normal(size=(4, H + D, H))
        points.append(point(deltas, Ws, H, B=B, H=H, D=D))
    return held(answer, points, split, slips, {"dh_before": "B H", "dx": "B D"})


@checker(9, 4, "Another cell", stars=3, minutes=20)
def check_coupled(answer):
    """Notebook 9, exercise 4: (dh, dc_next, gates (f, g, o), c_before, c) -> delta^f, ^g, ^o and dc_before.

    c_t = f c_(t-1) + (1 - f) g, h_t = o c_t: one gate for keeping and writing, no tanh on the state.
    """

    def deltas(dh, dc_next, gates, c_before, c, through=lambda c: 1.0, shown=lambda c: c, carried=1.0,
               by_f=lambda c_before, g: c_before - g, by_g=lambda f: 1 - f, slope=lambda s: s * (1 - s),
               slope_g=lambda g: 1 - g**2, into_o=lambda dh, dc: dh, back=lambda f, dc: f * dc, gate=True,
               all_dc=None, slope_f=None, slope_o=None, last=None, o_by=None, f_by=None, g_by=None):
        f, g, o = gates
        dc = dh * (o if gate else 1.0) * through(c) + carried * dc_next
        dc = all_dc(dh, dc_next, f, o, c) if all_dc else dc
        return (dc * (f_by(c_before, g, c, f) if f_by else by_f(c_before, g)) * (slope_f or slope)(f),
                dc * (g_by(f, o, g, c_before) if g_by else by_g(f)) * slope_g(g),
                into_o(dh, dc) * (o_by(c, c_before, g) if o_by else shown(c))
                * (slope_o(o, f) if slope_o else slope(o)),
                last(dh, dc_next, f, o) if last else back(f, dc))

    slips = {
        "these are the lines of the LSTM: here h_t = o * c_t, with no tanh around c_t.": dict(
            through=lambda c: 1 - np.tanh(c) ** 2, shown=np.tanh),
        "on the way from h_t to c_t there is no tanh here, so no slope either.": dict(
            through=lambda c: 1 - np.tanh(c) ** 2),
        "on the way from h_t to c_t stands o alone, not 1 - c**2.": dict(through=lambda c: 1 - c**2),
        "beside o stands c itself: h_t = o * c_t.": dict(shown=np.tanh),
        "delta^f: f also stands in 1 - f, in front of g, and that sends back -g.": dict(
            by_f=lambda c_before, g: c_before),
        "delta^f: the use of f in 1 - f has the derivative -1, so g is subtracted.": dict(
            by_f=lambda c_before, g: c_before + g),
        "delta^f has the wrong sign: c_before - g stands beside f.": dict(
            by_f=lambda c_before, g: g - c_before),
        "delta^f: only the use in 1 - f is counted; f also stands beside c_before.": dict(
            by_f=lambda c_before, g: -g),
        "f and 1 - f are exchanged throughout: here f keeps, and 1 - f writes.": dict(
            by_f=lambda c_before, g: g - c_before, by_g=lambda f: f, back=lambda f, dc: (1 - f) * dc),
        "delta^g: beside g stands 1 - f.": [dict(by_g=lambda f: f), dict(by_g=lambda f: 1.0)],
        "dc_next is forgotten: c_t also goes on to step t+1. Add it.": dict(carried=0.0),
        "the output gate is missing on the way from h_t to c_t.": dict(gate=False),
        "the slopes of f and o are missing: s * (1 - s).": dict(slope=lambda s: 1.0),
        "the slope of g is missing: 1 - g**2.": dict(slope_g=lambda g: 1.0),
        "g has been through its tanh: the slope is 1 - g**2.": dict(slope_g=lambda g: 1 - np.tanh(g) ** 2),
        "delta^o takes dh, not dc: the output gate acts on h_t, after the cell.": dict(
            into_o=lambda dh, dc: dc),
        "what goes back to c_before takes the forget gate along: f * dc.": dict(back=lambda f, dc: dc),
        "what goes back to c_before is f * dc, not (1 - f) * dc.": dict(back=lambda f, dc: (1 - f) * dc),
        "only dc_next reaches the cell: h_t = o * c_t sends something to c_t, too.": dict(
            all_dc=lambda dh, dc_next, f, o, c: dc_next),
        "dc_next is subtracted: it is added.": dict(carried=-1.0),
        "dc_next must not pass the output gate: add it to dh * o.": dict(
            all_dc=lambda dh, dc_next, f, o, c: (dh + dc_next) * o),
        "dc_next has the forget gate in it already, that of step t+1: add it as it is.": dict(
            all_dc=lambda dh, dc_next, f, o, c: dh * o + f * dc_next),
        "dh goes to c_t through o, its partner, not through f, c or 1 - o.": [
            dict(all_dc=lambda dh, dc_next, f, o, c, by=by: dh * by(f, o, c) + dc_next)
            for by in (lambda f, o, c: f, lambda f, o, c: c, lambda f, o, c: 1 - o,
                       lambda f, o, c: o * (1 - o))],
        "delta^g: g is a tanh: its slope is 1 - g**2.": dict(slope_g=lambda g: g * (1 - g)),
        "delta^o: the slope must be that of o; yours is that of f.": dict(slope_o=lambda o, f: f * (1 - f)),
        "delta^o: beside o stands c, the new one; yours is another.": [
            dict(o_by=lambda c, c_before, g: c_before), dict(o_by=lambda c, c_before, g: g),
            dict(o_by=lambda c, c_before, g: 1 - c**2)],
        "delta^o lacks its partner: o stands beside c in h_t.": dict(shown=lambda c: 1.0),
        "delta^f: beside f stands c_before - g, the old cell, not c.": [
            dict(f_by=lambda c_before, g, c, f: c - g), dict(f_by=lambda c_before, g, c, f: c),
            dict(f_by=lambda c_before, g, c, f: c_before - c)],
        "delta^f lacks its partner: f stands beside c_before, and 1 - f beside g.":
            dict(by_f=lambda c_before, g: 1.0),
        "delta^f: g stands beside 1 - f once: what f writes less is g, not f * g or (1 - f) * g.": [
            dict(f_by=lambda c_before, g, c, f: c_before - f * g),
                dict(f_by=lambda c_before, g, c, f: c_before - (1 - f) * g)],
        "delta^g: beside g stands 1 - f; yours is another.": [
            dict(g_by=lambda f, o, g, c_before: 1 - o), dict(g_by=lambda f, o, g, c_before: o),
            dict(g_by=lambda f, o, g, c_before: c_before)],
        "what goes back to c_before is f * dc, with the dc of the whole step, not of dc_next alone.": dict(
            last=lambda dh, dc_next, f, o: f * dc_next),
        "what goes back to c_before is f * dc, with dc_next in it: the cell's own road.": dict(
            last=lambda dh, dc_next, f, o: f * dh * o),
        "what goes back to c_before is f * dc: no slope belongs to it.": [
            dict(back=lambda f, dc: f * (1 - f) * dc), dict(back=lambda f, dc: (1 - f**2) * dc)],
        "what goes back to c_before is added to dc_next in step t-1, not here.": dict(
            last=lambda dh, dc_next, f, o: f * (dh * o + dc_next) + dc_next),
        **of_tanh("g", "slope_g", "delta^g: ", but=("missing:", "through", "σ")),
        **of_sigmoid("f", "slope_f", "delta^f: ", but=("sign", "^2 (1")),
        **{text: dict(slope_o=lambda o, f, of=options["slope"]: of(o))
           for text, options in of_sigmoid("o", begin="delta^o: ").items()},
    }
    rng, points = np.random.default_rng(104), []
    for B, H in ((4, 3), (1, 5)):
        dh, dc_next, c_before = rng.normal(size=(3, B, H))
        f, o = rng.uniform(0.1, 0.9, (2, B, H))
        g = rng.uniform(-0.9, 0.9, (B, H))
        points.append(point(dh, dc_next, (f, g, o), c_before, f * c_before + (1 - f) * g, B=B, H=H))
    points = [*scaled(points[0], (0, 1), "dh and dc_next"), points[1]]
    names = ("delta^f", "delta^g", "delta^o", "dc_before")
    return held(answer, points, deltas, slips, dict.fromkeys(names, "B H"))
