"""Answers as learners give them, to eleven exercises more: (verdict, words of the message, answer)."""

from types import SimpleNamespace

import numpy as np

from rnnlib import gru
from rnnlib.course import exercises

R, W = "right", "wrong"


# 12, 7


def nucleus_by_loop(p, mass):
    new, reached = [0.0] * len(p), 0.0
    while reached < mass:
        k = max((k for k in range(len(p)) if new[k] == 0), key=lambda k: p[k])
        new[k] = p[k]
        reached += p[k]
    return [share / reached for share in new]


def nucleus_by_limit(p, mass):
    down = np.sort(p)[::-1]
    limit = down[np.searchsorted(np.cumsum(down), mass)]
    return np.where(p >= limit, p, 0.0) / p[p >= limit].sum()


def nucleus_by_before(p, mass):
    before = np.array([p[p > share].sum() for share in p])
    return p * (before < mass) / p[before < mass].sum()


def cut(order=lambda p: np.argsort(p)[::-1], many=lambda total, mass: np.sum(total < mass) + 1,
        divide=lambda kept, p, mass: kept / kept.sum(), put=lambda new, order, n, p: order[:n]):
    def nucleus(p, mass):
        places = order(p)
        n, new = many(np.cumsum(p[places]), mass), np.zeros(len(p))
        at = put(new, places, n, p)
        new[at] = p[at]
        return divide(new, p, mass)

    return nucleus


def nucleus_in_place(p, mass):
    order = np.argsort(p)[::-1]
    p[order[np.cumsum(p[order]) - p[order] >= mass]] = 0
    return p / p.sum()


def nucleus_unplaced(p, mass):
    down = np.sort(p)[::-1]
    kept = np.where(np.cumsum(down) - down < mass, down, 0)
    return kept / kept.sum()


def nucleus_short(p, mass):
    down = np.sort(p)[::-1]
    kept = down[np.cumsum(down) - down < mass]
    return kept / kept.sum()


def nucleus_kept_only(p, mass):
    new = nucleus_by_limit(p, mass)
    return new[new > 0]


def nucleus_by_mask(p, mass):
    order = np.argsort(p)[::-1]
    kept = np.where(np.cumsum(p[order]) - p[order] < mass, p, 0)
    return kept / kept.sum()


def nucleus_ranks(p, mass):
    order = np.argsort(p)[::-1]
    new = np.where(order < np.sum(np.cumsum(p[order]) < mass) + 1, p, 0)
    return new / new.sum()


def nucleus_soft(p, mass):
    new = nucleus_by_limit(p, mass)
    return np.exp(new) / np.exp(new).sum()


def nucleus_sharp(p, mass):
    new = p ** (1 / mass)
    return new / new.sum()


def nucleus_rest_shared(p, mass):
    kept = np.where(nucleus_by_limit(p, mass) > 0, p, 0)
    return kept + (1 - kept.sum()) / np.sum(kept > 0) * (kept > 0)


def nucleus_prints(p, mass):
    print(nucleus_by_limit(p, mass))


def nucleus_top(k):
    def nucleus(p, mass):
        kept = np.where(p >= np.sort(p)[-k], p, 0)
        return kept / kept.sum()

    return nucleus


# 13


SIX = {"A": 2, "B": 6, "C": 4, "D": 1, "E": 5, "F": 3}
DISPLACED = {name: number - 1 for name, number in SIX.items()}


def levels_by_loop(p, words):
    cost = 0
    for share in p:
        cost -= share * np.log(share)
    return [cost / words, (cost + cost) / words]


def levels_in_place(p, words):
    p *= np.log(p)
    return -p.sum() / words, -2 * p.sum() / words


def level(cost=lambda p: -(p * np.log(p)).sum(), end=lambda cost, words: (cost / words, 2 * cost / words)):
    return lambda p, words: end(cost(p), words)


def tied_by_loop(ids, hs, dxs, dos):
    dE = np.zeros((dos.shape[1], dxs.shape[1]))
    for t in range(len(ids)):
        dE[ids[t]] += dxs[t]
        dE += np.outer(dos[t], hs[t])
    return dE


def tied_by_marks(ids, hs, dxs, dos):
    marks = np.eye(dos.shape[1])[ids]
    return marks.T @ dxs + np.einsum("tv,th->vh", dos, hs)


def both(read=1, out=1, add=np.add.at, states=lambda hs: hs, end=lambda dE: dE):
    def tied(ids, hs, dxs, dos):
        dE = np.zeros((dos.shape[1], hs.shape[1]))
        add(dE, ids, read * dxs)
        return end(dE + out * dos.T @ states(hs))

    return tied


def added_at_once(dE, ids, dxs):
    dE[ids] += dxs


def written(dE, ids, dxs):
    dE[ids] = dxs


def tied_written_last(ids, hs, dxs, dos):
    dE = dos.T @ hs
    dE[ids] = dxs
    return dE


def tied_fancy(ids, hs, dxs, dos):
    dE = dos.T @ hs
    dE[ids] += dxs
    return dE


def tied_in_place(ids, hs, dxs, dos):
    dos += 0.0
    dos *= 2.0
    return dos.T @ hs


def tied_for_seven(ids, hs, dxs, dos):
    dE = np.zeros((7, hs.shape[1]))
    np.add.at(dE, ids, dxs)
    return dE + dos.T @ hs


def tied_two(ids, hs, dxs, dos):
    dE = np.zeros((dos.shape[1], hs.shape[1]))
    np.add.at(dE, ids, dxs)
    return dE, dos.T @ hs


def tied_by_read_row(ids, hs, dxs, dos):
    dE = np.zeros((dos.shape[1], hs.shape[1]))
    for t, i in enumerate(ids):
        dE[i] += dxs[t] + dos[t, i] * hs[t]
    return dE


def tied_next_target(ids, hs, dxs, dos):
    dE = dos[:-1].T @ hs[1:]
    np.add.at(dE, ids, dxs)
    return dE


def tied_last_step(ids, hs, dxs, dos):
    dE = np.outer(dos[-1], hs[-1])
    np.add.at(dE, ids, dxs)
    return dE


def tied_dxs(ids, hs, dxs, dos):
    dE = dos.T @ dxs
    np.add.at(dE, ids, dxs)
    return dE


def tied_hs_in_rows(ids, hs, dxs, dos):
    dE = dos.T @ hs
    np.add.at(dE, ids, hs)
    return dE


def tied_overwritten(ids, hs, dxs, dos):
    dE = np.zeros((dos.shape[1], hs.shape[1]))
    for t, i in enumerate(ids):
        dE[i] += dxs[t]
        dE = np.outer(dos[t], hs[t])
    return dE


# 14


KNOWN = {"A": 2, "B": 1, "C": 1, "D": 2, "E": 1, "F": 3}


def moments(low, high):
    return (low + high) / 2, (low * low + low * high + high * high) / 3


def product_by_moments(low, high):
    mean, square = moments(low, high)
    return square * square - mean**4, square * (square - mean * mean)


def product_by_variances(low, high):
    m, v = (high + low) / 2, (high - low) ** 2 / 12
    return np.array([v * v + 2 * m * m * v, v * v + m * m * v])


