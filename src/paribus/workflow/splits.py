"""Checks of how each run's examples are divided, before anything is trained.

A seed may hold every example of a rare class out, so that no training teaches it, or a single row, of which
R² is not defined. This is known from the labels alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.data.own.load import load
from paribus.data.split import split_of
from paribus.errors import DataError
from paribus.record import metrics
from paribus.record.run import DataUsed
from paribus.study.configuration import Configuration
from paribus.study.metrics import MEASURED
from paribus.study.step_size import held_out, training_images
from paribus.study.study import Study
from paribus.texts.message import Listed

MOST_LOOKED_AT = 1_000
"""A class with more examples is not held out as a whole by chance, nor are more targets all the same."""
_MOST_NAMED = 6


def check_splits(study: Study, data: Mapping[str, DataUsed], seeds: Mapping[str, Sequence[int]]) -> None:
    """Check that each run has as many examples as it asks for, and can learn and measure what it is asked.

    Args:
        study: What is to be trained.
        data: The images each data set's name stands for; of the study's own data, what lies at hand.
        seeds: Of each variant that is to run.

    Raises:
        DataError: A run has fewer examples than its ``train_size``; a seed holds every example of a class
            out; or a metric that training watches or a question compares is not defined on what it holds out.
    """
    looked: dict[tuple[object, ...], _Divided] = {}
    for name, of_variant in seeds.items():
        configuration = study.variants[name].configuration
        _check_size(configuration, data[configuration.data])
        if configuration.data not in study.sources:
            continue
        dataset = load(study.sources[configuration.data])[0]
        alone = replace(
            dataset, x_train=np.arange(len(dataset.x_train)), x_test=np.arange(len(dataset.x_test))
        )
        if configuration.split == "group" and isinstance(configuration.train_size, int):
            for seed in of_variant:
                split_of(alone, configuration, seed)
        if not _is_rare(dataset, configuration):
            continue
        key = configuration.data, configuration.split, configuration.validation, configuration.folds
        divided = looked.setdefault((*key, tuple(of_variant)), _Divided(alone, configuration, of_variant))
        divided.refuse_unseen()
        for metric in _asked(study, name, configuration):
            divided.refuse_undefined(metric)


def _check_size(configuration: Configuration, used: DataUsed) -> None:
    """Refuse a ``train_size`` above the images at hand: stand-ins are fewer than the study was read for."""
    there = training_images(configuration, used.train, used.test)
    left = there - held_out(configuration, there)
    if isinstance(configuration.train_size, int) and configuration.train_size > left:
        raise DataError("data.train-size", given=configuration.train_size, images=left)


def _is_rare(dataset: Dataset, configuration: Configuration) -> bool:
    """Return whether a seed may hold out all that there is of a class, or too little to measure."""
    if configuration.split in ("group", "time") or configuration.folds:
        return True
    if configuration.facts.task == "classification":
        counts = np.bincount(dataset.y_train)
        return bool(counts[counts > 0].min() <= MOST_LOOKED_AT)
    return held_out(configuration, len(dataset.x_train)) <= MOST_LOOKED_AT


def _asked(study: Study, variant: str, configuration: Configuration) -> Iterator[str]:
    """Yield the metrics, such as ``val_r2``, that training watches or questions compare."""
    for settings in (configuration.early_stopping, configuration.reduce_on_plateau):
        if settings is not None:
            yield settings.monitor
    for question in study.questions:
        if variant in (question.treatment, question.reference):
            yield question.metric


@dataclass
class _Divided:
    """What each seed trains on, holds out and tests.

    Args:
        dataset: Labels, and numbers in place of inputs.
        configuration: Says how they are divided.
        seeds: Of the runs.
    """

    dataset: Dataset
    configuration: Configuration
    seeds: Sequence[int]
    parts: dict[int, dict[str, NDArray[Any]]] = field(default_factory=dict[int, "dict[str, NDArray[Any]]"])

    def __post_init__(self) -> None:
        # A small training size lacks classes on purpose.
        whole = self.configuration.model_copy(update={"train_size": None})
        for seed in self.seeds:
            found = split_of(self.dataset, whole, seed)
            labels = found.dataset.y_train
            self.parts[seed] = {
                "train": labels[found.train],
                "val": labels[found.validation],
                "test": found.dataset.y_test,
            }

    def refuse_unseen(self) -> None:
        """Refuse seeds that train on no example of a class which they hold out or test."""
        if self.configuration.facts.task != "classification":
            return
        unseen: dict[int, list[int]] = {}
        for seed, parts in self.parts.items():
            for label in np.setdiff1d(np.concatenate([parts["val"], parts["test"]]), parts["train"]):
                unseen.setdefault(int(label), []).append(seed)
        if unseen:
            given = np.concatenate([self.dataset.y_train, self.dataset.y_test])
            named = [f"{self.dataset.classes[label]} ({int((given == label).sum())})" for label in unseen]
            seeds = sorted({seed for each in unseen.values() for seed in each})
            way = "folds" if self.configuration.folds else self.configuration.split
            raise DataError(
                f"data.split-unseen-{way}",
                name=self.dataset.name,
                labels=Listed(tuple(named), most=_MOST_NAMED),
                seeds=_named(seeds),
                count=len(seeds),
            )

    def refuse_undefined(self, asked: str) -> None:
        """Refuse seeds on whose examples a metric is not defined, whatever a network predicts."""
        part, metric = asked.partition("_")[::2]
        if part not in ("val", "test") or metric not in MEASURED:
            return
        undefined = [
            (seed, len(parts[part]))
            for seed, parts in self.parts.items()
            if len(parts[part]) <= MOST_LOOKED_AT and not self._is_defined(metric, parts[part])
        ]
        if undefined:
            seeds, sizes = zip(*undefined, strict=True)
            raise DataError(
                f"data.split-undefined-{part}",
                name=self.dataset.name,
                metric=asked,
                seeds=_named(seeds),
                count=len(seeds),
                rows=min(sizes),
            )

    def _is_defined(self, metric: str, labels: NDArray[Any]) -> bool:
        facts = self.configuration.facts
        units = facts.outputs if facts.task != "classification" else len(facts.classes)
        undecided = np.full((len(labels), units), 1 / max(2, units))
        return not len(labels) or metrics.value(metric, undecided, labels, facts.task) is not None


def _named(seeds: Sequence[int]) -> Listed:
    return Listed(tuple(map(str, seeds)), most=_MOST_NAMED)
