"""Controls moved to their ends: the drawn data, the texts and the pixels follow."""

import time
from html import escape

import ipywidgets as ipw
import matplotlib
import numpy as np
import pytest

from rnnlib.course import figures
from rnnlib.course.figures import LINES, STYLE, picture
from rnnlib.course.widgets import live_figure, predict, predict_number, read_number, slider

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


def pixels(live):
    return np.asarray(live.figure.canvas.buffer_rgba()).astype(int)


@pytest.mark.parametrize("blit", [True, False])
def test_the_drawn_data_follow_every_control_to_its_ends(blit):
    live, line, _ = decay(blit)

    for gain in (0.5, 1.0, 1.5):
        for shift in (0, 1, 2):
            live.controls["gain"].value, live.controls["shift"].value = gain, shift

            np.testing.assert_array_equal(line.get_ydata(), gain ** LAGS + shift)
            said = f"gradient of gain {gain:.2f} ends at {shift} &amp; more."
            assert f'<img alt="&lt;The&gt; {said}"' in live.picture.value
            assert 'aria-live="polite"' in live.line.value
            assert f"&lt;The&gt; {said}" in live.line.value
            assert f"{gain:.2f} ** np.arange(21) &lt; {shift}</pre>" in live.source.value


def repainted(live):
    """Paint everything anew, as if nothing had been kept, and return the pixels."""
    live.moving(False)
    with matplotlib.rc_context(STYLE):
        live.figure.canvas.draw()
    full = pixels(live)
    live.moving(True)
    return full


def test_a_blitted_frame_has_the_pixels_of_a_full_redraw():
    live, _, _ = decay()

    for gain in (0.5, 0.95, 1.5):
        live.controls["gain"].value = gain
        blitted = pixels(live)

        assert figures.b64encode(figures.encode(live.figure)).decode() in live.picture.value
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


def test_the_frame_shows_no_trace_of_the_one_before():
    live, _, _ = decay()
    first = live.picture.value

    live.controls["gain"].value = 1.5
    assert live.picture.value != first
    live.controls["gain"].value = 0.9

    assert live.picture.value == first


def test_equal_values_are_not_drawn_again():
    live, _, calls = decay()

    live.show()
    live.controls["gain"].value = 0.9

    assert calls == [(0.9, 0)]


def test_reset_goes_back_in_one_drawing():
    live, line, calls = decay()
    first, text = live.picture.value, live.line.value
    live.controls["gain"].value, live.controls["shift"].value = 1.5, 2

    del calls[:]
    button(live, "Reset").click()

    assert live.values == live.initial and calls == [(0.9, 0)]
    assert (live.picture.value, live.line.value) == (first, text)


def test_an_error_is_one_sentence_and_keeps_the_last_good_picture():
    live, _, _ = decay()
    good = live.picture.value

    live.controls["gain"].value = 1.25

    assert live.picture.value == good and isinstance(live.error, ValueError)
    assert "last good one: gain 1.25 &lt;is&gt; not allowed" in live.line.value
    live.controls["gain"].value = 1.3
    assert live.error is None and live.picture.value != good


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


@pytest.mark.parametrize("control, values", [
    (slider("t", 2, 0, 3), [3, 3, 2, 1, 0, 0]),
    (slider("rho", 0.5, 0.0, 1.0, 0.4), [0.9, 1.0, 0.6, 0.2, 0.0, 0.0]),
    (ipw.FloatLogSlider(value=1, base=10, min=-1, max=1, step=1), [10, 10, 1, 0.1, 0.1, 0.1]),
    (ipw.SelectionSlider(options=[1, 2, 4], value=2), [4, 4, 2, 1, 1, 1]),
], ids=["int", "float", "log", "selection"])
def test_step_buttons_move_by_one_step_and_stop_at_the_ends(control, values):
    control.description = "time step t"
    live = live_figure(lambda ax: lambda t: [], {"t": control},
                       describe=lambda t: f"The time step is now {t}.")
    back, on = (button(live, f"time step t, one step {way}") for way in ("back", "on"))

    seen = []
    for press in (on, on, back, back, back, back):
        press.click()
        seen.append(control.value)

    np.testing.assert_allclose(seen, values)
    assert f"now {control.value}." in live.line.value


def test_descriptions_have_room():
    live, _, _ = decay()

    assert [c.style.description_width for c in live.controls.values()] == ["7ch", "7ch"]


def test_two_live_figures_do_not_disturb_each_other():
    one, two = decay()[0], decay()[0]

    one.controls["gain"].value = 1.5

    assert two.values == two.initial and one.picture.value != two.picture.value


def test_a_stored_notebook_keeps_picture_text_and_hint():
    live, _, _ = decay()
    first = live.picture.value
    live.controls["gain"].value = 1.5

    bundle = live._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert first in bundle["text/html"]
    assert "Run this cell to move the controls." in bundle["text/html"]
    assert bundle["text/plain"] == "<The> gradient of gain 0.90 ends at 0 & more."


