"""Checks of a gradient: ours, and the rules of others on central differences.

Each says of a pair of passes at a point whether it rejects them.
"""

import numpy as np
from trials import FULL, WAYS, backward_of, quiet

from rnnlib import trees


def loss_of(these, way, point, trace):
    """Return the stacked loss whose gradient the backward pass claims to be."""
    dhs, T = point.dhs, len(point.dhs)
    if way in FULL:
        return these.gradcheck.stacked_loss(these.cell, dhs, point.mask if way == "masked" else None)
    options = WAYS[way](T)
    k1, k2 = options.get("chunks") or (1, options["window"])
    stretches = []
    for start in range(0, T, k1):                     # the state that enters a stretch is a constant
        end = min(start + k1, T)
        stop = max(end - k2, 0)
        late = (np.arange(stop, end) >= start).reshape(-1, *(1 for _ in dhs.shape[1:]))
        frozen = tuple(s[stop][None] for s in trace.states) if stop else None
        stretches.append((slice(stop, end), frozen,
                          these.gradcheck.stacked_loss(these.cell, dhs[stop:end] * late)))

    def loss(inputs):
        p, xs, *state = inputs.values()
        total = 0
        for rows, frozen, part in stretches:
            start = state if frozen is None else frozen
            names = list(inputs)[2:]
            total = total + part({"p": p, "xs": xs[:, rows], **dict(zip(names, start))})
        return total

    return loss


def inputs_of(these, point):
    names = (f"{s}0" for s in these.cell.STATES)
    return {"p": point.p, "xs": point.xs, **dict(zip(names, point.state, strict=True))}


def gradient_of(these, way, point):
    """Return the gradient as a function of inputs."""
    given, backward = point.dhs.copy(), backward_of(these, way)

    def gradient(inputs):
        p, xs, *state = inputs.values()
        mask = point.mask if way == "masked" else None
        trace = these.bptt.forward(these.cell, p, xs, tuple(state), mask)
        found = backward(None, p, trace, given)
        return {"p": found.params, "xs": found.xs, **dict(zip(list(inputs)[2:], found.state, strict=True))}

    return gradient


def our_report(these, way, point, method="auto"):
    """Return the Report of our check."""
    if way in FULL:
        return these.gradcheck.check_cell(
            these.cell, point.p, point.xs, point.state, point.dhs, backward_of(these, way),
            mask=point.mask if way == "masked" else None, method=method)
    trace = these.bptt.forward(these.cell, point.p, point.xs, point.state)
    return these.gradcheck.check(loss_of(these, way, point, trace), inputs_of(these, point),
                                 gradient_of(these, way, point), stacked=True, method=method)


def ours(these, way, point, method="auto"):
    """True if our check rejects: a tensor is wrong, or the pass stops, or a second call differs."""
    report = quiet(our_report, these, way, point, method)
    return report is None or bool(report.names("wrong"))


def elementwise(tolerance):
    """max |a - n| / max(1e-8, |a| + |n|), central differences with 1e-5, as course notes have it."""
    return 1e-5, lambda a, n: (np.abs(a - n) / np.maximum(1e-8, np.abs(a) + np.abs(n))).max() > tolerance


def norm_ratio(tolerance):
    """|a - n| / (|a| + |n|) of all entries in one vector, central differences with 1e-7."""
    norm = np.linalg.norm
    return 1e-7, lambda a, n: norm(a - n) > tolerance * (norm(a) + norm(n))


def one_direction(tolerance):
    """The slope along one random direction, central differences with 1e-5."""
    def rejects(a, n):
        v = np.random.default_rng(len(a)).normal(size=len(a))
        return abs((a - n) @ v) > tolerance * max(abs(a @ v), abs(n @ v))

    return 1e-5, rejects


def torch_tolerances(atol, rtol):
    """|a - n| > atol + rtol |n| anywhere, central differences with 1e-6: torch.autograd.gradcheck."""
    return 1e-6, lambda a, n: (np.abs(a - n) > atol + rtol * np.abs(n)).any()


RULES = {
    "torch.autograd.gradcheck's tolerances": torch_tolerances(1e-5, 1e-3),
    "torch's with atol=0": torch_tolerances(0, 1e-3),
    "elementwise 1e-7": elementwise(1e-7),
    "elementwise 1e-5": elementwise(1e-5),
    "elementwise 1e-2": elementwise(1e-2),
    "norm ratio 2e-7": norm_ratio(2e-7),
    "one random direction 1e-5": one_direction(1e-5),
}


def central(these, way, point, eps):
    """Return central differences of the loss, all entries in one row; eps as the rule's author chose it."""
    trace, inputs = these.bptt.forward(these.cell, point.p, point.xs, point.state), inputs_of(these, point)
    loss, leaves = loss_of(these, way, point, trace), dict(trees.walk(inputs))
    x = trees.flat(leaves.values())
    up, down = (loss(trees.fill(inputs, trees.split(x + s * np.eye(x.size), leaves).values()))
                for s in (eps, -eps))
    return (up - down) / (2 * eps)


def others(these, way, point, slopes=None):
    """Return for each rule of others whether it rejects; what stops is rejected.

    slopes(eps) gives the central differences where they are known.
    """
    said = quiet(_others, these, way, point, slopes)
    return [True] * len(RULES) if said is None else said


def _others(these, way, point, slopes):
    gradient, inputs = gradient_of(these, way, point), inputs_of(these, point)
    leaves = dict(trees.walk(inputs))

    def flat():
        parts = dict(trees.walk(gradient(inputs)))
        if any(np.shape(parts[name]) != leaf.shape for name, leaf in leaves.items()):
            raise ValueError("a gradient of another shape")
        return trees.flat(np.asarray(parts[name]) for name in leaves)

    a, again, said = flat(), flat(), []
    for name, (eps, rejects) in RULES.items():
        n = slopes(eps) if slopes else central(these, way, point, eps)
        twice = name.startswith("torch") and not np.array_equal(a, again)     # it calls backward twice
        finite = np.isfinite(a).all() and np.isfinite(n).all()
        said.append(bool(not finite or twice or rejects(a, n)))
    return said


def torch_rejects(these, way, point):
    """True if torch.autograd.gradcheck, with its own defaults, rejects the passes as a Function of torch."""
    import torch

    inputs, trace = inputs_of(these, point), these.bptt.forward(these.cell, point.p, point.xs, point.state)
    leaves = dict(trees.walk(inputs))
    loss, gradient = loss_of(these, way, point, trace), gradient_of(these, way, point)

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *arrays):
            ctx.save_for_backward(*arrays)
            return torch.tensor(loss(trees.fill(inputs, (a.detach().numpy()[None] for a in arrays)))[0])

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, scale):
            here = trees.fill(inputs, (a.detach().numpy() for a in ctx.saved_tensors))
            found = dict(trees.walk(gradient(here)))
            return tuple(scale * torch.tensor(np.asarray(found[name])) for name in leaves)

    arrays = [torch.tensor(leaf, requires_grad=True) for leaf in leaves.values()]
    return not torch.autograd.gradcheck(Loss.apply, arrays, raise_exception=False)
