"""Setting up and ending, for real: copies of course.py that are broken, doubled, interrupted and killed.

The packages are two tiny ones, `uv` is a small script that unpacks them, and `jupyterlab` waits to be ended.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

import course

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for uv is a POSIX script")
pytestmark = posix
BASE = getattr(sys, "_base_executable", sys.executable)

# uv venv ... FOLDER and uv pip install ... --python PYTHON -r FILE, as course.py calls them.
UV = """
import os, signal, subprocess, sys, time
from pathlib import Path
from zipfile import ZipFile
words, here = sys.argv[1:], Path(__file__).parent
signal.signal(signal.SIGINT, signal.SIG_DFL)
with open(here / "log", "a") as log:
    log.write(words[0] + chr(10))
if words[0] == "venv":
    sys.exit(subprocess.call([words[words.index("--python") + 1], "-m", "venv", "--without-pip", words[-1]]))
site = next(Path(words[words.index("--python") + 1]).parents[1].glob("lib/python*/site-packages"))
if os.environ.get("SLOW"):
    child = subprocess.Popen(["sleep", "60"])
    (here / "pids").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(float(os.environ["SLOW"]))
    child.kill()
for line in Path(words[-1]).read_text().split():
    if not os.environ.get("ELSEWHERE"):
        ZipFile(here / f"{line.replace('==', '-')}-py3-none-any.whl").extractall(site)
