"""The catalogue and the sizes against the installed Keras; the one module here that imports it."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import pytest
from tests.study.conftest import BASE, study

from paribus.engine import network
from paribus.errors import StudyError
from paribus.study.argument_domains import argument_domain
from paribus.study.arguments import TechniqueReader
from paribus.study.configuration import Layer, Technique
from paribus.study.domains import OfKind
from paribus.study.faults import Faults
from paribus.study.keras_model import KerasReader
from paribus.study.layer_kinds import WRAPPERS, can_wrap
from paribus.study.layer_size import ShapeError
from paribus.study.reader import load
from paribus.study.shapes import input_shape, parameters, shapes
from paribus.study.techniques import ACTIVATIONS, ALIASES, LOSSES, REFERENCES, Kind, entry, names
from paribus.study.yaml_node import write

keras = network.keras
CONSTRUCTED = [(kind, name) for kind in list(Kind)[:6] for name in names(kind)]
REQUIRED: dict[str, object] = {
    "activation": "relu",
    "boundaries": [1, 2],
    "decay_rate": 0.5,
    "decay_steps": 10,
    "dims": [1],
    "filters": 2,
    "first_decay_steps": 10,
    "initial_learning_rate": 0.1,
    "input_dim": 7,
    "kernel_size": 3,
    "key_dim": 3,
    "n": 2,
    "num_heads": 2,
    "output_dim": 3,
    "output_size": 2,
    "pool_size": 2,
    "rate": 0.5,
    "scale": 2,
    "stddev": 0.1,
    "target_shape": [-1],
    "units": 3,
    "values": [0.1, 0.2, 0.3],
}


def generator() -> Any:
    path = Path(__file__).parents[1] / "golden" / "techniques.py"
    spec = importlib.util.spec_from_file_location("golden_techniques", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def filled(kind: Kind, name: str) -> dict[str, Any]:
    """Every argument of a technique, where it has a default that one."""
    reader = TechniqueReader(Faults())
    found = entry(kind, name)
    given = {argument: write(REQUIRED[argument]) for argument in found.required if argument != "layer"}
    read = reader.arguments(found, given, write({}))
    assert not len(reader.faults)
    if name in WRAPPERS:
        inside = next(each for each in ("lstm", "dense") if can_wrap(name, each))
        read["layer"] = Technique(name=inside, arguments=filled(Kind.LAYER, inside))
    return read


def fitting(layer: Layer) -> tuple[int, ...]:
    """The shape of an input that a layer takes."""
    for shape in ((32,), (8, 32), (8, 8, 32), (8, 8, 8, 32), (2, 8, 8, 8, 32)):
        try:
            assert shapes([layer], shape)
        except ShapeError:
            continue
        return input_shape([layer], shape)
    raise AssertionError(layer.kind)


def of_kind(name: str) -> tuple[Layer, Any]:
    """A layer of the catalogue, and what Keras makes of it."""
    layer = Layer(label="it", kind=name, arguments=filled(Kind.LAYER, name))
    after = Layer(label="after", kind="identity")
    return layer, network.build([layer, after], fitting(layer), seed=0).layers[0]


def test_the_committed_table_is_that_of_the_installed_keras():
    module = generator()
    assert json.loads(module.TABLE.read_text(encoding="utf-8")) == json.loads(json.dumps(module.table()))


def test_the_catalogue_has_every_optimizer_and_schedule_that_can_stand_in_a_study():
    known = {entry(kind, name).keras_class for kind, name in CONSTRUCTED}
    left_out = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
    classes = {name for name in dir(keras.optimizers) if isinstance(getattr(keras.optimizers, name), type)}
    assert classes - left_out <= known
    schedules = keras.optimizers.schedules
    assert {name for name in dir(schedules) if name[0].isupper()} - {"LearningRateSchedule"} <= known


def test_the_catalogue_has_every_initializer_regularizer_and_constraint_of_weights():
    known = {entry(kind, name).keras_class.lower() for kind, name in CONSTRUCTED}
    for module, left_out in (
        (
            keras.initializers,
            {"initializer", "stft", "stftinitializer", "identityinitializer", "orthogonalinitializer"},
        ),
        (keras.regularizers, {"regularizer"}),
        (keras.constraints, {"constraint"}),
    ):
        classes = {
            name for name in dir(module) if isinstance(getattr(module, name), type) and name[0].isupper()
        }
        assert {name.lower() for name in classes} - left_out <= known


@pytest.mark.parametrize(("kind", "name"), CONSTRUCTED)
def test_every_technique_constructs_with_its_defaults(kind: Kind, name: str):
    read = filled(kind, name)
    if kind is Kind.LAYER:
        assert type(of_kind(name)[1]).__name__ == entry(kind, name).keras_class
        return
    wanted = Technique(name=name, arguments=read)
    optimizer = kind is Kind.OPTIMIZER
    made = network.optimizer(wanted) if optimizer else network.construct(wanted, kind.factors[0], 0)
    keras_class = entry(kind, name).keras_class
    assert type(made).__name__ in (keras_class, f"{keras_class}Initializer")
    config = made.get_config()  # type: ignore[attr-defined]  # every Keras technique has it
    for argument, value in read.items():
        if argument in config:
            assert config[argument] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(("kind", "name"), CONSTRUCTED)
def test_every_argument_is_known_and_its_default_allowed(kind: Kind, name: str):
    for argument, default in entry(kind, name).defaults.items():
        reader = TechniqueReader(Faults())
        domain = argument_domain(name, argument)
        if isinstance(domain, OfKind) and isinstance(default, str):
            assert reader.technique(write(default), domain.kind)
        elif default is not None and not isinstance(domain, OfKind):
            reader.value(domain, write(default))
        assert not len(reader.faults)
        assert str(domain if not isinstance(domain, OfKind) else domain.kind)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_scores_each_image(name: str):
    outputs = keras.ops.full((3, 10), 0.1)
    labels = keras.ops.convert_to_tensor([1, 2, 3])
    targets = labels if name.startswith("sparse_") else keras.ops.one_hot(labels, 10)
    assert getattr(keras.losses, name)(targets, outputs).shape == (3,)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_keeps_the_shape(name: str):
    assert keras.activations.get(name)(keras.ops.ones((2, 4))).shape == (2, 4)


def test_second_names_are_those_of_keras():
    for (kind, alias), name in ALIASES.items():
        module = keras.losses if kind is Kind.LOSS else keras.activations
        assert module.get(alias) is module.get(name)


def test_every_reference_is_of_a_technique():
    known = {name for kind in Kind for name in names(kind)}
    assert set(REFERENCES) <= known
    assert all(entry(kind, name).reference for kind in (Kind.OPTIMIZER,) for name in names(kind))


CNN: list[object] = [
    {"rescaling": 0.1},
    {"conv2d": {"filters": 8, "kernel_size": [5, 3], "strides": [2, 1], "padding": "same"}},
    "batch_normalization",
    {"conv2d": {"filters": 6, "kernel_size": 3, "dilation_rate": 2, "groups": 2, "use_bias": False}},
    {"group_normalization": {"groups": 3}},
    {"zero_padding2d": [1, 2]},
    {"separable_conv2d": {"filters": 5, "kernel_size": 3, "depth_multiplier": 2}},
    {"average_pooling2d": {"pool_size": [2, 3], "strides": 1}},
    {"depthwise_conv2d": {"kernel_size": 2, "depth_multiplier": 3, "strides": 2}},
    "layer_normalization",
    "leaky_relu",
    "max_pooling2d",
]


@pytest.mark.parametrize(("data", "end"), [("mnist", "flatten"), ("cifar10", "global_average_pooling2d")])
def test_sizes_are_those_of_keras(data: str, end: str):
    model = [*CNN, end, {"dense": 20}, {"dropout": 0.5}, {"dense": {"units": 10, "activation": "softmax"}}]
    changes = {"model": model, "data": data, "kernel_initializer": "zeros"}  # quicker than to draw them
    layers = study({"a": changes}).variants["a"].configuration.layers
    image = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}[data]
    built = network.build(layers, image, seed=0)
    assert parameters(layers, image) == sum(math.prod(weight.shape) for weight in built.trainable_weights)
    assert [layer.output.shape[1:] for layer in built.layers] == [*shapes(layers, image)]


def test_the_labs_network_has_the_published_size():
    layers = load("lab2").variants["3a"].configuration.layers
    assert network.build(layers, (784,), seed=0).count_params() == 623_290


def sequential(*layers: Any) -> Any:
    return keras.Sequential(layers)


def with_model(model: object, **settings: object) -> tuple[Layer, ...]:
    written = {"base": {**BASE, "model": model, **settings}, "variants": {"a": {}}}
    return load(written).variants["a"].configuration.layers


def test_a_sequential_reads_as_the_layers_it_is_made_of():
    layers = keras.layers
    model = sequential(
        layers.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(0.02)),
        layers.BatchNormalization(momentum=0.9),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax", kernel_initializer=keras.initializers.HeNormal(seed=7)),
    )
    written = [
        {
            "conv2d": {
                "filters": 4,
                "kernel_size": 3,
                "activation": "relu",
                "kernel_regularizer": {"l2": 0.02},
            }
        },
        {"batch_normalization": {"momentum": 0.9}},
        "max_pooling2d",
        "flatten",
        {"dropout": 0.3},
        {"dense": {"units": 10, "activation": "softmax", "kernel_initializer": "he_normal"}},
    ]
    assert with_model(model) == with_model(written)


def test_every_layer_of_the_catalogue_can_be_in_a_sequential():
    from_several = {"multi_head_attention"}  # which Keras has in no `Sequential`
    for name in {*names(Kind.LAYER)} - from_several:
        layer, made = of_kind(name)
        sides = fitting(layer)
        front = [keras.layers.Flatten(), keras.layers.Dense(math.prod(sides)), keras.layers.Reshape(sides)]
        read = with_model(sequential(*front, made, keras.layers.Flatten(), keras.layers.Dense(10)))
        if layer.arguments.get("pool_size"):
            layer.arguments["strides"] = layer.arguments["pool_size"]
        assert read[3].arguments == layer.arguments, name


def test_the_catalogue_has_every_layer_that_can_stand_in_a_sequence():
    classes = {name: each for name, each in vars(keras.layers).items() if isinstance(each, type)}
    known = {entry(Kind.LAYER, name).keras_class for name in names(Kind.LAYER)}
    again = {name for name, each in classes.items() if name != each.__name__ in classes}  # second names
    assert {*classes} - again == known | {*generator().LEFT_OUT_LAYERS}


def test_wrapped_layers_and_constraints_are_read_too():
    layers = keras.layers
    model = sequential(
        layers.Reshape((28, 28)),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum"),
        layers.Conv1D(3, 5, padding="causal", kernel_constraint=keras.constraints.MaxNorm(2, axis=(0, 1))),
        layers.ZeroPadding1D((1, 2)),
        layers.TimeDistributed(layers.Dense(2)),
        layers.Flatten(),
        layers.SpectralNormalization(layers.Dense(10), power_iterations=2),
    )
    written = [
        {"reshape": [28, 28]},
        {"bidirectional": {"lstm": {"units": 4, "return_sequences": True}, "merge_mode": "sum"}},
        {
            "conv1d": {
                "filters": 3,
                "kernel_size": 5,
                "padding": "causal",
                "kernel_constraint": {"name": "max_norm", "max_value": 2, "axis": [0, 1]},
            }
        },
        {"zero_padding1d": [1, 2]},
        {"time_distributed": {"dense": 2}},
        "flatten",
        {"spectral_normalization": {"dense": 10, "power_iterations": 2}},
    ]
    assert with_model(model) == with_model(written)


@pytest.mark.parametrize("name", names(Kind.OPTIMIZER))
def test_an_optimizer_object_reads_as_its_name(name: str):
    made = getattr(keras.optimizers, entry(Kind.OPTIMIZER, name).keras_class)()
    by_object, by_name = (
        load({"base": {**BASE, "optimizer": each}, "variants": {"a": {}}})
        .variants["a"]
        .configuration.optimizer
        for each in (made, name)
    )
    assert by_object.name == by_name.name
    for argument, value in by_name.arguments.items():
        expected = pytest.approx(value) if isinstance(value, float) else value
        assert by_object.arguments[argument] == expected


def test_a_schedule_inside_an_optimizer_is_read_too():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.5)
    read = load({"base": {**BASE, "optimizer": keras.optimizers.Adam(schedule)}, "variants": {"a": {}}})
    rate = read.variants["a"].configuration.optimizer.arguments["learning_rate"]
    assert isinstance(rate, Technique)
    assert rate.name == "exponential_decay"


def test_numbers_of_numpy_are_numbers():
    import numpy as np

    read = load(
        {"base": {**BASE, "epochs": np.int64(3), "validation": np.float32(0.5)}, "variants": {"a": {}}}
    )
    assert (read.variants["a"].configuration.epochs, read.variants["a"].configuration.validation) == (3, 0.5)


def refused(*layers: Any) -> str:
    with pytest.raises(StudyError) as caught:
        with_model(sequential(*layers))
    return str(caught.value)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [keras.layers.RandomFlip(), keras.layers.Dense(10)],
        lambda: [keras.layers.Reshape((28, 28)), keras.layers.LSTM(3, stateful=True), keras.layers.Dense(10)],
        lambda: [keras.layers.Dense(10, trainable=False), keras.layers.Dense(10)],
        lambda: [keras.layers.Dense(10, activity_regularizer="l2")],
    ],
)
def test_what_a_list_of_layers_cannot_hold_is_handed_over_in_a_file_of_keras(layers: Any):
    written = KerasReader(Faults()).convert(sequential(*layers()), ("base", "model"))
    assert isinstance(written, dict)
    assert keras.saving.load_model(written["keras"]).count_params() == 0


def test_a_model_for_other_images_is_refused():
    end = keras.layers.Dense(10, kernel_initializer="zeros")
    told = refused(keras.Input((32, 32, 3)), keras.layers.Flatten(), end)
    assert "expects inputs of [32, 32, 3], but the images of mnist have shape 28 × 28 × 1" in told


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28)])
def test_a_grey_image_may_enter_without_its_channel(shape: tuple[int, ...]):
    end = keras.layers.Dense(10, kernel_initializer="zeros")
    model = sequential(keras.Input(shape), keras.layers.Flatten(), end)
    assert [layer.kind for layer in with_model(model)] == ["flatten", "dense"]


def test_a_functional_model_is_handed_over_in_a_file_of_keras():
    def built() -> Any:
        entering = keras.Input((784,))
        return keras.Model(entering, keras.layers.Dense(10, kernel_initializer="zeros")(entering))

    one, other = (KerasReader(Faults()).convert(built(), ("base", "model")) for _ in range(2))
    assert one == other, "whatever else was built before"
    assert isinstance(one, dict)
    assert keras.saving.load_model(one["keras"]).layers[-1].units == 10
