"""Exercises of notebook 19, linear recurrences."""

from dataclasses import replace

import numpy as np

from ...gradcheck import guard
from .. import linear
from .feedback import checker, run
from .slopes import of_sigmoid
from .trials import held, point


@checker(19, 1, "Two steps in one", stars=1, minutes=5)
def check_joined(answer):
    """Notebook 19, exercise 1: (a_1, b_1, a_2, b_2) -> a, b of the one step that does both, (...) each."""

    def joined(a_1, b_1, a_2, b_2, a=lambda a_1, a_2: a_2 * a_1,
               b=lambda a_1, b_1, a_2, b_2: a_2 * b_1 + b_2):
        return a(a_1, a_2), b(a_1, b_1, a_2, b_2)

    first = "the first step comes first: its b_1 passes a_2, and b_2 passes nothing."
    slips = {
        f"b: {first}": dict(b=lambda a_1, b_1, a_2, b_2: a_1 * b_2 + b_1),
        "b: b_1 goes through the second step too: it is multiplied by a_2.": dict(
            b=lambda a_1, b_1, a_2, b_2: b_1 + b_2),
        "b: b_1 is multiplied by the factor of the second step; yours takes its own, a_1, once more.": dict(
            b=lambda a_1, b_1, a_2, b_2: a_1 * b_1 + b_2),
        "b: b_2 enters last, so nothing multiplies it.": dict(
            b=lambda a_1, b_1, a_2, b_2: a_2 * (b_1 + b_2)),
        "b: b_1 passes the second step only; a_1 belongs to what was there before.": dict(
            b=lambda a_1, b_1, a_2, b_2: a_2 * a_1 * b_1 + b_2),
        "b: what the second step adds, b_2, is missing.": dict(b=lambda a_1, b_1, a_2, b_2: a_2 * b_1),
        "b: what the first step added is missing.": dict(b=lambda a_1, b_1, a_2, b_2: b_2),
        "b: the b are added, not multiplied.": dict(b=lambda a_1, b_1, a_2, b_2: b_1 * b_2),
        "a: factors are multiplied, not added.": dict(a=lambda a_1, a_2: a_1 + a_2),
        "a: this is the factor of the first step alone.": dict(a=lambda a_1, a_2: a_1),
        "a: this is the factor of the second step alone.": dict(a=lambda a_1, a_2: a_2),
    }
    rng = np.random.default_rng(191)
    points = [point(*rng.uniform(0.2, 2, (4, *shape)) * rng.choice([-1, 1], (4, *shape)), told=told)
              for shape, told in (((3,), "for one vector"), ((4, 2), "for a batch (B, H)"))]
    return held(answer, points, joined, slips, {"a": "", "b": ""})


def _once(feedback, answer, *inputs):
    """Return a Feedback, with what is to say of an answer that is right and does not call scan just once."""
    calls = []

    def scan(a, b):
        calls.append(1)
        return linear.scan(a, b)

    if feedback.verdict != "right" or guard.call(answer, *inputs, scan).complaint or len(calls) == 1:
        return feedback
    told = f"is called {len(calls)} times: once is enough" if calls else "is not called: it needs no loop"
    return replace(feedback, text=f"{feedback.text} Yet the scan that is given {told}.")


