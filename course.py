"""Set up the course and open it, or test it.

    python3 course.py          install what is missing, open the first notebook in JupyterLab
    python3 course.py test     install what the tests need as well, run every test
    python3 course.py setup    only install
    python3 course.py site     write the course as a site, into site/ (`course.py site DIR`: into DIR)
    python3 course.py slides 7     show page 7 as slides, made from the page itself

For lecturers, each with --help:

    python3 course.py edition student DIR     notebooks without solutions and answers; or teacher DIR
    python3 course.py grade FILE...           run the checks of notebooks that were handed in
    python3 course.py questions DIR           all predictions to print, with and without answers

On Windows write `py` for `python3`. Further arguments are handed on, to JupyterLab
(`course.py --port=9000`) or to pytest (`course.py test -k lstm`). Everything is installed into the
folder .venv beside this file; if that is broken, it is made again. Some tests compare with PyTorch,
Keras and ONNX, which on Linux may take some gigabytes; `course.py test --light` does not install them,
and those tests are skipped.
"""

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None
    import msvcrt

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
COURSE = HERE / "requirements.txt"
TESTS = HERE / "tests" / "requirements.txt"
FRAMEWORKS = HERE / "tests" / "frameworks.txt"
WEB = HERE / "notebooks" / "web" / "requirements.txt"
LITE = HERE / "notebooks" / "web" / "lite.txt"
# What is made for JupyterLite brings an extension that JupyterLab would load, in vain, and say so.
ASIDE = VENV / "lite"

# No printed digit may depend on the number of cores or on the order of a set.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PIP_USER": "0",  # also where pip's own settings say otherwise
    "JUPYTER_PREFER_ENV_PATH": "1",
}
# Of the reader's environment, what would let another place win over .venv stays outside ...
FOREIGN = re.compile("PYTHON|PIP_|UV_|JUPYTER_PATH$|VIRTUAL_ENV$|__PYVENV_LAUNCHER__$")
# ... but for how text is written and how the network is reached.
HARMLESS = re.compile(
    "PYTHON(UTF8|IOENCODING|PYCACHEPREFIX)$|(PIP|UV)_.*(INDEX|FIND_LINKS|HOST|PROXY|CERT"
    "|TLS|HTTP|TIMEOUT|RETRIES|CACHE|CONFIG_FILE|KEYRING|OFFLINE|CONCURRENT|LINK_MODE)")
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
PASSING = subprocess.TimeoutExpired, ProcessLookupError, PermissionError    # of an end
PATIENCE = 10    # seconds that what we started has to tidy up, before a sterner signal
# In .venv: our own records, and pip, which many keep up to date; that it is there is enough.
CHANGING = re.compile(r"^course-|^in-use$|^(bin|Scripts)[\\/]pip|[\\/]pip(-[^\\/]+)?[\\/](?!__main__\.py$)")
LOCKS = []       # files that we hold; whatever we start holds them too, for as long as it runs
STARTS = "import os, sys; sys.exit(list(sys.version_info[:2]) != %s or not os.path.samefile(sys.prefix, %r))"
# Of the packages given as name==version: are they there, or in the folder given first, with their files,
# and can they be imported?
PROOF = """
import importlib, re, sys
from importlib import metadata
sys.path.append(sys.argv.pop(1))
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
short = lambda version: re.sub(r"(\\.0)*([+].*)?$", "", version)
pins = {plain(word.split("==")[0]): word.split("==")[1] for word in sys.argv[2:]}
there = {plain(dist.metadata["Name"] or ""): dist for dist in metadata.distributions()}
for name, version in pins.items():
    if name not in there or short(there[name].version) != short(version):
        sys.exit(f"{name} {version} did not arrive in .venv.")
for name, dist in there.items():
    for file in dist.files or ():
        if file.suffix in (".py", ".so", ".pyd") and not file.locate().exists():
            sys.exit(f"{name} has no file {file}.")
    if "editable" in (dist.read_text("direct_url.json") or ""):
        pins[name] = dist.version
for module, names in metadata.packages_distributions().items() if sys.argv[1] == "import" else ():
    if module[0] != "_" and pins.keys() & set(map(plain, names)):
        try:
            importlib.import_module(module)
        except Exception as error:
            sys.exit(f"{module} cannot be imported: {type(error).__name__}: {error}")
"""
NEWER = (3, 15)      # from here on the course needs newer packages, which older ones cannot use
TOOLS = {"edition": "editions.py", "grade": "grade.py", "questions": "question_sheet.py"}
NO_NEWS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}

