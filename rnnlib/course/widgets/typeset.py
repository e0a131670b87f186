"""Symbols as type has them: "delta_3 = -0.1" becomes δ with a subscript, and a true minus sign."""

import re
from html import escape

TYPE = "font-size: var(--jp-content-font-size1, 16px); line-height: 1.5"      # of the text beside a picture
GREEK = {"delta": "δ", "sigma": "σ", "gamma": "γ", "lambda": "λ", "rho": "ρ", "nu": "ν", "phi": "φ",
         "theta": "θ", "eps": "ε", "alpha": "α", "beta": "β"}
_WORD = re.compile(rf"(?<![A-Za-z_])({'|'.join(GREEK)})(?![A-Za-z])")
_POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+\u2212-]?)0*(\d+)(?!\w|\.\d)")
_MINUS = re.compile(
    r"(?<![A-Za-z0-9_)])-(?=[\d.∞])|(?<=[({\s])-(?=[A-Za-zα-ω]\b)|(?<= )-(?= )|(?<=\^)-(?=\d)")
_MARK = r"(\{{[^{{}}]*\}}|\([^()]*\)|{one})"
_SUB = re.compile(r"(?<![A-Za-z_])(d?[A-Zb-zaα-ω∂θ]|∂[A-Za-z]|d)_" + _MARK.format(one=r"(?:\d++|[A-Za-z]++)")
                  + r"(?!\.m?T\b)")        # h_prev.T is code
_SUP = re.compile(r"(?<=[\w)}>\]])\^" + _MARK.format(one=r"[−+]?(?:\d+|[A-Za-z])(?![A-Za-z0-9])"))


def minus(text):
    """Write minus signs as type has them: before numbers and single letters, and between blanks."""
    return _MINUS.sub("−", text)


def typeset(text):
    """Return a plain sentence as HTML, with subscripts, exponents, Greek letters and minus signs."""
    text = _WORD.sub(lambda m: GREEK[m[1]], text)
    text = _POWER.sub(_power, text)
    html = escape(minus(text), quote=False)
    html = _SUB.sub(lambda m: f"{m[1]}<sub>{_inner(m[2])}</sub>", html)
    return _SUP.sub(lambda m: f"<sup>{_inner(m[1])}</sup>", html)


def plain(text):
    """Return a sentence for those who hear it: Greek letters and minus signs, nothing raised or lowered."""
    return minus(_WORD.sub(lambda m: GREEK[m[1]], text))


def _power(m):
    factor, sign, exponent = m.groups()
    return ("" if factor == "1" else f"{factor}·") + f"10^{{{_sign(sign)}{exponent}}}"


def _sign(sign):
    return "" if sign == "+" else sign.replace("-", "−")


def _inner(mark):
    mark = mark[1:-1] if mark[0] in "{(" else mark
    return minus(mark).replace("-", "−")
