"""Parameters go to PyTorch, Keras and ONNX and come back unchanged; Keras' equations give what ours do.

That layers of theirs compute the same is test_pytorch.py's, test_keras.py's and test_onnx.py's to show.
"""

import re
from collections import OrderedDict

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru, gru_original, interop, lstm, rnn, trees

CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_original": gru_original}
WAYS = {
    "PyTorch": (interop.to_pytorch, interop.from_pytorch),
    "Keras": (interop.to_keras, interop.from_keras),
    "ONNX": (interop.to_onnx, interop.from_onnx),
}
PAIRS = [(name, way) for name in CELLS for way in WAYS if (name, way) != ("gru_original", "PyTorch")]
every_pair = pytest.mark.parametrize(("name", "way"), PAIRS)
T, B, D, H = 6, 4, 2, 3


def some_params(cell, seed=0, dtype=np.float64):
    p = gradcheck.designed_point(cell, np.random.default_rng(seed), T, B, D, H)[0]
    return cell.Params(*(w.astype(dtype) for w in p))


def bits(a):
    return [(w.shape, w.dtype, w.tobytes()) for w in a]


def values(weights):
    return list(weights.values()) if isinstance(weights, dict) else weights


@every_pair
@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("gradient", [False, True])
def test_the_way_out_and_back_gives_the_same_bits(name, way, dtype, gradient):
    cell, (to, from_) = CELLS[name], WAYS[way]
    p = some_params(cell, dtype=dtype)
    p.b[:] = np.where(np.arange(len(p.b)) % 2, -0.0, p.b)               # -0.0 has bits of its own

    back = from_(cell, to(cell, p, gradient=gradient), gradient=gradient)

    assert type(back) is cell.Params
    assert bits(back) == bits(p)


@every_pair
def test_the_way_in_and_out_of_merged_biases_gives_the_same_bits(name, way):
    cell, (to, from_) = CELLS[name], WAYS[way]
    theirs = to(cell, some_params(cell))

    again = to(cell, from_(cell, theirs))

    assert bits(w for w in values(again) if not isinstance(w, int)) == bits(
        w for w in values(theirs) if not isinstance(w, int))


@every_pair
def test_nothing_is_shared_and_nothing_changed(name, way):
    cell, (to, from_) = CELLS[name], WAYS[way]
    p = some_params(cell)
    before = bits(p)

    theirs = to(cell, p)
    back = from_(cell, theirs)

    given = [w for w in values(theirs) if not isinstance(w, int)]
    assert not any(np.shares_memory(a, b) for a in given for b in (*p, *back))
    for w in given:
        w[...] = 0
    assert bits(p) == bits(back) == before
    assert all(w.flags.c_contiguous and w.flags.writeable for w in (*given, *back))


@every_pair
def test_views_of_any_order_are_accepted(name, way):
    cell, (to, from_) = CELLS[name], WAYS[way]
    p = some_params(cell)
    theirs = to(cell, p)
    turned = [w if isinstance(w, int) else np.asfortranarray(w) for w in values(theirs)]
    odd = dict(zip(theirs, turned)) if isinstance(theirs, dict) else tuple(turned)

    assert bits(from_(cell, odd)) == bits(p)


STACKS = {"one layer": [1], "two layers": [1, 1], "two directions": [2], "two layers, both ways": [2, 2]}
every_stack = pytest.mark.parametrize("directions", STACKS.values(), ids=STACKS.keys())


def a_stack(cell, directions, H=H):
    """Return Params, or pairs of them, for layers of so many directions."""
    rng, width, made = np.random.default_rng(11), D, []
    for n in directions:
        runs = tuple(gradcheck.designed_point(cell, rng, T, B, width, H)[0] for _ in range(n))
        width, made = n * H, [*made, runs if n == 2 else runs[0]]
    return tuple(made)


def flat(tree):
    return [leaf for _, leaf in trees.walk(tree) if not isinstance(leaf, int)]


