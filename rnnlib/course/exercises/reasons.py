"""Why numbers are wrong: the slip, or the two, that give them at every point; else what is true of them."""

import re
from dataclasses import replace
from itertools import combinations, combinations_with_replacement, permutations

import numpy as np

from ...gradcheck import guard
from ...gradcheck.sentences import listed
from . import differences
from .as_if import as_before, changed, narrowed, simplified, single
from .besides import misshapen, out_of_order, together
from .differences import alike, close, same
from .repairs import PLAIN, WHOLE, mended


def reason(answer, trials, right, slips, parts, order=()):
    """Return why the trials are wrong, as a sentence, and what it is: "slip", "cause", or "", numbers only.

    slips are (part or None, what is wrong, options of right or a function of the inputs); parts is
    {name: letters of its axes}; order names the parts to look at first.
    """
    names = tuple(parts)
    nothing = len(names) == 1 and not any(t.found[0].any() for t in trials)
    change = _mended(0, answer, trials, names, WHOLE) if guard.divides_whole(answer) else ""
    if change.startswith("one change "):
        return change, "slip"
    gives = [(part, text, [_given(right, slip, t.place, part, names) for t in trials])
             for part, text, slip in slips]
    gives = [row for row, (part, text, slip) in zip(gives, slips, strict=True) if not (
        part is None and callable(slip) and text.startswith("these are ")
        and _opposes(row[2], trials, len(names)))]
    for part, text, values in gives:
        if part is None and all(agree(t.found, value) for t, value in zip(trials, values, strict=True)):
            several = f"{names[0]} is 0, which has several causes. One of them: " if nothing else ""
            return several + text, "slip"
    fits = [[all(alike(t.found[k], t.wanted[n]) for t in trials) for n in range(len(names))]
            for k in range(len(names))]
    for exchanged in permutations(range(len(names))) if all(map(any, fits)) else ():
        if all(fits[k][n] for k, n in enumerate(exchanged)):
            moved = [names[k] for k, n in enumerate(exchanged) if k != n]
            if len(moved) == 2 and len(names) > 4:
                return f"all are right, but in another order: {' and '.join(moved)} are exchanged.", "slip"
            if len(names) > 5:           # parts of what is returned: this is not the order of a return
                holds = ", ".join(f"{names[k]} holds {names[n]}" for k, n in enumerate(exchanged) if k != n)
                return f"all are right, but not in their places: {holds}.", "slip"
            return f"all are right, but in another order: return {', '.join(names)}.", "slip"
    options = [(text, slip) for part, text, slip in slips if part is None and isinstance(slip, dict)]
    if text := _multiple(0, answer, trials) if len(names) == 1 else "":
        return _subject(0, trials, parts) + text, "cause"
    for n in range(len(names)) if len(names) > 1 else ():
        wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
        if wrong and all(alike(-t.found[n], t.wanted[n]) for t in wrong) and not _slip_of(
                n, trials, gives, names):
            return f"{_subject(n, trials, parts)}has the wrong sign: it is minus what it should be.", "cause"
    if not _plain(trials) and (text := _two_slips(trials, right, options)):
        n = next(n for n in range(len(names)) if not all(alike(t.found[n], t.wanted[n]) for t in trials))
        one = _mended(n, answer, trials, names, PLAIN)                   # it is simpler than two
        return one if one.startswith("one change ") else text, "slip"
    in_place = lambda n, ts: _slip_of(n, ts, gives, names, others=False)
    if text := out_of_order(trials, names, in_place):
        return text, "slip"
    numbers = sorted(range(len(names)), key=lambda n: [*order, names[n]].index(names[n]))
    wrong = [n for n in numbers if not all(alike(t.found[n], t.wanted[n]) for t in trials)]
    for n in wrong:
        if text := _slip_of(n, trials, gives, names):
            return text, "slip"
        text = _cause_of(n, answer, trials, parts)
        own = [(said, slip) for part, said, slip in slips if part == names[n] and isinstance(slip, dict)]
        if (not text or re.search(WEAK, text)) and (pair := _two_slips(trials, right, own, n)):
            return f"{names[n]}: {pair}", "slip"
        if text:
            weak = re.search(WEAK, text) and "axis of length 1" not in text
            strong = weak and _as_if(n, answer, trials, right)
            misfit = " has shape " in text
            unsure = (weak or misfit) and not strong
            if unsure and (change := _mended(n, answer, trials, names)):
                return change, "slip"
            if misfit and (pair := _misshapen(n, trials, gives, parts)):
                return pair, "slip"
            if text.endswith(NEXT_SEQUENCE) and (meet := _single(
                    "B", n, answer, _first_wrong(n, trials), right)):
                text += f" {meet}"
            if text.endswith(LATER) and (name := _own_step(n, answer, trials, right)):
                own = f". With {name} at one step alone that step is wrong, too: look at the step itself."
                text = text.removesuffix(LATER) + own
            return _subject(n, trials, parts) + strong if strong else text, "cause"
    if text := out_of_order(trials, names, in_place, least=0):
        return text, "slip"
    for n in wrong:
        if pair := _misshapen(n, trials, gives, parts):
            return pair, "slip"
        if text := _as_if(n, answer, trials, right):
            return _subject(n, trials, parts) + text, "cause"
    worst = _worst(wrong[0], trials, parts, guard.takes(answer))
    if not worst.endswith(" belongs.") and (change := _mended(wrong[0], answer, trials, names)):
        return change, "slip"
    if told := _function_of(wrong[0], answer, trials, right):
        return _subject(wrong[0], trials, parts) + told, "cause"
    if (trial := _first_wrong(wrong[0], trials)) and not trial.found[wrong[0]].any():
        return f"{_subject(wrong[0], trials, parts)}is all zero {trial.place.told}.", "cause"
    if " what is stored there" in worst and dict(trial.place.sizes).get("T") == len(trial.wanted[wrong[0]]):
        return worst, "cause"                          # steps that are zero do not depend on anything
    if idle := _unused(wrong[0], answer, trials, right):
        return f"{_subject(wrong[0], trials, parts)}does not depend on {idle}.", ""
    if used := _used(wrong[0], answer, trials, right):
        said = f"changes with {used}, and should not: {used} has no place in it."
        return _subject(wrong[0], trials, parts) + said, ""
    where = localised(wrong[0], answer, trials, right)
    if where in ALREADY.values() and (told := _alone(wrong[0], answer, trials, right, slips, parts)):
        return _subject(wrong[0], trials, parts) + told, ""
    return f"{worst} {where or _even(wrong[0], answer, trials, right)}".strip(), ""


