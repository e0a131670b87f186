"""The rules that every notebook keeps; each says in one sentence who broke it, and where."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import nbformat
import pytest
from in_step import PIXELS
from nbconvert.exporters import get_exporter

import build
import course
import teaching
from rnnlib.course import exercises

PATHS = sorted(build.HERE.glob("[0-9]*.ipynb"))
WITH_PRIMER = [*PATHS, build.HERE / "primer.ipynb"]      # it has no number, and no exercises
SECTIONS = [
    "You will be able to", "You need", "Exercises", "Recap", "Fine print", "References",
]
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(home|root|tmp|usr|opt|var|mnt|Users)/|\b[A-Z]:\\\w")
STUB = re.compile(r"^(.*[=(] ?| +|)\.\.\. *(#.*)?$", re.MULTILINE)
HINT = re.compile(r"<details><summary>(.+?)</summary>\n\n(.+?)\n\n</details>", re.DOTALL)
PAGE = re.compile(r"\]\((?:notebooks/)?(\d\d)-[\w-]+\.ipynb\)")
ROW = re.compile(r"^\| (\d+) \| (.+)$", re.MULTILINE)
TITLE = re.compile(r"^\*\*(\d+) · (.+?)\.?\*\*", re.MULTILINE)

notebooks = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
all_notebooks = pytest.mark.parametrize("path", WITH_PRIMER, ids=lambda path: path.stem)


class Images(HTMLParser):
    """Collects the alternative text of every img in a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.alts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs).get("alt") or "")


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def markdown_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


def outputs(path):
    """Yield every stored output with its cell."""
    for cell in code_cells(path):
        for output in cell.outputs:
            yield cell, output


def tags(cell):
    return cell.metadata.get("tags", [])


def prose(cell):
    """Return the text of a markdown cell without its fenced code."""
    return re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)


def headings(path):
    """Yield the level, the text and the cell of every heading."""
    for cell in markdown_cells(path):
        for mark, text in re.findall(r"^(#+) +(.+)$", prose(cell), re.MULTILINE):
            yield len(mark), text, cell


def test_every_source_has_its_notebook():
    sources = {path.stem for path in build.SOURCES.glob("*.md")}

    lonely = sources ^ {path.stem for path in WITH_PRIMER}

    assert not lonely, f"source and notebook do not both exist for {', '.join(sorted(lonely))}"


@all_notebooks
def test_source_and_notebook_are_in_step(path):
    draft = build.draft(build.SOURCES / f"{path.stem}.md")

    def inputs(notebook):
        return [(c.id, c.cell_type, c.metadata, c.source) for c in notebook.cells]

    for ours, theirs in zip(inputs(draft), inputs(read(path)), strict=False):
        assert ours == theirs, f"{path.stem}, {ours[0]} is out of step with its source"
    assert len(draft.cells) == len(read(path).cells), f"{path.stem} is out of step with its source"


def kinds(path):
    """Return every kind of output of a notebook: what nbval may treat in a way of its own."""
    heeded = {"nbval-ignore-output", "raises-exception"}
    return {(output.output_type, output.get("name"), *sorted(output.get("data", ())),
             *sorted(heeded & set(tags(cell)))) for cell, output in outputs(path)}


def test_nbval_is_shown_every_kind_of_output():
    everywhere = {kind for path in WITH_PRIMER for kind in kinds(path)}

    shown = {kind for path in PATHS for kind in kinds(path)
             if path.relative_to(build.HERE.parent).as_posix() in course.NBVAL_PAGES}

    assert shown == everywhere


@all_notebooks
def test_ids_count_the_cells(path):
    for number, cell in enumerate(read(path).cells, 1):
        assert cell.id == f"cell-{number:02}", f"{path.stem}: cell {number} has the id {cell.id}"


@all_notebooks
def test_cells_were_executed_from_top_to_bottom(path):
    for count, cell in enumerate(code_cells(path), 1):
        assert cell.execution_count == count, f"{path.stem}, {cell.id} is not number {count}"


@all_notebooks
def test_metadata_hold_nothing_but_what_the_build_writes(path):
    assert read(path).metadata == build.METADATA, f"{path.stem} has other metadata"
    for cell in read(path).cells:
        extra = set(cell.metadata) - {"tags", "jupyter", "cellView"}
        assert not extra, f"{path.stem}, {cell.id} has the metadata {extra}"


def test_a_page_exported_as_a_script_is_python():
    """By what the notebook says of its language: so JupyterLab exports it, and nbconvert."""
    code, about = get_exporter("script")().from_filename(str(PATHS[3]))

    assert about["output_extension"] == ".py"
    compile(code, "page 3", "exec")


@all_notebooks
def test_code_cells_are_short(path):
    for cell in code_cells(path):
        lines = len(cell.source.replace(build.colab(), "").splitlines())
        assert lines <= build.LINES, f"{path.stem}, {cell.id} has {lines} lines"


@all_notebooks
def test_tags_are_from_the_closed_list(path):
    for cell in read(path).cells:
        known = build.TAGS | {*build.FOLDED.values()}
        assert set(tags(cell)) <= known, f"{path.stem}, {cell.id} is tagged {tags(cell)}"


