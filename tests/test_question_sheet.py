import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

import pages
import question_sheet
from rnnlib.course.predictions import Choice, Number
from rnnlib.course.widgets.typeset import typeset

CHOICE = Choice("Which of a < b is it?", ["W_h & b", "W_x", "neither"], answer="W_x",
                because="a is {a:.2f}.", instead={"W_h & b": "that is {not} a fact."}, facts={"a": 0.125})
NUMBER = Number("How large is h_1?", 0.46212, 0.05, "tanh bends it.")


class Sheet(HTMLParser):
    """Takes in what a page shows, and what it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.shown, self.fetched, self.blocks = "", [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.blocks += tag == "section"
        self.fetched += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.shown += data


@pytest.fixture
def three(monkeypatch):
    asked = {3: [CHOICE, NUMBER], 5: [CHOICE]}
    monkeypatch.setattr(question_sheet, "questions", lambda page: asked.get(page, []))


def test_questions_alone_hold_no_answer(three):
    page = question_sheet.sheet(answers=False)

    assert Sheet(page).blocks == 3 and "3.2" in page and "5.1" in page
    for word in ("because", "0.12", "0.46", "not} a fact", 'class="right"'):
        assert word not in page


def test_answers_have_letter_reason_and_recorded_facts(three):
    shown = Sheet(question_sheet.sheet(answers=True)).shown

    assert "B: Wx, because a is 0.12." in shown
    assert "that is {not} a fact." in shown
    assert "0.4621 (give or take 0.05), because tanh bends it." in shown


def test_what_looks_like_html_is_text(three):
    page = question_sheet.sheet(answers=False)

    assert "a &lt; b" in page and "W<sub>h</sub> &amp; b" in page


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SystemExit, match=f"^{re.escape(str(folder))} cannot be made a folder .*: name "):
            pages.folder(folder)


def test_both_pages_stand_alone_and_ask_what_the_notebooks_ask(tmp_path):
    done = subprocess.run([sys.executable, question_sheet.__file__, str(tmp_path / "new")], check=True,
                          capture_output=True, text=True)

    asked = [q for path in pages.paths() for q in question_sheet.questions(pages.number(path))]
    assert f"{len(asked)} questions" in done.stdout
    for name in ("questions.html", "answers.html"):
        text = (tmp_path / "new" / name).read_text(encoding="utf-8")
        sheet = Sheet(text)
        assert sheet.blocks == len(asked) > 0 and not sheet.fetched
        assert not re.search(r"url\(|@import|https?:", text)
        assert all(Sheet(typeset(q.question)).shown in sheet.shown for q in asked)
        assert not re.search(r"\b[a-z]_\d|\d\^", sheet.shown)
        assert not re.search(r"\{\w", text.split("</style>")[1])