NEXT_SEQUENCE = "right at the first sequence and wrong from the next on."
LATER = ": look at what it takes from the steps after it."
WEAK = (r" is (right (at|but for|up to)|wrong where|"      # what is so, but not why
        r"zero at .* and what comes in|a multiple of what it should be, by a factor) ")


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


def _opposes(values, trials, count):
    """True if whole results, not one change of the right ones, are neither found nor right in some part."""
    return all(value is None or len(value) == count for value in values) and not all(
        value is not None and (alike(value[n], t.found[n]) or alike(t.found[n], t.wanted[n]))
        for t, value in zip(trials, values, strict=True) for n in range(count))


def _given(right, slip, place, part, names):
    """Return what a slip gives at a point; of one with options for a part this part alone."""
    values = known(right, slip, place)
    cut = part is not None and values and isinstance(slip, dict)
    return (values[names.index(part)],) if cut else values


def agree(found, wanted):
    """True if all parts are alike."""
    return wanted is not None and len(found) == len(wanted) and all(map(alike, found, wanted))


def _first_wrong(n, trials):
    return next(t for t in trials if not alike(t.found[n], t.wanted[n]))


def _mended(n, answer, trials, names, kinds=None):
    """Return the one change of the code that makes part n right at every point; empty if none is known."""
    def read(f, inputs):
        outcome = guard.call(f, *inputs, seconds=0.5)
        try:
            result = getattr(answer, "read", lambda result: result)(outcome.result)
            parts = [result] if len(names) == 1 else result
            found = [np.asarray(part, float) for part in parts]
        except Exception:
            return None
        whole = len(found) == len(names) and outcome.result is not None
        return found if whole and not outcome.changed else None

    return mended(answer, trials, n, names, read, kinds)


def _as_if(n, answer, trials, right):
    """Return with which one change of the inputs part n would be right wherever it is wrong."""
    takes, fits = guard.takes(answer), None
    for trial in (t for t in trials if not alike(t.found[n], t.wanted[n])):
        found = []
        for words, inputs in changed(trial.place.inputs, takes):
            value = _parts(right, trial, inputs)
            if value and same(trial.found[n], value[n]):
                found.append(words)
        for words, inputs in narrowed(trial.place):
            value = _parts(right, trial, inputs)
            if value and same(trial.found[n], value[n]) and value[n].any():
                found.append(words)
        for words, inputs in as_before(trials[0].place, trial.place, takes):
            value = _parts(right, trial, inputs)
            if value and same(trial.found[n], value[n]):
                found.append(words)
        found.sort(key=lambda words: " zero but for " in words)            # others say it more plainly
        fits = found if fits is None else [words for words in fits if words in found]
        if not fits:
            return ""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
    kept = [t for t in trials if t not in wrong]
    stay = (words for words in fits if all(_stays(words, n, answer, t, right) for t in wrong)
            and not any(_moves(words, n, t, right, takes) for t in kept)
            and _still(words, n, answer, trials[0], wrong[0].place, takes))
    words = next(stay, "")
    if guard.names(answer) & {"einsum", "tensordot"}:
        words = words.removesuffix(": flatten all arrays alike")
    return f"is what it should be {words}." if words else ""


def _moves(words, n, trial, right, takes):
    """True if a change of the inputs would change part n where it is right: then it is not what happens."""
    other = next((a for told, a in changed(trial.place.inputs, takes) if told == words), None)
    wanted = other and _parts(right, trial, other)
    return bool(wanted) and not alike(wanted[n], trial.wanted[n])


def _stays(words, n, answer, trial, right):
    """True if a change of the inputs gives the learner's numbers where all single numbers are smaller, too:
    what comes of few of them, as a count or a cut does, may fit by chance."""
    takes, given = guard.takes(answer), trial.place.inputs
    fewer = [_smaller(given, share) for share in SHARES]
    fewer += [(*given[:k], a - 1, *given[k + 1:]) for k, a in enumerate(given)
              if type(a) is int and a > 1 and words.startswith(f"if {takes[k]} were one ")]
    for inputs in fewer:
        other = inputs and next((a for told, a in changed(inputs, takes) if told == words), None)
        if other and not _gives(n, answer, trial, right, inputs, other):
            return False
    return True


def _still(words, n, answer, first, there, takes):
    """False if words say that a number is still that of the first place, and the answer uses it there."""
    for k, name in enumerate(takes if " still " in words else ()):
        if words.startswith(f"if {name} were still"):
            inputs = (*first.place.inputs[:k], there.inputs[k], *first.place.inputs[k + 1:])
            found = _part(answer, inputs, n, len(first.found))
            return found is None or same(found, first.found[n])
    return True


def _gives(n, answer, trial, right, inputs, other):
    """True if an answer gives for inputs what is right for others, or if either gives no number."""
    wanted = _parts(right, trial, other)
    found = _part(answer, inputs, n, len(trial.found)) if wanted else None
    return found is None or not np.isfinite(wanted[n]).all() or same(found, wanted[n])


SHARES = 0.9, 0.6              # of each single number, where a change that fits is tried again


