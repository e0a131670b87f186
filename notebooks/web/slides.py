"""A page as slides, made from its own source by rule: there is no second one to keep.

A heading begins a slide. A figure, a question, a table and what a reader unfolds are slides of their own,
and a longer table two or three; code lies below, a step down. Of a paragraph its first sentence is shown. A
slide holds 40 words besides formulas and code, and two formulas, or one of several lines. All else of the
text is in the notes (key s).
reveal.js shows the slides.
"""

import copy
import re
from dataclasses import dataclass, field
from importlib import metadata
from itertools import pairwise

from bs4 import BeautifulSoup
from markupsafe import Markup

from . import pages

WORDS, FORMULAS = 40, 2          # on a slide, at most
TABLES = 3                       # slides that one table is spread over, at most
SHORT = 4                        # words of a sentence that says too little alone, as a bold label does
LONELY = 9                       # words of a slide that is none
ENOUGH = 12                      # words of a slide that is all there is to unfold
LEFT_OUT = {"You need", "Exercises", "Two more exercises", "Fine print", "References"}
GOALS = "You will be able to"
EXERCISE = re.compile(r"\s*\((exercises? )?\d[\d, andto]*\)")        # that a goal is for
CLAUSE = re.compile(r"[,:](?=\s|$)|\s(?=so that\b)")
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
    return gathered(without_empty(made))


def without_empty(made):
    """Leave out what shows nothing; its notes go to the slide before."""
    kept = made[:1]
    for slide in made[1:]:
        if slide.shown or slide.below:
            kept.append(slide)
        else:
            kept[-1].notes += slide.notes
    return kept


def gathered(made):
    """Put what leads to a question above it; into the notes before, a lonely short sentence, and what is said
    of the first figure."""
    for lead, asked in pairwise(made[1:]):
        if asked.alone and leads(lead, asked):
            asked.shown[:0], asked.notes[:0] = lead.shown, lead.notes
            lead.shown, lead.notes = [], []
    made = without_empty(made)
    kept = made[:1]
    for slide in made[1:]:
        lonely = sum(map(words, slide.shown)) <= LONELY and not any(part.find("math") for part in slide.shown)
        follows = slide.heading == kept[-1].heading or slide.resumed
        of_the_figure = slide.heading == made[0].heading == kept[-1].heading and kept[-1].alone
        if (lonely or of_the_figure) and follows and not slide.alone and not slide.below:
            kept[-1].notes += slide.shown + slide.notes
        else:
            kept.append(slide)
    return kept


def leads(lead, asked):
    """Tell whether a slide holds nothing but a few words before a question of the same section."""
    bare = not (lead.alone or lead.below) and all(part.name == "p" for part in lead.shown)
    few = 0 < sum(map(words, lead.shown)) and sum(map(words, lead.shown + asked.shown)) <= WORDS
    question = not any(part.find(["img", "table"]) for part in asked.shown)
    return bare and few and question and lead.heading == asked.heading


def add(made, part):
    """Put a part of the article on the last slide, or on slides of its own after it."""
    if "cell" in part.get("class", []):
        return add_cell(made, part)
    if part.name == "details":
        return add_details(made, part)
    if part.name in ("ul", "ol"):
        items = part.find_all("li", recursive=False)
        shown = goals(items) if made[-1].heading == GOALS else [
            copy.copy(item) if words(item) <= WORDS / 2 else opening(item) for item in items]
        for item, said in zip(items, shown):
            point = BeautifulSoup("<ul></ul>", "html.parser").ul
            point.append(said)
            put(made, point, ends=False)
            if point.get_text() != item.get_text():
                made[-1].notes.append(item)
    elif "wide" in part.get("class", []):
        tables = spread(part)
        if len(tables) <= TABLES and all(words(table) <= WORDS for table in tables):
            made += [Slide(made[-1].heading, [table], alone=True) for table in tables]
        else:
            made[-1].notes.append(part)
    elif "math" in part.get("class", []):
        put(made, part)
    elif part.name == "p" and "ways" not in part.get("class", []):
        first = opening(part)
        shown = words(first) <= WORDS and not TIME.match(part.get_text())
        if shown:
            put(made, first)
        if not shown or first.get_text() != part.get_text():
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
    unfolded = Slide(summary.decode_contents())
    made.append(unfolded)
    for part in details.find_all(True, recursive=False):
        add(made, part)
    if made[-1] is unfolded and len(unfolded.shown) == 1 and unfolded.notes:
        whole, said = unfolded.notes[0], unfolded.shown[0]
        if whole.name == said.name == "p" and whole.get_text().startswith(said.get_text()):
            longer = opening(whole, ENOUGH)
            unfolded.shown = [longer if words(longer) <= WORDS else said]


def put(made, part, ends=True):
    """Add a part to the last slide if that has room, else to a new one with the same heading.

    What ends a sentence that a formula began says nothing on a slide of its own, and is left to the notes.
    """
    if not made[-1].has_room(part):
        if ends and made[-1].shown and part.get_text()[:1].islower():
            made[-1].notes.append(part)
            return
        made.append(Slide(made[-1].heading))
    made[-1].shown.append(part)


def spread(table):
    """Return a table as several, each with the head and with as many rows as its words allow."""
    rows = table.select("tbody tr")
    rest = words(table) - sum(map(words, rows))
    groups, said = [set()], rest
    for n, row in enumerate(rows):
        if groups[-1] and said + words(row) > WORDS:
            groups.append(set())
            said = rest
        groups[-1].add(n)
        said += words(row)
    made = []
    for group in groups:
        made.append(copy.copy(table))
        for n, row in enumerate(made[-1].select("tbody tr")):
            if n not in group:
                row.decompose()
    return made


def words(part):
    """Count the words of a part that are seen at once, besides formulas and code."""
    bare = copy.copy(part)
    for other in bare.select("math, pre, details, li > code"):
        other.decompose()
    return words_in(bare.get_text())


def words_in(text):
    return len(re.findall(r"\w[\w’'-]*", text))


def goals(items):
    """Return points that fit on one slide together: without exercises, the longest cut by clauses."""
    points = [copy.copy(item) for item in items]
    for node in [node for point in points for node in texts(point)]:
        node.replace_with(EXERCISE.sub("", str(node)).rstrip(";."))
    while sum(map(words, points)) > WORDS:
        longer = [point for point in points if any(CLAUSE.search(str(node)) for node in texts(point))]
        if not longer:
            break
        point = max(longer, key=words)
        node = [node for node in texts(point) if CLAUSE.search(str(node))][-1]
        cut(point, node, list(CLAUSE.finditer(str(node)))[-1].start())
    return points


def opening(paragraph, short=SHORT):
    """Return a paragraph's first sentence as a paragraph; after a short one its second as well."""
    kept, said = copy.copy(paragraph), 0
    for node in texts(kept):
        for end in re.finditer(r"[.?!](?=[\s”)]|$)", str(node)):
            if said + words_in(str(node)[:end.end()]) > short:
                cut(kept, node, end.end())
                return kept
        said += words_in(str(node))
    return kept


def texts(part):
    """Return the pieces of text of a part, besides those of formulas."""
    return [node for node in part.find_all(string=True) if not node.find_parent("math")]


def cut(part, node, end):
    """End a part of the page within one of its pieces of text."""
    every = list(part.descendants)
    for later in every[[one is node for one in every].index(True) + 1:]:
        later.extract()
    node.replace_with(str(node)[:end])
