"""Large data: written part by part, mapped, and trained from the map to the same bits as from memory."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from paribus.data import stored
from paribus.data.folds import fold_of
from paribus.data.own import load as loading
from paribus.data.own.load import load
from paribus.data.split import split
from paribus.engine.scaling import filled, scaling
from paribus.engine.training import train
from paribus.errors import DataError
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.reader import load as read
from paribus.study.source import Source

pytestmark = pytest.mark.usefixtures("plainly_compiled")

DRAW = np.random.default_rng(2)
X = DRAW.normal(size=(300, 7))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    loading._load.cache_clear()


@pytest.fixture
def everything_is_large(monkeypatch):
    """Arrays of 500 bytes are written to files, 400 bytes at a time."""

    def limit():
        for name in ("paribus.data.stored", "paribus.data.formats"):
            monkeypatch.setattr(f"{name}.LARGE", 500)
            monkeypatch.setattr(f"{name}.PART", 400)
        monkeypatch.setattr("paribus.engine.scaling._BLOCK", 400)
        loading._load.cache_clear()

    return limit


def is_mapped(array):
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = getattr(array, "base", None)
    return False


def source(path, **options):
    return Source(way="npz", place=str(path), name="mine", **options)


def written(tmp_path, kind, x=X):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
        np.save(path / "x.npy", x)
        np.save(path / "y.npy", Y)
        return path
    (np.savez_compressed if kind == "compressed.npz" else np.savez)(path, x=x, y=Y)
    return path


@pytest.mark.parametrize("kind", ["plain.npz", "compressed.npz", "folder"])
@pytest.mark.parametrize("dtype", ["<f8", "<f4", ">f4", "<i2"])
def test_large_arrays_are_read_to_the_same_bits(tmp_path, monkeypatch, everything_is_large, kind, dtype):
    x = np.asfortranarray((10 * X).astype(dtype)) if dtype == "<f8" else (10 * X).astype(dtype)
    path = written(tmp_path, kind, x)
    small, facts = load(source(path))
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "other"))
    everything_is_large()
    large, again = load(source(path))
    assert (large.sha256, again) == (small.sha256, facts)
    assert is_mapped(large.x_train)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(large, name), getattr(small, name))


@pytest.mark.usefixtures("everything_is_large")
def test_nothing_is_left_in_the_cache_but_the_entry(tmp_path, everything_is_large):
    everything_is_large()
    dataset, _ = load(source(written(tmp_path, "compressed.npz")))
    names = {path.name for path in (tmp_path / "cache" / "decoded").iterdir() if path.is_dir()}
    assert names == {dataset.sha256}


def test_what_is_wrong_with_large_arrays_is_told(tmp_path, everything_is_large):
    everything_is_large()
    x = X.copy()
    x[250, 2] = np.inf
    with pytest.raises(DataError, match="251"):
        load(source(written(tmp_path, "plain.npz", x)))
    path = written(tmp_path, "folder")
    content = (path / "x.npy").read_bytes()
    (path / "x.npy").write_bytes(content[:-100])
    with pytest.raises(DataError, match="folder"):
        load(source(path))


def test_a_large_array_that_is_damaged_in_its_archive_is_told(tmp_path, everything_is_large):
    path = written(tmp_path, "plain.npz")
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("x.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 5000] ^= 1
    path.write_bytes(content)
    everything_is_large()
    with pytest.raises(DataError, match="CRC"):
        load(source(path))


def test_a_cache_without_room_is_told(tmp_path, monkeypatch, everything_is_large):
    path = written(tmp_path, "plain.npz")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "file"))
    everything_is_large()
    with pytest.raises(DataError, match="PARIBUS_CACHE"):
        load(source(path))


def test_an_empty_folder_is_told(tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="x and y"):
        load(source(tmp_path / "none"))


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_large_columns_are_scaled_and_filled_as_small_ones(tmp_path, everything_is_large, scale):
    x = X.copy()
    x[::9, 3] = np.nan
    dataset = load(source(written(tmp_path, "plain.npz", x)))[0]
    splits = split(dataset, 0.1, 0)
    small, small_filled = scaling(scale, splits), filled(splits)[:2]
    everything_is_large()
    large, large_filled = scaling(scale, splits), filled(splits)[:2]
    for one, other in zip((*small, *small_filled), (*large, *large_filled), strict=True):
        np.testing.assert_array_equal(one, other)
    assert is_mapped(large_filled[0])
    scaler = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}[scale]()
    scaler.fit(dataset.x_train[splits.train].astype(np.float64))
    expected = 1 / scaler.scale_ if scale != "minmax" else scaler.scale_
    np.testing.assert_allclose(large[1], expected, rtol=1e-6)


def test_folds_of_large_data_are_those_of_small(tmp_path, everything_is_large):
    dataset = load(source(written(tmp_path, "plain.npz")))[0]
    small = fold_of(dataset, 5, 2, has_classes=True)
    everything_is_large()
    large = fold_of(dataset, 5, 2, has_classes=True)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(large, name), getattr(small, name))


@pytest.mark.parametrize("settings", [{"batch_size": 48}, {"folds": 5}], ids=["delayed", "folds"])
def test_training_from_the_map_gives_the_same_bits_as_from_memory(
    tmp_path, everything_is_large, new_sink, settings
):
    x = X.copy()
    x[::9, 3] = np.nan
    path = written(tmp_path, "plain.npz", x)
    base = {
        "scale": "standard",
        "model": {"hidden": [6]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 3,
        **settings,
    }
    asked = read({"data": {"npz": str(path)}, "base": base, "variants": {"v": {}}})
    ends = []
    for limit in (lambda: None, everything_is_large):
        limit()
        dataset = load(asked.sources["plain"])[0]
        identity = DataIdentity(name="plain", sha256=dataset.sha256)
        spec = RunSpec(configuration=asked.variants["v"].configuration, seed=0, data=identity)
        sink = new_sink()
        train([spec], dataset, sink)
        ends.append((sink.rows[spec.digest], sink.trained[spec.digest]))
    (rows, trained), (other_rows, other) = ends
    assert rows == other_rows
    for name, weights in trained.weights.items():
        np.testing.assert_array_equal(weights, other.weights[name])
    np.testing.assert_array_equal(trained.outputs, other.outputs)


MEASURED = """
import sys, threading
from paribus.data import stored

stored.LARGE, stored.PART = 2**23, 2**20  # before anything has taken them over
from paribus.data.own.load import load
from paribus.study.source import Source

def anonymous():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

import numpy, pandas, sklearn.model_selection
before, peak, done = anonymous(), [0], threading.Event()
def watch():
    while not done.wait(0.002):
        peak[0] = max(peak[0], anonymous())
thread = threading.Thread(target=watch)
thread.start()
load(Source(way="npz", place=sys.argv[1], name="mine"))
done.set(); thread.join()
print(peak[0] - before)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_data(tmp_path):
    """160 MB of float64 are split, converted and kept in a quarter of that; half of it would be one copy."""
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "<f8", (200_000, 100))
    for rows in stored.parts(x):
        x[rows] = DRAW.normal(size=x[rows].shape)
    folder = tmp_path / "both"
    folder.mkdir()
    x.flush()
    (tmp_path / "x.npy").rename(folder / "x.npy")
    np.save(folder / "y.npy", np.arange(200_000) % 2)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(folder)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) * 1024 < x.nbytes / 4
