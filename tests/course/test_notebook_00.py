"""The first pages tell at each exercise how hard it is and how long it takes, and add the minutes up."""

import re

import pytest

import build
from rnnlib.course import exercises

MARKS = re.compile(r"^\*\*(\d+) · (.+?)\.?\*\* (★+) (\d+) minutes\.", re.MULTILINE)


@pytest.mark.parametrize("page", range(5))
def test_a_title_tells_stars_and_minutes_and_the_top_their_sum(page):
    (source,) = build.SOURCES.glob(f"{page:02}-*.md")
    text = source.read_text(encoding="utf-8")

    told = [(int(n), title, len(stars), int(minutes)) for n, title, stars, minutes in MARKS.findall(text)]
    total = int(re.search(r"^\*Minutes: .*; the exercises (\d+)\.\*$", text, re.MULTILINE)[1])

    assert told == [(e.number, e.title, e.stars, e.minutes) for e in exercises.progress(page)]
    assert total == sum(e.minutes for e in exercises.progress(page))
