"""The checkers of notebook 15: solutions pass, stubs are recognised, every slip is named and placed."""

import types

import numpy as np
import pytest
from helpers import error

from rnnlib import bptt, gradcheck, gru
from rnnlib.course import exercises
from rnnlib.course.exercises.gru import Kept, Parts

split = lambda a: np.split(a, 3, axis=-1)
join = lambda *blocks: np.concatenate(blocks, axis=-1)
sigma = lambda a: 1 / (1 + np.exp(-a))
rows = lambda a: a.reshape(-1, a.shape[-1])


def step(p, u, state, wrong=None):
    (h,) = state
    (u_r, u_z, u_n), (a_r, a_z, a_n) = split(u), split(h @ p.W_h.mT)
    m = a_n + (0 if wrong == "no b_n" else p.b_n)
    z_r, z_z = u_r + a_r, u_z + a_z
    if wrong == "exchanged blocks":
        z_r, z_z = z_z, z_r
    if wrong == "no past":
        z_r, z_z = u_r, u_z
    squash = np.tanh if wrong == "tanh gates" else (lambda a: a) if wrong == "no sigma" else sigma
    r, z = squash(z_r), squash(z_z)
    n_blocks = p.W_h[..., -h.shape[-1]:, :].mT
    z_n = {
        "no r": lambda: u_n + m, "b_n outside": lambda: u_n + r * a_n + p.b_n,
        "r on all": lambda: r * (u_n + m),
        "z for r": lambda: u_n + z * m, "1 - r": lambda: u_n + (1 - r) * m, "raw r": lambda: u_n + z_r * m,
        "original": lambda: u_n + (r * h) @ n_blocks + p.b_n, "n without past": lambda: u_n,
    }.get(wrong, lambda: u_n + r * m)()
    n = {"sigma n": sigma, "no tanh": lambda a: a}.get(wrong, np.tanh)(z_n)
    h_t = {
        "z exchanged": lambda: z * n + (1 - z) * h, "only n": lambda: n, "no leak": lambda: (1 - z) * n,
        "all of n": lambda: n + z * h, "all of h": lambda: (1 - z) * n + h,
        "z^n mixed": lambda: (1 - z) * z_n + z * h,
        "mixed by r": lambda: (1 - r) * n + r * h, "m kept": lambda: (1 - z) * n + z * m,
        "raw z": lambda: (1 - z_z) * n + z_z * h,
    }.get(wrong, lambda: (1 - z) * n + z * h)()
    zs, gates = join(z_r, z_z, z_n), join(r, z, n)
    kept = Kept(gates if wrong == "gates as zs" else zs, gates, r * m if wrong == "r m kept" else m)
    if wrong == "bare state":
        return h_t, kept
    if wrong == "no Kept":
        return (h_t,)
    return (h_t,), (kept[:2] if wrong == "short Kept" else kept)


def gate_deltas(dh, h, r, z, n, m, wrong=None):
    d_n = dh * (1 - z) * (1 - n * n)
    d_z = dh * (h - n) * z * (1 - z)
    d_r = d_n * m * r * (1 - r)
    if wrong in ("order", "two arrays"):
        return (d_n, d_z, d_r) if wrong == "order" else (d_r, d_z)
    return {
        "n: no 1 - z": (d_r, d_z, dh * (1 - n * n)), "n: z": (d_r, d_z, dh * z * (1 - n * n)),
        "n: no slope": (d_r, d_z, dh * (1 - z)), "n: sigma's": (d_r, d_z, dh * (1 - z) * n * (1 - n)),
        "n: tanh twice": (d_r, d_z, dh * (1 - z) * (1 - np.tanh(n) ** 2)), "n: r": (d_r, d_z, r * d_n),
        "z: sign": (d_r, -d_z, d_n), "z: only h": (d_r, dh * h * z * (1 - z), d_n),
        "z: only n": (d_r, -dh * n * z * (1 - z), d_n), "z: no slope": (d_r, dh * (h - n), d_n),
        "z: tanh's": (d_r, dh * (h - n) * (1 - z * z), d_n),
        "z: slope of r": (d_r, dh * (h - n) * r * (1 - r), d_n),
        "z: sigma twice": (d_r, dh * (h - n) * sigma(z) * (1 - sigma(z)), d_n),
        "z: m": (d_r, dh * (m - n) * z * (1 - z), d_n), "z: no mixing": (d_r, dh * z * (1 - z), d_n),
        "r: h": (d_n * h * r * (1 - r), d_z, d_n), "r: no m": (d_n * r * (1 - r), d_z, d_n),
        "r: no slope": (d_n * m, d_z, d_n), "r: tanh's": (d_n * m * (1 - r * r), d_z, d_n),
        "r: sigma twice": (d_n * m * sigma(r) * (1 - sigma(r)), d_z, d_n),
        "r: slope of z": (d_n * m * z * (1 - z), d_z, d_n),
        "r: before tanh": (dh * (1 - z) * m * r * (1 - r), d_z, d_n),
        "r: dh": (dh * m * r * (1 - r), d_z, d_n), "r: one r more": (r * d_r, d_z, d_n),
    }.get(wrong, (d_r, d_z, d_n))


