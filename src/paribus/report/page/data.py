"""The data behind the page, as its script reads it and hands it out as CSV."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.questions.comparison import Comparison
from paribus.record.files import finite
from paribus.record.run import RunRecord
from paribus.report import charts
from paribus.report.page.content import Content
from paribus.texts import current_language, text

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


def raw(content: Content) -> object:
    """Every run with every epoch, the answers, the charts and the script's words, as JSON can hold them.

    Args:
        content: The page in numbers.
    """
    records = content.material.records.items()
    return finite(
        {
            "language": current_language(),
            "study": content.material.study.name,
            "texts": script_texts(),
            "charts": dict(_charts(content)),
            "runs": [_run(variant, record) for (variant, _), record in records],
            "answers": [_answer(each.comparison) for each in content.questions],
        }
    )


def script_texts() -> dict[str, str]:
    """The script's words."""
    return {name: text(f"page.script-{name}", **_FIELDS) for name in _TEXTS}


def _charts(content: Content) -> Iterator[tuple[str, object]]:
    for told in (*content.variants, *content.questions):
        for place, chart in enumerate(told.charts):
            yield f"{told.key}-{place}", charts.tree(chart)
    for told in content.variants:
        for place, chart in enumerate(told.inside):
            yield f"{told.key}-inside-{place}", charts.tree(chart)


def _run(variant: str, record: RunRecord) -> dict[str, object]:
    result = record.result
    names = dict.fromkeys(name for row in record.history for name in row if name != "epoch")
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
        "history": {name: [row.get(name) for row in record.history] for name in names},
    }


def _answer(answer: Comparison) -> dict[str, object]:
    low, high = answer.interval or (None, None)
    return {
        "treatment": answer.treatment,
        "reference": answer.reference,
        "metric": answer.metric,
        "ask": answer.question.ask,
        "seeds": list(answer.seeds),
        "difference": answer.difference,
        "low": low,
        "high": high,
        "p_value": answer.p_value,
        "p_adjusted": answer.p_adjusted,
        "margin": answer.margin,
        "verdict": answer.verdict.value,
        "procedure": answer.procedure,
        "differences": list(answer.paired.differences),
    }
