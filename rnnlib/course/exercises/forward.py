"""Exercises of notebook 18, forward in time, and memory."""

import numpy as np

from .differences import same
from .feedback import Feedback, checker, run
from .slopes import of_tanh
from .trials import held, point


@checker(18, 1, "Carry the other matrix", stars=2, minutes=20)
def check_carry_W_x(answer):
    """Notebook 18, exercise 1: (W_h, M, x, h) -> dh_t/dW_x (H, H, D), from M of step t-1 and h = h_t."""

    def carry(W_h, M, x, h, past=lambda W, M: np.einsum("ij,jkd->ikd", W, M), slope=lambda h: 1 - h**2,
              on=lambda s, past, now: s * (past + now), now=lambda H, x: np.eye(H)[:, :, None] * x):
        return on(slope(h)[:, None, None], past(W_h, M), now(len(h), x) + 0 * M)

    slips = {
        "W_h stands transposed: unit i hears unit j with the weight W_h[i, j].": dict(
            past=lambda W, M: np.einsum("ji,jkd->ikd", W, M)),
        "W_h acts on the unit of the state, the first axis of M; yours acts on the row of W_x, the second.": [
            dict(past=lambda W, M: np.einsum("kj,ijd->ikd", W, M)),
            dict(past=lambda W, M: np.einsum("jk,ijd->ikd", W, M))],
        "W_h is missing: the influence of the step before passes it.": dict(past=lambda W, M: M),
        "entry by entry: W_h M is a matrix product over the units.": dict(
            past=lambda W, M: W[:, :, None] * M),
        "only the diagonal of W_h is used: unit i hears every unit j.": dict(
            past=lambda W, M: np.diag(W)[:, None, None] * M),
        "the past is missing: M of the step before goes on, through W_h.": dict(past=lambda W, M: 0 * M),
        "the step's own part is missing: W_x[i, d] reaches unit i with x[d].": dict(now=lambda H, x: 0 * x),
        "a row of W_x reaches its own unit only: x stands where the first two axes agree.": dict(
            now=lambda H, x: np.ones((H, H, 1)) * x),
        "the slope of the tanh is missing: both parts are multiplied by 1 - h**2.": dict(
            on=lambda s, past, now: past + now),
        "the slope multiplies both parts; yours misses the past.": dict(
            on=lambda s, past, now: past + s * now),
        "the slope multiplies both parts; yours misses the step's own.": dict(
            on=lambda s, past, now: s * past + now),
        "the slope belongs to the unit of the state, the first axis: slope[:, None, None].": dict(
            on=lambda s, past, now: s[:, 0][None] * (past + now)),
        "h is already tanh(z): the slope is 1 - h**2, not 1 - tanh(h)**2.": dict(
            slope=lambda h: 1 - np.tanh(h) ** 2),
        "the slope is 1 - h**2, not 1 - h.": dict(slope=lambda h: 1 - h),
        "the slope is 1 - h**2, not h * (1 - h), which is that of a σ.": dict(slope=lambda h: h * (1 - h)),
        "the step's own part is x, once; yours passes W_h, as the past does.": lambda W_h, M, x, h: carry(
            W_h, M + np.eye(len(h))[:, :, None] * x, x, h, now=lambda H, x: 0 * x),
        "the past and the step's own part are added: yours are multiplied.": dict(
            on=lambda s, past, now: s * past * now),
    }
    rng, points = np.random.default_rng(181), []
    for H, D, scale in ((3, 2, 1.0), (2, 4, 100.0), (5, 1, 1e-3)):
        points.append(point(rng.normal(size=(H, H)), scale * rng.normal(size=(H, H, D)),
                            scale * rng.normal(size=D), rng.uniform(-0.9, 0.9, H), H=H, D=D))
    return held(answer, points, carry, slips, {"dh_t/dW_x": "H H D"})


