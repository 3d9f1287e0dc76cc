"""From layers to a Keras model: what is built, and which draws two networks share."""

import jax
import keras
import numpy as np
import pytest

from paribus.engine import network
from paribus.study.configuration import Layer, Technique
from paribus.study.techniques import Kind, entry, names

IMAGE = (8, 8, 3)
REQUIRED = {
    "activation": "relu",
    "filters": 4,
    "kernel_size": [3, 3],
    "pool_size": [2, 2],
    "rate": 0.5,
    "scale": 0.1,
    "target_shape": [3, 1],
    "units": 5,
    "groups": 1,
}


def layers(*kinds, **arguments):
    """Layers by kind, their required arguments filled in; `arguments` for those that have them."""
    made = []
    for place, kind in enumerate(kinds, start=1):
        technique = entry(Kind.LAYER, kind)
        own = {name: REQUIRED[name] for name in technique.required}
        if kind == "group_normalization":
            own["groups"] = 1
        own |= {name: value for name, value in arguments.items() if name in technique.arguments}
        made.append(Layer(label=f"layer_{place}", kind=kind, arguments=own))
    return made


def weights(kinds, seed=0, shape=IMAGE, **arguments):
    """Each kind's weights, in order, as NumPy arrays."""
    model = network.build(layers(*kinds, **arguments), shape, seed)
    return {layer.name: [np.asarray(weight.value) for weight in layer.weights] for layer in model.layers}


def same(one, two):
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_the_last_activation_is_left_out_and_the_others_are_not():
    model = network.build(layers("dense", "dense", activation="softmax"), (3,), seed=0)
    assert [layer.activation.__name__ for layer in model.layers] == ["softmax", "linear"]
    model = network.build(layers("dense", "activation"), (3,), seed=0)
    assert model.layers[-1].activation.__name__ == "linear"
    model = network.build(layers("dense", "softmax"), (3,), seed=0)
    assert type(model.layers[-1]) is keras.layers.Identity
    model = network.build(layers("reshape", "lstm"), (3,), seed=0)
    assert model.layers[-1].activation.__name__ == "tanh", "which is inside its steps"


@pytest.mark.parametrize("name", names(Kind.INITIALIZER))
def test_the_seed_reaches_every_initializer_that_draws(name):
    initializer = Technique(name=name, arguments=dict(entry(Kind.INITIALIZER, name).defaults))
    first, again, other = (
        weights(["dense", "dense"], seed, (5,), kernel_initializer=initializer) for seed in (0, 0, 1)
    )
    draws = name not in ("constant", "identity", "ones", "zeros")
    for label in ("layer_1", "layer_2"):
        assert same(first[label], again[label])
        assert same(first[label], other[label]) is not draws
    assert np.array_equal(first["layer_1"][0], first["layer_2"][0]) is not draws


def test_an_initializer_that_is_not_named_draws_from_the_seed_too():
    named = Technique(name="glorot_uniform")
    for kind in ("dense", "conv2d", "separable_conv2d", "depthwise_conv2d"):
        assert same(weights([kind])["layer_1"], weights([kind])["layer_1"])
        assert not same(weights([kind])["layer_1"], weights([kind], seed=1)["layer_1"])
    assert same(weights(["dense"])["layer_1"], weights(["dense"], kernel_initializer=named)["layer_1"])


def test_glorot_uniform_lies_within_its_limits():
    """Glorot and Bengio 2010: uniform within the square root of 6 over the sum of the fans; biases zero."""
    kernel, bias = weights(["dense"], shape=(400,), units=200)["layer_1"]
    limit = np.sqrt(6 / 600)
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()


@pytest.mark.parametrize(
    "between",
    [
        ["dropout"],
        ["batch_normalization"],
        ["activation"],
        ["layer_normalization", "dropout"],
        ["leaky_relu"],
    ],
)
def test_layers_keep_their_initial_weights_when_others_come_between(between):
    plain = weights(["dense", "dense"], shape=(7,))
    more = weights(["dense", *between, "dense"], shape=(7,))
    assert same(plain["layer_1"], more["layer_1"])
    assert same(plain["layer_2"], more[f"layer_{2 + len(between)}"])
    first = weights([*between, "dense", "dense"], shape=(7,))
    assert same(plain["layer_1"], first[f"layer_{1 + len(between)}"])


