"""What the watcher's process says of itself, with a tracker in memory in place of a real one."""

import io
import json
from threading import Event

from paribus.trackers import watcher


def watched(written, make, ended):
    said = io.StringIO()
    watcher.watch(written.folder, "memory", make, ended, said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_it_sends_everything_and_says_how_much(written, in_memory):
    written.whole("plain")
    written.whole("l2")
    ended = Event()
    ended.set()
    *alive, last = watched(written, lambda _study: in_memory, ended)
    assert alive
    assert last == {"runs": 2, "place": "memory", "error": ""}


def test_a_tracker_that_is_down_is_tried_again_and_then_named(written, in_memory, monkeypatch):
    monkeypatch.setattr(watcher, "_PAUSE", 0.01)
    written.whole("plain")
    in_memory.down = True
    ended = Event()
    ended.set()
    last = watched(written, lambda _study: in_memory, ended)[-1]
    assert last["error"] == "ConnectionError: refused"
    assert last["runs"] == 0


def test_a_tracker_that_cannot_even_be_made_is_named(written, monkeypatch):
    monkeypatch.setattr(watcher, "_PAUSE", 0.01)
    ended = Event()
    ended.set()
    (last,) = watched(written, lambda _study: 1 / 0, ended)
    assert last["error"] == "ZeroDivisionError: division by zero"
