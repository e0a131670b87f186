"""Parameters to and from PyTorch, Keras and ONNX: plain arrays in, new plain arrays out.

             W_x           W_h           bias                                 LSTM      GRU
    rnnlib   (G*H, D)      (G*H, H)      (G*H,); gru also has b_n (H,)        i f g o   r z n
    PyTorch  (G*H, D)      (G*H, H)      two of (G*H,), which are added       i f g o   r z n
    Keras    (D, G*H)      (H, G*H)      (G*H,); (2, 3H) if reset_after       i f c o   z r h
    ONNX     (1, G*H, D)   (1, G*H, H)   (1, 2*G*H): the two, end to end      i o f c   z r h

A stack, as `layers` takes it, is one dict of PyTorch's, and for the others a list with one item for each
layer: Keras' Bidirectional has two lists end to end, the reverse direction second, ONNX a 2 for the 1.

G blocks of H rows (Keras: columns), one for each gate; c and h are other names of g and n. Where two
biases are added only their sum matters: ours goes into the first, the second is zero. In the GRU's
candidate r multiplies the second, b_n, so there it is a parameter of its own.

The way out and back gives the same bits; the way in and out gives the same layer, its biases merged.
Nothing can tell a square matrix from its transpose: what shapes cannot say, only a forward pass can.

A gradient is a Params too: with gradient=True it takes the same road. Two biases that are added have
*equal* gradients, d bias_ih = d bias_hh = d b: they are copied on the way out, and on the way in the
first is taken. They are not added, and not zero.
"""

import numpy as np

from . import doors
from .cells import gru, gru_original, lstm, rnn
from .doors import checks

OURS = {rnn: "h", lstm: "ifgo", gru: "rzn", gru_original: "rzn"}      # the order of the blocks
KERAS = {rnn: "h", lstm: "ifgo", gru: "zrn", gru_original: "zrn"}
ONNX = {rnn: "h", lstm: "iofg", gru: "zrn", gru_original: "zrn"}

PYTORCH_NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
KERAS_NAMES = ("kernel", "recurrent_kernel", "bias")
ONE = "One layer, one direction at a time. Several? Use stack=True."


def to_pytorch(cell, p, *, gradient=False):
    """Return {weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0}, as layer.state_dict() names them.

    Of a stack it is one dict: weight_ih_l1 is of the second layer, weight_ih_l1_reverse of its reverse.
    """
    where = "interop.to_pytorch"
    stack = _checked(where, cell, p, pytorch=True)
    sizes = {(len(runs), q.W_h.shape[1]) for runs in stack for q in runs}
    if len(sizes) > 1:
        got = " and ".join(f"{ways} of {H}" for ways, H in sorted(sizes))
        checks.fail(where, "p", "of as many directions and units in every layer, as PyTorch's are", got)
    named = {}
    for names, runs in zip(_pytorch_names(len(stack), len(stack[0])), stack, strict=True):
        for ours, q in zip(names, runs, strict=True):
            named |= zip(ours, (q.W_x.copy(), q.W_h.copy(), *_two_biases(cell, q, gradient)), strict=True)
    return named


def from_pytorch(cell, weights, *, gradient=False, stack=False):
    """Return the Params of a dict of arrays, named with or without _l0; without biases they are zero.

    stack=True: of any number of layers, in one direction or two; return a stack, also of a single layer.
    """
    where = "interop.from_pytorch"
    G = _gates(where, cell, pytorch=True)
    checks.flag(where, "stack", stack)
    given = [str(name) for name in weights] if isinstance(weights, dict) else []
    depth = sum(name.startswith("weight_ih_l") and not name.endswith("_reverse") for name in given)
    grouped = _pytorch_names(max(depth, 1) if stack else 1, 1 + ("weight_ih_l0_reverse" in given and stack))
    if "weight_ih" in given:
        grouped = [[tuple(name.removesuffix("_l0") for name in PYTORCH_NAMES)]]        # those of RNNCell
    bias = not given or any("bias" in name for name in given)
    names = [name for runs in grouped for run in runs for name in run]
    found = _named(where, weights, [name for name in names if bias or "bias" not in name], names,
                   _beyond(names, given) or ("" if stack else ONE))
    arrays = dict(zip(found, _numbers(where, found), strict=True))

    def params(run):
        W_x, W_h, *biases = (arrays[name] for name in run if name in arrays)
        D, H = _sizes(where, run, G, W_x, W_h, "(out, in)")
        expected = [(G * H, D), (G * H, H), (G * H,), (G * H,)]
        _shapes(where, run, (W_x, W_h, *biases), expected, "(out, in)")
        first, second = biases or np.zeros((2, G * H), W_x.dtype)
        return _params(cell, W_x.copy(), W_h.copy(), first, second, gradient)

    return _nested(where, cell, [list(map(params, runs)) for runs in grouped], stack)


