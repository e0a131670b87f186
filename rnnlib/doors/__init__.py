"""The doors: every check of an argument, in one voice, so that the mathematics has none inside.

`checks` has the sentences for any argument; `recursion` and `layers` know what belongs together in
`bptt` and in `layers`, `cells` what a cell must take and return. What computes anything lives elsewhere.
"""

from .cells import check_stacks, checked_gradient, explain_step, explain_step_back, for_rows, shapes_of
from .layers import checked_layer_injections, checked_layers, checked_stack
from .recursion import (
    check_cell,
    check_params,
    check_states,
    check_trace,
    checked_chunks,
    checked_injections,
    checked_inputs,
    checked_states,
    explain_dhs,
)
