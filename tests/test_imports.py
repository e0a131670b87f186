"""Who may import whom: downwards only, and outside the wing of the course nothing but NumPy."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rnnlib"

# Each room, and the rooms it may import. `doors` checks arguments everywhere, and knows the Trace.
ROOMS = {
    "trace": set(),
    "doors": {"trace"},
    "trees": set(),
    "cells": {"doors"},
    "bptt": {"trace", "doors"},
    "sequences": {"doors"},
    "layers": {"bptt", "doors"},
    "rtrl": {"bptt", "doors", "trees"},
    "checkpoints": {"bptt", "doors"},
    "losses": {"doors"},
    "readout": {"doors"},
    "training": {"bptt", "doors", "losses", "readout", "trees"},
    "analysis": {"bptt", "doors"},
    "dynamics": {"cells", "doors"},
    "gradcheck": {"bptt", "cells", "doors", "trees"},
    "interop": {"cells", "doors"},
}
MATHS = {*ROOMS}
# In the wing of the course; `figures` is what all pictures share.
COURSE = {
    "figures": set(),
    "unfinished": set(),
    "memory": set(),
    "data": set(),
    "linear": set(),
    "wrong": set(),
    "board": {"wrong"},
    "counting": set(),
    "exercises": {"linear", "wrong"},
    "plots": {"figures"},
    "widgets": {"board", "counting", "data", "exercises", "figures", "memory", "plots", "wrong"},
    "predictions": {"widgets"},
}
THEIRS = {
    "unfinished": {"IPython"},
    "memory": {"IPython"},
    "figures": {"numpy", "matplotlib", "PIL", "IPython"},
    "plots": {"numpy", "matplotlib"},
    "widgets": {"numpy", "matplotlib", "PIL", "IPython", "anywidget", "traitlets"},
}
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def module_of(path):
    """Return the dotted name of a file of the package, without `rnnlib.`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imports(name):
    """Return the modules of ours that a module imports, in full, and the packages of others."""
    ours, theirs, path = set(), set(), MODULES[name]
    package = path.parent.parts
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            theirs |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            theirs.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) + 1 - node.level], *filter(None, [node.module])]
            for alias in node.names:
                full = ".".join([*base, alias.name])
                ours.add(full if full in MODULES else ".".join(base))
    return ours, theirs - set(sys.stdlib_module_names)


def room(name):
    """Return the room of a module; in the wing of the course, which part of it."""
    first, *rest = name.split(".")
    return rest[0] if first == "course" and rest else first


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"", "course"}))
def test_imports_go_one_way(name):
    ours, theirs = imports(name)
    here, rooms = room(name), {room(other) for other in ours if other}
    assert here in ROOMS or here in COURSE, f"tests/test_imports.py does not say what {here} may import"

    allowed = ROOMS[here] if here in ROOMS else MATHS | COURSE[here]
    forbidden = rooms - allowed - {here} | theirs - THEIRS.get(here, {"numpy"})

    assert "" not in ours, f"rnnlib.{name} imports the whole package"
    assert not forbidden, f"rnnlib.{name} may not import {', '.join(sorted(forbidden))}"


def test_no_two_modules_import_each_other():
    graph = {name: imports(name)[0] - {name} for name in MODULES if name}

    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)      # a circle raises


def test_there_is_no_other_way_to_import():
    for name, path in MODULES.items():
        text = (PACKAGE / path).read_text(encoding="utf-8")
        late = [node for outer in ast.walk(ast.parse(text)) if isinstance(outer, ast.FunctionDef)
                for node in ast.walk(outer) if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert not late and "def __getattr__(name)" not in text, f"rnnlib.{name} imports inside a function"


def test_contributing_shows_the_house_in_an_order_in_which_it_can_be_read():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.findall(r"^    ([\w.]+)/? +\S", text.split("\nrnnlib/\n")[1].split("\n```")[0], re.MULTILINE)
    names = [path.name for path in PACKAGE.iterdir() if not path.name.startswith("__")]

    assert sorted(shown) == sorted(names)

    read = {"doors"}
    for name in (name.removesuffix(".py") for name in shown if name != "course"):
        later = ROOMS[name] - read
        assert not later, f"{name} stands above {', '.join(sorted(later))}, which it imports"
        read.add(name)
    assert shown[-1] == "course"


def test_every_folder_says_what_belongs_there():
    for name, path in MODULES.items():
        if path.name == "__init__.py" and len(path.parts) < 3:
            said = ast.get_docstring(ast.parse((PACKAGE / path).read_text(encoding="utf-8")))
            assert said and said.count(".") >= 2, f"rnnlib.{name} does not say what belongs there"


def test_mathematics_and_checking_load_only_numpy():
    code = ("import sys; before = set(sys.modules); import rnnlib, rnnlib.gradcheck; "
            "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before if m[0] != '_'} "
            "- sys.stdlib_module_names))")

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == ["numpy", "rnnlib"]
