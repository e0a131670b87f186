"""Controls over a figure, and predictions before it. The only module that imports ipywidgets.

`live_figure` is the one place where speed lives: the figure is made once, its background is kept,
and a moved control repaints only the artists that `update` returns. Every widget also carries a
picture and a text, so that a stored notebook shows something without a kernel.
"""

from html import escape
from math import isfinite

import ipywidgets as ipw
import matplotlib
import numpy as np

from . import figures, losses, plots

_TYPE = "font-size: 16px; line-height: 1.5"      # of the text beside a picture


class Shown(ipw.VBox):
    """A column of widgets that a stored notebook can still show, as HTML and as text."""

    def __init__(self, children, html, text):
        super().__init__(children)
        self.html, self.text = html, text
        self.add_class(f"rnnlib-{type(self).__name__.lower()}")

    def _repr_mimebundle_(self, **kwargs):
        view = super()._repr_mimebundle_(**kwargs) or {}
        return {**view, "text/html": self.html, "text/plain": self.text}


def live_figure(draw, controls, describe, *, code=None, size=(8, 4.5), panels=(1, 1)):
    """Put controls over a picture that follows them.

    def draw(ax):
        line, = ax.plot(lags, gain ** lags, **LINES["gradient"])
        def update(gain):
            line.set_ydata(gain ** lags)
            return [line]
        return update

    live_figure(draw, {"gain": slider("gain w", 0.9, 0.5, 1.5, 0.01)},
                describe=lambda gain: f"After 20 steps the gradient is times {gain ** 20:.2g}.",
                code=lambda gain: f"analysis.lag_norms(gain={gain})")

    draw(ax) sets the scene and returns update; update(**values) moves artists and returns all that
    it may change. They lie on top of other drawing (not of frame and legend), and limits, ticks
    and labels stay as draw made them. An update that must change those returns None: then
    everything is repainted, more slowly.
    describe(**values) is the line under the picture and its alternative text.
    """
    return LiveFigure(draw, controls, describe, code, size, panels)


class LiveFigure(Shown):
    """What live_figure returns: `values`, `figure`, `frame` and `error` are there for tests."""

    def __init__(self, draw, controls, describe, code, size, panels):
        self.controls, self.describe, self.code = controls, describe, code
        self.initial, self.inches, self.error = self.values, size[0], None
        self.artists, self.background, self.resetting = [], None, False
        figures.check_alt(describe(**self.initial))
        with matplotlib.rc_context(figures.STYLE):
            self.figure = figures.new_figure(size)
            self.update = draw(*figures.canvas_of(self.figure, panels))
        if not callable(self.update):
            raise ValueError("live_figure: draw must return its update function; "
                             f"got {type(self.update).__name__}.")
        self.picture, self.line, self.source = ipw.HTML(), ipw.HTML(), ipw.HTML()
        self.show()
        if self.error:
            raise self.error
        reset = ipw.Button(description="Reset", tooltip="Back to the initial values",
                           layout={"width": "auto"})
        reset.on_click(self.reset)
        for control in controls.values():
            control.observe(self.show, "value")
        rows = [ipw.HBox(_steps(control, controls)) for control in controls.values()]
        rows[-1].children += (reset,)
        below = [self.picture, self.line] + [self.source] * (code is not None)
        super().__init__(
            [*rows, *below],
            f"{self.picture.value}{self.line.value}<p>Run this cell to move the controls.</p>",
            self.describe(**self.initial))

    @property
    def values(self):
        """What the controls say now."""
        return {name: control.value for name, control in self.controls.items()}

    def show(self, _=None):
        """Repaint picture, text and code, unless nothing has changed."""
        values = self.values
        if self.resetting or values == getattr(self, "shown", None):
            return
        self.shown = values
        try:
            alt = self.describe(**values)
            self.frame(values)
            code = self.code(**values) if self.code else ""
        except Exception as error:
            self.error = error
            self.line.value = _status(f"Not drawn, the picture is the last good one: {error}")
            return
        self.error = None
        self.picture.value = figures.img(figures.encode(self.figure), alt, self.inches)
        self.line.value = _status(alt)
        self.source.value = _source(code)

    def frame(self, values):
        """Paint the canvas for these values: background and changed artists, or everything."""
        with matplotlib.rc_context(figures.STYLE):
            changed = self.update(**values)
            if changed is None:
                self.moving(False)
                self.background = None
                return self.figure.canvas.draw()
            fresh = [artist for artist in changed if artist not in self.artists]
            if fresh or self.background is None:
                self.keep_background(fresh)
            self.figure.canvas.restore_region(self.background)
            for artist in self.artists:
                self.figure.draw_artist(artist)

    def keep_background(self, fresh):
        """Lay the figure out once, then paint it without what moves or lies above that."""
        if not self.artists:
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
            for axes in self.figure.axes:
                frame = axes.spines.values() if axes.axison else ()
                extra = [part for part in (*frame, axes.get_legend()) if part]
                fresh += [part for part in extra if part not in fresh]
        self.artists = sorted([*self.artists, *fresh], key=lambda artist: artist.get_zorder())
        self.moving(True)
        self.figure.canvas.draw()
        self.background = self.figure.canvas.copy_from_bbox(self.figure.bbox)

    def moving(self, apart):
        """Keep the moving artists apart from the background, or let them be painted with it."""
        for artist in self.artists:
            artist.set_animated(apart)

    def reset(self, _=None):
        """Put every control back where it started."""
        self.resetting = True
        for name, value in self.initial.items():
            self.controls[name].value = value
        self.resetting = False
        self.show()


