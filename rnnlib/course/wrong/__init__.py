"""The zoo of wrong gradients: mistakes from published material and threads, made anew in code of our own.

Each is a right pass (in `passes`) with a line or two changed, so that it can be shown as a puzzle (`code`),
solved (`diff`), checked (`check`, `backward`) and trained with (`train`). ZOO is ordered from obvious to
devious.
"""

from ...doors import checks
from . import gated, vanilla
from .diffs import Mistake
from .learning import train
from .points import SETTINGS, errors, point, settings

ORDER = (
    "no-slope", "nothing-carried", "other-z", "squashed-twice", "assigned-not-added",
    "label-hits-every-sequence", "one-row-only", "output-of-the-state-before", "log-of-a-sum",
    "missing-transpose", "bits-and-nats", "mean-and-sum", "label-by-argmax", "leak-dropped", "dc-dropped",
    "carries-never-updated", "sigmoid-for-its-slope", "wrapped-index", "forgotten-h0", "reset-missing",
    "dc-through-tanh", "tanh-slope-of-c", "gates-squashed-twice", "input-of-the-loss",
    "no-state-before-its-own-step", "frozen-previous-state", "bias-of-one-gate", "gate-left-out",
    "dc-overwritten", "three-at-once", "batch-for-time", "bias-of-o-everywhere", "tanh-carried",
    "clipped-carry", "window-one-short", "two-windows", "written-into-dhs", "never-cleared",
)
_BY_NAME = {m.name: m for m in (*vanilla.MISTAKES, *gated.MISTAKES)}
ZOO = tuple(_BY_NAME[name] for name in ORDER)


def mistake(name):
    """Return the mistake of this name."""
    if not isinstance(name, str) or name not in _BY_NAME:
        checks.fail("wrong.mistake", "name", f"one of {', '.join(ORDER)}", checks.short(name))
    return _BY_NAME[name]
