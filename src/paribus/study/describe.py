"""What differs, in the study's own words: its keys and their levels, such as ``momentum 0.9``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from paribus.study.change import Change, FactorLevel
from paribus.study.configuration import (
    Argument,
    EarlyStopping,
    LabelNoise,
    Layer,
    ReduceOnPlateau,
    Technique,
)
from paribus.study.keys import MODEL_KEYS, WEIGHT_SETTINGS
from paribus.study.model import Variant
from paribus.study.network_difference import written_arguments
from paribus.study.techniques import Entry, Kind, entry, names
from paribus.study.variant_changes import variant_changes
from paribus.texts import number, power_of_ten, text
from paribus.texts.message import Listed

T = TypeVar("T")


def describe_variant(variants: Mapping[str, Variant], name: str) -> str:
    """Return what a variant changes and which one it starts from; empty for the base as it is.

    Args:
        variants: Those of the study.
        name: The variant.

    Example:
        >>> from paribus.study.reader import load
        >>> describe_variant(load("lab2").variants, "5")
        'from 2: batch_size 8'
    """
    return describe_changes(variant_changes(variants, name), variants[name].parent)


def describe_changes(changes: Sequence[Change], parent: str | None = None) -> str:
    """Return changes in a few words, each key that differs with its level; empty where there are none.

    Args:
        changes: From `difference` or `variant_changes`.
        parent: The variant that they start from, to name it in front.

    Example:
        >>> describe_changes((Change("batch_size", None, 128, 8),), parent="2")
        'from 2: batch_size 8'
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


_LARGE = 1e12
"""From here on a number is written with a power of ten."""
_OF_WEIGHTS = ("_constraint", "_initializer", "_regularizer")


