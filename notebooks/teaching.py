"""Fill in what the teacher's guide, teaching.md, takes from the pages and from the package.

    python notebooks/teaching.py            write it
    python notebooks/teaching.py --check    write nothing, say whether it is in step

The guide is written by hand. Filled in are the parts between <!-- made: ... --> and <!-- end -->, and the
last column of each table of minutes. A page's minutes are those of its own line of minutes.
"""

import re
import sys
from functools import cache
from html import escape
from typing import NamedTuple

import build
import pages
import question_sheet
from rnnlib.course import exercises

GUIDE = build.HERE / "teaching.md"
SUM = re.compile(r" \(\d+ minutes\)\s*$")
VOTE = 3    # minutes that a class takes for a question, above those that a reader takes
MADE = re.compile(r"(<!-- made: (\w+)(?: (\S+))? -->\n).*?(<!-- end -->)", re.DOTALL)
PLAN = re.compile(r"^\| (45|90) \|((?:[^|\n]*\|){3})[^|\n]*\|$", re.MULTILINE)
SECTION = re.compile(r"^## (\d+) · .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^### .*?(?=^##|^# |\Z)", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^\*Minutes: (.+?)\*$|^\*\*Time:\*\* (.+)$", re.MULTILINE)


class Facts(NamedTuple):
    """What a page tells of itself: minutes by part and by exercise, pages that it leans on, its text."""

    number: int
    stem: str
    title: str
    parts: dict         # name: minutes; what the line of minutes calls the rest is a part, too
    exercises: dict     # number: (title, minutes)
    told: int           # minutes of all exercises together, as the line says
    leans_on: list
    text: str           # its Markdown, without code
    code: list          # (heading above, tags, source) of each code cell


@cache
def facts(number):
    """Return the facts of a page, from its source."""
    source = next(build.SOURCES.glob(f"{number:02}-*.md"))
    cells = pages.cells(build.draft(source))
    text = "\n\n".join(cell.source for cell in cells if cell.kind == "markdown")
    tasks = {task.number: (task.title, task.minutes) for task in exercises.progress(number)}
    parts, told = minutes(next(filter(None, LINE.search(text).groups())))
    need = re.search(r"^## You need\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    leans_on = sorted({int(n) for n in re.findall(r"\((\d\d)-[\w-]+\.ipynb", need)})
    heading, code = "", []
    for cell in cells:
        if cell.kind == "markdown":
            heading = ([heading] + headings(cell.source))[-1]
        else:
            code.append((heading, cell.tags, cell.source))
    title = re.search(r"^# (.+)$", text, re.MULTILINE)[1]
    return Facts(number, source.stem, title, parts, tasks, told, leans_on, text, code)


def minutes(line):
    """Return ({part: minutes}, minutes of the exercises) of a page's line of minutes, in its two forms."""
    told = int(re.search(r"exercises(?: take some)? (\d+)", line)[1])
    total = re.match(r"about (\d+) minutes: ", line)
    body = re.split(r"; the exercises|\. The \w+ exercises", line[total.end() if total else 0:])[0]
    parts = {name: int(n) for name, n in re.findall(r"([^,]+?) (\d+)(?:, |$)", body)}
    if rest := re.search(r"the rest for (.+)$", body):
        parts[rest[1]] = int(total[1]) - sum(parts.values())
    if total and sum(parts.values()) != int(total[1]):
        raise ValueError(f"the parts take {sum(parts.values())} minutes, the line says {total[1]}: {line}")
    return parts, told


def numbers():
    """Return the numbers of all pages, in order."""
    return sorted(int(source.name[:2]) for source in build.SOURCES.glob("[0-9][0-9]-*.md"))


def headings(markdown):
    """Return the headings of a piece of Markdown, without marks."""
    return [plain(found) for found in re.findall(r"^##+ (.+)$", markdown, re.MULTILINE)]


def plain(heading):
    """Return a heading as it is read: without the marks of code."""
    return heading.replace("`", "").strip()


# Minutes of a row of a table

def chosen(cell, among):
    """Return what a cell chooses of names or numbers: all, none (–), or those that it lists."""
    cell = cell.strip()
    if cell in ("all", "–"):
        return list(among) if cell == "all" else []
    names = {str(name): name for name in among}
    if unknown := [word.strip() for word in cell.split(",") if word.strip() not in names]:
        raise ValueError(f"there is no {unknown[0]!r} among {', '.join(names)}.")
    return [names[word.strip()] for word in cell.split(",")]


def row(number, parts, questions, tasks):
    """Return the minutes of a class for parts, questions and exercises of a page."""
    page = facts(number)
    asked = chosen(questions, range(1, len(question_sheet.questions(number)) + 1))
    return (sum(page.parts[part] for part in chosen(parts, page.parts)) + VOTE * len(asked)
            + sum(page.exercises[n][1] for n in chosen(tasks, page.exercises)))


def meetings(section):
    """Return the cells of each row of a path: meeting, page, parts, questions, exercises, minutes."""
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [cells for cells in rows if len(cells) == 6 and cells[1].strip().isdigit()]


def assumed(shown):
    """Return the pages that those shown, in their order, lean on and that are not shown before."""
    missing = set()
    for n, number in enumerate(shown):
        missing |= set(facts(number).leans_on) - set(shown[:n + 1])
    return sorted(missing)


# What is filled in

def filled(text):
    """Return the guide with everything filled in."""
    text = SECTION.sub(lambda found: with_minutes(int(found[1]), found[0]), text)
    text = PATH.sub(lambda found: with_sums(found[0]), text)
    makers = {"pages": table, "facts": line, "questions": block}

    def made(found):
        start, name, number, end = found.groups()
        return f"{start}{makers[name](*map(int, (number or '').split()))}\n{end}"

    return MADE.sub(made, text)


def with_minutes(number, section):
    """Return the section of a page with the minutes of its two plans."""
    def told(found):
        return f"| {found[1]} |{found[2]} {row(number, *found[2].split('|')[:3])} |"
    return PLAN.sub(told, section)


def with_sums(section):
    """Return a path with the minutes of its rows, the sum of each meeting, and what it takes for granted."""
    rows, sums = meetings(section), []
    for cells in rows:
        own = row(int(cells[1]), *cells[2:5])
        cells[5] = f" {own} "
        if cells[0].strip():
            sums.append([cells, 0])
        sums[-1][1] += own
    for cells, total in sums:
        cells[0] = f" {SUM.sub('', cells[0]).strip()} ({total} minutes) "
    lines = iter("|" + "|".join(cells) + "|" for cells in rows)
    text = "\n".join(next(lines) if meetings(line) else line for line in section.split("\n"))
    needed = assumed([int(cells[1]) for cells in rows])
    told = f"what stands on page{'s' * (len(needed) > 1)} {', '.join(map(str, needed))}."
    told = told if needed else "nothing but what it shows."
    return re.sub(r"^It takes for granted: .*$", f"It takes for granted: {told}", text, flags=re.MULTILINE)


def table():
    """Return all pages with what they lean on, who leans on them, and their minutes."""
    lines = ["| page | leans on | needed by | reading | exercises | questions |", "|---|---|---|---|---|---|"]
    for number in numbers():
        page = facts(number)
        by = [n for n in numbers() if number in facts(n).leans_on]
        listed = lambda some: ", ".join(map(str, some)) or "–"
        name = page.title.split(" · ")[1]
        lines.append(f"| {number} · [{name}]({page.stem}.ipynb) | {listed(page.leans_on)} | {listed(by)} | "
                     f"{sum(page.parts.values())} | {page.told} | {len(question_sheet.questions(number))} |")
    return "\n".join(lines)


def line(number):
    """Return the minutes of a page, by part and by exercise."""
    page = facts(number)
    parts = ", ".join(f"{name} {n}" for name, n in page.parts.items())
    tasks = ", ".join(f"{n} {title} {minutes}" for n, (title, minutes) in page.exercises.items())
    return f"**Minutes.** Reading {sum(page.parts.values())}: {parts}. Exercises {page.told}: {tasks}."


def block(number):
    """Return the questions of a page, folded, with what each wrong choice stands for."""
    asked = question_sheet.questions(number)
    count = f"The {len(asked)} questions" if len(asked) > 1 else "The question"
    lines = [f"<details><summary>{count}, and what each wrong choice stands for</summary>", ""]
    for n, question in enumerate(asked, 1):
        lines += [f"**{number}.{n}** {marked(question.question)}", ""]
        for k, choice in enumerate(getattr(question, "choices", [])):
            if choice == question.answer:
                lines.append(f"- {chr(65 + k)} **{marked(choice)}** is right.")
            else:
                lines.append(f"- {chr(65 + k)} *{marked(choice)}*: {marked(question.instead[choice])}")
        if not getattr(question, "choices", []):
            lines.append(f"- a number: **{marked(question_sheet.told(question))}** is right.")
        lines.append("")
    return "\n".join([*lines, "</details>"])


def marked(text):
    """Return plain text as Markdown that shows it."""
    return re.sub(r"([*|$\\])", r"\\\1", escape(text, quote=False))


def main(words):
    if words not in ([], ["--check"]):
        return f"teaching.py takes nothing, or --check; got {' '.join(words)}."
    text = GUIDE.read_text(encoding="utf-8")
    made = filled(text)
    if words == ["--check"]:
        return "The guide is out of step: python notebooks/teaching.py" if made != text else 0
    GUIDE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
