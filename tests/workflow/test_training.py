"""What cannot be trained is refused before anything is trained."""

from __future__ import annotations

import numpy as np
import pytest

import paribus as pb
from paribus.errors import DataError
from paribus.study.reader import load

BASE = {
    "model": {"hidden": [4]},
    "loss": "sparse_categorical_crossentropy",
    "optimizer": "sgd",
    "epochs": 1,
}


def test_more_training_images_than_stand_ins_are_refused(tmp_path):
    study = load({"data": "mnist", "base": {**BASE, "train_size": 20_000}, "variants": {"v": {}}})
    with pytest.raises(DataError, match="20000"):
        pb.run(study, embedded=True, out=tmp_path / "out")
    assert not (tmp_path / "out" / "runs").exists()


def test_more_training_examples_than_groups_leave_are_refused(tmp_path, monkeypatch):
    """Of six groups one is held out, which may be the largest."""
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    draw = np.random.default_rng(0)
    groups = np.repeat(np.arange(8), [40, 10, 10, 10, 10, 10, 10, 10])
    x = draw.normal(size=(len(groups), 3))
    data = pb.Data(x, np.arange(len(groups)) % 2, groups=groups, test=0.2)
    left = int(data.facts.train * 0.9) - 2
    study = load({"data": data.as_source(), "base": {**BASE, "train_size": left}, "variants": {"v": {}}})
    with pytest.raises(DataError, match=str(left)):
        pb.run(study, seeds=12, out=tmp_path / "out")
    assert not (tmp_path / "out" / "runs").exists()
