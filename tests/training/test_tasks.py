import re

import numpy as np
import pytest

from rnnlib import losses, tasks


def test_the_text_on_japan_is_short_plain_and_always_the_same():
    text = tasks.japan()

    assert 1_200 <= len(text) <= 1_400
    assert 45 <= len(tasks.vocabulary(text)) <= 55
    assert set("abcdefghijklmnopqrstuvwxyz") < set(text)
    assert re.fullmatch(r"[A-Za-z0-9 ,.:\n]+", text)
    assert text.startswith("Japan is ") and text.endswith(".\n")
    assert "  " not in text and tasks.japan() == text


def test_a_vocabulary_of_characters_goes_both_ways():
    vocabulary = tasks.vocabulary("hello, world")

    ids = vocabulary.ids("lower, hold")

    assert vocabulary.tokens == (" ", ",", "d", "e", "h", "l", "o", "r", "w")
    assert len(vocabulary) == 9
    assert ids.dtype == int and ids.tolist() == [5, 6, 8, 3, 7, 1, 0, 4, 6, 5, 2]
    assert vocabulary.tokens_of(ids) == list("lower, hold")
    assert vocabulary.text(ids) == "lower, hold"
    assert vocabulary == tasks.vocabulary("world, hello")


def test_a_vocabulary_of_words_goes_both_ways():
    words = tasks.split_words("I like tea, and the tea likes me.")

    vocabulary = tasks.vocabulary(words)

    assert words == ["i", "like", "tea", ",", "and", "the", "tea", "likes", "me", "."]
    assert vocabulary.tokens == (",", ".", "and", "i", "like", "likes", "me", "tea", "the")
    assert vocabulary.ids(["tea", "i", "like"]).tolist() == [7, 3, 4]
    assert vocabulary.text([7, 3, 4]) == "tea i like"
    assert vocabulary.tokens_of(np.array([1, 7])) == [".", "tea"]


def test_nothing_has_no_ids_and_no_text():
    vocabulary = tasks.vocabulary("ab")

    assert vocabulary.ids("").shape == (0,)
    assert vocabulary.text(np.array([], int)) == "" == vocabulary.text([])


@pytest.mark.parametrize(("sentence", "words"), {
    "Don't stop": ["don't", "stop"],
    "a well-known 3,776 m": ["a", "well-known", "3", ",", "776", "m"],
    "Über-Größe: «naïve»!?": ["über-größe", ":", "«", "naïve", "»", "!", "?"],
    "- 'quoted' -": ["-", "'", "quoted", "'", "-"],
    " \n ": [],
}.items())
def test_sentences_fall_into_words_and_marks(sentence, words):
    assert tasks.split_words(sentence) == words


def test_streams_are_contiguous_stretches_side_by_side():
    ids = np.arange(100, 117)

    streams = tasks.streams(ids, 3)

    assert streams.shape == (5, 3) and streams.flags.c_contiguous
    for b in range(3):
        assert streams[:, b].tolist() == ids[b * 5:(b + 1) * 5].tolist()  # 115 and 116 are left over
    assert tasks.streams(list(ids), 17).shape == (1, 17)


@pytest.mark.parametrize("length", [1, 3, 4, 5, 12, 99])
@pytest.mark.parametrize("N", [2, 5, 13])
def test_windows_cover_every_transition_of_every_stream_exactly_once_and_in_order(N, length):
    stream = tasks.streams(np.random.default_rng(0).permutation(N * 3), 3)

    windows = tasks.windows(stream, length)

    inputs, targets = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    assert np.array_equal(inputs, stream[:-1]) and np.array_equal(targets, stream[1:])
    assert all(len(x) == len(y) == length for x, y in windows[:-1])
    assert all(x[1:].tolist() == y[:-1].tolist() for x, y in windows)
    assert 1 <= len(windows[-1][0]) <= length


def test_windows_own_their_numbers_and_take_a_single_stream():
    ids = np.arange(7)

    (inputs, targets), second = tasks.windows(ids, 4)
    inputs[:] = -1

    assert ids.tolist() == [0, 1, 2, 3, 4, 5, 6] and targets.tolist() == [1, 2, 3, 4]
    assert [part.tolist() for part in second] == [[4, 5], [5, 6]]


def test_embeddings_are_normal_rows_of_the_given_scale():
    rows = tasks.embeddings(np.random.default_rng(0), 80, 100, 0.25)
    again = tasks.embeddings(np.random.default_rng(0), 80, 100, 0.25, dtype=np.float32)

    assert rows.shape == (80, 100) and rows.dtype == np.float64 and again.dtype == np.float32
    assert np.array_equal(again, rows.astype(np.float32))
    assert abs(rows.std() - 0.25) < 0.25 * 4 / np.sqrt(2 * rows.size)
    assert abs(rows.mean()) < 0.25 * 4 / np.sqrt(rows.size)


def test_one_hot_rows_times_embeddings_are_the_embeddings_rows():
    rows = tasks.embeddings(np.random.default_rng(0), 6, 4, 1)
    ids = np.array([[5, 0], [2, 2]])

    assert np.array_equal(losses.one_hot(ids, 6) @ rows, rows[ids])


