"""One small change of an answer's own code that mends it: what is tried where no slip gives the numbers."""

import ast
import inspect
import re
import textwrap
import time
import warnings

from ...gradcheck import guard
from .differences import alike

SECONDS, MOST = 2.0, 900       # for all changes together, and how many are tried
LONGEST, FULL = 64, 110        # characters of code that are shown, and of code of which no part tells
MODULES = {"numpy", "math", "cmath", "itertools", "functools", "rnnlib"}
DEEDS = {"open", "input", "exec", "eval", "exit", "quit", "sleep", "save", "savez", "savetxt", "tofile"}


def mended(answer, trials, n, names, read, kinds=None):
    """Return the one change of the code with which all parts are right at every point, or else part n is, and
    no other is worse; empty if none is known.

    read(answer, inputs) returns the parts of what an answer gives for inputs, or None. kinds are the kinds of
    change that are tried: all of them, PLAIN ones, or WHOLE division.
    """
    tree = _tree(answer)
    if tree is None or guard.limited is False:       # without a time limit no change is safe
        return ""
    end, partly, before = time.monotonic() + SECONDS, "", _before(trials)
    trials = sorted(trials, key=lambda t: alike(t.found[n], t.wanted[n]))      # what is wrong tells most
    for count, (told, other) in enumerate(_changes(tree, kinds)):
        if count > MOST or time.monotonic() > end:
            break
        f = _made(other, answer)
        held = set(range(len(names)))                # the parts that are right so far
        for trial in trials if f is not None else ():
            found = read(f, trial.place.inputs)
            held = {k for k in held if found is not None and alike(found[k], trial.wanted[k])}
            if n not in held or found is None:
                break
        said = told() if f is not None and n in held and before <= held else ""
        if said and len(held) == len(names):
            return f"one change mends it{said}"
        partly = partly or (f"{names[n]}: one change mends it{said}" if said else "")
    return partly


def _before(trials):
    """Return the parts that were right at every point before."""
    return {k for k in range(len(trials[0].wanted)) if all(alike(t.found[k], t.wanted[k]) for t in trials)}


def _tree(answer):
    """Return the code of a plain function as a tree of ast; None if it cannot be read."""
    code = guard.code_of(answer)
    if code is None or code.co_freevars or code.co_name == "<lambda>" or not inspect.isfunction(answer):
        return None
    if not _computes_only(answer):
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    function = tree.body[0] if len(tree.body) == 1 else None
    fits = isinstance(function, ast.FunctionDef) and function.name == code.co_name
    return tree if fits and not function.decorator_list else None


def _computes_only(answer):
    """True if code uses nothing from outside but NumPy and its like, functions and numbers.

    What draws, writes a file or keeps something is not run hundreds of times.
    """
    plain = (int, float, complex, str, type(None))
    return not guard.names(answer) & DEEDS and all(
        value.__name__.split(".")[0] in MODULES if inspect.ismodule(value)
        else callable(value) or isinstance(value, plain) for value in guard.outside(answer).values())


def _made(tree, answer):
    """Return the function that a tree defines, among the names of the answer; None if there is none."""
    names = dict(inspect.unwrap(answer).__globals__)
    try:
        with warnings.catch_warnings(action="ignore"):           # at what only a change makes of the code
            exec(compile(ast.fix_missing_locations(tree), "<changed>", "exec"), names)
    except Exception:
        return None
    return names[tree.body[0].name]


def _changes(tree, kinds=None):
    """Yield (what tells the change, the changed tree) for each change, those of one kind after the other. It
    is one tree, and changed only until the next is asked for."""
    function = tree.body[0]
    names = [a.arg for a in function.args.args]
    names = list(dict.fromkeys([*names, *_stored(function)]))
    places = [(parent, field, k, node) for parent in ast.walk(function) if parent is not function.args
              for field, value in ast.iter_fields(parent)
              for k, node in enumerate(value if isinstance(value, list) else [value])
              if isinstance(node, (ast.expr, ast.stmt))]
    above = {id(node): parent for parent, _, _, node in places if isinstance(parent, (ast.expr, ast.stmt))}
    barred = _barred(function)
    renamed = lambda node: [
        ast.Name(name, ast.Load()) for name in names if name not in (node.id, *barred.get(id(node), ()))
    ] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names else []
    if kinds is None:
        yield from _indented(function, tree)
    times = lambda node: [ast.BinOp(node, ast.Mult(), ast.Name(a.arg, ast.Load())) for a in function.args.args
                          ] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) else []
    every = (_regrouped, _moved, _turned, _dropped, _summed, _operated, _called, renamed, times,
             _within)
    alike = {}                                         # nodes of one form, each with what may stand for it
    for kind in kinds or every:
        for parent, field, k, node in places:
            if kind is not _regrouped or not (isinstance(parent, ast.BinOp) and _flat(parent, node)):
                news = list(kind(node))
                for new in news:
                    yield from _put(tree, above, parent, field, k, node, new)
                if kind in TWICE and news:
                    form = kind, _form(node), len(news)
                    alike.setdefault(form, []).append((parent, field, k, node, news))
    for group in alike.values():
        yield from _each(tree, above, group)


