"""What a report says of one question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from paribus.analysis.questions.comparison import Comparison
from paribus.report import charts
from paribus.report.charts import Chart, DotPlot
from paribus.report.curves import CurveInfo
from paribus.report.variants import VariantSection
from paribus.texts import number, text
from paribus.texts.quantities import Difference


@dataclass(frozen=True, eq=False)
class QuestionSection:
    """A question in a report.

    Args:
        key: Its place in the report, for links.
        comparison: Of both variants.
        reference: The variant that is compared with.
        treatment: The variant asked about.
        remark: What there is to say besides the comparison; empty where there is nothing.
    """

    key: str
    comparison: Comparison
    reference: VariantSection
    treatment: VariantSection
    remark: str

    @property
    def heading(self) -> str:
        """The question in a few words, with its variants."""
        title = self.treatment.study.question_title(self.comparison.question)
        return f"{title} ({self.treatment.name} − {self.reference.name})"

    @property
    def has_run(self) -> bool:
        """Whether both variants have a run, ended or not."""
        return bool(self.reference.records and self.treatment.records)

    @property
    def curves(self) -> tuple[CurveInfo, CurveInfo]:
        """The curves of both in numbers, the reference first."""
        return self.reference.curves, self.treatment.curves

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """Reference and treatment on the same axes; empty where nothing has run."""
        return charts.of_variants(self.curves) if any(len(info.epochs) for info in self.curves) else ()

    @cached_property
    def dots(self) -> DotPlot | None:
        """The differences seed by seed; None without any."""
        paired, metric = self.comparison.paired, self.comparison.metric
        if not paired.differences:
            return None
        lines = [
            text("page.dot", seed=seed, difference=Difference(difference, metric))
            for seed, difference in zip(self.comparison.seeds, paired.differences, strict=True)
        ]
        return DotPlot(
            self.comparison.seeds,
            paired.differences,
            paired.mean,
            paired.interval,
            self.comparison.margin,
            self._without_unit,
            text("page.dots-described", differences="; ".join(lines)),
        )

    def _without_unit(self, difference: float) -> str:
        """Return a difference without its unit, which stands beside the drawing."""
        if self.comparison.metric == "test_accuracy":
            difference *= 100
        return number(difference, "+.4g") if difference else "0"
