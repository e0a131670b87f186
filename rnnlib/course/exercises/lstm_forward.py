"""Exercises of notebook 8, the LSTM forward."""

import numpy as np

from .feedback import Feedback, checker, compare, run


def _sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


@checker(8, 1, "The step")
def check_lstm_step(answer):
    """Notebook 8, exercise 1: (W_x, W_h, b, x, h, c) -> (h_t, c_t), of a vector or of a batch."""
    rng = np.random.default_rng(91)
    B, D, H = 4, 2, 3
    W_x, W_h, b = (rng.normal(size=s) for s in ((4 * H, D), (4 * H, H), (4 * H,)))
    batch = rng.normal(size=(B, D)), rng.uniform(-0.9, 0.9, (B, H)), rng.normal(size=(B, H))
    single = tuple(a[0] for a in batch)
    return_both = Feedback("wrong", "return two arrays of one shape, h_t first: (h, c).")

    def step(x, h, c, gates="ifgo", bias=b, past=1, now=1, cut="blocks", sigmoid=_sigmoid,
             squash=np.tanh, update=lambda i, f, g, c: f * c + i * g, show=np.tanh, old=False):
        z = now * x @ W_x.T + past * h @ W_h.T + bias
        parts = np.split(z, 4, axis=-1) if cut == "blocks" else np.moveaxis(z.reshape(*h.shape, 4), -1, 0)
        z = dict(zip(gates, parts))
        i, f, o = (sigmoid(z[gate]) for gate in "ifo")
        new = update(i, f, squash(z["g"]), c)
        return np.array([o * show(c if old else new), new])

    def slips(x, h, c):
        h_t, c_t = step(x, h, c)
        return {
            "h_t lacks the tanh: h_t = o * tanh(c_t).": step(x, h, c, show=lambda c: c),
            "h_t is read from the old memory: it is o * tanh(c_t), the new one.": step(
                x, h, c, old=True),
            "the tanh belongs to h_t alone: what is carried on is c_t itself.": np.array([
                h_t, np.tanh(c_t)]),
            "the states are exchanged: return h_t first, then c_t.": np.array([c_t, h_t]),
            "i and f are exchanged: the blocks are i, f, g, o, and f keeps, i writes.": step(
                x, h, c, "figo"),
            "g and o are exchanged: the blocks are i, f, g, o; the candidate is the third.": step(
                x, h, c, "ifog"),
            "this is the order f, i, o, g of the derivation; here it is i, f, g, o.": step(
                x, h, c, "fiog"),
            "the blocks are H rows each, one below the other: the first H entries of z are z^i.": step(
                x, h, c, cut="interleaved"),
            "the candidate is squashed by the tanh, not by σ.": step(x, h, c, squash=_sigmoid),
            "the candidate lacks its tanh: g = tanh(z^g).": step(x, h, c, squash=lambda z: z),
            "the gates i, f, o lack their σ.": step(x, h, c, sigmoid=lambda z: z),
            "the gates i, f, o are squashed by σ, not by the tanh.": step(x, h, c, sigmoid=np.tanh),
            "your σ is σ(2z): σ(z) = (1 + tanh(z / 2)) / 2.": step(
                x, h, c, sigmoid=lambda z: _sigmoid(2 * z)),
            "the old memory is missing: c_t = f * c_(t-1) + i * g.": step(
                x, h, c, update=lambda i, f, g, c: i * g),
            "the forget gate is missing: c_t = f * c_(t-1) + i * g.": step(
                x, h, c, update=lambda i, f, g, c: c + i * g),
            "the input gate is missing: c_t = f * c_(t-1) + i * g.": step(
                x, h, c, update=lambda i, f, g, c: f * c + g),
            "the bias b is missing.": step(x, h, c, bias=0),
            "the past is missing: add `h @ W_h.T`.": step(x, h, c, past=0),
            "the input is missing: add `x @ W_x.T`.": step(x, h, c, now=0),
        }

    one = run(answer, W_x, W_h, b, *single)
    if isinstance(one, Feedback):
        return one
    if not isinstance(one, (tuple, list, np.ndarray)) or len(one) != 2:
        return return_both
    one = compare(one, step(*single), slips(*single), "(h_t, c_t)")
    if one.verdict != "right":
        return one
    many = compare(run(answer, W_x, W_h, b, *batch), step(*batch), slips(*batch), "(h_t, c_t)")
    if many.verdict != "right":
        return Feedback("wrong", "right for one vector, but not for a batch (B, D): use `x @ W_x.T`, "
                                 "and split the last axis of z.")
    return Feedback("right", "right, for one vector and for a batch alike.")


