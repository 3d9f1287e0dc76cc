"""The power of the tests: the smallest difference that so many seeds detect, and the seeds that one needs.

Differences are paired by seed and tested as verdicts are, two-sided, at the level 0.05 over the number of
questions in the family: what Holm's procedure asks of its first rejection. The exact test flips the signs of
the differences; the smallest p it can give with n seeds is 2 / 2ⁿ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import StudyRule
from paribus.analysis.failure import failure_rate
from paribus.analysis.finding import Severity
from paribus.analysis.questions.statistics import smallest_exact
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.analysis.rule import Fact
from paribus.record.looks import MIN_SEEDS
from paribus.study.metrics import Metric
from paribus.texts.message import Joined, Message
from paribus.texts.quantities import Difference

POWER = 0.8
"""The chance of detecting a difference that is there."""
LARGE_EFFECT = 3.0
"""A difference of so many standard deviations is seen without a test."""
MAX_SEEDS = 10_000
"""The most seeds that `seeds_for` returns."""


def detectable_difference(seeds: int, alpha: float, power: float = POWER, overlap: float = 0.0) -> float:
    """Return the smallest mean difference that a verdict detects, in standard deviations.

    It is the noncentrality at which the noncentral t distribution lies above the verdict's critical value
    (`paribus.analysis.questions.tails`) with the given power, times √(1/seeds + overlap) (Cohen 1988; Nadeau
    and Bengio 2003). The standard deviations are those of the paired differences; what new test images add is
    not in it.

    Args:
        seeds: Number of pairs, at least 2.
        alpha: Two-sided level.
        power: The chance of detecting it.
        overlap: As in `paribus.analysis.questions.statistics.standard_error`.

    Example:
        >>> round(detectable_difference(5, 0.05), 2)
        2.23
    """
    from scipy.special import nctdtrinc

    freedom = seeds - 1
    return float(nctdtrinc(freedom, 1 - power, critical(freedom, alpha))) * math.sqrt(1 / seeds + overlap)


def seeds_for(difference: float, alpha: float, power: float = POWER) -> int:
    """Return how many seeds a difference needs to be detected; `MAX_SEEDS` where it is more.

    Args:
        difference: In standard deviations of the paired differences.
        alpha: Two-sided level.
        power: The chance of detecting it.

    Example:
        >>> seeds_for(1.0, 0.05)
        12
    """
    low, high = MIN_SEEDS, MAX_SEEDS
    while low < high:
        middle = (low + high) // 2
        if detectable_difference(middle, alpha, power) <= difference:
            high = middle
        else:
            low = middle + 1
    return low


def seeds_for_exact_test(alpha: float) -> int:
    """Return the fewest seeds with which the exact test can reach a level.

    Args:
        alpha: Two-sided level.

    Example:
        >>> seeds_for_exact_test(0.05)
        6
    """
    return math.ceil(1 - math.log2(alpha))


def standard_deviation_interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """Return the standard deviation of the differences with its 95 % interval by the χ² distribution.

    Args:
        differences: Treatment minus reference, for each seed, at least two.

    Returns:
        The estimate, and both ends of the interval.

    Example:
        >>> tuple(round(each, 2) for each in standard_deviation_interval([1.0, 2.0, 3.0]))
        (1.0, 0.52, 6.28)
    """
    import numpy as np
    from scipy.special import chdtri

    freedom = len(differences) - 1
    found = float(np.std(differences, ddof=1))
    low, high = (found * math.sqrt(freedom / float(chdtri(freedom, tail))) for tail in (0.025, 0.975))
    return found, low, high


class OneSeed(StudyRule):
    """One seed has no standard deviation and allows no test."""

    code = "one-seed"
    severities = (Severity.SERIOUS,)
    reference = "Bouthillier et al. 2021, arXiv:2103.03098"
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        if design.questions and design.seeds == 1:
            yield Fact(Severity.SERIOUS, _exact_test(design))


class ExactTestCannot(StudyRule):
    """So few seeds give no exact p as small as the level."""

    code = "exact-test-cannot"
    severities = (Severity.INFO,)
    reference = "Fisher 1935"
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        if design.questions and design.seeds > 1:
            evidence = _exact_test(design)
            if evidence["smallest"] > evidence["alpha"]:
                yield Fact(Severity.INFO, evidence)


class FewSeeds(StudyRule):
    """Only differences are detected that nobody needs a test to see."""

    code = "few-seeds"
    severities = (Severity.WARNING,)
    reference = "Cohen 1988"
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        evidence = _t_test(design)
        if evidence and evidence["detectable"] > LARGE_EFFECT:
            yield Fact(Severity.WARNING, evidence, _more_seeds(design, evidence))


class Reach(StudyRule):
    """The smallest difference that the seeds detect, where no question has a margin."""

    code = "reach"
    severities = (Severity.INFO,)
    reference = "Cohen 1988"
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        evidence = _t_test(design)
        if evidence and evidence["detectable"] <= LARGE_EFFECT and not _margins(design):
            yield Fact(Severity.INFO, evidence, _more_seeds(design, evidence))


class ReachOfMargin(StudyRule):
    """The smallest difference that the seeds detect, and the standard deviation at which it is a margin.

    Its numbers are those of the first margin: percentage points of shares, else the metric's own unit.
    """

    code = "reach-of-margin"
    severities = (Severity.INFO,)
    reference = "Cohen 1988"
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        evidence, margins = _t_test(design), _margins(design)
        if not margins or not evidence or evidence["detectable"] > LARGE_EFFECT:
            return
        rows = [
            Message(
                "finding.margin-if-spread",
                {
                    "margin": Difference(margin, metric.unit, signed=False),
                    "allowed": Difference(margin / evidence["detectable"], metric.unit, signed=False),
                },
            )
            for margin, metric in margins
        ]
        margin, metric = margins[0]
        of_first = {
            "margin": metric.factor * margin,
            "allowed": metric.factor * margin / evidence["detectable"],
        }
        told = {"margins": Joined(tuple(rows), between="; "), **_more_seeds(design, evidence)}
        yield Fact(Severity.INFO, {**evidence, **of_first}, told)


class SeedsForMargin(StudyRule):
    """How many seeds a difference of the margin needs, by the standard deviation of what has run.

    It is about questions on the score, those with one margin together. Its numbers are those of the question
    whose differences vary most, in percentage points of an accuracy. Left out are variants of which no run
    trained, and folds, of which more seeds are no remedy.
    """

    code = "seeds-for-margin"
    severities = (Severity.WARNING, Severity.INFO)
    key = "seeds"

    def facts(self, design: Design) -> Iterator[Fact]:
        by_margin: dict[float | None, list[tuple[dict[str, object], dict[str, float]]]] = {}
        for question in design.questions:
            if found := _seeds_for_margin(design, question):
                by_margin.setdefault(question.margin, []).append(found)
        yield from (_of_one_margin(design, found) for found in by_margin.values())


def _of_one_margin(design: Design, found: Sequence[tuple[dict[str, object], dict[str, float]]]) -> Fact:
    """Return how many seeds questions with one margin need."""
    rows = [Message("finding.seeds-for-margin-of", {**evidence, **names}) for names, evidence in found]
    is_short = any(design.seeds < evidence["fewest"] for _, evidence in found)
    names, most = max(found, key=lambda each: each[1]["spread"])
    told = {"rows": Joined(tuple(rows), between="; "), "margin": names["margin"]}
    return Fact(Severity.WARNING if is_short else Severity.INFO, most, told)


def _seeds_for_margin(
    design: Design, question: QuestionDesign
) -> tuple[dict[str, object], dict[str, float]] | None:
    """Return the names of a question's variants and how many seeds it needs; None where that is not known."""
    margin, differences = question.margin, design.differences(question)
    if question.before.folds or question.after.folds:
        return None  # more seeds would test the same examples again
    score = question.before.score
    if margin is None or question.metric != score.test or len(differences) < MIN_SEEDS:
        return None
    deviation, low, high = standard_deviation_interval(differences)
    has_failed = any(failure_rate(design.records.of(name).values()).is_total for name in question.variants)
    if not deviation or has_failed:
        return None
    fewest, most = (seeds_for(margin / each, _alpha(design)) for each in (low, high))
    evidence: dict[str, float] = {
        "seen": len(differences),
        "spread": score.factor * deviation,
        "low": score.factor * low,
        "high": score.factor * high,
        "margin": score.factor * margin,
        "fewest": fewest,
        "most": most,
        "seeds": design.seeds,
        "questions": design.family,
    }
    most_told = Message(f"finding.{'many' if most >= MAX_SEEDS else 'as-many'}-seeds", {"seeds": most})
    names: dict[str, object] = {
        "treatment": question.treatment,
        "reference": question.reference,
        "most_told": most_told,
        "margin": Difference(margin, score.unit, signed=False),
        "spread": Difference(deviation, score.unit, signed=False, short=True),
    }
    return names, evidence


