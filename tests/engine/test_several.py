"""Networks of several inputs: what they learn, against Keras step by step, and to the bit after a stop."""

import json

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import paribus as pb
from paribus.data.own.load import load
from paribus.data.split import split_of
from paribus.data.stored import parts
from paribus.engine import network
from paribus.engine.program import Program
from paribus.engine.scaling import filled, scaling
from paribus.engine.training import Resumed, train
from paribus.record.checkpoint import Checkpoint, decode, encode
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.datasets import DataFacts, Input
from paribus.study.seeds import named_seed
from paribus.study.source import Source

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

BRANCHES = {
    "image": [
        {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
        "max_pooling2d",
        "flatten",
    ],
    "flag": [{"dense": {"units": 4, "activation": "tanh", "kernel_regularizer": {"l2": 0.001}}}],
}
END = [
    "batch_normalization",
    {"dropout": 0.1},
    {"dense": {"units": 16, "activation": "relu"}},
    {"dense": {"units": 2, "activation": "softmax"}},
]
BASE = {
    "validation": 0.2,
    "scale": {"image": "unit", "flag": "standard"},
    "model": [{"branches": BRANCHES}, *END],
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "epochs": 6,
}


def digits():
    """Images of 0 and 1, and a number that is far above or below zero and says which of them is which."""
    found = load_digits()
    both = found.target < 2
    pixels = (found.images[both] * 15).astype(np.uint8)
    turned = np.random.default_rng(0).integers(0, 2, both.sum())
    return {"image": pixels, "flag": 80.0 * turned - 30}, found.target[both] ^ turned


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARIBUS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def made():
    """Return a run's specification and its data, from what differs from the base."""
    x, y = digits()

    def made(x=x, y=y, seed=0, **settings):
        data = pb.Data(x, y, test=0.25)
        study = pb.Study(name="t", data=data, base={**BASE, **settings}, variants={"v": {}})
        dataset, _ = load(Source(way="arrays", place=data.as_source()["arrays"], name="data"))
        identity = DataIdentity(name=dataset.name, sha256=dataset.sha256)
        configuration = study.variants["v"].configuration
        return RunSpec(configuration=configuration, seed=seed, data=identity), dataset

    return made


def trained(made, sink, **given):
    spec, dataset = made(**given)
    train([spec], dataset, sink)
    return spec, dataset, sink.rows[spec.digest], sink.results[spec.digest]


def test_branches_learn_from_both_inputs_what_neither_tells_alone(made, new_sink):
    x, y = digits()
    blank = {"image": np.zeros_like(x["image"]), "flag": np.zeros_like(x["flag"])}
    scores = {}
    for name, given in {
        "both": x,
        "image": {**x, "flag": blank["flag"]},
        "flag": {**x, "image": blank["image"]},
    }.items():
        scores[name] = trained(made, new_sink(), x=given, y=y, epochs=15)[-1].test["accuracy"]
    assert scores["both"] > 0.97
    assert max(scores["image"], scores["flag"]) < 0.7


def by_keras(spec, dataset, *, dropout):
    """The same training by Keras's own layers and its `train_on_batch`, from our initial weights."""
    configuration, seed = spec.configuration, spec.seed
    splits = split_of(dataset, configuration, seed)
    x = dataset.x_train
    mean, deviation = (getattr(x[splits.train, 64:].astype(np.float64), each)() for each in ("mean", "std"))
    x = {"image": x[:, :64].reshape(-1, 8, 8, 1) / 255, "flag": (x[:, 64:] - mean) / deviation}
    y = np.eye(2)[dataset.y_train]
    image, flag = keras.Input((8, 8, 1), name="image"), keras.Input((1,), name="flag")
    one = keras.layers.Conv2D(4, 3, activation="relu")(image)
    one = keras.layers.Flatten()(keras.layers.MaxPooling2D()(one))
    other = keras.layers.Dense(4, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.001))(flag)
    end = keras.layers.BatchNormalization()(keras.layers.concatenate([one, other]))
    end = keras.layers.Dropout(0.1, seed=dropout)(end)
    end = keras.layers.Dense(2)(keras.layers.Dense(16, activation="relu")(end))
    model = keras.Model({"image": image, "flag": flag}, end)
    ours = Program(configuration, dataset.x_train.shape[1:])
    built = network.build(configuration.layers, ours.shape, seed, ours.branches)
    shaped = {weight.shape: weight for weight in model.weights if "batch_norm" not in weight.path}
    for weight in built.weights:
        if "batch_normalization" not in weight.path:
            shaped[weight.shape].assign(weight.value)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = []
    for epoch in range(1, configuration.epochs + 1):
        rows = np.random.default_rng(named_seed(seed, "order", epoch)).permutation(splits.train)
        batches = np.split(rows, range(32, len(rows), 32))
        found = [
            model.train_on_batch({name: each[batch] for name, each in x.items()}, y[batch], return_dict=True)
            for batch in batches
        ]
        sizes = [len(batch) for batch in batches]
        means = {name: np.average([each[name] for each in found], weights=sizes) for name in found[0]}
        held = {name: each[splits.validation] for name, each in x.items()}
        tested = model.evaluate(held, y[splits.validation], verbose=0, return_dict=True)
        history.append({**means, **{f"val_{name}": value for name, value in tested.items()}})
    return history


