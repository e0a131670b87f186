"""Notebook 16: its figures show where interop puts each number, its records are ours, its live code runs."""

import re
import sys
from html import unescape
from pathlib import Path

import nbformat
import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, lstm, rnn, training
from rnnlib.course import data, widgets
from rnnlib.course.predictions import questions
from rnnlib.course.widgets import frameworks

FOLDER = Path(__file__).parents[2] / "notebooks"
NAME = "16-the-same-network-elsewhere"
CELLS = {"lstm": lstm, "gru": gru, "gru_original": gru_original}
OURS = str.maketrans("ch", "gn")        # how Keras and ONNX call the candidates


# The records


def problem(name):
    """Return the recorded problem of a cell: its Params, xs, states and dhs."""
    fw, cell = data.recorded("frameworks"), CELLS[name]
    p = cell.Params(**vars(getattr(fw.cells, name)))
    return cell, p, fw.X, (fw.h0, fw.c0)[:len(cell.STATES)], fw.dh


def ours(name):
    cell, p, xs, states, dhs = problem(name)
    trace = bptt.forward(cell, p, xs, states)
    return trace.hs[1:], bptt.backward(cell, p, trace, dhs)


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_ours_are_the_numbers_recorded_from_pytorch(name):
    theirs = getattr(data.recorded("frameworks").torch, name)
    hs, (dp, dxs, dstates) = ours(name)

    weights = [theirs.dw_ih, theirs.dw_hh, theirs.db_ih, theirs.db_hh]
    assert error(hs, theirs.hidden) < 1e-14 and error(dxs, theirs.dx) < 1e-14
    assert error(dstates, (theirs.dh0, theirs.dc0) if name == "lstm" else (theirs.dh0,)) < 1e-14
    assert error([*interop.to_pytorch(CELLS[name], dp, gradient=True).values()], weights) < 1e-14
    assert np.array_equal(theirs.dhidden, data.recorded("frameworks").dh)


@pytest.mark.parametrize("name", CELLS)
def test_ours_are_the_numbers_recorded_from_keras_and_onnx(name):
    fw = data.recorded("frameworks")
    theirs, Y = getattr(fw.keras, name), getattr(fw.onnx, name)
    hs, (dp, dxs, dstates) = ours(name)

    assert error(hs, theirs.hidden) < 1e-14 and error(hs, Y[:, 0]) < 1e-14 and error(dxs, theirs.dx) < 1e-14
    assert error(dstates[0], theirs.dh0) < 1e-14
    found = interop.to_keras(CELLS[name], dp, gradient=True)
    assert error(found, list(vars(theirs.gradient).values())) < 1e-14


def test_the_recorded_tape_meets_the_printed_figures_of_000():
    tape, printed = data.recorded("frameworks").tape, data.recorded("000").printed

    pairs = {"dU": "dL_dU_tf", "dW": "dL_dW", "db": "dL_db", "dV": "dL_dV_tf", "dc": "dL_dc_tf",
             "dh_1": "delta_1"}
    for name, theirs in pairs.items():
        assert np.abs(getattr(tape, name) - getattr(printed, theirs)).max() < 1e-7
    assert error(tape.dx, data.recorded("000").surrogate.dL_dX) < 1e-12


# Where a number is


def numbered(cell, D, H):
    """Return Params whose numbers say which gate they belong to: 1 for the first block, 2 for the second."""
    order = interop.OURS[cell]
    shapes = cell.shapes(D, H)._asdict()
    blocks = np.repeat(np.arange(1.0, len(order) + 1), H)
    arrays = {name: np.broadcast_to(blocks[:, None] if len(shape) == 2 else blocks, shape).copy()
              for name, shape in shapes.items() if name != "b_n"}
    return cell.Params(**arrays, **({"b_n": np.full(H, 3.0)} if cell is gru else {}))


