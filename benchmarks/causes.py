"""Does `locate` name the right cause? It is asked about every wrong mutant of a backward pass.

What it names is held against the rule that says what the mutant's line means (`labels`), and the change
it names must give the mutant's numbers at three other points. Where it names none, no change of the list
may give them there.
"""

import functools
from typing import NamedTuple

import labels
import mutants
import numpy as np
import trials

from rnnlib import bptt, gradcheck
from rnnlib.gradcheck import changes, editable, given, locating

OUTCOMES = ("named rightly", "not named", "a wrong cause", "rightly none", "equivalent formulation")
WAYS = ("whole", "masked", "chunks", "window")
FORMS = ("all gradients", "deltas")    # what the pass returns to locate
PLACE = ", in "                        # where a sum is wrong: deltas alone cannot tell


class Answer(NamedTuple):
    """What locate said of a mutant, and what is so."""

    outcome: str
    form: str
    mutant: mutants.Mutant
    label: str | None
    said: object      # a Location


def answers(case, form):
    """Yield locate's Answer about a case at a designed point, if what the pass returns is wrong there."""
    way = next((way for way in WAYS if way in case.ways), None)
    if case.kind != "wrong" or case.mutant.side == "forward" or way is None:
        return
    name, these = trials.driver(case.mutant), trials.passes(case.mutant)
    rule = labels.cause_of(case.mutant)
    label = rule and rule[1]
    (point,) = trials.designed(name, [0])
    pass_, mask = shown(these, way, form), mask_of(way, point)
    said = gradcheck.locate(these.cell, point.p, point.xs, point.state, point.dhs, pass_, mask=mask)
    if not said.ok:
        yield Answer(_outcome(said.cause, label, pass_, name, way, form), form, case.mutant, label, said)


def _outcome(named, label, pass_, name, way, form):
    if form == "deltas" and label:
        label = label.split(PLACE)[0]
    fitting = fits(pass_, name, way)
    if named is None:
        return "not named" if label or fitting else "rightly none"
    if not (any(text.startswith(named) for text in fitting) or "in place" in named):
        return "a wrong cause"
    if label is None:
        return "a wrong cause" if "in place" in named else "equivalent formulation"
    return "named rightly" if label in named else "a wrong cause"


def mask_of(way, point):
    return point.mask if way == "masked" else None


def shown(these, way, form):
    """Return the backward pass as locate is given it: it returns a Gradient, or the deltas alone."""
    if form == "all gradients":
        return trials.backward_of(these, way)
    return lambda cell, p, trace, dhs: these.bptt_back.deltas(
        these.cell_back, p, trace, dhs, **trials.WAYS[way](len(dhs)))[0]


@functools.cache
def elsewhere(name, way):
    """Return three other points, with their traces and the numbers of every change of the list."""
    found, cell = [], mutants.CELLS[name]
    for point in trials.designed(name, range(101, 104)):
        trace = bptt.forward(cell, point.p, point.xs, point.state, mask_of(way, point))
        right = locating._numerical(cell, trace.p, trace, point.dhs).numbers
        here = editable.Point(cell, trace.p, trace, point.dhs, right)
        found.append((point, trace, here.G, changes.listed(here)))
    return found


def fits(pass_, name, way):
    """Return the texts of the changes that give this pass's numbers at all three other points."""
    left = None
    for point, trace, G, listed in elsewhere(name, way):
        cell = mutants.CELLS[name]
        with np.errstate(all="ignore"):
            result = pass_(cell, point.p, trace, point.dhs.copy())
        numbers = given.by_name(cell, point.p, result, trace.zs.shape)
        if isinstance(numbers, str) or not all(np.isfinite(a).all() for a in numbers.values()):
            return set()
        probes = editable.probes(numbers)
        fit = {text for text, n, shows in listed
               if shows and editable.likely(probes, n) and editable.agree(numbers, n, G)}
        left = fit if left is None else left & fit
    return left
