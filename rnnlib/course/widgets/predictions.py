"""Questions that are asked before the result is shown."""

import re
from html import escape

from ...doors import checks
from .component import Component
from .expressions import read_number
from .live import LiveFigure
from .typeset import TYPE, plain, typeset


def predict(question, choices, answer, because, reveal=None, instead=None):
    """Ask for a choice before the result is uncovered.

    predict("Which loss reaches h_1 with the smallest gradient?", ["L_1", "L_2", "L_3"],
            answer="L_3", because="it passes W_h and tanh' twice.", reveal=live,
            instead={"L_1": "it is the nearest, so it loses nothing on its way."})

    reveal is a live figure, a Picture, a gradcheck.Report or a string; instead says, by choice, what is
    wrong about it.
    """
    choices, instead = list(choices), dict(instead or {})
    if answer not in choices:
        checks.fail("widgets.predict", "answer", f"one of {choices}", checks.short(answer))
    if strangers := set(instead) - set(choices) | set(instead) & {answer}:
        checks.fail("widgets.predict", "instead", "a sentence for some of the wrong choices",
                    checks.short(min(strangers)))

    def judge(said):
        if said not in choices:
            return "Choose one first.", None
        if said == answer:
            return f"Right: {answer}, because {because}", True
        why = f" {_sentence(instead[said])}" if said in instead else ""
        return f"You said “{said}”.{why} The answer is “{answer}”, because {because}", False

    return Prediction(question, choices, judge, answer, because, reveal)


def predict_number(question, answer, because, tolerance, reveal=None):
    """Ask for a number, or for something like 2/3 or 10^-7; it is right within the (absolute) tolerance.

    predict_number("How large is h_1?", np.tanh(0.5), "tanh bends 0.5 down a little.", 0.05)
    """
    where = "widgets.predict_number"
    answer, tolerance = checks.real(where, "answer", answer), checks.real(where, "tolerance", tolerance)

    def judge(said):
        number, complaint = read_number(said)
        if complaint:
            return complaint, None
        right = abs(number - answer) <= tolerance
        return (f"{'Right' if right else 'Not so'}: you said {number:g}, it is {answer:.4g}, "
                f"because {because}"), right

    return Prediction(question, [], judge, f"{answer:.4g}", because, reveal, {
        "answer": answer, "tolerance": tolerance, "because": typeset(because)})


class Prediction(Component):
    """A question that keeps `reveal` covered until it is answered or skipped.

    `say(said)` answers as a reader does; `verdict` is what was said then, None before.
    """

    def __init__(self, question, choices, judge, answer, because, reveal, number=None):
        live = isinstance(reveal, LiveFigure)
        painter = reveal.painter if live else None
        shown = "" if reveal is None else reveal.html if live else _html(reveal)
        self._judge, self.covered = judge, shown
        told = f"The answer: {answer}, because {because}"
        data = {
            "text": typeset(question), "choices": [typeset(choice) for choice in choices],
            "number": number, "skip": typeset(told), "covers": reveal is not None,
            "reveal": "" if live else getattr(reveal, "now", shown),
            "verdicts": [_verdict(*judge(choice)) for choice in choices]}
        super().__init__(painter, data)
        self.choices = choices
        if live:
            reveal.close()                      # its figure is shown here
        items = "".join(f"<li>{typeset(choice)}</li>" for choice in choices)
        self.html = (f'<div style="{TYPE}"><b>{typeset(question)}</b></div><ul>{items}</ul>'
                     f"<details><summary>Show the answer</summary><p>{typeset(told)}</p>{shown}</details>")
        self.text = " / ".join(plain(line) for line in [question, *choices])

    def judge(self, said):
        """Return the verdict on what a reader said, and whether it decides; a choice is its place, from 0."""
        if self.choices and isinstance(said, int):
            said = self.choices[said]
        text, right = self._judge(said)
        return _verdict(text, right), right is not None

    def say(self, said):
        """Answer as a reader does: a choice, or a number as text. The first answer counts."""
        verdict, decided = self.judge(said)
        if decided and self.answered is None:
            self.answered = verdict
        return verdict["text"]


def _verdict(text, right):
    return {"text": plain(text), "html": typeset(text), "right": right}


def _sentence(text):
    if re.match(r"(a|[a-z]{2,})[ ,:;']", text):             # not a symbol: sigma has a capital, too
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _html(reveal):
    """Return what was covered as HTML: of a Picture, a report, a widget of ours, or plain text."""
    if isinstance(reveal, str):
        return f"<pre>{escape(reveal)}</pre>"
    return reveal.html if hasattr(reveal, "html") else reveal._repr_html_()