def product_by_powers(low, high):
    square = (high**3 - low**3) / (3 * (high - low))
    mean = (high**2 - low**2) / (2 * (high - low))
    return square**2 - mean**4, square**2 - square * mean**2


def product(neither=lambda m, s: s**2 - m**4, one=lambda m, s: s * (s - m * m), mean=lambda low, high: (
        low + high) / 2, variance=lambda low, high: (high - low) ** 2 / 12):
    def errors(low, high):
        m = mean(low, high)
        s = variance(low, high) + m * m
        return neither(m, s), one(m, s)

    return errors


def product_drawn(low, high):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(low, high, (2, 20_000))
    return (a * b).var(), (a * b - a * b.mean()).var()


# 15, the cell


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def my_step(p, u, state, squash=sigmoid, new=lambda z, n, h: (1 - z) * n + z * h,
            under=lambda p, u, a, r, h: u + r * (a + p.b_n), keep=lambda r, m: m):
    (h,), a = state, gru.split(state[0] @ p.W_h.T)
    u_r, u_z, u_n = gru.split(u)
    z_r, z_z = u_r + a[0], u_z + a[1]
    r, z, m = squash(z_r), squash(z_z), a[2] + p.b_n
    z_n = under(p, u_n, a[2], r, h)
    n = np.tanh(z_n)
    side = lambda *parts: np.concatenate(parts, axis=-1)
    return (new(z, n, h),), gru.Kept(side(z_r, z_z, z_n), side(r, z, n), keep(r, m))


def my_back(d_n=lambda dh, h, r, z, n, m: dh * (1 - z) * (1 - n * n),
            d_z=lambda dh, h, r, z, n, m: dh * (h - n) * z * (1 - z),
            d_r=lambda d, h, r, z, n, m, dh: d * m * r * (1 - r),
            leak=lambda z, dh: z * dh, through=lambda d_r, d_z, d_n, r: (d_r, d_z, r * d_n),
            product=lambda d, W: d @ W, end=lambda delta: delta):
    def step_backward(p, dstate, at):
        (dh,), (h,), m = dstate, at.before, at.kept[2]
        r, z, n = gru.split(at.kept.gates)
        new = d_n(dh, h, r, z, n, m)
        delta = d_r(new, h, r, z, n, m, dh), d_z(dh, h, r, z, n, m), new
        past = leak(z, dh) + product(np.concatenate(through(*delta, r), axis=-1), p.W_h)
        return end(np.concatenate(delta, axis=-1)), (past,)

    return step_backward


def my_gradient(trace, delta, factor=lambda r, z: r, before=lambda trace: trace.hs[:-1], of_b=lambda d: d,
                share=1, turn=lambda W: W, of_b_n=lambda inside, bare: inside):
    d_r, d_z, d_n = gru.split(delta)
    r, z, _ = gru.split(trace.kept.gates)
    past = np.concatenate([d_r, d_z, factor(r, z) * d_n], axis=-1)
    flat = lambda a: a.reshape(-1, a.shape[-1])
    parts = (flat(delta).T @ flat(trace.xs), turn(flat(past).T @ flat(before(trace))),
             flat(of_b(delta)).sum(axis=0), flat(of_b_n(r * d_n, d_n)).sum(axis=0))
    return gru.Params(*(part / share for part in parts))


def cell(step=my_step, step_backward=None, gradient=my_gradient, **others):
    return SimpleNamespace(**dict(Params=gru.Params, STATES=("h",), shapes=gru.shapes, step=step,
                                  step_backward=step_backward or my_back(), gradient=gradient) | others)


def changed(function, **options):
    return lambda *inputs: function(*inputs, **options)


def back_in_place(p, dstate, at):
    at.kept.gates[...] = 0.5
    return my_back()(p, dstate, at)


def only_delta(p, dstate, at):
    return my_back()(p, dstate, at)[0]


def bare_state(p, dstate, at):
    delta, (past,) = my_back()(p, dstate, at)
    return delta, past


def backward_of_two(p, dstate, at):
    delta, past = my_back()(p, dstate, at)
    return delta, (past[0], past[0])


# 15, 5 and 6


WHICH = {"A": 2, "B": 3, "C": 1, "D": 3, "E": 4, "F": 2}


def one_gate_in_full(dh, h, z, n, m):
    r, slope = 1 - z, z * (1 - z)
    d_n = (1 - n**2) * (1 - z) * dh
    d_r = d_n * m * r * (1 - r)
    return dh * (h - n) * slope - d_r, d_n


def one_gate_expanded(dh, h, z, n, m):
    d_n = dh - dh * n * n - z * dh + z * dh * n * n
    d_z = dh * h * z - dh * n * z - d_n * m * z
    return np.stack([d_z - z * d_z, d_n])


def one(d_n=lambda dh, z, n: dh * (1 - z) * (1 - n * n), mix=lambda dh, h, n, z: dh * (h - n),
        reset=lambda d, m, z, h, n, dh: d * m, slope=lambda z: z * (1 - z), end=lambda *d: d):
    def deltas(dh, h, z, n, m):
        new = d_n(dh, z, n)
        return end((mix(dh, h, n, z) - reset(new, m, z, h, n, dh)) * slope(z), new)

    return deltas


def one_gate_slope_once(dh, h, z, n, m):
    d_n = dh * (1 - z) * (1 - n * n)
    return dh * (h - n) * z * (1 - z) - d_n * m, d_n


def one_gate_slope_on_second(dh, h, z, n, m):
    d_n = dh * (1 - z) * (1 - n * n)
    return dh * (h - n) - d_n * m * z * (1 - z), d_n


def one_gate_in_place(dh, h, z, n, m):
    dh *= 1 - z
    return dh * (h - n) * z, dh * (1 - n * n)


# 16


def cells_of_keras(weight_ih, weight_hh, bias_ih, bias_hh):
    H = len(bias_ih) // 3
    places = np.r_[H : 2 * H, :H, 2 * H : 3 * H]
    return weight_ih[places].T, weight_hh[places].T, np.array([bias_ih[places], bias_hh[places]])


def by_columns(weight_ih, weight_hh, bias_ih, bias_hh):
    bias = np.vstack([bias_ih, bias_hh])
    turned = []
    for a in (weight_ih.T, weight_hh.T, bias):
        r, z, n = np.array_split(a, 3, axis=1)
        turned.append(np.hstack([z, r, n]))
    return turned


def sorted_as(order, a):
    blocks = dict(zip("rzn", np.split(a, 3), strict=True))
    return np.concatenate([blocks[gate] for gate in order])


def keras(kernel="zrn", recurrent="zrn", first="zrn", second="zrn", turn=(np.transpose, np.transpose),
          bias=lambda a, b: np.stack([a, b]), end=lambda *parts: parts):
    def converted(weight_ih, weight_hh, bias_ih, bias_hh):
        return end(turn[0](sorted_as(kernel, weight_ih)), turn[1](sorted_as(recurrent, weight_hh)),
                   bias(sorted_as(first, bias_ih), sorted_as(second, bias_hh)))

    return converted


def keras_for_three(weight_ih, weight_hh, bias_ih, bias_hh):
    places = [3, 4, 5, 0, 1, 2, 6, 7, 8]
    return weight_ih[places].T, weight_hh[places].T, np.stack([bias_ih[places], bias_hh[places]])


