"""Run a learner's code, in a process that has nothing to lose, and call its answer for judge.py.

What this process says is never believed to be more than the numbers that an answer returned. The hook and
the limits below stop what is done by accident or in jest. They are no jail: see grade.py.
"""

import builtins
import contextlib
import ctypes
import inspect
import io
import json
import linecache
import marshal
import os
import pickle
import struct
import sys
from functools import cache

import numpy as np

from rnnlib.gradcheck import guard

try:
    import resource
except ImportError:                  # on Windows
    resource = None

CPU, MEMORY, FILE = 60, 2 * 10**9, 10**6
LARGE = 10**6                        # numbers; of a larger array only its shape is told
DEEP = 20
REFUSED = ("os.fork", "os.exec", "os.spawn", "os.posix_spawn", "os.system", "os.startfile", "subprocess.",
           "os.kill", "signal.", "pty.", "ctypes.", "socket.", "os.remove", "os.rename", "os.rmdir",
           "os.mkdir", "os.truncate", "os.chmod", "os.chown", "os.link", "os.symlink", "shutil.", "resource.",
           "winreg.")
UNFIT = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
# What guard.py ends a call with: Python 3.14 asks the hook about it.
STOPPING = ctypes.cast(ctypes.pythonapi.PyThreadState_SetAsyncExc, ctypes.c_void_p).value
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Refused(PermissionError):
    """What an answer may not do while it is judged."""


class Wire:
    """Two streams of messages, each a length and so many bytes."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink

    def send(self, message):
        self.sink.write(struct.pack("<Q", len(message)) + message)
        self.sink.flush()

    def receive(self, limit=2**40):
        """Return the next message; EOFError if there is none, ValueError if it is longer than the limit."""
        head = self.source.read(8)
        if len(head) < 8:
            raise EOFError
        (size,) = struct.unpack("<Q", head)
        if size > limit:
            raise ValueError("too long a message")
        message = self.source.read(size)
        if len(message) < size:
            raise EOFError
        return message


def encode(value, deep=0):
    """Return a value as JSON can hold it: what is no number, text or array inside tuples is a type's name."""
    if value is None or isinstance(value, bool):
        return value
    if value is Ellipsis:
        return {"is": "ellipsis"}
    if type(value) in (int, float, str):
        fits = len(value) <= LARGE if isinstance(value, str) else abs(value) < 2**63 or type(value) is float
        return value if fits else {"is": "other", "name": type(value).__name__}
    if type(value) is complex:
        return {"is": "complex", "parts": [value.real, value.imag]}
    if isinstance(value, (np.generic, np.ndarray)):
        return _array(np.asarray(value), isinstance(value, np.generic))
    if isinstance(value, (tuple, list)) and len(value) <= LARGE and deep < DEEP:
        fields = list(getattr(value, "_fields", ())) if isinstance(value, tuple) else []
        kind = "list" if isinstance(value, list) else "tuple"
        return {"is": kind, "name": type(value).__name__, "fields": fields,
                "parts": [encode(part, deep + 1) for part in value]}
    if isinstance(value, dict) and len(value) <= LARGE and deep < DEEP:
        return {"is": "dict", "parts": [[encode(key, DEEP), encode(part, deep + 1)]
                                        for key, part in value.items()]}
    if callable(value):
        return {"is": "other", "name": "function"}
    if hasattr(value, "__dataclass_fields__") and deep < DEEP:
        parts = [encode(getattr(value, name, None), deep + 1) for name in value.__dataclass_fields__]
        return {"is": "other", "name": type(value).__name__, "parts": parts}
    return {"is": "other", "name": type(value).__name__}


def _told(value):
    """Return encode(value), of whatever a learner may have made."""
    try:
        return encode(value)
    except Exception:
        return {"is": "other", "name": type(value).__name__}


def _array(array, scalar):
    if array.dtype.kind not in "biufc" and not (array.dtype.kind in "US" and array.size <= LARGE):
        parts = [encode(part, DEEP) for part in array.ravel()] if array.size <= 1000 else []
        return {"is": "array", "dtype": "object", "shape": list(array.shape), "parts": parts}
    told = {"is": "array", "dtype": array.dtype.str, "shape": list(array.shape), "scalar": scalar}
    return told if array.size > LARGE else told | {"bytes": array.tobytes().hex()}


def decode(told):
    """Return the value that encode made this of, in types of our own making only."""
    if not isinstance(told, dict):
        if told is None or isinstance(told, (bool, int, float, str)):
            return told
        raise ValueError("not a value")
    kind = told["is"]
    if kind == "ellipsis":
        return Ellipsis
    if kind == "complex":
        return complex(*map(float, told["parts"]))
    if kind == "array":
        return _decoded(told)
    if kind in ("tuple", "list"):
        parts = [decode(part) for part in told["parts"]]
        if kind == "list":
            return parts
        return _type(str(told["name"]), tuple, tuple(map(str, told["fields"])))(parts)
    if kind == "dict":
        return {decode(key): decode(part) for key, part in told["parts"]}
    if kind == "other":
        return _type(str(told["name"]), object)()
    raise ValueError("not a value")


