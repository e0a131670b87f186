"""Every notebook in a real browser: run it, answer its predictions, move its sliders by keyboard, solve.

RNNLIB_NOTEBOOKS names another directory to test instead of notebooks/.
"""

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

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(Path(os.environ.get("RNNLIB_NOTEBOOKS", ROOT / "notebooks")).glob("*.ipynb"),
                   reverse=True)        # late pages take long: none of them begins last
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
         "microsoft-edge", "msedge", "brave-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
HARMLESS = ()       # parts of console errors that are JupyterLab's own
SETTINGS = {        # no questions about news; all cells in the page, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
PATIENCE = 60_000   # ms: for a loaded machine; every wait ends as soon as its condition holds


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = [{"executable_path": path} for path in map(shutil.which, NAMES) if path]
    with sync_api.sync_playwright() as playwright:
        for how in [*found, {"channel": "chrome"}, {"channel": "msedge"}, {}]:
            try:
                chromium = playwright.chromium.launch(args=FLAGS, headless=True, **how)
            except sync_api.Error:
                continue
            yield chromium
            chromium.close()
            return
        pytest.skip("no Chromium, Chrome or Edge found")


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
            "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
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
def test_notebook_runs_and_its_widgets_answer_the_keyboard(notebook, lab, page):
    session = lab.ask("sessions", {"path": notebook.name, "name": notebook.name,
                                   "type": "notebook", "kernel": {"name": "python3"}})
    try:
        open_notebook(lab, page, notebook.name, session["kernel"]["id"])
        run_all(page, expected_errors(notebook))
        answer_predictions(page)
        figures = page.locator(".rnnlib-livefigure").all()
        for figure in figures:
            move_sliders(page, figure)
        assert page.locator(HANDLE).count() == sum(f.locator(HANDLE).count() for f in figures), \
            "a slider belongs to no live figure"
        assert page.evaluate(BARE_PICTURES) == [], "a picture has no alternative text"
        assert [e for e in page.errors if not any(part in e for part in HARMLESS)] == []
    finally:
        lab.ask(f"sessions/{session['id']}", method="DELETE")


WRONG = """def deltas(W_h, hs, dhs):
    delta, carry = np.zeros_like(dhs), 0
    for t in reversed(range(len(dhs))):
        delta[t] = (1 - hs[t + 1] ** 2) * (dhs[t] + carry)
        carry = delta[t] @ W_h.T
    return delta"""


def test_a_wrong_answer_is_located_and_a_right_one_is_noted(lab, page):
    (notebook,) = (path for path in NOTEBOOKS if path.name.startswith("03"))
    session = lab.ask("sessions", {"path": notebook.name, "name": "answer", "type": "notebook",
                                   "kernel": {"name": "python3"}})
    try:
        open_notebook(lab, page, notebook.name, session["kernel"]["id"])
        run_all(page, 0)
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
                assert table.count() == 1 and "✓" in table.inner_text()
    finally:
        lab.ask(f"sessions/{session['id']}", method="DELETE")


HANDLE = '.noUi-handle[role="slider"]'
ERROR = ("[data-mime-type='application/vnd.jupyter.stderr'],"
         "[data-mime-type='application/vnd.jupyter.error']")
# Every widget has taken the place of "Loading widget"; each page has one at least.
SHOWN = """(outputs => outputs.length > 0 && outputs.every(o => o.querySelector(".jupyter-widgets")))(
    [...document.querySelectorAll('[data-mime-type="application/vnd.jupyter.widget-view+json"]')])"""
PROMPTS = """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]
    .map(e => e.textContent.trim())"""
BARE_PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(i => i.alt.trim().length < 20).map(i => i.outerHTML.slice(0, 80))"""


LOOK = """figure => {
    const image = figure.querySelector('img'), line = figure.querySelector('[role=status]')
    return [image.src, line.innerText, image.alt]
}"""


def open_lab(browser, lab):
    """Open JupyterLab in a window of its own, which notes the errors of its pages."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(PATIENCE)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(f"{message.text} {message.location}")
            if message.type == "error" else None)
    page.goto(lab.address(), wait_until="domcontentloaded")
    page.wait_for_selector(".jp-Launcher")
    return page


def open_notebook(lab, page, name, kernel):
    """Open the notebook on its kernel; both page and server must say that they are connected."""
    page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }) }", name)
    page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def connected():
        state = lab.ask(f"kernels/{kernel}")
        return state["connections"] >= 1 and state["execution_state"] == "idle"
    until(connected, "the page does not reach its kernel")


def run_all(page, errors_meant):
    """Run All Cells, until every cell has its number or one has failed."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()

    def done():
        failed = page.locator(ERROR)
        if failed.count() > errors_meant:
            pytest.fail("a cell fails or warns: " + failed.last.inner_text()[:400])
        prompts = page.evaluate(PROMPTS)
        return prompts and all(re.fullmatch(r"\[\d+\]:?", prompt) for prompt in prompts)
    until(done, "Run All does not finish", seconds=180, page=page, every=200)
    until(lambda: page.evaluate(SHOWN), "a widget does not appear", seconds=60, page=page, every=200)


def expected_errors(notebook):
    """Count the cells that are meant to raise."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum("raises-exception" in cell["metadata"].get("tags", []) for cell in cells)


def answer_predictions(page):
    """Commit to an answer in every prediction, also in those that an answer uncovers."""
    asked = page.locator(".rnnlib-prediction")
    for n in range(100):
        if n == asked.count():
            return
        prediction = asked.nth(n)
        commit = prediction.get_by_role("button", name="This is my prediction").first
        field = prediction.locator("input").first
        field.focus()
        if field.get_attribute("type") == "radio":
            page.keyboard.press("Space")
        else:
            page.keyboard.type("0.25")
            page.keyboard.press("Tab")
        commit.focus()
        page.keyboard.press("Enter")
        until(commit.is_disabled, "a prediction does not take an answer by keyboard", page=page)


def move_sliders(page, figure):
    """Press keys on every slider of a live figure and see picture and text follow."""
    image = figure.locator("img").first
    look = lambda: figure.evaluate(LOOK)
    for handle in figure.locator(HANDLE).all():
        row = handle.locator("xpath=ancestor::*[contains(@class,'widget-inline-hbox')][1]")
        name = row.locator("label").inner_text()
        looks = [press(page, handle, key, look, name)
                 for key in ("Home", "ArrowRight", "End", "ArrowLeft")]
        assert len({picture for picture, _, _ in looks}) > 1, f"{name}: the picture never changes"
        assert len({text for _, text, _ in looks}) > 1, f"{name}: the text line never changes"
    sharp = "i => i.complete && i.naturalWidth >= i.clientWidth && i.clientWidth > 0"
    until(lambda: image.evaluate(sharp), "the picture is stretched", page=page)


def press(page, handle, key, look, name):
    """Press a key on a slider; if that moves it, wait until picture or text has followed."""
    before, value = look(), handle.get_attribute("aria-valuenow")
    handle.focus()
    page.keyboard.press(key)
    if handle.get_attribute("aria-valuenow") != value:
        until(lambda: look() != before, f"{name}: {key} changes nothing", page=page)
        until(lambda: look()[1].strip() == look()[2].strip(),
              f"{name}: text line and alternative text differ: {look()[1:]}", page=page)
    return look()


def until(condition, complaint, seconds=PATIENCE / 1000, page=None, every=50):
    """Wait until the condition holds, asked every so many ms; let the page's events come in meanwhile."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint
        page.wait_for_timeout(every) if page else time.sleep(every / 1000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
