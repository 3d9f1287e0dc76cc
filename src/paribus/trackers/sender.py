"""Sends a tracker what is new in a study's folder; reads files alone, as the live page does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from paribus.record import folder as layout
from paribus.record import rows
from paribus.record.folder import RunFolder
from paribus.record.run import DataUsed, Result, RunSpec, Status
from paribus.record.store import Store, specs
from paribus.record.tail import LineFollower, stamp
from paribus.study.study import Study
from paribus.trackers.sent import Sent, SentRun
from paribus.trackers.tracker import Epoch, TrackedRun, Tracker

Making = Callable[[str], Tracker]
"""Makes a tracker, given the study's name."""


class Sender:
    """Sends what a study's folder has and a tracker lacks.

    Args:
        folder: The study's.
        kind: The tracker's name.
        make: Makes the tracker.
        progressed: Called after whatever was done.
    """

    def __init__(
        self, folder: Path, kind: str, make: Making, progressed: Callable[[], None] = lambda: None
    ) -> None:
        self._store = Store(folder)
        self._progressed = progressed
        self._study, self._data = self._store.study()
        self.tracker = make(self._study.name)
        self._sent = Sent(folder, kind, self.tracker.place, self.tracker.identities)
        self._runs: dict[str, _Files] = {}
        self._failures: dict[str, int] = {}
        self.error: Exception | None = None
        """What went wrong in the last pass; None where nothing did."""
        self.count = 0
        """Runs that the tracker has to their end."""
        progressed()

    def send(self) -> None:
        """Send what is new; the first run that fails ends the pass and comes last in the next one."""
        self._look()
        self.error = None
        for key in sorted(self._runs, key=lambda each: self._failures.get(each, 0)):
            try:
                self._send(self._runs[key])
            except Exception as error:  # whatever a tracker raises
                self._failures[key] = self._failures.get(key, 0) + 1
                self.error = error
                return

    def close(self) -> None:
        """Finish what is open at the tracker."""
        try:
            self.tracker.close()
        except Exception as error:
            self.error = self.error or error

    def _look(self) -> None:
        """Find the runs that have begun since the last pass."""
        known = {run.path for run in self._runs.values()}
        new = [spec for each in self._store.folders() if each.path not in known and (spec := each.spec())]
        if not new:
            return
        self._study, self._data = self._store.study()
        names = _names(self._study, self._data, {spec.seed for spec in new})
        for spec in new:
            if spec.digest in names:
                self._runs[spec.digest] = _Files(spec, names[spec.digest], self._store.run(spec))

    def _send(self, run: _Files) -> None:
        result = run.result()
        sent = self._sent.of(run.spec.digest)
        if not run.is_open:
            status = result.status.value if result else "none"
            if sent and sent.status == status and self.tracker.has(sent.identity):
                run.count(self)
                return
            told = TrackedRun(
                run.spec, self._study.name, run.names, self._data[run.spec.data.name], run.begun()
            )
            identity, epochs = self.tracker.begin(told, sent.identity if sent else "")
            run.is_open, sent = True, SentRun(identity, epochs)
            self._remember(run, sent)
        assert sent is not None
        new = [each for each in run.epochs() if each.number > sent.epochs]
        if new:
            self.tracker.log(sent.identity, new)
            sent = replace(sent, epochs=new[-1].number)
            self._remember(run, sent)
        if result is not None:
            self.tracker.end(sent.identity, result, run.ended())
            run.is_open = False
            self._remember(run, replace(sent, status=result.status.value))
            run.count(self)

    def _remember(self, run: _Files, sent: SentRun) -> None:
        self._sent.remember(run.spec.digest, sent)
        self._progressed()


@dataclass
class _Files:
    """The files of one run."""

    spec: RunSpec
    names: tuple[str, ...]
    folder: RunFolder
    is_open: bool = False
    is_counted: bool = False

    def __post_init__(self) -> None:
        self._history = LineFollower(self.path / layout.HISTORY)
        self._timing = LineFollower(self.path / layout.TIMING)
        self._ended: tuple[object, Result | None] = (None, None)

    @property
    def path(self) -> Path:
        return self.folder.path

    def result(self) -> Result | None:
        """Return the result; a damaged one is none."""
        found = stamp(self.path / layout.RESULT)
        if found != self._ended[0]:
            self._ended = found, self.folder.result() if found else None
        return self._ended[1]

    def begun(self) -> float:
        found = stamp(self.path / layout.SPEC)
        return found[2] / 1e9 if found else 0.0

    def ended(self) -> float:
        found = stamp(self.path / layout.RESULT)
        return found[2] / 1e9 if found else 0.0

    def epochs(self) -> Iterator[Epoch]:
        found = [rows.numbers(row) for row in self._history.read()]
        seconds = rows.epoch_seconds(self._timing.read()) or []
        moments = [self.begun() + each for each in accumulate(seconds)]
        moments += [moments[-1] if moments else self.begun()] * (len(found) - len(moments))
        for row, moment in zip(found, moments, strict=False):
            yield Epoch(int(row["epoch"]), {key: each for key, each in row.items() if key != "epoch"}, moment)

    def count(self, sender: Sender) -> None:
        """Count the run among those that have been sent to their end, once."""
        is_whole = (result := self.result()) is not None and result.status is not Status.FAILED
        sender.count += is_whole and not self.is_counted
        self.is_counted = self.is_counted or is_whole


def _names(study: Study, data: dict[str, DataUsed], seeds: set[int]) -> dict[str, tuple[str, ...]]:
    """Return the variants of each run, by its digest."""
    found: dict[str, tuple[str, ...]] = {}
    for name, spec in specs(study, data, study.variants, sorted(seeds)):
        found[spec.digest] = (*found.get(spec.digest, ()), name)
    return found
