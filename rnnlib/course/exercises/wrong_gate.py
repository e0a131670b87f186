"""Exercises of notebook 11: read a table of errors, mend an LSTM, and find where mistakes hide."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np

from ... import bptt, gradcheck
from ...cells import lstm
from .. import wrong
from .backward import confirmed, scaled
from .besides import together
from .feedback import NOT_ATTEMPTED, Feedback, checker, located, run
from .lstm_backward import ORDERS, ROADS, lstm_deltas, misread
from .matching import filled, nearest, whole
from .trials import point
from .wrong_gradient import PRAISE, STILL, as_found

RIGHT = 1e-10       # an error up to here is rounding
TABLES = {          # what is wrong: {(step, gate): error}
    "i, f and g at steps 1 to 5, o at 1 to 4": {(t, g): 0.1 * t for g in "ifgo" for t in range(1, 6)
                                                if (t, g) != (5, "o")},
    "f at step 6, every gate before it": {(t, g): 0.3 for g in "ifgo" for t in range(1, 6)} | {(6, "f"): 1.2},
    "i and o at steps 1 and 2 (all else is rounding)": {
        (t, g): 0.02 if t <= 2 and g in "io" else 1e-14 for g in "ifgo" for t in range(1, 7)} | {
            (6, "g"): RIGHT},
    "i at step 2, f and o at step 3, g and o at step 4": {
        (2, "i"): 1.9, (3, "f"): 0.5, (3, "o"): 0.01, (4, "g"): 1e-7, (4, "o"): 3e-9},
    "nothing": {},
}


def _table(errors, T=6):
    return np.array([[errors.get((t, g), 0.0) for g in "ifgo"] for t in range(1, T + 1)])


def _where(errors, right=RIGHT, offset=1, gates=lambda bad, t: bad[t], which=-1, letters="ifgo", name="".join,
           none=(0, ""), seen=slice(None), enough=np.any, wrong=np.greater):
    """Return (step, gates) of a table of errors; the options are the classical slips."""
    bad = np.zeros(errors.shape, bool)
    bad[seen] = wrong(errors[seen], right)
    steps = np.flatnonzero(enough(bad, axis=1))
    if not len(steps):
        return none
    t = which(errors) if callable(which) else steps[which]
    return int(t) + offset, name([g for g, b in zip(letters, gates(bad, t), strict=True) if b])


HERE = "the step is right, but "
LOOK = {            # slips of _where
    "steps count from 1: yours are one too small.": {"offset": 0},
    "steps count from 1: yours are one too large.": {"offset": 2},
    "an error of 1e-14 is rounding: count as wrong what is above 1e-10.": {"right": 0},
    "what is above 1e-10 counts as wrong: 1e-10 itself does not.": {"right": np.nextafter(RIGHT, 0)},
    "only one row of the table is looked at: the last step at which a gate is wrong may be any.": [
        {"seen": slice(-1, None)}, {"seen": slice(0, 1)}],
    "what is above 1e-10 counts as wrong: your limit is larger.": [
        {"right": limit} for limit in (*(10.0**-n for n in range(-1, 10)), 0.5, 0.05, 0.02, 0.005)],
    "that is the first wrong step. A gradient travels back, so the last one is nearest to the mistake.":
        {"which": 0},
    "that is the step of the largest error. A gradient travels back, so ask for the last wrong one.": [
        {"which": which, "none": none} for which in (
            lambda errors: errors.max(axis=1).argmax(), lambda errors: errors.sum(axis=1).argmax())
        for none in ((0, ""), (1, ""))],
    "the step is right, but you name every gate that is wrong somewhere: ask for the gates of that step.":
        {"gates": lambda bad, t: bad.any(axis=0)},
    "the step is right, but the gates are those of the step before it.": {"gates": lambda bad, t: bad[t - 1]},
    "the step is right, but the gates are those that are right there.": {"gates": lambda bad, t: ~bad[t]},
    "those are the gates that are right, and the last step that has one: ask for what is above 1e-10.": [{
        "wrong": wrong} for wrong in (np.less_equal, np.less)],
    "one wrong gate is enough: yours asks for steps at which all four are wrong.": {"enough": np.all},
    "the step is right, but only one of the gates is named: there may be several.": [
        {"name": lambda letters, k=k: letters[k]} for k in (0, -1)],
    "the step is right, but the letters are of another order: columns are i, f, g, o.": [
        {"letters": order} for order in (*ORDERS, *map("".join, permutations("ifgo"))) if order != "ifgo"],
    "the letters are right, but not in the order of the columns, i, f, g, o.": {
        "name": lambda letters: "".join(letters)[::-1]},
    "write small letters: i, f, g, o.": {"name": lambda letters: "".join(letters).upper()},
    "write the letters alone, with nothing between them: \"ifg\".": [
        {"name": sign.join} for sign in (", ", ",", " ", "-", "/", "+")],
    "the step is counted from the end: count from 1, at the start.": {
        "offset": None},
    "where nothing is wrong return (0, \"\"): everything else is right.": [
        {"none": none}
        for none in ((1, ""), (-1, ""), (0, "ifgo"), (0, "none"), (0, "-"), (0, "0"), (6, ""))],
}


@checker(11, 1, "Read the table", stars=1, minutes=10)
def check_where(answer):
    """Notebook 11, exercise 1: errors (T, 4) -> (last wrong step, gates wrong there), or (0, "")."""
    found = []
    for name, errors in TABLES.items():
        result = run(answer, _table(errors))
        read = result if isinstance(result, Feedback) else _read(result)
        if isinstance(read, Feedback):
            return _but_here(read, found, name)
        found.append(read)
    tables = [_table(errors) for errors in TABLES.values()]
    right = [_where(table) for table in tables]
    if found == right:
        return Feedback("right", f"right: all {len(right)} tables are read.")
    for text, ways in LOOK.items():
        for options in ways if isinstance(ways, list) else [ways]:
            if options.get("offset", 1) is None:
                given = [(7 - t if t else 0, gates) for t, gates in right]
            else:
                given = [_where(table, **options) for table in tables]
            if found == given:
                return Feedback("wrong", text, explained=True)
    if found == [(7 - t - 1 if t else 0, gates) for t, gates in right]:
        return Feedback("wrong", "the step is counted from the last one: count from the first, which is 1.",
                        explained=True)
    if text := _two_looks(found, tables):
        return Feedback("wrong", text, explained=True)
    if len(set(found)) == 1:
        return Feedback("wrong", f"you return {found[0]} for every table: read errors.", explained=True)
    name, got, expected = next(row for row in zip(TABLES, found, right, strict=True) if row[1] != row[2])
    which = "gates" if got[0] == expected[0] else "step"
    return Feedback("wrong", f"look at the {which}: for the table with {name} wrong you return {got}; "
                             f"expected {expected}.")


def _two_looks(found, tables):
    """Return the one pair of slips that gives every step and its gates; empty if none does, or several."""
    ways = [(text, way) for text, ways in LOOK.items() if "everything else is right" not in text
            for way in (ways if isinstance(ways, list) else [ways])[:len(ORDERS)]
            if way.get("offset", 1) is not None]
    pairs = {}
    for (a, first), (b, second) in combinations(ways, 2):
        if a != b and not first.keys() & second.keys() and all(
                _where(table, **first, **second) == read for table, read in zip(tables, found, strict=True)):
            pairs[a, b] = [text.removeprefix(HERE) for text in (a, b)]
    if len(pairs) != 1:
        return ""
    (both, said), = pairs.items()
    return HERE * all(text.startswith(HERE) for text in both) + together(*said)


def _but_here(read, found, name):
    """Return what is said of a table that is not read, after others were."""
    if not found:
        return read
    here = "in which nothing is wrong" if name == "nothing" else f"with {name} wrong"
    told = ': return (0, "")' if name == "nothing" else ""
    said = "nothing, or a gap" if read.verdict == "open" else read.text
    if read.verdict == "open":
        return Feedback("wrong", f"for the table {here} your function returns {said}{told}.")
    return Feedback("wrong", f"for the table {here}: {said}")


def _read(result):
    """Return (step, gates) as int and str, or the Feedback that says why not."""
    asked = 'return two things: a step, and letters such as "ig"'
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        got = f"{type(result).__name__}" + (f" of {len(result)}" if isinstance(result, (tuple, list)) else "")
        return Feedback("wrong", f"{asked}; got {got}.")
    step, gates = result
    if step is None or step is Ellipsis or gates is None or gates is Ellipsis:
        return Feedback("open", NOT_ATTEMPTED)
    if isinstance(step, str) and whole(gates) is not None:
        return Feedback("wrong", "the two are exchanged: return the step first, then the letters.")
    if (number := whole(step)) is None:
        return Feedback("wrong", f"the step should be a whole number; got {type(step).__name__}.")
    if isinstance(gates, np.ndarray) and gates.dtype.kind == "U":
        gates = gates.ravel().tolist()
    if not isinstance(gates, (str, list, tuple)) or not all(isinstance(g, str) for g in gates):
        return Feedback("wrong", f'the gates should be letters such as "ig"; got {type(gates).__name__}.')
    return number, "".join(gates)


def _dh_overwritten(W_h, gates, cs, dhs):
    """Return the deltas of exercise 2 as it is found: dc_next is made of dh_next, not of dh."""
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        into_c = o * (1 - tanh_c**2)
        dc = dc_next + dh * into_c
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next = delta[t] @ W_h
        dc_next = (dc_next + dh_next * into_c) * f
    return delta


@checker(11, 2, "An LSTM, found so", stars=2, minutes=15)
def check_lstm_found(answer):
    """Notebook 11, exercise 2: mend (W_h, gates, cs, dhs) -> delta (T, B, 4H) of an LSTM."""
    p, xs, state, dhs = place = gradcheck.designed_point(lstm, np.random.default_rng(52), T=6)
    trace = bptt.forward(lstm, p, xs, state)
    inputs = p.W_h, trace.kept.gates, trace.states[1], dhs
    praise = PRAISE.format(" and gate by gate")
    feedback = located(run(answer, *inputs), "delta", lstm, *place, praise=praise,
                       again=lambda d: run(answer, *inputs[:3], d))
    points = scaled(point(*inputs, T=6, B=4, H=3), 3, "dhs")
    slips = {STILL: dict(carried=lambda f, dc, dh, after: f * after), **ROADS, **misread(lstm_deltas)}
    return as_found(feedback, answer, inputs, _dh_overwritten) or confirmed(
        feedback, answer, points, lstm_deltas, slips, {"delta": "T B ifgo"})


NOWHERE = "nowhere"
HIDDEN = {          # the mistakes of exercise 3, and what to think of
    "missing-transpose": "A transpose changes nothing where there is nothing to exchange.",
    "dc-dropped": "What is dropped comes from a later step.",
    "two-windows": "Within a window of three steps nothing is cut.",
    "clipped-carry": "A clip that nothing reaches changes nothing.",
    "written-into-dhs": "What is overwritten is missed only by whoever reads it again.",
    "tanh-slope-of-c": "1 - c^2 and 1 - tanh(c)^2 are near one another, but are they ever equal?",
}


@checker(11, 3, "Where they hide", stars=2, minutes=15)
def check_hiding_places(answer):
    """Notebook 11, exercise 3: () -> {mistake: a setting that hides it, or "nowhere"}, no setting twice."""
    places = filled(run(answer), HIDDEN, "...")
    if isinstance(places, Feedback):
        if places.text.startswith("not finished"):
            return replace(places, text=f'{places.text} Where nothing hides it, write "nowhere".')
        return places
    for name, place in places.items():
        options = (*wrong.settings(wrong.mistake(name)), NOWHERE)
        if not isinstance(place, str):
            return Feedback("wrong", f"{name}: one setting is asked for, as a string; got "
                                     f"{repr(place)[:40]}.")
        if place not in options:
            told = nearest(place, options) or f" Choose one of {', '.join(options)}."
            return Feedback("wrong", f"{name}: {repr(place)[:40]} is no setting.{told}")
    for name, place in places.items():
        if said := _seen(wrong.mistake(name), place):
            return Feedback("wrong", f"{name}: {said} {HIDDEN[name]}")
    chosen = [place for place in places.values() if place != NOWHERE]
    twice = [place for place in chosen if chosen.count(place) > 1]
    if twice:
        return Feedback("wrong", f"each hides where you say, but {twice[0]!r} stands there twice.")
    return Feedback("right", f"right: {len(chosen)} settings, {len(chosen)} mistakes without a trace.")


def _seen(mistake, place):
    """Say what shows of a mistake at a place, or "" if nothing does; of "nowhere", whether that is so."""
    off = lambda at: wrong.errors(mistake, at=at)
    if place == NOWHERE:
        hidden = any(max(off(at).values()) == 0 for at in wrong.settings(mistake))
        return "there is a setting at which not one number changes." if hidden else ""
    name, error = max(off(place).items(), key=lambda pair: pair[1])
    return f"with {place} dL/d{name} is still off by {error:.2g} of its size." if error > 1e-12 else ""
