"""What a study changes in the data that are trained on: how many, labels, weights, images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from paribus.errors import Fault
from paribus.study.arguments import TechniqueReader
from paribus.study.configuration import Configuration, LabelNoise, Technique
from paribus.study.datasets import DataFacts
from paribus.study.domains import FROM_ZERO, TO_ONE
from paribus.study.faults import PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.step_size import held_out, trained_on, training_images
from paribus.study.techniques import Kind, entry
from paribus.study.yaml_node import YamlNode

_KEYS, _NOISE = KEYS[Group.BASE], KEYS[Group.LABEL_NOISE]
_PLAIN = ("split", "folds", "train_size", "shuffle_labels", "balance")
_OF_CLASSES = ("class_weight", "label_noise", "balance")
NOISE_LAYER = "gaussian_noise"
"""What is added to the scaled inputs, whatever they are; other layers change images."""
_OF_PIXELS = ("random_brightness", "random_contrast")
_ROUNDING = 1e-6  # of probabilities that are written with a few digits


class TrainingDataReader(PartReader):
    """Reads these settings of a variant.

    Args:
        techniques: Reads layers, and has the faults.
        data: What the data are called; None where that is not known.
        facts: What is known of them.
    """

    def __init__(self, techniques: TechniqueReader, data: str | None, facts: DataFacts | None) -> None:
        super().__init__(techniques.faults)
        self.techniques = techniques
        self.data, self.facts = data, facts

    def fields(self, settings: YamlNode) -> dict[str, Any]:
        """Return the fields of a configuration that these settings mean."""
        plain: dict[str, Any] = {key: self.setting(settings, *_KEYS[key].as_setting) for key in _PLAIN}
        if settings.get("split") is None and self.facts is not None and not self.facts.validation:
            usual = "time" if self.facts.ordered else "group" if self.facts.groups else plain["split"]
            plain["split"] = usual
        if plain["train_size"] == 1.0:
            plain["train_size"] = None
        return {
            **plain,
            "label_noise": self._noise(settings.get("label_noise")),
            "class_weight": self._weights(settings.get("class_weight")),
            "augment": tuple(self._layers(settings.get("augment"))),
        }

    def _noise(self, written: YamlNode | None) -> LabelNoise | None:
        if written is None:
            return None
        share = _NOISE["share"].as_setting
        if not isinstance(written.value, dict):
            return LabelNoise(share=self.value(share[1], written))
        self.check_keys("argument", written.branches, _NOISE, "label_noise")
        matrix = written.get("matrix")
        if matrix is None and written.get("share") is None:
            self.faults.add(
                written.fault("missing-argument", "share", technique="label_noise", argument="share")
            )
            return None
        return LabelNoise(
            share=self.setting(written, *share[:2], 1.0),
            matrix=None if matrix is None else self._matrix(matrix),
        )

    def _matrix(self, written: YamlNode) -> tuple[tuple[float, ...], ...] | None:
        before = len(self.faults)
        rows = tuple(tuple(float(self.value(TO_ONE, each)) for each in row.items) for row in written.items)
        classes = len(self.facts.classes) if self.facts else len(rows)
        is_square = len(rows) == classes and all(len(row) == classes for row in rows)
        if len(self.faults) == before and not (
            rows and is_square and all(abs(math.fsum(row) - 1) < _ROUNDING for row in rows)
        ):
            self.faults.add(written.fault("noise-matrix", classes=classes))
        return rows if len(self.faults) == before else None

    def _weights(self, written: YamlNode | None) -> str | dict[str, float] | None:
        if written is None or written.value == "balanced":
            return None if written is None else "balanced"
        if not written.branches:
            given = format_value(written.plain())
            self.faults.add(written.fault("not-allowed", given=given, allowed=_KEYS["class_weight"].domain))
            return None
        classes = self.facts.classes if self.facts and self.facts.task == "classification" else ()
        if classes:
            self.check_keys("class", written.branches, classes, self.data or "")
        weights = {name: float(self.value(FROM_ZERO, each)) for name, each in written.branches.items()}
        kept = {name: weights[name] for name in classes or weights if weights.get(name, 1.0) != 1.0}
        return kept or None

    def _layers(self, written: YamlNode | None) -> Iterator[Technique]:
        if written is None:
            return
        if not isinstance(written.value, list):
            given = format_value(written.plain())
            self.faults.add(written.fault("not-allowed", given=given, allowed=_KEYS["augment"].domain))
        for item in written.items:
            name, given = item, YamlNode(None, item.path, item.line)
            if len(item.branches) == 1:
                ((word, given),) = item.branches.items()
                name = YamlNode(word, given.path, given.line)
            known = self.techniques.name(name, Kind.AUGMENTATION)
            if known is None:
                continue
            found = entry(Kind.AUGMENTATION, known)
            branches: Mapping[str, YamlNode] = given.branches
            if given.value is not None and not isinstance(given.value, dict):
                branches = {found.arguments[0]: given}
            yield Technique(name=known, arguments=self.techniques.arguments(found, branches, item))


def contradictions_of_data(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault for each of these settings that does not go with the data or with another setting.

    Args:
        read: A configuration, each part of it right.
        settings: What it was read from.
    """
    facts = read.facts
    for key in _OF_CLASSES:
        written = settings.get(key)
        if written is not None and facts.task != "classification":
            yield written.fault(f"needs-classes-{facts.task}", setting=key, data=read.data)
    split = settings.get("split")
    if split is not None and read.split == "stratified" and facts.task != "classification":
        yield split.fault(f"needs-classes-{facts.task}", setting="split: stratified", data=read.data)
    if split is not None and read.split == "group" and not facts.groups:
        yield split.fault("split-without-groups", data=read.data)
    for key in ("validation", "split", "folds"):
        written = settings.get(key)
        if written is not None and facts.validation:
            yield written.fault("own-validation", setting=key, data=read.data, count=facts.validation)
    weights = settings.get("class_weight")
    if weights is not None and read.class_weight is not None and facts.weights:
        yield weights.fault("weights-twice", data=read.data)
    if weights is not None and read.class_weight is not None and read.beside:
        yield weights.fault("weights-of-outputs")
    size = settings.get("train_size")
    there = training_images(read, facts.train, facts.test)
    images = there - held_out(read, there)
    if size is not None and isinstance(read.train_size, int) and read.train_size > images:
        yield size.fault("train-size-too-large", given=read.train_size, images=images)
    if size is not None and trained_on(read, there) < 1:
        yield size.fault("train-size-none", given=read.train_size, images=images)
    if split is not None and read.split == "time" and read.own is not None and not facts.ordered:
        yield split.fault("split-time-drawn", data=read.data)
    yield from _of_folds(read, settings)
    yield from _of_augmentation(read, settings)


