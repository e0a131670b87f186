
import numpy as np
import pytest
from all_cells import CELLS, Linear
from helpers import error, peak_of

from rnnlib import activations, analysis, bptt, dynamics, gradcheck, lstm, rnn, sequences

ALL = {**CELLS, "relu": activations.cell("relu"), "sigmoid": activations.cell("sigmoid")}
cells = pytest.mark.parametrize("cell", ALL.values(), ids=ALL.keys())
T, B, D, H = 6, 4, 2, 3
MASK = sequences.mask([6, 2, 4, 5], T)
MASK[2, 3] = False
masks = pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])


def point(cell, mask=None, seed=0, **sizes):
    """Return p, the forward pass and dhs at a designed point."""
    p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(seed), **{
        "T": T, "B": B, "D": D, "H": H, **sizes})
    return p, bptt.forward(cell, p, xs, state, mask), dhs


def by_complex_step(cell, p, trace, start, end):
    """Return d state_end / d state_start, (..., S, S), by running the steps between on moved states."""
    S = len(trace.states) * trace.hs.shape[-1]
    moved = [s[start] + 1e-30j * e.reshape(-1, *[1] * (s.ndim - 2), s.shape[-1])
             for s, e in zip(trace.states, np.split(np.eye(S), len(trace.states), axis=1))]
    mask = None if trace.mask is None else trace.mask[start:end, None]
    run = bptt.unroll(cell, p, trace.xs[start:end, None], tuple(moved), mask)
    columns = np.concatenate([s[-1] for s in run.states], axis=-1).imag / 1e-30      # (S, ..., S)
    return np.moveaxis(columns, 0, -1)


@cells
@masks
def test_each_jacobian_agrees_with_a_complex_step(cell, mask):
    p, trace, _ = point(cell, mask)

    J = analysis.jacobians(cell, p, trace)

    S = H * len(cell.STATES)
    assert J.shape == (T, B, S, S)
    for t in range(T):
        assert error(J[t], by_complex_step(cell, p, trace, t, t + 1)) < 1e-14
    if mask is not None:
        assert np.array_equal(J[~mask], np.broadcast_to(np.eye(S), J[~mask].shape))


def test_without_batch_axes_and_with_several_they_are_the_same_jacobians():
    p, trace, _ = point(lstm)
    J = analysis.jacobians(lstm, p, trace)
    many = bptt.forward(lstm, p, trace.xs.reshape(T, 2, 2, D),
                        tuple(s[0].reshape(2, 2, H) for s in trace.states))
    one = bptt.forward(lstm, p, trace.xs[:, 1], tuple(s[0, 1] for s in trace.states))

    assert error(analysis.jacobians(lstm, p, many).reshape(J.shape), J) < 1e-14
    assert error(analysis.jacobians(lstm, p, one), J[:, 1]) < 1e-14


def test_the_vanilla_jacobian_is_the_diagonal_of_slopes_times_W_h():
    p, trace, _ = point(rnn)

    J = analysis.jacobians(rnn, p, trace)

    assert error(J, (1 - trace.hs[1:] ** 2)[..., None] * p.W_h) < 1e-15


def test_the_forget_gate_is_one_block_of_the_lstms_jacobian_and_not_the_total_derivative():
    """c_{t-1} also reaches c_t by way of h_{t-1}; diag(f_t) leaves that out."""
    p, trace, _ = point(lstm)
    f, o = (lstm.split(trace.kept.gates)[i] for i in (1, 3))
    by_forget_gates = f[..., None] * np.eye(H)

    J = analysis.jacobians(lstm, p, trace)
    c_by_c, c_by_h = J[..., H:, H:], J[..., H:, :H]
    h_of_c = o * (1 - trace.kept.tanh_cs ** 2)                   # dh_t/dc_t, with the gates of step t
    total = c_by_c[1:] + c_by_h[1:] * h_of_c[:-1, :, None, :]

    assert error(c_by_c, by_forget_gates) < 1e-15
    assert error(total, by_forget_gates[1:]) > 0.1
    for t in range(1, T):                                        # move c_{t-1}, and h_{t-1} = o tanh(c_{t-1})
        c = trace.states[1][t] + 1e-30j * np.eye(H)[:, None]
        run = bptt.unroll(lstm, p, trace.xs[t:t + 1, None], (o[t - 1] * np.tanh(c), c))
        assert error(total[t - 1], np.moveaxis(run.states[1][-1].imag / 1e-30, 0, -1)) < 1e-14
    two = analysis.products(J)[T - 2][..., H:, H:]
    assert error(two, by_forget_gates[-1] @ by_forget_gates[-2]) > 0.1


