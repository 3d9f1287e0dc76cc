"""Metrics of the user's own, on all examples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from paribus.engine.own_loss import filled, fitting, given_by
from paribus.errors import RunError
from paribus.study.datasets import DataFacts
from paribus.study.own_function import OwnMetric
from paribus.study.programs import Program as UserFile


@dataclass(frozen=True)
class Measure:
    """A metric of the user's own that can be computed.

    Args:
        own: Where it comes from.
        metric: As Keras has it; a function is averaged over what it returns.
    """

    own: OwnMetric
    metric: Any

    def value(self, labels: NDArray[Any], outputs: NDArray[Any]) -> float:
        """Return its value over all of these examples, as after one call of ``update_state``.

        Args:
            labels: Classes, shape (examples,), or labels or targets, shape (examples, units).
            outputs: The network's, shape (examples, units).

        Raises:
            RunError: It is no single number.
        """
        given: Any = labels
        if labels.ndim == 1 and self.own.targets == "one_hot" and outputs.shape[-1] > 1:
            given = np.eye(outputs.shape[-1], dtype=np.float32)[labels.astype(np.int64)]
        elif labels.ndim == 1 and outputs.shape[-1] == 1:
            given = labels[:, None]
        self.metric.reset_state()
        self.metric.update_state(given.astype(np.float32), outputs)
        found = self.metric.result()
        if isinstance(found, dict) or np.ndim(found) != 0:
            raise RunError("run.metric-not-one", place=self.own.told)
        return float(found)


def load(own: OwnMetric, file: UserFile) -> Measure:
    """Return a metric of the user's own, to be computed.

    Args:
        own: Where it comes from.
        file: The one that defines it.

    Raises:
        RunError: The user's code fails, or has no such metric.
    """
    given = given_by(own, file)
    if isinstance(given, keras.metrics.Metric):
        return Measure(own, given)
    if not callable(given):
        raise RunError("run.metric-not-one", place=own.told)
    return Measure(own, keras.metrics.MeanMetricWrapper(given, name=own.name))


def described(own: OwnMetric, file: UserFile, facts: DataFacts, targets: str) -> tuple[OwnMetric, str | None]:
    """Return a metric with the defaults of its arguments and what it is given, and which way is better.

    Args:
        own: As a study says it.
        file: The one that defines it.
        facts: What is known of the data.
        targets: What the study says that it is given: ``auto`` finds out.

    Returns:
        The metric; ``up``, ``down``, or None where Keras does not say it.

    Raises:
        RunError: It cannot be computed.
    """
    own = filled(own, file)
    measure = load(own, file)

    def call(targets: Any, outputs: Any) -> None:
        given, found = (np.zeros(each.shape, np.float32) for each in (targets, outputs))
        Measure(own.model_copy(update={"targets": "labels"}), measure.metric).value(given, found + 0.5)

    found = fitting(own, file, facts, targets, call)
    return found, getattr(measure.metric, "_direction", None)
