import math
from dataclasses import replace

import numpy as np
import pytest
from all_cells import CELLS
from helpers import error

from rnnlib import bptt, gradcheck, losses, readout, rnn
from rnnlib.course import wrong
from rnnlib.course.wrong.gated import BIASES
from rnnlib.course.wrong.passes import loss_by_loss, network

OF_NETWORKS = [m.name for m in wrong.ZOO if m.cell is rnn and not m.in_cell]


def point(seed=0, hard=False, **sizes):
    """Return inputs and labels of a vanilla network."""
    at = "one-hot labels" if hard else ""
    return wrong.point(wrong.mistake("label-by-argmax"), seed, at, **sizes)


def report(run, inputs, labels, **options):
    return gradcheck.check(lambda i: run(i, labels)[0], inputs, lambda i: run(i, labels)[1], **options)


def failing(found):
    return {name[1:] for name in found.names("wrong")}


@pytest.mark.parametrize(("name", "method"), [
    (name, method) for name in OF_NETWORKS for method in ("complex", "auto", "central")
    if name != "window-one-short"                    # its loss freezes states by .real
])
def test_every_published_mistake_is_rejected_in_the_tensors_it_spoils(name, method):
    m = wrong.mistake(name)
    run = m.start()

    found = report(lambda i, labels: m.call(run, (i, labels)), *wrong.point(m), method=method)

    assert failing(found) == set(m.fails.split()), found
    assert {v.name for v in found.verdicts} == {"dW_x", "dW_h", "db", "dW_y", "db_y", "dxs", "dh0"}
    assert not found.ok and not found.names("unseen")


def test_a_bias_gradient_that_is_not_summed_over_the_batch_is_refused_by_its_shape():
    m = replace(wrong.mistake("bias-of-one-gate"), change={BIASES: "db = db + dz"})

    with pytest.raises(ValueError, match=r"db must be of shape \(12,\).*got shape \(4, 12\)"):
        m.check(wrong.point(m))


def sizes(rng):
    return dict(zip("TBDH", rng.integers(1, 7, size=4).tolist()))


@pytest.mark.parametrize("method", ["complex", "auto", "central"])
def test_the_right_pass_is_never_rejected_at_200_random_points(method):
    for seed in range(200):
        rng = np.random.default_rng(seed)
        p, xs, state, dhs = gradcheck.designed_point(rnn, rng, **sizes(rng))

        found = gradcheck.check_cell(rnn, p, xs, state, dhs, method=method)

        assert found.ok, found


@pytest.mark.parametrize("method", ["complex", "central"])
def test_the_right_network_is_never_rejected_at_200_random_points(method):
    for seed in range(200):
        inputs, labels = point(seed, **{k: 1 + v // 2 for k, v in sizes(np.random.default_rng(seed)).items()},
                               K=2 + seed % 3, hard=seed % 2 == 0)

        found = report(library, inputs, labels, method=method)

        assert not found.names("wrong"), found
        assert found.ok, found


def library(i, labels):
    """The whole network as a reader would write it with rnnlib."""
    trace = bptt.forward(rnn, i["p"], i["xs"], i["h0"])
    loss, dos = losses.softmax_cross_entropy(readout.forward(i["q"], trace.hs[1:]), labels)
    dq, dhs = readout.backward(i["q"], trace.hs[1:], dos)
    gradient = bptt.backward(rnn, i["p"], trace, dhs)
    return loss, {"p": gradient.params, "q": dq, "xs": gradient.xs, "h0": gradient.state[0]}


def test_three_ways_to_write_the_pass_agree():
    inputs, labels = point()

    found = [library(inputs, labels), *(f(**inputs, labels=labels) for f in (network, loss_by_loss))]

    for loss, gradient in found[1:]:
        assert error(loss, found[0][0]) < 1e-14
        assert error(tuple(gradient.values()), tuple(found[0][1].values())) < 1e-13


@pytest.mark.parametrize("options", [{"window": 2}, {"chunks": (2, 3)}])
def test_a_truncated_gradient_fails_a_full_check_by_design(options):
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))

    found = gradcheck.check_cell(rnn, p, xs, state, dhs,
                                 backward=lambda *a: bptt.backward(*a, **options))

    assert failing(found) == {"W_x", "W_h", "b", "xs", "h0"}


