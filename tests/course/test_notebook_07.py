"""The figures of notebook 7 show what truncation keeps, at every position of every slider."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from rnnlib import activations, analysis, bptt, dynamics, gradcheck, rnn
from rnnlib.course import plots, widgets
from rnnlib.course.predictions.questions import questions

T = 9


@pytest.fixture(scope="module")
def point():
    """Return p, trace, dhs and the parts (s, t, B, H): what loss s sent to step t."""
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, np.random.default_rng(8), T, 3, 2, 4)
    trace = bptt.forward(rnn, p, xs, h0)
    return p, trace, dhs, bptt.by_loss(bptt.lagged_deltas(rnn, p, trace, dhs, T))


@pytest.fixture(scope="module")
def biases(point):
    p, trace, dhs, _ = point
    return {cut: analysis.truncation_bias(rnn, p, trace, dhs, cut) for cut in ("windows", "chunks")}


@pytest.fixture(scope="module")
def norms(point):
    return analysis.loss_state_norms(rnn, *point[:3])


@pytest.fixture(scope="module")
def live(norms, biases):
    return widgets.kept_pairs(norms, {"window": biases["windows"], "chunks": biases["chunks"]}, K=4)


def covered(patch):
    """Return which cells (T, T) a path of rectangles covers."""
    cells = np.zeros((T, T), bool)
    for corners in patch.get_path().to_polygons():
        x, y = corners[:, 0], corners[:, 1]
        if np.ptp(x) and np.ptp(y):
            cells[round(y.min() - 0.5):round(y.max() - 0.5), round(x.min() - 0.5):round(x.max() - 0.5)] = True
    return cells


def outlined(collection):
    """Return the cells (T, T) inside the outline: those with an odd number of its lines on their left."""
    cells = np.zeros((T, T), int)
    for (x0, y0), (x1, y1) in collection.get_segments():
        if x0 == x1:
            rows = slice(round(min(y0, y1) - 0.5), round(max(y0, y1) - 0.5))
            cells[rows, round(x0 - 0.5):] += 1
    return cells % 2 == 1


@pytest.mark.parametrize("cut", ["window", "chunks"])
@pytest.mark.parametrize("K", range(1, T + 1))
def test_what_is_uncovered_is_what_bptt_keeps_and_the_marks_are_its_bias(live, point, biases, cut, K):
    p, trace, dhs, parts = point
    how = {"window": K} if cut == "window" else {"chunks": (K, K)}
    truncated = bptt.backward(rnn, p, trace, dhs, **how).params
    g, G = (np.concatenate([w.ravel() for w in grad])
            for grad in (truncated, bptt.backward(rnn, p, trace, dhs).params))

    live.controls["cut"].value, live.controls["K"].value = cut, K

    assert live.error is None
    left, right = live.figure.axes[:2]
    kept = np.tri(T, dtype=bool) & ~covered(left.patches[0])
    delta = (parts * kept[:, :, None, None]).sum(axis=0)
    expected, _ = bptt.deltas(rnn, p, trace, dhs, **how)
    assert np.abs(delta - expected).max() < 1e-12 * np.abs(expected).max()
    cosine, length = g @ G / np.linalg.norm(g) / np.linalg.norm(G), np.linalg.norm(g) / np.linalg.norm(G)
    dots = right.lines[-1]
    assert np.allclose(dots.get_xdata(), K) and np.allclose(dots.get_ydata(), [cosine, length], rtol=1e-12)
    assert f"{kept.sum()} of {T * (T + 1) // 2} pairs" in live.sentence
    assert f"cosine {cosine:.3f}, length {length:.3f}" in live.sentence
    curves = [line.get_ydata() for line in right.lines[:3]]
    bias, other = (biases[c] for c in (("windows", "chunks") if cut == "window" else ("chunks", "windows")))
    assert np.array_equal(curves, [bias.cosine, bias.ratio, other.cosine])
    assert f"{cut}={K if cut == 'window' else (K, K)}" in live.source


def test_the_map_shows_the_norms_and_the_outline_encloses_what_is_kept(live, norms):
    live.controls["cut"].value, live.controls["K"].value = "chunks", 4
    left = live.figure.axes[0]

    assert np.array_equal(np.ma.filled(left.images[0].get_array(), np.nan), norms, equal_nan=True)
    inside = np.tri(T, dtype=bool) & ~covered(left.patches[0])
    edges = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in left.collections[0].get_segments())
    wide = np.pad(inside, 1).astype(int)
    assert np.array_equal(outlined(left.collections[0]), inside)
    assert edges == sum(np.abs(np.diff(wide, axis=axis)).sum() for axis in (0, 1))


@pytest.mark.parametrize("s, t", [(1, 1), (5, 2), (T, 1), (T, T)])
def test_a_touched_pair_is_the_last_that_is_kept(live, s, t):
    row = live.shown["touch"][s]

    at = row["x"]["at"]
    column = row["box"][0] + (row["box"][2] - row["box"][0]) * (t - 0.5) / s
    K = live.controls["K"].values[int(np.abs(np.subtract(at, column)).argmin())]

    assert K == s - t + 1 and row["x"]["control"] == list(live.controls).index("K")


def test_with_one_cut_there_is_no_choice_and_no_other_curve(norms, biases):
    live = widgets.kept_pairs(norms, {"window": biases["windows"]}, K=3)

    assert list(live.controls) == ["K"] and "window = 3: " in live.sentence
    assert np.isnan(live.figure.axes[1].lines[2].get_ydata()).all()
    assert [text.get_text() for text in live.figure.legends[0].get_texts()] == ["cosine", "length"]


def test_no_outline_runs_where_a_loss_would_reach_the_future(norms):
    s, t = np.ogrid[:T, :T]
    ax = Figure((6, 4)).subplots()

    plots.pair_map(ax, norms)(s - t < 4)                # true above the diagonal, too

    inside = (t <= s) & (s - t < 4)
    assert np.array_equal(covered(ax.patches[0]), (t <= s) & ~inside)
    assert np.array_equal(outlined(ax.collections[0]), inside)


def test_the_word_dropped_stands_where_something_is_dropped(live):
    dropped = next(t for t in live.figure.axes[0].texts if t.get_text() == "dropped")
    for K, there in ((2, True), (T, False)):
        live.controls["K"].value = K
        assert dropped.get_visible() == there


@pytest.fixture(scope="module")
def balancing():
    (A, v), seen = dynamics.balancing(), dynamics.influence(150)
    parts = [(np.linalg.matrix_power(A, k) @ v)[0] for k in range(150)]
    return parts, seen, widgets.influence(parts, *seen)


@pytest.mark.parametrize("K", [1, 2, 10, 40, 41, 79, 80, 81, 110, 150])
def test_the_area_is_the_sum_of_the_lags_and_the_marks_are_the_sums(balancing, K):
    parts, seen, live = balancing

    live.controls["K"].value = K

    left, right = live.figure.axes[:2]
    x, y = left.patches[0].get_xy().T
    area = np.abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    last = min(K, 80)
    assert np.isclose(area, abs(sum(parts[:last])), rtol=1e-9, atol=1e-9)
    assert np.allclose(right.lines[-1].get_ydata(), [seen.at_end[K - 1], seen.at_every_step[K - 1]])
    for value in (seen.at_end[K - 1], seen.at_every_step[K - 1]):
        assert f"{value:+.2f}".replace("-", "−") in live.sentence
    assert f"range({K})" in live.source


def test_the_turning_points_are_written_where_the_curves_cross_zero(balancing):
    texts = [t.get_text() for t in balancing[2].figure.axes[1].texts]

    assert "K = 41" in texts and "K = 110" in texts and "all lags: −6" in texts


def test_the_turns_come_from_the_package_as_well():
    """A linear cell with A and v, θ its input at every step: the same signs as the closed form."""
    cell, (A, v), n = activations.cell("linear"), dynamics.balancing(), 120
    p, own = cell.Params(v[:, None], A, np.zeros(23)), np.zeros((n, 23))
    run = lambda steps: bptt.forward(cell, p, np.full((steps, 1), 0.5))

    own[-1, 0] = 1.0
    at_end = {K: bptt.backward(cell, p, run(n), own, window=K).xs.sum() for K in (40, 41)}
    own[:, 0] = 1.0
    every = {K: bptt.backward(cell, p, run(K), own[:K]).xs.sum() for K in (109, 110)}

    assert at_end[40] > 0 > at_end[41] and every[109] > 0 > every[110]


def test_with_the_sum_of_the_gradients_the_ends_are_clearer():
    """The course adds over steps; dynamics.balance takes the mean, so the rate is K times larger."""
    assert round(dynamics.balance(100, rate=1e-2)[-1]) == 214
    assert np.isclose(dynamics.balance(200, rate=2e-2)[-1], -1 / 6, rtol=1e-10, atol=0)
    assert round(dynamics.balance(100)[-1], 2) == 0.57 and round(dynamics.balance(200)[-1], 2) == 0.35


def test_a_backward_run_is_drawn_as_long_as_it_is():
    ax = Figure((10.5, 6)).subplots()
    runs = [(1, 2, [1, 2]), (1, 4, [3, 4]), (3, 6, [5, 6])]

    plots.backward_runs(ax, 6, {"chunks=(2, 4)": (runs, "10 visits")})

    dots = [line for line in ax.lines if line.get_marker() == "o"]
    losses = [line for line in ax.lines if line.get_marker() == "^"]
    assert len(dots) == 10 and len(losses) == 6
    backward = [a for a in ax.patches if isinstance(a, FancyArrowPatch) and a.get_linestyle() != "-"]
    assert len(backward) == 3
    bars = [line for line in ax.lines if line.get_linewidth() == 4]
    assert len(bars) == 1                              # only the last run is cut


def test_a_joint_lets_through_what_it_says():
    def whole(forward, backward):
        ax = Figure((10, 3)).subplots()
        plots.joints(ax, {"h": (forward, backward, "note")})
        arrows = [a for a in ax.patches if isinstance(a, FancyArrowPatch)]
        heads = [a for a in arrows if type(a.get_arrowstyle()).__name__ == "CurveFilledB"]
        dashed = [a for a in heads if a.get_linestyle() != "-"]
        return len(heads) - len(dashed), len(dashed), len([b for b in ax.lines if b.get_linewidth() == 5])

    assert whole(True, True) == (5, 5, 0)
    assert whole(True, False) == (5, 4, 1)
    assert whole(False, False) == (4, 4, 2)


def test_descents_and_means_are_drawn_as_they_are():
    ax, paths = Figure((9, 4.6)).subplots(), {"K = 1": (np.arange(4), np.array([0.5, 0.8, 1.4, 2.0])),
                                             "K = 9": (np.arange(4), np.array([0.5, 0.4, 0.3, 0.2]))}
    plots.descents(ax, paths, -1 / 6)
    for line, (steps, thetas) in zip(ax.lines, paths.values(), strict=False):
        assert np.array_equal(line.get_xdata(), steps) and np.array_equal(line.get_ydata(), thetas)
    assert np.allclose(ax.lines[2].get_ydata(), -1 / 6)

    ax, counts, means = Figure((9, 4.6)).subplots(), np.array([30, 100, 1000]), np.array([1.0, -4, -6])
    plots.running_means(ax, counts, means, 40 / np.sqrt(counts), -6.0, ("fixed", 16.5))
    assert np.array_equal(ax.lines[0].get_ydata(), means)
    assert np.allclose(ax.lines[1].get_ydata(), 16.5) and np.allclose(ax.lines[2].get_ydata(), -6)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert np.isclose(band.max(), -6 + 160 / np.sqrt(30)) and np.isclose(band.min(), -6 - 160 / np.sqrt(30))


def test_a_descent_that_is_stopped_is_not_said_to_end():
    picture, thetas = widgets.truncation.descents((1, 200))

    assert len(thetas[1]) < 30_001 and len(thetas[200]) == 151
    assert "K = 1 is stopped at 1e+06, K = 200 ends at 0.35" in picture.alt


def test_random_lengths_have_the_full_gradient_as_their_mean_exactly():
    """Over all run lengths, each with its probability: the sum is -6."""
    c, seen = 0.05, dynamics.influence(400).at_end
    parts = np.diff(seen, prepend=0.0)
    estimate = np.cumsum(parts / (1 - c) ** np.arange(400.0))
    probability = c * (1 - c) ** np.arange(400.0)
    probability[-1] = (1 - c) ** 399

    assert np.isclose(probability @ estimate, -6, rtol=1e-12)


def test_few_networks_have_the_dip_of_ours():
    """The fine print: 3 of 24 have a lower cosine with chunks of 7 than of 6, that of the page among them."""
    dips = []
    for seed in range(24):
        cosine = analysis.truncation_bias(rnn, *widgets.truncation.reader(seed=seed), "chunks").cosine
        dips += [seed] if cosine[6] < cosine[5] else []

    assert len(dips) == 3 and 8 in dips


def test_detach_in_pytorch_is_our_chunks(point, torch):
    p, trace, dhs, _ = point
    W_x, W_h, b = (torch.tensor(w, requires_grad=True) for w in p)
    h, loss = torch.tensor(trace.hs[0]), 0.0
    for t in range(T):
        h = h.detach() if t % 3 == 0 else h
        h = torch.tanh(torch.tensor(trace.xs[t]) @ W_x.T + h @ W_h.T + b)
        loss = loss + (torch.tensor(dhs[t]) * h).sum()
    loss.backward()

    ours = bptt.backward(rnn, p, trace, dhs, chunks=(3, 3)).params

    for grad, same in zip((W_x.grad, W_h.grad, b.grad), ours, strict=True):
        assert np.abs(grad.numpy() - same).max() < 1e-12 * np.abs(same).max()


def test_the_answers_hold():
    (visits, _, cosine, pairs, sign, descent), (_, counts) = questions(7), widgets.truncation.visits()
    assert counts == {"full": 6, "window=3": 15, "chunks=(3, 3)": 6, "chunks=(2, 4)": 10}
    assert "full: 1 run, 6 visits, window=3: 6 runs, 15 visits," in widgets.truncation.visits()[0].alt
    assert visits.facts == {"full": counts["full"], "all": counts["window=3"]}
    assert visits.answer == counts["window=3"] - counts["full"]
    g, G = np.array([4, 3]), np.array([4, -3])
    assert np.isclose(cosine.answer, g @ G / 25, rtol=1e-12)
    p, trace, dhs = widgets.truncation.reader()
    chunks = analysis.truncation_bias(rnn, p, trace, dhs, "chunks").cosine
    assert np.allclose(chunks[5:7], list(pairs.facts.values()), rtol=1e-3) and chunks[6] < chunks[5]
    window = analysis.truncation_bias(rnn, p, trace, dhs, "windows")
    assert round(window.ratio[5], 2) == 0.81
    assert window.ratio[3] > window.ratio[5] and window.cosine[3] < window.cosine[5]
    turns = [int(np.argmax(part < 0)) + 1 for part in dynamics.influence(200)]
    assert turns == [sign.facts["turn"], descent.facts["turn"]]
    _, thetas = widgets.truncation.descents()
    assert min(thetas[K][-1] for K in (1, 10, 50)) > 7
    assert round(thetas[100][-1], 2) == descent.facts["end"] and round(thetas[200][-1], 2) == 0.35
