"""Does a cell keep to the interface of `bptt`? What its functions take and return, in one sentence.

The recursion has no checks inside: these run when it has stopped, or when what came out has another
shape than it should. Then one step is taken again, and looked at.
"""

import numpy as np

from . import checks

STEP, BACK = "(state, kept)", "(delta, dstate_before)"


def explain_step(where, cell, p, u, state, error=None):
    """Take one step and refuse what is wrong with it; if nothing is, say at which step error came."""
    _takes(where, "step", cell.step, "p, u, state")
    try:
        result = cell.step(p, u, state)
    except Exception as inside:
        refuse_writing(where, inside)
        _note(where, "step(p, u, state)", inside if error is None else error, cell, u, state)
        return
    if not isinstance(result, tuple) or len(result) != 2 or hasattr(result, "_fields"):
        hint = f"One state is a tuple too: return (h,), {_kept_of(cell)}." if len(cell.STATES) == 1 else ""
        expected = f"a function that returns {STEP}"
        checks.fail(where, "cell.step", expected, checks.what(result), hint, TypeError)
    after, kept = result
    _states(where, "cell.step", "state", cell, after, state)
    if not getattr(kept, "_fields", ()):
        hint = "class Kept(NamedTuple): zs: np.ndarray"
        expected = "a function whose kept values are a NamedTuple"
        checks.fail(where, "cell.step", expected, checks.what(kept), hint, TypeError)
    for name, k in zip(kept._fields, kept, strict=True):
        if not isinstance(k, np.ndarray):
            checks.fail(where, f"kept.{name} of cell.step", "an array", checks.what(k), error=TypeError)
    if kept[0].shape != u.shape:
        hint = "The first thing kept is z_t, all gates side by side."
        checks.shape(where, f"kept.{kept._fields[0]} of cell.step", kept[0], u.shape, "as u", hint)
    if error is not None:
        _note(where, "step(p, u, state)", error, cell, u, state)


def refuse_writing(where, error):
    """Refuse a step that stopped as it wrote into a state, which is given read-only."""
    if "read-only" in str(error):
        hint = "Make a new array: h = ..., not h[...] = ..."
        checks.fail(where, "cell.step", "without side effects", "a write into the state it is given", hint)


def explain_step_back(where, cell, p, dstate, at, error=None):
    """Take one step back and refuse what is wrong with it; if nothing is, say where error came."""
    _takes(where, "step_backward", cell.step_backward, "p, dstate, at")
    try:
        result = cell.step_backward(p, dstate, at)
    except Exception as inside:
        error = inside if error is None else error
        _note(where, "step_backward(p, dstate, at)", error, cell, at.kept[0], dstate)
        return
    if not isinstance(result, tuple) or len(result) not in (2, 3) or hasattr(result, "_fields"):
        expected = f"a function that returns {BACK}, or with handed as the third"
        checks.fail(where, "cell.step_backward", expected, checks.what(result), error=TypeError)
    delta, before, *handed = result
    z = at.kept[0]
    if not isinstance(delta, np.ndarray):
        hint = f"It returns {BACK}, in this order." * isinstance(delta, tuple)
        checks.fail(where, "delta of cell.step_backward", "an array", checks.what(delta), hint, TypeError)
    checks.shape(where, "delta of cell.step_backward", delta, z.shape, "as z_t")
    _states(where, "cell.step_backward", "dstate_before", cell, before, dstate)
    if handed and not hasattr(handed[0], "_make"):
        name, hint = "handed of cell.step_backward", "class Handed(NamedTuple): one field for each array"
        checks.fail(where, name, "a NamedTuple", checks.what(handed[0]), hint, TypeError)
    if error is not None:
        _note(where, "step_backward(p, dstate, at)", error, cell, z, dstate)


def shapes_of(where, cell, D, H):
    """Return cell.shapes(D, H), a Params with the shape of each array."""
    try:
        found = cell.shapes(D, H)
    except TypeError:
        _takes(where, "shapes", cell.shapes, "D, H")
        raise
    names = cell.Params._fields
    named = getattr(found, "_fields", None) == names
    if named and all(isinstance(shape, tuple) for shape in found) and any(found.b[:1]):
        return found
    expected = f"a function that returns a Params({', '.join(names)}) of shapes, b (G*H,)"
    got = checks.short(tuple(found) if isinstance(found, tuple) else found)
    checks.fail(where, "cell.shapes", expected, got, error=TypeError)


