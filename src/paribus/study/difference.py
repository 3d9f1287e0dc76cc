"""The changes that a variant declares, and the differences between two configurations, declared or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from paribus.study.configuration import Argument, Configuration, EarlyStopping, Layer, Technique
from paribus.study.layers import WEIGHT_SETTINGS
from paribus.study.model import Variant

FactorLevel: TypeAlias = "Argument | EarlyStopping | Layer | tuple[Layer, ...]"

_SETTINGS = ("data", "validation", "scale", "loss", "batch_size", "epochs", "early_stopping")
_STOPPING = ("epochs", "early_stopping")
_LAYER_FACTORS = {
    **dict.fromkeys(("activation", "leaky_relu", "negative_slope"), "activation"),
    **dict.fromkeys(("dropout", "rate"), "dropout"),
    **dict.fromkeys(("batch_normalization", "group_normalization", "layer_normalization"), "normalization"),
    **dict.fromkeys(("momentum", "epsilon", "center"), "normalization"),
}


@dataclass(frozen=True)
class Change:
    """One factor at another level.

    Args:
        factor: A setting, an argument of the optimizer or of a layer, or a kind of layer only one side has.
        layer: The label of the one layer it concerns; None when it concerns all that have it, or the run.
        before: The level before the change; None also where the parent is the base, or where there was none.
        after: The level after it.
        of_layers: Whether it was found in the layers: an optimizer has a ``momentum`` as well.
    """

    factor: str
    layer: str | None
    before: FactorLevel
    after: FactorLevel
    of_layers: bool = field(default=False, compare=False)


def declared_changes(variants: Mapping[str, Variant], name: str) -> tuple[Change, ...]:
    """Return what a variant declares, also where its parent is at the same level.

    Args:
        variants: Those of the study.
        name: The variant.

    Raises:
        KeyError: There is no such variant.
    """
    variant = variants[name]
    parent = variants[variant.parent].configuration if variant.parent is not None else None
    return tuple(_declared(variant, parent))


def difference(reference: Configuration, treatment: Configuration) -> tuple[Change, ...]:
    """Return what differs between two configurations; what differs alike in every layer is one change.

    Args:
        reference: Its levels are `before`.
        treatment: Its levels are `after`.
    """
    settings = (Change(key, None, getattr(reference, key), getattr(treatment, key)) for key in _SETTINGS)
    changes = [change for change in settings if change.before != change.after]
    changes += _optimizers(reference.optimizer, treatment.optimizer)
    changes += _networks(reference.layers, treatment.layers)
    return tuple(changes)


def factors(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the factors that changes belong to, each once, in order.

    - ``regularization``: regularizers of kernel and bias, in any layers.
    - ``initialization``: initializers of kernel and bias, in any layers.
    - ``stopping``: epochs and early stopping.
    - ``optimizer``: the optimizer and its arguments, except ``learning_rate``, which is a factor of its own,
      since a rate that suits one optimizer need not suit another.
    - ``dropout``, ``normalization``, ``activation``: such layers and their arguments.
    - ``model``: all other layers and their sizes.
    - Any other setting is a factor of its own.

    Args:
        changes: From `difference` or `declared_changes`; a declared optimizer includes its learning rate.

    Example:
        >>> from paribus.study.reader import load
        >>> variants = load("lab2").variants
        >>> factors(difference(variants["7b"].configuration, variants["7c"].configuration))
        ('batch_size', 'stopping')
    """
    return tuple(dict.fromkeys(_factor(change) for change in changes))


def confounds(variants: Mapping[str, Variant], treatment: str, reference: str) -> tuple[str, ...]:
    """Return the factors that differ between two variants besides the one that their comparison is about.

    Of the factors that differ, the comparison is about the first of these that there is:

    1. the first one that the treatment declares,
    2. the first one that the reference declares,
    3. the first one in the order of `factors`.

    Args:
        variants: Those of the study.
        treatment: One of them.
        reference: Another.

    Raises:
        KeyError: There is no such variant.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> confounds(lab, "4b", "4c"), confounds(lab, "2", "1")
        (('regularization',), ())
    """
    differing = factors(difference(variants[reference].configuration, variants[treatment].configuration))
    declared = (*declared_changes(variants, treatment), *declared_changes(variants, reference))
    about = next((factor for factor in (*factors(declared), *differing) if factor in differing), None)
    return tuple(factor for factor in differing if factor != about)


