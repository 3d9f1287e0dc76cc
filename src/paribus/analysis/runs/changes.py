"""One setting at another level, as a study file has it: what rules advise and what ablations change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from paribus.analysis.design.activations import weighted_layers
from paribus.analysis.design.initial_weights import constant, fans, weight_size
from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.design.starts import starts_dead
from paribus.study.configuration import Argument, Configuration, Technique
from paribus.study.step_size import learning_rate

_STEPS = ("decay_steps", "first_decay_steps", "warmup_steps")
_RATES = ("initial_learning_rate", "warmup_target", "end_learning_rate", "values")
SCALED: Mapping[str, object] = {"scale": "unit"}


@dataclass(frozen=True)
class Change:
    """A change of one setting.

    Args:
        kind: Which; its sentences are ``advice.<kind>.do`` and ``.expect``, or ``confirm.<kind>.cause`` and
            ``.change``.
        settings: What is changed, as a study file has it.
        values: What its sentences name.
        name: What the name of the changed variant ends in; the kind where it is empty.
    """

    kind: str
    settings: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    name: str = ""

    def variant(self, origin: str) -> str:
        """Return the name of the changed variant.

        Args:
            origin: The variant that it starts from.
        """
        return f"{origin}-{self.name or self.kind}"


def advise_start(configuration: Configuration, *, is_about_rate: bool = True) -> Iterator[Change]:
    """Advise a network that never learns: another start, else scaled pixels, else a smaller learning rate.

    Args:
        configuration: A variant, resolved.
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
        yield Change("scale", SCALED, name="scaled")
    elif is_about_rate:
        yield from change_rate(configuration, 0.1, "smaller-rate")


def suspect_start(configuration: Configuration, *, from_start: bool, is_slow: bool) -> Iterator[Change]:
    """Suspect what keeps a network from learning: its start, or the size of its first updates.

    Args:
        configuration: A variant, resolved.
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
            yield from suspect_updates(configuration)


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


def suspect_updates(configuration: Configuration) -> Iterator[Change]:
    """Suspect updates that are too large: by the pixels, or by the learning rate.

    Args:
        configuration: A variant, resolved.
    """
    if is_unscaled(configuration):
        yield Change("pixels", SCALED)
    yield from change_rate(configuration, 0.1, "rate")


def change_rate(configuration: Configuration, times: float, kind: str, *, name: str = "") -> Iterator[Change]:
    """Change the learning rate, or every rate of a schedule, which is named by its highest one.

    Args:
        configuration: A variant, resolved.
        times: The factor, rounded so that the new rate has one digit.
        kind: As in `Change`.
        name: As in `Change`.
    """
    now, schedule = learning_rate(configuration), configuration.optimizer.arguments.get("learning_rate")
    if isinstance(schedule, Technique):
        now = _highest_rate(schedule)
        rates = {key: _times(schedule.arguments[key], times) for key in _RATES if key in schedule.arguments}
        changed = {"name": schedule.name, **schedule.arguments, **rates}
        values = {"now": now, "then": round_to_digit(now * times)}
        yield Change(kind, {"learning_rate": changed}, values, name)
    elif now:
        then = round_to_digit(now * times)
        yield Change(kind, {"learning_rate": then}, {"now": now, "then": then}, name)


def _times(rate: Argument, times: float) -> Argument:
    """Return a rate of a schedule, or a list of them, multiplied."""
    if isinstance(rate, list):
        return [round_to_digit(each * times) if isinstance(each, int | float) else each for each in rate]
    return round_to_digit(rate * times) if isinstance(rate, int | float) else rate


def _highest_rate(schedule: Technique) -> float:
    given = (schedule.arguments.get(key) for key in _RATES)
    every = (each for rate in given for each in (rate if isinstance(rate, list) else [rate]))
    return max((float(each) for each in every if isinstance(each, int | float)), default=0.0)


def by_epochs(configuration: Configuration, updates: int) -> Iterator[Change]:
    """Count a schedule's steps by epochs, where it has no more of them than the run has epochs.

    Args:
        configuration: A variant, resolved.
        updates: Of the whole run.
    """
    schedule = configuration.optimizer.arguments.get("learning_rate")
    if not isinstance(schedule, Technique):
        return
    given = schedule.arguments
    steps = {name: value for name in _STEPS if isinstance(value := given.get(name), int | float) and value}
    each = updates // configuration.epochs
    if steps and each > 1 and max(steps.values()) <= configuration.epochs:
        longer = {name: int(value * each) for name, value in steps.items()}
        settings = {"learning_rate": {"name": schedule.name, **given, **longer}}
        values = {"now": max(steps.values()), "then": max(longer.values())}
        yield Change("by-epochs", settings, values)


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


def round_to_digit(number: float) -> float:
    """Round to one digit, as learning rates are written.

    Example:
        >>> round_to_digit(0.00123)
        0.001
    """
    return float(f"{number:.0e}")