def _form(node):
    """Return the code of a node in which all names and numbers are the same."""
    return re.sub(r"\b[A-Za-z_]\w*(?![\w(])|\b\d+", "a", ast.unparse(node))


def _each(tree, above, group):
    """Yield a change that is made at once in each of two to four nodes of one form, none within another."""
    inside = {id(below) for _, _, _, node, _ in group for below in ast.walk(node) if below is not node}
    if not 1 < len(group) < 5 or any(id(node) in inside for _, _, _, node, _ in group):
        return
    for options in zip(*(news for *_, news in group), strict=True):
        made = [_put(tree, above, *at[:4], new) for at, new in zip(group, options, strict=True)]
        first = [next(change, None) for change in made]
        lines = sorted({at[3].lineno for at in group[1:]} - {group[0][3].lineno})
        where = f"in line {' and '.join(map(str, lines))}" if lines else "once more there"
        if all(first):
            yield lambda told=first[0][0], made=made, where=where: _alike(told, made[1:], where), tree
        for change in reversed(made):                  # two may stand in one list
            next(change, None)


def _stored(function):
    return [t.id for t in ast.walk(function) if isinstance(t, ast.Name) and isinstance(t.ctx, ast.Store)]


def _barred(function):
    """Return {id of a name: names that must not stand there}: a list must not hold itself, nor grow in its
    own loop."""
    barred = {}
    for node in ast.walk(function):
        root, inside = None, ()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            root, inside = node.func.value, node.args
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            root, inside = node.targets[0].value, [node.value]
        elif isinstance(node, ast.For):
            for name in ast.walk(node.iter):
                barred.setdefault(id(name), []).extend(_stored(function))
        if isinstance(root, ast.Name):
            for part in inside:
                for name in ast.walk(part):
                    barred.setdefault(id(name), []).append(root.id)
    return barred


def _put(tree, above, parent, field, k, node, new):
    """Change the tree, yield it and what tells the change in words, with the code that it is a part of; and
    change it back."""
    value = getattr(parent, field)
    whole = [new if j == k else v for j, v in enumerate(value)] if isinstance(value, list) else new
    whole = [v for v in whole if v is not None] if isinstance(whole, list) else whole
    if new is None and not whole:
        return

    def told():
        around = [node] if new is None else [parent] if isinstance(parent, (ast.expr, ast.stmt)) else []
        while new is not None and around and id(around[-1]) in above:
            around.append(above[id(around[-1])])
        around = [a for a in around if a is not tree.body[0]]
        news = [ast.unparse(a) for a in ([new, *around] if new is not None else [])]
        setattr(parent, field, value)
        olds = [ast.unparse(a) for a in [node, *around]]
        setattr(parent, field, whole)
        pairs = [pair for pair in zip(olds, news or olds, strict=False) if "\n" not in pair[0]]
        short = [pair for pair in pairs if max(map(len, pair)) <= LONGEST]
        short = short or [pair for pair in pairs[:1] if max(map(len, pair)) <= FULL]
        if not short:
            return ""
        old, instead = short[-1]
        if new is None:
            return f": leave out line {node.lineno}, `{old}`."
        return f", in line {node.lineno}: write `{instead}` in place of `{old}`."

    setattr(parent, field, whole)
    yield told, tree
    setattr(parent, field, value)