@every_pair
@every_stack
@pytest.mark.parametrize("gradient", [False, True])
def test_a_stack_goes_out_and_back_with_the_same_bits(name, way, directions, gradient):
    cell, (to, from_) = CELLS[name], WAYS[way]
    p = a_stack(cell, directions)
    before = bits(flat(p))

    theirs = to(cell, p, gradient=gradient)
    back = from_(cell, theirs, gradient=gradient, stack=True)

    assert [type(layer) for layer in back] == [cell.Params if n == 1 else tuple for n in directions]
    assert bits(flat(back)) == bits(flat(p)) == before
    assert not any(np.shares_memory(a, b) for a in flat(theirs) for b in (*flat(p), *flat(back)))
    again = to(cell, back, gradient=gradient)
    assert trees.map(np.shape, again) == trees.map(np.shape, theirs)
    assert bits(flat(again)) == bits(flat(theirs))


@every_pair
def test_each_run_of_a_stack_goes_where_it_would_go_alone(name, way):
    cell, to = CELLS[name], WAYS[way][0]
    p = a_stack(cell, [2, 2])
    alone = [[to(cell, q) for q in layer] for layer in p]

    theirs = to(cell, p)

    for n, (one, two) in enumerate(alone):
        if way == "PyTorch":
            expected = {w.replace("l0", f"l{n}") + end: a for q, end in ((one, ""), (two, "_reverse"))
                        for w, a in q.items()}
            found = {w: a for w, a in theirs.items() if f"_l{n}" in w}
        elif way == "Keras":
            expected, found = [*one, *two], theirs[n]
        else:
            found = theirs[n]
            expected = {w: a if isinstance(a, int) else np.concatenate([a, two[w]]) for w, a in one.items()}
            assert found.get("linear_before_reset") == one.get("linear_before_reset")
        assert list(found) == list(expected) if way != "Keras" else len(found) == len(expected)
        assert bits(flat(found)) == bits(flat(expected))


@every_pair
def test_a_stack_without_biases_has_biases_of_zero(name, way):
    cell, (to, from_) = CELLS[name], WAYS[way]
    p = a_stack(cell, [2, 2])
    theirs = to(cell, p)
    if way == "PyTorch":
        theirs = {n: w for n, w in theirs.items() if "bias" not in n}
    elif way == "Keras":
        theirs = [[*w[:2], *w[3:5]] for w in theirs]
    else:
        theirs = [without(node, "B") for node in theirs]

    back = from_(cell, theirs, stack=True)

    for ours, q in zip((run for layer in back for run in layer), (run for layer in p for run in layer)):
        assert bits(ours[:2]) == bits(q[:2]) and bits(ours[2:]) == bits(0 * abs(b) for b in q[2:])


def test_gate_blocks_stand_in_the_published_orders():
    # Our rows are numbered by their gate: i f g o are 0 1 2 3, r z n are 0 1 2.
    W = np.repeat(np.arange(4.0), H)[:, None]
    p = lstm.Params(W, W * np.ones(H), W[:, 0])
    assert interop.to_pytorch(lstm, p)["bias_ih_l0"][::H].tolist() == [0, 1, 2, 3]     # i f g o
    assert interop.to_keras(lstm, p)[2][::H].tolist() == [0, 1, 2, 3]                  # i f c o
    assert interop.to_onnx(lstm, p)["B"][0, ::H].tolist() == [0, 3, 1, 2, 0, 0, 0, 0]  # i o f c
    q = gru.Params(W[:9], (W * np.ones(H))[:9], W[:9, 0], np.full(H, 7.0))
    assert interop.to_pytorch(gru, q)["bias_hh_l0"][::H].tolist() == [0, 0, 7]         # r z n
    assert interop.to_keras(gru, q)[2][:, ::H].tolist() == [[1, 0, 2], [0, 0, 7]]      # z r h
    assert interop.to_onnx(gru, q)["B"][0, ::H].tolist() == [1, 0, 2, 0, 0, 7]         # z r h


def test_two_added_biases_have_one_gradient():
    g = some_params(gru, 3)

    theirs = interop.to_pytorch(gru, g, gradient=True)

    assert (theirs["bias_ih_l0"] == g.b).all()
    assert (theirs["bias_hh_l0"][:2 * H] == g.b[:2 * H]).all()          # equal, not zero
    assert (theirs["bias_hh_l0"][2 * H:] == g.b_n).all()                # but in the candidate, its own
    twice = interop.from_pytorch(gru, theirs)                           # read as weights they are added
    assert (twice.b[:2 * H] == 2 * g.b[:2 * H]).all() and (twice.b[2 * H:] == g.b[2 * H:]).all()


