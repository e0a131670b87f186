"""What is said of gradients that are off in a way that tells of its origin, and of those that are not."""

import numpy as np
import pytest

from rnnlib import gradcheck, losses
from rnnlib.gradcheck.lines import Line
from rnnlib.gradcheck.origins import of_quotients

RNG = np.random.default_rng(5)
X, G = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 5))
SEEN, IDS = RNG.normal(size=(6, 4)), np.array([3, 1, 0, 4, 1, 2])


def said(f, inputs, gradient):
    """Return what is said of each tensor that is wrong."""
    found = gradcheck.check(f, inputs, gradient)
    return {v.name: v.note for v in found.verdicts if v.verdict == "wrong"}


def note(f, x, wrong):
    (text,) = said(f, x, wrong).values()
    return text


# Slopes at the parameter itself

TANH = lambda x: (G * np.tanh(x)).sum()
S = 1 - np.tanh(X) ** 2
SIGMA = 1 / (1 + np.exp(-X))
OF_SIGMA = lambda x: (G / (1 + np.exp(-x))).sum()


@pytest.mark.parametrize(("words", "f", "wrong"), [
    ("divided by 1 - tanh(x)^2,", TANH, G),
    ("divided by the square of 1 - tanh(x)^2,", TANH, G / S),
    ("multiplied by 1 - tanh(x)^2,", TANH, G * S**2),
    ("with 1 - x^2 in place of 1 - tanh(x)^2,", TANH, G * (1 - X**2)),
    ("with 1 - tanh(tanh(x))^2 in place of 1 - tanh(x)^2,", TANH, G * (1 - np.tanh(np.tanh(X)) ** 2)),
    ("with σ(x) (1 - σ(x)) in place of 1 - tanh(x)^2,", TANH, G * SIGMA * (1 - SIGMA)),
    ("divided by the square of σ(x) (1 - σ(x)),", OF_SIGMA, G / SIGMA / (1 - SIGMA)),
    ("divided by exp(x),", lambda x: (G * np.exp(x)).sum(), G),
    ("divided by x,", lambda x: (G * x**2).sum(), 2 * G),
])
def test_a_slope_that_is_left_out_or_another_is_named(words, f, wrong):
    assert note(f, X, wrong) == f"what it should be, {words} entry by entry."


@pytest.mark.parametrize("wrong", [G * np.tanh(X), G / np.cosh(X), G * S * (1 + 1e-4 * X), G * S + 0.1 * X**2,
                                   G / S**2 + 1e-3 * G, G[:, ::-1] / S])
def test_no_slope_is_named_where_none_gives_these_numbers(wrong):
    assert not note(TANH, X, wrong).startswith("what it should be,")


def test_two_numbers_are_too_few_for_a_slope():
    assert note(lambda x: (G[0, :2] * np.tanh(x)).sum(), X[0, :2], G[0, :2]) == ""


# A layer whose slopes are not those of a parameter

def layer(i):
    return (G[0, :3] * np.tanh(i["W"] @ X[0, :4] + i["b"])).sum()


def of_layer(slope):
    delta = G[0, :3] * slope(np.tanh(W @ X[0, :4] + X[1, :3]))
    return {"W": np.outer(delta, X[0, :4]), "b": delta}


W = RNG.normal(size=(3, 4))


def test_a_factor_for_each_row_is_told_and_that_it_is_the_same_for_the_bias():
    left_out = said(layer, {"W": W, "b": X[1, :3]}, of_layer(lambda h: 1.0))
    squared = said(layer, {"W": W, "b": X[1, :3]}, of_layer(lambda h: (1 - h**2) ** 2))

    assert left_out["dW"].startswith("row by row a multiple of what it should be: ")
    assert left_out["dW"].endswith(
        " times, all above 1, as where a slope or another factor is left out.")
    assert squared["dW"].endswith(" times.") and "above" not in squared["dW"]
    assert left_out["db"] == squared["db"] == "off by the factors by which the rows of dW are."


def test_the_bias_is_not_said_to_be_off_like_the_rows_if_it_is_not():
    right, wrong = of_layer(lambda h: 1 - h**2), of_layer(lambda h: 1.0)
    notes = said(layer, {"W": W, "b": X[1, :3]}, {"W": wrong["W"], "b": right["b"] * [1.1, 1.2, 1.4]})

    assert notes["db"] == ""
    assert said(layer, {"W": W, "b": X[1, :3]}, {"W": right["W"] + 0.1 * W, "b": wrong["b"]})["db"] == ""


# Normalizations

def normed(x):
    a = x - x.mean(axis=-1, keepdims=True)
    return a / np.sqrt((a * a).mean(axis=-1, keepdims=True) + 1e-5)


