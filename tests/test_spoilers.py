"""No page tells an answer before it asks, nor so soon after that the eye falls on it.

Each built page is read from the top as a reader sees it: text and code that are not folded, every output,
every alternative text. An answer is given away by

- its words: five or more as they stand, fewer beside words of the question;
- a number of the answer, or one that its reason has measured, to the digits that are shown; a whole
  number below 1,000 beside words of the question;
- a sentence that says most of the reason;
- one of the question's `telltales`.

What the question or another choice says itself is no spoiler, nor a list of several choices.
"""

import math
import re
from html import unescape

import nbformat
import pytest

import build
from rnnlib.course.predictions import questions
from rnnlib.course.predictions.questions import Choice, Number

SCREEN, WIDTH = 12, 110          # a screen after the question: so many lines of text, or the next output
FOLD = re.compile(r"<details.*?>\s*(<summary>.*?</summary>)?.*?</details>", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w]|\.\d)")
STOP = set("""a about all also an and are as at be because been but by can does each every for from had has
have how if in into is it its more most much no not of on one only or other own out so some than that the
their them then there these they this those to too two was were what when where which whichever who whose will
with would you""".split())
PAGES = {int(path.name[:2]): path for path in sorted(build.HERE.glob("[0-9]*.ipynb"))}


def asks(page):
    try:
        return questions(page)
    except ValueError:
        return []


EACH = [(page, k) for page in PAGES for k in range(1, len(asks(page)) + 1)]


def plain(text):
    """Return what is read of Markdown, TeX or HTML: words, numbers, and code as it stands."""
    text = FOLD.sub(lambda m: re.sub("<.*?>", " ", m[1] or ""), text)
    text = re.sub(r"""<img [^>]*?alt=(["'])(.*?)\1[^>]*>""", r" \2. ", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"<(?:/?[a-zA-Z!][^<>]*)>", " ", text)
    text = re.sub(r"\\(?:text|mathsf|operatorname|[bB]ig[lr]|quad|t?frac)\b", " ", unescape(text))
    text = re.sub(r"\(\d\)", " ", text)                    # the number of an exercise
    text = re.sub(r"10\^\{?([-−]?\d+)\}?", r"1e\1", text)
    return re.sub(r"[*`$\\{}]", "", text).replace("−", "-").replace("\u00a0", " ")


def segments(page):
    """Yield (kind, text, question asked here or None) of a built page, in the order of reading."""
    for cell in nbformat.read(PAGES[page], as_version=4).cells:
        if cell.cell_type == "markdown":
            yield "text", plain(cell.source), None
            continue
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            yield "text", cell.source.replace("\n", "\n\n"), None            # a line of code is a sentence
        found = re.search(rf"predictions\.ask\({page}, (\d+)", cell.source)
        for output in cell.outputs:
            data = output.get("data", {})
            said = output.get("text") or data.get("text/html") or data.get("text/plain") or ""
            yield "output", plain(said.replace("\n", "\n\n")), None if found is None else int(found[1])


def around(page, number):
    """Return what stands unfolded before a question, and within a screen after it."""
    before, after, lines, asked = [], [], 0, False
    for kind, text, question in segments(page):
        if question == number:
            asked = True
        elif not asked:
            if question is None:                     # another question lists its own choices
                before.append(text)
        elif kind == "output" and lines < SCREEN:
            after.append(text)
            lines = SCREEN
        else:
            seen = []
            for row in text.splitlines():
                if lines < SCREEN:
                    seen.append(row)
                    lines += math.ceil(len(row.strip()) / WIDTH)
            after.append("\n".join(seen))
    assert asked, f"page {page} does not ask its question {number}"
    return "\n\n".join(before), "\n\n".join(after)


def words(text):
    return re.findall(r"[a-zA-Z_]\w*(?:\.\w+)*|[-+]?\d[\w.]*", plain(text).lower())


def stems(text):
    return {word[:5] for word in words(text) if word not in STOP and (len(word) > 2 or word[-1].isdigit())}


def sentences(text):
    return [part for part in re.split(r"(?<=[.!?])\s+|\n\s*\n|\n(?=\s*[-|#])", text) if part.strip()]


def digits(number):
    return len(re.sub(r"e.*|[-+.]", "", number).lstrip("0"))


def shown(value, text):
    """True if text shows a number, to at least two digits, that is value to those digits."""
    for found in NUMBER.findall(text):
        if (digits(found) >= 2 or "e" in found) and not found.endswith(".0"):
            whole = re.fullmatch(r"[-+]?\d+", found)
            rounded = abs(value) if whole else float(f"{abs(value):.{digits(found)}g}")
            if rounded == abs(float(found)):
                return found
    return None


def measured(question):
    """Return the numbers that would give the answer away: its own, and those its reason has measured."""
    if isinstance(question, Choice):
        own = [float(n) for n in NUMBER.findall(plain(question.answer)) if digits(n) >= 2 or "e" in n]
    else:
        own = [float(question.answer)]
    facts = [float(v) for v in question.facts.values() if isinstance(v, int | float)]
    told = " ".join(map(plain, [question.question, *others(question)]))
    return [v for v in own + facts if not shown(v, told)]


