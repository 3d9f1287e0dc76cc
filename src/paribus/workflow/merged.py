"""What came of a merge: what was taken, left out and named, what is missing, and how that is trained."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paribus import __version__
from paribus.execute.plan import PlannedRun, plan
from paribus.execute.shards import Shard, division
from paribus.record.merging import DamagedRun
from paribus.record.run import DataUsed
from paribus.record.shard_file import Seeds
from paribus.record.store import Store
from paribus.study.model import Variant
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.message import Listed
from paribus.texts.printable import Block, Lines, Printable
from paribus.workflow.tuned import Searches, trial_seeds, trials_of

_LISTED = 3


@dataclass(frozen=True)
class Wanted:
    """Which runs the whole study has, as far as the merged folders know.

    Args:
        seeds: Of each variant.
        shards: Those that were merged.
        command: The words of the command that trains all that is missing in the merged folder.
        workers: As the folders' last commands had.
    """

    seeds: Seeds
    shards: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    workers: int = 1

    @property
    def count(self) -> int | None:
        """Into how many shards the study is divided; None where that is not known, or not one number."""
        counts = {shard.count for each in self.shards if (shard := Shard.of(each)) is not None}
        return counts.pop() if len(counts) == 1 else None


@dataclass(frozen=True)
class Missing:
    """What a merged folder lacks.

    Args:
        runs: How many runs the study has, the trials of its searches included.
        names: The missing ones, in words.
        lost: The shards that have missing runs, where the study is divided into some.
        command: The words of the command that trains them; none where the study has no file.
        to_tune: Whether the best settings that searches found are still to be trained.
    """

    runs: int = 0
    names: tuple[str, ...] = ()
    lost: tuple[Shard, ...] = ()
    command: tuple[str, ...] = ()
    to_tune: bool = False

    def of_shard(self, shard: Shard) -> str:
        """Return the command that trains one shard, wherever; empty where the study has no file."""
        if not self.command:
            return ""
        place = self.command.index("--out")
        words = [*self.command[:place], *self.command[place + 2 :], "--shard", str(shard)]
        return shlex.join(words)


@dataclass(frozen=True, repr=False)
class Merged(Printable):
    """A merged folder, and what came of its making.

    Args:
        study: What was asked.
        folder: That has all runs now.
        sources: The folders that were merged.
        empty: Those of them that have no study, or a damaged one.
        held: Those of them into which a process was training.
        taken: How many runs were copied.
        there: How many the folder had already.
        agreed: How many runs lay in further folders, with the same bits or less far.
        damaged: Those that were left out.
        missing: What the folder lacks.
        versions: How many runs each version of Paribus trained.
    """

    study: Study
    folder: Path
    sources: tuple[Path, ...]
    empty: tuple[Path, ...] = ()
    held: tuple[Path, ...] = ()
    taken: int = 0
    there: int = 0
    agreed: int = 0
    damaged: tuple[DamagedRun, ...] = ()
    missing: Missing = field(default_factory=Missing)
    versions: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def is_whole(self) -> bool:
        """Whether no run is missing, and none was left out."""
        return not (self.missing.names or self.missing.to_tune or self.damaged)

    @property
    def lines(self) -> Iterator[str]:
        """It in words."""
        yield text(
            "shards.merged",
            number=self.taken,
            folders=len(self.sources),
            folder=self.folder,
            there=self.there,
        )
        if self.agreed:
            yield text("shards.agreed", number=self.agreed)
        for path in self.empty:
            yield text("shards.empty", folder=path)
        for path in self.held:
            yield text("shards.held", folder=path)
        for each in self.damaged:
            listed = ", ".join(each.files) or text("shards.link")
            yield text("shards.damaged", folder=each.folder, run=each.name, files=listed)
        if set(self.versions) - {__version__}:
            listed = ", ".join(f"{name} ({runs})" for name, runs in self.versions.items())
            yield text("shards.versions", versions=listed, here=__version__)
        yield from self._missing_lines()

    def _missing_lines(self) -> Iterator[str]:
        missing = self.missing
        if not missing.names:
            yield text("shards.whole", number=missing.runs)
        else:
            listed = Listed(missing.names, _LISTED)
            yield text("shards.missing", number=len(missing.names), all=missing.runs, runs=listed)
        if missing.lost:
            yield text("shards.lost", shards=Listed(tuple(map(str, missing.lost)), _LISTED))
            if command := missing.of_shard(missing.lost[0]):
                yield text("shards.train-shard", command=command)
        if missing.to_tune:
            yield text("shards.to-tune")
        if (missing.names or missing.to_tune) and missing.command:
            yield text("shards.train", command=shlex.join(missing.command))

    def tree(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return {
            "folder": str(self.folder),
            "sources": [str(path) for path in self.sources],
            "empty": [str(path) for path in self.empty],
            "held": [str(path) for path in self.held],
            "taken": self.taken,
            "there": self.there,
            "agreed": self.agreed,
            "damaged": [
                {"folder": str(each.folder), "run": each.name, "files": list(each.files)}
                for each in self.damaged
            ],
            "runs": self.missing.runs,
            "missing": list(self.missing.names),
            "lost": [str(each) for each in self.missing.lost],
            "to_tune": self.missing.to_tune,
            "command": list(self.missing.command),
            "versions": dict(self.versions),
        }

    def blocks(self) -> Iterator[Block]:
        """Return it as lines."""
        yield Lines(tuple(self.lines))

    def __repr__(self) -> str:
        missing = len(self.missing.names)
        return f"Merged({str(self.folder)!r}, {self.taken} runs taken, {missing} missing)"


def what_is_missing(study: Study, data: Mapping[str, DataUsed], store: Store, wanted: Wanted) -> Missing:
    """Return which runs of a study a folder lacks, which shards had them, and how they are trained.

    Args:
        study: What was asked.
        data: The images that each data set's name stands for.
        store: The folder.
        wanted: Which runs the whole study has.
    """
    own = plan(study, data, store=store, seeds=wanted.seeds)
    trials = _trials(study, data, store, wanted)
    lost: set[int] = set()
    for runs in (own.runs, trials):
        if wanted.count is not None:
            places = division(runs, wanted.count).places
            lost |= {place for run, place in zip(runs, places, strict=True) if not run.is_done}
    missing = [run for run in (*own.runs, *trials) if not run.is_done]
    return Missing(
        runs=len(own.runs) + len(trials),
        names=tuple(_named(study, run) for run in missing),
        lost=tuple(Shard(place, wanted.count) for place in sorted(lost)) if wanted.count else (),
        command=wanted.command,
        to_tune=bool(trials) and not _has_winners(study, store, wanted),
    )


def _trials(study: Study, data: Mapping[str, DataUsed], store: Store, wanted: Wanted) -> Sequence[PlannedRun]:
    """Return the trials of every search that has been begun."""
    searches = Searches.of(store)
    made: dict[str, Variant] = {}
    seeds: dict[str, range] = {}
    for name, tune in study.tuned.items():
        if name in wanted.seeds:
            trials = trials_of(study, name, searches.tried(study.variants[name]))
            made |= trials
            seeds |= dict.fromkeys(trials, trial_seeds(tune))
    if not made:
        return ()
    beside = study.model_copy(update={"variants": {**study.variants, **made}})
    return plan(beside, data, store=store, seeds=seeds).runs


def _has_winners(study: Study, store: Store, wanted: Wanted) -> bool:
    """Return whether the best settings of every search have been trained on the study's seeds."""
    from paribus.workflow.results import load_results

    tuned = load_results(store.folder).tuned()
    return tuned is None or tuned.is_over_for(wanted.seeds)


def _named(study: Study, run: PlannedRun) -> str:
    names = ", ".join(study.named(name) if name in study.variants else name for name in run.names)
    return text("cli.doctor.run", variant=names, seed=run.spec.seed)
