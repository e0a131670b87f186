"""Training that is watched while it runs, and results that differ from machine to machine.

Rounding differs between processors, and a training makes large differences of small ones. So what
comes out of it is shown, but a stored notebook has a sentence in its place.
"""

from html import escape
from itertools import islice
from typing import NamedTuple

import numpy as np
from IPython.display import display

from .. import data, figures, plots
from .controls import choice, slider
from .live import live_figure
from .progress import Watched
from .shown import Shown, line, unkept
from .stopping import IN_A_BROWSER, SECONDS, TIME_IS_UP, StopButton
from .touch import area, spot

SIZE = (8, 3.7)
GOAL = 0.1233  # the last loss that the LSTM derivation [002] prints


class Run(NamedTuple):
    """What a training left behind."""

    losses: np.ndarray  # (n,) of every update
    norms: np.ndarray   # (n,) of every gradient, before clipping
    means: np.ndarray   # (n // P,) over each pass of P updates
    step: object        # the last training.Step, complete also after an interrupt; number 0 if there was none
    stopped: str = ""   # why it ended before it had done what it was for; empty if it did


def untrained(steps):
    """Return the Run of a training.fit that has not begun."""
    none = np.empty(0)
    return Run(none, none, none, steps.last, "it has not begun")


def finished(*runs):
    """Tell whether trainings did what they were for; if one did not, print in one sentence what to do."""
    for run in runs:
        if run.stopped:
            more = ("run this page outside a browser: in Colab, on Binder or at home."
                    if run.stopped == TIME_IS_UP else "run its cell again, to the end, and then this one.")
            print(f"The training stands at update {len(run.losses)} ({run.stopped}): for what is said here, "
                  + more)
            return False
    return True


def claim(text, *runs):
    """Return what is to be seen of finished trainings, marked as such if one of these was stopped."""
    return f"In a finished training: {text}" if any(run.stopped for run in runs) else text


def train(steps, sizes, most, guess, goal, report=None, every=100, after=None):
    """Take steps until the mean loss of a pass is below goal; show the loss while it falls; return a Run.

    widgets.train(training.fit(...), [y.size for _, y in batches], 1200, np.log(V), 0.1233)

    steps are those of training.fit, at most `most` are taken; sizes says how many predictions each batch of
    a pass has. report(step) is a text to show after each `every` steps and after the last. after is the Run
    that steps resume: the new one continues it.
    An interrupt of the kernel ends the training early; the Run is that of the steps before. (A stop button
    would need a thread: a busy kernel hears of a click only when the cell has ended.) In a browser, where
    no interrupt arrives, it ends after stopping.SECONDS.
    """
    losses, norms, means = ([*part] for part in after[:3]) if after else ([], [], [])
    last = after.step if after else getattr(steps, "last", None)
    why, stopped = f"the mean of the last pass is below {goal:.4g}", ""
    said = lambda step: f"update {step.number}, {_recent(losses, sizes)}\n    {report(step)}"
    with StopButton() as button:
        watch = Watch(len(sizes), most, guess, goal)
        handle = display(watch, display_id=True)
        try:
            for step in button.heed(islice(steps, max(most - len(losses), 0))):
                losses.append(step.loss)
                norms.append(step.norm)
                last, whole = step, len(losses) % len(sizes) == 0
                if whole:
                    means.append(float(np.average(losses[-len(sizes):], weights=sizes)))
                if report and step.number % every == 0:
                    watch.note(said(step))
                watch.show(losses, means)
                if whole and means[-1] < goal:
                    break
            else:
                stopped = button.why or "all steps are done"
        except FloatingPointError as error:
            stopped = str(error).rstrip(".")
        if report and losses and last.number % every:
            watch.note(said(last))
        watch.finish(losses, means, stopped or why)
        if handle:
            handle.update(watch)
    return Run(np.array(losses), np.array(norms), np.array(means), last, stopped)


def in_time(text, units, rate):
    """Return what notebook 12 trains: as it says, or less in a browser, where the reader is told.

    Over six seeds both goals were reached after some 300 and at most 462 updates, and each claim held; in
    Pyodide, which rounds otherwise, seed 0 took 322 and 504.
    """
    if not IN_A_BROWSER:
        return text, units, rate
    text, units, rate = text[:664], 64, 0.02
    print(f"In a browser tab Python computes slowly: here {units} units learn the first half of the text, "
          f"{len(text)} characters, at a rate of {rate}. All that is claimed below holds for them, too.")
    return text, units, rate


def _recent(losses, sizes):
    """Say the mean loss of a prediction over the last pass, or over all updates if there are fewer."""
    n = min(len(losses), len(sizes))
    of = [sizes[k % len(sizes)] for k in range(len(losses) - n, len(losses))]
    return f"mean loss of the last {n} windows {np.average(losses[-n:], weights=of):.4f}"


