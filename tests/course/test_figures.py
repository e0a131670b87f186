"""The palette stays apart for every eye and in grey; a picture carries its text and stays small."""

import subprocess
import sys
from io import BytesIO
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from rnnlib.course import figures
from rnnlib.course.figures import COLORS, FILLS, LINES, STYLE, picture

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}
TOGETHER = [("state", "gradient"), ("state", "loss"), ("gradient", "loss"), ("state", "output"),
            ("gradient", "output"), *[(role, "ink") for role in ("state", "gradient", "loss")]]
ALT = "The loss falls from 1.50 to 0.25 in 20 steps."


def linear(color):
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(color):
    return linear(color) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def lab(color, eye):
    """Return CIE L*a*b* (D65) of a colour as an eye sees it."""
    rgb = np.clip(np.array(EYES[eye]) @ linear(color), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722],
                    [0.0193, 0.1192, 0.9505]]) @ rgb / [0.9505, 1, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("role", COLORS)
def test_line_colours_stand_out_from_white(role):
    assert contrast(COLORS[role], "white") >= 3


@pytest.mark.parametrize("role", FILLS)
def test_pale_colours_only_fill_and_carry_ink(role):
    assert contrast(FILLS[role], "white") < 3
    assert contrast(FILLS[role], COLORS["ink"]) >= 4.5
    assert FILLS[role] not in [line["color"] for line in LINES.values()]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("pair", TOGETHER, ids="-".join)
def test_colours_used_together_stay_apart_for_every_eye(pair, eye):
    one, other = (lab(COLORS[role], eye) for role in pair)

    assert np.linalg.norm(one - other) >= 15     # a just noticeable difference is about 2.3


@pytest.mark.parametrize("pair", [*combinations(LINES, 2)], ids="-".join)
def test_lines_differ_in_dashes_and_marker_because_greys_are_close(pair):
    one, other = (LINES[role] for role in pair)

    assert one["linestyle"] != other["linestyle"] and one["marker"] != other["marker"]


def test_fills_used_together_differ_in_grey():
    grey = {role: lab(color, "normal")[0] for role, color in FILLS.items()}

    assert abs(grey["highlight"] - grey["input"]) >= 15
    assert abs(grey["highlight"] - grey["memory"]) >= 15


def test_style_is_readable_from_the_last_row_and_never_global():
    before = dict(matplotlib.rcParams)

    picture(lambda ax: ax.plot([1, 2]), ALT)

    sizes = [value for key, value in STYLE.items() if "size" in key and "marker" not in key]
    assert min(sizes) >= 14 and STYLE["lines.linewidth"] >= 2.5
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("alt", ["", "   ", "plot of loss", None, 3])
def test_picture_refuses_an_alt_that_states_no_finding(alt):
    with pytest.raises(ValueError, match=r"alt must be a sentence .* got"):
        picture(lambda ax: None, alt)


def curve(ax):
    ax.plot(np.exp(-np.arange(20) / 5), **LINES["loss"], label="loss $L$")
    ax.set(xlabel="step", ylabel="loss $L$")
    ax.legend()


def test_picture_is_small_sharp_white_and_always_the_same():
    one, two = picture(curve, ALT), picture(curve, ALT)

    image = Image.open(BytesIO(one.png))
    assert one.png == two.png and len(one.png) <= 25_000
    assert image.mode == "P" and image.size == (1200, 675)
    assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    close = np.abs(np.array(image.convert("RGB"), int) - np.array(to_rgb(COLORS["loss"])) * 255)
    assert (close.max(axis=-1) <= 3).sum() > 1000       # quantising keeps the line's colour


def test_picture_carries_escaped_text_in_every_representation():
    alt = '<img onerror=x> "h_1" & more than 20 characters'

    data, metadata = picture(curve, alt)._repr_mimebundle_()

    assert data["text/plain"] == alt and metadata["image/png"]["alt"] == alt
    assert data["text/html"].startswith('<img alt="&lt;img onerror=x&gt; &quot;h_1&quot; &amp; ')
    assert data["text/html"].count("<") == 1
    assert 'width="800"' in data["text/html"] and data["image/png"][:4] == b"\x89PNG"


def test_panels_say_what_draw_is_called_with():
    seen = []
    picture(lambda left, right: seen.extend([left, right]), ALT, panels=(1, 2))
    picture(lambda figure: seen.append(figure), ALT, panels=None)

    assert seen[0].figure is seen[1].figure
    assert isinstance(seen[2], figures.Figure) and seen[2] is not seen[0].figure


@pytest.mark.parametrize("platform, said", [("emscripten", 1), ("linux", 2)])
def test_in_a_browser_the_font_cache_is_built_in_silence(platform, said):
    code = f"""
import importlib, logging, sys
import rnnlib.course
sys.platform = {platform!r}
importlib.reload(rnnlib.course)
log = logging.getLogger("matplotlib.font_manager")
log.warning("Matplotlib is building the font cache; this may take a moment.")
log.warning("findfont: another matter")
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0 and len(done.stderr.splitlines()) == said, done.stderr
    assert done.stderr.endswith("another matter\n")
