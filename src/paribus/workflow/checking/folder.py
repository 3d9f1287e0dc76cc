"""A Paribus folder as a hand-in: only runs of the study are read, and by the study's own configurations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from math import isnan
from pathlib import Path

from paribus.errors import StoreError
from paribus.record.folder import HISTORY, PREDICTIONS, WEIGHTS, RunFolder
from paribus.record.metrics import value
from paribus.record.records import Key, Records
from paribus.record.reported import machine_of
from paribus.record.run import DataUsed, RunRecord, RunSpec, Status
from paribus.record.store import RUNS, STUDY, Store
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.checking.judging import Judge
from paribus.workflow.checking.submission import MAX_LOSSES, HandedRun, Submission, numbers_of, row_digests

MAX_FILES = 20_000
MAX_BYTES = 4 * 2**30
"""What a hand-in may have; the lab with ten seeds has a tenth of it."""
_CLOSE = 1e-4  # of a score, as predictions give it and as the result has it
_DEPTH = 4


def find_store(place: Path) -> Path | None:
    """Return the Paribus folder at a place or a few folders below it; None where there is none."""
    level = [place]
    for _ in range(_DEPTH):
        for folder in level:
            if (folder / STUDY).is_file() or (folder / RUNS).is_dir():
                return folder
        level = [
            each
            for folder in level
            for each in sorted(folder.iterdir())[:MAX_FILES]
            if each.is_dir() and not each.is_symlink()
        ][:MAX_FILES]
    return None


def refused(place: Path) -> str:
    """Return why a hand-in is not opened, in a sentence: links, pipes, too many or too large files."""
    files = size = 0
    if place.is_symlink():
        return text("check.link", name=place.name)
    for folder, folders, names in os.walk(place) if place.is_dir() else [(place.parent, [], [place.name])]:
        for name in (*folders, *names):
            path = Path(folder, name)
            if path.is_symlink():
                return text("check.link", name=name)
            if name in names and not path.is_file():
                return text("check.not-a-file", name=name)
            files += 1
            size += path.stat().st_size if name in names else 0
        if files > MAX_FILES or size > MAX_BYTES:
            return text("check.too-large", files=MAX_FILES, gib=MAX_BYTES / 2**30)
    return ""


def read_folder(folder: Path, study: Study, data: Mapping[str, DataUsed]) -> Submission:
    """Read a Paribus folder; its own description of the study is not believed and not even read.

    Args:
        folder: The student's.
        study: The teacher's.
        data: The data that each of its names stands for, as the teacher has them.
    """
    store, notes = Store(folder), list[str]()
    names: dict[str, list[str]] = {}
    for name, variant in study.variants.items():
        names.setdefault(variant.configuration.canonical, []).append(name)
    records: dict[Key, RunRecord] = {}
    handed: list[HandedRun] = []
    is_damaged, others, other_data = False, 0, 0
    for found in store.folders():
        spec = found.spec()
        if spec is None:
            is_damaged = True
            notes.append(text("check.damaged", files=found.path.name))
            continue
        variants, used = names.get(spec.configuration.canonical, []), data.get(spec.data.name)
        if not variants:
            others += 1
        elif used is None or used.sha256 != spec.data.sha256:
            other_data += 1
        elif (record := found.read(spec, used)) is not None:
            if bad := found.damaged():
                is_damaged = True
                names_of_bad = ", ".join(dict.fromkeys(path.name for path in bad))
                notes.append(
                    text("check.damaged-run", variant=variants[0], seed=spec.seed, files=names_of_bad)
                )
            records |= {(name, spec.seed): record for name in variants}
            handed += [_handed(name, spec, found, record) for name in variants]
    order = {name: place for place, name in enumerate(study.variants)}
    ordered = sorted(records, key=lambda key: (order[key[0]], key[1]))
    kept = Records({key: records[key] for key in ordered})
    missing = _missing(study, kept)
    notes += [
        text("check.lacks", variant=study.named(name), runs=runs, seeds=study.seeds) for name, runs in missing
    ]
    notes += [text("check.other-settings", count=others)] if others else []
    notes += [text("check.other-data", count=other_data)] if other_data else []
    judge = Judge(study, kept, store.looks())
    return Submission(
        kind="folder",
        runs=tuple(sorted(handed, key=lambda run: (order[run.variant], run.seed))),
        outcomes=tuple(judge.outcome(each) for each in study.expect),
        notes=tuple(notes),
        problem="" if records else text("check.no-runs"),
        is_damaged=is_damaged,
        has_other_settings=bool(others or other_data),
        missing=sum(study.seeds - runs for _, runs in missing),
    )


def _missing(study: Study, records: Records) -> list[tuple[str, int]]:
    """Return the variants with fewer runs that are over than the study asks for, and how many they have."""
    over = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)
    counts = {name: sum(run.status in over for run in records.of(name).values()) for name in study.variants}
    return [(name, count) for name, count in counts.items() if count < study.seeds]


def _handed(variant: str, spec: RunSpec, folder: RunFolder, record: RunRecord) -> HandedRun:
    digests, result = folder.digests(), record.result
    losses = [row.get("loss") for row in record.history[:MAX_LOSSES]]
    return HandedRun(
        variant=variant,
        seed=spec.seed,
        run=spec.digest,
        status=record.status.value,
        files={name: digests[name] for name in (HISTORY, WEIGHTS, PREDICTIONS) if name in digests},
        machine=machine_of(folder.environment()),
        updates=result.update_mode if result else "",
        threads=result.threads if result else 1,
        numbers=numbers_of(record),
        losses=tuple(None if each is None or isnan(each) else each for each in losses),
        rows=row_digests(record.history[:MAX_LOSSES]),
        faults=tuple(_contradictions(folder, record)),
    )


def _contradictions(folder: RunFolder, record: RunRecord) -> Iterator[str]:
    """Yield what in a run's files cannot all be true, without training anything."""
    if record.result is None or not record.has_ended:
        return
    if len(record.history) != record.result.epochs:
        yield text("check.epochs-differ", rows=len(record.history), epochs=record.result.epochs)
    try:
        outputs, labels = folder.predictions()
    except (OSError, StoreError):
        yield text("check.no-predictions")
        return
    found = value(record.score.name, outputs, labels, record.spec.configuration.facts.task)
    told = record.test_score
    if found is not None and told is not None and abs(found - told) > _CLOSE:
        yield text("check.score-differs", told=told, found=found)
