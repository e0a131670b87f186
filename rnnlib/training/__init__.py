"""Training: a loss with its gradient, the optimizers, the loop, and the tasks to try them on.

Here belongs what turns gradients into updates, and what there is to learn. Pictures of a training, and
anything that is shown, live in `course`.
"""

from .fit import Model, Step, Steps, fit, sample, sequence_loss, zero_state
from .optimizers import Optimizer, adam, clip_by_norm, clip_by_value, decay, momentum, sgd
