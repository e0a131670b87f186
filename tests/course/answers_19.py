"""Answers as learners give them, to page 19: (verdict, words of the message, answer)."""

import cmath
import math

import numpy as np

from rnnlib.course import exercises

R, W = "right", "wrong"


# 1


def joined_by_trying(a_1, b_1, a_2, b_2):
    two = lambda h: a_2 * (a_1 * h + b_1) + b_2
    return two(1.0) - two(0.0), two(0.0)


def joined_in_place(a_1, b_1, a_2, b_2):
    a_2 *= a_1
    return a_2, b_2


# 2

shifted = lambda a: np.vstack([a[1:], np.zeros((1, a.shape[1]))])


def back(factor=shifted, turn=np.flipud, end=np.flipud):
    return lambda a, e, scan: end(scan(turn(factor(a)), turn(e)))


def deltas_by_loop(a, e, scan):
    delta = e.copy()
    for t in range(len(e) - 2, -1, -1):
        delta[t] += a[t + 1] * delta[t + 1]
    return delta


def deltas_padded(a, e, scan):
    return scan(np.append(a, a[:1], axis=0)[:0:-1], e[::-1])[::-1]


def deltas_by_products(a, e, scan):
    T = len(e)
    return np.array([sum(np.prod(a[t + 1:s + 1], axis=0) * e[s] for s in range(t, T)) for t in range(T)])


def products_from_t(a, e, scan):
    T = len(e)
    return np.array([sum(np.prod(a[t:s + 1], axis=0) * e[s] for s in range(t, T)) for t in range(T)])


# 3


def by_polar(half, period, sign=1):
    lam = cmath.rect(2 ** (-1 / half), sign * 2 * cmath.pi / period)
    return lam.real, lam.imag


def by_exp(rate, turn=lambda period: 2j * math.pi / period):
    def eigenvalue(half, period):
        lam = np.exp(rate(half) + turn(period))
        return lam.real, lam.imag

    return eigenvalue


# 4


def gate(arrives=None, before=lambda h: np.vstack([0 * h[:1], h[:-1]]),
         d_z=lambda g, z, n, h: g * (n - h) * z * (1 - z), d_n=lambda g, z, n, h: g * z, end=lambda *d: d):
    def deltas(z, n, h, e, scan):
        g = (arrives or (lambda z, n, e, scan: np.flipud(scan(np.flipud(shifted(1 - z)), np.flipud(e)))))(
            z, n, e, scan)
        past = before(h)
        return end(d_z(g, z, n, past), d_n(g, z, n, past))

    return deltas


def gate_by_loop(z, n, h, e, scan):
    T, g = len(e), np.zeros_like(e[0])
    d_z, d_n = np.zeros_like(e), np.zeros_like(e)
    for t in reversed(range(T)):
        g = e[t] + (g * (1 - z[t + 1]) if t + 1 < T else 0)
        d_z[t] = g * (n[t] - (h[t - 1] if t else 0)) * z[t] * (1 - z[t])
        d_n[t] = g * z[t]
    return d_z, d_n