@pytest.mark.parametrize("cell", [rnn, lstm, gru], ids=["rnn", "lstm", "gru"])
def test_every_letter_of_the_drawing_stands_where_interop_puts_its_gate(cell):
    D, H = 2, 3
    p, order = numbered(cell, D, H), interop.OURS[cell]
    B = interop.to_onnx(cell, p, gradient=True)["B"].reshape(2, -1).T
    W, R = (interop.to_onnx(cell, p)[name][0] for name in "WR")
    both = interop.to_pytorch(cell, p, gradient=True)
    keras = [np.atleast_2d(a) for a in interop.to_keras(cell, p, gradient=True)]
    arrays = {
        "rnnlib": [p.W_x, p.W_h, p.b[:, None]],
        "PyTorch": [a if a.ndim == 2 else a[:, None] for a in both.values()],
        "Keras": keras, "ONNX": [W, R, B],
    }

    drawn = widgets.layouts(cell, D, H)

    assert list(drawn) == list(arrays)
    for library, stored in arrays.items():
        for (_, caption, grid), array in zip(drawn[library], stored):      # rnnlib's b_n is drawn apart
            expected = [[order[int(value) - 1] for value in row] for row in array]
            read = [[letter.translate(OURS) if cell is not rnn else letter for letter in row] for row in grid]
            assert read == expected, f"{library}, {caption}"


def test_keras_and_onnx_call_the_candidates_by_their_own_letters():
    for cell, order in ((lstm, {"Keras": "ifco", "ONNX": "iofc"}), (gru, {"Keras": "zrh", "ONNX": "zrh"})):
        drawn = widgets.layouts(cell, 1, 1)
        for library, letters in order.items():
            grid = np.array(drawn[library][0][2])
            assert "".join(grid.ravel()) == letters


def test_captions_name_the_shapes():
    for cell, D, H in ((lstm, 2, 3), (gru, 4, 5)):
        p = cell.Params(*map(np.zeros, cell.shapes(D, H)))
        shapes = {
            "rnnlib": p._asdict(), "PyTorch": interop.to_pytorch(cell, p), "ONNX": interop.to_onnx(cell, p),
            "Keras": dict(zip(("kernel", "recurrent_kernel", "bias"), interop.to_keras(cell, p)))}
        for library, arrays in widgets.layouts(cell, D, H).items():
            for _, caption, _ in arrays:
                name, shape = re.match(r"(\w+) +(\(.+?\))", caption).groups()
                assert shape == str(shapes[library][name].shape), caption


POSITIONS = [("W_x", "i", 1, 1), ("W_x", "o", 3, 2), ("W_h", "f", 2, 3), ("W_h", "g", 1, 2), ("b", "f", 3, 1),
             ("b", "o", 1, 3)]


@pytest.fixture(scope="module")
def follow():
    return widgets.follow_a_number()


@pytest.mark.parametrize("array, gate, unit, column", POSITIONS)
def test_the_marked_boxes_are_where_the_words_say(follow, array, gate, unit, column):
    values = {"array": array, "gate": gate, "unit": unit, "column": column}
    for name, value in values.items():
        follow.controls[name].value = value

    marks = [mark for mark in follow.painter.artists if hasattr(mark, "get_xy") and mark.get_visible()
             and mark.get_linewidth() == 2.5]
    where, words = widgets.places(array, gate, unit, min(column, {"W_x": 2, "W_h": 3, "b": 1}[array]))
    assert len(marks) == sum(map(len, where.values())) == (6 if array == "b" else 4)
    drawn = widgets.layouts(lstm, 2, 3)
    for library, spots in where.items():
        for k, row, col in spots:
            assert drawn[library][k][2][row][col].translate(OURS) == gate
        assert words[library] in follow.sentence
    boxes = {tuple(np.round(p.get_xy(), 6)) for p in follow.figure.axes[0].patches if p not in marks}
    marked = {tuple(np.round(mark.get_xy(), 6)) for mark in marks}
    assert len(marked) == len(marks) and marked <= boxes
    assert follow.error is None

    above = [text for text in follow.painter.artists if hasattr(text, "get_text") and text.get_visible()]
    resting = {text.get_position(): text.get_text() for text in follow.figure.axes[0].texts
               if text not in follow.painter.artists}
    assert len(above) == len(marks)                           # the letter of the block, whole over its mark
    for mark, text in zip(marks, above, strict=True):
        assert text.get_text() == resting[text.get_position()] and text.get_text().translate(OURS) == gate
        assert text.get_zorder() > mark.get_zorder()
        apart = np.subtract(text.get_position(), mark.get_xy()) / mark.get_width()
        assert (np.abs(apart - 0.5) <= 2).all()               # and no other block's


