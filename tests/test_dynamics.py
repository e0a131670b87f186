import numpy as np
import pytest
from helpers import error

from rnnlib import activations, analysis, bptt, dynamics, lstm


def test_a_latched_bit_has_no_gradient():
    """Bengio, Simard & Frasconi 1994: w = 1.25, 20 steps in an attractor."""
    points = dynamics.fixed_points(1.25)

    assert [f"{h:.5f}" for h in points.hs] == ["-0.71041", "0.00000", "0.71041"]
    assert error(np.tanh(1.25 * points.hs), points.hs) < 1e-15
    assert [f"{slope:.4f}" for slope in points.slopes] == ["0.6191", "1.2500", "0.6191"]
    assert f"{points.slopes[-1] ** 20:.1e}" == "6.9e-05"
    start = points.xs[-1] + 1e-30j
    assert error(dynamics.iterate(1.25, 0.0, points.xs[-1], 20)[-1], points.xs[-1]) < 1e-15
    x = start
    for _ in range(20):
        x = 1.25 * np.tanh(x)
    assert error(x.imag / 1e-30, points.slopes[-1] ** 20) < 1e-13


def test_two_folds_bound_the_three_fixed_points():
    """Pascanu, Mikolov & Bengio 2013: x <- 5 σ(x) + b."""
    low, high = dynamics.folds(5, "sigmoid")

    assert (f"{low:.5f}", f"{high:.5f}") == ("-2.65561", "-2.34439")
    h = (1 + np.array([1, -1]) * np.sqrt(1 - 4 / 5)) / 2          # 5 h (1 - h) = 1
    assert error([low, high], np.log(h / (1 - h)) - 5 * h) < 1e-15
    count = [len(dynamics.fixed_points(5, b, "sigmoid").xs)
             for b in (low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6)]
    assert count == [1, 3, 3, 1]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("w", [-3.0, 0.0, 0.7, 1.5, 4.5, 9.0])
@pytest.mark.parametrize("b", [-4.0, -0.3, 0.0, 0.2, 2.0])
def test_fixed_points_are_all_that_stay_where_they_are(activation, w, b):
    function, derivative, _ = activations.functions(activation)
    grid = np.linspace(-20, 20, 400_001)

    found = dynamics.fixed_points(w, b, activation)

    assert np.abs(w * function(found.xs) + b - found.xs).max() < 1e-14
    assert np.all(np.diff(found.xs) > 0) and np.array_equal(found.hs, function(found.xs))
    assert error(found.slopes, w * derivative(found.hs)) < 1e-15
    excess = np.sign(grid + 1e-7 - w * function(grid + 1e-7) - b)
    assert len(found.xs) == (np.diff(excess) != 0).sum()
    assert len(dynamics.folds(w, activation)) == (2 if w * activations.cell(activation).slope > 1 else 0)


@pytest.mark.parametrize(("activation", "w"), [("tanh", 2.5), ("sigmoid", 7.0)])
def test_on_a_fold_two_fixed_points_are_one_with_slope_one(activation, w):
    function, _, _ = activations.functions(activation)
    x = np.linspace(-12, 12, 2_000_001)
    turning = x - w * function(x)

    low, high = dynamics.folds(w, activation)

    at = np.flatnonzero(np.diff(np.sign(np.diff(turning)))) + 1
    assert error(np.sort(turning[at]), [low, high]) < 1e-10
    for fold, sign in ((low, 1), (high, -1)):
        inside = dynamics.fixed_points(w, fold + sign * 1e-10, activation)
        assert np.sort(np.abs(inside.slopes - 1))[:2].max() < 1e-4
        there = dynamics.fixed_points(w, fold, activation)
        assert len(there.xs) == 2 and np.abs(there.slopes - 1).min() < 1e-14


