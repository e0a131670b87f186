"""Learners' answers judged from afar, as `course.py grade` does it."""

import ast
from pathlib import Path

import answers_0
import answers_4
import answers_8
import answers_12
import pytest

import judge


def rows(module):
    """Yield (check, answer, how it is written) of the answers of a table."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (table,) = [node.value for node in tree.body if ast.unparse(node).startswith("ANSWERS =")]
    for (check, answers), written in zip(module.ANSWERS.items(), table.values, strict=True):
        for row, node in zip(answers, written.elts, strict=False):
            if not isinstance(node, ast.Starred):
                yield check, row[-1], node.elts[-1]


@pytest.mark.parametrize("module", [answers_0, answers_4, answers_8, answers_12], ids=lambda m: m.__name__)
def test_a_mistake_is_told_in_the_same_words_as_in_the_notebook(module):
    source = Path(module.__file__).read_text(encoding="utf-8")
    statements = [judge.statement(node, source) for node in ast.parse(source).body]
    for check, answer, node in list(rows(module))[::9]:
        given = judge.statement(node, source)
        needed = judge.chain([s for s in statements if "ANSWERS" not in s.makes], given.reads)
        with judge.Remote(needed, given) as far:
            there = check(far.function)
        here = check(answer)
        assert (there.verdict, there.text) == (here.verdict, here.text), ast.unparse(node)
