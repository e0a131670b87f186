"""A right gradient is never called wrong: steep functions, exploding networks, kinks, saturated gates."""

import numpy as np
import pytest

from benchmarks.mutation import hard_ones, trials
from rnnlib import bptt, gradcheck, lstm, rnn
from rnnlib.gradcheck import numerical

X = np.array([0.3, 1.7])


def steep(w):
    return lambda v: np.sin(w * w * v).sum(), w * w * np.cos(w * w * X)


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("w", [3, 300, 3000])
def test_a_steep_function_is_judged(w, method):
    f, gradient = steep(w)

    assert gradcheck.check(f, X, gradient, method=method).ok
    assert gradcheck.check(f, X, 1.01 * gradient, method=method).names("wrong") == ["dx"]


def test_what_rounding_hides_is_not_certified_and_the_digits_are_said():
    f, gradient = steep(3e6)

    found = gradcheck.check(f, X, 1.01 * gradient)

    assert found.names("ill-conditioned") == ["dx"] and not found.ok
    assert "the two agree to 1 digit; rounding alone moves it" in str(found)
    assert gradcheck.check(f, X, gradient).ok


def test_a_function_that_rounds_coarsely_is_right_to_as_many_digits_as_it_has():
    found = gradcheck.check(lambda v: (((v + 1e8) - 1e8) ** 2).sum(), X, 2 * X)

    assert found.ok and "right to 8 digits: ill-conditioned here" in found["dx"].note


def network(gain, T, H):
    rng = np.random.default_rng(1)
    p, xs, state, dhs = gradcheck.designed_point(rnn, rng, T, 2, 3, H)
    return p._replace(W_h=gain * rng.normal(size=(H, H)) / np.sqrt(H)), xs, state, dhs


@pytest.mark.parametrize("gain, T, verdicts", [
    (4, 50, {"right"}), (6, 50, {"right"}), (6, 100, {"ill-conditioned"})])
def test_an_exploding_network_is_never_wrong(gain, T, verdicts):
    found = gradcheck.check_cell(rnn, *network(gain, T, 20))

    assert {v.verdict for v in found.verdicts} == verdicts


def test_a_transpose_in_an_exploding_network_is_still_wrong():
    def transposed(cell, p, trace, dhs):
        return bptt.gradient(cell, p, trace, *bptt.deltas(cell, p._replace(W_h=p.W_h.T), trace, dhs))

    assert len(gradcheck.check_cell(rnn, *network(4, 50, 20), transposed).names("wrong")) == 5


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("f, gradient", [
    (lambda v: np.abs(v).sum(), lambda v: np.where(v < 0, -1.0, 1.0)),
    (lambda v: np.where(v.real > 0, v, 0).sum(), lambda v: (v >= 0) * 1.0),
    (lambda v: np.maximum(v, 0.1).sum(), lambda v: (v >= 0.1) * 1.0),
])
def test_a_kink_is_not_judged_and_everything_beside_it_is(f, gradient, method):
    x = np.array([0.0, 0.7, -1.2, 0.1])

    found, wrong = (gradcheck.check(f, x, g, method=method) for g in (
        gradient(x), gradient(x) * [1, 1.001, 1, 1]))

    kinked = method == "central" or found["dx"].verdict != "right"
    assert found["dx"].verdict in ("kink", "right") and found.ok != kinked
    assert ("slopes of the two sides differ, by" in found["dx"].note) == kinked
    assert wrong.names("wrong") == ["dx"] and wrong["dx"].where == (1,)


@pytest.mark.parametrize("name", ["relu", "relu, 1 at 0", "relu by maximum"])
def test_a_padded_step_of_a_relu_is_at_a_kink(name):
    cell, verdicts = trials.OWN[name], set()
    p, xs, (h0,), dhs = gradcheck.designed_point(cell, np.random.default_rng(0))
    p, xs, h0 = p._replace(b=0 * p.b), xs.copy(), h0.copy()
    xs[0, 1], h0[1] = 0, 0

    for method in ("auto", "central"):
        found = gradcheck.check_cell(cell, p, xs, h0, dhs, method=method)
        verdicts |= {v.verdict for v in found.verdicts}
        assert not found.names("wrong") and found["dW_x"].verdict == found["dW_h"].verdict == "right"

    assert verdicts == {"right", "kink"}


