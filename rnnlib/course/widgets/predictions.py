"""Questions that are asked before the result is shown."""

from html import escape

import ipywidgets as ipw

from ...doors import checks
from .expressions import read_number
from .shown import TYPE, Shown, status


def predict(question, choices, answer, because, reveal=None):
    """Ask for a choice before the result is uncovered.

    predict("Which loss reaches h_1 with the smallest gradient?", ["L_1", "L_2", "L_3"],
            answer="L_3", because="it passes W_h and tanh' twice.", reveal=live)

    reveal is a live figure, a Picture, a gradcheck.Report or a string.
    """
    if answer not in choices:
        checks.fail("widgets.predict", "answer", f"one of {list(choices)}", checks.short(answer))
    radio = ipw.RadioButtons(options=list(choices), value=None, layout={"width": "auto"})

    def judge():
        if radio.value is None:
            return "Choose one first.", False
        right = "Right" if radio.value == answer else f"Not so: the answer is “{answer}”"
        return f"{right}, because {because}", True

    return Prediction(question, radio, judge, choices, f"{answer}, because {because}", reveal)


def predict_number(question, answer, because, tolerance, reveal=None):
    """Ask for a number, or for something like 2/3 or 10^-7; it is right within the (absolute) tolerance.

    predict_number("How large is h_1?", np.tanh(0.5), "tanh bends 0.5 down a little.", 0.05)
    """
    where = "widgets.predict_number"
    answer, tolerance = checks.real(where, "answer", answer), checks.real(where, "tolerance", tolerance)
    box = ipw.Text(placeholder="a number: -0.25, 2/3, 10^-7", layout={"width": "240px"},
                   continuous_update=False)       # whole when the button is pressed, however fast

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
        self.line = ipw.HTML(status("Predict before you read on." if reveal is None else
                                     "The result is covered until you have predicted."))
        items = "".join(f"<li>{escape(choice)}</li>" for choice in choices)
        ask = f'<div style="{TYPE}"><b>{escape(question)}</b></div>'
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
            self.line.value = status(verdict)

    def uncover(self, verdict):
        """Say the verdict and show what was covered, once: the first answer counts."""
        if self.control.disabled:
            return
        self.control.disabled = self.commit.disabled = self.skip.disabled = True
        self.line.value = status(verdict)
        self.children = (*self.children[:4], *self.covered)


def _html(reveal):
    """Return what was covered as HTML: of a widget of ours, a Picture, a report, or plain text."""
    if isinstance(reveal, str):
        return f"<pre>{escape(reveal)}</pre>"
    return reveal.html if hasattr(reveal, "html") else reveal._repr_html_()
