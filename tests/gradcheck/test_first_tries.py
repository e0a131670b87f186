"""What people hand to the check on a first try, with networks and habits of their own."""

import copy

import numpy as np
import pytest

from rnnlib import bptt, gradcheck, rnn

W, B, X = np.random.default_rng(0).normal(size=(2, 2)), np.array([0.3, -0.2]), np.array([0.5, -1.0])
AT = {"W": W, "b": B}


def loss(p):
    return np.tanh(p["W"] @ X + p["b"]).sum()


def grads(p):
    slope = 1 - np.tanh(p["W"] @ X + p["b"]) ** 2
    return {"W": np.outer(slope, X), "b": slope}


class Network:
    """A network that keeps its parameters in attributes."""

    def __init__(self):
        self.W, self.b = W.copy(), B.copy()

    def loss(self):
        return loss(vars(self))


@pytest.mark.parametrize("gradient", [grads, grads(AT)])
def test_a_loss_that_reads_attributes_in_place_of_its_argument_is_not_held_against_the_gradient(gradient):
    network = Network()
    with pytest.raises(ValueError, match=r"of its inputs; got .* Does it use its argument, or"):
        gradcheck.check(lambda p: network.loss(), AT, gradient)
    with pytest.raises(ValueError, match=r"f must be a function of its inputs"):
        gradcheck.taylor_rate(lambda p: network.loss(), AT, gradient, np.random.default_rng(0))


def test_a_loss_that_is_flat_here_or_made_of_steps_is_not_said_to_ignore_its_inputs():
    for f in (lambda v: np.round(v.real).sum(), lambda v: (v.real > 100) * 1.0 @ v, lambda v: 0 * v.sum()):
        assert gradcheck.check(f, X, np.ones(2)).names("wrong") == ["dx"]


def test_the_network_is_left_as_it_was_where_the_loss_writes_into_it():
    network = Network()

    def f(p):
        for name, value in p.items():
            getattr(network, name)[...] = value       # the very arrays that are checked
        return network.loss()

    inputs = {"W": network.W, "b": network.b}
    before = copy.deepcopy(inputs)
    assert gradcheck.check(f, inputs, lambda p: (f(p), grads(p))[1]).ok
    gradcheck.numerical_gradient(f, inputs)
    assert abs(gradcheck.taylor_rate(f, inputs, grads, np.random.default_rng(1)).rate - 2) < 0.1
    for name, value in before.items():
        assert np.array_equal(inputs[name], value), name


def test_a_network_whose_attributes_the_loss_sets_has_those_of_inputs_in_the_end():
    network = Network()

    def f(p):
        network.W, network.b = p["W"], p["b"]
        return network.loss()

    assert gradcheck.check(f, AT, grads).ok
    assert np.array_equal(network.W, W) and np.array_equal(network.b, B) and network.b.dtype == float


def test_assert_of_a_report_or_of_a_location_means_what_it_says():
    point = gradcheck.designed_point(rnn, np.random.default_rng(0))
    assert gradcheck.check(loss, AT, grads)
    assert not gradcheck.check(loss, AT, {"W": 2 * grads(AT)["W"], "b": grads(AT)["b"]})
    assert gradcheck.locate(rnn, *point)
    assert not gradcheck.locate(rnn, *point, lambda cell, p, trace, dhs: dhs)
    assert not gradcheck.check_cell(rnn, *point, lambda *a: bptt.backward(*a[:3], 2 * a[3]))


G = grads(AT)
STRUCTURE = r"must be one array for each of \['W', 'b'\]; got "


@pytest.mark.parametrize(("gradient", "says"), [
    ((1.5, {"dW": G["W"], "db": G["b"]}),
     "a pair of a number and these. Return the gradient alone, without the loss."),
    ({"grad_W": G["W"], "b": G["b"]}, "['grad_W', 'b']. Missing: W. Unknown: grad_W."),
    ({"dW": G["W"], "db": G["b"], "dh0": X}, "['dW', 'db', 'dh0']. Unknown: dh0."),
    ({"dW": G["W"], "W": W, "db": G["b"]}, "['dW', 'W', 'db']. Name each of them once."),
    ((G["W"], G["b"]), "a tuple of 2. inputs is a dict of 2: give the gradient the same structure."),
    (np.ones(6), "shape (6,), float64. inputs is a dict of 2: give the gradient the same structure."),
])
def test_a_gradient_of_another_structure_meets_a_sentence_that_says_which(gradient, says):
    with pytest.raises(ValueError, match=STRUCTURE) as error:
        gradcheck.check(loss, AT, lambda p: gradient)
    assert str(error.value).endswith(f"; got {says}")


