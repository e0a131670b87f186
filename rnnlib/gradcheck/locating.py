"""Where is a backward pass wrong, and which single change would explain it?

    numerical deltas   dL/dz_t by a complex step: each z_t, step by step and gate by gate, is perturbed
    where              the learner's numbers held against them: relative error per step and gate
    why                the classical mistakes, one at a time, made in a right pass: the one that
                       reproduces the learner's numbers to rounding is the cause

Nothing is guessed: where no change, or more than one, gives these numbers, that is what it says.
"""

import html
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .. import bptt, doors, trees
from ..doors import checks
from . import changes, guard
from .asking import Asked
from .checking import ENTRIES
from .editable import GATES, SAME, Point, agree, by_step, d_name, likely, probes, same
from .given import called, own_pass
from .hints import NONE, hint
from .judging import CENTRAL_TOLERANCE, COMPLEX_TOLERANCE, SMALL, Judge
from .lines import COMPLEX_EPS, ROUNDING, Line, checked_eps, leaves_of, value_of
from .numerical import chosen
from .patterns import notes, of_gates
from .precision import is_single
from .recurrent import (
    blind_spots,
    checked_dhs,
    checked_double,
    checked_places,
    last_injections,
    stacked_loss,
    unseen_states,
)
from .report import Report, Verdict, step_table
from .sentences import listed, said_right, said_where

RIGHT = COMPLEX_TOLERANCE                # relative
OTHER = ("the second call gives other numbers than the first: something is kept between calls, or drawn anew "
         "at each, as a dropout mask is")
SINGLE = 1e-8, 1e-6                      # off by no less and no more: float32 somewhere would do it; by
                                         # less, float64 would, where numbers nearly cancel


@dataclass(frozen=True)
class Location:
    """What is wrong, from where on, and why."""

    sentence: str
    errors: np.ndarray | None = None  # (T, G): relative error of the deltas by step and gate
    cause: str | None = None          # the one change that reproduces the numbers
    report: Report | None = None      # tensor by tensor
    candidates: tuple = ()            # all changes that do; more than one: this point cannot tell
    blind: tuple = ()                 # what this point cannot see
    unseen: tuple = ()                # the changes of our list that would change no number here
    gates: tuple = ()
    where: str = ""                   # the sentence without its reason

    @property
    def ok(self):
        """True if every number is right; see `blind` for what that is worth."""
        return self.report is not None and self.report.ok and self.cause is None

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return "\n".join([self.sentence, *(f"Blind spot: {b}" for b in self.blind)])

    def _repr_html_(self):
        return self.table(repr(self))

    def table(self, said):
        """Return HTML: what is said, and under it the relative errors by gate and step."""
        text = "".join(f"<p>{html.escape(line)}</p>" for line in said.split("\n"))
        return text if self.errors is None else text + step_table(self.errors, self.gates, RIGHT)