@pytest.mark.parametrize("batch", [(), (3, 2)])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_a_cell_is_checked_with_any_batch_axes(cell, batch):
    rng = np.random.default_rng(4)
    p, xs, state, dhs = gradcheck.designed_point(cell, rng, B=6)
    shape = {(): lambda a: a[..., 0, :], (3, 2): lambda a: a.reshape(*a.shape[:-2], 3, 2, -1)}[batch]

    found = gradcheck.check_cell(cell, p, shape(xs), tuple(map(shape, state)), shape(dhs))

    assert found.ok and "complex step" in found.method, found


def test_a_wrong_tensor_is_located_with_both_values():
    W = np.arange(1.0, 7.0).reshape(2, 3)
    gradient = 2 * W
    gradient[1, 2] *= 1.001

    found = gradcheck.check(lambda i: (i["W"] ** 2).sum(), {"W": W}, {"W": gradient})

    verdict = found["dW"]
    assert (verdict.verdict, verdict.where) == ("wrong", (1, 2))
    assert error(verdict.numeric, 12.0) < 1e-14 and error(verdict.analytic, 12.012) < 1e-14
    assert error(verdict.error, 0.012 / 12.012) < 1e-10
    for text in ("dW", "(2, 3)", "[1, 2]", "12.01", "12", "WRONG: dW (1 of 1 tensors)."):
        assert text in str(found) and text in found._repr_html_()


MOST = "Most off: {}, by {} or more of the largest entry; the others by {} or less."


@pytest.mark.parametrize("verdicts, said", [
    ("wrong 1, right 0, right 0", "All else is right: look at what concerns d0 alone."),
    ("right 0, right 0, wrong 1e-9", "All else is right: look at what concerns d2 alone."),
    ("wrong 1, right 0", ""), ("wrong 1, right 0, right 0, unseen 0", ""), ("wrong 1, wrong 1, right 0", ""),
    ("wrong 0.5, wrong 2e-2, wrong 1e-2", MOST.format("d0", "5e-01", "2e-02")),
    ("wrong 1e-2, wrong 0.3, wrong 2e-2, wrong 0.5", MOST.format("d3, d1", "3e-01", "2e-02")),
    ("wrong 0.5, wrong 6e-2, wrong 1e-2", ""), ("wrong 0.5, wrong 0.5, wrong 1e-2", ""),
    ("wrong 0.5, wrong 2e-2", ""), ("wrong inf, wrong inf, wrong inf", ""),
])
def test_where_to_look_is_said_where_one_is_wrong_or_a_few_are_far_more(verdicts, said):
    parts = [part.split() for part in verdicts.split(", ")]
    report = gradcheck.Report("none", tuple(
        gradcheck.Verdict(f"d{k}", (), verdict, float(error), (), 0.0, 0.0)
        for k, (verdict, error) in enumerate(parts)))

    lines = [line for line in str(report).split("\n") if line.startswith(("All else", "Most off"))]
    assert lines == [said] * bool(said)


def test_what_is_told_of_the_one_wrong_tensor_stands_alone():
    w = np.arange(1.0, 13).reshape(3, 4)
    found = gradcheck.check(lambda i: (w * i["a"]).sum() + sum((i[k] ** 2).sum() for k in "bc"),
                            dict.fromkeys("abc", w), {"a": 2 * w, "b": 2 * w, "c": 2 * w})

    assert found["da"].note == "2 times what it should be, in every entry." and "All else" not in str(found)