@all_notebooks
def test_what_is_folded_is_folded_everywhere_and_says_what_it_is(path):
    for cell in code_cells(path):
        ways = {bool(cell.metadata.get("jupyter", {}).get("source_hidden")), "cellView" in cell.metadata,
                bool(set(tags(cell)) & {*build.FOLDED.values()})}
        assert len(ways) == 1, f"{path.stem}, {cell.id} is folded here and open there"
        if ways == {True}:
            assert re.match(r"# [A-Z].{3,}", cell.source), f"{path.stem}, {cell.id}: say what is folded"
            letters = len(cell.source.splitlines()[0])
            assert letters <= 71, f"{path.stem}, {cell.id}: {letters} letters: 1024 px scroll sideways"


@notebooks
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_there(path, section):
    pattern = re.compile(rf"^(#+ |[-*> ]*\*\*){section}\b", re.MULTILINE)

    found = any(pattern.search(cell.source) for cell in markdown_cells(path))

    assert found, f"{path.stem} has no heading or bold line {section!r}"


@all_notebooks
def test_there_is_one_title_and_no_heading_skips_a_level(path):
    levels = [level for level, _, _ in headings(path)]

    assert levels[:1] == [1] and levels.count(1) == 1, f"{path.stem} must begin with its one title"
    for (above, _, _), (level, text, cell) in pairwise(headings(path)):
        assert level <= above + 1, f"{path.stem}, {cell.id}: {text!r} skips a level"


@all_notebooks
def test_markdown_is_what_jupyter_renders(path):
    for cell in markdown_cells(path):
        directive = re.search(r"^(```|:::)\{.*", cell.source, re.MULTILINE)
        assert not directive, f"{path.stem}, {cell.id}: Jupyter does not know {directive[0]!r}"


@all_notebooks
def test_every_picture_says_in_words_what_it_shows(path):
    found = []
    for cell in markdown_cells(path):
        found += [(cell.id, alt) for alt in re.findall(r"!\[(.*?)\]\(", prose(cell))]
        found += [(cell.id, alt) for alt in Images(prose(cell)).alts]
    for cell, output in outputs(path):
        alts = Images(output.get("data", {}).get("text/html", "")).alts
        bare = "image/png" in output.get("data", {}) and not alts  # JupyterLab would show no text
        found += [(cell.id, alt) for alt in alts or [""] * bare]

    for cell, alt in found:
        assert len(alt) >= 20, f"{path.stem}, {cell}: the alternative text {alt!r} says too little"
        opening = alt.lower().startswith(("plot of", "figure of"))
        assert not opening, f"{path.stem}, {cell}: say what {alt!r} shows, not what it is"


@all_notebooks
def test_no_error_is_stored_unless_it_is_meant(path):
    for cell, output in outputs(path):
        meant = output.output_type != "error" or "raises-exception" in tags(cell)
        assert meant, f"{path.stem}, {cell.id} stores a {output.ename}"


@all_notebooks
def test_no_warning_is_stored(path):
    for cell, output in outputs(path):
        assert output.get("name") != "stderr", f"{path.stem}, {cell.id} stores {output.text!r}"


@all_notebooks
def test_outputs_do_not_name_places_on_a_machine(path):
    for cell, output in outputs(path):
        found = MACHINE_PATH.search(PIXELS.sub("", json.dumps(output)))
        assert not found, f"{path.stem}, {cell.id} stores the path {found[0]!r}"


@all_notebooks
def test_the_file_is_small(path):
    kilobytes = path.stat().st_size / 1000
    assert kilobytes <= build.KILOBYTES, f"{path.stem} has {kilobytes:.0f} KB"


@all_notebooks
def test_links_lead_somewhere(path):
    for cell in markdown_cells(path):
        for link in re.findall(r"\]\(([^)#\s]+)", prose(cell)):
            there = re.match(r"\w+:", link) or (path.parent / link).exists()
            assert there, f"{path.stem}, {cell.id} links to {link}, which is not there"


@notebooks
def test_no_page_needs_a_later_one(path):
    own, beginning = int(path.name[:2]), ""
    for cell in markdown_cells(path):
        beginning += cell.source + "\n\n"
        if "## You need" in cell.source:
            break
    before, need = beginning.split("## You need\n")
    top = before + need.partition("\n## ")[0]

    named = {int(n) for n in PAGE.findall(top)} | {int(n) for n in re.findall(r"[Nn]otebook (\d+)", top)}

    late = sorted(n for n in named if n >= own)
    assert not late, f"{path.stem} needs notebook {late[0]}, which comes later"


@notebooks
def test_the_last_paragraph_names_the_next_page(path):
    text = markdown_cells(path)[-2].source                    # the last cell holds the links of the build
    last = text.rstrip().rpartition("\n\n")[2]
    following = PATHS[PATHS.index(path) + 1:]

    if following:
        assert last.startswith("Next: "), f"{path.stem} does not end with what is next, but with {last!r}"
        assert PAGE.findall(last) == [following[0].name[:2]], f"{path.stem}: next is {following[0].stem}"
    else:
        assert last.startswith("This is the last notebook."), f"{path.stem} ends with {last!r}"


