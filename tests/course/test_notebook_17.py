"""Notebook 17: its figures draw what the recursion gives, its records are ours, its live code runs."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from helpers import error
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnnlib import bptt, interop, layers, lstm, sequences
from rnnlib.course import data, widgets
from rnnlib.course.widgets import many_lengths

FOLDER = Path(__file__).parents[2] / "notebooks"
NAME = "17-many-lengths"
T = many_lengths.T


# Which losses reach a step


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize(("lengths", "sequence", "t"), [
    ((6, 4, 2), "C", 2), ((6, 4, 2), "B", 1), ((6, 4, 2), "A", 3), ((6, 6, 1), "C", 1), ((6, 1, 5), "B", 4)])
def test_what_reaches_a_step_is_what_one_loss_alone_sends(lengths, sequence, t, padding, reverse):
    p, xs = widgets.many_lengths.network()
    mask, b = sequences.mask(lengths, T), "ABC".index(sequence)
    turn = (lambda a: a[::-1]) if reverse else (lambda a: a)
    trace = bptt.forward(many_lengths.rnn, p, turn(xs), None, turn(mask))
    alone = np.zeros((3, T))
    for loss in range(T):
        for other in range(3):
            dhs = np.zeros((T, 3, 3))
            dhs[loss, other] = 1.0 if padding or mask[loss, other] else 0.0
            delta, _ = bptt.deltas(many_lengths.rnn, p, trace, turn(dhs))
            alone[other, loss] = np.linalg.norm(turn(delta)[t - 1, b])

    sent = widgets.reached(lengths, sequence, t, padding, reverse)

    if t <= lengths[b]:
        assert error(sent, alone / alone[b, t - 1]) < 1e-12 and sent[b, t - 1] == 1
    else:
        assert not sent.any() and not alone.any()


def test_losses_of_the_padding_count_as_losses_of_the_last_step():
    sent = widgets.reached((6, 4, 2), "B", 2, padding=True)[1]

    assert error(sent[3:], np.full(3, sent[3])) < 1e-14 and 0 < sent[3] < sent[2] < sent[1] == 1
    assert not widgets.reached((6, 4, 2), "B", 2)[1, 4:].any()
    assert not widgets.reached((6, 4, 2), "B", 4, padding=True, reverse=True)[1, 4:].any()


def shown(live):
    """Return the numbers of the table on show, rows of text; where it is dotted; and the outlined cell."""
    ax = live.figure.axes[0]
    texts = {tuple(int(c) for c in t.get_position()): t.get_text() for t in ax.texts}
    columns = max(c for c, _ in texts) + 1
    numbers = [[texts[c, r] for c in range(columns)] for r in range(3)]
    dots = {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in ax.patches
            if p.get_hatch() and p.get_visible()}
    cell = [p for p in ax.patches if p.get_linewidth() == 6]
    return numbers, dots, (round(cell[0].get_y() + 0.5), round(cell[0].get_x() + 0.5))


@pytest.mark.parametrize("directions", [1, 2])
def test_the_table_shows_what_the_controls_say(directions):
    live = widgets.which_losses(directions)
    last = "direction" if directions == 2 else "padding"

    for B, C, sequence, t, choice in ((4, 2, "C", 2, True), (1, 6, "B", 1, False), (6, 1, "A", 6, True),
                                      (3, 5, "C", 4, False), (3, 5, "B", 5, True)):
        for name, value in dict(B=B, C=C, sequence=sequence, t=t).items() | {(last, choice)}:
            live.controls[name].value = value
        padding, reverse = (False, choice) if directions == 2 else (choice, False)
        mask = sequences.mask((T, B, C), T).T
        sent = widgets.reached((T, B, C), sequence, t, padding, reverse)

        numbers, dots, cell = shown(live)
        seen = mask | padding
        expected = [[f"{sent[b, s]:.2f}" if seen[b, s] else "" for s in range(T)] for b in range(3)]
        assert numbers == expected and dots == {(b, s) for b, s in np.argwhere(~mask)}
        assert cell == ("ABC".index(sequence), t - 1) and live.error is None
        assert eval(live.shown["code"], {"widgets": widgets}).tolist() == sent.tolist()
        assert len(live.sentence) <= 220


def test_the_sentence_names_the_losses():
    live = widgets.which_losses()
    assert "by loss 2, and 4 more from the padding, each as if it stood at step 2" in live.sentence
    assert live.sentence.startswith("Lengths 6, 4, 2, losses in every row: δ_2 of C is reached")
    live.controls["t"].value = 5
    assert "step 5 of C is padding, δ_5 = 0" in live.sentence and "go on to h_2 whole" in live.sentence
    live.controls["padding"].value = False
    assert "losses in the mask" in live.sentence and live.sentence.endswith("It has no loss.")
    live.controls["sequence"].value, live.controls["t"].value = "B", 1
    assert "reached by the losses 1 to 4; by none" in live.sentence
    both = widgets.which_losses(directions=2)
    assert "forward direction: δ_2 of C is reached by loss 2 alone" in both.sentence
    both.controls["direction"].value, both.controls["sequence"].value, both.controls["t"].value = True, "B", 3
    assert "reverse direction: δ_3 of B is reached by the losses 1 to 3; by none" in both.sentence


def test_a_touch_chooses_step_and_sequence():
    (area,) = widgets.which_losses().painter.areas

    assert (area.x, area.y) == ("t", "sequence")


# Six wrong lines


CAUSES = ["hands on nothing", "is not zero", "loss of masked steps is dropped", "too early", "besides what",
          "ignored on the way back"]


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("padding", many_lengths.MASKS)
@pytest.mark.parametrize("losses", many_lengths.LOSSES)
def test_locate_names_the_line_wherever_it_shows_and_never_another(number, padding, losses):
    errors, found = widgets.mask_puzzle(number, padding, losses)

    assert errors.shape == (3, 7) and found.ok != bool(errors.any())
    if errors.any():
        assert any(CAUSES[number - 1] in cause for cause in found.candidates)
        assert found.cause is None or CAUSES[number - 1] in found.cause
    if (padding, losses) == ("holes", "in every row"):
        assert CAUSES[number - 1] in found.cause


def test_the_usual_batch_hides_four_of_six_mistakes():
    seen = lambda *batch: [n for n in range(1, 7) if widgets.mask_puzzle(n, *batch)[0].any()]

    assert seen("at the end", "in the mask") == [4, 5]
    assert seen("holes", "in every row") == [1, 2, 3, 4, 5, 6]
    _, two = widgets.mask_puzzle(1, "at the end", "in every row")
    assert "2 changes give the same numbers" in two.sentence


def test_every_puzzle_has_a_pattern_of_its_own():
    patterns = [widgets.mask_puzzle(n)[0] for n in range(1, 7)]

    assert all(error(a, b) > 0.01 for k, a in enumerate(patterns) for b in patterns[:k])


def test_the_lines_shown_are_those_of_the_page():
    """Each line, put in place of the one of the page's pass that begins alike, gives the puzzle's numbers."""
    source = next(c.source for c in cells() if "def deltas(" in c.source)
    lines = source[:source.index("\n\n")].split("\n")
    p, xs, state, dhs = many_lengths.gradcheck.designed_point(
        many_lengths.rnn, np.random.default_rng(17), T, 3, 2, 4)
    trace = bptt.forward(many_lengths.rnn, p, xs, state, many_lengths.HOLES)
    for puzzle in many_lengths.PUZZLES:
        begin = puzzle.line.split(" = ")[0]
        inside = [line.startswith(f"        {begin} = ") for line in lines]
        changed = [" " * 8 + puzzle.line if here else line for here, line in zip(inside, lines, strict=True)]
        assert sum(inside) == 1 and changed != lines
        exec("\n".join(changed), names := {"np": np})

        delta, (first,) = names["deltas"](None, p, trace, dhs)

        expected, (start,) = many_lengths.masked_pass(puzzle, p, trace, dhs)
        assert error((delta, first), (expected, start)) < 1e-14, puzzle.line


def test_the_table_of_a_puzzle_shows_its_errors_and_the_answer_only_when_asked():
    live = widgets.mask_puzzles()

    for number, padding, losses in ((1, "at the end", "in every row"), (4, "holes", "in the mask"),
                                    (3, "in front", "in the mask"), (6, "holes", "in the last row")):
        for name, value in dict(puzzle=number, padding=padding, losses=losses, answer="covered").items():
            live.controls[name].value = value
        errors, found = widgets.mask_puzzle(number, padding, losses)
        numbers, dots, _ = shown(live)
        assert numbers == [[f"{e:.1g}" for e in row] for row in errors]
        assert dots == {(b, s + 1) for s, b in np.argwhere(~many_lengths.MASKS[padding])}
        covered = live.sentence
        assert CAUSES[number - 1] not in covered
        assert eval(live.shown["code"], {"widgets": widgets}).tolist() == errors.tolist()
        assert ("nobody can find" in covered) == (not errors.any())

        live.controls["answer"].value = "shown"
        assert live.shown["code"].startswith(many_lengths.PUZZLES[number - 1].line) and live.error is None
        if found.cause:
            assert CAUSES[number - 1] in live.sentence
        assert len(live.sentence) <= 220


def test_what_cannot_be_told_apart_is_said_to_be_so():
    live = widgets.mask_puzzles()
    live.controls["answer"].value = "shown"

    for number in (1, 3):
        live.controls["puzzle"].value = number
        assert "2 changes give the same numbers: this data cannot tell" in live.sentence
        assert len(live.sentence) <= 220


def test_a_masked_step_is_drawn_as_a_wire():
    live = widgets.padded()
    (ax,) = live.figure.axes

    def seen(lengths):
        live.controls["B"].value, live.controls["C"].value = lengths[1:]
        texts = [t.get_text() for t in ax.texts if t.get_visible()]
        assert [t for t in texts if t.startswith("last")] == [f"last: $h_{n}$" for n in lengths]
        assert sum(t.startswith(r"$\delta_") for t in texts) == sum(lengths)
        shown = [p for p in ax.patches if p.get_visible()]
        assert sum(bool(p.get_hatch()) for p in shown) == 18 - sum(lengths)
        arrows = [p for p in shown if isinstance(p, FancyArrowPatch)]
        assert len(arrows) == 2 * (sum(lengths) + 3)                    # between two steps, and at the ends
        return texts

    texts = seen((6, 4, 2))
    assert texts.count(r"$\delta = 0$, all handed on") == 2 and "$h_4$, carried" in texts
    assert "6 of 18 places are padding. B carries h_4 over 2 rows; C carries h_2 over 4 rows" in live.sentence
    assert r"$\delta = 0$" in seen((6, 5, 1)) and "B carries h_5 over 1 row;" in live.sentence
    assert not any("delta = 0" in text for text in seen((6, 6, 6))) and "no padding" in live.sentence
    assert live.error is None


def test_a_touched_step_is_the_last_of_its_sequence():
    live = widgets.padded()
    (ax,) = live.figure.axes
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    for area, name, row in zip(live.shown["touch"], "BC", (1, 2), strict=True):
        assert list(live.controls)[area["x"]["control"]] == name
        for place, box in zip(area["x"]["at"], boxes[6 * row:6 * row + 6], strict=True):
            at = box.get_bbox()
            x, y = ax.transData.transform(((at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2)) / live.figure.bbox.size
            assert place == pytest.approx(x, abs=1e-3)
            assert area["box"][1] < 1 - y < area["box"][3]


# The records, and the notebook's own code where the frameworks are installed


def cells():
    return [c for c in nbformat.read(FOLDER / f"{NAME}.ipynb", as_version=4).cells if c.cell_type == "code"]


def problem():
    rec = data.recorded("layers")
    p = interop.from_pytorch(lstm, vars(rec.weights), stack=True)
    return rec, p, sequences.mask(rec.lengths, len(rec.X))


def test_ours_are_the_numbers_recorded_from_pytorch():
    rec, p, mask = problem()
    trace = layers.forward(lstm, p, rec.X, mask=mask)
    pairs = [(d, np.zeros_like(d)) for d in rec.dlast]
    dlast = tuple(pairs[:2]), tuple(pairs[2:])
    found = layers.backward(lstm, p, trace, rec.dh * mask[..., None], dlast=dlast)

    theirs = vars(rec.torch)
    h_n, c_n = zip(*(run for layer in trace.last for run in layer))
    assert error(trace.outputs * mask[..., None], theirs["output"]) < 1e-13
    assert error([*h_n, *c_n], [*theirs["h_n"], *theirs["c_n"]]) < 1e-13
    assert error(found.xs, theirs["dX"]) < 1e-13
    weights = interop.to_pytorch(lstm, found.params, gradient=True)
    assert len(theirs) == 4 + len(weights) == 20
    assert all(error(w, theirs[f"d{name}"]) < 1e-13 for name, w in weights.items())
    assert len({*rec.X.shape, *rec.dh.shape, 8}) == 5                                  # 6, 3, 5, 4, 8


def test_ours_are_the_numbers_recorded_from_keras():
    rec, p, mask = problem()
    trace = layers.forward(lstm, p[:1], rec.X, mask=mask)

    (h_ahead, _), (h_back, _) = trace.last[0]
    assert error(np.concatenate([h_ahead, h_back], axis=-1), rec.keras.last) < 1e-6
    assert error(trace.outputs * mask[..., None], rec.keras.hidden) < 1e-6


def test_the_pytorch_of_the_notebook_is_what_was_recorded(torch):
    (source,) = [cell.source for cell in cells() if "def by_pytorch(" in cell.source]
    exec(source, names := {"np": np})
    rec = data.recorded("layers")

    found = names["by_pytorch"](vars(rec.weights), rec.X, rec.lengths, rec.dh, rec.dlast)

    assert list(found) == list(vars(rec.torch))
    assert all(error(found[key], value) < 1e-13 for key, value in vars(rec.torch).items())


def test_the_published_example_of_packing_is_what_pytorch_prints(torch):
    printed = torch.nn.utils.rnn.pad_packed_sequence.__doc__
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]]), [2, 1, 3], batch_first=True, enforce_sorted=False)

    assert "data=tensor([4, 1, 3, 5, 2, 6]), batch_sizes=tensor([3, 2, 1])" in printed
    assert packed.data.tolist() == [4, 1, 3, 5, 2, 6] and packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [2, 0, 1]


def test_pytorch_draws_a_dropout_mask_for_each_step(torch):
    torch.manual_seed(0)
    net = torch.nn.RNN(4, 4, num_layers=2, nonlinearity="relu", dropout=0.5)
    with torch.no_grad():                             # layer 1 gives ones, layer 2 shows the mask
        for name, w in net.named_parameters():
            w.copy_(torch.eye(4) if name == "weight_ih_l1" else torch.ones_like(w) * (name == "bias_ih_l0"))

    mask = net.train()(torch.zeros(6, 3, 4))[0].detach().numpy()

    assert set(np.unique(mask)) == {0, 2} and (mask != mask[:1]).any()


@pytest.mark.filterwarnings("ignore")
def test_keras_draws_one_dropout_mask_for_all_steps(monkeypatch, torch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layer = keras.layers.SimpleRNN(4, activation=None, dropout=0.5, return_sequences=True)
    layer.build((3, 6, 4))
    layer.set_weights([np.eye(4), np.zeros((4, 4)), np.zeros(4)])

    mask = keras.ops.convert_to_numpy(layer(np.ones((3, 6, 4)), training=True))

    assert set(np.unique(mask)) == {0, 2} and (mask == mask[:, :1]).all()


@pytest.mark.filterwarnings("ignore")
def test_keras_joins_the_last_states_and_shows_zero_in_the_padding(monkeypatch, torch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    rec, p, mask = problem()
    for whole, recorded in ((True, rec.keras.hidden.swapaxes(0, 1)), (False, rec.keras.last)):
        both = keras.layers.Bidirectional(
            keras.layers.LSTM(2, return_sequences=whole, dtype="float64"), dtype="float64")
        both.build((None, None, 5))
        both.set_weights([*interop.to_keras(lstm, p[0][0]), *interop.to_keras(lstm, p[0][1])])

        found = both(rec.X.swapaxes(0, 1), mask=keras.ops.convert_to_tensor(mask.T))

        assert error(keras.ops.convert_to_numpy(found), recorded) < 1e-6


def test_nothing_of_a_framework_shows_in_the_stored_page():
    (cell,) = [cell for cell in cells() if "live_or_recorded" in cell.source]

    assert "nbval-ignore-output" in cell.metadata.tags
    assert re.match("# The numbers of .*\n# Not compared:", cell.source)
    assert cell.outputs[0].data["text/plain"].startswith("The numbers of ")
