"""Is a gradient right? Held against a numerical derivative, and against itself.

    Taylor remainder     f(x + eps v) - f(x) - eps <g, v>       falls as eps^2 if g is right, else as eps
    dot product          <u, J v> = <J^T u, v>                  for any directions u and v

Errors are relative to the largest entry of their tensor: an absolute tolerance would accept every
vanished gradient.
"""

import contextlib
import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .. import trees
from ..doors import checks
from ..doors.checks import allow_complex
from .judging import Judge
from .lines import (
    COMPLEX_EPS,
    DIRECTIONS,
    ROUNDING,
    Line,
    checked_eps,
    function,
    leaves_of,
    put_back,
    random_directions,
    restored,
    unchanged,
    unit,
    value_of,
)
from .named import named_gradient
from .numerical import chosen, profile
from .origins import NO_FUNCTION, of_a_function, of_quotients
from .patterns import EXCEPT, along_directions, instead
from .precision import LARGE, of_single_f, of_single_gradient, of_written_gradient, works_in_single
from .report import Report
from .through import of_weights

CHECK = "abs, comparisons and real arrays lose the imaginary part. Use check, which takes differences then."
CLEAR = 1e-6         # an error of this size is not rounding
LITTLE = 1e-4        # an error that a small number in f may leave
IGNORED = ("not zero, and should be: f does not change with it here, nor far from here, nor where it is NaN. "
           "Does f use it, or another array in its place?")
ROWS = 40            # of a large tensor that are looked at one by one
ENTRIES = 2_000      # up to here every entry is perturbed; above, random directions are


class Taylor(NamedTuple):
    """Remainders by step, and the rate at which they fall: 2 if the gradient is right, 1 if not.

    Where they are rounding and nothing else there is no rate: it is NaN, and note says so.
    """

    steps: np.ndarray
    remainders: np.ndarray
    rate: float
    note: str = ""


class DotProduct(NamedTuple):
    """<u, J v> and <J^T u, v>, and their relative difference."""

    forward: float
    backward: float
    error: float


