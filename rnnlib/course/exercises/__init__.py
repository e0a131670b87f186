"""Checkers for the exercises: they never raise, never hang, and say what is wrong.

A checker runs the answer on inputs of its own, copied so that nothing can be damaged, within a time
limit, at several points whose sizes, signs and scales differ. A backward pass is held against numerical
deltas by gradcheck.locate; every other answer is compared with the right one and with the results of the
classical slips (trials, reasons); where none fits, differences and as_if say what is true of the numbers,
and repairs looks for one small change of the answer's own code with which all of them are right.
One module a notebook.
"""

from .backward import (
    check_deltas,
    check_leaky_deltas,
    check_part_of_loss,
    check_recurrent_gradient,
    check_three_deltas,
    check_two_derivatives,
)
from .carousel import check_carried, check_forget_bias, check_peephole, check_store, check_through_c
from .character_model import (
    check_adam_step,
    check_clip_by_norm,
    check_nucleus,
    check_one_pass,
    check_temperature,
    check_unsmooth,
    check_window,
)
from .checking import (
    check_central_difference,
    check_complex_step,
    check_filter_back,
    check_mistakes,
    check_point,
    check_relative_error,
)
from .feedback import WATCHERS, Exercise, Feedback, checker, located, progress, run
from .forward import check_best_every, check_carry_W_x, check_from_checkpoints, check_leak
from .frameworks import (
    check_keras_from_pytorch,
    check_keras_gru,
    check_like_two,
    check_onnx_from_keras,
    check_pytorch_gradient,
    check_reset_after,
)
from .gru import (
    check_gru,
    check_gru_deltas,
    check_gru_gradient,
    check_gru_past,
    check_gru_step,
    check_one_gate,
    check_which_cell,
    gru_delta_errors,
    gru_parts,
)
from .linear import check_eigenvalue, check_joined, check_min_gate, check_scan_deltas
from .long_memory import (
    check_copy_baseline,
    check_mark_column,
    check_product,
    check_read_losses,
    check_sum_baseline,
)
from .loss import (
    check_output_error,
    check_readout_gradient,
    check_symptoms,
    check_tempered_gradient,
    check_total_loss,
)
from .lstm_backward import check_coupled, check_gate_deltas, check_split_dX, check_two_roads
from .lstm_forward import check_from_concatenated, check_lstm_step, check_minimal_step, check_shares
from .many_lengths import check_end_to_end, check_last_of_both, check_masked_deltas, check_one_mean
from .start import check_from_keras, check_parameters, check_spoil
from .truncation import (
    check_chunk_deltas,
    check_frozen_loss,
    check_kept_pairs,
    check_misleading,
    check_random_deltas,
)
from .unroll import check_choose_W_h, check_forward, check_jordan, check_rows, check_step
from .vanishing import check_leaky, check_long_memory, check_off_the_cliff, check_safe_steps, check_sent_back
from .word_model import (
    check_embedding_gradient,
    check_levels,
    check_look_back,
    check_named,
    check_tied,
)
from .wrong_gate import check_hiding_places, check_lstm_found, check_where
from .wrong_gradient import check_by_author, check_one_product, check_right_at_last
