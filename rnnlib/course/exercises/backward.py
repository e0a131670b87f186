"""Exercises of notebook 3, backpropagation through time."""

import re
from dataclasses import replace

import numpy as np

from ... import bptt, gradcheck
from ...cells import rnn
from .differences import same
from .feedback import Feedback, checker, located, run
from .slopes import at_z, of_tanh
from .trials import held, point

LINEAR = "The pass is linear in {0}: nothing in it may depend on how large that is."


@checker(3, 1, "Three steps, numbers", stars=1, minutes=10)
def check_three_deltas(answer):
    """Notebook 3, exercise 1: (h, e, w_h) -> (delta_1, delta_2, delta_3), plain numbers."""

    def three(h, e, w_h, carried=lambda delta, dh: delta, by=lambda w: w, own=1.0, own_1=1.0,
              slope_2=lambda h: 1 - h[1] ** 2, slope_1=lambda h: 1 - h[0] ** 2, from_3=0.0, by_1=lambda w: w):
        d_3 = (1 - h[2] ** 2) * e[2]
        dh_2 = own * e[1] + by(w_h) * carried(d_3, e[2])
        d_2 = slope_2(h) * dh_2
        dh_1 = own * own_1 * e[0] + by_1(by(w_h)) * (carried(d_2, dh_2) + from_3 * d_3)
        return slope_1(h) * dh_1, d_2, d_3

    slopes = dict(slope_2=lambda h: 1.0, slope_1=lambda h: 1.0)
    slips = {
        "nothing is carried back: step t also gets w_h delta_(t+1).": dict(by=lambda w: 0.0),
        "only the loss of the last step is there: each step adds its own e_t.": dict(own=0.0),
        "the carry forgets w_h: a step sends back w_h delta.": dict(by=lambda w: 1.0),
        "what step t+1 sends back is w_h delta_(t+1): yours has not passed its slope.": dict(
            carried=lambda delta, dh: dh),
        "delta_1 and delta_2 must use their own h_t in the slope, not that of step t+1.": dict(
            slope_2=lambda h: 1 - h[2] ** 2, slope_1=lambda h: 1 - h[1] ** 2),
        "the slope uses h_(t-1): each step has its own h_t.": dict(slope_2=lambda h: 1 - h[0] ** 2),
        "delta_1 and delta_2 lack the slope of the tanh, 1 - h_t^2.": slopes,
        "delta_1 and delta_2 lack the slope, and what is sent back lacks it, too.": slopes | dict(
            carried=lambda delta, dh: dh),
        "delta_1 and delta_2 take the losses of the steps after them: step t has its own e_t, e[t - 1].":
            lambda h, e, w: three(h, e[[1, 2, 2]], w),
        "what step t+1 sends back has passed its slope once, in delta_(t+1): yours passes it twice.":
            lambda h, e, w: _twice(h, e, w),
        "e_t is what the loss of step t sends to h_t already, dL_t/dh_t: it is no target to subtract.": [
            lambda h, e, w, k=k: three(h, k * (h - e), w) for k in (1, -1)],
        "the carry is subtracted: it is added.": dict(by=lambda w: -w),
        "the order is turned round, from step 1 on: step 3 is last, and hears its own loss alone.":
            lambda h, e, w: three(h[::-1], e[::-1], w)[::-1],
        "the carry is divided by w_h: it is multiplied.": dict(by=lambda w: 1 / w),
        **{text: [dict(slope_2=lambda h, f=o["f"]: f(h[1]), slope_1=lambda h, f=o["f"]: f(h[0])),
                  lambda h, e, w, f=o["f"]: _sloped(h, e, w, f)]
           for text, o in of_tanh(key="f", but=("missing:",)).items()},
        "delta_1: nothing is carried back to step 1: it gets w_h delta_2.": dict(by_1=lambda w: 0.0),
        "delta_1: w_h is missing in what step 2 sends back.": dict(by_1=lambda w: 1.0),
        "delta_1: what step 2 sends back is delta_2 times w_h; beside it stands a state.": [
            lambda h, e, w, k=k: ((1 - h[0] ** 2) * (e[0] + h[k] * three(h, e, w)[1]), *three(h, e, w)[1:])
            for k in (0, 1)],
        "delta_1: it has a loss too many: e_2 comes with delta_2 alone.": [lambda h, e, w, k=k: (
            (1 - h[0] ** 2) * (e[0] + w**k * e[1] + w * three(h, e, w)[1]), *three(h, e, w)[1:])
            for k in (0, 1)],
        "w_h multiplies the own loss, too: e_t is added as it is.": [lambda h, e, w, k=k: _sloped(
            h, e * np.array([w, w, w**k]), w, lambda h: 1 - h**2) for k in (0, 1)],
        "delta_1: what step 2 sends back is w_h delta_2; w_h is there twice.": dict(by_1=np.square),
        "delta_1: its own loss e_1 is missing.": dict(own_1=0.0),
        "delta_1: step 3 is counted twice: it reaches step 1 through delta_2 alone.": dict(from_3=1.0),
        "delta_1: what comes from step 3 through step 2 has not passed the slope of step 3: it comes with "
        "delta_2, w_h delta_2.": lambda h, e, w: (
            (1 - h[0] ** 2) * (e[0] + w * (1 - h[1] ** 2) * (e[1] + w * e[2])), *three(h, e, w)[1:]),
        "delta_2: what step 3 sends back is w_h delta_3: yours, w_h e_3, has not passed the slope of step 3.":
            lambda h, e, w: _two(h, e, w, (1 - h[1] ** 2) * (e[1] + w * e[2])),
        "delta_1 lacks its slope, 1 - h_1**2.": dict(slope_1=lambda h: 1.0),
        "delta_1 has the slope of step 2: it needs its own, 1 - h_1**2.": dict(
            slope_1=lambda h: 1 - h[1] ** 2),
        "delta_1 hears from step 3: what comes back to step 1 is sent by step 2, w_h delta_2.": [
            lambda h, e, w, a=a: ((1 - h[0] ** 2) * (e[0] + w**a * three(h, e, w)[2]), *three(h, e, w)[1:])
            for a in (1, 2)],
        "delta_2 lacks its slope, 1 - h_2**2.": dict(slope_2=lambda h: 1.0),
        "the slope covers the own loss only: it multiplies all of dL/dh_t, the carry too.": [
            lambda h, e, w: _slope_on(h, e, w, 1, 0), lambda h, e, w: _slope_on(h, e, w, 1, 0, 1)],
        "the slope covers the carry only: it multiplies all of dL/dh_t, the own loss too.":
            lambda h, e, w: _slope_on(h, e, w, 0, 1),
    }
    h, e = np.array([0.42, -0.71, 0.63]), np.array([0.9, 0.4, -1.1])
    points = [point(h, e, 0.8, told="for the first three numbers"),
              point(np.array([-0.55, 0.2, 0.85]), np.array([-0.7, 1.2, 0.3]), -1.7,
                    told="for a negative w_h"),
              point(h, 1000 * e, 0.8, told="with e a thousand times larger", hint=LINEAR.format("e"))]
    parts = {"delta_1": "", "delta_2": "", "delta_3": ""}
    return held(answer, points, three, slips, parts, order=("delta_3", "delta_2"))


