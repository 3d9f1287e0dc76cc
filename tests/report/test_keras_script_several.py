"""Printed scripts of networks with several inputs: plain Keras that trains as Paribus does."""

import ast
import json
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.report.test_keras_script_trains import run_scripts

import paribus as pb
from paribus.report.keras_script import script

pytestmark = pytest.mark.whole

IMAGE = [{"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}}, "max_pooling2d"]
END = [{"dense": {"units": 12, "activation": "relu"}}, {"dense": {"units": 2, "activation": "softmax"}}]
WORDS = [{"embedding": {"input_dim": 7, "output_dim": 3}}, {"bidirectional": {"gru": 4}}]
BRANCHES = {
    "x": IMAGE,
    "age": [{"dense": {"units": 4, "activation": "tanh"}}, {"dropout": 0.1}],
    "words": WORDS,
}
BASE = {
    "validation": 0.2,
    "scale": {"x": "unit", "age": "robust"},
    "model": [{"branches": BRANCHES}, *END],
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "epochs": 3,
}
VARIANTS = {
    "branches": {},
    "standard": {"scale": "standard"},
    "joined-as-they-are": {"model": [{"branches": {"x": [], "age": [], "words": WORDS}}, *END]},
}


@pytest.fixture(scope="module")
def beside(in_this_process, tmp_path_factory):
    """What Paribus and the printed scripts came to."""
    folder = tmp_path_factory.mktemp("several")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARIBUS_CACHE", str(folder / "cache"))
        found, draw = load_digits(), np.random.default_rng(0)
        some = found.target < 2
        count = int(some.sum())
        ages = draw.normal(50, 20, count)
        ages[::50] = np.nan
        x = {
            "x": (found.images[some] * 15).astype(np.uint8),
            "age": ages,
            "words": draw.integers(0, 7, (count, 5)),
        }
        y = found.target[some] ^ (np.nan_to_num(ages) > 50)
        data = pb.Data(x, y, test=0.2, tokens=["words"])
        study = pb.Study(name="several", data=data, base=BASE, variants=VARIANTS, seeds=1)
        for name in VARIANTS:
            (folder / f"{name}.py").write_text(script(study, name), encoding="utf-8")
        environment = {"KERAS_BACKEND": "jax", "PARIBUS_CACHE": str(folder / "cache")}
        run_scripts(sys.executable, folder, environment)
        yield pb.run(study, out=folder / "out"), folder


@pytest.mark.parametrize("name", VARIANTS)
def test_a_script_of_several_inputs_trains_as_we_do(beside, name):
    results, folder = beside
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    record = results[name].records[0]
    for metric in ("loss", "val_loss", "accuracy", "val_accuracy"):
        expected = [row[metric] for row in record.history]
        np.testing.assert_allclose(told["history"][metric], expected, rtol=5e-4, err_msg=metric)
    assert told["test"]["accuracy"] == pytest.approx(record.test_score, abs=1e-6)


def test_it_is_the_functional_model_that_a_keras_user_would_write(beside):
    _, folder = beside
    source = (folder / "branches.py").read_text(encoding="utf-8")
    ast.parse(source)
    assert 'inputs = {\n    "x": keras.Input((8, 8, 1), name="x"),' in source
    assert '    "words": keras.Input((5,), dtype="int32", name="words"),' in source
    assert 'x = keras.layers.Flatten(name="x_flat")(x)\nbranches.append(x)\nx = inputs["age"]\n' in source
    assert 'x = keras.layers.concatenate(branches, name="concatenate")\n' in source
    assert "model = keras.Model(inputs, x)\n" in source
