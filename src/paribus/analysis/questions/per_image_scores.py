"""What runs predicted for the test images, as metrics: each run's file is read once for each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from paribus.analysis.questions.per_image import of_draws
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import by_example, value
from paribus.record.run import RunRecord
from paribus.study.metrics import Metric


def _there(_name: str, _outputs: object, _labels: object, _task: str) -> bool:
    return True


def _labels_digest(_name: str, _outputs: object, labels: NDArray[Any], _task: str) -> str:
    return hashlib.sha256(labels.tobytes()).hexdigest()


class PerImageScores:
    """Metrics from what runs predicted for the test images; each run's file is read once for each metric."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], Any] = {}

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
        if key not in self.known:
            try:
                outputs, labels = RunFolder(record.folder).predictions()
                task = record.spec.configuration.facts.task
                self.known[key] = function(metric.name, outputs, labels, task)
            except (OSError, StoreError):
                self.known[key] = None
        return self.known[key]

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
        """Return the metric of each image of both runs; None unless both were tested on the same images."""
        if self.tested_on(pair[0]) != self.tested_on(pair[1]):
            return None
        treatment, reference = (self.of(record, metric) for record in pair)
        return None if treatment is None or reference is None else (treatment, reference)
