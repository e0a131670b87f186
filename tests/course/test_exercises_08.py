"""The checkers of notebook 8: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, losses, lstm
from rnnlib.course import data, exercises


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(W_x, W_h, b, x, h, c, wrong=None):
    if wrong == "column code":
        z = W_x @ x + W_h @ h + b
    else:
        z = (wrong != "no input") * x @ W_x.T + (wrong != "no past") * h @ W_h.T + (wrong != "no b") * b
    order = {"i and f": "figo", "g and o": "ifog", "source order": "fiog"}.get(wrong, "ifgo")
    H = h.shape[-1]
    parts = [z[..., n::4] if wrong == "interleaved" else z[..., n * H:(n + 1) * H] for n in range(4)]
    z = dict(zip(order, parts))
    squash = {"no sigma": lambda z: z, "tanh gates": np.tanh, "double": lambda z: sigmoid(2 * z)}
    i, f, o = (squash.get(wrong, sigmoid)(z[gate]) for gate in "ifo")
    g = {"sigma candidate": sigmoid, "flat candidate": lambda z: z}.get(wrong, np.tanh)(z["g"])
    new = {"no memory": i * g, "no f": c + i * g, "no i": f * c + g}.get(wrong, f * c + i * g)
    h = o * {"no tanh": new, "old memory": np.tanh(c)}.get(wrong, np.tanh(new))
    new = np.tanh(new) if wrong == "squashed memory" else new
    return (new, h) if wrong == "exchanged" else (h, new)


def from_concatenated(Wf, Wi, Wc, Wo, bf, bi, bc, bo, wrong=None):
    W, b = dict(f=Wf, i=Wi, c=Wc, o=Wo), dict(f=bf, i=bi, c=bc, o=bo)
    order = {"fico": "fico", "fioc": "fioc", "ifoc": "ifoc"}.get(wrong, "ifco")
    if wrong == "x first":
        D = len(Wf) - len(bf)
        whole = np.vstack([W[gate].T for gate in order])
        return whole[:, :D], whole[:, D:], np.concatenate([b[gate] for gate in order])
    H = len(bf)
    whole = np.vstack([W[gate].T for gate in order])
    W_x, W_h, b = whole[:, H:], whole[:, :H], np.concatenate([b[gate] for gate in order])
    if wrong == "not transposed":
        return W_x.T, W_h.T, b
    return W_x, W_h, b[None] if wrong == "b row" else b


def shares(i, f, wrong=None):
    s = np.zeros(len(i))
    for t in range(len(i)):
        later = f[t + 1:]
        s[t] = i[t] * {
            "from t": f[t:].prod(), "no i": later.prod() / i[t], "no i, from t": f[t:].prod() / i[t],
            "one step": np.append(later, 1.0)[0], "sum": later.sum() if len(later) else 1.0,
            "before": f[:t].prod(), "up to": f[:t + 1].prod(), "diluted": later.prod() * i[t + 1:].prod(),
            "no f": 1.0,
        }.get(wrong, later.prod())
    return s.sum() if wrong == "added up" else s


def minimal_step(W_x, W_h, b, x, h, wrong=None):
    H = h.shape[-1]
    f_at, g_at = (slice(H, None), slice(None, H)) if wrong == "turned" else (slice(None, H), slice(H, None))
    across = W_h[f_at] if wrong == "W_h" else W_h[f_at].T
    f = 1 / (1 + np.exp(-(x @ W_x[f_at].T + h @ across + (0 if wrong == "bias" else b[f_at]))))
    seen = {"whole h": h, "1 - f": (1 - f) * h}.get(wrong, f * h)
    z = x @ W_x[g_at].T + seen @ (W_h[g_at] if wrong == "W_h" else W_h[g_at].T)
    z = z + (0 if wrong == "bias" else b[g_at])
    g = z if wrong == "no tanh" else np.tanh(z)
    return {"exchanged": f * h + (1 - f) * g, "f f": f * h + f * g, "nothing": f * g, "g": g,
            "twice": np.tanh((1 - f) * h + f * g)}.get(wrong, (1 - f) * h + f * g)


CHECKS = {
    exercises.check_minimal_step: (minimal_step, {
        "turned": "blocks are exchanged", "W_h": "lacks the .T", "bias": "biases are missing",
        "whole h": "sees f * h", "1 - f": "hears (1 - f)", "no tanh": "lacks its tanh",
        "exchanged": "f writes", "f f": "two terms", "nothing": "nothing is kept", "g": "candidate alone",
        "twice": "a tanh too many",
    }),
    exercises.check_lstm_step: (lstm_step, {
        "no tanh": "lacks the tanh", "old memory": "old memory: it is", "squashed memory": "h_t alone",
        "exchanged": "return h_t first", "i and f": "i and f are exchanged",
        "g and o": "g and o are exchanged", "source order": "f, i, o, g",
        "interleaved": "one below the other",
        "sigma candidate": "not by σ", "flat candidate": "lacks its tanh", "no sigma": "lack their σ",
        "tanh gates": "not by the tanh", "double": "σ(2z)", "no memory": "old memory is missing",
        "no f": "forget gate is missing", "no i": "input gate is missing", "no b": "bias b is missing",
        "no past": "past is missing", "no input": "input is missing", "column code": "not for a batch",
    }),
    exercises.check_from_concatenated: (from_concatenated, {
        "fico": "keeps the order f, i, c, o", "fioc": "f, i, o, c", "ifoc": "last two blocks",
        "x first": "belong to h", "not transposed": "transpose each matrix", "b row": "an axis more",
    }),
    exercises.check_shares: (shares, {
        "from t": "step t + 1", "no i": "input gate is missing: only", "no i, from t": "a step too early",
        "one step": "every later step", "sum": "not a sum", "before": "before step t",
        "up to": "up to step t", "diluted": "do not dilute", "no f": "forget gates are missing",
        "added up": "one number for each step",
    }),
}


@pytest.mark.parametrize("check", [exercises.check_lstm_step, exercises.check_from_concatenated])
def test_one_array_instead_of_several_is_told_how_many_to_return(check):
    assert "arrays" in check(lambda *inputs: 3.0).text


def test_the_step_that_passes_is_that_of_the_package():
    rng = np.random.default_rng(0)
    p = lstm.Params(*(rng.normal(size=s) for s in lstm.shapes(2, 3)))
    x, h, c = rng.normal(size=(4, 2)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))

    theirs, _ = lstm.step(p, x @ p.W_x.T + p.b, (h, c))

    assert error(lstm_step(*p, x, h, c), theirs) < 1e-14


def test_the_conversion_that_passes_reproduces_the_recorded_forward_pass():
    record = data.recorded("002")
    m = record.params

    p = lstm.Params(*from_concatenated(m.Wf, m.Wi, m.Wc, m.Wo, m.bf, m.bi, m.bc, m.bo))
    trace = bptt.forward(lstm, p, losses.one_hot(record.inputs, 5), (record.h0, record.c0))

    found = dict(zip("ifgohc", (*lstm.split(trace.kept.gates), *(s[1:] for s in trace.states))))
    for name, array in found.items():
        assert error(array, getattr(record.forward, name)) < 1e-12, name


def test_the_shares_that_pass_rebuild_the_memory():
    rng = np.random.default_rng(1)
    p = lstm.Params(*(rng.normal(size=s) for s in lstm.shapes(2, 3)))
    trace = bptt.forward(lstm, p, rng.normal(size=(6, 2)), (rng.normal(size=3), rng.normal(size=3)))
    i, f, g, _ = (part[:, 1] for part in lstm.split(trace.kept.gates))

    c_0, c_T = trace.states[1][[0, -1], 1]

    assert error(f.prod() * c_0 + (shares(i, f) * g).sum(), c_T) < 1e-14
