"""Checkpoints: the state of a run after an epoch, from which it can be resumed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from paribus.record import files, sealed
from paribus.study import reading

_GENERATIONS = 2
_SECONDS = 2.0
_SHARE = 50  # training takes at least this many times as long as the checkpoints in it
_OLD_MANIFEST = "checkpoint.json"  # of schema 1: one manifest for all checkpoints

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch needs.

    Args:
        epoch: The number of epochs trained.
        tensors: The state's arrays by name: ``trainable/0``, ``optimizer/0``, ``best/trainable/0``, ...
        update_mode: How the epochs were computed, as in a `Result`; empty where it is not known.
        probes: The number of lines of probes when it was saved.
        threads: How many threads the epochs were computed on.
        device: Where they were computed: ``cpu`` or ``gpu``.
    """

    epoch: int
    tensors: Tensors
    update_mode: str = ""
    probes: int = 0
    threads: int = 1
    device: str = "cpu"


@dataclass(frozen=True)
class Generation:
    """A saved checkpoint, as its manifest describes it.

    Args:
        epoch: The number of epochs trained.
        file: The tensors.
        tensors: SHA-256 of that file.
        history: SHA-256 of the history's lines up to the epoch; empty in schema 1.
        update_mode: How the epochs were computed; empty where earlier versions did not store it.
        probes: The number of lines of probes.
        probes_digest: Their SHA-256; empty where earlier versions did not store it.
        threads: How many threads the epochs were computed on.
        device: Where they were computed.
    """

    epoch: int
    file: Path
    tensors: str
    history: str = ""
    update_mode: str = ""
    probes: int = 0
    probes_digest: str = ""
    threads: int = 1
    device: str = "cpu"


_GENERATION = TypeAdapter(Generation)


class Pace:
    """How often checkpoints are saved: not so often that it takes a noticeable part of the time."""

    def __init__(self) -> None:
        self._cost = 0.0
        self._since = 0.0

    def spent(self, seconds: float) -> None:
        """Take in the seconds of an epoch."""
        self._since += seconds

    @property
    def is_due(self) -> bool:
        """Whether enough time has passed since the last one."""
        return self._since >= max(_SECONDS, _SHARE * self._cost)

    @contextmanager
    def saving(self) -> Generator[None]:
        """Measure the time that saving one takes."""
        start = time.perf_counter()
        yield
        self._cost = time.perf_counter() - start
        self._since = 0.0


def save(folder: Path, checkpoint: Checkpoint, history: str = "", probes: str = "") -> None:
    """Write a checkpoint, which counts once its manifest is written, and keep the two newest.

    The tensors go to ``checkpoint-<epoch>.safetensors``, the manifest to ``checkpoint-<epoch>.json``.

    Raises:
        OSError: The disk is full or failing; the earlier checkpoints are unchanged.
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
    if checkpoint.threads > 1:
        manifest["threads"] = checkpoint.threads
    if checkpoint.device != "cpu":
        manifest["device"] = checkpoint.device
    sealed.write(path.with_suffix(".json"), manifest)
    _remove_but(folder, {generation.file for generation in generations(folder)[:_GENERATIONS]})


def load(
    folder: Path,
    history: Callable[[int], str] = lambda _epochs: "",
    probes: Callable[[int], str] = lambda _epochs: "",
) -> Checkpoint | None:
    """Read the newest checkpoint whose bytes, history and probes are undamaged; return None without one.

    Args:
        folder: The run's.
        history: Returns the SHA-256 of the history's first lines, as they are now, given their number.
        probes: Returns the same of the probes.
    """
    for generation in generations(folder):
        try:
            if files.digest(generation.file) != generation.tensors:
                continue
            content = reading.read_bytes(generation.file, reading.MAX_TENSORS)
        except (OSError, ValueError):
            continue
        is_whole = hashlib.sha256(content).hexdigest() == generation.tensors
        has_history = generation.history in {"", history(generation.epoch)}
        has_probes = generation.probes_digest in {"", probes(generation.probes)}
        if is_whole and has_history and has_probes:
            return Checkpoint(
                generation.epoch,
                decode(content),
                generation.update_mode,
                generation.probes,
                generation.threads,
                generation.device,
            )
    return None


def files_of(folder: Path) -> list[Path]:
    """Return every file of a run's checkpoints, whole or not."""
    named = (each for suffix in (".json", ".safetensors") for each in folder.glob(f"checkpoint-*{suffix}"))
    return sorted([*named, *folder.glob(_OLD_MANIFEST)])


def newest(folder: Path) -> Generation | None:
    """Return the newest checkpoint by its manifest alone; None where there is none."""
    return next(iter(generations(folder)), None)


def remove(folder: Path) -> None:
    """Delete the checkpoints of a run."""
    _remove_but(folder, set())


def encode(tensors: Tensors) -> bytes:
    """Encode arrays as safetensors without metadata, so that equal arrays give equal bytes."""
    from safetensors.numpy import save as to_bytes

    # Not `np.ascontiguousarray`, which gives a single number a dimension.
    return to_bytes({name: np.asarray(array, order="C") for name, array in tensors.items()})


def decode(content: bytes) -> dict[str, NDArray[Any]]:
    """Decode the arrays in the bytes of a safetensors file."""
    from safetensors.numpy import load as from_bytes

    return from_bytes(content)


def generations(folder: Path) -> list[Generation]:
    """Return the checkpoints whose manifest is undamaged, the newest first."""
    manifests = (_manifest(path) for path in _manifests(folder))
    found = [generation for each in manifests for generation in each]
    return sorted(found, key=lambda generation: -generation.epoch)


def damaged(folder: Path) -> list[Path]:
    """Return the files of checkpoints that are damaged."""
    manifests = [path for path in _manifests(folder) if not _manifest(path)]
    tensors = [each.file for each in generations(folder) if files.digest(each.file) != each.tensors]
    return [*manifests, *tensors]


def _manifests(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint*.json"))


def _manifest(path: Path) -> list[Generation]:
    """Return the checkpoints that a manifest describes; none where it is damaged."""
    try:
        tree: dict[str, Any] = sealed.read(path)
        if path.name == _OLD_MANIFEST:
            return [
                _GENERATION.validate_python(
                    {**each, "file": path.with_name(Path(each["file"]).name), "tensors": each["sha256"]}
                )
                for each in tree["generations"]
            ]
        renamed = {**tree, "update_mode": tree.get("path", ""), "file": path.with_suffix(".safetensors")}
        return [_GENERATION.validate_python(renamed)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _remove_but(folder: Path, kept: set[Path]) -> None:
    """Delete all other checkpoints, each manifest first, so that no manifest names a missing file."""
    files.remove(folder / _OLD_MANIFEST)
    for suffix in (".json", ".safetensors"):
        for path in sorted(folder.glob(f"checkpoint-*{suffix}")):
            if path.with_suffix(".safetensors") not in kept:
                files.remove(path)
