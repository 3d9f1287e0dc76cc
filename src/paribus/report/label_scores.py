"""What runs get right of each label, where an example has any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paribus.analysis.result_table import mean
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import value
from paribus.record.run import RunRecord
from paribus.report.tables import Table, make_table
from paribus.texts.quantities import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RANKED = ("roc_auc", "average_precision")


def label_scores(records: Sequence[RunRecord], labels: Sequence[str]) -> Table | None:
    """Return a row a label, with means over the runs; None where no run has kept its outputs.

    Columns are the share of test examples that have the label, precision, recall and F1 of those predicted
    above one half, ROC AUC and average precision; no number where one is not defined.

    Args:
        records: Of one variant.
        labels: Their names.
    """
    found: list[list[dict[str, float | None]]] = []
    for record in records:
        try:
            outputs, given = RunFolder(record.folder).predictions()
        except (OSError, StoreError):
            continue
        found.append([_of_label(outputs[:, at], given[:, at] > 0) for at in range(outputs.shape[1])])
    if not found:
        return None
    cells: list[dict[str, str]] = []
    for at in range(len(found[0])):
        means = {name: mean(run[at][name] for run in found) for name in found[0][at]}
        name = labels[at] if at < len(labels) else str(at)
        share = {"label": name, "share": figure(means.pop("share"), "percent")}
        cells.append(share | {name: figure(each, "plain", ".3f") for name, each in means.items()})
    return make_table("page.labels-", cells, {"label"})


def _of_label(outputs: NDArray[Any], has: NDArray[Any]) -> dict[str, float | None]:
    said = outputs > 0.5
    both, told, there = float((said & has).sum()), float(said.sum()), float(has.sum())
    return {
        "share": there / len(has),
        "precision": both / told if told else None,
        "recall": both / there if there else None,
        "f1": 2 * both / (told + there) if told + there else None,
        **{each: value(each, outputs[:, None], has.astype(int), "classification") for each in _RANKED},
    }
