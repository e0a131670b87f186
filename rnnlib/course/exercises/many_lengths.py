"""Exercises of notebook 17, many lengths, two directions, two layers."""

import numpy as np

from ... import bptt, gradcheck, sequences
from ...cells import lstm
from .backward import AS_IT_IS, confirmed, scaled
from .feedback import Feedback, checker, located, run
from .lstm_backward import misread
from .slopes import of_tanh
from .trials import held, point
from .wrong_gradient import as_found


@checker(17, 1, "The last state of each direction", stars=1, minutes=10)
def check_last_of_both(answer):
    """Notebook 17, exercise 1: output (T, B, 2H) of two directions, lengths (B,) -> last states (B, 2H)."""

    def last(output, lengths, ahead=lambda n, T: n - 1, back=lambda n, T: 0 * n, order=(0, 1)):
        T, B, H = (*output.shape[:2], output.shape[2] // 2)
        b = np.arange(B)
        halves = output[ahead(lengths, T), b, :H], output[back(lengths, T), b, H:]
        return np.concatenate([halves[k] for k in order], axis=-1)

    end = lambda n, T: 0 * n + T - 1
    of_row = lambda n, T: n - 1
    slips = {
        "this is the last row: for the shorter sequences it is padding, and its second half has read one "
        "step at most.": dict(ahead=end, back=end),
        "the first half is right. The reverse direction begins at row n - 1, where it has read one input: "
        "its last state stands in row 0.": dict(back=of_row),
        "the second half is right. The forward direction has read one input in row 0: its last state stands "
        "in row n - 1.": dict(ahead=lambda n, T: 0 * n),
        "the first half is right. The reverse direction ends at row 0, not at row T - 1.": dict(back=end),
        "the second half is right. Row T - 1 is padding for the shorter sequences: the forward direction "
        "ends at row n - 1.": dict(ahead=end),
        "the rows of the halves are exchanged: the first half ends at row n - 1, the second at row 0.": dict(
            ahead=lambda n, T: 0 * n, back=of_row),
        "the second half is read in row T - n. The padding is at the end, so the reverse direction ends in "
        "row 0.": dict(back=lambda n, T: T - n),
        "the halves are exchanged: the forward direction comes first.": dict(order=(1, 0)),
        "the forward direction is taken one row too early: a sequence of length n ends in row n - 1.": [
            dict(ahead=lambda n, T: n - 2), dict(ahead=lambda n, T: np.maximum(n - 2, 0))],
        "the forward direction is taken one row too late: a sequence of length n ends in row n - 1.": dict(
            ahead=lambda n, T: np.minimum(n, T - 1)),
        "all sequences are read at the row of the longest one: each has an end of its own.": dict(
            ahead=lambda n, T: 0 * n + n.max() - 1),
        "all sequences are read at the row of the first one: each has an end of its own.": dict(
            ahead=lambda n, T: 0 * n + n[0] - 1),
        "the two directions are joined, not added or multiplied: the forward one first, (B, 2H).": [
            lambda output, lengths, f=f: f(*np.split(last(output, lengths), 2, axis=-1))
            for f in (np.add, np.multiply, lambda a, b: (a + b) / 2)],
        "every sequence is read at the rows of all of them: give each its own, output[rows, np.arange(B)].": [
            lambda output, lengths, k=k: np.concatenate([
                output[lengths - 1][..., :output.shape[2] // 2],
                output[(lengths - 1) * k][..., output.shape[2] // 2:]], axis=-1) for k in (0, 1)],
        **{f"this is {words} over the steps: asked for are two states.": [
            lambda output, lengths, f=f: f(output, 0), lambda output, lengths, f=f: np.stack(
                [f(output[:n, b], 0) for b, n in enumerate(lengths)])]
           for words, f in (("a mean", np.mean), ("the largest value", np.max))},
    }
    rng, points = np.random.default_rng(171), []
    for lengths, T, H in (([4, 2, 5, 1], 6, 3), ([2, 5, 3], 5, 2), ([3, 1], 4, 1)):
        output = rng.uniform(-0.9, 0.9, (T, len(lengths), 2 * H))          # whatever stands in the padding
        points.append(point(output, np.array(lengths), T=T, B=len(lengths), H=H))
    praise = "right: both halves have read their whole sequence."
    return held(answer, points, last, slips, {"the result": "B H"}, praise)


def masked_deltas(W_h, gates, cs, dhs, mask, heard=lambda m, dh: dh, quiet=lambda m, delta: m * delta,
                  to_h=lambda m, new, dh: np.where(m, new, dh), kept=lambda dc_next, dc: dc_next,
                  to_c=lambda m, new, old: np.where(m, new, old), read=lambda mask, t: mask[t],
                  own=1.0, cell=lambda f, dc: f * dc, beside_f=lambda cs, t: cs[t],
                  tanh_c=lambda cs, t: np.tanh(cs[t + 1])):
    """Return the deltas of an LSTM under a mask, (T, B, 4H); the options are slips."""
    delta, dh_next, dc_next = np.empty_like(gates), 0.0 * dhs[0], 0.0 * dhs[0]
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        m = read(mask, t)[:, None]
        dh, shown = heard(m, dhs[t]) + dh_next, tanh_c(cs, t)
        dc = dc_next + dh * o * (1 - shown**2)
        blocks = (dc * g * i * (1 - i), dc * beside_f(cs, t) * f * (1 - f), dc * i * (1 - g**2),
                  dh * shown * o * (1 - o))
        delta[t] = quiet(m, np.concatenate(blocks, axis=-1))
        dh_next, dc_next = to_h(m, delta[t] @ W_h, dh - (1 - own) * dhs[t]), to_c(
            m, cell(f, dc), kept(dc_next, dc))
    return delta


def _as_found(*inputs):
    """Return the deltas of exercise 2 as it is found: a pass that knows of no mask."""
    return masked_deltas(*inputs[:4], np.ones_like(inputs[4]))


@checker(17, 2, "Put in the mask", stars=2, minutes=20)
def check_masked_deltas(answer):
    """Notebook 17, exercise 2: mend (W_h, gates, cs, dhs, mask) -> delta (T, B, 4H) of an LSTM."""
    slips = {
        "a masked step hands on its dc_next as it came: its c is the old one, which no tanh has seen.": dict(
            kept=lambda dc_next, dc: dc),
        "a masked step hands on its dh, and nothing of its dc: c is carried, too.": dict(
            to_c=lambda m, new, old: m * new),
        "a masked step has delta 0, as it should, but hands on dc * f and nothing of its dh: both go on as "
        "they came.": dict(to_h=lambda m, new, dh: m * new, to_c=lambda m, new, old: new),
        "the mask acts on dc alone: a masked step hands on its dh, too.": dict(to_h=lambda m, new, dh: new),
        "the mask acts on dh alone: a masked step hands on its dc_next, too.": dict(
            to_c=lambda m, new, old: new),
        "a masked step hands on nothing: it should hand on dh and dc_next as it received them.": dict(
            to_h=lambda m, new, dh: m * new, to_c=lambda m, new, old: m * new),
        "the loss of a masked step is left out: its h_t is a copy of an earlier state, which must hear it.":
            [dict(heard=lambda m, dh: m * dh), dict(own=0.0)],
        "the delta of a masked step is not zero: multiply it by m.": dict(quiet=lambda m, delta: delta),
        "the delta of a masked step is not zero, and it sends that back besides: multiply by m first.": dict(
            quiet=lambda m, delta: delta, to_h=lambda m, new, dh: new + (1 - m) * dh),
        "what goes on is chosen the wrong way round: where the mask is True, delta @ W_h and f * dc.": dict(
            to_h=lambda m, new, dh: np.where(m, dh, new), to_c=lambda m, new, old: np.where(m, old, new)),
        "one sequence's mask acts on the whole batch: read it by sequence, mask[t][:, None].": [
            dict(read=lambda mask, t, some=some: np.full_like(mask[t], some(mask[t])))
            for some in (np.all, np.any)],
        "a masked step ends nothing: after a hole in the mask the sequence goes on. Read mask[t] alone.": [
            dict(read=lambda mask, t: mask[:t + 1].all(axis=0)),
            dict(read=lambda mask, t: t < mask.sum(axis=0))],
        "the mask is inverted: where it is True there is a step.": dict(read=lambda mask, t: ~mask[t]),
        "the mask is read one step too early: row t of it belongs to row t of dhs.": dict(
            read=lambda mask, t: mask[t - 1]),
        "the mask is read one step too late: row t of it belongs to row t of dhs.": [
            dict(read=lambda mask, t: mask[(t + 1) % len(mask)]),
            dict(read=lambda mask, t: mask[min(t + 1, len(mask) - 1)])],
        "every step hands on what it received, besides what its formulas give: choose by the mask.": dict(
            to_h=lambda m, new, dh: new + dh, to_c=lambda m, new, old: new + old),
        "a masked step hands on its dc_next as it came, and nothing of f * dc besides.": dict(
            to_h=lambda m, new, dh: new + (1 - m) * dh, to_c=lambda m, new, old: new + (1 - m) * old),
        # alone locate knows these: here they stand for pairs
        "dc_next forgets f: it is f * dc.": dict(cell=lambda f, dc: dc),
        "beside f stands c_(t-1), row t of cs; yours is c_t.": dict(beside_f=lambda cs, t: cs[t + 1]),
        "tanh(c_(t-1)) stands where tanh(c_t), row t + 1 of cs, belongs.": dict(
            tanh_c=lambda cs, t: np.tanh(cs[t])),
        **misread(masked_deltas),
    }
    points, place, given = [], None, None
    for seed, T, B, D, H in ((172, 6, 4, 2, 3), (173, 4, 5, 3, 2)):
        rng = np.random.default_rng(seed)
        at = gradcheck.designed_point(lstm, rng, T, B, D, H)
        mask = rng.random((T, B)) < 0.6
        p, xs, state, dhs = at
        trace = bptt.forward(lstm, p, xs, state, mask)
        inputs = p.W_h, trace.kept.gates, trace.states[1], dhs, mask
        place, given = (place or (*at, mask)), (given or inputs)
        one = point(*inputs, T=T, B=B, H=H)
        points += [one] if len(points) else scaled(one, 3, "dhs")
    *at, mask = place
    praise = "right: a masked step has delta 0 and hands on both states as it received them."
    feedback = located(run(answer, *given), "delta", lstm, *at, mask=mask, praise=praise,
                       again=lambda d: run(answer, *given[:3], d, mask))
    return as_found(feedback, answer, given, _as_found) or confirmed(
        feedback, answer, points, masked_deltas, slips, {"delta": "T B ifgo"}, linear=3)


@checker(17, 3, "One mean of two batches", stars=1, minutes=10)
def check_one_mean(answer):
    """Notebook 17, exercise 3: (nats_1, mask_1, nats_2, mask_2) -> L, dL/dnats_1, dL/dnats_2."""

    def means(nats_1, mask_1, nats_2, mask_2, count=lambda m: m.sum(), total=lambda n: n[0] + n[1],
              seen=lambda a, m: a * m, weight=lambda m: 1.0 * m, share=lambda n, k: sum(n)):
        n = [count(m) for m in (mask_1, mask_2)]
        L = sum(seen(a, m).sum() / share(n, k) for k, (a, m) in enumerate(
            ((nats_1, mask_1), (nats_2, mask_2))))
        return L, weight(mask_1) / share(n, 0), weight(mask_2) / share(n, 1)

    half = lambda n, k: 2 * n[k]
    slips = {
        "this is the mean of the two means: a step of the batch with fewer steps then weighs more. Divide by "
        "the number of all steps, once.": dict(share=half),
        "padding is counted: divide by the number of steps within the masks.": dict(count=lambda m: m.size),
        "padding is counted, and its losses too: the mask belongs to the sum and to the count.": dict(
            count=lambda m: m.size, seen=lambda a, m: a, weight=lambda m: np.ones(m.shape)),
        "the losses of the padding are in the sum: multiply by the mask.": dict(
            seen=lambda a, m: a, weight=lambda m: np.ones(m.shape)),
        "the masks are inverted: True is a step, and False is padding.": dict(
            count=lambda m: (~m).sum(), seen=lambda a, m: a * ~m, weight=lambda m: 1.0 * ~m),
        "divided by the number of sequences: asked for is the mean over steps.": dict(
            count=lambda m: m.shape[1]),
        "divided by the rows T of the two tables: count the steps of every sequence, mask.sum().": dict(
            count=len),
        "this is the mean of the sequences' means: a step of a short sequence then weighs more.": _of_means,
        "each batch is divided by its own number of steps: the two means are added.": dict(
            share=lambda n, k: n[k]),
        "this is the sum: divide L and both derivatives by the number of steps.": dict(
            share=lambda n, k: 1.0),
        "only the steps of one batch are counted: divide by the number of all steps, in both.": [
            dict(share=lambda n, k: n[0]), dict(share=lambda n, k: n[1])],
        "each batch is divided by the number of steps of the other: divide both by the number of all.": dict(
            share=lambda n, k: n[1 - k]),
        "each derivative is divided by the number of steps of the other batch: take that of both, as L does.":
            lambda *a: (means(*a)[0], *means(*a, share=lambda n, k: n[1 - k])[1:]),
        "L": {
            "this is the sum; the derivatives are those of the mean.":
                lambda *a: means(*a, share=lambda n, k: 1.0)[0],
        },
        "dL_1": {
            "it is not divided by the number of steps, as L is.": lambda *a: 1.0 * a[1],
            "it is the loss: L is linear in it, so its derivative is the same for every step.":
                lambda *a: a[0] * a[1] / (a[1].sum() + a[3].sum()),
            "it reaches the padding: no loss there is in L.":
                lambda *a: np.ones(a[1].shape) / (a[1].sum() + a[3].sum()),
        },
        "dL_2": {
            "it is not divided by the number of steps, as L is.": lambda *a: 1.0 * a[3],
            "it is the loss: L is linear in it, so its derivative is the same for every step.":
                lambda *a: a[2] * a[3] / (a[1].sum() + a[3].sum()),
            "it reaches the padding: no loss there is in L.":
                lambda *a: np.ones(a[3].shape) / (a[1].sum() + a[3].sum()),
        },
    }
    rng, points = np.random.default_rng(174), []
    for first, second, T in (([5, 2, 1], [3, 1], 5), ([1, 3], [6, 2, 4, 5], 7)):
        masks = [sequences.mask(lengths, T + k) for k, lengths in enumerate((first, second))]
        nats = [rng.uniform(0.1, 3.0, m.shape) for m in masks]
        points.append(point(nats[0], masks[0], nats[1], masks[1],
                            told=f"for {len(first)} and {len(second)} sequences"))
    read = _three("L, dL_1, dL_2")
    parts = {"L": "", "dL_1": "T B", "dL_2": "T B"}
    return held(answer, points, means, slips, parts, "right: every step weighs the same, wherever it stands.",
                read)


def _of_means(nats_1, mask_1, nats_2, mask_2):
    """Return L and both derivatives where each sequence has the same weight."""
    B = mask_1.shape[1] + mask_2.shape[1]
    weights = [mask / mask.sum(axis=0) / B for mask in (mask_1, mask_2)]
    return (nats_1 * weights[0]).sum() + (nats_2 * weights[1]).sum(), *weights


def _three(names):
    """Return what reads a result that should be so many things, or says that it is none."""
    count = names.count(",") + 1

    def read(result):
        if not isinstance(result, (tuple, list)) or len(result) != count:
            return Feedback("wrong", f"return {count} things: {names}.")
        return result

    return read


@checker(17, 4, "End to end", stars=3, minutes=20)
def check_end_to_end(answer):
    """Notebook 17, exercise 4: (W_h, hs, dhs, starts) -> delta (T, B, H), dW_h (H, H), states reset."""

    def passed(W_h, hs, dhs, starts, cut=lambda starts, t: starts[t], seen=lambda starts, t: starts[t],
               quiet=lambda starts, t: False, by=lambda delta, W: delta @ W,
               slope=lambda h, t: 1 - h[t + 1]**2, sends=lambda delta, dh: delta, row=0,
               turn=lambda dW: dW, share=lambda T, B: 1):
        delta, back, dW = np.zeros_like(dhs), np.zeros_like(dhs[0]), 0.0
        none = np.zeros_like(starts[0])
        for t in reversed(range(len(dhs))):
            here = lambda of, t=t: np.asarray(none | of(starts, t))[:, None]
            delta[t] = np.where(here(quiet), 0.0, slope(hs, t) * (dhs[t] + back))
            dW = dW + delta[t].T @ np.where(here(seen), 0.0, hs[t + row])
            back = np.where(here(cut), 0.0, by(sends(delta[t], dhs[t] + back), W_h))
        return delta, turn(dW) / share(*dhs.shape[:2])

    never = lambda starts, t: False
    later = lambda starts, t: starts[t + 1] if t + 1 < len(starts) else False
    after = lambda starts, t: starts[min(t + 1, len(starts) - 1)]
    earlier = lambda starts, t: starts[t - 1] if t else False
    slips = {
        "nothing is cut: the state before a first step is 0 whatever the sequence before has done, so "
        "nothing goes back to it. And beside delta_t of a first step stands that 0.": dict(
            cut=never, seen=never),
        "delta": {
            "nothing is cut: a first step sends nothing back to the sequence before it.": dict(cut=never),
            "it is cut one step too late, on the way from the last step of a sequence: what is sent back by "
            "row t is cut where row t is a first step.": [
                dict(cut=later), dict(cut=after)],
            "it is cut one step too early, on the way from the second step of a sequence: what is sent back "
            "by row t is cut where row t is a first step.": dict(cut=earlier),
            "a first step has a delta like any other: only what it sends back is cut.":
                dict(quiet=lambda starts, t: starts[t]),
            AS_IT_IS: dict(sends=lambda delta, dh: dh),
            "the cut is the wrong way round: only first steps send back.":
                dict(cut=lambda starts, t: ~starts[t]),
            "W_h stands in the carry where its transpose belongs (as rows: delta @ W_h).": dict(
                by=lambda delta, W: delta @ W.T),
            **{text: dict(slope=lambda h, t, f=options["slope"]: f(h[t + 1]))
               for text, options in of_tanh().items()},
            "the slope is that of the step before: use hs[t + 1].":
                dict(slope=lambda h, t: 1 - h[t]**2),
            "one sequence's start cuts all of the batch: cut row by row, with starts[t][:, None].":
                dict(cut=lambda starts, t: starts[t].any()),
            "nothing is carried back at all: within a sequence every step sends delta @ W_h.":
                dict(cut=lambda starts, t: True),
        },
        "dW_h": {
            "beside delta_t of a first step stands the state that it has read, 0, and not the last one of "
            "the sequence before.": dict(seen=never),
            "a first step has read 0, not the state before the very first step, hs[0].":
                lambda W, hs, dhs, starts: np.einsum("tbi,tbj->ij", passed(W, hs, dhs, starts)[0], np.where(
                    starts[..., None], hs[0], hs[:-1])),
            "beside delta_t stands h_(t-1): yours is one step further back.":
                lambda W, hs, dhs, starts: np.einsum("tbi,tbj->ij", passed(
                    W, hs, dhs, starts)[0][1:], np.where(starts[..., None], 0, hs[:-1])[:-1]),
            "every start has read 0, not only the first row of all.":
                dict(seen=lambda starts, t: t == 0),
            "beside delta_t stands h_(t-1): the zeros are one row too late.":
                dict(seen=earlier),
            "beside delta_t stands h_(t-1): the zeros are one row too early.":
                dict(seen=later),
            "h_t stands where h_(t-1) belongs: row t of hs is the state before step t.":
                [dict(row=1, seen=never), dict(row=1)],
            "a mean over steps, or over sequences: add them up.": [
                dict(share=lambda T, B, n=n: n(T, B)) for n in (
                    lambda T, B: T, lambda T, B: B, lambda T, B: T * B)],
            "it is transposed: entry (i, j) is the sum of all delta_i h_j.": dict(turn=np.transpose),
        },
    }
    rng, points = np.random.default_rng(175), []
    for T, B, H in ((7, 4, 3), (5, 2, 4)):
        starts = rng.random((T, B)) < 0.35
        starts[0] = True
        starts[1:3, :2] = [[True, False], [False, True]]
        one = point(rng.normal(size=(H, H)), rng.uniform(-0.9, 0.9, (T + 1, B, H)),
                    rng.normal(size=(T, B, H)), starts, T=T, B=B, H=H)
        points += [one] if points else scaled(one, 2, "dhs")
    praise = "right: no loss crosses a border, and no row is padding."
    return held(answer, points, passed, slips, {"delta": "T B H", "dW_h": "H H"}, praise,
                _two_arrays, order=("delta", "dW_h"))


def _two_arrays(result):
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: delta and dW_h.")
    return result
