"""What a run's compiled functions compute, against NumPy by hand and Keras's own eager functions."""

import jax
import jax.monitoring
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from scipy.special import expit

from paribus.engine import network, scoring
from paribus.engine.program import Program
from paribus.engine.stepwise import Looped
from paribus.study.techniques import Kind, names

pytestmark = pytest.mark.usefixtures("plainly_compiled")

L2 = {"kernel_regularizer": {"name": "l2", "arguments": {"l2": 0.01}}}
PENALISED = {**L2, "bias_regularizer": L2["kernel_regularizer"]}
NETWORK = [("dense", {"units": 6, "activation": "relu"}), ("dense", {"units": 4, "activation": "softmax"})]


@pytest.fixture(scope="module")
def pixels():
    """70 images of 3 × 3 in two channels, and labels of four classes."""
    draw = np.random.default_rng(3)
    return draw.integers(0, 256, (70, 3, 3, 2), dtype=np.uint8), draw.integers(0, 4, 70)


@pytest.fixture
def compilations(monkeypatch):
    """How often XLA has compiled since, as a list that grows."""
    seen = []

    def listen(event, *_, **__):
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)


def run(configuration, images, *, seed=0, epochs=1, rows=64):
    """The state and the steps after some epochs in the images' own order."""
    compiled = Program(configuration, images.pixels.shape[1:])
    state = compiled.initial(seed)
    for _ in range(epochs):
        state, steps = compiled.epoch(state, images, np.arange(rows, dtype=np.int32))
    return compiled, state, steps


def arrays(values):
    return [np.array(value) for value in values]


def test_sgd_with_l2_is_the_gradient_by_hand(configure, resident, float64, pixels):
    """Two epochs of batches of 20 and a last one of 10, forward and backward written out in NumPy."""
    rate, decay = 0.3, 0.01
    layers = [
        ("dense", {"units": 5, "activation": "relu", **PENALISED}),
        ("dense", {"units": 4, "activation": "sigmoid", **PENALISED}),
    ]
    configuration = configure(
        layers, ("sgd", {"learning_rate": rate}), loss="binary_crossentropy", batch_size=20, scale="unit"
    )
    images = resident(*pixels, factor=1 / 255, dtype=float64)
    compiled = Program(configuration, (3, 3, 2))
    state = compiled.initial(1)
    w1, b1, w2, b2 = arrays(state.trainable)
    b1 += 0.05
    state = state._replace(trainable=[jnp.asarray(value) for value in (w1, b1, w2, b2)])
    x, y = pixels[0].reshape(70, -1) / 255, np.eye(4)[pixels[1]]
    for epoch in range(2):
        order = np.random.default_rng(epoch).permutation(70).astype(np.int32)
        state, steps = compiled.epoch(state, images, order)
        for step, first in enumerate(range(0, 70, 20)):
            rows = order[first : first + 20]
            hidden = x[rows] @ w1 + b1
            active = np.maximum(hidden, 0)
            outputs = expit(active @ w2 + b2)
            losses = -(y[rows] * np.log(outputs) + (1 - y[rows]) * np.log(1 - outputs)).mean(axis=1)
            penalty = decay * sum(np.sum(value**2) for value in (w1, b1, w2, b2))
            assert float(steps.data_loss[step]) == pytest.approx(losses.mean(), rel=1e-10)
            assert float(steps.penalty[step]) == pytest.approx(penalty, rel=1e-10)
            assert int(steps.seen[step]) == np.sum(outputs.argmax(axis=1) == pixels[1][rows])
            to_logits = (outputs - y[rows]) / (4 * len(rows))
            to_hidden = (to_logits @ w2.T) * (hidden > 0)
            gradients = [x[rows].T @ to_hidden, to_hidden.sum(0), active.T @ to_logits, to_logits.sum(0)]
            w1, b1, w2, b2 = (
                value - rate * (gradient + 2 * decay * value)
                for value, gradient in zip((w1, b1, w2, b2), gradients, strict=True)
            )
    for value, by_hand in zip(state.trainable, (w1, b1, w2, b2), strict=True):
        np.testing.assert_allclose(value, by_hand, 1e-9)


