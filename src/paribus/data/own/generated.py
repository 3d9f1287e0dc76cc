"""Sequences that are generated, so that a study of recurrent networks needs no file and no download."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.raw import Raw
from paribus.study.seeds import named_seed
from paribus.study.source import Source

LENGTH = 20
"""Steps of a sequence, where a study does not say."""
EXAMPLES = 2000
"""Sequences, those of the test data included, where a study does not say."""


def read_generated(source: Source) -> Raw:
    """Generate sequences; the same name, length and number always give the same ones.

    They follow from uniform draws of NumPy's PCG64 alone, whose stream NumPy keeps.
    """
    draws = np.random.Generator(np.random.PCG64(named_seed(0, "generated")))
    shape = source.examples or EXAMPLES, source.length or LENGTH
    return _GENERATORS[source.place](draws, *shape)


def adding(draws: np.random.Generator, examples: int, length: int) -> Raw:
    """Generate the adding problem: add up the two numbers of a sequence that are marked.

    A step has a number, uniform in [0, 1), and a mark, 0 or 1. One step of each half is marked. The target is
    the sum of both numbers. It has a standard deviation of √(1/6) = 0.41, which is the RMSE of predicting the
    mean. Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, experiment 4; there numbers
    are in [-1, 1], the marks stand elsewhere, first and last step have a mark of -1, and the sum is scaled.

    Args:
        draws: Of the numbers and of the marks.
        examples: How many sequences.
        length: How many steps each has, at least 2.

    Returns:
        Inputs, shape (examples, length, 2), and targets, shape (examples,).

    Example:
        >>> raw = adding(np.random.default_rng(0), 3, 8)
        >>> numbers, marks = raw.x[..., 0], raw.x[..., 1]
        >>> bool(np.allclose((numbers * marks).sum(axis=1), raw.y)), marks.sum(axis=1).tolist()
        (True, [2.0, 2.0, 2.0])
    """
    numbers = draws.random((examples, length))
    places = draws.random((examples, 2))
    half = length // 2
    marks = np.zeros((examples, length))
    rows = np.arange(examples)
    marks[rows, (places[:, 0] * half).astype(int)] = 1
    marks[rows, half + (places[:, 1] * (length - half)).astype(int)] = 1
    return Raw(
        np.stack([numbers, marks], axis=-1).astype(np.float32),
        (numbers * marks).sum(axis=1),
        values="numbers",
    )


def parity(draws: np.random.Generator, examples: int, length: int) -> Raw:
    """Generate the parity problem: is the number of ones in a sequence of bits even or odd?

    Every bit counts, so one missed bit is as bad as all. Source: Minsky and Papert, Perceptrons, 1969.

    Args:
        draws: Of the bits, zero or one with equal probability.
        examples: How many sequences.
        length: How many bits each has.

    Returns:
        Inputs, shape (examples, length, 1), and labels, ``even`` or ``odd``, shape (examples,).

    Example:
        >>> raw = parity(np.random.default_rng(0), 2, 4)
        >>> raw.x[..., 0].tolist(), raw.y.tolist()
        ([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], ['odd', 'even'])
    """
    bits: NDArray[np.float32] = (draws.random((examples, length)) >= 0.5).astype(np.float32)
    labels = np.array(["even", "odd"])[(bits.sum(axis=1) % 2).astype(int)]
    return Raw(bits[..., None], labels, values="numbers")


_GENERATORS: dict[str, Callable[[np.random.Generator, int, int], Raw]] = {"adding": adding, "parity": parity}
