"""Exercises of notebook 13, a word model."""

import numpy as np

from .backward import AS_IT_IS
from .feedback import checker
from .matching import matched
from .slopes import of_tanh
from .trials import held, point


@checker(13, 1, "The gradient of a table", stars=2, minutes=10)
def check_embedding_gradient(answer):
    """Notebook 13, exercise 1: (ids, dxs, V) -> dL/dE, (V, D), summed over the uses of each row."""

    def table(ids, dxs, V, share=lambda ids, V: 1, sign=1, step=0, put=np.add.at, row=0):
        dE, ids = np.zeros((V, dxs.shape[1])), (ids + row) % V
        put(dE, ids[max(step, 0):len(ids) + min(step, 0)], dxs[max(-step, 0):len(ids) - max(step, 0)])
        return sign * dE / share(ids, V)

    def written(order):
        def dE(ids, dxs, V):
            last = np.zeros((V, dxs.shape[1]))
            for t in order(range(len(ids))):
                last[ids[t]] = dxs[t]
            return last
        return dE

    def rows(ids, dxs, V):
        return np.zeros((max(ids) + 1, dxs.shape[1])) + table(ids, dxs, max(ids) + 1)

    slips = {
        "where a word repeats, only its last use counts. dE[ids] += dxs reads, adds and writes once: add "
        "them one by one, or with np.add.at.": dict(put=_once),
        "where a word repeats, only its first use counts: all its uses add up.": written(reversed),
        "a mean over the uses of a word: the loss feels every use, so they add up.": dict(
            share=lambda ids, V: np.maximum(np.bincount(ids, minlength=V), 1)[:, None]),
        "multiplied by the uses of a word: each use has its own dxs[t], and they add up.": dict(
            share=lambda ids, V: 1 / np.maximum(np.bincount(ids, minlength=V), 1)[:, None]),
        "a mean over the steps: asked for is the sum.": dict(share=lambda ids, V: len(ids)),
        "transposed: E has one row for each word, (V, D).": lambda ids, dxs, V: table(ids, dxs, V).T,
        "only the words that occur have a row: the others have zeros, so that dE has the shape of E.": [
            lambda ids, dxs, V: table(ids, dxs, V)[np.unique(ids)]],
        "the rows end with the largest id that occurs: dE has V rows.": rows,
        "one row for each step, and not for each word: dxs[t] belongs to row ids[t].":
            lambda ids, dxs, V: dxs,
        "the ids are sorted, and dxs are not: dxs[t] belongs to ids[t].":
            lambda ids, dxs, V: table(np.sort(ids), dxs, V),
        "the largest, or the smallest, use of a word is taken, entry by entry: its uses add up.": [
            lambda ids, dxs, V, of=of: np.array([of(dxs[ids == v]) if v in ids else 0 * dxs[0]
                                                 for v in range(V)])
            for of in (lambda a: a.max(axis=0), lambda a: a.min(axis=0))],
        "these are rows ids of dxs: dxs[t] goes into row ids[t], it is not read from there.":
            lambda ids, dxs, V: dxs[ids],
        "row ids[t] goes with dxs[t], not with the step before.": dict(step=1),
        "row ids[t] goes with dxs[t], not with the step after.": dict(step=-1),
        "the first use of each word is missing: all its uses add up.": lambda ids, dxs, V: table(
            ids, dxs, V) - written(reversed)(ids, dxs, V),
        "the sign: this points downhill.": dict(sign=-1),
        "row ids[t] takes row t of dxs; yours reads dxs by the word.": lambda ids, dxs, V: table(
            ids, dxs[np.asarray(ids) % len(dxs)], V),
        "the last step is missing: each step has its word.": lambda ids, dxs, V: table(ids[:-1], dxs[:-1], V),
        "the first step is missing: each step has its word.": lambda ids, dxs, V: table(ids[1:], dxs[1:], V),
        "a step reaches its own row, and yours reaches the rows after it as well.": lambda ids, dxs, V: (
            np.cumsum(table(ids, dxs, V), axis=0)),
        "a step reaches its own row, ids[t]; yours also reaches the rows before it.": lambda ids, dxs, V: (
            np.cumsum(table(ids, dxs, V)[::-1], axis=0)[::-1]),
        "this counts how often a word occurs: its row is the sum of its dxs.": lambda ids, dxs, V: (
            np.bincount(ids, minlength=V)[:, None] * np.ones(dxs.shape[1])),
        "the sum over all steps stands in every row: row i takes the steps with ids[t] = i.":
            lambda ids, dxs, V: np.zeros((V, 1)) + dxs.sum(axis=0),
        "words count from 0: row ids[t], not ids[t] - 1.": dict(row=-1),
    }
    rng, points = np.random.default_rng(131), []
    for ids, D, V in (((3, 1, 3, 5, 1, 3, 0), 4, 6), ((2, 4, 4, 2, 2), 3, 9), ((0,), 2, 3)):
        points.append(point(np.array(ids), rng.normal(size=(len(ids), D)), V, T=len(ids), D=D, V=V))
    return held(answer, points, table, slips, {"dE": "V D"})


