"""locate names the cause of a wrong backward pass, or says only what it knows."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import bptt, gradcheck, gru, gru_original, losses, lstm, rnn
from rnnlib.course import wrong
from rnnlib.course.wrong.gated import BIASES, HAND_ON, ROADS
from rnnlib.gradcheck import changes, editable, guard
from rnnlib.gradcheck import locating as module
from rnnlib.gradcheck.locating import locate, numerical_deltas

CELLS = [rnn, lstm, gru]
NAMED = [*CELLS, gru_original]


def designed(cell, seed=0, **sizes):
    return gradcheck.designed_point(cell, np.random.default_rng(seed), **sizes)


def generic(cell, seed=7):
    """A point like any other: T=4, three sequences, five units, small numbers."""
    rng = np.random.default_rng(seed)
    p = cell.init(rng, 3, 5)
    p = p._make(w + 0.1 * rng.normal(size=w.shape) for w in p)
    state = tuple(0.5 * rng.normal(size=(3, 5)) for _ in cell.STATES)
    return p, rng.normal(size=(4, 3, 3)), tuple(np.tanh(s) for s in state), rng.normal(size=(4, 3, 5))


def given(numbers):
    """A backward pass that returns these numbers, whatever it is called with."""
    return lambda *_: numbers


def deltas(cell, p, trace, dhs):
    return bptt.deltas(cell, p, trace, dhs)[0]


def at(cell, p, xs, state, dhs, mask=None):
    """Return the point of locate, with its numerical numbers."""
    trace = bptt.forward(cell, p, xs, state, mask)
    return editable.Point(cell, trace.p, trace, dhs, module._numerical(cell, trace.p, trace, dhs))


def from_the_zoo(name, change=None):
    """Return the arguments of locate for a mistake of the zoo, or for another change of its right pass.

    Of a whole network the cell's part is taken, with the dhs of its read-out.
    """
    m = wrong.mistake(name)
    m = m if change is None else replace(m, change=change)
    point = wrong.point(m)
    if m.in_cell:
        return m.cell, *point, m.backward
    i, y = point
    hs = bptt.forward(rnn, i["p"], i["xs"], i["h0"]).hs[1:]
    dhs = (losses.softmax(hs @ i["q"].W_y.T + i["q"].b_y) - y) @ i["q"].W_y
    g = m.last_call(point)[1]
    return rnn, i["p"], i["xs"], i["h0"], dhs, given(bptt.Gradient(g["p"], g["xs"], (g["h0"],)))


# Right passes

@pytest.mark.parametrize("cell", NAMED)
def test_numerical_deltas_are_those_of_bptt(cell):
    p, xs, state, dhs = designed(cell)
    mask = np.random.default_rng(1).random((5, 4)) < 0.7
    trace = bptt.forward(cell, p, xs, state, mask)

    numeric = numerical_deltas(cell, p, trace, dhs)

    np.testing.assert_allclose(numeric, deltas(cell, p, trace, dhs), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", NAMED)
def test_a_right_pass_is_called_right_in_every_form_it_may_return(cell):
    p, xs, state, dhs = designed(cell)
    forms = [
        bptt.backward, bptt.deltas, deltas, lambda *a: list(deltas(*a)),
        lambda *a: (bptt.deltas(*a)[0], *bptt.deltas(*a)[1]), lambda *a: bptt.backward(*a).params,
        lambda *a: tuple(bptt.backward(*a).params), lambda *a: {"dW_h": bptt.backward(*a).params.W_h},
    ]
    for form in forms:
        found = locate(cell, p, xs, state, dhs, form)

        assert found.sentence.startswith("Right: "), found
        assert found.ok and found.cause is None and not found.blind and not found.unseen


@pytest.mark.parametrize("seed", range(50))
def test_none_of_fifty_right_passes_gets_a_cause(seed):
    rng = np.random.default_rng(seed)
    cell = NAMED[seed % 4]
    T, B, D, H = rng.integers(1, 6, 4)
    p, xs, state, dhs = designed(cell, seed, T=T, B=B, D=D, H=H)
    p = p._make(rng.uniform(0.01, 3) * w for w in p)
    mask = None if seed % 3 else rng.random((T, B)) < 0.8

    found = locate(cell, p, xs, state, dhs, (bptt.backward, deltas)[seed % 2], mask=mask)

    assert found.cause is None and not found.candidates, found
    assert not found.report.names("wrong"), found


# Mistakes made anew, in code of its own, and the cause named

IN_LSTM = {          # further changes of the right pass of an LSTM, the zoo's own are in test_wrong
    "the transpose": ({ROADS: "dh_prev = dz_i @ W_i.T + dz_f @ W_f.T + dz_g @ W_g.T + dz_o @ W_o.T"},
                      "where its transpose belongs"),
    "dh_next": ({HAND_ON: "dc_next = dc_prev"}, "dh_next is dropped"),
    "i": ({ROADS: ROADS.replace("dz_i @ W_i + ", "")}, "gate i is left out of W_h^T delta"),
    "g": ({ROADS: ROADS.replace("dz_g @ W_g + ", "")}, "gate g is left out of W_h^T delta"),
    "o": ({ROADS: ROADS.replace(" + dz_o @ W_o", "")}, "gate o is left out of W_h^T delta"),
}


@pytest.mark.parametrize("name", IN_LSTM)
def test_what_is_left_out_on_the_way_back_is_named(name):
    change, cause = IN_LSTM[name]

    found = locate(*from_the_zoo("dc-dropped", change))

    assert "right at step 6, wrong from step 5 back" in found.sentence and cause in found.cause


def test_a_bias_that_is_not_summed_over_the_batch_is_named():
    found = locate(*from_the_zoo("bias-of-one-gate", {BIASES: "db = db + dz"}))

    assert "the sum over the batch is missing, in db" in found.cause
    assert "db has shape (4, 12); expected (12,)" in found.sentence


OF_NETWORKS = {
    "no-state-before-its-own-step": (None, "dW_h is wrong"),
    "input-of-the-loss": (None, "dW_x is wrong"),
    "frozen-previous-state": (None, "dW_h is wrong"),
    "window-one-short": ("window=2", "wrong from step 4 back"),
}


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_the_double_loops_of_source_004_are_located(name):
    cause, where = OF_NETWORKS[name]

    found = locate(*from_the_zoo(name))

    assert where in found.sentence and not found.ok
    assert (found.cause is None) if cause is None else cause in found.cause


def source_001(cell, p, trace, dhs):
    """The pass of source 001, h_t = tanh(x_t W1 + h_(t-1) W2): it goes back with W2, not W2.T."""
    W2, back = p.W_h.T, 0
    delta = np.zeros_like(trace.zs)
    for t in reversed(range(len(dhs))):
        dtanh = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + back)
        delta[t] = dtanh
        back = dtanh @ W2
    return delta


def test_source_001_misses_a_transpose_and_the_step_is_named():
    found = locate(rnn, *designed(rnn), source_001)

    assert found.sentence.startswith("The deltas are right at step 5, wrong from step 4 back. One change")
    assert "W_h stands in the carry where its transpose belongs" in found.cause
    assert found.errors.shape == (5, 1) and found.errors[4, 0] < 1e-12 < 1e-3 < found.errors[3, 0]


def gru_pass(p, trace, dhs, *, leak=lambda dh, r, z: z * dh, third=lambda dn, r: r * dn,
             n_slope=lambda n: 1 - n * n, from_n=lambda z: 1 - z, back=lambda d, W: d @ W):
    """A GRU's deltas, written gate by gate; each option replaces one quantity."""
    H = dhs.shape[-1]
    W_r, W_z, W_n = p.W_h[:H], p.W_h[H:2 * H], p.W_h[2 * H:]
    out, dh_next = [], 0
    for t in reversed(range(len(dhs))):
        r, z, n = np.split(trace.kept.gates[t], 3, axis=-1)
        dh, h = dhs[t] + dh_next, trace.hs[t]
        dn = n_slope(n) * from_n(z) * dh
        dz = z * (1 - z) * (h - n) * dh
        dr = r * (1 - r) * (h @ W_n.T + p.b_n) * dn
        out.insert(0, np.concatenate([dr, dz, dn], axis=-1))
        dh_next = leak(dh, r, z) + back(dr, W_r) + back(dz, W_z) + back(third(dn, r), W_n)
    return out


