"""Mutants of our own forward and backward passes: the source of a function with one node replaced.

Operators read the syntax tree and know nothing of recurrent networks: they exchange, drop, shift and
negate what stands there. A mutant lives in a module of its own; the package is never touched.
"""

import ast
import copy
import functools
import sys
import types
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnlib import bptt, gradcheck, gru, gru_original, lstm, rnn
from rnnlib.gradcheck import recurrent
from rnnlib.trace import At

CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}
ORIGINALS = {**CELLS, "bptt": bptt, "recurrent": recurrent}
FORWARD, BACKWARD, BOTH = ("forward",), ("backward",), ("forward", "backward")
FUNCTIONS = {  # which functions are mutated, and on which side; helpers of both are mutated on one at a time
    **{name: {"step": FORWARD, "step_backward": BACKWARD, "gradient": BACKWARD} for name in CELLS},
    "bptt": {"forward": FORWARD, "unroll": FORWARD, "_affine": FORWARD, "_applied": BOTH, "_where": BOTH,
             "_step_back": BACKWARD, "deltas": BACKWARD, "_deltas": BACKWARD, "_lags": BACKWARD,
             "_windowed": BACKWARD, "_gradient": BACKWARD, "backward": BACKWARD},
}
FUNCTIONS["lstm"]["split"] = BOTH
FUNCTIONS["gru"] |= {"split": BACKWARD, "rows": BACKWARD}


class Mutant(NamedTuple):
    """One change at one place of one function, on the forward or on the backward side."""

    module: str
    function: str
    side: str
    operator: str
    line: int
    before: str  # the statement as it is
    after: str   # and as it reads in the mutant
    text: str    # the whole function

    def __str__(self):
        return f"{self.module}.{self.function}:{self.line} ({self.side}) {self.before}  ->  {self.after}"


# Operators: each maps a node, and what is known of its function, to the nodes that may stand for it

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
UFUNC = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply"}


def code(template, **parts):
    """Return the expression that template spells, with nodes in place of names."""
    tree = ast.parse(template, mode="eval").body
    return _Fill({name: copy.deepcopy(node) for name, node in parts.items()}).visit(tree)


class _Fill(ast.NodeTransformer):
    def __init__(self, parts):
        self.parts = parts

    def visit_Name(self, node):
        return self.parts.get(node.id, node)


def _is(node, *ops):
    return isinstance(node, ast.BinOp) and isinstance(node.op, ops)


def _loaded(node):
    return isinstance(getattr(node, "ctx", None), ast.Load)


def exchange_operator(node, _):
    """+ and -, * and /."""
    swap = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
    if _is(node, *swap):
        yield ast.BinOp(node.left, swap[type(node.op)](), node.right)


def drop_operand(node, _):
    """a + b, a * b and a @ b become a, or b."""
    if _is(node, *ARITHMETIC, ast.MatMult):
        yield node.left
        yield code("-b", b=node.right) if _is(node, ast.Sub) else node.right


def change_power(node, _):
    """a * a becomes a * a * a; that it becomes a, drop_operand sees to."""
    if _is(node, ast.Mult) and ast.dump(node.left) == ast.dump(node.right):
        yield code("a * a * a", a=node.left)


def change_slope(node, _):
    """1 - a * a becomes a * (1 - a), and the other way round."""
    if not _is(node, ast.Sub, ast.Mult):
        return
    text = ast.unparse(node)
    for a in ast.walk(node):
        if isinstance(a, (ast.Name, ast.Attribute)):
            name = ast.unparse(a)
            if text == f"1 - {name} * {name}":
                yield code("a * (1 - a)", a=a)
                return
            if text == f"{name} * (1 - {name})":
                yield code("1 - a * a", a=a)
                return


def transpose(node, _):
    """A .T or .mT is dropped; W_h, each square block of it, and a product with a .T get one."""
    if isinstance(node, ast.Attribute) and _loaded(node):
        if node.attr in ("T", "mT"):
            yield node.value
        if node.attr == "W_h":
            yield code("a.mT", a=node)
            yield code("np.concatenate([w.mT for w in np.split(a, len(a) // a.shape[-1])])", a=node)
    if _is(node, ast.MatMult) and isinstance(node.left, ast.Attribute) and node.left.attr == "T":
        yield code("(a).T", a=node)


