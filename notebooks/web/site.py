"""The whole site, file by file."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from markupsafe import Markup

from . import contents, lite, maths, pages

STATIC = pages.HERE / "static"
IN_THE_ZIP = ("*.py", "*.toml", "*.md", "*.in", "LICENSE*", "requirements.txt", "rnnlib/**/*",
              "notebooks/**/*", "binder/*", "tests/**/*")
NOT_IN_THE_ZIP = {"__pycache__", ".ipynb_checkpoints"}


def build(target, pyodide=lite.FOLDER):
    """Write the site into a folder, which is emptied before; say in sentences what it lacks."""
    empty(target)
    all_pages, missing = contents.pages(), []
    try:
        lite.build(target / "lite", all_pages, pyodide)
    except lite.NotToBeHad as reason:
        missing.append(f"Nothing of it runs in the browser: {reason}")
    pages.templates().globals.update(
        all=all_pages, parts=contents.parts(all_pages), conventions=contents.CONVENTIONS, runs=not missing)
    made = {page.html: pages.page(page, all_pages, target) for page in all_pages}
    made["index.html"] = landing(all_pages, target)
    for name, html in made.items():
        (target / name).write_text(html, encoding="utf-8")
    shutil.copytree(STATIC, target / "static")
    maths.write_font(made.values(), target / "static" / "formulas.woff")
    shutil.copy(contents.NOTEBOOKS / contents.CONVENTIONS, target)
    (target / "notebooks").mkdir()
    for page in all_pages:
        shutil.copy(page.notebook, target / "notebooks")
    pack(target / "rnnlib-course.zip")
    index(target)
    return missing


def empty(target):
    """Make an empty folder; refuse one that is full of something else than a site."""
    if target.exists() and any(target.iterdir()) and not (target / ".nojekyll").exists():
        sys.exit(f"{target} is not empty and no site: choose another folder, or empty it yourself.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / ".nojekyll").touch()       # tells GitHub Pages, and us, that these files are a site


def landing(all_pages, site):
    """Return the first page; its figure is the last one of page 3."""
    figure = Markup("")
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
