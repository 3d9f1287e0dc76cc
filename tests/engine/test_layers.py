"""Networks of every kind of layer: their updates against plain Keras, their draws, their probes."""

import jax
import keras
import numpy as np
import pytest

from paribus.engine import network, spectral
from paribus.engine.program import Program
from paribus.study.configuration import Layer, Technique

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

L = keras.layers
RATE = 0.1
PLAINLY = {"xla_backend_optimization_level": 0}
TIGHT = {"name": "max_norm", "arguments": {"max_value": 0.3}}
LSTM = ("lstm", {"units": 4, "return_sequences": True})
GRU = ("gru", {"units": 3})
ATTENTION = ("multi_head_attention", {"num_heads": 2, "key_dim": 3})


def wrapped(kind, inner, **arguments):
    """A layer that wraps another."""
    return kind, {"layer": Technique(name=inner[0], arguments=inner[1]), **arguments}


class SelfAttention(L.Layer):
    def __init__(self, *arguments):
        super().__init__()
        self.attention = L.MultiHeadAttention(*arguments)

    def build(self, shape):
        self.attention.build(shape, shape)

    def call(self, inputs):
        return self.attention(inputs, inputs)


CASES = {
    "recurrent": ((5, 3), [LSTM, GRU], lambda: [L.LSTM(4, return_sequences=True), L.GRU(3)]),
    "bidirectional": (
        (5, 3),
        [
            wrapped("bidirectional", LSTM, merge_mode="mul"),
            wrapped("bidirectional", GRU, merge_mode="concat"),
        ],
        lambda: [
            L.Bidirectional(L.LSTM(4, return_sequences=True), merge_mode="mul"),
            L.Bidirectional(L.GRU(3)),
        ],
    ),
    "tokens": (
        (6,),
        [("embedding", {"input_dim": 256, "output_dim": 4, "mask_zero": True}), ("simple_rnn", {"units": 3})],
        lambda: [L.Embedding(256, 4, mask_zero=True), L.SimpleRNN(3)],
    ),
    "attention": (
        (5, 3),
        [ATTENTION, ("rms_normalization", {}), ("global_average_pooling1d", {})],
        lambda: [SelfAttention(2, 3), L.RMSNormalization(), L.GlobalAveragePooling1D()],
    ),
    "sequence": (
        (9, 3),
        [
            ("conv1d", {"filters": 4, "kernel_size": 3, "padding": "causal"}),
            ("prelu", {}),
            ("zero_padding1d", {"padding": [0, 2]}),
            ("max_pooling1d", {"pool_size": 2, "strides": 1}),
            wrapped("time_distributed", ("dense", {"units": 2, "activation": "elu"})),
            ("flatten", {}),
        ],
        lambda: [
            L.Conv1D(4, 3, padding="causal"),
            L.PReLU(),
            L.ZeroPadding1D((0, 2)),
            L.MaxPooling1D(2, 1),
            L.TimeDistributed(L.Dense(2, activation="elu")),
            L.Flatten(),
        ],
    ),
    "volume": (
        (4, 4, 4, 2),
        [
            ("conv3d", {"filters": 2, "kernel_size": [2, 2, 2]}),
            ("relu", {"negative_slope": 0.1}),
            ("cropping3d", {"cropping": [0, 1, 0, 1, 0, 0]}),
            ("conv3d_transpose", {"filters": 2, "kernel_size": [2, 2, 2], "strides": [2, 2, 2]}),
            ("max_pooling3d", {"pool_size": [2, 2, 2], "strides": [1, 1, 1]}),
            ("adaptive_average_pooling3d", {"output_size": [2, 2, 2]}),
            ("flatten", {}),
        ],
        lambda: [
            L.Conv3D(2, 2),
            L.ReLU(negative_slope=0.1),
            L.Cropping3D(((0, 1), (0, 1), (0, 0))),
            L.Conv3DTranspose(2, 2, strides=2),
            L.MaxPooling3D(2, strides=1),
            L.AdaptiveAveragePooling3D(2),
            L.Flatten(),
        ],
    ),
    "frames": (
        (3, 4, 4, 1),
        [("conv_lstm2d", {"filters": 2, "kernel_size": [2, 2]}), ("flatten", {})],
        lambda: [L.ConvLSTM2D(2, 2), L.Flatten()],
    ),
    "penalized activity": (
        (7,),
        [
            ("reshape", {"target_shape": [7]}),
            ("dense", {"units": 5, "activation": "tanh", "kernel_constraint": TIGHT}),
            ("activity_regularization", {"l1": 0.01, "l2": 0.02}),
            ("unit_normalization", {}),
        ],
        lambda: [
            L.Dense(5, activation="tanh", kernel_constraint=keras.constraints.MaxNorm(0.3)),
            L.ActivityRegularization(0.01, 0.02),
            L.UnitNormalization(),
        ],
    ),
}
END = ("dense", {"units": 4, "activation": "softmax"})


