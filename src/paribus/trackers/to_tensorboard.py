"""TensorBoard: event files in the study's folder, a folder a run."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from paribus.record import files
from paribus.record.run import Result
from paribus.trackers.tracker import Epoch, TrackedRun, Tracker, test_metrics

_MOST_LETTERS = 150  # of a folder's name, of which file systems take 255


class TensorBoard(Tracker):
    """Event files, which TensorBoard's own writer writes without TensorFlow.

    A run that goes on is written anew from its first epoch, so that no step is there twice.

    Args:
        folder: Where the runs' folders lie.
    """

    identities: ClassVar[re.Pattern[str]] = re.compile(r"[\w~ =,+()'!%-][\w.~ =,+()'!%-]*/seed-\d+", re.ASCII)

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter  # pyright: ignore[reportMissingImports]

        self.place = str(folder)
        self._folder = folder
        self._make: Any = EventFileWriter
        self._open: dict[str, Any] = {}

    def begin(self, run: TrackedRun, identity: str) -> tuple[str, int]:  # noqa: D102
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb  # pyright: ignore[reportMissingImports]

        identity = identity or f"{_as_folder(run.variants[0])}/seed-{run.spec.seed}"
        path = self._folder / identity
        files.refuse_links(path.parent)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        self._open[identity] = self._make(str(path))
        summary = hparams_pb({**run.settings, **run.tags}, trial_id=run.name, start_time_secs=run.begun)
        self._write(identity, summary, 0, run.begun)
        return identity, 0

    def log(self, identity: str, epochs: Sequence[Epoch]) -> None:  # noqa: D102
        for epoch in epochs:
            self._write(identity, _scalars(epoch.metrics), epoch.number, epoch.ended)
        self._open[identity].flush()

    def end(self, identity: str, result: Result, ended: float) -> None:  # noqa: D102
        self._write(identity, _scalars(test_metrics(result)), result.kept_epoch, ended)
        self._open.pop(identity).close()

    def has(self, identity: str) -> bool:  # noqa: D102
        return any((self._folder / identity).glob("events.out.tfevents.*"))

    def close(self) -> None:  # noqa: D102
        while self._open:
            self._open.popitem()[1].close()

    def _write(self, identity: str, summary: Any, step: int, moment: float) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportMissingImports]

        event = Event(step=step, wall_time=moment or time.time(), summary=summary)
        self._open[identity].add_event(event)


def _scalars(metrics: Mapping[str, float]) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportMissingImports]

    return Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in metrics.items()])


def _as_folder(name: str) -> str:
    """Return a variant's name as that of a folder, on any system.

    Example:
        >>> _as_folder("L2 0.01/all")
        'L2 0.01%2Fall'
    """
    found = quote(name, safe=" =,+()'!", errors="replace")
    if len(found) > _MOST_LETTERS:
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        found = f"{found[:_MOST_LETTERS]}-{digest}"
    return f"%2E{found[1:]}" if found.startswith(".") else found
