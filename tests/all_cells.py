"""The cells that bptt must drive with its one loop: ours, and one that has a closed form."""

from rnnlib import gru, gru_original, lstm, rnn


class Linear:
    """h_t = z_t: everything has a closed form. It is a class: a cell need not be a module."""

    Params, STATES = rnn.Params, ("h",)
    shapes, gradient = staticmethod(rnn.shapes), staticmethod(rnn.gradient)

    @staticmethod
    def step(p, u, state):
        z = u + state[0] @ p.W_h.mT
        return (z,), rnn.Kept(z)

    @staticmethod
    def step_backward(p, dstate, at):
        return dstate[0], (dstate[0] @ p.W_h,)


CELLS = {"rnn": rnn, "linear": Linear, "lstm": lstm, "gru": gru, "gru_original": gru_original}
