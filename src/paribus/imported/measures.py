"""The metrics of all runs: what each column means, its unit, and by which one variants are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paribus.errors import SourceError
from paribus.imported.metric_names import GivenMetric, MetricName, metric_name, named
from paribus.imported.plan import ImportPlan
from paribus.imported.roles import is_unused
from paribus.imported.runs import ForeignRun, Numbers, Reading
from paribus.study.faults import KnownNames, format_value
from paribus.study.metrics import METRICS

_MOST_OF_A_SHARE = 1.0 + 1e-6
_COUNTERS = ("epoch", "step", "trainer/global_step", "global_step")
_SOME = 0.5  # of the runs must have the metric that is compared


@dataclass(frozen=True)
class Measure:
    """A column as it is kept.

    Args:
        column: Its name in the source.
        meaning: What it measures, and on which examples.
        factor: What its values are multiplied with: 0.01 for percentages of shares.
        runs: How many runs have it.
        is_final: Whether there is one value a run, at its end.
        is_unclear: Whether nothing said on which examples it was measured.
    """

    column: str
    meaning: MetricName
    factor: float = 1.0
    runs: int = 0
    is_final: bool = False
    is_unclear: bool = False

    @property
    def key(self) -> str:
        """Its name in a history, or in a test's result after ``test_``."""
        return self.meaning.key


@dataclass(frozen=True)
class Measures:
    """All that is measured.

    Args:
        all: Each column, those that are compared first.
        score: What variants are compared by.
    """

    all: tuple[Measure, ...]
    score: Measure

    @property
    def comparable(self) -> tuple[Measure, ...]:
        """Those that say something of examples that were not trained on."""
        return tuple(each for each in self.all if each.meaning.part in ("test", "val"))

    def of(self, key: str) -> Measure | None:
        """Return the column that is kept under a name; None where there is none."""
        return next((each for each in self.all if each.key == key), None)


def measures(reading: Reading, plan: ImportPlan) -> Measures:
    """Return what the columns of all runs measure.

    Args:
        reading: The runs.
        plan: What the user says.

    Raises:
        SourceError: Nothing can be compared, or the values contradict what they are taken for.
    """
    found = list(_named(reading, plan))
    found = [replace(each, factor=_factor(each, reading, plan.metrics.get(each.column))) for each in found]
    comparable = [each for each in found if each.meaning.part in ("test", "val")]
    if not comparable:
        columns = dict.fromkeys(name for run in reading.runs for name in (*run.curves, *run.final))
        raise SourceError("imported.nothing-to-compare", file=reading.source, known=", ".join(columns) or "–")
    return Measures(tuple(found), _score(comparable, len(reading.runs), plan, reading.source))


def _named(reading: Reading, plan: ImportPlan) -> Iterator[Measure]:
    """Yield each column with its meaning; of several with one meaning, the plainest name has it."""
    columns: dict[str, tuple[int, bool]] = {}
    for run in reading.runs:
        for name in dict.fromkeys((*run.curves, *run.final)):
            if name not in plan.metrics and (name.startswith("_") or is_unused(name) or name in _COUNTERS):
                continue
            count, is_final = columns.get(name, (0, True))
            columns[name] = count + 1, is_final and name not in run.curves
    meanings = {
        name: plan.metrics[name].meaning if name in plan.metrics else metric_name(name) or named(name)
        for name in columns
    }
    has_val = any(each.part == "val" for each in meanings.values())
    tested = {each.metric.name for each in meanings.values() if each.part == "test"}
    taken: set[str] = set()
    for name in sorted(columns, key=lambda name: (name not in plan.metrics, "step" in name, len(name))):
        runs, is_final = columns[name]
        meaning, is_unclear = meanings[name], False
        if not meaning.part and not is_final and not (has_val or meaning.metric.name == "loss"):
            meaning, is_unclear = replace(meaning, part="val"), _measures_something(name, plan)
        elif not meaning.part and is_final and meaning.metric.name not in tested:
            meaning, is_unclear = replace(meaning, part="test"), True
        elif not meaning.part:
            meaning = replace(meaning, part="train")
        if meaning.part == "val" and not _measures_something(name, plan):
            meaning = replace(meaning, part="train")
        if meaning.key in taken or not meaning.metric.name:
            continue
        taken.add(meaning.key)
        yield Measure(name, meaning, 1.0, runs, is_final, is_unclear)


def _measures_something(name: str, plan: ImportPlan) -> bool:
    """Return whether a column is a metric: a learning rate that changes is kept, and never compared."""
    return name in plan.metrics or metric_name(name) is not None


def _score(found: Sequence[Measure], runs: int, plan: ImportPlan, source: str) -> Measure:
    """Return what variants are compared by: on test examples where there are some, by what is usual."""
    if plan.score:
        by_name = {each.key: each for each in found} | {each.column: each for each in found}
        if plan.score not in by_name:
            known = KnownNames(plan.score, tuple(dict.fromkeys(each.key for each in found)))
            raise SourceError("imported.no-score", file=source, given=format_value(plan.score), known=known)
        return by_name[plan.score]
    usual = ["accuracy", "r2", *(name for name in METRICS if "loss" not in name)]

    def place(each: Measure) -> tuple[bool, bool, bool, int, bool]:
        name = each.meaning.metric.name
        rank = usual.index(name) if name in usual else len(usual) + (name in METRICS)
        return (
            each.column not in plan.metrics,
            each.runs < _SOME * runs,
            each.meaning.part != "test",
            rank,
            each.meaning.is_guess,
        )

    return min(found, key=place)


def _factor(measure: Measure, reading: Reading, given: GivenMetric | None) -> float:
    """Return what values are multiplied with: 0.01 where shares are written in percent.

    Raises:
        SourceError: Some runs have shares and others percentages, or values are neither.
    """
    unit = given.unit if given else ""
    if unit in ("share", "plain") or not (measure.meaning.is_share or unit == "percent"):
        return 1.0
    highest: list[tuple[float, str]] = []
    lowest = math.inf
    for run in reading.runs:
        values = _values(run, measure.column)
        if values.size:
            highest.append((float(values.max()), run.name))
            lowest = min(lowest, float(values.min()))
    if not highest:
        return 1.0
    most, least = max(highest), min(highest)
    names = {"file": reading.source, "column": format_value(measure.column)}
    if most[0] > 100 + 1e-6 or lowest < -1e-6:
        if measure.meaning.metric.name != "accuracy":
            return 1.0
        given_value = most[0] if most[0] > 100 else lowest
        raise SourceError("imported.no-share", **names, given=given_value)
    if unit == "percent":
        return 0.01
    if most[0] <= _MOST_OF_A_SHARE:
        return 1.0
    if least[0] <= _MOST_OF_A_SHARE:
        values = {
            "one": least[0],
            "run": format_value(least[1]),
            "other": most[0],
            "another": format_value(most[1]),
        }
        raise SourceError("imported.mixed-units", **names, **values)
    return 0.01


def _values(run: ForeignRun, column: str) -> Numbers:
    found = run.curves[column] if column in run.curves else np.array([run.final.get(column, math.nan)])
    return found[np.isfinite(found)]


def described(found: Measures) -> Mapping[str, Measure]:
    """Return each column with what it was taken for, those that are compared first."""
    order = {"test": 0, "val": 1, "train": 2, "": 3}
    listed = sorted(found.all, key=lambda each: (each is not found.score, order[each.meaning.part]))
    return {each.column: each for each in listed}
