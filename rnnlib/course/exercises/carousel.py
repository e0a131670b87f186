"""Exercises of notebook 10, why the LSTM remembers."""

import numpy as np

from ... import analysis, bptt
from ...cells import lstm
from ...cells.activations import sigmoid
from .feedback import NOT_ATTEMPTED, Feedback, checker, run
from .slopes import of_sigmoid
from .three_cells import flow
from .trials import held, point

HALF_LIVES = (1.5, 4.0, 25.0, 69.3, 1000.0)


@checker(10, 1, "A bias for a half-life", stars=2, minutes=10)
def check_forget_bias(answer):
    """Notebook 10, exercise 1: half-life (a number) -> the forget bias b with σ(b)^half_life = 1/2."""

    def bias(k, f=lambda k: 0.5 ** (1 / k), undo=lambda f: np.log(f / (1 - f))):
        return undo(f(k))

    slips = {
        "this is f itself: the bias is what σ turns into f, b = ln(f / (1 - f)).": dict(undo=lambda f: f),
        "this is ln(1 - f): σ is undone by ln(f / (1 - f)).": dict(undo=lambda f: np.log(1 - f)),
        "this is ln f, or minus it: σ is undone by ln(f / (1 - f)).": [
            dict(undo=np.log), dict(undo=lambda f: -np.log(f))],
        "σ is undone by ln f - ln(1 - f): in yours one of the two is missing, or has another sign.": [
            dict(undo=lambda f: -np.log(1 - f)), dict(undo=lambda f: np.log(f) - np.log(1 + f)),
            dict(undo=lambda f: np.log(f * (1 - f)))],
        "this is f / (1 - f): its logarithm is still to be taken.": dict(undo=lambda f: f / (1 - f)),
        "the sign: a larger bias opens the gate, b = ln(f / (1 - f)).": dict(
            undo=lambda f: np.log(1 / f - 1)),
        "this is σ(f): σ is undone, not applied once more, b = ln(f / (1 - f)).": dict(
            undo=lambda f: 1 / (1 + np.exp(-f))),
        "log2 or log10: σ is made of e, so it is undone by the natural logarithm.": [
            dict(undo=lambda f: np.log2(f / (1 - f))), dict(undo=lambda f: np.log10(f / (1 - f)))],
        "σ is no straight line: this undoes its tangent at 0, which is near only where f is about 1/2.": dict(
            undo=lambda f: 4 * (f - 0.5)),
        "you undo the tanh; a gate is a σ: b = ln(f / (1 - f)).": dict(undo=np.arctanh),
        "f^k = 1/2 gives f = (1/2)^(1/k), not (1/2)^k.": dict(f=lambda k: 0.5**k),
        "f^k = 1/2 gives f = (1/2)^(1/k), not k^(-1/2) or the like: take the k-th root of 1/2.": [
            dict(f=lambda k: k**-0.5), dict(f=lambda k: 0.5 / k), dict(f=lambda k: 0.5**0.5)],
        "f = exp(-1/k) leaves 1/e after k steps; asked for is 1/2.": dict(f=lambda k: np.exp(-1 / k)),
        "f = 1 - 1/k leaves about 1/e after k steps; solve f^k = 1/2.": dict(f=lambda k: 1 - 1 / k),
        "k steps do not lose 1/2 in equal parts: each loses a share of what is left, f^k = 1/2.": dict(
            f=lambda k: 1 - 0.5 / k),
        "this leaves 1/2 to the first order only, f = 1 - ln 2 / k: solve f^k = 1/2.": dict(
            f=lambda k: 1 - np.log(2) / k),
        "this is the half-life that a bias of k has: asked for is the bias that has this half-life.": [
            lambda k: -np.log(2) / np.log(1 / (1 + np.exp(-k))), lambda k: np.log(2) / np.log1p(np.exp(-k))],
        "ln k is a good bias for a time of k steps, but not the exact one: solve σ(b)^k = 1/2.": [
            np.log, lambda k: np.log(k / np.log(2))],
    }
    points = [point(k, told=f"for a half-life of {k:g}") for k in HALF_LIVES]
    return held(answer, points, bias, slips, "the bias",
                "right: to double the half-life costs a bias of about ln 2 = 0.69 more.", measured=_left)


