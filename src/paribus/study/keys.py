"""Every key of a study file: what it may be, its default and an example.

The readers take names, domains and defaults from here, and so do the reference (`paribus.study.reference`)
and the schema (`paribus.study.schema`). The sentence about a key is ``reference.<group>.<key>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, get_args

from paribus.study.configuration import (
    EarlyStopping,
    Precision,
    ReduceOnPlateau,
    Scale,
    SplitWay,
    TargetScale,
)
from paribus.study.datasets import Task
from paribus.study.device import Device
from paribus.study.domains import (
    ACCURACY,
    AMOUNT,
    ANY,
    BELOW_ONE,
    COUNT,
    FLAG,
    FROM_ABOVE_ZERO_TO_ONE,
    FROM_ZERO,
    MARGIN,
    POSITIVE,
    SHARE,
    WHOLE,
    ArgumentDomain,
    ByInput,
    Choice,
    Number,
    Numbers,
    OfKind,
    Sides,
)
from paribus.study.early_end import DEFAULT_FACTOR, DEFAULT_STARTUP
from paribus.study.faults import Domain
from paribus.study.key_places import Group, Shape
from paribus.study.metrics import MEASURED, NAMES, ON, monitors
from paribus.study.model import DEFAULT_SEEDS, MAX_SEEDS, VERDICTS, Keep
from paribus.study.own_network import OWN_KEYS
from paribus.study.techniques import Kind, entry
from paribus.study.tuning import DEFAULT_POINTS, DEFAULT_TRIAL_SEEDS, MAX_TRIES, SEARCHES, RangeScale
from paribus.texts import text

MAX_LABEL = 60
"""Characters of the longest label of a variant."""
MAX_EPOCHS = 1_000_000
"""Epochs of the longest run that can be asked for: a line of its history each."""


@dataclass(frozen=True)
class Part:
    """A part of a study that has keys of its own.

    Args:
        group: Whose keys.
        by_name: Whether it holds several, each under a name.
        listed: Whether it is a list of them.
        short: What a number in its place may be; None where there can be none.
    """

    group: Group
    by_name: bool = False
    listed: bool = False
    short: Number | None = None

    def __str__(self) -> str:
        if self.short is not None:
            return text("reference.allowed-short", number=self.short, keys=", ".join(KEYS[self.group]))
        way = "by-name" if self.by_name else "listed" if self.listed else "keys"
        return text(f"reference.allowed-{way}", keys=", ".join(KEYS[self.group]))


@dataclass(frozen=True)
class Shaped:
    """A text, a name or a network."""

    shape: Shape

    def __str__(self) -> str:
        return text(f"reference.allowed-{self.shape}")


KeyDomain: TypeAlias = ArgumentDomain | ByInput | Part | Shaped


@dataclass(frozen=True)
class Key:
    """One key of a study file.

    Args:
        group: Where it stands.
        name: As a study writes it.
        domain: What it may be.
        example: A value for it, as YAML on one line.
        default: What it is where it is absent or null; None for nothing.
        required: Whether a study must have it.
    """

    group: Group
    name: str
    domain: KeyDomain
    example: str
    default: Any = None
    required: bool = False

    @property
    def as_setting(self) -> tuple[str, Domain[Any], Any]:
        """Return what `PartReader.setting` reads it by; only for numbers, flags and words of a list."""
        if isinstance(self.domain, OfKind | Part | Shaped):
            raise TypeError(self.name)
        return self.name, self.domain, self.default


def _of_layers(argument: str, example: str) -> Key:
    kind = Kind(argument.rpartition("_")[2])
    default = entry(Kind.LAYER, "dense").defaults[argument]
    return Key(Group.BASE, argument, OfKind(kind), example, default)


def _stopping(name: str, domain: ArgumentDomain, example: str) -> Key:
    return Key(Group.EARLY_STOPPING, name, domain, example, EarlyStopping.model_fields[name].default)


def _plateau(name: str, domain: ArgumentDomain, example: str) -> Key:
    return Key(Group.REDUCE_ON_PLATEAU, name, domain, example, ReduceOnPlateau.model_fields[name].default)


def _published(name: str, example: str) -> Key:
    return Key(Group.PUBLISHED, name, ACCURACY, example)


SKLEARN_SETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""The data sets that scikit-learn's wheel contains."""
GENERATED = ("adding", "parity")
"""The problems on sequences that are generated."""

