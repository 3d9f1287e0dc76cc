"""What runs predicted for the test images: which class they take for which, and their surest mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.run import RunRecord
from paribus.texts import number, text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_MISTAKES = 10
MAX_CLASSES = 20
"""Classes of which a table has a row and a column each."""
MAX_PAIRS = 20
"""Pairs of classes that are listed where there are more."""


@dataclass(frozen=True)
class Pictures:
    """A data set's test examples, as far as this machine has them.

    Args:
        images: Shape (num_test, height, width, channels); None where they are no images or not here.
        classes: Their names.
        rows: Of a table, shape (num_test, columns); None where they are no rows or not here.
        features: The names of the columns.
        places: Of each the data row in the user's file, counted from 1 without a header; or empty.
        ids: Of each what the user calls it, such as the value of a column or a file's name; or empty.
    """

    images: NDArray[np.uint8] | None
    classes: tuple[str, ...]
    rows: NDArray[np.float32] | None = None
    features: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()

    def of(self, records: Iterable[RunRecord], examples: int) -> Pictures:
        """Return them for runs that tested so many examples: of folds, no test example is known by its place.

        Args:
            records: Of one variant.
            examples: How many test examples its runs predicted.
        """
        has_folds = any(record.spec.configuration.folds for record in records)
        known = (self.images, self.rows, self.places or None, self.ids or None)
        if has_folds or any(each is not None and len(each) != examples for each in known):
            return Pictures(None, self.classes)
        return self

    def name(self, place: int) -> str:
        """Return how the user finds a test example: its data row, what it is called; empty where not known.

        Args:
            place: Among the test examples, from 0.
        """
        row = [text("page.data-row", row=number(self.places[place], ","))] if self.places else []
        return ", ".join([*row, *self.ids[place : place + 1]])


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

    @property
    def is_large(self) -> bool:
        """Whether it has more classes than a table can show."""
        return len(self.classes) > MAX_CLASSES

    @property
    def most_confused(self) -> tuple[tuple[str, str, int, float], ...]:
        """The classes that are confused most often: true, predicted, how often, share of the true."""
        pairs = [
            (count, label, predicted)
            for label, row in enumerate(self.counts)
            for predicted, count in enumerate(row)
            if label != predicted and count
        ]
        pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
        return tuple(
            (self.classes[label], self.classes[predicted], count, self.share(label, predicted))
            for count, label, predicted in pairs[:MAX_PAIRS]
        )

    @property
    def shades(self) -> NDArray[np.uint8]:
        """A dot a pair of classes, dark for all of the true one, shape (classes, classes, 1)."""
        import numpy as np

        counts = np.array(self.counts, float)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return (255 * (1 - np.sqrt(shares)))[:, :, None].astype(np.uint8)

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
        name: How the user finds it in their data; empty where that is not known.
    """

    place: int
    label: str
    predicted: str
    output: float
    of_label: float
    image: NDArray[np.uint8] | None
    name: str = ""


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

    from paribus.analysis.questions.mistakes import surest_mistakes
    from paribus.record.metrics import predicted_classes

    counts: NDArray[np.int64] | None = None
    first: tuple[int, NDArray[np.float32], NDArray[np.int64], NDArray[np.uint8]] | None = None
    runs = 0
    for record, outputs, labels in _outputs(records):
        size = max(2, outputs.shape[1], int(labels.max(initial=0)) + 1)
        if counts is not None and len(counts) != size:
            continue
        predicted = predicted_classes(outputs)
        table = np.bincount(labels.astype(np.int64) * size + predicted, minlength=size**2)
        counts = table.reshape(size, size) + (0 if counts is None else counts)
        runs += 1
        first = first or (record.spec.seed, outputs, predicted, labels)
    if counts is None or first is None:
        return None
    seed, outputs, predicted, labels = first
    named = pictures.classes if len(pictures.classes) >= len(counts) else tuple(map(str, range(len(counts))))
    classes = named[: len(counts)]
    confusion = Confusion(classes, tuple(tuple(int(n) for n in row) for row in counts), runs)
    pictures = pictures.of(records, len(labels))
    images = pictures.images
    shown = (
        Mistake(
            each.image,
            classes[each.label],
            classes[each.predicted],
            each.confidence,
            each.label_output,
            None if images is None else images[each.image],
            pictures.name(each.image),
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
