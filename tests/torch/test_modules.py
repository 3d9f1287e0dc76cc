"""Networks of PyTorch that a program compares in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.torch.beside import beside_torch

import paribus as pb
from paribus.record.run import Status
from paribus.workflow.results import Results

PROGRAM = """\
import json
import sys

import numpy as np
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import nn

import paribus as pb


def wide():
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))


def dead():
    model = wide()
    with torch.no_grad():
        model[0].bias[:] = -1000.0
    return model, torch.optim.SGD(model.parameters(), lr=0.01)


def absurd():
    model = wide()
    return model, torch.optim.SGD(model.parameters(), lr=1e30)


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x[:, :10] * self.factor


digits, out = load_digits(return_X_y=True), sys.argv[1]
models = {"wide": wide, "dead": dead, "absurd": absurd, "linear": nn.Sequential(nn.Linear(64, 10))}
pb.compare(models, digits, loss=nn.CrossEntropyLoss(), optimizer="adam", epochs=4, scale="standard", seeds=2,
           out=f"{out}/digits")

x, y = digits[0].astype("float32"), (digits[1] > 4).astype(int)
one = {name: nn.Sequential(nn.Linear(64, 1)) for name in ("a", "b")}
pb.compare(one, (x, y), loss=nn.BCEWithLogitsLoss(), optimizer=torch.optim.Adam, base={"learning_rate": 0.01},
           epochs=4, scale="standard", seeds=1, out=f"{out}/binary")

linear = {name: nn.Sequential(nn.Linear(10, size), nn.Linear(size, 1)) for name, size in (("a", 4), ("b", 8))}
adam = lambda parameters: torch.optim.Adam(parameters, lr=0.1)
pb.compare(linear, load_diabetes(return_X_y=True), loss="mse_loss", optimizer=adam, epochs=40,
           scale="standard", seeds=1, out=f"{out}/regression")

images = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 3)).astype("uint8"), [0, 1] * 30
nets = {name: nn.Sequential(nn.Conv2d(3, 1, 3), nn.Flatten(), nn.Linear(36, 2)) for name in ("a", "b")}
pb.compare(nets, images, loss=nn.CrossEntropyLoss, optimizer="sgd", base={"learning_rate": 0.01}, epochs=1,
           scale="unit", seeds=1, out=f"{out}/images")

said = []
for given, more in (
    ({"a": wide, "b": wide}, {"optimizer": "adam"}),
    ({"a": wide, "b": wide}, {"loss": "cross_entropy"}),
    ({"a": wide, "b": Odd()}, {"loss": "cross_entropy", "optimizer": "adam"}),
    ({"a": wide, "b": wide}, {"loss": "cross_entropy", "optimizer": "adamm"}),
):
    try:
        pb.compare(given, digits, **more)
    except pb.UsageError as error:
        said.append(str(error))
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder in which the program trained, and the errors that it was told."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", "out"],
        cwd=folder,
        env=beside_torch(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out", json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def digits(program: tuple[Path, list[str]]) -> Results:
    """Four networks on digits."""
    return pb.load_results(program[0] / "digits")


@pytest.mark.torch
def test_networks_learn_from_weights_that_their_seed_draws(digits: Results) -> None:
    for name in ("wide", "linear"):
        first, second = (digits.records[name, seed] for seed in range(2))
        assert (first.test_score or 0) > 0.7
        assert first.history[0]["loss"] != second.history[0]["loss"]
        assert len(first.history) == 4


@pytest.mark.torch
def test_a_network_is_watched_and_its_faults_have_their_causes(digits: Results) -> None:
    found = {each.code: each for each in digits.diagnose() if each.variants == ("dead",)}
    assert "no output of linear_0 is positive" in str(found["zero-gradient"].cause)
    assert not [
        each for each in digits.diagnose() if each.variants == ("wide",) and each.severity == "serious"
    ]


@pytest.mark.torch
def test_a_loss_that_is_no_number_is_a_divergence(digits: Results) -> None:
    assert digits.records["absurd", 0].status is Status.DIVERGED


@pytest.mark.torch
@pytest.mark.parametrize(("study", "least"), [("binary", 0.7), ("regression", 0.2), ("images", 0.0)])
def test_other_tasks_and_inputs_train_too(program: tuple[Path, list[str]], study: str, least: float) -> None:
    results = pb.load_results(program[0] / study)
    for record in results.records.values():
        assert record.status is Status.FINISHED, record.result
        assert (record.test_score or 0) >= least


@pytest.mark.torch
def test_what_a_network_lacks_is_said(program: tuple[Path, list[str]]) -> None:
    told = ("It has no loss", "It has no optimizer", "has no reset_parameters", "'adamm' is no optimizer")
    assert [words in said for words, said in zip(told, program[1], strict=True)] == [True] * 4