def _beyond(names, given):
    """Return what a name is of that we do not have, or the prefix of all names; else an empty sentence."""
    if any(name.startswith("weight_hr") for name in given):
        return "rnnlib's LSTM has no projection (proj_size)."
    prefix = next((g[: -len(n)] for n in names for g in given if g.endswith("." + n)), "")
    return f"Take those of the layer alone: model.{prefix}state_dict()." if prefix else ""


def _pytorch_names(depth, directions):
    """Return the four names of each direction of each layer."""
    return [[tuple(f"{name[:-1]}{n}{way}" for name in PYTORCH_NAMES) for way in ("", "_reverse")[:directions]]
            for n in range(depth)]


def to_keras(cell, p, *, gradient=False):
    """Return [kernel (D, G*H), recurrent_kernel (H, G*H), bias], as layer.set_weights wants them.

    gru is Keras' GRU(reset_after=True), its default; gru_original is GRU(reset_after=False).
    Of a stack it is a list of one such list for each layer, of six for a Bidirectional.
    """
    move = lambda a: _blocks(a, OURS[cell], KERAS[cell])

    def arrays(q):
        biases = [move(b) for b in _two_biases(cell, q, gradient)]
        bias = np.stack(biases) if cell is gru else biases[0]
        return [move(q.W_x).T.copy(), move(q.W_h).T.copy(), bias]

    stack = [[w for q in runs for w in arrays(q)] for runs in _checked("interop.to_keras", cell, p)]
    return stack if type(p) is tuple else stack[0]


def from_keras(cell, weights, *, gradient=False, stack=False):
    """Return the Params of layer.get_weights(); two arrays (use_bias=False) mean a bias of zero.

    stack=True: of a list of one such list for each layer, twice as long for a Bidirectional; return a stack.
    """
    where = "interop.from_keras"
    G, layers = _gates(where, cell), []
    for at, given in _each_layer(where, weights, stack, "a list of arrays"):
        if not isinstance(given, (list, tuple)) or hasattr(given, "_fields"):
            checks.fail(where, at, "a list of arrays", type(given).__name__,
                        "Use layer.get_weights().", TypeError)
        if len(given) not in ((2, 3, 4, 6) if stack else (2, 3)):
            expected = f"[{', '.join(KERAS_NAMES)}], or the first two" + ", once or twice" * stack
            checks.fail(where, at, expected, f"{len(given)} arrays", "" if stack else ONE)
        half = len(given) if len(given) < 4 else len(given) // 2
        at = f"{at} " * stack
        layers.append([_of_keras(where, cell, G, arrays, name, gradient)
                       for name, arrays in ((at, given[:half]), (f"{at}reverse ", given[half:])) if arrays])
    return _nested(where, cell, layers, stack)


def _of_keras(where, cell, G, weights, at, gradient):
    """Return the Params of the arrays of one direction."""
    found = {at + name: w for name, w in zip(KERAS_NAMES, weights)}
    kernel, recurrent, *bias = _numbers(where, found)
    D, H = _sizes(where, found, G, kernel, recurrent, "(in, out)", rows=-1)
    hint = "One bias is gru_original's, reset_after=False." if cell is gru else ""
    if bias and cell is gru_original and bias[0].ndim == 2:
        hint = "Two rows are gru's, reset_after=True."
    expected = (2, G * H) if cell is gru else (G * H,)
    _shapes(where, found, (kernel, recurrent, *bias), [(D, G * H), (H, G * H), expected], "(in, out)", hint)

    move = lambda a: _blocks(a, KERAS[cell], OURS[cell])
    first, second = np.zeros((2, G * H), kernel.dtype)
    if bias:
        first, second = (move(b) for b in bias[0]) if cell is gru else (move(bias[0]), second)
    return _params(cell, move(kernel.T), move(recurrent.T), first, second, gradient)


