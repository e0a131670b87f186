"""Exercises of notebook 2, the loss at every step."""

from dataclasses import replace

import numpy as np

from ... import losses
from ...cells.activations import sigmoid
from .feedback import checker
from .matching import matched
from .trials import held, point

EPSILONS = [10.0**-n for n in range(5, 17)] + [np.finfo(float).eps, 1e-20, 1e-30, 1e-300]
TINY = 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16      # beside a p in a log, so that it is not 0


@checker(2, 1, "The loss of a batch", stars=2, minutes=15)
def check_total_loss(answer):
    """Notebook 2, exercise 1: (logits, ids) -> the summed cross-entropy, a number, in nats."""

    def chosen(logits, ids, p=losses.softmax):
        return np.take_along_axis(p(logits), ids[..., None], axis=-1)[..., 0]

    def total(logits, ids, over=2, unit=1.0, share=lambda T, B: 1, sign=1, picks=lambda logits, ids: ids,
              rows=(slice(None), slice(None)), largest=0):
        """The options are slips; two of them may come together."""
        o, at = logits[rows[0]], picks(logits, ids)[rows[1]][..., None]
        log_p = losses.log_softmax(o.swapaxes(over, 2)).swapaxes(over, 2)
        lost = largest * o.max(axis=-1).sum() - np.take_along_axis(log_p, at, axis=-1).sum()
        return sign * lost / unit / share(*ids.shape)

    def naive(o):
        return np.exp(o) / np.exp(o).sum(axis=-1, keepdims=True)

    def with_one_maximum(o):
        return naive(o - o.max())

    def guarded(logits, ids, p, eps):
        return -np.log(chosen(logits, ids, p) + eps).sum()

    def log_sum_exp(logits, ids, shift):
        o = logits - shift(logits)
        return (np.log(np.exp(o).sum(axis=-1)) - chosen(o, ids, lambda o: o)).sum()

    overflow = ("exp overflows at such logits: subtract the largest logit of each row first, and stay with "
                "log p.")
    underflow = ("subtracting the largest logit was right, but p itself is then 0 where its logit lies 1000 "
                 "lower, and log(0) is -inf: stay with logarithms, log p = shifted - log(sum(exp(shifted))).")
    one_maximum = ("one maximum for all rows: a row that lies 1000 below it underflows. Subtract the largest "
                   "logit of each row, max(axis=-1, keepdims=True).")
    hidden = ("a small number beside p, inside the log, hides that p is 0: no loss gets larger than minus "
              "its logarithm. Stay with log p = shifted - log(sum(exp(shifted))).")
    slips = {
        "the log of a sum over the batch, or of a mean: take the log of each probability, then add.":
            [lambda logits, ids, f=f: -np.log(f(chosen(logits, ids), axis=1)).sum()
             for f in (np.sum, np.mean)],
        "the log of a sum over time: take the log of each probability, then add.":
            lambda logits, ids: -np.log(chosen(logits, ids).sum(axis=0)).sum(),
        "the log of the sum of all probabilities: take the log of each one, then add.":
            lambda logits, ids: -np.log(chosen(logits, ids).sum()),
        "a mean over steps and sequences: asked for is the sum.": dict(share=lambda T, B: T * B),
        "a mean over the batch: asked for is the sum.": dict(share=lambda T, B: B),
        "a mean over time: asked for is the sum.": dict(share=lambda T, B: T),
        "these are bits: use the natural logarithm.": dict(unit=np.log(2)),
        "these are decimal digits, log10: use the natural logarithm.": dict(unit=np.log(10)),
        "the sign: a loss is minus the log of a probability.": dict(sign=-1),
        "the largest logit is subtracted in one place only: in log p = (o - max) - log(sum(exp(o - max))) it "
        "is there twice.": [dict(largest=-1), dict(largest=1)],
        "classes are counted from 0: yours takes the class before the one that ids names.": dict(
            picks=lambda logits, ids: (ids - 1) % logits.shape[-1]),
        "class 0 is a class like the others: where ids is 0, the loss counts, too.":
            lambda logits, ids: (losses.cross_entropy(logits, ids) * (ids > 0)).sum(),
        "row t of ids is the label of row t of logits: yours takes that of another step.": [
            dict(rows=(slice(None, -1), slice(1, None))), dict(rows=(slice(1, None), slice(None, -1)))],
        "the logarithm is missing.": [
            lambda logits, ids, k=k: k * chosen(logits, ids).sum() for k in (-1, 1)],
        "log p = o - log(sum(exp(o))): yours takes the mean of exp(o).": lambda logits, ids: total(
            logits, ids) - ids.size * np.log(logits.shape[-1]),
        "the logarithm is missing: 1 - p is another measure.": lambda logits, ids: (
            1 - chosen(logits, ids)).sum(),
        "this is the log of 1 - p: the loss is minus the log of p itself.": [
            lambda logits, ids, k=k: k * np.log(1 - chosen(logits, ids)).sum() for k in (-1, 1)],
        "the logits are not probabilities: the softmax is missing.": lambda logits, ids: -chosen(
            logits, ids, lambda o: o).sum(),
        "the log of a logit: the softmax is missing.": lambda logits, ids: -np.log(
            chosen(logits, ids, lambda o: o)).sum(),
        "the softmax runs over the wrong axis: classes are last.": [dict(over=0), dict(over=1)],
        "the softmax runs over all axes at once: every step of every sequence has its own, over the classes.":
            [lambda logits, ids, p=p: -p(losses.log_softmax(logits.reshape(-1)).reshape(logits.shape), ids)
             for p in (lambda log_p, ids: np.log(chosen(log_p, ids, np.exp)).sum(),
                       lambda log_p, ids: chosen(log_p, ids, lambda o: o).sum())],
        "this adds the losses of all classes: only the right one, ids, counts.": [
            lambda logits, ids: -np.log(losses.softmax(logits)).sum(),
            lambda logits, ids: -losses.log_softmax(logits).sum()],
        "this is the entropy of p: the label decides which log p counts.": lambda logits, ids: -(
            losses.softmax(logits) * np.log(losses.softmax(logits))).sum(),
        "the likeliest class is taken for the right one: use ids.": dict(
            picks=lambda logits, ids: logits.argmax(axis=-1)),
        "this is the largest of the losses: add them.": lambda logits, ids: losses.cross_entropy(
            logits, ids).max(),
        "one loss for each step and sequence: now add them.": losses.cross_entropy,
        "one loss for each step: now add them.": lambda logits, ids: losses.cross_entropy(
            logits, ids).sum(axis=1),
        "one loss for each sequence: now add them.": lambda logits, ids: losses.cross_entropy(
            logits, ids).sum(axis=0),
        "p[..., ids] picks ids of every step for every other one: use np.take_along_axis.": [
            lambda logits, ids: -np.log(losses.softmax(logits)[..., ids]).sum(),
            lambda logits, ids: -losses.log_softmax(logits)[..., ids].sum()],
        "this is a squared error: the cross-entropy is -log of the right class's p.": [
            lambda logits, ids, c=c: c * ((losses.softmax(logits) - losses.one_hot(
                ids, logits.shape[-1])) ** 2).sum() for c in (1, 0.5)],
        "a loss of two classes at each class: only -log p of the right one counts.":
            [lambda logits, ids, e=e: _of_two(losses.softmax(logits), ids, e) for e in (0.0, *TINY)],
        "a σ at each class, as if classes did not exclude each other: p is their softmax, and only -log p of "
        "the right one counts.": [
            lambda logits, ids: (np.logaddexp(0, logits).sum() - chosen(logits, ids, lambda o: o).sum()),
            lambda logits, ids: (np.logaddexp(0, logits).sum() - chosen(logits, ids, lambda o: o).sum()) / (
                logits.shape[-1]),
            lambda logits, ids: np.logaddexp(0, -chosen(logits, ids, lambda o: o)).sum(),
            *(lambda logits, ids, e=e: _of_two(sigmoid(logits), ids, e) for e in TINY)],
        "the softmax is there twice: its probabilities are taken for logits.": lambda logits, ids: total(
            losses.softmax(logits), ids),
        "this is the entropy of p: only -log p of the right class counts, in full.":
            lambda logits, ids: -(losses.softmax(logits) * losses.log_softmax(logits)).sum(),
        "this is exp of the loss: return the loss itself.": [
            lambda logits, ids: np.exp(total(logits, ids)),
            lambda logits, ids: np.exp(total(logits, ids) / ids.size)],
        "the labels of the first step stand for those of every step: step t has its own, ids[t].":
            dict(picks=lambda logits, ids: np.broadcast_to(ids[:1], ids.shape)),
        "only the first step counts: the loss is at every step.": dict(rows=(slice(1), slice(1))),
        "only the first sequence counts: all of them add up.": dict(rows=(np.s_[:, :1], np.s_[:, :1])),
        "only the last step counts: the loss is at every step.": dict(
            rows=(slice(-1, None), slice(-1, None))),
        overflow: [lambda logits, ids: guarded(logits, ids, naive, 0),
                   lambda logits, ids: log_sum_exp(logits, ids, lambda o: 0.0)],
        underflow: lambda logits, ids: guarded(logits, ids, losses.softmax, 0),
        one_maximum: [lambda logits, ids: guarded(logits, ids, with_one_maximum, 0),
                      lambda logits, ids: log_sum_exp(logits, ids, np.max)],
        hidden: [lambda logits, ids, e=e: guarded(logits, ids, losses.softmax, e) for e in EPSILONS] + [
            lambda logits, ids, e=e: -np.log(np.maximum(chosen(logits, ids), e)).sum() for e in EPSILONS] + [
            lambda logits, ids, e=e: -np.log(np.clip(chosen(logits, ids), e, 1 - e)).sum() for e in EPSILONS],
    }
    rng = np.random.default_rng(21)
    points = []
    for T, B, K, told in ((5, 4, 3, "for small logits"), (2, 3, 6, "")):
        logits, ids = rng.normal(size=(T, B, K)), rng.integers(K, size=(T, B))
        points.append(point(logits, ids, told=told, T=T, B=B, K=K))
    ids = np.array([[0, 2, 1], [1, 0, 2]])
    far = 1000.0 * losses.one_hot((ids + (np.arange(6) % 2).reshape(2, 3)) % 4, 4)   # p of half is e^-1000
    apart = np.array([[-1500.0, 300.0, 0.0], [900.0, -40.0, -2500.0]])[..., None]    # each row its maximum
    hint = "There exp over- or underflows: subtract the largest logit of each row first, and stay with log p."
    large = 1000 + rng.normal(size=(2, 3, 4))
    points.append(point(large, ids, told="for logits of 1000", T=2, B=3, K=4, hint=hint))
    points.append(point(far + apart, ids, told="for logits that lie 1000 apart", T=2, B=3, K=4, hint=hint))
    return held(answer, points, total, slips, {"the loss": ""})


