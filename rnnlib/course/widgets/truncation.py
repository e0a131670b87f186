"""The widgets of notebook 7, truncated backpropagation."""

import numpy as np

from ... import bptt, dynamics, losses, readout
from ...cells import rnn
from ...training import tasks
from .. import plots
from ..figures import picture
from .controls import choice, slider
from .live import live_figure
from .touch import area


def reader(T=24, B=4, H=24, seed=8):
    """Return p, trace and dhs (T, B, H) of an untrained network that reads T letters of B streams."""
    letters, rng = tasks.vocabulary(tasks.japan()), np.random.default_rng(seed)
    stream, V = tasks.streams(letters.ids(tasks.japan()), B), len(letters)
    p = rnn.init(rng, V, H)._replace(W_h=dynamics.recurrent(rng, H, radius=0.9))
    q = readout.init(rng, H, V)
    trace = bptt.forward(rnn, p, losses.one_hot(stream[:T], V))
    _, dos = losses.softmax_cross_entropy(readout.forward(q, trace.hs[1:]), stream[1:T + 1])
    return p, trace, readout.backward(q, trace.hs[1:], dos)[1]


def kept_pairs(norms, biases, K=6):
    """Choose a cut and its length; norms (T, T) is ||dL_s/dh_t||.

    biases is {"window": Bias, "chunks": Bias} of (T,) each, or one of them: then there is no choice.
    """
    T, first = len(norms), next(iter(biases))
    curves = {cut: (bias.cosine, bias.ratio) for cut, bias in biases.items()}
    names = {"window": "window = K", "chunks": "chunks = (K, K)"}

    def kept(cut, K):
        s, t = np.ogrid[:T, :T]
        if cut == "window":
            return (t <= s) & (s - t < K)
        end = np.minimum(s // K * K + K, T)            # of the run that the loss of step s joins
        return (t <= s) & (t >= end - K)

    def describe(K, cut=first):
        cosine, ratio = (curve[K - 1] for curve in curves[cut])
        count = int(kept(cut, K).sum())
        return (f"{names[cut].replace('K', str(K))}: {count} of {T * (T + 1) // 2} pairs kept. Against "
                f"the full gradient: cosine {cosine:.3f}, length {ratio:.3f}.")

    def draw(left, right):
        update = plots.kept_pairs(left, right, norms, curves)
        return lambda K, cut=first: update(kept(cut, K), cut, K)

    def touch(left, right):
        rows = [area(left, x="K", xs=s + 1 - np.arange(1, T + 1), box=(0.5, s + 0.5, s - 0.5, s + 0.5))
                for s in range(1, T + 1)]               # so many steps that the pair touched is just kept
        return [area(right, x="K"), *rows]               # first what the arrow keys follow

    controls = {"K": slider("K steps", K, 1, T)}
    if len(biases) > 1:
        controls = {"cut": choice("cut", [(names[cut], cut) for cut in biases])} | controls
    return live_figure(
        draw, controls, describe, size=(9.6, 3.9 if len(biases) > 1 else 3.1), panels=(1, 2), touch=touch,
        code=lambda K, cut=first: (
            f"bptt.backward(rnn, p, trace, dhs, {cut}={K if cut == 'window' else (K, K)}).params"))


def visits(T=6):
    """Draw the backward runs of four rules over T steps; return the picture, and the visits of each rule."""
    def runs(k1, k2):                           # (first step, last step, losses) of each backward run
        ends = [min(n + k1, T) for n in range(0, T, k1)]
        return [(max(end - k2, 0) + 1, end, range(n * k1 + 1, end + 1)) for n, end in enumerate(ends)]

    cuts = {"full": (T, T), "window=3": (1, 3), "chunks=(3, 3)": (3, 3), "chunks=(2, 4)": (2, 4)}
    found = {name: runs(*cut) for name, cut in cuts.items()}
    counts = {name: sum(last - first + 1 for first, last, _ in cut) for name, cut in found.items()}
    said = ", ".join(f"{name}: {len(found[name])} run{'s' * (len(found[name]) > 1)}, {count} visits"
                     for name, count in counts.items())
    rows = {name: (cut, f"{counts[name]} visits") for name, cut in found.items()}
    return picture(lambda ax: plots.backward_runs(ax, T, rows), size=(10.5, 5.2),
                   alt=f"{T} steps, and below them the backward runs of four rules. {said}."), counts


def joints():
    """Draw what crosses a joint between two chunks, for three ways to write it."""
    rows = {"h": (True, True, "one run:\nthe full gradient"), "h.detach()": (True, False, "chunks=(3, 3)"),
            "0 * h": (False, False, "two sequences:\nthe state is lost, too")}
    return picture(
        lambda ax: plots.joints(ax, rows), size=(9.4, 3),
        alt="Three joints between h_3 and h_4. Plain h: state and gradient cross. h.detach(): the state"
        " crosses, the gradient stops. 0 * h: neither crosses.")


def influence(parts, at_end, at_every_step, K=10):
    """Choose K; see the parts of dh^1/dθ by lag (n,) and their sums over K lags, (n,) each."""
    def describe(K):
        end, every = (f"{seen[K - 1]:+.2f}".replace("-", "−") for seen in (at_end, at_every_step))
        return (f"K = {K}: with the loss at the end truncation sees {end}, with a loss at every step "
                f"{every}; all lags together give −6.")

    return live_figure(
        lambda left, right: plots.influence(left, right, parts, at_end, at_every_step),
        {"K": slider("K steps seen", K, 1, len(parts))}, describe, size=(10.6, 3.5), panels=(1, 2),
        touch=lambda left, right: [area(left, x="K"), area(right, x="K")],
        code=lambda K: f"sum((np.linalg.matrix_power(A, k) @ v)[0] for k in range({K}))")


def descents(lengths=(1, 10, 50, 100, 200)):
    """Descend with chunks of each length; return the picture, and θ after each chunk, {K: (n,)}."""
    thetas = {K: dynamics.balance(K) for K in lengths}
    paths = {f"K = {K}": (K * np.arange(len(path)), path) for K, path in thetas.items()}
    ends = ", ".join(f"K = {K} {'ends at' if len(path) > 30_000 // K else 'is stopped at'} {path[-1]:.2g}"
                     for K, path in thetas.items())
    return picture(lambda ax: plots.descents(ax, paths, -1 / 6), size=(8.6, 3.8),
                   alt=f"Theta over 30,000 steps, from 0.5. It should reach -1/6. {ends}."), thetas


def running_mean(draws, truth, fixed):
    """Draw the mean of the first 30 .. n of draws (n,) over their number; fixed is (name, value)."""
    counts = np.unique(np.geomspace(30, len(draws), 80).astype(int))
    means = np.cumsum(draws)[counts - 1] / counts
    errors = draws.std() / np.sqrt(counts)
    return picture(
        lambda ax: plots.running_means(ax, counts, means, errors, truth, fixed), size=(7, 3.2),
        alt=f"The mean over random lengths approaches {truth:g} and stays within four standard errors, up to "
        f"{len(draws):,} draws; {fixed[0]} stays there.")
