"""The images that all contenders train on, written where their processes can read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cells import SHAPES, TABLE_ROWS, WHOLE_EPOCH
from paribus.data.source import find


def write(folder: Path, data_dir: Path | None) -> dict[str, Any]:
    """Write inputs and labels of all data sets, in a shuffled order, and describe them.

    Without a folder of the real images the embedded stand-ins are repeated until they are as many. Speed
    does not ask what is on an image; losses do.

    Args:
        folder: Where to; it is made.
        data_dir: Holds MNIST and CIFAR-10 in an official layout.

    Returns:
        By data set, where its images are from, and their digest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digests: dict[str, Any] = {}
    for name in SHAPES:
        dataset = find(name, data_dir=data_dir, embedded=data_dir is None, download=False)
        draw = np.random.default_rng(0)
        images = len(dataset.x_train)
        rows = draw.permutation(images)
        rows = np.resize(rows, WHOLE_EPOCH[name])
        np.save(folder / f"{name}-pixels.npy", dataset.x_train[rows])
        np.save(folder / f"{name}-labels.npy", dataset.y_train[rows].astype(np.int32))
        if dataset.stand_in:
            kind = f"the embedded stand-in's {images:,} images, repeated"
        elif dataset.verified:
            kind = "the official images"
        else:
            kind = "real images from a folder, not the official bytes"
        digests[name] = {"images": kind, "sha256": dataset.sha256}
    draw = np.random.default_rng(0)
    table = draw.normal(size=(TABLE_ROWS, 50)).astype(np.float32)
    np.save(folder / "table-pixels.npy", table)
    np.save(folder / "table-labels.npy", (table @ draw.normal(size=(50, 10))).argmax(axis=1).astype(np.int32))
    words = draw.integers(0, 5000, (TABLE_ROWS, 100)).astype(np.int32)
    np.save(folder / "tokens-pixels.npy", words)
    np.save(folder / "tokens-labels.npy", (words[:, 0] % 10).astype(np.int32))
    return digests
