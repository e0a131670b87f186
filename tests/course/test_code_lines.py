"""The line of code below a live figure can be typed on its page: every name in it is there by then."""

import ast
import builtins
import html
import re

import nbformat
import pytest

import build
from rnnlib import bptt, checkpoints, dynamics, gradcheck, losses, lstm
from rnnlib.course import widgets

LINE = re.compile(r'<pre style="font-size: 14px">(.*?)</pre>', re.DOTALL)       # as live.py stores it
MODULES = {"bptt": bptt, "checkpoints": checkpoints, "dynamics": dynamics, "gradcheck": gradcheck,
           "losses": losses, "lstm": lstm, "widgets": widgets}
PATHS = sorted(build.HERE.glob("*.ipynb"))


def bound(tree):
    """Return the names that code gives a value to, arguments among them."""
    nodes = [*ast.walk(tree)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return names | {(alias.asname or alias.name).split(".")[0] for node in nodes
                    if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}


def lines(path):
    """Yield each stored line of a page, with the names that its cells have bound by then."""
    known = set(dir(builtins))
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            known |= bound(ast.parse(cell.source))
            for output in cell.outputs:
                for line in LINE.findall(output.get("data", {}).get("text/html", "")):
                    yield html.unescape(line), known


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])
def test_every_name_in_a_line_below_a_figure_is_there(path):
    for line, known in lines(path):
        tree = ast.parse(line)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound(tree)
        assert used <= known, f"{line}: not on the page above it: {', '.join(sorted(used - known))}"

        for node in ast.walk(tree):                                    # widgets.reach_of, bptt.backward
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = MODULES.get(node.value.id)
                assert module is None or hasattr(module, node.attr), f"{line}: no {node.attr} there"


def test_the_pages_have_such_lines():
    assert sum(len([*lines(path)]) for path in PATHS) >= 25
