"""Data of the user's own, read once: the cache keeps them decoded, until a file changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from paribus.data.cache import cache_folder
from paribus.data.dataset import Dataset, TestNames
from paribus.data.decoded import cache_images, map_images
from paribus.data.own import arrays, function, generated, pictures, tables, text
from paribus.data.own.assemble import assembled
from paribus.data.own.raw import Raw, refused
from paribus.data.stored import is_large
from paribus.study import reading
from paribus.study.census import Reading
from paribus.study.datasets import DataFacts
from paribus.study.source import Source

_VERSION = 6
"""Rises when the same file comes to mean other data."""
_IN_MEMORY: dict[str, tuple[Dataset, DataFacts]] = {}


def facts_of(source: Source) -> DataFacts:
    """Look at data and return what is known of it.

    Raises:
        DataError: The data cannot be read or used; the message says why and what to do.
    """
    return load(source)[1]


def load(source: Source) -> tuple[Dataset, DataFacts]:
    """Read data, from the cache of decoded data unless a file has changed.

    Raises:
        DataError: The data cannot be read or used.
    """
    if source.way == "arrays":
        return _kept(source)
    if source.way == "python":
        function.check_allowed(source)  # also where what it returned is in the cache
    return _load(source.model_dump_json(), _state(source))


def code_digest(source: Source) -> str:
    """Return the SHA-256 of the Python file that makes data; empty where no code makes them."""
    if source.way != "python":
        return ""
    return hashlib.sha256(Path(source.place.rpartition(":")[0]).read_bytes()).hexdigest()


def keep(dataset: Dataset, facts: DataFacts) -> None:
    """Keep data that a program made, for this process and in the cache."""
    _IN_MEMORY[dataset.sha256] = dataset, facts
    cache_images(dataset)
    _remember(_note(dataset.sha256), dataset, facts)
    _keep_names(dataset)


def names_of(sha256: str) -> TestNames | None:
    """Return how the user finds the test examples of data that were read on this machine.

    Args:
        sha256: The data's identity.
    """
    try:
        tree: dict[str, Any] = reading.read_object(_named(sha256))
        return TestNames(**{key: tuple(each) for key, each in tree.items()})
    except (OSError, ValueError, TypeError):
        return None


def _keep_names(dataset: Dataset) -> None:
    with suppress(OSError):
        if dataset.names is not None:
            _named(dataset.sha256).write_text(json.dumps(asdict(dataset.names)))


def _named(sha256: str) -> Path:
    return cache_folder() / "decoded" / f"names-{sha256[:32]}.json"


@lru_cache(maxsize=8)
def _load(written: str, state: str) -> tuple[Dataset, DataFacts]:
    source = Source.model_validate_json(written)
    note = _note(hashlib.sha256(f"{_VERSION} {written} {state}".encode()).hexdigest())
    if (found := _recalled(note, source)) is not None:
        return found
    dataset, facts = assembled(_READERS[source.way](source), source)
    if cache_images(dataset) is not None:
        _remember(note, dataset, facts)
        _keep_names(dataset)
        if is_large(
            dataset.x_train.shape, dataset.x_train.dtype
        ):  # its file is there twice until it is let go
            return _recalled(note, source) or (dataset, facts)
    return dataset, facts


_READERS: dict[str, Callable[[Source], Raw]] = {
    "sklearn": lambda source: arrays.read_sklearn(source.place),
    "npz": lambda source: arrays.read_npz(
        Path(source.place), inputs=source.inputs, tokens=source.tokens, score=source.score
    ),
    "csv": tables.read_csv,
    "parquet": tables.read_parquet,
    "images": pictures.read_folder,
    "sequences": text.read_sequences,
    "generated": generated.read_generated,
    "python": function.read_function,
}


def _state(source: Source) -> str:
    """Return what changes when the data do: size and time of every file."""
    path = Path(source.place.rpartition(":")[0] if source.way == "python" else source.place)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats: list[tuple[str, int, int]] = []
    for file in files:
        with suppress(OSError):
            found = file.stat()
            stats.append((str(file), found.st_size, found.st_mtime_ns))
    return json.dumps(stats)


def _kept(source: Source) -> tuple[Dataset, DataFacts]:
    found = _IN_MEMORY.get(source.place) or _recalled(_note(source.place), source)
    if found is None:
        raise refused(source.place[:12], "arrays-gone")
    dataset, facts = found
    return replace(dataset, name=source.name), facts  # the same arrays may have another name elsewhere


def _note(key: str) -> Path:
    return cache_folder() / "decoded" / f"own-{key[:32]}.json"


def _remember(note: Path, dataset: Dataset, facts: DataFacts) -> None:
    with suppress(OSError):
        tree = {
            "sha256": dataset.sha256,
            "facts": facts.model_dump(mode="json"),
            "reading": dataset.reading.model_dump(mode="json"),
        }
        note.write_text(json.dumps(tree))


def _recalled(note: Path, source: Source) -> tuple[Dataset, DataFacts] | None:
    try:
        tree: dict[str, Any] = reading.read_object(note)
        facts = DataFacts.model_validate(tree["facts"])
        census = Reading.model_validate(tree.get("reading", {}))
        dataset = map_images(note.parent / tree["sha256"], source.name, tree["sha256"], facts)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if dataset is None else (replace(dataset, reading=census), facts)
