"""A study's state in words and curves, in the parts that a page takes one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from paribus.analysis import result_table as table
from paribus.analysis.finding import Finding
from paribus.live.state import RunState, StudyState
from paribus.report import charts
from paribus.report.charts import Chart
from paribus.report.curves import curve_info
from paribus.texts import number, text
from paribus.workflow.diagnosis import told as sentences
from paribus.workflow.progress.state import format_time_left


@dataclass(frozen=True)
class Load:
    """What the machine does.

    Args:
        processor: The part of all cores that is at work, in percent.
        memory: The part that is taken, in percent.
    """

    processor: float
    memory: float


def head(now: StudyState, load: Load, clock: float) -> dict[str, object]:
    """How far the study is as a whole.

    Args:
        now: Its state.
        load: What the machine does.
        clock: The time, in seconds since 1970.
    """
    return {
        "phase": now.phase,
        "word": text(f"live.phase-{now.phase}"),
        "about": text(f"live.about-{now.phase}"),
        "share": round(now.share, 4),
        "runs": text("live.ended", ended=now.ended, runs=len(now.runs)),
        "left": format_time_left(
            now.time_left(clock), at_most=any(r.at_most for r in now.runs if not r.result)
        )
        or table.NOTHING,
        "processor": text("live.percent", share=number(load.processor, ".0f")),
        "memory": text("live.percent", share=number(load.memory, ".0f")),
        "made": now.made,
    }


def run(state: RunState) -> dict[str, object]:
    """A row of the table of runs.

    Args:
        state: The run's.
    """
    last: Mapping[str, float] = state.rows[-1] if state.rows else {}
    test = state.result.test.get("accuracy") if state.result else None
    loss = last.get("loss")
    return {
        "status": state.status.value if state.status else "waiting",
        "word": text(f"report.status-{state.status}") if state.status else text("live.waiting"),
        "share": round(state.share, 4),
        "epoch": text("live.epoch", epoch=len(state.rows), epochs=state.epochs),
        "loss": table.NOTHING if loss is None else number(loss, ".4g"),
        "train": table.percent(last.get("accuracy")),
        "validation": table.percent(last.get("val_accuracy")),
        "pace": table.NOTHING if state.pace is None else number(state.pace, ".2f"),
        "test": table.percent(test),
        "cause": state.result.message if state.result else "",
    }


def curves(now: StudyState, variant: str) -> tuple[Chart, ...]:
    """A variant's accuracy and loss so far.

    Args:
        now: The study's state.
        variant: Its name.
    """
    records = list(now.records.of(variant).values())
    drawn = charts.of_variant(curve_info(records, variant=variant))
    # Without a metric's name no switch is offered for each seed's curve, which a live page does not hold.
    return tuple(
        replace(chart, lines=tuple(replace(line, metric="") for line in chart.lines)) for chart in drawn
    )


def tree(chart: Chart) -> dict[str, object]:
    """A chart as the page's script takes it in again and again.

    Args:
        chart: From `curves`.
    """
    return {**charts.tree(chart), "described": chart.described}


def finding(found: Finding) -> dict[str, object]:
    """A finding in words.

    Args:
        found: From a diagnosis.
    """
    return {
        "severity": found.severity.value,
        "word": text(f"finding.severity-{found.severity}"),
        "title": found.title,
        "lines": list(sentences(found)),
    }


def keys(now: StudyState) -> Iterator[tuple[str, str]]:
    """The variants with the keys that the page knows them by.

    Args:
        now: The study's state.
    """
    return ((f"v{place}", name) for place, name in enumerate(now.study.variants, 1))
