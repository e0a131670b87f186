"""Bad input: every applicable row of the catalogue, and a grid of rubbish for every public function."""

import re

import numpy as np
import pytest

from rnnlib import bptt, checks, gradcheck, losses, lstm, readout, rnn
from rnnlib.gradcheck import check

rng = np.random.default_rng(0)
P, XS, (H0,), DHS = gradcheck.designed_point(rnn, rng)               # T=5, B=4, D=2, H=3
TRACE = bptt.forward(rnn, P, XS, H0)
LP, LXS, LSTATE, LDHS = gradcheck.designed_point(lstm, rng, D=2, H=3)
Q = readout.init(rng, H=3, K=6)
LOGITS, IDS = rng.normal(size=(5, 4, 6)), rng.integers(6, size=(5, 4))
SOFT = rng.dirichlet(np.ones(6), (5, 4))
X, SQUARE = np.array([1.0, 2.0]), lambda x: (x * x).sum()


def forward(p=P, xs=XS, h0=None):
    return bptt.forward(rnn, p, xs, h0)


def lstm_forward(p=LP, state=None):
    return bptt.forward(lstm, p, LXS, state)


def deltas(dhs=DHS, p=P, trace=TRACE, **options):
    return bptt.deltas(rnn, p, trace, dhs, **options)


def loss(targets=IDS, logits=LOGITS, mask=None):
    return losses.softmax_cross_entropy(logits, targets, mask)


def put(array, at, value):
    array = array.copy()
    array[at] = value
    return array


def in_place(x):
    x *= 2
    return (x * x).sum()


class Tensor:
    """Stands for an array of another library."""

    shape = (5, 4, 2)

    def __array__(self, dtype=None, copy=None):
        return XS


Tensor.__module__ = "torch"
calls = iter(range(1000))
aliased = np.zeros(2)


def accumulating(x):
    aliased[:] += 2 * x
    return aliased