def _smaller(inputs, share):
    """Return inputs with each single number a share of what it was, whole ones only where there is nothing
    else that they must fit; empty if there is none."""
    alone = all(isinstance(a, (float, int)) for a in inputs)
    other = tuple(share * a if isinstance(a, float) else int(np.ceil(share * a)) if alone else a
                  for a in inputs)
    return other if any(a is not b for a, b in zip(inputs, other, strict=True)) else ()


def _parts(right, trial, inputs):
    """Return what is right for other inputs; None if that has fewer parts or more, as a shorter list has."""
    value = known(right, {}, replace(trial.place, inputs=inputs), strict=False)
    return value if value and len(value) == len(trial.wanted) else None


def localised(n, answer, trials, right):
    """Return at which simpler inputs part n is right after all; empty if there are none."""
    trial = _first_wrong(n, trials)
    given, takes = trial.place.inputs, guard.takes(answer)
    floats = [a for a in given if isinstance(a, (np.ndarray, float, tuple, list))]
    trivial = [np.asarray(a) for a in given if isinstance(a, (np.ndarray, float, int))] + [trial.wanted[n]]
    alone = _single("T", n, answer, trial, right)
    if text := alone or _single("B", n, answer, trial, right):
        text = _narrower(n, answer, trial, right) if alone else text
        rows = _by_rows(n, answer, trial, right) if alone and "with more where" not in text else ""
        return rows or text
    idle = ""
    for words, advice, k, inputs in simplified(given, takes):
        wanted = _parts(right, trial, inputs)
        if wanted is None or not wanted[n].any() or any(alike(wanted[n], a) for a in trivial):
            continue
        alone = len(floats) < 2 and type(given[k]) is not int
        if alone or (wanted[n].size > 1 and np.ptp(wanted[n]) == 0):      # that would tell nothing
            continue
        found = _part(answer, inputs, n, len(trial.found))
        if found is None or not same(found, wanted[n]) or not all(
                _fits_there(words, n, answer, trial, right, share) for share in SHARES):
            continue
        if not (silent := _silent(n, trial, right, inputs, k)):
            return f"Where {words}, it is right: look {advice}."
        arrays = all(np.ndim(given[m]) for m in (k, *silent))        # a number may be a factor of everything
        if len(silent) == 1 and arrays and len(given) > 3 and advice.startswith("at what "):
            idle = idle or (f"Where {words}, and with it {takes[silent[0]]} does nothing, it is right: look "
                            "at what the two do.")
    if idle:
        return idle
    there = "".join(letter for letter in "TB" if dict(trial.place.sizes).get(letter, 0) > 1)
    if there:
        return _single(there, n, answer, trial, right, wrong=True)
    arrays = [a for a in given if isinstance(a, np.ndarray)]
    if len(arrays) == len(given) > 1 and not trial.wanted[n].ndim and len({a.shape for a in arrays}) == 1:
        fewer = (tuple(a.ravel()[:k] for a in given) for k in (1, 2, 3))
        return next(filter(None, (_by_hand(n, answer, trial, right, inputs) for inputs in fewer)), "")
    return ""


def _narrower(n, answer, trial, right):
    """Return what is so of a part that is right with one step alone: at which inputs it is right with more,
    or that it is wrong even where nothing passes the matrix between the steps."""
    given, takes = trial.place.inputs, guard.takes(answer)
    for words, advice, k, inputs in simplified(given, takes):
        wanted = _parts(right, trial, inputs)
        if wanted is None or not wanted[n].any() or np.ndim(given[k]) == 0 or not words.endswith(" is zero"):
            continue
        found = _part(answer, inputs, n, len(trial.found))
        if found is None or not np.isfinite(found).all():
            continue
        if same(found, wanted[n]) and not alike(wanted[n], trial.wanted[n]):
            if not _silent(n, trial, right, inputs, k):
                return f"With one step alone it is right, and with more where {words}: look {advice}."
        matrix = given[k].ndim == 2 and given[k].shape[0] == given[k].shape[1] and takes[k][:1] == "W"
        if matrix and not same(found, wanted[n]):
            return (f"With one step alone it is right; with more it is wrong even where {words}. So look "
                    f"first at what is added up and which row is read, not at what passes {takes[k]}.")
    return SINGLE["T"]


def _by_rows(n, answer, trial, right):
    """Return for which steps of an argument, all others being zero, a part is right, and for which not; empty
    if the part is no sum over the steps of one, or if it is wrong for all of them."""
    given, takes, T = trial.place.inputs, guard.takes(answer), dict(trial.place.sizes)["T"]
    for k, (name, a) in enumerate(zip(takes, given, strict=False)):
        if not isinstance(a, np.ndarray) or a.dtype.kind != "f" or a.shape[:1] != (T,):
            continue
        rows = np.arange(T).reshape(-1, *[1] * (a.ndim - 1))
        inputs = [(*given[:k], a * (rows == t), *given[k + 1:]) for t in range(T)]
        wanted = [_parts(right, trial, one) for one in inputs]
        if any(w is None for w in wanted) or not same(sum(w[n] for w in wanted), trial.wanted[n]):
            continue
        heard = [t for t in range(T) if wanted[t][n].any()]
        found = {t: _part(answer, inputs[t], n, len(trial.found)) for t in heard}
        good = [t + 1 for t in heard if found[t] is not None and same(found[t], wanted[t][n])]
        bad = [t + 1 for t in heard if t + 1 not in good]
        begin = f"Where {name} is zero but for one step, it is right"
        if len(good) > 1 and not bad:
            return f"{begin}, whichever that is: look at how what comes of several steps is put together."
        if good and bad and good != [1]:                       # of one step alone it is said already
            steps = [_steps(some) for some in (good, bad)]
            return f"{begin} for {steps[0]}, and wrong for {steps[1]}: look at what comes of {steps[1]}."
    return ""


