"""Figures that can be moved without Python: their frames, painted beforehand by the same code.

Of a live figure each control keeps some of its values, and every combination of these is painted. The frames
of a figure are alike, so 24 of them are packed together: colours of one palette, as differences from the
first frame, row beside row, deflated. static/alive.js unpacks them.
"""

import ast
import contextlib
import io
import itertools
import json
import math
import warnings
import zlib

import numpy as np
from PIL import Image

from rnnlib.course.widgets.component import Component

from . import contents

FIGURE, PAGE = 1_500_000, 6_000_000     # bytes that the figures may take, at most: one, and those of a page
MOST, TRIED = 500, 40                   # frames of a figure, at most, and to see how large one is
TOGETHER = 24                           # frames that are packed, and unpacked, at once
COLORS, SAMPLED = 128, 24               # of a film; and frames of a grid, and others, that show what there is
STRIDES = 1, 5, 7, 11, 13               # none has a factor with 24 in common


def write(page, folder):
    """Write what is alive on a page, with its frames, into a folder; return {id of a cell: files' stem}."""
    found, names = components(contents.read(page.file)), {}
    moving = [component for component in found.values() if component.painter]
    most = min(FIGURE, PAGE // max(len(moving), 1))
    for cell, component in found.items():
        names[cell] = f"{page.stem.split('-')[0]}-{cell}"
        data = {"question": component.question, "scene": component.scene}
        if component.painter:
            film = pack(component.painter, folder / f"{names[cell]}.bin", most)
            data |= {"film": film, "scene": thinned(component.scene, film.pop("places"))}
        if component.puzzles:
            data |= {"puzzles": component.puzzles, "number": component.number,
                     "evidence": {number: component.evidence(number) for number in component.numbers}}
        (folder / f"{names[cell]}.json").write_text(json.dumps(data), encoding="utf-8")
    return names


# Which cells have something alive, and what these need

def components(notebook):
    """Run what the widgets of a notebook need, and return {id of a cell: its component}."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    wanted = {cell.id for cell in cells if "widget" in cell.metadata.get("tags", [])}
    space, found = {"__name__": "__main__"}, {}
    for cell in needed(cells, wanted):
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = run(cell, space)
        if cell.id in wanted and isinstance(value, Component):
            found[cell.id] = value
    return found


def needed(cells, wanted):
    """Return the wanted cells, and those before the last of them that set or change a name which one uses."""
    last = max((k for k, cell in enumerate(cells) if cell.id in wanted), default=-1)
    named = {cell.id: names(ast.parse(cell.source)) for cell in cells[:last + 1]}
    kept, more = set(), set(wanted)
    while more:                 # a function may use what a cell after its own changes: until nothing is new
        kept |= more
        used = set().union(*(named[cell][1] for cell in kept))
        more = {cell for cell, (sets, _) in named.items() if sets & used} - kept
    return [cell for cell in cells if cell.id in kept]


def names(tree):
    """Return the names that a cell sets or changes in place, and those that it uses."""
    sets, uses = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (uses if isinstance(node.ctx, ast.Load) else sets).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            sets.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            sets |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            base = node.value
            while isinstance(base, (ast.Subscript, ast.Attribute)):
                base = base.value
            sets |= {base.id} if isinstance(base, ast.Name) else set()
    return sets, uses


def run(cell, space):
    """Run a cell in a namespace, and return the value of its last expression, as a notebook does."""
    tree, last = ast.parse(cell.source), None
    if isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    try:
        exec(compile(tree, cell.id, "exec"), space)
        return eval(compile(last, cell.id, "eval"), space) if last else None
    except Exception as error:
        error.add_note(f"This happened in {cell.id}, alone with the cells that it needs:\n{cell.source}")
        raise


# The frames of one figure

def pack(painter, file, most):
    """Write a figure's frames, at most so many bytes; return what alive.js needs to know of them."""
    film = Film(painter)
    lengths = [len(control.values) for control in painter.controls.values()]
    tried = film.packed(grid(lengths, painter.first.state, TRIED))
    count = MOST if math.prod(lengths) <= TRIED else min(MOST, int(most / size(tried) * math.prod(
        map(len, tried["places"]))))
    made = tried
    while math.prod(lengths) > TRIED:
        made = film.packed(grid(lengths, painter.first.state, count))
        if size(made) <= most:
            break
        count = int(0.9 * count)
    chunks = made.pop("chunks")
    file.write_bytes(b"".join(chunks))
    return {**made, "ends": list(itertools.accumulate(map(len, chunks)))}


def size(made):
    """Return the bytes that a packed figure takes."""
    return sum(map(len, made["chunks"])) + len(json.dumps(made["frames"]))


def grid(lengths, first, most):
    """Return for each control the places that are kept: the first, both ends, and others evenly between.

    grid([5, 101], [0, 50], 20) == [[0, 1, 2, 3, 4], [0, 33, 50, 100]]
    """
    counts = list(lengths)
    while math.prod(counts) > max(most, 1):
        counts[counts.index(max(counts))] -= 1
    places = []
    for length, count, start in zip(lengths, counts, first):
        chosen = {round(place) for place in np.linspace(0, length - 1, count)} if count > 1 else {start}
        if start not in chosen:
            inner = sorted(chosen - {0, length - 1} or chosen)
            chosen = chosen - {min(inner, key=lambda place: abs(place - start))} | {start}
        places.append(sorted(chosen))
    return places


def strides(lengths):
    """Return SAMPLED states in which each control runs evenly from end to end, each in an order of its own.

    A grid of so few states leaves out places of a control, and with them colours that are seen nowhere else.
    """
    orders = [np.arange(SAMPLED) * stride % SAMPLED / (SAMPLED - 1) for stride in itertools.islice(
        itertools.cycle(STRIDES), len(lengths))]
    return list(zip(*(np.rint(order * (n - 1)).astype(int).tolist() for order, n in zip(orders, lengths))))


def frequent(pixels):
    """Return at most COLORS colours (n, 3) of pixels (m, 3): frequent ones, none too near another."""
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    found = found[np.argsort(-counts, kind="stable")].astype(int)
    found[found.min(axis=1) >= 248] = 255                 # white stays white
    for apart in range(0, 256, 4):
        left, chosen = found, []
        while len(left) and len(chosen) <= COLORS:
            chosen.append(left[0])
            left = left[np.abs(left - left[0]).max(axis=1) > apart]
        if len(chosen) <= COLORS:
            return np.array(chosen)


class Film:
    """The frames of a figure, as they are painted: each once, in the colours of one palette."""

    def __init__(self, painter):
        self.painter, self.painted = painter, {}
        lengths = [len(control.values) for control in painter.controls.values()]
        places = itertools.product(*grid(lengths, painter.first.state, SAMPLED))
        some = [self.pixels(state)[::3, ::3].reshape(-1, 3) for state in {*places, *strides(lengths)}]
        self.colors = frequent(np.concatenate(some)).ravel().tolist()
        self.palette = Image.new("P", (1, 1))
        self.palette.putpalette(self.colors)

    def pixels(self, state):
        """Paint a state and return its colours, (height, width, 3)."""
        self.frame = self.painter.paint(list(state))
        return np.asarray(self.painter.figure.canvas.buffer_rgba())[..., :3]

    def at(self, state):
        """Return (the numbers of a state's colours, what is said of it)."""
        if state not in self.painted:
            image = Image.fromarray(np.ascontiguousarray(self.pixels(state)))
            numbers = np.asarray(image.quantize(palette=self.palette, dither=Image.Dither.NONE))
            self.painted[state] = numbers, self.frame
        return self.painted[state]

    def packed(self, places):
        """Pack every combination of some places of the controls; the longest control varies fastest."""
        order = sorted(range(len(places)), key=lambda k: len(places[k]))
        states = [tuple(choice[order.index(k)] for k in range(len(places)))
                  for choice in itertools.product(*(places[k] for k in order))]
        base, _ = self.at(states[0])
        chunks = [zlib.compress(base.tobytes(), 9)]
        for start in range(0, len(states), TOGETHER):
            some = np.stack([self.at(state)[0] for state in states[start:start + TOGETHER]])
            chunks.append(zlib.compress((some ^ base).transpose(1, 0, 2).tobytes(), 9))
        frames = [thin(self.at(state)[1].as_data(), places) for state in states]
        touch = frames[0]["touch"]
        for frame in frames:
            if frame["touch"] == touch:          # as nearly always: once is enough
                del frame["touch"]
        return {"chunks": chunks, "frames": frames, "touch": touch, "places": places, "colors": self.colors,
                "width": base.shape[1], "height": base.shape[0], "together": TOGETHER}


def thin(frame, places):
    """Return what is said of a frame, with the places of controls counted among those that are kept."""
    touch = [thin_area(area, places, frame["state"]) for area in frame["touch"]]
    return {**frame, "state": [kept.index(k) for kept, k in zip(places, frame["state"])], "touch": touch}


def thin_area(area, places, state):
    """Return an area of a frame: the places of its axes, and those to which a touch sends other controls."""
    thinner = dict(area)
    for axis in area.keys() & {"x", "y"}:
        control, at = area[axis]["control"], area[axis]["at"]
        thinner[axis] = {"control": control, "at": [at[k] for k in places[control]]}
    if "sets" in area:
        thinner["sets"] = [[control, nearest(places[control], state[control], to)]
                           for control, to in area["sets"]]
    return thinner


def nearest(kept, here, to):
    """Return which of the kept places is nearest to one, but another than the present if that was meant."""
    index = min(range(len(kept)), key=lambda k: abs(kept[k] - to))
    if to != here and kept[index] == here:
        index += 1 if to > here else -1
    return min(max(index, 0), len(kept) - 1)


def thinned(scene, places):
    """Return the scene of a figure with the options of its controls that are kept."""
    controls = [{**control, "options": [control["options"][k] for k in kept]}
                for control, kept in zip(scene["controls"], places)]
    first = [kept.index(k) for kept, k in zip(places, scene["first"])]
    return {**scene, "controls": controls, "first": first}
