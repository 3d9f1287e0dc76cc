"""The actors that train on a cluster of Ray, and what is left for them.

Ray places the actors, which ask for cores and memory, and says which are lost. A run whose machine is lost
goes on elsewhere from the last checkpoint in the study's folder, which is handed over with it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.decoded import contents, encoded
from paribus.data.own.load import load
from paribus.data.source import find
from paribus.errors import ParibusError, UsageError
from paribus.execute import failure
from paribus.execute.local import MEMORY_PER_WORKER, settings
from paribus.execute.messages import Assignment, Ended, RunEvent, parse_event
from paribus.execute.parcel import About, Turn, send
from paribus.execute.ray_machines import Machines
from paribus.record import checkpoint, mirror
from paribus.record.environment import environment
from paribus.record.run import RunSpec
from paribus.record.store import Store
from paribus.texts import language, text

_TRIES = 5  # of a run whose machines are lost one after the other without a new checkpoint
_TICK = 0.5  # seconds between two looks for Ctrl-C
_FAREWELL = 5.0  # seconds that actors get to delete their folders

_Kind = tuple[int, tuple[tuple[str, str], ...]]
"""How many cores an actor has, and with which environment variables its worker runs."""


@dataclass(eq=False)
class _Member:
    """An actor, what it trains, and the next answer that it owes."""

    actor: Any
    kind: _Kind
    owes: Any
    is_placed: bool = False
    host: str = ""
    assignment: Assignment | None = None
    ended: set[str] = field(default_factory=set[str])

    @property
    def folder(self) -> Path:
        """The study's; the current one where it has nothing to do."""
        return self.assignment.folder if self.assignment else Path()


