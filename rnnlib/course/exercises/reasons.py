"""Why numbers are wrong: the slip, or the two, that give them at every point; else what is true of them."""

import re
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np

from ...gradcheck import guard
from . import differences
from .as_if import changed, simplified
from .differences import alike, same


def reason(answer, trials, right, slips, parts, order=()):
    """Return why the trials are wrong, as a sentence, and what it is: "slip", "cause", or "", numbers only.

    slips are (part or None, what is wrong, options of right or a function of the inputs); parts is
    {name: letters of its axes}; order names the parts to look at first.
    """
    names = tuple(parts)
    gives = [(part, text, [known(right, slip, t.place) for t in trials]) for part, text, slip in slips]
    for part, text, values in gives:
        if part is None and all(agree(t.found, value) for t, value in zip(trials, values, strict=True)):
            return text, "slip"
    for exchanged in permutations(range(len(names))):
        if all(agree(t.found, [t.wanted[n] for n in exchanged]) for t in trials):
            return f"all are right, but in another order: return {', '.join(names)}.", "slip"
    options = [(text, slip) for _, text, slip in slips if isinstance(slip, dict)]
    if not _plain(trials) and (text := _two_slips(trials, right, options)):
        return text, "slip"
    numbers = sorted(range(len(names)), key=lambda n: names[n] not in order)
    wrong = [n for n in numbers if not all(alike(t.found[n], t.wanted[n]) for t in trials)]
    for n in wrong:
        if text := _slip_of(n, trials, gives, names):
            return text, "slip"
        if text := _cause_of(n, answer, trials, parts):
            return text, "cause"
    for n in wrong:
        if text := _as_if(n, answer, trials, right):
            return _subject(n, trials, parts) + text, "cause"
    where = localised(wrong[0], answer, trials, right)
    return f"{_worst(wrong[0], trials, parts)} {where}".strip(), ""


def known(right, slip, place, strict=True):
    """Return what right, or a slip of it, gives at a point as a tuple of arrays; None if it gives nothing."""
    change, options = (slip, {}) if callable(slip) else (right, slip)
    try:
        with np.errstate(all="ignore"):
            result = change(*place.inputs, **options)
        parts = result if isinstance(result, tuple) else (result,)
        return tuple(np.asarray(part, float) for part in parts)
    except Exception:
        if strict and change is right and not options:
            raise
        return None


def agree(found, wanted):
    """True if all parts are alike."""
    return wanted is not None and len(found) == len(wanted) and all(map(alike, found, wanted))


def _as_if(n, answer, trials, right):
    """Return with which one change of the inputs part n would be right wherever it is wrong."""
    takes, fits = guard.takes(answer), None
    for trial in (t for t in trials if not alike(t.found[n], t.wanted[n])):
        found = []
        for words, inputs in changed(trial.place.inputs, takes):
            value = known(right, {}, replace(trial.place, inputs=inputs), strict=False)
            if value and same(trial.found[n], value[n]):
                found.append(words)
        fits = found if fits is None else [words for words in fits if words in found]
        if not fits:
            return ""
    return f"is what it should be {fits[0]}."


def localised(n, answer, trials, right):
    """Return at which simpler inputs part n is right after all, or what it does not use; empty if none."""
    trial = next(t for t in trials if not alike(t.found[n], t.wanted[n]))
    given, takes = trial.place.inputs, guard.takes(answer)
    if idle := _unused(n, answer, trial, right, takes):
        return f"It does not depend on {idle}."
    trivial = [np.asarray(a) for a in given if isinstance(a, (np.ndarray, float, int))] + [trial.wanted[n]]
    for words, advice, inputs in simplified(given, takes):
        wanted = known(right, {}, replace(trial.place, inputs=inputs), strict=False)
        if wanted is None or not wanted[n].any() or any(alike(wanted[n], a) for a in trivial):
            continue
        found = _part(answer, inputs, n, len(trial.found))
        if found is not None and same(found, wanted[n]):
            return f"Where {words}, it is right: look {advice}."
    return ""


def _unused(n, answer, trial, right, takes):
    """Return the name of an argument that matters, and that part n does not use; empty if there is none."""
    given = trial.place.inputs
    for k, (name, value) in enumerate(zip(takes, given, strict=False)):
        if isinstance(value, (np.ndarray, float)) and np.asarray(value).dtype.kind == "f":
            other = 0.7 * value + 0.1
        elif type(value) is int:
            other = value + 1
        else:
            continue
        inputs = (*given[:k], other, *given[k + 1:])
        wanted = known(right, {}, replace(trial.place, inputs=inputs), strict=False)
        found = _part(answer, inputs, n, len(trial.found))
        matters = wanted is not None and not alike(wanted[n], trial.wanted[n])
        if matters and found is not None and same(found, trial.found[n]):
            return name
    return ""


def _part(answer, inputs, n, count):
    """Return part n of what the answer gives for other inputs; None if there is none."""
    result = guard.call(answer, *inputs).result
    try:
        return np.asarray(result if count == 1 else result[n], float)
    except Exception:
        return None