def to_onnx(cell, p, *, gradient=False):
    """Return {W, R, B}, the inputs of ONNX's node, and for a GRU its attribute linear_before_reset.

    Of a stack it is a list of one such dict for each layer; the first axis counts the directions.
    """
    move = lambda a: _blocks(a, OURS[cell], ONNX[cell])

    def node(runs):
        W, R = (np.stack([move(w) for w in each]) for each in zip(*(q[:2] for q in runs)))
        B = np.stack([np.concatenate([move(b) for b in _two_biases(cell, q, gradient)]) for q in runs])
        return {"W": W, "R": R, "B": B, **_attribute(cell)}

    stack = [node(runs) for runs in _checked("interop.to_onnx", cell, p)]
    return stack if type(p) is tuple else stack[0]


def from_onnx(cell, weights, *, gradient=False, stack=False):
    """Return the Params of {W, R, B}, for a GRU with linear_before_reset; without B it is zero.

    ONNX's default of linear_before_reset is 0, which is gru_original; 1 is gru.
    stack=True: of a list of one such dict for each layer, of one direction or two; return a stack.
    """
    where = "interop.from_onnx"
    G = _gates(where, cell)
    layers = [_of_onnx(where, cell, G, given, at, stack, gradient)
              for at, given in _each_layer(where, weights, stack, "a dict of W, R, B")]
    return _nested(where, cell, layers, stack)


def _of_onnx(where, cell, G, weights, at, stack, gradient):
    """Return the Params of each direction of one node."""
    attribute = _attribute(cell)
    names = ("W", "R", *(["B"] if isinstance(weights, dict) and "B" in weights else []))
    hint = "rnnlib's LSTM has no peepholes." if isinstance(weights, dict) and "P" in weights else ""
    found = _named(where, weights, (*names, *attribute), ("W", "R", "B", *attribute), hint, at)
    for name, value in attribute.items():
        other = "gru_original" if cell is gru else "gru"
        given = found.pop(name)
        if isinstance(given, (str, bytes)) or given != value:
            hint = f"That is {other}." if given in (0, 1) else ""
            named = f"{at} " * stack + name
            checks.fail(where, named, f"{value} for {_name(cell)}", checks.short(given), hint)
    found = {f"{at} " * stack + name: w for name, w in found.items()}
    W, R, *B = _numbers(where, found)
    first, count = next(iter(found)), "directions" if stack else "1"
    if 2 == W.ndim == R.ndim:
        checks.fail(where, first, f"of three axes, ({count}, G*H, D)", checks.short(W), "Use W[None].")
    ways = len(W) if stack and W.ndim == 3 and len(W) == 2 else 1
    if W.ndim == 3 and len(W) == 2 > ways:
        checks.fail(where, first, "of one direction, (1, G*H, D)", checks.short(W),
                    "Use W[:1], R[:1], B[:1], or stack=True.")
    D, H = _sizes(where, found, G, W, R, f"({count}, out, in)", axes=3)
    expected = [(ways, G * H, D), (ways, G * H, H), (ways, 2 * G * H)]
    _shapes(where, found, (W, R, *B), expected, f"({count}, out, in)")
    move = lambda a: _blocks(a, ONNX[cell], OURS[cell])
    biases = [[move(b) for b in np.split(b, 2)] for b in B[0]] if B else np.zeros((ways, 2, G * H), W.dtype)
    return [_params(cell, move(w), move(r), *two, gradient) for w, r, two in zip(W, R, biases, strict=True)]


def _each_layer(where, weights, stack, one):
    """Return the name and the weights of each layer of a stack, or those of the only one."""
    if not checks.flag(where, "stack", stack):
        return [("weights", weights)]
    if type(weights) not in (list, tuple) or not weights:
        got = "an empty " * (type(weights) in (list, tuple)) + type(weights).__name__
        checks.fail(where, "weights", f"a list with {one} for each layer", got, error=TypeError)
    return [(f"weights.{n}", given) for n, given in enumerate(weights)]


def _nested(where, cell, layers, stack):
    """Return lists of 1 or 2 Params, one for each layer, as a stack, or the only Params there is."""
    if not stack:
        return layers[0][0]
    p = tuple(tuple(runs) if len(runs) == 2 else runs[0] for runs in layers)
    doors.checked_layers(where, cell, p)
    return p


def _attribute(cell):
    """Return what ONNX says beside the arrays: where the reset gate acts."""
    return {"linear_before_reset": int(cell is gru)} if cell in (gru, gru_original) else {}


def _two_biases(cell, p, gradient):
    """Return b as two: the second is zero, or equal in a gradient, and b_n where they are not added."""
    second = p.b.copy() if checks.flag("interop", "gradient", gradient) else np.zeros_like(p.b)
    if cell is gru:
        second[-len(p.b_n):] = p.b_n
    return p.b.copy(), second


