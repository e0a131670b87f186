"""Is a gradient right? Held against differences, against a complex step, and against itself.

    central difference   (f(x + eps) - f(x - eps)) / 2 eps      error eps^2, and rounding 1e-16 / eps
    complex step         Im f(x + i eps) / eps                  error eps^2, no subtraction, no rounding
    Taylor remainder     f(x + eps v) - f(x) - eps <g, v>       falls as eps^2 if g is right, else as eps
    dot product          <u, J v> = <J^T u, v>                  for any directions u and v

Complex step: Squire & Trapp 1998. Errors are relative to the largest entry of their tensor: an
absolute tolerance would accept every vanished gradient.
"""

import html
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import bptt, checks

COMPLEX_EPS, COMPLEX_TOLERANCE = 1e-30, 1e-10
CENTRAL_EPS, CENTRAL_TOLERANCE = 1e-5, 1e-6
ROUNDING = np.finfo(float).eps
ENTRIES = 2_000      # up to here every entry is perturbed; above, random directions are
DIRECTIONS = 8       # for each tensor
CHUNK = 2_000_000    # numbers in one batch of perturbed tensors

allow_complex = checks.allow_complex


@dataclass(frozen=True)
class Verdict:
    """What the check says of one tensor: 'right', 'wrong' or 'unseen'."""

    name: str
    shape: tuple
    verdict: str
    error: float      # max |analytic - numeric| / max(|analytic|, |numeric|)
    where: object     # index of the worst entry; None if random directions were used
    analytic: float
    numeric: float
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Verdicts, tensor by tensor. `ok` only if every one is right: an unseen tensor is not a pass."""

    method: str
    verdicts: tuple
    notes: tuple = ()

    @property
    def ok(self):
        """True if every tensor was seen and is right."""
        return all(v.verdict == "right" for v in self.verdicts)

    def names(self, verdict):
        """Return the names of the tensors with this verdict."""
        return [v.name for v in self.verdicts if v.verdict == verdict]

    def __getitem__(self, name):
        return next(v for v in self.verdicts if v.name == name)

    def _rows(self):
        yield "tensor", "shape", "verdict", "error", "worst at", "analytic", "numeric"
        for v in self.verdicts:
            where = "direction" if v.where is None else str(list(v.where))
            numbers = [f"{v.error:.0e}", where, f"{v.analytic:.4g}", f"{v.numeric:.4g}"]
            yield v.name, str(v.shape), v.verdict, *(numbers if v.verdict != "unseen" else 4 * "-")

    def _conclusion(self):
        wrong, unseen, n = self.names("wrong"), self.names("unseen"), len(self.verdicts)
        if wrong:
            yield f"WRONG: {', '.join(wrong)} ({len(wrong)} of {n} tensors)."
        elif not unseen:
            yield f"Right: all {n} tensors."
        if unseen and not wrong:
            yield f"Not certified: {n - len(unseen)} of {n} tensors are right, {', '.join(unseen)} unseen."
        yield from (f"{v.name}: {v.note}" for v in self.verdicts if v.note)
        yield from self.notes

    def __str__(self):
        rows = list(self._rows())
        widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        return "\n".join([f"Gradient check by {self.method}", *lines, *self._conclusion()])

    __repr__ = __str__

    def _repr_html_(self):
        marks = {"right": "✓ right", "wrong": "✗ WRONG", "unseen": "? unseen"}
        head, *body = (tuple(html.escape(c) for c in row) for row in self._rows())
        rows = "".join(
            "<tr>" + "".join(f"<td>{marks.get(c, c)}</td>" for c in row) + "</tr>" for row in body
        )
        head = "".join(f'<th scope="col">{c}</th>' for c in head)
        text = "<br>".join(html.escape(line) for line in self._conclusion())
        caption = f"<caption>Gradient check by {html.escape(self.method)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{text}</p>"


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
    before = [leaf.copy() for leaf in leaves.values()]
    value = _value(where, f, inputs, stacked)
    analytic = _analytic(where, gradient, inputs, leaves)
    if _value(where, f, inputs, stacked) != value:
        checks.fail(where, "f", "deterministic", "two different values at one point", "Seed inside f?")
    _unchanged(where, "f or gradient", leaves, before)
    if method not in ("auto", "complex", "central"):
        checks.fail(where, "method", "'auto', 'complex' or 'central'", checks.short(method))
    notes = ()
    if method == "auto":
        method, notes = _choose(f, inputs, leaves, stacked)
    eps = _checked_eps(where, method, eps, value)
    total = sum(leaf.size for leaf in leaves.values())
    if total > ENTRIES:
        rng = np.random.default_rng(0) if rng is None else checks.generator(where, rng)
        notes += (f"{total:,} entries: checked along {DIRECTIONS} random directions of each tensor.",)
    floor = 4 * ROUNDING * max(abs(value), 1) / eps if method == "central" else 1e-270
    verdicts = []
    for name, leaf in leaves.items():
        vectors = _directions(leaf, rng if total > ENTRIES else None)
        numeric = _slopes(f, inputs, leaves, name, vectors, method, eps, stacked)
        exact = analytic[name].reshape(-1)
        exact = exact if vectors is None else vectors.reshape(len(vectors), -1) @ exact
        verdicts.append(_verdict(name, leaf, exact, numeric, method, floor, vectors is None))
    _unchanged(where, "f or gradient", leaves, before)
    title = "complex step" if method == "complex" else "central differences"
    return Report(f"{title}, eps={eps:.0e}", tuple(verdicts), notes)


def check_cell(cell, p, xs, state=None, dhs=None, backward=bptt.backward, **options):
    """Check a whole backward pass of a cell: every parameter, xs and the initial state, in one batch.

    The loss is sum(dhs * h_t), dhs (T, ..., H): it injects any gradient one likes at every step
    (ones if None). backward(cell, p, trace, dhs) -> bptt.Gradient is what is checked.
    """
    trace = bptt.forward(cell, p, xs, state)
    dhs = np.ones_like(trace.hs[1:]) if dhs is None else dhs
    start = tuple(s[0] for s in trace.states)
    names = tuple(f"{s}0" for s in cell.STATES)
    T, H = len(trace.xs), trace.hs.shape[-1]
    weight = np.asarray(dhs).reshape(T, 1, -1, H)

    def loss(inputs):
        p, xs, *state = inputs.values()
        p = p._make(w[:, None] if w.ndim == 2 else w for w in p)
        n = max(len(a) for a in (*p, xs, *state))
        xs = np.moveaxis(xs.reshape(len(xs), T, -1, xs.shape[-1]), 0, 1)
        state = (s.reshape(len(s), -1, s.shape[-1]) for s in state)
        state = tuple(np.broadcast_to(s, (n, *s.shape[1:])) for s in state)
        hs = bptt.unroll(cell, p, xs, state).hs[1:]
        return (weight * hs).sum(axis=(0, 2, 3))

    def gradient(inputs):
        p, xs, *state = inputs.values()
        with_trace = bptt.forward(cell, p, xs, tuple(state))
        found = backward(cell, p, with_trace, dhs)
        return {"p": found.params, "xs": found.xs, **dict(zip(names, found.state, strict=True))}

    inputs = {"p": p, "xs": trace.xs, **dict(zip(names, start, strict=True))}
    report = check(loss, inputs, gradient, stacked=True, **options)
    return Report(report.method, report.verdicts, (*report.notes, *blind_spots(p, trace, dhs)))


def blind_spots(p, trace, dhs):
    """Return one sentence for each thing that a check at this point cannot see."""
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
    checks.generator("gradcheck.designed_point", rng)
    p = cell.Params(*(0.6 * rng.normal(size=s) for s in cell.shapes(D, H)))
    state = tuple(rng.uniform(-0.9, 0.9, (B, H)) for _ in cell.STATES)
    return p, rng.normal(size=(T, B, D)), state, 4 * rng.normal(size=(T, B, H))


def taylor_rate(f, inputs, gradient, rng, steps=(1e-4, 3e-5, 1e-5)):
    """Return the Taylor remainders of f along one random direction, and the rate at which they fall."""
    where = "gradcheck.taylor_rate"
    leaves = _leaves(where, inputs)
    analytic = _analytic(where, gradient, inputs, leaves)
    v = _unit(leaves, checks.generator(where, rng))
    slope = sum((analytic[name] * v[name]).sum() for name in leaves)
    value, steps = f(inputs), np.asarray(steps, dtype=float)
    moved = [f(_rebuild(inputs, {n: a + step * v[n] for n, a in leaves.items()})) for step in steps]
    remainders = np.abs(np.array(moved) - value - steps * slope)
    rate = np.polyfit(np.log(steps), np.log(np.maximum(remainders, 1e-300)), 1)[0]
    return Taylor(steps, remainders, float(rate))


def dot_product_test(f, inputs, pullback, rng, eps=COMPLEX_EPS):
    """Compare <u, J v>, by a complex step of f along v, with <J^T u, v> by pullback(inputs, u).

    f(inputs) -> an array; pullback(inputs, u) -> the gradient of <u, f>, structured as inputs.
    """
    where = "gradcheck.dot_product_test"
    leaves = _leaves(where, inputs)
    v = _unit(leaves, checks.generator(where, rng))
    u = rng.normal(size=np.shape(f(inputs)))
    with allow_complex():
        Jv = f(_rebuild(inputs, {n: a + 1j * eps * v[n] for n, a in leaves.items()})).imag / eps
    JTu = _analytic(where, pullback(inputs, u), inputs, leaves)
    left, right = float((u * Jv).sum()), float(sum((JTu[n] * v[n]).sum() for n in leaves))
    return DotProduct(left, right, abs(left - right) / max(abs(left), abs(right), 1e-300))


def numerical_gradient(f, inputs, method="complex", eps=None, stacked=False):
    """Return the numerical gradient of the scalar f, structured as inputs: complex or central."""
    where = "gradcheck.numerical_gradient"
    leaves = _leaves(where, inputs)
    eps = _checked_eps(where, method, eps, 1.0)
    slopes = {
        name: _slopes(f, inputs, leaves, name, None, method, eps, stacked).reshape(leaf.shape)
        for name, leaf in leaves.items()
    }
    return _rebuild(inputs, slopes)


def _items(tree):
    if hasattr(tree, "_fields"):
        return zip(tree._fields, tree, strict=True)
    return tree.items() if isinstance(tree, dict) else ((str(i), t) for i, t in enumerate(tree))


def _walk(tree, name=""):
    """Yield (name, leaf); a NamedTuple's fields keep their own names, W_h rather than p.W_h."""
    if not isinstance(tree, (dict, tuple, list)):
        yield name or "x", tree
        return
    for key, branch in _items(tree):
        yield from _walk(branch, str(key) if hasattr(tree, "_fields") or not name else f"{name}.{key}")