def check(f, inputs, gradient, *, method="auto", eps=None, stacked=False, rng=None):
    """Hold gradient against the numerical derivative of f at inputs, and return a Report.

    inputs: a float64 array, or a dict, tuple or NamedTuple of them (nested if you like;
    a Params among them reports W_h, and two of them p.0.W_h and p.1.W_h);
    f(inputs) -> a scalar. gradient: of the same structure, lists of numbers for arrays if you like, or
    a function of inputs that returns it, which is called twice: a second call is where aliasing shows.
    method: "complex", "central", or "auto" (complex where f turns out to be analytic). eps is the step;
    without one it is chosen by how f answers to several.
    stacked=True promises that f takes arrays with one more leading axis (n or 1) and returns n
    losses: then the perturbed copies run as one batch.
    Above ENTRIES numbers it checks random directions of each tensor instead, drawn by rng, and says so.
    """
    where = "gradcheck.check"
    leaves = leaves_of(where, inputs)
    checks.one_of(where, "method", method, ("auto", "complex", "central"))
    rng = np.random.default_rng(0) if rng is None else checks.generator(where, rng)
    checks.flag(where, "stacked", stacked)
    value = value_of(where, f, inputs, stacked)
    _deterministic(where, f, inputs, stacked, value)
    analytic = _analytic(where, gradient, inputs, leaves)
    _deterministic(where, f, inputs, stacked, value)
    line = Line(where, f, inputs, leaves, stacked)
    method, eps, notes = chosen(line, method, eps, value)
    total = line.x.size
    if total > ENTRIES:
        notes += (f"{total:,} entries: checked along {DIRECTIONS} random directions of each tensor.",)
    floor = 4 * ROUNDING * max(abs(value), 1) / eps if method == "central" else 1e-270
    entries = total <= ENTRIES
    directions = np.eye(total) if entries else random_directions(leaves, rng)
    numeric = line.slopes(directions, method, eps)
    exact = directions @ trees.flat(analytic[name] for name in leaves)

    def elsewhere(x):
        if not stacked:
            line.at(x[None])                          # gradient may go back over what f kept
        moved = trees.fill(inputs, (a[0] for a in trees.split(x[None], leaves).values()))
        found = named_gradient(where, gradient(moved), inputs, leaves)
        return trees.flat(np.asarray(found[name]) for name in leaves)

    if exact.any() and not numeric.any() and line.ignores():
        _ignores(where, value)
    judge = Judge(line, method, eps, floor, entries, elsewhere if callable(gradient) else None)
    verdicts = _with_what_f_ignores(_verdicts(judge, analytic, directions, exact, numeric), line)
    if method == "complex" and line.kinked:
        verdicts = _with_kinks(verdicts, analytic, line)
    if {v.verdict for v in verdicts} & {"wrong", "ill-conditioned"}:
        line.refuse_stairs()
    if entries:
        verdicts = _with_quotients(verdicts, leaves, exact, numeric, line)
        verdicts = _with_what_it_is(verdicts, leaves, analytic, numeric, method == "complex")
    wrong = [v.note for v in verdicts if v.verdict == "wrong"]
    unknown = all(note.startswith(EXCEPT) for note in wrong if note)
    largest = max((v.error for v in verdicts if v.verdict == "wrong"), default=0)
    little = len(wrong) > (len(verdicts) > 1) and largest <= LITTLE and not any(wrong)
    if callable(gradient) and len(wrong) > (len(verdicts) > 1) and unknown:
        with contextlib.suppress(Exception):          # it may stop at other inputs
            slopes = lambda x, rows: line.slopes(rows, method, eps, x)
            said = of_a_function(elsewhere, slopes, line.x)
            if little:                                # a tolerance leaves that, too: no reason is given
                said = said.replace(NO_FUNCTION, NO_FUNCTION.partition(":")[0] + ".")
            if said == NO_FUNCTION:
                names = [n for n, v in zip(leaves, verdicts, strict=True) if v.verdict == "wrong"]
                said = f"{said} {_through(names, leaves, elsewhere, slopes, line.x)}".strip()
            notes = (*filter(None, [said]), *notes)
    if little:
        notes += (f"What is off is {largest:.0e} of the largest entry at most: as where f has a small number "
                  "in it, such as 1e-8, or ends a loop at a tolerance, and the way back has not.",)
    if "wrong" not in [v.verdict for v in verdicts]:
        notes += tuple(f"{name} is symmetric: a missing transpose of {name} would not show."
                       for name, leaf in leaves.items() if _is_symmetric(leaf))
    put_back(where, f, inputs, stacked)
    title = "complex step" if method == "complex" else "central differences"
    return Report(f"{title}, eps={eps:.0e}", tuple(verdicts), notes)


def taylor_rate(f, inputs, gradient, rng, steps=(3e-5, 1e-5, 3e-6)):
    """Return the Taylor remainders of f along one random direction, and the rate at which they fall.

    The rate is fitted to the three smallest steps. inputs and gradient as in check.
    """
    where = "gradcheck.taylor_rate"
    leaves = leaves_of(where, inputs)
    v = unit(leaves, checks.generator(where, rng))
    value = value_of(where, f, inputs, stacked=False)
    analytic = _analytic(where, gradient, inputs, leaves)
    slope = sum((analytic[name] * v[name]).sum() for name in leaves)
    steps = checks.number(where, "steps", steps, np.float64)
    if steps.ndim != 1 or len(np.unique(steps)) < 2 or (steps <= 0).any():
        checks.fail(where, "steps", "two or more different numbers > 0", checks.short(steps.tolist()))
    points = [trees.fill(inputs, [a + e * v[n] for n, a in leaves.items()]) for e in steps]
    with restored(leaves), np.errstate(over="ignore", invalid="ignore"):
        moved = [f(point) for point in points]
    put_back(where, f, inputs, stacked=False)
    if slope != 0 and all(m == value for m in moved) and Line(where, f, inputs, leaves, False).ignores():
        _ignores(where, value)
    remainders = np.abs(np.array(moved) - value - steps * slope)
    if not np.isfinite(remainders).all():
        at = steps[~np.isfinite(remainders)].min()
        checks.fail(where, "steps", "so small that f stays finite", f"{at:g}, where f is not")
    if (remainders <= 100 * ROUNDING * (abs(value) + np.abs(steps * slope))).all():
        note = "f is linear along this direction, as far as rounding shows, and the gradient is its slope."
        return Taylor(steps, remainders, float("nan"), note)
    small = np.argsort(steps)[:3]
    rate = np.polyfit(np.log(steps[small]), np.log(np.maximum(remainders[small], 1e-300)), 1)[0]
    if rate < 1.5:
        Line(where, f, inputs, leaves, False).refuse_stairs()
    return Taylor(steps, remainders, float(rate))


