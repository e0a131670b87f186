"""Mistakes in what a mask does on the way back: a masked step has delta 0 and hands on what it received."""

import numpy as np

from ...cells import rnn


def mask_changes(point):
    """Yield (text, delta, dinitial) for mistakes with the mask; none where there is no mask."""
    mask = point.trace.mask
    if mask is None or mask.all():
        return
    ones = np.ones_like(mask[:1])
    keep = lambda t: mask[t][..., None]
    choose = lambda t, a, b: tuple(np.where(keep(t), x, y) for x, y in zip(a, b, strict=True))
    plus = lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True))
    whole = _stepped(None, lambda t, new, d: new)
    twice = _stepped(None, lambda t, new, d: plus(new, [x * ~keep(t) for x in d]))
    loud = _stepped(None, lambda t, new, d: choose(t, new, d))
    added = _stepped(mask, lambda t, new, d: plus(new, d))
    cut = _stepped(mask, lambda t, new, d: choose(t, new, [0 * x for x in d]))
    alone = _stepped(mask, lambda t, new, d: choose(t, new, (point.dhs[t], *d[1:])))

    def formulas(t, d, back):
        delta, *more = back(tuple(x * keep(t) for x in d))
        return delta, *back(d)[1:2], *more[1:]

    of_z = {"h_slope": lambda v, s: 1 - np.tanh(v.z["h"]) ** 2}       # which the carried h is not made of
    for edit in ({}, of_z) if point.kind is rnn else ({},):
        for text, masked in (
            ("the mask is ignored on the way back", whole),
            ("a masked step goes back by its formulas, besides handing on what it received", twice),
            ("a masked step hands on what its formulas give, not what came", formulas),
            ("the delta of a masked step is not zero", loud),
        ):
            yield text, *point.passed(masked=masked, **edit)
    yield "a masked step hands on the loss of its step alone, not the dh that came from later", *point.passed(
        masked=alone)
    yield "a masked step hands on nothing, not what it received", *point.passed(masked=cut)
    yield "every step hands on what it received besides what its formulas give", *point.passed(masked=added)
    yield "the mask is inverted", *point.passed(masked=_with(~mask))
    for t, step in ((0, 1), (-1, point.T)):
        if not mask[t].all():                         # or it is ignored
            m = np.broadcast_to(mask[t], mask.shape)
            yield f"the mask of step {step} is read at every step", *point.passed(masked=_with(m))
    early = np.concatenate([ones, mask[:-1]]), np.roll(mask, 1, axis=0)
    late = np.concatenate([mask[1:], ones]), np.roll(mask, -1, axis=0)
    for text, moved in (("early (row t-1 for t)", early), ("late (row t+1 for t)", late)):
        for m in moved:
            yield f"the mask is read one step too {text}", *point.passed(masked=_with(m))
    dropped = point.dhs * mask[..., None]
    yield ("the loss of masked steps is dropped: their h_t is the state before, which hands it on",
           *point.passed(dhs=dropped))
    if len(point.cell.STATES) > 1:
        for k, (name, other) in enumerate((("h", "c"), ("c", "h"))):
            text = f"the mask acts on d{name} and not on d{other}"
            yield text, *point.passed(masked=_half(mask, k, before=True))
            yield (f"a masked step hands on its d{name} as it came, and nothing of its d{other}",
                   *point.passed(masked=_half(mask, k, before=False)))
            yield text, *point.passed(masked=_half(mask, k, before=True, silent=True))


def _stepped(mask, hand):
    """Return a masked step: a mask silences what arrives, if there is one, and hand(t, new, d) goes on."""
    def masked(t, d, back):
        delta, new, *more = back(d if mask is None else tuple(x * mask[t][..., None] for x in d))
        return delta, hand(t, new, d), *more

    return masked


def _with(mask):
    """Return a masked step with another mask."""
    return _stepped(mask, lambda t, new, d: tuple(
        np.where(mask[t][..., None], a, b) for a, b in zip(new, d, strict=True)))


def _half(mask, k, before, silent=False):
    """Return a masked step in which state k alone is masked: before the formulas too, or only after.

    silent: the delta of a masked step is zero all the same.
    """
    def masked(t, d, back):
        m = mask[t][..., None]
        given = tuple(x * m if j == k or not before else x for j, x in enumerate(d))
        delta, new, *more = back(given)
        new = tuple(np.where(m, a, b) if j == k else a for j, (a, b) in enumerate(zip(new, d, strict=True)))
        return (delta * m if silent else delta), new, *more

    return masked
