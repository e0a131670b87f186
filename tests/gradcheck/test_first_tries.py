"""What people hand to the check on a first try, with networks and habits of their own."""

import copy
import re

import numpy as np
import pytest

from rnnlib import bptt, gradcheck, gru, lstm, rnn

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


def test_a_loss_that_is_flat_here_is_not_said_to_ignore_its_inputs():
    for f in (lambda v: (v.real > 100) * 1.0 @ v, lambda v: 0 * v.sum()):
        assert gradcheck.check(f, X, np.ones(2)).names("wrong") == ["dx"]


LABELS = np.random.default_rng(4).integers(0, 2, 50)
POINTS = np.random.default_rng(5).normal(size=(50, 3))
STAIRS = {                                            # how high its steps are
    **{f"{digits} digits": (lambda v, digits=digits: round(float((v.real**2).sum()), digits), 10.0**-digits)
       for digits in range(6)},
    "printed": (lambda v: float(f"{(v.real**2).sum():.3g}"), 0.01),
    "float16": (lambda v: float(np.float16((v.real**2).sum())), 2.0**-8),
    "accuracy": (lambda v: float(((POINTS @ v.real > 0) == LABELS).mean()), 0.02),
}


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("f, step", STAIRS.values(), ids=STAIRS)
def test_a_loss_that_moves_in_steps_is_refused_whatever_the_gradient(f, step, factor):
    x = np.array([0.3, -1.2, 2.0])
    said = re.escape(f"must be smooth; got one that moves in steps of {step:.2g}. Is it rounded, or a count?")

    for method in ("auto", "central"):
        with pytest.raises(ValueError, match=said):
            gradcheck.check(f, x, factor * x, method=method)
    with pytest.raises(ValueError, match=said):
        gradcheck.numerical_gradient(f, x)
    with pytest.raises(ValueError, match=said):
        gradcheck.taylor_rate(f, x, factor * x, np.random.default_rng(0))


@pytest.mark.parametrize("f", [
    lambda v: np.maximum(1 - (POINTS @ v.real) * (2 * LABELS - 1), 0).mean(),     # flat, and sloping in parts
    lambda v: np.abs(v.real).max(), lambda v: np.clip(v.real, -1, 1).sum(), lambda v: 3 * v.real.sum(),
    lambda v: round(float((v.real**2).sum()), 8),                                 # differences see through it
    lambda v: 1e8 + (v.real**2).sum(),                                              # by its own rounding
])
def test_a_loss_with_corners_or_large_numbers_is_not_said_to_move_in_steps(f):
    x = np.array([0.3, -1.2, 2.0])

    assert gradcheck.check(f, x, 7 * x).names("wrong") == ["dx"]
    gradcheck.numerical_gradient(f, x)


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

    for look in (lambda: gradcheck.check(f, AT, grads), lambda: gradcheck.numerical_gradient(f, AT),
                 lambda: gradcheck.taylor_rate(f, AT, grads, np.random.default_rng(0))):
        assert look()
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


def test_a_comma_too_many_and_a_yield_in_a_gradient_are_asked_about():
    comma, lazy = lambda v: (2 * v,), lambda v: (a for a in v)
    for of, says in ((comma, "Is there a comma too many"), (lazy, "Does it end with return")):
        with pytest.raises(TypeError, match=says):
            gradcheck.check(lambda v: (v * v).sum(), X, of)


def test_a_network_of_pytorch_is_told_to_give_its_parameters(torch):
    with pytest.raises(TypeError, match=r"for n, w in x.named_parameters\(\)}, and let f take it"):
        gradcheck.check(loss, torch.nn.Linear(2, 2), grads)


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
    (np.zeros(2, [("W", float), ("b", float)]), "Give its fields in a dict."),
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
    (B, np.ones(2) + 0j, "got complex128. Use its .real, if the imaginary part is rounding."),
    (B, np.array([1, 2]), "got int64. Integers cut decimals off: begin with an array of floats."),
])
def test_a_gradient_of_another_shape_or_kind_is_asked_about_what_is_missing(leaf, g, says):
    with pytest.raises((ValueError, TypeError)) as error:
        gradcheck.check(lambda p: p["b"].sum(), {"b": leaf}, {"b": g})
    assert str(error.value).endswith(says)


