"""Through which weights a mistake goes: what is said where they are zero and it is gone."""

import numpy as np
import pytest

from rnnlib import bptt, lstm
from rnnlib.gradcheck import check, check_cell, designed_point
from rnnlib.gradcheck.through import of_weights

T, D, H, K = 5, 2, 3, 4
RNG = np.random.default_rng(4)
XS, YS, H0 = RNG.normal(size=(T, D)), RNG.normal(size=(T, K)), RNG.normal(size=H)
APART = {"Wxh": RNG.normal(size=(H, D)), "Whh": 0.6 * RNG.normal(size=(H, H)), "bh": RNG.normal(size=H),
         "Why": RNG.normal(size=(K, H))}
JOINED = {"W": np.concatenate([APART["Whh"], APART["Wxh"]], axis=1), "bh": APART["bh"], "Why": APART["Why"]}


def apart(m):
    return m if "Whh" in m else {**m, "Whh": m["W"][:, :H], "Wxh": m["W"][:, H:]}


def states(m):
    hs = [H0]
    for x in XS:
        hs.append(np.tanh(m["Wxh"] @ x + m["Whh"] @ hs[-1] + m["bh"]))
    return hs


def loss(m):
    m = apart(m)
    return 0.5 * sum(((m["Why"] @ h - y) ** 2).sum() for h, y in zip(states(m)[1:], YS, strict=True))


def gradient(carry, slope=lambda h: 1 - h * h):
    """Return the gradient of loss with another carry(delta, dh, W) or slope(h)."""
    def of(given):
        m = apart(given)
        hs, back = states(m), np.zeros(H)
        d = {k: np.zeros_like(m[k]) for k in APART}
        for t in reversed(range(T)):
            e = m["Why"] @ hs[t + 1] - YS[t]
            dh = m["Why"].T @ e + back
            delta = slope(hs[t + 1]) * dh
            back = carry(delta, dh, m["Whh"])
            for name, part in (("Why", np.outer(e, hs[t + 1])), ("Wxh", np.outer(delta, XS[t])),
                               ("Whh", np.outer(delta, hs[t])), ("bh", delta)):
                d[name] += part
        return d if "Whh" in given else {"W": np.concatenate([d["Whh"], d["Wxh"]], axis=1),
                                         "bh": d["bh"], "Why": d["Why"]}
    return of


def right(delta, dh, W):
    return W.T @ delta


@pytest.mark.parametrize("carry", [
    lambda delta, dh, W: W @ delta, lambda delta, dh, W: W.T @ dh, lambda delta, dh, W: 0 * delta,
    lambda delta, dh, W: 0.9 * W.T @ delta])
def test_a_mistake_in_the_carry_goes_through_the_recurrent_weights(carry):
    by_name, by_columns = check(loss, APART, gradient(carry)), check(loss, JOINED, gradient(carry))

    it = "look at what goes back through it, and at what it makes."
    assert f"With Whh all zero what is wrong here is right: {it}" in str(by_name)
    assert "With the first 3 columns of W all zero what is wrong here is right" in str(by_columns)


def test_a_mistake_elsewhere_or_none_is_not_said_to_go_through_anything():
    for wrong in (gradient(right, lambda h: 1 - h), gradient(lambda delta, dh, W: W.T @ delta + 0.3 * dh)):
        by_name, by_columns = check(loss, APART, wrong), check(loss, JOINED, wrong)
        assert "all zero what is wrong" not in str(by_name) + str(by_columns)
        assert "With Whh all zero it is wrong, too: not all of it is in what goes back through it." in str(
            by_name)
        assert "With the first, or the last, 3 columns of W all zero it is wrong, too: " in str(by_columns)
    assert check(loss, APART, gradient(right)).ok and check(loss, JOINED, gradient(right)).ok


def test_a_gradient_that_stops_or_divides_where_weights_are_zero_is_judged_as_before(recwarn):
    wrong = gradient(lambda delta, dh, W: W @ delta)

    def stops(m):
        if not m["Whh"].any():
            raise ZeroDivisionError
        return wrong(m)

    def divides(m):
        return {k: g + 0 * m["Whh"].sum() / (m["Whh"] ** 2).sum() for k, g in wrong(m).items()}

    for given in (stops, divides):
        found = check(loss, APART, given)
        assert "gradient of no function" in str(found) and "With Whh" not in str(found)
    assert not recwarn.list


def test_of_a_cell_the_recurrent_weights_are_known_by_name_and_locate_is_pointed_to():
    def odd(cell, p, trace, dhs):
        delta, *more = bptt.deltas(cell, p, trace, dhs)
        return bptt.gradient(cell, p, trace, delta * np.linspace(1, 2, delta.shape[-1]), *more)

    point = designed_point(lstm, np.random.default_rng(0))
    wrong, right = check_cell(lstm, *point, odd), check_cell(lstm, *point)

    for report in (wrong, check_cell(lstm, *designed_point(lstm, np.random.default_rng(0), B=3, H=3), odd)):
        assert "With W_h all zero it is wrong, too" in str(report) and "h0 all zero" not in str(report)
    assert "gradcheck.locate, called with the same, says from which step on" in str(wrong)
    assert "gradcheck.locate" not in str(right)


def test_of_two_weights_through_which_it_goes_both_are_named():
    rng = np.random.default_rng(5)
    leaves = {"Wr": rng.normal(size=(2, 2)), "Wn": rng.normal(size=(2, 2)), "b": rng.normal(size=3)}
    x = np.concatenate([leaf.ravel() for leaf in leaves.values()])
    right = lambda x: np.cos(x)
    roads = lambda x: np.concatenate([np.zeros(8), x[:4].sum() * x[4:8].sum() * np.array([1.0, 2.0, 0.5])])

    said = of_weights(["b"], leaves, lambda x: right(x) + roads(x), lambda x, rows: rows @ right(x), x)

    assert said == ("With Wr, or with Wn, all zero what is wrong here is right: look at what goes back "
                    "through both, and at what they make.")
