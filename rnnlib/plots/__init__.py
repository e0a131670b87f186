"""Arrays drawn on axes. Nothing here computes: every number drawn was handed in.

A drawing whose parts move returns `update(...)`, which changes them and returns the changed
artists: what widgets.live_figure wants. A still picture simply does not use it.
"""

from .curves import loss_curves, prediction_error, remainders, step_errors
from .graph import unrolled
from .tables import delta_table, heatmap_table
