"""Checks at the public doors: one sentence that names the argument, what was expected and what came."""

import difflib
import inspect
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
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def what(value):
    """Return what a tuple or a list is, not all that is in it; anything else as short does."""
    plain = type(value) in (tuple, list)
    return f"a {type(value).__name__} of {len(value)}" if plain else short(value)


def fail(where, name, expected, got, hint="", error=ValueError):
    """Raise `where: name must be expected; got got. hint`."""
    raise error(f"{where}: {name} must be {expected}; got {got}." + (f" {hint}" if hint else ""))


def number(where, name, value, dtype):
    """Return value as an array of dtype; integers, booleans and plain lists are converted."""
    if plain(value, dtype):
        return value
    if type(value) is not np.ndarray:
        value = array(where, name, value)
        with np.errstate(over="ignore"):              # what becomes infinite is refused below
            value = value.astype(dtype) if value.dtype.kind == "f" else value
    native_bytes(where, name, value)
    if value.dtype == dtype or (value.dtype.kind == "c" and _complex_allowed.get()):
        return np.asarray(finite(where, name, value), order="C")     # every view gives the same bits
    if value.dtype.kind == "c":
        fail(where, name, "real", short(value), "Complex steps belong in gradcheck.", TypeError)
    if value.dtype.kind not in "fiub":
        entries = value.reshape(-1).tolist()
        odd = next((e for e in entries if type(e) not in (int, float)), entries[0] if entries else None)
        hint = f"Use {name}.astype(float)." if type(odd) in (int, float) else ""
        fail(where, name, "numeric", f"dtype {value.dtype} (an element {short(odd)})", hint, TypeError)
    if value.dtype.kind == "f":
        hint = f"Use {name}.astype(np.{np.dtype(dtype).name})."
        if value.dtype.itemsize not in (4, 8):
            fail(where, name, "float32 or float64", str(value.dtype), hint, TypeError)
        expected = f"{np.dtype(dtype).name} like the parameters"
        fail(where, name, expected, str(value.dtype), hint, TypeError)
    return value.astype(dtype, order="C")


def plain(value, dtype):
    """Tell at once that value is as it should be: a C-contiguous array of finite numbers of dtype."""
    return (type(value) is np.ndarray and value.dtype == dtype and value.flags.c_contiguous
            and math.isfinite(np.vdot(value, value).real))


def native_bytes(where, name, value):
    """Check that the bytes of an array's numbers come in the order of this machine."""
    if not value.dtype.isnative:
        fail(where, name, "in native byte order", str(value.dtype), f"Use {name}.astype(float).", TypeError)


def array(where, name, value):
    """Return value as an array of whatever dtype; plain lists and numbers are converted."""
    if type(value) is np.ndarray:
        return value
    if value is None:
        fail(where, name, "an array", "None", error=TypeError)
    if not isinstance(value, (list, tuple, int, float, complex, np.generic)):
        fail(where, name, "a numpy.ndarray", short(value), how_to_convert(name, value), TypeError)
    try:
        return np.asarray(value)
    except ValueError:
        fail(where, name, "a rectangular array", _raggedness(value))
    except Exception:                                 # whatever the elements raise when they are asked
        fail(where, name, "an array, or a list of numbers", f"a list of {short(value[0])}", error=TypeError)


def how_to_convert(name, value):
    """Return how the array of another library becomes one of NumPy."""
    if isinstance(value, np.ma.MaskedArray):
        return f"Use {name}.filled(...): masked entries would come back."
    if type(value).__module__.startswith("torch") and not hasattr(value, "named_parameters"):
        return f"Use {name}.detach().numpy()."
    return "Use np.asarray." if hasattr(value, "__array__") and type(value) is not np.ndarray else ""


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
        hint = f"Use {name}.astype(bool)." if type(value) is np.ndarray else how_to_convert(name, value)
        fail(where, name, f"a bool array {expected}", short(value), hint, TypeError)
    turned = value.shape != expected and value.ndim > 1 and value.swapaxes(0, 1).shape == expected
    shape(where, name, value, expected, why, f"Time comes first: use {name}.swapaxes(0, 1)." * turned)


def whole(where, name, value, low, high, what=""):
    """Return value if it is an int in [low, high]."""
    is_int = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_int or not low <= value <= high:
        got = short(value)
        error = ValueError if is_int else TypeError
        fail(where, name, f"an int in [{low}, {what}{high}]", got, error=error)
    return int(value)


