"""The checkers of notebook 9: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib.course import exercises


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def gate_deltas(dh, dc_next, gates, c_before, c, wrong=None):
    i, f, g, o = gates
    tanh_c = c if wrong == "c for tanh(c)" else np.tanh(c)
    through = {"1 - c**2": 1 - c**2, "no slope of tanh(c)": 1.0}.get(wrong, 1 - np.tanh(c) ** 2)
    dc = dh * o * through + dc_next
    dc = {
        "no dc_next": dh * o * through, "before the tanh": (dh * o + dc_next) * through,
        "before the gate": (dh + dc_next) * o * through, "no o": dh * through + dc_next,
        "only dc_next": dc_next,
    }.get(wrong, dc)
    by_f = c if wrong == "c_t" else c_before
    by_i, by_g = (i, g) if wrong == "i and g" else (g, i)
    if wrong == "partners of f and i":
        by_f, by_i = g, c_before
    slopes = [i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)]
    if wrong == "no slopes":
        slopes = [1, 1, 1, 1]
    if wrong == "slopes of activations":
        slopes = [sigmoid(s) * (1 - sigmoid(s)) for s in gates]
        slopes[2] = 1 - np.tanh(g) ** 2
    if wrong == "g a sigmoid":
        slopes[2] = g * (1 - g)
    if wrong == "tanh'(tanh)":
        slopes[2] = 1 - np.tanh(g) ** 2
    if wrong == "all tanh":
        slopes = [1 - s**2 for s in gates]
    delta = [dc * by_i * slopes[0], dc * by_f * slopes[1], dc * by_g * slopes[2],
             (dc if wrong == "o by dc" else dh) * tanh_c * slopes[3]]
    back = {"by dc_next": f * dc_next, "no f": dc, "by i": i * dc}.get(wrong, f * dc)
    order = {"f first": [1, 0, 2, 3], "o before g": [0, 1, 3, 2]}.get(wrong, range(4))
    return (*(delta[n] for n in order), back)


def two_roads(W_h, gates, cs, dhs, wrong=None):
    H, delta, dh_next, dc_next = W_h.shape[1], np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = np.split(gates[t], 4, axis=-1)
        dh = (0 if wrong == "last loss" and t < len(dhs) - 1 else dhs[t]) + dh_next
        slope = {"1 - c**2": 1 - cs[t + 1] ** 2, "no slope": 1}.get(wrong, 1 - np.tanh(cs[t + 1]) ** 2)
        if wrong == "f receives":
            dc_next = f * dc_next
        own = dh * o * slope
        dc = (dh * o + dc_next) * slope if wrong == "before the tanh" else own + dc_next
        c_before = cs[t + 1] if wrong == "c_t" else cs[t]
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2),
                                   dh * np.tanh(cs[t + 1]) * o * (1 - o)], axis=-1)
        keep = np.ones(4)
        if wrong in ("without i", "without f", "without g", "without o"):
            keep["ifgo".index(wrong[-1])] = 0
        if wrong in ("i alone", "o alone"):
            keep = np.array([wrong[0] == gate for gate in "ifgo"])
        dh_next = (delta[t] * np.repeat(keep, H)) @ W_h
        dc_next = {"no f": dc, "f receives": dc, "own only": f * own, "by i": i * dc}.get(wrong, f * dc)
        if wrong == "into dh":
            dh_next, dc_next = dh_next + dc_next, 0
        if wrong in ("no roads", "no dh_next"):
            dh_next = 0
        if wrong in ("no roads", "no dc_next"):
            dc_next = 0
    return delta


def split_dX(deltas, Ws, H, wrong=None):
    parts = [delta @ W.T for delta, W in zip(deltas, Ws, strict=True)]
    dX, D = sum(parts), Ws.shape[1] - H
    dX = {"three": dX - parts[1], "one": parts[3], "mean": dX / 4}.get(wrong, dX)
    if wrong == "uncut":
        return dX
    cut = D if wrong == "x first" else H
    dh, dx = (dX[:, D:], dX[:, :D]) if wrong == "x first" else (dX[:, :cut], dX[:, cut:])
    return (dx, dh) if wrong == "exchanged" else (dh, dx)


def coupled(dh, dc_next, gates, c_before, c, wrong=None):
    f, g, o = gates
    slope = {"the LSTM": 1 - np.tanh(c) ** 2, "slope": 1 - np.tanh(c) ** 2}.get(wrong, 1.0)
    dc = dh * (1.0 if wrong == "no o" else o) * slope + (0.0 if wrong == "no dc_next" else dc_next)
    by_f = {"no g": c_before, "plus g": c_before + g, "sign": g - c_before}.get(wrong, c_before - g)
    by_g = f if wrong == "f" else 1 - f
    shown = np.tanh(c) if wrong in ("the LSTM", "shown") else c
    return (dc * by_f * f * (1 - f), dc * by_g * (1 - g**2),
            (dc if wrong == "dc" else dh) * shown * o * (1 - o), dc if wrong == "no f" else f * dc)


CHECKS = {
    exercises.check_gate_deltas: (gate_deltas, {
        "no dc_next": "dc_next is forgotten", "before the tanh": "must not pass the tanh",
        "before the gate": "must not pass the output gate", "1 - c**2": "1 - c**2 is not",
        "no slope of tanh(c)": "slope of tanh(c) is missing", "no o": "output gate is missing",
        "only dc_next": "only dc_next", "c for tanh(c)": "not c:",
        "partners of f and i": "exchanged partners",
        "f first": "exchanged in what you return", "o before g": "o before g", "c_t": "step before",
        "i and g": "g stands beside i", "no slopes": "slopes are missing",
        "slopes of activations": "been through their activations", "g a sigmoid": "g is a tanh",
        "tanh'(tanh)": "1 - tanh(g)**2", "all tanh": "are sigmoids", "o by dc": "takes dh, not dc",
        "by dc_next": "not of dc_next alone", "no f": "takes the forget gate along",
        "by i": "takes the input gate",
    }),
    exercises.check_two_roads: (two_roads, {
        "no roads": "right at step 5, wrong from step 4 back, in all gates. One change explains every "
                    "number: nothing is carried back",
        "no dh_next": "dh_next is dropped", "no dc_next": "dc_next is dropped",
        "without i": "gate i is left out", "without f": "gate f is left out",
        "without g": "gate g is left out", "without o": "gate o is left out",
        "i alone": "only i", "o alone": "only o", "by i": "gate i for f",
        "f receives": "not of the one that receives", "own only": "forgets what step t+1 sends",
        "last loss": "only the loss of the last step", "into dh": "added to dL/dh", "no f": "forgets f",
        "before the tanh": "multiplies the carried dc too", "1 - c**2": "1 - c_t^2 stands for",
        "no slope": "slope of tanh(c_t), 1 - tanh(c_t)^2, is missing",
        "c_t": "c_t stands where c_(t-1) belongs",
    }),
    exercises.check_split_dX: (split_dX, {
        "three": "leaves out number 2", "one": "number 4 alone", "mean": "a mean", "uncut": "cut it",
        "x first": "first H columns", "exchanged": "dh_before first",
    }),
    exercises.check_coupled: (coupled, {
        "the LSTM": "lines of the LSTM", "slope": "no slope either", "shown": "c itself",
        "no g": "sends back -g", "plus g": "g is subtracted", "sign": "wrong sign", "f": "stands 1 - f",
        "no dc_next": "dc_next is forgotten", "no o": "output gate is missing", "dc": "takes dh, not dc",
        "no f": "takes the forget gate along",
    }),
}


@pytest.mark.parametrize("check, n", [(exercises.check_gate_deltas, 5), (exercises.check_split_dX, 2)])
def test_a_tuple_with_a_gap_is_not_attempted_and_a_tuple_of_rags_is_no_exception(check, n):
    assert check(lambda *inputs: (...,) * n).verdict == "open"
    assert check(lambda *inputs: (np.ones((4, 3)),) * (n - 1) + (None,)).verdict == "open"
    for part in ([[1], [2, 3]], "a", 1.0, {}, np.ones(3), np.array("x")):
        feedback = check(lambda *inputs: (part,) * n)  # noqa: B023
        assert feedback.verdict == "wrong" and "\n" not in feedback.text


def test_the_answer_may_be_stacked():
    feedback = exercises.check_gate_deltas(lambda *inputs: np.stack(gate_deltas(*inputs)))

    assert feedback.verdict == "right"


@pytest.mark.parametrize("check", CHECKS)
def test_no_two_slips_are_told_the_same(check):
    answer, slips = CHECKS[check]

    said = [check(lambda *inputs: answer(*inputs, wrong=slip)).text for slip in slips]  # noqa: B023

    assert len(set(said)) == len(said)


def test_the_coupled_cell_is_differentiated_right():
    """A complex step in each pre-activation, and in c_(t-1)."""
    rng = np.random.default_rng(6)
    z_f, z_g, z_o, c_before, dh, dc_next = rng.normal(size=(6, 4, 3))

    def loss(z_f, z_g, z_o, c_before):
        f = sigmoid(z_f)
        c = f * c_before + (1 - f) * np.tanh(z_g)
        return (dh * sigmoid(z_o) * c + dc_next * c).sum()

    point = [z_f, z_g, z_o, c_before]
    f, g, o = sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    found = coupled(dh, dc_next, (f, g, o), c_before, f * c_before + (1 - f) * g)

    for n, part in enumerate(found):
        asked = np.empty((4, 3))
        for at in np.ndindex(4, 3):
            moved = [a.astype(complex) for a in point]
            moved[n][at] += 1e-30j
            asked[at] = loss(*moved).imag / 1e-30
        assert np.allclose(part, asked, rtol=1e-12, atol=0)
