"""Check notebooks that were handed in: one row of a CSV file for each, and a report to read.

    python3 course.py grade FILE...              notebooks, or folders of notebooks
    python3 course.py grade FILE... --to DIR     grades.csv and grades.html go there, else here
    python3 course.py grade FILE... --seconds 3  what one call of an answer may take, else 10

A folder's notebooks are its files that end in .ipynb; what else is in it is named, and not judged.

Each notebook is judged for itself: the course's own checks run in one process, the learner's code in
others, with limits of time, memory (Linux, macOS) and written files. Which page a notebook belongs to is seen
from its exercises. Only that runs on which an answer stands: the page's setup, and what the learner wrote for
it. An exercise is right, wrong, open, or broken: its code did not run, or did not end. A notebook that breaks
costs its own row.

This is no jail. The code runs as you, and can read what you can read; a hook refuses other processes, the
network and written files, and somebody who sets out to get round it may succeed: for strangers' notebooks use
a machine or a container that has nothing to lose, and never root. On Windows only the limits of time and the
hook hold. And no check sees whose work it is: the package holds all that the answers need, and the published
notebooks hold solutions.
"""

import argparse
import csv
import glob
import json
import os
import re
import secrets
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import NamedTuple

import pages

JUDGE = Path(__file__).resolve().with_name("judge.py")
CALLS = 25                           # a notebook may take as long as so many calls that do not end
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
OURS = "grades.csv", "grades.html"
STYLE = """li { list-style: none; overflow-wrap: anywhere; }
@media screen { table { display: block; overflow-x: auto; } }
"""
VERDICTS = {"right": "✓", "wrong": "✗", "open": "·", "broken": "!"}


class Grade(NamedTuple):
    """What became of a notebook: exercises as (number, title, verdict, sentence), or why there are none."""

    file: str
    page: str = ""
    exercises: tuple = ()
    broken: str = ""
    note: str = ""

    @property
    def right(self):
        """How many exercises are right."""
        return sum(verdict == "right" for _, _, verdict, _ in self.exercises)


def found(words):
    """Return (notebooks, files left out) that words name: files, folders, or patterns, left by a shell.

    Of a folder's files those are notebooks that are called so, also where a browser has added .txt or .json.
    """
    files, others = [], []
    for word in words:
        for name in sorted(glob.glob(word)) or [word]:
            path = Path(name)
            if not path.is_dir():
                files += [path] * (".ipynb_checkpoints" not in path.parts)
                continue
            inside = [file for file in sorted(path.rglob("*"))
                      if not (file.is_dir() or _hidden(file.relative_to(path)))]
            files += [file for file in inside if NOTEBOOK.search(file.name)]
            others += [file for file in inside if not NOTEBOOK.search(file.name) and file.name not in OURS]
    return list(dict.fromkeys(files)), list(dict.fromkeys(others))


def _hidden(file):
    """True of what programs keep beside a reader's files: .ipynb_checkpoints, .DS_Store, __MACOSX."""
    return any(part.startswith((".", "__MACOSX")) for part in file.parts)


def grade(file, seconds):
    """Judge one notebook in a process of its own; one call of an answer may take so many seconds."""
    word, name = secrets.token_hex(16), os.fsencode(file).decode(errors="replace")
    try:
        command = [sys.executable, str(JUDGE), str(Path(file).absolute()), str(seconds)]
        done = subprocess.run(command, input=word.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=CALLS * seconds + 60)
        lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith(word)]
        told = json.loads(lines[0][len(word):])
    except subprocess.TimeoutExpired:
        return Grade(name, broken="it was not judged in time.")
    except (IndexError, ValueError, OSError):
        return Grade(name, broken="the process that judged it ended early.")
    if "broken" in told:
        return Grade(name, broken=told["broken"])
    return Grade(name, told["page"], tuple(map(tuple, told["exercises"])), note=told["note"])


def write_csv(grades, path):
    """Write one row a notebook: file, page, right, of, a column for each exercise, and a note."""
    numbers = range(1, 1 + max((number for g in grades for number, *_ in g.exercises), default=1))
    with open(path, "w", newline="", encoding="utf-8-sig", errors="replace") as file:     # Excel reads it so
        rows = csv.writer(file)
        rows.writerow(["file", "page", "right", "of", *numbers, "note"])
        for g in grades:
            verdicts = {number: verdict for number, _, verdict, _ in g.exercises}
            cells = [verdicts.get(number, "broken" if g.broken else "") for number in numbers]
            rows.writerow([_plain(g.file), g.page[:2], g.right, len(g.exercises), *cells,
                           _plain(g.broken or g.note)])


