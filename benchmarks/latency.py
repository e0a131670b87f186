"""Key to picture, in a real browser: every slider of every notebook, neighbours and leaps apart.

    python benchmarks/latency.py [NN ...]

Each notebook is run in JupyterLab and its questions are uncovered. On each slider ArrowRight and ArrowLeft
are pressed, each after a rest in which the neighbours are painted; then it leaps to places that the browser
has not seen. The clock runs from the keydown event to the frame that has the new, decoded picture on screen.
Machines differ: compare figures of one run.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "notebooks")]

import conftest  # noqa: E402
import test_browser as browser  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

ARM = """figure => {
    const seen = () => { const i = figure.querySelector('.rnnlib-picture img')
        return i && i.complete && i.naturalWidth ? i.src : null }
    const before = seen()
    let start = null
    document.addEventListener('keydown', () => { start = performance.now() }, { capture: true, once: true })
    window.clock = new Promise(done => {
        const tick = () => {
            const now = performance.now(), src = seen()
            if (start !== null && src && src !== before)
                return requestAnimationFrame(() => done(performance.now() - start))
            if (start !== null && now - start > 5000) return done(null)
            requestAnimationFrame(tick)
        }
        requestAnimationFrame(tick)
    })
}"""
LEAP = """([slider, index]) => {          // as a press on the track does, but by key event, for the clock
    slider.focus()
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageUp' }))
    slider.value = index
    slider.dispatchEvent(new Event('input', { bubbles: true }))
}"""


def timed(page, figure, act):
    """Return the milliseconds from the key to the picture, or None if there was no new one."""
    figure.evaluate(ARM)
    act()
    return page.evaluate("window.clock")


def measure(page, figure):
    """Return the times of neighbours and of leaps of one figure."""
    near, far = [], []
    figure.scroll_into_view_if_needed()
    for slider in figure.locator("input[type=range]").all():
        most = int(slider.get_attribute("max"))
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
            slider.focus()
            page.wait_for_timeout(700)
            before = slider.input_value()
            if (key == "ArrowRight" and int(before) < most) or (key == "ArrowLeft" and int(before) > 0):
                near.append(timed(page, figure, lambda key=key: page.keyboard.press(key)))
        if most > 8:
            for share in (0.15, 0.85, 0.4):
                page.wait_for_timeout(700)
                index = round(share * most)
                where = [slider.element_handle(), index]
                far.append(timed(page, figure, lambda where=where: page.evaluate(LEAP, where)))
    return [[t for t in times if t is not None] for times in (near, far)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    chosen = [n for n in notebooks if not options.numbers or n.name.startswith(tuple(options.numbers))]
    everything = [], []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        found = next(filter(None, map(browser.shutil.which, conftest.BROWSERS)))
        chromium = playwright.chromium.launch(args=conftest.FLAGS, executable_path=found)
        lab = browser.Lab(ROOT / "notebooks", Path(home))
        page = browser.open_lab(chromium, lab)
        for notebook in chosen:
            with browser.opened(lab, page, notebook):
                covered = page.get_by_role("button", name="Show without predicting")
                while covered.count():
                    covered.first.click()
                for n, figure in enumerate(page.locator(".rnnlib-figure").all(), 1):
                    found = measure(page, figure)
                    for all_, times in zip(everything, found):
                        all_.extend(times)
                    said = [f"{kind} {statistics.median(t):5.0f} (slowest {max(t):4.0f}, {len(t)})"
                            for kind, t in zip(("neighbours", "leaps"), found) if t]
                    print(f"{notebook.stem[:2]} figure {n}: {'; '.join(said)}", flush=True)
            page.evaluate("window.jupyterapp.shell.currentWidget.dispose()")
        lab.process.terminate()
        chromium.close()
    for kind, times in zip(("neighbours", "leaps"), everything):
        if times:
            middle = statistics.median(times)
            print(f"{kind}: median {middle:.0f} ms, slowest {max(times):.0f} ms, {len(times)} keys")


if __name__ == "__main__":
    main()