# Keras


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def keras_forward(name, weights, x, states):
    """Return h of all steps of x (B, T, D), written from Keras' documented equations, gate by gate.

    z: update, r: reset, h: candidate of the GRU; i, f, c, o: input, forget, candidate, output.
    """
    kernel, recurrent, bias = weights
    hs, h, n = [], states[0], recurrent.shape[0]
    c = states[-1]
    block = lambda w, k: w[..., k * n:(k + 1) * n]
    back = lambda k, h: h @ block(recurrent, k)
    inner = lambda k, h: back(k, h) + block(bias[1], k)
    for t in range(x.shape[1]):
        into = lambda k, b=bias, x_t=x[:, t]: x_t @ block(kernel, k) + block(b, k)
        if name == "rnn":
            h = np.tanh(into(0) + back(0, h))
        elif name == "lstm":
            i, f, o = (sigmoid(into(k) + back(k, h)) for k in (0, 1, 3))
            c = f * c + i * np.tanh(into(2) + back(2, h))
            h = o * np.tanh(c)
        elif name == "gru":                                             # reset_after=True
            z, r = (sigmoid(into(k, bias[0]) + inner(k, h)) for k in (0, 1))
            h = z * h + (1 - z) * np.tanh(into(2, bias[0]) + r * inner(2, h))
        else:                                                           # reset_after=False
            z, r = (sigmoid(into(k) + back(k, h)) for k in (0, 1))
            h = z * h + (1 - z) * np.tanh(into(2) + back(2, r * h))
        hs.append(h)
    return np.stack(hs, axis=1)


def keras_weights(cell, rng, scale=0.6):
    G = cell.shapes(D, H).W_x[0] // H
    bias = (2, G * H) if cell is gru else (G * H,)
    return [scale * rng.normal(size=shape) for shape in ((D, G * H), (H, G * H), bias)]


@pytest.mark.parametrize("name", CELLS)
def test_keras_equations_give_what_ours_do(name):
    cell, rng = CELLS[name], np.random.default_rng(6)
    weights, x = keras_weights(cell, rng), rng.normal(size=(B, T, D))
    state = tuple(rng.uniform(-1, 1, (B, H)) for _ in cell.STATES)

    trace = bptt.forward(cell, interop.from_keras(cell, weights), x.swapaxes(0, 1).copy(), state)

    assert error(trace.hs[1:].swapaxes(0, 1), keras_forward(name, weights, x, state)) < 1e-14


@pytest.mark.parametrize("name", CELLS)
def test_our_gradients_in_keras_layout_are_those_of_its_equations(name):
    cell, rng = CELLS[name], np.random.default_rng(8)
    weights, x, dhs = keras_weights(cell, rng), rng.normal(size=(B, T, D)), rng.normal(size=(T, B, H))
    state = tuple(rng.uniform(-1, 1, (B, H)) for _ in cell.STATES)
    p, xs = interop.from_keras(cell, weights), x.swapaxes(0, 1).copy()

    ours = bptt.backward(cell, p, bptt.forward(cell, p, xs, state), dhs)

    found = interop.to_keras(cell, ours.params, gradient=True)
    for w, dw in zip(weights, found, strict=True):
        numerical = np.empty_like(w)
        for at in np.ndindex(w.shape):                                  # a complex step in each entry
            stepped = [v.astype(complex) for v in weights]
            next(s for s, v in zip(stepped, weights) if v is w)[at] += 1e-30j
            hs = keras_forward(name, stepped, x, state).swapaxes(0, 1)
            numerical[at] = (hs * dhs).sum().imag / 1e-30
        assert error(dw, numerical) < 1e-12


@pytest.mark.parametrize("name", CELLS)
def test_keras_without_a_bias_has_a_bias_of_zero(name):
    cell = CELLS[name]
    kernel, recurrent, bias = keras_weights(cell, np.random.default_rng(9))

    p = interop.from_keras(cell, [kernel, recurrent])

    assert bits(p) == bits(interop.from_keras(cell, [kernel, recurrent, 0 * abs(bias)]))


