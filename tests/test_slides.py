"""Slides: what stands on them, and what a lecturer finds in the notes instead."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "notebooks"))
BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup
slides = pytest.importorskip("web.slides")

ROW = "<tr><td>{}</td></tr>"


def made_of(text):
    return slides.slides(BeautifulSoup(f"<h1>T</h1><h2>A</h2>{text}", "html.parser"))


def table(rows, words):
    body = "".join(ROW.format(f"row{n} " + "word " * (words - 1)) for n in range(rows))
    head = "<thead><tr><th>two words</th></tr></thead>"
    return f"<div class='wide'><table>{head}<tbody>{body}</tbody></table></div>"


def test_a_longer_table_goes_over_to_a_second_slide_with_its_head_again():
    *_, one, two = made_of(table(rows=5, words=11))

    assert [slide.shown[0].get_text().count("row") for slide in (one, two)] == [3, 2]
    assert all("two words" in str(slide.shown) and slide.alone for slide in (one, two))
    assert "row2" in str(one.shown) and "row3" in str(two.shown)


@pytest.mark.parametrize("rows, words", [(13, 11), (2, 45)])
def test_a_table_that_is_too_long_for_slides_is_in_the_notes(rows, words):
    (only,) = made_of(table(rows, words))

    assert not only.shown and str(only.notes).count("row") == rows


def test_what_is_unfolded_says_more_where_its_first_sentence_is_short():
    text = "A push soon dies away. So does the gradient, because it says what a push does. Not said."
    before = "<p>Before this nobody knew what comes, or why it does.</p>"
    *_, slide = made_of(f"{before}<details><summary>After</summary><p>{text}</p></details>")

    assert slide.heading == "After"
    assert slide.shown[0].get_text() == text.removesuffix(" Not said.") and "Not said" in str(slide.notes)


def test_a_sentence_that_is_too_long_is_in_the_notes():
    (only,) = made_of(f"<p>It begins {'and goes on ' * 14}.</p>")

    assert not only.shown and "It begins" in str(only.notes)
    assert str(only.notes).count("It begins") == 1


def test_what_is_said_of_the_first_figure_is_in_its_notes():
    figure = "<div class='cell'><div class='output'><img></div></div>"
    made = slides.slides(BeautifulSoup(
        f"<h1>T</h1>{figure}<p>Here stand ten words and more of what the figure shows.</p><h2>A</h2>"
        f"{figure}<p>Here stand ten words and more of what another one shows.</p>", "html.parser"))

    assert [slide.heading for slide in made] == ["T", "T", "A", "A"]
    assert "the figure shows" in str(made[1].notes) and "another one" in str(made[3].shown)
