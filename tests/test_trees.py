"""Trees of arrays: every leaf has one name, and all come back to their places."""

from itertools import count
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import gru, lstm, readout, rnn, trees
from rnnlib.training import Model


class Pair(NamedTuple):
    first: object
    second: object


def params(kind):
    return kind.Params(*range(len(kind.Params._fields)))


NAMES = {
    "one leaf": (3, ["x"]),
    "fields go by their own names": ({"p": params(rnn), "xs": 7}, ["W_x", "W_h", "b", "xs"]),
    "NamedTuples within one": (Model(params(lstm), readout.Params(7, 8)), ["W_x", "W_h", "b", "W_y", "b_y"]),
    "keys and places make a path": ({"a": {"b": (1, 2)}, "c": [3]}, ["a.b.0", "a.b.1", "c.0"]),
    "below a field the path begins anew": ({"q": Pair({"u": 1}, (2,))}, ["first.u", "second.0"]),
    "two in a dict": ({"a": params(rnn), "b": params(rnn)},
                      ["a.W_x", "a.W_h", "a.b", "b.W_x", "b.W_h", "b.b"]),
    "two in a tuple": ((params(rnn), params(rnn)), ["0.W_x", "0.W_h", "0.b", "1.W_x", "1.W_h", "1.b"]),
    "two layers, two directions": (
        {"p": ((params(rnn), params(rnn)), params(rnn)), "xs": 1},
        [f"p.{at}.{n}" for at in ("0.0", "0.1", "1") for n in ("W_x", "W_h", "b")] + ["xs"]),
    "only what is repeated": ({"p": params(rnn), "q": params(gru)},
                              ["p.W_x", "p.W_h", "p.b", "q.W_x", "q.W_h", "q.b", "b_n"]),
    "a key that is a field elsewhere": ({"p": params(rnn), "b": 1}, ["W_x", "W_h", "p.b", "b"]),
}


@pytest.mark.parametrize(("tree", "names"), NAMES.values(), ids=NAMES.keys())
def test_every_leaf_has_a_name_of_its_own_and_a_short_one_where_it_can(tree, names):
    assert [name for name, _ in trees.walk(tree)] == names


@pytest.mark.parametrize(("tree", "names"), NAMES.values(), ids=NAMES.keys())
def test_leaves_go_back_in_their_order_into_the_same_containers(tree, names):
    numbers = count()
    tree = trees.map(lambda _: next(numbers), tree)   # no two leaves alike

    back = trees.fill(tree, (leaf for _, leaf in trees.walk(tree)))

    assert repr(back) == repr(tree)                   # == would take a Params for a tuple


def test_rows_of_numbers_are_cut_into_tensors():
    leaves = {"a": np.zeros((2, 3)), "b": np.zeros(4)}
    rows = np.arange(50.0).reshape(5, 10)

    parts = trees.split(rows, leaves)

    assert {n: part.shape for n, part in parts.items()} == {"a": (5, 2, 3), "b": (5, 4)}
    assert (np.stack([trees.flat(part[i] for part in parts.values()) for i in range(5)]) == rows).all()
