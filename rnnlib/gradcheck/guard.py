"""Run someone else's function: on copies, with an end to every loop, and without ever raising."""

import contextlib
import contextvars
import copy
import ctypes
import dis
import inspect
import io
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..doors import checks
from . import failures

SECONDS = 10.0
SAID = 200           # characters of an error that are shown
KEPT = 10_000        # characters that are kept of what a call prints
CUT = f"... only the first {KEPT:,} characters are kept"
NO_LIMIT = ("There is no time limit here, because this Python cannot start threads (as in a browser): "
            "if a check does not end, restart the kernel.")

limited = None       # whether the last call could be given an end; None if nobody has asked yet


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its result, or the complaint (one sentence) that says why there is none."""

    result: object = None
    complaint: str | None = None
    changed: tuple = ()      # numbers of the inputs that were changed in place
    printed: str = ""
    stub: bool = False       # nothing has been written yet


class Printed(io.TextIOBase):
    """Takes in what a call prints, and keeps the beginning."""

    def __init__(self):
        self.kept, self.cut = "", False

    def write(self, text):
        room = KEPT - len(self.kept)
        self.kept += text[:room]
        self.cut = self.cut or len(text) > room
        return len(text)

    def __str__(self):
        return f"{self.kept}\n{CUT}\n" if self.cut else self.kept


class _Split:
    """Stands in for sys.stdout: what is printed inside `caught` goes there, all else where it went before."""

    into = contextvars.ContextVar("into", default=None)
    out, users, lock = None, 0, threading.Lock()

    def __getattr__(self, name):
        return getattr(self.into.get() or self.out, name)


_split = _Split()


@contextlib.contextmanager
def caught(printed):
    """Take in what is printed here and in calls from here, not what other threads print meanwhile."""
    token = _split.into.set(printed)
    with _split.lock:
        if not _split.users:
            _split.out, sys.stdout = sys.stdout, _split
        _split.users += 1
    try:
        yield
    finally:
        _split.into.reset(token)
        with _split.lock:
            _split.users -= 1
            if not _split.users:
                sys.stdout = _split.out


class _TimeIsUp(BaseException):
    """Raised inside a call that does not end; not an Exception, so that few handlers catch it."""


def call(f, *inputs, seconds=None):
    """Call f on copies of inputs and return the Outcome."""
    if not callable(f):
        return Outcome(complaint=f"expected a function; got {checks.short(f)}.")
    if unfit := _unfit(f, len(inputs)):
        return Outcome(complaint=unfit)
    copies, printed = copy.deepcopy(inputs), Printed()
    with caught(printed):
        result, error = within(seconds or SECONDS, f, copies)
    said = str(printed)
    if _is_gap(error):
        return Outcome(stub=True, printed=said)
    if error is not None:
        return Outcome(complaint=f"{complaint(error, f)}.", printed=said)
    changed = tuple(n for n, (a, b) in enumerate(zip(copies, inputs, strict=True)) if not same(a, b))
    return Outcome(result, None, changed, said, (result is None or result is Ellipsis) and _is_stub(f))


def bursts(f, *inputs):
    """Return a sentence that says where a call of f first leaves the finite numbers; empty if none can."""
    def strict(*copies):
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            return f(*copies)

    with caught(Printed()):
        error = within(SECONDS, strict, copy.deepcopy(inputs))[1]
    meant = isinstance(error, FloatingPointError) and failures.explained(error, str(error), code_of(f))
    return f"That begins{_line(error, f)}: {meant}." if meant else ""


def _is_gap(error):
    """True if a call stopped because a gap, `...` or NotImplementedError, is not filled yet."""
    if type(error) is TypeError:
        return "ellipsis" in str(error) and "an ellipsis" not in str(error)     # of which np.einsum speaks
    return isinstance(error, NotImplementedError) and not str(error)


def same(a, b):
    """True if two values are the same, byte for byte where they are arrays, inside tuples and dicts too."""
    if type(a) is not type(b) and not _named_alike(a, b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    if isinstance(a, np.ndarray) and a.dtype.hasobject:       # its bytes are addresses
        return a.shape == b.shape and a.dtype == b.dtype and same(a.tolist(), b.tolist())
    if isinstance(a, np.ndarray) and a.dtype in (np.longdouble, np.clongdouble):          # bytes not in use
        return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (int, float, complex, str, np.generic)):
        return a == b or (a != a and b != b)
    if hasattr(a, "__dataclass_fields__"):
        return same({n: getattr(a, n) for n in a.__dataclass_fields__},
                    {n: getattr(b, n) for n in b.__dataclass_fields__})
    return True


def _named_alike(a, b):
    """True if two values are tuples with the same names: a function may make their class anew."""
    fields = getattr(a, "_fields", None)
    return fields is not None and isinstance(a, tuple) and isinstance(b, tuple) and fields == getattr(
        b, "_fields", None)


def outside(f):
    """Return {name: value} of what the code of a function reads from outside, its arguments' names apart."""
    code = code_of(f)
    if code is None:
        return {}
    known = inspect.unwrap(f).__globals__
    names = [i.argval for i in _instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    return {name: known[name] for name in names if name in known}


def borrowed(f):
    """Return the names of the arrays, lists and values made of arrays that a function reads from outside."""
    return tuple(name for name, value in outside(f).items() if _holds_numbers(value))


def _holds_numbers(value):
    """True for arrays, lists, and the values that hold arrays: named tuples and dataclasses."""
    fields = getattr(value, "_fields", None) or getattr(value, "__dataclass_fields__", ())
    arrays = [n for n in fields if isinstance(getattr(value, n, None), np.ndarray)]
    made = bool(arrays) and not isinstance(value, type)
    return isinstance(value, (np.ndarray, list)) or made


def may_keep(f):
    """True if a function has a place outside where it may keep something between calls."""
    code, plain = code_of(f), inspect.unwrap(f)
    outside = code is None or code.co_freevars or any(i.opname == "STORE_GLOBAL" for i in _instructions(code))
    return bool(outside or getattr(plain, "__defaults__", None) or borrowed(f))


def leaves_at_once(f):
    """True if a for loop in the code of a function returns in its first round, whatever it meets there."""
    code = code_of(f)
    return code is not None and _leaves(code)


def _leaves(code):
    steps = list(dis.get_instructions(code))
    jumps = {i.argval for i in steps if i.opcode in dis.hasjrel or i.opcode in dis.hasjabs}
    for n, step in enumerate(steps):
        if step.opname != "FOR_ITER" or step.offset in jumps:
            continue
        body = [i.opname for i in steps[n:] if i.offset < step.argval]
        if any(name.startswith("RETURN") for name in body):
            return True
    return any(_leaves(inner) for inner in code.co_consts if inspect.iscode(inner))


def thrown_away(f):
    """Return the first line of a function, counted from its def, that computes something and does not keep
    it, as `a + b` or `a == b` alone does; 0 if there is none."""
    code = code_of(f)
    steps = [] if code is None else list(_instructions(code))
    for step, then in pairwise(steps):
        looks_up = step.opname == "BINARY_SUBSCR" or step.argrepr == "[]"    # the latter from Python 3.14 on
        computes = step.opname.startswith(("BINARY_", "COMPARE_")) and not looks_up
        if computes and then.opname == "POP_TOP" and step.positions and step.positions.lineno:
            return step.positions.lineno - code.co_firstlineno + 1
    return 0


def names(f):
    """Return the names that the code of a function uses."""
    code = code_of(f)
    used = set() if code is None else {i.argval for i in _instructions(code)}
    return {name for name in used if isinstance(name, str)}


def views(f):
    """True if the code of a function makes another view of an array, by a slice, reshape or the like."""
    code = code_of(f)
    steps = () if code is None else _instructions(code)
    slices = any("SLICE" in i.opname or slice in map(type, _parts([i.argval])) for i in steps)
    return slices or bool(names(f) & {"reshape", "ravel", "view", "T", "swapaxes", "split"})


def constants(f):
    """Return the sizes of the whole numbers that stand in the code of a function."""
    code = code_of(f)
    steps = () if code is None else _instructions(code)
    used = [i.argval for i in steps if "CONST" in i.opname or i.opname == "LOAD_SMALL_INT"]
    return {abs(number) for number in _parts(used) if type(number) is int}


def _parts(values):
    """Yield values, and what tuples and slices among them hold: code may have them as constants."""
    for value in values:
        yield value
        if isinstance(value, (tuple, slice)):
            yield from _parts(value if isinstance(value, tuple) else (value.start, value.stop, value.step))


def divides_whole(f):
    """True if the code of a function divides with //."""
    code = code_of(f)
    return code is not None and any(i.argrepr in ("//", "//=") or i.opname.endswith("FLOOR_DIVIDE")
                                    for i in _instructions(code))


def takes(f):
    """Return the names of the arguments of a function; empty if they cannot be told."""
    try:
        return tuple(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        return ()


def code_of(f):
    """Return the code of a function, under its decorators; None if it is none, or has none."""
    try:
        code = getattr(inspect.unwrap(f), "__code__", None)
    except Exception:                         # it wraps itself, or nothing can be asked of it
        return None
    return code if inspect.iscode(code) else None


def _instructions(code):
    yield from dis.get_instructions(code)
    for inner in code.co_consts:
        if inspect.iscode(inner):
            yield from _instructions(inner)


def within(seconds, f, arguments):
    """Return (result, error) of f(*arguments), None for the one there is not; a call that does not
    end in seconds is given up, where threads can start."""
    global limited
    box, done = [], threading.Event()

    def work():
        try:
            with np.errstate(all="ignore"):
                box.append((f(*arguments), None))
        except BaseException as error:
            box.append((None, error))
        finally:
            done.set()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    try:
        thread.start()
        limited = True
    except RuntimeError:                      # no threads here (Python in a browser): no limit either
        limited = False
        work()
        return box[0]
    end = time.monotonic() + seconds
    try:
        while not done.wait(0.1) and time.monotonic() < end:
            pass                              # in short turns, so that the stop button is heard everywhere
    finally:
        if not done.is_set():                 # ends the loop at its next line; a call in C ends by itself
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp))
            done.wait(0.2)
    return box[0] if box and not isinstance(box[0][1], _TimeIsUp) else (None, _TimeIsUp(seconds))


