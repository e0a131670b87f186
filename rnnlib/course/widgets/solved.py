"""What of a notebook's exercises is solved: kept in the kernel, and nowhere else."""

from html import escape

from .. import exercises
from .shown import Shown, line

MARKS = {"right": ("✓", "solved"), "wrong": ("✗", "not yet right"), "open": ("·", "not attempted")}


def solved(notebook):
    """Return a panel of the notebook's exercises that follows what their checks say in this kernel."""
    return Solved(notebook)


class Solved(Shown):
    """What solved returns; `text` is what it shows."""

    def __init__(self, notebook):
        self.notebook = notebook
        exercises.WATCHERS[notebook] = self.show
        super().__init__("")
        self.show()

    def show(self):
        """Show the best that was said of each exercise so far."""
        done = exercises.progress(self.notebook)
        right = sum(e.verdict == "right" for e in done)
        colon = lambda title: title if title.endswith("?") else f"{title}:"
        told = [(mark, f"{e.number} · {colon(e.title)}", said + _effort(e)) for e in done
                for mark, said in [MARKS[e.verdict]]]
        head = f"Solved: {right} of {len(done)}"
        self.text = "\n".join([head, *(f"{mark} {title} {said}" for mark, title, said in told)])
        rows = "".join(f'<li style="list-style: none"><span aria-hidden="true" style="display: inline-block; '
                       f'width: 1.5em">{mark}</span>{escape(title)} {said}</li>'
                       for mark, title, said in told)
        self.html = self.now = line(f'<strong>{head}</strong><ul style="margin: 0; padding: 0">{rows}</ul>')
        self.said = head


def _effort(exercise):
    """Return how hard an exercise is and what it takes, as long as it is not solved."""
    if exercise.verdict == "right":
        return ""
    stars = "★" * exercise.stars + "☆" * (3 - exercise.stars)
    return f" ({stars}, about {exercise.minutes} minutes)"