def locate(cell, p, xs, state=None, dhs=None, backward=None, *, mask=None, dlast=None):
    """Say in one or two sentences what is wrong with a backward pass, and return the Location.

    The loss is sum(dhs * h_t), dhs (T, ..., H), ones if None; xs, state and mask as in bptt.forward,
    dlast as in check_cell.
    backward(cell, p, trace, dhs) returns the deltas (T, ..., G*H), or (deltas, dinitial), or a
    bptt.Gradient, or a Params of gradients, or a dict of any of these by name; None is the cell's own,
    through bptt. It gets copies of everything and guard.SECONDS of time, and is called twice;
    again, with other losses and fewer sequences and steps, where no change of the list explains its numbers.
    Meant for small points, such as gradcheck.designed_point.
    """
    where = "gradcheck.locate"
    checked_double(where, p)
    checked_places(where, xs, state, dhs)
    trace = bptt.forward(cell, p, xs, state, mask)
    p = trace.p
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else checked_dhs(where, dhs, trace)
    if trace.zs.size > 5 * ENTRIES:
        checks.fail(where, "xs", "a small point", f"{trace.zs.size:,} deltas", "Use designed_point.")
    doors.check_stacks(where, cell, trace)
    backward = own_pass if backward is None else backward
    if not callable(backward):
        result = " Give the function, not what it returns." * isinstance(backward, (tuple, dict, np.ndarray))
        return Location(f"A backward pass is a function; got {checks.short(backward)}.{result}")
    dlast = last_injections(where, cell, trace, dhs, dlast, backward)
    printed, again = guard.Printed(), guard.Printed()
    found = []
    for out in (printed, again):
        with guard.caught(out):
            found.append(called(cell, p, trace, dhs, backward, dlast))
    print(printed, end="")                            # what it prints is shown once
    if isinstance(found[0], str):
        return Location(found[0])
    if isinstance(found[1], str):
        return Location(f"The second call fails where the first did not: {found[1]}")
    (given, changed), (again, _) = found
    numerical = numerical_of(cell, p, trace, dhs, dlast)
    point = Point(cell, p, trace, dhs, numerical.numbers, dlast)
    point.asked = Asked(cell, p, trace, dhs, backward, dlast, given, numerical_deltas, _right_numbers)
    return judged(point, given, changed, again, numerical)


def numerical_deltas(cell, p, trace, dhs, dlast=None, method="complex", eps=None):
    """Return dL/dz_t (T, ..., G*H) of L = sum(dhs * h_t) + sum(dlast * state_T), by a complex step.

    u_t = W_x x_t + b is perturbed, which adds to z_t, for each step and unit of each gate in turn;
    sequences do not meet, so all of a batch are perturbed at once. method: also "central". eps as in check.
    """
    where = "gradcheck.numerical_deltas"
    p = doors.check_trace(where, cell, p, trace, ["step"])
    dhs = checked_dhs(where, dhs, trace)
    dlast = None if dlast is None else doors.checked_states(where, "dlast", cell, dlast, trace)
    checks.one_of(where, "method", method, ("complex", "central"))
    return _numerical_deltas(cell, p, trace, dhs, dlast, method, checked_eps(where, method, eps, 1.0))


def _numerical_deltas(cell, p, trace, dhs, dlast, method, eps):
    us, found = trace.xs @ p.W_x.T + p.b, np.zeros_like(trace.zs)
    (T, width), batch = (len(us), us.shape[-1]), us.shape[1:-1]

    def losses(s, step):                              # what is perturbed at step s acts from there on
        nudge = step * np.eye(width).reshape(width, *(1 for _ in batch), width)
        state, total = tuple(a[s] for a in trace.states), 0
        for t in range(s, T):
            before = state
            state, _ = cell.step(p, us[t] + (nudge if t == s else 0 * nudge), state)
            if trace.mask is not None:
                keep = trace.mask[t][..., None]
                state = tuple(np.where(keep, a, b) for a, b in zip(state, before, strict=True))
            total = total + (dhs[t] * state[0]).sum(axis=-1)
        for d, a in zip(dlast or (), state):
            total = total + (d * a).sum(axis=-1)
        return np.moveaxis(np.broadcast_to(total, (width, *batch)), 0, -1)

    with checks.allow_complex():
        for s in range(T):
            if method == "complex":
                found[s] = losses(s, 1j * eps).imag / eps
            else:
                found[s] = (losses(s, eps) - losses(s, -eps)) / (2 * eps)
    return found


class _Numerical(NamedTuple):
    """Numerical derivatives by name, how they were taken, and how far they are to be trusted."""

    numbers: dict
    method: str
    eps: float
    tolerance: float
    floor: float
    line: Line
    notes: tuple


