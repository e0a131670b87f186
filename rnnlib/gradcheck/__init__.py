"""One room for checking: is a gradient right, and if not, where and why?

Here belongs what judges a backward pass, ours or anybody's: derivatives, verdicts, the list of single
mistakes. What teaches about mistakes, the zoo and the exercises, lives in `course`.
"""

from ..doors.checks import allow_complex
from .checking import DotProduct, Taylor, check, dot_product_test, taylor_rate
from .locating import Location, locate, numerical_deltas
from .numerical import numerical_gradient
from .recurrent import blind_spots, check_cell, designed_point, stacked_loss
from .report import Report, Verdict