@pytest.mark.parametrize("array, gate, unit, column", POSITIONS)
def test_a_touched_box_is_the_number_in_it(follow, array, gate, unit, column):
    names = list(follow.controls)
    for name, value in dict(array=array, gate=gate, unit=unit, column=column).items():
        follow.controls[name].value = value
    marks = [mark for mark in follow.painter.artists if hasattr(mark, "get_xy") and mark.get_visible()
             and mark.get_linewidth() == 2.5]

    for mark in marks:
        x, y = mark.get_transform().transform(mark.get_path().vertices[:4]).mean(axis=0)
        x, y = x / follow.figure.bbox.width, 1 - y / follow.figure.bbox.height
        (touched,) = [a for a in follow.shown["touch"]
                      if a["box"][0] < x < a["box"][2] and a["box"][1] < y < a["box"][3]]
        found = {names[c]: follow.controls[names[c]].values[k] for c, k in touched["sets"]}
        for axis, at in (("x", x), ("y", y)):
            if axis in touched:
                k = np.abs(np.array(touched[axis]["at"]) - at).argmin()
                name = names[touched[axis]["control"]]
                found[name] = follow.controls[name].values[k]
        wanted = dict(array=array, gate=gate, unit=unit) | ({} if array == "b" else {"column": column})
        assert found == wanted


def test_places_say_the_index_in_each_library():
    _, words = widgets.places("W_x", "g", 2, 1)

    assert words == {"rnnlib": "W_x[7, 0]", "PyTorch": "weight_ih_l0[7, 0]", "Keras": "kernel[0, 7]",
                     "ONNX": "W[0, 10, 0]"}
    assert widgets.places("b", "f", 3, 1)[1]["ONNX"] == "B[0, 8] + B[0, 20]"


# Two biases


def quadratic(b):
    return b - 1.2


@pytest.mark.parametrize("rule, rate", [("descent", 0.15), ("Adam", 0.03)])
@pytest.mark.parametrize("decay", [0.0, 0.4])
def test_the_difference_of_two_biases_knows_only_the_decay(rule, rate, decay):
    first, second, one = widgets.bias_runs(quadratic, rule, decay, (0.9, -0.4))

    assert len(first) == len(second) == len(one) == frameworks.UPDATES + 1
    expected = 1.3 * (1 - rate * decay) ** np.arange(len(first))
    assert np.allclose(first - second, expected, rtol=1e-12, atol=0)


