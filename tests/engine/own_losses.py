"""Losses that a user might write, for tests that train with them."""

import keras
import numpy as np
from keras import ops


def focal(y_true, y_pred, gamma=2.0):
    shares = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return ops.sum(-y_true * (1 - shares) ** gamma * ops.log(shares), axis=-1)


def of_the_batch(y_true, y_pred):
    wanted = ops.one_hot(ops.cast(y_true, "int32"), 10)
    return ops.sqrt(ops.mean(ops.square(wanted - y_pred)))


def make(gamma=2.0):
    def loss(y_true, y_pred):
        return focal(ops.one_hot(ops.cast(y_true, "int32"), 10), y_pred, gamma)

    return loss


class Softened(keras.losses.Loss):
    def __init__(self, strength=0.5, reduction="sum_over_batch_size", name="softened"):
        super().__init__(name=name, reduction=reduction)
        self.strength = strength

    def call(self, y_true, y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        return losses + self.strength * ops.mean(ops.square(y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "strength": self.strength}


def in_numpy(y_true, y_pred):
    return np.mean(np.asarray(y_pred) - np.asarray(y_true))


def no_loss(gamma=2.0):
    return gamma


def compiled():
    inputs = keras.Input((784,))
    hidden = keras.layers.Dense(12, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(hidden))
    model.compile("adam", Softened(0.2))
    return model


def compiled_with_settings():
    inputs = keras.Input((784,))
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(inputs))
    model.compile("adam", keras.losses.CategoricalFocalCrossentropy(gamma=4.0))
    return model


def brier(y_true, y_pred):
    return ops.sum(ops.square(y_true - y_pred), axis=-1)


class Hits(keras.metrics.SparseCategoricalAccuracy):
    pass