def _left(answer):
    """Say what the gate leaves, if it is the same share after k steps for every k; else nothing."""
    found = [(run(answer, k), k) for k in HALF_LIVES]
    left = [sigmoid(float(b)) ** k if isinstance(b, (float, int)) else np.nan for b, k in found]
    same_share = np.isfinite(left).all() and np.ptp(left) < 1e-6
    return f"your gate leaves {left[0]:.4g} after k steps, for every k: asked for is 1/2." * bool(same_share)


@checker(10, 2, "Through c alone, and all of it", stars=2, minutes=15)
def check_through_c(answer):
    """Notebook 10, exercise 2: J (T, 2H, 2H) -> through c alone (H, H), and the whole dc_T/dc_0 (H, H)."""

    def product(blocks):
        total = np.eye(blocks.shape[-1])
        for block in blocks:
            total = block @ total
        return total

    def halves(J):
        H = J.shape[-1] // 2
        return slice(None, H), slice(H, None)

    def both(J):
        h, c = halves(J)
        return product(J[:, c, c]), product(J)[c, c]

    def cut(J, rows, columns, of=product):
        at = dict(zip("hc", halves(J), strict=True))
        return of(J)[at[rows], at[columns]]

    def alone(of):
        return lambda J: of(J[:, halves(J)[1], halves(J)[1]])

    block = "this is the block of {}: rows belong to what is differentiated, and h comes before c."
    backwards = lambda J: product(J[::-1])
    slips = {
        "the two results are exchanged: first through c alone, then the whole.": lambda J: both(J)[::-1],
        "through c alone": {
            block.format("h by h"): lambda J: product(J[:, halves(J)[0], halves(J)[0]]),
            "this is the whole: paths that never leave c meet the c block of each J_t alone.":
                lambda J: both(J)[1],
            "this takes the c block of one step only: multiply those of all steps.": alone(lambda b: b[-1]),
            "this takes the c block of the first step only: multiply those of all steps.": alone(
                lambda b: b[0]),
            "right, but as a vector: the product of the forget gates stands on a diagonal, (H, H).":
                alone(lambda b: np.diag(product(b))),
            "the blocks are multiplied, not added to each other and to the identity.": alone(
                lambda b: b.sum(axis=0) + np.eye(b.shape[-1])),
            "the blocks are multiplied, not added.": alone(lambda b: b.sum(axis=0)),
            "the blocks are multiplied, not averaged.": alone(lambda b: b.mean(axis=0)),
            "the last block is missing in the product.": alone(lambda b: product(b[:-1])),
            "the first block is missing in the product.": alone(lambda b: product(b[1:])),
        },
        "the whole": {
            "each J_t is transposed: its rows belong to the new state.": lambda J: cut(
                J.swapaxes(1, 2), "c", "c"),
            "here too you cut before you multiply, or multiply entry by entry: multiply whole J_t, then "
            "cut.": lambda J: both(J)[0],
            "the order: J_T stands on the left, J_1 on the right.": lambda J: cut(J, "c", "c", backwards),
            block.format("h_T by h_0"): lambda J: cut(J, "h", "h"),
            block.format("h_T by c_0"): lambda J: cut(J, "h", "c"),
            block.format("c_T by h_0"): lambda J: cut(J, "c", "h"),
            "a detour through h takes two steps or more: multiply the whole J_t, then cut.": lambda J: (
                lambda h, c: product(J[:, c, c] + J[:, c, h] @ J[:, h, c]))(*halves(J)),
            "transposed: row n belongs to c_T, column m to c_0.": lambda J: cut(J, "c", "c").T,
            "this is the block of the last step only: multiply all J_t, then cut.": lambda J: cut(
                J, "c", "c", lambda J: J[-1]),
            "the paths that never leave c belong to the whole, too.": lambda J: both(J)[1] - both(J)[0],
            **{f"added to the block of c_T by c_0 is {told}: of the product's four blocks return this one.":
               of for told, of in {
                   "that of c_T by h_0": lambda J: cut(J, "c", "c") + cut(J, "c", "h"),
                   "that of h_T by c_0": lambda J: cut(J, "c", "c") + cut(J, "h", "c"),
                   "that of h_T by h_0": lambda J: cut(J, "c", "c") + cut(J, "h", "h"),
                   "the road through c alone, which it holds already": lambda J: sum(both(J))}.items()},
            "the two roads do not run side by side: a path may change between h and c at every step. "
            "Multiply the whole J_t, then cut.":
                lambda J: both(J)[0] + product(J[:, halves(J)[0], halves(J)[0]]),
            "the products up to each step are added: asked for is the last one.": [
                lambda J, first=first: sum(cut(J, "c", "c", lambda J, k=k: product(J[:k]))
                                           for k in range(first, len(J) + 1)) for first in (1, 0)],
            "the J_t are multiplied, not added.": lambda J: cut(J, "c", "c", lambda J: J.sum(axis=0)),
            "the last J_t is missing in the product.": lambda J: cut(J, "c", "c", lambda J: product(J[:-1])),
            "the first J_t is missing in the product.": lambda J: cut(J, "c", "c", lambda J: product(J[1:])),
            "this is all of the product: of its four blocks return c_T by c_0.": product,
        },
    }
    rng, points = np.random.default_rng(112), []
    for T, D, H in ((4, 2, 3), (6, 3, 2), (1, 2, 4)):
        p = lstm.Params(*(rng.normal(size=shape) for shape in lstm.shapes(D, H)))
        state = rng.uniform(-0.9, 0.9, H), rng.normal(size=H)
        J = analysis.jacobians(lstm, p, bptt.forward(lstm, p, rng.normal(size=(T, D)), state))
        points.append(point(J, T=T, H=H))
    short, whole = both(points[0].inputs[0])
    apart = np.linalg.norm(whole - short) / np.linalg.norm(whole)
    return held(answer, points, both, slips, {"through c alone": "H H", "the whole": "H H"},
                f"right: here the road through c alone misses {apart:.0%} of the derivative.")


