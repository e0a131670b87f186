"""A gradient as somebody gives it, held against inputs: an array for each leaf, by name, or what is amiss."""

import inspect

import numpy as np

from .. import trees
from ..doors import checks

DTYPES = {            # by the kind of dtype that a gradient has
    "f": "Compute it in float64: a check looks at ten digits, and float32 has seven.",
    "i": "Integers cut decimals off: begin with an array of floats.",
    "c": "Use its .real, if the imaginary part is rounding.",
    "b": "Use astype(float).", "O": "Use astype(float).",
}


def named_gradient(where, gradient, inputs, leaves):
    """Return the arrays of a gradient by the names of the leaves, if each is shaped as its leaf."""
    if gradient is None:
        hint, each = "Does it end with return?", f"one array for each of {sorted(leaves)}"
        checks.fail(where, "gradient", each, "None", hint, TypeError)
    gradient = _without_lists(where, gradient, inputs)
    if isinstance(inputs, np.ndarray) and isinstance(gradient, tuple):
        hint = _of_structure(gradient, inputs, leaves)[1]
        checks.fail(where, "gradient", f"an array {inputs.shape}", checks.short(gradient), hint, TypeError)
    named = [(_without_d(n, leaves), g) for n, g in trees.walk(gradient)]
    found = dict(named)
    if set(found) != set(leaves) or len(named) > len(found):
        got, hint = _of_structure(gradient, inputs, leaves)
        checks.fail(where, "gradient", f"one array for each of {sorted(leaves)}", got, hint)
    for name, leaf in leaves.items():
        g = found[name]
        if leaf.ndim == 0 and type(g) in (int, float):
            found[name] = g = np.float64(g)
        if type(g) is not np.ndarray and not isinstance(g, np.floating):
            hint = checks.how_to_convert(f"d{name}", g)
            hint = "Is it a constant? Leave it out of inputs." if g is None else hint
            hint = "Make it an array of this shape." if type(g) in (int, float) else hint
            hint = "Does it end with return?" if inspect.isgenerator(g) else hint
            checks.fail(where, f"d{name}", f"an array {leaf.shape}", checks.short(g), hint, TypeError)
        if np.shape(g) != leaf.shape:
            shapes = [[np.shape(a) for a in one.values()] for one in (found, leaves)]
            if isinstance(inputs, (tuple, list)) and sorted(shapes[0]) == sorted(shapes[1]):
                got = f"them in another order: {', '.join(map(str, shapes[0]))}"
                hint = f"inputs come as {', '.join(map(str, shapes[1]))}."
                checks.fail(where, "gradient", "one array for each of inputs, in their order", got, hint)
            checks.shape(where, f"d{name}", np.asarray(g), leaf.shape, hint=_of_shape(name, g, leaf))
        if g.dtype.kind == "f" and g.dtype.itemsize > 8:
            found[name] = g = np.asarray(g, np.float64)
        if g.dtype.kind != "f" or g.dtype.itemsize != 8:
            hint = DTYPES.get(g.dtype.kind, "")
            checks.fail(where, f"d{name}", "float64", str(g.dtype), hint, TypeError)
        if not np.isfinite(g).all():
            checks.finite(where, f"d{name}", np.asarray(g))
    return found


def _of_shape(name, g, leaf):
    """Return what may be amiss with a gradient of another shape than its leaf, as a question or a hint."""
    if g.shape == leaf.shape[::-1]:
        return "A transpose is missing?"
    if np.squeeze(g).shape == np.squeeze(leaf).shape:
        keep = "keepdims=True in the sum" if g.ndim < leaf.ndim else "no keepdims in the sum"
        return f"The numbers fit: use d{name}.reshape{leaf.shape}, or {keep}."
    more = g.ndim - leaf.ndim
    if more > 0 and g.shape[more:] == leaf.shape:
        return "A sum over the batch or over time is missing?" if more == 1 else f"{more} sums are missing?"
    if g.ndim == 0:
        return "Summed over all axes, where some stay?"
    longer = [k for k in range(g.ndim) if more == 0 and g.shape[k] != leaf.shape[k]]
    if longer and all(leaf.shape[k] == 1 for k in longer):
        met = " Or (n, 1) has met (n,), which makes (n, n)." * (longer == [g.ndim - 1])
        return f"A sum along axis {longer[0]} is missing?{met}"
    return ""


def _without_d(name, leaves):
    """Return the name of the leaf of which dW, layers.0.dW or dlayers.0.W is the gradient."""
    parts = name.split(".")
    shorter = (".".join([*parts[:k], part.removeprefix("d"), *parts[k + 1:]]) for k, part in enumerate(parts))
    return next((n for n in (name, *shorter) if n in leaves), name)


def _of_structure(gradient, inputs, leaves):
    """Return what a gradient is whose arrays are not named as the leaves, and a hint."""
    plain = isinstance(gradient, (list, tuple)) and not hasattr(gradient, "_fields")
    if plain and len(gradient) == 2 and np.ndim(gradient[0]) == 0 and not isinstance(gradient[0], dict):
        rest = {_without_d(n, leaves) for n, _ in trees.walk(gradient[1])}
        if rest == set(leaves):
            return "a pair of a number and these", "Return the gradient alone, without the loss."
    if isinstance(gradient, dict) or hasattr(gradient, "_fields"):
        names = [n for n, _ in trees.walk(gradient)]
        known = {_without_d(n, leaves) for n in names}
        missing, odd = sorted(set(leaves) - known), [n for n in names if _without_d(n, leaves) not in leaves]
        hint = f"Missing: {', '.join(missing)}. " * bool(missing) + f"Unknown: {', '.join(odd)}." * bool(odd)
        return str(names), hint.strip() or "Name each of them once."
    got = f"a {type(gradient).__name__} of {len(gradient)}" if plain else checks.short(gradient)
    if inspect.isgenerator(gradient):
        return got, "Does it end with return?"
    if isinstance(inputs, np.ndarray):
        return got, "Is there a comma too many?" * (plain and len(gradient) == 1)
    return got, f"inputs is a {type(inputs).__name__} of {len(inputs)}: give the gradient the same structure."


def _without_lists(where, gradient, inputs):
    """Return the gradient with an array for each list of numbers that stands where inputs have an array."""
    if isinstance(gradient, list) and isinstance(inputs, np.ndarray):
        return checks.array(where, "gradient", gradient)
    if isinstance(gradient, dict) and isinstance(inputs, dict):
        like = {f"d{k}": branch for k, branch in inputs.items()} | inputs
        return {k: _without_lists(where, g, like.get(k)) for k, g in gradient.items()}
    both = isinstance(gradient, (list, tuple)) and isinstance(inputs, (list, tuple))
    if both and len(gradient) == len(inputs):
        branches = [_without_lists(where, *pair) for pair in zip(gradient, inputs)]
        return gradient._make(branches) if hasattr(gradient, "_make") else type(gradient)(branches)
    return gradient
