"""A network that a function of the user's builds, or that a file of Keras has: what a study knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

from paribus.study.frozen import Frozen

OWN_KEYS = ("python", "arguments", "keras", "custom_objects", "weights", "frozen")
"""The keys of ``model`` of such a network."""


class BuiltLayer(Frozen):
    """A layer of such a network, as Keras built it.

    Args:
        path: Its name, after those of the layers that it lies in.
        kind: Its class.
        weights: How many weights it has.
        is_trainable: Whether training changes them.
    """

    path: str
    kind: str
    weights: int = 0
    is_trainable: bool = True


class OwnNetwork(Frozen):
    """A network of the user's own: where it comes from, and what was found when it was built once.

    Args:
        file: The file of its function, or that of Keras, without folders.
        function: That builds it; empty of a file of Keras.
        sha256: Of the file with the function; of the architecture of a file of Keras.
        custom_objects: Of the file that defines the layers of a file of Keras which are not Keras's own.
        arguments: What the function is called with, by name.
        weights: The digest of the weights that it starts from; empty where every run draws its own.
        frozen: Layers that are not trained, by path.
        input: The shape in which an example enters it; none where it has several inputs.
        output: The activation that its outputs end in, where the loss is computed from what is before it.
        layers: Those that have weights or draw numbers.
        parameters: How many of its weights are trained.
        multiply_adds: Of the forward pass of one example, as the compiler counts its operations.
        draws: Weights that are not drawn by their layer's path, so that other variants do not share them.
        varies: Whether two networks that it builds alike differ, so that no run can be repeated.
        heads: Where it has several outputs, those beside the one that runs are scored by: the activation that
            each ends in, by the name of its target.
    """

    file: str
    function: str = ""
    sha256: str
    custom_objects: str = ""
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    weights: str = ""
    frozen: tuple[str, ...] = ()
    input: tuple[int, ...] = ()
    output: str = "linear"
    layers: tuple[BuiltLayer, ...] = ()
    parameters: int = 0
    multiply_adds: int = 0
    draws: tuple[str, ...] = ()
    varies: bool = False
    heads: dict[str, str] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_heads(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out the outputs of a network that has one: earlier runs keep their identity."""
        written: dict[str, object] = handler(self)
        return {key: value for key, value in written.items() if key != "heads" or value}

    @property
    def told(self) -> str:
        """Return the file and the function, as a study names them; the file alone of one of Keras."""
        return f"{self.file}:{self.function}" if self.function else self.file

    @property
    def factors(self) -> dict[str, Any]:
        """Return what a study may change in it, by name: each argument, the weights, what is frozen.

        Example:
            >>> OwnNetwork(file="nets.py", function="build", sha256="", arguments={"width": 64}).factors
            {'width': 64}
        """
        found: dict[str, Any] = dict(flat(self.arguments))
        if self.weights:
            found["weights"] = "keep"
        if self.frozen:
            found["frozen"] = [*self.frozen]
        return found

    @property
    def convolves(self) -> bool:
        """Whether it has convolutions."""
        return any("conv" in layer.kind.lower() for layer in self.layers)


def flat(arguments: Mapping[str, JsonValue], place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every argument by its name; those inside a mapping after its name and a dot.

    Args:
        arguments: By name.
        place: What stands before each name.
    """
    for name, level in arguments.items():
        if isinstance(level, dict) and level:
            yield from flat(level, f"{place}{name}.")
        else:
            yield f"{place}{name}", level
