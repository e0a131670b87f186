"""ONNX's published node cases of RNN, LSTM and GRU, and its reference, compute what our cells do.

In most of the published cases all weights are equal: no LSTM case, and only one of the GRU, could see two
gates exchanged. Hence the second half: random weights through onnx.reference, in float64, in all three
directions and both layouts, and a complex step through it for every gradient. What the reference cannot
judge is sequence_lens, which it ignores: packed sequences in test_pytorch.py do. rnnlib has no peepholes.
"""

import warnings
from importlib import import_module

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, layers, lstm, rnn, sequences, trees

CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}
OURS = {"RNN": rnn, "LSTM": lstm, "GRU": gru_original}                  # linear_before_reset is 0 by default
DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
every_cell = pytest.mark.parametrize("name", CELLS)
T, B, D, H = 6, 4, 2, 3


@pytest.fixture(scope="module")
def onnx():
    pytest.importorskip("onnx", reason="onnx is not installed: `course.py test` without --light adds it")
    return import_module("onnx")


@pytest.fixture(scope="module")
def node_cases(onnx):
    """Return the published node cases of our three operators, by name."""
    with warnings.catch_warnings(action="ignore"):                      # of the other operators' cases
        cases = import_module("onnx.backend.test.loader").load_model_tests(kind="node")
    return {c.name: c for c in cases if c.model.graph.node[0].op_type in OURS}


def run(cell, p, xs, state, backwards):
    """Return h of all steps (T, B, H) and the last states, with time reversed where wanted."""
    turn = sequences.reverse if backwards else lambda a: a
    trace = bptt.forward(cell, p, turn(xs), state)
    return turn(trace.hs[1:]), [s[-1] for s in trace.states]


def run_all(ways, cell, weights, xs, states, layout):
    """Return what our cell makes of a node's arrays, one direction after the other: [Y, Y_h, Y_c]."""
    if layout:                                                          # batch first
        xs, states = xs.swapaxes(0, 1).copy(), [s.swapaxes(0, 1).copy() for s in states]
    each = []
    for k, backwards in enumerate(ways):
        one = {n: w if n == "linear_before_reset" else w[k:k + 1] for n, w in weights.items()}
        p, state = interop.from_onnx(cell, one), tuple(s[k] for s in states) or None
        each.append(run(cell, p, xs, state, backwards))
    Y = np.stack([hs for hs, _ in each], axis=1)                        # (T, directions, B, H)
    last = [np.stack(s) for s in zip(*(last for _, last in each), strict=True)]
    return [Y.transpose(2, 0, 1, 3), *(s.swapaxes(0, 1) for s in last)] if layout else [Y, *last]


# Published cases


def test_all_published_cases_are_here(node_cases):
    assert len(node_cases) >= 18
    assert sum("peepholes" in name for name in node_cases) == 1


@pytest.mark.parametrize("op", OURS)
def test_published_node_cases(op, node_cases, onnx):
    seen = 0
    for name, case in node_cases.items():
        (node,), (inputs, outputs) = case.model.graph.node, case.data_sets[0]
        if node.op_type != op or "peepholes" in name:
            continue
        given = dict(zip(filter(None, node.input), inputs, strict=True))
        options = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        assert not set(given) - {"X", "W", "R", "B"}, name
        assert not set(options) - {"direction", "layout", "hidden_size"}, name
        ways = DIRECTIONS[options.get("direction", b"forward").decode()]
        xs, weights = given.pop("X"), given | ({"linear_before_reset": 0} if op == "GRU" else {})

        ours = run_all(ways, OURS[op], weights, xs, [], options.get("layout", 0))

        for output, expected in zip(filter(None, node.output), outputs, strict=True):
            found = ours[("Y", "Y_h", "Y_c").index(output)]
            assert found.dtype == expected.dtype == np.float32, name
            assert error(found, expected) < 2e-6, name
        seen += 1
    assert seen >= 5