# h after 3 steps and the gradient of the bias: keras 3.15.1 on torch 2.13.0, in float64 as in test_keras.py.
RECORDED = {
    "rnn": ([0.27571153310034174, 0.8002936051194488], [0.914631999853845, -0.5705911323807009]),
    "lstm": ([-0.08999819094109086, 0.2742935478138332],
             [-0.044160264552276465, -0.15220365336564542, -0.01846120949689505, -0.03953989530654164,
              0.06650372776476585, -0.7275382563386971, -0.038122340715376984, -0.18044150072852785]),
    "gru": ([-0.5981173719598079, 0.1331214400403232],
            [[-0.02902552501876118, 0.13472328298230163, 0.025500200104230562, 0.04977370243932748,
              0.5119056428116486, -0.5747360553837739],
             [-0.02902552501876118, 0.13472328298230163, 0.025500200104230562, 0.04977370243932749,
              0.05816800377633829, -0.4295389410839262]]),
    "gru_original": ([-0.6442184044009314, 0.26789498486471197],
                     [-0.006795297637672026, 0.28303566205319763, 0.08216104723241738,
                      -0.022383422259205765, 0.47757216040441863, -0.7843693970061835]),
}


@pytest.mark.parametrize("name", CELLS)
def test_figures_recorded_from_keras(name):
    cell, G = CELLS[name], {"rnn": 1, "lstm": 4}.get(name, 3)
    shapes = [(1, 2 * G), (2, 2 * G), (2, 6) if name == "gru" else (2 * G,)]
    weights = [np.cos(1 + k + (k + 1) * np.arange(np.prod(shape), dtype=float)).reshape(shape)
               for k, shape in enumerate(shapes)]
    xs, dhs = np.array([0.5, -1.0, 0.25])[:, None], np.array([[0.0, 0.0], [0.0, 0.0], [1.0, -2.0]])
    p = interop.from_keras(cell, weights)

    trace = bptt.forward(cell, p, xs)
    found = interop.to_keras(cell, bptt.backward(cell, p, trace, dhs).params, gradient=True)

    assert error([trace.hs[-1], found[2]], RECORDED[name]) < 1e-13


# Bad input


class Tensor:
    """Stands for an array of PyTorch where it is not installed."""

    def __array__(self, dtype=None, copy=None):
        return np.zeros(3)


Tensor.__module__ = "torch"
V, E = ValueError, TypeError
P = some_params(lstm)
PT, KE, ON = interop.to_pytorch(lstm, P), interop.to_keras(lstm, P), interop.to_onnx(lstm, P)
G, G0 = some_params(gru), some_params(gru_original)
fp, fk, fo = "interop.from_pytorch: ", "interop.from_keras: ", "interop.from_onnx: "


P2 = a_stack(lstm, [2, 2])
PT2, KE2, ON2 = interop.to_pytorch(lstm, P2), interop.to_keras(lstm, P2), interop.to_onnx(lstm, P2)


def stacked(from_, weights, cell=lstm):
    return from_(cell, weights, stack=True)


def torch_(**changed):
    return interop.from_pytorch(lstm, {n: w for n, w in {**PT, **changed}.items() if w is not None})


def keras_(kernel=KE[0], recurrent=KE[1], bias=KE[2]):
    return interop.from_keras(lstm, [kernel, recurrent, bias])


def onnx_(**changed):
    return interop.from_onnx(lstm, {n: w for n, w in {**ON, **changed}.items() if w is not None})


def without(weights, name):
    return {n: w for n, w in weights.items() if n != name}


