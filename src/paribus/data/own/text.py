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
    return np.minimum(x, (source.vocabulary or int(x.max(initial=0)) + 1) - 1).astype(np.int32)


def word_numbers(texts: NDArray[np.str_], length: int | None) -> tuple[NDArray[np.int32], list[str]]:
    """Return texts as numbers of their words, and the words.

    0 is padding, and 1 is kept for words outside a run's vocabulary; then the words of all texts follow by
    the alphabet. Which of them a run tells apart, its own training texts say: see `numbering`. Words are told
    apart as scikit-learn's ``CountVectorizer`` does: two letters or more, in lower case.

    Args:
        texts: One text each.
        length: Words of each; None for `LENGTH`.

    Example:
        >>> found, words = word_numbers(np.array(["Good film", "bad film"]), 3)
        >>> found.tolist(), words
        ([[4, 3, 0], [2, 3, 0]], ['bad', 'film', 'good'])
    """
    from sklearn.feature_extraction.text import CountVectorizer

    split, length = CountVectorizer().build_analyzer(), length or LENGTH
    cut = [split(each)[:length] for each in texts]
    every = sorted({word for words in cut for word in words})
    numbers = {word: number for number, word in enumerate(every, start=2)}
    found = np.zeros((len(cut), length), np.int32)
    for row, words in enumerate(cut):
        found[row, : len(words)] = [numbers[word] for word in words]
    return found, every


def written(words: list[str]) -> NDArray[np.uint8]:
    """Return words as an array that can be kept: their letters in UTF-8, a line each.

    Args:
        words: None with a line break.
    """
    return np.frombuffer("\n".join(words).encode(), np.uint8).copy()


def known_words(words: NDArray[np.uint8], tokens: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return the words that have a token, in the order of their tokens from 2 on, as `written` does.

    Args:
        words: All words, as `written` returns them; the first has the number 2.
        tokens: The token of each number, as `numbering` returns them.

    Example:
        >>> known = known_words(written(["bad", "film", "good"]), np.array([0, 1, 3, 2, 1], np.int32))
        >>> known.tobytes().decode().split()
        ['film', 'bad']
    """
    every = words.tobytes().decode().split("\n")
    found = sorted((token, every[number - 2]) for number, token in enumerate(tokens.tolist()) if token > 1)
    return written([word for _, word in found])


def numbering(trained: NDArray[np.int32], words: int, vocabulary: int) -> NDArray[np.int32]:
    """Return the token of each word: 0 padding, 1 a word outside the vocabulary, then the commonest first.

    Args:
        trained: The texts that a run trains on, as `word_numbers` has them.
        words: How many numbers these have.
        vocabulary: Tokens told apart at most, padding and unknown included.

    Returns:
        Token numbers, int32, shape (words,): of texts ``x`` the tokens are ``numbering(...)[x]``.

    Example:
        >>> numbering(np.array([[4, 3, 0], [2, 3, 0]], np.int32), 6, 4).tolist()
        [0, 1, 3, 2, 1, 1]
    """
    counts = np.bincount(trained.reshape(-1), minlength=words)
    counts[:2] = 0
    commonest = np.argsort(-counts, kind="stable")[: vocabulary - 2]
    commonest = commonest[counts[commonest] > 0]
    found = np.ones(words, np.int32)
    found[0] = 0
    found[commonest] = np.arange(2, len(commonest) + 2)
    return found