def _steps(numbers):
    """Return "step 2", "steps 1 and 4" or "steps 2 to 7"."""
    if len(numbers) < 3 or numbers[-1] - numbers[0] >= len(numbers):
        *others, last = map(str, numbers)
        return f"steps {', '.join(others)} and {last}" if others else f"step {last}"
    return f"steps {numbers[0]} to {numbers[-1]}"


def _fits_there(words, n, answer, trial, right, share):
    """True if a part is right at simpler inputs where all single numbers are smaller, too: not by chance."""
    inputs = _smaller(trial.place.inputs, share)
    other = inputs and next((a for told, _, _, a in simplified(inputs, guard.takes(answer)) if told == words),
                            None)
    return not other or _gives(n, answer, trial, right, other, other)


def _alone(n, answer, trials, right, slips, parts):
    """Return the one slip, or else what is true, that gives part n where one step alone, or one sequence, is
    wrong already. Empty if there is none, or several slips."""
    trial, names = _first_wrong(n, trials), tuple(parts)
    for letters, words in (("T", "one step"), ("B", "one sequence"), ("TB", "one step of one sequence")):
        inputs = single(trial.place, letters)
        wanted = inputs and _parts(right, trial, inputs)
        found = wanted and [_part(answer, inputs, k, len(names)) for k in range(len(names))]
        if not found or any(part is None or not np.isfinite(part).all() for part in found):
            continue
        if wanted[n].size < 3 or alike(found[n], wanted[n]):
            continue
        one = replace(trial, place=replace(trial.place, inputs=inputs), found=tuple(found), wanted=wanted)
        said = set()
        for part, text, slip in slips:
            own = 0 if part == names[n] or len(names) == 1 else n
            given = part in (None, names[n]) and _given(right, slip, one.place, part, names)
            if given and own < len(given) and alike(given[own], found[n]):
                said.add(text)
        told = said or {text for text in list(differences.causes(
            found[n], wanted[n], _axes(n, parts), {}, _named(guard.takes(answer), inputs)))[:1]
            if not re.search(WEAK, f" {text}") and "shape" not in text}
        if len(told) == 1:
            (text,), it = told, "" if said else "it "
            return f"is wrong already with {words}. There {it}{text}" if it else (
                f"is wrong already with {words}. What is wrong there: {text}")
    return ""


def _until(t, T, a):
    """Return an argument with another number in all rows that belong to steps after row t."""
    if not isinstance(a, np.ndarray) or a.dtype.kind != "f" or not a.ndim or len(a) not in (T, T + 1):
        return a
    row = np.arange(len(a)).reshape(-1, *[1] * (a.ndim - 1))
    return np.where(row <= t + len(a) - T, a, 0.3)


def _own_step(n, answer, trials, right):
    """Return the argument whose row t, all others being zero, gives a wrong row t of part n; empty if it is
    right in that row, or if that hears other rows of it, or later rows of any argument."""
    trial = _first_wrong(n, trials)
    T, given = dict(trial.place.sizes).get("T", 0), trial.place.inputs
    for k, (name, a) in enumerate(zip(guard.takes(answer), given, strict=False)):
        if not isinstance(a, np.ndarray) or a.dtype.kind != "f" or a.shape[:1] != (T,):
            continue
        for t in range(T - 1):
            inputs = (*given[:k], a * (np.arange(T) == t).reshape(-1, *[1] * (a.ndim - 1)), *given[k + 1:])
            wanted, early = (_parts(right, trial, at) for at in (
                inputs, tuple(_until(t, T, b) for b in inputs)))
            if wanted is None or not wanted[n][t].any() or wanted[n][t + 1:].any() or early is None or not (
                    same(early[n][t], wanted[n][t])):
                break
            found = _part(answer, inputs, n, len(trial.found))
            if found is not None and found.shape == wanted[n].shape and not same(found[t], wanted[n][t]):
                return name
    return ""


def _even(n, answer, trials, right):
    """Return which arguments may be zero while part n is still wrong: the others are to be looked at."""
    trial = _first_wrong(n, trials)
    takes, inputs, zero, left = guard.takes(answer), trial.place.inputs, [], []
    if trial.found[n].shape != trial.wanted[n].shape or any(map(callable, inputs)):
        return ""
    for k, (name, a) in enumerate(zip(takes, inputs, strict=False)):
        if not isinstance(a, np.ndarray) or a.dtype.kind != "f":
            continue
        other = (*inputs[:k], 0 * a, *inputs[k + 1:])
        wanted = _parts(right, trial, other)
        found = _part(answer, other, n, len(trial.found)) if wanted and wanted[n].any() else None
        still = found is not None and np.isfinite(found).all() and not same(found, wanted[n])
        (zero if still else left).append(name)
        inputs = other if still else inputs
    if not zero or not left:
        return ""
    where = f"{listed(zero)} {'is' if len(zero) == 1 else 'are'} zero"
    return f"It is wrong even where {where}: look first at what is done with {listed(left)}."


def _function_of(n, answer, trials, right):
    """Return that each number of part n is one function of what it should be, wherever one looks: then what
    goes in is right, and what is done with it in the end is not. Empty if it is not so, or if each is a
    function of one number of an argument anyway."""
    trial, rng, pairs, plain = _first_wrong(n, trials), np.random.default_rng(0), [], {}
    for _ in range(40 if trial.wanted[n].size > 2 else 0):
        inputs = tuple(a * rng.uniform(0.3, 1.2, np.shape(a)) if isinstance(a, (np.ndarray, float)) and (
            np.asarray(a).dtype.kind == "f") else a for a in trial.place.inputs)
        wanted = _parts(right, trial, inputs)
        found = _part(answer, inputs, n, len(trial.found)) if wanted else None
        if found is None or found.shape != wanted[n].shape or not np.isfinite(found).all():
            return ""
        pairs += zip(wanted[n].ravel(), found.ravel(), strict=True)
        for k, a in enumerate(inputs):
            if isinstance(a, np.ndarray) and a.shape == found.shape:
                plain.setdefault(k, []).extend(zip(np.ravel(a), wanted[n].ravel(), strict=True))
    if not _rises(pairs) or any(map(_rises, plain.values())):
        return ""
    at = np.unravel_index(np.abs(trial.found[n] - trial.wanted[n]).argmax(), trial.wanted[n].shape)
    said = f"{trial.found[n][at]:.4g} stands where {trial.wanted[n][at]:.4g} belongs"
    return (f"is one function of what it should be, number by number: {said}. So what goes in is right: look "
            "at what is done with it last.")