def _sloped(h, e, w, slope):
    """Return three deltas with another slope, delta_3 too."""
    d_3 = slope(h[2]) * e[2]
    d_2 = slope(h[1]) * (e[1] + w * d_3)
    return slope(h[0]) * (e[0] + w * d_2), d_2, d_3


def _twice(h, e, w):
    """Return three deltas of which two have passed the slope of the step after once more."""
    s = 1 - h**2
    d_3 = s[2] * e[2]
    d_2 = s[1] * (e[1] + w * s[2] * d_3)
    return s[0] * (e[0] + w * s[1] * d_2), d_2, d_3


def _two(h, e, w, d_2):
    """Return three deltas, of which delta_1 is made from this delta_2 as it should be."""
    return (1 - h[0] ** 2) * (e[0] + w * d_2), d_2, (1 - h[2] ** 2) * e[2]


def _slope_on(h, e, w, own, carry, after=0):
    """Return three deltas whose slope multiplies one of two terms only; the carry may have that of the step
    after."""
    s = 1 - h**2
    d_3 = s[2] * e[2]
    d_2 = s[1] ** own * e[1] + s[1] ** carry * s[2] ** after * w * d_3
    return s[0] ** own * e[0] + s[0] ** carry * s[1] ** after * w * d_2, d_2, d_3


def recurrent_point():
    """Return p, xs, state and dhs of a vanilla network, generic: T=5, B=4, D=2, H=3."""
    return gradcheck.designed_point(rnn, np.random.default_rng(31))


def vanilla_deltas(W_h, hs, dhs, slope=lambda h: 1 - h**2, total=False, forward=False,
                   meet=lambda slope, own, carry: slope * (own + carry), send=lambda delta, W: delta @ W,
                   at=1, begin=lambda dhs: 0 * dhs[0], through=None, sends=lambda delta, dh: delta,
                   heard=lambda dhs: dhs, carry=lambda arrives: arrives):
    """Return the deltas of a vanilla network, (T, B, H); the options are slips."""
    delta, arrives, heard = np.zeros_like(dhs), begin(dhs), heard(dhs)
    for t in range(len(dhs)) if forward else reversed(range(len(dhs))):
        delta[t] = meet(slope(hs[min(t + at, len(dhs))]), heard[t], arrives)
        dh = heard[t] + arrives
        arrives = carry(through(dh, hs, t, W_h) if through else send(sends(delta[t], dh), W_h))
    return delta / slope(hs[1:]) if total else delta


