"""A data set made from what a reader found: labels numbered, inputs checked, test data set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset, TestNames, own_identity
from paribus.data.own.inputs import packed, read_inputs
from paribus.data.own.labels import read_labels, refuse_missing
from paribus.data.own.raw import MIN_EXAMPLES, Raw, listed, refused
from paribus.data.own.targets import split_targets
from paribus.data.stored import converted, taken
from paribus.study.datasets import DataFacts, Task, Values
from paribus.study.seeds import named_seed
from paribus.study.source import Source

TEST = 0.2
"""Share of the examples that become test data, where a study does not say."""
MOST_NAMED = 200_000
"""Test examples whose places in the user's file are kept."""


def assembled(raw: Raw, source: Source) -> tuple[Dataset, DataFacts]:
    """Return a data set and what is known of it.

    Test data that are taken from the examples are the same at every seed: they are drawn once, a share of
    each class where there are classes, whole groups where there are groups, the last of ordered rows.
    Validation examples that are given become the last of the training examples.

    Args:
        raw: What a reader found.
        source: What the study says of it.

    Raises:
        DataError: Inputs and labels do not fit, or there are too few.
    """
    place = source.place
    if isinstance(raw.x, Mapping):
        raw = packed(raw, place)
    elif raw.tokens:
        raise refused(place, "tokens-which", given=listed(raw.tokens))
    raw, targets = split_targets(raw, place)
    _check_lengths(raw, place)
    for part, given in (("validation", raw.y_val), ("test", raw.y_test)):
        if given is not None and given.size:  # rows are counted in each part
            refuse_missing(given, f"{place} ({part})")
    labels = read_labels(_all_labels(raw), source.task, place, raw.targets)
    y, y_val, y_test = _parted(labels.values, raw)
    beside = None if targets.columns is None else _parted(targets.columns, raw)
    if labels.task == "classification":
        _refuse_unseen(labels.classes, y, {"validation": y_val, "test": y_test}, place)
    groups, weights = raw.groups, _weights(raw, place)
    train, test = np.arange(len(raw.x)), np.arange(0)
    if raw.x_test is None:
        train, test = _rows(labels.task, y, groups, source)
    x, values = read_inputs(raw.x, raw.values, place)
    x_val, x_test = (
        None if each is None else _like(x, each, raw.values, part, place)
        for part, each in (("validation", raw.x_val), ("test", raw.x_test))
    )
    if x_test is None:
        x, x_test, y, y_test = taken([x], train), taken([x], test), y[train], y[test]
        if labels.task == "classification":
            _refuse_drawn(labels.classes, y, y_test, place)
        groups, weights = (
            None if each is None else np.concatenate([each[train], each[test]]) for each in (groups, weights)
        )
        if beside is not None:
            beside = [beside[0][train], beside[1], beside[0][test]]
    if labels.task == "regression":
        _refuse_same({"train": y, "validation": y_val, "test": y_test}, place)
    if x_val is not None:
        if weights is not None:  # those of validation are never asked for
            weights = np.insert(weights, len(x), np.ones(len(x_val), np.float32))
        x, y, groups = taken([x, x_val]), np.concatenate([y, y_val]), None
    vocabulary = raw.vocabulary or (1 + int(max(x.max(), x_test.max())) if values == "tokens" else 0)
    groups = None if groups is None else np.unique(groups, return_inverse=True)[1].astype(np.int32)
    facts = DataFacts(
        shape=x.shape[1:],
        train=len(x),
        test=len(x_test),
        classes=labels.classes,
        task=labels.task,
        values=values,
        targets=labels.values.shape[1] if labels.task == "regression" else 1,
        features=raw.features,
        numeric=raw.numeric,
        groups=0 if groups is None else len(np.unique(groups[: len(x)])),
        vocabulary=vocabulary,
        words=raw.words,
        validation=0 if x_val is None else len(x_val),
        weights=0 if weights is None else len(weights),
        test_groups=0 if groups is None else len(np.unique(groups[len(x) :])),
        ordered=source.ordered,
        inputs=raw.inputs,
        scored=targets.scored,
        named=targets.named(labels),
    )
    arrays = {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test}
    arrays = {name: converted(array, array.dtype) for name, array in arrays.items()}
    there = {
        "groups": groups,
        "weights": weights,
        "beside": None if beside is None else np.concatenate(beside),
    }
    known: dict[str, Any] = {name: array for name, array in there.items() if array is not None}
    dataset = Dataset(
        source.name,
        **arrays,
        **known,
        words=raw.word_list,
        classes=labels.classes,
        sha256=own_identity(arrays, facts, known),
        verified=True,
        stand_in=False,
        origin=place,
        validation=facts.validation,
        reading=raw.reading,
        names=_names(raw, test),
    )
    return dataset, facts