def _plain(trials):
    """True if the answer is a constant, or an argument as it came: two slips are no explanation of that."""
    found = [t.found[0] for t in trials]
    if all(a.ndim == 0 for a in found):
        return len({float(a) for a in found}) == 1
    return any(isinstance(a, np.ndarray) and same(found[0], a) for a in trials[0].place.inputs)


def _two_slips(trials, right, options):
    """Return the one pair of slips that gives every number; empty if there is none, or more than one."""
    fits = []
    for (a, first), (b, second) in combinations(options, 2):
        both = {} if first.keys() & second.keys() else first | second
        if both and all(agree(t.found, known(right, both, t.place)) for t in trials):
            fits.append(f"two changes together give your numbers: 1. {a} 2. {b}")
    return fits[0] if len(fits) == 1 else ""


def _slip_of(n, trials, gives, names):
    """Return the slip that gives part n of several wherever that is wrong; empty if none does."""
    wrong = [(t, k) for k, t in enumerate(trials) if not alike(t.found[n], t.wanted[n])]
    own, whole, name = [], [], names[n]
    for part, text, values in gives if len(names) > 1 else ():
        told = text if name in text else f"{name}: {text}"
        if part == name:
            own.append((told, [values[k] and values[k][0] for _, k in wrong]))
        elif part is None and all(v is None or len(v) == len(names) for v in values):
            whole.append((told, [values[k] and values[k][n] for _, k in wrong]))
    others = [(f"{name} is what {other} should be.", [t.wanted[m] for t, _ in wrong])
              for m, other in enumerate(names)]
    for told, values in own + others + whole:
        if all(value is not None and alike(t.found[n], value)
               for (t, _), value in zip(wrong, values, strict=True)):
            return told
    return ""


def _cause_of(n, answer, trials, parts):
    """Return what is true of part n wherever it is wrong; empty if nothing is."""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
    telling = [t for t in wrong if t.wanted[n].size > 2] or wrong     # small arrays fit too many sentences
    found, right, axes = telling[0].found[n], telling[0].wanted[n], _axes(n, parts)
    if right.ndim == 0 == found.ndim and (text := _plain_number(wrong, n)):
        return _subject(n, trials, parts) + text
    if len(telling) == 1 and right.size < 3 and found.shape == right.shape:
        return ""
    takes = guard.takes(answer)
    sizes = [dict(t.place.sizes) | dict(zip(axes, t.wanted[n].shape)) if len(axes) == t.wanted[n].ndim
             else dict(t.place.sizes) for t in telling]
    said = [list(differences.causes(t.found[n], t.wanted[n], axes, size, _named(takes, t.place.inputs)))
            for t, size in zip(telling, sizes, strict=True)]
    keys = [{_key(text) for text in texts} for texts in said]
    for text in said[0]:
        if all(_key(text) in others for others in keys):
            return _subject(n, trials, parts) + text
    return ""


def _worst(n, trials, parts):
    """Say how part n differs where it differs most: the last resort."""
    trial = next(t for t in trials if not alike(t.found[n], t.wanted[n]))
    found, right, axes = trial.found[n], trial.wanted[n], _axes(n, parts)
    subject = _subject(n, trials, parts)
    if found.shape != right.shape:
        return subject + list(differences.causes(found, right, axes))[-1]
    worst = np.unravel_index(np.abs(found - right).argmax(), right.shape)
    at = differences.where(worst, right.shape, axes) if right.ndim else f" {trial.place.told}"
    return f"{subject}is not right yet{at}: it is {differences.apart(found[worst], right[worst])}."


def _axes(n, parts):
    return list(parts.values())[n].split()


def _subject(n, trials, parts):
    """Return the beginning of a sentence about part n."""
    right = [all(alike(t.found[k], t.wanted[k]) for t in trials) for k in range(len(parts))]
    name = list(parts)[n]
    return f"only {name} is wrong. It " if len(parts) > 2 and sum(right) == len(parts) - 1 else f"{name} "


def _named(takes, inputs):
    """Return the arguments that hold numbers, by the names that the learner gave them."""
    flat = {}
    for name, value in zip(takes, inputs):
        if isinstance(value, (np.ndarray, float)):
            flat[name] = np.asarray(value)
        elif isinstance(value, (tuple, list)):
            flat |= {f"{name}[{k}]": np.asarray(v) for k, v in enumerate(value) if isinstance(v, np.ndarray)}
    return flat


def _key(text):
    """Return a sentence without its shapes, which differ from point to point."""
    return re.sub(r"\([^)]*\)", "()", text)


def _plain_number(wrong, n):
    """Return what is true of one number at all points; empty if nothing is."""
    found, right = (np.array([getattr(t, which)[n] for t in wrong]) for which in ("found", "wanted"))
    if len(wrong) < 2 or not np.isfinite([found, right]).all():
        return ""
    if np.ptp(found) == 0 < np.ptp(right):
        return f"is {found[0]:.6g} at every point: it does not follow from the arguments."
    if np.allclose(found - right, found[0] - right[0], rtol=1e-9, atol=0):
        return f"is off by the same number at every point, {found[0] - right[0]:+.6g}."
    if (apart := np.abs(found / right - 1).max() if right.all() else np.inf) < 0.02:
        return f"is near, within {apart:.1g} of what it should be at every point, but not exact."
    return ""