def test_with_the_gates_cut_off_the_error_carousel_multiplies_by_exactly_one():
    p = lstm.Params(np.ones((4, 1)), np.zeros((4, 1)), np.array([0.0, 80.0, 0.0, 0.0]))
    trace = bptt.forward(lstm, p, np.random.default_rng(0).normal(size=(1000, 1)))

    P = analysis.products(analysis.jacobians(lstm, p, trace))

    assert P[0, 1, 1] == 1.0 and np.all(P[:, 1, 1] == 1.0)


@cells
@masks
def test_products_are_the_derivatives_between_any_two_steps(cell, mask):
    p, trace, _ = point(cell, mask)
    J = analysis.jacobians(cell, p, trace)

    for end in range(T + 1):
        P = analysis.products(J, end)
        assert P.shape == (end + 1, *J.shape[1:])
        assert np.array_equal(P[end], np.broadcast_to(np.eye(J.shape[-1]), J.shape[1:]))
        for t in range(end):
            assert error(P[t], by_complex_step(cell, p, trace, t, end)) < 1e-13
    for start in range(T + 1):
        P = analysis.products_from(J, start)
        assert len(P) == T - start + 1
        for k in range(T - start + 1):
            assert error(P[k], analysis.products(J, start + k)[start]) < 1e-14
    assert np.array_equal(analysis.products(J), analysis.products(J, T))
    assert np.array_equal(analysis.products_from(J), analysis.products_from(J, 0))


@cells
def test_the_product_of_all_jacobians_sends_a_last_gradient_to_the_start(cell):
    p, trace, dhs = point(cell)
    dlast = tuple(np.random.default_rng(i).normal(size=(B, H)) for i in range(len(cell.STATES)))

    _, dinitial = bptt.deltas(cell, p, trace, 0 * dhs, dlast=dlast)
    P = analysis.products(analysis.jacobians(cell, p, trace))

    sent = np.einsum("bi,bij->bj", np.concatenate(dlast, axis=-1), P[0])
    assert error(sent, np.concatenate(dinitial, axis=-1)) < 1e-13


def scalar(w, steps, cell=Linear):
    p = rnn.Params(np.array([[1.0]]), np.array([[w]]), np.zeros(1))
    return p, bptt.forward(cell, p, np.zeros((steps, 1)), np.array([1.0]))


@pytest.mark.parametrize("w", [0.5, 1.0, 1.1, -0.9])
def test_a_scalar_linear_unit_gives_powers_of_its_weight(w):
    steps = 9
    p, trace = scalar(w, steps)
    powers = w ** np.arange(steps + 1)

    P = analysis.products(analysis.jacobians(Linear, p, trace))
    norms = analysis.loss_state_norms(Linear, p, trace, np.ones((steps, 1)))
    at_the_end = np.eye(steps)[-1][:, None]

    assert error(P[:, 0, 0], powers[::-1]) < 1e-15
    assert error(analysis.lag_norms(Linear, p, trace, at_the_end), np.abs(powers[:-1])) < 1e-15
    assert error(analysis.lag_norms(Linear, p, trace, np.ones((steps, 1))),
                 np.abs(powers[:-1]) * np.sqrt(np.arange(steps, 0, -1))) < 1e-15
    for s in range(steps):
        for t in range(steps):
            assert np.isnan(norms[s, t]) if t > s else error(norms[s, t], abs(w) ** (s - t)) < 1e-15


MATRICES = {
    "products": lambda rng: analysis.products_from(rng.normal(size=(30, 20, 20)) / np.sqrt(20)),
    "orthogonal": lambda rng: np.stack([dynamics.orthogonal(rng, 17) for _ in range(3)]),
    "symmetric": lambda rng: (lambda a: a + a.mT)(rng.normal(size=(2, 3, 18, 18))),
    "nearly equal": lambda rng: np.diag([1, 1 - 1e-9, *np.linspace(0.9, 0.1, 22)])[None],
    "one of rank one": lambda rng: np.outer(rng.normal(size=16), rng.normal(size=16))[None],
    "very small": lambda rng: 1e-250 * rng.normal(size=(2, 19, 19)),
    "very large": lambda rng: 1e250 * rng.normal(size=(2, 19, 19)),
    "small ones": lambda rng: rng.normal(size=(5, 3, 3)),
    "float32": lambda rng: rng.normal(size=(5, 30, 30)).astype("f"),
    "a single one": lambda rng: rng.normal(size=(40, 40)),
}


