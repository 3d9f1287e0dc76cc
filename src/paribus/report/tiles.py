"""Each variant's curve at a glance: those of one data set on one scale, which fits those that trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import median_low

from paribus.report.axis import Axis
from paribus.report.charts import MIN_POINTS, Values
from paribus.report.tables import label
from paribus.report.variants import VariantSection
from paribus.texts import number, text

OUTLIER = 5.0
"""A curve that ends so many times as far below the best as the one before it does not stretch the scale."""
_STEPS = (1.0, 2.0, 5.0, 10.0)  # of which the ends of a scale are multiples


@dataclass(frozen=True, eq=False)
class TileGroup:
    """The variants that were trained on one data set.

    Args:
        data: What the data set is called.
        base: The variant that is drawn in grey behind the others.
        variants: In the study's order.
        axis: The scale of all of them, in percent; curves that lie below it are marked.
    """

    data: str
    base: VariantSection
    variants: tuple[VariantSection, ...]
    axis: Axis

    @property
    def caption(self) -> str:
        """The data set, its scale, and which variant is grey."""
        low, high = (number(end, "g") for end in (self.axis.low, self.axis.high))
        base = self.base.study.named(self.base.name)
        code = "page.tiles-group" if len(self.variants) > 1 else "page.tiles-alone"
        words = text(code, data=self.data, low=low, high=high, base=base)
        below = any(lies_below(each.spark, self.axis) for each in self.variants)
        return f"{words} {text('page.tiles-below')}" if below else words


def tile_groups(sections: Sequence[VariantSection], base: str) -> tuple[TileGroup, ...]:
    """Return the variants that have run, by data set.

    Args:
        sections: The study's variants.
        base: The one that changes nothing.
    """
    groups: dict[str, list[VariantSection]] = {}
    for section in sections:
        if section.records:
            groups.setdefault(label(section.records[0].data), []).append(section)
    return tuple(
        TileGroup(
            data,
            next((each for each in found if each.name == base), found[0]),
            tuple(found),
            accuracy_scale(
                [each.spark for each in found if not each.row.failures.is_total]
                or [each.spark for each in found]
            ),
        )
        for data, found in groups.items()
    )


def accuracy_scale(curves: Sequence[Values]) -> Axis:
    """Return the scale that fits most of the curves, its ends round.

    It reaches from the lowest last value, or from the middle one of the first values where that is lower,
    to the highest value. A curve that ends far below all others does not stretch it.

    Args:
        curves: Accuracies by epoch, in percent.

    Example:
        >>> axis = accuracy_scale([(80.0, 93.0, 95.2), (78.0, 94.0, 96.1), (9.9, 10.0, 10.0)])
        >>> axis.low, axis.high
        (78.0, 98.0)
    """
    known = [[value for value in curve if value is not None] for curve in curves]
    ended = sorted((each for each in known if each), key=lambda each: each[-1], reverse=True)
    near = _without_outliers(ended)
    if not near:
        return Axis(0, 100, (0, 100))
    low = min(*(each[-1] for each in near), median_low([each[0] for each in near]))
    high = max(max(each) for each in near)
    missing = max(0.0, MIN_POINTS - (high - low))
    low, high = low - missing / 2, high + missing / 2
    step = max(step for step in _STEPS if step <= max(_STEPS[0], (high - low) / 5))
    low, high = max(0.0, step * floor(low / step)), min(100.0, step * ceil(high / step))
    return Axis(low, high, (low, high))


def lies_below(values: Values, axis: Axis) -> bool:
    """Return whether a curve has values, and all of them lie below a scale."""
    known = [value for value in values if value is not None]
    return bool(known) and max(known) < axis.low


def _without_outliers(ended: Sequence[list[float]]) -> Sequence[list[float]]:
    """Return the curves before the first that ends many times farther below; the better half always stays."""
    for place in range((len(ended) + 1) // 2, len(ended)):
        before, here = (ended[0][-1] - ended[at][-1] for at in (place - 1, place))
        if here > OUTLIER * max(MIN_POINTS, before):
            return ended[:place]
    return ended