def _indented(function, tree):
    """Yield the changes that put a line into the loop before it, or the last line of a loop behind it."""
    for parent in ast.walk(function):
        block = getattr(parent, "body", None)
        for k, loop in enumerate(block if isinstance(block, list) else ()):
            if not isinstance(loop, (ast.For, ast.While)):
                continue
            body = loop.body
            for said, inside, after in (
                    ("leave out line {}, {}", body[:-1], block[k + 1:]),
                    ("put line {}, {}, into the loop", [*body, *block[k + 1:k + 2]], block[k + 2:]),
                    ("put line {}, {}, behind the loop", body[:-1], [body[-1], *block[k + 1:]])):
                if not inside or len(inside) == len(body):
                    continue
                line = inside[-1] if len(inside) > len(body) else body[-1]
                code = f"`{ast.unparse(line)}`"
                if len(code) <= LONGEST and "\n" not in code:
                    loop.body, parent.body = inside, [*block[:k + 1], *after]
                    words = f": {said.format(line.lineno, code)}."
                    yield lambda words=words: words, tree
                    loop.body, parent.body = body, block


LEVELS = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2, ast.MatMult: 2, ast.FloorDiv: 2, ast.Mod: 2,
          ast.Pow: 3}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.FloorDiv: "//",
         ast.Mod: "%", ast.Pow: "**"}


def _flat(parent, child):
    """True if a part of a sum or product needs no parentheses there."""
    if not isinstance(child, ast.BinOp) or isinstance(parent.op, ast.Pow) or type(child.op) not in LEVELS:
        return False
    inner, outer = LEVELS[type(child.op)], LEVELS.get(type(parent.op), 9)
    return inner >= outer if child is parent.left else inner > outer


def _tokens(node):
    """Return a sum or product as code: [part, sign, part, ...], each part in parentheses if it needs them."""
    if not isinstance(node, ast.BinOp) or type(node.op) not in SIGNS:
        plain = isinstance(node, (ast.Name, ast.Constant, ast.Call, ast.Subscript, ast.Attribute))
        return [ast.unparse(node) if plain else f"({ast.unparse(node)})"]
    sides = [_tokens(side) if _flat(node, side) else _whole(side) for side in (node.left, node.right)]
    return [*sides[0], SIGNS[type(node.op)], *sides[1]]


def _whole(node):
    tokens = _tokens(node)
    return tokens if len(tokens) == 1 else [f"({' '.join(tokens)})"]


def _regrouped(node):
    """Yield a sum or product with a pair of parentheses more, or one less, or a call around more of it."""
    if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.FloorDiv):
        return
    parts = _tokens(node)
    if "//" in parts:
        return
    for i in range(0, len(parts), 2):
        if parts[i].startswith("("):
            yield _read([*parts[:i], parts[i][1:-1], *parts[i + 1:]])
        for j in range(i + 2, len(parts), 2):
            if j - i < len(parts) - 1:
                yield _read([*parts[:i], "(", *parts[i:j + 1], ")", *parts[j + 1:]])
            name, _, inside = parts[i].partition("(")
            if name.startswith("np.") and inside.endswith(")"):           # tanh(x) + b and tanh(x + b)
                yield _read([*parts[:i], f"{name}({inside[:-1]}", *parts[i + 1:j + 1], ")", *parts[j + 1:]])


def _read(parts):
    """Return code as a tree of ast; what is no code gives 0, and so does a power that might become huge."""
    try:
        tree = ast.parse(" ".join(parts), mode="eval").body
    except SyntaxError:
        return ast.Constant(0)
    powers = [node.right for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.Pow)]
    return tree if all(isinstance(power, (ast.Constant, ast.Name)) for power in powers) else ast.Constant(0)


def _alike(told, others, where):
    """Tell the first of several changes with the others undone, and where they are."""
    for change in reversed(others):
        next(change, None)
    said = told()
    return said and f"{said.removesuffix('.')}, and do the same {where}."


def _divided(node):
    """Yield a quotient with what follows the point."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        yield ast.BinOp(node.left, ast.Div(), node.right)


def _moved(node):
    """Yield an index, or the end of a range, that is one more or one less, and other slices."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        at, *rest = node.slice.elts if isinstance(node.slice, ast.Tuple) and node.slice.elts else [node.slice]
        put = lambda new: ast.Subscript(node.value, ast.Tuple([new, *rest], ast.Load()) if rest else new,
                                        ast.Load())
        if isinstance(at, ast.Slice):
            one, minus = ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1))
            for lower, upper in ((one, None), (None, minus), (None, None)):
                yield put(ast.Slice(lower, upper))
        elif not isinstance(at, (ast.Tuple, ast.List, ast.Compare)):
            yield from (put(_by(at, k)) for k in (1, -1, 2, -2))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        for k, at in enumerate(node.args):
            for by in (1, -1):
                yield ast.Call(node.func, [*node.args[:k], _by(at, by), *node.args[k + 1:]], [])


