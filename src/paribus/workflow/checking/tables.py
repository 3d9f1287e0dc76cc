"""Numbers alone as a hand-in: a Keras history as CSV or JSON, a folder of these, or a table of runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from paribus.errors import SourceError
from paribus.imported.logs import history_of, of_history, of_records, read_json, read_log
from paribus.imported.measures import Measures, measures
from paribus.imported.plan import ImportPlan
from paribus.imported.runs import ForeignRun, Reading
from paribus.imported.table import read_table
from paribus.record.looks import LookLog
from paribus.record.records import Key, Records
from paribus.record.run import DataIdentity, DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.checking.judging import Judge
from paribus.workflow.checking.submission import MAX_LOSSES, HandedRun, Kind, Submission, numbers_of

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
"""Files that are read; nothing else is opened."""
MAX_BYTES = 64 * 2**20
_MAX_FILES = 1_000


def read_numbers(files: Sequence[Path], study: Study, data: Mapping[str, DataUsed]) -> Submission:
    """Read files with numbers: their runs are those of the variants that they, or their names, name."""
    runs, kind = list[ForeignRun](), "history"
    for file in files[:_MAX_FILES]:
        if file.stat().st_size > MAX_BYTES:
            return Submission(kind="table", problem=text("check.file-too-large", file=file.name, mib=64))
        try:
            reading = _read(file)
            runs += reading.runs
            kind = reading.kind if reading.kind == "table" else kind
        except SourceError as error:
            return Submission(kind="table", problem=str(error))
    found: Kind = "table" if kind == "table" else "history"
    try:
        meant = measures(Reading(kind, files[0].name, runs), ImportPlan())
    except SourceError as error:
        return Submission(kind=found, problem=str(error))
    records: dict[Key, RunRecord] = {}
    unknown: list[str] = []
    for run in runs:
        name = _variant(run, study)
        if not name:
            unknown.append(run.variant or run.name)
            continue
        taken = [seed for variant, seed in records if variant == name]
        seed = next(
            each for each in (run.seed, *range(len(taken) + 1)) if each is not None and each not in taken
        )
        if (record := _record(run, seed, meant, study, name, data)) is not None:
            records[name, seed] = record
    kept = Records(records)
    counts = {name: len(kept.of(name)) for name in study.variants}
    lacking = {name: count for name, count in counts.items() if count < study.seeds}
    notes = [
        text("check.lacks", variant=study.named(name), runs=count, seeds=study.seeds)
        for name, count in lacking.items()
    ]
    notes += [text("check.unknown-variants", names=", ".join(sorted(set(unknown))[:10]))] if unknown else []
    judge = Judge(study, kept, LookLog(), {})
    return Submission(
        kind=found,
        runs=tuple(_handed(variant, seed, record) for (variant, seed), record in kept.items()),
        outcomes=tuple(judge.outcome(each) for each in study.expect),
        notes=tuple(notes),
        problem="" if records else text("check.no-runs"),
        has_other_settings=bool(unknown),
        missing=sum(study.seeds - count for count in lacking.values()),
    )


def _read(file: Path) -> Reading:
    if file.suffix.lower() in (".json", ".jsonl"):
        tree = read_json(file)
        if history_of(tree) is not None:
            return Reading("keras", file.name, [of_history(tree, file.stem, {}, file)])
        reading: Reading = of_records(tree, file)
        return reading
    log = read_log(file, file.stem, {})
    if log is not None:
        return Reading("keras", file.name, [log])
    return read_table(file, {})


def _variant(run: ForeignRun, study: Study) -> str:
    """Return the variant that a run is one of: by its name or label, that of its file, or as the only one."""
    known = {name.casefold(): name for name in study.variants}
    known |= {each.label.casefold(): name for name, each in study.variants.items() if each.label}
    for given in (run.variant, run.name, re.sub(r"[-_ ]?(seed)?[-_ ]?\d+$", "", run.name)):
        if given.strip().casefold() in known:
            return known[given.strip().casefold()]
    return next(iter(study.variants)) if len(study.variants) == 1 else ""


def _record(
    run: ForeignRun, seed: int, meant: Measures, study: Study, name: str, data: Mapping[str, DataUsed]
) -> RunRecord | None:
    """Return a run's numbers as a record; None where its variant's data are not known."""
    configuration = study.variants[name].configuration
    used = data.get(configuration.data)
    if used is None:
        return None
    spec = RunSpec(
        configuration=configuration, seed=seed, data=DataIdentity(name=used.name, sha256=used.sha256)
    )
    history = tuple(_rows(run, meant))
    test: dict[str, float] = {}
    final: dict[str, float] = {}
    for each in meant.all:
        told = run.final.get(each.column)
        if told is None and each.column in run.curves and each.meaning.part == "test":
            values = run.curves[each.column]
            told = float(values[-1]) if values.size else None
        if told is None or not np.isfinite(told):
            continue
        (test if each.meaning.part == "test" else final)[
            each.meaning.metric.name if each.meaning.part == "test" else each.key
        ] = told * each.factor
    epochs = len(history) or configuration.epochs
    result = Result(Status.FINISHED, epochs, epochs, test, final=final)
    return RunRecord(spec, Status.FINISHED, history, result, 0.0, used, Path("none"))


def _rows(run: ForeignRun, meant: Measures) -> Iterator[EpochRow]:
    for place in range(len(run.epochs)):
        row: dict[str, float] = {"epoch": place + 1}
        for each in meant.all:
            if each.column in run.curves and each.meaning.part != "test":
                row[each.key] = float(run.curves[each.column][place]) * each.factor
        yield row


def _handed(variant: str, seed: int, record: RunRecord) -> HandedRun:
    losses = [row.get("loss") for row in record.history[:MAX_LOSSES]]
    found = HandedRun(
        variant=variant,
        seed=seed,
        numbers={name: each for name, each in numbers_of(record).items() if np.isfinite(each)},
        losses=tuple(each if each is None or np.isfinite(each) else None for each in losses),
    )
    wanted = record.spec.configuration.epochs
    has_stopping = record.spec.configuration.early_stopping is not None
    if record.history and len(record.history) != wanted and not has_stopping:
        faults = (text("check.other-epochs", epochs=len(record.history), wanted=wanted),)
        return found.model_copy(update={"faults": faults})
    return found
