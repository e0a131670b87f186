import gc
import weakref
from types import SimpleNamespace

import pytest
from IPython.core.events import EventManager

from rnnlib.course import memory


@pytest.fixture
def shell():
    yield SimpleNamespace(events=EventManager(None, {"post_run_cell": lambda result: None}))
    gc.unfreeze()


class Ring:
    """Names itself, as a figure and its canvas name each other."""

    def __init__(self):
        self.own = self


def test_what_a_cell_no_longer_needs_is_gone_when_it_has_ended(shell):
    memory.watch(shell)
    shell.events.trigger("post_run_cell", None)
    gc.disable()
    try:
        gone = weakref.ref(Ring())
        assert gone() is not None
        shell.events.trigger("post_run_cell", None)
    finally:
        gc.enable()

    assert gone() is None


def test_what_was_there_before_is_looked_through_once(shell):
    gc.unfreeze()
    memory.watch(shell)

    shell.events.trigger("post_run_cell", None)
    frozen = gc.get_freeze_count()
    kept = [Ring() for _ in range(99)]
    shell.events.trigger("post_run_cell", None)

    assert frozen > 10_000 and gc.get_freeze_count() <= frozen and len(kept) == 99


def test_without_a_shell_or_a_c_library_nothing_happens(monkeypatch):
    memory.watch(None)
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: SimpleNamespace())

    memory.Tidy().after()
    gc.unfreeze()


def test_what_can_be_folded_away_is_folded_after_each_cell(monkeypatch):
    done = []
    monkeypatch.setattr(memory, "folded", [lambda: done.append("one"), lambda: done.append("two")])

    memory.Tidy().after()

    assert done == ["one", "two"]
