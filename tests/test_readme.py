"""The README's code runs, and says what the README says that it says."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from rnnlib import gradcheck

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
FIRST, SUITE = (code for language, code in BLOCKS if language == "python")
(SENTENCE,) = (text for language, text in BLOCKS if not language)
MINE = """
import numpy as np
from rnnlib import rnn as cell

loss = lambda x: np.sin(x).sum()
gradient = lambda x: FACTOR * np.cos(x)

def backward(cell, p, trace, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ W_H
    return delta
"""


def run_suite(folder, factor, W_h, mine=MINE, suite=SUITE):
    """Run the README's test file with a module `mine`; return pytest's exit code and output."""
    (folder / "mine.py").write_text(mine.replace("FACTOR", factor).replace("W_H", W_h))
    (folder / "test_mine.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout


def test_the_first_example_prints_that_the_cell_is_right(capsys):
    exec(compile(FIRST, "README.md", "exec"), {})

    assert capsys.readouterr().out.rstrip().endswith("Right: all 5 tensors.")


def test_a_right_cell_passes_the_suite(tmp_path):
    code, said = run_suite(tmp_path, "1", "p.W_h")

    assert code == 0 and "2 passed" in said, said


def test_a_wrong_cell_fails_the_suite_with_the_sentence_that_the_readme_shows(tmp_path):
    code, said = run_suite(tmp_path, "2", "p.W_h.T")

    assert code == 1 and "2 failed" in said, said
    assert f"AssertionError: {' '.join(SENTENCE.split())}" in said
    assert "AssertionError: Gradient check by complex step" in said and "WRONG: dx (1 of 1 tensors)." in said


def test_no_line_of_a_report_of_many_tensors_is_lost_where_it_fails(tmp_path):
    names, x = "abcdef", np.array([0.3, -1.2, 2.0])
    mine = MINE.replace("np.sin(x).sum()", "sum(np.sin(a).sum() for a in x.values())")
    mine = mine.replace("FACTOR * np.cos(x)", "{n: FACTOR * np.cos(a) for n, a in x.items()}")
    suite = SUITE.replace("np.array([0.3, -1.2, 2.0])", f"dict.fromkeys('{names}', np.array({x.tolist()}))")

    _, said = run_suite(tmp_path, "2", "p.W_h", mine, suite)

    report = gradcheck.check(lambda i: sum(np.sin(a).sum() for a in i.values()), dict.fromkeys(names, x),
                             dict.fromkeys(names, 2 * np.cos(x)))
    assert len(report.names("wrong")) == 6 and all(line in said for line in str(report).split("\n")), said