@pytest.mark.parametrize("bias, verdict", [(12, "right"), (17, "ill-conditioned"), (25, "unseen")])
def test_saturated_gates_leave_few_digits_or_none(bias, verdict):
    p, *point = gradcheck.designed_point(rnn, np.random.default_rng(0))

    found = gradcheck.check_cell(rnn, p._replace(b=p.b + bias), *point)

    assert found["db"].verdict == verdict
    reason = "every slope is exactly 0: all gates are saturated, |z_t| >= 22"
    assert (reason in found["db"].note) == (verdict == "unseen")


@pytest.mark.parametrize("name, reason", [
    ("softsign", "f is not analytic: along one direction the complex step gives"),
    ("buffer", "f makes complex numbers real, by astype or in a real array"),
])
def test_the_reason_for_differences_is_what_was_measured(name, reason):
    cell = trials.OWN[name]

    found = gradcheck.check_cell(cell, *gradcheck.designed_point(cell, np.random.default_rng(0)))

    assert found.ok and found.notes[0].startswith(reason)


@pytest.mark.parametrize("size", [1e-280, 1e-310])
def test_a_function_too_small_for_a_complex_step_is_not_called_not_analytic(size):
    found = gradcheck.check(lambda v: size * np.sin(v).sum(), X, size * np.cos(X))

    assert not found.names("wrong") and "not analytic" not in str(found)
    assert found.notes[0].startswith("a complex step of f is below the smallest float64: central differences")
    assert gradcheck.check(lambda v: 1e-200 * np.sin(v).sum(), X, 1e-200 * np.cos(X)).ok


def test_no_hard_right_pass_is_wrong():
    """A seeded part of the 2,000 of benchmarks/mutation.py."""
    found = hard_ones(240)

    said = {kind: {v for verdicts, _ in reports for v in verdicts} for kind, reports in found.items()}
    assert list(said) == list(trials.HARD) and all(len(reports) == 40 for reports in found.values())
    assert not any("wrong" in verdicts for verdicts in said.values())
    assert said["softsign"] == said["a real buffer"] == {"right"} and "kink" in said["ReLU, padded"]


def test_noise_is_measured_and_a_smooth_function_has_none():
    x = np.array([0.4, -1.3])
    smooth = numerical.noise(x, lambda points: np.sin(1e3 * points))
    rough = numerical.noise(x, lambda points: np.sin(points) + 1e-9 * np.sin(1e15 * points))

    assert (smooth < 1e-12).all() and (rough > 1e-10).all() and (rough < 1e-8).all()


def test_a_large_gradient_gets_a_smaller_complex_step():
    found = gradcheck.numerical_gradient(lambda v: np.sin(1e40 * v).sum(), 1e-41 * X)

    np.testing.assert_allclose(found, 1e40 * np.cos(0.1 * X), rtol=1e-12)


@pytest.mark.parametrize("method", ["auto", "central"])
def test_the_numerical_gradient_of_abs_is_not_zero(method):
    found = gradcheck.numerical_gradient(lambda v: (v * np.abs(v)).sum(), X, method)

    np.testing.assert_allclose(found, 2 * X, rtol=1e-8)
    with pytest.raises(TypeError, match="f must be analytic; got one that makes complex numbers real"):
        gradcheck.numerical_gradient(lambda v: trials.buffered(v).sum(), X, "complex")


# A loss on the final state

def ignores_dlast(cell, p, trace, dhs, dlast=None):
    return bptt.backward(cell, p, trace, dhs)


def test_what_arrives_in_the_last_cell_state_is_checked_where_a_pass_takes_it():
    point = gradcheck.designed_point(lstm, np.random.default_rng(0))

    assert gradcheck.check_cell(lstm, *point).ok and not gradcheck.check_cell(lstm, *point).notes
    assert "dc0" in gradcheck.check_cell(lstm, *point, ignores_dlast).names("wrong")
    takes_none = gradcheck.check_cell(lstm, *point, lambda *a: bptt.backward(*a))
    assert takes_none.ok and takes_none.notes == (
        "The loss does not see c_T: a pass that ignores what arrives there would not show.",)