def test_the_sum_learns_at_twice_the_rate_and_is_held_half_as_tightly():
    first, second, one = widgets.bias_runs(quadratic, "descent", 0.4, (0.9, -0.4), updates=400)
    rest, alone, double = first[-1] + second[-1], [0.5], [0.5]
    for path, times in ((alone, 1), (double, 2)):
        for _ in range(400):
            path.append(path[-1] * (1 - 0.15 * 0.4) - times * 0.15 * quadratic(path[-1]))

    assert np.allclose(one, alone, rtol=1e-12, atol=0)
    assert np.allclose(first + second, double, rtol=1e-12, atol=0)
    assert 2 * quadratic(rest) + 0.4 * rest == pytest.approx(0, abs=1e-9)
    assert quadratic(one[-1]) + 0.4 * one[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rule, decay", [("descent", 0.0), ("descent", 0.4), ("Adam", 0.0), ("Adam", 0.2)])
def test_the_curves_are_the_runs_at_every_position(rule, decay):
    live = widgets.two_biases(quadratic)
    live.controls["rule"].value, live.controls["decay"].value = rule, decay

    first, second, one = widgets.bias_runs(quadratic, rule, decay, (0.9, -0.4))
    drawn = [line.get_ydata() for line in live.figure.axes[0].lines]
    assert error(drawn, [first, second, first + second, one]) == 0
    assert f"is {first[-1] - second[-1]:.2f} after 80 updates" in live.sentence
    heights = sorted(text.get_position()[1] for text in live.figure.axes[0].texts if text.get_text())
    assert np.diff(heights).min() >= 0.16 - 1e-9
    assert live.error is None


@pytest.mark.parametrize("rule", ["descent", "Adam"])
def test_a_bias_is_dragged_to_the_decay_with_which_it_ends_there(rule):
    live = widgets.two_biases(quadratic)
    live.controls["rule"].value = rule
    (ax,) = live.figure.axes

    upper, lower = live.shown["touch"]
    for decay in (0.0, 0.1, 0.4):
        live.controls["decay"].value = decay
        for touched, line in zip((upper, lower), ax.lines):
            y = 1 - ax.transData.transform((0, line.get_ydata()[-1]))[1] / live.figure.bbox.height
            assert touched["y"]["at"][live.state[1]] == pytest.approx(y, abs=1e-4)
            assert touched["box"][1] <= y <= touched["box"][3]



@pytest.mark.parametrize("rule", ["descent", "Adam"])
def test_pytorch_trains_its_two_biases_so(rule, torch):
    pair = [torch.tensor(start, dtype=torch.float64, requires_grad=True) for start in (0.9, -0.4)]
    optimizer = (torch.optim.SGD(pair, lr=0.15, weight_decay=0.3) if rule == "descent"
                 else torch.optim.AdamW(pair, lr=0.03, weight_decay=0.3))

    for _ in range(20):
        optimizer.zero_grad()
        (0.5 * (pair[0] + pair[1] - 1.2) ** 2).backward()
        optimizer.step()

    ours = widgets.bias_runs(quadratic, rule, 0.3, (0.9, -0.4), updates=20)
    assert [b.item() for b in pair] == pytest.approx([ours[0][-1], ours[1][-1]], rel=1e-12)


def test_adam_is_the_one_of_the_course():
    path = widgets.bias_runs(quadratic, "Adam", 0.0, (0.9, -0.4), updates=1)[2]
    adam = training.adam(0.03)

    one, _ = adam.step(np.array([0.5]), np.array([quadratic(0.5)]), adam.start(np.array([0.5])))
    assert path[1] == one[0]


# Live or recorded


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that makes a package of the name `imagined` with some source."""
    monkeypatch.setitem(frameworks.TITLES, "imagined", "Imagined")
    monkeypatch.syspath_prepend(tmp_path)

    def make(source):
        (tmp_path / "imagined.py").write_text(source)
        monkeypatch.delitem(sys.modules, "imagined", raising=False)

    yield make
    sys.modules.pop("imagined", None)


def stored(ran):
    view = ran._repr_mimebundle_()
    return view["text/html"], view["text/plain"]


def test_what_is_not_installed_is_recorded_and_what_is_runs(package):
    missing = widgets.live_or_recorded("imagined", lambda: 1, 2, "0.9")
    package("__version__ = '1.5'")
    here = widgets.live_or_recorded("imagined", lambda: 1, 2, "0.9")

    assert (missing.values, missing.live, here.values, here.live) == (2, False, 1, True)
    assert "run %pip install imagined in a cell" in missing.now
    assert "0.9" in missing.now
    assert "Imagined 1.5 computed" in here.now
    assert stored(missing) == stored(here)


def test_a_broken_installation_is_recorded(package):
    package("raise OSError('no such library')")

    ran = widgets.live_or_recorded("imagined", lambda: 1, 2, "0.9")

    assert (ran.values, ran.live) == (2, False) and "cannot be imported (OSError)" in ran.now


def test_greetings_and_warnings_stay_off_the_page(package, capfd):
    package("import os, sys, warnings\n"
            "os.write(2, b'hello from C')\nprint('hello', file=sys.stderr)\nwarnings.warn('old')")

    widgets.live_or_recorded("imagined", lambda: np.log(np.zeros(1)), 2, "0.9")

    assert capfd.readouterr().err == ""


def test_a_mistake_in_the_readers_code_is_not_hidden(package):
    package("")

    with pytest.raises(ZeroDivisionError):
        widgets.live_or_recorded("imagined", lambda: 1 / 0, 2, "0.9")


@pytest.mark.parametrize("here, told", [({"torch", "jax"}, "torch"), ({"jax"}, "jax"), (set(), None),
                                        ({"tensorflow", "torch"}, None)])
def test_keras_without_tensorflow_is_told_what_is_here(monkeypatch, here, told):
    monkeypatch.setattr(frameworks.os, "environ", environment := {})
    monkeypatch.setattr(frameworks, "find_spec", lambda name: name if name in here else None)

    frameworks._prepare("keras")

    assert environment.get("KERAS_BACKEND") == told


# The notebook's own code, where the frameworks are installed


def function(name, **names):
    """Return a function as the stored notebook defines it."""
    cells = nbformat.read(FOLDER / f"{NAME}.ipynb", as_version=4).cells
    (source,) = [cell.source for cell in cells if f"def {name}(" in cell.source]
    exec(source, names := {"np": np, "bptt": bptt, "interop": interop, **names})
    return names[name]


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_the_pytorch_of_the_notebook_is_what_was_recorded(name, torch):
    cell, p, *rest = problem(name)

    found = function("by_pytorch")(name.upper(), interop.to_pytorch(cell, p), *rest)

    recorded = vars(getattr(data.recorded("frameworks").torch, name))
    assert sorted(found) == sorted(recorded)
    assert all(error(found[key], recorded[key]) < 1e-13 for key in found)


def test_the_pytorch_of_the_notebook_runs_the_example_of_003(torch):
    rec = data.recorded("003")
    weights = {f"{name}_l0": w for name, w in vars(rec.weights).items()}

    found = function("by_pytorch")("RNN", weights, rec.X, (rec.h0,), rec.dh)

    assert all(error(found[key], value) < 1e-13 for key, value in vars(rec.torch).items())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CELLS)
def test_the_keras_of_the_notebook_is_what_was_recorded(name, monkeypatch, torch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras")
    cell, p, X, states, _ = problem(name)
    options = {"reset_after": name == "gru"} if "gru" in name else {}
    kind = "LSTM" if name == "lstm" else "GRU"

    hs = function("by_keras")(kind, options, interop.to_keras(cell, p), X, states)

    assert error(hs, getattr(data.recorded("frameworks").keras, name).hidden) < 1e-5


@pytest.mark.filterwarnings("ignore")
def test_the_keras_of_the_notebook_gives_the_states_that_000_prints(monkeypatch, torch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras")
    rec = data.recorded("000")
    given = rec.inputs
    X, states = rec.surrogate.X[:, None], (rec.surrogate.h0[None],)

    hs = function("by_keras")("SimpleRNN", {}, [given.U, given.W, given.b], X, states)

    assert np.abs(hs[:, 0] - rec.printed.h_seq).max() < 1e-6


def test_the_tape_of_the_notebook_is_what_was_recorded():
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: its recorded figures are tested")
    rec = data.recorded("000")
    given = rec.inputs
    weights = given.U, given.W, given.b, given.V, given.c

    found = function("by_tape")(*weights, rec.surrogate.X, rec.surrogate.h0, given.y_true)

    tape = vars(data.recorded("frameworks").tape)
    assert all(error(found[key], tape[key]) < 1e-13 for key in found)


def test_nothing_of_a_framework_shows_in_the_stored_page():
    for cell in nbformat.read(FOLDER / f"{NAME}.ipynb", as_version=4).cells:
        if "live_or_recorded" in cell.source:
            assert "nbval-ignore-output" in cell.metadata.tags
            assert re.match("# The numbers of .*\n# Not compared:", cell.source)
            (output,) = cell.outputs
            assert output.data["text/plain"].startswith("The numbers of ")


# The questions


def test_the_questions_are_answered_by_the_networks_themselves():
    complains, holds, apart = questions(16)
    cell, p, xs, states, dhs = problem("lstm")
    onnx = interop.to_onnx(lstm, p)
    careless = lstm.Params(onnx["W"][0], onnx["R"][0], onnx["B"][0, :len(p.b)])
    shapes = [a.shape for a in careless] == [a.shape for a in p]
    assert shapes and gradcheck.check_cell(lstm, careless, xs, states, dhs).ok
    assert complains.answer == "neither"
    assert np.array_equal(data.recorded("frameworks").torch.lstm.dhidden, dhs) and "own part" in holds.answer
    first, second, _ = widgets.bias_runs(quadratic, "descent", 0.0, (0.9, -0.4))
    assert f"{first[-1] - second[-1]:.1f}, as it was" == apart.answer


def test_the_inputs_of_003_are_those_of_its_seed():
    rec, seeded = data.recorded("003"), np.random.RandomState(123)

    assert all(np.array_equal(seeded.random_sample(a.shape), a) for a in (rec.X, rec.h0, rec.dh))


# The table to print


def test_the_sheet_to_print_says_what_the_notebook_says():
    page = (FOLDER / "16-conventions.html").read_text(encoding="utf-8")
    bare = lambda text: re.sub(r"<.*?>|[`$_]", "", unescape(re.sub(r"</?(?:i|sub|code)>", "", text))).strip()
    source = (FOLDER / "source" / f"{NAME}.md").read_text(encoding="utf-8")
    told = [[bare(cell) for cell in line.strip().strip("|").split(" | ")]
            for line in source.splitlines() if line.startswith("|") and "---" not in line]

    printed = [[bare(cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)]
               for row in re.findall(r"<tr>(.*?)</tr>", page)]

    assert len(printed) == 31
    assert [[cell for cell in row if cell] for row in printed] == [[c for c in row if c] for row in told]
    assert "size: A4 landscape" in page


def test_what_the_table_says_of_pytorch(torch):
    layer = torch.nn.LSTM(2, 25)
    biases = torch.cat([layer.bias_ih_l0, layer.bias_hh_l0]).detach()
    logits, targets = torch.randn(4, 3, 6), torch.randint(3, (4, 6))
    mean, total = torch.nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss(reduction="sum")
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 2), [5, 3])
    filled, _ = torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0])

    assert 0.1 < biases.abs().max() <= 0.2 and biases[25:50].mean().abs() < 0.1       # no forget bias of 1
    assert torch.isclose(mean(logits, targets), total(logits, targets) / 24)
    assert (filled[3:, 1] == 0).all() and filled[:3, 1].any()


@pytest.mark.filterwarnings("ignore")
def test_what_the_table_says_of_keras(monkeypatch, torch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    layer, grus = keras.layers.LSTM(3), [keras.layers.GRU(3), keras.layers.GRU(3, reset_after=False)]
    for made in (layer, *grus):
        made.build((None, None, 2))
    bias = layer.get_weights()[2]

    assert bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert [made.get_weights()[2].shape for made in grus] == [(2, 9), (9,)]
    assert keras.losses.SparseCategoricalCrossentropy().reduction == "sum_over_batch_size"


def test_what_the_table_says_of_onnx():
    onnx = pytest.importorskip("onnx")
    loss = onnx.defs.get_schema("SoftmaxCrossEntropyLoss")

    assert loss.attributes["reduction"].default_value.s == b"mean"
    assert onnx.defs.has("Gradient", domain="ai.onnx.preview.training") and not onnx.defs.has("Gradient")
