"""What is measured inside a network, against NumPy and Keras's own objects; and that it changes nothing."""

import keras
import numpy as np
import pytest
from scipy.special import expit

from paribus.data.split import split
from paribus.engine import network
from paribus.engine.probes import Probes, early_steps, sample_rows
from paribus.engine.program import Program
from paribus.engine.training import Trajectory, train
from paribus.record.checkpoint import encode

pytestmark = pytest.mark.usefixtures("plainly_compiled")

L2 = {"name": "l2", "arguments": {"l2": 0.01}}
PENALISED = {"kernel_regularizer": L2, "bias_regularizer": L2}
BOTH_WAYS = pytest.mark.parametrize("batch_size", [50, 16], ids=["stepwise", "delayed"])
STARTING = {
    "zeros": {"kernel_initializer": "zeros", "bias_initializer": "zeros"},
    "ones": {"kernel_initializer": "ones", "bias_initializer": "ones"},
}


@pytest.fixture(scope="module")
def pixels():
    """70 images of 3 × 3 in two channels, and labels of four classes."""
    draw = np.random.default_rng(3)
    return draw.integers(0, 256, (70, 3, 3, 2), dtype=np.uint8), draw.integers(0, 4, 70)


def probed(images, specify, new_sink, **settings):
    """The probes of a small run, and whatever else its sink remembers."""
    spec, sink = specify(**settings), new_sink()
    train([spec], images, sink)
    return sink.probes[spec.digest], sink


def norm(*arrays):
    return np.sqrt(sum(np.sum(np.square(array)) for array in arrays))


def test_a_probe_says_what_numpy_computes_by_hand(configure, resident, float64, pixels):
    layers = [
        ("dense", {"units": 5, "activation": "relu", **PENALISED}),
        ("dense", {"units": 4, "activation": "sigmoid", **PENALISED}),
    ]
    configuration = configure(layers, loss="binary_crossentropy", scale="unit")
    program = Program(configuration, (3, 3, 2))
    state = program.initial(1)
    w1, b1, w2, b2 = (np.array(value) for value in state.trainable)
    b1[2], b2[1] = -100, 40
    state = state._replace(trainable=[w1, b1, w2, b2])
    found = program.probes.probe(state, resident(*pixels, factor=1 / 255, dtype=float64), epoch=2, step=6)

    x, y = pixels[0].reshape(70, -1) / 255, np.eye(4)[pixels[1]]
    hidden = np.maximum(x @ w1 + b1, 0)
    outputs = expit(hidden @ w2 + b2)
    logits = hidden @ w2 + b2
    losses = np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))
    to_logits = (outputs - y) / (4 * 70)
    to_hidden = (to_logits @ w2.T) * (hidden > 0)
    gradients = [x.T @ to_hidden, to_hidden.sum(0), hidden.T @ to_logits, to_logits.sum(0)]
    whole = [g + 0.02 * value for g, value in zip(gradients, (w1, b1, w2, b2), strict=True)]
    assert (found.epoch, found.step) == (2, 6)
    assert found.data_loss == pytest.approx(losses.mean(), rel=1e-10)
    assert found.penalty == pytest.approx(0.01 * norm(w1, b1, w2, b2) ** 2, rel=1e-10)
    assert found.accuracy == np.mean(outputs.argmax(axis=1) == pixels[1])
    assert found.predicted == tuple(np.bincount(outputs.argmax(axis=1), minlength=4)) == (0, 70, 0, 0)
    assert found.saturated == pytest.approx(np.mean((outputs <= 1e-7) | (outputs >= 1 - 1e-7))) == 0.25
    assert list(found.layers) == ["layer_1", "layer_2"]
    for layer, weights, slopes in zip(
        found.layers.values(), ((w1, b1), (w2, b2)), (whole[:2], whole[2:]), strict=True
    ):
        assert layer.gradient == pytest.approx(norm(*slopes), rel=1e-9)
        assert layer.weight == pytest.approx(norm(*weights), rel=1e-9)
        assert layer.update == pytest.approx(0.1 * norm(*slopes), rel=1e-7)
        assert layer.ratio == pytest.approx(layer.update / layer.weight)
    first, last = found.layers.values()
    assert first.dead == np.mean((hidden == 0).all(axis=0)) == 0.4
    assert first.active == pytest.approx(np.mean(hidden > 0))
    assert first.identical == 0
    assert (last.dead, last.active, last.identical) == (None, None, None)


