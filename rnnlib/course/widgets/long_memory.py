"""The widgets of notebook 14: networks that race, an own sequence, and how far back a mark is seen."""

import math
from functools import cache, lru_cache
from html import escape

import numpy as np
from IPython.display import display

from ... import bptt, losses, readout
from ...cells import lstm
from ...training import tasks
from .. import figures, plots
from .controls import slider
from .live import live_figure
from .progress import Watched, counted
from .shown import Shown, line, unkept
from .stopping import StopButton
from .touch import area
from .training import Run

AVERAGE = 50                                    # updates in the mean that decides
LEVELS = {"1/6: knows\nneither": 1 / 6, "1/12: knows\none": 1 / 12}
SIZE = (9, 4.2)
MARKED, UNITS, BATCH, LONGEST_WAIT = 20, 32, 32, 20


def race(runs, most, goal, recorded=None, quiet=False):
    """Train networks side by side, {name: Steps}; return {name: Run}, with the means of the last 50 losses.

    widgets.race({"LSTM": training.fit(...), "RNN": training.fit(...)}, 1000, 0.01, recorded)

    A network stops as soon as its mean is below goal, or after `most` updates. The curves are shown
    while they fall; quiet=True shows only a bar, which goes: `raced` shows the curves later. A stored
    notebook shows the recorded ones, {name: {update: mean}}. An interrupt of the kernel ends the race and
    loses nothing; in a browser, where none arrives, it ends after stopping.SECONDS.
    """
    tracks, stopped = {name: Track(getattr(run, "last", None)) for name, run in runs.items()}, ""
    with StopButton() as button:
        rounds = _rounds({name: button.heed(run) for name, run in runs.items()}, tracks, most, goal)
        watch = None if quiet else Race(list(runs), most, goal, recorded)
        handle = None if quiet else display(watch, display_id=True)
        try:
            for n, _ in enumerate(counted(rounds, most, ", ".join(runs)) if quiet else rounds, 1):
                if watch:
                    watch.show(n, tracks)
            stopped = button.why
        except FloatingPointError as error:
            stopped = str(error).rstrip(".")
        if watch:
            watch.finish(tracks, stopped or "each has arrived or taken all its updates")
        if handle:
            handle.update(watch)
    return {name: track.run("" if track.arrived else stopped) for name, track in tracks.items()}


def raced(runs, goal, recorded):
    """Show the curves of a race that is over, {name: Run}; a stored notebook shows the recorded ones."""
    curves = {name: _curve(run.means) for name, run in runs.items()}
    shown, stored = (
        _still(some, max([AVERAGE, *(updates[-1] for updates, _ in some.values() if len(updates))]), goal)
        for some in (curves, _recorded(recorded)))
    said = " ".join(_said(name, *curve) for name, curve in curves.items())
    return Shown(shown.html + line(escape(said)), stored.html, stored.alt)


def _said(name, updates, errors):
    return f"{name}: {errors[-1]:.4f} after {updates[-1]} updates." if len(errors) else f"{name}: no mean."


def _curve(means):
    return AVERAGE + np.arange(len(means)), np.asarray(means)


def _recorded(means):
    """Return recorded means {name: {update: mean}} as curves."""
    return {name: (np.array(list(points)), np.array(list(points.values()))) for name, points in means.items()}


def _still(curves, most, goal):
    """Draw curves {name: (updates, errors)} and say in words how they end."""
    arrived = [name for name, (_, errors) in curves.items() if len(errors) and errors[-1] < goal]
    said = " ".join(_said(name, *curve) for name, curve in curves.items())
    alt = f"Mean squared error, averaged over 50 updates; whoever knows neither number has 1/6. {said}"
    return figures.picture(lambda ax: plots.race(ax, list(curves), most, LEVELS)(curves, arrived), alt, SIZE)


class Track:
    """What one network has done so far."""

    def __init__(self, start=None):
        self.losses, self.norms, self.means, self.step, self.arrived = [], [], [], start, False

    def add(self, step, goal):
        """Take in a Step; arrived is when the mean is below goal."""
        self.step = step
        self.losses.append(step.loss)
        self.norms.append(step.norm)
        if len(self.losses) >= AVERAGE:
            self.means.append(math.fsum(self.losses[-AVERAGE:]) / AVERAGE)
            self.arrived = self.means[-1] < goal

    def run(self, stopped=""):
        """Return the Run."""
        return Run(np.array(self.losses), np.array(self.norms), np.array(self.means), self.step, stopped)


