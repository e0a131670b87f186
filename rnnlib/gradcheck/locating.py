"""Where is a backward pass wrong, and which single change would explain it?

    numerical deltas   dL/dz_t by a complex step: each z_t, step by step and gate by gate, is perturbed
    where              the learner's numbers held against them: relative error per step and gate
    why                the classical mistakes, one at a time, made in a right pass: the one that
                       reproduces the learner's numbers to rounding is the cause

Nothing is guessed: where no change, or more than one, gives these numbers, that is what it says.
"""

import contextlib
import functools
import html
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import bptt, doors, trees
from ..doors import checks
from . import changes, guard
from .checking import ENTRIES
from .editable import SAME, Point, agree, by_step, d_name, likely, probes, same
from .judging import CENTRAL_TOLERANCE, COMPLEX_TOLERANCE, Judge
from .lines import COMPLEX_EPS, ROUNDING, Line, leaves_of, value_of
from .numerical import chosen
from .recurrent import blind_spots, last_injections, stacked_loss, unseen_states
from .report import Report, Verdict, step_table

RIGHT = COMPLEX_TOLERANCE                # relative


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
    through bptt. It gets copies of everything and guard.SECONDS of time, and is called twice.
    Meant for small points, such as gradcheck.designed_point.
    """
    where = "gradcheck.locate"
    trace = bptt.forward(cell, p, xs, state, mask)
    p = trace.p
    if p.W_x.dtype != np.float64:
        hint = "In float32 every right gradient would look wrong."
        checks.fail(where, "p", "of float64", str(p.W_x.dtype), hint, TypeError)
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else checks.number(where, "dhs", dhs, np.float64)
    checks.shape(where, "dhs", dhs, trace.hs[1:].shape, "as the states h_1 .. h_T")
    if trace.zs.size > 5 * ENTRIES:
        checks.fail(where, "xs", "a small point", f"{trace.zs.size:,} deltas", "Use designed_point.")
    doors.check_stacks(where, cell, trace)
    backward = _own if backward is None else backward
    if not callable(backward):
        return Location(f"A backward pass is a function; got {checks.short(backward)}.")
    dlast = last_injections(where, cell, trace, dhs, dlast, backward)
    printed, again = guard.Printed(), guard.Printed()
    found = []
    for out in (printed, again):
        with contextlib.redirect_stdout(out):
            found.append(_call(cell, p, trace, dhs, backward, dlast))
    print(printed, end="")                            # what it prints is shown once
    if isinstance(found[0], str):
        return Location(found[0])
    if isinstance(found[1], str):
        return Location(f"The second call fails where the first did not: {found[1]}")
    (given, changed), (again, _) = found
    numerical = _numerical(cell, p, trace, dhs, dlast)
    point = Point(cell, p, trace, dhs, numerical.numbers, dlast)
    return _judge(point, given, changed, again, numerical)


def _own(cell, p, trace, dhs, dlast=None):
    """Return what bptt makes of the cell's step_backward and gradient: deltas and all gradients, by name."""
    delta, past, *handed = bptt.deltas(cell, p, trace, dhs, dlast=dlast)
    found = bptt.gradient(cell, p, trace, delta, past, *handed)
    starts = {f"{s}0": d for s, d in zip(cell.STATES, past, strict=True)}
    return {"delta": delta, **found.params._asdict(), "xs": found.xs, **starts}


def numerical_deltas(cell, p, trace, dhs, dlast=None, method="complex", eps=COMPLEX_EPS):
    """Return dL/dz_t (T, ..., G*H) of L = sum(dhs * h_t) + sum(dlast * state_T), by a complex step.

    u_t = W_x x_t + b is perturbed, which adds to z_t, for each step and unit of each gate in turn;
    sequences do not meet, so all of a batch are perturbed at once. method: also "central".
    """
    us, found = trace.xs @ p.W_x.T + p.b, np.zeros_like(trace.zs)
    (T, width), batch = (len(us), us.shape[-1]), us.shape[1:-1]

    def losses(s, step):                              # what is perturbed at step s acts from there on
        nudge = step * np.eye(width).reshape(width, *(1 for _ in batch), width)
        state, total = tuple(a[s] for a in trace.states), 0
        for t in range(s, T):
            before = state
            state, _ = cell.step(p, us[t] + nudge if t == s else us[t], state)
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


