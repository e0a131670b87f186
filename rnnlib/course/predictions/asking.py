"""Ask a question of a page."""

from ...doors import checks
from ..widgets import predict, predict_number
from .questions import Choice, questions


def ask(page, number, reveal=None, **measured):
    """Ask question `number` (from 1) of a page, and keep `reveal` covered until it is answered.

    predictions.ask(7, 4, reveal=widgets.kept_pairs(...), six=0.91, seven=0.88)

    reveal is a live figure, a Picture, a gradcheck.Report or a string. What the page has measured stands
    in the reason in place of the recorded facts.
    """
    asked = questions(page)
    if isinstance(number, bool) or number not in range(1, len(asked) + 1):
        checks.fail("predictions.ask", "number", f"1 to {len(asked)}", checks.short(number))
    q = asked[number - 1]
    if unknown := set(measured) - set(q.facts):
        checks.fail("predictions.ask", "measured", f"some of {', '.join(q.facts) or 'nothing'}",
                    ", ".join(sorted(unknown)))
    because = q.because.format(**{**q.facts, **measured})
    if isinstance(q, Choice):
        return predict(q.question, q.choices, q.answer, because, reveal, q.instead)
    return predict_number(q.question, q.answer, because, q.tolerance, reveal)
