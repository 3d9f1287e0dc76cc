"""The figures: a variant's curves, a question's variants overlaid, and a study at a glance.

Every figure is drawn from `CurveInfo`, by way of the charts that the page draws too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

from paribus.analysis.result_table import mean
from paribus.record.records import Records
from paribus.record.run import RunRecord, Status
from paribus.report import charts
from paribus.report.charts import DOSE_INKS, DoseInk, Line
from paribus.report.curves import CurveInfo, band_notes, curve_info, kept_epoch, kept_epochs
from paribus.report.doses import dose_inks
from paribus.report.figures.panels import (
    diverged_epochs,
    draw,
    draw_small,
    legend_handle,
    mark_epochs,
    small_title,
    write_names,
)
from paribus.report.figures.sheet import (
    DOSE_STROKES,
    INK,
    PENALTY,
    STROKES,
    TRAIN,
    VALIDATION,
    VERMILION,
    Head,
    Stroke,
    sheet,
    style,
)
from paribus.report.tables import label
from paribus.study.describe import describe_variant
from paribus.study.metrics import title_of
from paribus.study.study import Study
from paribus.texts import text, translated
from paribus.texts.quantities import epoch_range, figure, figure_with_unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from paribus.report.figures.sheet import Handle

_WIDE = (4.6, 3.2)  # a panel with names to its right, in inches
_SMALL = (2.35, 1.85)
_TITLE_LINE = 0.15  # inches that each further line of a small panel's title takes
_PARTS = {"train": TRAIN, "validation": VALIDATION, "penalty": PENALTY}


def variant_figure(study: Study, variant: str, records: Sequence[RunRecord]) -> Figure:
    """Draw a variant's score and loss, training and validation, over the epochs."""
    return draw_variant(_info(study, variant, records))


def overlay_figure(study: Study, variants: Sequence[str], records: Records, *, title: str = "") -> Figure:
    """Draw several variants' validation score and data loss in one pair of panels.

    Args:
        study: What was asked.
        variants: Their names, the reference first.
        records: What has run.
        title: What is asked of them; their names if nothing is said.
    """
    inks = dose_inks(study)
    along = len(variants) > 2 and {*variants} <= inks.keys()
    ordered = [name for name in inks if name in variants] if along else variants
    infos = [_info(study, name, _of(records, name)) for name in ordered]
    return draw_overlay(infos, title, inks if along else None)


def overview_figure(study: Study, records: Records, *, columns: int = 5) -> Figure:
    """Draw a study at a glance: each variant that has run in a small panel."""
    infos = [_info(study, name, runs) for name in study.variants if (runs := _of(records, name))]
    return draw_overview(infos, overview_title(study), columns=columns)


def overview_title(study: Study) -> str:
    """Return what stands above a study at a glance."""
    return f"{study.name}: {translated(study.title)}" if study.title else study.name


def draw_variant(info: CurveInfo) -> Figure:
    """Draw a variant's figure from its numbers.

    Where the loss has a penalty, the data's part and the whole stand in panels of their own.
    """
    code = "report.figure-changes" if info.changes else "report.figure-variant"
    title = text(code, variant=info.label, changes=info.changes)
    training = "report.caption-penalty" if info.penalised else "report.caption-training"
    caption = (text(training), *band_notes([info]), *_divergence(info))
    panels = charts.of_variant(info)
    with style():
        legend = _legend(info)
        head = Head(title, _test_sentence(info), doubtful_images(info.records), caption, tuple(legend))
        paper = sheet(head, 1, len(panels))
        for chart, axes in zip(panels, paper.axes, strict=True):
            draw(chart, axes, _stroke)
            mark_epochs(info, axes)
        paper.legend(list(legend.values()))
    return paper.figure


def draw_overlay(
    infos: Sequence[CurveInfo], title: str = "", inks: Mapping[str, DoseInk] | None = None
) -> Figure:
    """Draw several variants on one pair of panels, from their numbers; their names are the title without one.

    Where one of them has no images held out, the curves are those of training.

    Args:
        infos: Their curves.
        title: What is asked of them.
        inks: Of the doses of a sweep; None for strokes that differ as much as they can.
    """
    unit = infos[0].score.unit if infos else "percent"
    tests = ",  ".join(f"{info.label}: {figure(mean(info.test), unit)}" for info in infos)
    training_only = () if charts.all_validated(infos) else (text("report.caption-training-only"),)
    head = Head(
        title or ", ".join(info.label for info in infos),
        text(f"report.figure-tests-{unit}", tests=tests, score=_score(infos)),
        doubtful_images(run for info in infos for run in info.records),
        (*training_only, *band_notes(infos)),
        tuple(_counted(info.label, info.runs) for info in infos),
    )
    strokes = {info.variant: STROKES[place % len(STROKES)] for place, info in enumerate(infos)}
    if inks is not None:
        strokes = {name: DOSE_STROKES[DOSE_INKS.index(ink)] for name, ink in inks.items()}

    def stroke_of(line: Line) -> Stroke:
        return strokes[line.of]

    with style():
        paper = sheet(head, 1, 2, _WIDE)
        for chart, axes in zip(charts.of_variants(infos), paper.axes, strict=True):
            draw(chart, axes, stroke_of)
            write_names(chart, axes, stroke_of)
        paper.legend([legend_handle(strokes[info.variant], banded=info.runs > 1) for info in infos])
    return paper.figure


