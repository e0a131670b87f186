"""The vanilla recurrent network with another elementwise function: h_t = φ(W_x x_t + W_h h_{t-1} + b).

    name        φ(z)              φ'(z), from h      slope γ, the largest φ'
    tanh        tanh z            1 - h^2            1
    linear      z                 1                  1
    relu        z, or 0 if z < 0  1, or 0 if h = 0   1
    sigmoid     1 / (1 + e^-z)    h (1 - h)          1/4

The slope decides, with the norm of W_h, how fast a gradient may grow (Pascanu et al. 2013).
"""

from types import SimpleNamespace

import numpy as np

from ..doors import checks
from . import rnn


def sigmoid(z):
    """Return σ(z) = 1 / (1 + e^-z), in a form that cannot overflow and takes complex numbers."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


FUNCTIONS = {  # name: φ(z), φ'(z) as a function of h, slope
    "tanh": (np.tanh, lambda h: 1 - h * h, 1.0),
    "linear": (lambda z: z.copy(), np.ones_like, 1.0),
    "relu": (lambda z: np.where(z.real > 0, z, 0), lambda h: (h.real > 0).astype(h.dtype), 1.0),
    "sigmoid": (sigmoid, lambda h: h * (1 - h), 0.25),
}


def functions(name, where="activations.functions"):
    """Return φ, its derivative as a function of h = φ(z), and its slope γ, for a name of FUNCTIONS."""
    return FUNCTIONS[checks.one_of(where, "activation", name, FUNCTIONS)]


def cell(name):
    """Return the vanilla cell with the activation of this name, with its `slope`. tanh: as `rnn`."""
    function, derivative, slope = functions(name, "activations.cell")

    def step(p, u, state):
        """Map u = W_x x_t + b (..., H) and (h_{t-1},) to (h_t,); keep z_t."""
        z = u + state[0] @ p.W_h.mT
        return (function(z),), rnn.Kept(z)

    def step_backward(p, dstate, at):
        """Map the total (dL/dh_t,) to delta_t = φ'(z_t) dL/dh_t and to what h_{t-1} receives."""
        delta = dstate[0] * derivative(at.after[0])
        return delta, (delta @ p.W_h,)

    return SimpleNamespace(
        name=name, slope=slope, step=step, step_backward=step_backward, STATES=rnn.STATES,
        Params=rnn.Params, shapes=rnn.shapes, init=rnn.init, gradient=rnn.gradient,
    )
