"""Read a number as people type it: 1/6, 10^-7, 2·3, ln 20, 29 %, k = 2/3, about 5, 10 times, ten.

Nothing is run: see VALUES.
"""

import ast
import math
import operator
import re

LONGEST = 40  # characters of a number

VALUES = {"pi": math.pi, "e": math.e}
FUNCTIONS = {
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "ln": math.log, "log2": math.log2,
    "log10": math.log10, "tanh": math.tanh, "abs": abs, "sigmoid": lambda z: (1 + math.tanh(z / 2)) / 2,
}
OPERATIONS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.UAdd: operator.pos, ast.USub: operator.neg,
}
WRITTEN = str.maketrans({"\u2212": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", "^": "**",
                         "π": "pi", "√": "sqrt", "σ": "sigmoid", "⁄": "/", "₁": "1", "₂": "2", "₀": "0"})
WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
         "sixteen seventeen eighteen nineteen twenty").split()
PARTS = {"½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)", "⅕": "(1/5)", "⅙": "(1/6)"}
BEFORE = re.compile(r"^(about|around|roughly|nearly|approx\.?|approximately|at least|(a )?factor( of)?|times"
                    r"|[~≈≥×x]|>=)\s*(?=[-+.\d])", re.IGNORECASE)
AFTER = re.compile(r"(?<=[\d)])(\s*[x×]|(\s+[a-z]{2,})+)$", re.IGNORECASE)      # 10x, 10 times, 5 losses
SIZES = re.compile(r"\b(half|halves|thirds?|quarters?|\w+ths?|hundreds?|thousands?|[mb]illions?|dozens?|pi"
                   r"|percent|per cent)\b", re.IGNORECASE)                      # ... these words count
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def read_number(text):
    """Return (number, None), or (None, one sentence that says what is wrong with the text)."""
    text = text.strip()
    if not text:
        return None, "Type a number first."
    if len(text) > LONGEST:
        return None, f"A number has at most {LONGEST} characters; got {len(text):,}."
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return None, f'"{text}" is not a finite number.'
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        plain, point = text.replace(",", ""), text.replace(",", ".")
        return None, f'"{text}" can be read in two ways: type {plain} or {point}.'
    try:
        number = _value(ast.parse(_python(_bare(text)), mode="eval").body)
    except ZeroDivisionError:
        return None, f'"{text}" divides by zero.'
    except OverflowError:
        return None, f'"{text}" is not a finite number.'
    except ArithmeticError:
        return None, f'"{text}" has no value that is a real number.'
    except (SyntaxError, ValueError):
        hint = ": use a decimal point" if "," in text else ", such as -0.25"
        return None, f'"{text}" is not a number{hint}.'
    if not math.isfinite(number):
        return None, f'"{text}" is not a finite number.'
    return number, None


def _bare(text):
    """Return a number without what is said about it: k = 2/3, about 5, 10 times, five losses; % as / 100."""
    text = BEFORE.sub("", re.sub(r"^[^=<>!:()]*=(?!=)\s*", "", text.replace("\u2212", "-")))
    word = re.match(r"[a-z]+\b", text.lower())
    if word and word[0] in WORDS:
        text = f"{WORDS.index(word[0])}{text[word.end():]}"
    share = re.fullmatch(r"(.*[\d)])\s*(%|percent|per cent)", text, re.IGNORECASE)
    if share:
        return f"({share[1]})/100"
    return text if SIZES.search(text) else AFTER.sub("", text)


def _python(text):
    """Return the text as Python writes it; separators of thousands are left out."""
    raised = lambda found: f"**({found[0].translate(RAISED)})"
    text = re.sub(r"(?<!\d)[½⅓⅔¼¾⅕⅙]", lambda found: PARTS[found[0]], text)
    text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", raised, text.translate(WRITTEN))
    text = re.sub(r"(sqrt\s*|\b(?:ln|log|log2|log10|exp)\s+)([\d.]+)", r"\1(\2)", text)
    text = re.sub(r"((?<![\w.])[\d.]+|\))\s*(?=\()", r"\1*", text)                # 4(20 + 6)
    text = re.sub(r"(?<=[\d.])\s*[xX]\s*(?=10\*\*)", "*", text)          # 2.5 x 10^-6
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3}){2,}(\.\d+)?", text):
        text = text.replace(",", "")
    text = re.sub(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))", "", text)
    return re.sub(r"(?<=[\d)])\s*(?=(?:pi|sqrt|exp|log|log2|log10|ln|tanh|sigmoid)\b)", "*", text)


def _value(node):
    """Return the value of numbers, the names above, and arithmetic of these, in floats throughout."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name) if name in VALUES:
            return VALUES[name]
        case ast.UnaryOp(op=sign) if type(sign) in OPERATIONS:
            return OPERATIONS[type(sign)](_value(node.operand))
        case ast.BinOp(op=sign) if type(sign) in OPERATIONS:
            found = OPERATIONS[type(sign)](_value(node.left), _value(node.right))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            given = _value(argument)
            try:
                found = FUNCTIONS[name](given)
            except ValueError:
                raise ArithmeticError from None
        case _:
            raise ValueError
    if isinstance(found, complex):
        raise ArithmeticError
    return found
