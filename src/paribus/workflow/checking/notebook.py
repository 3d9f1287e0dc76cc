"""A notebook that Paribus wrote as a hand-in: what it says of its runs, read without running any of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from paribus.record.looks import LookLog
from paribus.record.records import Key, Records
from paribus.record.reported import Reported
from paribus.record.run import DataIdentity, DataUsed, Result, RunRecord, RunSpec, Status
from paribus.report.notebook import CLAIMS
from paribus.study import reading
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.checking.judging import Judge
from paribus.workflow.checking.submission import HandedRun, Submission

MAX_BYTES = 64 * 2**20
_MAX_RUNS = 20_000
_MAX_CELL = 200_000


def read_notebook(file: Path, study: Study, data: Mapping[str, DataUsed]) -> Submission:
    """Read a notebook: the runs that it reports, by the study's own configurations, and its findings."""
    try:
        book = reading.parse_object(reading.read_bytes(file, MAX_BYTES))
    except (OSError, ValueError):
        return Submission(kind="notebook", problem=text("check.no-notebook", file=file.name))
    metadata = book.get("metadata")
    claims = cast("dict[str, Any]", metadata).get(CLAIMS) if isinstance(metadata, dict) else None
    told = cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}
    given = told.get("runs")
    reported = [*_valid(given if isinstance(given, list) else [_of_cells(book)])]
    records: dict[Key, RunRecord] = {}
    handed: list[HandedRun] = []
    others = 0
    for each in reported:
        record = _record(each, study, data)
        if record is None:
            others += 1
            continue
        records[each.variant, each.seed] = record
        handed.append(
            HandedRun(
                variant=each.variant,
                seed=each.seed,
                run=each.run,
                files=each.files,
                machine=each.machine,
                updates=each.updates,
                threads=each.threads,
                numbers={record.score.test: each.score},
            )
        )
    kept = Records(records)
    judge = Judge(study, kept, LookLog(), _findings(told.get("findings")))
    counts = {name: len(kept.of(name)) for name in study.variants}
    lacking = {name: runs for name, runs in counts.items() if runs < study.seeds}
    notes = [
        text("check.lacks", variant=study.named(name), runs=runs, seeds=study.seeds)
        for name, runs in lacking.items()
    ]
    notes += [text("check.other-settings", count=others)] if others else []
    return Submission(
        kind="notebook",
        runs=tuple(handed),
        outcomes=tuple(judge.outcome(each) for each in study.expect),
        notes=tuple(notes),
        problem="" if records else text("check.no-reported"),
        has_other_settings=bool(others),
        missing=sum(study.seeds - runs for runs in lacking.values()),
    )


def _valid(given: list[object]) -> Iterator[Reported]:
    for each in given[:_MAX_RUNS]:
        try:
            yield Reported.model_validate(each)
        except ValidationError:
            continue


def _of_cells(book: Mapping[str, object]) -> object:
    """Return the run in the cell ``reported = {...}`` of a notebook, which is read as a literal."""
    cells = book.get("cells")
    for cell in cast("list[Any]", cells) if isinstance(cells, list) else []:
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        words = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if not words.startswith("reported = ") or len(words) > _MAX_CELL:
            continue
        try:
            first = ast.parse(words).body[0]
            return ast.literal_eval(first.value) if isinstance(first, ast.Assign) else None
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return None


def _record(told: Reported, study: Study, data: Mapping[str, DataUsed]) -> RunRecord | None:
    """Return what is told of a run as its record; None where it is none of the study's."""
    variant = study.variants.get(told.variant)
    used = None if variant is None else data.get(variant.configuration.data)
    if variant is None or used is None:
        return None
    identity = DataIdentity(name=used.name, sha256=used.sha256)
    spec = RunSpec(configuration=variant.configuration, seed=told.seed, data=identity)
    if spec.digest != told.run:
        return None
    epochs = variant.configuration.epochs
    test = {variant.configuration.score.name: told.score}
    result = Result(Status.FINISHED, epochs, epochs, test, update_mode=told.updates, threads=told.threads)
    return RunRecord(spec, Status.FINISHED, (), result, 0.0, used, Path("none"))


def _findings(given: object) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for variant, codes in cast("dict[str, Any]", given).items() if isinstance(given, dict) else ():
        if isinstance(codes, list):
            found[str(variant)] = {str(code) for code in cast("list[object]", codes)}
    return found