@checker(10, 3, "Store what is marked", stars=3, minutes=20)
def check_store(answer):
    """Notebook 10, exercise 3: () -> W_x (4, 2) and b (4,) of a unit that stores marked values."""
    result = run(answer)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: W_x (4, 2) and b (4,).")
    if any(part is None or part is Ellipsis for part in result):
        return Feedback("open", NOT_ATTEMPTED)
    for (name, shape), part in zip((("W_x", (4, 2)), ("b", (4,))), result, strict=True):
        try:
            part = np.asarray(part, dtype=float)
        except (TypeError, ValueError):
            return Feedback("wrong", f"{name} should be numbers; got {type(part).__name__}.")
        if part.shape != shape:
            if [np.shape(a) for a in result] == [(4,), (4, 2)]:
                return Feedback("wrong", "the two are exchanged: return W_x, b.")
            hint = " Rows are gates, columns the value and the mark." if part.shape == (2, 4) else ""
            return Feedback("wrong", f"{name} has shape {part.shape}; expected {shape}.{hint}")
        if not np.isfinite(part).all():
            return Feedback("wrong", f"{name} contains nan or inf.")
    W_x, b = (np.asarray(part, dtype=float) for part in result)
    rng, T, B = np.random.default_rng(113), 120, 20
    values, marks = rng.uniform(-1, 1, (T, B)), np.zeros((T, B))
    marks[[[4], [20]], np.arange(B)] = 1                            # the last mark is 99 steps from the end
    state = np.zeros((B, 1)), rng.uniform(-2, 2, (B, 1))
    trace = bptt.forward(lstm, lstm.Params(W_x, np.zeros((4, 1)), b), np.stack([values, marks], -1), state)
    i, f, g, _ = (gate[..., 0] for gate in lstm.split(trace.kept.gates))
    target, c, marked = np.tanh(values[20]), trace.cs[-1, :, 0], marks == 1
    worst = np.abs(c - target).max()
    if worst <= 0.01:
        return Feedback("right", f"right: after 99 steps the memory is off by {worst:.1g} at most.")
    kept = f[~marked].min() ** 99
    still = [sigmoid(b[k] + W_x[k, 1] * np.array([0.0, 1.0])) for k in (0, 1)]      # gates at a value of 0
    alone = [still[0][0] < 0.01 and still[0][1] > 0.99, still[1][0] > 0.99 and still[1][1] < 0.01]
    moved = [max(np.abs(gate[~marked] - at[0]).max(), np.abs(gate[marked] - at[1]).max()) > 0.005
             for gate, at in zip((i, f), still, strict=True)]
    faults = [
        *((alone[k] and moved[k],
           f"the {name} gate listens to the value, too, with the weight {W_x[k, 0]:g}: only the mark may "
           "move it.")
          for k, name in enumerate(("input", "forget"))),
        (W_x[0, 1] == 0 != W_x[0, 0],
         "the input gate does not listen to the mark: column 1 of W_x is for the value, 2 for the mark."),
        (i[marked].min() < 0.5 < i[~marked].max(),
         "the input gate is the wrong way round: it must be open at a mark and closed without."),
        (f[marked].max() > 0.5 > f[~marked].min(),
         "the forget gate is the wrong way round: it must be closed at a mark and open without."),
        (i[marked].min() < 0.99,
         f"at a mark the input gate is only {i[marked].min():.2g} open: write all of it."),
        (not W_x[2].any() and W_x[3, 0] == 1 and not b[2],
         "at a mark the candidate must be tanh of the value, and its row is the third: the rows are i, f, g, "
         "o, and yours stands in that of o."),
        (np.abs(g[marked] - np.tanh(values[marked])).max() > 0.01,
         "at a mark the candidate must be tanh of the value: give it W_x = (1, 0) and no bias."),
        (f[marked].max() > 0.005,
         f"at a mark the forget gate is still {f[marked].max():.2g} open: the old memory stays in."),
        (kept < 0.99,
         f"without a mark the forget gate is {f[~marked].min():.4f}: after 99 steps that leaves {kept:.2g}."),
        (True, f"without a mark the input gate is {i[~marked].max():.1g} open: 99 unmarked values get in."),
    ]
    return Feedback("wrong", next(text for found, text in faults if found))


