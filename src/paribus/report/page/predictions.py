"""What runs answered to the test images: which class they take for which, and their surest mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        counts: A row a class as labelled, a column a class as answered.
        runs: How many runs were counted.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    runs: int

    def share(self, label: int, answer: int) -> float:
        """Of a class's images, the share that was taken for another; 0 where it has none."""
        return self.counts[label][answer] / (sum(self.counts[label]) or 1)


@dataclass(frozen=True)
class Wrong:
    """An image that a run gets wrong.

    Args:
        place: Among the test images, from 0.
        label: Its class.
        answer: The class it was taken for.
        output: The network's for that class.
        of_label: The network's for the right class.
        picture: The image as a PNG's address; empty where the images are not at hand.
    """

    place: int
    label: str
    answer: str
    output: float
    of_label: float
    picture: str


@dataclass(frozen=True)
class Tested:
    """What a variant's runs answered.

    Args:
        confusion: Summed over its runs.
        wrong: The images that its first run is surest about and gets wrong, the surest first.
        seed: That run's.
        mistakes: How many images it gets wrong.
    """

    confusion: Confusion
    wrong: tuple[Wrong, ...]
    seed: int
    mistakes: int


def answered(records: Sequence[RunRecord], pictures: Pictures, *, most: int = MOST_WRONG) -> Tested | None:
    """What a variant's runs answered to the test images; None where no run has kept its answers.

    How sure a run is of an image is its output for the class that it answers, minus its output for the right
    one; of equals the first image comes first.

    Args:
        records: The variant's runs.
        pictures: The test images, as far as they are at hand.
        most: How many wrong answers to show.
    """
    import numpy as np

    counts: NDArray[np.int64] | None = None
    first: tuple[int, NDArray[np.float32], NDArray[np.uint8]] | None = None
    runs = 0
    for record, outputs, labels in _predictions(records):
        number = max(2, outputs.shape[1], int(labels.max(initial=0)) + 1)
        if counts is not None and len(counts) != number:
            continue
        table = np.bincount(labels.astype(np.int64) * number + answers(outputs), minlength=number**2)
        counts = table.reshape(number, number) + (0 if counts is None else counts)
        runs += 1
        first = first or (record.spec.seed, outputs, labels)
    if counts is None or first is None:
        return None
    seed, outputs, labels = first
    named = pictures.classes if len(pictures.classes) >= len(counts) else tuple(map(str, range(len(counts))))
    classes = named[: len(counts)]
    confusion = Confusion(classes, tuple(tuple(int(n) for n in row) for row in counts), runs)
    mistakes = int((answers(outputs) != labels).sum())
    return Tested(confusion, tuple(_wrong(outputs, labels, classes, pictures.images, most)), seed, mistakes)


def answers(outputs: NDArray[np.float32]) -> NDArray[np.int64]:
    """The class that is answered: the largest output, the lowest where two are alike; 1 above one half.

    Args:
        outputs: The network's, shape (images, units).
    """
    import numpy as np

    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.5).astype(np.int64)
    return outputs.argmax(axis=1)


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
    import numpy as np

    both = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    found, places = answers(outputs), np.arange(len(labels))
    said, right = both[places, found], both[places, labels]
    wrong = places[found != labels]
    surest = wrong[np.argsort(right[wrong] - said[wrong], kind="stable")][:most]
    at_hand = images is not None and len(images) == len(labels)
    for place in surest:
        yield Wrong(
            int(place),
            classes[int(labels[place])],
            classes[int(found[place])],
            float(said[place]),
            float(right[place]),
            data_uri(images[place]) if at_hand and images is not None else "",
        )
