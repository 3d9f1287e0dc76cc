"""Branches of a network: the layers of each input's own, before all inputs are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paribus.study.configuration import Layer, Scale
from paribus.study.datasets import DataFacts, Input, Shape
from paribus.study.shapes import input_shape, shapes, takes_tokens

BRANCHES = "branches"
"""What stands first in a list of layers where each input has layers of its own."""
JOIN = "concatenate"
"""What the layer is called that joins the branches."""


@dataclass(frozen=True)
class Branch:
    """What one input goes through before it is joined with the others.

    Args:
        input: The input of the data.
        layers: Of its own; none where it is joined as it is.
        name: What Keras calls the input: as the data do, unless a layer is called so.
    """

    input: Input
    layers: tuple[Layer, ...]
    name: str

    @property
    def entering(self) -> Shape:
        """The shape in which it enters its first layer."""
        return input_shape(self.layers, self.input.shape) if self.layers else self.input.shape

    @property
    def ending(self) -> Shape:
        """The shape in which it leaves its last one."""
        return shapes(self.layers, self.input.shape)[-1] if self.layers else self.input.shape

    @property
    def takes_tokens(self) -> bool:
        """Whether it is given whole numbers that name tokens, which nothing scales."""
        return self.input.values == "tokens" or takes_tokens(self.layers)


def branches_of(layers: Sequence[Layer], inputs: Sequence[Input]) -> tuple[Branch, ...]:
    """Return what each input goes through, in the order in which they are joined: that of the data.

    Args:
        layers: The network.
        inputs: Those of the data.

    Example:
        >>> image = Input(name="image", shape=(8, 8, 1))
        >>> flat = Layer(label="flatten_1", kind="flatten", branch="image")
        >>> [branch] = branches_of([flat, Layer(label="output", kind="dense")], [image])
        >>> branch.entering, branch.ending
        ((8, 8, 1), (64,))
    """
    taken = {JOIN, *(layer.label for layer in layers), *(flat_name(each) for each in inputs)}
    found: list[Branch] = []
    for each in inputs:
        own = tuple(layer for layer in layers if layer.branch == each.name)
        found.append(Branch(each, own, f"{each.name}_input" if each.name in taken else each.name))
    return tuple(found)


def whole_branches(facts: DataFacts) -> tuple[Branch, ...]:
    """Return the inputs of the data, each given to a network of the user's own as it is.

    Args:
        facts: What is known of the data.
    """
    return tuple(Branch(each, (), each.name) for each in facts.inputs)


def flat_name(given: Input) -> str:
    """Return what the layer is called that flattens what an input's own layers put out.

    Args:
        given: The input.
    """
    return f"{given.name}_flat"


def joined(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers that all inputs reach, once they are joined.

    Args:
        layers: The network.
    """
    return tuple(layer for layer in layers if not layer.branch)


def scale_by_input(scale: Scale | dict[str, Scale], inputs: Sequence[Input]) -> Scale | dict[str, Scale]:
    """Return how inputs are scaled, by name where there are several; one word is for all but tokens.

    Args:
        scale: As a study has it.
        inputs: Those of the data; none where examples have one.

    Example:
        >>> age, words = Input(name="age", shape=(1,)), Input(name="words", shape=(9,), values="tokens")
        >>> scale_by_input("standard", [age, words]), scale_by_input({}, [age])
        ({'age': 'standard', 'words': 'none'}, 'none')
    """
    if not inputs:
        return scale
    found: dict[str, Scale] = {}
    for each in inputs:
        of_word = "none" if isinstance(scale, dict) or each.values == "tokens" else scale
        found[each.name] = scale.get(each.name, of_word) if isinstance(scale, dict) else of_word
    return found if any(each != "none" for each in found.values()) else "none"
