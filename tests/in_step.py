"""Does a notebook that was run again say what is stored?"""

import re
from base64 import b64decode
from io import BytesIO

import nbformat
import numpy as np
import pytest
from PIL import Image

import build

PIXELS = re.compile(r'(?<=base64,)[\w+/=]+|(?<="image/png": ")[^"]+')


def with_outputs(path, cells):
    """Return the stored notebook with the outputs of these cells, as the build would store them."""
    notebook = nbformat.read(path, as_version=4)
    for stored, cell in zip(notebook.cells, cells, strict=True):
        if stored.cell_type == "code":
            stored.outputs = nbformat.from_dict(cell["outputs"])
    build.normalise(notebook, path.stem)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def assert_in_step(path, now):
    """Fail unless the text of a notebook, built or run again, is what is stored, to the byte or nearly so."""
    if not is_in_step(path, now):
        before = path.read_text(encoding="utf-8")
        again, stored = (nbformat.reads(text, as_version=4).cells for text in (now, before))
        changed = [a.id for a, b in zip(again, stored, strict=False) if a != b]
        pytest.fail(f"{path.stem} comes out differently at {', '.join(changed) or 'its end'}")


def is_in_step(path, now):
    before = path.read_text(encoding="utf-8")
    return now == before or (same_but_for_pixels(now, before) and look_alike(now, before))


def same_but_for_pixels(now, before):
    return PIXELS.sub("", now) == PIXELS.sub("", before)


def look_alike(now, before):
    """Compare pictures: another processor rounds differently, and a line moves by a hair."""
    for ours, theirs in zip(PIXELS.findall(now), PIXELS.findall(before), strict=True):
        a, b = (np.asarray(Image.open(BytesIO(b64decode(png.replace("\\n", "")))).convert("L"), float)
                for png in (ours, theirs))
        if a.shape != b.shape or np.abs(a - b).mean() > 1:
            return False
    return True