def test_layers_of_other_kinds_are_measured_as_keras_puts_them_out(configure, resident, pixels):
    layers = [
        ("conv2d", {"filters": 3, "kernel_size": 2}),
        ("batch_normalization", {}),
        ("activation", {"activation": "relu"}),
        ("flatten", {}),
        ("dropout", {"rate": 0.5}),
        ("dense", {"units": 4, "activation": "softmax"}),
    ]
    configuration = configure(layers, ("adam", {"learning_rate": 0.01}), scale="unit")
    program, images = Program(configuration, (3, 3, 2)), resident(*pixels, factor=1 / 255)
    found = program.probes.probe(program.initial(0), images, epoch=0, step=0)
    model = network.build(configuration.layers, (3, 3, 2), 0)
    values, out = pixels[0] / np.float32(255), {}
    for layer in model.layers:
        values = layer(values, training=False)
        out[layer.name] = np.asarray(values)
    losses = keras.losses.sparse_categorical_crossentropy(pixels[1], out["layer_6"], from_logits=True)
    answers = out["layer_6"].argmax(axis=1)
    assert found.data_loss == pytest.approx(float(np.mean(losses)), rel=1e-5)
    assert found.accuracy == np.mean(answers == pixels[1])
    assert found.predicted == tuple(np.bincount(answers, minlength=4))
    assert list(found.layers) == ["layer_1", "layer_2", "layer_3", "layer_6"]
    convolution, normalization, activation, dense = found.layers.values()
    assert convolution.active == pytest.approx(np.mean(out["layer_3"] > 0)), "after its activation"
    assert convolution.identical == 0
    assert normalization.weight == pytest.approx(np.sqrt(3))
    assert (normalization.active, normalization.identical) == (None, None)
    assert activation.active == pytest.approx(np.mean(out["layer_3"] > 0))
    assert (activation.gradient, activation.ratio, activation.identical) == (None, None, None)
    # Adam's first update moves every weight that has a gradient by the learning rate.
    inputs = np.count_nonzero(out["layer_4"].any(axis=0))
    assert dense.update == pytest.approx(0.01 * np.sqrt(inputs * 4 + 4), rel=1e-2)


def test_an_activation_of_its_own_layer_is_measured_as_an_argument_is(configure, resident, pixels):
    output = ("dense", {"units": 4, "activation": "softmax"})
    argument = [("dense", {"units": 6, "activation": "relu"}), output]
    layer = [("dense", {"units": 6}), ("activation", {"activation": "relu"}), output]
    found = []
    for layers in (argument, layer):
        program = Program(configure(layers, scale="unit"), (3, 3, 2))
        images = resident(*pixels, factor=1 / 255)
        found.append(program.probes.probe(program.initial(0), images, epoch=0, step=0).layers["layer_1"])
    assert found[0] == found[1]
    assert 0 < found[0].active < 1


def test_units_without_any_activation_are_neither_dead_nor_active(configure, resident, pixels):
    layers = [("dense", {"units": 6}), ("dense", {"units": 4, "activation": "softmax"})]
    program = Program(configure(layers, scale="unit"), (3, 3, 2))
    found = program.probes.probe(program.initial(0), resident(*pixels, factor=1 / 255), epoch=0, step=0)
    assert (found.layers["layer_1"].dead, found.layers["layer_1"].active) == (None, None)
    assert (found.training_loss, found.training_accuracy) == (None, None)


def test_training_mode_normalizes_by_the_images_themselves(configure, resident, float64, pixels):
    layers = [("batch_normalization", {}), ("dense", {"units": 4, "activation": "softmax"})]
    program = Program(configure(layers, scale="unit"), (3, 3, 2))
    state = program.initial(1)
    images = resident(*pixels, factor=1 / 255, dtype=float64)
    found = program.probes.probe(state, images, epoch=0, step=0)

    x = pixels[0].reshape(70, -1) / 255
    kernel = np.asarray(state.trainable[2])
    losses = {}
    for mode, mean, variance in (("inference", 0, 1), ("training", x.mean(0), x.var(0))):
        logits = (x - mean) / np.sqrt(variance + 0.001) @ kernel
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        losses[mode] = -np.log(shares[np.arange(70), pixels[1]]).mean()
        if mode == "training":
            assert found.training_accuracy == np.mean(shares.argmax(axis=1) == pixels[1])
    assert found.training_loss == pytest.approx(losses["training"], rel=1e-5)
    assert found.data_loss == pytest.approx(losses["inference"], rel=1e-5)


