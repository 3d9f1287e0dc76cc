"""The differences between two configurations, and the factors that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from paribus.study.change import Change
from paribus.study.configuration import Configuration, OwnTraining, Technique
from paribus.study.layer_kinds import ACTIVATIONS, NOISE, NORMALIZATIONS
from paribus.study.network_difference import network_changes
from paribus.study.programs import KNOWN
from paribus.study.techniques import Kind, entry

SETTINGS = (
    "data", "validation", "split", "folds", "train_size", "label_noise", "shuffle_labels", "class_weight",
    "balance", "augment", "scale", "target_scale", "loss", "loss_weights", "label_smoothing",
    "reduce_on_plateau", "batch_size", "dtype", "device", "epochs", "early_stopping",
)  # fmt: skip
_ENGINE = "paribus"
"""The level of ``train`` where no function of the user's trains."""
_STOPPING = ("epochs", "early_stopping")
_APART = (*(key for key in SETTINGS if key != "validation"), "optimizer", "layers")
"""What belongs to factors of its own, the two of `_STOPPING` aside."""
_LAYER_FACTORS = {
    **dict.fromkeys(ACTIVATIONS, "activation"),
    **dict.fromkeys(("output", "negative_slope", "recurrent_activation"), "activation"),
    **dict.fromkeys((kind for kind in NOISE if "dropout" in kind), "dropout"),
    **dict.fromkeys(("rate", "recurrent_dropout"), "dropout"),
    **dict.fromkeys((*NORMALIZATIONS, "spectral_normalization"), "normalization"),
    **dict.fromkeys(("momentum", "epsilon", "center"), "normalization"),
    **dict.fromkeys(("activity_regularization", "l1", "l2"), "regularization"),
}


def difference(reference: Configuration, treatment: Configuration) -> tuple[Change, ...]:
    """Return what differs between two configurations; what differs alike in every layer is one change.

    Args:
        reference: Its levels are `before`.
        treatment: Its levels are `after`.
    """
    is_own = reference.train is not None or treatment.train is not None
    keys = [key for key in SETTINGS if key in KNOWN] if is_own else SETTINGS
    settings = (Change(key, None, _level(reference, key), _level(treatment, key)) for key in keys)
    changes = [change for change in settings if change.before != change.after]
    changes += _losses(reference, treatment)
    if reference.facts.validation or treatment.facts.validation:  # they come with the data
        changes = [change for change in changes if change.factor != "validation"]
    if is_own:
        if all(each.train and each.data == each.train.file for each in (reference, treatment)):
            changes = [change for change in changes if change.factor != "data"]  # each gets its own data
        return (*_own(reference, treatment), *changes)
    changes += _optimizers(reference.optimizer, treatment.optimizer)
    if reference.network is None and treatment.network is None:
        changes += network_changes(reference.layers, treatment.layers)
    else:
        changes += _networks(reference, treatment)
    return tuple(changes)


def _level(configuration: Configuration, key: str) -> Any:
    return configuration.loss_told if key == "loss" else getattr(configuration, key)


def _losses(reference: Configuration, treatment: Configuration) -> Iterator[Change]:
    """Yield what differs in a loss of the user's own: its file, and each argument."""
    before, after = reference.own_loss, treatment.own_loss
    is_alike = before is not None and after is not None and before.told == after.told
    if before is None or after is None or not is_alike or before.compiled or after.compiled:
        return
    if before.sha256 != after.sha256:
        yield Change("loss", None, before.told, after.told)
    yield from _arguments(before.factors, after.factors)


def _arguments(levels: Mapping[str, Any], others: Mapping[str, Any]) -> Iterator[Change]:
    """Yield each argument of a function of the user's that has another level."""
    for key in dict.fromkeys((*others, *levels)):
        if levels.get(key) != others.get(key) or (key in levels) != (key in others):
            yield Change(key, None, levels.get(key), others.get(key), is_own=True)


