"""A question answered: its numbers, the verdict that they allow, and the codes of its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from paribus.analysis.questions.per_image import ImageIntervals, McNemar
from paribus.analysis.questions.statistics import ALPHA, Interval, Paired
from paribus.record.looks import LookReason
from paribus.study.confounds import Confound
from paribus.study.model import Metric, Question
from paribus.texts.message import Joined, Message, Translated
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.texts.quantities import Count, Difference, DifferenceInterval, PValue, ShareInterval

HIGHER_IS_BETTER: tuple[Metric, ...] = ("test_accuracy",)
"""The other metrics are losses: the lower, the better."""


class Verdict(StrEnum):
    """What may be said of a treatment compared with its reference."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class ExcludedRun:
    """A run that has no value of the metric, at a seed that another run was trained with.

    Args:
        variant: As in the study.
        seed: The run's.
        why: Its status, ``not-run``, or ``no-predictions`` where those of the test images are lost.
    """

    variant: str
    seed: int
    why: str


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
class Comparison(Printable):
    """A question answered.

    Args:
        question: What was asked.
        seeds: Those at which both runs ended well and have the metric; everything is computed from these.
        means: The metric's mean of treatment and of reference; None without a seed.
        paired: The differences by seed, and the tests on them.
        p_adjusted: The t-test's p by Holm's method over the family; this one decides.
        p_equivalence_adjusted: The equivalence tests' p, adjusted in the same way.
        margin: Differences below it count as none; None where the study declares none for this metric.
        family: The number of questions the p-values are adjusted for.
        image_intervals: The intervals over new test images; None where no value of each image was kept.
        networks: The two networks image by image, where there is just one seed.
        excluded: The runs without a value.
        confounds: What differs besides the factor that the question is about, also by implication.
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
    margin: float | None = None
    family: int = 1
    image_intervals: ImageIntervals | None = None
    networks: NetworkComparison | None = None
    excluded: tuple[ExcludedRun, ...] = ()
    confounds: tuple[Confound, ...] = ()
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
    def metric(self) -> Metric:
        """What both are measured by."""
        return self.question.metric

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
        """95 % t interval for the difference over new seeds."""
        return self.paired.interval

    @property
    def p_value(self) -> float | None:
        """Of the paired t-test, before it is adjusted."""
        return self.paired.p_value

    @property
    def is_different(self) -> bool:
        """Whether a difference is shown, however small."""
        return self.p_adjusted is not None and self.p_adjusted <= ALPHA

    @property
    def verdict(self) -> Verdict:
        """What may be said; a difference that is shown, but shown to be below the margin, is equivalence."""
        if self.p_equivalence_adjusted is not None and self.p_equivalence_adjusted <= ALPHA:
            return Verdict.EQUIVALENT
        if not self.is_different or not self.difference:
            return Verdict.UNDECIDED
        rises = self.difference > 0
        return Verdict.BETTER if rises == (self.metric in HIGHER_IS_BETTER) else Verdict.WORSE

    @property
    def title(self) -> Message:
        """Which variant is compared with which."""
        return Message("comparison.question", {"treatment": self.treatment, "reference": self.reference})

    @property
    def sentence(self) -> Message | Joined:
        """The result in a sentence."""
        values: dict[str, object] = {
            "treatment": self.treatment,
            "reference": self.reference,
            "metric": Message(f"comparison.metric-{self.metric}"),
            "difference": Difference(self.difference, self.metric),
            "seeds": len(self.seeds),
            "family": self.family,
        }
        if not self.seeds:
            return Message("comparison.none", values)
        if len(self.seeds) == 1:
            return Message("comparison.one-seed", {"seed": self.seeds[0], **values})
        if not self.paired.has_spread:
            return Message("comparison.no-spread" if self.difference else "comparison.all-alike", values)
        values |= {
            "interval": DifferenceInterval(self.interval, self.metric)
            if self.interval
            else Message("sequential.no-end"),
            "p": PValue(self.p_value),
            "adjusted": PValue(self.p_adjusted),
            "margin": Difference(self.margin, self.metric, signed=False),
            "equivalence": PValue(self.p_equivalence_adjusted),
        }
        if self.procedure == "fixed":
            return Message(f"comparison.{self._case()}", values)
        why = Message(
            f"sequential.why-{self.why_sequential}", {"numbers": Joined(self.seeds_at_looks, between=", ")}
        )
        return Joined((Message(f"sequential.{self._case()}", values), why))

    def _case(self) -> str:
        """Return the code of the sentence where the differences have been tested."""
        if self.verdict is Verdict.EQUIVALENT and self.is_different:
            return "equivalent-different"
        if self.verdict is Verdict.UNDECIDED and self.interval is None:
            return "contradiction" if self.p_value is None else "undecided-yet"
        return self.verdict.value

    @property
    def notes(self) -> tuple[Message, ...]:
        """What must be known to read the result, a sentence each."""
        return (*self.cautions, *self._further_numbers())

    @property
    def cautions(self) -> tuple[Message, ...]:
        """The notes without which the sentence misleads."""
        return tuple(self._cautions())

    def _further_numbers(self) -> Iterator[Message]:
        paired, images = self.paired, self.image_intervals
        if paired.p_exact is not None:
            values = {"p": PValue(paired.p_exact), "smallest": PValue(paired.p_exact_smallest)}
            yield Message("comparison.exact", values)
        if images is not None:
            code = "images" if images.new_seeds_and_images is None else "images-and-seeds"
            values = {
                "images": Count(images.images),
                "new_images": DifferenceInterval(images.new_images, self.metric),
                "both": DifferenceInterval(images.new_seeds_and_images, self.metric),
            }
            yield Message(f"comparison.{code}", values)

    def _cautions(self) -> Iterator[Message]:
        if self.networks is not None:
            mcnemar = self.networks.mcnemar
            values = {
                "treatment": self.treatment,
                "reference": self.reference,
                "only_treatment": mcnemar.only_treatment,
                "only_reference": mcnemar.only_reference,
                "p": PValue(mcnemar.p_value),
                "wilson_treatment": ShareInterval(*self.networks.treatment),
                "wilson_reference": ShareInterval(*self.networks.reference),
            }
            yield Message("comparison.networks", values)
        if self.excluded:
            code = "comparison.left-out" if self.seeds else "comparison.left-out-all"
            yield Message(code, {"runs": Joined(tuple(map(_excluded, self.excluded)), between=", ")})
        if self.confounds:
            factors = Joined(tuple(map(_confound, self.confounds)), between=", ")
            yield Message("comparison.confounded", {"factors": factors})
        if not self.is_planned:
            yield Message("comparison.unplanned", {"family": self.family})

    def blocks(self) -> Iterator[Block]:
        """Return the question, the result in a sentence, and what must be known to read it."""
        yield Paragraph(self.sentence, about=Translated(self.question.ask))
        if self.notes:
            yield Lines(self.notes)

    def __repr__(self) -> str:
        sides = f"{self.treatment!r} vs {self.reference!r}, {self.metric}"
        if not self.seeds:
            return f"Comparison({sides}: not run)"
        p = f"p = {PValue(self.p_adjusted)}".replace("= <", "<")
        return f"Comparison({sides}: {self.verdict}, {Difference(self.difference, self.metric)}, {p})"


def _confound(confound: Confound) -> Message:
    factor = Message(f"comparison.factor-{confound.factor}")
    if confound.ratio is None:
        return factor
    return Message("comparison.factor-times", {"factor": factor, "ratio": confound.ratio})


def _excluded(run: ExcludedRun) -> Message:
    own = ("not-run", "no-predictions")
    why = Message(f"comparison.why-{run.why}" if run.why in own else f"report.status-{run.why}")
    return Message("comparison.left-out-run", {"variant": run.variant, "seed": run.seed, "why": why})
