"""What is drawn is what was handed in: texts, looks and positions at every step."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from watching import pixels, repainted

from rnnlib.course import figures, plots
from rnnlib.course.figures import COLORS, DIVERGING, FILLS, STYLE
from rnnlib.course.plots import curves
from rnnlib.course.widgets import live_figure, slider

T, D, H, K = 3, 4, 2, 3


@pytest.fixture
def ax():
    with matplotlib.rc_context(STYLE):
        yield figures.new_figure((10.5, 5.2)).subplots()


def arrays():
    rng = np.random.default_rng(0)
    return dict(xs=rng.normal(size=(T, D)), hs=rng.normal(size=(T + 1, H)),
                outputs=rng.dirichlet(np.ones(K), T), losses=rng.uniform(1, 2, T),
                deltas=rng.normal(size=(T, H)))


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_visible()]


def node(ax, symbol, t):
    """Find a node's box and its text."""
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    labels = [text for text in ax.texts if text.get_text().startswith(
        (f"${symbol}_{{{t}}} ", f"${symbol}_{{{t}}}$ = "))]
    x, y = labels[0].get_position()
    return next(b for b in boxes if b.get_x() < x < b.get_x() + b.get_width()
                and b.get_y() < y < b.get_y() + b.get_height()), labels[0]


def look(patch):
    return to_hex(patch.get_facecolor()).upper(), patch.get_linewidth(), patch.get_linestyle()


def rounded(vector):
    return [f"{value:.2f}".replace("-", "\u2212") for value in vector]


def test_every_node_shows_symbol_space_and_rounded_values(ax):
    a = arrays()
    plots.unrolled(ax, **a)

    for t in range(T + 1):
        label = node(ax, "h", t)[1].get_text()
        space = rf"$h_{{{t}}} \in \mathbb{{R}}^{{2}}$"
        assert label == f"{space}\n({', '.join(rounded(a['hs'][t]))})"
    for t in range(1, T + 1):
        for symbol, values in (("x", a["xs"]), ("p", a["outputs"])):
            assert all(n in node(ax, symbol, t)[1].get_text() for n in rounded(values[t - 1]))
        assert node(ax, "L", t)[1].get_text() == f"$L_{{{t}}}$ = {a['losses'][t - 1]:.2f}"
        assert f"$\\delta_{{{t}}}$ = ({', '.join(rounded(a['deltas'][t - 1]))})" in texts(ax)
    assert [texts(ax).count(f"${w}$") for w in ("W_x", "W_h", "W_y")] == [T, T, T]


@pytest.mark.parametrize("step", range(T + 1))
def test_a_forward_step_highlights_its_time_and_holds_back_later_values(ax, step):
    update = plots.unrolled(ax, **arrays())
    update(step)

    for symbol in "xhpL":
        for t in range(0 if symbol == "h" else 1, T + 1):
            box, label = node(ax, symbol, t)
            fill, width, dashes = look(box)
            assert ("?" in label.get_text()) == (t > step) == (dashes == ":") == (fill == "#FFFFFF")
            assert (fill == FILLS["highlight"]) == (t == step) == (width == 5)
    assert not any("delta" in text for text in texts(ax))
    assert not any(a.get_visible() for a in backward(ax))
    assert sum(a.get_linewidth() == 5 for a in forward(ax)) == (4 if step else 0)


@pytest.mark.parametrize("k", range(1, T + 1))
def test_a_backward_step_computes_one_delta_from_the_end(ax, k):
    a = arrays()
    update = plots.unrolled(ax, **a)
    update(T + k)
    now = T + 1 - k

    for t in range(1, T + 1):
        shown = f"({', '.join(rounded(a['deltas'][t - 1]))})" if t >= now else "?"
        assert f"$\\delta_{{{t}}}$ = {shown}" in texts(ax)
        box, label = node(ax, "h", t)
        assert "?" not in label.get_text()
        assert (to_hex(box.get_edgecolor()).upper() == COLORS["gradient"]) == (t == now)
    visible = [arrow for arrow in backward(ax) if arrow.get_visible()]
    assert len(visible) == 2 * k + (k - 1)                      # L -> p -> h, and h <- h
    assert sum(arrow.get_linewidth() == 5 for arrow in visible) == (2 if k == 1 else 3)


def forward(ax):
    return [p for p in ax.patches if isinstance(p, FancyArrowPatch) and p.get_linestyle() == "-"]


def backward(ax):
    return [p for p in ax.patches if isinstance(p, FancyArrowPatch) and p.get_linestyle() != "-"]


def test_after_the_last_step_everything_is_shown_as_at_first(ax):
    update = plots.unrolled(ax, **arrays())
    first = texts(ax), [look(patch) for patch in ax.patches]

    update(1)
    update(2 * T + 1)

    assert (texts(ax), [look(patch) for patch in ax.patches]) == first


@pytest.mark.parametrize("missing", [(), ("deltas",), ("deltas", "losses"), ("losses", "outputs"),
                                     ("deltas", "losses", "outputs")])
