"""Small recurrent systems with a closed form, and weight matrices with a wanted spectrum.

    x <- w φ(x) + b       one unit without input, x its pre-activation: the same as h <- φ(w h + b)
    s <- f s + a          an LSTM's cell state with a constant forget gate f and a constant write a
    s <- A s + θ v        Tallec & Ollivier's influence balancing, one parameter θ

A fixed point attracts where |w φ'(x)| < 1, and each step spent there multiplies the gradient by that
slope: to hold a bit is to lose the gradient (Bengio et al. 1994). Where w φ'(x) = 1 two fixed points
meet and are gone: a fold, and beside it the loss has a cliff (Pascanu, Mikolov & Bengio 2013).
"""

from typing import NamedTuple

import numpy as np

from .cells import activations
from .doors import checks


class FixedPoints(NamedTuple):
    """Where x = w φ(x) + b, in ascending order, (n,) each."""

    xs: np.ndarray      # x
    hs: np.ndarray      # h = φ(x)
    slopes: np.ndarray  # w φ'(x): what one step multiplies a gradient by


class Cliff(NamedTuple):
    """The loss (φ(x_T) - target)^2 and its derivatives, shaped as w and b together."""

    loss: np.ndarray
    dw: np.ndarray
    db: np.ndarray


class Carousel(NamedTuple):
    """A cell state with constant gates, (T+1,) each."""

    s: np.ndarray
    slopes: np.ndarray  # tanh'(s): what the output h = o tanh(s) passes back to s


class Influence(NamedTuple):
    """ds^1/dθ as truncation sees it, entry K-1 for K steps, (n,) each; at K = infinity it is -6."""

    at_end: np.ndarray         # loss at the end of a stretch of K steps only
    at_every_step: np.ndarray  # loss at every step of the stretch: the mean over its steps


def iterate(w, b, x0, steps, activation="tanh"):
    """Return x_0, x_1, ..., x_steps of x <- w φ(x) + b, (steps+1, ...), for w, b, x0 of shapes that fit."""
    where = "dynamics.iterate"
    w, b, x0 = _together(where, w=w, b=b, x0=x0)
    function, _, _ = activations.functions(activation, where)
    xs = [x0]
    for _ in range(checks.whole(where, "steps", steps, 0, 10**6)):
        xs.append(w * function(xs[-1]) + b)
    return np.stack(xs)


def fixed_points(w, b=0.0, activation="tanh"):
    """Return the FixedPoints of x <- w φ(x) + b, φ tanh or sigmoid, by bisection between the folds."""
    w, b = (checks.real("dynamics.fixed_points", name, value) for name, value in (("w", w), ("b", b)))
    function, derivative, turns = _turns("dynamics.fixed_points", w, activation)
    reach = 1 + abs(b) + abs(w)                       # |φ| <= 1: there is none beyond
    ends = np.array([-reach, *turns, reach])
    excess = lambda x: x - w * function(x) - b
    low, high = ends[:-1], ends[1:]
    hit = np.sign(excess(low)) * np.sign(excess(high)) < 0
    low, high = low[hit], high[hit]
    sign = np.sign(excess(low))
    for _ in range(100):
        x = (low + high) / 2
        left = np.sign(excess(x)) == sign
        low, high = np.where(left, x, low), np.where(left, high, x)
    x = np.where(np.abs(excess(low)) < np.abs(excess(high)), low, high)
    exact = turns[excess(turns) == 0]                 # b on a fold
    x = np.sort(np.concatenate([x, exact]))
    h = function(x)
    return FixedPoints(x, h, w * derivative(h))


def folds(w, activation="tanh"):
    """Return the two b, in ascending order, at which two fixed points of x <- w φ(x) + b meet: there
    w φ'(x) = 1. None, an empty array, where w is at most 1/γ; φ is tanh or sigmoid."""
    w = checks.real("dynamics.folds", "w", w)
    function, _, turns = _turns("dynamics.folds", w, activation)
    return np.sort(turns - w * function(turns))


def _turns(where, w, activation):
    """Return φ, φ' and the x, (2,) or (0,), at which w φ'(x) = 1."""
    checks.one_of(where, "activation", activation, ("tanh", "sigmoid"))
    function, derivative, slope = activations.functions(activation)
    if w * slope <= 1:
        return function, derivative, np.empty(0)
    if activation == "tanh":
        turn = np.arctanh(np.sqrt(1 - 1 / w))         # 1 - h^2 = 1/w
    else:
        turn = 2 * np.arctanh(np.sqrt(1 - 4 / w))     # h (1 - h) = 1/w, so that 2h - 1 = ±sqrt(1 - 4/w)
    return function, derivative, np.array([-turn, turn])


def cliff(w, b, x0=0.5, steps=50, target=0.7, activation="sigmoid"):
    """Return the Cliff of x <- w φ(x) + b from x0: the loss after so many steps, over any grid of w and b.

    The defaults are Pascanu, Mikolov & Bengio's error surface.
    """
    where = "dynamics.cliff"
    w, b, x = _together(where, w=w, b=b, x0=x0)
    target = checks.real(where, "target", target)
    function, derivative, _ = activations.functions(activation, where)
    dw, db = np.zeros_like(x), np.zeros_like(x)       # dx/dw and dx/db
    for _ in range(checks.whole(where, "steps", steps, 1, 10**6)):
        h = function(x)
        slope = w * derivative(h)
        x, dw, db = w * h + b, h + slope * dw, 1 + slope * db
    h = function(x)
    back = 2 * (h - target) * derivative(h)
    return Cliff((h - target) ** 2, back * dw, back * db)


