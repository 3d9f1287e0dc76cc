"""What a prediction that looks at no example scores: the commonest class, or the mean of the targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import value
from paribus.record.run import RunRecord
from paribus.study.datasets import DataFacts
from paribus.study.metrics import Metric, score_of
from paribus.texts.message import Message
from paribus.texts.quantities import Figure


@dataclass(frozen=True)
class Baseline:
    """A prediction that is the same for every example, as the training examples suggest it.

    Args:
        data: The data set's name.
        facts: What is known of it.
        score: Of this prediction on the test examples: accuracy, or R².
        answer: The class; empty where labels or targets are predicted.
    """

    data: str
    facts: DataFacts
    score: float
    answer: str = ""

    @property
    def metric(self) -> Metric:
        """What the score is one of."""
        return score_of(self.facts.task)

    @property
    def sentence(self) -> Message:
        """What it scores, in a sentence."""
        value = Figure(self.score, self.metric.unit)
        values = {"data": self.data, "answer": self.answer, "value": value}
        return Message(f"report.baseline-{self.facts.task}", {**values, "examples": self.facts.examples})


def baseline(records: Iterable[RunRecord]) -> Baseline | None:
    """Return what a constant prediction scores on the test examples of runs of one data set.

    Args:
        records: Their labels are read from the first that has kept them. With folds it is the mean over its
            variant's runs, of which each tests on another fold.

    Returns:
        None where no run has, or the training labels were not counted.
    """
    found: list[Baseline] = []
    first: RunRecord | None = None
    for record in records:
        if first is not None and record.spec.configuration != first.spec.configuration:
            continue
        if (each := _of_run(record)) is None:
            continue
        first = record
        found.append(each)
        if record.spec.configuration.folds is None:
            break
    return replace(found[0], score=float(np.mean([each.score for each in found]))) if found else None


def _of_run(record: RunRecord) -> Baseline | None:
    """Return what a constant prediction scores on a run's test examples; None where it kept no labels."""
    census, facts = record.data.census, record.spec.configuration.facts
    if census is None or not record.has_ended:
        return None
    try:
        _, labels = RunFolder(record.folder).predictions()
    except (OSError, StoreError):
        return None
    if facts.task == "regression" and census.targets:
        constant = np.broadcast_to([each.mean for each in census.targets], labels.shape)
        score = value("r2", constant, labels, "regression")
        return None if score is None else Baseline(record.data.name, facts, score)
    if facts.task != "regression" and census.classes:
        return _of_labels(record, facts, np.array(census.classes), labels)
    return None


def _of_labels(
    record: RunRecord, facts: DataFacts, counts: NDArray[np.int64], labels: NDArray[Any]
) -> Baseline:
    name = record.data.name
    if facts.task == "multilabel":
        common = counts > record.data.train / 2
        return Baseline(name, facts, float(np.mean((labels > 0) == common)))
    most = int(counts.argmax())
    answer = facts.classes[most] if most < len(facts.classes) else str(most)
    return Baseline(name, facts, float(np.mean(labels == most)), answer)
