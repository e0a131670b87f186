"""Notebooks as pages: nbconvert makes the article, with our template; what a page needs besides is added."""

import hashlib
import re
from base64 import b64decode
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, pass_context, select_autoescape
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from . import contents, maths

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
# What a notebook has that a page without a kernel has in its own way, or cannot have.
LEFT_OUT = re.compile(r"^widgets\.solved\(", re.MULTILINE)
ANNOUNCED = re.compile(r"^(What you have solved so far|Run this cell to move the controls\.$)")
WIDE = 100       # letters of a line that is printed; what is longer is a sentence, and wraps
SIGN_AFTER = re.compile(r"(<math>(?:(?!</math>).)*</math>)([,.;:!?)”]+)", re.DOTALL)     # stays on its line
NAVIGATION = re.compile(r"\A---\s+.*\.ipynb\)", re.DOTALL)


class Renderer(IPythonRenderer):
    """Markdown as nbconvert reads it, with formulas as MathML, plain anchors and links to pages."""

    def block_math(self, body):
        return maths.mathml(body, display=True)

    def inline_math(self, body):
        return maths.mathml(body)

    def heading(self, text, level, **attrs):
        words = re.sub(r"<math.*?</math>|<[^>]*>", "", text, flags=re.DOTALL).strip()
        return f'<h{level} id="{"-".join(words.split())}">{text}</h{level}>\n'     # as in JupyterLab

    def link(self, text, url, title=None):
        return super().link(text, target(url), title)


class Article(HTMLExporter):
    """A notebook as an <article>'s content, without a head."""

    def __init__(self):
        super().__init__(template_name="article", extra_template_basedirs=[str(TEMPLATES)])

    def default_filters(self):
        yield from super().default_filters()
        yield "first_words", lambda source: source.split("\n")[0].lstrip("# ")

    @pass_context
    def markdown2html(self, context, source):
        return MarkdownWithMath(renderer=Renderer(escape=False)).render(source)


def target(url):
    """Return where a link of a notebook leads on the site: to a page, or to the repository."""
    if re.match(r"[a-z]+:|#", url):
        return url
    path, mark, anchor = url.partition("#")
    if path.startswith("../"):
        return f"{contents.repository()}/blob/main/{path[3:]}{mark}{anchor}"
    return f"{path.removesuffix('.ipynb')}.html{mark}{anchor}" if path.endswith(".ipynb") else url


def article(notebook, site):
    """Return a notebook as HTML that belongs into a page; its pictures become files of the site."""
    notebook.cells = [cell for cell in notebook.cells
                      if not (LEFT_OUT.search(cell.source) or NAVIGATION.match(cell.source))]
    html, _ = _exporter().from_notebook_node(notebook)
    soup = BeautifulSoup(SIGN_AFTER.sub(r'<span class="joined">\1\2</span>', html), "html.parser")
    for formula in soup.select("p > .math"):         # displayed, it is a paragraph by itself
        formula.parent.unwrap()
    for img in soup.find_all("img"):
        _to_file(img, site)
    for table in soup.find_all("table"):
        _to_be_read_by_all(table, soup)
    for said in soup.select("pre.said"):
        if max(map(len, said.get_text().splitlines()), default=0) > WIDE:
            said["class"].append("sentence")
    for folded in soup.find_all("details"):
        folded["data-pagefind-ignore"] = ""         # no search shows an answer
    for said in soup.find_all("p", string=ANNOUNCED):
        said.decompose()
    for said in soup.find_all(string=re.compile("Run this cell")):       # here it is the page that is run
        if said.find_parent(class_="output"):
            said.replace_with(said.replace("Run this cell", "Run this page"))
    return soup


def living_article(page, site, alive):
    """Return the article of a page, whose outputs name their frames where there are some."""
    soup = BeautifulSoup(_article_of(page.file, site), "html.parser")
    for cell, name in alive.items():
        output = soup.find(id=cell).find(class_="output")
        output["data-frames"] = f"frames/{name}"
        output["data-pagefind-ignore"] = ""
    return soup


@cache                      # a page and its slides are made from the same article
def _article_of(file, site):
    return str(article(contents.read(file), site))


@cache
def _exporter():
    return Article()


def _to_file(img, site):
    """Let a picture be a file that is loaded when it comes into view, and keep its place meanwhile."""
    kind, found, data = img["src"].partition(";base64,")
    if not found:
        return
    png = b64decode(data)
    name = f"{hashlib.sha256(png).hexdigest()[:16]}.png"
    (site / "pictures").mkdir(exist_ok=True)
    (site / "pictures" / name).write_bytes(png)
    across, down = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))     # of the PNG's header
    width = int(img.get("width", across))
    img.attrs.update(src=f"pictures/{name}", width=width, height=round(width * down / across), loading="lazy")
    del img["style"]
    img["class"] = "figure"


def _to_be_read_by_all(table, soup):
    """Say of a table's empty heads that they are none, and let a wide one scroll by itself."""
    for head in table.find_all("th"):
        if not head.get_text(strip=True):
            head.name = "td"
    table.wrap(soup.new_tag("div", attrs={"class": "wide"}))


def sections(soup):
    """Return [(id, title)] of the sections of an article; ids that repeat are made different."""
    seen = {}
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        count = seen[heading["id"]] = seen.get(heading["id"], 0) + 1
        if count > 1:
            heading["id"] += f"-{count}"
    return [(heading["id"], Markup(heading.decode_contents())) for heading in soup.find_all("h2")]


@cache
def templates():
    """Return the environment of our own templates, which escapes what is not marked as HTML."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["j2", "html"]),
                       trim_blocks=True, lstrip_blocks=True)
    made.filters["markdown"] = lambda text: Markup(
        re.sub("^<p>|</p>$", "", MarkdownWithMath(renderer=Renderer(escape=False)).render(text).strip()))
    return made


def page(page, all_pages, site, alive):
    """Return a notebook as a whole page of the site; alive says which cells have frames, and which."""
    soup = living_article(page, site, alive)
    course = [other for other in all_pages if other.number is not None]
    at = course.index(page) if page in course else None
    return templates().get_template("page.html.j2").render(
        page=page, sections=sections(soup), article=_with_ways(soup, page),
        before=course[at - 1] if at else None,
        after=course[at + 1] if at is not None and at + 1 < len(course) else None)


def _with_ways(soup, page):
    """Return the article's HTML with the ways to run it under its title and above its exercises."""
    if not page.runs:
        return Markup(str(soup))
    ways = templates().get_template("ways.html.j2")
    elsewhere = contents.elsewhere(page.stem)
    for id_, exercises in ((None, False), ("Exercises", True)):
        heading = soup.find("h2", id=id_) if id_ else soup.find("h1")
        if heading:
            added = ways.render(page=page, elsewhere=elsewhere, exercises=exercises)
            heading.insert_after(BeautifulSoup(added, "html.parser"))
    return Markup(str(soup))