def test_most_published_cases_cannot_see_two_gates_exchanged(node_cases):
    seeing = []
    for name, case in node_cases.items():
        W = case.data_sets[0][0][1]
        blocks = np.split(W, W.shape[1] // case.data_sets[0][0][2].shape[2], axis=1)
        if not all((block == blocks[0]).all() for block in blocks):
            seeing.append(name)

    assert seeing == ["test_gru_seq_length"]


# The reference


def node(onnx, cell, weights, xs, states, direction, layout=0):
    """Return a function of {name: array} that runs a checked one-node model in float64: [Y, Y_h, Y_c]."""
    op = cell.__name__.split(".")[-1].removesuffix("_original").upper()
    arrays = {"X": xs, **weights, **dict(zip(("initial_h", "initial_c"), states))}
    attributes = {n: arrays.pop(n) for n in weights if n == "linear_before_reset"}
    if layout:
        attributes["layout"] = layout
    H, outputs = weights["R"].shape[2], ["Y", "Y_h", "Y_c"][:1 + len(states)]
    inputs = ["X", "W", "R", "B", "", "initial_h", "initial_c"][:5 + len(states)]   # "": no sequence_lens
    made = onnx.helper.make_node(op, inputs, outputs, hidden_size=H, direction=direction, **attributes)
    info = lambda n, shape: onnx.helper.make_tensor_value_info(n, onnx.TensorProto.DOUBLE, shape)
    graph = onnx.helper.make_graph([made], "one", [info(n, a.shape) for n, a in arrays.items()],
                                   [info(n, [None] * (4 if n == "Y" else 3)) for n in outputs])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)])
    onnx.checker.check_model(model, full_check=True)
    evaluator = import_module("onnx.reference").ReferenceEvaluator(model)
    return arrays, lambda arrays: evaluator.run(None, arrays)


def random_weights(cell, rng, D, H, directions):
    """Return {W, R, B, ...} with both biases drawn, and as often as there are directions."""
    like = interop.to_onnx(cell, cell.init(rng, D, H))
    return {n: w if n == "linear_before_reset" else 0.6 * rng.normal(size=(directions, *w.shape[1:]))
            for n, w in like.items()}


@every_cell
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_the_reference_takes_our_weights(name, direction, onnx):
    cell = CELLS[name]
    p, xs, state, _ = gradcheck.designed_point(cell, np.random.default_rng(3), T, B, D, H)

    arrays, evaluate = node(onnx, cell, interop.to_onnx(cell, p), xs, [s[None] for s in state], direction)

    hs, last = run(cell, p, xs, state, direction == "reverse")
    assert error([hs[:, None], *(s[None] for s in last)], evaluate(arrays)) < 1e-14


@every_cell
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("layout", [0, 1])
def test_random_shapes_weights_and_states(name, direction, layout, onnx):
    cell, ways, rng = CELLS[name], DIRECTIONS[direction], np.random.default_rng([4, layout, len(direction)])
    T, B, D, H = map(int, rng.choice(np.arange(1, 9), 4, replace=False))
    xs, weights = rng.normal(size=(T, B, D)), random_weights(cell, rng, D, H, len(ways))
    states = [rng.uniform(-1, 1, (len(ways), B, H)) for _ in cell.STATES]
    if layout:
        xs, states = xs.swapaxes(0, 1).copy(), [s.swapaxes(0, 1).copy() for s in states]

    ours = run_all(ways, cell, weights, xs, states, layout)

    arrays, evaluate = node(onnx, cell, weights, xs, states, direction, layout)
    assert error(ours, evaluate(arrays)) < 1e-13


@every_cell
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_every_gradient_is_that_of_the_reference(name, direction, onnx):
    cell, rng, back = CELLS[name], np.random.default_rng(5), direction == "reverse"
    turn = sequences.reverse if back else lambda a: a
    xs, weights = rng.normal(size=(T, B, D)), random_weights(cell, rng, D, H, 1)
    states, dhs = [rng.uniform(-1, 1, (1, B, H)) for _ in cell.STATES], rng.normal(size=(T, B, H))
    dlast = tuple(rng.normal(size=(B, H)) for _ in cell.STATES)
    p = interop.from_onnx(cell, weights)

    trace = bptt.forward(cell, p, turn(xs), tuple(s[0] for s in states))
    ours = bptt.backward(cell, p, trace, turn(dhs), dlast=dlast)

    arrays, evaluate = node(onnx, cell, weights, xs, states, direction)
    found = interop.to_onnx(cell, ours.params, gradient=True)
    found |= {"X": turn(ours.xs), **dict(zip(("initial_h", "initial_c"), (s[None] for s in ours.state)))}
    theirs = {n: np.empty(a.shape) for n, a in arrays.items()}
    for n, a in arrays.items():
        for at in np.ndindex(a.shape):                                  # a complex step in each entry
            stepped = {m: b.astype(complex) for m, b in arrays.items()}
            stepped[n][at] += 1e-30j
            Y, *last = evaluate(stepped)
            loss = (Y[:, 0] * dhs).sum() + sum((s[0] * d).sum() for s, d in zip(last, dlast, strict=True))
            theirs[n][at] = loss.imag / 1e-30
    assert error([found[n] for n in theirs], list(theirs.values())) < 1e-12
    back_in = interop.from_onnx(cell, {**weights, **{n: theirs[n] for n in "WRB"}}, gradient=True)
    assert error(tuple(back_in), tuple(ours.params)) < 1e-12