def test_a_report_is_a_table_and_escapes_what_it_shows():
    found = gradcheck.check(lambda i: (i["<b>"] ** 2).sum(), {"<b>": np.ones(2)}, {"<b>": 2 * np.ones(2)})

    page = found._repr_html_()

    assert page.startswith("<table>") and page.count("<tr>") == 2 and "✓ right" in page
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert str(found) == repr(found) and "Right: all 1 tensors." in str(found)


UNSEEN = {
    "h0=0 and T=1": ("dW_h", {"T": 1}, lambda p, xs, h, d: (p, xs, 0 * h, d)),
    "xs is all zero": ("dW_x", {}, lambda p, xs, h, d: (p, 0 * xs, h, d)),
    "dhs is all zero": ("dW_h", {}, lambda p, xs, h, d: (p, xs, h, 0 * d)),
    "W_x is all zero": ("dxs", {}, lambda p, xs, h, d: (p._replace(W_x=0 * p.W_x), xs, h, d)),
    "W_h is all zero": ("dh0", {}, lambda p, xs, h, d: (p._replace(W_h=0 * p.W_h), xs, h, d)),
    "every state before a step is zero": (
        "dW_h", {}, lambda p, xs, h, d: (p._replace(b=0 * p.b), 0 * xs, 0 * h, d)),
}


@pytest.mark.parametrize("method", ["complex", "central"])
@pytest.mark.parametrize("why", UNSEEN)
def test_a_tensor_the_point_cannot_see_is_not_certified_and_the_reason_is_given(why, method):
    name, options, change = UNSEEN[why]
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, np.random.default_rng(0), **options)
    p, xs, h0, dhs = change(p, xs, h0, dhs)

    found = gradcheck.check_cell(rnn, p, xs, h0, dhs, method=method)

    note = "this point cannot see mistakes here; the gradient is all zero because " + why + "."
    assert not found.ok and name in found.names("unseen") and not found.names("wrong")
    assert found[name].note == note
    (line,) = (line for line in str(found).split("\n") if line.endswith(f": {note}"))
    assert "Not certified" in str(found) and name in line.split(": ")[0].split(", ")


def test_a_zero_answer_to_a_gradient_that_is_not_zero_is_wrong_and_not_unseen():
    found = gradcheck.check(lambda x: (x * x).sum(), np.ones(3), np.zeros(3))

    assert found.names("wrong") == ["dx"]


def test_a_vanished_gradient_is_still_told_from_a_wrong_one():
    found = gradcheck.check(lambda x: 1e-40 * (x * x).sum(), np.ones(3), 2.002e-40 * np.ones(3),
                            method="complex")

    assert found.names("wrong") == ["dx"]


def test_a_tensor_below_the_noise_of_differences_is_not_certified():
    found = gradcheck.check(lambda i: (i["a"] ** 2).sum() + 1e-20 * (i["b"] ** 2).sum(),
                            {"a": np.ones(2), "b": np.ones(2)},
                            lambda i: {"a": 2 * i["a"], "b": 2e-20 * i["b"]}, method="central")

    assert found.names("unseen") == ["db"] and "below what differences resolve" in str(found)


SINES = lambda v: np.sin(v).sum()


@pytest.mark.parametrize("f, right, method", [
    (lambda v: 1e8 + float(SINES(v.real)), np.cos, "auto"),
    (lambda v: 1e8 + v[0] + 2 * v[1] + np.abs(v[2:]).sum(), lambda v: np.array([1.0, 2.0, 1.0, 1.0]), "auto"),
    *[(lambda v, c=c: 1.0 + c * SINES(v), lambda v, c=c: c * np.cos(v), "central") for c in (1.2e-10, 1e-9)],
], ids=["all is made real", "a part is made real", "below", "hardly above"])
@pytest.mark.parametrize("share", [0.5, 0.9, 1.1])
def test_a_share_of_some_slopes_is_not_certified_where_differences_show_few_digits(f, right, method, share):
    x = np.array([0.3, -0.4, 0.7, 1.1])

    found = gradcheck.check(f, x, lambda v: np.array([1, 1, share, share]) * right(v), method=method)

    assert not found.ok and "float32" not in str(found)
    assert not gradcheck.check(f, x, right, method=method).names("wrong")


