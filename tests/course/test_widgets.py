"""Controls moved to their ends: the drawn data, the texts and the pixels follow; questions are judged."""

import gc
import threading
import time
import weakref
from html import escape

import matplotlib
import numpy as np
import pytest
from watching import pixels, repainted

from rnnlib.course import memory
from rnnlib.course.figures import LINES, picture
from rnnlib.course.widgets import (
    area,
    choice,
    live_figure,
    predict,
    predict_number,
    read_number,
    slider,
    spot,
)
from rnnlib.course.widgets.typeset import plain, typeset

LAGS = np.arange(21)
ALT = "A straight line rises from 0 to 1."


def decay(blit=True):
    """A live figure whose line is kept at hand: (live, line, calls)."""
    lines, calls = [], []

    def draw(ax):
        line, = ax.plot(LAGS, 0 * LAGS, **LINES["gradient"])
        ax.set(xlabel="lag $k$", ylim=(0, 2))
        lines.append(line)

        def update(gain, shift):
            calls.append((gain, shift))
            if gain == 1.25:
                raise ValueError("gain 1.25 <is> not allowed")
            line.set_ydata(gain ** LAGS + shift)
            return [line] if blit else None
        return update

    live = live_figure(
        draw, {"gain": slider("gain w", 0.9, 0.5, 1.5, 0.05), "shift": slider("shift", 0, 0, 2)},
        describe=lambda gain, shift: f"<The> gradient of gain {gain:.2f} ends at {shift} & more.",
        code=lambda gain, shift: f"{gain:.2f} ** np.arange(21) < {shift}")
    return live, lines[0], calls


@pytest.mark.parametrize("blit", [True, False])
def test_the_drawn_data_follow_every_control_to_its_ends(blit):
    live, line, _ = decay(blit)

    for gain in (0.5, 1.0, 1.5):
        for shift in (0, 1, 2):
            live.controls["gain"].value, live.controls["shift"].value = gain, shift

            np.testing.assert_array_equal(line.get_ydata(), gain ** LAGS + shift)
            assert live.sentence == f"<The> gradient of gain {gain:.2f} ends at {shift} & more."
            assert live.shown["sentence"] == escape(live.sentence)
            assert live.source == f"{gain:.2f} ** np.arange(21) < {shift}"
            assert live.state == live.shown["state"] == [live.controls[name].index for name in live.controls]


def test_a_blitted_frame_has_the_pixels_of_a_full_redraw():
    live, _, _ = decay()

    for gain in (0.5, 0.95, 1.5):
        live.controls["gain"].value = gain
        blitted = pixels(live)

        assert np.abs(blitted - repainted(live)).max() <= 2


def test_frame_and_legend_stay_above_what_moves():
    def draw(ax):
        line, = ax.plot([0, 1], [0, 0], linewidth=20)
        ax.plot([0, 1], [9, 9], label="still")
        ax.legend(loc="lower left", frameon=True)

        def update(height):
            line.set_ydata([height, height])
            return [line]
        return update
    live = live_figure(draw, {"height": slider("height", 0, 0, 5)}, lambda height: ALT)

    for height in (1, 5, 0):
        live.controls["height"].value = height
        assert np.abs(pixels(live) - repainted(live)).max() <= 2


def test_an_update_may_repaint_everything_once_in_a_while():
    def draw(ax):
        line, = ax.plot([0, 1], [0, 1])

        def update(step):
            line.set_ydata([0, step])
            ax.set_ylim(0, 10 if step < 3 else 100)
            return [line] if step != 3 else None
        return update
    live = live_figure(draw, {"step": slider("step", 0, 0, 4)}, lambda step: ALT)

    for step in (1, 3, 4):
        live.controls["step"].value = step
        assert np.abs(pixels(live) - repainted(live)).max() <= 2


def test_a_frame_shows_no_trace_of_the_one_before():
    live, _, _ = decay()
    first = live.png

    live.controls["gain"].value = 1.5
    assert live.png != first
    live.controls["gain"].value = 0.9

    assert live.png == first


def test_equal_values_are_not_drawn_again():
    live, _, calls = decay()

    live.controls["gain"].value = 0.9

    assert calls == [(0.9, 0)]


