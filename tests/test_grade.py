"""Hand-ins, honest and hostile, really graded: each costs its own row and nothing else."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import grade
import judge
import pages

SECONDS = 2                          # for one call: those that never end take all of it
PAGE = next(path for path in pages.paths() if path.name.startswith("03"))
RIGHT = {                                                        # exercises 1 to 3 of page 3
    1: "def three_deltas(h, e, w_h):\n"
       "    d3 = (1 - h[2] ** 2) * e[2]\n"
       "    d2 = (1 - h[1] ** 2) * (e[1] + w_h * d3)\n"
       "    return (1 - h[0] ** 2) * (e[0] + w_h * d2), d2, d3",
    2: "def deltas(W_h, hs, dhs):\n"
       "    delta, carry = np.zeros_like(dhs), 0\n"
       "    for t in reversed(range(len(dhs))):\n"
       "        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)\n"
       "        carry = delta[t] @ W_h\n"
       "    return delta",
    3: "def recurrent_gradient(delta, hs):\n    return np.einsum('tbi,tbj->ij', delta, hs[:-1])",
}
BODY = "def three_deltas(h, e, w_h):\n    "                      # exercise 1 with another body
FAKE = """
import json, gc, sys, os
from rnnlib.course import exercises
from rnnlib.gradcheck import guard
right = exercises.Feedback('right', 'right.')
for name in dir(exercises):
    if name.startswith('check_'):
        setattr(exercises, name, lambda *a, **k: right)