def test_training_mode_drops_units_and_a_rate_of_zero_drops_none(configure, resident, pixels):
    found = {}
    for rate in (0.0, 0.5):
        layers = [
            ("dense", {"units": 50}),
            ("dropout", {"rate": rate}),
            ("dense", {"units": 4, "activation": "softmax"}),
        ]
        program = Program(configure(layers, scale="unit"), (3, 3, 2))
        state = program.initial(1)
        images = resident(*pixels, factor=1 / 255)
        found[rate] = [program.probes.probe(state, images, epoch=0, step=0) for _ in range(2)]
    assert found[0.0][0].training_loss is None
    assert found[0.5][0] == found[0.5][1], "a probe draws nothing that the next one misses"
    assert found[0.5][0].data_loss == pytest.approx(found[0.0][0].data_loss)
    assert abs(found[0.5][0].training_loss - found[0.5][0].data_loss) > 0.01


def test_a_single_output_predicts_two_classes(configure, resident, pixels):
    configuration = configure([("dense", {"units": 1, "activation": "sigmoid"})], loss="binary_crossentropy")
    program = Program(configuration, (3, 3, 2))
    found = program.probes.probe(program.initial(0), resident(pixels[0], pixels[1] % 2), epoch=0, step=0)
    assert len(found.predicted) == 2
    assert sum(found.predicted) == 70


@BOTH_WAYS
def test_a_first_layer_of_zeros_never_gets_a_gradient(images, specify, new_sink, batch_size):
    layers = {"hidden_1": STARTING["zeros"]}
    probes, _ = probed(images, specify, new_sink, scale="none", layers=layers, batch_size=batch_size)
    assert [probe.epoch for probe in probes][-4:] == [1, 2, 3, 4]
    for probe in probes:
        hidden = probe.layers["hidden_1"]
        assert (hidden.gradient, hidden.weight, hidden.update, hidden.ratio) == (0, 0, 0, None)
        assert (hidden.dead, hidden.active, hidden.identical) == (1, 0, 1)
        assert np.count_nonzero(probe.predicted) == 1
        assert probe.layers["output"].gradient > 0


@BOTH_WAYS
def test_a_first_layer_of_ones_on_unscaled_pixels_dies_within_a_few_updates(
    images, specify, new_sink, batch_size
):
    settings = {"optimizer": {"name": "sgd", "learning_rate": 0.01}, "layers": {"hidden_1": STARTING["ones"]}}
    probes, _ = probed(images, specify, new_sink, scale="none", batch_size=batch_size, **settings)
    begun = probes[0].layers["hidden_1"]
    assert (begun.active, begun.dead, begun.identical) == (1, 0, 1)
    at = {probe.step: probe for probe in probes if probe.epoch == 0}
    assert at[1].data_loss > 100 * at[0].data_loss
    assert at[1].layers["hidden_1"].identical == 0, "the random output weights tell the units apart"
    assert at[4].layers["hidden_1"].dead > 0.5
    assert probes[-1].layers["hidden_1"].dead > 0.5


def test_both_ways_of_training_have_the_same_probes_to_rounding(images, specify):
    """Of the same weights; the early ones of the same updates as well."""
    spec = specify(batch_size=16, kernel_regularizer={"l2": 0.001})
    found = []
    for way in ("stepwise", "delayed"):
        remembered = []

        class Sink:
            def epoch(self, spec, row, timing, probes):
                remembered.extend(probes)  # noqa: B023

            def checkpoint(self, spec, state): ...

            def end(self, spec, result, trained): ...

        program = Program(spec.configuration, images.x_train.shape[1:], way)
        assert program.update_mode == way
        train([spec], images, Sink(), program=program)
        found.append(remembered)
    stepwise, delayed = found
    assert len(stepwise) == len(delayed) == 4 + 4
    assert stepwise[:4] == delayed[:4]
    for one, other in zip(stepwise, delayed, strict=True):
        assert one.predicted == other.predicted
        assert one.data_loss == pytest.approx(other.data_loss, rel=1e-4)
        for name, layer in one.layers.items():
            for number in ("gradient", "weight", "update", "ratio"):
                assert getattr(layer, number) == pytest.approx(getattr(other.layers[name], number), rel=1e-3)


