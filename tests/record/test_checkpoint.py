"""A checkpoint is what was saved, or it is not used."""

import hashlib
import json

import numpy as np
import pytest

from paribus.record import checkpoint
from paribus.record.checkpoint import Checkpoint


def made(epoch):
    draw = np.random.default_rng(epoch)
    return Checkpoint(
        epoch,
        {
            "trainable/0": draw.normal(size=(5, 3)).astype(np.float32),
            "optimizer/0": np.int32(epoch),
            "non_trainable/0": draw.integers(0, 9, 2).astype(np.uint32),
        },
    )


def same(one, other):
    assert one.epoch == other.epoch
    assert one.tensors.keys() == other.tensors.keys()
    for name, array in one.tensors.items():
        np.testing.assert_array_equal(np.asarray(array), other.tensors[name], strict=True)


def test_what_was_saved_is_loaded(tmp_path):
    checkpoint.save(tmp_path, made(3))
    same(made(3), checkpoint.load(tmp_path))
    assert checkpoint.newest(tmp_path).epoch == 3


def test_equal_arrays_give_equal_bytes():
    tensors = made(1).tensors
    assert checkpoint.encode(tensors) == checkpoint.encode(dict(reversed(tensors.items())))


def test_only_the_two_newest_stay(tmp_path):
    for epoch in range(1, 5):
        checkpoint.save(tmp_path, made(epoch))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"checkpoint-{epoch}.{kind}" for epoch in (3, 4) for kind in ("json", "safetensors")]


@pytest.mark.parametrize("name", ["checkpoint-2.safetensors", "checkpoint-2.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage, name):
    checkpoint.save(tmp_path, made(1))
    checkpoint.save(tmp_path, made(2))
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + (bytes([content[-1] ^ 1]) if damage == "flip" else b""))
    same(made(1), checkpoint.load(tmp_path))


def test_without_a_good_one_there_is_none(tmp_path):
    assert checkpoint.load(tmp_path) is None
    checkpoint.save(tmp_path, made(1))
    (tmp_path / "checkpoint-1.json").write_text("{")
    assert checkpoint.load(tmp_path) is None
    assert checkpoint.newest(tmp_path) is None


def test_a_checkpoint_whose_history_is_another_gives_way_to_the_one_before(tmp_path):
    for epoch in (1, 2):
        checkpoint.save(tmp_path, made(epoch), history=f"of {epoch}")
    found = checkpoint.load(tmp_path, lambda epochs: {1: "of 1", 2: "damaged"}[epochs])
    assert found.epoch == 1


def test_an_old_manifest_that_names_a_file_elsewhere_does_not_lead_out_of_the_folder(tmp_path):
    inside = tmp_path / "run"
    inside.mkdir()
    content = checkpoint.encode(made(1).tensors)
    (tmp_path / "checkpoint-1.safetensors").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    entry = {"epoch": 1, "file": "../checkpoint-1.safetensors", "sha256": digest}
    (inside / "checkpoint.json").write_text(json.dumps({"schema": 1, "generations": [entry]}))
    assert checkpoint.load(inside) is None


def test_removing_leaves_nothing(tmp_path):
    checkpoint.save(tmp_path, made(1))
    checkpoint.remove(tmp_path)
    assert not list(tmp_path.iterdir())
