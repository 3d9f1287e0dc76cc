"""A small image set in every layout, and a catalogue entry that takes it for the official one."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from paribus.data import cifar
from paribus.data.catalogue import CATALOGUE, Entry, Layout, OfficialFile
from paribus.data.dataset import identity
from paribus.data.formats import Arrays, read_npz
from paribus.study.datasets import DataFacts

GREY = DataFacts(shape=(5, 4, 1), train=12, test=6, classes=("zero", "one", "two"))
COLOUR = DataFacts(shape=(4, 4, 3), train=10, test=4, classes=("zero", "one", "two"))
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def made_arrays(images: DataFacts, seed: int = 0) -> Arrays:
    """Random pixels and labels in the official shapes and counts."""
    draw = np.random.default_rng(seed)
    made: list[np.ndarray] = []
    for count in (images.train, images.test):
        made.append(draw.integers(0, 256, (count, *images.shape), np.uint8))
        made.append(draw.integers(0, len(images.classes), count, np.uint8))
    return Arrays(*made)


def idx_bytes(array: np.ndarray) -> bytes:
    """An IDX file, written by its specification."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder: Path, arrays: Sequence[np.ndarray], *, compress: bool = False) -> tuple[Path, ...]:
    """The four files of MNIST's layout; images without their channel."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, array in zip(IDX_FILES, arrays[:4], strict=True):
        content = idx_bytes(array[..., 0] if array.ndim == 4 else array)
        path = folder / (f"{name}.gz" if compress else name)
        path.write_bytes(gzip.compress(content) if compress else content)
        paths.append(path)
    return tuple(paths)


def write_npz(path: Path, arrays: Sequence[np.ndarray], *, squeeze: bool = True) -> Path:
    """A compressed archive as Keras publishes it; images without their channel where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = [
        array[..., 0] if squeeze and array.ndim == 4 and array.shape[-1] == 1 else array
        for array in arrays[:4]
    ]
    np.savez_compressed(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), shown, strict=True)))
    return path


def cifar_bytes(arrays: Sequence[np.ndarray]) -> dict[str, bytes]:
    """The six files of CIFAR's layout, image by image."""
    x_train, y_train, x_test, y_test = arrays[:4]

    def records(images: np.ndarray, labels: np.ndarray) -> bytes:
        return b"".join(
            bytes([label]) + b"".join(image[:, :, channel].tobytes() for channel in range(3))
            for image, label in zip(images, labels, strict=True)
        )

    parts = zip(np.array_split(x_train, 5), np.array_split(y_train, 5), strict=True)
    contents = [*(records(*part) for part in parts), records(x_test, y_test)]
    return dict(zip(cifar.BATCHES, contents, strict=True))


def write_cifar(folder: Path, arrays: Sequence[np.ndarray]) -> tuple[Path, ...]:
    """The folder cifar-10-batches-bin."""
    place = folder / cifar.FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for name, content in cifar_bytes(arrays).items():
        (place / name).write_bytes(content)
    return tuple(place / name for name in cifar.BATCHES)


def write_tar(path: Path, members: Sequence[tuple[tarfile.TarInfo | str, bytes]]) -> Path:
    """A .tar.gz with these members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_cifar_tar(path: Path, arrays: Sequence[np.ndarray]) -> Path:
    """The archive cifar-10-binary.tar.gz, with the other files that the official one has."""
    members = [(f"{cifar.FOLDER}/{name}", content) for name, content in cifar_bytes(arrays).items()]
    other = tarfile.TarInfo(cifar.FOLDER)
    other.type = tarfile.DIRTYPE
    return write_tar(path, [(other, b""), (f"{cifar.FOLDER}/readme.html", b"<html>"), *members[::-1]])


def official(path: Path, *mirrors: str) -> OfficialFile:
    """The catalogue's description of a file."""
    content = path.read_bytes()
    sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest()
    return OfficialFile(path.name, len(content), sha256, md5, mirrors)


def made_entry(
    images: DataFacts, arrays: Arrays, files: Sequence[OfficialFile] = (), name: str = "tiny"
) -> Entry:
    """An entry for which these arrays are the official ones."""
    return Entry(
        name=name,
        title=name.capitalize(),
        images=images,
        licence="none",
        reference="nobody",
        site="nowhere",
        downloads=(tuple(files),),
        folders=(name, f"{name.upper()}/raw", "."),
        layouts=(
            Layout(((f"{name}.npz",),), read_npz),
            *CATALOGUE["mnist"].layouts[1:],
            *CATALOGUE["cifar10"].layouts[:2],
        ),
        sha256=identity(*arrays[:4]),
    )


class Tiny:
    """Builders of small image sets, for tests to use as ``tiny.write_idx(folder, arrays)``."""

    GREY = GREY
    COLOUR = COLOUR
    arrays = staticmethod(made_arrays)
    entry = staticmethod(made_entry)
    official = staticmethod(official)
    idx_bytes = staticmethod(idx_bytes)
    cifar_bytes = staticmethod(cifar_bytes)
    write_idx = staticmethod(write_idx)
    write_npz = staticmethod(write_npz)
    write_cifar = staticmethod(write_cifar)
    write_tar = staticmethod(write_tar)
    write_cifar_tar = staticmethod(write_cifar_tar)


@pytest.fixture(scope="session")
def tiny() -> type[Tiny]:
    """Builders of small image sets in official layouts."""
    return Tiny


@pytest.fixture(scope="session")
def assert_same() -> Callable[[Sequence[np.ndarray], Sequence[np.ndarray]], None]:
    """Compares four arrays, their types and shapes too."""

    def compare(given: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
        for one, other in zip(given[:4], expected[:4], strict=True):
            assert one.dtype == np.uint8
            np.testing.assert_array_equal(one, other, strict=True)

    return compare


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache and no folder of data, whatever the environment says."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PARIBUS_CACHE", str(folder))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    return folder