@pytest.mark.parametrize("f, right", [
    (lambda v: 1e8 + 1e-5 * (np.abs(v) * v).sum(), lambda v: 2e-5 * np.abs(v)),
    (lambda v: 1e6 + 1e-9 * (v / (1 + np.abs(v))).sum(), lambda v: 1e-9 / (1 + np.abs(v)) ** 2),
    (lambda v: 1e8 + 1e-9 * float(SINES(v.real)), lambda v: 1e-9 * np.cos(v)),
    (lambda v: float(SINES(1e11 * v.real)), lambda v: 1e11 * np.cos(1e11 * v)),
], ids=["abs", "softsign", "real", "steep"])
def test_a_right_gradient_is_not_wrong_where_f_hides_what_it_does(f, right):
    found = gradcheck.check(f, np.array([0.3, -0.4, 0.7, 1.1]), right)

    assert not found.names("wrong") and "float32" not in str(found)


def abs_loss(x):
    return (np.abs(x) * x).sum()


def buffer_loss(x):
    out = np.zeros(len(x))
    out[:] = x * x
    return out.sum()


def math_loss(x):
    return sum(math.tanh(v) for v in x)


@pytest.mark.parametrize(("f", "gradient"), [
    (abs_loss, lambda x: 2 * np.abs(x)), (buffer_loss, lambda x: 2 * x),
    (math_loss, lambda x: 1 - np.tanh(x) ** 2),
])
def test_a_function_that_is_not_analytic_is_checked_by_differences_and_told_so(f, gradient):
    x = np.array([0.5, -1.5, 2.5])

    found = gradcheck.check(f, x, gradient)
    wrong = gradcheck.check(f, x, lambda x: 1.001 * gradient(x))

    assert found.ok and wrong.names("wrong") == ["dx"]
    assert "central differences" in found.method
    assert "central differences instead of the complex step" in str(found)


def big_cell(scale=1.0, carry=None):
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0), T=4, B=3, D=20, H=50)
    p = p._replace(W_h=p.W_h / 7, W_x=p.W_x / 4)

    def backward(cell, p, trace, dhs):
        if carry is not None:
            delta, state = bptt.deltas(cell, p._replace(W_h=p.W_h.T), trace, dhs)
            return bptt.gradient(cell, p, trace, delta, state)
        found = bptt.backward(cell, p, trace, dhs)
        return found._replace(params=found.params._replace(W_h=scale * found.params.W_h))

    return gradcheck.check_cell(rnn, p, xs, state, dhs, backward=backward)


def test_above_2000_entries_random_directions_take_over_and_say_so():
    right, slightly, transposed = big_cell(), big_cell(1.001), big_cell(carry="transposed")

    assert right.ok and "along 8 random directions of each tensor" in str(right)
    assert slightly.names("wrong") == ["dW_h"] and slightly["dW_h"].where is None
    assert failing(transposed) == {"W_x", "W_h", "b", "xs", "h0"}


def test_one_wrong_entry_among_thousands_is_rejected():
    x = np.random.default_rng(0).normal(size=(60, 50))
    gradient = 2 * x
    gradient[17, 3] *= 1.001

    assert gradcheck.check(lambda x: (x * x).sum(), x, 2 * x).ok
    assert gradcheck.check(lambda x: (x * x).sum(), x, gradient).names("wrong") == ["dx"]


def test_stacked_copies_in_several_batches_give_the_same_numbers(monkeypatch):
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))
    whole = gradcheck.check_cell(rnn, p, xs, state, dhs)
    monkeypatch.setattr("rnnlib.gradcheck.lines.CHUNK", 20)

    parts = gradcheck.check_cell(rnn, p, xs, state, dhs)

    assert parts.ok and whole.ok
    assert error([v.numeric for v in parts.verdicts], [v.numeric for v in whole.verdicts]) < 1e-14