def _rounds(runs, tracks, most, goal):
    """Take one Step of each network that is still on its way, and yield."""
    steps = {name: iter(run) for name, run in runs.items()}
    for _ in range(most):
        for name in list(steps):
            step = next(steps[name], None)
            if step is not None:
                tracks[name].add(step, goal)
            if step is None or tracks[name].arrived:
                del steps[name]
        yield
        if not steps:
            return


class Race(Watched):
    """A bar over the curves of a race; at the end the bar goes."""

    def __init__(self, names, most, goal, recorded):
        self.most, self.goal = most, goal
        still = _still(_recorded(recorded or {}), most, goal)
        draw = lambda ax: plots.race(ax, names, most, LEVELS)
        super().__init__(draw, ({},), SIZE, most, still.html, still.alt)

    def show(self, n, tracks):
        """Repaint, if the last time was long enough ago."""
        curves = {name: _curve(track.means) for name, track in tracks.items()}
        said = lambda: " ".join(["Errors so far.", *(_said(name, *curve) for name, curve in curves.items())])
        self.paint(n, said, curves, [name for name, track in tracks.items() if track.arrived])

    def finish(self, tracks, why):
        """Draw the whole race, say why it ended, and let the bar go."""
        curves = {name: _curve(track.means) for name, track in tracks.items()}
        said = [_said(name, *curve) for name, curve in curves.items()]
        self.end(_still(curves, self.most, self.goal), " ".join([*said, f"It ended because {why}."]))


def best_guess(xs):
    """Return what a perfect memory answers after each step of the adding task xs (T, ..., 2): (T, ...).

    The marked numbers so far, and 1/2, their mean, for each mark to come.
    """
    value, mark = xs[..., 0], xs[..., 1]
    return np.cumsum(value * mark, axis=0) + (2 - np.cumsum(mark, axis=0)) / 2


def numbers(T):
    """Return the sequence (T, 2) of the figures below, numbers beside marks, before any is marked."""
    return np.stack([np.random.default_rng(5).uniform(size=T), np.zeros(T)], axis=-1)


def two_marks(T):
    """Mark two of T numbers, and see the best guess of their sum on the way."""
    return _marked({}, T, 2.75)


def ask(models, T, instead):
    """Put an own sequence of T numbers to trained models {name: (cell, Model)}, and see their answers.

    A stored notebook says `instead`.
    """
    return unkept(_marked(models, T, 3.4), instead)