class Crew:
    """The actors of one call, and what is left for them."""

    def __init__(
        self, machines: Machines, waiting: list[Assignment], workers: int, observe: Callable[[RunEvent], None]
    ) -> None:
        self._machines, self._waiting, self._workers, self._observe = machines, waiting, workers, observe
        self._ray = machines.ray
        self._members: list[_Member] = []
        self._data: dict[str, tuple[Any, ...]] = {}
        self._stillborn = 0
        self._there: set[str] = set()
        self._losses: Counter[tuple[str, ...]] = Counter()
        self._reached: dict[tuple[str, ...], list[int]] = {}

    def work(self) -> None:
        """Train all that is waiting."""
        self._machines.look()
        self._machines.check_room(max((each.threads for each in self._waiting), default=1))
        while self._waiting or any(each.assignment for each in self._members):
            self._fill()
            owed = {each.owes: each for each in self._members if each.owes is not None}
            ready, _ = self._ray.wait([*owed], num_returns=1, timeout=_TICK)
            if ready and len(owed) > 1:
                ready, _ = self._ray.wait([*owed], num_returns=len(owed), timeout=0)
            for each in ready:
                self._answered(owed[each])

    def dismiss(self) -> None:
        """End every actor; those that have nothing to do delete their folders first."""
        idle = [each.actor for each in self._members if each.is_placed and each.assignment is None]
        with suppress(Exception):  # whatever has become of the cluster
            self._ray.wait([each.close.remote() for each in idle], num_returns=len(idle), timeout=_FAREWELL)
        for each in [*self._members]:
            self._drop(each)

    def _fill(self) -> None:
        """Ask for as many actors as there is work for; Ray places them once it has room."""
        for each in [*self._members]:
            if each.is_placed and each.assignment is None and self._waiting:
                self._assign(each)
        coming = sum(not each.is_placed for each in self._members)
        for each in self._waiting[coming : coming + self._workers - len(self._members)]:
            self._hire(each)

    def _hire(self, assignment: Assignment) -> None:
        from paribus.execute.ray_actor import Actor

        options = {
            "num_cpus": assignment.threads,
            "num_gpus": 0 if settings(assignment)["JAX_PLATFORMS"] == "cpu" else 1,
            "memory": min(MEMORY_PER_WORKER, self._machines.largest_memory(assignment.threads)),
            "max_restarts": 0,  # its work goes to whichever actor is free, from the last checkpoint here
            **self._machines.allowed(),
        }
        actor = self._ray.remote(Actor).options(**options).remote()
        member = _Member(actor, _kind(assignment), actor.about.remote())
        self._members.append(member)

    def _answered(self, member: _Member) -> None:
        try:
            answer = self._ray.get(member.owes)
        except self._ray.exceptions.RayTaskError as error:  # of the actor itself, such as a full disk
            self._fail(member, failure.error_cause(_cause(error), member.folder))
        except self._ray.exceptions.RayError:
            self._lost(member)
        else:
            if isinstance(answer, About):
                self._placed(member, answer)
            else:
                self._take(member, answer)

    def _placed(self, member: _Member, about: About) -> None:
        if not self._machines.is_right(about.node):
            self._drop(member)  # the next one is placed elsewhere
            if not self._machines.is_refused(about.node):  # it was lost, or did not answer
                self._never_placed()
            return
        self._stillborn = 0
        member.is_placed, member.host, member.owes = True, about.host, None
        self._assign(member)

    def _assign(self, member: _Member) -> None:
        """Give an actor what fits it; end it where nothing does."""
        fitting = (place for place, each in enumerate(self._waiting) if _kind(each) == member.kind)
        place = next(fitting, None)
        if place is None:
            member.owes = None
            if self._waiting:
                self._drop(member)
            return
        assignment = self._waiting.pop(place)
        member.assignment, member.ended = assignment, set()
        try:
            parcel = send(assignment, self._data_of(assignment))
        except (OSError, ParibusError) as error:
            self._fail(member, failure.error_cause(error, assignment.folder))
            return
        member.owes = member.actor.turn.remote(parcel)

    def _data_of(self, assignment: Assignment) -> tuple[Any, ...]:
        """Return the reference to an assignment's data, which are put into Ray once."""
        spec = assignment.specs[0]
        own, sha256 = spec.configuration.train, spec.data.sha256
        if own is not None and own.sha256 == sha256:
            return ()  # the function gets its data by itself
        if sha256 not in self._data:
            self._data[sha256] = (self._ray.put(_arrays(assignment)),)
        return self._data[sha256]

    def _take(self, member: _Member, turn: Turn) -> None:
        """Write what an actor has sent, then tell what it reports."""
        assignment = member.assignment
        if assignment is None:
            return
        ended = member.ended
        if turn.is_idle:
            member.assignment = None
            self._assign(member)  # before this is written, so that it need not wait
        else:
            member.owes = member.actor.turn.remote()
        store = Store(assignment.folder)
        try:
            for spec in assignment.specs:
                if changes := turn.changes.get(spec.digest):
                    mirror.write(store.run(spec).path, changes)
        except (OSError, ValueError) as error:
            if not turn.is_idle:
                self._drop(member)
            self._record(assignment, ended, failure.error_cause(error, store.folder))
            return
        for line in turn.events:
            event = parse_event(line)
            if isinstance(event, Ended):
                ended.add(event.run)
            self._observe(event)  # pyright: ignore[reportArgumentType]  # an actor keeps `Idle` for itself

    def _fail(self, member: _Member, cause: str) -> None:
        """Record that what an actor trained has failed, and end it."""
        assignment, ended = member.assignment, member.ended
        self._drop(member)
        if assignment is not None:
            self._record(assignment, ended, cause)

    def _record(self, assignment: Assignment, ended: set[str], cause: str) -> None:
        store = Store(assignment.folder)
        for spec in _left(assignment, ended):
            folder = store.run(spec)
            if folder.spec() is None:  # it had not begun anywhere
                with suppress(OSError):
                    folder.start(spec, environment())
            result = failure.record(folder, cause)
            self._observe(Ended(run=spec.digest, status=result.status, cause=result.cause))

    def _lost(self, member: _Member) -> None:
        """Go on elsewhere with what an actor trained whose machine is lost."""
        assignment = member.assignment
        self._drop(member)
        if not member.is_placed:
            self._never_placed()
        left = () if assignment is None else _left(assignment, member.ended)
        if assignment is None or not left:
            return
        runs, store = tuple(spec.digest for spec in left), Store(assignment.folder)
        reached = [_epoch(store, spec) for spec in left]
        if reached != self._reached.get(runs):
            self._losses[runs] = 0
        self._reached[runs] = reached
        self._losses[runs] += 1
        if self._losses[runs] >= _TRIES:
            with language("en"):
                cause = text("executor.lost-often", count=_TRIES)
            self._record(assignment, member.ended, cause)
            return
        sys.stderr.write(f"{text('executor.lost', host=member.host, count=len(left))}\n")
        self._waiting.insert(0, assignment.model_copy(update={"specs": left}))

    def _never_placed(self) -> None:
        """Look where an actor could not begin; what keeps every one from it is the user's to mend."""
        self._machines.look()
        there = {each.node for each in self._machines.alive()}
        self._stillborn = self._stillborn + 1 if there == self._there else 1  # others may have been lost
        self._there = there
        if self._stillborn >= _TRIES:
            raise UsageError("executor.never-begins", count=_TRIES)

    def _drop(self, member: _Member) -> None:
        self._members.remove(member)
        with suppress(Exception):  # it is gone already, or the cluster is
            self._ray.kill(member.actor)


def _kind(assignment: Assignment) -> _Kind:
    """Return what an actor must have been made for to train an assignment."""
    return assignment.threads, tuple(sorted(settings(assignment).items()))


def _left(assignment: Assignment, ended: set[str]) -> tuple[RunSpec, ...]:
    return tuple(spec for spec in assignment.specs if spec.digest not in ended)


def _cause(error: Any) -> Exception:
    """Return what was raised on the other machine."""
    found = getattr(error, "cause", None)
    return found if isinstance(found, Exception) else error


def _arrays(assignment: Assignment) -> dict[str, NDArray[np.uint8]]:
    """Return the files of an assignment's data, from the cache or else made anew."""
    source, data = assignment.source, assignment.specs[0].data
    found = contents(source.decoded) if source.decoded else {}
    if found:
        return found
    dataset = load(source.own)[0] if source.own is not None else None
    return encoded(
        dataset or find(data.name, data_dir=source.data_dir, embedded=source.embedded, download=False)
    )


def _epoch(store: Store, spec: RunSpec) -> int:
    newest = checkpoint.newest(store.run(spec).path)
    return newest.epoch if newest else 0
