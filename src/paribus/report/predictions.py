"""What runs predicted for the test images: which class they take for which, and their surest mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.run import RunRecord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_MISTAKES = 10


@dataclass(frozen=True)
class Pictures:
    """A data set's test images, as far as this machine has them."""

    images: NDArray[np.uint8] | None  # shape (num_test, height, width, channels)
    classes: tuple[str, ...]


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
        """Return which share of a class's images was taken for another; 0 where it has none."""
        return self.counts[label][predicted] / (sum(self.counts[label]) or 1)


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image that a run gets wrong.

    Args:
        place: Among the test images, from 0.
        label: Its class.
        predicted: The class it was taken for.
        output: The network's for that class.
        of_label: The network's for the right class.
        image: The image itself; None where this machine does not have it.
    """

    place: int
    label: str
    predicted: str
    output: float
    of_label: float
    image: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Predictions:
    """What a variant's runs predicted.

    Args:
        confusion: Summed over its runs.
        mistakes: The images that its first run is surest about and gets wrong, the surest first.
        seed: That run's.
        n_mistakes: How many images it gets wrong.
    """

    confusion: Confusion
    mistakes: tuple[Mistake, ...]
    seed: int
    n_mistakes: int


def predictions(
    records: Sequence[RunRecord], pictures: Pictures, *, most: int = MAX_MISTAKES
) -> Predictions | None:
    """Return what a variant's runs predicted for the test images; None where no run has kept its outputs."""
    import numpy as np

    from paribus.analysis.failure import predicted_classes
    from paribus.analysis.questions.mistakes import surest_mistakes

    counts: NDArray[np.int64] | None = None
    first: tuple[int, NDArray[np.float32], NDArray[np.int64], NDArray[np.uint8]] | None = None
    runs = 0
    for record, outputs, labels in _outputs(records):
        number = max(2, outputs.shape[1], int(labels.max(initial=0)) + 1)
        if counts is not None and len(counts) != number:
            continue
        predicted = predicted_classes(outputs)
        table = np.bincount(labels.astype(np.int64) * number + predicted, minlength=number**2)
        counts = table.reshape(number, number) + (0 if counts is None else counts)
        runs += 1
        first = first or (record.spec.seed, outputs, predicted, labels)
    if counts is None or first is None:
        return None
    seed, outputs, predicted, labels = first
    named = pictures.classes if len(pictures.classes) >= len(counts) else tuple(map(str, range(len(counts))))
    classes = named[: len(counts)]
    confusion = Confusion(classes, tuple(tuple(int(n) for n in row) for row in counts), runs)
    # Of folds, images of the training data are tested too, and a place names none of the test data.
    has_folds = any(record.spec.configuration.folds for record in records)
    is_known = pictures.images is not None and len(pictures.images) == len(labels) and not has_folds
    images = pictures.images if is_known else None
    shown = (
        Mistake(
            each.image,
            classes[each.label],
            classes[each.predicted],
            each.confidence,
            each.label_output,
            None if images is None else images[each.image],
        )
        for each in surest_mistakes(outputs, labels, most)
    )
    return Predictions(confusion, tuple(shown), seed, int((predicted != labels).sum()))


def _outputs(
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
