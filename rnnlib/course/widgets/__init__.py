"""Controls over a figure, and predictions before it. The only module that imports anywidget.

`live_figure` is the one place where speed lives: the figure is made once, its background is kept,
and a moved control repaints only the artists that `update` returns. Every widget also carries a
picture and a text, so that a stored notebook shows something without a kernel.
"""

from ..exercises.three_cells import flow, three_cells
from .carousel import gradient_flow, held, hold_a_value, how_far_back
from .controls import choice, slider
from .expressions import read_number
from .forward import few_checkpoints, kept_by_now, two_bills
from .frameworks import bias_runs, follow_a_number, layouts, live_or_recorded, places, two_biases
from .gru import gru_roads, gru_shares
from .linear import eigenvalue, scan
from .live import LiveFigure, live_figure
from .long_memory import ask, best_guess, mark_reach, race, raced, reach_of, two_marks
from .lstm_backward import gate_delta_table, lstm_roads, lstm_walk_back
from .lstm_forward import gates_over, lstm_gates, lstm_steps
from .many_lengths import mask_puzzle, mask_puzzles, masked_pass, padded, reached, which_losses
from .predictions import Prediction, predict, predict_number
from .primer import ellipse
from .progress import counted
from .shown import Shown
from .solved import Solved, solved
from .start import learn, two_losses, two_networks
from .touch import area, spot
from .training import Run, cells_over_text, claim, finished, recorded_run, train, unstored, untrained
from .truncation import influence, kept_pairs
from .vanilla import delta_table, softmax_error, step_size, taylor, unrolled_steps, walk_back
from .vanishing import cliff, cliff_run, fan_of, fold_curves, singular_fan
from .word_model import falling, repairs
from .wrong_gate import board_at, measured_board
from .wrong_gradient import case, puzzles