def _leaves(where, inputs):
    found = list(_walk(inputs))
    leaves = dict(found)
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


def _rebuild(tree, leaves, name=""):
    """Return tree with its leaves replaced by name."""
    if not isinstance(tree, (dict, tuple, list)):
        return leaves[name or "x"]
    inside = hasattr(tree, "_fields")
    branches = [
        _rebuild(b, leaves, str(k) if inside or not name else f"{name}.{k}") for k, b in _items(tree)
    ]
    if inside:
        return tree._make(branches)
    return dict(zip(tree, branches, strict=True)) if isinstance(tree, dict) else type(tree)(branches)


def _value(where, f, inputs, stacked):
    result = f(_stack(inputs) if stacked else inputs)
    result = result[0] if stacked else result
    if np.ndim(result) != 0 or not isinstance(result, (int, float, np.generic, np.ndarray)):
        checks.fail(where, "f", "a function that returns a scalar", checks.short(result), error=TypeError)
    if not np.isfinite(result):
        checks.fail(where, "f", "finite at inputs", str(result))
    return float(np.real(result))


def _stack(inputs):
    return _rebuild(inputs, {name: leaf[None] for name, leaf in _walk(inputs)})


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
    found = dict(_walk(gradient))
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


def _choose(f, inputs, leaves, stacked):
    """Use the complex step if, along one direction, it agrees with a central difference."""
    rng = np.random.default_rng(0)
    v = _unit(leaves, rng)

    def along(step):
        moved = _rebuild(inputs, {n: a + step * v[n] for n, a in leaves.items()})
        result = f(_stack(moved) if stacked else moved)
        return result[0] if stacked else result

    plain = (along(CENTRAL_EPS) - along(-CENTRAL_EPS)) / (2 * CENTRAL_EPS)
    try:
        with allow_complex(), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            slope = np.imag(along(1j * COMPLEX_EPS)) / COMPLEX_EPS
        noise = 1e-4 * abs(plain) + 1e-8 * max(abs(along(0.0)), 1)
        if abs(slope - plain) <= noise:
            return "complex", ()
        reason = "loses the imaginary part (abs, a comparison, a real buffer?)"
    except Exception as error:
        reason = f"does not take complex numbers ({type(error).__name__})"
    return "central", (f"f {reason}: central differences instead of the complex step.",)


