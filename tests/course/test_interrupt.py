"""The stop button: whenever it is pressed in a training, every later cell runs on what there is."""

import time

import pytest
from jupyter_client.manager import start_new_kernel

import build

TRAINING = ("widgets.train(", "widgets.race(")
NOTEBOOKS = ["12-train-a-character-lstm", "13-a-word-model", "14-long-memory"]


class Kernel:
    """A kernel in the folder of the notebooks, as a reader has it."""

    def __init__(self):
        quiet = ["--log-level=ERROR"]
        self.manager, self.client = start_new_kernel(cwd=str(build.HERE), extra_arguments=quiet)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, interrupt=None):
        """Run a cell, interrupted after so many seconds; return the kind of its error (or None), the text."""
        asked = self.client.execute(code)
        if interrupt is not None:
            self._until(asked, lambda m: m["msg_type"] == "execute_input")
            time.sleep(interrupt)
            self.manager.interrupt_kernel()
        said = self._until(asked, lambda m: m["content"].get("execution_state") == "idle")
        errors = [m["content"] for m in said if m["msg_type"] == "error"]
        text = "".join(m["content"]["text"] for m in said if m["msg_type"] == "stream")
        return (errors[0]["ename"], "\n".join(errors[0]["traceback"])) if errors else (None, text)

    def _until(self, asked, last):
        said = []
        while not (said and last(said[-1])):
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") == asked:
                said.append(message)
        return said


@pytest.fixture(scope="module")
def one_kernel():
    kernel = Kernel()
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(one_kernel):
    """The one kernel, in which nothing has a name yet."""
    one_kernel.run("%reset -f")
    return one_kernel


def cells(name):
    draft = build.draft(build.SOURCES / f"{name}.md")
    return [cell.source for cell in draft.cells if cell.cell_type == "code"]


@pytest.mark.rebuild
@pytest.mark.parametrize("moment", ["before it begins", 0.0, 0.3])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_after_an_interrupt_every_later_cell_runs_on_what_there_is(name, moment, kernel):
    told = []
    for code in cells(name):
        stopped = any(call in code for call in TRAINING)
        if stopped and moment == "before it begins":
            error, _ = kernel.run("raise KeyboardInterrupt")
        else:
            error, text = kernel.run(code, interrupt=moment if stopped else None)
            told += [line for line in text.splitlines() if line.startswith("The training stands at update")]
        assert error is None or (stopped and error == "KeyboardInterrupt"), f"{text}\n{code}"

    assert len(told) >= 2 and all("run its cell again" in line for line in told)


def test_who_uses_what_an_interrupted_cell_makes_is_told_which_cell_to_run_first(kernel):
    def told(code):
        error, text = kernel.run(code)
        return error and f"{error}: {text}"

    kernel.run("import time\nfrom rnnlib import course")
    error, _ = kernel.run("# in the beginning\ncurves = [time.sleep(60)]\nlast = 1", interrupt=0.3)
    first = "is not there: a cell did not end. Run that cell first; it begins: curves = [time.sleep(60)]"

    assert error == "KeyboardInterrupt"
    assert told("ends = curves[0]") == f"NameError: curves {first}"
    assert told("print(ends)") == f"NameError: ends {first}"                  # not the cell between
    for _ in range(2):
        assert "Traceback" in told("print(curve)") and "Traceback" in told("x = y = x")      # own slips
    assert told("curves = last = [3]") is None and told("ends = curves[0]") is None
    assert kernel.run("print(ends)") == (None, "3\n")