def test_iterating_is_the_recursion_and_finds_the_attractors():
    b = np.array([-2.7, -2.5, -2.3])

    xs = dynamics.iterate(5.0, b, np.array([[-9.0], [9.0]]), 2000, "sigmoid")

    assert xs.shape == (2001, 2, 3)
    assert error(xs[1], 5 / (1 + np.exp(-xs[0])) + b) < 1e-15
    ends = [dynamics.fixed_points(5.0, bias, "sigmoid").xs[[0, -1]] for bias in b]
    assert error(xs[-1], np.transpose(ends)) < 1e-12


def test_the_cliff_has_exact_gradients_and_stands_along_the_lower_fold():
    w, b = np.meshgrid(np.linspace(4.2, 7, 201), np.linspace(-3.2, -1.4, 181))

    cliff = dynamics.cliff(w, b)

    size = np.hypot(cliff.dw, cliff.db)
    assert f"{size.max():.0f}" == "440" and f"{np.median(size):.3f}" == "0.040"   # the 440 is this grid's
    steep = size > 5                                   # where the upper attractor is gone, or almost
    folds = np.array([dynamics.folds(each, "sigmoid")[0] for each in w[steep]])
    assert steep.sum() > 20 and np.abs(b[steep] - folds).max() < 0.05

    def loss(w, b):
        x = 0.5
        for _ in range(50):
            x = w / (1 + np.exp(-x)) + b
        return (1 / (1 + np.exp(-x)) - 0.7) ** 2

    some = np.s_[::20, ::20]
    w, b = w[some], b[some]
    assert error(cliff.loss[some], loss(w, b)) < 1e-13
    assert np.abs(cliff.dw[some] / (loss(w + 1e-30j, b).imag / 1e-30) - 1).max() < 1e-9
    assert np.abs(cliff.db[some] / (loss(w, b + 1e-30j).imag / 1e-30) - 1).max() < 1e-9


def test_products_of_forget_gates_over_a_hundred_steps():
    """Jozefowicz, Zaremba & Sutskever 2015: why the forget bias starts at 1 or more."""
    b = np.array([0, 1, 2, 5])

    kept, half = dynamics.retention(b, 100), dynamics.half_life(b)

    assert [f"{k:.2g}" for k in kept] == ["7.9e-31", "2.5e-14", "3.1e-06", "0.51"]
    assert [f"{n:.4g}" for n in half] == ["1", "2.213", "5.461", "103.2"]
    assert np.abs(kept / (1 / (1 + np.exp(-b))) ** 100 - 1).max() < 1e-13
    assert np.abs(dynamics.retention(b, 1) ** half - 0.5).max() < 1e-14
    assert dynamics.retention(50.0, 1000) > 1 - 1e-15 and dynamics.retention(-800, 1) == 0


def test_the_lstm_cell_itself_loses_what_its_forget_bias_says():
    p = lstm.Params(np.zeros((4, 1)), np.zeros((4, 1)), np.array([0.0, 2.0, 0.0, 0.0]))

    P = analysis.products(analysis.jacobians(lstm, p, bptt.forward(lstm, p, np.zeros((100, 1)))))

    assert error(P[0, 1, 1], dynamics.retention(2, 100)) < 1e-13


def test_without_forgetting_the_cell_saturates_and_its_output_dies():
    """Gers, Schmidhuber & Cummins 2000: 200 writes of 0.1."""
    held, leaking = dynamics.carousel(200, 0.1), dynamics.carousel(200, 0.1, forget=0.9)

    assert len(held.s) == 201 and f"{held.s[-1]:.4f}" == "20.0000" and held.slopes[-1] == 0.0
    assert f"{leaking.s[-1]:.3f}" == "1.000" and f"{leaking.slopes[-1]:.5f}" == "0.41997"
    assert error(held.s, 0.1 * np.arange(201)) < 1e-14
    assert error(leaking.s, 1 - 0.9 ** np.arange(201)) < 1e-14
    assert error(leaking.slopes, 1 / np.cosh(leaking.s) ** 2) < 1e-14


