"""What a report says of one variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paribus.analysis import result_table as table
from paribus.analysis.finding import Finding
from paribus.analysis.questions.per_image import wilson
from paribus.analysis.questions.statistics import Interval, mean_interval
from paribus.errors import UsageError
from paribus.record.folder import test_examples
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord
from paribus.report import charts, tables
from paribus.report.charts import Chart, Values
from paribus.report.curves import CurveInfo, curve_info
from paribus.report.internals import of_probes
from paribus.report.keras_script import script
from paribus.report.label_scores import label_scores
from paribus.report.predictions import Pictures, Predictions, predictions
from paribus.report.residuals import Residuals, residuals
from paribus.report.tables import Table
from paribus.study import describe
from paribus.study.datasets import Task
from paribus.study.study import Study
from paribus.study.variant_changes import variant_changes
from paribus.texts import text
from paribus.texts.message import Listed


@dataclass(frozen=True)
class Estimate:
    """A mean over runs, with its 95 % interval: over new seeds, or over new images where there is one run."""

    mean: float | None
    interval: Interval | None = None


@dataclass(frozen=True, eq=False)
class VariantSection:
    """A variant in a report; what takes long to make is made when it is first asked for.

    Args:
        study: The variant's study.
        key: Its place in the report, for links.
        row: Its row of the result table.
        records: Its runs by seed.
        findings: What was found about its runs.
        remark: What there is to say of it besides its findings; empty where there is nothing.
        pictures: Gives the test images of a data set.
        max_mistakes: How many of its mistakes to show.
        bounds: Gives what the vertical axis of each panel reaches, so that variants share a scale.
    """

    study: Study
    key: str
    row: table.Row
    records: tuple[RunRecord, ...]
    findings: tuple[Finding, ...]
    remark: str
    pictures: Callable[[DataUsed], Pictures]
    max_mistakes: int
    bounds: Callable[[VariantSection], Mapping[str, tuple[float, ...]]] = lambda section: {}

    @property
    def name(self) -> str:
        """Its name in the study."""
        return self.row.variant

    @property
    def parent(self) -> str | None:
        """The variant that it starts from; None for the base."""
        return self.study.variants[self.name].parent

    @property
    def badges(self) -> tuple[str, ...]:
        """What it changes, each in a few words."""
        return tuple(describe.describe_factors(variant_changes(self.study.variants, self.name)))

    @property
    def changes(self) -> str:
        """What it changes, as a sentence begins."""
        words = tables.changes(self.study, self.name)
        return words if self.badges and self.parent is None else words[:1].upper() + words[1:]

    @property
    def ended(self) -> tuple[RunRecord, ...]:
        """Its runs that were trained to their end."""
        return tuple(record for record in self.records if record.has_ended)

    @property
    def train(self) -> Estimate:
        """Training score of the kept epoch."""
        return _over_seeds([record.train_score for record in self.ended])

    @property
    def validation(self) -> Estimate:
        """Validation score of the kept epoch."""
        return _over_seeds([record.validation_score for record in self.ended])

    @property
    def test(self) -> Estimate:
        """Test score; an accuracy of one run has an interval for new images, all that one run shows."""
        found = [
            (record.test_score, test_examples(record))
            for record in self.ended
            if record.test_score is not None
        ]
        if len(found) == 1 and found[0][1] and self.study.score.unit == "percent":
            ((accuracy, images),) = found
            return Estimate(accuracy, wilson(round(accuracy * images), images))
        return _over_seeds([accuracy for accuracy, _ in found])

    @property
    def causes(self) -> tuple[str, ...]:
        """Why runs failed or diverged: a line a cause, with its seeds."""
        by_seed = {(self.name, record.spec.seed): record for record in self.records}
        return tuple(
            text("report.cause", count=len(seeds), seeds=Listed(seeds), cause=cause)
            for cause, seeds in Records(by_seed).causes(self.name).items()
        )

    @property
    def summary(self) -> str:
        """Keras's summary of the network; empty while no run has ended."""
        return tables.network_summary(self.records)

    @cached_property
    def curves(self) -> CurveInfo:
        """Its curves in numbers."""
        changes = describe.describe_variant(self.study.variants, self.name)
        return curve_info(self.records, variant=self.name, label=self.study.named(self.name), changes=changes)

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """Its curves to be drawn."""
        drawn = charts.of_variant(self.curves) if self.records else ()
        shared = self.bounds(self)
        return tuple(replace(chart, bounds=shared.get(chart.panel, ())) for chart in drawn)

    @property
    def spark(self) -> Values:
        """Its validation score by epoch in percent of the best; its training score if nothing is held out."""
        drawn = next(((chart, line.mean) for chart in self.charts for line in reversed(chart.lines)), None)
        if drawn is None:
            return ()
        chart, values = drawn
        times = 1.0 if chart.unit == "percent" else 100.0
        return tuple(None if value is None else max(0.0, times * value) for value in values)

    @cached_property
    def internals(self) -> tuple[Chart, ...]:
        """What was measured inside its networks, to be drawn."""
        return of_probes(self.records)

    @property
    def _task(self) -> Task:
        return self.study.variants[self.name].configuration.facts.task

    @cached_property
    def predictions(self) -> Predictions | None:
        """Which classes its runs predicted for the test images; None where no run kept it, or elsewhere.

        Where no run trained, most images are mistakes, and none is shown.
        """
        ended = self.ended if self._task == "classification" else ()
        most = 0 if self.row.failures.is_total else self.max_mistakes
        return predictions(ended, self.pictures(ended[0].data), most=most) if ended else None

    @cached_property
    def residuals(self) -> Residuals | None:
        """What a run predicted in a regression; None where none has kept it, or of other tasks."""
        ended = self.ended if self._task == "regression" else ()
        return residuals(ended, self.pictures(ended[0].data), most=self.max_mistakes) if ended else None

    @cached_property
    def label_scores(self) -> Table | None:
        """What its runs get right of each of several labels; None where no run kept it, or elsewhere."""
        facts = self.study.variants[self.name].configuration.facts
        return label_scores(self.ended, facts.classes) if self._task == "multilabel" else None

    @property
    def code(self) -> str:
        """What its code is called, as a sentence's code."""
        configuration = self.study.variants[self.name].configuration
        if configuration.network is not None:
            return "page.own-model"
        return "page.own-training" if configuration.train is not None else "page.keras"

    @cached_property
    def keras(self) -> tuple[str, str]:
        """The variant as a plain Keras script, and why there is none; one of them is empty.

        Where a function of the user's own trained, it is the source of that.
        """
        try:
            return script(self.study, self.name), ""
        except UsageError as error:
            return "", str(error)


def _over_seeds(values: Sequence[float | None]) -> Estimate:
    numbers = [value for value in values if value is not None]
    return Estimate(table.mean(numbers), mean_interval(numbers))