def test_reset_goes_back_in_one_drawing():
    live, _, calls = decay()
    first, text = live.png, live.sentence
    live.controls["gain"].value, live.controls["shift"].value = 1.5, 2

    del calls[:]
    live.reset()

    assert live.values == live.initial and calls == [(0.9, 0)]
    assert (live.png, live.sentence) == (first, text)


def heard(live, message):
    """Say something to a widget as its front end does; return what it answers."""
    answers = []
    live.send = lambda content, buffers=(): answers.append((content, buffers))
    live._hear(None, message, ())
    (answer,) = answers
    return answer


def test_the_front_end_is_given_the_frame_of_any_state_and_nothing_moves():
    live, _, _ = decay()
    other, _, _ = decay()
    other.controls["gain"].value, other.controls["shift"].value = 1.1, 2
    state = other.state

    frame, (png,) = heard(live, {"kind": "paint", "state": state})

    assert frame == {"kind": "frame", **{k: v for k, v in other.shown.items() if k != "png"}}
    assert png == other.png and live.values == live.initial


def test_the_controls_stand_where_the_front_end_put_them():
    live, _, calls = decay()
    del calls[:]

    live.state = [12, 1]

    assert live.values == {"gain": pytest.approx(1.1), "shift": 1} and calls == []


def test_an_error_is_one_sentence_and_keeps_the_last_good_picture():
    live, _, _ = decay()
    good = live.png

    live.controls["gain"].value = 1.25
    said, _ = heard(live, {"kind": "paint", "state": live.state})

    assert live.png == good and isinstance(live.error, ValueError)
    assert said == {"kind": "failed", "state": live.state, "sentence":
                    "Not drawn, the picture is the last good one: gain 1.25 <is> not allowed"}
    live.controls["gain"].value = 1.3
    assert live.error is None and live.png != good


def test_an_error_at_the_start_is_raised():
    def draw(ax):
        return lambda gain: 1 / 0

    with pytest.raises(ZeroDivisionError):
        live_figure(draw, {"gain": slider("gain", 1, 0, 2)}, lambda gain: ALT)


def test_draw_must_return_update_and_describe_must_state_a_finding():
    sentence = "draw must be a function that returns its update function; got None"
    with pytest.raises(TypeError, match=sentence):
        live_figure(lambda ax: None, {"gain": slider("gain", 1, 0, 2)}, lambda gain: ALT)
    with pytest.raises(ValueError, match="states the finding"):
        live_figure(lambda ax: print, {"gain": slider("gain", 1, 0, 2)}, lambda gain: "a plot")


def test_artists_that_appear_later_join_the_moving_ones():
    def draw(ax):
        one, = ax.plot([0, 1], [0, 1])
        two, = ax.plot([0, 1], [1, 0])

        def update(step):
            two.set_ydata([step, 0])
            return [one] if step == 0 else [one, two]
        return update
    live = live_figure(draw, {"step": slider("step", 0, 0, 1)}, lambda step: ALT)

    live.controls["step"].value = 1
    blitted = pixels(live)

    assert np.abs(blitted - repainted(live)).max() <= 2


@pytest.mark.parametrize("control, values, labels", [
    (slider("t", 2, 0, 3), [0, 1, 2, 3], "0 1 2 3"),
    (slider("z", -0.5, -1.0, 0.5, 0.5), [-1, -0.5, 0, 0.5], "−1.0 −0.5 0.0 0.5"),
    (slider("w", 0.3, 0.1, 0.7, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], "0.1 0.2 0.3 0.4 0.5 0.6 0.7"),
    (slider("x", 0.5, 0.25, 0.75, 0.25), [0.25, 0.5, 0.75], "0.25 0.50 0.75"),
    (choice("T", [1, 2, 4], 2), [1, 2, 4], "1 2 4"),
    (choice("cut", [("window", 3), ("-1", None)]), [3, None], "window −1"),
])
def test_a_control_is_an_ordered_list_of_values(control, values, labels):
    assert control.values == values and " ".join(control.labels) == labels
    for k, value in enumerate(values):
        control.value = value
        assert (control.index, control.value) == (k, value)


