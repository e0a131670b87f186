"""Exercises of notebook 5: one product, and passes to mend.

As long as a pass is as it was found, no cause is named.
"""

from dataclasses import replace

import numpy as np

from ... import bptt, gradcheck
from ...cells import rnn
from ...gradcheck import guard
from .backward import AS_IT_IS, LINEAR, VANILLA, confirmed, scaled, scaled_points, vanilla_deltas
from .differences import same
from .feedback import IN_PLACE, Feedback, checker, located, run
from .trials import held, point

STILL = "the mistake that was there as you found it is there still."
PRAISE = "mended: every delta agrees with the numerical one, step by step{}."


@checker(5, 1, "One product", stars=1, minutes=10)
def check_one_product(answer):
    """Notebook 5, exercise 1: (W_1, W_2, x, h, dz) of z = x @ W_1 + h @ W_2.T -> dW_1, dW_2, dx, dh."""
    def right(W_1, W_2, x, h, dz):
        return x.T @ dz, dz.T @ h, dz @ W_1.T, dz @ W_2

    def read(result):
        if not isinstance(result, (tuple, list)) or len(result) != 4:
            return Feedback("wrong", "return four arrays: dW_1, dW_2, dx, dh.")
        if any(is_same(result[1], h.T @ dz) and is_same(result[3], dz @ W_2.T)
               for _, W_2, _, h, dz in (place.inputs for place in points)):
            text = "dW_2 and dh fit together, but they belong to h @ W_2. The forward pass has h @ W_2.T."
            return Feedback("wrong", text, explained=True)
        return result

    belongs = "{} belongs to {}; the forward pass has {}.".format
    mean = "{} is a mean over the batch: add up the sequences.".format
    other = "{} is multiplied by {}, as if each sequence sent back what it read: here {}.".format
    before = "{}: the sums are taken before the product: each sequence has its own.".format
    not_yet = "{} is not yet summed over the batch: the weight is used for every sequence.".format
    first = "{} is that of the first sequence alone: add up all of them.".format
    entrywise = "{}: dz and {} are multiplied entry by entry; each dz_i meets each input, dz.T @ h.".format
    slips = {
        "there is no tanh in z = x @ W_1 + h @ W_2.T: dz arrives at z already, and no slope belongs to it.": [
            lambda W_1, W_2, x, h, dz, s=s: right(W_1, W_2, x, h, dz * s(h)) for s in (
                lambda h: 1 - h**2, lambda h: 1 - np.tanh(h) ** 2, lambda h: h * (1 - h))],
        "dW_1": {belongs("dW_1", "x @ W_1.T", "x @ W_1"): lambda W_1, W_2, x, h, dz: dz.T @ x,
                 mean("dW_1"): lambda W_1, W_2, x, h, dz: x.T @ dz / len(x),
                 before("dW_1"): lambda W_1, W_2, x, h, dz: np.outer(x.sum(axis=0), dz.sum(axis=0)),
                 not_yet("dW_1"): lambda W_1, W_2, x, h, dz: x[:, :, None] * dz[:, None],
                 first("dW_1"): lambda W_1, W_2, x, h, dz: np.outer(x[0], dz[0])},
        "dW_2": {belongs("dW_2", "h @ W_2", "h @ W_2.T"): lambda W_1, W_2, x, h, dz: h.T @ dz,
                 mean("dW_2"): lambda W_1, W_2, x, h, dz: dz.T @ h / len(h),
                 before("dW_2"): lambda W_1, W_2, x, h, dz: np.outer(dz.sum(axis=0), h.sum(axis=0)),
                 not_yet("dW_2"): lambda W_1, W_2, x, h, dz: dz[:, :, None] * h[:, None],
                 first("dW_2"): lambda W_1, W_2, x, h, dz: np.outer(dz[0], h[0]),
                 entrywise("dW_2", "h"): [lambda W_1, W_2, x, h, dz: dz * h, lambda W_1, W_2, x, h, dz: (
                     (dz * h).sum(axis=0))],
                 "dW_2: h meets itself: beside h stands dz.": lambda W_1, W_2, x, h, dz: h.T @ h,
                 "dW_2: beside dz stands h, which W_2 multiplies: not z, or a part of it.": [
                     lambda W_1, W_2, x, h, dz, z=z: dz.T @ z(W_1, W_2, x, h) for z in (
                         lambda W_1, W_2, x, h: x @ W_1 + h @ W_2.T, lambda W_1, W_2, x, h: h @ W_2.T,
                         lambda W_1, W_2, x, h: x @ W_1)]},
        "dx": {"dx is multiplied by x, as if each sequence sent back what it read: here W_1 takes dz back.":
               lambda W_1, W_2, x, h, dz: dz.sum(axis=1, keepdims=True) * x,
               "dx: what goes back is no sum over the batch: each sequence has its own.":
               lambda W_1, W_2, x, h, dz: (dz @ W_1.T).sum(axis=0),
               "dx is divided by B: each sequence has its own row, and no mean is taken.":
               lambda W_1, W_2, x, h, dz: dz @ W_1.T / len(x)},
        "dh": {belongs("dh", "h @ W_2", "h @ W_2.T"): lambda W_1, W_2, x, h, dz: dz @ W_2.T,
               other("dh", "h", "W_2 takes dz back"): lambda W_1, W_2, x, h, dz: dz * h,
               "dh is divided by B: each sequence has its own row, and no mean is taken.":
               lambda W_1, W_2, x, h, dz: dz @ W_2 / len(x)},
    }
    rng, points = np.random.default_rng(54), []
    for B, D, H in ((4, 2, 3), (5, 3, 2)):
        inputs = (rng.normal(size=shape) for shape in ((D, H), (H, H), (B, D), (B, H), (B, H)))
        points.append(point(*inputs, B=B, D=D, H=H))
    parts = {"dW_1": "D H", "dW_2": "H H", "dx": "B D", "dh": "B H"}
    praise = "right: each gradient and what goes back beside it belong to one product."
    return held(answer, points, right, slips, parts, praise, read)