@checker(13, 2, "Mend the loop", stars=3, minutes=25)
def check_look_back(answer):
    """Notebook 13, exercise 2: (W_h, xs, hs, dhs, K) -> (dW_x, dW_h), truncated to windows of K steps."""

    def loop(W_h, xs, hs, dhs, K, more=0, window=None, back=lambda W: W, again=False, share=lambda T: 1,
             slope=lambda hs, t, i: 1 - hs[i + 1] ** 2, x=lambda xs, t, i: xs[i],
             before=lambda hs, t, i: hs[i], loss=None, skip=None,
             walk=lambda t, K: range(t, max(-1, t - K), -1), adds=np.add,
             sends=lambda delta, carry: delta):
        (T, D), H = xs.shape, len(W_h)
        K = (K if window is None else window(K, T)) + more
        dW_x, dW_h = np.zeros((H, D)), np.zeros((H, H))
        for t in range(T) if loss is None else loss(T):
            carry = dhs[t] * (skip is None or t >= K - skip)
            for i in walk(t, K):
                carry = carry + (dhs[i] if again and i < t else 0)
                delta = slope(hs, t, i) * carry
                dW_x = adds(dW_x, np.outer(delta, x(xs, t, i)))
                dW_h = adds(dW_h, np.outer(delta, before(hs, t, i)))
                carry = sends(delta, carry) @ back(W_h)
        return dW_x / share(T), dW_h / share(T)

    slips = {
        **{f"{said}: h_0 is not zero, and step i follows hs[i].": dict(before=before) for said, before in {
            "the own step is mended, and the others still stand beside hs[t], and at the first step zeros":
                lambda hs, t, i: hs[i] if i == t else hs[t] * (i > 0),
            "beside every step of a run stands hs[t], and at the first step zeros":
                lambda hs, t, i: hs[t] * (i > 0),
            "at the first two steps stand zeros": lambda hs, t, i: hs[i] * (i > 1)}.items()},
        "one step too many: the loss's own step counts among the K.": dict(more=1),
        "one step too few: K steps are visited, the loss's own one included.": dict(more=-1),
        "this cuts at fixed joints, the multiples of K: every loss reaches back K steps of its own.": dict(
            walk=lambda t, K: range(t, t // K * K - 1, -1)),
        "not truncated: a loss may reach K steps only.": dict(window=lambda K, T: T),
        "only the own step: nothing is sent back.": dict(window=lambda K, T: 1),
        "only the last loss is sent back: every step has a loss.": dict(loss=lambda T: [T - 1]),
        "the carry needs W_h^T delta, in rows `delta @ W_h`.": dict(back=lambda W: W.T),
        AS_IT_IS: dict(sends=lambda delta, carry: carry),
        **{text: dict(slope=lambda hs, t, i, f=options["slope"]: f(hs[i + 1]))
           for text, options in of_tanh(but=("missing:", "through")).items()},
        "the carry takes all of W_h, a sum over the units: yours has its diagonal alone.": dict(
            back=lambda W: np.diag(np.diag(W))),
        "every loss sends its own dhs[t] alone: yours begins with the sum of all up to t.":
            lambda W, xs, hs, dhs, K: loop(W, xs, hs, np.cumsum(dhs, axis=0), K),
        "the carry forgets W_h: it is W_h^T delta.": dict(back=lambda W: np.eye(len(W))),
        "inside the look-back stands the input of step i, xs[i], not that of step t.": dict(
            x=lambda xs, t, i: xs[t]),
        "step i reads xs[i]: yours is the input of the step before.": dict(x=lambda xs, t, i: xs[i - 1]),
        "the own step is paired with zeros: before state hs[t + 1] comes hs[t].": dict(
            before=lambda hs, t, i: 0 * hs[t] if i == t else hs[i]),
        "the previous state is frozen at hs[t]: step i follows hs[i].": dict(before=lambda hs, t, i: hs[t]),
        "step i follows hs[i]: yours is hs[i + 1], its own result.": dict(before=lambda hs, t, i: hs[i + 1]),
        "step i follows hs[i]: yours is hs[i - 1].": dict(
            before=lambda hs, t, i: hs[i - 1] if i else 0 * hs[0]),
        "the first step is never visited: go down to row 0, that is range(..., -1, -1).": dict(
            walk=lambda t, K: range(t, max(0, t - K), -1)),
        "an index below 0 reads from the end: the look-back stops at row 0, max(-1, t - K).": dict(
            walk=lambda t, K: range(t, max(t - K, -4), -1)),
        "the losses before step K are skipped: their window is shorter, max(-1, t - K).": [
            dict(loss=lambda T: range(T), skip=n) for n in (1, 0)],
        "the first step follows h_0 = hs[0], which is not zero here.": dict(
            before=lambda hs, t, i: hs[i] if i else 0 * hs[0]),
        "each loss is injected once, at its own step: the loop over t already brings the others.": dict(
            again=True),
        "the three slips of the page are still there: x_t for x_i, zeros for h_(t-1), h_(t-1) for "
        "h_(i-1).": dict(x=lambda xs, t, i: xs[t],
                         before=lambda hs, t, i: 0 * hs[t] if i in (t, 0) else hs[t]),
        "the slope uses h_(i-1): step i has the state hs[i + 1].": dict(
            slope=lambda hs, t, i: 1 - hs[i] ** 2),
        "= stands in place of +=: only the last product is left.": dict(adds=lambda total, new: new),
        "the slope is missing in what goes further back: each step i has its own 1 - hs[i + 1]**2.":
            dict(slope=lambda hs, t, i: 1 - hs[i + 1] ** 2 if i == t else 1.0),
        "the slope of the tanh is missing: multiply by 1 - hs[i + 1]**2.": dict(slope=lambda hs, t, i: 1.0),
        "hs are already tanh(z): the slope is 1 - hs**2, not 1 - tanh(hs)**2.": dict(
            slope=lambda hs, t, i: 1 - np.tanh(hs[i + 1]) ** 2),
        "the slope is frozen at step t: step i has its own, 1 - hs[i + 1]**2.": dict(
            slope=lambda hs, t, i: 1 - hs[t + 1] ** 2),
        "the look-back runs forward in time: begin at the loss's own step t, and go back.": dict(
            walk=lambda t, K: range(max(0, t - K + 1), t + 1)),
        "a mean over the steps: the loss is a sum, so the gradient is one too.": dict(share=lambda T: T),
        "dW_x": {"dW_x is transposed: delta comes first in the outer product.": lambda *a: loop(*a)[0].T},
        "dW_h": {
            "dW_h is transposed: delta comes first in the outer product.": lambda *a: loop(*a)[1].T,
            "dW_h: zeros stand beside the own step and the first, and hs[t] beside the others: step i "
            "follows hs[i].": dict(before=lambda hs, t, i: 0 * hs[t] if i in (t, 0) else hs[t])},
    }
    rng, points = np.random.default_rng(132), []
    for T, D, H, K, scale in ((6, 2, 4, 3, 1), (5, 3, 2, 2, 1000), (3, 2, 2, 5, 1), (4, 2, 3, 1, 1)):
        W_h, xs = 0.8 * rng.normal(size=(H, H)), rng.normal(size=(T, D))
        hs, dhs = rng.uniform(-0.9, 0.9, (T + 1, H)), scale * rng.normal(size=(T, H))
        points.append(point(W_h, xs, hs, dhs, K, T=T, D=D, H=H, K=K))
    return held(answer, points, loop, slips, {"dW_x": "H D", "dW_h": "H H"},
                "right: the page's loop, mended.")


SYMPTOMS = {
    "A": (2, "who subtracts the 1 from the stored p has none of it left"),
    "B": (6, "with one word throughout, the x of another step is the same; so a row is taken for another"),
    "C": (4, "if the weights do not move, ten right gradients are equal, and their sum is ten of them"),
    "D": (1, "only the inputs have changed, so the states cannot depend on them"),
    "E": (5, "the pass is right: it is the slopes 1 - h^2 that are 0 where |z| is large"),
    "F": (3, "the states belong to other weights, unless these do not move"),
}


@checker(13, 3, "Name the mistake", stars=1, minutes=10)
def check_named(answer):
    """Notebook 13, exercise 3: () -> {observation: number of the mistake}."""
    return matched(answer, SYMPTOMS, "right: six mistakes, each by its symptom.")


@checker(13, 4, "How low can it get?", stars=2, minutes=10)
def check_levels(answer):
    """Notebook 13, exercise 4: (p, words) -> loss per word with memory, and without."""

    def levels(p, words, entropy=lambda p: -(p * np.log(p)).sum(), guesses=(1, 2), per=lambda words: words):
        return tuple(n * entropy(p) / per(words) for n in guesses)

    slips = {
        "in bits: nats take the natural logarithm.": dict(entropy=lambda p: -(p * np.log2(p)).sum()),
        "this is ln n, as if all sentences were equally likely: weigh each -ln p by its p.": dict(
            entropy=lambda p: np.log(len(p))),
        "the mean of -ln p must be weighed: the likely sentences come more often.": dict(
            entropy=lambda p: -np.log(p).mean()),
        "the sum of -ln p: each must be weighed by its p.": dict(entropy=lambda p: -np.log(p).sum()),
        "a mean: p weighs the sentences already, so their terms are added up.": dict(
            entropy=lambda p: -(p * np.log(p)).mean()),
        "weighed twice: each -ln p once by its p.": dict(entropy=lambda p: -(p**2 * np.log(p)).sum()),
        "one guess among n sentences costs -sum p ln p: no terms of 1 - p belong to it.": dict(
            entropy=lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum()),
        "this is exp of the cost, the perplexity: a loss is the cost itself.": dict(
            entropy=lambda p: np.exp(-(p * np.log(p)).sum())),
        "this is the cost of the likeliest sentence: the others come, too.": dict(
            entropy=lambda p: -np.log(p.max())),
        "this is -ln of the mean p, sum p**2: the cost is the mean of all -ln p.": dict(
            entropy=lambda p: -np.log((p * p).sum())),
        "this is the chance of a wrong guess, 1 - sum p**2: the cost of a guess is -ln p.": dict(
            entropy=lambda p: 1 - (p * p).sum()),
        "the sign: a loss is not negative.": dict(entropy=lambda p: (p * np.log(p)).sum()),
        "this is for a whole sentence: divide by its words.": dict(per=lambda words: 1),
        "the sure words count, too: a sentence has `words` words.": [
            dict(per=lambda words: words - 1), dict(per=lambda words: words - 2)],
        "with and without memory are exchanged.": dict(guesses=(2, 1)),
        "without memory the verb is a guess, too: two words in each sentence.": dict(guesses=(1, 1)),
        "who remembers the subject knows the verb: one guess in each sentence.": dict(guesses=(2, 2)),
        "without memory two words are guessed; like, to and the full stop are sure.": [
            lambda p, words: levels(p, words, guesses=(1, words)),
            lambda p, words: levels(p, words, guesses=(1, words - 1)), dict(guesses=(1, 3))],
        "without memory: the costs of two guesses add up, they are not multiplied.": lambda p, words: (
            levels(p, words)[0], levels(p, words)[0] ** 2 * words),
        "without memory: the verbs are as unequal as the subjects, so the second guess costs the same.":
            lambda p, words: (levels(p, words)[0], levels(p, words)[0] + np.log(len(p)) / words),
        "with memory nothing but the beginning is a guess, and that is not free.": dict(guesses=(0, 1)),
    }
    points = [point(np.array(p), words, told=f"for p = {p}, {words} words", n=len(p), words=words)
              for p, words in (([0.5, 0.3, 0.2], 5), ([0.25] * 4, 6), ([0.9, 0.1], 7))]
    return held(answer, points, levels, slips, {"with memory": "", "without": ""})


def _once(dE, at, rows):
    """Add rows in one step, so that of several for one row only the last counts."""
    dE[at] += rows


def _write(table, ids, rows):
    table[ids] = rows


@checker(13, 5, "One table for both", stars=3, minutes=15)
def check_tied(answer):
    """Notebook 13, exercise 5: (ids, hs, dxs, dos) -> dL/dE (V, D), where E is the read-out matrix, too."""

    def tied(ids, hs, dxs, dos, read=1.0, out=1.0, states=lambda hs: hs, share=lambda T: 1,
             at=lambda ids: ids, came=lambda dxs, ids: dxs, errors=lambda dos, ids: dos, put=np.add.at,
             turn=lambda dE: dE):
        """The options are slips; two of them may come together."""
        dE, part = np.zeros((dos.shape[1], hs.shape[1])), out * errors(dos, ids).T @ states(hs)
        if put is _write:                              # over what stands there
            dE, part = part, 0.0
        put(dE, at(ids), read * came(dxs, ids))
        return turn(dE + part) / share(len(ids))

    slips = {
        "the table is used twice: the read-out part, one outer product a step, is missing.": dict(out=0.0),
        "the read-out's part is added once for every step: dos.T @ hs is the sum over the steps already.":
            lambda ids, hs, dxs, dos: tied(ids, hs, dxs, dos, out=float(len(ids))),
        "the table is used twice: the part of the words that were read is missing.": dict(read=0.0),
        "both uses count in full: add them, do not take their mean.": dict(read=0.5, out=0.5),
        "the read-out's part is subtracted: both uses add up.": dict(out=-1.0),
        "the part of the words that were read is subtracted: both uses add up.": dict(read=-1.0),
        "the two parts are added, not multiplied.": lambda *a: tied(*a, read=0.0) * tied(*a, out=0.0),
        "dE[ids] = dxs writes over the read-out's part: add to it.": dict(put=_write),
        "the sums are taken before the product: each dos[t] stands beside its own h_t.":
            lambda ids, hs, dxs, dos: tied(ids, hs, dxs, dos, out=0.0) + np.outer(
                dos.sum(axis=0), hs.sum(axis=0)),
        "the read-out sees h_t, row t of hs: yours is the state of the step after.": dict(
            states=lambda hs: np.concatenate([hs[1:], 0 * hs[:1]])),
        "the read-out's part is that of the last step alone: every step reads out.": lambda *a: tied(
            *a, out=0.0) + np.outer(a[3][-1], a[1][-1]),
        "beside E in o_t = E h_t stands h_t, and not what came back to x_t.": lambda ids, hs, dxs, dos: tied(
            ids, dxs, dxs, dos),
        "row ids[t] takes what came back to x_t, dxs[t], and not h_t.": lambda ids, hs, dxs, dos: tied(
            ids, hs, hs, dos),
        "the read-out is linear: no slope belongs to it, h_t stands there as it is.": dict(
            states=lambda hs: 1 - hs**2),
        "dos has come back to o_t already: nothing is subtracted from it.": dict(
            errors=lambda dos, ids: dos - np.eye(dos.shape[1])[ids]),
        "the sum of dxs over all steps stands in every row: row i takes the steps with ids[t] = i.":
            lambda ids, hs, dxs, dos: dos.T @ hs + dxs.sum(axis=0),
        "dxs goes through the read-out in yours: dxs[t] goes into row ids[t] as it is.":
            lambda ids, hs, dxs, dos: dos.T @ (hs + dxs),
        "words count from 0: row ids[t], not ids[t] - 1.": dict(at=lambda ids: ids - 1),
        "a mean over the uses of a word: all its uses add up.": dict(
            came=lambda dxs, ids: dxs / np.bincount(ids)[ids][:, None]),
        "where a word is read several times, only its last use counts: add them one by one.": dict(
            put=_once),
        "the read-out sees h_t, row t of hs: yours is the state of the step before.": dict(
            states=lambda hs: np.concatenate([0 * hs[:1], hs[:-1]])),
        "the read-out's part is a mean over the steps: asked for is the sum.": dict(
            errors=lambda dos, ids: dos / len(dos)),
        "a mean over the steps: asked for is the sum.": dict(share=lambda T: T),
        "the read-out moves all rows of E, not only those of the words that were read.":
            lambda ids, hs, dxs, dos: np.isin(range(dos.shape[1]), ids)[:, None] * tied(ids, hs, dxs, dos),
        "the read-out's part goes to every word, with its own dos[t]: not to row ids[t] alone.":
            lambda ids, hs, dxs, dos: tied(
                ids, hs, dxs + dos[np.arange(len(ids)), ids][:, None] * hs, dos, out=0.0),
        "transposed: E has one row for each word, (V, D).": dict(turn=np.transpose),
    }
    rng, points = np.random.default_rng(135), []
    for ids, D, V, scale in (
            ((3, 1, 3, 5, 1), 4, 7, 1), ((2, 2, 0), 2, 5, 1000), ((1, 4, 4, 1), 3, 6, 1)):
        T = len(ids)
        points.append(point(np.array(ids), rng.uniform(-0.9, 0.9, (T, D)), scale * rng.normal(size=(T, D)),
                            scale * rng.normal(size=(T, V)), T=T, D=D, V=V))
    return held(answer, points, tied, slips, {"dE": "V D"})
