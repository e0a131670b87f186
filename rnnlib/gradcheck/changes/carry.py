"""Mistakes in what goes from step to step, and in how the loss comes in."""

import numpy as np

from ... import bptt
from ...cells import lstm


def carry_changes(point):
    """Yield (text, delta, dinitial) for mistakes in what goes from step to step."""
    yield ("W_h stands in the carry where its transpose belongs (as rows: delta @ W_h, not delta @ W_h.T)",
           *point.passed(W_h=lambda _, W: point.blocks(W, lambda w, k: w.T)))
    yield from _dropped(point)
    if not point.kind and "W_h" in point.p._fields:
        yield from _roads(point)
    if point.kind is lstm:
        yield from _lstm_carries(point)
    yield from _added(point)
    yield from _cut_off(point)
    yield from _losses(point)
    yield from _rows(point)


def _nothing(new, old, t):
    return tuple(0 * n for n in new)


def _reaching(text, passed, *reaches):
    """Yield a pass once for each of the values that may reach the initial state."""
    delta, _, *more = passed
    for reached in reaches:
        yield text, delta, reached, *more


def _roads(point):
    """Yield what goes back to h_{t-1} of an own cell on one road of two: through W_h and z_t, or past it."""
    W, past, back = point.p.W_h, [], []

    def look(delta, new, dh):
        past.append(np.abs(new - delta @ W).max())
        back.append(np.abs(new).max())
        return new

    point.passed(past=look)
    if point.G == 1:
        yield ("W_h^T takes dh back, not delta: the slope is missing in the carry",
               *point.passed(past=lambda delta, new, dh: new + (dh - delta) @ W))
    if max(past) > 1e-9 * max(back):                  # there are two
        yield ("of what goes back to h_(t-1), only W_h^T delta is there: the road past z_t is left out",
               *point.passed(past=lambda delta, new, dh: delta @ W))
        yield ("of what goes back to h_(t-1), W_h^T delta is left out: only the road past z_t is there",
               *point.passed(past=lambda delta, new, dh: new - delta @ W))


def _home_or_not(point, text, hand):
    """Yield a change of what is handed on, and the same where it reaches the initial state too."""
    for home in (False, True):
        yield text, *point.passed(hand=hand, home=home)


def _dropped(point):
    """Yield what is not carried: nothing at all, or one of two states."""
    both, states = "nothing is carried back from the step after (a window of 1)", point.cell.STATES
    passed, right = point.passed(hand=_nothing), point.passed()[1]
    yield from _reaching(both, passed, passed[1], tuple(0 * d for d in passed[1]), right)
    yield both, *point.passed(sent=lambda new, t: _nothing(new, None, t))
    for k, name in enumerate(states if len(states) > 1 else ()):
        drop = lambda new, old, t, k=k: tuple(0 * n if j == k else n for j, n in enumerate(new))
        text = f"d{name}_next is dropped: what d{name} carries does not reach the step before"
        passed = point.passed(hand=drop)
        yield from _reaching(text, passed, passed[1], right, drop(passed[1], None, 0))
        yield text, *point.passed(sent=lambda new, t, drop=drop: drop(new, None, t))
        if point.kind and name == "c":
            yield text, *point.passed(dc=lambda v, dc: dc - v.dc_next)
        elif not point.kind and k:                    # nor is what the loss sends into it looked at
            yield text, *point.passed(enter=lambda d, k=k: (*d[:k], 0 * d[k], *d[k + 1:]))


def _lstm_carries(point):
    """Yield mistakes in the dc that an LSTM carries."""
    if point.dlast[1].any():                          # or nothing is carried
        yield ("dc_prev takes dc_next as it came, without what h_t sends to c_t",
               *point.passed(dc_back=lambda v, d: v.dc_next * v.a["f"]))
    for k, name in enumerate("hc"):
        yield (f"dh_next and dc_next are one array, which holds what d{name} carries",
               *point.passed(hand=lambda new, old, t, k=k: (new[k], new[k])))
    yield ("dc_next is multiplied by f of its own step, too: it holds f of step t+1 already",
           *point.passed(dc=lambda v, dc: dc + (v.a["f"] - 1) * v.dc_next))
    yield from _home_or_not(
        point, "dc_prev hears from h_t by its own loss alone: dh_next is left out of its dc",
        lambda new, old, t: (new[0], new[1] - _by_h(point, old[0], t)))


def _added(point):
    """Yield what is carried with something added, or with the wrong sign."""
    states = point.cell.STATES
    for home in (False, True):
        yield ("what is carried back is added to the older carry instead of replacing it", *point.passed(
            hand=lambda new, old, t: tuple(n + o for n, o in zip(new, old)), home=home))
        for k, name in enumerate(states if len(states) > 1 else ()):
            one = lambda new, old, t, k=k: tuple(n + o * (j == k) for j, (n, o) in enumerate(
                zip(new, old)))
            yield (f"what d{name} carries back is added to the older d{name}_next instead of replacing it",
                   *point.passed(hand=one, home=home))
    if point.trace.mask is None:                      # or a mask may be what is missing
        yield from _home_or_not(
            point, "dh itself is handed on, besides what the formulas give",
            lambda new, old, t: (new[0] + old[0] + point.dhs[t], *new[1:]))
    text, negative = "what is carried back has the wrong sign", lambda new: tuple(-n for n in new)
    passed = point.passed(hand=lambda new, old, t: negative(new))
    yield from _reaching(text, passed, passed[1], negative(passed[1]))
    yield text, *point.passed(sent=lambda new, t: negative(new))


