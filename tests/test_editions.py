import json
import re

import nbformat
import pytest

import build
import editions
import pages
from rnnlib.course import predictions

HINT = re.compile(r"<details><summary>Hint .*?</details>", re.DOTALL)
notebooks = pytest.mark.parametrize("path", pages.paths(), ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    editions.edition("student", folder)
    return folder


def text(cells, kind):
    return "\n".join(cell.source for cell in cells if cell.kind == kind)


@notebooks
def test_students_get_no_solution(path, student):
    before, now = pages.read(path), (student / path.name).read_text(encoding="utf-8")
    solutions = [cell.source for cell in before if "solution" in cell.tags]
    cells = pages.read(student / path.name)

    assert solutions or path.stem == "primer"
    assert not any("solution" in cell.tags for cell in cells)
    assert "solution=True" not in now
    for solution in solutions:
        assert solution not in text(cells, "code")


@notebooks
def test_students_get_every_hint_stub_and_check(path, student):
    before, now = pages.read(path), pages.read(student / path.name)

    hints = HINT.findall(text(before, "markdown"))
    assert hints or path.stem == "primer"
    assert HINT.findall(text(now, "markdown")) == hints
    assert pages.exercises(now) == pages.exercises(before)
    kept = [cell for cell in before if cell.kind == "code" and "solution" not in cell.tags]
    assert [cell for cell in now if cell.kind == "code"] == kept


@notebooks
def test_no_answer_is_stored(path, student):
    made = json.loads((student / path.name).read_text(encoding="utf-8"))
    shown = json.dumps([cell.get("outputs") for cell in made["cells"]], ensure_ascii=False)

    assert "Show the answer" not in shown and ", because " not in shown
    assert not re.search("When you have (predicted|tried)|settings that do it<",
                         text(pages.cells(made), "markdown"))


@notebooks
def test_no_cell_holds_the_answer_to_a_question(path, student):
    source = (student / path.name).read_text(encoding="utf-8")
    if re.search(r"widgets\.predict", source):
        pytest.skip("this page's questions still stand in its cells")

    for question in predictions.questions(pages.number(path)):
        assert question.because[:40] not in source


@notebooks
def test_an_edition_is_a_notebook_whose_links_lead_somewhere(path, student):
    made = nbformat.read(student / path.name, as_version=4)

    nbformat.validate(made)
    for link in re.findall(r"\]\(([^)#\s]+)", text(pages.read(student / path.name), "markdown")):
        assert re.match(r"\w+:", link) or (student / link).exists(), link


def test_teachers_get_everything(tmp_path):
    for path in editions.edition("teacher", tmp_path / "new"):
        assert path.read_bytes() == (pages.HERE / path.name).read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.ipynb").write_text("mine")

    with pytest.raises(SystemExit, match="name a new folder"):
        editions.edition("student", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.ipynb"]


def run(path, student):
    made = nbformat.read(student / path.name, as_version=4)
    build.execute(made, path.stem)                    # raises where a cell stops
    return made


def test_a_cell_that_needs_an_answer_says_so(student):
    path = next(path for path in pages.paths() if path.name.startswith("03"))

    made = run(path, student)

    said = json.dumps([cell.get("outputs") for cell in made.cells], ensure_ascii=False)
    assert "Write deltas first." in said and said.count("· not ") == len(
        pages.exercises(pages.read(path)))


NEEDY = ("00", "03", "12", "15")     # what they run stands on answers most; every page did, by hand


@pytest.mark.rebuild
@pytest.mark.parametrize("number", NEEDY)
def test_students_can_run_a_page_from_top_to_bottom(number, student):
    run(next(path for path in pages.paths() if path.name.startswith(number)), student)