# How JupyterLab looks here, and here alone: type that can be read from afar, no file list beside the page and
# no status bar below it, so that a figure is whole on the first screen.
LAB = VENV / "course-lab"
LOOK = {
    "apputils-extension/themes": {"overrides": {"content-font-size1": "16px", "code-font-size": "14px"}},
    "statusbar-extension/plugin": {"visible": False},
}
COLLAPSED = {
    "data": {"layout-restorer:data": {
        "left": {"collapsed": True, "visible": True, "widgets": ["filebrowser"]},
        "right": {"collapsed": True, "visible": True, "widgets": []},
    }},
    "metadata": {"id": "default"},
}

NBVAL = [
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"),
    "--nbval-sanitize-with=tests/nbval.cfg",
]
# The browser runs every notebook and compares all that it says. nbval compares less, in its own way: these
# two hold every kind of output that there is.
NBVAL_PAGES = [
    "notebooks/12-train-a-character-lstm.ipynb", "notebooks/15-derive-the-gru.ipynb",
]
PARALLEL = ["-n", "auto", "--maxprocesses=4"]
STAGES = {
    "Lint": ["ruff", "check", "."],
    "Unit tests": ["pytest", "tests", "-m", "not browser", "-p", "no:nbval", "-p", "no:logging", "-rs",
                   *PARALLEL, "--dist=loadfile"],
    "Notebooks": ["pytest", *NBVAL, *NBVAL_PAGES, *PARALLEL, "--dist=loadfile"],
    "Browser": ["pytest", "tests/test_browser.py", "tests/test_site.py", "-m", "browser", "-p", "no:nbval",
                "-rs", *PARALLEL, "--dist=loadgroup"],     # which hands the tests out one by one
}
NOTHING_COLLECTED = 5  # pytest's exit code


def main(arguments):
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        say(__doc__)
        return 0
    require_known(arguments)
    require_python(sys.version_info)
    install_course()
    if arguments[:1] == ["setup"]:
        return 0
    if arguments[:1] == ["test"]:
        install_tests()
        install_web()
        if "--light" not in arguments:
            install_frameworks()
        with in_use():
            return run_tests([word for word in arguments[1:] if word != "--light"])
    if arguments[:1] in (["site"], ["slides"]):
        install_web()
        with in_use():
            return start([PYTHON, HERE / "notebooks" / "publish.py", *arguments], where=Path.cwd())
    with in_use():
        if arguments[:1] and arguments[0] in TOOLS:
            tool = HERE / "notebooks" / TOOLS[arguments[0]]
            return start([PYTHON, tool, *arguments[1:]], where=Path.cwd())
        return open_course(arguments)


def require_known(arguments):
    """End with one sentence if the first word is no command, no option and no file to open."""
    word = arguments[0] if arguments else "-"
    if not (word.startswith("-") or word in ("setup", "test", "site", "slides", *TOOLS)
            or (HERE / word).exists() or Path(word).exists()):
        sys.exit(f"course.py: there is no command or file {word!r}. `course.py --help` tells what there is.")


def require_python(version):
    """End with one sentence if this Python is too old."""
    if version < (3, 11):
        here = ".".join(map(str, version[:2]))
        sys.exit(f"The course needs Python 3.11 or newer; this is Python {here}.")


def install_course():
    """Make .venv from nothing, unless it is complete and up to date."""
    stamp, wanted = VENV / "course-stamp", fingerprint([COURSE])
    if is_current(stamp, wanted):
        return
    with alone():
        if is_current(stamp, wanted):  # made while we waited
            return
        put_away()
        say("Setting up the course: a minute or two, only this once.")
        make_venv(uv=shutil.which("uv"))
        install(COURSE, uv=shutil.which("uv"))
        settings = VENV / "share" / "jupyter" / "lab" / "settings"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(NO_NEWS))
        prove(COURSE, "import")
        finish(stamp, wanted)