def _unfit(f, n):
    """Return the complaint that f is no plain function of n arguments, or None."""
    if inspect.iscoroutinefunction(f):
        return "your function is async: begin it with def alone."
    if inspect.isgeneratorfunction(f) or inspect.isasyncgenfunction(f):
        return "your function contains yield: end it with return instead."
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):           # some built-in functions have none
        return None
    try:
        signature.bind(*range(n))
    except TypeError:
        takes = ", ".join(signature.parameters) or "nothing"
        return f"your function takes ({takes}); it is called with {n} argument{'s' * (n != 1)}."
    return None


def complaint(error, f, name="your function"):
    """Say in one clause, without a full stop, why a call gave no result."""
    if isinstance(error, _TimeIsUp):
        return f"{name} is not done after {error.args[0]:g} seconds: some loop does not end"
    if isinstance(error, RecursionError):
        return f"{name} calls itself without end"
    try:
        said = str(error)
    except Exception:
        said = ""
    if meant := failures.explained(error, said, code_of(f)):
        return f"{name} stops{_line(error, f)}: {meant}"
    said = " ".join(f"{type(error).__name__}: {said[:2 * SAID]}".split())
    said = said.rstrip(".: ") if len(said) <= SAID else f"{said[:SAID]}…"
    return f"{name} stops{_line(error, f)} with {said}"


def _line(error, f):
    """Return " in line n" of the function, its first line being 1; empty if it cannot be told."""
    code = code_of(f)
    if code is None or code.co_name == "<lambda>":
        return ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
             if frame.filename == code.co_filename and frame.name == code.co_name]
    return f" in line {lines[-1] - code.co_firstlineno + 1}" if lines else ""


def _is_stub(f):
    """True if the body of f is `...`, pass or a docstring: nothing has been written yet."""
    code = code_of(f)
    if code is None or code.co_names or code.co_nlocals > _arguments(code) or code.co_freevars:
        return code is None
    return not any(step.opname.startswith("LOAD_FAST") for step in dis.get_instructions(code))


def _arguments(code):
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + stars
