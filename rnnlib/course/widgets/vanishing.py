"""The widgets of notebook 6: a loss with a cliff, and products of Jacobians."""

import numpy as np

from ... import analysis, bptt, dynamics
from ...cells import activations, rnn
from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area

SIGMOID = activations.cell("sigmoid")
Z_0, TARGET = 0.5, 0.7                          # Pascanu, Mikolov & Bengio's start and target
UNITS, LONGEST, SEED = 16, 100, 3


def cliff_run(w_h, w_x, steps=50):
    """Return h_0 .. h_T and dh_T/dh_0 .. dh_T/dh_T of h_t = σ(w_h h_{t-1} + w_x), (T+1,) each."""
    p = rnn.Params(np.ones((1, 1)) * w_x, np.ones((1, 1)) * w_h, np.zeros(1))
    h_0 = (1 + np.tanh([Z_0 / 2])) / 2
    trace = bptt.forward(SIGMOID, p, np.ones((steps, 1)), h_0)
    back = analysis.products(analysis.jacobians(SIGMOID, p, trace))
    return trace.hs[:, 0], back[:, 0, 0]


def growing_band(w_h):
    """Return the h between which a step multiplies the gradient by more than 1: w_h h (1 - h) > 1."""
    if w_h <= 4:
        return None
    half = np.sqrt(1 - 4 / w_h) / 2
    return 0.5 - half, 0.5 + half


def fold_curves(w_h):
    """Return (weights, curves (2, k)): between the curves of w_x the unit has two attractors."""
    weights = 4 + (np.max(w_h) - 4) * np.linspace(0, 1, 60) ** 2
    return weights, np.transpose([dynamics.folds(w + 1e-12, "sigmoid") for w in weights])


def cliff(w_h, w_x, lengths=(5, 10, 20, 35, 50)):
    """Move a point over the loss on the grid w_h (n,), w_x (m,); see its states and gradient over time."""
    surfaces = {T: dynamics.cliff(*np.meshgrid(w_h, w_x), Z_0, T, TARGET).loss for T in lengths}

    def describe(w, x, T):
        hs, back = cliff_run(w, x, T)
        here = dynamics.cliff(w, x, Z_0, T, TARGET)
        factors = back[:-1] / np.where(back[1:] == 0, 1, back[1:])
        size = float(np.hypot(here.dw, here.db))
        return (f"w_h = {w:.2f}, w_x = {x:.2f}, T = {T}: h_{T} = {hs[-1]:.3f}, loss {here.loss:.3f}. "
                f"{(factors > 1).sum()} of {T} factors exceed 1; a gradient of 1 at h_{T} arrives at h_0 "
                f"as {back[0]:.3g}. Gradient by the two weights: {size:.2g}.").replace("-", "−")

    def draw(figure):
        update = plots.loss_cliff(figure, w_h, w_x, fold_curves(w_h), max(lengths))
        return lambda w, x, T: update((w, x), surfaces[T], *cliff_run(w, x, T), growing_band(w))

    controls = {
        "w": slider("w_h recurrent weight", 4.9, float(w_h[0]), float(w_h[-1]), 0.05),
        "x": slider("w_x input weight", -2.55, float(w_x[0]), float(w_x[-1]), 0.01),
        "T": choice("T steps", list(lengths), value=max(lengths))}
    touch = lambda figure: [area(figure.axes[0], x="w", y="x")]
    return live_figure(
        draw, controls, describe, size=(10, 4.4), panels=None, touch=touch,
        code=lambda w, x, T: (
        f"dynamics.cliff({w:g}, {x:g}, {Z_0}, {T}, {TARGET})    # loss and its two derivatives"))


def fan_of(radius, nonnormality, steps, activation):
    """Return γ W_h's eigenvalues and norm, and the singular values (T+1, S), bound and promise by lag.

    The network has 16 units; W_h is dynamics.recurrent's, the inputs are noise of deviation 0.5.
    """
    rng = np.random.default_rng(SEED)
    W_h, cell = dynamics.recurrent(rng, UNITS, radius, nonnormality), activations.cell(activation)
    p = rnn.Params(np.eye(UNITS), W_h, np.zeros(UNITS))
    trace = bptt.forward(cell, p, 0.5 * rng.normal(size=(LONGEST, UNITS))[:steps])
    back = analysis.products(analysis.jacobians(cell, p, trace))[::-1]      # by steps back
    bound = analysis.pascanu_bound(W_h, steps, cell.slope)
    promise = (cell.slope * radius) ** np.arange(steps + 1)
    return (cell.slope * np.linalg.eigvals(W_h), bound.rate, analysis.singular_values(back), bound.powers,
            promise)


def singular_fan(radius=0.9, nonnormality=0.0, steps=50, activation="linear"):
    """Turn radius, non-normality, length and activation of a network; see its Jacobian products."""
    last = {}

    def read(**values):
        if last.get("values") != values:
            last.update(values=values, arrays=fan_of(*(values[name] for name in ("rho", "nu", "T", "phi"))))
        return last["arrays"]

    def describe(**values):
        _, rate, singular, _, _ = read(**values)
        largest, k = singular[:, 0], int(singular[:, 0].argmax())
        at_one = abs(rate - 1) < 1e-9                   # rounding apart
        must = "cannot explode" if at_one else "must vanish" if rate < 1 else "may explode"
        return (f"{values['phi']}, ρ = {values['rho']:.2f}, ν = {values['nu']:.1f}: γ‖W_h‖ = {rate:.2f}, so "
                f"the gradient {must}. Largest singular value: {largest[k]:.3g} at k = {k}, its maximum; "
                f"{largest[-1]:.3g} at k = {values['T']}.").replace("-", "−")

    def draw(left, right):
        show, spread = plots.spectrum(left), plots.fan(right, LONGEST, UNITS - 1)

        def update(**values):
            eigenvalues, rate, singular, bound, promise = read(**values)
            return show(eigenvalues, rate) + spread(singular, bound, promise)

        return update

    controls = {
        "rho": slider("ρ spectral radius", float(radius), 0.5, 2.0, 0.05),
        "nu": slider("ν non-normality", float(nonnormality), 0.0, 2.0, 0.1),
        "T": slider("T steps", steps, 10, LONGEST, 10),
        "phi": choice("φ activation", list(activations.FUNCTIONS), value=activation)}
    touch = lambda left, right: [area(right, x="T")]
    return live_figure(
        draw, controls, describe, size=(10, 4.3), panels=(1, 2), touch=touch,
        code=lambda rho, nu, T, phi: (
        f'widgets.fan_of({rho:g}, {nu:g}, {T}, "{phi}")[2][:, 0]    # largest, by steps back'))
