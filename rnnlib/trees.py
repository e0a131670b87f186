"""Arrays in dicts, tuples and NamedTuples: by name, and side by side in one row of numbers."""

from collections import Counter

import numpy as np


def walk(tree):
    """Yield (name, leaf). A name is the path from the top: p.0.W_h, or x for a tree that is one array.

    A NamedTuple's fields go by their own names, W_h, unless another leaf of the tree has that name too.
    """
    found = list(_leaves(tree, "", ""))
    count = Counter(short for short, _, _ in found)
    for short, path, leaf in found:
        yield short if count[short] == 1 else path, leaf


def _leaves(tree, short, path):
    """Yield (name since the last NamedTuple, name from the top, leaf)."""
    if not isinstance(tree, (dict, tuple, list)):
        yield short or "x", path or "x", tree
        return
    inside = hasattr(tree, "_fields")
    items = tree.items() if isinstance(tree, dict) else zip(tree._fields, tree) if inside else enumerate(tree)
    for key, branch in items:
        below = str(key) if inside or not short else f"{short}.{key}"
        yield from _leaves(branch, below, f"{path}.{key}" if path else str(key))


def fill(tree, leaves):
    """Return tree with its leaves replaced in their order."""
    leaves = iter(leaves)
    return map(lambda _: next(leaves), tree)


def map(f, tree, *others):
    """Return the tree of f(leaf, *leaves of the others), which have the same structure."""
    if not isinstance(tree, (dict, tuple, list)):
        return f(tree, *others)
    if isinstance(tree, dict):
        return {key: map(f, branch, *(o[key] for o in others)) for key, branch in tree.items()}
    branches = [map(f, *leaves) for leaves in zip(tree, *others, strict=True)]
    return tree._make(branches) if hasattr(tree, "_fields") else type(tree)(branches)


def flat(arrays):
    """Return all entries of the arrays in one row, (n,)."""
    return np.concatenate([a.ravel() for a in arrays])


def split(rows, leaves):
    """Return rows (m, n) as the tensors they hold, each (m, *shape)."""
    parts, end = {}, 0
    for name, leaf in leaves.items():
        start, end = end, end + leaf.size
        parts[name] = rows[:, start:end].reshape(-1, *leaf.shape)
    return parts
