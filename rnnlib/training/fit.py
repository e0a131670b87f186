"""Training: a loss with its gradient, what to do with it, and a loop one can leave and take up again.

A model is a cell and a read-out; its gradient is a Model too.
State, memory and randomness are passed and returned, never kept: one Step holds all that is needed to
go on from it.
"""

import math
from itertools import count
from typing import NamedTuple

import numpy as np

from .. import bptt, doors, losses, readout, trees
from ..doors import checks
from . import optimizers
from .optimizers import Optimizer


class Model(NamedTuple):
    """The parameters of a cell and of a read-out. A gradient is a Model too."""

    cell: tuple              # the cell's Params
    readout: readout.Params


class Steps:
    """The updates of a training, an iterator; `last` is the latest Step, at first the one to start from."""

    def __init__(self, start, updates):
        self.last, self._updates = start, updates

    def __iter__(self):
        return self

    def __next__(self):
        self.last = next(self._updates)
        return self.last


class Step(NamedTuple):
    """One update: all there is to show, and all that is needed to go on."""

    number: int        # 1, 2, ...
    loss: float        # of this batch, before the update
    params: tuple      # after the update
    norm: float        # of the gradient, before clipping
    state: tuple       # after this batch; None if nothing is carried
    optimizer: object  # the optimizer's memory, after the update


def zero_state(cell, model, batch=()):
    """Return the state of zeros: a tuple of one array (*batch, H) per state of the cell."""
    where = "training.zero_state"
    _check_model(where, cell, model)
    _, _, H = doors.check_params(where, cell, model.cell)
    sizes = batch if isinstance(batch, (tuple, list)) else (batch,)
    shape = (*(checks.whole(where, "batch", n, 1, 10**6) for n in sizes), H)
    return tuple(np.zeros(shape, model.cell.W_x.dtype) for _ in cell.STATES)


def sequence_loss(cell, model, xs, targets, state, *, mean=True, mask=None, window=None, chunks=None):
    """Return the cross-entropy, its gradient (a Model) and the state after the last step (a tuple).

    xs (T, ..., D); targets class ids (T, ...) or probabilities (T, ..., K). state as in bptt.forward:
    None is zeros, but has to be said. mean=True divides loss and gradient by the number of predictions.
    mask (T, ...): where it is False there is no loss, and the state passes unchanged.
    window, chunks: as in bptt.deltas, but what is longer than the sequence is the whole sequence.

    Whoever passes the returned state to the next window does stateful truncated BPTT. No gradient
    crosses from window to window: the losses to come do depend on this one's last state, but that is
    cut off (which is not to say that there is no next step), and the entering state is a constant.
    """
    where = "training.sequence_loss"
    _check_model(where, cell, model)
    trace = bptt.forward(cell, model.cell, xs, state, mask)
    hs, T = trace.hs[1:], len(trace.xs)
    logits = readout.forward(model.readout, _overflown(where, "h", hs))
    _overflown(where, "o", logits)
    loss, dlogits = losses.softmax_cross_entropy(logits, targets, mask=mask, mean=mean)
    dreadout, dhs = readout.backward(model.readout, hs, dlogits)
    if isinstance(chunks, (tuple, list)):
        chunks = tuple(_at_most(T, k) for k in chunks)
    delta, _, *handed = bptt.deltas(cell, model.cell, trace, dhs, window=_at_most(T, window), chunks=chunks)
    gradient = Model(cell.gradient(trace, delta, *handed), dreadout)
    return loss.item(), gradient, tuple(s[-1].copy() for s in trace.states)


def fit(loss, params, batches, optimizer, *, steps=None, state=None, clip=None, resume=None):
    """Train: return Steps, which give a Step after every update. Stop whenever you like.

    loss(params, batch, state) -> loss, gradient, state. batches: a sequence, gone through again and
    again, or a function of the step's number 1, 2, ... -> batch.
    state enters the first batch of each pass; what comes out of a batch enters the next. A function
    has no passes: there the state is carried on for ever. None: the loss gets None, nothing is carried.
    steps: how many updates to make now (None: for ever). clip: the largest norm, a number, or a
    function gradient -> (gradient, norm); the gradient alone will do.
    resume: the last Step one got, before a break or an interrupt. Its parameters take the place of
    params, and all goes on from there, bit for bit as if it had never stopped.
    """
    where = "training.fit"
    checks.function(where, "loss", loss, "params, batch, state")
    _check_params(where, params)
    _check_batches(where, batches)
    if not isinstance(optimizer, Optimizer):
        expected = "an Optimizer such as adam(0.01)"
        checks.fail(where, "optimizer", expected, checks.short(optimizer), error=TypeError)
    if steps is not None:
        steps = checks.whole(where, "steps", steps, 1, 10**9)
    if callable(clip):
        checks.function(where, "clip", clip, "gradient")
    elif clip is not None:
        clip = checks.positive(where, "clip", clip, "None, a number > 0 or a function")
    memory = optimizer.start(params)
    if resume is not None:
        _check_resume(where, resume, params, memory, state)
    start = resume or Step(0, math.nan, params, math.nan, state, memory)
    return Steps(start, _steps(loss, batches, optimizer, steps, state, clip, start))