def slider(description, value, low, high, step=1):
    """Make a slider, whole-numbered if all its numbers are: slider("time step t", 1, 0, 3)."""
    whole = all(isinstance(number, int) for number in (value, low, high, step))
    return (ipw.IntSlider if whole else ipw.FloatSlider)(
        value=value, min=low, max=high, step=step, description=description)


def predict(question, choices, answer, because, reveal=None):
    """Ask for a choice before the result is uncovered.

    predict("Which loss reaches h_1 with the smallest gradient?", ["L_1", "L_2", "L_3"],
            answer="L_3", because="it passes W_h and tanh' twice.", reveal=live)

    reveal is a live figure, a Picture, a gradcheck.Report or a string.
    """
    if answer not in choices:
        raise ValueError(f"predict: answer must be one of {list(choices)}; got {answer!r}.")
    radio = ipw.RadioButtons(options=list(choices), value=None, layout={"width": "auto"})

    def judge():
        if radio.value is None:
            return "Choose one first.", False
        right = "Right" if radio.value == answer else f"Not so: the answer is “{answer}”"
        return f"{right}, because {because}", True

    return Prediction(question, radio, judge, choices, f"{answer}, because {because}", reveal)


def predict_number(question, answer, because, tolerance, reveal=None):
    """Ask for a number; it is right within the (absolute) tolerance.

    predict_number("How large is h_1?", np.tanh(0.5), "tanh bends 0.5 down a little.", 0.05)
    """
    box = ipw.Text(placeholder="a number such as -0.25", layout={"width": "240px"})

    def judge():
        number, complaint = read_number(box.value)
        if complaint:
            return complaint, False
        near = "Right" if abs(number - answer) <= tolerance else "Not so"
        return f"{near}: you said {number:g}, it is {answer:.4g}, because {because}", True

    return Prediction(question, box, judge, [], f"{answer:.4g}, because {because}", reveal)


class Prediction(Shown):
    """A question that keeps `reveal` covered until it is answered or skipped."""

    def __init__(self, question, control, judge, choices, answer, reveal):
        self.control, self.judge, self.answer = control, judge, answer
        shown = "" if reveal is None else _html(reveal)
        self.covered = [] if reveal is None else [
            reveal if isinstance(reveal, ipw.Widget) else ipw.HTML(shown)]
        self.commit = ipw.Button(description="This is my prediction", button_style="primary",
                                 layout={"width": "auto"})
        self.skip = ipw.Button(description="Show without predicting", layout={"width": "auto"})
        self.commit.on_click(self.check)
        self.skip.on_click(lambda _: self.uncover(f"The answer: {self.answer}"))
        self.line = ipw.HTML(_status("Predict before you read on." if reveal is None else
                                     "The result is covered until you have predicted."))
        items = "".join(f"<li>{escape(choice)}</li>" for choice in choices)
        ask = f'<div style="{_TYPE}"><b>{escape(question)}</b></div>'
        super().__init__(
            [ipw.HTML(ask), control, ipw.HBox([self.commit, self.skip]), self.line],
            f"{ask}<ul>{items}</ul><details><summary>Show the answer</summary>"
            f"<p>{escape(answer)}</p>{shown}</details>",
            " / ".join([question, *choices]))

    def check(self, _=None):
        """Judge what the reader committed to; an empty or unreadable answer stays covered."""
        verdict, decided = self.judge()
        if decided:
            self.uncover(verdict)
        else:
            self.line.value = _status(verdict)

    def uncover(self, verdict):
        """Say the verdict and show what was covered."""
        self.control.disabled = self.commit.disabled = self.skip.disabled = True
        self.line.value = _status(verdict)
        self.children = (*self.children[:4], *self.covered)