def keras_in_place(weight_ih, weight_hh, bias_ih, bias_hh):
    H = len(bias_ih) // 3
    for a in (weight_ih, weight_hh, bias_ih, bias_hh):
        a[:H], a[H : 2 * H] = a[H : 2 * H].copy(), a[:H].copy()
    return weight_ih.T, weight_hh.T, np.stack([bias_ih, bias_hh])


def keras_swapped_by_views(weight_ih, weight_hh, bias_ih, bias_hh):
    """Exchange two blocks of copies without a third: both are z then."""
    H = len(bias_ih) // 3
    parts = [a.copy() for a in (weight_ih, weight_hh, bias_ih, bias_hh)]
    for a in parts:
        a[:H], a[H : 2 * H] = a[H : 2 * H], a[:H]
    return parts[0].T, parts[1].T, np.stack(parts[2:])


ANSWERS = {
    exercises.check_nucleus: [
        (R, "", nucleus_by_loop),
        (R, "", nucleus_by_limit),
        (R, "", nucleus_by_before),
        (R, "", cut()),
        (W, "not in shares of 1: divide what", cut(divide=lambda kept, p, mass: kept)),
        (W, "divided by `mass`: what is kept adds", cut(divide=lambda kept, p, mass: kept / mass)),
        (W, "one symbol too few: the one with", cut(many=lambda total, mass: np.sum(total < mass))),
        (W, "one symbol too few: the one with", cut(many=lambda total, mass: np.sum(total <= mass))),
        (W, "one symbol too many: stop with the",
         cut(many=lambda total, mass: np.sum(total < mass) + 2)),
        (W, "only the likeliest symbol is left: that", cut(many=lambda total, mass: 1)),
        (W, "these are the least likely symbols: begin", cut(order=np.argsort)),
        (W, "these are the least likely symbols: begin", cut(order=lambda p: np.argsort(-p)[::-1])),
        (W, "you count the sums beyond `mass`: kept",
         cut(many=lambda total, mass: np.sum(total > mass))),
        (W, "this cuts off `mass` and keeps the",
         cut(many=lambda total, mass: np.searchsorted(total, 1 - mass) + 1)),
        (W, "the sum runs over the symbols in", cut(order=lambda p: np.arange(len(p)))),
        (W, "sorted: each probability must stand at its", nucleus_unplaced),
        (W, "only those that are kept: the others", nucleus_short),
        (W, "only those that are kept: the others", nucleus_kept_only),
        (W, "the mask is in the order of", nucleus_by_mask),
        (W, "order[k] is the place of the k-th", nucleus_ranks),
        (W, "your function changes its inputs in place", nucleus_in_place),
        (W, "no softmax is needed: what is left", nucleus_soft),
        (W, "the tail gets probability 0; a power", nucleus_sharp),
        (W, "what was cut off is dealt out", nucleus_rest_shared),
        (W, "your function prints and returns nothing: end", nucleus_prints),
        (W, "the new p does not depend on", nucleus_top(2)),
        (W, "4 symbols and mass 0.5: the new", nucleus_top(3)),
        (W, "this keeps the symbols that are likelier", lambda p, mass: np.where(p >= mass, p, 0)),
        (W, "this keeps the symbols that are likelier",
         lambda p, mass: np.where(p > 1 - mass, p, 0) / p[p > 1 - mass].sum()),
        (W, "nothing is cut off: the tail gets", lambda p, mass: p / mass),
        (W, "the new p has shape (2,); expected", lambda p, mass: np.argsort(p)[::-1][:2]),
        (W, "the new p should be numbers; got", lambda p, mass: nucleus_by_limit(p, mass) > 0),
        (W, "these are the running sums: they only", lambda p, mass: np.cumsum(np.sort(p)[::-1])),
        (W, "what is left is equally likely in",
         lambda p, mass: (nucleus_by_limit(p, mass) > 0) / np.sum(nucleus_by_limit(p, mass) > 0)),
        (W, "5 symbols and mass 0.95: the new", lambda p, mass: nucleus_by_limit(p, 0.75)),
        (W, "this cuts off `mass` and keeps the", lambda p, mass: nucleus_by_limit(p, 1 - mass)),
    ],
    exercises.check_named: [
        (R, "", lambda: SIX),
        (R, "", lambda: dict(zip("ABCDEF", np.array([2, 6, 4, 1, 5, 3]), strict=True))),
        (W, "A is not 4: who subtracts the", lambda: SIX | {"A": 4}),
        (W, "B is not 3: with one word", lambda: SIX | {"B": 3, "F": 6}),
        (W, "D is not 5: only the inputs", lambda: SIX | {"D": 5, "E": 1}),
        (W, "C is not 3: if the weights", lambda: SIX | {"C": 3, "F": 4}),
        (W, "B is not 5: with one word", lambda: SIX | {"B": 5}),
        (W, "B is not 4: with one word", lambda: SIX | {"B": 4}),
        (W, "C is not 5: if the weights", lambda: SIX | {"C": 5}),
        (W, "E is not 2: the pass is", lambda: SIX | {"E": 2}),
        (W, "D is not 3: only the inputs", lambda: SIX | {"D": 3}),
        (W, "F is not 2: the states belong", lambda: SIX | {"F": 2}),
        (W, "D must be a number from 1", lambda: DISPLACED),
        (W, "B must be a number from 1", lambda: SIX | {"B": "6"}),
        (W, "B must be a number from 1", lambda: SIX | {"B": [6]}),
        (W, "F must be a number from 1", lambda: SIX | {"F": 7}),
        (W, "return a dict, {'A': ..., 'B': ", lambda: list(SIX.values())),
        (W, "return a dict with the keys A", lambda: {number: name for name, number in SIX.items()}),
        (W, "return a dict with the keys A",
         lambda: {name: number for name, number in SIX.items() if name != "F"}),
        (W, "return a dict with the keys A",
         lambda: {name.lower(): number for name, number in SIX.items()}),
        (W, "A is not 1: who subtracts the", lambda: dict.fromkeys("ABCDEF", 1)),
        (W, "A must be a number from 1", lambda: SIX | {"A": "h = 1"}),
    ],
    exercises.check_levels: [
        (R, "", levels_by_loop),
        (R, "", lambda p, words: np.array([1, 2]) * (p @ np.log(1 / p)) / words),
        (R, "", level(lambda p: np.sum(-p * np.log2(p)) * np.log(2))),
        (W, "your function changes its inputs in place", levels_in_place),
        (W, "the sign: a loss is not negative", level(lambda p: (p * np.log(p)).sum())),
        (W, "in bits: nats take the natural logarithm", level(lambda p: -(p * np.log2(p)).sum())),
        (W, "with memory is 1 / ln 10", level(lambda p: -(p * np.log10(p)).sum())),
        (W, "a mean: p weighs the sentences already", level(lambda p: -(p * np.log(p)).mean())),
        (W, "the mean of -ln p must be", level(lambda p: -np.log(p).mean())),
        (W, "the sum of -ln p: each must", level(lambda p: -np.log(p).sum())),
        (W, "this is ln n, as if all", level(lambda p: np.log(len(p)))),
        (W, "this is the cost of the likeliest", level(lambda p: -np.log(p.max()))),
        (W, "this is ln n, as if all", level(lambda p: -np.log(p.mean()))),
        (W, "with memory is not yet summed over", level(lambda p: -p * np.log(p))),
        (W, "weighed twice: each -ln p once by", level(lambda p: -(p**2 * np.log(p)).sum())),
        (W, "one guess among n sentences costs -sum",
         level(lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum())),
        (W, "this is exp of the cost, the", level(lambda p: np.exp(-(p * np.log(p)).sum()))),
        (W, "this is for a whole sentence: divide", level(end=lambda cost, words: (cost, 2 * cost))),
        (W, "the sure words count, too: a sentence",
         level(end=lambda cost, words: (cost / (words - 1), 2 * cost / (words - 1)))),
        (W, "without memory two words are guessed; like",
         level(end=lambda cost, words: (cost / words, cost))),
        (W, "this is for a whole sentence: divide",
         level(end=lambda cost, words: (cost / words, 2 * cost))),
        (W, "with and without memory are exchanged",
         level(end=lambda cost, words: (2 * cost / words, cost / words))),
        (W, "without memory the verb is a guess",
         level(end=lambda cost, words: (cost / words, cost / words))),
        (W, "who remembers the subject knows the verb",
         level(end=lambda cost, words: (2 * cost / words, 2 * cost / words))),
        (W, "with memory nothing but the beginning is",
         level(end=lambda cost, words: (0.0, cost / words))),
        (W, "with memory nothing but the beginning is",
         level(end=lambda cost, words: (0.0, 2 * cost / words))),
        (W, "the costs of two guesses add up",
         level(end=lambda cost, words: (cost / words, cost**2 / words))),
        (W, "without memory two words are guessed; like",
         level(end=lambda cost, words: (cost / words, 3 * cost / words))),
        (W, "p = [0.25, 0.25, 0.25, 0.25], 6", level(end=lambda cost, words: (cost / 5, 2 * cost / 5))),
        (W, "with memory is multiplied by words: it",
         level(end=lambda cost, words: (cost * words, 2 * cost * words))),
        (W, "return two numbers: with memory, without; got",
         level(end=lambda cost, words: cost / words)),
        (W, "with memory is 0.219722 at every point",
         lambda p, words: (np.log(3) / 5, 2 * np.log(3) / 5)),
        (W, "the verbs are as unequal as the",
         lambda p, words: (-(p * np.log(p)).sum() / words, -(p * np.log(p)).sum() / words
                                  + np.log(len(p)) / words)),
        (W, "without does not depend on p",
         lambda p, words: (-(p * np.log(p)).sum() / words, np.log(words) / words)),
    ],
    exercises.check_tied: [
        (R, "", tied_by_loop),
        (R, "", tied_by_marks),
        (R, "", both()),
        (W, "the table is used twice: the read-out", both(out=0)),
        (W, "the table is used twice: the part", both(read=0)),
        (W, "the read-out's part is subtracted: both uses", both(out=-1)),
        (W, "the part of the words that were", both(read=-1)),
        (W, "dE has the wrong sign: every number", both(read=-1, out=-1)),
        (W, "both uses count in full: add them", both(end=lambda dE: dE / 2)),
        (W, "transposed: E has one row for each", both(end=lambda dE: dE.T)),
        (W, "where a word is read several times", both(add=added_at_once)),
        (W, "where a word is read several times", both(add=written)),
        (W, "where a word is read several times", tied_fancy),
        (W, "dE[ids] = dxs writes over the read-out's", tied_written_last),
        (W, "dE should be one array of shape", tied_two),
        (W, "the read-out's part goes to every word", tied_by_read_row),
        (W, "the read-out sees h_t, row t of", tied_next_target),
        (W, "the read-out's part is that of the", tied_last_step),
        (W, "beside E in o_t = E h_t", tied_dxs),
        (W, "row ids[t] takes what came back to", tied_hs_in_rows),
        (W, "`dE += np.outer(dos[t], hs[t])` in place of", tied_overwritten),
        (W, "your function changes its inputs in place", tied_in_place),
        (W, "your function stops in line 4: in", tied_for_seven),
        (W, "the read-out sees h_t, row t of",
         both(states=lambda hs: np.vstack([0 * hs[:1], hs[:-1]]))),
        (W, "dE is what it should be if", both(states=lambda hs: np.roll(hs, 1, axis=0))),
        (W, "dE is what it should be if", both(states=lambda hs: hs[::-1])),
        (W, "the read-out is linear: no slope belongs", both(states=lambda hs: 1 - hs**2)),
        (W, "dos has come back to o_t already",
         lambda ids, hs, dxs, dos: both()(ids, hs, dxs, dos - np.eye(dos.shape[1])[ids])),
        (W, "a mean over the steps: asked for",
         lambda ids, hs, dxs, dos: both()(ids, hs, dxs, dos) / len(ids)),
        (W, "your function stops: in `dxs + dos.T", lambda ids, hs, dxs, dos: dxs + dos.T @ hs),
        (W, "the sum of dxs over all steps", lambda ids, hs, dxs, dos: dos.T @ hs + dxs.sum(axis=0)),
        (W, "dxs goes through the read-out in yours", lambda ids, hs, dxs, dos: dos.T @ (hs + dxs)),
        (W, "your function stops: in `dxs[ids]`, there is",
         lambda ids, hs, dxs, dos: hs.T @ dos + dxs[ids].T),
        (W, "words count from 0: row ids[t], not",
         lambda ids, hs, dxs, dos: both()(ids - 1, hs, dxs, dos)),
        (W, "a mean over the uses of a",
         lambda ids, hs, dxs, dos: dos.T @ hs + both(out=0)(ids, hs, dxs, dos) / np.maximum(
            np.bincount(ids, minlength=dos.shape[1]), 1)[:, None]),
    ],
    exercises.check_read_losses: [
        (R, "", lambda: KNOWN),
        (R, "", lambda: {name: float(number) for name, number in KNOWN.items()}),
        (W, "A is not 1: 1/12 is the", lambda: KNOWN | {"A": 1}),
        (W, "A is not 3: 1/12 is the", lambda: KNOWN | {"A": 3}),
        (W, "B is not 2: 1/6 = 0.1667", lambda: KNOWN | {"B": 2}),
        (W, "C is not 2: with the target", lambda: KNOWN | {"C": 2}),
        (W, "C is not 3: with the target", lambda: KNOWN | {"C": 3}),
        (W, "D is not 1: 1/48 is what", lambda: KNOWN | {"D": 1}),
        (W, "D is not 3: 1/48 is what", lambda: KNOWN | {"D": 3}),
        (W, "C is not 3: with the target", lambda: KNOWN | {"C": 3, "D": 3}),
        (W, "E is not 3: 10 ln 8", lambda: KNOWN | {"E": 3}),
        (W, "E is not 2: 10 ln 8", lambda: KNOWN | {"E": 2}),
        (W, "F is not 2: an error far", lambda: KNOWN | {"F": 2}),
        (W, "C is not 2: with the target", lambda: KNOWN | {"C": 2, "D": 1}),
        (W, "B must be a number from 1", lambda: {name: number - 1 for name, number in KNOWN.items()}),
        (W, "A must be a number from 1", lambda: KNOWN | {"A": 0.083}),
        (W, "E must be a number from 1", lambda: KNOWN | {"E": "nothing"}),
        (W, "return a dict, {'A': ..., 'B': ", lambda: [2, 1, 1, 2, 1, 3]),
        (W, "return a dict with the keys A", lambda: {"A": 2, "B": 1, "C": 1, "D": 2, "F": 3}),
        (W, "E must be a number from 1", lambda: KNOWN | {"E": True}),
        (W, "E must be a number from 1", lambda: KNOWN | {"E": 0}),
    ],
    exercises.check_product: [
        (R, "", product_by_moments),
        (R, "", product_by_variances),
        (R, "", product_by_powers),
        (W, "these are the variances of a sum;", product(neither=lambda m, s: 2 * (s - m * m))),
        (W, "the variance of a product is not", product(neither=lambda m, s: (s - m * m) ** 2)),
        (W, "this is the variance of one number;", product(neither=lambda m, s: s - m * m)),
        (W, "subtract the square of the mean, (E[a]", product(neither=lambda m, s: s**2)),
        (W, "the mean of the product is E[a]^2", product(neither=lambda m, s: s**2 - m**2)),
        (W, "knows neither has the wrong sign: it", product(neither=lambda m, s: m**4 - s**2)),
        (W, "the mean of (a_1 a_2)^2 is E[a^2]^2", product(neither=lambda m, s: s - m**4)),
        (W, "what is subtracted is the square of", product(neither=lambda m, s: s**2 - m)),
        (W, "these are standard deviations: an error is",
         product(neither=lambda m, s: np.sqrt(s**2 - m**4))),
        (W, "both numbers vary at once: the product",
         product(neither=lambda m, s: 2 * m**2 * (s - m * m))),
        (W, "twice what one unknown number costs holds",
         product(neither=lambda m, s: 2 * s * (s - m * m))),
        (W, "the unknown number is multiplied by a_1", product(one=lambda m, s: s - m * m)),
        (W, "a_1 is known but not fixed: take", product(one=lambda m, s: m * m * (s - m * m))),
        (W, "the mean of a_1^2, not of a_1", product(one=lambda m, s: m * (s - m * m))),
        (W, "what a_1 explains is not subtracted: a_1^2", product(one=lambda m, s: s * s)),
        (W, "half of what neither costs holds for", product(one=lambda m, s: (s**2 - m**4) / 2)),
        (W, "the variance of a_2 is multiplied by", product(one=lambda m, s: (s - m * m) ** 2)),
        (W, "knows one is what knows neither should", product(one=lambda m, s: s * s - m**4)),
        (W, "a variance stands beside the mean of", product(one=lambda m, s: s * np.sqrt(s - m * m))),
        (W, "the mean of an even draw is", product(mean=lambda low, high: (high - low) / 2)),
        (W, "the mean of an even draw is", product(mean=lambda low, high: low + high)),
        (W, "the mean of an even draw is", product(mean=lambda low, high: 0.5)),
        (W, "the variance of an even draw is", product(variance=lambda low, high: (high - low) / 12)),
        (W, "the variance of an even draw is",
         product(variance=lambda low, high: (high - low) ** 2 / 6)),
        (W, "the variance of an even draw is",
         product(variance=lambda low, high: (high + low) ** 2 / 12)),
        (W, "the variance of an even draw is", product(variance=lambda low, high: 1 / 12)),
        (W, "the variance of an even draw is", product(variance=lambda low, high: high**2 / 12)),
        (W, "the two are exchanged: who knows neither",
         lambda low, high: product_by_moments(low, high)[::-1]),
        (W, "these are standard deviations: an error is",
         lambda low, high: np.sqrt(product_by_variances(low, high))),
        (W, "knows neither is there what it was", lambda low, high: (7 / 144, 1 / 36)),
        (W, "these are the variances of a sum;",
         lambda low, high: ((high - low) ** 2 / 6, (high - low) ** 2 / 12)),
        (W, "knows neither is what it should be", lambda low, high: product_by_moments(0, high)),
        (W, "return two numbers: knows neither, knows one;",
         lambda low, high: product_by_moments(low, high)[0]),
        (W, "knows neither is near, within 0.02 of", product_drawn),
        (W, "knows neither is rounded to 3 decimals",
         lambda low, high: tuple(round(e, 3) for e in product_by_moments(low, high))),
        (W, "your function prints and returns nothing: end",
         lambda low, high: print(product_by_moments(low, high))),
    ],
    exercises.check_gru: [
        (R, "", cell()),
        (R, "", gru),
        (R, "", cell(step_backward=my_back(
            leak=lambda z, dh: dh - dh * (1 - z), product=lambda d, W: np.einsum("...i,ij->...j", d, W)))),
        (W, "your σ is σ(-z): σ(z) = 1", cell(step=changed(my_step, squash=lambda z: sigmoid(-z)))),
        (W, "the gates r and z take the", cell(step=changed(my_step, squash=np.tanh))),
        (W, "n and h_(t-1) are exchanged: here z",
         cell(step=changed(my_step, new=lambda z, n, h: z * n + (1 - z) * h))),
        (W, "b_n stands inside the bracket: r multiplies",
         cell(step=changed(my_step, under=lambda p, u, a, r, h: u + r * a + p.b_n))),
        (W, "here r multiplies h before the product",
         cell(step=changed(my_step, under=lambda p, u, a, r, h: u + (r * h) @ p.W_h[
            -h.shape[-1] :].T + p.b_n))),
        (W, "m is kept before r multiplies it", cell(step=changed(my_step, keep=lambda r, m: r * m))),
        (W, "your function stops with TypeError",
         cell(step=lambda p, u, state: my_step(p, u, state)[0])),
        (W, "your function stops with TypeError",
         cell(step=lambda p, u, state: (my_step(p, u, state)[0][0], my_step(p, u, state)[1]))),
        (W, "your function stops with TypeError", cell(step=lambda p, u, state: None)),
        (W, "the leak z * dh is dropped", cell(step_backward=my_back(leak=lambda z, dh: 0 * dh))),
        (W, "the leak carries 1 - z, not",
         cell(step_backward=my_back(leak=lambda z, dh: (1 - z) * dh))),
        (W, "the leak carries all of dh, without", cell(step_backward=my_back(leak=lambda z, dh: dh))),
        (W, "the road through n lacks r: W_h^n",
         cell(step_backward=my_back(through=lambda d_r, d_z, d_n, r: (d_r, d_z, d_n)))),
        (W, "gate n is left out of W_h^T",
         cell(step_backward=my_back(through=lambda d_r, d_z, d_n, r: (d_r, d_z, 0 * d_n)))),
        (W, "the deltas are right at step 5",
         cell(step_backward=my_back(through=lambda d_r, d_z, d_n, r: (0 * d_r, 0 * d_z, r * d_n)))),
        (W, "the gates r and z are exchanged",
         cell(step_backward=my_back(through=lambda d_r, d_z, d_n, r: (d_z, d_r, r * d_n)))),
        (W, "W_h stands in the carry where its",
         cell(step_backward=my_back(product=lambda d, W: d @ np.concatenate(
            [block.T for block in np.split(W, 3)])))),
        (W, "the backward pass stops: the matrix product",
         cell(step_backward=my_back(product=lambda d, W: d @ W.T))),
        (W, "only the leak is carried: W_h^T delta",
         cell(step_backward=my_back(product=lambda d, W: 0 * (d @ W)))),
        (W, "delta^z has the wrong sign: its factor",
         cell(step_backward=my_back(d_z=lambda dh, h, r, z, n, m: dh * (n - h) * z * (1 - z)))),
        (W, "delta^z takes h_(t-1) alone, without - n",
         cell(step_backward=my_back(d_z=lambda dh, h, r, z, n, m: dh * h * z * (1 - z)))),
        (W, "the slope of gate z is missing",
         cell(step_backward=my_back(d_z=lambda dh, h, r, z, n, m: dh * (h - n)))),
        (W, "the slope of gate z is that",
         cell(step_backward=my_back(d_z=lambda dh, h, r, z, n, m: dh * (h - n) * (1 - z * z)))),
        (W, "delta^n takes z for 1 - z",
         cell(step_backward=my_back(d_n=lambda dh, h, r, z, n, m: dh * z * (1 - n * n)))),
        (W, "delta^n lacks the factor 1 - z",
         cell(step_backward=my_back(d_n=lambda dh, h, r, z, n, m: dh * (1 - n * n)))),
        (W, "the slope of gate n is missing",
         cell(step_backward=my_back(d_n=lambda dh, h, r, z, n, m: dh * (1 - z)))),
        (W, "right but for gates r and n",
         cell(step_backward=my_back(d_n=lambda dh, h, r, z, n, m: r * dh * (1 - z) * (1 - n * n)))),
        (W, "delta^r takes h_(t-1) for W_h^n h_(t-1) +",
         cell(step_backward=my_back(d_r=lambda d, h, r, z, n, m, dh: d * h * r * (1 - r)))),
        (W, "the slope of gate r is missing",
         cell(step_backward=my_back(d_r=lambda d, h, r, z, n, m, dh: d * m))),
        (W, "delta^r starts from dh, not from delta^n",
         cell(step_backward=my_back(d_r=lambda d, h, r, z, n, m, dh: dh * m * r * (1 - r)))),
        (W, "delta^r lacks its factor W_h^n h_(t-1) +",
         cell(step_backward=my_back(d_r=lambda d, h, r, z, n, m, dh: d * r * (1 - r)))),
        (W, "right but for gate r",
         cell(step_backward=my_back(d_r=lambda d, h, r, z, n, m, dh: d * m * r * r * (1 - r)))),
        (W, "the sign is wrong",
         cell(step_backward=my_back(end=lambda delta: -delta))),
        (W, "at the last step, where nothing comes",
         cell(step_backward=my_back(end=lambda delta: delta / 2))),
        (W, "the backward pass stops with ValueError",
         cell(step_backward=my_back(end=lambda delta: delta[..., :3]))),
        (W, "at the last step, where nothing comes",
         cell(step_backward=my_back(end=lambda delta: np.roll(delta, 3, axis=-1)))),
        (W, "in place", cell(step_backward=back_in_place)),
        (W, "the backward pass stops with TypeError", cell(step_backward=only_delta)),
        (W, "the backward pass stops with TypeError", cell(step_backward=bare_state)),
        (W, "the backward pass stops with TypeError", cell(step_backward=backward_of_two)),
        (W, "the backward pass stops with TypeError", cell(step_backward=lambda p, dstate, at: None)),
        (W, "the backward pass stops with AttributeError",
         cell(step_backward=lambda p, dstate, at: at.kept.nothing)),
        (W, "r is missing before delta^n, in dW_h",
         cell(gradient=changed(my_gradient, factor=lambda r, z: 1.0))),
        (W, "is r, not z",
         cell(gradient=changed(my_gradient, factor=lambda r, z: z))),
        (W, "h_t stands where h_(t-1) belongs, in dW_h",
         cell(gradient=changed(my_gradient, before=lambda trace: trace.hs[1:]))),
        (W, "r is missing before delta^n, in db_n",
         cell(gradient=changed(my_gradient, of_b_n=lambda inside, bare: bare))),
        (W, "only step 1 is used (= in", cell(gradient=changed(my_gradient, of_b=lambda d: d[:1]))),
        (W, "a mean over the 20 steps and", cell(gradient=changed(my_gradient, share=20))),
        (W, "a mean over the 4 sequences stands", cell(gradient=changed(my_gradient, share=4))),
        (W, "the backward pass stops with TypeError",
         cell(gradient=lambda trace, delta: my_gradient(trace, delta)[:3])),
        (W, "the backward pass stops with TypeError", cell(gradient=lambda trace, delta: None)),
        (W, "the deltas are right, but dW_x has",
         cell(gradient=lambda trace, delta: my_gradient(trace, delta)._replace(W_x=np.ones((2, 9))))),
        (W, "this is db",
         cell(gradient=lambda trace, delta: my_gradient(trace, delta)._replace(b_n=delta.sum((0, 1))))),
        (W, "a cell needs step_backward, gradient",
         SimpleNamespace(Params=gru.Params, STATES=("h",), shapes=gru.shapes, step=my_step)),
        (W, "a cell needs Params, shapes, STATES, step", my_step),
        (W, "your function stops with TypeError", cell(STATES=("h", "c"))),
        (W, "your function stops with ValueError",
         cell(shapes=lambda D, H: gru.Params((3 * H, D), (3 * H, H), (H,), (H,)))),
        (W, "cell.Params must be a NamedTuple with fields W_x and b", cell(Params=lambda *parts: parts)),
        (W, "the states differ from step 1 on",
         cell(step=changed(my_step, new=lambda z, n, h: np.maximum((1 - z) * n, 0) + z * h))),
        (W, "the backward pass stops with TypeError",
         cell(gradient=lambda trace, delta: tuple(my_gradient(trace, delta)))),
    ],
    exercises.check_which_cell: [
        (R, "", lambda: WHICH),
        (R, "", lambda: dict(zip("ABCDEF", [2, 3, 1, 3, 4, np.int64(2)], strict=True))),
        (W, "A is not 3: the LSTM carries", lambda: WHICH | {"A": 3}),
        (W, "A is not 4: the LSTM carries", lambda: WHICH | {"A": 4}),
        (W, "B is not 2: in the GRU", lambda: WHICH | {"B": 2}),
        (W, "B is not 1: in the GRU", lambda: WHICH | {"B": 1}),
        (W, "C is not 4: in the RNN", lambda: WHICH | {"C": 4}),
        (W, "C is not 3: in the RNN", lambda: WHICH | {"C": 3}),
        (W, "C is not 2: in the RNN", lambda: WHICH | {"C": 2}),
        (W, "D is not 2: in the GRU", lambda: WHICH | {"D": 2}),
        (W, "D is not 1: in the GRU", lambda: WHICH | {"D": 1}),
        (W, "E is not 1: every cell uses", lambda: WHICH | {"E": 1}),
        (W, "F is not 3: the LSTM has", lambda: WHICH | {"F": 3}),
        (W, "A is not 1: the LSTM carries", lambda: WHICH | {"A": 1, "F": 4}),
        (W, "E must be a number from 1", lambda: WHICH | {"E": 5}),
        (W, "E must be a number from 1", lambda: WHICH | {"E": (1, 2, 3)}),
        (W, "F must be a number from 1", lambda: WHICH | {"F": "LSTM"}),
        (W, "C must be a number from 1", lambda: {name: number - 1 for name, number in WHICH.items()}),
        (W, "return a dict, {'A': ..., 'B': ", lambda: "231342"),
        (W, "return a dict with the keys A", lambda: {"A": 2, "B": 3, "C": 1}),
    ],
    exercises.check_one_gate: [
        (R, "", one_gate_in_full),
        (R, "", one_gate_expanded),
        (R, "", one()),
        (W, "the second road is missing: z also", one(reset=lambda d, m, z, h, n, dh: 0)),
        (W, "the first road is missing: z also", one(mix=lambda dh, h, n, z: 0)),
        (W, "the sign of the second road: r", one(reset=lambda d, m, z, h, n, dh: -d * m)),
        (W, "the sign of the first road: a", one(mix=lambda dh, h, n, z: dh * (n - h))),
        (W, "delta^z has the wrong sign: it is",
         one(mix=lambda dh, h, n, z: dh * (n - h), reset=lambda d, m, z, h, n, dh: -d * m)),
        (W, "z stands in h_t twice, with h_(t-1)", one(mix=lambda dh, h, n, z: dh * h)),
        (W, "z stands in h_t twice, with h_(t-1)", one(mix=lambda dh, h, n, z: -dh * n)),
        (W, "n stands beside 1 - z, so it enters", one(mix=lambda dh, h, n, z: dh * (h + n))),
        (W, "the first road lacks dh, with which", one(mix=lambda dh, h, n, z: h - n)),
        (W, "the second road begins at delta^n, slope", one(reset=lambda d, m, z, h, n, dh: dh * m)),
        (W, "the second road begins at delta^n, slope",
         one(reset=lambda d, m, z, h, n, dh: dh * (1 - z) * m)),
        (W, "the second road lacks m, which r", one(reset=lambda d, m, z, h, n, dh: d)),
        (W, "the second road lacks delta^n: what r", one(reset=lambda d, m, z, h, n, dh: m)),
        (W, "r multiplies m = W_h^n h +", one(reset=lambda d, m, z, h, n, dh: d * h)),
        (W, "r multiplies m = W_h^n h +", one(reset=lambda d, m, z, h, n, dh: d * n)),
        (W, "the second road has one 1 -", one(reset=lambda d, m, z, h, n, dh: d * m * (1 - z))),
        (W, "the slope of the σ comes twice", one(reset=lambda d, m, z, h, n, dh: d * m * z * (1 - z))),
        (W, "the delta^n in it is another: n",
         one(reset=lambda d, m, z, h, n, dh: dh * (1 - n * n) * m)),
        (W, "the slope of the σ, z(1 -", one(slope=lambda z: 1)),
        (W, "z comes out of a σ: its", one(slope=lambda z: 1 - z * z)),
        (W, "delta^z lacks the factor 1 - z", one(slope=lambda z: z)),
        (W, "delta^z lacks the factor z", one(slope=lambda z: 1 - z)),
        (W, "z is a gate already: its slope", one(slope=lambda z: sigmoid(z) * (1 - sigmoid(z)))),
        (W, "delta^z has the wrong sign: it is", one(slope=lambda z: -z * (1 - z))),
        (W, "delta^z has a factor too many: z", one(slope=lambda z: (z * (1 - z)) ** 2)),
        (W, "n enters h_t multiplied by 1 -", one(d_n=lambda dh, z, n: dh * (1 - n * n))),
        (W, "the factor is 1 - z, not", one(d_n=lambda dh, z, n: dh * z * (1 - n * n))),
        (W, "the slope of the tanh, 1 -", one(d_n=lambda dh, z, n: dh * (1 - z))),
        (W, "r does not belong here: 1 -", one(d_n=lambda dh, z, n: dh * (1 - z) ** 2 * (1 - n * n))),
        (W, "delta^n is what it should be if",
         one(d_n=lambda dh, z, n: dh * (1 - z) * (1 - np.tanh(n) ** 2))),
        (W, "n comes out of a tanh: its", one(d_n=lambda dh, z, n: dh * (1 - z) * n * (1 - n))),
        (W, "delta^n has the wrong sign: it is", one(d_n=lambda dh, z, n: -dh * (1 - z) * (1 - n * n))),
        (W, "the slope of the tanh is 1", one(d_n=lambda dh, z, n: dh * (1 - z) * (1 - n))),
        (W, "both are right, but in another order", one(end=lambda d_z, d_n: (d_n, d_z))),
        (W, "return two arrays: delta^z, delta^n; got one", one(end=lambda d_z, d_n: d_z)),
        (W, "return two arrays: delta^z, delta^n; got a", one(end=lambda d_z, d_n: (d_z, -d_z, d_n))),
        (W, "delta^n has shape (3,); expected (4, 3)",
         one(end=lambda d_z, d_n: (d_z.sum(axis=0), d_n.sum(axis=0)))),
        (W, "delta^n has shape (); expected (4, 3)",
         one(end=lambda d_z, d_n: (d_z.mean(), d_n.mean()))),
        (W, "each entry has a delta of its",
         one(end=lambda d_z, d_n: (d_z / len(d_z), d_n / len(d_n)))),
        (W, "the second road lacks the slope of", one_gate_slope_once),
        (W, "the first road lacks the slope of", one_gate_slope_on_second),
        (W, "your function changes its inputs in place", one_gate_in_place),
    ],
    exercises.check_like_two: [
        (R, "", lambda rate, decay: (rate + rate, 0.5 * decay)),
        (R, "", lambda rate, decay: [rate / 0.5, rate * decay / (2 * rate)]),
        (R, "", lambda rate, decay: np.array([2 * rate, decay / 2])),
        (W, "the sum moves by two equal steps", lambda rate, decay: (rate, decay)),
        (W, "decay acts as rate times decay, and", lambda rate, decay: (2 * rate, decay)),
        (W, "the decay is half, not twice: its", lambda rate, decay: (2 * rate, 2 * decay)),
        (W, "the rate is twice, not half: the", lambda rate, decay: (rate / 2, 2 * decay)),
        (W, "two changes together give your numbers: 1", lambda rate, decay: (rate / 2, decay)),
        (W, "the rate is twice, not half: the", lambda rate, decay: (rate / 2, decay / 2)),
        (W, "the sum moves by two equal steps", lambda rate, decay: (rate, decay / 2)),
        (W, "two changes together give your numbers: 1", lambda rate, decay: (rate, 2 * decay)),
        (W, "two changes together give your numbers: 1", lambda rate, decay: (4 * rate, decay / 4)),
        (W, "the rate is twice, not four times", lambda rate, decay: (4 * rate, decay / 2)),
        (W, "half the decay, not a quarter: the", lambda rate, decay: (2 * rate, decay / 4)),
        (W, "the sum decays, too: by the same", lambda rate, decay: (2 * rate, 0)),
        (W, "decay comes second: return rate, decay", lambda rate, decay: (decay / 2, 2 * rate)),
        (W, "this is the product of rate and", lambda rate, decay: (2 * rate, rate * decay)),
        (W, "the decay has a factor too many", lambda rate, decay: (2 * rate, rate * decay / 2)),
        (W, "the decay is what makes the factor", lambda rate, decay: (2 * rate, 1 - rate * decay)),
        (W, "the decay is what makes the factor", lambda rate, decay: (2 * rate, 1 - decay)),
        (W, "the decay is what makes the factor", lambda rate, decay: (2 * rate, 1 - decay / 2)),
        (W, "the decay is half the old one", lambda rate, decay: (2 * rate, decay**2)),
        (W, "the decay is half the old one", lambda rate, decay: (2 * rate, np.sqrt(decay))),
        (W, "the rate is twice the old one", lambda rate, decay: (rate**2, decay / 2)),
        (W, "the decay has the wrong sign: it", lambda rate, decay: (2 * rate, -decay / 2)),
        (W, "the rate has the wrong sign: it", lambda rate, decay: (-2 * rate, decay / 2)),
        (W, "two equal steps add up: twice the",
         lambda rate, decay: (rate * np.sqrt(2), decay / np.sqrt(2))),
        (W, "the rate is there what it was", lambda rate, decay: (0.3, 0.2)),
        (W, "return two numbers: the rate, the decay;", lambda rate, decay: 2 * rate),
        (W, "return two numbers: the rate, the decay;",
         lambda rate, decay: {"rate": 2 * rate, "decay": decay / 2}),
        (W, "your function prints and returns nothing: end",
         lambda rate, decay: print(2 * rate, decay / 2)),
        (W, "return two numbers: the rate, the decay;", lambda rate, decay: (2 * rate, decay / 2, 0.0)),
        (W, "the decay lacks the factor rate", lambda rate, decay: (2 * rate, decay / rate / 2)),
    ],
    exercises.check_pytorch_gradient: [
        (R, "", lambda k, r, b: [k.T, r.T, b, b.copy()]),
        (R, "", lambda k, r, b: (np.einsum("dg->gd", k), np.moveaxis(r, 0, 1), *np.stack([b, b]))),
        (W, "weights are shared out", lambda k, r, b: (k.T, r.T, b, np.zeros_like(b))),
        (W, "not halved", lambda k, r, b: (k.T, r.T, b / 2, b / 2)),
        (W, "the doing of two steps", lambda k, r, b: (k.T, r.T, 2 * b, 2 * b)),
        (W, "transpose it", lambda k, r, b: (k, r, b, b)),
        (W, "weight_hh.grad: reshape keeps", lambda k, r, b: (k.T, r.reshape(-1, len(r)), b, b)),
        (W, "return 4 arrays", lambda k, r, b: (k.T, r.T, b)),
        (W, "ONNX's order", lambda k, r, b: (
            *(np.concatenate([np.split(a, 4)[n] for n in (0, 3, 1, 2)]) for a in (k.T, r.T, b)), b)),
        (W, "bias_hh.grad is wrong", lambda k, r, b: (k.T, r.T, b, b[::-1])),
        (W, "another order", lambda k, r, b: (r.T, k.T, b, b)),
        (W, "the wrong sign", lambda k, r, b: (k.T, r.T, b, -b)),
    ],
    exercises.check_keras_gru: [
        (R, "", cells_of_keras),
        (R, "", by_columns),
        (R, "", keras()),
        (W, "the gates are still in PyTorch's order", keras("rzn", "rzn", "rzn", "rzn")),
        (W, "the gates are still in PyTorch's order", keras("zrn", "zrn", "rzn", "rzn")),
        (W, "only its first row is sorted: the", keras("zrn", "zrn", "zrn", "rzn")),
        (W, "only its second row is sorted: the", keras("zrn", "zrn", "rzn", "zrn")),
        (W, "the gates are still in PyTorch's order", keras("rzn", "zrn", "zrn", "zrn")),
        (W, "the gates are still in PyTorch's order", keras("zrn", "rzn", "zrn", "zrn")),
        (W, "z comes first, then r, and the", keras(*["nzr"] * 4)),
        (W, "z comes first, then r, and the", keras(*["znr"] * 4)),
        (W, "z comes first, then r, and the", keras(*["rnz"] * 4)),
        (W, "PyTorch stores (out, in) and Keras (in", keras(turn=(np.asarray, np.asarray))),
        (W, "PyTorch stores (out, in) and Keras (in", keras(turn=(np.transpose, np.asarray))),
        (W, "PyTorch stores (out, in) and Keras (in", keras(turn=(np.asarray, np.transpose))),
        (W, "transpose it, and sort its blocks: z", keras("rzn", "rzn", turn=(np.asarray, np.asarray))),
        (W, "transpose it, and sort its blocks: z",
         keras("rzn", "rzn", "rzn", "rzn", turn=(np.asarray, np.asarray))),
        (W, "reshape keeps the numbers in a row;",
         keras(turn=(lambda W: W.reshape(W.shape[::-1]), np.transpose))),
        (W, "transposed block by block, and stacked again",
         keras(turn=(np.transpose, lambda W: np.concatenate(
            [block.T for block in np.split(W, 3)])))),
        (W, "the two are added. In a GRU", keras(bias=np.add)),
        (W, "the two are added. In a GRU", keras("zrn", "zrn", "rzn", "rzn", bias=np.add)),
        (W, "the sum is in the first row", keras(bias=lambda a, b: np.stack([a + b, 0 * a]))),
        (W, "the two are added, and stand in", keras(bias=lambda a, b: np.stack([a + b, a + b]))),
        (W, "the rows are exchanged: the first goes", keras(bias=lambda a, b: np.stack([b, a]))),
        (W, "two rows, (2, 3H), not one after", keras(bias=lambda a, b: np.concatenate([a, b]))),
        (W, "(2, 3H), one row for each: yours", keras(bias=lambda a, b: np.stack([a, b], axis=1))),
        (W, "only bias is wrong. It holds the",
         keras(bias=lambda a, b: np.concatenate([a, b]).reshape(-1, 2))),
        (W, "the second one is missing: it has", keras(bias=lambda a, b: np.stack([a, a]))),
        (W, "the second one is missing: it has", keras(bias=lambda a, b: a)),
        (W, "return 3 arrays: kernel, recurrent_kernel",
         keras(bias=lambda a, b: (a, b), end=lambda *parts: parts[:2])),
        (W, "only bias is wrong. It is right", keras(bias=lambda a, b: np.stack([a, b])[None])),
        (W, "all are right, but in another order", keras(end=lambda W, U, b: (U, W, b))),
        (W, "return 3 arrays: kernel, recurrent_kernel", keras(end=lambda W, U, b: (W, U, b[0], b[1]))),
        (W, "all are right, but in another order", keras(end=lambda W, U, b: (b, W, U))),
        (W, "kernel has the wrong sign: it is", keras(end=lambda W, U, b: (-W, -U, b))),
        (W, "only bias is wrong. It has the", keras(end=lambda W, U, b: (W, U + 0.0, -b))),
        (W, "your function stops in line 3: in", keras_for_three),
        (W, "your function changes its inputs in place", keras_in_place),
        (W, "kernel is right but for gate r", keras_swapped_by_views),
        (W, "the numbers run backwards: move whole blocks",
         lambda W, U, a, b: (W.T[:, ::-1], U.T[:, ::-1], np.stack([a, b])[:, ::-1])),
    ],
}
