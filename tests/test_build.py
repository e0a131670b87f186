import json
import sys
import types

import pytest

import build

SAMPLE = """# 1 · A title

One cell.

+++

Another.

```{code-cell}
:tags: [setup]

import sys
```

```{code-cell}
:tags: [exercise]

print("a")
sys.stdout.flush()
print({"x", "y", "z"} == set("xyz"))
```

```{code-cell}
:tags: [widget]

1 + 1
```

```{code-cell}
:tags: [raises-exception]

1 / 0
```
"""


@pytest.fixture
def source(tmp_path):
    """The middle one of three sources."""
    (tmp_path / "00-start.md").write_text("# 0 · Start\n", encoding="utf-8")
    (tmp_path / "02-last.md").write_text("# 2 · Last\n", encoding="utf-8")
    path = tmp_path / "01-sample.md"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


def with_code(source, code, tags="[]"):
    """Replace the source by a single code cell."""
    source.write_text(f"# T\n\n```{{code-cell}}\n:tags: {tags}\n\n{code}\n```\n", encoding="utf-8")
    return source


@pytest.mark.rebuild
def test_two_builds_give_the_same_bytes_without_traces_of_the_machine(source):
    first = build.build(source)

    assert first == build.build(source)
    assert first.endswith(b"}\n")
    cells = json.loads(first)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [1, 2, 3, 4]
    assert len(code[1]["outputs"]) == 1  # one stream, though it was flushed
    assert code[3]["outputs"][0]["traceback"] == ["ZeroDivisionError: division by zero"]


def test_tags_fold_cells_and_spare_widgets_the_comparison(source):
    code = [cell.metadata for cell in build.draft(source).cells if cell.cell_type == "code"]

    assert code[0] == {
        "tags": ["setup", "hide-input"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    assert code[1] == {"tags": ["exercise"]}
    assert code[2].tags == ["widget", "nbval-ignore-output", "hide-input"]
    assert code[2].jupyter == {"source_hidden": True}


def test_cells_are_numbered(source):
    ids = [cell.id for cell in build.draft(source).cells]

    assert ids == [f"cell-{i:02}" for i in range(1, 8)]


def test_the_last_cell_links_to_the_neighbours(source):
    last = source.with_name("02-last.md")

    assert "← [0 · Start](00-start.ipynb)" in build.navigation(source)
    assert "[2 · Last](02-last.ipynb) →" in build.navigation(source)
    assert "[Start](00-start.ipynb)" in build.navigation(last)


def test_a_notebook_alone_has_no_links(tmp_path):
    (tmp_path / "00-start.md").write_text("# 0 · Start\n", encoding="utf-8")

    assert build.navigation(tmp_path / "00-start.md") == ""


def test_an_unknown_tag_is_refused(source):
    with pytest.raises(build.Refusal, match="01-sample, cell-02: no tag is called setpu"):
        build.draft(with_code(source, "1", "[setpu]"))


def test_a_long_cell_is_refused(source):
    with pytest.raises(build.Refusal, match="01-sample, cell-02: 16 lines of code; at most 15"):
        build.draft(with_code(source, "\n".join(["1"] * 16)))


@pytest.mark.rebuild
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "01-sample, cell-02: ZeroDivisionError: division by zero"),
        ("import warnings; warnings.warn('careful')", "(?s)cell-02 writes to stderr: .*careful"),
        ("import os; os._exit(1)", "cell-02: the kernel died"),
        ("'x' * 500_000", "01-sample has 50. KB; at most 400"),
        ("import time; time.sleep(2)", "01-sample runs for . s; at most 1 s"),
    ],
)
def test_what_must_not_be_stored_is_refused(source, code, message):
    seconds = 1 if "sleep" in code else build.SECONDS

    with pytest.raises(build.Refusal, match=message):
        build.build(with_code(source, code), seconds)


def test_in_colab_the_first_cell_brings_the_package_and_elsewhere_nothing(source, monkeypatch):
    cell = next(cell for cell in build.draft(source).cells if cell.cell_type == "code")
    ran, calls = {"get_ipython": lambda: Shell()}, []

    class Shell:
        def run_line_magic(self, name, line):
            calls.append((name, line))

    exec(cell.source, ran)
    assert calls == [] and cell.source.startswith("# Load what this page uses")

    colab = types.ModuleType("google.colab")
    colab.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: calls.append("widgets"))
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    exec(cell.source, ran)
    assert calls == [("pip", "install -q anywidget git+https://github.com/rnnlib/rnnlib"), "widgets"]
