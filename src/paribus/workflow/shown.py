"""A study's results as one tree of plain values: what `paribus show --json` prints."""

from __future__ import annotations

from collections.abc import Sequence

from paribus.record.files import finite
from paribus.record.run import SCHEMA, EpochRow, RunRecord
from paribus.workflow.results import Results

_ALWAYS = ("loss", "accuracy", "val_loss", "val_accuracy")


def tree(results: Results) -> object:
    """The results as JSON can hold them; numbers that are not finite are null.

    Programs rely on these names: a name may be added, none is taken away without a new ``schema``.

    Args:
        results: What has run.
    """
    return finite(
        {
            "study": results.study.name,
            "schema": SCHEMA,
            "runs": [_run(variant, record) for (variant, _), record in results.records.items()],
            "comparisons": [],
        }
    )


def _run(variant: str, record: RunRecord) -> dict[str, object]:
    test = record.result.test if record.result else {}
    return {
        "variant": variant,
        "seed": record.spec.seed,
        "status": record.status.value,
        "cause": record.result.cause if record.result else "",
        "epochs": len(record.history),
        "kept_epoch": record.result.kept_epoch if record.result else None,
        "seconds": round(record.seconds, 3),
        "data": {
            "name": record.data.name,
            "sha256": record.data.sha256,
            "verified": record.data.verified,
            "stand_in": record.data.stand_in,
        },
        "test": {name: test.get(name) for name in ("accuracy", "loss", "data_loss")},
        "history": _columns(record.history),
        "findings": [],
        "digest": record.spec.digest,
    }


def _columns(history: Sequence[EpochRow]) -> dict[str, list[float]]:
    names = [*_ALWAYS, *(name for name in (history[0] if history else ()) if name not in _ALWAYS)]
    return {name: [row[name] for row in history if name in row] for name in names if name != "epoch"}
