"""The drawn network of notebook 1 carries the numbers of the forward pass."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import build
from rnnlib import bptt, losses, readout, rnn
from rnnlib.course import data, figures, plots, widgets


@pytest.fixture
def network():
    """One random sequence, all sizes different; H=2 so that every number of the state is drawn."""
    rng = np.random.default_rng(5)
    p, q = rnn.init(rng, 4, 2), readout.init(rng, 2, 3)
    p, q = p._replace(b=rng.normal(size=2)), q._replace(b_y=rng.normal(size=3))
    trace = bptt.forward(rnn, p, rng.normal(size=(5, 4)), rng.uniform(-0.9, 0.9, 2))
    outputs = readout.forward(q, trace.hs[1:])
    return trace, outputs, losses.softmax(outputs)


def drawn(figure):
    """Read the nodes back from the picture: {"h_1": (dimension, its numbers or None)}."""
    nodes = {}
    for label in figure.findobj(lambda artist: hasattr(artist, "get_text")):
        head, _, numbers = label.get_text().rpartition("$")
        name, space = re.match(r"\$(\w)_\{(\d+)\}", head), re.search(r"R\}\^\{(\d+)\}", head)
        if name and space:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", numbers.replace("−", "-"))]
            nodes["_".join(name.groups())] = int(space[1]), numbers or None
    return nodes


def truth(trace, ps, until):
    """Say what the picture must carry: node by node, None for what is not known yet."""
    rows = {"x": (1, trace.xs), "h": (0, trace.hs), "p": (1, ps)}
    return {
        f"{name}_{t}": (len(row), row.round(2).tolist() if t <= until else None)
        for name, (first, array) in rows.items() for t, row in enumerate(array, first)
    }


def test_the_drawn_network_carries_the_real_values_and_shapes(network):
    trace, _, ps = network
    figure = figures.new_figure((11, 6.2))

    plots.unrolled(figure.subplots(), trace.xs, trace.hs, ps)

    assert drawn(figure) == truth(trace, ps, until=5)


def test_one_changed_input_shows_at_its_step_and_later_ones_only(network):
    trace, _, ps = network
    p = rnn.Params(np.ones((2, 4)), np.eye(2), np.zeros(2))
    xs = 0.1 * trace.xs
    nudged = np.where(np.arange(5)[:, None] == 2, xs + 0.3, xs)
    pictures = []
    for inputs in (xs, nudged):
        figure, t = figures.new_figure((11, 6.2)), bptt.forward(rnn, p, inputs)
        plots.unrolled(figure.subplots(), t.xs, t.hs)
        pictures.append(drawn(figure))

    changed = {name for name in pictures[0] if pictures[0][name] != pictures[1][name]}

    assert changed == {"x_3", "h_3", "h_4", "h_5"}


@pytest.mark.parametrize("step", range(6))
def test_the_slider_shows_what_is_known_at_its_step(network, step):
    trace, outputs, ps = network
    live = widgets.unrolled_steps(trace, outputs)

    live.controls["step"].value = step

    assert live.error is None
    assert drawn(live.figure) == truth(trace, ps, until=step)


def test_the_slider_highlights_exactly_the_nodes_of_its_step(network):
    trace, outputs, _ = network
    live = widgets.unrolled_steps(trace, outputs)
    boxes = live.figure.findobj(lambda a: type(a).__name__ == "FancyBboxPatch")
    yellow = tuple(to_rgb(figures.FILLS["highlight"]))
    lit = lambda: {n for n, box in enumerate(boxes) if box.get_facecolor()[:3] == yellow}

    seen = []
    for step in (0, 1, 2, 3, 4, 5):
        live.controls["step"].value = step
        seen.append(lit())

    assert [len(nodes) for nodes in seen] == [1, 3, 3, 3, 3, 3]
    assert sum(map(len, seen)) == len(set().union(*seen)) == len(boxes)


@pytest.mark.parametrize("step", range(1, 6))
def test_the_line_below_gives_the_four_vectors_of_the_step(network, step):
    trace, outputs, ps = network
    live = widgets.unrolled_steps(trace, outputs)

    live.controls["step"].value = step

    told = re.findall(r"\(((?:−?[\d.]+, )+−?[\d.]+)\)", live.sentence)
    vectors = trace.zs[step - 1], trace.hs[step], outputs[step - 1], ps[step - 1]
    assert [[float(n) for n in t.replace("−", "-").split(", ")] for t in told] == [
        v.round(3).tolist() for v in vectors]
    assert f"W_h h_{step - 1}" in live.sentence


def test_the_line_of_code_gives_the_step_that_is_shown(network):
    trace, outputs, ps = network
    live = widgets.unrolled_steps(trace, outputs)

    shown = eval(live.painter.code(step=3), dict(trace=trace, outputs=outputs, ps=ps))

    for ours, theirs in zip(shown, (trace.hs[3], trace.zs[2], outputs[2], ps[2]), strict=True):
        assert np.array_equal(ours, theirs)


def test_the_notebook_draws_the_recorded_example():
    """Its first code cell, run here, gives the picture the numbers that the source prints."""
    cells = build.draft(build.SOURCES / "01-unroll-a-recurrent-network-by-hand.md").cells
    setup, _, last = next(c.source for c in cells if c.cell_type == "code").rpartition("\n")
    space = {}
    with np.printoptions():                             # the setup cell changes them
        exec(setup, space)
        live, printed = eval(last, space), data.recorded("000").printed

    nodes = drawn(live.figure)
    for t in (1, 2, 3):
        assert nodes[f"h_{t}"] == (2, printed.h_seq[t - 1].round(2).tolist())
        assert nodes[f"p_{t}"] == (3, printed.output_seq[t - 1].round(2).tolist())
    told = ", ".join(f"{h:.3f}" for h in printed.h_seq[2]).replace("-", "−")
    assert f"h_3 = tanh(z_3) = ({told})" in live.sentence