@pytest.mark.parametrize(("f", "options", "says"), [
    (lambda v: None, {}, "got None. Does it end with return?"),
    (lambda v: [a * a for a in v], {}, "Add them up: a gradient is that of one number."),
    (lambda v: np.log(v[0] * 0), {}, "That begins: in `np.log(v[0] * 0)`, a logarithm is taken of 0."),
    (lambda v: (a for a in v), {}, "Does it end with return?"),
    (lambda v: (v * v).sum(), {"stacked": True}, "Sum over all axes but the first; or leave stacked out."),
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


@pytest.mark.parametrize(("turn", "turned"), [(np.copy, ""), (np.transpose, ", transposed,")])
def test_one_weight_under_two_names_with_the_whole_gradient_under_each_is_told(turn, turned):
    E, A, C = np.random.default_rng(1).normal(size=(3, 3, 4))
    f = lambda p: (A * np.tanh(p["E"])).sum() + (turn(C) * np.tanh(p["out"])).sum()
    own, other = A * (1 - np.tanh(E) ** 2), C * (1 - np.tanh(E) ** 2)

    found = gradcheck.check(f, {"E": E, "out": turn(E)}, {"E": own + other, "out": turn(own + other)})

    said = ("what it should be and what {}{} should be, added up, as of one weight in both places: here each "
            "has the part of its own place.")
    assert found["dE"].note == said.format("dout", turned)
    assert found["dout"].note == said.format("dE", turned)


def test_what_is_off_by_the_same_numbers_at_other_inputs_is_told():
    A, y, v = np.random.default_rng(2).normal(size=(6, 3)), np.arange(6.0), np.ones((3, 1))
    of = lambda v: 2 * A.T @ (A @ v - y[:, None]) / 6

    found = gradcheck.check(lambda v: ((A @ v - y) ** 2).mean(), v, of)          # (6, 1) - (6,) is (6, 6)
    assert found.notes[0].startswith("What is off is the same at other inputs: look at what does not depend")
    assert not gradcheck.check(lambda v: ((A @ v) ** 4).mean(), v, of).notes[:1] == found.notes[:1]


def test_a_small_number_in_the_loss_alone_is_asked_about():
    xs, ys = np.random.default_rng(5).normal(size=(6, 2)), np.array([0, 1, 1, 0, 1, 0])
    of_h = lambda p: np.tanh(xs + p["b"])

    def soft(z):
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    def of(p):
        h = of_h(p)
        d = soft(h @ p["W"].T) - np.eye(2)[ys]
        return {"W": d.T @ h, "b": ((1 - h * h) * (d @ p["W"])).sum(axis=0)}

    def check(eps):
        return gradcheck.check(lambda p: -np.log(soft(of_h(p) @ p["W"].T)[range(6), ys] + eps).sum(), AT, of)

    assert check(0).ok
    said = "What is off is 2e-08 of the largest entry at most: as where f has a small number in it, such as"
    assert said in str(check(1e-8))
    assert "another function" in str(check(1e-2)) and "small number" not in str(check(1e-2))


def test_rows_of_a_large_embedding_that_lose_what_is_repeated_are_named():
    rng = np.random.default_rng(3)
    E, seen, G = rng.normal(size=(300, 8)), np.array([5, 7, 7, 11, 200]), rng.normal(size=(5, 8))

    def lost(E):
        dE = np.zeros_like(E)
        dE[seen] += G * (1 - np.tanh(E[seen]) ** 2)   # of two uses of row 7 one is left
        return dE

    found = gradcheck.check(lambda E: (G * np.tanh(E[seen])).sum(), E, lost)
    assert found["dx"].note == "right except in row [7], of 40 rows looked at."


def test_a_symmetric_matrix_is_named_where_all_else_is_right():
    f, p = lambda p: np.tanh(p["W"] @ (p["W"] @ X)).sum(), {"W": np.eye(2) + 0.3}

    def of(p):
        d = 1 - np.tanh(p["W"] @ (p["W"] @ X)) ** 2
        return {"W": np.outer(d, p["W"] @ X) + np.outer(p["W"] @ d, X)}          # W @ d for W.T @ d

    found = gradcheck.check(f, p, of)
    assert found.ok and found.notes[-1] == "W is symmetric: a missing transpose of W would not show."
    other = gradcheck.check(f, {"W": W}, of)
    assert not other.ok and "symmetric" not in str(other)
    point = gradcheck.designed_point(rnn, np.random.default_rng(0))
    notes = gradcheck.check_cell(rnn, point[0]._replace(W_h=np.eye(3)), *point[1:]).notes
    assert len([note for note in notes if "symmetric" in note]) == 1


def test_the_dhs_of_one_step_and_the_numbers_of_words_are_asked_about():
    p, xs, h0, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"A loss at one step only\? Put zeros at the others\."):
        gradcheck.check_cell(rnn, p, xs, h0, dhs[-1])
    with pytest.raises(ValueError, match=r"got shape \(5, 4\), int64. Indices\? Use np.eye\(2\)\[xs\]"):
        bptt.forward(rnn, p, np.zeros((5, 4), int))


def test_a_mean_that_has_no_gradient_is_told_behind_a_matrix_too():
    A, x = np.random.default_rng(4).normal(size=(5, 3)), np.array([0.5, -1.0, 2.0])
    w = np.arange(1.0, 6.0) ** 2
    f = lambda A: (w * (A @ x - (A @ x).mean())).sum()

    found = gradcheck.check(f, A, lambda A: np.outer(w, x))
    assert found["dx"].note.startswith("off by one number along axis 0; the right one sums to 0 there")


def test_a_loss_that_takes_a_name_out_of_its_inputs_is_refused():
    def f(p):
        b = p.pop("b")
        return np.tanh(p["W"] @ X + b).sum()

    with pytest.raises(ValueError, match=r"f must be without side effects; got \['W'\] left of \['W', 'b'\]"):
        gradcheck.check(f, dict(AT), grads)


POINT = gradcheck.designed_point(rnn, np.random.default_rng(0))


def right(cell, p, trace, dhs):
    return bptt.backward(cell, p, trace, dhs)


def test_a_backward_pass_or_a_dhs_in_the_place_of_another_argument_is_told():
    p, xs, h0, dhs = POINT
    for at, name in (((p, xs, right), "state"), ((p, xs, h0, right), "dhs")):
        with pytest.raises(TypeError, match=rf"{name} must be of numbers; got .* Use backward="):
            gradcheck.locate(rnn, *at)
    with pytest.raises(ValueError, match=r"state must be of one step; got .* Is it dhs\? Use dhs="):
        gradcheck.check_cell(rnn, p, xs, dhs)
    with pytest.raises(TypeError, match=r"Give the function, not what it returns"):
        gradcheck.check_cell(rnn, *POINT, ({}, {}))
    with pytest.raises(TypeError, match=r"Gradient.params must be a Params\(W_x, W_h, b\); got "):
        gradcheck.check_cell(rnn, *POINT, lambda *a: right(*a)._replace(params=right(*a).params._asdict()))


def deltas(*a):
    return bptt.deltas(*a)[0]


def of_b(change):
    return lambda *a: {"db": change(deltas(*a).sum(axis=(0, 1)))}


@pytest.mark.parametrize(("backward", "says"), [
    (np.ones(3), "got shape (3,), float64. Give the function, not what it returns."),
    (lambda *a: deltas(*a).astype(int), "int64: integers cut decimals off, so begin with an array of"),
    (lambda *a: (1.5, {"b": 1}), "or a dict by name. Is one of them the loss? Leave it out."),
    (of_b(lambda b: b[None]), "One change explains every number: db keeps an axis of length 1, as keep"),
    (of_b(lambda b: b[:, None]), "One change explains every number: db keeps an axis of length 1, as keep"),
    (of_b(np.sum), "One change explains every number: db is summed over its last axis, too."),
    (lambda *a: [right(*a).params[k] for k in (1, 0, 2)],
     "One change explains every number: dW_x and dW_h are exchanged."),
    (of_b(np.ndarray.tolist), "Right: db"),
])
def test_locate_reads_and_names_what_comes_in_another_form(backward, says):
    assert says in gradcheck.locate(rnn, *POINT, backward).sentence


def test_a_slope_that_settles_at_another_step_is_not_shown_as_if_it_had_been_met_at_once():
    b = 1e-6 * np.random.default_rng(6).normal(size=5)
    f = lambda p: np.abs(1e-6 * p["a"]).sum() + np.abs(np.tanh(1e6 * p["b"])).sum()
    slope = lambda b: 1e6 * np.sign(b) * (1 - np.tanh(1e6 * b) ** 2)
    of = lambda p: {"a": 1e-6 * np.sign(p["a"]), "b": slope(p["b"])}

    found = gradcheck.check(f, {"a": 1e12 * b, "b": b}, of)
    assert found.ok and found["da"].note == ""
    assert found["db"].error > 0.9                        # of differences at 1e-5
    assert found["db"].note == "by differences at another step, where they settle; at 1e-05 they do not."


def test_a_gradient_of_zero_at_a_kink_is_said_to_stand_at_one():
    f = lambda p: np.abs(p["W"]).sum() + np.abs(p["b"]).sum()
    found = gradcheck.check(f, {"W": W, "b": np.zeros(2)}, lambda p: {n: np.sign(w) for n, w in p.items()})

    assert found.names("kink") == ["db"] and found.names("right") == ["dW"]
    assert found["db"].note == ("kink: the gradient is all zero, and here or very near, the slopes of the "
                                "two sides differ, by 2.")


def test_what_else_a_gradient_takes_goes_into_the_lambda():
    with pytest.raises(TypeError, match=r"gradient\(\*inputs\). All else that it takes goes into"):
        gradcheck.check(loss, AT, lambda dout, cache: cache)


def carries_in_one_array(cell, p, trace, dhs):
    dh_next = dc_next = np.zeros(dhs.shape[1:])
    delta = np.zeros_like(trace.zs)
    for t in reversed(range(len(dhs))):
        at = trace.at(t)
        delta[t], (dh, dc) = lstm.step_backward(p, (dhs[t] + dh_next, dc_next), at)
        dh_next[...] = dh
        dc_next[...] = dc
    return delta


def one_array_for_all_deltas(cell, p, trace, dhs):
    found, carry, delta = [], 0, np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        delta[...] = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + carry)
        found.insert(0, delta)
        carry = delta @ p.W_h
    return np.array(found)


