"""Runs that failed to train: an outcome of their own, beside the mean of those that trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.errors import StoreError
from paribus.record.folder import PREDICTIONS, RunFolder
from paribus.record.metrics import predicted_classes, value
from paribus.record.run import RunRecord, Status
from paribus.study.datasets import Task
from paribus.study.step_size import trained_on

_N_SIGMA = 2.0
_N_SIGMA_FITTED = 3.0
"""Of the training examples, which a network was fitted to."""
_LEAST_LEARNED = 0.05
"""A share of what lies between chance and no mistake; less was learned than anybody trains for."""
_MOST_NOISE = 0.25
"""Of the same way: where two standard errors are more, on a few dozen test examples, one is asked for. Else
networks that learned, only not nearly all, would be called failures."""
_LEVEL = 0.05
_REMEMBERED = 2**17
"""Verdicts, of some hundred bytes each. Runs are gone through in the same order again and again: of more runs
than are remembered, each is forgotten before its turn comes."""


class Failure(StrEnum):
    """How a run failed to train."""

    DIVERGED = "diverged"
    ONE_CLASS = "one-class"
    NO_LEARNING = "no-learning"


@dataclass(frozen=True)
class FailureRate:
    """How many runs failed to train, with what that says of further ones.

    Args:
        failed: How many failed.
        runs: Of how many.
    """

    failed: int = 0
    runs: int = 0

    @property
    def is_total(self) -> bool:
        """Whether there are runs, and all of them failed."""
        return 0 < self.runs == self.failed

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's 95 % interval for the rate, two-sided also where none or all failed.

        Source: Clopper and Pearson, Biometrika 26 (1934).

        Example:
            >>> [round(end, 3) for end in FailureRate(1, 1).interval]
            [0.025, 1.0]
            >>> [round(end, 3) for end in FailureRate(1, 10).interval]
            [0.003, 0.445]
        """
        from scipy import stats

        if not self.runs:
            return 0.0, 1.0
        found: Any = stats.binomtest(self.failed, self.runs).proportion_ci(1 - _LEVEL)
        return float(found.low), float(found.high)


def failure(record: RunRecord) -> Failure | None:
    """Return how a run failed to train; None where it trained, or cannot be judged.

    It failed if it diverged, if it predicts one class for every test image, or if its mean recall over the
    classes is within noise of what chance gives, or no further from it than a twentieth of the way to 1. The
    mean recall (balanced accuracy) does not depend on how common the classes are. Several labels are judged
    by their mean area under the ROC curve, a regression by R². A run that knows its training examples beyond
    noise has trained, whatever it gets right of the others.

    Args:
        record: Any; its predictions are read from its folder.
    """
    if record.status is Status.DIVERGED:
        return Failure.DIVERGED
    if not record.has_ended:
        return None
    try:
        written = (record.folder / PREDICTIONS).stat().st_mtime_ns
    except OSError:
        return None
    digest = record.digests.get(PREDICTIONS, "")
    found = _of_folder(record.folder, written, digest, record.spec.configuration.facts.task)
    return None if found is Failure.NO_LEARNING and _has_fitted(record) else found


def _has_fitted(record: RunRecord) -> bool:
    """Return whether a run knows its training examples better than a constant prediction does, beyond noise.

    A few dozen test examples show less than hundreds of training examples: that a network learned cannot be
    seen in them, and that is not to say that it did not.
    """
    configuration, census = record.spec.configuration, record.data.census
    score = record.train_score
    if score is None:
        return False
    if configuration.facts.task == "regression":
        return score > _LEAST_LEARNED
    if configuration.facts.task != "classification" or census is None or not sum(census.classes):
        return False
    images = sum(census.classes)
    commonest = max(census.classes) / images
    noise = math.sqrt(commonest * (1 - commonest) / max(1, trained_on(configuration, images)))
    return score - commonest > max(_N_SIGMA_FITTED * noise, _LEAST_LEARNED * (1 - commonest))


@lru_cache(maxsize=_REMEMBERED)
def _of_folder(folder: Path, written: int, digest: str, task: Task) -> Failure | None:
    """Return how the run in a folder failed; its predictions are read once, until they are written anew."""
    try:
        outputs, labels = RunFolder(folder).predictions(digest)
    except (OSError, StoreError):
        return None
    return failed_predictions(outputs, labels, task)


def failure_rate(records: Iterable[RunRecord]) -> FailureRate:
    """Return how many runs failed to train, of those that ended or diverged.

    Args:
        records: Of one variant.
    """
    over = [record for record in records if record.has_ended or record.status is Status.DIVERGED]
    return FailureRate(sum(failure(record) is not None for record in over), len(over))


