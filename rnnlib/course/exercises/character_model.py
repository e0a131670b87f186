"""Exercises of notebook 12, train a character LSTM."""

import numpy as np

from ...gradcheck import guard
from .differences import factor, same
from .feedback import Feedback, checker, run
from .trials import held, point


@checker(12, 1, "A window", stars=2, minutes=15)
def check_window(answer):
    """Notebook 12, exercise 1: (ids (n,), B, T, k) -> inputs and targets (T, B) of window k = 0, 1, ..."""

    def window(ids, B, T, k, ahead=1, first=None, start=lambda k, T: k * T, batch_first=False,
               lay=lambda ids, B: ids[:len(ids) // B * B].reshape(B, -1).T):
        stream = lay(ids, B)
        at = start(k, T)
        x = stream[at:at + T]
        y = np.roll(stream, -ahead, axis=0)[at:at + T] if first is None else first(stream, x, at)
        return (x.T, y.T) if batch_first else (x, y)

    slips = {
        "the targets are the inputs: a target is the character after its input.": dict(ahead=0),
        "the targets are one step behind: a target is the character after its input, not before it.": dict(
            ahead=-1),
        "the targets are two steps ahead: a target is the very next character.": dict(ahead=2),
        "the last target of a window is its own first character: the window's next character is in the "
        "stream, not in the window.": dict(first=lambda stream, x, at: np.roll(x, -1, axis=0)),
        "each step has its neighbour in the batch as its target: shift along time.": dict(
            first=lambda stream, x, at: np.roll(x, -1, axis=1)),
        "the streams are interleaved: stream b reads every B-th character. Each must be a piece of the text "
        "without a gap.": dict(lay=lambda ids, B: ids[:len(ids) // B * B].reshape(-1, B)),
        "the windows are dealt out in the order of the text, so the next window of a stream does not go on "
        "where this one ended, and the carried state is wrong: cut the text into B streams first.":
            lambda ids, B, T, k: tuple(np.stack([ids[(k * B + b) * T + s:][:T] for b in range(B)], axis=1)
                                       for s in (0, 1)),
        "the windows overlap: window k begins at step k T, or each step is read many times.": dict(
            start=lambda k, T: k),
        "k counts from 0: this is the window after.": dict(start=lambda k, T: (k + 1) * T),
        "k counts from 0: this is the window before.": lambda ids, B, T, k: _cut(ids, B, (k - 1) * T, T),
        "window k begins at step k T of its stream: yours begins elsewhere.": [
            dict(start=lambda k, T: k * (T - 1)), lambda ids, B, T, k: _cut(ids, B, k * B, T),
            lambda ids, B, T, k: _cut(ids, B, k * T * B, T)],
        "this is window 0, whatever k is: window k begins at step k T.": dict(start=lambda k, T: 0),
        "the window begins a step too late: window k begins at step k T, and its targets one step on.": dict(
            start=lambda k, T: k * T + 1),
        "the targets are one step behind: a target is the character after its input, not before.": [
            lambda ids, B, T, k: (_cut(ids, B, k * T, T)[0], _rows(ids, B)[k * T - 1:k * T + T - 1])],
        "the window is cut first and shifted then, so a row is lost: the last target comes from beyond it.":
            lambda ids, B, T, k: (_rows(ids, B)[k * T:(k + 1) * T - 1], _rows(ids, B)[k * T + 1:(k + 1) * T]),
        "only one stream is there: cut the text into B pieces, and take T characters of each.": [
            lambda ids, B, T, k: (ids[k * T:(k + 1) * T], ids[k * T + 1:(k + 1) * T + 1]),
            lambda ids, B, T, k: tuple(a[:, :1] for a in _cut(ids, B, k * T, T))],
        "time is not the first axis yet: reshape makes rows of the streams, so transpose, and then cut.":
            lambda ids, B, T, k: tuple(_rows(ids, B).T[k * T + s:(k + 1) * T + s] for s in (0, 1)),
        "reshape to (T, B) reads along the batch first: a stream is a column without a gap.":
            lambda ids, B, T, k: tuple(ids[k * B * T + s:][:B * T].reshape(T, B) for s in (0, 1)),
        "the targets are the next window: a target is the very next character.": lambda ids, B, T, k: (
            _cut(ids, B, k * T, T)[0], _rows(ids, B)[(k + 1) * T:(k + 2) * T]),
        "these are one-hot rows: return the ids.": lambda ids, B, T, k: (
            np.eye(ids.max() + 1)[_cut(ids, B, k * T, T)[0]], _cut(ids, B, k * T, T)[1]),
        "a window of T steps needs T + 1 characters of its stream, and the next begins T steps on, not "
        "T + 1: yours skip one.": dict(start=lambda k, T: k * (T + 1)),
        "batch first: time is the first axis, (T, B).": dict(batch_first=True),
        "a stream has len(ids) // B characters: yours are one shorter where B divides the text.": dict(
            lay=lambda ids, B: ids[:(len(ids) - 1) // B * B].reshape(B, -1).T),
        "the first characters of the text are missing: what is left over is dropped at its end.": dict(
            lay=lambda ids, B: ids[len(ids) % B:].reshape(B, -1).T),
    }
    rng = np.random.default_rng(14)
    points = [point(rng.permutation(62), 4, 5, 1, told="for the second window", B=4, T=5),
              point(rng.permutation(95), 3, 7, 2, told="for the third window", B=3, T=7),
              point(rng.permutation(53), 2, 4, 0, told="for the first window", B=2, T=4),
              point(rng.permutation(60), 4, 6, 1, told="for a text without a rest", B=4, T=6)]
    return held(answer, points, window, slips, {"inputs": "T B", "targets": "T B"})


def _rows(ids, B):
    """Return the streams, time first."""
    return ids[:len(ids) // B * B].reshape(B, -1).T


def _cut(ids, B, at, T):
    """Return T steps of inputs and targets from step at on, as slices give them, also where at is below 0."""
    return _rows(ids, B)[at:at + T], _rows(ids, B)[at + 1:at + T + 1]


@checker(12, 2, "One pass", stars=2, minutes=15)
def check_one_pass(answer):
    """Notebook 12, exercise 2: (step, batches, state) -> mean loss of a prediction, and the state after."""

    def one_pass(step, batches, state, carry=lambda new, old, first: new,
                 mean=lambda losses, sizes: np.average(losses, weights=sizes), back=lambda new, first: new):
        first, losses = state, []
        for x, y in batches:
            loss, new = step(x, y, state)
            losses.append(loss)
            state = carry(new, state, first)
        return mean(losses, [y.size for _, y in batches]), back(new, first)

    slips = {
        "each window starts from zero: hand it the state in which the window before ended.": dict(
            carry=lambda new, old, first: 0 * new),
        "each window starts from the first state: what step returns is thrown away. Hand it to the next "
        "window.": dict(carry=lambda new, old, first: first),
        "old and new state are added: hand on what step returns, as it is.": dict(
            carry=lambda new, old, first: old + new),
        "old and new state are averaged: hand on what step returns, as it is.": dict(
            carry=lambda new, old, first: (old + new) / 2),
        "the windows count alike, but the last has fewer predictions: weigh each loss by y.size.": dict(
            mean=lambda losses, sizes: np.mean(losses)),
        "these are the losses added up: divide by their number, each weighed by y.size.": dict(
            mean=lambda losses, sizes: np.sum(losses)),
        "this is the total over all predictions: divide it by how many there are.": dict(
            mean=lambda losses, sizes: np.dot(losses, sizes)),
        "this is the loss of the last window alone.": dict(mean=lambda losses, sizes: losses[-1]),
        "this is the loss of the first window alone.": dict(mean=lambda losses, sizes: losses[0]),
        "divided by the number of windows: divide the total by the number of predictions.": dict(
            mean=lambda losses, sizes: np.dot(losses, sizes) / len(losses)),
        "the total is divided by the size of the last window, or of the first: add the sizes up.": [
            dict(mean=lambda losses, sizes, n=n: np.dot(losses, sizes) / sizes[n]) for n in (-1, 0)],
        "each window is read twice: take the loss and the state of one call of step.":
            lambda step, batches, state: (
            one_pass(step, [b for b in batches for _ in (0, 1)], state)),
        "the loss of a window is weighed by its length, and divided by the number of windows.":
            lambda step, batches, state: (
            lambda loss, new: (loss * sum(len(y) for _, y in batches) / len(batches), new))(
            *one_pass(step, batches, state)),
        "the losses are not weighed, but divided by the number of predictions: multiply each by its y.size.":
            dict(
            mean=lambda losses, sizes: np.sum(losses) / np.sum(sizes)),
        "a prediction is one number of y, a step of one sequence: y.size of them, not len(y).": [
            lambda step, batches, state, k=k: (lambda loss, new: (loss * batches[0][1].shape[1] ** k, new))(
                *one_pass(step, batches, state)) for k in (1, -1)],
        "this is smoothed from 0 on: the mean of a pass weighs every prediction alike, by y.size.": [
            dict(mean=lambda losses, sizes, keep=keep: _running([0, *losses], keep))
            for keep in (0.999, 0.99, 0.9)],
        "a running mean forgets: each loss must weigh by its y.size, whenever it came.": dict(
            mean=lambda losses, sizes: _running(losses)),
        "this is a running mean from the first loss on: each must weigh by its y.size.": [
            dict(mean=lambda losses, sizes, keep=keep: _running(losses, keep))
            for keep in (0.5, 0.9, 0.99, 0.999)],
        "the exponential of the loss is another measure: return the mean loss itself.": dict(
            mean=lambda losses, sizes: np.exp(np.average(losses, weights=sizes))),
        "this is the smallest, the largest or the middle one of the losses: take their mean, weighed by "
        "y.size.": [
            dict(mean=lambda losses, sizes, f=f: f(losses)) for f in (np.min, np.max, np.median)],
        "the last window is left out: it is shorter, and counts too.": lambda step, batches, state: one_pass(
            step, batches[:-1], state),
        "the first window is left out.": lambda step, batches, state: one_pass(step, batches[1:], state),
        "the batches are read backwards: the state goes from the first window to the last.":
            lambda step, batches, state: one_pass(step, batches[::-1], state),
        "x and y are exchanged.":
            lambda step, batches, state: one_pass(step, [(y, x) for x, y in batches], state),
        "the state that comes back is the one you were given: return the one after the last window.": dict(
            back=lambda new, first: first),
        "the state that comes back is zero: the next pass has to go on from the last one.": dict(
            back=lambda new, first: 0 * new),
    }

    def step(x, y, state):
        state = 0.6 * state + x.mean(axis=0)
        return float(((state - y) ** 2).mean()), state

    rng, points = np.random.default_rng(15), []
    for B, lengths, told in ((3, (4, 4, 2), "for windows of 4, 4 and 2 steps"),
                             (2, (5, 5, 5, 1), "for windows of 5, 5, 5 and 1 steps")):
        batches = [tuple(rng.normal(size=(2, length, B))) for length in lengths]
        points.append(point(step, batches, rng.normal(size=B), told=told, B=B))
    return held(answer, points, one_pass, slips, {"mean loss": "", "state": "B"},
                measured=lambda answer: _weights(answer, points[0]))


def _weights(answer, place):
    """Say with which weights the losses of the windows enter an answer's mean; empty if it is no such sum."""
    _, batches, state = place.inputs
    losses = [1.0, 10.0, 100.0]

    def mean(of):
        which = lambda y: next(k for k, batch in enumerate(batches) if np.array_equal(batch[1], y))
        return run(answer, lambda x, y, state: (of[which(y)], state), batches, state)

    one_by_one = [mean(list(row)) for row in np.eye(len(batches))]
    together = mean(losses)
    if not all(isinstance(found, (tuple, list)) and np.ndim(found[0]) == 0 and isinstance(
            found[0], (float, int)) for found in (*one_by_one, together)):
        return ""
    weights = np.array([found[0] for found in one_by_one])
    sizes = np.array([y.size for _, y in batches])
    if not np.isclose(weights @ losses, together[0]) or np.allclose(weights, sizes / sizes.sum()):
        return ""
    said, wanted = (", ".join(f"{w:.3g}" for w in of) for of in (weights, sizes / sizes.sum()))
    return (f"the losses of the {len(sizes)} windows weigh {said} in your mean; by their y.size, "
            f"{', '.join(map(str, sizes))}, they should weigh {wanted}.")


def _running(losses, keep=None):
    """Return a running mean: from 0 on in halves, or from the first loss on with a share keep of the old."""
    mean = 0.0 if keep is None else losses[0]
    for loss in losses[keep is not None:]:
        mean = (mean + loss) / 2 if keep is None else keep * mean + (1 - keep) * loss
    return mean


@checker(12, 3, "Adam", stars=2, minutes=15)
def check_adam_step(answer):
    """Notebook 12, exercise 3: (p, g, m, v, n, rate, beta1, beta2, eps) -> the next (p, m, v)."""

    def adam(p, g, m, v, n, rate, beta1, beta2, eps, late=0, sign=1, mix=lambda beta: (beta, 1 - beta),
             swap=False, square=np.square, root=np.sqrt, power=lambda beta, n: beta**n, of_m=1, of_v=1,
             inside=0, beside=1, by=np.divide, keep=False, new=True, start=1, direction=lambda m_hat: m_hat):
        beta1, beta2 = (beta2, beta1) if swap else (beta1, beta2)
        (a, b), (c, d) = mix(beta1), mix(beta2)
        m, v = start * m, start * v
        m_1, v_1 = a * m + b * g, c * v + d * square(g)
        m_used, v_used = (m_1, v_1) if new else (m, v)
        m_hat = m_used / (1 - of_m * power(beta1, n + late))
        v_hat = v_used / (1 - of_v * power(beta2, n + late))
        below = root(v_hat + inside * eps) + beside * eps
        return p - sign * rate * by(direction(m_hat), below), *((m_hat, v_hat) if keep else (m_1, v_1))

    slips = {
        "the corrections are missing: divide m by 1 - beta1**n and v by 1 - beta2**n.": dict(of_m=0, of_v=0),
        "v is not corrected: divide it by 1 - beta2**n.": dict(of_v=0),
        "m is not corrected: divide it by 1 - beta1**n.": dict(of_m=0),
        "the corrections forget n: 1 - beta**n, not 1 - beta.": dict(power=lambda beta, n: beta),
        "the corrections take beta * n: it is beta**n.": dict(power=lambda beta, n: beta * n),
        "you return the corrected means: keep m and v as they are, or they are corrected again.": dict(
            keep=True),
        "v is a mean of g**2, not of g.": dict(square=lambda g: g),
        "v is the mean itself: no maximum of old and new belongs to it, as in AMSGrad.": lambda *a: (
            lambda p, m, v: (p, m, np.maximum(v, a[3])))(*adam(*a)),
        "v is a mean of g**2, not of abs(g).": dict(square=np.abs),
        "v is a mean of g**2, not of (g - m)**2.": [
            lambda p, g, m, v, n, rate, beta1, *more, new=new: adam(
                p, g, m, v, n, rate, beta1, *more, square=lambda g: (g - m) ** 2 * (beta1**2 if new else 1))
            for new in (True, False)],
        "v is a mean of g**2, entry by entry, not of the sum of all squares.": dict(
            square=lambda g: (g**2).sum() + 0 * g),
        "the root of v is missing: a step has the unit of p, not of p / g.": dict(root=lambda a: a),
        "sqrt(v_hat) + eps stands below: the step is divided by it, not multiplied.": dict(
            by=lambda m_hat, below: m_hat * below),
        "eps stands beside the root, not in it.": dict(inside=1, beside=0),
        "eps is missing: without it a gradient that is always zero gives 0 / 0.": dict(beside=0),
        "the sign: the step goes against m, p - rate * ...": dict(sign=-1),
        "n counts from 1 here: it is already the number of this update.": dict(late=1),
        "the first update has n = 1, and n is this update's number: do not take 1 off.": dict(late=-1),
        "beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to v.": dict(swap=True),
        "beta keeps the old mean, 1 - beta lets the new gradient in: yours are exchanged.": dict(
            mix=lambda beta: (1 - beta, beta), power=lambda beta, n: (1 - beta) ** n),
        "beta keeps the old mean, 1 - beta lets the new gradient in: in the means yours are exchanged.": dict(
            mix=lambda beta: (1 - beta, beta)),
        "the new gradient enters with 1 - beta: yours comes in full.": dict(mix=lambda beta: (beta, 1)),
        "the step uses the old m and v: bring them up to date first.": dict(new=False),
        "this is gradient descent: the step is m_hat / (sqrt(v_hat) + eps).":
            lambda p, g, m, v, n, rate, *rest: (p - rate * g, *adam(p, g, m, v, n, rate, *rest)[1:]),
        "the step takes g itself: m_hat, the mean of the gradients, is its numerator.":
            lambda p, g, *rest: (adam(p, g, *rest, direction=lambda m_hat: g)[0], *adam(p, g, *rest)[1:]),
        "m and v start from zero each time: they must remember, so use the ones you are given.": dict(
            start=0),
        "the corrections are exchanged: 1 - beta1**n belongs to m, 1 - beta2**n to v.":
            lambda *a: _corrected(adam, *a, lambda b1, b2, n: (1 - b2**n, 1 - b1**n)),
        "the corrections divide: yours multiply by 1 - beta**n.":
            lambda *a: _corrected(adam, *a, lambda b1, b2, n: (1 / (1 - b1**n), 1 / (1 - b2**n))),
        "the corrections divide by 1 - beta**n: yours has a plus there.":
            lambda *a: _corrected(adam, *a, lambda b1, b2, n: (1 + b1**n, 1 + b2**n)),
        "the power is that of beta, 1 - beta**n, not (1 - beta)**n.":
            lambda *a: _corrected(adam, *a, lambda b1, b2, n: ((1 - b1) ** n, (1 - b2) ** n)),
        "v is a mean of g**2, entry by entry, not of the mean over all entries.": dict(
            square=lambda g: (g**2).mean() + 0 * g),
        "v is a mean of g**2: yours takes the square of the new m.": lambda p, g, m, v, n, rate, b1, b2, eps:
            _of_m(adam, p, g, m, v, n, rate, b1, b2, eps),
        "the p that is given shrinks: that is weight decay, and not asked for.": [
            lambda p, *a, k=k: (adam(p, *a)[0] - k(a) * p, *adam(p, *a)[1:]) for k in (
                lambda a: a[4], lambda a: 0.01 * a[4], lambda a: 0.01)],
        "m_hat looks one step ahead, as in Nadam: the step of Adam is m_hat / (sqrt(v_hat) + eps).": [
            lambda p, g, m, v, n, rate, b1, b2, eps, k=k: adam(
                p, g, m, v, n, rate, b1, b2, eps,
                direction=lambda m_hat: b1 * m_hat + (1 - b1) * g / (1 - b1**n) ** k) for k in (1, 0)],
        "v": {"v is a mean, beta2 * v + (1 - beta2) * g**2: yours keeps the larger, as AdaMax does.": [
            lambda p, g, m, v, n, rate, b1, b2, eps, of=of: np.maximum(b2 * v, of(g)) for of in (
                np.abs, np.square)] + [lambda p, g, m, v, n, rate, b1, b2, eps: np.maximum(v, g**2)]},
        "the rate is missing.": lambda p, g, m, v, n, rate, *rest: adam(p, g, m, v, n, 1.0, *rest),
        "p is missing: the step is subtracted from it.": lambda p, *rest: adam(0 * p, *rest),
    }
    rng, points = np.random.default_rng(12), []
    for shape, n, settings, scale, told in (((4, 3), 3, (0.3, 0.8, 0.9, 0.2), 1, "for the third update"),
                                            ((5,), 1, (0.1, 0.9, 0.99, 0.05), 10, "for the first update")):
        p, g, m = rng.normal(size=(3, *shape))
        v = rng.uniform(0.5, 2, shape)
        known = (m, v) if n > 1 else (0 * m, 0 * v)
        points.append(point(p, scale * g, *known, n, *settings, told=told))
    points.append(point(p, g, m, 100 * v, 12, 0.3, 0.7, 0.6, 1e-3, told="for update 12"))
    return held(answer, points, adam, slips, {"p": "", "m": "", "v": ""}, order=("m", "v"))


@checker(12, 4, "Clip", stars=1, minutes=10)
def check_clip_by_norm(answer):
    """Notebook 12, exercise 4: (gradients, limit) -> the list, scaled to the norm limit if it is longer."""

    def flat(arrays):
        return np.concatenate([np.ravel(a) for a in arrays])

    def clipped(gradients, limit, size=np.linalg.norm, scale=lambda limit, norm: limit / norm, stretch=False,
                eps=0.0, own=False):
        whole = size(flat(gradients))
        norms = [size(np.ravel(a)) if own else whole for a in gradients]
        return tuple(a * (1.0 if norm <= limit and not stretch else scale(limit, norm + eps))
                     for a, norm in zip(gradients, norms, strict=True))

    slips = {
        "each array has its own scale: take one norm over all arrays, so that the direction stays.": dict(
            own=True),
        "this cuts entry by entry, which turns the gradient: scale all of it by one number.":
            lambda gradients, limit: tuple(np.clip(a, -limit, limit) for a in gradients),
        "limit / (limit + norm) shortens every gradient, never to the limit: the scale is limit / norm.": [
            dict(scale=lambda limit, norm: limit / (limit + norm), stretch=x) for x in (False, True)],
        "the scale is limit / norm, without a root or a square.": [
            dict(scale=lambda limit, norm, k=k: (limit / norm) ** k) for k in (0.5, 2)],
        "the limit is subtracted: scale the gradient by limit / norm.":
            lambda gradients, limit: tuple(a - limit for a in gradients),
        "the norm lacks its square root.": dict(size=lambda a: (a**2).sum()),
        "the square of the norm is compared with the limit: compare the norm itself.":
            lambda gradients, limit: tuple(
                a * (limit / norm if norm**2 > limit else 1.0)
                for norm in [np.linalg.norm(flat(gradients))] for a in gradients),
        "divided by the norm, but not multiplied by the limit.": dict(scale=lambda limit, norm: 1 / norm),
        "multiplied by the limit, but not divided by the norm.": dict(scale=lambda limit, norm: limit),
        "this is the largest entry, not the norm: square, add up, take the root.": dict(
            size=lambda a: np.abs(a).max()),
        "norms of the arrays do not add up: the squares do.": lambda gradients, limit: tuple(
            a * min(1.0, limit / sum(map(np.linalg.norm, gradients))) for a in gradients),
        "this is the largest of the arrays' norms: the norm of all is the root of the sum of all squares.":
            lambda gradients, limit: tuple(a * min(1.0, limit / max(map(np.linalg.norm, gradients)))
                                           for a in gradients),
        "this is the norm of the first array alone: take one over all arrays.":
            lambda gradients, limit: tuple(a * min(1.0, limit / np.linalg.norm(gradients[0]))
                                           for a in gradients),
        "this is the sum of absolute values, not the norm.": dict(size=lambda a: np.abs(a).sum()),
        "this is the mean square, not the sum: the norm does not know how many entries there are.": dict(
            size=lambda a: np.sqrt((a**2).mean())),
        "a gradient longer than the limit comes back as it was.": dict(scale=lambda limit, norm: 1.0),
        "the scale is upside down: limit / norm, which is below 1.": [
            dict(scale=lambda limit, norm: norm / limit), lambda gradients, limit: tuple(
                a * min(1.0, np.linalg.norm(flat(gradients)) / limit) for a in gradients)],
        "a gradient shorter than the limit must stay as it is; yours is stretched.": dict(stretch=True),
        "a small number is added to the norm, so the clipped gradient is shorter than the limit.": [
            dict(eps=10.0**-n) for n in range(2, 8)],
        "a gradient that is longer is thrown away: scale it, so that its direction stays.": dict(
            scale=lambda limit, norm: 0.0),
        "the comparison is the wrong way round: scale where the norm is above the limit.":
            lambda gradients, limit: tuple(a * max(1.0, limit / np.linalg.norm(flat(gradients)))
                                           for a in gradients),
    }

    def read(result):
        if not isinstance(result, (list, tuple)) or len(result) != 3:
            got = f"{len(result)}" if isinstance(result, (list, tuple)) else type(result).__name__
            return Feedback("wrong", f"return a list of 3 arrays, one for each you got; got {got}.")
        return result

    rng = np.random.default_rng(13)
    long = [rng.normal(size=shape) for shape in ((3, 2), (4,), (2, 1, 2))]
    other = [5 * rng.normal(size=shape) for shape in ((2,), (2, 3), (1,))]
    points = [point(long, 0.7, told="for a long gradient"), point(other, 3.0, told="for another one"),
              point([0.01 * a for a in long], 0.7, told="for a short gradient"),
              point([0.1 * a for a in other], 400.0, told="for one far below the limit"),
              point([3 * a / np.linalg.norm(flat(other)) for a in other], 4.0, told="for norm 3, limit 4")]

    def shortened(answer):
        """Say of a gradient that has the right direction how long it is, and why not as long as it should."""
        given = [guard.call(answer, *place.inputs).result for place in points[:2]]
        pairs = [(flat(a), flat(clipped(*place.inputs))) for a, place in zip(given, points, strict=False)]
        if not all(factor(a, b) > 0 for a, b in pairs) or all(same(a, b) for a, b in pairs):
            return ""
        sizes = [np.linalg.norm(a) for a, _ in pairs]
        said = " and ".join(f"{size:.4g} for the limit {place.inputs[1]:g}"
                            for size, place in zip(sizes, points, strict=False))
        why = "the limit is missing" if np.allclose(sizes, 1) else (
            "the norm that you divide by is another than the root of the sum of all squares")
        return f"the direction is right, the length is not: it is {said}, so {why}."

    return held(answer, points, clipped, slips, {"array 0": "", "array 1": "", "array 2": ""}, read=read,
                measured=shortened, surely=True)


@checker(12, 5, "Temperature", stars=1, minutes=10)
def check_temperature(answer):
    """Notebook 12, exercise 5: (logits (K,), temperature) -> probabilities (K,)."""

    def naive(o):
        return np.exp(o) / np.exp(o).sum()

    def softmax(o):
        return naive(o - o.max())

    def probabilities(logits, temperature, scale=lambda o, temperature: o / temperature, p=softmax, base=np.e,
                      after=lambda p, temperature: p):
        return after(p(np.log(base) * scale(logits, temperature)), temperature)

    overflow = "exp overflows at logits of 900: subtract the largest logit first."
    slips = {
        "multiplied, as p ** temperature is: a low temperature must make the likely likelier.": dict(
            scale=lambda o, temperature: o * temperature),
        "the temperature is not used, or cancels: divide the logits by it.": dict(
            scale=lambda o, temperature: o),
        "divide the logits, before the softmax: your probabilities do not add up to 1.": [
            lambda o, t: softmax(o) / t, lambda o, t: softmax(o) ** (1 / t),
            dict(after=lambda p, t: p * t), dict(after=lambda p, t: p / t)],
        "the softmax comes last, and once: divide the logits.": lambda o, t: softmax(softmax(o) / t),
        "not normalised: divide by the sum.": [
            dict(p=np.exp), dict(p=lambda o: np.exp(o - o.max()))],
        "the shift must be the same in numerator and denominator.": lambda o, t: np.exp(o / t) / np.exp(
            (o - o.max()) / t).sum(),
        "the numerator has the temperature and the denominator has not, or the other way round.": [
            lambda o, t: np.exp((o - o.max()) / t) / np.exp(o - o.max()).sum(),
            lambda o, t: np.exp(o - o.max()) / np.exp((o - o.max()) / t).sum()],
        "powers of 2 or 10: a softmax takes exp, powers of e.": [
            dict(base=b) for b in (2, 10)],
        "this takes the likeliest only: that is temperature 0.": lambda o, t: np.eye(len(o))[o.argmax()],
        "these are logarithms: take exp.": [dict(p=lambda o: np.log(softmax(o))), dict(p=lambda o: (
            o - o.max() - np.log(np.exp(o - o.max()).sum())))],
        "the sign: a larger logit is likelier.": dict(scale=lambda o, temperature: -o / temperature),
        "divided by the root or the square of the temperature: divide by it as it is.": [
            dict(scale=lambda o, temperature: o / temperature**0.5), dict(scale=lambda o, t: o / t**2)],
        overflow: dict(p=naive),
        "what exp gets is still far from 0: subtract the largest of what it gets, so that its largest "
        "exponent is 0.": [dict(p=lambda o: naive(o - o.min())), dict(p=lambda o: naive(o - o.mean())),
                           lambda o, t: naive(o / t - o.max())],
    }
    first = np.array([1.2, -0.7, 0.4, 2.1, -1.5])
    points = [point(first, 0.6, told="for small logits"),
              point(np.array([-0.3, 2.0, 1.1]), 2.5, told="for a temperature above 1"),
              point(np.array([0.5, 0.9, -0.4, 0.7]), 0.2, told="for a low temperature"),
              point(np.array([900.0, 899.5, -900.0, 899.0]), 0.5, told="for logits of 900", hint=(
                  "exp(900) is beyond what a float holds: subtract the largest logit first.")),
              point(np.array([-901.0, -900.0, -902.5]), 0.8, told="for logits of -900", hint=(
                  "There every exp underflows to 0: subtract the largest logit first."))]
    return held(answer, points, probabilities, slips, {"p": "K"})


@checker(12, 6, "Undo the smoothing", stars=2, minutes=10)
def check_unsmooth(answer):
    """Notebook 12, exercise 6: (s (N,), V, keep) -> the losses L (N,) that were smoothed into s."""

    def unsmooth(s, V, keep, first=np.log, share=lambda keep: 1 - keep, old=lambda keep: keep,
                 order=lambda before: before):
        before = order(np.concatenate([[first(V)], s[:-1]]))
        return (s - old(keep) * before) / share(keep)

    slips = {
        "s_0 is ln V, the loss of a blind guess, not 0.": dict(first=lambda V: 0.0),
        "s_0 is ln V, not V.": dict(first=float),
        "s_0 is ln V, not log2 V: the losses are in nats.": dict(first=np.log2),
        **{f"s_0 is ln V, the loss of a blind guess, not {name}.": dict(first=f) for name, f in {
            "log10 V": np.log10, "1 / V": lambda V: 1 / V, "-ln V": lambda V: -np.log(V), "1": lambda V: 1.0,
            "ln (V - 1)":
                lambda V: np.log(V - 1), "ln (V + 1)": lambda V: np.log(V + 1), "ln 2": lambda V: np.log(2),
            "sqrt(V)": np.sqrt}.items()},
        "s_(n-1) is the smoothed loss before, not the loss found from it.":
            lambda s, V, keep: _by_losses(s, V, keep),
        "s_0 stands before every s: only s_1 has it before it, all others their s_(n-1).":
            lambda s, V, keep: (
            s - keep * np.log(V)) / (1 - keep),
        "s_(n-1) is the entry before: yours is the entry after.": lambda s, V, keep: (
            s - keep * np.append(s[1:], np.log(V))) / (1 - keep),
        "before s_1 stands ln V: yours wraps round to the last entry.": lambda s, V, keep: (
            s - keep * np.roll(s, 1)) / (1 - keep),
        "before s_1 stands ln V: the first loss is never written.": lambda s, V, keep: np.append(
            0.0, (s[1:] - keep * s[:-1]) / (1 - keep)),
        "the first loss is missing: before s_1 stands ln V.":
            lambda s, V, keep: (s[1:] - keep * s[:-1]) / (1 - keep),
        "parentheses: s - keep * s_before as a whole is divided by 1 - keep.": [
            lambda s, V, keep: s - keep * np.append(np.log(V), s[:-1]) / (1 - keep),
            lambda s, V, keep: s / (1 - keep) - keep * np.append(np.log(V), s[:-1]),
            lambda s, V, keep: (s - keep * np.append(np.log(V), s[:-1])) / 1 - keep],
        "this smooths s once more, with its own entries: solve the formula for L_n.": lambda s, V, keep: (
            keep * np.append(np.log(V), s[:-1]) + (1 - keep) * s),
        "s and the s before it are exchanged: it is s - keep * s_before.": lambda s, V, keep: (
            np.append(np.log(V), s[:-1]) - keep * s) / (1 - keep),
        "1 - keep or keep is squared: each comes in once.": [
            lambda s, V, keep: (s - keep * np.append(np.log(V), s[:-1])) / (1 - keep) ** 2,
            lambda s, V, keep: (s - keep**2 * np.append(np.log(V), s[:-1])) / (1 - keep)],
        "keep multiplies the s before it: it is not taken off s.": lambda s, V, keep: (
            s - keep) * np.append(np.log(V), s[:-1]) / (1 - keep),
        "keep is an argument: yours is 0.999, 0.99 or 0.9.": [
            lambda s, V, keep, k=k: (s - k * np.append(np.log(V), s[:-1])) / (1 - k)
            for k in (0.999, 0.99, 0.9)],
        "s_0 is ln V: yours is s_1 itself.": lambda s, V, keep: np.concatenate(
            [s[:1], (s[1:] - keep * s[:-1]) / (1 - keep)]),
        "not divided by 1 - keep, the share with which a loss comes in.": dict(share=lambda keep: 1.0),
        "multiplied by 1 - keep: to undo a product, divide.": dict(share=lambda keep: 1 / (1 - keep)),
        "the two shares are exchanged: keep belongs to the old s.": dict(
            share=lambda keep: keep, old=lambda keep: 1 - keep),
        "the old s comes in full: it has the factor keep.": dict(old=lambda keep: 1.0),
        "the old s comes with a plus: take it off.": dict(old=lambda keep: -keep),
        "divided by keep: the loss came in with 1 - keep.": dict(share=lambda keep: keep),
        "this smooths once more: solve the formula for L_n.": lambda s, V, keep: np.array(
            [keep**(n + 1) * np.log(V) + (1 - keep) * (keep ** np.arange(n, -1, -1) @ s[:n + 1])
             for n in range(len(s))]),
    }
    rng = np.random.default_rng(16)
    points = [point(rng.uniform(1, 4, 6), 55, 0.9, told="for V = 55"),
              point(rng.uniform(2, 3, 9), 7, 0.75, told="for V = 7"),
              point(np.array([3.5]), 40, 0.5, told="for a single loss")]
    return held(answer, points, unsmooth, slips, {"L": "T"})


@checker(12, 7, "Cut off the tail", stars=3, minutes=15)
def check_nucleus(answer):
    """Notebook 12, exercise 7: (p (V,), mass) -> the likeliest that reach mass, in shares of 1."""

    def nucleus(p, mass, count=lambda total, mass: (total < mass).sum() + 1, likeliest=True, share=True):
        order = np.argsort(p)[::-1 if likeliest else 1]
        kept = np.zeros_like(p)
        first = order[:count(np.cumsum(p[order]), mass)]
        kept[first] = p[first]
        return kept / kept.sum() if share and kept.any() else kept

    slips = {
        "not in shares of 1: divide what is kept by its sum.": dict(share=False),
        "divided by `mass`: what is kept adds up to a little more, so divide it by its own sum.":
            lambda p, mass: nucleus(p, mass, share=False) / mass,
        "the number of symbols follows from `mass` and V alone in yours: it is their probabilities that must "
        "reach `mass`.": [lambda p, mass, of=of: nucleus(p, mass, count=lambda total, mass: int(
            np.clip(of(mass * len(p)), 1, len(p)))) for of in (np.ceil, np.round, np.floor)],
        "one symbol too few: the one with which the sum reaches `mass` is kept, too.": [
            dict(count=lambda total, mass: max((total < mass).sum(), 1)),
            *(dict(count=lambda total, mass, k=k: max((total <= mass).sum(), k)) for k in (1, 0))],
        "one symbol too many: stop with the one that reaches `mass`.": dict(
            count=lambda total, mass: (total < mass).sum() + 2),
        "where the sum is `mass` already, it is reached: no further symbol is kept.": dict(
            count=lambda total, mass: (total <= mass).sum() + 1),
        "these are the least likely symbols: begin with the likeliest.": dict(likeliest=False),
        "the tail is kept, and the likeliest are cut off: `mass` is what the likeliest reach together.":
            lambda p, mass: (tail := np.where(
                p <= np.sort(p)[(np.cumsum(np.sort(p)) <= 1 - mass).sum() - 1], p, 0)) / tail.sum(),
        "only the likeliest symbol is left: that is temperature 0.": dict(count=lambda total, mass: 1),
        "you count the sums beyond `mass`: kept are those below it, and the symbol that reaches it.": dict(
            count=lambda total, mass: (total > mass).sum()),
        "a symbol counts by the sum that it completes, not by its share of the likeliest one's p.": [
            lambda p, mass: (kept := np.where(p >= mass * p.max(), p, 0)) / kept.sum(),
            lambda p, mass: (kept := np.where(p > mass * p.max(), p, 0)) / kept.sum()],
        "this cuts off `mass` and keeps the rest: `mass` is what is kept.": lambda p, mass: nucleus(
            p, 1 - mass),
        "nothing is cut off: the tail gets probability 0.": [
            lambda p, mass: p, lambda p, mass: p / mass, lambda p, mass: p * mass],
        "the tail gets probability 0; a power of p makes it thinner only, as a temperature does.":
            lambda p, mass: p ** (1 / mass) / (p ** (1 / mass)).sum(),
        "no softmax is needed: what is left are probabilities, so divide them by their sum.": [
            lambda p, mass: np.exp(nucleus(p, mass)) / np.exp(nucleus(p, mass)).sum(),
            lambda p, mass: (e := np.exp(nucleus(p, mass, share=False))) / e.sum(),
            *(lambda p, mass, share=share: (
                e := np.where((q := nucleus(p, mass, share=share)) > 0, np.exp(q), 0)) / e.sum()
              for share in (True, False))],
        "what was cut off is dealt out in equal parts: divide by the sum, so that all grow by one factor.":
            lambda p, mass: (kept := nucleus(p, mass, share=False)) + (kept > 0) * (1 - kept.sum()) / (
                kept > 0).sum(),
        "order[k] is the place of the k-th likeliest, not the rank of symbol k: write to new[order[:n]].":
            lambda p, mass: (kept := np.where(np.argsort(p)[::-1] < (
                nucleus(p, mass) > 0).sum(), p, 0)) / kept.sum(),
        "the mask is in the order of the sorted p, and you apply it to p: carry it back by `order` first.":
            lambda p, mass: (kept := np.where(np.sort(nucleus(p, mass))[::-1] > 0, p, 0)) / kept.sum(),
        "only those that are kept: the others stand there, too, with 0, each at its own symbol, (V,).": [
            lambda p, mass: np.sort(nucleus(p, mass))[::-1][:(nucleus(p, mass) > 0).sum()],
            lambda p, mass: nucleus(p, mass)[nucleus(p, mass) > 0]],
        "these are the running sums: they only say how many symbols are kept.": lambda p, mass: np.cumsum(
            np.sort(p)[::-1]),
        "sorted: each probability must stand at its own symbol again.": lambda p, mass: np.sort(
            nucleus(p, mass))[::-1],
        "this keeps the symbols that are likelier than a limit: their *sum* must reach `mass`.": [
            lambda p, mass: np.where(p >= 1 - mass, p, 0) / np.where(p >= 1 - mass, p, 0).sum(),
            *(lambda p, mass, low=low: (kept := np.where(p >= min(low(p, mass), p.max()), p, 0)) / kept.sum()
              for low in (lambda p, mass: 1 - mass, lambda p, mass: mass / len(p),
                          lambda p, mass: 1 / len(p), lambda p, mass: (1 - mass) / len(p))),
            lambda p, mass: np.where(p > p.max() * (1 - mass), p, 0) / np.where(
                p > p.max() * (1 - mass), p, 0).sum(), lambda p, mass: np.where(p >= mass, p, 0)],
        "the sum runs over the symbols in their own order: sort them first, the likeliest in front.":
            lambda p, mass: np.where(np.cumsum(p) - p < mass, p, 0) / np.where(
                np.cumsum(p) - p < mass, p, 0).sum(),
        "what is left is equally likely in yours: keep the shares of p.": lambda p, mass: (
            nucleus(p, mass) > 0) / (nucleus(p, mass) > 0).sum(),
        "these are the places of the symbols: return their probabilities, (V,).": [
            lambda p, mass: np.argsort(p)[::-1],
            lambda p, mass: np.argsort(p)[::-1][:(nucleus(p, mass) > 0).sum()]],
    }
    points = [point(np.array(p), mass, told=f"for {len(p)} symbols and mass {mass:g}", V=len(p))
              for p, mass in (([0.11, 0.41, 0.02, 0.28, 0.12, 0.06], 0.75), ([0.2, 0.05, 0.3, 0.45], 0.5),
                              ([0.03, 0.31, 0.09, 0.17, 0.40], 0.95), ([0.1, 0.7, 0.2], 0.5),
                              ([0.24, 0.34, 0.28, 0.14], 0.65))]
    points.append(point(np.array([0.125, 0.5, 0.375]), 0.5, told="where one symbol has exactly `mass`", V=3))

    def measured(answer):
        """Say of the first symbol that is kept, or dropped, and should not be, what those before it reach."""
        for p, mass in (place.inputs for place in points):
            found, total = run(answer, p, mass), 0.0
            if np.shape(found) != p.shape:             # or a Feedback
                return ""
            for k in np.argsort(p)[::-1]:
                if (found[k] != 0) != (total < mass):
                    done = f"kept, and {total:.2f} is" if found[k] else f"dropped, and only {total:.2f} is"
                    return (f"for p = {p.tolist()} and mass {mass:g} symbol {k} is {done} what the likelier "
                            "ones reach.")
                total = round(total + p[k], 12)
        return ""

    return held(answer, points, nucleus, slips, {"the new p": "V"}, measured=measured)


def _corrected(adam, p, g, m, v, n, rate, b1, b2, eps, by):
    """Return the step of Adam for which the two means are divided by other corrections."""
    _, m, v = adam(p, g, m, v, n, rate, b1, b2, eps)
    of_m, of_v = by(b1, b2, n)
    return p - rate * (m / of_m) / (np.sqrt(v / of_v) + eps), m, v


def _of_m(adam, p, g, m, v, n, rate, b1, b2, eps):
    """Return the step of Adam for which v is a mean of the squares of m."""
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * m**2
    return p - rate * m / (1 - b1**n) / (np.sqrt(v / (1 - b2**n)) + eps), m, v


def _by_losses(s, V, keep):
    """Return what comes out if the loss just found is taken for the smoothed one."""
    losses, before = [], np.log(V)
    for value in s:
        before = (value - keep * before) / (1 - keep)
        losses.append(before)
    return np.array(losses)
