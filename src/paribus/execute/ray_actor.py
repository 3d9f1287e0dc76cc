"""What trains on a machine of a Ray cluster: an actor with a worker process, the same as at home.

The worker trains into a folder of this machine. The actor sends what is new in it, and what the worker
reports, whenever the process of the study asks. Nothing here writes to the study's folder.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import gettempdir, mkdtemp
from typing import Any

from filelock import FileLock

from paribus.data.cache import cache_folder
from paribus.data.decoded import map_images, place
from paribus.execute.local import Events, Process, settings
from paribus.execute.messages import Assignment, Idle
from paribus.execute.parcel import About, Parcel, Turn, receive
from paribus.record.environment import processor
from paribus.record.folder import ENVIRONMENT
from paribus.record.mirror import Change, Mirrored
from paribus.record.store import Store

_GATHER = 0.05  # seconds in which events are gathered, so that short epochs travel together
_LOOK = 0.25  # seconds between two looks for a checkpoint, which nobody reports
_LONGEST = 2.0  # seconds after which an empty turn returns, so that the actor can be asked for something else
_SCRATCH = "paribus-ray-"
TRAINED_ON = "trained_on"
"""The key of a run's environment that has the machines which trained it, in their order."""


class Actor:
    """A worker process on a machine of the cluster, and the folder in which it trains."""

    def __init__(self) -> None:
        _remove_leftovers()
        self._scratch = Path(mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
        self._events: Events = SimpleQueue()
        self._process: Process | None = None
        self._mirrored: dict[str, Mirrored] = {}
        self._trained_on: dict[str, list[Any]] = {}
        self._at_hand: dict[str, Path] = {}

    def about(self) -> About:
        """Return where this is."""
        ray: Any = importlib.import_module("ray")
        return About(ray.get_runtime_context().get_node_id(), platform.node())

    def turn(self, parcel: Parcel | None = None) -> Turn:
        """Begin an assignment where one is given, and return what is new, as soon as something is."""
        if parcel is not None:
            self._begin(parcel)
        lines: list[str] = []
        is_idle = False
        began, first = time.monotonic(), 0.0
        while not is_idle:
            waited = time.monotonic() - (first or began)
            if (lines and waited >= _GATHER) or waited >= _LONGEST:
                break
            try:
                process, event = self._events.get(timeout=_GATHER if lines else _LOOK)
            except Empty:
                if self._process is not None:
                    self._process.check_time()
                if not lines and (changes := self._changes()):
                    return Turn(changes, ())
                continue
            if process is not self._process:
                continue  # of one that was retired
            first = first or time.monotonic()
            if event is None:
                lines += [ended.to_line() for ended in process.record_death()]
                self._process, is_idle = None, True
            elif isinstance(event, Idle):
                process.assignment, is_idle = None, True
            else:
                process.note(event)
                lines.append(event.to_line())
        return Turn(self._changes(), tuple(lines), is_idle)

    def close(self) -> None:
        """End the worker and delete what is here."""
        self._retire()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _begin(self, parcel: Parcel) -> None:
        shutil.rmtree(self._scratch / "study", ignore_errors=True)
        (self._scratch / "study").mkdir(parents=True)
        assignment = receive(parcel, self._scratch)
        assignment = self._with_data(assignment, parcel.data)
        store = Store(assignment.folder)
        self._mirrored = {spec.digest: Mirrored(store.run(spec).path) for spec in assignment.specs}
        for run, each in self._mirrored.items():
            each.know()
            self._trained_on[run] = _machines(parcel.runs.get(run, {}))
        wanted = settings(assignment)
        if self._process is None or self._process.settings != wanted:
            self._retire()
            self._process = Process(self._events, wanted)
            self._process.__enter__()
        self._process.ended.clear()
        self._process.assign(assignment)

    def _retire(self) -> None:
        if self._process is not None:
            self._process.retire()
            self._process = None

    def _with_data(self, assignment: Assignment, data: Sequence[Any]) -> Assignment:
        """Return the assignment with the place of its data here, to which they are brought if need be.

        Those who train on this machine wait for the one that gets them.
        """
        identity = assignment.specs[0].data
        if not data:
            return assignment
        if identity.sha256 not in self._at_hand:
            entry = cache_folder() / "decoded" / identity.sha256
            try:
                entry.parent.mkdir(parents=True, exist_ok=True)
                with FileLock(entry.with_suffix(".lock")):
                    self._bring(entry, assignment, data)
            except OSError:  # the cache cannot be written
                entry = self._scratch / "data" / identity.sha256
                self._bring(entry, assignment, data)
            self._at_hand[identity.sha256] = entry
        source = assignment.source.model_copy(update={"decoded": self._at_hand[identity.sha256]})
        return assignment.model_copy(update={"source": source})

    def _bring(self, entry: Path, assignment: Assignment, data: Sequence[Any]) -> None:
        spec = assignment.specs[0]
        if map_images(entry, spec.data.name, spec.data.sha256, spec.configuration.own) is None:
            ray: Any = importlib.import_module("ray")
            place(entry, ray.get(data[0]))

    def _changes(self) -> dict[str, tuple[Change, ...]]:
        found = {run: each.changes() for run, each in self._mirrored.items()}
        return {
            run: tuple(self._signed(run, each) if each.name == ENVIRONMENT else each for each in changes)
            for run, changes in found.items()
            if changes
        }

    def _signed(self, run: str, change: Change) -> Change:
        """Return the environment of a run with the machines that have trained it.

        Where their processors differ all are named, so that nobody expects the bits of one of them.
        """
        if change.content is None:
            return change
        tree = json.loads(change.content)
        here = {"host": platform.node(), "processor": processor()}
        before = self._trained_on[run]
        machines = before if before and before[-1] == here else [*before, here]
        names = dict.fromkeys(str(each.get("processor", "")) for each in machines)
        tree = {**tree, "processor": ", ".join(names), TRAINED_ON: machines}
        return replace(change, content=(json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode())


def _machines(packed: Mapping[str, bytes]) -> list[Any]:
    """Return the machines that trained a run up to the checkpoint from which it goes on."""
    if not any(name.startswith("checkpoint") for name in packed):
        return []
    with suppress(ValueError, AttributeError):
        found = json.loads(packed.get(ENVIRONMENT, b"{}"))
        listed = found.get(TRAINED_ON, [{"host": "", "processor": found.get("processor", "")}])
        return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return []


def _remove_leftovers() -> None:
    """Delete what actors have left on this machine that were killed."""
    import psutil

    for folder in Path(gettempdir()).glob(f"{_SCRATCH}*"):
        number = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(folder, ignore_errors=True)