def carousel(steps, write, forget=1.0):
    """Return the Carousel s <- forget * s + write from s = 0: Gers et al. 2000, where forget < 1 saves it."""
    where = "dynamics.carousel"
    steps = checks.whole(where, "steps", steps, 0, 10**6)
    write, forget = checks.real(where, "write", write), checks.real(where, "forget", forget)
    s = np.zeros(steps + 1)
    for t in range(steps):
        s[t + 1] = forget * s[t] + write
    return Carousel(s, 1 - np.tanh(s) ** 2)


def retention(forget_bias, steps):
    """Return σ(forget_bias)^steps, which a forget gate with nothing but its bias leaves of a gradient."""
    (bias,) = _together("dynamics.retention", forget_bias=forget_bias)
    return np.exp(-checks.whole("dynamics.retention", "steps", steps, 0, 10**9) * np.logaddexp(0, -bias))


def half_life(forget_bias):
    """Return the number of steps in which that gradient falls to one half."""
    (bias,) = _together("dynamics.half_life", forget_bias=forget_bias)
    return np.log(2) / np.logaddexp(0, -bias)


def balancing():
    """Return A (23, 23) and v (23,) of influence balancing: each unit hears half of itself and half of
    the next; θ enters 10 units with +1 and 13 with -1, the loss is (s^1 - 1)^2 / 2."""
    return 0.5 * (np.eye(23) + np.eye(23, k=1)), np.where(np.arange(23) < 10, 1.0, -1.0)


def influence(n):
    """Return the Influence for K = 1 .. n: the sum of (A^k v)^1 over k < K, which changes sign late."""
    n = checks.whole("dynamics.influence", "n", n, 1, 10**6)
    (A, x), parts = balancing(), np.empty(n)
    for k in range(n):
        parts[k], x = x[0], A @ x
    at_end = parts.cumsum()
    return Influence(at_end, at_end.cumsum() / np.arange(1, n + 1))


def balance(K, steps=30_000, rate=1e-4, theta=0.5):
    """Return θ before and after every update, (n+1,), in chunks of K steps; it stops where |θ| > 1e6.

    The state runs on from s = 1 through all chunks; an update follows the mean over its K steps of
    (s^1 - 1) ds^1/dθ, with the state that enters the chunk as a constant. θ should become -1/6.
    """
    where = "dynamics.balance"
    steps = checks.whole(where, "steps", steps, 1, 10**7)
    K = checks.whole(where, "K", K, 1, steps, "steps=")
    rate, theta = checks.real(where, "rate", rate), checks.real(where, "theta", theta)
    A, v = balancing()
    end = np.array([np.linalg.matrix_power(A, k)[0] for k in range(1, K + 1)])     # s_0 to s^1_1 .. s^1_K
    seen = influence(K).at_end                                                    # θ  to s^1_1 .. s^1_K
    step, push = np.linalg.matrix_power(A, K), np.zeros(23)
    for _ in range(K):
        push = A @ push + v
    s, thetas = np.ones(23), [theta]
    for _ in range(steps // K):
        theta = thetas[-1]
        outputs = end @ s + theta * seen
        s = step @ s + theta * push
        thetas.append(theta - rate * ((outputs - 1) * seen).mean())
        if abs(thetas[-1]) > 1e6:
            break
    return np.array(thetas)


def orthogonal(rng, H):
    """Draw an orthogonal matrix (H, H), all of them equally likely (Mezzadri 2007)."""
    checks.generator("dynamics.orthogonal", rng)
    H = checks.whole("dynamics.orthogonal", "H", H, 1, 10_000)
    Q, R = np.linalg.qr(rng.normal(size=(H, H)))
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def recurrent(rng, H, radius, nonnormality=0.0):
    """Draw W_h (H, H), all of whose eigenvalues have modulus radius, as normal or not as one likes.

    W_h = radius Q (R + nonnormality N) Q^T: Q orthogonal, R turns pairs of units by random angles, N is
    upper triangular outside those pairs, with ||N|| = ||R|| = sqrt(H) (Frobenius). With 0 all singular
    values are radius too; the spectral norm grows with nonnormality, the eigenvalues stay. A generator
    in the same state gives the same Q, R and N, whatever radius and nonnormality.
    """
    where = "dynamics.recurrent"
    checks.generator(where, rng)
    Q = orthogonal(rng, checks.whole(where, "H", H, 1, 10_000))
    radius = checks.real(where, "radius", radius)
    nonnormality = checks.real(where, "nonnormality", nonnormality)
    for name, value in (("radius", radius), ("nonnormality", nonnormality)):
        if value < 0:
            checks.fail(where, name, "a number >= 0", f"{value:g}")
    R, pair = np.eye(H), np.arange(H) // 2
    for i, angle in enumerate(rng.uniform(0, np.pi, H // 2)):
        c, s = np.cos(angle), np.sin(angle)
        R[2 * i:2 * i + 2, 2 * i:2 * i + 2] = [[c, -s], [s, c]]
    N = rng.normal(size=(H, H)) * (pair[:, None] < pair)
    norm = np.linalg.norm(N)
    return radius * Q @ (R + nonnormality * np.sqrt(H) / (norm or 1) * N) @ Q.T


def _together(where, **values):
    """Return numbers or arrays as finite float64 arrays of their common shape."""
    arrays = {name: checks.number(where, name, value, np.float64) for name, value in values.items()}
    try:
        return [a.copy() for a in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        got = ", ".join(str(a.shape) for a in arrays.values())
        checks.fail(where, " and ".join(arrays), "of shapes that broadcast", got)
