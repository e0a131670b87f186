import numpy as np
import pytest

from rnnlib import bptt, gradcheck, layers, lstm, rnn

RNG = np.random.default_rng(0)
U, V, B = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=4)
X = np.arange(1.0, 4.0)


def loss(i):
    """Return a loss whose gradient is U, V and B."""
    return (U * i["U"]).sum() + (V * i["V"]).sum() + (B * i["b"]).sum()


def said(**other):
    """Return the note of each tensor whose gradient is given as other; all else is right."""
    inputs = {"U": V + 1, "V": U - 1, "b": np.ones(4)}
    found = gradcheck.check(loss, inputs, {"U": U, "V": V, "b": B, **other})
    assert not found.ok and set(found.names("wrong")) == {f"d{name}" for name in other}
    return [v.note for v in found.verdicts if v.verdict == "wrong"]


@pytest.mark.parametrize(("note", "other"), [
    ("all zero, and should not be.", {"U": 0 * U}),
    ("minus what it should be, in every entry.", {"b": -B}),
    ("0.25 times what it should be, in every entry.", {"U": U / 4}),
    ("the transpose of what it should be.", {"V": V.T}),
    ("right, but reversed along axis 0.", {"b": B[::-1]}),
    ("right, but reversed along axis 1.", {"U": U[:, ::-1]}),
    ("right, but in another order along axis 0: [2, 0, 1].", {"U": U[[2, 0, 1]]}),
    ("right, but in another order along axis 1: [1, 0, 2].", {"V": V[:, [1, 0, 2]]}),
    ("right, but in another order along axis 0: [0, 2, 1, 3].", {"b": B[[0, 2, 1, 3]]}),
    ("the numbers of dV.", {"U": V}),
    ("cut off at ±0.1, right below.", {"U": np.clip(U, -0.1, 0.1)}),
    ("right, but for 0.01 times the parameter itself, as a penalty leaves it.", {"U": U + 0.01 * (V + 1)}),
    ("right except in row [1].", {"U": U + [[0], [1], [0]]}),
    ("right except in row [1], which is 0.5 times what it should be.", {"U": U * [[1], [0.5], [1]]}),
    ("right except in row [1], which is all zero.", {"U": U * [[1], [0], [1]]}),
    ("right except in rows [0], [2], which are 3 times what they should be.", {"U": U * [[3], [1], [3]]}),
    ("right except at [0], [2].", {"b": B + [1, 0, -1, 0]}),
    ("1 + 1e-05 times what it should be, in every entry.", {"U": U * (1 + 1e-5)}),
    ("1 - 3e-08 times what it should be, in every entry.", {"V": V * (1 - 3e-8)}),
    ("right, but for 1e-07 times the parameter itself, as a penalty leaves it.", {"U": U + 1e-7 * (V + 1)}),
    ("right except in row [1].", {"U": U + [[0], [1e-8], [0]]}),
    ("right except in column [2].", {"V": V + [0, 0, 1e-9]}),
    ("the right numbers, in other places.", {"U": U.ravel()[[3, 1, 4, 0, 5, 2, 6, 7, 8]].reshape(3, 3)}),
])
def test_a_wrong_gradient_is_called_what_its_numbers_are(note, other):
    assert said(**other) == [note]


@pytest.mark.parametrize("other", [
    {"U": U + 1}, {"U": U + V}, {"b": B * np.arange(2.0, 6.0)}, {"V": np.tanh(V)}, {"U": U[[1, 2, 1]]},
    {"U": U * (1 + 1e-5 * np.arange(9.0).reshape(3, 3))}, {"V": V + 1e-8 * U}, {"U": U + 1e-8 * U**2},
    {"U": np.clip(U, -0.9 * np.abs(U).max(), 0.9 * np.abs(U).max()) + V},
    {"U": U[[1, 0, 2]] * [1, 1, 1.001]}])
def test_nothing_is_said_where_nothing_of_this_was_measured(other):
    assert said(**other) == [""]


def test_a_reshape_in_place_of_a_transpose_is_told():
    W, G = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 2, 3))
    of = lambda wrong, n=W: gradcheck.check(lambda x: (n * x).sum(), 1 + n, wrong)["dx"].note
    reshaped = "the right numbers in other places, as where reshape is used to exchange axes."

    assert of(W.T.reshape(2, 3)) == of(W.reshape(3, 2).T) == reshaped
    assert of(G.swapaxes(0, 1).reshape(4, 2, 3), G) == reshaped
    assert of((1.001 * W).T.reshape(2, 3)) == ""