def test_a_loss_on_the_final_state_may_be_given():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))
    dlast = (np.random.default_rng(1).normal(size=state[0].shape),)

    assert gradcheck.check_cell(rnn, p, xs, state, dhs, dlast=dlast).ok
    assert len(gradcheck.check_cell(rnn, p, xs, state, dhs, ignores_dlast, dlast=dlast).names("wrong")) == 5
    with pytest.raises(TypeError, match=r"takes dlast=; got one of \(\*a\)"):
        gradcheck.check_cell(rnn, p, xs, state, dhs, lambda *a: bptt.backward(*a), dlast=dlast)
    with pytest.raises(ValueError, match="dlast must be of shape"):
        gradcheck.check_cell(rnn, p, xs, state, dhs, dlast=(dlast[0][1:],))


# What is said of a function that cannot be checked

def alternates(memory=[0]):  # noqa: B006
    memory[0] = 1 - memory[0]
    return memory[0]


def drifts(memory=[0]):  # noqa: B006
    memory[0] = 0.5 * memory[0] + 1
    return memory[0]


@pytest.mark.parametrize("moves, hint", [
    (alternates, "Something is kept from call to call"), (drifts, "Something is kept from call to call"),
    (lambda: np.random.normal(), "f draws from np.random: seed inside f."),  # noqa: NPY002
    (np.random.default_rng(0).normal, "Seed inside f, or is something kept from call to call?"),
])
def test_a_function_that_changes_is_told_what_several_calls_show(moves, hint):
    with pytest.raises(ValueError, match=r"f must be deterministic; got .*, then") as caught:
        gradcheck.check(lambda v: (v * v).sum() + moves(), X, 2 * X)

    assert hint in str(caught.value)


def test_values_that_differ_late_are_shown_to_differ_and_a_clock_is_thought_of():
    ticks = iter(range(100))

    with pytest.raises(ValueError, match="deterministic") as caught:
        gradcheck.check(lambda v: (v * v).sum() + 1e-9 * next(ticks), X, 2 * X)

    first, then = str(caught.value).split("got ")[1].split(" at the same inputs")[0].split(", then ")
    assert first != then and "or f reads a clock." in str(caught.value)


def test_where_rounding_hides_f_the_complex_step_is_not_blamed_for_it():
    v = np.array([40.0, 0.0, 1.0])
    p = lambda v: np.exp(v - v.max()) / np.exp(v - v.max()).sum()

    found = gradcheck.check(lambda v: -np.log(p(v)[0]), v, lambda v: p(v) - np.eye(3)[0])

    assert found.names("unseen") == ["dx"] and "smallest float64" not in str(found)
    assert "where f does not move by more than its rounding" in found.notes[0]


def test_draws_that_fall_six_times_are_still_draws():
    np.random.seed(270)  # noqa: NPY002
    falling = np.random.normal(size=6)  # noqa: NPY002
    np.random.seed(270)  # noqa: NPY002

    with pytest.raises(ValueError, match=r"f draws from np\.random: seed inside f\."):
        gradcheck.check(lambda v: (v * v).sum() + np.random.normal(), X, 2 * X)  # noqa: NPY002

    assert (np.diff(falling) < 0).all()


def test_functions_of_another_number_of_arguments_get_a_sentence():
    point = gradcheck.designed_point(rnn, np.random.default_rng(0))

    with pytest.raises(TypeError, match=r"backward must be a function of \(cell, p, trace, dhs\); got"):
        gradcheck.check_cell(rnn, *point, lambda p, trace: None)
    with pytest.raises(TypeError, match=r"gradient must be a function of inputs; got one of \(a, b\)"):
        gradcheck.check(lambda v: v.sum(), X, lambda a, b: a)


def test_a_point_with_an_odd_W_h_or_other_bytes_gets_a_sentence():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))
    trace = bptt.forward(rnn, p, xs, state)

    with pytest.raises(ValueError, match=r"W_h must be of shape \(G\*H, H\) for G gates; got shape \(4, 5\)"):
        gradcheck.blind_spots(p._replace(W_h=np.ones((4, 5))), trace, dhs)
    with pytest.raises(TypeError, match="inputs x must be in native byte order; got >f8"):
        gradcheck.check(lambda v: v.sum(), X.astype(">f8"), np.ones(2))