_DATA = Shaped(Shape.DATA)
_COLUMNS = Shaped(Shape.ONE_OR_MORE)
_WORDS, _VARIANT = Shaped(Shape.WORDS), Shaped(Shape.VARIANT)
_ACTIVATION = OfKind(Kind.ACTIVATION)
_TUNED = "{learning_rate: {from: 0.001, to: 1, scale: log, points: 7}, on: val_accuracy}"
_ALL = (
    Key(Group.STUDY, "name", Shaped(Shape.NAME), "mine"),
    Key(Group.STUDY, "title", _WORDS, "Does dropout help a small network?"),
    Key(Group.STUDY, "seeds", Number(1, MAX_SEEDS, whole=True), "5", DEFAULT_SEEDS),
    Key(Group.STUDY, "data", _DATA, "mnist"),
    Key(Group.STUDY, "train", Part(Group.TRAIN), '{python: "train.py:train"}'),
    Key(Group.STUDY, "model", Shaped(Shape.NETWORK), '{python: "nets.py:build"}'),
    Key(Group.STUDY, "margin", MARGIN, "0.005"),
    Key(Group.STUDY, "keep", Choice(get_args(Keep)), "best", "all"),
    Key(Group.STUDY, "base", Part(Group.BASE), "{validation: 0.1, scale: unit, batch_size: 128}"),
    Key(
        Group.STUDY,
        "variants",
        Part(Group.VARIANTS, by_name=True),
        "{plain: {}, dropout: {model: {dropout: 0.3}}}",
    ),
    Key(Group.STUDY, "sweep", Shaped(Shape.SWEEP), "{kernel_regularizer.l2: [0, 1e-4, 1e-3, 1e-2]}"),
    Key(Group.STUDY, "cross", Shaped(Shape.CROSS), "{dropout: [0, 0.3], optimizer: [sgd, adam]}"),
    Key(Group.STUDY, "fraction", Shaped(Shape.ARGUMENTS), "{optimizer: dropout * batch_normalization}"),
    Key(
        Group.STUDY,
        "questions",
        Part(Group.QUESTIONS, listed=True),
        "[{treatment: dropout, reference: plain, ask: Does dropout help?}]",
    ),
    Key(Group.STUDY, "published", Part(Group.PUBLISHED, by_name=True), "{plain: {test: 0.9618, epochs: 30}}"),
    Key(
        Group.STUDY,
        "expect",
        Part(Group.EXPECT, listed=True),
        "[{verdict: better, treatment: dropout, reference: plain}]",
    ),
    Key(
        Group.STUDY,
        "notes",
        Shaped(Shape.NOTES),
        "{study: Handed in for DS201., dropout vs plain: As expected.}",
    ),
    Key(Group.STUDY, "tune", Shaped(Shape.TUNE), _TUNED),
    Key(Group.VARIANTS, "from", _VARIANT, "plain"),
    Key(Group.VARIANTS, "label", Shaped(Shape.LABEL), "momentum 0.9"),
    Key(Group.VARIANTS, "tune", Shaped(Shape.TUNE), _TUNED),
    Key(Group.BASE, "data", _DATA, "mnist", required=True),
    Key(Group.BASE, "train", Part(Group.TRAIN), '{python: "train.py:train"}'),
    Key(Group.BASE, "validation", SHARE, "0.1", 0.1),
    Key(Group.BASE, "split", Choice(get_args(SplitWay)), "stratified", "random"),
    Key(Group.BASE, "folds", Number(2, whole=True), "5"),
    Key(Group.BASE, "train_size", AMOUNT, "0.5"),
    Key(Group.BASE, "label_noise", Part(Group.LABEL_NOISE, short=FROM_ABOVE_ZERO_TO_ONE), "0.2"),
    Key(Group.BASE, "shuffle_labels", FLAG, "true", default=False),
    Key(Group.BASE, "class_weight", Shaped(Shape.CLASS_WEIGHT), "balanced"),
    Key(Group.BASE, "balance", Choice(("over", "under")), "over"),
    Key(Group.BASE, "augment", Shaped(Shape.AUGMENT), "[random_flip, {random_rotation: 0.05}]"),
    Key(Group.BASE, "scale", ByInput(Choice(get_args(Scale))), "unit", "none"),
    Key(
        Group.BASE,
        "model",
        Shaped(Shape.NETWORK),
        "{hidden: [128], activation: relu, output: softmax}",
        required=True,
    ),
    Key(Group.BASE, "loss", OfKind(Kind.LOSS), "categorical_crossentropy", required=True),
    Key(Group.BASE, "loss_weights", Shaped(Shape.LOSS_WEIGHTS), "{digit: 1, parity: 0.2}"),
    Key(Group.BASE, "label_smoothing", SHARE, "0.1", 0.0),
    Key(Group.BASE, "optimizer", OfKind(Kind.OPTIMIZER), "{name: sgd, learning_rate: 0.1}", required=True),
    Key(Group.BASE, "learning_rate", OfKind(Kind.SCHEDULE, POSITIVE), "0.1"),
    Key(Group.BASE, "batch_size", COUNT, "128", 32),
    Key(Group.BASE, "dtype", Choice(get_args(Precision)), "mixed_bfloat16", "float32"),
    Key(Group.BASE, "device", Choice(get_args(Device)), "gpu", "cpu"),
    Key(Group.BASE, "epochs", Number(1, MAX_EPOCHS, whole=True), "10", required=True),
    Key(Group.BASE, "early_stopping", Part(Group.EARLY_STOPPING), "{monitor: val_loss, patience: 3}"),
    Key(Group.BASE, "reduce_on_plateau", Part(Group.REDUCE_ON_PLATEAU), "{factor: 0.5, patience: 2}"),
    Key(Group.BASE, "target_scale", Choice(get_args(TargetScale)), "standard", "none"),
    Key(Group.BASE, "metrics", Numbers(Choice(MEASURED), empty=True), "[f1_macro, roc_auc]"),
    Key(Group.BASE, "callbacks", Part(Group.CALLBACKS, listed=True), '[{python: "looks.py:Norms"}]'),
    _of_layers("kernel_initializer", "he_normal"),
    _of_layers("bias_initializer", "{name: constant, value: 0.1}"),
    _of_layers("kernel_regularizer", "{l2: 0.001}"),
    _of_layers("bias_regularizer", "{l1: 0.001, l2: 0.001}"),
    _of_layers("kernel_constraint", "{name: max_norm, max_value: 3}"),
    _of_layers("bias_constraint", "non_neg"),
    Key(Group.BASE, "layers", Shaped(Shape.LAYERS), "{hidden_1: {kernel_initializer: zeros}}"),
    Key(Group.MODEL, "hidden", Numbers(COUNT, empty=True), "[256, 128]", required=True),
    Key(Group.MODEL, "activation", _ACTIVATION, "relu", "relu"),
    Key(Group.MODEL, "output", _ACTIVATION, "softmax", "softmax"),
    Key(Group.MODEL, "dropout", SHARE, "0.3"),
    Key(Group.MODEL, "batch_normalization", FLAG, "true", default=False),
    Key(Group.MODEL, "python", _WORDS, "nets.py:build"),
    Key(Group.MODEL, "arguments", Shaped(Shape.ARGUMENTS), "{width: 64}"),
    Key(Group.MODEL, "keras", _WORDS, "net.keras"),
    Key(Group.MODEL, "custom_objects", _WORDS, "layers.py"),
    Key(Group.MODEL, "weights", Choice(("draw", "keep")), "keep", "draw"),
    Key(Group.MODEL, "frozen", _COLUMNS, "[block1, block2]"),
    Key(Group.LOSS, "python", _WORDS, "nets.py:focal"),
    Key(Group.LOSS, "arguments", Shaped(Shape.ARGUMENTS), "{gamma: 2}"),
    Key(Group.LOSS, "targets", Choice(("auto", "labels", "one_hot")), "one_hot", "auto"),
    Key(Group.METRICS, "python", _WORDS, "nets.py:mean_iou"),
    Key(Group.METRICS, "arguments", Shaped(Shape.ARGUMENTS), "{threshold: 0.5}"),
    Key(Group.METRICS, "targets", Choice(("auto", "labels", "one_hot")), "one_hot", "auto"),
    Key(Group.METRICS, "name", _WORDS, "iou"),
    Key(Group.METRICS, "higher_is_better", FLAG, "true"),
    Key(Group.CALLBACKS, "python", _WORDS, "looks.py:Norms"),
    Key(Group.CALLBACKS, "arguments", Shaped(Shape.ARGUMENTS), "{file: norms.csv}"),
    Key(Group.DATA, "sklearn", Choice(SKLEARN_SETS), "digits"),
    Key(Group.DATA, "npz", _WORDS, "flowers.npz"),
    Key(Group.DATA, "csv", _WORDS, "houses.csv"),
    Key(Group.DATA, "parquet", _WORDS, "houses.parquet"),
    Key(Group.DATA, "images", _WORDS, "photos"),
    Key(Group.DATA, "sequences", _WORDS, "reviews.npz"),
    Key(Group.DATA, "generated", Choice(GENERATED), "adding"),
    Key(Group.DATA, "python", _WORDS, "mine.py:load"),
    Key(Group.DATA, "arrays", _WORDS, "1f3a5c"),
    Key(Group.DATA, "name", _WORDS, "houses"),
    Key(Group.DATA, "test", MARGIN, "0.2", 0.2),
    Key(Group.DATA, "ordered", FLAG, "true", default=False),
    Key(Group.DATA, "task", Choice(get_args(Task)), "regression"),
    Key(Group.DATA, "target", _COLUMNS, "price"),
    Key(Group.DATA, "drop", _COLUMNS, "[address, agent]"),
    Key(Group.DATA, "group", _WORDS, "patient"),
    Key(Group.DATA, "id", _WORDS, "number"),
    Key(Group.DATA, "categorical", _COLUMNS, "[zip, floor]"),
    Key(Group.DATA, "text", _WORDS, "body"),
    Key(Group.DATA, "weight", _WORDS, "count"),
    Key(Group.DATA, "inputs", Shaped(Shape.INPUTS), "{image: x_image, age: x_age}"),
    Key(Group.DATA, "tokens", _COLUMNS, "[words]"),
    Key(Group.DATA, "score", _WORDS, "digit"),
    Key(Group.DATA, "separator", _WORDS, '";"'),
    Key(Group.DATA, "decimal", _WORDS, '","'),
    Key(Group.DATA, "size", Sides(), "[64, 64]"),
    Key(Group.DATA, "length", COUNT, "200"),
    Key(Group.DATA, "vocabulary", Number(2, whole=True), "10000"),
    Key(Group.DATA, "examples", Number(10, whole=True), "2000", 2000),
    Key(Group.DATA, "arguments", Shaped(Shape.ARGUMENTS), "{year: 2025}"),
    Key(Group.TRAIN, "python", _WORDS, "train.py:train"),
    Key(Group.TRAIN, "command", _WORDS, '"python train.py --lr {learning_rate} --out {folder}"'),
    Key(Group.TRAIN, "history", _WORDS, '"{folder}/log.csv"'),
    Key(Group.TRAIN, "test", _WORDS, '"{folder}/result.json"'),
    Key(Group.TRAIN, "timeout", POSITIVE, "3600"),
    Key(Group.TRAIN, "task", Choice(get_args(Task)), "regression", "classification"),
    _stopping("monitor", Choice(monitors()), "val_loss"),
    _stopping("min_delta", FROM_ZERO, "0.001"),
    _stopping("patience", WHOLE, "3"),
    _stopping("mode", Choice(("auto", "min", "max")), "auto"),
    _stopping("baseline", ANY, "0.5"),
    _stopping("restore_best_weights", FLAG, "true"),
    _stopping("start_from_epoch", WHOLE, "5"),
    _plateau("monitor", Choice(monitors()), "val_loss"),
    _plateau("factor", BELOW_ONE, "0.5"),
    _plateau("patience", WHOLE, "2"),
    _plateau("min_delta", FROM_ZERO, "0.001"),
    _plateau("mode", Choice(("auto", "min", "max")), "auto"),
    _plateau("cooldown", WHOLE, "1"),
    _plateau("min_lr", FROM_ZERO, "0.0001"),
    Key(Group.LABEL_NOISE, "share", FROM_ABOVE_ZERO_TO_ONE, "0.2"),
    Key(Group.LABEL_NOISE, "matrix", Shaped(Shape.MATRIX), "[[0.9, 0.1], [0.3, 0.7]]"),
    Key(Group.QUESTIONS, "treatment", _VARIANT, "dropout"),
    Key(Group.QUESTIONS, "reference", _VARIANT, "plain"),
    Key(Group.QUESTIONS, "trend", _WORDS, "kernel_regularizer.l2"),
    Key(Group.QUESTIONS, "effects", _COLUMNS, "[dropout, batch_normalization]"),
    Key(Group.QUESTIONS, "best_of", _COLUMNS, "[plain, dropout]"),
    Key(Group.QUESTIONS, "all_pairs", _COLUMNS, "[plain, dropout]"),
    Key(Group.QUESTIONS, "each", _COLUMNS, "[dropout]"),
    Key(Group.QUESTIONS, "against", _VARIANT, "plain"),
    Key(Group.QUESTIONS, "metric", Choice(NAMES), "test_f1_macro"),
    Key(Group.QUESTIONS, "margin", Number(0, above=True), "0.01"),
    Key(Group.QUESTIONS, "title", _WORDS, "Dropout 0.3 vs none"),
    Key(Group.QUESTIONS, "ask", _WORDS, "Does dropout help?"),
    _published("test", "0.9618"),
    _published("train", "0.999"),
    _published("dev", "0.96"),
    Key(Group.PUBLISHED, "epochs", COUNT, "30"),
    Key(Group.PUBLISHED, "runs", COUNT, "5", 1),
    Key(Group.PUBLISHED, "of", _VARIANT, "plain"),
    Key(Group.PUBLISHED, "note", _WORDS, "Read off a curve."),
    Key(Group.EXPECT, "finding", _WORDS, "overfitting"),
    Key(Group.EXPECT, "absent", FLAG, "true", default=False),
    Key(Group.EXPECT, "verdict", Choice(VERDICTS), "better"),
    Key(Group.EXPECT, "between", Numbers(ANY), "[0.95, 0.97]"),
    Key(Group.EXPECT, "published", Choice(("within", "differs")), "within"),
    Key(Group.EXPECT, "variant", _VARIANT, "plain"),
    Key(Group.EXPECT, "treatment", _VARIANT, "dropout"),
    Key(Group.EXPECT, "reference", _VARIANT, "plain"),
    Key(Group.EXPECT, "metric", Choice(NAMES), "test_f1_macro"),
    Key(Group.EXPECT, "points", POSITIVE, "2", 1.0),
    Key(Group.EXPECT, "ask", _WORDS, "Does dropout help?"),
    Key(Group.TUNE, "on", Choice(ON), "val_loss"),
    Key(Group.TUNE, "search", Choice(SEARCHES), "quasi_random", SEARCHES[0]),
    Key(Group.TUNE, "seeds", Number(1, MAX_SEEDS, whole=True), "2", DEFAULT_TRIAL_SEEDS),
    Key(Group.TUNE, "budget", Number(2, MAX_TRIES, whole=True), "12"),
    Key(Group.TUNE, "stop", Shaped(Shape.STOP), "median"),
    Key(Group.RANGE, "from", ANY, "0.001"),
    Key(Group.RANGE, "to", ANY, "1"),
    Key(Group.RANGE, "scale", Choice(get_args(RangeScale)), "log", "linear"),
    Key(Group.RANGE, "points", Number(2, MAX_TRIES, whole=True), "7", DEFAULT_POINTS),
    Key(Group.RANGE, "values", Shaped(Shape.VALUES), "[8, 32, 128]"),
    Key(Group.MEDIAN, "startup", Number(1, MAX_TRIES, whole=True), "4", DEFAULT_STARTUP),
    Key(Group.MEDIAN, "warmup", Number(1, MAX_EPOCHS, whole=True), "3"),
    Key(Group.MEDIAN, "interval", Number(1, MAX_EPOCHS, whole=True), "2"),
    Key(Group.HALVING, "reduction_factor", Number(2, MAX_TRIES, whole=True), "3", DEFAULT_FACTOR),
    Key(Group.HALVING, "min_resource", Number(1, MAX_EPOCHS, whole=True), "2"),
)

KEYS: Mapping[Group, Mapping[str, Key]] = MappingProxyType(
    {group: MappingProxyType({key.name: key for key in _ALL if key.group is group}) for group in Group}
)
"""Every key, by where it stands."""

SETTINGS = tuple(KEYS[Group.BASE])
"""What the base and each variant may set."""
WEIGHT_SETTINGS = tuple(name for name in SETTINGS if name.startswith(("kernel_", "bias_")))
"""Settings that every layer takes which has such an argument."""
MODEL_KEYS = tuple(name for name in KEYS[Group.MODEL] if name not in OWN_KEYS)
"""The keys of ``model`` where it is neither a list of layers nor a network of the user's own."""