def dot_product_test(f, inputs, pullback, rng, eps=COMPLEX_EPS):
    """Compare <u, J v>, by a complex step of f along v, with <J^T u, v> by pullback(inputs, u).

    f(inputs) -> an array; pullback(inputs, u) -> the gradient of <u, f>, structured as inputs.
    """
    where = "gradcheck.dot_product_test"
    leaves = leaves_of(where, inputs)
    function(where, "f", f)
    checks.function(where, "pullback", pullback, "inputs, u")
    eps = checked_eps(where, "complex", eps, 1.0)
    v = unit(leaves, checks.generator(where, rng))
    with unchanged(where, "f", inputs):
        y = checks.array(where, "f(inputs)", f(inputs))
    if y.dtype.kind not in "fiub":
        checks.fail(where, "f(inputs)", "numeric", checks.short(y), error=TypeError)
    u = rng.normal(size=y.shape)
    at = lambda step: np.asarray(f(trees.fill(inputs, (a + step * v[n] for n, a in leaves.items()))))
    try:
        with allow_complex(), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            Jv = np.imag(at(1j * eps)) / eps
    except np.exceptions.ComplexWarning:
        checks.fail(where, "f", "analytic", "one that makes complex numbers real", CHECK, TypeError)
    with unchanged(where, "pullback", inputs):
        JTu = named_gradient(where, pullback(inputs, u), inputs, leaves)
    left, right = float((u * Jv).sum()), float(sum((JTu[n] * v[n]).sum() for n in leaves))
    error = abs(left - right) / max(abs(left), abs(right), 1e-300)
    if error > CLEAR:
        _analytic_along(where, left, *((u * (at(h) - at(-h))).sum() / (2 * h) for h in (1e-4, 1e-5)))
    return DotProduct(left, right, error)


def _analytic_along(where, slope, wide, narrow):
    """Refuse a function whose differences at two steps agree, and contradict the complex step."""
    largest = max(abs(wide), abs(narrow))
    if abs(wide - narrow) <= 1e-4 * largest and abs(slope - narrow) > 1e-2 * largest:
        got = f"{slope:.4g} by the complex step, {narrow:.4g} by differences"
        checks.fail(where, "f", "analytic", got, CHECK, TypeError)


def _is_symmetric(leaf):
    return leaf.ndim == 2 and leaf.size > 1 and np.array_equal(leaf, leaf.T)


def _ignores(where, value):
    """Refuse a function that does not look at its argument."""
    got = f"{value:.6g} at inputs, far from them, and where all of them is NaN"
    hint = "Does it use its argument, or attributes and globals in its place?"
    checks.fail(where, "f", "a function of its inputs", got, hint)