def checked_gradient(where, cell, p, trace, delta, *handed):
    """Return cell.gradient(trace, delta, *handed), a Params; gradcheck judges its numbers."""
    try:
        found = cell.gradient(trace, delta, *handed)
    except TypeError:
        hint = "" if handed else "A third argument needs a third value of step_backward."
        _takes(where, "gradient", cell.gradient, "trace, delta, handed" if handed else "trace, delta", hint)
        raise
    if type(found) is not type(p):
        expected = f"a function that returns a Params({', '.join(p._fields)})"
        checks.fail(where, "cell.gradient", expected, checks.what(found), error=TypeError)
    return found


def check_stacks(where, cell, trace):
    """Refuse a step that cannot run several networks at once, each with its own parameters."""
    p, rows = trace.p, lambda a: a.reshape(-1, a.shape[-1])
    u = rows(trace.xs[0] @ p.W_x.T + p.b)
    state = tuple(rows(s[0]) for s in trace.states)
    others = p._make(0.5 * w for w in p)
    try:
        right, again = ([cell.step(q, u.copy(), state)[0] for q in (p, others)] for _ in range(2))
    except ValueError as inside:
        refuse_writing(where, inside)
        raise
    if not all(np.array_equal(a, b) for pair in zip(right, again) for a, b in zip(*pair, strict=True)):
        hint = "Does it draw random numbers, or keep something from call to call?"
        checks.fail(where, "cell.step", "the same at every call", "other states at the second call", hint)
    try:
        both = [np.stack(pair) for pair in zip(p, others)]
        many = p._make(map(for_rows, both))
        found, _ = cell.step(many, np.stack([u, u]), tuple(np.stack([s, s]) for s in state))
        same = all(np.allclose(f, np.stack(pair), rtol=1e-9, atol=1e-12)
                   for f, *pair in zip(found, *right, strict=True))
        got = "other states than one by one"
    except Exception as error:
        same, got = False, f"{type(error).__name__}: {str(error)[:80]}"
    if not same:
        each = [f"{k} {for_rows(np.empty((2, *np.shape(w)))).shape}" for k, w in p._asdict().items()
                if k == "W_h" or k not in ("W_x", "b")]
        expected = f"a function that takes a stack of parameters too, {', '.join(each[:4])}"
        vectors = any(np.ndim(w) == 1 for k, w in p._asdict().items() if k not in ("W_x", "b"))
        rows = " Vectors come as rows: use them as they are, without [None]." * vectors
        hint = f"Write W_h.mT for W_h.T, and W[..., :n, :] for W[:n].{rows}"
        checks.fail(where, "cell.step", expected, got, hint)


def for_rows(stack):
    """Return a stack of vectors or numbers (n, ...) as it meets a stack of rows (n, rows, ...)."""
    return stack.reshape(len(stack), *[1] * max(0, 3 - stack.ndim), *stack.shape[1:])


def _takes(where, name, function, arguments, hint=""):
    """Refuse a function of a cell that does not take these arguments, by their number."""
    def of_a_class(taken):
        if len(taken) == len(arguments.split(", ")) - 1:
            return "In a class, put @staticmethod before it."
        return "It takes self: hand over an instance of the class, not the class." * ("self" in taken)

    checks.function(where, f"cell.{name}", function, arguments, hint or of_a_class)


def _states(where, function, name, cell, found, like):
    """Refuse what is not a tuple of one array for each state, each shaped as it was."""
    names, n = ", ".join(cell.STATES), len(cell.STATES)
    if not isinstance(found, tuple) or len(found) != n:
        got = f"a tuple of {len(found)}" if isinstance(found, tuple) else checks.what(found)
        hint = f"Write ({names},)." if n == 1 and not isinstance(found, tuple) else ""
        expected = f"a tuple of {n} array{'s' * (n > 1)}, for {names}"
        checks.fail(where, f"{name} of {function}", expected, got, hint, TypeError)
    for state, a, b in zip(cell.STATES, found, like, strict=True):
        at = f"{state} in {name} of {function}"
        if not isinstance(a, np.ndarray):
            checks.fail(where, at, "an array", checks.what(a), error=TypeError)
        checks.shape(where, at, a, b.shape, "as it was given")


def _note(where, call, error, cell, u, state):
    """Add to an error inside a cell which call it was, and the shapes that it got."""
    shapes = ", ".join(f"{name} {np.shape(s)}" for name, s in zip(cell.STATES, state))
    error.add_note(f"{where}: this is cell.{call}, with pre-activations {u.shape} and {shapes}.")


def _kept_of(cell):
    return "Kept(z)" if not hasattr(cell, "Kept") else f"Kept({', '.join(cell.Kept._fields)})"