@pytest.fixture(scope="module")
def gradients(pixels):
    """Gradients of NETWORK's loss on 16 of the images, compiled once for all optimizers."""
    x, y = pixels[0].reshape(70, -1) / np.float32(255), np.eye(4, dtype=np.float32)[pixels[1]]

    @jax.jit
    def computed(weights, rows):
        def loss(weights):
            w1, b1, w2, b2 = weights
            logits = jax.nn.relu(x[rows] @ w1 + b1) @ w2 + b2
            return keras.losses.categorical_crossentropy(y[rows], logits, from_logits=True).mean()

        return jax.grad(loss)(weights)

    x, y = jnp.asarray(x), jnp.asarray(y)
    return computed


def _optimizers():
    lab = [
        ("sgd", {"momentum": 0.9, "nesterov": True}),
        ("rmsprop", {"epsilon_outside": True}),
        ("adam", {}),
    ]
    others = [
        *((name, {}) for name in names(Kind.OPTIMIZER) if name != "adam"),
        ("rmsprop", {"epsilon_outside": True, "centered": True}),
        ("rmsprop", {"epsilon_outside": True, "momentum": 0.9}),
        ("sgd", {"momentum": 0.9, "weight_decay": 0.01, "global_clipnorm": 0.1}),
        ("adam", {"use_ema": True, "ema_overwrite_frequency": 2}),
        ("sgd", {"gradient_accumulation_steps": 2}),
    ]
    for technique in lab + others:
        words = [technique[0], *technique[1]]
        yield pytest.param(*technique, marks=[] if technique in lab else pytest.mark.slow, id="-".join(words))


@pytest.mark.parametrize(("name", "arguments"), list(_optimizers()))
def test_every_optimizer_steps_as_keras_does_and_compiles_once(
    name, arguments, configure, resident, pixels, gradients, compilations
):
    """Three steps against Keras's own eager ones, and no compilation but that of `prepare`."""
    configuration = configure(NETWORK, (name, arguments), batch_size=16, scale="unit")
    images = resident(*pixels, factor=1 / 255)
    compiled = Program(configuration, (3, 3, 2))
    model = network.build(configuration.layers, (18,), seed=0)
    own = network.optimizer(configuration.optimizer)
    own.build(model.trainable_variables)
    order = np.random.default_rng(0).permutation(70)[:48].astype(np.int32)
    for rows in order.reshape(3, 16):
        own.apply(gradients([variable.value for variable in model.trainable_variables], rows))

    state = compiled.initial(0)
    compiled.prepare(state, images, order)
    compilations.clear()
    state, _ = compiled.epoch(state, images, order)
    assert not compilations
    expected = [variable.value for variable in (*model.trainable_variables, *own.variables)]
    for value, by_keras in zip([*state.trainable, *state.optimizer], expected, strict=True):
        np.testing.assert_allclose(value, by_keras, 1e-3, 1e-5)

    compilations.clear()
    state, steps = compiled.epoch(state, images, order[::-1].copy())
    assert not compilations
    assert np.isfinite(steps.data_loss).all()
    assert int(state.optimizer[0]) == 6


@pytest.mark.usefixtures("as_for_users")
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(configure, resident, pixels):
    configuration = configure([NETWORK[0], ("dropout", {"rate": 0.5}), NETWORK[1]], scale="unit")
    images = resident(*pixels, factor=1 / 255)
    compiled, first, _ = run(configuration, images, seed=4)
    _, again, _ = run(configuration, images, seed=4)
    other, _ = compiled.epoch(compiled.initial(5), images, np.arange(64, dtype=np.int32))
    for one, two in zip(first.trainable, again.trainable, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.trainable[0], other.trainable[0])


def test_two_states_of_one_program_do_not_share_memory(configure, resident, pixels):
    images = resident(*pixels)
    compiled = Program(configure(NETWORK), (3, 3, 2))
    first, second = compiled.initial(0), compiled.initial(0)
    compiled.epoch(first, images, np.arange(64, dtype=np.int32))
    compiled.epoch(second, images, np.arange(64, dtype=np.int32))


