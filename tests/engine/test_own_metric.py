"""Metrics of the user's own, compared with Keras and with NumPy."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from paribus.engine.describe import describe
from paribus.engine.own_metric import load
from paribus.engine.program import Program
from paribus.engine.training import train
from paribus.errors import RunError
from paribus.study.datasets import IMAGE_SETS
from paribus.study.own_function import OwnMetric
from paribus.study.programs import Program as UserFile

pytestmark = pytest.mark.usefixtures("plainly_compiled")

FUNCTIONS = Path(__file__).with_name("own_losses.py")
FILE = UserFile(path=FUNCTIONS, source="")
DIGEST = hashlib.sha256(FUNCTIONS.read_bytes()).hexdigest()


def described(function: str, **arguments: Any) -> tuple[OwnMetric, str | None]:
    named = {"function": function, "name": function.lower(), "sha256": DIGEST, "arguments": arguments}
    request = {"place": str(FUNCTIONS), "classes": None, "targets": "auto"}
    given = {**named, "file": FUNCTIONS.name, "rises": True}
    answer = describe({**request, "metric": given, "facts": IMAGE_SETS["mnist"].model_dump(mode="json")})[
        "metric"
    ]
    direction = answer.pop("direction")
    return OwnMetric.model_validate(answer), direction


@pytest.fixture(scope="module")
def predicted() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    outputs = draw.dirichlet(np.ones(10), 40).astype(np.float32)
    return draw.integers(0, 10, 40).astype(np.uint8), outputs


def test_a_function_is_averaged_over_the_examples_as_keras_does(predicted):
    labels, outputs = predicted
    metric, direction = described("brier")
    assert (metric.targets, direction) == ("one_hot", None)
    wanted = np.mean(np.sum((np.eye(10)[labels] - outputs) ** 2, axis=1))
    assert load(metric, FILE).value(labels, outputs) == pytest.approx(wanted, rel=1e-5)


def test_a_class_is_used_as_it_is_and_keeps_nothing_from_one_call_to_the_next(predicted):
    labels, outputs = predicted
    metric, direction = described("Hits")
    assert (metric.targets, direction) == ("labels", "up")
    measure = load(metric, FILE)
    theirs = keras.metrics.SparseCategoricalAccuracy()
    theirs.update_state(labels, outputs)
    for _ in range(2):
        assert measure.value(labels, outputs) == pytest.approx(float(theirs.result()))


def test_what_is_no_number_is_refused():
    with pytest.raises(RunError, match="gives no single number"):
        described("no_loss")


def test_it_is_in_the_history_and_in_the_test_of_a_run(specify, images, sink):
    spec = specify(model={"hidden": [12], "output": "softmax"}, epochs=2, loss="categorical_crossentropy")
    own = (described("Hits")[0], described("brier")[0])
    configuration = spec.configuration.model_copy(update={"own_metrics": own})
    spec = spec.model_copy(update={"configuration": configuration})
    train([spec], images, sink, program=Program(configuration, (28, 28, 1), functions={DIGEST: FILE}))
    row, test = sink.rows[spec.digest][-1], sink.results[spec.digest].test
    assert row["val_hits"] == pytest.approx(row["val_accuracy"])
    assert test["hits"] == pytest.approx(test["accuracy"])
    outputs = sink.trained[spec.digest].outputs
    brier = np.mean(np.sum((np.eye(10)[images.y_test] - outputs) ** 2, axis=1))
    assert test["brier"] == pytest.approx(brier, rel=1e-5)