def _numerical(cell, p, trace, dhs, dlast=None):
    """Return every numerical derivative: of delta, the parameters, xs and the initial state."""
    where, starts = "gradcheck.locate", {
        f"{s}0": a[0].copy() for s, a in zip(cell.STATES, trace.states, strict=True)}
    inputs, loss = {"p": p, "xs": trace.xs, **starts}, stacked_loss(cell, dhs, trace.mask, dlast)
    leaves, value = leaves_of(where, inputs), value_of(where, loss, inputs, True)
    line = Line(where, loss, inputs, leaves, True)
    method, eps, notes = chosen(line, "auto", None, value)
    slopes = trees.split(line.slopes(np.eye(line.x.size), method, eps)[None], leaves)
    delta = numerical_deltas(cell, p, trace, dhs, dlast, method, eps)
    central = method == "central"
    floor = 4 * ROUNDING * max(abs(value), 1) / eps if central else 0.0
    return _Numerical({"delta": delta, **{name: a[0] for name, a in slopes.items()}}, method, eps,
                      CENTRAL_TOLERANCE if central else RIGHT, floor, line, notes)


# The learner's numbers

def _call(cell, p, trace, dhs, backward, dlast=None):
    """Return the learner's numbers by name and the inputs that were changed, or a sentence."""
    own = p._make(w.copy() for w in p)
    fresh = [tuple(s.copy() for s in trace.states), trace.kept._make(k.copy() for k in trace.kept)]
    copies = bptt.Trace(trace.xs.copy(), *fresh, trace.mask, own)
    given = dhs.copy()
    last = None if dlast is None else tuple(d.copy() for d in dlast)
    call = backward if last is None else functools.partial(backward, dlast=last)
    result, error = guard.within(guard.SECONDS, call, (cell, own, copies, given))
    if error is not None:
        theirs = None if backward is _own else backward       # whose lines are worth naming
        return f"{guard.complaint(error, theirs, name='The backward pass')}."
    try:
        found = _by_name(cell, p, result, trace.zs.shape)
    except Exception:                                 # whatever it is, it is not one of these
        found = f"The backward pass returns {checks.short(result)}, which cannot be read."
    if isinstance(found, str):
        return found
    for name, a in found.items():
        if not isinstance(a, (np.ndarray, np.floating)) or np.asarray(a).dtype != np.float64:
            return f"{d_name(name)} must be a float64 array; got {checks.short(a)}."
        if not np.isfinite(a).all():
            wanted = {"delta": trace.zs, "xs": trace.xs, **p._asdict()}
            wanted.update({f"{s}0": b[0] for s, b in zip(cell.STATES, trace.states, strict=True)})
            if np.shape(a) != wanted[name].shape:
                return f"{d_name(name)} has shape {np.shape(a)}; expected {wanted[name].shape}."
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
            at = f" first at step {first[0] + 1}" if name in ("delta", "xs") else f" first at {list(first)}"
            return f"{d_name(name)} is not finite,{at}."
    pairs = {"dhs": (given, dhs), "xs": (copies.xs, trace.xs)}
    pairs.update({f"dlast of {s}": pair for s, *pair in zip(cell.STATES, last or (), dlast or ())})
    pairs.update({f"p.{n}": pair for n, *pair in zip(p._fields, own, p, strict=True)})
    pairs.update({f"trace.{s}s": (a, b) for s, a, b in zip(cell.STATES, copies.states, trace.states)})
    pairs.update({f"trace.{n}": pair for n, *pair in zip(trace.kept._fields, copies.kept, trace.kept)})
    changed = [n for n, (a, b) in pairs.items() if a.tobytes() != b.tobytes()]
    return {name: np.array(a) for name, a in found.items()}, changed


def _by_name(cell, p, result, shape):
    """Return what a backward pass returned as {name: array}, or the sentence that says why not."""
    starts, fields = [f"{s}0" for s in cell.STATES], p._fields
    known = ("delta", *fields, "xs", *starts)
    expected = f"deltas, (deltas, dinitial), a bptt.Gradient or Params({', '.join(fields)})"
    if result is None or result is Ellipsis:
        return f"The backward pass returns nothing; expected {expected}."
    if isinstance(result, bptt.Gradient):
        state = result.state if isinstance(result.state, tuple) else (result.state,)
        if not isinstance(result.params, tuple) or (len(result.params), len(state)) != (len(p), len(starts)):
            return f"A Gradient holds Params({', '.join(fields)}), xs and a state ({', '.join(starts)})."
        return dict(zip((*fields, "xs", *starts), (*result.params, result.xs, *state), strict=True))
    if hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, dict):
        names = {n: n if n in known else str(n).removeprefix("d") for n in result}
        odd = [n for n, short in names.items() if short not in known]
        if odd or not names:
            return f"Unknown name {odd[0]!r}; expected {', '.join(known)}." if odd else "The dict is empty."
        return {names[n]: a for n, a in result.items()}
    if isinstance(result, list) and result and all(np.shape(a) == shape[1:] for a in result):
        return {"delta": np.stack(result)}            # a list of the deltas of each step
    if isinstance(result, (tuple, list)):
        result = tuple(result)
        state = result[1] if len(result) == 2 and isinstance(result[1], (tuple, list)) else result[1:]
        if result and np.shape(result[0]) == shape and len(state) == len(starts):
            return {"delta": result[0], **dict(zip(starts, state, strict=True))}
        if len(result) == len(fields):
            return dict(zip(fields, result, strict=True))
        return f"The backward pass returns {len(result)} things; expected {expected}."
    return {"delta": result}


