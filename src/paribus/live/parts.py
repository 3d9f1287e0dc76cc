"""A study's state in words and charts, in the parts that a page replaces one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from paribus.analysis.finding import Finding
from paribus.live import overview
from paribus.live.alerts import Findings, alerts
from paribus.live.state import RunState, StudyState
from paribus.report.charts import Chart, of_variant
from paribus.report.curves import curve_info
from paribus.report.findings import sentences
from paribus.texts import number, text
from paribus.texts.quantities import NOTHING, figure
from paribus.workflow.progress.state import format_time_left


@dataclass(frozen=True)
class Load:
    """Processor and memory in use, in percent."""

    processor: float
    memory: float


def head(now: StudyState, load: Load, clock: float) -> dict[str, object]:
    """Return how far the study is as a whole."""
    return {
        "phase": now.phase,
        "look": _look(now),
        "word": text(f"live.phase-{now.phase}"),
        "about": text(f"live.about-{now.phase}"),
        "share": round(now.share, 4),
        "runs": text("live.ended", ended=now.ended, runs=len(now.runs)),
        "left": format_time_left(
            now.time_left(clock), at_most=any(r.at_most for r in now.runs if not r.result)
        )
        or NOTHING,
        "processor": text("live.percent", share=number(load.processor, ".0f")),
        "memory": text("live.percent", share=number(load.memory, ".0f")),
        "made": now.made,
        "trouble": overview.trouble(now.runs),
        "result": overview.result(now),
        "changed": overview.changed(now),
    }


def attention(now: StudyState, folder: Path, findings: Findings, clock: float) -> list[dict[str, object]]:
    """Return what needs attention in words."""
    return [asdict(each) for each in alerts(now, folder, findings, clock)]


def run(state: RunState) -> dict[str, object]:
    """Return a row of the table of runs."""
    last: Mapping[str, float] = state.rows[-1] if state.rows else {}
    score = state.spec.configuration.score
    test = state.result.test.get(score.name) if state.result else None
    loss = last.get("loss")
    return {
        "status": state.status.value if state.status else "waiting",
        "word": text(f"report.status-{state.status}") if state.status else text("live.waiting"),
        "share": round(state.share, 4),
        "epoch": text("live.epoch", epoch=len(state.rows), epochs=state.epochs),
        "loss": NOTHING if loss is None else number(loss, ".4g"),
        "train": figure(last.get(score.name), score.unit),
        "validation": figure(last.get(score.val), score.unit),
        "pace": NOTHING if state.pace is None else number(state.pace, ".2f"),
        "test": figure(test, score.unit),
        "cause": state.result.message if state.result else "",
    }


def charts(now: StudyState, variant: str) -> tuple[Chart, ...]:
    """Return a variant's score and loss so far."""
    records = list(now.records.of(variant).values())
    # Without a metric's name no switch is offered for each seed's curve, which a live page does not hold.
    return tuple(
        replace(chart, lines=tuple(replace(line, metric="") for line in chart.lines))
        for chart in of_variant(curve_info(records, variant=variant))
    )


def finding(found: Finding) -> dict[str, object]:
    """Return a finding in words."""
    return {
        "severity": found.severity.value,
        "word": text(f"finding.severity-{found.severity}"),
        "title": str(found.title),
        "lines": list(sentences(found)),
    }


def _look(now: StudyState) -> str:
    """Return how the phase is coloured: a study that is complete with runs that failed is not all well."""
    return "troubled" if now.phase == "complete" and overview.trouble(now.runs) else now.phase


def keys(now: StudyState, full: Collection[str]) -> Iterator[tuple[str, str]]:
    """Return the variants that a page shows in full, with the keys that it knows them by."""
    return ((f"v{place}", name) for place, name in enumerate(now.study.variants, 1) if name in full)
