"""Our results compared with published figures: whether each, and each difference, may be like ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from paribus.analysis.comparability import Comparability, comparability
from paribus.analysis.questions.prediction import Agreement, Judgement, Sample, predict
from paribus.analysis.questions.statistics import holm
from paribus.analysis.result_table import mean
from paribus.record.looks import MIN_SEEDS
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.study.model import METRICS, Published, Question
from paribus.study.study import Study
from paribus.texts.message import Message
from paribus.texts.printable import Block, Paragraph, Printable

DEFAULT_TOLERANCE = 0.01
"""Of a study that declares no margin: one point of accuracy."""


@dataclass(frozen=True)
class OurResult:
    """What our runs of a variant came to, means over those trained to their end.

    Args:
        test: Test accuracy, in [0, 1].
        train: Training accuracy of the kept epoch, a mean over that epoch's updates.
        dev: Validation accuracy of the kept epoch.
        epochs: Fewest and most epochs; each None where there is no number.
    """

    test: float | None = None
    train: float | None = None
    dev: float | None = None
    epochs: tuple[int, int] | None = None


@dataclass(frozen=True, repr=False)
class PublishedComparison:
    """A variant's published figures and ours.

    Args:
        variant: As in the study.
        published: What the source reported.
        ours: The same of our runs.
        judgement: What may be said of the two test accuracies.
        comparability: How far the images allow the comparison.
    """

    variant: str
    published: Published
    ours: OurResult
    judgement: Judgement
    comparability: Comparability

    def __repr__(self) -> str:
        return f"PublishedComparison({self.variant!r}: {self.judgement.agreement})"


@dataclass(frozen=True, repr=False)
class PublishedDifference:
    """The difference between two published figures and between ours.

    Args:
        question: The study's, about the two variants.
        judgement: What may be said of the two differences.
        comparability: How far the images allow the comparison.
    """

    question: Question
    judgement: Judgement
    comparability: Comparability

    @property
    def treatment(self) -> str:
        """The variant that the question asks about."""
        return self.question.treatment

    @property
    def reference(self) -> str:
        """The variant that it is compared with."""
        return self.question.reference

    def __repr__(self) -> str:
        return f"PublishedDifference({self.treatment!r} vs {self.reference!r}: {self.judgement.agreement})"


@dataclass(frozen=True, repr=False)
class Verification(Printable):
    """Every published figure of a study, and every difference of two that it asks about, compared with ours.

    Args:
        study: What was asked.
        rows: One a figure, in the study's order.
        differences: One a question, in the study's order.
    """

    study: Study
    rows: tuple[PublishedComparison, ...]
    differences: tuple[PublishedDifference, ...]

    @property
    def margin(self) -> float | None:
        """The study's; None where it declares none."""
        return self.study.margin

    @property
    def tolerance(self) -> float:
        """What the half width of an interval may be at most where a number is said to lie inside."""
        return DEFAULT_TOLERANCE if self.margin is None else self.margin

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What is said of each figure, then of each difference."""
        return tuple(each.judgement for each in (*self.rows, *self.differences))

    @property
    def comparable_differences(self) -> tuple[PublishedDifference, ...]:
        """The differences of which both sides are there and may be compared."""
        neither = (Agreement.NOT_COMPARABLE, Agreement.MISSING)
        return tuple(each for each in self.differences if each.judgement.agreement not in neither)

    @property
    def differs(self) -> bool:
        """Whether a figure or a difference is shown to differ from ours."""
        return any(each.agreement is Agreement.DIFFERS for each in self.judgements)

    def blocks(self) -> Iterator[Block]:
        """Return a paragraph for each figure and each difference."""
        for row in self.rows:
            yield Paragraph(row.judgement.sentence, about=self.study.named(row.variant))
        for each in self.differences:
            yield Paragraph(each.judgement.sentence, about=self.study.question_title(each.question))

    def __repr__(self) -> str:
        return f"Verification(figures: {len(self.rows)}, differences: {len(self.differences)})"


def compare_with_published(study: Study, records: Records) -> Verification:
    """Compare every published figure with our runs, and the differences of those that the study asks about.

    Of a published figure only the result is known, and often it is a single run's. So the question is
    whether it may be one more result like ours, see `paribus.analysis.questions.prediction.predict`. A figure
    agrees when it lies within the 95 % prediction interval and half the width of that interval is at most the
    study's margin. It differs when its p, adjusted by Holm's method over all that is judged, is at most 5 %.
    Results on stand-in images, and figures of another variant's network, are not compared.

    Args:
        study: Its `published` holds the source's figures.
        records: What has run.
    """
    tolerance = DEFAULT_TOLERANCE if study.margin is None else study.margin
    ours = {name: _OurRuns(name, study, records) for name in study.variants if name in study.published}
    rows = [_row(each, tolerance) for each in ours.values()]
    differences = [
        _difference(each, ours[each.treatment], ours[each.reference], tolerance)
        for each in _asked_about(study)
        if ours.keys() >= {each.treatment, each.reference}
    ]
    judgements = _adjusted([each.judgement for each in (*rows, *differences)])
    return Verification(
        study,
        tuple(replace(each, judgement=next(judgements)) for each in rows),
        tuple(replace(each, judgement=next(judgements)) for each in differences),
    )


class _OurRuns:
    """Our runs of a variant, those trained to their end apart from those that diverged."""

    def __init__(self, variant: str, study: Study, records: Records) -> None:
        runs = records.of(variant)
        self.variant = variant
        self.published = study.published[variant]
        self.ended = {seed: run for seed, run in runs.items() if run.has_ended}
        self.diverged = sum(run.status is Status.DIVERGED for run in runs.values())
        self.tested = {
            seed: run.test_accuracy for seed, run in self.ended.items() if run.test_accuracy is not None
        }

    def sample(self, seeds: Iterable[int]) -> Sample:
        """Return the test accuracies at some seeds."""
        values = [self.tested[seed] for seed in seeds]
        images = min(run.data.test for run in self.ended.values())
        return Sample(values, images, self.published.runs)

    @property
    def result(self) -> OurResult:
        """What they came to."""
        lengths = [len(run.history) for run in self.ended.values()]
        return OurResult(
            mean(self.tested.values()),
            mean(run.kept_row.get("accuracy") for run in self.ended.values()),
            mean(run.kept_row.get("val_accuracy") for run in self.ended.values()),
            (min(lengths), max(lengths)) if lengths else None,
        )


def _row(ours: _OurRuns, tolerance: float) -> PublishedComparison:
    result, images = ours.result, comparability(ours.ended.values())
    judgement = Judgement(
        ours.published.test,
        result.test,
        "accuracy",
        tuple(ours.tested),
        tolerance,
        published_runs=ours.published.runs,
        diverged=ours.diverged,
        not_comparable=_not_comparable((ours,), images),
    )
    judgement = _predicted(judgement, [ours])
    return PublishedComparison(ours.variant, ours.published, result, judgement, images)


def _difference(
    question: Question, treatment: _OurRuns, reference: _OurRuns, tolerance: float
) -> PublishedDifference:
    """Compare the differences, ours at the seeds that both variants have."""
    sides = (treatment, reference)
    images = comparability([run for each in sides for run in each.ended.values()])
    seeds = tuple(sorted(treatment.tested.keys() & reference.tested.keys()))
    judgement = Judgement(
        _minus(treatment.published.test, reference.published.test),
        _minus(*(mean(each.tested[seed] for seed in seeds) for each in sides)),
        "difference",
        seeds,
        tolerance,
        diverged=treatment.diverged + reference.diverged,
        not_comparable=_not_comparable(sides, images),
    )
    judgement = _predicted(judgement, sides)
    return PublishedDifference(question, judgement, images)


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _not_comparable(sides: Iterable[_OurRuns], images: Comparability) -> Message | None:
    """Return why a published number may not be compared with ours."""
    for each in sides:
        if each.published.of is not None:
            values = {"variant": each.variant, "of": each.published.of}
            return Message("verify.not-comparable-of", values)
    return Message("verify.not-comparable-stand-in") if images is Comparability.STAND_IN else None


def _predicted(judgement: Judgement, sides: Sequence[_OurRuns]) -> Judgement:
    distance = judgement.distance
    if judgement.not_comparable is not None or distance is None or len(judgement.seeds) < MIN_SEEDS:
        return judgement
    samples = [each.sample(judgement.seeds) for each in sides]
    return replace(
        judgement,
        prediction=predict(samples, distance),
        with_endless_seeds=predict(samples, distance, endless_seeds=True),
    )


def _asked_about(study: Study) -> Iterable[Question]:
    """Return the questions on test accuracy, one for each pair of variants."""
    found: dict[tuple[str, str], Question] = {}
    for each in study.questions:
        if each.metric == METRICS[0]:
            found.setdefault((each.treatment, each.reference), each)
    return found.values()


def _adjusted(judgements: Sequence[Judgement]) -> Iterator[Judgement]:
    """Yield each with its p adjusted over those that have one."""
    p_values = [each.prediction.p_value for each in judgements if each.prediction is not None]
    p_adjusted = iter(holm(p_values))
    for each in judgements:
        if each.prediction is None:
            yield each
        else:
            yield replace(each, p_adjusted=next(p_adjusted), family=len(p_values))
