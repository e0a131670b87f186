"""Mistakes of the LSTM derivation [002] and their kin, each a small variation of one right pass.

A pass maps inputs {"p", "q", "xs", "h0", "c0"} and targets (T, B) to the loss and its gradient.
The numbers are those of the list of mistakes; FAILS says which tensors each of them spoils.
"""

import numpy as np

from rnnlib import bptt, gradcheck, losses, lstm, readout

CELL = {"W_x", "W_h", "b", "xs", "h0", "c0"}
ALL = CELL | {"W_y", "b_y"}


def point(seed=0, T=5, B=4, D=2, H=3, K=6, scale=1.0, state=1.0):
    """Return inputs and class ids at a designed point; scale shrinks weights and cell states."""
    rng = np.random.default_rng(seed)
    p, xs, (h0, c0), _ = gradcheck.designed_point(lstm, rng, T, B, D, H)
    p = p._replace(W_x=scale * p.W_x, W_h=scale * p.W_h, b=scale * p.b)
    q = readout.Params(rng.normal(size=(K, H)), rng.normal(size=K))
    inputs = {"p": p, "q": q, "xs": xs, "h0": state * h0, "c0": state * scale * 3 * c0}
    return inputs, rng.integers(K, size=(T, B))


def nats(i, ids):
    hs = bptt.unroll(lstm, i["p"], i["xs"], (i["h0"], i["c0"])).hs[1:]
    log_p = losses.log_softmax(hs @ i["q"].W_y.T + i["q"].b_y)
    return -np.take_along_axis(log_p, ids[..., None], axis=-1).sum()


def right(i, ids, *, error=None, slope_c=None, gate=None, back=None, dc_back=None, add_dc=None,
          loss=nats, bias=lambda b: b.sum(axis=(0, 1))):
    """Return loss and gradient; each option replaces one quantity of the backward pass."""
    p, q = i["p"], i["q"]
    trace = bptt.unroll(lstm, p, i["xs"], (i["h0"], i["c0"]))
    hs, cs = trace.states
    prob = losses.softmax(hs[1:] @ q.W_y.T + q.b_y)
    e = (error or subtract_one)(prob, ids)
    delta, dh, dc = np.zeros(trace.zs.shape), 0 * hs[0], 0 * cs[0]
    for t in reversed(range(len(ids))):
        i_t, f, g, o = lstm.split(trace.kept.gates[t])
        total, tanh_c = e[t] @ q.W_y + dh, np.tanh(cs[t + 1])
        from_h = total * o * (slope_c(cs[t + 1]) if slope_c else 1 - tanh_c**2)
        dc = add_dc(dc, from_h, o, tanh_c, total) if add_dc else dc + from_h
        local = gate or (lambda a, kind: 1 - a * a if kind == "g" else a * (1 - a))
        parts = [dc * g * local(i_t, "i"), dc * cs[t] * local(f, "f"), dc * i_t * local(g, "g"),
                 total * tanh_c * local(o, "o")]
        delta[t] = np.concatenate(parts, axis=-1)
        dh = (back or (lambda d: d @ p.W_h))(delta[t])
        dc = (dc_back or (lambda dc, f, o: dc * f))(dc, f, o)
    rows = lambda a: a.reshape(-1, a.shape[-1])
    cell = lstm.Params(rows(delta).T @ rows(i["xs"]), rows(delta).T @ rows(hs[:-1]), bias(delta))
    out = readout.Params(rows(e).T @ rows(hs[1:]), e.sum(axis=(0, 1)))
    return loss(i, ids), {"p": cell, "q": out, "xs": delta @ p.W_x, "h0": dh, "c0": dc}


def subtract_one(prob, ids):
    return prob - losses.one_hot(ids, prob.shape[-1])


def second_row_only(prob, ids):
    """dy[1, y] -= 1: every target is subtracted from sequence 1, none from the others."""
    e = prob.copy()
    for row, targets in zip(e, ids):
        np.subtract.at(row[1], targets, 1)
    return e


def one_hot_of_a_batch_is_one_row(i, ids):
    """X = zeros((1, D)); X[0, ids] = 1: one row with several ones serves the whole batch as label."""
    def error(prob, ids):
        y = np.zeros((len(ids), 1, prob.shape[-1]))
        for row, targets in zip(y, ids):
            row[0, targets] = 1
        return prob - y
    return right(i, ids, error=error)


def without_gate(k):
    """dX lacks the part that comes through gate k."""
    def back(p):
        H = p.W_h.shape[1]
        keep = np.repeat(np.arange(4) != k, H)
        return lambda delta: (delta * keep) @ p.W_h
    return lambda i, ids: right(i, ids, back=back(i["p"]))


def two_windows(i, ids):
    """d_next = 0 at the end of a window although the state goes on: two windows, gradients added."""
    cut = len(ids) // 2
    hs, cs = bptt.unroll(lstm, i["p"], i["xs"], (i["h0"], i["c0"])).states
    first = right({**i, "xs": i["xs"][:cut]}, ids[:cut])[1]
    second = right({**i, "xs": i["xs"][cut:], "h0": hs[cut], "c0": cs[cut]}, ids[cut:])[1]
    total = {"p": lstm.Params(*(a + b for a, b in zip(first["p"], second["p"]))),
             "q": readout.Params(*(a + b for a, b in zip(first["q"], second["q"]))),
             "xs": np.concatenate([first["xs"], second["xs"]]), "h0": first["h0"], "c0": first["c0"]}
    return nats(i, ids), total


def twice(a):
    """The derivative of an activation, given an activation where it expects a pre-activation."""
    s = (1 + np.tanh(a / 2)) / 2
    return s * (1 - s)


LOSS = {"002-3": lambda i, ids: nats(i, ids) / len(ids)}
WRONG = {
    "002-1": lambda i, y: right(i, y, error=second_row_only),
    "002-2a": lambda i, y: right(i, y, slope_c=lambda c: 1 - c * c),
    "002-2b": lambda i, y: right(i, y, gate=lambda a, kind: 1 - np.tanh(a) ** 2 if kind == "g" else twice(a)),
    "002-3": lambda i, y: right(i, y, loss=LOSS["002-3"]),
    "002-5": one_hot_of_a_batch_is_one_row,
    "002-6": lambda i, y: right(i, y, bias=lambda d: d.sum(axis=0)),
    "002-8": two_windows,
    "dh_next dropped": lambda i, y: right(i, y, back=lambda d: 0 * (d @ i["p"].W_h)),
    "dc_next dropped": lambda i, y: right(i, y, dc_back=lambda dc, f, o: 0 * dc),
    "dc_next through tanh'": lambda i, y: right(
        i, y, add_dc=lambda dc, from_h, o, tanh_c, total: (dc + total * o) * (1 - tanh_c**2)),
    "carry without transpose": lambda i, y: right(
        i, y, back=lambda d: d @ np.concatenate([w.T for w in np.split(i["p"].W_h, 4)])),
    **{f"dX without {name}": without_gate(k) for k, name in enumerate("ifgo")},
}
FAILS = {
    "002-1": ALL - {"b_y"},                           # what is subtracted adds up all the same
    "002-2a": CELL, "002-2b": CELL, "002-3": ALL, "002-5": ALL, "002-8": CELL,
    **{name: CELL for name in WRONG if not name.startswith("002")},
}
