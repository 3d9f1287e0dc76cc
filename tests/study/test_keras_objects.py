"""Objects of Keras wherever a study has their names."""

from __future__ import annotations

import keras
import pytest

from paribus.errors import StudyError
from paribus.study.keras_objects import with_own_names
from paribus.study.study import Study

BASE = {
    "model": {"hidden": [5], "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": "sgd",
    "epochs": 1,
}


def configuration(**settings):
    return Study(data="mnist", base={**BASE, **settings}, variants={"v": {}}).variants["v"].configuration


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"loss": keras.losses.CategoricalCrossentropy()}, {"loss": "categorical_crossentropy"}),
        ({"loss": keras.losses.categorical_crossentropy}, {"loss": "categorical_crossentropy"}),
        (
            {"optimizer": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))},
            {
                "optimizer": {
                    "name": "adam",
                    "learning_rate": {
                        "name": "exponential_decay",
                        "initial_learning_rate": 0.1,
                        "decay_steps": 10,
                        "decay_rate": 0.9,
                    },
                }
            },
        ),
        (
            {"early_stopping": keras.callbacks.EarlyStopping("val_accuracy", patience=2, mode="max")},
            {"early_stopping": {"monitor": "val_accuracy", "patience": 2}},
        ),
        (
            {"reduce_on_plateau": keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3, min_lr=0.001)},
            {"reduce_on_plateau": {"factor": 0.5, "patience": 3, "min_lr": 0.001}},
        ),
        (
            {
                "model": {
                    "hidden": [5],
                    "activation": keras.activations.tanh,
                    "output": keras.activations.softmax,
                }
            },
            {"model": {"hidden": [5], "activation": "tanh", "output": "softmax"}},
        ),
        (
            {"model": {"hidden": [5], "activation": keras.layers.ReLU(), "output": "softmax"}},
            {"model": {"hidden": [5], "activation": "relu", "output": "softmax"}},
        ),
        (
            {"model": [keras.layers.Dense(5), keras.layers.ReLU(), keras.layers.Dense(10, "softmax")]},
            {"model": [{"dense": 5}, "relu", {"dense": {"units": 10, "activation": "softmax"}}]},
        ),
        (
            {
                "kernel_regularizer": keras.regularizers.L2(0.01),
                "kernel_initializer": keras.initializers.HeNormal(),
            },
            {"kernel_regularizer": {"l2": 0.01}, "kernel_initializer": "he_normal"},
        ),
    ],
)
def test_an_object_is_the_same_as_its_name(given, written):
    assert configuration(**given) == configuration(**written)


def test_a_setting_of_a_loss_that_its_name_does_not_say_is_refused():
    with pytest.raises(StudyError, match="from_logits"):
        configuration(loss=keras.losses.CategoricalCrossentropy(from_logits=True))


def test_names_that_keras_gives_are_counted_from_the_first_on():
    def built():
        inputs = keras.Input((4,))
        first = keras.layers.Dense(4)(inputs)
        joined = keras.layers.Add()([inputs, keras.layers.Dense(4, name="own")(first)])
        return keras.Model(
            inputs, keras.layers.Softmax()(keras.layers.Dense(4, activation="softmax")(joined))
        )

    import json

    one, other = (with_own_names(json.loads(built().to_json())) for _ in range(2))
    assert one == other
    assert keras.saving.deserialize_keras_object(one).get_layer("own").units == 4
