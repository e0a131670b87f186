"""Is a gradient right? Held against differences, against a complex step, and against itself.

    central difference   (f(x + eps) - f(x - eps)) / 2 eps      error eps^2, and rounding 1e-16 / eps
    complex step         Im f(x + i eps) / eps                  error eps^2, no subtraction, no rounding
    Taylor remainder     f(x + eps v) - f(x) - eps <g, v>       falls as eps^2 if g is right, else as eps
    dot product          <u, J v> = <J^T u, v>                  for any directions u and v

Complex step: Squire & Trapp 1998. Errors are relative to the largest entry of their tensor: an
absolute tolerance would accept every vanished gradient.
"""

import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from . import bptt, checks, doors, trees
from .report import Report, Verdict

COMPLEX_EPS, COMPLEX_TOLERANCE = 1e-30, 1e-10
CENTRAL_EPS, CENTRAL_TOLERANCE = 1e-5, 1e-6
ROUNDING = np.finfo(float).eps
ENTRIES = 2_000      # up to here every entry is perturbed; above, random directions are
DIRECTIONS = 8       # for each tensor
CHUNK = 2_000_000    # numbers in one batch of perturbed tensors

allow_complex = checks.allow_complex


def __getattr__(name):
    """Hand on gradcheck.locate: at first use, since locate itself builds on this module."""
    if name in ("locate", "Location"):
        from . import locate
        return getattr(locate, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Taylor(NamedTuple):
    """Remainders by step, and the rate at which they fall: 2 if the gradient is right, 1 if not."""

    steps: np.ndarray
    remainders: np.ndarray
    rate: float


class DotProduct(NamedTuple):
    """<u, J v> and <J^T u, v>, and their relative difference."""

    forward: float
    backward: float
    error: float


def check(f, inputs, gradient, *, method="auto", eps=None, stacked=False, rng=None):
    """Hold gradient against the numerical derivative of f at inputs, and return a Report.

    inputs: a float64 array, or a dict, tuple or NamedTuple of them (nested if you like);
    f(inputs) -> a scalar. gradient: of the same structure, or a function of inputs that returns
    it, which is then called twice, since a second call is where aliasing shows.
    method: "complex", "central", or "auto" (complex where f turns out to be analytic).
    stacked=True promises that f takes arrays with one more leading axis (n or 1) and returns n
    losses: then the perturbed copies run as one batch.
    Above ENTRIES numbers it checks random directions of each tensor instead, and says so.
    """
    where = "gradcheck.check"
    leaves = _leaves(where, inputs)
    checks.one_of(where, "method", method, ("auto", "complex", "central"))
    rng = np.random.default_rng(0) if rng is None else checks.generator(where, rng)
    before = [leaf.copy() for leaf in leaves.values()]
    value = _value(where, f, inputs, stacked)
    _unchanged(where, "f", leaves, before)
    analytic = _analytic(where, gradient, inputs, leaves)
    _unchanged(where, "gradient", leaves, before)
    again = _value(where, f, inputs, stacked)
    if again != value:
        got = f"{value:.6g}, then {again:.6g} at the same inputs"
        checks.fail(where, "f", "deterministic", got, "Seed inside f?")
    notes = ()
    if method == "auto":
        method, notes = _choose(where, f, inputs, leaves, stacked, value)
    eps = _checked_eps(where, method, eps, value)
    total = sum(leaf.size for leaf in leaves.values())
    if total > ENTRIES:
        notes += (f"{total:,} entries: checked along {DIRECTIONS} random directions of each tensor.",)
    floor = 4 * ROUNDING * max(abs(value), 1) / eps if method == "central" else 1e-270
    entries = total <= ENTRIES
    directions = np.eye(total) if entries else _directions(leaves, rng)
    numeric = _slopes(where, f, inputs, leaves, directions, method, eps, stacked)
    exact = directions @ trees.flat(analytic[name] for name in leaves)
    verdicts, first = [], 0
    for name, leaf in leaves.items():
        rows = slice(first, first + (leaf.size if entries else DIRECTIONS))
        verdicts.append(_verdict(name, leaf, exact[rows], numeric[rows], method, floor, entries))
        first = rows.stop
    title = "complex step" if method == "complex" else "central differences"
    return Report(f"{title}, eps={eps:.0e}", tuple(verdicts), notes)


def check_cell(cell, p, xs, state=None, dhs=None, backward=bptt.backward, *, mask=None, **options):
    """Check a whole backward pass of a cell: every parameter, xs and the initial state, in one batch.

    The loss is sum(dhs * h_t), dhs (T, ..., H): it injects any gradient one likes at every step
    (ones if None). backward(cell, p, trace, dhs) -> bptt.Gradient is what is checked.
    mask as in bptt.forward; options as in check.
    """
    where = "gradcheck.check_cell"
    trace = bptt.forward(cell, p, xs, state, mask)
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else checks.number(where, "dhs", dhs, np.float64)
    checks.shape(where, "dhs", dhs, trace.hs[1:].shape, "as the states h_1 .. h_T")
    names = tuple(f"{s}0" for s in cell.STATES)
    if not callable(backward):
        checks.fail(where, "backward", "a function", checks.short(backward), error=TypeError)
    given = dhs.copy()      # one copy for both calls: writing into it shows, and harms nobody

    def gradient(inputs):
        p, xs, *state = inputs.values()
        with_trace = bptt.forward(cell, p, xs, tuple(state), mask)
        found = backward(cell, p, with_trace, given)
        if not isinstance(found, bptt.Gradient):
            got = checks.short(found)
            checks.fail(where, "backward", "a function that returns a bptt.Gradient", got, error=TypeError)
        if not isinstance(found.state, tuple) or len(found.state) != len(names):
            expected = f"a tuple of {len(names)}, for {', '.join(names)}"
            got = f"{len(found.state)}" if isinstance(found.state, tuple) else checks.short(found.state)
            checks.fail(where, "Gradient.state", expected, got)
        return {"p": found.params, "xs": found.xs, **dict(zip(names, found.state, strict=True))}

    start = doors.checked_inputs(cell, p, xs, state, mask)[2]      # as given: the trace may misquote it
    inputs = {"p": p, "xs": trace.xs, **dict(zip(names, start, strict=True))}
    report = check(stacked_loss(cell, dhs, mask), inputs, gradient, stacked=True, **options)
    verdicts = tuple(_with_reason(v, p, trace, dhs) for v in report.verdicts)
    return Report(report.method, verdicts, (*report.notes, *blind_spots(p, trace, dhs)))


def stacked_loss(cell, dhs, mask=None):
    """Return sum(dhs * h_t) as a function of stacked inputs {"p", "xs", "h0", ...}: (n,) losses.

    Each array has one leading axis more than usual, of length n or 1; all n networks run at once.
    """
    T, H = len(dhs), dhs.shape[-1]
    weight = dhs.reshape(T, 1, -1, H)
    mask = None if mask is None else mask.reshape(T, 1, -1)

    def loss(inputs):
        p, xs, *state = inputs.values()
        p = p._make(w[:, None] if w.ndim == 2 else w for w in p)
        n = max(len(a) for a in (*p, xs, *state))
        xs = xs.reshape(len(xs), T, -1, xs.shape[-1]).swapaxes(0, 1)
        state = (s.reshape(len(s), -1, H) for s in state)
        state = tuple(np.broadcast_to(s, (n, *s.shape[1:])) for s in state)
        hs = bptt.unroll(cell, p, xs, state, mask).hs[1:]
        return (weight * hs).sum(axis=(0, 2, 3))

    return loss


def _with_reason(verdict, p, trace, dhs):
    """Return the verdict; if it is 'unseen', with the reason why, where one can be known."""
    reasons = {
        "dhs is all zero": not dhs.any(),
        "xs is all zero": verdict.name == "dW_x" and not trace.xs.any(),
        "h0=0 and T=1": verdict.name == "dW_h" and len(trace.xs) == 1 and not trace.hs[0].any(),
        "every state before a step is zero": verdict.name == "dW_h" and not trace.hs[:-1].any(),
        "W_x is all zero": verdict.name == "dxs" and not p.W_x.any(),
        "W_h is all zero": verdict.name == "dh0" and not p.W_h.any(),
    }
    why = next((reason for reason, holds in reasons.items() if holds), None)
    if verdict.verdict != "unseen" or why is None:
        return verdict
    return replace(verdict, note=f"{verdict.note.rstrip('.')} because {why}.")


def blind_spots(p, trace, dhs):
    """Return one sentence for each thing that a check at this point cannot see."""
    where = "gradcheck.blind_spots"
    if not isinstance(trace, bptt.Trace):
        checks.fail(where, "trace", "a Trace from bptt.forward", checks.short(trace), error=TypeError)
    if not hasattr(p, "W_h"):
        checks.fail(where, "p", "the Params of a cell", checks.short(p), error=TypeError)
    checks.params(where, "p", p, type(p))
    dhs = checks.number(where, "dhs", dhs, np.float64)
    checks.shape(where, "dhs", dhs, trace.hs[1:].shape, "as the states h_1 .. h_T")
    T, H = len(trace.xs), trace.hs.shape[-1]
    batch = int(np.prod(trace.xs.shape[1:-1]))
    squares = np.split(p.W_h, len(p.W_h) // H)
    seen = {
        "T=1: nothing travels through time here.": T == 1,
        "One sequence only: a missing or wrong sum over the batch would not show.": batch == 1,
        "H=1: a transpose of W_h would not show.": H == 1,
        "W_h is symmetric: a missing transpose of W_h would not show.": H > 1
        and all(np.array_equal(w, w.T) for w in squares),
        "The initial state is zero: a wrong previous state at the first step would not show.":
            not any(s[0].any() for s in trace.states),
        "All entries of W_h are equal: exchanged units would not show.": np.ptp(p.W_h) == 0 and H > 1,
        "The loss is injected at the last step only.": T > 1 and not np.any(dhs[:-1]),
    }
    return tuple(sentence for sentence, holds in seen.items() if holds)


def designed_point(cell, rng, T=5, B=4, D=2, H=3):
    """Return p, xs (T, B, D), state and dhs (T, B, H) at which mistakes have nowhere to hide.

    All sizes differ, the initial state and every injected gradient are generic, and one gradient
    is large.
    """
    where = "gradcheck.designed_point"
    doors.check_cell(where, cell)
    checks.generator(where, rng)
    for name, size in (("T", T), ("B", B), ("D", D), ("H", H)):
        checks.whole(where, name, size, 1, 10**6)
    p = cell.Params(*(0.6 * rng.normal(size=s) for s in cell.shapes(D, H)))
    state = tuple(rng.uniform(-0.9, 0.9, (B, H)) for _ in cell.STATES)
    return p, rng.normal(size=(T, B, D)), state, 4 * rng.normal(size=(T, B, H))


def taylor_rate(f, inputs, gradient, rng, steps=(3e-5, 1e-5, 3e-6)):
    """Return the Taylor remainders of f along one random direction, and the rate at which they fall.

    The rate is fitted to the three smallest steps.
    """
    where = "gradcheck.taylor_rate"
    leaves = _leaves(where, inputs)
    v = _unit(leaves, checks.generator(where, rng))
    value = _value(where, f, inputs, stacked=False)
    analytic = _analytic(where, gradient, inputs, leaves)
    slope = sum((analytic[name] * v[name]).sum() for name in leaves)
    steps = checks.number(where, "steps", steps, np.float64)
    if steps.ndim != 1 or len(np.unique(steps)) < 2 or (steps <= 0).any():
        checks.fail(where, "steps", "two or more different numbers > 0", checks.short(steps.tolist()))
    moved = [f(trees.rebuild(inputs, {n: a + step * v[n] for n, a in leaves.items()})) for step in steps]
    remainders = np.abs(np.array(moved) - value - steps * slope)
    small = np.argsort(steps)[:3]
    rate = np.polyfit(np.log(steps[small]), np.log(np.maximum(remainders[small], 1e-300)), 1)[0]
    return Taylor(steps, remainders, float(rate))


def dot_product_test(f, inputs, pullback, rng, eps=COMPLEX_EPS):
    """Compare <u, J v>, by a complex step of f along v, with <J^T u, v> by pullback(inputs, u).

    f(inputs) -> an array; pullback(inputs, u) -> the gradient of <u, f>, structured as inputs.
    """
    where = "gradcheck.dot_product_test"
    leaves = _leaves(where, inputs)
    _function(where, "f", f)
    _function(where, "pullback", pullback)
    eps = _checked_eps(where, "complex", eps, 1.0)
    v = _unit(leaves, checks.generator(where, rng))
    u = rng.normal(size=np.shape(f(inputs)))
    with allow_complex():
        Jv = np.imag(f(trees.rebuild(inputs, {n: a + 1j * eps * v[n] for n, a in leaves.items()}))) / eps
    JTu = _analytic(where, pullback(inputs, u), inputs, leaves)
    left, right = float((u * Jv).sum()), float(sum((JTu[n] * v[n]).sum() for n in leaves))
    return DotProduct(left, right, abs(left - right) / max(abs(left), abs(right), 1e-300))


def numerical_gradient(f, inputs, method="complex", eps=None, stacked=False):
    """Return the numerical gradient of the scalar f, structured as inputs: complex or central."""
    where = "gradcheck.numerical_gradient"
    leaves = _leaves(where, inputs)
    checks.one_of(where, "method", method, ("complex", "central"))
    eps = _checked_eps(where, method, eps, _value(where, f, inputs, stacked))
    everything = np.eye(sum(leaf.size for leaf in leaves.values()))
    slopes = _slopes(where, f, inputs, leaves, everything, method, eps, stacked)
    return trees.rebuild(inputs, {name: part[0] for name, part in trees.split(slopes[None], leaves).items()})


def _leaves(where, inputs):
    found = list(trees.walk(inputs))
    leaves = dict(found)
    if not leaves:
        checks.fail(where, "inputs", "at least one array", checks.short(inputs))
    if len(leaves) != len(found):
        checks.fail(where, "inputs", "named without repetition", str([n for n, _ in found]))
    for name, leaf in leaves.items():
        if type(leaf) is not np.ndarray:
            checks.fail(where, f"inputs {name}", "an array", checks.short(leaf), error=TypeError)
        if leaf.dtype != np.float64:
            hint = "Differences need 16 digits: in float32 every right gradient would look wrong."
            checks.fail(where, f"inputs {name}", "float64", str(leaf.dtype), hint, TypeError)
        checks.finite(where, f"inputs {name}", leaf)
        if leaf.size == 0:
            checks.fail(where, f"inputs {name}", "at least one number", checks.short(leaf))
    return leaves


def _value(where, f, inputs, stacked):
    _function(where, "f", f)
    result = f(_stack(inputs) if stacked else inputs)
    if stacked:
        result = _losses(where, result, 1)[0]
    if np.ndim(result) != 0 or not isinstance(result, (int, float, np.generic, np.ndarray)):
        checks.fail(where, "f", "a function that returns a scalar", checks.short(result), error=TypeError)
    if not np.isfinite(result):
        checks.fail(where, "f", "finite at inputs", str(result))
    return float(np.real(result))


def _function(where, name, f):
    if not callable(f):
        checks.fail(where, name, "a function of inputs", checks.short(f), error=TypeError)


def _losses(where, result, n):
    if np.shape(result) != (n,):
        expected = f"a function that returns {n} losses (stacked=True)"
        checks.fail(where, "f", expected, checks.short(result), error=TypeError)
    return result


def _stack(inputs):
    return trees.rebuild(inputs, {name: leaf[None] for name, leaf in trees.walk(inputs)})


def _analytic(where, gradient, inputs, leaves):
    """Return the gradient by name; where it is a function, call it twice and compare."""
    found = gradient
    if callable(gradient):
        found = _named_gradient(where, gradient(inputs), leaves)
        found = {name: g.copy() for name, g in found.items()}
        again = _named_gradient(where, gradient(inputs), leaves)
        for name, g in again.items():
            if not np.array_equal(g, found[name]):
                got = f"another d{name} at the second call"
                hint = "Something is changed in place, or is not reset."
                checks.fail(where, "gradient", "the same at every call", got, hint)
        return found
    return _named_gradient(where, found, leaves)


def _named_gradient(where, gradient, leaves):
    if gradient is None:
        checks.fail(where, "gradient", f"one array for each of {sorted(leaves)}", "None", error=TypeError)
    found = dict(trees.walk(gradient))
    found = {(n if n in leaves or not n.startswith("d") else n[1:]): g for n, g in found.items()}
    if set(found) != set(leaves):
        got = str(sorted(found))
        checks.fail(where, "gradient", f"one array for each of {sorted(leaves)}", got)
    for name, leaf in leaves.items():
        g = found[name]
        if type(g) is not np.ndarray and not isinstance(g, np.floating):
            checks.fail(where, f"d{name}", f"an array {leaf.shape}", checks.short(g), error=TypeError)
        if np.shape(g) != leaf.shape:
            hint = "A transpose is missing?" if g.shape == leaf.shape[::-1] else ""
            if g.ndim == leaf.ndim + 1 and g.shape[1:] == leaf.shape:
                hint = "A sum over the batch or over time is missing?"
            checks.shape(where, f"d{name}", np.asarray(g), leaf.shape, hint=hint)
        if g.dtype.kind != "f" or g.dtype.itemsize != 8:
            checks.fail(where, f"d{name}", "float64", str(g.dtype), error=TypeError)
        if not np.isfinite(g).all():
            checks.finite(where, f"d{name}", np.asarray(g))
    return found


def _unchanged(where, what, leaves, before):
    for (name, leaf), old in zip(leaves.items(), before, strict=True):
        if leaf.tobytes() != old.tobytes():
            checks.fail(where, what, "without side effects", f"{name} changed in place")


def _choose(where, f, inputs, leaves, stacked, value):
    """Use the complex step if, along one direction, it agrees with a central difference."""
    v = trees.flat(_unit(leaves, np.random.default_rng(0)).values())[None]
    (plain,) = _slopes(where, f, inputs, leaves, v, "central", CENTRAL_EPS, stacked)
    try:
        (slope,) = _slopes(where, f, inputs, leaves, v, "complex", COMPLEX_EPS, stacked)
        if abs(slope - plain) <= 1e-4 * abs(plain) + 1e-8 * max(abs(value), 1):
            return "complex", ()
        reason = "loses the imaginary part (abs, a comparison, a real buffer?)"
    except Exception as error:
        reason = f"does not take complex numbers ({type(error).__name__})"
    return "central", (f"f {reason}: central differences instead of the complex step.",)


def _checked_eps(where, method, eps, value):
    if eps is None:
        return COMPLEX_EPS if method == "complex" else CENTRAL_EPS
    eps = checks.positive(where, "eps", eps)
    if method == "central" and not 1e-8 <= eps <= 1e-3:
        what = f"expected round-off error about {ROUNDING * max(abs(value), 1) / eps:.0e}"
        what = what if eps < 1e-8 else f"expected truncation error about {eps**2:.0e}"
        checks.fail(where, "eps", "in [1e-8, 1e-3]", f"{eps:g}, {what}", "Use 1e-5.")
    if method == "complex" and not 1e-100 <= eps <= 1e-8:
        checks.fail(where, "eps", "in [1e-100, 1e-8]", f"{eps:g}", "Use 1e-30.")
    return eps


def _unit(leaves, rng):
    v = {name: rng.normal(size=leaf.shape) for name, leaf in leaves.items()}
    norm = np.sqrt(sum((a * a).sum() for a in v.values()))
    return {name: a / norm for name, a in v.items()}


def _directions(leaves, rng):
    """Return DIRECTIONS random rows for each tensor, zero at the entries of all others: (m, n)."""
    rows = np.zeros((DIRECTIONS * len(leaves), sum(leaf.size for leaf in leaves.values())))
    for i, part in enumerate(trees.split(rows, leaves).values()):
        part[i * DIRECTIONS : (i + 1) * DIRECTIONS] = rng.normal(size=(DIRECTIONS, *part.shape[1:]))
    return rows


def _slopes(where, f, inputs, leaves, directions, method, eps, stacked):
    """Return the slope of f along each row of directions (m, n), all tensors side by side."""
    x, slopes = trees.flat(leaves.values()), np.empty(len(directions))
    steps = (1j * eps,) if method == "complex" else (eps, -eps)
    size = max(1, CHUNK // x.size) if stacked else 1

    def value(moved):
        parts = trees.split(moved, leaves)
        if stacked:
            return np.asarray(_losses(where, f(trees.rebuild(inputs, parts)), len(moved)))
        return np.asarray(f(trees.rebuild(inputs, {name: part[0] for name, part in parts.items()})))

    with allow_complex(), warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for first in range(0, len(directions), size):
            rows = slice(first, first + size)
            values = [value(x + step * directions[rows]) for step in steps]
            if method == "complex":
                slopes[rows] = values[0].imag / eps
            else:
                slopes[rows] = (values[0].real - values[1].real) / (2 * eps)
    return slopes


def _verdict(name, leaf, analytic, numeric, method, floor, entries):
    difference = np.abs(analytic - numeric)
    scale = max(np.abs(analytic).max(), np.abs(numeric).max())
    tolerance = COMPLEX_TOLERANCE if method == "complex" else CENTRAL_TOLERANCE
    right = difference.max() <= tolerance * scale + (floor if method == "central" else 0)
    shown = int(np.abs(numeric).argmax() if right else difference.argmax())
    index = tuple(int(i) for i in np.unravel_index(shown, leaf.shape)) if entries else None
    error = float(difference.max() / scale) if scale > 0 else 0.0
    result = (f"d{name}", leaf.shape)
    numbers = (error, index, float(analytic[shown]), float(numeric[shown]))
    if scale <= floor:
        zero = "all zero" if scale == 0 else f"below what differences resolve ({floor:.0e})"
        note = f"this point cannot see mistakes here; the gradient is {zero}."
        return Verdict(*result, "unseen", *numbers, note)
    return Verdict(*result, "right" if right else "wrong", *numbers)