@pytest.mark.parametrize(("T", "B"), [(2, 5), (7, 300), (50, 4)])
@pytest.mark.parametrize("signed", [False, True])
def test_adding_marks_one_value_in_each_half_and_asks_for_their_sum(T, B, signed):
    task = tasks.adding(np.random.default_rng(0), T, B, signed)

    values, marks = task.xs[..., 0], task.xs[..., 1]
    total = (values * marks).sum(axis=0)
    assert task.xs.shape == (T, B, 2) and task.targets.shape == (B,) and task.marks.shape == (2, B)
    assert np.all((marks == 0) | (marks == 1))
    assert np.all(marks[: T // 2].sum(axis=0) == 1) and np.all(marks[T // 2:].sum(axis=0) == 1)
    assert np.array_equal(np.argwhere(marks.T)[:, 1].reshape(B, 2).T, task.marks)
    assert np.abs(task.targets - (0.5 + total / 4 if signed else total)).max() < 1e-15
    assert values.max() <= 1 and values.min() >= (-1 if signed else 0)
    assert B < 100 or all(set(task.marks[i]) == set(half) for i, half in enumerate([range(3), range(3, 7)]))


def test_the_baseline_of_adding_is_a_sixth_and_not_what_was_printed():
    rng, n = np.random.default_rng(0), 400_000
    for signed, constant, baseline in ((False, 1.0, 1 / 6), (True, 0.5, 1 / 24)):
        targets = tasks.adding(rng, 2, n, signed).targets
        errors = (targets - constant) ** 2

        assert tasks.adding_baseline(signed) == baseline
        assert abs(errors.mean() - baseline) < 5 * errors.std() / np.sqrt(n) < 0.002
        assert all(((targets - constant - by) ** 2).mean() > errors.mean() for by in (-0.05, 0.05))
    x, weight = np.polynomial.legendre.leggauss(4)               # exact for these squares
    x, weight = (x + 1) / 2, np.outer(weight, weight) / 4
    total = x[:, None] + x
    assert abs((weight * (total - 1) ** 2).sum() - 1 / 6) < 1e-15
    assert abs((weight * ((total - 1) / 2) ** 2).sum() - 1 / 24) < 1e-15      # 2x-1 and 2y-1 from [-1, 1]
    assert abs(tasks.ADDING_MISPRINT - 1 / 6) > 0.01


@pytest.mark.parametrize(("T", "B", "symbols", "length"), [(1, 3, 8, 10), (12, 200, 4, 3), (100, 2, 8, 10)])
def test_copy_asks_for_the_symbols_after_the_signal(T, B, symbols, length):
    task = tasks.copy(np.random.default_rng(0), T, B, symbols, length)

    blank, signal = symbols, symbols + 1
    assert task.inputs.shape == task.targets.shape == (T + 2 * length, B)
    assert task.inputs.dtype == int and task.inputs[:length].max() < symbols and task.inputs.min() >= 0
    assert np.all(task.inputs[length:T + length - 1] == blank)
    assert np.all(task.inputs[T + length - 1] == signal)
    assert np.all(task.inputs[T + length:] == blank)
    assert np.all(task.targets[:T + length] == blank)
    assert np.array_equal(task.targets[T + length:], task.inputs[:length])
    assert B < 100 or set(np.unique(task.targets)) == set(range(symbols + 1))


@pytest.mark.parametrize(("T", "printed"), {
    100: "0.17329", 300: "0.06498", 500: "0.03999", 1000: "0.02039",
}.items())
def test_the_baseline_of_copying_is_the_loss_of_one_who_remembers_nothing(T, printed):
    task = tasks.copy(np.random.default_rng(0), T, 3)
    logits = np.full((*task.inputs.shape, 10), -800.0)
    logits[:-10, :, 8] = 0                                        # certain of the blank
    logits[-10:, :, :8] = 0                                       # any symbol is as likely

    loss, _ = losses.softmax_cross_entropy(logits, task.targets, mean=True)

    assert f"{tasks.copy_baseline(T):.5f}" == printed
    assert abs(tasks.copy_baseline(T) / loss - 1) < 1e-13
    assert tasks.copy_baseline(T) == 10 * np.log(8) / (T + 20)
    assert tasks.copy_baseline(5, symbols=2, length=3) == 3 * np.log(2) / 11


RNG = np.random.default_rng(0)
WORDS = tasks.vocabulary(["tea", "rice"])
BAD = {
    "unknown character": (lambda: tasks.vocabulary("abc").ids("cab!a"), ValueError,
        "Vocabulary.ids: sequence must be of the 3 known tokens; got '!' at [3]."),
    "a sentence for words": (lambda: WORDS.ids("tea"), ValueError,
        "Vocabulary.ids: sequence must be of the 2 known tokens; got 't' at [0]. Words? Use split_words."),
    "ids for text": (lambda: WORDS.ids([0, 1]), TypeError,
        "Vocabulary.ids: sequence must be a str or a list of words; got [0, 1]."),
    "id too large": (lambda: WORDS.text([1, 2]), ValueError,
        "Vocabulary.text: ids must be in [0, 2); got 2 at [1]."),
    "id negative": (lambda: WORDS.tokens_of(np.array([-1])), ValueError,
        "Vocabulary.tokens_of: ids must be in [0, 2); got -1 at [0]."),
    "ids in a matrix": (lambda: WORDS.text(np.zeros((2, 3), int)), TypeError,
        "Vocabulary.text: ids must be a row of integer ids (n,); got shape (2, 3), int64."),
    "ids that are floats": (lambda: WORDS.text(np.zeros(2)), TypeError,
        "Vocabulary.text: ids must be a row of integer ids (n,); got shape (2,), float64."),
    "empty vocabulary": (lambda: tasks.vocabulary(""), ValueError,
        "tasks.vocabulary: sequence must be at least one token; got none."),
    "vocabulary of a number": (lambda: tasks.vocabulary(7), TypeError,
        "tasks.vocabulary: sequence must be a str or a list of words; got 7."),
    "words of None": (lambda: tasks.split_words(None), TypeError,
        "tasks.split_words: sentence must be a str; got None."),
    "streams of text": (lambda: tasks.streams(["a", "b"], 1), TypeError,
        "tasks.streams: ids must be a row of integer ids (n,); got shape (2,), <U1. A text? Use "
        "vocabulary.ids."),
    "more streams than ids": (lambda: tasks.streams(np.arange(3), 4), ValueError,
        "tasks.streams: B must be an int in [1, n=3]; got 4."),
    "no ids": (lambda: tasks.streams([], 1), ValueError,
        "tasks.streams: ids must be at least one id; got none."),
    "a stream of one": (lambda: tasks.windows(np.zeros((1, 3), int), 5), ValueError,
        "tasks.windows: stream must be (N, ...) with N >= 2; got shape (1, 3), int64."),
    "a stream of text": (lambda: tasks.windows(np.array(list("text")), 2), TypeError,
        "tasks.windows: stream must be integer ids (N, ...); got shape (4,), <U1."),
    "window of nothing": (lambda: tasks.windows(np.arange(5), 0), ValueError,
        "tasks.windows: length must be an int in [1, 1000000000]; got 0."),
    "seed for rng": (lambda: tasks.embeddings(0, 3, 2, 1), TypeError,
        "tasks.embeddings: rng must be a numpy.random.Generator; got 0. Use np.random.default_rng(0)."),
    "no tokens": (lambda: tasks.embeddings(RNG, 0, 2, 1), ValueError,
        "tasks.embeddings: V must be an int in [1, 1000000]; got 0."),
    "half a dimension": (lambda: tasks.embeddings(RNG, 3, 2.5, 1), TypeError,
        "tasks.embeddings: D must be an int in [1, 1000000]; got 2.5."),
    "scale of zero": (lambda: tasks.embeddings(RNG, 3, 2, 0), ValueError,
        "tasks.embeddings: scale must be a number > 0; got 0."),
    "scale in words": (lambda: tasks.embeddings(RNG, 3, 2, "1"), TypeError,
        "tasks.embeddings: scale must be a number > 0; got '1'."),
    "integer embeddings": (lambda: tasks.embeddings(RNG, 3, 2, 1, dtype=int), TypeError,
        "tasks.embeddings: dtype must be float32 or float64; got int64."),
    "adding without rng": (lambda: tasks.adding(None, 10, 2), TypeError,
        "tasks.adding: rng must be a numpy.random.Generator; got None. Use np.random.default_rng(0)."),
    "one value to add": (lambda: tasks.adding(RNG, 1, 2), ValueError,
        "tasks.adding: T must be an int in [2, 1000000]; got 1."),
    "nobody to add": (lambda: tasks.adding(RNG, 5, 0), ValueError,
        "tasks.adding: B must be an int in [1, 1000000]; got 0."),
    "signed in words": (lambda: tasks.adding(RNG, 5, 2, "yes"), TypeError,
        "tasks.adding: signed must be True or False; got 'yes'."),
    "copy without rng": (lambda: tasks.copy(7, 10, 2), TypeError,
        "tasks.copy: rng must be a numpy.random.Generator; got 7. Use np.random.default_rng(0)."),
    "no delay": (lambda: tasks.copy(RNG, 0, 2), ValueError,
        "tasks.copy: T must be an int in [1, 1000000]; got 0."),
    "nothing to copy": (lambda: tasks.copy_baseline(5, length=0), ValueError,
        "tasks.copy_baseline: length must be an int in [1, 1000000]; got 0."),
    "half a symbol": (lambda: tasks.copy(RNG, 5, 2, symbols=0.5), TypeError,
        "tasks.copy: symbols must be an int in [1, 1000000]; got 0.5."),
}


@pytest.mark.parametrize(("call", "kind", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_gets_its_sentence(call, kind, sentence):
    with pytest.raises(kind) as caught:
        call()

    assert str(caught.value) == sentence