@pytest.mark.parametrize("given, said", [
    (("t", 5, 0, 3), r"t must be one of 0 … 3 \(4 values\); got 5"),
    (("t", 0.25, 0.0, 1.0, 0.1), r"t must be one of 0.0 … 1.0 \(11 values\); got 0.25"),
    (("t", 0.0, 0.0, 1.0, 0.3), "high must be low plus whole steps of 0.3; got 1.0"),
    (("t", 0, 3, 0), "low < high and step > 0; got 3, 0, 1"),
    (("t", float("nan"), 0, 3), "value must be a finite number; got nan"),
])
def test_a_slider_says_what_is_wrong_with_its_numbers(given, said):
    with pytest.raises(ValueError, match=said):
        slider(*given)


def test_what_can_be_touched_lies_where_it_was_drawn():
    def draw(ax):
        ax.set(xlim=(0, 4), ylim=(10, 0), xticks=[], yticks=[])
        ax.figure.set_layout_engine("none")
        ax.set_position([0.1, 0.2, 0.8, 0.5])           # left, bottom, width, height
        return lambda t, s, cut: []
    live = live_figure(
        draw, {"t": slider("t", 1, 1, 3), "s": slider("s", 0, 0, 10, 5), "cut": choice("cut", ["a", "b"])},
        lambda t, s, cut: ALT,
        touch=lambda ax: [area(ax, x="t", y="s"), area(ax, y="cut", ys=(2.5, 7.5), box=(3, 4, 0, 10))])

    whole, part = live.shown["touch"]
    assert whole == {"box": [0.1, 0.3, 0.9, 0.8], "x": {"control": 0, "at": [0.3, 0.5, 0.7]},
                     "y": {"control": 1, "at": [0.3, 0.55, 0.8]}}
    assert part == {"box": [0.7, 0.3, 0.9, 0.8], "y": {"control": 2, "at": [0.425, 0.675]}}


def test_a_spot_sets_controls_to_values_that_may_depend_on_where_they_stand():
    def draw(ax):
        ax.set(xlim=(0, 4), ylim=(0, 10))
        ax.figure.set_layout_engine("none")
        ax.set_position([0.1, 0.2, 0.8, 0.5])
        return lambda t, cut: []

    live = live_figure(
        draw, {"t": slider("t", 1, 0, 6), "cut": choice("cut", ["low", "high"])},
        lambda t, cut: f"At step {t} the cut is {cut}, for a test.", touch=lambda ax: [
            spot(ax, (1, 2, 0, 10), t=lambda t, cut: min(t + 2, 6), cut="high"),
            area(ax, x="t", box=(2, 4, 0, 10), xs=np.linspace(2, 4, 7), sets={"cut": "low"})])

    for t, then in ((1, 3), (5, 6)):
        live.controls["t"].value = t
        one, other = live.shown["touch"]
        assert one == {"box": [0.3, 0.3, 0.5, 0.8], "sets": [[0, then], [1, 1]]}
        assert other["sets"] == [[1, 0]] and len(other["x"]["at"]) == 7


def test_two_live_figures_do_not_disturb_each_other():
    one, two = decay()[0], decay()[0]

    one.controls["gain"].value = 1.5

    assert two.values == two.initial and one.png != two.png and one.key != two.key


@pytest.mark.parametrize("blit", [True, False])
def test_a_figure_that_was_left_for_another_gives_its_pixels_back_and_wakes_as_it_was(blit):
    one, other = decay(blit)[0], decay(blit)[0]
    one.controls["shift"].value = 1
    png, renderer = one.png, weakref.ref(one.figure.canvas.get_renderer())

    other.controls["shift"].value = 2
    gc.collect()

    assert renderer() is None
    assert len(one.painter.background) < pixels(other).nbytes / 100 if blit else not one.painter.background
    one.show()
    assert one.png == png
    for fold in memory.folded:          # as after a cell
        fold()
    assert isinstance(one.painter.background, bytes) or not blit
    one.show()
    assert one.png == png