def bias_summed_over_units_too(cell, p, trace, dhs):
    grad = bptt.backward(cell, p, trace, dhs).params
    b = np.zeros_like(p.b)
    b += grad.b.sum()
    return grad._replace(b=b)


@pytest.mark.parametrize("cell, backward, cause", [
    (lstm, carries_in_one_array, "dh_next and dc_next are one array, which holds what dc carries"),
    (rnn, one_array_for_all_deltas,
     "delta_1 stands at every step, as where one array is written anew for each"),
    (rnn, bias_summed_over_units_too, "db is summed over its last axis, too"),
])
def test_arrays_that_are_one_and_sums_that_spread_are_named(cell, backward, cause):
    point = gradcheck.designed_point(cell, np.random.default_rng(0))

    assert gradcheck.locate(cell, *point, backward).cause == cause


@pytest.mark.parametrize("order", [
    lambda g: (g.xs, *g.params), lambda g: (g.xs, *g.state, *g.params),
    lambda g: [*g.params, g.xs, *g.state]])
def test_gradients_in_an_order_of_ones_own_are_told_by_their_shapes(order):
    point = gradcheck.designed_point(rnn, np.random.default_rng(0))
    square = gradcheck.designed_point(rnn, np.random.default_rng(0), D=3)      # dW_x and dW_h look alike

    right = gradcheck.locate(rnn, *point, lambda *given: order(bptt.backward(*given)))
    wrong = gradcheck.locate(rnn, *point, lambda *given: order(bptt.backward(*given)._replace(
        params=rnn.Params(*(2 * g for g in bptt.backward(*given).params)))))
    unclear = gradcheck.locate(rnn, *square, lambda *given: order(bptt.backward(*given)))

    assert right.ok and wrong.cause == "it is counted twice, in all parameters"
    assert "things; expected deltas" in unclear.sentence


