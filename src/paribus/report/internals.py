"""What was measured inside a variant's networks while they trained, layer by layer, as charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from paribus.record import probes
from paribus.record.run import RunRecord
from paribus.report.charts import INKS, Chart, Ink, Line, band_values
from paribus.report.curves import band

Quantity = Literal["gradient", "ratio", "dead", "active", "identical"]

_SHARES = ("dead", "active", "identical")


def of_probes(records: Sequence[RunRecord]) -> tuple[Chart, ...]:
    """Return a chart for each quantity that is ever above zero; none where nothing was measured."""
    runs = [found for record in records if (found := probes.read(record))]
    steps = sorted({probe.step for run in runs for probe in run})
    layers = list(dict.fromkeys(layer for run in runs for probe in run for layer in probe.layers))
    charts: list[Chart] = []
    for quantity in get_args(Quantity):
        lines = [
            line
            for place, layer in enumerate(layers)
            if (line := _line(runs, steps, layer, quantity, INKS[place % len(INKS)])) is not None
        ]
        unit = "percent" if quantity in _SHARES else "plain"
        chart = Chart(f"page.inside-{quantity}", unit, tuple(lines), tuple(steps))
        if any(value > 0 for value in chart.values):
            charts.append(chart)
    return tuple(charts)


def _line(
    runs: Sequence[Sequence[probes.Probe]], steps: Sequence[int], layer: str, quantity: Quantity, ink: Ink
) -> Line | None:
    import numpy as np

    places = {step: place for place, step in enumerate(steps)}
    table = np.full((len(runs), len(steps)), np.nan)
    for row, run in zip(table, runs, strict=True):
        for probe in run:
            value = getattr(probe.layers.get(layer), quantity, None)
            row[places[probe.step]] = np.nan if value is None else value
    summary = band(table)
    if not summary.n_runs.any():
        return None
    unit = 100.0 if quantity in _SHARES else 1.0
    return Line("", layer, "", ink, *band_values(summary, len(runs), unit), complete_epochs=len(steps))