@pytest.mark.parametrize("make", MATRICES.values(), ids=MATRICES.keys())
def test_the_largest_singular_value_is_that_of_all(make):
    J = make(np.random.default_rng(0))

    every = analysis.singular_values(J)
    first = analysis.singular_values(J, 1)
    few = analysis.singular_values(J, 3)

    assert every.shape == J.shape[:-1] and first.shape == (*J.shape[:-2], 1) and few.shape[-1] == 3
    assert np.array_equal(few, every[..., :3]) and first.dtype == J.dtype
    assert (np.abs(first / every[..., :1] - 1)).max() < 1e-9 + 8 * np.finfo(J.dtype).eps


def test_zero_has_the_singular_value_zero_also_among_others():
    J = np.zeros((3, 20, 20))
    J[1] = 2 * np.eye(20)

    assert analysis.singular_values(J, 1)[:, 0].tolist() == pytest.approx([0, 2, 0], rel=1e-15)


def test_singular_values_square_to_the_eigenvalues_of_the_gram_matrix():
    J = np.random.default_rng(0).normal(size=(4, 5, 5))

    assert error(analysis.singular_values(J) ** 2, np.linalg.eigvalsh(J.mT @ J)[:, ::-1]) < 1e-13


def test_norm_and_radius_of_a_matrix_that_is_easy_by_hand():
    W = np.array([[0.5, 3.0], [0.0, -0.25]])
    trace, det = (W * W).sum(), 0.125

    assert analysis.spectral_radius(W) == 0.5
    assert error(analysis.spectral_norm(W), np.sqrt((trace + np.sqrt(trace**2 - 4 * det**2)) / 2)) < 1e-15
    assert analysis.spectral_radius(np.stack([W, 2 * W])).tolist() == [0.5, 1.0]
    turn = np.array([[0.0, -3.0], [3.0, 0.0]])                    # its eigenvalues are ±3i
    assert error(analysis.spectral_radius(turn), 3.0) < 1e-15


@cells
@masks
@pytest.mark.parametrize("last", [False, True])
def test_loss_state_norms_are_what_products_of_jacobians_send_back(cell, mask, last):
    p, trace, dhs = point(cell, mask)
    J = analysis.jacobians(cell, p, trace)

    for i, state in enumerate(cell.STATES):
        norms = analysis.loss_state_norms(cell, p, trace, dhs, state)
        for s in range(T):
            P = analysis.products(J, s + 1)
            sent = np.einsum("bi,tbij->tbj", dhs[s], P[1:, :, :H])[..., i * H:(i + 1) * H]
            assert error(norms[s, :s + 1], np.sqrt((sent**2).sum(axis=(1, 2)))) < 1e-13
            assert np.isnan(norms[s, s + 1:]).all()
        by_lag = [np.sqrt((np.diagonal(norms, -k) ** 2).sum()) for k in range(T)]
        assert error(analysis.lag_norms(cell, p, trace, dhs, state), by_lag) < 1e-14


def test_a_gradient_that_is_almost_gone_still_has_its_norm():
    p, trace = scalar(1e-3, 90)

    norms = analysis.loss_state_norms(Linear, p, trace, np.eye(90)[-1][:, None])

    assert np.abs(norms[-1] / 1e-3 ** np.arange(89.0, -1, -1) - 1).max() < 1e-12      # 1e-267 at the start
    assert analysis.lag_norms(Linear, p, trace, np.eye(90)[-1][:, None])[-1] == norms[-1, 0]


def test_the_norms_never_hold_all_lags_at_once():
    p, trace, dhs = point(rnn, T=300, B=1, H=32)

    peak = peak_of(lambda: analysis.loss_state_norms(rnn, p, trace, dhs))

    assert peak < 300 * 300 * 8 + 12 * trace.zs.nbytes            # all lags would be 300 times trace.zs


