"""Judge one hand-in: the course's own checks, in a process in which no code of the learner runs.

    python notebooks/judge.py FILE SECONDS      reads a word from stdin, prints it and a line of JSON

SECONDS is what one call of an answer may take; guard.SECONDS in a notebook.

An answer, with what it stands on, runs in a process of its own (answering.py), a fresh one for each
exercise. The check here calls it from afar: inputs go there, numbers come back and are judged here.
"""

import ast
import builtins
import ctypes
import dis
import io
import json
import marshal
import os
import pickle
import re
import subprocess
import sys
import tempfile
import threading
import types
from pathlib import Path
from typing import NamedTuple

from IPython.core.inputtransformer2 import TransformerManager

import answering
import pages
from rnnlib.course import exercises
from rnnlib.gradcheck import guard

START = 60                           # seconds for a process to begin and import, on a machine that is busy
PATIENCE = 5                         # seconds more for a call that cannot be stopped, as loops in Python can
CALLS = 4                            # an exercise may take as long as so many calls that do not end
LARGEST = 100 * 10**6                # bytes of a notebook
MESSAGE = 64 * 10**6                 # bytes of what an answer returns
MEMORY = 4 * 10**9
HERE = Path(__file__).resolve().parent
PASSED_ON = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "PYTHONPATH", "VIRTUAL_ENV",
             "PYTHONPYCACHEPREFIX")
