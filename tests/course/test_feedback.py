"""Whatever a learner's function does, the checker says it in one sentence, harms nothing and ends."""

import _thread
import sys
import threading
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import test_exercises

from rnnlib import gradcheck, rnn
from rnnlib.course import exercises, widgets
from rnnlib.course.exercises import feedback, located, run
from rnnlib.course.exercises.trials import held, point
from rnnlib.gradcheck import guard

A = np.arange(6.0).reshape(2, 3)
outside = np.ones(3)


def told(result, right):
    """Return what is said of an answer that gives this result at two points."""
    return held(lambda x: result, [point(x, told=f"at x={x}") for x in (1.0, 2.0)], lambda x: right)


def fills(a, b):
    b[...] = 0
    return a


def raises(a):
    b = a.sum()
    return b.nothing


def no_return(a):
    b = a.sum()
    b + 1


def prints(a):
    print("sum:", a.sum())


def endless(a):
    while True:
        a = a + 0


def deaf(a):
    end = time.monotonic() + 2              # else it would run on beside all other tests
    while time.monotonic() < end:
        try:
            a = a + 0
        except BaseException:
            pass


def calls_itself(a):
    return calls_itself(a)


calls = []


def remembers(a):
    calls.append(1)
    return a + len(calls)


class Twice:
    def __call__(self, a):
        return 2 * a


@pytest.mark.parametrize("answer, verdict, text", [
    (None, "wrong", "expected a function; got None."),
    (A, "wrong", "expected a function; got shape (2, 3), float64."),
    (lambda: 3, "wrong", "your function takes (nothing); it is called with 1 argument."),
    (lambda a, b: 3, "wrong", "your function takes (a, b); it is called with 1 argument."),
    (lambda a: ..., "open", "not attempted yet."),
    (no_return, "open", "your function returns nothing yet: end it with return."),
    (prints, "wrong", "your function prints and returns nothing: end it with return."),
    (raises, "wrong", "your function stops in line 3 with AttributeError: 'numpy.float64' object has no "
                      "attribute 'nothing'."),
    (lambda a: sys.exit(1), "wrong", "your function stops with SystemExit: 1."),
    (calls_itself, "wrong", "your function calls itself without end."),
    (lambda a: fills(a, a), "wrong", "your function changes its inputs in place: work on new arrays."),
    (remembers, "wrong", "the second call gives another result than the first: something is kept between "
                         "calls."),
])
def test_each_way_to_fail_has_its_own_sentence(answer, verdict, text):
    before = A.copy()

    found = run(answer, A)

    assert (found.verdict, found.text) == (verdict, text)
    assert (A == before).all()


def yields(a):
    yield a


async def awaits(a):
    return a


def closes_its_output(a):
    sys.stdout.close()
    return a


class Mute(Exception):
    def __str__(self):
        raise ValueError("nothing to say")


def mute(a):
    raise Mute


def talkative(a):
    raise ValueError("again and " * 10_000)


def wraps_itself(a):
    return a


wraps_itself.__wrapped__ = wraps_itself


@pytest.mark.parametrize("answer, text", [
    (yields, "your function contains yield: end it with return instead."),
    (awaits, "your function is async: begin it with def alone."),
    (mute, "your function stops in line 2 with Mute."),
    (lambda a: np.zeros((2000, 1000)),
     "your function returns 2,000,000 numbers, far too many for this exercise."),
    (lambda a: (a, np.zeros((2000, 1000))),
     "your function returns 2,000,000 numbers, far too many for this exercise."),
])
def test_odd_functions_have_their_own_sentence_too(answer, text):
    assert run(answer, A).text == text


def test_a_long_error_is_cut():
    text = run(talkative, A).text

    assert text.startswith("your function stops in line 2 with ValueError: again") and len(text) < 260
    assert text.endswith("….")


def test_what_harms_no_result_is_let_through():
    assert (run(closes_its_output, A) == A).all()
    objects = run(lambda a: np.array([1.5, a], object), A)      # two calls, two objects, the same values
    assert objects[0] == 1.5 and (objects[1] == A).all()
    assert told(objects, A).text == "the result should be numbers; got dtype object."