def test_blind_spots_are_named_and_a_designed_point_has_none():
    rng = np.random.default_rng(0)
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, rng)

    def spots(p=p, xs=xs, h0=h0, dhs=dhs):
        return " ".join(gradcheck.blind_spots(p, bptt.forward(rnn, p, xs, h0), dhs))

    last = np.concatenate([0 * dhs[:-1], dhs[-1:]])
    assert spots() == ""
    assert "T=1" in spots(xs=xs[:1], dhs=dhs[:1])
    assert "One sequence only" in spots(xs=xs[:, :1], h0=h0[:1], dhs=dhs[:, :1])
    assert "W_h is symmetric" in spots(p._replace(W_h=p.W_h + p.W_h.T))
    assert "initial state is zero" in spots(h0=0 * h0)
    assert "All entries of W_h are equal" in spots(p._replace(W_h=np.ones((3, 3))))
    assert "last step only" in spots(dhs=last)


def test_a_designed_point_has_sizes_that_all_differ_and_a_large_gradient():
    p, xs, _, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))

    gradient = bptt.backward(rnn, p, bptt.forward(rnn, p, xs), dhs)

    assert len({*xs.shape, p.W_h.shape[0]}) == 4
    assert max(abs(w).max() for w in gradient.params) > 10


def test_the_taylor_remainder_falls_as_the_square_only_if_the_gradient_is_right():
    inputs, labels = point()

    def slightly_wrong(i):
        gradient = library(i, labels)[1]
        return {**gradient, "p": gradient["p"]._replace(W_h=1.001 * gradient["p"].W_h)}

    def rates(gradient):
        loss = lambda i: library(i, labels)[0]
        return np.array([gradcheck.taylor_rate(loss, inputs, gradient, np.random.default_rng(n)).rate
                         for n in range(20)])

    good, bad = rates(lambda i: library(i, labels)[1]), rates(slightly_wrong)

    assert abs(good - 2).max() < 0.05
    assert abs(np.median(bad) - 1) < 0.1 and abs(bad - 2).min() > 0.4


def test_the_dot_product_test_tells_a_missing_transpose():
    p, xs, (h0,), _ = gradcheck.designed_point(rnn, np.random.default_rng(0))
    inputs = {"p": p, "xs": xs, "h0": h0}

    def states(i):
        return bptt.forward(rnn, i["p"], i["xs"], i["h0"]).hs[1:]

    def pullback(i, u, transpose=False):
        trace = bptt.forward(rnn, i["p"], i["xs"], i["h0"])
        carry = i["p"]._replace(W_h=i["p"].W_h.T) if transpose else i["p"]
        found = bptt.gradient(rnn, i["p"], trace, *bptt.deltas(rnn, carry, trace, u))
        return {"p": found.params, "xs": found.xs, "h0": found.state[0]}

    def errors(pullback):
        return [gradcheck.dot_product_test(states, inputs, pullback, np.random.default_rng(n)).error
                for n in range(20)]

    assert max(errors(pullback)) < 1e-13
    assert min(errors(lambda i, u: pullback(i, u, transpose=True))) > 1e-4


def test_the_numerical_gradient_has_the_structure_of_the_inputs():
    inputs, labels = point()
    expected = network(**inputs, labels=labels)[1]

    for method, limit in (("complex", 1e-13), ("central", 1e-7)):
        found = gradcheck.numerical_gradient(lambda i: network(**i, labels=labels)[0], inputs, method)
        assert type(found["p"]) is rnn.Params and set(found) == set(inputs)
        assert error(tuple(found.values()), tuple(expected.values())) < limit


def test_central_differences_also_run_as_one_batch():
    x = np.arange(1.0, 7.0).reshape(2, 3)

    found = gradcheck.numerical_gradient(lambda x: (x ** 3).sum(axis=(1, 2)), x, "central", stacked=True)

    assert error(found, 3 * x * x) < 1e-8