@pytest.mark.parametrize("options, cause, where", [
    ({"leak": lambda dh, r, z: 0}, "the leak z * dh is dropped", "wrong from"),
    ({"leak": lambda dh, r, z: (1 - z) * dh}, "the leak carries 1 - z", "wrong from"),
    ({"third": lambda dn, r: dn}, "lacks r", "wrong from"),
    ({"n_slope": lambda n: 1 - np.tanh(n) ** 2}, "the slope of gate n is taken at the activation", "every"),
    ({"from_n": lambda z: 1}, "delta^n lacks the factor 1 - z", "wrong at every step, in"),
    ({"back": lambda d, W: d @ W.T}, "where its transpose belongs", "wrong from"),
    ({"leak": lambda dh, r, z: r * dh}, None, "what is carried back is wrong"),
    ({"n_slope": lambda n: 1 - n ** 3}, None, "look at the step itself: the formulas of r and n"),
])
@pytest.mark.parametrize("point", [designed, generic])
def test_mistakes_in_a_gru_are_named(point, options, cause, where):
    found = locate(gru, *point(gru), lambda cell, p, trace, dhs: gru_pass(p, trace, dhs, **options))

    assert where in found.sentence
    assert (found.cause is None and not found.candidates) if cause is None else cause in found.cause


