"""A metric of runs by variant and seed, and of each example that they were tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.failure import Failure, failure
from paribus.analysis.questions.per_image import of_draws
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import by_example, value
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.study.metrics import Metric, part_of
from paribus.study.model import DesignQuestion, Question

_MOST_HELD = 128 * 2**20
"""Bytes of numbers for every image that are held at once."""


@dataclass(frozen=True)
class VariantScores:
    """The metric of one variant by seed, why other seeds have none, and which runs failed to train."""

    variant: str
    values: dict[int, float]
    without: dict[int, str]
    failed: dict[int, Failure]

    @property
    def judged(self) -> set[int]:
        """The seeds whose runs have trained, or failed to."""
        return {*self.values, *self.failed}


def variant_scores(
    variant: str, question: Question | DesignQuestion, records: Records, per_image: PerImageScores
) -> VariantScores:
    """Return a variant's metric by seed.

    Args:
        variant: Its name.
        question: Which names the metric.
        records: What has run.
        per_image: What reads predictions.
    """
    scores, metric = VariantScores(variant, {}, {}, {}), question.metric
    for seed, record in records.of(variant).items():
        value = _value(record, question, per_image)
        how = failure(record)
        if how is not None:
            scores.failed[seed] = how
        if not record.has_ended:
            scores.without[seed] = record.status.value
        elif value is None or not np.isfinite(value):
            is_imported = record.spec.configuration.is_imported
            is_kept = is_imported or part_of(metric) == "val" or per_image.has(record)
            scores.without[seed] = "undefined" if is_kept else "no-predictions"
        else:
            scores.values[seed] = value
    return scores


def _value(record: RunRecord, question: Question | DesignQuestion, per_image: PerImageScores) -> float | None:
    """Return a metric as training measured it, else from what was predicted for the test images."""
    asked = question.measured
    if part_of(question.metric) == "val":
        return record.kept_row.get(question.metric)
    if not asked.is_measured or asked == record.score or record.spec.configuration.is_imported:
        return record.result.test.get(asked.name) if record.result else None
    return per_image.value(record, asked)


def _size(found: object) -> int:
    return found.nbytes if isinstance(found, np.ndarray) else 0


def _there(_name: str, _outputs: object, _labels: object, _task: str) -> bool:
    return True


def _labels_digest(_name: str, _outputs: object, labels: NDArray[Any], _task: str) -> str:
    return hashlib.sha256(labels.tobytes()).hexdigest()


class PerImageScores:
    """Metrics from what runs predicted for the test images; each run's file is read once for each metric.

    Of numbers for every image those are held that were asked for last; a reference's, asked for by many
    questions, are among them.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], Any] = {}
        self._held = 0

    def has(self, record: RunRecord) -> bool:
        """Return whether a run's predictions are kept."""
        return bool(self._kept(_there, record, record.score))

    def value(self, record: RunRecord, metric: Metric) -> float | None:
        """Return a metric of a run; None where nothing is kept, or it is not defined."""
        return self._kept(value, record, metric)

    def of(self, record: RunRecord, metric: Metric) -> NDArray[Any] | None:
        """Return the metric of each test image; None where nothing is kept, or it is no mean over images."""
        return self._kept(by_example, record, metric)

    def draws(self, record: RunRecord, metric: Metric) -> NDArray[Any] | None:
        """Return the metric of test images drawn anew; None where nothing is kept."""
        return self._kept(of_draws, record, metric)

    def _kept(self, function: Callable[..., Any], record: RunRecord, metric: Metric) -> Any:
        key = (function.__name__, str(record.folder), metric.name)
        if key in self.known:
            found = self.known[key] = self.known.pop(key)  # the last one asked for
            return found
        try:
            outputs, labels = RunFolder(record.folder).predictions()
            found = function(metric.name, outputs, labels, record.spec.configuration.facts.task)
        except (OSError, StoreError):
            found = None
        self.known[key] = found
        self._held += _size(found)
        while self._held > _MOST_HELD:
            self._held -= _size(self.known.pop(next(iter(self.known))))
        return found

    def tested_on(self, record: RunRecord) -> str:
        """Return what names the examples that a run was tested on.

        A function of the user's may test each run on others: they are the same where their labels are.
        """
        if record.spec.configuration.train is None:
            return record.data.sha256
        return str(self._kept(_labels_digest, record, record.score))

    def pair(
        self, pair: tuple[RunRecord, RunRecord], metric: Metric
    ) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """Return the metric of each image of both runs; None unless both were tested on the same images.

        So it is where their predictions are of unlike many, as in a folder that someone has changed.
        """
        if self.tested_on(pair[0]) != self.tested_on(pair[1]):
            return None
        treatment, reference = (self.of(record, metric) for record in pair)
        if treatment is None or reference is None or treatment.shape != reference.shape:
            return None
        return treatment, reference