def test_a_backward_pass_that_writes_into_dhs_is_rejected_and_harms_nobody():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(8))
    kept = dhs.copy()

    def doubles_the_callers_array(cell, p, trace, dhs):
        dhs *= 2
        return bptt.backward(cell, p, trace, dhs)

    with pytest.raises(ValueError, match="the same at every call"):
        gradcheck.check_cell(rnn, p, xs, state, dhs, doubles_the_callers_array)

    assert np.array_equal(dhs, kept)


def test_a_write_that_no_second_call_shows_does_not_move_the_numerical_side():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(9))

    def forgets_the_first_step(cell, p, trace, dhs):
        dhs[0] = 0
        return bptt.backward(cell, p, trace, dhs)

    report = gradcheck.check_cell(rnn, p, xs, state, dhs, forgets_the_first_step)

    assert not report.ok


def two_networks(start):
    """Return a loss of two vanilla networks, one after the other, its gradient, and inputs: two Params."""
    rng = np.random.default_rng(start)
    p, xs, _, dhs = gradcheck.designed_point(rnn, rng, T=4, B=3, D=2, H=5)
    q = gradcheck.designed_point(rnn, rng, D=5, H=6)[0]
    dhs = rng.normal(size=(4, 3, 6))

    def run(i):
        first = bptt.forward(rnn, i["p"]["low"], i["xs"])
        second = bptt.forward(rnn, i["p"]["high"], first.hs[1:])
        high = bptt.backward(rnn, i["p"]["high"], second, dhs)
        low = bptt.backward(rnn, i["p"]["low"], first, high.xs)
        return (dhs * second.hs[1:]).sum(), {"p": {"low": low.params, "high": high.params}, "xs": low.xs}

    return lambda i: run(i)[0], lambda i: run(i)[1], {"p": {"low": p, "high": q}, "xs": xs}


def test_a_tree_with_two_params_is_checked_and_each_tensor_has_a_name():
    loss, gradient, inputs = two_networks(0)

    found = gradcheck.check(loss, inputs, gradient, method="complex")

    assert found.ok, found
    assert [v.name for v in found.verdicts] == [
        f"dp.{at}.{n}" for at in ("low", "high") for n in ("W_x", "W_h", "b")] + ["dxs"]
    given = gradcheck.check(loss, inputs, {f"d{n}": g for n, g in gradient(inputs).items()})
    assert given.ok and given.names("right") == found.names("right")
    numerical = gradcheck.numerical_gradient(loss, inputs)
    assert type(numerical["p"]["high"]) is rnn.Params
    assert error(tuple(numerical["p"]["high"]), tuple(gradient(inputs)["p"]["high"])) < 1e-12


@pytest.mark.parametrize("at", ["low", "high"])
def test_a_mistake_in_one_of_two_params_is_named_there(at):
    loss, gradient, inputs = two_networks(1)

    def wrong_there(i):
        found = gradient(i)
        right = found["p"][at]
        return found | {"p": found["p"] | {at: right._replace(W_h=right.W_h.T.copy())}}

    assert gradcheck.check(loss, inputs, wrong_there).names("wrong") == [f"dp.{at}.W_h"]


def test_one_name_for_two_arrays_is_refused():
    inputs = {"a": {"b": np.ones(2)}, "a.b": np.ones(3)}

    with pytest.raises(ValueError, match=r"inputs must be named without repetition; got \['a.b', 'a.b'\]"):
        gradcheck.check(lambda i: i["a.b"].sum(), inputs, inputs)


def test_lists_of_numbers_stand_for_the_arrays_of_a_gradient():
    rng = np.random.default_rng(60)
    check, W, b = gradcheck.check, rng.normal(size=(2, 3)), rng.normal(size=4)
    assert check(lambda x: (x**3).sum(), b, lambda x: [3 * float(v) ** 2 for v in x]).ok
    nested = {"layers": [{"W": W}, b]}
    loss = lambda q: (q["layers"][0]["W"] ** 2).sum() + np.sin(q["layers"][1]).sum()
    assert not check(loss, nested, {"layers": [{"W": (3 * W).tolist()}, np.cos(b).tolist()]}).ok
    assert check(loss, nested, {"layers": [{"W": (2 * W).tolist()}, np.cos(b).tolist()]}).ok
    assert check(loss, {"layers": nested["layers"]}, lambda q: {"layers": [{"W": 2 * W}, np.cos(b)]}).ok
    with pytest.raises(ValueError, match="dx must be of shape"):
        check(lambda x: x.sum(), b, [1.0, 1.0])


