"""The doors of `layers`: do the layers, the directions, and what is given for each of them belong together?

Parameters and states are nested alike, and named as gradcheck names them: p.1 is that of the second layer,
p.1.0 and p.1.1 those of its two directions. What comes out has a tuple of 1 or 2 for every layer.
"""

from . import checks
from .recursion import check_cell, check_params, check_states, checked_sequences, explain_dhs, units

PAIR = "a pair (forward, reverse) of them"


def checked_layers(where, cell, p):
    """Return p as a tuple of 1 or 2 Params for each layer, and the width of each layer's output."""
    check_cell(where, cell, "step", "step_backward", "gradient")
    if type(p) is not tuple or not p:
        hint = "One layer? Use (p,)." if type(p) is cell.Params else "Use tuple(p)." * (type(p) is list)
        expected = f"a tuple of one Params, or {PAIR}, for each layer"
        checks.fail(where, "p", expected, checks.what(p), hint, TypeError)
    layers, widths = [], []
    for n, layer in enumerate(p):
        runs, width = layer if type(layer) is tuple else (layer,), 0
        if type(layer) is list or (type(layer) is tuple and len(layer) != 2):
            checks.fail(where, f"p.{n}", f"a Params, or {PAIR}", checks.what(layer), error=TypeError)
        layers.append(runs)
        for k, q in enumerate(runs):
            name = _named("p", n, k, runs)
            _, _, H = check_params(where, cell, q, name)
            _check_fits(where, name, q, layers, widths)
            width += H
        widths.append(width)
    return tuple(layers), widths


def _check_fits(where, name, q, layers, widths):
    """Check that q is of the first layer's dtype, and reads all that comes up to it."""
    first, below = layers[0][0], len(layers) - 2
    dtype, given = first.W_x.real.dtype, q.W_x.real.dtype
    if given != dtype:
        hint = f"Use astype(np.{dtype.name})."
        checks.fail(where, f"{name}.W_x", f"{dtype} like the first layer", str(given), hint, TypeError)
    D, why, hint = first.W_x.shape[1], "both directions read xs", ""
    if widths:
        joined = ", two directions joined" * (len(layers[below]) - 1)
        D, why = widths[below], f"p.{below} gives {widths[below]}{joined}"
        if q.W_x.shape == first.W_x.shape and below == 0 and len(layers[0]) == 1:
            hint = "Two directions of one layer? Use ((forward, reverse),)."
    checks.shape(where, f"{name}.W_x", q.W_x, (len(q.W_x), D), why, hint)


def checked_stack(cell, p, xs, state, mask, dropout):
    """Return the arguments of layers.forward: p and state by layer and direction, dropout by layer."""
    where = "layers.forward"
    layers, widths = checked_layers(where, cell, p)
    xs, mask = checked_sequences(where, xs, mask, layers[0][0].W_x)
    batch, dtype, why = xs.shape[1:-1], layers[0][0].W_x.real.dtype, f"xs is {xs.shape}, time first"
    shape = lambda q: (*batch, *units(where, cell, q))
    state = _by_run(where, "state", cell, state, layers, shape, dtype, why)
    return layers, xs, state, mask, _checked_dropout(where, dropout, (len(xs), *batch), widths[:-1], dtype)


def _checked_dropout(where, dropout, steps, widths, dtype):
    """Return one array for each gap between layers, whose widths are given; None where there is none."""
    if dropout is None:
        return (None,) * len(widths)
    if type(dropout) is not tuple or len(dropout) != len(widths):
        expected = f"None, or a tuple of {len(widths)}, one for each gap between layers"
        rate = isinstance(dropout, (int, float))
        hint = "A rate? Draw the arrays: (rng.random(size) < keep) / keep." * rate
        checks.fail(where, "dropout", expected, checks.what(dropout), hint, TypeError)
    found = []
    for n, (scale, width) in enumerate(zip(dropout, widths)):
        name, shape = f"dropout.{n}", (*steps, width)
        if checks.array(where, name, scale).dtype == bool:
            expected = f"{dtype}, scaled by 1/keep"
            checks.fail(where, name, expected, checks.short(scale), "Use mask / keep.", TypeError)
        scale = checks.number(where, name, scale, dtype)
        if scale.shape not in (shape, (1, *shape[1:])):
            expected = f"of shape {shape}, or {(1, *shape[1:])} for all steps alike"
            checks.fail(where, name, f"{expected} (p.{n} gives {width})", checks.short(scale))
        found.append(scale.copy())
    return tuple(found)


def checked_layer_injections(cell, p, trace, dhs, dlast):
    """Return p, dhs and dlast of layers.backward, p and dlast by layer and direction."""
    where = "layers.backward"
    layers, _ = checked_layers(where, cell, p)
    ours, theirs = ([len(runs) for runs in stack] for stack in (layers, trace.runs))
    if ours != theirs:
        expected = f"the parameters of the forward pass, with {theirs} directions by layer"
        checks.fail(where, "p", expected, str(ours))
    dtype = layers[0][0].W_x.real.dtype
    dhs = checks.number(where, "dhs", dhs, dtype)
    if dhs.shape != trace.outputs.shape:
        explain_dhs(where, dhs, trace.outputs.shape)
    batch, why = dhs.shape[1:-1], "like the initial state"
    shape = lambda q: (*batch, *units(where, cell, q))
    return layers, dhs, _by_run(where, "dlast", cell, dlast, layers, shape, dtype, why)


def _by_run(where, name, cell, value, layers, shape, dtype, why):
    """Return a tuple of states, or None where it was None, for each direction of each layer."""
    if value is None:
        return tuple((None,) * len(runs) for runs in layers)
    if type(value) is not tuple or len(value) != len(layers):
        alike = type(value) is list or (hasattr(value, "__len__") and getattr(value, "ndim", 0) > 0)
        alike = alike and len(value) == len(layers)
        expected = f"a tuple of {len(layers)}, one for each layer"
        checks.fail(where, name, expected, checks.what(value), f"Use tuple({name})." * alike, TypeError)
    found = []
    for n, (entry, runs) in enumerate(zip(value, layers)):
        if len(runs) == 2 and entry is not None and not (type(entry) is tuple and len(entry) == 2):
            expected = "a pair (forward, reverse)"
            checks.fail(where, f"{name}.{n}", expected, checks.what(entry), error=TypeError)
        entry = (None,) * 2 if entry is None else entry if len(runs) == 2 else (entry,)
        found.append(tuple(
            s if s is None else check_states(where, _named(name, n, k, runs), cell, s, shape(q), dtype, why)
            for k, (s, q) in enumerate(zip(entry, runs))
        ))
    return tuple(found)


def _named(name, n, k, runs):
    return f"{name}.{n}.{k}" if len(runs) == 2 else f"{name}.{n}"
