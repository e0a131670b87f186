"""The checker is checked: mutants of our own passes, of which it must reject every wrong one and no other.

A seeded part of the study; `python benchmarks/mutation.py` does all of it.
"""

import collections
import warnings

import pytest

from benchmarks import mutation
from benchmarks.mutation import causes, mutants, rules, trials

EVERY, labels = 15, causes.labels


@pytest.fixture(scope="module")
def cases():
    """Every fifteenth mutant, judged."""
    return mutation.chosen(EVERY, first=4)


@pytest.fixture(scope="module")
def labelled():
    """Every mutant whose cause is in the list, judged."""
    standard = trials.Standard()
    everything = [m for module in mutants.FUNCTIONS for m in mutants.mutants(module) if m.side == "backward"]
    return [mutation.Case(m, *standard.judge(m)) for m in everything if labels.cause_of(m)]


@pytest.fixture(scope="module")
def written():
    """Every mistake that is written by hand, judged."""
    return mutation.by_hand()


def mutant(module, function, after, side=None):
    """Return the one mutant that reads like this."""
    (found,) = [m for m in mutants.mutants(module)
                if m.function == function and m.after == after and side in (None, m.side)]
    return found


# The mutants

@pytest.mark.parametrize("name", mutants.CELLS)
def test_a_module_loaded_without_a_mutant_computes_what_ours_does(name):
    right = trials.right_passes(name)
    again = right._replace(cell=mutants.load(name), cell_back=mutants.load(name), bptt=mutants.load("bptt"),
                           bptt_back=mutants.load("bptt"))
    point = trials.designed(name)[0]
    for way in trials.WAYS:
        assert trials.same(trials.numbers(again, way, point), trials.numbers(right, way, point))


def test_every_function_is_mutated_on_its_sides_and_no_mutant_comes_twice():
    for module, functions in mutants.FUNCTIONS.items():
        found, wanted = mutants.mutants(module), {(f, s) for f, sides in functions.items() for s in sides}
        assert {(m.function, m.side) for m in found} == wanted
        assert len({(m.text, m.side) for m in found}) == len(found) > 50


def test_every_operator_makes_mutants_and_most_make_wrong_ones_here(cases):
    made = {m.operator for module in mutants.FUNCTIONS for m in mutants.mutants(module)}
    wrong = {c.mutant.operator for c in cases if c.kind == "wrong"}

    assert made == {operator.__name__ for operator in mutants.OPERATORS}
    assert len(wrong) >= 0.7 * len(made)


def test_the_package_is_never_touched():
    before = [f for module in mutants.FUNCTIONS for f in vars(mutants.ORIGINALS[module]).values()]

    for module in mutants.FUNCTIONS:
        mutants.load(module, mutants.mutants(module)[0])

    after = [f for module in mutants.FUNCTIONS for f in vars(mutants.ORIGINALS[module]).values()]
    assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("where, after, kind", [
    (("rnn", "step_backward"), "delta = dh", "wrong"),
    (("rnn", "step_backward"), "return (delta, (delta @ p.W_x,))", "stops"),
    (("rnn", "gradient"), "return Params(W_x=delta.T @ x, W_h=delta.T @ h, b=delta.sum(axis=1))", "wrong"),
    (("gru", "rows"), "return a.reshape(-2, a.shape[-1])", "equivalent"),
    (("gru_original", "step"), "rz = 0.5 + 0.5 / np.tanh(0.5 * zrz)", "another network"),
    (("lstm", "step_backward"), "dc = np.add(dc, dh * o * (1 - tanh_c * tanh_c), out=dc)", "wrong"),
])
def test_what_a_mutant_is_is_decided_without_a_check(where, after, kind):
    """coth has the slope 1 - h^2 that tanh has: another network, for which the backward pass is right."""
    assert trials.Standard().judge(mutant(*where, after))[0] == kind


# The check

def test_there_are_well_over_a_hundred_wrong_mutants_of_both_sides(cases, labelled):
    wrong = {case.mutant for case in (*cases, *labelled) if case.kind == "wrong"}

    assert len(wrong) > 200
    assert {(m.module, m.side) for m in wrong} == {(m, s) for m in mutants.FUNCTIONS for s in mutants.BOTH}


def test_every_wrong_mutant_is_rejected_at_a_designed_point(cases):
    let_through = []
    for case in cases:
        (point,), these = trials.designed(trials.driver(case.mutant), [0]), trials.passes(case.mutant)
        let_through += [f"{case.mutant}, {way}" for way in case.ways if not rules.ours(these, way, point)]

    assert not let_through


