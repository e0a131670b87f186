import re

import numpy as np
import pytest

from rnnlib import bptt, gradcheck, lstm, rnn
from rnnlib.cells import activations

P, XS, STATE, DHS = gradcheck.designed_point(lstm, np.random.default_rng(0))


def loss(p, dtype=float):
    """Return the loss, all of it computed in this dtype."""
    cast = lambda a: a if dtype is float else a.astype(dtype)
    trace = bptt.forward(lstm, p._make(map(cast, p)), cast(XS), tuple(map(cast, STATE)))
    return (cast(DHS) * trace.hs[1:]).sum()


def gradient(p, dtype=float, factor=1.0):
    """Return the gradient, computed in this dtype and then cast to float64."""
    cast = lambda a: a.astype(dtype)
    q = p._make(map(cast, p))
    trace = bptt.forward(lstm, q, cast(XS), tuple(map(cast, STATE)))
    found = bptt.backward(lstm, q, trace, cast(DHS)).params
    return found._make(cast(factor * w).astype(float) for w in found)


def test_a_right_gradient_of_float32_is_not_called_wrong():
    found = gradcheck.check(loss, P, gradient(P, np.float32))

    assert found.ok and all(v.note.endswith("the gradient was computed in float32.") for v in found.verdicts)
    assert [v.note for v in gradcheck.check(loss, P, gradient(P)).verdicts] == ["", "", ""]


@pytest.mark.parametrize(("factor", "verdict"), [(1.00002, "float32"), (1.01, "wrong")])
def test_a_gradient_of_float32_is_certified_no_further_than_it_has_digits(factor, verdict):
    found = gradcheck.check(loss, P, gradient(P, np.float32, factor))

    assert found.names(verdict) == ["dW_x", "dW_h", "db"] and not found.ok
    note = ("not certified: the gradient has no more digits than float32 keeps, and the two agree to 4 "
            "digits.")
    assert (f"dW_x, dW_h, db: {note}" in str(found)) == (verdict == "float32")


def test_a_gradient_of_float64_that_is_off_as_little_is_wrong():
    assert gradcheck.check(loss, P, gradient(P, float, 1.00002)).names("wrong") == ["dW_x", "dW_h", "db"]
    half = lambda w: 0.5 * w.sum()                        # short numbers: float32, float64, all the same
    assert gradcheck.check(half, np.ones(3), np.full(3, 0.5)).ok
    assert gradcheck.check(lambda w: 0.5001 * w.sum(), np.ones(3), np.full(3, 0.5)).names("wrong") == ["dx"]


def test_short_numbers_are_not_taken_for_float32():
    x = np.array([1e-3, 1e-3, 0.2])
    found = gradcheck.check(lambda w: (1 / w).sum(), x, np.array([-1.1e6, -1.1e6, -27.5]))

    assert found.names("wrong") == ["dx"]


@pytest.mark.parametrize("f", [
    lambda p: loss(p, np.float32),                        # as a layer of float32 gives it
    lambda p: float(loss(p, np.float32)),
    lambda p: loss(p._make(w.astype(np.float32).astype(float) for w in p))])     # only its inputs are rounded
def test_f_in_float32_is_said_to_be_that_and_compared_as_far_as_it_goes(f):
    right = gradcheck.check(f, P, gradient(P))
    other = gradcheck.check(f, P, gradient(P, factor=2))

    assert right.names("float32") == ["dW_x", "dW_h", "db"]
    assert all("f computes in float32" in v.note and v.error < 1e-2 for v in right.verdicts)
    assert not other.ok and not other.names("right")
    assert all(v.verdict == "wrong" or "agree in no digit" in v.note for v in other.verdicts)


def test_few_digits_that_are_not_for_float32_are_not_put_down_to_it():
    shift = 1e9
    f = lambda w: np.sin(w + shift).sum() * 1e3           # rounding of w + shift leaves few digits
    found = gradcheck.check(f, np.array([0.3, 1.7]), 1e3 * np.cos(np.array([0.3, 1.7]) + shift))

    assert "float32" not in str(found)


def test_locate_asks_for_float64_where_a_pass_was_computed_in_float32():
    def backward(cell, p, trace, dhs):
        return gradient(p, np.float32)

    found = gradcheck.locate(lstm, P, XS, STATE, DHS, backward)

    assert found.sentence == ("dW_x, dW_h and db have no more digits than float32 keeps: compute in float64, "
                              "as ten digits are compared.")