def test_truncation_points_the_wrong_way_until_41_or_110_steps():
    """Tallec & Ollivier 2017. All of ds^1/dθ is -6, but the near part of it is positive."""
    A, v = dynamics.balancing()
    seen = dynamics.influence(400)

    assert A.shape == (23, 23) and v.sum() == -3 and np.array_equal(A @ np.ones(23), [1.0] * 22 + [0.5])
    assert error(np.linalg.solve(np.eye(23) - A, v)[0], -6.0) < 1e-14
    assert error(seen.at_end[[0, 9, 399]], [1.0, 10.0, -6.0]) < 1e-13
    for part, turn in ((seen.at_end, 41), (seen.at_every_step, 110)):
        assert np.all(part[:turn - 1] > 0) and np.all(part[turn - 1:] < 0)
    assert seen.at_end.argmax() > 10                              # longer is worse, for a while
    assert error(seen.at_every_step[29], seen.at_end[:30].mean()) < 1e-14


@pytest.mark.parametrize(("K", "theta"), [(100, "0.57"), (200, "0.35")])
def test_thirty_thousand_steps_of_influence_balancing(K, theta):
    thetas = dynamics.balance(K)

    assert len(thetas) == 30_000 // K + 1 and thetas[0] == 0.5
    assert f"{thetas[-1]:.2f}" == theta


