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
    inputs = {"U": np.ones((3, 3)), "V": np.ones((3, 3)), "b": np.ones(4)}
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
    ("the numbers of dV.", {"U": V}),
    ("cut off at ±0.1, right below.", {"U": np.clip(U, -0.1, 0.1)}),
    ("right except in row [1].", {"U": U + [[0], [1], [0]]}),
    ("right except at [0], [2].", {"b": B + [1, 0, -1, 0]}),
])
def test_a_wrong_gradient_is_called_what_its_numbers_are(note, other):
    assert said(**other) == [note]


@pytest.mark.parametrize("other", [
    {"U": U + 1}, {"U": U + V}, {"b": B * np.arange(2.0, 6.0)}, {"V": np.tanh(V)}, {"U": U * (1 + 1e-5)},
    {"U": np.clip(U, -0.9 * np.abs(U).max(), 0.9 * np.abs(U).max()) + V}])
def test_nothing_is_said_where_nothing_of_this_was_measured(other):
    assert said(**other) == [""]


def test_one_number_is_no_pattern_but_its_sign_is():
    of = lambda w: 3 * w.sum()
    notes = [gradcheck.check(of, np.ones(1), np.array([g]))["dx"].note for g in (6.0, -3.0, 0.0)]

    assert notes == ["", "minus what it should be.", "all zero, and should not be."]


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
