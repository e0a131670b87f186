"""Answers of the kinds that learners give: right ones are accepted, wrong ones are told why."""

import re
from functools import cache

import answers_0
import answers_0b
import answers_4
import answers_4b
import answers_8
import answers_8b
import answers_12
import answers_17
import answers_18
import answers_19
import answers_20
import answers_21
import answers_22
import answers_23
import answers_24
import answers_25
import answers_26
import answers_27
import answers_28
import numpy as np
import pytest
import test_exercises

from rnnlib.course import exercises

TABLES = (answers_0, answers_0b, answers_4, answers_4b, answers_8, answers_8b, answers_12, answers_17,
          answers_18, answers_19, answers_20, answers_21, answers_22, answers_23, answers_24, answers_25,
          answers_26, answers_27, answers_28)
ANSWERS = {check: [] for table in TABLES for check in table.ANSWERS}
for table in TABLES:
    for check, rows in table.ANSWERS.items():
        ANSWERS[check] += rows
ROWS = [(check, n, *row) for check, rows in ANSWERS.items() for n, row in enumerate(rows)]


@cache
def told(check, n):
    """Return what a check says of answer n of its table, asked once."""
    return check(ANSWERS[check][n][2])


@pytest.mark.parametrize(
    ("check", "n", "verdict", "words", "answer"), ROWS, ids=[f"{check.__name__}-{n}" for check, n, *_ in ROWS]
)
def test_an_answer_gets_its_verdict_and_the_words_that_help(check, n, verdict, words, answer):
    feedback = told(check, n)

    assert feedback.verdict == verdict, feedback.text
    assert words in feedback.text
    assert "\n" not in feedback.text and "cannot be compared" not in feedback.text


@pytest.mark.parametrize(
    ("check", "words", "answer"), [*answers_25.NOT_SAID, *answers_26.NOT_SAID, *answers_27.NOT_SAID,
                                    *answers_28.NOT_SAID]
)
def test_a_cause_is_not_named_where_it_is_not_the_cause(check, words, answer):
    feedback = check(answer)

    assert feedback.verdict == "wrong" and words not in feedback.text, feedback.text


def test_every_table_has_ten_answers_of_both_kinds():
    assert set(ANSWERS) == {*test_exercises.CHECKS, exercises.check_gru} and len(ANSWERS) == 96
    for check, rows in ANSWERS.items():
        verdicts = [verdict for verdict, *_ in rows]
        assert len(rows) >= 10 and verdicts.count("right") >= 2 and verdicts.count("wrong") >= 7, (
            check.__name__
        )


def test_bare_numbers_are_few():
    said = [told(check, n).text for check, n, verdict, *_ in ROWS if verdict == "wrong"]

    bare = [
        text
        for text in said
        if re.search(r"not right yet|not yet:|No single change", text) and "Your code holds" not in text
    ]
    assert len(bare) <= 0.05 * len(said)


@pytest.mark.parametrize("check", test_exercises.CHECKS)
def test_a_solution_is_no_reason_to_say_that_something_is_read_from_the_notebook(check):
    assert "of the notebook" not in check(test_exercises.CHECKS[check][0]).text


def test_only_what_can_be_the_cause_is_named_as_read_from_the_notebook():
    chain = [1.0, 2.0]

    def outside():
        return [chain, chain, chain]

    outside.__globals__["chain"] = chain
    assert "It reads" not in exercises.check_long_memory(outside).text  # it has no arguments


def test_an_inf_that_is_right_is_no_second_mistake():
    def steps(W, slope, limit):
        rate = slope * np.linalg.norm(W, 2)
        return np.inf if rate >= 1 else np.ceil(np.log(limit) / np.log(rate)) ** 2 + 3

    assert "Besides" not in exercises.check_safe_steps(steps).text
    feedback = exercises.check_safe_steps(lambda W, slope, limit: steps(W, 0.1 * slope, limit) / (slope < 1))
    assert "Besides" in feedback.text