def test_gradients_by_gate_are_told_where_gates_stand():
    found = gradcheck.locate(lstm, *gradcheck.designed_point(lstm, np.random.default_rng(0)),
                             lambda *given: {"dW_f": 0.0, "dW_i": 0.0})

    assert found.sentence.endswith("The gates stand one under the other in W_x, W_h and b.")


def lstm_pass(*, to_c=lambda o, slope: o * slope, of_i=lambda g: g, kept=lambda f: f):
    """Return the deltas of an LSTM, gate by gate, with one quantity replaced."""
    def backward(cell, p, trace, dhs):
        dh_next, dc_next, found = 0, 0, []
        for t in reversed(range(len(dhs))):
            i, f, g, o = lstm.split(trace.kept.gates[t])
            tanh_c, dh = trace.kept.tanh_cs[t], dhs[t] + dh_next
            dc = dc_next + dh * to_c(o, 1 - tanh_c ** 2)
            found.insert(0, np.concatenate([
                dc * of_i(g) * i * (1 - i), dc * trace.cs[t] * f * (1 - f), dc * i * (1 - g ** 2),
                dh * tanh_c * o * (1 - o)], axis=-1))
            dh_next, dc_next = found[0] @ p.W_h, dc * kept(f)
        return found
    return backward


def gru_pass(sent):
    """Return the deltas of a GRU; sent(dn, r, W_n) goes back through the candidate."""
    def backward(cell, p, trace, dhs):
        found, back = [], 0
        for t in reversed(range(len(dhs))):
            (r, z, n), h, dh = gru.split(trace.kept.gates[t]), trace.hs[t], dhs[t] + back
            dn = dh * (1 - z) * (1 - n * n)
            dr, dz = dn * trace.kept.hns[t] * r * (1 - r), dh * (h - n) * z * (1 - z)
            W_r, W_z, W_n = np.split(p.W_h, 3)
            found.insert(0, np.concatenate([dr, dz, dn], axis=-1))
            back = dh * z + dr @ W_r + dz @ W_z + sent(dn, r, W_n)
        return found
    return backward