V, E = ValueError, TypeError
F, D, S = "bptt.forward: ", "bptt.deltas: ", "losses.softmax_cross_entropy: "
C = "gradcheck.check: "
CATALOGUE = [  # (row of the catalogue, call, error, parts of the message)
    (1, lambda: forward(xs=XS[0, 0]), V,
     F + "xs must be (T, ..., D) with D=2; got shape (2,)", "xs[None]"),
    (3, lambda: forward(h0=H0[:3]), V,
     F + "h0 must be of shape (4, 3) (xs is (5, 4, 2)); got shape (3, 3)"),
    (4, lambda: forward(xs=np.ones((5, 4, 7))), V,
     F + "xs must be (T, ..., 2) (W_x is (3, 2)); got",
     "(5, 4, 7)"),
    (5, lambda: forward(xs=XS.swapaxes(0, 1), h0=H0), V,
     "h0 must be of shape (5, 3)", "got shape (4, 3)",
     "batch-first", "xs.swapaxes(0, 1)"),
    (6, lambda: forward(xs=XS[:0]), V, F + "xs must be at least one step", "got T=0 steps"),
    (7, lambda: forward(xs=XS[:, :0]), V, F + "xs must be", "got an empty batch, shape (5, 0, 2)"),
    (8, lambda: rnn.init(rng, 2, 0), V, "rnn.init: H must be an int in [1, ", "got 0"),
    (8, lambda: rnn.init(rng, 0, 2), V, "rnn.init: D must be", "got 0"),
    (8, lambda: readout.init(rng, 3, 2.5), E, "readout.init: K must be an int", "got 2.5"),
    (8, lambda: forward(rnn.Params(np.ones((0, 2)), np.ones((0, 0)), np.ones(0))), V,
     F + "p must be",
     "H >= 1", "got D=2, H=0"),
    (9, lambda: forward(xs=[[1, 2, 3], [1, 2]]), V,
     F + "xs must be a rectangular array; got row 1 of "
     "length 2, row 0 of length 3"),
    (11, lambda: forward(P._replace(W_h=np.ones((3, 3), int))), E,
     F + "p.W_h must be a float32 or float64 "
     "array; got shape (3, 3), int64", "truncated"),
    (12, lambda: forward(xs=np.full((5, 2), "abc")), E,
     F + "xs must be numeric; got dtype <U3", "'abc'"),
    (12, lambda: forward(xs=np.full((5, 2), None)), E,
     "xs must be numeric; got dtype object", "None"),
    (13, lambda: forward(xs=XS + 0j), E,
     F + "xs must be real; got shape (5, 4, 2), complex128", "gradcheck"),
    (13, lambda: forward(P._replace(b=P.b + 0j)), E,
     F + "p.b must be real; got shape (3,), complex128"),
    (14, lambda: forward(xs=XS.astype("e")), E,
     F + "xs must be float32 or float64; got float16", "astype"),
    (14, lambda: forward(P._replace(b=P.b.astype("e"))), E,
     "p.b must be a float32 or float64", "float16"),
    (15, lambda: forward(xs=XS.astype("f")), E,
     F + "xs must be float64 like the parameters; got float32",
     "xs.astype(np.float64)"),
    (15, lambda: forward(P._replace(W_h=P.W_h.astype("f"))), E,
     "p.W_h must be float64", "got float32"),
    (16, lambda: forward(xs=put(XS, (3, 0, 1), np.nan)), V,
     F + "xs must be finite; got nan at [3, 0, 1] "
     "(1 of 40 entries"),
    (17, lambda: forward(xs=put(XS, (0, 2, 0), -np.inf)), V,
     "xs must be finite; got -inf at [0, 2, 0]"),
    (17, lambda: forward(P._replace(W_h=put(P.W_h, (2, 1), np.inf))), V,
     F + "p.W_h must be finite; got inf "
     "at [2, 1] (1 of 9"),
    (18, lambda: forward(xs=Tensor()), E, F + "xs must be a numpy.ndarray; got torch.Tensor",
     "xs.detach().numpy()"),
    (18, lambda: forward(xs=np.ma.array(XS)), E,
     "xs must be a numpy.ndarray", "MaskedArray", "filled"),
    (19, lambda: forward(xs=None), E, F + "xs must be an array; got None"),
    (20, lambda: forward(h0=np.ones((4, 6))), V,
     F + "h0 must be of shape (4, 3)", "got shape (4, 6)"),
    (21, lambda: forward(h0=np.ones((7, 3))), V,
     F + "h0 must be of shape (4, 3)", "got shape (7, 3)"),
    (22, lambda: forward(h0=np.ones(3)), V, F + "h0 must be of shape (4, 3)", "got shape (3,)",
     "np.broadcast_to(h0, (4, 3))"),
    (23, lambda: lstm_forward(state=LSTATE[0]), E, F + "state must be (h0, c0); got 1 array."),
    (24, lambda: lstm_forward(state=LSTATE * 2), E, F + "state must be (h0, c0); got 4 arrays"),
    (25, lambda: lstm_forward(state=(LSTATE[0], np.ones((4, 9)))), V,
     F + "c0 must be of shape (4, 3)", "(4, 9)"),
    (27, lambda: forward(P._replace(W_x=P.W_x.T.copy())), V,
     F + "p.W_x must be of shape (3, 2) (W_h is "
     "(3, 3)); got shape (2, 3)", "W_x.T"),
    (27, lambda: lstm_forward(LP._replace(W_x=LP.W_x.T.copy())), V,
     "p.W_x must be of shape (12, 2)", "(2, 12)", "W_x.T"),
    (27, lambda: lstm_forward(LP._replace(W_h=LP.W_h.T.copy())), V,
     "p.W_h must be of shape (12, 3)", "(3, 12)", "W_h.T"),
    (28, lambda: forward(P._replace(W_h=np.ones((3, 4)))), V,
     F + "p.W_h must be of shape (3, 3) (W_x is "
     "(3, 2)); got shape (3, 4)"),
    (28, lambda: lstm_forward(LP._replace(W_h=np.ones((12, 4)))), V,
     "p.W_h must be of shape (12, 3)", "(12, 4)"),
    (29, lambda: lstm_forward(LP._replace(W_x=np.ones((10, 2)))), V,
     "p.W_x must be of shape (12, 2)", "(10, 2)",
     "10 is not a multiple of 4 gates"),
    (29, lambda: lstm_forward(LP._replace(b=np.ones(10))), V,
     "p.b must be of shape (12,)", "(10,)", "4 gates"),
    (30, lambda: forward(P._replace(b=np.ones((3, 1)))), V, F + "p.b must be of shape (3,)",
     "got shape (3, 1)", "broadcast"),
    (30, lambda: forward(P._replace(b=np.ones((1, 3)))), V,
     "p.b must be of shape (3,)", "got shape (1, 3)"),
    (31, lambda: forward({"W_ih": 1, "W_hh": 2, "b_ih": 3, "b_hh": 4}), E,
     "p must be a Params(W_x, W_h, b)",
     "got dict with ['W_ih', 'W_hh', 'b_ih', 'b_hh']", "Add them"),
    (32, lambda: forward({"U": 1, "W": 2, "b": 3}), E,
     F + "p must be a Params(W_x, W_h, b); got dict with "
     "['U', 'W', 'b']"),
    (32, lambda: forward(Q), E,
     F + "p must be a Params(W_x, W_h, b); got Params with ['W_y', 'b_y']"),
    (33, lambda: bptt.forward("tanh", P, XS), E,
     F + "cell must be", "got 'tanh' without Params, shapes"),
    (34, lambda: deltas(DHS[..., 0]), V,
     D + "dhs must be of shape (5, 4, 3) (the trace has T=5); got shape "
     "(5, 4)"),
    (34, lambda: deltas(None), E, D + "dhs must be an array; got None"),
    (34, lambda: deltas(DHS.astype("f")), E, D + "dhs must be float64", "got float32"),
    (34, lambda: deltas(dlast=np.ones(3)), V,
     D + "dlast must be of shape (4, 3) (like the initial state)"),
    (34, lambda: deltas(dlast=(H0, H0)), E, D + "dlast must be 1 array (h); got 2"),
    (34, lambda: readout.backward(Q, XS @ np.ones((2, 3)), np.ones((5, 4, 2))), V,
     "readout.backward: dos "
     "must be of shape (5, 4, 6)", "got shape (5, 4, 2)"),
    (34, lambda: bptt.gradient(rnn, P, TRACE, DHS[0], (H0,)), V,
     "bptt.gradient: delta must be of shape "
     "(5, 4, 3) (as trace.zs); got shape (4, 3)"),
    (35, lambda: deltas(trace=forward(xs=XS[:3])), V,
     D + "dhs must be of shape (3, 4, 3) (the trace has T=3)",
     "another forward pass"),
    (35, lambda: deltas(p=rnn.init(rng, 7, 3)), V,
     D + "p must be the parameters of the forward pass",
     "xs (5, 4, 2)", "W_x (3, 7)"),
    (35, lambda: deltas(trace=lstm_forward()), V,
     D + "trace must be from a forward pass of this cell", "(5, 4, 12)"),
    (35, lambda: deltas(trace=TRACE.hs), E,
     D + "trace must be a Trace from bptt.forward; got shape (6, 4, 3)"),
    (36, lambda: put_into(TRACE.hs), V, "read-only"),
    (38, lambda: loss(IDS * 1.0), E,
     S + "targets must be integer class ids (5, 4); got shape (5, 4), float64",
     "one more axis"),
    (38, lambda: loss(None), E, S + "targets must be an array; got None"),
    (39, lambda: loss(put(IDS, (1, 0), 7)), V, S + "targets must be in [0, 6); got 7 at [1, 0]"),
    (39, lambda: loss(put(IDS, (4, 3), -1)), V, S + "targets must be in [0, 6); got -1 at [4, 3]"),
    (39, lambda: losses.one_hot([0, 9], 6), V,
     "losses.one_hot: ids must be in [0, 6); got 9 at [1]"),
    (40, lambda: loss(losses.one_hot(IDS, 6).astype(int)), V,
     S + "targets must be of shape (5, 4) (class ids)",
     "got shape (5, 4, 6)", "targets.argmax(-1)"),
    (40, lambda: loss(SOFT[:, :, :5]), V,
     S + "targets must be of shape (5, 4, 6) (soft labels, as logits)"),
    (40, lambda: loss(put(SOFT, (2, 1), 0.0)), V,
     S + "targets must be rows of probabilities that sum to 1; "
     "got a row that sums to 0 at [2, 1]", "Mask it"),
    (40, lambda: loss(put(SOFT, (2, 1), [2, -1, 0, 0, 0, 0])), V,
     S + "targets must be rows of prob",
     "got a row with a negative entry at [2, 1]"),
    (41, lambda: loss(mask=np.zeros((5, 4), bool)), V,
     S + "mask must be True somewhere", "selects no element"),
    (43, lambda: loss(mask=np.ones((5, 4))), E,
     S + "mask must be a bool array (5, 4); got shape (5, 4), float64"),
    (43, lambda: loss(mask=np.ones(5, bool)), V,
     S + "mask must be of shape (5, 4); got shape (5,), bool"),
    (43, lambda: losses.last_step(0), V, "losses.last_step: T must be an int in [1, ", "got 0"),
    (44, lambda: deltas(chunks=(1, 0)), V, D + "k2 must be an int in [1, T=5]; got 0"),
    (44, lambda: deltas(chunks=(3, 2)), V, D + "k1 must be an int in [1, k2=2]; got 3"),
    (44, lambda: deltas(chunks=3), E, D + "chunks must be a pair (k1, k2); got 3"),
    (44, lambda: deltas(window=6), V, D + "window must be an int in [1, T=5]; got 6"),
    (44, lambda: deltas(window=2.0), E, D + "window must be an int in [1, T=5]; got 2.0"),
    (44, lambda: deltas(window=True), E, D + "window must be an int", "got True"),
    (44, lambda: deltas(window=2, chunks=(1, 2)), V,
     D + "window must be None where chunks is given; got 2"),
    (44, lambda: bptt.lagged_deltas(rnn, P, TRACE, DHS, 0), V,
     "lags_wanted must be an int in [1, T=5]; got 0"),
    (45, lambda: check(SQUARE, X, 2 * X, method="central", eps=1e-12), V,
     C + "eps must be in [1e-8, 1e-3]; "
     "got 1e-12, expected round-off error about 1e-03", "1e-5"),
    (45, lambda: check(SQUARE, X, 2 * X, method="central", eps=0.1), V,
     "eps must be in [1e-8, 1e-3]; got 0.1, "
     "expected truncation error about 1e-02"),
    (45, lambda: check(SQUARE, X, 2 * X, eps=-1), V, C + "eps must be a number > 0; got -1"),
    (45, lambda: check(SQUARE, X, 2 * X, eps="small"), E,
     C + "eps must be a number > 0; got 'small'"),
    (45, lambda: check(SQUARE, X, 2 * X, method="complex", eps=0.1), V,
     "eps must be in [1e-100, 1e-8]; got 0.1"),
    (45, lambda: check(SQUARE, X.astype("f"), X), E, C + "inputs x must be float64; got float32",
     "every right gradient would look wrong"),
    (45, lambda: check(SQUARE, X, 2 * X, method="fast"), V,
     C + "method must be one of", "got 'fast'"),
    (46, lambda: check(lambda x: x * x, X, 2 * X), E,
     C + "f must be a function that returns a scalar; got "
     "shape (2,), float64"),
    (46, lambda: check(lambda x: None, X, 2 * X), E, C + "f must be", "scalar; got None"),
    (46, lambda: check(lambda x: float("nan"), X, 2 * X), V,
     C + "f must be finite at inputs; got nan"),
    (46, lambda: check(lambda x: SQUARE(x) + next(calls), X, 2 * X), V,
     C + "f must be deterministic; got",
     "Seed inside f?"),
    (46, lambda: check(in_place, X.copy(), 2 * X), V,
     C + "f must be without side effects; got x changed in place"),
    (46, lambda: check(SQUARE, X.copy(), lambda x: in_place(x) * X), V,
     C + "gradient must be the same at "
     "every call", "changed in place"),
    (46, lambda: check(SQUARE, X.copy(), lambda x: 0 * X * in_place(x)), V,
     C + "gradient must be without side "
     "effects; got x changed in place"),
    (46, lambda: check(SQUARE, X, accumulating), V,
     C + "gradient must be the same at every call; got another dx "
     "at the second call", "not reset"),
    (46, lambda: check(SQUARE, X, 2 * X, stacked=True), E,
     C + "f must be a function that returns 1 losses "
     "(stacked=True)"),
    (46, lambda: check("f", X, 2 * X), E, C + "f must be a function of inputs; got 'f'"),
    (47, lambda: check(SQUARE, X, None), E,
     C + "gradient must be one array for each of ['x']; got None"),
    (47, lambda: check(lambda i: SQUARE(i["W"]), {"W": X}, {"V": X}), V,
     C + "gradient must be one array for each of ['W']; "
     "got ['V']"),
    (47, lambda: check(lambda i: SQUARE(i["W"]), {"W": np.ones((2, 3))}, {"W": np.ones((3, 2))}), V,
     C + "dW must be of shape (2, 3); got shape (3, 2)", "transpose"),
    (47, lambda: check(lambda i: SQUARE(i["b"]), {"b": X}, {"b": np.ones((4, 2))}), V,
     "db must be of shape (2,); "
     "got shape (4, 2)", "sum over the batch"),
    (47, lambda: check(SQUARE, X, 2 * X.astype("f")), E, C + "dx must be float64; got float32"),
    (47, lambda: check(SQUARE, X, [None]), V, C + "gradient must be one array for each"),
    (47, lambda: check(lambda i: SQUARE(i["W"]), {"W": X}, {"W": None}), E,
     C + "dW must be an array (2,); got None"),
    (47, lambda: check(SQUARE, X, np.array([1, np.nan])), V,
     C + "dx must be finite; got nan at [1]"),
    (47, lambda: check(SQUARE, {}, {}), V, C + "inputs must be at least one array; got {}"),
    (47, lambda: gradcheck.check_cell(rnn, P, XS, H0, DHS, lambda *a: None), E,
     "gradcheck.check_cell: backward "
     "must be a function that returns a bptt.Gradient; got None"),
    (47, lambda: gradcheck.check_cell(rnn, P, XS, H0, DHS[0]), V,
     "gradcheck.check_cell: dhs must be of shape "
     "(5, 4, 3)", "got shape (4, 3)"),
    (47, lambda: check(SQUARE, X, 2 * X)["W"], V, "Report: name must be one of ['dx']; got 'W'"),
    (48, lambda: rnn.init("abc", 2, 3), E,
     "rnn.init: rng must be a numpy.random.Generator; got 'abc'",
     "np.random.default_rng(0)"),
    (48, lambda: check(SQUARE, X, 2 * X, rng=3), E,
     C + "rng must be a numpy.random.Generator; got 3"),
    (48, lambda: gradcheck.designed_point(rnn, 3), E,
     "gradcheck.designed_point: rng must be", "got 3"),
    ("readout", lambda: readout.forward(None, H0), E,
     "readout.forward: q must be a Params(W_y, b_y); got None"),
    ("readout", lambda: readout.forward(P, H0), E,
     "readout.forward: q must be a Params(W_y, b_y); got Params with"),
    ("readout", lambda: readout.forward(Q, XS), V,
     "readout.forward: hs must be (..., 3) (W_y is (6, 3)); got "
     "shape (5, 4, 2)"),
    ("readout", lambda: readout.forward(Q._replace(b_y=np.ones(5)), H0), V,
     "q.b_y must be of shape (6,)", "(5,)"),
    ("logits", lambda: loss(logits=None), E, S + "logits must be an array; got None"),
    ("logits", lambda: losses.softmax(None), E, "log_softmax: logits must be an array; got None"),
    ("logits", lambda: losses.log_softmax(3.0), V, "logits must be (..., K)", "got shape ()"),
    ("squares", lambda: losses.squared_error(XS, XS[0]), V,
     "losses.squared_error: targets must be of shape "
     "(5, 4, 2) (as outputs); got shape (4, 2)"),
]