@pytest.mark.parametrize("name", ["relu", "linear"])
def test_a_right_pass_over_float32_data_whose_gradient_has_few_digits_is_right(name):
    cell, single = activations.cell(name), lambda a: a.astype(np.float32).astype(float)
    p, xs, state, dhs = gradcheck.designed_point(cell, np.random.default_rng(1), T=1, B=1)
    point = p._make(map(single, p)), single(xs), tuple(map(single, state)), single(dhs)
    of = lambda backward: gradcheck.locate(cell, *point, backward)

    assert of(None).ok and of(None).sentence.startswith("Right as far as this point can see: delta, dW_x")
    assert of(lambda *given: {"b": 2 * bptt.backward(*given).params.b}).cause == "it is counted twice"
    found = of(lambda cell, p, trace, dhs: {"b": single(0.7 * dhs[0, 0])})
    assert found.sentence.startswith("db has no more digits than float32 keeps") and not found.ok


# Rounding, or a mistake? A mistake is off by the same at a point beside this one

def half(a):
    return a.astype(np.float16).astype(float)


def eight_bits(a):
    digits, exponent = np.frexp(a)
    return np.ldexp(np.round(256 * digits) / 256, exponent)


def rounded_pass(rounding, own=lambda delta: delta):
    """Return a pass whose every delta is rounded, and replaced by own(delta) before."""
    def backward(cell, p, trace, dhs):
        delta, carry = np.zeros_like(dhs), np.zeros_like(dhs[0])
        for t in reversed(range(len(dhs))):
            delta[t] = rounding(own((dhs[t] + carry) * (1 - trace.hs[t + 1] ** 2)))
            carry = delta[t] @ p.W_h
        return bptt.gradient(cell, p, trace, delta, (carry,))
    return backward


def of_rnn(backward, seed=0):
    """Return what check_cell and locate say of a pass of the RNN."""
    point = gradcheck.designed_point(rnn, np.random.default_rng(seed))
    return gradcheck.check_cell(rnn, *point, backward), gradcheck.locate(rnn, *point, backward)


OTHER = "at points beside this one {} other numbers, as where something is rounded, or computed in float{}."


@pytest.mark.parametrize("rounding, digits", [(half, "34"), (eight_bits, "23")])
def test_a_gradient_rounded_to_float16_is_wrong_and_said_to_be_rounded(rounding, digits):
    found = gradcheck.check(loss, P, lambda p: p._make(map(rounding, gradient(p))))

    assert found.names("wrong") == ["dW_x", "dW_h", "db"]
    said = rf"the two agree to [{digits}] digits, and " + OTHER.format("it is off by", 16)
    assert all(re.fullmatch(said, v.note) for v in found.verdicts)


@pytest.mark.parametrize("seed", range(3))
def test_a_pass_that_rounds_its_deltas_to_float16_is_told_so_though_its_sums_have_all_digits(seed):
    report, found = of_rnn(rounded_pass(lambda a: half(a) * (1 + 1e-15)), seed)

    assert not report.ok and not report.names("right")
    assert all("or computed in float16." in v.note for v in report.verdicts)
    assert not found.ok and found.sentence.endswith(
        "of the list gives these numbers. The two agree to 3 digits, and "
        + OTHER.format("they differ by", 16))