def numerical_of(cell, p, trace, dhs, dlast=None):
    """Return every numerical derivative: of delta, the parameters, xs and the initial state."""
    where, starts = "gradcheck.locate", {
        f"{s}0": a[0].copy() for s, a in zip(cell.STATES, trace.states, strict=True)}
    inputs, loss = {"p": p, "xs": trace.xs, **starts}, stacked_loss(cell, dhs, trace.mask, dlast)
    leaves, value = leaves_of(where, inputs), value_of(where, loss, inputs, True)
    line = Line(where, loss, inputs, leaves, True)
    method, eps, notes = chosen(line, "auto", None, value)
    slopes = trees.split(line.slopes(np.eye(line.x.size), method, eps)[None], leaves)
    delta = _numerical_deltas(cell, p, trace, dhs, dlast, method, eps)
    central = method == "central"
    floor = 4 * ROUNDING * max(abs(value), 1) / eps if central else 0.0
    return _Numerical({"delta": delta, **{name: a[0] for name, a in slopes.items()}}, method, eps,
                      CENTRAL_TOLERANCE if central else RIGHT, floor, line, notes)


def _right_numbers(cell, *at):
    """Return the right numbers by name, their tolerance and floor: by our own pass where the cell is ours."""
    if any(cell is ours for ours in GATES):            # it need not be hashable
        return own_pass(cell, *at), RIGHT, 0.0
    found = numerical_of(cell, *at)
    return found.numbers, found.tolerance, found.floor


def judged(point, given, changed, again, numerical=None):
    """Return the Location of the learner's numbers."""
    numerical = numerical or _Numerical(point.right, "complex", COMPLEX_EPS, RIGHT, 0.0, None, ())
    doubts = _reference(point, numerical)
    right, G = point.right, point.G
    misshapen = [n for n, a in given.items() if a.shape != right[n].shape]
    errors = None
    if "delta" in given and "delta" not in misshapen:
        errors = by_step(given["delta"], right["delta"], G, point.floor)
    verdicts = [_verdict(n, a, right[n], errors, point, doubts) for n, a in given.items()]
    title = "complex step" if numerical.method == "complex" else "central differences"
    report = Report(f"{title}, eps={numerical.eps:.0e}", tuple(verdicts), numerical.notes)
    wrong = [n for n, v in zip(given, verdicts) if v.verdict == "wrong"]
    found, unseen = _explained(point, given, bool(wrong))
    if not found and (single := [d_name(n) for n in wrong if is_single(given[n])]):
        have = "has" if len(single) == 1 else "have"
        return Location(f"{listed(single)} {have} no more digits than float32 keeps: compute in float64, as "
                        "ten digits are compared.")
    aliased = _aliasing(point, given, changed, again)
    if aliased == OTHER:
        point.asked = None                            # what more calls give, chance may give
    rounded = "" if found or not wrong else _as_rounded(point, given, misshapen, wrong)
    as_it_is = {"not certified": "float32", "right to": "right"}
    verdict = next((v for begin, v in as_it_is.items() if rounded.startswith(begin)), None)
    if verdict:
        verdicts = [replace(v, verdict=verdict, note=rounded) if v.verdict == "wrong" else v
                    for v in verdicts]
        report, wrong = replace(report, verdicts=tuple(verdicts)), []
    of_point = blind_spots(point.p, point.trace, point.dhs)
    blind = *of_point, *unseen_states(point.cell, point.dlast)
    base = {"errors": errors, "report": report, "blind": blind, "unseen": unseen, "gates": point.gates}
    if not wrong:
        seen = said_right(point, given, report, of_point, unseen)
        if aliased:
            return Location(f"{seen} But {aliased}.", cause=aliased, candidates=(aliased,), **base)
        return Location(seen, **base)
    texts = tuple(sorted(found, key=lambda text: "are left zero" not in text))     # where all are, first
    cause = texts[0] if len(texts) == 1 else None
    where = said_where(point, given, misshapen, errors, wrong, found.get(cause))
    besides = f" Besides, {aliased}." if aliased else ""
    if aliased == OTHER and not texts:
        return Location(f"{where} {aliased[0].upper()}{aliased[1:]}. Begin there.", where=where, **base)
    if cause:
        why = f" One change explains every number: {cause}."
    elif texts:
        some, more = "; or ".join(texts[:3]), f" (or {len(texts) - 3} more)" if len(texts) > 3 else ""
        why = f" At this point {len(texts)} changes give the same numbers: {some}{more}."
    else:
        why = f"{NONE}. {rounded}" if rounded else hint(point, given, errors, wrong)
        why += _patterns(point, {n: a for n, a in given.items() if n not in misshapen}, wrong)
    return Location(where + why + besides, cause=cause, candidates=texts, where=where, **base)


