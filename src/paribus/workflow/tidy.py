"""A study's results as two tidy tables for other programs: a row an epoch, and a row a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.errors import UsageError
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.report.output import writing
from paribus.study.settings import flat_settings
from paribus.texts.inert import escaped_hidden, inert

if TYPE_CHECKING:
    from pandas import DataFrame

SCHEMA = 1
"""Of the JSON; it rises where a name is renamed or taken away."""
ENDINGS = (".csv", ".json", ".parquet")
RUNS = "-runs"
"""What the second file's name has before its ending."""
_FORMULA = re.compile(r"""(^|;)(?=[\s"']*[=+\-@＝＋－＠])""")


@dataclass(frozen=True)
class Tidy:
    """Two tables of the same runs.

    Args:
        epochs: ``variant``, ``seed``, ``epoch`` and the metrics.
        runs: ``variant``, ``seed``, how the run ended, its test after ``test_``, its settings after
            ``settings.``.
    """

    epochs: DataFrame
    runs: DataFrame


def tidy(records: Records) -> Tidy:
    """Return the tables of runs, each with the columns that any of its rows has."""
    import pandas as pd

    epochs = [
        {"variant": variant, "seed": seed, **row, "epoch": int(row["epoch"])}
        for (variant, seed), record in records.items()
        for row in record.history
    ]
    runs = [dict(_run(variant, record)) for (variant, _), record in records.items()]
    return Tidy(
        pd.DataFrame(
            epochs, columns=[*dict.fromkeys(["variant", "seed", "epoch", *(k for e in epochs for k in e)])]
        ),
        pd.DataFrame(runs, columns=[*dict.fromkeys(_in_order(runs))]),
    )


def as_csv(table: DataFrame) -> str:
    """Return a table as CSV, in which no text is a formula to a spreadsheet.

    A text that begins as a formula does gets an apostrophe in front, which spreadsheets do not show; also
    after a semicolon, since where numbers have a decimal comma they begin a new cell there. Control
    characters and ends of lines are replaced.
    """
    shown = table.rename(columns=_inert)
    for name in shown.columns:
        if shown[name].dtype.kind not in "iufb":
            shown[name] = shown[name].map(_inert)
    return shown.to_csv(index=False, lineterminator="\n")


def as_json(study: str, tables: Tidy) -> str:
    """Return both tables as one JSON object; what is not there, or not finite, is null."""
    tree = {"study": study, "schema": SCHEMA, "epochs": _rows(tables.epochs), "runs": _rows(tables.runs)}
    return escaped_hidden(json.dumps(finite(tree), indent=1, ensure_ascii=False)) + "\n"


def write(study: str, tables: Tidy, output: Path) -> tuple[Path, ...]:
    """Write the tables in the format that a file's ending says, and return the files.

    Args:
        study: Its name.
        tables: Both.
        output: The file of the epochs; that of the runs lies beside it, but for JSON, which has both.

    Raises:
        UsageError: The ending is none of these, the folder is not there, or the file cannot be written.
    """
    if output.suffix not in ENDINGS:
        raise UsageError("run.unknown-format", output=output, known=", ".join((*ENDINGS, ".md")))
    second = output.with_name(f"{output.stem}{RUNS}{output.suffix}")
    with writing(output):
        if output.suffix == ".json":
            output.write_text(as_json(study, tables), encoding="utf-8")
            return (output,)
        for file, table in ((output, tables.epochs), (second, tables.runs)):
            if output.suffix == ".csv":
                file.write_text(as_csv(table), encoding="utf-8")
            else:
                _plain(table).to_parquet(file, index=False)
    return output, second


def _run(variant: str, record: RunRecord) -> Iterator[tuple[str, object]]:
    result = record.result
    yield from {"variant": variant, "seed": record.spec.seed, "status": record.status.value}.items()
    yield from {"epochs": len(record.history), "kept_epoch": result.kept_epoch if result else None}.items()
    yield from ((f"test_{name}", value) for name, value in (result.test if result else {}).items())
    yield from {"seconds": record.seconds, "data": record.data.name, "stand_in": record.data.stand_in}.items()
    yield "run", record.spec.digest
    settings = flat_settings(record.spec.configuration).items()
    yield from ((f"settings.{name}", value) for name, value in settings)


def _in_order(rows: list[dict[str, object]]) -> Iterator[str]:
    """Yield columns: those of every run first, then the settings."""
    names = [name for row in rows for name in row]
    yield from (name for name in names if not name.startswith("settings."))
    yield from (name for name in names if name.startswith("settings."))


def _inert(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _FORMULA.sub(r"\1'", inert(value, keep=""))


def _plain(table: DataFrame) -> DataFrame:
    """Return a table with columns of one kind each: what is a number here and a word there becomes text."""
    shown = table.copy()
    for name in shown.columns:
        kinds = {type(value) for value in shown[name].dropna()}
        if shown[name].dtype == object and len(kinds) > 1 and not kinds <= {int, float}:
            shown[name] = shown[name].map(_as_text)
    return shown


def _rows(table: DataFrame) -> list[dict[str, object]]:
    whole = table.astype(object).where(table.notna(), None)
    return [
        {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
        for row in whole.to_dict("records")
    ]


def _as_text(value: Any) -> Any:
    return None if value is None or value != value else str(value)  # noqa: PLR0124 - NaN