def _of_two(p, ids, beside):
    """Return a loss of two classes at each class, with a small number beside each probability."""
    return -np.log(np.where(losses.one_hot(ids, p.shape[-1]) == 1, p, 1 - p) + beside).sum()


@checker(2, 2, "p − y by indexing", stars=1, minutes=10)
def check_output_error(answer):
    """Notebook 2, exercise 2: (p, ids) -> p - y for class ids, (B, K)."""

    def error(p, ids, times=1, share=lambda B: 1, take=lambda p, ids: (np.arange(len(ids)), ids), by=1):
        changed = p.copy()
        changed[take(p, ids)] -= by
        return times * changed / share(len(ids))

    slips = {
        "p[ids] -= 1 changes whole rows, those numbered ids: one entry in each row must change, "
        "p[np.arange(B), ids].": dict(take=lambda p, ids: ids[ids < len(p)]),
        "p[:, ids] -= 1 changes whole columns, for every sequence: one entry in each row must "
        "change, p[np.arange(B), ids].": dict(take=lambda p, ids: np.s_[:, ids]),
        "the sign: this is y - p, which points downhill.": dict(times=-1),
        "a mean over the batch: the loss is a sum, so the gradient is one too.": dict(share=lambda B: B),
        "this is p: the label is not subtracted.": dict(by=0),
        "the label is added: p - y subtracts it.": dict(by=-1),
        "p at the label is set to a number: 1 is subtracted from it, and the p stays.": [
            lambda p, ids, to=to: np.where(losses.one_hot(ids, p.shape[1]) == 1, to, p) for to in (0, -1)],
        "1 is subtracted everywhere: y is 1 for the right class, and 0 for the others.": lambda p, ids: p - 1,
        "the number of the class is subtracted: y is 1 at that class.": lambda p, ids: p - ids[:, None],
        "these are the entries of the right classes only: p - y has a value for every class.": (
            lambda p, ids: p[np.arange(len(ids)), ids] - 1),
        "only the right class is there: at the others y is 0, so p - y is p.": lambda p, ids: (
            (p - 1) * losses.one_hot(ids, p.shape[1])),
        "the label of the likeliest class: subtract the label y, not argmax(p).": dict(
            take=lambda p, ids: (np.arange(len(ids)), p.argmax(axis=-1))),
        "classes are counted from 0: the label is one column too far left.": dict(
            take=lambda p, ids: (np.arange(len(ids)), ids - 1)),
        "the labels of all sequences are subtracted in every row: row n has its own, ids[n].":
            lambda p, ids: p - losses.one_hot(ids, p.shape[1]).sum(axis=0),
        "the label of the first sequence is subtracted in every row: row n has its own, ids[n].": dict(
            take=lambda p, ids: np.s_[:, ids[0]]),
        "this is y (1 - p), at the right class alone: p - y has the other sign, and is p elsewhere.":
            lambda p, ids: (1 - p) * losses.one_hot(ids, p.shape[1]),
        "only the first sequence gets its label.": dict(take=lambda p, ids: (0, ids[0])),
        "the labels of all sequences are subtracted in the first row: row n has its own, ids[n].": dict(
            take=lambda p, ids: (0, ids)),
        "p are probabilities already: yours has been through the softmax once more.":
            lambda p, ids: error(losses.softmax(p), ids),
        "this is the slope of the loss with respect to p: with the softmax's own it becomes p - y.": [
            lambda p, ids, k=k: k * losses.one_hot(ids, p.shape[1]) / p for k in (-1, 1)],
        "p - y with p itself, not its logarithm.": lambda p, ids: np.log(p) - losses.one_hot(ids, p.shape[1]),
        "the slope of the softmax has had its turn in p - y: nothing more multiplies it.": (
            lambda p, ids: (p - losses.one_hot(ids, p.shape[1])) * p * (1 - p)),
        "this is p (1 - p), a slope of the softmax: the slope of the loss is p - y.": lambda p, ids: (
            p * (1 - p)),
        "this is the loss itself, -y log p: asked for is its slope.": lambda p, ids: (
            -losses.one_hot(ids, p.shape[1]) * np.log(p)),
        "this is y: subtract it from p.": lambda p, ids: losses.one_hot(ids, p.shape[1]),
    }
    rng = np.random.default_rng(21)
    points = [point(losses.softmax(scale * rng.normal(size=(B, K))), np.array(ids), B=B, K=K)
              for B, K, scale, ids in ((4, 3, 1, (2, 0, 2, 1)), (3, 5, 4, (4, 1, 3)), (1, 2, 2, (1,)))]
    return held(answer, points, error, slips, {"p - y": "B K"})


