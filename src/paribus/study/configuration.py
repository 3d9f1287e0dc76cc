"""A configuration, resolved and frozen: everything that a run needs to know, and nothing else.

Shorthands are written out and defaults filled in, so that two variants that mean the same are equal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

from paribus.study.datasets import IMAGE_SETS, DataFacts, Task
from paribus.study.device import Device
from paribus.study.frozen import Frozen
from paribus.study.layer_kinds import RECURRENT
from paribus.study.metrics import Metric, name_of, score_of, unit_of
from paribus.study.own_function import OutputLoss, OwnFunction, OwnLoss, OwnMetric, OwnTechnique
from paribus.study.own_network import OwnNetwork, flat
from paribus.study.parts import (
    Argument,
    EarlyStopping,
    LabelNoise,
    ReduceOnPlateau,
    Scalar,  # noqa: F401  # pyright: ignore[reportUnusedImport] - `Argument` names it
    Technique,
)

Scale: TypeAlias = Literal["none", "unit", "standard", "minmax", "robust"]
TargetScale: TypeAlias = Literal["none", "standard"]
Precision: TypeAlias = Literal["float32", "mixed_bfloat16", "mixed_float16"]

SplitWay: TypeAlias = Literal["random", "stratified", "group", "time"]

_ALWAYS_WRITTEN = (
    "data", "validation", "scale", "layers", "loss", "optimizer", "batch_size", "epochs", "early_stopping",
)  # fmt: skip
"""The keys of the first configurations."""

_RATES = ("dropout", "rate", "recurrent_dropout", "stddev")
"""Arguments of layers that say how much of what passes them changes at random."""


class Layer(Frozen):
    """One layer of a network, everything written out.

    Args:
        label: Its name under the study's ``layers``: ``hidden_1``, ``output``, ``conv2d_1``.
        kind: Its name in the catalogue: ``dense``, ``conv2d``, ``dropout``, ...
        arguments: Every argument of its constructor that the catalogue knows.
        branch: The input of the data that it is for, of several; empty of a layer that all of them reach.
    """

    label: str
    kind: str
    arguments: dict[str, Argument] = Field(default_factory=dict)
    branch: str = ""

    @model_serializer(mode="wrap")
    def _without_no_branch(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out the branch where there is none: earlier runs keep their identity."""
        written: dict[str, object] = handler(self)
        return written if self.branch else {key: each for key, each in written.items() if key != "branch"}

    @property
    def wrapped(self) -> Layer | None:
        """Return the layer inside a wrapper such as `bidirectional`; None of other layers."""
        inner = self.arguments.get("layer")
        if not isinstance(inner, Technique):
            return None
        return Layer(label=self.label, kind=inner.name, arguments=inner.arguments)

    @property
    def all_arguments(self) -> dict[str, Argument]:
        """Return the arguments of the layer, and those of the one that it wraps."""
        inner = self.arguments.get("layer")
        own = {key: value for key, value in self.arguments.items() if key != "layer"}
        return {**inner.arguments, **own} if isinstance(inner, Technique) else own

    @property
    def activation(self) -> str:
        """Return the activation that the layer ends in; ``linear`` where it ends in none.

        Example:
            >>> Layer(label="hidden_1", kind="dense", arguments={"activation": "relu"}).activation
            'relu'
        """
        inner = self.wrapped
        if inner is not None:
            return inner.activation if self.kind != "bidirectional" else "linear"
        if self.kind == "softmax":
            return self.kind
        if self.kind in RECURRENT:
            return "linear"
        return str(self.arguments.get("activation") or "linear")

    @property
    def draws(self) -> bool:
        """Return whether the layer, or the one inside it, draws something in training: dropout, noise."""
        return any(self.all_arguments.get(rate) for rate in _RATES)

    def without_activation(self) -> Layer:
        """Return the layer without the activation that it ends in, so that it puts out logits."""
        if self.activation == "linear":
            return self
        if self.kind == "softmax":
            return Layer(label=self.label, kind="identity")
        inner = self.arguments.get("layer")
        if isinstance(inner, Technique):
            within = inner.model_copy(update={"arguments": {**inner.arguments, "activation": "linear"}})
            return self.model_copy(update={"arguments": {**self.arguments, "layer": within}})
        return self.model_copy(update={"arguments": {**self.arguments, "activation": "linear"}})


