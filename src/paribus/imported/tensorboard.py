"""TensorBoard's event files, read by TensorBoard's own reader."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from paribus.errors import SourceError
from paribus.imported.context import name_of, settings_of
from paribus.imported.extras import needed
from paribus.imported.metric_names import named
from paribus.imported.runs import ForeignRun, Level, Numbers, level, number

EVENTS = "*tfevents*"
_PARTS = {
    "train": "train", "training": "train", "validation": "val", "val": "val", "valid": "val", "eval": "val",
    "test": "test",
}  # fmt: skip
"""Folders of one run in which Keras, and others, write the metrics of one part of the examples."""
_HPARAMS = "_hparams_/session_start_info"
_LEFT_ASIDE = ("hp_metric", "epoch_learning_rate", "evaluation_", "batch_", "keras")


def scalars(folder: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Return every series of numbers in a folder's event files: its steps and its values, by tag.

    Args:
        folder: With event files, or one such file.

    Raises:
        SourceError: The reader is missing, or a file cannot be read.
    """
    found: dict[str, dict[int, float]] = {}
    for event, value in _events(folder):
        taken = _scalar(value)
        if taken is not None:
            found.setdefault(str(value.tag), {})[int(event.step)] = taken
    return {tag: (sorted(by), [by[step] for step in sorted(by)]) for tag, by in found.items()}


def _events(folder: Path) -> Iterator[tuple[Any, Any]]:
    needed("tensorboard", "tensorboard", folder.name)
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader  # pyright: ignore[reportMissingImports]

    for file in [folder] if folder.is_file() else _files(folder):
        try:
            for event in LegacyEventFileLoader(str(file)).Load():
                if event.HasField("summary"):
                    for value in event.summary.value:
                        yield event, value
        except Exception as error:  # its reader raises whatever a damaged file leads to
            raise SourceError("imported.unreadable", file=file, reason=str(error).splitlines()[0]) from error


def _files(folder: Path) -> list[Path]:
    """Return the event files that lie in a folder; links may lead anywhere, and are left aside."""
    return sorted(each for each in folder.glob(EVENTS) if each.is_file() and not each.is_symlink())


def _scalar(value: Any) -> float | None:
    """Return the number of a summary, old form or new; None of an image, a histogram, a text."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor" or value.metadata.plugin_data.plugin_name not in ("scalars", ""):
        return None
    from tensorboard.util.tensor_util import make_ndarray  # pyright: ignore[reportMissingImports]

    try:
        array = np.asarray(make_ndarray(value.tensor))
    except (TypeError, ValueError):
        return None
    return float(array.reshape(())) if array.size == 1 and array.dtype.kind in "fiu" else None


def _hparams(folder: Path) -> dict[str, Level]:
    """Return the hyperparameters that torch's and TensorFlow's writers keep for the HParams page."""
    for _, value in _events(folder):
        if value.tag != _HPARAMS:
            continue
        from tensorboard.plugins.hparams import plugin_data_pb2  # pyright: ignore[reportMissingImports]

        data: Any = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
        found: dict[str, Level] = {}
        for name, each in data.session_start_info.hparams.items():
            kind = each.WhichOneof("kind")
            found[str(name)] = level(getattr(each, kind)) if kind else None
        return found
    return {}


def read_tensorboard(root: Path) -> list[ForeignRun]:
    """Return the runs of a log folder: a folder of event files each, Keras's two folders as one.

    Args:
        root: The folder that TensorBoard would be started with, or one event file.

    Raises:
        SourceError: The reader is missing, or a file cannot be read.
    """
    if root.is_file():
        return [_run(root.parent, {root: ""}, root.parent)]
    found = [Path(place) for place, _, names in os.walk(root) if any("tfevents" in name for name in names)]
    folders = sorted(folder for folder in found if any(_files(folder)))
    by_run: dict[Path, dict[Path, str]] = {}
    for folder in folders:
        part = _PARTS.get(folder.name.lower(), "")
        is_part = bool(part) and folder != root
        by_run.setdefault(folder.parent if is_part else folder, {})[folder] = part if is_part else ""
    _join_hparams(by_run)
    return [_run(run, parts, root) for run, parts in by_run.items()]


def is_log(path: Path) -> bool:
    """Return whether a path is that of event files: a folder, or one of them."""
    return path.is_dir() or "tfevents" in path.name


def epochs_of(path: Path) -> list[dict[str, float]]:
    """Return the epochs that one run has written as event files, by the names of a history.

    Args:
        path: A folder, or one event file.

    Raises:
        SourceError: The reader is missing, a file cannot be read, or there are several runs.
    """
    runs = read_tensorboard(path)
    if len(runs) > 1:
        names = ", ".join(sorted(run.name for run in runs))
        raise SourceError("imported.several-runs", file=path, known=names)
    if not runs:
        return []
    columns = {named(tag).key: curve for tag, curve in runs[0].curves.items()}
    rows = (
        {name: float(column[place]) for name, column in columns.items()}
        for place in range(len(runs[0].epochs))
    )
    return [{name: value for name, value in row.items() if np.isfinite(value)} for row in rows]


def _join_hparams(by_run: dict[Path, dict[Path, str]]) -> None:
    """Count what torch's ``add_hparams`` writes, in a folder named by a time, to the run above it."""
    for run in list(by_run):
        if number(run.name) is not None and run.parent in by_run and run.name.count(".") == 1:
            by_run[run.parent] |= by_run.pop(run)