def change_constant(node, _):
    """A number becomes its neighbours; halves become 1 and 1/4."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value - 1, node.value + 1):
            yield ast.Constant(value)
    if isinstance(node, ast.Constant) and type(node.value) is float:
        yield from (ast.Constant(2 * node.value), ast.Constant(node.value / 2))


def shift_index(node, _):
    """a[t] becomes a[t - 1] and a[t + 1]."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
        for op in (ast.Sub(), ast.Add()):
            index = ast.BinOp(node.slice, op, ast.Constant(1))
            yield ast.Subscript(node.value, index, node.ctx)


def change_slice(node, _):
    """a[:-1] becomes a[1:], a[:n] becomes a[n:], and back."""
    if isinstance(node, ast.Slice) and not (node.lower and node.upper):
        if ast.unparse(node) in (":-1", "1:"):
            yield code("a[1:]" if node.lower is None else "a[:-1]").slice
        elif node.lower or node.upper:
            yield ast.Slice(node.upper, node.lower)


def change_past(node, _):
    """a[:-1] wraps round, or begins with a zero row."""
    if isinstance(node, ast.Subscript) and _loaded(node) and ast.unparse(node.slice) == ":-1":
        yield code("np.roll(a[1:], 1, axis=0)", a=node.value)
        yield code("np.concatenate([0 * a[:1], a[1:-1]])", a=node.value)


def exchange_name(node, known):
    """A variable becomes another one that holds an array (or tuple, or number) of the same shape."""
    if isinstance(node, ast.Name) and _loaded(node):
        for other in known["names"].get(node.id, ()):
            yield ast.Name(other, ast.Load())


def exchange_attribute(node, known):
    """A field becomes another of the same object."""
    if isinstance(node, ast.Attribute) and _loaded(node):
        for fields in known["fields"]:
            if node.attr in fields:
                yield from (ast.Attribute(node.value, f, node.ctx) for f in fields if f != node.attr)


def squash(node, known):
    """An array a becomes tanh(a); np.tanh(a) becomes a."""
    if isinstance(node, ast.Name) and _loaded(node) and node.id in known["arrays"]:
        yield code("np.tanh(a)", a=node)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.tanh" and len(node.args) == 1:
        yield node.args[0] if not node.keywords else code("np.copyto(a, b)", a=node.keywords[0].value,
                                                          b=node.args[0])


