"""What the page says, in numbers and codes: nothing here knows of HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paribus.analysis import result_table as table
from paribus.analysis.finding import Finding
from paribus.analysis.questions.comparison import Comparison, Verdict, amount
from paribus.analysis.questions.per_image import wilson
from paribus.analysis.questions.statistics import Interval, mean_interval
from paribus.errors import UsageError
from paribus.record.folder import RunFolder
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.report import charts
from paribus.report.charts import Chart, Values
from paribus.report.curves import CurveInfo, curve_info
from paribus.report.figures.figures import band_notes
from paribus.report.keras_script import script
from paribus.report.material import Material, Pictures
from paribus.report.page.internals import of_probes
from paribus.report.page.predictions import MOST_WRONG, Tested, answered
from paribus.report.page.svg import Dots
from paribus.study.describe import describe_factors
from paribus.study.difference import declared_changes
from paribus.texts import number, text

_MOST_PICTURES = 400  # on the whole page, which holds each as often as it shows it


@dataclass(frozen=True)
class Measured:
    """A mean over runs, and how far it may be off.

    Args:
        mean: None where there is none.
        interval: 95 %: for the mean over new seeds with two seeds or more, for new images with one.
    """

    mean: float | None
    interval: Interval | None = None


@dataclass(frozen=True)
class Told:
    """A variant, told.

    Args:
        key: Its place on the page, for links.
        row: Its row of the result table.
        parent: The variant that it starts from; None for the base.
        badges: What it changes, each in a few words.
        train: Training accuracy of the kept epoch.
        validation: Validation accuracy of the kept epoch.
        test: Test accuracy.
        records: Its runs by seed.
        info: Its curves in numbers.
        charts: The same to be drawn.
        inside: What was measured inside its networks, to be drawn.
        tested: What its runs answered to the test images.
        findings: What was found about its runs.
        remark: What there is to say of it; empty where there is nothing.
        keras: It as a plain Keras script; empty where there is none.
        no_keras: Why there is none.
    """

    key: str
    row: table.Row
    parent: str | None
    badges: tuple[str, ...]
    train: Measured
    validation: Measured
    test: Measured
    records: tuple[RunRecord, ...]
    info: CurveInfo
    charts: tuple[Chart, ...]
    inside: tuple[Chart, ...]
    tested: Tested | None
    findings: tuple[Finding, ...]
    remark: str
    keras: str
    no_keras: str

    @property
    def name(self) -> str:
        """As in the study."""
        return self.row.variant

    @property
    def summary(self) -> str:
        """Keras's summary of the network; empty while no run has ended."""
        return next((run.result.summary for run in self.records if run.result and run.result.summary), "")

    @property
    def spark(self) -> Values:
        """Its validation accuracy by epoch, or its training accuracy where nothing is held out."""
        return next((line.mean for chart in self.charts for line in reversed(chart.lines)), ())

    @property
    def band_notes(self) -> tuple[str, ...]:
        """What the bands show, and where fewer runs are behind them than at first."""
        return band_notes([self.info])


@dataclass(frozen=True)
class Answered:
    """A question, told.

    Args:
        key: Its place on the page.
        comparison: Its answer.
        charts: Reference and treatment overlaid; empty where nothing has run.
        dots: The differences seed by seed; None without any.
        notes: What the bands show.
        conclusion: What there is to say beside the answer; empty where there is nothing.
    """

    key: str
    comparison: Comparison
    charts: tuple[Chart, ...]
    dots: Dots | None
    notes: tuple[str, ...]
    conclusion: str


@dataclass(frozen=True)
class Content:
    """The page in numbers.

    Args:
        material: What it was made from.
        variants: In the study's order.
        questions: In the study's order.
        data: The images that runs were made with.
        environments: Where runs were made, each once.
    """

    material: Material
    variants: tuple[Told, ...]
    questions: tuple[Answered, ...]
    data: tuple[DataUsed, ...]
    environments: tuple[Mapping[str, object], ...]

    @property
    def keys(self) -> dict[str, str]:
        """Each variant's place on the page, by its name."""
        return {told.name: told.key for told in self.variants}

    @property
    def statuses(self) -> dict[Status, int]:
        """How many runs stand how."""
        found = [record.status for record in self.material.records.values()]
        return {status: found.count(status) for status in Status if status in found}

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many questions have which verdict."""
        found = [each.comparison.verdict for each in self.questions]
        return {verdict: found.count(verdict) for verdict in Verdict if verdict in found}

    @property
    def most_seeds(self) -> int:
        """The most seeds that any question is answered with."""
        return max((len(each.comparison.seeds) for each in self.questions), default=0)

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The data sets whose role another, small set played."""
        return tuple(dict.fromkeys(used.name for used in self.data if used.stand_in))

    @property
    def unverified(self) -> tuple[str, ...]:
        """The data sets that could not be verified to be the official ones."""
        return tuple(dict.fromkeys(u.name for u in self.data if not u.verified and not u.stand_in))


