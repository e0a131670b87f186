"""Exercises of notebook 7, truncated backpropagation."""

from itertools import product

import numpy as np

from .backward import scaled_points
from .feedback import NOT_ATTEMPTED, Feedback, checker, close, run
from .slopes import no_tanh
from .trials import held, point
from .vanishing import radius_of


@checker(7, 1, "Draw the pairs", stars=2, minutes=20)
def check_kept_pairs(answer):
    """Notebook 7, exercise 1: (T, k1, k2) -> which pairs are kept, bools (T, T), row s-1, column t-1."""

    def pairs(T, k1, k2, clip=True, longer=0, swap=False, future=False, by_loss=False, begin=None, late=0,
              before=None, turn=False, own=True, last=True, count=1):
        """The options are slips; two of them may come together."""
        k_1, k_2 = (k2, k1) if swap else (k1, k2)
        s, t = np.ogrid[1:T + 1, 1:T + 1]
        end = (s - count + late) // k_1 * k_1 + k_1 - late  # the step at which the run of L_s begins
        end = np.minimum(end, T) if clip else end
        start = {"start": (s - 1) // k_1 * k_1 + 1, "end": end - k_1 + 1}.get(begin, end - k_2 + 1 - longer)
        start = start if before is None else (s - 1) // k_1 * k_1 + 1 - before
        first = s - k_2 + 1 if by_loss else start
        kept = (t >= first) & ((t <= end) if future else (t <= s)) & (own | (s != t))
        kept &= last | (s <= T // k_1 * k_1)
        return kept.T if turn else kept

    def past(T, k1, k2):
        return np.tri(T, dtype=bool)

    def ends(T, k1):
        return np.minimum(np.arange(T) // k1 * k1 + k1, T)      # of the run of each loss

    def wrapped(T, k1, k2, least=lambda start, zero: start):
        """Return the table of slices that begin at a negative row."""
        kept = np.zeros((T, T), bool)
        for s, end in enumerate(ends(T, k1)):
            kept[s, least(end - k2, 0):s + 1] = True
        return kept

    def to_the_end(T, k1, k2):
        """Return the table of runs that all end at step T."""
        s, t = np.ogrid[:T, :T]
        return (t >= T - k2) & (t <= s)

    def from_the_end(T, k1, k2):
        return pairs(T + -T % k1, k1, k2)[-T:, -T:]

    slips = {
        "transposed: row s is the loss, column t the step that it reaches.": dict(turn=True),
        "the k2 steps are counted from the end of the run, not from each loss: L_s shares its run.": dict(
            by_loss=True),
        "one step too many: k2 steps are visited, the last one of the run included.": dict(longer=1),
        "one step too few: k2 steps are visited, the last one of the run included.": dict(longer=-1),
        "a loss reaches no later step: t <= s.": [
            dict(future=True), lambda T, k1, k2: pairs(T, k1, k2) | (np.eye(T, k=1) > 0),
            lambda T, k1, k2: pairs(T, k1, k2) | ~past(T, k1, k2)],
        "a run may begin before step 1: begin at max(..., 0); yours takes the smaller of the two.":
            lambda T, k1, k2: wrapped(T, k1, k2, min),
        "every run ends at step T: it ends after its k1 losses.": lambda T, k1, k2: to_the_end(T, k1, k2),
        "the last run begins at step T, and goes back from there, even if fewer than k1 losses are left for "
        "it.": dict(clip=False),
        "the runs go back k2 steps, not only to the first of their k1 losses.": [
            dict(begin="start"), dict(begin="end")],
        "each loss reaches its own step: the diagonal is True.": dict(own=False),
        "a run may begin before step 1: a negative row counts from the end: begin at max(..., 0).": wrapped,
        "only the last loss of each run is there: all of its k1 losses go back together.":
            lambda T, k1, k2: pairs(T, k1, k2) & (ends(T, k1) == np.arange(1, T + 1))[:, None],
        "the runs are counted from the end: the first one starts after k1 steps, and the last may be short.":
            from_the_end,
        "the k2 steps end with the run, and its own k1 are among them; yours lie before it.":
            lambda T, k1, k2: pairs(T, k1, k2, before=k2),
        "k1 and k2 are exchanged: a run after every k1 steps, back through k2.": dict(swap=True),
        "s counts from 1: loss k1 is the last one of the first run, and (s - 1) // k1 tells the run.":
            dict(count=0),
        "the runs begin a step too early: the first run starts at step k1.": dict(late=1),
        "nothing is cut off: a run visits k2 steps only.": past,
        "this is what is dropped: True means kept.": lambda *n: ~pairs(*n) & past(*n),
        "this is the opposite: True means kept.": lambda *n: ~pairs(*n),
        "a loss reaches no later step: yours is symmetric.": lambda *n: pairs(*n) | pairs(*n).T,
        "these are the pairs, one by one: return the table, True where a pair is kept.": [
            lambda *n, one=one: np.argwhere(pairs(*n)) + one for one in (0, 1)],
        "each loss reaches its own step only.": lambda T, k1, k2: np.eye(T),
        "the last run, of fewer than k1 losses, is missing.": dict(last=False),
    }
    points = [point(T, k1, k2, told=f"for T={T}, k1={k1}, k2={k2}", T=T)
              for T, k1, k2 in ((8, 3, 5), (5, 1, 2), (9, 4, 4), (7, 2, 6))]
    return held(answer, points, pairs, slips, {"the table": "T T"})


def _deltas(W_h, hs, dhs, factor=lambda t: 1.0, own=lambda t: 1.0, slope=lambda hs, t: 1 - hs[t + 1] ** 2,
            on_all=lambda t: 1.0, back=lambda W: W, total=False, sent=lambda delta, dh, own, slope: delta,
            meet=lambda slope, own, message: slope * (own + message), keeps=0.0, over=lambda message: message,
            at_joint=None):
    """Return the deltas; row t receives the message of row t+1 times factor(t), or at_joint(t, message)."""
    delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        message = carry if t == len(dhs) - 1 else at_joint(t, carry) if at_joint else factor(t) * carry
        here, loss = slope(hs, t), own(t) * dhs[t]
        delta[t] = meet(here, loss, message) * on_all(t)
        carry = over(sent(delta[t], loss + message, loss, here) @ back(W_h)) + keeps * message
    return delta / (1 - hs[1:] ** 2) if total else delta


SHARED = {                                            # slips of any sweep back through a vanilla network
    "the message needs W_h^T delta, in rows `delta @ W_h`.": dict(back=lambda W: W.T),
    "the slope of the tanh is missing: multiply by 1 - hs[t + 1]**2.": dict(slope=lambda hs, t: 1.0),
    "the slope uses h_(t-1): row t of delta belongs to hs[t + 1].": dict(slope=lambda hs, t: 1 - hs[t] ** 2),
    "hs are already tanh(z): the slope is 1 - hs**2, not 1 - tanh(hs)**2.": dict(
        slope=lambda hs, t: 1 - np.tanh(hs[t + 1]) ** 2),
    "the slope of the tanh is 1 - hs**2, not hs * (1 - hs), which is that of a σ.": dict(
        slope=lambda hs, t: hs[t + 1] * (1 - hs[t + 1])),
    "the slope of the tanh is 1 - hs**2, not 1 - hs.": dict(slope=lambda hs, t: 1 - hs[t + 1]),
    "this is the total dL/dh_t: multiply by the slope to get delta_t.": dict(total=True),
    "the message is delta @ W_h: yours, dL/dh_t @ W_h, has not passed the slope.": dict(
        sent=lambda delta, dh, own, slope: dh),
    "W_h is missing in the message: it is W_h^T delta.": dict(back=lambda W: np.eye(len(W))),
    "the message is subtracted: it is added.": dict(back=lambda W: -W),
    "the slope multiplies the own loss only: it multiplies the message, too.": dict(
        meet=lambda slope, own, message: slope * own + message),
    "the slope multiplies the message only: it multiplies the own loss, too.": dict(
        meet=lambda slope, own, message: own + slope * message),
    "the message passes the slope twice: delta_t has passed it already.": dict(
        sent=lambda delta, dh, own, slope: slope * delta),
    "the message is delta @ W_h: yours, dhs[t] @ W_h, holds the own loss alone, without the slope.": dict(
        sent=lambda delta, dh, own, slope: own),
    "the messages add up from step to step: each step sends its own, in place of the one before.": dict(
        keeps=1.0),
    "the message is a mean over the sequences, one for all: each sends to its own past.": dict(
        over=lambda message: 0 * message + message.mean(axis=0)),
    "the message is a sum over the sequences, one for all: each sends to its own past.": dict(
        over=lambda message: 0 * message + message.sum(axis=0)),
    "each unit sends back by its own weight alone, the diagonal of W_h: it sends to all that it hears.": dict(
        back=lambda W: np.diag(np.diag(W))),
}


@checker(7, 2, "Cut at the joints", stars=2, minutes=20)
def check_chunk_deltas(answer):
    """Notebook 7, exercise 2: (W_h, hs, dhs, K) -> the deltas of chunks=(K, K), K divides T, (T, B, H)."""

    def joint(K, shift=0):
        return lambda t: 0.0 if (t + 1 + shift) % K == 0 else 1.0

    def deltas(W_h, hs, dhs, K, cut=joint, own=lambda K, T: lambda t: 1.0, **options):
        return _deltas(W_h, hs, dhs, cut(K), own(K, len(dhs)), **options)

    def window(W_h, hs, dhs, K):
        T = len(dhs)
        return sum(_deltas(W_h, hs, np.where(np.arange(T)[:, None, None] == s, dhs, 0.0),
                           lambda t: float(t > s - K)) for s in range(T))        # noqa: B023

    def only(W_h, hs, dhs, K, rows):
        return deltas(W_h, hs, dhs, K) * rows(np.arange(len(dhs)), K)[:, None, None]

    def forward_chunks(W_h, hs, dhs, K):
        """Return deltas of chunks that are taken from first to last, with one carry."""
        delta, carry = np.zeros_like(dhs), 0.0
        for n in range(0, len(dhs), K):
            for t in reversed(range(n, n + K)):
                delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
                carry = delta[t] @ W_h
        return delta

    def forwards(W_h, hs, dhs, K):
        return np.concatenate([_deltas(W_h, hs[t:t + 2], dhs[t:t + 1]) for t in range(len(dhs))])

    slips = {
        "nothing is cut: between row K-1 and row K the message must stop.": dict(
            cut=lambda K: lambda t: 1.0),
        "all is cut: inside a chunk every step hears from the step after it.": [
            dict(cut=lambda K: lambda t: 0.0), forwards],
        "only the first joint is cut: the message stops at every K-th row.": dict(
            cut=lambda K: lambda t: float(t != K - 1)),
        "only the last joint is cut: the message stops at every K-th row.": lambda W_h, hs, dhs, K: deltas(
            W_h, hs, dhs, K, cut=lambda K: lambda t: float(t != len(dhs) - K - 1)),
        "K is the length of a chunk, and not the number of chunks.": lambda W_h, hs, dhs, K: deltas(
            W_h, hs, dhs, len(dhs) // K),
        "at a joint the slope is 1, as if the state were 0 there: a cut stops the message, no more.": [
            lambda W_h, hs, dhs, K, n=n: deltas(W_h, hs * (np.arange(len(hs)) % K != n % K)[:, None, None],
                                                dhs, K) for n in (0, 1)],
        "cut and passed are exchanged: inside a chunk the message passes.": dict(
            cut=lambda K: lambda t: 1.0 - joint(K)(t)),
        "this is window=K, a run for each loss: in chunks the losses of a chunk share one run.": window,
        "cut one step too early: row K-1 is the last of its chunk, and row K-2 hears from it.": dict(
            cut=lambda K: joint(K, 1)),
        "cut one step too late: row K begins the next chunk, and row K-1 does not hear from it.": dict(
            cut=lambda K: joint(K, -1)),
        "at the end of a chunk its own loss is lost, too: cut the message, and keep dhs[t].": dict(
            own=lambda K, T: lambda t: joint(K)(t) if t < T - 1 else 1.0),
        "the last row of each chunk is zero, and so the last loss of all is lost: no message comes there, "
        "but dhs[t] does.": dict(
            own=lambda K, T: joint(K)),
        **{f"only the {which} chunk has its deltas, and the others are 0: each chunk needs its own pass.":
           lambda *inputs, rows=rows: only(*inputs, rows=rows)
           for which, rows in (("first", lambda t, K: t < K), ("last", lambda t, K: t[::-1] < K))},
        "the first step of a chunk sends on to the next chunk, which lies later: begin each with a carry 0.":
            forward_chunks,
        "every chunk takes the states of the first one: chunk j has hs[j * K] to hs[(j + 1) * K].":
            lambda W_h, hs, dhs, K: np.concatenate([deltas(W_h, hs[:K + 1], dhs[j:j + K], K)
                                                    for j in range(0, len(dhs), K)]),
        "only the last loss of a chunk counts: every step adds its own dhs[t].": dict(
            own=lambda K, T: lambda t: 1.0 - joint(K)(t)),
        **SHARED,
    }
    points = []
    places = scaled_points(82, (6, 4, 3), (4, 1, 5), (10, 2, 2), (4, 3, 2))
    for place, K in zip(places, (3, 3, 3, 2, 5, 1), strict=True):
        points.append(point(*place.inputs, K, told=f"{place.told}, K={K}", hint=place.hint,
                            **dict(place.sizes), K=K))
    return held(answer, points, deltas, slips, {"delta": "T B H"})


@checker(7, 3, "Cut at random", stars=3, minutes=20)
def check_random_deltas(answer):
    """Notebook 7, exercise 3: (W_h, hs, dhs, cut, c) -> deltas (T, B, H) whose mean is the full delta.

    cut (T-1,) of bools: cut[t] says that row t does not hear from row t+1; c is its probability.
    """

    def deltas(W_h, hs, dhs, cut, c, by=lambda c: 1 / (1 - c), cuts=lambda cut: cut, stops=0.0,
               own=lambda cut: lambda t: 1.0, on_all=lambda cut, c: lambda t: 1.0, at_joint=None, **options):
        where = cuts(cut)
        return _deltas(W_h, hs, dhs, lambda t: stops if where[t] else by(c), own(cut),
                       on_all=on_all(cut, c), at_joint=at_joint and at_joint(where, c), **options)

    def kept(W_h, hs, dhs, cut, c):
        delta, message = np.zeros_like(dhs), 0.0
        for t in reversed(range(len(dhs))):
            delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + message)
            message = message if cut[t - 1] and t else delta[t] @ W_h / (1 - c)
        return delta

    slips = {
        "nothing makes up for the cuts: divide a message that passes by 1 - c.": dict(by=lambda c: 1.0),
        "the message is multiplied by 1 - c: divide, because it comes less often.": dict(by=lambda c: 1 - c),
        "divided by c: the message passes with probability 1 - c.": dict(by=lambda c: 1 / c),
        "multiplied by c: divide by 1 - c, the probability that the message passes.": dict(by=lambda c: c),
        "multiplied by 1 + c: the mean is kept by 1 / (1 - c), which is more.": dict(by=lambda c: 1 + c),
        "divided by the root of 1 - c: the mean is kept by 1 / (1 - c).": dict(by=lambda c: (1 - c) ** -0.5),
        "divided by the square of 1 - c: the mean is kept by 1 / (1 - c).": dict(by=lambda c: (1 - c) ** -2),
        "`/ 1 - c` divides by 1, and takes c off: write / (1 - c).": dict(
            at_joint=lambda cut, c: lambda t, message: 0.0 if cut[t] else message - c),
        "at a cut the message that came last is kept: there it is 0.": kept,
        "cut and passed are exchanged: where cut[t] is True nothing passes.": dict(cuts=lambda cut: ~cut),
        "one row off: cut[t] lies between row t and row t+1.": [
            dict(cuts=lambda cut: np.append(False, cut[:-1])), dict(cuts=lambda cut: np.roll(cut, 1)),
            dict(cuts=lambda cut: np.roll(cut, -1)),
            dict(cuts=lambda cut: np.append(cut[1:], False))],
        "the own loss is scaled, too: it is never cut, so it stays as it is.": dict(
            by=lambda c: 1.0, on_all=lambda cut, c: lambda t: 1 / (1 - c) if (*cut, True)[t] == 0 else 1.0),
        "every delta is scaled: only a message that passes is divided by 1 - c.": dict(
            by=lambda c: 1.0, on_all=lambda cut, c: lambda t: 1 / (1 - c)),
        "the deltas are divided by 1 - c in the end: divide each message where it passes.":
            lambda W_h, hs, dhs, cut, c: deltas(W_h, hs, dhs, cut, c, by=lambda c: 1.0) / (1 - c),
        "only the last loss counts: every step adds its own dhs[t].": dict(
            own=lambda cut: lambda t: float(t == len(cut))),
        "the loop ends at a cut: the rows before it still have their own losses.":
            lambda W_h, hs, dhs, cut, c: deltas(W_h, hs, dhs, cut, c) * (
                np.arange(len(dhs)) > np.flatnonzero(cut).max(initial=-1))[:, None, None],
        "a message collects its weight joint by joint: the power of it counts those joints again.": [
            lambda W_h, hs, dhs, cut, c, n=n: _powers(W_h, hs, dhs, cut, c, n) for n in (0, 1)],
        "c is given: yours is the share of cuts in this one draw.":
            lambda W_h, hs, dhs, cut, c: deltas(W_h, hs, dhs, cut, np.mean(cut)),
        "the deltas are divided by c in the end: divide each message, where it passes, by 1 - c.":
            lambda W_h, hs, dhs, cut, c: deltas(W_h, hs, dhs, cut, c, by=lambda c: 1.0) / c,
        "the own loss is cut, too: only the message is.": dict(
            own=lambda cut: lambda t: 0.0 if (*cut, False)[t] else 1.0),
        "a message that is cut still passes: where cut[t] is True it is 0.": dict(stops=1.0),
        "nothing is cut: where cut[t] is True the message is 0.": dict(by=lambda c: 1.0, stops=1.0),
        "nothing is cut, but the messages are scaled: where cut[t] is True the message is 0.": dict(
            cuts=lambda cut: 0 * cut),
        **SHARED,
    }
    cut, c = np.array([True, False, False, True, False]), 0.3
    places = scaled_points(83, (6, 4, 3), (6, 1, 2), (4, 2, 5))
    settings = *((cut, c),) * 3, (cut, 0.6), (np.array([True, False, True]), 0.1)
    points = [point(*place.inputs, *given, told=f"{place.told}, c={given[1]}", hint=place.hint,
                    **dict(place.sizes)) for place, given in zip(places, settings, strict=True)]
    feedback = held(answer, points[:4], deltas, slips, {"delta": "T B H"})
    if feedback.verdict != "right":
        return feedback
    W_h, hs, dhs = places[0].inputs
    mean = np.zeros_like(dhs)
    for pattern in product([False, True], repeat=5):
        found = run(answer, W_h, hs, dhs, np.array(pattern), c)
        if isinstance(found, Feedback):
            return found
        mean += c ** sum(pattern) * (1 - c) ** (5 - sum(pattern)) * np.asarray(found, dtype=float)
    if not close(mean, _deltas(W_h, hs, dhs)):
        return Feedback("wrong", "right for one way to cut, but the mean over all 32 is not the full delta.")
    return held(answer, points, deltas, slips, {"delta": "T B H"},
                "right, and the mean over all 32 ways to cut is the full delta.")


def _powers(W_h, hs, dhs, cut, c, begin):
    """Return the deltas of messages divided by a power of 1 - c that counts the joints since a cut."""
    passed = begin

    def weight(t):                                     # called from the last joint to the first
        nonlocal passed
        passed = 0 if cut[t] else passed + 1
        return 0.0 if cut[t] else (1 - c) ** -passed

    return _deltas(W_h, hs, dhs, weight)


@checker(7, 4, "Hold the joints still", stars=2, minutes=20)
def check_frozen_loss(answer):
    """Notebook 7, exercise 4: (W_h, hs, drive, dhs, K) -> the loss of chunks run anew at hs[0], hs[K] ..."""

    def loss(W_h, hs, drive, dhs, K, joint=lambda t, K: t % K == 0, back=lambda W: W.T, bend=np.tanh,
             frozen=lambda hs, t: hs[t], add=np.sum, of=lambda h: h, share=lambda T, B, H: 1):
        h, parts = hs[0], []
        for t in range(len(dhs)):
            h = bend(drive[t] + (frozen(hs, t) if joint(t, K) else h) @ back(W_h))
            parts.append((add or np.sum)(dhs[t] * of(h)))
        return sum(parts) / share(*dhs.shape) if add else np.array(parts)

    slips = {
        "this is L itself: only h_0 is held. At every K-th step the run begins anew, from a row of hs.": dict(
            joint=lambda t, K: t == 0),
        "every state is held: inside a chunk the run goes on from the state that it has computed.": dict(
            joint=lambda t, K: True),
        "only the first joint is held: the run begins anew at every K-th step.": dict(
            joint=lambda t, K: t in (0, K)),
        "the states are those of hs, with the old weights: run each chunk anew with this W_h.":
            lambda W_h, hs, drive, dhs, K: (dhs * hs[1:]).sum(),
        "a chunk begins from the number hs[n] at its joint, not from zero.": [
            dict(frozen=lambda hs, t: 0 * hs[t]), dict(frozen=lambda hs, t: hs[0] if t == 0 else 0 * hs[t])],
        "dhs[t] belongs to h_(t+1), the state after row t of drive: yours stands beside the state before it.":
            lambda *inputs: _beside_before(*inputs),
        "only the first chunk begins at hs[0]: the others begin at the hs[n] of their own joint.": dict(
            frozen=lambda hs, t: hs[0]),
        "one row off: the chunk whose first input is drive[n] begins from hs[n], not from hs[n + 1].": [
            dict(frozen=lambda hs, t: hs[t + 1]), dict(frozen=lambda hs, t: hs[t + (t > 0)])],
        "the joint is one step too late: drive[0] to drive[K-1] are the first chunk.": [
            dict(joint=lambda t, K: t == 0 or (t > 1 and (t - 1) % K == 0)),
            dict(joint=lambda t, K: t % K == 1 % K)],
        "where t is no joint the state is held, and at the joints it runs on: exchange them.": dict(
            joint=lambda t, K: t % K != 0),
        "only the steps of the first chunk, or of all but the first, are held: a joint comes at every K-th "
        "step.": [
            dict(joint=lambda t, K: t < K), dict(joint=lambda t, K: t >= K)],
        "the chunks have K + 1 or K - 1 steps: a joint comes at every K-th step.": [
            dict(joint=lambda t, K: t % (K + 1) == 0), dict(joint=lambda t, K: t % max(K - 1, 1) == 0)],
        "one row off: the chunk whose first input is drive[n] begins from hs[n], not from hs[n - 1].": [
            dict(frozen=lambda hs, t: hs[t - 1]), dict(frozen=lambda hs, t: hs[max(t - 1, 0)])],
        "chunk n begins at the state of its joint, hs[n * K], not at hs[n] of its number.":
            lambda *inputs: loss(
            *inputs, frozen=lambda hs, t: hs[t // inputs[4]]),
        "the tanh is around the whole sum, drive + W_h h_(t-1).": [
            lambda *inputs, f=f: _bent(*inputs, bend=f) for f in (
                lambda d, h: d + np.tanh(h), lambda d, h: np.tanh(d) + h,
                lambda d, h: np.tanh(d) + np.tanh(h))],
        "at a joint the run goes on from hs[n]: hs[n] is the state before the step, not the one after it.":
            [lambda *inputs, n=n: _replaced(*inputs, n) for n in (0, 1)],
        "dhs[t] stands beside h_(t+1), after its tanh: yours stands beside what goes into it.": dict(
            of=np.arctanh),
        "W_h h_(t-1) is missing in the run.": lambda W_h, hs, drive, dhs, K: (dhs * np.tanh(drive)).sum(),
        "the sums are taken before the product: each dhs meets its own h.": lambda *inputs: _bent(
            *inputs, weigh=lambda dh, h: dh.sum() * h.sum()),
        **no_tanh("bend"),
        "weigh each state by its dhs, dhs[t] * h, and add up: the h enters once, as it is.": [
            dict(of=np.square), dict(of=lambda h: 1 - h**2), dict(of=lambda h: 1.0), dict(of=np.tanh)],
        "dhs and h are multiplied, not subtracted or added.": [
            lambda W_h, hs, drive, dhs, K, s=s: dhs.sum() + s * loss(W_h, hs, drive, 1 + 0 * dhs, K)
            for s in (1, -1)],
        "a term may be negative: leave out the abs.": dict(add=lambda a: np.abs(a).sum()),
        "these are the losses of the steps: add them up.": dict(add=None),
        "this is the loss of the last step alone: add those of all steps.":
            lambda W_h, hs, drive, dhs, K: loss(
            W_h, hs, drive, dhs * (np.arange(len(dhs)) == len(dhs) - 1)[:, None, None], K),
        "this is the loss of the last step of each chunk alone: add those of all steps.":
            lambda W_h, hs, drive, dhs, K: loss(
                W_h, hs, drive, dhs * (np.arange(len(dhs)) % K == K - 1)[:, None, None], K),
        **{f"this is the loss of the {which} alone: add those of all {which.split()[1]}s.":
           lambda W_h, hs, drive, dhs, K, rows=rows: loss(
               W_h, hs, drive, dhs * rows(np.arange(len(dhs)), K)[:, None, None], K)
           for which, rows in (("first chunk", lambda t, K: t < K), ("first step", lambda t, K: t < 1),
                               ("last chunk", lambda t, K: t >= len(t) - K))},
        "the last step is missing: the loop has one for each row of dhs.":
            lambda W_h, hs, drive, dhs, K: loss(
            W_h, hs, drive[:-1], dhs[:-1], K),
        "step 1 is missing: drive[0] belongs to it.": lambda W_h, hs, drive, dhs, K: _from_row_1(
            W_h, hs, drive, dhs, K),
        "the joint is one step too early: drive[0] to drive[K-1] are the first chunk.": dict(
            joint=lambda t, K: t == 0 or (t + 1) % K == 0),
        "W_h h is `h @ W_h.T` in rows.": dict(back=lambda W: W),
        "the tanh is missing: h_t = tanh(drive + W_h h_(t-1)).": dict(bend=lambda z: z),
        "the loss is a sum over steps, batch and units, not a mean.": [
            dict(add=np.mean), dict(share=lambda T, B, H: T), dict(share=lambda T, B, H: B),
            dict(share=lambda T, B, H: T * B), dict(share=lambda T, B, H: T * B * H)],
        "K is the length of a chunk, and not the number of chunks.": lambda *inputs: loss(
            *inputs[:4], len(inputs[3]) // inputs[4]),
        "dhs[t] is what a loss sends to a state, and no target: the loss is the sum of dhs[t] * h.":
            [lambda *inputs, n=n: _bent(*inputs, weigh=lambda dh, h: ((h - dh) ** 2).sum() / n)
             for n in (1, 2)],
        "this is the sum of the states: weigh each by its dhs.": lambda W_h, hs, drive, dhs, K: loss(
            W_h, hs, drive, 1 + 0 * dhs, K),
        "you square h and halve it: this loss is linear in h, the sum of dhs[t] * h.": dict(
            of=lambda h: h**2 / 2),
        "the last chunk is missing.": lambda W_h, hs, drive, dhs, K: loss(W_h, hs, drive[:-K], dhs[:-K], K),
    }
    rng, points = np.random.default_rng(84), []
    for T, B, H, K in ((6, 4, 3, 3), (8, 1, 2, 2), (12, 3, 4, 4), (4, 2, 5, 4)):
        W_h, hs = rng.normal(size=(H, H)), rng.uniform(-0.9, 0.9, (T + 1, B, H))
        points.append(point(W_h, hs, rng.normal(size=(T, B, H)), rng.normal(size=(T, B, H)), K,
                            told=f"at T={T}, B={B}, H={H}, K={K}", T=T, B=B, H=H, **{"the chunk K": K}))
    return held(answer, points, loss, slips, "the loss")


def _bent(W_h, hs, drive, dhs, K, bend=lambda d, h: np.tanh(d + h), weigh=lambda dh, h: (dh * h).sum()):
    """Return the loss of chunks; bend makes the state of drive and W_h h, weigh the loss of dhs and h."""
    h, total = hs[0], 0.0
    for t in range(len(dhs)):
        h = bend(drive[t], (hs[t] if t % K == 0 else h) @ W_h.T)
        total += weigh(dhs[t], h)
    return total


def _replaced(W_h, hs, drive, dhs, K, row=0):
    """Return the loss where the state after a joint is a number of hs itself: of this row, or the next."""
    h, total = hs[0], 0.0
    for t in range(len(dhs)):
        h = np.tanh(drive[t] + h @ W_h.T) if t % K else hs[t + row]
        total += (dhs[t] * h).sum()
    return total


def _beside_before(W_h, hs, drive, dhs, K):
    """Return the loss in which each dhs meets the state before its step."""
    h, total = hs[0], 0.0
    for t in range(len(dhs)):
        h = hs[t] if t % K == 0 else h
        total += (dhs[t] * h).sum()
        h = np.tanh(drive[t] + h @ W_h.T)
    return total


def _from_row_1(W_h, hs, drive, dhs, K):
    """Return the loss of a loop that leaves out the first step."""
    h, total = hs[0], 0.0
    for t in range(1, len(dhs)):
        h = np.tanh(drive[t] + (hs[t] if t % K == 0 else h) @ W_h.T)
        total += (dhs[t] * h).sum()
    return total


@checker(7, 5, "Turn a gradient around", stars=3, minutes=15)
def check_misleading(answer):
    """Notebook 7, exercise 5: () -> A (n, n), v (n,): a short truncation has the wrong sign."""
    result = run(answer)
    if isinstance(result, Feedback):
        return result
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return Feedback("wrong", "return two arrays: A (n, n) and v (n,).")
    if any(part is None or part is Ellipsis for part in result):
        return Feedback("open", NOT_ATTEMPTED)
    try:
        A, v = (np.asarray(part) for part in result)
        if np.iscomplexobj(A) or np.iscomplexobj(v):
            return Feedback("wrong", "A and v should be real; got complex numbers.")
        A, v = A.astype(float), v.astype(float)
    except (TypeError, ValueError):
        return Feedback("wrong", "A and v should be arrays of numbers.")
    n = len(A) if A.ndim else 0
    if v.ndim == 2 and v.shape == (len(v), len(v)) and A.shape == (len(v),):
        return Feedback("wrong", "A and v are exchanged: return A, v.")
    if A.shape != (n, n) or not 1 <= n <= 30 or v.shape != (n,):
        return Feedback("wrong", f"A should be (n, n), v (n,), n <= 30; got {A.shape}, {v.shape}.")
    if not np.isfinite(A).all() or not np.isfinite(v).all():
        return Feedback("wrong", "A or v contains nan or inf.")
    radius, unsure = radius_of(A)
    if radius - unsure > 0.5:
        return Feedback("wrong", f"an eigenvalue of A has modulus {radius:.4g}; at most 0.5 is allowed.")
    late = np.linalg.solve(np.eye(n) - A, v)[0]                 # (v + A v + A² v + ...)^1
    early = sum((np.linalg.matrix_power(A, k) @ v)[0] for k in range(8))
    said = f"the last 8 steps give {early:.4g} and all together {late:.4g}"
    if early >= 1 - 1e-9 and late <= -1 + 1e-9:
        return Feedback("right", f"right: {said}. Every update of window=8 goes the wrong way.")
    if early <= -1 and late >= 1:
        return Feedback("wrong", f"{said}: the right idea with the signs exchanged. Take -v.")
    if 0 < early < 1 and late <= -1:
        return Feedback("wrong", f"{said}: the right idea, but the last 8 steps give less than 1. Take a "
                                 "larger v.")
    if early < 1 and late <= -1:
        return Feedback("wrong", f"{said}: what should come later is heard within 8 steps, or nobody speaks "
                                 "early. The part of lag k is the first entry of A^k v.")
    turned = [(np.linalg.matrix_power(A.T, k) @ v)[0] for k in range(200)]
    if sum(turned[:8]) >= 1 - 1e-9 and sum(turned) <= -1 + 1e-9:
        return Feedback("wrong", f"{said}: the right idea with A transposed. A_ij says how strongly unit i "
                                 "hears unit j: the first unit must hear, in the end, the one far away.")
    if early >= 1 and late > early - 1e-9:
        return Feedback("wrong", f"{said}: nobody who stands far away pulls down.")
    return Feedback("wrong", f"{said}: at least 1 and at most -1 are asked for. Who is heard after the "
                             "eighth step must outweigh all who are heard before.")
