"""Networks that a user might build, for tests that train or describe them."""

import random

import keras
import numpy as np
from keras import layers, ops


class Scaled(layers.Layer):
    """A weight for each unit, as Keras's documentation shows a layer of one's own."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="glorot_normal", name="factor")

    def call(self, inputs):
        return inputs * self.factor


def residual(width=12, skip=True, dropout=0.0, activation="softmax"):
    inputs = keras.Input((784,))
    first = layers.Dense(width, activation="relu", name="first")(inputs)
    second = layers.Dense(width, name="second", kernel_regularizer=keras.regularizers.L2(1e-3))(first)
    joined = layers.Add()([first, second]) if skip else second
    hidden = layers.Dropout(dropout)(layers.Activation("relu")(Scaled(name="scaled")(joined)))
    return keras.Model(inputs, layers.Dense(10, activation=activation, name="scores")(hidden))


def chain(width=12):
    inputs = keras.Input((784,))
    hidden = layers.Dense(width, activation="relu")(inputs)
    hidden = layers.Dropout(0.2)(hidden)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(hidden))


def compiled():
    model = chain()
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    return model


def logits():
    inputs = keras.Input((784,))
    model = keras.Model(inputs, layers.Dense(10)(inputs))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


class Net(keras.Model):
    def __init__(self, width=12):
        super().__init__()
        self.flat = layers.Flatten()
        self.hidden = layers.Dense(width, activation="relu")
        self.scores = layers.Dense(10, activation="softmax")

    def call(self, inputs):
        return self.scores(self.hidden(self.flat(inputs)))


def subclassed(width=12):
    return Net(width)


class OwnStep(keras.Model):
    def train_step(self, *state):
        raise NotImplementedError  # it is refused for having a step of its own, which is never called


def own_step():
    inputs = keras.Input((784,))
    return OwnStep(inputs, layers.Dense(10)(inputs))


def eager():
    model = chain()
    model.compile("sgd", "mse", run_eagerly=True)
    return model


def no_model():
    return 3


def fails():
    return {}["width"]


def other_shape():
    inputs = keras.Input((12, 12, 3))
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(inputs)))


def other_outputs():
    inputs = keras.Input((784,))
    return keras.Model(inputs, layers.Dense(9)(inputs))


def two_outputs():
    inputs = keras.Input((784,))
    return keras.Model(inputs, [layers.Dense(10)(inputs), layers.Dense(10)(inputs)])


def frozen():
    model = chain()
    model.trainable = False
    return model


class InNumPy(layers.Layer):
    def call(self, inputs):
        return np.asarray(inputs) * 2


def in_numpy():
    return keras.Sequential([layers.Flatten(), InNumPy(), layers.Dense(10)])


class DrawnByNumPy(layers.Layer):
    def call(self, inputs):
        return inputs * float(np.random.rand())


def drawn_by_numpy():
    return keras.Sequential([layers.Flatten(), DrawnByNumPy(), layers.Dense(10)])


class Unseeded(layers.Layer):
    def call(self, inputs):
        return inputs + keras.random.normal(keras.ops.shape(inputs))


def unseeded():
    return keras.Sequential([layers.Flatten(), Unseeded(), layers.Dense(10)])


def from_shared(shape, dtype=None):
    return np.array([random.random() for _ in range(shape[0])], dtype)


def from_nowhere(shape, dtype=None):
    return np.random.default_rng().random(shape).astype(dtype)


class OwnDraw(layers.Layer):
    def __init__(self, draw, **others):
        super().__init__(**others)
        self.draw = draw

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer=self.draw, name="factor")

    def call(self, inputs):
        return inputs * self.factor


def drawing(repeats=True):
    inputs = keras.Input((784,))
    own = OwnDraw(from_shared if repeats else from_nowhere, name="own")
    return keras.Model(inputs, layers.Dense(10)(own(inputs)))


def two_inputs(as_list=False):
    image, age = keras.Input((4, 4, 1), name="image"), keras.Input((2,), name="age")
    joined = layers.Concatenate()([layers.Flatten()(image), layers.Dense(3)(age)])
    inputs = [age, image] if as_list else {"image": image, "age": age}
    return keras.Model(inputs, layers.Dense(1)(joined))


def several_outputs(as_dict=False, compiled=False, shared=True):
    inputs = keras.Input((784,))
    hidden = layers.Dense(12, activation="relu", name="hidden")(inputs)
    found = {
        "digit": layers.Dense(10, activation="softmax", name="digit")(hidden),
        "parity": layers.Dense(1, activation="sigmoid", name="parity")(hidden if shared else inputs),
        "light": layers.Dense(1, name="light")(hidden),
    }
    model = keras.Model(inputs, found if as_dict else [*found.values()])
    if compiled:
        losses = {
            "digit": keras.losses.SparseCategoricalCrossentropy(),
            "parity": "binary_crossentropy",
            "light": "mse",
        }
        model.compile("adam", losses, loss_weights={"digit": 1.0, "parity": 0.5, "light": 0.1})
    return model


class TwoOutputs(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(12, activation="relu")
        self.digit = layers.Dense(10, activation="softmax")
        self.parity = layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        hidden = self.hidden(ops.reshape(inputs, (-1, 784)))
        return {"parity": self.parity(hidden), "digit": self.digit(hidden)}


def outputs_by_key():
    return TwoOutputs()
