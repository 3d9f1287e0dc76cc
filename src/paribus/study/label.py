"""Short names for people: a variant's label and a question's title, made from what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from paribus.study.change import Change, FactorLevel
from paribus.study.configuration import EarlyStopping, Layer, ReduceOnPlateau, Technique
from paribus.study.describe import describe_changes, format_level, layer_in_short
from paribus.study.difference import difference
from paribus.study.metrics import title_of
from paribus.study.model import Question, Variant
from paribus.study.techniques import Kind, entry, names
from paribus.study.variant_changes import variant_changes
from paribus.texts import has_text, text, translated

_MAX = 38
"""The most characters of a label that is made, unless its first phrase alone is longer."""

_WORD = re.compile(r"[^\W\d_]{3}")
"""What the name of a variant has that says something, unlike 3a."""

_REGULARIZERS = ("kernel_regularizer", "bias_regularizer")
_INITIALIZERS = ("kernel_initializer", "bias_initializer")


def label(variants: Mapping[str, Variant], name: str) -> str:
    """Return a variant's label: its own, or a few words on what it changes.

    Args:
        variants: Those of the study.
        name: The variant.

    Example:
        >>> from paribus.study.reader import load
        >>> label(load("lab2").variants, "4a")
        'momentum 0.9'
    """
    variant = variants[name]
    if variant.label:
        return translated(variant.label)
    return made_label(variant_changes(variants, name)) or text("study.label-base")


def named(variants: Mapping[str, Variant], name: str) -> str:
    """Return a variant's name with its label, as tables and headings show it.

    Args:
        variants: Those of the study.
        name: The variant.

    Example:
        >>> from paribus.study.reader import load
        >>> named(load("lab2").variants, "4a")
        '4a · momentum 0.9'
    """
    short = label(variants, name)
    return name if short.casefold() == name.casefold() else f"{name} · {short}"


def question_title(variants: Mapping[str, Variant], question: Question) -> str:
    """Return a question's title: its own, or what it compares in a few words.

    Args:
        variants: Those of the study.
        question: One of the study, or of its variants.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2")
        >>> question_title(lab.variants, lab.questions[10])
        'Batch 8 vs 128'
    """
    if question.title:
        return translated(question.title)
    words = _capitalized(_made_title(variants, question))
    if question.metric == variants[question.treatment].configuration.score.test:
        return words
    return f"{words} ({title_of(question.metric)})"


def made_label(changes: Sequence[Change]) -> str:
    """Return changes in a few words; those for which there is no room are counted.

    A long phrase is passed over where a shorter one after it has room.

    Args:
        changes: From `difference` or `variant_changes`.

    Example:
        >>> made_label((Change("batch_size", None, 128, 8), Change("epochs", None, 30, 100)))
        'batch 8, 100 epochs'
    """
    phrases = _in_order(changes)
    # One phrase leaves no room for a count beside it: a shorter one stands first where there is one.
    fitting = [each for each in phrases if len(_listed([each], len(phrases) - 1)) <= _MAX]
    phrases = [*fitting[:1], *(each for each in phrases if each not in fitting[:1])]
    kept = phrases[:1]
    for phrase in phrases[1:]:
        longer = [*kept, phrase]
        if len(_listed(longer, len(phrases) - len(longer))) <= _MAX:
            kept = longer
    return _listed(kept, len(phrases) - len(kept))


def _in_order(changes: Sequence[Change]) -> list[str]:
    """Return the phrase of each factor; what a network has comes before what it no longer has."""
    gone = [change for change in changes if isinstance(change.before, Layer) and change.after is None]
    return [*_phrases([change for change in changes if change not in gone]), *_phrases(gone)]


def _listed(phrases: Sequence[str], left: int) -> str:
    first = ", ".join(phrases)
    return text("study.label-more", first=first, count=left) if left else first


def _made_title(variants: Mapping[str, Variant], question: Question) -> str:
    reference, treatment = (variants[each] for each in (question.reference, question.treatment))
    changes = difference(reference.configuration, treatment.configuration)
    optimizer = next((change for change in changes if change.factor == "optimizer"), None)
    if optimizer is not None and not (treatment.label or reference.label):
        return text(
            "study.title", treatment=_optimizer(optimizer.after), reference=_optimizer(optimizer.before)
        )
    phrases = list(_phrases(changes))
    if len(phrases) == 1 and not (treatment.label or reference.label):
        return text("study.title", treatment=phrases[0], reference=_before(changes))
    pair = (treatment, reference)
    has_left_out = any(_leaves_out(variants, each) for each in pair)
    if has_left_out and all(_WORD.search(each.name) for each in pair):
        return text("study.title", treatment=treatment.name, reference=reference.name)
    return text(
        "study.title",
        treatment=label(variants, treatment.name),
        reference=label(variants, reference.name),
    )


def _leaves_out(variants: Mapping[str, Variant], variant: Variant) -> bool:
    """Return whether a variant's label has no room for all that it changes."""
    phrases = _in_order(variant_changes(variants, variant.name))
    return not variant.label and made_label(variant_changes(variants, variant.name)) != ", ".join(phrases)


def _before(changes: Sequence[Change]) -> str:
    """Return the level of one factor before it changed, without the factor's name."""
    epochs = next((change.before for change in changes if change.factor == "epochs"), None)
    if any(change.factor == "early_stopping" and change.before is None for change in changes) and epochs:
        return text("study.label-of-epochs", level=format_level(epochs))
    before = changes[0].before
    if isinstance(before, Layer) and changes[0].replaces is not None:
        return layer_in_short(before)
    if before is None or before == ():
        return text("study.label-without")
    if changes[0].is_own and isinstance(before, bool):
        return _setting(replace(changes[0], after=before), "")
    is_long = isinstance(before, Layer | tuple | EarlyStopping)
    return text("study.label-before") if is_long else _level(before)


