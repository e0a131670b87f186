import ast
import os
import sys

import pytest

import course


def called(monkeypatch, function, *arguments, **options):
    """Return the commands that a function of course.py would run."""
    commands = []
    monkeypatch.setattr(course, "start", lambda command: commands.append(command) or 0)
    function(*arguments, **options)
    return [[str(word) for word in command] for command in commands]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an empty .venv, and requirement files of its own."""
    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(course, "PYTHON", tmp_path / ".venv" / "python")
    monkeypatch.setattr(course, "COURSE", tmp_path / "requirements.txt")
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    monkeypatch.setattr(course, "make_venv", lambda uv: course.PYTHON.parent.mkdir())
    monkeypatch.setattr(course, "install", lambda *_, uv: course.PYTHON.touch())
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
    assert install[0][1:4] == ["-m", "pip", "install"]


def test_a_python_without_ensurepip_gets_one_sentence_of_advice(monkeypatch):
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        course.make_venv(uv=None)


def test_a_failed_step_ends_the_installation_with_one_sentence(monkeypatch):
    monkeypatch.setattr(course, "start", lambda command: 1)

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


def test_tests_are_counted_from_the_report(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" skipped="3" failures="1" errors="1"/></testsuites>'
    )

    assert course.count_tests(report) == {"passed": 4, "failed": 2, "skipped": 3}