def put_into(array):
    array[0] = 1


@pytest.mark.parametrize(("row", "call", "error", "parts"), [(r, c, e, p) for r, c, e, *p in CATALOGUE],
                         ids=[f"{n}-row-{r}" for n, (r, *_) in enumerate(CATALOGUE)])
def test_bad_input_is_refused_with_name_expected_and_got(row, call, error, parts):
    with pytest.raises(error) as caught:
        call()

    assert caught.type is error
    for part in parts:
        assert part in str(caught.value)


def test_what_can_be_understood_is_accepted():
    assert forward(xs=XS[:, 0]).hs.shape == (6, 3)                   # row 2: one sequence, no batch
    assert forward(xs=[[1, 2], [3, 4]]).hs.dtype == float            # row 10
    assert forward(xs=np.ones((5, 2), bool)).hs.dtype == float       # row 11
    assert forward(xs=XS, h0=H0.tolist()).hs.shape == (6, 4, 3)


RUBBISH = [None, 3, -1, 2.5, "abc", b"x", [], {}, (), [[1, 2], [3]], object(), np.float64(1), Tensor(), np,
           np.array("abc"), np.array(None), np.zeros(0), np.array(1.0), np.ones(7), np.ones((7, 1)),
           np.ones((5, 4, 3, 2)), np.ones((5, 4), int), np.ones((5, 4), bool), np.full((5, 4, 3), np.nan),
           XS.astype("f"), XS.astype("e"), XS + 0j, np.ma.array(XS), P, Q, TRACE, rnn.shapes(2, 3),
           rnn.Params(None, None, None), P._replace(W_h=None), P._replace(W_x=np.ones(3)),
           Q._replace(W_y=np.ones(3)),
           readout.Params(None, "b")]
