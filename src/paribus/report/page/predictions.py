"""What runs predict for the test images: which class for which, and their surest mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paribus.analysis.questions.mistakes import surest_mistakes
from paribus.analysis.questions.per_image import predicted_classes
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.run import RunRecord
from paribus.report.material import Pictures
from paribus.report.page.picture import data_uri

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_WRONG = 10


@dataclass(frozen=True)
class Confusion:
    """How often each class was taken for each, summed over runs.

    Args:
        classes: Their names.
        counts: A row a class as labelled, a column a class as predicted.
        runs: How many runs were counted.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    runs: int

    def share(self, label: int, predicted: int) -> float:
        """Return the share of a class's images for which a class is predicted; 0 where it has none."""
        return self.counts[label][predicted] / (sum(self.counts[label]) or 1)


@dataclass(frozen=True)
class Wrong:
    """An image whose class a run predicts wrongly.

    Args:
        place: Among the test images, from 0.
        label: Its class.
        predicted: The class that the run predicts.
        output: The network's for that class.
        of_label: The network's for the right class.
        picture: The image as a PNG's address; empty where the images are not at hand.
    """

    place: int
    label: str
    predicted: str
    output: float
    of_label: float
    picture: str


@dataclass(frozen=True)
class Tested:
    """What a variant's runs predict.

    Args:
        confusion: Summed over its runs.
        wrong: The surest mistakes of its first run, the surest first.
        seed: That run's.
        mistakes: How many images it gets wrong.
    """

    confusion: Confusion
    wrong: tuple[Wrong, ...]
    seed: int
    mistakes: int


def predictions(records: Sequence[RunRecord], pictures: Pictures, *, most: int = MOST_WRONG) -> Tested | None:
    """Return what a variant's runs predict for the test images; None where no run has kept its predictions.

    Args:
        records: The variant's runs.
        pictures: The test images, as far as they are at hand.
        most: How many mistakes to show.
    """
    import numpy as np

    counts: NDArray[np.int64] | None = None
    first: tuple[int, NDArray[np.float32], NDArray[np.uint8]] | None = None
    runs = 0
    for record, outputs, labels in _predictions(records):
        number = max(2, outputs.shape[1], int(labels.max(initial=0)) + 1)
        if counts is not None and len(counts) != number:
            continue
        table = np.bincount(
            labels.astype(np.int64) * number + predicted_classes(outputs), minlength=number**2
        )
        counts = table.reshape(number, number) + (0 if counts is None else counts)
        runs += 1
        first = first or (record.spec.seed, outputs, labels)
    if counts is None or first is None:
        return None
    seed, outputs, labels = first
    named = pictures.classes if len(pictures.classes) >= len(counts) else tuple(map(str, range(len(counts))))
    classes = named[: len(counts)]
    confusion = Confusion(classes, tuple(tuple(int(n) for n in row) for row in counts), runs)
    mistakes = int((predicted_classes(outputs) != labels).sum())
    return Tested(confusion, tuple(_wrong(outputs, labels, classes, pictures.images, most)), seed, mistakes)


def _predictions(
    records: Iterable[RunRecord],
) -> Iterable[tuple[RunRecord, NDArray[np.float32], NDArray[np.uint8]]]:
    for record in records:
        if not record.has_ended:
            continue
        try:
            outputs, labels = RunFolder(record.folder).predictions()
        except (OSError, StoreError):
            continue
        if len(labels):
            yield record, outputs, labels


def _wrong(
    outputs: NDArray[np.float32],
    labels: NDArray[np.uint8],
    classes: Sequence[str],
    images: NDArray[np.uint8] | None,
    most: int,
) -> Iterable[Wrong]:
    at_hand = images is not None and len(images) == len(labels)
    for each in surest_mistakes(outputs, labels, most):
        yield Wrong(
            each.image,
            classes[each.label],
            classes[each.predicted],
            each.confidence,
            each.label_output,
            data_uri(images[each.image]) if at_hand and images is not None else "",
        )