def data(shape):
    """20 inputs of whole numbers from 0 to 9, and labels of four classes."""
    draw = np.random.default_rng(1)
    return draw.integers(0, 10, (20, *shape), dtype=np.uint8), draw.integers(0, 4, 20)


@pytest.mark.parametrize("case", CASES)
def test_an_update_is_that_of_plain_keras_by_jax(case, configure, resident):
    shape, layers, plain = CASES[case]
    configuration = configure([*layers, END], ("sgd", {"learning_rate": RATE}), batch_size=20)
    inputs, labels = data(shape)
    program, images = Program(configuration, shape, "stepwise"), resident(inputs, labels, factor=1.0)
    state = program.initial(3)
    started = [np.array(each) for each in state.trainable]
    model = keras.Sequential([keras.Input(shape), *plain(), L.Dense(4)])
    for variable, value in zip(model.trainable_variables, started, strict=True):
        variable.assign(value)
    tokens = inputs.astype(np.int32 if layers[0][0] == "embedding" else np.float32)

    def total(trainable):
        logits, _, penalties = model.stateless_call(
            trainable,
            [v.value for v in model.non_trainable_variables],
            tokens,
            training=True,
            return_losses=True,
        )
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return losses.mean() + sum(penalties)

    differentiated = jax.jit(jax.value_and_grad(total), compiler_options=PLAINLY)
    loss, gradients = differentiated([jax.numpy.asarray(each) for each in started])
    after, steps = program.epoch(state, images, np.arange(20, dtype=np.int32))
    assert float(steps.data_loss[0] + steps.penalty[0]) == pytest.approx(float(loss), rel=1e-5)
    for variable, value, gradient, found in zip(
        model.trainable_variables, started, gradients, after.trainable, strict=True
    ):
        expected = value - RATE * gradient
        if variable.constraint is not None:
            expected = variable.constraint(expected)
        np.testing.assert_allclose(found, expected, 1e-4, 1e-6, err_msg=variable.path)
    scores = program.evaluate(after, images, np.arange(20))
    for variable, found in zip(model.trainable_variables, after.trainable, strict=True):
        variable.assign(found)
    predicted = jax.jit(lambda x: keras.ops.softmax(model(x, training=False)), compiler_options=PLAINLY)
    again = predicted(tokens)
    np.testing.assert_allclose(scores.outputs, again, 1e-4, 1e-6)
    assert scores.data_loss + scores.penalty == pytest.approx(
        float(differentiated(after.trainable)[0]), rel=1e-5
    )
    probe = program.probes.probe(after, images, epoch=1, step=1)
    assert probe.data_loss == pytest.approx(scores.data_loss, rel=1e-5)
    assert probe.penalty == pytest.approx(scores.penalty, rel=1e-5, abs=1e-7)


def build(*layers, shape, seed=0):
    return network.build(
        [
            Layer(label=f"layer_{place}", kind=kind, arguments=given)
            for place, (kind, given) in enumerate(layers, 1)
        ],
        shape,
        seed,
    )


def values(model):
    """A model's weights, by their paths below its layers."""
    return {weight.path.split("/", 2)[2]: np.asarray(weight.value) for weight in model.weights}


