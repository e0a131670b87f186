"""What a forward pass keeps for the backward pass."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class At(NamedTuple):
    """What step_backward may look up: the states before and after, and what the step kept."""

    before: tuple
    after: tuple
    kept: tuple


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a forward pass computed. All its arrays but the parameters are read-only."""

    xs: np.ndarray  # (T, ..., D)
    states: tuple   # one array (T+1, ..., H) per state of the cell; row 0 is the initial state
    kept: tuple     # the cell's Kept, each array (T, ...)
    mask: np.ndarray | None = None  # (T, ...) of bools: False where a step only carried the state
    p: tuple | None = None          # the cell's Params, those of the caller: not copied
    p_bytes: tuple | None = None    # what they held then: whoever writes into them is told

    @property
    def hs(self):
        """The hidden states h_0 .. h_T, (T+1, ..., H)."""
        return self.states[0]

    @property
    def cs(self):
        """The cell states c_0 .. c_T of an LSTM, (T+1, ..., H)."""
        return self.states[1]

    @property
    def zs(self):
        """The pre-activations z_1 .. z_T, (T, ..., G*H)."""
        return self.kept[0]

    def at(self, t):
        """Return step t (row t of zs); t may be a slice of steps."""
        return At(
            before=tuple(s[:-1][t] for s in self.states),
            after=tuple(s[1:][t] for s in self.states),
            kept=self.kept._make(k[t] for k in self.kept),
        )

    def steps(self):
        """Return the At of every step, in order."""
        states, kept = [*zip(*self.states)], map(type(self.kept), *self.kept)
        return [*map(At, states, states[1:], kept)]

    def __repr__(self):
        return f"Trace(xs {self.xs.shape}, zs {self.zs.shape}, hs {self.hs.shape})"