def test_the_loss_beside_the_gradient_of_one_array_is_told():
    with pytest.raises(TypeError, match="Return the gradient alone, without the loss"):
        gradcheck.check(lambda v: (v * v).sum(), X, lambda v: ((v * v).sum(), 2 * v))


def test_gradients_named_in_a_list_of_layers_and_numbers_for_scalars_are_taken():
    layers = [{"W": W, "a": np.array(0.5)}, {"W": W + 1, "a": np.array(2.0)}]
    f = lambda p: sum((layer["a"] ** 2 * layer["W"]).sum() for layer in p)
    of = lambda p: [{"dW": layer["a"] ** 2 * np.ones((2, 2)), "da": float(2 * layer["a"] * layer["W"].sum())}
                    for layer in p]

    assert gradcheck.check(f, layers, of).ok


@pytest.mark.parametrize(("inputs", "says"), [
    ({"W": W, "size": 3}, "inputs size must be an array; got 3. Has it no gradient? Leave it out of inputs."),
    ({"W": W, "kind": "tanh"}, "got 'tanh'. Has it no gradient? Leave it out of inputs."),
    ([0.3, -1.2], "inputs must be arrays; got [0.3, -1.2]. Use np.array(inputs, float)."),
    (Network(), "Give a dict of its arrays, as vars makes one, and let f take it."),
    (AT.values(), "Give a list, a tuple or a dict of arrays."),
    (grads, "Is it in the place of another? f comes first, then inputs."),
])
def test_inputs_that_are_no_arrays_meet_a_sentence_that_says_what_to_do(inputs, says):
    with pytest.raises(TypeError) as error:
        gradcheck.check(loss, inputs, grads)
    assert says in str(error.value)


@pytest.mark.parametrize(("leaf", "g", "says"), [
    (B, np.ones((4, 5, 2)), "got shape (4, 5, 2), float64. 2 sums are missing?"),
    (B, np.float64(2), "got shape (), float64. Summed over all axes, where some stay?"),
    (np.ones((1, 2)), np.ones((5, 2)), "got shape (5, 2), float64. A sum along axis 0 is missing?"),
    (np.ones((3, 1)), np.ones((3, 6)),
     "A sum along axis 1 is missing? Or (n, 1) has met (n,), which makes (n, n)."),
    (np.ones(1), 2.0, "must be an array (1,); got 2.0. Make it an array of this shape."),
    (B, np.array([1, 2]), "got int64. Integers cut decimals off: begin with an array of floats."),
])
def test_a_gradient_of_another_shape_or_kind_is_asked_about_what_is_missing(leaf, g, says):
    with pytest.raises((ValueError, TypeError)) as error:
        gradcheck.check(lambda p: p["b"].sum(), {"b": leaf}, {"b": g})
    assert str(error.value).endswith(says)


@pytest.mark.parametrize(("f", "options", "says"), [
    (lambda v: None, {}, "got None. Does it end with return?"),
    (lambda v: [a * a for a in v], {}, "Add them up: a gradient is that of one number."),
    (lambda v: np.log(v[0] * 0), {}, "got -inf. That begins: in `np.log(v[0] * 0)`, a logarithm is taken of 0."),
    (lambda v: v.sum(), {"eps": 1e-7}, 'Use 1e-30. For differences, give method="central" too.'),
])
def test_a_loss_that_is_no_number_and_a_step_of_another_method_are_explained(f, options, says):
    with pytest.raises((ValueError, TypeError)) as error:
        gradcheck.check(f, X, np.ones(2), **options)
    assert str(error.value).endswith(says)


def test_an_error_without_words_is_named_without_a_colon():
    def f(v):
        if v.dtype != float:
            raise AssertionError
        return (v * v).sum()

    assert "(AssertionError):" in gradcheck.check(f, X, 2 * X).notes[0]