AS_IT_IS = "W_h^T takes dL/dh_t back, not delta_t: the slope of its own step comes first."
VANILLA = {
    "this is the total dL/dh_t: multiply by the slope to get delta_t.": dict(total=True),
    "the loop runs forward in time: a delta needs the one of the step after it, so begin at T.": dict(
        forward=True),
    "the slope multiplies the own loss only: it multiplies what comes back, too.": dict(
        meet=lambda slope, own, carry: slope * own + carry),
    "the slope multiplies what comes back only: it multiplies the own loss, too.": dict(
        meet=lambda slope, own, carry: own + slope * carry),
    "W_h stands in the carry where its transpose belongs (as rows: delta @ W_h).": dict(
        send=lambda delta, W: delta @ W.T),
    "the slope of step t is that of h_t, row t + 1 of hs.": dict(at=0),
    "the slope of step t is that of h_t, row t + 1 of hs; yours takes row t + 2.": dict(at=2),
    "what is sent back passes the slope first, and then W_h^T: (dh * slope) @ W_h; yours takes them in the "
    "other order.": dict(through=lambda dh, hs, t, W: (dh @ W) * (1 - hs[t + 1] ** 2)),
    "what step t sends back has passed its own slope, 1 - h_t^2, row t + 1 of hs; yours takes row t.": dict(
        through=lambda dh, hs, t, W: ((1 - hs[t] ** 2) * dh) @ W),
    "nothing comes back to the last step: the carry begins at 0; yours begins at 1.": dict(
        begin=lambda dhs: 1 + 0 * dhs[0]),
    "nothing comes back to the last step: the carry begins at 0, and dhs[t] is added once.": dict(
        begin=lambda dhs: dhs[-1]),
    "what is sent back is divided by the number of sequences: each has its own, and no mean is taken.": dict(
        send=lambda delta, W: delta @ W / len(delta)),
    "what is sent back is a mean over the sequences, one for all: each sends to its own past.": dict(
        send=lambda delta, W: (delta @ W).mean(axis=0)),
    "what is sent back is a sum over the sequences, one for all: each sends to its own past.": dict(
        send=lambda delta, W: (delta @ W).sum(axis=0)),
    "each unit sends back by its own weight alone, the diagonal of W_h: it sends to all that it hears.": dict(
        send=lambda delta, W: delta * np.diag(W)),
    "what is sent back passes W_h twice: once is enough, delta @ W_h.": dict(
        send=lambda delta, W: delta @ W @ W),
    "what is sent back is made of dhs[t] alone: it is delta_t, with all that has come back, and the slope.":
        lambda W_h, hs, dhs: (1 - hs[1:] ** 2) * (dhs + np.concatenate([dhs[1:] @ W_h, 0 * dhs[:1]])),
    "the slope of step t is that of h_t, row t + 1 of hs; yours takes row t - 1.": dict(at=-1),
    # alone locate knows these: here they stand for pairs
    AS_IT_IS: dict(sends=lambda delta, dh: dh),
    "only the loss of the last step is there: each step adds its own dhs[t].": dict(
        heard=lambda dhs: dhs * (np.arange(len(dhs)) == len(dhs) - 1)[:, None, None]),
    "the carry forgets W_h: a step sends back delta @ W_h.": dict(send=lambda delta, W: delta),
    "what comes back has the wrong sign: it is added.": dict(carry=np.negative),
    "what comes back is clipped to ±1.": dict(carry=lambda arrives: np.clip(arrives, -1, 1)),
    **of_tanh(),
}


def scaled(place, k, name):
    """Return a Point, and two more, where input number k is far larger, and far smaller."""
    points = [place]
    for factor, words in ((1000, "a thousand times larger"), (1e-6, "a million times smaller")):
        inputs = tuple(factor * a if n in np.atleast_1d(k) else a for n, a in enumerate(place.inputs))
        points.append(point(*inputs, told=f"{place.told} with {name} {words}", hint=LINEAR.format(name),
                            **dict(place.sizes)))
    return points


def scaled_points(seed, *sizes):
    """Return Points (W_h, hs, dhs) of a vanilla network of sizes (T, B, H); the first is scaled, too."""
    rng, points = np.random.default_rng(seed), []
    for T, B, H in sizes:
        W_h, hs = rng.normal(size=(H, H)), rng.uniform(-0.9, 0.9, (T + 1, B, H))
        place = point(W_h, hs, rng.normal(size=(T, B, H)), T=T, B=B, H=H)
        points += [place] if points else scaled(place, 2, "dhs")
    return points


def confirmed(found, answer, points, right, slips=(), parts=None, linear=-1):
    """Return what is said of an answer that was located: if it is right, at all points; else why.

    linear is the number of the input in which the answer is linear.
    """
    if found.verdict == "right":
        return held(answer, points, right, slips, parts, found.text)
    misfit = re.fullmatch(r"\w+ has shape \([^)]*\); expected \([^)]*\)\.", found.text)    # no more is known
    if found.verdict == "open" or ((found.location is None or found.explained) and not misfit):
        return found
    if misfit:
        why = held(answer, points, right, slips, parts)
        return why if why.explained else found
    where = found.location.where[0].lower() + found.location.where[1:]
    small = list(points[0].inputs)
    small[linear] = 1e-6 * small[linear]
    given = run(answer, *small)
    if not isinstance(given, Feedback) and same(given, right(*small)):
        text = "Something in the loop is not linear: with gradients a million times smaller, it is right."
        return replace(found, text=f"{where} {text}")
    why = held(answer, points, right, slips, dict.fromkeys(parts, ""))
    symbol = why.text.startswith("d") or why.text[1] in "_^"            # delta, dc_next, c_(t+1): as it is
    text = why.text if symbol else why.text[0].upper() + why.text[1:]
    if why.explained or " does not depend on " in why.text:
        return replace(found, text=f"{where} {text}", explained=why.explained)
    rest = re.search(r" (Where |With one sequence alone ).*", why.text)
    return replace(found, text=f"{found.text}{rest[0]}") if rest else found


