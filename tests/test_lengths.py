"""A page is short: what stands before its exercises is read in one sitting, and no line is too wide."""

import re

import nbformat
import pytest

import build

PATHS = sorted(build.HERE.glob("[0-9]*.ipynb"))
WORDS, CELLS, LINES, WIDE = 1400, 40, 80, 95


def before_the_exercises(cells):
    for cell in cells:
        if re.search(r"^## Exercises", cell.source, re.MULTILINE):
            return
        yield cell


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_page_keeps_its_length(path):
    cells = nbformat.read(path, as_version=4).cells
    read = [*before_the_exercises(cells)]
    words = sum(len(re.sub(r"\$\$.*?\$\$", " ", cell.source, flags=re.DOTALL).split())
                for cell in read if cell.cell_type == "markdown")
    shown = [line for cell in cells for line in cell.source.splitlines() if cell.cell_type == "code"
             and line.strip() and not cell.metadata.get("jupyter", {}).get("source_hidden")]

    assert len(read) < len(cells), f"{path.stem} has no exercises"
    assert words <= WORDS, f"{path.stem}: {words} words before the exercises; at most {WORDS}"
    assert len(read) <= CELLS, f"{path.stem}: {len(read)} cells before the exercises; at most {CELLS}"
    assert len(shown) <= LINES, f"{path.stem}: {len(shown)} lines of code in the open; at most {LINES}"
    assert max(map(len, shown)) <= WIDE, f"{path.stem}: {max(shown, key=len)!r}"


@pytest.mark.parametrize("source", sorted(build.SOURCES.glob("*.md")), ids=lambda source: source.stem)
def test_every_column_of_a_table_has_a_name(source):
    text = source.read_text(encoding="utf-8")
    for head in re.findall(r"^(\|.+\|)\n\|[-:| ]+\|$", text, re.MULTILINE):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", head)[1:-1]]
        assert all(cells), f"{source.stem}: {head}"