def _patterns(point, fitting, wrong):
    """Say what the wrong gradients that fit in shape are instead, or in which gates they are off."""
    names = [n for n in wrong if n in fitting and n != "delta"]
    values = {**point.own._asdict(), "xs": point.trace.xs}
    values |= {f"{s}0": a[0] for s, a in zip(point.cell.STATES, point.trace.states)}
    numbers = {n: point.right[n] for n in fitting}
    said = notes(names, fitting, numbers, values, d_name, point.tolerance == RIGHT)
    said += of_gates(point, names, fitting, numbers)
    return "".join(f" {note}" for note in said)


def _reference(point, numerical):
    """Set what point holds numbers against, and return {name: Verdict} where that cannot be confirmed.

    A pass of our formulas, or of the cell's own, that the numerical derivatives do not contradict is
    taken in their place: it has all its digits where they have few.
    """
    point.tolerance, point.floor = numerical.tolerance, numerical.floor
    try:
        trusted = point.theirs(point.parts(*point.passed()))
        fits = agree(trusted, point.right, point.G, max(SAME, point.tolerance), point.floor)
    except Exception:                                 # an own cell that lacks a right pass
        return {}
    doubts = {}
    if not fits:
        found = _second_opinion(numerical, trusted) if numerical.line else [None]
        if None in found:
            return {}
        doubts = {} if point.kind else {v.name.removeprefix("d"): v for v in found}     # ours are known
        if doubts:
            doubts["delta"] = next(iter(doubts.values()))
    point.right, point.tolerance, point.floor = trusted, RIGHT, 0.0
    return doubts


def _second_opinion(numerical, trusted):
    """Return the Verdicts that are neither right nor wrong; None stands for one that is wrong."""
    line, first, found = numerical.line, 0, []
    judge = Judge(line, numerical.method, numerical.eps, numerical.floor or 1e-270, True)
    for name, leaf in line.leaves.items():
        rows = np.eye(line.x.size)[first : first + leaf.size]
        first += leaf.size
        exact, numeric = trusted[name].ravel(), numerical.numbers[name].ravel()
        verdict = judge.verdict(name, leaf.shape, rows, exact, numeric)
        if verdict.verdict in ("wrong", "kink", "ill-conditioned"):
            found.append(None if verdict.verdict == "wrong" else verdict)
    return found


def _verdict(name, a, n, errors, point, doubts):
    """Return the Verdict of one tensor; deltas and xs are held against the numbers step by step."""
    if a.shape != n.shape:
        numbers = (float("inf"), None, float("nan"), float("nan"))
        return Verdict(d_name(name), a.shape, "wrong", *numbers, f"expected shape {n.shape}.")
    apart, scale = np.abs(a - n), max(np.abs(a).max(initial=0), np.abs(n).max(initial=0))
    if name == "delta":
        right = bool((errors <= point.tolerance).all())
    elif name == "xs":
        right = bool((by_step(a, n, 1, point.floor) <= point.tolerance).all())
    else:
        right = bool(apart.max(initial=0) <= point.tolerance * scale + point.floor)
    shown = int(np.abs(n).argmax() if right else apart.argmax())
    index = tuple(int(i) for i in np.unravel_index(shown, n.shape))
    error = float(apart.max() / scale) if scale > 0 else 0.0
    numbers = (error, index, float(a[index]), float(n[index]))
    if scale <= 1e-270:
        note = "this point cannot see mistakes here; it is all zero."
        return Verdict(d_name(name), n.shape, "unseen", *numbers, note)
    if name in doubts:
        return Verdict(d_name(name), n.shape, doubts[name].verdict, *numbers, doubts[name].note)
    return Verdict(d_name(name), n.shape, "right" if right else "wrong", *numbers)


