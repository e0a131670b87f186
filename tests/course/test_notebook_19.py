"""Notebook 19: the figures show what was handed in, the eigenvalue follows its controls, the claims hold."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from rnnlib import tasks
from rnnlib.course import data, linear, plots, predictions, widgets
from rnnlib.course.figures import COLORS


def powers(size, degrees):
    lam = complex(size * np.cos(np.pi * degrees / 180), size * np.sin(np.pi * degrees / 180))
    rows = [1 + 0j]
    for _ in range(100):
        rows.append(rows[-1] * lam)
    return np.array(rows)


@pytest.mark.parametrize("moved", [
    {}, {"size": 0.5}, {"size": 0.999}, {"size": 1.0}, {"size": 1.05}, {"degrees": 0}, {"degrees": 90},
    {"degrees": 180}, {"k": 0}, {"k": 1}, {"k": 100}, {"size": 0.5, "degrees": 180, "k": 100},
])
def test_the_eigenvalue_and_its_powers_follow_the_controls(moved):
    live = widgets.eigenvalue()
    for name, value in moved.items():
        live.controls[name].value = value
    size, degrees, k = ({"size": 0.9, "degrees": 20, "k": 20} | moved).values()
    exact = powers(size, degrees)

    plane, wave, back = live.figure.axes
    np.testing.assert_allclose(wave.lines[0].get_ydata(), exact.real, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(back.lines[0].get_ydata(), np.abs(exact), rtol=1e-9)
    np.testing.assert_allclose(plane.lines[-1].get_xydata(), [[exact[1].real, exact[1].imag]], atol=1e-12)
    at = abs(exact[k]) if abs(exact[k]) >= back.get_ylim()[0] else np.nan         # no mark below the axes
    np.testing.assert_allclose(back.lines[-1].get_xydata(), [[k, at]], rtol=1e-9)
    assert f"has size {abs(exact[k]):.2g}".replace("-", "−") in live.sentence.replace("-", "−")
    assert live.error is None
    assert eval(live.source, {"np": np}) == pytest.approx(exact[k], rel=1e-9, abs=1e-15)


def test_the_sentence_says_how_long_half_of_it_stays():
    live = widgets.eigenvalue()
    for size, words in ((0.5, "halved every step;"), (0.9, "halved every 6.58 steps"),
                        (0.99, "halved every 69 steps"), (1.0, "nothing is lost"),
                        (1.05, "doubled every 14.2 steps")):
        live.controls["size"].value = size
        assert words in live.sentence


def test_every_place_that_can_be_touched_has_a_value_of_its_own():
    places = widgets.eigenvalue().painter.paint().touch

    assert len(places) == 4
    for place in places:
        for axis in set(place) & {"x", "y"}:
            at = place[axis]["at"]
            assert len(set(at)) == len(at) and (sorted(at) == at or sorted(at)[::-1] == at)


@pytest.mark.parametrize("T", [2, 4, 16, 64])
def test_the_rounds_drawn_are_those_of_a_scan(T):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, T + 1))
    a[1], joined = 0, dict(enumerate(zip(a, b)))               # what step t is joined to, by step, from 1
    rounds = plots.scan_pairs(T)
    for one in rounds:
        before = dict(joined)
        for early, late in one:
            (a_1, b_1), (a_2, b_2) = before[early], before[late]
            joined[late] = a_2 * a_1, a_2 * b_1 + b_2

    states = linear.scan(a[1:], b[1:])
    np.testing.assert_allclose([joined[t][1] for t in range(1, T + 1)], states, rtol=1e-12)
    assert len(rounds) == 2 * int(np.log2(T)) - 1


def test_the_picture_of_the_scan_is_mirrored():
    left, right = Figure().subplots(1, 2)

    plots.scan_rounds(left, right, 8)

    for ours, mirrored in zip(left.collections, right.collections, strict=True):
        for one, other in zip(places(ours), places(mirrored), strict=True):
            np.testing.assert_allclose(9 - one[:, 0], other[:, 0], rtol=1e-12)
            np.testing.assert_array_equal(one[:, 1], other[:, 1])


def places(collection):
    return collection.get_segments() if hasattr(collection, "get_segments") else [collection.get_offsets()]


@pytest.mark.parametrize("T", [4, 8, 16])
def test_the_first_figure_shows_the_rounds_of_the_scan(T):
    live = widgets.scan(T)
    rounds, known = plots.scan_pairs(T), {1}
    left, right = live.figure.axes

    sums = dict.fromkeys(range(1, T + 1), 1)                # a scan of ones: the state t is t
    for n, pairs in enumerate([[], *rounds]):
        live.controls["round"].value = n
        before = dict(sums)
        for early, late in pairs:                           # all at once: none uses a result of its own round
            sums[late] = before[early] + before[late]
        known |= {late for early, late in pairs if early in known}
        assert known == {t for t in sums if sums[t] == t}
        assert n == 0 or f"joins {len(pairs)} pair" + "s" * (len(pairs) > 1) + " of steps" in live.sentence
        assert n == 0 or f"Now {len(known)} of {T} states are known" in live.sentence
        for ax, role in ((left, "state"), (right, "gradient")):
            *_, marks = ax.collections
            drawn = marks.get_offsets()[:, 1] <= n
            colored = np.all(np.isclose(marks.get_edgecolors(), to_rgba(COLORS[role])), axis=1)
            assert np.array_equal(drawn, colored) and drawn.sum() == T + sum(map(len, rounds[:n]))
    assert len(known) == T and live.error is None


def test_rings_and_ratios_are_drawn_as_handed_in():
    left, right = Figure().subplots(1, 2)
    values, size = np.array([0.3 + 0.2j, -0.4 + 0.1j]), np.array([1.0, 0.5, 0.25])
    plots.rings(left, right, {"one": (values, (0, 0.5)), "two": (values, (0.2, 0.5))}, {"one": size})
    assert left.lines[0].get_xydata().tolist() == [[0.3, 0.2], [-0.4, 0.1]]
    assert right.lines[0].get_ydata().tolist() == size.tolist()

    ax = Figure().subplots()
    plots.scan_ratio(ax, [4, 8], {"n = 32": [0.5, 2.0]})
    assert ax.lines[-1].get_xydata().tolist() == [[4, 0.5], [8, 2.0]]


def test_what_was_recorded_is_what_the_page_says():
    timed = data.recorded("scan")
    by = {n: dict(zip(timed.T, row)) for n, row in zip(timed.n, timed.ratio)}

    assert 0.8 < by[32][32] < 1.3 and by[32][64] > 1 and 4 < by[32][1024] < 6.5
    assert max(by[1024].values()) < 1


@pytest.mark.parametrize("k", [0, 1, 5, 99])
def test_the_mean_square_by_lag_is_exact(k):
    rng = np.random.default_rng(0)
    for low, high in ((0, 1), (0.9, 0.999)):
        square = rng.uniform(low**2, high**2, 2_000_000)
        exact = (high ** (2 * k + 2) - low ** (2 * k + 2)) / ((k + 1) * (high**2 - low**2))
        assert (square**k).mean() == pytest.approx(exact, rel=0.03)


def test_no_linear_net_adds_better_than_its_bound():
    many = tasks.adding(np.random.default_rng(0), T=10, B=200_000)
    inputs = np.concatenate([many.xs.swapaxes(0, 1).reshape(200_000, -1), np.ones((200_000, 1))], axis=1)
    best = np.linalg.lstsq(inputs, many.targets, rcond=None)[0]

    assert ((inputs @ best - many.targets) ** 2).mean() == pytest.approx(1 / 6 - 1 / 30, rel=0.01)


def test_the_questions_have_their_answers_from_the_mathematics():
    asked = predictions.questions(19)

    assert asked[1].answer == len(plots.scan_pairs(1024)) == 19
    assert asked[2].answer == "1/100"


def test_a_zero_reads_as_zero_and_not_as_its_rounding():
    live = widgets.eigenvalue()
    live.controls["degrees"].value = 90
    live.controls["k"].value = 45

    assert "an input 1 reads 0;" in live.sentence


def test_the_clock_says_what_the_page_says_of_it():
    timed = data.recorded("scan")
    ratio = {n: dict(zip(timed.T, row)) for n, row in zip(timed.n, timed.ratio)}

    assert [round(ratio[32][T]) for T in (32, 1024, 2048)] == [1, 5, 3]
    assert max(ratio[1024].values()) < 1


def test_the_ring_is_about_twice_the_disk_from_lag_10_on_and_not_before():
    lags = np.arange(201)
    ring = (0.999 ** (2 * lags + 2) - 0.9 ** (2 * lags + 2)) / ((lags + 1) * (0.999**2 - 0.9**2))
    twice = np.sqrt(ring * (lags + 1))                  # the disk's mean square is 1 / (k + 1)

    assert np.abs(twice[10:] - 2).max() < 0.3 and twice[0] == pytest.approx(1) and twice[2] < 1.7
