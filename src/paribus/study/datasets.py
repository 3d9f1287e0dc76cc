"""What a network needs to know of a data set: of those that come by name, and of any other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal, TypeAlias

from pydantic import SerializerFunctionWrapHandler, model_serializer

from paribus.study.frozen import Frozen
from paribus.texts.message import Message

Task: TypeAlias = Literal["classification", "multilabel", "regression"]
Values: TypeAlias = Literal["pixels", "numbers", "tokens"]

DATA_WAYS = ("sklearn", "npz", "csv", "parquet", "images", "sequences", "generated", "python", "arrays")
"""The keys under ``data`` that say where data of the user's own lies; one of them is given."""

_LATER = ("validation", "weights", "test_groups", "ordered", "inputs", "words", "scored", "named")
"""The fields that the first data had not."""


Shape: TypeAlias = tuple[int, ...]
Entering: TypeAlias = "Shape | Mapping[str, Shape]"
"""The shape of an example, or of each of its inputs where it has several."""


class Input(Frozen):
    """One of the inputs of an example that has several.

    Args:
        name: As a study's ``branches`` have it.
        shape: Without the examples: (height, width, channels) of an image, (1,) of a number.
        values: Whether it has pixels from 0 to 255, other numbers, or whole numbers that name tokens.
        vocabulary: How many tokens there are, padding included; 0 where it has none.
    """

    name: str
    shape: Shape
    values: Values = "numbers"
    vocabulary: int = 0

    @property
    def size(self) -> int:
        """How many numbers it has in one example."""
        return math.prod(self.shape)


def places(inputs: Sequence[Input]) -> dict[str, slice]:
    """Return where each input lies in an example's row of numbers, in which the inputs follow each other.

    Args:
        inputs: In their order.

    Example:
        >>> places([Input(name="image", shape=(8, 8, 1)), Input(name="age", shape=(1,))])
        {'image': slice(0, 64, None), 'age': slice(64, 65, None)}
    """
    ends = list(accumulate((each.size for each in inputs), initial=0))
    return {each.name: slice(*ends[place : place + 2]) for place, each in enumerate(inputs)}


class Target(Frozen):
    """One of the targets of an example that has several.

    Args:
        name: As a study's ``loss`` has it.
        task: What is predicted of it.
        classes: Name of each class or label; none in a regression.
        targets: How many numbers are predicted, in a regression.
    """

    name: str
    task: Task = "classification"
    classes: tuple[str, ...] = ()
    targets: int = 1

    @property
    def columns(self) -> int:
        """How many numbers an example has of it: one of a class."""
        return 1 if self.task == "classification" else self.outputs

    @property
    def outputs(self) -> int:
        """How many numbers a network gives for it; one is enough where there are two classes."""
        return self.targets if self.task == "regression" else len(self.classes)

    @property
    def score(self) -> str:
        """What its output is scored by in a history, such as ``parity_accuracy``."""
        return f"{self.name}_{'r2' if self.task == 'regression' else 'accuracy'}"

    @property
    def loss(self) -> str:
        """The name of its loss in a history."""
        return f"{self.name}_loss"


class DataFacts(Frozen):
    """A data set without its values.

    Args:
        shape: Of one example: (height, width, channels) of an image, (features,) of a table's row.
        train: Number of training examples, those held out for validation included.
        test: Number of test examples.
        classes: Name of each class or label, in the order of the outputs; none in a regression.
        task: What the network is to predict: one class, any number of labels, or numbers.
        values: Whether inputs are pixels from 0 to 255, other numbers, or whole numbers that name tokens.
        targets: How many numbers are predicted, in a regression.
        features: Name of each column, of a table.
        numeric: How many leading columns are numbers; those after it are categories as 0 and 1, which are not
            scaled. None where all are.
        groups: How many groups the training examples are of, such as patients; 0 where they are of none.
        vocabulary: How many tokens there are at most, padding included; 0 where inputs are none.
        validation: How many of the training examples, the last ones, are the data's own validation examples;
            0 where a run holds some out by itself.
        test_groups: How many groups the test examples are of, where they were drawn with the others.
        ordered: Whether rows are in the order of time, so that the test examples are later than all others.
        inputs: The inputs of each example where it has several: an example is then a row in which the numbers
            of the inputs follow each other.
        words: How many words a text's inputs have the numbers of, of which each run makes tokens by its own
            training texts; 0 where inputs are no text.
        weights: How many examples, the training examples first, say how much they count; 0 where none does.
        scored: The name of the target that all of this is about, where examples have several; else empty.
        named: All their targets, in their order.

    Example:
        >>> IMAGE_SETS["mnist"].outputs
        10
    """

    shape: Shape
    train: int
    test: int
    classes: tuple[str, ...] = ()
    task: Task = "classification"
    values: Values = "pixels"
    targets: int = 1
    features: tuple[str, ...] = ()
    numeric: int | None = None
    groups: int = 0
    vocabulary: int = 0
    validation: int = 0
    weights: int = 0
    test_groups: int = 0
    ordered: bool = False
    inputs: tuple[Input, ...] = ()
    words: int = 0
    scored: str = ""
    named: tuple[Target, ...] = ()

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out later fields at their defaults: a new field changes no earlier data's identity."""
        written: dict[str, object] = handler(self)
        fields = type(self).model_fields
        return {
            key: value
            for key, value in written.items()
            if key not in _LATER or getattr(self, key) != fields[key].default
        }

    @property
    def entering(self) -> Entering:
        """What a network is given of one example: its shape, or that of each of its inputs."""
        return {each.name: each.shape for each in self.inputs} or self.shape

    @property
    def outputs(self) -> int:
        """How many numbers a network gives for one example; one is enough where there are two classes."""
        return self.targets if self.task == "regression" else len(self.classes)

    @property
    def beside(self) -> tuple[Target, ...]:
        """The targets beside the one that runs are scored by."""
        return tuple(each for each in self.named if each.name != self.scored)

    def about(self, target: Target) -> DataFacts:
        """Return what is known of these data where another of their targets is predicted.

        Args:
            target: One of `beside`.
        """
        return self.model_copy(
            update={"task": target.task, "classes": target.classes, "targets": target.targets}
        )

    @property
    def examples(self) -> Message:
        """What an example is called in a sentence."""
        return Message(f"comparison.examples-{'images' if self.are_images else 'examples'}")

    @property
    def example(self) -> Message:
        """What one example is called in a sentence."""
        return Message(f"comparison.example-{'image' if self.are_images else 'example'}")

    @property
    def are_images(self) -> bool:
        """Whether an example is a picture of pixels."""
        return self.values == "pixels" and len(self.shape) == 3


IMAGE_SETS = {
    "mnist": DataFacts(shape=(28, 28, 1), train=60_000, test=10_000, classes=tuple("0123456789")),
    "fashion_mnist": DataFacts(
        shape=(28, 28, 1),
        train=60_000,
        test=10_000,
        classes=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
    "cifar10": DataFacts(
        shape=(32, 32, 3),
        train=50_000,
        test=10_000,
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}
"""The image sets that a study may name."""