@cache
def _type(name, base, fields=()):
    return tuple if base is tuple and not fields else type(name[:80], (base,), {"_fields": fields})


def _decoded(told):
    shape = tuple(map(int, told["shape"]))
    if told["dtype"] == "object":
        made = np.empty(len(told["parts"]), object)
        made[:] = [decode(part) for part in told["parts"]]
        return made.reshape(shape) if made.size else made
    dtype = np.dtype(told["dtype"])
    if dtype.kind not in "biufcUS":
        raise ValueError("not an array of numbers")
    if "bytes" not in told:
        return np.broadcast_to(np.zeros((), dtype), shape)
    array = np.frombuffer(bytes.fromhex(told["bytes"]), dtype).reshape(shape).copy()
    return array[()] if told["scalar"] else array


class Inputs(pickle.Unpickler):
    """Reads what judge.py sends; functions that live there are called there."""

    def __init__(self, data, ask):
        super().__init__(io.BytesIO(data))
        self.ask = ask

    def persistent_load(self, number):
        return lambda *arguments: self.ask(number, arguments)


class Answer:
    """The answer to one exercise, and what it stands on."""

    def __init__(self, wire):
        self.wire, self.function = wire, None

    def prepare(self, statements, expression):
        """Run the learner's statements, one after the other, and see what the check is to be given."""
        names = {"__name__": "__main__", "__builtins__": builtins, "display": lambda *_, **__: None,
                 "get_ipython": lambda: _Shell()}
        failed = []

        def work():
            for code in statements:
                try:
                    exec(marshal.loads(code), names)
                except Exception as error:
                    failed.append(error)

        _, error = guard.within(guard.SECONDS, work, ())
        if error is not None:
            return {"broken": guard.complaint(error, None, "what the answer stands on") + "."}
        value, error = guard.within(guard.SECONDS, lambda: eval(marshal.loads(expression), names), ())
        if error is not None:
            said = guard.complaint(failed[0] if failed else error, None, "what the answer stands on")
            return {"broken": f"{said}."}
        self.function = value
        code = guard.code_of(value) if callable(value) else None
        known = code and [code.co_filename, code.co_firstlineno, code.co_name, list(code.co_varnames)]
        return {"callable": callable(value), "code": known,
                "borrowed": list(guard.borrowed(value)) if code else []}

    def call(self, message):
        """Call the answer as a check does, on inputs as judge.py sends them; tell what became of it."""
        inputs, function, kept = Inputs(message, self.ask).load(), self.function, []

        def watched(*arguments):
            kept.append(arguments)
            return self.function(*arguments)

        if callable(function) and not any(test(function) for test in UNFIT):
            watched.__wrapped__, function = function, watched
        outcome = guard.call(function, *inputs)
        return {"result": _told(outcome.result), "complaint": outcome.complaint, "printed": outcome.printed,
                "stub": outcome.stub, "after": [_told(part) for part in (kept[0] if kept else inputs)]}

    def ask(self, number, arguments):
        """Call a function that lives in the other process."""
        given = [encode(argument) for argument in arguments]
        self.wire.send(json.dumps({"ask": number, "arguments": given}).encode())
        kind, value = pickle.loads(self.wire.receive())
        if kind == "raise":
            raise value
        return value


class _Shell:
    """Stands where IPython's shell would be: magics do nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def refuse(event, arguments):
    """Stop what an answer needs nowhere: other processes, the network, changing files."""
    if event == "open":
        path, mode, flags = (*arguments, None, None)[:3]
        asked = set("wax+") & set(mode) if isinstance(mode, str) else (flags or 0) & WRITING
        if asked and path != os.devnull:
            raise Refused("while it is judged, an answer may not write files")
    elif event.startswith(REFUSED) and (event, *arguments[:1]) != ("ctypes.call_function", STOPPING):
        raise Refused(f"while it is judged, an answer may not do this ({event})")


def limit():
    """Set limits of processor time, memory and the size of files, where the system has them."""
    if resource is None:
        return
    for which, most in ((resource.RLIMIT_CPU, CPU), (resource.RLIMIT_AS, MEMORY),
                        (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):       # some systems know no limit of memory
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))


def main():
    """Prepare one answer, then call it as often as asked, until there is nobody who asks."""
    wire = Wire(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):                                 # what an answer prints or reads goes nowhere
        os.dup2(nowhere, number)
    sys.dont_write_bytecode = True
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)               # PR_SET_PDEATHSIG: end when judge.py does
    limit()
    answer = Answer(wire)
    imports, statements, expression, cells, guard.SECONDS = pickle.loads(wire.receive())
    for name, source in cells.items():                       # so that a complaint can quote the line
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    sys.addaudithook(refuse)
    for code in imports:                                     # what is installed may take its time
        with contextlib.suppress(Exception):
            exec(marshal.loads(code), {"__name__": "__main__"})
    wire.send(b"{}")
    wire.receive()
    wire.send(json.dumps(answer.prepare(statements, expression)).encode())
    while True:
        try:
            message = wire.receive()
        except EOFError:
            os._exit(0)
        wire.send(json.dumps({"done": answer.call(message)}).encode())


if __name__ == "__main__":
    main()
