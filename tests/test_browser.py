"""Every notebook in a real browser: run it, see that it says what is stored, answer its questions, move its
sliders by keyboard, solve.
"""

import ast
import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest
import whole_board
from helpers import PATIENCE, axe, until
from in_step import assert_in_step, is_in_step, with_outputs

import build
from rnnlib.course import board, wrong

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"), reverse=True)   # late pages take long: none is last
HARMLESS = ("/api/kernels?",)     # parts of errors that are JupyterLab's own: it lists kernels while one ends
SETTINGS = {        # no questions about news; all cells in the page, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


class Lab:
    """A throw-away JupyterLab on the loopback address, with a token and settings of its own."""

    def __init__(self, root, home):
        for name, values in SETTINGS.items():
            file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        own = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        environment = {
            **os.environ, **{f"JUPYTER_{name}": str(home / part) for name, part in own.items()},
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "IPYTHONDIR": str(home / "ipython"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            **build.ENVIRONMENT,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        self.token, self.port, self.log = secrets.token_hex(16), free_port(), home / "log"
        as_root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", *as_root,
                 f"--port={self.port}", "--ServerApp.port_retries=0",
                 f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={root}",
                 "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True",
                 "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
                env=environment, stdout=log, stderr=subprocess.STDOUT)
        until(self.answers, "JupyterLab does not start")

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("status")
        except OSError:
            return None

    def ask(self, path, body=None, method=None):
        request = Request(f"http://127.0.0.1:{self.port}/api/{path}", method=method,
                          data=None if body is None else json.dumps(body).encode(),
                          headers={"Authorization": f"token {self.token}"})
        with urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def address(self):
        return f"http://127.0.0.1:{self.port}/lab?token={self.token}&reset"


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    root, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    for notebook in NOTEBOOKS:
        shutil.copy(notebook, root)
    lab = Lab(root, home)
    yield lab
    lab.process.terminate()
    lab.process.wait(30)


@pytest.fixture(scope="session")
def windows():
    """The one window that the tests share, or none yet."""
    windows = []
    yield windows
    for page in windows:
        page.context.close()


@pytest.fixture
def page(request, browser, lab, windows):
    """JupyterLab, loaded once: a reader too goes from notebook to notebook in it. After a failure, anew."""
    failures = request.session.testsfailed
    if not windows:
        windows.append(open_lab(browser, lab))
    page = windows[0]
    yield page
    if request.session.testsfailed > failures:
        windows.remove(page)
        page.context.close()
    else:
        page.evaluate("window.jupyterapp.shell.currentWidget.dispose()")
        page.errors.clear()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_again_what_is_stored_and_its_figures_answer_the_keyboard(notebook, request):
    """Where there is no browser it is only built again: no notebook is executed twice."""
    try:
        lab, page = map(request.getfixturevalue, ("lab", "page"))
    except pytest.skip.Exception:
        again = build.build(build.SOURCES / f"{notebook.stem}.md", seconds=300)   # a slow machine
        assert_in_step(notebook, again.decode())
        if notebook.name.startswith("11"):
            whole_board.assert_as_told(board.measure())
        raise
    with opened(lab, page, notebook) as kernel:
        assert_in_step(notebook, all_said(page, notebook))
        for live in page.query_selector_all(".rnnlib-live"):     # handles: a locator searches the whole page
            answer(page, live)
        for number, figure in enumerate(page.query_selector_all(".rnnlib-figure")):
            move_sliders(page, figure, ALL_KEYS if number < 2 else TWO_KEYS)
        assert page.evaluate(FAILING_LINES) == [], "a line of code below a figure cannot be run"
        tall, which = max(page.evaluate(HEIGHTS), default=(0, ""))
        assert tall <= TALL, f"{which}: {tall:.0f} px high"
        assert page.evaluate(SIDEWAYS) <= 0, "the notebook scrolls sideways"
        assert page.evaluate(BARE_PICTURES) == [], "a picture has no alternative text"
        assert unexpected(page) == []
        if notebook.name.startswith("03"):
            a_wrong_answer_is_located_and_a_right_one_is_noted(page)
            a_figure_is_touched_foreseen_and_presented_and_knows_a_restart(page, lab, kernel)
        if notebook.name.startswith("04"):
            a_dark_page_has_no_glaring_figure(page)
        if notebook.name.startswith("05"):
            a_puzzle_is_solved_by_mouse_and_by_keyboard(page)
        if notebook.name.startswith("11"):
            whole_board.assert_as_told(measured_board(page))


# What axe finds that is Jupyter's own: a rule, and the part of the page that breaks it.
JUPYTERS = {
    ("aria-input-field-name", ".cm-content"), ("aria-required-children", ".jp-WindowedPanel-viewport"),
    ("aria-allowed-attr", "jp-button"), ("link-name", "#jp-NotebookLogo"), ("region", ".jp-skiplink-wrapper"),
    ("button-name", ".jp-collapseHeadingButton"), ("aria-allowed-attr", ".jp-DebuggerBugButton"),
    ("skip-link", ".skip-link"), ("tabindex", ".skip-link"),
    ("scrollable-region-focusable", ".jp-MarkdownOutput"),
    ("empty-table-header", "th:has(mjx-container)"),        # JupyterLab typesets formulas without words
}


def test_in_notebook_7_a_figure_is_touched_foreseen_and_presented_and_knows_a_restart(browser, lab):
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    (notebook,) = (path for path in NOTEBOOKS if path.name.startswith("03"))
    page = window(browser)
    with contextlib.closing(page.context), kernel_for(lab, notebook) as kernel:
        page.goto(f"http://127.0.0.1:{lab.port}/notebooks/{notebook.name}?token={lab.token}",
                  wait_until="domcontentloaded")
        reached(lab, page, kernel)
        run_all(page, 0, widgets(notebook))
        a_figure_is_touched_foreseen_and_presented_and_knows_a_restart(page, lab, kernel)


def a_figure_is_touched_foreseen_and_presented_and_knows_a_restart(page, lab, kernel):
    """The delta table, the first figure of notebook 3."""
    figure = page.locator(".rnnlib-figure").first
    figure.scroll_into_view_if_needed()
    figure.get_by_role("button", name="Reset").click()
    slider, picture = figure.locator("input[type=range]").nth(1), figure.locator(".rnnlib-picture")
    said = lambda: figure.locator(".rnnlib-sentence").inner_text()
    expect = lambda text: until(
        lambda: said().startswith(text), lambda: f"not {text}, but {said()}", page=page)
    nothing_of_ours_is_out_of_reach(page)

    # Keys and touch: row s and column t of the table.
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect("L5 sends −0.298 to δ3")

    def place(s, t):
        boxes = [None]       # where it lies once the page has come to rest: a click may make it scroll
        until(lambda: boxes.append(picture.bounding_box()) or boxes[-1] == boxes[-2],
              "the picture never rests", page=page, every=150)
        box = boxes[-1]
        return (box["x"] + box["width"] * (0.09 + 0.181 * (t - 0.5)),
                box["y"] + box["height"] * (0.091 + 0.148 * (s - 0.5)))

    page.mouse.move(*place(3, 2))
    until(figure.locator(".rnnlib-mark").is_visible, "what can be touched is not marked", page=page)
    page.mouse.down()
    expect("L3 sends 0.867 to δ2")
    page.mouse.move(*place(4, 4), steps=5)
    page.mouse.up()
    expect("L4 sends 0.051 to δ4")
    assert page.evaluate("document.activeElement.className") == "rnnlib-picture"
    for key, text in (("ArrowLeft", "L4 sends 0.077 to δ3"), ("ArrowUp", "L3 sends 0.120 to δ3")):
        page.keyboard.press(key)
        expect(text)

    # A figure alone on the screen.
    figure.get_by_role("button", name="Present").focus()
    page.keyboard.press("f")
    until(lambda: page.evaluate("!!document.fullscreenElement"), "it is not presented", page=page)
    size = figure.locator(".rnnlib-sentence").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 20 and picture.bounding_box()["height"] > 0.5 * 720
    figure.get_by_role("button", name="Leave").click()
    until(lambda: not page.evaluate("!!document.fullscreenElement"), "it is presented for ever", page=page)

    # The neighbours are there before they are asked for, and stay when the kernel is new.
    figure.get_by_role("button", name="Reset").click()
    expect("L5 sends 0.247 to δ2")
    page.wait_for_timeout(3000)
    lab.ask(f"kernels/{kernel}/restart", {}, "POST")
    reached(lab, page, kernel)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect("L5 sends −0.025 to δ1")
    page.keyboard.press("End")
    figure.locator("input[type=range]").first.focus()
    page.keyboard.press("Home")
    expect("The kernel was restarted: run this cell again.")
    assert [error for error in page.errors if "rnnlib" in error or "anywidget" in error] == []


def a_puzzle_is_solved_by_mouse_and_by_keyboard(page):
    box = page.locator(".rnnlib-puzzle")
    verdict = box.locator(".rnnlib-verdict")
    expect = lambda part, text: until(lambda: text in part.inner_text(), part.inner_text, page=page)
    box.scroll_into_view_if_needed()

    box.locator("li", has_text="dh = dhs[t]").click()
    box.get_by_role("button", name="Line 8 is wrong").click()
    expect(verdict, "✓ Yes, line 8. What should it say? Found so far: 1 of 19.")
    box.get_by_role("button", name="Run the check").click()
    expect(box, "Relative error of the deltas")

    box.get_by_role("combobox").focus()
    page.keyboard.press("ArrowDown")
    expect(verdict, "Choose the line")
    assert verdict.get_attribute("class") == "rnnlib-verdict"      # no colour left of the last one
    box.get_by_role("listbox").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(verdict, "✗ Not line 2")
    assert "Relative error" not in box.inner_text()
    box.get_by_role("button", name="Show the answer").click()
    expect(box, "Hides")
    nothing_of_ours_is_out_of_reach(page)
    assert unexpected(page) == []


def a_dark_page_has_no_glaring_figure(page):
    theme = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    light = lambda: page.evaluate("document.body.dataset.jpThemeLight")
    page.evaluate(theme, "JupyterLab Dark")
    until(lambda: light() == "false", "it does not get dark", page=page)
    try:
        figure = page.locator(".rnnlib-figure").first
        colour = lambda part: figure.locator(part).evaluate(
            "e => getComputedStyle(e).color.match(/[0-9.]+/g).slice(0, 3).map(Number)")
        assert min(colour(".rnnlib-sentence")) > 200
        card = figure.locator(".rnnlib-card").evaluate(
            "e => [getComputedStyle(e).filter, parseFloat(getComputedStyle(e).paddingLeft)]")
        assert "brightness" in card[0] and card[1] >= 4
        still = page.locator(".jp-RenderedHTML img").first
        assert "brightness" in still.evaluate("e => getComputedStyle(e).filter")
        nothing_of_ours_is_out_of_reach(page)
    finally:
        page.evaluate(theme, "JupyterLab Light")
    until(lambda: light() == "true", "it does not get light again", page=page)


def nothing_of_ours_is_out_of_reach(page):
    """Let axe look at the whole page; only what is Jupyter's own is allowed, by name."""
    is_a = lambda target, part: page.evaluate(
        "([target, part]) => document.querySelector(target).matches(part)", [target, part])
    ours = [(rule, target, html[:200]) for rule, target, html in axe(page)
            if not any(rule == known and is_a(target[-1], part) for known, part in JUPYTERS)]
    assert ours == [], "\n".join(map(str, ours))


WRONG = """def deltas(W_h, hs, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ W_h.T
    return delta"""


def a_wrong_answer_is_located_and_a_right_one_is_noted(page):
    panel = page.locator(".rnnlib-solved")
    stub = page.locator(".jp-CodeCell", has_text="def deltas(W_h, hs, dhs):").first
    for code, said in ((WRONG, "not yet right"), (WRONG.replace("W_h.T", "W_h"), "solved")):
        stub.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
        page.keyboard.press("Shift+Enter")          # runs the stub and goes to its check
        page.keyboard.press("Control+Enter")
        until(lambda said=said: f"The recursion: {said}" in panel.inner_text(),
              f"the panel does not say {said}", page=page)
        if code == WRONG:
            table = page.locator("table", has_text="Relative error of the deltas")
            table.wait_for()                         # it is drawn after the panel
            assert table.count() == 1 and "✓" in table.inner_text()


def measured_board(page):
    """Return the board that page 11 has measured in its kernel: it takes long."""
    caught, alarms = json.loads(ast.literal_eval(page.evaluate(BOARD)))
    return board.Board(wrong.ZOO, np.array(caught), np.array(alarms))


TALL = 520      # px: a figure with its answered question, controls and sentence, or a puzzle, at 1280 x 720
HEIGHTS = """() => [...document.querySelectorAll('.rnnlib-figure, .rnnlib-question, .rnnlib-puzzle')]
    .map(e => e.closest('.rnnlib-live'))
    .map(e => [e.getBoundingClientRect().height, e.innerText.slice(0, 60)])"""
ERROR = ("[data-mime-type='application/vnd.jupyter.stderr'],"
         "[data-mime-type='application/vnd.jupyter.error']")
SHOWN = """places => { const cells = document.querySelectorAll('.jp-CodeCell')
    return places.every(k => cells[k].querySelector('.rnnlib-live, .jp-OutputArea-output img')) }"""
SIDEWAYS = """() => Math.max(0, ...[...document.querySelectorAll('.jp-WindowedPanel-outer')]
    .map(e => e.scrollWidth - e.clientWidth))"""
CELLS = "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
PROMPTS = """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]
    .map(e => e.textContent.trim())"""
FAILING_LINES = """async () => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    const lines = [...document.querySelectorAll('.rnnlib-code:not([hidden])')].map(e => e.textContent)
        .filter(line => !line.endsWith('# a line of the loop'))
    const options = { store_history: false, silent: true, stop_on_error: false }
    const told = lines.map(code => kernel.requestExecute({ code, ...options }).done)
    return (await Promise.all(told)).map((reply, k) => [reply.content.status, lines[k], reply.content.evalue])
        .filter(([status]) => status !== 'ok') }"""
BOARD = """async () => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    const json = "__import__('json').dumps([result.caught.tolist(), result.alarms.tolist()])"
    const asked = { code: '', store_history: false, silent: false, user_expressions: { json } }
    return (await kernel.requestExecute(asked).done).content.user_expressions.json.data['text/plain'] }"""
BARE_PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(i => i.alt.trim().length < 20).map(i => i.outerHTML.slice(0, 80))"""


ALL_KEYS, TWO_KEYS = ("Home", "ArrowRight", "End", "ArrowLeft"), ("Home", "End")
ONLY_TOLD = ["answer"]      # a control that changes what is said, and not the picture
# A picture is told by its end, where a PNG has the checksum of its pixels.
LOOK = """figure => [figure.querySelector('img').src.slice(-64),
    figure.querySelector('.rnnlib-sentence').textContent]"""
STATE = "figure => figure.querySelector('img').dataset.state"
SHARP = """figure => { const image = figure.querySelector('img')
    return image.complete && image.naturalWidth >= image.clientWidth && image.clientWidth > 0 }"""


def open_lab(browser, lab):
    """Open JupyterLab in a window of its own, which notes the errors of its pages."""
    page = window(browser)
    page.goto(lab.address(), wait_until="domcontentloaded")
    page.wait_for_selector(".jp-Launcher")
    return page


def window(browser):
    """Open an empty window, which notes the errors of its pages."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(PATIENCE)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(f"{message.text} {message.location}")
            if message.type == "error" else None)
    return page


def unexpected(page):
    return [error for error in page.errors if not any(part in error for part in HARMLESS)]


@contextlib.contextmanager
def opened(lab, page, notebook):
    """Open a notebook in the page and run all of it; give its kernel, and end that at the end."""
    with kernel_for(lab, notebook) as kernel:
        page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }) }",
                      notebook.name)
        reached(lab, page, kernel)
        run_all(page, expected_errors(notebook), widgets(notebook))
        yield kernel