@checker(18, 2, "Where to keep", stars=2, minutes=15)
def check_best_every(answer):
    """Notebook 18, exercise 2: (T, state, step) -> the k of least memory, a state and a step weighed."""

    def best(T, state, step, states=lambda T, k: -(-T // k), weigh=lambda n, k, a, b: n * a + k * b,
             order=1, give=lambda k, T, memory: k, most=lambda T: T, tried=lambda T, k: True):
        ks = [k for k in range(1, most(T) + 1) if tried(T, k)][::order]
        memory = [weigh(states(T, k), k, state, step) for k in ks]
        return give(ks[int(np.argmin(memory))], T, min(memory))

    def root(inside):
        ways = [lambda *given, to=to: int(to(inside(*given) ** 0.5)) for to in (round, np.floor, np.ceil)]
        return ways + [lambda T, *given, way=way: min(max(way(T, *given), 1), T) for way in ways]

    slips = {
        "√T holds only where a state and a step weigh the same.": root(lambda T, state, step: T),
        "the weights are not used: a state weighs `state`, a step `step`.": dict(
            weigh=lambda n, k, a, b: n + k),
        "the weights are exchanged: there are T/k states and k steps.": [
            dict(weigh=lambda n, k, a, b: n * b + k * a), *root(lambda T, state, step: T * step / state)],
        "the root of T · state / step is best among all numbers; among whole ones compare the memory itself.":
            root(lambda T, state, step: T * state / step),
        "a shorter last stretch needs its state, too: round T/k up.": dict(states=lambda T, k: T // k),
        "T/k states are a whole number of them: round up.": [
            dict(states=lambda T, k: T / k), dict(states=lambda T, k: round(T / k))],
        "this is the root itself: k is a whole number of steps.": lambda T, state, step: np.sqrt(
            T * state / step),
        "k need not divide T: try every k from 1 to T.": dict(tried=lambda T, k: T % k == 0),
        "the best k may be larger than √T, where a state is larger than what a step keeps: try every k up to "
        "T.": [dict(most=lambda T, k=k: min(int(np.sqrt(T)) + k, T)) for k in (0, 1)],
        "you stop where the memory first grows: T/k is rounded up, so it falls again later. Try every k.":
            lambda T, state, step: next((k for k in range(1, T) if -(-T // k) * state + k * step <= -(
                -T // (k + 1)) * state + (k + 1) * step), T),
        "k may be T itself: one stretch, and one state.": dict(most=lambda T: max(T - 1, 1)),
        "only the states are counted: the k steps between two of them take memory, too.": dict(
            weigh=lambda n, k, a, b: n * a),
        "of several that are best the smallest is wanted.": dict(order=-1),
        "k counts from 1: yours is its index in a list, which counts from 0.": dict(
            give=lambda k, T, memory: k - 1),
        "this is the memory at the best k: return k.": dict(give=lambda k, T, memory: memory),
        "this is the number of states at the best k: return k.": dict(give=lambda k, T, memory: -(-T // k)),
        "states and steps are there at the same time: add their memory, yours is multiplied.": dict(
            weigh=lambda n, k, a, b: n * a * k * b),
        "the larger of the two does not count alone: states and steps are there at the same time.": dict(
            weigh=lambda n, k, a, b: max(n * a, k * b)),
        "this is the most memory: take the least.": dict(weigh=lambda n, k, a, b: -n * a - k * b),
    }
    points = [point(T, state, step, told=f"at T={T}, state={state}, step={step}")
              for T, state, step in ((900, 2, 11), (50, 3, 1), (12, 1, 1), (347, 1, 6), (11, 1, 5),
                                     (10, 100, 1), (20, 10, 1))]

    def compared(answer):
        """Say what memory the first wrong k takes, and the right one."""
        for T, state, step in (place.inputs for place in points):
            k, least = run(answer, T, state, step), best(T, state, step)
            if isinstance(k, (int, np.integer)) and 1 <= k <= T and k != least:
                mine, few = (-(-T // n) * state + n * step for n in (k, least))
                said = f"{k} takes {mine} numbers, {least} takes {few}: compare the memory of every k."
                if mine == few:
                    said = f"both take {few} numbers: the smaller is wanted."
                there = f"at T={T}, state={state}, step={step}: it is {k}, expected {least}."
                return f"k is not right yet {there} {said[0].upper()}{said[1:]}"
        return ""

    return held(answer, points, best, slips, "k", measured=compared)


@checker(18, 3, "Back from the checkpoints", stars=2, minutes=20)
def check_from_checkpoints(answer):
    """Notebook 18, exercise 3: (W, u, e, kept, k) -> dW (H, H) from every k-th state, nothing cut."""

    def dW(W, u, e, kept, k, begin=lambda kept, j: kept[j], joint=lambda carry: carry, back=lambda W: W.T,
           slope=lambda hs, i: 1 - hs[i + 1] ** 2, before=lambda hs, i: hs[i], turn=-1, again=lambda W: W,
           own=lambda e, t, end: e[t], drop=lambda T, k: T, message=lambda delta, dh: delta,
           squash=np.tanh, summed=lambda total, new: total + new, least=0, only=lambda a: True):
        total, carry, T = np.zeros_like(W), np.zeros(len(W)), drop(len(u), k)
        for a in range(0, T, k)[::turn]:
            hs = [begin(kept, a // k)]
            for t in range(a, min(a + k, T)):
                hs.append(squash(again(W) @ hs[-1] + u[t]))
            for i in reversed(range(least, len(hs) - 1)):
                dh = own(e, a + i, i == len(hs) - 2) + carry
                delta = slope(hs, i) * dh
                total = summed(total, only(a) * np.outer(delta, before(hs, i)))
                carry = back(W) @ message(delta, dh)
            carry = joint(carry)
        return total

    slips = {
        "the gradient is cut at the joints, as in chunks: what a stretch sends to its first state goes on "
        "into the stretch before.": dict(joint=lambda carry: 0 * carry),
        "the stretches come in the order of time: begin with the last one.": dict(turn=1),
        "every stretch begins at zero: it begins at its own kept[j].": dict(
            begin=lambda kept, j: 0 * kept[j]),
        "every stretch begins at kept[0]: it begins at its own kept[j].": dict(begin=lambda kept, j: kept[0]),
        "the carry needs W^T, that is W.T @ delta.": dict(back=lambda W: W),
        "at a joint, too, the carry is W.T @ delta; yours hands on delta itself.":
            lambda W, u, e, kept, k: dW(W, u, e, kept, k, joint=lambda carry: np.linalg.solve(W.T, carry)),
        "run a stretch again with the tanh: without it these are no states.": [
            dict(squash=lambda z: z), dict(
                squash=lambda z: z, slope=lambda hs, i: 1 - np.tanh(hs[i + 1]) ** 2)],
        "run a stretch again with W @ h: yours has W.T.": dict(again=lambda W: W.T),
        "nothing is carried back inside a stretch or across: delta_t sends W.T @ delta_t.": dict(
            back=lambda W: 0 * W),
        "your W.T takes dh back, not delta, which is dh times the slope.": dict(
            message=lambda delta, dh: dh),
        "the slope of the tanh is missing: 1 - h_t**2.": dict(slope=lambda hs, i: 1.0),
        "the slope of step t is that of h_t, the state after it.": dict(slope=lambda hs, i: 1 - hs[i] ** 2),
        "delta_t stands beside h_(t-1), the state before the step.": dict(before=lambda hs, i: hs[i + 1]),
        "only the last step of each stretch has its loss: every step adds its own e[t].": dict(
            own=lambda e, t, end: e[t] * end),
        "the last stretch, shorter than k, is missing.": dict(drop=lambda T, k: T // k * k),
        "dW is transposed: row i, column j is delta[i] * h[j].": lambda *given: dW(*given).T,
        "the sign: this points downhill.": lambda *given: -dW(*given),
        "step i of stretch j is step j k + i: its loss is e[j * k + i], yours is e[i] in every stretch.":
            lambda W, u, e, kept, k: dW(W, u, np.resize(e[:k], e.shape), kept, k),
        "step i of stretch j is step j k + i: it reads u[j * k + i], yours reads u[i] in every stretch.":
            lambda W, u, e, kept, k: dW(W, np.resize(u[:k], u.shape), e, kept, k),
        "u[t] leads from h_t to h_(t+1): stretch j begins with u[j * k], yours with the row after it.":
            lambda W, u, e, kept, k: _late(W, u, e, kept, k),
        "stretch j holds the rows j k to (j + 1) k - 1: yours has one more, the first of the next stretch.":
            lambda W, u, e, kept, k: _longer(W, u, e, kept, k),
        "this is what step 1 alone adds: add up over all steps.": dict(summed=lambda total, new: new),
        "the first step of every stretch is left out: go down to it.": dict(least=1),
        "this is the gradient of the last stretch alone: add up over all stretches.": [
            lambda W, u, e, kept, k: dW(W, u, e, kept, k) - dW(W, u, e, kept, k, only=lambda a: a < (
                len(u) - 1) // k * k)],
    }
    rng, points = np.random.default_rng(183), []
    for T, H, k, scale in ((7, 3, 3, 1.0), (8, 2, 4, 1e-4), (5, 4, 2, 50.0)):
        W, u, h, kept = rng.normal(size=(H, H)), rng.normal(size=(T, H)), rng.uniform(-0.9, 0.9, H), []
        for t in range(T):
            kept += [h] if t % k == 0 else []
            h = np.tanh(W @ h + u[t])
        points.append(point(W, u, scale * rng.normal(size=(T, H)), np.array(kept), k, T=T, H=H, k=k))
    feedback, (W, u, e, kept, k) = held(answer, points, dW, slips, {"dW": "H H"}), points[0].inputs
    if feedback.verdict == "right":
        result = run(answer, W, u, e, np.concatenate([kept[:1], 0.5 * kept[1:]]), k)
        if isinstance(result, np.ndarray) and same(result, dW(W, u, e, kept, k)):
            return Feedback("right", "right. Yet kept[1:] is not used: a list of all states from kept[0] on "
                                     "would be longer than k.")
    return feedback


def _longer(W, u, e, kept, k):
    """Return dW where every stretch takes a row of u and e more than it has, and sends that back as well."""
    total, carry = np.zeros_like(W), np.zeros(len(W))
    for j in reversed(range(len(kept))):
        hs, rows = [kept[j]], slice(j * k, (j + 1) * k + 1)
        for u_t in u[rows]:
            hs.append(np.tanh(W @ hs[-1] + u_t))
        for before, h, e_t in list(zip(hs, hs[1:], e[rows], strict=False))[::-1]:
            delta = (1 - h**2) * (e_t + carry)
            total, carry = total + np.outer(delta, before), W.T @ delta
    return total


def _late(W, u, e, kept, k):
    """Return dW where every stretch runs again with the inputs of one step later."""
    total, carry = np.zeros_like(W), np.zeros(len(W))
    for j in reversed(range(len(kept))):
        hs = [kept[j]]
        for u_t in u[j * k + 1:(j + 1) * k + 1]:
            hs.append(np.tanh(W @ hs[-1] + u_t))
        for i in reversed(range(len(hs) - 1)):
            delta = (1 - hs[i + 1] ** 2) * (e[j * k + i] + carry)
            total, carry = total + np.outer(delta, hs[i]), W.T @ delta
    return total


STATES = "the states on the way are not h_t = (1 - a) h_(t-1) + a tanh(W h_(t-1) + u_t)."


@checker(18, 4, "Learn a leak while it runs", stars=3, minutes=20)
def check_leak(answer):
    """Notebook 18, exercise 4: (a, W, u, e) -> dL/da of h_t = (1-a) h_(t-1) + a tanh(W h_(t-1) + u_t)."""

    def gradient(a, W, u, e, stays=lambda a, v: (1 - a) * v, through=lambda W, v, s: s * (W @ v),
                 share=lambda a: a, slope=lambda n, h: 1 - n**2, now=lambda n, before: n - before,
                 at=lambda v, new: new, seen=lambda total, new: total + new, after=False, begin=(0.0, 0.0),
                 moves=lambda a, h, n: (1 - a) * h + a * n, under=lambda W, h, u: W @ h + u,
                 speak=lambda e, v, h, n: e @ v, whole=lambda s, road, own: road + own):
        (h, v), total = (np.full(len(W), start) for start in begin), 0.0
        for u_t, e_t in zip(u, e):
            before, n = h, np.tanh(under(W, h, u_t))
            h = moves(a, h, n)
            s = slope(n, h)
            new = stays(a, v) + whole(s, share(a) * through(W, v, s), now(n, h if after else before))
            total = seen(total, speak(e_t, at(v, new), h, n))
            v = new
        return total

    slips = {
        "the step before is forgotten: dh_(t-1)/da goes on, on two roads.": dict(
            stays=lambda a, v: 0, through=lambda W, v, s: 0 * v),
        "the road past the tanh is missing: (1 - a) times what was carried.": dict(stays=lambda a, v: 0),
        "the road through W is missing: h_(t-1) stands inside the tanh as well.": dict(
            through=lambda W, v, s: 0 * v),
        "the step's own part is missing: a stands in two places, and ∂⁺h_t/∂a = tanh(...) - h_(t-1).": dict(
            now=lambda n, before: 0 * n),
        "a stands in (1 - a) as well: ∂⁺h_t/∂a = tanh(...) - h_(t-1).": dict(now=lambda n, before: n),
        "a stands before the tanh as well: ∂⁺h_t/∂a = tanh(...) - h_(t-1).": dict(
            now=lambda n, before: -before),
        "the sign of h_(t-1): ∂⁺h_t/∂a = tanh(...) - h_(t-1).": dict(now=lambda n, before: n + before),
        "the road through W is shared out by a: a times slope times W v.": dict(share=lambda a: 1),
        "the share of the road through W is a, that past it 1 - a; yours are exchanged.": dict(
            stays=lambda a, v: a * v, share=lambda a: 1 - a),
        "the road past the tanh is shared out by 1 - a.": dict(stays=lambda a, v: v),
        **{text: dict(slope=lambda n, h, f=options["slope"]: f(n))
           for text, options in of_tanh("n_t").items()},
        "W is missing in the road through the tanh: a times slope times W v.": dict(
            through=lambda W, v, s: s * v),
        "W v is a matrix product; yours goes entry by entry.": dict(
            through=lambda W, v, s: s * (W * v).sum(axis=0)),
        "the slope belongs to the unit that hears: slope * (W @ v), not W @ (slope * v).": dict(
            through=lambda W, v, s: W @ (s * v)),
        "the road through W is shared out by a, once; yours has a power of a too many.": dict(
            share=np.square),
        "the slope belongs to the road through W alone, not to the step's own part, n_t - h_(t-1).": [
            dict(whole=lambda s, road, own: road + s * own),
            dict(whole=lambda s, road, own: s * (road + own)),
            lambda a, W, u, e: gradient(a, W, u, e, now=lambda n, before: (1 - n**2) * n - before)],
        "the road past the tanh is added, with 1 - a: yours has a sign wrong.": [
            dict(stays=lambda a, v: (a - 1) * v), dict(stays=lambda a, v: -v)],
        "the road past the tanh is there once more: (1 - a) v, and no v besides.": dict(
            stays=lambda a, v: (2 - a) * v),
        "dh_0/da is zero: h_0 does not depend on a.": dict(begin=(0.0, 1.0)),
        "h_0 is zero; yours is one.": dict(begin=(1.0, 0.0)),
        "e_t is multiplied by dh_t/da unit by unit: the sums are taken too early.": dict(
            speak=lambda e, v, h, n: e.sum() * v.sum()),
        "beside e_t stands dh_t/da alone: nothing else multiplies it, no state and no slope.": [
            dict(speak=lambda e, v, h, n, f=f: e @ (v * f(h, n))) for f in (
                lambda h, n: h, lambda h, n: n, lambda h, n: 1 - h**2, lambda h, n: 1 - n**2)],
        **{f"{STATES} {text}": ways for text, ways in {
            "Yours has a and 1 - a exchanged.": dict(moves=lambda a, h, n: a * h + (1 - a) * n),
            "Yours has no leak, it is the tanh alone.": dict(moves=lambda a, h, n: n),
            "Yours takes the tanh in full.": dict(moves=lambda a, h, n: (1 - a) * h + n),
            "Yours keeps h_(t-1) in full.": dict(moves=lambda a, h, n: h + a * n),
            "Yours never moves on.": dict(moves=lambda a, h, n: h),
            "Yours has W.T.": dict(under=lambda W, h, u: W.T @ h + u),
            "Yours lacks W h_(t-1).": dict(under=lambda W, h, u: u)}.items()},
        "n - h takes h_(t-1), and yours is h_t already: take dh/da before h moves on.": dict(after=True),
        "every e_t stands beside dh_t/da of its own step: yours all stand beside the last one.":
            lambda a, W, u, e: gradient(a, W, u, e * 0 + e.sum(axis=0), seen=lambda total, new: new),
        "this is dh_T/da, a number for each unit: dL/da adds up what it and those before send to their e_t.":
            lambda a, W, u, e: np.array([gradient(a, W, u, np.tile(row, (len(u), 1)), seen=lambda _, new: new)
                                         for row in np.eye(len(W))]),
        "a and 1 - a are exchanged: a is the share of the tanh, 1 - a that of h_(t-1).": [
            lambda a, W, u, e, sign=sign: sign * gradient(1 - a, W, u, e) for sign in (-1, 1)],
        "this is L itself: asked for is dL/da.": lambda a, W, u, e: sum(
            e_t @ h for e_t, h in zip(e, _leaky_states(a, W, u))),
        "h_t is no tanh here: the slope is 1 - tanh(...)**2, not 1 - h_t**2.": dict(
            slope=lambda n, h: 1 - h**2),
        "forward goes W v; yours is W.T v, as on the way back.": [
            dict(through=lambda W, v, s: s * (W.T @ v)), dict(through=lambda W, v, s: W.T @ (s * v))],
        "e_t belongs to dh_t/da, after the step; yours is that of the step before.": dict(
            at=lambda v, new: v),
        "only the last loss counts: every e_t sends into its own h_t.": dict(seen=lambda total, new: new),
        "the sign: this points downhill, as with h_(t-1) - tanh(...) for the step's own part.": dict(
            now=lambda n, before: before - n),
    }
    rng, points = np.random.default_rng(184), []
    for a, T, H, scale in ((0.3, 6, 3, 1.0), (0.9, 4, 2, 1e-3), (0.05, 9, 5, 100.0)):
        points.append(point(a, rng.normal(size=(H, H)), rng.normal(size=(T, H)),
                            scale * rng.normal(size=(T, H)), told=f"at a={a}, T={T}, H={H}", T=T, H=H))
    return held(answer, points, gradient, slips, {"dL/da": ""})


def _leaky_states(a, W, u):
    """Return the states h_1 .. h_T of leaky units that begin at zero."""
    hs, h = [], np.zeros(len(W))
    for u_t in u:
        h = (1 - a) * h + a * np.tanh(W @ h + u_t)
        hs.append(h)
    return hs
