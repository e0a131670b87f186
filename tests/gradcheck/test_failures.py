"""Errors of NumPy are told in words, with the shapes and the piece of code."""

import math

import numpy as np
import pytest

from rnnlib.gradcheck import guard

W, x, h = np.ones((3, 2)), np.ones((4, 2)), np.ones((4, 3))


def in_two_lines(W, x, h):
    z = x @ W.T
    return z + x


def helped(W, x, h):
    return inner(W, h)


def inner(W, h):
    return h @ W.T


def grows(W, x, h):
    z = np.zeros(3)
    z += h
    return z


def placed(W, x, h):
    out = np.zeros((4, 2))
    out[0] = h
    return out


def whole_numbers(W, x, h):
    out = np.zeros(3, int)
    out += 0.5
    return out


def unpacked(W, x, h):
    q, s = x.shape; r, z = W  # noqa: E702
    return r


def unpacked_few(W, x, h):
    r, z, n = W.T
    return r


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (
            lambda W, x, h: W @ x,
            "`W @ x`, the matrix product of (3, 2) and (4, 2) does not fit: its inner sizes are 2 and 4",
        ),
        (lambda W, x, h: W.T @ h[0:2].T @ x[:, :1], "the matrix product of (2, 2) and (4, 1) does not fit"),
        (
            lambda W, x, h: np.dot(W, x),
            "`np.dot(W, x)`, the matrix product of (3, 2) and (4, 2) does not fit",
        ),
        (lambda W, x, h: x + h, "`x + h`, shapes (4, 2) and (4, 3) do not fit together entry by entry"),
        (lambda W, x, h: np.add(x, h), "shapes (4, 2) and (4, 3) do not fit together entry by entry"),
        (lambda W, x, h: h[7], "`h[7]`, there is no index 7: that axis has 4 entries, 0 to 3"),
        (lambda W, x, h: h[0, 1, 2], "there are 3 indices, and the array has 2 axes only"),
        (lambda W, x, h: [1][2], "there is no such index: the list is shorter"),
        (lambda W, x, h: x[0].shape[1], "the tuple is shorter"),
        (lambda W, x, h: h @ 2, "@ meets a single number"),
        (lambda W, x, h: math.tanh(h), "one number is needed, and there is an array"),
        (lambda W, x, h: 1 if h > 0 else 2, "a whole array is asked whether it is True"),
        (lambda W, x, h: np.array([x, h]), "parts of different shapes do not make one array"),
        (lambda W, x, h: np.stack([x, h]), "np.stack needs arrays of one shape"),
        (lambda W, x, h: np.concatenate([x, h[0]]), "the same number of axes"),
        (lambda W, x, h: np.concatenate([x, h]), "must agree in all axes but"),
        (lambda W, x, h: x.reshape(3, 5), "8 numbers do not fill the shape (3, 5)"),
        (lambda W, x, h: x.sum(axis=2), "there is no axis 2: the array has 2 axes"),
        (lambda W, x, h: x[0].mT, ".mT needs two axes"),
        (lambda W, x, h: np.split(W, 2), "`np.split(W, 2)`, the array does not divide into that many equal "
                                         "parts along that axis (W has shape (3, 2))"),
        (lambda W, x, h: np.stack([W.T, h[0]]), "(W.T has shape (2, 3), h[0] has shape (3,))"),
        (lambda W, x, h: h[[0, 1], [0, 1, 2]], "the index arrays have different lengths, (2,) and (3,): side "
                                               "by side they must agree (h has shape (4, 3))"),
        (lambda W, x, h: h[x[:, 0] > 0][[True, False]], "a mask of 2 meets axis 0 of an array, which has 4"),
        (lambda W, x, h: np.concatenate([x.sum(), h.sum()]), "not by np.concatenate"),
        (lambda W, x, h: np.einsum("ij,jk", W, h), "the letters of einsum do not fit the axes (W has"),
        (lambda W, x, h: h.sum()[0], "one number has no index"),
        (unpacked, "`r, z`, 2 names stand on the left, and more values than that come (W has shape (3, 2))"),
        (unpacked_few, "3 names stand on the left, and 2 values come"),
        (lambda W, x, h: x[0.5], "an index must be a whole number"),
        (grows, "write a = a + b, not a += b"),
        (placed, "does not fit into a place of shape (2,)"),
        (whole_numbers, "an array of int64 cannot take up decimals"),
        (in_two_lines, "shapes (4, 3) and (4, 2) do not fit together"),
    ],
)
def test_what_numpy_says_is_told_in_words(f, said):
    complaint = guard.call(f, W, x, h).complaint

    assert said in complaint and "gufunc" not in complaint and "operand" not in complaint
    assert complaint.count("`") in (0, 2) and complaint.endswith(".")


def test_the_line_is_that_of_the_function_and_the_piece_the_one_that_stopped():
    assert "in line 2: in `h @ W.T`" in guard.call(helped, W, x, h).complaint


def test_code_without_source_is_told_all_the_same():
    names = {}
    exec("def f(W, x, h):\n    return W @ x", names)

    assert "the matrix product" in guard.call(names["f"], W, x, h).complaint


def test_naming_the_shapes_calls_nothing_again():
    calls = []

    def counted(a):
        calls.append(1)
        return a

    guard.call(lambda W, x, h: counted(W) @ counted(x), W, x, h)

    assert len(calls) == 2


def test_other_errors_keep_their_own_words():
    assert "ZeroDivisionError: division by zero" in guard.call(lambda W, x, h: 1 / 0, W, x, h).complaint
    assert "NameError" in guard.call(lambda W, x, h: nothing, W, x, h).complaint  # noqa: F821
