"""A checkpoint is what was saved, or it is not used."""

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
    assert checkpoint.epoch(tmp_path) == 3


def test_equal_arrays_give_equal_bytes():
    tensors = made(1).tensors
    assert checkpoint.encode(tensors) == checkpoint.encode(dict(reversed(tensors.items())))


def test_only_the_two_newest_stay(tmp_path):
    for epoch in range(1, 5):
        checkpoint.save(tmp_path, made(epoch))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["checkpoint-3.safetensors", "checkpoint-4.safetensors", "checkpoint.json"]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    checkpoint.save(tmp_path, made(1))
    checkpoint.save(tmp_path, made(2))
    path = tmp_path / "checkpoint-2.safetensors"
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + (bytes([content[-1] ^ 1]) if damage == "flip" else b""))
    same(made(1), checkpoint.load(tmp_path))


def test_without_a_good_one_there_is_none(tmp_path):
    assert checkpoint.load(tmp_path) is None
    checkpoint.save(tmp_path, made(1))
    (tmp_path / "checkpoint.json").write_text("{")
    assert checkpoint.load(tmp_path) is None
    assert checkpoint.epoch(tmp_path) == 0


def test_a_manifest_that_names_a_file_elsewhere_does_not_lead_out_of_the_folder(tmp_path):
    inside = tmp_path / "run"
    inside.mkdir()
    checkpoint.save(inside, made(1))
    (inside / "checkpoint-1.safetensors").rename(tmp_path / "checkpoint-1.safetensors")
    manifest = inside / "checkpoint.json"
    manifest.write_text(manifest.read_text().replace('"checkpoint-1', '"../checkpoint-1'))
    assert checkpoint.load(inside) is None


def test_removing_leaves_nothing(tmp_path):
    checkpoint.save(tmp_path, made(1))
    checkpoint.remove(tmp_path)
    assert not list(tmp_path.iterdir())