# The verdict

def _judge(point, given, changed, again, numerical=None):
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
    of_point = blind_spots(point.p, point.trace, point.dhs)
    blind = *of_point, *unseen_states(point.cell, point.dlast)
    aliased = _aliasing(point, given, changed, again)
    base = {"errors": errors, "report": report, "blind": blind, "unseen": unseen, "gates": point.gates}
    if not wrong:
        seen = _right(point, given, report, of_point, unseen)
        if aliased:
            return Location(f"{seen} But {aliased}.", cause=aliased, candidates=(aliased,), **base)
        return Location(seen, **base)
    texts = tuple(found)
    where = _where(point, given, misshapen, errors, wrong, found[texts[0]] if len(texts) == 1 else None)
    besides = f" Besides, {aliased}." if aliased else ""
    if len(texts) == 1:
        why, cause = f" One change explains every number: {texts[0]}.", texts[0]
    elif texts:
        listed, more = "; or ".join(texts[:3]), f" (or {len(texts) - 3} more)" if len(texts) > 3 else ""
        why, cause = f" At this point {len(texts)} changes give the same numbers: {listed}{more}.", None
    else:
        why, cause = _hint(point, errors, wrong), None
    return Location(where + why + besides, cause=cause, candidates=texts, where=where, **base)


def _reference(point, numerical):
    """Set what point holds numbers against, and return {name: Verdict} where that cannot be confirmed.

    A pass of our formulas, or of the cell's own, that the numerical derivatives do not contradict is
    taken in their place: it has all its digits where they have few.
    """
    point.tolerance, point.floor = numerical.tolerance, numerical.floor
    try:
        trusted = point.parts(*point.passed())
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


def _explained(point, given, wrong):
    """Return {text: numbers} of the changes that give these numbers, and the texts of those unseen here."""
    if not point.kind:
        try:
            trusted = agree(point.parts(*point.passed()), point.right, point.G)
        except Exception:
            trusted = False
        if not trusted:                               # without a right pass there is nothing to change
            return {}, ()
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


def _merged(found):
    """Leave out the place of a change where what was given cannot tell one place from another."""
    simple = {t: n for t, n in found.items() if changes.BOTH not in t}
    found, plain, merged = simple or found, {}, {}
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
        return f"the pass changes {_listed(changed)} in place, which a second call would find"
    if all(np.array_equal(a, again[n]) for n, a in given.items() if n in again) and set(again) == set(given):
        return ""
    sums = all(n in again and again[n].shape == a.shape and same(again[n], a + point.right[n])
               for n, a in given.items() if a.shape == point.right[n].shape and n in point.p._fields)
    if sums and any(n in point.p._fields for n in given):
        return "the second call adds its gradients to those of the first: they are never reset"
    return "the second call gives other numbers than the first: something is kept between calls"


# The sentences

def _right(point, given, report, blind, unseen):
    what = ", ".join(d_name(n) for n in given)
    dead = [v.name for v in report.verdicts if v.verdict == "unseen"]
    if dead:
        verb = "is" if len(dead) == 1 else "are"
        return f"Nothing wrong to be seen, but {_listed(dead)} {verb} all zero here: this point cannot tell."
    open_ = [v for v in report.verdicts if v.verdict in ("kink", "ill-conditioned")]
    if open_:
        names = _listed([v.name for v in open_])
        return f"Nothing wrong to be seen, but {names} cannot be judged here: {open_[0].note}"
    steps = f"{point.T} step{'s' * (point.T > 1)}"
    gates = f", {point.G} gates" if point.G > 1 else ""
    if blind:
        return f"Right as far as this point can see: {what} ({steps}{gates})."
    if unseen:
        return f"Right: {what} ({steps}{gates}); not seen here: {'; '.join(unseen[:3])}."
    return f"Right: {what} ({steps}{gates})."


