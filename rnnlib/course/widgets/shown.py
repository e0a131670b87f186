"""What every other widget is made of: text in HTML, and something to show without a kernel."""

from html import escape

import ipywidgets as ipw

TYPE = "font-size: var(--jp-content-font-size1, 16px); line-height: 1.5"      # of the text beside a picture


class Shown(ipw.VBox):
    """A column of widgets that a stored notebook can still show, as HTML and as text."""

    def __init__(self, children, html, text):
        super().__init__(children)
        self.html, self.text = html, text
        self.add_class(f"rnnlib-{type(self).__name__.lower()}")

    @property
    def now(self):
        """What is to be seen with a kernel, as HTML."""
        return "".join(child.value for child in self.children if isinstance(child, ipw.HTML))

    def _repr_mimebundle_(self, **kwargs):
        view = super()._repr_mimebundle_(**kwargs) or {}
        return {**view, "text/html": self.html, "text/plain": self.text}


def unkept(live, instead):
    """Let a stored notebook say `instead` of what differs from machine to machine; return live."""
    live.html, live.text = f'<div style="{TYPE}">{escape(instead)}</div>', instead
    return live


def status(text):
    """Write a text line that a screen reader announces when it changes."""
    return f'<div role="status" aria-live="polite" style="{TYPE}">{escape(text)}</div>'


def source(code):
    """Write one line of code that a click selects."""
    return (f'<pre tabindex="0" aria-label="code for this state" '
            f'style="user-select: all; font-size: 14px">'
            f"{escape(code)}</pre>")
