"""ONNX's published node cases of RNN, LSTM and GRU, and its reference, compute what our cells do.

The cases are the package's own: importing rnn.py, lstm.py and gru.py of its node cases makes just these
18 (its load_model_tests makes those of all operators, in 17 s). Ours has no peepholes, so one is left
out. In most of them all weights are equal: no LSTM case, and only one of the GRU, could see two gates
exchanged. Hence the second half: random weights, through onnx.reference, in float64. What neither can
test is sequence_lens, which the reference ignores: packed sequences in test_pytorch.py do.
"""

from importlib import import_module

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, lstm, rnn, sequences

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
node = import_module("onnx.backend.test.case.node")
for file in ("rnn", "lstm", "gru"):
    import_module(f"onnx.backend.test.case.node.{file}")
reference = import_module("onnx.reference")

OURS = {"RNN": rnn, "LSTM": lstm, "GRU": gru_original}                  # linear_before_reset is 0 by default
NODE_CASES = {c.name: c for c in node._NodeTestCases if c.model.graph.node[0].op_type in OURS}
T, B, D, H = 6, 4, 2, 3
CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}


def run(cell, p, xs, state, backwards):
    """Return h of all steps (T, B, H) and the last states, with time reversed where wanted."""
    turn = sequences.reverse if backwards else lambda a: a
    trace = bptt.forward(cell, p, turn(xs), state)
    return turn(trace.hs[1:]), [s[-1] for s in trace.states]


def run_node(case):
    """Return what our cell makes of the node case: {Y, Y_h, Y_c} in ONNX's layout."""
    op, inputs = case.model.graph.node[0], case.data_sets[0][0]
    given = dict(zip(filter(None, op.input), inputs, strict=True))
    options = {a.name: onnx.helper.get_attribute_value(a) for a in op.attribute}
    direction, batch_first = options.get("direction", b"forward").decode(), options.get("layout", 0)
    assert not set(given) - {"X", "W", "R", "B"} and not set(options) - {"direction", "layout", "hidden_size"}
    xs = given.pop("X").swapaxes(0, 1).copy() if batch_first else given.pop("X")
    cell, each = OURS[op.op_type], []
    for k, way in enumerate(["forward", "reverse"] if direction == "bidirectional" else [direction]):
        weights = {name: w[k:k + 1] for name, w in given.items()} | (
            {"linear_before_reset": 0} if op.op_type == "GRU" else {})
        each.append(run(cell, interop.from_onnx(cell, weights), xs, None, way == "reverse"))
    Y = np.stack([hs for hs, _ in each], axis=1)                        # (T, directions, B, H)
    last = [np.stack(states) for states in zip(*(states for _, states in each), strict=True)]
    if batch_first:
        Y, last = Y.transpose(2, 0, 1, 3), [s.swapaxes(0, 1) for s in last]
    return dict(zip(("Y", "Y_h", "Y_c"), [Y, *last]))


def test_all_published_cases_are_here():
    assert len(NODE_CASES) >= 18
    assert sum("peepholes" in name for name in NODE_CASES) == 1


@pytest.mark.parametrize("name", [name for name in NODE_CASES if "peepholes" not in name])
def test_published_node_case(name):
    case = NODE_CASES[name]
    outputs = [output for output in case.model.graph.node[0].output if output]

    ours = run_node(case)

    for output, expected in zip(outputs, case.data_sets[0][1], strict=True):
        assert ours[output].dtype == expected.dtype == np.float32
        assert error(ours[output], expected) < 2e-6


def test_most_published_cases_cannot_see_two_gates_exchanged():
    seeing = []
    for name, case in NODE_CASES.items():
        W = case.data_sets[0][0][1]
        blocks = np.split(W, W.shape[1] // case.data_sets[0][0][2].shape[2], axis=1)
        if not all((block == blocks[0]).all() for block in blocks):
            seeing.append(name)

    assert seeing == ["test_gru_seq_length"]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_the_reference_takes_our_weights(name, direction):
    cell = CELLS[name]
    p, xs, state, _ = gradcheck.designed_point(cell, np.random.default_rng(3), T, B, D, H)

    theirs = evaluate(name, interop.to_onnx(cell, p), xs, state, direction)

    hs, last = run(cell, p, xs, state, direction == "reverse")
    assert error([hs[:, None], *(s[None] for s in last)], theirs) < 1e-14


@pytest.mark.parametrize("name", CELLS)
def test_the_references_weights_come_in_with_both_biases(name):
    cell, rng = CELLS[name], np.random.default_rng(4)
    _, xs, state, _ = gradcheck.designed_point(cell, rng, T, B, D, H)
    shapes = {n: w.shape for n, w in interop.to_onnx(cell, cell.init(rng, D, H)).items()
              if n != "linear_before_reset"}
    weights = {n: 0.6 * rng.normal(size=shape) for n, shape in shapes.items()}
    if cell in (gru, gru_original):
        weights["linear_before_reset"] = int(cell is gru)

    hs, last = run(cell, interop.from_onnx(cell, weights), xs, state, False)

    theirs = evaluate(name, weights, xs, state, "forward")
    assert error([hs[:, None], *(s[None] for s in last)], theirs) < 1e-14


def evaluate(name, weights, xs, state, direction):
    """Return Y, Y_h and for the LSTM Y_c of a checked one-node model in float64."""
    op = name.removesuffix("_original").upper()
    arrays = {"X": xs, **{n: w for n, w in weights.items() if n != "linear_before_reset"}}
    arrays |= dict(zip(("initial_h", "initial_c"), (s[None] for s in state)))
    outputs = ["Y", "Y_h", "Y_c"][:1 + len(state)]
    inputs = ["X", "W", "R", "B", "", "initial_h", "initial_c"][:5 + len(state)]   # "": no sequence_lens
    attributes = {n: w for n, w in weights.items() if n == "linear_before_reset"}
    made = onnx.helper.make_node(op, inputs, outputs, hidden_size=H, direction=direction,
                                 **attributes)
    shapes = [(T, 1, B, H), (1, B, H), (1, B, H)]
    info = lambda n, shape: onnx.helper.make_tensor_value_info(n, onnx.TensorProto.DOUBLE, shape)
    graph = onnx.helper.make_graph([made], name, [info(n, a.shape) for n, a in arrays.items()],
                                   [info(n, shape) for n, shape in zip(outputs, shapes)])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)])
    onnx.checker.check_model(model, full_check=True)
    return reference.ReferenceEvaluator(model).run(None, arrays)