def to_past(W_h, dh, d_r, d_z, d_n, r, z, wrong=None):
    leak = {"no leak": 0, "two": 0, "1 - z": 1 - z, "all": 1}.get(wrong, z) * dh
    last = {"no r": d_n, "two": d_n, "no candidate": 0 * d_n, "z for r": z * d_n, "r after": 0 * d_n}.get(
        wrong, r * d_n)
    if wrong in ("no gates", "only leak"):
        d_r, d_z = 0 * d_r, 0 * d_z
    d_r, d_z = {"no r gate": (0 * d_r, d_z), "no z gate": (d_r, 0 * d_z), "exchanged": (d_z, d_r),
                "r on all": (r * d_r, r * d_z)}.get(wrong, (d_r, d_z))
    last = 0 * last if wrong == "only leak" else last
    if wrong == "no transpose":
        W_h = np.concatenate([w.T for w in np.split(W_h, 3)])
    back = leak + join(d_r, d_z, last) @ W_h
    return back + r * (d_n @ np.split(W_h, 3)[2]) if wrong == "r after" else back


def gradient(trace, delta, wrong=None):
    d_r, d_z, d_n = split(delta)
    r, z, _ = split(trace.kept.gates)
    factor = {"no r": 1, "raw r": split(trace.zs)[0], "z for r": z, "no r, h_t": 1}.get(wrong, r)
    past = join(d_r, d_z, factor * d_n)
    if wrong == "r on all":
        past = join(r * d_r, r * d_z, r * d_n)
    h = trace.hs[1:] if wrong in ("h_t", "no r, h_t") else trace.hs[:-1]
    W_x, W_h = rows(delta).T @ rows(trace.xs), rows(past).T @ rows(h)
    b, b_n = rows(delta).sum(axis=0), (r * d_n).sum(axis=(0, 1))
    T, B = delta.shape[:2]
    return {
        "W_x past": (rows(past).T @ rows(trace.xs), W_h, b, b_n), "W_x.T": (W_x.T, W_h, b, b_n),
        "W_h.T": (W_x, W_h.T, b, b_n), "mean B": (W_x / B, W_h / B, b / B, b_n / B),
        "mean T": (W_x, W_h / T, b, b_n), "mean TB": (W_x / T / B, W_h, b, b_n),
        "b past": (W_x, W_h, rows(past).sum(axis=0), b_n), "b no B": (W_x, W_h, delta.sum(axis=0), b_n),
        "b mean": (W_x, W_h, b / T / B, b_n), "b_n bare": (W_x, W_h, b, d_n.sum(axis=(0, 1))),
        "b_n no T": (W_x, W_h, b, (r * d_n).sum(axis=1)), "b_n all": (W_x, W_h, b, rows(past).sum(axis=0)),
        "b_n mean B": (W_x, W_h, b, b_n / B), "three": (W_x, W_h, b),
    }.get(wrong, (W_x, W_h, b, b_n))


def which(wrong=None):
    right = {"A": 2, "B": 3, "C": 1, "D": 3, "E": 4, "F": 2}
    return right | {"D": {"D": 2}, "B and C": {"B": 2, "C": 4}, "five": {"E": 5}}.get(wrong, {})


def one_gate(dh, h, z, n, m, wrong=None):
    d_n = {"n: no 1 - z": dh * (1 - n * n), "n: z": dh * z * (1 - n * n), "n: no slope": dh * (1 - z),
           "n: r": (1 - z) ** 2 * dh * (1 - n * n)}.get(wrong, (1 - z) * dh * (1 - n * n))
    mix = {"no mixing": 0, "sign of h": dh * (n - h), "only h": dh * h, "only n": -dh * n}.get(
        wrong, dh * (h - n))
    reset = {"no reset": 0, "sign of r": d_n * m, "dh m": -dh * m, "no tanh": -dh * (1 - z) * m, "no m": -d_n,
             "h for m": -d_n * h}.get(wrong, -d_n * m)
    slope = {"no slope": 1, "tanh's": 1 - z * z}.get(wrong, z * (1 - z))
    return (d_n, (mix + reset) * slope) if wrong == "order" else ((mix + reset) * slope, d_n)