def of_normed(x, g, mean=1, variance=1):
    """Return dL/dx of sum(g * normed(x)), without the terms that are 0."""
    n, spread = normed(x), np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    along = n * (g * n).mean(axis=-1, keepdims=True)
    return (g - mean * g.mean(axis=-1, keepdims=True) - variance * along) / spread


NORMED = lambda x: (G * normed(x)).sum()
V = RNG.normal(size=(5, 4))
INSIDE = lambda i: (RNG_6 * normed(SEEN @ i["V"].T + i["b"])).sum()
RNG_6 = RNG.normal(size=(6, 5))


def of_inside(**terms):
    delta = of_normed(SEEN @ V.T + X[0], RNG_6, **terms)
    return {"V": delta.T @ SEEN, "b": delta.sum(axis=0)}


def test_the_mean_and_the_variance_that_have_no_gradient_are_told_apart():
    mean, variance, both = (note(NORMED, X, of_normed(X, G, **terms)) for terms in (
        dict(mean=0), dict(variance=0), dict(mean=0, variance=0)))

    assert mean.startswith("off by one number along axis 1; the right one sums to 0 there: as")
    assert variance.startswith("off by a multiple of the parameter's deviation from its mean along axis 1, ")
    assert "the variance that f divides by" in variance
    assert "and by one number" in both and "the mean and the variance that f" in both


def test_weights_under_a_normalization_tell_of_the_mean():
    without_mean = said(INSIDE, {"V": V, "b": X[0]}, of_inside(mean=0))
    without_both = said(INSIDE, {"V": V, "b": X[0]}, of_inside(mean=0, variance=0))

    assert without_mean["dV"].startswith("off by one number along axis 0; the right one sums to 0 there")
    assert without_mean["db"].startswith("off by one number; the right one sums to 0 there")
    assert all(text.startswith("of another sum than 0") for text in without_both.values())


@pytest.mark.parametrize("wrong", [
    of_normed(X, G, variance=0) + 0.1 * (X**2 - (X**2).mean(axis=1, keepdims=True)),
    of_normed(X, G)[::-1] * 1.1, of_normed(X, G) * np.linspace(1, 2, 5), of_normed(X, G) + 0.2 * np.tanh(X)])
def test_no_mean_or_variance_is_blamed_for_other_mistakes(wrong):
    assert "no gradient" not in note(NORMED, X, wrong)


@pytest.mark.parametrize("wrong", [G + 0.3, G + 0.3 * X.mean(axis=1, keepdims=True), G + X - X.mean()])
def test_nothing_is_said_of_sums_where_the_right_one_has_another(wrong):
    text = note(lambda x: (G * x).sum(), X, wrong)

    assert "sum" not in text and "gradient" not in text


def test_the_part_along_the_parameter_is_no_penalty_where_a_norm_takes_it_away():
    f = lambda x: (G * x / np.sqrt((x * x).sum())).sum()
    size = np.sqrt((X * X).sum())

    assert "times the parameter itself, to which the right one is at right angles" in note(f, X, G / size)
    assert "as a penalty leaves it" in note(lambda x: (G * x).sum(), X, G + 0.1 * X)


# What a softmax makes sum to zero; one use of several

def nats(logits, ids):
    return -losses.log_softmax(logits)[np.arange(len(ids)), ids].sum()


def test_a_label_that_is_not_subtracted_shows_in_the_sum():
    loss = lambda i: nats(SEEN @ i["W"].T + i["b"], IDS)
    p = losses.softmax(SEEN @ V.T + X[0])
    wrong, right = ({"W": d.T @ SEEN, "b": d.sum(axis=0)} for d in (p, p - losses.one_hot(IDS, 5)))
    notes = said(loss, {"W": V, "b": X[0]}, wrong)

    assert all("since f does not change where one number is added" in text for text in notes.values())
    assert not said(loss, {"W": V, "b": X[0]}, right)
    assert said(loss, {"W": V, "b": X[0]}, right | {"b": right["b"][[1, 0, 2, 3, 4]] * 1.1})["db"] == ""


def used(W):
    """Return a loss in which W is used six times."""
    return (RNG_6 * np.tanh(SEEN @ W.T)).sum()


def uses(rows=slice(None)):
    return (RNG_6 * (1 - np.tanh(SEEN @ V.T) ** 2))[rows].T @ SEEN[rows]


def test_one_use_that_is_missing_is_one_outer_product():
    assert note(used, V, uses(slice(1, None))).startswith("off by one outer product (rank 1)")
    assert note(used, V, uses(slice(2, None))) == (
        "off by 2 outer products (rank 2), as of 2 uses of it, at single steps of single sequences.")
    assert note(used, V, uses(slice(3, None))) == ""      # as good as any: the right one has rank 4
    assert note(used, V, uses() + 1e-8 * uses(slice(1))).startswith("off by one outer product")
    assert note(used, V, uses() + 0.1) == "" and note(used, V, uses() + np.linspace(1, 2, 4)) == ""


