"""What a study takes of the disk, and that no more weights stay on it than its policy keeps."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from paribus.errors import UsageError
from paribus.execute.messages import Ended, RunEvent
from paribus.execute.plan import Plan, PlannedRun
from paribus.record.keeping import beyond, drop_weights
from paribus.record.run import DataUsed, RunRecord, RunSpec
from paribus.record.store import Store
from paribus.study.model import Keep
from paribus.texts import text
from paribus.texts.quantities import file_size

POLICIES: tuple[Keep, ...] = get_args(Keep)
_NUMBER = 4  # bytes of a weight, and of an output
_EPOCH = 650  # bytes that an epoch takes in the history, the times and the probes of a network of few layers
_RUN = 12_000  # bytes of what else is kept of a run: its specification, result and environment
_STATES = 6  # weights in the checkpoints of a run that trains: two, each with what the optimizer has of them


@dataclass(frozen=True)
class DiskUse:
    """The bytes that runs take on the disk, roughly.

    Args:
        numbers: Their histories, predictions and what else verdicts follow from, which are always kept.
        weights: Of all of them.
        best: Weights of one run of each configuration.
        training: Checkpoints of as many runs as are trained side by side.
    """

    numbers: int
    weights: int
    best: int
    training: int

    def of(self, keep: Keep) -> int:
        """Return the bytes of all that a policy keeps, after the training."""
        return self.numbers + {"all": self.weights, "best": self.best, "none": 0}[keep]

    def while_training(self, keep: Keep) -> int:
        """Return the bytes that are taken at most while the runs are trained."""
        return self.of(keep) + self.training


def disk_use(runs: Iterable[PlannedRun], data: Mapping[str, DataUsed], workers: int = 1) -> DiskUse:
    """Return what runs take on the disk by their networks, epochs and test examples.

    Of a training of the user's own nothing is known but its epochs.

    Args:
        runs: Planned.
        data: The images that each data set's name stands for.
        workers: How many are trained side by side.
    """
    numbers, weights = 0, 0
    largest: dict[str, int] = {}
    for run in runs:
        configuration = run.spec.configuration
        numbers += _RUN + configuration.epochs * _EPOCH
        if configuration.train is not None:
            continue
        used, facts = data.get(configuration.data), configuration.facts
        numbers += (facts.test if used is None else used.test) * (_NUMBER * facts.outputs + 1)
        weights += (size := _NUMBER * run.parameters)
        largest[configuration.canonical] = size
    in_training = _STATES * max(largest.values(), default=0) * workers
    return DiskUse(numbers, weights, sum(largest.values()), in_training)


def disk_line(use: DiskUse, keep: Keep) -> str:
    """Return what a study takes under its policy and under the others, in a sentence.

    Args:
        use: Of all its runs.
        keep: The study's policy.
    """
    others = ", ".join(f"{each} {file_size(use.of(each))}" for each in POLICIES if each != keep)
    return text("cli.plan.disk", keep=keep, size=file_size(use.of(keep)), others=others)


def check_room(keep: Keep, planned: Plan, data: Mapping[str, DataUsed], folder: Path, workers: int) -> None:
    """Refuse to train what the disk would not hold.

    Args:
        keep: The study's policy.
        planned: Its runs; those that are missing count.
        data: The images that each data set's name stands for.
        folder: The study's, which exists.
        workers: How many runs are trained side by side.

    Raises:
        UsageError: Less is free than the runs take; the message says how much, and what would fit.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    use = disk_use(planned.missing, data, workers)
    if use.while_training(keep) <= free:
        return
    fitting = next((each for each in POLICIES if use.while_training(each) <= free), None)
    raise UsageError(
        "run.no-room" if fitting is None else "run.no-room-keep",
        folder=folder,
        needed=file_size(use.while_training(keep)),
        free=file_size(free),
        fitting=fitting,
    )


def keeping(
    keep: Keep,
    planned: Plan,
    store: Store,
    data: Mapping[str, DataUsed],
    observe: Callable[[RunEvent], None],
) -> Callable[[RunEvent], None]:
    """Return an observer that drops the weights of runs beyond a policy as soon as they have ended.

    Weights of runs that ended earlier stay: ``paribus gc`` shows and removes them.

    Args:
        keep: The study's policy.
        planned: Its runs.
        store: Its folder, which this process holds.
        data: The images that each data set's name stands for.
        observe: What else takes each event.
    """
    if keep == "all":
        return observe
    specs = {run.spec.digest: run.spec for run in planned.missing}
    ours: set[str] = set()
    known: dict[str, dict[str, RunRecord]] = {}

    def read(spec: RunSpec) -> dict[str, RunRecord]:
        record = store.run(spec).read(spec, data[spec.data.name])
        return {} if record is None else {spec.digest: record}

    def seen(event: RunEvent) -> None:
        spec = specs.get(event.run)
        if isinstance(event, Ended) and spec is not None:
            name = spec.configuration.canonical
            if name not in known:
                earlier = (run.spec for run in planned.runs if run.is_done)
                alike = [each for each in earlier if each.configuration.canonical == name]
                known[name] = {digest: run for each in alike for digest, run in read(each).items()}
            known[name] |= read(spec)
            ours.add(event.run)
            for each in list(beyond(keep, known[name].values())):
                if each.spec.digest in ours:
                    del known[name][each.spec.digest]
                    with suppress(OSError, ValueError):  # what cannot be dropped stays, and gc shows it
                        drop_weights(each.folder)
        observe(event)

    return seen
