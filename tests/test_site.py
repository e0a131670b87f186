"""The site: what it is made of, and the whole of it in Chromium."""

import functools
import http.server
import json
import os
import re
import socket
import sys
import threading
import time
import zlib
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import numpy as np
import pytest

pytest.importorskip("math_core", reason="what the site needs is not installed (course.py site does it)")

import nbformat
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from helpers import axe, until
from matplotlib.patches import Rectangle

import course
import publish
from rnnlib.course import widgets
from web import contents, frames, lite, maths, pages, site, slides

PAGES = contents.pages()
COURSE = [page for page in PAGES if page.number is not None]
MOVING = [3, 9]     # whose frames are painted here: a table that is touched, a question with a number
PYODIDE = Path(os.environ.get("RNNLIB_PYODIDE", lite.FOLDER))
ADDRESS, ANCHOR = re.compile(r'(?:href|src)="([^"]+)"'), re.compile(r'<[^>]* id="([^"]+)"')


INK = "Math.min(...getComputedStyle(document.body).color.match(/\\d+/g).map(Number))"     # 0 is black


# Formulas, links, frames

def test_a_formula_becomes_mathml_with_rows_where_it_has_rows():
    made = maths.mathml(r"\begin{aligned} a &= b \\[6pt] c &= \text{some $k$ steps} \end{aligned}", True)

    assert made.startswith('<div class="math"><math display="block">') and made.count("<mtr>") == 2
    assert "6pt" not in made and "$" not in made and "<mi>k</mi>" in made


def test_the_font_of_the_formulas_has_the_sign_of_a_root_which_no_letter_names(tmp_path):
    formulas = [maths.mathml(r"\sqrt{v} + \delta")]
    maths.write_font(formulas, tmp_path / "formulas.woff")

    with TTFont(tmp_path / "formulas.woff") as font:
        assert "√" not in formulas[0] and {ord("√"), ord("𝛿")} <= font.getBestCmap().keys()
        assert len(font.getBestCmap()) < 250


def test_a_formula_that_cannot_be_typeset_is_told_in_one_sentence():
    with pytest.raises(maths.Untypeset, match=r"cannot be typeset: \\nosuch"):
        maths.mathml(r"\nosuch x")


def test_what_is_made_for_jupyterlite_stays_out_of_jupyterlab():
    assert lite.ASIDE.relative_to(sys.prefix) == course.ASIDE.relative_to(course.VENV)
    assert (lite.ASIDE / "jupyterlite_core").is_dir()
    assert not list(Path(sys.prefix).glob("share/jupyter/labextensions/@jupyterlite*"))


def test_links_between_notebooks_lead_to_pages_and_others_to_the_repository():
    assert pages.target("03-x.ipynb#Vectors") == "03-x.html#Vectors"
    assert pages.target("16-conventions.html") == "16-conventions.html"
    assert pages.target("../rnnlib/bptt.py") == f"{contents.repository()}/blob/main/rnnlib/bptt.py"
    assert pages.target("https://example.org/a.ipynb") == "https://example.org/a.ipynb"


def test_every_page_has_a_part_a_line_and_minutes():
    course = [page for _, some in contents.parts(PAGES) for page in some]

    assert course + contents.beside(PAGES) == PAGES and len(course) > 16
    assert all(page.does and page.title for page in PAGES) and all(page.minutes for page in course)


@pytest.mark.parametrize("lengths, first, most", [
    ([5], [2], 9), ([101], [50], 20), ([51, 141, 5], [7, 0, 4], 300), ([25, 25, 25, 25], [3, 24, 0, 12], 400),
    ([200, 3], [1, 1], 7), ([9, 9], [4, 4], 1)])
def test_a_grid_keeps_ends_and_start_within_its_number(lengths, first, most):
    places = frames.grid(lengths, first, most)

    assert np.prod([len(kept) for kept in places]) <= most
    for kept, length, start in zip(places, lengths, first):
        assert start in kept and kept == sorted(set(kept)) and set(kept) <= set(range(length))
        assert len(kept) == length or len(kept) < 3 or (kept[0], kept[-1]) == (0, length - 1)


