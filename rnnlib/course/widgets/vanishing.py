"""The widgets of notebook 6: a loss with a cliff, and products of Jacobians."""

from functools import lru_cache

import numpy as np

from ... import analysis, bptt, dynamics
from ...cells import activations, rnn
from .. import plots
from ..figures import picture
from .controls import choice, slider
from .live import live_figure
from .touch import area, spot

SIGMOID = activations.cell("sigmoid")
Z_0, TARGET = 0.5, 0.7                          # Pascanu, Mikolov & Bengio's start and target
MAP = np.linspace(3.5, 6, 201), np.linspace(-3.2, -1.8, 161)       # of w_h and w_x
UNITS, LONGEST, SEED = 16, 100, 3


def cliff_run(w_h, w_x, steps=50):
    """Return h_0 .. h_T and dh_T/dh_0 .. dh_T/dh_T of h_t = σ(w_h h_{t-1} + w_x), (T+1,) each."""
    p = rnn.Params(np.ones((1, 1)) * w_x, np.ones((1, 1)) * w_h, np.zeros(1))
    h_0 = activations.sigmoid(np.array([Z_0]))
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


def cliff(w_h=MAP[0], w_x=MAP[1], lengths=(5, 10, 20, 35, 50), places=None):
    """Move a point over the loss on the grid w_h (n,), w_x (m,); see its states and gradient over time.

    places {name: (w_h, w_x)} are marked on the map and can be touched; with one length there is no choice.
    """
    places, longest = places or {}, max(lengths)
    surfaces = {T: dynamics.cliff(*np.meshgrid(w_h, w_x), Z_0, T, TARGET).loss for T in lengths}
    run = lru_cache(4)(cliff_run)

    def describe(w, x, T=longest):
        hs, back = run(w, x, T)
        here = dynamics.cliff(w, x, Z_0, T, TARGET)
        if len(lengths) == 1:
            fate = ("it explodes" if back[0] > 10 else "it has grown" if back[0] > 1 else
                    "it vanishes" if back[0] < 0.1 else "much of it is left")
            return (f"A network with w_h = {w:.2f} and w_x = {x:.2f}: its loss is {here.loss:.3f}. A "
                    f"gradient of 1 that starts at step {T} arrives at step 0 as {back[0]:.3g}: {fate}.")
        factors = back[:-1] / np.where(back[1:] == 0, 1, back[1:])
        size = float(np.hypot(here.dw, here.db))
        return (f"w_h = {w:.2f}, w_x = {x:.2f}, T = {T}: h_{T} = {hs[-1]:.3f}, loss {here.loss:.3f}. "
                f"{(factors > 1).sum()} of {T} factors exceed 1; a gradient of 1 at h_{T} arrives at h_0 "
                f"as {back[0]:.3g}. Gradient with respect to the two weights: {size:.2g}.")

    def draw(figure):
        update = plots.loss_cliff(figure, w_h, w_x, fold_curves(w_h), longest, places)
        return lambda w, x, T=longest: update((w, x), surfaces[T], *run(w, x, T), growing_band(w))

    def touch(figure):
        near = [spot(figure.axes[0], (w - 0.25, w + 0.08, x - 0.06, x + 0.06), w=w, x=x)
                for w, x in places.values()]
        return [*near, area(figure.axes[0], x="w", y="x")]

    controls = {
        "w": slider("w_h recurrent weight", 4.9, float(w_h[0]), float(w_h[-1]), 0.05),
        "x": slider("w_x input weight", -2.55, float(w_x[0]), float(w_x[-1]), 0.01)}
    if len(lengths) > 1:
        controls["T"] = choice("T steps", list(lengths), value=longest)
    return live_figure(
        draw, controls, describe, size=(10, 3.9 if len(lengths) > 1 else 3.0), panels=None, touch=touch,
        code=lambda w, x, T=longest: (
            f"dynamics.cliff({w:g}, {x:g}, {Z_0}, {T}, {TARGET})    # loss and its two derivatives"))