@checker(19, 2, "The way back", stars=2, minutes=15)
def check_scan_deltas(answer):
    """Notebook 19, exercise 2: (a, e, scan) -> delta (T, H) of h_t = a_t h_{t-1} + b_t, with one scan."""

    def deltas(a, e, scan, factor=lambda a: np.concatenate([a[1:], 0 * a[:1]]), turn=lambda x: x[::-1],
               back=lambda x: x[::-1], sent=lambda e: e, end=lambda delta, a: delta):
        return end(back(scan(turn(factor(a)), turn(sent(e)))), a)

    same = lambda x: x
    slips = {
        "the factor on the way from step t+1 back to t is a_(t+1): yours is a_t, so shift a by one.": dict(
            factor=same),
        "shifted the wrong way: step t+1 reaches t with a_(t+1), the row after; yours is the row before.": [
            dict(factor=lambda a: np.concatenate([0 * a[:1], a[:-1]])),
            dict(factor=lambda a: np.concatenate([a[:1], a[:-1]])),
            dict(factor=lambda a: np.roll(a, 1, axis=0))],
        "this runs forward in time: reverse both arrays, and what comes out, along the first axis.": [
            dict(turn=same, back=same, factor=f) for f in (same, lambda a: np.concatenate([a[1:], 0 * a[:1]]),
                                                           lambda a: np.concatenate([0 * a[:1], a[:-1]]))],
        "the rows are still in reverse: the scan ends at step 1, turn its rows round.": [
            dict(back=same), dict(back=same, factor=same)],
        "the inputs run forward in time: reverse both before the scan.": dict(turn=same),
        "only a is reversed: the injections go backward in time, too.": lambda a, e, scan: scan(
            np.concatenate([a[1:], 0 * a[:1]])[::-1], e)[::-1],
        "only the injections are reversed: a goes backward in time, too.": lambda a, e, scan: scan(
            np.concatenate([a[1:], 0 * a[:1]]), e[::-1])[::-1],
        "this is dL/dh_(t-1): delta_t = dL/dh_t is not multiplied by a_t yet.": dict(
            end=lambda delta, a: a * delta),
        "the units are reversed as well: turn the first axis only, x[::-1].": dict(
            back=lambda x: x[::-1, ::-1]),
        "only the last step's injection goes back: each step has its own.": dict(
            sent=lambda e: np.concatenate([0 * e[:-1], e[-1:]])),
        "this is what the loss injects: what later steps send back is missing.": lambda a, e, scan: e,
        "each step hears from the next one only: what that one has received goes on, too.":
            lambda a, e, scan: e + np.concatenate([a[1:] * e[1:], 0 * e[:1]]),
        "a is not used: this adds up all later injections.": dict(factor=lambda a: np.ones_like(a)),
        "the sign: gradients are passed on, not taken away.": dict(factor=lambda a: np.concatenate(
            [-a[1:], 0 * a[:1]])),
        "the arguments of scan are exchanged: factors first, what is added second, scan(a, b).": [
            lambda a, e, scan, f=f: scan(e[::-1], f(a)[::-1])[::-1] for f in (
                same, lambda a: np.concatenate([a[1:], 0 * a[:1]]))],
        "the factors are inverted: on the way back, too, a step multiplies by a.": [
            lambda a, e, scan, last=last: scan(1 / np.concatenate([a[1:], last(a)])[::-1], e[::-1])[::-1]
            for last in (lambda a: a[:1], lambda a: np.ones_like(a[:1]), lambda a: a[-1:])],
    }
    rng, points = np.random.default_rng(192), []
    for T, H in ((6, 3), (9, 2), (1, 4)):
        a, e = rng.uniform(0.3, 1.5, (T, H)), rng.normal(size=(T, H))
        points.append(point(a, e, linear.scan, T=T, H=H))
    return _once(held(answer, points, deltas, slips, {"delta": "T H"}), answer, *points[0].inputs[:-1])