@every_cell
@pytest.mark.parametrize("directions", [1, 2])
def test_nodes_upon_nodes_are_a_stack(name, directions, onnx):
    cell, rng, units = CELLS[name], np.random.default_rng([7, directions]), [2, 3]
    T, B, D = 4, 2, 1
    weights = [random_weights(cell, rng, width, H, directions)
               for width, H in zip([D, directions * units[0]], units)]
    xs, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, directions * units[-1]))
    states, dlast = ([[rng.uniform(-1, 1, (directions, B, H)) for _ in cell.STATES] for H in units]
                     for _ in range(2))
    turn = lambda each: tuple(tuple(e) for e in zip(*each, strict=True))      # by state: by direction
    nested = lambda each: tuple(turn(e) if directions == 2 else turn(e)[0] for e in each)
    flat = lambda tree: [leaf for _, leaf in trees.walk(tree)]

    p = interop.from_onnx(cell, weights, stack=True)
    trace = layers.forward(cell, p, xs, nested(states))
    ours = layers.backward(cell, p, trace, dhs, dlast=nested(dlast))

    way = "bidirectional" if directions == 2 else "forward"
    shape = (T, B, directions * units[0])
    nodes = [node(onnx, cell, w, x, s, way)
             for w, x, s in zip(weights, (xs, np.zeros(shape)), states, strict=True)]

    def both(given):
        """Evaluate one node upon the other: y, and the last states."""
        ys, last = given[0]["X"], []
        for arrays, (_, evaluate) in zip(given, nodes, strict=True):
            Y, *ends = evaluate(arrays | {"X": ys})
            ys, last = Y.swapaxes(1, 2).reshape(T, B, -1), [*last, ends]      # (T, directions, B, H)
        return ys, last

    inputs = [arrays for arrays, _ in nodes]
    ys, last = both(inputs)
    assert error(trace.outputs, ys) < 1e-13
    assert error(flat(trace.last), flat(nested(last))) < 1e-13

    out = interop.to_onnx(cell, ours.params, gradient=True)
    dstates = [turn(e) if directions == 2 else [s[None] for s in e] for e in ours.state]
    found = [grads | dict(zip(("initial_h", "initial_c"), map(np.stack, ds)))
             for grads, ds in zip(out, dstates, strict=True)]
    found[0]["X"] = ours.xs
    for k, arrays in enumerate(inputs):
        for which, a in arrays.items():
            if k and which == "X":                    # what comes up is no input
                continue
            slopes = np.empty(a.shape)
            for at in np.ndindex(a.shape):            # a complex step in each entry
                stepped = [{m: b.astype(complex) for m, b in other.items()} for other in inputs]
                stepped[k][which][at] += 1e-30j
                ys, last = both(stepped)
                slopes[at] = ((ys * dhs).sum() + sum(
                    (s * d).sum() for s, d in zip(flat(last), flat(dlast), strict=True))).imag / 1e-30
            assert error(found[k][which], slopes) < 1e-12


def test_the_reference_ignores_sequence_lengths(onnx):
    cell, rng = rnn, np.random.default_rng(6)
    xs, weights = rng.normal(size=(T, B, D)), interop.to_onnx(cell, cell.init(rng, D, H))
    arrays, evaluate = node(onnx, cell, weights, xs, [], "forward")
    (whole,) = evaluate(arrays)
    made = onnx.helper.make_node("RNN", ["X", "W", "R", "B", "lengths"], ["Y"], hidden_size=H)
    given = arrays | {"lengths": np.array([3, 6, 1, 4], np.int32)}

    (cut,) = import_module("onnx.reference").ReferenceEvaluator(made).run(None, given)

    assert (cut == whole).all()                                         # else compare masks here too