@checker(10, 4, "Choose the bias", stars=2, minutes=10)
def check_carried(answer):
    """Notebook 10, exercise 4: () -> b at which the page's LSTM carries 1 over 100 steps, to 10 %."""
    result = run(answer)
    if isinstance(result, Feedback):
        return result
    try:
        b = np.asarray(result)
        b = float("nan" if b.dtype.kind not in "fiub" or b.size != 1 else b.reshape(()))
        if np.isnan(b) and not isinstance(result, float):
            raise TypeError
    except (TypeError, ValueError):
        return Feedback("wrong", f"return one number, the bias; got {type(result).__name__}.")
    if not -20 <= b <= 20:
        return Feedback("wrong", f"b should lie between -20 and 20; got {b:g}.")
    now = flow(b, 1, 100)
    whole, alone = now.norms["LSTM"][-1], now.through_c[-1]
    said = f"at b = {b:.4g} the whole gradient is {whole:.2g}"
    if 0.9 <= whole <= 1.1:
        return Feedback("right", f"right: {said}, of which c alone would carry {alone:.1g}: the rest "
                                 "takes the roads through h.")
    if 0.9 <= alone:
        return Feedback("wrong", f"{said}: it is the road through c alone that carries {alone:.2g}. Less "
                                 "bias is enough, because other roads run through h.")
    return Feedback("wrong", f"{said}, {'less' if whole < 0.9 else 'more'} than 1: "
                             f"{'raise' if whole < 0.9 else 'lower'} the bias.")


