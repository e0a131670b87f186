"""Other libraries beside ours: run where they are installed, recorded where not; and their layouts.

Nothing here imports a framework by name: what a notebook hands in does, if it is there.
"""

import contextlib
import functools
import importlib
import io
import itertools
import os
import warnings
from html import escape
from importlib.util import find_spec

import numpy as np

from ... import interop, training
from ...cells import gru, lstm
from .. import plots
from .controls import choice, slider
from .live import live_figure
from .shown import Shown, line
from .touch import area

TITLES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras", "onnx": "ONNX"}
NAMES = {"g": "c", "n": "h"}                     # the candidates' names in Keras and ONNX
UPDATES = 80


class Ran(Shown):
    """What a library computed: `values`, and `live`, which says whether it ran here."""

    def __init__(self, values, live, said, instead):
        self.values, self.live = values, live
        super().__init__(line(escape(said)), line(escape(instead)), instead)


def live_or_recorded(package, run, recorded, recorded_version):
    """Return run() if the package is here and can be imported, else what was recorded, as `values`.

    live_or_recorded("torch", lambda: by_pytorch(weights, xs), vars(recorded), "2.13.0").values
    """
    title = TITLES[package]
    needs = {"keras": "keras torch"}.get(package, package)      # Keras alone has no backend
    how = f"To compute them here, run %pip install {needs} in a cell of its own, then restart the kernel."
    record = f"recorded from version {recorded_version}"
    instead = f"The numbers of {title}: computed here if it is installed, else {record}. {how}"
    if find_spec(package) is None:
        said = f"{title} is not installed here: these are its numbers, {record}. {how}"
        return Ran(recorded, False, said, instead)
    with _quiet():
        try:
            _prepare(package)
            module = importlib.import_module(package)
        except Exception as error:      # a broken installation may raise anything
            said = (f"{title} is installed, but cannot be imported ({type(error).__name__}): these are its "
                    f"numbers, {record}.")
            return Ran(recorded, False, said, instead)
        values = run()
    name = f"{title} {getattr(module, '__version__', '')}".strip()
    return Ran(values, True, f"{name} computed these numbers here and now.", instead)


def _prepare(package):
    """Tell Keras, which wants TensorFlow unless told otherwise, what else is here."""
    if package == "keras" and "KERAS_BACKEND" not in os.environ and find_spec("tensorflow") is None:
        for backend in filter(find_spec, ("jax", "torch")):
            os.environ["KERAS_BACKEND"] = backend      # torch, if both are here


@contextlib.contextmanager
def _quiet():
    """Keep a library's greetings and warnings off the page, also those of its C++ parts."""
    keep, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(keep, 2)
        os.close(keep)
        os.close(nowhere)


def layouts(cell, D, H):
    """Return the arrays of a layer in four libraries, as plots.layouts draws them."""
    ours, onnx = interop.OURS[cell], interop.ONNX[cell]
    keras, G = interop.KERAS[cell], len(ours)
    theirs = lambda order: "".join(NAMES.get(gate, gate) for gate in order)
    upright = lambda order, n: [[gate] * n for gate in order for _ in range(H)]
    lying = lambda order, n: [[gate for gate in order for _ in range(H)] for _ in range(n)]
    two = cell is gru                            # the reset gate keeps b_n apart
    extra = [[""]] * (G - 1) * H + [["n"]] * H
    pair = [[gate, gate] for gate in theirs(onnx) for _ in range(H)]
    return {
        "rnnlib": [
            ("$W_x$", f"W_x  {G * H, D}", upright(ours, D)), ("$W_h$", f"W_h  {G * H, H}", upright(ours, H)),
            ("$b$", f"b    ({G * H},)", upright(ours, 1)),
            *([("$b_n$", f"b_n  ({H},)", extra)] if two else [])],
        "PyTorch": [
            ("$W_x$", f"weight_ih_l0 {G * H, D}", upright(ours, D)),
            ("$W_h$", f"weight_hh_l0 {G * H, H}", upright(ours, H)),
            ("$b$", f"bias_ih_l0   ({G * H},)", upright(ours, 1)),
            ("$b$", f"bias_hh_l0   ({G * H},)", upright(ours, 1))],
        "Keras": [
            ("$W_x$", f"kernel           {D, G * H}", lying(theirs(keras), D)),
            ("$W_h$", f"recurrent_kernel {H, G * H}", lying(theirs(keras), H)),
            ("$b$", f"bias             {(2, G * H) if two else (G * H,)}", lying(theirs(keras), 1 + two))],
        "ONNX": [
            ("$W_x$", f"W {1, G * H, D}", upright(theirs(onnx), D)),
            ("$W_h$", f"R {1, G * H, H}", upright(theirs(onnx), H)),
            ("$b$", f"B {1, 2 * G * H}, end to end", pair)],
    }


