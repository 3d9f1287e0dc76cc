"""Where a run stands after an epoch, so that it can go on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.record.files import read_json, write, write_json

MANIFEST = "checkpoint.json"
_GENERATIONS = 2

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch needs.

    Args:
        epoch: How many epochs are behind it.
        tensors: The state's arrays by name: ``trainable/0``, ``optimizer/0``, ``best/trainable/0``, ...
    """

    epoch: int
    tensors: Tensors


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the one before it; the manifest's rename makes it count.

    The tensors lie in ``checkpoint-<epoch>.safetensors``; ``checkpoint.json`` names the two newest with
    their SHA-256, newest first, and older files go.

    Raises:
        OSError: The disk is full or failing; the checkpoints are as they were.
    """
    content = encode(checkpoint.tensors)
    name = f"checkpoint-{checkpoint.epoch}.safetensors"
    write(folder / name, content)
    entry = {"epoch": checkpoint.epoch, "file": name, "sha256": hashlib.sha256(content).hexdigest()}
    others = [each for each in _generations(folder) if each["file"] != name]
    kept = [entry, *others][:_GENERATIONS]
    write_json(folder / MANIFEST, {"schema": 1, "generations": kept})
    _remove_but(folder, {str(each["file"]) for each in kept})


def load(folder: Path) -> Checkpoint | None:
    """The newest checkpoint whose bytes are what the manifest says; None where there is none."""
    for entry in _generations(folder):
        try:
            content = (folder / Path(str(entry["file"])).name).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() == entry["sha256"]:
            return Checkpoint(int(str(entry["epoch"])), decode(content))
    return None


def epoch(folder: Path) -> int:
    """How many epochs the manifest says are behind the newest checkpoint; 0 where there is none."""
    return max((int(str(entry["epoch"])) for entry in _generations(folder)), default=0)


def remove(folder: Path) -> None:
    """Delete a run's checkpoints, which an ended run no longer needs."""
    (folder / MANIFEST).unlink(missing_ok=True)
    _remove_but(folder, set())


def encode(tensors: Tensors) -> bytes:
    """Arrays as safetensors, without metadata, so that equal arrays give equal bytes."""
    from safetensors.numpy import save as to_bytes

    # Not `np.ascontiguousarray`, which gives a single number a dimension.
    return to_bytes({name: np.asarray(array, order="C") for name, array in tensors.items()})


def decode(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays in a safetensors file's bytes."""
    from safetensors.numpy import load as from_bytes

    return from_bytes(content)


def _generations(folder: Path) -> list[dict[str, object]]:
    try:
        manifest = read_json(folder / MANIFEST)
    except (OSError, ValueError):
        return []
    return cast("list[dict[str, object]]", manifest.get("generations", []))


def _remove_but(folder: Path, kept: set[str]) -> None:
    for path in folder.glob("checkpoint-*.safetensors"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
