"""Exercises of notebook 8, the LSTM forward."""

from itertools import permutations

import numpy as np

from ...cells.activations import sigmoid
from .feedback import checker
from .slopes import no_sigmoid, no_tanh
from .trials import held, point

NAMED_ORDERS = "ifgo", "iogf", "figo", "ifog", "fiog"      # of the blocks: right, or told in own words


@checker(8, 1, "The step", stars=2, minutes=20)
def check_lstm_step(answer):
    """Notebook 8, exercise 1: (W_x, W_h, b, x, h, c) -> (h_t, c_t), of a vector or of a batch."""

    def step(W_x, W_h, b, x, h, c, gates="ifgo", bias=1, past=1, now=1, cut="blocks", sigmoid=sigmoid,
             squash=np.tanh, update=lambda i, f, g, c: f * c + i * g, show=np.tanh, old=False,
             of_gate=None, keep=lambda c: c, out=lambda o, c: o * c, turn=1, block=str):
        z = now * x @ W_x.T + past * h @ W_h.T + bias * b
        parts = np.split(z, 4, axis=-1) if cut == "blocks" else np.moveaxis(z.reshape(*h.shape, 4), -1, 0)
        z = dict(zip(gates, parts, strict=True))
        z = {k: z[block(k)] for k in gates}
        i, f, o = ((of_gate or {}).get(k, sigmoid)(z[k]) for k in "ifo")
        new = update(i, f, squash(z["g"]), c)
        return (out(o, show(c if old else new)), keep(new))[::turn]

    slips = {
        "h_t lacks the tanh: h_t = o * tanh(c_t).": dict(show=lambda c: c),
        "h_t takes a σ of c_t: h_t = o * tanh(c_t).": dict(show=sigmoid),
        "h_t lacks the output gate: h_t = o * tanh(c_t).": dict(out=lambda o, c: c),
        "h_t adds the output gate: it multiplies.": dict(out=lambda o, c: o + c),
        "h_t has the tanh around the product: h_t = o * tanh(c_t).": dict(
            show=lambda c: c, out=lambda o, c: np.tanh(o * c)),
        "h_t is read from the old memory: it is o * tanh(c_t), the new one.": dict(old=True),
        "the tanh belongs to h_t alone: what is carried on is c_t itself.": dict(keep=np.tanh),
        "the tanh belongs to h_t alone: c_t is squashed before both.": dict(
            keep=np.tanh, show=lambda c: np.tanh(np.tanh(c))),
        "the states are exchanged: return h_t first, then c_t.": dict(turn=-1),
        "i * g is subtracted: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: f * c - i * g),
        "f and o are exchanged: the blocks are i, f, g, o.": dict(gates="iogf"),
        "i and f are exchanged: the blocks are i, f, g, o, and f keeps, i writes.": dict(gates="figo"),
        "g and o are exchanged: the blocks are i, f, g, o; the candidate is the third.": dict(gates="ifog"),
        "this is the order f, i, o, g of the derivation; here it is i, f, g, o.": dict(gates="fiog"),
        **{f"your blocks are {', '.join(order)}: here they are i, f, g, o.":
           lambda *a, order=order: step(*a, gates=order)
           for order in map("".join, permutations("ifgo")) if order not in NAMED_ORDERS},
        "the blocks are H rows each, one below the other: the first H entries of z are z^i.": dict(
            cut="interleaved"),
        **{f"{k} is read from the block of {other}: each gate has its own, in the order i, f, g, o.": dict(
            block=lambda gate, k=k, other=other: other if gate == k else gate)
           for k, other in permutations("ifgo", 2)},
        "the candidate is squashed by the tanh, not by σ.": dict(squash=sigmoid),
        "the candidate lacks its tanh: g = tanh(z^g).": dict(squash=lambda z: z),
        **no_tanh(begin="the candidate: ", but=("the logistic σ",)),
        "the gates i, f, o lack their σ.": dict(sigmoid=lambda z: z),
        "the gates i, f, o are squashed by σ, not by the tanh.": dict(sigmoid=np.tanh),
        "your σ is σ(2z): σ(z) = (1 + tanh(z / 2)) / 2.": dict(sigmoid=lambda z: sigmoid(2 * z)),
        "your σ is σ(-z): σ(z) = 1 / (1 + exp(-z)), with the minus sign.": dict(
            sigmoid=lambda z: sigmoid(-z)),
        **no_sigmoid(begin="the gates i, f, o: ", but=("σ(2z)", "σ(-z), which is 1 - σ(z)", "a tanh",
                                                       "z itself")),
        **{text: options for k in "ifo" for text, options in no_sigmoid(
            "of_gate", f"gate {k}: ", ("σ(-z), which is 1 - σ(z)",) * (k == "f"),
            put=lambda f, k=k: {k: f}).items()},
        "all four are squashed once more: what you call z has been through σ or the tanh already.": [
            dict(sigmoid=lambda z: sigmoid(sigmoid(z)), squash=lambda z: np.tanh(np.tanh(z))),
            dict(sigmoid=lambda z: sigmoid(np.tanh(z)), squash=lambda z: np.tanh(np.tanh(z)))],
        "the old memory is missing: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: i * g),
        "the candidate is missing: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: f * c + i),
        "nothing is written: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: f * c),
        "the forget gate is missing: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: c + i * g),
        "the input gate is missing: c_t = f * c_(t-1) + i * g.": dict(update=lambda i, f, g, c: f * c + g),
        "f = 1 keeps and f = 0 forgets: c_t = f * c_(t-1) + i * g, not (1 - f) * c_(t-1).": dict(
            update=lambda i, f, g, c: (1 - f) * c + i * g),
        "the forget gate is its own: c_t = f * c_(t-1) + i * g, not (1 - i) * c_(t-1).": dict(
            update=lambda i, f, g, c: (1 - i) * c + i * g),
        "the input gate is its own: c_t = f * c_(t-1) + i * g, not (1 - f) * g.": dict(
            update=lambda i, f, g, c: f * c + (1 - f) * g),
        "the forget gate acts on the old memory alone, not on what is written.": dict(
            update=lambda i, f, g, c: f * (c + i * g)),
        "the bias b is missing.": dict(bias=0),
        "1 is added to z^f: a forget bias belongs into b, once, when the weights are made.": dict(
            of_gate={"f": lambda z: sigmoid(z + 1)}),
        "the bias is subtracted: it is added.": dict(bias=-1),
        "the past is missing: add `h @ W_h.T`.": dict(past=0),
        "the input is missing: add `x @ W_x.T`.": dict(now=0),
    }
    rng = np.random.default_rng(91)
    rows = "Use `x @ W_x.T`, which takes rows, and split the last axis of z."
    points = []
    for batch, D, H, told in (((), 2, 3, "for one vector"), ((4,), 2, 3, "for a batch (B, D)"),
                              ((1,), 5, 2, "for a batch of one")):
        p = [rng.normal(size=s) for s in ((4 * H, D), (4 * H, H), (4 * H,))]
        x, h, c = (rng.normal(size=(*batch, n)) for n in (D, H, H))
        points.append(point(*p, x, np.tanh(h), 2 * c, told=told, hint=rows, H=H))
    return held(answer, points, step, slips, {"h_t": "B H", "c_t": "B H"},
                "right, for one vector and for a batch alike.")


