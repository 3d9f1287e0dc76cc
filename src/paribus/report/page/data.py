"""The data behind the page, as its script reads them and saves them as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from paribus.analysis.questions.comparison import Comparison
from paribus.record.files import finite
from paribus.record.run import RunRecord
from paribus.report.charts import chart_json, of_variants
from paribus.report.doses import dose_charts, dose_inks
from paribus.report.material import Material
from paribus.report.variants import VariantSection
from paribus.texts import text

_TEXTS = (
    "at-epoch",
    "at-step",
    "band",
    "hide-line",
    "log",
    "of-runs",
    "reset",
    "seeds",
    "sorted-down",
    "sorted-up",
    "chart-help",
    "zoomed",
)
"""What the script says, from the domain ``page``."""

_FIELDS = {name: f"{{{name}}}" for name in ("at", "column", "first", "high", "last", "low", "runs")}
"""What its sentences name, left for the script to fill in."""


def page_data(material: Material) -> dict[str, object]:
    """Return every run with every epoch, the comparisons and the charts, as JSON can hold them.

    Runs and charts are those of variants that the page shows in full.
    """
    shown = {section.name for section in material.shown}
    return {
        "study": material.study.name,
        "charts": dict(_charts(material)),
        "overlay": _overlay(material),
        "runs": [
            finite(_run(variant, record))
            for (variant, _), record in material.records.items()
            if variant in shown
        ],
        "comparisons": [finite(_comparison(each)) for each in material.comparisons],
    }


def script_texts() -> dict[str, str]:
    """Return the script's words."""
    return {name: text(f"page.script-{name}", **_FIELDS) for name in _TEXTS}


def _charts(material: Material) -> Iterator[tuple[str, object]]:
    for section in (*material.shown, *material.shown_questions):
        for place, chart in enumerate(section.charts):
            yield f"{section.key}-{place}", chart_json(chart)
    for section in material.designs:
        for place, chart in enumerate(dose_charts(material, section)):
            yield f"{section.key}-{place}", chart_json(chart)
    for section in material.shown:
        for place, chart in enumerate(section.internals):
            yield f"{section.key}-internals-{place}", chart_json(chart)


def _overlay(material: Material) -> dict[str, object]:
    """Return what variants are overlaid on: empty charts with scales for all, and where their lines are."""
    charts = of_variants(material.curves)
    ran = [section for section in material.shown if section.records]
    keys = {section.name: section.key for section in ran}
    return {
        "charts": [{**chart_json(chart), "lines": []} for chart in charts],
        "lines": {section.key: [_line_of(section, place) for place in range(len(charts))] for section in ran},
        "names": {section.key: material.study.named(section.name) for section in ran},
        "doses": {keys[name]: ink for name, ink in dose_inks(material.study).items() if name in keys},
    }


def _line_of(section: VariantSection, place: int) -> str:
    """Return where a variant's line for an overlay is: validation's, or training's where it has none."""
    parts = [line.part for line in section.charts[place].lines]
    if not parts:
        return ""
    return f"{section.key}-{place}:{parts.index('validation') if 'validation' in parts else 0}"


def _run(variant: str, record: RunRecord) -> dict[str, object]:
    result = record.result
    rows = [*record.history]
    names = dict.fromkeys(name for row in rows for name in row if name != "epoch")
    return {
        "variant": variant,
        "seed": record.spec.seed,
        "status": record.status.value,
        "epochs": len(record.history),
        "kept_epoch": result.kept_epoch if result else None,
        "seconds": round(record.seconds, 3),
        "test": dict(result.test) if result else {},
        "data": record.data.name,
        "data_sha256": record.data.sha256,
        "digest": record.spec.digest,
        "history": {name: [row.get(name) for row in rows] for name in names},
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    low, high = comparison.interval or (None, None)
    return {
        "treatment": comparison.treatment,
        "reference": comparison.reference,
        "metric": comparison.metric,
        "ask": comparison.question.ask,
        "seeds": list(comparison.seeds),
        "difference": comparison.difference,
        "low": low,
        "high": high,
        "p_value": comparison.p_value,
        "p_adjusted": comparison.p_adjusted,
        "margin": comparison.margin,
        "verdict": comparison.verdict.value,
        "procedure": comparison.procedure,
        "differences": list(comparison.paired.differences),
    }


_NUMBERS = ("mean", "low", "high", "n_runs", "complete_epochs", "diverged", "kept")
"""What of a line is the same whatever it is called, in whichever chart and language."""
_AXES = ("x", "horizontal", "scales")


def sharing_numbers(data: Mapping[str, Any]) -> dict[str, object]:
    """Return a page's data in which what several charts or lines have alike stands once, under ``shared``.

    A variant's curves are those of its questions, and those of every language; ``charts.js`` puts them back.

    Args:
        data: From `page_data`, of one language or several.
    """
    shared: dict[str, int] = {}

    def parted(of: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
        numbers = json.dumps({name: of[name] for name in names if name in of})
        place = shared.setdefault(numbers, len(shared))
        return {**{name: value for name, value in of.items() if name not in names}, "shared": place}

    charts = {
        name: {**parted(chart, _AXES), "lines": [parted(line, _NUMBERS) for line in chart["lines"]]}
        for name, chart in data["charts"].items()
    }
    return {**data, "charts": charts, "shared": [json.loads(numbers) for numbers in shared]}
