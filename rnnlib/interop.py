"""Parameters to and from PyTorch, Keras and ONNX: plain arrays in, new plain arrays out.

             W_x           W_h           bias                                 LSTM      GRU
    rnnlib   (G*H, D)      (G*H, H)      (G*H,); gru also has b_n (H,)        i f g o   r z n
    PyTorch  (G*H, D)      (G*H, H)      two of (G*H,), which are added       i f g o   r z n
    Keras    (D, G*H)      (H, G*H)      (G*H,); (2, 3H) if reset_after       i f c o   z r h
    ONNX     (1, G*H, D)   (1, G*H, H)   (1, 2*G*H): the two, end to end      i o f c   z r h

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


def to_pytorch(cell, p, *, gradient=False):
    """Return {weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0}, as layer.state_dict() names them."""
    p = _checked("interop.to_pytorch", cell, p, pytorch=True)
    arrays = (p.W_x.copy(), p.W_h.copy(), *_two_biases(cell, p, gradient))
    return dict(zip(PYTORCH_NAMES, arrays, strict=True))


def from_pytorch(cell, weights, *, gradient=False):
    """Return the Params of a dict of arrays, named with or without _l0; without biases they are zero."""
    where = "interop.from_pytorch"
    G = _gates(where, cell, pytorch=True)
    cells_names = tuple(name.removesuffix("_l0") for name in PYTORCH_NAMES)        # those of RNNCell
    names = cells_names if isinstance(weights, dict) and "weight_ih" in weights else PYTORCH_NAMES
    without_biases = isinstance(weights, dict) and not any("bias" in str(name) for name in weights)
    found = _named(where, weights, names[:2] if without_biases else names, names,
                   "One layer, one direction at a time.")
    W_x, W_h, *biases = _numbers(where, found)
    D, H = _sizes(where, list(found), G, W_x, W_h, "(out, in)")
    _shapes(where, found, (W_x, W_h, *biases), [(G * H, D), (G * H, H), (G * H,), (G * H,)], "(out, in)")
    first, second = biases or np.zeros((2, G * H), W_x.dtype)
    return _params(cell, W_x.copy(), W_h.copy(), first, second, gradient)


def to_keras(cell, p, *, gradient=False):
    """Return [kernel (D, G*H), recurrent_kernel (H, G*H), bias], as layer.set_weights wants them.

    gru is Keras' GRU(reset_after=True), its default; gru_original is GRU(reset_after=False).
    """
    p = _checked("interop.to_keras", cell, p)
    move = lambda a: _blocks(a, OURS[cell], KERAS[cell])
    biases = [move(b) for b in _two_biases(cell, p, gradient)]
    bias = np.stack(biases) if cell is gru else biases[0]
    return [move(p.W_x).T.copy(), move(p.W_h).T.copy(), bias]


def from_keras(cell, weights, *, gradient=False):
    """Return the Params of layer.get_weights(); two arrays (use_bias=False) mean a bias of zero."""
    where = "interop.from_keras"
    G = _gates(where, cell)
    if not isinstance(weights, (list, tuple)) or hasattr(weights, "_fields"):
        checks.fail(where, "weights", "a list of arrays", type(weights).__name__,
                    "Use layer.get_weights().", TypeError)
    names = ("kernel", "recurrent_kernel", "bias")
    if len(weights) not in (2, 3):
        checks.fail(where, "weights", f"[{', '.join(names)}], or the first two", f"{len(weights)} arrays",
                    "One layer, one direction at a time.")
    found = dict(zip(names, weights))
    kernel, recurrent, *bias = _numbers(where, found)
    D, H = _sizes(where, names, G, kernel, recurrent, "(in, out)", rows=-1)
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
    """Return {W, R, B}, the inputs of ONNX's node, and for a GRU its attribute linear_before_reset."""
    p = _checked("interop.to_onnx", cell, p)
    move = lambda a: _blocks(a, OURS[cell], ONNX[cell])
    B = np.concatenate([move(b) for b in _two_biases(cell, p, gradient)])
    return {"W": move(p.W_x)[None], "R": move(p.W_h)[None], "B": B[None], **_attribute(cell)}


def from_onnx(cell, weights, *, gradient=False):
    """Return the Params of {W, R, B}, for a GRU with linear_before_reset; without B it is zero.

    ONNX's default of linear_before_reset is 0, which is gru_original; 1 is gru.
    """
    where = "interop.from_onnx"
    G = _gates(where, cell)
    attribute = _attribute(cell)
    names = ("W", "R", *(["B"] if isinstance(weights, dict) and "B" in weights else []))
    hint = "rnnlib's LSTM has no peepholes." if isinstance(weights, dict) and "P" in weights else ""
    found = _named(where, weights, (*names, *attribute), ("W", "R", "B", *attribute), hint)
    for name, value in attribute.items():
        other = "gru_original" if cell is gru else "gru"
        given = found.pop(name)
        if isinstance(given, (str, bytes)) or given != value:
            hint = f"That is {other}." if given in (0, 1) else ""
            checks.fail(where, name, f"{value} for {_name(cell)}", checks.short(given), hint)
    W, R, *B = _numbers(where, found)
    if 2 == W.ndim == R.ndim:
        checks.fail(where, "W", "of three axes, (1, G*H, D)", checks.short(W), "Use W[None].")
    if len(W.shape) == 3 and len(W) == 2:
        checks.fail(where, "W", "of one direction, (1, G*H, D)", checks.short(W), "Use W[:1], R[:1], B[:1].")
    D, H = _sizes(where, names, G, W, R, "(1, out, in)", axes=3)
    expected = [(1, G * H, D), (1, G * H, H), (1, 2 * G * H)]
    _shapes(where, found, (W, R, *B), expected, "(1, out, in)")
    move = lambda a: _blocks(a, ONNX[cell], OURS[cell])
    first, second = (move(b) for b in np.split(B[0][0], 2)) if B else np.zeros((2, G * H), W.dtype)
    return _params(cell, move(W[0]), move(R[0]), first, second, gradient)


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
    _gates(where, cell, pytorch)
    return doors.check_params(where, cell, p)[0]


def _named(where, weights, needed, allowed, hint):
    """Return what weights, a dict, has under the names needed; anything not allowed is refused."""
    expected = f"a dict of {', '.join(needed)}"
    if not isinstance(weights, dict):
        checks.fail(where, "weights", expected, type(weights).__name__, error=TypeError)
    missing = [name for name in needed if name not in weights]
    extra = [str(name) for name in weights if name not in allowed]
    if extra:
        got = f"{', '.join(extra)} too" if not missing else f"a dict of {', '.join(map(str, weights))}"
        checks.fail(where, "weights", expected, checks.short(got)[1:-1], hint)
    if missing:
        default = "ONNX's default is 0, which is gru_original." if missing == ["linear_before_reset"] else ""
        checks.fail(where, "weights", expected, f"none of the name {missing[0]}", default)
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
