"""Networks with several outputs, trained by the engine and compared with Keras itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from tests.engine.own_nets import several_outputs
from tests.engine.test_own_network import DIGEST, FACTS, FILE, NETS

from paribus.data.dataset import Dataset
from paribus.engine import training
from paribus.engine.describe import describe
from paribus.engine.program import Program
from paribus.engine.training import Resumed, train
from paribus.errors import RunError
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.configuration import Configuration, Technique
from paribus.study.datasets import DataFacts, Target
from paribus.study.own_function import OutputLoss
from paribus.study.own_network import OwnNetwork

pytestmark = pytest.mark.whole

TARGETS = (
    Target(name="digit", classes=tuple("0123456789")),
    Target(name="parity", classes=("even", "odd")),
    Target(name="light", task="regression"),
)
SEVERAL = FACTS.model_copy(update={"scored": "digit", "named": TARGETS, "train": 260, "test": 70})
WEIGHTS = {"digit": 1.0, "parity": 0.5, "light": 0.1}


@pytest.fixture
def several(images: Dataset) -> Dataset:
    """The images with their class, whether it is odd, and how light they are."""
    labels = np.concatenate([images.y_train, images.y_test]).astype(np.float32)
    pixels = np.concatenate([images.x_train, images.x_test])
    light = pixels.reshape(len(pixels), -1).mean(axis=1) / 255
    return replace(images, beside=np.stack([labels % 2, light.astype(np.float32)], axis=1))


def described(function: str, facts: DataFacts = SEVERAL, **arguments: Any) -> dict[str, Any]:
    network = OwnNetwork(file=NETS.name, function=function, sha256=DIGEST, arguments=arguments)
    request = {"place": str(NETS), "classes": None, "keep": False}
    return describe(
        {**request, "network": network.model_dump(mode="json"), "facts": facts.model_dump(mode="json")}
    )


def specification(data: Dataset, *, as_dict: bool = False, **settings: Any) -> RunSpec:
    network = OwnNetwork.model_validate(described("several_outputs", as_dict=as_dict)["network"])
    configuration = Configuration(
        **{
            "data": "mnist",
            "own": SEVERAL,
            "validation": 0.2,
            "scale": "unit",
            "layers": (),
            "loss": "sparse_categorical_crossentropy",
            "beside": (
                OutputLoss(name="parity", loss="binary_crossentropy", weight=0.5),
                OutputLoss(name="light", loss="mean_squared_error", weight=0.1),
            ),
            "optimizer": Technique(name="sgd", arguments={"learning_rate": 0.1, "momentum": 0.9}),
            "batch_size": 50,
            "epochs": 2,
            **settings,
        },
        network=network,
    )
    identity = DataIdentity(name="mnist", sha256=data.sha256)
    return RunSpec(configuration=configuration, seed=3, data=identity)


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


@pytest.mark.parametrize("as_dict", [False, True])
def test_several_outputs_are_trained_as_keras_trains_them(several, sink, orders, as_dict):
    spec = specification(several, as_dict=as_dict)
    program = Program(spec.configuration, (28, 28, 1), file=FILE)
    train([spec], several, sink, program=program)
    model = several_outputs(as_dict=as_dict)
    model.set_weights(program.built(spec.seed).get_weights())
    losses = {"digit": "sparse_categorical_crossentropy", "parity": "binary_crossentropy", "light": "mse"}
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        losses,
        loss_weights=WEIGHTS,
        metrics={"digit": "accuracy", "parity": "accuracy"},
    )
    x = several.x_train.reshape(-1, 784).astype(np.float32) / 255
    y = {
        "digit": several.y_train.astype(np.int32),
        "parity": several.beside[:260, 0],
        "light": several.beside[:260, 1],
    }
    y = {name: each if name == "digit" else each[:, None] for name, each in y.items()}
    given = y if as_dict else [*y.values()]
    for epoch in (1, 2):
        for begin in range(0, len(orders[epoch]), 50):
            rows = orders[epoch][begin : begin + 50]
            batch = {name: each[rows] for name, each in y.items()}
            model.train_on_batch(x[rows], batch if as_dict else [*batch.values()])
    for variable in model.weights:
        kept = sink.trained[spec.digest].weights[variable.path.removeprefix(f"{model.name}/")]
        np.testing.assert_allclose(kept, np.asarray(variable.value), rtol=2e-3, atol=2e-5)
    held = np.setdiff1d(np.arange(260), orders[1])
    row = sink.rows[spec.digest][-1]
    given = {name: each[held] for name, each in y.items()}
    found = model.evaluate(x[held], given if as_dict else [*given.values()], verbose=0, return_dict=True)
    assert row["val_loss"] == pytest.approx(found["loss"], rel=2e-3)
    assert row["val_accuracy"] == pytest.approx(found["digit_accuracy"], abs=1e-6)
    assert row["val_parity_accuracy"] == pytest.approx(found["parity_accuracy"], abs=1e-6)
    for name in ("parity", "light"):
        assert row[f"val_{name}_loss"] == pytest.approx(found[f"{name}_loss"], rel=2e-3)
    assert row["val_data_loss"] == pytest.approx(found["digit_loss"], rel=2e-3)


def test_a_history_has_the_losses_and_scores_of_every_output(several, sink):
    spec = specification(several)
    train([spec], several, sink, program=Program(spec.configuration, (28, 28, 1), file=FILE))
    row, test = sink.rows[spec.digest][-1], sink.results[spec.digest].test
    whole = row["data_loss"] + 0.5 * row["parity_loss"] + 0.1 * row["light_loss"] + row["penalty"]
    assert row["loss"] == pytest.approx(whole)
    assert {"parity_accuracy", "light_r2", "val_parity_accuracy", "val_light_r2"} <= row.keys()
    assert 0 <= test["parity_accuracy"] <= 1
    assert test["light_r2"] <= 1
    assert sink.trained[spec.digest].outputs.shape == (70, 10)
    np.testing.assert_allclose(sink.trained[spec.digest].outputs.sum(axis=1), 1, rtol=1e-5)


def test_every_output_has_gradients_and_other_weights_other_updates(several, sink, new_sink):
    spec, other = specification(several), specification(several, loss_weight=0.0)
    for each, into in ((spec, sink), (other, new_sink())):
        train([each], several, into, program=Program(each.configuration, (28, 28, 1), file=FILE))
        last = into.probes[each.digest][-1]
        assert last.layers["parity"].gradient
        assert last.layers["hidden"].dead is not None
        assert (last.layers["digit"].gradient == 0) is (each is other)


@pytest.mark.usefixtures("every_epoch")
def test_an_interrupted_run_of_several_outputs_goes_on_to_the_same_bits(several, new_sink):
    spec = specification(several, epochs=3)
    whole, again = new_sink(), new_sink()
    train([spec], several, whole, program=Program(spec.configuration, (28, 28, 1), file=FILE))
    epoch = min(whole.checkpoints[spec.digest])
    history = [row for row in whole.rows[spec.digest] if row["epoch"] <= epoch]
    resumed = {spec.digest: Resumed(whole.checkpoints[spec.digest][epoch], history)}
    again_program = Program(spec.configuration, (28, 28, 1), file=FILE)
    train([spec], several, again, program=again_program, resumed=resumed)
    assert again.rows[spec.digest] == whole.rows[spec.digest][epoch:]
    for path, array in whole.trained[spec.digest].weights.items():
        assert array.tobytes() == again.trained[spec.digest].weights[path].tobytes()


def test_a_compiled_network_brings_its_losses_and_their_weights():
    found = described("several_outputs", compiled=True)
    assert found["loss"] == {
        "digit": "sparse_categorical_crossentropy",
        "parity": "binary_crossentropy",
        "light": "mean_squared_error",
    }
    assert found["loss_weights"] == WEIGHTS
    assert found["network"]["heads"] == {"parity": "sigmoid", "light": "linear"}


def test_a_class_of_ones_own_names_its_outputs_by_keys():
    assert described("outputs_by_key")["network"]["heads"] == {"parity": "linear"}


def test_outputs_that_predict_nothing_of_the_data_are_refused():
    with pytest.raises(RunError, match="3 outputs, and the data one target"):
        described("several_outputs", FACTS)
    others = SEVERAL.model_copy(update={"named": (*TARGETS[:2], Target(name="dark", task="regression"))})
    with pytest.raises(RunError, match="light"):
        described("several_outputs", others, as_dict=True)
    wide = SEVERAL.model_copy(
        update={"named": (*TARGETS[:2], Target(name="light", task="regression", targets=3))}
    )
    with pytest.raises(RunError, match="1 numbers per example, and the data need 3"):
        described("several_outputs", wide)


def test_a_network_with_one_output_predicts_the_target_that_is_scored(several, sink):
    network = OwnNetwork.model_validate(described("residual")["network"])
    assert not network.heads
    spec = specification(several)
    alone = spec.configuration.model_copy(update={"network": network, "beside": ()})
    spec = spec.model_copy(update={"configuration": alone})
    train([spec], several, sink, program=Program(alone, (28, 28, 1), file=FILE))
    assert "parity_loss" not in sink.rows[spec.digest][-1]


def test_a_network_with_one_output_has_the_identity_that_it_had():
    assert "heads" not in OwnNetwork(file="nets.py", sha256="").model_dump()
