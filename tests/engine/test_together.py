"""Seeds trained in one computation: what each has is what it has alone, up to rounding."""

from dataclasses import replace

import numpy as np
import pytest

from paribus.engine import together, training
from paribus.engine.program import Program
from paribus.engine.together import train_together
from paribus.engine.training import Resumed, train
from paribus.record.run import Status

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

SEEDS = range(3)
ADAM = {"optimizer": {"name": "adam", "learning_rate": 0.01}}
DENSE = {"model": {"hidden": [16, 8], "activation": "relu", "output": "softmax"}}
CONVOLUTION = {
    "model": [
        {"conv2d": {"filters": 3, "kernel_size": 5, "activation": "relu"}},
        {"max_pooling2d": 4},
        "batch_normalization",
        "flatten",
        {"dropout": 0.2},
        {"dense": {"units": 10, "activation": "softmax"}},
    ],
    "loss": "categorical_crossentropy",
}
WAYS = {
    "sgd, nothing held out": {"validation": 0.0},
    "momentum, l2 and a plateau": {
        "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "kernel_regularizer": {"l2": 0.01},
        "reduce_on_plateau": {"factor": 0.1, "patience": 1, "min_delta": 1.0},
    },
    "adam": ADAM,
    "dropout and batch normalization": {
        **ADAM,
        "model": {**DENSE["model"], "dropout": 0.3, "batch_normalization": True},
    },
    # Not under Adam: a bias before batch normalization has no gradient but rounding, which Adam makes a step.
    "convolution": {**CONVOLUTION, "optimizer": {"name": "sgd", "learning_rate": 0.02}, "epochs": 2},
    "scale, labels and noise of each seed": {
        "scale": "standard",
        "label_noise": 0.3,
        "augment": [{"gaussian_noise": 0.2}],
    },
    "augmented": {
        "augment": [{"random_translation": {"height_factor": 0.1, "width_factor": 0.1}}],
        "epochs": 2,
    },
    "spectral normalization": {
        "model": [
            "flatten",
            {"spectral_normalization": {"dense": {"units": 8, "activation": "relu"}}},
            {"dense": {"units": 10, "activation": "sigmoid"}},
        ],
        "epochs": 2,
    },
}


_PROGRAMS = {}


def program_of(spec, images):
    """Return what all tests share of a configuration."""
    alike = spec.model_copy(update={"seed": 0}).trajectory
    if alike not in _PROGRAMS:
        _PROGRAMS[alike] = Program(spec.configuration, images.x_train.shape[1:], "stepwise")
    return _PROGRAMS[alike]


def alone(specs, images, sink):
    program = program_of(specs[0], images)
    for spec in specs:
        train([spec], images, sink, program=program)
    return sink


def at_once(specs, images, sink, resumed=None):
    train_together(specs, images, sink, program=program_of(specs[0], images), resumed=resumed or {})
    return sink


def close_runs(one, other, spec, rel=2e-4, absolute=2e-5):
    """A run has the same epochs, probes, end, weights and outputs in two sinks, up to rounding."""
    first, second = one.rows[spec.digest], other.rows[spec.digest]
    assert [row["epoch"] for row in first] == [row["epoch"] for row in second]
    for row, again in zip(first, second, strict=True):
        assert row.keys() == again.keys()
        for name, value in row.items():
            assert again[name] == pytest.approx(value, rel=rel, abs=absolute, nan_ok=True), name
    probes, others = one.probes[spec.digest], other.probes[spec.digest]
    assert [(probe.epoch, probe.step) for probe in probes] == [(probe.epoch, probe.step) for probe in others]
    for probe, again in zip(probes, others, strict=True):
        assert again.layers.keys() == probe.layers.keys()
        for name, layer in probe.layers.items():
            assert again.layers[name].weight == pytest.approx(layer.weight, rel=rel)
            assert again.layers[name].gradient == pytest.approx(layer.gradient, rel=50 * rel, abs=absolute)
    ends = one.results[spec.digest], other.results[spec.digest]
    assert len({(end.status, end.epochs, end.kept_epoch, end.parameters, end.summary) for end in ends}) == 1
    assert ends[0].test == pytest.approx(ends[1].test, rel=rel, abs=absolute)
    kept, again = one.trained[spec.digest], other.trained[spec.digest]
    if kept is None:
        assert again is None
        return
    np.testing.assert_allclose(again.outputs, kept.outputs, rtol=20 * rel, atol=20 * absolute)
    assert again.weights.keys() == kept.weights.keys()
    for name, weights in kept.weights.items():
        np.testing.assert_allclose(again.weights[name], weights, rtol=20 * rel, atol=20 * absolute)


@pytest.mark.parametrize("way", WAYS)
def test_seeds_trained_together_are_what_each_is_alone(images, specify, new_sink, way):
    settings = {"epochs": 3, **DENSE, **WAYS[way]}
    specs = [specify(seed, **settings) for seed in SEEDS]
    one, other = alone(specs, images, new_sink()), at_once(specs, images, new_sink())
    for spec in specs:
        close_runs(one, other, spec)
    losses = {other.rows[spec.digest][0]["loss"] for spec in specs}
    assert len(losses) == len(specs), "each seed has draws of its own"


STOPPING = {"monitor": "val_loss", "patience": 1, "restore_best_weights": True}