class Watch(Watched):
    """A progress bar, a loss curve and notes; at the end the bar goes."""

    def __init__(self, every, most, guess, goal):
        self.every, self.most, self.guess, self.goal, self.notes = every, most, guess, goal, []
        hint = (f"it cannot be interrupted here, and ends after {SECONDS} seconds" if IN_A_BROWSER
                else "■ (interrupt the kernel) stops it")
        told = (f"Run this cell to watch the loss per character fall from {guess:.4g}, a blind guess, "
                f"towards {goal:.4g}.")
        draw = lambda ax: plots.training_loss(ax, most, every, guess, goal)
        super().__init__(draw, ([], []), SIZE, most, line(escape(told)), told, hint)

    def note(self, text):
        """Keep a report, and show the last few."""
        self.notes.append(text)
        shown = [*self.notes[:1], *(["…"] if len(self.notes) > 5 else []), *self.notes[1:][-4:]]
        self.below = f'<pre style="font-size: 14px">{escape(chr(10).join(shown))}</pre>'
        self.tell()

    def show(self, losses, means):
        """Repaint, if the last time was long enough ago."""
        self.paint(len(losses), lambda: self.alt(means), losses, means)

    def finish(self, losses, means, why):
        """Draw the whole curve, say why it ended, and let the bar go."""
        n = max(len(losses), 1)
        draw = lambda ax: plots.training_loss(ax, n, self.every, self.guess, self.goal)(losses, means)
        mean = f"; mean of the last pass {means[-1]:.4f}" if means else ""
        self.end(figures.picture(draw, self.alt(means), SIZE),
                 f"{len(losses)} updates{mean}. It ended because {why}.")

    def alt(self, means):
        """Say what the curve shows, without a number that another machine would not find."""
        reached = bool(means) and means[-1] < self.goal
        end = f"ends below {self.goal:.4g}" if reached else f"is not yet below {self.goal:.4g}"
        return (f"The loss per character, on a logarithmic axis, starts near {self.guess:.4g}, "
                f"a blind guess; its mean over a pass {end}.")


def unstored(result, instead):
    """Show a text or a Picture that differs from machine to machine; a stored notebook says `instead`."""
    style = "font-size: 15px; line-height: 1.45; white-space: pre-wrap"
    html = f'<pre style="{style}">{escape(result)}</pre>' if isinstance(result, str) else result.html
    return Shown(html, line(escape(instead)), instead)


def recorded_run():
    """Choose an update of a recorded training of notebook 12; see its loss, and read what the net writes."""
    run = data.recorded("training")
    updates, losses = list(map(int, run.updates)), run.losses

    def describe(k):
        said = f"Before the first update the loss is {losses[0]:.3f}" if k == 0 else (
            f"After {updates[k]} updates the loss of a character is {losses[k]:.2f}")
        return f"{said}. The net writes: “{run.texts[k]}”."

    return live_figure(
        lambda ax: plots.recorded_losses(ax, updates, losses, losses[0], GOAL),
        {"k": choice("update", [(str(n), k) for k, n in enumerate(updates)], value=6)}, describe,
        size=(10.5, 3), touch=lambda ax: [area(ax, x="k", xs=updates)])


def streams(texts, T=25):
    """Draw texts as streams, cut into windows of T characters."""
    return figures.picture(
        lambda ax: plots.text_streams(ax, texts, T), size=(10, 3),
        alt=f"{len(texts)} streams of {len(texts[0])} characters each, one below the other, cut into windows "
        f"of {T}; arrows carry the state of each stream from window to window.")


def three_losses(run, smoothed, sizes, guess):
    """Draw the loss of a Run by windows, by passes of len(sizes) windows, and smoothed (n,)."""
    draw = lambda ax: plots.training_loss(ax, len(smoothed), len(sizes), guess, GOAL, np.array(smoothed))(
        run.losses, run.means)
    told = claim(f"The mean of a pass ends below {GOAL}; the smoothed loss comes down far more slowly.", run)
    return unstored(figures.picture(draw, told, (8, 4.2)), f"{told} Run this cell to see both.")


def finding_the_place(found, run):
    """Draw the share of right predictions (n,) after 1 .. n characters read from the zero state."""
    told = claim(
        "The share of right predictions is below 50 % after one character and above 90 % after 20.", run)
    place = figures.picture(lambda ax: plots.finding_the_place(ax, found), told, (8, 3.6))
    return unstored(place, f"{told} Run this cell to see the curve.")


def cells_over_text(text, cells, first, meaning, instead):
    """Choose one of H cells (n, H) by a slider; see its value under each of n characters.

    meaning (H,) says how each goes with something the text has; a stored notebook says `instead`. A
    character that is touched chooses the cell that differs most, there, from its mean.
    """
    apart = np.abs(cells - cells.mean(axis=0)) / np.maximum(cells.std(axis=0), 1e-12)

    def describe(cell):
        value = cells[:, cell - 1]
        ends = text[value.argmin()], text[value.argmax()]
        low, high = (letter.replace(" ", "space").replace("\n", "¶") for letter in ends)
        return (f"Cell {cell}: lowest {value.min():.2f} at “{low}”, highest {value.max():.2f} at “{high}”. "
                f"{meaning[cell - 1]}").replace("-", "−")

    def draw(ax):
        update = plots.over_text(ax, text)
        update(cells[:, first])
        return lambda cell: update(cells[:, cell - 1])

    live = live_figure(
        draw, {"cell": slider("cell k", first + 1, 1, cells.shape[1])}, describe, size=(10, 5.2),
        touch=lambda ax: [spot(ax, box, cell=int(k) + 1)
                          for box, k in zip(plots.letter_boxes(text), apart.argmax(axis=1))],
        code=lambda cell: f"cells[:, 0, {cell - 1}]    # streams and cells count from 0 in arrays")
    return unkept(live, instead)
