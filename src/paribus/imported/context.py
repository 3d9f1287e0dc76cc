"""What stands around a run's log: its settings, in the files that loggers and Hydra write, and its path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from paribus.imported.runs import Level, level
from paribus.study import reading

_SETTINGS = (
    "hparams.yaml", "config.yaml", "config.yml", "config.json", "hparams.json", "params.json", "params.yaml",
    "args.json", "args.yaml", "settings.json", ".hydra/config.yaml",
)  # fmt: skip
_OVERRIDES = Path(".hydra") / "overrides.yaml"
_MAX_BYTES = 1 << 20
_LEVELS = 4  # of folders above a log in which its settings may lie


def settings_of(log: Path, root: Path) -> dict[str, Level]:
    """Return the settings of the run whose log lies somewhere below a folder.

    Hydra's overrides are what a sweep varied, so they count alone where they are there. Else it is the
    nearest file of settings beside the log or in a folder above it.

    Args:
        log: The log, or the folder with it.
        root: The folder that is imported: nothing above it is looked at.
    """
    for folder in _folders_up(log, root):
        if (folder / _OVERRIDES).is_file():
            return dict(overrides(folder / _OVERRIDES))
    for folder in _folders_up(log, root):
        for name in _SETTINGS:
            if (folder / name).is_file():
                return flat(_mapping(folder / name))
    return {}


def overrides(path: Path) -> Iterator[tuple[str, Level]]:
    """Yield the settings of Hydra's ``overrides.yaml``: a list of ``key=value``.

    Args:
        path: The file.
    """
    tree = _tree(path)
    for each in cast("list[object]", tree) if isinstance(tree, list) else []:
        name, equals, value = str(each).partition("=")
        if equals:
            yield name.lstrip("+~"), level(value.strip("'\""))


def flat(tree: Mapping[str, Any], place: str = "") -> dict[str, Level]:
    """Return a tree of settings with one name a level, those inside a mapping after its name and a dot.

    Example:
        >>> flat({"optimizer": {"lr": 0.1}, "layers": [1, 2]})
        {'optimizer.lr': 0.1, 'layers': '[1, 2]'}
    """
    found: dict[str, Level] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            found |= flat(cast("Mapping[str, Any]", value), f"{place}{name}.")
        else:
            found[f"{place}{name}"] = level(value)
    return found


def name_of(log: Path, root: Path) -> str:
    """Return what a run is called: its path below the folder that is imported, without what all logs have.

    Args:
        log: The log, or the folder with it.
        root: The folder that is imported.
    """
    relative = log.relative_to(root) if log != root else Path(log.name)
    parts = [part for part in relative.with_suffix("").parts if part.lower() not in _COMMON]
    return "/".join(parts) or root.name


_COMMON = (
    "metrics", "history", "log", "logs", "training", "training_log", "lightning_logs", "tensorboard", "tb",
    "csv", "csv_logs", "csvlogger", "results", "version_0", "train", "validation", "progress", "files",
)  # fmt: skip
"""Names of files and folders that say nothing of a run."""


def _folders_up(log: Path, root: Path) -> Iterator[Path]:
    folder = log if log.is_dir() else log.parent
    for _ in range(_LEVELS):
        yield folder
        if folder in (root, folder.parent):
            return
        folder = folder.parent


def _mapping(path: Path) -> Mapping[str, Any]:
    tree = _tree(path)
    return cast("Mapping[str, Any]", tree) if isinstance(tree, dict) else {}


def _tree(path: Path) -> object:
    """Return what a YAML or JSON file has; nothing where it is none, or too large for settings."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        written = reading.read_bytes(path, _MAX_BYTES).decode()
        return json.loads(written) if path.suffix == ".json" else YAML(typ="safe", pure=True).load(written)
    except (OSError, ValueError, YAMLError, RecursionError):
        return None
