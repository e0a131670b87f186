"""What is given away: a wheel that needs NumPy and nothing else, and a source distribution that is whole."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import pytest

import rnnlib

ROOT = Path(__file__).parents[1]
CHECKS = """
import numpy as np
from rnnlib import gradcheck, gru, gru_original, lstm, rnn

for cell in (rnn, lstm, gru, gru_original):
    point = gradcheck.designed_point(cell, np.random.default_rng(0))
    print(cell.__name__, gradcheck.check_cell(cell, *point).ok)

def without_transpose(cell, p, trace, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ p.W_h.T
    return delta

point = gradcheck.designed_point(rnn, np.random.default_rng(0))
print(gradcheck.locate(rnn, *point, without_transpose).sentence)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source distribution, made of a copy without anything old in it, and the wheel made of that."""
    folder = tmp_path_factory.mktemp("built")
    leave_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, folder / "copy", ignore=leave_out)
    code = f"from setuptools.build_meta import build_sdist; build_sdist({str(folder)!r})"
    run(sys.executable, "-c", code, cwd=folder / "copy")
    (sdist,) = folder.glob("*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
        "--wheel-dir", folder, sdist)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def python(built, tmp_path_factory):
    """The Python of an empty environment, in which the wheel was installed beside NumPy.

    NumPy is a copy of the one that runs the tests. pip may fetch nothing: anything else that the
    wheel asked for would be an error.
    """
    home = tmp_path_factory.mktemp("empty")
    context = venv.EnvBuilder(symlinks=os.name != "nt").ensure_directories(home)
    venv.EnvBuilder(symlinks=os.name != "nt").create(home)
    packages = Path(run(context.env_exe, "-I", "-c",
                        "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    numpy = distribution("numpy")
    for file in numpy.files:
        if ".." not in file.parts and "tests" not in file.parts:
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(numpy.locate_file(file), packages / file)
    run(sys.executable, "-m", "pip", "--python", context.env_exe, "install", "--no-index", built[1])
    return context.env_exe


def run(*command, cwd=None):
    """Return what a command prints; it must not fail, and sees no environment of pip's or Python's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_file_of_the_package_is_in_the_wheel_and_nothing_else(built):
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rnnlib").rglob("*")
               if path.is_file() and "__pycache__" not in path.parts}

    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert names == package


def test_every_file_of_the_project_is_in_the_source_distribution(built):
    git = shutil.which("git")
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout if git else ""
    project = {name for name in listed.splitlines() if not name.startswith(".")}
    if not project:
        pytest.skip("not in a clone, or without git: nothing says which files belong to the project")

    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    assert not project - names, f"MANIFEST.in forgets {', '.join(sorted(project - names))}"
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_says_what_it_is_and_needs_numpy_alone(built):
    with zipfile.ZipFile(built[1]) as wheel:
        (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        said = message_from_bytes(wheel.read(path))
        licences = [name for name in wheel.namelist() if "/licenses/" in name]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (address,) = (line for line in readme.splitlines() if line.startswith("[binder]:"))
    repository = address.split("/gh/")[1].split("/HEAD")[0]
    always = [need for need in said.get_all("Requires-Dist") if "extra" not in need]

    assert [need.split(">=")[0] for need in always] == ["numpy"]
    assert said["Version"] == rnnlib.__version__
    assert said["Description-Content-Type"] == "text/markdown"
    assert said.get_payload(decode=True).decode("utf-8").strip() == readme.strip()
    assert f"Source, https://github.com/{repository}" in said.get_all("Project-URL")
    assert said["Author"] and said["Keywords"] and said["Summary"] and said["License-Expression"]
    assert len(licences) == len(said.get_all("License-File")) == 2
    assert f"Programming Language :: Python :: {sys.version_info[0]}.{sys.version_info[1]}" in (
        said.get_all("Classifier"))


def test_nothing_but_numpy_is_needed_and_nothing_else_is_there(python):
    code = "from importlib.metadata import distributions; print(*sorted(d.name for d in distributions()))"

    assert run(python, "-I", "-c", code).split() == ["numpy", "rnnlib"]


def test_there_every_cell_is_checked_and_a_wrong_pass_is_located(python):
    *cells, sentence = run(python, "-I", "-c", CHECKS).splitlines()

    assert [line.split() for line in cells] == [
        [f"rnnlib.cells.{cell}", "True"] for cell in ("rnn", "lstm", "gru", "gru_original")]
    assert sentence.startswith("The deltas are right at step 5, wrong from step 4 back. One change explains "
                               "every number: W_h stands in the carry where its transpose belongs")


def test_there_the_checks_can_be_imported_alone(python):
    assert run(python, "-I", "-c", "import rnnlib.gradcheck; print(rnnlib.gradcheck.__file__)")


def test_there_the_wing_of_the_course_says_in_one_sentence_what_it_needs(python):
    code = "try: import rnnlib.course.widgets\nexcept ImportError as error: print(error)"

    assert run(python, "-I", "-c", code) == (
        "rnnlib.course needs matplotlib and anywidget: pip install 'rnnlib[course]'\n")