def read_number(text):
    """Return (number, None), or (None, one sentence that says what is wrong with the text)."""
    text = text.strip()
    if not text:
        return None, "Type a number first."
    if "\u2212" in text:
        return None, f'"{text}" has a typographic minus: type the plain one, "-".'
    try:
        number = float(text)
    except ValueError:
        hint = ": use a decimal point" if "," in text else ", such as -0.25"
        return None, f'"{text[:40]}" is not a number{hint}.'
    if not isfinite(number):
        return None, f'"{text}" is not a finite number.'
    return number, None


def _steps(control, controls):
    """Give a control room for its whole description, and a slider buttons for one step."""
    widest = max(len(other.description) for other in controls.values()) + 1
    control.style.description_width = f"{widest}ch"
    if not hasattr(control, "readout"):
        return [control]
    control.layout.width = f"calc({widest}ch + 320px)"
    steps = []
    for side, sign, way in (("left", -1, "back"), ("right", 1, "on")):
        button = ipw.Button(icon=f"chevron-{side}", layout={"width": "36px"},
                            tooltip=f"{control.description}, one step {way}")
        button.on_click(lambda _, sign=sign: _move(control, sign))
        steps.append(button)
    return [control, *steps]


def _move(control, steps):
    """Move a slider by so many of its own steps, within its ends."""
    if hasattr(control, "options"):
        control.index = min(max(control.index + steps, 0), len(control.options) - 1)
    elif hasattr(control, "base"):
        low, high = control.base ** control.min, control.base ** control.max
        control.value = min(max(control.value * control.base ** (steps * control.step), low), high)
    else:
        control.value = min(max(control.value + steps * control.step, control.min), control.max)


def _html(reveal):
    """Return what was covered as HTML: of a widget of ours, a Picture, a report, or plain text."""
    if isinstance(reveal, str):
        return f"<pre>{escape(reveal)}</pre>"
    return reveal.html if hasattr(reveal, "html") else reveal._repr_html_()


def _status(text):
    """Write a text line that a screen reader announces when it changes."""
    return f'<div role="status" aria-live="polite" style="{_TYPE}">{escape(text)}</div>'


def _source(code):
    """Write one line of code that a click selects."""
    return (f'<pre tabindex="0" aria-label="code for this state" '
            f'style="user-select: all; font-size: 14px">'
            f"{escape(code)}</pre>")


def delta_table(parts):
    """Walk through parts (T, T), what loss s (row) sent to step t (column): bptt.by_loss of one unit."""
    T, sums = len(parts), parts.sum(axis=0)

    def describe(s, t):
        if s < t:
            return f"L_{s} sends nothing to delta_{t}: a loss reaches only its own step and earlier ones."
        kind = "its own step" if s == t else f"{s - t} step{'s' * (s - t > 1)} back"
        return (f"L_{s} sends {parts[s - 1, t - 1]:.3f} to delta_{t}, {kind}. "
                f"With the losses {t} to {T} together, delta_{t} = {sums[t - 1]:.3f}.")

    return live_figure(
        lambda ax: plots.delta_table(ax, parts, sums),
        {"s": slider("loss step s", T, 1, T), "t": slider("state step t", 2, 1, T)},
        describe, code=lambda s, t: f"parts[{s - 1}, {t - 1}]    # rows and columns count from 0",
        size=(9, 5.4))


def softmax_error(labels, logits):
    """Move logits (K,) under a softmax; see p beside y, p - y and the loss. labels is {name: y}."""
    def read(label, o):
        o, y = np.array([*o.values()], dtype=float), labels[label]
        return losses.softmax(o), y, losses.cross_entropy(o, y)

    def describe(label, **o):
        p, y, loss = read(label, o)
        rows = [", ".join(f"{v:.2f}" for v in row.round(2) + 0.0) for row in (p, y, p - y)]
        return (f"L = {loss:.4f}. p = ({rows[0]}), y = ({rows[1]}), p − y = ({rows[2]}); "
                f"together the arrows give {abs((p - y).sum()):.2f}.").replace("-", "−")

    def draw(ax):
        p, y, _ = read(next(iter(labels)), dict(enumerate(logits)))
        update = plots.prediction_error(ax, p, y)
        return lambda label, **o: update(*read(label, o)[:2])

    controls = {f"o_{k}": slider(f"logit o_{k}", float(o), -5.0, 5.0, 0.1)
                for k, o in enumerate(logits, start=1)}
    controls["label"] = ipw.SelectionSlider(options=list(labels), description="label y")
    return live_figure(draw, controls, describe, size=(8, 4), code=lambda label, **o: (
        f"losses.softmax_cross_entropy(np.array({[round(v, 1) for v in o.values()]}), "
        f"np.array({labels[label].tolist()}))"))


