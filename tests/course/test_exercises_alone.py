"""Who comes back runs the setup cell and goes to the exercises: that must be enough."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import build
from rnnlib.course import exercises

SOURCES = sorted(Path(build.SOURCES).glob("[0-9]*.md"))
CHECKS = {name for name in vars(exercises) if name.startswith("check_")} - {"check_gru"}     # your cell


def cells(source):
    """Return (tags, code) of the cells that set the page up, at its top, and of those of its exercises."""
    top = True
    for cell in build.draft(source).cells:
        top = top and not re.search(r"^## ", cell.source, re.MULTILINE)
        tags = set(cell.metadata.get("tags", ())) - (set() if top else {"setup"})
        checks = CHECKS & set(re.findall(r"exercises\.(check_\w+)\(", cell.source))
        if cell.cell_type == "code" and (tags & {"setup", "exercise", "solution"} or checks):
            yield tags, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=[source.stem[:2] for source in SOURCES])
def test_every_exercise_runs_from_the_setup_cell_alone(source):
    matplotlib.use("agg")
    names, solved = {}, 0
    with np.printoptions():                   # a setup cell may set them
        for tags, code in cells(source):
            exec(compile(code, f"{source.stem}, {sorted(tags)}", "exec"), names)
            if "solution" in tags:
                lines = code.rstrip().splitlines()
                verdict = eval(compile(lines[-1], source.stem, "eval"), names)
                assert verdict.verdict == "right", f"{source.stem}: {verdict}"
                solved += 1

    number = int(source.stem[:2])
    assert solved == len([key for key in exercises.feedback.EXERCISES if key[0] == number])
