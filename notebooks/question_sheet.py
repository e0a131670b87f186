"""Write all predictions of the course as two pages to print, questions.html and answers.html.

    python3 course.py questions DIR

The questions are those that the notebooks ask (rnnlib/course/predictions), choices lettered for a show of
hands. The second page has the answers and their reasons, with the numbers that the course has recorded.
"""

import argparse
import sys
from html import escape
from pathlib import Path

import pages
from rnnlib.course import predictions
from rnnlib.course.widgets.typeset import typeset

STYLE = """section { border-top: 1px solid #8888; padding: .4em 0 .8em; }
h3 { font-size: 1em; margin: .4em 0; } ol { list-style: upper-alpha; } li { padding: .1em 0; }
.right { font-weight: bold; } .right::marker { content: "✓ " counter(list-item, upper-alpha) ". "; }
.line { border-bottom: 1px solid; display: inline-block; width: 8em; }
"""


def sheet(answers):
    """Return the page of all questions, with or without answers."""
    parts = []
    for path in pages.paths():
        number, title = pages.number(path), pages.read(path)[0].source.split("\n")[0].removeprefix("# ")
        asked = questions(number)
        if asked:
            parts.append(f"<h2>{escape(title)}</h2>")
        parts += [block(f"{number}.{n}", question, answers) for n, question in enumerate(asked, 1)]
    title = "Questions to predict by" + (", with answers" if answers else "")
    about = ("Ask, let everybody choose alone, let neighbours talk, ask again, then show the result in the "
             "notebook. The first number is that of the page.")
    return pages.document(title, f"<p>{about}</p>\n" + "\n".join(parts), STYLE)


def questions(page):
    """Return the questions of a page; none if it has none."""
    try:
        return predictions.questions(page)
    except ValueError:
        return []


def block(number, question, answers):
    """Return one question as HTML."""
    choices = getattr(question, "choices", [])
    lines = [f"<section><h3>{number} &nbsp; {typeset(question.question)}</h3>"]
    if choices:
        marked = [' class="right"' if answers and choice == question.answer else "" for choice in choices]
        reasons = [f"<br><small>{typeset(question.instead[choice])}</small>"
                   if answers and choice in question.instead else "" for choice in choices]
        items = zip(marked, choices, reasons)
        lines.append("<ol>" + "".join(f"<li{mark}>{typeset(choice)}{why}</li>" for mark, choice, why in items)
                     + "</ol>")
    elif not answers:
        lines.append('<p>A number: <span class="line">&nbsp;</span></p>')
    if answers:
        because = question.because.format(**question.facts)
        lines.append(f"<p><b>{typeset(told(question))}</b>, because {typeset(because)}</p>")
    return "\n".join([*lines, "</section>"])


def told(question):
    """Return the answer, with its letter or with what counts as right."""
    if choices := getattr(question, "choices", []):
        return f"{chr(65 + choices.index(question.answer))}: {question.answer}"
    return f"{question.answer:.4g} (give or take {question.tolerance:.2g})"


def main():
    parser = argparse.ArgumentParser(prog="course.py questions", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path)
    folder = pages.folder(parser.parse_args().folder)
    for name, answers in (("questions.html", False), ("answers.html", True)):
        (folder / name).write_text(sheet(answers), encoding="utf-8")
    count = sum(len(questions(pages.number(path))) for path in pages.paths())
    print(f"Written: {count} questions in {folder / 'questions.html'} and {folder / 'answers.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
