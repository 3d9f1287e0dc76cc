"""Curves as a page has them: lines with their bands, told once for the drawing and for the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from paribus.report.curves import CurveInfo
from paribus.texts import number, text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Values: TypeAlias = "tuple[float | None, ...]"
Ink: TypeAlias = Literal["train", "validation", "penalty", "reference", "treatment", "fifth", "sixth"]

_RATIO = 30.0  # a loss axis is logarithmic above: the first epoch often dwarfs all others
_INKS: dict[str, Ink] = {"train": "train", "validation": "validation", "penalty": "penalty"}


@dataclass(frozen=True)
class Line:
    """One metric of one variant over the epochs; a value that is not finite is None.

    Args:
        part: ``train``, ``validation`` or ``penalty``, by which it is named; empty to name it by `of`.
        of: The variant whose it is; of what is measured inside a network, the layer.
        metric: Its name in the history; empty where that does not have it.
        ink: How it is drawn.
        mean: Over the runs alive at each epoch; accuracies in percent.
        low: The lowest run; empty where there is but one.
        high: The highest run.
        alive: How many runs have a value at each epoch.
        whole: How many epochs, from the first on, have as many runs as the first.
        strays: The runs that diverged beside others that did not, each as long as it is.
    """

    part: str
    of: str
    metric: str
    ink: Ink
    mean: Values
    low: Values
    high: Values
    alive: tuple[int, ...]
    whole: int
    strays: tuple[Values, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the legend."""
        return text(f"report.line-{self.part}") if self.part else self.of


@dataclass(frozen=True)
class Chart:
    """Lines on one pair of axes.

    Args:
        panel: What they show: the code of the panel's title.
        unit: ``percent`` or ``plain``.
        lines: At least one, unless no epoch has been trained.
        steps: The updates at which the lines have their values; None where these are epochs, from 1 on.
    """

    panel: str
    unit: Literal["percent", "plain"]
    lines: tuple[Line, ...]
    steps: tuple[int, ...] | None = None

    @property
    def title(self) -> str:
        """The panel's title."""
        return text(self.panel)

    @property
    def axis(self) -> str:
        """What the horizontal axis counts."""
        return "epoch" if self.steps is None else "step"

    @property
    def at(self) -> tuple[int, ...]:
        """The epochs or updates of the values."""
        if self.steps is not None:
            return self.steps
        return tuple(range(1, 1 + max((len(line.mean) for line in self.lines), default=0)))

    @property
    def values(self) -> list[float]:
        """Every finite value on the chart."""
        curves = [curve for line in self.lines for curve in (line.mean, line.low, line.high, *line.strays)]
        return [value for curve in curves for value in curve if value is not None]

    @property
    def is_log(self) -> bool:
        """Whether it is easier read on a logarithmic scale."""
        values = self.values
        return (
            self.unit == "plain" and bool(values) and min(values) > 0 and max(values) > _RATIO * min(values)
        )

    @property
    def described(self) -> str:
        """The chart in a sentence, for those who cannot see it."""
        lines = [
            text("page.chart-line", name=line.name, first=_told(line.mean[0]), last=_told(line.mean[-1]))
            for line in self.lines
            if line.mean
        ]
        if not lines:
            return text("page.chart-empty", title=self.title)
        code = f"page.chart-{self.axis}s"
        return text(code, title=self.title, last=self.at[-1], lines="; ".join(lines))


def of_variant(info: CurveInfo) -> tuple[Chart, ...]:
    """Accuracy and loss of a variant; where the loss has a penalty, the data's part and the whole apart.

    Args:
        info: The variant's numbers.
    """
    accuracy = Chart("report.panel-accuracy", "percent", _both(info, "accuracy"))
    if not info.penalised:
        return accuracy, Chart("report.panel-loss", "plain", _both(info, "loss"))
    whole = (*_both(info, "loss"), *_line(info, "penalty", "penalty"))
    return (
        accuracy,
        Chart("report.panel-data-loss", "plain", _both(info, "data_loss")),
        Chart("report.panel-total-loss", "plain", whole),
    )


def of_question(reference: CurveInfo, treatment: CurveInfo) -> tuple[Chart, ...]:
    """Two variants overlaid: validation accuracy and data loss, or training's where nothing was held out.

    Args:
        reference: Its numbers.
        treatment: Those of the variant asked about.
    """
    infos = (reference, treatment)
    validated = all("val_accuracy" in info.bands for info in infos if info.bands)
    before, part = ("val_", "validation") if validated else ("", "train")
    charts: list[Chart] = []
    for metric, quantity in (("accuracy", "accuracy"), ("data_loss", "data-loss")):
        lines = [
            line
            for info, ink in zip(infos, ("reference", "treatment"), strict=True)
            for line in _line(info, f"{before}{metric}", "", ink)
        ]
        unit = "percent" if metric == "accuracy" else "plain"
        charts.append(Chart(f"report.panel-{part}-{quantity}", unit, tuple(lines)))
    return tuple(charts)


def tree(chart: Chart) -> dict[str, object]:
    """A chart as the page's script reads it.

    Args:
        chart: From this module.
    """
    return {
        "title": chart.title,
        "unit": chart.unit,
        "axis": chart.axis,
        "x": chart.at,
        "log": chart.is_log,
        "lines": [
            {
                "name": line.name,
                "of": line.of,
                "metric": line.metric,
                "ink": line.ink,
                "mean": line.mean,
                "low": line.low,
                "high": line.high,
                "alive": line.alive,
                "whole": line.whole,
                "strays": line.strays,
            }
            for line in chart.lines
        ],
    }


def _both(info: CurveInfo, metric: str) -> tuple[Line, ...]:
    return (*_line(info, metric, "train"), *_line(info, f"val_{metric}", "validation"))


def _line(info: CurveInfo, metric: str, part: str, ink: Ink | None = None) -> Sequence[Line]:
    """The line of a metric; none where the runs do not have it."""
    band = info.bands.get(metric)
    if band is None:
        return ()
    unit = 100.0 if metric.endswith("accuracy") else 1.0
    low, high = ((), ()) if info.runs < 2 else (plain(band.low, unit), plain(band.high, unit))
    return (
        Line(
            part,
            info.variant,
            metric,
            ink or _INKS[part],
            plain(band.mean, unit),
            low,
            high,
            tuple(int(runs) for runs in band.alive),
            band.whole,
            tuple(plain(stray[metric], unit) for stray in info.strays if metric in stray),
        ),
    )


def plain(values: NDArray[np.float64], unit: float) -> Values:
    """Values as a page has them: six significant digits, which is more than a screen can show.

    Args:
        values: By epoch.
        unit: What each is multiplied with.
    """
    import numpy as np

    return tuple(float(f"{unit * value:.6g}") if np.isfinite(value) else None for value in values)


def _told(value: float | None) -> str:
    return "–" if value is None else number(value, ".4g")