def test_an_answer_that_cannot_be_hashed_or_unwrapped_is_checked_all_the_same():
    class Unhashable:
        __hash__ = None

        def __call__(self, *inputs):
            return 3.0

    assert exercises.check_step(Unhashable()).verdict == "wrong"
    assert guard.borrowed(wraps_itself) == () and (run(wraps_itself, A) == A).all()


@pytest.mark.parametrize("answer", [endless, deaf])
def test_a_loop_without_end_is_given_up(answer, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.2)
    start, out = time.monotonic(), sys.stdout

    found = run(answer, A)

    assert found.text == "your function is not done after 0.2 seconds: some loop does not end."
    assert time.monotonic() - start < 5 and sys.stdout is out


def test_of_two_threads_each_keeps_what_it_prints_and_a_third_is_heard(capsys):
    out, both, said = sys.stdout, threading.Barrier(3, timeout=10), {}

    def answer(name):
        def prints(x):
            both.wait()
            print(name)
            both.wait()
            return x
        said[name] = guard.call(prints, A).printed

    threads = [threading.Thread(target=answer, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    both.wait()
    print("third")
    both.wait()
    for thread in threads:
        thread.join()

    assert said == {"one": "one\n", "other": "other\n"}
    assert capsys.readouterr().out == "third\n" and sys.stdout is out


def test_where_nan_begins_is_looked_for_in_silence(capsys):
    def root(x):
        print("here")
        return np.sqrt(x - 10)

    assert guard.bursts(root, A).startswith("That begins in line 3: in `np.sqrt(x - 10)`, a root is taken of")
    assert capsys.readouterr().out == ""


def test_a_loop_that_was_given_up_stops(monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.1)
    before = threading.active_count()
    run(endless, A)

    for _ in range(50):
        if threading.active_count() <= before:
            break
        time.sleep(0.05)

    assert threading.active_count() <= before


def test_the_stop_button_stops_the_answer_and_the_check():
    before = threading.active_count()
    threading.Timer(0.2, _thread.interrupt_main).start()

    with pytest.raises(KeyboardInterrupt):
        run(endless, A)

    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_the_stop_button_shows_one_line_and_not_the_code_of_the_check(monkeypatch):
    monkeypatch.setattr(feedback, "EXERCISES", {})
    check = feedback.checker("99", 1, "Endless")(lambda answer: run(answer, A))
    threading.Timer(0.2, _thread.interrupt_main).start()

    with pytest.raises(KeyboardInterrupt) as stopped:       # so that the cells behind it do not run
        check(endless)

    assert stopped.value._render_traceback_() == ["Stopped: this check did not finish."]    # for IPython


def test_without_threads_a_function_runs_all_the_same(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert run(lambda a: a.sum(), A) == 15
    assert "ZeroDivisionError" in run(lambda a: 1 / 0, A).text


def test_without_threads_each_exercise_says_once_that_no_time_limit_holds(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        said = [exercises.check_step(lambda *inputs: ...).text for _ in range(3)]
        other = exercises.check_deltas(lambda *inputs: 3.0).text
    after = exercises.check_step(lambda *inputs: ...).text

    assert said == [f"not attempted yet. {guard.NO_LIMIT}", "not attempted yet.", "not attempted yet."]
    assert other.endswith(guard.NO_LIMIT) and after == "not attempted yet."
    assert "no time limit" in guard.NO_LIMIT and "restart the kernel" in guard.NO_LIMIT


@pytest.mark.parametrize("result, text", [
    ((A, A), "the result should be one array of shape (2, 3); got a tuple of 2."),
    ([[1], [2, 3]], "the result should be one array of shape (2, 3); your rows differ in length."),
    ({"a": 1}, "the result should be numbers; got dict."),
    ("abc", "the result should be numbers; got str."),
    (A * 1j, "the result should be real; got complex numbers."),
    (A.T, "the result has shape (3, 2); expected (2, 3)."),
    ((A + 0.25).astype(int),
     "the result has dtype int64, which cuts off what follows the point: use floats."),
    ((A + 0.26).astype(np.float32), "the result is float32, too coarse to tell: compute in float64."),
    (np.full((2, 3), np.inf), "the result contains nan or inf."),
    (2 * A, "the result is not right yet at [1, 2]: it is 10, expected 5.25."),
])
def test_each_odd_result_has_its_own_sentence(result, text):
    assert told(result, A + 0.25).text == text


def test_a_list_of_rows_and_a_callable_object_are_answers_too():
    assert told([list(row) for row in A], A).verdict == "right"
    assert (run(Twice(), A) == 2 * A).all()
    assert run(np.sum, A) == 15


def test_a_variable_of_the_notebook_is_named_when_the_answer_is_wrong():
    def leans(x, h):
        return outside * 2

    check = exercises.check_step
    assert check(lambda W_x, W_h, b, x, h: outside * 2).text.endswith(
        " It reads outside of the notebook: use its arguments.")
    assert guard.borrowed(leans) == ("outside",) and guard.borrowed(np.sum) == guard.borrowed(3) == ()


def test_what_a_wrong_answer_prints_is_shown_in_few_lines():
    def answer(W_x, W_h, b, x, h):
        for n in range(9):
            print("line", n, 200 * "x")
        return 0.0

    lines = repr(exercises.check_step(answer)).split("\n")

    assert lines[0].startswith("✗ ") and len(lines) == 7 and lines[1].startswith("  it printed: line 0 xx")
    assert lines[-1] == "  it printed: ... and 4 more lines" and max(map(len, lines)) < 110


def flood(*inputs):
    for _ in range(200):
        print("x" * 99_999)
    return inputs[0]


def memory(function):
    """Return the most memory that the function had in use at a time, in MB."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_of_a_flood_that_an_answer_prints_the_beginning_is_kept(monkeypatch):
    found = []

    assert memory(lambda: found.append(guard.call(flood, A))) < 2            # it prints 20 MB
    assert found[0].printed.startswith("xxx") and len(found[0].printed) < guard.KEPT + 100

    lines = repr(exercises.check_step(flood)).split("\n")
    assert lines[1:] == [f"  it printed: {80 * 'x'}", f"  it printed: {guard.CUT}"]

    many = lambda *inputs: [print(n) for n in range(100_000)] and 0.0
    lines = repr(exercises.check_step(many)).split("\n")
    assert lines[1:] == [*(f"  it printed: {n}" for n in range(5)), f"  it printed: {guard.CUT}"]


def test_of_a_flood_that_a_backward_pass_prints_the_beginning_is_shown_once(capsys):
    point = exercises.backward.recurrent_point()
    floods = lambda *inputs: flood(np.zeros((5, 3)))

    assert memory(lambda: gradcheck.locate(rnn, *point, floods)) < 4         # twice 20 MB

    out = capsys.readouterr().out
    assert out.endswith(f"\n{guard.CUT}\n") and out.count("x") == guard.KEPT
    gradcheck.locate(rnn, *point, lambda *inputs: print("once") or np.zeros((5, 3)))
    assert capsys.readouterr().out == "once\n"


@pytest.mark.parametrize("check", test_exercises.CHECKS)
def test_a_result_that_explodes_when_touched_is_no_traceback(check):
    class Bomb:
        def __array__(self, *args, **kwargs):
            raise OSError("boom")

        def __getattr__(self, name):
            raise OSError("boom")

    found = check(lambda *inputs: Bomb())

    assert found.verdict == "wrong" and "\n" not in repr(found)


def test_a_wrong_backward_pass_shows_its_table():
    solution, _ = test_exercises.CHECKS[exercises.check_deltas]

    wrong = exercises.check_deltas(lambda *inputs: solution(*inputs, wrong="W_h.T"))
    right = exercises.check_deltas(solution)

    assert wrong.location.errors.shape == (5, 1) and "<table>" in wrong._repr_html_()
    assert "right at step 5" in wrong._repr_html_() and "<table>" not in right._repr_html_()


def test_located_knows_shapes_and_dtypes():
    point = exercises.backward.recurrent_point()
    find = lambda result: located(result, "W_h", rnn, *point).text

    assert find(np.zeros(3)) == "dW_h has shape (3,); expected (3, 3)."
    assert find(None) == "not attempted yet."
    assert "should be numbers" in find("abc")


# What is solved

@pytest.fixture
def clean(monkeypatch):
    monkeypatch.setattr(feedback, "EXERCISES", dict(feedback.EXERCISES))
    for key, exercise in feedback.EXERCISES.items():
        feedback.EXERCISES[key] = replace(exercise, verdict="open")
    monkeypatch.setattr(feedback, "WATCHERS", {})
    monkeypatch.setattr(exercises, "WATCHERS", feedback.WATCHERS)


def verdicts():
    return [e.verdict for e in exercises.progress(3)]


def test_what_is_solved_stays_solved_and_a_published_solution_does_not_count(clean):
    solution, _ = test_exercises.CHECKS[exercises.check_deltas]
    others = ["open"] * 3

    published = lambda *inputs: solution(*inputs)
    exercises.check_deltas(published, solution=True)
    exercises.check_deltas(published)
    assert verdicts() == ["open", "open", "open", *others]
    exercises.check_deltas(lambda *inputs: 3.0)
    assert verdicts() == ["open", "wrong", "open", *others]
    exercises.check_deltas(solution)
    exercises.check_deltas(lambda *inputs: 3.0)
    assert verdicts() == ["open", "right", "open", *others]


def test_a_solutions_check_says_that_it_is_the_solution(clean):
    solution, _ = test_exercises.CHECKS[exercises.check_deltas]
    published = lambda *inputs: solution(*inputs)
    wrong = lambda *inputs: solution(*inputs, wrong="W_h.T")

    said = repr(exercises.check_deltas(published, solution=True))
    assert said == "✓ the solution is right. Your own is still open."
    assert repr(exercises.check_deltas(published)) == said                # run below, checked above
    exercises.check_deltas(wrong)
    assert exercises.check_deltas(published, solution=True).text.endswith("Your own is not right yet.")
    assert repr(exercises.check_deltas(solution)) == "✓ right."
    assert exercises.check_deltas(published, solution=True).text.endswith("Your own is right, too.")
    assert "solution" not in exercises.check_deltas(wrong, solution=True).text


def test_every_exercise_says_how_hard_it_is_and_how_long_it_takes():
    for exercise in feedback.EXERCISES.values():
        assert exercise.stars in (1, 2, 3) and 5 <= exercise.minutes <= 30


def test_the_panel_follows_the_checks(clean):
    panel = widgets.solved(3)
    solution, _ = test_exercises.CHECKS[exercises.check_deltas]
    assert panel.text.split("\n")[:2] == [
        "Solved: 0 of 6", "· 1 · Three steps, numbers: not attempted (★☆☆, about 10 minutes)"]

    exercises.check_deltas(solution)

    assert panel.text.split("\n")[0] == "Solved: 1 of 6" and "✓ 2 · The recursion: solved" in panel.text
    assert "Solved: 1 of 6" in panel.now and "The recursion" in panel._repr_mimebundle_()["text/html"]


def test_every_checker_is_an_exercise_of_its_notebook():
    numbers = {}
    for notebook, number in feedback.EXERCISES:
        numbers.setdefault(notebook, []).append(number)

    assert all(sorted(ns) == list(range(1, len(ns) + 1)) for ns in numbers.values())
    assert len(feedback.EXERCISES) == len(test_exercises.CHECKS)


@pytest.mark.parametrize("verdict", ["open", "right", "wrong"])
def test_feedback_is_a_box_with_its_mark_its_sentence_and_what_was_printed(verdict):
    said = exercises.Feedback(verdict, "a <b> & c.", printed="one\ntwo <i>")

    shown = said._repr_html_()

    marks = {"open": "·", "right": "✓", "wrong": "✗"}
    assert shown.startswith("<div style=")
    assert f"<strong>{marks[verdict]}</strong> a &lt;b&gt; &amp; c.</p>" in shown
    assert "it printed: two &lt;i&gt;</pre>" in shown and feedback.EDGES[verdict] in shown
    assert len(set(feedback.EDGES.values())) == 3


def in_code(x):
    return x[:, :7].reshape((11, -2))[::13] + 256 - 5 * x[0]


def test_the_numbers_in_code_are_known_on_every_python():
    assert guard.constants(in_code) == {7, 11, 2, 13, 256, 5, 0}
    assert guard.views(in_code) and guard.views(lambda x: x[1:]) and not guard.views(lambda x: x[1] + 2)