def test_no_text_leaves_its_box_or_the_picture(ax, missing):
    a = {name: values for name, values in arrays().items() if name not in missing}
    plots.unrolled(ax, **{**a, "hs": -0.88 * np.ones((T + 1, H))})
    ax.figure.canvas.draw()

    frame = ax.figure.bbox
    for text in (text for text in ax.texts if text.get_visible() and text.get_text()):
        area = text.get_window_extent()
        assert frame.x0 <= area.x0 and area.x1 <= frame.x1
        assert frame.y0 <= area.y0 and area.y1 <= frame.y1
    for symbol in "xh":
        box, label = node(ax, symbol, 2)
        inside, area = box.get_window_extent(), label.get_window_extent()
        assert inside.x0 < area.x0 and area.x1 < inside.x1
        assert inside.y0 < area.y0 and area.y1 < inside.y1


def test_a_delta_longer_than_its_state_stays_in_its_box(ax):
    plots.unrolled(ax, arrays()["xs"][:, :2], np.zeros((T + 1, H)), deltas=-0.88 * np.ones((T, H)))(2 * T)
    ax.figure.canvas.draw()

    deltas = [text for text in ax.texts if "delta" in text.get_text() and text.get_visible()]
    assert len(deltas) == T
    for t, text in enumerate(deltas, 1):
        box, area = node(ax, "h", t)[0], text.get_window_extent()
        inside = box.get_window_extent().padded(-ax.figure.dpi / 72 * 5 / 2)    # its frame is 5 points wide
        assert inside.x0 < area.x0 and area.x1 < inside.x1


def test_a_mark_at_the_edge_is_whole_and_one_beyond_it_is_not_drawn(ax):
    ax.set(xlim=(0, 10), ylim=(1e-6, 10), yscale="log")
    line, marks = curves.reading(ax)(10, [1.0, 1e-9, 10.0])

    assert not line.get_clip_on() and not marks.get_clip_on()
    np.testing.assert_array_equal(marks.get_ydata(), [1.0, np.nan, 10.0])


def test_long_vectors_are_cut_and_zero_has_no_sign(ax):
    plots.unrolled(ax, np.zeros((1, 1)), np.array([[1.0] * 7, [-0.001, 2, 3, 4, 5, 6, -7]]))

    assert "(0.00, 2.00,\n…, \u22127.00)" in node(ax, "h", 1)[1].get_text()


@pytest.mark.parametrize("name, wanted", [("hs", 4), ("outputs", 3), ("losses", 3), ("deltas", 3)])
def test_arrays_of_the_wrong_length_are_refused_by_name(ax, name, wanted):
    a = arrays()
    a[name] = a[name][:-1]

    with pytest.raises(ValueError, match=f"{name} must have {wanted} rows, because xs has 3; got"):
        plots.unrolled(ax, **a)


def test_the_graph_in_a_live_figure_moves_by_blitting_alone():
    live = live_figure(lambda ax: plots.unrolled(ax, **arrays()), size=(10.5, 5.2),
                       controls={"step": slider("time step t", 0, 0, 2 * T + 1)},
                       describe=lambda step: f"Step {step} of the unrolled network is drawn.")

    for step in (2 * T + 1, T, T + 2, 0):
        live.controls["step"].value = step
        blitted = pixels(live)

        assert np.abs(blitted - repainted(live)).max() <= 2


VALUES = np.array([[0.42, np.nan, np.nan], [-0.13, 0.31, np.nan]])


def table(ax, **options):
    states = ["$h_1$", "$h_2$", "$h_3$"]
    return plots.heatmap_table(ax, VALUES, ["$L_1$", "$L_2$"], states, **options)


def test_a_table_shows_each_number_on_its_colour_and_hatches_what_is_not_there(ax):
    table(ax)

    shown = {text.get_position(): text.get_text() for text in ax.texts}
    assert shown == {(0, 0): "0.42", (1, 0): "", (2, 0): "",
                     (0, 1): "\u22120.13", (1, 1): "0.31", (2, 1): ""}
    assert [p.get_xy() for p in ax.patches if p.get_hatch() and p.get_visible()] == [
        (0.5, -0.5), (1.5, -0.5), (1.5, 0.5)]
    image = ax.images[0]
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), VALUES)
    assert image.get_clim() == (-0.42, 0.42) and image.get_cmap() is DIVERGING
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$L_1$", "$L_2$"]


def test_a_table_outlines_row_column_and_cell(ax):
    update = table(ax)

    for row in range(2):
        for column in range(3):
            across, down, cell = update(row, column)
            assert (across.get_y(), across.get_width()) == (row - 0.5, 3)
            assert (down.get_x(), down.get_height()) == (column - 0.5, 2)
            assert cell.get_xy() == (column - 0.5, row - 0.5)
            assert across.get_visible() and down.get_visible() and cell.get_visible()
    across, down, cell = update(row=1)
    assert across.get_visible() and not down.get_visible() and not cell.get_visible()


def test_a_table_takes_new_values_on_the_old_scale(ax):
    update = table(ax, number="{:.1e}")
    update(values=-VALUES)

    np.testing.assert_array_equal(np.ma.filled(ax.images[0].get_array(), np.nan), -VALUES)
    assert ax.texts[0].get_text() == "\u22124.2e\u221201"
    assert ax.images[0].get_clim() == (-0.42, 0.42)


def test_numbers_are_readable_on_every_colour_of_the_map():
    for share in np.linspace(0, 1, 21):
        background = np.array(DIVERGING(share)[:3])
        ink = plots.tables.readable_on(background)
        light = lambda c: np.array(c) ** 2.2 @ [0.2126, 0.7152, 0.0722] + 0.05
        one, other = light(background), light([1, 1, 1] if ink == "white" else [0, 0, 0])
        assert max(one, other) / min(one, other) >= 4.5