def test_a_training_is_that_of_keras_to_rounding(made, sink):
    spec, dataset, rows, _ = trained(made, sink)
    dropout = named_seed(0, "dropout", 1)
    for epoch, (ours, theirs) in enumerate(
        zip(rows, by_keras(spec, dataset, dropout=dropout), strict=True), start=1
    ):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert ours[name] == pytest.approx(theirs[name], rel=2e-4, abs=2e-6), (epoch, name)


@pytest.mark.usefixtures("every_epoch")
def test_a_training_goes_on_to_the_same_bits(made, new_sink):
    spec, dataset = made()
    whole, program = new_sink(), Program(spec.configuration, dataset.x_train.shape[1:])
    train([spec], dataset, whole, program=program)
    rows, checkpoints = whole.rows[spec.digest], whole.checkpoints[spec.digest]
    for epoch in (1, 4):
        rest, kept = new_sink(), Checkpoint(epoch, decode(encode(checkpoints[epoch].tensors)))
        train([spec], dataset, rest, program=program, resumed={spec.digest: Resumed(kept, rows[:epoch])})
        assert json.dumps(rows[:epoch] + rest.rows[spec.digest]) == json.dumps(rows)
        assert encode(whole.trained[spec.digest].weights) == encode(rest.trained[spec.digest].weights)
        assert rest.results == whole.results


def test_each_layer_of_a_branch_is_probed(made, sink):
    spec, *_ = trained(made, sink)
    probes = sink.probes[spec.digest]
    for probe in (probes[0], probes[-1]):
        assert list(probe.layers) == [
            "conv2d_1", "hidden_1", "batch_normalization_1", "hidden_2", "output",
        ]  # fmt: skip
        conv, dense = probe.layers["conv2d_1"], probe.layers["hidden_1"]
        assert conv.gradient > 0
        assert dense.gradient > 0
        assert 0 <= conv.active < 1
        assert dense.active is not None


def test_an_activation_behind_a_branch_is_not_that_of_the_one_before(made, sink):
    branches = {"image": ["flatten", {"dense": 3}], "flag": ["relu"]}
    spec, *_ = trained(made, sink, model=[{"branches": branches}, {"dense": 2}], loss="mean_squared_error")
    assert sink.probes[spec.digest][0].layers["hidden_1"].active is None


