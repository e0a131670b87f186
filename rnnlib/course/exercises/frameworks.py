"""Exercises of notebook 16, the same network in PyTorch and Keras."""

import numpy as np

from ... import bptt
from ...cells import gru, gru_original
from .differences import dealt, same
from .feedback import Feedback, checker, run
from .trials import held, point


def _order(a, order, have, axis):
    """Return a with its blocks, which stand as in `have`, in another order."""
    blocks = dict(zip(have, np.split(a, 4, axis=axis), strict=True))
    return np.concatenate([blocks[gate] for gate in order], axis=axis)


def _several(names):
    """Return what reads a result that should be so many arrays, or says that it is none."""
    def read(result):
        if not isinstance(result, (tuple, list)) or len(result) != len(names):
            got = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
            return Feedback("wrong", f"return {len(names)} arrays: {', '.join(names)}; got {got}.")
        return result
    return read


@checker(16, 1, "From PyTorch to Keras", stars=1, minutes=10)
def check_keras_from_pytorch(answer):
    """Notebook 16, exercise 1: an LSTM's four arrays of PyTorch -> kernel, recurrent_kernel, bias."""

    def converted(W_x, W_h, first, second):
        return W_x.T, W_h.T, first + second

    slips = {name: {
        f"{name}: PyTorch stores (out, in) and Keras (in, out): transpose it.": lambda *a, k=k: a[k],
        f"{name}: the gates need no new order: i, f, g, o and i, f, c, o are the same, c is g.":
            lambda *a, k=k: _order(a[k].T, "ifog", "ifgo", 1),
        f"{name}: this is ONNX's order of gates; Keras' is that of PyTorch, with c for g.":
            lambda *a, k=k: _order(a[k].T, "iofg", "ifgo", 1),
        f"{name}: reshape keeps the numbers in a row; what you need is the transpose.":
            lambda *a, k=k: a[k].reshape(a[k].shape[::-1]),
        f"{name}: transposed block by block, and stacked again: transpose the whole.":
            lambda *a, k=k: np.concatenate([w.T for w in np.split(a[k], 4)]),
    } for k, name in enumerate(("kernel", "recurrent_kernel"))}
    slips["bias"] = {
        "bias: the second bias is missing; both act, so add them.": lambda W_x, W_h, first, second: first,
        "bias: the first bias is missing; both act, so add them.": lambda W_x, W_h, first, second: second,
        "bias: both biases act in full: add them, do not take their mean.":
            lambda W_x, W_h, first, second: (first + second) / 2,
        "bias: both biases are added, not multiplied.": lambda W_x, W_h, first, second: first * second,
        "bias: both biases are added: the second one keeps its sign.":
            lambda W_x, W_h, first, second: first - second,
        "bias: an LSTM of Keras has one bias, their sum; two rows belong to its GRU.":
            lambda W_x, W_h, first, second: np.stack([first, second]),
        "bias: they are added entry by entry, not set end to end.":
            lambda W_x, W_h, first, second: np.concatenate([first, second]),
        "bias: the gates need no new order: i, f, g, o and i, f, c, o are the same, c is g.":
            lambda W_x, W_h, first, second: _order(first + second, "ifog", "ifgo", 0),
        "bias: this is ONNX's order of gates; Keras' is that of PyTorch, with c for g.":
            lambda W_x, W_h, first, second: _order(first + second, "iofg", "ifgo", 0),
    }
    rng, points = np.random.default_rng(61), []
    for D, H in ((2, 3), (5, 2), (4, 1)):
        shapes = (4 * H, D), (4 * H, H), (4 * H,), (4 * H,)
        points.append(point(*(rng.normal(size=s) for s in shapes), D=D, H=H))
    parts = {"kernel": "D ifgo", "recurrent_kernel": "H ifgo", "bias": "ifgo"}
    return held(answer, points, converted, slips, parts, "right: two transposes and one sum.",
                _several(tuple(parts)))


