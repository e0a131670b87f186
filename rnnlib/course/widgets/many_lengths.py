"""The widgets of notebook 17: which losses reach a step, and the mistakes that a mask invites."""

import functools
from typing import NamedTuple

import numpy as np

from ... import bptt, gradcheck, sequences
from ...cells import rnn
from ...gradcheck.sentences import listed
from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area

T, NAMES = 6, "ABC"


def network():
    """Return the Params and the inputs (6, 3, 2) of the vanilla network in both figures."""
    rng = np.random.default_rng(170)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return rnn.Params(0.5 * rng.normal(size=(3, 2)), 0.9 * turn, np.zeros(3)), rng.normal(size=(T, 3, 2))


def reached(lengths, sequence, t, padding=False, reverse=False):
    """Return (3, 6): what the loss of each sequence and row sends to delta_t of one, its own loss being 1.

    Every row within the mask has the same loss, dh = 1; with padding=True every row of the array.
    reverse: the direction that reads each sequence from its end.
    """
    p, xs = network()
    mask = sequences.mask(lengths, T)
    turn = (lambda a: a[::-1]) if reverse else (lambda a: a)
    trace = bptt.forward(rnn, p, turn(xs), None, turn(mask))
    dhs = np.ones(trace.hs[1:].shape) * (1.0 if padding else turn(mask)[..., None])
    parts = bptt.by_loss(bptt.lagged_deltas(rnn, p, trace, dhs, T))              # (loss, step, B, H)
    sent = np.linalg.norm(turn(parts)[:, T - t if reverse else t - 1], axis=-1).T
    b = NAMES.index(sequence)
    sent[[k for k in range(3) if k != b]] = 0                                    # sequences do not meet
    own = sent[b, t - 1]
    return sent / own if mask[t - 1, b] else np.zeros_like(sent)


def padded():
    """Set the lengths of two of three sequences in one array: where there are steps, and where a wire."""
    def describe(B, C):
        lengths = {"A": T, "B": B, "C": C}
        padding = {name: T - n for name, n in lengths.items() if n < T}
        if not padding:
            return f"Three sequences of {T} steps: no padding."
        wires = "; ".join(f"{name} carries h_{lengths[name]} over {n} row{'s' * (n > 1)}"
                          for name, n in padding.items())
        return (f"Lengths {T}, {B} and {C}: {sum(padding.values())} of {3 * T} places are padding. {wires}; "
                f"on the way back delta is 0 there, and all that arrives is handed on.")

    def draw(ax):
        update = plots.wires(ax, 3, T)
        return lambda B, C: update((T, B, C))

    def touch(ax):                      # the step that is touched is the last of its sequence
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        edge = lambda row: high - row * (high - low) / 3
        return [area(ax, x=name, xs=plots.wire_places(ax, T), box=(left, right, edge(row + 1), edge(row)))
                for row, name in enumerate(NAMES) if name in controls]

    controls = {"B": slider("length of B", 4, 1, T), "C": slider("length of C", 2, 1, T)}
    return live_figure(draw, controls, describe, size=(10, 3.0), touch=touch,
                       code=lambda B, C: f"sequences.mask([{T}, {B}, {C}], {T})")