def _checked_eps(where, method, eps, value):
    if eps is None:
        return COMPLEX_EPS if method == "complex" else CENTRAL_EPS
    if not isinstance(eps, (int, float)) or not 0 < eps < np.inf:
        error = ValueError if isinstance(eps, (int, float)) else TypeError
        checks.fail(where, "eps", "a number > 0", checks.short(eps), error=error)
    if method == "central" and not 1e-8 <= eps <= 1e-3:
        what = f"expected round-off error about {ROUNDING * max(abs(value), 1) / eps:.0e}"
        what = what if eps < 1e-8 else f"expected truncation error about {eps**2:.0e}"
        checks.fail(where, "eps", "in [1e-8, 1e-3]", f"{eps:g}, {what}", "Use 1e-5.")
    if method == "complex" and not 1e-100 <= eps <= 1e-8:
        checks.fail(where, "eps", "in [1e-100, 1e-8]", f"{eps:g}", "Use 1e-30.")
    return float(eps)


def _unit(leaves, rng):
    v = {name: rng.normal(size=leaf.shape) for name, leaf in leaves.items()}
    norm = np.sqrt(sum((a * a).sum() for a in v.values()))
    return {name: a / norm for name, a in v.items()}


def _directions(leaf, rng):
    """Return random directions (n, *leaf.shape), or None for every single entry."""
    return None if rng is None else rng.normal(size=(DIRECTIONS, *leaf.shape))