def _rises(pairs):
    """True if in many pairs of numbers the second only rises, or only falls, as the first rises."""
    steps = np.diff(np.array(sorted(pairs)).reshape(-1, 2), axis=0)
    steps = steps[steps[:, 0] > 1e-9 * steps[:, 0].sum()][:, 1]
    return len(steps) > 60 and bool(steps.any()) and bool((steps >= 0).all() or (steps <= 0).all())


def _single(letters, n, answer, trial, right, wrong=False):
    """Return what is so where the axes with these letters are cut to one: it is right there, or is it wrong?
    Empty if it is not so."""
    inputs = single(trial.place, letters)
    wanted = inputs and _parts(right, trial, inputs)
    found = _part(answer, inputs, n, len(trial.found)) if wanted and wanted[n].any() else None
    if found is None or same(found, wanted[n]) == wrong:
        return ""
    return SINGLE[letters] if not wrong else _by_hand(n, answer, trial, right, inputs) or ALREADY[letters]


def _by_hand(n, answer, trial, right, inputs):
    """Return few inputs that give a wrong number, and both numbers; empty if many, or if it is right."""
    wanted = _parts(right, trial, inputs)
    found = _part(answer, inputs, n, len(trial.found)) if wanted else None
    plain = not any(callable(a) or isinstance(a, (tuple, list)) for a in inputs)
    few = wanted and wanted[n].size == 1 and plain and sum(np.size(a) for a in inputs) <= 6
    if not few or found is None or found.size != 1 or not np.isfinite(found) or same(
            found.ravel(), wanted[n].ravel()):
        return ""
    said = ", ".join(f"{name} = {_short(a)}" for name, a in zip(guard.takes(answer), inputs, strict=False))
    there = differences.apart(float(found.ravel()[0]), float(wanted[n].ravel()[0]))
    sign = " There only the sign is wrong." if same(-found.ravel(), wanted[n].ravel()) else ""
    return f"Try it by hand with {said}: it is {there}.{sign}"


def _short(value):
    """Return few numbers as they would be typed."""
    text = np.array2string(np.asarray(value), precision=6, separator=", ").replace("\n", "")
    return re.sub(r"(?<=\d)\. *(?=[,\]])|(?<=\[) +", "", re.sub(" +", " ", text))


SINGLE = {                     # letters of the axes that are cut to one: what is so where that is (not) right
    "T": "With one step alone it is right: look at how steps come together: what goes on, what is added up, "
         "which row is read.",
    "B": "With one sequence alone it is right: look at where sequences meet.",
}
ALREADY = {                    # ... what is so where it is wrong even then
    "T": "It is wrong already with one step: try that by hand.",
    "B": "It is wrong already with one sequence: try that by hand.",
    "TB": "It is wrong already with one step of one sequence: try that by hand.",
}


def _silent(n, trial, right, inputs, k):
    """Return the numbers of the arguments that matter, but not at these inputs, where k is simplified."""
    given = trial.place.inputs

    def matters(m, at):
        wanted, other = (_parts(right, trial, i)
                         for i in (at, (*at[:m], _another(at[m]), *at[m + 1:])))
        return wanted is None or other is None or not alike(wanted[n], other[n])

    return [m for m, a in enumerate(given)
            if m != k and _another(a) is not None and matters(m, given) and not matters(m, inputs)]


def _another(value):
    """Return another value of the same kind, where there is one."""
    if isinstance(value, (np.ndarray, float)) and np.asarray(value).dtype.kind == "f":
        return 0.7 * value + 0.1
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim and np.ptp(value):
        return value.min() + value.max() - value       # ids stay ids
    return value + 1 if type(value) is int else None


def _unused(n, answer, trials, right):
    """Return the name of an argument that matters, and that part n uses at no point where it is wrong; empty
    if there is none."""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
    for k, name in enumerate(guard.takes(answer)[:len(wrong[0].place.inputs)]):
        if _idle(k, n, answer, wrong[0], right) and not any(
                _idle(k, n, answer, t, right) is False for t in wrong[1:]):
            return name
    return ""


def _used(n, answer, trials, right):
    """Return the name of an argument that does nothing to the right part n at any point, and that the found
    one uses wherever it is wrong; empty if there is none."""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]

    def idle(k, trial):
        given = trial.place.inputs
        others = [_parts(right, trial, (*given[:k], far * given[k] + 0.1, *given[k + 1:]))
                  for far in (0.7, -2)]
        return all(other is not None and alike(other[n], trial.wanted[n]) for other in others)

    def moves(k, trial):
        given, count = trial.place.inputs, len(trial.found)
        before = _part(answer, given, n, count)
        after = _part(answer, (*given[:k], 0.7 * given[k] + 0.1, *given[k + 1:]), n, count)
        return before is not None and after is not None and alike(before, trial.found[n]) and (
            np.isfinite(after).all() and not same(before, after))

    takes = guard.takes(answer)[:len(wrong[0].place.inputs)]
    return next((name for k, name in enumerate(takes) if all(_another(t.place.inputs[k]) is not None
                 and np.asarray(t.place.inputs[k]).dtype.kind == "f" for t in trials)
                 and all(moves(k, t) for t in wrong) and all(idle(k, t) for t in trials)), "")