def change_sum(node, _):
    """A sum becomes a mean or its first term or takes another axis; a product over rows becomes a mean."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sum":
        yield code("a.mean(axis=0)", a=node.func.value)
        yield code("a[0]", a=node.func.value)
        yield code("a", a=node.func.value)
        yield code("a.sum(axis=-1)", a=node.func.value)
    if _is(node, ast.MatMult) and isinstance(node.left, ast.Attribute) and node.left.attr == "T":
        yield code("a.T @ b / len(b)", a=node.left.value, b=node.right)


def change_order(node, _):
    """reversed(a) becomes a; range(a, b) begins one later or ends one earlier; arguments change places."""
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func)
    if name == "reversed":
        yield node.args[0]
    if name == "range":
        first, last = ([ast.Constant(0)] + node.args)[-2:] if len(node.args) < 3 else node.args[:2]
        step = node.args[2:]
        yield ast.Call(node.func, [code("a + 1", a=first), last, *step], [])
        yield ast.Call(node.func, [first, code("a - 1", a=last), *step], [])
    if len(node.args) > 1 and name != "range":
        for k in range(len(node.args) - 1):
            args = [*node.args[:k], node.args[k + 1], node.args[k], *node.args[k + 2:]]
            yield ast.Call(node.func, args, node.keywords)


def change_list(node, known):
    """In [a, b, ...] or (a, b, ...) two change places, one stands for the other, or one is zero."""
    if not isinstance(node, (ast.List, ast.Tuple)) or not _loaded(node) or id(node) in known["indices"]:
        return
    n = len(node.elts)
    for j in range(n):
        if not isinstance(node.elts[j], ast.Starred):
            yield type(node)([code("0 * a", a=e) if i == j else e for i, e in enumerate(node.elts)], node.ctx)
        for k in range(n):
            if j != k:
                yield type(node)([node.elts[k] if i == j else e for i, e in enumerate(node.elts)], node.ctx)
            if j < k:
                at = {j: k, k: j}
                yield type(node)([node.elts[at.get(i, i)] for i in range(n)], node.ctx)


def change_choice(node, _):
    """a if test else b becomes a, b, or b if test else a; a test is turned round."""
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
    if isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    near = {ast.Eq: ast.NotEq, ast.GtE: ast.Gt, ast.Gt: ast.GtE, ast.LtE: ast.Lt, ast.Lt: ast.LtE}
    if isinstance(node, ast.Compare) and type(node.ops[0]) in near:
        yield ast.Compare(node.left, [near[type(node.ops[0])]()], node.comparators)


def change_call(node, _):
    """A copy is not made; zeros are ones; max is min, or one of its arguments, and the other way round."""
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func)
    if name.endswith(".copy"):
        yield node.func.value
    other = {"np.zeros": "ones", "np.zeros_like": "ones_like"}.get(name)
    if other:
        yield ast.Call(code(f"np.{other}"), node.args, node.keywords)
    if name in ("max", "min"):
        yield ast.Call(code("min" if name == "max" else "max"), node.args, node.keywords)
        yield from node.args


def write_in_place(node, known):
    """a + b, a - b and a * b are written into a, or into b, if that is a variable."""
    if _is(node, *UFUNC):
        for out in (node.left, node.right):
            if isinstance(out, (ast.Name, ast.Subscript)) and known["holds"](out):
                yield code(f"np.{UFUNC[type(node.op)]}(a, b, out=c)", a=node.left, b=node.right, c=out)


def change_statement(node, known):
    """A statement is left out; += becomes = and -=; a value assigned becomes its negative or zero."""
    if isinstance(node, (ast.Assign, ast.AugAssign)) or (
            isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Constant, ast.Yield))):
        yield ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)
        yield ast.AugAssign(node.target, ast.Sub(), node.value)
    if isinstance(node, ast.Assign) and known["holds"](node.targets[0]):
        yield ast.Assign(node.targets, code("-(a)", a=node.value))
        yield ast.Assign(node.targets, code("0 * (a)", a=node.value))


OPERATORS = (
    exchange_operator, drop_operand, change_power, change_slope, transpose, change_constant, shift_index,
    change_slice, change_past, exchange_name, exchange_attribute, squash, change_sum, change_order,
    change_list, change_choice, change_call, write_in_place, change_statement,
)


# Where they apply

@functools.cache
def source(name):
    """Return the syntax tree of a module of ours."""
    return ast.parse(Path(ORIGINALS[name].__file__).read_text(encoding="utf-8"))


@functools.cache
def local_shapes():
    """Return {(module, function): {variable: its shape}}, seen in passes at designed points."""
    found, files = {}, {ORIGINALS[name].__file__: name for name in FUNCTIONS}

    def watch(frame, event, _):
        where = files.get(frame.f_code.co_filename), frame.f_code.co_name
        if event == "return" and where[0] and where[1] in FUNCTIONS[where[0]]:
            found.setdefault(where, {}).update(
                (n, s) for n, v in frame.f_locals.items() if (s := _shape(v)) is not None)

    sys.setprofile(watch)
    try:
        for cell in CELLS.values():
            p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(0))
            trace = bptt.forward(cell, p, xs, state, np.ones(xs.shape[:2], bool))
            for options in ({}, {"chunks": (2, 3)}, {"window": 2}):
                bptt.backward(cell, p, trace, dhs, **options)
    finally:
        sys.setprofile(None)
    return found


def _shape(value):
    if isinstance(value, (np.ndarray, int)) and not isinstance(value, bool):
        return np.shape(value) if isinstance(value, np.ndarray) else "a number"
    if isinstance(value, tuple) and value and all(isinstance(v, np.ndarray) for v in value):
        return ("a tuple", *(v.shape for v in value))
    return None


def _known(module, function, tree):
    """Return what operators may know of a function: variables of one shape, arrays, fields, indices."""
    shapes = local_shapes().get((module, function), {})
    names = {n: [o for o in shapes if o != n and shapes[o] == s] for n, s in shapes.items()}
    arrays = {n for n, s in shapes.items() if isinstance(s, tuple) and s[:1] != ("a tuple",)}

    def holds(node):
        while isinstance(node, ast.Subscript):
            node = node.value
        return isinstance(node, ast.Name) and (node.id in arrays or isinstance(shapes.get(node.id), tuple))

    fields = [At._fields, ("xs", "hs", "cs", "zs")]
    fields += [ORIGINALS[module].Params._fields, ORIGINALS[module].Kept._fields] if module in CELLS else []
    indices = {id(s.slice) for s in ast.walk(tree) if isinstance(s, ast.Subscript)}
    indices |= {id(i) for s in ast.walk(tree) if isinstance(s, ast.comprehension) for i in ast.walk(s.iter)}
    return {"names": names, "arrays": arrays, "fields": fields, "holds": holds, "indices": indices}


def _places(tree):
    """Yield (node, statement, put) for each node of a function; put(other) puts another in its place."""
    def below(parent, statement):
        for field, value in ast.iter_fields(parent):
            for k, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST):
                    continue
                inside = node if isinstance(node, ast.stmt) else statement

                def put(other, parent=parent, field=field, value=value, k=k):
                    if isinstance(value, list):
                        value[k] = other
                    else:
                        setattr(parent, field, other)

                yield node, inside, put
                yield from below(node, inside)

    for k, statement in enumerate(tree.body):
        if not (k == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            yield statement, statement, functools.partial(tree.body.__setitem__, k)
            yield from below(statement, statement)


@functools.cache
def mutants(module):
    """Return every mutant of a module that reads differently, in the order of its lines."""
    found = {}
    for tree in copy.deepcopy(source(module)).body:
        if not isinstance(tree, ast.FunctionDef) or tree.name not in FUNCTIONS[module]:
            continue
        known, original = _known(module, tree.name, tree), ast.unparse(tree)
        for node, statement, put in list(_places(tree)):
            before = ast.unparse(statement)
            for operator in OPERATORS:
                for other in list(operator(node, known)):
                    put(other)
                    ast.fix_missing_locations(tree)
                    text = ast.unparse(tree)
                    after = ast.unparse(other if isinstance(node, ast.stmt) else statement)
                    put(node)
                    if text != original:
                        for side in FUNCTIONS[module][tree.name]:
                            found.setdefault((text, side), Mutant(
                                module, tree.name, side, operator.__name__, statement.lineno,
                                _short(before), _short(after), text))
    return tuple(found.values())


def _short(text):
    return text.split("\n")[0]


# Their modules

class _Steady(types.ModuleType):
    """NumPy, but what is empty holds always the same number: a mutant may read what it never wrote."""

    def __init__(self):
        super().__init__("numpy")
        vars(self).update(vars(np))
        self.empty = lambda *a, **k: _filled(np.empty(*a, **k))
        self.empty_like = lambda *a, **k: _filled(np.empty_like(*a, **k))


def _filled(a):
    a[...] = 0.37
    return a


STEADY = _Steady()


def load(name, mutant=None, **replaced):
    """Return a new module of ours, with the mutant's function in it, and with some globals replaced."""
    tree = ast.Module(list(source(name).body), [])
    if mutant is not None:
        (new,) = ast.parse(mutant.text).body
        tree.body = [new if isinstance(n, ast.FunctionDef) and n.name == mutant.function else n
                     for n in tree.body]
    module = types.ModuleType(ORIGINALS[name].__name__)
    module.__package__ = module.__name__.rpartition(".")[0]
    exec(compile(tree, f"<mutant of {name}>", "exec"), vars(module))
    kept = {n: getattr(ORIGINALS[name], n) for n in ("Params", "Kept", "Gradient") if hasattr(module, n)}
    vars(module).update(np=STEADY, **kept, **replaced)
    return module