def _marked(models, T, height):
    """Return a live figure of T numbers, two of them marked, and of what the models say, if any."""
    @lru_cache(maxsize=4)
    def answers(first, one, second, two):
        xs = numbers(T)
        xs[[first - 1, second - 1]] = [[one, 1], [two, 1]]
        said = {}
        for name, (cell, model) in models.items():
            hs = bptt.forward(cell, model.cell, xs.astype(model.cell.W_h.dtype)).hs[1:]
            said[name] = readout.forward(model.readout, hs)[:, 0]
        return xs, said

    def describe(first, one, second, two):
        _, said = answers(first, one, second, two)
        marked = f"Marked: {one:.2f} at step {first} and {two:.2f} at step {second}"
        if not said:
            return (f"{marked}. The best guess of their sum: 1 before, {one + 0.5:.2f} from step {first} on, "
                    f"{one + two:.2f} from step {second} on.")
        ends = ", ".join(f"{name} {curve[-1]:.2f}" for name, curve in said.items())
        return (f"{marked}; the sum is {one + two:.2f}. "
                f"Answers after the last step: {ends}.").replace("-", "−")

    def draw(figure):
        move = plots.marked_sum(figure, T, list(models))

        def update(first, one, second, two):
            xs, said = answers(first, one, second, two)
            return move(xs[:, 0], (first, second), best_guess(xs), said)

        return update

    controls = {"first": slider("t₁ first mark", T // 5, 1, T // 2),
                "one": slider("a₁ its number", 0.9, 0.0, 1.0, 0.05),
                "second": slider("t₂ second mark", T - T // 5, T // 2 + 1, T),
                "two": slider("a₂ its number", 0.85, 0.0, 1.0, 0.05)}
    code = lambda first, one, second, two: (
        f"xs = widgets.long_memory.numbers({T}); "
        f"xs[[{first - 1}, {second - 1}]] = [[{one:g}, 1], [{two:g}, 1]]    # rows count from 0")

    def touch(figure):
        ax = figure.axes[0]
        low, high = ax.get_ylim()
        return [area(ax, x=mark, y=number, box=(from_, to, low, high)) for mark, number, from_, to in (
            ("first", "one", 1, T / 2), ("second", "two", T / 2, T))]

    return live_figure(draw, controls, describe, code=code, size=(10.5, height), panels=None, touch=touch)


@cache
def reach_of(bias, wait):
    """Return what the last loss of an untrained LSTM sends back, by steps back, and what the mark gets of it.

    Two arrays (T,): the norm of delta at each step, and the norm of the gradient of W_x's column that
    reads the mark, added up over the last 1 .. T steps. 32 units and sequences, T = 20 + wait steps;
    bias is that of the forget gate.
    """
    p, trace, dhs = untrained(bias, wait)
    delta, marks = bptt.deltas(lstm, p, trace, dhs)[0][::-1], trace.xs[::-1, :, 1]
    column = np.einsum("tbg,tb->tg", delta, marks).cumsum(axis=0)
    return np.linalg.norm(delta.reshape(len(delta), -1), axis=1), np.linalg.norm(column, axis=1)


def untrained(bias, wait):
    """Return the parameters, the trace and dL/dh_t (T, B, H) of an LSTM before its first update."""
    rng = np.random.default_rng(0)
    p, q = lstm.init(rng, 2, UNITS, forget_bias=bias), readout.init(rng, UNITS, 1)
    data = tasks.adding(rng, MARKED, BATCH)
    tail = rng.uniform(size=(LONGEST_WAIT, BATCH, 2)) * [1, 0]
    trace = bptt.forward(lstm, p, np.concatenate([data.xs, tail[:wait]]))
    answers = readout.forward(q, trace.hs[-1])
    _, derivative = losses.squared_error(answers, data.targets[:, None], mean=True)
    dhs = np.zeros_like(trace.hs[1:])
    dhs[-1] = readout.backward(q, trace.hs[-1], 2 * derivative)[1]
    return p, trace, dhs


def mark_reach(K=10, bias=3.0, wait=10):
    """Choose a window, a forget bias and a pause after the last mark; see what the mark's weights get."""
    half = MARKED // 2

    def describe(K, bias, wait):
        _, seen = reach_of(bias, wait)
        gets, counts = seen[:K][-1], [min(max(K - wait - n * half, 0), half) for n in (0, 1)]
        sees = "no mark" if not any(counts) else (
            f"the second mark at {counts[0]} and the first at {counts[1]} of their {half} places")
        share = f"a gradient of norm {gets:.1e}, {gets / seen[-1]:.0%} of what all {len(seen)} steps give"
        return (f"Window K = {K}, b_f = {bias:g}, pause P = {wait}: it sees {sees}. "
                f"The mark’s column gets {share if gets else 'exactly 0'}.").replace("e-", "e−")

    def draw(top, bottom):
        move = plots.mark_reach(top, bottom, MARKED + LONGEST_WAIT, half)
        return lambda K, bias, wait: move(*reach_of(bias, wait), wait, K)

    controls = {"K": slider("K window, steps", K, 1, MARKED + LONGEST_WAIT),
                "bias": slider("b_f forget bias", bias, 0.0, 6.0, 0.5),
                "wait": slider("P pause, steps", wait, 0, LONGEST_WAIT, 5)}
    touch = lambda top, bottom: [area(top, x="K"), area(bottom, x="K")]
    return live_figure(
        draw, controls, describe, size=(10, 3.7), panels=(2, 1), touch=touch,
        code=lambda K, bias, wait: f"sent, seen = widgets.reach_of({bias:g}, {wait}); seen[:{K}][-1]")