def draw_overview(infos: Sequence[CurveInfo], title: str, *, columns: int = 5) -> Figure:
    """Draw each variant's scores in a small panel, all on one scale.

    That of accuracies is stretched towards 100 %, as the logarithm of the error, so that 11, 40, 97 and
    99.9 % can be compared side by side.
    """
    columns = _columns(len(infos), columns)
    rows = max(1, ceil(len(infos) / columns))
    caption = (
        text(f"report.caption-overview-{infos[0].score.unit if infos else 'percent'}"),
        *band_notes(infos),
    )
    legend = (text("report.line-train"), text("report.line-validation"))
    head = Head(title, "", doubtful_images(run for info in infos for run in info.records), caption, legend)
    with style():
        lines = max((len(small_title(info)) for info in infos), default=1)
        paper = sheet(head, rows, columns, (_SMALL[0], _SMALL[1] + _TITLE_LINE * (lines - 1)))
        small = [charts.of_variant(info)[0] for info in infos]
        top = max((value for chart in small for value in chart.values), default=100.0)
        for place, axes in enumerate(paper.axes):
            if place >= len(infos):
                axes.set_axis_off()
                continue
            draw_small(infos[place], small[place], axes, _stroke, top)
            if place % columns:
                axes.set_ylabel("")
                axes.tick_params(labelleft=False)
            if place + columns < len(infos):
                axes.set_xlabel("")
        banded = any(info.runs > 1 for info in infos)
        paper.legend([legend_handle(stroke, banded=banded) for stroke in (TRAIN, VALIDATION)])
    return paper.figure


def _columns(panels: int, most: int) -> int:
    """Return how many panels stand in a row: as many as leave the fewest places empty."""
    if panels <= most:
        return max(1, panels)
    return min(range(most, most // 2, -1), key=lambda columns: -panels % columns)


def _test_sentence(info: CurveInfo) -> str:
    """Return a variant's test score in a sentence, with lowest and highest where there are several."""
    if not info.test:
        return text("report.figure-untested", score=_score([info]))
    unit, runs = info.score.unit, len(info.test)
    middle = figure_with_unit(mean(info.test), unit)
    if runs == 1:
        return text("report.figure-test", test=middle, score=_score([info]))
    low, high = figure(min(info.test), unit), figure(max(info.test), unit)
    return text("report.figure-tests-mean", mean=middle, low=low, high=high, runs=runs, score=_score([info]))


def _score(infos: Sequence[CurveInfo]) -> str:
    """Return the test score of variants in words."""
    return str(title_of(infos[0].score.test)) if infos else ""


def doubtful_images(records: Iterable[RunRecord]) -> str:
    """Return the names of images that are not the official ones; empty if all are.

    Args:
        records: The runs that used them.
    """
    data = dict.fromkeys(run.data for run in records)
    return ", ".join(label(used) for used in data if used.stand_in or not used.verified)


def _divergence(info: CurveInfo) -> tuple[str, ...]:
    epochs = diverged_epochs(info)
    if not epochs:
        return ()
    count = sum(run.status is Status.DIVERGED for run in info.records)
    ranged = epoch_range((epochs[0], epochs[-1]))
    caption = text("report.caption-diverged", count=count, runs=len(info.records), epochs=ranged)
    return (f"{caption} {text('report.caption-strays')}" if info.diverged else caption,)


def _info(study: Study, variant: str, records: Sequence[RunRecord]) -> CurveInfo:
    changes = describe_variant(study.variants, variant)
    return curve_info(records, variant=variant, label=study.named(variant), changes=changes)


def _of(records: Records, variant: str) -> list[RunRecord]:
    return list(records.of(variant).values())


def _stroke(line: Line) -> Stroke:
    return _PARTS[line.part]


def _counted(name: str, runs: int) -> str:
    return name if runs == 1 else text("report.line-runs", name=name, runs=runs)


def _legend(info: CurveInfo) -> dict[str, Handle]:
    from matplotlib.lines import Line2D

    entries: dict[str, Handle] = {}
    for metric, stroke, code in (("loss", TRAIN, "train"), ("val_loss", VALIDATION, "validation")):
        if metric in info.bands or metric == "loss":
            name = _counted(text(f"report.line-{code}"), info.runs)
            entries[name] = legend_handle(stroke, banded=info.runs > 1)
    if info.penalised:
        entries[text("report.line-penalty")] = legend_handle(PENALTY, banded=True)
    if kept := kept_epochs(info):
        stopped = sorted({len(run.history) for run in info.records if kept_epoch(run) in kept})
        code = "report.mark-stopped" if kept == tuple(stopped) else "report.mark-kept"
        name = text(
            code, kept=epoch_range((kept[0], kept[-1])), stopped=epoch_range((stopped[0], stopped[-1]))
        )
        entries[name] = Line2D([], [], color=INK, marker="^", linestyle="", markersize=6.5)
    if diverged_epochs(info):
        cross = Line2D([], [], color=VERMILION, marker="X", linestyle="", markersize=7)
        entries[text("report.mark-diverged")] = cross
    return entries