def which_losses(directions=1):
    """Set the lengths of two sequences and touch a step: see which losses reach its delta.

    With one direction the losses may also stand in the padding; with two the direction is chosen.
    """
    second = ("direction", choice("direction", [("→ forward", False), ("← reverse", True)])) if (
        directions == 2) else ("padding", choice("losses", [("in every row", True), ("in the mask", False)]))
    controls = {"B": slider("length of B", 4, 1, T), "C": slider("length of C", 2, 1, T),
                "sequence": choice("sequence", list(NAMES), value="C"), "t": slider("step t", 2, 1, T),
                second[0]: second[1]}

    def options(B, C, sequence, t, padding=False, direction=False):
        return (T, B, C), sequence, t, padding, direction

    def shown(**values):
        lengths, sequence, t, padding, reverse = options(**values)
        mask = sequences.mask(lengths, T).T
        sent = reached(lengths, sequence, t, padding, reverse)
        return np.where(mask | padding, sent, np.nan), mask, NAMES.index(sequence), t - 1

    def describe(**values):
        lengths, sequence, t, padding, reverse = options(**values)
        n = lengths[NAMES.index(sequence)]
        where = f"{'reverse' if reverse else 'forward'} direction" if directions == 2 else (
            "losses in every row" if padding else "losses in the mask")
        scene = f"Lengths {', '.join(map(str, lengths))}, {where}:"
        if t > n:
            onward = (f"Its own loss, and what it receives, go on to h_{n} whole." if padding else
                      "It has no loss.") if not reverse else "The reverse direction has not begun there."
            return f"{scene} step {t} of {sequence} is padding, δ_{t} = 0, no loss reaches it. {onward}"
        first, last = (1, t) if reverse else (t, n)
        extra = padding * (T - n)
        own = f"loss {first}{' alone' * (not extra)}"
        losses = f"the losses {first} to {last}" if first < last else own
        after = (f", and {extra} more from the padding, each as if it stood at step {n}" if extra > 1 else
                 f", and one more from the padding, as if it stood at step {n}" if extra else "")
        return f"{scene} δ_{t} of {sequence} is reached by {losses}{after}; by none of another sequence."

    def draw(ax):
        update = plots.step_table(ax, *shown(**{name: c.value for name, c in controls.items()})[:2], 1,
                                  "row of the loss (its own loss sends 1.00)")
        return lambda **values: update(*shown(**values))

    def code(**values):
        lengths, sequence, t, padding, reverse = options(**values)
        more = ", padding=True" * padding + ", reverse=True" * reverse
        return f"widgets.reached({lengths}, {sequence!r}, {t}{more})"

    touch = lambda ax: [area(ax, x="t", y="sequence", xs=range(T), ys=range(3))]
    return live_figure(draw, controls, describe, code=code, size=(10, 3.1), touch=touch)


class Puzzle(NamedTuple):
    """A line of the masked pass that is not as it should be."""

    line: str
    hear: object = lambda dh, m: dh                             # what of dhs[t]
    read: object = lambda mask, t: mask[t]
    delta: object = lambda m, a: m * a
    back: object = lambda m, new, a: np.where(m, new, a)


RIGHT = Puzzle("")
PUZZLES = (
    Puzzle("back = delta[t] @ p.W_h", back=lambda m, new, a: new),
    Puzzle("delta[t] = a * (1 - trace.hs[t + 1] ** 2)", delta=lambda m, a: a),
    Puzzle("a = m * dhs[t] + back", hear=lambda dh, m: m * dh),
    Puzzle("m = trace.mask[t - 1][:, None]", read=lambda mask, t: mask[t - 1]),
    Puzzle("back = delta[t] @ p.W_h + a", back=lambda m, new, a: new + a),
    Puzzle("m = np.ones_like(trace.mask[t])[:, None]", read=lambda mask, t: np.ones_like(mask[t])),
)
HOLES = np.array([[1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1], [1, 1, 0, 1, 1, 0]], bool).T
MASKS = {"at the end": sequences.mask([6, 4, 2], T), "in front": sequences.mask([6, 4, 2], T)[::-1].copy(),
         "holes": HOLES}
LOSSES = {"in every row": lambda mask: np.ones(mask.shape), "in the mask": lambda mask: 1.0 * mask,
          "in the last row": lambda mask: 1.0 * (np.arange(T) == T - 1)[:, None] * np.ones(mask.shape)}


def masked_pass(puzzle, p, trace, dhs):
    """Return delta (T, B, H) and (dL/dh_0,) of a vanilla network, with one line of the pass changed."""
    delta, back = np.zeros_like(trace.zs), np.zeros_like(dhs[0])
    for t in reversed(range(len(dhs))):
        m = puzzle.read(trace.mask, t)[:, None]
        a = puzzle.hear(dhs[t], m) + back
        delta[t] = puzzle.delta(m, a) * (1 - trace.hs[t + 1] ** 2)
        back = puzzle.back(m, delta[t] @ p.W_h, a)
    return delta, (back,)