def describe_factors(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a phrase for each setting, and one for each layer with all that changes in it.

    Args:
        changes: In order.
    """
    places: dict[str, dict[tuple[str, str], list[str]]] = {}
    for change in changes:
        for place, key, level in _keys(change):
            weights = key.rpartition("_")[2] if key.endswith(_OF_WEIGHTS) else key
            places.setdefault(place, {}).setdefault((weights, level), []).append(key)
    words = {
        place: [f"{Listed(tuple(keys))} {level}".strip() for (_, level), keys in found.items()]
        for place, found in places.items()
    }
    yield from words.pop("", [])
    for found in dict.fromkeys(map(tuple, words.values())):
        labels = [place for place, each in words.items() if tuple(each) == found]
        yield f"{Listed(tuple(labels))}: {', '.join(found)}"


def format_level(value: FactorLevel) -> str:
    """Return a level as a study has it: ``0.01``, ``he_normal``, ``l2 0.01``, ``[64, 32]``, ``false``.

    Args:
        value: The level.
    """
    match value:
        case Technique():
            words = _technique(value)
        case EarlyStopping() | ReduceOnPlateau():
            words = _list(f"{key} {format_level(level)}" for key, level in _stopping(value).items())
        case Layer():
            words = _layer(value)
        case LabelNoise():
            matrix = "" if value.matrix is None else f", matrix {[list(row) for row in value.matrix]}"
            words = f"{format_level(value.share)}{matrix}"
        case tuple():
            words = _list(_layer(each) if isinstance(each, Layer) else _technique(each) for each in value)
        case dict():
            words = _list(f"{name}: {format_level(weight)}" for name, weight in value.items())
        case list():
            levels = [format_level(each) for each in value]
            between = "; " if any("," in level for level in levels) else ", "  # a comma as the decimal mark
            words = f"[{between.join(levels)}]"
        case None:
            words = text("study.told-none")
        case bool():
            words = str(value).lower()
        case int() | float() if abs(value) >= _LARGE:
            words = _in_powers(value)
        case float():
            words = number(str(value).removesuffix(".0"))
        case _:
            words = str(value)
    return words


def _in_powers(value: float) -> str:
    """Return a large number with all its digits, and a power of ten in place of zeros."""
    digits = f"{Decimal(str(value)).normalize():e}"
    mantissa, _, exponent = digits.partition("e")
    if mantissa.lstrip("-") == "1":
        return "−" * (value < 0) + power_of_ten(int(exponent))
    return power_of_ten(int(exponent), number(mantissa).replace("-", "−"))


def _list(words: Iterator[str]) -> str:
    return ", ".join(words)


def _keys(change: Change) -> Iterator[tuple[str, str, str]]:
    """Yield what a change says: the place it speaks of, empty for the whole run, the key, and its level."""
    before, after = change.before, change.after
    if isinstance(after, EarlyStopping | ReduceOnPlateau):
        earlier = before.model_dump() if isinstance(before, type(after)) else {}
        for key, level in (dict(after) if earlier else _stopping(after)).items():
            if not earlier or level != earlier[key]:
                yield change.factor, key, format_level(level)
    elif isinstance(after, Layer) or isinstance(before, Layer):
        yield from _layer_of_one_side(change, after)
    else:
        place = change.layer or ("layers" if change.of_layers and change.factor not in _FOR_ALL else "")
        yield place, change.factor, format_level(after)


_FOR_ALL = (*MODEL_KEYS, *WEIGHT_SETTINGS)


def _layer_of_one_side(change: Change, after: FactorLevel) -> Iterator[tuple[str, str, str]]:
    if isinstance(after, Layer) and isinstance(change.before, Layer):
        before = change.replaces or layer_in_short(change.before)
        yield "", text("study.told-instead", layer=_layer(after), before=before), ""
    elif change.follows is None:
        for key, level in after.arguments.items() if isinstance(after, Layer) else ():
            yield change.layer or "", key, format_level(level)
    elif not isinstance(after, Layer):
        yield "", text("study.told-without", label=change.layer), ""
    elif change.follows:
        yield "", text("study.told-after", layer=_layer(after), label=change.follows), ""
    elif after.branch:
        yield "", text("study.told-first-of", layer=_layer(after), branch=after.branch), ""
    else:
        yield "", text("study.told-first", layer=_layer(after)), ""


def _stopping(stopping: EarlyStopping | ReduceOnPlateau) -> dict[str, Argument]:
    """Return what a callback monitors, its patience, and what else is not Keras's default."""
    written: dict[str, Argument] = stopping.model_dump(exclude_defaults=True)
    return {"monitor": stopping.monitor, "patience": stopping.patience, **written}


def _technique(value: Technique) -> str:
    """Return a technique's name, and its arguments that are required or not its default."""
    if value.own is not None:
        usual = value.own.defaults
        return _with_arguments(
            value.name, {key: each for key, each in value.arguments.items() if each != usual.get(key)}
        )
    found = _entry(value)
    if found.kind is Kind.AUGMENTATION and len(found.required) == 1:
        (main,) = found.required
        others = {key: level for key, level in value.arguments.items() if level != found.defaults.get(key)}
        return _with_arguments(f"{value.name} {format_level(others.pop(main))}", others)
    if value.name in value.arguments:  # l1 and l2 are named as their strengths
        return f"{value.name} {format_level(value.arguments[value.name])}"
    arguments = {
        name: level
        for name, level in value.arguments.items()
        if name in found.required or level != found.defaults.get(name)
    }
    return _with_arguments(value.name, arguments)


def _entry(value: Technique) -> Entry:
    kinds = (
        Kind.INITIALIZER, Kind.REGULARIZER, Kind.CONSTRAINT, Kind.SCHEDULE, Kind.OPTIMIZER, Kind.AUGMENTATION,
    )  # fmt: skip
    return next(entry(kind, value.name) for kind in kinds if value.name in names(kind))


def _layer(layer: Layer) -> str:
    arguments = written_arguments(layer)
    inner = arguments.pop("layer", None)
    if not isinstance(inner, Technique):
        return _layer_with(layer.kind, arguments)
    words = _layer_with(inner.name, inner.arguments)
    own = [f"{key} {format_level(level)}" for key, level in arguments.items()]
    return f"{layer.kind} ({_list(iter([words, *own]))})" if own else f"{layer.kind} {words}"


def layer_in_short(layer: Layer) -> str:
    """Return a layer with nothing but what it needs, such as ``lstm 18``.

    Args:
        layer: With the arguments that must be written.
    """
    inner = layer.arguments.get("layer")
    kind, arguments = (
        (inner.name, inner.arguments) if isinstance(inner, Technique) else (layer.kind, layer.arguments)
    )
    needed = {name: arguments[name] for name in entry(Kind.LAYER, kind).required if name in arguments}
    words = _layer_with(kind, needed)
    return f"{layer.kind} {words}" if isinstance(inner, Technique) else words


def _layer_with(kind: str, arguments: Mapping[str, Argument]) -> str:
    required = entry(Kind.LAYER, kind).required
    if len(required) != 1 or required[0] not in arguments:
        return _with_arguments(kind, arguments)
    others = {name: level for name, level in arguments.items() if name != required[0]}
    return _with_arguments(f"{kind} {format_level(arguments[required[0]])}", others)


def _with_arguments(name: str, arguments: Mapping[str, Argument]) -> str:
    if not arguments:
        return name
    return f"{name} ({_list(f'{key} {format_level(level)}' for key, level in arguments.items())})"