@checker(3, 2, "The recursion", stars=2, minutes=15)
def check_deltas(answer):
    """Notebook 3, exercise 2: (W_h, hs, dhs) -> all delta_t, (T, B, H)."""
    p, xs, state, dhs = place = recurrent_point()
    given = p.W_h, bptt.forward(rnn, p, xs, state).hs, dhs
    points = [*scaled(point(*given, T=5, B=4, H=3), 2, "dhs"), *scaled_points(32, (3, 1, 5), (1, 2, 4))[2:]]
    found = located(run(answer, *given), "delta", rnn, *place, again=lambda d: run(answer, *given[:2], d))
    return confirmed(found, answer, points, vanilla_deltas, VANILLA, {"delta": "T B H"})


@checker(3, 3, "The recurrent gradient", stars=2, minutes=10)
def check_recurrent_gradient(answer):
    """Notebook 3, exercise 3: (delta, hs) -> dL/dW_h, (H, H)."""

    def gradient(delta, hs, beside=lambda h: h, rows=lambda hs: hs[:-1], of=lambda delta, hs: delta,
                 share=lambda T, B: 1, turn=lambda dW: dW):
        """The options are slips; locate knows some of them alone: here they stand for pairs."""
        return turn(np.einsum("tbi,tbj->ij", of(delta, hs), beside(rows(hs)))) / share(*delta.shape[:2])

    slips = {
        "beside delta_t stands h_(t-1), and yours is h_t: take hs[:-1].": dict(rows=lambda hs: hs[1:]),
        "dW_h is transposed: delta comes first in the product.": dict(turn=np.transpose),
        "a mean over the steps: add them up.": dict(share=lambda T, B: T),
        "a mean over the sequences: add them up.": dict(share=lambda T, B: B),
        "a mean over steps and sequences: add them up.": dict(share=lambda T, B: T * B),
        "only the last step is there: add up those of all steps.": dict(of=lambda delta, hs: delta * (
            np.arange(len(delta)) == len(delta) - 1)[:, None, None]),
        "only the first sequence is there: add up all of them.": dict(of=lambda delta, hs: delta * (
            np.arange(delta.shape[1]) == 0)[:, None]),
        "delta_t has passed the slope already: here it is multiplied by 1 - h_t^2 once more.": dict(
            of=lambda delta, hs: delta * (1 - hs[1:] ** 2)),
        "steps are added up before the product: each delta_t stands beside its own h_(t-1).":
            lambda delta, hs: delta.sum(axis=0).T @ hs[:-1].sum(axis=0),
        "sequences are added up before the product: each delta_t stands beside its own h_(t-1).":
            lambda delta, hs: delta.sum(axis=1).T @ hs[:-1].sum(axis=1),
        **{f"beside delta_t stands h_(t-1) itself; yours is {name}.": dict(beside=f) for name, f in (
            ("its square", np.square), ("its slope", lambda h: 1 - h**2), ("its tanh", np.tanh))},
        "the sums are taken before the product: each delta_t stands beside its own h_(t-1).":
            lambda delta, hs: np.outer(delta.sum(axis=(0, 1)), hs[:-1].sum(axis=(0, 1))),
        "h_t stands beside the delta of the step before: beside delta_t belongs h_(t-1).":
            lambda delta, hs: np.einsum("tbi,tbj->ij", delta[:-1], hs[2:]),
        "beside delta_t stands h_(t-1); yours is h_(t-2), and wraps round.":
            lambda delta, hs: np.einsum("tbi,tbj->ij", delta, np.roll(hs, 1, axis=0)[:-1]),
        "beside delta_t stands h_(t-1); yours is h_(t-2), and step 1 has none.":
            lambda delta, hs: np.einsum("tbi,tbj->ij", delta[1:], hs[:-2]),
    }
    p, xs, state, dhs = place = recurrent_point()
    trace = bptt.forward(rnn, p, xs, state)
    delta, _ = bptt.deltas(rnn, p, trace, dhs)
    points = scaled(point(delta, trace.hs, T=5, B=4, H=3), 0, "delta")
    for other in scaled_points(33, (3, 1, 5), (2, 6, 2))[2:]:
        _, hs, dhs = other.inputs
        points.append(point(dhs, hs, told=other.told, **dict(other.sizes)))
    found = located(run(answer, delta, trace.hs), "W_h", rnn, *place, beside={"delta": delta})
    return confirmed(found, answer, points, gradient, slips, {"dW_h": "H H"}, linear=0)


