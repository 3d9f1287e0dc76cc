"""Weighted examples, several inputs, threads and devices with PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.torch.beside import beside_torch

import paribus as pb
from paribus.record.folder import RunFolder
from paribus.record.run import Status

PROGRAM = """\
import numpy as np
import torch
from sklearn.datasets import load_iris
from torch import nn

import paribus as pb

x, y = load_iris(return_X_y=True)
linear = lambda: nn.Sequential(nn.Linear(4, 3))
shared = {"optimizer": "adam", "epochs": 30, "scale": "standard", "seeds": 1, "base": {"learning_rate": 0.05}}
losses = {"object": nn.CrossEntropyLoss(), "function": "cross_entropy"}
for name, weights in (("none", None), ("ones", np.ones(150)), ("without", np.where(y == 0, 1e-9, 1.0))):
    for kind, loss in losses.items():
        data = pb.Data(x, y, sample_weight=weights)
        pb.compare({"a": linear, "b": linear}, data, loss=loss, out=f"out/{name}-{kind}", **shared)


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Linear(5, 2)

    def forward(self, image, age):
        return self.both(torch.cat([age, image.flatten(1)], dim=1))


class Ordered(Named):
    def forward(self, first, second):
        return super().forward(image=second, age=first)


draw = np.random.default_rng(0)
age, image = draw.normal(size=100), draw.normal(size=(100, 2, 2))
data = pb.Data({"age": age, "image": image}, (age + image[:, 0, 0] > 0).astype(int))
pb.compare({"named": Named, "ordered": Ordered}, data, loss="cross_entropy", out="out/inputs", **shared)
"""
TRAIN = """\
import torch

import paribus.torch


def train(config, seed, run):
    paribus.torch.seed(run)
    run.log(loss=1.0, threads=torch.get_num_threads(), cpu=float(run.device == "cpu"))
    run.test(accuracy=0.5)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "train.py").write_text(TRAIN, encoding="utf-8")
    (folder / "study.yaml").write_text(
        "name: own\ntrain: {python: 'train.py:train'}\nbase: {epochs: 1}\n"
        "variants: {plain: {}, other: {device: tpu}}\n"
    )
    environment = beside_torch(folder)
    for words in (["program.py"], ["-m", "paribus", "run", "study.yaml", "--threads", "2", "--out", "own"]):
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert words != ["program.py"] or done.returncode == 0, done.stderr
    return folder


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["object", "function"])
def test_examples_count_by_their_weights(folder: Path, kind: str) -> None:
    none, ones, without = (
        pb.load_results(folder / "out" / f"{name}-{kind}").records["a", 0]
        for name in ("none", "ones", "without")
    )
    assert ones.history[-1]["loss"] == pytest.approx(none.history[-1]["loss"], rel=1e-4)
    outputs, labels = RunFolder(without.folder).predictions()
    assert (labels == 0).any()
    assert not (outputs.argmax(axis=1) == 0).any()


@pytest.mark.torch
def test_several_inputs_are_handed_over_by_name_or_in_order(folder: Path) -> None:
    results = pb.load_results(folder / "out" / "inputs")
    named, ordered = (results.records[name, 0] for name in ("named", "ordered"))
    assert {named.status, ordered.status} == {Status.FINISHED}
    assert (named.test_score or 0) > 0.8
    one, other = (RunFolder(each.folder).predictions()[0] for each in (named, ordered))
    np.testing.assert_array_equal(one, other)


@pytest.mark.torch
def test_pytorch_computes_on_the_studys_threads_and_devices(folder: Path) -> None:
    records = pb.load_results(folder / "own").records
    row = records["plain", 0].history[0]
    assert (row["threads"], row["cpu"]) == (2.0, 1.0)
    other = records["other", 0]
    assert other.status is Status.FAILED
    assert "'tpu' is no device" in str(other.result.cause if other.result else "")
