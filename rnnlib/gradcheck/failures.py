"""What NumPy means by an error: the sentence with the shapes, and the piece of code that stopped."""

import ast
import linecache
import re

import numpy as np

SHAPES = r"(\([\d, ]*\))"
OPERATIONS = {ast.MatMult: np.matmul, ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}


def explained(error, said, code):
    """Return a clause about an error that NumPy raised with these words, or None if it is not known.

    code is that of the function that was called; the piece of it that stopped is quoted.
    """
    said = " ".join(said.split())
    where, shapes = _failing(error, code)
    piece = f"in {where}, " if where else ""
    for pattern, say in MEANINGS:
        if found := re.search(pattern, said):
            return piece + say(found, shapes)
    return None


def _product(found, shapes):
    a, b = shapes or re.findall(SHAPES, found[0])[:2] or (None, None)
    between = f" of {_plain(a)} and {_plain(b)}" if a else ""
    return f"the matrix product{between} does not fit: its inner sizes are {found['a']} and {found['b']}"


def _entrywise(found, shapes):
    a, b = shapes or re.findall(SHAPES, found[0])[-2:]
    return f"shapes {_plain(a)} and {_plain(b)} do not fit together entry by entry"


def _plain(shape):
    """Return a shape as Python writes it: NumPy's messages leave out the blanks."""
    numbers = re.findall(r"\d+", shape)
    return f"({', '.join(numbers)}{',' * (len(numbers) == 1)})"


MEANINGS = [
    (r"mismatch in its core dimension.*\(size (?P<b>\d+) is different from (?P<a>\d+)\)", _product),
    (rf"shapes {SHAPES} and {SHAPES} not aligned: (?P<a>\d+) \(dim \d+\) != (?P<b>\d+)", _product),
    (r"does not have enough dimensions", lambda found, shapes:
        "@ meets a single number: a number multiplies with *, and @ needs an axis on both sides"),
    (rf"could not broadcast input array from shape {SHAPES} into shape {SHAPES}", lambda found, shapes:
        f"an array of shape {_plain(found[1])} does not fit into a place of shape {_plain(found[2])}"),
    (rf"output operand with shape {SHAPES} doesn't match the broadcast shape {SHAPES}", lambda found, shapes:
        f"an array of shape {_plain(found[1])} is to take up one of shape {_plain(found[2])}: "
        "write a = a + b, not a += b"),
    (r"broadcast together with (?:remapped )?shapes .*", _entrywise),
    (r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", lambda found, shapes:
        f"there is no index {found[1]}: that axis has {found[3]} entries"
        + (f", 0 to {int(found[3]) - 1}" if int(found[3]) else "")),
    (r"(list|tuple) index out of range", lambda found, shapes:
        f"there is no such index: the {found[1]} is shorter"),
    (r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed",
     lambda found, shapes: f"there are {found[2]} indices, and the array has {_axes(int(found[1]))} only"),
    (rf"cannot reshape array of size (\d+) into shape {SHAPES}", lambda found, shapes:
        f"{found[1]} numbers do not fill the shape {_plain(found[2])}"),
    (r"cannot reshape array of size (\d+) into shape \([\d, ]*newaxis", lambda found, shapes:
        f"{found[1]} numbers do not divide into such rows"),
    (r"unsupported operand type\(s\) for (\S+?):? .*'NoneType'", lambda found, shapes:
        f"one side of {found[1]} is None: something has no value there"),
    (r"'NoneType' object is not|non-iterable NoneType|iterable, not NoneType", lambda found, shapes:
        "something is None there, as from a function without return"),
    (r"only (?:length-1|0-dimensional|size-1) arrays can be converted", lambda found, shapes:
        "one number is needed, and there is an array: np.exp, np.log, np.tanh take arrays, math's do not"),
    (r"truth value of an array", lambda found, shapes:
        "a whole array is asked whether it is True (by if, and, or, max or min): use np.where, np.maximum, "
        "any() or all()"),
    (r"inhomogeneous shape", lambda found, shapes: "parts of different shapes do not make one array"),
    (r"setting an array element with a sequence", lambda found, shapes:
        "one place of an array takes one number, and here comes a whole array"),
    (r"all (?:the )?input arrays? must have (?:the )?same shape", lambda found, shapes:
        "np.stack needs arrays of one shape"),
    (r"must have same number of dimensions", lambda found, shapes:
        "what is joined must have the same number of axes"),
    (r"except for the concatenation axis must match exactly", lambda found, shapes:
        "what is joined must agree in all axes but the one it is joined along"),
    (r"axis (-?\d+) is out of bounds for array of dimension (\d+)", lambda found, shapes:
        f"there is no axis {found[1]}: the array has {_axes(int(found[2]))}"),
    (r"axes don't match array", lambda found, shapes: "the array has another number of axes"),
    (r"Cannot cast ufunc .* from dtype\('float64'\) to dtype\('(\w+)'\)", lambda found, shapes:
        f"an array of {found[1]} cannot take up decimals: begin with floats"),
    (r"arrays used as indices must be of integer", lambda found, shapes:
        "indices must be whole numbers, and these are floats"),
    (r"only integers, slices", lambda found, shapes: "an index must be a whole number or a slice"),
    (r"shape mismatch: indexing arrays could not be broadcast", lambda found, shapes:
        "the index arrays have different lengths"),
    (r"matrix transpose with ndim < 2", lambda found, shapes: ".mT needs two axes: a vector has one"),
]


def _axes(n):
    return f"{n} {'axis' if n == 1 else 'axes'}"


def _failing(error, code):
    """Return the piece of code that stopped, quoted, and the shapes of its two sides, where known."""
    try:
        frames = [(tb.tb_frame, tb.tb_lasti) for tb in _tracebacks(error)]
        frame, at = [pair for pair in frames if pair[0].f_code.co_filename == code.co_filename][-1]
        row, last, start, end = list(frame.f_code.co_positions())[at // 2]
        piece = linecache.getline(frame.f_code.co_filename, row).encode()[start:end].decode().strip()
        tree = ast.parse(piece, mode="eval").body
    except Exception:                         # no source, or the expression has more lines than one
        return "", []
    quoted = f"`{piece}`" if 0 < len(piece) <= 60 and row == last else ""
    return quoted, _shapes_of((tree.left, tree.right), frame) if isinstance(tree, ast.BinOp) else []


def _tracebacks(error):
    tb = error.__traceback__
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _value(node, frame):
    """Return the value of a piece of code made of names, T, indices and arithmetic; it calls nothing."""
    match node:
        case ast.Name():
            value = frame.f_locals.get(node.id, frame.f_globals.get(node.id))
            if type(value) not in (np.ndarray, np.float64, int, float, list, tuple):
                raise TypeError
            return value
        case ast.Constant():
            return node.value
        case ast.Attribute(attr="T" | "mT"):
            return getattr(_value(node.value, frame), node.attr)
        case ast.Subscript():
            return _value(node.value, frame)[_value(node.slice, frame)]
        case ast.Slice():
            ends = (node.lower, node.upper, node.step)
            return slice(*(None if end is None else _value(end, frame) for end in ends))
        case ast.Tuple():
            return tuple(_value(part, frame) for part in node.elts)
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, frame)
        case ast.BinOp():
            return OPERATIONS[type(node.op)](_value(node.left, frame), _value(node.right, frame))
    raise TypeError


def _shapes_of(sides, frame):
    """Return the shapes of both sides, as text; empty if they cannot be told."""
    try:
        return [str(np.shape(_value(side, frame))) for side in sides]
    except Exception:
        return []
