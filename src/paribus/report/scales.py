"""The scales that the curves of several variants share, so that they can be compared by eye."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median_low

from paribus.report.charts import of_variant
from paribus.report.variants import VariantSection

Bounds = Mapping[str, tuple[float, ...]]
"""The lowest and the highest value, by panel."""


def scale_of(section: VariantSection) -> object:
    """Return what variants have in common that are drawn on one scale: images, and whether they trained."""
    data = section.records[0].data.name if section.records else ""
    return data, section.row.failures.is_total


def bounds_of(sections: Iterable[VariantSection]) -> Mapping[object, Bounds]:
    """Return the lowest and highest value by panel, over the variants that are drawn on one scale.

    A score's lowest is that of the middle variant, so that one that starts low flattens no other.

    Args:
        sections: The variants that are drawn.
    """
    found: dict[object, dict[str, list[tuple[float, float]]]] = {}
    for section in sections:
        for chart in of_variant(section.curves) if section.records else ():
            if chart.values:
                ends = min(chart.values), max(chart.values)
                found.setdefault(scale_of(section), {}).setdefault(chart.panel, []).append(ends)
    return {
        scale: {
            panel: (
                (min if "loss" in panel else median_low)([low for low, _ in ends]),
                max(high for _, high in ends),
            )
            for panel, ends in panels.items()
        }
        for scale, panels in found.items()
    }
