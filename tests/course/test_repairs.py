"""What is said of an answer's own code: one change that mends it, and a loop that returns at once."""

import time
import types
from collections import namedtuple

import numpy as np
import pytest

from rnnlib.course import exercises
from rnnlib.course.exercises import repairs
from rnnlib.course.exercises.trials import held, point
from rnnlib.gradcheck import guard

POINTS = [point(np.arange(1.0, 5.0), 0.5), point(np.array([2.0, -1.0, 3.0]), 1.5)]


def area(x, a):
    return (1 + a) * x**2


def said(answer):
    return held(answer, POINTS, area).text


def lost_parentheses(x, a):
    return 1 + a * x**2


def two_lines(x, a):
    b = 1 - a
    return b * x**3


def beside(x, a):
    y = x + 1
    y *= (1 + a) * x
    return y


def endless(x, a):
    k, total = 3, 0 * x
    while k > 0:
        k -= 1
        total = total + 0.4 * (1 + a) * x**2 * (k + 0.1)
    return total


def removed(x, a):
    x = x + 0.25 * a
    return (1 + a) * x**2


def test_a_change_of_the_code_is_shown_with_its_line():
    assert said(lost_parentheses) == (
        "one change mends it, in line 2: "
        "write `return (1 + a) * x ** 2` in place of `return 1 + a * x ** 2`.")
    assert said(removed) == "one change mends it: leave out line 2, `x = x + 0.25 * a`."


@pytest.mark.parametrize("answer", [two_lines, lambda x, a: 1 + a * x**2], ids=["two lines", "no def"])
def test_where_no_single_change_mends_it_none_is_named(answer):
    assert "change" not in said(answer) and "it is" in said(answer)


def stops_for_some(x, a):
    if len(x) == 5:
        return x @ np.ones(3)
    return 1 + a * x**2


def test_a_change_that_was_not_tried_everywhere_mends_a_part_only():
    text = held(stops_for_some, [*POINTS, point(np.ones(5), 2.0)], area).text

    assert text.startswith("one change mends a part of it, in line 4: write `return (1 + a) * x ** 2`")


def test_a_function_in_another_is_read_only_if_it_stands_alone():
    one = 1

    def leans(x, a):
        return one + a * x**2

    def alone(x, a):
        return 1 + a * x**2

    assert "change" not in said(leans) and "(1 + a) * x ** 2" in said(alone)


def test_a_change_that_writes_into_the_inputs_is_none():
    assert said(beside) == "one change mends it, in line 2: write `y = x + 0` in place of `y = x + 1`."


x = np.ones(3)            # as a notebook, which has its own arrays under the names of arguments


def test_an_argument_may_have_the_name_of_an_array_of_the_notebook():
    assert "(1 + a) * x ** 2" in said(lost_parentheses)


pictures, kept = types.ModuleType("matplotlib.pyplot"), {}


def draws(x, a):
    pictures.plot(x)
    return 1 + a * x**2


def keeps(x, a):
    kept[len(kept)] = x
    return 1 + a * x**2


def waits(x, a):
    time.sleep(0)
    return 1 + a * x**2


@pytest.mark.parametrize("answer", [draws, keeps, waits])
def test_what_does_more_than_compute_is_not_run_again_and_again(answer):
    drawn = []
    pictures.plot = drawn.append
    kept.clear()

    assert "change" not in said(answer)
    assert len(drawn) < 100 and len(kept) < 100


def test_a_change_that_does_not_end_is_not_waited_for():
    begin = time.monotonic()

    assert "change" not in said(endless)
    assert time.monotonic() - begin < 2 * repairs.SECONDS + 2


def holds_itself(x, a):
    rows = []
    for value in x:
        rows.append(value + a)
    return np.array(rows)


def test_a_list_is_not_put_into_itself_nor_grown_in_its_own_loop():
    begin = time.monotonic()

    assert "change" not in said(holds_itself)
    assert time.monotonic() - begin < 2 * repairs.SECONDS + 1


def test_a_part_that_was_right_is_not_made_wrong():
    def areas(x, a):
        return area(x, a), x + 1

    def both(x, a):
        side = x + 1
        return (1 + a) * side**2, side

    told = held(both, POINTS, areas, parts={"the area": "", "the sides": ""}).text
    assert told.startswith("one change mends it, in line 3: write `return ((1 + a) * x ** 2, side)`")


def test_the_notebook_is_as_it_was_after_the_changes():
    before = dict(globals())

    said(lost_parentheses)
    said(two_lines)

    assert globals().keys() == before.keys()
    assert all(globals()[name] is value for name, value in before.items())


def test_a_loop_that_returns_at_once_is_told_from_others():
    def at_once(T):
        for t in range(T):
            last = t
            return last

    def after_an_inner_loop(T):
        for t in range(T):
            for _ in range(3):
                t += 1
            return t

    def either_way(T):
        for t in range(T):
            if t:
                return 1
            else:
                return 2

    def if_asked(T):
        for t in range(T):
            if t > 3:
                return t
        return 0

    def stops(T):
        for t in range(T):
            if t:
                break
        return t

    def listed(T):
        return [t for t in range(T)]

    def tries(T):
        for t in range(T):
            try:
                return 1 / t
            except ZeroDivisionError:
                pass

    assert all(map(guard.leaves_at_once, (at_once, after_an_inner_loop, either_way)))
    assert not any(map(guard.leaves_at_once, (if_asked, stops, listed, tries, np.sum, 3)))


def test_a_return_in_a_loop_is_not_said_of_a_right_answer():
    def first_of_all(kernel, recurrent_kernel, bias):
        for turned in [kernel.T]:
            return turned, recurrent_kernel.T, bias

    assert exercises.check_from_keras(first_of_all).text == "right."


def test_two_named_tuples_are_the_same_if_their_names_and_parts_are():
    here, there = (namedtuple("Params", "a b")(1.0, np.ones(2)) for _ in range(2))
    other = namedtuple("Params", "a c")(1.0, np.ones(2))

    assert guard.same(here, there) and not guard.same(here, other)
    assert not guard.same(here, here._replace(a=2.0)) and not guard.same(here, (1.0, np.ones(2)))


trace, count, kind = namedtuple("Trace", "hs")(np.ones(2)), 3, namedtuple("Kind", "a")


def leans():
    return trace, count, kind


def test_values_that_hold_arrays_are_read_from_the_notebook():
    assert guard.borrowed(leans) == ("trace",)