def _names(raw: Raw, drawn: NDArray[np.int64]) -> TestNames | None:
    """Return how the user finds the test examples; nothing of more than `MOST_NAMED`."""
    is_drawn = raw.x_test is None
    given = raw.ids if is_drawn else raw.ids_test
    ids = () if given is None else tuple((given[drawn] if is_drawn else given).tolist())
    has_files = ids and raw.values == "pixels"  # whose order says nothing
    names = TestNames(() if has_files else tuple((drawn + 1).tolist()), ids)
    return names if 0 < max(len(names.rows), len(ids)) <= MOST_NAMED else None


def _all_labels(raw: Raw) -> NDArray[Any]:
    given = [each for each in (raw.y, raw.y_val, raw.y_test) if each is not None]
    return np.concatenate(given) if len(given) > 1 else raw.y


def _parted(labels: NDArray[Any], raw: Raw) -> list[NDArray[Any]]:
    """Return the labels of training, validation and test examples, as `_all_labels` joined them."""
    ends = np.cumsum([len(raw.y), 0 if raw.y_val is None else len(raw.y_val)])
    return np.split(labels, ends)


def _refuse_unseen(
    classes: tuple[str, ...], trained: NDArray[Any], given: dict[str, NDArray[Any]], place: str
) -> None:
    """Refuse validation or test data with a class that the training data have no example of."""
    for part, labels in given.items():
        unseen = [classes[code] for code in np.setdiff1d(labels, trained)]
        if unseen:
            raise refused(place, f"{part}-unseen", count=len(unseen), labels=listed(unseen))


def _refuse_drawn(classes: tuple[str, ...], trained: NDArray[Any], tested: NDArray[Any], place: str) -> None:
    """Refuse test data, drawn from the examples, that have all there are of a class."""
    unseen, counts = np.unique(tested[~np.isin(tested, trained)], return_counts=True)
    if len(unseen):
        named = listed(f"{classes[code]} ({count})" for code, count in zip(unseen, counts, strict=True))
        raise refused(place, "drawn-unseen", labels=named)


def _refuse_same(targets: dict[str, NDArray[Any]], place: str) -> None:
    """Refuse targets that are all one number: R² divides by their variance."""
    for part, given in targets.items():
        if len(given) and (given == given[0]).all(axis=0).any():
            raise refused(place, f"{part}-same", rows=len(given))


def _like(x: NDArray[Any], given: NDArray[Any], values: Values | None, part: str, place: str) -> NDArray[Any]:
    """Return validation or test inputs, which are to be of the kind and shape of the training inputs."""
    found, kind = read_inputs(given, values, f"{place} ({part})")
    if found.shape[1:] != x.shape[1:] or kind != read_inputs(x[:1], values, place)[1]:
        raise refused(place, f"{part}-shape", train=x.shape[1:], given=found.shape[1:])
    return found


def _check_lengths(raw: Raw, place: str) -> None:
    for x, y in ((raw.x, raw.y), (raw.x_val, raw.y_val), (raw.x_test, raw.y_test)):
        if x is not None and y is not None and len(x) != len(y):
            raise refused(place, "lengths", inputs=len(x), labels=len(y))
    if raw.x_val is not None and not len(raw.x_val):
        raise refused(place, "no-validation")
    if len(raw.x) < MIN_EXAMPLES:
        raise refused(place, "few", count=len(raw.x), fewest=MIN_EXAMPLES)


def _weights(raw: Raw, place: str) -> NDArray[np.float32] | None:
    """Return how much each example counts: numbers from 0 on, not all 0."""
    if raw.weights is None:
        return None
    given = raw.weights.reshape(len(raw.weights), -1)
    if given.shape != (len(raw.x), 1):
        raise refused(place, "weight-shape", given=raw.weights.shape, inputs=len(raw.x))
    if given.dtype.kind not in "fiub":
        raise refused(place, "weight-type", given=given.dtype)
    weights = given[:, 0].astype(np.float32)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise refused(place, "weight-wrong", count=len(wrong), row=wrong[0] + 1, given=weights[wrong[0]])
    if not weights.any():
        raise refused(place, "weight-zero")
    return weights


def _rows(
    task: Task, labels: NDArray[Any], groups: NDArray[Any] | None, source: Source
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the training and of the test data, each in ascending order."""
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    place, share = source.place, TEST if source.test is None else source.test
    if source.ordered:
        if groups is not None:
            raise refused(place, "ordered-groups")
        first = len(labels) - int(np.ceil(share * len(labels)))
        return np.arange(first), np.arange(first, len(labels))
    rows, seed = np.arange(len(labels)), named_seed(0, "test")
    if groups is not None:
        splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        try:
            train, test = next(splitter.split(rows, groups=groups))
        except ValueError:
            raise refused(place, "few-groups", count=len(np.unique(groups))) from None
        return np.sort(train), np.sort(test)
    classes = labels if task == "classification" else None
    counts = np.bincount(classes) if classes is not None else np.array([2])
    held_out = int(np.ceil(share * len(rows)))
    can_stratify = (
        classes is not None and counts.min() >= 2 and len(counts) <= min(held_out, len(rows) - held_out)
    )
    train, test = train_test_split(
        rows, test_size=share, random_state=seed, stratify=classes if can_stratify else None
    )
    return np.sort(train), np.sort(test)
