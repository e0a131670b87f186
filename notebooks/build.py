"""Build the notebooks: source/NN-name.md -> NN-name.ipynb, executed, the same bytes every time.

    python notebooks/build.py            every notebook
    python notebooks/build.py 03 04      only these
    python notebooks/build.py --check    write nothing, name those that are out of step

A source is MyST: `+++` parts markdown cells, a fence {code-cell} with a line `:tags: [setup, ...]`
is a code cell. The last cell, with the links to the neighbours, is added here.
"""

import argparse
import os
import re
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "source"

# An aside draws, measures or prints; no exercise needs it. The tag is how Jupyter Book says it.
FOLDED = {"setup": "hide-input", "aside": "hide-input", "solution": "hide-cell", "widget": "hide-input"}
TAGS = {*FOLDED, "exercise", "raises-exception", "nbval-ignore-output"}
LINES, SECONDS, KILOBYTES = 15, 20, 400
CELL = 150                        # seconds that a cell may take on a machine that is busy
LONGER = {                        # 11 measures its board, 14 and 19 train, 16 may import frameworks
    "11-find-the-wrong-gate": 40, "14-long-memory": 60, "16-the-same-network-elsewhere": 40,
    "19-linear-recurrences": 40}
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "nbconvert_exporter": "python"},
}
# In Google Colab the first cell brings the package and lets figures through; elsewhere it does neither.
COLAB = """import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q anywidget git+{repository}")
    from google.colab import output
    output.enable_custom_widget_manager()

"""
# No printed digit may depend on the number of cores or on the order of a set.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class Refusal(Exception):
    """Why a notebook is not built, in one sentence."""


def build(source, seconds=None):
    """Return the bytes of the notebook made from a source, executed within so many seconds."""
    seconds = seconds or LONGER.get(source.stem, SECONDS)
    notebook = draft(source)
    began = time.monotonic()
    execute(notebook, source.stem)
    took = time.monotonic() - began
    if took > seconds:
        raise Refusal(f"{source.stem} runs for {took:.0f} s; at most {seconds} s are allowed.")
    normalise(notebook, source.stem)
    nbformat.validate(notebook)
    content = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    if len(content) > KILOBYTES * 1000:
        raise Refusal(
            f"{source.stem} has {len(content) // 1000} KB; at most {KILOBYTES} are allowed."
        )
    return content


def draft(source):
    """Return the notebook of a source before it is executed, with everything but the outputs."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    if links := navigation(source):
        notebook.cells.append(nbformat.v4.new_markdown_cell(links))
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        tags = cell.metadata.get("tags", [])
        if unknown := set(tags) - TAGS:
            raise Refusal(f"{source.stem}, {cell.id}: no tag is called {min(unknown)}.")
        if cell.cell_type == "code" and (lines := len(cell.source.splitlines())) > LINES:
            raise Refusal(f"{source.stem}, {cell.id}: {lines} lines of code; at most {LINES}.")
        if "widget" in tags and "nbval-ignore-output" not in tags:
            tags = [*tags, "nbval-ignore-output"]
        folded = [FOLDED[tag] for tag in tags if tag in FOLDED]
        metadata = {"tags": [*tags, *folded[:1]]} if tags else {}
        if folded:                      # in Jupyter's words, and in Colab's
            metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        cell.metadata = nbformat.from_dict(metadata)
    for_colab(notebook)                 # after its author's lines are counted
    return notebook


def for_colab(notebook):
    """Put what Colab needs into the first cell of code, under its comment, if that cell is a setup."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first and "setup" in first.metadata.get("tags", []):
        comment, _, rest = first.source.partition("\n")
        if not comment.startswith("#"):
            comment, rest = "# Load what this page uses: run this cell first", first.source
        first.source = f"{comment}\n{colab()}{rest}"


def colab():
    """Return what Colab needs, with the address of the repository as pyproject.toml has it."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return COLAB.format(repository=project["urls"]["Source"])


def navigation(source):
    """Return links to the notebook before, to the start, and to the notebook after."""
    sources = sorted(source.parent.glob("[0-9]*.md"))
    if source not in sources:           # the primer stands beside the course
        return f"---\n\n[Start]({sources[0].stem}.ipynb)" if sources else ""
    here = sources.index(source)
    links = []
    if here > 0:
        links.append(f"← {link(sources[here - 1])}")
    if here > 1:
        links.append(f"[Start]({sources[0].stem}.ipynb)")
    if here + 1 < len(sources):
        links.append(f"{link(sources[here + 1])} →")
    return "---\n\n" + " &nbsp;|&nbsp; ".join(links) if links else ""


def link(source):
    """Return a link to a notebook, by the title on its first line that is one."""
    title = re.search(r"^# (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    return f"[{title[1] if title else source.stem}]({source.stem}.ipynb)"


def execute(notebook, name):
    """Run every cell from top to bottom in a fresh kernel."""
    started = []
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        on_cell_start=lambda cell, cell_index: started.append(cell.id),
        resources={"metadata": {"path": str(HERE)}},
    )
    try:
        client.execute(env=os.environ | ENVIRONMENT)
    except CellExecutionError as error:
        raise Refusal(
            f"{name}, {started[-1]}: {error.ename}: {error.evalue}\n{error.traceback}"
        ) from error
    except CellTimeoutError as error:
        raise Refusal(f"{name}, {started[-1]} does not end within {CELL} s.") from error
    except DeadKernelError as error:
        raise Refusal(f"{name}, {started[-1]}: the kernel died.") from error


def normalise(notebook, name):
    """Keep of the outputs only what is the same at every build, and refuse warnings."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise Refusal(f"{name}, {cell.id} writes to stderr: {output.text.strip()}")
            if output.output_type == "execute_result":
                output.execution_count = count
            if output.output_type == "error":  # a traceback shows the paths of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
            if WIDGET in output.get("data", {}):  # names a model of a kernel that is gone
                del output.data[WIDGET]
    notebook.metadata = nbformat.from_dict(METADATA)


def target(source):
    """Return the path of the notebook that is made from a source."""
    return HERE / f"{source.stem}.ipynb"


def chosen(numbers):
    """Return the sources whose names begin with one of the numbers, or all."""
    sources = sorted(SOURCES.glob("*.md"))
    for number in numbers:
        if not any(source.name.startswith(number) for source in sources):
            sys.exit(f"There is no source that begins with {number} in {SOURCES.name}/.")
    return [source for source in sources if not numbers or source.name.startswith(tuple(numbers))]


def main():
    parser = argparse.ArgumentParser(description="Build the notebooks from their sources.")
    parser.add_argument("numbers", nargs="*", metavar="NN", help="only these, for example 03")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args()
    failed = False
    sources = chosen(options.numbers)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the work is in the kernels
        for source, job in [(source, pool.submit(build, source)) for source in sources]:
            path = target(source)
            try:
                content = job.result()
            except Refusal as refusal:
                failed = True
                print(refusal)
                continue
            same = path.exists() and path.read_bytes() == content
            if options.check and not same:
                failed = True
                print(f"{source.stem} is out of step: python notebooks/build.py {source.stem[:2]}")
            else:
                print(f"{source.stem}: {len(content) // 1000} KB, {'as it was' if same else 'new'}")
            if not options.check:
                path.write_bytes(content)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
