"""Arrays drawn on axes. Nothing here computes: every number drawn was handed in.

A drawing whose parts move returns `update(...)`, which changes them and returns the changed
artists: what widgets.live_figure wants. A still picture simply does not use it.
"""

from .carousel import filling, gradient_decay, gradient_flow, hold
from .curves import prediction_error, remainders, step_errors, two_losses
from .forward import bills, checkpoints, kept_by_now, kept_over_time, noise, schedule_lines
from .frameworks import bias_pair, gru_layouts, layouts, number_box
from .graph import columns, unrolled
from .gru import gate_errors, gate_over_text, gru_places, gru_roads, memory_losses, three_memories
from .linear import eigenvalue, rings, scan_known, scan_pairs, scan_ratio, scan_rounds
from .long_memory import mark_reach, marked_sum, race
from .lstm import gate_tables, gauge_boxes, letter_places, lstm_cell
from .lstm_backward import back_boxes, gate_table, lstm_back, reading_errors, slip_tables
from .many_lengths import step_table, wire_places, wires
from .primer import ellipse
from .tables import delta_table, heatmap_table
from .training import finding_the_place, letter_boxes, over_text, recorded_losses, text_streams, training_loss
from .truncation import backward_runs, descents, influence, joints, kept_pairs, pair_map, running_means
from .vanishing import clipped_step, fan, latch, loss_cliff, powers, spectrum
from .word_model import falling_losses, five_programs, losses_at, repair_stages, windows_compared, word_losses
from .wrong_gate import board_counts, board_signs, patterns
from .wrong_gradient import case, error_table