def install_tests():
    """Add what the tests need to a complete .venv."""
    add([COURSE, TESTS], "tests-stamp", "Adding what the tests need.")


def install_frameworks():
    """Add what some tests compare with to a .venv that has what all tests need."""
    add([COURSE, TESTS, FRAMEWORKS], "frameworks-stamp",
        "Adding PyTorch, Keras and ONNX, some minutes once; `course.py test --light` does without.")


def install_web():
    """Add what the site needs; of its packages only those that are listed, as two only bring files."""
    add([COURSE, WEB], "web-stamp", "Adding what the site needs, only this once.", "--no-deps")
    add([COURSE, LITE], "lite-stamp", "Adding what lets it run in a browser, only this once.", "--no-deps",
        "--upgrade", f"--target={ASIDE}")


def add(files, stamp, news, *options):
    """Install the last of some files, unless its stamp says that all of them were installed as they are."""
    stamp, wanted = VENV / stamp, fingerprint(files)
    if is_current(stamp, wanted):
        return
    with alone():
        if is_current(stamp, wanted):
            return
        say(news)
        install(files[-1], *options, uv=shutil.which("uv"))
        prove(files[-1], "look")
        finish(stamp, wanted)


def is_current(stamp, wanted):
    """Tell whether an earlier installation was finished, from the same files, and is still whole."""
    try:
        return stamp.read_bytes() == wanted.encode() and is_whole()
    except OSError:
        return False


def is_whole():
    """Tell whether .venv has every file that it was finished with, and a Python that starts."""
    try:
        files = json.loads((VENV / "course-files").read_bytes())
        kept = [os.lstat(os.path.join(VENV, name)).st_size == size for name, size in files.items()]
    except (OSError, ValueError, AttributeError):
        return False
    return bool(kept) and all(kept) and starts()


