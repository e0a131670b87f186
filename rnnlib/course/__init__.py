"""The wing of the course: what the notebooks show, ask and record, on top of the mathematics.

Here belongs all that needs matplotlib or ipywidgets, or that serves a page. Whatever a reader might use
without the notebooks lives outside, where NumPy is enough.
"""

from . import unfinished
from .figures import picture