_reshaped = (                  # ways to turn four matrices by a reshape, which turns none
    lambda *a: np.hstack([a[k] for k in (1, 0, 2, 3)]).reshape(4 * len(a[4]), -1),
    lambda *a: np.vstack([a[k].reshape(len(a[4]), -1) for k in (1, 0, 2, 3)]),
    lambda *a: np.vstack([a[k] for k in (1, 0, 2, 3)]).reshape(4 * len(a[4]), -1),
)


@checker(8, 2, "Load the weights of [002]", stars=2, minutes=15)
def check_from_concatenated(answer):
    """Notebook 8, exercise 2: (Wf, Wi, Wc, Wo, bf, bi, bc, bo) of [002] -> W_x, W_h, b of ours."""

    def stacked(Wf, Wi, Wc, Wo, bf, bi, bc, bo, order="ifco", bias=None, first="h", lie=False):
        W, b, H = dict(f=Wf, i=Wi, c=Wc, o=Wo), dict(f=bf, i=bi, c=bc, o=bo), len(bf)
        whole = np.concatenate([W[gate].T for gate in order])
        cut = H if first == "h" else whole.shape[1] - H
        W_h, W_x = whole[:, :cut], whole[:, cut:]
        W_h, W_x = (W_h, W_x) if first == "h" else (W_x, W_h)
        if lie:
            W_x, W_h = W_x.T, W_h.T
        return W_x, W_h, np.concatenate([b[gate] for gate in bias or order])

    orders = {
        "fico": "{} keeps the order f, i, c, o of the arguments: ours is i, f, g, o, and g is their c.",
        "fioc": "{} is in the order f, i, o, c in which [002] computes its gates: ours is i, f, g, o.",
        "ifoc": "the last two blocks of {} are exchanged: ours is i, f, g, o, and g is their c.",
    }
    lying = "{} is stored (in, out), as in [002]; ours is (out, in): transpose each matrix."
    other = "{} takes the rows that belong to {}: in [h, x] the first H rows are those of h."
    names = ("W_x", "W_h", "b")
    slips = {text.format("W_x"): dict(order=order) for order, text in orders.items()}
    for n, name in enumerate(names):
        slips[name] = {text.format(name): lambda *a, n=n, order=order: stacked(*a, order=order)[n]
                       for order, text in orders.items()}
    slips |= {other.format("W_x", "h"): dict(first="x"), lying.format("W_x"): dict(lie=True)}
    slips["W_x"] |= {
        other.format("W_x", "h"): lambda *a: stacked(*a, first="x")[0],
        "W_x: reshape keeps the numbers in their order, row by row: transpose each matrix, and stack them.": [
            lambda *a, f=f: f(*a)[:, len(a[4]):] for f in _reshaped],
        lying.format("W_x"): [lambda *a: stacked(*a)[0].T, lambda *a: stacked(*a, first="x")[0].T,
                              lambda *a: np.concatenate(a[:4])[:, len(a[4]):]],
    }
    slips["W_h"] |= {
        other.format("W_h", "x"): lambda *a: stacked(*a, first="x")[1],
        "W_h: reshape keeps the numbers in their order, row by row: transpose each matrix, and stack them.": [
            lambda *a, f=f: f(*a)[:, :len(a[4])] for f in _reshaped],
        lying.format("W_h"): [lambda *a: stacked(*a)[1].T, lambda *a: stacked(*a, first="x")[1].T, lambda *a:
                              np.concatenate([w.T for w in np.split(stacked(*a)[1], 4)])],
    }
    both = "{}: transpose each matrix, and stack them in the order i, f, g, o."
    for n, rows in (("W_x", lambda w, H: w[H:]), ("W_h", lambda w, H: w[:H])):
        slips[n][both.format(n)] = [lambda *a, rows=rows, order=order: np.concatenate(
            [rows(a[k], len(a[4])) for k in order]) for order in ((0, 1, 2, 3), (1, 0, 3, 2), (0, 1, 3, 2))]
    slips["b"]["b is (4H,), one row of numbers: yours has an axis more."] = [
        lambda *a: stacked(*a)[2][None], lambda *a: stacked(*a)[2].reshape(4, -1)]
    rng, points = np.random.default_rng(92), []
    for D, H in ((2, 3), (5, 2), (3, 3)):
        W, b = [rng.normal(size=(H + D, H)) for _ in range(4)], [rng.normal(size=H) for _ in range(4)]
        points.append(point(*W, *b, D=D, H=H))
    return held(answer, points, stacked, slips, {"W_x": "ifgo D", "W_h": "ifgo H", "b": "ifgo"},
                "right: three arrays instead of eight.")


