"""A data set in memory: inputs, labels and their identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.study.census import Reading
from paribus.study.datasets import DataFacts


@dataclass(frozen=True)
class TestNames:
    """How the user finds the test examples in the data that they were drawn from.

    Args:
        rows: Of each the data row, counted from 1 without a header; empty where test data were given apart.
        ids: Of each what the user calls it, such as the value of a column or a file's name; or empty.
    """

    rows: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Inputs and labels, as decoded from whichever file they came from.

    Args:
        name: Name in the catalogue, or of the user's own data.
        x_train: Shape (num_train, ...): uint8 images, float32 numbers, or int32 tokens.
        y_train: Whole numbers, shape (num_train,), of classes; float32, shape (num_train, num_outputs), else.
        x_test: As `x_train`.
        y_test: As `y_train`.
        classes: Name of each class or label, in the order of the outputs; none in a regression.
        sha256: Digest of the arrays, see `identity`.
        verified: Whether the digest is that of the official data set; always so for the user's own.
        stand_in: Whether this is a small set that takes another's place (``--embedded``).
        origin: The file or folder that it was read from, for messages.
        groups: What must not be on both sides of a split, int32: of the training examples and, where these
            were drawn from the same, the test examples after them; None where none is.
        validation: How many of the training examples, the last ones, are validation examples of the data's
            own; 0 where each run holds some out.
        weights: How much each example counts in the training loss, float32: of the training examples and,
            where these were drawn from the same, the test examples after them. None where all count alike.
        beside: Other targets than those that runs are scored by, float32, a column for each class's number
            and each label or number: of the training examples, then of the test examples. None where there
            are none.
        words: The words of texts, uint8, see `paribus.data.own.text.written`; no part of their identity, as
            the numbers of the words follow from them.
        reading: What was left out while they were read.
        names: How the user finds the test examples in the file; None where it is not known.
    """

    name: str
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    classes: tuple[str, ...]
    sha256: str
    verified: bool
    stand_in: bool
    origin: str
    groups: NDArray[np.int32] | None = None
    validation: int = 0
    weights: NDArray[np.float32] | None = None
    beside: NDArray[np.float32] | None = None
    words: NDArray[np.uint8] | None = None
    reading: Reading = field(default_factory=Reading)
    names: TestNames | None = None


def identity(*arrays: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of the arrays' bytes, in C order, one after the other.

    Example:
        >>> identity(np.zeros((2, 3), np.uint8)) == identity(np.zeros(6, np.uint8))
        True
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def own_identity(
    arrays: Mapping[str, NDArray[Any]], facts: DataFacts, beside: Mapping[str, NDArray[Any]] | None = None
) -> str:
    """Return the SHA-256 of the user's own data: of names, types, shapes and bytes.

    Args:
        arrays: By name.
        facts: What is known of the data, names of columns and classes among it.
        beside: What is there of some data alone: groups, weights, other targets.
    """
    digest = hashlib.sha256(facts.model_dump_json().encode())
    for name, array in {**arrays, **(beside or {})}.items():
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
