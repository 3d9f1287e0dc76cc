"""Sequences of tokens: of whole numbers, and of text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.arrays import read_npz
from paribus.data.own.raw import Raw, refused
from paribus.study.source import Source

LENGTH = 200
"""Tokens of a text, where a study does not say."""
VOCABULARY = 10_000
"""Tokens told apart in text, where a study does not say."""


def read_sequences(source: Source) -> Raw:
    """Read sequences of token numbers from an archive of NumPy, cut and padded to one length.

    Token 0 is padding. Where a vocabulary is given, rarer tokens (the larger numbers) become the last one.

    Raises:
        DataError: It is no such archive, or its inputs are no token numbers.
    """
    raw = read_npz(Path(source.place), "tokens")
    return shaped(raw, source)


def shaped(raw: Raw, source: Source) -> Raw:
    """Return sequences of one length, in the vocabulary that a study gives.

    Args:
        raw: Inputs are token numbers.
        source: What the study says.
    """
    parts = {"x": raw.x, "x_val": raw.x_val, "x_test": raw.x_test}
    found = {name: _brought(each, source) for name, each in parts.items() if each is not None}
    top = max(int(each.max(initial=0)) for each in found.values())
    return replace(raw, **found, values="tokens", vocabulary=source.vocabulary or top + 1)


def _brought(x: NDArray[Any], source: Source) -> NDArray[np.int32]:
    if x.ndim != 2 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise refused(source.place, "not-tokens", given=f"{x.dtype}, {x.shape}")
    if source.length is not None:
        x = x[:, : source.length]
        x = np.pad(x, ((0, 0), (0, source.length - x.shape[1])))
    return np.minimum(x, (source.vocabulary or int(x.max()) + 1) - 1).astype(np.int32)


def tokens(
    words: NDArray[np.str_],
    length: int | None,
    vocabulary: int | None,
    *,
    learned: NDArray[np.str_] | None = None,
) -> tuple[NDArray[np.int32], int]:
    """Return text as token numbers: 0 is padding, 1 a word outside the vocabulary, then the commonest first.

    Words are told apart as scikit-learn's ``CountVectorizer`` does: two letters or more, in lower case.

    Args:
        words: One text each.
        length: Tokens of each; None for `LENGTH`.
        vocabulary: Tokens told apart, padding and unknown included; None for `VOCABULARY`.
        learned: The texts whose words are counted; None for all. A word of no other text is unknown.

    Example:
        >>> found, size = tokens(np.array(["good film", "bad film"]), 3, None)
        >>> found.tolist(), size
        ([[4, 2, 0], [3, 2, 0]], 5)
    """
    from sklearn.feature_extraction.text import CountVectorizer

    length, vocabulary = length or LENGTH, vocabulary or VOCABULARY
    split = CountVectorizer().build_analyzer()
    texts = [split(each) for each in words]
    counted = texts if learned is None else [split(each) for each in learned]
    every, counts = np.unique([word for each in counted for word in each], return_counts=True)
    commonest = every[np.lexsort((every, -counts))][: vocabulary - 2]
    numbers = {word: place for place, word in enumerate(commonest.tolist(), start=2)}
    found = np.zeros((len(texts), length), np.int32)
    for row, each in enumerate(texts):
        coded = [numbers.get(word, 1) for word in each[:length]]
        found[row, : len(coded)] = coded
    return found, len(commonest) + 2