def _by(node, k):
    """Return a whole number that is k more, written plainly."""
    base, plus = node, 0
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(
            node.operand, ast.Constant) and type(node.operand.value) is int:
        base = ast.Constant(-node.operand.value)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and isinstance(
            node.right, ast.Constant) and type(node.right.value) is int:
        base, plus = node.left, node.right.value * (1 if isinstance(node.op, ast.Add) else -1)
    plus += k
    if isinstance(base, ast.Constant) and type(base.value) is int:
        return ast.Constant(base.value + plus)
    if not plus:
        return base
    return ast.BinOp(base, ast.Add() if plus > 0 else ast.Sub(), ast.Constant(abs(plus)))


def _turned(node):
    """Yield a matrix product with one factor transposed, or not, or with its factors exchanged."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        flip = lambda a: a.value if isinstance(a, ast.Attribute) and a.attr == "T" else ast.Attribute(
            a, "T", ast.Load())
        yield ast.BinOp(node.left, node.op, flip(node.right))
        yield ast.BinOp(flip(node.left), node.op, node.right)
        yield ast.BinOp(node.right, node.op, node.left)


SWAPPED = {ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.MatMult), ast.Div: (ast.Mult,),
           ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult,)}
OTHER = {ast.Add: ast.Mult, ast.Mult: ast.Add, ast.Div: ast.Sub}       # more rarely taken for each other


def _operated(node):
    """Yield a sum or product with another sign, an assignment that adds, and other whole numbers."""
    if isinstance(node, ast.BinOp):
        power = isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant)
        signs = (*SWAPPED.get(type(node.op), ()), *(ast.Pow,) * power)
        yield from (ast.BinOp(node.left, sign(), node.right) for sign in signs)
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        yield ast.AugAssign(ast.Name(node.targets[0].id, ast.Store()), ast.Add(), node.value)
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from (ast.Constant(v) for v in (0, 1, 2, -1) if v != node.value)


CALLED = [("sum", "prod"), ("cumsum", "cumprod"), ("sum", "mean"), ("max", "min"), ("maximum", "minimum"),
          ("argmax", "argmin"), ("floor", "ceil"), ("any", "all"), ("sin", "cos"), ("stack", "concatenate"),
          ("hstack", "vstack"), ("log", "log2"), ("log", "log10")]      # functions taken for each other


def _called(node):
    """Yield a call of the function that is easily taken for it, a * b for a + b, and 1 - x**2 for 1 - x."""
    if isinstance(node, ast.BinOp) and type(node.op) in OTHER:
        yield ast.BinOp(node.left, OTHER[type(node.op)](), node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        for pair in CALLED:
            if node.func.attr in pair:
                other = pair[1 - pair.index(node.func.attr)]
                yield ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
    one = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and isinstance(node.left, ast.Constant)
    if one and node.left.value == 1 and not isinstance(node.right, ast.Constant):
        yield ast.BinOp(node.left, node.op, ast.BinOp(node.right, ast.Pow(), ast.Constant(2)))


def _within(node):
    """Yield the square of a part of the code, 1 minus it, and a function around it: one may be forgotten."""
    if isinstance(node, (ast.BinOp, ast.Name, ast.Subscript)) and not isinstance(
            getattr(node, "ctx", None), (ast.Store, ast.Del)):
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
        for name in ("log", "exp", "tanh", "sqrt"):
            yield ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), [node], [])


def _dropped(node):
    """Yield one side of a sum, a product or a choice, what stands in a call or before it, no statement."""
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    if isinstance(node, ast.BoolOp):
        yield from node.values
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        yield node.args[0]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node.func.value
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        yield None


def _summed(node):
    """Yield a sum, a mean, a maximum, ... over another axis."""
    for k, word in enumerate(node.keywords if isinstance(node, ast.Call) else ()):
        if word.arg == "axis":
            for axis in (0, 1, 2, -1):
                other = ast.keyword("axis", ast.Constant(axis))
                yield ast.Call(node.func, node.args, [*node.keywords[:k], other, *node.keywords[k + 1:]])


PLAIN, WHOLE = (_regrouped, _turned, _dropped), (_divided,)      # kinds of change; those of
TWICE = (*PLAIN, *WHOLE, _operated, _called)                     # ... are made at all places of one form, too