def test_a_linear_function_has_no_remainder_to_fall():
    rng = np.random.default_rng(0)

    linear = gradcheck.taylor_rate(lambda v: 3 * v.sum(), X, np.full(2, 3.0), rng)
    wrong = gradcheck.taylor_rate(lambda v: 3 * v.sum(), X, np.full(2, 3.1), rng)

    assert np.isnan(linear.rate) and linear.note.startswith("f is linear along this direction")
    assert abs(wrong.rate - 1) < 0.01 and not wrong.note


def test_a_gradient_where_there_is_none_is_wrong():
    """The forward pass forgot b: its slope is exactly zero, and no rounding explains db."""
    f = lambda v: (np.sin(v["x"]) ** 2).sum()
    x = np.array([0.3, -1.2, 2.0])

    found = gradcheck.check(f, {"x": x, "b": np.ones(2)}, lambda v: {
        "x": np.sin(2 * v["x"]), "b": np.array([1.0, -0.4]) * np.sin(v["x"][:2])})

    assert found.names("wrong") == ["db"] and found.names("right") == ["dx"]


def test_a_kink_that_a_large_loss_hides_is_not_called_wrong():
    """At 0 a ReLU may have any slope from 0 to 1; beside a loss of 1e14 no difference shows it."""
    f = lambda v: 1e14 * np.sin(v["x"]).sum() + 84 * np.where(v["b"].real > 0, v["b"], 0).sum()
    inputs = {"x": np.array([0.3, -1.2, 2.0]), "b": np.zeros(2)}

    found = gradcheck.check(f, inputs, lambda v: {"x": 1e14 * np.cos(v["x"]), "b": 84.0 * (v["b"] >= 0)})

    assert found.names("wrong") == [] and found.names("right") == ["dx"] and not found.ok


def test_a_wrong_gradient_beside_the_edge_of_the_domain_of_f_is_wrong_and_at_no_kink():
    x = np.array([1e-3])                                  # one step of the differences is log(0)
    f = lambda w: np.log(w).sum()

    assert gradcheck.check(f, x, 1 / x).ok
    assert gradcheck.check(f, x, 1.1 / x).names("wrong") == ["dx"]
    assert gradcheck.check(f, x, 1.1 / x, method="central").names("wrong") == ["dx"]


# Where the slope vanishes

V = np.array([[1.4, 0.6], [-2.0, -0.3]])


def normed(v):
    centred = v - v.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)


@pytest.mark.parametrize(("f", "wrong", "method"), [
    (lambda v: (np.clip(v, -1, 1) ** 2).sum(), 2 * np.clip(V, -1, 1), "auto"),     # flat where it is cut off
    (lambda v: normed(v).sum(), np.ones((2, 2)), "auto"),                          # zero, but for rounding
    (lambda v: normed(v).sum(), np.ones((2, 2)), "central"),
    (lambda v: (v - v.mean()).sum(), np.ones((2, 2)), "auto"),
])
def test_a_slope_that_should_be_nothing_is_wrong_whatever_rounding_does(f, wrong, method):
    assert gradcheck.check(f, V, wrong, method=method).names("wrong") == ["dx"]


def test_what_should_be_nothing_but_for_rounding_is_said_to_be_far_too_large():
    found = gradcheck.check(lambda v: normed(v).sum(), V, np.ones((2, 2)))

    assert "dx: far too large: what it should be is " in str(found)
    assert "at most, which may be rounding." in str(found)


@pytest.mark.parametrize("slope", [1e-5, 1e-7, 1e-9])
def test_a_slope_that_float32_hides_is_not_called_wrong(slope):
    f = lambda p: float(np.float32(slope * p["a"] + np.tanh(p["b"])))
    point, right = {"a": np.array(1.4), "b": np.array(0.6)}, 1 - np.tanh(0.6) ** 2

    found = gradcheck.check(f, point, {"a": np.array(slope), "b": np.array(right)})
    assert found.names("float32") == ["da", "db"]
    found = gradcheck.check(f, point, {"a": np.array(slope), "b": np.array(0.9 * right)})
    assert found.names("wrong") == ["db"]


@pytest.mark.parametrize("slope", [0.0, 1.0, 0.5])
def test_a_kink_in_float32_is_not_called_wrong(slope):
    f = lambda v: float(np.float32(np.abs(v[0]) / 2 + v[0] / 2 + 0.3 * v[1]))
    found = gradcheck.check(f, np.array([0.0, 1.7]), np.array([slope, 0.3]))

    assert not found.names("wrong") and not found.ok


