"""What the images and labels of a data set come to when they are counted."""

from __future__ import annotations

from paribus.study.frozen import Frozen


class Census(Frozen):
    """Counts of a data set's images, those held out for validation included.

    Args:
        classes: How many training images have each label, in the order of the labels.
        contradictory: Training images whose pixels are there again with another label.
        copies: Training images whose pixels were there before, whatever their labels.
        tested: Test images whose pixels are among those of the training images.
        trained_pixels: Mean and standard deviation of all pixels of the training images, from 0 to 255; None
            where an older version counted.
        tested_pixels: The same of the test images.
    """

    classes: tuple[int, ...]
    contradictory: int
    copies: int
    tested: int
    trained_pixels: tuple[float, float] | None = None
    tested_pixels: tuple[float, float] | None = None
