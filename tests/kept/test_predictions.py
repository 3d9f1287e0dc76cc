"""Kept weights as a Keras model, and predictions on raw examples: those of the test, made again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import paribus as pb
from paribus.errors import UsageError
from paribus.record.folder import RunFolder

pytestmark = pytest.mark.whole

DRAW = np.random.default_rng(3)


def trained(data, model, out, **settings):
    """A study of one variant, trained for two epochs."""
    base = {
        "validation": 0.2,
        "model": model,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "batch_size": 20,
        "epochs": 2,
        **settings,
    }
    return pb.run(
        pb.Study(name="kept", data=data, base=base, variants={"only": {}}), out=out, seeds=1, workers=1
    )


def kept_outputs(results):
    """The outputs of the test, as the run keeps them."""
    return RunFolder(results.records["only", 0].folder).predictions()[0]


def table(rows=200):
    numbers = DRAW.normal(size=(rows, 2)) * [1, 1000] + [0, 5000]
    colour = DRAW.choice(["red", "green"], rows)
    target = np.where(numbers[:, 0] + (colour == "red") > 0, "yes", "no")
    frame = pd.DataFrame({"width": numbers[:, 0], "price": numbers[:, 1], "colour": colour, "target": target})
    frame.loc[::7, "price"] = np.nan
    return frame


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    frame = table()
    data = pb.Data.from_frame(frame, "target", test=0.25, name="table")
    model = {"hidden": [8], "output": "softmax"}
    loss = "categorical_crossentropy"
    return frame, trained(data, model, folder / "out", loss=loss, scale="standard")


def test_rows_of_a_table_are_filled_and_scaled_as_the_runs_own_were(of_table):
    frame, results = of_table
    outputs = kept_outputs(results)
    whole = results.predict(frame.drop(columns="target"), probabilities=True)
    assert list(whole.columns) == ["no", "yes"]
    distances = np.abs(whole.to_numpy()[:, None, :] - outputs[None]).max(axis=2)
    assert (distances.min(axis=0) < 1e-6).all()  # each tested row is one of them


def test_classes_are_named_as_in_the_data(of_table):
    frame, results = of_table
    assert set(results.predict(frame)) <= {"yes", "no"}


def test_columns_may_come_in_any_order_and_a_missing_one_is_named(of_table):
    frame, results = of_table
    turned = frame[["colour", "price", "width"]]
    assert (results.predict(turned) == results.predict(frame)).all()
    with pytest.raises(UsageError, match="width"):
        results.predict(frame.drop(columns="width"))


def test_a_regression_is_predicted_in_its_own_unit(tmp_path):
    x = DRAW.normal(size=(100, 3)).astype(np.float32)
    y = 1e4 + 1e3 * x[:, 0]
    data = pb.Data(x[:80], y[:80], test=(x[80:], y[80:]))
    model = {"hidden": [4], "output": "linear"}
    results = trained(data, model, tmp_path / "out", loss="mse", scale="robust", target_scale="standard")
    predicted = results.predict(x[80:])
    np.testing.assert_allclose(predicted, kept_outputs(results)[:, 0], rtol=1e-5)
    assert 5e3 < predicted.mean() < 2e4


def test_several_labels_are_a_column_each(tmp_path):
    x = DRAW.normal(size=(100, 3)).astype(np.float32)
    y = np.stack([x[:, 0] > 0, x[:, 1] > 0, x.sum(axis=1) > 0], axis=1).astype(int)
    data = pb.Data(x[:80], y[:80], test=(x[80:], y[80:]), task="multilabel")
    model = {"hidden": [4], "output": "sigmoid"}
    results = trained(data, model, tmp_path / "out", loss="binary_crossentropy")
    predicted = results.predict(x[80:])
    assert predicted.dtypes.tolist() == [bool] * 3
    assert (predicted.to_numpy() == (kept_outputs(results) > 0.5)).all()


IMAGES = DRAW.integers(0, 256, (60, 8, 8, 1)).astype(np.uint8)
TOKENS = DRAW.integers(1, 12, (60, 6)).astype(np.int32)
LABELS = DRAW.integers(0, 2, 60)
LAYERS = {
    "images": (
        IMAGES,
        [
            {"conv2d": {"filters": 3, "kernel_size": 3, "activation": "relu"}},
            "batch_normalization",
            "max_pooling2d",
            "flatten",
            {"dropout": 0.2},
            {"dense": {"units": 2, "activation": "softmax"}},
        ],
    ),
    "recurrent": (
        TOKENS,
        [
            {"embedding": {"input_dim": 12, "output_dim": 4}},
            {"multi_head_attention": {"num_heads": 2, "key_dim": 3}},
            {"bidirectional": {"lstm": 3}},
            {"dense": {"units": 2, "activation": "softmax"}},
        ],
    ),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_of_plain_keras_predict_as_the_engines_do(tmp_path, kind):
    x, layers = LAYERS[kind]
    data = pb.Data(x[:40], LABELS[:40], test=(x[40:], LABELS[40:]), tokens=kind == "recurrent")
    scale = "unit" if kind == "images" else "none"
    results = trained(data, layers, tmp_path / "out", loss="categorical_crossentropy", scale=scale)
    np.testing.assert_allclose(results.predict(x[40:], probabilities=True), kept_outputs(results), atol=1e-5)
    modules = {type(layer).__module__.partition(".")[0] for layer in results.weights("only").layers}
    assert modules == {"keras"}


def test_several_inputs_are_given_by_name(tmp_path):
    x = {"image": IMAGES, "age": DRAW.normal(size=(60, 1)).astype(np.float32)}
    parts = [{name: rows[part] for name, rows in x.items()} for part in (slice(40), slice(40, 60))]
    data = pb.Data(parts[0], LABELS[:40], test=(parts[1], LABELS[40:]))
    image = ["flatten", {"dense": {"units": 3, "activation": "relu"}}]
    model = [
        {"branches": {"image": image, "age": []}},
        {"dense": {"units": 2, "activation": "softmax"}},
    ]
    scale = {"image": "unit", "age": "standard"}
    results = trained(data, model, tmp_path / "out", loss="categorical_crossentropy", scale=scale)
    np.testing.assert_allclose(
        results.predict(parts[1], probabilities=True), kept_outputs(results), atol=1e-6
    )
    with pytest.raises(UsageError, match="image, age"):
        results.predict(IMAGES)


def test_a_gap_that_no_training_example_had_is_named(tmp_path):
    x = DRAW.normal(size=(100, 3)).astype(np.float32)
    data = pb.Data(x, (x[:, 0] > 0).astype(int))
    results = trained(
        data, {"hidden": [4], "output": "softmax"}, tmp_path / "out", loss="categorical_crossentropy"
    )
    gap = x[:3].copy()
    gap[1, 1] = np.nan
    with pytest.raises(UsageError, match="Row 2 lacks a number"):
        results.predict(gap)
    with pytest.raises(UsageError, match="An example has shape 5; the data have 3"):
        results.predict(np.zeros((2, 5)))


def test_a_run_without_weights_says_how_to_keep_them(made, tmp_path):
    from tests.trackers.conftest import Written

    written = Written(made.study(), made.MNIST, tmp_path / "study")
    written.begin("plain")
    results = pb.load_results(written.folder)
    with pytest.raises(UsageError, match="A run that is trained to its end keeps them"):
        results.weights("plain", seed=0)
    with pytest.raises(UsageError, match="has no run with seed 7"):
        results.weights("plain", seed=7)
    with pytest.raises(UsageError, match="several variants"):
        results.predict(np.zeros((1, 28, 28)))


OWN = """
import numpy as np