@pytest.mark.parametrize("off", [3e-3, 1e-4, 3e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("own", [
    lambda delta, off: delta * (1 + off), lambda delta, off: delta + off * delta**3,
    lambda delta, off: delta + off * np.sin(3 * delta)])
def test_a_mistake_as_small_as_rounding_is_wrong_to_both_and_not_put_down_to_it(own, off):
    report, found = of_rnn(rounded_pass(lambda a: a, lambda delta: own(delta, off)))

    assert not report.names("right") and "rounded" not in str(report) + found.sentence
    assert report.names("wrong") == found.report.names("wrong") == ["dW_x", "dW_h", "db", "dxs", "dh0"]


def test_rounding_to_float32_inside_is_not_put_down_to_the_point():
    single = lambda a: a.astype(np.float32) * (1 + 1e-15)
    report, found = of_rnn(rounded_pass(single))

    assert report.ok and "ill-conditioned" not in str(report)
    assert all(v.note == "right to 7 digits: " + OTHER.format("it is off by", 32) for v in report.verdicts)
    assert found.report.names("float32") == ["dW_x", "dW_h", "db", "dxs", "dh0"] and not found.ok
    assert found.sentence.endswith(OTHER.format("they differ by", 32) + " Use float64 for a check.")


def test_longer_numbers_than_float64_are_taken_as_float64():
    longer = lambda cell, p, trace, dhs: bptt.deltas(cell, p, trace, dhs)[0].astype(np.longdouble)
    x = np.array([0.3, 1.7])

    assert gradcheck.locate(lstm, P, XS, STATE, DHS, longer).ok
    assert gradcheck.check(lambda v: np.sin(v).sum(), x, lambda v: np.cos(v).astype(np.longdouble)).ok


class Net:
    """Keeps what forward computed, and goes back over it, as many do."""

    def forward(self, w):
        self.h = np.tanh(w)
        return self.h.sum()

    def backward(self, w, off):
        return 1 - self.h**2 + off(self.h)


@pytest.mark.parametrize("off, said", [
    (lambda h: 1e-3 * h**3, False), (lambda h: 1e-7 * h**3, False), (lambda h: half(h) - h, True)])
def test_a_net_that_goes_back_over_what_it_kept_is_asked_after_it_went_forward(off, said):
    net, w = Net(), np.array([0.3, -1.2, 2.0, 0.7])

    found = gradcheck.check(net.forward, w, lambda w: net.backward(w, off))

    assert found.names("wrong") == ["dx"] and ("rounded" in found["dx"].note) == said


@pytest.mark.parametrize("off", [1e-3, 1e-7])
def test_a_gradient_that_stops_elsewhere_is_judged_where_it_is_known(off):
    w = np.array([0.3, -1.2, 2.0, 0.7])

    def gradient(x):
        assert np.array_equal(x, w)
        return (1 + off * x) / np.cosh(x) ** 2

    found = gradcheck.check(lambda x: np.tanh(x).sum(), w, gradient)
    assert found.names("wrong") == ["dx"] and "rounded" not in str(found)


X, W = np.random.default_rng(0).normal(size=(5, 4)), np.random.default_rng(1).normal(size=(3, 4))


def squashed(x, dtype=float):
    """Return the gradient of the sum of tanh(W x), computed in this dtype."""
    x, V = x.astype(dtype), W.astype(dtype)
    return (1 - np.tanh(x @ V.T) ** 2) @ V


def read(text):
    """Return an array as somebody types it in who has it in print."""
    numbers = re.findall(r"-?\d[\d.]*(?:e[+-]\d+)?", text.split("dtype")[0])
    return np.array(list(map(float, numbers))).reshape(X.shape)


ALL_AGREE = "not certified: it is given with {}, and all agree. More would tell more."


@pytest.mark.parametrize(("text", "verdict", "note"), [
    (repr(squashed(X)), "right", "right to 8 digits: it is given with 8 decimals."),
    (repr(squashed(X, np.float32)), "right", "right to [67] digits: it is given with 8 decimals."),
    (str(np.round(squashed(X), 4)), "rounded", ALL_AGREE.format("4 decimals")),
    (" ".join(f"{d:.3e}" for d in squashed(X).ravel()), "rounded", ALL_AGREE.format("4 digits")),
    (str(np.round(squashed(X), 4) + 1e-4), "wrong", ""), (str(np.round(squashed(X))), "wrong", "")])
def test_a_gradient_that_is_typed_in_is_right_as_far_as_its_digits_go(text, verdict, note):
    found = gradcheck.check(lambda x: np.tanh(x @ W.T).sum(), X, read(text))["dx"]

    assert found.verdict == verdict and re.fullmatch(note, found.note)


def test_along_directions_too_few_digits_are_seen():
    x, f = np.random.default_rng(2).normal(size=(70, 30)), lambda x: np.sin(x).sum()

    found = gradcheck.check(f, x, np.round(np.cos(x), 4))
    assert found["dx"].note == ALL_AGREE.format("4 decimals")
    assert found["dx"].where is None and "dx rounded" in str(found)
    found = gradcheck.check(f, x, np.round(1.001 * np.cos(x), 4))
    assert (found["dx"].verdict, found["dx"].note) == ("wrong", "")


def test_a_function_that_rounds_is_told_from_one_that_gives_short_numbers_here():
    x = np.array([0.312, 1.721, -0.444])
    f = lambda x: (x**2).sum() + 1e-4 * x.sum()

    assert gradcheck.check(f, x, 2 * x)["dx"].verdict == "rounded"           # nobody can know
    assert gradcheck.check(f, x, lambda x: 2 * x)["dx"].verdict == "wrong"
    assert gradcheck.check(f, x, lambda x: np.round(2 * x + 1e-4, 3))["dx"].verdict == "rounded"
    assert gradcheck.check(f, np.array([100.0, 200.0]), np.array([200.0, 400.0]))["dx"].verdict == "wrong"