def test_one_gate_is_the_derivative_by_complex_steps():
    rng = np.random.default_rng(0)
    z_z, u_n, m, h, dh = rng.normal(size=(5, 4, 3))

    def loss(v):
        z = 1 / (1 + np.exp(-v["z"]))
        n = np.tanh(v["n"] + (1 - z) * m)
        return (dh * ((1 - z) * n + z * h)).sum()

    z = sigma(z_z)
    n = np.tanh(u_n + (1 - z) * m)
    numeric = gradcheck.numerical_gradient(loss, {"z": z_z, "n": u_n})
    d_z, d_n = one_gate(dh, h, z, n, m)
    np.testing.assert_allclose(d_z, numeric["z"], rtol=1e-12)
    np.testing.assert_allclose(d_n, numeric["n"], rtol=1e-12)


CHECKS = {
    exercises.check_which_cell: (which, {
        "D": "5 of 6 are right. D is not 2", "B and C": "4 of 6 are right. B is not 2",
        "five": "a number from 1 to 4",
    }),
    exercises.check_one_gate: (one_gate, {
        "no reset": "second road is missing", "no mixing": "first road is missing",
        "sign of r": "sign of the second road", "sign of h": "sign of the first road",
        "dh m": "begins at delta^n", "no tanh": "begins at delta^n", "no m": "lacks m", "h for m": "not h",
        "only h": "stands in h_t twice",
        "only n": "stands in h_t twice", "no slope": "slope of the σ", "tanh's": "not 1 - z^2",
        "n: no 1 - z": "that factor is missing", "n: z": "1 - z, not z",
        "n: no slope": "1 - n^2, is missing",
        "n: r": "r does not belong here", "order": "another order",
    }),
    exercises.check_gru_step: (step, {
        "no b_n": "bias b_n is missing", "exchanged blocks": "order is r, z, n", "no past": "z^r: the past",
        "tanh gates": "the logistic σ, not tanh", "no sigma": "σ is missing", "no r": "reset gate is missing",
        "b_n outside": "inside the bracket", "r on all": "not the input", "z for r": "this is z * m",
        "1 - r": "(1 - r) * m", "raw r": "after its σ", "original": "EMNLP 2014 paper",
        "n without past": "z^n: the past",
        "sigma n": "tanh, not σ", "no tanh": "tanh is missing", "z exchanged": "z = 1 keeps",
        "only n": "the candidate:",
        "no leak": "leak is missing", "all of n": "multiplied by 1 - z", "all of h": "multiplied by z",
        "z^n mixed": "mixes in z^n", "mixed by r": "done by z", "m kept": "h_(t-1) itself",
        "raw z": "yours mixes with z^z", "gates as zs": "z^r: zs holds", "r m kept": "before r multiplies",
        "bare state": "a tuple of one array", "no Kept": "return two things", "short Kept": "three arrays",
    }),
    exercises.check_gru_deltas: (gate_deltas, {
        "order": "another order", "two arrays": "return three", "n: no 1 - z": "that factor is missing",
        "n: z": "z belongs to the old", "n: no slope": "delta^n: the slope", "n: sigma's": "not n(1 - n)",
        "n: tanh twice": "without another", "n: r": "r does not belong", "z: sign": "the sign",
        "z: only h": "1 - z with n. Yours", "z: only n": "with h_(t-1). Yours",
        "z: no slope": "delta^z: the slope",
        "z: tanh's": "not 1 - z^2", "z: slope of r": "that of r", "z: sigma twice": "z is a gate already",
        "z: m": "not with m", "z: no mixing": "h - n is missing", "r: h": "not h",
        "r: no m": "m is missing",
        "r: no slope": "delta^r: the slope", "r: tanh's": "not 1 - r^2",
        "r: sigma twice": "r is a gate already",
        "r: slope of z": "that of z", "r: before tanh": "slope included", "r: dh": "not from dh",
        "r: one r more": "one r too many",
    }),
    exercises.check_gru_past: (to_past, {
        "no leak": "leak is missing: h", "1 - z": "not 1 - z", "all": "all of dh",
        "no r": "third road lacks r: m",
        "two": "two mistakes", "no candidate": "through the candidate", "no gates": "both gates",
        "no r gate": "through r is", "no z gate": "through z is", "only leak": "only the leak",
        "no transpose": "its transpose", "r after": "before the product", "z for r": "should be r",
        "r on all": "all three", "exchanged": "blocks are exchanged",
    }),
    exercises.check_gru_gradient: (gradient, {
        "no r": "dW_h is wrong, in the rows of n. One change explains every number: r is missing before "
                "delta^n",
        "raw r": "yours is z^r", "z for r": "is r, not z", "no r, h_t": "lacks r, and beside",
        "r on all": "all three blocks", "h_t": "h_t stands where h_(t-1) belongs, in dW_h",
        "W_x past": "takes delta as it is", "W_x.T": "dW_x is transposed", "W_h.T": "dW_h is transposed",
        "mean B": "dW_x is wrong. One change explains every number: a mean over the 4 sequences",
        "mean T": "a mean over the 5 steps", "mean TB": "a mean over the 20 steps and sequences",
        "b past": "the n block of db takes r, which it should not",
        "b no B": "expected (9,). One change explains every number: the sum over the batch is missing",
        "b mean": "db is wrong. One change explains every number: a mean over the 20 steps and sequences",
        "b_n bare": "db_n is wrong. One change explains every number: r is missing before delta^n",
        "b_n no T": "the sum over time is missing", "b_n all": "b_n has H entries",
        "b_n mean B": "db_n is wrong. One change explains every number: a mean over the 4 sequences",
        "three": "return four",
    }),
}