def test_a_figure_answers_in_a_thread_of_its_own_while_a_cell_draws():
    """JupyterLab with ipykernel 7 hands what a figure asks to a thread beside the one in which cells run."""
    one, two = decay()[0], decay()[0]
    states = [[k, k % 3] for k in range(8)]
    wanted, settings = [one.painter.paint(state) for state in states], dict(matplotlib.rcParams)
    alone = picture(lambda ax: ax.plot(LAGS), alt="The lags grow from 0 to 20, one by one.").png
    drawn = []

    def ask():
        try:
            for state in states:
                drawn.append(one.painter.paint(state))
        except BaseException as error:      # a thread would keep it to itself
            drawn.append(error)
    thread = threading.Thread(target=ask)
    thread.start()
    pictures = set()
    while thread.is_alive():
        pictures.add(picture(lambda ax: ax.plot(LAGS), alt="The lags grow from 0 to 20, one by one.").png)
        two.show()
        for fold in memory.folded:          # as after a cell
            fold()
    thread.join()

    assert drawn == wanted
    assert pictures == {alone}
    assert dict(matplotlib.rcParams) == settings


def test_a_stored_notebook_keeps_picture_text_and_hint():
    live, _, _ = decay()
    still = live.html
    live.controls["gain"].value = 1.5

    bundle = live._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"] == still and "Run this cell to move the controls." in still
    said = "The&gt; gradient of gain 0.90 ends at 0 &amp; more."
    assert f'<img alt="&lt;{said}"' in still and still.count(said) == 2
    assert bundle["text/plain"] == "<The> gradient of gain 0.90 ends at 0 & more."


@pytest.mark.parametrize("text, html", [
    ("L_3 sends -0.051 to delta_2.", "L<sub>3</sub> sends −0.051 to δ<sub>2</sub>."),
    ("p - y = (-0.1, 0.2)", "p − y = (−0.1, 0.2)"),
    ("dL/dh_2 = 2.7e-05, 1e-12", "dL/dh<sub>2</sub> = 2.7·10<sup>−5</sup>, 10<sup>−12</sup>"),
    ("W_h^T delta_{t+1}, c_(t−1)", "W<sub>h</sub><sup>T</sup> δ<sub>t+1</sub>, c<sub>t−1</sub>"),
    ("h_prev.T @ dtanh: h_prev. W_h.mT", "h_prev.T @ dtanh: h<sub>prev</sub>. W_h.mT"),
    ("0.9^100, 10^-7, z^f", "0.9<sup>100</sup>, 10<sup>−7</sup>, z<sup>f</sup>"),
    ("is 4.4e-32.", "is 4.4·10<sup>−32</sup>."),
    ("check_cell, learning_rate, two-step, 3-4", "check_cell, learning_rate, two-step, 3-4"),
    ("a < b & c_t", "a &lt; b &amp; c<sub>t</sub>"),
    ("<img src=x onerror=alert(1)>_1", "&lt;img src=x onerror=alert(1)&gt;_1"),
])
def test_symbols_are_typeset(text, html):
    assert typeset(text) == html


def test_who_hears_a_sentence_hears_letters_and_signs():
    assert plain("delta_3 = -0.1 at h_2, rho^2") == "δ_3 = −0.1 at h_2, ρ^2"


def ask(**options):
    return predict("Which <loss>?", ["L_1", "L_2", "L_3"], "L_2", "it passes W_h & tanh' once.", **options)


def test_the_figure_of_a_question_is_shown_by_the_question():
    live, _, _ = decay()
    question = ask(reveal=live)

    assert question.painter is live.painter and question.shown["png"] == live.png
    assert question.question["covers"] and question.question["reveal"] == ""
    assert live.html in question.html.split("<details>")[1]


def test_a_right_choice_is_confirmed_and_a_wrong_one_is_told_why():
    question = ask(instead={"L_1": "that is its own loss"})

    told = [verdict["text"] for verdict in question.question["verdicts"]]

    assert told == [
        "You said “L_1”. That is its own loss. The answer is “L_2”, because it passes W_h & tanh' once.",
        "Right: L_2, because it passes W_h & tanh' once.",
        "You said “L_3”. The answer is “L_2”, because it passes W_h & tanh' once."]
    assert [verdict["right"] for verdict in question.question["verdicts"]] == [False, True, False]
    assert "<sub>h</sub> &amp; tanh" in question.question["verdicts"][1]["html"]
    assert question.say("L_1") == told[0] and question.answered["right"] is False


