"""How good is our check of a gradient? Wrong passes, made from our own code by operators, and right ones.

    python benchmarks/mutation.py             every figure
    python benchmarks/mutation.py --every 10  every tenth mutant
"""

import argparse
import collections
import functools
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
sys.path[:0] = [str(Path(__file__).resolve().parents[k]) for k in (0, 1)]

import causes  # noqa: E402
import mutants  # noqa: E402
import numpy as np  # noqa: E402
import rules  # noqa: E402
import trials  # noqa: E402
import written  # noqa: E402

from rnnlib.gradcheck.judging import COMPLEX_TOLERANCE as TOLERANCE  # noqa: E402

NAMES = ("ours, complex step", *rules.RULES)
KINDS = ("wrong", "another network", "equivalent", "stops")
PLACES = {"designed": trials.designed, "generic": trials.generic, "degenerate": trials.degenerate,
          "small": trials.small}


class Case(NamedTuple):
    """A mutant, what it is, and the ways in which it is wrong."""

    mutant: mutants.Mutant
    kind: str
    ways: tuple


def chosen(every=1, first=0):
    """Return every so many-th mutant, judged."""
    return _judged([m for module in mutants.FUNCTIONS for m in mutants.mutants(module)][first::every])


def by_hand(every=1, first=0):
    """Return every so many-th mistake that no operator makes, judged."""
    return _judged([*written.causes()][first::every])


def _judged(some):
    standard = trials.Standard()
    return [Case(m, *standard.judge(m)) for m in some]


@functools.cache
def points(place, name):
    """Return the points of one place for one cell."""
    return PLACES[place](name)


@functools.cache
def known_slopes(place, name, k, way):
    """Return the central differences of the right loss as a function of eps; each is computed once."""
    here = functools.partial(rules.central, trials.right_passes(name), way, points(place, name)[k])
    return functools.cache(here)


def tried(cases):
    """Return {place: {check: [rejected?]}} of all wrong mutants, and what ours let through.

    At designed points every mutant is tried in every way in which it is wrong; of the other points it
    meets two by turns, in the first of these ways.
    """
    said = {place: {name: [] for name in NAMES} for place in PLACES}
    missed = []
    for number, case in enumerate(c for c in cases if c.kind == "wrong"):
        these, name = trials.passes(case.mutant), trials.driver(case.mutant)
        for place in PLACES:
            n = len(points(place, name))
            some = range(n) if place == "designed" else {number % n, (number + 3) % n}
            for way in case.ways if place == "designed" else case.ways[:1]:
                for k in some:
                    point = points(place, name)[k]
                    slopes = known_slopes(place, name, k, way) if case.mutant.side == "backward" else None
                    verdicts = [rules.ours(these, way, point)]
                    if place != "designed" or way == case.ways[0]:
                        verdicts += rules.others(these, way, point, slopes)
                    for check, verdict in zip(NAMES, verdicts):
                        said[place][check].append(verdict)
                    if not verdicts[0]:
                        missed.append((place, k, way, case.mutant, apart(these, name, way, point)))
    return said, missed


def apart(these, name, way, point):
    """Return how far a mutant's numbers at this point are from those of the original."""
    found = trials.quiet(trials.numbers, these, way, point)
    right = trials.numbers(trials.right_passes(name), way, point.copy())
    return np.inf if found is None else trials.apart(found, right)