def _verdicts(judge, analytic, directions, exact, numeric):
    """Return the Verdict of every tensor, in the light of what computes in float32."""
    line, verdicts, first, entry, in_single = judge.line, [], 0, 0, None
    for name, leaf in line.leaves.items():
        rows = slice(first, first + (leaf.size if judge.entries else DIRECTIONS))
        own, entry = slice(entry, entry + leaf.size), entry + leaf.size
        verdict = judge.verdict(name, leaf.shape, directions[rows], exact[rows], numeric[rows])
        if verdict.verdict == "wrong" and not judge.entries:
            note = (along_directions(exact[rows], numeric[rows], analytic[name], directions[rows][:, own])
                    or _in_rows(judge, name, analytic[name]))
            verdict = replace(verdict, note=verdict.note or note)
        if verdict.verdict in ("wrong", "ill-conditioned") and in_single is None:
            in_single = works_in_single(line)
        if verdict.verdict in ("wrong", "ill-conditioned") and in_single:
            verdict = of_single_f(verdict, line, directions[rows], exact[rows])
        elif verdict.verdict == "ill-conditioned" and verdict.error > LARGE and line.rounding():
            coarsely = of_single_f(verdict, line, directions[rows], exact[rows])
            verdict = coarsely if coarsely.verdict == "wrong" else verdict
        verdict = of_single_gradient(verdict, analytic[name], exact[rows], numeric[rows])
        if verdict.verdict == "wrong":
            gradients = judge.beside(np.ravel(analytic[name]), own)
            verdict = of_written_gradient(verdict, gradients, directions[rows][:, own], exact[rows],
                                          numeric[rows], judge.tolerance)
        verdicts.append(verdict)
        first = rows.stop
    return verdicts


def _in_rows(judge, name, gradient):
    """Return in which rows of a large tensor its gradient is off, of some that are looked at one by one."""
    line, rng = judge.line, np.random.default_rng(7)
    if gradient.ndim < 2 or len(gradient) < 2:
        return ""
    empty = ~gradient.reshape(len(gradient), -1).any(axis=1)
    looked = np.sort(np.lexsort((rng.random(len(gradient)), empty))[:ROWS])       # those with numbers first
    exact, numeric = np.zeros((2, len(looked)))
    for k, row in enumerate(looked):
        tree = {n: np.zeros_like(leaf) for n, leaf in line.leaves.items()}
        tree[name][row] = rng.normal(size=gradient[row].shape)
        v = trees.flat(tree.values())
        exact[k] = (gradient * tree[name]).sum()
        numeric[k] = line.slopes(v[None], judge.method, judge.eps)[0]
    apart = np.abs(exact - numeric)
    off = apart > CLEAR * np.abs(numeric).max() + judge.floor
    right = apart <= CLEAR * np.abs(numeric) + judge.floor
    if not (off.any() and (off | right).all() and (right & (numeric != 0)).any()):
        return ""
    at = ", ".join(f"[{row}]" for row in looked[off][:6])
    n = int(off.sum())
    return f"{EXCEPT} in row{'s' * (n > 1)} {at}{', ...' * (n > 6)}, of {len(looked)} rows looked at."


def _through(*of):
    """Return what of_weights says, or "" where f or its gradient stops as weights are zero."""
    with contextlib.suppress(Exception), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return of_weights(*of)
    return ""


def _with_kinks(verdicts, analytic, line):
    """Return the verdicts; 'kink' for each 'right' one whose slope lies, along some direction, beyond those
    of the two sides: a complex step goes to one side entry by entry, and takes a maximum each time."""
    rng, found, first = np.random.default_rng(8), [], 0
    for v, (name, leaf) in zip(verdicts, line.leaves.items(), strict=True):
        rows = np.zeros((DIRECTIONS, line.x.size))
        rows[:, first : first + leaf.size] = rng.normal(size=(DIRECTIONS, leaf.size))
        first += leaf.size
        seen = profile(line, rows) if v.verdict == "right" else None
        given = rows @ trees.flat(analytic[n] if n == name else 0 * a for n, a in line.leaves.items())
        if seen is not None:
            beyond = np.abs(given - seen.slope) - 0.6 * seen.jump - 1e-3 * np.abs(given) - 10 * seen.error
            k = int(np.argmax(np.where(seen.resolved & (seen.jump > 0), beyond, -1)))
            if seen.jump[k] > 0 and beyond[k] > 0:
                sides = " and ".join(f"{seen.slope[k] + s * seen.jump[k] / 2:.4g}" for s in (-1, 1))
                note = (f"kink: along one direction the slopes of the two sides are {sides}; the gradient "
                        f"gives {given[k]:.4g} there.")
                v = replace(v, verdict="kink", error=abs(1 - seen.slope[k] / given[k]), note=note)
        found.append(v)
    return found