@pytest.mark.parametrize("reason", ["σ(1) = 0.73 is kept.", "h_2 hears h_1.", "s stands.", "xt.T is it."])
def test_a_reason_that_begins_with_a_symbol_keeps_it(reason):
    assert f"You said “L_1”. {reason} The answer" in ask(instead={"L_1": reason}).judge("L_1")[0]["text"]


def test_the_first_answer_counts():
    question = ask()

    question.say("L_1")
    question.say("L_2")

    assert question.answered["right"] is False


def test_no_choice_is_no_answer():
    question = ask()

    assert question.say("L_9") == "Choose one first." and question.answered is None
    assert heard(question, {"kind": "judge", "said": 1})[0]["right"] is True


def test_a_lecturer_may_show_without_predicting():
    shown = picture(lambda ax: ax.plot([0, 1]), ALT)

    question = ask(reveal=shown).question

    assert question["reveal"] == shown.html
    assert question["skip"].startswith("The answer: L<sub>2</sub>, because")


def test_a_stored_prediction_folds_its_answer():
    shown = picture(lambda ax: ax.plot([0, 1]), ALT)
    bundle = ask(reveal=shown)._repr_mimebundle_()

    before, folded = bundle["text/html"].split("<details>")
    assert "Which &lt;loss&gt;?" in before and "<li>L<sub>1</sub></li><li>L<sub>2</sub></li>" in before
    assert "because" not in before and shown.html not in before
    assert "L<sub>2</sub>, because it passes" in folded and shown.html in folded
    assert bundle["text/plain"] == "Which <loss>? / L_1 / L_2 / L_3"


def test_the_answer_must_be_one_of_the_choices():
    with pytest.raises(ValueError, match=r"answer must be one of \['L_1'\]; got 'L_3'"):
        predict("Which?", ["L_1"], "L_3", "of the rules.")
    with pytest.raises(ValueError, match="a sentence for some of the wrong choices; got 'L_2'"):
        ask(instead={"L_2": "the answer has its own reason"})


@pytest.mark.parametrize("text, verdict", [
    ("0.46", "Right: you said 0.46, it is 0.4621, because tanh bends."),
    (" 4.7e-1 ", "Right: you said 0.47, it is"),
    ("0.5", "Not so: you said 0.5, it is"),
])
def test_a_number_is_right_within_the_tolerance(text, verdict):
    question = predict_number("How large?", np.tanh(0.5), "tanh bends.", 0.02)

    assert verdict in question.say(text) and question.answered["right"] is verdict.startswith("Right")
    said, _ = heard(question, {"kind": "judge", "said": text})
    assert said["decided"] and said["text"] == question.answered["text"]


@pytest.mark.parametrize("text, number", [
    ("1/6", 1 / 6), ("10^-7", 1e-7), ("10**-7", 1e-7), ("1e-7", 1e-7), ("10⁻⁷", 1e-7), ("2·3", 6),
    ("2 × 3", 6), ("2.5x10^-6", 2.5e-6), ("2.5 x 10⁻⁶", 2.5e-6), ("3X10**2", 300),
    ("sqrt(2)", np.sqrt(2)), ("√2", np.sqrt(2)), ("tanh(0.5)", np.tanh(0.5)), ("log(55)", np.log(55)),
    ("ln(2)", np.log(2)), ("-ln(0.5)", np.log(2)), ("exp(-1)", np.exp(-1)),
    ("2pi", 2 * np.pi),
    ("π/2", np.pi / 2), ("\u22120.5", -0.5), ("+3", 3), ("-(1 - 2)^2", -1), ("1 000", 1000),
    ("1\u202f000", 1000), ("12 345.5", 12345.5), ("1,000,000", 1e6), (".5", 0.5), ("5.", 5), ("3e2/4", 75),
    ("29 %", 0.29), ("0.5%", 0.005), ("(1/4) percent", 0.0025), ("k = 2/3", 2 / 3), ("15 - 6 = 9", 9),
    ("about 5", 5), ("≈ -4.97", -4.97), ("at least 3", 3), (">= 3", 3), ("a factor of 10", 10), ("x 16", 16),
    ("10x", 10), ("10 times", 10), ("5 losses", 5), ("ln(20) nats", np.log(20)), ("ten", 10),
    ("sixteen times", 16), ("ln 20", np.log(20)), ("ln 3 / 5", np.log(3) / 5), ("1/5 ln 3", np.log(3) / 5),
    ("ln(100/ln 2)", np.log(100 / np.log(2))), ("2·log₂(1024) − 1", 19), ("4(20+4+2)", 104), ("(1)(2)", 2),
    ("e^{-1.233}", np.exp(-1.233)), ("0.8·½·½", 0.2), ("2⁄3", 2 / 3),
    ("1/(1+exp(-1))", 1 / (1 + np.exp(-1))), ("sigmoid(1)", 1 / (1 + np.exp(-1))), ("abs(-2)", 2),
])
def test_a_number_may_be_a_small_expression(text, number):
    assert read_number(text) == (pytest.approx(number, rel=1e-15), None)


