"""Exercises of notebook 7, truncated backpropagation."""

from itertools import product

import numpy as np

from .feedback import Feedback, checker, close, compare, run


@checker(7, 1, "Draw the pairs")
def check_kept_pairs(answer):
    """Notebook 7, exercise 1: (T, k1, k2) -> which pairs are kept, bools (T, T), row s-1, column t-1."""
    T, k1, k2 = 8, 3, 5                                # the last run has two losses only

    def pairs(clip=True, longer=0, swap=False, future=False, by_loss=False, begin=False):
        k_1, k_2 = (k2, k1) if swap else (k1, k2)
        s, t = np.ogrid[1:T + 1, 1:T + 1]
        end = (s - 1) // k_1 * k_1 + k_1               # the step at which the run of L_s begins
        end = np.minimum(end, T) if clip else end
        first = s - k_2 + 1 if by_loss else end - k_1 + 1 if begin else end - k_2 + 1 - longer
        return (t >= first) & ((t <= end) if future else (t <= s))

    s, t = np.ogrid[1:T + 1, 1:T + 1]
    right = pairs()
    slips = {
        "transposed: row s is the loss, column t the step that it reaches.": right.T,
        "the k2 steps are counted from the end of the run, not from each loss: L_s shares its run.": pairs(
            by_loss=True),
        "one step too many: k2 steps are visited, the last one of the run included.": pairs(longer=1),
        "one step too few: k2 steps are visited, the last one of the run included.": pairs(longer=-1),
        "a loss reaches no later step: t <= s.": pairs(future=True),
        "the last run begins at step T, even if fewer than k1 losses are left for it.": pairs(clip=False),
        "the runs go back k2 steps, not only to the first of their k1 losses.": pairs(begin=True),
        "k1 and k2 are exchanged: a run after every k1 steps, back through k2.": pairs(swap=True),
        "nothing is cut off: a run visits k2 steps only.": t <= s,
        "this is what is dropped: True means kept.": ~right & (t <= s),
        "this is the opposite: True means kept.": ~right,
    }
    feedback = compare(run(answer, T, k1, k2), right, slips, "the table")
    if feedback.verdict != "right":
        return feedback
    s, t = np.ogrid[:5, :5]
    again = compare(run(answer, 5, 1, 2), (t <= s) & (s - t < 2), {}, "the table for T=5, k1=1, k2=2")
    return again if again.verdict != "right" else feedback


