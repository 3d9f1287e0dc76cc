"""Where a run stands after an epoch, so that it can go on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.record import files, sealed

_GENERATIONS = 2
_OLD_MANIFEST = "checkpoint.json"  # of schema 1: one for all generations

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch needs.

    Args:
        epoch: How many epochs are behind it.
        tensors: The state's arrays by name: ``trainable/0``, ``optimizer/0``, ``best/trainable/0``, ...
        update_mode: How the epochs were computed, ``stepwise`` or ``delayed``; empty where it is not known.
        probes: How many lines of probes were behind it when it was saved.
    """

    epoch: int
    tensors: Tensors
    update_mode: str = ""
    probes: int = 0


@dataclass(frozen=True)
class Generation:
    """One saved checkpoint, as its manifest says.

    Args:
        epoch: How many epochs are behind it.
        file: The tensors.
        tensors: SHA-256 of that file.
        history: SHA-256 of the history's lines up to the epoch; empty where schema 1 kept none.
        update_mode: How the epochs were computed; empty where earlier versions did not store it.
        probes: How many lines of probes are behind it.
        probes_digest: Their SHA-256; empty where earlier versions kept none.
    """

    epoch: int
    file: Path
    tensors: str
    history: str
    update_mode: str = ""
    probes: int = 0
    probes_digest: str = ""


def save(folder: Path, checkpoint: Checkpoint, history: str = "", probes: str = "") -> None:
    """Write a checkpoint beside the one before it; its manifest makes it count.

    The tensors lie in ``checkpoint-<epoch>.safetensors``, the manifest in ``checkpoint-<epoch>.json``.
    The two newest stay.

    Args:
        folder: The run's.
        checkpoint: What to keep.
        history: SHA-256 of the history's lines up to the epoch.
        probes: SHA-256 of the probes' lines.

    Raises:
        OSError: The disk is full or failing; the checkpoints before are as they were.
    """
    content = encode(checkpoint.tensors)
    path = folder / f"checkpoint-{checkpoint.epoch}.safetensors"
    files.write(path, content)
    digest = hashlib.sha256(content).hexdigest()
    manifest = {
        "epoch": checkpoint.epoch,
        "tensors": digest,
        "history": history,
        "probes": checkpoint.probes,
        "probes_digest": probes,
        "path": checkpoint.update_mode,
    }
    sealed.write(path.with_suffix(".json"), manifest)
    kept = {generation.file for generation in generations(folder)[:_GENERATIONS]}
    _remove_but(folder, kept)


def load(
    folder: Path,
    history: Callable[[int], str] = lambda _epochs: "",
    probes: Callable[[int], str] = lambda _epochs: "",
) -> Checkpoint | None:
    """The newest checkpoint whose bytes, history and probes are those that were saved; None without one.

    Args:
        folder: The run's.
        history: SHA-256 of the history's first so many lines, as they lie there now.
        probes: The same of the probes.
    """
    for generation in generations(folder):
        try:
            content = generation.file.read_bytes()
        except OSError:
            continue
        is_whole = hashlib.sha256(content).hexdigest() == generation.tensors
        has_history = generation.history in {"", history(generation.epoch)}
        has_probes = generation.probes_digest in {"", probes(generation.probes)}
        if is_whole and has_history and has_probes:
            return Checkpoint(generation.epoch, decode(content), generation.update_mode, generation.probes)
    return None


def newest(folder: Path) -> Generation | None:
    """The newest checkpoint, by the manifests alone; None where there is none."""
    return next(iter(generations(folder)), None)


def remove(folder: Path) -> None:
    """Delete a run's checkpoints, which an ended run no longer needs."""
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


def generations(folder: Path) -> list[Generation]:
    """The checkpoints whose manifest is whole, the newest first."""
    found = [
        Generation(
            int(str(tree["epoch"])),
            path.with_suffix(".safetensors"),
            *(str(tree[name]) for name in ("tensors", "history")),
            update_mode=str(tree.get("path", "")),
            probes=int(str(tree.get("probes", 0))),
            probes_digest=str(tree.get("probes_digest", "")),
        )
        for path in folder.glob("checkpoint-*.json")
        if (tree := _manifest(path))
    ]
    for entry in cast("list[dict[str, object]]", _manifest(folder / _OLD_MANIFEST).get("generations", [])):
        name = Path(str(entry["file"])).name
        found.append(Generation(int(str(entry["epoch"])), folder / name, str(entry["sha256"]), ""))
    return sorted(found, key=lambda generation: -generation.epoch)


def damaged(folder: Path) -> list[Path]:
    """The checkpoints' files that are not what was saved."""
    manifests = [path for path in folder.glob("checkpoint*.json") if not _manifest(path)]
    tensors = [each.file for each in generations(folder) if files.digest(each.file) != each.tensors]
    return [*manifests, *tensors]


def _manifest(path: Path) -> dict[str, object]:
    try:
        return sealed.read(path)
    except (OSError, ValueError):
        return {}


def _remove_but(folder: Path, kept: set[Path]) -> None:
    """Delete other generations, each manifest first, so that none names what is gone."""
    files.remove(folder / _OLD_MANIFEST)
    for suffix in (".json", ".safetensors"):
        for path in sorted(folder.glob(f"checkpoint-*{suffix}")):
            if path.with_suffix(".safetensors") not in kept:
                files.remove(path)
