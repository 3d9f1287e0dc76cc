"""Networks that are hard to train by how they are made: by their pixels or their outputs."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.layer_kinds import MARGINS, NOISE, NORMALIZATIONS, POOLING, RESHAPES
from paribus.study.shapes import parameters

_SCALING = (*NORMALIZATIONS, "embedding", "rescaling")
"""Layers that no size of their inputs reaches through; an embedding looks its inputs up."""
FEW_EXAMPLES, MANY_WEIGHTS = 1_000, 10.0
"""Training examples below which weights are counted, and how many times as many are told: conventions."""
MAX_LEFT = 0.05
"""Share of moving statistics that may still be where they started: a convention."""
MIN_NORMALIZED = 8
"""Images of a batch: with four, the source loses more than three points of accuracy on ImageNet."""
_PASSING = (*MARGINS, *NOISE, *POOLING, *RESHAPES, "identity", "masking")


def is_as_given(configuration: Configuration, name: str = "") -> bool:
    """Return whether the first layer with weights sees inputs of the size that they have in the data.

    Args:
        configuration: A variant, resolved.
        name: Which of several inputs; empty where examples have one.
    """
    met = (layer.kind for layer in configuration.layers if layer.branch in (name, ""))
    first = next((kind for kind in met if kind not in _PASSING), "")
    return configuration.scale_of(name) == "none" and first not in _SCALING


def is_unscaled(configuration: Configuration) -> bool:
    """Return whether the first layer with weights sees pixels from 0 to 255.

    Args:
        configuration: A variant, resolved.
    """
    is_alone = configuration.facts.values == "pixels" and is_as_given(configuration)
    return is_alone or bool(unscaled_inputs(configuration))


def unscaled_inputs(configuration: Configuration) -> tuple[str, ...]:
    """Return which of several inputs enter their first layer with weights as pixels from 0 to 255.

    Args:
        configuration: A variant, resolved.
    """
    of_pixels = (each.name for each in configuration.facts.inputs if each.values == "pixels")
    return tuple(name for name in of_pixels if is_as_given(configuration, name))


def largest_input(configuration: Configuration) -> float | None:
    """Return the largest size of an input of the first layer; None where it is not known.

    Args:
        configuration: A variant, resolved.
    """
    if configuration.facts.values == "pixels" and configuration.scale != "standard":
        return 255.0 if is_unscaled(configuration) else 1.0
    return 1.0 if configuration.scale == "minmax" else None


def mean_square_input(configuration: Configuration, of_pixels: float) -> float | None:
    """Return the mean square of the inputs of the first layer; None where it is not known.

    Args:
        configuration: A variant, resolved.
        of_pixels: What is taken for that of pixels from 0 to 1.
    """
    if configuration.scale == "standard":
        return 1.0
    if configuration.facts.values != "pixels":
        return None
    return of_pixels * (255.0**2 if is_unscaled(configuration) else 1.0)


class UnscaledPixels(ConfigurationRule):
    """Pixels enter the network as 0 to 255."""

    code = "unscaled-pixels"
    severities = (Severity.WARNING,)
    any_network = True
    values = ("pixels",)
    reference = "LeCun et al. 1998, Efficient BackProp; Glorot and Bengio 2010"
    factors = ("scale",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if is_unscaled(configuration):
            yield Fact(Severity.WARNING, {"largest": 255})


class ManyWeights(ConfigurationRule):
    """Ten times as many weights as training examples, where these are few.

    An info: networks with far more weights than examples can generalize (Zhang et al. 2017; Belkin et al.
    2019), though they can learn the examples by heart too.
    """

    code = "many-weights"
    severities = (Severity.INFO,)
    reference = "Zhang et al. 2017, arXiv:1611.03530; Belkin et al. 2019, arXiv:1812.11118"
    factors = ("model",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        examples = design.images[configuration.data].train - design.held_out(configuration)
        weights = parameters(configuration.layers, configuration.facts.entering)
        if examples < FEW_EXAMPLES and weights >= MANY_WEIGHTS * examples:
            evidence = {"weights": weights, "examples": examples, "times": weights / examples}
            yield Fact(Severity.INFO, evidence)


def normalization_momenta(configuration: Configuration) -> dict[str, float]:
    """Return the momentum of each batch normalization, by the layer's label.

    Args:
        configuration: A variant, resolved.
    """
    given = {
        layer.label: layer.arguments.get("momentum")
        for layer in configuration.layers
        if layer.kind == "batch_normalization"
    }
    return {label: float(each) for label, each in given.items() if isinstance(each, int | float)}


class FewNormalizationUpdates(ConfigurationRule):
    """A run too short for the moving statistics of batch normalization to leave their start."""

    code = "few-normalization-updates"
    severities = (Severity.WARNING,)
    reference = "Ioffe and Szegedy 2015, arXiv:1502.03167"
    factors = ("normalization", "stopping")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        momentum = max(normalization_momenta(configuration).values(), default=0.0)
        updates = design.updates(configuration)
        if momentum**updates > MAX_LEFT:
            evidence = {"left": momentum**updates, "momentum": momentum, "updates": updates}
            yield Fact(Severity.WARNING, evidence)


class SmallNormalizedBatches(ConfigurationRule):
    """Batch normalization over fewer than eight images at a time."""

    code = "few-normalized-images"
    severities = (Severity.WARNING,)
    reference = "Wu and He 2018, arXiv:1803.08494, figure 1"
    factors = ("batch_size",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if normalization_momenta(configuration) and configuration.batch_size < MIN_NORMALIZED:
            yield Fact(Severity.WARNING, {"batch": configuration.batch_size, "limit": MIN_NORMALIZED})


class SigmoidForClasses(ConfigurationRule):
    """Yes-or-no outputs for classes that exclude each other."""

    code = "sigmoid-for-classes"
    severities = (Severity.WARNING,)
    tasks = ("classification",)
    reference = "Bishop 2006, section 4.3.4"
    factors = ("loss", "activation")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        has_several = configuration.layers[-1].arguments.get("units") != 1
        if configuration.output == "sigmoid" and configuration.loss.startswith("binary_") and has_several:
            classes = len(configuration.facts.classes)
            yield Fact(Severity.WARNING, {"classes": classes, "others": classes - 1})