def test_dropout_draws_anew_at_every_step_and_epoch_and_not_in_evaluation(configure, resident, pixels):
    """At a learning rate of zero only the draws can move the losses."""
    layers = [NETWORK[0], ("dropout", {"rate": 0.5}), NETWORK[1]]
    configuration = configure(layers, ("sgd", {"learning_rate": 0.0}), batch_size=16, scale="unit")
    images = resident(*pixels, factor=1 / 255)
    compiled = Program(configuration, (3, 3, 2))
    state, order = compiled.initial(0), np.tile(np.arange(16, dtype=np.int32), 4)
    seen = []
    for _ in range(2):
        state, steps = compiled.epoch(state, images, order)
        seen.extend(np.asarray(steps.data_loss).tolist())
    assert len(set(seen)) == 8
    rows = np.arange(70)
    assert (
        compiled.evaluate(state, images, rows).data_loss == compiled.evaluate(state, images, rows).data_loss
    )
    plain = Program(configure(NETWORK, scale="unit"), (3, 3, 2))
    without = plain.evaluate(plain.initial(0), images, rows)
    np.testing.assert_allclose(compiled.evaluate(state, images, rows).outputs, without.outputs, 1e-6)


def test_a_convolutional_network_is_called_step_by_step_for_the_same_updates(
    configure, resident, pixels, compilations
):
    layers = [("conv2d", {"filters": 3, "kernel_size": [2, 2]}), ("flatten", {}), NETWORK[1]]
    configuration = configure(layers, scale="unit")
    images, order = resident(*pixels, factor=1 / 255), np.arange(64, dtype=np.int32)[::-1].copy()
    called, looped = Program(configuration, (3, 3, 2)), Program(configuration, (3, 3, 2))
    looped._epochs = Looped(looped.update, configuration.batch_size)
    called.epoch(called.initial(0), images, order)
    compilations.clear()
    state, steps = called.epoch(called.initial(0), images, order)
    assert not compilations
    expected, seen = looped.epoch(looped.initial(0), images, order)
    both = jax.tree.leaves((state.trainable, steps)), jax.tree.leaves((expected.trainable, seen))
    for value, reference in zip(*both, strict=True):
        assert value.dtype == reference.dtype
        np.testing.assert_allclose(value, reference, 1e-5, 1e-6)