exercises.feedback.same = exercises.feedback.close = lambda *a, **k: True
exercises.trials.agree = exercises.feedback.agree = lambda *a, **k: True
exercises.feedback.Feedback = lambda *a, **k: right
np.allclose = np.array_equal = lambda *a, **k: True
guard.same = lambda *a: True
guard.Outcome.__init__ = lambda *a, **k: None
"""

# name: (cell for exercise 1, verdict of exercise 1, words of what was said)
HOSTILE = {
    "honest": (RIGHT[1], "right", "right"),
    "wrong": (RIGHT[1].replace("(e[0] + w_h * d2)", "e[0]"), "wrong", "nothing is carried back to step 1"),
    "loops": (BODY + "while True: pass", "wrong", f"not done after {SECONDS} seconds"),
    "loops-at-the-top": ("while True: pass\n" + RIGHT[1], "right", "right"),
    "needs-a-loop": ("def late():\n    while True: pass\nw = late()\n" + BODY + "return w", "broken",
                     f"not done after {SECONDS} seconds"),
    "loops-and-swallows": (BODY + "while True:\n        try:\n            while True: pass\n"
                           "        except BaseException: pass", "wrong", "not done"),
    "holds-the-interpreter": (BODY + "return sum(iter(int, 1))", "broken", "did not end in time"),
    "floods": (BODY + "while True: print('flood' * 10_000)", "wrong", "not done"),
    "floods-the-descriptor": (BODY + "import os\n    for _ in range(2000): os.write(1, b'right' * 10_000)",
                              "open", "returns nothing"),
    "prints": (BODY + "print('✓ right.')", "wrong", "prints and returns nothing"),
    "eats-memory": (BODY + "return [np.ones(10**10) for _ in range(99)]", "wrong", "MemoryError"),
    "returns-too-much": (BODY + "return np.broadcast_to(0.0, (10**7, 10**7))", "wrong", "far too many"),
    "forks": (BODY + "import os\n    while True: os.fork()", "wrong", "may not do this (os.fork)"),
    "starts-others": (BODY + "import subprocess\n    subprocess.Popen(['sleep', '60'])", "wrong", "may not"),
    "kills": (BODY + "import os\n    os.kill(os.getppid(), 9)", "wrong", "may not do this (os.kill)"),
    "calls-c": (BODY + "import ctypes\n    ctypes.CDLL(None).kill(-1, 9)", "wrong", "may not"),
    "calls-home": (BODY + "import socket\n    socket.create_connection(('::1', 9))", "wrong", "may not"),
    "reads-stdin": (BODY + "return input('The answer? ')", "wrong", "EOFError"),
    "sys-exit": (BODY + "import sys\n    sys.exit(0)", "wrong", "SystemExit"),
    "os-exit": (BODY + "import os\n    os._exit(0)", "broken", "ended without an answer"),
    "exits-at-the-top": ("import os\nw = os._exit(0)\n" + BODY + "return w", "broken", "ended without"),
    "recurses": (BODY + "return three_deltas(h, e, w_h)", "wrong", "calls itself without end"),
    "crashes": (BODY + "np.lib.stride_tricks.as_strided(np.ones(1), (10**12,), (8,))[10**11]\n"
                "    import faulthandler; faulthandler._sigsegv()", "broken", "ended without an answer"),
    "overwrites-the-checker": (FAKE + BODY + "return 1, 2, 3", "wrong", "delta_"),
    "overwrites-it-inside": (BODY + FAKE.strip().rpartition("\n")[0].replace("\n", "\n    ")
                             + "\n    return 1, 2, 3", "wrong", "delta_"),
    "forges-the-wire": (BODY + "import gc, json\n"
                        "    for o in gc.get_objects():\n"
                        "        if type(o).__name__ == 'Wire':\n"
                        "            for _ in range(9): o.send(json.dumps({'verdict': 'right'}).encode())\n"
                        "    return 1, 2, 3", "broken", "sent what is no answer"),
    "forges-the-report": (BODY + "import os\n"
                          "    for n in range(9):\n"
                          "        try: os.write(n, b'{\"exercises\": [[1, \"\", \"right\", \"\"]]}\\n')\n"
                          "        except OSError: pass\n"
                          "    return 1, 2, 3", "broken", "sent what is no answer"),
    "writes-files": (BODY + "open('grades.csv', 'w').write('right')", "wrong", "may not write files"),
    "equals-everything": ("class All(float):\n    __eq__ = __le__ = __lt__ = __array__ = lambda *a: True\n"
                          + BODY + "return All(1), All(2), All(3)", "wrong", ""),
    "spoils-a-name": ("three_deltas = None\n" + RIGHT[1] + "\nbptt = None", "right", "right"),
    "magics": ("%matplotlib inline\n!rm -rf *\n" + RIGHT[1], "right", "right"),
    "no-python": ("def three_deltas(h, e, w_h):\n    return (", "broken", "is not Python"),
    "stops-before": ("my_w = 1 / 0\n" + BODY + "return my_w", "wrong", "my_w"),
    "keeps-a-state": ("n = [0]\n" + BODY + "n[0] += 1\n    return n[0], 2, 3", "wrong", "second call"),
    "has-a-helper": ("def slope(a):\n    return 1 - a ** 2\n"
                     + RIGHT[1].replace("(1 - h[0] ** 2)", "slope(h[0])"), "right", "right"),
    "timed": ("\n%%time\n%%capture\n" + RIGHT[1], "right", "right"),
    "timed-line": ("%time one = 1\n" + RIGHT[1].replace("(1 -", "(one -"), "right", "right"),
    "timed-too-far": ("%%time\n" + BODY + "return h[9]", "wrong", "line 2"),
    "a-formula-for-a-name": ("=1+1\n" + RIGHT[1], "broken", "is not Python"),
}


def notebook(first=RIGHT[1]):
    """Return page 3 as it was handed in: exercise 1 as given, 2 and 3 right, the rest cut out."""
    made, number = json.loads(PAGE.read_text(encoding="utf-8")), 0
    for cell in made["cells"]:
        if "exercise" in cell["metadata"].get("tags", ()):
            number += 1
            cell["source"] = (RIGHT | {1: first}).get(number, "")
    return made


def places(made):
    """Return where the exercises are, and where their checks."""
    stubs = [n for n, cell in enumerate(made["cells"]) if "exercise" in cell["metadata"].get("tags", ())]
    return stubs, [n + 1 for n in stubs]


def write_all(folder):
    """Write the hand-ins, those with other faults as well."""
    def put(name, made):
        (folder / f"{name}.ipynb").write_text(made if isinstance(made, str) else json.dumps(made))

    for name, (cell, _, _) in HOSTILE.items():
        put(name, notebook(cell))
    stubs, checks = places(whole := notebook())
    cells = whole["cells"]
    put("missing", whole | {"cells": [c for n, c in enumerate(cells) if n not in (stubs[0], checks[1])]})
    put("reordered", whole | {"cells": cells[::-1]})
    twice = cells + notebook(BODY + "return 0")["cells"][:stubs[1]] + cells
    put("duplicated", whole | {"cells": twice})
    below = notebook(BODY + "return 0")["cells"]
    put("below", whole | {"cells": [*below[:checks[0] + 1], cells[stubs[0]], *below[checks[0] + 1:]]})
    below[stubs[0]] = below[stubs[0]] | {"source": BODY + "..."}
    put("below-a-stub", whole | {"cells": [*below[:checks[0] + 1], cells[stubs[0]], *below[checks[0] + 1:]]})
    below[stubs[0]], wrong = cells[stubs[0]], notebook(BODY + "return 0")["cells"][stubs[0]]
    put("right-and-then-tried", whole | {"cells": [*below[:checks[0] + 1], wrong, *below[checks[0] + 1:]]})
    put("only-the-answers", whole | {"cells": [cells[n] for n in stubs]})
    other = next(path for path in pages.paths() if path.name.startswith("01"))
    put("two-pages", whole | {"cells": cells + json.loads(other.read_text(encoding="utf-8"))["cells"][-9:]})
    (folder / "downloaded.ipynb.txt").write_text(json.dumps(whole))
    (folder / "report.pdf").write_text("%PDF-1.4")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._honest.ipynb").write_text("Mac OS X")
    (folder / ".DS_Store").touch()
    put("no-json", "PK\x03\x04 this is no notebook")
    put("empty", "")
    put("deep", "[" * 100_000)
    put("no-cells", {"nbformat": 3, "worksheets": []})
    put("strange-cells", {"cells": [1, None, {"cell_type": "code"}]})
    put("another-course", {"cells": [{"cell_type": "code", "source": "print(1)", "metadata": {}}]})
    put("huge", '{"cells": [' + " " * judge.LARGEST + "]}")
    (folder / "folder.ipynb").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.ipynb")


BROKEN = {"no-json": "not JSON", "empty": "not JSON", "deep": "not JSON", "no-cells": "not JSON",
          "strange-cells": "not JSON", "another-course": "no exercise of the course", "huge": "larger than",
          "pipe": "no file"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade all of them by the command, once; return rows by name, and the report."""
    folder, to = tmp_path_factory.mktemp("hand-ins"), tmp_path_factory.mktemp("grades")
    write_all(folder)
    files = [str(folder), str(folder / "not-there.ipynb")]
    command = [sys.executable, grade.__file__, *files, "--to", str(to), "--seconds", str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("report.pdf") == 1 and "DS_Store" not in done.stdout
    with open(to / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    return rows, (to / "grades.html").read_text(encoding="utf-8"), folder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_costs_its_own_exercise_and_nothing_else(graded, name):
    rows, page, _ = graded
    _, verdict, words = HOSTILE[name]
    said = page.split(f"{name}.ipynb</h2>")[1].split("</section>")[0].split("<li>")[1]

    assert rows[name]["1"] == verdict, said
    assert words in said
    assert [rows[name][n] for n in "23456"] == ["right", "right", "open", "open", "open"]
    assert rows[name]["page"] == "03" and rows[name]["right"] == str(2 + (verdict == "right"))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_notebook_costs_its_own_row(graded, name):
    if name == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    rows, page, _ = graded

    assert {rows[name][n] for n in "123456"} == {"broken"}
    assert BROKEN[name] in rows[name]["note"] and BROKEN[name] in page


@pytest.mark.parametrize(("name", "verdicts"), [
    ("missing", ["open", "right", "right"]), ("reordered", ["right", "right", "right"]),
    ("duplicated", ["right", "right", "right"]), ("below", ["right", "right", "right"]),
    ("below-a-stub", ["right", "right", "right"]), ("right-and-then-tried", ["right", "right", "right"]),
    ("only-the-answers", ["right", "right", "right"]),
])
def test_cells_may_be_missing_moved_or_doubled(graded, name, verdicts):
    row = graded[0][name]

    assert [row[n] for n in "123456"] == [*verdicts, "open", "open", "open"]


def test_an_answer_below_its_check_is_named_as_such(graded):
    page = graded[1]

    assert "the answer below its check: right" in page.split("below.ipynb</h2>")[1].split("</section>")[0]
    assert "report.pdf" in page.split("<table>")[0]


def test_of_two_pages_one_is_judged_and_the_other_named(graded):
    rows = graded[0]

    assert rows["two-pages"]["page"] == "03"
    assert rows["two-pages"]["note"].startswith("exercises of page 01 are in it as well")
    assert rows["honest"]["note"] == ""


def test_what_the_page_itself_makes_may_be_cut_out(tmp_path):
    page = json.loads(next(path for path in pages.paths() if path.name.startswith("15")).read_text("utf-8"))
    stub = next(cell for cell in page["cells"] if "exercise" in cell["metadata"].get("tags", ()))
    body = "".join(stub["source"]).split("\n    ...")[0] + "\n    return (h,), Kept(u, u, u)"
    (tmp_path / "a.ipynb").write_text(json.dumps(page | {"cells": [stub | {"source": body}]}))

    _, _, verdict, said = judge.judge(tmp_path / "a.ipynb")["exercises"][0]

    assert verdict == "wrong" and "Kept" not in said, said


@pytest.mark.parametrize("module", ["sitecustomize", "slow"])
def test_what_begins_or_is_imported_slowly_costs_no_answer_its_time(tmp_path, monkeypatch, module):
    (tmp_path / f"{module}.py").write_text("import time; time.sleep(1.5); one = 1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr(judge.guard, "SECONDS", 1.4 / judge.CALLS)
    slow = "from slow import *\n" + RIGHT[1].replace("(1 -", "(one -")
    page = notebook(slow if module == "slow" else RIGHT[1])
    stub = page["cells"][places(page)[0][0]]
    (tmp_path / "a.ipynb").write_text(json.dumps(page | {"cells": [stub]}))

    _, _, verdict, said = judge.judge(tmp_path / "a.ipynb")["exercises"][0]

    assert verdict == "right", said


@pytest.mark.parametrize(("seconds", "to", "words"), [
    ("0", "", "from 1 to 3600"), ("nan", "", "from 1 to 3600"), ("3", "a-file", "cannot be made a folder"),
    ("3", "locked", "cannot be written"),
])
def test_what_cannot_go_well_is_said_before_anything_is_judged(tmp_path, monkeypatch, seconds, to, words):
    (tmp_path / "a-file").touch()
    (tmp_path / "locked" / "grades.csv").mkdir(parents=True)
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook()))
    options = ["--to", tmp_path / to, "--seconds", seconds]

    done = subprocess.run([sys.executable, grade.__file__, tmp_path / "a.ipynb", *options],
                          capture_output=True, text=True, timeout=60)

    assert done.returncode and words in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout


def test_to_hide_that_inputs_were_changed_is_of_no_use(tmp_path):
    body = RIGHT[2].replace("    delta, ", "    guard.same = lambda *_: True\n    dhs += 0.5\n    delta, ")
    made = notebook()
    stubs, _ = places(made)
    made["cells"][stubs[1]]["source"] = "from rnnlib.gradcheck import guard\n" + body
    (tmp_path / "a.ipynb").write_text(json.dumps(made))

    (_, _, verdict, said) = judge.judge(tmp_path / "a.ipynb")["exercises"][1]

    assert verdict == "wrong" and "changes its inputs" in said


def test_every_file_has_its_row_and_nothing_was_left_behind(graded):
    rows, _, folder = graded
    files = {path.stem for path in folder.glob("*.ipynb") if not path.is_dir()}

    assert set(rows) == files | {"not-there", "downloaded.ipynb"}
    assert rows["downloaded.ipynb"]["right"] == "3"
    assert rows["not-there"]["note"] == "it is no file."
    assert not list(folder.glob("grades*"))


@pytest.mark.parametrize("checks", [True, False], ids=["with-checks", "without"])
def test_a_published_solution_is_no_answer(tmp_path, checks):
    made = json.loads(PAGE.read_text(encoding="utf-8"))
    gone = () if checks else places(made)[1]
    made["cells"] = [cell for n, cell in enumerate(made["cells"]) if n not in gone]
    (tmp_path / "a.ipynb").write_text(json.dumps(made))

    told = judge.judge(tmp_path / "a.ipynb")

    assert {verdict for _, _, verdict, _ in told["exercises"]} == {"open"}


def test_the_report_counts_what_a_class_has_right():
    made = [grade.Grade("a", "03-page", ((1, "A & B", "right", ""), (2, "C", "wrong", ""))),
            grade.Grade("b", "03-page", ((1, "A & B", "right", ""), (2, "C", "open", ""))),
            grade.Grade("c", "12-page", ((1, "D", "broken", ""),)), grade.Grade("d", broken="it is no file.")]

    rows = re.findall(r"<tr>(<td>.*?)</tr>", grade.report(made).split("<h2>The class</h2>")[1])

    assert [re.findall(r"<td>(.*?)</td>", row) for row in rows] == [
        ["03", "1 · A &amp; B", "2", "", "", ""], ["03", "2 · C", "", "1", "1", ""],
        ["12", "1 · D", "", "", "", "1"]]
    assert "The class" not in grade.report(made[:1])


def test_names_that_a_spreadsheet_would_run_are_text():
    g = grade.Grade("=cmd|' /C calc'!A0.ipynb", broken="it is no file.")

    assert grade._plain(g.file).startswith("'=")
    g = grade.Grade("<script>.ipynb", "03-page", ((1, "A", "wrong", "<script>"),))
    assert "<script>" not in grade.report([g])


PARTS = [1.5, -3, True, None, ..., "text", 2 + 1j, [1, [2]], (1, 2.5), {"a": 1}, 10**30]


@pytest.mark.parametrize("value", PARTS, ids=str)
def test_what_comes_back_is_what_was_returned(value):
    told = json.loads(json.dumps(judge.answering.encode(value)))

    found = judge.answering.decode(told)

    assert type(found).__name__ == type(value).__name__
    assert found == value or value == 10**30


@pytest.mark.parametrize("told", [
    {"is": "array", "dtype": "O", "shape": [1], "bytes": "00" * 8, "scalar": False},
    {"is": "array", "dtype": "<f8", "shape": [2], "bytes": "00", "scalar": False}, {"is": "module"}, [1]])
def test_what_no_answer_returns_is_refused(told):
    with pytest.raises((ValueError, TypeError)):
        judge.answering.decode(told)
