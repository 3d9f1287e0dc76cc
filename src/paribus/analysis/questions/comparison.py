"""A question answered: the numbers, the verdict they allow, and how a person is told."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from paribus.analysis.questions.per_image import Discordant, OverImages
from paribus.analysis.questions.statistics import ALPHA, Interval, Paired
from paribus.record.looks import LookReason
from paribus.study.model import Metric, Question
from paribus.texts import number, text, translated

HIGHER_IS_BETTER: tuple[Metric, ...] = ("test_accuracy",)
"""The other metrics are losses: the lower, the better."""

COLUMNS = ("question", "metric", "seeds", "difference", "interval", "p", "verdict")


class Verdict(StrEnum):
    """What may be said of a treatment against its reference."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class LeftOut:
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
class Networks:
    """The two networks of a comparison that has but one seed; nothing here is about the techniques.

    Args:
        discordant: The images that just one of them gets right.
        treatment: Wilson's 95 % interval for the accuracy of the treatment's network.
        reference: The same of the reference's.
    """

    discordant: Discordant
    treatment: Interval
    reference: Interval


@dataclass(frozen=True, repr=False)
class Comparison:
    """A question answered.

    Args:
        question: What was asked.
        seeds: Those at which both runs ended well and have the metric; everything is computed from these.
        means: The metric's mean of treatment and of reference; None without a seed.
        paired: The differences by seed, and what they say of new seeds.
        p_adjusted: The t-test's p by Holm's method over the family; this one decides.
        p_equivalence_adjusted: The equivalence tests' p, adjusted in the same way.
        margin: Differences below it count as none; None where the study declares none for this metric.
        family: The number of questions the p-values are adjusted for.
        over_images: What the test images as luck add; None where no value of each image was kept.
        networks: The two networks image by image, where there is just one seed.
        left_out: The runs without a value.
        confounded_by: The factors that differ besides the one the question is about.
        is_planned: Whether the study declares the question.
        procedure: How the number of seeds was chosen: beforehand, or while looking. The numbers of `paired`
            are those of the procedure.
        looked_at: With how many seeds the answer has been shown, where that was while looking.
        why_sequential: Why looking is allowed for.
    """

    question: Question
    seeds: tuple[int, ...]
    means: tuple[float, float] | None
    paired: Paired
    p_adjusted: float | None = None
    p_equivalence_adjusted: float | None = None
    margin: float | None = None
    family: int = 1
    over_images: OverImages | None = None
    networks: Networks | None = None
    left_out: tuple[LeftOut, ...] = ()
    confounded_by: tuple[str, ...] = ()
    is_planned: bool = True
    procedure: Literal["fixed", "sequential"] = "fixed"
    looked_at: tuple[int, ...] = ()
    why_sequential: LookReason | None = None

    @property
    def treatment(self) -> str:
        """The variant asked about."""
        return self.question.treatment

    @property
    def reference(self) -> str:
        """The variant it is held against."""
        return self.question.reference

    @property
    def metric(self) -> Metric:
        """What both are measured by."""
        return self.question.metric

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
        """What may be said; a difference that exists, but is shown to be below the margin, is equivalence."""
        if self.p_equivalence_adjusted is not None and self.p_equivalence_adjusted <= ALPHA:
            return Verdict.EQUIVALENT
        if not self.is_different or not self.difference:
            return Verdict.UNDECIDED
        rises = self.difference > 0
        return Verdict.BETTER if rises == (self.metric in HIGHER_IS_BETTER) else Verdict.WORSE

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        paired, seeds = self.paired, len(self.seeds)
        named = {
            "treatment": self.treatment,
            "reference": self.reference,
            "metric": text(f"comparison.metric-{self.metric}"),
            "difference": amount(paired.mean, self.metric),
            "seeds": seeds,
            "family": self.family,
        }
        if not seeds:
            return text("comparison.none", **named)
        if seeds == 1:
            return text("comparison.one-seed", seed=self.seeds[0], **named)
        if not paired.has_spread:
            return text("comparison.no-spread" if paired.mean else "comparison.all-alike", **named)
        named |= {
            "interval": span(paired.interval, self.metric) if paired.interval else text("sequential.no-end"),
            "p": chance(paired.p_value),
            "adjusted": chance(self.p_adjusted),
            "margin": amount(self.margin, self.metric, signed=False),
            "close": chance(self.p_equivalence_adjusted),
        }
        if self.verdict is Verdict.EQUIVALENT:
            code = "equivalent-different" if self.is_different else "equivalent"
        else:
            code = self.verdict.value
        if self.procedure == "fixed":
            return text(f"comparison.{code}", **named)
        if self.verdict is Verdict.UNDECIDED and paired.interval is None:
            code = "undecided-yet" if paired.p_value is not None else "contradiction"
        numbers = ", ".join(map(str, self.looked_at))
        why = text(f"sequential.why-{self.why_sequential}", numbers=numbers)
        return f"{text(f'sequential.{code}', **named)} {why}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to read the answer, a sentence each."""
        return (*self.cautions, *self._figures())

    @property
    def cautions(self) -> tuple[str, ...]:
        """The notes without which the sentence misleads."""
        return tuple(self._cautions())

    def _figures(self) -> Iterator[str]:
        if self.paired.p_exact is not None:
            smallest = chance(self.paired.p_exact_smallest)
            yield text("comparison.exact", p=chance(self.paired.p_exact), smallest=smallest)
        if self.over_images is not None:
            images, both = self.over_images, self.over_images.new_seeds_and_images
            code = "images" if both is None else "images-and-seeds"
            yield text(
                f"comparison.{code}",
                images=number(images.images, ","),
                new_images=span(images.new_images, self.metric),
                both=span(both, self.metric),
            )

    def _cautions(self) -> Iterator[str]:
        if self.networks is not None:
            yield self._told_networks(self.networks)
        if self.left_out:
            runs = ", ".join(
                text("comparison.left-out-run", variant=each.variant, seed=each.seed, why=_why(each.why))
                for each in self.left_out
            )
            yield text("comparison.left-out" if self.seeds else "comparison.left-out-all", runs=runs)
        if self.confounded_by:
            factors = ", ".join(text(f"comparison.factor-{factor}") for factor in self.confounded_by)
            yield text("comparison.confounded", factors=factors)
        if not self.is_planned:
            yield text("comparison.unplanned", family=self.family)

    def _told_networks(self, networks: Networks) -> str:
        return text(
            "comparison.networks",
            treatment=self.treatment,
            reference=self.reference,
            only_treatment=networks.discordant.treatment,
            only_reference=networks.discordant.reference,
            p=chance(networks.discordant.p_value),
            wilson_treatment=_shares(networks.treatment),
            wilson_reference=_shares(networks.reference),
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """A row of the table of answers, one text for each of `COLUMNS`."""
        return (
            text("comparison.question", treatment=self.treatment, reference=self.reference),
            text(f"comparison.metric-{self.metric}"),
            str(len(self.seeds)),
            amount(self.difference, self.metric),
            span(self.interval, self.metric),
            chance(self.p_adjusted),
            text(f"comparison.verdict-{self.verdict}") + ("*" if self.confounded_by else ""),
        )

    def __repr__(self) -> str:
        return "\n".join([translated(self.question.ask), self.sentence, *self.notes]).strip()

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        asked = (
            f"<strong>{html.escape(translated(self.question.ask))}</strong><br>" if self.question.ask else ""
        )
        return f"<p>{asked}{html.escape(self.sentence)}</p><ul>{notes}</ul>"


def headings() -> tuple[str, ...]:
    """The headings of the table of answers, one for each of `COLUMNS`."""
    return tuple(text(f"comparison.column-{column}") for column in COLUMNS)


def amount(value: float | None, metric: Metric, *, signed: bool = True) -> str:
    """A difference as a person reads it: accuracies in percentage points, the others as they are.

    Args:
        value: The difference; a dash stands for None.
        metric: Of what.
        signed: Whether a plus is written.

    Example:
        >>> amount(0.018, "test_accuracy"), amount(-0.01234, "test_loss"), amount(None, "test_loss")
        ('+1.80 points', '-0.01234', '–')
    """
    if value is None:
        return "–"
    sign = "+" if signed else ""
    if metric == "test_accuracy":
        return text("comparison.points", value=number(100 * value, f"{sign}.2f"))
    return number(value, f"{sign}.4g")


def span(interval: Interval | None, metric: Metric) -> str:
    """An interval of differences as a person reads it.

    Example:
        >>> span((0.016, 0.02), "test_accuracy")
        '+1.60 to +2.00 points'
    """
    if interval is None:
        return "–"
    low, high = interval
    if metric == "test_accuracy":
        return text("comparison.points-span", low=number(100 * low, "+.2f"), high=number(100 * high, "+.2f"))
    return text("comparison.span", low=number(low, "+.4g"), high=number(high, "+.4g"))


def chance(p: float | None) -> str:
    """A p-value as a person reads it.

    Example:
        >>> chance(0.0312), chance(1e-9), chance(None)
        ('0.031', '< 0.0001', '–')
    """
    if p is None:
        return "–"
    if p < 0.0001:
        return f"< {number(0.0001)}"
    return number(p, ".2g" if p < 0.1 else ".2f")


def _shares(interval: Interval) -> str:
    return text(
        "comparison.shares", low=number(100 * interval[0], ".2f"), high=number(100 * interval[1], ".2f")
    )


def _why(why: str) -> str:
    own = ("not-run", "no-predictions")
    return text(f"comparison.why-{why}" if why in own else f"report.status-{why}")