@pytest.mark.parametrize(("name", "slope"), [("tanh", 1.0), ("sigmoid", 0.25), ("relu", 1.0)])
@pytest.mark.parametrize("radius", [0.5, 0.9, 2.5])
def test_the_bound_holds_for_every_product(name, slope, radius):
    cell, rng = activations.cell(name), np.random.default_rng(2)
    p = cell.init(rng, D, 12)._replace(W_h=dynamics.recurrent(rng, 12, radius, 0.3))
    trace = bptt.forward(cell, p, rng.normal(size=(40, D)))

    bound = analysis.pascanu_bound(p.W_h, 40, cell.slope)
    P = analysis.products(analysis.jacobians(cell, p, trace))

    assert error(bound.rate, slope * np.linalg.norm(p.W_h, 2)) < 1e-15
    assert error(bound.powers, bound.rate ** np.arange(41)) < 1e-15
    assert np.all(analysis.singular_values(P)[::-1, 0] <= bound.powers * (1 + 1e-12))
    assert (bound.must_vanish, bound.may_explode) == (bound.rate < 1, bound.rate > 1)


@pytest.mark.parametrize(("norm", "slope", "sentence"), [
    (0.5, 1.0, "||W_h|| = 0.5 is smaller than 1: sufficient for the gradient to vanish."),
    (1.0, 1.0, "||W_h|| = 1 is exactly 1: the gradient cannot explode, and need not vanish."),
    (1.5, 1.0, "||W_h|| = 1.5 is larger than 1: necessary for the gradient to explode, and not sufficient."),
    (3.5, 0.25, "||W_h|| = 3.5 is smaller than 4: sufficient for the gradient to vanish."),
])
def test_the_theorem_is_said_in_words(norm, slope, sentence):
    bound = analysis.pascanu_bound(norm * np.eye(2), 3, slope)

    assert bound.sentence == sentence
    assert bound.must_vanish == ("sufficient for the" in sentence)
    assert bound.may_explode == ("necessary" in sentence)


def test_rounding_does_not_decide_whether_an_orthogonal_matrix_may_explode():
    for seed in range(8):
        bound = analysis.pascanu_bound(dynamics.orthogonal(np.random.default_rng(seed), 16), 100)

        assert not bound.must_vanish and not bound.may_explode
        assert bound.powers[-1] == 1


def test_a_spectral_radius_below_one_bounds_nothing_and_a_norm_above_one_proves_nothing():
    A, _ = dynamics.balancing()
    grown = dynamics.recurrent(np.random.default_rng(0), 64, 0.9, 1.0)
    shrinking = np.array([[0.5, 1.0], [0.0, 0.5]])

    norms = analysis.singular_values(analysis.products_from(np.broadcast_to(grown, (100, 64, 64))), 1)[:, 0]

    assert analysis.spectral_radius(A) == 0.5
    assert [f"{analysis.spectral_norm(np.linalg.matrix_power(A, k)):.2g}" for k in (10, 40, 60)] == [
        "0.97", "0.51", "0.017"]
    assert error(analysis.spectral_radius(grown), 0.9) < 1e-11 and norms.max() > 3
    assert analysis.pascanu_bound(shrinking, 1).may_explode
    assert analysis.spectral_norm(np.linalg.matrix_power(shrinking, 50)) < 1e-12


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0, 1.1, 1.5])
def test_near_zero_with_a_normal_W_h_the_rate_is_the_spectral_radius(radius):
    rng = np.random.default_rng(0)
    p = rnn.init(rng, 1, 64)._replace(W_h=dynamics.recurrent(rng, 64, radius))
    trace = bptt.forward(rnn, p, np.zeros((50, 1)))

    norms = analysis.singular_values(analysis.products(analysis.jacobians(rnn, p, trace)), 1)[::-1, 0]

    assert error(norms, radius ** np.arange(51)) < 1e-9


def cosine(a, b):
    return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())


