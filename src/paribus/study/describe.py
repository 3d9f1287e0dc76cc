"""Levels in words a student reads: ``L2 0.01 on weights and biases``, ``RMSprop 0.0001``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from paribus.study.configuration import Argument, EarlyStopping, Layer, Technique
from paribus.study.difference import Change, FactorLevel, declared
from paribus.study.model import Study
from paribus.study.techniques import Kind, entry
from paribus.texts import number, text

T = TypeVar("T")

_PARTS = ("kernel", "depthwise", "pointwise", "bias")


def changes(study: Study, variant: str) -> str:
    """What a variant changes and from which it starts, as tables say it; empty for the base as it is.

    Args:
        study: The variant's study.
        variant: As in the study.

    Example:
        >>> from paribus.study.reader import load
        >>> changes(load("lab2"), "5")
        'from 2: batch size 8'
    """
    return told(declared(study, variant), study.variants[variant].parent)


def told(changes: tuple[Change, ...], parent: str | None = None) -> str:
    """The changes in a few words, for a table; empty where there are none.

    Args:
        changes: What to tell.
        parent: The variant they start from, to name it in front.

    Example:
        >>> told((Change("batch_size", None, 128, 8),), parent="2")
        'from 2: batch size 8'
    """
    words = "; ".join(phrases(changes))
    if parent is None:
        return words
    if not words:
        return text("study.told-as", parent=parent)
    return text("study.told-from", parent=parent, changes=words)


@dataclass(frozen=True)
class Described(Generic[T]):
    """A value in words, in the language in which they are read.

    Args:
        describe: What puts it into words, such as `level` or `told`.
        value: What is described.

    Example:
        >>> str(Described(level, 0.01))
        '0.01'
    """

    describe: Callable[[T], str]
    value: T

    def __str__(self) -> str:
        return self.describe(self.value)


def phrases(changes: Sequence[Change]) -> Iterator[str]:
    """One phrase for each factor, or for those that are said together.

    Args:
        changes: What to tell, in order.
    """
    everywhere = [change for change in changes if change.layer is None]
    optimizer = any(change.factor == "optimizer" for change in everywhere)
    regularizers = [change for change in everywhere if change.factor.endswith("_regularizer")]
    said: set[str] = set()
    for change in everywhere:
        if change.factor == "learning_rate" and optimizer:
            continue
        if change in regularizers:
            if "regularizers" not in said:
                yield from _regularizers(regularizers)
            said.add("regularizers")
            continue
        yield _phrase(change)
    for label in dict.fromkeys(change.layer for change in changes if change.layer is not None):
        yield _of_layer(label, [change for change in changes if change.layer == label])


def level(value: FactorLevel) -> str:
    """A level alone: ``RMSprop 0.0001``, ``GlorotUniform``, ``L2 0.01``, ``8``.

    Args:
        value: The level.
    """
    match value:
        case Technique():
            words = technique(value)
        case EarlyStopping():
            words = _stopping(value)
        case Layer():
            words = _layer(value)
        case tuple():
            words = ", ".join(_layer(layer) for layer in value)
        case list():
            words = " × ".join(level(each) for each in value)
        case None:
            words = text("study.told-none")
        case bool():
            words = text("study.told-on" if value else "study.told-off")
        case float():
            words = number(value, ".12g")
        case _:
            words = str(value)
    return words


def technique(value: Technique) -> str:
    """A technique by Keras's class and what is not Keras's default, its main number without a name.

    Args:
        value: The technique.

    Example:
        >>> technique(Technique(name="sgd", arguments={"learning_rate": 0.01, "momentum": 0.9}))
        'SGD 0.01, momentum 0.9'
    """
    kind = next(kind for kind in Kind if kind is not Kind.LAYER and _has(kind, value))
    found = entry(kind, value.name)
    if kind is Kind.INITIALIZER and not found.arguments:
        return found.keras_class.lower() if value.name in ("zeros", "ones") else found.keras_class
    main = "learning_rate" if kind is Kind.OPTIMIZER else found.arguments[0] if found.arguments else ""
    words = found.keras_class
    if main in value.arguments and (
        kind is not Kind.INITIALIZER or value.arguments[main] != found.defaults.get(main)
    ):
        words += f" {level(value.arguments[main])}"
    rest = [
        f"{_plain(name)} {level(argument)}"
        for name, argument in value.arguments.items()
        if name != main and argument != found.defaults.get(name)
    ]
    return ", ".join([words, *rest])


def _has(kind: Kind, value: Technique) -> bool:
    try:
        return set(value.arguments) <= set(entry(kind, value.name).arguments)
    except KeyError:
        return False


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _phrase(change: Change) -> str:
    if change.factor in ("optimizer", "early_stopping") and change.after is not None:
        return level(change.after)
    if change.factor == "model" and isinstance(change.after, tuple):
        return _model(change.after)
    code = f"study.told-{change.factor.replace('_', '-')}"
    if change.factor in _SENTENCES and change.after is not None:
        return text(code, level=level(change.after))
    if change.factor == "early_stopping":
        return text("study.told-no-stopping")
    return f"{_plain(change.factor)} {level(change.after)}"


_SENTENCES = (
    "batch_size",
    "bias_initializer",
    "data",
    "epochs",
    "kernel_initializer",
    "learning_rate",
    "loss",
    "scale",
    "validation",
)


def _regularizers(changes: Sequence[Change]) -> Iterator[str]:
    """``L2 0.01 on weights and biases`` where both change to the same."""
    for after in dict.fromkeys(level(change.after) for change in changes):
        of = [change.factor for change in changes if level(change.after) == after]
        bias = "bias_regularizer" in of
        code = "both" if bias and len(of) > 1 else "biases" if bias else "weights"
        none = all(change.after is None for change in changes if change.factor in of)
        yield text(f"study.told-{'no-' if none else ''}regularizer-{code}", level=after)


def _stopping(stopping: EarlyStopping) -> str:
    more: Mapping[str, Argument] = stopping.model_dump(exclude={"monitor", "patience"}, exclude_defaults=True)
    words = text("study.told-stopping", monitor=stopping.monitor, patience=stopping.patience)
    return ", ".join([words, *(f"{_plain(name)} {level(value)}" for name, value in more.items())])


def _model(layers: Sequence[Layer]) -> str:
    *hidden, output = layers
    if all(layer.kind == "dense" for layer in layers) and hidden:
        units = ", ".join(level(layer.arguments["units"]) for layer in hidden)
        return text("study.told-hidden", units=units, count=len(hidden))
    return text("study.told-layers", layers=level((*hidden, output)))


def _layer(layer: Layer) -> str:
    found = entry(Kind.LAYER, layer.kind)
    main = [level(layer.arguments[name]) for name in found.required if name in layer.arguments]
    return " ".join([found.keras_class, *main])


def _of_layer(label: str, changes: Sequence[Change]) -> str:
    first = changes[0]
    if isinstance(first.after, Layer):
        return text("study.told-added", layer=_layer(first.after))
    if isinstance(first.before, Layer):
        return text("study.told-removed", layer=_layer(first.before))
    name = text(f"study.told-{label.replace('_', '-')}") if label in ("hidden_1", "output") else _plain(label)
    return text("study.told-layer", layer=name, changes=", ".join(_part(change) for change in changes))


def _part(change: Change) -> str:
    words = change.factor.removesuffix("_initializer").removesuffix("_regularizer")
    return f"{_plain(words)} {level(change.after)}"
