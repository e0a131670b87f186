"""The puzzles of notebooks 5 and 11, out of the zoo."""

import difflib
from html import escape

from ...doors import checks
from ...gradcheck.editable import GATES
from ...gradcheck.report import step_table
from .. import board, plots, wrong
from .component import Component
from .controls import slider
from .live import live_figure
from .touch import area
from .typeset import TYPE, typeset


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


def puzzles(number=None, among=wrong.ZOO):
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
    return Puzzles(number, numbers)


def _number(mistake):
    if mistake not in wrong.ZOO:
        checks.fail("widgets.puzzles", "among", "mistakes of wrong.ZOO", checks.short(mistake))
    return wrong.ZOO.index(mistake) + 1


def _kind(mistake):
    return mistake.cell.__name__.rpartition(".")[2].upper()


class Puzzles(Component):
    """What puzzles returns: `mistake` is the one on show, `found` holds the numbers of those solved.

    `say(line)` names a line as a reader does.
    """

    def __init__(self, number, numbers):
        super().__init__()
        self.numbers, self.number = numbers, number
        self.puzzles = [_puzzle(n) for n in numbers]

    @property
    def mistake(self):
        """The mistake on show."""
        return wrong.ZOO[self.number - 1]

    def say(self, line):
        """Say that a line of the puzzle on show is wrong; return what is answered."""
        puzzle = self.puzzles[self.numbers.index(self.number)]
        if line not in puzzle["guilty"]:
            return puzzle["no"].replace("#", str(line))
        if self.number not in self.found:
            self.found = [*self.found, self.number]
        return puzzle["yes"].replace("#", str(line))

    def evidence(self, number):
        """Run the check on a puzzle, and return what it finds, as HTML."""
        said, table = evidence(wrong.ZOO[number - 1])
        return f"<p>{typeset(said)}</p>{table}"

    @property
    def html(self):
        """What a stored notebook shows: the code of the puzzle on show, and nothing of its answer."""
        plain = 'style="white-space: pre-wrap; background: none; color: inherit"'
        items = "".join(f'<li style="padding-left: 0.6em"><code {plain}>{escape(line) or " "}</code></li>'
                        for line in self._lines)
        return (f'<div style="{TYPE}"><b>{escape(self._head)}</b></div><ol style="margin: 0.3em 0; '
                f'padding-left: 2.6em; font-size: 14px; line-height: 1.45">{items}</ol>'
                "<p>Run this cell to check it, to say which line is wrong, and to see others.</p>")

    @property
    def text(self):
        """The same without type."""
        return "\n".join([self._head, *(f"{k:2}  {line}" for k, line in enumerate(self._lines, 1))])

    @property
    def _head(self):
        return f"Puzzle {self.number}: {self.mistake.puzzle} ({_kind(self.mistake)})"

    @property
    def _lines(self):
        return self.mistake.code.splitlines()


def _puzzle(number):
    """Return what the front end needs of a puzzle; # stands for the number of a line."""
    m = wrong.ZOO[number - 1]
    return {"number": number, "name": f"{number} · {m.puzzle} ({_kind(m)})", "lines": m.code.splitlines(),
            "guilty": sorted(guilty_lines(m)), "answer": _answer(m),
            "yes": "Yes, line #. What should it say?",
            "no": "Not line #: it is as it should be. Look again, or run the check.",
            "code": f"m = wrong.ZOO[{number - 1}]    # puzzle {number}"}


def _answer(m):
    """Return the lines, wrong and right, and the story of a mistake, as HTML."""
    changed = []
    for right, bad in m.diff:
        changed += [f"- {line}" for line in bad.splitlines() or ["(the line is left out)"]]
        changed += [f"+ {line}" for line in right.splitlines()]
    story = [("Breaks", m.breaks), ("Hides", m.hides), ("The loss", m.falling_loss), ("Source", m.source)]
    rows = "".join(f"<p><b>{name}:</b> {typeset(text)}</p>" for name, text in story)
    return f"<p><b>{typeset(m.title)}</b></p><pre>{escape(chr(10).join(changed))}</pre>{rows}"
