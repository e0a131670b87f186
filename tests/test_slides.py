"""Slides: what stands on them, and what a lecturer finds in the notes instead."""

import pytest

pytest.importorskip("math_core", reason="what the site needs is not installed (course.py site does it)")

from bs4 import BeautifulSoup

from web import pages, slides

ROW = "<tr><td>{}</td></tr>"


def html_of(text):
    return BeautifulSoup(text, "html.parser")


def made_of(text):
    return slides.slides(html_of(f"<h1>T</h1><h2>A</h2>{text}"))


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
    made = slides.slides(html_of(
        f"<h1>T</h1>{figure}<p>Here stand ten words and more of what the figure shows.</p><h2>A</h2>"
        f"{figure}<p>Here stand ten words and more of what another one shows.</p>"))

    assert [slide.heading for slide in made] == ["T", "T", "A", "A"]
    assert "the figure shows" in str(made[1].notes) and "another one" in str(made[3].shown)


def test_a_slide_shows_first_sentences_and_keeps_the_rest_for_notes():
    made = slides.slides(html_of(
        "<h1>3 · Title</h1><p>One promise of five words. More of it.</p><h2>A section</h2>"
        "<p><strong>Label.</strong> The tanh bends every state a little. Not said.</p><p>*Minutes: 3*</p>"))

    assert [slide.heading for slide in made] == ["3 · Title", "A section"]
    assert made[0].shown[0].get_text() == "One promise of five words."
    assert made[1].shown[0].get_text() == "Label. The tanh bends every state a little."
    assert "Not said" in str(made[1].notes[0])


def test_figures_and_questions_stand_alone_and_code_lies_below():
    cell = '<div class="cell {}"><div class="highlight">code</div><div class="output">{}</div></div>'
    made = slides.slides(html_of(
        "<h2>A</h2><p>Here is a sentence of words.</p>" + cell.format("", "1.0")
        + cell.format("widget", "question") + "<h2>Exercises</h2><p>Nothing of these is shown here.</p>"))

    assert [(slide.alone, len(slide.below)) for slide in made] == [(False, 1), (True, 0)]


def test_goals_fit_on_one_slide_and_keep_their_verbs():
    goals = "".join(f"<li><strong>{verb}</strong> what a <math><mi>W</mi></math> of many words does here, "
                    "and <strong>then</strong> all that comes of it later (exercise 2);</li>"
                    for verb in ("derive", "write", "read", "say"))
    made = slides.slides(html_of(f"<h2>You will be able to</h2><ul>{goals}</ul>"))

    assert len(made) == 1 and len(made[0].shown) == 4
    assert made[0].shown[0].get_text() == "derive what a W of many words does here"
    assert "(exercise 2)" not in str(made[0].shown) and "comes of it later" in str(made[0].notes)


def test_points_that_begin_small_go_on_over_to_a_second_slide():
    points = "".join(f"<li>point {n} {'with many words ' * 5}</li>" for n in range(4))
    made = slides.slides(html_of(f"<h2>Recap</h2><ul>{points}</ul>"))

    assert sum(len(slide.shown) for slide in made) == 4 and len(made) == 2


def test_what_leads_to_a_question_stands_above_it_and_not_alone():
    question = '<div class="cell widget"><div class="output">Which one?{}</div></div>'
    lead = "<h1>T</h1><h2>A</h2><p>Here is a sentence of ten words, before a question.</p>"
    asked, drawn = (slides.slides(html_of(lead + question.format(more))) for more in ("", "<img>"))

    assert [len(slide.shown) for slide in asked] == [0, 2] and asked[1].alone
    assert [len(slide.shown) for slide in drawn] == [0, 1, 1]


def test_a_sign_after_a_formula_stays_on_its_line():
    found = pages.SIGN_AFTER.findall("<math><mi>a</mi></math>, or <math><mi>b</mi></math> and "
                                     "<math display='block'><mi>c</mi></math>.")

    assert found == [("<math><mi>a</mi></math>", ",")]


def test_after_what_is_unfolded_the_section_goes_on_under_its_own_heading():
    made = slides.slides(html_of(
        "<h2>A</h2><p>Nobody knows what comes here.</p><details><summary>Afterwards</summary>"
        "<p>It was the transpose, as always.</p></details>"
        "<p>Ten more words follow here, and they are not short.</p><p>$</p>"))

    assert [slide.heading for slide in made] == ["A", "Afterwards", "A"]


def test_no_slide_begins_in_the_middle_of_a_sentence():
    many = " ".join(["word"] * 38)
    made = slides.slides(html_of(
        f"<h2>A</h2><p>Many {many}.</p><div class='math'><math></math></div>"
        "<p>which is one of three things.</p>"))

    assert len(made) == 1 and "which is" in str(made[0].notes)
