"""Logs of single runs: Keras's History as JSON, CSVLogger's and Lightning's CSV files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from paribus.errors import SourceError
from paribus.imported.context import flat
from paribus.imported.roles import Frame, is_seed
from paribus.imported.runs import ForeignRun, Level, Numbers, number, whole
from paribus.imported.table import of_frame, read_csv
from paribus.study import reading
from paribus.study.faults import format_value

_MAX_JSON = 256 << 20


def read_log(path: Path, name: str, settings: Mapping[str, Level]) -> ForeignRun | None:
    """Return the run that a CSV file logs; None where it is a table of several runs.

    Args:
        path: The file, with a row an epoch; Lightning writes several rows with the same number.
        name: Of the run.
        settings: Of the run.

    Raises:
        SourceError: It cannot be read.
    """
    table = read_csv(path)
    epoch = next((each for each in table.columns if each.lower() in ("epoch", "epochs")), None)
    step = next(
        (each for each in table.columns if each.lower() in ("step", "global_step", "iteration")), None
    )
    counter = epoch or step
    if counter is None or table.empty:
        return None
    seeds = [each for each in table.columns if is_seed(each)]
    others = [each for each in table.columns if each not in (epoch, step, *seeds)]
    if any(not _is_numeric(table, each) for each in others) or any(
        table[each].nunique() > 1 for each in seeds
    ):
        return None
    seed = whole(table[seeds[0]].iloc[0]) if seeds else None
    run = _of_log(table.drop(columns=seeds), counter, step, path)
    return replace(run, name=name, settings=settings, seed=seed)


def _is_numeric(table: Frame, column: str) -> bool:
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(table[column]))


def _of_log(table: Frame, counter: str, step: str | None, path: Path) -> ForeignRun:
    """Return the rows of an epoch as one: loggers write training, validation and test on their own lines."""
    drop = [step] if step and step != counter else []
    filled = table.drop(columns=drop)
    filled[counter] = filled[counter].ffill().bfill()
    groups = (
        filled.groupby(counter, sort=True).last()
        if not filled[counter].is_unique
        else filled.set_index(counter)
    )
    of_test = {
        name for name in groups.columns if groups[name].notna().sum() == 1 and name.lower().startswith("test")
    }
    final = {name: float(groups[name].dropna().iloc[0]) for name in of_test}
    curves: dict[str, Numbers] = {
        name: groups[name].to_numpy(np.float64) for name in groups.columns if name not in of_test
    }
    keep = np.any([np.isfinite(curve) for curve in curves.values()], axis=0) if curves else np.zeros(0, bool)
    last = int(np.flatnonzero(keep)[-1]) + 1 if keep.any() else 0
    if not (curves or final):
        raise SourceError("imported.no-metric", file=path.name, known=", ".join(table.columns))
    return ForeignRun(
        path.stem,
        epochs=groups.index.to_numpy()[:last].astype(np.int64),
        curves={name: curve[:last] for name, curve in curves.items()},
        final=final,
    )


def read_json(path: Path) -> object:
    """Return what a JSON file holds, or a list of what its lines hold.

    Raises:
        SourceError: It is neither.
    """
    try:
        if path.stat().st_size > _MAX_JSON:
            gib = path.stat().st_size / (1 << 30)
            raise SourceError("imported.too-large", file=path, size=gib, most=_MAX_JSON / (1 << 30))
        written = reading.read_bytes(path, _MAX_JSON).decode("utf-8-sig")
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in written.splitlines() if line.strip()]
        return json.loads(written)
    except OSError as error:
        raise SourceError("imported.unreadable", file=path, reason=error.strerror or error) from error
    except (ValueError, RecursionError) as error:
        raise SourceError("imported.not-json", file=path, reason=error) from error


def history_of(tree: object) -> Mapping[str, list[Any]] | None:
    """Return Keras's History: a mapping of lists of one length; None where the tree is none.

    Args:
        tree: ``history.history`` as JSON, or what holds it under ``history``.

    Example:
        >>> history_of({"history": {"loss": [0.5, 0.25]}, "params": {"epochs": 2}})
        {'loss': [0.5, 0.25]}
        >>> history_of({"loss": 0.5}) is None
        True
    """
    if not isinstance(tree, dict):
        return None
    found = cast("dict[str, Any]", tree)
    if isinstance(found.get("history"), dict):
        return history_of(found["history"])
    lists = {name: each for name, each in found.items() if isinstance(each, list)}
    is_history = bool(lists) and len(lists) == len(found) and len({len(each) for each in lists.values()}) == 1
    return lists if is_history else None


def of_history(tree: object, name: str, settings: Mapping[str, Level], path: Path) -> ForeignRun:
    """Return the run of a Keras History.

    Args:
        tree: See `history_of`.
        name: Of the run.
        settings: Of the run, where they are known from elsewhere.
        path: Of the file, for messages.

    Raises:
        SourceError: A value is no number.
    """
    columns = history_of(tree) or {}
    around = cast("dict[str, Any]", tree) if isinstance(tree, dict) else {}
    params = around.get("params")
    own = flat(cast("Mapping[str, Any]", params)) if isinstance(params, dict) else {}
    own = {
        key: value
        for key, value in own.items()
        if key not in ("verbose", "steps", "metrics", "do_validation")
    }
    curves: dict[str, Numbers] = {}
    epochs = np.arange(1, len(next(iter(columns.values()), [])) + 1)
    for column, values in columns.items():
        numbers = [np.nan if each is None else number(each) for each in values]
        wrong = next((place for place, each in enumerate(numbers) if each is None), None)
        if wrong is not None:
            given = format_value(values[wrong])
            raise SourceError(
                "imported.no-number-at", file=path, column=format_value(column), epoch=wrong + 1, given=given
            )
        if column != "epoch":
            curves[column] = np.array(numbers, np.float64)
    return ForeignRun(name, {**own, **settings}, epochs=epochs, curves=curves)


def of_records(tree: object, path: Path) -> Any:
    """Return the runs of a JSON list of rows, read as a table.

    Raises:
        SourceError: It is no list of mappings.
    """
    import pandas as pd

    rows = cast("list[object]", tree) if isinstance(tree, list) else []
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise SourceError("imported.json-form", file=path)
    return of_frame(pd.json_normalize(cast("Any", rows)), path.name, {})
