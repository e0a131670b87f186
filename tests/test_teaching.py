"""The teacher's guide: what it says of the pages is what the pages, the package and the checks say today."""

import re

import pytest
import test_answers
from test_spoilers import asks

import build
import course
import pages
import teaching
from rnnlib.course import exercises
from rnnlib.course.predictions import Choice

GUIDE = teaching.GUIDE.read_text(encoding="utf-8")
SOURCES = {int(path.name[:2]): path for path in sorted(build.SOURCES.glob("[0-9]*.md"))}
SECTIONS = {int(found[1]): found[0] for found in teaching.SECTION.finditer(GUIDE)}
PATHS = {found[0].split("\n")[0].removeprefix("### "): found[0] for found in teaching.PATH.finditer(GUIDE)}
SLIP = re.compile(r"^- (\d+), .+: (`+)(.+)\2$", re.MULTILINE)
DRAWS = re.compile(r"picture\(|plots\.\w+\(|widgets\.(?!live_or|finished|solved|untrained|counted)[\w.]+\(")
BY_PAGE = pytest.mark.parametrize("number", SOURCES)


def by_hand(text):
    """Return what is not filled in."""
    return teaching.MADE.sub("", text)


def minutes(number):
    """Return {part: minutes}, {exercise: minutes} as the guide shows them."""
    line = re.search(r"^\*\*Minutes\.\*\* .*$", SECTIONS[number], re.MULTILINE)[0]
    parts, tasks = re.search(r"Reading \d+: (.+)\. Exercises \d+: (.+)\.$", line).groups()
    return ({name: int(n) for name, n in re.findall(r"(.+?) (\d+)(?:, |$)", parts)},
            {int(k): int(n) for k, n in re.findall(r"(\d+) [^\d].*? (\d+)(?=, \d+ [^\d]|$)", tasks)})


def cost(number, parts, questions, tasks):
    """Return the minutes of a row of a table: its parts, three for each vote, its exercises."""
    own, tasks_of = minutes(number)
    picked = lambda cell, every: {"all": every, "–": []}.get(
        cell.strip(), [word.strip() for word in cell.split(",")])
    votes = [int(k) for k in picked(questions, range(1, len(asks(number)) + 1))]
    assert set(votes) <= set(range(1, len(asks(number)) + 1))
    return (sum(own[part] for part in picked(parts, own)) + 3 * len(votes)
            + sum(tasks_of[int(k)] for k in picked(tasks, tasks_of)))


def test_what_is_filled_in_is_in_step():
    assert teaching.filled(GUIDE) == GUIDE, "python notebooks/teaching.py"


def test_a_word_that_is_no_option_writes_nothing():
    assert teaching.main(["--help"]) == "teaching.py takes nothing, or --check; got --help."


def test_every_page_has_its_section_under_its_title():
    texts = [path.read_text(encoding="utf-8") for path in SOURCES.values()]
    titles = [re.search(r"^# (.+)$", text, re.MULTILINE)[1] for text in texts]

    assert re.findall(r"^## (\d+ · .+)$", GUIDE, re.MULTILINE) == titles


@BY_PAGE
def test_a_section_has_all_that_a_lecturer_looks_for(number):
    for part in ("**Aim.** ", "**In 45 minutes** ", "**In 90** ", "| 45 | ", "| 90 | ", "**Mistakes, "):
        assert f"\n{part}" in SECTIONS[number], part


@BY_PAGE
def test_headings_that_are_named_stand_on_the_page(number):
    text = re.sub(r"```.*?```", "", SOURCES[number].read_text(encoding="utf-8"), flags=re.DOTALL)
    there = {heading.replace("`", "").strip() for heading in re.findall(r"^##+ (.+)$", text, re.MULTILINE)}
    prose = re.sub(r"^- \d+, .*$|\*\*", "", by_hand(SECTIONS[number]), flags=re.MULTILINE)
    named = [name.replace("`", "") for name in re.findall(r"\*([^*\n]+)\*", prose)]

    assert len(named) >= 3
    assert set(named) <= there


@BY_PAGE
def test_figures_that_are_named_are_drawn_there(number):
    prose = by_hand(SECTIONS[number])
    drawn = {heading.replace("`", "") for heading, tags, code in teaching.facts(number).code
             if {"widget", "aside", "setup"} & set(tags) and DRAWS.search(code)}
    named = {name.replace("`", "") for name in re.findall(r"figures? of \*([^*\n]+)\*", prose)}

    assert named <= drawn
    if "first figure" in prose:     # it stands above all headings
        assert "" in drawn


