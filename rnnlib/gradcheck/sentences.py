"""What is right or wrong, from which step on and in which gates, in one sentence."""

import numpy as np

from .editable import by_step, d_name, same
from .judging import COMPLEX_TOLERANCE as RIGHT


def said_right(point, given, report, blind, unseen):
    """Say that nothing is wrong, and what of it this point cannot tell."""
    what = ", ".join(d_name(n) for n in given)
    dead = [v.name for v in report.verdicts if v.verdict == "unseen"]
    if dead:
        verb = "is" if len(dead) == 1 else "are"
        return f"Nothing wrong to be seen, but {listed(dead)} {verb} all zero here: this point cannot tell."
    open_ = [v for v in report.verdicts if v.verdict in ("kink", "ill-conditioned", "float32")]
    if open_:
        names = listed([v.name for v in open_])
        if open_[0].verdict == "float32":
            return f"{names} cannot be judged: {open_[0].note}"
        return f"Nothing wrong to be seen, but {names} cannot be judged here: {open_[0].note}"
    steps = f"{point.T} step{'s' * (point.T > 1)}"
    gates = f", {point.G} gates" if point.G > 1 else ""
    near = {v.note: [w.name for w in report.verdicts if w.note == v.note] for v in report.verdicts if v.note}
    nearly = "".join(f" {listed(names)} {'is' if len(names) == 1 else 'are'} {note}"
                     for note, names in near.items())
    if blind:
        return f"Right as far as this point can see: {what} ({steps}{gates}).{nearly}"
    if unseen:
        return f"Right: {what} ({steps}{gates}); not seen here: {'; '.join(unseen[:3])}.{nearly}"
    return f"Right: {what} ({steps}{gates}).{nearly}"


def said_where(point, given, misshapen, errors, wrong, numbers):
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
    said = f"{listed(names)} {'is' if len(names) == 1 else 'are'} wrong"
    if errors is not None:
        return f"The deltas are right, but {said}{_rows(point, given, wrong)}."
    if "xs" in wrong and not set(point.p._fields) <= set(given) - set(wrong):
        bad = by_step(given["xs"], point.right["xs"], 1, point.floor) > point.tolerance
        return f"{said}; by dxs, the deltas are {_steps(bad, ('',))}."
    if "xs" in given and "xs" not in wrong:
        rows = _rows(point, given, wrong)
        return f"{said}{rows}; dxs is right, and so, as far as it shows, are the deltas."
    if numbers is not None and numbers["delta"].shape == point.right["delta"].shape:
        bad = by_step(numbers["delta"], point.right["delta"], point.G) > point.tolerance
        if bad.any():
            return f"{said}; the deltas that give this are {_steps(bad, point.gates)}."
    rest = [d_name(n) for n in given if n not in wrong]
    tail = f"; {listed(rest)} {'is' if len(rest) == 1 else 'are'} right" if rest else ""
    return f"{said}{_rows(point, given, wrong)}{tail}."


def _rows(point, given, wrong):
    """Name the gate whose rows are wrong, if it is one tensor and not all of its gates."""
    if len(wrong) != 1 or point.G == 1 or wrong[0] not in ("W_x", "W_h", "b"):
        return ""
    a, n = (np.split(x, point.G) for x in (given[wrong[0]], point.right[wrong[0]]))
    bad = [g for g, x, y in zip(point.gates, a, n) if not same(x, y, RIGHT)]
    return f", in the rows of {of_gate(bad)}" if len(bad) < point.G else ""


def _factor(a, n):
    """Return the factor between a and n if there is one for all entries, else None."""
    square = float((n * n).sum())
    factor = float((a * n).sum()) / square if square > 0 else 0.0
    plain = factor and abs(factor - 1) > 1e-4 and a.size > 1         # "1 times" says nothing
    return factor if plain and same(a, factor * n) else None


def _steps(bad, gates):
    """Say at which steps and in which gates; bad (T, G) of bools."""
    T, at = len(bad), [int(t) + 1 for t in np.flatnonzero(bad.any(axis=1))]
    which = [g for g, b in zip(gates, bad.any(axis=0)) if b]
    of = "" if len(gates) == 1 else ", in all gates" if len(which) == len(gates) else (
        f", in gate {which[0]}" if len(which) == 1 else f", in gates {listed(which)}")
    top = max(at)
    if at == list(range(1, T + 1)):
        return f"wrong at every step{of}" if T > 1 else f"wrong at step 1, the only one{of}"
    if at == [1]:
        return f"wrong at step 1 only{of}"
    if at == list(range(1, top + 1)):
        to = "and" if top == T - 2 else "to"
        right = f"step {T}" if top == T - 1 else f"steps {top + 1} {to} {T}"
        return f"right at {right}, wrong from step {top} back{of}"
    return f"wrong at step{'s' * (len(at) > 1)} {listed([str(t) for t in at])}{of}, right elsewhere"


def listed(names):
    """Return names as a sentence has them: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_gate(gates):
    """Return the names of gates, which are numbers where the cell is not ours."""
    return f"gate{'s' * (len(gates) > 1)} {listed(gates)}" if gates[0].isdigit() else listed(gates)
