"""Recorded figures of published examples, which the notebooks and tests must reproduce."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np


def recorded(name):
    """Return the figures of source "000", "002" or "003", or "gru"; lists are arrays, groups attributes."""
    path = Path(__file__).with_name(f"recorded_{name}.json")
    return _attributes(json.loads(path.read_text(encoding="utf-8")))


def _attributes(value):
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _attributes(v) for key, v in value.items()})
    return np.array(value) if isinstance(value, list) else value