def test_to_be_zero_where_nothing_arrives_is_no_sign_of_being_right():
    seen = np.array([0, 1, 1, 3])                         # no token 2
    loss = lambda E: (G_4 * np.tanh(E[seen])).sum()
    E, G_4 = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))

    def gradient(slope):
        found = np.zeros_like(E)
        np.add.at(found, seen, G_4 * slope(np.tanh(E[seen])))
        return found

    of = lambda wrong: gradcheck.check(loss, E, wrong)["dx"].note
    wrong, right = gradient(lambda h: 1 - h**4), gradient(lambda h: 1 - h**2)
    assert of(right) == of(wrong) == of(wrong.T[[0, 1, 2]].T) == ""
    wrong[3] = right[3]
    assert of(wrong) == "right except in rows [0], [1]."


def test_one_number_is_no_pattern_but_its_sign_is():
    of = lambda w: 3 * w.sum()
    notes = [gradcheck.check(of, np.ones(1), np.array([g]))["dx"].note for g in (6.0, -3.0, 0.0)]

    assert notes == ["", "minus what it should be.", "all zero, and should not be."]


def test_what_f_does_not_depend_on_should_have_no_gradient():
    at = {"a": X, "b": X}
    ignored = gradcheck.check(lambda i: np.sin(i["a"]).sum(), at, {"a": np.cos(X), "b": X})["db"].note
    f = lambda i: np.sin(i["a"]).sum() + np.round(i["b"].real + 0.2).sum()
    flat = gradcheck.check(f, at, {"a": np.cos(X), "b": X})["db"].note

    assert flat == "not zero, and should be: f does not change with it here."
    assert ignored == ("not zero, and should be: f does not change with it here, nor far from here, nor "
                       "where it is NaN. Does f use it, or another array in its place?")


def test_the_same_note_is_said_once_for_all_tensors():
    inputs = {"U": np.ones((3, 3)), "V": np.ones((3, 3)), "b": np.ones(4)}
    found = str(gradcheck.check(loss, inputs, {"U": 2 * U, "V": 2 * V, "b": B}))

    assert "dU, dV: 2 times what it should be, in every entry." in found


def test_the_two_directions_exchanged_name_each_other():
    xs, dhs = RNG.normal(size=(5, 4, 2)), RNG.normal(size=(5, 4, 6))
    pair = tuple(gradcheck.designed_point(rnn, np.random.default_rng(s))[0] for s in (1, 2))
    trace = layers.forward(rnn, (pair,), xs)
    (first, second), = layers.backward(rnn, (pair,), trace, dhs).params
    of = lambda q: (dhs * layers.forward(rnn, (q,), xs).outputs).sum()

    found = gradcheck.check(of, pair, (second, first))

    assert [v.note for v in found.verdicts] == [
        f"the numbers of d{k}.{name}." for k in (1, 0) for name in ("W_x", "W_h", "b")]
    assert gradcheck.check(of, pair, (first, second)).ok


def test_locate_names_the_gates_whose_rows_are_wrong_without_deltas_too():
    def backward(cell, p, trace, dhs):
        right = bptt.backward(cell, p, trace, dhs).params
        b = right.b.copy()
        b[:3] = b[9:] = b[3:6]                            # those of f
        return right._replace(b=b)

    found = gradcheck.locate(lstm, *gradcheck.designed_point(lstm, np.random.default_rng(0)), backward)

    assert found.where == "db is wrong, in the rows of i and o; dW_x and dW_h are right."
    assert found.sentence.endswith("these numbers. db: the rows of i and o are those of f.")


@pytest.mark.parametrize("rows, where", [(slice(3, 6), ", in the rows of f"), (slice(None), "")])
def test_the_gates_whose_rows_of_one_tensor_are_off_are_named_where_dxs_are_right(rows, where):
    def change(found):
        W_h = found.params.W_h.copy()
        W_h[rows] += np.sin(np.arange(W_h[rows].size)).reshape(W_h[rows].shape)
        return found._replace(params=found.params._replace(W_h=W_h))

    assert located(change).startswith(f"dW_h is wrong{where}; dxs is right, and so, as far as it shows")


@pytest.mark.parametrize("gates, said", [
    ("ig", " db: the rows of i and g are 0.3 times what they should be."), ("ifgo", None)])
def test_one_factor_of_the_rows_of_some_gates_is_told_and_not_that_of_all(gates, said):
    def backward(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs).params
        off = np.repeat([k in gates for k in "ifgo"], 3)
        return found._replace(b=found.b * np.where(off, 0.3, 1))

    found = gradcheck.locate(lstm, *gradcheck.designed_point(lstm, np.random.default_rng(0)), backward)

    assert found.sentence.endswith(said) if said else "the rows of" not in found.sentence