def content(material: Material) -> Content:
    """Everything that the page says, in numbers.

    Args:
        material: What it is made from.
    """
    study, records = material.study, material.records
    rows = {row.variant: row for row in table.rows(study, records)}
    data = records.data
    pictures = {used: material.pictures(used) for used in data}
    most = max(2, min(MOST_WRONG, _MOST_PICTURES // max(1, len(rows))))
    variants = {
        name: _told(material, f"v{place}", row, pictures, most)
        for place, (name, row) in enumerate(rows.items(), start=1)
    }
    questions = tuple(
        _answered(material, f"q{place}", comparison, variants)
        for place, comparison in enumerate(material.comparisons, start=1)
    )
    return Content(material, tuple(variants.values()), questions, data, _environments(records))


def _told(
    material: Material, key: str, row: table.Row, pictures: Mapping[DataUsed, Pictures], most: int
) -> Told:
    study, name = material.study, row.variant
    records = tuple(material.records.of(name).values())
    ended = [record for record in records if record.has_ended]
    info = curve_info(records, variant=name, changes=row.changes)
    keras, no_keras = "", ""
    try:
        keras = script(study, name)
    except UsageError as error:
        no_keras = str(error)
    return Told(
        key=key,
        row=row,
        parent=study.variants[name].parent,
        badges=tuple(describe_factors(declared_changes(study.variants, name))),
        train=_measured([record.kept_row.get("accuracy") for record in ended]),
        validation=_measured([record.kept_row.get("val_accuracy") for record in ended]),
        test=_tested(ended),
        records=records,
        info=info,
        charts=charts.of_variant(info) if records else (),
        inside=of_probes(records),
        tested=answered(ended, pictures[ended[0].data], most=most) if ended else None,
        findings=tuple(material.findings.get(name, ())),
        remark=material.remarks.get(name, ""),
        keras=keras,
        no_keras=no_keras,
    )


def _measured(values: Sequence[float | None]) -> Measured:
    numbers = [value for value in values if value is not None]
    return Measured(table.mean(numbers), mean_interval(numbers))


def _tested(ended: Sequence[RunRecord]) -> Measured:
    """Test accuracy; with one run its interval is that for new images, which is all that one run can tell."""
    found = [
        (record.result.test["accuracy"], record.data.test)
        for record in ended
        if record.result and "accuracy" in record.result.test
    ]
    if len(found) == 1:
        ((accuracy, images),) = found
        return Measured(accuracy, wilson(round(accuracy * images), images))
    return _measured([accuracy for accuracy, _ in found])


def _answered(material: Material, key: str, comparison: Comparison, variants: Mapping[str, Told]) -> Answered:
    infos = [variants[name].info for name in (comparison.reference, comparison.treatment)]
    paired, metric = comparison.paired, comparison.metric
    dots = None
    if paired.differences:
        told = [
            text("page.dot", seed=seed, difference=amount(difference, metric))
            for seed, difference in zip(comparison.seeds, paired.differences, strict=True)
        ]
        dots = Dots(
            comparison.seeds,
            paired.differences,
            paired.mean,
            paired.interval,
            comparison.margin,
            lambda difference: _short(difference, comparison),
            text("page.dots-described", differences="; ".join(told)),
        )
    drawn = charts.of_question(*infos) if any(len(info.epochs) for info in infos) else ()
    conclusion = material.conclusions.get((comparison.treatment, comparison.reference), "")
    return Answered(key, comparison, drawn, dots, band_notes(infos), conclusion)


def _short(difference: float, comparison: Comparison) -> str:
    """A difference without its unit, which stands beside the drawing."""
    if comparison.metric == "test_accuracy":
        difference *= 100
    return number(difference, "+.4g") if difference else "0"


def _environments(records: Records) -> tuple[Mapping[str, object], ...]:
    found = (RunFolder(record.folder).environment() for record in records.values())
    distinct = dict.fromkeys(json.dumps(each, sort_keys=True) for each in found if each)
    return tuple(json.loads(each) for each in distinct)
