"""Notebook 13: the program that it mends does what the page says; its figures show what they are handed."""

from itertools import islice, pairwise

import numpy as np
import pytest
from helpers import error
from matplotlib.figure import Figure
from matplotlib.text import Text

from rnnlib import bptt, gradcheck, rnn
from rnnlib.course import plots, widgets
from rnnlib.course.predictions import questions
from rnnlib.course.wrong import sentence

NAMES = ["as published", "tanh", "start"]
CURVES = [np.linspace(30, end, 21) for end in (12.0, 15.0, 29.0)]
POINT = {"W_x": np.array([1.0, 2.0]), "W_h": np.array([3.0]), "W_y": np.array([-1.0])}


def report(W_x=1.0, W_h=1.0):
    """Check the gradient of sum(W_x^2) / 2 + sum(W_y^3), with factors at two of its tensors."""
    gradient = {"W_x": W_x * POINT["W_x"], "W_h": np.zeros(1), "W_y": 3 * POINT["W_y"] ** 2}
    return gradcheck.check(lambda w: (w["W_x"] ** 2).sum() / 2 + (w["W_y"] ** 3).sum()
                           + 0 * w["W_h"].sum(), POINT, gradient)


@pytest.fixture
def live():
    return widgets.repairs(NAMES, CURVES, [report(0.0), report(0.5), report()])


@pytest.mark.parametrize("stage, width, words, text", [
    (0, 1.0, ["✗ wrong 1.00", "? unseen", "✓ right"], "40 % of its start. dW_x is wrong by 1.00"),
    (1, 0.5, ["✗ wrong 0.50", "? unseen", "✓ right"], "50 % of its start. dW_x is wrong by 0.50"),
    (2, 0.0, ["✓ right", "? unseen", "✓ right"], "97 % of its start. dW_x is right, dW_h is unseen"),
])
def test_each_stage_shows_its_curve_and_its_verdicts(live, stage, width, words, text):
    live.controls["stage"].value = stage

    left, right = live.figure.axes
    assert left.lines[-1].get_ydata() == pytest.approx(CURVES[stage])
    assert right.patches[0].get_width() == pytest.approx(width, abs=1e-9)
    assert [word.get_text() for word in right.texts] == words
    assert text in live.sentence and NAMES[stage] in live.sentence
    assert f"verdict({stage})" in live.source
    assert live.error is None


@pytest.mark.parametrize("stage", [0, 1, 2])
@pytest.mark.parametrize("update", [0, 7, 20])
def test_a_touched_curve_is_its_stage(live, stage, update):
    at, curve = live.shown["touch"][update], live.figure.axes[0].lines[stage].get_ydata()
    x, y = live.figure.axes[0].transData.transform((update, curve[update])) / live.figure.bbox.size

    assert at["box"][0] < x < at["box"][2]
    nearest = int(np.abs(np.array(at["y"]["at"]) - (1 - y)).argmin())
    assert live.figure.axes[0].lines[nearest].get_ydata()[update] == pytest.approx(curve[update], rel=1e-3)


def test_a_touched_tensor_leads_to_the_stage_that_changes_its_verdict(live):
    for start, stages in ((0, [2, 2, 2]), (1, [2, 2, 2]), (2, [2, 2, 2])):
        live.controls["stage"].value = start
        assert [spot["sets"] for spot in live.shown["touch"][21:]] == [[[0, stage]] for stage in stages]
    turned = widgets.repairs([*NAMES, "again"], [*CURVES, CURVES[0]], [
        report(0.0), report(0.5), report(), report(W_x=0.0)])
    for start, stages in ((0, [2, 3, 3]), (2, [3, 3, 3])):
        turned.controls["stage"].value = start
        assert [spot["sets"] for spot in turned.shown["touch"][21:]] == [[[0, stage]] for stage in stages]


def test_stages_without_a_report_are_refused():
    with pytest.raises(ValueError, match="as many; got 3, 3 and 1"):
        widgets.repairs(NAMES, CURVES, [report()])


def test_falling_losses_start_together_and_their_names_do_not_collide():
    figure = Figure((8, 4.5), layout="constrained")
    ax = figure.subplots()
    curves = {name: np.array([50.0, end]) for name, end in zip("ABCDE", (49, 20, 49.2, 19, 30))}

    plots.falling_losses(ax, curves, {name: "wrong" for name in curves})
    figure.draw_without_rendering()

    assert [line.get_ydata()[0] for line in ax.lines] == [100] * 5
    assert [line.get_ydata()[-1] for line in ax.lines] == pytest.approx([98, 40, 98.4, 38, 60])
    assert [text.get_text() for text in ax.texts] == [f"{name}  ✗ wrong" for name in "ABCDE"]
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= figure.bbox.y0 for box in boxes)


def test_the_first_figure_marks_an_update_on_every_curve():
    curves = {name: np.linspace(50.0, end, 6) for name, end in zip("ABC", (49, 20, 30))}
    live = widgets.falling(curves)

    for update in (0, 4, 5):
        live.controls["update"].value = update
        (line, marks) = live.figure.axes[0].lines[-2:]
        left = [100 * curve[update] / 50 for curve in curves.values()]
        assert marks.get_ydata() == pytest.approx(left) and list(marks.get_xdata()) == [update] * 3
        assert list(line.get_xdata()) == [update] * 2
        assert live.sentence == (f"After {update} updates there is left of the first loss: "
                                 + ", ".join(f"{n} {k:.0f} %" for n, k in zip("ABC", left)) + ".")
    assert live.error is None and live.shown["touch"][0]["x"]["control"] == 0