class OwnTraining(Frozen):
    """A function of the user's own that trains, and what it is handed.

    Args:
        file: Its file, without folders; of an object that a program hands over, what it is called.
        function: Its name there; empty of an object.
        sha256: Of the file; of an object its identity.
        settings: What the study sets that Paribus does not know, by name.
        command: In place of a function: a command, with the names of settings in braces.
        history: The file in which it writes an epoch a line.
        test: The file in which it writes its test.
        imported: What its results were read from, such as ``mlflow``; empty of what Paribus trains.
        score: What its runs are scored by, where that is not the score of its task.
    """

    file: str
    function: str
    sha256: str
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    command: str = ""
    history: str = ""
    test: str = ""
    imported: str = ""
    score: Metric | None = None

    @model_serializer(mode="wrap")
    def _without_import(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what only imported results have: other runs keep their identity."""
        written: dict[str, object] = handler(self)
        return {key: each for key, each in written.items() if key not in ("imported", "score") or each}

    @property
    def told(self) -> str:
        """Return the file and the function, as a study names them; the file alone of a command."""
        return f"{self.file}:{self.function}" if self.function else self.file

    @property
    def is_object(self) -> bool:
        """Whether a program hands it over: no file has it."""
        return not self.function and not self.command

    @property
    def factors(self) -> dict[str, Argument]:
        """Return every setting by its name; those inside a mapping after its name and a dot.

        Example:
            >>> OwnTraining(file="t.py", function="t", sha256="", settings={"a": 1, "b": {"c": 2}}).factors
            {'a': 1, 'b.c': 2}
        """
        return dict(flat(self.settings))


class Configuration(Frozen):
    """Everything that decides a run, except the seed and the images.

    Args:
        data: Name of the data set, in the catalogue or among the study's own sources.
        own: What is known of it, where it comes from a source of the study's own; None for the catalogue's.
        validation: Share of the training images held out, in [0, 1).
        scale: What happens to the pixels: nothing, division by 255, or standardization by the
            training images' mean and standard deviation of each channel; of several inputs by name.
        layers: The network, from the first layer to the last. The last one's activation is part
            of its arguments; the engine computes the loss from the logits before it.
        loss: Name of the loss in the catalogue.
        optimizer: The optimizer with all its arguments, the learning rate among them.
        batch_size: Images of one step.
        epochs: Most epochs of a run.
        early_stopping: When to stop before; None for never.
        target_scale: What happens to the targets of a regression while it trains; every figure is of the
            targets as they are given.
        metrics: What is measured on the validation examples after every epoch, besides loss and score.
        reduce_on_plateau: When to reduce the learning rate; None for never.
        split: How the images that are held out are chosen: any, as many of each class, whole groups, or the
            last.
        folds: How many folds training and test images are divided into, each the test images of one seed;
            None where the test images are those of the data.
        train_size: How many of the other images are trained on: a share up to 1, or a number; None for all.
        label_noise: Which of their labels are drawn anew; None for none.
        shuffle_labels: Whether their labels are exchanged at random.
        class_weight: How much a class counts in the training loss: as rare as it is, or by name, where not 1.
        balance: Whether every class is as frequent in an epoch as the most frequent one, or as the rarest.
        augment: What changes the images of each training batch, in this order.
        label_smoothing: How much of each target is spread over all classes, in [0, 1).
        train: The function that trains, in place of the engine; None for the engine. With it there is no
            network, no loss and no optimizer that Paribus knows.
        network: The network where the user's function builds it, or a file of Keras has it; None where
            `layers` say all of it.
        own_metrics: Metrics of the user's own, measured as `metrics` are, and on the test examples.
        own_loss: The loss where it is the user's own, with which `loss` is empty; None for Keras's.
        beside: The losses of a network's other outputs, where it has several.
        loss_weight: How much the loss counts beside these.
        callbacks: Callbacks of the user's own, which look at a training and change nothing.
        dtype: In which type layers compute, as Keras's policies of these names; weights stay float32.
        device: Where it is trained whatever the user asks for; ``cpu`` says nothing.
    """

    data: str
    own: DataFacts | None = None
    validation: float = Field(default=0.1, ge=0, lt=1)
    scale: Scale | dict[str, Scale] = "none"
    layers: tuple[Layer, ...]
    loss: str
    optimizer: Technique
    batch_size: int = Field(default=32, ge=1)
    epochs: int = Field(ge=1)
    early_stopping: EarlyStopping | None = None
    target_scale: TargetScale = "none"
    metrics: tuple[str, ...] = ()
    reduce_on_plateau: ReduceOnPlateau | None = None
    split: SplitWay = "random"
    folds: int | None = None
    train_size: int | float | None = None
    label_noise: LabelNoise | None = None
    shuffle_labels: bool = False
    class_weight: Literal["balanced"] | dict[str, float] | None = None
    balance: Literal["over", "under"] | None = None
    augment: tuple[Technique, ...] = ()
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    train: OwnTraining | None = None
    network: OwnNetwork | None = None
    own_loss: OwnLoss | None = None
    own_metrics: tuple[OwnMetric, ...] = ()
    beside: tuple[OutputLoss, ...] = ()
    loss_weight: float = 1.0
    callbacks: tuple[OwnFunction, ...] = ()
    dtype: Precision = "float32"
    device: Device = "cpu"

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out later keys at their defaults: a new key changes no earlier run's identity."""
        written: dict[str, object] = handler(self)
        fields = type(self).model_fields
        return {
            key: value
            for key, value in written.items()
            if key in _ALWAYS_WRITTEN or getattr(self, key) != fields[key].default
        }

    @cached_property
    def canonical(self) -> str:
        """It as canonical JSON: sorted keys, no spaces."""
        return canonical_json(self.model_dump(mode="json", by_alias=True))

    @cached_property
    def canonical_without_end(self) -> str:
        """The same without epochs and early stopping."""
        tree = self.model_dump(mode="json", by_alias=True)
        del tree["epochs"], tree["early_stopping"]
        return canonical_json(tree)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each layer stands, from 0, by its label."""
        return {layer.label: place for place, layer in enumerate(self.layers)}

    @property
    def facts(self) -> DataFacts:
        """What is known of the data set."""
        return self.own or IMAGE_SETS[self.data]

    @property
    def has_branches(self) -> bool:
        """Whether inputs of the data go through layers of their own before they are joined."""
        return any(layer.branch for layer in self.layers)

    def scale_of(self, name: str) -> Scale:
        """Return what happens to one of several inputs, by its name."""
        return self.scale.get(name, "none") if isinstance(self.scale, dict) else self.scale

    @property
    def has_training_mode(self) -> bool:
        """Whether the network computes something else while training: by dropout, or on changed images."""
        normalizations = ("batch_normalization", "spectral_normalization")
        draws = any(layer.kind in normalizations or layer.draws for layer in self.layers)
        return draws or bool(self.augment) or self.network is not None

    @property
    def score(self) -> Metric:
        """What its runs are scored by, beside their loss."""
        own = self.train.score if self.train is not None else None
        return own or score_of(self.facts.task)

    @property
    def is_imported(self) -> bool:
        """Whether its runs were made elsewhere, so that nothing of it can be trained here."""
        return self.train is not None and bool(self.train.imported)

    @property
    def words(self) -> dict[str, object]:
        """What sentences name: ``score``, its ``unit`` and keys, ``example`` and ``examples``."""
        name, facts = name_of(self.score), self.facts
        return {
            "score": name,
            "unit": unit_of(self.score),
            "test_score": self.score.test,
            "val_score": self.score.val,
            "examples": facts.examples,
            "example": facts.example,
            "are_images": facts.are_images,
        }

    @property
    def output(self) -> str:
        """Return the last layer's activation."""
        if self.network is not None:
            return self.network.output
        return self.layers[-1].activation if self.layers else "linear"

    @property
    def network_told(self) -> str:
        """Return the function or file that the network is of; empty where `layers` say it."""
        return "" if self.network is None else self.network.told

    @property
    def loss_told(self) -> str:
        """Return the loss as a study names it: its name, or the file and the function of one's own."""
        told = self.loss if self.own_loss is None else self.own_loss.told
        others = (f"{each.name}: {each.told}" for each in self.beside)
        return ", ".join([f"{self.facts.scored}: {told}", *others]) if self.beside else told

    @property
    def own_techniques(self) -> tuple[OwnTechnique, ...]:
        """Return the optimizer, the schedule and the initializers that are the user's own."""
        of_layers = [value for layer in self.layers for value in layer.all_arguments.values()]
        named = [self.optimizer, *self.optimizer.arguments.values(), *of_layers]
        found = (each.own for each in named if isinstance(each, Technique) and each.own is not None)
        return tuple({each.sha256 + each.function: each for each in found}.values())

    @property
    def loss_weights(self) -> dict[str, float]:
        """Return how much the loss of each output counts, where a network has several."""
        if not self.beside:
            return {}
        return {self.facts.scored: self.loss_weight, **{each.name: each.weight for each in self.beside}}

    @property
    def head_metrics(self) -> tuple[Metric, ...]:
        """Return what is measured of outputs beside the one that runs are scored by."""
        return metrics_of(self.facts, [each.name for each in self.beside])

    @property
    def own_definitions(self) -> tuple[Metric, ...]:
        """Return what is measured that Paribus does not know: the user's metrics, and other outputs'."""
        return (*(each.definition for each in self.own_metrics), *self.head_metrics)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        yield "data", self.data
        sizes = (layer.arguments.get("units", layer.arguments.get("filters", "")) for layer in self.layers)
        named = zip(self.layers, sizes, strict=True)
        if self.train is not None:
            yield "train", self.train.told
            yield "settings", self.train.settings
            return
        if self.network is not None:
            yield "model", self.network.told
            yield "arguments", self.network.factors
        else:
            yield "layers", ", ".join(f"{layer.kind} {size}".rstrip() for layer, size in named)
        yield "optimizer", self.optimizer.name
        yield "batch_size", self.batch_size
        yield "epochs", self.epochs


def metrics_of(facts: DataFacts, names: Collection[str]) -> tuple[Metric, ...]:
    """Return what is measured of outputs beside the one that runs are scored by: scores, then losses.

    Args:
        facts: What is known of the data.
        names: Of the targets of these outputs.
    """
    found = [each for each in facts.beside if each.name in names]
    tasks = get_args(Task)
    scores = (Metric(each.score, tasks, is_measured=False) for each in found)
    losses = (Metric(each.loss, tasks, rises=False, is_measured=False) for each in found)
    return (*scores, *losses)


def canonical_json(tree: object) -> str:
    """Return a tree as canonical JSON: sorted keys, no spaces."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"))