@pytest.mark.parametrize("cell, point", [(rnn, designed), (rnn, generic), (lstm, designed), (gru, generic)])
@pytest.mark.parametrize("wrong, cause", [
    (lambda *a: bptt.backward(*a, window=1), "nothing is carried back"),
    (lambda *a: bptt.backward(*a, window=3), "window=3"),
    (lambda c, p, t, d: bptt.deltas(c, p, t, d * (np.arange(len(d)) == len(d) - 1)[:, None, None]),
     "only the loss of the last step"),
    (lambda *a: deltas(*a) / a[3].shape[0], "steps stands for the sum"),
    (lambda *a: deltas(*a) / a[3].shape[1], "sequences stands for the sum"),
    (lambda *a: bptt.backward(*a).params._replace(b=deltas(*a).mean((0, 1))), "steps and sequences"),
    (lambda *a: {"b": deltas(*a).sum(0)}, "the sum over the batch is missing"),
    (lambda *a: {"b": deltas(*a)[:, 0].sum(0)}, "only sequence 1 of the batch is used"),
    (lambda *a: deltas(*a)[::-1].copy(), "reverse order of time"),
    (lambda *a: deltas(*a).swapaxes(0, 1), "time and batch are exchanged"),
    (lambda *a: -deltas(*a), "the sign is wrong"),
])
def test_mistakes_that_every_cell_may_share_are_named(cell, point, wrong, cause):
    found = locate(cell, *point(cell), wrong)

    assert cause in found.cause, found


def judged(here, numbers, parts):
    """Return the parts of numbers, and the Location of a pass that returns them."""
    chosen = {name: np.array(numbers[name]) for name in parts}
    return chosen, module._judge(here, chosen, [], chosen)


def same_change(text, cause):
    """True if both name one change, whatever the places named; "and the same for c" includes it."""
    a, b = (t.replace(changes.BOTH, "").removesuffix(", everywhere").removesuffix(", in delta")
            .removesuffix(", in dW_h") for t in (text, cause))
    return a.startswith(b) or (changes.BOTH in text and a.replace("h", "c") == b.replace("h", "c"))


@pytest.mark.parametrize("cell", NAMED)
@pytest.mark.parametrize("point", [designed, generic])
def test_every_change_of_the_list_is_named_and_no_other(cell, point):
    """Whether a pass returns deltas, all numbers or parameters, the cause is the change that was made."""
    here = at(cell, *point(cell))
    forms = tuple(here.right), ("delta",), cell.Params._fields
    for k, (text, numbers, shows) in enumerate(changes.listed(here)[:: 1 if point is designed else 2]):
        chosen, found = judged(here, numbers, forms[0 if point is designed else k % 3])

        if editable.agree(chosen, here.right, here.G):
            assert found.cause is None and not found.candidates
        else:
            assert shows and found.candidates == (found.cause,), (text, found)
            assert same_change(text, found.cause), (text, found)


# Points that cannot see