ANSWERS = {
    exercises.check_joined: [
        (R, "", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, b_1 * a_2 + b_2)),
        (R, "", lambda a_1, b_1, a_2, b_2: [np.multiply(a_2, a_1), np.add(a_2 * b_1, b_2)]),
        (W, "", joined_in_place),
        (R, "", joined_by_trying),
        (W, "first step comes first", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, a_1 * b_2 + b_1)),
        (W, "multiplied by a_2", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, b_1 + b_2)),
        (W, "a_1, once more", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, a_1 * b_1 + b_2)),
        (W, "nothing multiplies it", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, a_2 * (b_1 + b_2))),
        (W, "not added", lambda a_1, b_1, a_2, b_2: (a_1 + a_2, a_2 * b_1 + b_2)),
        (W, "another order", lambda a_1, b_1, a_2, b_2: (a_2 * b_1 + b_2, a_1 * a_2)),
        (W, "second step alone", lambda a_1, b_1, a_2, b_2: (a_2, a_2 * b_1 + b_2)),
        (W, "what was there before", lambda a_1, b_1, a_2, b_2: (a_1 * a_2, a_1 * a_2 * b_1 + b_2)),
        (W, "two arrays", lambda a_1, b_1, a_2, b_2: (a_1 * a_2,)),
        (W, "", lambda a_1, b_1, a_2, b_2: (a_1 @ a_2, a_2 * b_1 + b_2)),
    ],
    exercises.check_scan_deltas: [
        (R, "", back()),
        (R, "", deltas_by_loop),
        (R, "", deltas_padded),
        (R, "", deltas_by_products),
        (W, "shift a by one", back(factor=lambda a: a)),
        (W, "the wrong way", back(factor=lambda a: np.vstack([0 * a[:1], a[:-1]]))),
        (W, "still in reverse", back(end=lambda x: x)),
        (W, "reverse both", back(turn=lambda x: x)),
        (W, "runs forward", lambda a, e, scan: scan(a, e)),
        (W, "units are reversed", back(end=lambda x: x[::-1, ::-1])),
        (W, "not multiplied by a_t", products_from_t),
        (W, "a is not used", lambda a, e, scan: np.cumsum(e[::-1], axis=0)[::-1]),
        (W, "what the loss injects", lambda a, e, scan: e * 1.0),
        (W, "the next one only", lambda a, e, scan: e + np.vstack([(a * e)[1:], 0 * e[:1]])),
        (W, "", lambda a, e, scan: scan(a[:0:-1], e[::-1])[::-1]),
        (W, "", back(turn=np.fliplr, end=np.fliplr)),
    ],
    exercises.check_eigenvalue: [
        (R, "", by_polar),
        (R, "", by_exp(lambda half: -math.log(2) / half)),
        (R, "", lambda half, period: np.array([
            0.5 ** (1 / half) * math.cos(2 * math.pi / period), 0.5 ** (1 / half) * math.sin(2 * math.pi / period)])),
        (W, "37 %", by_exp(lambda half: -1 / half)),
        (W, "it doubles", by_exp(lambda half: math.log(2) / half)),
        (W, "never forgets", by_exp(lambda half: 0)),
        (W, "clockwise", lambda half, period: by_polar(half, period, sign=-1)),
        (W, "another order", lambda half, period: by_polar(half, period)[::-1]),
        (W, "two periods", by_exp(lambda half: -math.log(2) / half, lambda period: 1j * math.pi / period)),
        (W, "radians", by_exp(lambda half: -math.log(2) / half, lambda period: 360j / period)),
        (W, "2π is missing", by_exp(lambda half: -math.log(2) / half, lambda period: 1j / period)),
        (W, "takes the root", by_exp(lambda half: -math.log(2) * half)),
        (W, "at every step", lambda half, period: (
            (1 - 0.5 / half) * np.cos(2 * np.pi / period), (1 - 0.5 / half) * np.sin(2 * np.pi / period))),
        (W, "size and angle", lambda half, period: (2 ** (-1 / half), 2 * np.pi / period)),
        (W, "two numbers", lambda half, period: 0.5 ** (1 / half) * np.exp(2j * np.pi / period)),
    ],
    exercises.check_min_gate: [
        (R, "", gate()),
        (R, "", gate_by_loop),
        (R, "", gate(end=lambda *d: np.stack(d))),
        (W, "later steps send back", gate(arrives=lambda z, n, e, scan: e)),
        (W, "what is kept is 1 - z", gate(
            arrives=lambda z, n, e, scan: np.flipud(scan(np.flipud(shifted(z)), np.flipud(e))))),
        (W, "shift it by one", gate(
            arrives=lambda z, n, e, scan: np.flipud(scan(np.flipud(1 - z), np.flipud(e))))),
        (W, "yours takes h_t", gate(before=lambda h: h)),
        (W, "wraps round", gate(before=lambda h: np.roll(h, 1, axis=0))),
        (W, "the sign", gate(d_z=lambda g, z, n, h: g * (h - n) * z * (1 - z))),
        (W, "misses the second", gate(d_z=lambda g, z, n, h: g * n * z * (1 - z))),
        (W, "is missing", gate(d_z=lambda g, z, n, h: g * (n - h))),
        (W, "the factor is missing", gate(d_n=lambda g, z, n, h: g)),
        (W, "not by 1 - z", gate(d_n=lambda g, z, n, h: g * (1 - z))),
        (W, "has no slope", gate(d_n=lambda g, z, n, h: g * z * (1 - n * n))),
        (W, "another order", gate(end=lambda d_z, d_n: (d_n, d_z))),
        (W, "two arrays", gate(end=lambda d_z, d_n: d_z)),
    ],
}