def _steps(loss, batches, optimizer, steps, state, clip, last):
    number, params, memory, carried = last.number, last.params, last.optimizer, last.state
    for n in count(number + 1) if steps is None else range(number + 1, number + 1 + steps):
        if callable(batches):
            batch = batches(n)
        else:
            k = (n - 1) % len(batches)
            batch, carried = batches[k], state if k == 0 else carried
        value, gradient, carried = _evaluated(loss, params, batch, carried, n)
        norm = optimizers.norm_of(gradient)
        if not math.isfinite(value) or not math.isfinite(norm):
            raise _diverged(f"loss is {value:.4g}", n, gradient)
        clipped = _clipped(gradient, norm, clip)
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                params, memory = optimizer.step(params, clipped, memory)
        except FloatingPointError:
            raise _diverged("the update overflows", n, gradient) from None
        carried = None if state is None else carried
        yield Step(n, value, params, norm, carried, memory)


def sample(cell, model, state, first, length, rng, temperature=1.0, inputs=None):
    """Draw length ids, each from softmax(o_t / temperature), each the input of the next step.

    Return them, (length,), and the state after the last step. Every id but the last has been read by
    then: sample(..., state, ids[-1], ...) goes on as if it had never stopped.

    state is the one before first, which is an id, or a list of ids to read before drawing. It has to
    be said: a net trained with a carried state has hardly ever seen zeros (None) in mid-text, and
    babbles when it starts from them. temperature 0 takes the likeliest id; below 1 the likely ones
    become likelier. inputs: a function id -> x (D,); None is one-hot.
    """
    where = "training.sample"
    _check_model(where, cell, model)
    checks.generator(where, rng)
    _, D, _ = doors.check_params(where, cell, model.cell)
    K = len(checks.params(where, "model.readout", model.readout, readout.Params).W_y)
    if inputs is None and D != K:
        hint = "Or say inputs, a function id -> x."
        checks.fail(where, "model", f"of as many inputs as outputs, K={K}", f"D={D}", hint)
    inputs = np.eye(D, dtype=model.cell.W_x.dtype).__getitem__ if inputs is None else inputs
    checks.function(where, "inputs", inputs, "id")
    ids = _first_ids(where, first, K)
    length = checks.whole(where, "length", length, 1, 10**9)
    temperature = checks.real(where, "temperature", temperature, "a number >= 0", lambda t: t >= 0)
    _check_single(where, state)
    drawn = []
    for _ in range(length):
        xs = checks.array(where, "inputs(id)", [inputs(i) for i in ids])
        trace = bptt.forward(cell, model.cell, xs, state)
        state = tuple(s[-1].copy() for s in trace.states)
        ids = [_draw(readout.forward(model.readout, state[0]), temperature, rng)]
        drawn += ids
    return np.array(drawn), state


def _draw(logits, temperature, rng):
    if temperature == 0:
        return int(logits.argmax())
    logits = logits.astype(float)                     # in float32 a tiny temperature would be zero
    with np.errstate(over="ignore"):
        scaled = np.maximum((logits - logits.max()) / temperature, -1e6)
    return int(rng.choice(len(logits), p=losses.softmax(scaled)))


def _clipped(gradient, norm, clip):
    if not callable(clip):
        return gradient if clip is None else optimizers.scaled(gradient, norm, clip)
    clipped = clip(gradient)
    pair = type(clipped) is tuple and len(clipped) == 2 and isinstance(clipped[1], (int, float, np.number))
    return clipped[0] if pair else clipped


