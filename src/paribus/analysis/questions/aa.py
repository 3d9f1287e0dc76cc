"""The A/A control: a variant against itself on other seeds, to see what the procedure says of nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paribus.analysis.questions.comparison import amount, chance, span
from paribus.analysis.questions.statistics import ALPHA, Paired, paired
from paribus.record.records import Records
from paribus.study.study import Study
from paribus.texts import text

_METRIC = "test_accuracy"


class AAOutcome(StrEnum):
    """What the procedure says where nothing differs; the last is a false alarm."""

    UNDECIDED = "undecided"
    EQUIVALENT = "equivalent"
    DIFFERENT = "different"


@dataclass(frozen=True)
class AATest:
    """A variant against itself.

    Args:
        variant: Its name.
        pairs: The seeds that were held against each other, first against second half, by index.
        asked: How many pairs were asked for; the others have a run that did not end well.
        paired: The differences in test accuracy, and what they say.
        margin: Differences below it count as none; None where the study declares none.
    """

    variant: str
    pairs: tuple[tuple[int, int], ...]
    asked: int
    paired: Paired
    margin: float | None

    @property
    def outcome(self) -> AAOutcome:
        """What is said by the tests that answer a question, one question being nothing to adjust for."""
        close, different = self.paired.p_equivalence, self.paired.p_value
        if different is not None and different <= ALPHA:
            return AAOutcome.DIFFERENT
        return AAOutcome.EQUIVALENT if close is not None and close <= ALPHA else AAOutcome.UNDECIDED

    @property
    def sentence(self) -> str:
        """The control in a sentence."""
        begin = text(
            "control.begin",
            variant=self.variant,
            pairs=len(self.pairs),
            asked=self.asked,
            last=2 * self.asked - 1,
        )
        if not self.paired.has_spread:
            return text("control.nothing", begin=begin)
        return text(
            f"control.{self.outcome}",
            begin=begin,
            difference=amount(self.paired.mean, _METRIC),
            interval=span(self.paired.interval, _METRIC),
            p=chance(self.paired.p_value),
            close=chance(self.paired.p_equivalence),
            margin=amount(self.margin, _METRIC, signed=False),
        )


def aa_test(study: Study, records: Records, variant: str, seeds: int) -> AATest:
    """Seeds 0 to n - 1 of a variant against its seeds n to 2 n - 1, paired by index.

    Args:
        study: What is asked; its margin counts here as well.
        records: What has run.
        variant: Its name.
        seeds: n.
    """
    found = {
        seed: record.test_accuracy
        for seed, record in records.of(variant).items()
        if record.has_ended and record.test_accuracy is not None
    }
    pairs = tuple((seed, seed + seeds) for seed in range(seeds) if seed in found and seed + seeds in found)
    differences = paired([found[a] for a, _ in pairs], [found[b] for _, b in pairs], study.margin)
    return AATest(variant, pairs, seeds, differences, study.margin)


def aa_variant(study: Study) -> str:
    """The variant to hold against itself: the one that changes nothing.

    Where every variant changes something, it is the one that most questions hold others against, or else the
    first.

    Args:
        study: What is asked.
    """
    for name, variant in study.variants.items():
        if variant.parent is None and not variant.changes:
            return name
    references = [question.reference for question in study.questions]
    return max(study.variants, key=references.count)
