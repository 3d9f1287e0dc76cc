"""Imported results as a study: its variants, its questions, and a record of each run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from paribus.errors import SourceError
from paribus.imported.measures import Measure, Measures, measures
from paribus.imported.plan import ImportPlan
from paribus.imported.runs import ForeignRun, Level, Reading, whole
from paribus.imported.variants import Grouped, VariantRuns, grouped, reference_of
from paribus.record.run import DataIdentity, DataUsed, EpochRow, Result, RunSpec, Status
from paribus.study.configuration import Configuration, OwnTraining
from paribus.study.datasets import Task
from paribus.study.faults import KnownNames, format_value
from paribus.study.metrics import METRICS, Metric, score_of
from paribus.study.model import Imported, Question, Variant
from paribus.study.programs import facts_of
from paribus.study.resolve import known_optimizer
from paribus.study.study import Study

MAX_ASKED = 20
"""Variants of which each is compared with the reference unless the user asks something else."""
_KNOWN = {"batch_size": "batch_size", "epochs": "epochs"}
_SAFE_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class ImportedRun:
    """A run as it is kept.

    Args:
        spec: Its specification.
        history: Its epochs.
        result: How it ended.
    """

    spec: RunSpec
    history: tuple[EpochRow, ...]
    result: Result


@dataclass(frozen=True)
class ImportedStudy:
    """Everything that is made of a source.

    Args:
        study: Its variants and questions.
        data: What is known of the data, which is nothing.
        grouped: The runs by variant.
        measures: What the columns were taken for.
        reading: The runs as they were read.
        plan: What the user said.
    """

    study: Study
    data: DataUsed
    grouped: Grouped
    measures: Measures
    reading: Reading
    plan: ImportPlan

    def runs(self) -> Iterator[ImportedRun]:
        """Yield every run as it is kept, one after the other."""
        identity = DataIdentity(name=self.data.name, sha256=self.data.sha256)
        for each in self.grouped.variants:
            configuration = self.study.variants[each.name].configuration
            for seed, run in each.runs.items():
                spec = RunSpec(configuration=configuration, seed=seed, data=identity)
                yield _kept(spec, run, self.measures, self.plan)


def imported_study(reading: Reading, plan: ImportPlan) -> ImportedStudy:
    """Return a study of the runs that a source has.

    Args:
        reading: The runs.
        plan: What the user says.

    Raises:
        SourceError: There is nothing to compare, or what the user says names nothing that is there.
    """
    if not reading.runs:
        raise SourceError("imported.no-runs", file=reading.source)
    plan = replace(plan, metrics={**reading.metrics, **plan.metrics})
    found, by = measures(reading, plan), grouped(reading)
    name = safe_name(plan.name or reading.source)
    names = [each.name for each in by.variants]
    reference = reference_of(names, plan.reference, reading.source)
    configurations = {each.name: _configuration(each, by, found, reading, name) for each in by.variants}
    variants = {
        each.name: _variant(each, configurations[each.name], reference)
        for each in sorted(by.variants, key=lambda each: each.name != reference)
    }
    score = found.score
    imported = Imported(
        kind=reading.kind,
        source=reading.source,
        paired=plan.paired,
        has_seeds=by.has_seeds,
        part="val" if score.meaning.part == "val" else "test",
        kept=plan.keep,
        reported=not any(run.epochs.size for run in reading.runs),
        unclear=score.is_unclear,
        metrics={each.key: each.meaning.metric for each in (score, *found.comparable)},
    )
    study = Study(
        name=name,
        title=plan.title,
        seeds=max(len(each.runs) for each in by.variants),
        margin=plan.margin if score.meaning.metric.has_margin else None,
        variants=variants,
        questions=tuple(_questions(list(variants), reference, found, plan, reading.source)),
        imported=imported,
    )
    data = DataUsed(
        name=name, sha256="", verified=True, stand_in=False, train=0, test=0,
        source=f"{reading.kind}: {reading.source}",
    )  # fmt: skip
    return ImportedStudy(study, data, by, found, reading, plan)


def safe_name(source: str) -> str:
    """Return a name that is that of a folder and nothing else.

    Example:
        >>> safe_name("../my runs.csv"), safe_name("...")
        ('my-runs', 'imported')
    """
    stem = re.sub(
        r"\.(csv|tsv|txt|json|jsonl|parquet|pq|db|sqlite3?)$",
        "",
        source.replace("\\", "/").rpartition("/")[2],
    )
    return _SAFE_NAME.sub("-", stem).strip("-._")[:60] or "imported"


def _configuration(
    variant: VariantRuns, by: Grouped, found: Measures, reading: Reading, name: str
) -> Configuration:
    settings: dict[str, Level] = {**by.same, **variant.settings}
    known = {key: whole(settings.get(key)) for key in _KNOWN}
    longest = max((int(run.epochs.size) for run in reading.runs), default=0)
    settings = {key: level for key, level in settings.items() if not known.get(key)}
    metric = found.score.meaning.metric
    task: Task = "regression" if _is_of_regression(found) else "classification"
    return Configuration(
        data=name,
        own=facts_of(task),
        layers=(),
        loss="",
        optimizer=known_optimizer(settings),
        batch_size=known["batch_size"] or 32,
        epochs=known["epochs"] or longest or 1,
        train=OwnTraining(
            file=name,
            function="",
            sha256="",
            settings=dict(settings),
            imported=reading.kind,
            score=None if metric == score_of(task) else metric,
        ),
    )


def _is_of_regression(found: Measures) -> bool:
    names = {each.meaning.metric.name for each in found.all}
    return "accuracy" not in names and bool(names & {"r2", "rmse", "mae", "mse"})


def _variant(variant: VariantRuns, configuration: Configuration, reference: str) -> Variant:
    is_reference = variant.name == reference
    return Variant(
        name=variant.name,
        label=variant.name if is_reference or variant.tells_all else "",
        parent=None if is_reference else reference,
        changes={} if is_reference else dict(variant.settings),
        settings=dict(variant.settings),
        configuration=configuration,
    )


def _questions(
    names: list[str], reference: str, found: Measures, plan: ImportPlan, source: str
) -> Iterator[Question]:
    if not plan.questions:
        if len(names) <= MAX_ASKED:
            for name in names:
                if name != reference:
                    yield _question({"treatment": name, "reference": reference}, found.score)
        return
    for given in plan.questions:
        for key in ("treatment", "reference"):
            if given[key] not in names:
                known = KnownNames(str(given[key]), tuple(names))
                raise SourceError(
                    "imported.no-variant", file=source, given=format_value(given[key]), known=known
                )
        asked = found.of(str(given["metric"])) if given.get("metric") else found.score
        if asked is None or asked.meaning.part not in ("test", "val"):
            known = KnownNames(str(given["metric"]), tuple(each.key for each in found.comparable))
            raise SourceError(
                "imported.no-score", file=source, given=format_value(given["metric"]), known=known
            )
        yield _question({key: value for key, value in given.items() if value is not None}, asked)


def _question(given: Mapping[str, object], measure: Measure) -> Question:
    metric = measure.meaning.metric
    is_own = METRICS.get(metric.name) != metric
    definition: Metric | None = metric if is_own else None
    return Question.model_validate({**given, "metric": measure.key, "definition": definition})


def _kept(spec: RunSpec, run: ForeignRun, found: Measures, plan: ImportPlan) -> ImportedRun:
    """Return a run with its metrics under the names of a history, and its end."""
    history = tuple(_rows(run, found))
    if run.failed:
        result = Result(Status.FAILED, len(history), len(history), cause=run.failed)
        return ImportedRun(spec, history, result)
    diverged = _diverged(history)
    if diverged:
        cause = f"the loss is not finite after epoch {diverged}"
        return ImportedRun(spec, history, Result(Status.DIVERGED, diverged, diverged, cause=cause))
    kept = _kept_epoch(history, found.score, plan)
    final = {each.key: each.factor * run.final[each.column] for each in found.all if each.column in run.final}
    at_end: dict[str, float] = {}
    for each in found.all:
        curve = run.curves.get(each.column)
        if each.meaning.part == "test" and curve is not None and np.isfinite(curve).any():
            value = curve[kept - 1] if 0 < kept <= curve.size and np.isfinite(curve[kept - 1]) else math.nan
            value = curve[np.isfinite(curve)][-1] if math.isnan(value) else value
            at_end[each.key] = each.factor * float(value)
    tested = {**at_end, **{key: value for key, value in final.items() if key.startswith("test_")}}
    rest = {key: value for key, value in final.items() if not key.startswith("test_")}
    result = Result(
        Status.FINISHED,
        len(history),
        kept,
        test={key.removeprefix("test_"): value for key, value in tested.items() if math.isfinite(value)},
        final=rest,
    )
    return ImportedRun(spec, history, result)


def _rows(run: ForeignRun, found: Measures) -> Iterator[EpochRow]:
    """Yield a row an epoch, numbered from 1; what is not there stays away, and NaN stays NaN."""
    columns = [
        (each.key, each.factor * run.curves[each.column])
        for each in found.all
        if each.column in run.curves and each.meaning.part != "test"
    ]
    for place in range(len(run.epochs)):
        yield {"epoch": place + 1, **{key: float(values[place]) for key, values in columns}}


def _diverged(history: tuple[EpochRow, ...]) -> int | None:
    """Return the epoch from which on a loss that was finite before is not; None where there is none."""
    for key in ("loss", "val_loss"):
        values = [row.get(key, math.nan) for row in history]
        finite = [place for place, value in enumerate(values) if math.isfinite(value)]
        if any(math.isinf(value) for value in values):
            return next(place for place, value in enumerate(values) if math.isinf(value)) + 1
        if finite and finite[-1] < len(values) - 1 and len(finite) == finite[-1] + 1:
            return finite[-1] + 2
    return None


def _kept_epoch(history: tuple[EpochRow, ...], score: Measure, plan: ImportPlan) -> int:
    """Return the epoch that counts: the last with a value, or the best on the validation examples."""
    if not history:
        return 0
    key = f"val_{score.meaning.metric.name}"
    values = [row.get(key, math.nan) for row in history]
    known = [place for place, value in enumerate(values) if math.isfinite(value)]
    if not known:
        return len(history)
    if plan.keep == "last":
        return known[-1] + 1
    best = max if score.meaning.metric.rises else min
    return best(known, key=lambda place: values[place]) + 1
