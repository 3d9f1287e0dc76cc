"""The figures: a variant's curves, a question's variants overlaid, and a study at a glance.

Every figure is drawn from a `CurveInfo`, whose numbers `paribus.report.curves` makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import TYPE_CHECKING

from paribus.analysis.result_table import label, mean, percent, span
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.report.curves import CurveInfo, curve_info
from paribus.report.figures.panels import (
    diverged,
    draw_accuracy,
    draw_loss,
    draw_metric,
    draw_small,
    handle,
    marked,
)
from paribus.report.figures.sheet import (
    INK,
    PENALTY,
    STROKES,
    TRAIN,
    VALIDATION,
    VERMILION,
    Head,
    sheet,
    style,
)
from paribus.study.describe import describe_variant
from paribus.study.study import Study
from paribus.texts import text, translated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from paribus.report.figures.sheet import Handle

_WIDE = (4.6, 3.2)  # a panel with names to its right, in inches
_SMALL = (2.35, 1.85)
_STEPS = 6  # so many numbers of runs are told one by one


def variant_figure(study: Study, variant: str, records: Sequence[RunRecord]) -> Figure:
    """A variant's accuracy and loss, training and validation, over the epochs.

    Args:
        study: What was asked.
        variant: Its name.
        records: Its runs.
    """
    return draw_variant(_info(study, variant, records))


def overlay_figure(study: Study, variants: Sequence[str], records: Records, *, title: str = "") -> Figure:
    """Several variants' validation accuracy and data loss, in one pair of panels.

    Args:
        study: What was asked.
        variants: Their names, the reference first.
        records: What has run.
        title: What is asked of them; their names if nothing is said.
    """
    infos = [_info(study, name, _of(records, name)) for name in variants]
    return draw_overlay(infos, title or ", ".join(variants))


def overview_figure(study: Study, records: Records, *, columns: int = 5) -> Figure:
    """A study at a glance: each variant that has run in a small panel.

    Args:
        study: What was asked.
        records: What has run.
        columns: Panels in a row, at most.
    """
    infos = [_info(study, name, runs) for name in study.variants if (runs := _of(records, name))]
    title = f"{study.name}: {translated(study.title)}" if study.title else study.name
    return draw_overview(infos, title, columns=columns)


def draw_variant(info: CurveInfo) -> Figure:
    """A variant's figure from its numbers.

    Where the loss has a penalty, the data's part and the whole stand in panels of their own.

    Args:
        info: The variant's numbers.
    """
    code = "report.figure-changes" if info.changes else "report.figure-variant"
    title = text(code, variant=info.variant, changes=info.changes)
    training = "report.caption-penalty" if info.penalised else "report.caption-training"
    caption = (text(training), *band_notes([info]), *_divergence(info))
    with style():
        legend = _legend(info)
        head = Head(title, test_line(info), warning(info.data), caption, tuple(legend))
        paper = sheet(head, 1, 3 if info.penalised else 2)
        draw_accuracy(info, paper.axes[0])
        if info.penalised:
            draw_loss(info, paper.axes[1], part="data_loss")
        draw_loss(info, paper.axes[-1], part="loss")
        paper.legend(list(legend.values()))
    return paper.figure


def draw_overlay(infos: Sequence[CurveInfo], title: str) -> Figure:
    """Several variants on one pair of panels, from their numbers.

    Where one of them has no images held out, the curves are those of training.

    Args:
        infos: The reference first.
        title: What is asked.
    """
    validated = all("val_accuracy" in info.bands for info in infos if info.bands)
    metrics = ("val_accuracy", "val_data_loss") if validated else ("accuracy", "data_loss")
    part = "validation" if validated else "train"
    tests = ",  ".join(f"{info.variant}: {percent(mean(info.test))}" for info in infos)
    head = Head(
        title,
        text("report.figure-tests", tests=tests),
        warning(used for info in infos for used in info.data),
        (*(() if validated else (text("report.caption-training-only"),)), *band_notes(infos)),
        tuple(_counted(info.variant, info.runs) for info in infos),
    )
    strokes = [STROKES[place % len(STROKES)] for place in range(len(infos))]
    with style():
        paper = sheet(head, 1, 2, _WIDE)
        for axes, metric, quantity in zip(paper.axes, metrics, ("accuracy", "data-loss"), strict=True):
            draw_metric(infos, strokes, metric, axes)
            axes.set_title(text(f"report.panel-{part}-{quantity}"))
        paper.legend(
            [handle(stroke, banded=info.runs > 1) for info, stroke in zip(infos, strokes, strict=True)]
        )
    return paper.figure


def draw_overview(infos: Sequence[CurveInfo], title: str, *, columns: int = 5) -> Figure:
    """Each variant's accuracies in a small panel, all on one scale.

    The scale is stretched towards 100 %, as the logarithm of the error, so that 11, 40, 97 and 99.9 % can
    stand side by side and still be told apart.

    Args:
        infos: One a variant, in the study's order.
        title: The study's.
        columns: Panels in a row, at most.
    """
    columns = _abreast(len(infos), columns)
    rows = max(1, ceil(len(infos) / columns))
    caption = (text("report.caption-overview"), *band_notes(infos))
    legend = (text("report.line-train"), text("report.line-validation"))
    head = Head(title, "", warning(used for info in infos for used in info.data), caption, legend)
    with style():
        paper = sheet(head, rows, columns, _SMALL)
        for place, axes in enumerate(paper.axes):
            if place >= len(infos):
                axes.set_axis_off()
                continue
            draw_small(infos[place], axes)
            if place % columns:
                axes.set_ylabel("")
                axes.tick_params(labelleft=False)
            if place + columns < len(infos):
                axes.set_xlabel("")
        banded = any(info.runs > 1 for info in infos)
        paper.legend([handle(stroke, banded=banded) for stroke in (TRAIN, VALIDATION)])
    return paper.figure


def _abreast(panels: int, most: int) -> int:
    """How many panels stand in a row: as many as leave the fewest places empty."""
    if panels <= most:
        return max(1, panels)
    return min(range(most, most // 2, -1), key=lambda columns: -panels % columns)


def test_line(info: CurveInfo) -> str:
    """A variant's test accuracy in a sentence, with lowest and highest where there are several.

    Args:
        info: The variant's numbers.
    """
    if not info.test:
        return text("report.figure-untested")
    if len(info.test) == 1:
        return text("report.figure-test", test=percent(info.test[0]))
    low, high = percent(min(info.test)), percent(max(info.test))
    return text(
        "report.figure-tests-mean", mean=percent(mean(info.test)), low=low, high=high, runs=len(info.test)
    )


def warning(data: Iterable[DataUsed]) -> str:
    """What a figure says in its corner of images that are not the official ones; empty if they are.

    Args:
        data: The images its runs were made with.
    """
    return ", ".join(dict.fromkeys(label(used) for used in data if used.stand_in or not used.verified))


def band_notes(infos: Sequence[CurveInfo]) -> tuple[str, ...]:
    """What the bands show, and where fewer runs are behind them than at first.

    Args:
        infos: The variants on the figure.
    """
    several = [info for info in infos if info.runs > 1]
    notes = [text(f"report.caption-{several[0].spread}")] if several else []
    for info in several:
        if steps := _alive(info):
            code = "report.caption-alive" if len(infos) == 1 else "report.caption-alive-of"
            notes.append(text(code, variant=info.variant, steps=steps))
    return tuple(notes)


def _alive(info: CurveInfo) -> str:
    """How many runs are alive up to which epoch; empty where all are to the end."""
    alive = info.alive.tolist()
    lasts = [
        epoch for epoch, runs in enumerate(alive, start=1) if epoch == len(alive) or alive[epoch] != runs
    ]
    steps = [(alive[last - 1], last) for last in lasts if alive[last - 1]]
    if len(steps) < 2:
        return ""
    if len(steps) > _STEPS:
        (most, first), (fewest, last) = steps[0], steps[-1]
        return text("report.alive-falling", most=most, first=first, fewest=fewest, last=last)
    return ", ".join(text("report.alive-to", runs=runs, epoch=epoch) for runs, epoch in steps)


def _divergence(info: CurveInfo) -> tuple[str, ...]:
    epochs = diverged(info)
    if not epochs:
        return ()
    count = sum(end.status is Status.DIVERGED for end in info.ends)
    ranged = span((epochs[0], epochs[-1]))
    told = text("report.caption-diverged", count=count, runs=len(info.ends), epochs=ranged)
    return (f"{told} {text('report.caption-strays')}" if info.strays else told,)


def _info(study: Study, variant: str, records: Sequence[RunRecord]) -> CurveInfo:
    changes = describe_variant(study.variants, variant)
    return curve_info(records, variant=variant, changes=changes)


def _of(records: Records, variant: str) -> list[RunRecord]:
    return list(records.of(variant).values())


def _counted(name: str, runs: int) -> str:
    """A line's name, with the number of runs that it sums up, unless it is one."""
    return name if runs == 1 else text("report.line-runs", name=name, runs=runs)


def _legend(info: CurveInfo) -> dict[str, Handle]:
    """What is drawn on a variant's figure, by the name it goes by."""
    from matplotlib.lines import Line2D

    entries: dict[str, Handle] = {}
    for metric, stroke, code in (("loss", TRAIN, "train"), ("val_loss", VALIDATION, "validation")):
        if metric in info.bands or metric == "loss":
            name = _counted(text(f"report.line-{code}"), info.runs)
            entries[name] = handle(stroke, banded=info.runs > 1)
    if info.penalised:
        entries[text("report.line-penalty")] = handle(PENALTY, banded=True)
    if kept := marked(info):
        stopped = sorted({end.epochs for end in info.ends if end.kept_epoch in kept})
        code = "report.mark-stopped" if kept == tuple(stopped) else "report.mark-kept"
        name = text(code, kept=span((kept[0], kept[-1])), stopped=span((stopped[0], stopped[-1])))
        entries[name] = Line2D([], [], color=INK, marker="^", linestyle="", markersize=6.5)
    if diverged(info):
        cross = Line2D([], [], color=VERMILION, marker="X", linestyle="", markersize=7)
        entries[text("report.mark-diverged")] = cross
    return entries
