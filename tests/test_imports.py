"""Who may import whom. The maths knows only NumPy, so that it can be read and loaded alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rnnlib"
CELLS = {"rnn", "lstm", "gru", "gru_original"}
MATHS = {
    *CELLS,
    *("bptt", "losses", "readout", "gradcheck", "analysis", "optimizers", "training", "tasks"),
    *("locate", "changes", "editable", "guard"),
    *("activations", "dynamics"),
    *("interop", "wrong", "board", "checks", "data", "doors", "trace", "report", "sequences", "trees"),
}

# Each module's own imports from rnnlib; `checks` may be imported by all.
OURS = {
    "rnn": set(),
    "lstm": set(),
    "gru": set(),
    "gru_original": {"gru"},
    "sequences": set(),
    "checks": set(),
    "data": set(),
    "tasks": set(),
    "losses": set(),
    "readout": {"losses"},
    "trace": set(),
    "doors": {"trace"},
    "bptt": {"trace", "doors"},
    "report": set(),
    "trees": set(),
    "gradcheck": {"bptt", "doors", "locate", "report", "trees"},
    "editable": {"bptt", "gru", "lstm", "rnn"},
    "changes": {"bptt", "editable", "gru", "lstm", "rnn"},
    "guard": set(),
    "locate": {"bptt", "changes", "editable", "gradcheck", "guard", "report"},
    "activations": {"rnn"},
    "dynamics": {"activations"},
    "analysis": {"bptt", "doors"},
    "optimizers": {"trees"},
    "training": {"bptt", "doors", "losses", "optimizers", "readout", "trees"},
    "interop": {*CELLS, "doors"},
    "wrong": {*CELLS, "bptt", "gradcheck", "losses", "optimizers", "readout", "trees"},
    "board": {*CELLS, "bptt", "editable", "gradcheck", "losses", "trees", "wrong", "wrong.passes"},
    "exercises": MATHS,
    "figures": set(),
    "plots": {"figures"},
    "widgets": {*MATHS, "exercises", "figures", "plots"},
}
THEIRS = {
    "figures": {"numpy", "matplotlib", "PIL", "IPython"},
    "plots": {"numpy", "matplotlib"},
    "widgets": {"numpy", "matplotlib", "PIL", "IPython", "ipywidgets"},
}
MODULES = sorted({path.relative_to(PACKAGE).parts[0].removesuffix(".py")
                  for path in PACKAGE.glob("**/*.py")} - {"__init__"})


def imports(name):
    """Return the modules of ours and the packages of others that a module, or a folder of them, imports."""
    ours, theirs, folder = set(), set(), PACKAGE / name
    for path in sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                theirs |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                theirs.add(node.module.split(".")[0])
            elif isinstance(node, ast.ImportFrom) and node.level == 1 + folder.is_dir():
                ours |= {node.module} if node.module else {alias.name for alias in node.names}
    return ours, theirs - set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    assert name in OURS, f"tests/test_imports.py does not say what rnnlib.{name} may import"
    ours, theirs = imports(name)

    forbidden = ours - OURS[name] - {"checks"} | theirs - THEIRS.get(name, {"numpy"})

    assert not forbidden, f"rnnlib.{name} may not import {', '.join(sorted(forbidden))}"


@pytest.mark.parametrize("name", sorted({*MATHS, "exercises"} & set(MODULES)))
def test_maths_loads_neither_matplotlib_nor_ipywidgets(name):
    code = f"import sys, rnnlib.{name}; print(*{{'matplotlib', 'ipywidgets'}} & set(sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "", f"import rnnlib.{name} also loads {loaded.stdout.strip()}"