@checker(2, 3, "The read-out's gradient", stars=2, minutes=15)
def check_readout_gradient(answer):
    """Notebook 2, exercise 3: (dos, hs) -> (dW_y, db_y), summed over time and batch."""

    def products(dos, hs):
        return np.einsum("tbk,tbh->tbkh", dos, hs)

    def gradient(dos, hs, add=lambda a: a.sum(axis=(0, 1)), share=lambda T, B: 1, outer=products):
        share = share(*dos.shape[:2])
        return add(outer(dos, hs)) / share, add(dos) / share

    every, uses = "the loss is a sum, so the gradient is one too.", "a weight is used at every one."
    sums = {
        f"a mean over the batch: {every}": dict(share=lambda T, B: B),
        f"a mean over time: {every}": dict(share=lambda T, B: T),
        f"a mean over steps and sequences: {every}": dict(share=lambda T, B: T * B),
        f"not summed over the batch: {uses}": dict(add=lambda a: a.sum(axis=0)),
        f"not summed over time: {uses}": dict(add=lambda a: a.sum(axis=1)),
        f"neither summed over time nor over the batch: {uses}": dict(add=lambda a: a),
        f"only the last step: {uses}": dict(add=lambda a: a[-1].sum(axis=0)),
        f"only the first step: {uses}": dict(add=lambda a: a[0].sum(axis=0)),
        f"only the first sequence: {uses}": dict(add=lambda a: a[:, 0].sum(axis=0)),
    }
    slips = {
        **{f"{name}: {text}": options for name in ("dW_y and db_y",) for text, options in sums.items()},
        **{name: {f"{name}: {text}": lambda dos, hs, n=n, options=options: gradient(dos, hs, **options)[n]
                  for text, options in sums.items()} for n, name in enumerate(("dW_y", "db_y"))},
    }
    slips["dW_y"] |= {
        "dW_y is transposed: W_y is (K, H), one row for each class, so p - y comes first.":
            lambda dos, hs: gradient(dos, hs)[0].T,
        "dW_y: o_t stands beside h_t, not beside the state before it.":
            lambda dos, hs: np.einsum("tbk,tbh->kh", dos[1:], hs[:-1]),
        "dW_y: beside p - y stands h_t itself, not its square, its slope or its tanh.": [
            lambda dos, hs, f=f: products(dos, f(hs)).sum(axis=(0, 1))
            for f in (np.square, lambda h: 1 - h**2, np.tanh)],
        "dW_y: o_t is linear in h_t: no slope of a tanh belongs here.":
            lambda dos, hs: products(dos, hs * (1 - hs**2)).sum(axis=(0, 1)),
        "dW_y: the sequences are added up before the product: each p - y stands beside its own h_t.":
            lambda dos, hs: dos.sum(axis=1).T @ hs.sum(axis=1),
        "dW_y: the steps are added up before the product: each p - y stands beside its own h_t.":
            lambda dos, hs: dos.sum(axis=0).T @ hs.sum(axis=0),
        "dW_y: o_t stands beside h_t, not beside the state after it.":
            lambda dos, hs: np.einsum("tbk,tbh->kh", dos[:-1], hs[1:]),
        "dW_y: the sums are taken before the product: each p - y stands beside its own h_t.":
            lambda dos, hs: np.outer(dos.sum(axis=(0, 1)), hs.sum(axis=(0, 1))),
    }
    slips["db_y"] |= {
        "db_y: this is the sum of the states: b_y is added to o_t, so its gradient is the sum of p - y.":
            lambda dos, hs: hs.sum(axis=(0, 1)),
        "db_y: one row of K numbers is asked for: do not add up the classes.": [
            lambda dos, hs: dos.sum(), lambda dos, hs: dos.sum(axis=-1),
            lambda dos, hs: dos.sum(axis=-1).ravel()],
    }
    rng = np.random.default_rng(22)
    points = [point(scale * rng.normal(size=(T, B, K)), rng.uniform(-0.9, 0.9, (T, B, H)), T=T, B=B, H=H, K=K)
              for T, B, H, K, scale in ((5, 4, 2, 3, 1), (3, 1, 5, 4, 1000), (2, 6, 4, 4, 1))]
    return held(answer, points, gradient, slips, {"dW_y": "K H", "db_y": "K"})