def unrolled_steps(trace, outputs):
    """Step through time on the unrolled vanilla network of one sequence; outputs are o_t (T, K)."""
    T, ps = len(outputs), losses.softmax(outputs)
    row = lambda v: "(" + ", ".join(f"{n + 0.0:.3f}" for n in v.round(3)).replace("-", "−") + ")"

    def describe(step):
        if step == 0:
            return f"t = 0: nothing is computed yet. h_0 = {row(trace.hs[0])} is given."
        k = step - 1                                    # row k of an array with T rows is step k+1
        return (f"t = {step}: z_{step} = W_x x_{step} + W_h h_{k} + b = {row(trace.zs[k])}. "
                f"h_{step} = tanh(z_{step}) = {row(trace.hs[step])}. "
                f"o_{step} = W_y h_{step} + b_y = {row(outputs[k])}. "
                f"p_{step} = softmax(o_{step}) = {row(ps[k])}.")

    def code(step):
        return f"trace.hs[{step}]" + (
            f", trace.zs[{step - 1}], outputs[{step - 1}], ps[{step - 1}]" if step else "")

    return live_figure(
        lambda ax: plots.unrolled(ax, trace.xs, trace.hs, ps),
        {"step": slider("time step t", 0, 0, T)}, describe, code=code, size=(10.5, 4.7))


def walk_back(xs, hs, ps, delta, injected, W_h):
    """Step backward through one unrolled sequence, a delta at a time: from T down to 1.

    xs (T, D), hs (T+1, H), ps (T, K), delta and the injected dL/dh_t (T, H), W_h (H, H).
    """
    T = len(xs)

    def row(values):
        return "(" + ", ".join(f"{v:.3f}" for v in values) + ")"

    def describe(step):
        t = T + 1 - step
        later = "nothing comes later" if t == T else (
            f"step {t + 1} sends W_h^T delta_{t + 1} = {row(delta[t] @ W_h)}")
        return (f"At h_{t}: its own loss injects {row(injected[t - 1])}, {later}. "
                f"Times 1 - h_{t}^2: delta_{t} = {row(delta[t - 1])}.")

    def draw(ax):
        update = plots.unrolled(ax, xs, hs, ps, deltas=delta)
        return lambda step: update(T + step)

    return live_figure(draw, {"step": slider("backward step", 1, 1, T)}, describe,
                       code=lambda step: f"delta[{T - step}:]    # {step} of {T} computed", size=(10.5, 5.2))


def step_size(steps, errors):
    """Move the step of a central difference along its error curves {name: (n,)}."""
    steps, errors = np.asarray(steps), dict(errors)
    names = [f"{step:.0e}" for step in steps]
    anchor = int(np.abs(np.log10(steps) + 1.5).argmin())     # where truncation alone is at work

    def describe(step):
        at, parts = int(np.abs(steps - step).argmin()), []
        for name, error in errors.items():
            truncation = error[anchor] * (step / steps[anchor]) ** 2
            cause = "truncation" if error[at] < 2 * truncation else "rounding"
            parts.append(f"{name} is off by {error[at]:.0e}, by {cause}")
        return f"Step ε = {step:.0e}: {'; '.join(parts)}."

    options = list(zip(names, steps.tolist()))
    control = ipw.SelectionSlider(options=options, value=float(steps.max()), description="step ε")
    return live_figure(
        lambda ax: plots.step_errors(ax, steps, errors), {"step": control}, describe,
        code=lambda step: f"(f({step:.0e}) - f(-{step:.0e})) / (2 * {step:.0e})", size=(9, 4.2))


def taylor(measure):
    """Give dW_h a relative error; see what Taylor measure(error) finds."""
    right, sizes = measure(0.0), (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)

    def describe(error):
        found = measure(error)
        size = f"off by {error:.0e}" if error else "right"
        return (f"dW_h {size}: in the three smallest steps the remainder falls at the rate "
                f"{found.rate:.2f}; a right gradient gives 2, a wrong one 1.")

    def draw(ax):
        update = plots.remainders(ax, right.steps, *[right.remainders] * 2, "your gradient")
        return lambda error: update(measure(error).remainders)

    options = [(f"{size:.0e}" if size else "none", size) for size in sizes]
    control = ipw.SelectionSlider(options=options, value=1e-3, description="error in dW_h")
    return live_figure(draw, {"error": control}, describe, size=(9, 4.2),
                       code=lambda error: f"measure({error:g}).remainders")
