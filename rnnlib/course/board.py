"""Which check catches which mistake, and where: every check of the world, held against the zoo.

All rules see the same numbers, the gradient a and central differences n with a step of 1e-5, so that
only the rule differs. Ours is gradcheck.check, by complex step, called twice. A mistake is held against
the loss of its own pass, at each of POINTS: a cell in all its inputs, a network in its parameters. What
stops with an error is caught. A check that cries wolf is worth little, so right passes are put to it, too.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from .. import bptt, gradcheck, losses, trees
from ..cells import gru, lstm, rnn
from ..doors import checks
from ..gradcheck.editable import by_step
from . import wrong
from .wrong import passes
from .wrong.diffs import check_mistake

LET, CAUGHT, ADMITTED = 0, 1, 2      # ADMITTED: let through, but the check says that it cannot tell here
STEPS, FALLEN = 50, 0.9              # the loss falls: after so many steps it is below so much of its start


def _each_entry(tolerance, a, n):
    scale = np.maximum(np.abs(a), np.abs(n))
    return bool((np.abs(a - n) > tolerance * scale).any())


def _one_direction(tolerance, a, n):
    v = np.random.default_rng(len(a)).normal(size=len(a))
    return bool(abs((a - n) @ v) > tolerance * max(abs(a @ v), abs(n @ v)))


def _norm_ratio(tolerance, a, n):
    norm = np.linalg.norm
    return bool(norm(a - n) > tolerance * (norm(a) + norm(n)))


def _absolute_and_relative(atol, rtol, a, n):
    return bool((np.abs(a - n) > atol + rtol * np.abs(n)).any())


RULES = {                            # of all entries in one row: a, the gradient, and n, the differences
    "each entry within 1e-2": partial(_each_entry, 1e-2),
    "PyTorch's 1e-5 + 1e-3 |n|": partial(_absolute_and_relative, 1e-5, 1e-3),
    "one direction, 1e-5": partial(_one_direction, 1e-5),
    "ratio of norms, 2e-7": partial(_norm_ratio, 2e-7),
    "each entry within 1e-7": partial(_each_entry, 1e-7),
}
CALLS_TWICE = "PyTorch's 1e-5 + 1e-3 |n|"            # torch.autograd.gradcheck does, too
SIZES = {"D": 3, "H": 2, "K": 5}      # few units, few numbers to perturb; T and B are those of wrong.point
CHECKS = ("the loss falls", *RULES, "ours")


def _scaled(factor, p):
    return p._make(factor * w for w in p)


POINTS = {      # settings and sizes for wrong.point, what becomes of the cell's weights, a factor of the loss
    "designed": {},
    "small": {"sizes": {"T": 3, "B": 2, "D": 2, "H": 3, "K": 3}},
    "one step": {"at": "one step"},
    "one sequence": {"at": "one sequence"},
    "zero state, symmetric": {"at": "a zero initial state and symmetric W_h"},
    "all weights 0.5": {"weights": lambda p: p._make(np.full_like(w, 0.5) for w in p)},
    "weights near 0.01": {"weights": partial(_scaled, 0.01 / 0.6)},
    "gradients near 1e-6": {"factor": 1e-6},
}


@dataclass(frozen=True)
class Board:
    """What each check said: caught (C, P, M), and alarms (C, P), the shares of right passes rejected."""

    mistakes: tuple
    caught: np.ndarray
    alarms: np.ndarray

    def let_through(self, check, point):
        """Return the mistakes that a check lets through at a point, admitted or not."""
        row = self.caught[CHECKS.index(check), list(POINTS).index(point)]
        return tuple(m for m, said in zip(self.mistakes, row, strict=True) if said != CAUGHT)

    def count(self, said=CAUGHT):
        """Return the number of mistakes (C, P) of which it was said."""
        return (self.caught == said).sum(axis=-1)


def measure(mistakes=wrong.ZOO, seed=0, right=6, watch=iter):
    """Put every mistake, and `right` right passes of each cell, to every check at every point.

    watch(mistakes) yields them, as a progress bar does.
    """
    where = "board.measure"
    if not isinstance(mistakes, (tuple, list)) or not mistakes:
        checks.fail(where, "mistakes", "mistakes of wrong.ZOO", checks.what(mistakes), error=TypeError)
    checks.whole(where, "seed", seed, 0, 10**9)
    checks.whole(where, "right", right, 1, 10**4)
    caught, falls = [], []
    for m in watch(mistakes):
        caught.append([said(m, point, seed) for point in POINTS])
        falls.append(LET if learns(m) else CAUGHT)
    alarms = [[said(m, point, seed + 1 + k, right=True) for point in POINTS]
              for m in _one_of_each_cell() for k in range(right)]
    wolf = [not learns(m, right=True) for m in _one_of_each_cell()]
    training = np.broadcast_to(np.array(falls), (len(POINTS), len(falls)))
    return Board(
        tuple(mistakes),
        np.concatenate([training[None], np.array(caught).transpose(2, 1, 0)]),
        np.concatenate([np.full((1, len(POINTS)), np.mean(wolf)),
                        (np.array(alarms) == CAUGHT).mean(axis=0).T]),
    )


def delta_errors(mistake, seed=0):
    """Return the relative errors (T, G) of the deltas in a wrong pass of a cell, by step and gate.

    With as many inputs as there are pre-activations W_x is square, and dL/dx_t = delta_t W_x gives them away.
    """
    check_mistake("board.delta_errors", mistake)
    if not mistake.in_cell:
        checks.fail("board.delta_errors", "mistake", "one in the pass of a cell", mistake.name)
    H = wrong.point(mistake, seed)[0].W_h.shape[1]
    G = mistake.cell.shapes(1, H)[1][0] // H
    here = wrong.point(mistake, seed, D=G * H)
    back = np.linalg.inv(here[0].W_x)
    found, right = (mistake.last_call(here, 1, right)[1]["xs"] @ back for right in (False, True))
    return by_step(found, right, G)


def _one_of_each_cell():
    named = {passes.rnn_backward: rnn, passes.lstm_backward: lstm, passes.gru_backward: gru}
    return [next(m for m in wrong.ZOO if m.right is run) for run in named]


def said(mistake, point, seed=0, right=False):
    """Return what each check but the first says of a mistake, or of its right pass, at one of POINTS."""
    try:
        here = point_of(mistake, point, seed)
        factor = POINTS[point].get("factor", 1)
        first, again = (trees.map(lambda g: factor * g, found) for found in _twice(mistake, here, right))
        loss, inputs, stacked = _problem(mistake, here, right)
        f = lambda moved: factor * loss(moved)
        method = "complex" if mistake.loss else "central"     # frozen states are so only to a complex step
        n = gradcheck.numerical_gradient(f, inputs, method, stacked=stacked)
        a, b, n = (trees.flat(g for _, g in trees.walk(tree)) for tree in (first, again, n))
        report = gradcheck.check(f, inputs, again, method="complex", stacked=stacked)
    except (ValueError, IndexError):                  # its shapes do not fit: found at once
        return [CAUGHT] * (len(CHECKS) - 1)
    twice = not np.array_equal(a, b)
    others = [CAUGHT if rule(a, n) or (twice and name == CALLS_TWICE) else LET
              for name, rule in RULES.items()]
    if report.names("wrong"):                         # of the second call
        return [*others, CAUGHT]
    return [*others, ADMITTED if report.names("unseen") or _blind(mistake, here) else LET]


def point_of(mistake, point, seed=0):
    """Return the point of this name for a mistake, as wrong.point does."""
    checks.one_of("board.point_of", "point", point, POINTS)
    how = {"at": "", "sizes": SIZES, "weights": lambda p: p, **POINTS[point]}
    sizes = how["sizes"]
    if "T" in sizes and "as many sequences as steps" in mistake.at:
        sizes = {**sizes, "B": sizes["T"]}
    here = wrong.point(mistake, seed, how["at"], **sizes)
    if mistake.in_cell:
        return how["weights"](here[0]), *here[1:]
    inputs, labels = here
    return {**inputs, "p": how["weights"](inputs["p"])}, labels


def _twice(mistake, here, right):
    """Return the gradients of two calls in a row with the same arrays."""
    run = mistake.start(right)
    if mistake.in_cell:
        here = (*here[:3], here[3].copy())            # a pass may write into dhs
    return [trees.map(np.copy, _of_interest(mistake, mistake.call(run, here)[1])) for _ in range(2)]


def _of_interest(mistake, tensors):
    """Return the tensors that are checked: of a network only the parameters, since its loss is slow."""
    return tensors if mistake.in_cell else {"p": tensors["p"], "q": tensors["q"]}


def _problem(mistake, here, right):
    """Return the loss, its inputs, and whether it takes stacked ones: as fast as the mistake allows."""
    f, inputs, _ = mistake.problem(here, 1, right)
    if mistake.in_cell:
        return gradcheck.stacked_loss(mistake.cell, here[3]), inputs, True
    moved = _of_interest(mistake, inputs)
    if not mistake.loss and (right or not _own_loss(mistake)):
        return partial(_network_loss, mistake, here), moved, True
    return lambda moved: f({**inputs, **moved}), moved, False


def takes_long(mistake):
    """True if its loss takes one point at a time: seven mistakes take two thirds of what the board takes."""
    return not mistake.in_cell and (bool(mistake.loss) or _own_loss(mistake))


@cache
def _own_loss(mistake):
    """True if its mistake lies in the loss, or in the forward pass."""
    here = wrong.point(mistake)
    f, inputs, _ = mistake.problem(here, 1)
    (plain,) = _network_loss(mistake, here, trees.map(lambda a: a[None], _of_interest(mistake, inputs)))
    return bool(abs(f(inputs) - plain) > 1e-12 * abs(plain))


def _network_loss(mistake, here, moved):
    """Return the cross-entropy (n,) of n networks with a read-out, moved holding their p and q in stacks."""
    (inputs, labels), (p, q) = here, moved.values()
    _, _, xs, *state = inputs.values()
    p, q = (tree._make(w[:, None] if w.ndim == 2 else w for w in tree) for tree in (p, q))
    n = max(len(w) for w in (*p, *q))
    state = tuple(np.broadcast_to(s, (n, *s.shape)) for s in state)
    hs = bptt.unroll(mistake.cell, p, xs[:, None], state).hs[1:]
    log_prob = losses.log_softmax(hs @ q.W_y.swapaxes(-1, -2) + q.b_y)
    y = labels if labels.ndim == 3 else losses.one_hot(labels, log_prob.shape[-1])
    return -(y[:, None] * log_prob).sum(axis=(0, 2, 3))


def _blind(mistake, here):
    """True if our check names something that it cannot see at this point."""
    if mistake.in_cell:
        p, xs, state, dhs = here
    else:
        p, _, xs, *state = here[0].values()
        dhs = np.ones((*xs.shape[:-1], p.W_h.shape[1]))
    return bool(gradcheck.blind_spots(p, bptt.forward(mistake.cell, p, xs, tuple(state)), dhs))


@cache
def learns(mistake, right=False):
    """Return whether the loss falls by a tenth in STEPS steps, trained with a mistake or its right pass."""
    curve = wrong.train(mistake, right, steps=STEPS)
    return bool(curve[-1] < FALLEN * curve[0])