def _slopes(f, inputs, leaves, name, vectors, method, eps, stacked):
    """Return the numerical slopes of f along each vector (or each entry) of one tensor."""
    leaf = leaves[name]
    n = leaf.size if vectors is None else len(vectors)
    signs = (1j,) if method == "complex" else (1, -1)
    size = max(1, CHUNK // max(1, leaf.size)) if stacked else 1
    others = {k: a[None] for k, a in leaves.items()} if stacked else leaves
    slopes = np.empty(n)
    with allow_complex(), warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for first in range(0, n, size):
            rows = slice(first, min(first + size, n))
            if vectors is None:
                count = rows.stop - rows.start
                steps = np.zeros((count, leaf.size))
                steps[np.arange(count), np.arange(rows.start, rows.stop)] = 1
                steps = steps.reshape(count, *leaf.shape)
            else:
                steps = vectors[rows]
            values = []
            for sign in signs:
                moved = leaf + sign * eps * (steps if stacked else steps[0])
                values.append(np.asarray(f(_rebuild(inputs, {**others, name: moved}))))
            if method == "complex":
                slopes[rows] = values[0].imag / eps
            else:
                slopes[rows] = (values[0].real - values[1].real) / (2 * eps)
    return slopes


def _verdict(name, leaf, analytic, numeric, method, floor, entries):
    difference = np.abs(analytic - numeric)
    scale = max(np.abs(analytic).max(), np.abs(numeric).max())
    worst = int(difference.argmax())
    index = tuple(int(i) for i in np.unravel_index(worst, leaf.shape)) if entries else None
    error = float(difference[worst] / scale) if scale > 0 else 0.0
    result = (f"d{name}", leaf.shape)
    numbers = (error, index, float(analytic[worst]), float(numeric[worst]))
    if scale <= floor:
        zero = "all zero" if scale == 0 else f"below what differences resolve ({floor:.0e})"
        note = f"this point cannot see mistakes here, the gradient is {zero}."
        return Verdict(*result, "unseen", *numbers, note)
    tolerance = COMPLEX_TOLERANCE if method == "complex" else CENTRAL_TOLERANCE
    allowed = tolerance * scale + (floor if method == "central" else 0)
    return Verdict(*result, "right" if difference[worst] <= allowed else "wrong", *numbers)