def starts():
    """Tell whether the Python in .venv starts, and is of this version and in this place."""
    code = STARTS % (list(sys.version_info[:2]), str(VENV))
    try:
        return subprocess.run([str(PYTHON), "-I", "-c", code], env=environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def finish(stamp, wanted):
    """Record the files of .venv with their sizes, and at the very end write the stamp."""
    files = {}
    for folder, folders, names in os.walk(VENV):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for path in [os.path.join(folder, name) for name in names]:
            name = os.path.relpath(path, VENV)
            if not CHANGING.search(name):
                files[name] = os.lstat(path).st_size
    (VENV / "in-use").touch()
    replace(VENV / "course-files", json.dumps(files))
    replace(stamp, wanted)


def replace(file, text):
    """Write a file in one go, whatever has stood in its place."""
    if file.is_dir():
        shutil.rmtree(file)
    new = file.with_name(file.name + "-new")
    new.write_text(text)
    os.replace(new, file)


def put_away():
    """Remove whatever is called .venv; of a link only the link."""
    with in_use(exclusively=True) as free:
        if not free:
            sys.exit("The course is still open, and .venv needs to be made again: end JupyterLab "
                     "(Ctrl-C in its terminal), then the same command does it.")
    if os.path.lexists(VENV):
        say("What is in .venv is not whole, or not up to date: it is made again.")
        try:  # in one go; Windows refuses what is in use
            os.rename(VENV, VENV.with_name(f".venv-old-{time.time_ns()}"))
        except OSError as error:
            sys.exit(f"{VENV} cannot be moved away ({error.strerror}): end what still runs from it, "
                     "or delete it yourself; then the same command sets it up again.")
    for old in VENV.parent.glob(".venv-old-*"):
        with contextlib.suppress(OSError):  # what does not let itself be removed is in nobody's way
            if old.is_symlink() or old.is_file():
                old.unlink()
                continue
            shutil.rmtree(old, ignore_errors=True)
            unprotect(old)
            shutil.rmtree(old)


def unprotect(folder):
    """Allow us to read and to write a folder and all below it."""
    os.chmod(folder, 0o700)
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            unprotect(entry.path)


@contextlib.contextmanager
def alone():
    """Let nobody else install into .venv meanwhile; wait for whoever does."""
    try:
        if not os.access(VENV.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        file = open(VENV.with_name(".venv-lock"), "a")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        sys.exit(f"The folder {VENV.parent} cannot be written ({error.strerror}): "
                 "copy the course into a folder of your own, and start it there.")
    with file:
        if not lock(file):
            say("Another course.py is setting up in this folder; this one waits for it (Ctrl-C ends it).")
            while not lock(file):
                time.sleep(0.2)
        with held(file):
            yield


@contextlib.contextmanager
def in_use(exclusively=False):
    """Let nobody remove .venv meanwhile; give False if we want it for ourselves and somebody uses it."""
    with contextlib.ExitStack() as stack:
        free = True
        with contextlib.suppress(OSError):
            if fcntl:  # else the system sees to it
                file = stack.enter_context(open(VENV / "in-use", "rb"))
                free = lock(file, shared=not exclusively)
                stack.enter_context(held(file))
        yield free


@contextlib.contextmanager
def held(file):
    """Hand a locked file on to whatever is started meanwhile, which may outlive us."""
    LOCKS.append(file)
    try:
        yield
    finally:
        LOCKS.remove(file)


def lock(file, shared=False):
    """Lock a file until it is closed, or its last holder dies; False if somebody else has locked it."""
    try:
        if fcntl:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        else:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:  # some file systems know no locks
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
    return True


def fingerprint(files):
    """Hash what an installation depends on: its place, the machine, the Python version, the files."""
    try:
        texts = [file.read_text(encoding="utf-8") for file in files]
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is missing: unpack or clone the whole course, and start it there.")
    parts = [str(HERE), sys.platform, platform.machine(), str(sys.version_info[:2]), *texts]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_venv(uv):
    """Make .venv, with pip in it, by uv where there is one."""
    python = getattr(sys, "_base_executable", "") or sys.executable  # if we run from .venv, it has just gone
    if uv:
        step([uv, "venv", "--quiet", "--seed", "--python", python, VENV])
    elif importlib.util.find_spec("ensurepip"):
        step([python, "-m", "venv", VENV])
        # Python brings the pip of its day. Today's takes half the time; if it cannot be had, that one serves.
        start([PYTHON, "-m", "pip", "install", "-qqq", "--retries=0", "--timeout=15", "--upgrade", "pip"],
              installing=True)
    else:
        sys.exit("First run `sudo apt install python3-venv`: this Python came without it.")


def install(requirements, *options, uv):
    """Install a requirements file into .venv, by uv where there is one."""
    if uv:
        step([uv, "pip", "install", "--quiet", *options, "--python", PYTHON, "-r", requirements])
    else:
        step([PYTHON, "-W", "ignore", "-m", "pip", "install", "--quiet", "--no-compile", *options, "-r",
              requirements])


def prove(requirements, how):
    """End with one sentence, and trust .venv no more, if what was installed is not there or does not work."""
    pins = pinned(requirements.read_text(encoding="utf-8"), sys.version_info)
    if start([PYTHON, "-I", "-c", PROOF, ASIDE, how, *pins], installing=True):
        (VENV / "course-stamp").unlink(missing_ok=True)
        sys.exit("What was installed does not work, for the reason above. The same command makes all anew; "
                 "if it ends here again, see whether `pip config list` names a target, a prefix or a root.")


def pinned(text, version):
    """Return the lines name==version of requirements that count for this version of Python."""
    counts = {"": True, "<": version[:2] < NEWER, ">=": version[:2] >= NEWER}
    mark = r'(?:; python_version (<|>=) "' + ".".join(map(str, NEWER)) + '")?'
    found = re.findall(rf"^([\w.-]+==[^\s;]+){mark}\s*$", text, re.MULTILINE)
    return [pin for pin, when in found if counts[when]]


def step(command):
    """Run one step of the installation; end with one sentence if it fails."""
    if start(command, installing=True):
        full = shutil.disk_usage(HERE).free < 50e6
        why = "because the disk is full: make room" if full else "for the reason above"
        sys.exit(f"The installation failed {why}; the same command tries again.")


def start(command, installing=False, ending=signal.SIGINT, where=None):
    """Run a command, in the project's folder if no other is given, until it ends; return its exit code.

    If we are ended, so is the command, by the signal `ending` if it heeds that. An installer, which starts
    others and asks nothing, is a group by itself, so that all of it ends.
    """
    words, process = [str(part) for part in command], None
    options = {"stdin": subprocess.DEVNULL} if installing else {}
    if os.name == "posix":
        options.update(start_new_session=installing, pass_fds=[file.fileno() for file in LOCKS])
    try:
        with delayed_signals():
            process = subprocess.Popen(words, cwd=where or HERE, env=environment(), **options)
        return process.wait()
    except (KeyboardInterrupt, SystemExit) as reason:
        if process:
            ctrl_c = isinstance(reason, KeyboardInterrupt)
            if installing:
                ending = signal.SIGINT if ctrl_c else signal.SIGTERM
            elif ctrl_c:  # the command had it too and is tidying up
                ending = None
            end(process, installing, ending)
        raise


def environment():
    """Return the environment of what we start: nothing in it wins over .venv.

    Who wants no bytecode beside the sources has it in .venv: without any, each kernel would compile anew.
    """
    ours = {name: value for name, value in os.environ.items()
            if not FOREIGN.match(name) or HARMLESS.match(name)}
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        ours.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "__pycache__"))
    return {**ours, **ENVIRONMENT}