def others(question):
    return [choice for choice in getattr(question, "choices", ()) if choice != question.answer]


def beside(asked, here, answer):
    """True if a sentence that holds an answer speaks of its question: in three words, or in all it has."""
    here = here - stems(answer)
    return len(asked & here) >= 3 or (bool(here) and here <= asked)


def given_away(question, text):
    """Return the words of a text that give the answer of a question away, or None."""
    answer = question.answer if isinstance(question, Choice) else f"{question.answer:g}"
    rivals = " ".join(map(plain, others(question)))
    phrase, asked = " ".join(words(answer)), stems(question.question) - stems(answer)
    reason = stems(f"{answer}. {question.because.format(**question.facts)}")
    reason -= stems(question.question) | stems(rivals)
    for tale in question.telltales:
        if plain(tale).lower() in " ".join(text.lower().split()):
            return tale
    for sentence in sentences(text):
        said, here = f" {' '.join(words(sentence))} ", stems(sentence)
        list_of_choices = any(shown(float(n), sentence) for n in NUMBER.findall(rivals))
        for value in measured(question):
            found = shown(value, sentence)
            small = value == int(value) and abs(value) < 1000
            listed = list_of_choices and shown(value, plain(answer))
            if found and not listed and (not small or beside(asked, here, found)):
                return found
        if f" {phrase} " in said and len(phrase) > 1 and phrase not in STOP:
            if len(phrase.split()) > 4 or re.fullmatch(r"\d+( \d+)+", phrase) or beside(asked, here, phrase):
                return sentence
        if len(reason) >= 4 and len(reason & here) >= 0.6 * len(reason):
            return sentence
    return None


@pytest.mark.parametrize(("page", "number"), EACH)
def test_no_answer_stands_above_its_question_nor_just_below(page, number):
    question = questions(page)[number - 1]

    for where, text in zip(("above", "just below"), around(page, number), strict=True):
        found = given_away(question, text)
        assert found is None, f"page {page} tells the answer {where} its question {number}: {found.strip()!r}"


@pytest.mark.parametrize("page", [page for page in PAGES if asks(page)])
def test_a_page_asks_all_its_questions_in_their_order(page):
    asked = [question for _, _, question in segments(page) if question is not None]

    assert asked == list(range(1, len(questions(page)) + 1))


QUESTION = Choice("Which loss reaches h_1 best?", ["L_1", "L_2", "L_3"], answer="L_2",
                  because="its part is {part:.3f}, the largest of the column.", facts={"part": -0.1234})


@pytest.mark.parametrize(("text", "found"), [
    ("The best is −0.12 of all.", "-0.12"), ("It is 0.1234.", "0.1234"), ("It is 0.13 or 0.1.", None),
    ("Of all, loss L_2 reaches h_1 best.", "Of all, loss L_2 reaches h_1 best."),
    ("The loss L_2 belongs to step 2.", None), ("Which loss is L_1?", None)])
def test_numbers_count_to_their_digits_and_short_names_beside_words_of_the_question(text, found):
    assert given_away(QUESTION, plain(text)) == found


@pytest.mark.parametrize(("text", "found"), [
    ("16 of 64", "16"), ("Then 16 times as many multiplications.", "16"), ("At H = 16 it is slow.", None),
    ("Exercise (2), in 16 minutes.", None)])
def test_a_small_whole_number_counts_beside_words_of_the_question(text, found):
    question = Number("A network of 64 units gets twice as many. Times how many multiplications?", answer=16,
                      tolerance=0, because="each costs H times H.")

    assert given_away(question, plain(text)) == found


def test_a_list_of_choices_is_no_spoiler_and_one_of_them_alone_is():
    question = Choice("Which step is best?", ["1e-2", "1e-5"], answer="1e-5", because="they meet there.")

    assert given_away(question, "We try 1e-2 and 1e-5.") is None
    assert given_away(question, "f(1e-5) - f(-1e-5)") == "1e-5"


def test_what_is_folded_is_not_seen():
    text = "Above.\n<details><summary>When you have predicted: why</summary>\n\n0.1234\n\n</details>\nBelow."

    assert plain(text).split() == ["Above.", "When", "you", "have", "predicted:", "why", "Below."]
    assert plain('<img alt="It is 0.1234" src="data:x">').strip() == "It is 0.1234."


def test_every_kind_of_spoiler_is_found():
    wordy = Choice("Does it show?", ["yes", "no: it is its own transpose"], "no: it is its own transpose",
                   because="the symmetric matrix changes nothing, so the comparison passes.")

    assert given_away(wordy, "A matrix which no, it is its own transpose.")
    assert given_away(wordy, "The comparison passes: nothing changes for a symmetric matrix.")
    assert not given_away(wordy, "Each is compared with its own figure, and the matrix is below.")
