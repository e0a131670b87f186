"""What all tests share: signals that are heard, PyTorch where it is installed, and one Chromium."""

import shutil
import signal
import threading

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "microsoft-edge", "msedge", "brave-browser")
SHELL = "chromium-headless-shell"       # Chromium without its windows: the tests need a fifth less time in it
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# Also where the tests run as a background job: a shell has those ignore interrupts, and nohup hang-ups.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: `course.py test` without --light adds it")


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = [{"executable_path": path} for path in map(shutil.which, (SHELL, *BROWSERS)) if path]
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