def _as_rounded(point, given, misshapen, wrong):
    """Return the note for numbers that are off as by rounding, in float32 or float16, or ""."""
    if misshapen or not all(point.right[n].any() for n in wrong):
        return ""
    G = {"delta": point.G, "xs": 1}
    off = [by_step(given[n], point.right[n], G[n], point.floor) if n in G
           else np.abs(given[n] - point.right[n]) / np.abs(point.right[n]).max() for n in wrong]
    largest = max(float(np.max(a)) for a in off)
    single, N = largest <= SINGLE[1], int(-np.log10(largest))
    if largest > SMALL or not point.asked:
        return ""
    if not point.asked.scatters(wrong, point.right, 1e-5 if single else 1e-3):
        return ""
    if largest < SINGLE[0]:
        return (f"right to {N} digits: at points beside this one what is off is other numbers, as where "
                "something is rounded.")
    said = (f"the two agree to {N} digits, and at points beside this one they differ by other numbers, as "
            f"where something is rounded, or computed in float{16 if N < 5 else 32}.")
    return f"not certified: {said} Use float64 for a check." if single else said[0].upper() + said[1:]


def _explained(point, given, wrong):
    """Return {text: numbers} of the changes that give these numbers, and the texts of those unseen here."""
    read = point.turn is not None or point.cell is not point.kind      # in another order, or convention
    if point.kind and read and not _has_right_pass(point):
        return {}, ()                                 # it has the states of ours by chance
    if not point.kind:
        if not _has_right_pass(point) and not (wrong and _can_measure(point) and _has_right_pass(point)):
            return {}, ()                             # without a right pass there is nothing to change
    found, blind, seen = {}, {}, set()
    largest = probes(given)
    wrong = wrong and not agree(given, point.right, point.G)
    for text, numbers, shows in changes.listed(point):
        if not shows:
            blind[text] = None
            continue
        seen.add(text)
        if wrong and text not in found and likely(largest, numbers) and agree(given, numbers, point.G):
            found[text] = numbers
    return _merged(found), tuple(text for text in blind if text not in seen)


def _can_measure(point):
    """Let the passes measure each step, if the cell takes that."""
    try:
        point.measure()
    except Exception:
        return False
    return True


def _has_right_pass(point):
    """True if the pass that changes are made in is right."""
    try:
        return agree(point.theirs(point.parts(*point.passed())), point.right, point.G)
    except Exception:
        return False


def _merged(found):
    """Leave out the place of a change where what was given cannot tell one place from another."""
    simple = {t: n for t, n in found.items() if changes.BOTH not in t}
    found, plain, merged = simple or found, {}, {}
    found = {t: n for t, n in found.items() if t.rpartition(", ")[0] not in found}     # less explains it
    for text in found:
        stem, _, place = text.rpartition(", ")
        if place in ("everywhere", "in delta", "in all parameters") or place.startswith("in d"):
            plain.setdefault(stem, []).append(text)
    for text, numbers in found.items():
        stem = text.rpartition(", ")[0]
        together = plain.get(stem, ())
        merged.setdefault(stem if len(together) > 1 and text in together else text, numbers)
    return merged


def _aliasing(point, given, changed, again):
    """Return the clause that says what a call changes, or that a second one differs."""
    if changed:
        return f"the pass changes {listed(changed)} in place, which a second call would find"
    if all(np.array_equal(a, again[n]) for n, a in given.items() if n in again) and set(again) == set(given):
        return ""
    sums = all(n in again and again[n].shape == a.shape and same(again[n], a + point.right[n])
               for n, a in given.items() if a.shape == point.right[n].shape and n in point.p._fields)
    if sums and any(n in point.p._fields for n in given):
        return "the second call adds its gradients to those of the first: they are never reset"
    return OTHER


