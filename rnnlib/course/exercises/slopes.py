"""What stands where a tanh, or the slope of a tanh or of a σ, belongs: one table for all exercises.

What an exercise tells in words of its own is left out by a word of its sentence, `but`.
"""

import numpy as np

from ... import losses
from ...cells.activations import sigmoid


def of_tanh(h="h_t", key="slope", begin="", but=()):
    """Return slips {what is wrong: {key: a function of tanh(z)}}; h is how the exercise calls tanh(z)."""
    said = f"{begin}the slope of the tanh is 1 - {h}^2"
    return {text: {key: change} for text, change in {
        f"{begin}the slope of the tanh is missing: it is 1 - {h}^2.": lambda h: 1.0,
        f"{said}: {h} has been through the tanh already.": lambda h: 1 - np.tanh(h) ** 2,
        f"{said}; the square is missing.": lambda h: 1 - h,
        f"{said}, not 1 + {h}^2.": lambda h: 1 + h**2,
        f"{said}, and not {h} (1 - {h}), which is that of a σ.": lambda h: h * (1 - h),
        f"{said}, not {h}^2.": lambda h: h**2,
        f"{said}, not {h}^2 - 1: its sign is wrong.": lambda h: h**2 - 1,
        f"{said}; no root belongs to it.": lambda h: np.sqrt(np.abs(1 - h**2)),
        f"{said}; yours is squared once more.": lambda h: (1 - h**2) ** 2,
        f"{said}; the square belongs to {h} alone, not to 1 - {h}.": lambda h: (1 - h) ** 2,
        f"{said}: {h} itself is not its slope.": lambda h: h,
    }.items() if not any(word in text for word in but)}


def at_z(z="z_t", key="slope", begin=""):
    """Return slips {what is wrong: {key: a function of z}} of a slope 1 - tanh(z)**2."""
    said = f"{begin}the slope is that of the tanh at {z}, 1 - tanh({z})^2"
    return {text: {key: change} for text, change in {
        f"{begin}the slope is missing: it is that of the tanh at {z}, 1 - tanh({z})^2.": lambda z: 1.0,
        f"{said}: {z} has not been through the tanh yet.": lambda z: 1 - z**2,
        f"{said}; the square is missing.": lambda z: 1 - np.tanh(z),
        f"{said}; yours has a tanh too many.": lambda z: 1 - np.tanh(np.tanh(z)) ** 2,
        f"{said}; yours is that of a σ.": lambda z: 1 / (4 * np.cosh(z / 2) ** 2),
        f"{said}; yours has t (1 - t), with t = tanh({z}).": lambda z: np.tanh(z) * (1 - np.tanh(z)),
        f"{said}; yours is {z} (1 - {z}), as if {z} were the value of a σ.": lambda z: z * (1 - z),
        f"{said}; yours is squared once more.": lambda z: (1 - np.tanh(z) ** 2) ** 2,
        f"{said}; its sign is wrong.": lambda z: np.tanh(z) ** 2 - 1,
        f"{said}, not 1 + tanh({z})^2.": lambda z: 1 + np.tanh(z) ** 2,
        f"{said}; yours is the tanh itself.": np.tanh,
        f"{said}; the square belongs to the tanh alone, not to 1 - tanh.": lambda z: (1 - np.tanh(z)) ** 2,
        f"{said}, not tanh({z})^2.": lambda z: np.tanh(z) ** 2,
        f"{said}, 1 / cosh({z})^2; the square is missing.": lambda z: 1 / np.cosh(z),
    }.items()}


def of_sigmoid(s="s", key="slope", begin="", but=()):
    """Return slips {what is wrong: {key: a function of σ(z)}}; s is how the exercise calls σ(z)."""
    said = f"{begin}the slope of a σ is {s} (1 - {s})"
    return {text: {key: change} for text, change in {
        f"{begin}the slope of the σ is missing: it is {s} (1 - {s}).": lambda s: 1.0,
        f"{said}, not 1 - {s}^2, which is that of a tanh.": lambda s: 1 - s**2,
        f"{said}; yours lacks the first factor.": lambda s: 1 - s,
        f"{said}; yours lacks the factor 1 - {s}.": lambda s: s,
        f"{said}, not {s} (1 + {s}).": lambda s: s * (1 + s),
        f"{said}, not {s} (1 - {s}^2).": lambda s: s * (1 - s**2),
        f"{said}: {s} has been through the σ already.": lambda s: (1 - np.tanh(s / 2) ** 2) / 4,
        f"{said}; yours has the wrong sign.": lambda s: -s * (1 - s),
        f"{said}, and not {s}^2 (1 - {s}).": lambda s: s**2 * (1 - s),
        f"{said}; yours is (1 - {s})^2.": lambda s: (1 - s) ** 2,
        f"{said}; yours is squared once more.": lambda s: (s * (1 - s)) ** 2,
    }.items() if not any(word in text for word in but)}


SIGMAS = {       # of z, where a σ belongs: what it is
    "a σ of a σ": lambda z: sigmoid(sigmoid(z)),
    "a σ of a tanh": lambda z: sigmoid(np.tanh(z)),
    "σ(2z)": lambda z: sigmoid(2 * z),
    "σ(z / 2)": lambda z: sigmoid(z / 2),
    "σ(-z), which is 1 - σ(z)": lambda z: sigmoid(-z),
    "a tanh": np.tanh,
    "z itself": lambda z: z,
    "exp(z)": np.exp,
    "a line that is cut off at 0 and 1": lambda z: np.clip(0.2 * z + 0.5, 0, 1),
    "a threshold, 0 or 1": lambda z: 1.0 * (z > 0),
}
SQUASHES = {     # of z, where a tanh belongs: what it is
    "the logistic σ": sigmoid,
    "a rectifier, max(0, z)": lambda z: np.maximum(z, 0),
    "a tanh of a tanh": lambda z: np.tanh(np.tanh(z)),
    "tanh(z / 2)": lambda z: np.tanh(z / 2),
    "a sine": np.sin,
    "a tangent, np.tan": np.tan,
    "a line that is cut off at -1 and 1": lambda z: np.clip(z, -1, 1),
    "a softmax": losses.softmax,
    "a softsign": lambda z: z / (1 + np.abs(z)),
}


def no_tanh(key="squash", begin="", but=()):
    """Return slips {what is wrong: {key: a function of z}} where a tanh belongs."""
    return {f"{begin}what squashes here is {name}; it is np.tanh, once.": {key: f}
            for name, f in SQUASHES.items() if name not in but}


def no_sigmoid(key="sigmoid", begin="", but=(), put=lambda f: f):
    """Return slips {what is wrong: {key: put(a function of z)}} where a σ belongs."""
    return {f"{begin}what squashes here is {name}; it is σ(z) = 1 / (1 + exp(-z)), once.": {key: put(f)}
            for name, f in SIGMAS.items() if name not in but}