@checker(3, 4, "Immediate and total", stars=2, minutes=10)
def check_two_derivatives(answer):
    """Notebook 3, exercise 4: (h, w_h) -> the immediate and the total dh_3/dw_h."""

    def both(h, w_h, first=1, slope=lambda h: 1 - h**2, back=lambda w: w, passed=lambda s: s, last=3,
             beside=lambda h, t: h[t - 1], own=1.0):
        total = 0.0
        for t in range(first, last + 1):
            immediate = slope(h[t]) * beside(h, t)
            total = own * immediate + passed(slope(h[t])) * back(w_h) * total
        return immediate, total

    slips = {
        **of_tanh(),
        "beside w_h in z_t stands h_(t-1).": dict(beside=lambda h, t: h[t]),
        "total is the immediate derivative again: h_2 depends on w_h, too.": dict(first=3),
        "total stops at step 2: h_1 depends on w_h, too, so put in the total derivative of h_2.": dict(
            first=2),
        "total lacks w_h on the way from one state to the next.": dict(back=lambda w: 1.0),
        "total lacks the slope of the later step, where an earlier state passes through it.": dict(
            passed=lambda s: 1.0),
        "total": {
            "it is only what comes through h_2: add the immediate derivative.":
                lambda h, w: both(h, w)[1] - both(h, w)[0],
            "the immediate derivatives of all steps are added: an earlier one passes w_h and the slope of "
            "each later step.": lambda h, w: sum((1 - h[t] ** 2) * h[t - 1] for t in (1, 2, 3)),
            "the slopes of the later steps are missing: an earlier derivative passes through them.":
                lambda h, w: both(h, w, passed=lambda s: 1.0)[1],
            **{f"the slope of step {k} is missing: h_{k} has one of its own, 1 - h_{k}^2.":
               lambda h, w, k=k: _total(h, w, **{f"s_{k}": 1.0}) for k in (1, 2, 3)},
            "one slope covers all: h_2 and h_1 have slopes of their own.":
                lambda h, w: _total(h, w, s_1=1.0, s_2=1.0),
            "w_h is missing where the total derivative of h_2 comes in.": lambda h, w: _total(h, w, w_2=1.0),
            "w_h is missing where the derivative of h_1 comes in.": lambda h, w: _total(h, w, w_1=1.0),
            "the total derivative of h_2 comes in through step 3: it is multiplied by w_h and the slope of "
            "h_3.": [
                lambda h, w: (1 - h[3] ** 2) * h[2] + both(h, w, last=2)[1],
                lambda h, w: (1 - h[3] ** 2) * h[2] + w * both(h, w, last=2)[1]],
            "the immediate derivative and what comes through h_2 are added, not multiplied.": [
                lambda h, w: (1 - h[3] ** 2) * h[2] * w * both(h, w, last=2)[1],
                lambda h, w: (1 - h[3] ** 2) * h[2] * both(h, w, last=2)[1]],
            "in the total derivative of h_2 its own immediate part, h_1 beside w_h, is missing.":
                lambda h, w: _total(h, w, h_1=0.0),
            "each step has its own slope, 1 - h_t^2: yours takes that of another step.": [
                lambda h, w, k=k, n=n: _total(h, w, **{f"s_{k}": 1 - h[n] ** 2})
                for k in (1, 2, 3) for n in range(4) if n != k],
            "beside w_h in z_1 stands h_0, in z_2 h_1, in z_3 h_2: yours has another one.": [
                lambda h, w, k=k, n=n: _total(h, w, **{f"h_{k}": h[n]})
                for k in (0, 1, 2) for n in range(4) if n != k],
            "this is dh_3/dh_0, the product of the factors: asked for is the derivative with respect to w_h.":
                lambda h, w: np.prod([w * (1 - h[t] ** 2) for t in (1, 2, 3)]),
            "h_0 is given: it does not depend on w_h, so the total derivative begins at 0.":
                lambda h, w: both(h, w)[1] + np.prod([w * (1 - h[t] ** 2) for t in (1, 2, 3)]),
            "this is dh_2/dw_h: step 3 comes after it.": lambda h, w: both(h, w, last=2)[1],
            "w_h counts once for each step on the way: yours has a power too many or too few.": [
                lambda h, w, a=a, b=b: (1 - h[3] ** 2) * (h[2] + w**a * (1 - h[2] ** 2) * (
                    h[1] + w**b * (1 - h[1] ** 2) * h[0])) for a in (0, 1, 2) for b in (0, 1, 2)
                if (a, b) not in ((1, 1), (0, 1), (1, 0))],
        },
        "immediate": {
            "beside w_h in z_3 stands h_2.": [
                lambda h, w, k=k: (1 - h[3] ** 2) * h[k] for k in (3, 1, 0)],
            "the slope of h_3 is needed: 1 - h_3^2.": [
                lambda h, w, k=k: (1 - h[k] ** 2) * h[2] for k in (2, 1)],
            "this is the immediate derivative of h_2, one step too early.":
                lambda h, w: (1 - h[2] ** 2) * h[1],
            "the slope of the tanh is missing: it is 1 - h_3^2.": lambda h, w: h[2],
            "h_2 is missing: it stands beside w_h in z_3.": lambda h, w: 1 - h[3] ** 2,
            "w_h does not belong there: the derivative of w_h h_2 with respect to w_h is h_2.":
                lambda h, w: (1 - h[3] ** 2) * h[2] * w,
            "this is dh_3/dh_2: asked for is the derivative with respect to w_h.":
                lambda h, w: (1 - h[3] ** 2) * w,
            **{text: lambda h, w, f=f["slope"]: f(h[3]) * h[2] for text, f in of_tanh("h_3").items()},
        },
    }
    points = [point(np.array([0.5, 0.42, -0.71, 0.63]), 0.8, told="for the first numbers"),
              point(np.array([-0.3, -0.55, 0.2, 0.85]), -1.7, told="for a negative w_h")]
    return held(answer, points, both, slips, {"immediate": "", "total": ""})


def _total(h, w, **changed):
    """Return the total derivative dh_3/dw_h, of which some factors are changed."""
    v = {f"h_{k}": h[k] for k in range(4)} | {f"s_{k}": 1 - h[k] ** 2 for k in (1, 2, 3)} | dict(w_1=w, w_2=w)
    v |= changed
    return v["s_3"] * (v["h_2"] + v["w_2"] * v["s_2"] * (v["h_1"] + v["w_1"] * v["s_1"] * v["h_0"]))


