"""Whether a finding went away with the one setting that was suspected: counted over seeds, and judged.

Which words each count carries, and why: ``docs/confirm.md``.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from paribus.analysis.causes.ablation import Ablation, confirmable
from paribus.analysis.finding import Severity
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.rule import Fact
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.failures import Diverged
from paribus.analysis.runs.registry import facts
from paribus.analysis.runs.rule import RunRule
from paribus.analysis.runs.updates import Vanishing
from paribus.record.run import Status
from paribus.study.metrics import METRICS, Metric, name_of
from paribus.texts.message import Joined, Listed, Message
from paribus.texts.quantities import Figure


class Outcome(StrEnum):
    """What became of a finding at one seed, from the diagnosed run to the ablation run."""

    GONE = "gone"
    STILL = "still"
    CAME = "came"
    """Only the ablation run has it."""
    ABSENT = "absent"
    """Neither has it."""
    FROZEN = "frozen"
    """The ablation run has it because its weights hardly change, unlike those of the diagnosed run."""
    ABSTAINED = "abstained"
    """The ablation run lacks what the rule needs."""
    DIVERGED = "diverged"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    MISSING = "missing"


_COUNTED = (Outcome.GONE, Outcome.STILL, Outcome.CAME)
_NOT_COUNTED = (
    Outcome.FROZEN,
    Outcome.ABSTAINED,
    Outcome.DIVERGED,
    Outcome.FAILED,
    Outcome.UNFINISHED,
    Outcome.MISSING,
)


class CauseVerdict(StrEnum):
    """What the counts carry."""

    CONFIRMED = "confirmed"
    """It goes away more often than not, by the exact sign test."""
    NOT_CONFIRMED = "not-confirmed"
    """It went away nowhere, or stays more often than not."""
    NOT_ENOUGH = "not-enough"


@dataclass(frozen=True)
class Confirmation:
    """A finding compared with runs that lack the one setting suspected of it.

    Args:
        ablation: What was suspected and changed.
        outcomes: What became of the finding, by seed.
        accuracies: Test score of the diagnosed run and of the ablation run, by seed, where both have one.
        learned: Seeds at which it is gone and the network learned.
        instead: Serious findings that only an ablation run without it has, by code, with their seeds.
        score: What the runs are scored by.
    """

    ablation: Ablation
    outcomes: Mapping[int, Outcome]
    accuracies: Mapping[int, tuple[float, float]]
    learned: tuple[int, ...] = ()
    instead: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, "tuple[int, ...]"])
    score: Metric = METRICS["accuracy"]

    def seeds(self, *outcomes: Outcome) -> tuple[int, ...]:
        """Return the seeds at which this became of it.

        Args:
            outcomes: Such as `Outcome.GONE`.
        """
        return tuple(seed for seed, outcome in self.outcomes.items() if outcome in outcomes)

    @property
    def gone(self) -> int:
        """At how many seeds only the diagnosed run has it."""
        return len(self.seeds(Outcome.GONE))

    @property
    def counted(self) -> int:
        """At how many seeds either run has it, and both could be judged."""
        return len(self.seeds(*_COUNTED))

    @property
    def p_value(self) -> float:
        """Exact sign test, one-sided: the chance of so many gone, were going no likelier than staying."""
        return binomial_tail(self.counted, self.gone)

    @property
    def p_two_sided(self) -> float:
        """The same test of either direction; 2^-(n-1) where all n are gone."""
        return min(1.0, 2 * min(self.p_value, binomial_tail(self.counted, self.counted - self.gone)))

    @property
    def verdict(self) -> CauseVerdict:
        """What the counts carry."""
        if not self.counted:
            return CauseVerdict.NOT_ENOUGH
        if self.p_value <= ALPHA:
            return CauseVerdict.CONFIRMED
        stays = binomial_tail(self.counted, self.counted - self.gone) <= ALPHA
        return CauseVerdict.NOT_CONFIRMED if stays or not self.gone else CauseVerdict.NOT_ENOUGH

    @property
    def is_gone(self) -> bool:
        """Whether it went away at every seed that counts."""
        return 0 < self.gone == self.counted

    @property
    def mean_scores(self) -> tuple[float, float] | None:
        """Mean test score of the diagnosed runs and of the ablation runs; None without any."""
        pairs = self.accuracies.values()
        if not pairs:
            return None
        before, after = (statistics.fmean(side) for side in zip(*pairs, strict=True))
        return before, after

    @property
    def tried(self) -> Joined:
        """What was suspected, and what the ablation has in its place."""
        ablation = self.ablation
        values = {"cause": ablation.cause, "change": ablation.change, "variant": ablation.variant}
        return Joined((Message("confirm.tried", values), ablation.measure or ""))

    @property
    def sentence(self) -> Joined:
        """What came of it, with its numbers and no more than they carry."""
        return Joined(
            (
                self._counts(),
                self._came(),
                self._learned(),
                self._instead(),
                self._accuracy(),
                self._not_counted(),
            )
        )

    def _counts(self) -> Message:
        values = {
            "gone": self.gone,
            "stayed": len(self.seeds(Outcome.STILL)),
            "counted": self.counted,
            "p": _p_value(self.p_value),
            "p_stays": _p_value(binomial_tail(self.counted, self.counted - self.gone)),
            "seed": next(iter(self.seeds(*_COUNTED)), 0),
            "seeds": _seeds(self.seeds(Outcome.GONE)),
        }
        return Message(f"confirm.{self._case()}", values)

    def _case(self) -> str:
        if not self.counted:
            return "unjudged" if self.seeds(*_NOT_COUNTED) or not self.outcomes else "never-there"
        if not self.gone:
            return "stayed-one" if self.counted == 1 else "stayed"
        confirmed = self.verdict is CauseVerdict.CONFIRMED
        if self.is_gone:
            return "gone-one" if self.counted == 1 else "gone-all" if confirmed else "gone-few"
        if confirmed:
            return "gone-mostly"
        return "stayed-mostly" if self.verdict is CauseVerdict.NOT_CONFIRMED else "mixed"

    def _came(self) -> Message | str:
        came = self.seeds(Outcome.CAME)
        return Message("confirm.came", {"seeds": _seeds(came)}) if came else ""

    def _learned(self) -> Message | str:
        """Say where a network that had not learned still has not, though the finding is gone."""
        without = [seed for seed in self.seeds(Outcome.GONE) if seed not in self.learned]
        return Message("confirm.learned-nothing", {"seeds": _seeds(without)}) if without else ""

    def _instead(self) -> Message | str:
        found = tuple(
            Message(
                "confirm.instead-one",
                {"title": Message(f"diagnosis.{code}.title"), "seeds": _seeds(seeds)},
            )
            for code, seeds in self.instead.items()
        )
        return Message("confirm.instead", {"findings": Listed(found)}) if found else ""

    def _accuracy(self) -> Message | str:
        if self.mean_scores is None:
            return ""
        before, after = (Figure(mean, self.score.unit) for mean in self.mean_scores)
        names = {"variant": self.ablation.variant, "name": self.ablation.name}
        names |= {"score": name_of(self.score)}
        count = len(self.accuracies)
        return Message("confirm.score", {"count": count, "before": before, "after": after, **names})

    def _not_counted(self) -> Message | str:
        reasons = tuple(
            Message(f"confirm.left-{outcome.value}", {"seeds": _seeds(seeds)})
            for outcome in _NOT_COUNTED
            if (seeds := self.seeds(outcome))
        )
        return Message("confirm.left", {"reasons": Listed(reasons)}) if reasons else ""


def judge(
    ablation: Ablation, before: Mapping[int, RunEvidence], after: Mapping[int, RunEvidence]
) -> Confirmation:
    """Return what became of a finding in the ablation runs, seed by seed.

    Every seed counts at which the diagnosed run could be judged, not only those at which it has the finding:
    one that comes and goes by chance would else seem to go.

    Args:
        ablation: What was changed.
        before: The variant's runs, by seed.
        after: The ablation runs, by seed.
    """
    rule = confirmable()[ablation.code]
    outcomes: dict[int, Outcome] = {}
    for seed in sorted(before):
        was = rule.is_present(before[seed], facts(before[seed]))
        if was is not None:
            outcomes[seed] = _outcome(rule, was, before[seed], after.get(seed))
    gone = [seed for seed, outcome in outcomes.items() if outcome is Outcome.GONE]
    instead: dict[str, list[int]] = {}
    for seed in gone:
        for code in sorted(_serious(facts(after[seed])) - _serious(facts(before[seed]))):
            instead.setdefault(code, []).append(seed)
    accuracies = {
        seed: (_test_score(before[seed]), _test_score(after[seed]))
        for seed, outcome in outcomes.items()
        if outcome in _COUNTED
    }
    return Confirmation(
        ablation,
        outcomes,
        {seed: (b, a) for seed, (b, a) in accuracies.items() if b is not None and a is not None},
        tuple(seed for seed in gone if after[seed].has_learned),
        {code: tuple(seeds) for code, seeds in instead.items()},
        next((run.record.score for run in before.values()), METRICS["accuracy"]),
    )


def together(confirmations: Sequence[Confirmation]) -> Message | None:
    """Return what follows where several settings of one finding were each enough to take it away; else None.

    Args:
        confirmations: Of one finding of one variant.
    """
    needed = tuple(each.ablation.cause for each in confirmations if each.is_gone)
    return Message("confirm.together", {"causes": Listed(needed)}) if len(needed) > 1 else None


def more_seeds(confirmations: Iterable[Confirmation]) -> Message | None:
    """Return how many seeds would be enough, where a finding went away at too few of them; else None.

    Args:
        confirmations: Of any findings.
    """
    few = any(each.is_gone and each.verdict is CauseVerdict.NOT_ENOUGH for each in confirmations)
    return Message("confirm.more-seeds", {"enough": enough()}) if few else None


def grouped(confirmations: Iterable[Confirmation]) -> dict[tuple[str, str], list[Confirmation]]:
    """Return those of each finding of each variant.

    Args:
        confirmations: In any order.
    """
    groups: dict[tuple[str, str], list[Confirmation]] = {}
    for each in confirmations:
        groups.setdefault((each.ablation.variant, each.ablation.code), []).append(each)
    return groups


def plain(confirmation: Confirmation) -> dict[str, object]:
    """Return a confirmation as JSON has it, in the reader's language.

    Args:
        confirmation: From `judge`.
    """
    ablation = confirmation.ablation
    return {
        "variant": ablation.variant,
        "code": ablation.code,
        "kind": ablation.kind,
        "name": ablation.name,
        "changes": dict(ablation.changes),
        "verdict": confirmation.verdict.value,
        "seeds": {str(seed): outcome.value for seed, outcome in confirmation.outcomes.items()},
        "gone": confirmation.gone,
        "counted": confirmation.counted,
        "p_value": confirmation.p_value,
        "p_two_sided": confirmation.p_two_sided,
        "accuracies": {str(seed): list(pair) for seed, pair in confirmation.accuracies.items()},
        "learned": list(confirmation.learned),
        "instead": {code: list(seeds) for code, seeds in confirmation.instead.items()},
        "tried": str(confirmation.tried),
        "expect": str(ablation.expect),
        "sentence": str(confirmation.sentence),
    }


def enough() -> int:
    """Return how many seeds without exception carry a confirmation.

    Example:
        >>> enough()
        5
    """
    return math.ceil(-math.log2(ALPHA))


def binomial_tail(throws: int, heads: int) -> float:
    """Return the probability of at least so many heads among so many throws of a fair coin.

    Example:
        >>> binomial_tail(5, 5)
        0.03125
    """
    return sum(math.comb(throws, number) for number in range(heads, throws + 1)) / 2**throws


def _outcome(rule: RunRule, was: bool, before: RunEvidence, after: RunEvidence | None) -> Outcome:
    unusable = _unusable(rule.code, after)
    if after is None or unusable is not None:
        return unusable or Outcome.MISSING
    now = rule.remains(before, after, facts(after))
    if now is None:
        return Outcome.ABSTAINED
    if now and _is_frozen(rule.code, before, after):
        return Outcome.FROZEN
    if was:
        return Outcome.STILL if now else Outcome.GONE
    return Outcome.CAME if now else Outcome.ABSENT


def _is_frozen(code: str, before: RunEvidence, after: RunEvidence) -> bool:
    """Return whether the change left the weights where they began, which explains the finding by itself."""
    came = facts(after).keys() - facts(before).keys()
    return Vanishing.code in came and code in Vanishing.explains


def _unusable(code: str, after: RunEvidence | None) -> Outcome | None:
    """Return why an ablation run says nothing, if so; one that diverged has not lost its finding."""
    match after.record.status if after else None:
        case None:
            return Outcome.MISSING
        case Status.FAILED:
            return Outcome.FAILED
        case Status.RUNNING | Status.INTERRUPTED:
            return Outcome.UNFINISHED
        case Status.DIVERGED if code != Diverged.code:
            return Outcome.DIVERGED
        case _:
            return None


def _serious(found: Mapping[str, Fact]) -> set[str]:
    return {code for code, fact in found.items() if fact.severity is Severity.SERIOUS}


def _test_score(run: RunEvidence) -> float | None:
    return run.record.test_score


def _p_value(p: float) -> Message:
    return Message("confirm.p-value" if p >= 0.001 else "confirm.p-value-small", {"p": p})


def _seeds(seeds: Sequence[int]) -> Message:
    return Message("confirm.seeds", {"count": len(seeds), "seeds": Listed(tuple(seeds))})