PARTS = dict(step=step, gate_deltas=gate_deltas, to_past=to_past, gradient=gradient)


def cell(**changed):
    """Return the reader's cell, put together as in the notebook, with some parts changed."""
    parts = types.SimpleNamespace(**(PARTS | changed))

    def step_backward(p, dstate, at):
        (dh,), (h,), m = dstate, at.before, at.kept.ms
        r, z, n = split(at.kept.gates)
        deltas = parts.gate_deltas(dh, h, r, z, n, m)
        return join(*deltas), (parts.to_past(p.W_h, dh, *deltas, r, z),)

    return types.SimpleNamespace(
        Params=gru.Params, STATES=("h",), shapes=gru.shapes, step=parts.step, step_backward=step_backward,
        gradient=lambda trace, delta: gru.Params(*parts.gradient(trace, delta)))


def slip(function, wrong):
    return lambda *inputs: function(*inputs, wrong=wrong)


def test_the_cell_of_the_notebook_is_right():
    mine = cell()
    p, xs, state, dhs = gradcheck.designed_point(mine, np.random.default_rng(0))

    assert exercises.check_gru(mine).verdict == "right"
    assert exercises.gru_delta_errors(mine).max() < 1e-12
    assert gradcheck.check_cell(mine, p, xs, state, dhs).ok


def test_the_packages_own_cell_is_right():
    assert exercises.check_gru(gru).verdict == "right"


@pytest.mark.parametrize("changed, words", [
    (dict(step=slip(step, "original")), "the states differ from step 1"),
    (dict(step=slip(step, "z exchanged")), "the states differ from step 1"),
    (dict(gate_deltas=slip(gate_deltas, "z: sign")), "delta^z has the wrong sign"),
    (dict(gate_deltas=slip(gate_deltas, "r: h")), "delta^r takes h_(t-1) for W_h^n h_(t-1) + b_n. Look at "
     "gate_deltas."),
    (dict(gate_deltas=slip(gate_deltas, "n: no slope")), "the slope of gate n is missing"),
    (dict(to_past=slip(to_past, "no r")), "the deltas are right at step 5, wrong from step 4 back, in all "
     "gates. One change explains every number: the road through n lacks r: W_h^n takes r * delta^n back. "
     "Look at to_past."),
    (dict(to_past=slip(to_past, "no leak")), "the leak z * dh is dropped"),
    (dict(gradient=slip(gradient, "b_n bare")), "the deltas are right, but db_n is wrong."),
    (dict(gradient=slip(gradient, "no r")), "in the rows of n. One change explains every number: r is "
     "missing before delta^n, in dW_h. Look at gradient."),
    (dict(gradient=lambda trace, delta: 1 / 0), "ZeroDivisionError"),
    (dict(step=lambda p, u, state: None), "TypeError"),
])
def test_a_wrong_cell_is_told_where(changed, words):
    feedback = exercises.check_gru(cell(**changed))

    assert feedback.verdict == "wrong"
    assert words in feedback.text and "\n" not in repr(feedback)