CATALOGUE = [  # (row of verification.md, call, error, parts of the message)
    (14, lambda: torch_(bias_hh_l0=PT["bias_hh_l0"].astype("e")), E,
     fp + "bias_hh_l0 must be a float32 or float64 array", "float16"),
    (15, lambda: keras_(recurrent=KE[1].astype("f")), E,
     fk + "recurrent_kernel must be float64 like the parameters; got float32"),
    (17, lambda: onnx_(R=ON["R"] * np.inf), V, fo + "R must be finite; got"),
    (18, lambda: torch_(weight_ih_l0=Tensor()), E,
     fp + "weight_ih_l0 must be a numpy.ndarray; got torch.Tensor. Use weight_ih_l0.detach().numpy()."),
    (18, lambda: keras_(kernel=Tensor()), E, fk + "kernel must be a numpy.ndarray", "detach().numpy()"),
    (19, lambda: onnx_(W=None), V, fo + "weights must be a dict of W, R, B; got none of the name W"),
    (19, lambda: keras_(bias=None), E, fk + "bias must be an array; got None"),
    (27, lambda: torch_(weight_ih_l0=PT["weight_ih_l0"].T), V,
     fp + "weight_ih_l0 must be of shape (12, 2); got shape (2, 12)",
     "Transposed? Here weights are (out, in)"),
    (27, lambda: torch_(weight_hh_l0=PT["weight_hh_l0"].T), V,
     fp + "weight_hh_l0 must be of shape (12, 3); got shape (3, 12)", "Transposed?"),
    (27, lambda: keras_(kernel=KE[0].T), V,
     fk + "kernel must be of shape (2, 12); got shape (12, 2)", "Transposed? Here weights are (in, out)"),
    (27, lambda: keras_(recurrent=KE[1].T), V,
     fk + "recurrent_kernel must be of shape (3, 12)", "Transposed?"),
    (27, lambda: onnx_(W=ON["W"].mT), V, fo + "W must be of shape (1, 12, 2)", "Transposed?"),
    (27, lambda: interop.to_keras(lstm, P._replace(W_x=P.W_x.T)), V,
     "interop.to_keras: p.W_x must be of shape (12, 2)", "use W_x.T"),
    (28, lambda: torch_(weight_hh_l0=np.ones((12, 4))), V, fp + "weight_hh_l0 must be of shape (12, 3); got"),
    (28, lambda: keras_(recurrent=np.ones((4, 12))), V,
     fk + "recurrent_kernel must be of shape (3, 12); got"),
    (29, lambda: torch_(weight_ih_l0=np.ones((10, 2))), V, fp + "weight_ih_l0 must be of shape (12, 2); got"),
    (29, lambda: onnx_(R=np.ones((1, 10, 3))), V, fo + "R must be of shape (1, 12, 3); got"),
    (30, lambda: torch_(bias_ih_l0=np.ones((12, 1))), V,
     fp + "bias_ih_l0 must be of shape (12,); got shape (12, 1)"),
    (30, lambda: keras_(bias=np.ones((1, 12))), V, fk + "bias must be of shape (12,); got shape (1, 12)"),
    (30, lambda: onnx_(B=np.ones((1, 12))), V, fo + "B must be of shape (1, 24); got shape (1, 12)"),
    (31, lambda: interop.to_keras(lstm, PT), E,
     "interop.to_keras: p must be a Params(W_x, W_h, b)", "Two biases?"),
    (31, lambda: interop.from_keras(gru, interop.to_keras(gru_original, G0)), V,
     fk + "bias must be of shape (2, 9); got shape (9,)", "gru_original's, reset_after=False"),
    (31, lambda: interop.from_keras(gru_original, interop.to_keras(gru, G)), V,
     fk + "bias must be of shape (9,); got shape (2, 9)", "gru's, reset_after=True"),
    (32, lambda: torch_(weight_hh_l0=None), V, fp + "weights must be a dict of weight_ih_l0, weight_hh_l0, ",
     "got none of the name weight_hh_l0."),
    (32, lambda: torch_(bias_hh_l0=None), V, "got none of the name bias_hh_l0."),
    (32, lambda: torch_(weight_ih_l1=P.W_x), V, "got weight_ih_l1 too. One layer, one direction at a time."),
    (32, lambda: interop.from_pytorch(lstm, {"W": 1}), V,
     fp + "weights must be a dict of weight_ih_l0", "of W."),
    (32, lambda: interop.from_pytorch(lstm, {}), V,
     fp + "weights must be a dict of weight_ih_l0", "none of the name"),
    (32, lambda: interop.from_pytorch(lstm, P), E, fp + "weights must be a dict of", "got Params."),
    (32, lambda: interop.from_keras(lstm, P), E,
     fk + "weights must be a list of arrays; got Params.", "get_weights"),
    (32, lambda: interop.from_keras(lstm, PT), E, fk + "weights must be a list of arrays; got dict."),
    (32, lambda: interop.from_keras(lstm, KE[:1]), V,
     fk + "weights must be [kernel, recurrent_kernel, bias], or the first two; got 1 arrays"),
    (32, lambda: interop.from_keras(lstm, KE + KE), V, "got 6 arrays. One layer, one direction at a time."),
    (32, lambda: onnx_(P=np.ones((1, 9))), V,
     fo + "weights must be a dict of W, R, B; got P too.", "no peepholes"),
    (32, lambda: onnx_(W=np.ones((2, 12, 2))), V,
     fo + "W must be of one direction, (1, G*H, D)", "Use W[:1]"),
    (32, lambda: onnx_(W=ON["W"][0], R=ON["R"][0]), V,
     fo + "W must be of three axes, (1, G*H, D)", "W[None]"),
    (32, lambda: interop.from_onnx(gru, without(interop.to_onnx(gru, G), "linear_before_reset")), V,
     fo + "weights must be a dict of W, R, B, linear_before_reset; got none of the name linear_before_reset. "
     "ONNX's default is 0, which is gru_original."),
    (32, lambda: interop.from_onnx(gru, interop.to_onnx(gru_original, G0)), V,
     fo + "linear_before_reset must be 1 for gru; got 0. That is gru_original."),
    (32, lambda: interop.from_onnx(gru_original, interop.to_onnx(gru, G)), V,
     "must be 0 for gru_original; got 1"),
    (33, lambda: interop.to_pytorch(gru_original, G0), V,
     "interop.to_pytorch: cell must be rnn, lstm or gru; got gru_original. PyTorch has no such layer"),
    (33, lambda: interop.from_pytorch(gru_original, {}), V,
     fp + "cell must be rnn, lstm or gru; got gru_original"),
    (33, lambda: interop.to_onnx("lstm", P), E,
     "interop.to_onnx: cell must be one of rnn, lstm, gru, gru_original; "
     "got 'lstm'"),
    (33, lambda: interop.from_keras([], KE), E,
     fk + "cell must be one of rnn, lstm, gru, gru_original; got []"),
    (8, lambda: torch_(weight_ih_l0=np.ones((12, 0))), V,
     fp + "weight_ih_l0 must be of 2 axes, (out, in), none"),
    (8, lambda: torch_(weight_hh_l0=np.ones(12)), V, fp + "weight_hh_l0 must be of 2 axes, (out, in), none"),
    (11, lambda: torch_(bias_ih_l0=np.zeros(12, int)), E,
     fp + "bias_ih_l0 must be a float32 or float64 array; got shape (12,), int64", "truncated"),
    (11, lambda: keras_(kernel=[[1] * 12] * 2), E,
     fk + "kernel must be a float32 or float64 array", "truncated"),
    # Stacks
    (32, lambda: interop.from_pytorch(lstm, PT2), V, "one direction at a time. Several? Use stack=True."),
    (32, lambda: torch_(weight_hr_l0=np.ones((2, 3))), V, "has no projection (proj_size)."),
    (32, lambda: interop.from_pytorch(lstm, {f"net.lstm.{n}": w for n, w in PT.items()}), V,
     "Take those of the layer alone: model.net.lstm.state_dict()."),
    (32, lambda: interop.from_keras(lstm, KE2[0]), V, "got 6 arrays. One layer, one", "Use stack=True."),
    (32, lambda: interop.from_onnx(lstm, ON2[0]), V, fo + "W must be of one direction", "or stack=True."),
    (32, lambda: stacked(interop.from_pytorch, without(PT2, "bias_hh_l1_reverse")), V,
     fp + "weights must be a dict of weight_ih_l0, weight_hh_l0, ..., bias_hh_l1_reverse; "
     "got none of the name bias_hh_l1_reverse."),
    (32, lambda: stacked(interop.from_pytorch, PT2 | {"weight_hr_l0": P.W_x}), V, "got weight_hr_l0 too."),
    (28, lambda: stacked(interop.from_pytorch, PT2 | {"weight_hh_l1_reverse": np.ones((12, 4))}), V,
     fp + "weight_hh_l1_reverse must be of shape (12, 3); got"),
    (4, lambda: stacked(interop.from_pytorch, PT2 | {"weight_ih_l1": np.ones((12, 3))}), V,
     fp + "p.1.0.W_x must be of shape (12, 6) (p.0 gives 6, two directions joined); got shape (12, 3)"),
    (15, lambda: stacked(interop.from_pytorch, PT2 | {"bias_ih_l1": np.ones(12, "f")}), E,
     fp + "bias_ih_l1 must be float64 like the parameters; got float32"),
    (32, lambda: stacked(interop.from_keras, P2), V, fk + "weights.0 kernel must be"),
    (32, lambda: stacked(interop.from_keras, []), E,
     fk + "weights must be a list with a list of arrays for each layer; got an empty list."),
    (32, lambda: stacked(interop.from_keras, KE), E, fk + "weights.0 must be a list of arrays; got ndarray."),
    (32, lambda: stacked(interop.from_keras, [KE2[0], KE2[1][:5]]), V,
     fk + "weights.1 must be [kernel, recurrent_kernel, bias], or the first two, once or twice; got 5"),
    (28, lambda: stacked(interop.from_keras, [KE2[0], [*KE2[1][:4], np.ones((4, 12)), KE2[1][5]]]), V,
     fk + "weights.1 reverse recurrent_kernel must be of shape (3, 12); got"),
    (30, lambda: stacked(interop.from_keras, [[*KE, *KE[:2], np.ones((1, 12))]]), V,
     fk + "weights.0 reverse bias must be of shape (12,); got shape (1, 12)"),
    (4, lambda: stacked(interop.from_keras, [KE2[0], KE]), V, fk + "p.1.W_x must be of shape (12, 6)"),
    (32, lambda: stacked(interop.from_onnx, ON2[0]), E,
     fo + "weights must be a list with a dict of W, R, B for each layer; got dict."),
    (32, lambda: stacked(interop.from_onnx, [ON2[0], ON2[1] | {"P": np.ones((2, 9))}]), V,
     fo + "weights.1 must be a dict of W, R, B; got P too.", "no peepholes"),
    (28, lambda: stacked(interop.from_onnx, [ON2[0] | {"R": ON["R"]}]), V,
     fo + "weights.0 R must be of shape (2, 12, 3); got shape (1, 12, 3)"),
    (32, lambda: stacked(interop.from_onnx, [ON | {"W": np.ones((3, 12, 2))}]), V,
     fo + "weights.0 W must be of shape (1, 12, 2); got shape (3, 12, 2)"),
    (32, lambda: stacked(interop.from_onnx, [interop.to_onnx(gru_original, G0)], gru), V,
     fo + "weights.0 linear_before_reset must be 1 for gru; got 0. That is gru_original."),
    (28, lambda: interop.to_pytorch(lstm, (P2[0], a_stack(lstm, [2, 1])[1])), V,
     "interop.to_pytorch: p must be of as many directions and units in every layer, as PyTorch's are; "
     "got 1 of 3 and 2 of 3."),
    (4, lambda: interop.to_keras(lstm, (P, P)), V,
     "interop.to_keras: p.1.W_x must be of shape (12, 3) (p.0 gives 3); got shape (12, 2), float64. "
     "Two directions of one layer? Use ((forward, reverse),)."),
    (33, lambda: interop.from_keras(lstm, KE, stack="yes"), E,
     fk + "stack must be True or False; got 'yes'."),
    (33, lambda: interop.from_pytorch(lstm, PT, stack=1), E, fp + "stack must be True or False; got 1."),
]