def compare(bias, gradients, full):
    """Hold a Bias against gradients computed one by one."""
    assert tuple(bias.of) == full._fields
    for name in (*full._fields, None):
        ours = bias if name is None else bias.of[name]
        G, *rows = (np.concatenate([a.ravel() for n, a in g._asdict().items() if n == (name or n)])
                    for g in (full, *gradients))
        expected = [[np.linalg.norm(g) / np.linalg.norm(G), cosine(g, G),
                     np.linalg.norm(g - G) / np.linalg.norm(G)] for g in rows]
        ratio, cos, distance = np.transpose(expected)
        assert np.abs(ours.ratio / ratio - 1).max() < 1e-12
        assert np.abs(ours.cosine - cos).max() < 1e-12
        assert np.abs(ours.error - distance).max() < 1e-12


@cells
@masks
def test_the_bias_of_every_window_every_chunk_size_and_any_pair(cell, mask):
    p, trace, dhs = point(cell, mask)
    full = bptt.backward(cell, p, trace, dhs).params
    pairs = [(1, 3), (2, 2), (2, 5), (4, 6), (6, 6)]
    lengths = range(1, T + 1)
    run = lambda **cut: bptt.backward(cell, p, trace, dhs, **cut).params

    windows = analysis.truncation_bias(cell, p, trace, dhs)
    chunks = analysis.truncation_bias(cell, p, trace, dhs, "chunks")
    some = analysis.truncation_bias(cell, p, trace, dhs, pairs)

    compare(windows, [run(window=K) for K in lengths], full)
    compare(chunks, [run(chunks=(K, K)) for K in lengths], full)
    compare(some, [run(chunks=pair) for pair in pairs], full)
    for bias in (windows, chunks, some):
        assert abs(bias.ratio[-1] - 1) < 1e-13 and bias.cosine[-1] > 1 - 1e-13 and bias.error[-1] < 1e-13
        assert bias.error[0] > 1e-4


def test_chunk_sizes_in_several_batches_are_the_same(monkeypatch):
    p, trace, dhs = point(lstm)
    whole = analysis.truncation_bias(lstm, p, trace, dhs, "chunks")

    monkeypatch.setattr(analysis, "BATCHED", 4 * trace.zs.size)
    parts = analysis.truncation_bias(lstm, p, trace, dhs, "chunks")

    assert error(whole[:3], parts[:3]) < 1e-13


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_the_bias_does_not_depend_on_the_size_of_the_loss(scale):
    p, trace, dhs = point(rnn)

    for cut in ("windows", "chunks", [(2, 3)]):
        plain = analysis.truncation_bias(rnn, p, trace, dhs, cut)
        scaled = analysis.truncation_bias(rnn, p, trace, scale * dhs, cut)
        assert error(plain[:3], scaled[:3]) < 1e-12


def test_where_a_gradient_is_zero_there_is_no_cosine():
    p, trace, dhs = point(rnn)
    nothing = analysis.truncation_bias(rnn, p, trace, 0 * dhs)
    start = bptt.forward(rnn, p, trace.xs, np.zeros((B, H)))
    first = np.zeros_like(dhs)
    first[1] = dhs[1]                          # W_h sees h_1 only from step 2 on

    late = analysis.truncation_bias(rnn, p, start, first, [(1, 1), (2, 2)])

    assert all(np.isnan(part).all() for part in nothing[:3])
    assert np.isfinite(late.of["W_h"].cosine).all()
    first[0], first[1] = dhs[0], 0
    alone = analysis.truncation_bias(rnn, p, start, first)
    assert np.isnan(alone.of["W_h"].ratio).all() and np.isfinite(alone.ratio).all()


def test_the_bias_of_chunks_need_not_shrink_as_they_grow():
    p, trace, dhs = point(lstm, T=12, B=1, D=3, H=6, seed=9)

    bias = analysis.truncation_bias(lstm, p, trace, dhs, "chunks")

    assert (np.diff(bias.error) > 0.01).any() and (np.diff(bias.cosine) < -0.01).any()


CUTS = [{"window": K} for K in range(1, T + 1)]
CUTS += [{"chunks": pair} for pair in [(1, 4), (2, 2), (2, 3), (3, 3), (4, 4), (4, 5), (5, 6), (6, 6)]]


@cells
@masks
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_truncated_gradient_is_the_exact_gradient_of_the_loss_with_frozen_states(cell, mask, cut):
    p, trace, dhs = point(cell, mask)
    frozen = analysis.frozen_loss(cell, p, trace, dhs, **cut)

    exact = gradcheck.numerical_gradient(frozen, p)

    assert error(bptt.backward(cell, p, trace, dhs, **cut).params, exact) < 1e-12
    assert error(frozen(p), (dhs * trace.hs[1:]).sum()) < 1e-13


