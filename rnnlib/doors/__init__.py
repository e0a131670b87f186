"""The doors: every check of an argument, in one voice, so that the mathematics has none inside.

`checks` has the sentences for any argument; `recursion` knows what belongs together in `bptt`, `layers` what
does in `layers`. What computes anything lives elsewhere.
"""

from .layers import checked_layer_injections, checked_layers, checked_stack
from .recursion import (
    check_cell,
    check_params,
    check_trace,
    checked_chunks,
    checked_injections,
    checked_inputs,
    checked_states,
)