def latch(w_h=1.25, steps=20):
    """Draw a tanh unit that holds a bit, and what it makes of a gradient where it rests."""
    found = dynamics.fixed_points(w_h)
    h, k = np.linspace(-1, 1.35, 200), np.arange(steps + 1.0)
    low, high = found.slopes[2], found.slopes[1]
    powers = {"at $h = 0$": high**k, f"at $h = ±{found.hs[2]:.2f}$": low**k}
    return picture(
        lambda *axes: plots.latch(*axes, h, np.tanh(w_h * h), found.hs, found.slopes, powers),
        alt=f"tanh({w_h} h) crosses the diagonal at 0 with slope {high:.3g} and at ±{found.hs[2]:.2f} with "
        f"slope {low:.3f}. Over {steps} steps a gradient grows to {high**steps:.0f} at 0 and shrinks to "
        f"{low**steps:.1e} at ±{found.hs[2]:.2f}.", size=(8.2, 3.2), panels=(1, 2))


def clipped_step(start, ends):
    """Draw one step of descent from start (w_h, w_x), clipped and not; ends are {name: where it leads}."""
    at = dynamics.cliff(*start)
    g = np.array([at.dw, at.db])
    near = np.linspace(4.85, 5.35, 201), np.linspace(-2.8, -2.3, 201)
    zoom = (*near, dynamics.cliff(*np.meshgrid(*near)).loss, fold_curves(near[0]))
    reach = np.logspace(-5, 2, 600)
    along = dynamics.cliff(*(np.asarray(start)[:, None] - (g / np.hypot(*g))[:, None] * reach)).loss
    landed = {name: (end, float(dynamics.cliff(*end).loss)) for name, end in ends.items()}
    (_, short), (_, long) = landed.values()
    return picture(
        lambda *axes: plots.clipped_step(*axes, zoom, start, landed, reach, along), size=(9.4, 3.5),
        panels=(1, 2), alt=f"From the edge, loss {at.loss:.2f}, the clipped step lands at loss "
        f"{short:.3f}. The unclipped one crosses the whole valley and lands at {long:.2f}, on a plateau "
        "without slope.")


def chain_powers(lengths):
    """Draw the norms of the powers of the chain, lengths (n,), over what its eigenvalues promise."""
    promise = 0.5 ** np.arange(len(lengths))
    return picture(
        lambda ax: plots.powers(ax, {"promised by the eigenvalues: $0.5^k$": promise,
                                     r"what happens: $\|W^k\|$": lengths}, 1e-19, 20),
        alt=f"The norm of the k-th power of the chain is {lengths[10]:.2f} for k = 10 and {lengths[40]:.2f} "
        f"for k = 40, where 0.5 to the power k has fallen to {promise[40]:.0e}.", size=(7.6, 3.5))


def two_fans(fans):
    """Draw the singular values of two growing products side by side; fans is {name: (T+1, S)}."""
    def draw(*axes):
        for ax, (name, values) in zip(axes, fans.items(), strict=True):
            plots.fan(ax, len(values) - 1, 14, legend=False)(values[:, ::7])       # every seventh
            ax.set_title(name)

    said = "; ".join(f"{name}: after {len(v) - 1} factors the largest is {v[-1, 0]:.2g}, the median "
                     f"{np.median(v[-1]):.1g}" for name, v in fans.items())
    return picture(draw, size=(8, 3), panels=(1, 2), alt=f"Singular values of growing products. {said}.")


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
    @lru_cache(8)
    def read(rho, nu, T, phi):
        return fan_of(rho, nu, T, phi)

    def describe(**values):
        _, rate, singular, _, _ = read(**values)
        largest, k = singular[:, 0], int(singular[:, 0].argmax())
        at_one = abs(rate - 1) < 1e-9                   # rounding apart
        must = "cannot explode" if at_one else "must vanish" if rate < 1 else "may explode"
        rate = f"{rate:.3f}" if not at_one and f"{rate:.2f}" == "1.00" else f"{rate:.2f}"
        return (f"{values['phi']}, ρ = {values['rho']:.2f}, ν = {values['nu']:.1f}: γ‖W_h‖ = {rate}, so "
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
    touch = lambda left, right: [area(left, x="rho", box=(0, 2.25, -2.25, 2.25)), area(right, x="T")]
    return live_figure(
        draw, controls, describe, size=(10.4, 3.1), panels=(1, 2), touch=touch,
        code=lambda rho, nu, T, phi: (
            f'widgets.fan_of({rho:g}, {nu:g}, {T}, "{phi}")[2][:, 0]    # largest, by steps back'))
