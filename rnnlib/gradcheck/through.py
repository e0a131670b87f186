"""Through which weights does a mistake go? Where they are zero, nothing goes back through them.

A mistake that is gone there, while the gradients that were wrong are not zero, lies on that way back, or in
what the weights make: where they make a gate, it is the same at every step.
"""

from collections import defaultdict

import numpy as np

from .sentences import listed

DIRECTIONS, RIGHT, SEEN, CLEAR = 3, 1e-6, 1e-6, 1e-3
DATA = ("x", "X", "xs", "h", "h0", "c", "c0")      # what goes in, and no weights


def of_weights(wrong, leaves, gradient, slopes, x):
    """Return the sentence that names weights through which all that is wrong goes, or "".

    wrong: the names of what is; gradient(x) and slopes(x, rows) as in of_a_function.
    """
    spans = _spans(leaves)
    rows = {name: np.zeros((DIRECTIONS, x.size)) for name in wrong}
    rng = np.random.default_rng(9)
    for name, its in rows.items():
        its[:, spans[name]] = rng.normal(size=(DIRECTIONS, leaves[name].size))
    every = np.concatenate(list(rows.values()))
    here = np.abs(slopes(x, every)).reshape(-1, DIRECTIONS).max(axis=1)

    def at_zero(parts):
        """Return whether all that is wrong is right with these entries zero, or clearly is not; None if most
        of it is zero or tiny there."""
        at = np.where(_mask(parts, leaves, spans, x.size), 0, x)
        n = slopes(at, every).reshape(-1, DIRECTIONS)
        a = (every @ gradient(at)).reshape(-1, DIRECTIONS)
        sizes, off = np.abs(n).max(axis=1), np.abs(a - n).max(axis=1)
        if (sizes > SEEN * here).mean() <= 0.5:
            return None
        if (off <= RIGHT * np.maximum(sizes, SEEN * here)).all():
            return True
        return False if (off > CLEAR * np.maximum(sizes, here)).any() else None

    alone = [group for name in leaves for group in _side_by_side({name: leaves[name]})]
    for groups in (alone, _single(leaves), _side_by_side(leaves), _together(leaves)):
        found = [words for words, parts in groups if at_zero(parts)]
        if len(found) == 1:
            one = found[0] in leaves
            return (f"With {found[0]} all zero what is wrong here is right: look at what goes back through "
                    f"{'it, and at what it makes' if one else 'them, and at what they make'}.")
        if len(found) == 2:
            return (f"With {found[0]}, or with {found[1]}, all zero what is wrong here is right: look at "
                    "what goes back through both, and at what they make.")
        if found:
            return ""
    return _elsewhere(leaves, at_zero)


def _elsewhere(leaves, at_zero):
    """Return the sentence for what stays wrong where the weights of the state, if they show, are zero."""
    of_cells = [(n, {n: ...}) for n in _matrices(leaves) if n.rpartition(".")[2] == "W_h"]
    squares = [(n, {n: ...}) for n, w in _matrices(leaves).items() if w.shape[0] == w.shape[1]]
    squares = next((s for s in (of_cells, squares) if len(s) == 1), _together(leaves))
    columns = _side_by_side(leaves)
    groups = squares if len(squares) == 1 else columns if len(columns) == 2 and not squares else []
    if not groups or not all(at_zero(parts) is False for _, parts in groups):
        return ""
    through = "it" if groups[0][0] in leaves else "them"
    words = groups[0][0].replace("the first", "the first, or the last,") if len(groups) == 2 else groups[0][0]
    return f"With {words} all zero it is wrong, too: not all of it is in what goes back through {through}."


def _spans(leaves):
    ends = np.cumsum([leaf.size for leaf in leaves.values()])
    return {name: slice(int(end - leaf.size), int(end)) for (name, leaf), end in zip(leaves.items(), ends)}


def _mask(parts, leaves, spans, size):
    """Return which of all entries lie in parts: {name: index into the leaf}."""
    where = np.zeros(size, bool)
    for name, part in parts.items():
        chosen = np.zeros(leaves[name].shape, bool)
        chosen[part] = True
        where[spans[name]] = chosen.ravel()
    return where


def _matrices(leaves):
    return {n: w for n, w in leaves.items()
            if w.ndim == 2 and min(w.shape) > 1 and w.any() and n.rpartition(".")[2] not in DATA}


def _single(leaves):
    return [(name, {name: ...}) for name in _matrices(leaves)]


def _together(leaves):
    """Return all square matrices of one size, as of the gates of one cell."""
    alike = defaultdict(list)
    for name, w in _matrices(leaves).items():
        if w.shape[0] == w.shape[1]:
            alike[w.shape].append(name)
    return [(listed(names), dict.fromkeys(names, ...)) for names in alike.values() if len(names) > 1]


def _side_by_side(leaves):
    """Return the columns of the state in matrices that take [h, x], or [x, h], side by side."""
    alike, found = defaultdict(list), []
    for name, w in _matrices(leaves).items():
        if w.shape[0] < w.shape[1]:
            alike[w.shape].append(name)
    for (H, _), names in alike.items():
        for words, part in (("first", np.s_[:, :H]), ("last", np.s_[:, -H:])):
            found.append((f"the {words} {H} columns of {listed(names)}", dict.fromkeys(names, part)))
    return found