@pytest.mark.parametrize(("f", "pullback", "got"), [
    (np.abs, lambda x, u: u * np.sign(x),
     r"got 0 by the complex step, -?\d\.\d+ by differences. abs, comparisons and real arrays"),
    (lambda x: np.array([v.real**2 for v in x]), lambda x, u: 2 * u * x, "got 0 by the complex step"),
    (lambda x: np.stack([x, x])[0].astype(float), lambda x, u: u, "got one that makes complex numbers real"),
])
def test_a_dot_product_of_what_is_not_analytic_is_refused_and_not_called_wrong(f, pullback, got):
    with pytest.raises(TypeError, match=rf"dot_product_test: f must be analytic; {got}"):
        gradcheck.dot_product_test(f, np.array([0.3, -1.2, 2.0]), pullback, np.random.default_rng(0))


def test_a_dot_product_of_words_is_refused():
    with pytest.raises(TypeError, match=r"dot_product_test: f\(inputs\) must be numeric; got shape .*, <U1"):
        gradcheck.dot_product_test(lambda x: np.array(["a", "b"]), np.ones(3), lambda x, u: u,
                                   np.random.default_rng(0))


@pytest.mark.parametrize("f", [
    np.sin, lambda x: np.exp(30 * x), lambda x: np.where(x > 0, x, 0), lambda x: 1e9 + np.sin(x)])
def test_a_dot_product_of_what_is_analytic_is_not_refused_where_the_pullback_is_wrong(f):
    found = gradcheck.dot_product_test(f, np.array([0.3, -1.2, 2.0]), lambda x, u: 0.9 * u,
                                       np.random.default_rng(0))

    assert found.error > 1e-2


@pytest.mark.parametrize(("b", "db", "hint"), [
    (np.ones(4), np.ones((1, 4)), r"use db.reshape\(4,\), or no keepdims in the sum."),
    (np.ones((4, 1)), np.ones(4), r"use db.reshape\(4, 1\), or keepdims=True in the sum."),
    (np.ones(4), np.ones((3, 4)), "A sum over the batch or over time is missing?")])
def test_a_gradient_of_another_shape_is_told_what_would_fit(b, db, hint):
    with pytest.raises(ValueError, match=hint):
        gradcheck.check(lambda p: (p["b"] ** 2).sum(), {"b": b}, {"b": db})


@pytest.mark.parametrize("dtype", [np.longdouble, object])
def test_numbers_of_more_than_float64_are_not_told_of_float32(dtype):
    with pytest.raises(TypeError, match=r"inputs x must be float64; got \w+. Use astype\(float\)."):
        gradcheck.check(lambda x: (x * x).sum(), np.ones(3, dtype), lambda x: 2 * x)


def test_parameters_of_float32_are_refused_by_both_before_the_inputs_are():
    p, *rest = gradcheck.designed_point(rnn, np.random.default_rng(0))
    single = p._make(w.astype(np.float32) for w in p)
    for judge in (gradcheck.check_cell, gradcheck.locate):
        with pytest.raises(TypeError, match="p must be of float64; got float32"):
            judge(rnn, single, *rest)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_a_wrong_gradient_near_the_ends_of_float64_is_read_without_a_warning(scale, recwarn):
    x = np.array([0.3, -1.2, 2.0])
    f = lambda v: scale * np.sin(v).sum()

    assert "0.5 times what it should be" in str(gradcheck.check(f, x, 0.5 * scale * np.cos(x)))
    assert gradcheck.check(f, x, scale * np.cos(2 * x)).names("wrong") == ["dx"]
    assert not recwarn.list


