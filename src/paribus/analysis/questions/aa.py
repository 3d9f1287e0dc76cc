"""The A/A test: a variant compared with itself on other seeds, to measure false alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from paribus.analysis.questions.statistics import Paired, paired
from paribus.analysis.questions.tails import ALPHA
from paribus.record.records import Records
from paribus.study.metrics import Metric, title_of
from paribus.study.study import Study
from paribus.texts.message import Message
from paribus.texts.printable import Block, Paragraph, Printable
from paribus.texts.quantities import Difference, DifferenceInterval, PRelation


class AAOutcome(StrEnum):
    """What the tests show where nothing differs; the last is a false alarm."""

    UNDECIDED = "undecided"
    EQUIVALENT = "equivalent"
    DIFFERENT = "different"


@dataclass(frozen=True, repr=False)
class AATest(Printable):
    """A variant compared with itself.

    Args:
        variant: Its name.
        pairs: The seeds that were compared, first with second half, by index.
        requested: How many pairs were to be compared; the others have a run that did not end well.
        paired: The differences in the test score, and the tests on them.
        margin: Differences below it count as none; None where the study declares none.
        metric: The score.
    """

    variant: str
    pairs: tuple[tuple[int, int], ...]
    requested: int
    paired: Paired
    margin: float | None
    metric: Metric

    @property
    def outcome(self) -> AAOutcome:
        """The result of the tests that a question has; with one question there is nothing to adjust for."""
        p_value, p_equivalence = self.paired.p_value, self.paired.p_equivalence
        if p_value is not None and p_value <= ALPHA:
            return AAOutcome.DIFFERENT
        equivalent = p_equivalence is not None and p_equivalence <= ALPHA
        return AAOutcome.EQUIVALENT if equivalent else AAOutcome.UNDECIDED

    @property
    def sentence(self) -> Message:
        """The result in a sentence."""
        count = {"pairs": len(self.pairs), "requested": self.requested, "last": 2 * self.requested - 1}
        begin = Message("aa.begin", {"variant": self.variant, **count})
        if not self.paired.is_tested or self.paired.is_exact:
            return Message("aa.nothing", {"begin": begin})
        values = {
            "begin": begin,
            "metric": title_of(self.metric.test),
            "difference": Difference(self.paired.mean, self.metric.unit),
            "interval": DifferenceInterval(self.paired.interval, self.metric.unit),
            "p": PRelation(self.paired.p_value),
            "equivalence": PRelation(self.paired.p_equivalence),
            "margin": Difference(self.margin, self.metric.unit, signed=False),
        }
        return Message(f"aa.{self.outcome}", values)

    def blocks(self) -> Iterator[Block]:
        """Return the result in a sentence."""
        yield Paragraph(self.sentence)

    def __repr__(self) -> str:
        return f"AATest({self.variant!r}, {len(self.pairs)} of {self.requested} pairs: {self.outcome})"


def aa_test(study: Study, records: Records, variant: str, seeds: int) -> AATest:
    """Compare seeds 0 to n - 1 of a variant with its seeds n to 2 n - 1, paired by index.

    Args:
        study: The study; its margin counts here as well.
        records: What has run.
        variant: Its name.
        seeds: n.
    """
    found = {
        seed: record.test_score
        for seed, record in records.of(variant).items()
        if record.has_ended and record.test_score is not None
    }
    pairs = tuple((seed, seed + seeds) for seed in range(seeds) if seed in found and seed + seeds in found)
    differences = paired([found[a] for a, _ in pairs], [found[b] for _, b in pairs], study.margin)
    return AATest(variant, pairs, seeds, differences, study.margin, study.score)


def aa_variant(study: Study) -> str:
    """Return the variant to compare with itself: the one that changes nothing.

    Where every variant changes something, it is the reference of most questions, or else the first.

    Args:
        study: The study.
    """
    for name, variant in study.variants.items():
        if variant.parent is None and not variant.changes:
            return name
    references = [question.reference for question in study.questions]
    return max(study.variants, key=references.count)
