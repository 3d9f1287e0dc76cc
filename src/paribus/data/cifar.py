"""Readers of CIFAR-10's binary version, as a folder or as the published archive.

An image is a byte with its label, then 1,024 bytes each of red, green and blue, row by row
(https://www.cs.toronto.edu/~kriz/cifar.html). The Python version of the set is pickled and never read.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.data.formats import LIMIT, Arrays, checked, damaged
from paribus.study.datasets import DataFacts

FOLDER = "cifar-10-batches-bin"
BATCHES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


def read_batches(files: Sequence[Path], images: DataFacts) -> Arrays:
    """Read the folder `FOLDER`: five files of training images, one of test images.

    Raises:
        DataError: A file is truncated, too large or has a label without a class.
    """
    batches: list[_Batch] = []
    for file in files:
        try:
            size = file.stat().st_size
            if size > LIMIT:
                raise damaged(file, "data.too-large", what=file.name, bytes=size, limit=LIMIT)
            batches.append(_Batch(file, file.read_bytes(), images))
        except OSError as error:
            raise damaged(file, "data.unreadable", cause=error) from error
    return _joined(files[0].parent, batches, images)


def read_archive(files: Sequence[Path], images: DataFacts) -> Arrays:
    """Read the archive ``cifar-10-binary.tar.gz`` in one pass, without unpacking it to disk.

    Members are found by their exact names; all others, such as links, are skipped.

    Raises:
        DataError: The archive is damaged, unpacks to more than `LIMIT` bytes, or lacks a file.
    """
    (file,) = files
    wanted = {f"{FOLDER}/{name}": name for name in BATCHES}
    batches: dict[str, _Batch] = {}
    try:
        with gzip.open(file) as unpacked:
            stream = _Limited(file, unpacked)
            # Of a stream, tarfile calls nothing but `read`; its stub asks for a whole file.
            with tarfile.open(fileobj=cast("Any", stream), mode="r|", bufsize=2**20) as archive:
                for member in archive:
                    name = wanted.get(member.name)
                    content = archive.extractfile(member) if name and member.isreg() else None
                    if name is not None and content is not None:
                        batches[name] = _Batch(file / member.name, content.read(), images)
            while stream.read(2**16):  # gzip's checksum is at the end, after that of the tar file
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, MemoryError) as error:
        raise damaged(file, "data.unreadable", cause=error) from error
    missing = [name for name in BATCHES if name not in batches]
    if missing:
        raise damaged(file, "data.archive-lacks", missing=", ".join(f"{FOLDER}/{name}" for name in missing))
    return _joined(file, [batches[name] for name in BATCHES], images)


class _Limited:
    """A stream that raises an error after `LIMIT` bytes, since a small archive can unpack to any size."""

    def __init__(self, file: Path, stream: gzip.GzipFile) -> None:
        self.file = file
        self.stream = stream
        self.remaining = LIMIT

    def read(self, size: int) -> bytes:
        content = self.stream.read(size)
        self.remaining -= len(content)
        if self.remaining < 0:
            name = self.file.name
            raise damaged(self.file, "data.too-large", what=name, bytes=f"> {LIMIT}", limit=LIMIT)
        return content


class _Batch:
    def __init__(self, file: Path, content: bytes, images: DataFacts) -> None:
        height, width, channels = images.shape
        record = 1 + math.prod(images.shape)
        if not content or len(content) % record:
            raise damaged(file, "data.cifar-size", given=len(content), record=record)
        rows = np.frombuffer(content, np.uint8).reshape(-1, record)
        self.labels: NDArray[np.uint8] = rows[:, 0].copy()
        planes = rows[:, 1:].reshape(-1, channels, height, width)
        self.images: NDArray[np.uint8] = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
        self.md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()


def _joined(place: Path, batches: Sequence[_Batch], images: DataFacts) -> Arrays:
    *train, test = batches
    return checked(
        place,
        images,
        Arrays(
            np.concatenate([batch.images for batch in train]),
            np.concatenate([batch.labels for batch in train]),
            test.images,
            test.labels,
            md5=tuple(batch.md5 for batch in batches),
        ),
    )
