"""A page as slides, made from its own source by rule: there is no second one to keep.

A heading begins a slide. A figure, a question, a table and what a reader unfolds are slides of their own;
code lies below, a step down. Of a paragraph its first sentence is shown, and a slide holds 40 words besides
formulas and code, and two formulas, or one of several lines. All else of the text is in the notes (key s).
reveal.js shows the slides.
"""

import copy
import re
from dataclasses import dataclass, field
from importlib import metadata

from bs4 import BeautifulSoup
from markupsafe import Markup

from . import pages

WORDS, FORMULAS = 40, 2          # on a slide, at most
SHORT = 4                        # words of a sentence that says too little alone, as a bold label does
LONELY = 9                       # words of a slide that is none
LEFT_OUT = {"You need", "Exercises", "Fine print", "References"}
TIME = re.compile(r"(Minutes|Time)\b")
REVEAL = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")


@dataclass
class Slide:
    """One slide: its heading, what it shows, what is left to be said, and the code below it."""

    heading: str
    shown: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    below: list = field(default_factory=list)
    alone: bool = False          # a figure, a question, a table: nothing is added
    resumed: bool = False        # the section goes on after what was unfolded

    def has_room(self, part):
        parts = [*self.shown, part]
        formulas = [len(one.find_all("mtr")) / 3 for one in parts if "math" in one.get("class", [])]
        room = sum(map(words, parts)) <= WORDS and sum(max(1, rows) for rows in formulas) <= FORMULAS
        return room and not self.alone


def deck(page, site, alive):
    """Return a page of the course as slides."""
    soup = pages.living_article(page, site, alive)
    for link in soup.find_all("a"):          # a click in a lecture leads nowhere else
        link.unwrap()
    return pages.templates().get_template("slides.html.j2").render(
        page=page, slides=[rendered(slide) for slide in slides(soup)])


def copy_reveal(target):
    """Copy reveal.js from where it is installed."""
    source = metadata.distribution("sphinx-revealjs").locate_file("sphinx_revealjs/_static/revealjs")
    target.mkdir()
    for name in REVEAL:
        (target / name.split("/")[-1]).write_bytes((source / name).read_bytes())


def rendered(slide):
    """Return a slide as the template takes it."""
    html = lambda parts: Markup("".join(map(str, parts)))
    return {"heading": Markup(slide.heading), "shown": html(slide.shown), "notes": html(slide.notes),
            "below": [Markup(one) for one in slide.below], "alone": slide.alone}


def slides(soup):
    """Return the slides of an article, in order."""
    made, left_out = [], False
    for part in soup.find_all(True, recursive=False):
        if part.name in ("h1", "h2", "h3"):
            if part.name != "h3":                        # a section's parts go with it
                left_out = part.get_text() in LEFT_OUT
            if not left_out:
                made.append(Slide(part.decode_contents()))
        elif not left_out and made and part.name != "hr":
            section = made[-1].heading
            add(made, part)
            if part.name == "details":
                made.append(Slide(section, resumed=True))
    return gathered([slide for slide in made if slide.shown or slide.below or slide is made[0]])


def gathered(made):
    """Leave a single short sentence, alone on its slide, to the notes of the slide before."""
    kept = made[:1]
    for slide in made[1:]:
        lonely = sum(map(words, slide.shown)) <= LONELY and not any(part.find("math") for part in slide.shown)
        follows = slide.heading == kept[-1].heading or slide.resumed
        if lonely and follows and not slide.alone and not slide.below:
            kept[-1].notes += slide.shown + slide.notes
        else:
            kept.append(slide)
    return kept


def add(made, part):
    """Put a part of the article on the last slide, or on slides of its own after it."""
    if "cell" in part.get("class", []):
        return add_cell(made, part)
    if part.name == "details":
        return add_details(made, part)
    if part.name in ("ul", "ol"):
        for item in part.find_all("li", recursive=False):
            point = BeautifulSoup("<ul></ul>", "html.parser").ul
            point.append(copy.copy(item) if words(item) <= WORDS / 2 else opening(item))
            put(made, point)
            if point.get_text() != item.get_text():
                made[-1].notes.append(item)
    elif "wide" in part.get("class", []):
        if words(part) <= WORDS:
            made.append(Slide(made[-1].heading, [part], alone=True))
        else:
            made[-1].notes.append(part)
    elif "math" in part.get("class", []):
        put(made, part)
    elif part.name == "p" and "ways" not in part.get("class", []):
        first = opening(part)
        if words(first) <= WORDS and not TIME.match(part.get_text()):
            put(made, first)
        if first.get_text() != part.get_text():
            made[-1].notes.append(part)


def add_cell(made, cell):
    """Show what a cell draws or asks; put its code, if it is not folded, below."""
    output, code = cell.find(class_="output"), cell.find(class_="highlight")
    folded = cell.find(class_="fold")
    if output and (output.find("img") or "widget" in cell["class"]):
        made.append(Slide(made[-1].heading, [output], alone=True))
    elif code and not folded:
        made[-1].below.append(f"{code}{output or ''}")


def add_details(made, details):
    """Show what is unfolded, under the words that stand for it."""
    summary = details.find("summary").extract()
    made.append(Slide(summary.decode_contents()))
    for part in details.find_all(True, recursive=False):
        add(made, part)


def put(made, part):
    """Add a part to the last slide if that has room, else to a new one with the same heading.

    What ends a sentence that a formula began says nothing on a slide of its own, and is left to the notes.
    """
    if not made[-1].has_room(part):
        if made[-1].shown and part.get_text()[:1].islower():
            made[-1].notes.append(part)
            return
        made.append(Slide(made[-1].heading))
    made[-1].shown.append(part)


def words(part):
    """Count the words of a part that are seen at once, besides formulas and code."""
    bare = copy.copy(part)
    for other in bare.select("math, pre, details, li > code"):
        other.decompose()
    return words_in(bare.get_text())


def words_in(text):
    return len(re.findall(r"\w[\w’'-]*", text))


def opening(paragraph):
    """Return a paragraph's first sentence as a paragraph; after a short one its second as well."""
    kept, done, said = copy.copy(paragraph), False, 0
    for node in list(kept.descendants):
        if done:
            node.extract()
        elif isinstance(node, str) and not node.find_parent("math"):
            for end in re.finditer(r"[.?!](?=[\s”)]|$)", str(node)):
                if said + words_in(str(node)[:end.end()]) > SHORT:
                    node.replace_with(str(node)[:end.end()])
                    done = True
                    break
            said += words_in(str(node))
    return kept
