"""Validation data of one's own: held out at every seed, and touched by nothing that changes training data."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import paribus as pb
from paribus.data.own import load as loading
from paribus.data.own.load import load
from paribus.data.split import split
from paribus.data.training_labels import training_labels
from paribus.engine.scaling import filled, scaling
from paribus.engine.training import train
from paribus.errors import StudyError
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.reader import load as read
from paribus.study.step_size import held_out, trained_on

pytestmark = pytest.mark.usefixtures("plainly_compiled")

DRAW = np.random.default_rng(7)
X = DRAW.normal(size=(120, 4)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 0.5)
VALIDATION = (X[90:] + 5, Y[90:])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    loading._load.cache_clear()


def study(x=X[:90], **settings):
    base = {
        "scale": "standard",
        "model": {"hidden": [6]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.3},
        "batch_size": 16,
        "epochs": 3,
        **settings,
    }
    data = pb.Data(x, Y[:90], test=0.2, validation=VALIDATION)
    return read({"data": data.as_source(), "base": base, "variants": {"v": {}}})


def run_of(asked, seed, sink):
    dataset = load(asked.sources["data"])[0]
    configuration = asked.variants["v"].configuration
    spec = RunSpec(
        configuration=configuration, seed=seed, data=DataIdentity(name="data", sha256=dataset.sha256)
    )
    train([spec], dataset, sink)
    return dataset, spec


def test_every_seed_holds_out_the_same_examples_and_trains_on_all_others():
    dataset = load(study().sources["data"])[0]
    for seed in (0, 1):
        for way in ("random", "stratified", "time"):
            found = split(dataset, 0.4, seed, way=way)
            np.testing.assert_array_equal(dataset.x_train[found.validation], VALIDATION[0])
            np.testing.assert_array_equal(np.sort(found.train), np.arange(72))


def test_a_part_of_the_training_examples_is_a_part_of_what_is_before_them():
    dataset = load(study().sources["data"])[0]
    found = split(dataset, 0.1, 0, train_size=0.5)
    assert (len(found.train), found.train.max() < 72, len(found.validation)) == (36, True, 30)


def test_noise_and_exchanged_labels_leave_them_alone():
    asked = study(label_noise=0.9, shuffle_labels=True)
    splits = split(load(asked.sources["data"])[0], 0.1, 3)
    labels = training_labels(splits, asked.variants["v"].configuration, 3)
    np.testing.assert_array_equal(labels[splits.validation], VALIDATION[1])
    assert (labels[splits.train] != splits.dataset.y_train[splits.train]).any()


def test_scaling_and_medians_are_those_of_the_training_rows():
    x = X[:90].copy()
    x[::3, 1] = np.nan
    splits = split(load(study(x).sources["data"])[0], 0.1, 0)
    medians = np.nanmedian(splits.dataset.x_train[:72], axis=0)
    whole, *_ = filled(splits)
    assert np.isnan(splits.dataset.x_train[:72, 1]).any()
    assert (whole[np.isnan(splits.dataset.x_train[:, 1]), 1] == medians[1]).all()
    shift, _ = scaling("standard", splits)
    expected = StandardScaler().fit(splits.dataset.x_train[:72].astype(np.float64)).mean_
    np.testing.assert_allclose(shift, expected, rtol=1e-6)


def test_a_run_is_validated_on_them(new_sink):
    sink = new_sink()
    asked = study()
    _, spec = run_of(asked, 0, sink)
    configuration = asked.variants["v"].configuration
    assert (held_out(configuration, 102), trained_on(configuration, 102)) == (30, 72)
    share = sink.rows[spec.digest][-1]["val_accuracy"] * 30
    assert share == pytest.approx(round(share), abs=1e-4)


@pytest.mark.parametrize("settings", [{"validation": 0.2}, {"split": "stratified"}, {"folds": 5}])
def test_settings_that_would_hold_out_others_are_told(settings):
    with pytest.raises(
        StudyError, match=f"30 validation examples of its own.* Leave {next(iter(settings))} out"
    ):
        study(**settings)


def test_metrics_and_early_stopping_may_watch_them():
    asked = study(metrics=["f1_macro"], early_stopping={"monitor": "val_f1_macro", "patience": 2})
    assert asked.variants["v"].configuration.validation > 0
