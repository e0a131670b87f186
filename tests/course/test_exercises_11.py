"""The checkers of notebook 11: solutions pass, stubs are recognised, every slip is named."""

import numpy as np
import pytest

from rnnlib import lstm
from rnnlib.course import exercises, wrong
from rnnlib.course.exercises import wrong_gate


def where(errors, wrong=None):
    bad = errors > (0 if wrong == "rounding" else 1e-10)
    steps = [t for t, row in enumerate(bad) if row.any()]
    if not steps:
        return (0, "")
    t = steps[0] if wrong == "first" else steps[-1]
    row = bad.any(axis=0) if wrong == "any step" else bad[t]
    gates = "".join(g for g, b in zip("ifgo", row, strict=True) if b)
    return {"from 0": (t, gates), "backwards": (t + 1, gates[::-1]), "no step": gates,
            "bools": (t + 1, row)}.get(wrong, (t + 1, gates))


def lstm_found(W_h, gates, cs, dhs, wrong=None):
    delta, dh_next, dc_next = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(dhs))):
        i, f, g, o = lstm.split(gates[t])
        dh, tanh_c = dhs[t] + dh_next, np.tanh(cs[t + 1])
        into_c = o * (1 - (cs[t + 1] if wrong == "1 - c**2" else tanh_c) ** 2)
        dc = dc_next + dh * into_c
        delta[t] = np.concatenate([dc * g * i * (1 - i), dc * cs[t] * f * (1 - f), dc * i * (1 - g**2),
                                   dh * tanh_c * o * (1 - o)], axis=-1)
        dh_next = delta[t] @ W_h
        again = dc_next + dh_next * into_c
        dc_next = {"as found": again * f, "no f": dc, "dropped": 0 * dc}.get(wrong, dc * f)
    return delta


def hiding_places(wrong=None):
    places = {"missing-transpose": "one unit", "dc-dropped": "one step", "two-windows": "two steps",
              "clipped-carry": "small gradients", "written-into-dhs": "the first call",
              "tanh-slope-of-c": "nowhere"}
    change = {"too early": {"missing-transpose": "one step"}, "too late": {"two-windows": "one sequence"},
              "never": {"dc-dropped": "nowhere"}, "somewhere": {"tanh-slope-of-c": "a zero initial state"},
              "twice": {"two-windows": "one step"}, "no setting": {"dc-dropped": "at noon"}}
    return {"odd keys": {"dc-dropped": "one step"}}.get(wrong, places | change.get(wrong, {}))


CHECKS = {
    exercises.check_where: (where, {
        "from 0": "count from 1", "rounding": "rounding", "first": "the first wrong step",
        "any step": "every gate that is wrong somewhere", "backwards": "not in the order of the columns",
        "no step": "return two things", "bools": "letters such as"}),
    exercises.check_lstm_found: (lstm_found, {
        "no f": "dc_prev forgets f", "dropped": "dc_next is dropped", "1 - c**2": "1 - c_t^2 stands for"}),
    exercises.check_hiding_places: (hiding_places, {
        "too early": "missing-transpose: with one step dL/dh0 is still off",
        "too late": "two-windows: with one sequence",
        "never": "dc-dropped: there is a setting", "somewhere": "tanh-slope-of-c: with a zero",
        "twice": "'one step' stands there twice", "no setting": "Choose one of",
        "odd keys": "a dict with the keys"}),
}


def test_the_lstm_as_it_was_found_is_open_and_its_cause_is_not_told():
    feedback = exercises.check_lstm_found(lambda *inputs: lstm_found(*inputs, wrong="as found"))

    assert feedback.verdict == "open" and feedback.text.startswith("as it was found")
    assert "right at step 6, wrong from step 5 back" in feedback.text and "change" not in feedback.text
    assert feedback.location.errors.shape == (6, 4) and "<table>" in feedback._repr_html_()


def test_gates_may_be_a_list_of_letters():
    listed = lambda errors: (where(errors)[0], list(where(errors)[1]))

    assert exercises.check_where(listed).verdict == "right"


def test_the_tables_tell_the_slips_apart():
    answers = {slip: [where(wrong_gate._table(t), slip) for t in wrong_gate.TABLES.values()]
               for slip in (None, "from 0", "rounding", "first", "any step", "backwards")}

    for slip, answer in answers.items():
        assert [s for s, other in answers.items() if other == answer] == [slip]


@pytest.mark.parametrize("name", wrong_gate.HIDDEN)
def test_every_setting_is_judged_by_what_it_measures(name):
    m, places = wrong.mistake(name), hiding_places()
    for at in (*wrong.settings(m), "nowhere"):
        feedback = exercises.check_hiding_places(lambda at=at: places | {name: at})
        hides = at in m.hidden_at or (at == "nowhere" and not m.hidden_at)
        twice = at in {place for other, place in places.items() if other != name} - {"nowhere"}

        assert feedback.verdict == ("right" if hides and not twice else "wrong"), at
        assert (name in feedback.text) == (not hides)