def test_dense_layers_keep_their_initial_weights_when_a_convolution_is_added():
    one = weights(["conv2d", "flatten", "dense"], padding="same")
    two = weights(["conv2d", "flatten", "dense", "dense"], padding="same")
    assert same(one["layer_1"], two["layer_1"])
    assert same(one["layer_3"], two["layer_3"])


def test_layers_share_weights_where_only_a_regularizer_an_activation_or_a_neighbours_start_differs():
    plain = weights(["dense", "dense"], shape=(7,))
    l2 = Technique(name="l2", arguments={"l2": 0.01})
    assert same(plain["layer_2"], weights(["dense", "dense"], shape=(7,), kernel_regularizer=l2)["layer_2"])
    assert same(plain["layer_1"], weights(["dense", "dense"], shape=(7,), activation="tanh")["layer_1"])
    zeros = layers("dense", "dense")
    first = {**zeros[0].arguments, "kernel_initializer": Technique(name="zeros")}
    zeros[0] = zeros[0].model_copy(update={"arguments": first})
    model = network.build(zeros, (7,), seed=0)
    assert not np.any(model.layers[0].weights[0].value)
    assert np.array_equal(model.layers[1].weights[0].value, plain["layer_2"][0])


def test_each_dropout_draws_from_a_stream_of_its_own():
    seeds = [
        [int(layer.seed_generator.state.value[0]) for layer in model.layers if layer.name != "layer_2"]
        for model in (network.build(layers("dropout", "dense", "dropout"), (4,), seed) for seed in (0, 0, 1))
    ]
    assert seeds[0] == seeds[1]
    assert len({*seeds[0], *seeds[2]}) == 4


@pytest.mark.parametrize(
    ("regularizer", "penalty"),
    [
        (Technique(name="l2", arguments={"l2": 0.01}), lambda w: 0.01 * np.sum(w**2)),
        (Technique(name="l1", arguments={"l1": 0.02}), lambda w: 0.02 * np.sum(np.abs(w))),
        (
            Technique(name="l1_l2", arguments={"l1": 0.02, "l2": 0.01}),
            lambda w: 0.02 * np.sum(np.abs(w)) + 0.01 * np.sum(w**2),
        ),
        (
            Technique(name="orthogonal_regularizer", arguments={"factor": 0.5, "mode": "rows"}),
            lambda w: 0.5 * _mean_cosine_between_rows(w),
        ),
    ],
)
def test_penalties_are_their_formulas(regularizer, penalty):
    model = network.build(layers("dense", kernel_regularizer=regularizer), (4,), seed=0)
    kernel = np.asarray(model.layers[0].weights[0].value, np.float64)
    assert float(sum(model.losses)) == pytest.approx(penalty(kernel), rel=1e-5)


def _mean_cosine_between_rows(matrix):
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    cosines = np.abs(unit @ unit.T)[~np.eye(len(matrix), dtype=bool)]
    return cosines.sum() / 2 / (len(cosines) / 2)


def test_l2_has_the_gradient_two_lambda_w_on_weights_and_biases():
    l2 = Technique(name="l2", arguments={"l2": 0.01})
    model = network.build(layers("dense", kernel_regularizer=l2, bias_regularizer=l2), (4,), seed=0)
    values = [np.full(variable.shape, 3, np.float32) for variable in model.trainable_variables]
    gradients = jax.grad(
        lambda trainable: sum(
            model.stateless_call(trainable, [], np.ones((1, 4), np.float32), return_losses=True)[2]
        )
    )(values)
    for gradient in gradients:
        np.testing.assert_allclose(gradient, 2 * 0.01 * 3, 1e-6)


