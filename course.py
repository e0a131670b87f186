"""Set up the course and open it, or test it.

    python3 course.py          install what is missing, open the first notebook in JupyterLab
    python3 course.py test     install what the tests need as well, run every test
    python3 course.py setup    only install

On Windows write `py` for `python3`. Further arguments are handed on, to JupyterLab
(`course.py --port=9000`) or to pytest (`course.py test -k lstm`). Everything is installed into the
folder .venv beside this file. Some tests compare with PyTorch, Keras and ONNX, which on Linux may
take some gigabytes; `course.py test --light` does not install them, and those tests are skipped.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
COURSE = HERE / "requirements.txt"
TESTS = HERE / "tests" / "requirements.txt"
FRAMEWORKS = HERE / "tests" / "frameworks.txt"

# No printed digit may depend on the number of cores or on the order of a set.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
NO_NEWS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}

NBVAL = [
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"),
    "--nbval-sanitize-with=tests/nbval.cfg",
]
# The unit tests build every notebook again and compare all of it, the browser runs every notebook alive.
# nbval compares less, in its own way: these two hold every kind of output that there is.
NBVAL_PAGES = [
    "notebooks/03-backpropagation-through-time.ipynb", "notebooks/12-train-a-character-lstm.ipynb",
]
PARALLEL = ["-n", "auto", "--maxprocesses=4"]
STAGES = {
    "Lint": ["ruff", "check", "."],
    "Unit tests": ["pytest", "tests", "-m", "not browser", "-rs", *PARALLEL, "--dist=loadfile"],
    "Notebooks": ["pytest", *NBVAL, *NBVAL_PAGES, *PARALLEL, "--dist=loadfile"],
    "Browser": ["pytest", "tests/test_browser.py", "-m", "browser", "-p", "no:nbval", "-rs", *PARALLEL],
}
NOTHING_COLLECTED = 5  # pytest's exit code


def main(arguments):
    require_python(sys.version_info)
    install_course()
    if arguments[:1] == ["setup"]:
        return 0
    if arguments[:1] == ["test"]:
        install_tests()
        if "--light" not in arguments:
            install_frameworks()
        return run_tests([word for word in arguments[1:] if word != "--light"])
    return open_course(arguments)


def require_python(version):
    """End with one sentence if this Python is too old."""
    if version < (3, 11):
        here = ".".join(map(str, version[:2]))
        sys.exit(f"The course needs Python 3.11 or newer; this is Python {here}.")


def install_course():
    """Make .venv from nothing, unless its stamp says that it is complete and up to date."""
    stamp, wanted = VENV / "course-stamp", fingerprint([COURSE])
    if is_current(stamp, wanted):
        return
    say("Setting up the course: a minute or two, only this once.")
    if VENV.exists():
        shutil.rmtree(VENV)
    make_venv(uv=shutil.which("uv"))
    install(COURSE, uv=shutil.which("uv"))
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(NO_NEWS))
    stamp.write_text(wanted)


def install_tests():
    """Add what the tests need to a complete .venv."""
    add([COURSE, TESTS], "tests-stamp", "Adding what the tests need.")


def install_frameworks():
    """Add what some tests compare with to a .venv that has what all tests need."""
    add([COURSE, TESTS, FRAMEWORKS], "frameworks-stamp",
        "Adding PyTorch, Keras and ONNX, some minutes once; `course.py test --light` does without.")


def add(files, stamp, news):
    """Install the last of some files, unless its stamp says that all of them were installed as they are."""
    stamp, wanted = VENV / stamp, fingerprint(files)
    if is_current(stamp, wanted):
        return
    say(news)
    install(files[-1], uv=shutil.which("uv"))
    stamp.write_text(wanted)


def is_current(stamp, wanted):
    """Tell whether an earlier installation was finished, from the same files."""
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == wanted


def fingerprint(files):
    """Hash what an installation depends on: its place, the Python version, the files."""
    texts = [file.read_text(encoding="utf-8") for file in files]
    parts = [str(HERE), str(sys.version_info[:2]), *texts]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_venv(uv):
    """Make .venv, with pip in it, by uv where there is one."""
    if uv:
        step([uv, "venv", "--quiet", "--seed", "--python", sys.executable, VENV])
    elif importlib.util.find_spec("ensurepip"):
        step([sys.executable, "-m", "venv", VENV])
    else:
        sys.exit("First run `sudo apt install python3-venv`: this Python came without it.")


def install(requirements, uv):
    """Install a requirements file into .venv, by uv where there is one."""
    if uv:
        step([uv, "pip", "install", "--quiet", "--python", PYTHON, "-r", requirements])
    else:
        step([PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements])


def step(command):
    """Run one step of the installation; end with one sentence if it fails."""
    if start(command):
        sys.exit("The installation failed for the reason above; the same command tries again.")


def start(command):
    """Run a command in the project's folder until it ends, and return its exit code."""
    words = [str(part) for part in command]
    with subprocess.Popen(words, cwd=HERE, env=os.environ | ENVIRONMENT) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command had the Ctrl-C too and is tidying up
            process.wait()
            raise


def open_course(arguments):
    """Open the first notebook in JupyterLab, until Ctrl-C."""
    command = lab_command(is_root(), has_display(sys.platform, os.environ))
    if "--no-browser" in command:
        say("Open one of the addresses that follow in a browser; Ctrl-C here ends JupyterLab.")
    return start([*command, *arguments])


def lab_command(root, display):
    """Return the command that starts JupyterLab on this machine only, guarded by its token."""
    return [
        *(PYTHON, "-m", "jupyterlab"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={HERE}",
        "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb",
        "--KernelManager.transport_encryption=auto",  # else each kernel prints a warning
        "--log-level=ERROR",  # of its many lines only the addresses are left
        "-y",  # Ctrl-C ends it without a question
        *(["--allow-root"] if root else []),
        *([] if display else ["--no-browser"]),
    ]


def is_root():
    """Tell whether we are root, as in a container, where JupyterLab asks for its flag."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_display(platform, environ):
    """Tell whether a browser can open a window."""
    windows = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return bool(windows) or not platform.startswith("linux")


def run_tests(arguments):
    """Run every stage, whatever fails, and sum up: 0 if all passed."""
    results = {name: run_stage(name, command, arguments) for name, command in STAGES.items()}
    say("\n=== Summary")
    for name, (verdict, seconds, _) in results.items():
        say(f"{name:12}{verdict:18}{seconds:4.0f} s")
    total = sum((counts for _, _, counts in results.values()), Counter())
    say("tests: {passed} passed, {failed} failed, {skipped} skipped".format_map(total))
    return int(any(verdict == "FAILED" for verdict, _, _ in results.values()))


def run_stage(name, command, arguments):
    """Run one stage and return its verdict, its seconds and its counted tests."""
    say(f"\n=== {name}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        more = [f"--junitxml={report}", *arguments] if command[0] == "pytest" else []
        began = time.monotonic()
        code = start([PYTHON, "-m", *command, *more])
        verdict = {0: "passed", NOTHING_COLLECTED: "nothing to test"}.get(code, "FAILED")
        return verdict, time.monotonic() - began, count_tests(report)


def count_tests(report):
    """Count the passed, failed and skipped tests in pytest's report, if there is one."""
    if not report.exists():
        return Counter()
    suite = ElementTree.parse(report).find("testsuite")
    tests, skipped, failures, errors = (
        int(suite.get(key)) for key in ("tests", "skipped", "failures", "errors")
    )
    failed = failures + errors
    return Counter(passed=tests - skipped - failed, failed=failed, skipped=skipped)


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped.")
        sys.exit(130)
