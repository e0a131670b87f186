"""What there is to learn: a short text by characters, sentences by words, cut into windows; long memory.

A text of tokens becomes ids 0 .. V-1. `streams` lays it side by side for a batch, `windows` cuts that
into stretches (T, B) whose targets are the next tokens. A state carried from each window to the next
then reads every stream from its first token to its last. `adding` and `copy` ask for what is long past.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..doors import checks


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in order; the id of a token is its place. `vocabulary` builds one."""

    tokens: tuple
    joint: str = ""  # what `text` puts between two tokens: nothing between characters

    def __len__(self):
        return len(self.tokens)

    def ids(self, sequence):
        """Map a str, or a list of words, to its ids, an int array."""
        where = "Vocabulary.ids"
        sequence = _tokens(where, sequence)
        place = {token: i for i, token in enumerate(self.tokens)}
        for i, token in enumerate(sequence):
            if token not in place:
                hint = "Words? Use split_words." if self.joint and len(token) == 1 else ""
                got = f"{checks.short(token)} at [{i}]"
                checks.fail(where, "sequence", f"of the {len(self)} known tokens", got, hint)
        return np.array([place[token] for token in sequence], int)

    def tokens_of(self, ids):
        """Map ids (n,) to the list of their tokens."""
        return [self.tokens[i] for i in _ids("Vocabulary.tokens_of", ids, len(self))]

    def text(self, ids):
        """Map ids (n,) to text: characters side by side, words with a space between."""
        return self.joint.join(self.tokens[i] for i in _ids("Vocabulary.text", ids, len(self)))


def vocabulary(sequence):
    """Build the Vocabulary of a str (its characters) or of a list of words, sorted."""
    where = "tasks.vocabulary"
    tokens = sorted(set(_tokens(where, sequence)))
    if not tokens:
        checks.fail(where, "sequence", "at least one token", "none")
    return Vocabulary(tuple(tokens), "" if isinstance(sequence, str) else " ")


@cache
def japan():
    """Return a text on Japan of about 1,300 characters, written for this course."""
    return Path(__file__).with_name("japan.txt").read_text(encoding="utf-8")


def split_words(sentence):
    """Split a sentence into lower-case words and punctuation marks, a list."""
    if not isinstance(sentence, str):
        checks.fail("tasks.split_words", "sentence", "a str", checks.short(sentence), error=TypeError)
    return re.findall(r"\w+(?:['’-]\w+)*|[^\w\s]", sentence.lower())


def embeddings(rng, V, D, scale, dtype=np.float64):
    """Draw a vector for each of V tokens, rows (V, D), normal with standard deviation scale."""
    where = "tasks.embeddings"
    dtype, scale = checks.drawn(where, rng, dtype, V=V, D=D), checks.positive(where, "scale", scale)
    return rng.normal(0, scale, (V, D)).astype(dtype)


def streams(ids, B):
    """Lay ids (n,) side by side as B contiguous streams, (N, B): stream b is ids[b*N : (b+1)*N].

    N = n // B; the n - N*B ids that are left over at the end are dropped.
    """
    where = "tasks.streams"
    ids = _ids(where, ids)
    if len(ids) == 0:
        checks.fail(where, "ids", "at least one id", "none")
    B = checks.whole(where, "B", B, 1, len(ids), "n=")
    N = len(ids) // B
    return np.ascontiguousarray(ids[: N * B].reshape(B, N).T)


def windows(stream, length):
    """Cut a stream (N, ...) into consecutive (inputs, targets), each (length, ...), the last shorter.

    Targets are the next tokens. Every step from a token to the next is in exactly one window.
    """
    where = "tasks.windows"
    stream = checks.array(where, "stream", stream)
    if stream.ndim < 1 or len(stream) < 2:
        checks.fail(where, "stream", "(N, ...) with N >= 2", checks.short(stream))
    if stream.dtype.kind not in "iu":
        checks.fail(where, "stream", "integer ids (N, ...)", checks.short(stream), error=TypeError)
    length = checks.whole(where, "length", length, 1, 10**9)
    inputs, targets = stream[:-1], stream[1:]
    return [
        (inputs[t : t + length].copy(), targets[t : t + length].copy())
        for t in range(0, len(inputs), length)
    ]


ADDING_MISPRINT = 0.1767  # printed as the baseline of the adding task, by Bai et al. 2018; it is 1/6