def test_the_frozen_loss_passes_where_the_full_loss_rejects():
    p, trace, dhs = point(rnn)
    full = analysis.frozen_loss(rnn, p, trace, dhs)
    truncated = bptt.backward(rnn, p, trace, dhs, window=2).params

    assert gradcheck.check(analysis.frozen_loss(rnn, p, trace, dhs, window=2), p, truncated).ok
    assert not gradcheck.check(full, p, truncated).ok
    assert gradcheck.check(full, p, bptt.backward(rnn, p, trace, dhs).params).ok


def test_the_truncated_gradient_of_influence_balancing_points_the_wrong_way():
    """The same numbers by our own backward pass: a linear cell whose input weights are θ v."""
    n, (A, v) = 120, dynamics.balancing()
    p = rnn.Params(v[:, None], A, np.zeros(23))
    trace = bptt.forward(Linear, p, np.ones((n, 1)))
    to_theta = lambda **cut: bptt.backward(Linear, p, trace, dhs, **cut).params.W_x[:, 0] @ v
    seen = dynamics.influence(n)

    dhs = np.zeros((n, 23))
    dhs[-1, 0] = 1.0
    at_end = [to_theta(window=K) for K in range(1, n + 1)]
    dhs[:, 0] = 1.0
    every = [to_theta(chunks=(K, K)) / n for K in (30, 40, 60, 120)]

    assert error(at_end, seen.at_end) < 1e-12
    assert error(every, seen.at_every_step[[29, 39, 59, 119]]) < 1e-12


@cells
def test_nothing_given_is_changed_and_a_second_call_is_identical(cell):
    p, trace, dhs = point(cell, MASK)
    given = (*p, trace.xs, *trace.states, *trace.kept, dhs)
    before = [a.tobytes() for a in given]

    runs = []
    for _ in range(2):
        J = analysis.jacobians(cell, p, trace)
        found = [J, analysis.products(J), analysis.products_from(J), analysis.singular_values(J, 1),
                 analysis.loss_state_norms(cell, p, trace, dhs), analysis.lag_norms(cell, p, trace, dhs),
                 *analysis.truncation_bias(cell, p, trace, dhs)[:3],
                 *analysis.truncation_bias(cell, p, trace, dhs, "chunks")[:3],
                 analysis.frozen_loss(cell, p, trace, dhs, window=2)(p)]
        runs.append([np.asarray(a).tobytes() for a in found])
        assert not any(np.shares_memory(a, b) for a in found if a.ndim for b in given)

    assert runs[0] == runs[1] and [a.tobytes() for a in given] == before


def test_float32_in_means_float32_out():
    p, trace, dhs = point(lstm)
    p, dhs = p._make(w.astype("f") for w in p), dhs.astype("f")
    trace = bptt.forward(lstm, p, trace.xs.astype("f"), tuple(s[0].astype("f") for s in trace.states))

    J = analysis.jacobians(lstm, p, trace)
    found = (J, analysis.products(J), analysis.products_from(J), analysis.singular_values(J),
             analysis.loss_state_norms(lstm, p, trace, dhs), analysis.lag_norms(lstm, p, trace, dhs))

    assert {a.dtype.name for a in found} == {"float32"}
    assert np.isfinite(analysis.truncation_bias(lstm, p, trace, dhs).cosine).all()