@checker(16, 2, "From Keras to ONNX", stars=2, minutes=20)
def check_onnx_from_keras(answer):
    """Notebook 16, exercise 2: an LSTM's three arrays of Keras -> W (1, 4H, D), R (1, 4H, H), B (1, 8H)."""

    def turned(a, order="iofc"):
        return _order(a, order, "ifco", -1)

    def matrix(a, order="iofc"):
        return turned(a, order).T[None]

    def row(first, second=None):
        return np.concatenate([first, 0 * first if second is None else second])[None]

    def converted(kernel, recurrent, bias):
        return matrix(kernel), matrix(recurrent), row(turned(bias))

    def halved(B):
        return row(sum(np.split(B, 2)))               # both halves act, however the bias is shared out

    orders = {
        "{} keeps the order i, f, c, o: ONNX wants i, o, f, c.": "ifco",
        "{} has the gates i, c, o, f: you read the new order backwards. The second block of the result is o, "
        "the last of Keras'.": "icof",
        "{} has o in its place, but f and c are exchanged: the order is i, o, f, c.": "iocf",
        "{} has only the last two blocks exchanged: o moves up to the second place, before f.": "ifoc",
        "{} has f first: the order is i, o, f, c.": "fioc",
        "{} has its gates in the reversed order of Keras: the order is i, o, f, c.": "ocfi",
    }
    slips = {}
    for k, name in enumerate(("W", "R")):
        slips[name] = {text.format(name): lambda *a, k=k, order=order: matrix(a[k], order)
                       for text, order in orders.items()}
        slips[name] |= {
            f"{name}: its first axis is the direction, of length 1: add it with [None].":
                lambda *a, k=k: turned(a[k]).T,
            f"{name}: its first axis is the direction, of length 1: add it with [None]; and the order is "
            "i, o, f, c.": lambda *a, k=k: a[k].T,
            f"{name}: Keras stores (in, out) and ONNX (out, in): transpose it.":
                lambda *a, k=k: turned(a[k])[None],
            f"{name}: the axis of the direction comes first, not last.":
                lambda *a, k=k: turned(a[k]).T[..., None],
        }
    slips["B"] = {text.format("B"): lambda kernel, recurrent, bias, order=order: row(turned(bias, order))
                  for text, order in orders.items()}
    slips["B"] |= {
        "B: both biases stand in it, end to end: after Keras' one come 4H zeros.":
            lambda kernel, recurrent, bias: turned(bias)[None],
        "B: its two halves are added, so this bias counts twice: the second half is zero.":
            [lambda kernel, recurrent, bias, order=order: row(2 * turned(bias, order))
             for order in ("iofc", "ifco")],
        "B: its two halves are added: the second one is zero, and yours is one.":
            lambda kernel, recurrent, bias: row(turned(bias) + 1),
        "B: its two halves are added, and yours cancel each other: the second half is zero.":
            lambda kernel, recurrent, bias: row(0 * bias),
        "B: the two biases are mixed: first all 4H numbers of one, and then all 4H of the other.": [
            lambda kernel, recurrent, bias, k=k: halved(dealt(row(turned(bias))[0], k)) for k in (2, 8)] + [
            lambda kernel, recurrent, bias: halved(np.stack(
                [turned(bias).reshape(4, -1), np.zeros((4, len(bias) // 4))], axis=1).ravel())],
        "B: the gates are interleaved, unit by unit: H numbers of i, then H of o, of f and of c.":
            lambda kernel, recurrent, bias: row(dealt(turned(bias), 4)),
        "B: its first axis is the direction, of length 1: add it with [None].":
            lambda kernel, recurrent, bias: row(turned(bias))[0],
        "B: end to end means one row of 8H numbers, not two rows of 4H.":
            lambda kernel, recurrent, bias: np.stack([turned(bias), 0 * bias]),
    }

    def read(result):
        result = _several(("W", "R", "B"))(result)
        if isinstance(result, Feedback):
            return result
        W, R, B = result
        if np.ndim(W) == 3 and np.shape(B) == (1, 2 * np.shape(W)[1]) and np.asarray(B).dtype.kind == "f":
            B = halved(np.asarray(B)[0])
        return W, R, B

    rng, points = np.random.default_rng(62), []
    for D, H in ((2, 3), (5, 2), (3, 1)):
        points.append(point(*(rng.normal(size=s) for s in ((D, 4 * H), (H, 4 * H), (4 * H,))), D=D, H=H))
    parts = {"W": "N iofc D", "R": "N iofc H", "B": ""}
    return held(answer, points, converted, slips, parts,
                "right: the blocks are moved, and turned, and nothing is lost.", read)


@checker(16, 3, "Which form is it?", stars=2, minutes=20)
def check_reset_after(answer):
    """Notebook 16, exercise 3: (W_x, W_h, b, xs, h0, hs) -> True if hs (T, B, H) is of the form of `gru`."""
    cases, right = reset_cases()
    verdicts = []
    for case in cases:
        verdict = run(answer, *case)
        if isinstance(verdict, Feedback):
            return verdict
        if not isinstance(verdict, (bool, np.bool_)):
            return Feedback("wrong", f"return True or False; got {type(verdict).__name__}.")
        verdicts.append(bool(verdict))
    exact = [(*case[:-1], _states(*case[:-1])[0]) for case in cases[:3]]
    if not any(verdicts) and not any(run(answer, *case) in (True, np.True_) for case in exact):
        return Feedback("wrong", "always False, for states that are not rounded, too: compute the states in "
                                 "both forms, and ask which are nearer.", explained=True)
    if verdicts == right:
        return Feedback("right", "right, for states from zero too, and for states rounded to float32.")
    for text, ways in FORMS.items():
        for way in ways:
            if verdicts == judged(way, cases):
                return Feedback("wrong", text, explained=True)
    for text, change in RUNS.items():
        if verdicts == judged(nearer, [(*change(*case[:-1]), case[-1]) for case in cases]):
            return Feedback("wrong", text, explained=True)
    if verdicts == [nearer(*(np.concatenate([h0[None], a[:-1]]) - hs for a in _states(*given, h0)))
                    for *given, h0, hs in cases]:
        return Feedback("wrong", "these are the verdicts one row off: what bptt.forward returns begins with "
                                 "h_0, so compare its hs[1:].", explained=True)
    wrong = [k for k, (a, b) in enumerate(zip(verdicts, right, strict=True)) if a != b]
    said = f"{len(wrong)} of {len(right)} recordings are named wrongly"
    for words, shared in (("begin at an h_0 that is not zero", [case[4].any() for case in cases]),
                          ("begin at h_0 = 0", [not case[4].any() for case in cases]),
                          ("are of the form of gru", right), ("are of the form of gru_original",
                                                              [not after for after in right])):
        if len(wrong) > 1 and all(shared[k] for k in wrong):
            said += f"; all of them {words}"
    return Feedback("wrong", f"{said}: compute the states in both forms, and ask which are nearer.")


def reset_cases():
    """Return what check_reset_after asks, and the right verdicts."""
    rng, cases, right = np.random.default_rng(65), [], []
    for n, (after, start) in enumerate(((1, 1), (0, 1), (0, 0), (1, 0)) * 3):
        T, B, D, H = ((4, 5, 2, 3), (2, 1, 3, 2), (2, 1, 1, 2))[n // 4]    # few numbers: often of one sign
        W_x, W_h, b = (rng.normal(size=s) for s in ((3 * H, D), (3 * H, H), (3 * H,)))
        xs, h0 = rng.normal(size=(T, B, D)), start * rng.uniform(-0.9, 0.9, (B, H))
        hs = _states(W_x, W_h, b, xs, h0)[1 - after].astype(np.float32).astype(float)
        cases.append((W_x, W_h, b, xs, h0, hs))
        right.append(bool(after))
    return cases, right


def judged(way, cases):
    """Return the verdicts of a way to compare the distances of both forms."""
    return [bool(way(*(a - case[-1] for a in _states(*case[:-1])))) for case in cases]


def _states(W_x, W_h, b, xs, h0):
    """Return the states of the form of gru, and of the form of gru_original, each (T, B, H)."""
    after = bptt.forward(gru, gru.Params(W_x, W_h, b, np.zeros(W_h.shape[1])), xs, h0).hs[1:]
    return after, bptt.forward(gru_original, gru_original.Params(W_x, W_h, b), xs, h0).hs[1:]


def nearer(after, before):
    """True if the form of gru is nearer."""
    return np.abs(after).max() < np.abs(before).max()


RUNS = {                             # what is wrong: with which inputs both forms would be run
    "these are the verdicts where every run begins at zero: begin at the given h0.":
        lambda W_x, W_h, b, xs, h0: (W_x, W_h, b, xs, 0 * h0),
    "these are the verdicts of runs without b.": lambda W_x, W_h, b, xs, h0: (W_x, W_h, 0 * b, xs, h0),
    "these are the verdicts where r and z are exchanged: the blocks are r, z, n.":
        lambda W_x, W_h, b, xs, h0: (*(_blocks(a, (1, 0, 2)) for a in (W_x, W_h, b)), xs, h0),
    "these are the verdicts where z and 1 - z are exchanged: here z = 1 keeps the old state.":
        lambda W_x, W_h, b, xs, h0: (*(_z_turned(a) for a in (W_x, W_h, b)), xs, h0),
}


def _blocks(a, order):
    """Return a with its three blocks in another order."""
    return np.concatenate([np.split(a, 3)[k] for k in order])


def _z_turned(a):
    """Return a with its block of z negative: σ(-z) is 1 - σ(z)."""
    r, z, n = np.split(a, 3)
    return np.concatenate([r, -z, n])


FORMS = {                            # what is wrong: how the distances of both forms would be compared
    "the other way round: True means that the reset gate acts after the product, as in gru.": [
        lambda after, before: np.abs(after).max() > np.abs(before).max()],
    "always False: the states are rounded to float32, so none agrees to the last digit. Ask which form "
    "is nearer.": [lambda after, before: False],
    "always True: the two forms must be compared, and the nearer one be named.": [
        lambda after, before: True],
    "right where h_0 is not zero. From h_0 = 0 both forms take the same first step, so it cannot tell: look "
    "at all steps.": [
        lambda after, before: np.abs(after[0]).max() < np.abs(before[0]).max(),
        lambda after, before: np.abs(after[0]).max() <= np.abs(before[0]).max()],
    "a difference has a sign: take its size, np.abs, or its square, before you compare.": [
        lambda after, before: after.max() < before.max(), lambda after, before: after.sum() < before.sum(),
        lambda after, before: (-after).max() < (-before).max(),
        lambda after, before: (-after).sum() < (-before).sum()],
}


@checker(16, 4, "Train like two", stars=2, minutes=10)
def check_like_two(answer):
    """Notebook 16, exercise 4: (rate, decay) of a pair -> (rate, decay) of one bias that follows its sum."""

    def one(rate, decay, faster=2, softer=0.5):
        return faster * rate, softer * decay

    slips = {
        "the sum moves by two equal steps in each update: twice the rate.": [
            dict(faster=1), dict(faster=1, softer=1)],
        "the rate is twice, not half: the sum makes both steps.": [
            dict(faster=0.5), dict(faster=0.5, softer=2)],
        "decay acts as rate times decay, and the rate is twice as large: half the decay.": dict(softer=1),
        "the decay is half, not twice: its product with the new rate must be the old one.": dict(softer=2),
        "half the decay, not a quarter: the product of rate and decay stays as it was.": dict(softer=0.25),
        "the rate is twice, not four times.": dict(faster=4),
        "the sum decays, too: by the same factor as each of the two.": dict(softer=0),
        "two equal steps add up: twice the rate, not sqrt(2) times.": [
            dict(faster=np.sqrt(2)), dict(faster=np.sqrt(2), softer=1 / np.sqrt(2))],
        "the decay is what makes the factor 1 - rate * decay: return half of the old decay, not a factor.": [
            lambda rate, decay: (2 * rate, 1 - rate * decay), lambda rate, decay: (2 * rate, 1 - decay),
            lambda rate, decay: (2 * rate, 1 - decay / 2)],
        "the decay is half the old one: no square and no root.": [
            lambda rate, decay: (2 * rate, decay**2), lambda rate, decay: (2 * rate, decay**0.5)],
        "the rate is twice the old one: no square.": lambda rate, decay: (rate**2, decay / 2),
        "decay comes second: return rate, decay.": lambda rate, decay: one(rate, decay)[::-1],
        "this is the product of rate and decay: the decay is what the new rate multiplies.":
            lambda rate, decay: (2 * rate, rate * decay),
    }
    points = [point(*pair, told=f"at rate {pair[0]:g}, decay {pair[1]:g}")
              for pair in ((0.15, 0.4), (0.02, 0.7), (1.5, 0.05))]
    return held(answer, points, one, slips, {"the rate": "", "the decay": ""})


@checker(16, 5, "A GRU to Keras", stars=3, minutes=20)
def check_keras_gru(answer):
    """Notebook 16, exercise 5: a GRU's four arrays of PyTorch -> kernel, recurrent_kernel, bias (2, 3H)."""

    def sort(a, order="zrn"):
        blocks = dict(zip("rzn", np.split(a, 3), strict=True))
        return np.concatenate([blocks[gate] for gate in order])

    def converted(W_x, W_h, first, second):
        return sort(W_x).T, sort(W_h).T, np.stack([sort(first), sort(second)])

    orders = {
        "{}: the gates are still in PyTorch's order, r z n: Keras wants z r h, where h is n.": "rzn",
        "{}: z comes first, then r, and the candidate last.": ("znr", "nzr", "nrz", "rnz"),
    }
    slips = {}
    for k, name in enumerate(("kernel", "recurrent_kernel")):
        slips[name] = {
            f"{name}: PyTorch stores (out, in) and Keras (in, out): transpose it.":
                lambda *a, k=k: sort(a[k]),
            f"{name}: transpose it, and sort its blocks: z r h, where h is n.": lambda *a, k=k: a[k],
            f"{name}: reshape keeps the numbers in a row; what you need is the transpose.":
                lambda *a, k=k: sort(a[k]).reshape(a[k].shape[::-1]),
            f"{name}: transposed block by block, and stacked again: transpose the whole.":
                lambda *a, k=k: np.concatenate([w.T for w in np.split(sort(a[k]), 3)]),
            f"{name}: the numbers run backwards: move whole blocks, each in its own order.":
                lambda *a, k=k: a[k].T[:, ::-1],
        }
    slips["bias"] = {
        "bias: the two are added. In a GRU r stands between them, so each keeps a row of its own.": [
            lambda W_x, W_h, first, second: sort(first + second),
            lambda W_x, W_h, first, second: first + second],
        "bias: the second one is missing: it has the second row, sorted like the first.": [
            lambda W_x, W_h, first, second: np.stack([sort(first)] * 2),
            lambda W_x, W_h, first, second: sort(first)],
        "bias: only its first row is sorted: the second one needs the order z r h, too.":
            lambda W_x, W_h, first, second: np.stack([sort(first), second]),
        "bias: only its second row is sorted: the first one needs the order z r h, too.":
            lambda W_x, W_h, first, second: np.stack([first, sort(second)]),
        "bias: the numbers run backwards: move whole blocks, each in its own order.":
            lambda W_x, W_h, first, second: np.stack([first, second])[:, ::-1],
        "bias: the two are added, and stand in both rows: each keeps a row of its own.":
            lambda W_x, W_h, first, second: np.stack([sort(first + second)] * 2),
        "bias: the sum is in the first row. In a GRU r stands between the two: each keeps a row of its own.":
            lambda W_x, W_h, first, second: np.stack([sort(first + second), 0 * first]),
        "bias: the rows are exchanged: the first goes with the input, bias_ih.":
            [lambda W_x, W_h, first, second, order=order: np.stack([sort(second, order), sort(first, order)])
             for order in ("zrn", "rzn")],
        "bias: two rows, (2, 3H), not one after the other.":
            lambda W_x, W_h, first, second: np.concatenate([sort(first), sort(second)]),
        "bias: (2, 3H), one row for each: yours is turned.":
            lambda W_x, W_h, first, second: np.stack([sort(first), sort(second)]).T,
    }
    for text, ways in orders.items():
        for k, name in enumerate(("kernel", "recurrent_kernel")):
            slips[name][text.format(name)] = [
                lambda *a, k=k, order=order: sort(a[k], order).T for order in _each(ways)]
        slips["bias"][text.format("bias")] = [
            lambda W_x, W_h, first, second, order=order: np.stack([sort(first, order), sort(second, order)])
            for order in _each(ways)]
    rng, points = np.random.default_rng(165), []
    for D, H in ((2, 3), (5, 2), (4, 1)):
        shapes = (3 * H, D), (3 * H, H), (3 * H,), (3 * H,)
        points.append(point(*(rng.normal(size=s) for s in shapes), D=D, H=H))
    parts = {"kernel": "D zrh", "recurrent_kernel": "H zrh", "bias": "S zrh"}
    feedback = held(answer, points, converted, slips, parts,
                    "right: sorted, turned, and two biases kept apart.", _several(tuple(parts)))
    shared = feedback.verdict == "wrong" and all(
        _same_cell(run(answer, *place.inputs), converted(*place.inputs)) for place in points)
    return Feedback("right", SHARED) if shared else feedback


SHARED = ("right: the same cell. Of z and r only the sum of the two biases counts, and yours is shared out "
          "in another way; for h, where r stands between them, they are kept apart.")


def _same_cell(result, right):
    """True if two triples of arrays make the same GRU of Keras: of z and r the sum of the biases counts."""

    def summed(kernel, recurrent, bias):
        bias = np.asarray(bias, float)
        n = bias.shape[1] // 3 * 2
        return kernel, recurrent, bias[:, :n].sum(axis=0), bias[:, n:]

    if not isinstance(result, (tuple, list)) or len(result) != 3 or np.shape(result[2]) != right[2].shape:
        return False
    return all(map(same, summed(*result), summed(*right)))


def _each(ways):
    return (ways,) if isinstance(ways, str) else ways


@checker(16, 6, "A gradient to PyTorch", stars=1, minutes=5)
def check_pytorch_gradient(answer):
    """Notebook 16, exercise 6: an LSTM's three gradients of Keras -> the four of PyTorch."""

    def converted(kernel, recurrent, bias):
        return kernel.T, recurrent.T, bias, bias

    slips, matrices = {}, ("weight_ih.grad", "weight_hh.grad")
    for k, name in enumerate(matrices):
        slips[name] = {
            f"{name}: Keras stores (in, out) and PyTorch (out, in), their gradients as well: transpose it.":
                lambda *a, k=k: a[k],
            f"{name}: reshape keeps the numbers in a row; what you need is the transpose.":
                lambda *a, k=k: a[k].reshape(a[k].shape[::-1]),
            f"{name}: transposed block by block, and set side by side again: transpose the whole.":
                lambda *a, k=k: np.concatenate([w.T for w in np.split(a[k], 4, axis=1)], axis=1),
            f"{name}: the gates need no new order: i, f, c, o and i, f, g, o are the same, c is g.":
                lambda *a, k=k: _order(a[k].T, "ifog", "ifgo", 0),
            f"{name}: this is ONNX's order of gates; PyTorch's is that of Keras, with g for c.":
                lambda *a, k=k: _order(a[k].T, "iofg", "ifgo", 0),
        }
    for name in ("bias_ih.grad", "bias_hh.grad"):
        slips[name] = {
            f"{name}: weights are shared out, and zero is one share. A gradient is not: a small step of "
            "either bias moves z, and with it the loss, like the same step of Keras' one.":
                lambda kernel, recurrent, bias: 0 * bias,
            f"{name}: the gradient is not halved: a small step of either bias alone moves z by the whole "
            "step.": lambda kernel, recurrent, bias: bias / 2,
            f"{name}: that the pair moves twice as fast is the doing of two steps; each of the two gradients "
            "is Keras' one.": lambda kernel, recurrent, bias: 2 * bias,
            f"{name}: the gates need no new order: i, f, c, o and i, f, g, o are the same, c is g.":
                lambda kernel, recurrent, bias: _order(bias, "ifog", "ifgo", 0),
            f"{name}: this is ONNX's order of gates; PyTorch's is that of Keras, with g for c.":
                lambda kernel, recurrent, bias: _order(bias, "iofg", "ifgo", 0),
        }
    rng, points = np.random.default_rng(166), []
    for D, H in ((2, 3), (5, 2), (4, 1)):
        points.append(point(*(rng.normal(size=s) for s in ((D, 4 * H), (H, 4 * H), (4 * H,))), D=D, H=H))
    parts = {"weight_ih.grad": "ifgo D", "weight_hh.grad": "ifgo H", "bias_ih.grad": "ifgo",
             "bias_hh.grad": "ifgo"}
    return held(answer, points, converted, slips, parts,
                "right: two are turned, and the third stands there twice.", _several(tuple(parts)))