@checker(19, 3, "A memory made to measure", stars=1, minutes=10)
def check_eigenvalue(answer):
    """Notebook 19, exercise 3: (half, period) -> the real and the imaginary part of λ."""

    def eigenvalue(half, period, size=lambda half: 0.5 ** (1 / half), angle=lambda period: 2 * np.pi / period,
                   end=lambda re, im: (re, im)):
        return end(size(half) * np.cos(angle(period)), size(half) * np.sin(angle(period)))

    slips = {
        "e^(-1/half) leaves 37 % after `half` steps: wanted is one half.": dict(
            size=lambda half: np.exp(-1 / half)),
        "0.5^half is what is left of 1 after `half` halvings; one step takes the root, 0.5^(1/half).": dict(
            size=lambda half: 0.5**half),
        "λ is multiplied in at every step, and this size does not leave one half then: take 0.5^(1/half).": [
            dict(size=lambda half: 1 - 0.5 / half), dict(size=lambda half: 1 - 1 / half),
            dict(size=lambda half: 0.5 / half)],
        "e^(-half) is what `half` steps of size 1/e leave: take the root of one half, 0.5^(1/half).": dict(
            size=lambda half: np.exp(-half)),
        "this leaves a quarter after `half` steps: the root is that of one half.": dict(
            size=lambda half: 0.25 ** (1 / half)),
        "this grows: it doubles in `half` steps.": dict(size=lambda half: 2 ** (1 / half)),
        "this halves |λ|² in `half` steps: wanted is half of |λ| itself, 0.5^(1/half).": dict(
            size=lambda half: 0.5 ** (0.5 / half)),
        "a full turn is 2π: yours takes two periods.": dict(angle=lambda period: np.pi / period),
        "a full turn is 2π: yours takes four periods.": dict(angle=lambda period: np.pi / 2 / period),
        "a full turn is 2π: yours takes half a period.": dict(angle=lambda period: 4 * np.pi / period),
        "angles are in radians here: a full turn is 2π, not 360.": dict(angle=lambda period: 360 / period),
        "in one step it turns by 2π/period, not by `period`.": dict(angle=lambda period: period),
        "in one step it turns by 2π/period: the 2π is missing.": dict(angle=lambda period: 1 / period),
        "2π times the period is a turn of that many rounds: divide by it.": dict(
            angle=lambda period: 2 * np.pi * period),
        "this turns clockwise: the imaginary part is positive for periods above 2.": dict(
            end=lambda re, im: (re, -im)),
        "these are a logarithm and the angle, as ln λ or ν and θ: λ itself is asked for.": [
            lambda half, period: (-np.log(2) / half, 2 * np.pi / period),
            lambda half, period: (np.log(np.log(2) / half), 2 * np.pi / period)],
        "these are size and angle: wanted are the real and the imaginary part.": lambda half, period: (
            0.5 ** (1 / half), 2 * np.pi / period),
        "the size is missing: this one never forgets.": dict(size=lambda half: 1.0),
        "the size belongs to both parts.": [
            lambda half, period: eigenvalue(half, period, end=lambda re, im: (re, im / 0.5 ** (1 / half))),
            lambda half, period: eigenvalue(half, period, end=lambda re, im: (re / 0.5 ** (1 / half), im))],
    }
    points = [point(half, period, told=f"for half={half:g}, period={period:g}")
              for half, period in ((10.0, 24.0), (3.0, 7.0), (100.0, 3.0), (5.0, 7.5))]
    return held(answer, points, eigenvalue, slips, {"real part": "", "imaginary part": ""},
                measured=lambda answer: _in_part(answer, points))


def _in_part(answer, points):
    """Say which of size and angle is right, and what the other one does; empty if neither is."""
    found = [run(answer, *place.inputs) for place in points]
    if not all(isinstance(two, (tuple, list, np.ndarray)) and len(two) == 2 for two in found):
        return ""
    lam, (half, period) = np.array(found, float) @ [1, 1j], np.transpose([place.inputs for place in points])
    turns, left = np.angle(lam) * period / (2 * np.pi), np.abs(lam) ** half
    if np.isfinite(lam).all() and np.allclose(np.exp(1j * np.angle(lam)), np.exp(2j * np.pi / period)):
        return f"the angle is right, the size is not: {left[0]:.4g} is left after {half[0]:g} steps, not 1/2."
    if np.allclose(left, 0.5):
        return (f"the size is right, the angle is not: in {period[0]:g} steps it turns {turns[0]:.4g} times, "
                "not once.")
    return ""