def _vanilla_point(seed):
    """Return a point of a vanilla network and what its pass gets: W_h, hs and dhs."""
    point = gradcheck.designed_point(rnn, np.random.default_rng(seed), T=6)
    p, xs, state, dhs = point
    return point, (p.W_h, bptt.forward(rnn, p, xs, state).hs, dhs)


def _dh_carried(W_h, hs, dhs):
    """Return the deltas of exercise 2 as it is found: W_h^T takes dL/dh_t back."""
    delta, dh_next = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + dh_next
        delta[t] = (1 - hs[t + 1] ** 2) * dh
        dh_next = dh @ W_h
    return delta


def _clipped(W_h, hs, dhs):
    """Return the deltas of exercise 3 as it is found, but for what it does to dhs."""
    delta, dh_next = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + np.clip(dh_next, -1, 1))
        dh_next = delta[t] @ W_h
    return delta


@checker(5, 2, "Right at the last step", stars=1, minutes=10)
def check_right_at_last(answer):
    """Notebook 5, exercise 2: mend (W_h, hs, dhs) -> delta (T, B, H) of a vanilla network."""
    place, inputs = _vanilla_point(51)
    feedback = located(run(answer, *inputs), "delta", rnn, *place, praise=PRAISE.format(""),
                       again=lambda d: run(answer, *inputs[:2], d))
    slips = {STILL if text == AS_IT_IS else text: slip for text, slip in VANILLA.items()}
    return as_found(feedback, answer, inputs, _dh_carried) or _at_any_scale(feedback, answer, inputs, slips)


@checker(5, 3, "Checked by its author", stars=2, minutes=15)
def check_by_author(answer):
    """Notebook 5, exercise 3: mend (W_h, hs, dhs) -> delta (T, B, H), which has two mistakes."""
    (p, xs, state, dhs), inputs = _vanilla_point(53)
    result = run(answer, *inputs)
    if not isinstance(result, Feedback):
        feedback = located(result, "delta", rnn, p, xs, state, dhs, praise=PRAISE.format(", call after call"),
                           again=lambda d: run(answer, *inputs[:2], d))
        return _at_any_scale(feedback, answer, inputs)
    if not result.text.startswith(IN_PLACE):
        return result
    first = guard.call(answer, *inputs)
    if not isinstance(first.result, np.ndarray):
        return result
    feedback = located(first.result, "delta", rnn, p, xs, state, dhs)
    after = "the arrays that it gets come back changed, and a second call would compute with them."
    if feedback.verdict == "right":
        return Feedback("wrong", f"the first call is right at every step. But {after}")
    if is_same(first.result, _clipped(*inputs)):
        small = "as it was found. At its author's point, with gradients near 0.001, one call is right."
        text = f"{small} At ours {_lower(feedback.location.where)} Besides, {after}"
        return replace(feedback, verdict="open", text=text)
    return replace(feedback, text=f"{feedback.text} Besides, {after}")


def _at_any_scale(feedback, answer, given, slips=VANILLA):
    """Return the feedback; what it says of a right pass holds where dhs are larger or smaller, too."""
    W_h, hs, dhs = given
    huge = point(W_h, hs, 1e12 * dhs, told="with dhs 1e12 times larger", hint=LINEAR.format("dhs"))
    points = [*scaled(point(*given, T=6, B=4, H=3), 2, "dhs"), huge, *scaled_points(54, (3, 1, 5))]
    return confirmed(feedback, answer, points, vanilla_deltas, slips, {"delta": "T B H"})


def as_found(feedback, answer, inputs, planted):
    """Return the feedback, open, for a pass that gives what it gave as it was found: no cause is said or
    looked for. None for all others."""
    if feedback.location is None or not is_same(guard.call(answer, *inputs).result, planted(*inputs)):
        return None
    text = f"as it was found, in every number: {_lower(feedback.location.where)}"
    return replace(feedback, verdict="open", text=text, explained=True)


def _lower(sentence):
    return sentence[0].lower() + sentence[1:]


def is_same(result, expected):
    """True if a result has the shape and, relative to its largest entry, the numbers that are expected."""
    return np.shape(result) == expected.shape and same(result, expected)
