"""Both comparisons of a tuned study, what was found for each variant, and how sensitive it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paribus.analysis.result_table import Row, rows
from paribus.analysis.tuning import GoodEnough, TunedStudy, TunedVariant
from paribus.report.axis import Axis, linear_axis, log_axis
from paribus.report.charts import INKS, Ink
from paribus.report.doses import dose_inks
from paribus.report.tables import Table, make_table
from paribus.report.tuned_answers import asked_twice
from paribus.study.configuration import Scalar
from paribus.study.metrics import metric_of, title_of
from paribus.texts import number, text
from paribus.texts.message import Listed
from paribus.texts.quantities import NOTHING, Difference, figure, figure_with_unit


@dataclass(frozen=True)
class Curve:
    """A line of a chart, or dots without one.

    Args:
        name: The variant's.
        ink: How it is drawn.
        points: Across and up; shares in percent.
        spread: The lowest and highest seed at each point; empty where there is one alone.
        joined: Whether a line goes through the points.
        best: The place of the point that was chosen; None for none.
    """

    name: str
    ink: Ink
    points: tuple[tuple[float, float], ...]
    spread: tuple[tuple[float, float], ...] = ()
    joined: bool = True
    best: int | None = None


@dataclass(frozen=True)
class TuneChart:
    """The score against a tuned setting, or the expected best against the number of tries.

    Args:
        title: What it shows.
        across: The words below it.
        up: The words at its left.
        curves: At least one.
        is_log: Whether equal steps across are equal ratios.
        ticks: Names of places across, where these are no numbers; empty for numbers.
    """

    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    is_log: bool = False
    ticks: tuple[str, ...] = ()

    @property
    def horizontal(self) -> Axis:
        """The axis of what was tried."""
        values = [x for curve in self.curves for x, _ in curve.points]
        low, high = min(values), max(values)
        if self.is_log:
            return log_axis(low / 1.25, high * 1.25)
        slack = 0.04 * (high - low) or 0.5
        axis = linear_axis(low - slack, high + slack)
        return Axis(axis.low, axis.high, tuple(map(float, range(len(self.ticks))))) if self.ticks else axis

    @property
    def vertical(self) -> Axis:
        """The axis of the score."""
        values = [y for curve in self.curves for _, y in curve.points]
        values += [end for curve in self.curves for ends in curve.spread for end in ends]
        low, high = min(values), max(values)
        slack = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
        return linear_axis(low - slack, high + slack)

    @property
    def labels(self) -> tuple[str, ...]:
        """The words beside the ticks of the axis across."""
        return self.ticks or self.horizontal.labels

    @property
    def description(self) -> str:
        """The chart in a sentence, for those who cannot see it."""
        parts = [f"{each.name}: {_best_point(each)}" for each in self.curves]
        return f"{self.title}. {'; '.join(parts)}."


def _best_point(curve: Curve) -> str:
    x, y = curve.points[len(curve.points) - 1 if curve.best is None else curve.best]
    return text("tune.chart-point", x=number(x, ".4g"), y=number(y, ".4g"))


def told(settings: Mapping[str, Scalar]) -> str:
    """Return settings in words, such as ``learning_rate 0.01``."""
    return ", ".join(f"{name} {_value(value)}" for name, value in settings.items())


def _value(value: Scalar) -> str:
    if value is None:
        return NOTHING
    return number(value, ".4g") if isinstance(value, float) else str(value)


def answer_table(tuned: TunedStudy) -> Table:
    """Return each question at the shared setting and each at its best, side by side."""
    cells = [
        {
            "question": each.title,
            "variants": each.about,
            "shared": each.shared.marked,
            "shared-difference": each.shared.difference,
            "best": each.best.marked,
            "best-difference": each.best.difference,
        }
        for each in asked_twice(tuned)
    ]
    texts = {"question", "variants", "shared", "best"}
    return make_table("tune.column-", cells, texts)


def variant_table(tuned: TunedStudy, shared: Mapping[str, Row]) -> Table:
    """Return what was found for each variant, a row each.

    Args:
        tuned: The study.
        shared: The variants as the study writes them, by name.
    """
    best = {row.variant: row for row in rows(tuned.best, tuned.records)}
    score = tuned.study.score
    cells: list[dict[str, str]] = []
    for each in tuned.variants:
        unit = metric_of(each.tune.on).unit
        winner = each.best
        cells.append(
            {
                "variant": tuned.study.named(each.name),
                "written": told(each.written),
                "tuned": NOTHING if winner is None else told(winner.settings),
                "tries": f"{sum(not one.missing for one in each.tries)}/{each.tune.budget}",
                "epochs": f"{number(each.epochs, ',')}/{number(each.most_epochs, ',')}",
                "validation": figure(None if winner is None else winner.score, unit),
                "test-shared": figure(shared[each.name].test, score.unit),
                "test-best": figure(best[each.name].test, score.unit),
                "enough": "; ".join(_enough_short(each, name) for name in each.tune.settings),
            }
        )
    on = title_of(tuned.variants[0].tune.on)
    return make_table("tune.column-", cells, {"variant", "written", "tuned", "enough"}, on=on)


def _enough_short(each: TunedVariant, setting: str) -> str:
    found = each.good_enough(setting)
    if found is None:
        return NOTHING
    if found.low == found.high:
        return number(found.low, ".4g")
    return text("tune.range", low=number(found.low, ".4g"), high=number(found.high, ".4g"))


def notes(tuned: TunedStudy) -> Iterator[str]:
    """Yield what must be known to read both comparisons: the budget, what to beware of, the sensitivity."""
    first = tuned.variants[0].tune
    values = {"on": title_of(first.on), "count": first.budget, "seeds": first.seeds}
    yield text(f"tune.budget-{first.search}", **values)
    yield text("tune.winners")
    left_out = [tuned.study.named(name) for name in tuned.study.variants if name not in tuned.study.tuned]
    if left_out:
        yield text("tune.untuned", variants=Listed(tuple(left_out)))
    yield from warnings(tuned)
    for each in tuned.variants:
        named = tuned.study.named(each.name)
        if each.diverged and each.best is not None:
            yield text("tune.diverged", variant=named, diverged=each.diverged, count=len(each.tries))
        for setting in each.tune.settings:
            if (enough := each.good_enough(setting)) is not None:
                yield _enough(tuned, each, setting, enough)
        if each.earlier:
            yield text("tune.earlier", variant=named, count=each.earlier)


def warnings(tuned: TunedStudy) -> Iterator[str]:
    """Yield what to beware of: searches that are not over, ends of ranges, verdicts that tuning changed."""
    for each in tuned.variants:
        named = tuned.study.named(each.name)
        if not each.is_over:
            done = sum(not one.missing for one in each.tries)
            yield text("tune.open", variant=named, done=done, count=each.tune.budget)
        elif each.best is None:
            yield text("tune.all-diverged", variant=named, count=each.tune.budget)
        for setting, end in each.at_edge.items():
            value = None if each.best is None else each.best.settings[setting]
            yield text(f"tune.edge-{end}", variant=named, setting=setting, value=_value(value))
    for each in asked_twice(tuned):
        if each.is_changed:
            code = "tune.changed" if each.are_decided else "tune.changed-open"
            yield text(code, question=each.title, shared=each.shared.verdict, best=each.best.verdict)


def _enough(tuned: TunedStudy, each: TunedVariant, setting: str, enough: GoodEnough) -> str:
    metric = metric_of(each.tune.on)
    code = "alone" if enough.low == enough.high else "ratio" if enough.is_log else "width"
    return text(
        f"tune.enough-{code}",
        variant=tuned.study.named(each.name),
        setting=setting,
        low=number(enough.low, ".4g"),
        high=number(enough.high, ".4g"),
        width=number(enough.width, ".3g"),
        tolerance=Difference(enough.tolerance, metric.unit, signed=False),
        why=text("tune.by-margin" if enough.by_margin else "tune.by-error"),
    )


def charts(tuned: TunedStudy) -> tuple[TuneChart, ...]:
    """Return the score against each tuned setting, then the expected best against the number of tries.

    Variants on several data sets are drawn apart: their scores are of different tasks.
    """
    by_data: dict[str, list[TunedVariant]] = {}
    for each in tuned.variants:
        by_data.setdefault(tuned.study.variants[each.name].configuration.data, []).append(each)
    settings = dict.fromkeys(name for each in tuned.variants for name in each.tune.settings)
    drawn = [(data, _sensitivity(tuned, name, among)) for name in settings for data, among in by_data.items()]
    drawn += [(data, _budget(tuned, among)) for data, among in by_data.items()]
    return tuple(
        chart
        if len(by_data) == 1
        else replace(chart, title=text("tune.of-data", title=chart.title, data=data))
        for data, chart in drawn
        if chart is not None
    )


def _sensitivity(tuned: TunedStudy, setting: str, among: Sequence[TunedVariant]) -> TuneChart | None:
    curves: list[Curve] = []
    having = [each for each in among if setting in each.tune.settings]
    places = _places(having, setting)
    for each in having:
        points = each.sensitivity(setting)
        factor = metric_of(each.tune.on).factor
        best = None if each.best is None else each.best.settings[setting]
        if points:
            curves.append(
                Curve(
                    tuned.study.named(each.name),
                    _ink(tuned, among, each),
                    tuple((_across(p.value, places), factor * p.mean) for p in points),
                    tuple((factor * p.low, factor * p.high) for p in points) if each.tune.seeds > 1 else (),
                    each.is_profile,
                    next((place for place, p in enumerate(points) if p.value == best), None),
                )
            )
    if not curves:
        return None
    title = text("tune.chart-sensitivity", setting=setting)
    is_log = all(each.tune.settings[setting].is_log for each in having)
    return TuneChart(title, setting, _up(having[0]), tuple(curves), is_log, tuple(map(str, places)))


def _places(having: list[TunedVariant], setting: str) -> tuple[Scalar, ...]:
    if all(each.tune.settings[setting].is_ordered for each in having):
        return ()
    return tuple(dict.fromkeys(value for each in having for value in each.tune.settings[setting].values))


def _across(value: Scalar, places: tuple[Scalar, ...]) -> float:
    if places:
        return float(places.index(value))
    return float(value) if isinstance(value, int | float) else math.nan


def _budget(tuned: TunedStudy, among: Sequence[TunedVariant]) -> TuneChart | None:
    curves: list[Curve] = []
    for each in among:
        factor = metric_of(each.tune.on).factor
        best = [float(factor * value) for value in each.budget_curve if math.isfinite(value)]
        if best and each.is_over:
            points = tuple((float(count), value) for count, value in enumerate(best, 1))
            curves.append(Curve(tuned.study.named(each.name), _ink(tuned, among, each), points))
    if not curves:
        return None
    return TuneChart(
        text("tune.chart-budget"), text("tune.axis-tries"), _up(tuned.variants[0]), tuple(curves)
    )


def _up(each: TunedVariant) -> str:
    words = str(title_of(each.tune.on))
    return f"{words}, %" if metric_of(each.tune.on).unit == "percent" else words


def _ink(tuned: TunedStudy, among: Sequence[TunedVariant], each: TunedVariant) -> Ink:
    doses = dose_inks(tuned.study)
    if {one.name for one in among} <= doses.keys():
        return doses[each.name]
    return INKS[among.index(each) % len(INKS)]


def expected_lines(tuned: TunedStudy) -> Iterator[str]:
    """Yield the expected best score of each variant after half of the budget, and after all of it."""
    for each in tuned.variants:
        curve, unit = each.budget_curve, metric_of(each.tune.on).unit
        if each.best is not None and not each.ended:
            half = max(1, len(curve) // 2)
            yield text(
                "tune.expected",
                variant=tuned.study.named(each.name),
                half=half,
                count=len(curve),
                first=figure_with_unit(float(curve[half - 1]), unit),
                last=figure_with_unit(float(curve[-1]), unit),
            )
