"""Every exercise is tried at points where its slips cannot be told for each other, nor for the solution."""

import pkgutil
from importlib import import_module
from itertools import combinations

import numpy as np
import pytest
import test_exercises

from rnnlib.course import exercises
from rnnlib.course.exercises import frameworks, reasons, trials

MODULES = [import_module(f"{exercises.__name__}.{m.name}") for m in pkgutil.iter_modules(exercises.__path__)]
OTHERWISE = {                        # exercises whose answer is no array to be compared with the right one
    exercises.check_point, exercises.check_long_memory, exercises.check_store, exercises.check_reset_after,
    exercises.check_spoil, exercises.check_mistakes, exercises.check_symptoms, exercises.check_rows,
    exercises.check_choose_W_h, exercises.check_misleading, exercises.check_off_the_cliff,
    exercises.check_carried, exercises.check_named, exercises.check_read_losses,
    exercises.check_which_cell}


def tried(check, monkeypatch):
    """Return what a checker hands to held: (points, right, slips, parts), once for each call."""
    calls = []

    def recorded(answer, points, right, slips=(), parts="the result", *rest, **options):
        parts = parts if isinstance(parts, dict) else {parts: ""}
        calls.append((points, right, trials._listed(slips, parts), parts))
        return trials.held(answer, points, right, slips, parts, *rest, **options)

    for module in MODULES:
        if hasattr(module, "held") and module is not trials:
            monkeypatch.setattr(module, "held", recorded)
    assert check(test_exercises.CHECKS[check][0]).verdict == "right"
    return calls


@pytest.mark.parametrize("check", [check for check in test_exercises.CHECKS if check not in OTHERWISE])
def test_every_exercise_has_two_points_that_differ_in_size_sign_or_scale(check, monkeypatch):
    for points, right, _, _ in tried(check, monkeypatch):
        wanted = [reasons.known(right, {}, place) for place in points]

        assert len(points) >= 2 and len({place.told for place in points}) == len(points)
        assert any(not reasons.agree(a, b) for a, b in combinations(wanted, 2))


@pytest.mark.parametrize("check", [check for check in test_exercises.CHECKS if check not in OTHERWISE])
def test_no_two_slips_of_an_exercise_give_the_same_numbers_at_all_points(check, monkeypatch):
    for points, right, slips, parts in tried(check, monkeypatch):
        for part in (None, *parts):
            k = list(parts).index(part) if part else 0
            wanted = [reasons.known(right, {}, place)[k:k + 1 if part else None] for place in points]
            gives = [("the solution", wanted)]
            gives += [(text, [reasons._given(right, slip, place, own, list(parts)) for place in points])
                      for own, text, slip in slips if own == part]
            for (a, first), (b, second) in combinations(gives, 2):
                assert all(value is not None for value in second), f"{b} gives nothing"
                same = all(reasons.agree(x, y) for x, y in zip(first, second, strict=True) if x is not None)
                assert a == b or not same, f"{a} | {b}"


def test_no_wrong_way_to_tell_the_forms_of_a_gru_gives_the_right_verdicts_or_those_of_another():
    cases, right = frameworks.reset_cases()
    patterns = [("the solution", right)] + [
        (text, frameworks.judged(way, cases)) for text, ways in frameworks.FORMS.items() for way in ways]

    for (a, first), (b, second) in combinations(patterns, 2):
        assert a == b or first != second, f"{a} | {b}"


def test_one_point_is_refused():
    with pytest.raises(TypeError, match="two points or more"):
        trials.held(lambda a: a, [trials.point(np.ones(3), told="for ones")], lambda a: a)