@pytest.mark.parametrize("K", [1, 10, 50])
def test_short_truncation_of_influence_balancing_diverges(K):
    thetas = dynamics.balance(K)

    assert np.all(np.diff(thetas)[len(thetas) // 10:] > 0) and thetas[-1] > 7


def test_balancing_in_closed_form_is_the_plain_loop():
    (A, v), K, s, θ, expected = dynamics.balancing(), 7, np.ones(23), 0.5, [0.5]
    for _ in range(20):
        slope, sensitivity = 0.0, np.zeros(23)
        for _ in range(K):
            s, sensitivity = A @ s + θ * v, A @ sensitivity + v
            slope += (s[0] - 1) * sensitivity[0] / K
        θ = θ - 0.01 * slope
        expected.append(θ)

    assert error(dynamics.balance(K, steps=20 * K + 3, rate=0.01), expected) < 1e-12


def test_long_truncation_brings_influence_balancing_home():
    thetas = dynamics.balance(400, steps=40_000, rate=0.01)

    assert error(thetas[-1], -1 / 6) < 1e-6


def test_orthogonal_products_keep_every_direction_and_gaussian_ones_nearly_none():
    """Saxe, McClelland & Ganguli 2014: 50 matrices of 100 by 100."""
    rng = np.random.default_rng(0)
    turns = np.stack([dynamics.orthogonal(rng, 100) for _ in range(50)])
    gaussian = rng.normal(size=(50, 100, 100)) / 10

    kept, lost = (analysis.singular_values(analysis.products(J)[0]) for J in (turns, gaussian))

    assert np.ptp(kept) < 1e-13 and abs(kept - 1).max() < 1e-13
    assert 2 < lost[0] < 40 and 1e-9 < np.median(lost) < 1e-6 and lost[0] / lost[-1] > 1e16


def test_orthogonal_matrices_are_orthogonal_and_of_no_preferred_direction():
    rng = np.random.default_rng(0)
    many = np.stack([dynamics.orthogonal(rng, 3) for _ in range(4000)])

    assert np.abs(many @ many.mT - np.eye(3)).max() < 1e-14
    assert np.abs(many.mean(axis=0)).max() < 5 / np.sqrt(3 * 4000)       # without the signs of R: not zero
    assert abs((np.linalg.det(many) > 0).mean() - 0.5) < 5 / np.sqrt(4 * 4000)


@pytest.mark.parametrize("H", [1, 2, 5, 8, 64])
@pytest.mark.parametrize("radius", [0.0, 0.5, 1.0, 1.3])
def test_the_dial_leaves_the_spectral_radius_and_turns_up_the_norm(H, radius):
    dials = [0, 0.1, 0.3, 1.0]

    Ws = [dynamics.recurrent(np.random.default_rng(7), H, radius, dial) for dial in dials]

    norms = np.array([analysis.spectral_norm(W) for W in Ws])
    for W, dial in zip(Ws, dials):
        assert np.abs(np.abs(np.linalg.eigvals(W)) - radius).max() <= 1e-10 * radius
        more = 1 + dial**2 if H > 2 else 1                         # Henrici's departure from normality
        assert error((W * W).sum(), radius**2 * H * more) < 1e-13
    assert error(Ws[0] @ Ws[0].T, radius**2 * np.eye(H)) < 1e-13
    if H > 2 and radius > 0:
        assert np.all(np.diff(norms) > 0.01 * radius)
        assert error(Ws[1] - Ws[0], (Ws[3] - Ws[0]) / 10) < 1e-13  # one direction, followed by the dial


def test_a_given_generator_decides_the_matrix():
    one, two = (dynamics.recurrent(np.random.default_rng(3), 6, 0.9, 0.2) for _ in range(2))
    rng = np.random.default_rng(3)

    assert np.array_equal(one, two)
    assert error(dynamics.recurrent(rng, 6, 0.9, 0.2), one) == 0
    assert error(dynamics.recurrent(rng, 6, 0.9, 0.2), one) > 0.1


RNG = np.random.default_rng(0)
BAD = {
    "w in words": (lambda: dynamics.fixed_points("5"), TypeError,
        "dynamics.fixed_points: w must be a finite number; got '5'."),
    "b not finite": (lambda: dynamics.fixed_points(5, np.nan), ValueError,
        "dynamics.fixed_points: b must be a finite number; got nan."),
    "folds of a line": (lambda: dynamics.folds(5, "linear"), ValueError,
        "dynamics.folds: activation must be one of tanh, sigmoid; got 'linear'."),
    "folds of a misprint": (lambda: dynamics.folds(5, "tanhh"), ValueError,
        "dynamics.folds: activation must be one of tanh, sigmoid; got 'tanhh'. Did you mean "
        "'tanh'?"),
    "shapes that do not fit": (lambda: dynamics.cliff(np.ones(3), np.ones(2)), ValueError,
        "dynamics.cliff: w and b and x0 must be of shapes that broadcast; got (3,), (2,), ()."),
    "no steps": (lambda: dynamics.iterate(1, 0, 0, -1), ValueError,
        "dynamics.iterate: steps must be an int in [0, 1000000]; got -1."),
    "unknown activation": (lambda: dynamics.iterate(1, 0, 0, 3, "tnah"), ValueError,
        "dynamics.iterate: activation must be one of tanh, linear, relu, sigmoid; got 'tnah'. "
        "Did you mean 'tanh'?"),
    "a carousel of text": (lambda: dynamics.carousel(200, "0.1"), TypeError,
        "dynamics.carousel: write must be a finite number; got '0.1'."),
    "bias of None": (lambda: dynamics.retention(None, 100), TypeError,
        "dynamics.retention: forget_bias must be an array; got None."),
    "influence of nothing": (lambda: dynamics.influence(0), ValueError,
        "dynamics.influence: n must be an int in [1, 1000000]; got 0."),
    "chunks longer than the run": (lambda: dynamics.balance(11, steps=10), ValueError,
        "dynamics.balance: K must be an int in [1, steps=10]; got 11."),
    "seed for rng": (lambda: dynamics.recurrent(0, 3, 1.0), TypeError,
        "dynamics.recurrent: rng must be a numpy.random.Generator; got 0. Use np.random.default_rng(0)."),
    "no units": (lambda: dynamics.orthogonal(RNG, 0), ValueError,
        "dynamics.orthogonal: H must be an int in [1, 10000]; got 0."),
    "negative radius": (lambda: dynamics.recurrent(RNG, 3, -1.0), ValueError,
        "dynamics.recurrent: radius must be a number >= 0; got -1."),
    "negative dial": (lambda: dynamics.recurrent(RNG, 3, 1.0, -0.5), ValueError,
        "dynamics.recurrent: nonnormality must be a number >= 0; got -0.5."),
}


@pytest.mark.parametrize(("call", "kind", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_its_sentence(call, kind, sentence):
    with pytest.raises(kind) as caught:
        call()

    assert str(caught.value) == sentence
