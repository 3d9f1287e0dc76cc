"""The questions answered, a short row each: what the first screen of every report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.statistics import Interval
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MIN_SEEDS
from paribus.study.metrics import title_of
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.quantities import NOTHING, PValue, figure_with_unit, interval, places_of, signed_percent


class Tone(StrEnum):
    """How an answer looks: what helps, what harms, what makes no difference, what is open."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    OPEN = "open"


_TONES = {
    Verdict.BETTER: Tone.BETTER,
    Verdict.MORE_RELIABLE: Tone.BETTER,
    Verdict.WORSE: Tone.WORSE,
    Verdict.FAILED: Tone.WORSE,
    Verdict.LESS_RELIABLE: Tone.WORSE,
    Verdict.EQUIVALENT: Tone.SAME,
    Verdict.IDENTICAL: Tone.SAME,
    Verdict.UNDECIDED: Tone.OPEN,
}
MARKS = {Tone.BETTER: "▲", Tone.WORSE: "▼", Tone.SAME: "=", Tone.OPEN: "?"}
"""The mark before a verdict, so that it does not rest on its color."""


@dataclass(frozen=True)
class Answer:
    """One question answered.

    Args:
        comparison: What was computed.
        title: The question in a few words.
    """

    comparison: Comparison
    title: str

    @property
    def pair(self) -> str:
        """The variants, treatment minus reference."""
        return f"{self.comparison.treatment}−{self.comparison.reference}"

    @property
    def tone(self) -> Tone:
        """How it looks: a treatment that trains where its reference does not is no worse."""
        return Tone.BETTER if self._side == "-reference" else _TONES[self.comparison.verdict]

    @property
    def mark(self) -> str:
        """The verdict as one character."""
        return MARKS[self.tone]

    @property
    def verdict(self) -> str:
        """The verdict in a word; a star where more than one factor differs."""
        star = "*" if self.comparison.confounded_by else ""
        return text(f"comparison.short-{self.comparison.verdict}{self._side}") + star

    @property
    def _side(self) -> str:
        """Whose runs all failed, where it is not the treatment's alone."""
        failures = self.comparison.failures
        if self.comparison.verdict is not Verdict.FAILED or failures is None:
            return ""
        if not failures.reference.is_total:
            return ""
        return "-both" if failures.treatment.is_total else "-reference"

    @property
    def is_decided(self) -> bool:
        """Whether the question has a verdict."""
        return self.comparison.verdict is not Verdict.UNDECIDED

    @property
    def is_tested(self) -> bool:
        """Whether there are enough seeds for a test."""
        return len(self.comparison.seeds) >= MIN_SEEDS and self.comparison.p_value is not None

    @property
    def difference(self) -> str:
        """The mean difference without its unit: percentage points for accuracies."""
        return self._without_unit(self.comparison.difference)

    @property
    def means(self) -> str:
        """Both means, the treatment's first, with the metric; empty for the score, which tables have."""
        comparison = self.comparison
        if comparison.means is None or comparison.is_of_score:
            return ""
        means = both_means(comparison)
        return text("comparison.short-means", metric=title_of(comparison.metric), means=means)

    @property
    def title_with_means(self) -> str:
        """The title, with both means of a metric that is not the score in place of its name."""
        if not self.means:
            return self.title
        return f"{self.title.removesuffix(f' ({title_of(self.comparison.metric)})')} ({self.means})"

    @property
    def ends(self) -> tuple[str, str] | None:
        """The ends of its 95% interval, without the unit; None where there is no interval."""
        ends = self.comparison.interval
        return None if ends is None else (self._without_unit(ends[0]), self._without_unit(ends[1]))

    @property
    def interval(self) -> str:
        """Its 95% interval, without the unit; empty without one."""
        return self._span(self.comparison.interval)

    @property
    def corrected(self) -> str:
        """The interval corrected for the number of questions, without the unit; empty without one."""
        return self._span(self.comparison.corrected)

    @property
    def p(self) -> str:
        """Its p-value, adjusted for the number of questions."""
        return str(PValue(self.comparison.p_adjusted))

    @property
    def failed(self) -> str:
        """How many runs failed to train, of either variant; empty where none did."""
        failures = self.comparison.failures
        if failures is None or not failures.are_there:
            return ""
        sides = (
            (self.comparison.treatment, failures.treatment),
            (self.comparison.reference, failures.reference),
        )
        return ", ".join(_failed(name, rate) for name, rate in sides if rate.failed)

    def _span(self, ends: Interval | None) -> str:
        if ends is None:
            return ""
        return interval(self._without_unit(ends[0]), self._without_unit(ends[1]))

    def _without_unit(self, value: float | None) -> str:
        if value is None:
            return ""
        if self.comparison.unit == "percent":
            return signed_percent(value)
        return number(value, f"+{places_of(self.comparison.interval)}")


def answers(study: Study, comparisons: Sequence[Comparison]) -> tuple[Answer, ...]:
    """Return the questions of which there is something to say, the decided ones first.

    Args:
        study: Its titles.
        comparisons: In its order.
    """
    found = [Answer(each, study.question_title(each.question)) for each in comparisons if each.is_answered]
    return tuple(sorted(found, key=lambda each: not each.is_decided))


def both_means(comparison: Comparison) -> str:
    """Return the means of treatment and reference, with the metric's unit; a dash without a seed."""
    if comparison.means is None:
        return NOTHING
    first, second = (figure_with_unit(mean, comparison.unit) for mean in comparison.means)
    return text("comparison.two-means", first=first, second=second)


def _failed(variant: str, rate: FailureRate) -> str:
    return text("comparison.short-rate", variant=variant, failed=rate.failed, runs=rate.runs)