def _idle(k, n, answer, trial, right):
    """True if argument k matters at a point, and part n does not use it; None if it does not matter."""
    given, value = trial.place.inputs, trial.place.inputs[k]
    other = _another(value)
    if other is None or (isinstance(value, np.ndarray) and value.dtype.kind in "iu"):        # ids: by parity
        return None
    inputs = (*given[:k], other, *given[k + 1:])
    wanted = _parts(right, trial, inputs)
    if wanted is None or alike(wanted[n], trial.wanted[n]):
        return None
    # one more may go unnoticed where something is rounded or cut; argmax and the like go by order
    less = value // 3 if type(value) is int else value / 3
    for far in (-value,) if np.ndim(value) else (3 * value + 5, less):
        found = _part(answer, (*given[:k], far, *given[k + 1:]), n, len(trial.found))
        if found is not None and not same(found, trial.found[n]):
            return False
    found = _part(answer, inputs, n, len(trial.found))
    return found is not None and same(found, trial.found[n])


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


def _two_slips(trials, right, options, n=None):
    """Return the one pair of slips that gives every number, or two with one slip in common; else empty.
    With n: every number of this part, wherever it is wrong."""
    fits, of = [], slice(None) if n is None else slice(n, n + 1)
    wrong = [t for t in trials if n is None or not alike(t.found[n], t.wanted[n])]
    if not any(part.any() for t in wrong for part in t.found[of]):            # zeros have many causes
        return ""
    plain = [option for option in options if not option[0].startswith("two mistakes: ")]
    for (a, first), (b, second) in combinations(plain, 2):
        both = {} if first.keys() & second.keys() or _opposed(a, b) else first | second
        if both and all(values is not None and agree(t.found[of], values[of])
                        for t in wrong for values in (known(right, both, t.place),)):
            fits.append((a, b))
    if len(fits) == 1:
        return together(*fits[0])
    few = max(part.size for t in trials for part in t.found[of]) < 3       # they fit by chance
    if few or len(fits) != 2 or len(common := set(fits[0]) & set(fits[1])) != 1:
        return ""
    (both,), (one, other) = common, (next(text for text in pair if text not in common) for pair in fits)
    return f"{together(both, one)} Or, in place of 2.: {other}"


def _opposed(a, b):
    """True if two sentences say different things of the same: together they would contradict each other."""
    begin = [text.split()[:4] for text in (a, b)]
    return begin[0] == begin[1] or a.partition(": ")[2] == b.partition(": ")[2] != ""


def _misshapen(n, trials, gives, parts):
    """Return what is wrong with part n besides its shape, if a slip or one cause gives all its numbers."""
    names = tuple(parts)
    wrong = [k for k, t in enumerate(trials) if not alike(t.found[n], t.wanted[n])]

    def name_of(put, at):
        for part, text, values in gives:
            own = 0 if part == names[n] or len(names) == 1 else n if part is None else None
            given = [values[k] for k in wrong] if own is not None else [None]
            if all(value is not None and own < len(value) and value[own].ndim == t.wanted[n].ndim and alike(
                    t.found[n], value[own][cut]) for value, t, cut in zip(given, put, at, strict=False)):
                return text
        few = min(t.wanted[n].size for t in put) < 3
        said = {"" if few or not differences.factor(t.found[n], t.wanted[n]) else next(differences.causes(
            t.found[n], t.wanted[n], _axes(n, parts)), "") for t in put}
        return f"besides, it {said.pop()}" if len(said) == 1 and "" not in said else ""

    return misshapen(n, trials, _axes(n, parts), name_of, names[n] if len(names) > 1 else "")


def _slip_of(n, trials, gives, names, others=True):
    """Return the slip that gives part n of several wherever that is wrong; empty if none does. others: part n
    may also be what another part should be."""
    wrong = [(t, k) for k, t in enumerate(trials) if not alike(t.found[n], t.wanted[n])]
    own, whole, name = [], [], names[n]
    for part, text, values in gives if len(names) > 1 else ():
        told = text if name in text else f"{name}: {text}"
        for other in names:                            # what is wrong with another part, in this one alone
            if other != name and told.startswith(f"{name}: {other}: "):
                told = f"{name}: the {other} in it is another: {text.removeprefix(f'{other}: ')}"
        if part == name:
            own.append((told, [values[k] and values[k][0] for _, k in wrong]))
        elif part is None and all(v is None or len(v) == len(names) for v in values):
            whole.append((told, [values[k] and values[k][n] for _, k in wrong]))
    other = [[], []]                                   # parts that are right in their own place tell less
    for m, second in enumerate(names if others else ()):
        at_home = all(alike(t.found[m], t.wanted[m]) for t in trials)
        other[at_home].append((f"{name} is what {second} should be.", [t.wanted[m] for t, _ in wrong]))
    for told, values in other[False] + own + other[True] + whole:
        if all(value is not None and alike(t.found[n], value)
               for (t, _), value in zip(wrong, values, strict=True)):
            return told
    return ""


