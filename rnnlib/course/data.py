"""Recorded figures of published examples, which the notebooks and tests must reproduce."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ..doors import checks

HERE = Path(__file__).parent

def recorded(name):
    """Return the figures of source "000", "002" or "003", or of a run: "gru", "training", "scan" …

    Lists become arrays, groups become attributes.
    """
    names = sorted(path.stem.removeprefix("recorded_") for path in HERE.glob("recorded_*.json"))
    path = HERE / f"recorded_{checks.one_of('data.recorded', 'name', name, names)}.json"
    return _attributes(json.loads(path.read_text(encoding="utf-8")))


def _attributes(value):
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _attributes(v) for key, v in value.items()})
    return np.array(value) if isinstance(value, list) else value
