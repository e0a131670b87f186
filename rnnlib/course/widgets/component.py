"""The one front end of all that is alive on a page: live.js shows what Python has painted and written."""

import secrets
from html import escape
from pathlib import Path

import anywidget
import traitlets

from .. import figures
from .typeset import TYPE

HERE = Path(__file__).parent


class Front(anywidget.AnyWidget):
    """The front end; a stored notebook shows `html`, or `text`, in its place."""

    _esm = (HERE / "live.js").read_text(encoding="utf-8")
    _css = (HERE / "live.css").read_text(encoding="utf-8")

    def __init__(self, **traits):
        super().__init__(**traits)
        self.add_class(f"rnnlib-{type(self).__name__.lower()}")

    def _repr_mimebundle_(self, **kwargs):
        view = super()._repr_mimebundle_(**kwargs) or {}
        data = view[0] if isinstance(view, tuple) else view
        return {**data, "text/html": self.html, "text/plain": self.text}

    def __repr__(self):
        return f"{type(self).__name__}()"


class Component(Front):
    """A figure under controls, a question, a question that covers something, or puzzles.

    The front end asks by {"kind": "paint", "state": [...]}, {"kind": "judge", "said": ...} and {"kind":
    "check", "number": ...}; the answers are a Frame with its picture, a "verdict" and some "evidence".
    """

    key = traitlets.Unicode().tag(sync=True)                    # frames are kept under it
    scene = traitlets.Dict().tag(sync=True)                     # what stays: controls, size
    state = traitlets.List().tag(sync=True)                     # where the controls stand
    shown = traitlets.Dict().tag(sync=True)                     # the frame of this state, with its `png`
    question = traitlets.Dict(allow_none=True).tag(sync=True)
    answered = traitlets.Dict(allow_none=True).tag(sync=True)   # the verdict, once there is one
    puzzles = traitlets.List().tag(sync=True)
    number = traitlets.Int().tag(sync=True)                     # of the puzzle on show
    found = traitlets.List().tag(sync=True)                     # the numbers of the puzzles that are solved

    def __init__(self, painter=None, question=None):
        self.painter, self.error = painter, None
        start = {"key": secrets.token_hex(8), "question": question, "answered": None}
        if painter:
            controls = [control.as_data(name) for name, control in painter.controls.items()]
            start |= {"state": painter.first.state, "shown": _sent(painter.first),
                      "scene": {"controls": controls, "first": painter.first.state,
                                "size": [round(inches * figures.CSS_PER_INCH) for inches in painter.size]}}
            for control in painter.controls.values():
                control.moved = self.show
        super().__init__(**start)
        self.on_msg(self._hear)

    @property
    def controls(self):
        """The controls, by name."""
        return self.painter.controls if self.painter else {}

    @property
    def values(self):
        """What the controls say now."""
        return self.painter.values

    @property
    def figure(self):
        """The figure that is painted."""
        return self.painter.figure

    @property
    def initial(self):
        """What the controls said at first."""
        return {name: c.values[k] for (name, c), k in zip(self.controls.items(), self.painter.first.state)}

    @property
    def sentence(self):
        """What stands under the picture, plain."""
        return self.shown["alt"]

    @property
    def source(self):
        """The line of code that stands for this state."""
        return self.shown["code"]

    @property
    def png(self):
        """The picture."""
        return self.shown["png"]

    def show(self):
        """Show the frame of where the controls stand."""
        frame = self._paint(self.painter.state)
        with self.hold_sync():
            self.state = self.painter.state
            if frame:
                self.shown = _sent(frame)

    def reset(self):
        """Put every control back where it started."""
        for control, index in zip(self.controls.values(), self.painter.first.state):
            control._index = index
        self.show()

    def _paint(self, state):
        """Return the Frame of a state; an error is kept, and there is no frame."""
        try:
            self.error, frame = None, self.painter.paint(state)
            return frame
        except Exception as error:
            self.error = error
            return None

    def _hear(self, _, message, buffers):
        """Answer what the front end asks."""
        if message.get("kind") == "paint":
            state = message["state"]
            frame = self._paint(state)
            if frame:
                self.send({"kind": "frame", **frame.as_data()}, [frame.png])
            else:
                said = f"Not drawn, the picture is the last good one: {self.error}"
                self.send({"kind": "failed", "state": state, "sentence": said})
        elif message.get("kind") == "judge":
            verdict, decided = self.judge(message["said"])
            self.send({"kind": "verdict", "decided": decided, **verdict})
        elif message.get("kind") == "check":
            number = message["number"]
            self.send({"kind": "evidence", "number": number, "html": self.evidence(number)})

    @traitlets.observe("state")
    def _follow(self, change):
        """Let the controls stand where the front end put them."""
        for control, index in zip(self.controls.values(), change["new"]):
            control._index = index


def _sent(frame):
    return {**frame.as_data(), "png": frame.png}


def still(painter):
    """Return the first frame as HTML, for readers without a kernel."""
    first = painter.first
    image = figures.img(first.png, first.said, painter.size[0])
    code = f'<pre style="font-size: 14px">{escape(first.code)}</pre>' if first.code else ""
    hint = "<p>Run this cell to move the controls.</p>"
    return f'{image}<div style="{TYPE}">{first.sentence}</div>{code}{hint}'