@BY_PAGE
def test_every_question_stands_with_a_reason_for_each_wrong_choice(number):
    block = re.search(r"<!-- made: questions \d+ -->\n(.*?)<!-- end -->", SECTIONS[number], re.DOTALL)[1]
    questions = re.split(r"^\*\*\d+\.\d+\*\* ", block, flags=re.MULTILINE)[1:]
    row = re.search(rf"^\| {number} · .*\| (\d+) \|$", GUIDE, re.MULTILINE)

    assert len(questions) == len(asks(number)) == int(row[1])
    for text, question in zip(questions, asks(number), strict=True):
        choices = question.choices if isinstance(question, Choice) else ["a number"]
        assert len(re.findall(r"^- ", text, re.MULTILINE)) == len(choices)
        assert text.count(" is right.\n") == 1
        assert all(teaching.marked(why) in text for why in getattr(question, "instead", {}).values())


def said(check):
    """Yield what a check says to the wrong answers that the tests know."""
    for verdict, _, answer in test_answers.ANSWERS[check]:
        if verdict == "wrong":
            yield check(answer).text


@BY_PAGE
def test_quoted_sentences_are_what_the_checks_say(number):
    tasks = {task.number: task.check for task in pages.exercises(pages.cells(build.draft(SOURCES[number])))}
    slips = SLIP.findall(by_hand(SECTIONS[number]))

    assert len(slips) >= 2
    for task, _, sentence in slips:
        told = said(getattr(exercises, tasks[int(task)]))
        assert any(sentence in text for text in told), f"{number}.{task} no longer says: {sentence}"


@BY_PAGE
def test_minutes_are_those_of_the_page(number):
    text = SOURCES[number].read_text(encoding="utf-8")
    parts, tasks = minutes(number)
    (line,) = re.findall(r"^(?:\*Minutes: |\*\*Time:\*\* ).*$", text, re.MULTILINE)
    reading, solving = map(int, re.search(r"Reading (\d+): .*Exercises (\d+): ", SECTIONS[number]).groups())
    whole = re.search(r"about (\d+) minutes", line)
    told = int(re.search(r"exercises(?: take some)? (\d+)", line)[1])

    assert reading == sum(parts.values()) and solving == sum(tasks.values())
    assert tasks == {task.number: task.minutes for task in exercises.progress(number)}
    assert all(f"{name} {n}" in line or f"the rest for {name}" in line for name, n in parts.items())
    assert solving == told and (not whole or reading == int(whole[1]))


@BY_PAGE
def test_plans_fit_with_some_minutes_to_spare(number):
    plans = re.findall(r"^\| (45|90) \|(.*?)\|(.*?)\|(.*?)\| (\d+) \|$", SECTIONS[number], re.MULTILINE)

    assert [limit for limit, *_ in plans] == ["45", "90"]
    for limit, parts, questions, tasks, total in plans:
        assert int(total) == cost(number, parts, questions, tasks)
        assert int(total) <= {"45": 40, "90": 80}[limit]


@pytest.mark.parametrize(("name", "meetings"), [
    ("One lecture of 90 minutes", 1), ("Three weeks of two lectures", 6), ("A seminar of ten sessions", 10)])
def test_paths_add_up_and_fit_and_say_what_they_need(name, meetings):
    leans = {int(page): {int(n) for n in re.findall(r"\d+", needs)} for page, needs in re.findall(
        r"^\| (\d+) · \[[^|]*\| ([^|]*) \|", GUIDE, re.MULTILINE)}
    rows = re.findall(r"^\|(.*?)\| (\d+) \|(.*?)\|(.*?)\|(.*?)\| (\d+) \|$", PATHS[name], re.MULTILINE)
    seen, granted, sums = set(), set(), []
    for meeting, page, parts, questions, tasks, total in rows:
        assert int(total) == cost(int(page), parts, questions, tasks), page
        if meeting.strip():
            sums.append([int(re.search(r"\((\d+) minutes\)", meeting)[1]), 0])
        sums[-1][1] += int(total)
        seen |= {int(page)}
        granted |= leans[int(page)] - seen

    assert len(sums) == meetings
    assert all(told == counted <= 80 for told, counted in sums)
    told = re.search(r"^It takes for granted: (.*)$", PATHS[name], re.MULTILINE)[1]
    assert {int(n) for n in re.findall(r"\d+", told)} == granted


def test_every_command_and_key_that_is_named_is_there():
    words = set(re.findall(r"(?:course\.py |`)(edition|grade|questions|slides|site)\b", GUIDE))
    front = (build.HERE.parent / "rnnlib/course/widgets/live.js").read_text(encoding="utf-8")

    assert words == {"edition", "grade", "questions", "slides"}
    assert all(f"course.py {word} " in course.__doc__ for word in words)
    assert 'textContent: "Present"' in front and 'event.key === "f"' in front
    assert '"This is my prediction"' in front


def test_the_guide_stays_short():
    text = re.sub(r"^\|.*$", "", by_hand(GUIDE), flags=re.MULTILINE)

    assert len(re.findall(r"\w[\w'’.-]*", text)) <= 4500
