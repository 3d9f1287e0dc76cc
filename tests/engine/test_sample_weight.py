"""Weights of examples mean what Keras's ``sample_weight`` means, in ``fit`` on JAX."""

from __future__ import annotations

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import paribus as pb
from paribus.data.folds import fold_of
from paribus.data.own import load as loading
from paribus.data.own.load import load
from paribus.data.split import split
from paribus.engine.training import train
from paribus.errors import DataError, StudyError
from paribus.record.run import DataIdentity, RunSpec
from paribus.report.keras_script import script
from paribus.study.reader import load as read
from paribus.study.seeds import named_seed
from paribus.study.source import Source
from paribus.study.update_mode import reason_not_delayed

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

DRAW = np.random.default_rng(11)
X = DRAW.normal(size=(100, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
WEIGHTS = DRAW.choice([0.0, 0.5, 1.0, 4.0], 100)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    loading._load.cache_clear()


def study(weights=WEIGHTS, data=None, **settings):
    base = {
        "validation": 0.2,
        "model": {"hidden": [6], "activation": "tanh"},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.2},
        "batch_size": 24,
        "epochs": 3,
        **settings,
    }
    made = data or pb.Data(X, Y, sample_weight=weights)
    return read({"name": "w", "data": made.as_source(), "base": base, "variants": {"v": {}}})


def run_of(asked, sink):
    dataset = load(asked.sources["data"])[0]
    configuration = asked.variants["v"].configuration
    spec = RunSpec(configuration=configuration, seed=0, data=DataIdentity(name="data", sha256=dataset.sha256))
    train([spec], dataset, sink)
    return dataset, sink.rows[spec.digest], sink.trained[spec.digest].weights


def keras_model():
    seeds = (named_seed(0, "initialisation", "dense", place, "kernel_initializer") for place in (1, 2))
    first, second = (keras.initializers.GlorotUniform(seed) for seed in seeds)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, "tanh", kernel_initializer=first),
            keras.layers.Dense(3, kernel_initializer=second),
        ]
    )


def test_curves_and_weights_are_those_of_keras_fit_with_sample_weight(new_sink):
    dataset, rows, weights = run_of(study(), new_sink())
    splits = split(dataset, 0.2, 0)
    model = keras_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.2), loss=loss, metrics=["accuracy"])
    held = (dataset.x_train[splits.validation], dataset.y_train[splits.validation])
    for epoch, row in enumerate(rows, start=1):
        order = np.random.default_rng(named_seed(0, "order", epoch)).permutation(splits.train)
        told = model.fit(
            dataset.x_train[order],
            dataset.y_train[order],
            sample_weight=dataset.weights[order],
            batch_size=24,
            shuffle=False,
            validation_data=held,
            verbose=0,
        ).history
        for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
            assert row[name] == pytest.approx(told[name][0], rel=2e-5), name
    names = ("hidden_1/kernel", "hidden_1/bias", "output/kernel", "output/bias")
    for name, expected in zip(names, model.get_weights(), strict=True):
        np.testing.assert_allclose(weights[name], expected, rtol=2e-4, atol=2e-6)


def test_weights_of_one_train_as_none_do(new_sink):
    _, one, _ = run_of(study(np.ones(100)), new_sink())
    _, none, _ = run_of(study(None), new_sink())
    for row, expected in zip(one, none, strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], rel=1e-6)


def test_weights_follow_their_rows_through_the_draw_of_test_data_and_folds():
    dataset = load(study().sources["data"])[0]
    by_row = {x.tobytes(): np.float32(weight) for x, weight in zip(X, WEIGHTS, strict=True)}
    for found in (dataset, fold_of(dataset, 5, 3, has_classes=True)):
        rows = np.concatenate([found.x_train, found.x_test])
        np.testing.assert_array_equal(found.weights, [by_row[row.tobytes()] for row in rows])