def failed_predictions(
    outputs: NDArray[Any], labels: NDArray[Any], task: Task = "classification"
) -> Failure | None:
    """Return what is wrong with the predictions of a run that ended; None where it has learned something.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,), or labels or targets, shape (images, units).
        task: What is predicted.

    Example:
        >>> labels = np.arange(100) % 10
        >>> failed_predictions(np.eye(10)[labels], labels), failed_predictions(np.eye(10)[labels * 0], labels)
        (None, <Failure.ONE_CLASS: 'one-class'>)
    """
    if task != "classification":
        learned, noise, best = (
            _explained(outputs, labels) if task == "regression" else _ranked(outputs, labels)
        )  # where R² is not defined, NaN: no comparison holds
        has_failed = learned <= max(_N_SIGMA * noise, _LEAST_LEARNED * best)
        return Failure.NO_LEARNING if has_failed else None
    classes = max(2, outputs.shape[1])
    predicted = predicted_classes(outputs)
    of_class = np.bincount(labels, minlength=classes)
    if single_class(np.bincount(predicted, minlength=classes), of_class) is not None:
        return Failure.ONE_CLASS
    right = np.bincount(labels[predicted == labels], minlength=classes)
    present = of_class > 0
    recall = float(np.mean(right[present] / of_class[present]))
    chance = 1 / int(present.sum())
    noise = recall_noise(np.bincount(predicted, minlength=classes), of_class)
    learned, left = recall - chance, 1 - chance
    errors = _N_SIGMA if _N_SIGMA * noise < _MOST_NOISE * left else 1.0
    return Failure.NO_LEARNING if learned <= max(errors * noise, _LEAST_LEARNED * left) else None


def recall_noise(predicted: NDArray[Any], of_class: NDArray[Any]) -> float:
    """Return the standard deviation of the mean recall where predictions have nothing to do with labels.

    It is exact over all orders of the predictions that were made, as in a permutation test. So a rare class,
    whose own recall is uncertain, adds little where it is hardly ever predicted. Source: Hoeffding, A
    combinatorial central limit theorem, 1951.

    Args:
        predicted: How many examples are predicted to be of each class.
        of_class: How many are.

    Example:
        >>> round(recall_noise(np.array([50, 50]), np.array([50, 50])), 4)
        0.0503
        >>> recall_noise(np.array([100, 0]), np.array([90, 10]))
        0.0
    """
    examples = int(of_class.sum())
    present = of_class > 0
    if examples < 2:
        return 0.0
    share = predicted[present] / examples
    variance = float(np.sum(share * (1 - share) / of_class[present])) * examples / (examples - 1)
    return math.sqrt(variance) / int(present.sum())


def _explained(outputs: NDArray[Any], targets: NDArray[Any]) -> tuple[float, float, float]:
    """Return R², which is 0 where the mean is predicted, its noise, taken as 0, and its best."""
    found = value("r2", outputs, targets, "regression")
    return math.nan if found is None else found, 0.0, 1.0


def _ranked(outputs: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float, float]:
    """Return how far the mean area under the labels' ROC curves is above chance, its noise and its best.

    The noise is that of areas by chance, Mann and Whitney's (n₁ + n₀ + 1) / (12 n₁ n₀) for each label.
    """
    areas: list[float] = []
    variances: list[float] = []
    for given, label in zip(outputs.T, labels.T > 0, strict=True):
        area = value("roc_auc", given[:, None], label.astype(np.int64), "classification")
        if area is not None:
            has, lacks = int(label.sum()), int((~label).sum())
            areas.append(area)
            variances.append((has + lacks + 1) / (12 * has * lacks))
    if not areas:
        return 0.0, 0.0, 0.5
    return float(np.mean(areas)) - 0.5, math.sqrt(sum(variances)) / len(areas), 0.5


def single_class(predicted: NDArray[Any], of_class: NDArray[Any]) -> int | None:
    """Return the class that all images but a few are predicted to be; None where there is none.

    The few are fewer than would move the accuracy by one standard error.

    Args:
        predicted: How many images are predicted to be of each class.
        of_class: How many are; all zeros where that is not known.
    """
    images = int(predicted.sum())
    if not images:
        return None
    majority = float(of_class.max() / of_class.sum()) if of_class.sum() else 1 / len(predicted)
    most = int(predicted.argmax())
    few = math.sqrt(majority * (1 - majority) * images)
    return most if images - int(predicted[most]) < few else None
