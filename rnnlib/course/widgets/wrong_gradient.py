"""The puzzles of notebooks 5 and 11, out of the zoo."""

import difflib
from html import escape

import ipywidgets as ipw
import numpy as np

from ...doors import checks
from ...gradcheck.editable import GATES
from ...gradcheck.report import step_table
from .. import board, plots, wrong
from .controls import slider
from .live import live_figure
from .shown import TYPE, Shown, source, status
from .touch import area


def case(mistake, every=10):
    """Move through a training with a mistake and one without it, beside the errors of its deltas."""
    curves = {"wrong gradient": wrong.train(mistake), "right gradient": wrong.train(mistake, right=True)}
    errors, length = board.delta_errors(mistake), len(curves["wrong gradient"])
    right = [t for t, error in enumerate(errors.max(axis=1), 1) if error == 0]

    def describe(step):
        losses = [curve[min(step, length - 1)] for curve in curves.values()]
        return (f"After {step} training steps the loss is {losses[0]:.2f} with the wrong gradient, "
                f"{losses[1]:.2f} with the right one. The wrong one's deltas are right at step "
                f"{', '.join(map(str, right)) or 'none'} only.")

    def draw(left, right):
        update = plots.case(left, right, curves, errors)
        return lambda step: update(min(step, length - 1))

    return live_figure(draw, {"step": slider("training step", 40, 0, length, every)}, describe,
                       size=(10.5, 3.1), panels=(1, 2), touch=lambda left, right: [area(left, x="step")])


MARKED = "background: rgb(240 228 66 / 35%); outline: 1px solid #808080;"


def guilty_lines(mistake):
    """Return the numbers of the lines of mistake.code that differ; of a left-out line, its neighbours'."""
    right, code = mistake.right_code.splitlines(), mistake.code.splitlines()
    found = set()
    for kind, _, _, first, last in difflib.SequenceMatcher(None, right, code, autojunk=False).get_opcodes():
        if kind == "delete":
            found |= {first, first + 1}
        elif kind != "equal":
            found |= set(range(first + 1, last + 1))
    return found


def evidence(mistake):
    """Say what a check at its designed point finds, without the reason: words, and a table or ""."""
    here = wrong.point(mistake)
    reports = [mistake.check(here, calls) for calls in (1, 2)]
    once, wrong_ones = (report.names("wrong") for report in reports)
    if once != wrong_ones:
        return (f"The first call is right. A second call with the same arrays is wrong in "
                f"{', '.join(wrong_ones)}."), ""
    fine = ", ".join(reports[0].names("right")) or "nothing"
    said = f"Wrong: {', '.join(wrong_ones)}. Right: {fine}."
    if not mistake.in_cell:
        return said, ""
    return said, step_table(board.delta_errors(mistake), GATES[mistake.cell], right=0)


def puzzles(number=None, among=wrong.ZOO, rng=None):
    """Walk through mistakes as puzzles: read a wrong pass, run the check, say which line, look it up.

    A puzzle's number is its place in wrong.ZOO, whichever are `among` those on show; None is the first.
    """
    numbers = sorted({_number(m) for m in among})
    if not numbers:
        checks.fail("widgets.puzzles", "among", "some mistakes of wrong.ZOO", "none")
    number = numbers[0] if number is None else number
    if isinstance(number, bool) or number not in numbers:
        expected = f"one of {', '.join(map(str, numbers))}"
        checks.fail("widgets.puzzles", "number", expected, checks.short(number))
    return Puzzles(number, numbers, np.random.default_rng() if rng is None else rng)


def _number(mistake):
    if mistake not in wrong.ZOO:
        checks.fail("widgets.puzzles", "among", "mistakes of wrong.ZOO", checks.short(mistake))
    return wrong.ZOO.index(mistake) + 1


def _listing(lines, marked=()):
    """Return numbered lines as HTML, of which some are marked; a long line never runs into the numbers."""
    rows = []
    for k, line in enumerate(lines, 1):
        mark = MARKED if k in marked else ""
        said = " <b>◀ this line</b>" if k in marked else ""
        rows.append(f'<li style="padding-left: 0.6em; {mark}"><code style="white-space: pre-wrap; '
                    f'background: none; color: inherit">{escape(line) or " "}</code>{said}</li>')
    return ('<ol tabindex="0" aria-label="the code of the pass" style="margin: 0.3em 0; padding-left: 2.6em; '
            f'font-size: 14px; line-height: 1.45">{"".join(rows)}</ol>')


def _kind(mistake):
    return mistake.cell.__name__.rpartition(".")[2].upper()


