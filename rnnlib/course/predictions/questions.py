"""What a question is."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

from ...doors import checks


class Choice(NamedTuple):
    """A question with choices; `because` follows "…, because" and may hold {facts}.

    `instead` says, by choice, what that choice would mean: {"about 0.1": "that is after 22 steps."}
    """

    question: str
    choices: list
    answer: str
    because: str
    instead: Mapping = MappingProxyType({})
    facts: Mapping = MappingProxyType({})


class Number(NamedTuple):
    """A question for a number, right within the (absolute) tolerance."""

    question: str
    answer: float
    tolerance: float
    because: str
    facts: Mapping = MappingProxyType({})


def questions(page):
    """Return the questions of a page, in its order."""
    try:
        return import_module(f".page_{page:02}", __package__).QUESTIONS
    except (ImportError, ValueError, TypeError):
        checks.fail("predictions.questions", "page", "the number of a page that asks", checks.short(page))
