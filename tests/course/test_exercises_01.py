"""The checkers of notebook 1: solutions pass, stubs are recognised, every slip is named."""

import numpy as np

from rnnlib import losses
from rnnlib.course import exercises


def step(W_x, W_h, b, x, h, wrong=None):
    if wrong == "column code":
        return np.tanh(W_x @ x + W_h @ h + b)
    if wrong == "b outside":
        return np.tanh(x @ W_x.T + h @ W_h.T) + b
    z = (wrong != "no input") * x @ W_x.T
    z = z + (wrong != "no past") * h @ (W_h if wrong == "W_h" else W_h.T)
    z = z + (wrong != "no b") * b
    if wrong == "no tanh":
        return z
    return 1 / (1 + np.exp(-z)) if wrong == "sigmoid" else np.tanh(z)


def forward(W_x, W_h, b, W_y, b_y, xs, h_0, wrong=None):
    hs = [np.zeros_like(h_0) if wrong == "zeros" else h_0]
    for t in range(len(xs)):
        x = xs[{"late input": t - 1, "backward": -1 - t}.get(wrong, t)]
        h = hs[0] if wrong == "frozen" else hs[-1]
        h = np.zeros_like(h_0) if wrong == "zeros at step 1" and t == 0 else h
        of_step = wrong if wrong in ("W_h", "no b", "no tanh", "no past") else None
        hs.append(step(W_x, W_h, b, x, h, wrong=of_step))
    hs = np.array(hs)
    read = {"old state": hs[:-1], "output of h_0": hs}.get(wrong, hs[1:])
    outputs = read @ W_y.T + (0 if wrong == "no b_y" else b_y)
    outputs = losses.softmax(outputs) if wrong == "softmax" else outputs
    return (hs[1:] if wrong == "no row 0" else hs), outputs


def rows(wrong=None):
    right = {"x_4": 3, "z_1": 0, "h_0": 0, "h_3": 3, "h_6": 6, "o_6": 5}
    return right | {"h from 1": {"h_3": 2, "h_6": 5}, "x from 1": {"x_4": 4},
                     "seven": {"h_6": 7}}.get(wrong, {})


def choose_W_h(wrong=None):
    return np.array({
        "identity": [[1, 0], [0, 1]], "unit 2 keeps": [[0, 1], [1, 0.5]], "deaf": [[0, 1], [0, 0]],
        "weak": [[0, 1], [0.01, 0]], "not back": [[0, 0.01], [1, 0]], "three": np.ones((3, 3)),
    }.get(wrong, [[0, -2], [1.5, 0]]))


def jordan(W_x, W_o, b, W_y, b_y, xs, o_0, wrong=None):
    o, outputs = 0 * o_0 if wrong == "zeros" else o_0, []
    for x in xs:
        p = np.exp(o) / np.exp(o).sum(axis=-1, keepdims=True)
        heard = {"stays": o_0, "softmax": p, "tanh": np.tanh(o), "deaf": 0 * o}.get(wrong, o)
        z = x @ W_x.T + heard @ W_o.T + (wrong != "no b") * b
        before, o = o, (z if wrong == "linear" else np.tanh(z)) @ W_y.T + (wrong != "no b_y") * b_y
        outputs.append(before if wrong == "o_0 first" else o)
    return np.array(outputs)


CHECKS = {
    exercises.check_rows: (rows, {
        "h from 1": "4 of 6 are right. h_3 is not in row 2: row 0 of hs is h_0",
        "x from 1": "x_1 is in row 0",
        "seven": "h_6 must be a number from 0 to 6",
    }),
    exercises.check_choose_W_h: (choose_W_h, {
        "identity": "unit 1 of h_2 moves, too", "unit 2 keeps": "unit 2 of h_3 moves, too",
        "deaf": "unit 2 of h_2 moves by 0", "weak": "hardly listens to unit 1",
        "not back": "unit 1 of h_3 moves by", "three": "got shape (3, 3)",
    }),
    exercises.check_jordan: (jordan, {
        "zeros": "begin at the given o_0", "stays": "every step hears o_0", "softmax": "not probabilities",
        "tanh": "without a tanh", "deaf": "nothing is heard", "no b": "the bias b is missing",
        "no b_y": "b_y is missing", "linear": "the tanh is missing", "o_0 first": "o_1 comes first",
    }),
    exercises.check_step: (step, {
        "no b": "bias b is missing", "no tanh": "tanh is missing", "W_h": "h @ W_h.T",
        "no past": "past is missing", "no input": "input is missing",
        "b outside": "b belongs inside", "sigmoid": "np.tanh", "column code": "takes rows",
    }),
    exercises.check_forward: (forward, {
        "zeros": "begin at the given h_0", "zeros at step 1": "step 1 starts from zeros",
        "no row 0": "row 0 of hs is missing", "frozen": "never moves on", "W_h": "h @ W_h.T",
        "no b": "bias b is missing", "no tanh": "tanh is missing", "no past": "past is missing",
        "late input": "reads the wrong input", "backward": "runs backward",
        "old state": "reads out h_(t-1)", "no b_y": "b_y is missing",
        "softmax": "before the softmax", "output of h_0": "h_0 has no output",
    }),
}


def test_one_of_two_results_may_still_be_a_gap():
    half = lambda *inputs: (forward(*inputs)[0], ...)

    assert exercises.check_forward(half).verdict == "open"
    assert exercises.check_forward(lambda *inputs: (..., ...)).verdict == "open"


def test_lists_are_as_good_as_arrays():
    lists = lambda *inputs: tuple(part.tolist() for part in forward(*inputs))

    assert exercises.check_forward(lists).verdict == "right"