def test_early_probes_are_of_the_updates_that_training_makes(images, specify, new_sink):
    """An epoch of two updates, ended by training itself, is the probe after the second."""
    model = {"hidden": [12], "activation": "relu", "output": "sigmoid", "dropout": 0.4}
    spec = specify(batch_size=30, model=model, epochs=1)
    sink = new_sink()
    train([spec], images, sink)
    early = {probe.step: probe for probe in sink.probes[spec.digest] if probe.epoch == 0}
    assert list(early) == [0, 1, 2, 4]
    training = Trajectory([spec], images, sink, None)
    for steps in (1, 2, 4):
        state, _ = training.program.epoch(
            training.program.initial(0), training.images, training.order(1)[: 30 * steps]
        )
        expected = training.program.probes.probe(state, training.sample, epoch=0, step=steps)
        assert early[steps].data_loss == pytest.approx(expected.data_loss, rel=1e-5)
        for name, layer in expected.layers.items():
            assert early[steps].layers[name].gradient == pytest.approx(layer.gradient, rel=1e-4)
            assert early[steps].layers[name].weight == pytest.approx(layer.weight, rel=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}},
        {"batch_size": 16, "kernel_regularizer": {"l2": 0.001}},
        {
            "optimizer": "adam",
            "model": {"hidden": [12], "activation": "relu", "output": "softmax", "dropout": 0.3},
        },
        {
            "model": [
                {"conv2d": {"filters": 2, "kernel_size": 3, "strides": 3}},
                "batch_normalization",
                "flatten",
                {"dense": {"units": 10, "activation": "sigmoid"}},
            ]
        },
    ],
    ids=["momentum", "delayed", "dropout", "convolution"],
)
def test_training_has_the_same_bits_without_probes(images, specify, new_sink, monkeypatch, settings):
    spec, measured, plain = specify(**settings), new_sink(), new_sink()
    train([spec], images, measured)
    monkeypatch.setattr(Probes, "early", lambda *_: [])
    monkeypatch.setattr(Probes, "probe", lambda *_, **__: None)
    train([spec], images, plain)
    assert measured.rows == plain.rows
    assert measured.results == plain.results
    one, other = measured.trained[spec.digest], plain.trained[spec.digest]
    assert encode(one.weights) == encode(other.weights)
    np.testing.assert_array_equal(one.outputs, other.outputs)


def test_a_run_that_diverges_has_nothing_where_there_is_no_number(images, specify, new_sink):
    rate = {"name": "sgd", "learning_rate": 1e30}
    probes, _ = probed(images, specify, new_sink, scale="none", optimizer=rate)
    last = probes[-1]
    assert (last.data_loss, last.saturated) == (None, None)
    hidden = last.layers["hidden_1"]
    assert (hidden.weight, hidden.ratio, hidden.dead, hidden.identical) == (None, None, None, None)
    assert sum(last.predicted) == 0


def test_probes_count_updates_from_the_beginning_of_the_run(images, specify, new_sink):
    probes, _ = probed(images, specify, new_sink, batch_size=50, epochs=3)
    assert [(probe.epoch, probe.step) for probe in probes] == [
        (0, 0), (0, 1), (0, 2), (0, 4), (1, 5), (2, 10), (3, 15),
    ]  # fmt: skip


def test_the_sample_is_of_images_that_train_and_spread_over_them(images):
    train_rows = split(images, 0.2, 0).train
    rows = sample_rows(train_rows)
    assert len(set(rows)) == 64
    assert set(rows) <= set(train_rows)
    sorted_by_class = np.sort(np.arange(54_000) % 10)
    counts = np.bincount(sorted_by_class[sample_rows(np.arange(54_000))])
    assert counts.sum() == 512
    assert set(counts) <= {51, 52}


def test_early_steps_are_powers_of_two_within_the_first_part_of_the_epoch():
    assert early_steps(1) == []
    assert early_steps(2) == [1]
    assert early_steps(5) == [1, 2, 4]
    assert early_steps(100_000) == [1, 2, 4, 8, 16, 32, 64]