def test_an_unpacked_film_shows_what_was_painted():
    said = "The line goes from {a} sevenths to {b} fifths."

    def draw(ax):
        line, = ax.plot([0, 1], [0, 1], color="#0072B2")
        def update(a, b):
            line.set_ydata([a / 7, b / 5])
            return [line]
        return update

    live = widgets.live_figure(
        draw, {"a": widgets.slider("a", 3, 0, 6), "b": widgets.choice("b", list(range(5)))},
        describe=said.format, size=(4, 2))
    film = frames.Film(live.painter)
    places = [[0, 2, 3, 6], [0, 1, 2, 3, 4]]
    made = film.packed(places)
    colors = np.array(made["colors"]).reshape(-1, 3)
    base, *rest = [np.frombuffer(zlib.decompress(chunk), np.uint8) for chunk in made["chunks"]]

    assert len(made["frames"]) == 20 and len(rest) == 1
    rows = rest[0].reshape(made["height"], 20, made["width"])
    for k, frame in enumerate(made["frames"]):
        state = [kept[index] for kept, index in zip(places, frame["state"])]
        shown = colors[rows[:, k] ^ base.reshape(made["height"], made["width"])]
        painted = film.pixels(state)
        assert np.abs(shown - painted.astype(int)).mean() < 1      # 128 colours are enough
        assert frame["alt"] == film.frame.said == said.format(a=state[0], b=state[1])
    other = film.pixels([5, 0]).astype(int)
    assert np.abs(colors[rows[:, 0] ^ base.reshape(rows[:, 0].shape)] - other).mean() > 0.01


def test_a_page_does_not_announce_the_list_that_only_a_kernel_has(tmp_path):
    said = "Now you can.\n\nWhat you have solved so far, as your checks said it."
    cells = [nbformat.v4.new_markdown_cell(said), nbformat.v4.new_code_cell("widgets.solved(1)")]

    text = pages.article(nbformat.v4.new_notebook(cells=cells), tmp_path).get_text()

    assert "Now you can." in text and "solved" not in text


def test_a_film_has_the_colour_that_one_place_of_one_control_brings():
    def draw(ax):
        patch = ax.add_patch(Rectangle((0, 0), 1, 1))
        def update(road, gate, loss):
            patch.set_facecolor("#0072B2" if gate == 2 else "#D55E00")
            return [patch]
        return update

    controls = {"road": widgets.choice("road", [0, 1, 2]), "gate": widgets.choice("gate", [0, 1, 2, 3], 1),
                "loss": widgets.choice("loss", [1, 2, 3, 4, 5], 5)}
    live = widgets.live_figure(draw, controls, size=(3, 2),
                               describe="Road {road}, gate {gate}, loss {loss}.".format)
    film = frames.Film(live.painter)

    assert 2 not in frames.grid([3, 4, 5], [0, 1, 4], frames.SAMPLED)[1]
    numbers, _ = film.at((0, 2, 4))
    shown = np.array(film.colors).reshape(-1, 3)[numbers]
    assert np.abs(shown - film.pixels((0, 2, 4)).astype(int)).max() < 30


def test_a_palette_keeps_the_colour_of_a_small_area_beside_many_shades():
    shades = np.repeat(np.arange(256)[:, None], 3, axis=1).repeat(40, axis=0)
    tints = np.random.default_rng(0).integers(200, 248, size=(400, 3))
    pixels = np.concatenate([shades, tints, np.tile([[213, 94, 0]], (100, 1))])

    colors = frames.frequent(pixels)

    assert len(colors) <= frames.COLORS and [213, 94, 0] in colors.tolist()
    assert np.abs(pixels[:, None] - colors).max(axis=2).min(axis=1).max() <= 32