def _params(cell, W_x, W_h, first, second, gradient):
    """Return Params with the two biases added wherever that is possible; in a gradient they are equal."""
    b, n = first.copy(), len(first) - W_h.shape[1] * (cell is gru)
    if not checks.flag("interop", "gradient", gradient):
        np.add(b[:n], second[:n], out=b[:n], where=second[:n] != 0)     # -0.0 + 0.0 would be 0.0
    return cell.Params(W_x, W_h, b, *([second[n:].copy()] if cell is gru else []))


def _blocks(a, have, want):
    """Return a (G*H, ...) whose blocks stand in the order `have` with its blocks in the order `want`."""
    blocks = dict(zip(have, np.split(a, len(have)), strict=True))
    return np.ascontiguousarray(np.concatenate([blocks[gate] for gate in want]))


def _name(cell):
    return cell.__name__.split(".")[-1]


def _gates(where, cell, pytorch=False):
    """Return the number of gates of one of the four cells; all but gru_original exist in PyTorch."""
    G = next((len(order) for known, order in OURS.items() if known is cell), None)
    if G is None:
        expected = f"one of {', '.join(_name(known) for known in OURS)}"
        checks.fail(where, "cell", expected, getattr(cell, "__name__", checks.short(cell)), error=TypeError)
    if pytorch and cell is gru_original:
        checks.fail(where, "cell", "rnn, lstm or gru", "gru_original",
                    "PyTorch has no such layer: its reset gate acts after the product, as gru's does.")
    return G


def _checked(where, cell, p, pytorch=False):
    """Return p as a tuple of 1 or 2 Params for each layer; one Params is one layer."""
    _gates(where, cell, pytorch)
    if type(p) is tuple:
        return doors.checked_layers(where, cell, p)[0]
    return ((doors.check_params(where, cell, p)[0],),)


def _named(where, weights, needed, allowed, hint, at="weights"):
    """Return what weights, a dict, has under the names needed; anything not allowed is refused."""
    shown = needed if len(needed) < 5 else [*needed[:2], "...", needed[-1]]
    expected = f"a dict of {', '.join(shown)}"
    if not isinstance(weights, dict):
        checks.fail(where, at, expected, type(weights).__name__, error=TypeError)
    missing = [name for name in needed if name not in weights]
    extra = [str(name) for name in weights if name not in allowed]
    if extra:
        got = f"{', '.join(extra)} too" if not missing else f"a dict of {', '.join(map(str, weights))}"
        checks.fail(where, at, expected, checks.short(got)[1:-1], hint)
    if missing:
        default = "ONNX's default is 0, which is gru_original." if missing == ["linear_before_reset"] else ""
        checks.fail(where, at, expected, f"none of the name {missing[0]}", default)
    return {name: weights[name] for name in needed}


def _numbers(where, found):
    """Return the arrays if all are finite, of float32 or all of float64."""
    arrays = []
    for name, w in found.items():
        w = checks.array(where, name, w)
        if w.dtype.char not in "fdFD":
            hint = "A gradient of integers would be truncated." if w.dtype.kind in "iub" else ""
            checks.fail(where, name, "a float32 or float64 array", checks.short(w), hint, TypeError)
        arrays.append(w)
    dtype = arrays[0].real.dtype
    return [checks.number(where, name, w, dtype) for name, w in zip(found, arrays, strict=True)]


def _sizes(where, names, G, W_x, W_h, layout, rows=-2, axes=2):
    """Return D and H as the two matrices have them, upright or transposed."""
    for name, w in zip(names, (W_x, W_h)):
        if w.ndim != axes or 0 in w.shape:
            expected = f"of {axes} axes, {layout}, none of them empty"
            checks.fail(where, name, expected, checks.short(w))
    large = max(W_h.shape[-2:])
    H = large // G if large % G == 0 else min(W_h.shape[-2:])
    out, D = W_x.shape[rows], W_x.shape[-3 - rows]
    return (out if out != G * H == D else D), H


def _shapes(where, found, arrays, expected, layout, hint=""):
    """Check all shapes; a transposed matrix gets its own hint."""
    for name, w, shape in zip(found, arrays, expected):
        turned = w.ndim > 1 and w.shape != shape and w.swapaxes(-2, -1).shape == shape
        about = f"Transposed? Here weights are {layout}." if turned else hint if "bias" in name else ""
        checks.shape(where, name, w, shape, hint=about)