def test_a_wrapped_layer_starts_as_one_of_its_class_without_the_wrapper():
    dense, turned = ("dense", {"units": 4}), ("lstm", {"units": 4})
    alone = values(build(dense, shape=(7,)))
    normalized = values(build(wrapped("spectral_normalization", dense), shape=(7,)))
    by_step = values(build(wrapped("time_distributed", dense), shape=(3, 7)))
    assert np.array_equal(alone["kernel"], normalized["dense/kernel"])
    assert np.array_equal(alone["kernel"], by_step["dense/kernel"])
    one = values(build(turned, shape=(3, 7)))
    both = values(build(wrapped("bidirectional", turned, merge_mode="sum"), shape=(3, 7)))
    assert np.array_equal(one["lstm_cell/kernel"], both["forward_lstm/lstm_cell/kernel"])
    assert not np.array_equal(one["lstm_cell/kernel"], both["backward_lstm/lstm_cell/kernel"])
    assert np.array_equal(one["lstm_cell/bias"], [0] * 4 + [1] * 4 + [0] * 8), "the forget gate starts open"


def test_every_matrix_of_a_layer_is_drawn_by_itself():
    attention = values(build(ATTENTION, shape=(5, 6)))
    kernels = [attention[f"attention/{part}/kernel"].ravel() for part in ("query", "key", "value")]
    assert len({each.tobytes() for each in kernels}) == 3
    recurrent = values(build(("simple_rnn", {"units": 4}), shape=(5, 4)))
    assert not np.allclose(recurrent["simple_rnn_cell/kernel"], recurrent["simple_rnn_cell/recurrent_kernel"])
    np.testing.assert_allclose(
        recurrent["simple_rnn_cell/recurrent_kernel"] @ recurrent["simple_rnn_cell/recurrent_kernel"].T,
        np.eye(4),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "layers",
    [
        [LSTM, wrapped("bidirectional", GRU, merge_mode="sum"), END],
        [ATTENTION, ("flatten", {}), wrapped("spectral_normalization", ("dense", {"units": 3})), END],
    ],
)
def test_the_same_seed_draws_the_same_and_another_seed_another(layers):
    first, again, other = (
        {weight.path: np.asarray(weight.value) for weight in build(*layers, shape=(5, 3), seed=seed).weights}
        for seed in (4, 4, 5)
    )
    assert all(np.array_equal(first[path], again[path]) for path in first)
    drawn = [path for path in first if first[path].size > 1 and len(np.unique(first[path])) > 2]
    assert drawn
    assert not any(np.array_equal(first[path], other[path]) for path in drawn)


NOISE = {
    "gaussian_noise": {"stddev": 0.5},
    "gaussian_dropout": {"rate": 0.5},
    "alpha_dropout": {"rate": 0.5},
    "spatial_dropout1d": {"rate": 0.5},
    "lstm": {"units": 3, "return_sequences": True, "dropout": 0.5, "recurrent_dropout": 0.5},
    "multi_head_attention": {"num_heads": 1, "key_dim": 2, "dropout": 0.5},
}


@pytest.mark.parametrize("kind", NOISE)
def test_noise_is_drawn_by_the_seed_at_every_step_and_not_after_training(kind, configure, resident):
    layers = [("reshape", {"target_shape": [5, 3]}), (kind, NOISE[kind]), ("flatten", {}), END]
    program = Program(configure(layers, ("sgd", {"learning_rate": 0.0}), batch_size=5), (5, 3))
    images, order = resident(*data((5, 3))), np.tile(np.arange(5, dtype=np.int32), 2)
    losses = [program.epoch(program.initial(seed), images, order)[1].data_loss for seed in (0, 0, 1)]
    assert np.array_equal(losses[0], losses[1])
    assert losses[0][0] != losses[0][1], "the same batch, drawn anew"
    first, again = (program.evaluate(program.initial(0), images, np.arange(20)) for _ in range(2))
    assert np.array_equal(first.outputs, again.outputs)
    probe = program.probes.probe(program.initial(0), images, epoch=0, step=0)
    assert probe.training_loss is not None
    assert probe.data_loss == pytest.approx(first.data_loss, rel=1e-5)