def places(array, gate, unit, column, D=2, H=3):
    """Return where one number of an LSTM is kept in each library, for the eye and in words.

    array is "W_x", "W_h" or "b"; gate one of i, f, g, o; unit and column count from 1. Nothing here
    knows an order of gates: interop moves a layer of zeros with a single one.
    """
    shapes = lstm.shapes(D, H)._asdict()
    row = "ifgo".index(gate) * H + unit - 1
    here = (row, column - 1) if array != "b" else (row,)
    one = {name: np.zeros(shape) for name, shape in shapes.items()}
    one[array][here] = 1
    p = lstm.Params(**one)
    keras = dict(zip(("kernel", "recurrent_kernel", "bias"), interop.to_keras(lstm, p)))
    found = {"rnnlib": p._asdict(), "PyTorch": interop.to_pytorch(lstm, p, gradient=True), "Keras": keras,
             "ONNX": interop.to_onnx(lstm, p, gradient=True)}
    eye, words = {}, {}
    for library, arrays in found.items():
        spots = [(k, name, *np.argwhere(a)) for k, (name, a) in enumerate(arrays.items()) if a.any()]
        words[library] = " + ".join(f"{name}[{', '.join(map(str, spot))}]"
                                    for _, name, *those in spots for spot in those)
        eye[library] = [(k, *_drawn(library, spot, H)) for k, _, *those in spots for spot in those]
    return eye, words