@checker(8, 3, "What is in the memory?", stars=3, minutes=15)
def check_shares(answer):
    """Notebook 8, exercise 3: gates i, f (T,) of one unit -> how much of each g_t is in c_T, (T,)."""

    def shares(i, f, write=lambda i: i, kept=lambda later: later[1:], turn=1, gate=lambda f: f, upto=None,
               over=lambda s: 1):
        f = gate(f)
        later = np.append(np.cumprod(f[::-1])[::-1], 1.0)      # later[t]: the product of f from row t on
        s = write(i) * (kept(later) if upto is None else np.append(1.0, np.cumprod(f))[upto:upto + len(f)])
        return s[::turn] / over(s)

    slips = {
        "the write of step t is not yet forgotten at step t: begin the product at f of step t + 1.": dict(
            kept=lambda later: later[:-1]),
        "the product begins a step too late: f of step t + 1 forgets the write of step t already.": dict(
            kept=lambda later: np.append(later[2:], 1.0)),
        "the input gate is missing: only i_t of the candidate was written.": dict(write=lambda i: 1.0),
        "the input gate is missing, and the product begins a step too early: f of step t + 1.": dict(
            write=lambda i: 1.0, kept=lambda later: later[:-1]),
        "each write is forgotten by the gate of its own step alone: multiply by all f from t + 1 to T.":
            lambda i, f: i * f,
        "every write is forgotten by all gates: only those after step t act on it.": dict(
            kept=lambda later: later[0]),
        "every later step forgets again: multiply by all f from t + 1 to T, not by one.": [
            lambda i, f: i * np.append(f[1:], 1.0), lambda i, f: i * f[-1] * (np.arange(len(i)) < len(i) - 1)
            + i * (np.arange(len(i)) == len(i) - 1)],
        "the gates multiply: the shares that survive are a product of f, not a sum.": [
            *(lambda i, f, last=last: i * np.append(np.cumsum(f[:0:-1])[::-1], last) for last in (1.0, 0.0)),
            lambda i, f: i * (1 + np.append(np.cumsum(f[:0:-1])[::-1], 0.0))],
        "this is the memory after each step, if every g were 1: s_t is what is left of g_t alone in the end.":
            lambda i, f: np.array([shares(i[:t], f[:t]).sum() for t in range(1, len(i) + 1)]),
        "you multiply the gates before step t; what forgets a write are the gates after it.":
            dict(upto=0),
        "you multiply the gates up to step t; what forgets a write are the gates after it.":
            dict(upto=1),
        "the later input gates do not dilute a write: only the f after step t act on it.":
            lambda i, f: np.cumprod(i[::-1])[::-1] * np.append(np.cumprod(f[::-1])[::-1], 1.0)[1:],
        "the last forget gate, f_T, is missing: it acts on all writes but that of step T.":
            dict(gate=lambda f: np.append(f[:-1], 1.0)),
        "the products run from the end, and stay in that order: turn them round to stand beside i.":
            lambda i, f: i * np.append(1.0, np.cumprod(f[::-1])[:-1]),
        "what is kept is f, not 1 - f.": dict(gate=lambda f: 1 - f),
        "i and f are exchanged: i writes, f keeps.": lambda i, f: shares(f, i),
        "the forget gates are missing: a write at step t is multiplied by each later f.": dict(
            kept=lambda later: 1.0),
        "the order is reversed: row t - 1 belongs to step t.": dict(turn=-1),
        "this adds up the shares: return one number for each step.": lambda i, f: shares(i, f).sum(),
        "f_t is taken to a power: every later step has a gate of its own.": [
            lambda i, f, n=n, at=at: i * at(f) ** (np.arange(len(i))[::-1] + n)
            for n, at in ((0, np.array), (1, np.array), (0, lambda f: np.append(f[1:], 1.0)))],
        "beside the forget gates stands i of the step after: a write at step t has its own i_t.": dict(
            write=lambda i: np.append(i[1:], 1.0)),
        "i is taken for 1 - f: the input gate is a gate of its own.": lambda i, f: shares(1 - f, f),
        "divided by their sum: the shares need not add up to 1.": dict(over=np.sum),
    }
    rng, points = np.random.default_rng(93), []
    for T in (6, 9, 2, 1):
        points.append(point(*rng.uniform(0.1, 0.9, (2, T)), T=T))
    i, f = rng.uniform(0.1, 0.9, (2, 5))
    points.append(point(i, f * (np.arange(5) > 0), told="where f_1 is 0", T=5, hint=(
        "Multiply by the gates after step t: a product of all, divided by those up to t, is 0/0 there.")))
    return held(answer, points, shares, slips, {"s": "T"})


