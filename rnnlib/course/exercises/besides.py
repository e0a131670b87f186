"""Two mistakes at once: one in the shape or the order of what is returned, or one that does not show with
one step alone. Undone, or left out, it gives way to the other, which is then named as if it were alone."""

import re
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np

from .differences import NOUNS, alike

NUMBERS = ("no", "one", "two", "three", "four", "five")


def together(*changes):
    """Say that these changes together give the numbers of an answer, each by its number."""
    listed = " ".join(f"{k}. {told}" for k, told in enumerate(changes, 1))
    return f"{NUMBERS[len(changes)]} changes together give your numbers: {listed}"


def out_of_order(trials, names, slip_of, least=1):
    """Return which slip the results have if they are put in order; empty if there is none, or many orders.

    slip_of(n, trials) returns the slip that gives part n, or empty; least parts must then be right.
    """
    count, found = len(names), []
    off = lambda put: [n for n in range(count) if not all(alike(t.found[n], t.wanted[n]) for t in put)]
    stay = set(range(count)).difference(off(trials))
    for order in permutations(range(count)) if 1 < count < 5 else ():
        put = [replace(t, found=tuple(t.found[k] for k in order)) for t in trials]
        wrong = off(put)
        said = [slip_of(n, put) for n in wrong]
        if all(said) and order == tuple(range(count)):
            return ""
        if stay.intersection(wrong):                      # what is right as it stands is not out of order
            continue
        if said and all(said) and len(said) <= count - least:
            found.append(together(f"the order: return {', '.join(names)}.", *_once(said, names)))
    return found[0] if len(found) == 1 else ""


def _once(said, names):
    """Return what is said of several parts, once where it is the same of all of them, and not again of a part
    that is made of another."""
    causes = {}
    for text in said:
        name = next((name for name in names if text.startswith(f"{name}: ")), "")
        cause = text.removeprefix(f"{name}: ") if name else text
        made_of = re.match(r"the .* in it is another: ", cause)
        causes.setdefault(cause[made_of.end():] if made_of else cause, []).append((bool(made_of), text))
    return [min(texts)[1] if len(texts) == 1 or max(texts)[0] else cause for cause, texts in causes.items()]


def reshaped(found, like, axes=()):
    """Yield (what is wrong with its shape, found without that, which part of like it then holds)."""
    every, many = (slice(None),) * like.ndim, found.ndim > like.ndim
    named = len(axes) == like.ndim
    if found.ndim == like.ndim > 1 and found.shape != like.shape:
        for order in permutations(range(like.ndim)):
            if found.transpose(order).shape == like.shape:
                yield ("it is transposed." if like.ndim == 2 else "its axes are in another order.",
                       found.transpose(order), every)
    if found.size == like.size and found.ndim != like.ndim:
        said = "it has too many axes" if many else "it is flat"
        yield f"{said}: give it the shape that is asked for.", found.reshape(like.shape), every
    for i in range(like.ndim) if found.ndim == like.ndim else ():
        more = found.shape[i] - like.shape[i]
        if abs(more) != 1 or np.delete(found.shape, i).tolist() != np.delete(like.shape, i).tolist():
            continue
        noun = NOUNS.get(axes[i], "row").replace("step", "row") if named else "row"
        for which, part in (("first", slice(1, None)), ("last", slice(0, -1))):
            at = (*every[:i], part, *every[i + 1:])
            if more == 1:
                end = "start" if which == "first" else "end"
                yield f"it has one {noun} too many at the {end}.", found[at], every
            else:
                yield f"its {which} {noun} is missing.", found, at
    for i in range(like.ndim) if found.ndim == like.ndim + 1 and len(found) > 1 else ():
        beside = np.concatenate(list(found), axis=i)
        if beside.shape == like.shape:
            yield f"its parts are stacked: set them side by side along axis {i}.", beside, every
    for some in combinations(range(found.ndim), found.ndim - like.ndim) if many else ():
        if found.sum(axis=some).shape == like.shape:
            said = " and ".join(f"axis {k}" for k in some)
            yield f"it is not yet summed over {said}.", found.sum(axis=some), every


def misshapen(n, trials, axes, name_of, called=""):
    """Return what is wrong with part n besides its shape; empty if the shape can be undone in no way that
    leaves one cause. name_of(trials, part of all that is right) names it; called is what the part is called,
    where there are several."""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
    ways = [list(reshaped(t.found[n], t.wanted[n], axes)) for t in wrong]
    shaped = [t.found[n].shape == t.wanted[n].shape for t in wrong]
    if all(shaped):
        return ""
    fits = []
    for words in dict.fromkeys(said for some in ways for said, _, _ in some):
        chosen = [(words, t.found[n], ...) if fits_already else next(
            (way for way in some if way[0] == words), None) for t, some, fits_already in zip(
                wrong, ways, shaped, strict=True)]
        if not all(chosen) or sum(t.wanted[n].size for t in wrong) < 3:
            continue
        put = [replace(t, found=_with(t.found, n, found), wanted=_with(t.wanted, n, t.wanted[n][at]))
               for t, (_, found, at) in zip(wrong, chosen, strict=True)]
        finite = all(t.wanted[n].size and np.isfinite(t.found[n]).all() for t in put)
        alone = all(alike(t.found[n], t.wanted[n]) for t in put)               # it is the shape, and no more
        if finite and not alone and (told := name_of(put, [at for _, _, at in chosen])):
            fits.append(together(f"{called}: {words}" if called else words, told))
    return fits[0] if len(fits) == 1 else ""


def _with(parts, n, part):
    return (*parts[:n], part, *parts[n + 1:])