def _run(run: Path, parts: Mapping[Path, str], root: Path) -> ForeignRun:
    settings: dict[str, Level] = {}
    series: dict[str, tuple[list[int], list[float]]] = {}
    for folder, part in parts.items():
        settings |= _hparams(folder)
        for tag, found in scalars(folder).items():
            if tag == _HPARAMS or tag.startswith(_LEFT_ASIDE) or "/keras" in tag:
                continue
            series[f"{part} {tag}" if part else tag] = found
    settings = {**settings_of(run, root), **settings}
    epochs, curves, final = aligned(series)
    return replace(ForeignRun(name_of(run, root), settings), epochs=epochs, curves=curves, final=final)


def aligned(
    series: Mapping[str, tuple[list[int], list[float]]],
) -> tuple[Any, dict[str, Numbers], dict[str, float]]:
    """Return series as columns of one table: a row an epoch.

    Series that were written as often, at other steps, are of the same epochs. One that was written far more
    often, at every batch, gives its mean over the steps since the epoch before. A single value of a test
    stands for the end.

    Args:
        series: Steps and values, by tag.

    Returns:
        The epochs, the columns, and what has one value.

    Example:
        >>> each_step = ([1, 2, 3, 4], [4.0, 2.0, 1.0, 0.0])
        >>> epochs, curves, _ = aligned({"val": ([2, 4], [0.5, 0.6]), "loss": each_step})
        >>> epochs.tolist(), curves["loss"].tolist()
        ([1, 2], [3.0, 0.5])
    """
    final = {
        tag: values[0]
        for tag, (steps, values) in series.items()
        if len(steps) == 1 and _is_of_end(tag, series)
    }
    longer = {tag: found for tag, found in series.items() if tag not in final}
    if not longer:
        return np.empty(0, np.int64), {}, final
    counted = [
        found for tag, found in longer.items() if any(word in tag.lower() for word in ("val", "epoch"))
    ]
    steps = max(counted or list(longer.values()), key=lambda found: len(found[0]))[0]
    ends = np.array(steps)
    curves: dict[str, Numbers] = {}
    for tag, (at, values) in longer.items():
        given = np.array(values, np.float64)
        if len(at) == len(ends):
            curves[tag] = given
            continue
        column = np.full(len(ends), np.nan)
        places = np.minimum(np.searchsorted(ends, at), len(ends) - 1)
        for place in np.unique(places):
            column[place] = given[places == place].mean()
        curves[tag] = column
    return np.arange(1, len(ends) + 1), curves, final


def _is_of_end(tag: str, series: Mapping[str, tuple[list[int], list[float]]]) -> bool:
    return "test" in tag.lower() or any(len(steps) > 1 for steps, _ in series.values())
