"""The widgets of notebook 7, truncated backpropagation."""

import numpy as np

from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area


def kept_pairs(norms, window, chunks, K=6):
    """Choose a cut and its length; norms (T, T) is ||dL_s/dh_t||, window and chunks a Bias of (T,) each."""
    T, biases = len(norms), {"window": window, "chunks": chunks}
    curves = {cut: (bias.cosine, bias.ratio) for cut, bias in biases.items()}
    names = {"window": "window = K", "chunks": "chunks = (K, K)"}

    def kept(cut, K):
        s, t = np.ogrid[:T, :T]
        if cut == "window":
            return (t <= s) & (s - t < K)
        end = np.minimum(s // K * K + K, T)            # of the run that the loss of step s joins
        return (t <= s) & (t >= end - K)

    def describe(cut, K):
        cosine, ratio = (curve[K - 1] for curve in curves[cut])
        count = int(kept(cut, K).sum())
        return (f"{names[cut].replace('K', str(K))}: {count} of {T * (T + 1) // 2} pairs kept. Against "
                f"the full gradient: cosine {cosine:.3f}, length {ratio:.3f}.")

    def draw(left, right):
        update = plots.kept_pairs(left, right, norms, curves)
        return lambda cut, K: update(kept(cut, K), cut, K)

    controls = {
        "cut": choice("cut", [(name, cut) for cut, name in names.items()]),
        "K": slider("K steps", K, 1, T),
    }
    touch = lambda left, right: [area(right, x="K")]
    return live_figure(
        draw, controls, describe, size=(9.6, 4.3), panels=(1, 2), touch=touch,
        code=lambda cut, K: (
        f"bptt.backward(rnn, p, trace, dhs, {cut}={K if cut == 'window' else (K, K)}).params"))


def influence(parts, at_end, at_every_step, K=10):
    """Choose K; see the parts of dh^1/dθ by lag (n,) and their sums over K lags, (n,) each."""
    def describe(K):
        end, every = (f"{seen[K - 1]:+.2f}".replace("-", "−") for seen in (at_end, at_every_step))
        return (f"K = {K}: with the loss at the end truncation sees {end}, with a loss at every step "
                f"{every}; all lags together give −6.")

    return live_figure(
        lambda left, right: plots.influence(left, right, parts, at_end, at_every_step),
        {"K": slider("K steps seen", K, 1, len(parts))}, describe, size=(9.6, 4.3), panels=(1, 2),
        touch=lambda left, right: [area(left, x="K"), area(right, x="K")],
        code=lambda K: f"sum((np.linalg.matrix_power(A, k) @ v)[0] for k in range({K}))")
