"""Arrays in dicts, tuples and NamedTuples: by name, and side by side in one row of numbers."""

import numpy as np


def _items(tree):
    if hasattr(tree, "_fields"):
        return zip(tree._fields, tree, strict=True)
    return tree.items() if isinstance(tree, dict) else ((str(i), t) for i, t in enumerate(tree))


def walk(tree, name=""):
    """Yield (name, leaf); a NamedTuple's fields keep their own names, W_h rather than p.W_h."""
    if not isinstance(tree, (dict, tuple, list)):
        yield name or "x", tree
        return
    for key, branch in _items(tree):
        yield from walk(branch, str(key) if hasattr(tree, "_fields") or not name else f"{name}.{key}")


def rebuild(tree, leaves, name=""):
    """Return tree with its leaves replaced by name."""
    if not isinstance(tree, (dict, tuple, list)):
        return leaves[name or "x"]
    inside = hasattr(tree, "_fields")
    branches = [
        rebuild(b, leaves, str(k) if inside or not name else f"{name}.{k}") for k, b in _items(tree)
    ]
    if inside:
        return tree._make(branches)
    return dict(zip(tree, branches, strict=True)) if isinstance(tree, dict) else type(tree)(branches)


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
    ends = np.cumsum([leaf.size for leaf in leaves.values()])[:-1]
    parts = np.split(rows, ends, axis=1)
    return {k: part.reshape(-1, *leaf.shape) for (k, leaf), part in zip(leaves.items(), parts, strict=True)}