@pytest.mark.parametrize(("row", "call", "kind", "parts"), [(r, c, k, p) for r, c, k, *p in CATALOGUE])
def test_bad_input_gets_one_sentence(row, call, kind, parts):
    with pytest.raises(kind) as caught:
        call()

    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message and len(message) < 300 and re.match(r"interop\.\w+: ", message)
    for part in parts:
        assert part in message


def test_rubbish_never_meets_a_numpy_message():
    rubbish = [None, 3, "abc", b"x", object(), {}, [], [None] * 3, {1: 2}, np.ones(3), np.ones((2, 2, 2, 2)),
               [np.ones((0, 0))] * 3, [np.ones(())] * 3, [[[1.0, 2.0], [3.0]]] * 3, OrderedDict(W=1),
               lambda: 0, {"W": 1.0, "R": 2.0}, dict.fromkeys(interop.PYTORCH_NAMES),
               [np.ma.ones((2, 12))] * 3, [np.array([["a"]], object)] * 2,
               dict.fromkeys("WRB", np.ones((1, 1))), {"weight_ih": 1}]
    for cell in (*CELLS.values(), *rubbish):
        for p in rubbish:
            for function in (f for way in WAYS.values() for f in way):
                with pytest.raises((ValueError, TypeError), match=r"^interop\.\w+: .* must be "):
                    function(cell, p)
            for to, from_ in WAYS.values():
                for given in (p, (p,), [p], (P, p), {"weight_ih_l0": p, "weight_ih_l1": p}):
                    with pytest.raises((ValueError, TypeError), match=r"^interop\.\w+: .* must be "):
                        from_(cell, given, stack=True)
                with pytest.raises((ValueError, TypeError), match=r"^interop\.\w+: .* must be "):
                    to(cell, (p,))
