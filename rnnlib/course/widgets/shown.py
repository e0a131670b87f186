"""HTML that is shown as long as there is a kernel, and something else that a stored notebook keeps."""

from html import escape

import traitlets

from .component import Front
from .typeset import TYPE


class Shown(Front):
    """HTML that may change, `now`; a stored notebook shows `html`, or `text`.

    A screen reader is told `said`, whenever that changes.
    """

    now = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)

    def __init__(self, now, html="", text=""):
        super().__init__(now=now)
        self.html, self.text = html, text


def unkept(live, instead):
    """Let a stored notebook say `instead` of what differs from machine to machine; return live."""
    live.html, live.text = line(escape(instead)), instead
    return live


def line(html):
    """Write a line of text in the type of the page."""
    return f'<div style="{TYPE}">{html}</div>'
