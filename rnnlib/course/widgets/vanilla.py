"""The widgets of notebooks 1 to 4."""

import numpy as np

from ... import gradcheck, losses
from .. import plots
from ..figures import rounded
from .controls import choice, slider
from .live import live_figure
from .touch import area


def delta_table(parts, name="parts"):
    """Walk through parts (T, T), what loss s (row) sent to step t (column): bptt.by_loss of one unit.

    name is what the page calls them.
    """
    T, sums = len(parts), parts.sum(axis=0)

    def describe(s, t):
        if s < t:
            return f"L_{s} sends nothing to delta_{t}: a loss reaches only its own step and earlier ones."
        kind = "its own step" if s == t else f"{s - t} step{'s' * (s - t > 1)} back"
        all_of_them = f"With the losses {t} to {T} together," if t < T else "No other loss reaches it:"
        return (f"L_{s} sends {parts[s - 1, t - 1]:.3f} to delta_{t}, {kind}. "
                f"{all_of_them} delta_{t} = {sums[t - 1]:.3f}.")

    return live_figure(
        lambda ax: plots.delta_table(ax, parts, sums),
        {"s": slider("loss step s", T, 1, T), "t": slider("state step t", 2, 1, T)},
        describe, code=lambda s, t: f"{name}[{s - 1}, {t - 1}]    # rows and columns count from 0",
        size=(9, 2.85), touch=lambda ax: [area(ax, x="t", y="s", xs=range(T), ys=range(T))])


def softmax_error(labels, logits, loss=False):
    """Move logits (K,) under a softmax; see p beside y, p - y and, if told to, L. labels is {name: y}."""
    K, first = len(logits), next(iter(labels))

    def read(label, o):
        o, y = np.array([*o.values()], dtype=float), labels[label]
        return losses.softmax(o), y, losses.cross_entropy(o, y)

    def describe(label=first, **o):
        p, y, cost = read(label, o)
        rows = [", ".join(f"{v:.2f}" for v in row.round(2) + 0.0) for row in (p, y, p - y)]
        told = f"L = {cost:.4f}. " if loss else ""
        return f"{told}p = ({rows[0]}), y = ({rows[1]}), p - y = ({rows[2]})."

    def draw(ax):
        p, y, _ = read(first, dict(enumerate(logits)))
        update = plots.prediction_error(ax, p, y)
        return lambda label=first, **o: update(*read(label, o)[:2])

    def touch(ax):                                  # upwards in a class raises its logit
        top = ax.get_ylim()[1]
        heights = np.linspace(0.05 * top, 0.95 * top, len(controls["o_1"].values))
        return [area(ax, y=f"o_{k}", ys=heights, box=(k - 0.46, k + 0.38, 0, top)) for k in range(1, K + 1)]

    controls = {f"o_{k}": slider(f"logit o_{k}", float(o), -5.0, 5.0, 0.1)
                for k, o in enumerate(logits, start=1)}
    if len(labels) > 1:
        controls["label"] = choice("label y", list(labels))
    return live_figure(draw, controls, describe, size=(9, 2.9), touch=touch, code=lambda label=first, **o: (
        f"losses.softmax_cross_entropy(np.array({[round(v, 1) for v in o.values()]}), "
        f"np.array({labels[label].tolist()}))"))


def unrolled_steps(trace, outputs):
    """Step through time on the unrolled vanilla network of one sequence; outputs are o_t (T, K)."""
    T, ps = len(outputs), losses.softmax(outputs)
    row = lambda v: f"({', '.join(rounded(n, 3) for n in v)})"

    def describe(step):
        if step == 0:
            return f"t = 0: nothing is computed yet. h_0 = {row(trace.hs[0])} is given."
        k = step - 1                                    # row k of an array with T rows is step k+1
        return (f"t = {step}: z_{step} = W_x x_{step} + W_h h_{k} + b = {row(trace.zs[k])}. "
                f"h_{step} = tanh(z_{step}) = {row(trace.hs[step])}. "
                f"o_{step} = W_y h_{step} + b_y = {row(outputs[k])}. "
                f"p_{step} = softmax(o_{step}) = {row(ps[k])}.")

    def code(step):
        return f"trace.hs[{step}]" + (
            f", trace.zs[{step - 1}], outputs[{step - 1}], ps[{step - 1}]" if step else "")

    return live_figure(
        lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps),
        {"step": slider("time step t", T, 0, T)}, describe, code=code, size=(10.5, 3.1),
        touch=lambda ax: [area(ax, x="step", xs=plots.columns(ax, T))])


