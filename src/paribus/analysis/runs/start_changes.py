"""Other starts of a network: what is advised and suspected where it never learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.analysis.design.activations import weighted_layers
from paribus.analysis.design.initial_weights import constant, fans, weight_size
from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.design.starts import starts_dead
from paribus.analysis.finding import Finding
from paribus.analysis.runs.changes import Change, scaled
from paribus.analysis.runs.rate_changes import smaller_rate, suspect_updates
from paribus.study.configuration import Configuration, Technique


def advise_start(
    configuration: Configuration, finding: Finding, *, is_about_rate: bool = True
) -> Iterator[Change]:
    """Advise a network that never learns: another start, else scaled pixels, else a smaller learning rate.

    Args:
        configuration: A variant, resolved.
        finding: Of it.
        is_about_rate: Whether its steps may be too large: not where it was so before the first of them, nor
            where its weights hardly move.
    """
    dead = (layer.label for layer in weighted_layers(configuration)[:-1] if starts_dead(configuration, layer))
    labels = list(dict.fromkeys((*constant_starts(configuration), *dead)))
    if labels:
        start = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
        values = {"layers": ", ".join(labels)}
        yield Change("start", {"layers": dict.fromkeys(labels, start)}, values, name="glorot")
    elif is_unscaled(configuration):
        yield Change("scale", scaled(configuration), name="scaled")
    elif is_about_rate:
        yield from smaller_rate(configuration, finding, "smaller-rate")


def suspect_start(
    configuration: Configuration, finding: Finding, *, from_start: bool, is_slow: bool
) -> Iterator[Change]:
    """Suspect what keeps a network from learning: its start, or the size of its first updates.

    Args:
        configuration: A variant, resolved.
        finding: Of it.
        from_start: Whether it was so before the first update.
        is_slow: Whether its weights hardly move, so that its updates are not too large.
    """
    if from_start:
        yield from suspect_weights(configuration)
        yield from _suspect_biases(configuration)
    else:
        yield from _suspect_weight_size(configuration)
        yield from suspect_weights(configuration)
        if not is_slow:
            yield from suspect_updates(configuration, finding)


def suspect_weights(configuration: Configuration) -> Iterator[Change]:
    """Suspect weights that start equal.

    Args:
        configuration: A variant, resolved.
    """
    starts = constant_starts(configuration)
    if starts:
        drawn = {"kernel_initializer": "glorot_uniform"}
        yield Change("weights", {"layers": dict.fromkeys(starts, drawn)}, _layers_and_value(starts))


def _suspect_biases(configuration: Configuration) -> Iterator[Change]:
    """Suspect biases that leave no unit open, whatever the weights put out."""
    starts = {
        layer.label: constant(layer.arguments.get("bias_initializer")) or 0.0
        for layer in weighted_layers(configuration)[:-1]
        if starts_dead(configuration, layer)
    }
    if starts:
        ones = {"bias_initializer": "ones"}
        yield Change("biases", {"layers": dict.fromkeys(starts, ones)}, _layers_and_value(starts))


def _suspect_weight_size(configuration: Configuration) -> Iterator[Change]:
    """Suspect how large equal weights are, apart from their being equal."""
    starts = {label: value for label, value in constant_starts(configuration).items() if value}
    sizes = {label: glorot_size(configuration, label) for label in starts}
    if starts and all(size is not None and size < abs(starts[label]) for label, size in sizes.items()):
        layers = {
            label: {"kernel_initializer": {"name": "constant", "value": size}}
            for label, size in sizes.items()
        }
        values = {**_layers_and_value(starts), "then": next(iter(sizes.values()))}
        yield Change("size", {"layers": layers}, values)


def _layers_and_value(starts: Mapping[str, float]) -> dict[str, object]:
    return {"layers": ", ".join(starts), "now": next(iter(starts.values()))}


def constant_starts(configuration: Configuration) -> dict[str, float]:
    """Return the one value that all weights of a layer start at, by its label; drawn weights have none.

    Args:
        configuration: A variant, resolved.
    """
    values = {
        layer.label: constant(layer.arguments.get("kernel_initializer")) for layer in configuration.layers
    }
    return {label: value for label, value in values.items() if value is not None}


def glorot_size(configuration: Configuration, label: str) -> float | None:
    """Return the standard deviation of a layer's weights under GlorotUniform, to two digits.

    √(2/(inputs + outputs)). Source: Glorot and Bengio, AISTATS 2010.

    Args:
        configuration: A variant, resolved.
        label: Of one of its layers.

    Returns:
        None for layers that are neither dense nor plain convolutions.
    """
    layer = next((each for each in configuration.layers if each.label == label), None)
    sizes = fans(configuration, layer) if layer is not None else None
    size = None if sizes is None else weight_size(Technique(name="glorot_uniform"), *sizes)
    return None if size is None else float(f"{size:.1e}")