DOORS = {
    rnn.init: (rng, 2, 3),
    readout.init: (rng, 3, 6),
    readout.forward: (Q, TRACE.hs),
    readout.backward: (Q, TRACE.hs[1:], LOGITS),
    bptt.forward: (rnn, P, XS, H0),
    bptt.deltas: (rnn, P, TRACE, DHS),
    bptt.backward: (rnn, P, TRACE, DHS),
    bptt.lags: (rnn, P, TRACE, DHS, H0),
    bptt.lagged_deltas: (rnn, P, TRACE, DHS, 2),
    bptt.by_loss: (np.ones((2, 5)),),
    bptt.gradient: (rnn, P, TRACE, DHS, (H0,)),
    losses.log_softmax: (LOGITS,),
    losses.softmax: (LOGITS,),
    losses.cross_entropy: (LOGITS, IDS),
    losses.softmax_cross_entropy: (LOGITS, SOFT, np.ones((5, 4), bool)),
    losses.squared_error: (LOGITS, SOFT),
    losses.last_step: (5, 4),
    losses.one_hot: (IDS, 6),
    gradcheck.check: (lambda x: 1.0, X, 2 * X),
    gradcheck.check_cell: (rnn, P, XS, H0, DHS),
    gradcheck.designed_point: (rnn, rng, 2, 3),
    gradcheck.blind_spots: (P, TRACE, DHS),
    gradcheck.taylor_rate: (lambda x: 1.0, X, 2 * X, rng),
    gradcheck.dot_product_test: (lambda x: np.ones(2), X, lambda x, u: 2 * X * u, rng),
    gradcheck.numerical_gradient: (lambda x: 1.0, X),
}
OPTIONS = {
    bptt.deltas: ("window", "chunks", "dlast"),
    losses.squared_error: ("mask",),
    gradcheck.check: ("method", "eps", "rng"),
    gradcheck.numerical_gradient: ("method", "eps"),
    gradcheck.taylor_rate: ("steps",),
    gradcheck.dot_product_test: ("eps",),
}
OURS = re.compile(r"^[\w. ]+: [\w. ]+ must be .+; got .+\.", re.DOTALL)


@pytest.mark.parametrize("door", DOORS, ids=lambda f: f.__module__ + "." + f.__name__)
def test_rubbish_in_any_argument_ends_in_a_sentence_of_ours(door):
    good, bad = DOORS[door], []
    attempts = [(i, junk, (*good[:i], junk, *good[i + 1:]), {}) for i in range(len(good)) for junk in RUBBISH]
    attempts += [(name, junk, good, {name: junk}) for name in OPTIONS.get(door, ()) for junk in RUBBISH]

    for name, junk, arguments, options in attempts:
        try:
            door(*arguments, **options)
        except Exception as error:
            if type(error) not in (ValueError, TypeError) or not OURS.match(str(error)):
                bad.append(f"argument {name}, {checks.short(junk)}: {type(error).__name__}: {error}")

    assert not bad, f"{len(bad)}:\n" + "\n".join(bad[:9])
