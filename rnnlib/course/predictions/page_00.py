"""The question of notebook 0."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "The network has learned its sentence without a mistake. Does that prove its gradient right?",
        ["yes: with a wrong one it could not have learned", "no: the loss would fall with many others"],
        answer="no: the loss would fall with many others",
        because="whatever points downhill, however crookedly, makes the loss fall. "
        "To know, one must check the gradient itself. Here is the check."),
]
