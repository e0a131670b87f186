import ast
import itertools
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import build
import course


def called(monkeypatch, function, *arguments, **options):
    """Return the commands that a function of course.py would run."""
    commands = []
    monkeypatch.setattr(course, "start", lambda command, **_: commands.append(command) or 0)
    function(*arguments, **options)
    return [[str(word) for word in command] for command in commands]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an empty .venv, and requirement files of its own."""
    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(course, "PYTHON", tmp_path / ".venv" / "python")
    for name, file, line in [("COURSE", "requirements.txt", "numpy==2.4.6\n"),
                             ("TESTS", "tests.txt", "pytest==9.2.0\n"),
                             ("FRAMEWORKS", "frameworks.txt", "torch==2.13.0\n"),
                             ("WEB", "web.txt", "math-core==0.9.0\n"),
                             ("LITE", "lite.txt", "jupyterlite-core==0.6.4\n")]:
        (tmp_path / file).write_text(line)
        monkeypatch.setattr(course, name, tmp_path / file)
    monkeypatch.setattr(course, "make_venv", lambda uv: course.PYTHON.parent.mkdir())
    monkeypatch.setattr(course, "install", lambda *_, uv: course.PYTHON.touch())
    monkeypatch.setattr(course, "prove", lambda *_: None)
    monkeypatch.setattr(course, "starts", lambda: course.PYTHON.exists())
    return tmp_path


def test_only_the_standard_library_is_imported():
    tree = ast.parse(open(course.__file__, encoding="utf-8").read())

    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_an_old_python_is_told_so_in_one_sentence():
    with pytest.raises(SystemExit) as end:
        course.require_python((3, 10, 12))
    assert str(end.value) == "The course needs Python 3.11 or newer; this is Python 3.10."

    course.require_python((3, 11, 0))


def test_an_old_python_can_read_the_file_that_tells_it():
    ast.parse(open(course.__file__, encoding="utf-8").read(), feature_version=(3, 7))


def test_jupyterlab_serves_this_machine_only_and_keeps_its_token():
    for root in (False, True):
        for display in (False, True):
            command = course.lab_command(root, display)
            assert "--ServerApp.ip=127.0.0.1" in command
            assert not any("token" in str(word) or "password" in str(word) for word in command)


@pytest.mark.skipif(os.name == "nt", reason="is ended by a signal")
def test_jupyterlab_tells_its_addresses_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "LAB", tmp_path)
    words = [str(word) for word in course.lab_command(course.is_root(), display=False)]
    environment = {**os.environ, **{f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in
                                    ("CONFIG", "DATA", "RUNTIME")}}
    command = [sys.executable, *words[1:], "--port=0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as lab:
        lines = list(itertools.takewhile(lambda line: "http://" not in line, lab.stderr))
        lab.kill()                                    # so early it may lose a signal that asks it to end
        lab.communicate(timeout=60)

    assert any("paste" in line for line in lines)
    assert not [line for line in lines if line.startswith(("[I", "[W", "[E"))]


def test_root_gets_the_flag_without_which_jupyterlab_refuses():
    assert "--allow-root" in course.lab_command(root=True, display=True)
    assert "--allow-root" not in course.lab_command(root=False, display=True)


def test_root_is_recognised_and_windows_has_none(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert course.is_root()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not course.is_root()
    monkeypatch.delattr(os, "geteuid")
    assert not course.is_root()


def test_without_a_display_the_address_is_printed_instead(monkeypatch, capsys):
    monkeypatch.setattr(course, "has_display", lambda *_: False)
    monkeypatch.setattr(course, "furnish_lab", lambda: None)

    (command,) = called(monkeypatch, course.open_course, ["--port=9000"])

    assert "--no-browser" in command and command[-1] == "--port=9000"
    assert "Open one of the addresses" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("platform", "environ", "display"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_recognised(platform, environ, display):
    assert course.has_display(platform, environ) is display


def test_uv_installs_where_it_is_found(monkeypatch):
    make = called(monkeypatch, course.make_venv, uv="/bin/uv")
    install = called(monkeypatch, course.install, "requirements.txt", uv="/bin/uv")

    assert [command[:2] for command in make + install] == [["/bin/uv", "venv"], ["/bin/uv", "pip"]]
    assert "--seed" in make[0]  # so that pip is there too


def test_pip_installs_where_uv_is_not_found(monkeypatch):
    make = called(monkeypatch, course.make_venv, uv=None)
    install = called(monkeypatch, course.install, "requirements.txt", uv=None)

    assert make[0][1:3] == ["-m", "venv"]
    assert make[1][1:4] == ["-m", "pip", "install"] and make[1][-2:] == ["--upgrade", "pip"]
    assert install[0][1:6] == ["-W", "ignore", "-m", "pip", "install"]


def test_a_python_without_ensurepip_gets_one_sentence_of_advice(monkeypatch):
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        course.make_venv(uv=None)


def test_a_failed_step_ends_the_installation_with_one_sentence(monkeypatch):
    monkeypatch.setattr(course, "start", lambda command, **_: 1)

    with pytest.raises(SystemExit, match="the same command tries again"):
        course.install("requirements.txt", uv=None)


def test_the_second_run_installs_nothing(project, monkeypatch):
    course.install_course()
    monkeypatch.setattr(course, "make_venv", lambda uv: pytest.fail("made .venv again"))

    course.install_course()


def test_changed_requirements_are_installed_from_nothing(project):
    course.install_course()
    (course.VENV / "left-over").touch()
    (project / "requirements.txt").write_text("numpy==2.4.7\n")

    course.install_course()

    assert not (course.VENV / "left-over").exists()
    assert course.is_current(course.VENV / "course-stamp", course.fingerprint([course.COURSE]))


def test_an_interrupted_installation_is_repaired(project, monkeypatch):
    def interrupted(*_, uv):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(course, "install", interrupted)
        course.install_course()
    assert not course.is_current(course.VENV / "course-stamp", course.fingerprint([course.COURSE]))

    course.install_course()

    assert course.is_current(course.VENV / "course-stamp", course.fingerprint([course.COURSE]))


def test_a_venv_whose_python_is_gone_is_made_again(project):
    course.install_course()
    course.PYTHON.unlink()

    course.install_course()

    assert course.PYTHON.exists()


def test_another_python_version_and_another_place_are_noticed(project, monkeypatch):
    before = course.fingerprint([course.COURSE])

    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 99, 0))
        assert course.fingerprint([course.COURSE]) != before
    with monkeypatch.context() as patch:
        patch.setattr(course, "HERE", project / "moved")
        assert course.fingerprint([course.COURSE]) != before


@pytest.fixture
def commanded(project, monkeypatch):
    """The project, its installed files and what went to pytest, as main would have them."""
    installed, handed_on = [], []
    monkeypatch.setattr(
        course, "install", lambda file, *_, uv: (installed.append(file.name), course.PYTHON.touch()))
    monkeypatch.setattr(course, "run_tests", lambda words: handed_on.extend(words) or 0)
    return project, installed, handed_on


ALL = ["requirements.txt", "tests.txt", "web.txt", "lite.txt", "frameworks.txt"]


def test_testing_installs_the_course_the_tests_and_the_frameworks_once(commanded):
    _, installed, handed_on = commanded

    assert course.main(["test", "-k", "lstm"]) == 0
    assert installed == ALL

    assert course.main(["test", "-x"]) == 0
    assert installed == ALL
    assert handed_on == ["-k", "lstm", "-x"]


def test_light_leaves_the_frameworks_out_and_does_not_reach_pytest(commanded):
    _, installed, handed_on = commanded

    course.main(["test", "--light", "-k", "lstm"])
    course.main(["test", "-x", "--light"])

    assert installed == ALL[:-1]
    assert handed_on == ["-k", "lstm", "-x"]


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help_is_printed_and_nothing_installed(commanded, capsys, word):
    assert course.main([word]) == 0

    assert course.__doc__ in capsys.readouterr().out and commanded[1] == []


def test_a_word_that_is_neither_command_nor_file_is_told_and_nothing_installed(commanded):
    with pytest.raises(SystemExit, match=r"no command or file .tset.\. `course.py --help` tells what"):
        course.main(["tset"])

    assert commanded[1] == []


@pytest.mark.parametrize("tool", course.TOOLS)
def test_a_tool_for_lecturers_runs_where_its_user_is(commanded, monkeypatch, tool):
    started = []
    monkeypatch.setattr(course, "start", lambda command, where: started.append((command, where)) or 0)
    monkeypatch.chdir(commanded[0])

    assert course.main([tool, "a b", "--help"]) == 0

    ((python, script, *words), where), = started
    assert (python, words, where) == (course.PYTHON, ["a b", "--help"], commanded[0])
    assert script.is_file() and script.parent == build.HERE


def test_the_site_is_written_by_what_it_needs_and_nothing_else(commanded, monkeypatch):
    _, installed, _ = commanded

    command, = called(monkeypatch, course.main, ["site", "elsewhere"])

    assert command == [str(course.PYTHON), str(course.HERE / "notebooks" / "publish.py"), "site", "elsewhere"]
    assert installed == ["requirements.txt", "web.txt", "lite.txt"]


def test_setting_up_installs_nothing_for_tests(commanded):
    _, installed, _ = commanded

    course.main(["setup"])

    assert installed == ["requirements.txt"]


@pytest.mark.parametrize(
    ("changed", "again"),
    [("tests.txt", ["tests.txt", "frameworks.txt"]), ("frameworks.txt", ["frameworks.txt"])],
)
def test_only_what_a_change_concerns_is_installed_again(changed, again, commanded):
    project, installed, _ = commanded
    course.main(["test"])
    installed.clear()
    (project / changed).write_text("other==1.0\n")

    course.main(["test"])

    assert installed == again


def test_interrupted_frameworks_are_installed_by_the_next_test(commanded, monkeypatch):
    _, installed, _ = commanded
    working = course.install

    def interrupted(file, *options, uv):
        if file == course.FRAMEWORKS:
            raise KeyboardInterrupt
        working(file, *options, uv=uv)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(course, "install", interrupted)
        course.main(["test"])
    course.main(["test"])

    assert installed == ALL


@pytest.mark.parametrize("file", ["COURSE", "TESTS", "FRAMEWORKS", "WEB", "LITE"])
def test_requirements_are_exact_and_name_no_index(file):
    lines = getattr(course, file).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]

    mark = re.escape('python_version @ "3.15"').replace("@", "(<|>=)")
    assert wanted and all(re.fullmatch(rf"[\w.-]+==[\d.]+(; {mark})?|-e \.", line) for line in wanted)


@pytest.mark.parametrize("file", ["COURSE", "TESTS", "FRAMEWORKS", "WEB", "LITE"])
def test_each_python_gets_each_package_of_a_list_once(file):
    text = getattr(course, file).read_text(encoding="utf-8")
    every = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))

    for version in ((3, 11, 7), (3, 14, 0), (3, 15, 0), (3, 20, 1)):
        names = [pin.split("==")[0] for pin in course.pinned(text, version)]
        assert len(names) == len(set(names)) and every - set(names) <= {"keras"}     # not made for 3.15 yet
    assert course.pinned('a==1; python_version < "3.15"\nb==2\n-e .', (3, 15, 0)) == ["b==2"]


@pytest.mark.skipif(Path(sys.prefix).resolve() != course.VENV, reason="not in the course's own .venv")
def test_what_the_tests_add_leaves_the_course_as_it_is_pinned():
    pins = [pin.split("==") for pin in course.pinned(course.COURSE.read_text("utf-8"), sys.version_info)]

    assert pins and all(metadata.version(name) == version for name, version in pins)


@pytest.mark.parametrize(
    ("codes", "exit_code"), [([0, 0, 0, 0], 0), ([0, 0, 5, 5], 0), ([1, 0, 0, 0], 1)]
)
def test_every_stage_runs_and_one_failure_fails_the_whole(codes, exit_code, monkeypatch, capsys):
    remaining = list(codes)
    monkeypatch.setattr(course, "start", lambda command: remaining.pop(0))

    assert course.run_tests([]) == exit_code

    printed = capsys.readouterr().out
    assert not remaining
    assert printed.count("nothing to test") == codes.count(5)
    assert printed.count("FAILED") == codes.count(1)


def test_the_browser_stage_knows_every_file_with_tests_in_a_browser():
    named = {word for word in course.STAGES["Browser"] if word.endswith(".py")}

    marked = {path.relative_to(course.HERE).as_posix() for path in (course.HERE / "tests").rglob("*.py")
              if "pytest.mark." + "browser" in path.read_text(encoding="utf-8")}

    assert marked == named


def test_tests_are_counted_from_the_report(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" skipped="3" failures="1" errors="1"/></testsuites>'
    )

    assert course.count_tests(report) == {"passed": 4, "failed": 2, "skipped": 3}


def test_the_course_has_a_jupyterlab_of_its_own_look_and_leaves_the_readers_alone(tmp_path, monkeypatch):
    workspaces_handler = pytest.importorskip("jupyterlab_server.workspaces_handler")
    theirs = tmp_path / "config" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    theirs.mkdir(parents=True)
    (theirs / "tracker.jupyterlab-settings").write_text('{"autoStartDefaultKernel": true}')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr(course, "LAB", tmp_path / "course-lab")
    before = sorted(path.relative_to(tmp_path) for path in (tmp_path / "config").rglob("*"))

    course.furnish_lab()

    ours = tmp_path / "course-lab" / "settings" / "@jupyterlab"
    assert "autoStart" in (ours / "notebook-extension" / "tracker.jupyterlab-settings").read_text()
    for name, values in course.LOOK.items():
        assert json.loads((ours / f"{name}.jupyterlab-settings").read_text()) == values
    (workspace,) = (tmp_path / "course-lab" / "workspaces").iterdir()
    assert workspace.name == workspaces_handler.slugify("default", "") + ".jupyterlab-workspace"
    assert before == sorted(path.relative_to(tmp_path) for path in (tmp_path / "config").rglob("*"))
    for name in ("user_settings_dir", "workspaces_dir"):
        assert any(str(word).startswith(f"--LabApp.{name}=") for word in course.lab_command(False, True))

    themes = ours / "apputils-extension" / "themes.jupyterlab-settings"
    themes.write_text('{"theme": "JupyterLab Dark"}')           # the reader's own choice, from then on
    course.furnish_lab()
    assert "Dark" in themes.read_text()
