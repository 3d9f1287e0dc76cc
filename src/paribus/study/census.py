"""What the images and labels of a data set come to when they are counted."""

from __future__ import annotations

from typing import Literal

from paribus.study.frozen import Frozen


class Column(Frozen):
    """What the training rows have in a column of a table, or in a target of a regression.

    Args:
        name: As the table has it; ``column 3`` where it has no names.
        mean: Of the numbers that are there; 0 where there are none.
        spread: Their standard deviation.
        lowest: The smallest of them.
        highest: The largest.
        missing: Share of the rows without a number.
        numbering: Whether all numbers are whole and different: ``dense`` where they also lie next to each
            other or rise from row to row, as identifiers do, else ``distinct``; empty where they are not.
        alone: How much of the way from the commonest answer, or the mean, to no error a small decision tree
            goes by this column alone, on rows that it was not fitted to; None where it was not tried.
        input: Which of several inputs it belongs to; empty where examples have one.
        count: How many numbers of an example it stands for: all of an input that is no row of numbers.
    """

    name: str
    mean: float = 0.0
    spread: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0
    missing: float = 0.0
    numbering: Literal["", "distinct", "dense"] = ""
    alone: float | None = None
    input: str = ""
    count: int = 1


class Reading(Frozen):
    """What was found beside the data while they were read, and left out.

    Args:
        row_names: Whether a table's first column has no name: it names the rows and is no input.
        skipped: How many files of a folder of images were passed over.
        skipped_files: The first of them, their paths below the folder.
        lost: How many of them seem to be images, in a format that is not read or outside a class's folder.
    """

    row_names: bool = False
    skipped: int = 0
    skipped_files: tuple[str, ...] = ()
    lost: int = 0


class Census(Frozen):
    """Counts of a data set's examples, those held out for validation included.

    Of large data a sample is looked at: `paribus.data.census` says how large it is.

    Args:
        classes: How many training images have each label, in the order of the labels.
        contradictory: Training images whose pixels are there again with another label.
        copies: Training images whose pixels were there before, whatever their labels.
        tested: Test images whose pixels are among those of the training images.
        trained_pixels: Mean and standard deviation of all pixels of the training images, from 0 to 255; None
            where an older version counted.
        tested_pixels: The same of the test images.
        near: Share of the test examples that are nearly, but not quite, as a training example; None where it
            was not looked for.
        columns: What each column of a table has; none of other data.
        targets: What each target of a regression has.
        reading: What was left out when the data were read; None where nothing was.
    """

    classes: tuple[int, ...]
    contradictory: int
    copies: int
    tested: int
    trained_pixels: tuple[float, float] | None = None
    tested_pixels: tuple[float, float] | None = None
    near: float | None = None
    columns: tuple[Column, ...] = ()
    targets: tuple[Column, ...] = ()
    reading: Reading | None = None

    @property
    def varying(self) -> tuple[Column, ...]:
        """The columns whose numbers differ from row to row."""
        return tuple(each for each in self.columns if each.spread > 0)
