"""Checkers for the exercises: they never raise, and say what is wrong.

A checker runs the answer on inputs of its own, copied so that nothing can be damaged, and compares
the result with the right one and with the results of the classical slips. One module a notebook.
"""

from .backward import check_deltas, check_recurrent_gradient, check_three_deltas
from .checking import check_central_difference, check_point, check_relative_error
from .feedback import Feedback, compare, run
from .loss import check_output_error, check_readout_gradient, check_total_loss
from .start import check_from_keras, check_parameters
from .unroll import check_forward, check_step
