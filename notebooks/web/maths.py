"""Formulas as MathML, which browsers typeset by themselves, and the font that they need."""

import html
import re
from importlib import metadata

from fontTools import subset
from math_core import LatexError, LatexToMathML

ITALIC_AND_PLAIN = [*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6FC, 0x1D71C), *range(0x20, 0x7F)]
RADICAL = 0x221A        # which a browser draws for <msqrt>, where no letter of the page asks for it
_convert = LatexToMathML(fancy_error=False).convert_with_local_state


class Untypeset(Exception):
    """A formula that cannot be typeset, in one sentence."""


def mathml(formula, display=False):
    """Return a formula of LaTeX as MathML."""
    plain = re.sub(r"\\\\\s*\[[^]]*\]", r"\\\\", formula)                         # room between lines
    plain = re.sub(r"\\text\{([^{}$]*)\$([^$]+)\$([^{}$]*)\}", r"\\text{\1}\2\\text{\3}", plain)
    try:
        made = _convert(plain.strip(), displaystyle=display)
    except LatexError as error:
        raise Untypeset(f"This formula cannot be typeset: {formula.strip()}\n{error}") from error
    made = re.sub("<mo>([′″‴])</mo>", r'<mo class="prime" lspace="0" rspace="0">\1</mo>', made)
    return f'<div class="math">{made}</div>' if display else made


def write_font(pages, target):
    """Write the part of STIX Two Math that the formulas of some pages of HTML use, as a web font."""
    used = {ord(letter) for page in pages for formula in re.findall(r"<math.*?</math>", page, re.DOTALL)
            for letter in html.unescape(re.sub(r"<[^>]*>", "", formula))}
    options = subset.Options(flavor="woff", layout_features=["*"])
    source = metadata.distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")
    with subset.load_font(source, options) as font:
        reduced = subset.Subsetter(options)
        reduced.populate(unicodes=[*ITALIC_AND_PLAIN, RADICAL, *used])
        reduced.subset(font)
        subset.save_font(font, target, options)