@checker(10, 5, "A peephole", stars=3, minutes=20)
def check_peephole(answer):
    """Notebook 10, exercise 5: (z (T,), u (T,), w, c_0) -> (c_T, dc_T/dc_0), f_t = σ(z_t + w c_(t-1)).

    c_t = f_t c_(t-1) + u_t, one unit, all else held.
    """

    def pass_(z, u, w, c_0, weight=lambda w: w, slope=lambda f: f * (1 - f), keep=lambda f: f, add=1.0,
              memory=lambda before, after: before, see=lambda before, earlier: before, gate=sigmoid,
              update=None,
              join=np.multiply, factor=None):
        c, back, last = c_0, 1.0, c_0
        for z_t, u_t in zip(z, u, strict=True):
            f = gate(z_t + w * see(c, last))
            last, c = c, update(f, c, u_t) if update else f * c + add * u_t
            way = weight(w) * slope(f) * memory(last, c)
            step = factor(f, w, last) if factor else keep(f) + way
            back = join(back, step) if join else keep(f) * back + way
        return c, back

    slips = {
        "the two results are exchanged: c_T first, then the derivative.": lambda *n: pass_(*n)[::-1],
        "the last step is left out: there are T of them.": lambda z, u, w, c_0: pass_(z[:-1], u[:-1], w, c_0),
        "the first step is left out: z[0] and u[0] belong to it.":
            lambda z, u, w, c_0: pass_(z[1:], u[1:], w, c_0),
        "the steps run backwards: z[0] and u[0] come first.":
            lambda z, u, w, c_0: pass_(z[::-1], u[::-1], w, c_0),
        "dc_T/dc_0": {
            "this is the product of the f_t: c_(t-1) now acts on f_t as well, a second way.":
                dict(weight=lambda w: 0.0),
            "w is missing in the way through the gate.": dict(weight=lambda w: 1.0),
            "the slope of the gate is missing: f (1 - f).": dict(slope=lambda f: 1.0),
            "the slope of a σ is f (1 - f), not 1 - f².": dict(slope=lambda f: 1 - f**2),
            **of_sigmoid("f", but=("missing:", "that of a tanh", "sign", "^2 (1")),
            "the direct way is f_t, not 1, nor 1 - f_t.": [
                dict(keep=keep) for keep in (lambda f: 1.0, lambda f: 1 - f)],
            "the two ways add; yours are multiplied.": lambda *n: pass_(
                *n, factor=lambda f, w, c: f * w * f * (1 - f) * c)[1],
            "one of the two ways alone, and without c_(t-1): they are f_t and w f (1 - f) c_(t-1), and they "
            "add.": [
                lambda *n, factor=factor: pass_(*n, factor=factor)[1] for factor in (
                    lambda f, w, c: w * f * (1 - f), lambda f, w, c: f * (1 - f), lambda f, w, c: w * f,
                    lambda f, w, c: w + 0 * f)],
            "w counts once, in the way through the gate: it does not multiply the direct way, f_t.":
                lambda *n: pass_(
                *n, factor=lambda f, w, c: w * (f + f * (1 - f) * c))[1],
            "the slope belongs to the way through the gate, not to the direct way, f_t.": lambda *n: pass_(
                *n, factor=lambda f, w, c: f * (1 - f) * (1 + w * c))[1],
            "the slope of the gate is f_t (1 - f_t), at z_t + w c_(t-1): yours is that of σ(z_t).": _blind,
            "w and c_(t-1) are both missing in the way through the gate.": lambda *n: pass_(
                *n, factor=lambda f, w, c: f + f * (1 - f))[1],
            "the factors of the steps multiply; yours are added.": [
                lambda *n, at=at: pass_(*n, join=np.add)[1] - 1 + at for at in (1, 0)],
            "in the way through the gate stands c_(t-1), the memory as it is, not c_0, its tanh or 1 + c.": [
                lambda z, u, w, c_0, see=see: pass_(
                    z, u, w, c_0, factor=lambda f, w, c: f + w * f * (1 - f) * see(c, c_0))[1] for see in (
                    lambda c, c_0: c_0, lambda c, c_0: np.tanh(c), lambda c, c_0: 1 + c, lambda c,
                        c_0: c**2)],
            "c_(t-1) and the factor f of the slope are missing: the way is w f (1 - f) c_(t-1).": [
                lambda *n, way=way: pass_(*n, factor=lambda f, w, c: f + way(f, w))[1] for way in (
                    lambda f, w: w * (1 - f), lambda f, w: w * f, lambda f, w: w + 0 * f)],
            "w counts once in the way through the gate, as it is.": [
                dict(weight=weight) for weight in (
                    np.square, abs, lambda w: 1 / w, lambda w: 1 + w)],
            "both ways go back together: what comes from later multiplies the way through the gate, too.":
                lambda *n: pass_(*n, join=None)[1],
            "u_t is no factor and no part of one: it does not depend on c_0.": [
                _with_u, lambda *n: _with_u(*n, lambda f, w, c, u: w * f * (1 - f) * (c + u)),
                lambda *n: _with_u(*n, lambda f, w, c, u: w * f * (1 - f) * u)],
            "this is the mean of the factors: they multiply.": lambda z, u, w, c_0: (
                pass_(z, u, w, c_0, join=np.add)[1] - 1) / len(z),
            "the factor of the last step, or of the first, is missing.": [
                lambda z, u, w, c_0: pass_(z[:-1], u[:-1], w, c_0)[1],
                lambda z, u, w, c_0: pass_(z[1:], u[1:], w, pass_(z[:1], u[:1], w, c_0)[0])[1]],
            "keep the sign: a factor may be negative.": lambda *n: abs(pass_(*n)[1]),
            "this is the derivative of the last step by its own memory, dc_T/dc_(T-1), to the power of T.":
                lambda z, u, w, c_0: pass_(z[-1:], u[-1:], w, pass_(z[:-1], u[:-1], w, c_0)[0])[1] ** len(z),
            "c_(t-1) is missing: a gate that moves by df moves c_t by c_(t-1) df.":
                dict(memory=lambda before, after: 1.0),
            "the gate multiplies the old memory, c_(t-1), not c_t.":
                dict(memory=lambda before, after: after),
            "the direct way, f_t, is missing.": dict(keep=lambda f: 0.0),
            "the way through the gate is subtracted: the two ways add.": dict(weight=lambda w: -w),
            "these are the factors of the last step alone: multiply those of all steps.":
                lambda z, u, w, c_0: pass_(z[-1:], u[-1:], w, pass_(z[:-1], u[:-1], w, c_0)[0])[1],
        },
        "c_T": {
            "the gate does not see the memory: f_t = σ(z_t + w c_(t-1)).":
                lambda z, u, w, c_0: pass_(z, u, 0.0, c_0)[0],
            "nothing is written: add u_t.": lambda *n: pass_(*n, add=0.0)[0],
            "u_t is subtracted: it is added.": lambda *n: pass_(*n, add=-1.0)[0],
            "u_t is added as it is: no gate stands before it.": [
                lambda *n, update=update: pass_(*n, update=update)[0] for update in (
                    lambda f, c, u: f * c + (1 - f) * u, lambda f, c, u: f * (c + u),
                    lambda f, c, u: f * c + f * u)],
            "f keeps the memory: f_t c_(t-1), and f_t = 1 / (1 + exp(-z)): yours keeps 1 - f_t of it, or "
            "all.": [
                lambda *n, update=update: pass_(*n, update=update)[0] for update in (
                    lambda f, c, u: (1 - f) * c + u, lambda f, c, u: c + u)],
            "the memory is squashed: c_t = f_t c_(t-1) + u_t, without a tanh.": [
                lambda *n: np.tanh(pass_(*n)[0]),
                lambda *n: pass_(*n, update=lambda f, c, u: np.tanh(f * c + u))[0]],
            "the gate is a σ, not a tanh.": lambda *n: pass_(*n, gate=np.tanh)[0],
            "the gate lacks its σ.": lambda *n: pass_(*n, gate=lambda z: z)[0],
            "the gate reads c_(t-1) itself, not its tanh or its size.": [
                lambda *n, see=see: pass_(*n, see=see)[0] for see in (
                    lambda before, _: np.tanh(before), lambda before, _: abs(before),
                    lambda before, _: before**2)],
            "the gate reads w c_(t-1), and w counts once: yours has w outside, or is missing.": [
                lambda z, u, w, c_0: pass_(z, u, 1.0, c_0)[0],
                lambda z, u, w, c_0: pass_(z * w, u, w, c_0)[0]],
            "w multiplies c_(t-1) alone in the gate, z_t + w c_(t-1).": lambda z, u, w, c_0: pass_(
                z + w, u, 1.0, c_0)[0],
            "z_t and w c_(t-1) are added in the gate, not multiplied.": _multiplied,
            "the gate reads c_0 at every step: it reads the memory as it is before this step.":
                lambda z, u, w, c_0: (
                pass_(z + w * c_0, u, 0.0, c_0)[0]),
            "the gate sees c_(t-2): look at the memory as it is before this step.": lambda *n: pass_(
                *n, see=lambda before, after: after)[0],
        },
    }
    rng, points = np.random.default_rng(114), []
    for T, w, c_0 in ((6, 0.8, 0.5), (9, -1.5, -0.7), (3, 3.0, 1.2)):
        z, u = rng.normal(size=(2, T))
        points.append(point(z + 1, u, w, c_0, told=f"for T={T}, w={w}", T=T))
    return held(answer, points, pass_, slips, {"c_T": "", "dc_T/dc_0": ""},
                "right: with a peephole an open forget gate alone no longer makes the derivative 1.")


def _blind(z, u, w, c):
    """Return the derivative whose slope of the gate does not see the memory."""
    back = 1.0
    for z_t, u_t in zip(z, u, strict=True):
        f, s = sigmoid(z_t + w * c), sigmoid(z_t)
        back, c = back * (f + w * s * (1 - s) * c), f * c + u_t
    return back


def _multiplied(z, u, w, c):
    """Return c_T where z_t and w c_(t-1) are multiplied in the gate."""
    for z_t, u_t in zip(z, u, strict=True):
        c = sigmoid(z_t * w * c) * c + u_t
    return c


def _with_u(z, u, w, c, way=lambda f, w, c, u: w * f * (1 - f) * c + u):
    """Return the product of the factors, in each of which u_t stands."""
    back = 1.0
    for z_t, u_t in zip(z, u, strict=True):
        f = sigmoid(z_t + w * c)
        back, c = back * (f + way(f, w, c, u_t)), f * c + u_t
    return back