def test_touched_places_and_options_are_thinned_alike():
    area = {"box": [0, 0, 1, 1], "x": {"control": 0, "at": [0, 0.1, 0.2, 0.3, 0.4]}, "sets": [[1, 1], [0, 3]]}
    scene = {"controls": [{"options": list("abcde")}, {"options": list("xyz")}], "first": [2, 2], "size": 9}
    kept = [[0, 2, 4], [0, 2]]

    assert frames.thin({"state": [4, 2], "touch": [area]}, kept) == {
        "state": [2, 1], "touch": [{"box": [0, 0, 1, 1], "x": {"control": 0, "at": [0, 0.2, 0.4]},
                                    "sets": [[1, 0], [0, 1]]}]}
    assert frames.thinned(scene, kept) == {
        "controls": [{"options": list("ace")}, {"options": list("xz")}], "first": [1, 1], "size": 9}


def test_only_the_cells_that_a_figure_needs_are_run():
    cell = lambda name, source: nbformat.v4.new_code_cell(source, id=name)
    cells = [cell("a", "import numpy as np"), cell("b", "x = np.ones(3)"), cell("c", "y = 1 / 0"),
             cell("d", "def f():\n    return x"), cell("e", "x[0] = 2"), cell("f", "f()")]

    assert [one.id for one in frames.needed(cells, {"f"})] == ["a", "b", "d", "e", "f"]


def test_a_lock_file_names_what_a_wheel_imports_and_needs(tmp_path):
    wheel = tmp_path / "typing_extensions-4.1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")

    (name, entry), = lite.entry(wheel, ["numpy"]).items()

    assert name == "typing-extensions" and entry["imports"] == ["typing_extensions"]
    assert entry["version"] == "4.1.0" and entry["depends"] == ["numpy"] and len(entry["sha256"]) == 64


def test_a_file_that_is_not_of_this_pyodide_is_refused(tmp_path):
    (tmp_path / "pyodide-lock.json").write_text("{}")

    with pytest.raises(lite.NotToBeHad, match="not the file of that name"):
        lite.fetch("pyodide-lock.json", tmp_path, "0" * 64)


def test_slides_of_a_page_that_is_not_there_are_refused_and_nothing_else_is_said(capsys):
    with pytest.raises(SystemExit) as refused:
        publish.main(["slides", "99"])

    assert str(refused.value) == "There is no page 99: the course has the pages 0 to 19."
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(os.name == "nt", reason="there two may have one port")
def test_a_port_that_is_taken_is_said_before_the_slides_are_made(monkeypatch, capsys):
    monkeypatch.setattr(site, "lecture", lambda *_: pytest.fail("they are made"))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit, match="name another"):
        publish.main(["slides", "3", "--port", str(taken.getsockname()[1])])

    assert capsys.readouterr().out == ""


def test_who_waits_for_the_site_hears_how_far_it_is_and_how_to_see_it(tmp_path, monkeypatch, capsys):
    heard = []
    assert site.on_all_cores(dict, [([("a", 1)],), ([("b", 2)],)], heard.append) == {"a": 1, "b": 2}
    assert heard == ["1 of 2 pages", "2 of 2 pages"]

    monkeypatch.setattr(site, "build", lambda *given: given[-1]("1 of 2 pages") or ["A lack."])
    publish.main(["site", str(tmp_path / "there")])

    told = capsys.readouterr().out.splitlines()
    assert "some minutes" in told[0] and told[1] == "1 of 2 pages" and told[3:] == ["A lack."]
    assert told[2].endswith(f"python -m http.server -d {tmp_path / 'there'}")