def train(config, seed, run):
    state = {"w": np.zeros(3), "step": 0, "draw": np.random.default_rng(0)}
    for epoch in run.epochs(2, state=state):
        state["w"] += epoch
        run.log(loss=1.0 / epoch)
    run.test(labels=[0, 1], outputs=np.eye(2))
"""


def test_a_function_of_ones_own_keeps_the_arrays_of_its_state(tmp_path):
    (tmp_path / "train.py").write_text(OWN)
    study = tmp_path / "own.yaml"
    study.write_text(
        'name: own\ntrain: {python: "train.py:train"}\nbase: {epochs: 2}\nvariants: {plain: {}}\n'
    )
    results = pb.run(study, out=tmp_path / "out", seeds=1, workers=1)
    weights = results.weights("plain")
    assert {name: array.tolist() for name, array in weights.items()} == {"w": [3.0, 3.0, 3.0]}
    with pytest.raises(UsageError, match="A function of your own trained this run"):
        results.predict(np.zeros((1, 3)), variant="plain")


def test_raw_texts_are_predicted_for_as_the_run_read_its_own(tmp_path):
    draw = np.random.default_rng(0)
    good, bad = (
        ["good film", "a lovely story", "fine, lovely work"],
        ["bad film", "a dull story", "poor work"],
    )
    texts = [
        str(draw.choice(good if kind else bad)) + " indeed" * (row % 3)
        for row, kind in enumerate([0, 1] * 60)
    ]
    frame = pd.DataFrame({"words": texts, "kind": ["bad", "good"] * 60})
    data = pb.Data.from_frame(frame, "kind", text="words", test=0.25, name="texts")
    model = [
        {"embedding": {"input_dim": data.facts.vocabulary, "output_dim": 4}},
        "global_average_pooling1d",
        {"dense": {"units": 2, "activation": "softmax"}},
    ]
    results = trained(data, model, tmp_path / "out", loss="sparse_categorical_crossentropy", epochs=40)
    assert list(results.predict(["A LOVELY film!", "dull, poor unheard-of"])) == ["good", "bad"]
    outputs = kept_outputs(results)
    whole = results.predict(frame["words"], probabilities=True)
    distances = np.abs(whole.to_numpy()[:, None, :] - outputs[None]).max(axis=2)
    assert (distances.min(axis=0) < 1e-6).all()
    assert (results.predict(texts[0]) == results.predict([texts[0]])).all()
