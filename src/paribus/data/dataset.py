"""A data set in memory: decoded images, labels and their identity."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Images and labels, as decoded from whichever file they came from.

    Args:
        name: Name in the catalogue.
        x_train: uint8, shape (num_train, height, width, channels).
        y_train: uint8, shape (num_train,).
        x_test: uint8, shape (num_test, height, width, channels).
        y_test: uint8, shape (num_test,).
        classes: Name of each class, in the order of the labels.
        sha256: Digest of the four arrays' bytes, see `identity`.
        verified: Whether the digest is that of the official data set.
        stand_in: Whether this is a small set that takes another's place (``--embedded``).
        origin: The file or folder that it was read from, for messages.
    """

    name: str
    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]
    classes: tuple[str, ...]
    sha256: str
    verified: bool
    stand_in: bool
    origin: str


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
