"""What a question is."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

from ...doors import checks


class Choice(NamedTuple):
    """A question with choices; `because` follows "…, because" and may hold {facts}.

    `instead` says, by choice, what that choice would mean: {"about 0.1": "that is after 22 steps."}
    telltales are words that would give the answer away to who has not been asked yet; a test looks for them.
    """

    question: str
    choices: list
    answer: str
    because: str
    instead: Mapping = MappingProxyType({})
    facts: Mapping = MappingProxyType({})
    telltales: tuple = ()


class Number(NamedTuple):
    """A question for a number, right within the (absolute) tolerance."""

    question: str
    answer: float
    tolerance: float
    because: str
    facts: Mapping = MappingProxyType({})
    telltales: tuple = ()


def questions(page):
    """Return the questions of a page, in its order; page is its number, or "primer"."""
    name = "primer" if page == "primer" else f"page_{page:02}" if isinstance(page, int) else ""
    if not name or find_spec(f"{__package__}.{name}") is None:
        checks.fail("predictions.questions", "page", 'the number of a page that asks, or "primer"',
                    checks.short(page))
    return import_module(f".{name}", __package__).QUESTIONS
