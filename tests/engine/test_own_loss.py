"""Losses of the user's own, trained with by the engine and compared with Keras itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from paribus.engine import own_loss, own_network, training
from paribus.engine.describe import describe
from paribus.engine.program import Program
from paribus.engine.training import train
from paribus.errors import RunError
from paribus.record.run import RunSpec
from paribus.study.datasets import IMAGE_SETS, DataFacts
from paribus.study.own_function import OwnLoss
from paribus.study.own_network import OwnNetwork
from paribus.study.programs import Program as UserFile

pytestmark = pytest.mark.whole

LOSSES = Path(__file__).with_name("own_losses.py")
FILE = UserFile(path=LOSSES, source="")
FACTS = IMAGE_SETS["mnist"]
DIGEST = hashlib.sha256(LOSSES.read_bytes()).hexdigest()
FILES = {DIGEST: FILE}


def described(function: str, targets: str = "auto", facts: DataFacts = FACTS, **arguments: Any) -> OwnLoss:
    given = OwnLoss(file=LOSSES.name, function=function, sha256=DIGEST, arguments=arguments)
    request = {"place": str(LOSSES), "classes": None, "targets": targets}
    answer = describe(
        {**request, "loss": given.model_dump(mode="json"), "facts": facts.model_dump(mode="json")}
    )
    return OwnLoss.model_validate(answer["loss"])


def described_model(function: str) -> dict[str, Any]:
    network = OwnNetwork(file=LOSSES.name, function=function, sha256=DIGEST)
    request = {"place": str(LOSSES), "classes": None, "keep": False}
    return describe(
        {**request, "network": network.model_dump(mode="json"), "facts": FACTS.model_dump(mode="json")}
    )


def specification(specify: Any, own: OwnLoss, **settings: Any) -> RunSpec:
    spec = specify(**{"model": {"hidden": [12]}, "loss": "categorical_crossentropy", "epochs": 2, **settings})
    configuration = spec.configuration.model_copy(update={"loss": "", "own_loss": own})
    return spec.model_copy(update={"configuration": configuration})


def trained_by_keras(spec: RunSpec, images: Any, orders: dict[int, Any], loss: Any) -> Any:
    """Return a Keras model after the same steps, from the same weights."""
    built = Program(spec.configuration, (28, 28, 1), functions=FILES).built(spec.seed)
    model = keras.Sequential([keras.Input((784,)), *built.layers, keras.layers.Activation("softmax")])
    rate = spec.configuration.optimizer.arguments["learning_rate"]
    model.compile(keras.optimizers.SGD(rate), loss)
    pixels = images.x_train.reshape(-1, 784).astype(np.float32) / 255
    labels = images.y_train.astype(np.int32)
    labels = (
        np.eye(10, dtype=np.float32)[labels] if spec.configuration.own_loss.targets == "one_hot" else labels
    )
    for epoch in range(1, spec.configuration.epochs + 1):
        for begin in range(0, len(orders[epoch]), 50):
            rows = orders[epoch][begin : begin + 50]
            model.train_on_batch(pixels[rows], labels[rows])
    return model, pixels, labels


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> dict[int, Any]:
    """The order in which the engine trains, by epoch."""
    found: dict[int, Any] = {}
    own_order = training.Trajectory.order

    def noted(self: Any, epoch: int) -> Any:
        found[epoch] = own_order(self, epoch)
        return found[epoch]

    monkeypatch.setattr(training.Trajectory, "order", noted)
    return found


def in_keras(function: str, **arguments: Any) -> Any:
    """The loss as a user hands it to ``compile``."""
    defined = own_loss.load_function(LOSSES, function, DIGEST)
    return defined(**arguments) if function in ("make", "Softened") else defined


@pytest.mark.parametrize(
    ("function", "arguments", "targets"),
    [
        ("focal", {}, "one_hot"),
        ("of_the_batch", {}, "labels"),
        ("make", {"gamma": 1.0}, "labels"),
        ("Softened", {"strength": 0.2}, "labels"),
        ("Softened", {"reduction": "sum", "strength": 0.01}, "labels"),
    ],
)
def test_a_loss_of_ones_own_is_trained_with_as_keras_does(
    function, arguments, targets, specify, images, sink, orders
):
    rate = 0.004 if "reduction" in arguments else 0.2
    own = described(function, **arguments)
    assert own.targets == targets
    spec = specification(specify, own, optimizer={"name": "sgd", "learning_rate": rate})
    train([spec], images, sink, program=Program(spec.configuration, (28, 28, 1), functions=FILES))
    model, pixels, labels = trained_by_keras(spec, images, orders, in_keras(function, **arguments))
    kept = sink.trained[spec.digest]
    for ours, theirs in zip(kept.weights.values(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    if "reduction" not in arguments:
        held = np.setdiff1d(np.arange(len(pixels)), orders[1])
        value = model.evaluate(pixels[held], labels[held], batch_size=1000, verbose=0)
        assert sink.rows[spec.digest][-1]["val_loss"] == pytest.approx(value, rel=2e-4)


def test_defaults_of_its_arguments_are_levels():
    assert described("focal") == described("focal", gamma=2.0)
    assert described("focal", gamma=2.0).arguments == {"gamma": 2.0}
    assert described("Softened").arguments == {"strength": 0.5}


def test_examples_count_by_their_weights(specify, images, sink):
    plain, weighed = (
        specification(specify, described("focal"), epochs=1, **each)
        for each in ({}, {"class_weight": {"3": 5.0}})
    )
    for spec in (plain, weighed):
        train([spec], images, sink, program=Program(spec.configuration, (28, 28, 1), functions=FILES))
    one, other = (sink.rows[spec.digest][0]["data_loss"] for spec in (plain, weighed))
    assert other > 1.1 * one


def test_what_cannot_be_trained_with_is_refused_with_its_line():
    with pytest.raises(RunError, match=r"own_losses.py.*JAX cannot compile"):
        described("in_numpy")
    with pytest.raises(RunError, match="returns float, which is no loss"):
        described("no_loss")
    with pytest.raises(RunError, match="cannot be called on this data"):
        described("focal", targets="labels")
    with pytest.raises(RunError, match="reduction none"):
        described("Softened", reduction="none")


def test_a_model_that_was_compiled_with_it_brings_it_along(specify, images, sink):
    answer = described_model("compiled")
    own, network = OwnLoss.model_validate(answer["own_loss"]), OwnNetwork.model_validate(answer["network"])
    assert (own.told, own.compiled, answer["layers"]) == ("own_losses.py:Softened", True, None)
    alone = specification(specify, described("Softened", strength=0.2))
    along = specification(specify, own)
    configuration = along.configuration.model_copy(update={"network": network, "layers": ()})
    along = along.model_copy(update={"configuration": configuration})
    train([alone], images, sink, program=Program(alone.configuration, (28, 28, 1), functions=FILES))
    train([along], images, sink, program=Program(along.configuration, (28, 28, 1), file=FILE))
    one, other = (sink.rows[spec.digest][-1]["val_loss"] for spec in (alone, along))
    assert one == pytest.approx(other, rel=1e-6)


def test_a_loss_of_keras_with_settings_that_no_study_has_keeps_them():
    answer = described_model("compiled_with_settings")
    assert "loss" not in answer
    own = OwnLoss.model_validate(answer["own_loss"])
    assert (own.function, own.targets) == ("CategoricalFocalCrossentropy", "one_hot")
    model = own_network.build(OwnNetwork.model_validate(answer["network"]), FILE, FACTS, 0)
    assert own_loss.load(own, FILE, 50, model).loss.gamma == 4.0
