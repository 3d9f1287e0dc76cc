"""A tidy table, CSV or Parquet: a row a run, or a row a run and epoch."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from paribus.errors import SourceError
from paribus.imported.extras import needed
from paribus.imported.metric_names import metric_name
from paribus.imported.roles import Column, Frame, Role, guess_roles
from paribus.imported.runs import ForeignRun, Numbers, Reading, level, whole
from paribus.study.faults import format_value

MAX_BYTES = 1 << 30
"""Of a table: larger ones are steps rather than epochs."""
FAILED_STATES = ("failed", "fail", "crashed", "killed", "running", "pending", "preempted", "pruned")
"""What trackers call runs that did not end well, or have not ended."""
_SEPARATORS = ("\t", ";", ",", "|")
_OF_CHART = re.compile(r"(.+) - (.+?)(__MIN|__MAX)?")
"""A column of the CSV that a W&B chart exports: run and metric, and bounds that are left aside."""


def read_table(path: Path, given: Mapping[str, Role]) -> Reading:
    """Return the runs of a table.

    Args:
        path: A CSV or Parquet file.
        given: What the user says that columns are.

    Raises:
        SourceError: It cannot be read, has no metric, or its rows contradict each other.
    """
    table = _parquet(path) if path.suffix.lower() in (".parquet", ".pq") else read_csv(path)
    if any(_OF_CHART.fullmatch(name) for name in table.columns) and not given:
        return Reading("wandb", path.name, list(_of_chart(table, path)))
    for name in given:
        if name not in table.columns:
            known = ", ".join(map(str, table.columns))
            raise SourceError("imported.no-column", file=path, given=format_value(name), known=known)
    return of_frame(table, path.name, given)


def of_frame(table: Frame, source: str, given: Mapping[str, Role], kind: str = "table") -> Reading:
    """Return the runs of a table that has been read.

    Args:
        table: A row a run, or a row a run and epoch.
        source: Its name, for messages.
        given: What the user says that columns are.
        kind: What it is.
    """
    if table.empty:
        raise SourceError("imported.no-rows", file=source)
    roles = guess_roles(table, given)
    metrics = [name for name, role in roles.items() if role == "metric"]
    if not metrics:
        known = ", ".join(map(str, table.columns))
        raise SourceError("imported.no-metric", file=source, known=known)
    for name in [*metrics, *(name for name, role in roles.items() if role == "curve")]:
        table[name] = _numbers(table[name], name, source)
    runs = list(_runs(table, roles, source))
    return Reading(kind, source, runs, roles)


def read_csv(path: Path) -> Frame:
    """Return a CSV file as a table; its separator and its decimal sign are found out.

    Args:
        path: The file.

    Raises:
        SourceError: It cannot be read, or has no header.
    """
    import pandas as pd

    separator, names = _header(path)
    decimal = "," if separator == ";" else "."
    try:
        table: Frame = pd.read_csv(
            path, sep=separator, decimal=decimal, comment="#", encoding="utf-8-sig", low_memory=False,
            skipinitialspace=True, skip_blank_lines=True, index_col=False,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise SourceError("imported.unreadable", file=path, reason=_first_line(error)) from error
    table.columns = [str(name).strip() for name in table.columns]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise SourceError("imported.same-column", file=path, name=format_value(twice[0]))
    return table.loc[:, [name for name in table.columns if not _is_index(name, table[name])]]


def _header(path: Path) -> tuple[str, list[str]]:
    """Return what separates the columns of a file, and their names."""
    try:
        if path.stat().st_size > MAX_BYTES:
            gib = path.stat().st_size / (1 << 30)
            raise SourceError("imported.too-large", file=path, size=gib, most=MAX_BYTES / (1 << 30))
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next((line for line in file if line.strip() and not line.startswith("#")), "")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("imported.unreadable", file=path, reason=_first_line(error)) from error
    if not first or "\0" in first:
        raise SourceError("imported.no-rows" if not first else "imported.not-text", file=path)
    separator = max(_SEPARATORS, key=first.count) if any(map(first.count, _SEPARATORS)) else ","
    names = [name.strip() for name in next(csv.reader([first], delimiter=separator, skipinitialspace=True))]
    if all(_is_number(name) for name in names if name):
        raise SourceError("imported.no-header", file=path, given=format_value(first.strip()))
    return separator, names


def _is_number(written: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,]+(e[-+]?\d+)?", written, re.IGNORECASE))


def _is_index(name: str, column: Column) -> bool:
    """Return whether a column is the row number that pandas writes, or one without anything."""
    return name.startswith("Unnamed:") and (column.isna().all() or column.is_monotonic_increasing)


def _parquet(path: Path) -> Frame:
    needed("pyarrow", "parquet", path.name)
    import pandas as pd

    try:
        table = pd.read_parquet(path, engine="pyarrow").reset_index(drop=True)
    except (OSError, ValueError) as error:
        raise SourceError("imported.unreadable", file=path, reason=_first_line(error)) from error
    table.columns = [str(name) for name in table.columns]
    return table


def _first_line(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (reason.splitlines() or [type(error).__name__])[0]


def _numbers(column: Column, name: str, source: str) -> Column:
    """Return a column as numbers; a percent sign and a decimal comma are understood.

    Raises:
        SourceError: A value is neither a number nor nothing.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    written: Column = column.astype("string").str.strip()
    plain = written.str.rstrip("%").str.replace(",", ".", regex=False)
    found: Column = pd.to_numeric(plain, errors="coerce")
    empty: Column = written.isna() | written.str.lower().isin(["", "nan", "na", "n/a", "none", "null", "-"])
    wrong = (found.isna() & ~empty).to_numpy(dtype=bool, na_value=False)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        given = format_value(str(column.iloc[place]))
        raise SourceError(
            "imported.no-number", file=source, line=place + 2, column=format_value(name), given=given,
            count=int(wrong.sum()),
        )  # fmt: skip
    return found.astype("float64")