DEGENERATE = {
    "T=1": lambda p, xs, state, dhs: (p, xs[:1], state, dhs[:1]),
    "T=2": lambda p, xs, state, dhs: (p, xs[:2], state, dhs[:2]),
    "T=B": lambda p, xs, state, dhs: (p, xs[:4], state, dhs[:4]),
    "one sequence": lambda p, xs, state, dhs: (p, xs[:, :1], tuple(s[:1] for s in state), dhs[:, :1]),
    "no batch": lambda p, xs, state, dhs: (p, xs[:, 0], tuple(s[0] for s in state), dhs[:, 0]),
    "h0=0": lambda p, xs, state, dhs: (p, xs, None, dhs),
    "T=1, h0=0": lambda p, xs, state, dhs: (p, xs[:1], None, dhs[:1]),
    "last loss": lambda p, xs, state, dhs: (p, xs, state, dhs * (np.arange(5) == 4)[:, None, None]),
    "no W_h": lambda p, xs, state, dhs: (p._replace(W_h=0 * p.W_h), xs, state, dhs),
    "symmetric W_h": lambda p, xs, state, dhs: (
        p._replace(W_h=np.concatenate([w + w.T for w in np.split(p.W_h, len(p.W_h) // 3)])), xs, state, dhs),
    "equal gates": lambda p, xs, state, dhs: (
        p._make(np.concatenate([w[:3]] * (len(w) // 3)) for w in p), xs, state, dhs),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("where", DEGENERATE)
def test_a_point_that_cannot_see_never_names_a_wrong_cause(cell, where):
    """Whatever was changed: it is among the candidates, and named as the cause only if it is the only one."""
    here = at(cell, *DEGENERATE[where](*designed(cell)))
    for k, (text, numbers, _) in enumerate(changes.listed(here)[len(where) % 5::5]):
        chosen, found = judged(here, numbers, (tuple(here.right), ("delta",))[k % 2])

        if editable.agree(chosen, here.right, here.G):
            assert found.cause is None and not found.candidates
        else:
            assert any(same_change(text, cause) for cause in found.candidates), (text, found)
            assert (found.cause is None) == (len(found.candidates) > 1)


@pytest.mark.parametrize("where", ["T=1", "T=2", "no W_h", "equal gates", "T=B"])
def test_some_changes_give_the_same_numbers_there(where):
    here = at(lstm, *DEGENERATE[where](*designed(lstm)))

    found = (judged(here, numbers, tuple(here.right))[1] for _, numbers, _ in changes.listed(here))

    assert any(f.cause is None and "changes give the same numbers" in f.sentence for f in found)


@pytest.mark.parametrize("where, sentence", [
    ("T=1", "T=1: nothing travels"), ("symmetric W_h", "W_h is symmetric"), ("h0=0", "initial state is zero"),
])
def test_what_hides_a_mistake_is_said(where, sentence):
    def forgets_h0(cell, p, trace, dhs):
        grad = bptt.backward(cell, p, trace, dhs).params
        past = np.concatenate([0 * trace.hs[:1], trace.hs[1:-1]])
        return grad._replace(W_h=np.einsum("tbi,tbj->ij", deltas(cell, p, trace, dhs), past))

    wrong = forgets_h0 if where == "h0=0" else source_001
    assert not locate(rnn, *designed(rnn), wrong).ok

    found = locate(rnn, *DEGENERATE[where](*designed(rnn)), wrong)

    assert found.cause is None and found.sentence.startswith("Right as far as this point can see")
    assert sentence in repr(found)


def test_two_causes_that_one_point_cannot_tell_apart_are_both_named():
    wrong = lambda *a: deltas(*a) / 4

    found = locate(rnn, *DEGENERATE["T=B"](*designed(rnn)), wrong)

    assert found.cause is None and len(found.candidates) == 2
    assert "0.25 times" in found.sentence and "2 changes give the same numbers" in found.sentence
    assert "4 steps" in found.sentence and "4 sequences" in found.sentence


# What is not in the list: no cause, the right place

@pytest.mark.parametrize("cell", CELLS)
def test_a_mistake_outside_the_list_gets_its_place_and_no_cause(cell):
    H, last = 3, len(editable.GATES[cell]) - 1

    def odd_carry(cell, p, trace, dhs):
        return deltas(cell, p._replace(W_h=1.01 * p.W_h), trace, dhs)

    def odd_gate(cell, p, trace, dhs):
        delta = deltas(cell, p, trace, dhs)
        delta[..., last * H:] *= 1.5
        return delta

    def odd_step(cell, p, trace, dhs):
        delta = deltas(cell, p, trace, dhs)
        delta[2] *= 1.1
        return delta

    def odd_sum(cell, p, trace, dhs):
        delta, _ = bptt.deltas(cell, p, trace, dhs)
        grad = bptt.backward(cell, p, trace, dhs).params
        return {"delta": delta, **grad._replace(W_x=1.3 * grad.W_x)._asdict()}

    carry, gate, step, total = (
        locate(cell, *designed(cell), f) for f in (odd_carry, odd_gate, odd_step, odd_sum))

    assert "right at step 5, wrong from step 4 back" in carry.sentence
    assert "what is carried back is wrong" in carry.sentence
    if cell is rnn:
        assert "Every delta is 1.5 times" in gate.sentence
    else:
        assert f"wrong at every step, in gate {editable.GATES[cell][last]}." in gate.sentence
    assert "wrong at step 3" in step.sentence and "right elsewhere" in step.sentence
    assert total.sentence.startswith("The deltas are right, but dW_x is wrong.")
    assert not any(found.cause or found.candidates for found in (carry, gate, step, total))


def test_a_cell_of_ones_own_is_held_against_ours():
    class Mine:
        Params, STATES, shapes, step, gradient = rnn.Params, rnn.STATES, rnn.shapes, rnn.step, rnn.gradient

        @staticmethod
        def step_backward(p, dstate, at):
            delta = dstate[0] * (1 - at.after[0] ** 2)
            return delta, (delta @ p.W_h.T,)

    found = locate(Mine, *designed(rnn))

    assert "transpose" in found.cause and found.sentence.startswith("The deltas are right at step 5, wrong")
    by_gradient = locate(Mine, *designed(rnn), bptt.backward)
    assert "transpose" in by_gradient.cause
    assert "by dxs, the deltas are right at step 5" in by_gradient.sentence


def test_a_cell_that_is_none_of_ours_may_lack_a_right_pass():
    class Leaky:
        Params, STATES, shapes, Kept = rnn.Params, rnn.STATES, rnn.shapes, rnn.Kept

        @staticmethod
        def step(p, u, state):
            z = u + state[0] @ p.W_h.mT
            return (0.5 * state[0] + 0.5 * np.tanh(z),), rnn.Kept(z)

    forgets_the_leak = lambda cell, p, trace, dhs: deltas(rnn, p, trace, dhs)

    found = locate(Leaky, *designed(rnn), forgets_the_leak)

    assert found.cause is None and "look at the step itself" in found.sentence


@pytest.mark.parametrize("cell", NAMED)
def test_masks_and_more_batch_axes(cell):
    p, xs, state, dhs = designed(cell, T=4, B=6)
    mask = np.random.default_rng(5).random((4, 6)) < 0.8
    wide = [a.reshape(*a.shape[:-2], 2, 3, a.shape[-1]) for a in (xs, *state, dhs)]
    wide = p, wide[0], tuple(wide[1:-1]), wide[-1]

    for point, options in (((p, xs, state, dhs), {"mask": mask}), (wide, {})):
        assert locate(cell, *point, **options).sentence.startswith("Right")
        assert "window=2" in locate(cell, *point, lambda *a: bptt.backward(*a, window=2), **options).cause


# Aliasing

def test_a_pass_that_writes_into_dhs_is_found_out():
    def wrong(cell, p, trace, dhs):
        delta, back = np.zeros_like(trace.zs), 0
        for t in reversed(range(len(dhs))):
            dhs[t] += back
            delta[t] = dhs[t] * (1 - trace.hs[t + 1] ** 2)
            back = delta[t] @ p.W_h
        return delta

    p, xs, state, dhs = designed(rnn)
    before = dhs.copy()
    found = locate(rnn, p, xs, state, dhs, wrong)

    assert "changes dhs in place" in found.cause and not found.ok
    np.testing.assert_array_equal(dhs, before)


def test_a_second_call_that_differs_is_found_out():
    kept = []

    def accumulates(cell, p, trace, dhs):
        kept.append(bptt.backward(cell, p, trace, dhs).params)
        return p._make(sum(g) for g in zip(*kept))

    def remembers(cell, p, trace, dhs):
        kept.append(1)
        return deltas(cell, p, trace, dhs) * len(kept)

    point = designed(lstm)
    assert "never reset" in locate(lstm, *point, accumulates).cause
    kept.clear()
    assert "something is kept between calls" in locate(lstm, *point, remembers).cause


# Bad input: one sentence

@pytest.mark.parametrize("backward, sentence", [
    (3.0, "A backward pass is a function; got 3.0."),
    (3, "A backward pass is a function; got 3."),
    (lambda *a: None, "returns nothing; expected deltas"),
    (lambda *a: ..., "returns nothing"),
    (lambda: 0, "stops with TypeError"),
    (lambda *a: 1 / 0, "stops with ZeroDivisionError: division by zero."),
    (lambda *a: "delta", "delta must be a float64 array"),
    (lambda *a: (), "returns 0 things"),
    (lambda *a: {}, "The dict is empty."),
    (lambda *a: {"W": 1}, "Unknown name 'W'"),
    (lambda *a: {"dW_h": None}, "dW_h must be a float64 array; got None."),
    (lambda *a: deltas(*a).astype(np.float32), "delta must be a float64 array"),
    (lambda *a: deltas(*a)[0], "delta has shape (4, 3); expected (5, 4, 3)."),
    (lambda *a: deltas(*a) * np.nan, "delta is not finite, first at step 1."),
    (lambda *a: np.float64(np.nan), "delta has shape (); expected (5, 4, 3)."),
    (lambda *a: deltas(*a).swapaxes(0, 1) * np.nan, "delta has shape (4, 5, 3); expected (5, 4, 3)."),
    (lambda *a: bptt.Gradient(None, None, None), "A Gradient holds Params(W_x, W_h, b)"),
    (lambda *a: [[1, 2], [3]], "returns 2 things"),
    (lambda c, p, t, d: t.p.W_h.fill(1) or deltas(c, p, t, d), "changes p.W_h in place"),
])
def test_bad_input_gets_one_sentence(backward, sentence):
    found = locate(rnn, *designed(rnn), backward)

    assert sentence in found.sentence and "\n" not in found.sentence
    assert not found.ok
    repr(found), found._repr_html_()


def test_bad_points_are_refused():
    p, xs, state, dhs = designed(rnn)
    with pytest.raises(TypeError, match="float64; got float32"):
        locate(rnn, p._make(w.astype(np.float32) for w in p), xs.astype(np.float32))
    with pytest.raises(ValueError, match="dhs must be of shape"):
        locate(rnn, p, xs, state, dhs[1:])
    with pytest.raises(ValueError, match="a small point"):
        locate(rnn, p, np.zeros((2000, 4, 2)))


def test_the_table_shows_gates_and_steps():
    p, xs, state, dhs = designed(lstm)
    found = locate(lstm, p, xs, state, dhs, lambda *a: bptt.deltas(*a, window=1))

    table = found._repr_html_()

    assert table.count("<tr>") == 5 and table.count('scope="col"') == 6
    assert "δ<sup>f</sup>" in table and "✓" in table and "✗" in table
    assert found.errors.shape == (5, 4)
    assert repr(found) == found.sentence


def test_a_pass_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.2)

    def loops(cell, p, trace, dhs):
        while True:
            pass

    found = locate(rnn, *designed(rnn), loops)

    assert found.sentence == "The backward pass is not done after 0.2 seconds: some loop does not end."


def test_what_a_pass_prints_is_shown_once(capsys):
    def tells(cell, p, trace, dhs):
        print("here")
        return bptt.deltas(cell, p, trace, dhs)

    assert locate(rnn, *designed(rnn), tells).ok
    assert capsys.readouterr().out == "here\n"


def test_the_checker_itself_says_where():
    assert gradcheck.locate is locate and gradcheck.locate(lstm, *designed(lstm)).ok


@pytest.mark.parametrize("name", ["W_x", "W_h", "b"])
def test_a_parameter_whose_gate_was_pasted_is_told_which(name):
    p, xs, state, dhs = designed(lstm)

    def pasted(cell, p, trace, dhs):
        found = bptt.backward(cell, p, trace, dhs).params
        i, f, g, o = np.split(getattr(found, name), 4)
        return found._replace(**{name: np.concatenate([i, i, g, o])})

    found = locate(lstm, p, xs, state, dhs, pasted)

    assert found.cause == f"gate f of d{name} is a copy of gate i"


@pytest.mark.parametrize("cell", [rnn, lstm, gru])
def test_a_carry_with_the_wrong_sign_is_not_taken_for_a_delta_with_it(cell):
    def flipped(cell, p, trace, dhs):
        delta, carry = np.empty_like(trace.zs), [0 * s[0] for s in trace.states]
        for t, at in reversed(list(enumerate(trace.steps()))):
            delta[t], back = cell.step_backward(p, (dhs[t] + carry[0], *carry[1:]), at)
            carry = [-c for c in back]
        return delta, tuple(carry)

    point = designed(cell)

    assert locate(cell, *point, flipped).cause == "what is carried back has the wrong sign"
    alone = locate(cell, *point, lambda *a: {"h0": flipped(*a)[1][0]})
    assert alone.cause in (None, "what is carried back has the wrong sign")
    assert "what is carried back has the wrong sign" in alone.candidates