def test_a_slope_that_a_large_f_hides_is_not_called_wrong():
    f = lambda v: 1e9 + np.abs(v).sum() * 1e-6

    assert not gradcheck.check(f, V, 1e-6 * np.sign(V)).names("wrong")


@pytest.mark.parametrize("gradient", [np.full((2, 2), 2e-16), 1e-14 * V])
def test_a_zero_that_rounding_moved_is_unseen_and_not_wrong(gradient):
    found = gradcheck.check(lambda v: 3 + 0 * v.sum(), V, gradient)

    assert found.names("unseen") == ["dx"] and "what is off may be rounding" in found["dx"].note
    assert gradcheck.check(lambda v: 3 + 0 * v.sum(), V, 1e-6 * V).names("wrong") == ["dx"]
    tiny = gradcheck.check(lambda v: 1e-200 * np.sin(v).sum(), V, 2e-200 * np.cos(V))
    assert tiny.names("wrong") == ["dx"]                  # small, but f moves as much
    assert gradcheck.check(lambda v: 1e-200 * np.sin(v).sum(), V, 1e-200 * np.cos(V)).ok


@pytest.mark.parametrize("share", [1e-3, 1e-5, 1e-7, 1e-8, 1e-9])
def test_a_part_that_the_complex_step_loses_is_seen_by_differences_however_small(share):
    f = lambda v: np.sin(v).sum() + share * np.abs(v).sum()           # abs loses the imaginary part
    gradient = np.cos(V) + share * np.sign(V)

    assert gradcheck.check(f, V, gradient).ok
    assert gradcheck.check(f, V, gradient * (1 + 1e-4)).names("wrong") == ["dx"]


@pytest.mark.parametrize("x", [np.array([20.0, -2.0]), np.array([22.0, -1.0])])
def test_rounding_that_was_measured_and_explains_nothing_is_not_blamed(x):
    f = lambda v: np.log(np.exp(v[0]) + np.exp(v[1])) - v[0]            # 1e-10, from numbers near 20
    share = np.exp(x[1] - x[0])
    gradient = np.array([-share, share]) / (1 + share)

    right, wrong = gradcheck.check(f, x, gradient), gradcheck.check(f, x, 1.7 * gradient)
    assert "rounding alone moves it by " in right["dx"].note and not right.names("wrong")
    assert wrong["dx"].note == "not certified: differences do not settle here, and the two agree in no digit."


# Functions of which a part is computed in float32

def half_single(v):
    """Return numbers of which some pass through float32: f itself gives numbers of float64."""
    return (np.array([0.7, -1.3, 0.4, 1.9]) * np.tanh(v).astype(np.float32)).sum()


SLOPES = np.array([0.7, -1.3, 0.4, 1.9])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 3.0, 6.0])
def test_a_right_gradient_of_what_is_partly_in_float32_is_not_called_wrong(scale):
    x = scale * np.array([0.9, -0.4, 2.1, -1.7])

    assert not gradcheck.check(half_single, x, SLOPES / np.cosh(x) ** 2).names("wrong")


@pytest.mark.parametrize("f, slopes", [
    (half_single, 0 * SLOPES), (lambda v: float(np.float32((SLOPES * v).sum())), 0 * SLOPES)])
def test_zeros_are_not_right_where_float32_hides_small_moves(f, slopes):
    x = np.array([0.9, -0.4, 2.1, -1.7])

    assert not gradcheck.check(f, x, slopes).ok


def test_a_zero_beside_right_slopes_is_not_right_where_float32_hides_it():
    f = lambda v: float(np.float32(np.tanh(v[0]))) + v[1] ** 2
    x = np.array([4.0, 0.3])

    assert not gradcheck.check(f, x, np.array([0.0, 0.6])).ok
    assert not gradcheck.check(f, x, np.array([1 / np.cosh(4) ** 2, 0.6])).names("wrong")


@pytest.mark.parametrize("dead", [0.0, 1.0])
def test_a_unit_that_is_dead_is_right_by_differences_where_f_has_all_digits(dead):
    f = lambda v: np.abs(np.maximum(v, 0)).sum()          # not analytic: by differences
    x = np.array([0.9, -0.4, 2.1, -1.7])
    found = gradcheck.check(f, x, np.where(x > 0, 1.0, dead))

    assert found.ok if dead == 0 else found.names("wrong") == ["dx"]