def _capitalized(words: str) -> str:
    first = words.partition(" ")[0]
    return words if set("_.:") & set(first) else words[:1].upper() + words[1:]


def _phrases(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a short phrase for each factor; what holds for kernels and biases alike comes once."""
    own = {"augment": _augmentation, "reduce_on_plateau": _plateau}
    yield from (own[change.factor](change) for change in changes if change.factor in own)
    changes = [change for change in changes if change.factor not in own]
    stopping = [change for change in changes if change.factor == "early_stopping"]
    for change in stopping:
        yield _stopping(change)
    starts_stopping = any(change.before is None for change in stopping)
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        if change.factor == "early_stopping" or (starts_stopping and change.factor == "epochs"):
            continue
        kind = next((k for k in (_REGULARIZERS, _INITIALIZERS) if change.factor in k), change.factor)
        groups.setdefault((change.layer, kind, format_level(change.after)), []).append(change)
    yield from dict.fromkeys(map(_phrase, groups.values()))


def _phrase(group: Sequence[Change]) -> str:
    change, level = group[0], _level(group[0].after)
    return _own(change, level) if change.is_own else _of_engine(group, level)


def _of_engine(group: Sequence[Change], level: str) -> str:
    change, factors = group[0], {each.factor for each in group}
    if change.follows is not None or any(
        isinstance(each, Layer | tuple) for each in (change.before, change.after)
    ):
        return _long(change)
    place = f"{change.layer} " if change.layer else ""
    if factors <= set(_REGULARIZERS):
        only_bias = factors == {"bias_regularizer"}
        words = (
            text("study.label-no", what=text("study.label-regularizer")) if change.after is None else level
        )
        return place + (text("study.label-of-biases", level=words) if only_bias else words)
    if factors <= set(_INITIALIZERS):
        if factors == {"bias_initializer"}:
            return place + text("study.label-biases", level=level)
        return f"{place}{level}" if place else text("study.label-weights", level=level)
    if change.factor == "optimizer":
        return _optimizer(change.after)
    return place + _setting(change, level)


def _setting(change: Change, level: str) -> str:
    """Return a setting with its level, or whether it is there at all."""
    has_name = has_text(f"study.label-{change.factor}")
    name = text(f"study.label-{change.factor}") if has_name else change.factor
    if change.after is None or change.after is False:
        return text("study.label-no", what=name)
    if change.after is True:
        return name
    if change.factor == "epochs":
        return text("study.label-of-epochs", level=level)
    return level if change.factor == "data" else f"{name} {level}"


def _own(change: Change, level: str) -> str:
    """Return a setting of a training of the user's own: its name as it is written, and its level."""
    if change.after is None or change.after is False:
        return text("study.label-no", what=change.factor)
    if change.after is True:
        return change.factor
    words = level if change.factor in ("optimizer", "train") else f"{change.factor} {level}"
    return words if len(words) <= _MAX else text("study.label-other", what=change.factor)


def _level(after: FactorLevel) -> str:
    words = format_level(after[0] if isinstance(after, list) and len(after) == 1 else after)
    if isinstance(after, Technique) and after.name in ("l1", "l2"):
        return words.replace(after.name, after.name.upper(), 1)
    if isinstance(after, Technique):
        return after.name
    return words


def _optimizer(name: FactorLevel) -> str:
    if name not in names(Kind.OPTIMIZER):  # of a training of the user's own
        return format_level(name)
    return entry(Kind.OPTIMIZER, str(name)).keras_class.rpartition(".")[2]


def _augmentation(change: Change) -> str:
    """Return the names of the layers that change images, or only that there are some where that is long."""
    layers = change.after if isinstance(change.after, tuple) else ()
    name = text("study.label-augment")
    if not layers:
        return text("study.label-no", what=name)
    words = ", ".join(each.name for each in layers if isinstance(each, Technique))
    return words if len(words) <= _MAX else name


def _plateau(change: Change) -> str:
    name = text("study.label-reduce_on_plateau")
    if not isinstance(change.after, ReduceOnPlateau):
        return text("study.label-no", what=name)
    return text("study.label-patience", what=name, patience=change.after.patience)


def _stopping(change: Change) -> str:
    name = text("study.label-early_stopping")
    match change.before, change.after:
        case None, EarlyStopping() as stopping:
            return text("study.label-patience", what=name, patience=stopping.patience)
        case _, None:
            return text("study.label-no", what=name)
        case _:
            return describe_changes((change,)).partition(": ")[2]


def _long(change: Change) -> str:
    """Return a change of whole layers, or only that there is one where it is long."""
    if change.replaces is not None and isinstance(change.after, Layer):
        return layer_in_short(change.after)
    words = describe_changes((change,))
    if len(words) <= _MAX:
        return words
    if change.before is None and isinstance(change.after, Layer):
        return _by_first_argument(change.after)
    return text("study.label-other", what=change.layer or change.factor)


def _by_first_argument(layer: Layer) -> str:
    """Return a layer as a list of layers may have it: its kind, and the first argument that it needs."""
    required = entry(Kind.LAYER, layer.kind).required
    if not required or required[0] not in layer.arguments or required[0] == "layer":
        return layer_in_short(layer)
    return f"{layer.kind} {format_level(layer.arguments[required[0]])}"
