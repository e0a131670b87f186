"""The stop button of a notebook: it ends a training between two steps, and nothing is lost."""

import math
import signal
import sys
import time

PATIENCE = 3      # seconds: who presses again after so long wants to end whatever hangs
IN_A_BROWSER = sys.platform == "emscripten"          # where no interrupt arrives while Python is busy
SECONDS = 18 if IN_A_BROWSER else math.inf           # so there a training ends by itself
TIME_IS_UP = f"in a browser it has {SECONDS} seconds"


class StopButton:
    """Hears an interrupt of the kernel, or of the clock in a browser; `why` says which came, if one did.

    with StopButton() as button:
        for step in button.heed(steps):
            ...

    Only the step that is being made is cut short. All else runs to its end: what is kept of a step,
    what is drawn of it.
    """

    def __init__(self):
        self.pressed, self.cutting, self.since, self.end = False, False, 0.0, math.inf

    @property
    def why(self):
        """Why the steps ended before their time; empty if they did not."""
        return "you interrupted it" if self.pressed else TIME_IS_UP if time.monotonic() > self.end else ""

    def __enter__(self):
        self.end = time.monotonic() + SECONDS
        try:
            self.before = signal.signal(signal.SIGINT, self._press)
        except ValueError:                    # in another thread, where no interrupt arrives
            self.before = None
        return self

    def __exit__(self, *_):
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _press(self, *_):
        now, again = time.monotonic(), self.pressed
        if not again:
            self.pressed, self.since = True, now
        if self.cutting or (again and now - self.since > PATIENCE):
            raise KeyboardInterrupt

    def heed(self, steps):
        """Yield from steps until the button is pressed, or time is up."""
        steps, end = iter(steps), object()
        while not self.why:
            try:
                self.cutting = True
                step = next(steps, end)
            except KeyboardInterrupt:
                self.pressed, step = True, end
            finally:
                self.cutting = False
            if step is end:
                return
            yield step
