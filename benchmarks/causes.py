"""Does `locate` name the right cause? It is asked about every wrong mutant of a backward pass.

A mutant of a cell is shown with that cell, a mutant of the recursion with all four; without a mask, with
one, and with a gradient that arrives in the last state. What it names is held against the rule that says
what the mutant's line means (`labels`), and the change it names must give the mutant's numbers at three
other points. Where it names none, no change of the list may give them there.
"""

import functools
from typing import NamedTuple

import labels
import mutants
import numpy as np
import trials

from rnnlib import bptt
from rnnlib.gradcheck import changes, editable, given, locating
from rnnlib.gradcheck.recurrent import last_injections

OUTCOMES = ("named rightly", "not named", "a wrong cause", "rightly none", "equivalent formulation")
ASKED = ("whole", "masked", "dlast")
OTHERWISE = ("chunks", "window")       # if it is right in all of these
FORMS = ("all gradients", "deltas")    # what the pass returns to locate
PLACE = ", in "                        # where a sum is wrong: deltas alone cannot tell


class Answer(NamedTuple):
    """What locate said of a mutant, and what is so."""

    outcome: str
    form: str
    cell: str
    way: str
    mutant: mutants.Mutant
    label: object     # a text, or two, or None
    said: object      # a Location


def answers(case, form):
    """Yield locate's Answers about a case at a designed point, wherever what the pass returns is wrong."""
    if case.kind != "wrong" or case.mutant.side == "forward":
        return
    label = labels.cause_of(case.mutant)
    label, found = label and label[1], 0
    for name in [case.mutant.module] if case.mutant.module in mutants.CELLS else mutants.CELLS:
        for way in ASKED if len(mutants.CELLS[name].STATES) > 1 else ASKED[:2]:
            for answer in _asked(case.mutant, label, name, way, form):
                found += 1
                yield answer
    for way in () if found else OTHERWISE:
        if way in case.ways:
            yield from _asked(case.mutant, label, trials.driver(case.mutant), way, form)
            return


def _asked(mutant, label, name, way, form):
    pass_ = shown(trials.passes(mutant, name), way, form)
    said = located(pass_, name, way)
    if said.report is not None and not said.ok:       # a pass that stops is told what stopped it
        outcome = _outcome(said.cause, label, pass_, name, way, form)
        yield Answer(outcome, form, name, way, mutant, label, said)


def located(pass_, name, way):
    """Return what locate says of a pass; its list is made once for all passes at the same point."""
    cell, (point, numerical) = mutants.CELLS[name], here(name, way)
    last = point.dlast if way == "dlast" else None
    trace, found = point.trace, []
    for _ in range(2):
        found.append(given.called(cell, trace.p, trace, point.dhs, pass_, last))
        if isinstance(found[-1], str):
            return locating.Location(found[-1])
    (numbers, changed), (again, _) = found
    return locating.judged(point, numbers, changed, again, numerical)


@functools.cache
def here(name, way, seed=0):
    """Return locate's Point and numerical derivatives at a designed point."""
    (point,) = trials.designed(name, [seed])
    cell, takes = mutants.CELLS[name], lambda cell, p, trace, dhs, dlast: None
    trace = bptt.forward(cell, point.p, point.xs, point.state, open_mask(seed) if way == "masked" else None)
    last = last_injections("", cell, trace, point.dhs, None, takes) if way == "dlast" else None
    numerical = locating.numerical_of(cell, trace.p, trace, point.dhs, last)
    return editable.Point(cell, trace.p, trace, point.dhs, numerical.numbers, last), numerical


def open_mask(seed):
    """Return a mask (T, B) that hides nothing: each step and sequence has both, no two steps are alike.

    Its first entry is True: what reads that row alone would find zeros there.
    """
    for rng in map(np.random.default_rng, ([seed, k] for k in range(10_000))):
        mask = rng.random((5, 4)) < 0.6
        mixed = all(m.any(axis).all() for m in (mask, ~mask) for axis in (0, 1))
        if mask[0, 0] and mixed and len({row.tobytes() for row in mask}) == len(mask):
            return mask


def _outcome(named, label, pass_, name, way, form):
    wanted = (label,) if isinstance(label, str) else label or ()
    if form == "deltas":
        wanted = [text.split(PLACE)[0].removesuffix(", everywhere") for text in wanted]
    fitting = fits(pass_, name, way)
    if named is None:
        return "not named" if wanted or fitting else "rightly none"
    if not (any(text.startswith(named) for text in fitting) or "in place" in named):
        return "a wrong cause"
    if not wanted:
        return "a wrong cause" if "in place" in named else "equivalent formulation"
    return "named rightly" if any(text in named for text in wanted) else "a wrong cause"


def shown(these, way, form):
    """Return the backward pass as locate is given it: it returns a Gradient, or the deltas alone."""
    if way == "dlast":
        whole = lambda cell, p, trace, dhs, dlast: these.bptt_back.backward(
            these.cell_back, p, trace, dhs, dlast=dlast)
        deltas = lambda cell, p, trace, dhs, dlast: these.bptt_back.deltas(
            these.cell_back, p, trace, dhs, dlast=dlast)[0]
        return whole if form == "all gradients" else deltas
    if form == "all gradients":
        return trials.backward_of(these, way)
    return lambda cell, p, trace, dhs: these.bptt_back.deltas(
        these.cell_back, p, trace, dhs, **trials.WAYS[way](len(dhs)))[0]


def fits(pass_, name, way):
    """Return the texts of the changes that give this pass's numbers at three other points."""
    left = None
    for seed in range(101, 104):
        point, _ = here(name, way, seed)
        cell, trace = mutants.CELLS[name], point.trace
        last = {"dlast": tuple(d.copy() for d in point.dlast)} if way == "dlast" else {}
        with np.errstate(all="ignore"):
            result = pass_(cell, trace.p, trace, point.dhs.copy(), **last)
        numbers = given.by_name(cell, trace.p, result, trace.zs.shape)
        if isinstance(numbers, str) or not all(np.isfinite(a).all() for a in numbers.values()):
            return set()
        probes = editable.probes(numbers)
        fit = {text for text, n, shows in changes.listed(point)
               if shows and editable.likely(probes, n) and editable.agree(numbers, n, point.G)}
        left = fit if left is None else left & fit
    return left
