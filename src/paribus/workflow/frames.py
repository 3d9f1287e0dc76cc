"""Results as DataFrames of numbers, one kind of row each: a variant, a run, an epoch, a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from paribus.analysis.comparability import Comparability
from paribus.analysis.result_table import Row
from paribus.record import probes
from paribus.record.folder import RunFolder
from paribus.record.metrics import value
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.report.tables import changes, label
from paribus.study.metrics import METRICS, known_to
from paribus.study.study import Study

if TYPE_CHECKING:
    from pandas import DataFrame

_TABLE = {
    "variant": "object",
    "changes": "object",
    "runs": "int64",
    "epochs_min": "Int64",
    "epochs_max": "Int64",
    "train": "float64",
    "validation": "float64",
    "test": "float64",
    "published": "float64",
    "seconds": "float64",
    "data": "object",
}
"""Column and kind of what `Results.table` holds."""

_RUNS = {
    "variant": "object",
    "seed": "int64",
    "status": "object",
    "epochs": "int64",
    "kept_epoch": "Int64",
    "train_{score}": "float64",
    "validation_{score}": "float64",
    "test_{score}": "float64",
    "test_loss": "float64",
    "test_data_loss": "float64",
    "seconds": "float64",
    "data": "object",
    "stand_in": "bool",
}
"""Column and kind of what `Results.to_frame` returns; the score is accuracy, in a regression r2."""


def of_table(study: Study, rows: Sequence[Row]) -> DataFrame:
    """Return the result table, a row a variant, accuracies in percent and R² as it is."""
    import pandas as pd

    return pd.DataFrame([_table_row(study, row) for row in rows], columns=list(_TABLE)).astype(_TABLE)


def of_runs(records: Records) -> DataFrame:
    """Return every run, a row each, accuracies in [0, 1], with the metrics that the study names."""
    import pandas as pd

    score = next((record.score.name for record in records.values()), "accuracy")
    named = dict.fromkeys(name for run in records.values() for name in run.spec.configuration.metrics)
    kinds = {column.format(score=score): kind for column, kind in _RUNS.items()}
    kinds |= {f"val_{name}": "float64" for name in named}
    rows = [
        (*_run_row(variant, record), *(record.kept_row.get(f"val_{name}") for name in named))
        for (variant, _), record in records.items()
    ]
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def of_metrics(records: Mapping[int, RunRecord]) -> DataFrame:
    """Return every metric of the task on the test examples, a row a run that has kept its predictions."""
    import pandas as pd

    rows: list[dict[str, object]] = []
    for seed, record in records.items():
        facts = record.spec.configuration.facts
        names = [name for name in known_to(facts) if METRICS[name].is_measured]
        with suppress(FileNotFoundError):
            outputs, labels = RunFolder(record.folder).predictions()
            rows.append({"seed": seed, **{name: value(name, outputs, labels, facts.task) for name in names}})
    return pd.DataFrame(rows)


def of_history(records: Mapping[int, RunRecord]) -> DataFrame:
    """Return every epoch of a variant's runs, a row each, with its seed."""
    import pandas as pd

    return pd.DataFrame([{"seed": seed, **row} for seed, run in records.items() for row in run.history])


def of_probes(records: Mapping[int, RunRecord]) -> DataFrame:
    """Return every probe of a variant's runs, a row each, with its seed."""
    import pandas as pd

    rows: list[dict[str, object]] = []
    for seed, record in records.items():
        for probe in probes.read(record):
            tree = asdict(probe)
            layers = tree.pop("layers").items()
            measured = {f"{layer}.{name}": value for layer, one in layers for name, value in one.items()}
            rows.append({"seed": seed, **tree, **measured})
    return pd.DataFrame(rows)


def _table_row(study: Study, row: Row) -> tuple[object, ...]:
    epochs = row.epochs or (None, None)
    published = row.published if row.comparability is not Comparability.STAND_IN else None
    shares = (row.train, row.validation, row.test, published and published.own_test)
    percents = (None if share is None else study.score.factor * share for share in shares)
    data = ", ".join(label(each) for each in row.data)
    return (row.variant, changes(study, row.variant), row.runs, *epochs, *percents, row.seconds, data)


def _run_row(variant: str, record: RunRecord) -> tuple[object, ...]:
    test = record.result.test if record.result else {}
    return (
        variant,
        record.spec.seed,
        record.status.value,
        len(record.history),
        record.result.kept_epoch if test and record.result else None,
        record.train_score,
        record.validation_score,
        record.test_score,
        *(test.get(name) for name in ("loss", "data_loss")),
        record.seconds,
        record.data.name,
        record.data.stand_in,
    )