def test_word_losses_draw_each_pass_and_name_the_levels():
    figure = Figure((9, 4.8), layout="constrained")
    ax = figure.subplots()

    plots.word_losses(ax, {"K = 1": np.array([0.5, 0.4]), "K = 3": np.array([0.4, 0.25])}, {"floor": 0.22})

    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[0.5, 0.4], [0.4, 0.25]]
    assert ax.lines[2].get_ydata()[0] == 0.22 and ax.texts[0].get_text() == "floor"


# The program of [004], one mistake at a time


def only(mistake, rate=1e-4):
    """Yield what train yields with all repairs but one."""
    mended = [name for name in sentence.REPAIRS if name != mistake]
    original, sentence.REPAIRS = sentence.REPAIRS, mended
    try:
        yield from islice(sentence.train(5, rate), 10)
    finally:
        sentence.REPAIRS = original


def checked(w, used, tanh=np.tanh, xs=sentence.XS):
    return gradcheck.check(lambda w: sentence.loss(w, tanh, xs), w, used)


def test_only_the_last_repair_makes_the_gradient_right():
    reports = [sentence.verdict(stage) for stage in range(7)]

    assert [report.ok for report in reports] == [False] * 6 + [True]
    assert [report["dW_h"].verdict for report in reports] == ["unseen"] * 5 + ["wrong", "right"]
    assert reports[4].names("right") == ["dW_x", "dW_y"]            # a start that hides is no wrong gradient
    assert reports[5].names("wrong") == ["dW_x", "dW_h"]
    assert np.abs(reports[4]["dW_h"].numeric) < 1e-30


def test_every_loss_falls_and_a_wrong_one_as_slowly_as_the_right_one():
    curves = {name: sentence.curve(stage) for name, stage in sentence.PROGRAMS.items()}
    ends = {name: curve[-1] / curve[0] for name, curve in curves.items()}

    assert all((np.diff(curve) < 0).all() for curve in curves.values())
    assert ends["D"] < 0.46 < ends["B"] < 0.55 < ends["E"] < 0.65 < 0.9 < ends["C"]
    assert 0 < ends["A"] - ends["C"] < 0.005
    assert sentence.PROGRAMS["C"] == 6 and questions(13)[0].answer == "C"


def test_observation_a_belongs_to_the_copy():
    memory = sentence.forward(sentence.SMALL)
    sentence.published_backward(sentence.SMALL, *memory)
    right = sentence.forward(sentence.SMALL)
    sentence.right_backward(sentence.SMALL, *right)

    assert np.allclose(memory[2].sum(axis=1), 0, atol=1e-12) and np.allclose(right[2].sum(axis=1), 1)


@pytest.mark.parametrize("same", [True, False])
def test_observation_b_belongs_to_the_look_back(same):
    xs, w = (sentence.XS[[0, 0, 0, 0]] if same else sentence.XS), sentence.SMALL
    zs, hs, ps = sentence.forward(w, xs=xs)
    p = rnn.Params(w.W_x, w.W_h, np.zeros(sentence.H))
    e = ps - np.eye(sentence.V)[sentence.TARGETS]
    right = bptt.backward(rnn, p, bptt.forward(rnn, p, xs), e @ w.W_y, window=2).params.W_x

    found = sentence.published_backward(w, zs, hs, ps, xs=xs).W_x

    assert (error(found, right) < 1e-12) == same


def test_observation_c_belongs_to_the_reset():
    (_, first, _), *_, (_, tenth, _) = only("reset", rate=0.0)
    (_, once, _), *_, (_, again, _) = only("copy", rate=0.0)

    assert error(tenth.W_h, 10 * first.W_h) < 1e-12 and error(again.W_h, once.W_h) < 1e-12


def test_observation_d_belongs_to_the_tanh():
    other = np.random.default_rng(0).normal(size=sentence.XS.shape)
    losses = [[sentence.loss(sentence.SMALL, tanh, xs) for xs in (sentence.XS, other)]
              for tanh in (sentence.always_one, np.tanh)]

    assert losses[0][0] == losses[0][1] and losses[1][0] != losses[1][1]


def test_observation_e_belongs_to_the_start():
    w, used, _ = next(only("start"))

    assert not checked(w, used).names("wrong") and np.abs(used.W_h).max() < 1e-30


def test_observation_f_belongs_to_the_forward_pass():
    for rate, verdict in ((0.01, "wrong"), (0.0, "right")):
        _, (w, used, _) = islice(only("forward", rate), 2)
        assert checked(w, used)["dW_y"].verdict == verdict


def test_the_symptoms_are_measured():
    lines = sentence.symptoms()

    assert [line.split()[:2] for line in lines] == [
        [str(n), name] for n, name in enumerate(sentence.REPAIRS[:5], 1)]
    parts = "from 1 to 1", "up to 0, after a second call to -1", "20%", "8.7 times", "100%"
    assert all(part in line for line, part in zip(lines, parts, strict=True))


def test_the_floor_is_the_entropy_of_the_subjects():
    assert questions(13)[2].answer == pytest.approx(np.log(3) / 5, rel=1e-12)