def test_every_run_stops_by_its_own_rule(images, specify, new_sink, monkeypatch):
    """Seeds that ended are dropped when they are half of all: functions are made for five, then for fewer."""
    settings = {**DENSE, "optimizer": {"name": "sgd", "learning_rate": 0.7}, "early_stopping": STOPPING}
    specs = [specify(seed, epochs=9, **settings) for seed in range(5)]
    sizes, own = [], together._Functions.__init__

    def noted(self, program, lanes):
        sizes.append(len(lanes))
        own(self, program, lanes)

    monkeypatch.setattr(together._Functions, "__init__", noted)
    one, other = alone(specs, images, new_sink()), at_once(specs, images, new_sink())
    ends = {other.results[spec.digest].epochs for spec in specs}
    assert len(ends) > 1
    assert any(other.results[spec.digest].status is Status.EARLY_STOPPED for spec in specs)
    for spec in specs:
        close_runs(one, other, spec, rel=2e-3, absolute=1e-3)
        assert other.results[spec.digest].together == len(specs)
    assert sizes[0] == len(specs)
    assert sizes == sorted(sizes, reverse=True)


def test_runs_of_one_seed_that_end_at_different_epochs_are_trained_with_other_seeds(
    images, specify, new_sink
):
    specs = [specify(seed, epochs=epochs) for seed in (0, 1) for epochs in (2, 4)]
    found = at_once(specs, images, new_sink())
    for spec in specs:
        assert found.results[spec.digest].epochs == spec.configuration.epochs
        assert found.results[spec.digest].together == 2
    for seed in (0, 1):
        short, long = (found.rows[spec.digest] for spec in specs if spec.seed == seed)
        assert long[:2] == short


def test_a_seed_that_diverges_ends_alone(images, specify, new_sink, monkeypatch):
    specs = [specify(seed, epochs=4, **DENSE) for seed in SEEDS]
    own = training.Trajectory.begin

    def broken(self, resumed, epoch):
        state = own(self, resumed, epoch)
        if self.seed != 2:
            return state
        kernel, *others = state.trainable
        return state._replace(trainable=[kernel * np.nan, *others])

    monkeypatch.setattr(training.Trajectory, "begin", broken)
    found = at_once(specs, images, new_sink())
    monkeypatch.undo()
    one = alone(specs, images, new_sink())
    for spec in specs:
        if spec.seed == 2:
            result = found.results[spec.digest]
            assert (result.status, result.epochs) == (Status.DIVERGED, 1)
            assert found.trained[spec.digest] is None
        else:
            close_runs(one, found, spec)


@pytest.fixture
def every_epoch(monkeypatch):
    """A checkpoint after every epoch."""
    monkeypatch.setattr("paribus.record.checkpoint.Pace.is_due", True)


@pytest.mark.usefixtures("every_epoch")
def test_seeds_go_on_from_their_checkpoints(images, specify, new_sink):
    settings = {**DENSE, **ADAM, "early_stopping": {**STOPPING, "patience": 20}, "epochs": 4}
    specs = [specify(seed, **settings) for seed in SEEDS]
    whole = at_once(specs, images, new_sink())
    resumed, kept = {}, 2
    for spec in specs:
        result = whole.results[spec.digest]
        assert (result.update_mode, result.together) == ("together", len(specs))
        saved = whole.checkpoints[spec.digest][kept]
        assert saved.update_mode == "together"
        resumed[spec.digest] = Resumed(saved, whole.rows[spec.digest][:kept])
    again = at_once(specs, images, new_sink(), resumed)
    for spec in specs:
        again.rows[spec.digest] = [*whole.rows[spec.digest][:kept], *again.rows[spec.digest]]
        again.probes[spec.digest] = [
            *(probe for probe in whole.probes[spec.digest] if probe.epoch <= kept),
            *again.probes[spec.digest],
        ]
        close_runs(whole, again, spec)
        assert again.rows[spec.digest] == whole.rows[spec.digest], "the same seeds give the same bits"


def test_a_resumed_run_whose_rule_had_ended_it_ends_without_an_epoch(images, specify, new_sink, every_epoch):
    specs = [specify(seed, epochs=3) for seed in (0, 1)]
    whole = at_once(specs, images, new_sink())
    shorter = [specify(seed, epochs=2) for seed in (0, 1)]
    resumed = {
        short.digest: Resumed(whole.checkpoints[spec.digest][2], whole.rows[spec.digest][:2])
        for short, spec in zip(shorter, specs, strict=True)
    }
    again = at_once(shorter, images, new_sink(), resumed)
    assert not again.rows
    assert {again.results[spec.digest].epochs for spec in shorter} == {2}


def test_inputs_that_all_seeds_have_lie_on_the_device_once(images, specify, new_sink, monkeypatch):
    seen = []
    own = together._stacked_images

    def noted(each):
        found = own(each)
        seen.append(found)
        return found

    monkeypatch.setattr(together, "_stacked_images", noted)
    at_once([specify(seed, epochs=1) for seed in SEEDS], images, new_sink())
    stacked, axes = seen[0]
    assert stacked.pixels.shape == images.x_train.shape
    assert (axes.pixels, axes.labels) == (None, 0)


def test_other_configurations_or_epochs_are_refused(images, specify, new_sink):
    with pytest.raises(ValueError, match="one configuration"):
        at_once([specify(0), specify(1, batch_size=10)], images, new_sink())


def test_seeds_whose_splits_differ_in_size_are_trained_in_groups(images, specify, new_sink, monkeypatch):
    specs = [specify(seed, epochs=1) for seed in SEEDS]
    own = training.split_of

    def uneven(dataset, configuration, seed):
        found = own(dataset, configuration, seed)
        return replace(found, validation=found.validation[:-1]) if seed == 2 else found

    monkeypatch.setattr(training, "split_of", uneven)
    found = at_once(specs, images, new_sink())
    assert [found.results[spec.digest].together for spec in specs] == [2, 2, 1]