@pytest.mark.parametrize("odd", [3, None, "gru", types.SimpleNamespace(Params=gru.Params), lambda: 3])
def test_what_is_no_cell_is_told_what_a_cell_has(odd):
    assert "a cell needs" in exercises.check_gru(odd).text


def test_the_table_of_errors_shows_the_gate_and_the_step():
    late = exercises.gru_delta_errors(cell(to_past=slip(to_past, "no r")))
    own = exercises.gru_delta_errors(cell(gate_deltas=slip(gate_deltas, "r: h")))

    assert late.shape == own.shape == (3, 5)
    assert (late[:, -1] < 1e-12).all() and (late[:, :-1] > 1e-3).all()
    assert own[0, -1] > 1e-3 and (own[1:, -1] < 1e-12).all()


def test_parts_are_the_readers_own_where_they_are_right():
    own = PARTS | dict(to_past=slip(to_past, "no r"), gradient=lambda trace, delta: None)
    parts = exercises.gru_parts(own)

    assert (parts.step, parts.gate_deltas) == (step, gate_deltas)
    assert exercises.check_gru_past(parts.to_past).verdict == "right"
    assert exercises.check_gru_gradient(parts.gradient).verdict == "right"
    assert repr(parts).split("\n") == [
        "step        yours", "gate_deltas yours", "to_past     the solution's (yours: not right yet)",
        "gradient    the solution's (yours: not attempted yet)"]


def test_who_has_written_nothing_yet_gets_a_whole_cell():
    parts = exercises.gru_parts(dict.fromkeys(PARTS, lambda *_: None))

    assert exercises.check_gru_step(parts.step).verdict == "right"
    assert exercises.check_gru_deltas(parts.gate_deltas).verdict == "right"
    assert exercises.check_gru_past(parts.to_past).verdict == "right"
    assert exercises.check_gru_gradient(parts.gradient).verdict == "right"


def for_one_network(p, u, state):
    """Return what a step returns that is written with W_h.T and cannot take a stack of parameters."""
    assert p.W_h.ndim == 2, "one network at a time"
    return step(p, u, state)


def test_a_step_that_knows_one_network_only_makes_a_cell_all_the_same():
    parts = exercises.gru_parts(PARTS | dict(step=for_one_network))
    mine = cell(step=parts.step)
    p, xs, state, dhs = gradcheck.designed_point(mine, np.random.default_rng(3))

    assert repr(parts).startswith("step        yours")
    assert gradcheck.check_cell(mine, p, xs, state, dhs).ok
    assert error(bptt.forward(mine, p, xs, state).hs, bptt.forward(gru, p, xs, state).hs) < 1e-12
    assert exercises.check_gru(cell(step=for_one_network)).verdict == "right"
    wrong = cell(step=for_one_network, to_past=slip(to_past, "no r"))
    assert "the road through n lacks r" in exercises.check_gru(wrong).text


def test_a_wrong_part_of_a_cell_is_told_in_the_words_of_its_own_check():
    def kept_after_r(p, u, state):
        state, kept = step(p, u, state)
        return state, kept._replace(ms=split(kept.gates)[0] * kept.ms)

    forward = exercises.check_gru(cell(step=slip(step, "z exchanged"))).text
    kept = exercises.check_gru(cell(step=kept_after_r)).text
    last = exercises.check_gru(cell(gradient=slip(gradient, "z for r"))).text

    assert "mend step first: " in forward
    assert kept.startswith("the states are right, but not all that step keeps") and "before r" in kept
    assert "is r, not z" in last and last.count("the deltas are right") == 1


def test_parts_that_are_other_code_with_the_same_result_are_the_readers():
    def other(dh, h, r, z, n, m):
        total = dh - z * dh
        d_n = total - total * n**2
        return d_n * m * (r - r**2), (dh * h - dh * n) * (z - z**2), d_n

    assert exercises.gru_parts(PARTS | dict(gate_deltas=other)).gate_deltas is other
    assert all(name in Parts.__dataclass_fields__ for name in PARTS)


def test_a_step_for_one_sequence_only_is_told_so():
    def one_batch(p, u, state):
        (h_t,), kept = step(p, u, state)
        return (h_t.reshape(-1, 3),), kept

    assert "one more axis" in exercises.check_gru_step(one_batch).text


def test_a_trace_that_is_scribbled_on_is_noticed():
    def scribble(trace, delta):
        trace.hs[0] = 0
        return gradient(trace, delta)

    assert "in place" in exercises.check_gru_gradient(scribble).text