def _margins(design: Design) -> list[tuple[float, Metric]]:
    """Return the margins that are declared, with their metrics; those that read alike once."""
    found = {
        (each.margin, each.measured.unit): (each.margin, each.measured)
        for each in design.questions
        if each.margin is not None
    }
    return list(found.values())


def _alpha(design: Design) -> float:
    return ALPHA / design.family


def _test(design: Design) -> dict[str, float]:
    return {"seeds": design.seeds, "questions": design.family, "alpha": _alpha(design)}


def _exact_test(design: Design) -> dict[str, float]:
    needed = seeds_for_exact_test(_alpha(design))
    return {**_test(design), "smallest": smallest_exact(design.seeds), "needed": needed}


def _t_test(design: Design) -> dict[str, float]:
    """Return what the t test detects; nothing where nothing is asked, or one seed allows no test."""
    if not design.questions or design.seeds == 1:
        return {}
    alpha = _alpha(design)
    found = detectable_difference(design.seeds, alpha, overlap=_overlap(design))
    return {**_test(design), "detectable": found, "unit": seeds_for(1.0, alpha)}


def _overlap(design: Design) -> float:
    """Return how many examples are tested for each that is trained on, where seeds are folds; else 0."""
    folds = [side.folds for each in design.questions for side in (each.before, each.after) if side.folds]
    return max((1 / (each - 1) for each in folds), default=0.0)


def _more_seeds(design: Design, evidence: dict[str, float]) -> dict[str, object]:
    """Return what more seeds detect; those of more than one pass over the folds test the same examples."""
    kind = "folds" if _overlap(design) else "seeds"
    return {"more": Message(f"finding.more-{kind}", {"unit": evidence["unit"]})}