def test_rows_of_a_tied_table_that_only_reading_reaches_are_all_zero():
    read = np.array([0, 2, 2])
    loss = lambda E: nats(np.tanh(E[read]) @ E.T, np.array([1, 1, 3]))
    p = losses.softmax(np.tanh(V[read]) @ V.T) - losses.one_hot(np.array([1, 1, 3]), 5)
    of_reading, of_writing = np.zeros_like(V), p.T @ np.tanh(V[read])
    np.add.at(of_reading, read, (1 - np.tanh(V[read]) ** 2) * (p @ V))

    assert not said(loss, V, of_reading + of_writing)
    assert note(loss, V, of_reading).startswith("all zero in rows [1], [3], [4], and should not be; it is")
    assert note(loss, V, of_writing) == "right except in rows [0], [2]."


def test_columns_that_are_wrong_and_signs_that_are_lost_are_told():
    f = lambda x: (G * x).sum()

    assert note(f, X, G + [0, 0, 1, 0, 0]) == "right except in column [2]."
    assert note(f, X, np.abs(G)) == "right, but has lost its signs."
    assert note(f, X, np.abs(G) + 0.01 * X**2) == ""


# Of another function, or of none

A = RNG.normal(size=(4, 4))
EVEN, ODD = A + A.T, A - A.T
OF_ONE = "This looks like the gradient of another function than f"
OF_NONE = "This is the gradient of no function"


def field(wrong, f=lambda x: np.sin(x).sum(), **options):
    """Return what is said besides of a gradient that is wrong(x) more than that of the sum of sines."""
    x = np.array([0.3, -1.1, 0.7, 2.0])
    found = gradcheck.check(f, x, lambda x: np.cos(x) + wrong(x), **options)
    assert found.names("wrong") == ["dx"]
    return "".join(note for note in found.notes if note.startswith("This"))


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6])
def test_a_field_whose_derivatives_depend_on_their_order_is_the_gradient_of_no_function(size):
    assert OF_NONE in field(lambda x: size * (ODD @ x)) and OF_NONE in field(lambda x: size * (A @ x))
    assert OF_NONE in field(lambda x: size * (EVEN @ np.tanh(x)))
    assert field(lambda x: size * (EVEN @ x)).startswith(OF_ONE)
    assert field(lambda x: size * (EVEN @ np.tanh(x)) / np.cosh(x) ** 2).startswith(OF_ONE)
    assert field(lambda x: size * ((EVEN + 0.003 * ODD) @ x)) == ""      # nearly: nothing is said


def test_a_gradient_that_does_not_follow_its_argument_or_only_rounds_is_not_asked():
    x0 = np.array([0.3, -1.1, 0.7, 2.0])
    f = lambda i: np.sin(i["x"]).sum() + (G[0, :2] * i["y"]).sum()
    inputs = {"x": x0, "y": G[1, :2]}
    still = {"x": np.cos(x0) + A[0], "y": G[0, :2] + A[0, :2]}

    assert "This" not in str(gradcheck.check(f, inputs, lambda i: still))
    assert "This" not in str(gradcheck.check(f, inputs, still))
    assert field(lambda x: A[0] + 0.1 * np.sin(1e9 * x)) == ""

    def stops(i):
        if not np.array_equal(i["x"], x0):
            raise RuntimeError("no other inputs")
        return still
    assert gradcheck.check(f, inputs, stops).names("wrong") == ["dx", "dy"]


def test_another_loss_is_told_from_a_wrong_way_back():
    ids = np.array([1, 0, 2, 4, 3, 1])

    def back(i, slope=lambda h: 1 - h**2, targets=IDS[:6] % 5):
        h = np.tanh(SEEN @ i["V"].T + i["b"])
        delta = (losses.softmax(h) - losses.one_hot(targets, 5)) * slope(h)
        return {"V": delta.T @ SEEN, "b": delta.sum(axis=0)}

    inputs = {"V": V, "b": X[0]}
    f = lambda i: nats(np.tanh(SEEN @ i["V"].T + i["b"]), IDS[:6] % 5)
    assert gradcheck.check(f, inputs, back).ok
    assert OF_ONE in str(gradcheck.check(f, inputs, lambda i: back(i, targets=ids)))
    assert OF_NONE in str(gradcheck.check(f, inputs, lambda i: back(i, lambda h: 1 - h**4)))


# Difference quotients