@checker(8, 4, "One gate only", stars=3, minutes=20)
def check_minimal_step(answer):
    """Notebook 8, exercise 4: (W_x, W_h, b, x, h) -> h_t of a minimal gated unit, blocks f and g.

    f = σ(z^f), g = tanh(W_x^g x + W_h^g (f h) + b^g), h_t = (1 - f) h + f g.
    """

    def step(W_x, W_h, b, x, h, inside=lambda f, h: f * h, mix=lambda f, g, h: (1 - f) * h + f * g,
             squash=np.tanh, gate=sigmoid, turned=False, past=1, now=1, bias=1, back=lambda W: W.T,
             rows=None, outside=lambda f: 1, end=lambda h, f, g: h):
        H = h.shape[-1]
        one, two = rows or (slice(None, H), slice(H, None))[:: -1 if turned else 1]
        add = lambda rows, h, by: now * x @ W_x[rows].T + by * (past * h @ back(W_h[rows])) + bias * b[rows]
        f = gate(add(one, h, 1))
        g = squash(add(two, inside(f, h), outside(f)))
        return end(mix(f, g, h), f, g)

    def at_once(W_x, W_h, b, x, h, squash=lambda f, z: np.tanh(f * z)):
        z_f, z_g = np.split(x @ W_x.T + h @ W_h.T + b, 2, axis=-1)
        f = sigmoid(z_f)
        return (1 - f) * h + f * squash(f, z_g)

    slips = {
        "the candidate sees f * h, not h: the gate also decides what of the past the candidate hears.": dict(
            inside=lambda f, h: h),
        "1 - f stands for f at every place: are the two exchanged, or is your σ really σ(-z)? "
        "σ(z) = 1 / (1 + exp(-z)), with the minus sign.": dict(gate=lambda z: sigmoid(-z)),
        "the candidate hears (1 - f) * h; asked for is f * h.": dict(inside=lambda f, h: (1 - f) * h),
        "the candidate hears f * h: each f_i multiplies its h_i.": [
            dict(inside=lambda f, h: f), dict(inside=lambda f, h: f + h), dict(inside=lambda f, h: f * f * h),
            dict(inside=lambda f, h: h * f.mean(axis=-1, keepdims=True))],
        "the candidate does not hear the past: W_h^g takes f * h.": dict(inside=lambda f, h: 0 * h),
        "f stands before the product: W_h^g (f * h), not f * (W_h^g h), nor around the whole sum.": [
            at_once, dict(inside=lambda f, h: h, outside=lambda f: f)],
        "g takes the second block of each, f the first: yours takes one block twice.": [
            lambda *a, k=k: step(*(np.concatenate([np.split(w, 2)[k]] * 2) for w in a[:3]), *a[3:])
            for k in (0, 1)],
        "the blocks are H rows each, one below the other, not every other row.": dict(
            rows=(slice(None, None, 2), slice(1, None, 2))),
        "this is f alone: return (1 - f) * h + f * g.": dict(end=lambda h, f, g: f),
        "f and 1 - f are exchanged: here f writes and 1 - f keeps.": dict(
            mix=lambda f, g, h: f * h + (1 - f) * g),
        "these are the LSTM's two terms, f h + f g: what is kept is 1 - f.": dict(
            mix=lambda f, g, h: f * h + f * g),
        "nothing is kept: add (1 - f) * h.": [dict(mix=lambda f, g, h: f * g),
                                              dict(mix=lambda f, g, h: f * np.tanh(g))],
        "h is kept whole: multiply it by 1 - f.": [dict(mix=lambda f, g, h: h + f * g),
                                                   dict(mix=lambda f, g, h: h + g)],
        "g is written whole: multiply it by f.": dict(mix=lambda f, g, h: (1 - f) * h + g),
        "f * g is added, not subtracted.": dict(mix=lambda f, g, h: (1 - f) * h - f * g),
        "(1 - f) * h is added, not subtracted: yours has f - 1, or a minus.": dict(
            mix=lambda f, g, h: f * g - (1 - f) * h),
        "this is the mean of h and g: f weighs them.": dict(mix=lambda f, g, h: (h + g) / 2),
        "this is the candidate alone: mix it with h.": dict(mix=lambda f, g, h: g),
        "a tanh too many: h_t is the mixture itself.": dict(
            mix=lambda f, g, h: np.tanh((1 - f) * h + f * g)),
        "the candidate is a tanh, not a σ.": dict(squash=sigmoid),
        "the candidate lacks its tanh.": dict(squash=lambda z: z),
        "f is a σ, not a tanh.": dict(gate=np.tanh),
        **no_sigmoid("gate", "f: ", ("σ(2z)", "σ(-z), which is 1 - σ(z)", "a tanh", "z itself",
                                     "a line that is cut off at 0 and 1")),
        "f lacks its σ.": dict(gate=lambda z: z),
        "the blocks are exchanged: f comes first, then g.": dict(turned=True),
        "W_h is missing: both see the past.": dict(past=0),
        **{f"{gate}: {name} is missing.": lambda W_x, W_h, b, x, h, n=n, k=k: step(
            *(_without(a, k) if n == m else a for m, a in enumerate((W_x, W_h, b))), x, h)
           for k, gate in enumerate(("f", "the candidate")) for n, name in enumerate(("W_x x", "W_h h", "b"))
           if (n, k) != (1, 1)},
        **{f"{name} of the two blocks is exchanged: f comes first, then g.":
            lambda *a, n=n: step(*(np.concatenate(np.split(w, 2)[::-1]) if n == m else w
                                   for m, w in enumerate(a)))
           for n, name in enumerate(("W_x", "W_h", "b"))},
        "your σ is σ(2z): σ(z) = (1 + tanh(z / 2)) / 2.": dict(gate=lambda z: sigmoid(2 * z)),
        "f is a σ: yours is a line that is cut off at 0 and 1.": [
            dict(gate=lambda z, a=a, b=b: np.clip(a * z + b, 0, 1))
            for a, b in ((1, 0), (0.2, 0.5), (1 / 6, 0.5))],
        "h is kept as it is, with no tanh around it.": dict(mix=lambda f, g, h: (1 - f) * np.tanh(h) + f * g),
        "h_t = (1 - f) * h + f * g: 1 - f stands before h, and f * g is added.": [
            dict(mix=lambda f, g, h: h - f * g), dict(mix=lambda f, g, h: (1 - f) * (h + g)),
            dict(mix=lambda f, g, h: 1 - f * h + f * g)],
        "f stands there twice: h_t = (1 - f) * h + f * g.": [
            dict(mix=lambda f, g, h: (1 - f) * f * h + f * g),
            dict(mix=lambda f, g, h: (1 - f) * h + f * f * g),
            dict(mix=lambda f, g, h: (1 - f) * h + f * (1 - f) * g),
            dict(mix=lambda f, g, h: (1 - f) ** 2 * h + f * g)],
        "the two terms are added, not multiplied.": dict(mix=lambda f, g, h: (1 - f) * h * f * g),
        "W_x is missing: both see the input.": dict(now=0),
        "the biases are missing.": dict(bias=0),
        "the biases are subtracted: they are added.": dict(bias=-1),
        **no_tanh(begin="the candidate: ", but=("the logistic σ",)),
        "in rows W_h h is `h @ W_h.T`; yours lacks the .T.": dict(back=lambda W: W),
    }
    rng, points = np.random.default_rng(94), []
    for D, H, batch, told in ((2, 3, (), "for one vector"), (2, 3, (4,), "for a batch"),
                              (5, 2, (3,), "for other sizes")):
        W_x, W_h, b = (rng.normal(size=shape) for shape in ((2 * H, D), (2 * H, H), (2 * H,)))
        x, h = rng.normal(size=(*batch, D)), rng.uniform(-0.9, 0.9, (*batch, H))
        points.append(point(W_x, W_h, b, x, h, told=told, D=D, H=H, **({"B": batch[0]} if batch else {})))
    return held(answer, points, step, slips, {"h_t": "B H"})


def _without(a, k):
    """Return a matrix or bias of two blocks with block k zero."""
    blocks = np.split(a, 2)
    blocks[k] = 0 * blocks[k]
    return np.concatenate(blocks)