SYMPTOMS = {
    "A": (4, "the log of a sum over sequences is no sum of logs, and the sum may exceed 1"),
    "B": (3, "the loss is divided by T and its gradient is not"),
    "C": (1, "error[:, ids] takes whole columns: every row loses 1 at the classes of all sequences"),
    "D": (2, "the product is (H, K), and W_y is (K, H)"),
    "E": (5, "the sum runs over the steps only, so (B, K) is left"),
}


@checker(2, 4, "Five slips", stars=2, minutes=10)
def check_symptoms(answer):
    """Notebook 2, exercise 4: () -> {line: number of what one sees}."""
    return matched(answer, SYMPTOMS, "right: five slips, five symptoms.")


@checker(2, 5, "A temperature", stars=3, minutes=20)
def check_tempered_gradient(answer):
    """Notebook 2, exercise 5: (o, y, tau) -> dL/do, (K,), and dL/dtau of the softmax of o / tau."""

    def tempered(o, y, tau, cold=lambda tau: tau, by=lambda tau: tau, square=lambda tau: tau**2, sign=-1,
                 beside=lambda o: o, up=1, label=lambda y: y, slope=lambda p: 1.0, share=lambda K: 1):
        """The options are slips; two of one part may come together."""
        p = losses.softmax(o / cold(tau))
        error = slope(p) * (p - label(y))
        return up * error / by(tau), sign * (error * beside(o)).sum() / square(tau) / share(len(o))

    slips = {
        "p is the softmax of o / tau, not of o.": dict(cold=lambda tau: 1.0),
        "p is the softmax of o / tau, not of o tau.": dict(cold=lambda tau: 1 / tau),
        "do": {
            "the inner slope is missing: o / tau moves by 1 / tau.": dict(by=lambda tau: 1.0),
            "the inner slope is 1 / tau, not tau.": dict(by=lambda tau: 1 / tau),
            "the sign: it is p - y.": dict(up=-1),
            "the label is given, and soft: it is not divided by tau before it is subtracted.":
                lambda o, y, tau: (losses.softmax(o / tau) - y / tau) / tau,
            "1 / tau stands inside the softmax, with o: p is not divided by it.": [
                lambda o, y, tau, cold=cold: (losses.softmax(o / cold(tau)) / tau - y) / tau
                for cold in (lambda tau: tau, lambda tau: 1.0)],
            "o / tau moves by 1 / tau, without a root.": dict(by=np.sqrt),
            "1 / tau is there twice: o / tau moves by 1 / tau, once.": dict(by=np.square),
            "p - y needs parentheses: all of it is divided by tau.": [
                lambda o, y, tau: losses.softmax(o / tau) - y / tau,
                lambda o, y, tau: losses.softmax(o / tau) / tau - y],
            "the label is missing: p - y.": [dict(label=np.zeros_like),
                                             dict(label=np.zeros_like, by=lambda tau: 1.0)],
            "the likeliest class is taken for the label: y is given, and soft.": dict(
                label=lambda y: losses.one_hot(y.argmax(), len(y))),
            "this is the slope of the loss with respect to p: the softmax is still to come, which makes it "
            "p - y.": [
                lambda o, y, tau, k=k: -y / losses.softmax(o / tau) / tau**k for k in (0, 1)],
            "p - y with p itself, not its logarithm.": [
                lambda o, y, tau, k=k: (losses.log_softmax(o / tau) - y) / tau**k for k in (0, 1)],
            "p - y is the slope with respect to o / tau already: the softmax has had its turn.": [
                lambda o, y, tau: _through_softmax(o / tau, losses.softmax(o / tau) - y) / tau,
                dict(slope=lambda p: p * (1 - p)), dict(slope=lambda p: p)],
        },
        "dtau": {
            "the sign: the slope of o / tau with respect to tau is -o / tau**2.": dict(sign=1),
            "a mean over the classes: tau moves all of them, so their parts add up.": dict(share=lambda K: K),
            "the slope of o / tau with respect to tau is -o / tau**2: the square is missing.":
                dict(square=lambda tau: tau),
            "the slope of o / tau with respect to tau is -o / tau**2: tau is missing.":
                dict(square=lambda tau: 1.0),
            "o / tau is there twice: the slope with respect to tau is -o / tau**2.":
                dict(square=lambda tau: tau**3),
            "multiplied by tau**2: the slope of o / tau with respect to tau is -o / tau**2.":
                dict(square=lambda tau: tau**-2),
            "beside p - y stands o, not y or p.": [
                lambda o, y, tau: tempered(o, y, tau, beside=lambda o: y)[1],
                lambda o, y, tau: tempered(o, y, tau, beside=lambda o: losses.softmax(o / tau))[1]],
            "the label is missing: p - y stands beside o.": [
                lambda o, y, tau, f=f: tempered(o, 0 * y, tau, beside=lambda o: o - f(o))[1]
                for f in (lambda o: 0.0, np.max, np.mean, np.min)],
            "p is missing: p - y stands beside o.": [
                lambda o, y, tau, k=k, f=f: k * (y * (o - f(o))).sum() / tau**2 for k in (1, -1)
                for f in (lambda o: 0.0, np.max, np.mean, np.min)],
            "beside p - y stands o, not its square or its size.": [
                lambda o, y, tau, f=f: tempered(o, y, tau, beside=f)[1] for f in (np.square, np.abs)],
            "the parts are added, not squared and rooted.": lambda o, y, tau: -np.linalg.norm(
                (losses.softmax(o / tau) - y) * o) / tau**2,
            "a part may be negative: leave out the abs.": lambda o, y, tau: -(
                np.abs(losses.softmax(o / tau) - y) * o).sum() / tau**2,
            "this is the largest or the smallest part: add all of them up.": [
                lambda o, y, tau, f=f: -f((losses.softmax(o / tau) - y) * o) / tau**2
                for f in (np.max, np.min)],
            "log p_k is o_k / tau less the log of a sum, and tau moves that sum: p - y stands beside o.": [
                lambda o, y, tau, k=k, n=n: k * (y * losses.log_softmax(o / tau)).sum() / tau**n
                for k in (1, -1) for n in (1, 2)],
            "this is L itself: asked for is its slope.": lambda o, y, tau: -(
                y * losses.log_softmax(o / tau)).sum(),
            "tau moves all classes: add up what they send.": lambda o, y, tau: -(
                losses.softmax(o / tau) - y) * o / tau**2,
        },
    }
    rng = np.random.default_rng(24)
    points = []
    for K, tau in ((4, 0.5), (3, 2.5), (6, 1.7)):
        y = rng.uniform(0.1, 1, K)
        points.append(point(rng.normal(size=K), y / y.sum(), tau, K=K, tau=tau))
    found = held(answer, points, tempered, slips, {"do": "K", "dtau": ""})
    if "dtau is 0, but for rounding" in found.text:
        return replace(found, text=f"{found.text} All p - y add up to 0: each stands beside its own -o / "
                                   f"tau**2.")
    return found


def _through_softmax(u, dp):
    """Return J^T dp of a softmax at u."""
    p = losses.softmax(u)
    return p * (dp - p @ dp)