@checker(19, 4, "The gate, all at once", stars=3, minutes=20)
def check_min_gate(answer):
    """Notebook 19, exercise 4: (z, n, h, e, scan) -> delta^z, delta^n (T, H) of a minGRU, h_0 = 0."""

    def deltas(z, n, h, e, scan, keep=lambda z: 1 - z, shift=lambda a: np.concatenate([a[1:], 0 * a[:1]]),
               before=lambda h: np.concatenate([0 * h[:1], h[:-1]]), mix=lambda n, h: n - h,
               slope=lambda z: z * (1 - z), of_n=lambda z: z, arrives=None):
        g = scan(shift(keep(z))[::-1], e[::-1])[::-1] if arrives is None else arrives(z, e)
        return g * mix(n, before(h)) * slope(z), g * of_n(z)

    slips = {
        "what is kept is 1 - z: the state goes on with that factor, and so does the gradient.": dict(
            keep=lambda z: z),
        "the factor on the way from step t+1 back to t is 1 - z_(t+1): shift it by one.": dict(
            shift=lambda a: a),
        "shifted the wrong way: from step t+1 back to t it is the factor of t+1.": dict(
            shift=lambda a: np.concatenate([0 * a[:1], a[:-1]])),
        "only what the loss injects at its own step: what later steps send back is missing.": dict(
            arrives=lambda z, e: e),
        "the rows of what scan returns are still in reverse: it ends at step 1, turn them round.": dict(
            arrives=lambda z, e: linear.scan(np.concatenate([1 - z[1:], 0 * z[:1]])[::-1], e[::-1])),
        "this runs forward in time: reverse both arrays for scan, and what it returns.": [dict(
            arrives=lambda z, e, shift=shift: linear.scan(shift(1 - z), e)) for shift in (
                lambda a: a, lambda a: np.concatenate([a[1:], 0 * a[:1]]))],
        "delta^z: z mixes n with h_(t-1), the state before; yours takes h_t.": dict(before=lambda h: h),
        "delta^z: z mixes n with h_(t-1), the state before; yours takes the state after, h_(t+1).": dict(
            before=lambda h: np.concatenate([h[1:], 0 * h[:1]])),
        "delta^z: the first step comes from h_0 = 0; yours wraps round to h_T.": dict(
            before=lambda h: np.roll(h, 1, axis=0)),
        "delta^z: the sign: a larger z lets n in, so the factor is n - h.": dict(mix=lambda n, h: h - n),
        "delta^z: z stands in h_t twice: with n, and as 1 - z with h_(t-1). Yours misses the second.": dict(
            mix=lambda n, h: n),
        "delta^z: z stands in h_t twice: as 1 - z with h_(t-1), and with n. Yours misses the second.": dict(
            mix=lambda n, h: -h),
        "delta^z: the slope of the σ, z(1 - z), is missing.": dict(slope=lambda z: 1.0),
        "delta^z: z comes out of a σ: its slope is z(1 - z), not 1 - z**2.": dict(slope=lambda z: 1 - z * z),
        **of_sigmoid("z", begin="delta^z: ", but=(
            "missing:", "that of a tanh", "sign", "first factor")),
        "delta^z: this is g (n - h_t), which is g (1 - z)(n - h_(t-1)): z mixes n with h_(t-1), and the "
        "slope of the σ is z(1 - z).": dict(slope=lambda z: 1 - z),
        "delta^n: n enters h_t multiplied by z: the factor is missing.": dict(of_n=lambda z: 1.0),
        "delta^n: n is multiplied by z, not by 1 - z.": dict(of_n=lambda z: 1 - z),
        "delta^n: n is not squashed: it has no slope.": lambda z, n, h, e, scan: (
            deltas(z, n, h, e, scan)[0], deltas(z, n, h, e, scan)[1] * (1 - n * n)),
    }
    rng, points = np.random.default_rng(194), []
    for T, H in ((6, 3), (9, 2), (4, 5)):
        z, (n, e) = rng.uniform(0.1, 0.9, (T, H)), rng.normal(size=(2, T, H))
        points.append(point(z, n, linear.scan(1 - z, z * n), e, linear.scan, T=T, H=H))
    feedback = held(answer, points, deltas, slips, {"delta^z": "T H", "delta^n": "T H"})
    return _once(feedback, answer, *points[0].inputs[:-1])
