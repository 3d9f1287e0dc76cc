"""One picture with an example of each class of a data set, for exercise sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paribus.texts import text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CLASSES = 20
"""Classes that are shown where there are more."""
_ABREAST = 10  # examples in a row
_SIDE = 64  # pixels that an example is at least wide and high, as long as whole multiples allow
_GAP = 4  # white pixels between two
_DIFFERENT = 2  # examples of each class


@dataclass(frozen=True, eq=False)
class Samples:
    """Examples of a data set of images.

    Args:
        data: What it is called.
        classes: The classes shown, in the order of the picture, row by row.
        picture: Shape (height, width, channels).
        stand_in: Whether they are those of a small set that takes the data set's place.
    """

    data: str
    classes: tuple[str, ...]
    picture: NDArray[np.uint8]
    stand_in: bool = False

    @property
    def caption(self) -> str:
        """What is seen."""
        code = "sheet.samples-stand-in" if self.stand_in else "sheet.samples"
        return text(code, data=self.data, classes=", ".join(self.classes))


def samples(
    data: str,
    images: NDArray[Any],
    labels: NDArray[Any],
    classes: Sequence[str],
    *,
    stand_in: bool = False,
) -> Samples | None:
    """Return the first examples of each class side by side; None where there are none.

    Args:
        data: What the data set is called.
        images: Pixels, or other numbers; shape (number, height, width, 1 or 3).
        labels: The place of each image's class in `classes`.
        classes: Their names.
        stand_in: As in `Samples`.
    """
    import numpy as np

    first = [np.flatnonzero(labels == place)[:_DIFFERENT] for place in range(min(len(classes), MAX_CLASSES))]
    shown = [(classes[place], found) for place, found in enumerate(first) if len(found) == _DIFFERENT]
    if not shown:
        return None
    chosen = [images[found] for _, found in shown]
    low = min(0.0, *(float(each.min()) for each in chosen))
    reach = max(float(each.max()) for each in chosen) - low or 1.0
    times = max(1, _SIDE // max(images.shape[1:3]))
    rows = [chosen[place : place + _ABREAST] for place in range(0, len(chosen), _ABREAST)]
    height, width = (times * side + _GAP for side in images.shape[1:3])
    across = min(len(chosen), _ABREAST)
    picture = np.full(
        (_DIFFERENT * len(rows) * height - _GAP, across * width - _GAP, images.shape[3]), 255, np.uint8
    )
    for down, row in enumerate(rows):
        for right, pair in enumerate(row):
            for below, image in enumerate(pair):
                top, left = (_DIFFERENT * down + below) * height, right * width
                stretched = (image.astype(np.float64) - low) * (255 / reach)
                large = np.kron(stretched, np.ones((times, times, 1))).round().astype(np.uint8)
                picture[top : top + large.shape[0], left : left + large.shape[1]] = large
    return Samples(data, tuple(name for name, _ in shown), picture, stand_in)
