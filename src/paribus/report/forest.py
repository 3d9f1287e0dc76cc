"""The forest plot in numbers: a row a question, one scale, and which rows lie beyond it.

The page draws it as SVG, `Results.plot_answers` with matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from paribus.analysis.questions.statistics import Interval
from paribus.analysis.questions.verdict import Verdict
from paribus.report.answers import Answer
from paribus.report.axis import Axis, linear_axis
from paribus.study.metrics import NAMES, title_of
from paribus.texts import number, text

_Span: TypeAlias = "tuple[tuple[float, ...], Interval | None]"

OUTLIER = 5.0
"""A row that reaches so many times as far as the nearer half of them does not stretch the scale."""

_FLOOR = 4.0  # percentage points; what lies so near never makes another row an outlier
_CORRECTED = 2.0  # a corrected interval stretches the scale to so many times what everything else needs
_MARGIN = 3.0  # a margin wider than so many times everything else is not shown whole


@dataclass(frozen=True)
class ForestRow:
    """One question on the plot.

    Args:
        answer: The question, with its words.
        mean: The difference, accuracies in percentage points; None where there is none.
        interval: Its 95% interval.
        corrected: The interval corrected for the number of questions, which decides.
        margin: Differences below it count as none; None where none is declared.
        beyond: -1 where the difference lies below the scale, 1 where above, else 0.
    """

    answer: Answer
    mean: float | None
    interval: Interval | None
    corrected: Interval | None
    margin: float | None
    beyond: int


@dataclass(frozen=True)
class Forest:
    """The questions on one metric, on one scale.

    Args:
        metric: What they compare.
        rows: The questions, in the order of the answers.
        axis: The scale; it contains 0.
    """

    metric: str
    rows: tuple[ForestRow, ...]
    axis: Axis

    @property
    def margins(self) -> tuple[float, ...]:
        """The margins of its questions, each once."""
        return tuple(dict.fromkeys(row.margin for row in self.rows if row.margin is not None))

    @property
    def title(self) -> str:
        """What the scale shows."""
        code = "points" if self.rows[0].answer.comparison.unit == "percent" else "plain"
        return text(f"page.forest-{code}", metric=title_of(self.metric))

    @property
    def caption(self) -> str:
        """How to read a row."""
        family = max((row.answer.comparison.family for row in self.rows), default=1)
        parts = [text("page.forest-thick")] if any(row.interval for row in self.rows) else []
        if any(row.corrected is not None for row in self.rows) and family > 1:
            parts.append(text("page.forest-thin", count=family))
        if len(self.margins) == 1:
            parts.append(text("page.forest-margin", margin=number(self.margins[0], ".3g")))
        elif self.margins:
            parts.append(text("page.forest-margins"))
        return " ".join(parts)

    def shown(self, ends: Interval) -> tuple[float, float, bool, bool]:
        """Return an interval cut to the scale, and whether its lower and its upper end were cut off."""
        low, high = self.axis.low, self.axis.high
        first, last = (min(max(end, low), high) for end in ends)
        return first, last, ends[0] < low, ends[1] > high

    def label(self, tick: float) -> str:
        """Return a tick's words: its number with its sign."""
        return signed(tick)


def signed(value: float, digits: str = ".4g") -> str:
    """Return a number with its sign, zero without one.

    Example:
        >>> signed(4.0), signed(-0.5), signed(0.0)
        ('+4', '−0.5', '0')
    """
    return number(value, f"+{digits}") if value else "0"


def forests(answers: Sequence[Answer]) -> tuple[Forest, ...]:
    """Return the forest plots of a study's answers: one for each metric that is compared.

    A row whose difference is many times the others' does not stretch the scale, nor does one of a variant
    that failed to train: it lies beyond it.

    Args:
        answers: From `paribus.report.answers.answers`; their order is kept.

    Example:
        >>> forests([])
        ()
    """
    found: list[Forest] = []
    own = (each.comparison.metric for each in answers if each.comparison.metric not in NAMES)
    for metric in (*NAMES, *dict.fromkeys(own)):
        chosen = [each for each in answers if each.comparison.metric == metric]
        if chosen:
            found.append(_forest(metric, chosen))
    return tuple(found)


def _forest(metric: str, answers: Sequence[Answer]) -> Forest:
    unit = answers[0].comparison.measured.factor
    margins = [None if (each := answer.comparison.margin) is None else unit * each for answer in answers]
    widest = max((each for each in margins if each is not None), default=None)
    rows = [
        (
            each,
            None if (mean := each.comparison.difference) is None else unit * mean,
            _times(each.comparison.interval, unit),
            _times(each.comparison.corrected, unit),
        )
        for each in answers
    ]
    trained = [row[1:] for row in rows if row[0].comparison.verdict is not Verdict.FAILED]
    axis = _axis(trained or [row[1:] for row in rows], widest, _FLOOR if unit == 100.0 else 0.0)
    return Forest(
        metric,
        tuple(
            ForestRow(answer, mean, interval, corrected, margin, _beyond(mean, axis))
            for (answer, mean, interval, corrected), margin in zip(rows, margins, strict=True)
        ),
        axis,
    )


def _axis(
    rows: Sequence[tuple[float | None, Interval | None, Interval | None]], margin: float | None, floor: float
) -> Axis:
    spans: list[_Span] = [
        ((mean, *(interval or ())), corrected) for mean, interval, corrected in rows if mean is not None
    ]
    spans.sort(key=lambda span: _reach(span[0]))
    near = _without_outliers(spans, max(floor, margin or 0.0))
    values = [0.0, *(value for span, _ in near for value in span)]
    needed = _reach(values) or 1.0
    if margin is not None and margin < _MARGIN * needed:
        values += [-margin, margin]
    # A corrected interval may be far wider than all else: it is cut off rather than squeezing the others.
    most = _CORRECTED * needed
    values += [min(max(end, -most), most) for _, corrected in near for end in corrected or ()]
    low, high = min(values), max(values)
    slack = 0.04 * (high - low) or 0.5
    return linear_axis(low - slack, high + slack)


def _reach(values: Sequence[float]) -> float:
    return max(map(abs, values))


def _without_outliers(spans: Sequence[_Span], floor: float) -> Sequence[_Span]:
    """Return the spans, nearest first, but those that reach many times as far as the nearer half."""
    half = spans[: (len(spans) + 1) // 2]
    most = OUTLIER * max(floor, *(_reach(span) for span, _ in half)) if half else 0.0
    return [each for each in spans if _reach(each[0]) <= most]


def _times(ends: Interval | None, unit: float) -> Interval | None:
    if ends is None or not all(map(isfinite, ends)):
        return None
    return unit * ends[0], unit * ends[1]


def _beyond(mean: float | None, axis: Axis) -> int:
    if mean is None:
        return 0
    return (mean > axis.high) - (mean < axis.low)