@contextlib.contextmanager
def kernel_for(lab, notebook):
    """Start a kernel for a notebook, give its number, and end it at the end."""
    session = lab.ask("sessions", {"path": notebook.name, "name": notebook.name, "type": "notebook",
                                   "kernel": {"name": "python3"}})
    try:
        yield session["kernel"]["id"]
    finally:
        lab.ask(f"sessions/{session['id']}", method="DELETE")


def reached(lab, page, kernel):
    """Wait until page and server both say that the notebook has reached its kernel."""
    page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def connected():
        state = lab.ask(f"kernels/{kernel}")
        return state["connections"] >= 1 and state["execution_state"] == "idle"
    until(connected, "the page does not reach its kernel")


def widgets(notebook):
    """Return which of the code cells show a figure, a question, or puzzles."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell["metadata"].get("tags", []) for cell in cells if cell["cell_type"] == "code"]
    return [k for k, tags in enumerate(code) if "widget" in tags]


def run_all(page, errors_meant, widgets):
    """Run All Cells, until every cell has its number and every widget is there, or a cell has failed."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()

    def done():
        failed = page.locator(ERROR)
        if failed.count() > errors_meant:
            pytest.fail("a cell fails or warns: " + failed.last.inner_text()[:400])
        prompts = page.evaluate(PROMPTS)
        return prompts and all(re.fullmatch(r"\[\d+\]:?", prompt) for prompt in prompts)
    until(done, "Run All does not finish", seconds=400, page=page, every=200)
    until(lambda: page.evaluate(SHOWN, widgets), "a widget does not appear", page=page, every=200)