@pytest.mark.parametrize("shape", ["vectors", "images"])
def test_batch_normalization_carries_its_moving_statistics(shape, configure, resident, pixels):
    """Mean and variance of each channel over the batch, momentum 0.8, by NumPy; used in evaluation."""
    flat = [("flatten", {}), ("batch_normalization", {"momentum": 0.8}), NETWORK[1]]
    deep = [
        ("zero_padding2d", {"padding": [0, 0]}),
        ("batch_normalization", {"momentum": 0.8}),
        ("flatten", {}),
        NETWORK[1],
    ]
    configuration = configure(flat if shape == "vectors" else deep, batch_size=32)
    compiled, state, _ = run(configuration, resident(*pixels), epochs=2)
    x = pixels[0].astype(np.float64)
    x = x.reshape(70, -1) if shape == "vectors" else x
    axes = tuple(range(x.ndim - 1))
    mean, variance = np.zeros(x.shape[-1]), np.ones(x.shape[-1])
    for first in (0, 32, 0, 32):
        batch = x[first : first + 32]
        mean = 0.8 * mean + 0.2 * batch.mean(axis=axes)
        variance = 0.8 * variance + 0.2 * batch.var(axis=axes)
    np.testing.assert_allclose(state.non_trainable[0], mean, 1e-5)
    np.testing.assert_allclose(state.non_trainable[1], variance, 1e-5)
    gamma, beta, kernel, bias = arrays(state.trainable)
    normal = (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    logits = normal.reshape(70, -1) @ kernel + bias
    outputs = compiled.evaluate(state, resident(*pixels), np.arange(70)).outputs
    np.testing.assert_allclose(outputs, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 1e-3, 1e-6)


def test_scores_are_means_over_the_rows_whatever_the_chunks(configure, resident, pixels, monkeypatch):
    layers = [NETWORK[0], ("dense", {"units": 4, "activation": "softmax", **L2})]
    configuration = configure(layers, scale="unit")
    images = resident(*pixels, factor=1 / 255)
    compiled = Program(configuration, (3, 3, 2))
    state, rows = compiled.initial(0), np.random.default_rng(0).permutation(70)[:50]
    whole = compiled.evaluate(state, images, rows)
    outputs, labels = whole.outputs.astype(np.float64), pixels[1][rows]
    assert outputs.shape == (50, 4)
    assert whole.data_loss == pytest.approx(-np.log(outputs[np.arange(50), labels]).mean(), rel=1e-4)
    assert whole.score == np.mean(outputs.argmax(axis=1) == labels)
    assert whole.penalty == pytest.approx(0.01 * np.sum(np.square(np.asarray(state.trainable[2]))), rel=1e-6)
    monkeypatch.setattr(scoring, "CHUNK", 16)
    chunked = compiled.evaluate(state, images, rows)
    others = resident(pixels[0][:40], pixels[1][:40], factor=1 / 255)
    compiled.evaluate(state, others, np.arange(34))
    assert len(compiled._scores._compiled) == 3, "50 rows, 16 rows and 2"
    np.testing.assert_allclose(chunked.outputs, whole.outputs, 1e-5)
    assert chunked.data_loss == pytest.approx(whole.data_loss, rel=1e-5)
    assert (chunked.score, chunked.penalty) == (whole.score, whole.penalty)


def test_each_channel_is_shifted_and_scaled_by_its_own(configure, resident, pixels):
    shift, factor = np.array([100.0, 20.0]), np.array([0.01, 0.02])
    images = resident(*pixels, shift=shift, factor=factor)
    compiled = Program(configure([("dense", {"units": 4})], scale="standard"), (3, 3, 2))
    state = compiled.initial(0)
    logits = ((pixels[0] - shift) * factor).reshape(70, -1) @ np.asarray(state.trainable[0], np.float64)
    np.testing.assert_allclose(compiled.evaluate(state, images, np.arange(70)).outputs, logits, 1e-4, 1e-5)
    unscaled = Program(configure([("dense", {"units": 4})], scale="none"), (3, 3, 2))
    logits = pixels[0].reshape(70, -1) @ np.asarray(state.trainable[0], np.float64)
    np.testing.assert_allclose(unscaled.evaluate(state, images, np.arange(70)).outputs, logits, 1e-4, 1e-2)


def test_the_penalty_is_that_of_the_weights_in_the_state(configure, resident, pixels):
    """So that restored weights are scored with their own penalty."""
    layers = [("dense", {"units": 4, "activation": "softmax", **PENALISED})]
    images = resident(*pixels, factor=1 / 255)
    compiled = Program(configure(layers, scale="unit"), (3, 3, 2))
    state = compiled.initial(0)
    before = arrays(state.trainable)
    state, _ = compiled.epoch(state, images, np.arange(64, dtype=np.int32))
    restored = state._replace(trainable=[jnp.asarray(value) for value in before])
    rows = np.arange(10)
    expected = 0.01 * sum(np.sum(value**2) for value in before)
    assert compiled.evaluate(restored, images, rows).penalty == pytest.approx(expected, rel=1e-6)
    assert compiled.evaluate(state, images, rows).penalty != pytest.approx(expected, rel=1e-6)


def test_at_the_end_averaged_weights_take_the_place_of_the_last(configure, resident, pixels):
    images = resident(*pixels, factor=1 / 255)
    averaged = configure(
        NETWORK, ("sgd", {"use_ema": True, "ema_momentum": 0.5}), batch_size=32, scale="unit"
    )
    compiled, state, _ = run(averaged, images)
    single = configure(NETWORK, ("sgd", {}), batch_size=32, scale="unit")
    first = arrays(run(single, images, rows=32)[1].trainable)
    last = arrays(state.trainable)
    for kept, one, two in zip(compiled.finalize(state).trainable, first, last, strict=True):
        np.testing.assert_allclose(kept, 0.5 * one + 0.5 * two, 1e-5, 1e-7)
    compiled = Program(single, (3, 3, 2))
    state = compiled.initial(0)
    for kept, value in zip(compiled.finalize(state).trainable, state.trainable, strict=True):
        np.testing.assert_array_equal(kept, value)
