"""Checks at the public doors: one sentence that names the argument, what was expected and what came."""

import math
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

_complex_allowed = ContextVar("complex_allowed", default=False)


@contextmanager
def allow_complex():
    """Let complex arrays through the doors: a complex step is under way."""
    token = _complex_allowed.set(True)
    try:
        yield
    finally:
        _complex_allowed.reset(token)


def short(value):
    """Return the repr of value in at most 80 characters."""
    if type(value) is np.ndarray:
        return f"shape {value.shape}, {value.dtype}"
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "shape") or type(value).__module__.split(".")[0] not in ("builtins", "numpy"):
        return f"{type(value).__module__.split('.')[0]}.{type(value).__name__}"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def fail(where, name, expected, got, hint="", error=ValueError):
    """Raise `where: name must be expected; got got. hint`."""
    raise error(f"{where}: {name} must be {expected}; got {got}." + (f" {hint}" if hint else ""))


def number(where, name, value, dtype):
    """Return value as an array of dtype; integers, booleans and plain lists are converted."""
    if type(value) is not np.ndarray:
        value = array(where, name, value)
        value = value.astype(dtype) if value.dtype.kind == "f" else value
    if value.dtype == dtype or (value.dtype.kind == "c" and _complex_allowed.get()):
        return np.asarray(finite(where, name, value), order="C")     # every view gives the same bits
    if value.dtype.kind == "c":
        fail(where, name, "real", short(value), "Complex steps belong in gradcheck.", TypeError)
    if value.dtype.kind not in "fiub":
        first = value.reshape(-1)[0] if value.size else "nothing"
        got = f"dtype {value.dtype} (first element {short(first)})"
        fail(where, name, "numeric", got, error=TypeError)
    if value.dtype.kind == "f":
        hint = f"Use {name}.astype(np.{np.dtype(dtype).name})."
        if value.dtype.itemsize not in (4, 8):
            fail(where, name, "float32 or float64", str(value.dtype), hint, TypeError)
        expected = f"{np.dtype(dtype).name} like the parameters"
        fail(where, name, expected, str(value.dtype), hint, TypeError)
    return value.astype(dtype, order="C")


def array(where, name, value):
    """Return value as an array of whatever dtype; plain lists and numbers are converted."""
    if type(value) is np.ndarray:
        return value
    if value is None:
        fail(where, name, "an array", "None", error=TypeError)
    if not isinstance(value, (list, tuple, int, float, complex, np.generic)):
        hint = "Use np.asarray." if hasattr(value, "__array__") else ""
        if type(value).__module__.startswith("torch"):
            hint = f"Use {name}.detach().numpy()."
        if isinstance(value, np.ma.MaskedArray):
            hint = f"Use {name}.filled(...): masked entries would come back."
        fail(where, name, "a numpy.ndarray", short(value), hint, TypeError)
    try:
        return np.asarray(value)
    except ValueError:
        fail(where, name, "a rectangular array", _raggedness(value))


def _raggedness(rows):
    sizes = [len(r) if hasattr(r, "__len__") else 0 for r in rows]
    odd = next((i for i, n in enumerate(sizes) if n != sizes[0]), None)
    if odd is None:
        return "rows of differing shapes"
    return f"row {odd} of length {sizes[odd]}, row 0 of length {sizes[0]}"


def finite(where, name, value):
    """Return value if every entry is finite; else name the first that is not."""
    if not math.isfinite(np.vdot(value, value).real):     # squares may overflow: only then look closer
        bad = np.argwhere(~np.isfinite(value))
        if len(bad):
            at = tuple(int(i) for i in bad[0])
            got = f"{value[at]} at {list(at)} ({len(bad)} of {value.size} entries are not finite)"
            fail(where, name, "finite", got)
    return value


def shape(where, name, value, expected, why="", hint=""):
    """Check that value has the expected shape, a tuple."""
    if value.shape != expected:
        reason = f" ({why})" if why else ""
        fail(where, name, f"of shape {expected}{reason}", short(value), hint)


def bools(where, name, value, expected, why=""):
    """Check that value is an array of bools of the expected shape."""
    if type(value) is not np.ndarray or value.dtype != bool:
        hint = f"Use {name}.astype(bool)." if type(value) is np.ndarray else ""
        fail(where, name, f"a bool array {expected}", short(value), hint, TypeError)
    shape(where, name, value, expected, why)


def whole(where, name, value, low, high, what=""):
    """Return value if it is an int in [low, high]."""
    is_int = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_int or not low <= value <= high:
        got = short(value)
        error = ValueError if is_int else TypeError
        fail(where, name, f"an int in [{low}, {what}{high}]", got, error=error)
    return int(value)


def real(where, name, value, above=None):
    """Return value as a float if it is a finite number, greater than `above`."""
    expected = "a finite number" + (f" > {above}" if above is not None else "")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        fail(where, name, expected, short(value), error=TypeError)
    if not math.isfinite(value) or (above is not None and not value > above):
        fail(where, name, expected, short(value))
    return float(value)


def params(where, name, p, kind):
    """Return p if it is a Params of this kind, of finite float arrays that share one dtype."""
    if type(p) is not kind:
        has = list(p) if isinstance(p, dict) else list(getattr(p, "_fields", ()))
        got = f"{type(p).__name__} with {has}" if has else short(p)
        two = any("b_hh" in str(n) or "bias_hh" in str(n) for n in has)
        hint = "Two biases? Add them." if two else ""
        fail(where, name, f"a Params({', '.join(kind._fields)})", got, hint, TypeError)
    for field, w in zip(kind._fields, p, strict=True):
        if type(w) is not np.ndarray or w.dtype.char not in "fdFD":
            whole_numbers = type(w) is np.ndarray and w.dtype.kind in "iub"
            hint = "A gradient of integers would be truncated." if whole_numbers else ""
            fail(where, f"{name}.{field}", "a float32 or float64 array", short(w), hint, TypeError)
    dtype = p[0].real.dtype
    checked = kind(*(number(where, f"{name}.{field}", w, dtype) for field, w in zip(kind._fields, p)))
    return p if all(a is b for a, b in zip(checked, p)) else checked


def generator(where, rng):
    """Return rng if it is a numpy Generator."""
    if not isinstance(rng, np.random.Generator):
        hint = "Use np.random.default_rng(0)."
        fail(where, "rng", "a numpy.random.Generator", short(rng), hint, TypeError)
    return rng