P, TRACE, DHS = point(rnn)
RNN = rnn, P, TRACE
W = np.eye(3)
BAD = {
    "trace of another cell": (lambda: analysis.jacobians(lstm, P, TRACE), TypeError,
        "analysis.jacobians: p must be a Params(W_x, W_h, b); got Params with ['W_x', 'W_h', 'b']. "
        "That is a Params of rnnlib.cells.rnn, not of rnnlib.cells.lstm."),
    "no trace": (lambda: analysis.jacobians(rnn, P, TRACE.hs), TypeError,
        "analysis.jacobians: trace must be a Trace from bptt.forward; got shape (7, 4, 3), float64."),
    "no steps": (lambda: analysis.products(W), ValueError,
        "analysis.products: J must be (T, ..., S, S) with T, S >= 1; got shape (3, 3), float64."),
    "not square": (lambda: analysis.products_from(np.ones((5, 3, 2))), ValueError,
        "analysis.products_from: J must be (T, ..., S, S) with T, S >= 1; got shape (5, 3, 2), float64."),
    "end beyond T": (lambda: analysis.products(np.ones((5, 2, 2)), 6), ValueError,
        "analysis.products: end must be an int in [0, T=5]; got 6."),
    "start in halves": (lambda: analysis.products_from(np.ones((5, 2, 2)), 1.5), TypeError,
        "analysis.products_from: start must be an int in [0, T=5]; got 1.5."),
    "no singular value": (lambda: analysis.singular_values(W, 0), ValueError,
        "analysis.singular_values: k must be an int in [1, S=3]; got 0."),
    "a vector": (lambda: analysis.spectral_radius(np.ones(3)), ValueError,
        "analysis.spectral_radius: W must be square, (..., S, S) with S >= 1; got shape (3,), float64."),
    "not a number": (lambda: analysis.spectral_norm(np.full((2, 2), np.nan)), ValueError,
        "analysis.spectral_norm: W must be finite; got nan at [0, 0] (4 of 4 entries are not finite)."),
    "text": (lambda: analysis.spectral_norm("W"), TypeError,
        "analysis.spectral_norm: W must be a numpy.ndarray; got 'W'."),
    "complex": (lambda: analysis.spectral_norm(1j * W), TypeError,
        "analysis.spectral_norm: W must be real; got shape (3, 3), complex128. Complex steps belong in "
        "gradcheck."),
    "a stack for the bound": (lambda: analysis.pascanu_bound(W[None], 5), ValueError,
        "analysis.pascanu_bound: W_h must be one matrix (H, H); got shape (1, 3, 3), float64."),
    "no slope": (lambda: analysis.pascanu_bound(W, 5, 0), ValueError,
        "analysis.pascanu_bound: slope must be a finite number > 0; got 0."),
    "steps below zero": (lambda: analysis.pascanu_bound(W, -1), ValueError,
        "analysis.pascanu_bound: steps must be an int in [0, 1000000]; got -1."),
    "dhs of another pass": (lambda: analysis.lag_norms(*RNN, DHS[1:]), ValueError,
        "analysis.lag_norms: dhs must be of shape (6, 4, 3) (the trace has T=6); got shape (5, 4, 3), "
        "float64. Is the trace from another forward pass?"),
    "no such state": (lambda: analysis.loss_state_norms(*RNN, DHS, "c"), ValueError,
        "analysis.loss_state_norms: state must be one of h; got 'c'."),
    "unknown cut": (lambda: analysis.truncation_bias(*RNN, DHS, "window"), ValueError,
        "analysis.truncation_bias: cut must be 'windows', 'chunks' or a list of (k1, k2); got 'window'."),
    "a length for the cut": (lambda: analysis.truncation_bias(*RNN, DHS, 3), TypeError,
        "analysis.truncation_bias: cut must be 'windows', 'chunks' or a list of (k1, k2); got 3."),
    "no pairs": (lambda: analysis.truncation_bias(*RNN, DHS, []), ValueError,
        "analysis.truncation_bias: cut must be 'windows', 'chunks' or a list of (k1, k2); got []."),
    "k1 above k2": (lambda: analysis.truncation_bias(*RNN, DHS, [(3, 2)]), ValueError,
        "analysis.truncation_bias: k1 must be an int in [1, k2=2]; got 3."),
    "window too long": (lambda: analysis.frozen_loss(*RNN, DHS, window=7), ValueError,
        "analysis.frozen_loss: window must be an int in [1, T=6]; got 7."),
    "window and chunks": (lambda: analysis.frozen_loss(*RNN, DHS, window=2, chunks=(2, 2)), ValueError,
        "analysis.frozen_loss: window must be None where chunks is given; got 2."),
    "chunks as a number": (lambda: analysis.frozen_loss(*RNN, DHS, chunks=2), TypeError,
        "analysis.frozen_loss: chunks must be a pair (k1, k2); got 2."),
}


@pytest.mark.parametrize(("call", "kind", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_its_sentence(call, kind, sentence):
    with pytest.raises(kind) as caught:
        call()

    assert str(caught.value) == sentence
