"""What is said of wrong numbers is true of every one of them, and told at the first glance."""

import numpy as np
import pytest

from rnnlib.course.exercises import differences, run, trials
from rnnlib.course.exercises.differences import alike, causes, close

rng = np.random.default_rng(5)
R = rng.normal(size=(5, 4, 3))  # T, B, H
M = rng.normal(size=(6, 3))  # rzn, H
X, S = rng.normal(size=(5, 4, 3)), rng.normal(size=(3, 3))


def changed(index, value, of=R):
    other = of.copy()
    other[index] = value
    return other


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (-R, "has the wrong sign: every number is minus what it should be."),
        (2 * R, "is twice what it should be, in every number."),
        (0.3 * R, "is 0.3 times what it should be, in every number."),
        (R / 4, "is divided by B, a mean over the sequences: asked for is the sum."),
        (R / 20, "is divided by T * B, a mean over the steps and the sequences: asked for is the sum."),
        (5 * R, "is T times too large."),
        (R / np.log(2), "is 1 / ln 2 times what it should be, as with log2: use the natural logarithm."),
        (100 * R, "is 100 times what it should be: return a share, not a percentage."),
        (np.degrees(R), "is in degrees: it should be in radians."),
        (R.round(2), "is rounded to 2 decimals: return all digits."),
        (R * (1 + 1e-7 * X), "is right to 6 digits only: look for a rounding or float32 on the way."),
        (changed(0, 0.0), "is zero at the first step: does your loop get there?"),
        (changed(np.s_[3:], 0.0), "is zero at the last 2 steps: does your loop get there?"),
        (changed(np.s_[:, :3], 0.0), "is zero at the first 3 sequences: does your loop get there?"),
        (changed([0, 4], 0.0), "is right but for step 1 and step 5."),
        (changed(np.s_[1:3], 0.0), "is right but for step 2 and step 3."),
        (R + 0.25, "is off by the same number everywhere, +0.25."),
        (0 * R, "is all zero."),
        (0 * R + 0.5, "is the same number everywhere, 0.5."),
        (R[::-1], "is right, but in reversed order: its steps run backwards."),
        (np.concatenate([X[:1], R[:-1]]), "is right, but one step too late."),
        (np.concatenate([R[1:], X[:1]]), "is right, but one step too early."),
        (R[:, [1, 0, 2, 3]], "holds the right numbers, but in other places: at step 1, sequence 1, unit 1 "
                             "stands what belongs at step 1, sequence 2, unit 1."),
        (np.abs(R), "has lost its signs: it is right but for them."),
        (R * np.sign(X), "is right but for the sign of some entries."),
        (np.exp(R), "is the exponential of what it should be."),
        (R**2, "is the square of what it should be."),
        (np.tanh(R), "is the tanh of what it should be: squashed once more."),
        (X, "is the argument x, as it came."),
        (R * X, "has a factor too many: x."),
        (R * (1 - X**2), "has a factor too many: 1 - x**2."),
        (R / (1 - X), "lacks the factor 1 - x."),
        (R / X**2, "is divided by x: it should be multiplied."),
        (R - X, "lacks the term x."),
        (R + X, "has a term too many: x."),
        (R - 2 * X, "has the term x with the wrong sign."),
        (R - X * R[:1], None),
        (R @ S, "has @ W once too often."),
        (R @ np.linalg.inv(S), "lacks @ W at its end."),
        (changed(0, 9.0), "is right but for the first step."),
        (changed(-1, 9.0), "is right but for the last step."),
        (
            changed(np.s_[1:], X[1:]),
            "is right at the first step and wrong from the next on: look at what one step "
            "hands on to the next.",
        ),
        (
            changed(np.s_[:-1], X[:-1]),
            "is right at the last step and wrong before it: look at what it takes from the steps after "
            "it.",
        ),
        (changed(2, 9.0), "is right but for step 3."),
        (changed(np.s_[:, 1:], X[:, 1:]), "is right at the first sequence and wrong from the next on."),
        (changed(np.s_[..., 1], 9.0), "is right but for unit 2."),
        (R * np.arange(2, 7).reshape(5, 1, 1), "is right up to a factor of its own for each step."),
        (R.astype(np.float32), "is right to 7 digits only: look for a rounding or float32 on the way."),
        (changed((0, 1, 2), np.nan), "contains nan, first at step 1, sequence 2, unit 3."),
        (
            R[:, :, None],
            "is right but for an axis of length 1 too many: shape (5, 4, 1, 3), expected (5, 4, 3), "
            "(T, B, H).",
        ),
        (
            R.swapaxes(0, 1),
            "has its axes in the order (1, 0, 2): shape (4, 5, 3), expected (5, 4, 3), (T, B, H).",
        ),
        (R.ravel(), "holds the right numbers in another shape, (60,); expected (5, 4, 3), (T, B, H)."),
        (R[1:], "is right, but the first row is missing."),
        (R[:-1], "is right, but the last row is missing."),
        (np.concatenate([X[:1], R]), "is right, but has one row too many at the start."),
        (R[-1], "holds the last step only: expected are all of them."),
        (R.sum(axis=1), "is summed over the sequences: each has a number of its own."),
        (R.mean(axis=0), "is a mean over the steps: each has a number of its own."),
        (np.float64(1.0), "is one number; expected (5, 4, 3), (T, B, H)."),
        (np.zeros((2, 2)), "has shape (2, 2); expected (5, 4, 3), (T, B, H)."),
    ],
)
def test_what_is_true_of_the_numbers_is_said_first(found, said):
    told = list(causes(np.asarray(found, float), R, "TBH", {"T": 5, "B": 4}, {"x": X, "W": S}))

    assert (told[0] if told else None) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (M[[2, 3, 0, 1, 4, 5]], "has the right blocks in the order z, r, n; it should be r, z, n."),
        (changed(np.s_[4:], 1.0, M), "is right but for gate n."),
        (changed(3, 9.0, M), "is right but for gate z."),
        (np.stack([M, 0 * M]), "is not yet summed over axis 0."),
        (np.stack([M, M]), "is not yet averaged over axis 0."),
        (M.T, "is transposed: shape (3, 6), expected (6, 3)."),
    ],
)
def test_blocks_of_gates_and_missing_sums_are_named(found, said):
    assert next(causes(found, M, ("rzn", "H"))) == said


