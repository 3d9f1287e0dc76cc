"""Changes and levels in the words of tables: ``L2 0.01 on weights and biases``, ``RMSprop 0.0001``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from paribus.study.configuration import Argument, EarlyStopping, Layer, Technique
from paribus.study.difference import Change, FactorLevel, declared_changes
from paribus.study.model import Variant
from paribus.study.techniques import Kind, entry
from paribus.texts import number, text

T = TypeVar("T")


def describe_variant(variants: Mapping[str, Variant], name: str) -> str:
    """Return what a variant changes and which one it starts from; empty for the base as it is.

    Args:
        variants: Those of the study.
        name: The variant.

    Example:
        >>> from paribus.study.reader import load
        >>> describe_variant(load("lab2").variants, "5")
        'from 2: batch size 8'
    """
    return describe_changes(declared_changes(variants, name), variants[name].parent)


def describe_changes(changes: Sequence[Change], parent: str | None = None) -> str:
    """Return changes in a few words; empty where there are none.

    Args:
        changes: From `difference` or `declared_changes`.
        parent: The variant that they start from, to name it in front.

    Example:
        >>> describe_changes((Change("batch_size", None, 128, 8),), parent="2")
        'from 2: batch size 8'
    """
    words = "; ".join(describe_factors(changes))
    if parent is None:
        return words
    if not words:
        return text("study.told-as", parent=parent)
    return text("study.told-from", parent=parent, changes=words)


@dataclass(frozen=True)
class Described(Generic[T]):
    """A value in words, in the language in which they are read.

    Args:
        describe: What puts it into words, such as `format_level` or `describe_changes`.
        value: What is described.

    Example:
        >>> str(Described(format_level, 0.01))
        '0.01'
    """

    describe: Callable[[T], str]
    value: T

    def __str__(self) -> str:
        return self.describe(self.value)


def describe_factors(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a phrase for each factor; one for all regularizers at the same level.

    Args:
        changes: In order.
    """
    everywhere = [change for change in changes if change.layer is None]
    optimizer = any(change.factor == "optimizer" for change in everywhere)
    regularizers = [change for change in everywhere if change.factor.endswith("_regularizer")]
    for change in everywhere:
        if change.factor == "learning_rate" and optimizer:
            continue
        if change not in regularizers:
            yield _factor(change)
        elif change is regularizers[0]:
            yield from _regularizers(regularizers)
    for label in dict.fromkeys(change.layer for change in changes if change.layer is not None):
        yield _of_layer(label, [change for change in changes if change.layer == label])


def format_level(value: FactorLevel) -> str:
    """Return a level: ``RMSprop 0.0001``, ``GlorotUniform``, ``L2 0.01``, ``8``.

    Args:
        value: The level.
    """
    match value:
        case Technique():
            words = format_technique(value)
        case EarlyStopping():
            words = _stopping(value)
        case Layer():
            words = _layer(value)
        case tuple():
            words = ", ".join(_layer(layer) for layer in value)
        case list():
            words = " × ".join(format_level(each) for each in value)
        case None:
            words = text("study.told-none")
        case bool():
            words = text("study.told-on" if value else "study.told-off")
        case float():
            words = number(value, ".12g")
        case _:
            words = str(value)
    return words


def format_technique(value: Technique) -> str:
    """Return a technique as Keras's class and what is not Keras's default, its main argument without a name.

    Args:
        value: The technique.

    Example:
        >>> format_technique(Technique(name="sgd", arguments={"learning_rate": 0.01, "momentum": 0.9}))
        'SGD 0.01, momentum 0.9'
    """
    kind = next(kind for kind in Kind if kind is not Kind.LAYER and _is_of_kind(value, kind))
    found = entry(kind, value.name)
    if kind is Kind.INITIALIZER and not found.arguments:
        return found.keras_class.lower() if value.name in ("zeros", "ones") else found.keras_class
    main = "learning_rate" if kind is Kind.OPTIMIZER else found.arguments[0] if found.arguments else ""
    words = found.keras_class
    if main in value.arguments and (
        kind is not Kind.INITIALIZER or value.arguments[main] != found.defaults.get(main)
    ):
        words += f" {format_level(value.arguments[main])}"
    rest = [
        f"{_spaced(name)} {format_level(argument)}"
        for name, argument in value.arguments.items()
        if name != main and argument != found.defaults.get(name)
    ]
    return ", ".join([words, *rest])


def _is_of_kind(value: Technique, kind: Kind) -> bool:
    try:
        return set(value.arguments) <= set(entry(kind, value.name).arguments)
    except KeyError:
        return False


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _factor(change: Change) -> str:
    if change.factor in ("optimizer", "early_stopping") and change.after is not None:
        return format_level(change.after)
    if change.factor == "model" and isinstance(change.after, tuple):
        return _model(change.after)
    code = f"study.told-{change.factor.replace('_', '-')}"
    if change.factor in _SENTENCES and change.after is not None:
        return text(code, level=format_level(change.after))
    if change.factor == "early_stopping":
        return text("study.told-no-stopping")
    return f"{_spaced(change.factor)} {format_level(change.after)}"


_SENTENCES = (
    "batch_size", "bias_initializer", "data", "epochs", "kernel_initializer", "learning_rate", "loss",
    "scale", "validation",
)  # fmt: skip


def _regularizers(changes: Sequence[Change]) -> Iterator[str]:
    """Yield ``L2 0.01 on weights and biases`` where both change to the same level."""
    for after in dict.fromkeys(format_level(change.after) for change in changes):
        of = [change.factor for change in changes if format_level(change.after) == after]
        bias = "bias_regularizer" in of
        code = "both" if bias and len(of) > 1 else "biases" if bias else "weights"
        none = all(change.after is None for change in changes if change.factor in of)
        yield text(f"study.told-{'no-' if none else ''}regularizer-{code}", level=after)


def _stopping(stopping: EarlyStopping) -> str:
    more: Mapping[str, Argument] = stopping.model_dump(exclude={"monitor", "patience"}, exclude_defaults=True)
    words = text("study.told-stopping", monitor=stopping.monitor, patience=stopping.patience)
    return ", ".join([words, *(f"{_spaced(name)} {format_level(value)}" for name, value in more.items())])


def _model(layers: Sequence[Layer]) -> str:
    *hidden, output = layers
    if all(layer.kind == "dense" for layer in layers) and hidden:
        units = ", ".join(format_level(layer.arguments["units"]) for layer in hidden)
        return text("study.told-hidden", units=units, count=len(hidden))
    return text("study.told-layers", layers=format_level((*hidden, output)))


def _layer(layer: Layer) -> str:
    found = entry(Kind.LAYER, layer.kind)
    main = [format_level(layer.arguments[name]) for name in found.required if name in layer.arguments]
    return " ".join([found.keras_class, *main])


def _of_layer(label: str, changes: Sequence[Change]) -> str:
    first = changes[0]
    if isinstance(first.after, Layer):
        return text("study.told-added", layer=_layer(first.after))
    if isinstance(first.before, Layer):
        return text("study.told-removed", layer=_layer(first.before))
    name = (
        text(f"study.told-{label.replace('_', '-')}") if label in ("hidden_1", "output") else _spaced(label)
    )
    return text("study.told-layer", layer=name, changes=", ".join(_part(change) for change in changes))


def _part(change: Change) -> str:
    words = change.factor.removesuffix("_initializer").removesuffix("_regularizer")
    return f"{_spaced(words)} {format_level(change.after)}"