def _of_folds(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    folds, facts = settings.get("folds"), read.facts
    if folds is None or read.folds is None or facts.validation:
        return
    if read.folds > facts.train + facts.test:
        yield folds.fault("folds-few", folds=read.folds, examples=facts.train + facts.test)
    if facts.groups and not facts.test_groups:
        yield folds.fault("folds-groups", data=read.data)
    elif facts.groups and read.folds > facts.groups + facts.test_groups:
        groups = facts.groups + facts.test_groups
        yield folds.fault("folds-few-groups", folds=read.folds, groups=groups, data=read.data)
    if facts.weights not in (0, facts.train + facts.test):
        yield folds.fault("folds-weights", data=read.data)
    if read.split == "time":
        yield folds.fault("folds-time")


def _of_augmentation(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    written, facts = settings.get("augment"), read.facts
    if written is None:
        return
    if facts.inputs and read.augment:
        yield written.fault("augment-inputs", data=read.data)
        return
    names = [layer.name for layer in read.augment]
    if NOISE_LAYER in names[:-1]:
        yield written.fault("noise-not-last", layer=NOISE_LAYER)
    for name, place in zip(names, written.items, strict=True):
        if name == NOISE_LAYER and facts.values == "tokens":
            yield place.fault("augment-tokens", layer=name, data=read.data)
        elif name != NOISE_LAYER and (len(facts.shape) != 3 or facts.values == "tokens"):
            yield place.fault("augment-no-images", layer=name, data=read.data, noise=NOISE_LAYER)
        elif name in _OF_PIXELS and facts.values != "pixels":
            yield place.fault("augment-no-pixels", layer=name, data=read.data)