@pytest.mark.parametrize("name", names(Kind.OPTIMIZER))
def test_every_optimizer_is_keras_own_with_the_catalogues_arguments(name):
    technique = entry(Kind.OPTIMIZER, name)
    built = network.optimizer(Technique(name=name, arguments=dict(technique.defaults)))
    assert type(built) is getattr(keras.optimizers, technique.keras_class)
    config = built.get_config()
    for argument, default in technique.defaults.items():
        if argument != "epsilon_outside":
            expected = pytest.approx(default) if isinstance(default, float) else default
            assert config[argument] == expected, argument


def test_schedules_are_given_to_the_optimizer():
    schedule = Technique(name="piecewise_constant_decay", arguments={"boundaries": [2], "values": [0.5, 0.1]})
    built = network.optimizer(Technique(name="sgd", arguments={"learning_rate": schedule}))
    assert float(built.learning_rate) == 0.5
    built.iterations.assign(3)
    assert float(built.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_of_2021_divides_by_the_root_and_epsilon(centered):
    """TensorFlow 2.6: w - η g / (√v + ε), and where centered v - m² under the root."""
    arguments = {"learning_rate": 0.1, "epsilon": 0.01, "centered": centered, "epsilon_outside": True}
    built = network.optimizer(Technique(name="rmsprop", arguments=arguments))
    variable = keras.Variable(np.array([1.0, -2.0], np.float32))
    built.build([variable])
    weight, v, m = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for gradient in (np.array([0.3, 1e-4]), np.array([-0.1, 2e-4])):
        built.apply([gradient.astype(np.float32)])
        v = 0.9 * v + 0.1 * gradient**2
        m = 0.9 * m + 0.1 * gradient
        weight = weight - 0.1 * gradient / (np.sqrt(v - m**2 if centered else v) + 0.01)
    np.testing.assert_allclose(variable.value, weight, 1e-5)
    keras_form = network.optimizer(
        Technique(name="rmsprop", arguments=arguments | {"epsilon_outside": False})
    )
    assert type(keras_form) is keras.optimizers.RMSprop


def test_schedule_free_adamw_follows_its_paper():
    """Defazio et al. 2024, algorithm 1: y between the iterate z and its average x, gradients taken at y.

    By hand, for Keras 3.15 on TensorFlow computes x from the new z where the old one belongs.
    """
    built = network.optimizer(Technique(name="schedule_free_adamw", arguments={"learning_rate": 0.1}))
    variable = keras.Variable(np.array([1.0, -2.0], np.float32))
    built.build([variable])
    z = x = y = np.array([1.0, -2.0])
    v = np.zeros(2)
    for step, gradient in enumerate([np.array([0.3, -0.1]), np.array([-0.2, 0.4]), np.array([0.1, 0.1])], 1):
        built.apply([gradient.astype(np.float32)])
        v = 0.999 * v + 0.001 * gradient**2
        z = z - 0.1 * gradient / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        x = x + (z - x) / step
        y = 0.1 * z + 0.9 * x
    np.testing.assert_allclose(variable.value, y, 1e-4)


def test_a_leaky_unit_at_exactly_zero_has_its_negative_slope():
    """As on TensorFlow: a black image without a bias yet."""
    for kind, arguments in (
        ("leaky_relu", {"negative_slope": 0.25}),
        ("dense", {"activation": "leaky_relu"}),
    ):
        stack = layers("dense", kind, "dense")
        stack[1] = stack[1].model_copy(update={"arguments": {**stack[1].arguments, **arguments}})
        model = network.build(stack, (4,), seed=0)
        slope = arguments.get("negative_slope", 0.2)
        middle = model.layers[1]
        if kind == "leaky_relu":
            gradient = jax.grad(lambda z, layer=middle: layer(z).sum())(np.zeros((1, 5), np.float32))
        else:
            gradient = jax.grad(lambda z, layer=middle: layer.activation(z).sum())(
                np.zeros((1, 5), np.float32)
            )
        np.testing.assert_allclose(gradient, slope)