def _point(seed):
    """Return W_h, hs (T+1, B, H) and dhs (T, B, H), generic: T=6, B=4, H=3."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 3)), rng.uniform(-0.9, 0.9, (7, 4, 3)), rng.normal(size=(6, 4, 3))


def _deltas(W_h, hs, dhs, factor=lambda t: 1.0, own=lambda t: 1.0, slope=lambda hs, t: 1 - hs[t + 1] ** 2,
            on_all=lambda t: 1.0):
    """Return the deltas; row t receives the message of row t+1 times factor(t)."""
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        message = factor(t) * carry if t < len(dhs) - 1 else carry
        delta[t] = slope(hs, t) * (own(t) * dhs[t] + message) * on_all(t)
        carry = delta[t] @ W_h
    return delta


@checker(7, 2, "Cut at the joints")
def check_chunk_deltas(answer):
    """Notebook 7, exercise 2: (W_h, hs, dhs, K) -> the deltas of chunks=(K, K), K divides T, (T, B, H)."""
    (W_h, hs, dhs), K = _point(82), 3
    joint = lambda shift: lambda t: 0.0 if (t + 1 + shift) % K == 0 else 1.0
    right = _deltas(W_h, hs, dhs, joint(0))
    window = sum(_deltas(W_h, hs, np.where(np.arange(6)[:, None, None] == s, dhs, 0.0),
                         lambda t, s=s: float(t > s - K)) for s in range(6))
    slips = {
        "nothing is cut: between row K-1 and row K the message must stop.": _deltas(W_h, hs, dhs),
        "all is cut: inside a chunk every step hears from the step after it.": _deltas(
            W_h, hs, dhs, lambda t: 0.0),
        "this is window=K, a run for each loss: in chunks the losses of a chunk share one run.": window,
        "cut one step too early: row K-1 is the last of its chunk, and row K-2 hears from it.": _deltas(
            W_h, hs, dhs, joint(1)),
        "cut one step too late: row K begins the next chunk, and row K-1 does not hear from it.": _deltas(
            W_h, hs, dhs, joint(-1)),
        "at the end of a chunk its own loss is lost, too: cut the message, and keep dhs[t].": _deltas(
            W_h, hs, dhs, joint(0), own=lambda t: joint(0)(t) if t < 5 else 1.0),
        "the last loss of all is lost: no message comes there, but dhs[T-1] does.": _deltas(
            W_h, hs, dhs, joint(0), own=lambda t: joint(0)(t)),
        "the message needs W_h^T delta, in rows `delta @ W_h`.": _deltas(W_h.T, hs, dhs, joint(0)),
        "the slope of the tanh is missing: multiply by 1 - hs[t + 1]**2.": _deltas(
            W_h, hs, dhs, joint(0), slope=lambda hs, t: 1.0),
        "the slope uses h_(t-1): row t of delta belongs to hs[t + 1].": _deltas(
            W_h, hs, dhs, joint(0), slope=lambda hs, t: 1 - hs[t] ** 2),
        "this is the total dL/dh_t: multiply by the slope to get delta_t.": right / (1 - hs[1:] ** 2),
    }
    feedback = compare(run(answer, W_h, hs, dhs, K), right, slips, "delta")
    if feedback.verdict != "right":
        return feedback
    pairs = _deltas(W_h, hs, dhs, lambda t: float((t + 1) % 2 != 0))
    again = compare(run(answer, W_h, hs, dhs, 2), pairs, {}, "delta for K=2")
    return again if again.verdict != "right" else feedback


@checker(7, 3, "Cut at random")
def check_random_deltas(answer):
    """Notebook 7, exercise 3: (W_h, hs, dhs, cut, c) -> deltas (T, B, H) whose mean is the full delta.

    cut (T-1,) of bools: cut[t] says that row t does not hear from row t+1; c is its probability.
    """
    (W_h, hs, dhs), c = _point(83), 0.3
    cut = np.array([False, True, False, False, True])
    scaled = lambda by: lambda t: 0.0 if cut[t] else by
    right = _deltas(W_h, hs, dhs, scaled(1 / (1 - c)))
    before = lambda t: 0.0 if t > 0 and cut[t - 1] else 1 / (1 - c)
    slips = {
        "nothing makes up for the cuts: divide a message that passes by 1 - c.": _deltas(
            W_h, hs, dhs, scaled(1.0)),
        "the message is multiplied by 1 - c: divide, because it comes less often.": _deltas(
            W_h, hs, dhs, scaled(1 - c)),
        "divided by c: the message passes with probability 1 - c.": _deltas(W_h, hs, dhs, scaled(1 / c)),
        "cut and passed are exchanged: where cut[t] is True nothing passes.": _deltas(
            W_h, hs, dhs, lambda t: 1 / (1 - c) if cut[t] else 0.0),
        "one row off: cut[t] lies between row t and row t+1.": _deltas(W_h, hs, dhs, before),
        "the own loss is scaled, too: it is never cut, so it stays as it is.": _deltas(
            W_h, hs, dhs, scaled(1.0), on_all=lambda t: 1 / (1 - c) if t < 5 and not cut[t] else 1.0),
        "the own loss is cut, too: only the message is.": _deltas(
            W_h, hs, dhs, scaled(1 / (1 - c)), own=lambda t: 0.0 if t < 5 and cut[t] else 1.0),
        "a message that is cut still passes: where cut[t] is True it is 0.": _deltas(
            W_h, hs, dhs, lambda t: 1.0 if cut[t] else 1 / (1 - c)),
        "nothing is cut: where cut[t] is True the message is 0.": _deltas(W_h, hs, dhs),
        "the message needs W_h^T delta, in rows `delta @ W_h`.": _deltas(W_h.T, hs, dhs, scaled(1 / (1 - c))),
        "the slope of the tanh is missing: multiply by 1 - hs[t + 1]**2.": _deltas(
            W_h, hs, dhs, scaled(1 / (1 - c)), slope=lambda hs, t: 1.0),
    }
    feedback = compare(run(answer, W_h, hs, dhs, cut, c), right, slips, "delta")
    if feedback.verdict != "right":
        return feedback
    mean = np.zeros_like(dhs)
    for pattern in product([False, True], repeat=5):
        found = run(answer, W_h, hs, dhs, np.array(pattern), c)
        if isinstance(found, Feedback):
            return found
        mean += c ** sum(pattern) * (1 - c) ** (5 - sum(pattern)) * np.asarray(found, dtype=float)
    if not close(mean, _deltas(W_h, hs, dhs)):
        return Feedback("wrong", "right for one way to cut, but the mean over all 32 is not the full delta.")
    return Feedback("right", "right, and the mean over all 32 ways to cut is the full delta.")
