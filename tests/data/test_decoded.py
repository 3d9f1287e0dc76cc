"""Decoded images in the cache: what is trained on is what was decoded, or is decoded again."""

import os
import shutil

import numpy as np
import pytest

from paribus.data import decoded
from paribus.data.dataset import Dataset, identity
from paribus.data.decoded import cache_images, map_images


def made(seed=0, images=20):
    draw = np.random.default_rng(seed)
    x = draw.integers(0, 256, (images, 28, 28, 1)).astype(np.uint8)
    y = draw.integers(0, 10, images).astype(np.uint8)
    arrays = (x[:-5], y[:-5], x[-5:], y[-5:])
    told = {"classes": tuple("0123456789"), "verified": False, "stand_in": False, "origin": "made"}
    return Dataset("mnist", *arrays, sha256=identity(*arrays), **told)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_mapped_is_what_was_decoded_and_cannot_be_changed():
    dataset = made()
    found = map_images(cache_images(dataset), "mnist", dataset.sha256)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(found, name), getattr(dataset, name))
    assert found.sha256 == dataset.sha256
    with pytest.raises(ValueError, match="read-only"):
        found.x_train[0] = 0


@pytest.mark.parametrize("file", ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"])
@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "nonsense", "pickled"])
def test_a_damaged_entry_is_never_handed_out_and_is_written_anew(file, harm):
    dataset = made()
    path = cache_images(dataset) / file
    content = path.read_bytes()
    if harm == "pickled":
        np.save(path, np.array([{}], object), allow_pickle=True)
    else:
        path.unlink()
        last = bytes([content[-1] ^ 1])
        bad = {"flipped": content[:-1] + last, "cut": content[:-1], "nonsense": b"no array"}
        if harm in bad:
            path.write_bytes(bad[harm])
    assert map_images(path.parent, "mnist", dataset.sha256) is None
    assert map_images(cache_images(dataset), "mnist", dataset.sha256) is not None
    assert path.read_bytes() == content


def test_the_same_bytes_in_another_shape_are_not_the_images():
    dataset = made()
    path = cache_images(dataset) / "x_train.npy"
    np.save(path, dataset.x_train.reshape(-1, 14, 56, 1))
    assert map_images(path.parent, "mnist", dataset.sha256) is None


def test_an_entry_of_other_images_is_not_these():
    assert map_images(cache_images(made(0)), "mnist", made(1).sha256) is None


def test_a_cache_that_cannot_be_written_is_done_without(cache):
    cache.write_text("a file in the folder's place")
    assert cache_images(made()) is None


def test_nothing_is_left_when_the_disk_is_full(cache, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert cache_images(made()) is None
    assert list((cache / "decoded").iterdir()) == []


def test_the_entries_used_longest_ago_make_room(cache, monkeypatch):
    first, second, third = (made(seed) for seed in range(3))
    size = sum(file.stat().st_size for file in cache_images(first).iterdir())
    monkeypatch.setattr(decoded, "MAX_BYTES", 2 * size)
    shutil.copytree(cache / "decoded" / first.sha256, cache / "decoded" / ".unfinished-killed")
    for place, dataset in enumerate((first, second)):
        os.utime(cache_images(dataset), (place + 10, place + 10))
    os.utime(cache / "decoded" / ".unfinished-killed", (1, 1))
    kept = cache_images(third)
    assert {path.name for path in kept.parent.iterdir()} == {second.sha256, third.sha256}