class Adding(NamedTuple):
    """A batch of the adding task. Only the last step is asked: losses.last_step(T, B)."""

    xs: np.ndarray       # (T, B, 2): a value, and 1 where it is marked, else 0
    targets: np.ndarray  # (B,)
    marks: np.ndarray    # (2, B): the two steps marked, rows of xs


class Copy(NamedTuple):
    """A batch of the copy task, as ids of symbols + 2 tokens: the symbols, a blank, the signal to recall."""

    inputs: np.ndarray   # (T + 2 length, B)
    targets: np.ndarray  # (T + 2 length, B)


def adding(rng, T, B, signed=False):
    """Draw an Adding: T values from [0, 1], one marked in each half; the target is the marked ones' sum.

    Le, Jaitly & Hinton 2015, marks as in Arjovsky et al. 2016. signed=True: values from [-1, 1] and the
    target 1/2 + sum/4, as Hochreiter & Schmidhuber 1997 had it.
    """
    where = "tasks.adding"
    checks.generator(where, rng)
    T, B = checks.whole(where, "T", T, 2, 10**6), checks.whole(where, "B", B, 1, 10**6)
    checks.flag(where, "signed", signed)
    values = rng.uniform(-1 if signed else 0, 1, (T, B))
    marks = np.stack([rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)])
    xs = np.stack([values, np.zeros((T, B))], axis=-1)
    xs[marks, np.arange(B), 1] = 1
    total = np.take_along_axis(values, marks, axis=0).sum(axis=0)
    return Adding(xs, 0.5 + total / 4 if signed else total, marks)


def adding_baseline(signed=False):
    """Return the mean squared error of the best constant answer, 1 or, signed, 1/2: 1/6 or 1/24.

    It is the variance of the target: 2 Var U[0, 1], or 2 Var U[-1, 1] / 16. (squared_error has half.)
    """
    checks.flag("tasks.adding_baseline", "signed", signed)
    return 1 / 24 if signed else 1 / 6


def copy(rng, T, B, symbols=8, length=10):
    """Draw a Copy: `length` symbols, T-1 blanks, the signal, `length` blanks; then give the symbols back.

    Targets are T + length blanks and the symbols in order (Arjovsky, Shah & Bengio 2016). The blank is
    the id `symbols`, the signal `symbols` + 1.
    """
    where = "tasks.copy"
    checks.generator(where, rng)
    T, symbols, length = _copy_sizes(where, T, symbols, length)
    B = checks.whole(where, "B", B, 1, 10**6)
    word = rng.integers(0, symbols, (length, B))
    inputs, targets = (np.full((T + 2 * length, B), symbols) for _ in range(2))
    inputs[:length], inputs[T + length - 1] = word, symbols + 1
    targets[-length:] = word
    return Copy(inputs, targets)


def copy_baseline(T, symbols=8, length=10):
    """Return the cross-entropy per step, in nats, of one who knows the time and remembers no symbol.

    Certain of the blanks, guessing among the symbols: length ln(symbols) / (T + 2 length).
    """
    T, symbols, length = _copy_sizes("tasks.copy_baseline", T, symbols, length)
    return float(length * np.log(symbols) / (T + 2 * length))


def _copy_sizes(where, T, symbols, length):
    sizes = {"T": T, "symbols": symbols, "length": length}
    return [checks.whole(where, name, size, 1, 10**6) for name, size in sizes.items()]


def _tokens(where, sequence):
    """Return the tokens of a str or of a list of words."""
    if not isinstance(sequence, (str, list, tuple)) or not all(isinstance(t, str) for t in sequence):
        checks.fail(where, "sequence", "a str or a list of words", checks.short(sequence), error=TypeError)
    return sequence


def _ids(where, ids, V=None):
    """Return ids (n,) as an int array, all of them in [0, V)."""
    ids = checks.array(where, "ids", ids)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        hint = "A text? Use vocabulary.ids." if ids.dtype.kind == "U" else ""
        checks.fail(where, "ids", "a row of integer ids (n,)", checks.short(ids), hint, TypeError)
    bad = np.flatnonzero((ids < 0) | (ids >= V)) if V is not None else ()
    if len(bad):
        checks.fail(where, "ids", f"in [0, {V})", f"{ids[bad[0]]} at [{bad[0]}]")
    return ids.astype(int)