@pytest.mark.parametrize("text", [
    "__import__('os').system('true')", "open('/etc/passwd')", "().__class__.__bases__", "[1][0]",
    "lambda: 1", "1 if 1 else 2", "True",
    "1j", "'1'", "x", "print(1)", "sqrt", "sqrt()", "sqrt(1, 2)", "sqrt(x=1)", "1; 2",
    "1 == 1", "1 // 2", "7 % 2", "1 << 9", "f'{1}'", "\x00", "2 3", "((((((((1", "sqrt.__call__(1)",
    "1 or 2", "(1).real", "{1}", "*[1]", "a := 1", "pi()", "half of it", "half a percent",
    "1/4 of 1e-5", "2½", "one sixth", "5 tenths", "3 million", "2 dozen", "3 in 10", "ten to one or 3",
    "10:1", "P + 1", "fifty-seven", "k == 3", "3 i", "%"])
def test_what_is_no_number_is_not_run(text, monkeypatch):
    monkeypatch.setattr("builtins.open", None)

    number, complaint = read_number(text)

    assert number is None and complaint.startswith('"') and " is not a number" in complaint
    assert len(complaint.split("\n")) == 1


@pytest.mark.parametrize("text", [
    "9**9**9**9", "9^9^9^9^9^9^9^9^9", "exp(exp(exp(exp(9))))", "1e308*1e308", "10**400",
    "(" * 19 + "1" + ")" * 19, "-" * 39 + "1", "9" * 40, "2**-1074/3"])
def test_no_number_hangs(text):
    start = time.monotonic()

    number, complaint = read_number(text)

    assert (number is None) != (complaint is None) and time.monotonic() - start < 0.5


@pytest.mark.parametrize("text, complaint", [
    ("", "Type a number first."),
    ("0,5", '"0,5" is not a number: use a decimal point.'),
    ("1,000", '"1,000" can be read in two ways: type 1000 or 1.000.'),
    ("1.000,5", '"1.000,5" is not a number: use a decimal point.'),
    ("1/0", '"1/0" divides by zero.'),
    ("log(-1)", '"log(-1)" has no value that is a real number.'),
    ("(-8)^0.5", '"(-8)^0.5" has no value that is a real number.'),
    ("9**9**9", '"9**9**9" is not a finite number.'),
    ("exp(exp(9))", '"exp(exp(9))" is not a finite number.'),
    ("nan", '"nan" is not a finite number.'),
    ("1e999", '"1e999" is not a finite number.'),
    ("half", '"half" is not a number, such as -0.25.'),
    ("<img src=x onerror=alert(1)>", '"<img src=x onerror=alert(1)>" is not a number'),
])
def test_an_unreadable_number_gets_one_sentence_and_stays_covered(text, complaint):
    question = predict_number("How large?", 0.5, "it is half.", 0.02)

    said, _ = heard(question, {"kind": "judge", "said": text})

    assert complaint in read_number(text)[1] and "<img" not in said["html"]
    assert said["text"] == plain(read_number(text)[1])
    assert not said["decided"] and question.answered is None