@contextlib.contextmanager
def delayed_signals():
    """Let a signal that ends us wait until here is done: what is started here is then known."""
    came, handlers = [], {}
    for number in [signal.SIGINT, *ENDING]:
        if callable(signal.getsignal(number)):  # what is ignored stays so, in the command as well
            handlers[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            handlers[came[0]](came[0], None)


def end(process, group, first):
    """End a process, or its whole group: by the signal `first`, if it has not had one, then more sternly."""
    if os.name != "posix":
        if first is not None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True)
        process.wait()
        return
    send = os.killpg if group else os.kill
    for number in [first, signal.SIGTERM, signal.SIGKILL]:
        with contextlib.suppress(*PASSING, KeyboardInterrupt):  # a second Ctrl-C is sterner
            if number is not None and process.poll() is None:
                send(process.pid, number)
            process.wait(None if number is None else 3 if group else PATIENCE)
    if group:
        with contextlib.suppress(*PASSING):
            os.killpg(process.pid, signal.SIGKILL)


def listen():
    """Let a signal that ends us end what we started, too."""
    def ended(number, _):
        for other in ENDING:
            signal.signal(other, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup one is ignored
            signal.signal(number, ended)


def furnish_lab():
    """Give the course a JupyterLab of its own look: the reader's settings, copied once, and larger type."""
    settings, workspaces = LAB / "settings", LAB / "workspaces"
    if settings.exists():       # from then on the reader's to change
        return
    theirs = Path(os.environ.get("JUPYTER_CONFIG_DIR") or Path.home() / ".jupyter") / "lab" / "user-settings"
    with contextlib.suppress(OSError, shutil.Error):
        shutil.copytree(theirs, settings)
    for name, values in LOOK.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(json.dumps(values))
    workspaces.mkdir(exist_ok=True)
    (workspaces / "default-37a8.jupyterlab-workspace").write_text(json.dumps(COLLAPSED))


def open_course(arguments):
    """Open the first notebook in JupyterLab, until Ctrl-C."""
    furnish_lab()
    command = lab_command(is_root(), has_display(sys.platform, os.environ))
    if "--no-browser" in command:
        say("Open one of the addresses that follow in a browser; Ctrl-C here ends JupyterLab.")
    return start([*command, *arguments], ending=signal.SIGTERM)


def lab_command(root, display):
    """Return the command that starts JupyterLab on this machine only, guarded by its token."""
    return [
        *(PYTHON, "-m", "jupyterlab"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={HERE}",
        "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb",
        f"--LabApp.user_settings_dir={LAB / 'settings'}",
        f"--LabApp.workspaces_dir={LAB / 'workspaces'}",
        "--KernelManager.transport_encryption=auto",  # else each kernel prints a warning
        "--log-level=ERROR",  # of its many lines, and those of its page, only the addresses are left
        "--LabApp.log_level=ERROR",
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
        listen()
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped.")
        sys.exit(130)
    except OSError as error:
        sys.exit(f"course.py cannot go on: {error}. See that the disk has room and that the folder is yours; "
                 "then the same command tries again.")