def test_other_weights_are_other_data_and_come_back_from_the_cache():
    one, other = (pb.Data(X, Y, sample_weight=each).as_source()["arrays"] for each in (WEIGHTS, WEIGHTS + 1))
    assert one != other
    loading._IN_MEMORY.clear()
    kept = load(Source(way="arrays", place=one, name="data"))[0]
    assert sorted(kept.weights) == sorted(WEIGHTS.astype(np.float32))


def test_a_column_and_an_array_of_weights_are_read(tmp_path):
    import pandas as pd

    table = pd.DataFrame({**{f"c{i}": X[:, i] for i in range(4)}, "label": Y, "count": WEIGHTS})
    table.to_csv(tmp_path / "a.csv", index=False)
    of_table = Source(way="csv", place=str(tmp_path / "a.csv"), name="a", target=("label",), weight="count")
    dataset, facts = load(of_table)
    assert (facts.features, facts.weights) == (("c0", "c1", "c2", "c3"), 100)
    for name in ("sample_weight", "weight"):
        np.savez(tmp_path / f"{name}.npz", x=X, y=Y, **{name: WEIGHTS})
        found = load(Source(way="npz", place=str(tmp_path / f"{name}.npz"), name="a"))[0]
        np.testing.assert_array_equal(found.weights, dataset.weights)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "def load(): return {'x': np.eye(20), 'y': np.arange(20) % 2, 'sample_weight': np.arange(20.0)}\n"
    )
    assert load(Source(way="python", place=f"{tmp_path}/mine.py:load", name="a"))[1].weights == 20
    assert pb.Data.from_frame(table, target="label", weight="count").facts == facts


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (
            np.where(np.arange(100) == 6, -1.0, 1.0),
            "data row 7, counted from 1 without a header: -1",
        ),
        (
            np.where(np.arange(100) == 2, np.nan, 1.0),
            "data row 3, counted from 1 without a header: nan",
        ),
        (np.zeros(100), "All weights are 0"),
        (np.ones(99), r"There are 100 training examples, and the weights have shape \(99,\)"),
        (np.array(["a"] * 100), "Weights are numbers from 0 on"),
    ],
)
def test_weights_that_cannot_be_used_are_told(weights, told):
    with pytest.raises(DataError, match=told):
        pb.Data(X, Y, sample_weight=weights)


def test_a_column_of_words_is_no_weight(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,w\n" + "1,0,x\n2,1,y\n" * 10)
    with pytest.raises(DataError, match="Weights are numbers from 0 on"):
        load(Source(way="csv", place=str(tmp_path / "a.csv"), name="a", target=("b",), weight="w"))


def test_class_weight_does_not_go_with_them_as_in_keras():
    with pytest.raises(StudyError, match="Leave class_weight out"):
        study(class_weight="balanced")


def test_folds_need_weights_of_the_test_examples_too():
    data = pb.Data(X[:80], Y[:80], test=(X[80:], Y[80:]), sample_weight=WEIGHTS[:80])
    with pytest.raises(StudyError, match=r"have no weights\. Leave folds out"):
        study(data=data, folds=4)
    study(folds=4)


def test_updates_are_not_delayed_where_examples_have_weights():
    assert reason_not_delayed(study().variants["v"].configuration) == "study.not-delayed-weights"
    assert reason_not_delayed(study(None).variants["v"].configuration) == ""


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_the_printed_script_passes_them(tmp_path, new_sink, own):
    """Run as it is printed, on JAX, in a process of its own."""
    data, settings = None, {}
    if own:
        data = pb.Data(X[:80], Y[:80], validation=(X[80:], Y[80:]), sample_weight=WEIGHTS[:80])
        settings = {"validation": None}
    asked = study(data=data, **settings)
    _, rows, _ = run_of(asked, new_sink())
    path = tmp_path / "script.py"
    told = "\nprint(*history.history['loss'], *history.history['val_loss'])\n"
    path.write_text(script(asked, "v").replace("plt.show()", "") + told)
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "Agg", "KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [float(each) for each in done.stdout.splitlines()[-1].split()]
    expected = [row["loss"] for row in rows] + [row["val_loss"] for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