def differ_in_several(reference: Configuration, treatment: Configuration) -> bool:
    """Return whether two configurations surely differ in several factors, far faster than `difference`.

    Args:
        reference: One of them.
        treatment: The other.
    """
    if reference.train is not None or treatment.train is not None:
        return False
    apart = [key for key in _APART if getattr(reference, key) != getattr(treatment, key)]
    return len(apart) - all(key in apart for key in _STOPPING) > 1


def factors(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the factors that changes belong to, each once, in order.

    - ``regularization``: regularizers of kernel and bias, in any layers.
    - ``initialization``: initializers of kernel and bias, in any layers.
    - ``constraint``: constraints of kernel and bias, in any layers.
    - ``stopping``: epochs and early stopping.
    - ``optimizer``: the optimizer and its arguments, except ``learning_rate``, which is a factor of its own,
      since a rate that suits one optimizer need not suit another.
    - ``dropout``, ``normalization``, ``activation``: such layers and their arguments.
    - ``model``: all other layers and their sizes.
    - Any other setting is a factor of its own, and so is each of a training of the user's own.

    Args:
        changes: From `difference` or `declared_changes`; a declared optimizer includes its learning rate.

    Example:
        >>> from paribus.study.reader import load
        >>> variants = load("lab2").variants
        >>> factors(difference(variants["7b"].configuration, variants["7c"].configuration))
        ('batch_size', 'stopping')
    """
    return tuple(dict.fromkeys(_factor(change) for change in changes))


def _factor(change: Change) -> str:
    factor = change.factor
    return factor if change.is_own else _of_engine(change, factor)


def _of_engine(change: Change, factor: str) -> str:
    if factor.endswith("_regularizer"):
        return "regularization"
    if factor.endswith("_initializer"):
        return "initialization"
    if factor.endswith("_constraint"):
        return "constraint"
    if change.of_layers or change.layer is not None:
        return _LAYER_FACTORS.get(factor, "model")
    if factor in _STOPPING:
        return "stopping"
    return factor if factor in (*SETTINGS, "learning_rate", "model") else "optimizer"


def _own(reference: Configuration, treatment: Configuration) -> Iterator[Change]:
    """Yield what differs where a function of the user's trains: the function, and each of its settings."""
    before, after = reference.train, treatment.train
    old, new = (_ENGINE if each is None else each.told for each in (before, after))
    if old != new or (before and after and not _is_same_training(before, after)):
        yield Change("train", None, old, new, is_own=True)
    if before is None or after is None or (old != new and after.is_object):
        return  # of the settings of two ways to train, those that they share alone can be compared
    yield from _arguments(before.factors, after.factors)


def _is_same_training(before: OwnTraining, after: OwnTraining) -> bool:
    """Return whether what trains is the same; of two objects of one name their parameters may say all."""
    is_told = after.is_object and before.factors != after.factors
    return before.sha256 == after.sha256 or is_told


def _networks(reference: Configuration, treatment: Configuration) -> Iterator[Change]:
    """Yield what differs where a function of the user's builds a network: the function, and each argument."""
    before, after = reference.network, treatment.network
    if before is None or after is None or before.told != after.told:
        old, new = (each.network_told or each.layers for each in (reference, treatment))
        yield Change("model", None, old, new, is_own=True)
        return
    if before.sha256 != after.sha256:
        yield Change("model", None, before.told, after.told, is_own=True)
    yield from _arguments(before.factors, after.factors)


def _optimizers(before: Technique, after: Technique) -> Iterator[Change]:
    """Yield the optimizer's name and its arguments that differ; one that only it has, from its default."""
    if before.name != after.name:
        yield Change("optimizer", None, before.name, after.name)
    defaults = entry(Kind.OPTIMIZER, after.name).defaults
    for key, level in after.arguments.items():
        if before.arguments.get(key, defaults.get(key)) != level:
            yield Change(key, None, before.arguments.get(key), level)