def _with_what_f_ignores(verdicts, line):
    """Return the verdicts; those that are 'wrong' with a note if f does not look at the tensor at all."""
    found, first = [], 0
    for v, leaf in zip(verdicts, line.leaves.values(), strict=True):
        rows = slice(first, first + leaf.size)
        if v.verdict == "wrong" and not v.note and v.numeric == 0 and line.ignores(rows):
            v = replace(v, note=IGNORED)
        found.append(v)
        first = rows.stop
    return found


def _with_quotients(verdicts, leaves, exact, numeric, line):
    """Return the verdicts; those that are 'wrong' with a note if they are difference quotients."""
    found, first = [], 0
    for v, leaf in zip(verdicts, leaves.values(), strict=True):
        if v.verdict == "wrong" and not v.note:
            rows = slice(first, first + leaf.size)
            v = replace(v, note=of_quotients(exact[rows], numeric[rows], first, line))
        found.append(v)
        first += leaf.size
    return found


def _with_what_it_is(verdicts, leaves, analytic, numeric, precise):
    """Return the verdicts; those that are 'wrong' with what the numbers are instead, if that shows."""
    right = {name: part[0] for name, part in trees.split(numeric[None], leaves).items()}
    given = {name: np.asarray(analytic[name]) for name in leaves}
    return [replace(v, note=instead(name, given, right, leaves, precise))
            if v.verdict == "wrong" and not v.note else v for v, name in zip(verdicts, leaves, strict=True)]


def _analytic(where, gradient, inputs, leaves):
    """Return the gradient by name; where it is a function, call it twice and compare."""
    found = gradient
    if callable(gradient):
        function(where, "gradient", gradient)
        with unchanged(where, "gradient", inputs):
            found = named_gradient(where, gradient(inputs), inputs, leaves)
            found = {name: g.copy() for name, g in found.items()}
        again = named_gradient(where, gradient(inputs), inputs, leaves)
        for name, g in again.items():
            if not np.array_equal(g, found[name]):
                got = f"another d{name} at the second call"
                hint = "Something is changed in place, or is not reset, or is drawn anew, as dropout is."
                if np.array_equal(g, 2 * found[name]) and g.any():
                    third = named_gradient(where, gradient(inputs), inputs, leaves)[name]
                    if np.allclose(third, 3 * found[name], rtol=1e-9, atol=0):
                        hint = "The second call adds to the first: reset it, as zero_grad does."
                checks.fail(where, "gradient", "the same at every call", got, hint)
        return found
    return named_gradient(where, found, inputs, leaves)


def _deterministic(where, f, inputs, stacked, value):
    """Refuse a function that gives other values at the same inputs, with what several calls show."""
    values = [value, value_of(where, f, inputs, stacked)]
    if values[1] == value:
        return
    digits = next(k for k in (6, 9, 12, 17) if f"{value:.{k}g}" != f"{values[1]:.{k}g}")
    got = f"{value:.{digits}g}, then {values[1]:.{digits}g} at the same inputs"
    values += [value_of(where, f, inputs, stacked) for _ in range(4)]
    hint = "Seed inside f, or is something kept from call to call?"
    if _draws_from_numpy(where, f, inputs, stacked):
        hint = "f draws from np.random: seed inside f."
    elif _orderly(np.array(values)):
        hint = ("Something is kept from call to call: a state, a counter, an array that f writes into; or f "
                "reads a clock.")
    checks.fail(where, "f", "deterministic", got, hint)


def _orderly(values):
    """True if values alternate, drift one way, or come to rest: chance hardly does that six times."""
    moves = np.diff(values)
    alternates = np.array_equal(values[2:], values[:-2])
    return alternates or (moves > 0).all() or (moves < 0).all() or (np.diff(np.abs(moves)) <= 0).all()


def _draws_from_numpy(where, f, inputs, stacked):
    """True if two calls from one state of np.random give one value, and the next call another."""
    before, values = np.random.get_state(), []        # noqa: NPY002
    for again in (True, True, False):
        if again:
            np.random.set_state(before)               # noqa: NPY002
        values.append(value_of(where, f, inputs, stacked))
    return values[0] == values[1] != values[2]
