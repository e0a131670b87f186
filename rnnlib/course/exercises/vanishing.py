"""Exercises of notebook 6, gradients that vanish or explode."""

import numpy as np

from .feedback import Feedback, checker, compare, run


@checker(6, 1, "Send it back")
def check_sent_back(answer):
    """Notebook 6, exercise 1: (w_h, hs (T+1,)) -> dh_T/dh_t for t = 0 .. T of a tanh unit, (T+1,)."""
    rng = np.random.default_rng(71)
    w_h, hs = -1.3, rng.uniform(-0.9, 0.9, 7)

    def back(factors):
        return np.append(np.cumprod(factors[::-1])[::-1], 1.0)

    factors = w_h * (1 - hs[1:] ** 2)
    right = back(factors)
    slips = {
        "step t+1 has the slope of its own state: 1 - h_(t+1)^2, not 1 - h_t^2.": back(
            w_h * (1 - hs[:-1] ** 2)),
        "hs are already tanh(z): the slope is 1 - h^2, not 1 - tanh(h)^2.": back(
            w_h * (1 - np.tanh(hs[1:]) ** 2)),
        "the slope of the tanh is missing: each factor is w_h (1 - h^2).": back(np.full(6, w_h)),
        "w_h is missing: each factor is w_h (1 - h^2).": back(1 - hs[1:] ** 2),
        "this goes forward from h_0: dh_t/dh_0. Wanted is dh_T/dh_t, with 1 at the end.": np.append(
            1.0, np.cumprod(factors)),
        "the order is reversed: entry t belongs to h_t, so the last entry is 1.": right[::-1],
        "a factor too many: dh_T/dh_T is 1, so the product starts with step t+1.": back(
            w_h * (1 - hs ** 2))[:-1],
        "one entry is missing: dh_T/dh_T = 1 belongs to the result too.": right[:-1],
        "these are the factors alone: multiply those of the steps t+1 to T.": factors,
        "the factors multiply: this is their sum.": 1 + np.append(np.cumsum(factors[::-1])[::-1], 0.0),
        "keep the sign: w_h is negative here, and so is every second product.": np.abs(right),
    }
    return compare(run(answer, w_h, hs), right, slips, "dh_T/dh_t")


@checker(6, 2, "Use the theorem")
def check_safe_steps(answer):
    """Notebook 6, exercise 2: (W_h, slope, limit) -> from which k on the bound is below the limit."""
    rng = np.random.default_rng(72)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    upper = np.triu(rng.normal(size=(4, 4)), 1) + np.diag([0.3, -0.5, 0.2, 0.4])
    upper *= 2.9 / np.linalg.norm(upper, 2)                 # norm 2.9, not symmetric, radius far below
    W_h = turn @ upper @ turn.T
    cases = [(W_h / 4, 0.25, 1e-6), (W_h / 6, 1.0, 1e-3), (W_h, 1.0, 1e-6)]    # rates 0.18, 0.48, 2.9

    def steps(W_h, slope, limit, size=lambda W: np.linalg.norm(W, 2), slopes=True, ends=np.ceil):
        rate = size(W_h) * (slope if slopes else 1)
        return np.inf if rate >= 1 else float(ends(np.log(limit) / np.log(rate)))

    radius = lambda W: np.abs(np.linalg.eigvals(W)).max()
    names = {
        "eigenvalues promise nothing for a finite k: the theorem needs the norm of W_h, its largest singular "
        "value.": dict(size=radius),
        "this is the Frobenius norm: the theorem needs the largest singular value, np.linalg.norm(W_h, 2).":
            dict(size=np.linalg.norm),
        "this is the norm of the largest row sum or column sum: take the largest singular value.":
            dict(size=lambda W: np.linalg.norm(W, 1)),
        "the slope is missing: a step multiplies by at most slope * norm.": dict(slopes=False),
        "round up: after that many whole steps the bound is still above the limit.": dict(ends=np.floor),
        "one step too many: the bound is below the limit a step earlier.": dict(
            ends=lambda k: np.floor(k) + 2),
        "return a whole number of steps: round up.": dict(ends=lambda k: k),
    }
    results = []
    for case in cases:
        result = run(answer, *case)
        if isinstance(result, Feedback) and (len(results) < 2 or result.verdict == "wrong"):
            return result
        results.append(result)
    right = [steps(*case) for case in cases]
    finite = compare(results[:2], right[:2], {
        text: [steps(*case, **slip) for case in cases[:2]] for text, slip in names.items()}, "k")
    if finite.verdict != "right":
        return finite
    try:
        never = float(results[2])
    except (TypeError, ValueError):
        never = 0.0
    if never != np.inf:
        return Feedback("wrong", "right where slope * norm < 1; where it is 1 or more, the theorem promises "
                                 "nothing: return np.inf.")
    return finite


@checker(6, 3, "Cheat the eigenvalues")
def check_long_memory(answer):
    """Notebook 6, exercise 3: () -> W_h with spectral radius at most 0.9 and ||W_h^20|| at least 10."""
    W_h = run(answer)
    if isinstance(W_h, Feedback):
        return W_h
    try:
        W_h = np.asarray(W_h, dtype=float)
    except (TypeError, ValueError):
        return Feedback("wrong", f"W_h should be a matrix of numbers; got {type(W_h).__name__}.")
    if W_h.ndim != 2 or len(W_h) != W_h.shape[-1] or not 1 <= len(W_h) <= 200:
        return Feedback("wrong", f"W_h should be square, with 1 to 200 rows; got shape {W_h.shape}.")
    if not np.isfinite(W_h).all():
        return Feedback("wrong", "W_h contains nan or inf.")
    radius = np.abs(np.linalg.eigvals(W_h)).max()
    with np.errstate(all="ignore"):
        reach = np.linalg.matrix_power(W_h, 20)
    if radius > 0.9 + 1e-9:
        return Feedback("wrong", f"the largest eigenvalue has modulus {radius:.4g}; at most 0.9 is allowed.")
    length = np.linalg.norm(reach, 2) if np.isfinite(reach).all() else np.inf
    if length >= 10:
        return Feedback("right", f"right: all eigenvalues lie within {radius:.2g}, and 20 steps lengthen a "
                                 f"gradient up to {length:.3g} times.")
    if np.allclose(W_h @ W_h.T, W_h.T @ W_h, rtol=0, atol=1e-9):
        return Feedback("wrong", "this matrix is normal, like every symmetric or orthogonal one: its norm is "
                                 "its spectral radius, to every power. Let one unit feed the next, and not "
                                 "back.")
    if not reach.any():
        return Feedback("wrong", "after 20 steps nothing is left: with zeros on the diagonal a gradient "
                                 "walks out of the chain. Put up to 0.9 there.")
    return Feedback("wrong", f"the eigenvalues are allowed, but the norm of W_h^20 is {length:.3g}, "
                             "below 10: enlarge what stands off the diagonal.")