def _factor(change: Change) -> str:
    factor = change.factor
    if factor.endswith("_regularizer"):
        return "regularization"
    if factor.endswith("_initializer"):
        return "initialization"
    if change.of_layers or change.layer is not None:
        return _LAYER_FACTORS.get(factor, "model")
    if factor in _STOPPING:
        return "stopping"
    return factor if factor in (*_SETTINGS, "learning_rate", "model") else "optimizer"


def _declared(variant: Variant, parent: Configuration | None) -> Iterator[Change]:
    now = variant.configuration
    for key, written in variant.changes.items():
        if key in _SETTINGS:
            yield Change(key, None, None if parent is None else getattr(parent, key), getattr(now, key))
        elif key == "optimizer":
            yield Change(key, None, None if parent is None else parent.optimizer, now.optimizer)
        elif key == "learning_rate":
            before = None if parent is None else parent.optimizer.arguments.get(key)
            yield Change(key, None, before, now.optimizer.arguments[key])
        elif key == "model":
            yield Change(key, None, None if parent is None else parent.layers, now.layers)
        elif key in WEIGHT_SETTINGS:
            yield Change(
                key,
                None,
                None if parent is None else _level_for_all(parent, key, {}),
                _level_for_all(now, key, variant.settings),
            )
        elif key == "layers" and isinstance(written, dict):
            for label, settings in cast("dict[str, object]", written).items():
                yield from _declared_of_layer(label, settings, parent, now)


def _declared_of_layer(
    label: str, settings: object, parent: Configuration | None, now: Configuration
) -> Iterator[Change]:
    after = _arguments(now, label)
    before = {} if parent is None else _arguments(parent, label)
    keys = cast("dict[str, object]", settings) if isinstance(settings, dict) else WEIGHT_SETTINGS
    for key in keys:
        if key in after:
            yield Change(key, label, before.get(key), after[key])


def _level_for_all(configuration: Configuration, setting: str, settings: Mapping[str, object]) -> Argument:
    """Return a setting's level in the first layer that does not set it by itself."""
    own = settings.get("layers")
    by_label = cast("dict[str, object]", own) if isinstance(own, dict) else {}
    having = [layer for layer in configuration.layers if setting in layer.arguments]
    free = [layer for layer in having if setting not in str(by_label.get(layer.label, ""))]
    chosen = (free or having)[:1]
    return chosen[0].arguments[setting] if chosen else None


def _arguments(configuration: Configuration, label: str) -> Mapping[str, Argument]:
    return next((layer.arguments for layer in configuration.layers if layer.label == label), {})


def _optimizers(before: Technique, after: Technique) -> Iterator[Change]:
    rates = before.arguments.get("learning_rate"), after.arguments.get("learning_rate")
    if before.name != after.name:
        yield Change("optimizer", None, before, after)
    if rates[0] != rates[1]:
        yield Change("learning_rate", None, *rates)
    if before.name == after.name:
        for key in after.arguments:
            if key != "learning_rate" and before.arguments.get(key) != after.arguments[key]:
                yield Change(key, None, before.arguments.get(key), after.arguments[key])


def _networks(before: tuple[Layer, ...], after: tuple[Layer, ...]) -> Iterator[Change]:
    earlier, later = ({layer.label: layer for layer in layers} for layers in (before, after))
    common = [label for label in earlier if label in later and earlier[label].kind == later[label].kind]
    if common != [label for label in later if label in common]:
        yield Change("model", None, before, after)
        return
    for label, layer in earlier.items():
        if label not in common:
            yield Change(layer.kind, label, layer, None)
    for label, layer in later.items():
        if label not in common:
            yield Change(layer.kind, label, None, layer)
    yield from _merged(
        [
            Change(
                key, label, earlier[label].arguments.get(key), later[label].arguments.get(key), of_layers=True
            )
            for label in common
            for key in later[label].arguments
        ]
    )


def _merged(changes: list[Change]) -> Iterator[Change]:
    """Yield the changes whose levels differ; one that is the same in every layer that has it, once."""
    for factor in dict.fromkeys(change.factor for change in changes):
        same = [change for change in changes if change.factor == factor]
        first = same[0]
        if len(same) > 1 and all((each.before, each.after) == (first.before, first.after) for each in same):
            same = [replace(first, layer=None)]
        yield from (change for change in same if change.before != change.after)
