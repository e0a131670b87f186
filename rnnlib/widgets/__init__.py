"""Controls over a figure, and predictions before it. The only module that imports ipywidgets.

`live_figure` is the one place where speed lives: the figure is made once, its background is kept,
and a moved control repaints only the artists that `update` returns. Every widget also carries a
picture and a text, so that a stored notebook shows something without a kernel.
"""

from .live import LiveFigure, live_figure, slider
from .predictions import Prediction, predict, predict_number, read_number
from .shown import Shown
from .vanilla import delta_table, softmax_error, step_size, taylor, unrolled_steps, walk_back
