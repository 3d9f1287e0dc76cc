"""What a question's numbers allow to be said: the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.per_image import ImageInterval, McNemar
from paribus.analysis.questions.statistics import Interval, Paired
from paribus.analysis.questions.tails import ALPHA
from paribus.record.looks import MIN_SEEDS, LookReason
from paribus.study.confounds import Confound
from paribus.study.datasets import Task
from paribus.study.metrics import Metric, score_of
from paribus.study.model import Question
from paribus.texts.quantities import Unit


class Verdict(StrEnum):
    """What may be said of a treatment compared with its reference."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    IDENTICAL = "identical"
    FAILED = "failed"
    LESS_RELIABLE = "less-reliable"
    MORE_RELIABLE = "more-reliable"
    UNDECIDED = "undecided"


_SCORES = frozenset(score_of(task).test for task in get_args(Task))


@dataclass(frozen=True)
class ExcludedRun:
    """A run that has no value of the metric, or failed to train, at a seed that another run was trained with.

    Args:
        variant: As in the study.
        seed: The run's.
        why: Its status, ``not-run``, ``no-predictions`` where those of the test images are lost,
            ``undefined`` where the metric is not defined for them, or how it
            failed to train (`paribus.analysis.failure.Failure`).
    """

    variant: str
    seed: int
    why: str


@dataclass(frozen=True)
class Failures:
    """How often runs of both variants failed to train.

    Args:
        treatment: Of the treatment's runs.
        reference: Of the reference's.
        only: At how many seeds that both were run with only the treatment's run failed, and only the
            reference's.
        p_value: Of both failing equally often: McNemar's exact test, or `anytime.p_of_counts` where seeds
            were added after a look.
        p_adjusted: The same by Holm's method over the family.
    """

    treatment: FailureRate
    reference: FailureRate
    only: tuple[int, int]
    p_value: float
    p_adjusted: float | None = None

    @property
    def are_there(self) -> bool:
        """Whether any run failed."""
        return bool(self.treatment.failed or self.reference.failed)

    @property
    def are_total(self) -> bool:
        """Whether all runs of one variant failed."""
        return self.treatment.is_total or self.reference.is_total


@dataclass(frozen=True)
class NetworkComparison:
    """The two networks of a comparison with one seed; nothing here is about the techniques.

    Args:
        mcnemar: The images that just one of them predicts correctly.
        treatment: Wilson's 95 % interval for the accuracy of the treatment's network.
        reference: The same of the reference's.
    """

    mcnemar: McNemar
    treatment: Interval
    reference: Interval


