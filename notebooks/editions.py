"""Make a folder of notebooks to hand out, from the committed ones.

    python3 course.py edition student DIR     without solutions and answers, with the checks and the hints
    python3 course.py edition teacher DIR     with everything

In the student's edition a question is judged by the notebook as before: its answers live in the installed
package, where somebody who looks for them finds them. What a cell has shown is kept, unless a question, a
puzzle or a learner's answer has a part in it.
"""

import argparse
import ast
import json
import re
import shutil
import sys
from pathlib import Path

import pages

ASKS = re.compile(r"\b(predictions\.ask|widgets\.(predict|predict_number|puzzles))\(")
ANSWER = re.compile(
    r"<details><summary>((?:When you have |[^<\n]* that do it)[^<\n]*)</summary>.*?</details>", re.DOTALL)
HIDDEN = "*In the teacher's edition: {}.*"
BESIDE = ("16-conventions.html", "images")


def edition(kind, folder):
    """Write an edition, "student" or "teacher", with what it links to; return the paths of its notebooks."""
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"{folder} is there already, and is not empty: name a new folder.")
    pages.folder(folder)
    for path in pages.paths():
        text = path.read_text(encoding="utf-8")
        if kind == "student":
            text = json.dumps(student(json.loads(text)), indent=1, ensure_ascii=False) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline="\n")
    for name in BESIDE:
        copy = shutil.copytree if (pages.HERE / name).is_dir() else shutil.copyfile
        copy(pages.HERE / name, folder / name)
    return sorted(folder.glob("*.ipynb"))


def student(notebook):
    """Return a notebook without solutions and answers, counted anew."""
    own, kept, count = answers(pages.cells(notebook)), [], 0
    for cell, (kind, source, tags) in zip(notebook["cells"], pages.cells(notebook)):
        if "solution" in tags:
            continue
        if kind == "markdown":
            source = ANSWER.sub(lambda found: HIDDEN.format(told(found[1])), source)
            cell = cell | {"source": source.splitlines(keepends=True)}
        else:
            count += 1
            stale = ASKS.search(source) or ("exercise" not in tags and own & names(source))
            shown = [] if stale and not check_alone(source) else cell["outputs"]
            shown = [o | {"execution_count": count} if "execution_count" in o else o for o in shown]
            cell = cell | {"outputs": shown, "execution_count": count if shown else None}
        kept.append(cell)
    return notebook | {"cells": kept}


def answers(cells):
    """Return the names that learners' answers have on a page."""
    return {node.name for cell in cells if "exercise" in cell.tags for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef)}


def names(source):
    """Return the names that a piece of code reads."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def check_alone(source):
    """True if a cell is the check of an exercise, which says of a stub what it has always said."""
    tree = ast.parse(source)
    return bool(pages.checked(tree)) and not any(isinstance(node, ast.ClassDef) for node in tree.body)


def told(summary):
    """Return what a fold holds, by its summary: "When you have predicted: what it means"."""
    name = summary.rpartition(": ")[2].strip()
    return name[:1].lower() + name[1:]


def main():
    parser = argparse.ArgumentParser(prog="course.py edition", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["student", "teacher"])
    parser.add_argument("folder", metavar="DIR")
    options = parser.parse_args()
    written = edition(options.kind, options.folder)
    print(f"Written: {len(written)} notebooks of the {options.kind}'s edition in {options.folder}")
    for path in written if options.kind == "student" else ():
        if "answer=" in path.read_text(encoding="utf-8"):
            print(f"{path.name} still asks questions whose answers stand in its cells.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