@pytest.mark.parametrize("cell, backward, cause", [
    (lstm, lstm_pass(to_c=lambda o, slope: o * o * slope), "o stands twice where h_t sends to c_t"),
    (lstm, lstm_pass(of_i=np.tanh), "delta^i takes tanh(g): g is squashed already"),
    (lstm, lstm_pass(kept=lambda f: f * (1 - f)), "dc_prev takes f(1 - f), the slope of f, for f"),
    (gru, gru_pass(lambda dn, r, W: (dn * r * r) @ W), "r stands twice on the road through n"),
    (gru, gru_pass(lambda dn, r, W: ((dn * r) @ W) * r),
     "r multiplies what W_h^n sends back, too: it multiplies delta^n before"),
])
def test_factors_that_stand_twice_or_are_slopes_are_named(cell, backward, cause):
    point = gradcheck.designed_point(cell, np.random.default_rng(0))

    assert gradcheck.locate(cell, *point, backward).cause == cause


def test_the_passes_of_this_file_are_right_without_a_change():
    for cell, backward in ((lstm, lstm_pass()), (gru, gru_pass(lambda dn, r, W: (dn * r) @ W))):
        assert gradcheck.locate(cell, *gradcheck.designed_point(cell, np.random.default_rng(0)), backward).ok