@pytest.mark.parametrize("slope", [1e-3, 1e-4, 1e-5, 1e-6])
def test_a_small_slope_that_a_part_in_float32_hides_is_not_called_wrong(slope):
    f = lambda p: 0.7 * np.float32(slope * p["a"][0] + np.tanh(p["b"])).astype(float) + p["b"] ** 2
    point = {"a": np.array([1.4, 0.3]), "b": np.array(0.6)}
    right = {"a": np.array([0.7 * slope, 0.0]), "b": np.array(0.7 / np.cosh(0.6) ** 2 + 1.2)}

    found = gradcheck.check(f, point, right)
    assert not found.names("wrong") and not found.ok
    assert gradcheck.check(f, point, right | {"b": np.array(1.2)}).names("wrong") == ["db"]


@pytest.mark.parametrize("share", [0.7, 0.01])
def test_a_part_in_float32_that_no_small_step_moves_is_not_left_out_of_the_gradient(share):
    f = lambda v: share * np.tanh(v).astype(np.float32).astype(float).sum() + (v**2).sum()
    x = np.array([0.6, -1.1])

    assert not gradcheck.check(f, x, 2 * x).ok
    assert not gradcheck.check(f, x, 2 * x + share / np.cosh(x) ** 2).names("wrong")


@pytest.mark.parametrize("off", [1 + 1e-3, 1.01, 0.5])
def test_a_function_that_stops_beside_the_point_is_judged_where_it_is_known(off):
    def f(v):
        if not (np.abs(v.real - V) < 2e-3).all():
            raise ValueError("outside of the table")
        return (np.sin(v) ** 2).sum()

    assert gradcheck.check(f, V, np.sin(2 * V)).ok
    assert gradcheck.check(f, V, off * np.sin(2 * V)).names("wrong") == ["dx"]


@pytest.mark.parametrize("k", [1e10, 1e14, 1e18])
@pytest.mark.parametrize("method", ["auto", "central"])
def test_where_f_oscillates_too_fast_for_float64_nothing_is_called_wrong(k, method):
    x = np.array([0.3, 1.7])
    f = lambda v: 1e-6 * np.sin(k * v).sum()

    for factor in (1, 2):
        report = gradcheck.check(f, x, factor * 1e-6 * k * np.cos(k * x), method=method)
        assert report.names("wrong") == [] and (not report.ok or (factor, method) == (1, "auto"))


def test_at_a_tie_a_gradient_that_counts_the_maximum_twice_is_not_certified():
    """A complex step makes a maximum of each tied entry in turn."""
    tied = np.array([1.0, 1.0, 0.0])

    both = gradcheck.check(lambda v: v.max(), tied, lambda v: (v == v.max()) * 1.0)
    square = lambda v: (v.max() - 2 * v[2]) ** 2
    later = gradcheck.check(square, tied, lambda v: 2 * (v == 1) - 4.0 * (v == 0))

    for found in (both, later):
        assert found.names("kink") == ["dx"] and not found.ok and not found.names("wrong")
        assert "along one direction the slopes of the two sides are" in found["dx"].note
    at_zero = np.array([0.0, 1.0, 0.0])
    assert gradcheck.check(lambda v: np.maximum(v, 0).sum(), at_zero, lambda v: (v >= 0) * 1.0).ok


def test_what_a_loop_that_ends_at_a_tolerance_leaves_is_not_laid_at_the_way_back():
    rng = np.random.default_rng(1)
    at = {"W": 0.3 * rng.normal(size=(3, 3)), "u": rng.normal(size=3)}
    w = rng.normal(size=3)

    def fixed(m, tolerance=1e-6):
        h, new = np.zeros(3), np.tanh(m["u"])
        while np.abs(new - h).max() > tolerance:
            h, new = new, np.tanh(m["W"] @ new + m["u"])
        return new

    def implicit(m):
        h = fixed(m)
        a = np.linalg.solve(np.eye(3) - ((1 - h * h)[:, None] * m["W"]).T, w) * (1 - h * h)
        return {"W": np.outer(a, h), "u": a}

    found = gradcheck.check(lambda m: w @ fixed(m), at, implicit)

    assert "or ends a loop at a tolerance" in str(found) and "is left out" not in str(found)
