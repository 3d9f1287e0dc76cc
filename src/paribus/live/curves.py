"""The curves of all runs for one picture: which lines there are, and each one's numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from paribus.live.state import RunState, StudyState
from paribus.report.doses import dose_inks
from paribus.study.variant_changes import variant_changes
from paribus.texts import text

METRICS = ("score", "loss")
"""What the picture can show; the loss is that of the data, without a penalty."""

_WORDS = ("point", "nothing", "help", "hide", "whole", "copy", "copied")


def data_sets(now: StudyState) -> dict[str, tuple[str, ...]]:
    """Return the variants by data set: accuracies on different images do not belong on one axis."""
    found: dict[str, list[str]] = {}
    for name, variant in now.study.variants.items():
        if now.of(name):
            found.setdefault(variant.configuration.data, []).append(name)
    return {data: tuple(names) for data, names in found.items()}


def title(now: StudyState, data: str, metric: str) -> str:
    """Return what a data set's picture shows."""
    part = "validation" if _is_validated(now, data) else "train"
    shown = now.study.score.name if metric == "score" else metric
    return text(f"live.picture-{part}-{shown}", data=data)


def lines(now: StudyState, runs: Iterable[RunState]) -> list[dict[str, object]]:
    """Return what the page's script knows of each run's line before it has any epoch."""
    places = {name: place for place, name in enumerate(now.study.variants, 1)}
    base = next((name for name in places if not variant_changes(now.study.variants, name)), None)
    doses = dose_inks(now.study)
    return [
        {
            "run": run.key,
            "variant": f"v{places[run.names[0]]}",
            "place": places[run.names[0]],
            "name": now.names[run.names[0]],
            "base": base in run.names,
            "dose": doses.get(run.names[0]),
            "seed": run.spec.seed,
            "data": run.spec.data.name,
        }
        for run in runs
    ]


def words() -> dict[str, str]:
    """Return the words of the picture's script, with its own names in braces."""
    names = ("variant", "seed", "epoch", "value")
    said = {name: text(f"live.script-{name}", **{each: f"{{{each}}}" for each in names}) for name in _WORDS}
    return {**said, "epoch": text("page.axis-epoch")}


def values(now: StudyState, run: RunState) -> dict[str, object]:
    """Return a run's curves; accuracies in percent, with as many digits as a screen shows."""
    before = "val_" if _is_validated(now, run.spec.data.name) else ""
    score = now.study.score
    curves = {
        "score": list(_numbers(run, f"{before}{score.name}", score.factor)),
        "loss": list(_numbers(run, f"{before}data_loss", 1.0)),
    }
    return {**curves, "running": run.status == "running"}


def _numbers(run: RunState, metric: str, unit: float) -> Iterator[float | None]:
    for row in run.rows:
        value = row.get(metric, math.nan)
        yield float(f"{unit * value:.5g}") if math.isfinite(value) else None


def _is_validated(now: StudyState, data: str) -> bool:
    variants = (each.configuration for each in now.study.variants.values())
    return all(each.validation > 0 for each in variants if each.data == data)