def _drawn(library, spot, H):
    """Return row and column at which plots.layouts draws an entry; spot is its index."""
    if library == "ONNX":
        n = 4 * H
        return tuple(spot[1:]) if len(spot) == 3 else (spot[1] % n, spot[1] // n)
    if len(spot) == 2:
        return tuple(spot)
    return (0, spot[0]) if library == "Keras" else (spot[0], 0)


def follow_a_number():
    """Choose one number of an LSTM with D = 2, H = 3; see where four libraries keep it."""
    last = {"W_x": 2, "W_h": 3, "b": 1}
    names = {"W_x": "input", "W_h": "unit before", "b": ""}

    def describe(array, gate, unit, column):
        column = min(column, last[array])
        words = places(array, gate, unit, column)[1]
        beside = f", beside {names[array]} {column}" if names[array] else ""
        rest = "; ".join(f"{library} {text}" for library, text in words.items())
        return f"{array}, gate {gate}, unit {unit}{beside}: {rest}."

    def draw(ax):
        update = plots.layouts(ax, layouts(lstm, 2, 3), moving=True)
        return lambda array, gate, unit, column: update(
            places(array, gate, unit, min(column, last[array]))[0])

    def touch(ax):                      # a block of one gate, and in it the number under the finger
        drawn, found = layouts(lstm, 2, 3), []
        for array, gate in itertools.product(last, "ifgo"):
            first, below, beside, end = (places(array, gate, *at)[0] for at in (
                (1, 1), (2, 1), (1, min(2, last[array])), (3, last[array])))
            for library, blocks in first.items():
                for n in range(len(blocks)):
                    box = [plots.number_box(ax, drawn, library, *eye[library][n])
                           for eye in (first, below, beside, end)]
                    found.append(_block(ax, box, {"array": array, "gate": gate}))
        return found

    controls = {
        "array": choice("array", ["W_x", "W_h", "b"]),
        "gate": choice("gate", list("ifgo"), value="g"),
        "unit": slider("unit j", 2, 1, 3),
        "column": slider("column d", 1, 1, 3),
    }
    return live_figure(draw, controls, describe, size=(9.6, 3.2), touch=touch)


def _block(ax, boxes, sets):
    """Return the area of a block, from the boxes of its first number, the next unit's, the next column's
    and of its last number."""
    first, below, beside, end = np.array(boxes)
    places = {}
    for name, other in ("unit", below), ("column", beside):
        axis = int(other[0] == first[0])                    # 0: they stand side by side
        start, step = first[2 * axis:].mean() if axis else first[:2].mean(), (other - first)[2 * axis]
        if step:
            places["xy"[axis]], places["xy"[axis] + "s"] = name, start + step * np.arange(3)
    return area(ax, box=(first[0], end[1], end[2], first[3]), sets=sets, **places)


def bias_runs(slope, rule, decay, start, updates=UPDATES):
    """Train two biases that are added, and one alone, from the same sum; return three (updates + 1,).

    slope(b) is dL/db at the sum b. rule is "descent" (rate 0.15) or "Adam" (rate 0.03). Before each update
    a bias is multiplied by 1 - rate * decay.
    """
    rate = {"descent": 0.15, "Adam": 0.03}[rule]
    make = {"descent": training.sgd, "Adam": training.adam}[rule]

    def run(biases):
        optimizer, path = make(rate), [biases]
        memory = optimizer.start(biases)
        for _ in range(updates):
            gradient = np.full_like(biases, slope(biases.sum()))
            biases, memory = optimizer.step(biases * (1 - rate * decay), gradient, memory)
            path.append(biases)
        return np.array(path).T

    return *run(np.array(start)), *run(np.array([sum(start)]))


def two_biases(slope, start=(0.9, -0.4)):
    """Choose a rule and a weight decay; see two biases, their sum, and a bias that is alone, in training."""
    read = functools.cache(lambda rule, decay: bias_runs(slope, rule, decay, start))

    def describe(rule, decay):
        first, second, one = read(rule, decay)
        before, after = start[0] - start[1], first[-1] - second[-1]
        ends = [f"{both:.2f} and {alone:.2f}" for both, alone in zip((first + second)[[5, -1]], one[[5, -1]])]
        return (f"{rule}, decay {decay:.2f}: the difference b_ih − b_hh begins at {before:.2f} and is "
                f"{after:.2f} after {UPDATES} updates. The sum and the bias that is alone are {ends[0]} "
                f"after 5 updates, {ends[1]} at the end.").replace("-", "−")

    def draw(ax):
        update = plots.bias_pair(ax, *read("descent", 0.0))
        return lambda rule, decay: update(*read(rule, decay))

    def touch(ax):                      # a bias is dragged to where a decay would have it end
        ends = lambda which: lambda rule, decay: [
            read(rule, weight)[which][-1] for weight in controls["decay"].values]
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        most = controls["decay"].values[-1]
        middle = np.mean([bias[-1] for bias in read("descent", most)[:2]])
        return [area(ax, y="decay", ys=ends(0), box=(left, right, middle, high)),
                area(ax, y="decay", ys=ends(1), box=(left, right, low, middle))]

    controls = {
        "rule": choice("rule", ["descent", "Adam"]),
        "decay": slider("weight decay λ", 0.0, 0.0, 0.4, 0.05),
    }
    return live_figure(draw, controls, describe, size=(9, 3.9), touch=touch, code=lambda rule, decay: (
        f"widgets.bias_runs(slope, {rule!r}, {round(decay, 2)}, {start})"))
