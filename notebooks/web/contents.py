"""Which pages there are, in which parts, and where else each can be opened."""

import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1]
ROOT = NOTEBOOKS.parent
CONVENTIONS = "16-conventions.html"
BESIDE = {      # what has no number, and what it is for
    "primer.ipynb": "the chain rule, Taylor, complex numbers, eigenvalues and singular values",
    "teaching.md": "plans for each page, all answers, and what each wrong choice stands for"}
PARTS = {      # by the number of the first page of each
    0: "Begin", 1: "The gradient", 4: "Is it right?", 6: "Through time", 8: "Gates", 12: "Training",
    15: "Your own cell, and others'"}


@dataclass(frozen=True)
class Page:
    """A notebook or a text: its file, its title without number, and what is done there."""

    file: Path
    title: str
    does: str = ""
    minutes: str = ""

    @property
    def stem(self):
        return self.file.stem

    @property
    def number(self):
        """The number of a page of the course, None of one beside it."""
        return int(self.stem[:2]) if self.stem[:2].isdigit() else None

    @property
    def name(self):
        return self.title if self.number is None else f"{self.number} · {self.title}"

    @property
    def html(self):
        return f"{self.stem}.html"

    @property
    def slides(self):
        return f"{self.stem}.slides.html"

    @property
    def runs(self):
        """True if it is a notebook."""
        return self.file.suffix == ".ipynb"


def pages(folder=NOTEBOOKS):
    """Return the pages: those of the course in order, then those beside it."""
    files = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    rows = _map(files[0]) | {Path(name).stem: (does,) for name, does in BESIDE.items()}
    files += [file for name in BESIDE if (file := folder / name).exists()]
    return [Page(file, _title(file), *rows.get(file.stem, ())) for file in files]


def numbered(number):
    """Return the page of the course with a number; without one, end with a sentence."""
    found = {page.number: page for page in pages() if page.number is not None}
    if number not in found:
        sys.exit(f"There is no page {number}: the course has the pages {min(found)} to {max(found)}.")
    return found[number]


def parts(all_pages):
    """Return [(name of the part, its pages)] of the course, in order."""
    chosen = {}
    for page in all_pages:
        if page.number is not None:
            start = max(number for number in PARTS if number <= page.number)
            chosen.setdefault(PARTS[start], []).append(page)
    return list(chosen.items())


def beside(all_pages):
    """Return the pages beside the course."""
    return [page for page in all_pages if page.number is None]


def read(file):
    """Return a notebook; a text is one of a single cell."""
    if file.suffix == ".ipynb":
        return nbformat.read(file, 4)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(file.read_text(encoding="utf-8"))])


def text(file):
    """Return the Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in read(file).cells if cell.cell_type == "markdown")


def _title(file):
    found = re.search(r"^# (?:\d+ · )?(.+)$", text(file), re.MULTILINE)
    return found[1] if found else file.stem


def _map(start):
    """Return {stem: (what you do, minutes)} as the table of page 0 has it."""
    rows = re.findall(r"^\| *(\d+) *\|(.*?)\|(.*?)\| *(\d+) *\|$", text(start), re.MULTILINE)
    stems = {file.stem[:2]: file.stem for file in start.parent.glob("[0-9][0-9]-*.ipynb")}
    return {stems[number.zfill(2)]: (does.strip(), minutes) for number, _, does, minutes in rows
            if number.zfill(2) in stems}


@cache
def repository():
    """Return the address of the repository, as pyproject.toml has it."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]


def elsewhere(stem):
    """Return where else a page can be opened: {"colab": address, "binder": address, "source": address}."""
    name = repository().removeprefix("https://github.com/")
    path = f"notebooks/{stem}.ipynb"
    return {
        "colab": f"https://colab.research.google.com/github/{name}/blob/main/{path}",
        "binder": f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/{path}",
        "source": f"{repository()}/blob/main/notebooks/source/{stem}.md"}