def button(widget, name):
    """Find a button below a widget by its description or tooltip."""
    found, rest = [], [widget]
    while rest:
        one = rest.pop()
        rest += getattr(one, "children", ())
        if isinstance(one, ipw.Button) and name in (one.description, one.tooltip):
            found.append(one)
    return found[0]


def ask(**options):
    return predict("Which <loss>?", ["L_1", "L_2"], "L_2", "it passes W_h & tanh' once.", **options)


def test_the_result_stays_covered_until_a_choice_is_committed():
    live, _, _ = decay()
    question = ask(reveal=live)

    button(question, "This is my prediction").click()
    assert live not in question.children and "Choose one first." in question.line.value
    question.control.value = "L_2"
    assert live not in question.children
    button(question, "This is my prediction").click()

    assert live in question.children and question.control.disabled
    assert "Right, because it passes W_h &amp; tanh&#x27; once." in question.line.value


def test_a_wrong_choice_is_told_why():
    question = ask()

    question.control.value = "L_1"
    button(question, "This is my prediction").click()

    assert "Not so: the answer is “L_2”, because it passes" in question.line.value


def test_a_lecturer_may_show_without_predicting():
    shown = picture(lambda ax: ax.plot([0, 1]), ALT)
    question = ask(reveal=shown)

    button(question, "Show without predicting").click()

    assert question.children[-1].value == shown.html
    assert "The answer: L_2, because" in question.line.value


def test_a_stored_prediction_folds_its_answer():
    shown = picture(lambda ax: ax.plot([0, 1]), ALT)
    bundle = ask(reveal=shown)._repr_mimebundle_()

    before, folded = bundle["text/html"].split("<details>")
    assert "Which &lt;loss&gt;?" in before and "<li>L_1</li><li>L_2</li>" in before
    assert "because" not in before and shown.html not in before
    assert "L_2, because it passes" in folded and shown.html in folded
    assert bundle["text/plain"] == "Which <loss>? / L_1 / L_2"


def test_the_answer_must_be_one_of_the_choices():
    with pytest.raises(ValueError, match=r"answer must be one of \['L_1'\]; got 'L_3'"):
        predict("Which?", ["L_1"], "L_3", "of the rules.")


@pytest.mark.parametrize("text, verdict", [
    ("0.46", "Right: you said 0.46, it is 0.4621, because tanh bends."),
    (" 4.7e-1 ", "Right: you said 0.47, it is"),
    ("0.5", "Not so: you said 0.5, it is"),
])
def test_a_number_is_right_within_the_tolerance(text, verdict):
    question = predict_number("How large?", np.tanh(0.5), "tanh bends.", 0.02)

    question.control.value = text
    button(question, "This is my prediction").click()

    assert verdict in question.line.value and question.control.disabled


@pytest.mark.parametrize("text, number", [
    ("1/6", 1 / 6), ("10^-7", 1e-7), ("10**-7", 1e-7), ("1e-7", 1e-7), ("10⁻⁷", 1e-7), ("2·3", 6),
    ("2 × 3", 6),
    ("sqrt(2)", np.sqrt(2)), ("√2", np.sqrt(2)), ("tanh(0.5)", np.tanh(0.5)), ("log(55)", np.log(55)),
    ("ln(2)", np.log(2)), ("-ln(0.5)", np.log(2)), ("exp(-1)", np.exp(-1)),
    ("2pi", 2 * np.pi),
    ("π/2", np.pi / 2), ("\u22120.5", -0.5), ("+3", 3), ("-(1 - 2)^2", -1), ("1 000", 1000),
    ("1\u202f000", 1000), ("12 345.5", 12345.5), ("1,000,000", 1e6), (".5", 0.5), ("5.", 5), ("3e2/4", 75),
    ("1/(1+exp(-1))", 1 / (1 + np.exp(-1))), ("sigmoid(1)", 1 / (1 + np.exp(-1))), ("abs(-2)", 2),
])
def test_a_number_may_be_a_small_expression(text, number):
    assert read_number(text) == (pytest.approx(number, rel=1e-15), None)


@pytest.mark.parametrize("text", [
    "__import__('os').system('true')", "open('/etc/passwd')", "().__class__.__bases__", "[1][0]",
    "lambda: 1", "1 if 1 else 2", "True",
    "1j", "'1'", "x", "print(1)", "sqrt", "sqrt()", "sqrt(1, 2)", "sqrt(x=1)", "1; 2",
    "1 == 1", "1 // 2", "7 % 2", "1 << 9", "f'{1}'", "\x00", "2 3", "((((((((1", "sqrt.__call__(1)",
    "1 or 2", "(1).real", "{1}", "*[1]", "a := 1", "pi()", "half of it", "5 %"])
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
    shown = picture(lambda ax: ax.plot([0, 1]), ALT)
    question = predict_number("How large?", 0.5, "it is half.", 0.02, reveal=shown)

    question.control.value = text
    button(question, "This is my prediction").click()

    assert complaint in read_number(text)[1]
    assert escape(complaint) in question.line.value and "<img" not in question.line.value
    assert len(question.children) == 4 and not question.control.disabled