@checker(3, 5, "One loss alone", stars=2, minutes=15)
def check_part_of_loss(answer):
    """Notebook 3, exercise 5: (W_h, hs, dhs, s) -> the part of dL/dW_h that loss s sends, (H, H)."""

    def part(W_h, hs, dhs, s, losses=lambda s: [s], steps=lambda t, s: True, carry=lambda W: W,
             slope=lambda h: 1 - h**2, slopes=None, total=False, beside=lambda hs: hs[:-1],
             turn=lambda dW: dW, share=lambda B: 1, through=None, sends=lambda delta, dh: delta):
        spoken = np.zeros_like(dhs)
        for n in losses(s):
            if 1 <= n <= len(dhs):
                spoken[n - 1] = dhs[n - 1]
        delta = vanilla_deltas(carry(W_h), hs if slopes is None else slopes(hs), spoken, slope,
                               through=through, sends=sends)
        delta = delta / slope(hs[1:]) if total else delta
        keep = np.array([steps(t, s) for t in range(1, len(dhs) + 1)])[:, None, None]
        return turn(np.einsum("tbi,tbj->ij", keep * delta, beside(hs))) / share(dhs.shape[1])

    slips = {
        "this is the whole dL/dW_h: only loss s may speak.": dict(losses=lambda s: range(1, 99)),
        "this is what all losses up to s send: only loss s may speak.": dict(
            losses=lambda s: range(1, s + 1)),
        "this is what the losses from s on send: only loss s may speak.": dict(losses=lambda s: range(s, 99)),
        "this is the part of loss s+1: loss s is row s-1 of dhs.": dict(losses=lambda s: [s + 1]),
        "this is the part of loss s-1: loss s is row s-1 of dhs.": dict(losses=lambda s: [s - 1]),
        "s counts from the first loss; yours counts from the last.": lambda W_h, hs, dhs, s: part(
            W_h, hs, dhs, len(dhs) + 1 - s),
        "all other losses speak, and loss s does not.": dict(
            losses=lambda s: [n for n in range(1, 99) if n != s]),
        "only step s is there: the loss also reaches the steps before it.": dict(steps=lambda t, s: t == s),
        "step s itself is missing.": dict(steps=lambda t, s: t < s),
        "the loss is sent to the steps after s: it reaches step s, and goes back from there.":
            lambda W_h, hs, dhs, s: _onward(W_h, hs, dhs, s),
        **{f"only {n} steps are there: loss s reaches step s and all before it.": dict(
            steps=lambda t, s, n=n: s - n < t <= s) for n in (2, 3)},
        "step 1 is missing.": dict(steps=lambda t, s: t > 1),
        "W_h stands in the carry where its transpose belongs (as rows: delta @ W_h).": dict(
            carry=lambda W: W.T),
        "this is what all losses send to step s: fix the loss, and add over the steps.": dict(
            losses=lambda s: range(1, 99), steps=lambda t, s: t == s),
        "this is what all losses send to the steps up to s: only loss s may speak.": dict(
            losses=lambda s: range(1, 99), steps=lambda t, s: t <= s),
        "it is transposed: entry (i, j) is the sum of all delta_i h_j.": dict(turn=np.transpose),
        "the part is divided by B, a mean over the sequences: asked for is the sum.": dict(share=lambda B: B),
        "W_h is missing in the carry: a step sends back delta @ W_h.": dict(carry=lambda W: np.eye(len(W))),
        "each unit sends back by its own weight alone, the diagonal of W_h: it sends to all that it hears.":
            dict(carry=lambda W: np.diag(np.diag(W))),
        "what is sent back is subtracted: it is added.": dict(carry=lambda W: -W),
        AS_IT_IS: dict(sends=lambda delta, dh: dh),
        **of_tanh(),
        "the slope of step t is that of h_t, 1 - h_t^2; yours takes h_(t-1).": dict(
            slopes=lambda hs: np.concatenate([hs[:1], hs[:-1]])),
        "this is made of dL/dh_t: the slope is missing beside h_(t-1), delta_t has it.": dict(total=True),
        "the slope of step s is missing: delta_s is (1 - h_s^2) dhs[s-1].":
            lambda *a: _alone(*a, own=lambda hs, t: 1.0),
        "the slopes of the steps before s are missing: each delta_t has its own.": lambda *a: _alone(
            *a, slope=lambda hs, t: 1.0),
        "the steps before s take the slope of the step after: each delta_t has its own, 1 - h_t^2.":
            lambda *a: _alone(
            *a, slope=lambda hs, t: 1 - hs[t + 1] ** 2),
        "the steps before s take the slope of the step before: each delta_t has its own, 1 - h_t^2.":
            lambda *a: _alone(
            *a, slope=lambda hs, t: 1 - hs[t - 1] ** 2),
        **{text: lambda *a, f=options["slope"]: _alone(*a, own=lambda hs, t: f(hs[t]))
           for text, options in of_tanh("h_s", begin="step s alone: ", but=("missing:", "sign")).items()},
        "delta_s takes the slope of another step: 1 - h_s^2, row s of hs.": [
            lambda *a: _alone(*a, own=lambda hs, t: 1 - hs[t - 1] ** 2),
            lambda *a: _alone(*a, own=lambda hs, t: 1 - hs[min(t + 1, len(hs) - 1)] ** 2)],
        "this is what the first step sees alone: add up all steps.": lambda W_h, hs, dhs, s: (
            _speaks(W_h, hs, dhs, s)[0].T @ hs[0]),
        "beside delta_t stands h_(t-1), not h_0 every time.":
            dict(beside=lambda hs: np.repeat(hs[:1], len(hs) - 1, axis=0)),
        "the loop begins a step too early: it goes from s down to 1.": lambda *a: _alone(*a, first=-1),
        "the message passes W_h twice, or once too often, before the first product.":
            lambda *a: _alone(*a, first=1),
        "what is sent back passes the slope twice: delta_t has passed it already.": dict(
            through=lambda dh, hs, t, W: ((1 - hs[t + 1] ** 2) ** 2 * dh) @ W),
        "loss s enters at its own step, s; yours enters at step T.": lambda W_h, hs, dhs, s: part(
            W_h, hs, np.repeat(dhs[s - 1:s], len(dhs), axis=0), len(dhs)),
        "loss s enters once, at step s; yours is added again at every step before it.":
            lambda W_h, hs, dhs, s: part(W_h, hs, np.repeat(dhs[s - 1:s], len(dhs), axis=0), s,
                                         losses=lambda s: range(1, s + 1)),
        "these are the deltas that loss s sends: multiply each by h_(t-1), and add up.":
            lambda W_h, hs, dhs, s: _speaks(W_h, hs, dhs, s),
        "this is what loss s sends to h_0: asked for is its part of dL/dW_h.":
            lambda W_h, hs, dhs, s: _speaks(W_h, hs, dhs, s)[0] @ W_h,
        "beside delta_t stands h_(t-1), not h_t.": dict(beside=lambda hs: hs[1:]),
        **{f"beside delta_t stands h_(t-1) itself; yours is {name}.": dict(beside=lambda hs, f=f: f(hs[:-1]))
           for name, f in (("its square", np.square), ("its slope", lambda h: 1 - h**2),
                           ("1", np.ones_like))},
        "the sums are taken before the product: each delta_t stands beside its own h_(t-1).": [
            lambda W_h, hs, dhs, s: sum(np.outer(_speaks(W_h, hs, dhs, s)[t].sum(axis=0), hs[t].sum(axis=0))
                                        for t in range(len(dhs))),
            lambda W_h, hs, dhs, s: np.outer(_speaks(W_h, hs, dhs, s).sum(axis=(0, 1)),
                                             hs[:-1].sum(axis=(0, 1)))],
    }
    rng, points = np.random.default_rng(34), []
    for T, B, H, s in ((5, 4, 3, 3), (6, 2, 5, 4), (4, 1, 2, 3)):
        points.append(point(rng.normal(size=(H, H)), rng.uniform(-0.9, 0.9, (T + 1, B, H)),
                            rng.normal(size=(T, B, H)), s, T=T, B=B, H=H, s=s))
    return held(answer, points, part, slips, {"the part": "H H"})