@pytest.mark.parametrize("size", [1, 3])
def test_inputs_are_scaled_as_each_alone(size):
    draw = np.random.default_rng(1)
    pixels, numbers = draw.integers(0, 256, (30, 4, 4, 2)).astype(np.uint8), draw.normal(5, 3, (30, size))
    inputs = (
        Input(name="image", shape=(4, 4, 2), values="pixels"),
        Input(name="numbers", shape=(size,)),
        Input(name="words", shape=(2,), values="tokens", vocabulary=9),
    )
    x = np.hstack([pixels.reshape(30, -1), numbers, np.full((30, 2), 7)]).astype(np.float32)
    splits = splits_of(x)
    shift, factor = scaling({"image": "standard", "numbers": "robust"}, splits, inputs=inputs)
    image = scaling("standard", splits_of(pixels))
    alone = scaling("robust", splits_of(numbers.astype(np.float32)))
    np.testing.assert_array_equal(shift[:32], np.tile(image[0], 16))
    np.testing.assert_array_equal(factor[:32], np.tile(image[1], 16))
    np.testing.assert_array_equal(shift[32 : 32 + size], alone[0])
    np.testing.assert_array_equal(factor[32 : 32 + size], alone[1])
    assert np.asarray(shift[-2:]).tolist() == [0, 0]
    assert np.asarray(factor[-2:]).tolist() == [1, 1]


def splits_of(x):
    from paribus.data.dataset import Dataset
    from paribus.data.split import Splits

    y = np.zeros(len(x), int)
    return Splits(Dataset("d", x, y, x, y, (), "", True, False, ""), np.arange(20), np.arange(20, 30))


def test_missing_numbers_become_the_median_of_their_input():
    inputs = (Input(name="steps", shape=(2, 1)), Input(name="age", shape=(1,)))
    x = np.arange(90, dtype=np.float32).reshape(30, 3)
    x[3] = np.nan
    train, *_ = filled(splits_of(x), inputs=inputs)
    known = np.delete(x[:20], 3, axis=0)
    assert train[3].tolist() == [np.median(known[:, :2])] * 2 + [np.median(known[:, 2])]
    assert [*parts(train)]


def test_tokens_reach_their_embedding_as_they_are(made, sink):
    x = {"words": np.arange(120).reshape(60, 2) % 11, "age": np.linspace(-900, 900, 60)}
    data = pb.Data(x, np.arange(60) % 2, tokens=["words"])
    words = [{"embedding": {"input_dim": 11, "output_dim": 3}}, {"lstm": 4}]
    model = [{"branches": {"words": words, "age": []}}, {"dense": {"units": 2, "activation": "softmax"}}]
    base = {**BASE, "model": model, "scale": "standard", "epochs": 1}
    study = pb.Study(name="t", data=data, base=base, variants={"v": {}})
    configuration = study.variants["v"].configuration
    program = Program(configuration, (3,))
    dataset, facts = load(Source(way="arrays", place=data.as_source()["arrays"], name="data"))
    assert isinstance(facts, DataFacts)
    spec = RunSpec(configuration=configuration, seed=0, data=DataIdentity(name="data", sha256=dataset.sha256))
    train([spec], dataset, sink, program=program)
    assert np.isfinite(sink.results[spec.digest].test["loss"])
    from paribus.engine.device_images import DeviceImages

    rows = DeviceImages(dataset.x_train[:3], None, np.float32([5, 5, 5]), np.float32([2, 2, 2]))
    given = program._input(rows)
    np.testing.assert_array_equal(given["words"], dataset.x_train[:3, :2].astype(np.int32))
    np.testing.assert_allclose(given["age"], (dataset.x_train[:3, 2:] - 5) * 2)


def test_an_input_may_be_called_as_a_layer_is(made, sink):
    x, y = digits()
    x = {"output": x["flag"], "concatenate": x["flag"]}
    branches = {"output": [{"dense": 2}], "concatenate": []}
    model = [{"branches": branches}, {"dense": {"units": 2, "activation": "softmax"}}]
    *_, result = trained(made, sink, x=x, y=y, model=model, scale="standard", epochs=1)
    assert "output_input" in result.summary