"""
LAB = """
import json, os, pathlib, sys, time, tiny
here = pathlib.Path(os.environ["REPORT"])
here.with_suffix(".new").write_text(json.dumps([os.getpid(), tiny.__file__, sys.prefix, dict(os.environ)]))
here.with_suffix(".new").replace(here)
time.sleep(60)
"""


def wheel(folder, name, files, version="1.0"):
    """Write a wheel by hand."""
    info = f"{name}-{version}.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = "".join(f"{file},,{len(text)}\n" for file, text in files.items()) + f"{info}/RECORD,,\n"
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)


class Copy:
    """A copy of the project in a folder of its own, with its own packages."""

    def __init__(self, root, uv=True):
        self.root, self.venv, self.tools = root / "project", root / "project" / ".venv", root / "tools"
        (self.root / "tests").mkdir(parents=True)
        self.tools.mkdir()
        shutil.copy(course.__file__, self.root)
        (self.root / "requirements.txt").write_text("tiny==1.0\njupyterlab==1.0\n")
        for name in ("requirements", "frameworks"):
            (self.root / "tests" / f"{name}.txt").write_text("extra==1.0\n")
        wheel(self.tools, "tiny", {"tiny/__init__.py": "answer = 42\n", "tiny/part.py": "part = 1\n"})
        wheel(self.tools, "jupyterlab", {"jupyterlab/__init__.py": "", "jupyterlab/__main__.py": LAB})
        wheel(self.tools, "extra", {"extra/__init__.py": ""})
        path = ["/usr/bin", "/bin"]
        if uv:
            (self.tools / "uv").write_text(f"#!{BASE}\n{UV}")
            (self.tools / "uv").chmod(0o755)
            path.insert(0, str(self.tools))
        self.environ = {"PATH": os.pathsep.join(path), "HOME": str(root), "REPORT": str(root / "report"),
                        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.tools)}
        self.report = root / "report"

    def start(self, *words, python=BASE, **environ):
        return subprocess.Popen([str(python), str(self.root / "course.py"), *words], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self.environ | environ, start_new_session=True)

    def run(self, *words, **options):
        """Run course.py; return its exit code and what it said."""
        process = self.start(*words, **options)
        said = process.communicate(timeout=60)[0]
        assert "Traceback" not in said, said
        return process.returncode, said

    def set_up(self):
        code, said = self.run("setup")
        assert code == 0, said
        return self

    def holds(self):
        """Tell whether .venv is whole and here: what is imported from it, and its version."""
        code = "import tiny, tiny.part, jupyterlab, sys; print(tiny.answer, sys.prefix)"
        python = self.venv / "bin" / "python"
        said = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True)
        return said.stdout.split() == ["42", str(self.venv)]

    @property
    def site(self):
        return next(self.venv.glob("lib/python*/site-packages"))

    def count(self, word):
        return (self.tools / "log").read_text().split().count(word)

    def lab(self):
        """Return what the stand-in for JupyterLab reports, once it runs."""
        wait_for(self.report.exists)
        return json.loads(self.report.read_text())


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def runs(pid):
    """Tell whether a process runs; one that has ended and was not asked for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), 0)
            return not Path("/proc/self").exists()
    return False


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy that is broken again and again."""
    return Copy(tmp_path_factory.mktemp("made"))


def test_a_finished_environment_is_left_as_it_is(copy):
    assert "only this once" in copy.run("setup")[1] and copy.holds()
    before = (copy.venv / "course-stamp").stat().st_mtime_ns

    assert copy.run("setup") == (0, "")
    assert (copy.venv / "course-stamp").stat().st_mtime_ns == before and copy.count("venv") == 1


# What is broken is made again

def overwrite(path, content=b"\xff\xfe\x00"):
    path.write_bytes(content)


def as_folder(path):
    path.unlink()
    (path / "inner").mkdir(parents=True)


def unreadable(copy):
    (copy.venv / "locked").mkdir()
    (copy.venv / "locked" / "file").touch()
    (copy.venv / "course-stamp").unlink()              # root reads all the same
    for path in (copy.venv / "locked", copy.venv):
        path.chmod(0)


def link(copy, target):
    shutil.rmtree(copy.venv)
    copy.venv.symlink_to(target)


def other_project(copy):
    there = copy.root.parent / "another"
    there.mkdir()
    (there / "mine").write_text("keep")
    return there


def from_another_folder(copy):
    """Put in place a .venv that was set up elsewhere."""
    shutil.rmtree(copy.venv)
    other = copy.root.parent / "other"
    other.mkdir()
    shutil.copytree(Copy(other).set_up().venv, copy.venv, symlinks=True)


def python_of_another(copy, text):
    (copy.venv / "bin" / "python").unlink()
    (copy.venv / "bin" / "python").write_text(text)
    (copy.venv / "bin" / "python").chmod(0o755)


BREAKS = {
    "a package is deleted": lambda c: shutil.rmtree(c.site / "tiny"),
    "a package and its record are deleted": lambda c: [shutil.rmtree(p) for p in c.site.glob("tiny*")],
    "a record is deleted": lambda c: shutil.rmtree(c.site / "tiny-1.0.dist-info"),
    "one file is deleted": lambda c: (c.site / "tiny" / "part.py").unlink(),
    "one file is empty": lambda c: overwrite(c.site / "tiny" / "part.py", b""),
    "another version": lambda c: (c.site / "tiny-1.0.dist-info").rename(c.site / "tiny-1.1.dist-info"),
    "its Python dangles": lambda c: [(c.venv / "bin" / "python").unlink(),
                                     (c.venv / "bin" / "python").symlink_to("/nowhere/python3")],
    "what its Python points to is gone": lambda c: [(c.venv / "bin" / "python3").unlink(missing_ok=True)],
    "its Python does not start": lambda c: python_of_another(c, "no program"),
    "its Python ends at once": lambda c: python_of_another(c, "#!/bin/sh\nexit 3\n"),
    "its configuration is gone": lambda c: (c.venv / "pyvenv.cfg").unlink(),
    "its configuration is another": lambda c: overwrite(c.venv / "pyvenv.cfg", b"home = /nowhere\n"),
    "bytes in the stamp": lambda c: overwrite(c.venv / "course-stamp"),
    "an empty stamp": lambda c: overwrite(c.venv / "course-stamp", b""),
    "the stamp is a folder": lambda c: as_folder(c.venv / "course-stamp"),
    "bytes in the list of files": lambda c: overwrite(c.venv / "course-files"),
    "an empty list of files": lambda c: overwrite(c.venv / "course-files", b"{}"),
    "another list of files": lambda c: overwrite(c.venv / "course-files", b"[1]"),
    "no list of files": lambda c: (c.venv / "course-files").unlink(),
    "the list of files is a folder": lambda c: as_folder(c.venv / "course-files"),
    "it is a file": lambda c: [shutil.rmtree(c.venv), c.venv.write_text("what is this")],
    "it is empty": lambda c: [shutil.rmtree(c.venv), c.venv.mkdir()],
    "it is somebody else's": lambda c: [(c.venv / "course-stamp").unlink(), shutil.rmtree(c.venv / "lib")],
    "it is a link into nothing": lambda c: link(c, "/nowhere/at/all"),
    "it is a link to itself": lambda c: link(c, ".venv"),
    "it is a link to another project": lambda c: link(c, other_project(c)),
    "it cannot be read": unreadable,
    "it comes from another folder": from_another_folder,
}


@pytest.mark.parametrize("break_it", BREAKS.values(), ids=BREAKS)
def test_a_broken_environment_is_made_again(break_it, made, request):
    copy = made.set_up()
    break_it(copy)

    code, said = copy.run("setup")

    assert code == 0 and "only this once" in said and copy.holds()
    assert copy.run("setup") == (0, "")
    assert not list(copy.root.glob(".venv-old-*")) and not copy.venv.is_symlink()
    if "another project" in request.node.name:
        assert (copy.root.parent / "another" / "mine").read_text() == "keep"


def test_a_project_that_was_moved_is_set_up_in_its_new_place(copy):
    copy.set_up()
    copy.root.rename(copy.root.parent / "moved")
    copy.root, copy.venv = copy.root.parent / "moved", copy.root.parent / "moved" / ".venv"

    assert copy.run("setup")[0] == 0 and copy.holds()


def test_the_python_of_a_broken_environment_can_make_it_again(copy):
    (copy.set_up().site / "tiny" / "part.py").unlink()

    code, said = copy.run("setup", python=copy.venv / "bin" / "python")

    assert code == 0 and copy.holds(), said


def test_what_the_reader_adds_stays_and_pip_may_be_brought_up_to_date(copy):
    (copy.set_up().site / "pip").mkdir()
    for name in ("pip/__init__.py", "own.py"):
        (copy.site / name).write_text("new = True\n")

    assert copy.run("setup") == (0, "") and (copy.site / "own.py").exists()


def test_a_stamp_of_the_tests_that_is_a_folder_is_replaced(copy, monkeypatch):
    monkeypatch.setattr(course, "VENV", copy.set_up().venv)
    (copy.venv / "tests-stamp" / "inner").mkdir(parents=True)

    course.finish(copy.venv / "tests-stamp", "wanted")

    assert (copy.venv / "tests-stamp").read_text() == "wanted"


# What cannot be mended is said in one sentence

def test_what_does_not_arrive_is_not_trusted(copy):
    code, said = copy.run("setup", ELSEWHERE="1")

    assert code == 1 and "tiny 1.0 did not arrive in .venv." in said and "pip config list" in said
    assert copy.run("setup")[0] == 0 and copy.holds()


def test_what_cannot_be_imported_is_not_trusted(copy):
    wheel(copy.tools, "tiny", {"tiny/__init__.py": "import nothing_of_that_name\n", "tiny/part.py": ""})

    code, said = copy.run("setup")

    assert code == 1 and "tiny cannot be imported: ModuleNotFoundError: No module named 'nothing_of" in said
    assert not (copy.venv / "course-stamp").exists()


def test_a_course_that_was_not_unpacked_as_a_whole_says_so(copy):
    (copy.root / "requirements.txt").unlink()

    code, said = copy.run()

    assert code == 1 and said == (f"{copy.root / 'requirements.txt'} is missing: unpack or clone the whole "
                                  "course, and start it there.\n")


@pytest.mark.parametrize("number, words", [
    (course.errno.EROFS, "Read-only file system): copy the course into a folder of your own"),
    (course.errno.EACCES, "Permission denied): copy the course into a folder of your own"),
])
def test_a_folder_that_cannot_be_written_says_where_to_go(number, words, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("builtins.open", refuse)

    with pytest.raises(SystemExit) as ended, course.alone():
        pass

    assert words in str(ended.value) and str(ended.value).startswith(f"The folder {course.HERE} cannot be")


def test_a_complete_environment_needs_no_right_to_write(copy):
    copy.set_up()
    (copy.root / ".venv-lock").unlink()

    assert copy.run("setup") == (0, "") and not (copy.root / ".venv-lock").exists()


def test_any_other_trouble_with_the_disk_is_one_sentence(copy):
    (copy.root / ".venv-lock").mkdir()
    code, said = copy.run("setup")
    assert code == 1 and said.count("\n") == 1 and "cannot be written (Is a directory)" in said

    (copy.root / ".venv-lock").rmdir()
    limit = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3, 3)); " \
            "sys.argv = ['course.py', 'setup']; runpy.run_path('course.py', run_name='__main__')"
    said = subprocess.run([BASE, "-c", limit], cwd=copy.root, env=copy.environ,
                          capture_output=True, text=True)
    assert said.returncode and said.stderr.splitlines()[-1].endswith("the same command tries again.")
    assert copy.run("setup")[0] == 0 and copy.holds()


def test_a_full_disk_is_named(monkeypatch):
    monkeypatch.setattr(course, "start", lambda *_, **options: 1)
    monkeypatch.setattr(course.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))

    with pytest.raises(SystemExit, match="because the disk is full: make room; the same command tries again"):
        course.step(["anything"])


# Two at once

def test_of_two_at_once_one_waits_and_both_have_one_environment(copy):
    first = copy.start("setup", SLOW="1")
    time.sleep(0.5)
    second = copy.start("setup")
    said = [process.communicate(timeout=60)[0] for process in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0] and copy.holds()
    assert copy.count("venv") == 1 and "this one waits for it" in said[1] and "waits" not in said[0]


def test_an_open_course_is_not_taken_away(copy):
    lab = copy.start("--no-browser")
    pid, *_ = copy.lab()
    (copy.site / "tiny" / "part.py").unlink()

    code, said = copy.run("setup")
    assert code == 1 and "The course is still open" in said and copy.count("venv") == 1

    lab.kill()                                         # JupyterLab itself goes on
    lab.wait()
    assert runs(pid) and copy.run("setup")[0] == 1
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not runs(pid))
    assert copy.run("setup")[0] == 0 and copy.holds()
    lab.stdout.close()


def test_two_may_be_open_at_once(copy):
    labs = []
    for n in range(2):
        copy.set_up().report = copy.root.parent / f"report{n}"
        labs.append(copy.start("--no-browser", REPORT=str(copy.report)))
        copy.lab()

    for lab in labs:
        lab.terminate()
        assert lab.wait(20) == 128 + signal.SIGTERM


# An end

@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_who_ends_an_installation_ends_all_of_it(number, code, copy):
    process = copy.start("setup", SLOW="60")
    wait_for((copy.tools / "pids").exists)
    wait_for(lambda: len((copy.tools / "pids").read_text().split()) == 2)

    process.send_signal(number)
    said = process.communicate(timeout=20)[0]

    assert process.returncode == code and "Traceback" not in said
    assert not any(map(runs, (copy.tools / "pids").read_text().split()))
    assert copy.run("setup")[0] == 0 and copy.holds()


def test_after_a_kill_the_next_one_waits_for_what_still_installs(copy):
    process = copy.start("setup", SLOW="2")
    wait_for((copy.tools / "pids").exists)
    process.kill()
    process.wait()

    code, said = copy.run("setup")

    assert code == 0 and "this one waits for it" in said and copy.holds()


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_ends_the_course_ends_jupyterlab(number, code, copy):
    process = copy.start("--no-browser")
    pid, *_ = copy.lab()

    process.send_signal(number)

    assert process.wait(20) == code and not runs(pid)


def test_ctrl_c_reaches_jupyterlab_and_waits_for_it(copy):
    process = copy.start("--no-browser")
    pid, *_ = copy.lab()

    os.killpg(process.pid, signal.SIGINT)              # as a terminal does it
    said = process.communicate(timeout=20)[0]

    assert process.returncode == 130 and not runs(pid) and said.endswith("Stopped.\n")


def test_tests_that_are_ended_tidy_up(tmp_path):
    tests = ("import pathlib, time\n"
             "try:\n    print('ready', flush=True)\n    time.sleep(60)\n"
             "finally:\n    pathlib.Path('tidy').touch()")
    code = (f"import course; course.listen(); course.HERE = {str(tmp_path)!r}; "
            f"course.start([{BASE!r}, '-c', {tests!r}])")
    process = subprocess.Popen([BASE, "-c", code], cwd=Path(course.__file__).parent, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == "ready\n"

    process.terminate()

    assert process.wait(20) == 143 and (tmp_path / "tidy").exists()
    process.stdout.close()


def test_what_ignores_all_is_killed(monkeypatch):
    monkeypatch.setattr(course, "PATIENCE", 0.3)
    code = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; print(flush=True); " \
           "time.sleep(60)"
    process = subprocess.Popen([BASE, "-c", code], stdout=subprocess.PIPE)
    process.stdout.readline()

    course.end(process, False, signal.SIGINT)

    assert process.returncode == -signal.SIGKILL
    process.stdout.close()


def test_a_signal_while_something_starts_waits_until_it_is_known(copy, monkeypatch):
    started = []
    real = subprocess.Popen

    def popen(*words, **options):
        started.append(real(*words, **options))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", popen)

    with pytest.raises(KeyboardInterrupt):
        course.start([BASE, "-c", "import time; time.sleep(60)"], installing=True)

    assert started[0].returncode is not None


# The reader's environment

def test_nothing_of_the_readers_environment_wins_over_venv(copy):
    foreign = copy.root.parent / "foreign"
    (foreign / "tiny").mkdir(parents=True)
    (foreign / "tiny" / "__init__.py").write_text("answer = 0\n")
    hostile = {"PYTHONPATH": str(foreign), "PYTHONHOME": sys.base_prefix, "PYTHONOPTIMIZE": "2",
               "JUPYTER_PATH": str(foreign), "VIRTUAL_ENV": str(foreign), "PYTHONUTF8": "1"}

    process = copy.start("--no-browser", **hostile)
    _, tiny, prefix, environ = copy.lab()
    process.terminate()
    process.communicate(timeout=20)

    assert tiny.startswith(str(copy.venv)) and prefix == str(copy.venv)
    assert not environ.keys() & (hostile.keys() - {"PYTHONUTF8"}) and environ["PYTHONUTF8"] == "1"


def test_bytecode_lies_in_venv_where_the_reader_wants_none_beside_the_sources(copy):
    process = copy.start("--no-browser", PYTHONDONTWRITEBYTECODE="1")
    environ = copy.lab()[-1]
    process.terminate()
    process.communicate(timeout=20)

    assert "PYTHONDONTWRITEBYTECODE" not in environ
    (kept,) = copy.venv.glob("__pycache__/**/tiny/__init__.*.pyc")
    assert not list(copy.root.glob("__pycache__"))
    assert copy.run("setup")[1] == ""                 # it is whole, without them and with them
    kept.unlink()
    assert copy.run("setup")[1] == ""


def test_pip_installs_here_whatever_the_readers_settings_say(tmp_path):
    copy = Copy(tmp_path, uv=False)
    elsewhere = str(tmp_path / "elsewhere")
    settings = {"PIP_TARGET": elsewhere, "PIP_PREFIX": elsewhere, "PIP_ROOT": elsewhere, "PIP_USER": "1",
                "PIP_REQUIRE_VIRTUALENV": "1", "PIP_DRY_RUN": "1", "PYTHONPATH": elsewhere}
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text("[install]\nuser = true\n")

    code, said = copy.run("setup", **settings)

    assert code == 0 and copy.holds() and not Path(elsewhere).exists(), said