def _alone(W_h, hs, dhs, s, own=lambda hs, t: 1 - hs[t] ** 2, slope=lambda hs, t: 1 - hs[t] ** 2,
           first=0):
    """Return the part of loss s by a loop back from s; the options are slips."""
    delta, total = own(hs, s) * dhs[s - 1], np.zeros_like(W_h)
    delta = delta @ W_h if first > 0 else delta
    for t in range(s + min(first, 0), 0, -1):
        total = total + delta.T @ hs[t - 1]
        if t > 1:
            delta = slope(hs, t - 1) * (delta @ W_h)
    return total


def _onward(W_h, hs, dhs, s):
    """Return the part of loss s by a loop that goes forward from s."""
    total, dh = 0.0, dhs[s - 1]
    for t in range(s, len(hs)):
        delta = (1 - hs[t] ** 2) * dh
        total, dh = total + delta.T @ hs[t - 1], delta @ W_h
    return total


def _speaks(W_h, hs, dhs, s):
    """Return the deltas if loss s alone speaks."""
    return vanilla_deltas(W_h, hs, dhs * (np.arange(1, len(dhs) + 1) == s)[:, None, None])


@checker(3, 6, "Leaky units", stars=3, minutes=20)
def check_leaky_deltas(answer):
    """Notebook 3, exercise 6: (W_h, zs, dhs, a) -> all delta_t of leaky units, (T, B, H)."""

    def leaky(W_h, zs, dhs, a, own=lambda a: a, leak=lambda a: 1 - a, slope=lambda z: 1 - np.tanh(z) ** 2,
              leaked=lambda dh, delta, own: dh, carry=lambda delta, dh, W: delta @ W, back=None,
              times=lambda T: reversed(range(T)), keeps=0.0, z=lambda zs, t: zs[t], share=lambda a: 1.0):
        delta, arrives = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in times(len(dhs)):
            dh = dhs[t] + arrives
            delta[t] = own(a) * slope(z(zs, t)) * dh
            arrives = keeps * arrives + (back(delta[t], dh, W_h, a) if back else (
                share(a) * carry(delta[t], dh, W_h) + leak(a) * leaked(dh, delta[t], dhs[t])))
        return delta

    slips = {
        "the leak is missing: the share 1 - a of dL/dh_t goes straight back to h_(t-1).": dict(
            leak=lambda a: 0.0),
        "the share that goes straight back is 1 - a.": [dict(leak=lambda a: a), dict(leak=lambda a: 1.0)],
        "a is missing in delta: h_t contains a tanh(z_t).": dict(own=lambda a: 1.0),
        "a and 1 - a are exchanged.": dict(own=lambda a: 1 - a, leak=lambda a: a),
        "the leak takes dL/dh_t back, not delta_t: it does not pass the tanh.": dict(
            leaked=lambda dh, delta, own: delta),
        **at_z(),
        "the leak is subtracted: the share 1 - a of dL/dh_t is added.": dict(leak=lambda a: a - 1),
        "a and 1 - a are exchanged in delta: h_t contains a tanh(z_t).": dict(own=lambda a: 1 - a),
        "what goes back through W_h is delta_t, which contains a already: yours multiplies by a or 1 - a.": [
            dict(share=lambda a: a), dict(share=lambda a: 1 - a),
            dict(share=lambda a: 1 - a, leak=lambda a: a)],
        "the leak goes back beside W_h, not through it: 1 - a of dL/dh_t, untouched.": [
            dict(back=lambda delta, dh, W, a: (delta + (1 - a) * dh) @ W),
            dict(back=lambda delta, dh, W, a: delta @ (W + (1 - a))),
            dict(back=lambda delta, dh, W, a: delta @ W + (1 - a) * dh @ W)],
        "1 - a belongs to the leak, dL/dh_t, not to what goes through W_h.": dict(
            back=lambda delta, dh, W, a: (1 - a) * delta @ W + dh),
        "nothing comes back to a step: it hears all steps after it, through W_h and by the leak.": dict(
            back=lambda delta, dh, W, a: 0.0),
        "only what has come back leaks: all of dL/dh_t does, the own loss, too.": dict(
            leaked=lambda dh, delta, own: dh - own),
        "a stands beside the tanh, not inside it: h_t contains a tanh(z_t).": [
            lambda W_h, zs, dhs, a: leaky(W_h, a * zs, dhs, a), lambda W_h, zs, dhs, a: leaky(
                W_h, a * zs, dhs, a, own=lambda a: 1.0)],
        "a is there twice, in delta: h_t contains a tanh(z_t).": dict(own=np.square),
        "the leak is no part of delta_t: it goes straight back to h_(t-1).": [
            _leak_in_delta, lambda W_h, zs, dhs, a: _leak_in_delta(W_h, zs, dhs, a, beside=1.0)],
        "1 - a is taken a step too late: what goes straight back is 1 - a of dL/dh_t, beside W_h^T delta_t.":
            dict(
            back=lambda delta, dh, W, a: (1 - a) * (delta @ W)),
        "nothing comes back to the last step: the carry begins at 0.": lambda W_h, zs, dhs, a: leaky(
            W_h, zs, np.concatenate([dhs[:-1], 2 * dhs[-1:]]), a),
        "only the own loss leaks: all of dL/dh_t does, what has come back, too.": dict(
            leaked=lambda dh, delta, own: own),
        "the loop runs forward in time: a delta needs the one of the step after it, so begin at T.": dict(
            times=lambda T: range(T)),
        "the carry adds up from step to step: each step sends its own, in place of the one before.":
            dict(keeps=1.0),
        "delta_t takes the slope at z_t; yours is at another step.": [
            dict(z=lambda zs, t: zs[max(t - 1, 0)]), dict(z=lambda zs, t: zs[t - 1]),
            dict(z=lambda zs, t: zs[min(t + 1, len(zs) - 1)])],
        "W_h stands in the carry where its transpose belongs (as rows: delta @ W_h).": dict(
            carry=lambda delta, dh, W: delta @ W.T),
        "through W_h goes delta_t: dL/dh_t has not passed the slope yet.": dict(
            carry=lambda delta, dh, W: dh @ W),
        "what comes back through W_h is missing.": dict(carry=lambda delta, dh, W: 0.0),
        "this is the total dL/dh_t: multiply by a and the slope to get delta_t.":
            lambda W_h, zs, dhs, a: leaky(W_h, zs, dhs, a) / (a * (1 - np.tanh(zs) ** 2)),
    }
    rng, points = np.random.default_rng(35), []
    for T, B, H, a in ((5, 4, 3, 0.3), (3, 1, 5, 0.8), (1, 2, 4, 0.6)):
        place = point(rng.normal(size=(H, H)), rng.normal(size=(T, B, H)), rng.normal(size=(T, B, H)), a,
                      T=T, B=B, H=H, a=a)
        points += [place] if points else scaled(place, 2, "dhs")
    return held(answer, points, leaky, slips, {"delta": "T B H"})


def _leak_in_delta(W_h, zs, dhs, a, beside=0.0):
    """Return the deltas of leaky units where the leak is a part of delta_t; it may go back beside it, too."""
    delta, arrives = np.zeros_like(dhs), 0.0
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + arrives
        delta[t] = (a * (1 - np.tanh(zs[t]) ** 2) + 1 - a) * dh
        arrives = delta[t] @ W_h + beside * (1 - a) * dh
    return delta
