"""Networks of the user's own, trained by the engine and compared with Keras itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from paribus.engine import own_network
from paribus.engine.describe import describe
from paribus.engine.program import Program
from paribus.engine.training import Resumed, train
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.configuration import Configuration, Technique
from paribus.study.datasets import IMAGE_SETS, DataFacts, Input
from paribus.study.own_network import OwnNetwork
from paribus.study.programs import Program as UserFile

pytestmark = pytest.mark.whole

NETS = Path(__file__).with_name("own_nets.py")
FILE = UserFile(path=NETS, source="")
FACTS = IMAGE_SETS["mnist"]
DIGEST = hashlib.sha256(NETS.read_bytes()).hexdigest()


def described(function: str, **arguments: Any) -> OwnNetwork:
    network = OwnNetwork(file=NETS.name, function=function, sha256=DIGEST, arguments=arguments)
    request = {"place": str(NETS), "classes": None, "keep": False}
    answer = describe(
        {**request, "network": network.model_dump(mode="json"), "facts": FACTS.model_dump(mode="json")}
    )
    return OwnNetwork.model_validate(answer["network"])


def specification(images: Any, network: OwnNetwork, seed: int = 0, **settings: Any) -> RunSpec:
    configuration = Configuration(
        **{
            "data": "mnist",
            "validation": 0.2,
            "scale": "unit",
            "layers": (),
            "loss": "sparse_categorical_crossentropy",
            "optimizer": Technique(name="sgd", arguments={"learning_rate": 0.1, "momentum": 0.9}),
            "batch_size": 50,
            "epochs": 3,
            **settings,
        },
        network=network,
    )
    return RunSpec(
        configuration=configuration, seed=seed, data=DataIdentity(name="mnist", sha256=images.sha256)
    )


def program(spec: RunSpec) -> Program:
    return Program(spec.configuration, (28, 28, 1), file=FILE)


def weights(network: OwnNetwork, seed: int = 0) -> dict[str, np.ndarray]:
    return own_network.weights_of(own_network.build(network, FILE, FACTS, seed))


@pytest.mark.parametrize("function", ["residual", "subclassed"])
def test_a_network_of_ones_own_is_trained_as_keras_trains_it(function, images, sink, monkeypatch):
    spec = specification(images, described(function))
    from paribus.engine import training

    orders: list[np.ndarray] = []
    own_order = training.Trajectory.order
    monkeypatch.setattr(
        training.Trajectory,
        "order",
        lambda self, epoch: orders.append((epoch, own_order(self, epoch))) or orders[-1][1],
    )
    train([spec], images, sink, program=program(spec))
    with own_network.noting(0):
        model = own_network.load_function(NETS, function, DIGEST)()
    pixels = images.x_train.astype(np.float32) / 255
    pixels = pixels.reshape(len(pixels), -1) if function == "residual" else pixels
    model(pixels[:2])
    start = own_network.build(spec.configuration.network, FILE, FACTS, 0)
    model.set_weights(start.get_weights())
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    for epoch in range(1, 4):
        order = next(rows for number, rows in orders if number == epoch)
        for begin in range(0, len(order), 50):
            rows = order[begin : begin + 50]
            model.train_on_batch(pixels[rows], images.y_train[rows])
    kept = sink.trained[spec.digest]
    for (path, ours), theirs in zip(own_network.weights_of(model).items(), model.get_weights(), strict=True):
        np.testing.assert_allclose(kept.weights[path], theirs, rtol=2e-4, atol=2e-5)
        assert ours is not None
    tested = images.x_test.astype(np.float32) / 255
    tested = tested.reshape(len(tested), -1) if function == "residual" else tested
    np.testing.assert_allclose(kept.outputs, model.predict(tested, verbose=0), rtol=2e-4, atol=2e-5)


def test_variants_share_the_weights_of_every_layer_that_both_have_by_path():
    with_skip, without, wide = (
        weights(described("residual", **each))
        for each in ({}, {"skip": False, "dropout": 0.5}, {"width": 20})
    )
    assert with_skip.keys() == without.keys()
    for path, array in with_skip.items():
        np.testing.assert_array_equal(array, without[path])
    assert wide["scores/bias"].shape == with_skip["scores/bias"].shape
    assert not np.array_equal(with_skip["first/kernel"], with_skip["second/kernel"][:1])


def test_another_seed_draws_other_weights_and_the_same_seed_the_same():
    network = described("residual")
    one, again, other = weights(network, 3), weights(network, 3), weights(network, 4)
    for path in ("first/kernel", "scaled/factor", "scores/kernel"):
        np.testing.assert_array_equal(one[path], again[path])
        assert not np.array_equal(one[path], other[path])


def test_layers_without_names_of_their_own_share_their_weights_with_layers_in_a_list(specify):
    from paribus.engine import network

    layers = specify(model={"hidden": [12], "dropout": 0.2}).configuration.layers
    listed = network.build(layers, (784,), 7)
    own = own_network.build(
        OwnNetwork(file="", function="chain", sha256=DIGEST, output="softmax"), FILE, FACTS, 7
    )
    for one, other in zip(listed.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    states = [[each.value for each in model.non_trainable_variables] for model in (listed, own)]
    np.testing.assert_array_equal(*(np.array(each) for each in states))


@pytest.mark.usefixtures("every_epoch")
def test_an_interrupted_run_goes_on_to_the_same_bits(images, new_sink):
    spec = specification(images, described("residual", dropout=0.3), epochs=4)
    whole, again = new_sink(), new_sink()
    train([spec], images, whole, program=program(spec))
    epoch = min(whole.checkpoints[spec.digest])
    history = [row for row in whole.rows[spec.digest] if row["epoch"] <= epoch]
    resumed = Resumed(whole.checkpoints[spec.digest][epoch], history)
    train([spec], images, again, program=program(spec), resumed={spec.digest: resumed})
    assert again.rows[spec.digest] == whole.rows[spec.digest][epoch:]
    for path, array in whole.trained[spec.digest].weights.items():
        assert array.tobytes() == again.trained[spec.digest].weights[path].tobytes()


def test_each_layer_is_probed_by_its_path(images, sink):
    spec = specification(images, described("residual"), epochs=1)
    train([spec], images, sink, program=program(spec))
    last = sink.probes[spec.digest][-1]
    assert {"first", "second", "scaled", "scores"} <= last.layers.keys()
    assert last.layers["first"].dead is not None
    assert last.layers["scaled"].gradient is not None
    assert last.layers["scaled"].dead is None


def test_frozen_layers_keep_their_weights(images, sink):
    frozen = described("residual").model_copy(update={"frozen": ("first",)})
    spec = specification(images, frozen, epochs=1)
    before = weights(frozen)
    train([spec], images, sink, program=program(spec))
    after = sink.trained[spec.digest].weights
    np.testing.assert_array_equal(before["first/kernel"], after["first/kernel"])
    assert not np.array_equal(before["scores/kernel"], after["scores/kernel"])


def test_outputs_that_are_logits_are_scored_after_the_activation_of_the_loss(images, sink):
    network = described("logits")
    assert network.output == "softmax"
    spec = specification(images, network, epochs=1)
    train([spec], images, sink, program=program(spec))
    np.testing.assert_allclose(sink.trained[spec.digest].outputs.sum(axis=1), 1, rtol=1e-5)


@pytest.fixture
def saved(tmp_path):
    """A model in a file of Keras, with weights that no seed draws."""
    model = own_network.load_function(NETS, "residual", DIGEST)()
    model.set_weights([each + 1 for each in model.get_weights()])
    model.save(tmp_path / "net.keras")
    return tmp_path / "net.keras", model.get_weights()


def of_file(path: Path, *, keep: bool) -> tuple[OwnNetwork, UserFile]:
    import json
    import zipfile

    with zipfile.ZipFile(path) as archive:
        config = json.dumps(json.loads(archive.read("config.json")), sort_keys=True)
    given = OwnNetwork(
        file=path.name, sha256=hashlib.sha256(config.encode()).hexdigest(), custom_objects=DIGEST
    )
    file = UserFile(path=path, source="", classes=NETS)
    request = {"place": str(path), "classes": str(NETS), "keep": keep, "facts": FACTS.model_dump(mode="json")}
    answer = describe({**request, "network": given.model_dump(mode="json")})
    return OwnNetwork.model_validate(answer["network"]), file


def test_a_file_of_keras_gives_its_weights_where_they_are_kept(saved):
    path, kept = saved
    network, file = of_file(path, keep=True)
    started = own_network.build(network, file, FACTS, 5)
    for one, other in zip(started.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_of_keras_gives_its_architecture_and_the_seed_its_weights(saved):
    network, file = of_file(saved[0], keep=False)
    drawn = own_network.weights_of(own_network.build(network, file, FACTS, 5))
    same = weights(described("residual"), 5)
    assert drawn.keys() == same.keys()
    for path, array in drawn.items():
        np.testing.assert_array_equal(array, same[path])


@pytest.mark.parametrize("as_list", [False, True])
def test_several_inputs_enter_by_name_or_in_their_order(as_list):
    inputs = (Input(name="image", shape=(4, 4, 1)), Input(name="age", shape=(2,)))
    facts = DataFacts(shape=(18,), train=9, test=3, task="regression", values="numbers", inputs=inputs)
    given = OwnNetwork(file=NETS.name, function="two_inputs", sha256=DIGEST, arguments={"as_list": as_list})
    request = {"place": str(NETS), "classes": None, "keep": False, "facts": facts.model_dump(mode="json")}
    answer = describe({**request, "network": given.model_dump(mode="json")})
    assert answer["network"]["input"] == []
    model = own_network.build(given, FILE, facts, 0)
    named = {"image": np.ones((1, 4, 4, 1)), "age": np.zeros((1, 2))}
    arranged = own_network.arranged(model, named)
    assert model(arranged).shape == (1, 1)
    assert (arranged is named) != as_list
