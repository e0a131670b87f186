"""The stop button of a notebook: it ends a training between two steps, and nothing is lost."""

import signal
import time

PATIENCE = 3      # seconds: who presses again after so long wants to end whatever hangs


class StopButton:
    """Hears an interrupt of the kernel; `pressed` says whether there was one.

    with StopButton() as button:
        for step in button.heed(steps):
            ...

    Only the step that is being made is cut short. All else runs to its end: what is kept of a step,
    what is drawn of it.
    """

    def __init__(self):
        self.pressed, self.cutting, self.since = False, False, 0.0

    def __enter__(self):
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
        """Yield from steps until the button is pressed."""
        steps, end = iter(steps), object()
        while not self.pressed:
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