def right_ones(n=500, seed=0, rules_too=True):
    """Return {check: [rejected?]} for n right passes: any cell, sizes, batch axes, mask, scale and way."""
    checks = (NAMES[0], "ours, central differences", *(rules.RULES if rules_too else ()))
    said = {name: [] for name in checks}
    for k in range(n):
        rng = np.random.default_rng([seed, k])
        name = list(mutants.CELLS)[k % 4]
        cell, (T, D, H) = mutants.CELLS[name], rng.integers(1, 6, 3)
        batch = tuple(int(b) for b in rng.integers(1, 5, rng.integers(0, 3)))
        p = cell.Params(*(rng.uniform(0.01, 1.5) * rng.normal(size=s) for s in cell.shapes(D, H)))
        state = tuple(rng.integers(0, 2) * rng.uniform(-0.9, 0.9, (*batch, H)) for _ in cell.STATES)
        scale = 10.0 ** rng.uniform(-2, 2)
        xs, dhs = rng.normal(size=(T, *batch, D)), scale * rng.normal(size=(T, *batch, H))
        point = trials.Point(p, xs, state, dhs, rng.random((T, *batch)) < 0.7)
        way = list(trials.WAYS)[k // 4 % len(trials.WAYS)]
        these = trials.right_passes(name)
        verdicts = [rules.ours(these, way, point, m) for m in ("complex", "central")]
        verdicts += rules.others(these, way, point) if rules_too else []
        for check, verdict in zip(checks, verdicts, strict=True):
            said[check].append(verdict)
    return said


def hard_ones(n=2000, seed=0):
    """Return {kind: [(verdicts, method)]} for n right passes where a numerical derivative is hard to take.

    Gains of W_h up to 6, T up to 200, H up to 32; saturated gates; ReLU, with padded steps at its kink;
    softsign, which is not analytic; a step that writes into a real array. By turns auto and central.
    """
    found = collections.defaultdict(list)
    for k in range(n):
        rng, kind = np.random.default_rng([seed, 7, k]), list(trials.HARD)[k % len(trials.HARD)]
        method = "central" if k // len(trials.HARD) % 4 == 3 else "auto"
        report = trials.HARD[kind](rng, method)
        found[kind].append(([v.verdict for v in report.verdicts], report.method))
    return dict(found)


def asked_of_torch(cases, n=60):
    """Return (both reject, both accept, they differ) for torch.autograd.gradcheck and its rule.

    n of the wrong mutants, each wrapped as a torch.autograd.Function, at a generic point and at one of
    small gradients. None without torch.
    """
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    wrong, said = [c for c in cases if c.kind == "wrong"], collections.Counter()
    for case in wrong[:: max(1, len(wrong) // n)]:
        these, name, way = trials.passes(case.mutant), trials.driver(case.mutant), case.ways[0]
        for point in (points("generic", name)[1], *points("small", name)):
            rule = rules.others(these, way, point)[0]
            theirs = trials.quiet(rules.torch_rejects, these, way, point)
            said["differ" if rule != (theirs is not False) else "reject" if rule else "accept"] += 1
    return said["reject"], said["accept"], said["differ"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th mutant")
    every, start = parser.parse_args().every, time.process_time()
    cases = chosen(every)
    count = collections.Counter(c.kind for c in cases)
    print(f"{len(cases)} mutants: " + ", ".join(f"{count[kind]} {kind}" for kind in KINDS))
    for case in cases:
        if case.kind == "another network":
            print(f"    another network, whose gradient is right: {case.mutant}")
    cases += (more := by_hand(every))
    count = collections.Counter(c.kind for c in more)
    print(f"{len(more)} mistakes written by hand: {count['wrong']} wrong")
    said, missed = tried(cases)
    table(said, right_ones())
    for kind, reports in hard_ones().items():
        count = collections.Counter(verdict for verdicts, _ in reports for verdict in verdicts)
        print(f"{kind:40}{len(reports):6} right passes, tensors: "
              + ", ".join(f"{count[v]} {v}" for v in ("wrong", "right", "kink", "ill-conditioned", "unseen")))
    hidden = collections.Counter(place for place, *_, distance in missed if distance <= TOLERANCE)
    print(f"\nLet through by ours because the mutant's numbers are right there to {TOLERANCE:.0e}: "
          + (", ".join(f"{n} {place}" for place, n in hidden.items()) or "none"))
    seen = [m for m in missed if m[-1] > TOLERANCE or m[0] == "designed"]
    print(f"Let through by ours in spite of numbers that are wrong there: {len(seen) or 'none'}")
    for place, k, way, mutant, distance in seen:
        print(f"    at {place} point {k} ({way}), {distance:.0e} from right: {mutant}")
    torch_said = asked_of_torch(cases)
    if torch_said:
        print("torch.autograd.gradcheck itself beside its rule: "
              "both reject {} times, both accept {}, they differ {}".format(*torch_said))
    causes_named([answer for form in causes.FORMS for case in cases for answer in causes.answers(case, form)])
    print(f"\n{time.process_time() - start:.0f} s of processor time")


def table(said, right):
    """Print the shares rejected: of wrong mutants by place, and of right passes."""
    share = lambda found: f"{100 * np.mean(found):.2f} %" if found else ""
    print(f"\n{'rejected':40}" + "".join(f"{place:>12}" for place in PLACES) + f"{'right ones':>12}")
    for name in (NAMES[0], "ours, central differences", *NAMES[1:]):
        print(f"{name:40}" + "".join(f"{share(said[place].get(name)):>12}" for place in PLACES)
              + f"{share(right[name]):>12}")
    for text, name in (("of (ours)", NAMES[0]), ("of (the others)", NAMES[1])):
        pairs = [*(len(said[place][name]) for place in PLACES), len(right[name])]
        print(f"{text:40}" + "".join(f"{n:12}" for n in pairs))


def causes_named(found):
    """Print how locate answered, and each answer once that is wrong, missing or another formulation."""
    for form in causes.FORMS:
        title = f"locate, of passes that return {form}"
        print(f"\n{title:42}" + "".join(f"{o:>24}" for o in causes.OUTCOMES))
        count = collections.Counter((way_of(a), a.outcome) for a in found if a.form == form)
        for way in [*dict.fromkeys(way for way, _ in count)]:
            print(f"{way:42}" + "".join(f"{count[way, o]:24}" for o in causes.OUTCOMES))
        print(f"{'all':42}" + "".join(f"{sum(n for (_, p), n in count.items() if p == o):24}"
                                      for o in causes.OUTCOMES))
    for line in dict.fromkeys(
        f"    {a.outcome} ({a.form}): {a.mutant}\n        {a.said.cause or a.said.sentence}"
        for a in found if a.outcome not in ("named rightly", "rightly none")
    ):
        print(line)


def way_of(answer):
    """Return where locate was asked: a cell, and what the pass takes besides."""
    takes = {"whole": "no mask", "masked": "a mask", "dlast": "dlast"}
    return f"{answer.cell}, {takes.get(answer.way, 'chunks or a window')}"


if __name__ == "__main__":
    main()
