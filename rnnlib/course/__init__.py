"""The wing of the course: what the notebooks show, ask and record, on top of the mathematics.

Here belongs all that needs matplotlib or anywidget, or that serves a page. Whatever a reader might use
without the notebooks lives outside, where NumPy is enough.
"""

import logging
import sys
from importlib.util import find_spec

if not (find_spec("matplotlib") and find_spec("anywidget")):
    raise ModuleNotFoundError(
        "rnnlib.course needs matplotlib and anywidget: pip install 'rnnlib[course]'")
if sys.platform == "emscripten":      # there Matplotlib builds its font cache at every start, and says so
    logging.getLogger("matplotlib.font_manager").addFilter(lambda said: "font cache" not in said.msg)

from . import memory, unfinished
