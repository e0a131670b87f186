"""The whole site, file by file."""

import multiprocessing
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bs4 import BeautifulSoup
from markupsafe import Markup

from pages import folder

from . import contents, frames, lite, maths, pages, slides

STATIC = pages.HERE / "static"
FRONT_END = contents.ROOT / "rnnlib" / "course" / "widgets"
IN_THE_ZIP = ("*.py", "*.toml", "*.md", "*.in", "LICENSE*", "requirements.txt", "rnnlib/**/*",
              "notebooks/**/*", "binder/*", "tests/**/*")
FIGURE = 3      # the page whose figure the first page shows
MARK, MARKED = ".nojekyll", b"A site of the rnnlib course.\n"     # tells GitHub Pages, and us, what is here
NOT_IN_THE_ZIP = {"__pycache__", ".ipynb_checkpoints"}


def build(target, pyodide=lite.FOLDER, moving=None, tell=lambda *_: None):
    """Write the site into a folder, which is emptied before; say in sentences what it lacks.

    The figures of the pages `moving` (numbers) can be moved, by default of all; frames take minutes, so
    `tell` hears of each page that is done.
    """
    empty(target)
    all_pages, missing = contents.pages(), []
    try:
        lite.build(target / "lite", all_pages, pyodide)
    except lite.NotToBeHad as reason:
        missing.append(f"Nothing of it runs in the browser: {reason}")
    facts = {"all": all_pages, "parts": contents.parts(all_pages), "beside": contents.beside(all_pages),
             "conventions": contents.CONVENTIONS, "runs": not missing}
    pages.templates().globals.update(facts)
    made = on_all_cores(write, [(page, target, facts, moving is None or page.number in moving)
                                for page in all_pages], tell)
    made["index.html"] = landing(all_pages, made)
    furnish(target, made)
    made_to_print(target)
    (target / "notebooks").mkdir()
    for page in all_pages:
        if page.runs:
            shutil.copy(page.file, target / "notebooks")
    pack(target / "rnnlib-course.zip")
    index(target)
    return missing


def lecture(page, target):
    """Write the slides of one page into a folder, unless they are newer than all that they are made of."""
    sources = [page.file, *contents.ROOT.glob("rnnlib/**/*.*"), *pages.HERE.glob("**/*.*")]
    made = target / page.slides
    newest = max(file.stat().st_mtime for file in sources if "__pycache__" not in file.parts)
    if not made.exists() or made.stat().st_mtime < newest:
        empty(target)
        furnish(target, {page.slides: slides.deck(page, target, frames.write(page, target / "frames"))})
    return page.slides


def furnish(target, made):
    """Write pages, and what all of them use: style, scripts, the font of the formulas, reveal.js."""
    shutil.copytree(STATIC, target / "static")
    for name in ("live.js", "live.css"):
        shutil.copy(FRONT_END / name, target / "static")
    maths.write_font(made.values(), target / "static" / "formulas.woff")
    slides.copy_reveal(target / "reveal")
    for name, html in made.items():
        (target / name).write_text(html, encoding="utf-8")


def made_to_print(target):
    """Copy the sheet to print, with the site's icon and a way back that is not printed."""
    sheet = (contents.NOTEBOOKS / contents.CONVENTIONS).read_text(encoding="utf-8")
    icon = '<link rel="icon" href="static/icon.svg" type="image/svg+xml">\n</head>'
    back = '<body>\n<p class="back"><a href="index.html">rnnlib: see backpropagation through time</a></p>'
    made = sheet.replace("</head>", icon).replace("<body>", back)
    (target / contents.CONVENTIONS).write_text(made, encoding="utf-8")


def empty(target):
    """Make an empty folder, but for its history; refuse one that is full of something else than our site."""
    inside = [path for path in folder(target).iterdir() if path.name != ".git"]
    if inside and not is_ours(target):
        sys.exit(f"{target} is not empty and no site of this course: choose another folder, or empty it "
                 "yourself.")
    for path in inside:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (target / "frames").mkdir()
    (target / MARK).write_bytes(MARKED)


def is_ours(target):
    """True of a folder into which this course has been written before."""
    mark = target / MARK
    return mark.is_file() and (mark.read_bytes() == MARKED or (target / "frames").is_dir())


def on_all_cores(function, tasks, tell):
    """Call a function with each tuple of arguments, in processes of its own; join the dicts it returns."""
    made = {}
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for count, job in enumerate([pool.submit(function, *task) for task in tasks], 1):
            made |= job.result()
            tell(f"{count} of {len(tasks)} pages")
    return made


def write(page, target, facts, moves):
    """Return {name: HTML} of a page and its slides; the frames of what moves, and pictures, are written."""
    pages.templates().globals.update(facts)
    alive = frames.write(page, target / "frames") if moves else {}
    made = {page.html: pages.page(page, facts["all"], target, alive)}
    return made if page.number is None else made | {page.slides: slides.deck(page, target, alive)}


def landing(all_pages, made):
    """Return the first page; its figure is the first of page 3 that can be touched."""
    shown = BeautifulSoup(made[all_pages[FIGURE].html], "html.parser").select(".widget .output:has(> img)")
    figure = Markup(shown[0]) if shown else ""
    return pages.templates().get_template("landing.html.j2").render(
        figure=figure, elsewhere=contents.elsewhere(all_pages[0].stem))


def pack(target):
    """Write the course as a ZIP: what a reader needs to run it at home."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        files = {file for pattern in IN_THE_ZIP for file in contents.ROOT.glob(pattern)}
        for file in sorted(files):
            name = file.relative_to(contents.ROOT)
            if file.is_file() and not NOT_IN_THE_ZIP & set(name.parts):
                packed.write(file, Path("rnnlib-course", name))


def index(target):
    """Let Pagefind index what the pages say."""
    subprocess.run([sys.executable, "-m", "pagefind", "--site", target, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