def real(where, name, value, expected="a finite number", holds=None):
    """Return value as a float if it is finite, and of such numbers as `holds` is true of."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        fail(where, name, expected, short(value), error=TypeError)
    try:
        number = float(value)
    except OverflowError:                             # an int beyond all floats
        number = math.inf
    if not math.isfinite(number) or not (holds is None or holds(number)):
        fail(where, name, expected, short(value))
    return number


def positive(where, name, value, expected="a number > 0"):
    """Return value as a float if it is finite and greater than zero."""
    return real(where, name, value, expected, lambda v: v > 0)


def flag(where, name, value):
    """Return value if it is True or False, and not something that only counts as such."""
    if not isinstance(value, (bool, np.bool)):
        fail(where, name, "True or False", short(value), error=TypeError)
    return value


def one_of(where, name, value, options):
    """Return value if it is one of the options, which are words; a near miss is asked about."""
    if not isinstance(value, str) or value not in options:
        near = difflib.get_close_matches(value, options, 1) if isinstance(value, str) else ()
        hint = f"Did you mean {near[0]!r}?" if near else ""
        error = ValueError if isinstance(value, str) else TypeError
        fail(where, name, f"one of {', '.join(options)}", short(value), hint, error)
    return value


def function(where, name, value, arguments, hint=""):
    """Check that value is a function of as many arguments as are named: "params, batch, state".

    hint is a sentence, or a function of the names that it takes instead.
    """
    expected = f"a function of ({arguments})" if ", " in arguments else f"a function of {arguments}"
    if not callable(value):
        fail(where, name, expected, short(value), error=TypeError)
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):                   # some built-in functions have none
        return
    try:
        signature.bind(*arguments.split(", "))
    except TypeError:
        hint = hint(list(signature.parameters)) if callable(hint) else hint
        fail(where, name, expected, f"one of {signature}", hint, TypeError)


def floating(where, dtype):
    """Return dtype, of new parameters, if it is float32 or float64."""
    try:
        dtype = np.dtype(dtype)
    except (TypeError, ValueError):
        fail(where, "dtype", "float32 or float64", short(dtype), error=TypeError)
    if dtype.char not in "fd":
        fail(where, "dtype", "float32 or float64", str(dtype), error=TypeError)
    return dtype


def drawn(where, rng, dtype, **sizes):
    """Return the dtype of new parameters of these sizes, if they can be drawn."""
    generator(where, rng)
    dtype = floating(where, dtype)
    for name, size in sizes.items():
        whole(where, name, size, 1, 10**6)
    return dtype


def params(where, name, p, kind):
    """Return p if it is a Params of this kind, of finite float arrays that share one dtype."""
    if type(p) is not kind:
        _explain_kind(where, name, p, kind)
    first = getattr(p[0], "dtype", None)
    if first is not None and first.char in "fd" and all([plain(w, first) for w in p]):
        return p
    for field, w in zip(kind._fields, p, strict=True):
        if type(w) is not np.ndarray or w.dtype.char not in "fdFD":
            whole_numbers = type(w) is np.ndarray and w.dtype.kind in "iub"
            hint = "A gradient of integers would be truncated." if whole_numbers else ""
            hint = hint or how_to_convert(field, w)
            fail(where, f"{name}.{field}", "a float32 or float64 array", short(w), hint, TypeError)
    for field, w in zip(kind._fields, p, strict=True):
        native_bytes(where, f"{name}.{field}", w)
    dtype = p[0].real.dtype
    checked = kind(*(number(where, f"{name}.{field}", w, dtype) for field, w in zip(kind._fields, p)))
    return p if all(a is b for a, b in zip(checked, p)) else checked


def _explain_kind(where, name, p, kind):
    """Say what came in the place of a Params of this kind, and how to make one of it."""
    has = list(p) if isinstance(p, dict) else list(getattr(p, "_fields", ()))
    got = f"{type(p).__name__} with {has}" if has else short(p)
    missing = [field for field in kind._fields if field not in has]
    hint = ""
    if any("b_hh" in str(n) or "bias_hh" in str(n) for n in has):
        hint = "Two biases? interop.from_pytorch adds them."
    elif isinstance(p, dict) and missing and len(missing) < len(kind._fields):
        hint = f"Missing: {', '.join(missing)}."
    elif isinstance(p, dict) and set(has) == set(kind._fields):
        hint = "Use Params(**the dict)."
    elif type(p) in (tuple, list) and len(p) == len(kind._fields):
        got, hint = f"a {type(p).__name__} of {len(p)}", "Use Params(*them)."
    elif has == list(kind._fields):
        hint = f"That is a Params of {type(p).__module__}, not of {kind.__module__}."
    fail(where, name, f"a Params({', '.join(kind._fields)})", got, hint, TypeError)


def generator(where, rng):
    """Return rng if it is a numpy Generator."""
    if not isinstance(rng, np.random.Generator):
        hint = "Use np.random.default_rng(0)."
        fail(where, "rng", "a numpy.random.Generator", short(rng), hint, TypeError)
    return rng