def _cause_of(n, answer, trials, parts):
    """Return what is true of part n wherever it is wrong; empty if nothing is."""
    wrong = []
    for t in trials:                                   # what is the same at two points tells nothing twice
        if not alike(t.found[n], t.wanted[n]) and not any(
                alike(t.found[n], o.found[n]) and alike(t.wanted[n], o.wanted[n]) for o in wrong):
            wrong.append(t)
    telling = [t for t in wrong if t.wanted[n].size > 2] or wrong     # small arrays fit too many sentences
    found, right, axes = telling[0].found[n], telling[0].wanted[n], _axes(n, parts)
    takes, first = guard.takes(answer), trials[0]
    if first not in wrong and not same(first.wanted[n], right) and all(
            same(t.found[n], first.wanted[n]) for t in wrong):
        return f"{_subject(n, trials, parts)}is there what it was {first.place.told}: use the arguments."
    if right.ndim == 0 == found.ndim:
        inputs = [_named(takes, t.place.inputs) | _counts(takes, t.place.inputs) | dict(t.place.sizes)
                  for t in wrong]
        ints = len(wrong) > 1 and all(t.kinds[n:n + 1] in ("i", "u") for t in wrong)
        cuts = guard.names(answer) & {"floor", "floor_divide", "trunc", "int"}
        whole = ints or cuts or guard.divides_whole(answer)
        if "round" in guard.names(answer) and all(t.found[n] == np.round(t.wanted[n]) for t in wrong):
            return f"{_subject(n, trials, parts)}is rounded to a whole number: keep all digits."
        if whole and _cut_off(wrong, n):
            said = "is cut off to whole numbers, as // and int() do: keep all digits."
            return f"{_subject(n, trials, parts)}{said}"
        if text := _plain_number(wrong, n, inputs):
            return _subject(n, trials, parts) + text
    if len(telling) == 1 and right.size < 3 and found.shape == right.shape:
        return ""
    sizes = [dict(t.place.sizes) | dict(zip(axes, t.wanted[n].shape)) if len(axes) == t.wanted[n].ndim
             else dict(t.place.sizes) for t in telling]
    other = [(name, m) for m, name in enumerate(parts) if m != n and name.isidentifier()]
    beside = [{name: t.wanted[m] for name, m in other if alike(t.found[m], t.wanted[m])} for t in telling]
    said = [list(differences.causes(t.found[n], t.wanted[n], axes, size,
                                    more | _named(takes, t.place.inputs) | _whole(takes, t.place.inputs)))
            for t, size, more in zip(telling, sizes, beside, strict=True)]
    keys = [{_key(text) for text in texts} for texts in said]
    text = next((text for text in said[0] if all(_key(text) in others for others in keys)), "")
    if len(telling) > 1 and text.endswith(" what it should be, in every number."):
        text = text if right.size > 1 else f"{text.removesuffix(', in every number.')}."
        text += " It is so at every point: the arguments are used rightly, a constant factor is wrong."
    if not text or re.search(WEAK, f" {text}"):
        text = _own_factor(telling, n) or text
    return _subject(n, trials, parts) + text if text else ""


def _cut_off(wrong, n):
    """True if a number is what it should be without what follows the point, wherever it is wrong."""
    found, right = (np.array([getattr(t, which)[n] for t in wrong]) for which in ("found", "wanted"))
    return np.array_equal(found, np.floor(right)) or np.array_equal(found, np.trunc(right))


def _own_factor(telling, n):
    """Return that an array is a multiple of what it should be at every point, by a factor of each point."""
    factors = [differences.factor(t.found[n], t.wanted[n]) for t in telling]
    few = len(telling) < 2 or min(t.wanted[n].size for t in telling) < 3
    if few or not all(factors) or np.ptp(factors) <= 1e-6 * max(map(abs, factors)):
        return ""
    k = int(np.abs(np.array(factors) - factors[0]).argmax())
    said = [f"{factors[m]:.4g} times {telling[m].place.told}" for m in (0, k)]
    return f"is a multiple of what it should be, by a factor of each point: {said[0]}, {said[1]}."


def _worst(n, trials, parts, takes):
    """Say how part n differs where it differs most, and where both numbers stand: the last resort."""
    trial = _first_wrong(n, trials)
    found, right, axes = trial.found[n], trial.wanted[n], _axes(n, parts)
    subject = _subject(n, trials, parts)
    if found.shape != right.shape:
        return subject + list(differences.causes(found, right, axes))[-1]
    if text := next(differences.empty(found, right, axes), ""):
        return subject + text
    worst = np.unravel_index(np.abs(found - right).argmax(), right.shape)
    at = differences.where(worst, right.shape, axes) if right.ndim else f" {trial.place.told}"
    read = _read(found, right, worst, _named(takes, trial.place.inputs))
    return f"{subject}is not right yet{at}: it is {differences.apart(found[worst], right[worst])}{read}."


def _read(found, right, at, inputs):
    """Say which entry of an argument is found at a place, and which belongs there; empty if all that is right
    is not taken from that argument, or if one of the two stands there more than once."""
    for name, a in inputs.items():
        if not a.ndim or not right.ndim or a.size < 2 or not np.isin(right, a).all():
            continue
        places = [np.argwhere(a == value) for value in (found[at], right[at])]
        if all(len(where) == 1 for where in places):
            has, wants = (f"{name}[{', '.join(map(str, where[0]))}]" for where in places)
            return f": {has} where {wants} belongs"
    return ""


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
            parts = [f"{name}.{field}" for field in getattr(value, "_fields", ())]
            flat |= {parts[k] if parts else f"{name}[{k}]": np.asarray(v) for k, v in enumerate(value)
                     if isinstance(v, (np.ndarray, float))}
    return flat


def _counts(takes, inputs):
    """Return the arguments that are whole numbers, by the names that the learner gave them."""
    return {name: value for name, value in zip(takes, inputs) if type(value) is int}


def _whole(takes, inputs):
    """Return the arguments that are whole numbers as arrays."""
    return {name: np.asarray(value) for name, value in _counts(takes, inputs).items()}


def _key(text):
    """Return a sentence without its shapes and counts of rows, which differ from point to point."""
    text = re.sub(r"right to \d+ digits", "right to digits", text)
    text = text.partition(" in other places")[0]
    text = re.sub(r"at the (first|last) \d+ (\w+?)(es|s)?:", r"at the \1 \2:", text)
    text = re.sub(r"\([^)]*\)", "()", text)
    return re.sub(r"\b(first|last|has) (one|\d+) (\w+?)s? (is|are|too)\b", r"\1 \3", text)


