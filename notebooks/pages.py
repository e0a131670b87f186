"""What a committed page holds: its cells, and the exercises among them. Standard library only."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TITLE = re.compile(r"^\*\*(\d+) · (.+?)\.?\*\*", re.MULTILINE)


class Cell(NamedTuple):
    """A cell of a notebook: its kind, its text, its tags."""

    kind: str
    source: str
    tags: tuple


class Exercise(NamedTuple):
    """An exercise of a page: its number and title, the name of its check, what the check is given."""

    number: int
    title: str
    check: str
    answer: str
    stub: str


def paths():
    """Return the paths of the committed notebooks: the pages in order, then the primer."""
    return sorted(HERE.glob("*.ipynb"))


def number(path):
    """Return the number of a page, or its name if it has none."""
    return int(path.stem[:2]) if path.stem[:2].isdigit() else path.stem


def cells(notebook):
    """Return the cells of a notebook as it was read from JSON, whatever else it holds."""
    found = []
    for cell in notebook["cells"]:
        source, metadata = cell.get("source", ""), cell.get("metadata")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        tags = tuple(map(str, tags)) if isinstance(tags, list) else ()
        found.append(Cell(str(cell.get("cell_type")), source, tags))
    return found


def read(path):
    """Return the cells of a committed notebook."""
    return cells(json.loads(Path(path).read_text(encoding="utf-8")))


def exercises(page):
    """Return the exercises among the cells of a page, in order."""
    found, number, title, stub = [], 0, "", None
    for cell in page:
        if cell.kind == "markdown":
            for told, name in TITLE.findall(cell.source):
                number, title = int(told), name
        elif "exercise" in cell.tags:
            stub = cell.source
        elif stub is not None and "solution" not in cell.tags:
            (check, answer), *_ = checked(ast.parse(cell.source))
            found.append(Exercise(number, title, check, ast.unparse(answer), stub))
            stub = None
    return found


def checked(tree, solutions=False):
    """Return (name of the check, what it is given) of the calls of checks in a piece of code."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = getattr(node.func, "value", node.func)               # exercises.check_x, or check_x
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            name = name if getattr(named, "id", "") in ("exercises", name) else ""
            options = {word.arg: word.value for word in node.keywords}
            given = [*node.args[:1], *[options[name] for name in ("answer",) if name in options]]
            if name.startswith("check_") and given and ("solution" in options) <= solutions:
                found.append((name, given[0]))
    return found


def folder(path):
    """Return a folder to write into, made if it is not there; end with a sentence if that cannot be."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"{path} cannot be made a folder ({error.strerror}): name another.")
    return path


def writable(file):
    """End with a sentence if a file cannot be written, before the work is done that it is to hold."""
    try:
        with open(file, "ab"):
            pass
    except OSError as error:
        sys.exit(f"{file} cannot be written ({error.strerror}): close what shows it, or name another folder.")


STYLE = """@page { size: A4; margin: 15mm; }
:root { color-scheme: light dark; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin: 1.6em 0 .4em; }
table { border-collapse: collapse; } th, td { padding: .15em .6em; text-align: left; }
tr { border-bottom: 1px solid #8888; } ol, ul { margin: .4em 0; padding-left: 1.8em; }
section { break-inside: avoid; }
@media print { body { font-size: 11pt; margin: 0; max-width: none; } h2 { break-after: avoid; } }
"""


def document(title, body, style=""):
    """Return a page of HTML that needs nothing else, on a screen or on paper."""
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
            f"{body}\n</body>\n</html>\n")