def test_a_folder_of_something_else_is_not_emptied(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / ".nojekyll").touch()                      # as every site on GitHub Pages has one

    with pytest.raises(SystemExit, match="no site of this course"):
        site.build(tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_a_site_is_written_anew_and_the_history_of_its_folder_is_kept(tmp_path):
    site.empty(tmp_path / "new")
    for name in (".git/HEAD", "frames/old", "old.html"):
        (tmp_path / "new" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "new" / name).touch()

    site.empty(tmp_path / "new")

    left = {path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*")}
    assert left == {".git", ".git/HEAD", ".nojekyll", "frames"}


def test_a_file_in_the_place_of_the_site_is_named(tmp_path):
    (tmp_path / "site").touch()

    with pytest.raises(SystemExit, match="cannot be made a folder"):
        site.build(tmp_path / "site")


# The whole site

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The site, built by whichever process of a run needs it first: figures of a few pages move, and it runs
    in the browser if Pyodide's files are here."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    built, failed = folder / "built", folder / "failed"
    pyodide = PYODIDE if (PYODIDE / "pyodide.asm.wasm").exists() else folder / "none"
    try:
        folder.mkdir()
    except FileExistsError:
        until(lambda: built.exists() or failed.exists(), "the site is never built", seconds=600)
        assert built.exists(), "the site was not built, as another test says"
        return folder
    try:
        site.build(folder / "rnnlib", pyodide, MOVING)
        built.touch()
    finally:
        if not built.exists():
            failed.touch()
    return folder


@pytest.fixture(scope="session")
def address(folder):
    """The address of the site, in a folder of its server, as on GitHub Pages."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/rnnlib/"
    server.shutdown()


@pytest.fixture
def window(browser, address):
    """A window that keeps what goes wrong, and whatever asks for something outside."""
    with browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light") as context:
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text) if message.type in (
            "error", "warning") else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: page.wrong.append(request.url) if not request.url.startswith(
            (address, "blob:", "data:")) else None)
        page.set_default_timeout(20_000)
        yield page
        assert page.wrong == []


@pytest.mark.browser
def test_every_link_leads_somewhere(folder):
    html = {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
            for file in (folder / "rnnlib").glob("*.html")}
    anchors = {name: set(map(unescape, ANCHOR.findall(text))) for name, text in html.items()}
    broken = []
    for name, text in html.items():
        for link in map(unescape, ADDRESS.findall(text)):
            if re.match("https?:|data:", link):
                continue
            path, anchor = urldefrag(urljoin(name, link))
            path = unquote(path.split("?")[0])
            if not (folder / path).is_file() or (anchor and path in anchors and anchor not in anchors[path]):
                broken.append((name, link))

    assert broken == []


@pytest.mark.browser
def test_every_page_has_the_icon_and_so_has_the_sheet_to_print(folder):
    files = list((folder / "rnnlib").glob("*.html"))

    assert folder / "rnnlib" / contents.CONVENTIONS in files
    for file in files:
        assert 'rel="icon" href="static/icon.svg"' in file.read_text(encoding="utf-8"), file.name


@pytest.mark.browser
def test_no_formula_is_left_and_no_picture_without_words(folder):
    for page in PAGES:
        soup = BeautifulSoup((folder / "rnnlib" / page.html).read_text(encoding="utf-8"), "html.parser")
        for code in soup.find_all(["pre", "code"]):
            code.decompose()
        assert "$" not in soup.get_text(), page.stem
        assert all(img["alt"] for img in soup.find_all("img"))


@pytest.mark.browser
def test_the_figures_of_a_page_are_small_enough(folder):
    files = list((folder / "rnnlib" / "frames").iterdir())

    for page in MOVING:
        mine = [file for file in files if file.name.startswith(f"{page:02}-")]
        assert mine and sum(file.stat().st_size for file in mine) <= frames.PAGE
        for film in mine:
            both = film.stat().st_size + film.with_suffix(".json").stat().st_size
            assert both <= 1.1 * frames.FIGURE


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", *(page.html for page in PAGES)])
def test_a_page_is_clean_at_every_size_and_in_the_dark(name, window, address):
    window.goto(address + name)
    clean(window, each_look_once=name != PAGES[3].html)    # on one page all text there is
    window.locator("button.theme").click()
    assert window.evaluate("document.documentElement.dataset.theme") == "dark"
    clean(window, each_look_once=name != PAGES[3].html, only=["color-contrast"])
    window.reload()
    assert window.locator("button.theme").get_attribute("aria-pressed") == "true"      # it was remembered
    window.set_viewport_size({"width": 390, "height": 844})
    window.evaluate(TWO_FRAMES)                          # the page hears of its new size, and acts on it
    wide = window.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]                            # nothing moves sideways but what is made for it
    clean(window, only=["target-size", "scrollable-region-focusable"])     # the rules that ask for places
    window.locator("button.menu").click()
    assert window.locator("#parts").is_visible()
    clean(window, parts=["header", "#parts"])              # all that a wide window does not show


@pytest.mark.browser
def test_a_page_is_printed_with_dark_ink_and_nothing_to_press(window, address):
    window.goto(address + PAGES[3].html)
    window.locator(".rnnlib-picture img").first.wait_for()
    window.locator("button.theme").click()
    assert window.evaluate(INK) > 200
    window.emulate_media(media="print")

    assert window.evaluate(INK) < 60
    window.wait_for_function("() => !document.documentElement.classList.contains('rnnlib-dark')")
    pressed = "main :is(button, input[type=range], input[type=submit])"
    assert not any(button.is_visible() for button in window.locator(pressed).all())
    assert window.locator(".rnnlib-live .rnnlib-value").first.is_visible()      # what the picture is of
    window.emulate_media(media="screen")
    window.wait_for_function("() => document.documentElement.classList.contains('rnnlib-dark')")


@pytest.mark.browser
def test_a_figure_answers_keys_and_touch_without_python(window, address):
    window.goto(address + PAGES[3].html)
    cell = window.locator(".widget").first                # the table, the first thing on the page
    cell.scroll_into_view_if_needed()
    sentence, picture = cell.locator(".rnnlib-sentence"), cell.locator(".rnnlib-picture img")
    picture.wait_for()
    before, said = picture.get_attribute("src"), sentence.inner_text()
    cell.locator("input[type=range]").first.focus()
    window.keyboard.press("ArrowLeft")
    window.wait_for_function("([el, before]) => el.querySelector('img').src !== before",
                             arg=[cell.locator(".rnnlib-picture").element_handle(), before])
    assert sentence.inner_text() != said
    moved = sentence.inner_text()
    box = picture.bounding_box()
    window.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.45)      # L3 to delta_2
    window.wait_for_function("([el, said]) => el.innerText !== said", arg=[sentence.element_handle(), moved])
    assert "L3" in sentence.inner_text()
    cell.get_by_role("button", name="Reset").click()
    window.wait_for_function("([el, said]) => el.innerText === said", arg=[sentence.element_handle(), said])
    clean(window)


@pytest.mark.browser
def test_a_presented_figure_is_seen_whole_on_a_low_screen(window, address):
    window.set_viewport_size({"width": 1280, "height": 480})
    window.goto(address + PAGES[3].html)
    figure = window.locator(".widget .rnnlib-live").first
    figure.get_by_role("button", name="Present").click()
    window.wait_for_function("() => !!document.fullscreenElement?.style.cssText.includes('--high')")

    beyond, tall = figure.evaluate(
        "e => [e.scrollHeight - e.clientHeight, e.querySelector('img').getBoundingClientRect().height]")
    assert beyond <= 1 and tall > 150
    figure.get_by_role("button", name="Leave").click()
    window.wait_for_function("() => !document.querySelector('.rnnlib-live').style.cssText.includes('--high')")


@pytest.mark.browser
def test_controls_with_long_values_do_not_lie_upon_each_other(window, address):
    """As on page 11: two controls, of which one has a value of many letters."""
    window.goto(address + PAGES[3].html)
    assert window.evaluate("""async () => {
        const live = (await import("./static/live.js")).default, el = document.createElement("div");
        const control = (name, options) => ({ name, label: name, options, typed: false });
        const shown = { state: [0, 0], alt: "a", sentence: "a", code: "", touch: [], png: new Uint8Array() };
        const traits = { key: "k", state: [0, 0], shown, scene: { size: [900, 500], first: [0, 0], controls: [
            control("test point", ["designed", "all numbers around a hundred times larger"]),
            control("check, row", ["1", "2"])] } };
        document.querySelector("article").append(el);
        live.render({ el, model: { get: (name) => traits[name], set() {}, on() {}, off() {}, send() {},
            save_changes() {} } });
        const rows = [...el.querySelectorAll(".rnnlib-control")];
        return rows.every((row) => row.scrollWidth <= row.clientWidth + 1)
            && document.documentElement.scrollWidth <= innerWidth }""")


@pytest.mark.browser
def test_a_prediction_judges_and_only_then_tells(window, address):
    window.goto(address + PAGES[3].html)
    cell = window.locator(".widget", has=window.locator("summary", has_text="A question")).first
    cell.scroll_into_view_if_needed()
    cell.locator(".rnnlib-question").wait_for()
    assert "negative, against the own part, because" not in window.locator("main").inner_text()
    cell.get_by_role("button", name="This is my prediction").click()
    assert cell.locator(".rnnlib-verdict").inner_text() == "Choose one first."
    cell.get_by_role("radio").nth(0).check()
    cell.get_by_role("button", name="This is my prediction").click()
    assert "The answer is “negative" in cell.locator(".rnnlib-verdict").inner_text()
    clean(window)


NUMBERS = [
    "1/6", "1 / 6", "10**-7", "10⁻⁷", "2·3", "2.5 x 10⁻⁶", "√2", "2 pi", "sqrt2", "-ln(0.5)", "-(1 - 2)^2",
    "-2^2", "2^3^2", "2^-1", "1 000", "12\u202f345.5", "1,000,000", "1,000", "0,5", "1.000,5", "5.", ".5",
    "1/0", "0^-1", "1/0 +", "log(-1)", "(-8)^0.5", "9**9**9", "1e999", "-inf", "half", "25 %", "0.25 m",
    "1e", "2 3", "((1)", "x", "k = 2/3", "about 5", "a factor of 10", "≈ 0.3", "10x", "10 times", "5 losses",
    "5 tenths", "3 million", "29 %", "(1/3) percent", "1/3 per cent", "ten", "Twenty losses", "ln 20",
    "log2 8", "log₂ 8", "4(20 + 6)", "(1 + 2)(3)", "½", "2½", "2^{-3}", "1⁄2", "x = ", "a == 2", "eleventh",
    "2 lg 1024", "", "sqrt", "exp(exp(9))", "sigmoid(1)", "constructor", "<img src=x>", "1" * 41]


@pytest.mark.browser
def test_a_number_is_read_as_python_reads_it(window, address):
    window.goto(address + "index.html")

    read = window.evaluate("""async (texts) => {
        const { readNumber } = await import("./static/numbers.js");
        return texts.map(readNumber) }""", NUMBERS)

    for text, (number, complaint) in zip(NUMBERS, read, strict=True):
        ours, sentence = widgets.read_number(text)
        assert complaint == sentence, text
        assert number == (None if ours is None else pytest.approx(ours, rel=1e-14)), text


@pytest.mark.browser
@pytest.mark.parametrize("said, verdict", [
    ("", "Type a number first."), ("a lot", "not a number"), ("<b>1", "<b>1"), ("1e99", "Not so"),
    ("{answer}", "Right"), ("{tenfold} / 10", "Right"), ("{tenfold}·10^-1", "Right"),
    ("{tenfold} x 10^−1", "Right"), ("k = {answer}", "Right"), ("{answer} tenths", "not a number"),
    ("{percent} %", "Right")])
def test_a_number_is_judged_without_python(said, verdict, window, folder, address):
    files = sorted((folder / "rnnlib" / "frames").glob("09-*.json"))
    asked = {file.stem: json.loads(file.read_text(encoding="utf-8"))["question"] for file in files}
    stem, number = next((stem, q["number"]) for stem, q in asked.items() if q and q["number"])
    window.goto(address + PAGES[9].html)
    cell = window.locator(f"[data-frames='frames/{stem}']")
    cell.scroll_into_view_if_needed()
    said = said.format(answer=number["answer"], tenfold=10 * number["answer"], percent=100 * number["answer"])
    cell.get_by_label("your prediction").fill(said)
    cell.get_by_role("button", name="This is my prediction").click()
    window.wait_for_function("([el, word]) => el.innerText.includes(word)",
                             arg=[cell.locator(".rnnlib-verdict").element_handle(), verdict])


@pytest.mark.browser
def test_search_finds_a_section_by_keyboard_alone(window, address):
    window.goto(address + PAGES[0].html)
    window.keyboard.press("/")
    window.keyboard.type("spectral radius")
    window.locator("#search li").first.wait_for()
    clean(window)
    link = window.locator("#search li a").first
    link.focus()
    window.keyboard.press("Enter")
    window.wait_for_url("**/0*.html*")
    assert "spectral radius" in window.locator("main").inner_text()


@pytest.mark.browser
def test_the_first_page_is_seen_soon_and_moves(window, address):
    window.goto(address)
    window.locator(".hero .rnnlib-picture img").wait_for()
    painted = window.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < 5000                                # ms; it is far less where nothing else runs
    said = window.locator(".hero .rnnlib-sentence").inner_text()
    window.locator(".hero input[type=range]").first.focus()
    window.keyboard.press("ArrowLeft")
    window.wait_for_function(
        "said => document.querySelector('.hero .rnnlib-sentence').innerText !== said", arg=said)


@pytest.mark.browser
@pytest.mark.parametrize("page", COURSE, ids=lambda page: page.stem)
def test_every_slide_fits_on_the_screen(page, window, address):
    window.goto(address + page.slides)
    window.wait_for_function("window.Reveal && Reveal.isReady()")
    window.wait_for_timeout(300)
    found = window.evaluate("""() => Reveal.getHorizontalSlides().map((_, number) => {
        Reveal.slide(number)
        const slide = Reveal.getCurrentSlide(), zoom = slide.style.zoom || 1
        const box = slide.firstElementChild.getBoundingClientRect()
        return { tall: slide.scrollHeight * zoom, wide: slide.scrollWidth * zoom,
                 seen: slide.contains(document.elementFromPoint(box.x + 20, box.y + box.height / 2)) } })""")
    for number, slide in enumerate(found):
        assert slide["tall"] <= 721 and slide["wide"] <= 1281 and slide["seen"], (number, slide)
    clean(window, each_look_once=True)


@pytest.mark.browser
@pytest.mark.parametrize("page", COURSE, ids=lambda page: page.stem)
def test_no_slide_has_more_words_than_can_be_read(page, folder):
    deck = BeautifulSoup((folder / "rnnlib" / page.slides).read_text(encoding="utf-8"), "html.parser")
    made = [heading.parent for heading in deck.select(".slides section > h2")]

    assert len(made) >= 12
    for slide in made:
        shown = [part for part in slide.find_all(True, recursive=False) if part.name not in ("h2", "aside")]
        assert sum(map(slides.words, shown)) <= slides.WORDS, slide.h2


@pytest.mark.browser
@pytest.mark.parametrize("number", MOVING)
def test_a_slide_still_fits_when_its_answer_has_brought_a_figure(number, window, address):
    window.goto(address + PAGES[number].slides)
    window.wait_for_function("window.Reveal && Reveal.isReady()")
    pressed = 0
    for slide in range(window.evaluate("Reveal.getHorizontalSlides().length")):
        window.evaluate("slide => Reveal.slide(slide)", slide)
        window.wait_for_timeout(300)
        shown = window.locator("section.present").get_by_role("button", name="Show without predicting")
        if shown.count() and shown.first.is_visible():
            shown.first.click()
            window.wait_for_timeout(500)
            pressed += 1
            tall = window.evaluate("""() => { const slide = Reveal.getCurrentSlide()
                return slide.scrollHeight * (slide.style.zoom || 1) }""")
            assert tall <= 721, slide
    assert pressed > 1


@pytest.mark.browser
def test_a_figure_moves_on_its_slide_and_slides_move_beside_it(window, address):
    window.goto(address + PAGES[3].slides)
    window.wait_for_function("window.Reveal && Reveal.isReady()")
    while not window.locator("section.present .rnnlib-live input[type=range]").count():
        before = window.evaluate("location.hash")
        window.keyboard.press("ArrowRight")
        window.wait_for_function("before => location.hash !== before", arg=before)
        window.wait_for_timeout(300)
    here = window.evaluate("location.hash")
    said = window.locator("section.present .rnnlib-sentence").inner_text()
    window.locator("section.present input[type=range]").first.focus()
    window.keyboard.press("ArrowLeft")
    window.wait_for_function(
        "said => document.querySelector('section.present .rnnlib-sentence').innerText !== said", arg=said)
    assert window.evaluate("location.hash") == here


TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Text of the same colour, size and weight on the same ground has the same contrast, and to measure it takes
# four fifths of the time: of each look the first is measured.
MARK_LOOKS = """() => {
    const seen = new Set(), style = (e) => getComputedStyle(e)
    const written = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    for (const e of document.querySelectorAll("body *")) {
        delete e.dataset.look
        if (!written(e) || !e.checkVisibility()) continue
        const look = [style(e).color, style(e).fontSize, style(e).fontWeight]
        for (let below = e; below; below = below.parentElement)
            look.push(style(below).backgroundColor, style(below).opacity)
        const name = look.filter((part) => !["1", "rgba(0, 0, 0, 0)"].includes(part)).join()
        if (!seen.has(name)) e.dataset.look = ""
        seen.add(name)
    }
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] })
}"""


def clean(page, each_look_once=False, **which):
    """Let axe look at the whole page or some parts, by all its rules or only some."""
    found = axe(page, **which, first=MARK_LOOKS if each_look_once else None)
    told = [(rule, target, html[:200]) for rule, target, html in found
            if not (rule == "empty-table-header" and "<math>" in html)]                  # it reads no MathML
    assert told == [], "\n".join(map(str, told))


# Python in the browser

@pytest.fixture(scope="session")
def runs(folder):
    if not (folder / "rnnlib" / "lite").exists():
        pytest.skip("Pyodide's files are not here: RNNLIB_PYODIDE names the folder that has them")


@pytest.mark.browser
@pytest.mark.parametrize("page", [page for page in PAGES if page.runs], ids=lambda page: page.stem)
def test_a_notebook_runs_in_the_browser(page, runs, browser, address):
    with browser.new_context(viewport={"width": 1280, "height": 20_000}) as context:     # all cells in view
        window, outside = context.new_page(), []
        window.on("request", lambda request: outside.append(request.url) if not request.url.startswith(
            (address.removesuffix("rnnlib/"), "blob:", "data:")) else None)
        window.set_default_timeout(120_000)
        window.goto(f"{address}lite/lab/index.html?path={page.stem}.ipynb")
        window.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=120_000)
        window.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
        window.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
        began, left = time.monotonic(), "?"
        while left != 0:
            assert time.monotonic() - began < 300, f"{left} cells have not run"
            window.wait_for_timeout(500)
            left = window.evaluate(
                "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]"
                ".filter((prompt) => !/[0-9]/.test(prompt.textContent)).length")
        wrong = window.locator("[data-mime-type$=stderr], [data-mime-type$=error]").all_inner_texts()
    assert wrong == [] and outside == []
