"""What a reader of the user's own data hands on: inputs and labels, as they were found."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paribus.errors import DataError
from paribus.study.census import Reading
from paribus.study.datasets import Input, Values
from paribus.texts import text

Array: TypeAlias = "NDArray[Any]"

MOST_LINES = 6
"""Faults of data that one message names."""

MIN_EXAMPLES = 5


@dataclass(frozen=True)
class Raw:
    """Inputs and labels before labels are numbered and test data are set aside.

    Args:
        x: Inputs, shape (num_examples, ...); where examples have several, an array of each by name.
        y: Labels, shape (num_examples,) or (num_examples, num_targets), of any type; where examples have
            several targets, an array of each by name, `score` saying which of them runs are scored by.
        x_test: Test inputs; None where they are to be taken from `x`.
        y_test: Their labels.
        x_val: Validation inputs; None where each run holds some of `x` out.
        y_val: Their labels.
        values: What inputs are; None to find out.
        features: Name of each column of a table.
        numeric: How many leading columns are numbers and not categories written as 0 and 1; None for all.
        vocabulary: How many tokens there are.
        words: How many words `x` has the numbers of, where it is text; else 0.
        word_list: These words, as `paribus.data.own.text.written` has them.
        targets: Name of each column of labels, where they have names.
        groups: What must not be on both sides of a split, shape (num_examples,).
        weights: How much each of `x` counts in the training loss, shape (num_examples,); None where all
            count the same.
        tokens: Which of several inputs are tokens.
        inputs: What is known of each, once they are one row of numbers.
        ids: What the user calls each of `x`, such as the value of a column or a file's name; None where
            nothing names it.
        ids_test: The same of `x_test`.
        reading: What was left out while they were read.
        score: The target that runs are scored by, where there are several; empty for the first.
    """

    x: Any
    y: Any
    x_test: Any = None
    y_test: Any = None
    x_val: Any = None
    y_val: Any = None
    values: Values | None = None
    features: tuple[str, ...] = ()
    numeric: int | None = None
    vocabulary: int = 0
    targets: tuple[str, ...] = ()
    groups: NDArray[Any] | None = None
    weights: NDArray[Any] | None = None
    tokens: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    words: int = 0
    word_list: NDArray[np.uint8] | None = None
    ids: NDArray[np.str_] | None = None
    ids_test: NDArray[np.str_] | None = None
    reading: Reading = field(default_factory=Reading)
    score: str = ""


def refused(place: str | Path, code: str, **values: object) -> DataError:
    """Return the error that data cannot be used as they are.

    Args:
        place: The file or folder.
        code: The sentence that says why and what to do, after ``data.own-``.
        values: What it names.
    """
    return DataError("data.own", place=place, why=text(f"data.own-{code}", **values))


class Refusals:
    """What is wrong with data, collected so that one reading tells all of it.

    Args:
        place: The file or folder.

    Example:
        >>> found = Refusals("a.csv")
        >>> for column in ("born", "died"):
        ...     with found.collecting():
        ...         raise refused("a.csv", "dates", column=column)
        >>> len(found)
        2
    """

    def __init__(self, place: str | Path) -> None:
        self._place = place
        self._found: list[DataError] = []

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def collecting(self) -> Generator[None]:
        """Keep the error that is raised inside, instead of letting it out."""
        try:
            yield
        except DataError as error:
            self._found.append(error)

    def check(self) -> None:
        """Raise what was collected.

        Raises:
            DataError: There is anything; a fault a line, those after `MOST_LINES` are counted.
        """
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            lines = [str(error.values["why"]) for error in self._found]
            more = [text("data.own-more", count=len(lines) - MOST_LINES)] if len(lines) > MOST_LINES else []
            raise DataError("data.own", place=self._place, why="\n- ".join(["", *lines[:MOST_LINES], *more]))


def listed(names: Iterable[object]) -> str:
    """Return names as a message has them: twenty at most.

    Example:
        >>> listed(["area", "price"])
        'area, price'
    """
    every = [str(name) for name in names]
    return ", ".join(every[:20]) + (", …" if len(every) > 20 else "")
