"""A folder of W&B runs, as they lie on the machine that trained: settings, last values, epochs."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np

from paribus.errors import SourceError
from paribus.imported.context import flat
from paribus.imported.runs import ForeignRun, Level, Numbers, number
from paribus.study import reading

RUNS = "*run-*"
_MAX_BYTES = 1 << 20
_BLOCK, _HEAD = 32_768, 7
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def run_folders(root: Path) -> list[Path]:
    """Return the folders of runs in a folder that W&B writes, or in its ``wandb`` folder.

    Args:
        root: Any folder.
    """
    places = (root, root / "wandb")
    found = [each for place in places for each in sorted(place.glob(RUNS)) if not each.is_symlink()]
    is_run = [
        each
        for each in found
        if each.is_dir() and (any(each.glob("run-*.wandb")) or (each / "files").is_dir())
    ]
    if not is_run and any(root.glob("run-*.wandb")):
        return [root]
    return is_run


def read_wandb(root: Path) -> list[ForeignRun]:
    """Return the runs of W&B's folders, synchronized or offline.

    Args:
        root: See `run_folders`.

    Raises:
        SourceError: A run's file cannot be read.
    """
    return [_run(folder) for folder in run_folders(root)]


def _run(folder: Path) -> ForeignRun:
    logs = sorted(folder.glob("run-*.wandb"))
    name = folder.name.rpartition("-")[2]
    summary = _numbers(_json(folder / "files" / "wandb-summary.json"))
    config = _json(folder / "files" / "config.yaml")
    settings = _settings(config)
    if not logs or find_spec("wandb") is None:
        if not summary and logs:
            raise SourceError("imported.wandb-package", file=folder.name)
        return ForeignRun(name, settings, final=summary)
    rows: list[dict[str, float]] = []
    for kind, record in _records(logs[0]):
        if kind == "run":
            name = record.display_name or name
            settings = {**settings, **_updates(record.config.update)}
        elif kind == "config":
            settings = {**settings, **_updates(record.update)}
        elif kind == "summary":
            summary |= _numbers({item.key: json.loads(item.value_json) for item in record.update if item.key})
        elif kind == "history":
            items = {
                item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.item
            }
            rows.append(_numbers(items))
    epochs, curves = _by_epoch(rows)
    final = {key: value for key, value in summary.items() if key not in curves}
    return ForeignRun(name, settings, epochs=epochs, curves=curves, final=final)


def _records(log: Path) -> Iterator[tuple[str, Any]]:
    """Yield each record of a run's log, in W&B's own messages."""
    from wandb.proto import wandb_internal_pb2  # pyright: ignore[reportMissingImports]

    try:
        content = reading.read_bytes(log, reading.MAX_TENSORS)
        for data in entries(content):
            record: Any = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            kind = record.WhichOneof("record_type")
            if kind in ("run", "config", "summary", "history"):
                yield kind, getattr(record, kind)
    except Exception as error:  # its messages raise whatever a damaged file leads to
        raise SourceError(
            "imported.unreadable", file=log, reason=f"{type(error).__name__}: {error}"
        ) from error


def entries(content: bytes) -> Iterator[bytes]:
    """Yield the entries of a log in LevelDB's format; a torn end, of a run that was killed, is left out.

    Source: the format of LevelDB's logs, github.com/google/leveldb, doc/log_format.md; W&B writes seven bytes
    of its own before them, which count to the first block.

    Args:
        content: Of the file.
    """
    place, parts = _HEAD, b""
    while place + _HEAD <= len(content):
        left = _BLOCK - place % _BLOCK
        if left < _HEAD:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        data = content[place + _HEAD : place + _HEAD + length]
        place += _HEAD + length
        if kind not in (_WHOLE, _FIRST, _MIDDLE, _LAST) or len(data) < length:
            return
        parts = data if kind in (_WHOLE, _FIRST) else parts + data
        if kind in (_WHOLE, _LAST):
            yield parts


def _by_epoch(rows: list[dict[str, float]]) -> tuple[Any, dict[str, Numbers]]:
    names = dict.fromkeys(name for row in rows for name in row)
    counter = next((name for name in ("epoch", "trainer/global_step", "_step") if name in names), None)
    if counter is None or len({row.get(counter) for row in rows}) < 2:
        return np.empty(0, np.int64), {}
    by_epoch: dict[float, dict[str, float]] = {}
    for row in rows:
        by_epoch.setdefault(row.get(counter, np.nan), {}).update(row)
    epochs = sorted(each for each in by_epoch if np.isfinite(each))
    kept = [name for name in names if not name.startswith("_") and name != counter]
    curves = {name: np.array([by_epoch[epoch].get(name, np.nan) for epoch in epochs]) for name in kept}
    return np.array(epochs).astype(np.int64), curves


def _updates(updates: Any) -> dict[str, Level]:
    found = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in updates}
    return flat({key: value for key, value in found.items() if not key.startswith("_")})


def _settings(config: Mapping[str, Any]) -> dict[str, Level]:
    """Return the settings of ``config.yaml``, in which each has its value under ``value``."""
    found = {
        key: cast("dict[str, Any]", each)["value"] if isinstance(each, dict) and "value" in each else each
        for key, each in config.items()
    }
    return flat({key: value for key, value in found.items() if not key.startswith(("_", "wandb"))})


def _numbers(tree: Mapping[str, Any]) -> dict[str, float]:
    found = {name: number(value) for name, value in tree.items() if not isinstance(value, bool | str)}
    return {name: value for name, value in found.items() if value is not None}


def _json(path: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.is_symlink():
            return {}
        written = reading.read_bytes(path, _MAX_BYTES).decode()
        tree: object = (
            json.loads(written) if path.suffix == ".json" else YAML(typ="safe", pure=True).load(written)
        )
    except (OSError, ValueError, YAMLError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", tree) if isinstance(tree, dict) else {}