def test_where_digits_agree_the_difference_is_shown():
    right = np.array([29.292, -3.0])

    for off in (1e-4, 1e-8, 3e-13):
        told = differences.apart(right[0] + off, right[0])
        found, _, wanted = told.partition(", expected ")
        assert found != wanted
    assert differences.apart(29.292 + 3.6e-14, 29.292).endswith("differs by 3.6e-14 from what is expected")
    points = [trials.point(1.0), trials.point(2.0)]
    found = trials.held(lambda x: right + [1e-5, 3e-6], points, lambda x: right)
    assert "it is 29.29201, expected 29.292." in found.text


def test_only_what_is_rounded_is_said_to_be_rounded():
    right = np.array([0.1234567, 3.4])

    said, = differences.rounded(right.round(2), right)
    assert said == "is rounded to 2 decimals: return all digits."
    assert not list(differences.rounded(np.array(1.1e-20), np.array(2.3e-20)))


def test_nothing_finite_agrees_with_infinity():
    assert not close(np.ones(2), np.array([1.0, np.inf])) and not close(
        np.array([np.inf]), np.array([np.inf])
    )
    assert alike(np.array([1.0, np.inf, np.nan]), np.array([1.0, np.inf, np.nan]))
    assert not alike(np.array([1.0, np.inf]), np.array([1.0, -np.inf]))


def held(answer, right=lambda x, n: x * n, **options):
    points = [
        trials.point(np.arange(1.0, 5), 3, told="for a short x", N=3),
        trials.point(np.arange(1.0, 7), 5, told="for a long x", hint="Mind the end.", N=5),
    ]
    return trials.held(answer, points, right, **options)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (lambda x, n: x * n, "right."),
        (
            lambda x, n: x * 3,
            "right for a short x, but not for a long x: the result is 0.6 times what it should be, "
            "in every number. Mind the end.",
        ),
        (
            lambda x, n: x * n + (len(x) > 4) * x[:9].mean(),
            "right for a short x, but not for a long x: the result is "
            "off by the same number everywhere, +3.5. Mind the end.",
        ),
        (
            lambda x, n: (x * n)[[0, 1, 2, 3]],
            "right for a short x, but not for a long x: the result is right, but the "
            "last 2 rows are missing. Mind the end.",
        ),
        (
            lambda x, n: x * n if len(x) == 4 else x @ x[:2],
            "right for a short x, but not for a long x: your function "
            "stops: in `x @ x[:2]`, the matrix product of (6,) and (2,) does not fit: its inner sizes are 6 "
            "and 2. "
            "There x has shape (6,). Mind the end.",
        ),
        (lambda x, n: (x * n,), "the result is alone in a tuple: is there a comma at the end of return?"),
        (
            lambda x, n: (x * n, n),
            "the result should be one array of shape (4,); got a tuple of 2, of which number 1 is "
            "right: return it alone.",
        ),
        (lambda x, n: x > 2, "the result should be numbers; got True or False."),
        (
            lambda x, n: x / x.sum() + x.max() * n / 7 * x**3,
            "the result is not right yet at [3]: it is 110.114, expected 12.",
        ),
        (
            lambda x, n: x * 7.5 - x**2,
            "the result does not depend on n.",
        ),
        (lambda x, n: x * (n + 1), "the result is what it should be if n were one more."),
    ],
)
def test_an_answer_is_told_what_is_true_at_every_point(answer, text):
    assert held(answer).text == text


