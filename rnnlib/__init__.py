"""The mathematics of recurrent networks, in NumPy, written to be read and proved right.

In reading order: cells, bptt (with trace and sequences), layers, losses and readout; rtrl and checkpoints,
two other ways to the same gradient; training; analysis and dynamics; gradcheck, the room for checking;
interop. `trees` lays arrays in dicts and tuples side by side; `doors` checks arguments; `course` is the
wing of the notebooks, and alone needs more than NumPy.
"""

from . import (
    analysis,
    bptt,
    checkpoints,
    dynamics,
    gradcheck,
    interop,
    layers,
    losses,
    readout,
    rtrl,
    sequences,
    training,
    trees,
)
from .cells import activations, gru, gru_original, lstm, rnn
from .training import tasks

__version__ = "0.1.0"