@pytest.mark.parametrize("wrong, note", [
    (lambda g: g / 6, "0.1667 times what it should be, along every direction."), (lambda g: g + 0.1, "")])
def test_a_factor_is_told_where_only_directions_are_checked(wrong, note):
    g = RNG.normal(size=(50, 50))
    found = gradcheck.check(lambda w: (g * w).sum(), np.ones((50, 50)), wrong(g))

    assert found["dx"].verdict == "wrong" and found["dx"].note == note


def located(change, cell=lstm):
    """Return what locate says of the right bptt.Gradient, changed."""
    backward = lambda *given: change(bptt.backward(*given))
    point = gradcheck.designed_point(cell, np.random.default_rng(0))
    return gradcheck.locate(cell, *point, backward).sentence


@pytest.mark.parametrize("off", [1e-9, 3e-6, 3e-5])
def test_no_row_is_called_right_that_is_off_by_as_large_a_share_as_the_others(off):
    p, xs, state, dhs = gradcheck.designed_point(lstm, np.random.default_rng(1))

    def backward(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs)
        return found._replace(params=found.params._replace(W_h=found.params.W_h * (1 + off)))

    report = gradcheck.check_cell(lstm, p, xs, state, dhs=dhs, backward=backward)
    assert "WRONG: dW_h (1 of 6" in str(report) and "right except" not in str(report)
    found = gradcheck.locate(lstm, p, xs, state, dhs, backward)
    assert found.sentence.endswith(f" dW_h: 1 + {off:.2g} times what it should be, in every entry.")


@pytest.mark.parametrize("cell", [rnn, lstm])
def test_what_should_be_zero_and_is_not_is_wrong_without_a_warning(cell):
    """With one step from a state of zero nothing reaches W_h."""
    rng = np.random.default_rng(0)
    p, xs, dhs = cell.init(rng, 2, 3), rng.normal(size=(1, 4, 2)), rng.normal(size=(1, 4, 3))

    def backward(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs)
        return found._replace(params=found.params._replace(W_h=found.params.W_h + 0.1))

    found = gradcheck.locate(cell, p, xs, None, dhs, backward)
    assert not found.ok and found.sentence.startswith("dW_h is wrong")


def test_where_all_parameters_are_right_dxs_is_blamed_and_not_the_deltas():
    said = located(lambda found: found._replace(xs=found.xs[:, [1, 2, 0, 3]]))

    assert said.startswith("dxs is wrong; dW_x, dW_h, db, dh0 and dc0 are right. No single change")
    assert said.endswith("dxs: right, but in another order along axis 1: [1, 2, 0, 3].")


def test_locate_says_what_the_numbers_are_where_no_change_explains_them():
    said = located(lambda found: found._replace(state=found.state[::-1]))
    scaled = located(lambda found: found._replace(params=found.params._make(0.1 * w for w in found.params)))

    assert said.endswith("No single change of the list gives these numbers. dh0: the numbers of dc0. "
                         "dc0: the numbers of dh0.")
    assert scaled.endswith(" dW_x, dW_h, db: 0.1 times what it should be, in every entry.")


def test_a_pass_of_other_arguments_is_told_with_which_it_is_called():
    point = gradcheck.designed_point(lstm, np.random.default_rng(0))

    found = gradcheck.locate(lstm, *point, lambda p, trace, dhs: None)

    assert found.sentence == (
        "The backward pass is called with (cell, p, trace, dhs); it takes (p, trace, dhs).")


def test_check_cell_refuses_parameters_of_float32_for_what_they_are():
    p, *point = gradcheck.designed_point(rnn, np.random.default_rng(0))
    half = [a.astype(np.float32) for a in (point[0], point[1][0], point[2])]

    with pytest.raises(TypeError, match=r"check_cell: p must be of float64; got float32\. In float32 every"):
        gradcheck.check_cell(rnn, p._make(w.astype(np.float32) for w in p), *half)


def test_a_mask_without_any_step_is_the_reason_why_nothing_shows():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))

    found = gradcheck.check_cell(rnn, p, xs, state, dhs, mask=np.zeros((5, 4), bool))

    assert found.names("unseen") == ["dW_x", "dW_h", "db", "dxs"]
    assert all(found[name].note.endswith("because the mask leaves out every step.")
               for name in found.names("unseen"))
