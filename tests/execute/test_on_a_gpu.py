"""What holds on a GPU, where there is one: `pytest -m gpu`."""

import numpy as np
import pytest

import paribus as pb
from paribus.execute import devices
from paribus.record.folder import RunFolder

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif("devices.find().gpu is None", reason="JAX finds no GPU on this machine"),
]

DENSE = {"hidden": [32], "dropout": 0.2}
CONVOLUTION = [
    {"reshape": [8, 8, 1]},
    {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}},
    {"max_pooling2d": 2},
    "batch_normalization",
    "flatten",
    {"dense": {"units": 10, "activation": "softmax"}},
]


def study(model, **settings):
    base = {
        "scale": "standard",
        "model": model,
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "batch_size": 128,
        "epochs": 3,
        **settings,
    }
    return {"name": "gpu", "seeds": 3, "data": {"sklearn": "digits"}, "base": base, "variants": {"v": {}}}


def files(results):
    return {
        key: [(record.folder / name).read_bytes() for name in ("history.jsonl", "weights.safetensors")]
        for key, record in results.records.items()
    }


@pytest.mark.parametrize("model", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_a_run_gives_the_same_bits_on_one_gpu_and_those_of_a_processor_but_for_rounding(model, tmp_path):
    once, again = (pb.run(study(model), out=tmp_path / name, device="gpu", together=1) for name in "ab")
    assert files(once) == files(again)
    here = pb.run(study(model), out=tmp_path / "cpu")
    for key, record in once.records.items():
        assert record.result.device == "gpu"
        assert RunFolder(record.folder).environment()["device"] == devices.find().gpu.name
        for row, other in zip(here.records[key].history, record.history, strict=True):
            assert other["loss"] == pytest.approx(row["loss"], rel=1e-2)


@pytest.mark.parametrize("model", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_seeds_are_trained_together_and_give_what_each_gives_alone(model, tmp_path):
    alone = pb.run(study(model), out=tmp_path / "alone", device="gpu", together=1)
    both = pb.run(study(model), out=tmp_path / "both", device="gpu")
    for key, record in both.records.items():
        assert (record.result.update_mode, record.result.together) == ("together", 3)
        losses = [[row["loss"] for row in each.records[key].history] for each in (alone, both)]
        np.testing.assert_allclose(*losses, rtol=1e-2)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(dtype, tmp_path):
    results = pb.run(study(DENSE, dtype=dtype), out=tmp_path, device="gpu")
    for record in results.records.values():
        assert record.history[-1]["loss"] < record.history[0]["loss"]