def _runs(table: Frame, roles: Mapping[str, Role], source: str) -> Iterator[ForeignRun]:
    """Yield each run of a table."""
    by_role: dict[Role, list[str]] = {}
    for name, role in roles.items():
        by_role.setdefault(role, []).append(name)
    variant, seed = by_role.get("variant", []), by_role.get("seed", [])
    settings, identity = by_role.get("setting", []), by_role.get("run", [])
    (epoch,) = by_role.get("epoch", [""])[:1]
    keys = [*variant, *settings, *seed] if seed else [*variant, *settings, *identity]
    if not seed:
        table["\0run"] = _numbered(table, keys, epoch)
        keys = [*keys, "\0run"]
    if epoch:
        table = _in_order(table, epoch, source)
    columns = [*by_role.get("metric", []), *by_role.get("curve", [])]
    groups = table.groupby(keys, dropna=False, sort=False) if keys else [((), table)]
    for number, (key, found) in enumerate(cast("Any", groups)):
        values = dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True))
        known = {name: level(values[name]) for name in settings}
        name = " ".join(str(level(values[each])) for each in variant)
        run = " ".join(str(values[each]) for each in keys if each != "\0run") or f"{number}"
        if epoch:
            rows = _merged(found, epoch, columns, source, run)
            epochs = rows[epoch].to_numpy().astype(np.int64)
            curves: dict[str, Numbers] = {each: rows[each].to_numpy(np.float64) for each in columns}
            yield ForeignRun(
                run, known, name, _seed(values, seed, source), epochs, curves, failed=_state(found)
            )
            continue
        if len(found) > 1:
            raise _twice(found, source, run)
        final = {each: float(found[each].iloc[0]) for each in columns if found[each].notna().iloc[0]}
        yield ForeignRun(run, known, name, _seed(values, seed, source), final=final, failed=_state(found))


def _state(found: Frame) -> str:
    """Return why a run counts as failed, where a column of its state says so; empty where none does."""
    column = next((name for name in found.columns if name.lower() in ("state", "status")), None)
    state = "" if column is None else str(found[column].iloc[-1]).strip().lower()
    return f"its source says: {state}" if state in FAILED_STATES else ""


def _numbered(table: Frame, keys: list[str], epoch: str) -> Any:
    """Return the number of each row's run, where no column has it: how often its epoch came before."""
    columns = [*keys, epoch] if epoch else keys
    if not columns:
        return np.arange(len(table))
    return table.groupby(columns, dropna=False, sort=False).cumcount()


def _seed(values: Mapping[str, object], names: list[str], source: str) -> int | None:
    if not names:
        return None
    given = values[names[0]]
    found = whole(given)
    if found is None and given is not None and str(given) != "nan":  # which is a seed that is not known
        raise SourceError(
            "imported.no-seed", file=source, column=format_value(names[0]), given=format_value(str(given))
        )
    return found


def _in_order(table: Frame, epoch: str, source: str) -> Frame:
    wrong = table[epoch].isna()
    if wrong.any():
        line = int(np.flatnonzero(wrong.to_numpy())[0]) + 2
        raise SourceError("imported.no-epoch", file=source, line=line, column=format_value(epoch))
    return table.sort_values(epoch, kind="stable")


def _merged(found: Frame, epoch: str, columns: list[str], source: str, run: str) -> Frame:
    """Return one row an epoch: loggers write training and validation in rows of their own.

    Raises:
        SourceError: Two rows of one epoch have different values of one column.
    """
    if found[epoch].is_unique:
        return found
    groups = found.groupby(epoch, sort=True)[columns]
    clashes = groups.nunique().max(axis=1) > 1
    if clashes.any():
        first = clashes.index[clashes.to_numpy().argmax()]
        raise _twice(found[found[epoch] == first], source, f"{run}, {epoch} {first:g}")
    return groups.first().reset_index()


def _twice(rows: Frame, source: str, run: str) -> SourceError:
    lines = [int(each) + 2 for each in rows.index[:2]]
    return SourceError("imported.twice", file=source, run=format_value(run), one=lines[0], other=lines[1])


def _of_chart(table: Frame, path: Path) -> Iterator[ForeignRun]:
    """Yield the runs of a CSV file that a W&B chart exports: a column a run."""
    step = next((name for name in table.columns if not _OF_CHART.fullmatch(name)), "")
    if not step or metric_name(step) is not None:
        raise SourceError("imported.chart-without-step", file=path)
    by_run: dict[str, dict[str, str]] = {}
    for name in table.columns:
        found = _OF_CHART.fullmatch(name)
        if found and not found[3]:
            by_run.setdefault(found[1], {})[found[2]] = name
    for run, columns in by_run.items():
        numbers = {metric: _numbers(table[name], name, path.name) for metric, name in columns.items()}
        has = np.any([each.notna().to_numpy() for each in numbers.values()], axis=0)
        epochs = table.loc[has, step].to_numpy().astype(np.int64)
        yield ForeignRun(run, epochs=epochs, curves={k: v.to_numpy()[has] for k, v in numbers.items()})
