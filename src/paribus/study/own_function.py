"""A loss or a metric of the user's own: a function or a class in a file of theirs."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, JsonValue

from paribus.study.datasets import Task
from paribus.study.frozen import Frozen
from paribus.study.metrics import Metric
from paribus.study.own_network import flat


class OwnFunction(Frozen):
    """A loss or a metric of the user's own: where it comes from, and how it is called.

    Args:
        file: Of the function, without folders; of a loss that a network was compiled with, the network's.
        function: The function, or the class of losses or metrics.
        sha256: Of the file.
        arguments: What it is called with besides labels and outputs, defaults filled in.
        defaults: Those that the study leaves out, as the file has them.
        targets: Whether it is given labels as the data have them, or a column for each class.
        is_made: Whether the function, called with the arguments, returns what is called, as a class does.
    """

    file: str
    function: str
    sha256: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    defaults: dict[str, JsonValue] = Field(default_factory=dict)
    targets: Literal["labels", "one_hot"] = "labels"
    is_made: bool = False

    @property
    def told(self) -> str:
        """Return the file and the function, as a study names them.

        Example:
            >>> OwnFunction(file="nets.py", function="focal", sha256="").told
            'nets.py:focal'
        """
        return f"{self.file}:{self.function}"

    @property
    def factors(self) -> dict[str, Any]:
        """Return every argument by its name; those inside a mapping after its name and a dot."""
        return dict(flat(self.arguments))


class OwnLoss(OwnFunction):
    """A loss of the user's own.

    Args:
        ...: As `OwnFunction`.
        compiled: Whether the network brings it along.
    """

    compiled: bool = False


class OwnTechnique(OwnFunction):
    """An optimizer, a schedule or an initializer of the user's own.

    Args:
        ...: As `OwnFunction`.
        takes_seed: Whether it is called with the seed of what it draws.
    """

    takes_seed: bool = False


class OutputLoss(Frozen):
    """The loss of an output beside the one that runs are scored by.

    Args:
        name: Of its target, see `paribus.study.datasets.Target`.
        loss: Name of the loss in the catalogue; empty where it is the user's own.
        own: The loss where it is the user's own; None for Keras's.
        weight: How much it counts in the loss of the whole network.
    """

    name: str
    loss: str
    own: OwnLoss | None = None
    weight: float = 1.0

    @property
    def told(self) -> str:
        """Return the loss as a study names it."""
        return self.loss if self.own is None else self.own.told


class OwnMetric(OwnFunction):
    """A metric of the user's own, measured on the examples held out and on the test examples.

    Args:
        ...: As `OwnFunction`.
        name: What it is called in a history and in questions.
        rises: Whether higher is better.
    """

    name: str
    rises: bool

    @property
    def definition(self) -> Metric:
        """Return what it means to a comparison.

        Example:
            >>> OwnMetric(file="n.py", function="iou", sha256="", name="iou", rises=True).definition.test
            'test_iou'
        """
        return Metric(self.name, get_args(Task), rises=self.rises, is_measured=False)
