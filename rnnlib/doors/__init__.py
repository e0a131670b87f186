"""The doors: every check of an argument, in one voice, so that the mathematics has none inside.

`checks` has the sentences for any argument; `recursion` knows what belongs together in `bptt`. What
computes anything lives elsewhere.
"""

from .recursion import (
    check_cell,
    check_params,
    check_trace,
    checked_chunks,
    checked_injections,
    checked_inputs,
    checked_states,
)