@checker(8, 2, "Load the weights of [002]")
def check_from_concatenated(answer):
    """Notebook 8, exercise 2: (Wf, Wi, Wc, Wo, bf, bi, bc, bo) of [002] -> W_x, W_h, b of ours."""
    rng = np.random.default_rng(92)
    D, H = 2, 3
    W = {gate: rng.normal(size=(H + D, H)) for gate in "fico"}          # c: their candidate, our g
    b = {gate: rng.normal(size=H) for gate in "fico"}
    result = run(answer, *W.values(), *b.values())
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return Feedback("wrong", "return three arrays: W_x, W_h, b.")

    def stacked(order):
        whole = np.vstack([W[gate].T for gate in order])
        return whole[:, H:], whole[:, :H], np.concatenate([b[gate] for gate in order])

    right, orders = stacked("ifco"), {
        "fico": "{} keeps the order f, i, c, o of the arguments: ours is i, f, g, o, and g is their c.",
        "fioc": "{} is in the order f, i, o, c in which [002] computes its gates: ours is i, f, g, o.",
        "ifoc": "the last two blocks of {} are exchanged: ours is i, f, g, o, and g is their c.",
    }
    whole = np.vstack([W[gate].T for gate in "ifco"])
    others = {
        "W_x": {"W_x takes the rows that belong to h: in [h, x] the first H rows are those of h.":
                whole[:, :D]},
        "W_h": {"W_h takes the rows that belong to x: in [h, x] the first H rows are those of h.":
                whole[:, D:]},
        "b": {"b is (4H,), one row of numbers: yours has an axis more.": right[2][None]},
    }
    side_by_side = "{} is stored (in, out), as in [002]; ours is (out, in): transpose each matrix."
    for n, name in enumerate(("W_x", "W_h", "b")):
        slips = {text.format(name): stacked(order)[n] for order, text in orders.items()}
        if name != "b":
            slips[side_by_side.format(name)] = right[n].T
        feedback = compare(result[n], right[n], slips | others[name], name)
        if feedback.verdict != "right":
            return feedback
    return Feedback("right", "right: three arrays instead of eight.")


@checker(8, 3, "What is in the memory?")
def check_shares(answer):
    """Notebook 8, exercise 3: gates i, f (T,) of one unit -> how much of each g_t is in c_T, (T,)."""
    rng = np.random.default_rng(93)
    T = 6
    i, f = rng.uniform(0.1, 0.9, (2, T))
    later = np.append(np.cumprod(f[::-1])[::-1], 1.0)          # later[t]: the product of f from row t on
    slips = {
        "the write of step t is not yet forgotten at step t: begin the product at f of step t + 1.":
            i * later[:-1],
        "the input gate is missing: only i_t of the candidate was written.": later[1:],
        "the input gate is missing, and the product begins a step too early: f of step t + 1.":
            later[:-1],
        "every later step forgets again: multiply by all f from t + 1 to T, not by one.":
            i * np.append(f[1:], 1.0),
        "the gates multiply: the shares that survive are a product of f, not a sum.":
            i * np.append(np.cumsum(f[:0:-1])[::-1], 1.0),
        "you multiply the gates before step t; what forgets a write are the gates after it.":
            i * np.append(1.0, np.cumprod(f)[:-1]),
        "you multiply the gates up to step t; what forgets a write are the gates after it.":
            i * np.cumprod(f),
        "the later input gates do not dilute a write: only the f after step t act on it.":
            np.cumprod(i[::-1])[::-1] * later[1:],
        "the forget gates are missing: a write at step t is multiplied by each later f.": i,
        "this adds up the shares: return one number for each step.": (i * later[1:]).sum(),
    }
    return compare(run(answer, i, f), i * later[1:], slips, "the shares")