def _plain(text):
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def counts(grades):
    """Return a table of how many hand-ins have an exercise right, wrong, open and broken; none for one."""
    told = Counter((g.page[:2], f"{number} · {title}", verdict)
                   for g in grades for number, title, verdict, _ in g.exercises)
    if len(grades) < 2:
        return ""
    rows = ["".join(f"<th>{word}</th>" for word in ("page", "exercise", *VERDICTS))]
    for page, exercise in sorted({key[:2] for key in told}):
        cells = page, escape(exercise), *(told[page, exercise, verdict] or "" for verdict in VERDICTS)
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    return "<h2>The class</h2>\n<table>" + "\n".join(f"<tr>{row}</tr>" for row in rows) + "</table>\n"


def report(grades, left_out=""):
    """Return the report as HTML: marks, what the class has right, and what was said of each exercise."""
    width = max((number for g in grades for number, *_ in g.exercises), default=0)
    head = "".join(f"<th>{word}</th>" for word in ("file", "page", "right", *range(1, width + 1)))
    rows, sections = [], []
    for n, g in enumerate(grades):
        verdicts = {number: VERDICTS[verdict] for number, _, verdict, _ in g.exercises}
        cells = [f'<a href="#n{n}">{escape(g.file)}</a>', g.page[:2],
                 "broken" if g.broken else f"{g.right} of {len(g.exercises)}",
                 *(verdicts.get(number, "") for number in range(1, width + 1))]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        lines = [f"<li>{VERDICTS[verdict]} {number} · {escape(title)}: "
                 f"{'broken, ' * (verdict == 'broken')}{escape(said)}</li>"
                 for number, title, verdict, said in g.exercises]
        lines = lines or [f"<li>! broken: {escape(g.broken)}</li>"]
        lines += [f"<li>{escape(g.note)}</li>"] if g.note else []
        sections.append(f'<section id="n{n}"><h2>{escape(g.file)}</h2><p>{escape(g.page)}</p>'
                        f"<ul>{''.join(lines)}</ul></section>")
    marks = ", ".join(f"{mark} {verdict}" for verdict, mark in VERDICTS.items())
    body = (f"<p>{marks}. Each sentence is what the check of the course said. "
            f"No check sees whose work it is.</p>\n<p>{escape(left_out)}</p>\n"
            f"<table><tr>{head}</tr>\n" + "\n".join(rows) + "</table>\n"
            + counts(grades) + "\n".join(sections))
    return pages.document("Checked hand-ins", body, STYLE)


def told_of(files):
    """Return a sentence on files that were not judged, or nothing if there are none."""
    names = ", ".join(_readable(os.fsencode(file).decode(errors="replace")) for file in files[:20])
    more = f" and {len(files) - 20} more" if len(files) > 20 else ""
    return f"Not judged, because notebooks end in .ipynb: {names}{more}." if files else ""


def _readable(text):
    """Return text without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def seconds(word):
    """Return a number of seconds in which an answer can be called, and which end."""
    if not 1 <= (value := float(word)) <= 3600:
        raise argparse.ArgumentTypeError("from 1 to 3600, please.")
    return value


def main():
    parser = argparse.ArgumentParser(prog="course.py grade", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--to", default=".", metavar="DIR", type=Path)
    parser.add_argument("--seconds", default=10, type=seconds)
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    files, others = found(options.files)
    left_out = told_of(others)
    if not files:
        sys.exit(" ".join(["There is no notebook in " + ", ".join(options.files) + ".", left_out]))
    ours = [pages.folder(options.to) / name for name in OURS]
    for file in ours:
        pages.writable(file)
    grades = []
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for g in pool.map(grade, files, [options.seconds] * len(files)):
                grades.append(g)
                told = f"page {g.page[:2]}, {g.right} of {len(g.exercises)} right"
                said = f"broken, {g.broken}" if g.broken else "; ".join([told, *[g.note] * bool(g.note)])
                print(f"{_readable(g.file)}: {said}", flush=True)
    except KeyboardInterrupt:
        sys.exit("Stopped: nothing was written.")
    write_csv(grades, ours[0])
    ours[1].write_text(report(grades, left_out), encoding="utf-8", errors="replace")
    print(*[left_out] * bool(left_out), f"Written: {ours[0]} and {ours[1]}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