def _where(point, given, misshapen, errors, wrong, numbers):
    """Say what is wrong, and from which step on."""
    if misshapen:
        name = misshapen[0]
        return f"{d_name(name)} has shape {given[name].shape}; expected {point.right[name].shape}."
    if errors is not None and (errors > point.tolerance).any():
        factor = _factor(given["delta"], point.right["delta"])
        if factor is not None:
            return f"Every delta is {factor:.4g} times what it should be."
        return f"The deltas are {_steps(errors > point.tolerance, point.gates)}."
    names = [d_name(n) for n in wrong]
    said = f"{_listed(names)} {'is' if len(names) == 1 else 'are'} wrong"
    if errors is not None:
        return f"The deltas are right, but {said}{_rows(point, given, wrong)}."
    if "xs" in wrong:
        bad = by_step(given["xs"], point.right["xs"], 1, point.floor) > point.tolerance
        return f"{said}; by dxs, the deltas are {_steps(bad, ('',))}."
    if "xs" in given:
        return f"{said}; dxs is right, and so, as far as it shows, are the deltas."
    if numbers is not None and numbers["delta"].shape == point.right["delta"].shape:
        bad = by_step(numbers["delta"], point.right["delta"], point.G) > point.tolerance
        if bad.any():
            return f"{said}; the deltas that give this are {_steps(bad, point.gates)}."
    rest = [d_name(n) for n in given if n not in wrong]
    tail = f"; {_listed(rest)} {'is' if len(rest) == 1 else 'are'} right" if rest else ""
    return f"{said}{tail}."


def _rows(point, given, wrong):
    """Name the gate whose rows are wrong, if it is one tensor and not all of its gates."""
    if len(wrong) != 1 or point.G == 1 or wrong[0] not in ("W_x", "W_h", "b"):
        return ""
    a, n = (np.split(x, point.G) for x in (given[wrong[0]], point.right[wrong[0]]))
    bad = [g for g, x, y in zip(point.gates, a, n) if not same(x, y, RIGHT)]
    return f", in the rows of {_listed(bad)}" if len(bad) < point.G else ""


def _factor(a, n):
    """Return the factor between a and n if there is one for all entries, else None."""
    square = float((n * n).sum())
    factor = float((a * n).sum()) / square if square > 0 else 0.0
    return factor if factor and same(a, factor * n) and not (a.size == 1) else None


def _steps(bad, gates):
    """Say at which steps and in which gates; bad (T, G) of bools."""
    T, at = len(bad), [int(t) + 1 for t in np.flatnonzero(bad.any(axis=1))]
    which = [g for g, b in zip(gates, bad.any(axis=0)) if b]
    of = "" if len(gates) == 1 else ", in all gates" if len(which) == len(gates) else (
        f", in gate {which[0]}" if len(which) == 1 else f", in gates {_listed(which)}")
    top = max(at)
    if at == list(range(1, T + 1)):
        return f"wrong at every step{of}" if T > 1 else f"wrong at step 1, the only one{of}"
    if at == [1]:
        return f"wrong at step 1 only{of}"
    if at == list(range(1, top + 1)):
        to = "and" if top == T - 2 else "to"
        right = f"step {T}" if top == T - 1 else f"steps {top + 1} {to} {T}"
        return f"right at {right}, wrong from step {top} back{of}"
    return f"wrong at step{'s' * (len(at) > 1)} {_listed([str(t) for t in at])}{of}, right elsewhere"


def _listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _hint(point, errors, wrong):
    """Say what the pattern tells, where no change of the list explains it; nothing it does not know."""
    none = " No single change of the list gives these numbers"
    if errors is None:
        return f"{none}."
    bad = (errors > point.tolerance).any(axis=1)
    T = len(bad)
    if not bad.any():
        return f"{none}: look at the sums that make {_listed([d_name(n) for n in wrong])} from the deltas."
    top = int(np.flatnonzero(bad).max()) + 1
    if top == T:
        names = [g for g, b in zip(point.gates, errors[-1] > point.tolerance) if b]
        some = point.G > 1 and len(names) < point.G
        what = f"the formulas of {_listed(names)}, or what is done to their deltas" if some else (
            "its formulas, and the dhs it takes")
        return f"{none}: at step {T} nothing comes back from later, so look at the step itself: {what}."
    if bad.sum() == 1 and top == 1:
        return f"{none}: look at what step 2 sends back, and at step 1, which starts from the initial state."
    if top == T - 1 and bad[:top].all():
        return f"{none}: what is carried back is wrong, or the dhs of the earlier steps."
    return f"{none}: look at what step {top + 1} sends back, and at step {top} itself."