def _plain_number(wrong, n, inputs):
    """Return what is true of one number wherever it is wrong; empty if nothing is. inputs are by trial."""
    found, right = (np.array([getattr(t, which)[n] for t in wrong]) for which in ("found", "wanted"))
    if not np.isfinite([found, right]).all():
        return ""
    apart = np.abs(found / right - 1).max() if right.all() else np.inf
    if (np.abs(found) <= 1e-12 * np.abs(right)).all():
        return "is 0, but for rounding."
    if close(-found, right):
        return "has the wrong sign: it is minus what it should be."
    if apart < 1e-5:
        digits = int(-np.log10(apart))
        return f"is right to {digits} digits only: is it an approximation, or rounded on the way?"
    if rounded := next(differences.rounded(found, right), None):
        return rounded
    if len(wrong) < 2:
        return ""
    with np.errstate(all="ignore"):
        for text, change in differences.CHANGES.items() if np.ptp(right) else ():
            if np.isfinite(change(right)).all() and close(found, change(right)):
                return f"is {text}."
    if np.ptp(found) == 0 < np.ptp(right):
        return f"is {found[0]:.6g} at every point: it does not follow from the arguments."
    if np.allclose(np.abs(found), np.abs(right), rtol=1e-9, atol=0):
        return "has lost its sign: it is right but for that."
    if np.allclose(found - right, found[0] - right[0], rtol=1e-9, atol=0):
        return f"is off by the same number at every point, {found[0] - right[0]:+.6g}."
    if said := _of_arguments(found, right, inputs) or _of_products(found, right, inputs):
        return said
    if apart < 0.02:
        return f"is near, within {apart:.1g} of what it should be at every point, but not exact."
    return ""


def _multiple(n, answer, trials):
    """Return what part n is multiplied by, if all its numbers are by one and the same, and that is known."""
    wrong = [t for t in trials if not alike(t.found[n], t.wanted[n])]
    if any(t.found[n].shape != t.wanted[n].shape or not t.wanted[n].any() for t in wrong):
        return ""
    if not np.isfinite(np.concatenate([a.ravel() for t in wrong for a in (t.found[n], t.wanted[n])])).all():
        return ""
    factors = np.array([float((t.found[n] * t.wanted[n]).sum() / np.square(t.wanted[n]).sum())
                        for t in wrong])
    if not np.isfinite(factors).all() or not all(
            close(t.found[n], factor * t.wanted[n]) for t, factor in zip(wrong, factors, strict=True)):
        return ""
    if close(factors, np.full_like(factors, -1.0)):
        what = "every number" if wrong[0].wanted[n].size > 1 else "it"
        return f"has the wrong sign: {what} is minus what it should be."
    takes = guard.takes(answer)
    inputs = [_named(takes, t.place.inputs) for t in wrong]
    return _of_arguments(factors, np.ones_like(factors), inputs, terms=False) if len(wrong) > 1 else ""


def _of_products(found, right, inputs):
    """Return which product of two sizes a count has too many, or lacks, or has in place of another."""
    off = found - right
    if not np.array_equal(right, right.round()) or not np.array_equal(off, off.round()):
        return ""
    names = [name for name in inputs[0] if all(np.ndim(at.get(name, off)) == 0 for at in inputs)]
    sizes = {name: np.array([float(at[name]) for at in inputs]) for name in names}
    terms = {name: size for name, size in sizes.items() if np.ptp(size)}
    terms |= {f"{a} * {b}": terms[a] * terms[b] for a, b in combinations_with_replacement(list(terms), 2)}
    for name, term in terms.items():
        if np.array_equal(off, term):
            return f"has a term too many: {name}."
        if np.array_equal(off, -term):
            return f"lacks the term {name}."
    for (name, term), (other, second) in combinations(terms.items(), 2) if len(off) > 2 else ():
        if np.array_equal(off, term + second):
            return f"has two terms too many: {name} and {other}."
        if np.array_equal(off, -term - second):
            return f"lacks two terms: {name} and {other}."
    for (name, term), (other, instead) in permutations(terms.items(), 2):
        if len(off) > 2 and np.array_equal(off, term - instead):
            return f"has a term {name} too many, and lacks {other}."
    return ""


POWERS = {"{}": 1, "{}**2": 2, "sqrt({})": 0.5}


def _of_arguments(found, right, inputs, terms=True):
    """Return which single number among the arguments is a factor or a term too many, or missing."""
    names = [name for name in inputs[0] if all(name in at and np.ndim(at[name]) == 0 for at in inputs)]
    for b, a in permutations(names, 2) if len(inputs) > 2 else ():
        between = np.array([float(at[b]) - float(at[a]) for at in inputs])
        if between.all() and np.ptp(between):
            if close(found, right * between):
                return f"has a factor too many: {b} - {a}."
            if close(found * between, right):
                return f"lacks the factor {b} - {a}."
    for name in names:
        a = np.array([float(at[name]) for at in inputs])
        if np.ptp(a) == 0:
            continue
        for written, power in POWERS.items():
            with np.errstate(all="ignore"):
                factor = a**power
            if not np.isfinite(factor).all() or not factor.all():
                continue
            if close(found, right * factor):
                return f"has a factor too many: {written.format(name)}."
            if close(found * factor, right):
                return f"lacks the factor {written.format(name)}."
            if close(-found, right * factor):
                return f"has a factor too many, {written.format(name)}, and the wrong sign."
            if close(-found * factor, right):
                return f"lacks the factor {written.format(name)}, and has the wrong sign."
            if close(found * factor**2, right):
                return f"is divided by {written.format(name)}: it should be multiplied."
            if close(found, right * factor**2):
                return f"is multiplied by {written.format(name)}: it should be divided."
        for sign, said in () if not terms else (
                (1, "has a term too many: {}."), (-1, "lacks the term {}."),
                (2, "has the term {} once too often, or a sign wrong.")):
            if close(found - right, sign * a):
                return said.format(name)
    return ""