def _evaluated(loss, params, batch, state, n):
    """Return what loss returns at step n, checked; overflow is reported, not warned of."""
    where = "training.fit"
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            result = loss(params, batch, state)
    except FloatingPointError as error:
        text = f"{where}: loss is not finite at step {n} ({error}). Lower the rate, or clip."
        raise FloatingPointError(text) from None
    expected = "a function that returns loss, gradient, state"
    if type(result) is not tuple or len(result) != 3:
        checks.fail(where, "loss", expected, checks.short(result), error=TypeError)
    value, gradient, after = result
    if np.ndim(value) or np.asarray(value).dtype.kind not in "fiu":
        checks.fail(where, "loss", f"{expected}, the loss a number", checks.short(value), error=TypeError)
    optimizers.check_alike(where, params, gradient)
    if after is None and state is not None:
        hint = "The state is carried: return the one after the batch."
        checks.fail(where, "loss", expected, "state None", hint, TypeError)
    return float(value), gradient, after


def _diverged(what, n, gradient):
    sizes = {f"d{name}": float(np.abs(leaf).max(initial=0)) for name, leaf in trees.walk(gradient)}
    name = max(sizes, key=lambda k: (math.isnan(sizes[k]), sizes[k]))
    text = f"{what} at step {n}; the largest gradient is {name} = {sizes[name]:.3g}"
    return FloatingPointError(f"training.fit: {text}. Lower the rate, or clip.")


def _overflown(where, name, rows):
    """Return rows (T, ..., n) if they are finite: a state that explodes is no bad input."""
    finite = np.isfinite(rows)
    if not finite.all():
        t, *rest = np.argwhere(~finite)[0]
        raise FloatingPointError(f"{where}: {name} is {rows[t, *rest]} at step t={t + 1}")
    return rows


def _at_most(T, k):
    return min(k, T) if isinstance(k, (int, np.integer)) and not isinstance(k, bool) else k


def _check_model(where, cell, model):
    if not isinstance(model, Model):
        checks.fail(where, "model", "a Model(cell, readout)", checks.short(model), error=TypeError)
    doors.check_cell(where, cell)
    for name, p, kind in (("cell", model.cell, cell.Params), ("readout", model.readout, readout.Params)):
        if type(p) is not kind:
            checks.params(where, f"model.{name}", p, kind)


def _check_batches(where, batches):
    if callable(batches):
        return checks.function(where, "batches", batches, "number")
    sequence = hasattr(batches, "__len__") and hasattr(batches, "__getitem__")
    sequence = sequence and getattr(batches, "shape", None) != ()      # an array of no axis has no len
    if isinstance(batches, dict) or not sequence:
        hint = "Its batches alone? Use list(batches.values())." if isinstance(batches, dict) else (
            "A generator? Use list(...).")
        expected = "a sequence, or a function of the step's number"
        checks.fail(where, "batches", expected, checks.short(batches), hint, TypeError)
    if len(batches) == 0:
        checks.fail(where, "batches", "at least one batch", "none")


def _check_params(where, params):
    optimizers.check_arrays(where, "params", params)
    for name, leaf in trees.walk(params):
        checks.finite(where, "params" if leaf is params else f"params {name}", np.asarray(leaf))


def _check_resume(where, resume, params, memory, state):
    if not isinstance(resume, Step):
        checks.fail(where, "resume", "a Step, or None", checks.short(resume), error=TypeError)
    shapes = lambda tree: [(name, np.shape(leaf)) for name, leaf in trees.walk(tree)]
    if shapes(resume.params) != shapes(params):
        checks.fail(where, "resume", "a Step of these params", "one with parameters of other shapes")
    if shapes(resume.optimizer) != shapes(memory):
        hint = "Another optimizer starts afresh: params=step.params."
        checks.fail(where, "resume", "a Step of this optimizer", "one with another memory", hint)
    if (resume.state is None) != (state is None):
        got = "None" if state is None else "a state, which the Step does not have"
        checks.fail(where, "state", "what it was when the run began", got)


def _check_single(where, state):
    """Check that state is that of one sequence."""
    arrays = state if isinstance(state, tuple) else (state,)
    arrays = [checks.array(where, "state", s) for s in arrays if s is not None]
    if any(s.ndim > 1 for s in arrays):
        got = ", ".join(str(s.shape) for s in arrays)
        hint = "Of a batch take one: tuple(s[0] for s in state)."
        checks.fail(where, "state", "of one sequence, (H,) each", got, hint)


def _first_ids(where, first, K):
    if isinstance(first, str):
        hint = "A text? Use vocabulary.ids."
        checks.fail(where, "first", "an id, or a list of ids", checks.short(first), hint, TypeError)
    ids = checks.array(where, "first", first)
    if ids.ndim > 1 or ids.size == 0 or ids.dtype.kind not in "iu":
        checks.fail(where, "first", "an id, or a list of ids", checks.short(first), error=TypeError)
    return [checks.whole(where, "first", int(i), 0, K - 1) for i in ids.reshape(-1)]