def test_where_an_answer_is_right_after_all_is_told():
    right = lambda x, n: x * n + 1

    found = held(lambda x, n: x * n + 1 + (n - 1) * np.sin(x), right).text
    assert found.endswith("expected 7. Where n is 1, it is right: look at what n does.")


def sums(W, xs):
    """Return running sums of tanh(xs[t] @ W), (T, B)."""
    return np.cumsum(np.tanh(xs @ W), axis=0)


@pytest.mark.parametrize(("answer", "text"), [
    (lambda W, xs: sums(W, xs[::-1]), "the sums is what it should be if xs were reversed."),
    (lambda W, xs: sums(W, xs) - np.arange(len(xs))[:, None] * np.tanh(xs[:1] @ W), "right at the first"),
    (lambda W, xs: sums(W, xs) + 0.3 * np.sin(xs[:, :, 0]), "wrong already with one step of one sequence"),
    (lambda W, xs: np.cumsum(np.tanh(np.sin(xs.mean(1, keepdims=True) - xs) @ W + xs @ W), axis=0),
     "With one sequence alone it is right: look at where sequences meet."),
    (lambda W, xs: np.cumsum(np.tanh(2 * xs @ W), axis=0), "if W were twice as large."),
])
def test_a_single_step_or_sequence_shows_where_to_look(answer, text):
    rng = np.random.default_rng(8)
    points = [trials.point(rng.normal(size=4), rng.normal(size=(T, B, 4)), T=T, B=B)
              for T, B in ((5, 3), (6, 2))]

    assert text in trials.held(answer, points, sums, parts={"the sums": "T B"}).text


def test_two_slips_at_once_are_told_if_only_one_pair_gives_the_numbers():
    right = lambda x, n, sign=1, by=1, off=0: sign * x * n / by + off
    slips = {"the sign.": dict(sign=-1), "halved.": dict(by=2), "one too many.": dict(off=1)}

    assert held(lambda x, n: 1 - x * n, right, slips=slips).text == (
        "two changes together give your numbers: 1. the sign. 2. one too many."
    )
    assert held(lambda x, n: -x * n, right, slips=slips).text == "the sign."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a: np.random.default_rng().normal(size=2), "draws random numbers"),
        (lambda a: a[:].__iadd__(1), "x.copy() is a copy"),
        (lambda a: a.reshape(-1).__iadd__(1), "x.copy() is a copy"),
    ],
)
def test_a_draw_and_a_view_have_their_own_sentences(answer, words):
    assert words in run(answer, np.ones((2, 3))).text


def test_a_gap_in_the_middle_of_an_answer_is_not_attempted():
    assert run(lambda a: ... + a, 1.0).verdict == "open"


def test_a_change_that_fits_by_chance_is_not_named():
    def right(x, m):
        return np.sin(x + np.floor(10 * m))

    points = [trials.point(rng.normal(size=T), 0.5, T=T) for T in (4, 3)]  # there 10 * m**2 is 5 * m
    told = trials.held(lambda x, m: np.sin(x + np.floor(5 * m)), points, right).text

    assert told == "the result is what it should be if m were half as large."
    assert "were squared" in trials.held(lambda x, m: np.sin(x + np.floor(10 * m**2)), points, right).text


def test_where_a_number_is_right_by_chance_is_not_told():
    def error(n, low, high):
        return n * (high - low) ** 2 / 12

    points = [trials.point(*at, told=f"at {at}") for at in ((3, -0.5, 2.0), (7, -4.0, -1.1))]
    told = trials.held(lambda n, low, high: np.rint(error(n, low, high)), points, error).text

    assert told.endswith("it is 2, expected 1.5625.")  # with low = 0 it is 1, as it should be


def test_the_dtype_is_blamed_only_where_nothing_else_is_known():
    def right(x):
        return np.cumsum(x)

    numbers = [1.7, -2.6, 0.9, 3.8, -1.2, 2.5], [-2.4, 1.6, 3.7, 0.8]     # no sum is cut off as its parts are
    points = [trials.point(np.array(x), T=len(x)) for x in numbers]

    def told(answer):
        return trials.held(answer, points, right, {"no sum at all.": lambda x: x.round()}, {"s": "T"}).text

    assert told(lambda x: np.cumsum(x.astype(int))).startswith("s holds whole numbers only")
    assert told(lambda x: x.round().astype(int)) == "no sum at all."
    assert "whole numbers" not in told(lambda x: np.cumsum(x.astype(int)) + 0.5)