def all_said(page, notebook):
    """Return the notebook as the page has it, once it says what is stored, or nothing more comes."""
    end = time.monotonic() + 10
    while True:                                     # a cell has its number before all its outputs are there
        now = with_outputs(notebook, page.evaluate(CELLS))
        if is_in_step(notebook, now) or time.monotonic() > end:
            return now
        page.wait_for_timeout(500)


def expected_errors(notebook):
    """Count the cells that are meant to raise."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum("raises-exception" in cell["metadata"].get("tags", []) for cell in cells)


def answer(page, live):
    """Commit to an answer of a question by keyboard, if it is one."""
    question = live.query_selector(".rnnlib-question")
    if question is None:
        return
    field = question.query_selector("input")
    field.focus()
    if field.get_attribute("type") == "radio":
        page.keyboard.press("Space")
    else:
        page.keyboard.type("0.25")
    question.query_selector("button:has-text('This is my prediction')").focus()
    page.keyboard.press("Enter")
    until(lambda: not question.query_selector("button"), "a question takes no answer by key", page=page)
    assert question.query_selector(".rnnlib-verdict").inner_text()[:1] in "✓✗"
    assert page.evaluate("document.activeElement.className").startswith("rnnlib-verdict"), "the focus is lost"


def move_sliders(page, figure, keys):
    """Press keys on every slider of a live figure and see picture and text follow."""
    for slider in figure.query_selector_all("input[type=range]"):
        name = figure.query_selector(f"label[for={slider.get_attribute('id')}]").inner_text()
        looks = [press(page, slider, key, figure, name) for key in keys]
        pictures, texts = map(set, zip(*looks))
        assert len(pictures) > 1 or name in ONLY_TOLD, f"{name}: the picture never changes"
        assert len(texts) > 1, f"{name}: the text line never changes"
    until(lambda: figure.evaluate(SHARP), "the picture is stretched", page=page)


def press(page, slider, key, figure, name):
    """Press a key on a slider; if that moves it, wait until picture and text have followed; return both."""
    before, value = figure.evaluate(STATE), slider.input_value()
    slider.focus()
    page.keyboard.press(key)
    if slider.input_value() != value:
        until(lambda: figure.evaluate(STATE) != before, f"{name}: {key} changes nothing", page=page)
    return figure.evaluate(LOOK)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