def test_where_no_step_has_a_loss_none_is_said_to_have_one():
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(0))
    trace = bptt.forward(rnn, p, xs, *state)

    assert gradcheck.blind_spots(p, trace, 0 * dhs) == ("dhs is all zero: no step has a loss of its own.",)
    last = dhs * (np.arange(len(dhs)) == len(dhs) - 1)[:, None, None]
    assert gradcheck.blind_spots(p, trace, last) == ("The loss is injected at the last step only.",)


@pytest.mark.parametrize("gives, says", [
    (lambda m: None, "got None. Does it end with return?"),
    (lambda m: (2 * a for a in m), "Does it end with return?"),
    (lambda m: (2 * m[1], 2 * m[0]),
     r"got them in another order: \(3,\), \(2, 3\)\. inputs come as \(2, 3\), \(3,\)\."),
])
def test_what_a_gradient_forgets_or_exchanges_is_said(gives, says):
    inputs = np.ones((2, 3)), np.ones(3)

    with pytest.raises((TypeError, ValueError), match=says):
        gradcheck.check(lambda m: (m[0] ** 2).sum() + (m[1] ** 2).sum(), inputs, gives)


def test_a_second_call_that_doubles_is_told_to_reset_only_if_a_third_adds_once_more():
    x, kept = np.array([0.3, -1.2, 2.0]), {"sum": 0, "doubled": np.array([0.5, 1.0, 1.5])}

    def adds(v):
        kept["sum"] = kept["sum"] + 2 * v
        return kept["sum"].copy()

    def doubles(v):
        kept["doubled"] *= 2
        return kept["doubled"].copy()

    for gradient, reset in ((adds, True), (doubles, False)):
        with pytest.raises(ValueError, match="at the second call") as caught:
            gradcheck.check(lambda v: (v * v).sum(), x, gradient)
        assert ("reset it, as zero_grad does" in str(caught.value)) == reset


def test_where_one_part_alone_is_wrong_it_is_named_with_what_is_sent_to_it():
    rng = np.random.default_rng(2)
    inputs = {"low": {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=3)}, "top": rng.normal(size=(2, 3))}
    x, said = rng.normal(size=2), "All else is right: look at low, and at what is sent back to it."

    def loss(m):
        return np.tanh(m["top"] @ np.tanh(m["low"]["W"] @ x + m["low"]["b"])).sum()

    def gradient(m, sent=1.0, own=1.0):
        h = np.tanh(m["low"]["W"] @ x + m["low"]["b"])
        e = 1 - np.tanh(m["top"] @ h) ** 2
        delta = m["top"].T @ e * (1 - h * h) * sent
        return {"low": {"W": np.outer(delta, x), "b": delta}, "top": own * np.outer(e, h)}

    odd = np.array([1.0, 2.0, 3.0])
    assert said in str(gradcheck.check(loss, inputs, lambda m: gradient(m, odd)))
    assert "what is sent back to" not in str(gradcheck.check(loss, inputs, lambda m: gradient(m, odd, 1.1)))
    assert "what is sent back to" not in str(gradcheck.check(loss, inputs, lambda m: gradient(m, own=1.1)))


@pytest.mark.parametrize("turn, says", [
    (lambda g: g.T, "the transpose of what it should be, along every direction."),
    (lambda g: g[::-1], "right, but reversed along axis 0, along every direction."),
    (lambda g: 0 * g, "all zero, and should not be."),
    (lambda g: 0.5 * g, "0.5 times what it should be, along every direction."),
])
def test_of_large_tensors_a_turn_is_seen_along_directions(turn, says):
    x = np.random.default_rng(0).normal(size=(50, 50))
    weights = np.random.default_rng(1).normal(size=(50, 50))

    found = gradcheck.check(lambda v: (weights * np.tanh(v)).sum(), x,
                            lambda v: turn(weights * (1 - np.tanh(v) ** 2)))

    assert found["dx"].note == says