QUIET = {"MPLBACKEND": "agg", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")}
CELL_MAGIC = re.compile(r"\A(\s*)%%(?:time|capture|prun)\b.*")
LINE_MAGIC = re.compile(r"^([ \t]*(?:[\w, ]+=[ \t]*)?)%time[ \t]+", re.MULTILINE)


class Broken(Exception):
    """Why an answer, or a whole notebook, cannot be judged, in one sentence."""


class Statement(NamedTuple):
    """A statement of a learner's cell: its code, the names that it makes and reads, cell and place, and
    whether it imports."""

    code: types.CodeType
    makes: frozenset
    reads: frozenset
    cell: str
    place: int
    imports: bool


class HandIn(NamedTuple):
    """What was handed in for a page: statements in order, calls of checks, cells that are not Python."""

    page: str
    exercises: list
    statements: list
    checks: list          # (name, the Statement of what it is given)
    torn: list            # (source, why)
    published: frozenset  # places of cells that are as the page has them
    spare: list           # (exercises above it, Statement) of the page, whose names no cell here makes


def judge(path):
    """Return {"page": name, "note": "", "exercises": [[number, title, verdict, what was said], ...]}."""
    hand_in = take_apart(load(path))
    return {"page": hand_in.page, "note": also(hand_in),
            "exercises": [[e.number, e.title, *verdict(hand_in, e)] for e in hand_in.exercises]}


def load(path):
    """Return the cells of a notebook that somebody handed in."""
    path = Path(path)
    if not path.is_file():
        raise Broken("it is no file.")
    if path.stat().st_size > LARGEST:
        raise Broken(f"it is larger than {LARGEST // 10**6} MB: clear its outputs.")
    try:
        return pages.cells(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Broken("it is no notebook: not JSON, or without cells.") from None


def take_apart(cells):
    """Find the page to which cells belong, and what in them an answer may stand on."""
    candidates = [(resemblance(cells, page), path.stem, page)
                  for path in pages.paths() for page in [pages.read(path)]]
    score, name, page = max(candidates, key=lambda candidate: candidate[:2])
    if not score:
        raise Broken("no exercise of the course is in it.")
    setup = [cell for cell in page if "setup" in cell.tags]
    known = {cell.source for cell in setup}
    published = {cell.source for cell in page if "solution" in cell.tags}
    statements, checks, torn = [], [], []
    own = [cell for cell in cells if cell.source not in known | published and "solution" not in cell.tags]
    for place, cell in enumerate(whole := [*setup, *own]):
        if cell.kind != "code":
            continue
        try:
            source = TransformerManager().transform_cell(without_magics(cell.source))
            tree = ast.parse(source)
            if len(pages.checked(tree, solutions=True)) > len(found := pages.checked(tree)):
                continue                                     # a solution, whatever its tags
            statements += [statement(node, source, place) for node in tree.body]
            checks += [(name, statement(given, source, place)) for name, given in found]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            torn.append((cell.source, f"{error.msg}, line {error.lineno}" if isinstance(error, SyntaxError)
                         else type(error).__name__))
    given = {cell.source for cell in page}
    return HandIn(name, pages.exercises(page), statements, checks, torn,
                  frozenset(place for place, cell in enumerate(whole) if cell.source in given),
                  spare(page, {made for s in statements for made in s.makes}, len(whole)))


def without_magics(source):
    """Return a cell without the magics that run what stands behind them, as %%time does; lines stay lines."""
    while (shorter := CELL_MAGIC.sub(r"\1", source)) != source:
        source = shorter
    return LINE_MAGIC.sub(r"\1", source)


def spare(page, made, first):
    """Return (exercises above it, Statement) of a page's own cells, as far as they make other names."""
    found, above = [], 0
    for place, cell in enumerate(page, first):
        above += "exercise" in cell.tags
        if cell.kind == "code" and not {"setup", "exercise", "solution"} & set(cell.tags):
            source = TransformerManager().transform_cell(cell.source)
            found += [(above, statement(node, source, place)) for node in ast.parse(source).body]
    return [(above, s) for above, s in found if s.makes and not s.makes & made]


def resemblance(cells, page):
    """Count the checks, functions and first lines of a page's exercises in cells; a title counts as well."""
    text = "\n".join(cell.source for cell in cells if cell.kind == "code")
    named = set(re.findall(r"\bcheck_\w+|(?<=def )\w+", text))
    title = next((cell.source.split("\n")[0] for cell in page if cell.source.startswith("# ")), None)
    there = any(cell.source.split("\n")[0] == title for cell in cells)
    return sum((e.check in named) + (e.answer in named) + (e.stub.split("\n")[0] in text)
               for e in pages.exercises(page)) + there


def statement(node, cell, place=0):
    """Return the Statement of a node at the top of a cell, or of an expression in it."""
    whole = ast.Expression(node) if isinstance(node, ast.expr) else ast.Module([node], [])
    code = compile(whole, f"<cell {place}>", "eval" if isinstance(node, ast.expr) else "exec")
    makes, reads = set(), set()
    for part in _codes(code):
        for step in dis.get_instructions(part):
            if step.opname in ("STORE_NAME", "STORE_GLOBAL"):
                makes.add(step.argval)
            elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
                reads.add(step.argval)
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        makes.add("*")
    for target in ast.walk(node):                            # a[0] = 1 makes a what it is
        if isinstance(target, (ast.Subscript, ast.Attribute)) and isinstance(target.ctx, ast.Store):
            while isinstance(target, (ast.Subscript, ast.Attribute)):
                target = target.value
            makes |= {target.id} if isinstance(target, ast.Name) else set()
    imports = isinstance(node, (ast.Import, ast.ImportFrom))
    return Statement(code, frozenset(makes), frozenset(reads), cell, place, imports)


def _codes(code):
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)


def also(hand_in):
    """Return a note on what else is handed in: exercises of other pages, which are not judged."""
    named = {name for name, _ in hand_in.checks}
    others = [path.stem[:2] for path in pages.paths() if path.stem != hand_in.page
              and any(e.check in named for e in pages.exercises(pages.read(path)))]
    told = f"exercises of page {' and '.join(others)} are in it as well, and were not judged."
    return told if others else ""


def verdict(hand_in, exercise):
    """Return ("right" | "wrong" | "open" | "broken", one sentence) of one exercise.

    What counts is what stands above the last check; a later cell counts where that alone is right, or where
    nothing was tried above.
    """
    calls = [given for name, given in hand_in.checks if name == exercise.check]
    given = calls[-1] if calls else statement(ast.parse(exercise.answer, mode="eval").body, exercise.answer)
    wanted = given.reads - set(dir(builtins))
    above = [s for s in hand_in.statements if not calls or s.place <= given.place]
    told = judged(hand_in, exercise, above, given, wanted)
    below = [s for s in hand_in.statements[len(above):]
             if not (s.place in hand_in.published and s.makes & wanted)]
    if told[0] != "right" and any(s.makes & wanted for s in below):
        later = judged(hand_in, exercise, [*above, *below], given, wanted)
        if later[0] == "right" or told[0] == "open" != later[0]:
            return later[0], f"the answer below its check: {later[1]}"
    return told


def judged(hand_in, exercise, statements, given, wanted):
    """Return the verdict of an exercise, whose answer stands on some statements and what the page has."""
    number = hand_in.exercises.index(exercise) + 1
    front = [s for above, s in hand_in.spare if above < number]
    back = [s for above, s in hand_in.spare if above == number]
    statements = [*front, *statements, *back]
    missing = wanted - {name for s in statements for name in s.makes}
    if missing and not any("*" in s.makes for s in statements):
        name = min(missing)
        torn = [why for source, why in hand_in.torn if re.search(rf"\b{re.escape(name)}\b", source)]
        return ("broken", f"the cell with {name} is not Python ({torn[-1]}).") if torn else (
            "open", f"no cell makes {name}.")
    try:
        with Remote(chain(statements, wanted), given) as answer:
            feedback = getattr(exercises, exercise.check)(answer.function)
            if answer.failed:
                return "broken", answer.failed
    except Broken as why:
        return "broken", str(why)
    return feedback.verdict, feedback.text


def chain(statements, wanted):
    """Return those of the statements on which some names stand, in their order."""
    while True:
        chosen = [s for s in statements if s.makes & (wanted | {"*"})]
        grown = wanted.union(*(s.reads for s in chosen))
        if grown == wanted:
            return chosen
        wanted = grown


class Remote:
    """An answer that runs in a process of its own; `function` stands for it here, and is never run itself.

    Statements and the expression that gives the answer are Statements.
    """

    def __init__(self, statements, expression):
        self.failed = ""
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = {"start_new_session": True} if os.name == "posix" else {}
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | QUIET
        self.process = subprocess.Popen([sys.executable, str(HERE / "answering.py")], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.folder.name,
                                        stderr=subprocess.DEVNULL, **options)
        self.wire = answering.Wire(self.process.stdout, self.process.stdin)
        self.late = threading.Event()
        self.watch = threading.Timer(CALLS * guard.SECONDS, self.end)
        try:
            cells = {s.code.co_filename: s.cell for s in [*statements, expression]}
            imports = [marshal.dumps(s.code) for s in statements if s.imports]
            self.heard(pickle.dumps((imports, [marshal.dumps(s.code) for s in statements],
                                     marshal.dumps(expression.code), cells, guard.SECONDS)), START)
            self.watch.start()                               # no answer pays for what is imported
            told = self.heard(b"")
            if "broken" in told:
                raise Broken(str(told["broken"])[:500])
            self.function = stand_in([expression.code, *(s.code for s in statements)], told)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        guard.call, self.before = self.call, guard.call      # all calls of an answer pass through there
        return self

    def __exit__(self, *_):
        guard.call = getattr(self, "before", guard.call)
        self.watch.cancel()
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        self.process.wait()
        self.folder.cleanup()

    def end(self):
        """End the process because it has taken too long."""
        self.late.set()
        self.kill()

    def kill(self):
        """End the process, and what it may have started."""
        try:
            os.killpg(self.process.pid, 9) if os.name == "posix" else self.process.kill()
        except OSError:
            pass

    def heard(self, message, seconds=None):
        """Send a message and return what comes back; Broken if nothing does, or no answer."""
        timer = threading.Timer(seconds or guard.SECONDS + PATIENCE, self.end)
        timer.start()
        try:
            self.wire.send(message)
            told = json.loads(self.wire.receive(MESSAGE))
        except (EOFError, OSError):
            pass
        except (ValueError, RecursionError, MemoryError):
            raise Broken("its process sent what is no answer.") from None
        else:
            if isinstance(told, dict):
                return told
            raise Broken("its process sent what is no answer.")
        finally:
            timer.cancel()
        if self.late.is_set():
            raise Broken("it did not end in time, and could not be stopped but by ending its process.")
        raise Broken("its process ended without an answer.")

    def call(self, function, *inputs, seconds=None):
        """Stand in for guard.call: return the Outcome of the answer, called over there."""
        if self.failed:
            return guard.Outcome(complaint=self.failed)
        sent = Inputs()
        message = sent.message(inputs)
        try:
            told = self.heard(message)
            while "ask" in told:
                told = self.heard(sent.asked(told))
            outcome = told["done"]
            before = json.loads(json.dumps([answering.encode(part) for part in inputs]))
            changed = tuple(n for n, part in enumerate(before) if outcome["after"][n] != part)
            complaint, printed = (outcome[name] and str(outcome[name]) for name in ("complaint", "printed"))
            return guard.Outcome(answering.decode(outcome["result"]), complaint or None, changed,
                                 printed or "", bool(outcome["stub"]))
        except Broken as why:
            self.failed = str(why)
        except (KeyError, ValueError, TypeError, IndexError, AttributeError, RecursionError, MemoryError):
            self.failed = "its process sent what is no answer."
        return guard.Outcome(complaint=self.failed)


class Numbering(pickle.Pickler):
    """Writes a number in the place of what has one."""

    def __init__(self, stream, number):
        super().__init__(stream)
        self.persistent_id = number


class Inputs:
    """Inputs of an answer on their way: functions of a check stay here, and are called from there."""

    def __init__(self):
        self.functions = []

    def message(self, inputs):
        """Return the bytes of inputs."""
        stream = io.BytesIO()
        Numbering(stream, self.number).dump(inputs)
        return stream.getvalue()

    def number(self, value):
        """Return the number of a function that has no name by which another process finds it."""
        if not isinstance(value, (types.FunctionType, types.MethodType)):
            return None
        home = sys.modules.get(value.__module__)
        if getattr(home, value.__qualname__, None) is value:
            return None
        if value not in self.functions:
            self.functions.append(value)
        return self.functions.index(value)

    def asked(self, told):
        """Call one of the functions as the answer asks, and return the bytes of what comes of it."""
        function = self.functions[int(told["ask"])]
        arguments = [answering.decode(part) for part in told["arguments"]]
        try:
            return pickle.dumps(("return", function(*arguments)))
        except Exception as error:
            try:
                return pickle.dumps(("raise", error))
            except Exception:
                return pickle.dumps(("raise", ValueError(str(error))))


def stand_in(codes, told):
    """Return a function with the code of the answer, where it is seen, that a check may look at."""
    if not told["callable"]:
        return None
    own = [part for code in codes for part in _codes(code) if told["code"] == [
        part.co_filename, part.co_firstlineno, part.co_name, list(part.co_varnames)]]
    if not own:
        return lambda *_: None
    names = {str(name): [] for name in told["borrowed"]}
    cells = tuple(types.CellType() for _ in own[0].co_freevars)
    return types.FunctionType(own[0], names, closure=cells)


def close():
    """Let no process of the same user look into this one (Linux), and limit its memory."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)               # PR_SET_DUMPABLE
    if answering.resource is not None:
        answering.resource.setrlimit(answering.resource.RLIMIT_AS, (MEMORY, MEMORY))


def main():
    close()
    word = sys.stdin.readline().strip()
    try:
        guard.SECONDS = float(sys.argv[2])
        told = judge(sys.argv[1])
    except Broken as why:
        told = {"broken": str(why)}
    print(word, json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