def _cut_off(point):
    """Yield what is carried some steps only: windows, chunks, and single cuts."""
    T, of = point.T, (point.cell, point.p, point.trace, point.dhs)
    for K in range(2, T):
        yield (f"the loss reaches only {K} steps, its own included (window={K})",
               *bptt.deltas(*of, window=K, dlast=point.dlast))
        if K < T - 1 and T % K:
            yield (f"the losses go back in chunks of {K} (chunks=({K}, {K}))",
                   *bptt.deltas(*of, chunks=(K, K), dlast=point.dlast))
        cut = lambda new, old, t, K=K: _nothing(new, old, t) if t % K == 0 else new
        if 2 * K < T:
            yield from _home_or_not(point, f"the carry is set to zero after every {K} steps", cut)
        else:
            yield (f"nothing is carried from step {K + 1} to step {K}, nor from step 1 to the initial state",
                   *point.passed(hand=cut, home=True))
    for K in range(1, T if T > 2 else 1):
        cut = lambda new, old, t, K=K: _nothing(new, old, t) if t == K else new
        yield f"nothing is carried from step {K + 1} to step {K}", *point.passed(hand=cut)


def _losses(point):
    """Yield losses that come in at other steps, or not at all, and a loop that runs forward."""
    T, dhs, states = point.T, point.dhs, point.cell.STATES
    if any(d.any() for d in point.dlast):
        ignored = tuple(np.zeros_like(d) for d in point.dlast)
        yield "what the loss sends to the last state (dlast) is ignored", *point.passed(dlast=ignored)
        for k, name in enumerate(states if sum(d.any() for d in point.dlast) > 1 else ()):
            some = tuple(ignored[j] if j == k else d for j, d in enumerate(point.dlast))
            yield f"what the loss sends to the last {name} (dlast) is ignored", *point.passed(dlast=some)
        yield "dhs comes in with the wrong sign", *point.passed(dhs=-dhs)
    only, zero = np.zeros_like(dhs), np.zeros_like(dhs[:1])
    only[-1] = dhs[-1]
    yield "only the loss of the last step is injected", *point.passed(dhs=only)
    if T > 1:
        first = np.concatenate([dhs[:1], np.zeros_like(dhs[1:])])
        yield "only the loss of the first step is injected", *point.passed(dhs=first)
        passed = point.passed(steps=range(T))
        yield from _reaching("the loop runs forward in time: step t takes what step t-1 sends", passed,
                             passed[1], tuple(0 * d for d in passed[1]))
    late, early = np.concatenate([zero, dhs[:-1]]), np.concatenate([dhs[1:], zero])
    for text, moved in (("dhs is read one step too early (row t-1 for t)", (late, np.roll(dhs, 1, axis=0))),
                        ("dhs is read one step too late (row t+1 for t)", (early, np.roll(dhs, -1, axis=0)))):
        for d in moved:
            yield text, *point.passed(dhs=d)
    yield "dhs is read in reverse order of time", *point.passed(dhs=dhs[::-1])
    for t in range(T - 1):
        yield f"the loss of step {t + 1} is not injected", *point.passed(dhs=_without_row(dhs, t))


def _rows(point):
    """Yield deltas that are put in the wrong row, or left out."""
    handed = []
    delta, last, *more = point.passed(hand=lambda new, old, t: handed.append(new) or new)
    yield "the deltas are returned in reverse order of time", delta[::-1].copy(), last, *more
    for text, shift, lost in (("early (row t-1)", -1, 0), ("late (row t+1)", 1, -1)):
        moved = np.roll(delta, shift, axis=0)
        for rows in (moved, _without_row(moved, -1 - lost)):
            yield f"delta_t is put one row too {text}", rows, last, *more
    for row, name in ((0, "1"), (-1, str(point.T))):
        yield (f"delta_{name} stands at every step, as where one array is written anew for each",
               delta[[row] * point.T], last, *more)
    without_first, without_last = _without_row(delta, 0), _without_row(delta, -1)
    for reached in (last, tuple(0 * d for d in last), *handed[-1:]):      # by what is the initial state?
        yield "the loop leaves out the first step", without_first, reached, *_without(more, 0)
    yield "the loop leaves out the last step", without_last, last, *_without(more, -1)
    silent = point.passed(dhs=_without_row(point.dhs, -1))
    if any(d.any() for d in point.dlast):
        yield f"the loss of step {point.T} is not injected", *silent
        if not more:
            yield "the loop leaves out the last step", *point.passed(steps=reversed(range(point.T - 1)))
    else:
        yield "the loop leaves out the last step, or its loss", *silent


def _by_h(point, dh_next, t):
    """Return what dc_prev of row t of an LSTM holds of dh_next; 0 where the step is masked."""
    k, mask = point.steps[t].kept, point.trace.mask
    found = dh_next * k["a"]["o"] * (1 - k["tanh_c"] ** 2) * k["a"]["f"]
    return found if mask is None else found * mask[t][..., None]


def _without_row(a, t):
    """Return a copy of a with zeros in row t."""
    gone = a.copy()
    gone[t] = 0
    return gone


def _without(more, t):
    """Return what was handed over, with nothing from row t."""
    return [rows._make(_without_row(a, t) for a in rows) for rows in more]