@dataclass(frozen=True, repr=False)
class Compared:
    """The numbers of a question answered, and the verdict that follows from them.

    Args:
        question: What was asked.
        seeds: Those at which both runs have the metric and trained; everything is computed from these. Where
            one variant never trained, those at which both have the metric.
        means: The metric's mean of treatment and of reference; None without a seed.
        paired: The differences by seed, and the tests on them.
        p_adjusted: `paired.p_value` by Holm's method over the family; this one decides.
        p_equivalence_adjusted: The equivalence tests' p, adjusted in the same way.
        p_t_adjusted: The t-test's, which needs normal differences and does not cover new images; it decides
            nothing.
        corrected: The interval that leaves out 0 just where `p_adjusted` is at most 0.05; None without one.
        p_normal_adjusted: `paired.p_normal`, which needs normal differences and covers new images; it decides
            nothing.
        margin: Differences below it count as none; None where the study declares none for this metric.
        family: The number of questions the p-values are adjusted for.
        removed: How many of these were answered earlier and are no longer the study's.
        image_interval: The interval over new test images; None where no value of each image was kept.
        networks: The two networks image by image, where there is just one seed.
        failures: How often runs failed to train; None without a run.
        excluded: The runs without a value, or that failed to train.
        confounds: What differs besides the factor that the question is about, also by implication.
        is_same: Whether both variants are the same configuration.
        is_planned: Whether the study declares the question.
        procedure: How the number of seeds was chosen: beforehand, or while looking. The numbers of `paired`
            are those of the procedure.
        seeds_at_looks: With how many seeds it was shown at each look, where looking is allowed for.
        why_sequential: Why the sequential procedure is used.
    """

    question: Question
    seeds: tuple[int, ...]
    means: tuple[float, float] | None
    paired: Paired
    p_adjusted: float | None = None
    p_equivalence_adjusted: float | None = None
    p_t_adjusted: float | None = None
    corrected: Interval | None = None
    p_normal_adjusted: float | None = None
    margin: float | None = None
    family: int = 1
    removed: int = 0
    image_interval: ImageInterval | None = None
    networks: NetworkComparison | None = None
    failures: Failures | None = None
    excluded: tuple[ExcludedRun, ...] = ()
    confounds: tuple[Confound, ...] = ()
    is_same: bool = False
    is_planned: bool = True
    procedure: Literal["fixed", "sequential"] = "fixed"
    seeds_at_looks: tuple[int, ...] = ()
    why_sequential: LookReason | None = None

    @property
    def treatment(self) -> str:
        """The variant asked about."""
        return self.question.treatment

    @property
    def reference(self) -> str:
        """The variant it is compared with."""
        return self.question.reference

    @property
    def metric(self) -> str:
        """What both are measured by, and on which examples."""
        return self.question.metric

    @property
    def measured(self) -> Metric:
        """The metric of both."""
        return self.question.measured

    @property
    def unit(self) -> Unit:
        """How the metric is written."""
        return self.measured.unit

    @property
    def is_of_score(self) -> bool:
        """Whether the metric is a task's score on test examples, which tables of results show anyway."""
        return self.metric in _SCORES

    @property
    def confounded_by(self) -> tuple[str, ...]:
        """The factors that differ besides the one that the question is about, by name."""
        return tuple(each.factor for each in self.confounds)

    @property
    def difference(self) -> float | None:
        """Mean of treatment minus reference, paired by seed."""
        return self.paired.mean

    @property
    def interval(self) -> Interval | None:
        """95 % interval for the difference, over new seeds and, where they are known, new images."""
        return self.paired.interval

    @property
    def p_value(self) -> float | None:
        """Of no difference, before it is adjusted."""
        return self.paired.p_value

    @property
    def is_answered(self) -> bool:
        """Whether there is something to say: a seed at which both have the metric, or a run that failed."""
        return bool(self.seeds) or (self.failures is not None and self.failures.are_there)

    @property
    def is_different(self) -> bool:
        """Whether a difference is shown, however small."""
        return _is_shown(self.p_adjusted)

    @property
    def ahead(self) -> int:
        """At how many seeds the treatment is the better one."""
        return self.paired.higher if self.measured.rises else self.paired.lower

    @property
    def ties(self) -> int:
        """At how many seeds neither is."""
        return len(self.seeds) - self.paired.higher - self.paired.lower

    @property
    def t_test_alone(self) -> bool:
        """Whether the t-test over seeds alone would claim a difference that is not claimed here."""
        return (
            self.verdict is Verdict.UNDECIDED
            and len(self.seeds) >= MIN_SEEDS
            and _is_shown(self.p_t_adjusted)
        )

    @property
    def is_open_for_skew(self) -> bool:
        """Whether a difference would be claimed if differences were normal, new images counted."""
        return self.t_test_alone and _is_shown(self.p_normal_adjusted)

    @property
    def can_be_settled(self) -> bool:
        """Whether more seeds could bring a verdict: not where no run ends, or none ever differs."""
        is_alike = self.paired.is_exact and not self.difference and self.margin is None
        return self.is_answered and not is_alike

    @property
    def verdict(self) -> Verdict:
        """What may be said.

        Where runs failed to train, those that trained decide nothing alone. A difference that is shown, but
        shown to be below the margin, is equivalence.
        """
        if self.failures is not None and self.failures.are_there:
            return self._verdict_on_failures(self.failures)
        if self.is_same and self.seeds:
            return Verdict.IDENTICAL
        if _is_shown(self.p_equivalence_adjusted):
            return Verdict.EQUIVALENT
        if not self.is_different or not self.difference:
            return Verdict.UNDECIDED
        rises = self.difference > 0
        return Verdict.BETTER if rises == self.measured.rises else Verdict.WORSE

    def _verdict_on_failures(self, failures: Failures) -> Verdict:
        if failures.are_total:
            return Verdict.FAILED
        if not _is_shown(failures.p_adjusted):
            return Verdict.UNDECIDED
        more = failures.treatment.failed > failures.reference.failed
        return Verdict.LESS_RELIABLE if more else Verdict.MORE_RELIABLE


def _is_shown(p_adjusted: float | None) -> bool:
    return p_adjusted is not None and p_adjusted <= ALPHA