F = lambda x: (np.tanh(x) * np.sin(x[::-1])).sum()
FORMS = {
    "(f(x + eps) - f(x - eps)) / (2 eps)": lambda f, x, e: (f(x + e) - f(x - e)) / (2 * e.max()),
    "(f(x + eps) - f(x)) / eps": lambda f, x, e: (f(x + e) - f(x)) / e.max(),
    "(f(x) - f(x - eps)) / eps": lambda f, x, e: (f(x) - f(x - e)) / e.max()}


def quotients(f, x, form, eps):
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([FORMS[form](f, x, eps * unit) for unit in units]).reshape(x.shape)


@pytest.mark.parametrize(("form", "eps"), [
    *[("(f(x + eps) - f(x - eps)) / (2 eps)", eps) for eps in (0.1, 0.01, 1e-3)],
    *[(form, eps) for form in list(FORMS)[1:] for eps in (0.01, 1e-4, 1e-5)]])
def test_difference_quotients_are_named_with_their_step(form, eps):
    found = gradcheck.check(F, X, lambda x: quotients(F, x, form, eps))

    assert f"dx: the difference quotient {form} at eps = {eps:g}, entry by entry: it is off by" in str(found)
    assert "no function" not in str(found) and found.names("wrong") == ["dx"]


def test_difference_quotients_of_one_tensor_among_several_are_named():
    f, inputs = lambda p: F(p["x"]) + np.sin(p["w"]).sum(), {"w": SEEN, "x": X}
    mine = quotients(F, X, "(f(x + eps) - f(x - eps)) / (2 eps)", 1e-3)

    assert list(said(f, inputs, {"w": np.cos(SEEN), "x": mine})) == ["dx"]
    assert "at eps = 0.001" in said(f, inputs, {"w": np.cos(SEEN), "x": mine})["dx"]


@pytest.mark.parametrize("eps", [1e-14, 1e-15])
def test_difference_quotients_of_too_small_a_step_are_named(eps):
    f, x = lambda v: (v**3).sum(), np.array([0.3, -1.2, 2.0])
    forward = lambda v: np.array([(f(v + eps * e) - f(v)) / eps for e in np.eye(3)])

    note = gradcheck.check(f, x, forward)["dx"].note

    assert note == (f"the difference quotient (f(x + eps) - f(x)) / eps at eps = {eps:g}, entry by entry: "
                    "rounding is what is left at so small a step.")
    assert "quotient" not in gradcheck.check(f, x, lambda v: 3 * v**2 * [1.1, 1.2, 0.9])["dx"].note


def test_nothing_else_is_taken_for_difference_quotients():
    right = gradcheck.numerical_gradient(F, X)
    for wrong in (right * (1 + 1e-3), right + 1e-4 * np.sin(9 * X), right + 1e-6, right * (1 + 1e-6 * X)):
        assert "quotient" not in note(F, X, wrong)
    assert gradcheck.check(F, X, quotients(F, X, "(f(x + eps) - f(x - eps)) / (2 eps)", 1e-5)).ok


def test_a_derivative_is_no_difference_quotient_if_what_it_is_held_against_is_off():
    line, right = Line("check", F, X, {"x": X}, False), gradcheck.numerical_gradient(F, X).ravel()

    for off in (1e-2, 1e-4, 1e-6):
        assert of_quotients(right, right * (1 + off), 0, line) == ""
    forward = quotients(F, X, "(f(x + eps) - f(x)) / eps", 1e-3).ravel()
    assert "(f(x + eps) - f(x)) / eps at eps = 0.001" in of_quotients(forward, right, 0, line)


@pytest.mark.parametrize("terms", [dict(mean=4), dict(variance=1.25), dict(mean=4, variance=4)])
def test_a_mean_or_a_variance_of_another_size_is_not_said_to_be_missing(terms):
    assert note(NORMED, X, of_normed(X, G, **terms)).endswith("no gradient, or one of another size.")


@pytest.mark.parametrize("axis, along", [(1, "row"), (0, "column")])
def test_a_norm_of_each_row_that_was_taken_for_a_constant_is_named(axis, along):
    V, weights = np.random.default_rng(3).normal(size=(2, 4, 5))
    norm = lambda v: np.sqrt((v * v).sum(axis=axis, keepdims=True))
    loss = lambda v: (weights * np.tanh(2 * v / norm(v))).sum()
    slope = lambda v: 2 * weights * (1 - np.tanh(2 * v / norm(v)) ** 2) / norm(v)
    right = lambda v: slope(v) - v * (slope(v) * v).sum(axis=axis, keepdims=True) / norm(v) ** 2

    found = gradcheck.check(loss, V, slope)

    assert found["dx"].note.startswith(f"off by a multiple of the parameter's own {along}, to which the ")
    assert gradcheck.check(loss, V, right).ok
    other = gradcheck.check(loss, V, lambda v: right(v) + 0.1 * v * np.abs(v))
    assert "the parameter's own" not in other["dx"].note
