"""What NumPy means by an error: the sentence with the shapes, and the piece of code that stopped."""

import ast
import contextlib
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
    where, shapes, parts = _failing(error, code)
    piece = f"in {where}, " if where else ""
    for pattern, say in MEANINGS:
        if found := re.search(pattern, said):
            return piece + say(found, shapes) + parts
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
    (rf"shape mismatch: indexing arrays could not be broadcast together with shapes {SHAPES} {SHAPES}",
     lambda found, shapes: f"the index arrays have different lengths, {_plain(found[1])} and "
                           f"{_plain(found[2])}: side by side they must agree"),
    (r"invalid value encountered in (log|sqrt)", lambda found, shapes:
        f"a {'root' if found[1] == 'sqrt' else 'logarithm'} is taken of a number below 0"),
    (r"divide by zero encountered in log", lambda found, shapes: "a logarithm is taken of 0"),
    (r"overflow encountered in exp", lambda found, shapes: "exp overflows"),
    (r"overflow encountered", lambda found, shapes: "the numbers grow beyond what a float holds"),
    (r"divide by zero encountered", lambda found, shapes: "something is divided by 0"),
    (r"invalid value encountered in .*divide", lambda found, shapes: "0 is divided by 0, or inf by inf"),
    (r"each subscript must be either an integer or an ellipsis", lambda found, shapes:
        "einsum takes the letters first, and then the arrays"),
    (r"array split does not result in an equal division", lambda found, shapes:
        "the array does not divide into that many equal parts along that axis"),
    (r"too many values to unpack \(expected (\d+)", lambda found, shapes:
        f"{found[1]} names stand on the left, and more values than that come"),
    (r"not enough values to unpack \(expected (\d+), got (\d+)\)", lambda found, shapes:
        f"{found[1]} names stand on the left, and {found[2]} value{'s' * (found[2] != '1')} come"
        f"{'s' * (found[2] == '1')}"),
    (r"cannot unpack non-iterable (\w+)", lambda found, shapes:
        f"several names stand on the left, and one {found[1]} comes"),
    (r"`indices` and `arr` must have the same number of dimensions", lambda found, shapes:
        "the index array needs as many axes as the array"),
    (r"broadcast together with remapped shapes|for label .* does not match|"
     r"einstein sum subscripts string contains too many subscripts|more dimensions than subscripts",
     lambda found, shapes: "the letters of einsum do not fit the axes"),
    (r"zero-dimensional arrays cannot be concatenated", lambda found, shapes:
        "single numbers are joined by np.stack or np.array, and not by np.concatenate"),
    (r"need at least one array", lambda found, shapes: "the list of what is to be joined is empty"),
    (r"boolean index did not match indexed array along (?:axis|dimension) (\d+);.* is (\d+) but .* is (\d+)",
     lambda found, shapes: f"a mask of {found[3]} meets axis {found[1]} of an array, which has {found[2]}"),
    (r"shape-mismatch for sum", lambda found, shapes: "the axes that are summed over have different lengths"),
    (r"invalid index to scalar variable", lambda found, shapes:
        "one number has no index: something has an axis less than you think"),
    (r"mismatch in its core dimension.*\(size (?P<b>\d+) is different from (?P<a>\d+)\)", _product),
    (rf"shapes {SHAPES} and {SHAPES} not aligned: (?P<a>\d+) \(dim \d+\) != (?P<b>\d+)", _product),
    (r"does not have enough dimensions", lambda found, shapes:
        "@ meets a single number: a number multiplies with *, and @ needs an axis on both sides"),
    (rf"could not broadcast input array from shape {SHAPES} into shape {SHAPES}", lambda found, shapes:
        f"an array of shape {_plain(found[1])} does not fit into a place of shape {_plain(found[2])}"),
    (rf"output operand with shape {SHAPES} doesn't match the broadcast shape {SHAPES}", lambda found, shapes:
        f"an array of shape {_plain(found[1])} is to take up one of shape {_plain(found[2])}: "
        "is the one a slice with another number of entries? Else write a = a + b, not a += b"),
    (r"broadcast together with shapes .*", _entrywise),
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
    """Return the piece of code that stopped, quoted; the shapes of its two sides, and a clause with those of
    the arrays that it names, where known."""
    try:
        frames = [(tb.tb_frame, tb.tb_lasti) for tb in _tracebacks(error)]
        frame, at = [pair for pair in frames if pair[0].f_code.co_filename == code.co_filename][-1]
        row, last, start, end = list(frame.f_code.co_positions())[at // 2]
        line = linecache.getline(frame.f_code.co_filename, row)
        piece = line.encode()[start:end].decode().strip()
        tree = _expression(piece, line.strip())
    except Exception:                         # no source, or the expression has more lines than one
        return "", [], ""
    quoted = f"`{piece}`" if 0 < len(piece) <= 60 and row == last else ""
    sides = (tree.left, tree.right) if isinstance(tree, ast.BinOp) else ()
    return quoted, _shapes_of(sides, frame), "" if sides else _of_parts(tree, frame)


def _expression(piece, line):
    """Return the tree of a piece of code; of names on the left of an assignment, that of its right side."""
    tree = ast.parse(piece, mode="eval").body
    for node in ast.walk(ast.parse(line)) if isinstance(tree, ast.Tuple) else ():
        if isinstance(node, ast.Assign) and ast.get_source_segment(line, node.targets[0]) == piece:
            return node.value
    return tree


def _of_parts(tree, frame):
    """Return "; W_x has shape (9, 2)" for the arrays that a call is given, or that an index stands beside."""
    nodes = [tree.value] if isinstance(tree, ast.Subscript) else [tree]
    if isinstance(tree, ast.Call):
        given = [*tree.args, *([tree.func.value] if isinstance(tree.func, ast.Attribute) else [])]
        nodes = [n for a in given for n in (a.elts if isinstance(a, (ast.List, ast.Tuple)) else [a])]
    said = []
    for node in nodes:
        with contextlib.suppress(Exception):
            if shape := np.shape(_value(node, frame)):
                said.append(f"{ast.unparse(node)} has shape {shape}")
    return f" ({', '.join(dict.fromkeys(said[:3]))})" if said else ""


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