def walk_back(xs, hs, ps, delta, injected, W_h):
    """Step backward through one unrolled sequence, a delta at a time: from T down to 1.

    xs (T, D), hs (T+1, H), ps (T, K), delta and the injected dL/dh_t (T, H), W_h (H, H).
    """
    T = len(xs)

    def row(values):
        return "(" + ", ".join(f"{v:.3f}" for v in values) + ")"

    def describe(step):
        t = T + 1 - step
        later = "nothing comes later" if t == T else (
            f"step {t + 1} sends W_h^T delta_{t + 1} = {row(delta[t] @ W_h)}")
        return (f"At h_{t}: its own loss injects {row(injected[t - 1])}, {later}. "
                f"Times 1 - h_{t}^2: delta_{t} = {row(delta[t - 1])}.")

    def draw(ax):
        update = plots.unrolled(ax, xs, hs, ps, deltas=delta)
        return lambda step: update(T + step)

    return live_figure(draw, {"step": slider("backward step", 1, 1, T)}, describe,
                       code=lambda step: f"delta[{T - step}:]    # {step} of {T} computed", size=(10.5, 4.2),
                       touch=lambda ax: [area(ax, x="step", xs=plots.columns(ax, T)[:0:-1])])


def step_size(steps, errors):
    """Move the step of a central difference along its error curves {name: (n,)}."""
    steps, errors = np.asarray(steps), dict(errors)
    names = [f"{step:.0e}" for step in steps]
    anchor = int(np.abs(np.log10(steps) + 1.5).argmin())     # where truncation alone is at work

    def describe(step):
        at, parts = int(np.abs(steps - step).argmin()), []
        for name, error in errors.items():
            truncation = error[anchor] * (step / steps[anchor]) ** 2
            cause = "truncation" if error[at] < 2 * truncation else "rounding"
            parts.append(f"{name} is off by {error[at]:.0e}, by {cause}")
        return f"Step ε = {step:.0e}: {'; '.join(parts)}."

    options = list(zip(names, steps.tolist()))
    control = choice("step ε", options, value=float(steps.max()))
    return live_figure(
        lambda ax: plots.step_errors(ax, steps, errors), {"step": control}, describe,
        code=lambda step: f"(f({step:.0e}) - f(-{step:.0e})) / (2 * {step:.0e})", size=(9, 3.3),
        touch=lambda ax: [area(ax, x="step")])


def taylor(loss, p, right):
    """Give the dW_h of the right gradient of loss(p) a relative error; see what the Taylor test finds."""
    sizes = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    steps = 10.0 ** np.arange(-5, -0.9, 0.5)

    def measure(error):
        claimed = right._replace(W_h=(1 + error) * right.W_h)
        return gradcheck.taylor_rate(loss, p, claimed, np.random.default_rng(0), steps)

    found = {size: measure(size) for size in sizes}
    at_left = [run.remainders[0] for run in found.values()]

    def describe(error):
        size = f"off by {100 * error:g} %" if error else "right"
        return (f"dW_h {size}: at the smallest steps the remainder falls with slope {found[error].rate:.2f}; "
                "2 belongs to a right gradient, 1 to a wrong one.")

    def draw(ax):
        update = plots.remainders(ax, steps, *[found[0.0].remainders] * 2,
                                  r"with an error in $dW_h$", low=min(at_left))
        return lambda error: update(found[error].remainders)

    control = choice("error of dW_h", [(f"{100 * size:g} %", size) for size in sizes], value=1e-3)
    return live_figure(
        draw, {"error": control}, describe, size=(10, 3.1), code=lambda error: (
            f"gradcheck.taylor_rate(loss, p, right._replace(W_h=(1 + {error:g}) * right.W_h), "
            "np.random.default_rng(0), 10.0 ** np.arange(-5, -0.9, 0.5)).rate"),
        touch=lambda ax: [area(ax, y="error", ys=at_left)])