def test_what_the_check_lets_through_at_other_points_is_right_there(cases):
    """A point can hide a mistake (zero states, one step, one unit); nothing else may."""
    let_through, tried = [], 0
    for number, case in enumerate([c for c in cases if c.kind == "wrong"][::2]):
        these, name = trials.passes(case.mutant), trials.driver(case.mutant)
        for place in ("generic", "degenerate", "small"):
            of = mutation.points(place, name)
            point, tried = of[number % len(of)], tried + 1
            if not rules.ours(these, case.ways[0], point):
                let_through.append(mutation.apart(these, name, case.ways[0], point))

    assert tried > 100 and 0 < len(let_through) < 0.1 * tried
    assert max(let_through) <= mutation.TOLERANCE


def test_no_right_pass_is_rejected_whatever_its_cell_shape_and_mask():
    said = mutation.right_ones(120, rules_too=False)

    assert list(said) == ["ours, complex step", "ours, central differences"]
    assert all(len(rejected) == 120 and not any(rejected) for rejected in said.values())


def test_a_trace_that_misquotes_the_initial_state_is_found_out():
    """The check once took the initial state from the trace: zeros, where the gradient was right."""
    wrong = mutant("bptt", "unroll", "array[0] = 0 * s")

    assert rules.ours(trials.passes(wrong), "whole", trials.designed("lstm", [0])[0])


def test_what_a_small_gradient_hides_from_an_absolute_tolerance_does_not_hide_from_ours():
    (small,) = trials.small("lstm")
    wrong = trials.passes(mutant("lstm", "step_backward", "return (delta, (delta @ p.W_h, dc))"))

    verdicts = dict(zip(rules.RULES, rules.others(wrong, "whole", small)))

    assert not verdicts["torch.autograd.gradcheck's tolerances"] and rules.ours(wrong, "whole", small)


def test_torch_says_what_its_rule_says(torch):
    for after in ("return (delta, (delta @ p.W_h, dc))", "dc = dc"):
        wrong = trials.passes(mutant("lstm", "step_backward", after))
        for point in (trials.generic("lstm")[1], *trials.small("lstm")):
            verdict = rules.others(wrong, "whole", point)[0]
            assert rules.torch_rejects(wrong, "whole", point.copy()) == verdict
    assert not rules.torch_rejects(trials.right_passes("lstm"), "whole", trials.generic("lstm")[1])


# The cause

def test_every_rule_is_about_one_wrong_mutant(labelled):
    used = collections.Counter(
        (case.mutant.module, case.mutant.function, labels.cause_of(case.mutant)[0]) for case in labelled)

    assert used == {(*where, rule): 1 for where, meanings in labels.RULES.items() for rule in meanings}
    assert all(case.kind == "wrong" for case in labelled)


def outcomes(cases, form):
    """Count what locate says of the cases whose pass returns all gradients, or the deltas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [answer for case in cases for answer in causes.answers(case, form)]
    return collections.Counter(a.outcome for a in found), [(str(a.mutant), a.said.sentence) for a in found
                                                           if a.outcome in ("not named", "a wrong cause")]


@pytest.mark.parametrize("form", causes.FORMS)
def test_locate_names_the_cause_of_every_mutant_whose_cause_is_in_its_list(labelled, written, form):
    """In each cell, with a mask and without, and with a gradient that arrives in the last state."""
    some = [*labelled, *written][::2 if form == "all gradients" else 5]

    count, not_right = outcomes(some, form)

    assert not not_right
    assert set(count) == {"named rightly"} and sum(count.values()) > 2 * len(some)
    assert all(case.kind == "wrong" for case in written) and len(written) > 300


def test_locate_names_no_wrong_cause_where_the_cause_is_not_in_its_list(cases):
    unlabelled = [c for c in cases if not labels.cause_of(c.mutant)]

    count, wrong = outcomes(unlabelled, "all gradients")

    assert not wrong
    assert count["rightly none"] > 30 and set(count) <= {"rightly none", "equivalent formulation"}


@pytest.mark.parametrize("loop, step", [("range(stop + 1, end)", "first"), ("range(stop, end - 1)", "last")])
def test_a_loop_that_leaves_out_a_step_is_named(loop, step):
    """Without the first, step 2 sends to the initial state; without the last, its loss never comes in."""
    after = f"for t in reversed({loop}):"
    wrong = mutation.Case(mutant("bptt", "_deltas", after), "wrong", ("whole",))

    answers = list(causes.answers(wrong, "all gradients"))

    assert {a.cell for a in answers} == {*mutants.CELLS} and {a.way for a in answers} >= {"whole", "masked"}
    assert all(a.said.cause.startswith(f"the loop leaves out the {step} step") for a in answers)