@pytest.mark.parametrize("place", [PATHS[0], build.HERE.parent / "README.md"], ids=["map", "README"])
def test_every_table_of_pages_has_all_of_them_in_order(place):
    text = place.read_text(encoding="utf-8") if place.suffix == ".md" else "\n".join(
        cell.source for cell in markdown_cells(place))
    rows = ROW.findall(text)
    linked = [(int(n), path.stem) for n, path in zip((n for n, _ in rows), PATHS, strict=True)]

    assert [n for n, _ in linked] == [int(path.name[:2]) for path in PATHS]
    for (n, stem), (_, row) in zip(linked, rows, strict=True):
        assert f"{stem}.ipynb)" in row or (place, n) == (PATHS[0], 0), f"row {n} does not lead to {stem}"


@notebooks
def test_the_map_has_the_minutes_that_the_page_tells(path):
    table = ROW.findall("\n".join(cell.source for cell in markdown_cells(PATHS[0])))
    told = next(int(row.strip(" |").rpartition("|")[2]) for n, row in table if int(n) == int(path.name[:2]))
    page = teaching.facts(int(path.name[:2]))
    own = sum(page.parts.values()) + sum(minutes for _, minutes in page.exercises.values())

    assert told == own, f"the map says {told} minutes of {path.stem}; its own line and exercises say {own}"


@notebooks
def test_a_page_is_honest_about_the_minutes_of_reading(path):
    """150 words or 10 lines of shown code a minute, 2 for each figure to touch; puzzles and training wait."""
    counted = 0
    for cell in read(path).cells:
        if cell.source.startswith("## Exercises"):
            break
        if cell.cell_type == "markdown":
            counted += len(prose(cell).split()) / 150
        elif not set(tags(cell)) & set(build.FOLDED):
            counted += len(cell.source.splitlines()) / 10
        counted += 2 * ("widget" in tags(cell))
    told = sum(teaching.facts(int(path.name[:2])).parts.values())

    assert abs(told - counted) <= 25, f"{path.stem} tells {told} minutes of reading; we count {counted:.0f}"


@notebooks
def test_a_stub_is_an_exercise_followed_by_its_check_and_its_solution(path):
    cells = code_cells(path)
    stubs = [i for i, cell in enumerate(cells) if STUB.search(cell.source)]
    for i, following in pairwise([*stubs, len(cells)]):
        where = f"{path.stem}, {cells[i].id}"
        rest = cells[i + 1 : following]
        solutions = [cell for cell in rest if "solution" in tags(cell)]
        assert "exercise" in tags(cells[i]), f"{where} is a stub without the tag exercise"
        assert rest and "check" in rest[0].source, f"{where}: no check follows the stub"
        assert solutions, f"{where}: no solution follows the stub"
        assert "solution=True" in solutions[-1].source, f"{where}: the solution is not checked as such"


@notebooks
def test_two_hints_stand_before_every_solution(path):
    cells = read(path).cells
    for before, cell in pairwise(cells):
        if "solution" in tags(cell):
            hints = HINT.findall(before.source)
            assert [name for name, _ in hints] == ["Hint 1", "Hint 2"], f"{path.stem}, {cell.id}: two hints"


@notebooks
def test_the_panel_lists_the_exercises_of_the_page(path):
    cells, number = read(path).cells, int(path.name[:2])
    panels = [i for i, cell in enumerate(cells) if f"widgets.solved({number})" in cell.source]
    last = max(i for i, cell in enumerate(cells) if "solution" in tags(cell))
    titles = TITLE.findall("\n".join(cell.source for cell in markdown_cells(path)))
    assert len(panels) == 1 and panels[0] > last, f"{path.stem} ends without a panel of what is solved"
    for exercise in exercises.progress(number):
        assert (str(exercise.number), exercise.title) in titles, f"{path.stem} has no {exercise.title}"


@notebooks
def test_the_first_screen_is_title_promise_and_a_live_figure(path):
    title, setup = read(path).cells[:2]
    assert title.cell_type == "markdown" and len(title.source.split()) < 75, f"{path.stem}: a long promise."
    assert "Run this cell to move the controls." in str(setup.get("outputs")), f"{path.stem}: no live figure."


@all_notebooks
def test_widgets_leave_something_to_read_without_a_kernel(path):
    for cell in code_cells(path):
        if "widget" in tags(cell):
            still = any("text/html" in output.get("data", {}) for output in cell.outputs)
            assert still, f"{path.stem}, {cell.id}: the widget has no text/html beside it"
            assert "nbval-ignore-output" in tags(cell), f"{path.stem}, {cell.id} is compared"


@notebooks
def test_every_published_solution_is_right(path):
    for cell in code_cells(path):
        if "solution" in tags(cell):
            said = str([output.get("data", {}).get("text/plain") for output in cell.outputs])
            assert "✓" in said, f"{path.stem}, {cell.id}: the solution does not pass its check"