def test_a_spectral_norm_divides_the_weights_themselves_before_each_step(configure, resident):
    """As Keras on TensorFlow: the quotient is stored, and the update made from it."""
    layers = [wrapped("spectral_normalization", ("dense", {"units": 5}), power_iterations=30), END]
    program = Program(configure(layers, ("sgd", {"learning_rate": 0.0}), batch_size=20), (7,))
    assert program.update_mode == "stepwise"
    state = program.initial(0)
    before = np.array(state.trainable[0])
    divided, _ = spectral.normalized(program.model, state.trainable, state.non_trainable)
    np.testing.assert_allclose(divided[0], before / np.linalg.norm(before, 2), 1e-5)
    after, _ = program.epoch(state, resident(*data((7,))), np.arange(20, dtype=np.int32))
    np.testing.assert_allclose(after.trainable[0], before / np.linalg.norm(before, 2), 1e-5)


def test_a_penalty_on_activity_is_the_mean_over_the_inputs(configure, resident, monkeypatch):
    layers = [("dense", {"units": 5}), ("activity_regularization", {"l1": 0.0, "l2": 0.5}), END]
    inputs, labels = data((7,))
    program = Program(configure(layers, batch_size=20), (7,))
    state, images = program.initial(0), resident(inputs, labels)
    kernel, bias = (np.array(each) for each in state.trainable[:2])
    expected = 0.5 * np.square(inputs @ kernel + bias).sum() / 20
    monkeypatch.setattr("paribus.engine.scoring.CHUNK", 8)
    assert program.evaluate(state, images, np.arange(20)).penalty == pytest.approx(expected, rel=1e-5)
    _, steps = program.epoch(state, images, np.arange(20, dtype=np.int32))
    assert float(steps.penalty[0]) == pytest.approx(expected, rel=1e-5)


def test_probes_say_nothing_of_activations_inside_a_layer(configure, resident):
    layers = [LSTM, ("conv1d", {"filters": 3, "kernel_size": 2}), ("relu", {}), ("flatten", {}), END]
    program = Program(configure(layers), (5, 3))
    found = program.probes.probe(program.initial(0), resident(*data((5, 3))), epoch=0, step=0).layers
    assert list(found) == ["layer_1", "layer_2", "layer_3", "layer_5"]
    assert (found["layer_1"].dead, found["layer_1"].active, found["layer_1"].identical) == (None, None, None)
    assert found["layer_1"].gradient > 0
    assert found["layer_2"].active == found["layer_3"].active is not None
    assert found["layer_2"].identical == 0


def test_delayed_updates_go_with_noise_activity_and_constraints_of_other_weights(
    configure, resident, float64
):
    non_negative = Technique(name="non_neg")
    layers = [
        ("dense", {"units": 5, "activation": "tanh", "bias_constraint": non_negative}),
        ("activity_regularization", {"l1": 0.0, "l2": 0.1}),
        ("gaussian_noise", {"stddev": 0.1}),
        ("dense", {"units": 4, "activation": "softmax", "kernel_constraint": non_negative}),
    ]
    configuration = configure(layers, ("sgd", {"learning_rate": 0.1, "momentum": 0.9}), batch_size=4)
    inputs, labels = data((7,))
    ends = []
    for updates in ("delayed", "stepwise"):
        program = Program(configuration, (7,), updates)
        assert program.update_mode == updates
        images = resident(inputs, labels, factor=0.1, dtype=float64)
        ends.append(program.epoch(program.initial(0), images, np.arange(20, dtype=np.int32)))
    for delayed, stepwise in zip(jax.tree.leaves(ends[0]), jax.tree.leaves(ends[1]), strict=True):
        np.testing.assert_allclose(delayed, stepwise, 1e-10, 1e-12)
    tight = configure([("dense", {"units": 5, "kernel_constraint": non_negative}), END], batch_size=4)
    assert Program(tight, (7,), "delayed").update_mode == "stepwise"