def mask_puzzle(number, padding="holes", losses="in every row"):
    """Return the errors (3, 7) of puzzle `number` by sequence and step, dL/dh_0 first, and its Location.

    An error is relative to the largest right delta, or the largest right dL/dh_0.
    """
    return mask_errors(number, padding, losses), _located(number, padding, losses)


@functools.cache
def mask_errors(number, padding, losses):
    """Return the errors of mask_puzzle without looking the mistake up, which takes longer."""
    p, xs, state, mask, dhs = _point(padding, losses)
    trace = bptt.forward(rnn, p, xs, state, mask)
    found, right = (masked_pass(q, p, trace, dhs) for q in (PUZZLES[number - 1], RIGHT))
    off = [np.abs(a - b).max(axis=-1) / np.abs(b).max() for a, b in zip(
        (found[1][0], found[0]), (right[1][0], right[0]), strict=True)]
    errors = np.vstack([off[0][None], off[1]]).T
    return np.where(errors < 1e-12, 0, errors)


@functools.cache
def _located(number, padding, losses):
    p, xs, state, mask, dhs = _point(padding, losses)
    wrong = lambda cell, p, trace, dhs: masked_pass(PUZZLES[number - 1], p, trace, dhs)
    return gradcheck.locate(rnn, p, xs, state, dhs, wrong, mask=mask)


def _point(padding, losses):
    p, xs, state, dhs = gradcheck.designed_point(rnn, np.random.default_rng(17), T, 3, 2, 4)
    mask = MASKS[padding]
    return p, xs, state, mask, dhs * LOSSES[losses](mask)[..., None]


def mask_puzzles():
    """Six passes with one wrong line each: see where they are wrong, on which data, and look the line up."""
    controls = {"puzzle": slider("puzzle", 1, 1, len(PUZZLES)), "padding": choice("padding", list(MASKS)),
                "losses": choice("losses", list(LOSSES)), "answer": choice("answer", ["covered", "shown"])}

    def describe(puzzle, padding, losses, answer):
        errors = mask_errors(puzzle, padding, losses)
        if answer == "shown":
            found = _located(puzzle, padding, losses)
            if len(found.candidates) > 1:
                return (f"locate: {found.where} {len(found.candidates)} changes give the same numbers: this "
                        f"data cannot tell. The first: {found.candidates[0]}.")
            return f"locate: {found.sentence}" if errors.any() else (
                "locate: every delta is right. On this data the mistake changes no number.")
        scene = f"Puzzle {puzzle}, {'' if padding == 'holes' else 'padding '}{padding}, losses {losses}"
        if not errors.any():
            return f"{scene}: every number is right. On this data nobody can find the mistake."
        bad = [f"{name} at {_steps(np.flatnonzero(row[1:]) + 1)}" for name, row in zip(NAMES, errors)
               if row[1:].any()]
        starts = [name for name, row in zip(NAMES, errors) if row[0]]
        said = f"δ is wrong in {'; '.join(bad)}" if bad else "every δ is right"
        first = f"; dL/dh_0 in {', '.join(starts)}" if starts else ""
        return f"{scene}: {said}{first}. Which line is it?"

    def draw(ax):
        update = plots.step_table(ax, mask_errors(1, "at the end", "in every row"), MASKS["at the end"].T, 0,
                                  r"relative error of $dL/dh_0$, and of $\delta$ step by step", "{:.1g}")
        return lambda puzzle, padding, losses, answer: update(
            mask_errors(puzzle, padding, losses), MASKS[padding].T)

    def code(puzzle, padding, losses, answer):
        if answer == "shown":
            return f"{PUZZLES[puzzle - 1].line}    # a line of the loop"
        return f"widgets.mask_puzzle({puzzle}, {padding!r}, {losses!r})[0]"

    return live_figure(draw, controls, describe, size=(10, 3.1), code=code)


def _steps(steps):
    """Write steps: "step 3", "steps 2, 4 and 5"."""
    return f"step{'s' * (len(steps) > 1)} {listed([str(t) for t in steps])}"
