"""Small curves on the terminal: how each variant's training went, in a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from rich.console import Console

from paribus.analysis.result_table import mean
from paribus.cli.tables import show_table
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.report.tables import Table
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.quantities import NOTHING, percent

BARS = "▁▂▃▄▅▆▇█"
GAP = "·"
"""Stands where a curve has no finite value."""

_WIDTH = 12


def spark(values: Sequence[float], *, width: int = _WIDTH, scale: tuple[float, float] | None = None) -> str:
    """Return a curve as bars.

    Args:
        values: The curve, shape (num_epochs,); values that are not finite leave a gap.
        width: The most bars; a longer curve is drawn by the means of `width` parts of it.
        scale: The values of the lowest and the highest bar, which also stand for what lies beyond; the
            curve's own where None.

    Example:
        >>> spark([0.90, 0.94, 0.96, 0.97]), spark([1.0, float("nan"), 2.0])
        ('▁▅▇█', '▁·█')
    """
    count = min(width, len(values))
    parts = [values[len(values) * i // count : len(values) * (i + 1) // count] for i in range(count)]
    means = [mean(_finite(part)) for part in parts]
    finite = [value for value in means if value is not None]
    if not finite:
        return GAP * count
    low, high = scale or (min(finite), max(finite))
    step = (high - low) / (len(BARS) - 1) or math.inf
    return "".join(
        GAP if value is None else BARS[min(max(0, round((value - low) / step)), len(BARS) - 1)]
        for value in means
    )


def mean_curve(runs: Iterable[RunRecord], metric: str) -> list[float]:
    """Return a metric's mean over the runs, epoch by epoch; NaN where none has a finite value."""
    curves = [[row.get(metric, math.nan) for row in run.history] for run in runs]
    longest = max(map(len, curves), default=0)
    means = (mean(_finite(c[epoch] for c in curves if epoch < len(c))) for epoch in range(longest))
    return [math.nan if value is None else value for value in means]


def show_curves(screen: Console, study: Study, records: Records) -> None:
    """Print a row a variant: first value, curve and last value of each metric, as means over its runs.

    Nothing is drawn where no run has an epoch, or the terminal cannot show the bars.
    """
    score = study.score
    is_own = all(each.configuration.train is not None for each in study.variants.values())
    losses = ("loss", "val_loss") if is_own else ("data_loss", "val_data_loss")
    metrics = (score.name, score.val, *losses)
    curves = {
        name: [mean_curve(records.of(name).values(), metric) for metric in metrics]
        for name in records.variants
    }
    if not any(chain.from_iterable(curves.values())) or not shows_bars(screen):
        return
    headings = {metric: text(f"cli.curves.{metric.replace('_', '-')}") for metric in metrics}
    rows = [
        {"variant": study.named(name)}
        | {
            metric: _cell(curve, share="accuracy" in metric)
            for metric, curve in zip(metrics, cells, strict=True)
        }
        for name, cells in curves.items()
    ]
    drawn = Table({"variant": text("cli.plan.variant"), **headings}, rows)
    show_table(screen, drawn, text("cli.curves.title"), unwrapped=drawn.headings)


def _cell(curve: Sequence[float], *, share: bool) -> str:
    finite = list(_finite(curve))
    if not finite:
        return NOTHING
    first, last = (percent(value) if share else number(value, ".3g") for value in (finite[0], finite[-1]))
    return f"{first:>6} {spark(curve):<{_WIDTH}} {last}"


def _finite(values: Iterable[float]) -> Iterator[float]:
    return filter(math.isfinite, values)


def shows_bars(screen: Console) -> bool:
    """Return whether the terminal can show the bars."""
    try:
        (BARS + GAP).encode(screen.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