class Puzzles(Shown):
    """What puzzles returns: `mistake` is the one on show, `found` holds the numbers of those solved."""

    def __init__(self, number, numbers, rng):
        self.rng, self.numbers, self.found = rng, numbers, set()
        named = {n: wrong.ZOO[n - 1] for n in numbers}
        self.number = ipw.Dropdown(options=[(f"{n} · {m.puzzle} ({_kind(m)})", n) for n, m in named.items()],
                                   value=number, description="puzzle", layout={"width": "360px"},
                                   style={"description_width": "initial"})
        another = self.button("Another, at random", self.another)
        test = self.button("Run the check", self.test)
        self.line = ipw.Text(placeholder="number", layout={"width": "160px"},
                             description="the line is", style={"description_width": "initial"},
                             continuous_update=False)       # whole when a button is pressed, however fast
        commit = self.button("Say so", self.judge)
        commit.button_style = "primary"
        reveal = self.button("Show the answer", self.reveal)
        self.code, self.evidence, self.verdict, self.answer, self.replay = (ipw.HTML() for _ in range(5))
        self.number.observe(lambda _: self.show(), "value")
        self.line.observe(lambda change: change["new"] and self.judge(), "value")      # Enter will do
        super().__init__([
            ipw.HBox([self.number, another]), self.code, ipw.HBox([test]), self.evidence,
            ipw.HBox([self.line, commit, reveal]), self.verdict, self.answer, self.replay], "", "")
        self.layout = {"border": "1px solid var(--jp-border-color1)", "padding": "4px 16px"}
        self.layout.max_width = "66em"
        self.show()

    @staticmethod
    def button(text, action):
        made = ipw.Button(description=text, layout={"width": "auto"})
        made.on_click(lambda _: action())
        return made

    @property
    def mistake(self):
        return wrong.ZOO[self.number.value - 1]

    def show(self):
        """Show the puzzle of this number, and nothing of its answer."""
        m = self.mistake
        head = f"Puzzle {self.number.value}: {m.puzzle} ({_kind(m)})"
        self.head = f'<div style="{TYPE}"><b>{escape(head)}</b></div>'
        code = self.head + _listing(m.code.splitlines())
        self.code.value, self.line.value = code, ""
        for part in (self.evidence, self.verdict, self.answer):
            part.value = ""
        self.replay.value = source(f"m = wrong.ZOO[{self.number.value - 1}]    # puzzle {self.number.value}")
        self.html = f"{code}<p>Run this cell to check it, to say which line is wrong, and to see others.</p>"
        self.text = "\n".join([head, *(f"{k:2}  {line}" for k, line in enumerate(m.code.splitlines(), 1))])

    def mark(self, lines):
        """Mark lines of the code."""
        self.code.value = self.head + _listing(self.mistake.code.splitlines(), lines)

    def another(self):
        """Go to another puzzle, at random, one that is not solved yet if there is one."""
        others = [n for n in self.numbers if n != self.number.value] or self.numbers
        fresh = [n for n in others if n not in self.found]
        self.number.value = int(self.rng.choice(fresh or others))

    def test(self):
        """Run the check and say what it finds."""
        said, table = evidence(self.mistake)
        self.evidence.value = status(said) + table

    def judge(self):
        """Judge the number of the line."""
        text = self.line.value.strip()
        count = len(self.mistake.code.splitlines())
        if not text.isdecimal() or not 1 <= int(text[:6]) <= count:
            self.verdict.value = status(f"Type the number of a line, 1 to {count}.")
            return
        if int(text) not in guilty_lines(self.mistake):
            self.verdict.value = status(
                f"Not line {int(text)}: it is as it should be. Look again, or run the check.")
            return
        self.found.add(self.number.value)
        self.mark({int(text)})
        self.verdict.value = status(
            f"Yes, line {int(text)}. Found so far: {len(self.found)} of {len(self.numbers)}. "
            "What should it say?")

    def reveal(self):
        """Show the lines, right and wrong, and the story of the mistake."""
        m, changed = self.mistake, []
        self.mark(guilty_lines(m))
        for right, bad in m.diff:
            changed += [f"- {line}" for line in bad.splitlines() or ["(the line is left out)"]]
            changed += [f"+ {line}" for line in right.splitlines()]
        story = [("Breaks", m.breaks), ("Hides", m.hides), ("The loss", m.falling_loss), ("Source", m.source)]
        rows = "".join(f"<dt><b>{name}</b></dt><dd>{escape(text)}</dd>" for name, text in story)
        diff = escape("\n".join(changed))
        self.answer.value = (
            f'<div role="status" aria-live="polite" style="{TYPE}"><b>{escape(m.title)}</b>'
            f'<pre style="font-size: 14px">{diff}</pre><dl>{rows}</dl></div>')
