"""The catalogue of data sets: where each comes from, its licence, and how the official one is recognised.

A data set's identity is the SHA-256 of its decoded arrays, whichever file they came from (see
`paribus.data.dataset.identity`). ``catalogue.json`` has those of MNIST and Fashion-MNIST. No such digest of
CIFAR-10's arrays is known, but the MD5 of each of its six binary files is, and these contain only images and
labels: CIFAR-10 is verified when all six agree, hence only in its binary version.

Checksums of files are those published by the sets' authors (MD5), Keras, torchvision, and MLDatasets.jl and
others (SHA-256); they agree wherever more than one publishes them. Fashion-MNIST's digest was computed from
Debian's package, whose unpacked files have the published SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from paribus.data import cifar
from paribus.data.formats import Arrays, read_idx_files, read_npz
from paribus.errors import DataError
from paribus.study.datasets import IMAGE_SETS, DataFacts
from paribus.texts import suggestion


@dataclass(frozen=True)
class OfficialFile:
    """A file as it is published.

    Args:
        name: Its name on the mirrors and in the cache.
        size: In bytes.
        sha256: Checksum of the whole file.
        md5: MD5 of the whole file, where this is what the authors publish.
        mirrors: Addresses of the folders that contain it, each ending in a slash.
    """

    name: str
    size: int
    sha256: str
    md5: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A layout of a data set in a folder.

    Args:
        files: The files in the reader's order, each with its possible names.
        read: Decodes the files into arrays.
    """

    files: tuple[tuple[str, ...], ...]
    read: Callable[[Sequence[Path], DataFacts], Arrays]


@dataclass(frozen=True)
class Entry:
    """A data set that studies may name.

    Args:
        name: In studies and on the command line.
        title: As its authors call it.
        images: Shape, counts and classes.
        licence: The licence of its use.
        reference: The paper.
        site: The authors' page.
        downloads: Complete sets of files, of which the first available one is downloaded.
        folders: Where to look below a folder of data, in this order.
        layouts: The layouts to look for, in this order.
        sha256: Digest of the official arrays; None where none is known.
        md5: MD5 of the files that its layout reads, which verify it where `sha256` is None.
        pickled: Files or folders with Python pickles of it, which are never loaded.
    """

    name: str
    title: str
    images: DataFacts
    licence: str
    reference: str
    site: str
    downloads: tuple[tuple[OfficialFile, ...], ...]
    folders: tuple[str, ...]
    layouts: tuple[Layout, ...]
    sha256: str | None = None
    md5: tuple[str, ...] = ()
    pickled: tuple[str, ...] = ()

    def is_official(self, arrays: Arrays, sha256: str) -> bool:
        """Return whether these arrays, with this digest, are the data set as published."""
        if self.sha256 is not None:
            return sha256 == self.sha256
        return bool(self.md5) and arrays.md5 == self.md5


def _idx_names(stem: str, dimensions: int) -> tuple[str, ...]:
    plain = (f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte")
    return (f"{plain[0]}.gz", *plain, f"{plain[1]}.gz")


IDX = Layout(
    (
        _idx_names("train-images", 3),
        _idx_names("train-labels", 1),
        _idx_names("t10k-images", 3),
        _idx_names("t10k-labels", 1),
    ),
    read_idx_files,
)


def _npz(*names: str) -> Layout:
    return Layout((names,), read_npz)


_LAYOUTS = {
    "mnist": (_npz("mnist.npz"), IDX),
    "fashion_mnist": (_npz("fashion_mnist.npz", "fashion-mnist.npz"), IDX),
    "cifar10": (
        Layout(tuple((f"{cifar.FOLDER}/{name}", name) for name in cifar.BATCHES), cifar.read_batches),
        Layout((("cifar-10-binary.tar.gz",),), cifar.read_archive),
        _npz("cifar10.npz"),
    ),
}


def _entry(name: str, row: dict[str, Any]) -> Entry:
    downloads = tuple(
        tuple(OfficialFile(**file, mirrors=tuple(each["mirrors"])) for file in each["files"])
        for each in row["downloads"]
    )
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    fields |= {"images": IMAGE_SETS[name], "layouts": _LAYOUTS[name], "downloads": downloads}
    return Entry(name=name, **fields)


_TABLE: dict[str, dict[str, Any]] = json.loads(
    resources.files("paribus.data").joinpath("catalogue.json").read_text(encoding="utf-8")
)
CATALOGUE = {name: _entry(name, row) for name, row in _TABLE.items()}


def entry(name: str) -> Entry:
    """Return the data set with this name.

    Raises:
        DataError: There is none; the message lists them and suggests one.

    Example:
        >>> entry("mnist").images.train
        60000
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    known = ", ".join(sorted(CATALOGUE))
    raise DataError("data.unknown", name=name, known=known, hint=suggestion(name.lower(), CATALOGUE))
