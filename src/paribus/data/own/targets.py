"""Several targets of an example: one that runs are scored by, and others that are trained beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.labels import Labels, read_labels, refuse_missing
from paribus.data.own.raw import Array, Raw, listed, refused
from paribus.study.datasets import Target
from paribus.texts import suggestion

PARTS = {"y": "train", "y_val": "validation", "y_test": "test"}
"""The fields of `Raw` that hold targets, by the part of the data they are of."""
_TAKEN = ("val", "test", "data", "train", "name", "python", "arguments", "targets")
"""What a name must not be: names of a history begin or end so, or it is a key of ``loss``."""


@dataclass(frozen=True)
class Targets:
    """The targets of examples that have several.

    Args:
        scored: The name of the one that runs are scored by; empty where examples have one target.
        others: The others by name, each with its labels in all parts of the data: training, validation, test.
        order: All names, as they were given.
    """

    scored: str = ""
    others: Mapping[str, Labels] | None = None
    order: tuple[str, ...] = ()

    def named(self, labels: Labels) -> tuple[Target, ...]:
        """Return what is known of every target.

        Args:
            labels: Those that runs are scored by.
        """
        every = {**(self.others or {}), self.scored: labels}
        return tuple(_target(name, every[name]) for name in self.order)

    @property
    def columns(self) -> NDArray[np.float32] | None:
        """The others side by side, float32, shape (num_examples, columns); None where there are none."""
        if not self.others:
            return None
        found = [each.values.reshape(len(each.values), -1) for each in self.others.values()]
        return np.concatenate(found, axis=1).astype(np.float32)


def _target(name: str, labels: Labels) -> Target:
    count = labels.values.shape[1] if labels.task == "regression" else 1
    return Target(name=name, task=labels.task, classes=labels.classes, targets=count)


def split_targets(raw: Raw, place: str) -> tuple[Raw, Targets]:
    """Return data with the target alone that runs are scored by, and what their other targets are.

    Args:
        raw: Its labels are arrays, or mappings of arrays by name.
        place: Where they come from, for messages.

    Raises:
        DataError: Targets have other names or rows than they should, or cannot be used.
    """
    given = {field: getattr(raw, field) for field in PARTS if getattr(raw, field) is not None}
    if not any(isinstance(each, Mapping) for each in given.values()):
        if raw.score:
            raise refused(place, "score-one", given=raw.score)
        return raw, Targets()
    names = _names(given, place)
    scored = raw.score or names[0]
    if scored not in names:
        known = ", ".join(names)
        raise refused(place, "score-name", given=scored, known=known, meant=suggestion(scored, names))
    by_part = {field: cast("Mapping[str, Array]", each) for field, each in given.items()}
    others = {name: _labels(name, by_part, scored, place) for name in names if name != scored}
    alone = {field: each[scored] for field, each in by_part.items()}
    return replace(raw, **cast("dict[str, Any]", alone)), Targets(scored, others, tuple(names))


def _names(given: Mapping[str, object], place: str) -> list[str]:
    """Return the names of the targets, which every part of the data has."""
    train = given["y"]
    names = (
        [str(name) for name in cast("Mapping[object, object]", train)] if isinstance(train, Mapping) else []
    )
    for field, each in given.items():
        found = (
            [str(name) for name in cast("Mapping[object, object]", each)] if isinstance(each, Mapping) else []
        )
        if set(found) != set(names) or not found:
            told = {"given": listed(found) or "–", "known": listed(names) or "–"}
            raise refused(place, "target-names", part=PARTS[field], **told)
    wrong = [name for name in names if not name.isidentifier() or name in _TAKEN]
    if wrong:
        raise refused(place, "target-name", given=repr(wrong[0]))
    return names


def _labels(name: str, by_part: Mapping[str, Mapping[str, Array]], scored: str, place: str) -> Labels:
    """Return the labels of one target in all parts of the data."""
    where = f"{place} ({name})"
    for field, each in by_part.items():
        if len(each[name]) != len(each[scored]):
            counts = f"{scored} {len(each[scored])}, {name} {len(each[name])}"
            raise refused(place, "target-rows", part=PARTS[field], counts=counts)
        refuse_missing(each[name], where)
    return read_labels(np.concatenate([each[name] for each in by_part.values()]), None, where)


def gathered_targets(arrays: Mapping[str, object]) -> dict[str, object]:
    """Return arrays with those of several targets under one name: ``y_train_digit`` in ``y_train``.

    Args:
        arrays: By name.

    Example:
        >>> gathered_targets({"x": 1, "y_digit": 2, "y_parity": 3})
        {'x': 1, 'y': {'digit': 2, 'parity': 3}}
    """
    found = dict(arrays)
    parts = ("y_train", "y_val", "y_test", "y")
    for part in (each for each in parts if each not in arrays):
        names = [name for name in found if name.startswith(f"{part}_") and name not in parts]
        if names:
            found[part] = {name.removeprefix(f"{part}_"): found.pop(name) for name in names}
    return found
